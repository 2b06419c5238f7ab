/* SPDX-License-Identifier: BSD-2-Clause */
/* All that layers 2 and 3 of one host keep: lies in the arena, in struct sv_stack. And the way of a packet
 * through layer 3: sv_ip_accept() going in, sv_ip_path() and sv_ip_output() going out. */
#ifndef SV_L3_NET_H
#define SV_L3_NET_H

#include "l2_link/link.h"
#include "l3_network/acl.h"
#include "l3_network/address.h"
#include "l3_network/fragment.h"
#include "l3_network/group.h"
#include "l3_network/ip4_wire.h"
#include "l3_network/ip6_wire.h"
#include "l3_network/multicast.h"
#include "l3_network/npt6.h"
#include "l3_network/pmtu.h"
#include "l3_network/nd.h"
#include "l3_network/route.h"

#define SV_IP_IDS 256u
#define SV_IP_LOOP_MAX 256u

/* A token bucket in nanoseconds: so much credit, of which one message costs `cost`. */
struct sv_icmp_limit {
    sv_time full_at; /* when the bucket will be full again */
    uint32_t per_second, burst;
};

/* What a router did. */
struct sv_forwarding {
    uint64_t packets, packets6, bytes; /* sent on */
    uint64_t told;                     /* senders told of a refusal */
};

enum sv_path_kind { SV_PATH_UNICAST, SV_PATH_BROADCAST, SV_PATH_MULTICAST, SV_PATH_LOOP };

/* The way to a destination. */
struct sv_ip_path {
    struct sv_addr next_hop;
    struct sv_addr src; /* chosen, or the caller's */
    sv_port port;
    uint32_t mtu;        /* of the way, as far as it is known (pmtu.h) */
    uint32_t generation; /* of the routes: ask again when it differs from net->routes.generation */
    uint32_t kind;       /* enum sv_path_kind */
};

/* A way that was found lately, by where to and from which address (any: it was to be chosen). It holds as long as
 * neither routes nor addresses have changed; its MTU is asked for each time. */
#define SV_IP_RECENT 16u
struct sv_ip_recent {
    struct sv_addr dst, wanted;
    struct sv_ip_path path; /* port SV_NO_PORT: nothing is remembered here */
    uint32_t addresses;     /* their generation */
    uint32_t spare;
};

struct sv_net {
    struct sv_link link;
    struct sv_addresses addresses;
    struct sv_routes routes;
    struct sv_acl acl;
    struct sv_forwarding forwarding;
    struct sv_fragments fragments;
    struct sv_icmp_limit icmp;
    struct sv_multicast multicast;
    struct sv_pmtu pmtu;
    struct sv_membership groups;
    struct sv_nd nd;
    struct sv_ip_recent recent[SV_IP_RECENT]; /* the destination cache of RFC 4861 §5.1 */
    struct sv_packet_queue loop;              /* packets of ours to ourselves, heads at the IP header */
    uint16_t ip_id[SV_IP_IDS];
    uint32_t ip6_id[SV_IP_IDS];
    uint32_t forward; /* 1: be a router */
    uint32_t default_ttl;
    struct sv_nat nat;
    struct sv_npt6 npt6;
};

struct sv_net_config {
    uint32_t interfaces, addresses, routes, neighbours, fragments; /* ceilings */
    uint32_t fragment_bytes;                                       /* memory that reassembly may hold [4 MiB] */
    uint32_t forward;
    uint32_t nat_sessions; /* 0: no NAT44 */
    uint32_t route_tables; /* beside the main one */
    uint32_t acl_rules;
};

/* False: the arena is full. `net` must lie in it, and is zero. */
SV_MUST_CHECK bool sv_net_init(struct sv_net *net, struct sv_core *c, struct sv_arena *arena,
                               const struct sv_net_config *config);
/* Arena bytes that takes, beside `net` itself. */
uint64_t sv_net_bytes(const struct sv_net_config *config);

/* A new address with its on-link route; probing begins (acd.h). SV_ERR_INVALID: not unicast; SV_ERR_IN_USE;
 * SV_ERR_NO_MEMORY: a ceiling. *index may be NULL. */
SV_MUST_CHECK enum sv_err sv_net_address_add(struct sv_core *c, struct sv_net *net, sv_port port,
                                             const struct sv_addr *addr, uint32_t prefix_bits, uint32_t *index);
/* The same with all that may be said of it; want->flags are enum sv_address_flag. */
struct sv_net_address {
    sv_port port;
    uint32_t prefix_bits;
    struct sv_addr addr, router;
    struct sv_lifetimes life; /* set by whoever made it, with sv_address.life_at */
    uint32_t desync_s;
    uint16_t flags;
    uint16_t spare;
};
SV_MUST_CHECK enum sv_err sv_net_address_make(struct sv_core *c, struct sv_net *net, const struct sv_net_address *want,
                                              uint32_t *index);
/* Takes an address and, if no other of that interface has the prefix, its route away. */
void sv_net_address_remove(struct sv_core *c, struct sv_net *net, uint32_t index);
/* Up: its addresses are probed anew. Down: its queue and neighbours go. */
void sv_net_interface_set(struct sv_core *c, struct sv_net *net, sv_port port, bool up);

/* Either version's parser, by the first byte. Of IPv6 the chain is not walked. */
enum sv_drop sv_ip_parse(struct sv_buf *b, struct sv_ip_hdr *h, uint32_t cpu);

/* For whom is a parsed packet from interface `port`? NONE: for us; h->local and h->is_broadcast are set. NOT_FOR_US:
 * a router may forward it. BAD_SOURCE, BAD_DESTINATION, NOT_JOINED, LOOP. `looped`: it came from net->loop. */
enum sv_drop sv_ip_accept(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_buf *b,
                          struct sv_ip_hdr *h, bool looped);

/* Finds the way. src: any address lets it choose. port: SV_NO_PORT, or the interface that a broadcast or multicast
 * goes out of. SV_ERR_NO_ROUTE; SV_ERR_NOT_LOCAL: src is no usable address of ours. */
SV_MUST_CHECK enum sv_err sv_ip_find_path(struct sv_core *c, struct sv_net *net, const struct sv_addr *dst,
                                          const struct sv_addr *src, sv_port port, struct sv_ip_path *path);

/* The time to live of what goes to dst by that interface, if nobody says otherwise: of IPv6 what a router there told
 * (RFC 4861 §6.3.4). */
uint8_t sv_ip_default_ttl(const struct sv_net *net, sv_port port, const struct sv_addr *dst);

/* Asserts that what is remembered is what would be found. */
void sv_ip_recent_check(const struct sv_core *c, const struct sv_net *net);

/* Emits the IP header and sends: fragmented if need be and allowed, to the interface's queue, a neighbour's or our
 * own. o->id is filled here. Takes the packet in every case. SV_ERR_TOO_BIG (must not be fragmented), SV_ERR_AGAIN
 * (the interface's queue has no room for all of it), SV_ERR_UNREACHABLE, SV_ERR_NO_MEMORY: all counted. */
SV_MUST_CHECK enum sv_err sv_ip_output(struct sv_core *c, struct sv_net *net, struct sv_buf *take, struct sv_ip_out *o,
                                       const struct sv_ip_path *path);

/* The same for a packet that has its IP header. */
SV_MUST_CHECK enum sv_err sv_ip_hand_over(struct sv_core *c, struct sv_net *net, struct sv_buf *take,
                                          const struct sv_ip_path *path);

/* The next packet to ourselves, to be taken in like one from interface *port. NULL: none. */
struct sv_buf *sv_ip_next_looped(struct sv_core *c, struct sv_net *net);

/* The identification of a datagram that may be fragmented: a counter per destination behind a keyed hash, so that
 * one peer learns nothing of another's traffic (RFC 7739 §5.3, RFC 6864). */
uint16_t sv_ip4_next_id(const struct sv_core *c, struct sv_net *net, const struct sv_ip_out *o);
/* A flow's label (RFC 6437 §3): the same for all its packets, and no pattern over flows. ports: both, as they stand
 * in the transport's header. */
uint32_t sv_ip6_flow_label(const struct sv_core *c, const struct sv_ip_out *o, uint32_t ports);
uint32_t sv_ip6_next_id(const struct sv_core *c, struct sv_net *net, const struct sv_addr *src,
                        const struct sv_addr *dst);

/* Packets that waited for a neighbour in vain: a forwarded one's sender is told host unreachable (RFC 1812 §5.2.7.1),
 * then they are dropped. Call after the neighbours' timers ran. */
void sv_ip_drain_refused(struct sv_core *c, struct sv_net *net);

/* Sends a packet that is not for us on, or drops it with a word to its sender (RFC 1812 §5.2, §5.3). */
void sv_ip_forward(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *take, const struct sv_ip_hdr *h);

/* The wheel woke a record of kind NEIGHBOUR, ADDRESS or FRAGMENT. False: another's kind. */
bool sv_net_expire(struct sv_core *c, struct sv_net *net, uint32_t kind, uint32_t index);

/* Asserts every invariant. */
void sv_net_check(const struct sv_core *c, const struct sv_net *net);

#endif
