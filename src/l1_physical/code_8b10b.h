/* SPDX-License-Identifier: BSD-2-Clause */
/* 8b/10b (IEEE 802.3 §36.2.4): an octet becomes ten bits of which four, five or six are ones; the running disparity
 * chooses between two groups so that ones and zeros balance. A group's first bit (a) is the highest of ten. */
#ifndef SV_L1_PHYSICAL_CODE_8B10B_H
#define SV_L1_PHYSICAL_CODE_8B10B_H

#include <stdbool.h>
#include <stdint.h>

/* A code group's meaning: an octet, or with SV_8B10B_SPECIAL a special one. */
#define SV_8B10B_SPECIAL 0x100u
#define SV_8B10B_INVALID 0xffffu
#define SV_K28_5 0x1bcu
#define SV_K27_7 0x1fbu /* /S/ start of packet */
#define SV_K29_7 0x1fdu /* /T/ end of packet */
#define SV_K23_7 0x1f7u /* /R/ carrier extend */
#define SV_K30_7 0x1feu /* /V/ error */
#define SV_D5_6 0xc5u
#define SV_D16_2 0x50u
#define SV_D21_5 0xb5u
#define SV_D2_2 0x42u

/* The ten bits of `code`, and the disparity afterwards. SV_8B10B_INVALID when there is no such special. */
uint32_t sv_8b10b_encode(uint32_t code, bool *rd_plus);

/* What ten bits mean at this running disparity, or SV_8B10B_INVALID; the disparity moves as §36.2.4.4 says also for a
 * group that means nothing. */
uint32_t sv_8b10b_decode(uint32_t group, bool *rd_plus);

#endif
