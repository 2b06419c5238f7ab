/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/ip6_wire.h"

enum sv_drop sv_ip6_bad_address(const struct sv_addr *src, const struct sv_addr *dst)
{
    if (sv_addr_is_v4(src) || sv_addr_is_v4(dst))
        return SV_DROP_MAPPED_ON_WIRE;
    if (src->byte[0] == 0xffu || sv_addr_is_loopback(src))
        return SV_DROP_BAD_SOURCE;
    if (sv_addr_is_zero(dst) || sv_addr_is_loopback(dst))
        return SV_DROP_BAD_DESTINATION;
    if (dst->byte[0] == 0xffu && (dst->byte[1] & 15u) <= 1)
        return SV_DROP_BAD_DESTINATION; /* reserved, and interface-local: RFC 4291 §2.7 */
    return SV_DROP_NONE;
}

enum sv_drop sv_ip6_parse(struct sv_buf *b, struct sv_ip_hdr *h)
{
    if (SV_UNLIKELY(b->linear_length < SV_IP6_HDR_LEN) && !sv_buf_gather(b, SV_IP6_HDR_LEN))
        return SV_DROP_SHORT_HEADER;
    const uint8_t *p = sv_buf_head(b);
    const uint32_t first = sv_get_u32(p);
    const uint32_t total_length = SV_IP6_HDR_LEN + sv_get_u16(p + 4);
    if (SV_UNLIKELY(first >> 28 != 6))
        return SV_DROP_BAD_VERSION;
    if (SV_UNLIKELY(total_length > b->length))
        return SV_DROP_BAD_LENGTH;
    h->src = sv_addr_of_v6_bytes(p + 8);
    h->dst = sv_addr_of_v6_bytes(p + 24);
    const enum sv_drop why = sv_ip6_bad_address(&h->src, &h->dst);
    if (SV_UNLIKELY(why != SV_DROP_NONE))
        return why;
    h->total_length = total_length;
    h->header_length = SV_IP6_HDR_LEN;
    h->fragment_offset = 0;
    h->version = 6;
    h->protocol = p[SV_IP6_NEXT_AT];
    h->ttl = p[SV_IP6_HOPS_AT];
    h->tos = (uint8_t)(first >> 20);
    h->more_fragments = 0;
    h->dont_fragment = 1; /* only its sender may fragment it: RFC 8200 §5 */
    h->id = 0;
    h->flow_label = first & SV_IP6_FLOW_MASK;
    h->local = SV_NONE;
    h->is_broadcast = 0;
    h->translated = 0;
    h->router_alert = 0;
    h->reassembled = 0;
    if (SV_UNLIKELY(b->length > total_length))
        sv_buf_truncate(b, total_length);
    b->l3 = b->head;
    b->l4 = (uint16_t)(b->head + SV_IP6_HDR_LEN);
    return SV_DROP_NONE;
}
