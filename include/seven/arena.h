/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of a world: one region that the caller gives, in which everything is found by offset or
 * index and no pointer is kept, so that a copy of the region is a working copy of the world. */
#ifndef SEVEN_ARENA_H
#define SEVEN_ARENA_H

#include "seven/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sv_arena;

/* Lays a world into `bytes` bytes at `memory` (aligned to 64, and zero: fresh from mmap or calloc; this lets a
 * ceiling of millions cost nothing until it is used). The memory stays the caller's: it is left alone while anything
 * in it is used, and given back afterwards; nothing else has to be ended. NULL if too small or misaligned. */
SV_API struct sv_arena *sv_arena_create(void *memory, uint64_t bytes);

/* A piece of the arena, zeroed, never given back, whose distance from the arena's start is a multiple of
 * `align` (a power of two up to 4096): its address is as aligned as the region itself is, so that the
 * layout is the same wherever the region lies. NULL: the arena is full. */
SV_API void *sv_arena_take(struct sv_arena *arena, uint64_t bytes, uint32_t align);

/* Bytes taken so far, which a snapshot needs, and bytes there are. */
SV_API uint64_t sv_arena_used(const struct sv_arena *arena);
SV_API uint64_t sv_arena_bytes(const struct sv_arena *arena);

/* The distance of an object from its arena's start, and the way back. */
static inline uint64_t sv_arena_offset(const struct sv_arena *arena, const void *object)
{
    return (uint64_t)((uintptr_t)object - (uintptr_t)arena);
}
static inline void *sv_arena_at(const struct sv_arena *arena, uint64_t offset)
{
    return (void *)((uintptr_t)arena + (uintptr_t)offset);
}

/* Copies the used part to `to`, memory of the caller's of sv_arena_used() bytes, or back: all that the world was then,
 * the time of its clock too. A world that holds something outside its arena (memory lent by reference, a device, an
 * outside program) is foreign: SV_ERR_FOREIGN, and so is a snapshot of one. SV_ERR_INVALID: `bytes` is not the size
 * that was used then, or the snapshot is of another arena. */
SV_API SV_MUST_CHECK enum sv_err sv_arena_snapshot(const struct sv_arena *arena, void *to, uint64_t bytes);
SV_API SV_MUST_CHECK enum sv_err sv_arena_restore(struct sv_arena *arena, const void *from, uint64_t bytes);
/* From now on there is something outside, and no copy is the whole. For whoever joins a world to a device. */
SV_API void sv_arena_set_foreign(struct sv_arena *arena);
SV_API bool sv_arena_is_foreign(const struct sv_arena *arena);

/* The pools of a world: `bufs` descriptors and `slabs` slabs, each below 2^31. NULL: the arena is too small,
 * or a count out of range. A sixteenth of each is reserved for SV_WANT_CONTROL. */
SV_API struct sv_pool *sv_pool_create(struct sv_arena *arena, uint32_t bufs, uint32_t slabs);
SV_API uint64_t sv_pool_bytes(uint32_t bufs, uint32_t slabs); /* arena bytes such a pool takes */

/* Accounts: what one stack may hold of a pool at once (0: no limit of its own), of which a sixteenth is
 * again kept for SV_WANT_CONTROL. A slab is charged to the account that allocated it until its last reference
 * goes, whoever holds that. Account 0 is the world's own, without limit. SV_NONE: all 64 accounts are
 * given out. */
SV_API uint32_t sv_pool_account(struct sv_pool *pool, uint32_t bufs_max, uint32_t slabs_max);

struct sv_pool_counts {
    uint32_t bufs, bufs_free, bufs_low; /* size, free now, fewest ever free */
    uint32_t slabs, slabs_free, slabs_low;
    uint64_t refused; /* allocations that found the pool or a quota used up */
};
/* Fills *out; always whole. */
SV_API void sv_pool_count(const struct sv_pool *pool, struct sv_pool_counts *out);

/* Lends [memory, memory+bytes) to the world, to be sent by reference; the world becomes foreign. Gives
 * the first window's slab number (window k is that plus k, 2 KiB each); SV_NONE: 16 regions are lent already, or
 * `bytes` is 0 or more than 256 GiB. The memory must stay until sv_pool_take_back() gives SV_OK. SV_ERR_IN_USE: a
 * packet still refers to it, try again later; SV_ERR_INVALID: no such region is lent. */
SV_API uint32_t sv_pool_lend(struct sv_pool *pool, const void *memory, uint64_t bytes);
SV_API SV_MUST_CHECK enum sv_err sv_pool_take_back(struct sv_pool *pool, uint32_t first_window);

#ifdef __cplusplus
}
#endif
#endif
