/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 for the hosts of net_world.h: fd00::<k+1>/64 without any discovery, the neighbour fd00::9 known for good, and
 * frames from it put together byte by byte. */
#ifndef SV_TESTS_NET_WORLD_IP6_H
#define SV_TESTS_NET_WORLD_IP6_H

#include "core/packet_sum.h"
#include "l3_network/icmp6.h"
#include "l3_network/ip6_chain.h"
#include "tests/support/net_world.h"

#define PEER6 9u

/* fd00::<last>. */
static inline struct sv_addr world_addr6(uint8_t last)
{
    return (struct sv_addr){{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}};
}

/* Host k is fd00::<k+1>; it knows the MACs of the others and of the peer. */
static inline void world_add_ip6(struct world *w, struct world_host *h)
{
    struct sv_core *c = &h->core;
    const struct sv_addr own = world_addr6((uint8_t)(c->host + 1u));
    const enum sv_err err = sv_net_address_add(c, &h->net, 0, &own, 64, NULL);
    SV_ASSERT(err == SV_OK);
    for (uint8_t k = 1; k <= PEER6; k++) {
        const struct sv_addr other = world_addr6(k);
        const uint8_t mac[6] = {2, 0, 0, 0, 0, k};
        if (k != c->host + 1u && (k <= WORLD_HOSTS || k == PEER6)) {
            const bool known = sv_neighbour_set(c, &h->net.link, 0, &other, mac);
            SV_ASSERT(known);
        }
    }
    struct sv_buf *b; /* what was said about joining groups is not this world's subject */
    while ((b = sv_interface_dequeue(c, &h->net.link.interfaces, 0, WORLD_ROOM)) != NULL)
        sv_buf_free(b);
    (void)w;
}

/* Ethernet and IPv6 headers in front of n bytes of `payload`; the frame's length. To a group, its MAC. */
static inline uint32_t world_ip6(uint8_t *f, const struct sv_addr *src, const struct sv_addr *dst, uint8_t next,
                                 const void *payload, uint32_t n)
{
    const uint8_t from[6] = {2, 0, 0, 0, 0, PEER6};
    uint8_t to[6] = {2, 0, 0, 0, 0, dst->byte[15]};
    if (dst->byte[0] == 0xff)
        sv_mac_of_multicast(dst, to);
    memcpy(f, to, 6);
    memcpy(f + 6, from, 6);
    sv_put_u16(f + 12, 0x86dd);
    uint8_t *p = f + 14;
    memset(p, 0, 40);
    p[0] = 0x60;
    sv_put_u16(p + 4, (uint16_t)n);
    p[6] = next;
    p[7] = 64;
    memcpy(p + 8, src->byte, 16);
    memcpy(p + 24, dst->byte, 16);
    memcpy(p + 40, payload, n);
    return 54 + n;
}

/* The transport checksum of a packet that begins at p: put at p + l4 + field. */
static inline void world_sum6(uint8_t *p, uint32_t total, uint8_t protocol, uint32_t l4, uint32_t field)
{
    const struct sv_addr src = sv_addr_of_v6_bytes(p + 8), dst = sv_addr_of_v6_bytes(p + 24);
    sv_put_u16(p + l4 + field, 0);
    const uint16_t pseudo = sv_pseudo_sum(&src, &dst, protocol, total - l4);
    sv_sum_store(p + l4 + field, sv_sum_add(pseudo, sv_sum(p + l4, total - l4, 0)));
}

/* Is the sum of the ICMPv6 message in that frame right? */
static inline bool world_icmp6_good(const struct world_frame *f)
{
    const uint8_t *p = f->bytes + 14;
    const struct sv_addr src = sv_addr_of_v6_bytes(p + 8), dst = sv_addr_of_v6_bytes(p + 24);
    const uint16_t pseudo = sv_pseudo_sum(&src, &dst, SV_PROTO_ICMP6, f->n - 54);
    return sv_sum_add(pseudo, sv_sum(p + 40, f->n - 54, 0)) == 0xffffu;
}

/* Makes an IPv6 packet's length and the checksum at the end of its chain right, so that a fuzzer gets past them. */
static inline void world_repair6(uint8_t *p, uint32_t n)
{
    struct sv_ip6_chain chain;
    if (n < 40)
        return;
    p[0] = (uint8_t)(0x60u | (p[0] & 15u));
    sv_put_u16(p + 4, (uint16_t)(n - 40));
    sv_ip6_chain_read(p, n, &chain);
    const uint32_t field = chain.protocol == SV_PROTO_UDP ? 6 : 2;
    if (chain.complete && (chain.protocol == SV_PROTO_UDP || chain.protocol == SV_PROTO_ICMP6) && chain.at + 8 <= n)
        world_sum6(p, n, chain.protocol, chain.at, field);
}

#endif
