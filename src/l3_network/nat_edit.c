/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and ports in a packet, and the checksums that cover them (RFC 1624). */
#include "core/cursor.h"
#include "l3_network/nat_table.h"

#define SV_NAT_TCP_SUM 16u
#define SV_NAT_UDP_SUM 6u
#define SV_NAT_ICMP_SUM 2u

void sv_nat_sum16(uint8_t *field, uint16_t from, uint16_t to, bool partial)
{
    if (!partial) {
        sv_sum_replace_u16(field, from, to);
        return;
    }
    uint16_t sum; /* not complemented: the device will add the rest */
    sv_memcpy(&sum, field, 2);
    sum = sv_sum_fold((uint32_t)sum + (uint16_t)~sv_sum_u16(from) + sv_sum_u16(to));
    sv_memcpy(field, &sum, 2);
}

void sv_nat_sum32(uint8_t *field, uint32_t from, uint32_t to, bool partial)
{
    sv_nat_sum16(field, (uint16_t)(from >> 16), (uint16_t)(to >> 16), partial);
    sv_nat_sum16(field, (uint16_t)from, (uint16_t)to, partial);
}

/* Bytes of the transport's header that are looked at: up to its checksum. */
static uint32_t sv_nat_need(uint8_t protocol)
{
    return protocol == SV_PROTO_TCP ? 20u : 8u;
}

bool sv_nat_read(struct sv_buf *b, const struct sv_ip_hdr *h, struct sv_nat_tuple *t)
{
    const uint32_t need = (uint32_t)h->header_length + sv_nat_need(h->protocol);
    if (b->length < need || (b->linear_length < need && !sv_buf_gather(b, (uint16_t)need)))
        return false;
    const uint8_t *p = sv_buf_head(b) + h->header_length;
    t->src = sv_addr_v4_number(&h->src);
    t->dst = sv_addr_v4_number(&h->dst);
    if (h->protocol == SV_PROTO_ICMP) {
        t->src_port = sv_get_u16(p + 4);
        t->dst_port = 0;
    } else {
        t->src_port = sv_get_u16(p);
        t->dst_port = sv_get_u16(p + 2);
    }
    return true;
}

/* The transport's ports, and the checksum for them and for the addresses of the pseudo-header. */
static void sv_nat_write_transport(struct sv_buf *b, const struct sv_ip_hdr *h, const struct sv_nat_tuple *t)
{
    uint8_t *p = sv_buf_head(b) + h->header_length;
    if (h->protocol == SV_PROTO_ICMP) { /* no pseudo-header: the identifier alone */
        sv_nat_sum16(p + SV_NAT_ICMP_SUM, sv_get_u16(p + 4), t->src_port, false);
        sv_put_u16(p + 4, t->src_port);
        return;
    }
    uint8_t *sum = p + (h->protocol == SV_PROTO_TCP ? SV_NAT_TCP_SUM : SV_NAT_UDP_SUM);
    const bool partial = (b->flags & SV_BUF_CSUM_PARTIAL) != 0;
    const bool none = h->protocol == SV_PROTO_UDP && !partial && sv_get_u16(sum) == 0; /* RFC 768 */
    if (!none) {
        sv_nat_sum32(sum, sv_addr_v4_number(&h->src), t->src, partial);
        sv_nat_sum32(sum, sv_addr_v4_number(&h->dst), t->dst, partial);
        if (!partial) { /* an unfinished sum does not cover the header yet */
            sv_nat_sum16(sum, sv_get_u16(p), t->src_port, false);
            sv_nat_sum16(sum, sv_get_u16(p + 2), t->dst_port, false);
        }
        if (h->protocol == SV_PROTO_UDP && !partial && sv_get_u16(sum) == 0)
            sv_put_u16(sum, 0xffffu); /* zero would say that there is none */
    }
    sv_put_u16(p, t->src_port);
    sv_put_u16(p + 2, t->dst_port);
}

bool sv_nat_write(struct sv_buf *b, struct sv_ip_hdr *h, const struct sv_nat_tuple *t)
{
    if (!sv_buf_own_linear(b))
        return false;
    if (h->fragment_offset == 0 &&
        (h->protocol == SV_PROTO_TCP || h->protocol == SV_PROTO_UDP || h->protocol == SV_PROTO_ICMP))
        sv_nat_write_transport(b, h, t);
    uint8_t *p = sv_buf_head(b);
    sv_nat_sum32(p + 10, sv_get_u32(p + 12), t->src, false);
    sv_nat_sum32(p + 10, sv_get_u32(p + 16), t->dst, false);
    sv_put_u32(p + 12, t->src);
    sv_put_u32(p + 16, t->dst);
    h->src = sv_addr_of_v4(t->src);
    h->dst = sv_addr_of_v4(t->dst);
    return true;
}
