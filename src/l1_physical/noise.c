/* SPDX-License-Identifier: BSD-2-Clause */
/* Two samples share 32 bits hashed from the seed and half their number. Of the 16 of a sample one is the sign, 12 are
 * a cell of the table of quantiles, and 3 say in which eighth of it, whose middle is taken. The 16 outermost of the
 * 4096 cells are too coarse to interpolate in: there a second, 64-bit draw says how far out, by octaves of
 * probability. */
#include "l1_physical/noise.h"

#include "core/math.h"
#include "core/mem.h"
#include "l1_physical/kernels.h"
#include "l1_physical/noise_tables.h"

static uint64_t mix64(uint64_t v)
{
    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
    v = (v ^ v >> 27) * 0x94d049bb133111ebu;
    return v ^ v >> 31;
}

int32_t sv_noise_far(uint64_t seed, uint64_t n)
{
    const uint64_t u = mix64(mix64(seed + 0x632be59bd9b4e019u) + n * 0x9e3779b97f4a7c15u) | 1u;
    const uint32_t top = sv_log2_64(u), octave = 63u - top;
    if (octave >= SV_NOISE_OCTAVES)
        return sv_noise_tail[SV_NOISE_OCTAVES * SV_NOISE_STEPS];
    /* The bits below the leading one say where in the octave, from its far end on. */
    const uint32_t below = ~(uint32_t)((u << octave << 1) >> 46) & 0x3ffffu;
    const uint32_t at = octave * SV_NOISE_STEPS + (below >> 14), part = below & 0x3fffu;
    return (int32_t)(sv_noise_tail[at] * (int32_t)(16384u - part) + sv_noise_tail[at + 1] * (int32_t)part) >> 14;
}

static struct sv_noise_key key_of(uint64_t seed, uint64_t n)
{
    const uint64_t k = mix64(mix64(seed + 0x9e3779b97f4a7c15u) + (n >> 32));
    return (struct sv_noise_key){(uint32_t)k, (uint32_t)(k >> 32)};
}

/* Of the lower 16 bits of a draw. */
static inline int32_t normal(uint32_t draw, uint64_t seed, uint64_t n)
{
    const uint32_t cell = draw >> 3 & (SV_NOISE_CELLS - 1), sixteenths = (draw & 7) * 2 + 1;
    int32_t z;
    if (SV_LIKELY(cell >= SV_NOISE_ESCAPE)) {
        const int32_t near = sv_noise_body[cell], step = sv_noise_body[cell + 1] - near;
        z = near + ((step * (int32_t)sixteenths) >> 4);
    } else {
        z = sv_noise_far(seed, n);
    }
    const int32_t sign = -(int32_t)(draw >> 15 & 1);
    return (z ^ sign) - sign;
}

int32_t sv_noise_z(uint64_t seed, uint64_t n)
{
    const struct sv_noise_key k = key_of(seed, n);
    return normal(sv_noise_draw(&k, (uint32_t)n >> 1) >> 16 * (n & 1), seed, n);
}

/* --- by blocks -------------------------------------------------------------------------------------------------- */

/* So many samples go through each step together: only the look-up itself is done for each alone, the rest a compiler
 * can do in vectors. */
#define AT_ONCE 64u
#define OUTER (8u * SV_NOISE_ESCAPE) /* magnitudes of draws below that come from the second level */

/* 16 bits a sample, in the order of the samples: of each draw the low half first in memory. */
static void draws(const struct sv_noise_key *key, uint32_t pair, uint16_t *restrict draw)
{
    const uint16_t one = 1;
    const uint32_t mix = key->mix;
    uint32_t both[AT_ONCE / 2], x = sv_noise_place(key, pair);
    uint8_t low;
    for (uint32_t i = 0; i < AT_ONCE / 2; i++, x += SV_NOISE_PACE)
        both[i] = sv_noise_mixed(x, mix);
    sv_memcpy(&low, &one, 1);
    for (uint32_t i = 0; low == 0 && i < AT_ONCE / 2; i++)
        both[i] = both[i] << 16 | both[i] >> 16;
    sv_memcpy(draw, both, sizeof both);
}

static inline void neighbours(uint32_t cell, int16_t *near, int16_t *next)
{
    const int16_t *entry = sv_noise_body + cell;
    *near = entry[0];
    *next = entry[1];
}

/* The two entries of the table that each magnitude lies between. True: for some they are not the table's to give. */
static bool look_up(const uint16_t *restrict draw, int16_t *restrict near, int16_t *restrict next)
{
    uint16_t cell[AT_ONCE], outer = 0;
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        cell[i] = draw[i] >> 3 & (SV_NOISE_CELLS - 1);
        outer |= (uint16_t)((draw[i] & 0x7fffu) - OUTER);
    }
    for (uint32_t i = 0; i < AT_ONCE; i += 4) {
        neighbours(cell[i], near + i, next + i);
        neighbours(cell[i + 1], near + i + 1, next + i + 1);
        neighbours(cell[i + 2], near + i + 2, next + i + 2);
        neighbours(cell[i + 3], near + i + 3, next + i + 3);
    }
    return outer >> 15 != 0;
}

static inline int16_t least(int16_t a, int16_t b)
{
    return a < b ? a : b;
}
static inline int16_t most(int16_t a, int16_t b)
{
    return a > b ? a : b;
}

/* As normal(), of a draw and what was looked up for it. */
static inline int16_t between(uint16_t draw, int16_t near, int16_t next)
{
    const int16_t sixteenths = (int16_t)((draw & 7) * 2 + 1), sign = (int16_t)((int16_t)draw >> 15);
    const int16_t step = (int16_t)((next - near) * sixteenths);
    const int16_t z = (int16_t)(near + (step >> 4));
    return (int16_t)((z ^ sign) - sign);
}

/* sample[i] += (z sigma_q3 + 2^13) >> 14. While sigma fits, the halves of the product of z and twice sigma do it in 16
 * bits; the sum saturates where the sample lies beyond the noise's distance from the end of the numbers. */
static void add_all(const uint16_t *restrict draw, const int16_t *restrict near, const int16_t *restrict next,
                    int32_t sigma_q3, int16_t *restrict sample)
{
    if (sigma_q3 > INT16_MAX / 2) {
        for (uint32_t i = 0; i < AT_ONCE; i++)
            sample[i] = sv_saturate(sample[i] + ((between(draw[i], near[i], next[i]) * sigma_q3 + 8192) >> 14));
        return;
    }
    const int16_t twice = (int16_t)(2 * sigma_q3);
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        const int16_t z = between(draw[i], near[i], next[i]);
        const int16_t upper = (int16_t)((z * twice) >> 16);
        const uint16_t lower = (uint16_t)(z * twice), rounded = (uint16_t)((uint16_t)((lower >> 14) + 1) >> 1);
        const int16_t v = (int16_t)(2 * upper + rounded);
        const int16_t low = (int16_t)(INT16_MIN - least(v, 0)), high = (int16_t)(INT16_MAX - most(v, 0));
        sample[i] = (int16_t)(least(most(sample[i], low), high) + v);
    }
}

static void noise(const struct sv_noise_key *k, uint64_t seed, uint64_t first, int32_t sigma_q3, int16_t *sample)
{
    uint16_t draw[AT_ONCE];
    int16_t near[AT_ONCE], next[AT_ONCE];
    draws(k, (uint32_t)first >> 1, draw);
    if (look_up(draw, near, next))
        for (uint32_t i = 0; i < AT_ONCE; i++)
            if ((draw[i] & 0x7fffu) < OUTER)
                near[i] = next[i] = (int16_t)sv_noise_far(seed, first + i);
    add_all(draw, near, next, sigma_q3, sample);
}

void sv_noise_block_portable(const struct sv_noise_key *k, uint64_t seed, uint64_t first, int32_t sigma_q3,
                             int16_t *sample, uint32_t n)
{
    for (; n >= AT_ONCE; n -= AT_ONCE, first += AT_ONCE, sample += AT_ONCE)
        noise(k, seed, first, sigma_q3, sample);
    if (n != 0) {
        int16_t some[AT_ONCE] = {0};
        sv_memcpy(some, sample, n * sizeof *sample);
        noise(k, seed, first, sigma_q3, some);
        sv_memcpy(sample, some, n * sizeof *sample);
    }
}

static void add_one(const struct sv_noise *z, uint64_t n, int16_t *sample)
{
    const int32_t v = (sv_noise_z(z->seed, n) * (int32_t)z->sigma_q3 + 8192) >> 14;
    *sample = sv_saturate(*sample + v);
}

void sv_noise_add(const struct sv_noise *z, uint64_t first, int16_t *sample, uint32_t n, uint32_t cpu)
{
    if (z->sigma_q3 == 0)
        return;
    if (first % 2 != 0 && n != 0) {
        add_one(z, first++, sample++);
        n--;
    }
    while (n != 0) {
        const struct sv_noise_key k = key_of(z->seed, first);
        const uint64_t left = (UINT64_C(1) << 32) - (uint32_t)first;
        const uint32_t part = left < n ? (uint32_t)left : n, whole = part & ~15u;
        if (whole != 0)
            sv_noise_block(&k, z->seed, first, (int32_t)z->sigma_q3, sample, whole, cpu);
        for (uint32_t i = whole; i < part; i++)
            add_one(z, first + i, sample + i);
        first += part;
        sample += part;
        n -= part;
    }
}

uint32_t sv_noise_sigma(uint32_t amplitude, int32_t snr_centi_db)
{
    /* 10^(-1/20), 10^(-1/200), 10^(-1/2000) and their inverses in units of 2^-30. */
    static const uint32_t down[3] = {956973408u, 1061450803u, 1072506344u};
    static const uint32_t up[3] = {1204758142u, 1086175168u, 1074978727u};
    static const int32_t step[3] = {100, 10, 1};
    uint64_t sigma = (uint64_t)amplitude << 23; /* eighths, and 20 bits below them */
    int32_t left = snr_centi_db < -2000 ? -2000 : snr_centi_db > 12000 ? 12000 : snr_centi_db;
    for (uint32_t i = 0; i < 3; i++) {
        for (; left >= step[i]; left -= step[i])
            sigma = sv_muldiv64(sigma, down[i], UINT64_C(1) << 30);
        for (; left <= -step[i]; left += step[i])
            sigma = sv_muldiv64(sigma, up[i], UINT64_C(1) << 30);
    }
    sigma = (sigma + (1u << 19)) >> 20;
    return sigma > SV_NOISE_SIGMA_MAX ? SV_NOISE_SIGMA_MAX : (uint32_t)sigma;
}
