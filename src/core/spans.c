/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/spans.h"

#include "core/pool_inline.h"
#include "core/seq.h"
#include "core/spans_inline.h"

struct sv_span *sv_spans_at(const struct sv_spans *q, struct sv_pool *pool, uint32_t i)
{
    return sv_spans_at_fast(q, pool, i);
}

SV_HOT void sv_spans_init(struct sv_spans *q)
{
    q->count = 0;
    q->first = 0;
    q->blocks = 0;
    q->directory = SV_NONE;
}

/* A fifth block needs the directory: the four named in the struct move there. */
SV_HOT static bool sv_spans_grow(struct sv_spans *q, struct sv_pool *pool, uint16_t owner, uint32_t number)
{
    const uint32_t limit = q->directory == SV_NONE ? SV_SPANS_BLOCKS : SV_SPANS_DIRECTORY;
    if (q->blocks == SV_SPANS_DIRECTORY)
        return false;
    const uint32_t slab = sv_slab_alloc_fast(pool, SV_WANT_DATA, owner);
    if (slab == SV_NONE)
        return false;
    if (q->blocks == limit) {
        const uint32_t directory = sv_slab_alloc_fast(pool, SV_WANT_DATA, owner);
        if (directory == SV_NONE) {
            sv_slab_unref_fast(pool, slab);
            return false;
        }
        uint32_t *to = (uint32_t *)(void *)sv_slab_bytes_fast(pool, directory);
        const uint32_t first = q->first / SV_SPANS_PER_BLOCK;
        for (uint32_t k = 0; k < SV_SPANS_BLOCKS; k++)
            to[(first + k) % SV_SPANS_DIRECTORY] = q->block[(first + k) % SV_SPANS_BLOCKS];
        q->directory = directory;
    }
    q->blocks++;
    *sv_spans_place(q, pool, number) = slab;
    return true;
}

static bool sv_spans_leave_small(struct sv_spans *q, struct sv_pool *pool, uint16_t owner)
{
    q->first = 0;
    if (!sv_spans_grow(q, pool, owner, 0))
        return false;
    for (uint32_t i = 0; i < q->count; i++)
        *sv_spans_by_number(q, pool, i) = q->small[i];
    return true;
}

SV_HOT bool sv_spans_push(struct sv_spans *q, struct sv_pool *pool, uint16_t owner, struct sv_span span)
{
    if (!q->blocks) {
        if (q->count < SV_SPANS_SMALL) {
            q->small[q->count++] = span;
            return true;
        }
        if (!sv_spans_leave_small(q, pool, owner))
            return false;
    }
    const uint32_t number = q->first + q->count;
    if (number % SV_SPANS_PER_BLOCK == 0 && !sv_spans_grow(q, pool, owner, number))
        return false;
    *sv_spans_by_number(q, pool, number) = span;
    q->count++;
    return true;
}

static void sv_spans_release_block(struct sv_spans *q, struct sv_pool *pool, uint32_t number)
{
    sv_slab_unref_fast(pool, *sv_spans_place(q, pool, number));
    q->blocks--;
}

/* An empty queue goes back to the two spans in the struct. */
SV_HOT static void sv_spans_settle(struct sv_spans *q, struct sv_pool *pool)
{
    if (q->count || (!q->blocks && q->directory == SV_NONE))
        return;
    if (q->blocks && q->first % SV_SPANS_PER_BLOCK)
        sv_spans_release_block(q, pool, q->first);
    SV_ASSERT(q->blocks == 0);
    if (q->directory != SV_NONE)
        sv_slab_unref_fast(pool, q->directory);
    sv_spans_init(q);
}

static void sv_spans_pop(struct sv_spans *q, struct sv_pool *pool)
{
    q->count--;
    if (!q->blocks) {
        q->small[0] = q->small[1];
        return;
    }
    const uint32_t number = q->first++;
    if (q->first % SV_SPANS_PER_BLOCK == 0)
        sv_spans_release_block(q, pool, number);
}

SV_HOT void sv_spans_drop_before(struct sv_spans *q, struct sv_pool *pool, uint32_t seq)
{
    struct sv_span *s = NULL;
    while (q->count) {
        /* The next one lies behind it, unless it is the first of a block or of those in the struct. */
        s = s && q->blocks && q->first % SV_SPANS_PER_BLOCK ? s + 1 : sv_spans_at_fast(q, pool, 0);
        const uint32_t gone = seq - s->seq;
        if (!sv_seq_after(seq, s->seq))
            break;
        if (gone < s->length) {
            s->seq = seq;
            s->offset = (uint16_t)(s->offset + gone);
            s->length = (uint16_t)(s->length - gone);
            s->flags &= (uint16_t)~SV_SPAN_SUMMED;
            break;
        }
        sv_slab_unref_fast(pool, s->slab);
        sv_spans_pop(q, pool);
    }
    if (!q->count && (q->blocks || q->directory != SV_NONE))
        sv_spans_settle(q, pool);
}

uint32_t sv_spans_find(const struct sv_spans *q, struct sv_pool *pool, uint32_t seq)
{
    uint32_t low = 0;
    uint32_t high = q->count;
    SV_ASSERT(q->count);
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (sv_seq_after(sv_spans_at_fast(q, pool, middle)->seq, seq))
            high = middle;
        else
            low = middle;
    }
    return low;
}

SV_HOT void sv_spans_clear(struct sv_spans *q, struct sv_pool *pool)
{
    while (q->count) {
        sv_slab_unref_fast(pool, sv_spans_at_fast(q, pool, 0)->slab);
        sv_spans_pop(q, pool);
    }
    sv_spans_settle(q, pool);
}
