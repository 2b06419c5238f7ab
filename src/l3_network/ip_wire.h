/* SPDX-License-Identifier: BSD-2-Clause */
/* What both versions of IP look like once parsed, or before they are emitted. */
#ifndef SV_L3_IP_WIRE_H
#define SV_L3_IP_WIRE_H

#include "core/addr.h"

enum sv_protocol {
    SV_PROTO_ICMP = 1,
    SV_PROTO_TCP = 6,
    SV_PROTO_UDP = 17,
    SV_PROTO_ICMP6 = 58,
};

#define SV_TTL_DEFAULT 64u /* RFC 1700 */

/* A parsed header: if you hold one, it is valid. The packet's head stays at the IP header; b->l3 and b->l4 say
 * where the headers begin, and the packet ends where the header says (link padding is gone). */
struct sv_ip_hdr {
    struct sv_addr src, dst;
    uint32_t total_length;    /* header and payload */
    uint32_t flow_label;      /* IPv6; else 0 */
    uint16_t header_length;   /* bytes before the transport's; of a fragment, before its piece of the datagram */
    uint16_t fragment_offset; /* bytes */
    uint8_t version;          /* 4 or 6 */
    uint8_t protocol;         /* IANA number; IPv6: of the first header not walked yet */
    uint8_t ttl;              /* IPv6: hop limit */
    uint8_t tos;              /* DSCP and ECN */
    uint8_t more_fragments;
    uint8_t dont_fragment;
    uint32_t id;
    /* Filled by sv_ip_accept(): */
    sv_port port;         /* where it came in */
    uint32_t local;       /* index of our address, SV_NONE: broadcast, multicast or not ours */
    uint8_t is_broadcast; /* to a broadcast or multicast address, of layer 2 or 3 */
    uint8_t router_alert; /* set by sv_ip6_walk(): the hop-by-hop option of RFC 2711 was there */
    uint8_t reassembled;  /* it came in fragments */
    uint8_t translated;   /* set by sv_nat_in(), sv_npt6_in(), 0 as parsed: its destination was another on the wire */
    uint8_t spare;
};

static inline bool sv_ip_is_fragment(const struct sv_ip_hdr *h)
{
    return h->more_fragments || h->fragment_offset != 0;
}

/* What a header to emit says. Fill it once a flow and, for IPv4, call sv_ip4_prepare(). */
struct sv_ip_out {
    struct sv_addr src, dst;
    uint32_t id;         /* 0 is right for what is not to be fragmented (RFC 6864 §4.1) */
    uint32_t flow_label; /* IPv6 */
    uint16_t partial;    /* sum of the header's constant words */
    uint8_t protocol;
    uint8_t ttl;
    uint8_t tos;
    uint8_t dont_fragment;
    uint8_t spare[2];
};

#endif
