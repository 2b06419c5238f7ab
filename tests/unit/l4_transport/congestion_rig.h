/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection made of records alone, and a path that is a formula: every segment of the window is acknowledged one
 * round-trip time after it was sent, and what is lost is said, not found out. For what an algorithm does with that. */
#ifndef SV_TESTS_CONGESTION_RIG_H
#define SV_TESTS_CONGESTION_RIG_H

#include "l4_transport/tcp_internal.h"
#include "tests/unit/core/support.h"

#define RIG_MSS 1000u

struct rig {
    struct sv_core core;
    struct sv_tcp tcp;
    struct sv_tcp_hot hot;
    struct sv_tcp_cold cold;
    struct sv_tcp_busy busy;
    struct sv_tcb t;
};

static inline void rig_new(struct rig *r, enum sv_congestion algorithm, uint32_t cwnd, uint32_t rtt_us)
{
    memset(r, 0, sizeof *r);
    r->busy.board = SV_NONE;
    r->tcp.profile = SV_PROFILE_MODERN;
    r->tcp.habits = *sv_tcp_profile(SV_PROFILE_MODERN);
    r->t = (struct sv_tcb){.tcp = &r->tcp, .core = &r->core, .h = &r->hot, .c = &r->cold, .b = &r->busy};
    r->t.now = 1000 * SV_S;
    r->hot.mss = RIG_MSS;
    r->hot.cwnd = cwnd * RIG_MSS;
    r->hot.srtt_us = rtt_us * 8u;
    r->cold.ssthresh = UINT32_MAX;
    r->cold.listener = SV_NONE;
    r->cold.rto_us = 1000000;
    assert_true(sv_tcp_cc_choose(&r->t, algorithm));
}

/* So many segments of a full window are acknowledged. */
static inline void rig_ack(struct rig *r, uint32_t segments, uint32_t rtt_us)
{
    const struct sv_tcp_acked a = {.bytes = segments * RIG_MSS, .flight = r->hot.cwnd, .rtt_us = rtt_us};
    r->hot.snd_una += a.bytes;
    r->hot.snd_nxt = r->hot.snd_max = r->hot.snd_una + r->hot.cwnd;
    sv_tcp_cc_acked(&r->t, &a);
}

/* One round trip, acknowledged in up to 64 steps. Gives the segments that were acknowledged. */
static inline uint32_t rig_round(struct rig *r, uint32_t rtt_us)
{
    const uint32_t window = r->hot.cwnd / RIG_MSS, step = window / 64u + 1u;
    for (uint32_t done = 0; done < window; done += step) {
        const uint32_t n = sv_min_u32(step, window - done);
        r->t.now += (sv_time)rtt_us * SV_US * n / window;
        rig_ack(r, n, rtt_us);
    }
    return window;
}

/* What a recovery without a timeout leaves behind. */
static inline void rig_lose(struct rig *r)
{
    sv_tcp_cc_loss(&r->t, r->hot.cwnd);
    r->hot.cwnd = r->cold.ssthresh;
}

#endif
