/* SPDX-License-Identifier: BSD-2-Clause */
/* Seeded streams of random numbers, one a purpose, so that one more draw in one place moves no other.
 * Not cryptographic; what an attacker must not guess goes through SipHash with a key drawn from the
 * kernel's entropy. One draw per expression: compilers order arguments as they like. */
#ifndef SV_CORE_RNG_H
#define SV_CORE_RNG_H

#include <stdint.h>

struct sv_rng {
    uint64_t s[4]; /* xoshiro256** */
};

/* The stream number `purpose` of host `host` in the world of `seed`. */
void sv_rng_seed(struct sv_rng *rng, uint64_t seed, uint64_t host, uint64_t purpose);
uint64_t sv_rng_u64(struct sv_rng *rng);
uint32_t sv_rng_u32(struct sv_rng *rng);
/* Uniform in [0, n), n > 0, without bias. */
uint32_t sv_rng_below(struct sv_rng *rng, uint32_t n);

#endif
