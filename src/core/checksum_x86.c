/* SPDX-License-Identifier: BSD-2-Clause */
/* Built for x86-64 in place of checksum_generic.c. */
#include "core/checksum_fast.h"

uint16_t sv_sum_wide(const void *bytes, size_t n, uint32_t cpu)
{
    if ((cpu & SV_CPU_AVX512) && n <= SV_SUM_WIDE_MAX)
        return sv_sum_avx512(bytes, n);
    if ((cpu & SV_CPU_AVX2) && n <= SV_SUM_WIDE_MAX)
        return sv_sum_avx2(bytes, n);
    return sv_sum_portable(bytes, n);
}

uint16_t sv_sum_copy_wide(void *to, const void *from, size_t n, uint32_t cpu)
{
    if ((cpu & SV_CPU_AVX512) && n <= SV_SUM_WIDE_MAX)
        return sv_sum_copy_avx512(to, from, n);
    if ((cpu & SV_CPU_AVX2) && n <= SV_SUM_WIDE_MAX)
        return sv_sum_copy_avx2(to, from, n);
    return sv_sum_copy_portable(to, from, n);
}
