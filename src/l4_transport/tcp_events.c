/* SPDX-License-Identifier: BSD-2-Clause */
/* What applications are told: one pending record a socket, bits joined until collected. */
#include "l4_transport/tcp_internal.h"

void sv_tcb_tell_anew(struct sv_tcb *t, uint32_t what)
{
    if (t->h->flags & SV_TCP_DETACHED || t->c->listener != SV_NONE)
        return; /* nobody holds a handle, or not yet */
    struct sv_tcp_ring *list = &t->tcp->events;
    t->c->events |= (uint16_t)what;
    t->h->flags |= SV_TCP_PENDING;
    t->c->event_next = SV_NONE;
    if (list->first == SV_NONE)
        list->first = t->index;
    else
        sv_tcp_cold(t->tcp, list->last)->event_next = t->index;
    list->last = t->index;
}

void sv_tcb_hush(struct sv_tcb *t)
{
    struct sv_tcp_ring *list = &t->tcp->events;
    uint32_t before = SV_NONE;
    if (!(t->h->flags & SV_TCP_PENDING))
        return;
    for (uint32_t i = list->first; i != t->index; i = sv_tcp_cold(t->tcp, i)->event_next)
        before = i;
    if (before == SV_NONE)
        list->first = t->c->event_next;
    else
        sv_tcp_cold(t->tcp, before)->event_next = t->c->event_next;
    if (list->last == t->index)
        list->last = before;
    t->h->flags &= (uint16_t)~SV_TCP_PENDING;
}

void sv_tcp_tell_listener(struct sv_tcp *tcp, uint32_t listener, uint32_t what)
{
    struct sv_tcp_listener *l = sv_tcp_listener(tcp, listener);
    l->events |= what;
    if (l->pending)
        return;
    struct sv_tcp_ring *list = &tcp->listener_events;
    l->pending = 1;
    l->event_next = SV_NONE;
    if (list->first == SV_NONE)
        list->first = listener;
    else
        sv_tcp_listener(tcp, list->last)->event_next = listener;
    list->last = listener;
}

void sv_tcp_hush_listener(struct sv_tcp *tcp, uint32_t listener)
{
    struct sv_tcp_ring *list = &tcp->listener_events;
    struct sv_tcp_listener *l = sv_tcp_listener(tcp, listener);
    uint32_t before = SV_NONE;
    if (!l->pending)
        return;
    for (uint32_t i = list->first; i != listener; i = sv_tcp_listener(tcp, i)->event_next)
        before = i;
    if (before == SV_NONE)
        list->first = l->event_next;
    else
        sv_tcp_listener(tcp, before)->event_next = l->event_next;
    if (list->last == listener)
        list->last = before;
    l->pending = 0;
}

static uint32_t sv_tcp_listener_events(struct sv_tcp *tcp, struct sv_event *out, uint32_t max)
{
    uint32_t n = 0;
    while (n < max && tcp->listener_events.first != SV_NONE) {
        const uint32_t index = tcp->listener_events.first;
        struct sv_tcp_listener *l = sv_tcp_listener(tcp, index);
        out[n++] = (struct sv_event){
            .cookie = l->cookie,
            .socket = {SV_SOCK_LISTENER | index, l->generation},
            .what = l->events,
        };
        l->events = 0;
        l->pending = 0;
        tcp->listener_events.first = l->event_next;
        if (tcp->listener_events.first == SV_NONE)
            tcp->listener_events.last = SV_NONE;
    }
    return n;
}

uint32_t sv_tcp_events(struct sv_tcp *tcp, struct sv_event *out, uint32_t max)
{
    uint32_t n = sv_tcp_listener_events(tcp, out, max);
    while (n < max && tcp->events.first != SV_NONE) {
        struct sv_tcb t = sv_tcb_of(tcp, tcp->events.first);
        const uint32_t what = t.c->events & ~(uint32_t)SV_TCP_MARKS;
        tcp->events.first = t.c->event_next;
        if (tcp->events.first == SV_NONE)
            tcp->events.last = SV_NONE;
        t.h->flags &= (uint16_t)~SV_TCP_PENDING;
        t.c->events &= SV_TCP_MARKS;
        out[n++] = (struct sv_event){
            .cookie = t.c->cookie,
            .socket = {SV_SOCK_TCP | t.index, t.c->generation},
            .what = what,
            .error = what & SV_EVENT_ERROR ? t.c->error : 0,
            .arg = t.c->bytes_sent,
        };
        SV_TRACE_EVENT(t.core, SV_TRACE_SOCKET_EVENT, what, t.c->flow, 0, t.c->error);
        if (what & SV_EVENT_CLOSED) { /* the last word: the handle is stale from here on */
            t.h->flags |= SV_TCP_DETACHED;
            sv_tcb_bury(&t);
        }
        if (tcp->events.first != SV_NONE) {
            SV_PREFETCH(sv_tcp_cold(tcp, tcp->events.first));
            SV_PREFETCH(sv_tcp_hot(tcp, tcp->events.first));
        }
    }
    return n;
}
