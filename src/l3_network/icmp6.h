/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMPv6 of a host and a router (RFC 4443): echo, errors sent and errors heard. Neighbour discovery and multicast
 * listener discovery are messages of it too: nd.h and mld.h take those. */
#ifndef SV_L3_ICMP6_H
#define SV_L3_ICMP6_H

#include "l3_network/icmp.h"
#include "l3_network/icmp6_wire.h"

struct sv_ip_path;

#define SV_ICMP6_ERROR_MAX SV_IP6_MTU_MIN /* RFC 4443 §2.4 (c) */

/* Tells the sender of `about` (borrowed; head at its IP header, parsed as h) what became of it: quotes as much of it as
 * 1280 bytes allow, by reference. rest: the MTU with TOO_BIG, the pointer with PARAMETER_PROBLEM. Silent about ICMPv6
 * errors and redirects, later fragments, multicasts (but for TOO_BIG and unknown options) and senders that are no one
 * station (RFC 4443 §2.4 (e)), and beyond the rate limit (ICMP_RATE). True: sent. */
bool sv_icmp6_send_error(struct sv_core *c, struct sv_net *net, struct sv_buf *about, const struct sv_ip_hdr *h,
                         uint8_t type, uint8_t code, uint32_t rest);

/* b: for us, not a fragment; chain walked. As sv_icmp_receive(). */
enum sv_icmp_verdict sv_icmp6_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *b,
                                      const struct sv_ip_hdr *h, struct sv_icmp_error *error);

/* Sends an ICMPv6 message: head at its payload, which `icmp` goes in front of; path->src is where it comes from. */
bool sv_icmp6_output(struct sv_core *c, struct sv_net *net, struct sv_buf *take, const struct sv_icmp_hdr *icmp,
                     const struct sv_addr *to, const struct sv_ip_path *path, uint8_t hop_limit, uint8_t tos);

#endif
