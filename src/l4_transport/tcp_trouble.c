/* SPDX-License-Identifier: BSD-2-Clause */
/* Trouble that ends no connection, or only one that is being opened: ICMP errors, next hops that do not answer, and
 * timeouts one after another. Whoever asked for it is told: RFC 9293 §3.8.3, §3.9.2.2. */
#include "l4_transport/tcp_trouble.h"

bool sv_tcp_set_trouble(struct sv_tcb *t, uint64_t value)
{
    if (value > 1)
        return false;
    t->c->events = (uint16_t)(value ? t->c->events | SV_TCP_WANTS_TROUBLE : t->c->events & ~SV_TCP_WANTS_TROUBLE);
    return true;
}

/* What came last is what the event will say. */
static void sv_tcb_tell_trouble(struct sv_tcb *t, uint32_t kind)
{
    t->c->events = (uint16_t)((t->c->events & ~SV_TCP_SOFT_ERROR) | kind);
    if (t->c->events & SV_TCP_WANTS_TROUBLE && !(t->h->flags & SV_TCP_DEAD))
        sv_tcb_tell(t, SV_EVENT_TROUBLE);
}

enum sv_err sv_tcb_trouble(const struct sv_tcb *t)
{
    if (!t->b || !t->b->backoff)
        return SV_OK;
    if (t->c->events & SV_TCP_SOFT_ERROR)
        return SV_ERR_UNREACHABLE;
    return t->b->backoff >= sv_tcb_profile(t)->black_hole_timeouts ? SV_ERR_TIMED_OUT : SV_OK;
}

/* RFC 9293 §3.8.3 (a): R1. */
void sv_tcb_doubt(struct sv_tcb *t)
{
    if (t->b->backoff != sv_tcb_profile(t)->black_hole_timeouts)
        return;
    sv_tcp_path_fails(t);
    sv_tcb_tell_trouble(t, t->c->events & SV_TCP_SOFT_ERROR);
}

/* RFC 5927 §4: only what quotes a byte in flight is believed; RFC 9293 §3.9.2.2: a soft error is told to who asked for
 * such, a hard one ends a connection that is being opened, and no other (RFC 5461). */
void sv_tcp_icmp_error(struct sv_tcp *tcp, uint32_t flow_value, uint32_t seq, bool hard)
{
    struct sv_core *core = sv_tcp_core(tcp);
    if (SV_TCP_VALUE_KIND(flow_value) == SV_TCP_HALF_OPEN &&
        !sv_tcp_half_open_error(tcp, SV_TCP_VALUE_INDEX(flow_value), seq, hard))
        sv_drop(core, SV_DROP_ICMP_OUT_OF_WINDOW, NULL, SV_NO_PORT, 0);
    if (SV_TCP_VALUE_KIND(flow_value) != SV_TCP_FULL)
        return;
    struct sv_tcb t = sv_tcb_of(tcp, SV_TCP_VALUE_INDEX(flow_value));
    const bool of_syn_ack = sv_tcb_serves_fast(&t) && seq == t.c->iss;
    if (!of_syn_ack && !sv_seq_within(seq, t.h->snd_una, t.h->snd_max - t.h->snd_una)) {
        sv_drop(core, SV_DROP_ICMP_OUT_OF_WINDOW, NULL, t.h->interface, t.c->flow);
        return;
    }
    if (hard && (t.h->state == SV_SYN_SENT || sv_tcb_serves_fast(&t)))
        sv_tcb_end(&t, SV_ON_TIMEOUT, SV_ERR_UNREACHABLE, SV_CAUSE_UNREACHABLE);
    else
        sv_tcb_tell_trouble(&t, SV_TCP_SOFT_ERROR);
}

void sv_tcp_neighbour_failed(struct sv_tcp *tcp, uint32_t neighbour)
{
    uint32_t i = tcp->parked.first;
    while (i != SV_NONE) {
        struct sv_tcb t = sv_tcb_of(tcp, i);
        i = t.h->ready_next;
        if (t.h->neighbour != neighbour)
            continue;
        if (t.h->state == SV_SYN_SENT) {
            sv_tcb_unready(&t);
            sv_tcb_end(&t, SV_ON_TIMEOUT, SV_ERR_UNREACHABLE, SV_CAUSE_UNREACHABLE);
        } else if (t.h->flags & SV_TCP_DEAD) { /* its last words cannot be said */
            t.h->flags &= (uint16_t) ~(SV_TCP_SEND_NOW | SV_TCP_ACK_NOW);
            sv_tcb_unready(&t);
            sv_tcb_bury(&t);
        }
    }
}
