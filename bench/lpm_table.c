/* SPDX-License-Identifier: BSD-2-Clause */
/* A table such as an internet router holds: prefix lengths as in the global table of 2024 (six of ten IPv4 prefixes are
 * /24, four of ten IPv6 ones /48), neighbouring prefixes announced together and often to the same next hop, some
 * longer ones of the network's own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lpm.h"

struct share {
    uint32_t length, of_100000;
};

static const struct share share4[] = {
    {24, 59500}, {22, 10900}, {23, 9900}, {21, 5000}, {20, 4400}, {19, 2500}, {16, 1400}, {18, 1370},
    {17, 850},   {15, 210},   {14, 120},  {13, 60},   {12, 30},   {11, 10},   {10, 5},    {9, 2},
    {8, 3},      {25, 600},   {26, 500},  {27, 400},  {28, 500},  {29, 600},  {30, 540},  {32, 600},
};
static const struct share share6[] = {
    {48, 46000}, {32, 11500}, {44, 9500}, {40, 9000}, {36, 4500}, {29, 2400}, {47, 2400},
    {46, 2600},  {33, 2500},  {42, 2000}, {45, 1500}, {34, 1300}, {38, 1000}, {35, 800},
    {28, 100},   {24, 40},    {20, 10},   {64, 2000}, {56, 500},  {128, 350},
};

static uint32_t draw_length(struct bench_rng *r, const struct share *s, uint32_t n)
{
    uint32_t at = bench_rng_below(r, 100000);
    for (uint32_t i = 0; i < n; i++) {
        if (at < s[i].of_100000)
            return s[i].length;
        at -= s[i].of_100000;
    }
    return s[0].length;
}

static void cut(uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < 16; i++) {
        const uint32_t keep = length >= 8 * i + 8 ? 8 : length > 8 * i ? length - 8 * i : 0;
        bytes[i] &= (uint8_t)(0xff00u >> keep);
    }
}

/* Adds one at the last bit of the prefix: its neighbour. */
static void next_sibling(uint8_t *bytes, uint32_t length)
{
    uint32_t i = (length - 1) / 8, carry = 1u << (7 - (length - 1) % 8);
    for (;; i--) {
        carry += bytes[i];
        bytes[i] = (uint8_t)carry;
        carry >>= 8;
        if (!carry || i == 0)
            return;
    }
}

static void fresh(struct bench_rng *r, uint8_t *bytes, bool v6)
{
    static const uint16_t blocks[] = {0x2001, 0x2003, 0x2400, 0x2401, 0x2402, 0x2403, 0x2404, 0x2405, 0x2406, 0x2407,
                                      0x2408, 0x2409, 0x240e, 0x2600, 0x2601, 0x2602, 0x2603, 0x2604, 0x2605, 0x2606,
                                      0x2607, 0x2620, 0x2800, 0x2801, 0x2802, 0x2803, 0x2804, 0x2806, 0x2a00, 0x2a01,
                                      0x2a02, 0x2a03, 0x2a04, 0x2a05, 0x2a06, 0x2a07, 0x2a09, 0x2a0a, 0x2a0b, 0x2a0c,
                                      0x2a0d, 0x2a0e, 0x2a0f, 0x2a10, 0x2a11, 0x2a12, 0x2a13, 0x2a14, 0x2c0f};
    const uint64_t high = bench_rng_u64(r), low = bench_rng_u64(r);
    memcpy(bytes, &high, 8);
    memcpy(bytes + 8, &low, 8);
    if (!v6) {
        bytes[0] = (uint8_t)(1 + bench_rng_below(r, 222));
        return;
    }
    const uint16_t block = blocks[bench_rng_below(r, sizeof blocks / sizeof blocks[0])];
    bytes[0] = (uint8_t)(block >> 8);
    bytes[1] = (uint8_t)block;
    bytes[2] &= 0x3f; /* each block is given out from its beginning */
}

struct seen {
    uint64_t *slot;
    uint64_t mask;
};

/* False: it was there. */
static bool first_time(struct seen *s, const struct lpm_prefix *p)
{
    uint64_t a, b;
    memcpy(&a, p->bytes, 8);
    memcpy(&b, p->bytes + 8, 8);
    uint64_t h = (a ^ (b + p->length) * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    h ^= h >> 29;
    h *= 0x94d049bb133111ebu;
    h ^= h >> 32;
    h += h == 0;
    for (uint64_t i = h & s->mask;; i = (i + 1) & s->mask) {
        if (s->slot[i] == h)
            return false;
        if (s->slot[i] == 0) {
            s->slot[i] = h;
            return true;
        }
    }
}

static bool make(struct lpm_prefix **to, uint32_t n, bool v6, uint32_t hops, struct bench_rng *r)
{
    struct seen seen = {NULL, 1};
    struct lpm_prefix *list = calloc(n ? n : 1, sizeof *list);
    while (seen.mask < 3ull * n)
        seen.mask = seen.mask * 2 + 1;
    seen.slot = calloc(seen.mask + 1, sizeof *seen.slot);
    *to = list;
    if (!list || !seen.slot) {
        free(seen.slot);
        return false;
    }
    struct lpm_prefix last = {.length = 0};
    for (uint32_t i = 0; i < n;) {
        struct lpm_prefix p = last;
        const bool beside = i && bench_rng_below(r, 100) < 70;
        if (!beside || bench_rng_below(r, 100) < 30) /* a holder announces to few neighbours */
            p.hop = 1 + bench_rng_below(r, hops);
        if (beside) {
            if (bench_rng_below(r, 100) < 30)
                p.length = v6 ? draw_length(r, share6, sizeof share6 / sizeof share6[0])
                              : draw_length(r, share4, sizeof share4 / sizeof share4[0]);
            next_sibling(p.bytes, p.length);
        } else {
            fresh(r, p.bytes, v6);
            p.length = v6 ? draw_length(r, share6, sizeof share6 / sizeof share6[0])
                          : draw_length(r, share4, sizeof share4 / sizeof share4[0]);
        }
        if (!v6)
            memset(p.bytes + 4, 0, 12);
        cut(p.bytes, p.length);
        last = p;
        if ((v6 ? p.bytes[0] >> 4 == 2 : p.bytes[0] && p.bytes[0] < 224) && first_time(&seen, &p))
            list[i++] = p;
    }
    free(seen.slot);
    return true;
}

bool lpm_table_make(struct lpm_table *t, uint64_t seed, uint32_t n4, uint32_t n6)
{
    struct bench_rng r = {seed};
    *t = (struct lpm_table){.n4 = n4, .n6 = n6, .hops = 200};
    return make(&t->four, n4, false, t->hops, &r) && make(&t->six, n6, true, t->hops, &r);
}

/* Ranks 0.. by a Zipf law with exponent 1: the inverse of its distribution, approximately. */
static uint32_t zipf(struct bench_rng *r, uint32_t n)
{
    const double u = (double)(bench_rng_u64(r) >> 11) / 9007199254740992.0;
    const double rank = exp(u * log((double)n + 1.0)) - 1.0;
    return rank >= n ? n - 1 : (uint32_t)rank;
}

bool lpm_keys_make(struct lpm_keys *k, const struct lpm_table *t, bool v6, enum lpm_pattern pattern, uint64_t seed,
                   uint32_t n)
{
    struct bench_rng r = {seed * 31 + 7};
    const uint32_t prefixes = v6 ? t->n6 : t->n4;
    const struct lpm_prefix *list = v6 ? t->six : t->four;
    *k = (struct lpm_keys){.n = n, .four = calloc(n, 4), .six = calloc(n, 16)};
    if (!k->four || !k->six)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t any[16];
        const uint64_t high = bench_rng_u64(&r), low = bench_rng_u64(&r);
        memcpy(any, &high, 8);
        memcpy(any + 8, &low, 8);
        if (pattern != LPM_UNIFORM) {
            /* Which prefix is popular has nothing to do with its place in the table. */
            const uint32_t rank = pattern == LPM_ZIPF ? zipf(&r, prefixes) : bench_rng_below(&r, prefixes);
            const struct lpm_prefix *p = &list[(uint64_t)rank * 2654435761u % prefixes];
            uint8_t rest[16];
            memcpy(rest, any, 16);
            cut(rest, p->length);
            for (uint32_t b = 0; b < 16; b++)
                any[b] = (uint8_t)((any[b] ^ rest[b]) | p->bytes[b]);
        } else if (v6) {
            any[0] = (uint8_t)(0x20 | (any[0] & 0x1f)); /* all of 2000::/3 */
        }
        k->four[i] = (uint32_t)any[0] << 24 | (uint32_t)any[1] << 16 | (uint32_t)any[2] << 8 | any[3];
        memcpy(k->six[i], any, 16);
    }
    return true;
}

void lpm_keys_free(struct lpm_keys *k)
{
    free(k->four);
    free(k->six);
}
