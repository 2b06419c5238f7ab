/* SPDX-License-Identifier: BSD-2-Clause */
/* From the trace's records to rows: states, timers, calls, drops, and why a segment was sent. */
#include <stdio.h>
#include <string.h>

#include "scenario/rows_private.h"
#include "scenario/run.h"

static struct sc_row *row_numbered(struct sc_rows *w, uint32_t id)
{
    for (uint32_t i = w->n; id && i-- > 0;) {
        if (w->row[i].id == id)
            return &w->row[i];
    }
    return NULL;
}

static bool sent_by(const struct sc_row *r, uint32_t side, sv_time now)
{
    return !r->gone && r->row.kind <= SV_LADDER_DEPARTED && r->row.side == side && r->row.departure == now;
}

const char sc_rows_cut_short[] = "2 MSL cut short";

/* Before what it caused: packets of the moment are there already. */
static struct sc_row *event_row(struct sc_rows *w, enum sv_ladder_kind kind, uint32_t side, sv_time now)
{
    const struct sv_ladder_row row = sv_ladder_row_of(kind, (enum sv_ladder_side)side, now);
    uint32_t at = w->n;
    for (uint32_t i = w->n; i-- > 0 && w->row[i].row.departure == now;) {
        if (sent_by(&w->row[i], side, now))
            at = i;
    }
    struct sc_row *r = sc_rows_insert(w, at, &row);
    w->current = r ? r->id : 0;
    w->current_arrival = false;
    return r;
}

/* --- states --- */

static void set_state(struct sc_rows *w, struct sc_row *r, uint32_t side, uint32_t state, bool arrival)
{
    *(side ? &r->row.right_state : &r->row.left_state) = (uint8_t)state;
    w->current = r->id;
    w->current_arrival = arrival;
}

/* The third message is the first acknowledgment of the moment, though data came with it in one burst. */
static struct sc_row *cause(struct sc_rows *w, uint32_t side, uint32_t from, uint32_t to, sv_time now)
{
    struct sc_row *found = row_numbered(w, w->cursor[side]);
    if (found && found->row.arrival != now)
        found = NULL;
    for (uint32_t i = w->n; from == SV_SYN_RECEIVED && to == SV_ESTABLISHED && i-- > 0 && w->n - i < 64;) {
        struct sc_row *r = &w->row[i];
        if (r->row.kind <= SV_LADDER_ARRIVED && r->row.side != side && r->row.arrival == now &&
            (r->row.flags & (SV_LADDER_ACK | SV_LADDER_SYN)) == SV_LADDER_ACK)
            found = r;
    }
    return found;
}

static struct sc_row *event_of(struct sc_rows *w, uint32_t side, sv_time now)
{
    for (uint32_t i = w->n; i-- > 0 && w->row[i].row.departure >= now;) {
        const uint8_t kind = w->row[i].row.kind;
        if ((kind == SV_LADDER_TIMER || kind == SV_LADDER_CALL) && w->row[i].row.side == side)
            return &w->row[i];
    }
    return NULL;
}

static void by_own_segment(struct sc_rows *w, uint32_t side, uint32_t state, sv_time now)
{
    const uint16_t flag = state == SV_SYN_SENT ? SV_LADDER_SYN : SV_LADDER_FIN;
    for (uint32_t i = w->n; i-- > 0 && w->row[i].row.departure == now;) {
        if (sent_by(&w->row[i], side, now) && w->row[i].row.flags & flag) {
            set_state(w, &w->row[i], side, state, false);
            return;
        }
    }
    struct sc_row *r = event_row(w, SV_LADDER_STATE, side, now);
    if (!r)
        return;
    set_state(w, r, side, state, false);
    w->pending[side] = r->id;
    w->pending_at[side] = now;
    w->pending_flag[side] = flag;
}

static void change(struct sc_rows *w, uint32_t side, uint32_t from, uint32_t to, sv_time now)
{
    if (to == SV_TIME_WAIT)
        w->clock[side].time_wait_at = now;
    if (to == SV_SYN_SENT || to == SV_FIN_WAIT_1 || to == SV_LAST_ACK) {
        by_own_segment(w, side, to, now);
        return;
    }
    struct sc_row *r = cause(w, side, from, to, now);
    if (r) {
        set_state(w, r, side, to, true);
        return;
    }
    r = event_of(w, side, now);
    if (!r && from == SV_TIME_WAIT && (r = event_row(w, SV_LADDER_CALL, side, now)) != NULL)
        r->row.text = sc_rows_cut_short;
    if (!r)
        r = event_row(w, SV_LADDER_STATE, side, now);
    if (r)
        set_state(w, r, side, to, false);
}

/* --- timers and calls --- */

static void fired(struct sc_rows *w, uint32_t side, const struct sv_trace_record *r)
{
    struct sc_row *row = sv_ladder_timer_shows(r) ? event_row(w, SV_LADDER_TIMER, side, r->time) : NULL;
    if (row)
        sv_ladder_timer(&row->row, r, &w->clock[side]);
}

static void set(struct sc_rows *w, uint32_t side, const struct sv_trace_record *r)
{
    if (r->detail == SV_TIMER_RTO)
        w->clock[side].rto_set_at = r->time;
    for (uint32_t i = w->n; i-- > 0 && w->row[i].row.departure == r->time;) {
        if (w->row[i].row.side == side)
            sv_ladder_timer_again(&w->row[i].row, r);
    }
}

static void say(struct sc_rows *w, uint32_t side, sv_time now, const char *one, bool foldable)
{
    char text[120];
    for (uint32_t i = w->n; i-- > 0 && w->row[i].row.departure == now;) {
        struct sv_ladder_row *row = &w->row[i].row;
        if (row->kind != SV_LADDER_CALL || row->side != side || strlen(row->text) > 60)
            continue;
        if (strcmp(row->text, "crash") == 0 && strcmp(one, "abort") == 0)
            return; /* how the simulator forgets a connection, not a call of anybody's */
        snprintf(text, sizeof text, "%s, %s", row->text, one);
        const char *joined = sc_take_text(&w->texts, text, strlen(text));
        row->text = joined ? joined : row->text;
        row->foldable = row->foldable && foldable;
        w->current = w->row[i].id;
        w->current_arrival = false;
        return;
    }
    struct sc_row *r = event_row(w, SV_LADDER_CALL, side, now);
    if (!r)
        return;
    r->row.text = sc_take_text(&w->texts, one, strlen(one));
    if (!r->row.text)
        r->row.text = "";
    r->row.foldable = foldable;
}

static void call(struct sc_rows *w, uint32_t side, const struct sv_trace_record *r)
{
    char text[40];
    if (sv_ladder_call(r, text, sizeof text))
        say(w, side, r->time, text, sv_ladder_call_folds(r));
}

void sc_rows_said(struct sc_run *run, uint32_t host, const char *text)
{
    struct sc_rows *w = run->rows;
    const uint32_t side = w && host != SV_NONE ? sc_rows_side(w, host) : SV_NONE;
    if (side != SV_NONE)
        say(w, side, run->now, text, false);
}

/* --- segments --- */

static void sent(struct sc_rows *w, uint32_t side, const struct sv_trace_record *r)
{
    const uint8_t re = sv_ladder_again(r->detail);
    const uint32_t length = r->arg[2] ? r->arg[2] : 1, count = r->arg[5] ? r->arg[5] : 1;
    if (re == SV_LADDER_RE_NONE)
        return;
    bool found = false;
    for (uint32_t i = w->n; i-- > 0 && w->row[i].row.departure == r->time;) {
        struct sv_ladder_row *row = &w->row[i].row;
        if (!sent_by(&w->row[i], side, r->time) || row->label || (row->flags ^ r->arg[3]) & SV_LADDER_SYN ||
            row->seq - r->arg[0] >= length)
            continue;
        row->re = re;
        row->re_count = count;
        found = true;
    }
    if (!found)
        w->sent[side][w->sent_at[side]++ % ROWS_SENT] =
            (struct sc_sent){true, re, (uint16_t)r->arg[3], r->arg[0], r->arg[2], count};
}

static void dropped(struct sc_rows *w, uint32_t side, const struct sv_trace_record *r)
{
    for (uint32_t i = w->n; r->packet && i-- > 0;) {
        struct sc_row *row = &w->row[i];
        const bool here = side != SV_NONE && row->row.side != side && row->packet_in == r->packet;
        const bool on_the_way = side == SV_NONE && row->row.kind == SV_LADDER_LOST && row->packet == r->packet;
        if (!here && !on_the_way)
            continue;
        if (here && row->row.kind == SV_LADDER_SEGMENT)
            row->row.kind = SV_LADDER_DROPPED;
        row->row.text = sv_ladder_drop(r->detail);
        w->current = row->id;
        w->current_arrival = here;
        return;
    }
}

static void received(struct sc_rows *w, uint32_t side, const struct sv_trace_record *r)
{
    for (uint32_t i = w->n; r->packet && i-- > 0;) {
        if (w->row[i].row.side != side && w->row[i].packet_in == r->packet) {
            w->cursor[side] = w->row[i].id;
            w->current = w->row[i].id;
            w->current_arrival = true;
            return;
        }
    }
}

/* A packet gets a number of its own where it comes in; what follows speaks of that. */
static void came_in(struct sc_rows *w, uint32_t side, const struct sv_trace_record *r, const uint8_t *bytes)
{
    struct sv_dissected d;
    sv_dissect(&d, SV_LINK_ETHERNET, bytes, r->bytes, r->arg[0] > r->bytes ? r->arg[0] : r->bytes);
    const bool tcp = d.seen & SV_SEEN_TCP;
    for (uint32_t i = 0; i < w->n; i++) {
        struct sc_row *row = &w->row[w->n - 1u - i];
        const struct sv_ladder_row *k = &row->row;
        if (k->kind > SV_LADDER_ARRIVED || k->side == side || row->packet_in || k->arrival != r->time)
            continue;
        if (tcp != !k->label || (tcp && (k->seq != d.tcp.seq || k->ack != d.tcp.ack || k->flags != d.tcp.flags ||
                                         k->len != d.payload_bytes)))
            continue;
        row->packet_in = r->packet;
        return;
    }
}

/* Of the half-open record that a SYN made or that ended, and of a wait that ended: they have no number. */
static bool unnumbered_elsewhere(struct sc_run *run, uint32_t host, uint32_t other, const struct sv_trace_record *r)
{
    const struct sc_packet *syn = &run->last_syn;
    if (r->kind == SV_TRACE_TCP_TIMER_FIRED || r->arg[0] == SV_TIME_WAIT)
        return run->crowds != 0;
    if (r->kind != SV_TRACE_TCP_STATE || r->arg[1] == SV_LISTEN)
        return run->forgers && !sc_half_open_with(run, host, r->arg[2]);
    const uint32_t from = syn->forger == SV_NONE ? sc_host_of(run, &run->last_syn_from.addr) : syn->pretends;
    return syn->unseen || (syn->forger != SV_NONE && from == SV_NONE) || (from != SV_NONE && from != other);
}

/* Of a connection with somebody who is not drawn, or of a crowd? */
static bool elsewhere(struct sc_run *run, uint32_t host, uint32_t other, const struct sv_trace_record *r)
{
    if (r->kind != SV_TRACE_TCP_STATE && r->kind != SV_TRACE_TCP_TIMER_FIRED && r->kind != SV_TRACE_TCP_TIMER_SET &&
        r->kind != SV_TRACE_CALL)
        return false;
    const bool listens = r->kind == SV_TRACE_TCP_STATE && (r->arg[0] == SV_LISTEN || r->arg[1] == SV_LISTEN);
    if (!r->flow || listens)
        return unnumbered_elsewhere(run, host, other, r);
    const struct sc_endpoint *e = sc_endpoint_of_flow(run, host, r->flow, false);
    const uint32_t with = e && e->remote.port ? sc_host_of(run, &e->remote.addr) : SV_NONE;
    if (!e && r->kind == SV_TRACE_TCP_STATE && r->arg[0] == SV_CLOSED && r->arg[1] == SV_SYN_RECEIVED)
        return true; /* the half-open record becomes a connection: it was in that state before */
    return e ? with != SV_NONE && with != other : run->crowds != 0;
}

void sc_rows_record(struct sc_run *run, const struct sv_trace_record *r, const uint8_t *bytes)
{
    struct sc_rows *w = run->rows;
    if (!w)
        return;
    const uint32_t host = r->host - 1u, side = sc_rows_side(w, host);
    w->current = 0;
    if (r->kind == SV_TRACE_DROP && (side != SV_NONE || host >= w->model->hosts) && r->detail != SV_DROP_SCENARIO_FAULT)
        dropped(w, side, r);
    if (side == SV_NONE || elsewhere(run, host, w->host[1u - side], r))
        return;
    if (r->kind == SV_TRACE_FRAME_IN && r->bytes)
        came_in(w, side, r, bytes);
    else if (r->kind == SV_TRACE_TCP_STATE && r->arg[1] < SV_TCP_STATES)
        change(w, side, r->arg[0], r->arg[1], r->time);
    else if (r->kind == SV_TRACE_TCP_TIMER_FIRED)
        fired(w, side, r);
    else if (r->kind == SV_TRACE_TCP_TIMER_SET)
        set(w, side, r);
    else if (r->kind == SV_TRACE_CALL)
        call(w, side, r);
    else if (r->kind == SV_TRACE_TCP_SENT)
        sent(w, side, r);
    else if (r->kind == SV_TRACE_TCP_RECEIVED)
        received(w, side, r);
}
