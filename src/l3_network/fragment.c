/* SPDX-License-Identifier: BSD-2-Clause */
/* The store of datagrams in reassembly: what arrives, what is refused, what grows too old. How the pieces become
 * one packet is in fragment_join.c. */
#include "l3_network/fragment_store.h"
#include "l3_network/icmp.h"
#include "l3_network/net.h"

static uint32_t sv_fragment_buckets(uint32_t datagrams)
{
    uint32_t buckets = 16;
    while (buckets < datagrams)
        buckets *= 2;
    return buckets;
}

uint64_t sv_fragments_bytes(uint32_t datagrams)
{
    return (uint64_t)datagrams * sizeof(struct sv_datagram) +
           (uint64_t)datagrams * SV_FRAGMENTS_A_DATAGRAM * sizeof(struct sv_fragment) +
           (uint64_t)sv_fragment_buckets(datagrams) * sizeof(uint32_t) + 3u * 64u;
}

static uint32_t *sv_datagram_bucket(const struct sv_core *c, const struct sv_fragments *t, const struct sv_addr *src,
                                    const struct sv_addr *dst, uint8_t protocol, uint32_t id)
{
    uint32_t *buckets = (uint32_t *)((uintptr_t)t + (uintptr_t)t->buckets_at);
    uint8_t key[40];
    sv_memcpy(key, src->byte, 16);
    sv_memcpy(key + 16, dst->byte, 16);
    sv_put_u32(key + 32, id);
    sv_put_u32(key + 36, protocol);
    return &buckets[sv_siphash13(&c->secret, key, sizeof key) & (t->buckets - 1u)];
}

bool sv_fragments_init(struct sv_fragments *t, struct sv_core *c, struct sv_arena *arena, uint32_t datagrams,
                       uint32_t bytes_max)
{
    const uint32_t buckets = sv_fragment_buckets(datagrams);
    const uint32_t fragments = datagrams * SV_FRAGMENTS_A_DATAGRAM;
    struct sv_datagram *d = sv_arena_take(arena, (uint64_t)datagrams * sizeof *d, 64);
    struct sv_fragment *f = sv_arena_take(arena, (uint64_t)fragments * sizeof *f, 64);
    uint32_t *bucket = sv_arena_take(arena, (uint64_t)buckets * sizeof *bucket, 64);
    if (!d || !f || !bucket || datagrams == 0)
        return false;
    sv_memset(t, 0, sizeof *t);
    t->at = (int64_t)((uintptr_t)d - (uintptr_t)t);
    t->fragments_at = (int64_t)((uintptr_t)f - (uintptr_t)t);
    t->buckets_at = (int64_t)((uintptr_t)bucket - (uintptr_t)t);
    t->ceiling = datagrams;
    t->fragments_ceiling = fragments;
    t->buckets = buckets;
    t->bytes_max = bytes_max;
    t->newest = t->oldest = SV_NONE;
    for (uint32_t i = 0; i < buckets; i++)
        bucket[i] = SV_NONE;
    for (uint32_t i = 0; i < datagrams; i++) {
        sv_wheel_node_init(&d[i].timer);
        d[i].chain = i + 1 < datagrams ? i + 1 : SV_NONE;
    }
    for (uint32_t i = 0; i < fragments; i++)
        f[i].next = i + 1 < fragments ? i + 1 : SV_NONE;
    sv_wheel_kind(&c->wheel, SV_WHEEL_FRAGMENT, &d->timer, (uint32_t)sizeof *d);
    return true;
}

/* What a packet holds of the pool: its descriptor is small beside a slab. */
static uint32_t sv_fragment_charge(const struct sv_buf *b)
{
    return (b->slices + (b->slab != SV_NONE ? 1u : 0u)) * SV_SLAB_BYTES + SV_HEADROOM;
}

static void sv_datagram_note(struct sv_core *c, const struct sv_datagram *d, enum sv_fragment_event event,
                             uint32_t packet_id, uint32_t offset, uint32_t length)
{
    SV_TRACE_EVENT(c, SV_TRACE_FRAGMENT, event, 0, packet_id, d->id, offset, length);
}

/* Frees the fragments (dropped with a reason, or silently when they were joined). */
void sv_datagram_empty(struct sv_core *c, struct sv_fragments *t, struct sv_datagram *d, enum sv_drop why)
{
    while (d->first != SV_NONE) {
        const uint32_t i = d->first;
        struct sv_fragment *f = sv_fragment_of(t, i);
        struct sv_buf *b = sv_pool_buf(sv_core_pool(c), f->packet);
        if (why != SV_DROP_NONE)
            sv_drop(c, why, b, SV_NO_PORT, 0);
        else
            sv_buf_free(b);
        d->first = f->next;
        f->next = t->fragment_free;
        t->fragment_free = i;
    }
    t->fragments -= d->fragments;
    t->bytes -= d->bytes;
    d->last = SV_NONE;
    d->fragments = d->bytes = d->received = 0;
}

void sv_datagram_remove(struct sv_core *c, struct sv_fragments *t, uint32_t index)
{
    struct sv_datagram *d = sv_datagram_of(t, index);
    SV_ASSERT(d->first == SV_NONE);
    sv_wheel_disarm(&c->wheel, SV_WHEEL_FRAGMENT, index);
    uint32_t *link = sv_datagram_bucket(c, t, &d->src, &d->dst, d->protocol, d->id);
    while (*link != index)
        link = &sv_datagram_of(t, *link)->chain;
    *link = d->chain;
    if (d->newer != SV_NONE)
        sv_datagram_of(t, d->newer)->older = d->older;
    else
        t->newest = d->older;
    if (d->older != SV_NONE)
        sv_datagram_of(t, d->older)->newer = d->newer;
    else
        t->oldest = d->newer;
    d->used = 0;
    d->chain = t->free_first;
    t->free_first = index;
    t->datagrams--;
}

static void sv_datagram_evict_oldest(struct sv_core *c, struct sv_fragments *t)
{
    const uint32_t index = t->oldest;
    struct sv_datagram *d = sv_datagram_of(t, index);
    sv_datagram_note(c, d, SV_FRAGMENT_EVICTED, 0, 0, d->received);
    sv_datagram_empty(c, t, d, SV_DROP_FRAGMENT_TOO_MANY);
    sv_datagram_remove(c, t, index);
}

static uint32_t sv_datagram_find(struct sv_core *c, struct sv_fragments *t, const struct sv_ip_hdr *h)
{
    uint32_t i = *sv_datagram_bucket(c, t, &h->src, &h->dst, h->protocol, h->id);
    for (; i != SV_NONE; i = sv_datagram_of(t, i)->chain) {
        const struct sv_datagram *d = sv_datagram_of(t, i);
        if (d->id == h->id && d->protocol == h->protocol && sv_addr_equal(&d->src, &h->src) &&
            sv_addr_equal(&d->dst, &h->dst))
            return i;
    }
    return SV_NONE;
}

static uint32_t sv_datagram_new(struct sv_core *c, struct sv_fragments *t, sv_port port, const struct sv_ip_hdr *h)
{
    if (t->free_first == SV_NONE)
        sv_datagram_evict_oldest(c, t);
    const uint32_t index = t->free_first;
    struct sv_datagram *d = sv_datagram_of(t, index);
    t->free_first = d->chain;
    t->datagrams++;
    sv_memset(d, 0, sizeof *d);
    sv_wheel_node_init(&d->timer);
    d->used = 1;
    d->src = h->src;
    d->dst = h->dst;
    d->protocol = h->protocol;
    d->id = h->id;
    d->first = d->last = SV_NONE;
    d->total = SV_NONE;
    uint32_t *bucket = sv_datagram_bucket(c, t, &h->src, &h->dst, h->protocol, h->id);
    d->chain = *bucket;
    *bucket = index;
    d->newer = SV_NONE;
    d->older = t->newest;
    if (t->newest != SV_NONE)
        sv_datagram_of(t, t->newest)->newer = index;
    else
        t->oldest = index;
    t->newest = index;
    d->port = (uint16_t)port;
    d->deadline = c->now + (h->version == 6 ? SV_FRAGMENT_TIMEOUT_IP6_MS : SV_FRAGMENT_TIMEOUT_MS) * SV_MS;
    sv_wheel_arm(&c->wheel, SV_WHEEL_FRAGMENT, index, d->deadline);
    return index;
}

/* Where a piece would go: behind *before (SV_NONE: at the front). False: it overlaps. */
enum sv_fit { SV_FIT_PLACE, SV_FIT_DUPLICATE, SV_FIT_OVERLAP };

static enum sv_fit sv_datagram_fit(const struct sv_core *c, const struct sv_fragments *t, const struct sv_datagram *d,
                                   const struct sv_buf *b, uint32_t offset, uint32_t *before)
{
    const uint32_t end = offset + b->length;
    uint32_t i = d->first;
    *before = SV_NONE;
    if (d->last != SV_NONE) { /* in order, most of the time */
        const struct sv_fragment *last = sv_fragment_of(t, d->last);
        if (offset >= (uint32_t)last->offset + last->length) {
            *before = d->last;
            i = SV_NONE;
        }
    }
    for (; i != SV_NONE; i = sv_fragment_of(t, i)->next) {
        const struct sv_fragment *f = sv_fragment_of(t, i);
        if (end <= f->offset)
            break;
        if (offset == f->offset && b->length == f->length) {
            const struct sv_buf *held = sv_pool_buf(sv_core_pool(c), f->packet);
            return sv_buf_same(b, 0, held, 0, b->length) ? SV_FIT_DUPLICATE : SV_FIT_OVERLAP;
        }
        if (offset < (uint32_t)f->offset + f->length)
            return SV_FIT_OVERLAP;
        *before = i;
    }
    /* What contradicts the known end is as bad as an overlap. */
    return d->total != SV_NONE && end > d->total ? SV_FIT_OVERLAP : SV_FIT_PLACE;
}

static void sv_datagram_condemn(struct sv_core *c, struct sv_fragments *t, struct sv_datagram *d, struct sv_buf *take,
                                sv_port port, uint32_t offset)
{
    sv_datagram_note(c, d, SV_FRAGMENT_CONDEMNED, take->id, offset, take->length);
    d->condemned = 1;
    sv_datagram_empty(c, t, d, SV_DROP_FRAGMENT_OVERLAP);
    sv_drop(c, SV_DROP_FRAGMENT_OVERLAP, take, port, 0);
}

static void sv_datagram_place(struct sv_core *c, struct sv_fragments *t, struct sv_datagram *d, struct sv_buf *take,
                              const struct sv_ip_hdr *h, uint32_t before)
{
    const uint32_t i = t->fragment_free;
    struct sv_fragment *f = sv_fragment_of(t, i);
    t->fragment_free = f->next;
    f->packet = take->self;
    f->offset = h->fragment_offset;
    f->length = (uint16_t)take->length;
    uint32_t *link = before == SV_NONE ? &d->first : &sv_fragment_of(t, before)->next;
    f->next = *link;
    *link = i;
    if (f->next == SV_NONE)
        d->last = i;
    const uint32_t charge = sv_fragment_charge(take);
    d->fragments++;
    d->bytes += charge;
    d->received += take->length;
    d->ecn |= (uint8_t)(1u << (h->tos & 3u));
    t->fragments++;
    t->bytes += charge;
    if (f->offset == 0)
        d->header_length = h->header_length;
    if (!h->more_fragments)
        d->total = (uint32_t)f->offset + f->length;
    sv_datagram_note(c, d, SV_FRAGMENT_HELD, take->id, f->offset, f->length);
}

/* Makes room for one more piece of `keep`, by the oldest of the others. False: it alone is too much. */
static bool sv_fragment_room(struct sv_core *c, struct sv_fragments *t, uint32_t keep, const struct sv_buf *b)
{
    if (sv_datagram_of(t, keep)->fragments == SV_FRAGMENTS_EACH)
        return false;
    while (t->fragment_free == SV_NONE || t->bytes + sv_fragment_charge(b) > t->bytes_max) {
        if (t->oldest == keep)
            return false;
        sv_datagram_evict_oldest(c, t);
    }
    return true;
}

/* RFC 791 §3.1, RFC 8200 §4.5: all but the last carry 8n bytes, and nothing ends past 65535. IPv6's length does not
 * count the fixed header, and the fragment header will be gone. */
static bool sv_fragment_impossible(const struct sv_buf *b, const struct sv_ip_hdr *h)
{
    const uint32_t length = b->length - h->header_length;
    if (length == 0 || (h->more_fragments && length % 8 != 0))
        return true;
    const uint32_t front = h->version == 6 ? h->header_length - SV_IP6_HDR_LEN - 8u : h->header_length;
    return h->fragment_offset + length > 65535u - front;
}

struct sv_buf *sv_fragment_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take,
                                   struct sv_ip_hdr *h)
{
    struct sv_fragments *t = &net->fragments;
    uint32_t before;
    if (sv_fragment_impossible(take, h)) {
        sv_drop(c, SV_DROP_FRAGMENT_BAD, take, port, 0);
        return NULL;
    }
    uint32_t index = sv_datagram_find(c, t, h);
    if (index == SV_NONE)
        index = sv_datagram_new(c, t, port, h);
    struct sv_datagram *d = sv_datagram_of(t, index);
    if (d->condemned) {
        sv_drop(c, SV_DROP_FRAGMENT_OVERLAP, take, port, 0);
        return NULL;
    }
    sv_buf_pull(take, h->header_length);
    const enum sv_fit fit = sv_datagram_fit(c, t, d, take, h->fragment_offset, &before);
    if (fit == SV_FIT_DUPLICATE) {
        sv_datagram_note(c, d, SV_FRAGMENT_DUPLICATE, take->id, h->fragment_offset, take->length);
        sv_buf_free(take);
        return NULL;
    }
    const uint32_t end = (uint32_t)h->fragment_offset + take->length;
    const bool cuts_short = !h->more_fragments && d->last != SV_NONE &&
                            end < (uint32_t)sv_fragment_of(t, d->last)->offset + sv_fragment_of(t, d->last)->length;
    const bool second_end = !h->more_fragments && d->total != SV_NONE && end != d->total;
    if (fit == SV_FIT_OVERLAP || cuts_short || second_end) {
        sv_datagram_condemn(c, t, d, take, port, h->fragment_offset);
        return NULL;
    }
    if (!sv_fragment_room(c, t, index, take)) {
        sv_drop(c, SV_DROP_FRAGMENT_TOO_MANY, take, port, 0);
        return NULL;
    }
    sv_datagram_place(c, t, d, take, h, before);
    if (d->received != d->total)
        return NULL;
    struct sv_buf *whole = sv_datagram_join(c, t, index, h);
    return whole;
}

void sv_fragment_expire(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_fragments *t = &net->fragments;
    struct sv_datagram *d = sv_datagram_of(t, index);
    if (!d->used)
        return;
    if (c->now < d->deadline) {
        sv_wheel_arm(&c->wheel, SV_WHEEL_FRAGMENT, index, d->deadline);
        return;
    }
    sv_datagram_note(c, d, SV_FRAGMENT_EXPIRED, 0, 0, d->received);
    if (d->first != SV_NONE && sv_fragment_of(t, d->first)->offset == 0) {
        struct sv_buf *first = sv_pool_buf(sv_core_pool(c), sv_fragment_of(t, d->first)->packet);
        struct sv_ip_hdr h;
        sv_buf_push(first, d->header_length); /* its bytes are still in front of it */
        if (sv_ip_parse(first, &h, c->cpu) == SV_DROP_NONE) {
            h.port = d->port;
            sv_icmp_tell(c, net, first, &h, SV_ICMP_TELL_REASSEMBLY, 0);
        }
    }
    sv_datagram_empty(c, t, d, SV_DROP_FRAGMENT_TIMEOUT);
    sv_datagram_remove(c, t, index);
}

void sv_fragments_check(const struct sv_core *c, const struct sv_fragments *t)
{
    uint32_t datagrams = 0, fragments = 0, bytes = 0;
    for (uint32_t i = 0; i < t->ceiling; i++) {
        const struct sv_datagram *d = sv_datagram_of(t, i);
        if (!d->used)
            continue;
        uint32_t end = 0, received = 0, count = 0;
        for (uint32_t k = d->first; k != SV_NONE; k = sv_fragment_of(t, k)->next) {
            const struct sv_fragment *f = sv_fragment_of(t, k);
            SV_ASSERT(f->offset >= end);
            SV_ASSERT(sv_pool_buf(sv_core_pool(c), f->packet)->length == f->length);
            end = (uint32_t)f->offset + f->length;
            received += f->length;
            count++;
        }
        SV_ASSERT(end <= 65535u);
        SV_ASSERT(received == d->received);
        SV_ASSERT(count == d->fragments);
        SV_ASSERT(d->timer.at <= d->deadline);
        datagrams++;
        fragments += d->fragments;
        bytes += d->bytes;
    }
    SV_ASSERT(datagrams == t->datagrams);
    SV_ASSERT(fragments == t->fragments);
    SV_ASSERT(bytes == t->bytes);
    SV_ASSERT(bytes <= t->bytes_max);
}
