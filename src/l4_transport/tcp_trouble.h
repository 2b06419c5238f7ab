/* SPDX-License-Identifier: BSD-2-Clause */
/* Trouble that ends no connection: who asked for it (SV_OPT_TROUBLE) is told. RFC 9293 §3.8.3, §3.9.2.2. */
#ifndef SV_L4_TCP_TROUBLE_H
#define SV_L4_TCP_TROUBLE_H

#include "l4_transport/tcp_internal.h"

bool sv_tcp_set_trouble(struct sv_tcb *t, uint64_t value); /* SV_OPT_TROUBLE */
enum sv_err sv_tcb_trouble(const struct sv_tcb *t);        /* what it suffers from just now; SV_OK: nothing */
void sv_tcb_doubt(struct sv_tcb *t);                       /* a timeout more: perhaps R1 of them */
/* What was in flight is acknowledged. */
static inline void sv_tcb_trouble_over(struct sv_tcb *t)
{
    if (SV_LIKELY(!(t->c->events & SV_EVENT_TROUBLE))) /* ... and whoever asked has heard of it */
        t->c->events &= (uint16_t)~SV_TCP_SOFT_ERROR;
}

#endif
