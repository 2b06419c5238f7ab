/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool's records and the few instructions that every packet goes through, for inlining across files
 * (nothing here relies on link-time optimisation). The functions of seven/buf.h are these under their
 * public names; hot code calls the `_fast` forms.
 *
 * Free descriptors and slabs are stacks linked by index, so the one used last, still in the cache, is the
 * next one given. What was never given lies beyond `fresh` and is untouched: a ceiling of millions
 * costs nothing until it is used, and `fresh` is at the same time the most that was ever in use. */
#ifndef SV_CORE_POOL_INLINE_H
#define SV_CORE_POOL_INLINE_H

#include "core/mem.h"
#include "seven/arena.h"

#define SV_ACCOUNTS 64u
#define SV_REGIONS 16u
#define SV_ACCOUNT_FREE 0xffffu /* in sv_buf.owner and sv_slab_meta.owner: it is on the free list */

/* Descriptors stand nine cache lines apart. */
#define SV_BUF_STRIDE 576u
_Static_assert(sizeof(struct sv_buf) <= SV_BUF_STRIDE, "a descriptor fits its place");
_Static_assert(SV_BUF_STRIDE % 64 == 0, "each descriptor begins a line");

/* External slab numbers: SV_SLAB_EXTERNAL, region in bits 27 to 30, window of 2 KiB below. */
#define SV_REGION_SHIFT 27u
#define SV_WINDOW_MASK ((1u << SV_REGION_SHIFT) - 1u)

/* `used` may not reach limit[want]; limit[SV_WANT_DATA] leaves the reserve. */
struct sv_ceiling {
    uint32_t used;
    uint32_t limit[2];
};

struct sv_account {
    struct sv_ceiling bufs, slabs;
    uint32_t spare[2];
};

struct sv_region {
    uint64_t address; /* of the application's memory: why such a world is foreign */
    uint64_t bytes;
    uint64_t refs;
    uint64_t lent; /* 1 while lent */
};

struct sv_slab_meta {
    uint32_t link;   /* references, or while free the next free slab */
    uint16_t owner;  /* account that is charged, or SV_ACCOUNT_FREE */
    uint16_t origin; /* 0: the pool; else the driver whose memory it is */
};

struct sv_pool {
    struct sv_ceiling bufs_held, slabs_held;
    uint32_t bufs_first, bufs_fresh; /* top of the free stack; index of the first never used */
    uint32_t slabs_first, slabs_fresh;
    uint64_t refused;
    uint64_t meta_at, slabs_at; /* from this struct */
    /* cold */
    uint64_t arena_at; /* from the arena to this struct */
    uint32_t bufs, slabs, accounts, spare[3];
    uint8_t pad[32];
    struct sv_account account[SV_ACCOUNTS];
    struct sv_region region[SV_REGIONS];
};

/* Descriptors follow the pool at a fixed distance: so the pool is found from a descriptor and its number. */
#define SV_POOL_BYTES 2688u
_Static_assert(sizeof(struct sv_account) == 32, "the same on every machine");
_Static_assert(sizeof(struct sv_pool) == SV_POOL_BYTES, "the same on every machine");
_Static_assert(SV_POOL_BYTES % 64 == 0, "descriptors begin a line");

static inline struct sv_buf *sv_pool_buf(const struct sv_pool *pool, uint32_t index)
{
    return (struct sv_buf *)((uintptr_t)pool + SV_POOL_BYTES + (uintptr_t)index * SV_BUF_STRIDE);
}

static inline struct sv_pool *sv_buf_pool_fast(const struct sv_buf *b)
{
    return (struct sv_pool *)((uintptr_t)b - (uintptr_t)b->self * SV_BUF_STRIDE - SV_POOL_BYTES);
}

static inline struct sv_slab_meta *sv_pool_meta(const struct sv_pool *pool, uint32_t slab)
{
    return (struct sv_slab_meta *)((uintptr_t)pool + (uintptr_t)pool->meta_at) + slab;
}

static inline bool sv_slab_is_external(uint32_t slab)
{
    return slab >= SV_SLAB_EXTERNAL;
}

static inline uint32_t sv_slab_region(uint32_t slab)
{
    return (slab >> SV_REGION_SHIFT) & (SV_REGIONS - 1u);
}

/* Whether one more may be taken from the pool and on the account; a refusal is counted. */
static inline bool sv_ceiling_allows(struct sv_pool *pool, const struct sv_ceiling *whole,
                                     const struct sv_ceiling *quota, enum sv_want want)
{
    const uint32_t w = (uint32_t)want & 1u;
    if (SV_LIKELY(whole->used < whole->limit[w] && quota->used < quota->limit[w]))
        return true;
    pool->refused++;
    return false;
}

static inline uint8_t *sv_slab_bytes_fast(const struct sv_pool *pool, uint32_t slab)
{
    if (SV_LIKELY(!sv_slab_is_external(slab)))
        return (uint8_t *)((uintptr_t)pool + (uintptr_t)pool->slabs_at + (uintptr_t)slab * SV_SLAB_BYTES);
    return (uint8_t *)((uintptr_t)pool->region[sv_slab_region(slab)].address +
                       (uintptr_t)(slab & SV_WINDOW_MASK) * SV_SLAB_BYTES);
}

static inline uint32_t sv_slab_alloc_fast(struct sv_pool *pool, enum sv_want want, uint16_t owner)
{
    SV_ASSERT(owner < SV_ACCOUNTS);
    struct sv_ceiling *quota = &pool->account[owner].slabs;
    if (!sv_ceiling_allows(pool, &pool->slabs_held, quota, want))
        return SV_NONE;
    uint32_t slab = pool->slabs_first;
    struct sv_slab_meta *meta;
    if (SV_LIKELY(slab != SV_NONE)) {
        meta = sv_pool_meta(pool, slab);
        pool->slabs_first = meta->link;
    } else {
        slab = pool->slabs_fresh++;
        meta = sv_pool_meta(pool, slab);
    }
    *meta = (struct sv_slab_meta){.link = 1, .owner = owner};
    pool->slabs_held.used++;
    quota->used++;
    return slab;
}

static inline void sv_slab_ref_fast(struct sv_pool *pool, uint32_t slab)
{
    if (SV_LIKELY(!sv_slab_is_external(slab))) {
        struct sv_slab_meta *meta = sv_pool_meta(pool, slab);
        SV_ASSERT(meta->owner != SV_ACCOUNT_FREE);
        meta->link++;
    } else {
        SV_ASSERT(pool->region[sv_slab_region(slab)].lent);
        pool->region[sv_slab_region(slab)].refs++;
    }
}

static inline void sv_slab_unref_fast(struct sv_pool *pool, uint32_t slab)
{
    if (SV_UNLIKELY(sv_slab_is_external(slab))) {
        SV_ASSERT(pool->region[sv_slab_region(slab)].refs != 0);
        pool->region[sv_slab_region(slab)].refs--;
        return;
    }
    struct sv_slab_meta *meta = sv_pool_meta(pool, slab);
    SV_ASSERT(meta->owner < SV_ACCOUNTS);
    if (meta->link != 1) {
        meta->link--;
        return;
    }
    pool->account[meta->owner].slabs.used--;
    pool->slabs_held.used--;
    *meta = (struct sv_slab_meta){.link = pool->slabs_first, .owner = SV_ACCOUNT_FREE};
    pool->slabs_first = slab;
}

/* More than one holder, or the application's memory: read-only. */
static inline bool sv_slab_is_shared(const struct sv_pool *pool, uint32_t slab)
{
    return sv_slab_is_external(slab) || sv_pool_meta(pool, slab)->link != 1;
}

/* A descriptor with everything set but its linear area. */
static inline struct sv_buf *sv_buf_take_fast(struct sv_pool *pool, enum sv_want want, uint16_t owner)
{
    SV_ASSERT(owner < SV_ACCOUNTS);
    struct sv_ceiling *quota = &pool->account[owner].bufs;
    if (!sv_ceiling_allows(pool, &pool->bufs_held, quota, want))
        return NULL;
    uint32_t index = pool->bufs_first;
    struct sv_buf *b;
    if (SV_LIKELY(index != SV_NONE)) {
        b = sv_pool_buf(pool, index);
        pool->bufs_first = b->next;
    } else {
        index = pool->bufs_fresh++;
        b = sv_pool_buf(pool, index);
        b->self = index;
    }
    pool->bufs_held.used++;
    quota->used++;
    b->next = SV_NONE;
    sv_memset((uint8_t *)b + offsetof(struct sv_buf, length), 0,
              offsetof(struct sv_buf, owner) - offsetof(struct sv_buf, length)); /* length to flags, at once */
    b->segments = 1;
    b->owner = owner;
    b->id = 0;
    return b;
}

static inline struct sv_buf *sv_buf_alloc_fast(struct sv_pool *pool, enum sv_want want, uint16_t owner)
{
    struct sv_buf *b = sv_buf_take_fast(pool, want, owner);
    if (SV_UNLIKELY(b == NULL))
        return NULL;
    b->base = (int64_t)offsetof(struct sv_buf, inline_room);
    b->head = SV_HEADROOM;
    b->capacity = SV_HEADROOM;
    b->slab = SV_NONE;
    return b;
}

/* The descriptor alone, its references being gone already. */
static inline void sv_buf_put_fast(struct sv_pool *pool, struct sv_buf *b)
{
    SV_ASSERT(b->owner < SV_ACCOUNTS);
    pool->account[b->owner].bufs.used--;
    pool->bufs_held.used--;
    b->owner = SV_ACCOUNT_FREE;
    b->next = pool->bufs_first;
    pool->bufs_first = b->self;
}

static inline void sv_buf_free_fast(struct sv_buf *b)
{
    struct sv_pool *pool = sv_buf_pool_fast(b);
    if (b->slab != SV_NONE)
        sv_slab_unref_fast(pool, b->slab);
    for (uint32_t i = 0; i < b->slices; i++)
        sv_slab_unref_fast(pool, b->slice[i].slab);
    sv_buf_put_fast(pool, b);
}

#endif
