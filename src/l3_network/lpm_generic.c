/* SPDX-License-Identifier: BSD-2-Clause */
/* Built where there is no faster routine than the portable one. */
#include "l3_network/lpm_burst.h"

void sv_lpm_lookup_burst4(const struct sv_lpm *t, uint32_t tree, const uint32_t *address, uint32_t *value, uint32_t n,
                          uint32_t cpu)
{
    const struct sv_lpm_tree *r = &t->tree[tree];
    (void)cpu;
    for (uint32_t i = 0; i < n; i += SV_LPM_BURST) {
        const uint32_t some = sv_min_u32(n - i, SV_LPM_BURST);
        sv_lpm_burst4_portable(t, r, address + i, value + i, some);
    }
}

void sv_lpm_lookup_burst6(const struct sv_lpm *t, uint32_t tree, const struct sv_lpm_key *key, uint32_t *value,
                          uint32_t n, uint32_t cpu)
{
    const struct sv_lpm_tree *r = &t->tree[tree];
    (void)cpu;
    for (uint32_t i = 0; i < n; i += SV_LPM_BURST) {
        const uint32_t some = sv_min_u32(n - i, SV_LPM_BURST);
        sv_lpm_burst6_portable(t, r, key + i, value + i, some);
    }
}
