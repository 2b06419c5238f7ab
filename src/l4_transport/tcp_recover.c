/* SPDX-License-Identifier: BSD-2-Clause */
/* The congestion window: slow start, congestion avoidance, fast retransmit (RFC 5681) and NewReno's recovery
 * (RFC 6582). Everything is in bytes. */
#include "l4_transport/tcp_internal.h"

#define SV_CWND_MAX (1u << 30)

static void sv_tcp_cwnd_trace(const struct sv_tcb *t, uint16_t cause)
{
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_CWND, cause, t->c->flow, 0, t->h->cwnd, t->c->ssthresh, sv_tcb_flight(t));
}

enum { CWND_OPEN, CWND_GROW, CWND_LOSS, CWND_TIMEOUT, CWND_PARTIAL, CWND_RECOVERED, CWND_IDLE };

static uint32_t sv_tcp_initial_window(const struct sv_tcb *t)
{
    const uint32_t mss = t->h->mss;
    const uint32_t segments = sv_tcb_profile(t)->initial_window;
    if (segments == 0) /* RFC 5681 §3.1 */
        return mss > 2190 ? 2u * mss : mss > 1095 ? 3u * mss : 4u * mss;
    return sv_min_u32(segments * mss, sv_max_u32(2u * mss, segments * 1460u)); /* RFC 6928 §2 */
}

void sv_tcp_cc_open(struct sv_tcb *t)
{
    t->h->cwnd = sv_tcp_initial_window(t);
    if (t->b && t->b->backoff) /* RFC 5681 §3.1: the SYN or its answer was lost */
        t->h->cwnd = t->h->mss;
    sv_tcp_cwnd_trace(t, CWND_OPEN);
}

void sv_tcp_cc_acked(struct sv_tcb *t, uint32_t bytes)
{
    const uint32_t mss = t->h->mss;
    const uint32_t flight = sv_tcb_flight(t) + bytes; /* before this acknowledgement */
    if (t->b->recovery == SV_RECOVERY_TIMEOUT && sv_seq_after(t->h->snd_una, t->b->recover))
        t->b->recovery = SV_RECOVERY_NONE;
    if (flight + mss < t->h->cwnd) /* the window did not limit us: it has proved nothing (RFC 7661) */
        return;
    if (t->h->cwnd < t->c->ssthresh) {
        const uint32_t most = sv_tcb_profile(t)->grow_by_bytes ? bytes : sv_min_u32(bytes, mss);
        t->h->cwnd += sv_min_u32(most, t->c->ssthresh - t->h->cwnd);
    } else {
        t->b->acked_in_round += bytes; /* one segment a window's worth (RFC 5681 §3.1, RFC 3465 §2.1) */
        if (t->b->acked_in_round >= t->h->cwnd) {
            t->b->acked_in_round -= t->h->cwnd;
            t->h->cwnd += mss;
        }
    }
    t->h->cwnd = sv_min_u32(t->h->cwnd, SV_CWND_MAX);
    sv_tcp_cwnd_trace(t, CWND_GROW);
}

static void sv_tcp_halve(struct sv_tcb *t, uint32_t flight)
{
    t->c->ssthresh = sv_max_u32(flight / 2u, 2u * t->h->mss); /* RFC 5681 (4) */
}

void sv_tcp_cc_duplicate(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    if (t->h->dupacks < 255)
        t->h->dupacks++;
    if (t->h->dupacks == 1)
        b->dup_flight = t->h->snd_max - t->h->snd_una;
    if (b->recovery == SV_RECOVERY_FAST) {
        t->h->cwnd = sv_min_u32(t->h->cwnd + t->h->mss, SV_CWND_MAX); /* one segment has left the network */
    } else if (t->h->dupacks == sv_tcb_profile(t)->duplicate_threshold && sv_seq_after(t->h->snd_una, b->recover)) {
        t->tcp->count.fast_recoveries++;
        sv_tcp_halve(t, b->dup_flight); /* without what limited transmit added, RFC 5681 §3.2 step 2 */
        b->recover = t->h->snd_max - 1u;
        b->recovery = SV_RECOVERY_FAST;
        t->h->cwnd = t->c->ssthresh + 3u * t->h->mss;
        b->rexmit = 1;
        b->rexmit_nxt = t->h->snd_una;
        b->reason = SV_SENT_FAST;
        b->timing = 0;
        sv_tcp_cwnd_trace(t, CWND_LOSS);
    }
    sv_tcb_consider_sending(t);
}

bool sv_tcp_recovery_ack(struct sv_tcb *t, uint32_t acked)
{
    struct sv_tcp_busy *b = t->b;
    const uint32_t mss = t->h->mss;
    if (b->recovery != SV_RECOVERY_FAST)
        return false;
    if (sv_seq_after(t->h->snd_una, b->recover)) { /* RFC 6582 §3.2 step 3, full */
        t->h->cwnd = sv_min_u32(t->c->ssthresh, sv_max_u32(sv_tcb_flight(t), mss) + mss);
        b->recovery = SV_RECOVERY_NONE;
        sv_tcp_cwnd_trace(t, CWND_RECOVERED);
        return true;
    }
    /* Partial: the next hole is at SND.UNA. */
    b->rexmit = 1;
    b->rexmit_nxt = t->h->snd_una;
    b->reason = SV_SENT_FAST;
    t->h->cwnd -= sv_min_u32(acked, t->h->cwnd - mss);
    if (acked >= mss)
        t->h->cwnd += mss;
    sv_tcp_cwnd_trace(t, CWND_PARTIAL);
    return true;
}

void sv_tcp_cc_timeout(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    if (b->backoff <= 1) /* RFC 5681 §3.1: ssthresh is kept when the same segment times out again */
        sv_tcp_halve(t, t->h->snd_max - t->h->snd_una);
    t->h->cwnd = t->h->mss;
    b->acked_in_round = 0;
    b->recovery = SV_RECOVERY_TIMEOUT;
    b->recover = t->h->snd_max - 1u;
    sv_tcp_cwnd_trace(t, CWND_TIMEOUT);
}

void sv_tcp_cc_idle_since(struct sv_tcb *t)
{
    const uint64_t idle_us = (uint64_t)(sv_tick(t->now) - t->h->sent_tick) * 1048u;
    if (idle_us <= t->c->rto_us)
        return;
    const uint32_t restart = sv_tcp_initial_window(t);
    if (t->h->cwnd <= restart)
        return;
    t->h->cwnd = restart; /* RFC 5681 §4.1 */
    sv_tcp_cwnd_trace(t, CWND_IDLE);
}
