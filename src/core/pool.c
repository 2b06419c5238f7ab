/* SPDX-License-Identifier: BSD-2-Clause */
/* A world's packet memory: descriptors, slabs, what each account may hold, and the application's memory
 * lent by reference. The hot part is core/pool_inline.h.
 *
 *     struct sv_pool | descriptors, 576 bytes each | slab records, 8 bytes each | slabs, 2 KiB each, page-aligned
 */
#include "core/pool_inline.h"

#define PAGE_BYTES 4096u
#define COUNT_MAX 0x7fffffffu

static uint64_t meta_offset(uint32_t bufs)
{
    return SV_POOL_BYTES + (uint64_t)bufs * SV_BUF_STRIDE;
}

static uint64_t slabs_offset(uint32_t bufs, uint32_t slabs)
{
    const uint64_t at = meta_offset(bufs) + (uint64_t)slabs * sizeof(struct sv_slab_meta);
    return (at + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

uint64_t sv_pool_bytes(uint32_t bufs, uint32_t slabs)
{
    return slabs_offset(bufs, slabs) + (uint64_t)slabs * SV_SLAB_BYTES + PAGE_BYTES;
}

static struct sv_ceiling ceiling(uint32_t max)
{
    return (struct sv_ceiling){0, {max - max / 16, max}};
}

struct sv_pool *sv_pool_create(struct sv_arena *arena, uint32_t bufs, uint32_t slabs)
{
    if (bufs > COUNT_MAX || slabs > COUNT_MAX)
        return NULL;
    const uint64_t slabs_at = slabs_offset(bufs, slabs);
    struct sv_pool *pool = sv_arena_take(arena, slabs_at + (uint64_t)slabs * SV_SLAB_BYTES, PAGE_BYTES);
    if (pool == NULL)
        return NULL;
    pool->arena_at = sv_arena_offset(arena, pool);
    pool->meta_at = meta_offset(bufs);
    pool->slabs_at = slabs_at;
    pool->bufs = bufs;
    pool->slabs = slabs;
    pool->bufs_held = ceiling(bufs);
    pool->slabs_held = ceiling(slabs);
    pool->bufs_first = SV_NONE;
    pool->slabs_first = SV_NONE;
    pool->accounts = 1;
    pool->account[0].bufs = (struct sv_ceiling){0, {SV_NONE, SV_NONE}};
    pool->account[0].slabs = (struct sv_ceiling){0, {SV_NONE, SV_NONE}};
    return pool;
}

uint32_t sv_pool_account(struct sv_pool *pool, uint32_t bufs_max, uint32_t slabs_max)
{
    if (pool->accounts == SV_ACCOUNTS)
        return SV_NONE;
    struct sv_account *a = &pool->account[pool->accounts];
    a->bufs = ceiling(bufs_max ? bufs_max : pool->bufs);
    a->slabs = ceiling(slabs_max ? slabs_max : pool->slabs);
    return pool->accounts++;
}

void sv_pool_count(const struct sv_pool *pool, struct sv_pool_counts *out)
{
    *out = (struct sv_pool_counts){
        .bufs = pool->bufs,
        .bufs_free = pool->bufs - pool->bufs_held.used,
        .bufs_low = pool->bufs - pool->bufs_fresh,
        .slabs = pool->slabs,
        .slabs_free = pool->slabs - pool->slabs_held.used,
        .slabs_low = pool->slabs - pool->slabs_fresh,
        .refused = pool->refused,
    };
}

uint32_t sv_pool_lend(struct sv_pool *pool, const void *memory, uint64_t bytes)
{
    if (memory == NULL || bytes == 0 || bytes > (uint64_t)SV_SLAB_BYTES << SV_REGION_SHIFT)
        return SV_NONE;
    for (uint32_t r = 0; r < SV_REGIONS; r++) {
        struct sv_region *region = &pool->region[r];
        if (region->lent)
            continue;
        *region = (struct sv_region){.address = (uint64_t)(uintptr_t)memory, .bytes = bytes, .lent = 1};
        sv_arena_set_foreign((struct sv_arena *)((uintptr_t)pool - (uintptr_t)pool->arena_at));
        return SV_SLAB_EXTERNAL | r << SV_REGION_SHIFT;
    }
    return SV_NONE;
}

enum sv_err sv_pool_take_back(struct sv_pool *pool, uint32_t first_window)
{
    if (!sv_slab_is_external(first_window) || (first_window & SV_WINDOW_MASK) != 0)
        return SV_ERR_INVALID;
    struct sv_region *region = &pool->region[sv_slab_region(first_window)];
    if (!region->lent)
        return SV_ERR_INVALID;
    if (region->refs != 0)
        return SV_ERR_IN_USE;
    *region = (struct sv_region){0};
    return SV_OK;
}

uint32_t sv_slab_alloc(struct sv_pool *pool, enum sv_want want, uint16_t owner)
{
    return sv_slab_alloc_fast(pool, want, owner);
}

void sv_slab_ref(struct sv_pool *pool, uint32_t slab)
{
    sv_slab_ref_fast(pool, slab);
}

void sv_slab_unref(struct sv_pool *pool, uint32_t slab)
{
    sv_slab_unref_fast(pool, slab);
}

uint8_t *sv_slab_bytes(struct sv_pool *pool, uint32_t slab)
{
    return sv_slab_bytes_fast(pool, slab);
}

/* The lender of external memory counts as a holder: it is never writable. */
uint32_t sv_slab_refs(const struct sv_pool *pool, uint32_t slab)
{
    if (!sv_slab_is_external(slab))
        return sv_pool_meta(pool, slab)->link;
    const uint64_t refs = pool->region[sv_slab_region(slab)].refs + 1;
    return refs > UINT32_MAX ? UINT32_MAX : (uint32_t)refs;
}
