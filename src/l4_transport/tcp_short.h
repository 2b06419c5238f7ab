/* SPDX-License-Identifier: BSD-2-Clause */
/* Turns that are one segment with nothing out of the way: a request or an answer that fits the windows with nothing
 * in flight before it, an acknowledgement, the first SYN, the first FIN, the last acknowledgement. The long way
 * (tcp_output.c) makes the same segment of each, after asking for all that could be otherwise; here that is asked once.
 * Who writes the frame inlines this: a segment passes from the record to the wire without a stop between. */
#ifndef SV_L4_TCP_SHORT_H
#define SV_L4_TCP_SHORT_H

#include "core/spans_inline.h"
#include "l4_transport/tcp_internal.h"
#include "l4_transport/tcp_rto.h"

enum sv_short {
    SV_SHORT_NOT, /* the long way */
    SV_SHORT_ACK,
    SV_SHORT_DATA,
    SV_SHORT_SYN,
    SV_SHORT_FIN,
    SV_SHORT_LAST, /* of a connection that is over: the acknowledgement of the peer's FIN */
};

/* An established connection in calm, or one of which only the FIN is left to be sent. */
static inline enum sv_short sv_tcb_short_open(const struct sv_tcb *t)
{
    const struct sv_tcp_hot *h = t->h;
    const struct sv_tcp_busy *b = t->b;
    const uint32_t n = h->snd_queued;
    if (b->ooo_count)
        return SV_SHORT_NOT;
    if (SV_UNLIKELY(h->state != SV_ESTABLISHED || (h->flags & (SV_TCP_FIN_QUEUED | SV_TCP_CORK)))) {
        const uint32_t marks = SV_TCP_SEND_NOW | SV_TCP_FIN_QUEUED | SV_TCP_FIN_SENT;
        const bool alone = (h->flags & marks) == (SV_TCP_SEND_NOW | SV_TCP_FIN_QUEUED) && !n &&
                           h->snd_una == h->snd_max && h->snd_nxt == h->snd_max && b->retransmit_at == SV_NEVER &&
                           !(b->fast | b->held) && !(h->agreed & SV_TCP_ECN) && !sv_tcb_profile(t)->rtt_every_ack;
        return alone && (h->state == SV_FIN_WAIT_1 || h->state == SV_LAST_ACK) ? SV_SHORT_FIN : SV_SHORT_NOT;
    }
    if (!(h->flags & SV_TCP_SEND_NOW)) /* else see sv_tcb_bare_seq() */
        return h->snd_max - h->snd_una <= h->snd_wnd ? SV_SHORT_ACK : SV_SHORT_NOT;
    const bool fits = h->snd_una == h->snd_nxt && h->snd_nxt == h->snd_max && b->send.count == 1 && !b->send.blocks &&
                      b->send.small[0].length == n && n <= h->mss && n <= h->snd_wnd && n <= h->cwnd;
    return fits ? SV_SHORT_DATA : SV_SHORT_NOT;
}

/* The first SYN, with the options that nearly every stack offers. */
static inline enum sv_short sv_tcb_short_syn(const struct sv_tcb *t)
{
    const uint32_t usual = SV_TCP_TIMESTAMPS | SV_TCP_SACK | SV_TCP_SCALING;
    const struct sv_tcp_busy *b = t->b;
    if (t->h->state != SV_SYN_SENT || b->syn_count || b->fast || t->c->syn_offers || t->c->ecn >= SV_ECN_KIND_CLASSIC ||
        t->h->snd_max != t->c->iss)
        return SV_SHORT_NOT;
    if (t->tcp->teach.syns || (t->h->agreed & SV_TCP_SIGNED) || sv_tcp_offers(t->tcp) != usual ||
        sv_tcb_memory_short(t))
        return SV_SHORT_NOT;
    return SV_SHORT_SYN;
}

/* Which of them is the turn of this connection, which is ready? */
static inline enum sv_short sv_tcb_short(const struct sv_tcb *t)
{
    const struct sv_tcp_busy *b = t->b;
    if (SV_UNLIKELY(!SV_SHORT_WAYS || (t->h->agreed & SV_TCP_UNCALM)))
        return SV_SHORT_NOT;
    if (SV_UNLIKELY(t->h->flags & SV_TCP_DEAD)) {
        const bool last = (t->h->flags & (SV_TCP_ACK_NOW | SV_TCP_SEND_NOW)) == SV_TCP_ACK_NOW;
        return last && !(t->h->agreed & SV_TCP_ECN) && (!b || !(b->uncalm | b->ooo_count)) ? SV_SHORT_LAST
                                                                                           : SV_SHORT_NOT;
    }
    if (!b || b->uncalm)
        return SV_SHORT_NOT;
    return SV_LIKELY(!sv_tcb_opening(t)) ? sv_tcb_short_open(t) : sv_tcb_short_syn(t);
}

/* Before its segment is made: idleness may have closed the window, for data. */
static inline void sv_tcb_short_begins(struct sv_tcb *t, enum sv_short kind)
{
    if (SV_LIKELY(kind == SV_SHORT_DATA))
        sv_tcp_cc_idle(t);
}

/* The payload of such a turn: the one span there is. Gives its sum, if the device does not make it. */
__attribute__((always_inline)) static inline uint16_t sv_tcb_short_payload(struct sv_tcb *t, struct sv_buf *b,
                                                                           bool offload)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    const struct sv_span *s = &t->b->send.small[0];
    sv_slab_ref_fast(pool, s->slab);
    b->slice[0] = (struct sv_slice){s->slab, s->offset, s->length};
    b->slices = 1;
    b->length = s->length;
    t->h->snd_nxt = t->h->snd_max = s->seq + s->length;
    t->h->sent_tick = sv_tick(t->now);
    if (s->length < t->h->mss)
        t->b->snd_small = t->h->snd_max;
    sv_tcb_note_sent_alone(t);
    if (!t->b->timing) {
        t->b->timing = 1;
        t->b->rtt_seq = t->h->snd_max;
        t->b->rtt_began = t->now;
    }
    if (offload)
        return 0;
    if (SV_LIKELY(s->flags & SV_SPAN_SUMMED))
        return s->sum;
    return sv_sum(sv_slab_bytes_fast(pool, s->slab) + s->offset, s->length, t->core->cpu);
}

/* What sv_tcb_send_syn() does of a first SYN. */
static inline void sv_tcb_short_syn_fill(struct sv_tcb *t, struct sv_tcp_header *h)
{
    const uint16_t most = t->c->peer_mss; /* SV_OPT_MAX_SEGMENT */
    const uint16_t mss = sv_tcp_mss_for(t->tcp, t->h->interface, &t->h->remote);
    h->flags = SV_SYN;
    h->ack = 0;
    h->seq = t->c->iss;
    h->options = SV_TCP_USUAL_SYN;
    h->mss = most && most < mss ? most : mss;
    h->scale = sv_tcb_scale_wanted(t);
    h->ts_ecr = 0;
    h->window = (uint16_t)sv_min_u32(t->c->recv_buffer, 65535u);
    t->c->syn_offers = SV_SYN_OFFERS(SV_TCP_TIMESTAMPS | SV_TCP_SACK | SV_TCP_SCALING, h->scale);
    t->h->rcv_right = t->h->rcv_nxt + h->window;
    t->h->snd_nxt = t->h->snd_max = t->c->iss + 1u;
    t->b->timing = 1;
    t->b->rtt_seq = t->c->iss + 1u;
    t->b->rtt_began = t->now;
    t->b->syn_count = 1;
}

/* The header of that turn's segment, and the payload into b. Gives the payload's sum. */
__attribute__((always_inline)) static inline uint16_t
sv_tcb_short_fill(struct sv_tcb *t, enum sv_short kind, struct sv_buf *b, bool offload, struct sv_tcp_header *h)
{
    uint16_t sum = 0;
    h->source = t->h->local_port;
    h->destination = t->h->remote_port;
    h->urgent = 0;
    h->ts_val = sv_tcp_ts_now(t);
    if (SV_UNLIKELY(kind == SV_SHORT_SYN)) {
        sv_tcb_short_syn_fill(t, h);
        return 0;
    }
    h->seq = kind == SV_SHORT_LAST ? t->h->snd_nxt : t->h->snd_max;
    h->flags = SV_ACK;
    h->ack = t->h->rcv_nxt;
    h->options = t->h->agreed & SV_TCP_TIMESTAMPS ? SV_OPTION_TIMESTAMPS : 0;
    h->ts_ecr = t->h->ts_recent;
    h->window = SV_LIKELY(kind == SV_SHORT_DATA) ? sv_tcb_window_calm(t) : sv_tcb_window_field(t);
    if (SV_LIKELY(kind == SV_SHORT_DATA)) {
        h->flags = t->b->send.small[0].flags & SV_SPAN_MORE ? SV_ACK : SV_ACK | SV_PSH;
        sum = sv_tcb_short_payload(t, b, offload);
    } else if (kind == SV_SHORT_FIN) {
        h->flags = SV_ACK | SV_FIN;
    }
    t->h->rcv_acked = t->h->rcv_nxt; /* whatever carries an ACK settles what we owed */
    t->h->flags &= (uint16_t) ~(SV_TCP_ACK_NOW | SV_TCP_DELACK);
    if (SV_LIKELY(t->b))
        t->b->delack_at = SV_NEVER;
    return sum;
}

static inline uint16_t sv_tcb_short_reason(enum sv_short kind)
{
    switch (kind) {
    case SV_SHORT_DATA:
        return SV_SENT_NEW;
    case SV_SHORT_SYN:
        return SV_SENT_SYN;
    case SV_SHORT_FIN:
        return SV_SENT_FIN;
    default:
        return SV_SENT_ACK;
    }
}

/* The segment is written: the trace hears of it, the timers begin. The connection may be gone afterwards. `n`: bytes of
 * payload. */
__attribute__((always_inline)) static inline void sv_tcb_short_sent(struct sv_tcb *t, enum sv_short kind,
                                                                    const struct sv_buf *b,
                                                                    const struct sv_tcp_header *h, uint32_t n)
{
    t->tcp->count.segments_out++;
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_SENT, sv_tcb_short_reason(kind), t->c->flow, b->id, h->seq, h->ack, n,
                   h->flags, kind == SV_SHORT_SYN ? h->window : (uint32_t)h->window << sv_tcb_recv_scale(t),
                   t->b ? t->b->backoff : 0);
    if (SV_UNLIKELY(kind == SV_SHORT_LAST)) {
        t->h->flags &= (uint16_t) ~(SV_TCP_SEND_NOW | SV_TCP_ACK_NOW);
        sv_tcb_bury(t);
        return;
    }
    t->h->flags &= (uint16_t)~SV_TCP_SEND_NOW;
    if (SV_UNLIKELY(kind == SV_SHORT_FIN)) {
        const uint32_t fin = t->h->snd_max;
        t->h->flags |= SV_TCP_FIN_SENT;
        t->h->snd_nxt = t->h->snd_max = fin + 1u;
        sv_tcb_note_sent(t, fin);
    }
    if (kind != SV_SHORT_ACK)
        sv_tcb_start_rto(t);
    sv_tcb_rearm(t);
    sv_tcb_settle(t);
}

#endif
