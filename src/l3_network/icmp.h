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
enum sv_icmp_direction { SV_ICMP_IN = 0, SV_ICMP_OUT = 1, SV_ICMP6_IN = 2, SV_ICMP6_OUT = 3 };

/* A token bucket, full at first. */
void sv_icmp_limit_init(struct sv_icmp_limit *l, sv_time now, uint32_t per_second, uint32_t burst);
/* May one go now? If so it is paid for. */
SV_MUST_CHECK bool sv_icmp_limit_take(struct sv_icmp_limit *l, sv_time now);

/* Tells the sender of `about` (borrowed; head at its IP header, parsed as h) what became of it: quotes as much of it as
 * 576 bytes allow, by reference. rest: the MTU with FRAGMENTATION_NEEDED, the pointer with PARAMETER_PROBLEM, the
 * gateway with REDIRECT.
 * Silent about ICMP errors, later fragments, broadcasts, multicasts and senders that are no one station
 * (RFC 1122 §3.2.2), and beyond the rate limit (ICMP_RATE). True: sent. */
bool sv_icmp_send_error(struct sv_core *c, struct sv_net *net, struct sv_buf *about, const struct sv_ip_hdr *h,
                        uint8_t type, uint8_t code, uint32_t rest);

/* What became of a packet, in words that both versions of ICMP have: sv_icmp_tell() sends the right one. */
enum sv_icmp_reason {
    SV_ICMP_TELL_NO_ROUTE,
    SV_ICMP_TELL_HOST,       /* its neighbour does not answer */
    SV_ICMP_TELL_PROHIBITED, /* by a rule: RFC 1812 §5.2.7.1 code 13 */
    SV_ICMP_TELL_PORT,
    SV_ICMP_TELL_PROTOCOL, /* rest: where IPv6 names the protocol, from the packet's first byte */
    SV_ICMP_TELL_TTL,
    SV_ICMP_TELL_REASSEMBLY,
    SV_ICMP_TELL_TOO_BIG,   /* rest: the MTU */
    SV_ICMP_TELL_PARAMETER, /* rest: offset of the culprit */
};
bool sv_icmp_tell(struct sv_core *c, struct sv_net *net, struct sv_buf *about, const struct sv_ip_hdr *h,
                  enum sv_icmp_reason reason, uint32_t rest);

/* A quote is the datagram as it would be on a wire: a transport checksum that the device left to its reader is
 * put in first, else whoever looks at the error takes the datagram for damaged. */
void sv_icmp_finish_sum(struct sv_buf *about, const struct sv_ip_hdr *h, uint32_t cpu);

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
