/* SPDX-License-Identifier: BSD-2-Clause */
/* Ready rings (who may send next on an interface) and the queues of small records.
 *
 * Each interface has two rings: pure acknowledgements and control first, then data in turns. A connection
 * stands on one of them at most; a mark says so, and another why. */
#include "l4_transport/tcp_internal.h"
#include "l4_transport/tcp_rto.h"

void sv_tcp_ring_append(struct sv_tcp *tcp, struct sv_tcp_ring *ring, uint32_t index)
{
    sv_tcp_hot(tcp, index)->ready_next = SV_NONE;
    if (ring->first == SV_NONE)
        ring->first = index;
    else
        sv_tcp_hot(tcp, ring->last)->ready_next = index;
    ring->last = index;
}

/* Somebody comes who may have his turn at once. */
static inline void sv_tcp_ring_begins(struct sv_tcp *tcp, sv_port port, struct sv_tcp_interface *i)
{
    i->moved_at = sv_tcp_core(tcp)->now;
    if (SV_UNLIKELY(port >= tcp->interfaces_ready))
        tcp->interfaces_ready = port + 1u;
}

SV_HOT void sv_tcb_ready_anew(struct sv_tcb *t, uint16_t why)
{
    t->h->flags |= SV_TCP_READY;
    struct sv_tcp_interface *i = sv_tcp_interface(t->tcp, t->h->interface);
    struct sv_tcp_ring *ring = (why & SV_TCP_SEND_NOW) ? &i->bulk : &i->urgent;
    if (ring->first == SV_NONE)
        sv_tcp_ring_begins(t->tcp, t->h->interface, i);
    sv_tcp_ring_append(t->tcp, ring, t->index);
}

void sv_tcp_park(struct sv_tcp *tcp, sv_port port)
{
    const uint32_t index = sv_tcp_ring_pop(tcp, sv_tcp_ring_next(sv_tcp_interface(tcp, port)));
    struct sv_tcb t = sv_tcb_of(tcp, index);
    sv_tcp_ring_append(tcp, &tcp->parked, index);
    if (t.b && !(t.h->flags & SV_TCP_DEAD)) {
        sv_tcb_watch_parked(&t);
        sv_tcb_rearm(&t);
    }
}

void sv_tcp_unpark(struct sv_tcp *tcp)
{
    while (tcp->parked.first != SV_NONE) {
        const uint32_t index = sv_tcp_ring_pop(tcp, &tcp->parked);
        struct sv_tcp_hot *h = sv_tcp_hot(tcp, index);
        struct sv_tcp_interface *i = sv_tcp_interface(tcp, h->interface);
        sv_tcp_ring_begins(tcp, h->interface, i);
        sv_tcp_ring_append(tcp, (h->flags & SV_TCP_SEND_NOW) ? &i->bulk : &i->urgent, index);
    }
}

/* A record that is about to be freed leaves its ring: rare (a connection ends with an ACK still owed). */
void sv_tcb_unready(struct sv_tcb *t)
{
    if (!(t->h->flags & SV_TCP_READY))
        return;
    struct sv_tcp_interface *own = sv_tcp_interface(t->tcp, t->h->interface);
    struct sv_tcp_ring *const candidates[] = {&own->urgent, &own->bulk, &t->tcp->parked};
    for (uint32_t k = 0; k < SV_COUNT_OF(candidates); k++) {
        uint32_t before = SV_NONE;
        for (uint32_t i = candidates[k]->first; i != SV_NONE; before = i, i = sv_tcp_hot(t->tcp, i)->ready_next) {
            if (i != t->index)
                continue;
            if (before == SV_NONE)
                candidates[k]->first = t->h->ready_next;
            else
                sv_tcp_hot(t->tcp, before)->ready_next = t->h->ready_next;
            if (candidates[k]->last == i)
                candidates[k]->last = before;
            t->h->flags &= (uint16_t)~SV_TCP_READY;
            return;
        }
    }
    SV_ASSERT(t->index == SV_NONE) /* a ready connection stands on a ring */;
}

void sv_tcp_queue_append(struct sv_tcp *tcp, struct sv_tcp_ring *queue, uint32_t small)
{
    struct sv_tcp_small *m = sv_tcp_small(tcp, small);
    m->next = SV_NONE;
    m->prev = queue->last;
    if (queue->last == SV_NONE)
        queue->first = small;
    else
        sv_tcp_small(tcp, queue->last)->next = small;
    queue->last = small;
}

void sv_tcp_queue_remove(struct sv_tcp *tcp, struct sv_tcp_ring *queue, uint32_t small)
{
    struct sv_tcp_small *m = sv_tcp_small(tcp, small);
    if (m->prev == SV_NONE)
        queue->first = m->next;
    else
        sv_tcp_small(tcp, m->prev)->next = m->next;
    if (m->next == SV_NONE)
        queue->last = m->prev;
    else
        sv_tcp_small(tcp, m->next)->prev = m->prev;
}
