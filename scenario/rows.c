/* SPDX-License-Identifier: BSD-2-Clause */
/* What the run tells, as rows. A packet's row is made when it departs and filled in when it arrives, is dropped or is
 * lost. Records come after the packets of the same moment: a call or timer is put before what it caused. */
#include "scenario/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/rows_private.h"
#include "scenario/run.h"

struct sc_rows *sc_rows_open(const struct sc_model *model, uint32_t left, uint32_t right)
{
    struct sc_rows *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    for (uint32_t i = 0; i < model->attempts && left == SV_NONE; i++) {
        const struct sc_step *s = &model->step[model->attempt[i].step];
        left = model->attempt[i].host;
        for (uint32_t h = 0; h < model->hosts; h++) {
            for (uint32_t k = 0; k < model->host[h].addrs; k++) {
                if (memcmp(&model->host[h].addr[k], &s->remote.addr, sizeof s->remote.addr) == 0)
                    right = h;
            }
        }
    }
    w->host[0] = left != SV_NONE ? left : 0;
    w->host[1] = right != SV_NONE ? right : w->host[0] == 0 && model->hosts > 1 ? 1 : 0;
    w->model = model;
    w->window[1] = SV_NEVER;
    bool connects = model->attempts != 0;
    for (uint32_t i = 0; i < model->steps; i++)
        connects = connects || model->step[i].crowd != SV_NONE;
    for (uint32_t i = 0; i < 2; i++) {
        w->clock[i] = (struct sv_ladder_clock){SV_NEVER, SV_NEVER};
        w->delay[i] = SV_NEVER;
        const struct sc_host *h = &model->host[w->host[i]];
        /* Only TCP has states; where nobody connects there is none to be told of. */
        w->initial[i] = (h->kind == SC_HOST || h->serves) && connects ? SV_CLOSED : SV_LADDER_UNKNOWN;
        for (uint32_t s = 0; s < h->serves && connects; s++)
            w->initial[i] = h->serve[s].from == 0 && !h->serve[s].udp ? SV_LISTEN : w->initial[i];
    }
    return w;
}

void sc_rows_close(struct sc_rows *w)
{
    if (!w)
        return;
    sc_memory_free(&w->texts);
    free(w->row);
    free(w->done);
    free(w);
}

uint32_t sc_rows_side(const struct sc_rows *w, uint32_t host)
{
    return host == w->host[0] ? 0 : host == w->host[1] ? 1 : SV_NONE;
}

uint32_t sc_rows_host(const struct sc_rows *w, uint32_t side)
{
    return w->host[side];
}

uint32_t sc_rows_now(const struct sc_rows *w, bool *arrival)
{
    *arrival = w->current_arrival;
    return w->current;
}

/* A row at its place; what is there already moves on. NULL: the ceiling, or no memory. */
struct sc_row *sc_rows_insert(struct sc_rows *w, uint32_t at, const struct sv_ladder_row *row)
{
    if (w->n == w->room) {
        const uint32_t room = w->room ? 2u * w->room : 256u;
        struct sc_row *more = room <= ROWS_MOST ? realloc(w->row, room * sizeof *more) : NULL;
        if (!more)
            return NULL;
        w->row = more;
        w->room = room;
    }
    w->under_way = at < w->under_way ? at : w->under_way;
    memmove(&w->row[at + 1u], &w->row[at], (w->n - at) * sizeof *w->row);
    w->n++;
    w->row[at] = (struct sc_row){.row = *row, .id = ++w->ids};
    w->row[at].row.tag = w->ids;
    return &w->row[at];
}

static void current(struct sc_rows *w, const struct sc_row *r, bool arrival)
{
    w->current = r ? r->id : 0;
    w->current_arrival = arrival;
}

/* --- packets --- */

static struct sv_ladder_row row_of(const struct sc_packet *p, const struct sv_dissected *d, uint32_t side, sv_time now)
{
    struct sv_ladder_row row = sv_ladder_row_of(SV_LADDER_LOST, (enum sv_ladder_side)side, now);
    const struct sv_tcp_options *o = &d->tcp.options;
    row.arrival = SV_NEVER;
    if (!p->tcp)
        return row;
    row.flags = d->tcp.flags;
    row.seq = p->seq;
    row.ack = p->ack;
    row.len = p->length;
    row.win = p->window;
    row.has_win = !(row.flags & SV_LADDER_RST);
    if (row.flags & SV_LADDER_SYN) {
        row.mss = o->mss;
        row.sack_permitted = o->sack_permitted;
        row.timestamps = o->has_timestamp;
        row.has_scale = o->has_scale;
        row.scale = o->scale;
        row.fast_open = o->has_fast_open;
    }
    row.foldable = p->forger != SV_NONE;
    row.sacks = o->sacks;
    memcpy(row.sack, o->sack, sizeof row.sack);
    return row;
}

/* Both sides have to offer a scale; the last SYN of each counts (RFC 7323 2.2). */
static void scale(struct sc_rows *w, const struct sc_packet *p, struct sv_ladder_row *row)
{
    const uint32_t side = row->side;
    struct sc_scale *s = NULL;
    for (uint32_t i = 0; i < ROWS_SCALES && !s; i++) {
        struct sc_scale *c = &w->scale[i];
        const uint16_t own = side ? p->destination_port : p->source_port;
        const uint16_t other = side ? p->source_port : p->destination_port;
        if (!c->used || (c->port[0] == own && c->port[1] == other))
            s = c;
        if (s)
            *s = (struct sc_scale){true, {own, other}, {s->has[0], s->has[1]}, {s->scale[0], s->scale[1]}};
    }
    if (!s)
        return;
    if (row->flags & SV_LADDER_SYN) {
        s->has[side] = row->has_scale;
        s->scale[side] = row->scale > 14 ? 14 : row->scale;
    } else if (s->has[0] && s->has[1]) {
        row->win <<= s->scale[side];
        row->win_scale = s->scale[side];
    }
}

/* Why was it sent again? The stack says so just before, or just after. */
static void reason(struct sc_rows *w, struct sv_ladder_row *row)
{
    for (uint32_t i = 0; i < ROWS_SENT; i++) {
        struct sc_sent *s = &w->sent[row->side][i];
        const uint32_t length = s->length ? s->length : 1;
        if (!s->used || (s->flags ^ row->flags) & SV_LADDER_SYN || row->seq - s->seq >= length)
            continue;
        row->re = s->re;
        row->re_count = s->count;
        s->used = false;
        return;
    }
}

static void take_isn(struct sc_rows *w, const struct sv_ladder_row *row)
{
    if (!(row->flags & SV_LADDER_SYN) || w->has_isn[row->side])
        return;
    w->has_isn[row->side] = true;
    w->isn[row->side] = row->seq;
}

static void take_port(struct sc_rows *w, const struct sc_packet *p, uint32_t side)
{
    const uint16_t port[2] = {side ? p->destination_port : p->source_port, side ? p->source_port : p->destination_port};
    for (uint32_t i = 0; i < 2; i++) {
        if (!w->ports_seen)
            w->port[i] = port[i];
        else if (w->port[i] != port[i])
            w->port[i] = 0; /* more than one: the header names none */
    }
    w->ports_seen = true;
}

/* A state that waits for the segment that brings it about. */
static void claim_state(struct sc_rows *w, struct sc_row *r, sv_time now)
{
    const uint32_t side = r->row.side;
    if (!w->pending[side] || w->pending_at[side] != now || !(r->row.flags & w->pending_flag[side]))
        return;
    for (uint32_t i = w->n; i-- > 0;) {
        if (w->row[i].id != w->pending[side] || &w->row[i] == r)
            continue;
        const uint8_t state = side ? w->row[i].row.right_state : w->row[i].row.left_state;
        *(side ? &r->row.right_state : &r->row.left_state) = state;
        r->also = w->row[i].id;
        w->row[i].gone = true;
        break;
    }
    w->pending[side] = 0;
}

void sc_rows_departs(struct sc_run *run, uint32_t host, const struct sv_buf *b, const struct sc_packet *p,
                     const uint8_t *bytes, uint32_t n)
{
    struct sc_rows *w = run->rows;
    struct sv_dissected d;
    if (!w || p->unseen)
        return;
    current(w, NULL, false);
    const uint32_t side = sc_rows_side(w, host);
    if (side == SV_NONE || p->from != host || (p->to != w->host[1 - side] && p->to != SV_NONE))
        return;
    sv_dissect(&d, SV_LINK_ETHERNET, bytes, n, b->length);
    struct sv_ladder_row row = row_of(p, &d, side, run->now);
    if (p->tcp) {
        scale(w, p, &row);
        reason(w, &row);
        take_isn(w, &row);
        take_port(w, p, side);
    } else {
        row.label = sc_rows_label(w, p, &d);
        row.len = d.payload_bytes;
        if (!row.label)
            return;
    }
    row.foldable = row.foldable || (run->forgers && row.flags & SV_LADDER_RST); /* forged segments bring many */
    struct sc_row *r = sc_rows_insert(w, w->n, &row);
    if (!r)
        return;
    r->packet = b->id;
    r->window = p->window;
    claim_state(w, r, run->now);
    current(w, r, false);
}

static bool on_its_way(const struct sc_row *r)
{
    return r->row.kind == SV_LADDER_LOST && !r->row.text;
}

/* Which departure was it? The same packet, else the oldest with the same header that nobody called lost. */
static struct sc_row *departed(struct sc_rows *w, const struct sv_ladder_row *row, uint32_t packet)
{
    struct sc_row *oldest = NULL;
    while (w->under_way < w->n && !on_its_way(&w->row[w->under_way]))
        w->under_way++;
    const uint32_t from = w->n > 8192 ? w->n - 8192 : 0;
    for (uint32_t i = w->under_way > from ? w->under_way : from; i < w->n; i++) {
        struct sc_row *r = &w->row[i];
        if (r->row.kind != SV_LADDER_LOST || r->row.side != row->side || r->row.text)
            continue;
        if (r->row.seq != row->seq || r->row.ack != row->ack || r->row.flags != row->flags || r->row.len != row->len)
            continue;
        if (r->packet == packet)
            return r;
        oldest = oldest ? oldest : r;
    }
    return oldest;
}

/* The same packet, edited on the way: what left is drawn as it left and what came as it came; lost it is not. */
static void edited(struct sc_rows *w, uint32_t side, uint32_t packet)
{
    for (uint32_t i = w->n; i-- > w->under_way;) {
        struct sv_ladder_row *row = &w->row[i].row;
        if (w->row[i].packet != packet || row->kind != SV_LADDER_LOST || row->side != side || row->text)
            continue;
        row->kind = SV_LADDER_DEPARTED;
        return;
    }
}

void sc_rows_arrives(struct sc_run *run, uint32_t host, const struct sv_buf *b, const struct sc_packet *p,
                     const uint8_t *bytes, uint32_t n)
{
    struct sc_rows *w = run->rows;
    struct sv_dissected d;
    if (!w || p->unseen)
        return;
    current(w, NULL, true);
    const uint32_t at = sc_rows_side(w, host), side = 1u - at;
    const uint32_t from = p->forger == SV_NONE ? p->from : p->pretends;
    if (at == SV_NONE || (p->to != host && p->to != SV_NONE) || from != w->host[side])
        return;
    sv_dissect(&d, SV_LINK_ETHERNET, bytes, n, b->length);
    struct sv_ladder_row row = row_of(p, &d, side, run->now);
    struct sc_row *r = departed(w, &row, b->id);
    if (r) {
        r->row.kind = SV_LADDER_SEGMENT;
        r->row.arrival = run->now;
        const sv_time took = run->now - r->row.departure;
        w->delay[side] = took < w->delay[side] ? took : w->delay[side];
    } else { /* a copy made on the way, or edited there */
        row.kind = SV_LADDER_ARRIVED;
        row.arrival = run->now;
        row.by = p->forger == SV_NONE ? NULL : run->model->host[p->forger].name;
        if (!p->tcp && !(row.label = sc_rows_label(w, p, &d)))
            return;
        edited(w, side, b->id);
        r = sc_rows_insert(w, w->n, &row);
    }
    if (!r)
        return;
    r->packet_in = 0; /* its number in the receiver: FRAME_IN says it */
    w->cursor[at] = r->id;
    current(w, r, true);
}

void sc_rows_lost(struct sc_run *run, const struct sv_buf *b, const char *why)
{
    struct sc_rows *w = run->rows;
    for (uint32_t i = w ? w->n : 0; i-- > 0;) {
        struct sc_row *r = &w->row[i];
        if (r->packet != b->id || r->row.kind != SV_LADDER_LOST)
            continue;
        r->row.text = sc_take_text(&w->texts, why, strlen(why));
        return;
    }
}
