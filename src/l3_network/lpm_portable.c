/* SPDX-License-Identifier: BSD-2-Clause */
/* Built for every machine: the burst lookups with a portable count of ones. */
#include "l3_network/lpm_burst.h"

void sv_lpm_burst4_portable(const struct sv_lpm *t, const struct sv_lpm_tree *r, const uint32_t *address,
                            uint32_t *value, uint32_t n)
{
    sv_lpm_burst4(t, r, address, value, n, sv_lpm_ones);
}

void sv_lpm_burst6_portable(const struct sv_lpm *t, const struct sv_lpm_tree *r, const struct sv_lpm_key *key,
                            uint32_t *value, uint32_t n)
{
    sv_lpm_burst6(t, r, key, value, n, sv_lpm_ones);
}
