/* SPDX-License-Identifier: BSD-2-Clause */
/* seven/socket.h: which groups a UDP socket joined, so that all of them are left when it closes. */
#include "stack/stack_internal.h"

static bool sv_join_is(const struct sv_join *j, sv_sock u)
{
    return j->used && j->socket.index == u.index && j->socket.generation == u.generation;
}

static struct sv_join *sv_join_find(struct sv_stack *s, sv_sock u, sv_port port, const struct sv_addr *group)
{
    for (uint32_t i = 0; i < SV_JOINS; i++) {
        struct sv_join *j = &s->join[i];
        if (sv_join_is(j, u) && j->port == port && sv_addr_equal(&j->group, group))
            return j;
    }
    return NULL;
}

enum sv_err sv_udp_join(struct sv_stack *s, sv_sock u, sv_port port, const struct sv_addr *group, sv_time now)
{
    uint32_t index;
    struct sv_join *empty = NULL;
    (void)sv_core_clock(&s->core, now);
    if (!sv_session_udp(&s->session, u, &index) || sv_udp_of(&s->udp, index)->kind != SV_UDP_DATAGRAM)
        return SV_ERR_STALE;
    if (sv_join_find(s, u, port, group))
        return SV_ERR_IN_USE;
    for (uint32_t i = 0; i < SV_JOINS && !empty; i++)
        empty = s->join[i].used ? NULL : &s->join[i];
    if (!empty)
        return SV_ERR_NO_MEMORY;
    const enum sv_err err = sv_multicast_join(&s->core, &s->net, port, group);
    if (err == SV_OK)
        *empty = (struct sv_join){.group = *group, .socket = u, .port = port, .used = 1};
    return err;
}

enum sv_err sv_udp_leave(struct sv_stack *s, sv_sock u, sv_port port, const struct sv_addr *group, sv_time now)
{
    uint32_t index;
    (void)sv_core_clock(&s->core, now);
    if (!sv_session_udp(&s->session, u, &index))
        return SV_ERR_STALE;
    struct sv_join *j = sv_join_find(s, u, port, group);
    if (!j)
        return SV_ERR_INVALID;
    sv_multicast_leave(&s->core, &s->net, port, group);
    j->used = 0;
    return SV_OK;
}

void sv_stack_leave_all(struct sv_stack *s, sv_sock u)
{
    uint32_t index;
    if (!sv_session_udp(&s->session, u, &index))
        return; /* a connection joins nothing, and most of what closes is one */
    for (uint32_t i = 0; i < SV_JOINS; i++) {
        struct sv_join *j = &s->join[i];
        if (!sv_join_is(j, u))
            continue;
        sv_multicast_leave(&s->core, &s->net, j->port, &j->group);
        j->used = 0;
    }
}
