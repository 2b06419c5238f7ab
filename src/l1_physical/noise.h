/* SPDX-License-Identifier: BSD-2-Clause */
/* White Gaussian noise by number: sample n of a seed is the same however one comes to it, so that idle time is skipped
 * without drawing it. The distribution is right to 8.2 sigma, where a two-sided tail of 2^-52 ends. */
#ifndef SV_L1_PHYSICAL_NOISE_H
#define SV_L1_PHYSICAL_NOISE_H

#include <stdint.h>

#define SV_NOISE_ONE 2048         /* one sigma of sv_noise_z() */
#define SV_NOISE_SIGMA_MAX 65535u /* eighths of a sample's unit */

struct sv_noise {
    uint64_t seed;
    uint32_t sigma_q3; /* standard deviation in eighths of a sample's unit, at most SV_NOISE_SIGMA_MAX */
};

/* A standard normal number in units of 1/2048 sigma. */
int32_t sv_noise_z(uint64_t seed, uint64_t n);

/* sample[i] += noise number first + i, saturated. `cpu` is enum sv_cpu: the result does not depend on it. */
void sv_noise_add(const struct sv_noise *z, uint64_t first, int16_t *sample, uint32_t n, uint32_t cpu);

/* The sigma_q3 for an amplitude and 20 log10(amplitude / sigma) in hundredths of a decibel (-2000 .. 12000). */
uint32_t sv_noise_sigma(uint32_t amplitude, int32_t snr_centi_db);

#endif
