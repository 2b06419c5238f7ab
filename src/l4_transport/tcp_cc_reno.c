/* SPDX-License-Identifier: BSD-2-Clause */
/* Slow start and congestion avoidance as RFC 5681 §3.1 has them. With the recovery of RFC 6582 this is NewReno. */
#include "l4_transport/tcp_internal.h"

void sv_tcp_reno_grow(struct sv_tcb *t, uint32_t bytes, uint32_t *acked_in_round)
{
    const uint32_t mss = t->h->mss;
    if (t->h->cwnd < t->c->ssthresh) {
        const uint32_t most = sv_tcb_profile(t)->grow_by_bytes ? bytes : sv_min_u32(bytes, mss);
        t->h->cwnd += sv_min_u32(most, t->c->ssthresh - t->h->cwnd);
        return;
    }
    *acked_in_round += bytes; /* one segment a window's worth (RFC 5681 §3.1, RFC 3465 §2.1) */
    if (*acked_in_round >= t->h->cwnd) {
        *acked_in_round -= t->h->cwnd;
        t->h->cwnd += mss;
    }
}

static void sv_reno_acked(struct sv_tcb *t, const struct sv_tcp_acked *a)
{
    sv_tcp_reno_grow(t, a->bytes, &t->b->cc.reno.acked_in_round);
}

static uint32_t sv_reno_ssthresh(struct sv_tcb *t, uint32_t flight, enum sv_tcp_loss why)
{
    if (why == SV_LOSS_TIMEOUT)
        t->b->cc.reno.acked_in_round = 0;
    return sv_max_u32(flight / 2u, 2u * t->h->mss); /* RFC 5681 (4) */
}

const struct sv_tcp_cc sv_tcp_reno = {
    .name = "reno",
    .number = SV_CC_RENO,
    .acked = sv_reno_acked,
    .ssthresh = sv_reno_ssthresh,
};
