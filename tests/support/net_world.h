/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts of layers 2 to 4 without TCP, for tests and fuzz targets: an arena, a pool, hosts of one interface each, and a
 * wire between any two. SV_TEST_PCAP=file keeps every frame in a pcap for other programs to judge. */
#ifndef SV_TESTS_NET_WORLD_H
#define SV_TESTS_NET_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "l2_link/ethernet.h"
#include "l3_network/acd.h"
#include "l3_network/icmp6.h"
#include "l3_network/ip6_in.h"
#include "l3_network/net.h"
#include "l4_transport/udp.h"

#ifndef WORLD_BUFS /* fuzz targets take a small world: it is cleared for each input */
#define WORLD_BUFS 2048u
#define WORLD_SLABS 4096u
#endif
#define WORLD_HOSTS 3u
#define WORLD_ROOM ((struct sv_room){UINT32_MAX, UINT32_MAX, UINT32_MAX})

struct world_host { /* as struct sv_stack will have them: in the arena */
    struct sv_core core;
    struct sv_net net;
    struct sv_udp udp;
};

struct world {
    void *memory;
    uint64_t bytes;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct world_host *host[WORLD_HOSTS];
    uint32_t hosts;
    sv_time now;
    FILE *pcap;
};

struct world_frame {
    uint32_t n;
    uint8_t bytes[66000];
};

static inline void world_pcap(struct world *w, const uint8_t *bytes, uint32_t n)
{
    if (!w->pcap)
        return;
    const uint32_t record[4] = {(uint32_t)(w->now / SV_S), (uint32_t)(w->now % SV_S / 1000u), n, n};
    fwrite(record, sizeof record, 1, w->pcap);
    fwrite(bytes, 1, n, w->pcap);
}

static inline void world_open(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->bytes = (64u << 20);
    w->memory = aligned_alloc(4096, w->bytes);
    memset(w->memory, 0, w->bytes);
    w->arena = sv_arena_create(w->memory, w->bytes);
    w->pool = sv_pool_create(w->arena, WORLD_BUFS, WORLD_SLABS);
    w->now = 1000 * SV_S;
    const char *name = getenv("SV_TEST_PCAP");
    w->pcap = name ? fopen(name, "wb") : NULL;
    if (w->pcap) {
        const uint32_t header[6] = {0xa1b2c3d4u, 4u << 16 | 2u, 0, 0, 65535, 1};
        fwrite(header, sizeof header, 1, w->pcap);
    }
}

/* A fresh world; in the same memory when there was one before: only what was used is cleared. */
static inline void world_again(struct world *w)
{
    if (!w->memory) {
        world_open(w);
        return;
    }
    void *memory = w->memory;
    const uint64_t bytes = w->bytes;
    memset(memory, 0, sv_arena_used(w->arena));
    memset(w, 0, sizeof *w);
    w->memory = memory;
    w->bytes = bytes;
    w->arena = sv_arena_create(memory, bytes);
    w->pool = sv_pool_create(w->arena, WORLD_BUFS, WORLD_SLABS);
    w->now = 1000 * SV_S;
}

/* 02:00:00:00:00:<k+1> and 10.0.0.<k+1>/24, usable at once unless it is to probe. */
static inline struct world_host *world_add(struct world *w, uint32_t mtu, bool probe)
{
    const uint32_t k = w->hosts++;
    struct world_host *h = sv_arena_take(w->arena, sizeof *h, 64);
    struct sv_core *c = &h->core;
    c->now = w->now;
    c->pool_at = (int64_t)((intptr_t)w->pool - (intptr_t)c);
    c->arena_at = (int64_t)((intptr_t)w->arena - (intptr_t)c);
    for (uint32_t i = 0; i < SV_RNG_PURPOSES; i++)
        sv_rng_seed(&c->rng[i], 7, k, i);
    c->secret.k0 = sv_rng_u64(&c->rng[SV_RNG_KEYS]);
    c->secret.k1 = sv_rng_u64(&c->rng[SV_RNG_KEYS]);
    c->host = (uint16_t)k;
    sv_wheel_init(&c->wheel, w->now);
    const struct sv_net_config config = {
        .interfaces = 2, .addresses = 8, .routes = 8, .neighbours = 8, .fragments = 4, .fragment_bytes = 400000};
    const bool net = sv_net_init(&h->net, c, w->arena, &config);
    const bool udp = sv_udp_init(&h->udp, c, w->arena, 8);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(k + 1)};
    const sv_port port = sv_interface_make(&h->net.link.interfaces, mac, mtu, 64,
                                           (uint32_t)SV_IF_NO_REPORTS | (probe ? 0u : (uint32_t)SV_IF_NO_ARP_PROBE));
    const struct sv_addr addr = sv_addr_v4(10, 0, 0, (uint8_t)(k + 1));
    sv_net_interface_set(c, &h->net, port, true);
    const enum sv_err err = sv_net_address_add(c, &h->net, port, &addr, 96 + 24, NULL);
    SV_ASSERT(net && udp && port == 0 && err == SV_OK);
    w->host[k] = h;
    return h;
}

/* A whole packet for us, by its protocol. */
static inline void world_transport_in(struct world_host *h, struct sv_buf *b, const struct sv_ip_hdr *ip)
{
    struct sv_core *c = &h->core;
    struct sv_icmp_error about;
    if (ip->protocol == SV_PROTO_UDP) {
        if (!sv_udp_receive(c, &h->udp, 0, b, ip)) {
            sv_icmp_tell(c, &h->net, b, ip, SV_ICMP_TELL_PORT, 0);
            sv_drop(c, SV_DROP_PORT_UNREACHABLE, b, 0, 0);
        }
    } else if (ip->protocol == (ip->version == 4 ? SV_PROTO_ICMP : SV_PROTO_ICMP6)) {
        const enum sv_icmp_verdict v = ip->version == 4 ? sv_icmp_receive(c, &h->net, 0, b, ip, &about)
                                                        : sv_icmp6_receive(c, &h->net, 0, b, ip, &about);
        bool known = false;
        if (v == SV_ICMP_REPLY || (v == SV_ICMP_ERROR && about.protocol == ip->protocol)) {
            known = sv_echo_receive(c, &h->udp, 0, b, &about);
        } else if (v == SV_ICMP_ERROR && about.protocol == SV_PROTO_UDP) {
            known = sv_udp_error(c, &h->udp, 0, &about);
            if (known)
                sv_buf_free(b);
        }
        if (v != SV_ICMP_DONE && !known)
            sv_drop(c, SV_DROP_ICMP_UNMATCHED, b, 0, 0);
    } else {
        sv_icmp_tell(c, &h->net, b, ip, SV_ICMP_TELL_PROTOCOL, SV_IP6_NEXT_AT);
        sv_drop(c, SV_DROP_PROTOCOL_UNREACHABLE, b, 0, 0);
    }
}

/* The way in of one packet with its head at the IP header. */
static inline void world_ip_in(struct world_host *h, struct sv_buf *b, bool looped)
{
    struct sv_core *c = &h->core;
    struct sv_ip_hdr ip;
    enum sv_drop why = sv_ip_parse(b, &ip, c->cpu);
    if (why == SV_DROP_NONE)
        why = sv_ip_accept(c, &h->net, 0, b, &ip, looped);
    if (why == SV_DROP_NOT_FOR_US && h->net.forward) {
        sv_ip_forward(c, &h->net, 0, b, &ip);
        return;
    }
    if (why != SV_DROP_NONE) {
        sv_drop(c, why, b, 0, 0);
        return;
    }
    if (ip.version == 6) {
        if (!sv_ip6_is_transport(ip.protocol) && (b = sv_ip6_walk(c, &h->net, 0, b, &ip)) == NULL)
            return;
    } else if (sv_ip_is_fragment(&ip) && (b = sv_fragment_receive(c, &h->net, 0, b, &ip)) == NULL) {
        return;
    }
    world_transport_in(h, b, &ip);
}

static inline void world_buf_in(struct world *w, struct world_host *h, struct sv_buf *b)
{
    struct sv_core *c = &h->core;
    struct sv_eth_hdr eth;
    sv_core_clock(c, w->now);
    enum sv_drop why = sv_eth_parse(b, &eth);
    if (why == SV_DROP_NONE)
        why = sv_eth_accept(sv_interface_of(&h->net.link.interfaces, 0), b, &eth);
    if (why != SV_DROP_NONE)
        sv_drop(c, why, b, 0, 0);
    else if (eth.type == SV_ETHERTYPE_ARP)
        sv_acd_receive_arp(c, &h->net, 0, b, &eth);
    else if ((eth.type == SV_ETHERTYPE_IP4 || eth.type == SV_ETHERTYPE_IP6) && b->length > 0 &&
             (sv_buf_head(b)[0] >> 4 == 6) != (eth.type == SV_ETHERTYPE_IP6))
        sv_drop(c, SV_DROP_BAD_VERSION, b, 0, 0);
    else if (eth.type == SV_ETHERTYPE_IP4 || eth.type == SV_ETHERTYPE_IP6)
        world_ip_in(h, b, false);
    else
        sv_drop(c, SV_DROP_UNKNOWN_ETHERTYPE, b, 0, 0);
    while ((b = sv_ip_next_looped(c, &h->net)) != NULL)
        world_ip_in(h, b, true);
}

/* A frame of bytes comes in. */
static inline void world_in(struct world *w, struct world_host *h, const uint8_t *bytes, uint32_t n)
{
    struct sv_buf *b = sv_buf_alloc_slab(w->pool, SV_WANT_DATA, 0, 64);
    SV_ASSERT(b != NULL);
    const bool room = sv_buf_append(b, bytes, n, SV_WANT_DATA);
    SV_ASSERT(room);
    world_pcap(w, bytes, n);
    world_buf_in(w, h, b);
}

/* The next frame that goes out. False: none. */
static inline bool world_out(struct world *w, struct world_host *h, struct world_frame *f)
{
    struct sv_buf *b = sv_interface_dequeue(&h->core, &h->net.link.interfaces, 0, WORLD_ROOM);
    if (!b)
        return false;
    f->n = b->length;
    const bool read = sv_buf_read(b, 0, f->bytes, b->length);
    SV_ASSERT(read);
    world_pcap(w, f->bytes, f->n);
    sv_buf_free(b);
    return true;
}

/* Timers of every host, up to `now`. */
static inline void world_advance(struct world *w, sv_time by)
{
    const sv_time until = w->now + by;
    for (;;) {
        sv_time next = SV_NEVER;
        for (uint32_t i = 0; i < w->hosts; i++) {
            const sv_time at = sv_wheel_next(&w->host[i]->core.wheel);
            next = at < next ? at : next;
        }
        if (next > until)
            break;
        w->now = next > w->now ? next : w->now;
        for (uint32_t i = 0; i < w->hosts; i++) {
            struct sv_core *c = &w->host[i]->core;
            uint32_t kind, index;
            sv_core_clock(c, w->now);
            while ((index = sv_wheel_due(&c->wheel, w->now, &kind)) != SV_NONE)
                sv_net_expire(c, &w->host[i]->net, kind, index);
        }
    }
    w->now = until;
    for (uint32_t i = 0; i < w->hosts; i++)
        sv_core_clock(&w->host[i]->core, w->now);
}

/* Carries what stands in the queues to every other host, by reference as a hub would, until all is silent. */
static inline void world_carry(struct world *w)
{
    bool moved = true;
    while (moved) {
        moved = false;
        for (uint32_t i = 0; i < w->hosts; i++) {
            struct sv_buf *b;
            while ((b = sv_interface_dequeue(&w->host[i]->core, &w->host[i]->net.link.interfaces, 0, WORLD_ROOM)) !=
                   NULL) {
                moved = true;
                if (w->pcap) {
                    static uint8_t flat[66000];
                    const bool read = sv_buf_read(b, 0, flat, b->length);
                    SV_ASSERT(read);
                    world_pcap(w, flat, b->length);
                }
                for (uint32_t k = 0; k < w->hosts; k++) {
                    struct sv_buf *copy = k == i ? NULL : sv_buf_clone(b, SV_WANT_DATA);
                    if (copy)
                        world_buf_in(w, w->host[k], copy);
                }
                sv_buf_free(b);
            }
        }
    }
}

static inline void world_check(const struct world *w)
{
    for (uint32_t i = 0; i < w->hosts; i++) {
        sv_net_check(&w->host[i]->core, &w->host[i]->net);
        sv_udp_check(&w->host[i]->core, &w->host[i]->udp);
    }
}

/* How many descriptors are out: 0 when nothing leaked. */
static inline uint32_t world_held(const struct world *w)
{
    struct sv_pool_counts counts;
    sv_pool_count(w->pool, &counts);
    return (counts.bufs - counts.bufs_free) + (counts.slabs - counts.slabs_free);
}

static inline void world_close(struct world *w)
{
    world_check(w);
    if (w->pcap)
        fclose(w->pcap);
    free(w->memory);
}

static inline uint64_t world_drops(const struct world_host *h, enum sv_drop why)
{
    return h->core.drops[why];
}

/* An ARP frame, 42 bytes. */
static inline uint32_t world_arp(uint8_t *f, const char *dst_mac, uint16_t opcode, uint8_t from, uint32_t sender,
                                 const char *target_mac, uint32_t target)
{
    const uint8_t src[6] = {2, 0, 0, 0, 0, from};
    memcpy(f, dst_mac, 6);
    memcpy(f + 6, src, 6);
    sv_put_u16(f + 12, 0x0806);
    const uint8_t fixed[6] = {0, 1, 8, 0, 6, 4};
    memcpy(f + 14, fixed, 6);
    sv_put_u16(f + 20, opcode);
    memcpy(f + 22, src, 6);
    sv_put_u32(f + 28, sender);
    memcpy(f + 32, target_mac, 6);
    sv_put_u32(f + 38, target);
    return 42;
}

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define ALL "\xff\xff\xff\xff\xff\xff"
#define ZERO "\0\0\0\0\0\0"
#define HOST1 "\2\0\0\0\0\1"

/* An Ethernet and IPv4 header in front of n bytes of `payload`; the frame's length. fragment: flags and offset as on
 * the wire. */
static inline uint32_t world_ip(uint8_t *f, const char *dst_mac, uint32_t src, uint32_t dst, uint8_t protocol,
                                uint16_t id, uint16_t fragment, const void *payload, uint32_t n)
{
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    memcpy(f, dst_mac, 6);
    memcpy(f + 6, mac, 6);
    sv_put_u16(f + 12, 0x0800);
    uint8_t *p = f + 14;
    memset(p, 0, 20);
    p[0] = 0x45;
    sv_put_u16(p + 2, (uint16_t)(20 + n));
    sv_put_u16(p + 4, id);
    sv_put_u16(p + 6, fragment);
    p[8] = 64;
    p[9] = protocol;
    sv_put_u32(p + 12, src);
    sv_put_u32(p + 16, dst);
    sv_sum_store(p + 10, sv_sum(p, 20, 0));
    memcpy(p + 20, payload, n);
    return 34 + n;
}

/* Makes an IPv4 packet's length, header checksum and ICMP checksum right, so that a fuzzer gets past them. */
static inline void world_repair(uint8_t *p, uint32_t n)
{
    const uint32_t header = n > 0 ? (p[0] & 15u) * 4u : 0;
    if (header < 20 || header > n)
        return;
    sv_put_u16(p + 2, (uint16_t)n);
    sv_put_u16(p + 10, 0);
    sv_sum_store(p + 10, sv_sum(p, header, 0));
    if (p[9] == SV_PROTO_ICMP && n >= header + 8) {
        sv_put_u16(p + header + 2, 0);
        sv_sum_store(p + header + 2, sv_sum(p + header, n - header, 0));
    }
}

/* A UDP header and data, without checksum; the length of both. */
static inline uint32_t world_udp(uint8_t *p, uint16_t src_port, uint16_t dst_port, const void *data, uint32_t n)
{
    sv_put_u16(p, src_port);
    sv_put_u16(p + 2, dst_port);
    sv_put_u16(p + 4, (uint16_t)(8 + n));
    sv_put_u16(p + 6, 0);
    memcpy(p + 8, data, n);
    return 8 + n;
}

#endif
