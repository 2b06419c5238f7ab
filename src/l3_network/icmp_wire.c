/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/icmp_wire.h"

#include "core/packet_sum.h"

enum sv_drop sv_icmp_parse(struct sv_buf *b, struct sv_icmp_hdr *h, uint32_t cpu)
{
    const uint32_t need = (uint32_t)(b->l4 - b->head) + SV_ICMP_HDR_LEN;
    if (b->length < need)
        return SV_DROP_SHORT_HEADER;
    if (b->linear_length < need && !sv_buf_gather(b, (uint16_t)need))
        return SV_DROP_SHORT_HEADER;
    if (sv_l4_sum(b, b->l4, cpu) != 0xffffu)
        return SV_DROP_BAD_CHECKSUM;
    const uint8_t *p = sv_buf_at(b, b->l4);
    h->type = p[0];
    h->code = p[1];
    sv_memcpy(&h->checksum, p + 2, 2);
    h->rest = sv_get_u32(p + 4);
    b->payload = (uint16_t)(b->l4 + SV_ICMP_HDR_LEN);
    return SV_DROP_NONE;
}

void sv_icmp_emit(struct sv_buf *b, const struct sv_icmp_hdr *h, uint32_t cpu)
{
    b->payload = b->head;
    uint8_t *p = sv_buf_push(b, SV_ICMP_HDR_LEN);
    b->l4 = b->head;
    p[0] = h->type;
    p[1] = h->code;
    sv_put_u16(p + 2, 0);
    sv_put_u32(p + 4, h->rest);
    sv_sum_store(p + 2, sv_l4_sum(b, b->l4, cpu));
}

/* RFC 1191 §7.1: a router that tells no MTU means the next plateau below what was sent. */
static uint32_t sv_icmp_plateau(uint32_t length)
{
    static const uint16_t plateau[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296};
    for (uint32_t i = 0; i < SV_COUNT_OF(plateau); i++) {
        if (plateau[i] < length)
            return plateau[i];
    }
    return 68;
}

static enum sv_icmp_meaning sv_icmp_meaning(uint8_t type, uint8_t code)
{
    if (type == SV_ICMP_TIME_EXCEEDED)
        return SV_ICMP_MEANS_TIME;
    if (type != SV_ICMP_UNREACHABLE)
        return SV_ICMP_MEANS_PARAMETER;
    if (code == SV_ICMP_FRAGMENTATION_NEEDED)
        return SV_ICMP_MEANS_TOO_BIG;
    return code == SV_ICMP_PORT_UNREACHABLE ? SV_ICMP_MEANS_PORT : SV_ICMP_MEANS_UNREACHABLE;
}

enum sv_drop sv_icmp_error_parse(struct sv_buf *b, const struct sv_ip_hdr *ip, const struct sv_icmp_hdr *h,
                                 struct sv_icmp_error *out)
{
    uint8_t quote[SV_IP4_HDR_MAX + 8];
    const uint32_t at = (uint32_t)(b->payload - b->head);
    const uint32_t n = sv_min_u32(b->length - at, sizeof quote);
    sv_memset(out, 0, sizeof *out);
    if (n < SV_IP4_HDR_LEN + 8u || !sv_buf_read(b, at, quote, n))
        return SV_DROP_ICMP_MALFORMED;
    const uint32_t header_length = (quote[0] & 15u) * 4u;
    if (quote[0] >> 4 != 4 || header_length < SV_IP4_HDR_LEN || header_length + 8u > n)
        return SV_DROP_ICMP_MALFORMED;
    if ((sv_get_u16(quote + 6) & SV_IP4_OFFSET_MASK) != 0)
        return SV_DROP_ICMP_MALFORMED; /* about a later fragment: it has no ports to find a flow by */
    const uint8_t *l4 = quote + header_length;
    out->from = ip->src;
    out->src = sv_addr_of_v4(sv_get_u32(quote + 12));
    out->dst = sv_addr_of_v4(sv_get_u32(quote + 16));
    out->quoted_length = sv_get_u16(quote + 2);
    out->type = h->type;
    out->code = h->code;
    out->version = 4;
    out->meaning = (uint8_t)sv_icmp_meaning(h->type, h->code);
    out->protocol = quote[9];
    if (!sv_icmp_error_flow(out, l4, SV_PROTO_ICMP, SV_ICMP_ECHO))
        return SV_DROP_ICMP_MALFORMED;
    if (h->type == SV_ICMP_UNREACHABLE && h->code == SV_ICMP_FRAGMENTATION_NEEDED) {
        out->mtu = h->rest & 0xffffu;
        if (out->mtu == 0)
            out->mtu = sv_icmp_plateau(out->quoted_length);
    }
    if (h->type == SV_ICMP_PARAMETER_PROBLEM)
        out->pointer = h->rest >> 24;
    return SV_DROP_NONE;
}
