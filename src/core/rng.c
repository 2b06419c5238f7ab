/* SPDX-License-Identifier: BSD-2-Clause */
/* xoshiro256** of Blackman and Vigna, its state drawn from splitmix64 (Steele, Lea, Flood; Vigna's constants). */
#include "core/rng.h"

#include "seven/base.h"

#define GOLDEN 0x9e3779b97f4a7c15u

static uint64_t rotate(uint64_t v, uint32_t by)
{
    return v << by | v >> (64 - by);
}

static uint64_t scramble(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t splitmix64(uint64_t *x)
{
    *x += GOLDEN;
    return scramble(*x);
}

void sv_rng_seed(struct sv_rng *rng, uint64_t seed, uint64_t host, uint64_t purpose)
{
    /* Each number goes through the whole scrambler before the next is added, so that (1, 2) and (2, 1) are
     * different streams. */
    uint64_t x = scramble(seed + GOLDEN);
    x = scramble((x ^ host) + GOLDEN);
    x = scramble((x ^ purpose) + GOLDEN);
    for (uint32_t i = 0; i < 4; i++)
        rng->s[i] = splitmix64(&x);
}

uint64_t sv_rng_u64(struct sv_rng *rng)
{
    uint64_t *s = rng->s;
    const uint64_t result = rotate(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* The upper half: its bits are the better ones. */
uint32_t sv_rng_u32(struct sv_rng *rng)
{
    return (uint32_t)(sv_rng_u64(rng) >> 32);
}

/* Bits enough for n - 1 are drawn until they make a number below n: without bias and without a division, in
 * less than two draws on average. */
uint32_t sv_rng_below(struct sv_rng *rng, uint32_t n)
{
    SV_ASSERT(n != 0);
    uint32_t mask = n - 1;
    mask |= mask >> 1;
    mask |= mask >> 2;
    mask |= mask >> 4;
    mask |= mask >> 8;
    mask |= mask >> 16;
    for (;;) {
        const uint32_t draw = sv_rng_u32(rng) & mask;
        if (draw < n)
            return draw;
    }
}
