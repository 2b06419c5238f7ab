/* SPDX-License-Identifier: BSD-2-Clause */
/* A link's memory: what waits for its first bit to be sent, what is on the cable, and what each frame drew. */
#ifndef SV_SIM_LINK_PRIVATE_H
#define SV_SIM_LINK_PRIVATE_H

#include "core/rng.h"
#include "sim/link.h"

/* The random streams of one direction; the numbers are part of the replay format. */
enum sv_link_stream {
    SV_LINK_RNG_LOSS,
    SV_LINK_RNG_DUPLICATE,
    SV_LINK_RNG_REORDER,
    SV_LINK_RNG_CORRUPT,
    SV_LINK_RNG_TRUNCATE,
    SV_LINK_RNG_JITTER,
    SV_LINK_RNG_STATE, /* good or bad */
    SV_LINK_RNG_QUEUE, /* RED */
    SV_LINK_STREAMS
};

/* The n-th number of a stream belongs to the n-th frame. One that nobody would use is not computed: the stream catches
 * up when somebody asks again. */
struct sv_link_draws {
    struct sv_rng rng;
    uint64_t drawn;
};

/* A frame on its way, ordered by (at, serial), so that equal times keep their order. */
struct sv_link_frame {
    sv_time at;
    uint32_t serial; /* compared within 2^31 */
    uint32_t buf;
};

/* What a frame drew when it came: it is the same however long it waits. */
struct sv_link_fate {
    uint32_t jitter, later, copy_later, corrupt_bit, truncate_at; /* 32 random bits each */
    bool lost, duplicated, reordered, corrupted, truncated;
};

struct sv_link_waiting {
    sv_time came;
    uint32_t buf;
    uint32_t eventful; /* its departure will be told of */
    struct sv_link_fate fate;
};

struct sv_link_direction {
    struct sv_link_way conditions;
    struct sv_link_draws draws[SV_LINK_STREAMS];
    struct sv_queue queue;
    struct sv_link_counts count;
    sv_time free_at; /* when the last frame's last bit has left the sender */
    sv_time last_at; /* when the last frame that was not reordered arrives */
    uint64_t number; /* of the next frame, for its draws */
    /* From this struct: those on the cable in order, a ring; a heap of those that overtake or are overtaken; the ring
     * of those that wait. */
    int64_t ordered_at, heap_at, waiting_at;
    uint32_t ceiling; /* of each */
    uint32_t ordered_first, ordered, heap, first, waiting;
    uint32_t serial;
    uint32_t eventful;          /* of `waiting` */
    uint32_t flip_in, flip_bit; /* frames until the one with a flipped bit; SV_NONE: none */
    uint32_t bad;               /* the hidden state */
    uint32_t calm;              /* 1: no condition asks for a draw */
};

static inline struct sv_link_frame *sv_link_ordered(const struct sv_link_direction *d)
{
    return (struct sv_link_frame *)(uintptr_t)((intptr_t)d + (intptr_t)d->ordered_at);
}

static inline struct sv_link_frame *sv_link_heap(const struct sv_link_direction *d)
{
    return (struct sv_link_frame *)(uintptr_t)((intptr_t)d + (intptr_t)d->heap_at);
}

static inline struct sv_link_waiting *sv_link_ring(const struct sv_link_direction *d)
{
    return (struct sv_link_waiting *)(uintptr_t)((intptr_t)d + (intptr_t)d->waiting_at);
}

/* On the cable now. */
static inline uint32_t sv_link_flying(const struct sv_link_direction *d)
{
    return d->ordered + d->heap;
}

static inline uint32_t sv_link_place(const struct sv_link_direction *d, uint32_t first, uint32_t n)
{
    const uint32_t at = first + n;
    return at < d->ceiling ? at : at - d->ceiling;
}

static inline bool sv_link_sooner(const struct sv_link_frame *a, const struct sv_link_frame *b)
{
    return a->at != b->at ? a->at < b->at : (int32_t)(a->serial - b->serial) < 0;
}

/* Which is to arrive first? NULL: none is on its way. */
static inline const struct sv_link_frame *sv_link_head(const struct sv_link_direction *d)
{
    const struct sv_link_frame *a = sv_link_ordered(d) + d->ordered_first, *b = sv_link_heap(d);
    if (SV_UNLIKELY(d->heap != 0))
        return d->ordered && sv_link_sooner(a, b) ? a : b;
    return d->ordered ? a : NULL;
}

static inline sv_time sv_link_first_at(const struct sv_link_direction *d)
{
    const struct sv_link_frame *head = sv_link_head(d);
    return head ? head->at : SV_NEVER;
}

void sv_link_heap_put(struct sv_link_direction *d, struct sv_link_frame fresh);
uint32_t sv_link_heap_take(struct sv_link_direction *d);

/* `late`: those that come after it may arrive before it. */
static inline void sv_link_put(struct sv_link_direction *d, const struct sv_buf *take, sv_time at, bool late)
{
    const struct sv_link_frame fresh = {.at = at, .serial = d->serial++, .buf = take->self};
    struct sv_link_frame *f = sv_link_ordered(d);
    if (SV_UNLIKELY(late || (d->ordered && at < f[sv_link_place(d, d->ordered_first, d->ordered - 1u)].at)))
        sv_link_heap_put(d, fresh);
    else
        f[sv_link_place(d, d->ordered_first, d->ordered++)] = fresh;
}

/* The first to arrive; there is one. */
static inline uint32_t sv_link_take(struct sv_link_direction *d)
{
    const struct sv_link_frame *head = sv_link_head(d);
    SV_ASSERT(head != NULL);
    const uint32_t buf = head->buf;
    if (SV_UNLIKELY(head == sv_link_heap(d)))
        return sv_link_heap_take(d);
    d->ordered_first = sv_link_place(d, d->ordered_first, 1);
    d->ordered--;
    return buf;
}

/* The streams of what comes in at `port`. */
void sv_link_draws_init(struct sv_link_direction *d, sv_port port, uint64_t seed, uint32_t stream);
/* What the next frame draws; *queue: 32 bits for the queue's discipline. */
void sv_link_draw(struct sv_link_direction *d, struct sv_link_fate *fate, uint32_t *queue);

#endif
