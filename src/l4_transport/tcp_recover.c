/* SPDX-License-Identifier: BSD-2-Clause */
/* Episodes of recovery. Without SACK: fast retransmit (RFC 5681) and NewReno (RFC 6582). With it: RFC 6675's on a board
 * (tcp_scoreboard.h), the window driven by PRR. Everything is in bytes. */
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_sack.h"

/* --- without SACK, or when there was no memory for a board --- */

/* What RFC 5681 (4) halves: what is in flight; before, the window as it was without what duplicates had added. */
static uint32_t sv_recovery_halved(const struct sv_tcb *t, uint32_t flight)
{
    if (!(t->tcp->teach.classic & SV_CLASSIC_1996))
        return flight;
    return t->b->recovery == SV_RECOVERY_FAST ? t->c->ssthresh : t->h->cwnd;
}

void sv_tcp_recovery_duplicate(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    if (t->h->dupacks < 255)
        t->h->dupacks++;
    if (SV_UNLIKELY(b->doubt))
        sv_doubt_duplicate(t);
    if (t->h->dupacks == 1 && !(t->h->agreed & SV_TCP_SACK))
        b->dup_flight = t->h->snd_max - t->h->snd_una;
    if (b->recovery == SV_RECOVERY_FAST) {
        t->h->cwnd = sv_min_u32(t->h->cwnd + t->h->mss, SV_CWND_MAX); /* one segment has left the network */
    } else if (t->h->dupacks == sv_tcb_profile(t)->duplicate_threshold && sv_search_on(t->tcp) &&
               sv_search_lost(t, NULL)) { /* RFC 4821 §7.6.1: no congestion */
        b->rexmit = 1;
        b->rexmit_nxt = t->h->snd_una;
        b->reason = SV_SENT_FAST;
        b->timing = 0;
        sv_sent_log_forget(t);
    } else if (t->h->dupacks == sv_tcb_profile(t)->duplicate_threshold && sv_seq_after(t->h->snd_una, b->recover)) {
        t->tcp->count.fast_recoveries++;
        /* Without what limited transmit added, RFC 5681 §3.2 step 2. */
        sv_tcp_cc_loss(
            t, sv_recovery_halved(t, t->h->agreed & SV_TCP_SACK ? t->h->snd_max - t->h->snd_una : b->dup_flight));
        b->recover = t->h->snd_max - 1u;
        b->recovery = SV_RECOVERY_FAST;
        t->h->cwnd = t->c->ssthresh + 3u * t->h->mss;
        b->rexmit = 1;
        b->rexmit_nxt = t->h->snd_una;
        b->reason = SV_SENT_FAST;
        b->timing = 0;
        sv_sent_log_forget(t);
        sv_doubt_begin(t, 0);
        sv_tcp_cwnd_trace(t, SV_CWND_LOSS);
    }
    sv_tcb_consider_sending(t);
}

bool sv_tcp_recovery_ack(struct sv_tcb *t, uint32_t acked)
{
    struct sv_tcp_busy *b = t->b;
    const uint32_t mss = t->h->mss;
    if (b->recovery != SV_RECOVERY_FAST)
        return false;
    const bool whole = sv_seq_after(t->h->snd_una, b->recover); /* RFC 6582 §3.2 step 3 */
    if (whole || t->tcp->teach.classic & SV_CLASSIC_RENO) {
        t->h->cwnd = t->c->ssthresh;
        if (!t->tcp->teach.classic)
            t->h->cwnd = sv_min_u32(t->c->ssthresh, sv_max_u32(sv_tcb_flight(t), mss) + mss);
        b->recovery = SV_RECOVERY_NONE;
        sv_tcp_cwnd_trace(t, SV_CWND_RECOVERED);
        return true;
    }
    /* Partial: the next hole is at SND.UNA. */
    b->rexmit = 1;
    b->rexmit_nxt = t->h->snd_una;
    b->reason = SV_SENT_FAST;
    t->h->cwnd -= sv_min_u32(acked, t->h->cwnd - mss);
    if (acked >= mss)
        t->h->cwnd += mss;
    if (t->tcp->teach.classic & SV_CLASSIC_1996)
        t->h->cwnd = t->c->ssthresh;
    sv_tcp_cwnd_trace(t, SV_CWND_PARTIAL);
    return true;
}

void sv_tcp_recovery_timeout(struct sv_tcb *t)
{
    const bool first = t->b->recovery == SV_RECOVERY_NONE || t->b->backoff > 1;
    sv_tcp_cc_timeout(t, sv_recovery_halved(t, t->h->snd_max - t->h->snd_una));
    sv_doubt_begin(t, first ? SV_DOUBT_FIRST : 0);
    t->b->recovery = SV_RECOVERY_TIMEOUT;
    t->b->recover = t->h->snd_max - 1u;
}

/* --- with a board --- */

/* RFC 6675 §5 step 4; RFC 9937 §5.1. The flight is told without what limited transmit put in the place of what had
 * been SACKed. */
void sv_recovery_begin(struct sv_tcb *t, struct sv_board *k, const struct sv_news *news)
{
    struct sv_tcp_busy *b = t->b;
    t->tcp->count.fast_recoveries++;
    t->tcp->count.sack_recoveries++;
    sv_undo_begin(t, k);
    sv_tcp_cc_loss(t, news->flight);
    sv_prr_begin(t, k, news->flight);
    b->recover = t->h->snd_max - 1u;
    b->recovery = SV_RECOVERY_FAST;
    b->timing = 0;
    k->rescued = 0;
    sv_tcp_cwnd_trace(t, SV_CWND_LOSS);
}

/* All that was in flight when it began is delivered. */
void sv_recovery_end(struct sv_tcb *t, struct sv_board *k)
{
    if (t->b->recovery == SV_RECOVERY_FAST) {
        t->h->cwnd = sv_max_u32(t->c->ssthresh, t->h->mss); /* RFC 9937 §5.1, at the end */
        sv_tcp_cwnd_trace(t, SV_CWND_RECOVERED);
    }
    sv_rack_recovered(t);
    k->frto = SV_FRTO_NONE;
    k->undo_end = t->h->snd_max;
    t->b->recovery = SV_RECOVERY_DISORDER;
}

static bool sv_recovery_lasts(const struct sv_tcb *t)
{
    return t->b->recovery == SV_RECOVERY_FAST || t->b->recovery == SV_RECOVERY_TIMEOUT;
}

/* The episode as this acknowledgement leaves it. */
static void sv_recovery_episode(struct sv_tcb *t, struct sv_board *k, const struct sv_seg *s, struct sv_news *news)
{
    if (news->dsack)
        sv_undo_dsack(t, k, news);
    if (sv_undo_try(t, k, s, news) || sv_frto_acked(t, k, s, news))
        return;
    if (sv_recovery_lasts(t) && sv_seq_after(t->h->snd_una, t->b->recover))
        sv_recovery_end(t, k);
    if (k->frto == SV_FRTO_PROBES)
        return; /* until it is decided nothing else is taken for lost, or sent again */
    news->lost = sv_rack_detect(t, k);
    if (k->lost && t->b->recovery == SV_RECOVERY_DISORDER && !(sv_search_on(t->tcp) && sv_search_lost(t, k)))
        sv_recovery_begin(t, k, news);
}

/* Does what is delivered beyond a gap make the window grow at once, not only when the gap is closed? */
static bool sv_recovery_grows(const struct sv_tcb *t, const struct sv_news *news)
{
    return sv_tcb_profile(t)->grows_out_of_order && t->b->reordering > sv_tcb_profile(t)->duplicate_threshold &&
           news->delivered;
}

/* The acknowledgement that ends an episode lets the window as the episode left it. */
static void sv_recovery_window(struct sv_tcb *t, struct sv_board *k, const struct sv_seg *s, const struct sv_news *news,
                               bool ended)
{
    /* What is timed roughly on the board, or was sent again, is told by its echo: HyStart++ asks for a sample of each
     * acknowledgement (RFC 9406 §4.2), and not only while nothing is doubted. */
    const bool echoes = news->acked && !news->dsack;
    const struct sv_tcp_acked a = {.bytes = news->delivered,
                                   .flight = news->flight,
                                   .rtt_us = news->rtt_us,
                                   .ts_ecr = echoes ? sv_tcp_echoed(s) : 0};
    const uint32_t wants = sv_tcp_cc_of(t)->wants;
    if (t->b->recovery == SV_RECOVERY_FAST && !(wants & SV_CC_OWN_WINDOW))
        sv_prr_acked(t, k, news);
    else if (((news->acked || sv_recovery_grows(t, news)) && !ended) || (wants & SV_CC_EVERY_ACK))
        sv_tcp_cc_acked(t, &a);
}

/* Calm again, or nothing in flight? What may yet come to say that it was no congestion is waited for, a while. */
static void sv_recovery_settle(struct sv_tcb *t, struct sv_board *k)
{
    if (t->h->snd_una == t->h->snd_max && (k->tlp || k->undo)) {
        t->b->recovery = SV_RECOVERY_DISORDER;
        t->b->waits = SV_WAITS_NEWS;
        t->b->retransmit_at = t->now + sv_tcb_rto(t);
        return;
    }
    if (t->h->snd_una != t->h->snd_max &&
        (t->b->recovery != SV_RECOVERY_DISORDER || k->sacked || k->lost || k->tlp || k->undo || k->dsack_round_set))
        return;
    sv_tcb_release_board(t);
}

/* What is delivered had been sent before the first hole was filled: the queue in which that retransmission stands is
 * still on its way out, and the round trip that it will take is longer than was known when the timer was set. So the
 * timer begins anew, and no longer once something that was sent after it is there (tcp_clean_rtx_queue()). */
static bool sv_recovery_drains(const struct sv_tcb *t, const struct sv_board *k, const struct sv_news *news)
{
    const struct sv_run *head = k->count ? sv_run_at(t, k, 0) : NULL;
    return t->b->recovery == SV_RECOVERY_FAST && news->delivered && k->rack_seen && head &&
           (head->marks & SV_RUN_AGAIN) && (int32_t)(head->last - k->rack_at) > 0;
}

void sv_recovery_acked(struct sv_tcb *t, const struct sv_seg *s, struct sv_news *news)
{
    struct sv_board *k = sv_tcb_board_there(t);
    const uint8_t before = t->b->recovery;
    if (news->rtt_us) /* RFC 8985 §6.2 step 1, RFC 6298 §3: of what was sent once */
        sv_tcp_rtt_sample(t, news->rtt_us);
    if (news->dsack)
        sv_rack_dsack(t, k);
    else if (k->dsack_round_set && sv_seq_after_or_at(t->h->snd_una, k->dsack_round))
        k->dsack_round_set = 0;
    sv_tlp_acked(t, k, s, news);
    sv_recovery_episode(t, k, s, news);
    if (news->reordered) {
        t->tcp->count.reordered++;
        t->c->reordered = (uint8_t)sv_min_u32(t->c->reordered + 1u, 255u);
    }
    const bool turned = t->b->recovery != before;
    sv_recovery_window(t, k, s, news, turned && before == SV_RECOVERY_FAST);
    t->b->timing = 0;
    if (news->acked || k->wait || turned || t->b->waits == SV_WAITS_REORDER ||
        sv_recovery_drains(t, k, news)) { /* RFC 6298 §5 (5.3), and what is sooner */
        t->b->retransmit_at = SV_NEVER;
        sv_tcb_arm_retransmit(t);
    }
    sv_recovery_settle(t, k);
}

bool sv_recovery_timeout(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    struct sv_board *k = sv_tcb_need_board(t);
    if (!k)
        return false;
    const uint32_t flight = sv_board_pipe(t, k) + k->lost;
    const bool first = !sv_recovery_lasts(t);
    const bool renege = sv_run_at(t, k, 0)->marks & SV_RUN_SACKED;
    if (renege) {
        t->tcp->count.sack_reneged++;
        sv_drop(t->core, SV_DROP_TCP_SACK_RENEGED, NULL, t->h->interface, t->c->flow);
    }
    if (first || sv_seq_after(t->h->snd_una, k->undo_from))
        sv_undo_begin(t, k);
    sv_tcp_cc_timeout(t, flight);
    sv_rack_all_lost(t, k, renege);
    t->h->cwnd = sv_board_pipe(t, k) + t->h->mss; /* one segment: what is not taken for lost is in the network still */
    k->tlp = SV_TLP_NONE;
    k->rescued = 0;
    const bool doubt = sv_tcp_recovers(t, SV_RECOVER_FRTO) && !renege && (first || b->backoff > 1);
    k->frto = doubt ? SV_FRTO_FIRST : SV_FRTO_NONE;
    b->recovery = SV_RECOVERY_TIMEOUT;
    b->recover = t->h->snd_max - 1u;
    b->reason = SV_SENT_RTO;
    b->tlp_now = 0;
    return true;
}
