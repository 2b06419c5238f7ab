/* SPDX-License-Identifier: BSD-2-Clause */
/* SYN-RECEIVED as a record of one cache line. It becomes a full connection only when the third message
 * comes, so a flood of SYNs costs 64 bytes each and nothing else. The SYN,ACK is repeated 1, 2, 4, ... s
 * apart (RFC 6298): records that wait equally long stand in one queue, oldest first, so no timer is kept. */
#include "l4_transport/tcp_ao.h"
#include "l4_transport/tcp_recent.h"
#include "l4_transport/tcp_rto.h"

#define SV_HALF_OPEN_FIRST_US 1000000u
#define SV_ADMIT_US 60000000u /* a question that nobody answered is forgotten */

static uint32_t sv_now_us(const struct sv_tcp *tcp)
{
    return (uint32_t)(sv_tcp_core(tcp)->now / SV_US);
}

static uint32_t sv_half_window(const struct sv_tcp *tcp, const struct sv_tcp_small *m)
{
    const uint32_t chosen = sv_tcp_listener(tcp, m->u.half.listener)->recv_buffer;
    return sv_min_u32(chosen ? chosen : sv_tcp_first_window(tcp), 65535u);
}

static uint8_t sv_half_scale(const struct sv_tcp *tcp, const struct sv_tcp_small *m)
{
    const uint32_t chosen = sv_tcp_listener(tcp, m->u.half.listener)->recv_buffer;
    return chosen ? sv_tcp_scale_for(chosen) : tcp->recv_scale;
}

static uint64_t sv_half_hash(const struct sv_tcp *tcp, const struct sv_tcp_small *m)
{
    return sv_tcp_hash(tcp, &m->remote, m->remote_port, m->local, m->local_port);
}

static void sv_half_reply(struct sv_tcp *tcp, const struct sv_tcp_small *m, sv_port port, uint64_t hash,
                          struct sv_tcp_reply *reply)
{
    const uint8_t agreed = SV_SMALL_AGREED(m->bits);
    struct sv_tcp_header *h = &reply->header;
    sv_clear(reply, sizeof *reply);
    reply->remote = m->remote;
    reply->local = m->local;
    reply->port = port;
    h->source = m->local_port;
    h->destination = m->remote_port;
    h->seq = m->u.half.iss + 1u;
    h->ack = m->u.half.irs + 1u;
    h->flags = SV_ACK;
    h->window = (uint16_t)sv_half_window(tcp, m);
    if (agreed & SV_TCP_SCALING)
        h->window = (uint16_t)(sv_half_window(tcp, m) >> sv_half_scale(tcp, m));
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
    h->flags = SV_SYN | SV_ACK;
    h->window = (uint16_t)sv_half_window(tcp, m); /* a SYN's window is never scaled */
    h->options |= SV_OPTION_MSS;
    h->mss = sv_tcp_mss_for(tcp, port, &m->remote);
    const uint16_t most = sv_tcp_listener(tcp, m->u.half.listener)->max_segment;
    if (most)
        h->mss = (uint16_t)sv_min_u32(h->mss, most);
    if (agreed & SV_TCP_SCALING) {
        h->options |= SV_OPTION_SCALE;
        h->scale = sv_half_scale(tcp, m);
    }
    if (agreed & SV_TCP_SACK)
        h->options |= SV_OPTION_SACK_PERMITTED;
    if (SV_UNLIKELY(sv_small_ecn(m)))
        sv_small_ecn_syn_ack(tcp, m, h);
    if (SV_UNLIKELY(tcp->teach.opening))
        sv_tcp_teach_syn_ack(tcp, m, h);
}

/* The queue where it stands: by how often the SYN,ACK was repeated, or waiting for the application's word. */
static struct sv_tcp_ring *sv_half_queue(struct sv_tcp *tcp, const struct sv_tcp_small *m)
{
    return &tcp->half[m->bits & SV_SMALL_ASKED ? SV_TCP_ASKED : SV_SMALL_COUNT(m->bits)];
}

/* The record goes; its slot of the table went, or has another owner. */
static void sv_half_free(struct sv_tcp *tcp, uint32_t index)
{
    struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    sv_tcp_queue_remove(tcp, sv_half_queue(tcp, m), index);
    sv_tcp_listener(tcp, m->u.half.listener)->half_open--;
    tcp->half_used--;
    if (SV_UNLIKELY(tcp->aos_used))
        sv_ao_end(tcp, SV_TCP_VALUE(SV_TCP_HALF_OPEN, index));
    sv_tcp_small_free(tcp, index);
}

static void sv_half_remove(struct sv_tcp *tcp, uint32_t index)
{
    const uint64_t hash = sv_tcp_tag_hash(sv_tcp_small(tcp, index)->tag);
    const bool there = sv_flow_remove(&tcp->flows, hash, SV_TCP_VALUE(SV_TCP_HALF_OPEN, index));
    SV_ASSERT(there);
    sv_half_free(tcp, index);
}

/* Back to LISTEN (RFC 9293 figure 5, and §3.10.7.4): the record is no more. The third argument says which it was, for
 * it has no number of its own. */
static void sv_half_end(struct sv_tcp *tcp, uint32_t index, enum sv_tcp_on on, uint32_t packet)
{
    const struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    SV_TRACE_EVENT(sv_tcp_core(tcp), SV_TRACE_TCP_STATE, on, sv_tcp_listener(tcp, m->u.half.listener)->flow, packet,
                   SV_SYN_RECEIVED, SV_LISTEN, m->u.half.irs);
    sv_half_remove(tcp, index);
}

static void sv_half_without_third(struct sv_tcp *tcp, uint32_t small, const struct sv_seg *s);

/* What a SYN says, as a record; the ISN is the caller's. */
static void sv_half_fill(struct sv_tcp *tcp, uint32_t listener, const struct sv_seg *s, struct sv_tcp_small *m)
{
    uint32_t agreed = 0;
    if (s->options & SV_OPTION_TIMESTAMPS)
        agreed |= SV_TCP_TIMESTAMPS;
    if (s->options & SV_OPTION_SACK_PERMITTED)
        agreed |= SV_TCP_SACK;
    if (s->options & SV_OPTION_SCALE)
        agreed |= SV_TCP_SCALING;
    agreed &= sv_tcp_offers(tcp);
    if (SV_UNLIKELY(tcp->keys_used))
        agreed = sv_tcp_auth_offers(tcp, sv_tcp_address(tcp, s->local), s->local_port, &s->remote, s->remote_port,
                                    (uint8_t)agreed);
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
    m->u.half.irs = s->seq;
    m->u.half.ts_recent = agreed & SV_TCP_TIMESTAMPS ? s->ts_val : 0;
    m->u.half.listener = listener;
    m->u.half.due_us = sv_now_us(tcp) + SV_HALF_OPEN_FIRST_US;
    m->u.half.mss = s->options & SV_OPTION_MSS ? s->mss : (uint16_t)(sv_addr_is_v4(&s->remote) ? 536 : 1220);
    const uint16_t most = sv_tcp_listener(tcp, listener)->max_segment;
    if (most)
        m->u.half.mss = (uint16_t)sv_min_u32(m->u.half.mss, most);
    m->u.half.window = (uint16_t)s->window;
    sv_small_set_ecn(m, sv_small_ecn_of_syn(tcp, s));
}

static void sv_half_isn(struct sv_tcp *tcp, struct sv_tcp_small *m, const uint32_t *beyond)
{
    m->u.half.iss = sv_tcp_isn(tcp, &m->remote, m->remote_port, m->local, m->local_port);
    if (beyond && !sv_seq_after(m->u.half.iss, *beyond)) /* RFC 9293 §3.6.1 */
        m->u.half.iss = *beyond + 65537u;                /* as far as an unscaled window reached */
}

bool sv_tcp_half_open_begin(struct sv_tcp *tcp, uint32_t listener, struct sv_seg *s, const uint32_t *beyond,
                            struct sv_tcp_reply *reply)
{
    struct sv_tcp_listener *l = sv_tcp_listener(tcp, listener);
    const uint32_t index = sv_tcp_small_new(tcp);
    if (index == SV_NONE)
        return false;
    if (!sv_flow_insert(&tcp->flows, s->hash, SV_TCP_VALUE(SV_TCP_HALF_OPEN, index))) {
        sv_tcp_small_free(tcp, index);
        return false;
    }
    struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    sv_half_fill(tcp, listener, s, m);
    sv_half_isn(tcp, m, beyond);
    if (SV_UNLIKELY(tcp->keys_used) && !sv_tcp_auth_half(tcp, index, s, m->u.half.iss)) {
        (void)sv_flow_remove(&tcp->flows, s->hash, SV_TCP_VALUE(SV_TCP_HALF_OPEN, index));
        sv_tcp_small_free(tcp, index);
        return false;
    }
    tcp->half_used++;
    l->half_open++;
    SV_TRACE_EVENT(sv_tcp_core(tcp), SV_TRACE_TCP_STATE, SV_ON_SYN, l->flow, s->packet->id, SV_LISTEN, SV_SYN_RECEIVED);
    if (l->deferred) {
        m->bits |= SV_SMALL_ASKED;
        m->u.half.due_us = sv_now_us(tcp) + SV_ADMIT_US;
        sv_tcp_queue_append(tcp, &tcp->half[SV_TCP_ASKED], index);
        sv_tcp_tell_listener(tcp, listener, SV_EVENT_ADMIT);
        return true;
    }
    m->u.half.due_us = sv_now_us(tcp) + SV_HALF_OPEN_FIRST_US;
    sv_tcp_queue_append(tcp, &tcp->half[0], index);
    sv_tcp_recent_note(tcp, &m->remote, m->remote_port, m->local_port, SV_TCP_VALUE(SV_TCP_HALF_OPEN, index));
    sv_half_syn_ack(tcp, m, s->port, s->hash, reply);
    if (SV_UNLIKELY(tcp->teach.handshake != SV_HANDSHAKE_THREE_WAY))
        sv_half_without_third(tcp, index, s);
    return true;
}

void sv_tcp_half_open_admitted(struct sv_tcp *tcp, uint32_t small, struct sv_tcp_reply *reply)
{
    struct sv_tcp_small *m = sv_tcp_small(tcp, small);
    sv_tcp_queue_remove(tcp, &tcp->half[SV_TCP_ASKED], small);
    m->bits &= (uint16_t) ~(SV_SMALL_ASKED | SV_SMALL_TOLD);
    m->u.half.due_us = sv_now_us(tcp) + SV_HALF_OPEN_FIRST_US;
    sv_tcp_queue_append(tcp, &tcp->half[0], small);
    sv_half_syn_ack(tcp, m, 0, sv_half_hash(tcp, m), reply);
}

/* An ICMP error of its SYN,ACK: Linux's tcp_req_err(); RFC 5461 §4.1 on connections that are not yet synchronized. */
bool sv_tcp_half_open_error(struct sv_tcp *tcp, uint32_t small, uint32_t seq, bool hard)
{
    if (seq != sv_tcp_small(tcp, small)->u.half.iss)
        return false;
    if (hard && tcp->habits.unreachable_ends_half)
        sv_half_end(tcp, small, SV_ON_ABORT, 0);
    return true;
}

void sv_tcp_half_open_forgotten(struct sv_tcp *tcp, uint32_t small)
{
    sv_half_remove(tcp, small);
}

/* No record for it, but a cookie. */
void sv_tcp_half_open_cookie(struct sv_tcp *tcp, uint32_t listener, const struct sv_seg *s, struct sv_tcp_reply *reply)
{
    struct sv_tcp_small m;
    sv_half_fill(tcp, listener, s, &m);
    const uint32_t ecn = sv_small_ecn(&m);
    if (!(SV_SMALL_AGREED(m.bits) & SV_TCP_TIMESTAMPS))
        m.bits = 0; /* nowhere to keep what else was agreed */
    sv_small_set_ecn(&m, ecn < SV_SMALL_ECN_ACCURATE ? SV_SMALL_ECN_NONE : ecn); /* AccECN's flags come back */
    sv_tcp_cookie_make(tcp, &m);
    sv_half_syn_ack(tcp, &m, s->port, s->hash, reply);
    const uint32_t offset = sv_tcp_ts_offset(s->hash);
    reply->header.ts_val = sv_tcp_cookie_time_value(reply->header.ts_val - offset, &m) + offset;
}

/* The handshake's round trip, if the SYN,ACK went out once (Karn): RFC 6298 §2.2. */
static void sv_half_sample_rtt(struct sv_tcb *t, const struct sv_tcp_small *m)
{
    if (t->tcp->habits.sample_syn_ack && SV_SMALL_COUNT(m->bits) == 0)
        sv_tcp_rtt_sample(t, sv_now_us(t->tcp) - (m->u.half.due_us - SV_HALF_OPEN_FIRST_US));
}

/* The sequence numbers of a full record. */
static void sv_half_numbers(struct sv_tcb *t, const struct sv_tcp_small *m, const struct sv_seg *s)
{
    t->c->listener = m->u.half.listener;
    t->c->iss = m->u.half.iss;
    t->c->irs = m->u.half.irs;
    t->c->ts_offset = sv_tcp_ts_offset(s->hash);
    t->h->rcv_nxt = t->h->rcv_acked = t->c->irs + 1u;
    t->h->rcv_right = t->h->rcv_nxt + sv_half_window(t->tcp, m);
    t->h->snd_una = t->c->iss;
    t->h->snd_nxt = t->h->snd_max = t->c->iss + 1u;
    t->h->snd_wnd = m->u.half.window;
    t->h->snd_wl1 = m->u.half.irs;
    t->c->max_window_field = m->u.half.window;
}

/* A full record of what `m` says, in SYN-RECEIVED; it takes the place of the small record `small` in the table, or a
 * place of its own (SV_NONE). */
static bool sv_half_promote(struct sv_tcp *tcp, const struct sv_tcp_small *m, uint32_t small, const struct sv_seg *s,
                            uint32_t *index)
{
    struct sv_tcp_path path;
    const uint32_t full = sv_tcp_new(tcp);
    if (full == SV_NONE)
        return false;
    struct sv_tcb t = sv_tcb_of(tcp, full);
    t.h->remote = m->remote;
    t.h->local = m->local;
    t.h->local_port = m->local_port;
    t.h->remote_port = m->remote_port;
    t.h->tag = m->tag;
    if (!sv_tcb_need_busy(&t) || !sv_tcp_find_path(tcp, &m->remote, m->local, &path)) {
        sv_tcb_release_busy(&t);
        sv_tcp_free(&t);
        return false;
    }
    if (small == SV_NONE && !sv_tcb_enter_table(&t, s->hash)) {
        sv_tcp_forget_path(tcp, &path);
        sv_tcb_release_busy(&t);
        sv_tcp_free(&t);
        return false;
    }
    t.h->neighbour = path.neighbour;
    t.h->interface = path.interface;
    t.h->ttl = path.ttl;
    sv_half_numbers(&t, m, s);
    if (SV_UNLIKELY(tcp->keys_used) && !sv_tcb_auth_begin(&t, small, s)) {
        sv_tcb_leave_table(&t);
        sv_tcp_forget_path(tcp, &path);
        sv_tcb_release_busy(&t);
        sv_tcp_free(&t);
        return false;
    }
    const uint32_t chosen = sv_tcp_listener(tcp, m->u.half.listener)->recv_buffer;
    if (chosen) {
        t.c->recv_buffer = chosen & 0x7fffffffu;
        t.c->recv_fixed = 1;
    }
    const uint8_t agreed = SV_SMALL_AGREED(m->bits);
    const struct sv_tcp_offer syn = {SV_TCP_USUAL_SYN, m->u.half.mss, m->u.half.ts_recent, SV_SMALL_SCALE(m->bits)};
    sv_tcp_agree(&t, agreed, &syn); /* what was not offered is not in `agreed` */
    sv_small_ecn_promote(&t, m);
    t.b->syn_count = (uint8_t)(1u + SV_SMALL_COUNT(m->bits));
    t.b->backoff = (uint8_t)SV_SMALL_COUNT(m->bits);
    t.b->snd_small = t.b->rexmit_nxt = t.b->recover = t.c->iss; /* RFC 6582 §3.2 step 1 */
    if (small != SV_NONE)
        sv_half_sample_rtt(&t, m);
    sv_tcp_move(&t, SV_ON_SYN);
    SV_TRACE_EVENT(t.core, SV_TRACE_TCP_OPENED, t.h->agreed, t.c->flow, s->packet->id, t.c->iss, t.c->irs, t.h->mss,
                   sv_tcb_send_scale(&t), sv_tcb_recv_scale(&t));
    if (small != SV_NONE) {
        sv_tcb_take_slot(&t, SV_TCP_VALUE(SV_TCP_HALF_OPEN, small));
        sv_half_free(tcp, small);
    }
    *index = full;
    return true;
}

/* What a handshake of two messages would mean (tcp_teach.h): our SYN counts as acknowledged as soon as it is sent,
 * and the connection is there for the application to accept. */
static void sv_half_without_third(struct sv_tcp *tcp, uint32_t small, const struct sv_seg *s)
{
    uint32_t full;
    if (!sv_half_promote(tcp, sv_tcp_small(tcp, small), small, s, &full))
        return;
    struct sv_tcb t = sv_tcb_of(tcp, full);
    struct sv_seg third = {.seq = t.h->rcv_nxt, .ack = t.h->snd_max, .flags = SV_ACK, .segments = 1};
    const uint32_t window = t.h->snd_wnd; /* of a SYN: never scaled */
    (void)sv_tcp_step5_ack(&t, &third);
    t.h->snd_wnd = window;
    sv_tcb_rearm(&t);
    sv_tcb_settle(&t);
}

bool sv_tcp_half_open_fast(struct sv_tcp *tcp, uint32_t listener, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    struct sv_tcp_small m;
    uint32_t full = SV_NONE;
    sv_half_fill(tcp, listener, s, &m);
    sv_half_isn(tcp, &m, NULL);
    if (!sv_half_promote(tcp, &m, SV_NONE, s, &full))
        return false;
    struct sv_tcb t = sv_tcb_of(tcp, full);
    sv_half_syn_ack(tcp, &m, s->port, s->hash, reply);
    reply->flow = t.c->flow;
    sv_tcp_fastopen_serve(&t, listener, s, reply->header.window);
    reply->header.ack = t.h->rcv_nxt;
    sv_tcb_rearm(&t);
    return true;
}

/* The rest of the walk, for a connection that has just become one. */
static bool sv_half_become(struct sv_tcp *tcp, uint32_t full, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    struct sv_tcb t = sv_tcb_of(tcp, full);
    bool answer = false;
    if (!sv_tcp_calm_third(&t, s))
        sv_tcp_synchronized_arrives(&t, s, reply, &answer);
    if (s->packet) {
        sv_buf_free_fast(s->packet);
        s->packet = NULL;
    }
    if (t.index != SV_NONE && t.h->kind == SV_TCP_FULL) {
        sv_tcb_rearm(&t);
        sv_tcb_settle(&t);
    }
    return answer;
}

enum sv_drop sv_tcp_half_open_by_cookie(struct sv_tcp *tcp, const struct sv_tcp_small *m, struct sv_seg *s,
                                        struct sv_tcp_reply *reply, bool *answer)
{
    const struct sv_tcp_listener *l = sv_tcp_listener(tcp, m->u.half.listener);
    uint32_t full = SV_NONE;
    if (l->backlog >= l->backlog_max)
        return SV_DROP_TCP_ACCEPT_FULL;
    if (!sv_half_promote(tcp, m, SV_NONE, s, &full))
        return SV_DROP_NO_MEMORY;
    *answer = sv_half_become(tcp, full, s, reply);
    /* It may be a duplicate of a third message, come late, of a connection that is over: nothing here remembers. So
     * something is said at once: who knows of no connection resets it, who has one takes no notice. */
    struct sv_tcb t = sv_tcb_of(tcp, full);
    if (t.h->kind == SV_TCP_FULL && t.h->state == SV_ESTABLISHED)
        sv_tcb_ready(&t, SV_TCP_ACK_NOW);
    return SV_DROP_NONE;
}

static bool sv_half_acceptable(const struct sv_tcp *tcp, const struct sv_tcp_small *m, const struct sv_seg *s)
{
    const uint32_t nxt = m->u.half.irs + 1u;
    const uint32_t length = sv_seg_length(s);
    return sv_seq_within(s->seq, nxt, sv_half_window(tcp, m)) ||
           (length && sv_seq_within(s->seq + length - 1u, nxt, sv_half_window(tcp, m)));
}

/* What is not acceptable is answered, but bare segments only so often (tcp_check_req(): tcp_oow_rate_limited()). */
static bool sv_half_answers(struct sv_tcp *tcp, struct sv_tcp_small *m, const struct sv_seg *s,
                            struct sv_tcp_reply *reply)
{
    if (!s->length && !sv_tcp_challenge_allowed(tcp))
        return false;
    sv_half_reply(tcp, m, s->port, s->hash, reply);
    return true;
}

/* The eight steps for a half-open record, down to the fifth, where it becomes a connection or not. Gives
 * the drop's reason, NONE: go on with the ACK, unless it is *over: reset. *answer: *reply is to be sent. */
static enum sv_drop sv_half_steps(struct sv_tcp *tcp, uint32_t index, struct sv_seg *s, struct sv_tcp_reply *reply,
                                  bool *answer, bool *over)
{
    struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    const bool timed = SV_SMALL_AGREED(m->bits) & SV_TCP_TIMESTAMPS;
    if ((m->bits & SV_SMALL_ASKED) && !(s->flags & SV_RST)) /* we have not spoken yet */
        return (s->flags & SV_SYN) && s->seq == m->u.half.irs ? SV_DROP_TCP_DUPLICATE : SV_DROP_TCP_NOT_ADMITTED;
    if ((s->flags & (SV_SYN | SV_ACK | SV_RST)) == SV_SYN && s->seq == m->u.half.irs) {
        *answer = true;
        if (!sv_small_ecn_syn_again(tcp, m, s)) {
            sv_tcp_make_reset(s, reply);
            tcp->count.resets_out++;
            sv_half_end(tcp, index, SV_ON_ABORT, s->packet ? s->packet->id : 0);
            return SV_DROP_TCP_SYN_IN_WINDOW;
        }
        sv_half_syn_ack(tcp, m, s->port, s->hash, reply); /* the SYN again: our answer was lost */
        sv_small_ecn_reflect(m, s, &reply->header);
        return SV_DROP_TCP_DUPLICATE;
    }
    const bool stamped = s->options & SV_OPTION_TIMESTAMPS;
    if (timed && !stamped && !(s->flags & SV_RST) && !tcp->habits.timestamps_may_lack)
        return SV_DROP_TCP_MISSING_TIMESTAMP; /* RFC 7323 §3.2: or a full record would be made that refuses it */
    if (timed && stamped && !(s->flags & SV_RST) && sv_seq_before(s->ts_val, m->u.half.ts_recent)) {
        *answer = sv_half_answers(tcp, m, s, reply);
        return SV_DROP_TCP_PAWS;
    }
    if (!sv_half_acceptable(tcp, m, s)) {
        *answer = !(s->flags & SV_RST) && sv_half_answers(tcp, m, s, reply);
        return sv_seq_before(s->seq, m->u.half.irs + 1u) ? SV_DROP_TCP_OLD : SV_DROP_TCP_BEYOND_WINDOW;
    }
    if (s->flags & SV_RST) {
        if (s->seq == m->u.half.irs + 1u) { /* back to LISTEN */
            tcp->count.resets_in++;
            sv_half_end(tcp, index, SV_ON_RESET, s->packet ? s->packet->id : 0);
            *over = true;
            return SV_DROP_NONE;
        }
        *answer = sv_tcp_challenge_allowed(tcp);
        if (*answer)
            sv_half_reply(tcp, m, s->port, s->hash, reply);
        return SV_DROP_TCP_RST_INEXACT;
    }
    if (s->flags & SV_SYN) { /* §3.10.7.4 fourth: opened passively, so back to LISTEN */
        sv_half_end(tcp, index, SV_ON_SYN, s->packet ? s->packet->id : 0);
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
    return SV_DROP_NONE;
}

/* The third message has come: may the connection be? A full queue ignores it, and the peer, whose data goes unanswered,
 * tries again; or, if that is wished, resets. */
static enum sv_drop sv_half_third(struct sv_tcp *tcp, uint32_t index, struct sv_seg *s, struct sv_tcp_reply *reply,
                                  bool *answer, uint32_t *full)
{
    const struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    const struct sv_tcp_listener *l = sv_tcp_listener(tcp, m->u.half.listener);
    if (l->backlog < l->backlog_max || SV_UNLIKELY(tcp->teach.opening & SV_OPENING_BOUNDLESS_QUEUE))
        return sv_half_promote(tcp, m, index, s, full) ? SV_DROP_NONE : SV_DROP_NO_MEMORY;
    if (tcp->habits.overflow_resets) {
        sv_tcp_make_reset(s, reply);
        tcp->count.resets_out++;
        *answer = true;
        sv_half_end(tcp, index, SV_ON_ABORT, s->packet ? s->packet->id : 0);
    }
    return SV_DROP_TCP_ACCEPT_FULL;
}

bool sv_tcp_half_open_arrives(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    const uint32_t index = SV_TCP_VALUE_INDEX(s->flow_value);
    bool answer = false, over = false;
    enum sv_drop why = sv_half_steps(tcp, index, s, reply, &answer, &over);
    uint32_t full = SV_NONE;
    if (over) {
        if (s->packet)
            sv_buf_free(s->packet);
        s->packet = NULL;
        return false;
    }
    if (why == SV_DROP_NONE)
        why = sv_half_third(tcp, index, s, reply, &answer, &full);
    if (why != SV_DROP_NONE) {
        sv_drop(sv_tcp_core(tcp), why, s->packet, s->port, 0);
        s->packet = NULL;
        return answer;
    }
    return sv_half_become(tcp, full, s, reply);
}

/* Oldest first in each queue: the head alone is asked. Its turn over, it waits twice as long, or is
 * forgotten. */
bool sv_tcp_half_open_due(struct sv_tcp *tcp, struct sv_tcp_reply *reply)
{
    const uint32_t now_us = sv_now_us(tcp);
    for (uint32_t k = 0; tcp->half_used && k < SV_TCP_BACKOFFS; k++) {
        const uint32_t index = tcp->half[k].first;
        if (index == SV_NONE)
            continue;
        struct sv_tcp_small *m = sv_tcp_small(tcp, index);
        if ((int32_t)(now_us - m->u.half.due_us) < 0)
            continue;
        struct sv_tcp_path path;
        if (k >= tcp->habits.syn_ack_retries || k == SV_TCP_ASKED ||
            !sv_tcp_find_path(tcp, &m->remote, m->local, &path)) {
            sv_half_end(tcp, index, SV_ON_TIMEOUT, 0);
            k--; /* look at this queue again */
            continue;
        }
        sv_tcp_queue_remove(tcp, &tcp->half[k], index);
        m->bits = (uint16_t)(m->bits + (1u << 8));
        m->u.half.due_us = now_us + sv_min_u32(SV_HALF_OPEN_FIRST_US << (k + 1u), tcp->habits.rto_max_us);
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
    for (uint32_t k = 0; k < SV_TCP_BACKOFFS; k++) {
        uint32_t next;
        for (uint32_t i = tcp->half[k].first; i != SV_NONE; i = next) {
            next = sv_tcp_small(tcp, i)->next;
            if (sv_tcp_small(tcp, i)->u.half.listener == listener)
                sv_half_remove(tcp, i);
        }
    }
}

SV_HOT sv_time sv_tcp_half_open_deadline(const struct sv_tcp *tcp)
{
    const sv_time now = sv_tcp_core(tcp)->now;
    sv_time at = SV_NEVER;
    if (!tcp->half_used)
        return SV_NEVER;
    for (uint32_t k = 0; k < SV_TCP_BACKOFFS; k++) {
        if (tcp->half[k].first == SV_NONE)
            continue;
        const int32_t left = (int32_t)(sv_tcp_small(tcp, tcp->half[k].first)->u.half.due_us - sv_now_us(tcp));
        at = sv_min_u64(at, left <= 0 ? now : (now / SV_US + (uint32_t)left) * SV_US);
    }
    return at;
}
