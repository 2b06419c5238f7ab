/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments that came before their turn. Ranges {start, end, first, last} of 16 bytes stand in sequence order
 * in one slab, at most 128; the packets of a range are linked by their descriptors, trimmed so that none
 * overlaps another. What has become in order is handed on packet by packet.
 *
 * What they cost is counted as memory, not as text: a byte that came alone holds a slab as a full segment does. Small
 * ones that touch are put together in one; and there is an end to it. */
#include "l4_transport/tcp_internal.h"

struct sv_range {
    uint32_t start, end;  /* [start, end) */
    uint32_t first, last; /* descriptors */
};

/* The ranges fill a slab but for the last place: there are numbers of the ranges that grew last, the last one first. */
#define SV_RANGES (SV_SLAB_BYTES / sizeof(struct sv_range) - 1u)
#define SV_SACK_RECENT (sizeof(struct sv_range) / sizeof(uint32_t))

#define SV_HELD_BUF_BYTES 640u /* of a descriptor, and 2 KiB for each slab of its own */

_Static_assert(sizeof(struct sv_range) == 16, "127 ranges fit a slab");
_Static_assert(sizeof(struct sv_buf) <= SV_HELD_BUF_BYTES, "charged in full");

static struct sv_range *sv_ranges(const struct sv_tcb *t)
{
    return (struct sv_range *)(void *)sv_slab_bytes(sv_core_pool(t->core), t->b->ooo_slab);
}

static uint32_t sv_held_bytes(const struct sv_buf *b)
{
    return SV_HELD_BUF_BYTES + ((uint32_t)b->slices + (b->slab != SV_NONE)) * SV_SLAB_BYTES;
}

/* Segments of half a slab and more cost up to 2.7 times their text: so much of a whole window, and one packet for each
 * range. */
static bool sv_held_room(const struct sv_tcb *t, const struct sv_buf *b)
{
    const uint64_t most = 3ull * t->c->recv_buffer + SV_RANGES * (SV_HELD_BUF_BYTES + SV_SLAB_BYTES);
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

static void sv_range_remove(struct sv_tcb *t, uint32_t at)
{
    struct sv_range *r = sv_ranges(t);
    t->b->ooo_count--;
    sv_memmove(&r[at], &r[at + 1u], (t->b->ooo_count - at) * sizeof *r);
}

static void sv_range_free(struct sv_tcb *t, struct sv_range *r)
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

void sv_tcp_reass_clear(struct sv_tcb *t)
{
    if (t->b->ooo_slab == SV_NONE)
        return;
    for (uint32_t i = 0; i < t->b->ooo_count; i++)
        sv_range_free(t, &sv_ranges(t)[i]);
    sv_slab_unref(sv_core_pool(t->core), t->b->ooo_slab);
    t->b->ooo_slab = SV_NONE;
    t->b->ooo_count = 0;
}

/* The first range that ends at or after `seq`: the one to extend, or the one to stand before. The range
 * touched last is asked first: most segments follow each other. */
static uint32_t sv_range_find(const struct sv_tcb *t, uint32_t seq)
{
    const struct sv_range *r = sv_ranges(t);
    const uint32_t hint = t->b->ooo_hint;
    uint32_t low = 0;
    uint32_t high = t->b->ooo_count;
    if (hint < high && sv_seq_after_or_at(r[hint].end, seq) && (hint == 0 || sv_seq_before(r[hint - 1u].end, seq)))
        return hint;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2u;
        if (sv_seq_before(r[middle].end, seq))
            low = middle + 1u;
        else
            high = middle;
    }
    return low;
}

static bool sv_range_insert(struct sv_tcb *t, uint32_t at, struct sv_seg *s)
{
    if (t->b->ooo_count == SV_RANGES)
        return false;
    struct sv_range *r = sv_ranges(t);
    sv_memmove(&r[at + 1u], &r[at], (t->b->ooo_count - at) * sizeof *r);
    s->packet->next = SV_NONE;
    r[at] = (struct sv_range){s->seq, s->seq + s->length, s->packet->self, s->packet->self};
    t->b->ooo_held += sv_held_bytes(s->packet);
    t->b->ooo_count++;
    return true;
}

/* Adds the segment behind range `at`, and joins the ranges that it now reaches; what they hold already is cut
 * from the segment's end, or, where the segment covers them wholly, thrown away. */
static void sv_range_extend(struct sv_tcb *t, uint32_t at, struct sv_seg *s)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    struct sv_range *r = sv_ranges(t);
    struct sv_buf *last = sv_pool_buf(pool, r[at].last);
    r[at].end = s->seq + s->length;
    if (sv_held_joins(pool, last, s->packet)) {
        sv_held_join(last, s->packet);
    } else {
        t->b->ooo_held += sv_held_bytes(s->packet);
        s->packet->next = SV_NONE;
        last->next = s->packet->self;
        r[at].last = s->packet->self;
    }
    if (at + 1u < t->b->ooo_count && r[at].end == r[at + 1u].start) {
        sv_pool_buf(pool, r[at].last)->next = r[at + 1u].first;
        r[at].last = r[at + 1u].last;
        r[at].end = r[at + 1u].end;
        sv_range_remove(t, at + 1u);
    }
}

/* Puts the segment right before range `at`, as its first packet or into the place of that. */
static void sv_range_precede(struct sv_tcb *t, uint32_t at, struct sv_seg *s)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    struct sv_range *r = &sv_ranges(t)[at];
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

/* Cuts what range `at` and those behind it have already from the segment. False: all of it was there. */
static bool sv_range_trim(struct sv_tcb *t, uint32_t at, struct sv_seg *s)
{
    struct sv_range *r = sv_ranges(t);
    bool told = false; /* RFC 2883 §4.2: of several pieces that were there the first is reported */
    if (at < t->b->ooo_count && sv_seq_before_or_at(r[at].start, s->seq)) {
        const uint32_t have = r[at].end - s->seq;
        told = have != 0; /* 0: it goes on where the range ends */
        if (told)
            sv_dsack_note(t, s->seq, s->seq + sv_min_u32(have, s->length));
        if (have >= s->length)
            return false;
        sv_buf_skip(s->packet, have);
        s->seq += have;
        s->length -= have;
        at++;
    }
    while (at < t->b->ooo_count && sv_seq_before(r[at].start, s->seq + s->length)) {
        const uint32_t end = s->seq + s->length;
        if (!told)
            sv_dsack_note(t, r[at].start, sv_seq_before(end, r[at].end) ? end : r[at].end);
        told = true;
        if (sv_seq_before(s->seq + s->length, r[at].end)) {
            s->length = r[at].start - s->seq;
            sv_buf_truncate(s->packet, s->length);
            break;
        }
        sv_range_free(t, &r[at]); /* wholly inside: the segment has it all */
        sv_range_remove(t, at);
    }
    return s->length != 0;
}

/* Does it go on where range `at` ends, in memory that is there already? */
static bool sv_range_continues(const struct sv_tcb *t, uint32_t at, const struct sv_seg *s)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    const struct sv_range *r = sv_ranges(t);
    return at < t->b->ooo_count && r[at].end == s->seq && sv_held_joins(pool, sv_pool_buf(pool, r[at].last), s->packet);
}

static uint32_t *sv_sack_recent(const struct sv_tcb *t)
{
    return (uint32_t *)(void *)&sv_ranges(t)[SV_RANGES];
}

static bool sv_range_has(const struct sv_range *r, uint32_t seq)
{
    return sv_seq_within(seq, r->start, r->end - r->start);
}

/* Range `at` got a segment that begins at `start`: it is the first to be told of. */
static void sv_sack_heard(struct sv_tcb *t, uint32_t at, uint32_t start)
{
    const struct sv_range *r = &sv_ranges(t)[at];
    uint32_t *recent = sv_sack_recent(t);
    uint32_t k = 0;
    while (k < SV_SACK_RECENT - 1u && !sv_range_has(r, recent[k]))
        k++;
    for (; k; k--)
        recent[k] = recent[k - 1u];
    recent[0] = start;
}

void sv_tcp_reass_store(struct sv_tcb *t, struct sv_seg *s)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    if (t->b->ooo_slab == SV_NONE) {
        t->b->ooo_slab = sv_slab_alloc(pool, SV_WANT_DATA, t->core->account);
        if (t->b->ooo_slab == SV_NONE) {
            sv_tcp_discard(t, s, SV_DROP_NO_MEMORY);
            return;
        }
        for (uint32_t k = 0; k < SV_SACK_RECENT; k++)
            sv_sack_recent(t)[k] = t->h->rcv_nxt;
    }
    const uint32_t start = s->seq;
    const uint32_t at = sv_range_find(t, s->seq);
    if (!sv_held_room(t, s->packet) && !sv_range_continues(t, at, s)) {
        sv_tcp_discard(t, s, SV_DROP_TCP_REASSEMBLY_FULL);
        return;
    }
    if (!sv_range_trim(t, at, s)) {
        sv_sack_heard(t, at, start); /* told of first, also when all of it was there */
        sv_tcp_discard(t, s, SV_DROP_TCP_DUPLICATE);
        return;
    }
    const struct sv_range *r = sv_ranges(t);
    const bool behind = at < t->b->ooo_count && r[at].end == s->seq;
    if (!behind && at < t->b->ooo_count && r[at].start == s->seq + s->length) {
        sv_range_precede(t, at, s);
    } else if (behind) {
        sv_range_extend(t, at, s);
    } else if (!sv_range_insert(t, at, s)) {
        sv_tcp_discard(t, s, SV_DROP_TCP_REASSEMBLY_FULL);
        return;
    }
    sv_sack_heard(t, at, start);
    t->b->ooo_hint = at;
    s->packet = NULL;
}

void sv_tcp_reass_deliver(struct sv_tcb *t)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    const struct sv_range *first = sv_ranges(t);
    if (sv_seq_before(first->start, t->h->rcv_nxt) &&
        !t->b->dsack) /* what filled the gap brought that again (RFC 2883 §4.2) */
        sv_dsack_note(t, first->start, sv_seq_before(first->end, t->h->rcv_nxt) ? first->end : t->h->rcv_nxt);
    while (t->b->ooo_count && sv_seq_before_or_at(sv_ranges(t)[0].start, t->h->rcv_nxt)) {
        struct sv_range *r = &sv_ranges(t)[0];
        const uint32_t index = r->first;
        struct sv_buf *b = sv_pool_buf(pool, index);
        const uint32_t length = b->length;
        const uint32_t next = b->next;
        const uint32_t old = t->h->rcv_nxt - r->start; /* bytes of it that came in the meantime */
        r->start += length;
        r->first = next;
        t->b->ooo_held -= sv_held_bytes(b);
        if (next == SV_NONE)
            sv_range_remove(t, 0);
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
    const struct sv_range *r = sv_ranges(t);
    for (uint32_t k = 0; k < SV_SACK_RECENT && n < max; k++) {
        for (uint32_t i = 0; i < t->b->ooo_count; i++) {
            if (sv_range_has(&r[i], sv_sack_recent(t)[k])) {
                n = sv_sack_add(to, n, max, &r[i]);
                break;
            }
        }
    }
    for (uint32_t i = t->b->ooo_count; i-- && n < max;)
        n = sv_sack_add(to, n, max, &r[i]);
    return n;
}
