/* SPDX-License-Identifier: BSD-2-Clause */
/* What a router does beside routing: the list of what may pass, and counters. Routes and rules: seven/stack.h. */
#ifndef SEVEN_ROUTER_H
#define SEVEN_ROUTER_H

#include "seven/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sv_stack;

enum sv_acl_action {
    SV_ACL_ACCEPT,
    SV_ACL_DROP,
    SV_ACL_REJECT, /* dropped, and its sender told: administratively prohibited */
};

/* One line of the list. All that it names must agree; what is zero (or SV_NO_PORT) does not matter. Lines are asked in
 * their order, the first that agrees decides; if none does, the packet passes. A later fragment has no ports: a line
 * that names ports or flags accepts it by its addresses, and neither drops nor rejects it (RFC 1858 §3: without its
 * first fragment it is of no use to anybody). */
struct sv_acl_info {
    uint32_t size;
    uint32_t action;                        /* enum sv_acl_action */
    uint32_t family;                        /* 4, 6, or 0: both */
    uint32_t protocol;                      /* IANA number; 0: any */
    struct sv_addr src, dst;                /* prefixes; they count only if their length is not 0 */
    uint32_t src_length, dst_length;        /* IPv4: 0 to 32 */
    uint16_t src_port_first, src_port_last; /* of TCP and UDP; first 0: any */
    uint16_t dst_port_first, dst_port_last; /* of ICMP: first is the type plus one */
    uint8_t tcp_flags, tcp_mask;            /* of those in the mask, these are set */
    uint8_t established;                    /* 1: TCP with ACK or RST: no first segment */
    uint8_t spare[5];
    sv_port in, out;         /* SV_NO_PORT: any */
    uint64_t packets, bytes; /* that it decided on; filled by sv_acl_each() */
};

/* Appends a line. SV_ERR_VERSION; SV_ERR_INVALID: a field out of its range, families that differ; SV_ERR_NO_MEMORY: the
 * ceiling (sv_stack_config.acl_rules). */
SV_API SV_MUST_CHECK enum sv_err sv_acl_add(struct sv_stack *s, const struct sv_acl_info *line, sv_time now);
/* Takes all lines away. */
SV_API void sv_acl_clear(struct sv_stack *s, sv_time now);
/* Walks the lines: *at begins as 0. False: no more. */
SV_API bool sv_acl_each(const struct sv_stack *s, uint32_t *at, struct sv_acl_info *line);

struct sv_forward_counts {
    uint32_t size, spare;
    uint64_t packets, bytes; /* sent on, of either version; a super-frame is as many packets as it stands for */
    uint64_t packets6;       /* of them IPv6 */
    uint64_t told;           /* senders told why their packet went no further */
};
/* SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_forward_count(const struct sv_stack *s, struct sv_forward_counts *counts);

#ifdef __cplusplus
}
#endif
#endif
