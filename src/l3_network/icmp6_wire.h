/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP for IPv6 (RFC 4443): its header is ICMP's (icmp_wire.h), but the checksum covers the pseudo-header too. */
#ifndef SV_L3_ICMP6_WIRE_H
#define SV_L3_ICMP6_WIRE_H

#include "l3_network/icmp_wire.h"
#include "l3_network/ip6_wire.h"

enum sv_icmp6_type {
    SV_ICMP6_UNREACHABLE = 1,
    SV_ICMP6_TOO_BIG = 2,
    SV_ICMP6_TIME_EXCEEDED = 3,
    SV_ICMP6_PARAMETER_PROBLEM = 4,
    SV_ICMP6_ECHO = 128,
    SV_ICMP6_ECHO_REPLY = 129,
    SV_ICMP6_MLD_QUERY = 130, /* RFC 2710 */
    SV_ICMP6_MLD_REPORT = 131,
    SV_ICMP6_MLD_DONE = 132,
    SV_ICMP6_ROUTER_SOLICITATION = 133, /* RFC 4861 */
    SV_ICMP6_ROUTER_ADVERTISEMENT = 134,
    SV_ICMP6_NEIGHBOUR_SOLICITATION = 135,
    SV_ICMP6_NEIGHBOUR_ADVERTISEMENT = 136,
    SV_ICMP6_REDIRECT = 137,
    SV_ICMP6_MLD_REPORT_V2 = 143, /* RFC 3810 */
};
enum sv_icmp6_code {
    SV_ICMP6_NO_ROUTE = 0, /* of UNREACHABLE, RFC 4443 §3.1 */
    SV_ICMP6_PROHIBITED = 1,
    SV_ICMP6_BEYOND_SCOPE = 2,
    SV_ICMP6_ADDRESS_UNREACHABLE = 3,
    SV_ICMP6_PORT_UNREACHABLE = 4,
    SV_ICMP6_SOURCE_POLICY = 5,
    SV_ICMP6_REJECT_ROUTE = 6,
    SV_ICMP6_IN_TRANSIT = 0, /* of TIME_EXCEEDED, §3.3 */
    SV_ICMP6_REASSEMBLY = 1,
    SV_ICMP6_ERRONEOUS_FIELD = 0, /* of PARAMETER_PROBLEM, §3.4 */
    SV_ICMP6_UNKNOWN_NEXT_HEADER = 1,
    SV_ICMP6_UNKNOWN_OPTION = 2,
    SV_ICMP6_INCOMPLETE_CHAIN = 3, /* RFC 7112 §5 */
};

static inline bool sv_icmp6_is_error(uint8_t type)
{
    return type < 128; /* RFC 4443 §2.1 */
}

/* Parses at b->l4, verifies the checksum of the whole with the pseudo-header of ip, sets b->payload. The first 8
 * bytes are linear afterwards. SHORT_HEADER, BAD_CHECKSUM. */
enum sv_drop sv_icmp6_parse(struct sv_buf *b, const struct sv_ip_hdr *ip, struct sv_icmp_hdr *h, uint32_t cpu);

/* Pushes the header in front of the payload, with the checksum over the pseudo-header and both. */
void sv_icmp6_emit(struct sv_buf *b, const struct sv_icmp_hdr *h, const struct sv_addr *src, const struct sv_addr *dst,
                   uint32_t cpu);

/* As sv_icmp_error_parse(): the quote's chain of extension headers is walked, as far as it was quoted. */
enum sv_drop sv_icmp6_error_parse(struct sv_buf *b, const struct sv_ip_hdr *ip, const struct sv_icmp_hdr *h,
                                  struct sv_icmp_error *out);

#endif
