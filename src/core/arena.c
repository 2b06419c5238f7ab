/* SPDX-License-Identifier: BSD-2-Clause */
/* One region of the caller's, handed out from the front and never given back. The header lies at its
 * start, so a copy of the used part is a whole world. */
#include "seven/arena.h"

#include "core/mem.h"

#define ARENA_MAGIC 0x414e455241565300u /* "\0SVARENA", little-endian */
#define ARENA_ALIGN_MAX 4096u

struct sv_arena {
    uint64_t magic;
    uint64_t bytes;   /* of the whole region */
    uint64_t used;    /* from the start, header included */
    uint64_t touched; /* bytes from the start that may differ from zero: grows even when used shrinks */
    uint32_t foreign;
    uint32_t spare[7];
};

_Static_assert(sizeof(struct sv_arena) == 64, "one line; the first piece lies on the next");

struct sv_arena *sv_arena_create(void *memory, uint64_t bytes)
{
    if (memory == NULL || (uintptr_t)memory % 64 != 0 || bytes < sizeof(struct sv_arena))
        return NULL;
    if (bytes > (uint64_t)(UINTPTR_MAX - (uintptr_t)memory))
        return NULL;
    struct sv_arena *arena = (struct sv_arena *)memory;
    *arena = (struct sv_arena){.magic = ARENA_MAGIC, .bytes = bytes, .used = sizeof *arena, .touched = sizeof *arena};
    return arena;
}

/* Alignment is of offsets, and of addresses as far as the region's own start has it. A region that starts on
 * a page boundary, as from mmap, gives page-aligned pieces. Offsets decide, so that the layout does not
 * depend on where the region lies. */
void *sv_arena_take(struct sv_arena *arena, uint64_t bytes, uint32_t align)
{
    SV_ASSERT(align != 0);
    SV_ASSERT((align & (align - 1)) == 0);
    SV_ASSERT(align <= ARENA_ALIGN_MAX);
    const uint64_t mask = (uint64_t)align - 1;
    const uint64_t at = (arena->used + mask) & ~mask;
    if (at > arena->bytes || bytes > arena->bytes - at)
        return NULL;
    arena->used = at + bytes;
    uint8_t *piece = (uint8_t *)sv_arena_at(arena, at);
    /* The region came zeroed; only what an undone future wrote must be cleared again. */
    if (at < arena->touched)
        sv_memset(piece, 0, (size_t)(sv_min_u64(arena->touched, arena->used) - at));
    arena->touched = sv_max_u64(arena->touched, arena->used);
    return piece;
}

uint64_t sv_arena_used(const struct sv_arena *arena)
{
    return arena->used;
}

uint64_t sv_arena_bytes(const struct sv_arena *arena)
{
    return arena->bytes;
}

enum sv_err sv_arena_snapshot(const struct sv_arena *arena, void *to, uint64_t bytes)
{
    if (arena->foreign)
        return SV_ERR_FOREIGN;
    if (bytes != arena->used)
        return SV_ERR_INVALID;
    sv_memcpy(to, arena, (size_t)bytes);
    return SV_OK;
}

enum sv_err sv_arena_restore(struct sv_arena *arena, const void *from, uint64_t bytes)
{
    if (arena->foreign)
        return SV_ERR_FOREIGN;
    struct sv_arena header;
    if (bytes < sizeof header)
        return SV_ERR_INVALID;
    sv_memcpy(&header, from, sizeof header);
    if (header.magic != ARENA_MAGIC || header.bytes != arena->bytes || header.used != bytes || bytes > arena->bytes)
        return SV_ERR_INVALID;
    if (header.foreign)
        return SV_ERR_FOREIGN;
    const uint64_t touched = sv_max_u64(arena->touched, bytes);
    sv_memcpy(arena, from, (size_t)bytes);
    arena->touched = touched;
    return SV_OK;
}

void sv_arena_set_foreign(struct sv_arena *arena)
{
    arena->foreign = 1;
}

bool sv_arena_is_foreign(const struct sv_arena *arena)
{
    return arena->foreign != 0;
}
