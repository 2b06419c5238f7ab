/* SPDX-License-Identifier: BSD-2-Clause */
/* Openings that go wrong on purpose (tcp_teach.h). */
#include "l4_transport/tcp_internal.h"

void sv_tcp_teach_syn_ack(const struct sv_tcp *tcp, const struct sv_tcp_small *m, struct sv_tcp_header *h)
{
    const uint32_t opening = tcp->teach.opening;
    if (opening & SV_OPENING_ACK_OF_ISN)
        h->ack = m->u.half.irs;
    if (opening & SV_OPENING_ONLY_ACK) {
        h->flags = SV_ACK;
        h->options = 0;
    }
    if (opening & SV_OPENING_ECHO) {
        h->mss = m->u.half.mss;
        h->scale = (uint8_t)SV_SMALL_SCALE(m->bits);
    }
}

void sv_tcp_teach_syn_again(struct sv_tcb *t)
{
    if (t->h->state != SV_SYN_SENT || !(t->tcp->teach.opening & SV_OPENING_NEW_ISN))
        return;
    t->c->iss += 1000u;
    t->h->snd_una = t->h->snd_nxt = t->h->snd_max = t->c->iss;
    t->b->snd_small = t->b->rexmit_nxt = t->b->recover = t->c->iss;
}
