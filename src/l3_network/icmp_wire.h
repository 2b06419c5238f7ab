/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP for IPv4 (RFC 792): the 8 bytes of its header, and what an error quotes. */
#ifndef SV_L3_ICMP_WIRE_H
#define SV_L3_ICMP_WIRE_H

#include "l3_network/ip4_wire.h"

#define SV_ICMP_HDR_LEN 8u

enum sv_icmp_type {
    SV_ICMP_ECHO_REPLY = 0,
    SV_ICMP_UNREACHABLE = 3,
    SV_ICMP_SOURCE_QUENCH = 4,
    SV_ICMP_REDIRECT = 5,
    SV_ICMP_ECHO = 8,
    SV_ICMP_TIME_EXCEEDED = 11,
    SV_ICMP_PARAMETER_PROBLEM = 12,
};
enum sv_icmp_code {
    SV_ICMP_NET_UNREACHABLE = 0, /* of UNREACHABLE */
    SV_ICMP_HOST_UNREACHABLE = 1,
    SV_ICMP_PROTOCOL_UNREACHABLE = 2,
    SV_ICMP_PORT_UNREACHABLE = 3,
    SV_ICMP_FRAGMENTATION_NEEDED = 4,
    SV_ICMP_SOURCE_ROUTE_FAILED = 5,
    SV_ICMP_PROHIBITED = 13, /* RFC 1812 §5.2.7.1 */
    SV_ICMP_IN_TRANSIT = 0,  /* of TIME_EXCEEDED */
    SV_ICMP_REASSEMBLY = 1,
};

struct sv_icmp_hdr {
    uint8_t type, code;
    uint16_t checksum; /* as on the wire */
    uint32_t rest;     /* identifier and sequence number, MTU, pointer: by type */
};

/* Parses at b->l4, verifies the checksum of the whole, sets b->payload. The first 8 bytes are linear
 * afterwards. SHORT_HEADER, BAD_CHECKSUM. */
enum sv_drop sv_icmp_parse(struct sv_buf *b, struct sv_icmp_hdr *h, uint32_t cpu);

/* Pushes the header in front of the payload, with the checksum over both. */
void sv_icmp_emit(struct sv_buf *b, const struct sv_icmp_hdr *h, uint32_t cpu);

static inline bool sv_icmp_is_error(uint8_t type)
{
    return (type >= SV_ICMP_UNREACHABLE && type <= SV_ICMP_REDIRECT) || type == SV_ICMP_TIME_EXCEEDED ||
           type == SV_ICMP_PARAMETER_PROBLEM;
}

/* What an error of either version says to a transport. */
enum sv_icmp_meaning {
    SV_ICMP_MEANS_UNREACHABLE, /* no way there, or nobody who speaks the protocol */
    SV_ICMP_MEANS_PORT,        /* nobody at that port */
    SV_ICMP_MEANS_TOO_BIG,
    SV_ICMP_MEANS_TIME, /* hops, or the time to put fragments together, ran out */
    SV_ICMP_MEANS_PARAMETER,
};

/* What a transport learns from an error about a packet of ours. */
struct sv_icmp_error {
    struct sv_addr from;         /* who says so */
    struct sv_addr src, dst;     /* quoted: src was ours */
    uint32_t tcp_seq;            /* quoted, with TCP */
    uint32_t mtu;                /* of the next hop, with TOO_BIG: IPv4's is never 0 (RFC 1191 §5) */
    uint32_t pointer;            /* with PARAMETER */
    uint32_t quoted_length;      /* total length that the quoted header tells */
    uint16_t src_port, dst_port; /* quoted; with ICMP echo both are identifier, sequence number */
    uint8_t type, code;          /* as they came, of ICMP or ICMPv6 by version */
    uint8_t version;             /* 4 or 6 */
    uint8_t meaning;             /* enum sv_icmp_meaning */
    uint8_t protocol;            /* quoted */
    uint8_t spare[3];
};

/* What 8 bytes of the quoted transport's header, whose protocol *out names, say of our flow; echo: the type of a
 * request. False: errors are about our requests, never about errors or replies. */
static inline bool sv_icmp_error_flow(struct sv_icmp_error *out, const uint8_t *l4, uint8_t icmp, uint8_t echo)
{
    const bool asked = out->protocol == icmp;
    out->src_port = sv_get_u16(asked ? l4 + 4 : l4);
    out->dst_port = sv_get_u16(asked ? l4 + 6 : l4 + 2);
    out->tcp_seq = asked ? 0 : sv_get_u32(l4 + 4);
    return !asked || l4[0] == echo;
}

/* ip: of the packet that brought it. b parsed by sv_icmp_parse(). ICMP_MALFORMED: it quotes less than a header and 8
 * bytes, a later fragment, another version. */
enum sv_drop sv_icmp_error_parse(struct sv_buf *b, const struct sv_ip_hdr *ip, const struct sv_icmp_hdr *h,
                                 struct sv_icmp_error *out);

#endif
