/* SPDX-License-Identifier: BSD-2-Clause */
/* When what came is acknowledged: at once, or a little later with whatever is sent then. */
#ifndef SV_L4_TRANSPORT_TCP_DELACK_H
#define SV_L4_TRANSPORT_TCP_DELACK_H

#include "l4_transport/tcp_internal.h"

static inline void sv_tcb_arm_delack(struct sv_tcb *t)
{
    if (t->b->delack_at == SV_NEVER)
        t->b->delack_at = t->now + sv_tcb_profile(t)->delack_us * SV_US;
}

/* RFC 9293 §3.8.6.3: at least every second full segment is acknowledged, and none waits half a second. */
static inline void sv_tcp_schedule_ack(struct sv_tcb *t, const struct sv_seg *s, bool gap)
{
    const uint32_t full = t->h->mss;
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    const bool early = t->c->bytes_received < (uint64_t)p->quickack * full &&
                       (s->length >= full || p->quickack_short) && !t->c->interactive;
    if (gap || early || s->segments > 1 || s->length >= 2u * full || (t->h->flags & SV_TCP_DELACK) || t->b->quickack) {
        sv_tcb_ready(t, SV_TCP_ACK_NOW);
        return;
    }
    t->h->flags |= SV_TCP_DELACK;
    sv_tcb_arm_delack(t);
}

#endif
