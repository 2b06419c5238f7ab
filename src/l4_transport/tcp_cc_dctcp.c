/* SPDX-License-Identifier: BSD-2-Clause */
/* DCTCP, RFC 8257: reduces the window by how much of it was marked, and not by half because something was. Between
 * hosts of one data centre whose routers mark at a short queue; over ECN alone, and not for the open Internet (§5). */
#include "core/math.h"
#include "l4_transport/tcp_internal.h"

enum { ONE_SHIFT = 20, G_SHIFT = 4 }; /* alpha's unit; g = 1/16 */
#define ONE (1u << ONE_SHIFT)

/* Alpha of a connection that was quiet is what it was; of a new one, all marked (§3.3, step 1 of Linux and Windows). */
static struct sv_tcp_dctcp_state *sv_dctcp(struct sv_tcb *t)
{
    struct sv_tcp_dctcp_state *d = &t->b->cc.dctcp;
    if (!d->alpha) {
        const uint32_t kept = sv_tcp_cc_kept(t);
        d->alpha = kept ? kept : ONE + 1u;
        d->window_begin = t->h->snd_una;
        d->window_end = t->h->snd_nxt;
    }
    return d;
}

/* §3.3 steps 3 to 8: a window of data is acknowledged. */
static void sv_dctcp_window(struct sv_tcb *t, struct sv_tcp_dctcp_state *d, uint32_t ack)
{
    if (sv_seq_before(ack, d->window_end))
        return;
    const uint32_t bytes = sv_max_u32(ack - d->window_begin, 1u);
    const uint32_t fraction = (uint32_t)sv_div64((uint64_t)sv_min_u32(d->marked, bytes) << ONE_SHIFT, bytes);
    uint32_t alpha = d->alpha - 1u;
    const uint32_t down = alpha >> G_SHIFT; /* below 16 units rounding would keep it from zero */
    alpha = alpha - (down || !alpha ? down : alpha) + (fraction >> G_SHIFT);
    d->alpha = sv_min_u32(alpha, ONE) + 1u;
    d->marked = 0;
    d->window_begin = ack;
    d->window_end = t->h->snd_nxt;
}

static void sv_dctcp_echoed(struct sv_tcb *t, uint32_t bytes, uint32_t marked)
{
    struct sv_tcp_dctcp_state *d = sv_dctcp(t);
    d->marked += marked;
    sv_dctcp_window(t, d, t->h->snd_una + bytes);
    if (!t->b->ecn_reduced && t->b->recovery == SV_RECOVERY_NONE && t->h->snd_una != t->h->snd_max)
        sv_tcp_cc_marked(t);
}

static void sv_dctcp_acked(struct sv_tcb *t, const struct sv_tcp_acked *a)
{
    struct sv_tcp_dctcp_state *d = sv_dctcp(t);
    sv_dctcp_window(t, d, t->h->snd_una);
    if (!t->b->ecn_reduced)
        sv_tcp_reno_grow(t, a->bytes, &d->acked_in_round);
}

/* §3.3 step 9: cwnd (1 - alpha / 2); §3.5: a loss is a loss. */
static uint32_t sv_dctcp_ssthresh(struct sv_tcb *t, uint32_t flight, enum sv_tcp_loss why)
{
    struct sv_tcp_dctcp_state *d = sv_dctcp(t);
    const uint32_t cwnd = t->h->cwnd;
    const uint64_t off = ((uint64_t)cwnd * (d->alpha - 1u)) >> (ONE_SHIFT + 1u);
    d->undo_alpha = d->alpha;
    d->acked_in_round = 0;
    if (why != SV_LOSS_MARKED)
        return sv_max_u32(flight / 2u, 2u * t->h->mss);
    return sv_max_u32(cwnd - (uint32_t)off, 2u * t->h->mss);
}

static void sv_dctcp_undo(struct sv_tcb *t)
{
    struct sv_tcp_dctcp_state *d = sv_dctcp(t);
    if (d->undo_alpha)
        d->alpha = d->undo_alpha;
}

static uint32_t sv_dctcp_quiet(const struct sv_tcb *t)
{
    return t->b->cc.dctcp.alpha;
}

const struct sv_tcp_cc sv_tcp_dctcp = {
    .name = "dctcp",
    .number = SV_CC_DCTCP,
    .acked = sv_dctcp_acked,
    .ssthresh = sv_dctcp_ssthresh,
    .echoed = sv_dctcp_echoed,
    .undo = sv_dctcp_undo,
    .quiet = sv_dctcp_quiet,
};
