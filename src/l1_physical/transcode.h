/* SPDX-License-Identifier: BSD-2-Clause */
/* 256b/257b (IEEE 802.3 §91.5.2.5, §119.2.4.2): four blocks of 66 bits in 257. A first bit of 1: all four are data.
 * Otherwise a bit a block (1 data), and of the first control block's type only the first four bits, which tell the
 * others. */
#ifndef SV_L1_PHYSICAL_TRANSCODE_H
#define SV_L1_PHYSICAL_TRANSCODE_H

#include "l1_physical/code_64b66b.h"

#define SV_TRANSCODED_BITS 257u

/* 257 bits, the first in bit 0 of word 0. */
struct sv_transcoded {
    uint64_t word[5];
};

struct sv_transcoded sv_transcode(const struct sv_r64_block block[4]);
/* False: no four blocks give these bits; `block` is then four empty control blocks. */
bool sv_transcode_back(struct sv_transcoded t, struct sv_r64_block block[4]);

#endif
