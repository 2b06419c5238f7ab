/* SPDX-License-Identifier: BSD-2-Clause */
/* A first-in first-out list of packets, linked through sv_buf.next by index: it may lie in the arena. */
#ifndef SV_CORE_PACKET_QUEUE_H
#define SV_CORE_PACKET_QUEUE_H

#include "core/pool_inline.h"

struct sv_packet_queue {
    uint32_t first, last; /* SV_NONE: empty */
    uint32_t packets;
    uint32_t bytes; /* sum of the packets' lengths when they came in */
};

static inline void sv_packet_queue_init(struct sv_packet_queue *q)
{
    *q = (struct sv_packet_queue){SV_NONE, SV_NONE, 0, 0};
}
static inline void sv_packet_queue_put(struct sv_packet_queue *q, struct sv_pool *pool, struct sv_buf *take)
{
    take->next = SV_NONE;
    if (q->last == SV_NONE)
        q->first = take->self;
    else
        sv_pool_buf(pool, q->last)->next = take->self;
    q->last = take->self;
    q->packets++;
    q->bytes += take->length;
}
/* The oldest, still queued; NULL: empty. A packet must not change its length while it is queued. */
static inline struct sv_buf *sv_packet_queue_peek(const struct sv_packet_queue *q, struct sv_pool *pool)
{
    return q->first == SV_NONE ? NULL : sv_pool_buf(pool, q->first);
}
static inline struct sv_buf *sv_packet_queue_take(struct sv_packet_queue *q, struct sv_pool *pool)
{
    struct sv_buf *b = sv_packet_queue_peek(q, pool);
    if (!b)
        return NULL;
    q->first = b->next;
    if (q->first == SV_NONE)
        q->last = SV_NONE;
    b->next = SV_NONE;
    q->packets--;
    q->bytes -= b->length;
    return b;
}

#endif
