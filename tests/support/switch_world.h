/* SPDX-License-Identifier: BSD-2-Clause */
/* Switches in memory, for tests and fuzz targets: an arena, a pool, switches, wires between any two of their ports, and
 * frames put in and taken out by hand. Every frame that crosses a wire is counted. */
#ifndef SV_TESTS_SWITCH_WORLD_H
#define SV_TESTS_SWITCH_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cursor.h"
#include "seven/seven.h"

#define SWORLD_SWITCHES 4u
#define SWORLD_WIRES 8u
#define SWORLD_BYTES (48u << 20)

#ifndef SWORLD_BUFS /* fuzz targets take a small world: it is cleared for each input */
#define SWORLD_BUFS 4096u
#endif

struct sworld_wire {
    uint32_t a, b; /* switches */
    sv_port ap, bp;
    bool cut;
    uint64_t frames, bpdus;
};

struct sworld {
    void *memory;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_trace *trace;
    struct sv_bridge *bridge[SWORLD_SWITCHES];
    uint32_t bridges;
    struct sworld_wire wire[SWORLD_WIRES];
    uint32_t wires;
    sv_time now;
};

static inline void sworld_open(struct sworld *w)
{
    void *memory = w->memory;
    if (memory)
        memset(memory, 0, sv_arena_used(w->arena)); /* nobody wrote beyond that */
    else
        memory = memset(aligned_alloc(4096, SWORLD_BYTES), 0, SWORLD_BYTES);
    memset(w, 0, sizeof *w);
    w->memory = memory;
    w->arena = sv_arena_create(memory, SWORLD_BYTES);
    w->pool = sv_pool_create(w->arena, SWORLD_BUFS, SWORLD_BUFS);
    w->trace = sv_trace_create(w->arena, 4096);
    w->now = 1000 * SV_S;
}

static inline void sworld_close(struct sworld *w)
{
    free(w->memory);
    w->memory = NULL;
}

/* A switch of `ports` plain ports. config: NULL or what is to be otherwise. */
static inline struct sv_bridge *sworld_switch(struct sworld *w, const struct sv_bridge_config *config, uint32_t ports)
{
    struct sv_bridge_config c = config ? *config : (struct sv_bridge_config){0};
    const struct sv_bridge_port_config p = {.size = sizeof p};
    c.size = sizeof c;
    c.host = w->bridges + 1;
    c.seed = 7;
    c.trace = w->trace;
    c.mac[0] = 2;
    c.mac[4] = 0xb0;
    c.mac[5] = (uint8_t)(w->bridges + 1);
    struct sv_bridge *br = sv_bridge_create(w->arena, w->pool, &c, w->now);
    SV_ASSERT(br);
    for (uint32_t i = 0; i < ports; i++) {
        sv_port port;
        const enum sv_err e = sv_bridge_port_add(br, &p, &port, w->now);
        SV_ASSERT(e == SV_OK && port == i);
    }
    w->bridge[w->bridges++] = br;
    return br;
}

static inline sv_port sworld_port(struct sworld *w, struct sv_bridge *br, struct sv_bridge_port_config c)
{
    sv_port port;
    c.size = sizeof c;
    const enum sv_err e = sv_bridge_port_add(br, &c, &port, w->now);
    SV_ASSERT(e == SV_OK);
    return port;
}

static inline struct sworld_wire *sworld_join(struct sworld *w, uint32_t a, sv_port ap, uint32_t b, sv_port bp)
{
    struct sworld_wire *x = &w->wire[w->wires++];
    *x = (struct sworld_wire){.a = a, .b = b, .ap = ap, .bp = bp};
    return x;
}

static inline struct sv_buf *sworld_packet(struct sworld *w, const uint8_t *bytes, uint32_t n)
{
    struct sv_buf *b = sv_buf_alloc_slab(w->pool, SV_WANT_DATA, 0, 0);
    const bool room = b && sv_buf_append(b, bytes, n, SV_WANT_DATA);
    SV_ASSERT(room);
    b->segments = 1;
    return b;
}

static inline void sworld_give(struct sworld *w, struct sv_bridge *br, sv_port port, struct sv_buf *b)
{
    struct sv_burst burst = {.n = 1, .packet = {b}};
    sv_node_receive(sv_bridge_node(br), port, &burst, w->now);
    sv_bridge_check(br);
}

static inline void sworld_in(struct sworld *w, struct sv_bridge *br, sv_port port, const uint8_t *bytes, uint32_t n)
{
    sworld_give(w, br, port, sworld_packet(w, bytes, n));
}

/* The next packet that leaves by the port; NULL: none. */
static inline struct sv_buf *sworld_take(struct sworld *w, struct sv_bridge *br, sv_port port)
{
    const struct sv_room room = {.packets = 1, .bytes = UINT32_MAX};
    struct sv_burst burst = {.n = 0};
    return sv_node_transmit(sv_bridge_node(br), port, room, &burst, w->now) ? burst.packet[0] : NULL;
}

/* Its bytes; 0: none. */
static inline uint32_t sworld_out(struct sworld *w, struct sv_bridge *br, sv_port port, uint8_t *to, uint32_t room)
{
    struct sv_buf *b = sworld_take(w, br, port);
    if (!b)
        return 0;
    const uint32_t n = b->length;
    const bool read = n <= room && sv_buf_read(b, 0, to, n);
    SV_ASSERT(read);
    sv_buf_free(b);
    return n;
}

/* What waits at the port is thrown away; how much it was. */
static inline uint32_t sworld_drain(struct sworld *w, struct sv_bridge *br, sv_port port)
{
    static uint8_t bytes[70000];
    uint32_t n = 0;
    while (sworld_out(w, br, port, bytes, sizeof bytes))
        n++;
    return n;
}

static inline uint32_t sworld_cross(struct sworld *w, struct sworld_wire *x, bool back)
{
    struct sv_bridge *from = w->bridge[back ? x->b : x->a], *to = w->bridge[back ? x->a : x->b];
    struct sv_buf *b = sworld_take(w, from, back ? x->bp : x->ap);
    uint8_t head[6];
    if (!b)
        return 0;
    x->frames++;
    if (sv_buf_read(b, 0, head, 6) && memcmp(head, "\x01\x80\xc2\0\0\0", 6) == 0)
        x->bpdus++;
    if (x->cut)
        sv_buf_free(b);
    else
        sworld_give(w, to, back ? x->ap : x->bp, b);
    return 1;
}

/* Frames cross the wires until all are silent, or `most` went: then it is a storm. */
static inline uint32_t sworld_settle(struct sworld *w, uint32_t most)
{
    uint32_t total = 0, moved = 1;
    while (moved && total < most) {
        moved = 0;
        for (uint32_t i = 0; i < w->wires; i++)
            moved += sworld_cross(w, &w->wire[i], false) + sworld_cross(w, &w->wire[i], true);
        total += moved;
    }
    return total;
}

/* Time passes in steps of 10 ms; frames that crossed meanwhile. */
static inline uint32_t sworld_advance(struct sworld *w, sv_time by)
{
    const sv_time until = w->now + by;
    uint32_t total = 0;
    while (w->now < until) {
        w->now += 10 * SV_MS;
        for (uint32_t i = 0; i < w->bridges; i++)
            sv_node_expire(sv_bridge_node(w->bridge[i]), w->now);
        total += sworld_settle(w, 100000);
    }
    for (uint32_t i = 0; i < w->bridges; i++)
        sv_bridge_check(w->bridge[i]);
    return total;
}

static inline struct sv_bridge_port_info sworld_info(struct sv_bridge *br, sv_port port)
{
    struct sv_bridge_port_info info = {.size = sizeof info};
    const enum sv_err e = sv_bridge_port_info(br, port, &info);
    SV_ASSERT(e == SV_OK);
    return info;
}

/* dst, src by their last byte (255: everybody), a type, and payload that counts up. Its length. */
static inline uint32_t sworld_frame(uint8_t *f, uint8_t dst, uint8_t src, uint16_t type, uint32_t payload)
{
    static const uint8_t station[6] = {2, 0, 0, 0, 0, 0};
    memcpy(f, station, 6);
    f[5] = dst;
    if (dst == 255)
        memset(f, 255, 6);
    memcpy(f + 6, station, 6);
    f[11] = src;
    sv_put_u16(f + 12, type);
    for (uint32_t i = 0; i < payload; i++)
        f[14 + i] = (uint8_t)(i * 7u + src);
    return 14 + payload;
}

/* Packets and slabs that somebody still holds. */
static inline uint32_t sworld_held(const struct sworld *w)
{
    struct sv_pool_counts c;
    sv_pool_count(w->pool, &c);
    return c.bufs - c.bufs_free + c.slabs - c.slabs_free;
}

#endif
