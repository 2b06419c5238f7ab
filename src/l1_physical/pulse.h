/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables written by tools/l1_tables: what one symbol of one symbol time, level 1, looks like at the far end of a
 * pair, on a grid of 32 points a symbol, from one symbol before its beginning to seven after. The pair's pure delay
 * is left out. What is left of the tail after seven symbols is cut off: on 100 m of category 5e that takes 0.4 dB
 * from a tone of 15.6 MHz, and a level that stays arrives at 68 % of itself. */
#ifndef SV_L1_PHYSICAL_PULSE_H
#define SV_L1_PHYSICAL_PULSE_H

#include <stdint.h>

#define SV_PULSE_GRID 32u /* points a symbol */
#define SV_PULSE_SPAN 8u  /* symbols */
#define SV_PULSE_POINTS (SV_PULSE_GRID * SV_PULSE_SPAN)
#define SV_PULSE_STEP_M 10u  /* metres between two tables */
#define SV_PULSE_LENGTHS 16u /* 0 .. 150 m */
#define SV_PULSE_ONE 16384   /* level 1 in those tables */
#define SV_PULSE_NEAR 262144 /* and in those of crosstalk, which is small */
#define SV_PULSE_METRES_MAX 150u

extern const int16_t sv_pulse_10_cat3[SV_PULSE_LENGTHS][SV_PULSE_POINTS];
extern const int16_t sv_pulse_10_cat5e[SV_PULSE_LENGTHS][SV_PULSE_POINTS];
extern const int16_t sv_pulse_100_cat5e[SV_PULSE_LENGTHS][SV_PULSE_POINTS];
extern const int16_t sv_pulse_near_10[SV_PULSE_POINTS];
extern const int16_t sv_pulse_near_100[SV_PULSE_POINTS];
extern const int16_t sv_pulse_ideal[SV_PULSE_POINTS];

#endif
