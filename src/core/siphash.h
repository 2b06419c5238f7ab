/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-c-d of Aumasson and Bernstein: the keyed hash behind the flow table (1-3), the initial sequence
 * numbers (RFC 6528) and the choice of ports (RFC 6056). Not for secrets of any other kind. */
#ifndef SV_CORE_SIPHASH_H
#define SV_CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct sv_siphash_key {
    uint64_t k0, k1;
};

uint64_t sv_siphash24(const struct sv_siphash_key *key, const void *bytes, size_t n);
uint64_t sv_siphash13(const struct sv_siphash_key *key, const void *bytes, size_t n);

/* --- for inlining: short keys of fixed length are hashed in registers --- */

struct sv_sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t sv_sip_rotate(uint64_t v, uint32_t by)
{
    return v << by | v >> (64 - by);
}

static inline struct sv_sip sv_sip_start(const struct sv_siphash_key *key)
{
    return (struct sv_sip){key->k0 ^ 0x736f6d6570736575u, key->k1 ^ 0x646f72616e646f6du, key->k0 ^ 0x6c7967656e657261u,
                           key->k1 ^ 0x7465646279746573u};
}

__attribute__((always_inline)) static inline struct sv_sip sv_sip_round(struct sv_sip s)
{
    s.v0 += s.v1;
    s.v2 += s.v3;
    s.v1 = sv_sip_rotate(s.v1, 13) ^ s.v0;
    s.v3 = sv_sip_rotate(s.v3, 16) ^ s.v2;
    s.v0 = sv_sip_rotate(s.v0, 32);
    s.v2 += s.v1;
    s.v0 += s.v3;
    s.v1 = sv_sip_rotate(s.v1, 17) ^ s.v2;
    s.v3 = sv_sip_rotate(s.v3, 21) ^ s.v0;
    s.v2 = sv_sip_rotate(s.v2, 32);
    return s;
}

/* n is a constant, up to 4: said outright, for a loop of so few rounds is not always unrolled. */
__attribute__((always_inline)) static inline struct sv_sip sv_sip_rounds(struct sv_sip s, uint32_t n)
{
    s = sv_sip_round(s);
    if (n > 1)
        s = sv_sip_round(s);
    if (n > 2)
        s = sv_sip_round(s);
    if (n > 3)
        s = sv_sip_round(s);
    return s;
}

__attribute__((always_inline)) static inline struct sv_sip sv_sip_absorb(struct sv_sip s, uint64_t word, uint32_t c)
{
    s.v3 ^= word;
    s = sv_sip_rounds(s, c);
    s.v0 ^= word;
    return s;
}

__attribute__((always_inline)) static inline uint64_t sv_sip_finish(struct sv_sip s, uint32_t d)
{
    s.v2 ^= 0xff;
    s = sv_sip_rounds(s, d);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* The last word of a message of `length` bytes: its up to seven last bytes, little-endian, below the length. */
static inline uint64_t sv_sip_last(uint64_t bytes, uint32_t length)
{
    return bytes | (uint64_t)length << 56;
}

/* SipHash-1-3 of two words: a message of 8 to 15 bytes; the second is sv_sip_last()'s. */
static inline uint64_t sv_siphash13_2(const struct sv_siphash_key *key, uint64_t w0, uint64_t last)
{
    return sv_sip_finish(sv_sip_absorb(sv_sip_absorb(sv_sip_start(key), w0, 1), last, 1), 3);
}

/* The same of four words, 24 to 31 bytes. */
static inline uint64_t sv_siphash13_4(const struct sv_siphash_key *key, uint64_t w0, uint64_t w1, uint64_t w2,
                                      uint64_t last)
{
    struct sv_sip s = sv_sip_absorb(sv_sip_absorb(sv_sip_start(key), w0, 1), w1, 1);
    return sv_sip_finish(sv_sip_absorb(sv_sip_absorb(s, w2, 1), last, 1), 3);
}

/* SipHash-2-4 of two words. */
static inline uint64_t sv_siphash24_2(const struct sv_siphash_key *key, uint64_t w0, uint64_t last)
{
    return sv_sip_finish(sv_sip_absorb(sv_sip_absorb(sv_sip_start(key), w0, 2), last, 2), 4);
}

#endif
