/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbour discovery's messages as packets. They go straight to the interface: what finds neighbours cannot wait for
 * them, except where a unicast answer has nobody's link-layer address to go to. */
#include "l2_link/ethernet.h"
#include "l3_network/icmp6.h"
#include "l3_network/net.h"

bool sv_nd_limit_take(sv_time *full_at, sv_time now, uint32_t per_second, uint32_t burst)
{
    struct sv_icmp_limit l = {*full_at, per_second, burst};
    const bool may = sv_icmp_limit_take(&l, now);
    *full_at = l.full_at;
    return may;
}

uint32_t sv_nd_link_local(const struct sv_net *net, sv_port port)
{
    const struct sv_addresses *t = &net->addresses;
    for (uint32_t i = 0; i < t->ceiling; i++) {
        const struct sv_address *a = sv_address_of(t, i);
        if (a->state == SV_ADDRESS_PREFERRED && a->port == port && sv_addr_is_link_local_v6(&a->addr))
            return i;
    }
    return SV_NONE;
}

static void sv_nd_send_by_cache(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *b,
                                const struct sv_ip_out *o)
{
    const struct sv_ip_path path = {.next_hop = o->dst,
                                    .src = o->src,
                                    .port = port,
                                    .mtu = sv_interface_of(&net->link.interfaces, port)->mtu,
                                    .kind = SV_PATH_UNICAST};
    sv_ip6_emit(b, o);
    (void)!sv_ip_hand_over(c, net, b, &path); /* what fails is counted there */
}

void sv_nd_send(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *src,
                const struct sv_addr *dst, const uint8_t *bytes, uint32_t n, const uint8_t *to)
{
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, port);
    struct sv_buf *b = sv_buf_alloc_slab(sv_core_pool(c), SV_WANT_CONTROL, c->account, SV_HEADROOM);
    SV_ASSERT(n >= SV_ICMP_HDR_LEN);
    if (!b || !sv_buf_append(b, bytes + SV_ICMP_HDR_LEN, n - SV_ICMP_HDR_LEN, SV_WANT_CONTROL)) {
        sv_drop(c, SV_DROP_NO_MEMORY, b, port, 0);
        return;
    }
    const struct sv_icmp_hdr icmp = {.type = bytes[0], .code = bytes[1], .rest = sv_get_u32(bytes + 4)};
    const struct sv_ip_out o = {.src = *src, .dst = *dst, .protocol = SV_PROTO_ICMP6, .ttl = SV_ND_HOP_LIMIT};
    sv_icmp6_emit(b, &icmp, src, dst, c->cpu);
    SV_TRACE_EVENT(c, SV_TRACE_ICMP, SV_ICMP6_OUT, 0, b->id, icmp.type, icmp.code);
    uint8_t mac[SV_MAC_BYTES];
    if (sv_addr_is_multicast(dst)) {
        sv_mac_of_multicast(dst, mac);
        to = mac;
    }
    if (!to) {
        sv_nd_send_by_cache(c, net, port, b, &o);
        return;
    }
    sv_ip6_emit(b, &o);
    sv_eth_emit(b, to, i->mac, SV_ETHERTYPE_IP6);
    sv_interface_enqueue(c, &net->link.interfaces, port, b);
}

void sv_nd_advertise_address(struct sv_core *c, struct sv_net *net, uint32_t index, const struct sv_addr *dst,
                             uint32_t flags, const uint8_t *to)
{
    const struct sv_address *a = sv_address_of(&net->addresses, index);
    uint8_t bytes[SV_ND_MESSAGE_MAX];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    const struct sv_nd_msg m = {.type = SV_ND_NEIGHBOUR_ADVERT,
                                .target = a->addr,
                                .flags = (uint16_t)(flags | (net->forward ? SV_ND_ROUTER : 0u))};
    sv_nd_emit_header(&w, &m);
    sv_nd_emit_lla(&w, SV_ND_OPT_TARGET_LLA, sv_interface_of(&net->link.interfaces, a->port)->mac);
    sv_nd_send(c, net, a->port, &a->addr, dst, bytes, (uint32_t)(w.at - bytes), to);
}

/* Whoever made the packet that waits is named as the one who asks, if that is an address of this link (RFC 4861
 * §7.2.2): its answer then comes for what is sent. */
static bool sv_nd_source_of(const struct sv_net *net, struct sv_core *c, sv_port port, const struct sv_addr *wanted,
                            const struct sv_addr *target, struct sv_addr *src)
{
    uint32_t i = sv_address_find_slowly(c, &net->addresses, wanted);
    if (i == SV_NONE || sv_address_of(&net->addresses, i)->state != SV_ADDRESS_PREFERRED ||
        sv_address_of(&net->addresses, i)->port != port) {
        i = sv_address_select(&net->addresses, port, target);
        if (i == SV_NONE || sv_address_of(&net->addresses, i)->port != port)
            i = sv_nd_link_local(net, port);
    }
    if (i == SV_NONE)
        return false;
    *src = sv_address_of(&net->addresses, i)->addr;
    return true;
}

void sv_nd_solicit(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *source,
                   const struct sv_addr *target, const uint8_t *to)
{
    struct sv_net *net = (struct sv_net *)((uintptr_t)l - offsetof(struct sv_net, link));
    uint8_t bytes[SV_ND_MESSAGE_MAX];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    const struct sv_nd_msg m = {.type = SV_ND_NEIGHBOUR_SOLICIT, .target = *target};
    const struct sv_addr group = sv_nd_solicited_node(target);
    struct sv_addr src;
    if (!sv_nd_source_of(net, c, port, source, target, &src))
        return; /* without an address nobody could answer us: an unspecified source would mean something else */
    if (!to && !sv_nd_limit_take(&net->nd.solicit_full_at, c->now, SV_ND_SOLICITS_PER_SECOND, SV_ND_SOLICITS_BURST)) {
        sv_drop(c, SV_DROP_ND_RATE, NULL, port, 0);
        return;
    }
    sv_nd_emit_header(&w, &m);
    sv_nd_emit_lla(&w, SV_ND_OPT_SOURCE_LLA, sv_interface_of(&l->interfaces, port)->mac);
    sv_nd_send(c, net, port, &src, to ? target : &group, bytes, (uint32_t)(w.at - bytes), to);
}
