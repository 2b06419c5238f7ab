/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets as wholes: cloning, making private, gathering, appending, reading, cutting. Each either does all
 * that it says or changes nothing: slabs are had first, bytes are copied second, links set last. */
#include "core/pool_inline.h"

struct sv_buf *sv_buf_alloc(struct sv_pool *pool, enum sv_want want, uint16_t owner)
{
    return sv_buf_alloc_fast(pool, want, owner);
}

/* `b` gets the slab as its linear area. */
static void set_linear(struct sv_pool *pool, struct sv_buf *b, uint32_t slab, uint16_t capacity)
{
    b->slab = slab;
    b->capacity = capacity;
    b->base = (int64_t)((intptr_t)sv_slab_bytes_fast(pool, slab) - (intptr_t)b);
}

struct sv_buf *sv_buf_alloc_slab(struct sv_pool *pool, enum sv_want want, uint16_t owner, uint16_t headroom)
{
    SV_ASSERT(headroom <= SV_SLAB_BYTES);
    struct sv_buf *b = sv_buf_take_fast(pool, want, owner);
    if (b == NULL)
        return NULL;
    const uint32_t slab = sv_slab_alloc_fast(pool, want, owner);
    if (slab == SV_NONE) {
        sv_buf_put_fast(pool, b);
        return NULL;
    }
    set_linear(pool, b, slab, SV_SLAB_BYTES);
    b->head = headroom;
    return b;
}

void sv_buf_free(struct sv_buf *b)
{
    if (b != NULL)
        sv_buf_free_fast(b);
}

struct sv_pool *sv_buf_pool(const struct sv_buf *b)
{
    return sv_buf_pool_fast(b);
}

struct sv_buf *sv_buf_clone(const struct sv_buf *b, enum sv_want want)
{
    struct sv_pool *pool = sv_buf_pool_fast(b);
    struct sv_buf *c = sv_buf_take_fast(pool, want, b->owner);
    if (c == NULL)
        return NULL;
    const uint32_t self = c->self;
    sv_memcpy(c, b, offsetof(struct sv_buf, inline_room));
    c->self = self;
    c->next = SV_NONE;
    if (b->slab == SV_NONE) {
        sv_memcpy(c->inline_room, b->inline_room, SV_HEADROOM);
    } else {
        sv_slab_ref_fast(pool, b->slab);
        set_linear(pool, c, b->slab, b->capacity);
    }
    for (uint32_t i = 0; i < b->slices; i++) {
        sv_slab_ref_fast(pool, b->slice[i].slab);
        c->slice[i] = b->slice[i];
    }
    return c;
}

static bool linear_is_shared(const struct sv_pool *pool, const struct sv_buf *b)
{
    return b->slab != SV_NONE && sv_slab_is_shared(pool, b->slab);
}

/* All of `n` slabs or none. */
static bool take_slabs(struct sv_pool *pool, uint32_t *slab, uint32_t n, enum sv_want want, uint16_t owner)
{
    for (uint32_t i = 0; i < n; i++) {
        slab[i] = sv_slab_alloc_fast(pool, want, owner);
        if (slab[i] == SV_NONE) {
            while (i-- > 0)
                sv_slab_unref_fast(pool, slab[i]);
            return false;
        }
    }
    return true;
}

static uint16_t shifted(uint16_t layer, uint16_t by)
{
    return layer > by ? (uint16_t)(layer - by) : 0;
}

/* Moves the linear part, grown later to `room` bytes from head, to a slab of its own. Offsets from base stay
 * as they are if that fits; else all move down by the same distance. */
static void move_linear(struct sv_pool *pool, struct sv_buf *b, uint32_t slab, uint16_t room)
{
    const uint16_t down = b->head + room > SV_SLAB_BYTES ? (uint16_t)(b->head + room - SV_SLAB_BYTES) : 0;
    const uint8_t *from = sv_buf_at(b, down);
    sv_memcpy(sv_slab_bytes_fast(pool, slab), from, (size_t)(b->head - down) + b->linear_length);
    const uint32_t old = b->slab;
    set_linear(pool, b, slab, SV_SLAB_BYTES);
    if (old != SV_NONE)
        sv_slab_unref_fast(pool, old);
    b->head = (uint16_t)(b->head - down);
    if (down != 0) {
        b->l2 = shifted(b->l2, down);
        b->l3 = shifted(b->l3, down);
        b->l4 = shifted(b->l4, down);
        b->payload = shifted(b->payload, down);
    }
}

/* Who edits headers of a packet on its way lets it go on: that may use the reserve. */
bool sv_buf_own_linear(struct sv_buf *b)
{
    struct sv_pool *pool = sv_buf_pool_fast(b);
    if (!linear_is_shared(pool, b))
        return true;
    if (b->linear_length > SV_SLAB_BYTES)
        return false;
    const uint32_t slab = sv_slab_alloc_fast(pool, SV_WANT_CONTROL, b->owner);
    if (slab == SV_NONE)
        return false;
    move_linear(pool, b, slab, b->linear_length);
    return true;
}

/* The first bytes go to a slab of their own, behind the headroom; what they leave of a long linear part becomes a
 * slice. */
bool sv_buf_make_headroom(struct sv_buf *b, uint16_t n)
{
    struct sv_pool *pool = sv_buf_pool_fast(b);
    if (b->head >= n && !linear_is_shared(pool, b))
        return true;
    const uint16_t kept = (uint16_t)sv_min_u32(b->linear_length, SV_SLAB_BYTES / 2u);
    const uint16_t rest = (uint16_t)(b->linear_length - kept);
    if (n > SV_SLAB_BYTES / 2u || (rest && b->slices == SV_SLICES_MAX))
        return false;
    const uint32_t slab = sv_slab_alloc_fast(pool, SV_WANT_CONTROL, b->owner);
    if (slab == SV_NONE)
        return false;
    const uint32_t old = b->slab;
    const uint16_t head = b->head;
    sv_memcpy(sv_slab_bytes_fast(pool, slab) + n, sv_buf_head(b), kept);
    set_linear(pool, b, slab, SV_SLAB_BYTES);
    b->head = n;
    b->linear_length = kept;
    b->l2 = (uint16_t)(b->l2 - head + n);
    b->l3 = (uint16_t)(b->l3 - head + n);
    b->l4 = (uint16_t)(b->l4 - head + n);
    b->payload = (uint16_t)(b->payload - head + n);
    if (rest) { /* its reference goes along; inline room never is that long */
        sv_memmove(b->slice + 1, b->slice, b->slices * sizeof b->slice[0]);
        b->slice[0] = (struct sv_slice){old, (uint16_t)(head + kept), rest};
        b->slices++;
    } else if (old != SV_NONE) {
        sv_slab_unref_fast(pool, old);
    }
    return true;
}

/* How the slices of sv_buf_own() will lie: runs of shared ones are copied as one row of bytes into fresh slabs,
 * which also splits what is longer than a slab. With `slab` NULL it only counts. */
struct own_plan {
    uint32_t slices, slabs;
};

static bool run_ends(const struct sv_pool *pool, const struct sv_buf *b, uint32_t i)
{
    return i == b->slices || !sv_slab_is_shared(pool, b->slice[i].slab);
}

static struct own_plan own_count(const struct sv_pool *pool, const struct sv_buf *b)
{
    struct own_plan plan = {0, 0};
    uint32_t run_bytes = 0;
    for (uint32_t i = 0; i <= b->slices; i++) {
        if (!run_ends(pool, b, i)) {
            run_bytes += b->slice[i].length;
            continue;
        }
        const uint32_t pieces = (run_bytes + SV_SLAB_BYTES - 1) / SV_SLAB_BYTES;
        plan.slabs += pieces;
        plan.slices += pieces + (i < b->slices ? 1 : 0);
        run_bytes = 0;
    }
    return plan;
}

/* Copies one shared slice behind the last fresh one; `fill` are the bytes in that. Gives the new fill. */
static uint32_t own_copy(struct sv_pool *pool, struct sv_slice from, struct sv_slice *to, uint32_t *slices,
                         const uint32_t **fresh, uint32_t fill)
{
    const uint8_t *at = sv_slab_bytes_fast(pool, from.slab) + from.offset;
    uint32_t left = from.length;
    while (left != 0) {
        if (fill == SV_SLAB_BYTES) {
            to[(*slices)++] = (struct sv_slice){*(*fresh)++, 0, 0};
            fill = 0;
        }
        const uint32_t n = sv_min_u32(left, SV_SLAB_BYTES - fill);
        struct sv_slice *last = &to[*slices - 1];
        sv_memcpy(sv_slab_bytes_fast(pool, last->slab) + fill, at, n);
        last->length = (uint16_t)(last->length + n);
        fill += n;
        at += n;
        left -= n;
    }
    return fill;
}

static void own_slices(struct sv_pool *pool, struct sv_buf *b, const uint32_t *fresh)
{
    struct sv_slice to[SV_SLICES_MAX];
    uint32_t released[SV_SLICES_MAX]; /* only when all is copied: references decide what is shared */
    uint32_t slices = 0, releases = 0, fill = SV_SLAB_BYTES;
    for (uint32_t i = 0; i < b->slices; i++) {
        if (!sv_slab_is_shared(pool, b->slice[i].slab)) {
            to[slices++] = b->slice[i];
            fill = SV_SLAB_BYTES;
            continue;
        }
        fill = own_copy(pool, b->slice[i], to, &slices, &fresh, fill);
        released[releases++] = b->slice[i].slab;
    }
    for (uint32_t i = 0; i < slices; i++)
        b->slice[i] = to[i];
    b->slices = (uint16_t)slices;
    for (uint32_t i = 0; i < releases; i++)
        sv_slab_unref_fast(pool, released[i]);
}

bool sv_buf_own(struct sv_buf *b)
{
    struct sv_pool *pool = sv_buf_pool_fast(b);
    const struct own_plan plan = own_count(pool, b);
    const uint32_t linear = linear_is_shared(pool, b) ? 1 : 0;
    if (plan.slabs + linear == 0)
        return true;
    if (plan.slices > SV_SLICES_MAX || (linear && b->linear_length > SV_SLAB_BYTES))
        return false;
    uint32_t fresh[SV_SLICES_MAX + 1];
    if (!take_slabs(pool, fresh, plan.slabs + linear, SV_WANT_DATA, b->owner))
        return false;
    /* The slices first: letting the linear slab go could make a slice of the same slab look private. */
    own_slices(pool, b, fresh + linear);
    if (linear)
        move_linear(pool, b, fresh[0], b->linear_length);
    return true;
}

static uint32_t copy_slices(struct sv_pool *pool, const struct sv_buf *b, uint32_t offset, uint8_t *to, uint32_t n)
{
    for (uint32_t i = 0; i < b->slices && n != 0; i++) {
        const struct sv_slice s = b->slice[i];
        if (offset >= s.length) {
            offset -= s.length;
            continue;
        }
        const uint32_t part = sv_min_u32(n, s.length - offset);
        sv_memcpy(to, sv_slab_bytes_fast(pool, s.slab) + s.offset + offset, part);
        to += part;
        n -= part;
        offset = 0;
    }
    return n;
}

bool sv_buf_read(const struct sv_buf *b, uint32_t offset, void *to, uint32_t n)
{
    if (offset > b->length || n > b->length - offset)
        return false;
    uint8_t *at = to;
    if (offset < b->linear_length) {
        const uint32_t part = sv_min_u32(n, b->linear_length - offset);
        sv_memcpy(at, sv_buf_head(b) + offset, part);
        at += part;
        n -= part;
        offset = 0;
    } else {
        offset -= b->linear_length;
    }
    if (n != 0) /* zero bytes may come with a null pointer */
        n = copy_slices(sv_buf_pool_fast(b), b, offset, at, n);
    SV_ASSERT(n == 0);
    return true;
}

/* Lets the first n bytes of the slices go. */
static void eat_slices(struct sv_pool *pool, struct sv_buf *b, uint32_t n)
{
    uint32_t gone = 0;
    while (gone < b->slices && n >= b->slice[gone].length) {
        n -= b->slice[gone].length;
        sv_slab_unref_fast(pool, b->slice[gone].slab);
        gone++;
    }
    if (gone != 0) {
        b->slices = (uint16_t)(b->slices - gone);
        sv_memmove(b->slice, b->slice + gone, b->slices * sizeof b->slice[0]);
    }
    if (n != 0) {
        b->slice[0].offset = (uint16_t)(b->slice[0].offset + n);
        b->slice[0].length = (uint16_t)(b->slice[0].length - n);
    }
}

bool sv_buf_gather(struct sv_buf *b, uint16_t n)
{
    if (n <= b->linear_length)
        return true;
    if (n > b->length || n > SV_SLAB_BYTES)
        return false;
    struct sv_pool *pool = sv_buf_pool_fast(b);
    if (linear_is_shared(pool, b) || b->head + n > b->capacity) {
        /* Reading an acknowledgement may be what frees memory: the reserve may be used. */
        const uint32_t slab = sv_slab_alloc_fast(pool, SV_WANT_CONTROL, b->owner);
        if (slab == SV_NONE)
            return false;
        move_linear(pool, b, slab, n);
    }
    const uint32_t more = (uint32_t)n - b->linear_length;
    (void)copy_slices(pool, b, 0, sv_buf_head(b) + b->linear_length, more);
    eat_slices(pool, b, more);
    b->linear_length = n;
    return true;
}

bool sv_buf_append(struct sv_buf *b, const void *from, uint32_t n, enum sv_want want)
{
    struct sv_pool *pool = sv_buf_pool_fast(b);
    const uint8_t *at = from;
    uint32_t room = 0;
    if (b->slices == 0 && !linear_is_shared(pool, b))
        room = sv_min_u32(n, (uint32_t)b->capacity - b->head - b->linear_length);
    const uint32_t left = n - room;
    const uint32_t slabs = left / SV_SLAB_BYTES + (left % SV_SLAB_BYTES != 0 ? 1 : 0);
    if (slabs > SV_SLICES_MAX - b->slices)
        return false;
    uint32_t fresh[SV_SLICES_MAX];
    if (!take_slabs(pool, fresh, slabs, want, b->owner))
        return false;
    if (room != 0) {
        sv_memcpy(sv_buf_head(b) + b->linear_length, at, room);
        b->linear_length = (uint16_t)(b->linear_length + room);
        at += room;
    }
    for (uint32_t i = 0; i < slabs; i++) {
        const uint32_t part = sv_min_u32(left - i * SV_SLAB_BYTES, SV_SLAB_BYTES);
        sv_memcpy(sv_slab_bytes_fast(pool, fresh[i]), at, part);
        at += part;
        b->slice[b->slices++] = (struct sv_slice){fresh[i], 0, (uint16_t)part};
    }
    b->length += n;
    return true;
}

bool sv_buf_append_slice(struct sv_buf *b, struct sv_slice s)
{
    SV_ASSERT(sv_slab_is_external(s.slab) || (uint32_t)s.offset + s.length <= SV_SLAB_BYTES);
    if (b->slices == SV_SLICES_MAX)
        return false;
    b->slice[b->slices++] = s;
    b->length += s.length;
    return true;
}

void sv_buf_truncate(struct sv_buf *b, uint32_t n)
{
    if (n >= b->length)
        return;
    struct sv_pool *pool = sv_buf_pool_fast(b);
    uint32_t excess = b->length - n;
    while (b->slices != 0 && excess >= b->slice[b->slices - 1].length) {
        const struct sv_slice last = b->slice[--b->slices];
        excess -= last.length;
        sv_slab_unref_fast(pool, last.slab);
    }
    if (b->slices != 0)
        b->slice[b->slices - 1].length = (uint16_t)(b->slice[b->slices - 1].length - excess);
    else
        b->linear_length = (uint16_t)(b->linear_length - excess);
    b->length = n;
}
