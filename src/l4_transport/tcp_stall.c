/* SPDX-License-Identifier: BSD-2-Clause */
/* A device that takes nothing. What is ready stands on its ring, was never sent, and so has no timer of RFC 6298's; and
 * what is in flight cannot be sent again. But the user's timeout runs for the one as for the other: it counts from his
 * call, whoever is to blame that nothing is delivered (RFC 9293 §3.8.3, §3.9.1.1). Nothing of this is asked on the way
 * of a segment: a ring knows when it last moved, and somebody looks at those that have not for a while.
 *
 * A connection is asked again each half second (Linux's TCP_RESOURCE_PROBE_INTERVAL), and its timeout is not doubled
 * for that: the path has lost nothing (tcp_retransmit_timer(): "local congestion"). */
#include "l4_transport/tcp_internal.h"
#include "l4_transport/tcp_rto.h"

#define SV_STALL (200u * SV_MS) /* no device that works is so slow; and no RTO is shorter */
#define SV_STALL_AGAIN (500u * SV_MS)

static bool sv_tcp_waiting(const struct sv_tcp_interface *i)
{
    return i->urgent.first != SV_NONE || i->bulk.first != SV_NONE;
}

SV_HOT sv_time sv_tcp_stall_deadline(const struct sv_tcp *tcp)
{
    sv_time at = SV_NEVER;
    for (uint32_t k = 0; k < tcp->interfaces_ready; k++) {
        const struct sv_tcp_interface *i = sv_tcp_interface(tcp, k);
        if (sv_tcp_waiting(i))
            at = sv_min_u64(at, sv_max_u64(i->moved_at, i->asked_at) + SV_STALL);
    }
    return at;
}

/* Bytes, or a FIN, that were never sent, and nothing else that would be waited for: the timer begins as if they had
 * been sent when the ring moved last, or (who came later) just now. */
static void sv_tcb_watch_stalled(struct sv_tcb *t, sv_time since)
{
    if (!t->b || !(t->h->flags & SV_TCP_SEND_NOW) || (t->h->flags & SV_TCP_DEAD) || sv_tcb_opening(t) ||
        t->b->retransmit_at != SV_NEVER || t->h->snd_una != t->h->snd_max ||
        !(t->h->snd_queued || sv_tcb_may_send_fin(t)))
        return;
    t->b->waits = SV_WAITS_DEVICE;
    t->b->retransmit_at = sv_max_u64(t->now, since + sv_tcb_rto(t));
    sv_tcb_rearm(t);
}

void sv_tcp_expire_stalled(struct sv_tcp *tcp)
{
    const sv_time now = sv_tcp_core(tcp)->now;
    for (uint32_t k = 0; k < tcp->interfaces_ready; k++) {
        struct sv_tcp_interface *i = sv_tcp_interface(tcp, k);
        const sv_time since = sv_max_u64(i->moved_at, i->asked_at);
        if (!sv_tcp_waiting(i) || now < since + SV_STALL)
            continue;
        i->asked_at = now;
        const struct sv_tcp_ring *const rings[] = {&i->urgent, &i->bulk};
        for (uint32_t r = 0; r < SV_COUNT_OF(rings); r++) {
            for (uint32_t at = rings[r]->first; at != SV_NONE; at = sv_tcp_hot(tcp, at)->ready_next) {
                struct sv_tcb t = sv_tcb_of(tcp, at);
                sv_tcb_watch_stalled(&t, since);
            }
        }
    }
}

static bool sv_tcb_stalled(const struct sv_tcb *t)
{
    if ((t->h->flags & (SV_TCP_READY | SV_TCP_SEND_NOW)) != (SV_TCP_READY | SV_TCP_SEND_NOW))
        return false;
    const struct sv_tcp_interface *i = sv_tcp_interface(t->tcp, t->h->interface);
    return t->now - i->moved_at >= SV_STALL;
}

bool sv_tcb_stall_timeout(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    const bool never_sent = b->waits == SV_WAITS_DEVICE;
    if (!sv_tcb_stalled(t) || !(never_sent || (b->waits == SV_WAITS_RTO && b->backoff)))
        return false;
    if (never_sent) {
        sv_tcb_give_up_after(t);
        if (t->c->keep_probes < UINT8_MAX)
            t->c->keep_probes++;
    }
    b->retransmit_at = t->now + (never_sent ? SV_STALL_AGAIN : sv_min_u64(sv_tcb_rto(t), SV_STALL_AGAIN));
    return true;
}
