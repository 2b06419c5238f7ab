/* SPDX-License-Identifier: BSD-2-Clause */
/* XXH64, Yann Collet's published 64-bit hash (specification 0.1.1): fast and well mixed, unkeyed. For telling
 * runs apart, not for tables that a peer can fill. */
#ifndef SV_CORE_XXH64_H
#define SV_CORE_XXH64_H

#include <stddef.h>
#include <stdint.h>

uint64_t sv_xxh64(const void *bytes, size_t n, uint64_t seed);

/* The hash of the 48 bytes that six little-endian numbers make. */
uint64_t sv_xxh64_words6(const uint64_t word[6], uint64_t seed);

#endif
