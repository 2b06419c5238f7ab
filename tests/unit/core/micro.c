/* SPDX-License-Identifier: BSD-2-Clause */
/* What the core's smallest operations cost, in nanoseconds each: the best of several rounds, so that what
 * else the machine does counts little. Everything is in the nearest cache. Prints one line a figure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/checksum.h"
#include "core/flow.h"
#include "core/math.h"
#include "core/pool_inline.h"
#include "core/siphash.h"
#include "core/wheel.h"
#include "core/xxh64.h"
#include "seven/trace.h"

#define ROUNDS 500
#define TIMES 4096u
#define WORLD ((size_t)64 << 20)

struct world {
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_flow_table *flows;
    struct sv_trace *trace;
    struct sv_wheel *wheel;
    struct sv_wheel_node *nodes;
    uint8_t *from, *to;
    uint32_t cpu;
    size_t n;
};

static volatile uint64_t sink;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

typedef uint64_t body(struct world *w, uint32_t times);

static void measure(const char *what, body *run, struct world *w, double bytes)
{
    double best = 1e300;
    for (int round = 0; round < ROUNDS; round++) {
        const double start = now_ns();
        sink += run(w, TIMES);
        const double took = (now_ns() - start) / TIMES;
        best = took < best ? took : best;
    }
    printf("%-34s %8.2f ns", what, best);
    if (bytes > 0)
        printf(" %8.1f GB/s", bytes / best);
    printf("\n");
}

static uint64_t sums(struct world *w, uint32_t times)
{
    uint64_t sum = 0;
    while (times-- != 0)
        sum += sv_sum(w->from, w->n, w->cpu);
    return sum;
}

static uint64_t copies(struct world *w, uint32_t times)
{
    uint64_t sum = 0;
    while (times-- != 0)
        sum += sv_sum_copy(w->to, w->from, w->n, w->cpu);
    return sum;
}

static uint64_t plain_copies(struct world *w, uint32_t times)
{
    while (times-- != 0) {
        memcpy(w->to, w->from, w->n);
        __asm__ volatile("" : : "r"(w->to) : "memory");
    }
    return w->to[0];
}

/* Each hash depends on the last: latency, as a lookup waits for it. */
static uint64_t sip_chained(struct world *w, uint32_t times)
{
    (void)w;
    const struct sv_siphash_key key = {1, 2};
    uint64_t word = 1;
    while (times-- != 0)
        word = sv_siphash13_2(&key, word, sv_sip_last(2, 15));
    return word;
}

/* Hashes of a burst, independent of each other. */
static uint64_t sip_apart(struct world *w, uint32_t times)
{
    (void)w;
    const struct sv_siphash_key key = {1, 2};
    uint64_t sum = 0;
    while (times-- != 0)
        sum += sv_siphash13_2(&key, times, sv_sip_last(2, 15));
    return sum;
}

static uint64_t flow_hashes(struct world *w, uint32_t times)
{
    struct sv_flow_key key = {.protocol = 6, .remote_port = 80};
    uint64_t sum = 0;
    while (times-- != 0) {
        key.local_port = (uint16_t)times;
        sum += sv_flow_hash(w->flows, &key);
    }
    return sum;
}

static uint64_t flow_finds(struct world *w, uint32_t times)
{
    uint64_t sum = 0;
    while (times-- != 0) {
        uint32_t at = SV_NONE;
        sum += sv_flow_find(w->flows, (uint64_t)(times % 1000 * 4294967u) << 32, &at);
    }
    return sum;
}

static uint64_t slabs_public(struct world *w, uint32_t times)
{
    uint64_t sum = 0;
    while (times-- != 0) {
        const uint32_t slab = sv_slab_alloc(w->pool, SV_WANT_DATA, 1);
        sum += slab;
        sv_slab_unref(w->pool, slab);
    }
    return sum;
}

static uint64_t slabs_inline(struct world *w, uint32_t times)
{
    uint64_t sum = 0;
    while (times-- != 0) {
        const uint32_t slab = sv_slab_alloc_fast(w->pool, SV_WANT_DATA, 1);
        sum += slab;
        sv_slab_unref_fast(w->pool, slab);
    }
    return sum;
}

/* As a burst does it: 32 taken, 32 given back; each figure is of one pair. */
static uint64_t slabs_by_burst(struct world *w, uint32_t times)
{
    uint32_t slab[32] = {0};
    for (; times >= 32; times -= 32) {
        for (uint32_t i = 0; i < 32; i++)
            slab[i] = sv_slab_alloc_fast(w->pool, SV_WANT_DATA, 1);
        for (uint32_t i = 0; i < 32; i++)
            sv_slab_unref_fast(w->pool, slab[i]);
    }
    return slab[0];
}

static uint64_t bufs_public(struct world *w, uint32_t times)
{
    while (times-- != 0)
        sv_buf_free(sv_buf_alloc(w->pool, SV_WANT_DATA, 1));
    return 0;
}

static uint64_t bufs_inline(struct world *w, uint32_t times)
{
    while (times-- != 0)
        sv_buf_free_fast(sv_buf_alloc_fast(w->pool, SV_WANT_DATA, 1));
    return 0;
}

static uint64_t bufs_by_burst(struct world *w, uint32_t times)
{
    struct sv_buf *b[32];
    for (; times >= 32; times -= 32) {
        for (uint32_t i = 0; i < 32; i++)
            b[i] = sv_buf_alloc_fast(w->pool, SV_WANT_DATA, 1);
        for (uint32_t i = 0; i < 32; i++)
            sv_buf_free_fast(b[i]);
    }
    return 0;
}

/* A segment out: descriptor, headers, one slice of a slab that is held elsewhere too; then gone. */
static uint64_t segments(struct world *w, uint32_t times)
{
    const uint32_t slab = sv_slab_alloc_fast(w->pool, SV_WANT_DATA, 1);
    while (times-- != 0) {
        struct sv_buf *b = sv_buf_alloc_fast(w->pool, SV_WANT_DATA, 1);
        sv_buf_push(b, 66)[0] = 1;
        sv_slab_ref_fast(w->pool, slab);
        if (!sv_buf_append_slice(b, (struct sv_slice){slab, 0, 1448}))
            abort();
        sv_buf_free_fast(b);
    }
    sv_slab_unref_fast(w->pool, slab);
    return 0;
}

static uint64_t wheel_pairs(struct world *w, uint32_t times)
{
    while (times-- != 0) {
        sv_wheel_arm(w->wheel, 0, times % 64, w->wheel->now + 200000000);
        sv_wheel_disarm(w->wheel, 0, times % 64);
    }
    return 0;
}

static uint64_t wheel_rearms(struct world *w, uint32_t times)
{
    sv_wheel_arm(w->wheel, 0, 1, w->wheel->now + 200000000);
    while (times-- != 0) {
        sv_wheel_arm(w->wheel, 0, 1, w->wheel->now + 200000000 + times);
        __asm__ volatile("" : : : "memory");
    }
    sv_wheel_disarm(w->wheel, 0, 1);
    return 0;
}

/* A timer's whole life: armed 1 ms ahead, spread, collected; one of 64. */
static uint64_t wheel_lives(struct world *w, uint32_t times)
{
    uint32_t kind, fired = 0;
    for (uint32_t i = 0; i < 64; i++)
        sv_wheel_arm(w->wheel, 0, i, w->wheel->now + 1000000 + i * 1000);
    while (fired < times) {
        const sv_time at = sv_wheel_next(w->wheel);
        for (uint32_t i; (i = sv_wheel_due(w->wheel, at, &kind)) != SV_NONE; fired++)
            sv_wheel_arm(w->wheel, 0, i, at + 1000000);
    }
    for (uint32_t i = 0; i < 64; i++)
        sv_wheel_disarm(w->wheel, 0, i);
    return 0;
}

/* The turn of a node with nothing to do. */
static uint64_t wheel_idles(struct world *w, uint32_t times)
{
    uint32_t kind, sum = 0;
    sv_wheel_arm(w->wheel, 0, 1, w->wheel->now + 200000000);
    while (times-- != 0)
        sum += sv_wheel_due(w->wheel, w->wheel->now + 50, &kind);
    sv_wheel_disarm(w->wheel, 0, 1);
    return sum;
}

static uint64_t traces(struct world *w, uint32_t times)
{
    struct sv_trace_record r = {.kind = SV_TRACE_FRAME_OUT, .bytes = (uint16_t)w->n};
    while (times-- != 0) {
        r.time++;
        sv_trace_emit(w->trace, &r, w->n ? w->from : NULL);
    }
    return sv_trace_hash(w->trace);
}

static uint64_t hashes(struct world *w, uint32_t times)
{
    uint64_t h = 0;
    while (times-- != 0)
        h = sv_xxh64(w->from, w->n, h);
    return h;
}

static uint64_t cube_roots(struct world *w, uint32_t times)
{
    (void)w;
    uint64_t sum = 0;
    while (times-- != 0)
        sum += sv_cbrt64((uint64_t)times << 30);
    return sum;
}

static uint64_t muldivs(struct world *w, uint32_t times)
{
    (void)w;
    uint64_t v = 12345;
    while (times-- != 0)
        v = sv_muldiv64(v | (uint64_t)1 << 45, 1000000007 + times, 999999937);
    return v;
}

static void build(struct world *w)
{
    void *memory = aligned_alloc(4096, WORLD);
    if (memory == NULL)
        exit(1);
    memset(memory, 0, WORLD);
    w->arena = sv_arena_create(memory, WORLD);
    w->pool = sv_pool_create(w->arena, 1024, 4096);
    (void)sv_pool_account(w->pool, 1000, 4000);
    w->flows = sv_arena_take(w->arena, sizeof *w->flows, 64);
    w->wheel = sv_arena_take(w->arena, sizeof *w->wheel, 64);
    w->nodes = sv_arena_take(w->arena, 64 * sizeof *w->nodes, 64);
    w->trace = sv_trace_create(w->arena, 0);
    w->from = sv_arena_take(w->arena, 4096, 4096);
    w->to = (uint8_t *)sv_arena_take(w->arena, 8192, 4096) + 704; /* not a page's multiple from `from` */
    sv_wheel_init(w->wheel, 0);
    sv_wheel_kind(w->wheel, 0, w->nodes, sizeof *w->nodes);
    for (uint32_t i = 0; i < 64; i++)
        sv_wheel_node_init(&w->nodes[i]);
    if (!sv_flow_init(w->flows, w->arena, 1000, (struct sv_siphash_key){1, 2}))
        exit(1);
    for (uint32_t i = 0; i < 1000; i++)
        (void)sv_flow_insert(w->flows, (uint64_t)(i * 4294967u) << 32, i);
    for (uint32_t i = 0; i < 4096; i++)
        w->from[i] = (uint8_t)(i * 31);
}

static void checksums(struct world *w, const char *name, uint32_t cpu)
{
    static const size_t size[] = {20, 40, 64, 536, 1460, 2048};
    w->cpu = cpu;
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
        char what[64];
        w->n = size[i];
        snprintf(what, sizeof what, "sum %zu %s", w->n, name);
        measure(what, sums, w, (double)w->n);
        snprintf(what, sizeof what, "sum_copy %zu %s", w->n, name);
        measure(what, copies, w, (double)w->n);
    }
}

int main(void)
{
    static struct world w;
    build(&w);
    checksums(&w, "portable", SV_CPU_PORTABLE);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        checksums(&w, "avx2", SV_CPU_AVX2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
        checksums(&w, "avx512", SV_CPU_AVX2 | SV_CPU_AVX512);
#endif
    w.n = 1460;
    measure("memcpy 1460", plain_copies, &w, 1460);
    measure("xxh64 1460", hashes, &w, 1460);
    measure("siphash13_5 chained", sip_chained, &w, 0);
    measure("siphash13_5 independent", sip_apart, &w, 0);
    measure("flow hash", flow_hashes, &w, 0);
    measure("flow find", flow_finds, &w, 0);
    measure("slab alloc+unref (calls)", slabs_public, &w, 0);
    measure("slab alloc+unref (inline)", slabs_inline, &w, 0);
    measure("slab alloc+unref (inline, by 32)", slabs_by_burst, &w, 0);
    measure("buf alloc+free (calls)", bufs_public, &w, 0);
    measure("buf alloc+free (inline)", bufs_inline, &w, 0);
    measure("buf alloc+free (inline, by 32)", bufs_by_burst, &w, 0);
    measure("segment: buf, push, slice, free", segments, &w, 0);
    measure("wheel arm+disarm", wheel_pairs, &w, 0);
    measure("wheel arm, early enough", wheel_rearms, &w, 0);
    measure("wheel arm, spread, due, next", wheel_lives, &w, 0);
    measure("wheel due: nothing", wheel_idles, &w, 0);
    w.n = 0;
    measure("trace record", traces, &w, 0);
    w.n = 1514;
    measure("trace frame of 1514", traces, &w, 1514);
    measure("cbrt64", cube_roots, &w, 0);
    measure("muldiv64 (128-bit)", muldivs, &w, 0);
    return 0;
}
