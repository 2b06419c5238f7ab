/* SPDX-License-Identifier: BSD-2-Clause */
/* Redirects, both families (RFC 4861 §8, RFC 1122 §3.2.2.2, RFC 1812 §4.3.3.2). As a host: a better first hop for one
 * destination is followed for a while, if the present first hop says so; for IPv4 only where the configuration wants it
 * (RFC 6633's time has taught better). As a router: who sends us what goes out again where it came in is told. */
#ifndef SV_L3_REDIRECT_H
#define SV_L3_REDIRECT_H

#include "core/core.h"
#include "l3_network/ip_wire.h"

struct sv_net;
struct sv_ip_path;

/* `from` says that `dst` is to be reached by `gateway` (NULL: directly). False: not from its first hop, not over that
 * interface, or the gateway is not on link. */
bool sv_redirect_follow(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *from,
                        const struct sv_addr *dst, const struct sv_addr *gateway);

/* An ICMPv4 redirect came: head at the IP header, b->l4 at the ICMP header, b->payload behind it. gateway: its field.
 * */
enum sv_drop sv_redirect_receive_v4(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_buf *b,
                                    const struct sv_ip_hdr *h, uint32_t gateway);

/* A packet from `in` is about to be forwarded along path: tells its sender if it goes out where it came in. Borrows it;
 * its head is at its IP header. */
void sv_redirect_consider(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *about,
                          const struct sv_ip_hdr *h, const struct sv_ip_path *path);

#endif
