/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of one conversation: segments, timers and calls as the ladder builds them, states as the run knows them (of
 * all incarnations of the four-tuple), what a fault took by the fault's name, long runs folded. */
#include <stdlib.h>
#include <string.h>

#include "scenario/page_private.h"

static sv_time when_of(const struct sv_ladder_row *row)
{
    return row->departure != SV_NEVER && row->kind != SV_LADDER_ARRIVED ? row->departure : row->arrival;
}

/* When a side meets this row: as its sender or owner, or as its receiver. SV_NEVER: not at all. */
static sv_time meets(const struct sv_ladder_row *row, uint32_t side)
{
    switch (row->kind) {
    case SV_LADDER_SEGMENT:
    case SV_LADDER_DROPPED:
        return row->side == side ? row->departure : row->arrival;
    case SV_LADDER_ARRIVED:
        return row->side == side ? SV_NEVER : row->arrival;
    case SV_LADDER_LOST:
    case SV_LADDER_DEPARTED:
    case SV_LADDER_TIMER:
    case SV_LADDER_CALL:
        return row->side == side ? row->departure : SV_NEVER;
    default:
        return SV_NEVER;
    }
}

static uint8_t *state_in(struct sv_ladder_row *row, uint32_t side)
{
    return side ? &row->right_state : &row->left_state;
}

/* Three states are brought about by a segment of our own, which leaves then or a little later. */
static uint16_t own_flag(uint8_t to)
{
    return to == SV_SYN_SENT ? SV_LADDER_SYN : to == SV_FIN_WAIT_1 || to == SV_LAST_ACK ? SV_LADDER_FIN : 0;
}

static uint32_t row_of_own(const struct page_row *row, uint32_t n, uint32_t side, const struct page_state *s)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct sv_ladder_row *r = &row[i].row;
        if (r->kind <= SV_LADDER_DEPARTED && r->side == side && r->departure >= s->t && r->departure - s->t <= SV_MS &&
            r->flags & own_flag(s->to))
            return i;
    }
    return SV_NONE;
}

/* The row that caused a change: the last segment that came to this side at that moment (of a FIN's news the FIN, of a
 * handshake's end the first that came, though data came with it), else its own call or timer, else what it sent. */
static uint32_t row_of_state(const struct page_row *row, uint32_t n, uint32_t side, const struct page_state *s)
{
    uint32_t came = SV_NONE, own = SV_NONE, sent = SV_NONE;
    const bool first = s->from == SV_SYN_RECEIVED && s->to == SV_ESTABLISHED;
    if (own_flag(s->to))
        return row_of_own(row, n, side, s);
    for (uint32_t i = 0; i < n; i++) {
        const struct sv_ladder_row *r = &row[i].row;
        if (meets(r, side) != s->t)
            continue;
        if (r->kind > SV_LADDER_ARRIVED) {
            own = i;
        } else if (r->side == side) {
            sent = i;
        } else {
            if (r->flags & SV_LADDER_FIN && s->to >= SV_CLOSE_WAIT)
                return i;
            came = first && came != SV_NONE ? came : i;
        }
    }
    return came != SV_NONE ? came : own != SV_NONE ? own : sent;
}

static void insert(struct page_row *row, uint32_t *n, uint32_t side, const struct page_state *s)
{
    uint32_t at = 0;
    while (at < *n && when_of(&row[at].row) <= s->t)
        at++;
    memmove(&row[at + 1u], &row[at], (*n - at) * sizeof *row);
    row[at] = (struct page_row){.row = sv_ladder_row_of(SV_LADDER_STATE, SV_LADDER_LEFT, s->t), .fault = SV_NONE};
    *state_in(&row[at].row, side) = s->to;
    (*n)++;
}

static void put_states(struct page_row *row, uint32_t *n, const struct page_conversation *c)
{
    for (uint32_t side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < c->side[side].states; i++) {
            const struct page_state *s = &c->side[side].state[i];
            const uint32_t at = row_of_state(row, *n, side, s);
            if (at == SV_NONE)
                insert(row, n, side, s);
            else
                *state_in(&row[at].row, side) = s->to;
        }
    }
}

void page_faults(const struct sc_page *p, const uint32_t host[2], struct page_row *row, uint32_t n)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct sv_ladder_row *r = &row[i].row;
        if (r->kind != SV_LADDER_LOST)
            continue;
        for (at = 0; at < p->losts; at++) {
            if (p->lost[at].t == r->departure && p->lost[at].host == host[r->side & 1u])
                row[i].fault = p->lost[at].fault;
        }
    }
}

/* --- folding --- */

static bool routine(const struct page_row *row)
{
    const struct sv_ladder_row *r = &row->row;
    if (r->left_state != SV_LADDER_UNKNOWN || r->right_state != SV_LADDER_UNKNOWN || r->decisive || r->note)
        return false;
    switch (r->kind) {
    case SV_LADDER_SEGMENT:
    case SV_LADDER_DEPARTED:
    case SV_LADDER_ARRIVED:
        return r->foldable || r->label ||
               (!(r->flags & (SV_LADDER_SYN | SV_LADDER_FIN | SV_LADDER_RST)) && r->re == SV_LADDER_RE_NONE);
    case SV_LADDER_CALL:
    case SV_LADDER_TIMER:
        return r->foldable;
    default:
        return false;
    }
}

/* What lies between the first `ends` and the last `ends` of a run becomes one line. */
static uint32_t fold_run(struct page_row *row, uint32_t from, uint32_t to, uint32_t ends)
{
    if (to - from <= 2u * ends + 2u)
        return 0;
    const uint32_t first = from + ends, last = to - ends - 1u;
    struct sv_ladder_row fold = sv_ladder_row_of(SV_LADDER_FOLD, SV_LADDER_LEFT, when_of(&row[first].row));
    fold.arrival = when_of(&row[last].row);
    for (uint32_t i = first; i <= last; i++) {
        const struct sv_ladder_row *r = &row[i].row;
        if (r->kind == SV_LADDER_SEGMENT || r->kind == SV_LADDER_DEPARTED || r->by) {
            fold.fold_segments++;
            fold.fold_bytes += r->len;
            fold.fold_others += r->label != NULL;
        }
        row[i].gone = true;
    }
    row[first] = (struct page_row){.row = fold, .fault = SV_NONE};
    return last - first;
}

static uint32_t fold(struct page_row *row, uint32_t n, uint32_t ends)
{
    uint32_t left_out = 0, from = 0, to = 0;
    for (uint32_t i = 0; i <= n; i++) {
        if (i < n && routine(&row[i]))
            continue;
        to = i;
        left_out += fold_run(row, from, to, ends);
        from = i + 1u;
    }
    for (uint32_t i = 0, kept = 0; i < n; i++) {
        if (!row[i].gone)
            row[kept++] = row[i];
    }
    return n - left_out;
}

/* A copy folded harder each time until it fits; beyond that the rest is not shown. */
uint32_t page_fold_to(struct page_row *row, uint32_t n, uint32_t most)
{
    for (uint32_t ends = 128; n > most && ends; ends /= 2u)
        n = fold(row, n, ends);
    if (n <= most || most < 2)
        return n;
    row[most - 1u] = (struct page_row){.row = row[n - 1u].row, .fault = SV_NONE};
    row[most - 2u].row = sv_ladder_row_of(SV_LADDER_FOLD, SV_LADDER_LEFT, when_of(&row[most - 2u].row));
    row[most - 2u].row.arrival = when_of(&row[most - 1u].row);
    row[most - 2u].row.fold_segments = n - most;
    return most;
}

/* --- the whole --- */

static uint32_t fact_of(const struct sc_run *run, const struct sc_expect **x)
{
    for (uint32_t i = 0; i < run->model->expects; i++) {
        *x = &run->model->expect[i];
        if ((*x)->decisive)
            return i;
    }
    return SV_NONE;
}

uint32_t page_decisive(const struct sc_page *p, const struct page_conversation *c, const struct page_row *row,
                       uint32_t n)
{
    const struct sc_expect *x;
    const uint32_t number = fact_of(p->run, &x);
    if (number == SV_NONE || x->kind > SC_EVENTUALLY || p->run->judged[number].verdict == SC_OPEN)
        return SV_NONE;
    const struct sc_fact *f = &p->run->model->fact[x->fact];
    const sv_time when = p->run->judged[number].when;
    for (uint32_t i = 0; i < n; i++) {
        const struct sv_ladder_row *r = &row[i].row;
        for (uint32_t side = 0; side < 2; side++) {
            const bool sends = f->kind == SC_FACT_SENDS, state = f->kind == SC_FACT_STATE;
            const bool right_side = c->side[side].host == f->host && (!sends || r->side == side) &&
                                    (f->kind != SC_FACT_RECEIVES || r->side != side) &&
                                    (!state || (side ? r->right_state : r->left_state) == f->state);
            if (right_side && (meets(r, side) == when || (state && r->kind == SV_LADDER_STATE && r->departure == when)))
                return i;
        }
    }
    return SV_NONE;
}

struct page_row *page_rows(struct sc_page *p, uint32_t conversation, uint32_t most, uint32_t *n,
                           struct sv_ladder_options *o)
{
    struct page_conversation *c = &p->conversation[conversation];
    size_t built = 0;
    const struct sv_ladder_row *rows = sv_ladder_build_rows(&c->build, &built, o);
    const uint32_t states = c->side[0].states + c->side[1].states;
    *n = 0;
    struct page_row *row = calloc(built + states + 1u, sizeof *row);
    if (!row) {
        p->failed = true;
        return NULL;
    }
    for (size_t i = 0; rows && i < built; i++) {
        if (rows[i].kind == SV_LADDER_STATE) /* the run's own states are put in below */
            continue;
        row[*n] = (struct page_row){.row = rows[i], .fault = SV_NONE};
        row[*n].row.left_state = row[*n].row.right_state = SV_LADDER_UNKNOWN;
        (*n)++;
    }
    put_states(row, n, c);
    page_faults(p, (const uint32_t[2]){c->side[0].host, c->side[1].host}, row, *n);
    const uint32_t decisive = page_decisive(p, c, row, *n);
    if (decisive != SV_NONE)
        row[decisive].row.decisive = 1;
    *n = page_fold_to(row, *n, most);
    return row;
}
