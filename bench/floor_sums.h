/* SPDX-License-Identifier: BSD-2-Clause */
/* What floor.c takes from floor_sums.c. */
#ifndef BENCH_FLOOR_SUMS_H
#define BENCH_FLOOR_SUMS_H

#include "bench/floor.h"

typedef void floor_copy_fn(uint8_t *, const uint8_t *, size_t);
typedef uint32_t floor_sum_fn(const uint8_t *, size_t);
typedef uint32_t floor_sum_copy_fn(uint8_t *, const uint8_t *, size_t);

/* The fastest routines here, once floor_machine() was called. Sums are one's complement sums of 16-bit words
 * as they lie in memory, folded, not complemented. */
struct floor_best {
    floor_copy_fn *copy;
    floor_sum_fn *sum;
    floor_sum_copy_fn *sum_copy;
};
extern struct floor_best floor_best;

uint64_t floor_cpu_ns(void); /* processor time of this thread */

static inline uint32_t floor_fold(uint64_t s)
{
    s = (s & 0xffffffffu) + (s >> 32);
    s = (s & 0xffffffffu) + (s >> 32);
    s = (s & 0xffffu) + (s >> 16);
    s = (s & 0xffffu) + (s >> 16);
    return (uint32_t)((s & 0xffffu) + (s >> 16));
}

#endif
