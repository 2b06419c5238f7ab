/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses come and go: with their on-link route, their solicited-node group, their probing. */
#include "l3_network/acd.h"
#include "l3_network/net.h"

static bool sv_net_address_ok(const struct sv_net *net, const struct sv_net_address *want)
{
    if (want->port >= net->link.interfaces.count || want->prefix_bits > SV_ADDR_BITS ||
        !sv_addr_is_unicast(&want->addr))
        return false;
    return !sv_addr_is_v4(&want->addr) || want->prefix_bits >= SV_ADDR_V4_BITS;
}

/* Is the prefix on link because of an address? */
static bool sv_net_prefix_shared(const struct sv_net *net, sv_port port, const struct sv_addr *addr, uint32_t bits)
{
    for (uint32_t i = 0; i < net->addresses.ceiling; i++) {
        const struct sv_address *a = sv_address_of(&net->addresses, i);
        if (a->state != SV_ADDRESS_FREE && a->state <= SV_ADDRESS_CONFLICT && a->port == port &&
            !(a->flags & SV_ADDRESS_NO_ROUTE) && a->prefix_bits == bits && sv_addr_in_prefix(&a->addr, addr, bits))
            return true;
    }
    return false;
}

/* The address has gone, or could not be made: its prefix is on link no more, unless another address says so. */
static void sv_net_prefix_leave(struct sv_net *net, sv_port port, const struct sv_addr *addr, uint32_t bits)
{
    const struct sv_addr on_link = {{0}};
    if (!sv_net_prefix_shared(net, port, addr, bits))
        sv_route_delete(&net->routes, addr, bits, &on_link, port);
}

enum sv_err sv_net_address_make(struct sv_core *c, struct sv_net *net, const struct sv_net_address *want,
                                uint32_t *index)
{
    const struct sv_addr on_link = {{0}}, group = sv_multicast_solicited_node(&want->addr);
    const bool v6 = !sv_addr_is_v4(&want->addr), routed = !(want->flags & SV_ADDRESS_NO_ROUTE);
    if (!sv_net_address_ok(net, want))
        return SV_ERR_INVALID;
    const uint32_t old = sv_address_find(c, &net->addresses, &want->addr);
    if (old != SV_NONE && sv_address_of(&net->addresses, old)->state <= SV_ADDRESS_CONFLICT)
        return SV_ERR_IN_USE;
    enum sv_err err = SV_OK;
    if (routed)
        err = sv_route_insert(&net->routes, &want->addr, want->prefix_bits, &on_link, want->port, 0);
    if (err != SV_OK)
        return err;
    if (v6)
        err = sv_multicast_join(c, net, want->port, &group); /* RFC 4291 §2.8: asked there who has it */
    const uint32_t i =
        err == SV_OK ? sv_address_make(c, &net->addresses, want->port, &want->addr, want->prefix_bits) : SV_NONE;
    if (i == SV_NONE) {
        if (err == SV_OK && v6)
            sv_multicast_leave(c, net, want->port, &group);
        if (routed)
            sv_net_prefix_leave(net, want->port, &want->addr, want->prefix_bits);
        return SV_ERR_NO_MEMORY;
    }
    struct sv_address *a = sv_address_of(&net->addresses, i);
    a->flags = want->flags;
    a->router = want->router;
    a->desync_s = want->desync_s;
    if (index)
        *index = i;
    sv_acd_start(c, net, i);
    return SV_OK;
}

enum sv_err sv_net_address_add(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *addr,
                               uint32_t prefix_bits, uint32_t *index)
{
    const struct sv_net_address want = {.port = port, .addr = *addr, .prefix_bits = prefix_bits};
    return sv_net_address_make(c, net, &want, index);
}

void sv_net_address_remove(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    const struct sv_address gone = *sv_address_of(&net->addresses, index);
    const struct sv_addr group = sv_multicast_solicited_node(&gone.addr);
    if (!sv_addr_is_v4(&gone.addr))
        sv_multicast_leave(c, net, gone.port, &group);
    sv_address_remove(c, &net->addresses, index);
    if (!(gone.flags & SV_ADDRESS_NO_ROUTE))
        sv_net_prefix_leave(net, gone.port, &gone.addr, gone.prefix_bits);
    net->routes.generation++; /* who sends from it asks again */
}
