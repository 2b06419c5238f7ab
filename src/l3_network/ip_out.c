/* SPDX-License-Identifier: BSD-2-Clause */
/* The way out of layer 3: route, source, header, fragments, neighbour. */
#include "l3_network/ip4_cut.h"
#include "l2_link/ethernet.h"
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

static enum sv_err sv_ip_path_unicast(struct sv_core *c, struct sv_net *net, const struct sv_addr *dst,
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
    if (!sv_route_lookup(&net->routes, dst, &route))
        return SV_ERR_NO_ROUTE;
    path->port = route.port;
    path->next_hop = route.next_hop;
    path->kind = SV_PATH_UNICAST;
    if (route.on_link && sv_address_is_broadcast(&net->addresses, route.port, dst))
        path->kind = SV_PATH_BROADCAST;
    return SV_OK;
}

enum sv_err sv_ip_find_path(struct sv_core *c, struct sv_net *net, const struct sv_addr *dst, const struct sv_addr *src,
                            sv_port port, struct sv_ip_path *path)
{
    const bool group = sv_addr_is_multicast(dst) || sv_addr_is_limited_broadcast(dst);
    const enum sv_err err = group ? sv_ip_path_group(net, dst, port, path) : sv_ip_path_unicast(c, net, dst, path);
    if (err != SV_OK)
        return err;
    path->mtu = sv_interface_of(&net->link.interfaces, path->port)->mtu;
    path->generation = net->routes.generation;
    path->src = *src;
    if (!sv_addr_is_any(src))
        return sv_address_local(c, &net->addresses, src) == SV_NONE ? SV_ERR_NOT_LOCAL : SV_OK;
    const uint32_t chosen = path->kind == SV_PATH_LOOP
                                ? sv_address_find(c, &net->addresses, dst)
                                : sv_address_select(&net->addresses, path->port, &path->next_hop);
    if (chosen != SV_NONE)
        path->src = sv_address_of(&net->addresses, chosen)->addr;
    else if (path->kind == SV_PATH_UNICAST)
        return net->forward ? SV_OK : SV_ERR_NO_ROUTE; /* a router forwards without an address of its own */
    else if (!group)
        return SV_ERR_NO_ROUTE;
    else
        path->src = sv_addr_of_v4(0); /* RFC 1122 §3.2.1.3 (a): before it has one, as DHCP needs */
    return SV_OK;
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
        sv_mac_of_multicast_v4(sv_addr_v4_number(&path->next_hop), mac);
        sv_eth_emit(take, mac, i->mac, SV_ETHERTYPE_IP4);
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

static enum sv_err sv_ip_send_cut(struct sv_core *c, struct sv_net *net, struct sv_buf *take,
                                  const struct sv_ip_path *path)
{
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, path->port);
    struct sv_ip4_cut cut;
    if (!sv_ip4_cut_begin(&cut, take, path->mtu)) {
        sv_drop(c, SV_DROP_TOO_BIG, take, path->port, 0);
        return SV_ERR_TOO_BIG;
    }
    /* All or nothing: half a datagram is of no use to anybody. */
    if (path->kind != SV_PATH_LOOP && cut.fragments > i->queue_max - i->queue.packets) {
        sv_drop(c, SV_DROP_QUEUE_FULL, take, path->port, 0);
        return SV_ERR_AGAIN;
    }
    enum sv_err err = SV_OK;
    while (err == SV_OK && cut.offset < cut.payload_length) {
        struct sv_buf *f = sv_ip4_cut_next(c, &cut, take);
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
    if (take->length > 65535u - SV_IP4_HDR_LEN) {
        sv_drop(c, SV_DROP_TOO_BIG, take, path->port, 0);
        return SV_ERR_TOO_BIG;
    }
    o->id = o->dont_fragment ? 0 : sv_ip4_next_id(c, net, o);
    sv_ip4_prepare(o);
    sv_ip4_emit(take, o);
    return sv_ip_hand_over(c, net, take, path);
}

struct sv_buf *sv_ip_next_looped(struct sv_core *c, struct sv_net *net)
{
    return sv_packet_queue_take(&net->loop, sv_core_pool(c));
}
