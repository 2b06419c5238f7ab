/* SPDX-License-Identifier: BSD-2-Clause */
/* The ladder's entrance: what a whole run settles (unit, numbers), and the folding of long runs. */
#include "trace/ladder.h"

#include <string.h>

#include "trace/ladder_private.h"

#define SV_FOLD_KEEP 2u /* rows at each end of a run that stay */
#define SV_FOLD_OVER 6u /* a run of so many rows is still drawn in full */

struct sv_ladder_row sv_ladder_row_of(enum sv_ladder_kind kind, enum sv_ladder_side side, sv_time when)
{
    struct sv_ladder_row row;
    memset(&row, 0, sizeof row);
    row.kind = (uint8_t)kind;
    row.side = (uint8_t)side;
    row.departure = when;
    row.arrival = when;
    row.left_state = SV_LADDER_UNKNOWN;
    row.right_state = SV_LADDER_UNKNOWN;
    return row;
}

static bool sv_has_segment(const struct sv_ladder_row *row)
{
    return row->kind <= SV_LADDER_ARRIVED;
}

/* May the row vanish in a run? Only what carries nothing new: plain data and acknowledgements, sent again or not,
 * and the calls that their giver marked. */
static bool sv_foldable(const struct sv_ladder *l, const struct sv_ladder_row *row)
{
    const uint16_t plain = SV_LADDER_ACK | SV_LADDER_PSH | SV_LADDER_ECE | SV_LADDER_CWR | SV_LADDER_AE;
    if (row->decisive || row->note)
        return false;
    if (row->left_state != SV_LADDER_UNKNOWN && row->left_state != l->state[SV_LADDER_LEFT])
        return false;
    if (row->right_state != SV_LADDER_UNKNOWN && row->right_state != l->state[SV_LADDER_RIGHT])
        return false;
    if (row->kind == SV_LADDER_CALL || row->kind == SV_LADDER_TIMER || row->foldable)
        return row->foldable;
    return sv_has_segment(row) && row->kind != SV_LADDER_DROPPED && !(row->flags & ~plain);
}

static void sv_fold_away(struct sv_ladder *l, const struct sv_ladder_row *row)
{
    if (!sv_has_segment(row) || (row->kind == SV_LADDER_ARRIVED && !row->foldable))
        return;
    l->folded.fold_segments++;
    l->folded.fold_bytes += row->len;
    l->folded.fold_again += row->re != SV_LADDER_RE_NONE;
    l->folded.fold_lost += row->kind == SV_LADDER_LOST;
    l->folded.fold_others += row->label != NULL;
}

static void sv_row(struct sv_ladder *l, const struct sv_ladder_row *row)
{
    if (l->o.columns < SV_LADDER_LIST_BELOW)
        sv_ladder_list_row(l, row);
    else
        sv_ladder_put_row(l, row);
}

static void sv_fold_flush(struct sv_ladder *l)
{
    if (l->folded.fold_segments)
        sv_row(l, &l->folded);
    for (uint32_t i = 0; i < l->held; i++)
        sv_row(l, &l->hold[i]);
    l->held = 0;
    l->run = 0;
    l->folded = sv_ladder_row_of(SV_LADDER_FOLD, SV_LADDER_LEFT, SV_NEVER);
}

static void sv_fold_add(struct sv_ladder *l, const struct sv_ladder_row *row)
{
    if (++l->run <= SV_FOLD_KEEP) {
        sv_row(l, row);
        return;
    }
    l->hold[l->held++] = *row;
    if (l->run <= SV_FOLD_OVER)
        return;
    const uint32_t away = l->held - SV_FOLD_KEEP;
    for (uint32_t i = 0; i < away; i++)
        sv_fold_away(l, &l->hold[i]);
    for (uint32_t i = 0; i < SV_FOLD_KEEP; i++)
        l->hold[i] = l->hold[away + i];
    l->held = SV_FOLD_KEEP;
}

void sv_ladder_open(struct sv_ladder *l, const struct sv_ladder_options *options, const struct sv_sink *sink)
{
    memset(l, 0, sizeof *l);
    l->o = *options;
    l->sink = *sink;
    if (l->o.columns == 0)
        l->o.columns = 80;
    l->o.columns = l->o.columns > 400 ? 400 : l->o.columns < 20 ? 20 : l->o.columns;
    if (l->o.unit == SV_LADDER_AUTO)
        l->o.unit = SV_LADDER_SECONDS;
    if (l->o.columns >= SV_LADDER_NOTES_FROM) {
        l->time_width = 10;
        l->field = 49;
    } else if (l->o.columns >= SV_LADDER_TIME_FROM) {
        l->time_width = 8;
        l->field = l->o.columns - 38;
    } else {
        l->field = l->o.columns - 16;
    }
    l->right_edge = l->time_width ? l->time_width + 15 + l->field + 15 : l->o.columns;
    l->state[0] = SV_LADDER_UNKNOWN;
    l->state[1] = SV_LADDER_UNKNOWN;
    l->folded = sv_ladder_row_of(SV_LADDER_FOLD, SV_LADDER_LEFT, SV_NEVER);
    if (!l->o.no_header)
        sv_ladder_head(l);
}

void sv_ladder_add(struct sv_ladder *l, const struct sv_ladder_row *row)
{
    struct sv_ladder_row safe = *row;
    safe.side &= 1u;
    if (l->o.fold && sv_foldable(l, &safe)) {
        sv_fold_add(l, &safe);
        return;
    }
    sv_fold_flush(l);
    sv_row(l, &safe);
}

void sv_ladder_close(struct sv_ladder *l)
{
    sv_fold_flush(l);
}

static sv_time sv_row_time(const struct sv_ladder_row *row)
{
    return row->kind == SV_LADDER_ARRIVED ? row->arrival : row->departure;
}

void sv_ladder_draw(const struct sv_ladder_row *rows, size_t n, const struct sv_ladder_options *options,
                    const struct sv_sink *sink)
{
    struct sv_ladder_options o = *options;
    struct sv_ladder l;
    sv_time last = o.origin;
    for (size_t i = 0; i < n; i++) {
        const sv_time at = sv_row_time(&rows[i]);
        if (at != SV_NEVER && at > last)
            last = at;
        /* One ladder never mixes: a number that counts from no ISN we know makes all of them absolute. */
        const bool numberless = rows[i].flags & SV_LADDER_RST && rows[i].seq == 0;
        if (sv_has_segment(&rows[i]) && (rows[i].foreign || (!o.end[rows[i].side & 1u].has_isn && !numberless)))
            o.relative = 0;
        if (rows[i].note)
            o.notes = 1;
    }
    if (o.unit == SV_LADDER_AUTO)
        o.unit = last - o.origin < SV_S ? SV_LADDER_MICROSECONDS : SV_LADDER_SECONDS;
    sv_ladder_open(&l, &o, sink);
    for (size_t i = 0; i < n; i++)
        sv_ladder_add(&l, &rows[i]);
    sv_ladder_close(&l);
}
