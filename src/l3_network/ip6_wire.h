/* SPDX-License-Identifier: BSD-2-Clause */
/* The IPv6 header (RFC 8200 §3), parsed and emitted. What may stand between it and the transport is in
 * ip6_chain.h; what a node does about it, in ip6_in.h. */
#ifndef SV_L3_IP6_WIRE_H
#define SV_L3_IP6_WIRE_H

#include "l3_network/ip_wire.h"
#include "seven/buf.h"
#include "seven/drop.h"

#define SV_IP6_HDR_LEN 40u
#define SV_IP6_MTU_MIN 1280u      /* RFC 8200 §5: every link carries that whole */
#define SV_IP6_PAYLOAD_MAX 65535u /* jumbograms (RFC 2675) are not spoken */
#define SV_IP6_FLOW_MASK 0xfffffu
#define SV_IP6_NEXT_AT 6u /* offset of the next-header field */
#define SV_IP6_HOPS_AT 7u

/* Next headers that are no transport. IANA, "Protocol Numbers"; RFC 8200 §4. */
enum sv_ip6_next {
    SV_IP6_HOP_BY_HOP = 0,
    SV_IP6_ROUTING = 43,
    SV_IP6_FRAGMENT = 44,
    SV_IP6_ESP = 50,
    SV_IP6_AUTHENTICATION = 51,
    SV_IP6_NO_NEXT = 59,
    SV_IP6_DESTINATION = 60,
};

static inline struct sv_addr sv_addr_of_v6_bytes(const uint8_t *sixteen)
{
    struct sv_addr a;
    sv_memcpy(a.byte, sixteen, 16);
    return a;
}

/* Does nothing of IPv6's own stand before the transport? */
static inline bool sv_ip6_is_transport(uint8_t next)
{
    return next == SV_PROTO_TCP || next == SV_PROTO_UDP || next == SV_PROTO_ICMP6;
}

/* Addresses that no packet on a wire may have: RFC 4291 §2.5.2, §2.5.3, §2.7 (scope 0 and 1). A v4-mapped address names
 * an IPv4 socket inside a host; on the wire it would get around filters for IPv4 (MAPPED_ON_WIRE). */
enum sv_drop sv_ip6_bad_address(const struct sv_addr *src, const struct sv_addr *dst);

/* Parses the fixed header and validates: version, length, addresses. Cuts link padding off, leaves the head where it
 * is, sets b->l3 and b->l4. h->protocol is the first next header: sv_ip6_walk() goes on unless
 * sv_ip6_is_transport(). SHORT_HEADER, BAD_VERSION, BAD_LENGTH, BAD_SOURCE, BAD_DESTINATION, MAPPED_ON_WIRE. */
enum sv_drop sv_ip6_parse(struct sv_buf *b, struct sv_ip_hdr *h);

/* Pushes 40 bytes in front of the transport's header (or of extension headers: o->protocol is the next header). What
 * stands behind them must not exceed 65535 bytes. */
static inline void sv_ip6_emit(struct sv_buf *b, const struct sv_ip_out *o)
{
    SV_ASSERT(b->length <= SV_IP6_PAYLOAD_MAX);
    const uint32_t payload_length = b->length;
    b->l4 = b->head;
    uint8_t *p = sv_buf_push(b, SV_IP6_HDR_LEN);
    b->l3 = b->head;
    sv_put_u32(p, 6u << 28 | (uint32_t)o->tos << 20 | (o->flow_label & SV_IP6_FLOW_MASK));
    sv_put_u16(p + 4, (uint16_t)payload_length);
    p[6] = o->protocol;
    p[7] = o->ttl;
    sv_memcpy(p + 8, o->src.byte, 16);
    sv_memcpy(p + 24, o->dst.byte, 16);
}

#endif
