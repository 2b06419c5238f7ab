/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragmentation at the sender, the only place where IPv6 has it (RFC 8200 §4.5, §5): one fragment a call, its
 * payload by reference to the packet's slabs. */
#ifndef SV_L3_IP6_CUT_H
#define SV_L3_IP6_CUT_H

#include "core/core.h"
#include "l3_network/ip6_wire.h"

struct sv_ip6_cut {
    uint32_t offset;         /* bytes of the fragmentable part given so far */
    uint32_t payload_length; /* of the fragmentable part */
    uint32_t fragments;      /* how many there will be */
    uint32_t id;
    uint32_t mtu;
    uint16_t front;   /* bytes of the headers that each fragment repeats */
    uint16_t next_at; /* where those name what follows */
};

/* b: a whole packet, head at its IP header. False: the MTU is below 1280, or the headers that each fragment must repeat
 * leave no room. */
SV_MUST_CHECK bool sv_ip6_cut_begin(struct sv_ip6_cut *cut, const struct sv_buf *b, uint32_t mtu, uint32_t id);

/* The next fragment, head at its IP header; NULL: memory is out. Call while cut->offset < cut->payload_length.
 * b stays the caller's; its slabs are shared from now on: read-only. */
struct sv_buf *sv_ip6_cut_next(struct sv_core *c, struct sv_ip6_cut *cut, const struct sv_buf *b);

#endif
