/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/xxh64.h"

#define P1 0x9e3779b185ebca87u
#define P2 0xc2b2ae3d27d4eb4fu
#define P3 0x165667b19e3779f9u
#define P4 0x85ebca77c2b2ae63u
#define P5 0x27d4eb2f165667c5u

struct sv_xxh64_lanes {
    uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t v, uint32_t by)
{
    return v << by | v >> (64 - by);
}

/* Little-endian whatever the machine; compilers make one load of it where that is the same. */
static inline uint64_t little_u64(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static inline uint32_t little_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t lane(uint64_t acc, uint64_t word)
{
    return rotate(acc + word * P2, 31) * P1;
}

static inline struct sv_xxh64_lanes start(uint64_t seed)
{
    return (struct sv_xxh64_lanes){seed + P1 + P2, seed + P2, seed, seed - P1};
}

static inline uint64_t converge(struct sv_xxh64_lanes v)
{
    uint64_t h = rotate(v.a, 1) + rotate(v.b, 7) + rotate(v.c, 12) + rotate(v.d, 18);
    h = (h ^ lane(0, v.a)) * P1 + P4;
    h = (h ^ lane(0, v.b)) * P1 + P4;
    h = (h ^ lane(0, v.c)) * P1 + P4;
    return (h ^ lane(0, v.d)) * P1 + P4;
}

static inline uint64_t eight(uint64_t h, uint64_t word)
{
    return rotate(h ^ lane(0, word), 27) * P1 + P4;
}

static inline uint64_t avalanche(uint64_t h)
{
    h = (h ^ (h >> 33)) * P2;
    h = (h ^ (h >> 29)) * P3;
    return h ^ (h >> 32);
}

uint64_t sv_xxh64(const void *bytes, size_t n, uint64_t seed)
{
    const uint8_t *p = bytes;
    size_t left = n;
    uint64_t h = seed + P5;
    if (n >= 32) {
        struct sv_xxh64_lanes v = start(seed);
        for (; left >= 32; left -= 32, p += 32) {
            v.a = lane(v.a, little_u64(p));
            v.b = lane(v.b, little_u64(p + 8));
            v.c = lane(v.c, little_u64(p + 16));
            v.d = lane(v.d, little_u64(p + 24));
        }
        h = converge(v);
    }
    h += n;
    for (; left >= 8; left -= 8, p += 8)
        h = eight(h, little_u64(p));
    if (left >= 4) {
        h = rotate(h ^ little_u32(p) * P1, 23) * P2 + P3;
        left -= 4;
        p += 4;
    }
    for (; left != 0; left--, p++)
        h = rotate(h ^ *p * P5, 11) * P1;
    return avalanche(h);
}

uint64_t sv_xxh64_words6(const uint64_t word[6], uint64_t seed)
{
    struct sv_xxh64_lanes v = start(seed);
    v.a = lane(v.a, word[0]);
    v.b = lane(v.b, word[1]);
    v.c = lane(v.c, word[2]);
    v.d = lane(v.d, word[3]);
    uint64_t h = converge(v) + 48;
    h = eight(h, word[4]);
    return avalanche(eight(h, word[5]));
}
