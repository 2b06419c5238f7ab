/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/segment.h"

#include "core/cursor.h"
#include "core/packet_refer.h"
#include "core/packet_sum.h"

#define SV_GSO_FLAGS ((uint32_t)SV_BUF_GSO_TCP4 | (uint32_t)SV_BUF_GSO_TCP6)
#define SV_PROTOCOL_TCP 6u
#define SV_TCP_FIN_PSH 0x09u
#define SV_TCP_CWR 0x80u

static bool sv_is_tag(uint16_t type)
{
    return type == 0x8100u || type == 0x88a8u || type == 0x9100u;
}

uint32_t sv_frame_l3(const uint8_t *frame, uint32_t n, uint16_t *type)
{
    uint32_t at = 12;
    for (uint32_t tags = 0; at + 2u <= n; tags++) {
        *type = sv_get_u16(frame + at);
        if (!sv_is_tag(*type) || tags == SV_TAGS_MAX)
            return at + 2u;
        at += 4;
    }
    return 0;
}

enum sv_drop sv_segment_plan(const struct sv_buf *b, struct sv_segment_plan *p)
{
    uint8_t h[SV_SEGMENT_HEADERS];
    uint16_t type = 0;
    const uint32_t n = sv_min_u32(b->length, sizeof h);
    const bool read = sv_buf_read(b, 0, h, n);
    SV_ASSERT(read);
    const uint32_t l3 = sv_frame_l3(h, n, &type);
    const bool four = (b->flags & SV_BUF_GSO_TCP4) != 0;
    const uint32_t least = four ? 20u : 40u;
    if (!l3 || l3 + least > n)
        return SV_DROP_SHORT_HEADER;
    if (type != (four ? 0x0800u : 0x86ddu) || h[l3] >> 4 != (four ? 4u : 6u))
        return SV_DROP_BAD_VERSION;
    uint32_t l4 = l3 + (four ? (h[l3] & 15u) * 4u : 40u);
    if (!four && b->flags & SV_BUF_CSUM_PARTIAL)
        l4 = b->csum_start; /* behind extension headers */
    if (l4 < l3 + least || l4 + 20u > n || (four && h[l3 + 9] != SV_PROTOCOL_TCP))
        return SV_DROP_BAD_LENGTH;
    const uint32_t payload = l4 + (uint32_t)(h[l4 + 12] >> 4) * 4u;
    if (payload < l4 + 20u || payload > n || !b->gso_size)
        return SV_DROP_BAD_LENGTH;
    *p = (struct sv_segment_plan){
        .l3 = (uint16_t)l3,
        .l4 = (uint16_t)l4,
        .payload = (uint16_t)payload,
        .version = four ? 4 : 6,
        .payload_bytes = b->length - payload,
        .seq = sv_get_u32(h + l4 + 4),
        .id = four ? sv_get_u16(h + l3 + 4) : 0,
        .dont_fragment = four && h[l3 + 6] & 0x40u,
        .flags = h[l4 + 13],
    };
    p->parts = p->payload_bytes ? (p->payload_bytes + b->gso_size - 1u) / b->gso_size : 1;
    return SV_DROP_NONE;
}

static struct sv_addr sv_segment_addr(const struct sv_segment_plan *p, const uint8_t *h, bool dst)
{
    struct sv_addr a;
    if (p->version == 4)
        return sv_addr_of_v4_bytes(h + p->l3 + (dst ? 16 : 12));
    sv_memcpy(a.byte, h + p->l3 + (dst ? 24 : 8), 16);
    return a;
}

void sv_segment_headers(const struct sv_segment_plan *p, const struct sv_buf *b, uint32_t part, uint8_t *to,
                        uint32_t *at, uint32_t *n)
{
    const bool read = sv_buf_read(b, 0, to, p->payload);
    SV_ASSERT(read);
    SV_ASSERT(part < p->parts);
    *at = part * b->gso_size;
    *n = sv_min_u32(b->gso_size, p->payload_bytes - *at);
    if (p->version == 4) {
        uint8_t *ip = to + p->l3;
        sv_put_u16(ip + 2, (uint16_t)(p->payload - p->l3 + *n));
        if (!p->dont_fragment ||
            p->id) /* an atomic datagram's identification means nothing (RFC 6864 §4.1): 0 stays 0 */
            sv_put_u16(ip + 4, (uint16_t)(p->id + part));
        sv_put_u16(ip + 10, 0);
        sv_sum_store(ip + 10, sv_sum(ip, (size_t)p->l4 - p->l3, SV_CPU_PORTABLE));
    } else {
        sv_put_u16(to + p->l3 + 4, (uint16_t)(p->payload - p->l3 - 40u + *n));
    }
    sv_put_u32(to + p->l4 + 4, p->seq + *at);
    uint32_t flags = p->flags;
    if (part + 1u < p->parts)
        flags &= ~SV_TCP_FIN_PSH;
    if (part > 0)
        flags &= ~SV_TCP_CWR; /* RFC 3168 §6.1.2: said once */
    to[p->l4 + 13] = (uint8_t)flags;
    const struct sv_addr src = sv_segment_addr(p, to, false), dst = sv_segment_addr(p, to, true);
    const uint16_t pseudo = sv_pseudo_sum(&src, &dst, SV_PROTOCOL_TCP, (uint32_t)p->payload - p->l4 + *n);
    sv_memcpy(to + p->l4 + 16, &pseudo, 2);
}

struct sv_buf *sv_segment_make(const struct sv_segment_plan *p, const struct sv_buf *b, uint32_t part, uint16_t owner,
                               uint32_t cpu)
{
    struct sv_pool *pool = sv_buf_pool(b);
    uint8_t headers[SV_SEGMENT_HEADERS];
    uint32_t at, n;
    const bool small = p->payload <= SV_HEADROOM;
    struct sv_buf *s = small ? sv_buf_alloc(pool, SV_WANT_DATA, owner)
                             : sv_buf_alloc_slab(pool, SV_WANT_DATA, owner, SV_SEGMENT_HEADERS);
    if (!s)
        return NULL;
    sv_segment_headers(p, b, part, headers, &at, &n);
    sv_memcpy(sv_buf_push(s, p->payload), headers, p->payload);
    if (!sv_buf_refer(s, b, p->payload + at, n, SV_WANT_DATA)) {
        sv_buf_free(s);
        return NULL;
    }
    s->l2 = s->head;
    s->l3 = (uint16_t)(s->head + p->l3);
    s->l4 = (uint16_t)(s->head + p->l4);
    s->payload = (uint16_t)(s->head + p->payload);
    s->segments = 1;
    s->id = b->id;
    s->flags = (uint16_t)(b->flags & SV_BUF_BROADCAST);
    sv_sum_store(sv_buf_at(s, (uint16_t)(s->l4 + 16u)), sv_l4_sum(s, s->l4, cpu));
    s->flags |= SV_BUF_CSUM_VALID;
    return s;
}

enum sv_drop sv_checksum_complete(struct sv_buf *b, uint32_t cpu)
{
    const uint32_t field = (uint32_t)b->csum_start + b->csum_offset;
    if (field + 2u > b->length || field + 2u > SV_SLAB_BYTES)
        return SV_DROP_BAD_LENGTH;
    if (!sv_buf_gather(b, (uint16_t)(field + 2u)) || !sv_buf_own_linear(b))
        return SV_DROP_NO_MEMORY;
    const uint16_t sum = sv_l4_sum(b, (uint16_t)(b->head + b->csum_start), cpu);
    uint8_t *at = sv_buf_head(b) + field;
    sv_sum_store(at, sum);
    if (at[0] == 0 && at[1] == 0) /* RFC 768: zero means "none"; TCP takes either zero */
        at[0] = at[1] = 0xff;
    b->flags = (uint16_t)((b->flags & ~(uint32_t)SV_BUF_CSUM_PARTIAL) | (uint32_t)SV_BUF_CSUM_VALID);
    return SV_DROP_NONE;
}

/* The next segment of the super-frame in front. */
/* `b` is the first of the queue. */
static struct sv_buf *sv_segment_next(struct sv_packet_queue *q, struct sv_pool *pool, struct sv_buf *b, uint32_t *part,
                                      const struct sv_segment_out *out, struct sv_buf **refused, enum sv_drop *why)
{
    struct sv_segment_plan plan;
    *why = sv_segment_plan(b, &plan);
    if (*why == SV_DROP_NONE && (uint32_t)plan.payload + b->gso_size > out->room.bytes)
        return NULL;
    struct sv_buf *s = *why == SV_DROP_NONE ? sv_segment_make(&plan, b, *part, out->owner, out->cpu) : NULL;
    if (!s && *why == SV_DROP_NONE)
        *why = SV_DROP_NO_MEMORY;
    if (s && ++*part < plan.parts)
        return s;
    *part = 0;
    (void)sv_packet_queue_take(q, pool);
    if (s)
        sv_buf_free(b);
    else
        *refused = b;
    return s;
}

struct sv_buf *sv_segment_dequeue(struct sv_packet_queue *q, struct sv_pool *pool, uint32_t *part,
                                  const struct sv_segment_out *out, struct sv_buf **refused, enum sv_drop *why)
{
    struct sv_buf *b = sv_packet_queue_peek(q, pool);
    *refused = NULL;
    *why = SV_DROP_NONE;
    if (!b || !out->room.packets)
        return NULL;
    if (b->flags & SV_GSO_FLAGS && (!out->room.super || !out->csum || *part))
        return sv_segment_next(q, pool, b, part, out, refused, why);
    if (b->length > out->room.bytes)
        return NULL;
    (void)sv_packet_queue_take(q, pool);
    if (b->flags & SV_BUF_CSUM_PARTIAL && !out->csum) {
        *why = sv_checksum_complete(b, out->cpu);
        if (*why != SV_DROP_NONE) {
            *refused = b;
            return NULL;
        }
    }
    return b;
}
