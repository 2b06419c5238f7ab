/* SPDX-License-Identifier: BSD-2-Clause */
/* Written by tools/phy_tables: do not edit. IEEE 802.3 clause 49. */
/* clang-format off */
#ifndef SV_L1_PHYSICAL_SCRAMBLER58_TABLE_H
#define SV_L1_PHYSICAL_SCRAMBLER58_TABLE_H

#include <stdint.h>

/* The scrambler's state at the end of a block when nothing but idle blocks was ever sent: the one sequence
 * that repeats with every block (see scrambler58.c). */
#define SCRAMBLER58_IDLE64 0xa80d921c77155b48ull
#define SCRAMBLER58_IDLE257 0x4fff0324273a1d74ull

#endif
