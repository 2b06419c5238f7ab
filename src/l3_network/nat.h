/* SPDX-License-Identifier: BSD-2-Clause */
/* Network address translation for IPv4 with ports ("NAT44"): RFC 4787 (UDP), RFC 5382 (TCP), RFC 5508 (ICMP).
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
 * leaves by the outside interface, and because errors about the packet must quote it as its sender knows it.
 *
 * Not here: more than one outside address or interface; protocols without ports (refused with "administratively
 * prohibited"); gateways for protocols but FTP. The router's own sockets on the outside address should stay off ports
 * that a mapping keeps: a mapping is looked up first. */
#ifndef SV_L3_NAT_H
#define SV_L3_NAT_H

#include "core/core.h"
#include "core/flow.h"
#include "core/packet_queue.h"
#include "l3_network/ip_wire.h"
#include "seven/nat.h"

struct sv_net;

#define SV_NAT_FRAGMENTS 64u      /* datagrams whose fragments are followed at once */
#define SV_NAT_HELD_EACH 64u      /* later fragments that wait for the first, of one datagram */
#define SV_NAT_HELD 256u          /* and of all; unsolicited SYNs too */
#define SV_NAT_FRAGMENT_MS 15000u /* how long */
#define SV_NAT_SYN_MS 6000u       /* RFC 5382 REQ-4 */
#define SV_NAT_SYNS 64u
#define SV_NAT_ADJUSTS 64u /* FTP control connections whose lengths we changed */

/* A packet that waits. */
struct sv_nat_held {
    uint32_t packet; /* head at its IP header */
    sv_port in;
    uint32_t next; /* of the same datagram, of those released, or the free list */
};

struct sv_nat {
    struct sv_flow_table by_inside, by_outside, by_peer, by_session, by_host;
    int64_t mappings_at, sessions_at, peers_at, hosts_at; /* from this struct */
    uint32_t ceiling;                                     /* of each; 0: there is no NAT */
    uint32_t mapping_free, session_free, peer_free, host_free;
    uint32_t enabled;
    sv_port outside;
    uint32_t address; /* of the outside interface, as a number */
    struct sv_nat_config config;
    struct sv_nat_counts counts;
    /* Datagrams in fragments: a ring, the oldest first. */
    int64_t fragments_at;
    uint32_t fragment_oldest, fragments;
    struct sv_nat_held held[SV_NAT_HELD];
    uint32_t held_free;
    uint32_t released_first, released_last;
    /* Unsolicited SYNs: a ring, the oldest first. */
    uint32_t syn_packet[SV_NAT_SYNS];
    sv_time syn_deadline[SV_NAT_SYNS];
    uint32_t syn_oldest, syns;
    int64_t adjusts_at;
    uint32_t adjust_free;
    uint32_t spare;
};

/* sessions 0: no NAT, no memory. False: the arena is full. */
SV_MUST_CHECK bool sv_nat_init(struct sv_nat *nat, struct sv_core *c, struct sv_arena *arena, uint32_t sessions);
uint64_t sv_nat_bytes(uint32_t sessions);

/* seven/nat.h's calls, with their errors. */
SV_MUST_CHECK enum sv_err sv_nat_setup(struct sv_core *c, struct sv_net *net, const struct sv_nat_config *config);
SV_MUST_CHECK enum sv_err sv_nat_add_forward(struct sv_core *c, struct sv_nat *nat, uint32_t protocol,
                                             uint16_t outside_port, const struct sv_endpoint *inside);
void sv_nat_close_all(struct sv_core *c, struct sv_nat *n); /* mappings go with their last session */
bool sv_nat_walk(const struct sv_nat *nat, uint32_t *at, struct sv_nat_info *info);

enum sv_nat_verdict {
    SV_NAT_PASS, /* nothing changed: go on (unmapped, or no NAT on these interfaces) */
    SV_NAT_DONE, /* translated: bytes and *h say the new addresses; go on with those */
    SV_NAT_TAKEN /* the packet is gone: dropped (counted) or held (sv_nat_next_released() gives it back) */
};

/* Before routing and before "is it for us?": every packet, when net->nat.enabled. *h as parsed, and updated. */
SV_MUST_CHECK enum sv_nat_verdict sv_nat_in(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                            struct sv_ip_hdr *h);

/* After routing, for a forwarded packet that came in by `in` and leaves by `out`. */
SV_MUST_CHECK enum sv_nat_verdict sv_nat_out(struct sv_core *c, struct sv_net *net, sv_port in, sv_port out,
                                             struct sv_buf *b, struct sv_ip_hdr *h);

/* Packets that were held (a later fragment that came before the first) and may now go on, to be taken in again from
 * interface *in as if they arrived now, head at the IP header. NULL: none. Ask after every burst. */
struct sv_buf *sv_nat_next_released(struct sv_core *c, struct sv_net *net, sv_port *in);

/* A SYN to our outside address for which there is neither mapping nor listener: kept for 6 s in case the inside opens
 * the same connection (simultaneous open), then answered port unreachable (RFC 5382 REQ-4). b's head is the IP
 * header. */
void sv_nat_hold_syn(struct sv_core *c, struct sv_net *net, struct sv_buf *take);

/* An ICMP error of the router's own that leaves by `out`, head at its ICMP header: what it quotes of a packet
 * translated on its way in becomes what the sender knows (RFC 5508 REQ-5). */
void sv_nat_own_error(struct sv_core *c, struct sv_net *net, sv_port out, struct sv_buf *b);

/* Turns a packet that sv_nat_out() translated back, so that its sender can be told of its end. True: it was one. */
bool sv_nat_undo(struct sv_core *c, struct sv_net *net, struct sv_buf *b, struct sv_ip_hdr *h);

/* The wheel woke record `index` (SV_WHEEL_NAT). */
void sv_nat_expire(struct sv_core *c, struct sv_net *net, uint32_t index);

/* Asserts every invariant. */
void sv_nat_check(const struct sv_core *c, const struct sv_nat *nat);

#endif
