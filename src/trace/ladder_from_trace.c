/* SPDX-License-Identifier: BSD-2-Clause */
/* Records to rows. Frames make segments (ladder_segments.c); the rest tells what the segments meant: states, reasons,
 * timers, calls, drops. A state change belongs to the row that caused it, except the three that a segment of our own
 * brings about (SYN-SENT, FIN-WAIT-1, LAST-ACK): those wait for it. */
#include "trace/ladder_from_trace.h"

#include <stdio.h>
#include <string.h>

#include "trace/ladder_build.h"

void sv_ladder_build_open(struct sv_ladder_build *b, const struct sv_ladder_source *source)
{
    memset(b, 0, sizeof *b);
    b->s = *source;
    if (b->s.rows_max == 0)
        b->s.rows_max = 65536;
    for (uint32_t i = 0; i < 2; i++) {
        b->cursor[i] = SV_NONE;
        b->initial[i] = SV_LADDER_UNKNOWN;
        b->state[i] = SV_LADDER_UNKNOWN;
        b->waiting[i] = SV_LADDER_UNKNOWN;
        b->min_delay_ns[i] = UINT64_MAX;
        b->clock[i] = (struct sv_ladder_clock){SV_NEVER, SV_NEVER};
    }
}

uint32_t sv_build_side(const struct sv_ladder_build *b, uint16_t host)
{
    if (host == b->s.host)
        return b->host_side;
    return host == b->s.other && host != SV_NO_HOST ? b->host_side ^ 1u : SV_NONE;
}

static struct sv_ladder_raw *sv_event_row(struct sv_ladder_build *b, enum sv_ladder_kind kind, uint32_t side,
                                          sv_time when)
{
    struct sv_ladder_raw raw;
    memset(&raw, 0, sizeof raw);
    raw.row = sv_ladder_row_of(kind, (enum sv_ladder_side)side, when);
    raw.text_at = SV_NONE;
    raw.note_at = SV_NONE;
    if (b->count == 0)
        b->first = when;
    sv_build_waiting(b, when);
    struct sv_ladder_raw *row = sv_build_add(b, &raw);
    if (row)
        b->cursor[side] = (uint32_t)(row - b->raw);
    return row;
}

/* The third message of a handshake: the first bare or full acknowledgement that came at that moment, though data came
 * with it in one burst. SV_NONE: not seen. */
static uint32_t sv_event_third(const struct sv_ladder_build *b, uint32_t side, sv_time when)
{
    uint32_t found = SV_NONE;
    for (size_t i = b->count; i-- > 0 && b->count - i < 64;) {
        const struct sv_ladder_row *row = &b->raw[i].row;
        const bool ack = (row->flags & (SV_LADDER_ACK | SV_LADDER_SYN)) == SV_LADDER_ACK;
        if (row->kind <= SV_LADDER_ARRIVED && row->side != side && ack && row->arrival == when)
            found = (uint32_t)i;
    }
    return found;
}

static void sv_event_state(struct sv_ladder_build *b, uint32_t side, const struct sv_trace_record *r)
{
    const uint32_t from = r->arg[0], to = r->arg[1];
    /* The small record of a handshake and the full one that takes its place both say SYN-RECEIVED. */
    if (from >= SV_TCP_STATES || to >= SV_TCP_STATES || b->state[side] == to)
        return;
    b->state[side] = (uint8_t)to;
    if (b->initial[side] == SV_LADDER_UNKNOWN) /* what answers a SYN came from a listener */
        b->initial[side] = (uint8_t)(to == SV_SYN_RECEIVED && from == SV_CLOSED ? SV_LISTEN : from);
    if (to == SV_TIME_WAIT)
        b->clock[side].time_wait_at = r->time;
    b->waiting[side] = SV_LADDER_UNKNOWN;
    if (from == SV_SYN_RECEIVED && to == SV_ESTABLISHED) {
        const uint32_t third = sv_event_third(b, side, r->time);
        b->cursor[side] = third != SV_NONE ? third : b->cursor[side];
    }
    const bool own = to == SV_SYN_SENT || to == SV_FIN_WAIT_1 || to == SV_LAST_ACK;
    if (!own && b->cursor[side] != SV_NONE && b->cursor[side] < b->count) {
        struct sv_ladder_raw *row = &b->raw[b->cursor[side]];
        if (sv_build_when(row, row->row.side != side) == r->time) {
            sv_build_state(row, side, (uint8_t)to);
            return;
        }
    }
    b->waiting[side] = (uint8_t)to;
    b->waiting_for[side] = !own ? 0 : to == SV_SYN_SENT ? SV_LADDER_SYN : SV_LADDER_FIN;
    b->waiting_at[side] = r->time;
}

static void sv_event_sent(struct sv_ladder_build *b, uint32_t side, const struct sv_trace_record *r)
{
    struct sv_ladder_sent *sent = &b->sent[side][b->sent_at[side]++ % SV_LADDER_SENT];
    sent->used = 1;
    sent->reason = (uint8_t)r->detail;
    sent->seq = r->arg[0];
    sent->length = r->arg[2];
    sent->flags = (uint16_t)r->arg[3];
    sent->count = r->arg[5];
}

/* The row of a segment that arrived at `side`: by its packet, else by its numbers; SV_NONE. */
static uint32_t sv_event_find(const struct sv_ladder_build *b, uint32_t side, uint32_t packet, bool by_numbers,
                              uint32_t seq, uint32_t end)
{
    const size_t window = b->count > 256 ? b->count - 256 : 0;
    uint32_t found = SV_NONE;
    for (size_t i = b->count; i-- > window;) {
        const struct sv_ladder_raw *raw = &b->raw[i];
        if (raw->row.kind > SV_LADDER_ARRIVED || raw->row.side == side)
            continue;
        if (packet && raw->packet_in == packet)
            return (uint32_t)i;
        if (!by_numbers)
            continue;
        /* A bare acknowledgement and the data after it have the same number: the length decides. */
        if (raw->row.seq == seq && raw->row.seq + raw->row.len == end)
            return (uint32_t)i;
        if (found == SV_NONE && end != seq && raw->row.seq + raw->row.len == end)
            found = (uint32_t)i; /* the last of some that were merged */
    }
    return found;
}

static void sv_event_received(struct sv_ladder_build *b, uint32_t side, const struct sv_trace_record *r)
{
    const uint32_t at = sv_event_find(b, side, r->packet, true, r->arg[0], r->arg[0] + r->arg[2]);
    if (at != SV_NONE)
        b->cursor[side] = at;
}

static void sv_event_fired(struct sv_ladder_build *b, uint32_t side, const struct sv_trace_record *r)
{
    if (!b->s.timers || !sv_ladder_timer_shows(r))
        return;
    struct sv_ladder_raw *row = sv_event_row(b, SV_LADDER_TIMER, side, r->time);
    if (row)
        sv_ladder_timer(&row->row, r, &b->clock[side]);
}

static void sv_event_set(struct sv_ladder_build *b, uint32_t side, const struct sv_trace_record *r)
{
    if (r->detail == SV_TIMER_RTO)
        b->clock[side].rto_set_at = r->time;
    for (size_t i = b->count; i-- > 0 && b->raw[i].row.departure == r->time;) {
        if (b->raw[i].row.side == side)
            sv_ladder_timer_again(&b->raw[i].row, r);
    }
}

static void sv_event_call(struct sv_ladder_build *b, uint32_t side, const struct sv_trace_record *r)
{
    char text[200], one[40];
    if (!b->s.calls || !sv_ladder_call(r, one, sizeof one))
        return;
    const uint8_t foldable = sv_ladder_call_folds(r);
    /* Calls of one moment stand in one pair of brackets. */
    struct sv_ladder_raw *last = b->count ? &b->raw[b->count - 1] : NULL;
    if (last && last->row.kind == SV_LADDER_CALL && last->row.side == side && last->row.departure == r->time &&
        last->text_at != SV_NONE && strlen(b->texts + last->text_at) < 60) {
        snprintf(text, sizeof text, "%s, %s", b->texts + last->text_at, one);
        last->text_at = sv_build_text(b, text);
        last->row.foldable &= foldable;
        b->cursor[side] = (uint32_t)b->count - 1;
        return;
    }
    struct sv_ladder_raw *row = sv_event_row(b, SV_LADDER_CALL, side, r->time);
    if (!row)
        return;
    row->text_at = sv_build_text(b, one);
    row->row.foldable = foldable;
}

static void sv_event_drop(struct sv_ladder_build *b, const struct sv_trace_record *r)
{
    const uint32_t side = sv_build_side(b, r->host);
    if (r->packet == 0)
        return;
    if (side != SV_NONE) {
        const uint32_t at = sv_event_find(b, side, r->packet, false, 0, 0);
        if (at != SV_NONE) {
            b->raw[at].row.kind = SV_LADDER_DROPPED;
            b->raw[at].text_at = sv_build_text(b, sv_ladder_drop(r->detail));
            return;
        }
    }
    /* On the way: a link or a box between the two, or a scenario's fault at the sender's door. Each host numbers its
     * packets anew, so a host's word is of its own. */
    for (size_t i = b->count; i-- > 0 && b->count - i < 4096;) {
        struct sv_ladder_raw *raw = &b->raw[i];
        const bool own = side == SV_NONE || raw->row.side == side;
        if (raw->row.kind == SV_LADDER_LOST && own && raw->packet_out == r->packet) {
            raw->text_at = sv_build_text(b, sv_ladder_drop(r->detail));
            return;
        }
    }
}

void sv_build_event(struct sv_ladder_build *b, uint32_t side, const struct sv_trace_record *r)
{
    switch (r->kind) {
    case SV_TRACE_TCP_STATE:
        sv_event_state(b, side, r);
        break;
    case SV_TRACE_TCP_SENT:
        sv_event_sent(b, side, r);
        break;
    case SV_TRACE_TCP_RECEIVED:
        sv_event_received(b, side, r);
        break;
    case SV_TRACE_TCP_TIMER_FIRED:
        sv_event_fired(b, side, r);
        break;
    case SV_TRACE_TCP_TIMER_SET:
        sv_event_set(b, side, r);
        break;
    case SV_TRACE_CALL:
        sv_event_call(b, side, r);
        break;
    default:
        break;
    }
}

/* A flow's two ends as the trace has them: 16 bytes each, IPv4 mapped. */
static bool sv_flow_tuple(struct sv_tuple *t, const struct sv_trace_record *r, const uint8_t *bytes)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (r->detail != 6 || !bytes || r->bytes < 32)
        return false;
    memset(t, 0, sizeof *t);
    t->version = memcmp(bytes, mapped, 12) == 0 || memcmp(bytes + 16, mapped, 12) == 0 ? 4 : 6;
    for (uint32_t i = 0; i < 2; i++) {
        if (t->version == 4)
            memcpy(t->addr[i], bytes + 16 * i + 12, 4);
        else
            memcpy(t->addr[i], bytes + 16 * i, 16);
        t->port[i] = (uint16_t)r->arg[i];
    }
    return true;
}

static void sv_replay(struct sv_ladder_build *b, uint32_t side, uint16_t host)
{
    const uint32_t n = b->recent_n < SV_LADDER_RECENT ? b->recent_n : SV_LADDER_RECENT;
    for (uint32_t i = b->recent_n - n; i != b->recent_n; i++) {
        const struct sv_trace_record *r = &b->recent[i % SV_LADDER_RECENT];
        if (r->host == host && r->flow == b->flow[side])
            sv_build_event(b, side, r);
    }
}

void sv_build_learn_flow(struct sv_ladder_build *b)
{
    const uint32_t n = b->flows_n < SV_LADDER_FLOWS ? b->flows_n : SV_LADDER_FLOWS;
    for (uint32_t i = b->flows_n; i-- != b->flows_n - n;) {
        const uint32_t at = i % SV_LADDER_FLOWS;
        const int mirrored = sv_tuple_match(&b->tuple, &b->flows[at].tuple);
        const uint32_t side = sv_build_side(b, b->flows[at].host);
        if (side == SV_NONE || mirrored < 0 || (uint32_t)mirrored != side || b->flow[side])
            continue;
        b->flow[side] = b->flows[at].flow;
        sv_replay(b, side, b->flows[at].host);
    }
}

/* The ladder of a given flow: the SYN that made it may have been seen already. */
static void sv_begin_flow(struct sv_ladder_build *b, const struct sv_tuple *own)
{
    const uint32_t n = b->syn_n < 8 ? b->syn_n : 8;
    b->found = true;
    b->host_side = SV_LADDER_LEFT;
    b->tuple = *own;
    for (uint32_t i = b->syn_n - n; i != b->syn_n; i++) {
        if (sv_tuple_match(own, &b->syn[i % 8].tuple) != 1)
            continue;
        b->host_side = SV_LADDER_RIGHT;
        b->tuple = b->syn[i % 8].tuple;
        struct sv_ladder_raw raw = b->syn[i % 8].raw;
        if (b->count == 0)
            b->first = raw.row.departure;
        b->isn[0] = raw.row.seq;
        b->has_isn[0] = 1;
        b->end[0] = raw.row.seq + 1;
        b->has_end[0] = 1;
        b->scale[0] = raw.row.scale;
        b->has_scale[0] = raw.row.has_scale;
        if (sv_build_add(b, &raw))
            b->cursor[1] = (uint32_t)b->count - 1;
    }
}

/* A stack need not announce its flows: the records that name a packet of this connection name its number too. Not
 * what is sent in answer to a SYN or as a reset: those may come from the listener. */
void sv_build_learn_packet(struct sv_ladder_build *b, uint32_t side, uint16_t host, uint32_t packet, bool sent)
{
    const uint32_t n = b->recent_n < SV_LADDER_RECENT ? b->recent_n : SV_LADDER_RECENT;
    const uint16_t kind = sent ? SV_TRACE_TCP_SENT : SV_TRACE_TCP_RECEIVED;
    for (uint32_t i = b->recent_n; packet && !b->flow[side] && i-- != b->recent_n - n;) {
        const struct sv_trace_record *r = &b->recent[i % SV_LADDER_RECENT];
        if (r->kind != kind || r->host != host || r->packet != packet || !r->flow)
            continue;
        b->flow[side] = r->flow;
        sv_replay(b, side, host);
    }
}

/* A record of no flow that is known yet, but of a packet that is: the listener's SYN, the first segment received. */
static bool sv_record_of_packet(struct sv_ladder_build *b, uint32_t side, const struct sv_trace_record *r)
{
    if (!r->packet)
        return false;
    const uint32_t at = sv_event_find(b, side, r->packet, false, 0, 0);
    if (at == SV_NONE)
        return false;
    if (r->kind == SV_TRACE_TCP_STATE) {
        b->cursor[side] = at;
        sv_event_state(b, side, r);
        return true;
    }
    if (r->kind != SV_TRACE_TCP_RECEIVED || b->flow[side] || b->raw[at].row.flags & SV_LADDER_SYN)
        return false;
    b->cursor[side] = at;
    b->flow[side] = r->flow;
    sv_replay(b, side, r->host);
    return true;
}

static void sv_record_flow(struct sv_ladder_build *b, const struct sv_trace_record *r, const uint8_t *bytes)
{
    struct sv_tuple own;
    if (!sv_flow_tuple(&own, r, bytes))
        return;
    const uint32_t at = b->flows_n++ % SV_LADDER_FLOWS;
    b->flows[at].host = r->host;
    b->flows[at].flow = r->flow;
    b->flows[at].tuple = own;
    if (!b->found && b->s.flow && r->flow == b->s.flow && r->host == b->s.host)
        sv_begin_flow(b, &own);
    if (!b->found)
        return;
    /* The same four-tuple again: what is said of it from now on is of its new life. */
    const int mirrored = sv_tuple_match(&b->tuple, &own);
    const uint32_t side = sv_build_side(b, r->host);
    if (side != SV_NONE && mirrored >= 0 && (uint32_t)mirrored == side && b->flow[side] && b->flow[side] != r->flow) {
        sv_build_waiting(b, r->time);
        b->flow[side] = r->flow;
        sv_replay(b, side, r->host);
    }
    sv_build_learn_flow(b);
}

void sv_ladder_build_record(struct sv_ladder_build *b, const struct sv_trace_record *r, const uint8_t *bytes)
{
    if (r->time > b->last)
        b->last = r->time;
    if (r->kind == SV_TRACE_FRAME_IN || r->kind == SV_TRACE_FRAME_OUT) {
        if ((r->host != b->s.host && r->host != b->s.other) || !bytes)
            return;
        struct sv_dissected d;
        sv_dissect(&d, (enum sv_link_type)b->s.link, bytes, r->bytes, r->arg[0] > r->bytes ? r->arg[0] : r->bytes);
        if (d.seen & SV_SEEN_TCP)
            sv_build_segment(b, r, r->kind == SV_TRACE_FRAME_IN ? SV_DIRECTION_IN : SV_DIRECTION_OUT, &d, bytes);
        return;
    }
    if (r->kind == SV_TRACE_FLOW) {
        sv_record_flow(b, r, bytes);
        return;
    }
    if (r->kind == SV_TRACE_DROP) {
        if (b->found)
            sv_event_drop(b, r);
        return;
    }
    const uint32_t side = b->found ? sv_build_side(b, r->host) : SV_NONE;
    if (side != SV_NONE && b->flow[side] && r->flow == b->flow[side])
        sv_build_event(b, side, r);
    else if (side != SV_NONE && sv_record_of_packet(b, side, r))
        return;
    else if (r->flow && (!b->found || side != SV_NONE))
        b->recent[b->recent_n++ % SV_LADDER_RECENT] = *r;
}

void sv_ladder_build_frame(struct sv_ladder_build *b, sv_time when, const uint8_t *frame, size_t captured, size_t wire)
{
    struct sv_dissected d;
    struct sv_trace_record r;
    memset(&r, 0, sizeof r);
    r.time = when;
    r.host = b->s.host;
    if (when > b->last)
        b->last = when;
    sv_dissect(&d, (enum sv_link_type)b->s.link, frame, captured, wire);
    if (d.seen & SV_SEEN_TCP)
        sv_build_segment(b, &r, SV_DIRECTION_NONE, &d, frame);
}
