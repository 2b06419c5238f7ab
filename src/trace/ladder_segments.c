/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames to rows: which connection, which side, sent again or not, departure and arrival. */
#include <string.h>

#include "trace/ladder_build.h"

static struct sv_tuple sv_tuple_of(const struct sv_dissected *d)
{
    struct sv_tuple t;
    memset(&t, 0, sizeof t);
    t.version = d->ip.version;
    memcpy(t.addr[0], d->ip.from, 16);
    memcpy(t.addr[1], d->ip.to, 16);
    t.port[0] = d->port_from;
    t.port[1] = d->port_to;
    return t;
}

int sv_tuple_match(const struct sv_tuple *tuple, const struct sv_tuple *other)
{
    if (tuple->version != other->version)
        return -1;
    for (uint32_t mirror = 0; mirror < 2; mirror++) {
        const uint32_t a = mirror, z = mirror ^ 1u;
        if (tuple->port[0] == other->port[a] && tuple->port[1] == other->port[z] &&
            memcmp(tuple->addr[0], other->addr[a], 16) == 0 && memcmp(tuple->addr[1], other->addr[z], 16) == 0)
            return (int)mirror;
    }
    return -1;
}

static struct sv_ladder_raw sv_raw_of(const struct sv_dissected *d, sv_time when)
{
    struct sv_ladder_raw raw;
    memset(&raw, 0, sizeof raw);
    raw.row = sv_ladder_row_of(SV_LADDER_SEGMENT, SV_LADDER_LEFT, when);
    raw.text_at = SV_NONE;
    raw.note_at = SV_NONE;
    raw.window = d->tcp.window;
    struct sv_ladder_row *row = &raw.row;
    const struct sv_tcp_options *o = &d->tcp.options;
    row->flags = d->tcp.flags;
    row->seq = d->tcp.seq;
    row->ack = d->tcp.ack;
    row->len = d->payload_bytes;
    row->has_win = 1;
    row->win = d->tcp.window;
    if (row->flags & SV_LADDER_SYN) {
        row->mss = o->mss;
        row->sack_permitted = o->sack_permitted;
        row->timestamps = o->has_timestamp;
        row->has_scale = o->has_scale;
        row->scale = o->scale;
        row->fast_open = o->has_fast_open;
    }
    row->sacks = o->sacks;
    memcpy(row->sack, o->sack, sizeof row->sack);
    return raw;
}

/* A later window counts in units of the scale, if both sides offered one (RFC 7323 §2.2). */
static void sv_scale_window(const struct sv_ladder_build *b, struct sv_ladder_raw *raw)
{
    const uint32_t side = raw->row.side;
    if (raw->row.flags & SV_LADDER_SYN || !b->has_scale[0] || !b->has_scale[1])
        return;
    const uint8_t scale = b->scale[side] > 14 ? 14 : b->scale[side];
    raw->row.win = (uint32_t)raw->window << scale;
    raw->row.win_scale = scale;
}

static uint32_t sv_raw_end(const struct sv_ladder_row *row)
{
    return row->seq + row->len + !!(row->flags & SV_LADDER_SYN) + !!(row->flags & SV_LADDER_FIN);
}

/* What the connection's numbers become by this segment. */
static void sv_take_in(struct sv_ladder_build *b, const struct sv_ladder_row *row)
{
    const uint32_t side = row->side, peer = side ^ 1u;
    const uint32_t end = sv_raw_end(row);
    if (row->flags & SV_LADDER_SYN && !b->has_isn[side]) {
        b->has_isn[side] = 1;
        b->isn[side] = row->seq;
    }
    if (row->flags & SV_LADDER_SYN) { /* the last of each counts: ports are used again with other options */
        b->has_scale[side] = row->has_scale;
        b->scale[side] = row->scale;
    }
    if (row->flags & SV_LADDER_FIN)
        b->fin[side] = 1;
    /* A SYN with another number begins another life of the same four-tuple. */
    if (!(row->flags & SV_LADDER_RST) && (!b->has_end[side] || row->foreign || (int32_t)(end - b->end[side]) > 0)) {
        b->end[side] = end;
        b->has_end[side] = 1;
    }
    if (!(row->flags & SV_LADDER_ACK))
        return;
    if (b->fin[peer] && row->ack == b->end[peer])
        b->fin_acked[peer] = 1;
    b->acked[side] = row->ack;
    b->has_ack[side] = 1;
}

/* Why was it sent? The host itself said so just before; of a stranger only "its numbers were seen before". */
static void sv_set_re(struct sv_ladder_build *b, struct sv_ladder_raw *raw, bool told)
{
    struct sv_ladder_row *row = &raw->row;
    const uint32_t side = row->side;
    for (uint32_t i = 0; told && i < SV_LADDER_SENT; i++) {
        const struct sv_ladder_sent *sent = &b->sent[side][(b->sent_at[side] - 1u - i) % SV_LADDER_SENT];
        if (!sent->used || (sent->flags ^ row->flags) & SV_LADDER_SYN)
            continue;
        const uint32_t length = sent->length ? sent->length : 1;
        if (row->seq - sent->seq >= length)
            continue;
        row->re = sv_ladder_again(sent->reason);
        row->re_count = sent->count ? sent->count : 1;
        return;
    }
    const bool counts = row->len || row->flags & (SV_LADDER_SYN | SV_LADDER_FIN);
    if (counts && !row->foreign && b->has_end[side] && (int32_t)(sv_raw_end(row) - b->end[side]) <= 0)
        row->re = SV_LADDER_RE_AGAIN;
}

/* An arrival in a world of two hosts: which departure was it? The one of the same packet; else (the packet was copied
 * on the way) the oldest with the same header that nobody called lost. */
static struct sv_ladder_raw *sv_match_arrival(struct sv_ladder_build *b, const struct sv_ladder_raw *raw,
                                              uint32_t packet)
{
    const uint32_t side = raw->row.side;
    size_t from = b->unmatched[side];
    if (b->count > 4096 && from < b->count - 4096)
        from = b->count - 4096;
    bool all = true;
    struct sv_ladder_raw *oldest = NULL;
    for (size_t i = from; i < b->count; i++) {
        struct sv_ladder_raw *sent = &b->raw[i];
        if (sent->row.kind != SV_LADDER_LOST || sent->row.side != side || sent->text_at != SV_NONE)
            continue;
        if (all)
            b->unmatched[side] = (uint32_t)i;
        all = false;
        if (sent->row.seq != raw->row.seq || sent->row.ack != raw->row.ack || sent->row.flags != raw->row.flags ||
            sent->row.len != raw->row.len || sent->window != raw->window)
            continue;
        if (!oldest)
            oldest = sent;
        if (packet && sent->packet_out == packet)
            return sent;
    }
    return oldest;
}

static void sv_waiting_state(struct sv_ladder_build *b, struct sv_ladder_raw *raw, uint32_t side)
{
    if (b->waiting[side] == SV_LADDER_UNKNOWN || (b->waiting_for[side] && !(raw->row.flags & b->waiting_for[side])))
        return;
    sv_build_state(raw, side, b->waiting[side]);
    b->waiting[side] = SV_LADDER_UNKNOWN;
}

void sv_build_waiting(struct sv_ladder_build *b, sv_time now)
{
    for (uint32_t side = 0; side < 2; side++) {
        if (b->waiting[side] == SV_LADDER_UNKNOWN || b->waiting_at[side] >= now || b->waiting_for[side])
            continue;
        struct sv_ladder_raw raw;
        memset(&raw, 0, sizeof raw);
        raw.row = sv_ladder_row_of(SV_LADDER_STATE, (enum sv_ladder_side)side, b->waiting_at[side]);
        raw.text_at = SV_NONE;
        raw.note_at = SV_NONE;
        sv_build_state(&raw, side, b->waiting[side]);
        b->waiting[side] = SV_LADDER_UNKNOWN;
        sv_build_add(b, &raw);
    }
}

static void sv_depart(struct sv_ladder_build *b, struct sv_ladder_raw *raw, bool told, bool two, const uint8_t *payload,
                      size_t n)
{
    const uint32_t side = raw->row.side;
    raw->row.foreign = raw->row.flags & SV_LADDER_SYN && b->has_isn[side] && raw->row.seq != b->isn[side];
    sv_scale_window(b, raw);
    sv_set_re(b, raw, told);
    if (two) {
        raw->row.kind = SV_LADDER_LOST; /* until it arrives */
        raw->row.arrival = SV_NEVER;
    }
    sv_build_note(b, raw, payload, n);
    if (told)
        sv_waiting_state(b, raw, side);
    sv_take_in(b, &raw->row);
    sv_build_add(b, raw);
}

static void sv_arrive(struct sv_ladder_build *b, struct sv_ladder_raw *raw, uint32_t packet)
{
    const uint32_t side = raw->row.side, at = side ^ 1u;
    struct sv_ladder_raw *sent = sv_match_arrival(b, raw, packet);
    if (sent) {
        sent->row.kind = SV_LADDER_SEGMENT;
        sent->row.arrival = raw->row.arrival;
        sent->packet_in = packet;
        const uint64_t took = sent->row.arrival - sent->row.departure;
        if (took < b->min_delay_ns[side])
            b->min_delay_ns[side] = took;
        b->cursor[at] = (uint32_t)(sent - b->raw);
        return;
    }
    raw->row.kind = SV_LADDER_ARRIVED; /* a copy made on the way, or its departure was before the trace */
    raw->packet_in = packet;
    raw->row.foreign = raw->row.flags & SV_LADDER_SYN && b->has_isn[side] && raw->row.seq != b->isn[side];
    if (sv_build_add(b, raw))
        b->cursor[at] = (uint32_t)b->count - 1;
}

/* A segment of the connection, at its place. */
static void sv_place(struct sv_ladder_build *b, struct sv_ladder_raw *raw, enum sv_direction direction, uint32_t packet,
                     const uint8_t *payload, size_t n)
{
    const bool two = b->s.other != SV_NO_HOST;
    if (b->count == 0)
        b->first = raw->row.departure;
    sv_build_waiting(b, raw->row.departure);
    if (direction == SV_DIRECTION_IN && two) {
        sv_arrive(b, raw, packet);
        return;
    }
    if (direction == SV_DIRECTION_OUT)
        raw->packet_out = packet;
    else
        raw->packet_in = packet;
    const size_t before = b->count;
    sv_depart(b, raw, direction == SV_DIRECTION_OUT, two && direction == SV_DIRECTION_OUT, payload, n);
    if (b->count > before && direction == SV_DIRECTION_IN)
        b->cursor[raw->row.side ^ 1u] = (uint32_t)before;
}

static bool sv_was_passed(const struct sv_ladder_build *b, const struct sv_tuple *t)
{
    const uint32_t n = b->passed_n < SV_LADDER_FLOWS ? b->passed_n : SV_LADDER_FLOWS;
    for (uint32_t i = 0; i < n; i++)
        if (sv_tuple_match(&b->passed[i], t) >= 0)
            return true;
    return false;
}

/* Does the ladder begin with this segment? */
static bool sv_begins(struct sv_ladder_build *b, const struct sv_tuple *t, const struct sv_dissected *d)
{
    const bool syn = (d->tcp.flags & (SV_LADDER_SYN | SV_LADDER_ACK)) == SV_LADDER_SYN;
    if (b->s.flow || (!syn && !b->s.midstream))
        return false;
    if (b->s.port && t->port[0] != b->s.port && t->port[1] != b->s.port)
        return false;
    if (sv_was_passed(b, t))
        return false;
    if (b->s.skip) {
        b->s.skip--;
        b->passed[b->passed_n++ % SV_LADDER_FLOWS] = *t;
        return false;
    }
    return true;
}

static void sv_keep_syn(struct sv_ladder_build *b, const struct sv_tuple *t, const struct sv_ladder_raw *raw,
                        enum sv_direction direction)
{
    const uint32_t at = b->syn_n++ % (sizeof b->syn / sizeof b->syn[0]);
    b->syn[at].tuple = *t;
    b->syn[at].raw = *raw;
    b->syn[at].incoming = direction == SV_DIRECTION_IN;
}

void sv_build_segment(struct sv_ladder_build *b, const struct sv_trace_record *record, enum sv_direction direction,
                      const struct sv_dissected *d, const uint8_t *frame)
{
    const struct sv_tuple t = sv_tuple_of(d);
    struct sv_ladder_raw raw = sv_raw_of(d, record->time);
    const uint32_t at_host = record->host != b->s.host && direction != SV_DIRECTION_NONE;
    if (!b->found) {
        if (!sv_begins(b, &t, d)) {
            if (b->s.flow && d->tcp.flags & SV_LADDER_SYN && direction == SV_DIRECTION_IN && !at_host)
                sv_keep_syn(b, &t, &raw, direction);
            return;
        }
        b->found = true;
        b->tuple = t;
        /* The left side sends the first segment: our host, if it goes out there. */
        b->host_side = (direction == SV_DIRECTION_IN) != (at_host != 0) ? 1 : 0;
        if (direction == SV_DIRECTION_NONE)
            b->host_side = SV_LADDER_RIGHT;
        b->first = record->time;
        sv_build_learn_flow(b);
    }
    const int mirrored = sv_tuple_match(&b->tuple, &t);
    if (mirrored < 0)
        return;
    raw.row.side = (uint8_t)mirrored;
    const uint8_t *const payload = frame + d->payload_at;
    const bool answer = (raw.row.flags & (SV_LADDER_SYN | SV_LADDER_ACK)) == (SV_LADDER_SYN | SV_LADDER_ACK) ||
                        raw.row.flags & SV_LADDER_RST;
    if (direction == SV_DIRECTION_OUT && !answer)
        sv_build_learn_packet(b, raw.row.side, record->host, record->packet, true);
    sv_place(b, &raw, direction, record->packet, payload, d->payload_captured);
}
