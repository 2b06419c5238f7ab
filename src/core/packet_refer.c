/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/packet_refer.h"

#include "core/mem.h"

/* The piece of `from` that holds the byte at `offset`: how many bytes lie there in one run, and where.
 * `slab` is SV_NONE for inline room. */
struct sv_piece {
    const uint8_t *at;
    uint32_t length;
    uint32_t slab;
    uint16_t in_slab; /* offset of `at` in it */
};

static struct sv_piece sv_piece_at(const struct sv_buf *from, uint32_t offset)
{
    struct sv_pool *pool = sv_buf_pool(from);
    if (offset < from->linear_length) {
        struct sv_piece p = {sv_buf_head(from) + offset, from->linear_length - offset, from->slab, 0};
        if (p.slab != SV_NONE)
            p.in_slab = (uint16_t)(p.at - sv_slab_bytes(pool, p.slab));
        return p;
    }
    uint32_t start = from->linear_length;
    for (uint32_t i = 0; i < from->slices; i++) {
        const struct sv_slice s = from->slice[i];
        if (offset < start + s.length) {
            const uint32_t skip = offset - start;
            const uint8_t *at = sv_slab_bytes(pool, s.slab) + s.offset + skip;
            /* A slice of lent memory may run over several of its windows. */
            const uint32_t windows = (s.offset + skip) / SV_SLAB_BYTES;
            return (struct sv_piece){at, s.length - skip, s.slab + windows,
                                     (uint16_t)(s.offset + skip - windows * SV_SLAB_BYTES)};
        }
        start += s.length;
    }
    return (struct sv_piece){sv_buf_head(from), 0, SV_NONE, 0};
}

uint32_t sv_buf_refer_slices(const struct sv_buf *from, uint32_t offset, uint32_t n)
{
    uint32_t slices = 0;
    while (n > 0) {
        const struct sv_piece p = sv_piece_at(from, offset);
        if (p.length == 0)
            break;
        const uint32_t part = sv_min_u32(p.length, n);
        slices++;
        offset += part;
        n -= part;
    }
    return slices;
}

bool sv_buf_refer(struct sv_buf *to, const struct sv_buf *from, uint32_t offset, uint32_t n, enum sv_want want)
{
    struct sv_pool *pool = sv_buf_pool(from);
    uint32_t room = 0;
    if (to->slices + sv_buf_refer_slices(from, offset, n) > SV_SLICES_MAX)
        return sv_buf_pack(to, from, offset, n, want, &room);
    while (n > 0) {
        const struct sv_piece p = sv_piece_at(from, offset);
        if (p.length == 0)
            return false;
        const uint32_t part = sv_min_u32(p.length, n);
        const struct sv_slice s = {p.slab, p.in_slab, (uint16_t)part};
        if (p.slab == SV_NONE) {
            if (!sv_buf_append(to, p.at, part, want))
                return false;
        } else {
            sv_slab_ref(pool, p.slab);
            if (!sv_buf_append_slice(to, s)) {
                sv_slab_unref(pool, p.slab);
                return false;
            }
        }
        offset += part;
        n -= part;
    }
    return true;
}

bool sv_buf_pack(struct sv_buf *to, const struct sv_buf *from, uint32_t offset, uint32_t n, enum sv_want want,
                 uint32_t *room)
{
    struct sv_pool *pool = sv_buf_pool(from);
    while (n > 0) {
        const struct sv_piece p = sv_piece_at(from, offset);
        if (p.length == 0)
            return false;
        if (*room == 0) {
            const struct sv_slice fresh = {sv_slab_alloc(pool, want, to->owner), 0, 0};
            if (fresh.slab == SV_NONE)
                return false;
            if (!sv_buf_append_slice(to, fresh)) {
                sv_slab_unref(pool, fresh.slab);
                return false;
            }
            *room = SV_SLAB_BYTES;
        }
        struct sv_slice *s = &to->slice[to->slices - 1u];
        const uint32_t part = sv_min_u32(sv_min_u32(p.length, n), *room);
        sv_memcpy(sv_slab_bytes(pool, s->slab) + s->offset + s->length, p.at, part);
        s->length = (uint16_t)(s->length + part);
        to->length += part;
        *room -= part;
        offset += part;
        n -= part;
    }
    return true;
}

bool sv_buf_same(const struct sv_buf *a, uint32_t a_offset, const struct sv_buf *b, uint32_t b_offset, uint32_t n)
{
    while (n > 0) {
        const struct sv_piece p = sv_piece_at(a, a_offset);
        const struct sv_piece q = sv_piece_at(b, b_offset);
        const uint32_t part = sv_min_u32(sv_min_u32(p.length, q.length), n);
        if (part == 0 || sv_memcmp(p.at, q.at, part) != 0)
            return false;
        a_offset += part;
        b_offset += part;
        n -= part;
    }
    return true;
}
