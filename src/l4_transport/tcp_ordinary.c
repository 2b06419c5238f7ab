/* SPDX-License-Identifier: BSD-2-Clause */
/* What most segments are: on an established connection, in order, in the window, nothing but ACK and perhaps data;
 * and the connection in calm: nothing is lost, probed, urgent or sent again. The eight steps (tcp_arrives.c,
 * tcp_ack.c, tcp_text.c) would do the same, each after asking for everything that could be otherwise. Here that is
 * asked once; what is not calm in one half goes through that half's own step. */
#include "core/spans_inline.h"
#include "l4_transport/tcp_delack.h"
#include "l4_transport/tcp_internal.h"

/* Asked of an established connection. */
static inline bool sv_tcp_is_ordinary(const struct sv_tcb *t, const struct sv_seg *s)
{
    const struct sv_tcp_hot *h = t->h;
    if ((s->flags & ~(uint32_t)SV_PSH) != SV_ACK || s->seq != h->rcv_nxt || (h->flags & SV_TCP_DETACHED))
        return false;
    if (s->length > h->rcv_right - h->rcv_nxt || (s->options & ~(uint32_t)SV_OPTION_TIMESTAMPS))
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
    const bool times = b->timing && (b->log != SV_NONE || sv_seq_after_or_at(s->ack, b->rtt_seq));
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
    if (b ? b->uncalm : acked)
        return false;
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
static inline bool sv_tcp_calm_text(struct sv_tcb *t, struct sv_seg *s)
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
    sv_tcb_tell(t, SV_EVENT_READABLE);
    sv_tcp_schedule_ack(t, s, false);
    return true;
}

static inline void sv_tcp_ordinary_arrives(struct sv_tcb *t, struct sv_seg *s)
{
    if (sv_tcp_calm_ack(t, s)) {
        if ((t->h->agreed & SV_TCP_TIMESTAMPS) && sv_seq_before_or_at(s->seq, t->h->rcv_acked)) {
            t->h->ts_recent = s->ts_val; /* RFC 7323 §4.3 */
            t->h->ts_recent_at = sv_tick(t->now);
        }
    } else if (sv_tcp_step5_ack(t, s) == SV_WALK_STOP) {
        return;
    }
    if (s->length && !sv_tcp_calm_text(t, s) && sv_tcp_step7_text(t, s) == SV_WALK_ON && t->b && t->b->fin_early)
        (void)sv_tcp_step8_fin(t, s); /* one that came early may be next now */
}

/* Nearly every segment is of the flow of the one before it, or was found by sv_tcp_lookup(). */
bool sv_tcp_arrives(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    tcp->count.segments_in += s->segments;
    if (SV_LIKELY(sv_tcp_is_last(tcp, s)))
        s->flow_value = SV_TCP_VALUE(SV_TCP_FULL, tcp->last_flow);
    else
        s->flow_value = sv_tcp_resolve(tcp, s);
    if (SV_UNLIKELY(SV_TCP_VALUE_KIND(s->flow_value) != SV_TCP_FULL))
        return sv_tcp_arrives_else(tcp, s, reply);
    struct sv_tcb t = sv_tcb_of(tcp, SV_TCP_VALUE_INDEX(s->flow_value));
    SV_TRACE_EVENT(t.core, SV_TRACE_TCP_RECEIVED, t.h->state, t.c->flow, s->packet->id, s->seq, s->ack, s->length,
                   s->flags, s->window, s->segments);
    if (SV_UNLIKELY(t.h->state != SV_ESTABLISHED))
        return sv_tcp_arrives_else(tcp, s, reply);
    sv_tcp_heard(&t, s);
    if (SV_UNLIKELY(!sv_tcp_is_ordinary(&t, s)))
        return sv_tcp_walks(&t, s, reply);
    sv_tcp_ordinary_arrives(&t, s);
    if (s->packet)
        sv_buf_free_fast(s->packet);
    sv_tcp_arrived(&t);
    return false;
}
