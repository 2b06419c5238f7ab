/* SPDX-License-Identifier: BSD-2-Clause */
/* The fifth step of RFC 9293 §3.10.7.4: what an acknowledgement changes. */
#include "core/spans_inline.h"
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_sack.h"
#include "l4_transport/tcp_trouble.h"

/* The peer's window. SND.WL1 and WL2 keep an old segment from bringing back an old window; WL2 never decides:
 * it is an acknowledgement that was accepted, so at most SND.UNA, and SEG.ACK is not below that here. */
void sv_tcp_window_from(struct sv_tcb *t, const struct sv_seg *s)
{
    if (sv_seq_before(s->seq, t->h->snd_wl1))
        return;
    const uint32_t window = s->window << sv_tcb_send_scale(t);
    t->h->snd_wl1 = s->seq;
    if (s->window > t->c->max_window_field)
        t->c->max_window_field = (uint16_t)s->window;
    if (window == t->h->snd_wnd)
        return;
    const bool opened = window > t->h->snd_wnd;
    t->h->snd_wnd = window;
    if (t->b && t->b->persist && window) {
        t->b->persist = 0;
        t->b->backoff = 0;
        t->b->retransmit_at = SV_NEVER;
        sv_tcb_arm_retransmit(t);
    }
    if (opened)
        sv_tcb_consider_sending(t);
}

/* RFC 5961 §5.2 and §3.10.7.4: neither what was never sent nor what is too old to be of this connection: older than the
 * largest window, or, as Linux has it (tcp_ack(): bytes_acked), than the connection itself. */
static bool sv_tcp_ack_in_range(const struct sv_tcb *t, const struct sv_seg *s)
{
    const uint32_t max_window = (uint32_t)t->c->max_window_field << sv_tcb_send_scale(t);
    const uint32_t fin = (t->h->flags & SV_TCP_FIN_SENT) && t->h->snd_una == t->h->snd_max;
    const uint32_t syn = t->h->flags & SV_TCP_ACTIVE ? 1 : 0; /* who was called has sent its SYN before it was one */
    const uint64_t all = sv_tcb_profile(t)->acks_by_sent ? t->c->bytes_sent + syn + fin : UINT64_MAX;
    const uint32_t back = (uint32_t)sv_min_u64(max_window, all);
    return sv_seq_before_or_at(s->ack, t->h->snd_max) && sv_seq_after_or_at(s->ack, t->h->snd_una - back);
}

SV_HOT uint32_t sv_tcp_sample_rtt(struct sv_tcb *t, const struct sv_seg *s)
{
    struct sv_tcp_busy *b = t->b;
    uint32_t last_us;
    if (SV_UNLIKELY(b->log != SV_NONE) && sv_sent_log_sample(t, s->ack, &last_us)) {
        b->timing = b->log != SV_NONE; /* keeps the ordinary way asking */
        return last_us;
    }
    if (b->timing && sv_seq_after_or_at(s->ack, b->rtt_seq)) {
        b->timing = 0;
        const uint32_t us = (uint32_t)sv_min_u64((t->now - b->rtt_began) / SV_US, 60000000u);
        sv_tcp_rtt_sample(t, us);
        return us;
    }
    if ((b->backoff || b->board != SV_NONE) && (t->h->agreed & SV_TCP_TIMESTAMPS) && s->ts_ecr) {
        /* The echoed timestamp says which transmission is acknowledged: Karn's rule is not needed (RFC 7323 §4.1). In a
         * long recovery nothing else is acknowledged, while the queue, and with it the round trip, grows. */
        const uint32_t ms = sv_tcp_ts_now(t) - s->ts_ecr;
        if (ms < 60000u)
            sv_tcp_rtt_sample(t, ms * 1000u);
    }
    return 0;
}

/* Bytes and perhaps the FIN leave the send queue. True: our FIN is acknowledged. */
static bool sv_tcp_take_acked(struct sv_tcb *t, uint32_t ack)
{
    const uint32_t advance = ack - t->h->snd_una;
    const uint32_t bytes = sv_min_u32(advance, t->h->snd_queued);
    const bool fin = (t->h->flags & SV_TCP_FIN_SENT) && advance > t->h->snd_queued;
    if (bytes) {
        sv_spans_drop_before_fast(&t->b->send, sv_core_pool(t->core), t->h->snd_una + bytes);
        t->h->snd_queued -= bytes;
        t->c->bytes_sent += bytes;
    }
    t->h->snd_una = ack;
    if (sv_seq_before(t->h->snd_nxt, ack))
        t->h->snd_nxt = ack;
    if (sv_seq_before(t->b->rexmit_nxt, ack)) {
        t->b->rexmit_nxt = ack;
        t->b->rexmit = 0;
    }
    if (sv_seq_before(t->b->snd_small, ack))
        t->b->snd_small = ack;
    if (t->b->urgent && sv_seq_after_or_at(ack, t->b->snd_up))
        t->b->urgent = 0;
    return fin;
}

/* RFC 5681 §2's duplicate: nothing but the same acknowledgement again, while something is in flight. With SACK the
 * blocks say it, and better (RFC 6675 §2): it is asked only when there was no memory for a board. */
static bool sv_tcp_is_duplicate(const struct sv_tcb *t, const struct sv_seg *s)
{
    return s->ack == t->h->snd_una && s->length == 0 && !(s->flags & (SV_SYN | SV_FIN)) && t->b &&
           t->h->snd_una != t->h->snd_max && !t->b->persist && t->b->board == SV_NONE &&
           (!(t->h->agreed & SV_TCP_SACK) || s->sacks) && s->window << sv_tcb_send_scale(t) == t->h->snd_wnd;
}

/* Without SACK each duplicate acknowledgement has told of a segment that was delivered, and limited transmit has sent
 * one for it (RFC 3042): what comes now acknowledges the hole and the rest (tcp_remove_reno_sacks()). */
static uint32_t sv_tcp_newly_delivered(const struct sv_tcb *t, uint32_t acked)
{
    const uint32_t told = t->h->agreed & SV_TCP_SACK ? 0 : (uint32_t)t->h->dupacks * t->h->mss;
    return told ? sv_max_u32(acked - sv_min_u32(told, acked), sv_min_u32(acked, t->h->mss)) : acked;
}

/* True: our FIN is among what it acknowledges. */
static bool sv_tcp_new_ack(struct sv_tcb *t, struct sv_seg *s, struct sv_news *news)
{
    const uint32_t acked = s->ack - t->h->snd_una;
    const bool board = t->b->board != SV_NONE;
    if (board)
        sv_sack_acked(t, s, news);
    if (SV_UNLIKELY(t->b->backoff) && !t->b->persist) /* stays until something is measured: RFC 6298 §5, Karn */
        t->c->rto_us = (uint32_t)(sv_tcb_rto(t) / SV_US);
    /* The acknowledgement of a duplicate echoes what came before it: that is no round trip. */
    const uint32_t rtt_us = news->rtt_us || news->dsack ? news->rtt_us : sv_tcp_sample_rtt(t, s);
    t->b->backoff = 0;
    sv_tcb_trouble_over(t);
    const bool fin = sv_tcp_take_acked(t, s->ack);
    if (!board && !(SV_UNLIKELY(t->b->doubt) && sv_doubt_acked(t, s)) && !sv_tcp_recovery_ack(t, acked)) {
        const struct sv_tcp_acked a = {.bytes = sv_tcp_newly_delivered(t, acked),
                                       .flight = sv_tcb_flight(t) + acked,
                                       .rtt_us = rtt_us,
                                       .ts_ecr = sv_tcp_echoed(s)};
        sv_tcp_cc_acked(t, &a);
    }
    t->h->dupacks = 0;
    t->b->give_up_at = SV_NEVER;
    sv_tcp_window_from(t, s);
    if (board) {
        sv_recovery_acked(t, s, news);
    } else {
        t->b->retransmit_at = SV_NEVER; /* RFC 6298 §5 (5.3): restarted for what is still in flight */
        sv_tcb_arm_retransmit(t);
    }
    if (t->b->held == SV_HELD_MORE)
        sv_tcb_cork_lift(t);
    sv_tcp_path_works(t);
    sv_tcp_tell_acked(t);
    sv_tcb_consider_sending(t);
    return fin;
}

/* Our FIN was acknowledged: the three states that wait for that. Stop: the record is gone. */
enum sv_walk sv_tcp_fin_acked(struct sv_tcb *t, struct sv_seg *s)
{
    switch (t->h->state) {
    case SV_FIN_WAIT_1:
        sv_tcp_move(t, SV_ON_FIN_ACKED);
        return SV_WALK_ON;
    case SV_CLOSING:
        sv_buf_free(s->packet);
        s->packet = NULL;
        sv_tcp_move(t, SV_ON_FIN_ACKED);
        sv_tcp_enter_time_wait(t);
        return SV_WALK_STOP;
    default: /* LAST-ACK; no other state has sent a FIN that was not acknowledged */
        SV_ASSERT(t->h->state == SV_LAST_ACK);
        sv_buf_free(s->packet);
        s->packet = NULL;
        sv_tcb_end(t, SV_ON_FIN_ACKED, SV_OK, SV_CAUSE_ORDERLY);
        return SV_WALK_STOP;
    }
}

/* The third message. Fast Open's connection has long been at work and has only waited for it. */
void sv_tcp_handshake_done(struct sv_tcb *t, const struct sv_seg *s)
{
    const bool fast = sv_tcb_serves_fast(t);
    t->h->snd_wnd = s->window << sv_tcb_send_scale(t);
    t->h->snd_wl1 = s->seq;
    if (s->window > t->c->max_window_field)
        t->c->max_window_field = (uint16_t)s->window;
    if (!fast)
        sv_tcp_cc_open(t);
    if (t->b->backoff) /* RFC 6298 §5.7 */
        t->c->rto_us = sv_tcb_profile(t)->rto_after_syn_us;
    if (fast)
        sv_tcp_fastopen_acknowledged(t);
    else if (t->h->snd_queued) /* a simultaneous open: data went with our SYN */
        sv_tcp_fastopen_crossed(t, s);
    sv_tcp_move(t, SV_ON_SYN_ACKED);
    if (t->h->flags & SV_TCP_FIN_QUEUED)
        sv_tcp_move(t, SV_ON_CLOSE);
    if (t->h->snd_queued) {
        sv_tcb_arm_retransmit(t);
        sv_tcb_consider_sending(t);
    }
    if (fast)
        return;
    if (t->c->listener != SV_NONE)
        sv_tcp_accept_ready(t);
    else
        sv_tcb_tell(t, SV_EVENT_CONNECTED | SV_EVENT_WRITABLE);
    if (SV_UNLIKELY(t->b && t->b->ooo_slab != SV_NONE)) /* text came with the peer's SYN */
        sv_tcp_reass_was_read(t);
}

enum sv_walk sv_tcp_step5_ack(struct sv_tcb *t, struct sv_seg *s)
{
    if (!(s->flags & SV_ACK) && !sv_tcp_teach_flawed(t->tcp, SV_FLAW_ACK_WITHOUT_FLAG)) {
        sv_tcp_discard(t, s, SV_DROP_TCP_NO_ACK);
        return SV_WALK_STOP;
    }
    const bool acceptable = sv_tcp_ack_in_range(t, s);
    const bool third = t->h->state == SV_SYN_RECEIVED && sv_seq_after(s->ack, t->c->iss);
    if (SV_UNLIKELY(acceptable && third)) {
        sv_tcp_handshake_done(t, s);
    } else if (SV_UNLIKELY(!acceptable)) {
        sv_tcp_challenge_ack(t);
        sv_tcp_discard(t, s, SV_DROP_TCP_ACK_NOT_ACCEPTABLE);
        return SV_WALK_STOP;
    }
    if (s->options & SV_OPTION_TIMESTAMPS)
        sv_tcp_note_timestamp(t, s);
    const struct sv_board *k = sv_tcb_board(t);
    struct sv_news news = {.flight = sv_tcb_flight(t), .fack = k ? k->fack : t->h->snd_una};
    if (SV_UNLIKELY(s->options & SV_OPTION_SACK) && (t->h->agreed & SV_TCP_SACK) && !sv_tcb_opening(t))
        sv_sack_arrives(t, s, &news);
    if (sv_seq_after(s->ack, t->h->snd_una)) {
        if (sv_tcp_new_ack(t, s, &news))
            return sv_tcp_fin_acked(t, s);
        return SV_WALK_ON;
    }
    /* It answers, and what we send is beyond its window: it lives (RFC 9293 §3.8.6.1, MUST-37, SHLD-17). */
    if (s->ack == t->h->snd_una && t->b && (t->b->persist || s->window == 0))
        sv_tcb_give_up_later(t);
    if (!third && sv_tcp_is_duplicate(t, s)) /* the third message repeats nothing, though Fast Open's data is out */
        sv_tcp_recovery_duplicate(t);
    else if (s->ack == t->h->snd_una)
        sv_tcp_window_from(t, s);
    if (t->b && t->b->board != SV_NONE) { /* an old acknowledgement may bring new blocks, too */
        sv_recovery_acked(t, s, &news);
        sv_tcb_consider_sending(t);
    }
    return SV_WALK_ON;
}
