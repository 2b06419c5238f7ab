/* SPDX-License-Identifier: BSD-2-Clause */
/* A router that translates, and packets around it: inside is 10.0.0.0/24 at port 0, outside 192.0.2.0/24 at port 1,
 * the router .1 on both. Packets are said and heard as a tuple, flags and payload; whatever leaves the router has its
 * checksums verified, those inside an ICMP error's quote too. */
#ifndef SV_TESTS_NAT_WORLD_H
#define SV_TESTS_NAT_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cursor.h"
#include "core/checksum.h"
#include "seven/nat.h"
#include "stack/stack_internal.h"

#define INSIDE 0u
#define OUTSIDE 1u
#define IP4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define HOST_A IP4(10, 0, 0, 2)
#define HOST_B IP4(10, 0, 0, 3)
#define ROUTER_IN IP4(10, 0, 0, 1)
#define NAT_ADDR IP4(192, 0, 2, 1)
#define PEER_Y IP4(192, 0, 2, 50)
#define PEER_Z IP4(192, 0, 2, 51)
#define T_FIN 1u
#define T_SYN 2u
#define T_RST 4u
#define T_ACK 16u

#ifndef NAT_BUFS /* fuzz targets take a small world: it is copied for each input */
#define NAT_BUFS 1024u
#define NAT_SLABS 2048u
#endif

struct nat_world {
    void *raw, *memory;
    uint64_t bytes;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_stack *stack;
    struct sv_node *node;
    sv_time now;
    uint32_t broken; /* packets out whose checksums do not add up */
};

/* One packet, as a person says it. */
struct nat_packet {
    uint8_t protocol;
    uint8_t flags; /* TCP's; of ICMP the type */
    uint8_t code;
    uint8_t ttl; /* 0: 64 */
    uint8_t dont_fragment;
    uint32_t src, dst;
    uint16_t sport, dport; /* of an ICMP query sport is the identifier, dport the sequence number */
    uint32_t seq, ack;
    const void *payload;
    uint32_t n;
    uint8_t no_sum; /* UDP without a checksum */
    /* Filled when heard: */
    uint32_t length;
    const uint8_t *ip; /* all of it */
    uint16_t id, fragment;
};

/* device: flags of both devices beside. */
static inline void nat_open_devices(struct nat_world *w, const struct sv_nat_config *given, uint32_t sessions,
                                    uint32_t device)
{
    memset(w, 0, sizeof *w);
    w->bytes = 24u << 20;
    w->raw = calloc(1, w->bytes + 4096u); /* pages that nobody touches cost nothing */
    SV_ASSERT(w->raw != NULL);
    w->memory = (void *)(((uintptr_t)w->raw + 4095u) & ~(uintptr_t)4095u);
    w->arena = sv_arena_create(w->memory, w->bytes);
    w->pool = sv_pool_create(w->arena, NAT_BUFS, NAT_SLABS);
    w->now = 1000 * SV_S;
    const struct sv_stack_config config = {.size = sizeof config,
                                           .seed = 7,
                                           .connections = 16,
                                           .half_open = 16,
                                           .time_waits = 16,
                                           .forward = 1,
                                           .nat_sessions = sessions};
    w->stack = sv_stack_create(w->arena, w->pool, &config, w->now);
    SV_ASSERT(w->stack != NULL);
    sv_stack_set_checked(w->stack, true);
    w->node = sv_stack_node(w->stack);
    for (uint32_t i = 0; i < 2; i++) {
        struct sv_interface_config f = {.size = sizeof f, .mac = {2, 0, 0, 0, 0, 1}};
        f.flags = device | SV_IF_NO_ARP_PROBE;
        f.mac[4] = (uint8_t)i;
        sv_port port;
        enum sv_err e = sv_interface_add(w->stack, &f, &port, w->now);
        const struct sv_addr a = sv_addr_of_v4(i == INSIDE ? ROUTER_IN : NAT_ADDR);
        SV_ASSERT(e == SV_OK && port == i);
        e = sv_address_add(w->stack, port, &a, 24, w->now);
        SV_ASSERT(e == SV_OK);
        sv_interface_set_up(w->stack, port, true, w->now);
        for (uint32_t k = 2; k < 60; k++) {
            const uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(16 + i), (uint8_t)k};
            const struct sv_addr n = sv_addr_of_v4((i == INSIDE ? ROUTER_IN : NAT_ADDR) - 1 + k);
            e = sv_neighbour_add(w->stack, port, &n, mac, w->now);
            SV_ASSERT(e == SV_OK);
        }
    }
    struct sv_nat_config nat = given ? *given : (struct sv_nat_config){0};
    nat.size = sizeof nat;
    nat.outside = OUTSIDE;
    const enum sv_err e = sv_nat_enable(w->stack, &nat, w->now);
    SV_ASSERT(e == SV_OK);
}

static inline void nat_open_with(struct nat_world *w, const struct sv_nat_config *given, uint32_t sessions)
{
    nat_open_devices(w, given, sessions, 0);
}

/* Frames of the interfaces' own making (announcements) go. */
static inline void nat_flush(struct nat_world *w)
{
    for (uint32_t i = 0; i < 2; i++) {
        struct sv_burst give = {.n = 0};
        const struct sv_room room = {64, 1u << 20, 0};
        while (sv_node_transmit(w->node, i, room, &give, w->now) > 0) {
            for (uint32_t k = 0; k < give.n; k++)
                sv_buf_free(give.packet[k]);
            give.n = 0;
        }
    }
}

static inline void nat_open(struct nat_world *w, uint32_t filter)
{
    const struct sv_nat_config c = {.filter = filter};
    nat_open_with(w, &c, 256);
    nat_flush(w);
}

/* A moment that is come back to again and again: fuzz targets build their router once. */
struct nat_moment {
    struct nat_world world;
    void *bytes;
    uint64_t n;
};

static inline void nat_keep(const struct nat_world *w, struct nat_moment *m)
{
    m->world = *w;
    m->n = sv_arena_used(w->arena);
    m->bytes = malloc(m->n);
    const enum sv_err e = m->bytes ? sv_arena_snapshot(w->arena, m->bytes, m->n) : SV_ERR_NO_MEMORY;
    SV_ASSERT(e == SV_OK);
}

static inline void nat_back(struct nat_world *w, const struct nat_moment *m)
{
    *w = m->world;
    const enum sv_err e = sv_arena_restore(w->arena, m->bytes, m->n);
    SV_ASSERT(e == SV_OK);
}

static inline uint32_t nat_held(const struct nat_world *w)
{
    struct sv_pool_counts c;
    sv_pool_count(w->pool, &c);
    return (c.bufs - c.bufs_free) + (c.slabs - c.slabs_free);
}

static inline void nat_shut(struct nat_world *w)
{
    sv_stack_check(w->stack);
    SV_ASSERT(w->broken == 0);
    free(w->raw);
}

/* The sum over pseudo-header and transport: 0xffff when right. */
static inline uint16_t nat_sum4(const uint8_t *ip, uint32_t n)
{
    const uint32_t hl = (ip[0] & 15u) * 4u;
    const uint16_t pseudo =
        sv_sum_fold((uint32_t)sv_sum(ip + 12, 8, 0) + sv_sum_u16(ip[9]) + sv_sum_u16((uint16_t)(n - hl)));
    return sv_sum_add(ip[9] == 1 ? 0 : pseudo, sv_sum(ip + hl, n - hl, 0));
}

/* Writes the packet as bytes; the length. */
static inline uint32_t nat_emit(uint8_t *ip, const struct nat_packet *p)
{
    const uint32_t hl = p->protocol == 6 ? 20u : 8u, n = 20u + hl + p->n;
    memset(ip, 0, 20u + hl);
    ip[0] = 0x45;
    sv_put_u16(ip + 2, (uint16_t)n);
    sv_put_u16(ip + 4, p->id);
    sv_put_u16(ip + 6, (uint16_t)(p->fragment | (p->dont_fragment ? 0x4000u : 0u)));
    ip[8] = p->ttl ? p->ttl : 64;
    ip[9] = p->protocol;
    sv_put_u32(ip + 12, p->src);
    sv_put_u32(ip + 16, p->dst);
    sv_sum_store(ip + 10, sv_sum(ip, 20, 0));
    uint8_t *t = ip + 20;
    uint8_t *field = t + (p->protocol == 6 ? 16 : p->protocol == 17 ? 6 : 2);
    if (p->n)
        memcpy(t + hl, p->payload, p->n);
    if (p->protocol == 1) {
        t[0] = p->flags;
        t[1] = p->code;
        sv_put_u16(t + 4, p->sport);
        sv_put_u16(t + 6, p->dport);
    } else {
        sv_put_u16(t, p->sport);
        sv_put_u16(t + 2, p->dport);
    }
    if (p->protocol == 17)
        sv_put_u16(t + 4, (uint16_t)(8 + p->n));
    if (p->protocol == 6) {
        sv_put_u32(t + 4, p->seq);
        sv_put_u32(t + 8, p->ack);
        t[12] = 0x50;
        t[13] = p->flags;
        sv_put_u16(t + 14, 8192);
    }
    if (!p->no_sum)
        sv_sum_store(field, nat_sum4(ip, n));
    if (p->protocol == 17 && !p->no_sum && sv_get_u16(field) == 0)
        sv_put_u16(field, 0xffff);
    return n;
}

static inline void nat_say_bytes(struct nat_world *w, sv_port port, const uint8_t *ip, uint32_t n)
{
    const uint8_t eth[14] = {2, 0, 0, 0, (uint8_t)port, 1, 2, 0, 0, 0, (uint8_t)(16 + port), 2, 8, 0};
    struct sv_buf *b = sv_buf_alloc_slab(w->pool, SV_WANT_DATA, 0, 64);
    SV_ASSERT(b != NULL);
    bool room = sv_buf_append(b, eth, 14, SV_WANT_DATA);
    room = room && sv_buf_append(b, ip, n, SV_WANT_DATA);
    SV_ASSERT(room);
    struct sv_burst take = {1, {b}};
    sv_node_receive(w->node, port, &take, w->now);
}

static inline void nat_say(struct nat_world *w, sv_port port, const struct nat_packet *p)
{
    static uint8_t ip[66000];
    const uint32_t n = nat_emit(ip, p);
    nat_say_bytes(w, port, ip, n);
}

/* Are header and transport checksum right? Fragments' transport is not looked at. */
static inline bool nat_sums_good(const uint8_t *ip, uint32_t n)
{
    const uint32_t hl = (ip[0] & 15u) * 4u;
    if (sv_sum(ip, hl, 0) != 0xffff)
        return false;
    if (sv_get_u16(ip + 6) & 0x3fffu || (ip[9] != 1 && ip[9] != 6 && ip[9] != 17))
        return true;
    if (ip[9] == 17 && sv_get_u16(ip + hl + 6) == 0)
        return true;
    return nat_sum4(ip, n) == 0xffff;
}

/* The next IPv4 packet that leaves by the port; false: none. The bytes stay until the next call. */
static inline bool nat_hear(struct nat_world *w, sv_port port, struct nat_packet *p)
{
    static uint8_t frame[66000];
    struct sv_burst give = {.n = 0};
    const struct sv_room room = {1, 1u << 20, 0};
    if (sv_node_transmit(w->node, port, room, &give, w->now) == 0)
        return false;
    struct sv_buf *b = give.packet[0];
    const uint32_t n = b->length;
    const bool read = sv_buf_read(b, 0, frame, n);
    SV_ASSERT(read);
    sv_buf_free(b);
    if (sv_get_u16(frame + 12) != 0x0800)
        return nat_hear(w, port, p);
    const uint8_t *ip = frame + 14;
    memset(p, 0, sizeof *p);
    p->ip = ip;
    p->length = n - 14;
    p->protocol = ip[9];
    p->ttl = ip[8];
    p->id = sv_get_u16(ip + 4);
    p->fragment = sv_get_u16(ip + 6) & 0x3fffu;
    p->dont_fragment = (ip[6] & 0x40u) != 0;
    p->src = sv_get_u32(ip + 12);
    p->dst = sv_get_u32(ip + 16);
    const uint8_t *t = ip + (ip[0] & 15u) * 4u;
    uint32_t hl = 8;
    if (p->fragment & 0x1fffu) {
        hl = 0;
    } else if (p->protocol == 1) {
        p->flags = t[0];
        p->code = t[1];
        p->sport = sv_get_u16(t + 4);
        p->dport = sv_get_u16(t + 6);
    } else {
        p->sport = sv_get_u16(t);
        p->dport = sv_get_u16(t + 2);
    }
    if (p->protocol == 6 && hl) {
        p->seq = sv_get_u32(t + 4);
        p->ack = sv_get_u32(t + 8);
        p->flags = t[13];
        hl = (uint32_t)(t[12] >> 4) * 4u;
    }
    p->payload = t + hl;
    p->n = (uint32_t)(ip + p->length - (t + hl));
    w->broken += !nat_sums_good(ip, p->length);
    return true;
}

static inline bool nat_silent(struct nat_world *w, sv_port port)
{
    struct nat_packet p;
    return !nat_hear(w, port, &p);
}

static inline void nat_pass_time(struct nat_world *w, sv_time by)
{
    const sv_time until = w->now + by;
    for (;;) {
        const sv_time next = sv_node_next_deadline(w->node);
        if (next > until)
            break;
        w->now = next > w->now ? next : w->now;
        sv_node_expire(w->node, w->now);
    }
    w->now = until;
    sv_node_expire(w->node, w->now);
}

static inline struct sv_nat_counts nat_counts(const struct nat_world *w)
{
    struct sv_nat_counts c;
    sv_nat_count(w->stack, &c);
    return c;
}

/* An ICMP error about `about` (a packet heard or said), quoting `quote` bytes of it. */
static inline uint32_t nat_error(uint8_t *ip, uint32_t src, uint32_t dst, uint8_t type, uint8_t code,
                                 const uint8_t *about, uint32_t quote)
{
    const struct nat_packet e = {
        .protocol = 1, .flags = type, .code = code, .src = src, .dst = dst, .payload = about, .n = quote};
    return nat_emit(ip, &e);
}

#endif
