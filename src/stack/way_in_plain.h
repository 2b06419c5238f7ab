/* SPDX-License-Identifier: BSD-2-Clause */
/* The short cut of the way in: a frame that is what nearly all are. To us, IPv4 without options, whole, TCP,
 * headers in one piece, every checksum good. One look at each byte, no
 * structures in between. It decides nothing: whatever is not as described goes the long way of way_in.c,
 * untouched, and that says why it is dropped. What is taken here the long way would have taken with the same
 * result. */
#ifndef SV_STACK_WAY_IN_PLAIN_H
#define SV_STACK_WAY_IN_PLAIN_H

#include "core/packet_sum.h"
#include "l2_link/ethernet.h"
#include "stack/stack_internal.h"

#define SV_PLAIN_L3 SV_ETH_HDR_LEN
#define SV_PLAIN_L4 (SV_ETH_HDR_LEN + SV_IP4_HDR_LEN)
#define SV_PLAIN_MIN (SV_PLAIN_L4 + SV_TCP_HEADER_LENGTH)

/* Ethernet II to our own address, an IPv4 header of 20 bytes that is right in itself, TCP within, no fragment, no
 * padding behind. */
static inline bool sv_plain_ip4(const struct sv_interface *i, const struct sv_buf *b, const uint8_t *p)
{
    if (!sv_mac_equal(p, i->mac) || sv_mac_is_group(p + 6))
        return false;
    if (sv_get_u32(p + 12) >> 8 != (SV_ETHERTYPE_IP4 << 8 | 0x45u) || p[SV_PLAIN_L3 + 9] != SV_PROTO_TCP)
        return false;
    if (sv_get_u16(p + SV_PLAIN_L3 + 2) + SV_PLAIN_L3 != b->length)
        return false;
    if (sv_get_u16(p + SV_PLAIN_L3 + 6) & (SV_IP4_MF | SV_IP4_OFFSET_MASK))
        return false;
    return sv_ip4_header_is_right(p + SV_PLAIN_L3);
}

/* The sum of what follows the headers, which are even in length. */
static inline uint16_t sv_plain_payload_sum(const struct sv_buf *b, const uint8_t *p, uint32_t headers, uint32_t cpu)
{
    const uint32_t linear = b->linear_length - headers;
    if (linear == 0 && b->slices == 1) {
        const struct sv_slice s = b->slice[0];
        return sv_sum(sv_slab_bytes_fast(sv_buf_pool_fast(b), s.slab) + s.offset, s.length, cpu);
    }
    if (b->slices == 0)
        return linear ? sv_sum(p + headers, linear, cpu) : 0;
    return sv_l4_sum(b, (uint16_t)(b->head + headers), cpu);
}

/* Fills the segment from TCP's header, whose words are added to *sum. False: an option is not well formed. */
static inline bool sv_plain_tcp(const uint8_t *tcp, uint32_t header, struct sv_seg *seg, uint64_t *sum)
{
    const uint32_t ports = sv_get_u32(tcp), offset_flags_window = sv_get_u32(tcp + 12), rest = sv_get_u32(tcp + 16);
    seg->seq = sv_get_u32(tcp + 4);
    seg->ack = sv_get_u32(tcp + 8);
    *sum += (uint64_t)ports + seg->seq + seg->ack + offset_flags_window + rest;
    seg->options = 0;
    seg->sacks = 0;
    if (SV_LIKELY(header == SV_TCP_PLAIN_MAX && sv_get_u32(tcp + 20) == SV_TCP_TIMESTAMPS_HEAD)) {
        seg->options = SV_OPTION_TIMESTAMPS;
        seg->ts_val = sv_get_u32(tcp + 24);
        seg->ts_ecr = sv_get_u32(tcp + 28);
        *sum += (uint64_t)SV_TCP_TIMESTAMPS_HEAD + seg->ts_val + seg->ts_ecr;
    } else if (header != SV_TCP_HEADER_LENGTH) {
        for (uint32_t at = SV_TCP_HEADER_LENGTH; at < header; at += 4)
            *sum += sv_get_u32(tcp + at);
        if (sv_tcp_parse_options(tcp + SV_TCP_HEADER_LENGTH, header - SV_TCP_HEADER_LENGTH, seg) != SV_DROP_NONE)
            return false;
    }
    seg->remote_port = (uint16_t)(ports >> 16);
    seg->local_port = (uint16_t)ports;
    seg->flags = (uint16_t)(offset_flags_window >> 16 & 0x1ffu);
    seg->window = offset_flags_window & 0xffffu;
    seg->urgent = (uint16_t)rest;
    seg->header_length = (uint8_t)header;
    return true;
}

/* True: *seg holds the segment, the packet its payload. False: nothing was changed but *seg. */
static inline bool sv_in_plain(struct sv_stack *s, sv_port in, const struct sv_interface *i, struct sv_buf *b,
                               struct sv_seg *seg, uint16_t *ttl_tos)
{
    const uint8_t *p = sv_buf_head(b);
    if (b->linear_length < SV_PLAIN_MIN || !sv_plain_ip4(i, b, p))
        return false;
    const uint32_t header = (uint32_t)(p[SV_PLAIN_L4 + 12] >> 4) * 4u, headers = SV_PLAIN_L4 + header;
    if (header < SV_TCP_HEADER_LENGTH || b->linear_length < headers || (b->flags & SV_BUF_BROADCAST))
        return false;
    const uint32_t src = sv_get_u32(p + SV_PLAIN_L3 + 12), dst = sv_get_u32(p + SV_PLAIN_L3 + 16);
    uint64_t sum = (uint64_t)src + dst + SV_PROTO_TCP + (b->length - SV_PLAIN_L4);
    if (!sv_plain_tcp(p + SV_PLAIN_L4, header, seg, &sum))
        return false;
    const struct sv_addr to = sv_addr_of_v4_bytes(p + SV_PLAIN_L3 + 16);
    seg->remote = sv_addr_of_v4_bytes(p + SV_PLAIN_L3 + 12);
    seg->local = sv_address_local(&s->core, &s->net.addresses, &to);
    if (seg->local == SV_NONE || src == dst || src >> 24 == 0 || sv_ip4_bad_source(src) ||
        sv_address_is_broadcast(&s->net.addresses, in, &seg->remote))
        return false;
    if (!(b->flags & (SV_BUF_CSUM_VALID | SV_BUF_CSUM_PARTIAL)) &&
        !sv_sum_is_right(sum + sv_sum_u16(sv_plain_payload_sum(b, p, headers, s->core.cpu))))
        return false;
    *ttl_tos = (uint16_t)((uint32_t)p[SV_PLAIN_L3 + 8] << 8 | p[SV_PLAIN_L3 + 1]);
    b->l2 = b->head;
    b->l3 = (uint16_t)(b->head + SV_PLAIN_L3);
    b->l4 = (uint16_t)(b->head + SV_PLAIN_L4);
    sv_buf_pull(b, (uint16_t)headers);
    b->payload = b->head;
    seg->length = b->length;
    seg->segments = b->segments;
    seg->packet = b;
    seg->port = in;
    return true;
}

#endif
