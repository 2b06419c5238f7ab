/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/net.h"

#include "l3_network/acd.h"
#include "l3_network/icmp.h"

#define SV_FRAGMENT_BYTES_DEFAULT (4u << 20)

bool sv_net_init(struct sv_net *net, struct sv_core *c, struct sv_arena *arena, const struct sv_net_config *config)
{
    if (!sv_interfaces_init(&net->link.interfaces, arena, config->interfaces))
        return false;
    if (!sv_neighbours_init(&net->link.neighbours, c, arena, config->neighbours))
        return false;
    if (!sv_addresses_init(&net->addresses, c, arena, config->addresses))
        return false;
    if (!sv_routes_init(&net->routes, arena, config->routes))
        return false;
    const uint32_t bytes = config->fragment_bytes ? config->fragment_bytes : SV_FRAGMENT_BYTES_DEFAULT;
    if (!sv_fragments_init(&net->fragments, c, arena, config->fragments, bytes))
        return false;
    sv_packet_queue_init(&net->loop);
    sv_multicast_init(&net->multicast);
    if (!sv_pmtu_init(&net->pmtu, c, arena))
        return false;
    net->forward = config->forward;
    net->default_ttl = SV_TTL_DEFAULT;
    sv_icmp_limit_init(&net->icmp, c->now, SV_ICMP_PER_SECOND, SV_ICMP_BURST);
    for (uint32_t i = 0; i < SV_IP_IDS; i++)
        net->ip_id[i] = (uint16_t)sv_rng_u32(&c->rng[SV_RNG_IP_ID]);
    for (uint32_t i = 0; i < SV_IP_IDS; i++)
        net->ip6_id[i] = sv_rng_u32(&c->rng[SV_RNG_IP_ID]);
    return true;
}

uint64_t sv_net_bytes(const struct sv_net_config *config)
{
    const uint64_t align = 64;
    const uint64_t hash = 2u * sizeof(uint32_t); /* buckets: less than two a record */
    return (uint64_t)config->interfaces * sizeof(struct sv_interface) +
           (uint64_t)config->neighbours * (sizeof(struct sv_neighbour) + hash) +
           (uint64_t)config->addresses * (sizeof(struct sv_address) + hash) +
           (uint64_t)config->routes * sizeof(struct sv_route) + sv_fragments_bytes(config->fragments) +
           sv_pmtu_bytes() + 12u * align + 2u * 16u * sizeof(uint32_t);
}

enum sv_err sv_net_address_add(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *addr,
                               uint32_t prefix_bits, uint32_t *index)
{
    if (port >= net->link.interfaces.count || prefix_bits > SV_ADDR_BITS || !sv_addr_is_unicast(addr))
        return SV_ERR_INVALID;
    if (sv_addr_is_v4(addr) && prefix_bits < SV_ADDR_V4_BITS)
        return SV_ERR_INVALID;
    const uint32_t old = sv_address_find(c, &net->addresses, addr);
    if (old != SV_NONE && sv_address_of(&net->addresses, old)->state <= SV_ADDRESS_CONFLICT)
        return SV_ERR_IN_USE;
    const struct sv_addr on_link = {{0}};
    enum sv_err err = sv_route_insert(&net->routes, addr, prefix_bits, &on_link, port, 0);
    if (err != SV_OK)
        return err;
    const struct sv_addr group = sv_multicast_solicited_node(addr);
    if (!sv_addr_is_v4(addr))
        err = sv_multicast_join(c, net, port, &group); /* RFC 4291 §2.8: asked there who has it */
    const uint32_t i = err == SV_OK ? sv_address_make(c, &net->addresses, port, addr, prefix_bits) : SV_NONE;
    if (i == SV_NONE) {
        if (err == SV_OK && !sv_addr_is_v4(addr))
            sv_multicast_leave(c, net, port, &group);
        sv_route_delete(&net->routes, addr, prefix_bits, &on_link, port);
        return SV_ERR_NO_MEMORY;
    }
    if (index)
        *index = i;
    sv_acd_start(c, net, i);
    return SV_OK;
}

void sv_net_address_remove(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    const struct sv_address gone = *sv_address_of(&net->addresses, index);
    bool shared = false;
    const struct sv_addr group = sv_multicast_solicited_node(&gone.addr);
    if (!sv_addr_is_v4(&gone.addr))
        sv_multicast_leave(c, net, gone.port, &group);
    sv_address_remove(c, &net->addresses, index);
    for (uint32_t i = 0; i < net->addresses.ceiling; i++) {
        const struct sv_address *a = sv_address_of(&net->addresses, i);
        if (a->state != SV_ADDRESS_FREE && a->state <= SV_ADDRESS_CONFLICT && a->port == gone.port &&
            a->prefix_bits == gone.prefix_bits && sv_addr_in_prefix(&a->addr, &gone.addr, gone.prefix_bits))
            shared = true;
    }
    const struct sv_addr on_link = {{0}};
    if (!shared)
        sv_route_delete(&net->routes, &gone.addr, gone.prefix_bits, &on_link, gone.port);
}

void sv_net_interface_set(struct sv_core *c, struct sv_net *net, sv_port port, bool up)
{
    const bool was = sv_interface_of(&net->link.interfaces, port)->up != 0;
    sv_interface_set(c, &net->link.interfaces, port, up);
    if (was == up)
        return;
    net->routes.generation++;
    if (!up)
        sv_neighbours_flush(c, &net->link, port);
    sv_acd_link_changed(c, net, port, up);
}

bool sv_net_expire(struct sv_core *c, struct sv_net *net, uint32_t kind, uint32_t index)
{
    if (kind == SV_WHEEL_NEIGHBOUR) {
        sv_neighbour_expire(c, &net->link, index);
        sv_ip_drain_refused(c, net);
    } else if (kind == SV_WHEEL_ADDRESS) {
        sv_acd_expire(c, net, index);
    } else if (kind == SV_WHEEL_PATH) {
        struct sv_addr dst;
        sv_pmtu_expire(c, &net->pmtu, index, &dst);
    } else if (kind == SV_WHEEL_FRAGMENT) {
        sv_fragment_expire(c, net, index);
    } else {
        return false;
    }
    return true;
}

void sv_net_check(const struct sv_core *c, const struct sv_net *net)
{
    sv_neighbours_check(c, &net->link.neighbours);
    sv_addresses_check(c, &net->addresses);
    sv_fragments_check(c, &net->fragments);
    sv_multicast_check(net);
    sv_pmtu_check(c, &net->pmtu);
    for (uint32_t i = 0; i < net->link.interfaces.count; i++) {
        const struct sv_interface *f = sv_interface_of(&net->link.interfaces, i);
        SV_ASSERT(f->queue.packets <= f->queue_max);
        SV_ASSERT((f->queue.first == SV_NONE) == (f->queue.packets == 0));
    }
}
