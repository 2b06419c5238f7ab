/* SPDX-License-Identifier: BSD-2-Clause */
/* SYN-RECEIVED as a record of one cache line. It becomes a full connection only when the third message
 * comes, so a flood of SYNs costs 64 bytes each and nothing else. The SYN,ACK is repeated 1, 2, 4, ... s
 * apart (RFC 6298): records that wait equally long stand in one queue, oldest first, so no timer is kept. */
#include "l4_transport/tcp_internal.h"

#define SV_HALF_OPEN_REPEATS 5u /* then forgotten: 63 s after the SYN */
#define SV_HALF_OPEN_FIRST_US 1000000u

static uint32_t sv_now_us(const struct sv_tcp *tcp)
{
    return (uint32_t)(sv_tcp_core(tcp)->now / SV_US);
}

static uint32_t sv_half_window(const struct sv_tcp *tcp)
{
    return sv_min_u32(tcp->recv_buffer, 65535u);
}

static uint64_t sv_half_hash(const struct sv_tcp *tcp, const struct sv_tcp_small *m)
{
    return sv_tcp_hash(tcp, &m->remote, m->remote_port, m->local, m->local_port);
}

static void sv_half_reply(struct sv_tcp *tcp, const struct sv_tcp_small *m, sv_port port, uint64_t hash,
                          struct sv_tcp_reply *reply)
{
    const uint8_t agreed = SV_SMALL_AGREED(m->bits);
    *reply = (struct sv_tcp_reply){.remote = m->remote, .local = m->local, .port = port};
    struct sv_tcp_header *h = &reply->header;
    h->source = m->local_port;
    h->destination = m->remote_port;
    h->seq = m->u.half.iss + 1u;
    h->ack = m->u.half.irs + 1u;
    h->flags = SV_ACK;
    h->window = (uint16_t)sv_half_window(tcp);
    if (agreed & SV_TCP_SCALING)
        h->window = (uint16_t)(sv_half_window(tcp) >> tcp->recv_scale);
    if (agreed & SV_TCP_TIMESTAMPS) {
        h->options |= SV_OPTION_TIMESTAMPS;
        h->ts_val = (uint32_t)(sv_tcp_core(tcp)->now / SV_MS) + sv_tcp_ts_offset(hash);
        h->ts_ecr = m->u.half.ts_recent;
    }
}

/* The second message of the handshake. */
static void sv_half_syn_ack(struct sv_tcp *tcp, const struct sv_tcp_small *m, sv_port port, uint64_t hash,
                            struct sv_tcp_reply *reply)
{
    const uint8_t agreed = SV_SMALL_AGREED(m->bits);
    sv_half_reply(tcp, m, port, hash, reply);
    struct sv_tcp_header *h = &reply->header;
    h->seq = m->u.half.iss;
    h->flags = agreed & SV_TCP_ECN ? SV_SYN | SV_ACK | SV_ECE : SV_SYN | SV_ACK;
    h->window = (uint16_t)sv_half_window(tcp); /* a SYN's window is never scaled */
    h->options |= SV_OPTION_MSS;
    h->mss = sv_tcp_mss_for(tcp, port, &m->remote);
    const uint16_t most = sv_tcp_listener(tcp, m->u.half.listener)->max_segment;
    if (most)
        h->mss = (uint16_t)sv_min_u32(h->mss, most);
    if (agreed & SV_TCP_SCALING) {
        h->options |= SV_OPTION_SCALE;
        h->scale = tcp->recv_scale;
    }
    if (agreed & SV_TCP_SACK)
        h->options |= SV_OPTION_SACK_PERMITTED;
}

/* The record goes; its slot of the table went, or has another owner. */
static void sv_half_free(struct sv_tcp *tcp, uint32_t index)
{
    struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    sv_tcp_queue_remove(tcp, &tcp->half[SV_SMALL_COUNT(m->bits)], index);
    sv_tcp_listener(tcp, m->u.half.listener)->half_open--;
    tcp->half_used--;
    sv_tcp_small_free(tcp, index);
}

static void sv_half_remove(struct sv_tcp *tcp, uint32_t index)
{
    const uint64_t hash = sv_tcp_tag_hash(sv_tcp_small(tcp, index)->tag);
    const bool there = sv_flow_remove(&tcp->flows, hash, SV_TCP_VALUE(SV_TCP_HALF_OPEN, index));
    SV_ASSERT(there);
    sv_half_free(tcp, index);
}

static void sv_half_without_third(struct sv_tcp *tcp, uint32_t small, const struct sv_seg *s);

void sv_tcp_half_open_begin(struct sv_tcp *tcp, uint32_t listener, struct sv_seg *s, const uint32_t *beyond,
                            struct sv_tcp_reply *reply)
{
    const uint8_t offered = sv_tcp_offers(tcp);
    reply->header.flags = 0;
    const uint32_t index = sv_tcp_small_new(tcp);
    if (index == SV_NONE)
        return;
    if (!sv_flow_insert(&tcp->flows, s->hash, SV_TCP_VALUE(SV_TCP_HALF_OPEN, index))) {
        sv_tcp_small_free(tcp, index);
        return;
    }
    struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    uint32_t agreed = 0;
    if (s->options & SV_OPTION_TIMESTAMPS)
        agreed |= SV_TCP_TIMESTAMPS;
    if (s->options & SV_OPTION_SACK_PERMITTED)
        agreed |= SV_TCP_SACK;
    if (s->options & SV_OPTION_SCALE)
        agreed |= SV_TCP_SCALING;
    agreed &= offered;
    agreed |= sv_tcp_ecn_of_syn(tcp, s);
    *m = (struct sv_tcp_small){
        .remote = s->remote,
        .local = s->local,
        .local_port = s->local_port,
        .remote_port = s->remote_port,
        .tag = (uint32_t)(s->hash >> 32),
        .kind = SV_TCP_HALF_OPEN,
        .state = SV_SYN_RECEIVED,
        .bits = (uint16_t)((agreed & SV_TCP_SCALING ? s->scale : 0u) | agreed << 4),
    };
    m->u.half.iss = sv_tcp_isn(tcp, &s->remote, s->remote_port, s->local, s->local_port);
    if (beyond && !sv_seq_after(m->u.half.iss, *beyond)) /* RFC 9293 §3.6.1 */
        m->u.half.iss = *beyond + 65537u;                /* as far as an unscaled window reached */
    m->u.half.irs = s->seq;
    m->u.half.ts_recent = agreed & SV_TCP_TIMESTAMPS ? s->ts_val : 0;
    m->u.half.listener = listener;
    m->u.half.due_us = sv_now_us(tcp) + SV_HALF_OPEN_FIRST_US;
    m->u.half.mss = s->options & SV_OPTION_MSS ? s->mss : (uint16_t)(sv_addr_is_v4(&s->remote) ? 536 : 1220);
    const uint16_t most = sv_tcp_listener(tcp, listener)->max_segment;
    if (most)
        m->u.half.mss = (uint16_t)sv_min_u32(m->u.half.mss, most);
    m->u.half.window = (uint16_t)s->window;
    tcp->half_used++;
    sv_tcp_listener(tcp, listener)->half_open++;
    sv_tcp_queue_append(tcp, &tcp->half[0], index);
    SV_TRACE_EVENT(sv_tcp_core(tcp), SV_TRACE_TCP_STATE, SV_ON_SYN, sv_tcp_listener(tcp, listener)->flow, s->packet->id,
                   SV_LISTEN, SV_SYN_RECEIVED);
    sv_half_syn_ack(tcp, m, s->port, s->hash, reply);
    if (SV_UNLIKELY(tcp->teach.handshake != SV_HANDSHAKE_THREE_WAY))
        sv_half_without_third(tcp, index, s);
}

/* The third message: a full record takes the small one's place in the table. */
static bool sv_half_promote(struct sv_tcp *tcp, uint32_t small, const struct sv_seg *s, uint32_t *index)
{
    struct sv_tcp_path path;
    struct sv_tcp_small *m = sv_tcp_small(tcp, small);
    const uint32_t full = sv_tcp_new(tcp);
    if (full == SV_NONE)
        return false;
    struct sv_tcb t = sv_tcb_of(tcp, full);
    if (!sv_tcb_need_busy(&t) || !sv_tcp_find_path(tcp, &m->remote, m->local, &path)) {
        sv_tcb_release_busy(&t);
        sv_tcp_free(&t);
        return false;
    }
    t.h->remote = m->remote;
    t.h->local = path.local;
    t.h->local_port = m->local_port;
    t.h->remote_port = m->remote_port;
    t.h->tag = m->tag;
    t.h->neighbour = path.neighbour;
    t.h->interface = path.interface;
    t.h->ttl = path.ttl;
    t.c->listener = m->u.half.listener;
    t.c->iss = m->u.half.iss;
    t.c->irs = m->u.half.irs;
    t.c->ts_offset = sv_tcp_ts_offset(s->hash);
    t.h->rcv_nxt = t.h->rcv_acked = t.c->irs + 1u;
    t.h->rcv_right = t.h->rcv_nxt + sv_half_window(tcp);
    t.h->snd_una = t.c->iss;
    t.h->snd_nxt = t.h->snd_max = t.c->iss + 1u;
    t.h->snd_wnd = m->u.half.window;
    t.h->snd_wl1 = m->u.half.irs;
    t.c->max_window_field = m->u.half.window;
    const struct sv_seg syn = {
        .options = (uint8_t)(SV_OPTION_MSS | SV_OPTION_TIMESTAMPS | SV_OPTION_SCALE | SV_OPTION_SACK_PERMITTED),
        .mss = m->u.half.mss,
        .scale = SV_SMALL_SCALE(m->bits),
        .ts_val = m->u.half.ts_recent,
    };
    sv_tcp_agree(&t, SV_SMALL_AGREED(m->bits), &syn);
    t.b->syn_count = (uint8_t)(1u + SV_SMALL_COUNT(m->bits));
    t.b->backoff = (uint8_t)SV_SMALL_COUNT(m->bits);
    t.b->snd_small = t.b->rexmit_nxt = t.b->recover = t.c->iss; /* RFC 6582 §3.2 step 1 */
    t.b->sack_recent = t.h->rcv_nxt;
    sv_tcp_move(&t, SV_ON_SYN);
    SV_TRACE_EVENT(t.core, SV_TRACE_TCP_OPENED, t.h->agreed, t.c->flow, s->packet->id, t.c->iss, t.c->irs, t.h->mss,
                   sv_tcb_send_scale(&t), sv_tcb_recv_scale(&t));
    sv_tcb_take_slot(&t, SV_TCP_VALUE(SV_TCP_HALF_OPEN, small));
    sv_half_free(tcp, small);
    *index = full;
    return true;
}

/* What a handshake of two messages would mean (tcp_teach.h): our SYN counts as acknowledged as soon as it is sent,
 * and the connection is there for the application to accept. */
static void sv_half_without_third(struct sv_tcp *tcp, uint32_t small, const struct sv_seg *s)
{
    uint32_t full;
    if (!sv_half_promote(tcp, small, s, &full))
        return;
    struct sv_tcb t = sv_tcb_of(tcp, full);
    struct sv_seg third = {.seq = t.h->rcv_nxt, .ack = t.h->snd_max, .flags = SV_ACK, .segments = 1};
    const uint32_t window = t.h->snd_wnd; /* of a SYN: never scaled */
    (void)sv_tcp_step5_ack(&t, &third);
    t.h->snd_wnd = window;
    sv_tcb_rearm(&t);
    sv_tcb_settle(&t);
}

static bool sv_half_acceptable(const struct sv_tcp *tcp, const struct sv_tcp_small *m, const struct sv_seg *s)
{
    const uint32_t nxt = m->u.half.irs + 1u;
    const uint32_t length = sv_seg_length(s);
    return sv_seq_within(s->seq, nxt, sv_half_window(tcp)) ||
           (length && sv_seq_within(s->seq + length - 1u, nxt, sv_half_window(tcp)));
}

/* The eight steps for a half-open record, down to the fifth, where it becomes a connection or not. Gives
 * the drop's reason, NONE: go on with the ACK. *answer: *reply is to be sent. */
static enum sv_drop sv_half_steps(struct sv_tcp *tcp, uint32_t index, struct sv_seg *s, struct sv_tcp_reply *reply,
                                  bool *answer)
{
    struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    const bool timed = SV_SMALL_AGREED(m->bits) & SV_TCP_TIMESTAMPS;
    if ((s->flags & (SV_SYN | SV_ACK | SV_RST)) == SV_SYN && s->seq == m->u.half.irs) {
        if (!sv_tcp_ecn_of_syn(tcp, s)) /* it no longer asks: RFC 3168 §6.1.1.1 */
            m->bits &= (uint16_t) ~(SV_TCP_ECN << 4);
        sv_half_syn_ack(tcp, m, s->port, s->hash, reply); /* the SYN again: our answer was lost */
        *answer = true;
        return SV_DROP_TCP_DUPLICATE;
    }
    if (timed && !(s->options & SV_OPTION_TIMESTAMPS) && !(s->flags & SV_RST))
        return SV_DROP_TCP_MISSING_TIMESTAMP; /* RFC 7323 §3.2: or a full record would be made that refuses it */
    if (timed && !(s->flags & SV_RST) && sv_seq_before(s->ts_val, m->u.half.ts_recent)) {
        sv_half_reply(tcp, m, s->port, s->hash, reply);
        *answer = true;
        return SV_DROP_TCP_PAWS;
    }
    if (!sv_half_acceptable(tcp, m, s)) {
        *answer = !(s->flags & SV_RST);
        if (*answer)
            sv_half_reply(tcp, m, s->port, s->hash, reply);
        return sv_seq_before(s->seq, m->u.half.irs + 1u) ? SV_DROP_TCP_OLD : SV_DROP_TCP_BEYOND_WINDOW;
    }
    if (s->flags & SV_RST) {
        if (s->seq == m->u.half.irs + 1u) { /* back to LISTEN */
            tcp->count.resets_in++;
            sv_half_remove(tcp, index);
            return SV_DROP_TCP_RST_TO_NOBODY;
        }
        *answer = sv_tcp_challenge_allowed(tcp);
        if (*answer)
            sv_half_reply(tcp, m, s->port, s->hash, reply);
        return SV_DROP_TCP_RST_INEXACT;
    }
    if (s->flags & SV_SYN) { /* §3.10.7.4 fourth: opened passively, so back to LISTEN */
        sv_half_remove(tcp, index);
        return SV_DROP_TCP_SYN_IN_WINDOW;
    }
    if (!(s->flags & SV_ACK))
        return SV_DROP_TCP_NO_ACK;
    if (s->ack != m->u.half.iss + 1u) {
        sv_tcp_make_reset(s, reply);
        tcp->count.resets_out++;
        *answer = true;
        return SV_DROP_TCP_ACK_NOT_ACCEPTABLE;
    }
    const struct sv_tcp_listener *l = sv_tcp_listener(tcp, m->u.half.listener);
    return l->backlog >= l->backlog_max ? SV_DROP_TCP_ACCEPT_FULL : SV_DROP_NONE;
}

bool sv_tcp_half_open_arrives(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    const uint32_t index = SV_TCP_VALUE_INDEX(s->flow_value);
    bool answer = false;
    enum sv_drop why = sv_half_steps(tcp, index, s, reply, &answer);
    uint32_t full = SV_NONE;
    if (why == SV_DROP_NONE && !sv_half_promote(tcp, index, s, &full))
        why = SV_DROP_NO_MEMORY;
    if (why != SV_DROP_NONE) {
        sv_drop(sv_tcp_core(tcp), why, s->packet, s->port, 0);
        s->packet = NULL;
        return answer;
    }
    struct sv_tcb t = sv_tcb_of(tcp, full);
    sv_tcp_synchronized_arrives(&t, s, reply, &answer);
    if (t.index != SV_NONE && t.h->kind == SV_TCP_FULL) {
        sv_tcb_rearm(&t);
        sv_tcb_settle(&t);
    }
    return answer;
}

/* Oldest first in each queue: the head alone is asked. Its turn over, it waits twice as long, or is
 * forgotten. */
bool sv_tcp_half_open_due(struct sv_tcp *tcp, struct sv_tcp_reply *reply)
{
    const uint32_t now_us = sv_now_us(tcp);
    for (uint32_t k = 0; k <= SV_HALF_OPEN_REPEATS; k++) {
        const uint32_t index = tcp->half[k].first;
        if (index == SV_NONE)
            continue;
        struct sv_tcp_small *m = sv_tcp_small(tcp, index);
        if ((int32_t)(now_us - m->u.half.due_us) < 0)
            continue;
        struct sv_tcp_path path;
        if (k == SV_HALF_OPEN_REPEATS || !sv_tcp_find_path(tcp, &m->remote, m->local, &path)) {
            sv_half_remove(tcp, index);
            k--; /* look at this queue again */
            continue;
        }
        sv_tcp_queue_remove(tcp, &tcp->half[k], index);
        m->bits = (uint16_t)(m->bits + (1u << 8));
        m->u.half.due_us = now_us + (SV_HALF_OPEN_FIRST_US << (k + 1u));
        sv_tcp_queue_append(tcp, &tcp->half[k + 1u], index);
        sv_half_syn_ack(tcp, m, path.interface, sv_half_hash(tcp, m), reply);
        sv_tcp_forget_path(tcp, &path);
        tcp->count.retransmitted++;
        return true;
    }
    return false;
}

void sv_tcp_forget_half_open(struct sv_tcp *tcp, uint32_t listener)
{
    for (uint32_t k = 0; k <= SV_HALF_OPEN_REPEATS; k++) {
        uint32_t next;
        for (uint32_t i = tcp->half[k].first; i != SV_NONE; i = next) {
            next = sv_tcp_small(tcp, i)->next;
            if (sv_tcp_small(tcp, i)->u.half.listener == listener)
                sv_half_remove(tcp, i);
        }
    }
}

sv_time sv_tcp_half_open_deadline(const struct sv_tcp *tcp)
{
    const sv_time now = sv_tcp_core(tcp)->now;
    sv_time at = SV_NEVER;
    if (!tcp->half_used)
        return SV_NEVER;
    for (uint32_t k = 0; k <= SV_HALF_OPEN_REPEATS; k++) {
        if (tcp->half[k].first == SV_NONE)
            continue;
        const int32_t left = (int32_t)(sv_tcp_small(tcp, tcp->half[k].first)->u.half.due_us - sv_now_us(tcp));
        at = sv_min_u64(at, left <= 0 ? now : (now / SV_US + (uint32_t)left) * SV_US);
    }
    return at;
}
