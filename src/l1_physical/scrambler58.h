/* SPDX-License-Identifier: BSD-2-Clause */
/* The self-synchronising scrambler of IEEE 802.3 §49.2.6 and §119.2.4.3: x^58 + x^39 + 1, that is
 * s[n] = d[n] + s[n-39] + s[n-58]. Sixty-four bits at a time: the state is the last 64 bits on the wire, the newest in
 * bit 63, and a word's first bit is its bit 0. */
#ifndef SV_L1_PHYSICAL_SCRAMBLER58_H
#define SV_L1_PHYSICAL_SCRAMBLER58_H

#include <stdint.h>

/* n of 1 to 64 bits; what lies above them in `word` does not matter and is 0 in the result. */
static inline uint64_t sv_scramble58(uint64_t *state, uint64_t word, uint32_t n)
{
    /* Bits 0..38 depend on the state alone; they are all that the later ones need. */
    uint64_t s = word ^ *state >> 25 ^ *state >> 6;
    s ^= s << 39 ^ s << 58;
    if (n < 64) {
        s &= ((uint64_t)1 << n) - 1;
        *state = *state >> n | s << (64 - n);
    } else {
        *state = s;
    }
    return s;
}

static inline uint64_t sv_descramble58(uint64_t *state, uint64_t word, uint32_t n)
{
    uint64_t d = word ^ (word << 39 | *state >> 25) ^ (word << 58 | *state >> 6);
    if (n < 64) {
        const uint64_t mask = ((uint64_t)1 << n) - 1;
        d &= mask;
        *state = *state >> n | (word & mask) << (64 - n);
    } else {
        *state = word;
    }
    return d;
}

/* The state after `blocks` more blocks of idle: of 64 bits (10GBASE-R), of 257 (four of them transcoded). */
uint64_t sv_scrambler58_idle64(uint64_t state, uint64_t blocks);
uint64_t sv_scrambler58_idle257(uint64_t state, uint64_t blocks);

#endif
