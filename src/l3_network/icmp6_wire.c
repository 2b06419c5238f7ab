/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/icmp6_wire.h"

#include "core/packet_sum.h"
#include "l3_network/ip6_chain.h"

enum sv_drop sv_icmp6_parse(struct sv_buf *b, const struct sv_ip_hdr *ip, struct sv_icmp_hdr *h, uint32_t cpu)
{
    const uint32_t before = (uint32_t)(b->l4 - b->head);
    if (b->length < before + SV_ICMP_HDR_LEN)
        return SV_DROP_SHORT_HEADER;
    if (b->linear_length < before + SV_ICMP_HDR_LEN && !sv_buf_gather(b, (uint16_t)(before + SV_ICMP_HDR_LEN)))
        return SV_DROP_NO_MEMORY;
    const uint16_t pseudo = sv_pseudo_sum(&ip->src, &ip->dst, SV_PROTO_ICMP6, b->length - before);
    if (sv_sum_add(pseudo, sv_l4_sum(b, b->l4, cpu)) != 0xffffu)
        return SV_DROP_BAD_CHECKSUM;
    const uint8_t *p = sv_buf_at(b, b->l4);
    h->type = p[0];
    h->code = p[1];
    sv_memcpy(&h->checksum, p + 2, 2);
    h->rest = sv_get_u32(p + 4);
    b->payload = (uint16_t)(b->l4 + SV_ICMP_HDR_LEN);
    return SV_DROP_NONE;
}

void sv_icmp6_emit(struct sv_buf *b, const struct sv_icmp_hdr *h, const struct sv_addr *src, const struct sv_addr *dst,
                   uint32_t cpu)
{
    b->payload = b->head;
    uint8_t *p = sv_buf_push(b, SV_ICMP_HDR_LEN);
    b->l4 = b->head;
    p[0] = h->type;
    p[1] = h->code;
    sv_put_u16(p + 2, 0);
    sv_put_u32(p + 4, h->rest);
    const uint16_t pseudo = sv_pseudo_sum(src, dst, SV_PROTO_ICMP6, b->length);
    sv_sum_store(p + 2, sv_sum_add(pseudo, sv_l4_sum(b, b->l4, cpu)));
}

static enum sv_icmp_meaning sv_icmp6_meaning(uint8_t type, uint8_t code)
{
    switch (type) {
    case SV_ICMP6_TOO_BIG:
        return SV_ICMP_MEANS_TOO_BIG;
    case SV_ICMP6_TIME_EXCEEDED:
        return SV_ICMP_MEANS_TIME;
    case SV_ICMP6_UNREACHABLE:
        return code == SV_ICMP6_PORT_UNREACHABLE ? SV_ICMP_MEANS_PORT : SV_ICMP_MEANS_UNREACHABLE;
    case SV_ICMP6_PARAMETER_PROBLEM: /* RFC 4443 §3.4: nobody there speaks this protocol */
        return code == SV_ICMP6_UNKNOWN_NEXT_HEADER ? SV_ICMP_MEANS_UNREACHABLE : SV_ICMP_MEANS_PARAMETER;
    default:
        return SV_ICMP_MEANS_PARAMETER;
    }
}

enum sv_drop sv_icmp6_error_parse(struct sv_buf *b, const struct sv_ip_hdr *ip, const struct sv_icmp_hdr *h,
                                  struct sv_icmp_error *out)
{
    uint8_t quote[SV_IP6_CHAIN_BYTES];
    struct sv_ip6_chain chain;
    const uint32_t at = (uint32_t)(b->payload - b->head);
    const uint32_t n = sv_min_u32(b->length - at, sizeof quote);
    sv_memset(out, 0, sizeof *out);
    if (n < SV_IP6_HDR_LEN + 8u || !sv_buf_read(b, at, quote, n) || quote[0] >> 4 != 6)
        return SV_DROP_ICMP_MALFORMED;
    sv_ip6_chain_read(quote, n, &chain);
    if (!chain.complete || chain.at + 8u > n)
        return SV_DROP_ICMP_MALFORMED; /* about a later fragment, or cut before the ports */
    const uint8_t *l4 = quote + chain.at;
    out->from = ip->src;
    out->src = sv_addr_of_v6_bytes(quote + 8);
    out->dst = sv_addr_of_v6_bytes(quote + 24);
    out->quoted_length = SV_IP6_HDR_LEN + (uint32_t)sv_get_u16(quote + 4);
    out->type = h->type;
    out->code = h->code;
    out->version = 6;
    out->meaning = (uint8_t)sv_icmp6_meaning(h->type, h->code);
    out->protocol = chain.protocol;
    if (!sv_icmp_error_flow(out, l4, SV_PROTO_ICMP6, SV_ICMP6_ECHO))
        return SV_DROP_ICMP_MALFORMED;
    if (h->type == SV_ICMP6_TOO_BIG)
        out->mtu = h->rest;
    if (h->type == SV_ICMP6_PARAMETER_PROBLEM)
        out->pointer = h->rest;
    return SV_DROP_NONE;
}
