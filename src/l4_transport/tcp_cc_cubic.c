/* SPDX-License-Identifier: BSD-2-Clause */
/* CUBIC, RFC 9438, with whole numbers only.
 *
 *     W(t) = C (t - K)^3 + W_max        C = 0.4 segments / s^3, beta = 0.7
 *
 * The window is a function of the time since the last congestion and not of the round-trip time: concave up to where
 * it was then, a plateau there, and convex beyond. Where Reno would have more (short paths, small windows) it follows
 * Reno (§4.3). Time is in ticks of 2^20 ns, and C becomes one segment in 2168404345 cubic ticks. */
#include "core/math.h"
#include "l4_transport/tcp_internal.h"

#define TICKS3_A_SEGMENT 2168404345u /* (10^9 / 2^20)^3 / 0.4 */
#define TICKS3_A_THOUSANDTH 2168404u /* ... of a segment */
#define TICKS_MAX (1u << 19)         /* nine minutes: beyond it every window is at its ceiling */

enum { BETA_10 = 7, ALPHA_NUM = 9, ALPHA_DEN = 17 }; /* alpha = 3 (1 - beta) / (1 + beta) */

/* C |t - K|^3 in bytes. */
static uint64_t sv_cubic_bytes(uint32_t ticks, uint32_t mss)
{
    const uint64_t d = sv_min_u32(ticks, TICKS_MAX);
    return sv_div64(sv_div64(d * d * d, TICKS3_A_THOUSANDTH) * mss, 1000u);
}

/* W_cubic so many ticks after the epoch's begin. */
static uint32_t sv_cubic_window(const struct sv_tcp_cubic_state *c, uint32_t ticks, uint32_t mss)
{
    if (ticks >= c->k)
        return (uint32_t)sv_min_u64(c->origin + sv_cubic_bytes(ticks - c->k, mss), SV_CWND_MAX);
    const uint64_t below = sv_cubic_bytes(c->k - ticks, mss);
    return below < c->origin ? c->origin - (uint32_t)below : 0;
}

/* §4.2: congestion avoidance begins. */
static void sv_cubic_epoch(struct sv_tcb *t, struct sv_tcp_cubic_state *c)
{
    const uint32_t cwnd = t->h->cwnd;
    if (!c->w_max)
        c->w_max = sv_tcp_cc_kept(t);
    c->running = 1;
    c->epoch = c->last = sv_tick(t->now);
    c->rest = c->rest_est = 0;
    c->w_est = c->target = cwnd;
    c->origin = sv_max_u32(c->w_max, cwnd);
    c->k = sv_cbrt64(sv_div64((uint64_t)(c->origin - cwnd) * TICKS3_A_SEGMENT, t->h->mss));
}

/* §4.3. */
static void sv_cubic_reno(const struct sv_tcb *t, struct sv_tcp_cubic_state *c, uint32_t acked)
{
    /* Alpha is 1 from there on; bictcp_update() never had that of RFC 9438. */
    const bool caught_up = c->w_est >= c->cwnd_prior && !sv_tcb_profile(t)->cubic_pause_ticks;
    const uint32_t num = caught_up ? 1u : ALPHA_NUM, den = (caught_up ? 1u : ALPHA_DEN);
    const uint64_t by = (uint64_t)den * t->h->cwnd;
    const uint64_t due = (uint64_t)acked * t->h->mss * num + c->rest_est;
    const uint64_t inc = sv_div64(due, by);
    c->rest_est = (uint32_t)sv_min_u64(due - inc * by, UINT32_MAX);
    c->w_est = (uint32_t)sv_min_u64(c->w_est + inc, SV_CWND_MAX);
}

/* Congestion avoidance as bictcp_update() and tcp_cong_avoid_ai() count it: in whole segments, the curve looked at 32
 * times a second with the smallest round-trip time for RTT, so many segments to be acknowledged for one more; and while
 * no maximum is known that would be looked for, 20 of them at most. */
static void sv_cubic_count(struct sv_tcb *t, struct sv_tcp_cubic_state *c, uint32_t now, bool looks, uint32_t acked)
{
    const uint32_t mss = t->h->mss, cwnd = t->h->cwnd / mss;
    if (looks) {
        uint32_t at = sv_cubic_window(c, now - c->epoch + (t->c->min_rtt_us >> 10), mss) / mss; /* ticks, nearly */
        uint32_t count = at > cwnd ? cwnd / (at - cwnd) : 100u * cwnd;
        if (!c->w_max)
            count = sv_min_u32(count, sv_tcb_profile(t)->cubic_least_inverse);
        at = c->w_est / mss;
        if (at > cwnd)
            count = sv_min_u32(count, cwnd / (at - cwnd));
        c->target = sv_max_u32(count, 2u);
    }
    const uint32_t needed = c->target * mss;
    uint32_t more = 0;
    if (c->rest >= needed) {
        c->rest = 0;
        more = 1;
    }
    c->rest += acked;
    more += c->rest / needed;
    c->rest %= needed;
    t->h->cwnd += more * mss;
}

/* Is it time to look at the curve again, where that is done now and then? When the window has changed, but not twice in
 * a jiffy (four ticks: CONFIG_HZ=250), or after HZ / 32. */
static bool sv_cubic_looks(const struct sv_tcb *t, struct sv_tcp_cubic_state *c, uint32_t now, bool anew, uint32_t gap)
{
    const uint32_t pause = sv_tcb_profile(t)->cubic_pause_ticks, since = (uint8_t)(now - c->evaluated);
    const uint16_t cwnd = (uint16_t)(t->h->cwnd / t->h->mss);
    const bool late = gap > pause || since > pause, changed = cwnd != c->evaluated_cwnd && since >= 4u;
    if (!anew && !late && !changed)
        return false;
    c->evaluated = (uint8_t)now;
    c->evaluated_cwnd = cwnd;
    return true;
}

static void sv_cubic_avoid(struct sv_tcb *t, uint32_t acked)
{
    struct sv_tcp_cubic_state *c = &t->b->cc.cubic;
    const uint32_t now = sv_tick(t->now), mss = t->h->mss, cwnd = t->h->cwnd;
    const bool anew = !c->running;
    if (anew)
        sv_cubic_epoch(t, c);
    const uint32_t rtt = (t->h->srtt_us / 8u) >> 10; /* ticks, near enough */
    const uint32_t gap = now - c->last;
    if (gap > 2u * rtt + 2u && !sv_tcb_profile(t)->cubic_pause_ticks)
        c->epoch += gap; /* the window did not limit us meanwhile: that time does not count; to Linux it does */
    sv_cubic_reno(t, c, acked);
    if (sv_tcb_profile(t)->cubic_pause_ticks) {
        c->last = now;
        sv_cubic_count(t, c, now, sv_cubic_looks(t, c, now, anew, gap), acked);
        return;
    }
    if (gap) {
        const uint32_t at = sv_cubic_window(c, now - c->epoch + rtt, mss);
        c->target = sv_max_u32(cwnd, sv_min_u32(at, cwnd + cwnd / 2u));
        c->last = now;
    }
    if (sv_cubic_window(c, now - c->epoch, mss) < c->w_est && cwnd < c->w_est) {
        t->h->cwnd = c->w_est;
        return;
    }
    if (c->target <= cwnd)
        return;
    const uint64_t due = (uint64_t)(c->target - cwnd) * acked + c->rest;
    const uint32_t inc = (uint32_t)sv_div64(due, cwnd);
    c->rest = (uint32_t)(due - (uint64_t)inc * cwnd);
    t->h->cwnd = sv_min_u32(cwnd + inc, c->target);
}

static void sv_cubic_acked(struct sv_tcb *t, const struct sv_tcp_acked *a)
{
    if (t->h->cwnd >= t->c->ssthresh) {
        sv_cubic_avoid(t, a->bytes);
        return;
    }
    uint32_t most = sv_tcb_profile(t)->grow_by_bytes ? a->bytes : sv_min_u32(a->bytes, t->h->mss);
    if (t->c->ssthresh == UINT32_MAX) { /* RFC 9406 §4.3: the first slow start only */
        struct sv_tcp_acked limited = *a;
        limited.bytes = most;
        most = sv_tcp_hystart_acked(t, &t->b->cc.cubic.hystart, &limited);
    }
    const uint32_t more = sv_min_u32(most, t->c->ssthresh - t->h->cwnd);
    t->h->cwnd += more;
    if (t->h->cwnd >= t->c->ssthresh && a->bytes > more && sv_tcb_profile(t)->cubic_pause_ticks)
        sv_cubic_avoid(t, a->bytes - more); /* what slow start has left over (tcp_slow_start()) */
}

/* The older HyStart looks at every acknowledgement. */
static void sv_cubic_watch(struct sv_tcb *t, const struct sv_tcp_acked *a)
{
    if (t->h->cwnd < t->c->ssthresh && t->c->ssthresh == UINT32_MAX && sv_tcb_profile(t)->hystart_classic)
        (void)sv_tcp_hystart_acked(t, &t->b->cc.cubic.hystart, a);
}

/* What is left of a window, §4.6: beta of it; to Linux whole segments (bictcp_recalc_ssthresh()). */
static uint32_t sv_cubic_kept(const struct sv_tcb *t, uint32_t cwnd)
{
    const uint32_t mss = t->h->mss;
    if (sv_tcb_profile(t)->cubic_pause_ticks)
        return sv_max_u32((uint32_t)((uint64_t)(cwnd / mss) * 717u >> 10), 2u) * mss;
    return sv_max_u32((uint32_t)((uint64_t)cwnd * BETA_10 / 10u), 2u * mss);
}

/* Fast convergence, §4.7: (1 + beta) / 2. */
static uint32_t sv_cubic_converged(const struct sv_tcb *t, uint32_t cwnd)
{
    if (sv_tcb_profile(t)->cubic_pause_ticks)
        return (uint32_t)((uint64_t)(cwnd / t->h->mss) * (1024u + 717u) >> 11) * t->h->mss;
    return cwnd / 20u * 17u;
}

static uint32_t sv_cubic_ssthresh(struct sv_tcb *t, uint32_t flight, enum sv_tcp_loss why)
{
    struct sv_tcp_cubic_state *c = &t->b->cc.cubic;
    const uint32_t before = c->w_max ? c->w_max : sv_tcp_cc_kept(t);
    uint32_t cwnd = t->h->cwnd;
    const bool moved = t->b->recovery == SV_RECOVERY_FAST || t->b->recovery == SV_RECOVERY_TIMEOUT;
    if (why == SV_LOSS_TIMEOUT &&
        moved) /* ... about, by that recovery; else §4.6 has cwnd, which was not app-limited */
        cwnd = sv_min_u32(cwnd, sv_max_u32(flight, 2u * t->h->mss));
    c->undo_w_max = before;
    c->cwnd_prior = cwnd;
    c->w_max = cwnd < before ? sv_cubic_converged(t, cwnd) : cwnd;
    if (why == SV_LOSS_TIMEOUT)
        c->w_max = 0; /* §4.8: K is 0 in the next epoch */
    t->c->cc_kept = t->c->listener == SV_NONE ? 0 : t->c->cc_kept;
    c->running = 0;
    return sv_cubic_kept(t, cwnd);
}

static void sv_cubic_undo(struct sv_tcb *t)
{
    t->b->cc.cubic.w_max = t->b->cc.cubic.undo_w_max;
    t->b->cc.cubic.running = 0;
}

/* Linux leaves out only the time from the last segment sent to the first after nothing was in flight
 * (cubictcp_cwnd_event()), and no epoch begins later than now. */
static void sv_cubic_restart(struct sv_tcb *t, uint64_t idle_us)
{
    struct sv_tcp_cubic_state *c = &t->b->cc.cubic;
    if (!c->running || !sv_tcb_profile(t)->cubic_pause_ticks)
        return;
    const uint32_t since = sv_tick(t->now) - c->epoch;
    c->epoch += (uint32_t)sv_min_u64(since, sv_div64(idle_us, 1048u));
}

static uint32_t sv_cubic_quiet(const struct sv_tcb *t)
{
    return t->b->cc.cubic.w_max;
}

const struct sv_tcp_cc sv_tcp_cubic = {
    .name = "cubic",
    .number = SV_CC_CUBIC,
    .acked = sv_cubic_acked,
    .watch = sv_cubic_watch,
    .ssthresh = sv_cubic_ssthresh,
    .undo = sv_cubic_undo,
    .restart = sv_cubic_restart,
    .quiet = sv_cubic_quiet,
};
