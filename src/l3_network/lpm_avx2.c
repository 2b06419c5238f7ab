/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines with AVX2 count ones in one instruction. */
#include "l3_network/lpm_burst.h"

static inline uint32_t sv_lpm_ones_at_once(uint64_t v)
{
    return (uint32_t)__builtin_popcountll(v);
}

void sv_lpm_burst4_avx2(const struct sv_lpm *t, const struct sv_lpm_tree *r, const uint32_t *address, uint32_t *value,
                        uint32_t n)
{
    sv_lpm_burst4(t, r, address, value, n, sv_lpm_ones_at_once);
}

void sv_lpm_burst6_avx2(const struct sv_lpm *t, const struct sv_lpm_tree *r, const struct sv_lpm_key *key,
                        uint32_t *value, uint32_t n)
{
    sv_lpm_burst6(t, r, key, value, n, sv_lpm_ones_at_once);
}
