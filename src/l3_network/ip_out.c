/* SPDX-License-Identifier: BSD-2-Clause */
/* The way out of layer 3: route, source, header, fragments, neighbour. */
#include "l2_link/ethernet.h"
#include "l3_network/ip4_cut.h"
#include "l3_network/ip6_cut.h"
#include "l3_network/net.h"

static sv_port sv_ip_first_up(const struct sv_net *net)
{
    for (sv_port p = 0; p < net->link.interfaces.count; p++) {
        if (sv_interface_of(&net->link.interfaces, p)->up)
            return p;
    }
    return SV_NO_PORT;
}

/* Broadcast and multicast need no gateway, only an interface: the caller's, the route's, or the first. */
static enum sv_err sv_ip_path_group(const struct sv_net *net, const struct sv_addr *dst, sv_port port,
                                    struct sv_ip_path *path)
{
    struct sv_route_result route;
    if (port == SV_NO_PORT && sv_route_lookup(&net->routes, dst, &route))
        port = route.port;
    if (port == SV_NO_PORT)
        port = sv_ip_first_up(net);
    if (port == SV_NO_PORT || port >= net->link.interfaces.count)
        return SV_ERR_NO_ROUTE;
    path->port = port;
    path->next_hop = *dst;
    path->kind = sv_addr_is_multicast(dst) ? SV_PATH_MULTICAST : SV_PATH_BROADCAST;
    return SV_OK;
}

static enum sv_err sv_ip_path_unicast(struct sv_core *c, struct sv_net *net, const struct sv_addr *dst, sv_port port,
                                      struct sv_ip_path *path)
{
    struct sv_route_result route;
    const uint32_t ours = sv_address_local(c, &net->addresses, dst);
    if (ours != SV_NONE && sv_address_of(&net->addresses, ours)->state == SV_ADDRESS_PREFERRED) {
        path->port = sv_address_of(&net->addresses, ours)->port;
        path->next_hop = *dst;
        path->kind = SV_PATH_LOOP;
        return SV_OK;
    }
    if (sv_addr_is_link_local_v6(dst) && port < net->link.interfaces.count) { /* the same on every link: RFC 4007 §9 */
        path->port = port;
        path->next_hop = *dst;
        path->kind = SV_PATH_UNICAST;
        return SV_OK;
    }
    /* Loopback and "this network" are on no wire: RFC 1122 §3.2.1.3 (a), (g), RFC 4291 §2.5.3. */
    if (sv_addr_is_loopback(dst) || (sv_addr_is_v4(dst) && dst->byte[12] == 0))
        return SV_ERR_NO_ROUTE;
    if (!sv_route_lookup(&net->routes, dst, &route))
        return SV_ERR_NO_ROUTE;
    path->port = route.port;
    path->next_hop = route.next_hop;
    path->kind = SV_PATH_UNICAST;
    if (route.on_link && sv_address_is_broadcast(&net->addresses, route.port, dst))
        path->kind = SV_PATH_BROADCAST;
    return SV_OK;
}

/* IPv4: as if to the next hop, so that a gateway's neighbour speaks to it. IPv6: RFC 6724 looks at the destination. */
static uint32_t sv_ip_select_source(const struct sv_net *net, const struct sv_addr *dst, const struct sv_ip_path *path)
{
    return sv_address_select_by(&net->addresses, path->port, dst, &path->next_hop);
}

/* The largest packet that gets there, as far as is known. */
static uint32_t sv_ip_path_mtu(const struct sv_core *c, const struct sv_net *net, const struct sv_addr *dst,
                               sv_port port)
{
    uint32_t link_mtu = sv_interface_of(&net->link.interfaces, port)->mtu;
    const uint32_t told = sv_nd_port_of(net, port)->link_mtu; /* RFC 4861 §6.3.4: IPv6's may be less */
    if (told != 0 && !sv_addr_is_v4(dst))
        link_mtu = sv_min_u32(link_mtu, told);
    return sv_pmtu_of(c, &net->pmtu, dst, link_mtu);
}

static enum sv_err sv_ip_find_anew(struct sv_core *c, struct sv_net *net, const struct sv_addr *dst,
                                   const struct sv_addr *src, sv_port port, struct sv_ip_path *path)
{
    const bool group = sv_addr_is_multicast(dst) || sv_addr_is_limited_broadcast(dst);
    if (!sv_addr_is_any(src) && sv_addr_is_v4(src) != sv_addr_is_v4(dst))
        return SV_ERR_INVALID;
    const enum sv_err err =
        group ? sv_ip_path_group(net, dst, port, path) : sv_ip_path_unicast(c, net, dst, port, path);
    if (err != SV_OK)
        return err;
    path->mtu = sv_ip_path_mtu(c, net, dst, path->port);
    path->generation = net->routes.generation;
    path->src = *src;
    if (!sv_addr_is_any(src))
        return sv_address_local(c, &net->addresses, src) == SV_NONE ? SV_ERR_NOT_LOCAL : SV_OK;
    const uint32_t chosen =
        path->kind == SV_PATH_LOOP ? sv_address_find(c, &net->addresses, dst) : sv_ip_select_source(net, dst, path);
    if (chosen != SV_NONE)
        path->src = sv_address_of(&net->addresses, chosen)->addr;
    else if (path->kind == SV_PATH_UNICAST)
        return net->forward ? SV_OK : SV_ERR_NO_ROUTE; /* a router forwards without an address of its own */
    else if (!group)
        return SV_ERR_NO_ROUTE;
    else
        path->src = sv_addr_any_like(dst); /* RFC 1122 §3.2.1.3 (a): before it has one, as DHCP needs */
    return SV_OK;
}

/* --- what was found lately: a server's clients, a client's servers --- */

/* One place for each destination, by the bytes in which neighbours and subnets differ. */
static uint32_t sv_ip_recent_place(const struct sv_addr *dst)
{
    return (dst->byte[15] ^ (uint32_t)dst->byte[14] ^ dst->byte[13]) % SV_IP_RECENT;
}

static bool sv_ip_recent_holds(const struct sv_net *net, const struct sv_ip_recent *r)
{
    return r->path.port != SV_NO_PORT && r->path.generation == net->routes.generation &&
           r->addresses == net->addresses.generation;
}

/* Only to one station, and from an address that is ours. */
static void sv_ip_remember(const struct sv_net *net, const struct sv_addr *dst, const struct sv_addr *wanted,
                           const struct sv_ip_path *path, struct sv_ip_recent *r)
{
    if (path->kind != SV_PATH_UNICAST || sv_addr_is_any(&path->src))
        return;
    *r = (struct sv_ip_recent){*dst, *wanted, *path, net->addresses.generation, 0};
}

enum sv_err sv_ip_find_path(struct sv_core *c, struct sv_net *net, const struct sv_addr *dst, const struct sv_addr *src,
                            sv_port port, struct sv_ip_path *path)
{
    if (port != SV_NO_PORT)
        return sv_ip_find_anew(c, net, dst, src, port, path);
    struct sv_ip_recent *r = &net->recent[sv_ip_recent_place(dst)];
    if (sv_ip_recent_holds(net, r) && sv_addr_equal(&r->dst, dst) && sv_addr_equal(&r->wanted, src)) {
        *path = r->path;
        path->mtu = sv_ip_path_mtu(c, net, dst, path->port);
        return SV_OK;
    }
    const enum sv_err err = sv_ip_find_anew(c, net, dst, src, port, path);
    if (err == SV_OK)
        sv_ip_remember(net, dst, src, path, r);
    return err;
}

void sv_ip_recent_check(const struct sv_core *c, const struct sv_net *net)
{
    struct sv_core *core = (struct sv_core *)(uintptr_t)c; /* looking moves a hint, and nothing else */
    struct sv_net *looked = (struct sv_net *)(uintptr_t)net;
    for (uint32_t i = 0; i < SV_IP_RECENT; i++) {
        const struct sv_ip_recent *r = &net->recent[i];
        struct sv_ip_path path;
        if (!sv_ip_recent_holds(net, r))
            continue;
        SV_ASSERT(sv_ip_find_anew(core, looked, &r->dst, &r->wanted, SV_NO_PORT, &path) == SV_OK);
        SV_ASSERT(path.port == r->path.port && path.kind == r->path.kind);
        SV_ASSERT(sv_addr_equal(&path.next_hop, &r->path.next_hop) && sv_addr_equal(&path.src, &r->path.src));
    }
}

uint8_t sv_ip_default_ttl(const struct sv_net *net, sv_port port, const struct sv_addr *dst)
{
    const uint8_t told = sv_addr_is_v4(dst) ? 0 : sv_nd_port_of(net, port)->hop_limit;
    return told ? told : (uint8_t)net->default_ttl;
}

uint16_t sv_ip4_next_id(const struct sv_core *c, struct sv_net *net, const struct sv_ip_out *o)
{
    uint8_t key[12];
    sv_memcpy(key, o->src.byte + 12, 4);
    sv_memcpy(key + 4, o->dst.byte + 12, 4);
    sv_put_u32(key + 8, o->protocol);
    const uint64_t h = sv_siphash13(&c->secret, key, sizeof key);
    uint16_t *counter = &net->ip_id[h & (SV_IP_IDS - 1u)];
    *counter = (uint16_t)(*counter + 1u);
    return (uint16_t)((h >> 32) + *counter);
}

uint32_t sv_ip6_flow_label(const struct sv_core *c, const struct sv_ip_out *o, uint32_t ports)
{
    uint8_t key[40];
    sv_memcpy(key, o->src.byte, 16);
    sv_memcpy(key + 16, o->dst.byte, 16);
    sv_put_u32(key + 32, ports);
    sv_put_u32(key + 36, o->protocol);
    return (uint32_t)(sv_siphash13(&c->secret, key, sizeof key) >> 40) & SV_IP6_FLOW_MASK;
}

uint32_t sv_ip6_next_id(const struct sv_core *c, struct sv_net *net, const struct sv_addr *src,
                        const struct sv_addr *dst)
{
    uint8_t key[32];
    sv_memcpy(key, src->byte, 16);
    sv_memcpy(key + 16, dst->byte, 16);
    const uint64_t h = sv_siphash13(&c->secret, key, sizeof key);
    return (uint32_t)(h >> 32) + ++net->ip6_id[h & (SV_IP_IDS - 1u)];
}

/* One packet that fits, to where it goes. */
static enum sv_err sv_ip_send_one(struct sv_core *c, struct sv_net *net, struct sv_buf *take,
                                  const struct sv_ip_path *path)
{
    struct sv_interfaces *interfaces = &net->link.interfaces;
    const struct sv_interface *i = sv_interface_of(interfaces, path->port);
    uint8_t mac[SV_MAC_BYTES];
    switch ((enum sv_path_kind)path->kind) {
    case SV_PATH_LOOP:
        if (net->loop.packets == SV_IP_LOOP_MAX) {
            sv_drop(c, SV_DROP_QUEUE_FULL, take, path->port, 0);
            return SV_ERR_AGAIN;
        }
        sv_packet_queue_put(&net->loop, sv_core_pool(c), take);
        return SV_OK;
    case SV_PATH_BROADCAST:
        sv_eth_emit(take, sv_mac_broadcast, i->mac, SV_ETHERTYPE_IP4);
        return sv_interface_enqueue(c, interfaces, path->port, take) ? SV_OK : SV_ERR_AGAIN;
    case SV_PATH_MULTICAST:
        sv_mac_of_multicast(&path->next_hop, mac);
        sv_eth_emit(take, mac, i->mac, sv_addr_is_v4(&path->next_hop) ? SV_ETHERTYPE_IP4 : SV_ETHERTYPE_IP6);
        return sv_interface_enqueue(c, interfaces, path->port, take) ? SV_OK : SV_ERR_AGAIN;
    case SV_PATH_UNICAST:
        break;
    }
    const uint32_t neighbour = sv_neighbour_get(c, &net->link, path->port, &path->next_hop, &path->src);
    if (neighbour == SV_NONE) {
        sv_drop(c, SV_DROP_NO_MEMORY, take, path->port, 0);
        return SV_ERR_NO_MEMORY;
    }
    const bool sent = sv_neighbour_send(c, &net->link, neighbour, take);
    sv_ip_drain_refused(c, net);
    return sent ? SV_OK : SV_ERR_UNREACHABLE;
}

/* Fragments of either version. */
struct sv_ip_cut {
    struct sv_ip4_cut four;
    struct sv_ip6_cut six;
    bool is_six;
};

static bool sv_ip_cut_begin(struct sv_core *c, struct sv_net *net, struct sv_ip_cut *cut, const struct sv_buf *b,
                            uint32_t mtu)
{
    const uint8_t *p = sv_buf_head(b);
    cut->is_six = p[0] >> 4 == 6;
    if (!cut->is_six)
        return sv_ip4_cut_begin(&cut->four, b, mtu);
    const struct sv_addr src = sv_addr_of_v6_bytes(p + 8), dst = sv_addr_of_v6_bytes(p + 24);
    return sv_ip6_cut_begin(&cut->six, b, mtu, sv_ip6_next_id(c, net, &src, &dst));
}

static bool sv_ip_cut_left(const struct sv_ip_cut *cut)
{
    return cut->is_six ? cut->six.offset < cut->six.payload_length : cut->four.offset < cut->four.payload_length;
}

static enum sv_err sv_ip_send_cut(struct sv_core *c, struct sv_net *net, struct sv_buf *take,
                                  const struct sv_ip_path *path)
{
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, path->port);
    struct sv_ip_cut cut;
    if (!sv_ip_cut_begin(c, net, &cut, take, path->mtu)) {
        sv_drop(c, SV_DROP_TOO_BIG, take, path->port, 0);
        return SV_ERR_TOO_BIG;
    }
    /* All or nothing: half a datagram is of no use to anybody. */
    const uint32_t fragments = cut.is_six ? cut.six.fragments : cut.four.fragments;
    if (path->kind != SV_PATH_LOOP && fragments > i->queue_max - i->queue.packets) {
        sv_drop(c, SV_DROP_QUEUE_FULL, take, path->port, 0);
        return SV_ERR_AGAIN;
    }
    enum sv_err err = SV_OK;
    while (err == SV_OK && sv_ip_cut_left(&cut)) {
        struct sv_buf *f = cut.is_six ? sv_ip6_cut_next(c, &cut.six, take) : sv_ip4_cut_next(c, &cut.four, take);
        if (!f) {
            sv_drop(c, SV_DROP_NO_MEMORY, NULL, path->port, 0);
            err = SV_ERR_NO_MEMORY;
        } else {
            err = sv_ip_send_one(c, net, f, path);
        }
    }
    sv_buf_free(take);
    return err;
}

enum sv_err sv_ip_hand_over(struct sv_core *c, struct sv_net *net, struct sv_buf *take, const struct sv_ip_path *path)
{
    if (SV_LIKELY(take->length <= path->mtu || path->kind == SV_PATH_LOOP || take->gso_size != 0))
        return sv_ip_send_one(c, net, take, path);
    return sv_ip_send_cut(c, net, take, path);
}

enum sv_err sv_ip_output(struct sv_core *c, struct sv_net *net, struct sv_buf *take, struct sv_ip_out *o,
                         const struct sv_ip_path *path)
{
    const bool v4 = sv_addr_is_v4(&o->dst);
    const uint32_t longest = v4 ? 65535u - SV_IP4_HDR_LEN : SV_IP6_PAYLOAD_MAX;
    if (take->length > longest || (!v4 && o->dont_fragment && take->length + SV_IP6_HDR_LEN > path->mtu)) {
        sv_drop(c, SV_DROP_TOO_BIG, take, path->port, 0);
        return SV_ERR_TOO_BIG;
    }
    if (v4) {
        o->id = o->dont_fragment ? 0 : sv_ip4_next_id(c, net, o);
        sv_ip4_prepare(o);
        sv_ip4_emit(take, o);
    } else {
        sv_ip6_emit(take, o);
    }
    return sv_ip_hand_over(c, net, take, path);
}

struct sv_buf *sv_ip_next_looped(struct sv_core *c, struct sv_net *net)
{
    return sv_packet_queue_take(&net->loop, sv_core_pool(c));
}
