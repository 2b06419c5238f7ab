/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/udp_wire.h"

#include "core/packet_sum.h"

enum sv_drop sv_udp_parse(struct sv_buf *b, const struct sv_ip_hdr *ip, struct sv_udp_hdr *h, uint32_t cpu)
{
    const uint32_t before = (uint32_t)(b->l4 - b->head);
    if (b->length < before + SV_UDP_HDR_LEN)
        return SV_DROP_SHORT_HEADER;
    if (b->linear_length < before + SV_UDP_HDR_LEN && !sv_buf_gather(b, (uint16_t)(before + SV_UDP_HDR_LEN)))
        return SV_DROP_NO_MEMORY;
    struct sv_rd r = sv_rd_of(sv_buf_at(b, b->l4), SV_UDP_HDR_LEN);
    h->src_port = sv_rd_u16(&r);
    h->dst_port = sv_rd_u16(&r);
    h->length = sv_rd_u16(&r);
    const uint16_t checksum = sv_rd_u16(&r);
    if (h->length < SV_UDP_HDR_LEN || h->length > b->length - before)
        return SV_DROP_BAD_LENGTH;
    sv_buf_truncate(b, before + h->length);
    b->payload = (uint16_t)(b->l4 + SV_UDP_HDR_LEN);
    if ((b->flags & (SV_BUF_CSUM_VALID | SV_BUF_CSUM_PARTIAL)) != 0)
        return SV_DROP_NONE;
    if (checksum == 0)
        return ip->version == 4 ? SV_DROP_NONE : SV_DROP_BAD_CHECKSUM;
    const uint16_t pseudo = sv_pseudo_sum(&ip->src, &ip->dst, SV_PROTO_UDP, h->length);
    return sv_sum_add(pseudo, sv_l4_sum(b, b->l4, cpu)) == 0xffffu ? SV_DROP_NONE : SV_DROP_BAD_CHECKSUM;
}

void sv_udp_emit(struct sv_buf *b, const struct sv_addr *src, const struct sv_addr *dst, uint16_t src_port,
                 uint16_t dst_port, uint32_t cpu)
{
    b->payload = b->head;
    uint8_t *p = sv_buf_push(b, SV_UDP_HDR_LEN);
    b->l4 = b->head;
    sv_put_u16(p, src_port);
    sv_put_u16(p + 2, dst_port);
    sv_put_u16(p + 4, (uint16_t)b->length);
    sv_put_u16(p + 6, 0);
    const uint16_t pseudo = sv_pseudo_sum(src, dst, SV_PROTO_UDP, b->length);
    const uint16_t sum = sv_sum_add(pseudo, sv_l4_sum(b, b->l4, cpu));
    /* A checksum of zero would say "none": RFC 768 sends its other form. */
    sv_sum_store(p + 6, sum == 0xffffu ? 0 : sum);
}
