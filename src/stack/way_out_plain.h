/* SPDX-License-Identifier: BSD-2-Clause */
/* The short cut of the way out: a turn that is one segment (l4_transport/tcp_short.h), over IPv4 through Ethernet, to a
 * device that does not sum. All its headers are written in one go, from the record to the wire; the sum is made of the
 * words on their way out. It decides nothing: what is not as described goes the long way of way_out.c, and what is
 * written here the long way would have written. */
#ifndef SV_STACK_WAY_OUT_PLAIN_H
#define SV_STACK_WAY_OUT_PLAIN_H

#include "l2_link/ethernet_wire.h"
#include "l4_transport/tcp_short.h"
#include "stack/stack_internal.h"

#define SV_OUT_PLAIN_L4 (SV_ETH_HDR_LEN + SV_IP4_HDR_LEN)

/* Of a frame. */
struct sv_out_ends {
    const uint8_t *to, *from; /* hardware addresses */
    const struct sv_addr *src, *dst;
};

/* The options of a header of so many bytes: none, timestamps, or a usual SYN's. Gives their words added up. */
static inline uint64_t sv_out_plain_options(uint8_t *p, uint32_t header, const struct sv_tcp_header *h)
{
    if (header == SV_TCP_HEADER_LENGTH)
        return 0;
    if (header == SV_TCP_USUAL_SYN_LENGTH)
        return sv_tcp_usual_syn_options(p, h);
    sv_put_u32(p, SV_TCP_TIMESTAMPS_HEAD);
    sv_put_u32(p + 4, h->ts_val);
    sv_put_u32(p + 8, h->ts_ecr);
    return (uint64_t)SV_TCP_TIMESTAMPS_HEAD + h->ts_val + h->ts_ecr;
}

/* Ethernet and IPv4 in front of `length` bytes of TCP. Gives the addresses, added up as they lie. */
static inline uint64_t sv_out_plain_lower(uint8_t *p, const struct sv_out_ends *e, uint32_t length, uint32_t tos_ttl)
{
    const uint32_t total = length + SV_IP4_HDR_LEN, tos = tos_ttl >> 8;
    const uint32_t ttl_protocol = (tos_ttl & 0xffu) << 8 | SV_PROTO_TCP;
    uint32_t src4, dst4;
    sv_memcpy(&src4, e->src->byte + 12, 4);
    sv_memcpy(&dst4, e->dst->byte + 12, 4);
    const uint64_t pair = (uint64_t)src4 + dst4;
    sv_memcpy(p, e->to, SV_MAC_BYTES);
    sv_memcpy(p + SV_MAC_BYTES, e->from, SV_MAC_BYTES);
    sv_put_u32(p + 12, SV_ETHERTYPE_IP4 << 16 | 0x4500u | tos);
    sv_put_u32(p + 16, total << 16); /* no identification: RFC 6864 §4.1 */
    sv_put_u32(p + 20, SV_IP4_DF << 16 | ttl_protocol);
    const uint16_t sum = sv_sum_complement(pair + sv_sum_of_numbers(0x4500u + tos + total + SV_IP4_DF + ttl_protocol));
    sv_memcpy(p + 24, &sum, 2);
    sv_memcpy(p + 26, &src4, 4);
    sv_memcpy(p + 30, &dst4, 4);
    return pair;
}

/* A fresh packet's headers, TCP's of `header` bytes. `sum`: the payload's, which is in its slices. */
__attribute__((always_inline)) static inline void sv_out_plain_write(struct sv_buf *b, uint32_t header,
                                                                     const struct sv_tcp_header *h,
                                                                     const struct sv_out_ends *e, uint32_t tos_ttl,
                                                                     uint16_t sum)
{
    const uint32_t length = header + b->length, headers = SV_OUT_PLAIN_L4 + header;
    uint8_t *p = b->inline_room + SV_HEADROOM - headers;
    uint8_t *tcp = p + SV_OUT_PLAIN_L4;
    uint64_t lies = sum + sv_out_plain_lower(p, e, length, tos_ttl);
    const uint32_t ports = (uint32_t)h->source << 16 | h->destination;
    const uint32_t offset_flags_window = header << 26 | (uint32_t)h->flags << 16 | h->window;
    sv_put_u32(tcp, ports);
    sv_put_u32(tcp + 4, h->seq);
    sv_put_u32(tcp + 8, h->ack);
    sv_put_u32(tcp + 12, offset_flags_window);
    lies += sv_sum_of_numbers((uint64_t)ports + h->seq + h->ack + offset_flags_window + SV_PROTO_TCP + length +
                              sv_out_plain_options(tcp + SV_TCP_HEADER_LENGTH, header, h));
    sum = sv_sum_complement(lies);
    sv_memcpy(tcp + 16, &sum, 2);
    sv_put_u16(tcp + 18, 0); /* nothing urgent */
    b->length += headers;
    b->linear_length = (uint16_t)headers;
    b->head = b->l2 = (uint16_t)(SV_HEADROOM - headers);
    b->l3 = (uint16_t)(SV_HEADROOM - headers + SV_ETH_HDR_LEN);
    b->l4 = (uint16_t)(SV_HEADROOM - header);
}

/* The frame of such a turn. NULL: there is no memory. */
__attribute__((always_inline)) static inline struct sv_buf *
sv_out_plain_frame(struct sv_stack *s, const struct sv_interface *i, struct sv_tcb *t, enum sv_short kind)
{
    sv_tcb_short_begins(t, kind);
    struct sv_buf *b = sv_buf_alloc_fast(sv_core_pool(t->core), SV_WANT_CONTROL, t->core->account);
    if (SV_UNLIKELY(!b))
        return NULL; /* the long way asks again, and counts */
    const struct sv_out_ends ends = {sv_neighbour_mac(&s->net.link.neighbours, t->h->neighbour), i->mac,
                                     &sv_address_of(&s->net.addresses, t->h->local)->addr, &t->h->remote};
    struct sv_tcp_header h;
    uint32_t tos_ttl = (uint32_t)t->c->dscp << 10 | t->h->ttl;
    if (kind == SV_SHORT_DATA && SV_UNLIKELY(t->h->agreed & SV_TCP_ECN))
        tos_ttl |= (uint32_t)sv_tcp_ecn_codepoint(t) << 8;
    const uint16_t sum = sv_tcb_short_fill(t, kind, b, false, &h);
    const uint32_t n = b->length;
    b->id = ++t->core->packet_id;
    if (kind == SV_SHORT_SYN)
        sv_out_plain_write(b, SV_TCP_USUAL_SYN_LENGTH, &h, &ends, tos_ttl, sum);
    else if (SV_LIKELY(h.options))
        sv_out_plain_write(b, SV_TCP_PLAIN_MAX, &h, &ends, tos_ttl, sum);
    else
        sv_out_plain_write(b, SV_TCP_HEADER_LENGTH, &h, &ends, tos_ttl, sum);
    sv_tcb_short_sent(t, kind, b, &h, n);
    return b;
}

/* Those that open and close a connection: a frame's code for each would only push the others out of the cache. */
SV_HOT __attribute__((noinline)) static struct sv_buf *
sv_out_plain_else(struct sv_stack *s, const struct sv_interface *i, struct sv_tcb *t, enum sv_short kind)
{
    return kind == SV_SHORT_SYN ? sv_out_plain_frame(s, i, t, SV_SHORT_SYN) : sv_out_plain_frame(s, i, t, kind);
}

/* The frame of such a turn, of a connection taken off its ring. NULL: it is none, or there is no memory; nothing was
 * changed but that idleness may have closed the window. */
static inline struct sv_buf *sv_out_plain(struct sv_stack *s, const struct sv_interface *i, struct sv_tcb *t)
{
    if (t->h->neighbour == SV_NONE || (i->flags & SV_IF_CSUM) || !sv_addr_is_v4(&t->h->remote))
        return NULL;
    const enum sv_short kind = sv_tcb_short(t);
    if (SV_LIKELY(kind == SV_SHORT_DATA))
        return sv_out_plain_frame(s, i, t, SV_SHORT_DATA);
    return kind == SV_SHORT_NOT ? NULL : sv_out_plain_else(s, i, t, kind);
}

#endif
