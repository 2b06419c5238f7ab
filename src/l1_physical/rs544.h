/* SPDX-License-Identifier: BSD-2-Clause */
/* RS(544,514) over GF(2^10) (IEEE 802.3 clause 91.5.2.7): 514 symbols of ten bits and 30 of parity; up to 15 wrong
 * symbols are put right. A codeword is 5440 bits, the first sent in bit 0 of word 0; a symbol's first bit is its
 * lowest, and the first symbol is the coefficient of x^543. */
#ifndef SV_L1_PHYSICAL_RS544_H
#define SV_L1_PHYSICAL_RS544_H

#include <stdbool.h>
#include <stdint.h>

#include "l1_physical/phy_state.h"

#define SV_RS_CORRECTABLE 15u

static inline uint32_t sv_rs544_symbol(const uint64_t word[SV_RS_WORDS], uint32_t at)
{
    const uint32_t bit = 10 * at, i = bit / 64, shift = bit % 64;
    const uint64_t high = shift > 54 ? word[i + 1] << (64 - shift) : 0;
    return (uint32_t)(word[i] >> shift | high) & 1023;
}

/* Sets the 300 bits after the message's 5140. */
void sv_rs544_encode(uint64_t word[SV_RS_WORDS]);

/* Puts wrong symbols right and tells how many. False: more than 15 were wrong; `word` is as it came. */
bool sv_rs544_decode(uint64_t word[SV_RS_WORDS], uint32_t *repaired);

#endif
