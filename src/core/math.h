/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole-number arithmetic that needs nothing from a compiler's run-time library: on 32-bit machines a
 * plain 64-bit division is a call of __udivdi3, and a bit scan may be one of __ctzdi2. Core code divides
 * 64-bit numbers by these functions only. Whatever the machine, results are the same. */
#ifndef SV_CORE_MATH_H
#define SV_CORE_MATH_H

#include <stdint.h>

/* The forms without a machine instruction; always built, and tested equal to the others. */
uint64_t sv_div64_portable(uint64_t a, uint64_t b);
uint32_t sv_ctz64_portable(uint64_t v);
uint32_t sv_log2_64_portable(uint64_t v);

/* Machines known to have a 64-bit divide and bit scans as instructions. This is the platform's choice, not
 * the protocol's: both branches compute the same. */
#if defined(__x86_64__) || defined(__aarch64__) || defined(__wasm__)
static inline uint64_t sv_div64(uint64_t a, uint64_t b)
{
    return a / b;
}
/* Number of the lowest set bit; v is not 0. */
static inline uint32_t sv_ctz64(uint64_t v)
{
    return (uint32_t)__builtin_ctzll(v);
}
/* Number of the highest set bit; v is not 0. */
static inline uint32_t sv_log2_64(uint64_t v)
{
    return 63u - (uint32_t)__builtin_clzll(v);
}
#else
static inline uint64_t sv_div64(uint64_t a, uint64_t b)
{
    return sv_div64_portable(a, b);
}
static inline uint32_t sv_ctz64(uint64_t v)
{
    return sv_ctz64_portable(v);
}
static inline uint32_t sv_log2_64(uint64_t v)
{
    return sv_log2_64_portable(v);
}
#endif

/* a * b / c, rounded down, with the product kept in 128 bits; UINT64_MAX when the quotient does not fit.
 * c is not 0. */
uint64_t sv_muldiv64(uint64_t a, uint64_t b, uint64_t c);

/* The largest r with r*r*r <= v: what CUBIC needs (RFC 9438 §4.2). */
uint32_t sv_cbrt64(uint64_t v);

#endif
