/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of what came out of order: chunks of ranges, the first of them beside the heads of all. */
#include "l4_transport/tcp_ranges.h"

#define SV_CHUNKS 122u /* 15,553 ranges: as many as a sender's scoreboard follows here (tcp_scoreboard.h) */

struct sv_range_chunk {
    uint32_t slab; /* the root's own: the ranges behind the heads */
    uint32_t count;
};

struct sv_range_root {
    uint32_t recent[SV_SACK_RECENT];
    uint32_t chunks;
    uint32_t own_used; /* a chunk lies in this slab */
    struct sv_range_chunk chunk[SV_CHUNKS];
};

#define SV_OWN_RANGES ((SV_SLAB_BYTES - sizeof(struct sv_range_root)) / sizeof(struct sv_range))
#define SV_CHUNK_RANGES (SV_SLAB_BYTES / sizeof(struct sv_range))

_Static_assert(sizeof(struct sv_range) == 16 && SV_CHUNK_RANGES == 128, "128 ranges fit a slab");
_Static_assert(SV_OWN_RANGES == 65, "and so many the first");
_Static_assert(SV_OWN_RANGES > SV_CHUNK_RANGES / 2, "where half of a full one may go, and one more");

static struct sv_range_root *sv_ranges_root(const struct sv_tcb *t)
{
    return (struct sv_range_root *)(void *)sv_slab_bytes(sv_core_pool(t->core), t->b->ooo_slab);
}

static struct sv_range *sv_ranges_of(const struct sv_tcb *t, const struct sv_range_chunk *c)
{
    if (c->slab == t->b->ooo_slab)
        return (struct sv_range *)(void *)(sv_ranges_root(t) + 1);
    return (struct sv_range *)(void *)sv_slab_bytes(sv_core_pool(t->core), c->slab);
}

static uint32_t sv_ranges_room(const struct sv_tcb *t, const struct sv_range_chunk *c)
{
    return (c->slab == t->b->ooo_slab ? (uint32_t)SV_OWN_RANGES : (uint32_t)SV_CHUNK_RANGES) - c->count;
}

bool sv_ranges_open(struct sv_tcb *t)
{
    t->b->ooo_slab = sv_slab_alloc(sv_core_pool(t->core), SV_WANT_DATA, t->core->account);
    if (t->b->ooo_slab == SV_NONE)
        return false;
    struct sv_range_root *root = sv_ranges_root(t);
    root->chunks = root->own_used = 0;
    for (uint32_t k = 0; k < SV_SACK_RECENT; k++)
        root->recent[k] = t->h->rcv_nxt;
    return true;
}

uint32_t *sv_ranges_recent(const struct sv_tcb *t)
{
    return sv_ranges_root(t)->recent;
}

struct sv_range *sv_ranges_get(const struct sv_tcb *t, struct sv_range_at at)
{
    const struct sv_range_root *root = sv_ranges_root(t);
    return at.chunk < root->chunks ? &sv_ranges_of(t, &root->chunk[at.chunk])[at.index] : NULL;
}

struct sv_range_at sv_ranges_end(const struct sv_tcb *t)
{
    return (struct sv_range_at){sv_ranges_root(t)->chunks, 0};
}

struct sv_range_at sv_ranges_next(const struct sv_tcb *t, struct sv_range_at at)
{
    if (at.index + 1u < sv_ranges_root(t)->chunk[at.chunk].count)
        return (struct sv_range_at){at.chunk, at.index + 1u};
    return (struct sv_range_at){at.chunk + 1u, 0};
}

struct sv_range_at sv_ranges_before(const struct sv_tcb *t, struct sv_range_at at)
{
    if (at.index)
        return (struct sv_range_at){at.chunk, at.index - 1u};
    return (struct sv_range_at){at.chunk - 1u, sv_ranges_root(t)->chunk[at.chunk - 1u].count - 1u};
}

static bool sv_ranges_hinted(const struct sv_tcb *t, const struct sv_range_root *root, struct sv_range_at at,
                             uint32_t seq)
{
    if (at.chunk >= root->chunks || at.index >= root->chunk[at.chunk].count || (at.chunk && !at.index))
        return false;
    const struct sv_range *r = &sv_ranges_of(t, &root->chunk[at.chunk])[at.index];
    return sv_seq_after_or_at(r->end, seq) && (at.index == 0 || sv_seq_before(r[-1].end, seq));
}

struct sv_range_at sv_ranges_find(const struct sv_tcb *t, uint32_t seq)
{
    const struct sv_range_root *root = sv_ranges_root(t);
    const struct sv_range_at hint = {t->b->ooo_hint >> 8, t->b->ooo_hint & 255u};
    if (sv_ranges_hinted(t, root, hint, seq))
        return hint;
    uint32_t low = 0, high = root->chunks;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2u;
        const struct sv_range_chunk *c = &root->chunk[middle];
        if (sv_seq_before(sv_ranges_of(t, c)[c->count - 1u].end, seq))
            low = middle + 1u;
        else
            high = middle;
    }
    struct sv_range_at at = {low, 0};
    if (low == root->chunks)
        return at;
    const struct sv_range *r = sv_ranges_of(t, &root->chunk[at.chunk]);
    for (high = root->chunk[at.chunk].count; at.index < high;) {
        const uint32_t middle = at.index + (high - at.index) / 2u;
        if (sv_seq_before(r[middle].end, seq))
            at.index = middle + 1u;
        else
            high = middle;
    }
    return at;
}

/* An empty chunk as number `where`. */
static bool sv_ranges_chunk_new(struct sv_tcb *t, struct sv_range_root *root, uint32_t where)
{
    uint32_t slab = t->b->ooo_slab;
    if (root->chunks == SV_CHUNKS)
        return false;
    if (root->own_used) {
        slab = sv_slab_alloc(sv_core_pool(t->core), SV_WANT_DATA, t->core->account);
        if (slab == SV_NONE)
            return false;
        t->b->ooo_held += SV_SLAB_BYTES;
    }
    root->own_used = 1;
    sv_memmove(&root->chunk[where + 1u], &root->chunk[where], (root->chunks - where) * sizeof root->chunk[0]);
    root->chunk[where] = (struct sv_range_chunk){slab, 0};
    root->chunks++;
    return true;
}

static void sv_ranges_chunk_gone(struct sv_tcb *t, struct sv_range_root *root, uint32_t where)
{
    const uint32_t slab = root->chunk[where].slab;
    if (slab == t->b->ooo_slab) {
        root->own_used = 0;
    } else {
        sv_slab_unref(sv_core_pool(t->core), slab);
        t->b->ooo_held -= SV_SLAB_BYTES;
    }
    root->chunks--;
    sv_memmove(&root->chunk[where], &root->chunk[where + 1u], (root->chunks - where) * sizeof root->chunk[0]);
}

/* One from a full chunk to a neighbour that is not, if there is one. */
static bool sv_ranges_shift(struct sv_tcb *t, struct sv_range_root *root, struct sv_range_at *at)
{
    struct sv_range_chunk *c = &root->chunk[at->chunk];
    struct sv_range *r = sv_ranges_of(t, c);
    if (at->chunk + 1u < root->chunks && sv_ranges_room(t, c + 1)) {
        struct sv_range *next = sv_ranges_of(t, c + 1);
        sv_memmove(next + 1, next, c[1].count * sizeof *r);
        next[0] = r[--c->count];
        c[1].count++;
        return true;
    }
    if (at->chunk && sv_ranges_room(t, c - 1)) {
        sv_ranges_of(t, c - 1)[c[-1].count++] = r[0];
        sv_memmove(r, r + 1, --c->count * sizeof *r);
        at->index--;
        return true;
    }
    return false;
}

/* Room before `at`, which then says where. At either end a chunk begins anew, for holes mostly come in order; between
 * two full ones half of it moves. */
static bool sv_ranges_make_room(struct sv_tcb *t, struct sv_range_root *root, struct sv_range_at *at)
{
    struct sv_range_chunk *c = &root->chunk[at->chunk];
    if (at->chunk < root->chunks && sv_ranges_room(t, c))
        return true;
    if (at->index == 0) {
        if (at->chunk && sv_ranges_room(t, c - 1)) {
            *at = (struct sv_range_at){at->chunk - 1u, c[-1].count};
            return true;
        }
        return sv_ranges_chunk_new(t, root, at->chunk);
    }
    if (sv_ranges_shift(t, root, at))
        return true;
    if (!sv_ranges_chunk_new(t, root, at->chunk + 1u))
        return false;
    const uint32_t half = c->count / 2u;
    c[1].count = c->count - half;
    sv_memcpy(sv_ranges_of(t, &c[1]), sv_ranges_of(t, c) + half, c[1].count * sizeof(struct sv_range));
    c->count = half;
    if (at->index > half)
        *at = (struct sv_range_at){at->chunk + 1u, at->index - half};
    return true;
}

bool sv_ranges_insert(struct sv_tcb *t, struct sv_range_at *at, struct sv_range range)
{
    struct sv_range_root *root = sv_ranges_root(t);
    if (!sv_ranges_make_room(t, root, at))
        return false;
    struct sv_range_chunk *c = &root->chunk[at->chunk];
    struct sv_range *r = sv_ranges_of(t, c) + at->index;
    sv_memmove(r + 1, r, (c->count - at->index) * sizeof *r);
    *r = range;
    c->count++;
    t->b->ooo_count++;
    return true;
}

void sv_ranges_remove(struct sv_tcb *t, struct sv_range_at *at)
{
    struct sv_range_root *root = sv_ranges_root(t);
    struct sv_range_chunk *c = &root->chunk[at->chunk];
    struct sv_range *r = sv_ranges_of(t, c) + at->index;
    t->b->ooo_count--;
    c->count--;
    sv_memmove(r, r + 1, (c->count - at->index) * sizeof *r);
    const bool last = at->index == c->count;
    if (!c->count)
        sv_ranges_chunk_gone(t, root, at->chunk);
    else if (last)
        at->chunk++;
    if (last)
        at->index = 0;
}

void sv_ranges_close(struct sv_tcb *t)
{
    struct sv_range_root *root = sv_ranges_root(t);
    while (root->chunks)
        sv_ranges_chunk_gone(t, root, root->chunks - 1u);
    sv_slab_unref(sv_core_pool(t->core), t->b->ooo_slab);
    t->b->ooo_slab = SV_NONE;
    t->b->ooo_count = 0;
}
