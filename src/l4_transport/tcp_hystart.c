/* SPDX-License-Identifier: BSD-2-Clause */
/* HyStart++, RFC 9406, and where a profile asks for it what came before it. HyStart++ leaves the first slow start
 * before it overruns the path, by watching each round's smallest round-trip time. A rise is not believed at once: five
 * rounds of slower growth (conservative slow start) either see it vanish, and slow start goes on, or end it. */
#include "l4_transport/tcp_internal.h"

enum {
    MIN_RTT_THRESH_US = 4000,
    MAX_RTT_THRESH_US = 16000,
    MIN_RTT_DIVISOR = 8,
    N_RTT_SAMPLE = 8,
    CSS_GROWTH_DIVISOR = 4,
    CSS_ROUNDS = 5,
    L_UNPACED = 8, /* segments that one acknowledgement lets the window grow by; with pacing without limit */
};

static void sv_hystart_round(struct sv_tcb *t, struct sv_tcp_hystart *y)
{
    y->last_min_us = y->begun ? y->now_min_us : UINT32_MAX;
    y->now_min_us = UINT32_MAX;
    y->samples = 0;
    y->window_end = t->h->snd_nxt;
    if (y->css_rounds)
        y->css_rounds++;
    y->begun = 1;
}

static void sv_hystart_sample(struct sv_tcp_hystart *y, uint32_t rtt_us)
{
    y->now_min_us = sv_min_u32(y->now_min_us, rtt_us);
    if (y->samples < 255)
        y->samples++;
    if (y->samples < N_RTT_SAMPLE)
        return;
    if (y->css_rounds) {
        if (y->now_min_us < y->css_base_us)
            y->css_rounds = 0; /* it was no queue: slow start again */
        return;
    }
    if (y->last_min_us == UINT32_MAX)
        return;
    const uint32_t rise =
        sv_max_u32(MIN_RTT_THRESH_US, sv_min_u32(y->last_min_us / MIN_RTT_DIVISOR, MAX_RTT_THRESH_US));
    if (y->now_min_us >= y->last_min_us + rise) {
        y->css_base_us = y->now_min_us;
        y->css_rounds = 1;
    }
}

/* --- the older HyStart (Ha and Rhee, 2011), which Linux has kept: slow start ends at the first sign --- */

enum {
    LOW_WINDOW = 16,         /* segments: hystart_low_window */
    TRAIN_SPACING_US = 2000, /* hystart_ack_delta_us */
    TRAIN_SLACK_US = 1000,   /* hystart_ack_delay(), but for rates above 2 Gbit/s */
};

/* Acknowledgements that come close behind each other for half a round trip: the path is full. */
static bool sv_hystart_train(const struct sv_tcb *t, struct sv_tcp_hystart *y)
{
    const uint32_t now = (uint32_t)(t->now / SV_US);
    if (now - y->last_ack_us > TRAIN_SPACING_US)
        return false;
    y->last_ack_us = now;
    /* What is paced comes back spread over a round trip by itself. */
    const uint32_t parts = t->h->agreed & SV_TCP_PACED ? 1u : 2u;
    return now - y->round_us > (y->least_us + TRAIN_SLACK_US) / parts;
}

/* Eight samples of the round trip, and the smallest has grown by an eighth. */
static bool sv_hystart_delay(struct sv_tcp_hystart *y, uint32_t rtt_us)
{
    y->now_min_us = sv_min_u32(y->now_min_us, rtt_us);
    if (y->samples < N_RTT_SAMPLE) {
        y->samples++;
        return false;
    }
    const uint32_t least = y->least_us;
    return y->now_min_us >
           least + sv_min_u32(sv_max_u32(least / MIN_RTT_DIVISOR, MIN_RTT_THRESH_US), MAX_RTT_THRESH_US);
}

static uint32_t sv_hystart_classic(struct sv_tcb *t, struct sv_tcp_hystart *y, const struct sv_tcp_acked *a)
{
    const uint32_t rtt_us = sv_tcp_cc_rtt(t, a);
    /* Rounds are counted from the first on, though nothing is judged yet: one that began in the middle of a burst would
     * take the burst's own queue for the path's (hystart_update() has the same order). */
    if (!y->begun || sv_seq_after(t->h->snd_una, y->window_end)) {
        y->begun = 1;
        y->round_us = y->last_ack_us = (uint32_t)(t->now / SV_US);
        y->window_end = t->h->snd_nxt;
        y->now_min_us = UINT32_MAX;
        y->samples = 0;
    }
    if (rtt_us && (!y->least_us || rtt_us < y->least_us))
        y->least_us = rtt_us;
    if (!rtt_us || t->h->cwnd < LOW_WINDOW * t->h->mss)
        return a->bytes;
    const bool train = sv_hystart_train(t, y);
    if (!sv_hystart_delay(y, rtt_us) && !train)
        return a->bytes;
    t->c->ssthresh = t->h->cwnd;
    return 0;
}

uint32_t sv_tcp_hystart_acked(struct sv_tcb *t, struct sv_tcp_hystart *y, const struct sv_tcp_acked *a)
{
    if (sv_tcb_profile(t)->hystart_classic)
        return sv_hystart_classic(t, y, a);
    if (!y->begun || sv_seq_after_or_at(t->h->snd_una, y->window_end))
        sv_hystart_round(t, y);
    const uint32_t rtt_us = sv_tcp_cc_rtt(t, a);
    if (rtt_us)
        sv_hystart_sample(y, rtt_us);
    const uint32_t bytes = t->h->agreed & SV_TCP_PACED ? a->bytes : sv_min_u32(a->bytes, L_UNPACED * t->h->mss);
    if (!y->css_rounds)
        return bytes;
    if (y->css_rounds > CSS_ROUNDS) {
        t->c->ssthresh = t->h->cwnd;
        return 0;
    }
    return bytes / CSS_GROWTH_DIVISOR;
}
