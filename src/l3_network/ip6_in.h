/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet for us, from its fixed header to its transport: extension headers are obeyed in the order in which they
 * stand (RFC 8200 §4). */
#ifndef SV_L3_IP6_IN_H
#define SV_L3_IP6_IN_H

#include "l3_network/net.h"

#define SV_IP6_OPTIONS_EACH 8u /* of one header, padding not counted (RFC 8504 §5.3) */
#define SV_IP6_PADDING_MAX 7u  /* bytes in a row (RFC 8504 §5.3): more could carry something out unseen */

enum sv_ip6_option {
    SV_IP6_PAD1 = 0,
    SV_IP6_PADN = 1,
    SV_IP6_ROUTER_ALERT = 5, /* RFC 2711 */
};

/* take: parsed and accepted, h->protocol not yet a transport. Gives the packet whose transport is h->protocol, at
 * b->l4; another packet than `take` when this was the last of its fragments. NULL: held, or dropped, and its sender
 * told where RFC 8200 says so. */
struct sv_buf *sv_ip6_walk(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take,
                           struct sv_ip_hdr *h);

#endif
