/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/siphash.h"

struct sv_sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t v, uint32_t by)
{
    return v << by | v >> (64 - by);
}

static inline struct sv_sip start(const struct sv_siphash_key *key)
{
    return (struct sv_sip){key->k0 ^ 0x736f6d6570736575u, key->k1 ^ 0x646f72616e646f6du, key->k0 ^ 0x6c7967656e657261u,
                           key->k1 ^ 0x7465646279746573u};
}

static inline struct sv_sip one_round(struct sv_sip s)
{
    s.v0 += s.v1;
    s.v2 += s.v3;
    s.v1 = rotate(s.v1, 13) ^ s.v0;
    s.v3 = rotate(s.v3, 16) ^ s.v2;
    s.v0 = rotate(s.v0, 32);
    s.v2 += s.v1;
    s.v0 += s.v3;
    s.v1 = rotate(s.v1, 17) ^ s.v2;
    s.v3 = rotate(s.v3, 21) ^ s.v0;
    s.v2 = rotate(s.v2, 32);
    return s;
}

static inline struct sv_sip rounds(struct sv_sip s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        s = one_round(s);
    return s;
}

static inline struct sv_sip absorb(struct sv_sip s, uint64_t word, uint32_t c)
{
    s.v3 ^= word;
    s = rounds(s, c);
    s.v0 ^= word;
    return s;
}

static inline uint64_t finish(struct sv_sip s, uint32_t d)
{
    s.v2 ^= 0xff;
    s = rounds(s, d);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* Up to eight bytes as a little-endian number. */
static inline uint64_t little(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* Eight of them, in the form that compilers read as one load. */
static inline uint64_t little8(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* Inlined into each of its two callers, so that the numbers of rounds are constants there. */
__attribute__((always_inline)) static inline uint64_t hash(const struct sv_siphash_key *key, const void *bytes,
                                                           size_t n, uint32_t c, uint32_t d)
{
    const uint8_t *p = bytes;
    const uint64_t length = (uint64_t)(n & 0xff) << 56;
    struct sv_sip s = start(key);
    for (; n >= 8; n -= 8, p += 8)
        s = absorb(s, little8(p), c);
    return finish(absorb(s, length | little(p, n), c), d);
}

uint64_t sv_siphash24(const struct sv_siphash_key *key, const void *bytes, size_t n)
{
    return hash(key, bytes, n, 2, 4);
}

uint64_t sv_siphash13(const struct sv_siphash_key *key, const void *bytes, size_t n)
{
    return hash(key, bytes, n, 1, 3);
}

uint64_t sv_siphash13_words(const struct sv_siphash_key *key, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3,
                            uint64_t w4)
{
    struct sv_sip s = start(key);
    s = absorb(s, w0, 1);
    s = absorb(s, w1, 1);
    s = absorb(s, w2, 1);
    s = absorb(s, w3, 1);
    s = absorb(s, w4, 1);
    s = absorb(s, (uint64_t)40 << 56, 1);
    return finish(s, 3);
}

uint64_t sv_siphash13_5(const struct sv_siphash_key *key, const uint64_t word[5])
{
    return sv_siphash13_words(key, word[0], word[1], word[2], word[3], word[4]);
}
