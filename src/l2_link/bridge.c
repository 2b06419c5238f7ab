/* SPDX-License-Identifier: BSD-2-Clause */
/* A switch is made, its ports join, time passes: seven/bridge.h's calls and the node's verbs. */
#include "l2_link/bridge.h"

#include "core/addr.h"

void sv_bridge_drop(struct sv_bridge *br, enum sv_drop why, struct sv_buf *take, sv_port port)
{
    sv_bport_of(br, port)->drops++;
    sv_drop(&br->core, why, take, port, 0);
}

void sv_bridge_event(struct sv_bridge *br, enum sv_bridge_event event, sv_port port, uint32_t vid, uint32_t argument,
                     const uint8_t *mac, uint32_t packet)
{
    const uint32_t arg[] = {port, vid, argument};
    const bool each_frame = event == SV_BRIDGE_FORWARDED || event == SV_BRIDGE_FLOODED;
    if (sv_core_traced(&br->core))
        sv_trace_event(&br->core, each_frame ? SV_TRACE_SWITCHED : SV_TRACE_BRIDGE, (uint16_t)event, 0, packet, arg,
                       SV_COUNT_OF(arg), mac, mac ? SV_MAC_BYTES : 0);
}

void sv_bridge_tick_soon(struct sv_bridge *br)
{
    if (br->tick == SV_NEVER)
        br->tick = br->core.now + SV_S;
}

/* --- making --- */

static uint32_t sv_bridge_or(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

static struct sv_bridge_config sv_bridge_defaults(const struct sv_bridge_config *given)
{
    struct sv_bridge_config c = *given;
    c.ports = sv_bridge_or(c.ports, 16);
    c.stations = sv_bridge_or(c.stations, 8192);
    c.groups = sv_bridge_or(c.groups, 512);
    c.bindings = sv_bridge_or(c.bindings, 1024);
    c.lldp_neighbours = sv_bridge_or(c.lldp_neighbours, 64);
    c.age_s = sv_bridge_or(c.age_s, 300);
    c.hello_s = sv_bridge_or(c.hello_s, 2);
    c.max_age_s = sv_bridge_or(c.max_age_s, 20);
    c.forward_delay_s = sv_bridge_or(c.forward_delay_s, 15);
    c.tx_hold = sv_bridge_or(c.tx_hold, 6);
    if (!c.priority && !c.priority_given)
        c.priority = 32768;
    return c;
}

uint64_t sv_bridge_bytes(const struct sv_bridge_config *config)
{
    const struct sv_bridge_config c = sv_bridge_defaults(config);
    return sizeof(struct sv_bridge) + (uint64_t)c.ports * sizeof(struct sv_bport) +
           SV_BRIDGE_VLANS * sizeof(struct sv_bvlan) + sv_stations_bytes(c.stations) +
           sv_bgroups_bytes(c.groups, c.ports) + sv_bindings_bytes(c.bindings) +
           (uint64_t)c.lldp_neighbours * sizeof(struct sv_lldp_entry) + 1024u;
}

/* Table 17-1 and 17.14: the times must leave news enough time to arrive. */
static bool sv_bridge_config_ok(const struct sv_bridge_config *c)
{
    if (c->ports > SV_BRIDGE_PORTS || c->stations > 1u << 24 || c->groups > 1u << 20 || c->bindings > 1u << 20)
        return false;
    if (!sv_addr_is_zero(&c->querier) && (!sv_addr_is_v4(&c->querier) || sv_addr_is_multicast(&c->querier)))
        return false;
    if (c->flags & SV_BRIDGE_QUERIER && !(c->flags & SV_BRIDGE_SNOOPING))
        return false;
    if (c->lldp_neighbours > 1u << 16 || c->overflow > SV_OVERFLOW_REFUSE || sv_mac_is_group(c->mac))
        return false;
    if (c->hello_s > 10 || c->max_age_s < 6 || c->max_age_s > 40 || c->forward_delay_s < 4 || c->forward_delay_s > 30)
        return false;
    return c->tx_hold <= 10 && c->priority % 4096u == 0 && 2u * (c->forward_delay_s - 1u) >= c->max_age_s &&
           c->max_age_s >= 2u * (c->hello_s + 1u);
}

static uint64_t sv_bridge_mac_number(const uint8_t mac[SV_MAC_BYTES])
{
    return (uint64_t)sv_get_u16(mac) << 32 | sv_get_u32(mac + 2);
}

static void sv_bridge_init_stp(struct sv_bridge *br, const struct sv_bridge_config *c, sv_time now)
{
    const struct sv_stp_config stp = {
        .bridge_id = (uint64_t)c->priority << 48 | sv_bridge_mac_number(c->mac),
        .hello_s = c->hello_s,
        .max_age_s = c->max_age_s,
        .forward_delay_s = c->forward_delay_s,
        .tx_hold = c->tx_hold,
        .on = (c->flags & SV_BRIDGE_STP) != 0,
        .rapid = (c->flags & SV_BRIDGE_STP_LEGACY) == 0,
    };
    sv_stp_init(&br->stp, &stp, now);
}

struct sv_bridge *sv_bridge_create(struct sv_arena *arena, struct sv_pool *pool, const struct sv_bridge_config *config,
                                   sv_time now)
{
    if (config->size != sizeof *config)
        return NULL;
    const struct sv_bridge_config c = sv_bridge_defaults(config);
    if (!sv_bridge_config_ok(&c))
        return NULL;
    struct sv_bridge *br = sv_arena_take(arena, sizeof *br, 64);
    void *ports = sv_arena_take(arena, (uint64_t)c.ports * sizeof(struct sv_bport), 64);
    void *vlans = sv_arena_take(arena, SV_BRIDGE_VLANS * sizeof(struct sv_bvlan), 64);
    uint32_t account =
        sv_pool_account(pool, c.pool_bufs ? c.pool_bufs : UINT32_MAX, c.pool_slabs ? c.pool_slabs : UINT32_MAX);
    if (!br || !ports || !vlans || (account == SV_NONE && (c.pool_bufs || c.pool_slabs)))
        return NULL;
    if (account == SV_NONE) /* a world of more nodes than accounts: those without a quota share the world's own */
        account = 0;
    br->ports_at = (int64_t)((intptr_t)ports - (intptr_t)br);
    br->vlans_at = (int64_t)((intptr_t)vlans - (intptr_t)br);
    br->ports_max = c.ports;
    br->flags = c.flags;
    br->overflow = c.overflow;
    br->age_s = c.age_s;
    sv_memcpy(br->mac, c.mac, SV_MAC_BYTES);
    sv_memcpy(br->name, c.name, sizeof br->name);
    const struct sv_core_config core = {.arena = arena,
                                        .pool = pool,
                                        .trace = c.trace,
                                        .seed = c.seed,
                                        .secret = {c.secret[0], c.secret[1]},
                                        .cpu = c.cpu,
                                        .host = c.host,
                                        .account = account};
    sv_core_init(&br->core, &core, now);
    sv_bridge_init_stp(br, &c, now);
    if (!sv_stations_init(br, arena, c.stations) || !sv_bgroups_init(br, arena, c.groups) ||
        !sv_bindings_init(br, arena, c.bindings) || !sv_lldp_init(br, arena, c.lldp_neighbours))
        return NULL;
    sv_querier_init(br, &c.querier);
    br->tick = c.flags & (SV_BRIDGE_LLDP | SV_BRIDGE_QUERIER) ? now + SV_S : SV_NEVER;
    br->node.kind = SV_NODE_BRIDGE;
    return br;
}

struct sv_node *sv_bridge_node(struct sv_bridge *br)
{
    return &br->node;
}

/* --- ports and VLANs --- */

static bool sv_bridge_port_ok(const struct sv_bridge_port_config *c)
{
    const uint32_t both = SV_BPORT_ONLY_TAGGED | SV_BPORT_ONLY_UNTAGGED;
    return c->pvid >= 1 && c->pvid <= SV_VLAN_MAX + 1u && c->mtu >= 68 && c->mtu <= 65535 &&
           c->tpid >= SV_ETHERTYPE_MIN && c->stp_priority % 16u == 0 && c->stp_cost <= 200000000u &&
           (c->flags & both) != both && c->storm[0] <= 1000000000u && c->storm[1] <= 1000000000u &&
           c->storm[2] <= 1000000000u && c->arp <= 1000000000u;
}

enum sv_err sv_bridge_port_add(struct sv_bridge *br, const struct sv_bridge_port_config *config, sv_port *port,
                               sv_time now)
{
    if (config->size != sizeof *config)
        return SV_ERR_VERSION;
    (void)sv_core_clock(&br->core, now);
    struct sv_bridge_port_config c = *config;
    c.mtu = sv_bridge_or(c.mtu, 1500);
    c.queue = sv_bridge_or(c.queue, 512);
    c.pvid = (uint16_t)sv_bridge_or(c.pvid, SV_VLAN_DEFAULT);
    c.tpid = (uint16_t)sv_bridge_or(c.tpid, SV_TPID_CUSTOMER);
    c.stp_cost = sv_bridge_or(c.stp_cost, 20000);
    if (!c.stp_priority && !c.stp_priority_given)
        c.stp_priority = 128;
    if (!sv_bridge_port_ok(&c))
        return SV_ERR_INVALID;
    if (br->ports == br->ports_max)
        return SV_ERR_NO_MEMORY;
    const sv_port n = br->ports++;
    struct sv_bport *p = sv_bport_of(br, n);
    p->config = c;
    p->newest = p->oldest = SV_NONE;
    sv_packet_queue_init(&p->queue);
    br->node.ports = br->ports;
    if (c.mirror_in | c.mirror_out) {
        br->mirrors |= sv_port_bit(n);
        p->config.flags |= SV_BPORT_NO_STP;
    }
    if (c.flags & SV_BPORT_ISOLATED)
        br->isolated |= sv_port_bit(n);
    if (c.pvid == SV_VLAN_DEFAULT)
        sv_bvlan_of(br, SV_VLAN_DEFAULT)->members |= sv_port_bit(n);
    p->up = 1;
    const uint32_t id = (uint32_t)c.stp_priority << 8 | ((n + 1u) & 0xfffu);
    sv_stp_port_add(br, n, (uint16_t)id, c.stp_cost, p->config.flags);
    sv_bridge_states(br, n);
    sv_stp_set_enabled(br, n, true);
    *port = n;
    return SV_OK;
}

void sv_bridge_port_set_up(struct sv_bridge *br, sv_port port, bool up, sv_time now)
{
    SV_ASSERT(port < br->ports);
    (void)sv_core_clock(&br->core, now);
    struct sv_bport *p = sv_bport_of(br, port);
    p->guarded = 0;
    if (p->up == up)
        return;
    p->up = up;
    sv_bridge_event(br, up ? SV_BRIDGE_PORT_UP : SV_BRIDGE_PORT_DOWN, port, 0, 0, NULL, 0);
    sv_bridge_states(br, port);
    sv_stp_set_enabled(br, port, up);
    sv_lldp_port_changed(br, port);
    if (up)
        return;
    sv_stations_flush(br, port, 0);
    sv_bgroups_port_down(br, port);
    p->part = 0;
    struct sv_buf *b;
    while ((b = sv_packet_queue_take(&p->queue, sv_core_pool(&br->core))) != NULL)
        sv_bridge_drop(br, SV_DROP_INTERFACE_DOWN, b, port);
}

static bool sv_bridge_has(const struct sv_bridge *br, sv_port port, uint32_t vid)
{
    return port < br->ports && vid >= 1 && vid <= SV_VLAN_MAX;
}

enum sv_err sv_bridge_vlan_add(struct sv_bridge *br, sv_port port, uint32_t vid, bool tagged)
{
    if (!sv_bridge_has(br, port, vid))
        return SV_ERR_INVALID;
    struct sv_bvlan *v = sv_bvlan_of(br, vid);
    v->members |= sv_port_bit(port);
    v->tagged = tagged ? v->tagged | sv_port_bit(port) : v->tagged & ~sv_port_bit(port);
    return SV_OK;
}

enum sv_err sv_bridge_vlan_remove(struct sv_bridge *br, sv_port port, uint32_t vid)
{
    if (!sv_bridge_has(br, port, vid))
        return SV_ERR_INVALID;
    struct sv_bvlan *v = sv_bvlan_of(br, vid);
    v->members &= ~sv_port_bit(port);
    v->tagged &= ~sv_port_bit(port);
    sv_stations_flush(br, port, vid);
    return SV_OK;
}

void sv_bridge_vlan_members(const struct sv_bridge *br, uint32_t vid, uint64_t *members, uint64_t *tagged)
{
    const bool is = vid >= 1 && vid <= SV_VLAN_MAX;
    *members = is ? sv_bvlan_of(br, vid)->members : 0;
    *tagged = is ? sv_bvlan_of(br, vid)->tagged : 0;
}

enum sv_err sv_bridge_station_add(struct sv_bridge *br, sv_port port, uint32_t vid, const uint8_t mac[6], sv_time now)
{
    (void)sv_core_clock(&br->core, now);
    if (!sv_bridge_has(br, port, vid) || sv_mac_is_group(mac) || sv_station_find(br, mac, vid) != SV_NONE)
        return SV_ERR_INVALID;
    return sv_station_put(br, mac, vid, port, true) ? SV_OK : SV_ERR_NO_MEMORY;
}

void sv_bridge_flush(struct sv_bridge *br, sv_port port, sv_time now)
{
    (void)sv_core_clock(&br->core, now);
    for (sv_port p = 0; p < br->ports; p++)
        if (port == SV_NO_PORT || port == p)
            sv_stations_flush(br, p, 0);
}

/* --- time --- */

static void sv_bridge_expire(struct sv_bridge *br, sv_time now)
{
    (void)sv_core_clock(&br->core, now);
    sv_stations_expire(br, now);
    sv_stp_expire(br, now);
    if (br->tick > now)
        return;
    const bool groups = br->flags & SV_BRIDGE_SNOOPING && sv_bgroups_expire(br);
    if (br->flags & SV_BRIDGE_QUERIER)
        sv_querier_tick(br);
    if (br->flags & SV_BRIDGE_LLDP)
        sv_lldp_tick(br);
    br->tick = groups || br->flags & (SV_BRIDGE_LLDP | SV_BRIDGE_QUERIER) ? now + SV_S : SV_NEVER;
}

static sv_time sv_bridge_next_deadline(const struct sv_bridge *br)
{
    const sv_time at = sv_min_u64(br->tick, sv_stations_deadline(br));
    return br->stp.on ? sv_min_u64(at, br->stp.next_tick) : at;
}

static sv_port sv_bridge_next_output(const struct sv_bridge *br, sv_port after)
{
    for (sv_port p = after == SV_NO_PORT ? 0 : after + 1u; p < br->ports; p++)
        if (sv_bport_of(br, p)->queue.packets)
            return p;
    return SV_NO_PORT;
}

/* --- the verbs, as every node has them --- */

static struct sv_bridge *sv_bridge_of(const struct sv_node *x)
{
    SV_ASSERT(x->kind == SV_NODE_BRIDGE);
    return (struct sv_bridge *)(uintptr_t)x;
}
static void sv_bridge_op_receive(struct sv_node *x, sv_port in, struct sv_burst *take, sv_time now)
{
    sv_bridge_receive(sv_bridge_of(x), in, take, now);
}
static uint32_t sv_bridge_op_transmit(struct sv_node *x, sv_port out, struct sv_room room, struct sv_burst *give,
                                      sv_time now)
{
    return sv_bridge_transmit(sv_bridge_of(x), out, room, give, now);
}
static sv_port sv_bridge_op_next_output(const struct sv_node *x, sv_port after)
{
    return sv_bridge_next_output(sv_bridge_of(x), after);
}
static sv_time sv_bridge_op_next_deadline(const struct sv_node *x)
{
    return sv_bridge_next_deadline(sv_bridge_of(x));
}
static void sv_bridge_op_expire(struct sv_node *x, sv_time now)
{
    sv_bridge_expire(sv_bridge_of(x), now);
}

const struct sv_node_ops sv_bridge_ops = {
    sv_bridge_op_receive,       sv_bridge_op_transmit, sv_bridge_op_next_output,
    sv_bridge_op_next_deadline, sv_bridge_op_expire,
};
