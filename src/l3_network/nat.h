/* SPDX-License-Identifier: BSD-2-Clause */
/* Network address translation for IPv4 (NAPT, "NAT44"): RFC 4787 (UDP), RFC 5382 (TCP), RFC 5508 (ICMP).
 *
 * Behaviour: mappings are endpoint-independent (one inside address and port has one outside port, whomever it
 * speaks with); filtering is endpoint-independent or address-dependent, as configured. Ports are kept if free, else
 * random within the same range and, for UDP, of the same parity. Hairpinning with outside source. Fragments in any
 * order. Checksums are corrected, never recomputed (RFC 1624), so that a damaged packet stays visibly damaged.
 *
 * The router calls two hooks for every IPv4 packet that it has parsed:
 *
 *     parse -> sv_nat_in() -> for us? -> route -> TTL, checks -> sv_nat_out() -> fragment, neighbour, queue
 *
 * sv_nat_in() comes before "for us?" because the mapped ports are ports of the router's own outside address; after
 * it the header says whom the packet is truly for. sv_nat_out() comes last because only the route tells that a packet
 * leaves by the outside interface, and because errors about the packet must quote it as its sender knows it. */
#ifndef SV_L3_NAT_H
#define SV_L3_NAT_H

#include "core/core.h"
#include "l3_network/ip_wire.h"

struct sv_net;

enum sv_nat_verdict {
    SV_NAT_PASS, /* nothing changed: go on (unmapped, or no NAT on these interfaces) */
    SV_NAT_DONE, /* translated: bytes and *h say the new addresses; go on with those */
    SV_NAT_TAKEN /* the packet is gone: dropped (counted) or held (sv_nat_next_released() gives it back) */
};

/* Before routing and before "is it for us?": every unicast packet. *h as parsed, and updated. */
SV_MUST_CHECK enum sv_nat_verdict sv_nat_in(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                            struct sv_ip_hdr *h);

/* After routing, for a forwarded packet that came in by `in` and leaves by `out`. */
SV_MUST_CHECK enum sv_nat_verdict sv_nat_out(struct sv_core *c, struct sv_net *net, sv_port in, sv_port out,
                                             struct sv_buf *b, struct sv_ip_hdr *h);

/* Packets that were held (a later fragment that came before the first) and may now go on, to be taken in again from
 * interface *in as if they arrived now, head at the IP header. NULL: none. Ask after every sv_nat_in/out round. */
struct sv_buf *sv_nat_next_released(struct sv_core *c, struct sv_net *net, sv_port *in);

#endif
