/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/net.h"

#include "l3_network/acd.h"
#include "l3_network/icmp.h"
#include "l3_network/link_local4.h"
#include "l3_network/slaac.h"
#include "seven/stack.h"

#define SV_FRAGMENT_BYTES_DEFAULT (4u << 20)

bool sv_net_init(struct sv_net *net, struct sv_core *c, struct sv_arena *arena, const struct sv_net_config *config)
{
    if (!sv_interfaces_init(&net->link.interfaces, arena, config->interfaces))
        return false;
    if (!sv_neighbours_init(&net->link.neighbours, c, arena, config->neighbours))
        return false;
    if (!sv_addresses_init(&net->addresses, c, arena, config->addresses))
        return false;
    if (!sv_routes_init(&net->routes, &c->secret, arena, config->routes, config->route_tables))
        return false;
    if (!sv_acl_init(&net->acl, arena, config->acl_rules))
        return false;
    const uint32_t bytes = config->fragment_bytes ? config->fragment_bytes : SV_FRAGMENT_BYTES_DEFAULT;
    if (!sv_fragments_init(&net->fragments, c, arena, config->fragments, bytes))
        return false;
    sv_packet_queue_init(&net->loop);
    for (uint32_t i = 0; i < SV_IP_RECENT; i++)
        net->recent[i].path.port = SV_NO_PORT;
    sv_multicast_init(&net->multicast);
    if (!sv_pmtu_init(&net->pmtu, c, arena) || !sv_nd_init(&net->nd, c, arena, config->interfaces) ||
        !sv_membership_init(&net->groups, c, arena, config->interfaces) ||
        !sv_nat_init(&net->nat, c, arena, config->nat_sessions))
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
           sv_routes_bytes(config->routes, config->route_tables) + config->acl_rules * sizeof(struct sv_acl_info) +
           sv_fragments_bytes(config->fragments) + sv_pmtu_bytes() + sv_nd_bytes(config->interfaces) +
           sv_membership_bytes(config->interfaces) + sv_nat_bytes(config->nat_sessions) + 12u * align +
           2u * 16u * sizeof(uint32_t);
}

void sv_net_interface_set(struct sv_core *c, struct sv_net *net, sv_port port, bool up)
{
    const bool was = sv_interface_of(&net->link.interfaces, port)->up != 0;
    sv_interface_set(c, &net->link.interfaces, port, up);
    if (was == up)
        return;
    sv_routes_port_set(&net->routes, port, up);
    if (!up)
        sv_neighbours_flush(c, &net->link, port);
    sv_membership_link_changed(c, net, port, up);
    sv_acd_link_changed(c, net, port, up);
    sv_nd_link_changed(c, net, port, up);
    if (up && sv_interface_of(&net->link.interfaces, port)->flags & SV_IF_LINK_LOCAL4)
        sv_link_local4_begin(c, net, port);
}

bool sv_net_expire(struct sv_core *c, struct sv_net *net, uint32_t kind, uint32_t index)
{
    if (kind == SV_WHEEL_NEIGHBOUR) {
        sv_neighbour_expire(c, &net->link, index);
        sv_ip_drain_refused(c, net);
    } else if (kind == SV_WHEEL_ADDRESS) {
        sv_slaac_due(c, net, index); /* may take it away, which disarms its probing */
        sv_acd_expire(c, net, index);
        sv_address_rearm(c, &net->addresses, index);
    } else if (kind == SV_WHEEL_PATH) {
        struct sv_addr dst;
        sv_pmtu_expire(c, &net->pmtu, index, &dst);
    } else if (kind == SV_WHEEL_FRAGMENT) {
        sv_fragment_expire(c, net, index);
    } else if (kind == SV_WHEEL_ND) {
        sv_nd_expire(c, net, index);
    } else if (kind == SV_WHEEL_GROUP) {
        sv_membership_expire(c, net);
    } else if (kind == SV_WHEEL_NAT) {
        sv_nat_expire(c, net, index);
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
    sv_nat_check(c, &net->nat);
    sv_routes_check(&net->routes);
    sv_multicast_check(net);
    sv_pmtu_check(c, &net->pmtu);
    sv_membership_check(net);
    sv_nd_check(c, net);
    sv_ip_recent_check(c, net);
    for (uint32_t i = 0; i < net->link.interfaces.count; i++) {
        const struct sv_interface *f = sv_interface_of(&net->link.interfaces, i);
        SV_ASSERT(f->queue.packets <= f->queue_max);
        SV_ASSERT((f->queue.first == SV_NONE) == (f->queue.packets == 0));
    }
}
