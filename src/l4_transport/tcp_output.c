/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments are made here, at the moment the interface has room for them. One connection's turn: what must be
 * sent again and probes (tcp_resend.c), new data, the FIN, and an ACK if one is still owed. */
#include "core/spans_inline.h"
#include "l4_transport/tcp_accecn.h"
#include "l4_transport/tcp_output.h"
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_short.h"

/* The span of `seq`: usually the one where the last segment ended, or the one after it. */
SV_HOT static uint32_t sv_tcb_span_index(const struct sv_tcb *t, struct sv_pool *pool, uint32_t seq)
{
    const struct sv_spans *q = &t->b->send;
    uint32_t i = t->b->send_hint - q->first;
    if (q->count == 1)
        return 0;
    for (uint32_t tries = 0; tries < 2; tries++, i++) {
        if (i >= q->count)
            break;
        const struct sv_span *s = sv_spans_at_fast(q, pool, i);
        if (sv_seq_within(seq, s->seq, s->length))
            return i;
    }
    return sv_spans_find(q, pool, seq);
}

/* Does a packet that has `done` bytes so far end with this span? */
static bool sv_tcb_ends_packet(const struct sv_tcb *t, const struct sv_span *s, uint32_t done)
{
    if (s->flags & SV_SPAN_RECORD)
        return true;
    return done >= t->h->mss && done % t->h->mss == 0; /* a super-frame, or a write of whole segments, ended here */
}

/* Appends [seq, seq+*length) by reference. Gives its sum if that is wanted: what was summed at the copy is not
 * summed again. When slices run out the packet keeps what fitted, and *length says so. */
static uint16_t sv_tcb_attach(struct sv_tcb *t, struct sv_buf *b, uint32_t seq, uint32_t *length, bool want_sum)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    uint32_t i = sv_tcb_span_index(t, pool, seq);
    uint32_t left = *length;
    uint32_t done = 0;
    uint16_t sum = 0;
    for (;;) {
        const struct sv_span *s = sv_spans_at_fast(&t->b->send, pool, i);
        const uint32_t skip = seq - s->seq;
        const uint32_t n = sv_min_u32(left, s->length - skip);
        const uint16_t offset = (uint16_t)(s->offset + skip);
        sv_slab_ref_fast(pool, s->slab);
        b->slice[b->slices++] = (struct sv_slice){s->slab, offset, (uint16_t)n};
        if (want_sum) {
            const bool whole = n == s->length && (s->flags & SV_SPAN_SUMMED);
            const uint16_t part = whole ? s->sum : sv_sum(sv_slab_bytes_fast(pool, s->slab) + offset, n, t->core->cpu);
            sum = done ? sv_sum_add(sum, done & 1u ? sv_sum_odd(part) : part) : part;
        }
        done += n;
        left -= n;
        if (!left || b->slices == SV_SLICES_MAX)
            break;
        if (SV_UNLIKELY(s->flags & (SV_SPAN_PUSH | SV_SPAN_RECORD | SV_SPAN_BURST)) && sv_tcb_ends_packet(t, s, done))
            break;
        seq += n;
        i++;
    }
    t->b->send_hint = t->b->send.first + i;
    b->length += done;
    *length = done;
    return sum;
}

/* What is rare in a header: urgent data, an echo of congestion, and SACK blocks while something is out of order or has
 * come twice. */
static void sv_tcb_header_rare(struct sv_tcb *t, struct sv_tcp_header *h)
{
    h->sacks = 0;
    if (SV_LIKELY(!(t->h->agreed & SV_TCP_ECN_ECHO) && !(t->b && (t->b->urgent || t->b->ooo_count || t->b->dsack))))
        return;
    if ((t->h->agreed & SV_TCP_ECN_ECHO) && !(h->flags & SV_SYN))
        h->flags |= sv_tcb_accurate(t) ? sv_accecn_told(t) : SV_ECE;
    if (!t->b)
        return;
    if (t->b->urgent && sv_seq_after(t->b->snd_up, h->seq) && t->b->snd_up - h->seq < 65536u) {
        h->flags |= SV_URG;
        h->urgent = (uint16_t)(t->b->snd_up - h->seq);
        if (sv_tcp_teach_flawed(t->tcp, SV_FLAW_URGENT_AT_LAST_BYTE))
            h->urgent--;
    }
    if ((t->h->agreed & SV_TCP_SACK) && (t->b->ooo_count || t->b->dsack)) {
        h->sacks = (uint8_t)sv_sack_blocks(t, h->sack, sv_tcb_sack_fits(t));
        h->options |= h->sacks ? SV_OPTION_SACK : 0;
    }
}

/* All but what is rare. */
static inline void sv_tcb_header(struct sv_tcb *t, struct sv_tcp_header *h, uint32_t seq, uint16_t flags)
{
    h->source = t->h->local_port;
    h->destination = t->h->remote_port;
    h->seq = seq;
    h->ack = flags & SV_ACK ? t->h->rcv_nxt : 0;
    h->flags = flags;
    h->urgent = 0;
    h->options = 0;
    if (SV_LIKELY(t->h->agreed & SV_TCP_TIMESTAMPS)) {
        h->options = SV_OPTION_TIMESTAMPS;
        h->ts_val = sv_tcp_ts_now(t);
        h->ts_ecr = t->h->ts_recent;
    }
    h->window = sv_tcb_window_field(t);
}

/* Whatever carries an ACK settles what we owed. */
static void sv_tcb_acked_all(struct sv_tcb *t)
{
    t->h->rcv_acked = t->h->rcv_nxt;
    t->h->flags &= (uint16_t) ~(SV_TCP_ACK_NOW | SV_TCP_DELACK);
    if (t->b)
        t->b->delack_at = SV_NEVER;
}

/* Pushes the header before the payload, whose sum is `sum`, tells the trace, hands the packet to the turn. */
__attribute__((always_inline)) static inline void sv_tcb_finish_packet(struct sv_tcb *t, struct sv_turn *turn,
                                                                       struct sv_buf *b, const struct sv_tcp_header *h,
                                                                       uint16_t sum, uint16_t reason, uint32_t payload)
{
    struct sv_tcp_out *o = &turn->out[turn->made++];
    if (SV_UNLIKELY(t->h->agreed & SV_TCP_SIGNED))
        o->sum = sv_sum_add(sum, sv_tcb_auth_push(t, b, h));
    else
        o->sum = sv_sum_add(sum, sv_tcp_emit_summed(b, h, t->core->cpu));
    o->packet = b;
    b->id = ++t->core->packet_id;
    if (h->flags & SV_ACK)
        sv_tcb_acked_all(t);
    t->tcp->count.segments_out += b->segments;
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_SENT, reason, t->c->flow, b->id, h->seq, h->ack, payload, h->flags,
                   (h->flags & SV_SYN) ? h->window : (uint32_t)h->window << sv_tcb_recv_scale(t),
                   t->b ? t->b->backoff : 0);
}

static struct sv_buf *sv_tcb_packet(struct sv_tcb *t)
{
    struct sv_buf *b = sv_buf_alloc_fast(sv_core_pool(t->core), SV_WANT_CONTROL, t->core->account);
    if (!b)
        sv_drop(t->core, SV_DROP_NO_MEMORY, NULL, t->h->interface, t->c->flow);
    return b;
}

bool sv_tcb_send_bare(struct sv_tcb *t, struct sv_turn *turn, uint32_t seq, uint16_t flags, uint16_t reason)
{
    struct sv_tcp_header h;
    struct sv_buf *b = sv_tcb_packet(t);
    if (!b)
        return false;
    sv_tcb_header(t, &h, seq, flags);
    sv_tcb_header_rare(t, &h);
    if (SV_UNLIKELY(t->h->agreed & SV_TCP_ECN_ECHO) && sv_tcb_accurate(t))
        sv_accecn_bare(t, &h);
    sv_tcb_finish_packet(t, turn, b, &h, 0, reason, 0);
    return true;
}

/* SYN, or SYN,ACK after a simultaneous open. */
static bool sv_tcb_send_syn(struct sv_tcb *t, struct sv_turn *turn)
{
    const bool answer = t->h->state != SV_SYN_SENT;
    const bool again = t->b->syn_count != 0;
    const uint32_t right = t->h->rcv_right;
    struct sv_tcp_header h;
    struct sv_buf *b = sv_tcb_packet(t);
    if (!b)
        return false;
    sv_tcb_header(t, &h, t->c->iss, (uint16_t)(SV_SYN | (answer ? SV_ACK | sv_tcp_ecn_answer(t) : sv_tcp_ecn_syn(t))));
    sv_tcb_header_rare(t, &h);
    const struct sv_teach_syn *taught = t->tcp->teach.syns ? sv_tcp_teach_syn(t->tcp, t->c->flow) : NULL;
    const uint8_t offer = answer ? t->h->agreed : taught ? taught->offered : sv_tcb_offers(t);
    h.options = SV_OPTION_MSS;
    h.mss = taught && taught->mss ? taught->mss : sv_tcp_mss_for(t->tcp, t->h->interface, &t->h->remote);
    if (t->c->peer_mss && !answer) /* SV_OPT_MAX_SEGMENT */
        h.mss = (uint16_t)sv_min_u32(h.mss, t->c->peer_mss);
    if (offer & SV_TCP_TIMESTAMPS) {
        h.options |= SV_OPTION_TIMESTAMPS;
        h.ts_val = sv_tcp_ts_now(t);
        h.ts_ecr = answer ? t->h->ts_recent : 0;
    }
    if (offer & SV_TCP_SACK)
        h.options |= SV_OPTION_SACK_PERMITTED;
    if (offer & SV_TCP_SCALING)
        h.options |= SV_OPTION_SCALE;
    h.scale = answer ? sv_tcb_recv_scale(t) : sv_tcb_syn_scale(t, taught ? taught->scale : sv_tcb_scale_wanted(t));
    if (!answer)
        t->c->syn_offers = SV_SYN_OFFERS(offer, h.scale);
    h.window = (uint16_t)sv_min_u32(t->c->recv_buffer, 65535u);
    t->h->rcv_right = sv_seq_later(right, t->h->rcv_nxt + h.window); /* no more is offered than stands there */
    uint32_t length = 0;
    uint16_t sum = 0;
    if (SV_UNLIKELY(t->b->fast)) {
        if (!again && !answer)
            sv_tcp_fastopen_option(t, &h); /* neither cookie nor data is sent again: that may be why it was lost */
        length = again || answer ? 0 : t->h->snd_queued;
        if (length)
            sum = sv_tcb_attach(t, b, t->c->iss + 1u, &length, !turn->grant.offload);
        if (t->b->fast == SV_FAST_REPEATS)
            t->b->fast = SV_FAST_SERVES;
    }
    if (!again) {
        t->b->timing = 1;
        t->b->rtt_seq = t->c->iss + 1u;
        t->b->rtt_began = t->now;
    } else {
        t->b->timing = 0;
        t->c->retransmits++;
        t->tcp->count.retransmitted++;
    }
    t->b->syn_count = (uint8_t)sv_min_u32(t->b->syn_count + 1u, 255u);
    t->b->rexmit = 0;
    if (!sv_seq_after(t->h->snd_max, t->c->iss))
        t->h->snd_nxt = t->h->snd_max = t->c->iss + 1u + length;
    sv_tcb_finish_packet(t, turn, b, &h, sum, again ? t->b->reason : SV_SENT_SYN, length);
    sv_tcb_arm_retransmit(t);
    return true;
}

/* [start, end) has gone out. The byte that probes a closed window does not count as sent. */
static void sv_tcb_sent_to(struct sv_tcb *t, uint32_t start, uint32_t end, bool probe)
{
    if (!probe)
        t->h->snd_nxt = sv_seq_later(t->h->snd_nxt, end);
    if (sv_seq_after(end, t->h->snd_max)) {
        t->h->snd_max = end;
        sv_tcb_note_sent(t, start);
    }
    t->h->sent_tick = sv_tick(t->now);
}

uint32_t sv_tcb_send_data(struct sv_tcb *t, struct sv_turn *turn, uint32_t seq, uint32_t length, uint16_t reason)
{
    const uint32_t mss = t->h->mss - sv_tcb_sack_room(t);
    struct sv_tcp_header h;
    struct sv_buf *b = sv_tcb_packet(t);
    if (!b)
        return 0;
    const bool again = sv_seq_before(seq, t->h->snd_max), accurate = sv_tcb_accurate(t);
    if (SV_UNLIKELY(accurate) && !again)
        length = sv_accecn_room(t, length, mss);
    const bool super = length > t->h->mss;
    uint32_t n = super ? length : sv_min_u32(length, mss);
    const uint16_t sum = sv_tcb_attach(t, b, seq, &n, !super && !turn->grant.offload);
    if (super && n < length && n > mss) { /* slices ran out: whole segments only */
        sv_buf_truncate(b, n - n % mss);
        n -= n % mss;
    }
    const uint32_t end = t->h->snd_una + t->h->snd_queued;
    uint16_t flags = SV_ACK;
    if (sv_tcb_pushes(t, seq + n, n > mss) || (reason == SV_SENT_NEW && seq + n == turn->push_at))
        flags |= SV_PSH;
    const bool fin = seq + n == end && t->h->flags & SV_TCP_FIN_QUEUED && sv_tcb_synchronized(t);
    if (fin)
        flags |= SV_FIN;
    if (n > mss)
        sv_tcb_is_super(t, b, n, mss);
    if ((t->h->agreed & SV_TCP_ECN_CWR) && !again && reason == SV_SENT_NEW) {
        t->h->agreed &= (uint8_t)~SV_TCP_ECN_CWR; /* RFC 3168 §6.1.2: said once, with new data */
        flags |= SV_CWR;
        b->flags |= b->gso_size ? SV_BUF_ECN : 0;
    }
    turn->fresh |= !again && reason == SV_SENT_NEW;
    turn->stale |= again || reason != SV_SENT_NEW;
    sv_tcb_header(t, &h, seq, flags);
    sv_tcb_header_rare(t, &h);
    if (SV_UNLIKELY(accurate))
        sv_accecn_data(t, &h, n, again);
    if (again) {
        t->c->retransmits += b->segments;
        t->tcp->count.retransmitted += b->segments;
    } else if (!t->b->timing) {
        t->b->timing = 1;
        t->b->rtt_seq = seq + n;
        t->b->rtt_began = t->now;
    }
    if (!again && (n < mss || (n > mss && n % mss))) /* what is sent again was short before, and let pass */
        t->b->snd_small = seq + n;
    sv_tcb_finish_packet(t, turn, b, &h, sum, again && reason == SV_SENT_NEW ? SV_SENT_RTO : reason, n);
    const uint32_t start = seq;
    seq += n;
    if (fin) {
        t->h->flags |= SV_TCP_FIN_SENT;
        seq++;
    }
    sv_tcb_sent_to(t, start, seq, reason == SV_SENT_PROBE);
    if (SV_UNLIKELY(t->h->agreed & SV_TCP_PACED))
        sv_tcp_paced(t, n, !again);
    return n;
}

/* May new data go the short way: nothing of it sent before, no FIN, no urgent data, nothing out of order, a
 * segment a packet? */
static bool sv_tcb_runs(const struct sv_tcb *t, const struct sv_turn *turn)
{
    return t->h->snd_nxt == t->h->snd_max && !(t->h->flags & SV_TCP_FIN_QUEUED) && !t->b->urgent && !t->b->ooo_count &&
           !t->b->dsack && !(t->h->agreed & SV_TCP_UNCALM) && turn->grant.super <= t->h->mss;
}

/* One packet of `n` bytes from one span, `skip` bytes into it. False: no memory. */
static inline bool sv_tcb_run_packet(struct sv_tcb *t, struct sv_turn *turn, struct sv_pool *pool,
                                     const struct sv_span *s, uint32_t skip, uint32_t n,
                                     const struct sv_tcp_plain *plain, uint16_t flags)
{
    struct sv_tcp_out *o = &turn->out[turn->made];
    struct sv_buf *b = sv_buf_alloc_fast(pool, SV_WANT_CONTROL, t->core->account);
    if (SV_UNLIKELY(!b))
        return false; /* sv_tcb_send_data() asks again, and counts */
    const uint16_t offset = (uint16_t)(s->offset + skip);
    sv_slab_ref_fast(pool, s->slab);
    b->slice[0] = (struct sv_slice){s->slab, offset, (uint16_t)n};
    b->slices = 1;
    b->length = n;
    b->id = ++t->core->packet_id;
    o->packet = b;
    o->sum = sv_tcp_plain_emit(b, plain, s->seq + skip, flags);
    turn->made++;
    if (turn->grant.offload)
        return true;
    if (SV_LIKELY(n == s->length && (s->flags & SV_SPAN_SUMMED)))
        o->sum = sv_sum_add(o->sum, s->sum);
    else
        o->sum = sv_sum_add(o->sum, sv_sum(sv_slab_bytes_fast(pool, s->slab) + offset, n, t->core->cpu));
    return true;
}

/* New data as nearly all of it goes: segments that each lie in one span. What the segments of a turn have in
 * common, acknowledgement, window and timestamps, is worked out once. Stops once `budget` is reached. Gives the
 * bytes sent; 0 when the next segment lies in two spans, or there is no memory: sv_tcb_send_data() is for those. */
static uint32_t sv_tcb_send_run(struct sv_tcb *t, struct sv_turn *turn, uint32_t bytes, uint32_t budget)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    const uint32_t mss = t->h->mss, first = t->h->snd_nxt;
    const uint32_t end = turn->push_at;
    uint32_t i = sv_tcb_span_index(t, pool, first);
    uint32_t seq = first, n = 0;
    const uint32_t made = turn->made;
    struct sv_tcp_header h;
    struct sv_tcp_plain plain;
    sv_tcb_header(t, &h, first, SV_ACK);
    sv_tcp_plain_of(&plain, &h);
    while (seq - first < bytes && seq - first < budget && turn->made < turn->grant.packets) {
        const struct sv_span *s = sv_spans_at_fast(&t->b->send, pool, i);
        const uint32_t skip = seq - s->seq;
        const uint32_t want = sv_min_u32(bytes - (seq - first), mss);
        const bool push = seq + want == end || (s->flags & SV_SPAN_PUSH && skip + want == s->length);
        const uint16_t flags = push ? SV_ACK | SV_PSH : SV_ACK;
        if (want > s->length - skip || !sv_tcb_run_packet(t, turn, pool, s, skip, want, &plain, flags))
            break;
        n = want;
        seq += n;
        i += skip + n == s->length ? 1u : 0u;
        SV_TRACE_EVENT(t->core, SV_TRACE_TCP_SENT, SV_SENT_NEW, t->c->flow, t->core->packet_id, seq - n, h.ack, n,
                       flags, (uint32_t)h.window << sv_tcb_recv_scale(t), t->b->backoff);
        if (!t->b->timing) {
            t->b->timing = 1;
            t->b->rtt_seq = seq;
            t->b->rtt_began = t->now;
        }
    }
    t->b->send_hint = t->b->send.first + i;
    if (!n)
        return 0;
    turn->fresh = true;
    t->h->snd_nxt = t->h->snd_max = seq;
    sv_tcb_note_sent(t, first);
    if (n < mss)
        t->b->snd_small = seq;
    t->h->sent_tick = sv_tick(t->now);
    t->tcp->count.segments_out += turn->made - made;
    sv_tcb_acked_all(t);
    return seq - first;
}

static bool sv_tcb_send_fin(struct sv_tcb *t, struct sv_turn *turn)
{
    const uint32_t end = t->h->snd_una + t->h->snd_queued;
    const bool again = t->h->flags & SV_TCP_FIN_SENT;
    if (!sv_tcb_send_bare(t, turn, end, SV_FIN | SV_ACK, again ? SV_SENT_RTO : SV_SENT_FIN))
        return false;
    t->h->flags |= SV_TCP_FIN_SENT;
    t->h->snd_nxt = end + 1u;
    if (sv_seq_after(end + 1u, t->h->snd_max)) {
        t->h->snd_max = end + 1u;
        sv_tcb_note_sent(t, end);
    }
    return true;
}

/* New data within the grant. False: stopped by the grant or by memory, more is left. */
static bool sv_tcb_send_new(struct sv_tcb *t, struct sv_turn *turn)
{
    uint32_t bytes = 0;
    bool deferred = false;
    if (t->h->snd_queued && !t->b->persist) /* before the window is asked: idleness may have closed it */
        sv_tcp_cc_idle(t);
    if (SV_UNLIKELY(sv_search_on(t->tcp)) && t->h->snd_queued) {
        const enum sv_search_says says = sv_search_turn(t, turn);
        if (says != SV_SEARCH_SAYS_SEND)
            return says == SV_SEARCH_SAYS_WAIT;
    }
    const uint32_t mss = t->h->mss; /* divided by only where super-frames may be sent: a division is dear */
    const uint32_t packet = turn->grant.super > mss ? sv_tcb_burst(t, turn->grant.super) : mss;
    uint32_t n = sv_tcb_sendable(t);
    if (SV_UNLIKELY(t->h->agreed & SV_TCP_PACED))
        n = sv_tcp_pace(t, n);
    turn->push_at = sv_tcb_push_at(t, n);
    while (n) {
        if (turn->made >= turn->grant.packets || bytes >= turn->grant.bytes)
            return false;
        uint32_t sent = 0;
        deferred = packet > mss && sv_tcb_defers(t, n, packet);
        if (deferred)
            break;
        if (SV_LIKELY(sv_tcb_runs(t, turn)))
            sent = sv_tcb_send_run(t, turn, n, turn->grant.bytes - bytes);
        if (!sent)
            sent = sv_tcb_send_data(t, turn, t->h->snd_nxt, sv_min_u32(n, packet), SV_SENT_NEW);
        if (!sent)
            return false;
        bytes += sent;
        n -= sent;
    }
    if (SV_UNLIKELY(t->h->agreed & SV_TCP_PACED) && !deferred && sv_tcp_pace(t, sv_tcb_sendable(t)))
        return false; /* the next burst, in a turn of its own */
    if (SV_UNLIKELY(t->b->held == SV_HELD_PUSH))
        t->b->held = SV_HELD_NONE;
    if (sv_tcb_may_send_fin(t)) {
        if (turn->made >= turn->grant.packets)
            return false;
        return sv_tcb_send_fin(t, turn);
    }
    return true;
}

/* The number of a segment that carries nothing: after a timeout SND.NXT has gone back, and what stands there is old
 * to a peer that took the rest, so it would not read the acknowledgement; two such sides would answer each other
 * for ever. So the highest sent, but not beyond the peer's window, where a probe may have been refused. */
static uint32_t sv_tcb_bare_seq(const struct sv_tcb *t)
{
    const uint32_t edge = t->h->snd_una + t->h->snd_wnd;
    if (!sv_tcb_synchronized(t))
        return t->h->snd_nxt;
    return sv_seq_after(t->h->snd_max, edge) ? edge : t->h->snd_max;
}

/* A turn of one segment (tcp_short.h). False: no memory. */
static inline bool sv_tcb_short_turn(struct sv_tcb *t, enum sv_short kind, struct sv_tcp_out *out, bool offload)
{
    struct sv_tcp_header h;
    struct sv_buf *b = sv_buf_alloc_fast(sv_core_pool(t->core), SV_WANT_CONTROL, t->core->account);
    if (SV_UNLIKELY(!b))
        return false; /* the long way asks again, and counts */
    const uint16_t sum = sv_tcb_short_fill(t, kind, b, offload, &h);
    const uint32_t n = b->length;
    out->sum = sv_sum_fold((uint32_t)sv_tcp_emit_summed(b, &h, t->core->cpu) + sum);
    out->packet = b;
    b->id = ++t->core->packet_id;
    sv_tcb_short_sent(t, kind, b, &h, n);
    return true;
}

static bool sv_tcb_take_turn(struct sv_tcb *t, struct sv_turn *turn)
{
    bool done = true;
    if (sv_tcb_opening(t)) {
        SV_ASSERT(t->b != NULL); /* a SYN is in flight */
        if (t->b->rexmit || t->b->syn_count == 0)
            done = sv_tcb_send_syn(t, turn);
    } else {
        if (t->b && t->b->fast == SV_FAST_REPEATS)
            done = sv_tcb_send_syn(t, turn);
        if (done && t->b && t->b->rexmit)
            done = sv_tcb_send_again(t, turn);
        if (done && t->b && t->b->probe && turn->made < turn->grant.packets)
            done = sv_tcb_send_probe(t, turn);
        if (done && t->b && t->b->board != SV_NONE)
            done = sv_tcb_send_board(t, turn);
        if (turn->stale && (t->h->agreed & SV_TCP_ECN))
            done = false; /* RFC 3168 §6.1.5: what is sent again has another codepoint than what is new */
        if (done)
            done = t->b ? sv_tcb_send_new(t, turn) : true;
    }
    if (done)
        t->h->flags &= (uint16_t)~SV_TCP_SEND_NOW;
    return done;
}

/* A turn of a connection with AccECN: true, it was its third message, which goes alone (RFC 9768 §3.2.2.1). */
static bool sv_accecn_first(struct sv_tcb *t, struct sv_turn *turn)
{
    if (sv_tcb_accurate(t))
        sv_accecn_refit(t);
    if (sv_accecn_splits_badly(t))
        turn->grant.super = 0;
    return sv_accecn_owes_handshake(t) && sv_tcb_send_bare(t, turn, sv_tcb_bare_seq(t), SV_ACK, SV_SENT_ACK);
}

/* Is all that is in flight one segment, sent just now and timed? The log would know no more of it. */
static bool sv_tcb_times_alone(const struct sv_tcb *t, uint32_t sent_before)
{
    return t->b->timing && t->b->rtt_seq == t->h->snd_max && t->b->rtt_began == t->now && sent_before == t->h->snd_una;
}

static uint32_t sv_tcb_long_turn(struct sv_tcb *t, const struct sv_tcp_grant *grant, struct sv_tcp_out *out,
                                 struct sv_tcp_way *way)
{
    struct sv_turn turn = {.out = out, .grant = *grant, .made = 0};
    if (SV_UNLIKELY(t->h->agreed & SV_TCP_SIGNED))
        turn.grant.super = 0; /* each segment is signed by itself */
    if (SV_UNLIKELY(t->h->flags & SV_TCP_DEAD)) {
        sv_tcb_last_words(t, &turn);
        return turn.made;
    }
    bool done = true;
    const uint32_t sent_before = t->h->snd_max;
    if (SV_UNLIKELY(t->h->agreed & SV_TCP_ECN_ECHO) && sv_accecn_first(t, &turn))
        done = !(t->h->flags & SV_TCP_SEND_NOW);
    else if (t->h->flags & SV_TCP_SEND_NOW)
        done = sv_tcb_take_turn(t, &turn);
    if (t->h->flags & SV_TCP_ACK_NOW && turn.made < grant->packets && t->h->state != SV_SYN_SENT)
        done &= sv_tcb_send_bare(t, &turn, sv_tcb_bare_seq(t), SV_ACK, SV_SENT_ACK);
    if (t->h->agreed & SV_TCP_ECN)
        way->tos |= turn.fresh && !turn.stale ? sv_tcp_ecn_codepoint(t) : sv_tcp_ecn_codepoint_else(t);
    if (!done || (t->h->flags & SV_TCP_ACK_NOW && t->h->state != SV_SYN_SENT))
        sv_tcb_ready(t, t->h->flags & (SV_TCP_SEND_NOW | SV_TCP_ACK_NOW));
    if (t->h->snd_max != sent_before && sv_tcb_profile(t)->rtt_every_ack && t->b && t->b->board == SV_NONE &&
        !sv_tcb_opening(t) && !sv_tcb_times_alone(t, sent_before))
        sv_sent_log_note(t, sent_before);
    if (t->b && t->b->waits == SV_WAITS_PTO && t->h->snd_max != sent_before && t->b->retransmit_at != SV_NEVER)
        sv_tcb_restart_pto(t);
    else
        sv_tcb_arm_retransmit(t);
    sv_tcb_rearm(t);
    sv_tcb_settle(t);
    return turn.made;
}

SV_HOT uint32_t sv_tcp_transmit(struct sv_tcb *t, const struct sv_tcp_grant *grant, struct sv_tcp_out *out,
                                struct sv_tcp_way *way)
{
    const enum sv_short kind = sv_tcb_short(t);
    *way = (struct sv_tcp_way){t->h->remote, t->h->local, t->h->neighbour, t->h->ttl, (uint8_t)(t->c->dscp << 2)};
    if (kind != SV_SHORT_NOT) {
        sv_tcb_short_begins(t, kind);
        if (SV_UNLIKELY(t->h->agreed & SV_TCP_ECN) && (t->h->flags & SV_TCP_SEND_NOW))
            way->tos |= sv_tcp_ecn_codepoint(t);
        if (SV_LIKELY(sv_tcb_short_turn(t, kind, out, grant->offload)))
            return 1;
    }
    return sv_tcb_long_turn(t, grant, out, way);
}
