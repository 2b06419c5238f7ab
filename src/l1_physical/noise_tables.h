/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables written by tools/l1_tables: |z| of a normal z, one sigma = 2048. See noise.c for how they are read. */
#ifndef SV_L1_PHYSICAL_NOISE_TABLES_H
#define SV_L1_PHYSICAL_NOISE_TABLES_H

#include <stdint.h>

#define SV_NOISE_CELLS 4096u /* of equal probability */
#define SV_NOISE_ESCAPE 16u  /* the outermost of them stand for the second level */
#define SV_NOISE_OCTAVES 44u /* of probability in the second level */
#define SV_NOISE_STEPS 16u   /* in an octave */

extern const int16_t sv_noise_body[SV_NOISE_CELLS + 1];
extern const int16_t sv_noise_tail[SV_NOISE_OCTAVES * SV_NOISE_STEPS + 1];

#endif
