/* SPDX-License-Identifier: BSD-2-Clause */
/* The congestion window: what all algorithms have in common. Everything is in bytes. */
#include "l4_transport/tcp_cc.h"

#include "core/math.h"

#include "l4_transport/tcp_internal.h"

/* By enum sv_congestion. */
static const struct sv_tcp_cc *const sv_tcp_ccs[] = {NULL, &sv_tcp_reno, &sv_tcp_cubic, &sv_tcp_dctcp, &sv_tcp_bbr};

const struct sv_tcp_cc *sv_tcp_cc_of(const struct sv_tcb *t)
{
    return sv_tcp_ccs[t->c->cc];
}

bool sv_tcp_cc_exists(uint32_t congestion)
{
    return congestion < SV_COUNT_OF(sv_tcp_ccs);
}

bool sv_tcp_cc_choose(struct sv_tcb *t, uint64_t number)
{
    if (number >= SV_COUNT_OF(sv_tcp_ccs))
        return false;
    if (t->b && t->b->cc.room[0])
        sv_tcp_cc_quiet(t); /* it gives back what it holds */
    t->c->cc = (number ? (uint32_t)number : t->tcp->congestion) & 7u;
    if (t->b)
        t->b->cc = (union sv_tcp_cc_state){.room = {0}};
    if (t->c->listener == SV_NONE)
        t->c->cc_kept = 0;
    sv_tcp_pace_choose(t);
    return true;
}

const char *sv_congestion_name(enum sv_congestion number)
{
    return number && (uint32_t)number < SV_COUNT_OF(sv_tcp_ccs) ? sv_tcp_ccs[number]->name : "";
}

/* While a connection waits to be accepted the word is a link of that queue, and nothing was kept yet. */
uint32_t sv_tcp_cc_kept(const struct sv_tcb *t)
{
    return t->c->listener == SV_NONE ? t->c->cc_kept : 0;
}

uint32_t sv_tcp_cc_rtt(const struct sv_tcb *t, const struct sv_tcp_acked *a)
{
    if (a->rtt_us || !a->ts_ecr || !(t->h->agreed & SV_TCP_TIMESTAMPS))
        return a->rtt_us;
    const uint32_t ms = sv_tcp_ts_now(t) - a->ts_ecr;
    return ms < 60000u ? ms * 1000u : 0;
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

void sv_tcp_cc_quiet(struct sv_tcb *t)
{
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    const uint32_t kept = cc->quiet ? cc->quiet(t) : 0;
    if (t->c->listener == SV_NONE)
        t->c->cc_kept = kept;
}

void sv_tcp_cc_open(struct sv_tcb *t)
{
    t->h->cwnd = sv_tcp_initial_window(t);
    if ((t->b && t->b->backoff > sv_tcb_profile(t)->syn_losses) ||
        sv_tcp_ecn_syn_marked(t)) /* RFC 5681 §3.1: the SYN or its answer was lost */
        t->h->cwnd = t->h->mss;
    if (sv_tcb_profile(t)->initial_ssthresh)
        t->c->ssthresh = (uint32_t)sv_tcb_profile(t)->initial_ssthresh * t->h->mss;
    sv_tcp_pace_choose(t);
    sv_tcp_cwnd_trace(t, SV_CWND_OPEN);
}

/* A round is as long as what was in flight when the window was used most is not all acknowledged; the window may grow
 * by every acknowledgement of it, not only by the first, at which it was full (tcp_cwnd_validate()). In slow start it
 * is enough that it was used by half (RFC 7661 §4.3's validated phase, tcp_is_cwnd_limited()): who sends nine of ten
 * segments will double to eighteen, and not stay at ten. */
static bool sv_tcp_cc_limited(struct sv_tcb *t, uint32_t flight)
{
    struct sv_tcp_busy *b = t->b;
    const bool full = flight + t->h->mss > t->h->cwnd; /* no room for another */
    if (full || b->cwnd_used <= 1 || (!(b->cwnd_used & SV_CWND_WAS_FULL) && flight > b->cwnd_used)) {
        b->cwnd_used = flight | (full ? SV_CWND_WAS_FULL : 0u);
        b->cwnd_used_to = t->h->snd_nxt;
    }
    const uint32_t used = b->cwnd_used;
    if (sv_seq_after_or_at(t->h->snd_una, b->cwnd_used_to))
        b->cwnd_used = sv_tcb_profile(t)->hystart_classic; /* 1: nothing yet, but acknowledgements are watched */
    if (used & SV_CWND_WAS_FULL)
        return true;
    /* What the peer's window held back has proved nothing of the network's: a window that grew meanwhile to twice what
     * was ever in flight would let that double twice in a round trip, when the peer's opens. */
    if (flight + t->h->mss > t->h->snd_wnd && !sv_tcb_profile(t)->grows_beyond_peer)
        return false;
    return t->h->cwnd < t->c->ssthresh && t->h->cwnd < 2u * used;
}

void sv_tcp_cc_acked(struct sv_tcb *t, const struct sv_tcp_acked *a)
{
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    if (t->b->recovery == SV_RECOVERY_TIMEOUT && sv_seq_after(t->h->snd_una, t->b->recover))
        t->b->recovery = SV_RECOVERY_NONE;
    if (t->b->ecn_reduced && !cc->echoed) { /* the window that was marked is not acknowledged yet */
        if (sv_tcb_profile(t)->prr_of_marks)
            sv_prr_marked(t, a);
        return;
    }
    if (!sv_tcp_cc_limited(t, a->flight) && !(cc->wants & SV_CC_EVERY_ACK)) {
        if (cc->watch)
            cc->watch(t, a);
        return;
    }
    cc->acked(t, a);
    t->h->cwnd = sv_min_u32(t->h->cwnd, SV_CWND_MAX);
    sv_tcp_cwnd_trace(t, SV_CWND_GROW);
}

/* What an undo brings back is what was before the first of several in a row. */
static void sv_tcp_cc_congestion(struct sv_tcb *t, uint32_t flight, enum sv_tcp_loss why)
{
    t->b->cwnd_used = 0; /* what the window was used for says nothing of the next one */
    t->b->undo_cwnd = t->h->cwnd;
    t->b->undo_ssthresh = t->c->ssthresh;
    t->c->ssthresh = sv_tcp_cc_of(t)->ssthresh(t, flight, why);
    if ((t->h->agreed & SV_TCP_ECN) && t->c->ecn != SV_ECN_KIND_ACCURATE) /* RFC 3168 §6.1.2: whatever the reason */
        t->h->agreed |= SV_TCP_ECN_CWR;
}

/* Does a mark let the window shrink as acknowledgements come, not at once? */
static bool sv_tcp_cc_shrinks_slowly(const struct sv_tcb *t)
{
    return sv_tcb_profile(t)->prr_of_marks && !sv_tcp_cc_of(t)->echoed;
}

void sv_tcp_cc_marked(struct sv_tcb *t)
{
    sv_tcp_cc_congestion(t, sv_tcb_flight(t), SV_LOSS_MARKED);
    t->tcp->count.ecn_reductions++;
    if (!sv_tcp_cc_shrinks_slowly(t))
        t->h->cwnd = t->c->ssthresh;
    t->b->ecn_reduced = 1;
    t->b->ecn_recover = t->h->snd_max - 1u;
    t->b->marked_at = t->h->snd_una;
    sv_tcp_cwnd_trace(t, SV_CWND_MARKED);
}

/* Its window is acknowledged. */
void sv_tcp_cc_marked_over(struct sv_tcb *t)
{
    t->b->ecn_reduced = 0;
    if (!sv_tcp_cc_shrinks_slowly(t) || t->b->recovery != SV_RECOVERY_NONE)
        return;
    t->h->cwnd = t->c->ssthresh; /* tcp_end_cwnd_reduction() */
    sv_tcp_cwnd_trace(t, SV_CWND_RECOVERED);
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
    if (idle_us <= t->c->rto_us || !sv_tcb_profile(t)->restart_idle)
        return;
    const uint32_t restart = sv_tcp_initial_window(t);
    if (t->h->cwnd <= restart || (cc->wants & SV_CC_OWN_WINDOW))
        return;
    if (sv_tcb_profile(t)
            ->restart_by_halves) { /* RFC 2861 §3.2: half for each timeout's time, and ssthresh remembers */
        const uint32_t halves = (uint32_t)sv_min_u64(sv_div64(idle_us, t->c->rto_us), 31u);
        t->c->ssthresh = sv_max_u32(t->c->ssthresh, t->h->cwnd - t->h->cwnd / 4u);
        t->h->cwnd = sv_max_u32(t->h->cwnd >> halves, restart);
    } else {
        t->h->cwnd = restart; /* RFC 5681 §4.1 */
    }
    sv_tcp_cwnd_trace(t, SV_CWND_IDLE);
}
