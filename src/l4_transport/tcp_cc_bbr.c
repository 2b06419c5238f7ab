/* SPDX-License-Identifier: BSD-2-Clause */
/* BBR as draft-ietf-ccwg-bbr describes its third version: a model of the path, its bandwidth and its round-trip
 * time, and a rate and a window that follow from it. The names are the draft's; so is the order of things in an
 * acknowledgement. The state takes a slab of the pool while data is queued or in flight. Of the draft, ECN's part
 * (which it leaves to experiments) and the restoring of the window after a spurious recovery beyond TCP's own are
 * absent. */
#include "core/math.h"
#include "l4_transport/tcp_internal.h"
#include "l4_transport/tcp_rate.h"

#define INFINITE UINT32_MAX

/* Gains in hundredths. */
enum {
    STARTUP_PACING = 277,
    DRAIN_PACING = 50,
    DOWN_PACING = 90,
    UP_PACING = 125,
    DEFAULT_CWND = 200,
    UP_CWND = 225,
    PROBE_RTT_CWND = 50,
    PACING_MARGIN = 99,
    LOSS_THRESH = 2,
    BETA = 70,
    HEADROOM = 85,
    FULL_BW_GROWTH = 125,
    FULL_BW_ROUNDS = 3,
    STARTUP_LOSSES = 6,
    MIN_SEGMENTS = 4,
    RENO_ROUNDS_MAX = 63,
};
#define PROBE_RTT_US 200000u
#define PROBE_RTT_EVERY_US 5000000u
#define MIN_RTT_LASTS_US 10000000u

enum bbr_state { STARTUP, DRAIN, DOWN, CRUISE, REFILL, UP, PROBE_RTT };
enum bbr_acks { ACKS_INIT, ACKS_REFILLING, ACKS_STARTING, ACKS_FEEDBACK, ACKS_STOPPING };

struct sv_bbr {
    struct sv_rate rate;
    uint64_t bw_max[2]; /* of this ProbeBW cycle and the last */
    uint64_t bw_short, bw_latest, full_bw, pacing_rate;
    uint32_t inflight_long, inflight_short, inflight_latest;
    uint32_t next_round, loss_round; /* delivered bytes at which they end */
    uint32_t min_rtt_us, min_rtt_at, probe_min_us, probe_min_at, probe_done_at;
    uint32_t cycle_at, probe_wait_us, rounds_since_probe;
    uint32_t up_rounds, up_count, up_acks;
    uint32_t extra[2], extra_at, extra_delivered, extra_rounds; /* ACK aggregation */
    uint32_t prior_cwnd, losses, lost_event;
    uint32_t pacing_gain, cwnd_gain;
    uint8_t state, acks, cycle, full_count, full_now, full_reached;
    uint8_t round_start, loss_round_start, loss_in_round, probe_samples;
    uint8_t probe_expired, probe_round_done, probing, idle_restart;
};
_Static_assert(sizeof(struct sv_bbr) <= SV_SLAB_BYTES, "a slab");

/* Was the window what limited us, with so much in flight? */
static bool sv_bbr_limited(const struct sv_tcb *t, uint32_t flight)
{
    return flight + t->h->mss >= t->h->cwnd;
}

static uint32_t sv_us(const struct sv_tcb *t)
{
    return (uint32_t)(t->now / SV_US);
}
static uint64_t sv_percent(uint64_t of, uint32_t percent)
{
    return sv_div64(of * percent, 100);
}
static uint64_t sv_bbr_max_bw(const struct sv_bbr *k)
{
    return sv_max_u64(k->bw_max[0], k->bw_max[1]);
}
static uint64_t sv_bbr_bw(const struct sv_bbr *k)
{
    return sv_min_u64(sv_bbr_max_bw(k), k->bw_short);
}

/* BBRBDPMultiple: what fills the path, by a gain. */
static uint32_t sv_bbr_bdp(const struct sv_tcb *t, const struct sv_bbr *k, uint64_t bw, uint32_t gain)
{
    if (k->min_rtt_us == INFINITE)
        return sv_tcp_initial_window(t);
    return (uint32_t)sv_min_u64(sv_percent(sv_muldiv64(bw, k->min_rtt_us, 1000000u), gain), SV_CWND_MAX);
}
/* BBRInflight: and what batching on the way needs. */
static uint32_t sv_bbr_inflight(const struct sv_tcb *t, const struct sv_bbr *k, uint32_t gain)
{
    const uint32_t quantum = 3u * (uint32_t)sv_max_u64(2u * t->h->mss, sv_min_u64(k->pacing_rate / 1000u, 65536u));
    uint32_t n = sv_max_u32(sv_bbr_bdp(t, k, sv_bbr_bw(k), gain), quantum);
    n = sv_max_u32(n, MIN_SEGMENTS * t->h->mss);
    return k->state == UP ? n + 2u * t->h->mss : n;
}
static uint32_t sv_bbr_with_headroom(const struct sv_tcb *t, const struct sv_bbr *k)
{
    if (k->inflight_long == INFINITE)
        return INFINITE;
    const uint32_t free_part = sv_max_u32(t->h->mss, (uint32_t)sv_percent(k->inflight_long, 100 - HEADROOM));
    const uint32_t least = MIN_SEGMENTS * t->h->mss;
    return sv_max_u32(k->inflight_long > free_part ? k->inflight_long - free_part : 0, least);
}

/* --- phases --- */

static void sv_bbr_round(struct sv_bbr *k)
{
    k->next_round = k->rate.delivered;
}
static void sv_bbr_reset_lower(struct sv_bbr *k)
{
    k->bw_short = UINT64_MAX;
    k->inflight_short = INFINITE;
}
static void sv_bbr_reset_full(struct sv_bbr *k, uint64_t bw)
{
    k->full_bw = bw;
    k->full_count = k->full_now = 0;
}
static void sv_bbr_startup(struct sv_bbr *k)
{
    k->state = STARTUP;
    k->pacing_gain = STARTUP_PACING;
    k->cwnd_gain = DEFAULT_CWND;
}
static void sv_bbr_down(struct sv_tcb *t, struct sv_bbr *k)
{
    const uint64_t draw = sv_rng_u64(&t->core->rng[SV_RNG_TCP]);
    k->loss_in_round = 0;
    k->bw_latest = k->inflight_latest = 0;
    k->up_count = INFINITE;
    k->rounds_since_probe = (uint32_t)draw & 1u;
    k->probe_wait_us = 2000000u + (uint32_t)((draw >> 32) * 1000000u >> 32);
    k->cycle_at = sv_us(t);
    k->acks = ACKS_STOPPING;
    sv_bbr_round(k);
    k->state = DOWN;
    k->pacing_gain = DOWN_PACING;
    k->cwnd_gain = DEFAULT_CWND;
}
static void sv_bbr_cruise(struct sv_bbr *k)
{
    k->state = CRUISE;
    k->pacing_gain = 100;
    k->cwnd_gain = DEFAULT_CWND;
}
static void sv_bbr_refill(struct sv_bbr *k)
{
    sv_bbr_reset_lower(k);
    k->up_rounds = k->up_acks = 0;
    k->acks = ACKS_REFILLING;
    sv_bbr_round(k);
    k->state = REFILL;
    k->pacing_gain = 100;
    k->cwnd_gain = DEFAULT_CWND;
}
static void sv_bbr_raise_slope(const struct sv_tcb *t, struct sv_bbr *k)
{
    const uint32_t growth = 1u << k->up_rounds;
    k->up_rounds = sv_min_u32(k->up_rounds + 1u, 30u);
    k->up_count = sv_max_u32(t->h->cwnd / growth, t->h->mss); /* bytes to be delivered for each segment more */
}
static void sv_bbr_up(struct sv_tcb *t, struct sv_bbr *k, uint64_t bw)
{
    k->acks = ACKS_STARTING;
    sv_bbr_round(k);
    sv_bbr_reset_full(k, bw);
    k->cycle_at = sv_us(t);
    k->state = UP;
    k->pacing_gain = UP_PACING;
    k->cwnd_gain = UP_CWND;
    sv_bbr_raise_slope(t, k);
}
static bool sv_bbr_probes_bw(const struct sv_bbr *k)
{
    return k->state >= DOWN && k->state <= UP;
}

/* --- the model --- */

/* BBRUpdateLatestDeliverySignals, BBRUpdateRound, BBRUpdateMaxBw. */
static void sv_bbr_signals(struct sv_bbr *k, const struct sv_rate_sample *s)
{
    k->loss_round_start = k->round_start = 0;
    if (s->delivered) {
        k->bw_latest = sv_max_u64(k->bw_latest, s->rate);
        k->inflight_latest = sv_max_u32(k->inflight_latest, s->delivered);
        if ((int32_t)(s->prior_delivered - k->loss_round) >= 0) {
            k->loss_round = k->rate.delivered;
            k->loss_round_start = 1;
        }
        if ((int32_t)(s->prior_delivered - k->next_round) >= 0) {
            k->next_round = k->rate.delivered;
            k->round_start = 1;
            k->rounds_since_probe++;
        }
    }
    if (s->rate && (s->rate >= sv_bbr_max_bw(k) || !s->app_limited))
        k->bw_max[k->cycle & 1u] = sv_max_u64(k->bw_max[k->cycle & 1u], s->rate);
}

/* BBRUpdateCongestionSignals: a round with losses lowers what is believed for the short term. */
static void sv_bbr_congestion(struct sv_tcb *t, struct sv_bbr *k, uint32_t lost)
{
    if (lost) {
        k->loss_in_round = 1;
        k->losses++;
    }
    if (!k->loss_round_start)
        return;
    if (k->loss_in_round && k->state != STARTUP && k->state != REFILL && k->state != UP) {
        if (k->bw_short == UINT64_MAX)
            k->bw_short = sv_bbr_max_bw(k);
        if (k->inflight_short == INFINITE)
            k->inflight_short = t->h->cwnd;
        k->bw_short = sv_max_u64(k->bw_latest, sv_percent(k->bw_short, BETA));
        k->inflight_short = sv_max_u32(k->inflight_latest, (uint32_t)sv_percent(k->inflight_short, BETA));
    }
    k->loss_in_round = 0;
}

/* BBRUpdateACKAggregation: what comes beyond the rate, the most of the last ten rounds or so. */
static void sv_bbr_aggregation(struct sv_tcb *t, struct sv_bbr *k, uint32_t acked)
{
    const uint32_t now = sv_us(t);
    const uint64_t expected = sv_muldiv64(sv_bbr_bw(k), now - k->extra_at, 1000000u);
    k->extra_delivered += acked;
    if (k->round_start && ++k->extra_rounds >= (k->full_reached ? 10u : 1u)) {
        k->extra_rounds = 0;
        k->extra[1] = k->extra[0];
        k->extra[0] = 0;
    }
    if (k->extra_delivered - acked <= expected) {
        k->extra_delivered = acked;
        k->extra_at = now;
        return;
    }
    const uint64_t extra = k->extra_delivered > expected ? k->extra_delivered - expected : 0;
    k->extra[0] = sv_max_u32(k->extra[0], (uint32_t)sv_min_u64(extra, t->h->cwnd));
}

static bool sv_bbr_too_high(const struct sv_rate_sample *s)
{
    return s->lost > sv_percent(s->in_flight, LOSS_THRESH);
}

/* BBRCheckFullBWReached, BBRCheckStartupDone, BBRCheckDrainDone. */
static void sv_bbr_startup_done(struct sv_tcb *t, struct sv_bbr *k, const struct sv_rate_sample *s)
{
    if (!k->full_now && s->rate && !s->app_limited) {
        if (s->rate >= sv_percent(k->full_bw, FULL_BW_GROWTH)) {
            sv_bbr_reset_full(k, s->rate);
        } else if (k->round_start && ++k->full_count >= FULL_BW_ROUNDS) {
            k->full_now = k->full_reached = 1;
        }
    }
    if (k->state == STARTUP && k->loss_round_start) {
        if (k->losses >= STARTUP_LOSSES && sv_bbr_too_high(s)) {
            k->full_reached = 1;
            k->inflight_long = sv_max_u32(sv_bbr_bdp(t, k, sv_bbr_max_bw(k), 100), k->inflight_latest);
        }
        k->losses = 0;
    }
    if (k->state == STARTUP && k->full_reached) {
        k->state = DRAIN;
        k->pacing_gain = DRAIN_PACING;
    }
    if (k->state == DRAIN && sv_tcb_flight(t) <= sv_bbr_inflight(t, k, 100))
        sv_bbr_down(t, k);
}

/* BBRAdaptLongTermModel. */
static void sv_bbr_long_term(struct sv_tcb *t, struct sv_bbr *k, const struct sv_rate_sample *s, uint32_t acked)
{
    if (k->acks == ACKS_STARTING && k->round_start)
        k->acks = ACKS_FEEDBACK;
    if (k->acks == ACKS_STOPPING && k->round_start) {
        k->acks = ACKS_INIT;
        if (sv_bbr_probes_bw(k) && !s->app_limited) {
            k->cycle++;
            k->bw_max[k->cycle & 1u] = 0;
        }
    }
    if (sv_bbr_too_high(s)) {
        if (!k->probe_samples)
            return;
        k->probe_samples = 0;
        const uint32_t target = sv_min_u32(sv_bbr_bdp(t, k, sv_bbr_bw(k), 100), t->h->cwnd);
        if (!s->app_limited)
            k->inflight_long = sv_max_u32(s->in_flight, (uint32_t)sv_percent(target, BETA));
        if (k->state == UP)
            sv_bbr_down(t, k);
        return;
    }
    if (k->inflight_long == INFINITE)
        return;
    k->inflight_long = sv_max_u32(k->inflight_long, s->in_flight);
    if (k->state != UP || t->h->cwnd < k->inflight_long)
        return;
    k->up_acks += acked; /* BBRProbeInflightHiUpward */
    if (k->up_acks >= k->up_count) {
        const uint32_t delta = k->up_acks / k->up_count;
        k->up_acks -= delta * k->up_count;
        k->inflight_long = sv_min_u32(k->inflight_long + delta * t->h->mss, SV_CWND_MAX);
    }
    if (k->round_start)
        sv_bbr_raise_slope(t, k);
}

/* BBRIsTimeToProbeBW: by the clock, or so often that Reno would have lost something by now. */
static bool sv_bbr_time_to_probe(const struct sv_tcb *t, const struct sv_bbr *k)
{
    const uint32_t rounds = sv_min_u32(sv_bbr_bdp(t, k, sv_bbr_bw(k), 100) / t->h->mss, RENO_ROUNDS_MAX);
    return sv_us(t) - k->cycle_at > k->probe_wait_us || k->rounds_since_probe >= rounds;
}

static void sv_bbr_cycle(struct sv_tcb *t, struct sv_bbr *k, const struct sv_rate_sample *s, uint32_t acked)
{
    if (!k->full_reached)
        return;
    if (s->delivered)
        sv_bbr_long_term(t, k, s, acked);
    const uint32_t flight = sv_tcb_flight(t);
    switch (k->state) {
    case DOWN:
        if (sv_bbr_time_to_probe(t, k))
            sv_bbr_refill(k);
        else if (flight <= sv_bbr_with_headroom(t, k) && flight <= sv_bbr_inflight(t, k, 100))
            sv_bbr_cruise(k);
        break;
    case CRUISE:
        if (sv_bbr_time_to_probe(t, k))
            sv_bbr_refill(k);
        break;
    case REFILL:
        if (k->round_start) {
            k->probe_samples = 1;
            sv_bbr_up(t, k, s->rate);
        }
        break;
    case UP:
        if (t->h->cwnd >= k->inflight_long && sv_bbr_limited(t, flight + acked))
            sv_bbr_reset_full(k, s->rate);
        else if (k->full_now)
            sv_bbr_down(t, k);
        break;
    default:
        break;
    }
}

/* BBRUpdateMinRTT. */
static void sv_bbr_min_rtt(struct sv_tcb *t, struct sv_bbr *k, const struct sv_rate_sample *s)
{
    const uint32_t now = sv_us(t);
    k->probe_expired = now - k->probe_min_at > PROBE_RTT_EVERY_US;
    if (s->rtt_us && (s->rtt_us < k->probe_min_us || k->probe_expired)) {
        k->probe_min_us = s->rtt_us;
        k->probe_min_at = now;
    }
    if (k->probe_min_us <= k->min_rtt_us || now - k->min_rtt_at > MIN_RTT_LASTS_US) {
        k->min_rtt_us = k->probe_min_us;
        k->min_rtt_at = k->probe_min_at;
    }
}

static uint32_t sv_bbr_probe_rtt_cwnd(const struct sv_tcb *t, const struct sv_bbr *k)
{
    return sv_max_u32(sv_bbr_bdp(t, k, sv_bbr_bw(k), PROBE_RTT_CWND), MIN_SEGMENTS * t->h->mss);
}

/* BBRCheckProbeRTT: every five seconds without a smaller one the window is halved for 200 ms, that the queue which we
 * ourselves may have built be gone and the round trip be seen as it is. */
static void sv_bbr_probe_rtt(struct sv_tcb *t, struct sv_bbr *k)
{
    const uint32_t now = sv_us(t);
    if (k->state != PROBE_RTT) {
        if (!k->probe_expired || k->idle_restart)
            return;
        k->state = PROBE_RTT;
        k->pacing_gain = 100;
        k->cwnd_gain = PROBE_RTT_CWND;
        k->prior_cwnd = t->h->cwnd;
        k->probing = k->probe_round_done = 0;
        k->acks = ACKS_STOPPING;
        sv_bbr_round(k);
    }
    sv_rate_app_limited(&k->rate, sv_tcb_flight(t));
    if (!k->probing) {
        if (sv_tcb_flight(t) > sv_bbr_probe_rtt_cwnd(t, k))
            return;
        k->probing = 1;
        k->probe_done_at = now + PROBE_RTT_US;
        sv_bbr_round(k);
        return;
    }
    k->probe_round_done |= k->round_start;
    if (!k->probe_round_done || (int32_t)(now - k->probe_done_at) < 0)
        return;
    k->probe_min_at = now;
    t->h->cwnd = sv_max_u32(t->h->cwnd, k->prior_cwnd);
    sv_bbr_reset_lower(k);
    if (k->full_reached) {
        sv_bbr_down(t, k);
        sv_bbr_cruise(k);
    } else {
        sv_bbr_startup(k);
    }
}

/* --- what follows from the model --- */

static void sv_bbr_set_pacing(struct sv_bbr *k)
{
    const uint64_t rate = sv_percent(sv_percent(sv_bbr_bw(k), k->pacing_gain), PACING_MARGIN);
    if (rate && (k->full_reached || rate > k->pacing_rate))
        k->pacing_rate = rate;
}

static void sv_bbr_set_cwnd(struct sv_tcb *t, struct sv_bbr *k, uint32_t acked)
{
    const uint32_t mss = t->h->mss, extra = sv_max_u32(k->extra[0], k->extra[1]);
    const uint32_t most = sv_min_u32(sv_bbr_inflight(t, k, k->cwnd_gain) + extra, SV_CWND_MAX);
    uint32_t cwnd = t->h->cwnd, cap = INFINITE;
    if (k->full_reached)
        cwnd = sv_min_u32(cwnd + acked, most);
    else if (cwnd < most || k->rate.delivered < sv_tcp_initial_window(t))
        cwnd += acked;
    cwnd = sv_max_u32(cwnd, MIN_SEGMENTS * mss);
    if (k->state == PROBE_RTT)
        cwnd = sv_min_u32(cwnd, sv_bbr_probe_rtt_cwnd(t, k));
    if (k->state == CRUISE || k->state == PROBE_RTT)
        cap = sv_bbr_with_headroom(t, k);
    else if (sv_bbr_probes_bw(k))
        cap = k->inflight_long;
    cap = sv_max_u32(sv_min_u32(cap, k->inflight_short), MIN_SEGMENTS * mss);
    t->h->cwnd = sv_min_u32(cwnd, cap);
}

/* --- as an algorithm --- */

static struct sv_bbr *sv_bbr_there(const struct sv_tcb *t)
{
    const uint32_t word = t->b ? t->b->cc.bbr.slab : 0;
    return word ? (struct sv_bbr *)(void *)sv_slab_bytes_fast(sv_core_pool(t->core), word - 1u) : NULL;
}

/* NULL: there is no memory for a model. */
static struct sv_bbr *sv_bbr(struct sv_tcb *t)
{
    struct sv_bbr *k = sv_bbr_there(t);
    if (k)
        return k;
    const uint32_t slab = sv_slab_alloc_fast(sv_core_pool(t->core), SV_WANT_DATA, t->core->account);
    if (slab == SV_NONE)
        return NULL;
    t->b->cc.bbr.slab = slab + 1u;
    k = (struct sv_bbr *)(void *)sv_slab_bytes_fast(sv_core_pool(t->core), slab);
    sv_memset(k, 0, sizeof *k);
    const uint32_t now = sv_us(t), kept = sv_tcp_cc_kept(t);
    k->min_rtt_us = k->probe_min_us = t->c->min_rtt_us;
    k->min_rtt_at = k->probe_min_at = k->cycle_at = k->extra_at = now;
    k->rate.delivered_us = k->rate.first_sent_us = now;
    k->inflight_long = INFINITE;
    sv_bbr_reset_lower(k);
    const uint32_t rtt_us = t->h->srtt_us ? t->h->srtt_us / 8u : 1000u;
    k->pacing_rate = sv_percent(sv_div64((uint64_t)t->h->cwnd * 1000000u, sv_max_u32(rtt_us, 1u)), STARTUP_PACING);
    sv_bbr_startup(k);
    if (kept) { /* it was quiet, and its bandwidth is known */
        k->bw_max[0] = (uint64_t)kept << 8;
        k->full_reached = 1;
        k->idle_restart = 1;
        sv_bbr_down(t, k);
        sv_bbr_cruise(k);
        k->pacing_rate = sv_percent(sv_bbr_bw(k), PACING_MARGIN);
    }
    return k;
}

static void sv_bbr_acked(struct sv_tcb *t, const struct sv_tcp_acked *a)
{
    struct sv_bbr *k = sv_bbr(t);
    struct sv_rate_sample s;
    if (!k) {
        t->h->cwnd += sv_min_u32(a->bytes, t->h->mss);
        return;
    }
    const uint32_t lost = a->lost + k->lost_event;
    k->lost_event = 0;
    sv_rate_acked(&k->rate, t->h->snd_una, a->bytes, lost, k->min_rtt_us == INFINITE ? 0 : k->min_rtt_us, sv_us(t), &s);
    sv_bbr_signals(k, &s);
    sv_bbr_congestion(t, k, lost);
    sv_bbr_aggregation(t, k, a->bytes);
    sv_bbr_startup_done(t, k, &s);
    sv_bbr_cycle(t, k, &s, a->bytes);
    sv_bbr_min_rtt(t, k, &s);
    sv_bbr_probe_rtt(t, k);
    if (s.delivered)
        k->idle_restart = 0;
    if (k->loss_round_start) {
        k->bw_latest = s.rate;
        k->inflight_latest = s.delivered;
    }
    sv_bbr_set_pacing(k);
    sv_bbr_set_cwnd(t, k, a->bytes);
}

static void sv_bbr_sent(struct sv_tcb *t, uint32_t bytes)
{
    struct sv_bbr *k = sv_bbr(t);
    if (!k)
        return;
    const uint32_t flight = sv_tcb_flight(t);
    sv_rate_sent(&k->rate, t->h->snd_nxt, flight, flight == bytes, sv_us(t));
    if (t->h->snd_una + t->h->snd_queued == t->h->snd_nxt && !sv_bbr_limited(t, flight))
        sv_rate_app_limited(&k->rate, flight);
}

/* Recovery asks for a threshold; there is none, but that something was lost is news. */
static uint32_t sv_bbr_ssthresh(struct sv_tcb *t, uint32_t flight, enum sv_tcp_loss why)
{
    struct sv_bbr *k = sv_bbr(t);
    (void)flight;
    if (k && why != SV_LOSS_MARKED) {
        k->lost_event += t->h->mss;
        k->prior_cwnd = t->h->cwnd;
    }
    return t->c->ssthresh;
}

static uint64_t sv_bbr_pacing(struct sv_tcb *t)
{
    const struct sv_bbr *k = sv_bbr(t);
    return k ? k->pacing_rate : 0;
}

static uint64_t sv_bbr_delivery(const struct sv_tcb *t)
{
    const struct sv_bbr *k = sv_bbr_there(t);
    return k ? sv_bbr_max_bw(k) : (uint64_t)sv_tcp_cc_kept(t) << 8;
}

static uint32_t sv_bbr_quiet(const struct sv_tcb *t)
{
    const struct sv_bbr *k = sv_bbr_there(t);
    SV_ASSERT(k != NULL);
    const uint32_t bw = k->full_reached ? (uint32_t)sv_min_u64(sv_bbr_max_bw(k) >> 8, UINT32_MAX) : 0;
    sv_slab_unref_fast(sv_core_pool(t->core), t->b->cc.bbr.slab - 1u);
    t->b->cc.bbr.slab = 0;
    return bw;
}

/* An echo of a mark is for experiments (draft §5.5.10.2 says nothing of it): not answered. */
static void sv_bbr_echoed(struct sv_tcb *t, uint32_t bytes, uint32_t marked)
{
    (void)t;
    (void)bytes;
    (void)marked;
}

const struct sv_tcp_cc sv_tcp_bbr = {
    .name = "bbr",
    .number = SV_CC_BBR,
    .wants = SV_CC_EVERY_ACK | SV_CC_OWN_WINDOW | SV_CC_PACED,
    .acked = sv_bbr_acked,
    .ssthresh = sv_bbr_ssthresh,
    .echoed = sv_bbr_echoed,
    .sent = sv_bbr_sent,
    .pacing = sv_bbr_pacing,
    .delivery = sv_bbr_delivery,
    .quiet = sv_bbr_quiet,
};
