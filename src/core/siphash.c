/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/siphash.h"

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
    struct sv_sip s = sv_sip_start(key);
    for (; n >= 8; n -= 8, p += 8)
        s = sv_sip_absorb(s, little8(p), c);
    return sv_sip_finish(sv_sip_absorb(s, length | little(p, n), c), d);
}

uint64_t sv_siphash24(const struct sv_siphash_key *key, const void *bytes, size_t n)
{
    return hash(key, bytes, n, 2, 4);
}

uint64_t sv_siphash13(const struct sv_siphash_key *key, const void *bytes, size_t n)
{
    return hash(key, bytes, n, 1, 3);
}
