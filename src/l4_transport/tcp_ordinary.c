/* SPDX-License-Identifier: BSD-2-Clause */
/* What most segments are: on an established connection, in order, in the window, nothing but ACK, perhaps data, and in
 * the end a FIN; or what acknowledges our SYN or our FIN, and nothing else was in flight; and the connection in calm:
 * nothing is lost, probed, urgent or sent again. The eight steps (tcp_arrives.c,
 * tcp_ack.c, tcp_text.c) would do the same, each after asking for everything that could be otherwise. Here that is
 * asked once; what is not calm in one half goes through that half's own step. */
#include "core/spans_inline.h"
#include "l4_transport/tcp_delack.h"
#include "l4_transport/tcp_recent.h"
#include "l4_transport/tcp_rto.h"

/* Asked of a synchronized connection: the first four steps, and the sixth, let it pass. A FIN needs room, too. */
static inline bool sv_tcp_is_ordinary(const struct sv_tcb *t, const struct sv_seg *s)
{
    const struct sv_tcp_hot *h = t->h;
    const uint32_t length = s->length + (s->flags & SV_FIN); /* which is 1 */
    if ((s->flags & ~(uint32_t)(SV_PSH | SV_FIN)) != SV_ACK || s->seq != h->rcv_nxt || !SV_SHORT_WAYS)
        return false;
    if (length > h->rcv_right - h->rcv_nxt || (s->options & ~(uint32_t)SV_OPTION_TIMESTAMPS))
        return false;
    if (h->agreed & SV_TCP_TIMESTAMPS)
        return (s->options & SV_OPTION_TIMESTAMPS) && sv_seq_after_or_at(s->ts_val, h->ts_recent);
    return true;
}

/* All that an acknowledgement of `acked` bytes changes on our side, in calm. */
static inline void sv_tcp_calm_acked(struct sv_tcb *t, const struct sv_seg *s, uint32_t acked)
{
    struct sv_tcp_hot *h = t->h;
    struct sv_tcp_busy *b = t->b;
    const uint32_t flight = h->snd_nxt - h->snd_una;
    const bool times = b->log != SV_NONE || (b->timing && sv_seq_after_or_at(s->ack, b->rtt_seq));
    const uint32_t rtt_us = times ? sv_tcp_sample_rtt(t, s) : 0;
    sv_spans_drop_before_fast(&b->send, sv_core_pool(t->core), s->ack);
    h->snd_queued -= acked;
    h->snd_una = s->ack;
    h->dupacks = 0;
    t->c->bytes_sent += acked;
    if (sv_seq_before(h->snd_nxt, s->ack))
        h->snd_nxt = s->ack;
    if (sv_seq_before(b->snd_small, s->ack))
        b->snd_small = s->ack;
    if (2u * (flight + h->mss) >= h->cwnd || b->cwnd_used || (h->agreed & SV_TCP_PACED)) { /* else it does nothing */
        const struct sv_tcp_acked a = {
            .bytes = acked, .flight = sv_tcb_flight(t) + acked, .rtt_us = rtt_us, .ts_ecr = sv_tcp_echoed(s)};
        sv_tcp_cc_acked(t, &a);
    }
    b->give_up_at = b->retransmit_at = SV_NEVER;
    if (SV_UNLIKELY(b->held == SV_HELD_MORE))
        sv_tcb_cork_lift(t);
    sv_tcp_path_works(t);
}

/* The fifth step in calm: data of ours is acknowledged, or data of the peer's comes with an acknowledgement that
 * says nothing new. False: it is not as described, nothing was done. */
static inline bool sv_tcp_calm_ack(struct sv_tcb *t, const struct sv_seg *s)
{
    struct sv_tcp_hot *h = t->h;
    const struct sv_tcp_busy *b = t->b;
    const uint32_t acked = s->ack - h->snd_una;
    const uint32_t window = s->window << sv_tcb_send_scale(t);
    const bool opened = window > h->snd_wnd;
    if ((b ? b->uncalm : acked) || sv_seq_before(s->seq, h->snd_wl1))
        return false; /* what came out of order may have brought a newer window */
    if (acked ? acked > h->snd_queued || acked > h->snd_max - h->snd_una || h->dupacks : s->length == 0)
        return false;
    if (acked)
        sv_tcp_calm_acked(t, s, acked);
    h->snd_wnd = window;
    h->snd_wl1 = s->seq;
    if (SV_UNLIKELY(s->window > t->c->max_window_field))
        t->c->max_window_field = (uint16_t)s->window;
    if (acked)
        sv_tcp_tell_acked(t);
    if (h->snd_queued && (acked || opened)) { /* else there is nothing to watch and nothing to send */
        sv_tcb_arm_retransmit(t);
        sv_tcb_consider_sending(t);
    }
    return true;
}

/* The seventh step in calm: one slice that goes behind the others as it is, with somebody there to read it.
 * False: it is not as described, nothing was done. */
__attribute__((always_inline)) static inline bool sv_tcp_calm_text(struct sv_tcb *t, struct sv_seg *s)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    struct sv_tcp_busy *b = t->b;
    struct sv_buf *p = s->packet;
    if (!b || b->ooo_count || b->fin_early || p->linear_length || p->slices != 1 ||
        (b->recv.count && s->length < SV_SLAB_BYTES / 2u))
        return false;
    const struct sv_slice piece = p->slice[0];
    const struct sv_span span = {.seq = s->seq, .slab = piece.slab, .offset = piece.offset, .length = piece.length};
    if (!sv_spans_push_fast(&b->recv, pool, t->core->account, span))
        return false;
    t->h->rcv_nxt += s->length;
    t->h->rcv_queued += s->length;
    t->c->bytes_received += s->length;
    if (p->slab != SV_NONE)
        sv_slab_unref_fast(pool, p->slab);
    sv_buf_put_fast(pool, p); /* its reference to the slice went along */
    s->packet = NULL;
    sv_tcb_tell_text(t, s);
    sv_tcp_schedule_ack(t, s, false);
    return true;
}

/* RFC 7323 §4.3, of an ordinary segment whose acknowledgement was believed. */
static inline void sv_tcp_calm_timestamp(struct sv_tcb *t, const struct sv_seg *s)
{
    if ((t->h->agreed & SV_TCP_TIMESTAMPS) && sv_seq_before_or_at(s->seq, t->h->rcv_acked)) {
        t->h->ts_recent = s->ts_val;
        t->h->ts_recent_at = sv_tick(t->now);
    }
}

static inline void sv_tcp_ordinary_arrives(struct sv_tcb *t, struct sv_seg *s)
{
    enum sv_walk on = SV_WALK_ON;
    if (sv_tcp_calm_ack(t, s))
        sv_tcp_calm_timestamp(t, s);
    else if (sv_tcp_step5_ack(t, s) == SV_WALK_STOP)
        return;
    if (s->length && !sv_tcp_calm_text(t, s)) {
        on = sv_tcp_step7_text(t, s);
        if (on == SV_WALK_ON && t->b && t->b->fin_early) {
            (void)sv_tcp_step8_fin(t, s); /* one that came early may be next now */
            return;
        }
    }
    if (SV_UNLIKELY(s->flags & SV_FIN) && on == SV_WALK_ON)
        (void)sv_tcp_step8_fin(t, s);
}

/* What an acknowledgement changes of a connection in calm that has nothing queued: it is of a SYN or a FIN. */
static inline void sv_tcp_calm_number_acked(struct sv_tcb *t, const struct sv_seg *s)
{
    struct sv_tcp_hot *h = t->h;
    struct sv_tcp_busy *b = t->b;
    const uint32_t flight = s->ack - h->snd_una;
    const uint32_t rtt_us = b->timing ? sv_tcp_sample_rtt(t, s) : 0;
    h->snd_una = h->snd_nxt = b->rexmit_nxt = s->ack;
    if (sv_seq_before(b->snd_small, s->ack))
        b->snd_small = s->ack;
    if (2u * (flight + h->mss) >= h->cwnd || b->cwnd_used || (h->agreed & SV_TCP_PACED)) {
        const struct sv_tcp_acked a = {.bytes = 1, .flight = flight, .rtt_us = rtt_us, .ts_ecr = sv_tcp_echoed(s)};
        sv_tcp_cc_acked(t, &a);
    }
    b->give_up_at = b->retransmit_at = SV_NEVER;
    sv_tcp_path_works(t);
    sv_tcp_tell_acked(t);
}

/* May the acknowledgement be dealt with by the above? One number is in flight, and this is of it. */
static inline bool sv_tcp_is_of_number(const struct sv_tcb *t, const struct sv_seg *s)
{
    const struct sv_tcp_hot *h = t->h;
    const struct sv_tcp_busy *b = t->b;
    return b && !(b->uncalm | b->fast | b->held) && b->log == SV_NONE && sv_seq_after_or_at(s->seq, h->snd_wl1) &&
           !h->snd_queued && !h->dupacks && s->ack == h->snd_max && h->snd_max - h->snd_una == 1u &&
           h->snd_nxt == h->snd_max && !(h->agreed & (SV_TCP_ECN | SV_TCP_UNCALM));
}

/* The fifth step, where it acknowledges our FIN: in FIN-WAIT-1, whose other half may end with the same segment, and in
 * LAST-ACK. False: it is not as described, nothing was done. */
__attribute__((noinline)) static bool sv_tcp_calm_closing(struct sv_tcb *t, struct sv_seg *s)
{
    const uint8_t state = t->h->state;
    if ((state != SV_FIN_WAIT_1 && state != SV_LAST_ACK) || !(t->h->flags & SV_TCP_FIN_SENT) || s->length ||
        !sv_tcp_is_of_number(t, s) || t->b->ooo_count)
        return false;
    sv_tcp_calm_number_acked(t, s);
    t->h->snd_wnd = s->window << sv_tcb_send_scale(t);
    t->h->snd_wl1 = s->seq;
    if (SV_UNLIKELY(s->window > t->c->max_window_field))
        t->c->max_window_field = (uint16_t)s->window;
    sv_tcp_calm_timestamp(t, s);
    if (sv_tcp_fin_acked(t, s) == SV_WALK_ON && s->flags & SV_FIN)
        (void)sv_tcp_step8_fin(t, s);
    return true;
}

bool sv_tcp_calm_third(struct sv_tcb *t, struct sv_seg *s)
{
    if (t->h->state != SV_SYN_RECEIVED || !sv_tcp_is_ordinary(t, s) || !sv_tcp_is_of_number(t, s) ||
        t->h->flags & (SV_TCP_ACTIVE | SV_TCP_FIN_QUEUED | SV_TCP_DETACHED))
        return false;
    sv_tcp_heard(t, s);
    sv_tcp_handshake_done(t, s);
    sv_tcp_calm_timestamp(t, s);
    sv_tcp_calm_number_acked(t, s);
    if (s->length && sv_tcp_step7_text(t, s) == SV_WALK_STOP)
        return true;
    if (s->flags & SV_FIN)
        (void)sv_tcp_step8_fin(t, s);
    return true;
}

/* Nearly every segment's record was found lately, or by sv_tcp_lookup(). */
SV_HOT bool sv_tcp_arrives(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    tcp->count.segments_in += s->segments;
    if (SV_UNLIKELY(SV_TCP_VALUE_KIND(s->flow_value) != SV_TCP_FULL ||
                    !sv_tcp_full_is_of(tcp, SV_TCP_VALUE_INDEX(s->flow_value), s))) {
        s->flow_value = sv_tcp_resolve(tcp, s);
        if (SV_TCP_VALUE_KIND(s->flow_value) != SV_TCP_FULL)
            return sv_tcp_arrives_else(tcp, s, reply);
    }
    struct sv_tcb t = sv_tcb_of(tcp, SV_TCP_VALUE_INDEX(s->flow_value));
    SV_TRACE_EVENT(t.core, SV_TRACE_TCP_RECEIVED, t.h->state, t.c->flow, s->packet->id, s->seq, s->ack, s->length,
                   s->flags, s->window, s->segments);
    if (SV_UNLIKELY(!sv_tcb_synchronized(&t)))
        return sv_tcp_arrives_else(tcp, s, reply);
    sv_tcp_heard(&t, s);
    if (SV_UNLIKELY(!sv_tcp_is_ordinary(&t, s)))
        return sv_tcp_walks(&t, s, reply);
    if (SV_LIKELY(t.h->state == SV_ESTABLISHED && !(t.h->flags & SV_TCP_DETACHED)))
        sv_tcp_ordinary_arrives(&t, s);
    else if (!sv_tcp_calm_closing(&t, s))
        return sv_tcp_walks(&t, s, reply);
    if (s->packet)
        sv_buf_free_fast(s->packet);
    sv_tcp_arrived(&t);
    return false;
}
