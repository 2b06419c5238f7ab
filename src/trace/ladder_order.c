/* SPDX-License-Identifier: BSD-2-Clause */
/* One row or two? A segment is one row when a reader loses nothing by it: it took the path's own time, and its
 * receiver neither did nor saw anything while it was under way. Otherwise the RFC's way: departure, then arrival. */
#include "trace/ladder.h"

static bool sv_travels(const struct sv_ladder_row *row)
{
    return (row->kind == SV_LADDER_SEGMENT || row->kind == SV_LADDER_DROPPED) && row->departure != SV_NEVER &&
           row->arrival != SV_NEVER && row->arrival > row->departure;
}

static bool sv_reaches(const struct sv_ladder_row *row)
{
    return row->kind == SV_LADDER_SEGMENT || row->kind == SV_LADDER_DROPPED;
}

/* Both sides sent at the same moment: neither segment is an answer to the other (RFC 9293 figures 7 and 13). */
static bool sv_crosses(const struct sv_ladder_row *rows, size_t n, size_t at)
{
    const struct sv_ladder_row *row = &rows[at];
    size_t from = at;
    while (from > 0 && rows[from - 1].departure == row->departure)
        from--;
    for (size_t i = from; i < n && rows[i].departure == row->departure; i++)
        if (sv_travels(&rows[i]) && rows[i].side != row->side)
            return true;
    return false;
}

static bool sv_needs_two(const struct sv_ladder_row *rows, size_t n, size_t at, const uint64_t path_delay_ns[2])
{
    const struct sv_ladder_row *row = &rows[at];
    const uint64_t own = path_delay_ns[row->side & 1u];
    if (own && row->arrival - row->departure > own + own / 4)
        return true;
    if (sv_crosses(rows, n, at))
        return true;
    for (size_t i = at + 1; i < n && (rows[i].departure == SV_NEVER || rows[i].departure < row->arrival); i++) {
        const struct sv_ladder_row *other = &rows[i];
        if (other->departure == SV_NEVER || other->kind == SV_LADDER_NOTE || other->kind == SV_LADDER_FOLD)
            continue;
        if (other->side != row->side && other->departure > row->departure)
            return true; /* the receiver did something */
        if (other->side == row->side && sv_reaches(other) && other->arrival < row->arrival)
            return true; /* overtaken */
    }
    return false;
}

static sv_time sv_order_time(const struct sv_ladder_row *row)
{
    return row->kind == SV_LADDER_ARRIVED ? row->arrival : row->departure;
}

/* An arrival stands before what its receiver did at the same moment: it is mostly the cause. */
static bool sv_stands_after(const struct sv_ladder_row *a, const struct sv_ladder_row *b)
{
    const sv_time x = sv_order_time(a), y = sv_order_time(b);
    if (x == SV_NEVER || y == SV_NEVER || x != y)
        return x != SV_NEVER && y != SV_NEVER && x > y;
    return b->kind == SV_LADDER_ARRIVED && a->kind != SV_LADDER_ARRIVED && a->side != b->side;
}

static size_t sv_split(const struct sv_ladder_row *row, struct sv_ladder_row *out)
{
    uint8_t *const state_of[2] = {&out[0].left_state, &out[0].right_state};
    uint8_t *const state_at[2] = {&out[1].left_state, &out[1].right_state};
    out[0] = *row;
    out[1] = *row;
    out[0].kind = SV_LADDER_DEPARTED;
    out[0].text = NULL;
    *state_of[(row->side & 1u) ^ 1u] = SV_LADDER_UNKNOWN;
    out[0].note = NULL;
    out[0].decisive = 0;
    *state_at[row->side & 1u] = SV_LADDER_UNKNOWN;
    if (row->kind == SV_LADDER_DROPPED)
        out[1].departure = row->arrival;
    else
        out[1].kind = SV_LADDER_ARRIVED;
    return 2;
}

size_t sv_ladder_order(const struct sv_ladder_row *rows, size_t n, const uint64_t path_delay_ns[2],
                       struct sv_ladder_row *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (sv_travels(&rows[i]) && sv_needs_two(rows, n, i, path_delay_ns))
            count += sv_split(&rows[i], out + count);
        else
            out[count++] = rows[i];
    }
    /* Nearly in order already: what moves is a late arrival, past the rows that were under way with it. */
    for (size_t i = 1; i < count; i++) {
        const struct sv_ladder_row row = out[i];
        size_t at = i;
        while (at > 0 && sv_stands_after(&out[at - 1], &row)) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = row;
    }
    return count;
}
