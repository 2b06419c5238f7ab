/* SPDX-License-Identifier: BSD-2-Clause */
/* seven/stack.h: interfaces, addresses, routes, neighbours; and what can be asked about them. */
#include "l2_link/ethernet.h"
#include "l2_link/vlan_wire.h"
#include "l4_transport/tcp_knobs.h"
#include "stack/stack_internal.h"

#define SV_MTU_MIN 68u /* RFC 791 §3.2 */

static bool sv_stack_has(const struct sv_stack *s, sv_port port)
{
    return port < s->net.link.interfaces.count;
}

/* The public face counts an IPv4 prefix from 0 to 32. */
static bool sv_prefix_bits(const struct sv_addr *addr, uint32_t length, uint32_t *bits)
{
    const bool v4 = sv_addr_is_v4(addr);
    if (length > (v4 ? 32u : 128u))
        return false;
    *bits = v4 ? length + SV_ADDR_V4_BITS : length;
    return true;
}

enum sv_err sv_interface_add(struct sv_stack *s, const struct sv_interface_config *config, sv_port *port, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    if (config->size != sizeof *config)
        return SV_ERR_VERSION;
    const uint32_t mtu = config->mtu ? config->mtu : 1500;
    if (mtu < SV_MTU_MIN || mtu > 65535 || sv_mac_is_group(config->mac))
        return SV_ERR_INVALID;
    const sv_port made = sv_interface_make(&s->net.link.interfaces, config->mac, mtu,
                                           config->queue ? config->queue : 256, config->flags);
    if (made == SV_NO_PORT)
        return SV_ERR_NO_MEMORY;
    sv_tcp_set_mtu(&s->tcp, made, mtu);
    s->node.ports = made + 1u;
    *port = made;
    sv_net_interface_set(&s->core, &s->net, made, true);
    return SV_OK;
}

enum sv_err sv_interface_add_tagged(struct sv_stack *s, sv_port parent, uint32_t tpid, uint32_t vid, sv_port *port,
                                    sv_time now)
{
    struct sv_interfaces *t = &s->net.link.interfaces;
    (void)sv_core_clock(&s->core, now);
    if (!sv_stack_has(s, parent) || vid < 1 || vid > 4094 || tpid > UINT16_MAX || !sv_ethertype_is_tag((uint16_t)tpid))
        return SV_ERR_INVALID;
    if (sv_interface_tagged(t, parent, (uint16_t)tpid, (uint16_t)vid) != SV_NO_PORT)
        return SV_ERR_IN_USE;
    struct sv_interface *below = sv_interface_of(t, parent);
    const struct sv_interface_config config = {
        .size = sizeof config,
        .flags = below->flags,
        .mac = {below->mac[0], below->mac[1], below->mac[2], below->mac[3], below->mac[4], below->mac[5]},
        .mtu = below->mtu,
        .queue = below->queue_max,
    };
    const enum sv_err error = sv_interface_add(s, &config, port, now);
    if (error != SV_OK)
        return error;
    struct sv_interface *i = sv_interface_of(t, *port);
    i->parent = parent;
    i->tpid = (uint16_t)tpid;
    i->vid = (uint16_t)vid;
    sv_interface_of(t, sv_interface_root(t, parent))->children = 1;
    below->children = 1;
    if (!below->up)
        sv_interface_set_up(s, *port, false, now);
    return SV_OK;
}

void sv_interface_set_filter(struct sv_stack *s, sv_port port, bool all_multicast, bool promiscuous)
{
    SV_ASSERT(sv_stack_has(s, port));
    struct sv_interface *i = sv_interface_of(&s->net.link.interfaces, port);
    i->all_multicast = all_multicast;
    i->promiscuous = promiscuous;
}

void sv_interface_set_up(struct sv_stack *s, sv_port port, bool up, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    SV_ASSERT(sv_stack_has(s, port));
    sv_net_interface_set(&s->core, &s->net, port, up);
    sv_tcp_set_up(&s->tcp, port, up);
    sv_stack_after(s);
}

enum sv_err sv_address_add(struct sv_stack *s, sv_port port, const struct sv_addr *addr, uint32_t prefix_length,
                           sv_time now)
{
    uint32_t bits;
    (void)sv_core_clock(&s->core, now);
    if (!sv_stack_has(s, port) || !sv_prefix_bits(addr, prefix_length, &bits))
        return SV_ERR_INVALID;
    return sv_net_address_add(&s->core, &s->net, port, addr, bits, NULL);
}

enum sv_err sv_route_add(struct sv_stack *s, const struct sv_addr *prefix, uint32_t prefix_length,
                         const struct sv_addr *gateway, sv_port port, sv_time now)
{
    uint32_t bits;
    (void)sv_core_clock(&s->core, now);
    if (!sv_stack_has(s, port) || !sv_prefix_bits(prefix, prefix_length, &bits))
        return SV_ERR_INVALID;
    if (!sv_addr_is_any(gateway) && !sv_addr_is_unicast(gateway))
        return SV_ERR_INVALID;
    return sv_route_insert(&s->net.routes, prefix, bits, gateway, port, 0);
}

static bool sv_route_spec_of(const struct sv_stack *s, const struct sv_route_config *r, struct sv_route_spec *to)
{
    sv_memset(to, 0, sizeof *to);
    if (!sv_prefix_bits(&r->prefix, r->prefix_length, &to->bits) || r->hops > SV_ROUTE_HOPS)
        return false;
    to->prefix = r->prefix;
    to->table = r->table;
    to->metric = r->metric;
    to->type = r->type;
    to->hops = r->hops;
    for (uint32_t i = 0; i < r->hops; i++) {
        to->hop[i] = r->hop[i];
        if (!sv_stack_has(s, r->hop[i].port))
            return false;
        if (!sv_addr_is_zero(&r->hop[i].gateway) && !sv_addr_is_unicast(&r->hop[i].gateway))
            return false;
    }
    return true;
}

enum sv_err sv_route_install(struct sv_stack *s, const struct sv_route_config *route, sv_time now)
{
    struct sv_route_spec spec;
    (void)sv_core_clock(&s->core, now);
    if (route->size != sizeof *route)
        return SV_ERR_VERSION;
    return sv_route_spec_of(s, route, &spec) ? sv_route_put(&s->net.routes, &spec) : SV_ERR_INVALID;
}

bool sv_route_del(struct sv_stack *s, const struct sv_route_config *route, sv_time now)
{
    struct sv_route_spec spec;
    (void)sv_core_clock(&s->core, now);
    return route->size == sizeof *route && sv_route_spec_of(s, route, &spec) && spec.table < s->net.routes.tables &&
           sv_route_take(&s->net.routes, &spec);
}

bool sv_route_walk(const struct sv_stack *s, uint32_t *at, struct sv_route_config *info)
{
    struct sv_route_spec spec;
    if (!sv_route_next(&s->net.routes, at, &spec))
        return false;
    *info = (struct sv_route_config){.size = sizeof *info,
                                     .prefix = spec.prefix,
                                     .table = spec.table,
                                     .metric = spec.metric,
                                     .type = spec.type,
                                     .hops = spec.hops};
    const bool v4 = sv_addr_is_v4(&spec.prefix) && spec.bits >= SV_ADDR_V4_BITS;
    info->prefix_length = v4 ? spec.bits - SV_ADDR_V4_BITS : spec.bits;
    sv_memcpy(info->hop, spec.hop, sizeof info->hop);
    return true;
}

static bool sv_rule_of(const struct sv_rule_info *info, struct sv_route_rule *to)
{
    *to = (struct sv_route_rule){.source = info->source, .table = info->table, .priority = info->priority};
    return sv_prefix_bits(&info->source, info->source_length, &to->bits);
}

enum sv_err sv_rule_add(struct sv_stack *s, const struct sv_rule_info *rule, sv_time now)
{
    struct sv_route_rule r;
    (void)sv_core_clock(&s->core, now);
    if (rule->size != sizeof *rule)
        return SV_ERR_VERSION;
    return sv_rule_of(rule, &r) ? sv_route_rule_put(&s->net.routes, &r) : SV_ERR_INVALID;
}

bool sv_rule_del(struct sv_stack *s, const struct sv_rule_info *rule, sv_time now)
{
    struct sv_route_rule r;
    (void)sv_core_clock(&s->core, now);
    return rule->size == sizeof *rule && sv_rule_of(rule, &r) && sv_route_rule_take(&s->net.routes, &r);
}

enum sv_err sv_neighbour_add(struct sv_stack *s, sv_port port, const struct sv_addr *addr, const uint8_t mac[6],
                             sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    if (!sv_stack_has(s, port) || !sv_addr_is_unicast(addr) || sv_mac_is_group(mac))
        return SV_ERR_INVALID;
    return sv_neighbour_set(&s->core, &s->net.link, port, addr, mac) ? SV_OK : SV_ERR_NO_MEMORY;
}

enum sv_err sv_stack_knob_set(struct sv_stack *s, const char *name, const char *value, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_tcp_knob_set(&s->tcp, name, value);
}

bool sv_stack_knob_each(const struct sv_stack *s, uint32_t *at, struct sv_knob_info *info)
{
    return sv_tcp_knob_at(&s->tcp, (*at)++, info);
}

uint64_t sv_stack_drops(const struct sv_stack *s, enum sv_drop reason)
{
    return (uint32_t)reason < SV_DROP_COUNT ? s->core.drops[reason] : 0;
}

enum sv_err sv_interface_info(const struct sv_stack *s, sv_port port, struct sv_interface_info *info)
{
    if (info->size != sizeof *info)
        return SV_ERR_VERSION;
    if (!sv_stack_has(s, port))
        return SV_ERR_INVALID;
    const struct sv_interface *i = sv_interface_of(&s->net.link.interfaces, port);
    sv_memcpy(info->mac, i->mac, sizeof info->mac);
    info->flags = i->flags;
    info->up = i->up;
    info->mtu = i->mtu;
    info->packets_in = i->packets_in;
    info->bytes_in = i->bytes_in;
    info->packets_out = i->packets_out;
    info->bytes_out = i->bytes_out;
    return SV_OK;
}

void sv_stack_check(const struct sv_stack *s)
{
    sv_net_check(&s->core, &s->net);
    sv_udp_check(&s->core, &s->udp);
    sv_tcp_check(&s->tcp);
}

bool sv_stack_settled(const struct sv_stack *s)
{
    const struct sv_interfaces *t = &s->net.link.interfaces;
    for (sv_port p = 0; p < t->count; p++) {
        if (sv_interface_of(t, p)->queue.packets)
            return false;
    }
    return sv_tcp_settled(&s->tcp) && !s->net.loop.packets && !s->net.link.neighbours.held &&
           !s->net.fragments.datagrams;
}
