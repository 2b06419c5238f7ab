/* SPDX-License-Identifier: BSD-2-Clause */
/* The IPv4 header (RFC 791 §3.1), parsed and emitted. */
#ifndef SV_L3_IP4_WIRE_H
#define SV_L3_IP4_WIRE_H

#include "core/checksum.h"
#include "l3_network/ip_wire.h"
#include "seven/buf.h"
#include "seven/drop.h"

#define SV_IP4_HDR_LEN 20u
#define SV_IP4_HDR_MAX 60u
#define SV_IP4_DF 0x4000u
#define SV_IP4_MF 0x2000u
#define SV_IP4_OFFSET_MASK 0x1fffu /* units of 8 bytes */

/* The options after the fixed header (RFC 791 §3.1): each must fit; source routes are refused (RFC 7126 §4.3,
 * §4.4), the rest is skipped. NONE, BAD_OPTION, SOURCE_ROUTE. *at: offset of the culprit from the header. */
enum sv_drop sv_ip4_walk_options(const uint8_t *header, uint32_t header_length, uint32_t *at);

/* The checksum of a header without options. */
static inline bool sv_ip4_header_is_right(const uint8_t *p)
{
    uint64_t a, b;
    uint32_t c;
    sv_memcpy(&a, p, 8);
    sv_memcpy(&b, p + 8, 8);
    sv_memcpy(&c, p + 16, 4);
    return sv_sum_is_right((a & 0xffffffffu) + (a >> 32) + (b & 0xffffffffu) + (b >> 32) + c);
}

/* Source addresses that no packet on a wire may have: RFC 1122 §3.2.1.3. 0.0.0.0 is what a host sends
 * before it has an address; the caller that knows DHCP's ports may take it, so it passes here. */
static inline bool sv_ip4_bad_source(uint32_t src)
{
    return src >= 0xe0000000u || src >> 24 == 127 || (src >> 24 == 0 && src != 0);
}

/* Parses and validates: version, lengths, checksum, source, options. Cuts link padding off, leaves the head where
 * it is, sets b->l3 and b->l4. SHORT_HEADER, BAD_VERSION, BAD_LENGTH, BAD_CHECKSUM, BAD_SOURCE,
 * BAD_DESTINATION, BAD_OPTION, SOURCE_ROUTE, FRAGMENT_BAD. */
static inline enum sv_drop sv_ip4_parse(struct sv_buf *b, struct sv_ip_hdr *h, uint32_t cpu)
{
    if (SV_UNLIKELY(b->linear_length < SV_IP4_HDR_LEN) && !sv_buf_gather(b, SV_IP4_HDR_LEN))
        return SV_DROP_SHORT_HEADER;
    const uint8_t *p = sv_buf_head(b);
    if (SV_UNLIKELY(p[0] >> 4 != 4))
        return SV_DROP_BAD_VERSION;
    const uint16_t header_length = (uint16_t)((p[0] & 15u) * 4u);
    const uint16_t total_length = sv_get_u16(p + 2);
    if (SV_UNLIKELY(header_length < SV_IP4_HDR_LEN || total_length < header_length || total_length > b->length))
        return SV_DROP_BAD_LENGTH;
    if (SV_LIKELY(header_length == SV_IP4_HDR_LEN)) {
        if (SV_UNLIKELY(!sv_ip4_header_is_right(p)))
            return SV_DROP_BAD_CHECKSUM;
    } else {
        if (b->linear_length < header_length) {
            if (!sv_buf_gather(b, header_length))
                return SV_DROP_SHORT_HEADER;
            p = sv_buf_head(b);
        }
        if (sv_sum(p, header_length, cpu) != 0xffffu)
            return SV_DROP_BAD_CHECKSUM;
        uint32_t at;
        const enum sv_drop why = sv_ip4_walk_options(p, header_length, &at);
        if (why != SV_DROP_NONE)
            return why;
    }
    const uint32_t src = sv_get_u32(p + 12), dst = sv_get_u32(p + 16);
    if (SV_UNLIKELY(sv_ip4_bad_source(src)))
        return SV_DROP_BAD_SOURCE;
    if (SV_UNLIKELY(dst >> 24 == 127 || dst == 0))
        return SV_DROP_BAD_DESTINATION; /* RFC 1122 §3.2.1.3 (g), (a) */
    const uint16_t fragment = sv_get_u16(p + 6);
    h->src = sv_addr_of_v4(src);
    h->dst = sv_addr_of_v4(dst);
    h->total_length = total_length;
    h->header_length = header_length;
    h->fragment_offset = (uint16_t)((fragment & SV_IP4_OFFSET_MASK) * 8u);
    h->version = 4;
    h->protocol = p[9];
    h->ttl = p[8];
    h->tos = p[1];
    h->more_fragments = (fragment & SV_IP4_MF) != 0;
    h->dont_fragment = (fragment & SV_IP4_DF) != 0;
    h->id = sv_get_u16(p + 4);
    h->flow_label = 0;
    h->local = SV_NONE;
    h->is_broadcast = 0;
    h->translated = 0;
    if (SV_UNLIKELY(b->length > total_length))
        sv_buf_truncate(b, total_length);
    b->l3 = b->head;
    b->l4 = (uint16_t)(b->head + header_length);
    return SV_DROP_NONE;
}

/* The constant part of the sum; call when anything but `id` changed. */
static inline void sv_ip4_prepare(struct sv_ip_out *o)
{
    uint32_t src, dst;
    sv_memcpy(&src, o->src.byte + 12, 4);
    sv_memcpy(&dst, o->dst.byte + 12, 4);
    /* Summed as numbers: a header put together byte by byte could not be loaded at once by words. */
    const uint32_t fixed = (uint32_t)sv_sum_u16((uint16_t)(0x4500u | o->tos)) +
                           sv_sum_u16((uint16_t)((uint32_t)o->ttl << 8 | o->protocol)) +
                           sv_sum_u16(o->dont_fragment ? SV_IP4_DF : 0);
    o->partial = sv_sum_fold(fixed + (src & 0xffffu) + (src >> 16) + (dst & 0xffffu) + (dst >> 16));
}

/* Pushes 20 bytes in front of the transport's header. The packet with them must not exceed 65535 bytes.
 * fragment: MF and offset in 8-byte units as on the wire, 0 for a whole datagram. */
static inline void sv_ip4_emit_fragment(struct sv_buf *b, const struct sv_ip_out *o, uint16_t fragment)
{
    SV_ASSERT(b->length <= 65535u - SV_IP4_HDR_LEN);
    b->l4 = b->head;
    uint8_t *p = sv_buf_push(b, SV_IP4_HDR_LEN);
    b->l3 = b->head;
    p[0] = 0x45;
    p[1] = o->tos;
    sv_put_u16(p + 2, (uint16_t)b->length);
    sv_put_u16(p + 4, (uint16_t)o->id);
    sv_put_u16(p + 6, (uint16_t)(fragment | (o->dont_fragment ? SV_IP4_DF : 0u)));
    p[8] = o->ttl;
    p[9] = o->protocol;
    sv_memcpy(p + 12, o->src.byte + 12, 4);
    sv_memcpy(p + 16, o->dst.byte + 12, 4);
    const uint32_t sum =
        (uint32_t)o->partial + sv_sum_u16((uint16_t)b->length) + sv_sum_u16((uint16_t)o->id) + sv_sum_u16(fragment);
    sv_sum_store(p + 10, sv_sum_fold(sum));
}
static inline void sv_ip4_emit(struct sv_buf *b, const struct sv_ip_out *o)
{
    sv_ip4_emit_fragment(b, o, 0);
}

#endif
