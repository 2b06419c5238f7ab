/* SPDX-License-Identifier: BSD-2-Clause */
/* Listeners: the LISTEN state (RFC 9293 §3.10.7.2) and the queue of connections that wait for accept(). Both
 * queues, half-open and unaccepted, are bounded and charged to the listener. */
#include "l4_transport/tcp_accecn.h"

enum sv_err sv_tcp_listen(struct sv_tcp *tcp, const struct sv_endpoint *local, const struct sv_listen_options *options,
                          uint32_t *listener)
{
    uint32_t free_slot = SV_NONE;
    for (uint32_t i = 0; i < tcp->listeners; i++) {
        const struct sv_tcp_listener *l = sv_tcp_listener(tcp, i);
        if (!l->used)
            free_slot = free_slot == SV_NONE ? i : free_slot;
        else if (l->port == local->port && l->interface == options->interface &&
                 sv_memcmp(&l->addr, &local->addr, sizeof l->addr) == 0)
            return SV_ERR_IN_USE;
    }
    if (free_slot == SV_NONE)
        return SV_ERR_NO_MEMORY;
    struct sv_tcp_listener *l = sv_tcp_listener(tcp, free_slot);
    const uint32_t generation = l->generation + 1u;
    sv_memset(l, 0, sizeof *l);
    l->generation = generation;
    l->used = 1;
    l->addr = local->addr;
    l->port = local->port;
    l->cookie = options->cookie;
    l->interface = options->interface;
    l->v6_only = options->v6_only;
    l->deferred = options->deferred;
    l->any_addr = sv_addr_is_any(&local->addr);
    l->any_v4 = l->any_addr && sv_addr_is_v4(&local->addr);
    l->backlog_max = options->backlog ? options->backlog : 128;
    l->half_open_max = options->half_open ? options->half_open : 256;
    l->fast_max = options->fastopen;
    if (!l->fast_max && tcp->habits.fastopen & SV_FASTOPEN_EVERY_LISTENER)
        l->fast_max = (uint16_t)sv_min_u32(l->backlog_max, 65535u);
    l->accept_first = l->accept_last = l->event_next = SV_NONE;
    l->flow = ++sv_tcp_core(tcp)->flow_serial;
    if (free_slot >= tcp->listeners_used)
        tcp->listeners_used = free_slot + 1u;
    *listener = free_slot;
    return SV_OK;
}

/* How exactly a listener fits: interface before address before port; 0: not at all. */
static uint32_t sv_tcp_listener_fits(const struct sv_tcp_listener *l, const struct sv_addr *addr,
                                     const struct sv_seg *s)
{
    uint32_t score = 1;
    if (!l->used)
        return 0;
    if (l->interface) {
        if (l->interface != s->port + 1u)
            return 0;
        score += 32;
    }
    if (!l->any_addr) {
        if (sv_memcmp(&l->addr, addr, sizeof *addr) != 0)
            return 0;
        score += 16;
    } else if (sv_addr_is_v4(addr)) {
        if (!l->any_v4 && l->v6_only)
            return 0;
        score += l->any_v4 ? 8 : 4;
    } else if (l->any_v4) {
        return 0;
    }
    if (l->port) {
        if (l->port != s->local_port)
            return 0;
        score += 2;
    }
    return score;
}

static uint32_t sv_tcp_listener_for(const struct sv_tcp *tcp, const struct sv_seg *s)
{
    const struct sv_addr *addr = sv_tcp_address(tcp, s->local);
    uint32_t best = 0;
    uint32_t found = SV_NONE;
    for (uint32_t i = 0; i < tcp->listeners_used; i++) {
        const uint32_t score = sv_tcp_listener_fits(sv_tcp_listener(tcp, i), addr, s);
        if (score > best) {
            best = score;
            found = i;
        }
    }
    return found;
}

bool sv_tcp_is_listened_for(const struct sv_tcp *tcp, const struct sv_seg *s)
{
    return sv_tcp_listener_for(tcp, s) != SV_NONE;
}

/* Fast Open's cookie, onto the SYN,ACK. */
static void sv_listen_give(struct sv_tcp_header *to, const struct sv_tcp_header *given)
{
    to->options |= SV_OPTION_FASTOPEN;
    to->fastopen_length = given->fastopen_length;
    to->fastopen_old = given->fastopen_old;
    sv_memcpy(to->fastopen, given->fastopen, SV_FASTOPEN_MAX);
    sv_accecn_fit(to);
}

/* The ordinary handshake: a half-open record, or a cookie. */
static enum sv_drop sv_tcp_listen_ordinary(struct sv_tcp *tcp, uint32_t listener, struct sv_seg *s,
                                           const uint32_t *beyond, struct sv_tcp_reply *reply)
{
    const struct sv_tcp_listener *l = sv_tcp_listener(tcp, listener);
    const bool full = l->half_open >= l->half_open_max || tcp->half_used >= tcp->half_max;
    /* A cookie has no room for which key a SYN was signed with. */
    const bool may_cookie = tcp->habits.syn_cookies && !l->deferred && !(s->options & SV_OPTION_AO);
    if (!full && l->backlog >= l->backlog_max && !(tcp->teach.opening & SV_OPENING_BOUNDLESS_QUEUE))
        return SV_DROP_TCP_ACCEPT_FULL;
    if (may_cookie && (full || tcp->habits.syn_cookies == 2))
        sv_tcp_half_open_cookie(tcp, listener, s, reply);
    else if (full)
        return SV_DROP_TCP_LISTEN_FULL;
    else if (!sv_tcp_half_open_begin(tcp, listener, s, beyond, reply))
        return SV_DROP_NO_MEMORY;
    return SV_DROP_NONE;
}

/* A listener that serves Fast Open: perhaps a connection at once. */
static enum sv_drop sv_tcp_listen_fast(struct sv_tcp *tcp, uint32_t listener, struct sv_seg *s, const uint32_t *beyond,
                                       struct sv_tcp_reply *reply)
{
    struct sv_tcp_header given = {0};
    const enum sv_fast_answer fast = sv_tcp_fastopen_asked(tcp, listener, s, &given);
    if (fast >= SV_FAST_TAKE && sv_tcp_half_open_fast(tcp, listener, s, reply)) {
        if (fast == SV_FAST_RENEW)
            sv_listen_give(&reply->header, &given);
        return SV_DROP_NONE;
    }
    const enum sv_drop why = sv_tcp_listen_ordinary(tcp, listener, s, beyond, reply);
    if (why == SV_DROP_NONE && fast == SV_FAST_GIVE)
        sv_listen_give(&reply->header, &given);
    return why;
}

/* Where a SYN goes. *reply is what is answered, if its flags are set. NONE, or why it goes nowhere. */
static enum sv_drop sv_tcp_listen_syn(struct sv_tcp *tcp, uint32_t listener, struct sv_seg *s, const uint32_t *beyond,
                                      struct sv_tcp_reply *reply)
{
    const struct sv_tcp_listener *l = sv_tcp_listener(tcp, listener);
    reply->header.flags = 0;
    if (l->fast_max && !l->deferred && !(s->options & (SV_OPTION_MD5 | SV_OPTION_AO)))
        return sv_tcp_listen_fast(tcp, listener, s, beyond, reply);
    return sv_tcp_listen_ordinary(tcp, listener, s, beyond, reply);
}

/* An ACK for which there is no connection: perhaps it brings one of our cookies back. NONE: it did. */
static enum sv_drop sv_tcp_listen_ack(struct sv_tcp *tcp, uint32_t listener, struct sv_seg *s,
                                      struct sv_tcp_reply *reply, bool *answer)
{
    struct sv_tcp_small m;
    if (!(s->flags & SV_SYN) && sv_tcp_cookie_check(tcp, listener, s, &m))
        return sv_tcp_half_open_by_cookie(tcp, &m, s, reply, answer);
    if (SV_UNLIKELY(tcp->teach.opening & SV_OPENING_LISTEN_SILENT))
        return SV_DROP_TCP_LISTEN_ACK;
    sv_tcp_make_reset(s, reply);
    tcp->count.resets_out++;
    *answer = true;
    return SV_DROP_TCP_LISTEN_ACK;
}

/* A segment whose flow has no record: for a listener, or for nobody. */
bool sv_tcp_listen_arrives(struct sv_tcp *tcp, struct sv_seg *s, const uint32_t *beyond, struct sv_tcp_reply *reply)
{
    struct sv_core *core = sv_tcp_core(tcp);
    const uint32_t listener = sv_tcp_listener_for(tcp, s);
    if (listener == SV_NONE)
        return sv_tcp_closed_arrives(tcp, s, reply);
    const uint32_t flow = sv_tcp_listener(tcp, listener)->flow;
    enum sv_drop why = SV_DROP_NONE;
    bool answer = false;
    if (s->flags & SV_RST) {
        why = SV_DROP_TCP_RST_TO_NOBODY;
    } else if (s->flags & SV_ACK) {
        why = sv_tcp_listen_ack(tcp, listener, s, reply, &answer);
    } else if (!(s->flags & SV_SYN) || (s->flags & SV_FIN)) {
        why = SV_DROP_TCP_BAD_FLAGS; /* SYN,FIN is nobody's handshake; dropped without an answer */
    } else {
        why = sv_tcp_listen_syn(tcp, listener, s, beyond, reply);
        answer = why == SV_DROP_NONE && reply->header.flags != 0;
    }
    if (why != SV_DROP_NONE)
        sv_drop(core, why, s->packet, s->port, flow);
    else if (s->packet)
        sv_buf_free(s->packet);
    s->packet = NULL;
    return answer;
}

void sv_tcp_accept_ready(struct sv_tcb *t)
{
    struct sv_tcp_listener *l = sv_tcp_listener(t->tcp, t->c->listener);
    t->c->accept_next = SV_NONE;
    if (l->accept_first == SV_NONE)
        l->accept_first = t->index;
    else
        sv_tcp_cold(t->tcp, l->accept_last)->accept_next = t->index;
    l->accept_last = t->index;
    l->backlog++;
    t->tcp->count.opened_passive++;
    sv_tcp_tell_listener(t->tcp, t->c->listener, SV_EVENT_ACCEPT);
}

/* Out of the queue of the unaccepted: the connection is accepted, or ended before it was. */
void sv_tcp_accept_leave(struct sv_tcb *t)
{
    if (t->c->listener == SV_NONE)
        return;
    struct sv_tcp_listener *l = sv_tcp_listener(t->tcp, t->c->listener);
    uint32_t before = SV_NONE;
    for (uint32_t i = l->accept_first; i != SV_NONE; before = i, i = sv_tcp_cold(t->tcp, i)->accept_next) {
        if (i != t->index)
            continue;
        if (before == SV_NONE)
            l->accept_first = t->c->accept_next;
        else
            sv_tcp_cold(t->tcp, before)->accept_next = t->c->accept_next;
        if (l->accept_last == i)
            l->accept_last = before;
        l->backlog--;
        break;
    }
    t->c->listener = SV_NONE;
    t->c->cc_kept = 0;
}

enum sv_err sv_tcp_accept(struct sv_tcp *tcp, uint32_t listener, uint32_t *index)
{
    struct sv_tcp_listener *l = sv_tcp_listener(tcp, listener);
    if (l->accept_first == SV_NONE)
        return SV_ERR_AGAIN;
    *index = l->accept_first;
    struct sv_tcb t = sv_tcb_of(tcp, *index);
    sv_tcp_accept_leave(&t);
    t.c->cookie = l->cookie;
    SV_TRACE_EVENT(t.core, SV_TRACE_CALL, SV_CALL_ACCEPT, t.c->flow, 0, 0, 0);
    /* What came before the application had the handle is told now. */
    uint32_t what = SV_EVENT_WRITABLE;
    if (t.h->rcv_queued)
        what |= SV_EVENT_READABLE;
    if (t.h->flags & SV_TCP_FIN_RECEIVED)
        what |= SV_EVENT_PEER_FIN | SV_EVENT_READABLE;
    if (t.b && t.b->rcv_urgent)
        what |= SV_EVENT_URGENT;
    if (t.c->error)
        what |= SV_EVENT_ERROR;
    if ((t.h->flags & SV_TCP_DEAD) && !t.h->rcv_queued)
        what |= SV_EVENT_CLOSED;
    sv_tcb_tell(&t, what);
    return SV_OK;
}

void sv_tcp_close_listener(struct sv_tcp *tcp, uint32_t listener)
{
    struct sv_tcp_listener *l = sv_tcp_listener(tcp, listener);
    while (l->accept_first != SV_NONE) {
        struct sv_tcb t = sv_tcb_of(tcp, l->accept_first);
        sv_tcp_accept_leave(&t);
        sv_tcp_abort_for(tcp, t.index, SV_CAUSE_LISTENER_CLOSED);
    }
    sv_tcp_forget_half_open(tcp, listener);
    sv_tcp_hush_listener(tcp, listener);
    l->used = 0;
    l->generation++;
    while (tcp->listeners_used && !sv_tcp_listener(tcp, tcp->listeners_used - 1u)->used)
        tcp->listeners_used--;
}
