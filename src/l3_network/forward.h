/* SPDX-License-Identifier: BSD-2-Clause */
/* Forwarding (RFC 1812 §5; RFC 8200): what a router does with packets that are not for it. A burst goes together: all
 * destinations are looked up at once, and packets in a row to one next hop share its path and neighbour.
 *
 *     admit (scope, TTL) -> route -> source check -> list -> MTU -> [translate] -> edit a copy of its own -> neighbour
 *
 * Whoever is refused is told where RFC 1812 and RFC 4443 say so, within the rate limit. */
#ifndef SV_L3_FORWARD_H
#define SV_L3_FORWARD_H

#include "l3_network/ip_wire.h"
#include "l3_network/net.h"

/* Packets on their way through, taken in and parsed. */
struct sv_forward_burst {
    uint32_t n;
    struct sv_buf *packet[SV_BURST];
    sv_port in[SV_BURST];
    struct sv_ip_hdr h[SV_BURST];
};

/* One more for the burst; a full one goes first. h: sv_ip_accept() said NOT_FOR_US. */
void sv_forward_add(struct sv_core *c, struct sv_net *net, struct sv_forward_burst *f, sv_port in, struct sv_buf *take,
                    const struct sv_ip_hdr *h);

/* Sends them on, or drops them, with a word to their senders. */
void sv_forward_go(struct sv_core *c, struct sv_net *net, struct sv_forward_burst *f);

/* --- steps of it --- */

/* forward_check.c: may the packet be sent on at all, by scope and TTL? NONE, or why not: its sender is told here. */
enum sv_drop sv_forward_admit(struct sv_core *c, struct sv_net *net, struct sv_buf *b, const struct sv_ip_hdr *h);
/* Did it come from where its source is reached (RFC 3704)? As the interface wants it: not at all, loose, strict. */
bool sv_forward_source_ok(const struct sv_net *net, sv_port in, const struct sv_ip_hdr *h);

/* Do IPv6 extension headers, which nobody walked here, stand between? Then an unfinished checksum's place tells. */
static inline bool sv_forward_is_behind_extensions(const struct sv_ip_hdr *h)
{
    return h->version == 6 && h->protocol != SV_PROTO_TCP && h->protocol != SV_PROTO_UDP &&
           h->protocol != SV_PROTO_ICMP6;
}

/* forward_edit.c: TTL, IPv4 options (RFC 791 §3.1: record route, timestamp), the largest segment size. The packet's
 * headers become its own first. Options record path->src. NONE, NO_MEMORY, BAD_OPTION (*at: where in the header). */
enum sv_drop sv_forward_edit(struct sv_core *c, struct sv_net *net, sv_port in, const struct sv_ip_path *path,
                             struct sv_buf *b, const struct sv_ip_hdr *h, uint32_t *at);

#endif
