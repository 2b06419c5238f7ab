/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue of stream bytes: spans of slabs in sequence order. Appended at the end, taken from the front,
 * found by sequence number in O(log n): never walked, so a large window costs no more than a small one.
 *
 * Up to two spans lie in the struct itself (what one request or one answer needs). More go to blocks, each
 * a slab of 128 spans, numbered without gaps; four blocks are named in the struct, more in a directory
 * slab, which bounds a queue to 512 blocks: 65,536 spans, 90 MB at one MSS a span. */
#ifndef SV_CORE_SPANS_H
#define SV_CORE_SPANS_H

#include "seven/buf.h"

enum sv_span_flag {
    SV_SPAN_SUMMED = 1u << 0, /* `sum` is the checksum of the whole span */
    SV_SPAN_PUSH = 1u << 1,   /* a write ended with this span's last byte */
    SV_SPAN_RECORD = 1u << 2, /* ... and no packet has what comes before and what comes after it */
    SV_SPAN_MORE = 1u << 3,   /* a write ended there, and said that more would follow */
    SV_SPAN_BURST = 1u << 4,  /* a super-frame ended there when it was sent first */
};

struct sv_span {
    uint32_t seq; /* of the first byte */
    uint32_t slab;
    uint16_t offset, length;
    uint16_t sum;   /* one's complement sum, as core/checksum.h has it */
    uint16_t flags; /* enum sv_span_flag */
};

#define SV_SPANS_SMALL 2u
#define SV_SPANS_BLOCKS 4u
#define SV_SPANS_PER_BLOCK (SV_SLAB_BYTES / 16u)
#define SV_SPANS_DIRECTORY (SV_SLAB_BYTES / 4u)

struct sv_spans {
    uint32_t count;                  /* spans in the queue */
    uint32_t first;                  /* number of the first one; block = number / 128 */
    uint32_t blocks;                 /* in use; 0: the spans are in small[] */
    uint32_t directory;              /* slab of the directory, or SV_NONE */
    uint32_t block[SV_SPANS_BLOCKS]; /* by block number modulo 4, while there is no directory */
    struct sv_span small[SV_SPANS_SMALL];
};

_Static_assert(sizeof(struct sv_span) == 16, "a span is 16 bytes");
_Static_assert(sizeof(struct sv_spans) == 64, "a queue is one cache line");

void sv_spans_init(struct sv_spans *q);

/* The i-th span from the front, i < count. Valid until the queue is changed. */
struct sv_span *sv_spans_at(const struct sv_spans *q, struct sv_pool *pool, uint32_t i);

/* Appends; the queue takes over the span's reference to its slab. False: no slab for a block, or 65,536
 * spans already; the reference stays the caller's. */
bool sv_spans_push(struct sv_spans *q, struct sv_pool *pool, uint16_t owner, struct sv_span span);

/* Forgets everything before `seq`: whole spans are released, the one that contains it is shortened. */
void sv_spans_drop_before(struct sv_spans *q, struct sv_pool *pool, uint32_t seq);

/* The index of the span that holds `seq`, which lies in the queue; binary search. */
uint32_t sv_spans_find(const struct sv_spans *q, struct sv_pool *pool, uint32_t seq);

/* Releases everything. */
void sv_spans_clear(struct sv_spans *q, struct sv_pool *pool);

static inline bool sv_spans_empty(const struct sv_spans *q)
{
    return q->count == 0;
}

#endif
