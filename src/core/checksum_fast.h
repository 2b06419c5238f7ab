/* SPDX-License-Identifier: BSD-2-Clause */
/* The routines behind sv_sum() and sv_sum_copy(). All give the same 16 bits: the integer sum of the 16-bit
 * words, folded, which is 0 only if every byte is. `to` NULL is not allowed. */
#ifndef SV_CORE_CHECKSUM_FAST_H
#define SV_CORE_CHECKSUM_FAST_H

#include "core/checksum.h"

/* Below this a plain loop is as fast, and the wide ones need not care for short pieces. */
#define SV_SUM_WIDE_MIN 96u
/* Above this the 32-bit lanes of the wide ones could overflow: the portable routine has no such limit. */
#define SV_SUM_WIDE_MAX 0x80000u

uint16_t sv_sum_portable(const void *bytes, size_t n);
uint16_t sv_sum_copy_portable(void *to, const void *from, size_t n);

/* Chooses by `cpu` among what this platform has: one of checksum_x86.c and checksum_generic.c is built.
 * n >= SV_SUM_WIDE_MIN. */
uint16_t sv_sum_wide(const void *bytes, size_t n, uint32_t cpu);
uint16_t sv_sum_copy_wide(void *to, const void *from, size_t n, uint32_t cpu);

/* x86-64 only. SV_SUM_WIDE_MIN <= n <= SV_SUM_WIDE_MAX. */
uint16_t sv_sum_avx2(const void *bytes, size_t n);
uint16_t sv_sum_copy_avx2(void *to, const void *from, size_t n);
uint16_t sv_sum_avx512(const void *bytes, size_t n);
uint16_t sv_sum_copy_avx512(void *to, const void *from, size_t n);

#endif
