/* SPDX-License-Identifier: BSD-2-Clause */
/* A look at the transport's first bytes, as a router needs it: for its list, to tell flows apart, for the MSS. Nothing
 * is verified: a header that is damaged or cut off is for its receiver to refuse. */
#ifndef SV_L3_L4_PEEK_H
#define SV_L3_L4_PEEK_H

#include "core/core.h"
#include "l3_network/ip_wire.h"
#include "seven/buf.h"

struct sv_l4_peek {
    uint32_t at; /* offset of the transport's header from the packet's head */
    uint16_t src_port, dst_port;
    uint8_t protocol;
    uint8_t known;     /* ports (or ICMP's type) could be read */
    uint8_t later;     /* a fragment that has no such header */
    uint8_t type;      /* ICMP */
    uint8_t tcp_flags; /* TCP */
    uint8_t piece;     /* it is a fragment, the first or a later one */
    uint8_t hidden;    /* IPv6: what stands there could not be reached, or not all of it, though it is no later piece */
    uint8_t spare;
};

/* b: head at its IP header, parsed as h. */
void sv_l4_peek(const struct sv_buf *b, const struct sv_ip_hdr *h, struct sv_l4_peek *out);

/* A number for the packet's flow: equal for all of its packets. Fragments have no ports, so that none are counted for
 * any piece of a datagram. */
uint32_t sv_l4_flow_hash(const struct sv_siphash_key *key, const struct sv_buf *b, const struct sv_ip_hdr *h);

#endif
