/* SPDX-License-Identifier: BSD-2-Clause */
/* seven/stack.h: what configures itself, and what can be asked about it: routes, lifetimes, name servers, the order of
 * a name's addresses; and advertising as a router. */
#include "stack/stack_internal.h"

bool sv_address_each(const struct sv_stack *s, uint32_t *at, struct sv_address_info *info)
{
    const struct sv_addresses *t = &s->net.addresses;
    while (*at < t->ceiling) {
        const struct sv_address *a = sv_address_of(t, (*at)++);
        if (a->state != SV_ADDRESS_TENTATIVE && a->state != SV_ADDRESS_PREFERRED && a->state != SV_ADDRESS_CONFLICT)
            continue;
        const bool dynamic = a->flags & (SV_ADDRESS_STABLE | SV_ADDRESS_TEMPORARY);
        *info = (struct sv_address_info){
            .size = sizeof *info,
            .port = a->port,
            .addr = a->addr,
            .state = a->state - SV_ADDRESS_TENTATIVE,
            .prefix_length = sv_addr_is_v4(&a->addr) ? a->prefix_bits - SV_ADDR_V4_BITS : a->prefix_bits,
            .flags = (dynamic ? SV_ADDRESS_IS_DYNAMIC : 0u) |
                     (a->flags & SV_ADDRESS_TEMPORARY ? SV_ADDRESS_IS_TEMPORARY : 0u) |
                     (a->flags & SV_ADDRESS_DEPRECATED ? SV_ADDRESS_IS_DEPRECATED : 0u) |
                     (sv_addr_is_link_local(&a->addr) ? SV_ADDRESS_IS_LINK_LOCAL : 0u) |
                     (a->flags & (SV_ADDRESS_STABLE | SV_ADDRESS_LINK_LOCAL) && !sv_addr_is_v4(&a->addr)
                          ? SV_ADDRESS_IS_STABLE
                          : 0u),
            .preferred_s = sv_lifetime_left_s(s->core.now, a->life.preferred_until),
            .valid_s = sv_lifetime_left_s(s->core.now, a->life.valid_until),
        };
        return true;
    }
    return false;
}

bool sv_neighbour_each(const struct sv_stack *s, uint32_t *at, struct sv_neighbour_info *info)
{
    const struct sv_neighbours *n = &s->net.link.neighbours;
    while (*at < n->ceiling) {
        const struct sv_neighbour *e = sv_neighbour_of(n, (*at)++);
        if (e->state == SV_NEIGHBOUR_FREE)
            continue;
        sv_memset(info, 0, sizeof *info);
        info->size = sizeof *info;
        info->state = e->state;
        info->addr = e->addr;
        sv_memcpy(info->mac, e->mac, sizeof info->mac);
        info->permanent = e->state == SV_NEIGHBOUR_PERMANENT;
        info->router = e->router;
        info->port = e->port;
        info->confirmed = e->confirmed;
        return true;
    }
    return false;
}

/* --- routes --- */

static const struct sv_nd_learned *sv_route_learned(const struct sv_net *net, const struct sv_route_spec *r)
{
    for (uint32_t k = 0; k < SV_ND_LEARNED; k++) {
        const struct sv_nd_learned *e = &net->nd.learned[k];
        if (e->kind && r->metric >= SV_ND_METRIC_ON_LINK && e->port == r->hop[0].port && e->bits == r->bits &&
            sv_addr_equal(&e->gateway, &r->hop[0].gateway) && sv_addr_in_prefix(&e->prefix, &r->prefix, r->bits))
            return e;
    }
    return NULL;
}

static bool sv_route_is_address(const struct sv_net *net, const struct sv_route_spec *r)
{
    if (!sv_addr_is_zero(&r->hop[0].gateway))
        return false;
    for (uint32_t i = 0; i < net->addresses.ceiling; i++) {
        const struct sv_address *a = sv_address_of(&net->addresses, i);
        if (a->state != SV_ADDRESS_FREE && a->state <= SV_ADDRESS_CONFLICT && a->port == r->hop[0].port &&
            !(a->flags & SV_ADDRESS_NO_ROUTE) && a->prefix_bits == r->bits &&
            sv_addr_in_prefix(&a->addr, &r->prefix, r->bits))
            return true;
    }
    return false;
}

static struct sv_addr sv_route_masked(const struct sv_addr *prefix, uint32_t bits)
{
    struct sv_addr a = *prefix;
    for (uint32_t b = bits; b < SV_ADDR_BITS; b++)
        a.byte[b / 8] = (uint8_t)(a.byte[b / 8] & ~(0x80u >> b % 8));
    return a;
}

bool sv_route_each(const struct sv_stack *s, uint32_t *at, struct sv_route_info *info)
{
    struct sv_route_spec r;
    if (!sv_route_next(&s->net.routes, at, &r))
        return false;
    const struct sv_nd_learned *e = sv_route_learned(&s->net, &r);
    const bool v4 = r.bits >= SV_ADDR_V4_BITS && sv_addr_is_v4(&r.prefix);
    *info = (struct sv_route_info){
        .size = sizeof *info,
        .origin = sv_route_is_address(&s->net, &r)   ? SV_ROUTE_ADDRESS
                  : e && e->kind == SV_ND_REDIRECTED ? SV_ROUTE_REDIRECT
                  : e                                ? SV_ROUTE_ROUTER
                                                     : SV_ROUTE_STATIC,
        .prefix = sv_route_masked(&r.prefix, r.bits),
        .gateway = r.hop[0].gateway,
        .prefix_length = v4 ? r.bits - SV_ADDR_V4_BITS : r.bits,
        .metric = r.metric,
        .port = r.hop[0].port,
        .lifetime_s = e ? sv_lifetime_left_s(s->core.now, e->until) : UINT32_MAX,
        .preference = e ? e->preference : 0,
        .unreachable = e ? e->unreachable : 0,
    };
    return true;
}

/* --- names --- */

static struct sv_destination sv_destination_of(struct sv_stack *s, const struct sv_addr *addr)
{
    struct sv_destination d = {.addr = *addr};
    struct sv_ip_path path;
    const struct sv_addr any = sv_addr_any_like(addr);
    if (sv_ip_find_path(&s->core, &s->net, addr, &any, SV_NO_PORT, &path) != SV_OK || sv_addr_is_any(&path.src))
        return d;
    const uint32_t i = sv_address_find(&s->core, &s->net.addresses, &path.src);
    if (i == SV_NONE)
        return d;
    d.source = sv_address_as_source(sv_address_of(&s->net.addresses, i), &path.next_hop);
    d.reachable = true;
    return d;
}

void sv_destination_sort(struct sv_stack *s, struct sv_addr *addr, uint32_t n, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    /* By insertion, as sv_destinations_sort() does it, but without room for n records: a name has few addresses. */
    for (uint32_t i = 1; i < n; i++) {
        const struct sv_addr moved = addr[i];
        const struct sv_destination a = sv_destination_of(s, &moved);
        uint32_t k = i;
        for (; k > 0; k--) {
            const struct sv_destination b = sv_destination_of(s, &addr[k - 1u]);
            if (!sv_destination_better(&a, &b))
                break;
            addr[k] = addr[k - 1u];
        }
        addr[k] = moved;
    }
}

bool sv_dns_server_each(const struct sv_stack *s, uint32_t *at, struct sv_dns_server_info *info, sv_time now)
{
    while (*at < SV_ND_SERVERS) {
        const struct sv_nd_server *e = &s->net.nd.server[(*at)++];
        if (e->until <= now)
            continue;
        *info = (struct sv_dns_server_info){sizeof *info, e->port, e->addr, sv_lifetime_left_s(now, e->until)};
        return true;
    }
    return false;
}

uint32_t sv_dns_search(const struct sv_stack *s, uint8_t *to, uint32_t room, sv_time now)
{
    const struct sv_nd *nd = &s->net.nd;
    if (nd->search_until <= now)
        return 0;
    sv_memcpy(to, nd->search, sv_min_u32(room, nd->search_length));
    return nd->search_length;
}

enum sv_err sv_advertise(struct sv_stack *s, sv_port port, const struct sv_advertise_config *config, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    if (port >= s->net.link.interfaces.count || (config && !s->net.forward))
        return SV_ERR_INVALID;
    if (config && config->size != sizeof *config)
        return SV_ERR_VERSION;
    return sv_nd_advertise(&s->core, &s->net, port, config);
}
