/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments that came before their turn. Ranges stand in sequence order in a table (tcp_ranges.h); the packets of a
 * range are linked by their descriptors, trimmed so that none overlaps another. What has become in order is handed on
 * packet by packet.
 *
 * What they cost is counted as memory, not as text: a byte that came alone holds a slab as a full segment does. Small
 * ones that touch are put together in one; and there is an end to it. */
#include "l4_transport/tcp_ranges.h"

#define SV_HELD_RANGES 127u    /* one packet for each of so many, beside what a window of full segments costs */
#define SV_HELD_BUF_BYTES 640u /* of a descriptor, and 2 KiB for each slab of its own */

_Static_assert(sizeof(struct sv_buf) <= SV_HELD_BUF_BYTES, "charged in full");

static uint32_t sv_held_bytes(const struct sv_buf *b)
{
    return SV_HELD_BUF_BYTES + ((uint32_t)b->slices + (b->slab != SV_NONE)) * SV_SLAB_BYTES;
}

/* Segments of half a slab and more cost up to 2.7 times their text: so much of a whole window, and one packet for each
 * of some ranges. */
static bool sv_held_room(const struct sv_tcb *t, const struct sv_buf *b)
{
    const uint64_t most = 3ull * t->c->recv_buffer + SV_HELD_RANGES * (SV_HELD_BUF_BYTES + SV_SLAB_BYTES);
    return (uint64_t)t->b->ooo_held + sv_held_bytes(b) <= most;
}

/* Can the bytes of `b`, few as they are, stand behind those of `a`, in its slab? */
static bool sv_held_joins(struct sv_pool *pool, const struct sv_buf *a, const struct sv_buf *b)
{
    return b->length <= SV_SLAB_BYTES / 2u && !a->slices && a->slab != SV_NONE && sv_slab_refs(pool, a->slab) == 1 &&
           (uint32_t)a->head + a->linear_length + b->length <= a->capacity;
}

static void sv_held_join(struct sv_buf *a, struct sv_buf *b)
{
    const bool read = sv_buf_read(b, 0, sv_buf_head(a) + a->linear_length, b->length);
    SV_ASSERT(read);
    a->linear_length = (uint16_t)(a->linear_length + b->length);
    a->length += b->length;
    sv_buf_free(b);
}

/* Takes n bytes off the front of a packet, across slices. */
void sv_buf_skip(struct sv_buf *b, uint32_t n)
{
    SV_ASSERT(n <= b->length);
    const uint32_t linear = sv_min_u32(n, b->linear_length);
    sv_buf_pull(b, (uint16_t)linear);
    n -= linear;
    uint32_t gone = 0;
    while (n) {
        struct sv_slice *s = &b->slice[gone];
        const uint32_t part = sv_min_u32(n, s->length);
        s->offset = (uint16_t)(s->offset + part);
        s->length = (uint16_t)(s->length - part);
        b->length -= part;
        n -= part;
        if (s->length)
            break;
        sv_slab_unref(sv_buf_pool(b), s->slab);
        gone++;
    }
    for (uint32_t k = gone; gone && k < b->slices; k++)
        b->slice[k - gone] = b->slice[k];
    b->slices = (uint16_t)(b->slices - gone);
}

static void sv_range_free(struct sv_tcb *t, const struct sv_range *r)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    uint32_t next;
    for (uint32_t i = r->first; i != SV_NONE; i = next) {
        struct sv_buf *b = sv_pool_buf(pool, i);
        next = b->next;
        t->b->ooo_held -= sv_held_bytes(b);
        sv_buf_free(b);
    }
}

SV_HOT void sv_tcp_reass_clear(struct sv_tcb *t)
{
    if (t->b->ooo_slab == SV_NONE)
        return;
    struct sv_range_at at = {0, 0};
    for (const struct sv_range *r; (r = sv_ranges_get(t, at)) != NULL; at = sv_ranges_next(t, at))
        sv_range_free(t, r);
    sv_ranges_close(t);
}

static bool sv_range_insert(struct sv_tcb *t, struct sv_range_at *at, struct sv_seg *s)
{
    const struct sv_range r = {s->seq, s->seq + s->length, s->packet->self, s->packet->self};
    if (!sv_ranges_insert(t, at, r))
        return false;
    s->packet->next = SV_NONE;
    t->b->ooo_held += sv_held_bytes(s->packet);
    return true;
}

/* Adds the segment behind range `at`, and joins the ranges that it now reaches; what they hold already is cut
 * from the segment's end, or, where the segment covers them wholly, thrown away. */
static void sv_range_extend(struct sv_tcb *t, struct sv_range_at at, struct sv_seg *s)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    struct sv_range *r = sv_ranges_get(t, at);
    struct sv_buf *last = sv_pool_buf(pool, r->last);
    r->end = s->seq + s->length;
    if (sv_held_joins(pool, last, s->packet)) {
        sv_held_join(last, s->packet);
    } else {
        t->b->ooo_held += sv_held_bytes(s->packet);
        s->packet->next = SV_NONE;
        last->next = s->packet->self;
        r->last = s->packet->self;
    }
    at = sv_ranges_next(t, at);
    const struct sv_range *next = sv_ranges_get(t, at);
    if (next && r->end == next->start) {
        sv_pool_buf(pool, r->last)->next = next->first;
        r->last = next->last;
        r->end = next->end;
        sv_ranges_remove(t, &at);
    }
}

/* Puts the segment right before range `at`, as its first packet or into the place of that. */
static void sv_range_precede(struct sv_tcb *t, struct sv_range *r, struct sv_seg *s)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    struct sv_buf *first = sv_pool_buf(pool, r->first);
    t->b->ooo_held += sv_held_bytes(s->packet);
    s->packet->next = r->first;
    if (sv_held_joins(pool, s->packet, first)) {
        s->packet->next = first->next;
        if (r->last == r->first)
            r->last = s->packet->self;
        t->b->ooo_held -= sv_held_bytes(first);
        sv_held_join(s->packet, first);
    }
    r->first = s->packet->self;
    r->start = s->seq;
}

/* Cuts what range *at and those behind it have already from the segment. False: all of it was there. */
static bool sv_range_trim(struct sv_tcb *t, struct sv_range_at *at, struct sv_seg *s)
{
    struct sv_range_at behind = *at;
    struct sv_range_at *next = at;
    const struct sv_range *r = sv_ranges_get(t, *at);
    bool told = false; /* RFC 2883 §4.2: of several pieces that were there the first is reported */
    if (r && sv_seq_before_or_at(r->start, s->seq)) {
        const uint32_t have = r->end - s->seq;
        told = have != 0; /* 0: it goes on where the range ends */
        if (told)
            sv_dsack_note(t, s->seq, s->seq + sv_min_u32(have, s->length));
        if (have >= s->length)
            return false;
        sv_buf_skip(s->packet, have);
        s->seq += have;
        s->length -= have;
        behind = sv_ranges_next(t, *at);
        next = &behind;
    }
    while ((r = sv_ranges_get(t, *next)) != NULL && sv_seq_before(r->start, s->seq + s->length)) {
        const uint32_t end = s->seq + s->length;
        if (!told)
            sv_dsack_note(t, r->start, sv_seq_before(end, r->end) ? end : r->end);
        told = true;
        if (sv_seq_before(end, r->end)) {
            s->length = r->start - s->seq;
            sv_buf_truncate(s->packet, s->length);
            break;
        }
        sv_range_free(t, r); /* wholly inside: the segment has it all */
        sv_ranges_remove(t, next);
    }
    return s->length != 0;
}

/* Does it go on where range r ends, in memory that is there already? */
static bool sv_range_continues(const struct sv_tcb *t, const struct sv_range *r, const struct sv_seg *s)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    return r && r->end == s->seq && sv_held_joins(pool, sv_pool_buf(pool, r->last), s->packet);
}

static bool sv_range_has(const struct sv_range *r, uint32_t seq)
{
    return sv_seq_within(seq, r->start, r->end - r->start);
}

/* Range r got a segment that begins at `start`: it is the first to be told of. */
static void sv_sack_heard(struct sv_tcb *t, const struct sv_range *r, uint32_t start)
{
    uint32_t *recent = sv_ranges_recent(t);
    uint32_t k = 0;
    while (k < SV_SACK_RECENT - 1u && !sv_range_has(r, recent[k]))
        k++;
    for (; k; k--)
        recent[k] = recent[k - 1u];
    recent[0] = start;
}

void sv_tcp_reass_store(struct sv_tcb *t, struct sv_seg *s)
{
    if (t->b->ooo_slab == SV_NONE && !sv_ranges_open(t)) {
        sv_tcp_discard(t, s, SV_DROP_NO_MEMORY);
        return;
    }
    const uint32_t start = s->seq;
    struct sv_range_at at = sv_ranges_find(t, s->seq);
    if (!sv_held_room(t, s->packet) && !sv_range_continues(t, sv_ranges_get(t, at), s)) {
        sv_tcp_discard(t, s, SV_DROP_TCP_REASSEMBLY_FULL);
        return;
    }
    if (!sv_range_trim(t, &at, s)) {
        sv_sack_heard(t, sv_ranges_get(t, at), start); /* told of first, also when all of it was there */
        sv_tcp_discard(t, s, SV_DROP_TCP_DUPLICATE);
        return;
    }
    struct sv_range *r = sv_ranges_get(t, at);
    const bool behind = r && r->end == s->seq;
    if (!behind && r && r->start == s->seq + s->length) {
        sv_range_precede(t, r, s);
    } else if (behind) {
        sv_range_extend(t, at, s);
    } else if (!sv_range_insert(t, &at, s)) {
        sv_tcp_discard(t, s, SV_DROP_TCP_REASSEMBLY_FULL);
        return;
    }
    sv_sack_heard(t, sv_ranges_get(t, at), start);
    sv_ranges_hint(t, at);
    s->packet = NULL;
}

/* A queue of spans has an end (core/spans.h). What became in order and does not fit stays here until something was
 * read: it was SACKed, and who took it back would get it again by a timeout alone (RFC 2018 §8). */
static bool sv_tcb_takes(const struct sv_tcb *t, const struct sv_buf *b)
{
    return t->b->recv.count + b->slices + 1u <= (SV_SPANS_DIRECTORY - 1u) * SV_SPANS_PER_BLOCK;
}

void sv_tcp_reass_was_read(struct sv_tcb *t)
{
    const struct sv_range *first = sv_ranges_get(t, (struct sv_range_at){0, 0});
    if (!first || sv_seq_after(first->start, t->h->rcv_nxt))
        return;
    sv_tcp_reass_deliver(t);
    sv_tcb_tell(t, SV_EVENT_READABLE);
    sv_tcb_ready(t, SV_TCP_ACK_NOW);
}

void sv_tcp_reass_deliver(struct sv_tcb *t)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    struct sv_range_at front = {0, 0};
    const struct sv_range *first = sv_ranges_get(t, front);
    if (sv_seq_before(first->start, t->h->rcv_nxt) &&
        !t->b->dsack) /* what filled the gap brought that again (RFC 2883 §4.2) */
        sv_dsack_note(t, first->start, sv_seq_before(first->end, t->h->rcv_nxt) ? first->end : t->h->rcv_nxt);
    struct sv_range *r;
    while ((r = sv_ranges_get(t, front)) != NULL && sv_seq_before_or_at(r->start, t->h->rcv_nxt)) {
        struct sv_buf *b = sv_pool_buf(pool, r->first);
        if (!sv_tcb_takes(t, b))
            break;
        const uint32_t length = b->length;
        const uint32_t next = b->next;
        const uint32_t old = t->h->rcv_nxt - r->start; /* bytes of it that came in the meantime */
        r->start += length;
        r->first = next;
        t->b->ooo_held -= sv_held_bytes(b);
        if (next == SV_NONE) {
            sv_ranges_remove(t, &front);
            front = (struct sv_range_at){0, 0};
        }
        if (old >= length) {
            sv_drop(t->core, SV_DROP_TCP_DUPLICATE, b, t->h->interface, t->c->flow);
            continue;
        }
        sv_buf_skip(b, old);
        const uint32_t before = t->h->rcv_nxt;
        sv_tcb_deliver(t, b);
        if (t->h->rcv_nxt - before != length - old)
            break; /* no memory: the rest is forgotten when it comes again */
    }
    if (!t->b->ooo_count) {
        sv_slab_unref(pool, t->b->ooo_slab);
        t->b->ooo_slab = SV_NONE;
    }
}

static uint32_t sv_sack_add(struct sv_sack_block *to, uint32_t n, uint32_t max, const struct sv_range *r)
{
    for (uint32_t k = 0; k < n; k++) {
        if (to[k].start == r->start)
            return n;
    }
    if (n == max)
        return n;
    to[n] = (struct sv_sack_block){r->start, r->end};
    return n + 1u;
}

/* RFC 2018 §4: the range that holds the segment that came last is told first, then those told first before it. */
uint32_t sv_tcp_reass_sack(const struct sv_tcb *t, struct sv_sack_block *to, uint32_t max)
{
    uint32_t n = 0;
    if (!t->b || !t->b->ooo_count)
        return 0;
    const uint32_t *recent = sv_ranges_recent(t);
    for (uint32_t k = 0; k < SV_SACK_RECENT && n < max; k++) {
        const struct sv_range *r = sv_ranges_get(t, sv_ranges_find(t, recent[k] + 1u));
        if (r && sv_range_has(r, recent[k]))
            n = sv_sack_add(to, n, max, r);
    }
    struct sv_range_at at = sv_ranges_end(t);
    for (uint32_t i = t->b->ooo_count; i-- && n < max;) {
        at = sv_ranges_before(t, at);
        n = sv_sack_add(to, n, max, sv_ranges_get(t, at));
    }
    return n;
}
