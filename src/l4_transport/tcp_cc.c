/* SPDX-License-Identifier: BSD-2-Clause */
/* The congestion window: what all algorithms have in common. Everything is in bytes. */
#include "l4_transport/tcp_cc.h"

#include "l4_transport/tcp_internal.h"

const struct sv_tcp_cc *sv_tcp_cc_of(const struct sv_tcb *t)
{
    (void)t;
    return &sv_tcp_reno;
}

void sv_tcp_cwnd_trace(const struct sv_tcb *t, enum sv_tcp_cwnd_cause cause)
{
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_CWND, (uint16_t)cause, t->c->flow, 0, t->h->cwnd, t->c->ssthresh,
                   sv_tcb_flight(t));
}

uint32_t sv_tcp_initial_window(const struct sv_tcb *t)
{
    const uint32_t mss = t->h->mss;
    const uint32_t segments = sv_tcb_profile(t)->initial_window;
    if (segments == 0) /* RFC 5681 §3.1 */
        return mss > 2190 ? 2u * mss : mss > 1095 ? 3u * mss : 4u * mss;
    return sv_min_u32(segments * mss, sv_max_u32(2u * mss, segments * 1460u)); /* RFC 6928 §2 */
}

void sv_tcp_cc_begin(struct sv_tcb *t)
{
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    if (cc->begin)
        cc->begin(t);
}

void sv_tcp_cc_quiet(struct sv_tcb *t)
{
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    if (cc->quiet && t->c->listener == SV_NONE) /* else the word is a link of the queue of the unaccepted */
        t->c->cc_kept = cc->quiet(t);
}

void sv_tcp_cc_open(struct sv_tcb *t)
{
    t->h->cwnd = sv_tcp_initial_window(t);
    if (t->b && t->b->backoff) /* RFC 5681 §3.1: the SYN or its answer was lost */
        t->h->cwnd = t->h->mss;
    sv_tcp_cwnd_trace(t, SV_CWND_OPEN);
}

bool sv_tcp_cc_limited(const struct sv_tcb *t, uint32_t flight)
{
    return flight + t->h->mss >= t->h->cwnd;
}

void sv_tcp_cc_acked(struct sv_tcb *t, const struct sv_tcp_acked *a)
{
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    if (t->b->recovery == SV_RECOVERY_TIMEOUT && sv_seq_after(t->h->snd_una, t->b->recover))
        t->b->recovery = SV_RECOVERY_NONE;
    if (!sv_tcp_cc_limited(t, a->flight) && !(cc->wants & SV_CC_EVERY_ACK))
        return;
    cc->acked(t, a);
    t->h->cwnd = sv_min_u32(t->h->cwnd, SV_CWND_MAX);
    sv_tcp_cwnd_trace(t, SV_CWND_GROW);
}

/* What an undo brings back is what was before the first of several in a row. */
static void sv_tcp_cc_congestion(struct sv_tcb *t, uint32_t flight, enum sv_tcp_loss why)
{
    t->b->undo_cwnd = t->h->cwnd;
    t->b->undo_ssthresh = t->c->ssthresh;
    t->c->ssthresh = sv_tcp_cc_of(t)->ssthresh(t, flight, why);
}

void sv_tcp_cc_loss(struct sv_tcb *t, uint32_t flight)
{
    sv_tcp_cc_congestion(t, flight, SV_LOSS_FAST);
}

void sv_tcp_cc_timeout(struct sv_tcb *t, uint32_t flight)
{
    if (t->b->backoff <= 1) /* RFC 5681 §3.1: ssthresh is kept when the same segment times out again */
        sv_tcp_cc_congestion(t, flight, SV_LOSS_TIMEOUT);
    t->h->cwnd = t->h->mss;
    sv_tcp_cwnd_trace(t, SV_CWND_TIMEOUT);
}

void sv_tcp_cc_undo(struct sv_tcb *t)
{
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    t->h->cwnd = sv_max_u32(t->h->cwnd, t->b->undo_cwnd);
    t->c->ssthresh = sv_max_u32(t->c->ssthresh, t->b->undo_ssthresh);
    if (cc->undo)
        cc->undo(t);
    sv_tcp_cwnd_trace(t, SV_CWND_UNDO);
}

void sv_tcp_cc_idle_since(struct sv_tcb *t)
{
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    const uint64_t idle_us = (uint64_t)(sv_tick(t->now) - t->h->sent_tick) * 1048u;
    if (cc->restart)
        cc->restart(t, idle_us);
    if (idle_us <= t->c->rto_us)
        return;
    const uint32_t restart = sv_tcp_initial_window(t);
    if (t->h->cwnd <= restart)
        return;
    t->h->cwnd = restart; /* RFC 5681 §4.1 */
    sv_tcp_cwnd_trace(t, SV_CWND_IDLE);
}
