/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragmentation on the way out (RFC 791 §3.2, "An Example Fragmentation Procedure"): one fragment a call, its
 * payload by reference to the datagram's slabs. */
#ifndef SV_L3_IP4_CUT_H
#define SV_L3_IP4_CUT_H

#include "core/core.h"
#include "l3_network/ip4_wire.h"

struct sv_ip4_cut {
    uint32_t offset; /* payload bytes given so far */
    uint32_t payload_length;
    uint32_t fragments; /* how many there will be */
    uint16_t mtu;
    uint16_t header_length;         /* of the datagram, and of its first fragment */
    uint16_t first_offset;          /* of a datagram that is a fragment itself */
    uint8_t more;                   /* the same's more-fragments flag */
    uint8_t copied_length;          /* bytes of the other fragments' header */
    uint8_t copied[SV_IP4_HDR_MAX]; /* that header: only the options marked "copied" (§3.1) */
};

/* b: a whole packet, head at its IP header. False: it must not be fragmented, or the MTU is below 68. */
SV_MUST_CHECK bool sv_ip4_cut_begin(struct sv_ip4_cut *cut, const struct sv_buf *b, uint32_t mtu);

/* The next fragment, head at its IP header; NULL: memory is out. Call while cut->offset < cut->payload_length.
 * b stays the caller's; its slabs are shared from now on: read-only. */
struct sv_buf *sv_ip4_cut_next(struct sv_core *c, struct sv_ip4_cut *cut, const struct sv_buf *b);

#endif
