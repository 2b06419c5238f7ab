/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, the test pattern, random choices. */
#include "bench/bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t read_clock(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t bench_wall_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t bench_cpu_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t bench_resident_bytes(const void *memory, uint64_t bytes)
{
    static unsigned char map[4096];
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pages = (bytes + page - 1) / page;
    uint64_t there = 0;
    for (uint64_t at = 0; at < pages; at += sizeof map) {
        const uint64_t n = pages - at < sizeof map ? pages - at : sizeof map;
        if (mincore((void *)((uintptr_t)memory + (uintptr_t)(at * page)), (size_t)(n * page), map) != 0)
            return 0;
        for (uint64_t i = 0; i < n; i++)
            there += map[i] & 1u;
    }
    return there * page;
}

const uint8_t *bench_pattern(void)
{
    static uint8_t pattern[2 * BENCH_PERIOD];
    static bool made;
    if (!made) {
        struct bench_rng r = {7};
        for (uint32_t i = 0; i < BENCH_PERIOD; i++)
            pattern[i] = (uint8_t)bench_rng_u64(&r);
        memcpy(pattern + BENCH_PERIOD, pattern, BENCH_PERIOD);
        made = true;
    }
    return pattern;
}

void bench_reader_take(struct bench_reader *r, const uint8_t *bytes, size_t n)
{
    if (r->look == BENCH_COUNT) {
        r->offset += n;
        return;
    }
    while (n) {
        const size_t k = n < BENCH_PERIOD ? n : BENCH_PERIOD;
        const uint8_t *want = bench_pattern() + r->offset % BENCH_PERIOD;
        if (r->look == BENCH_EVERY || k < 8)
            r->bad |= memcmp(bytes, want, k) != 0;
        else
            r->bad |= memcmp(bytes, want, 8) != 0 || memcmp(bytes + k - 8, want + k - 8, 8) != 0;
        r->offset += k;
        bytes += k;
        n -= k;
    }
}

/* SplitMix64. */
uint64_t bench_rng_u64(struct bench_rng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t bench_rng_below(struct bench_rng *r, uint32_t n)
{
    return (uint32_t)(((bench_rng_u64(r) >> 32) * n) >> 32);
}

void bench_request(uint8_t *to, uint64_t number)
{
    for (uint32_t i = 0; i < BENCH_MESSAGE; i += 8) {
        const uint64_t v = (number + i) * 0x9e3779b97f4a7c15u;
        memcpy(to + i, &v, 8);
    }
}

void bench_answer(uint8_t *message)
{
    for (uint32_t i = 0; i < BENCH_MESSAGE; i += 8) {
        uint64_t v;
        memcpy(&v, message + i, 8);
        v ^= 0x5a5a5a5a5a5a5a5au;
        memcpy(message + i, &v, 8);
    }
}

bool bench_answer_holds(const uint8_t *message, uint64_t number)
{
    uint8_t want[BENCH_MESSAGE];
    bench_request(want, number);
    bench_answer(want);
    return memcmp(message, want, BENCH_MESSAGE) == 0;
}

void bench_fail(struct bench_sample *s, const char *format, ...)
{
    va_list a;
    if (s->failed[0])
        return; /* the first reason is the one to tell */
    va_start(a, format);
    vsnprintf(s->failed, sizeof s->failed, format, a);
    va_end(a);
}

void bench_say(struct bench_note *n, bool failed, const char *format, ...)
{
    va_list a;
    va_start(a, format);
    vsnprintf(n->text, sizeof n->text, format, a);
    va_end(a);
    n->failed = failed;
}
