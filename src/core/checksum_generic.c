/* SPDX-License-Identifier: BSD-2-Clause */
/* Built where there is no faster routine than the portable one. */
#include "core/checksum_fast.h"

uint16_t sv_sum_wide(const void *bytes, size_t n, uint32_t cpu)
{
    (void)cpu;
    return sv_sum_portable(bytes, n);
}

uint16_t sv_sum_copy_wide(void *to, const void *from, size_t n, uint32_t cpu)
{
    (void)cpu;
    return sv_sum_copy_portable(to, from, n);
}
