/* SPDX-License-Identifier: BSD-2-Clause */
/* One stack and a cable whose other end is the test: frames of IPv6 and IPv4 control messages are put together and
 * taken apart here, in time order. SV_TEST_PCAP=file keeps every frame in a pcap for other programs to judge. */
#ifndef SV_TESTS_STACK_WORLD_H
#define SV_TESTS_STACK_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/packet_sum.h"
#include "l3_network/group.h"
#include "l3_network/icmp6_wire.h"
#include "seven/host.h"
#include "stack/stack_internal.h"

#ifndef CABLE_BUFS /* fuzz targets take a small world: it is copied for each input */
#define CABLE_BUFS 256u
#endif

struct cable {
    void *memory;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_stack *stack;
    sv_port port;
    sv_time now;
    FILE *pcap;
};

/* A frame taken apart: of IPv6 what is behind the extension headers. */
struct seen {
    uint8_t frame[2048];
    uint32_t n;
    uint16_t ethertype;
    struct sv_addr src, dst;
    uint8_t protocol, hops;
    bool alert; /* router alert */
    const uint8_t *bytes;
    uint32_t length;
};

static const uint8_t cable_mac[6] = {2, 0, 0, 0, 0, 1};

static inline void cable_note(struct cable *k, const uint8_t *bytes, uint32_t n)
{
    const uint32_t record[4] = {(uint32_t)(k->now / SV_S), (uint32_t)(k->now % SV_S / 1000u), n, n};
    if (!k->pcap)
        return;
    fwrite(record, sizeof record, 1, k->pcap);
    fwrite(bytes, 1, n, k->pcap);
}

/* A stack with one interface of these flags, 02:00:00:00:00:01. */
static inline void cable_open(struct cable *k, uint32_t flags, bool router)
{
    memset(k, 0, sizeof *k);
    const struct sv_stack_config config = {.size = sizeof config,
                                           .seed = 7,
                                           .connections = 4,
                                           .half_open = 4,
                                           .time_waits = 4,
                                           .listeners = 4,
                                           .udp_sockets = 8,
                                           .neighbours = 64,
                                           .fragments = 4,
                                           .forward = router};
    const uint64_t bytes =
        (sv_pool_bytes(CABLE_BUFS, CABLE_BUFS) + sv_stack_bytes(&config) + 65536u + 4095u) / 4096u * 4096u;
    k->memory = aligned_alloc(4096, bytes);
    memset(k->memory, 0, bytes);
    k->arena = sv_arena_create(k->memory, bytes);
    k->pool = sv_pool_create(k->arena, CABLE_BUFS, CABLE_BUFS);
    k->now = 1000 * SV_S;
    const char *name = getenv("SV_TEST_PCAP");
    k->pcap = name ? fopen(name, "ab") : NULL;
    if (k->pcap && ftell(k->pcap) == 0) {
        const uint32_t header[6] = {0xa1b2c3d4u, 4u << 16 | 2u, 0, 0, 65535, 1};
        fwrite(header, sizeof header, 1, k->pcap);
    }
    k->stack = sv_stack_create(k->arena, k->pool, &config, k->now);
    SV_ASSERT(k->stack != NULL);
    sv_stack_set_checked(k->stack, true);
    struct sv_interface_config interface = {.size = sizeof interface, .flags = flags};
    memcpy(interface.mac, cable_mac, 6);
    const enum sv_err err = sv_interface_add(k->stack, &interface, &k->port, k->now);
    SV_ASSERT(err == SV_OK);
}

static inline void cable_close(struct cable *k)
{
    sv_stack_check(k->stack);
    if (k->pcap)
        fclose(k->pcap);
    free(k->memory);
}

/* A moment that is come back to again and again: fuzz targets build their stack once. */
struct cable_moment {
    struct cable cable;
    void *bytes;
    uint64_t n;
};

static inline void cable_keep(const struct cable *k, struct cable_moment *m)
{
    m->cable = *k;
    m->n = sv_arena_used(k->arena);
    m->bytes = malloc(m->n);
    const enum sv_err err = m->bytes ? sv_arena_snapshot(k->arena, m->bytes, m->n) : SV_ERR_NO_MEMORY;
    SV_ASSERT(err == SV_OK);
}

static inline void cable_back(struct cable *k, const struct cable_moment *m)
{
    *k = m->cable;
    const enum sv_err err = sv_arena_restore(k->arena, m->bytes, m->n);
    SV_ASSERT(err == SV_OK);
}

/* Buffers and slabs that are not free. */
static inline uint32_t cable_held(const struct cable *k)
{
    struct sv_pool_counts c;
    sv_pool_count(k->pool, &c);
    return (c.bufs - c.bufs_free) + (c.slabs - c.slabs_free);
}

static inline struct sv_addr addr_of(const char *text)
{
    struct sv_addr a;
    const bool ok = sv_addr_parse(text, &a, NULL);
    SV_ASSERT(ok);
    return a;
}

static inline void cable_in(struct cable *k, const uint8_t *bytes, uint32_t n)
{
    struct sv_burst burst = {.n = 1};
    struct sv_buf *b = sv_buf_alloc_slab(k->pool, SV_WANT_DATA, 0, 64);
    SV_ASSERT(b != NULL);
    const bool room = sv_buf_append(b, bytes, n, SV_WANT_DATA);
    SV_ASSERT(room);
    cable_note(k, bytes, n);
    burst.packet[0] = b;
    sv_node_receive(sv_stack_node(k->stack), k->port, &burst, k->now);
}

/* An ICMPv6 message (or another protocol's) comes in, its checksum put in. alert: behind a hop-by-hop router alert. */
static inline void cable_in6(struct cable *k, uint8_t from, const struct sv_addr *src, const struct sv_addr *dst,
                             uint8_t hops, bool alert, const uint8_t *bytes, uint32_t n)
{
    uint8_t f[2048], mac[6] = {2, 0, 0, 0, 0, 1};
    const uint32_t extra = alert ? 8u : 0u;
    if (sv_addr_is_multicast(dst))
        sv_mac_of_multicast(dst, mac);
    memcpy(f, mac, 6);
    memcpy(f + 6, (const uint8_t[6]){2, 0, 0, 0, 0, from}, 6);
    sv_put_u16(f + 12, SV_ETHERTYPE_IP6);
    sv_put_u32(f + 14, 6u << 28);
    sv_put_u16(f + 18, (uint16_t)(n + extra));
    f[20] = alert ? 0 : SV_PROTO_ICMP6;
    f[21] = hops;
    memcpy(f + 22, src->byte, 16);
    memcpy(f + 38, dst->byte, 16);
    if (alert)
        memcpy(f + 54, (const uint8_t[8]){SV_PROTO_ICMP6, 0, 5, 2, 0, 0, 1, 0}, 8);
    memcpy(f + 54 + extra, bytes, n);
    sv_put_u16(f + 54 + extra + 2, 0);
    const uint16_t sum = sv_sum_add(sv_pseudo_sum(src, dst, SV_PROTO_ICMP6, n), sv_sum(f + 54 + extra, n, 0));
    sv_sum_store(f + 54 + extra + 2, sum);
    cable_in(k, f, 54 + extra + n);
}

static inline void seen_parse(struct seen *s)
{
    const uint8_t *p = s->frame + 14;
    s->ethertype = sv_get_u16(s->frame + 12);
    s->alert = false;
    if (s->ethertype == SV_ETHERTYPE_IP6) {
        s->src = sv_addr_of_v6_bytes(p + 8);
        s->dst = sv_addr_of_v6_bytes(p + 24);
        s->protocol = p[6];
        s->hops = p[7];
        s->bytes = p + 40;
        s->length = sv_get_u16(p + 4);
        if (s->protocol == 0) {
            s->alert = s->bytes[2] == 5;
            s->protocol = s->bytes[0];
            s->bytes += 8;
            s->length -= 8;
        }
        if (s->protocol == SV_PROTO_ICMP6)
            SV_ASSERT(sv_sum_add(sv_pseudo_sum(&s->src, &s->dst, s->protocol, s->length),
                                 sv_sum(s->bytes, s->length, 0)) == 0xffffu);
    } else if (s->ethertype == SV_ETHERTYPE_IP4) {
        s->src = sv_addr_of_v4_bytes(p + 12);
        s->dst = sv_addr_of_v4_bytes(p + 16);
        s->protocol = p[9];
        s->hops = p[8];
        s->bytes = p + (p[0] & 15) * 4;
        s->length = sv_get_u16(p + 2) - (p[0] & 15u) * 4u;
        s->alert = p[0] == 0x46 && p[20] == 0x94;
        SV_ASSERT(sv_sum(p, (p[0] & 15u) * 4u, 0) == 0xffffu);
    } else {
        s->protocol = 0;
        s->bytes = p;
        s->length = s->n - 14;
    }
}

/* The next frame that goes out now. False: none. */
static inline bool cable_out(struct cable *k, struct seen *s)
{
    struct sv_burst burst = {.n = 0};
    const struct sv_room room = {.packets = 1, .bytes = 65535};
    if (sv_node_transmit(sv_stack_node(k->stack), k->port, room, &burst, k->now) == 0)
        return false;
    s->n = burst.packet[0]->length;
    const bool read = s->n <= sizeof s->frame && sv_buf_read(burst.packet[0], 0, s->frame, s->n);
    SV_ASSERT(read);
    cable_note(k, s->frame, s->n);
    sv_buf_free(burst.packet[0]);
    seen_parse(s);
    return true;
}

/* The next frame by `until`, the clock going on as far as that takes. False: silence until then. */
static inline bool cable_wait_until(struct cable *k, struct seen *s, sv_time until)
{
    for (;;) {
        if (cable_out(k, s))
            return true;
        const sv_time next = sv_node_next_deadline(sv_stack_node(k->stack));
        if (next > until)
            break;
        k->now = sv_max_u64(next, k->now);
        sv_node_expire(sv_stack_node(k->stack), k->now);
    }
    k->now = until;
    sv_node_expire(sv_stack_node(k->stack), k->now);
    return cable_out(k, s);
}
static inline bool cable_wait(struct cable *k, struct seen *s, uint32_t ms)
{
    return cable_wait_until(k, s, k->now + ms * SV_MS);
}

/* The next ICMPv6 message of that type within `ms`; others are passed over. */
static inline bool cable_wait_for(struct cable *k, struct seen *s, uint8_t type, uint32_t ms)
{
    const sv_time until = k->now + ms * SV_MS;
    while (cable_wait_until(k, s, until)) {
        if (s->protocol == SV_PROTO_ICMP6 && s->bytes[0] == type)
            return true;
    }
    return false;
}

/* Lets time pass; what goes out is passed over. */
static inline void cable_pass(struct cable *k, uint32_t ms)
{
    struct seen s;
    const sv_time until = k->now + ms * SV_MS;
    while (cable_wait_until(k, &s, until)) {}
}

static inline uint64_t cable_drops(const struct cable *k, enum sv_drop why)
{
    return sv_stack_drops(k->stack, why);
}

/* The address number `n` of those that have these flags, NULL if there are fewer. */
static inline const struct sv_address_info *cable_address(const struct cable *k, uint32_t flags, uint32_t n)
{
    static struct sv_address_info info;
    uint32_t at = 0;
    while (sv_address_each(k->stack, &at, &info)) {
        if ((info.flags & flags) == flags && n-- == 0)
            return &info;
    }
    return NULL;
}

#endif
