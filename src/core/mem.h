/* SPDX-License-Identifier: BSD-2-Clause */
/* The four memory functions, by the names that the compiler may expand in place even when it is told
 * that there is no hosted library (-ffreestanding turns a 4-byte memcpy into a call otherwise). */
#ifndef SV_CORE_MEM_H
#define SV_CORE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define sv_memcpy(to, from, n) ((void)__builtin_memcpy((to), (from), (n)))
#define sv_memmove(to, from, n) ((void)__builtin_memmove((to), (from), (n)))
#define sv_memset(to, byte, n) ((void)__builtin_memset((to), (byte), (n)))
#define sv_memcmp(a, b, n) __builtin_memcmp((a), (b), (n))

/* Zeros over n bytes, a number that the compiler knows: as stores in place. What it makes of one long memset is a
 * string instruction, which takes longer to begin than a record's few lines take to be written. */
__attribute__((always_inline)) static inline void sv_clear(void *to, size_t n)
{
    uint8_t *p = (uint8_t *)to;
    for (; n >= 64; n -= 64, p += 64)
        sv_memset(p, 0, 64);
    if (n & 32u)
        sv_memset(p, 0, 32);
    p += n & 32u;
    if (n & 16u)
        sv_memset(p, 0, 16);
    p += n & 16u;
    sv_memset(p, 0, n & 15u);
}

#define SV_LIKELY(x) __builtin_expect(!!(x), 1)
#define SV_UNLIKELY(x) __builtin_expect(!!(x), 0)
/* Of a function that is called seldom, from code that runs often: it is not inlined there, and what only leads to it
 * lies apart from what runs, takes no registers from it and no room in the nearest cache. */
#define SV_COLD __attribute__((noinline, cold))
/* Of a function that every burst or call passes through: the linker puts them side by side. A turn of theirs is as long
 * as the nearest cache of instructions (32 KiB), and scattered over the library they put each other out of it. */
#define SV_HOT __attribute__((hot))
/* Starts fetching the line of *p, to be written. Where this is all that a function does, gcc takes the function for one
 * without effect and drops its calls, inline or not: who fetches the same in several places has a macro. */
#define SV_PREFETCH(p) __builtin_prefetch((p), 1, 3)

/* Short ways are for what is usual, and the long ways beside them do the same. A test's build is without the short
 * ones, to see that (tests/scenario/ways.py). */
#ifdef SV_LONG_WAYS_ONLY
#define SV_SHORT_WAYS false
#else
#define SV_SHORT_WAYS true
#endif

#define SV_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline uint32_t sv_min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}
static inline uint32_t sv_max_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}
static inline uint64_t sv_min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}
static inline uint64_t sv_max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
