/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a span lies, for inlining across files: every segment asks several times. */
#ifndef SV_CORE_SPANS_INLINE_H
#define SV_CORE_SPANS_INLINE_H

#include "core/pool_inline.h"
#include "core/spans.h"

static inline uint32_t *sv_spans_place(struct sv_spans *q, struct sv_pool *pool, uint32_t number)
{
    const uint32_t block = number / SV_SPANS_PER_BLOCK;
    if (q->directory == SV_NONE)
        return &q->block[block % SV_SPANS_BLOCKS];
    uint32_t *directory = (uint32_t *)(void *)sv_slab_bytes_fast(pool, q->directory);
    return &directory[block % SV_SPANS_DIRECTORY];
}

static inline struct sv_span *sv_spans_by_number(const struct sv_spans *q, struct sv_pool *pool, uint32_t number)
{
    const uint32_t slab = *sv_spans_place((struct sv_spans *)(uintptr_t)q, pool, number);
    struct sv_span *spans = (struct sv_span *)(void *)sv_slab_bytes_fast(pool, slab);
    return &spans[number % SV_SPANS_PER_BLOCK];
}

static inline struct sv_span *sv_spans_at_fast(const struct sv_spans *q, struct sv_pool *pool, uint32_t i)
{
    SV_ASSERT(i < q->count);
    if (!q->blocks)
        return (struct sv_span *)(uintptr_t)&q->small[i];
    return sv_spans_by_number(q, pool, q->first + i);
}

/* sv_spans_drop_before() for what small exchanges do: the one span there is goes. */
static inline void sv_spans_drop_before_fast(struct sv_spans *q, struct sv_pool *pool, uint32_t seq)
{
    if (q->count == 1 && !q->blocks && q->small[0].seq + q->small[0].length == seq) {
        q->count = 0;
        sv_slab_unref_fast(pool, q->small[0].slab);
    } else {
        sv_spans_drop_before(q, pool, seq);
    }
}

/* sv_spans_push() where there is room already. */
static inline bool sv_spans_push_fast(struct sv_spans *q, struct sv_pool *pool, uint16_t owner, struct sv_span span)
{
    const uint32_t number = q->first + q->count;
    if (!q->blocks && q->count < SV_SPANS_SMALL)
        q->small[q->count] = span;
    else if (q->blocks && number % SV_SPANS_PER_BLOCK)
        *sv_spans_by_number(q, pool, number) = span;
    else
        return sv_spans_push(q, pool, owner, span);
    q->count++;
    return true;
}

#endif
