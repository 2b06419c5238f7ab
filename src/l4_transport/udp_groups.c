/* SPDX-License-Identifier: BSD-2-Clause */
/* Which multicast groups sockets joined, and from which sources (RFC 3376 §3.1, RFC 3678). What all sockets want of a
 * group on an interface becomes one filter there; what gets through is then each socket's own question. */
#include "l4_transport/udp_table.h"

static struct sv_udp_join *sv_udp_join_find(struct sv_udp *u, uint32_t socket, sv_port port,
                                            const struct sv_addr *group)
{
    for (uint32_t i = 0; i < SV_UDP_JOINS; i++) {
        struct sv_udp_join *j = &u->join[i];
        if (j->used && j->socket == socket && j->port == port && sv_addr_equal(&j->group, group))
            return j;
    }
    return NULL;
}

/* What all sockets want of it goes down to the interface. */
static enum sv_err sv_udp_groups_tell(struct sv_core *c, struct sv_net *net, struct sv_udp *u, sv_port port,
                                      const struct sv_addr *group)
{
    struct sv_source_filter all = {.n = 0};
    for (uint32_t i = 0; i < SV_UDP_JOINS; i++) {
        const struct sv_udp_join *j = &u->join[i];
        if (j->used && j->port == port && sv_addr_equal(&j->group, group))
            sv_source_filter_merge(&all, &j->filter);
    }
    return sv_multicast_want(c, net, port, group, &all);
}

static void sv_udp_join_end(struct sv_udp *u, struct sv_udp_join *j)
{
    j->used = 0;
    u->joins--;
}

const struct sv_source_filter *sv_udp_group(struct sv_udp *u, uint32_t index, sv_port port, const struct sv_addr *group)
{
    const struct sv_udp_join *j = sv_udp_join_find(u, index, port, group);
    return j ? &j->filter : NULL;
}

enum sv_err sv_udp_group_set(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index, sv_port port,
                             const struct sv_addr *group, const struct sv_source_filter *filter)
{
    struct sv_udp_join *j = sv_udp_join_find(u, index, port, group);
    if (port >= net->link.interfaces.count || !sv_addr_is_multicast(group))
        return SV_ERR_INVALID;
    if (sv_source_filter_is_none(filter)) {
        if (!j)
            return SV_OK;
        sv_udp_join_end(u, j);
        return sv_udp_groups_tell(c, net, u, port, group);
    }
    const bool fresh = !j;
    for (uint32_t i = 0; i < SV_UDP_JOINS && !j; i++)
        j = u->join[i].used ? NULL : &u->join[i];
    if (!j)
        return SV_ERR_NO_MEMORY;
    *j = (struct sv_udp_join){.group = *group, .socket = index, .port = port, .used = 1, .filter = *filter};
    u->joins += fresh;
    const enum sv_err err = sv_udp_groups_tell(c, net, u, port, group);
    if (err != SV_OK && fresh)
        sv_udp_join_end(u, j);
    return err;
}

void sv_udp_groups_leave(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index)
{
    for (uint32_t i = 0; i < SV_UDP_JOINS && u->joins; i++) {
        struct sv_udp_join *j = &u->join[i];
        if (!j->used || j->socket != index)
            continue;
        const struct sv_addr group = j->group;
        sv_udp_join_end(u, j);
        (void)!sv_udp_groups_tell(c, net, u, j->port, &group); /* leaving needs no memory */
    }
}

bool sv_udp_group_passes(struct sv_udp *u, uint32_t index, const struct sv_udp_key *k)
{
    if (u->joins == 0 || !sv_addr_is_multicast(&k->local))
        return true;
    const struct sv_source_filter *f = sv_udp_group(u, index, k->interface, &k->local);
    return !f || sv_source_filter_passes(f, &k->remote);
}
