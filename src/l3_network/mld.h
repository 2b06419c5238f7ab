/* SPDX-License-Identifier: BSD-2-Clause */
/* Multicast listener discovery (RFC 3810): messages 130 to 132 and 143 of ICMPv6. */
#ifndef SV_L3_MLD_H
#define SV_L3_MLD_H

#include "core/core.h"
#include "l3_network/ip_wire.h"

struct sv_net;

/* Takes one of those in, parsed by sv_icmp6_parse(): head at the IP header, b->l4 at the ICMPv6 header. */
void sv_mld_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take,
                    const struct sv_ip_hdr *h);

#endif
