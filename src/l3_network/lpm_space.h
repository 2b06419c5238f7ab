/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of 2, 4, 8, ... words out of an array, by index: a buddy allocator. A block that is given back joins its other
 * half if that is free, so that memory is the same after any number of changes as before them. */
#ifndef SV_L3_LPM_SPACE_H
#define SV_L3_LPM_SPACE_H

#include "core/core.h"

#define SV_LPM_ORDERS 9u /* blocks of at most 256 words */

struct sv_lpm_space {
    int64_t words_at, tags_at; /* from this struct */
    uint32_t end, top;         /* words; those from `top` on were never given out */
    uint32_t order_max;
    uint32_t used;                 /* words in blocks given out */
    uint32_t first[SV_LPM_ORDERS]; /* free blocks by order */
    uint32_t spare;
};

/* Over words [begin, end) of `words`, both multiples of the largest block; `tags`: one zero byte for two words. */
void sv_lpm_space_init(struct sv_lpm_space *s, void *words, void *tags, uint32_t begin, uint32_t end,
                       uint32_t order_max);

static inline uint32_t *sv_lpm_space_words(const struct sv_lpm_space *s)
{
    return (uint32_t *)((uintptr_t)s + (uintptr_t)s->words_at);
}

/* The order of the smallest block for n words; 0: none is needed. */
uint32_t sv_lpm_order(uint32_t n);

/* A block of 1 << order words, SV_NONE: full. Order 1 at least. */
uint32_t sv_lpm_space_take(struct sv_lpm_space *s, uint32_t order);
void sv_lpm_space_give(struct sv_lpm_space *s, uint32_t block, uint32_t order);
/* Keeps the first 1 << to words of it. */
void sv_lpm_space_shrink(struct sv_lpm_space *s, uint32_t block, uint32_t from, uint32_t to);

/* Asserts that what is free and what is used add up. */
void sv_lpm_space_check(const struct sv_lpm_space *s, uint32_t begin);

#endif
