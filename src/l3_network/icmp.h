/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP of a host and a router: echo, errors sent and errors heard (RFC 792, RFC 1122 §3.2.2, RFC 1812 §4.3). */
#ifndef SV_L3_ICMP_H
#define SV_L3_ICMP_H

#include "core/core.h"
#include "l3_network/icmp_wire.h"

struct sv_net;
struct sv_icmp_limit;

#define SV_ICMP_PER_SECOND 1000u /* errors of ours, over all */
#define SV_ICMP_BURST 50u
#define SV_ICMP_ERROR_MAX 576u /* RFC 1812 §4.3.2.3 */

/* The `direction` of SV_TRACE_ICMP. */
enum sv_icmp_direction { SV_ICMP_IN = 0, SV_ICMP_OUT = 1 };

/* A token bucket, full at first. */
void sv_icmp_limit_init(struct sv_icmp_limit *l, sv_time now, uint32_t per_second, uint32_t burst);
/* May one go now? If so it is paid for. */
SV_MUST_CHECK bool sv_icmp_limit_take(struct sv_icmp_limit *l, sv_time now);

/* Tells the sender of `about` (borrowed; head at its IP header, parsed as h) what became of it: quotes as much of it as
 * 576 bytes allow, by reference. rest: the MTU with FRAGMENTATION_NEEDED, the pointer with PARAMETER_PROBLEM.
 * Silent about ICMP errors, later fragments, broadcasts, multicasts and senders that are no one station
 * (RFC 1122 §3.2.2), and beyond the rate limit (ICMP_RATE). True: sent. */
bool sv_icmp_send_error(struct sv_core *c, struct sv_net *net, struct sv_buf *about, const struct sv_ip_hdr *h,
                        uint8_t type, uint8_t code, uint32_t rest);

/* What an arriving message means to the caller. */
enum sv_icmp_verdict {
    SV_ICMP_DONE,  /* taken: answered, or dropped */
    SV_ICMP_ERROR, /* *error is for the transport of its protocol; the packet is still the caller's (drop it
                      ICMP_UNMATCHED if it finds no flow) */
    SV_ICMP_REPLY, /* an echo reply for the socket with identifier error->src_port; still the caller's */
};

/* b: for us, not a fragment. */
enum sv_icmp_verdict sv_icmp_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *b,
                                     const struct sv_ip_hdr *h, struct sv_icmp_error *error);

#endif
