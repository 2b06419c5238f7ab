/* SPDX-License-Identifier: BSD-2-Clause */
/* When what was sent is asked for again, and when a connection is given up: RFC 6298, RFC 8985 §7. */
#ifndef SV_L4_TRANSPORT_TCP_RTO_H
#define SV_L4_TRANSPORT_TCP_RTO_H

#include "l4_transport/tcp_internal.h"

void sv_tcp_rtt_sample(struct sv_tcb *t, uint32_t sample_us);
void sv_tcb_arm_retransmit_anew(struct sv_tcb *t); /* t->b is there */
static inline sv_time sv_tcb_rto(const struct sv_tcb *t)
{
    const uint32_t shift = sv_min_u32(t->b->backoff, 16u);
    return sv_min_u64((uint64_t)t->c->rto_us << shift, sv_tcb_profile(t)->rto_max_us) * SV_US; /* (5.5) */
}
static inline void sv_tcb_give_up_after(struct sv_tcb *t)
{
    if (t->b->give_up_at != SV_NEVER)
        return;
    const uint32_t ms = t->c->user_timeout_ms ? t->c->user_timeout_ms : sv_tcb_profile(t)->user_timeout_ms;
    t->b->give_up_at = t->now + ms * SV_MS;
}
/* From when it is asked again: that may be later than it would be waited for now. */
static inline void sv_tcb_give_up_later(struct sv_tcb *t)
{
    t->b->give_up_at = SV_NEVER;
    if (t->b->retransmit_at == SV_NEVER)
        return;
    sv_tcb_give_up_after(t);
    t->b->give_up_at += t->b->retransmit_at > t->now ? t->b->retransmit_at - t->now : 0;
}
void sv_tcb_start_rto_anew(struct sv_tcb *t);
/* RFC 8985 §7.2: does a probe come before the RTO? In calm; with a board see sv_tcb_start_rto_anew(). */
static inline bool sv_tcb_probes_tail(const struct sv_tcb *t)
{
    return t->h->srtt_us && (t->h->agreed & SV_TCP_SACK) && !t->b->recovery && !t->b->backoff &&
           sv_tcp_recovers(t, SV_RECOVER_TLP) && !sv_tcb_opening(t);
}
/* Two round trips and the clocks' grain (Linux adds two of its ticks). Of one segment alone the acknowledgement may be
 * delayed, for as long as an RTO is at least. */
static inline void sv_tcb_start_pto(struct sv_tcb *t)
{
    uint32_t wait_us = t->h->srtt_us / 4u + 2u * sv_tcb_profile(t)->granularity_us;
    if (t->h->snd_max - t->h->snd_una <= t->h->mss)
        wait_us += sv_tcb_profile(t)->rto_min_us;
    t->b->waits = SV_WAITS_PTO;
    t->b->retransmit_at = t->now + (sv_time)sv_min_u32(wait_us, t->c->rto_us) * SV_US;
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_SET, SV_TIMER_PROBE, t->c->flow, 0, (uint32_t)t->b->retransmit_at,
                   (uint32_t)(t->b->retransmit_at >> 32));
}
void sv_tcb_restart_pto(struct sv_tcb *t);
/* (5.1): something is in flight. */
__attribute__((always_inline)) static inline void sv_tcb_start_rto(struct sv_tcb *t)
{
    if (t->b->retransmit_at == SV_NEVER || SV_UNLIKELY(t->b->waits >= SV_WAITS_CORK)) {
        if (SV_LIKELY(sv_tcb_probes_tail(t)))
            sv_tcb_start_pto(t);
        else
            sv_tcb_start_rto_anew(t);
    }
    sv_tcb_give_up_after(t);
}
/* (Re)starts or stops the timer as §5 says. */
static inline void sv_tcb_arm_retransmit(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    if (!b)
        return;
    const bool idle = t->h->snd_una == t->h->snd_max && b->fast < SV_FAST_SERVES; /* nothing in flight */
    if (idle && !t->h->snd_queued) {                                              /* nothing that waits */
        if (SV_UNLIKELY(b->board != SV_NONE))
            return;
        b->persist = 0;
        b->retransmit_at = SV_NEVER;
    } else if (idle || b->persist) {
        sv_tcb_arm_retransmit_anew(t);
    } else {
        sv_tcb_start_rto(t);
    }
}
void sv_tcb_retransmit_timeout(struct sv_tcb *t);
void sv_tcb_watch_parked(struct sv_tcb *t); /* waits for a neighbour: try again, and not for ever */
/* tcp_stall.c: true: what the timer would ask for stands ready already, and the device takes nothing. */
bool sv_tcb_stall_timeout(struct sv_tcb *t);
sv_time sv_tcp_stall_deadline(const struct sv_tcp *tcp);

#endif
