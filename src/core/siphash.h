/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-c-d of Aumasson and Bernstein: the keyed hash behind the flow table (1-3), the initial sequence
 * numbers (RFC 6528) and the choice of ports (RFC 6056). Not for secrets of any other kind. */
#ifndef SV_CORE_SIPHASH_H
#define SV_CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct sv_siphash_key {
    uint64_t k0, k1;
};

uint64_t sv_siphash24(const struct sv_siphash_key *key, const void *bytes, size_t n);
uint64_t sv_siphash13(const struct sv_siphash_key *key, const void *bytes, size_t n);
/* SipHash-1-3 of exactly five 64-bit little-endian words (40 bytes): the flow key's form, unrolled. The second
 * takes them in registers. */
uint64_t sv_siphash13_5(const struct sv_siphash_key *key, const uint64_t word[5]);
uint64_t sv_siphash13_words(const struct sv_siphash_key *key, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3,
                            uint64_t w4);

#endif
