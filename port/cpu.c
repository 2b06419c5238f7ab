/* SPDX-License-Identifier: BSD-2-Clause */
#include "port/cpu.h"

#include "core/checksum.h"

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

/* XCR0: which registers the operating system saves. Without its word the instructions fault. */
static uint64_t saved_registers(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

uint32_t sv_cpu_detect(void)
{
    uint32_t a, b, c, d, found = SV_CPU_PORTABLE;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return found;
    const uint64_t saved = saved_registers();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return found;
    if ((saved & 0x06u) == 0x06u && (b & bit_AVX2)) /* SSE and AVX state */
        found |= SV_CPU_AVX2;
    const uint32_t needed = bit_AVX512F | bit_AVX512BW | bit_AVX512VL;
    if ((saved & 0xe6u) == 0xe6u && (b & needed) == needed) /* and opmask, upper ZMM */
        found |= SV_CPU_AVX512;
    return found;
}

#else

uint32_t sv_cpu_detect(void)
{
    return SV_CPU_PORTABLE;
}

#endif
