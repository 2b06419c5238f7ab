/* SPDX-License-Identifier: BSD-2-Clause */
/* What applications are told: one pending record a socket, bits joined until collected. */
#include "l4_transport/tcp_internal.h"

SV_HOT void sv_tcb_tell_anew(struct sv_tcb *t, uint32_t what)
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

__attribute__((noinline)) static uint32_t sv_tcp_listener_events(struct sv_tcp *tcp, struct sv_event *out, uint32_t max)
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

SV_COLD static int32_t sv_tcp_event_error(const struct sv_tcp_cold *c, uint32_t what)
{
    if (what & SV_EVENT_ERROR)
        return c->error;
    return c->events & SV_TCP_SOFT_ERROR ? SV_ERR_UNREACHABLE : SV_ERR_TIMED_OUT;
}

SV_HOT uint32_t sv_tcp_events(struct sv_tcp *tcp, struct sv_event *out, uint32_t max)
{
    struct sv_core *core = sv_tcp_core(tcp);
    uint32_t n = tcp->listener_events.first != SV_NONE ? sv_tcp_listener_events(tcp, out, max) : 0;
    uint32_t next = tcp->events.first;
    while (n < max && next != SV_NONE) {
        const uint32_t index = next;
        struct sv_tcp_hot *h = sv_tcp_hot(tcp, index);
        struct sv_tcp_cold *c = sv_tcp_cold(tcp, index);
        const uint32_t what = c->events & ~(uint32_t)SV_TCP_MARKS;
        next = tcp->events.first = c->event_next;
        if (next == SV_NONE) {
            tcp->events.last = SV_NONE;
        } else {
            SV_PREFETCH(sv_tcp_cold(tcp, next));
            SV_PREFETCH(sv_tcp_hot(tcp, next));
        }
        h->flags &= (uint16_t)~SV_TCP_PENDING;
        c->events &= SV_TCP_MARKS;
        out[n++] = (struct sv_event){
            .cookie = c->cookie,
            .socket = {SV_SOCK_TCP | index, c->generation},
            .what = what,
            .error = SV_UNLIKELY(what & (SV_EVENT_ERROR | SV_EVENT_TROUBLE)) ? sv_tcp_event_error(c, what) : 0,
            .arg = c->bytes_sent,
        };
        SV_TRACE_EVENT(core, SV_TRACE_SOCKET_EVENT, what, c->flow, 0, c->error);
        if (SV_UNLIKELY(what & SV_EVENT_CLOSED)) { /* the last word: the handle is stale from here on */
            struct sv_tcb t = sv_tcb_of(tcp, index);
            h->flags |= SV_TCP_DETACHED;
            sv_tcb_bury(&t);
            next = tcp->events.first;
        }
    }
    return n;
}
