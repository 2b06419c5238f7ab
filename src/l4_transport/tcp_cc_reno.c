/* SPDX-License-Identifier: BSD-2-Clause */
/* Slow start and congestion avoidance as RFC 5681 §3.1 has them. With the recovery of RFC 6582 this is NewReno. */
#include "l4_transport/tcp_internal.h"

static void sv_reno_acked(struct sv_tcb *t, const struct sv_tcp_acked *a)
{
    struct sv_tcp_reno_state *r = &t->b->cc.reno;
    const uint32_t mss = t->h->mss;
    if (t->h->cwnd < t->c->ssthresh) {
        const uint32_t most = sv_tcb_profile(t)->grow_by_bytes ? a->bytes : sv_min_u32(a->bytes, mss);
        t->h->cwnd += sv_min_u32(most, t->c->ssthresh - t->h->cwnd);
        return;
    }
    r->acked_in_round += a->bytes; /* one segment a window's worth (RFC 5681 §3.1, RFC 3465 §2.1) */
    if (r->acked_in_round >= t->h->cwnd) {
        r->acked_in_round -= t->h->cwnd;
        t->h->cwnd += mss;
    }
}

static uint32_t sv_reno_ssthresh(struct sv_tcb *t, uint32_t flight, enum sv_tcp_loss why)
{
    if (why == SV_LOSS_TIMEOUT)
        t->b->cc.reno.acked_in_round = 0;
    return sv_max_u32(flight / 2u, 2u * t->h->mss); /* RFC 5681 (4) */
}

const struct sv_tcp_cc sv_tcp_reno = {
    .name = "reno",
    .acked = sv_reno_acked,
    .ssthresh = sv_reno_ssthresh,
};
