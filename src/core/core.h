/* SPDX-License-Identifier: BSD-2-Clause */
/* What every layer of one stack leans on: its time, its counters, its trace, its memory, its chance. */
#ifndef SV_CORE_CORE_H
#define SV_CORE_CORE_H

#include "core/checksum.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/siphash.h"
#include "core/wheel.h"
#include "seven/trace.h"

/* Random streams, one a purpose; numbers are part of the replay format. */
enum sv_stream_purpose {
    SV_RNG_KEYS = 1, /* table and ISN keys when the configuration gives none */
    SV_RNG_PORTS = 2,
    SV_RNG_IP_ID = 3,
    SV_RNG_ARP = 4,
    SV_RNG_TCP = 5,
    SV_RNG_ND = 6,    /* detection, solicitations, temporary addresses */
    SV_RNG_GROUP = 7, /* IGMP and MLD */
    SV_RNG_NAT = 8,
    SV_RNG_PURPOSES = 9,
};

/* Lies in the arena, one a stack. Layers find it by the distance that each keeps. */
struct sv_core {
    sv_time now;      /* the larger of the last call's time and any before */
    int64_t trace_at; /* from this struct to the trace; 0: tracing is off */
    int64_t pool_at;  /* from this struct to the world's pool */
    int64_t arena_at;
    uint64_t drops[SV_DROP_COUNT];
    struct sv_rng rng[SV_RNG_PURPOSES];
    struct sv_siphash_key secret;
    struct sv_wheel wheel;
    uint32_t cpu;         /* enum sv_cpu */
    uint32_t packet_id;   /* last number given to a packet */
    uint32_t flow_serial; /* last number given to a connection or socket */
    uint16_t host;
    uint16_t account; /* the pool account of this stack */
};

static inline struct sv_pool *sv_core_pool(const struct sv_core *c)
{
    return (struct sv_pool *)(uintptr_t)((intptr_t)c + (intptr_t)c->pool_at);
}
static inline struct sv_arena *sv_core_arena(const struct sv_core *c)
{
    return (struct sv_arena *)(uintptr_t)((intptr_t)c + (intptr_t)c->arena_at);
}
static inline struct sv_trace *sv_core_trace(const struct sv_core *c)
{
    return c->trace_at ? (struct sv_trace *)(uintptr_t)((intptr_t)c + (intptr_t)c->trace_at) : NULL;
}
static inline bool sv_core_traced(const struct sv_core *c)
{
    return SV_UNLIKELY(c->trace_at != 0);
}
/* Time never runs backwards in a stack. */
static inline sv_time sv_core_clock(struct sv_core *c, sv_time now)
{
    if (now > c->now)
        c->now = now;
    return c->now;
}

/* What a layer's owner says about it. */
struct sv_core_config {
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_trace *trace; /* NULL: none */
    uint64_t seed;
    uint64_t secret[2]; /* both 0: from the seed */
    uint32_t cpu, host, account;
    uint32_t stream; /* names its random streams; 0: `host` */
};
void sv_core_init(struct sv_core *c, const struct sv_core_config *config, sv_time now);

/* Counts, traces and frees: the one way a packet ends early. `port` and `flow` are for the trace. NULL is
 * allowed for `take` (a part of a packet went, or nothing is left to free). */
void sv_drop(struct sv_core *c, enum sv_drop why, struct sv_buf *take, sv_port port, uint32_t flow);

/* One record with up to six arguments; no-op when tracing is off. */
SV_COLD void sv_trace_event(struct sv_core *c, enum sv_trace_kind kind, uint16_t detail, uint32_t flow, uint32_t packet,
                            const uint32_t *arg, uint32_t args, const void *bytes, uint32_t n);

#define SV_TRACE_EVENT(c, kind, detail, flow, packet, ...)                              \
    do {                                                                                \
        if (sv_core_traced(c)) {                                                        \
            const uint32_t sv_args_[] = {__VA_ARGS__};                                  \
            sv_trace_event((c), (kind), (uint16_t)(detail), (flow), (packet), sv_args_, \
                           (uint32_t)SV_COUNT_OF(sv_args_), NULL, 0);                   \
        }                                                                               \
    } while (0)

#endif
