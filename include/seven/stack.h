/* SPDX-License-Identifier: BSD-2-Clause */
/* One host: interfaces, neighbours, routes, ports, connections, timers, counters. Single owner, share
 * nothing: one per core, never a lock. */
#ifndef SEVEN_STACK_H
#define SEVEN_STACK_H

#include "seven/arena.h"
#include "seven/drop.h"
#include "seven/node.h"
#include "seven/socket.h"
#include "seven/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Profiles are data: timers and habits of TCP. */
enum sv_profile {
    SV_PROFILE_MODERN, /* the default */
    SV_PROFILE_LINUX,  /* Linux's constants, for packet scripts written for it */
    SV_PROFILE_RFC,    /* the letter: 1 s minimum RTO, no options by default */
    SV_PROFILE_TINY,   /* small windows and buffers */
};

/* How TCP finds out what was lost, and whether it was. With SACK and neither RACK nor probes: RFC 6675 by count. */
enum sv_recover {
    SV_RECOVER_SACK = 1u << 0,    /* offered, and used both ways: RFC 2018, RFC 2883 */
    SV_RECOVER_RACK = 1u << 1,    /* loss by time: RFC 8985 §6 */
    SV_RECOVER_TLP = 1u << 2,     /* the tail loss probe: RFC 8985 §7 */
    SV_RECOVER_FRTO = 1u << 3,    /* spurious timeouts: RFC 5682 */
    SV_RECOVER_EIFEL = 1u << 4,   /* the same by timestamps: RFC 3522, RFC 4015 */
    SV_RECOVER_RESTART = 1u << 5, /* the RTO counts from when the earliest in flight was sent: RFC 7765 */
    SV_RECOVER_PLAIN = 1u << 6,   /* none of these: NewReno, RFC 6582 */
    SV_RECOVER_ALL = 0x3f
};

/* Every count is a hard ceiling; 0 takes the default in brackets. */
struct sv_stack_config {
    uint32_t size;                  /* sizeof(struct sv_stack_config) */
    uint32_t host;                  /* number of this host in the trace */
    uint64_t seed;                  /* of its random streams; production draws it from the kernel */
    uint64_t secret[2];             /* key of hashes and initial sequence numbers; both 0: from the seed */
    uint64_t stable_secret[2];      /* key of addresses that stay the same on a network (RFC 7217): keep it over
                                       restarts, tell it nobody; both 0: from `secret` */
    struct sv_trace *trace;         /* NULL: no tracing */
    uint32_t profile;               /* enum sv_profile */
    uint32_t cpu;                   /* enum sv_cpu bits that port/ found; 0: portable routines */
    uint32_t interfaces;            /* [4] */
    uint32_t addresses;             /* [32] over all interfaces */
    uint32_t routes;                /* [64] */
    uint32_t neighbours;            /* [256] */
    uint32_t fragments;             /* datagrams in reassembly [64] */
    uint32_t connections;           /* full TCP records [1024] */
    uint32_t half_open;             /* SYN-RECEIVED records [1024] */
    uint32_t time_waits;            /* TIME-WAIT records [4096] */
    uint32_t busy;                  /* connections with something queued or in flight at once [= connections] */
    uint32_t listeners;             /* [64] */
    uint32_t udp_sockets;           /* [64] */
    uint32_t timers;                /* sv_timer_at [64] */
    uint32_t pool_bufs, pool_slabs; /* quota of the world's pool; 0: all of it */
    uint32_t send_buffer;           /* bytes a connection may come to queue [4 MiB] */
    uint32_t recv_buffer;           /* bytes its window may come to offer [4 MiB; linux: 15 MiB] */
    uint32_t msl_ms;                /* [30,000]; TIME-WAIT is twice that */
    uint32_t forward;               /* 1: be a router */
    uint32_t nat_sessions;          /* of NAT44, seven/nat.h [0: none] */
    uint32_t route_tables;          /* beside the main one, at most 14 [0; 4 for a router] */
    uint32_t acl_rules;             /* lines of seven/router.h's list [0; 128 for a router] */
    uint32_t recover;               /* enum sv_recover, any of them [the profile's] */
    uint32_t congestion;            /* enum sv_congestion of its connections [the profile's] */
    uint32_t ecn;                   /* enum sv_ecn_mode of its connections [the profile's] */
    uint32_t auth_keys;             /* of seven/auth.h [16] */
    uint32_t auth_connections;      /* signed by TCP-AO at once, half-open ones and those in TIME-WAIT too [64] */
    uint32_t stream;                /* names its random streams, so that a host more moves no other's [= host] */
};

/* Arena bytes such a stack takes beside the pool. */
SV_API uint64_t sv_stack_bytes(const struct sv_stack_config *config);

/* A stack in the arena, its packets from the pool. It ends with the arena: there is nothing to destroy. NULL: the arena
 * is too small, or a value is out of range. It has no interface yet. */
SV_API struct sv_stack *sv_stack_create(struct sv_arena *arena, struct sv_pool *pool,
                                        const struct sv_stack_config *config, sv_time now);

/* What drives it: seven/node.h. Its ports are the stack's interfaces. */
SV_API struct sv_node *sv_stack_node(struct sv_stack *s);

enum sv_interface_flag {
    SV_IF_CSUM = 1u << 0, /* the device finishes transport checksums on the way out */
    SV_IF_TSO4 = 1u << 1, /* the device takes super-frames of TCP over IPv4 */
    SV_IF_TSO6 = 1u << 2,
    SV_IF_NO_ARP_PROBE = 1u << 3, /* use addresses at once, without RFC 5227 probing */
    SV_IF_TRUST_CSUM = 1u << 4,   /* frames come with SV_BUF_CSUM_VALID or PARTIAL when the device checked them */
    SV_IF_IP6 = 1u << 5,          /* speak IPv6: a link-local address (RFC 7217) is made whenever it comes up */
    SV_IF_AUTOCONF = 1u << 6, /* the same; and routers are asked for and believed: addresses, routes, name servers */
    SV_IF_NO_TEMPORARY = 1u << 7, /* no temporary addresses (RFC 8981) beside the stable ones */
    SV_IF_LINK_LOCAL4 = 1u << 8,  /* an address of 169.254/16 (RFC 3927) if it has no other of IPv4 when it comes up */
    SV_IF_NO_REDIRECTS = 1u << 9, /* neither send redirects nor follow IPv6's */
    SV_IF_NO_REPORTS = 1u << 11,  /* no IGMP and MLD: a cable without routers and switches that want to know */
    SV_IF_REDIRECTS4 = 1u << 10,  /* follow ICMPv4 redirects of the first hop (off: RFC 1122's trust is too great) */
    /* Of a router: */
    SV_IF_RPF_STRICT = 1u << 16, /* a packet's source must be reached by the interface it came from (RFC 3704) */
    SV_IF_RPF_LOOSE = 1u << 17,  /* its source must be reached at all */
    SV_IF_CLAMP_MSS = 1u << 18,  /* TCP's largest segment size is lowered to what fits (RFC 4459) */
    SV_IF_DIRECTED_BROADCAST = 1u << 19, /* packets to its subnet's broadcast address are sent on (RFC 2644: off) */
};

struct sv_interface_config {
    uint32_t size;  /* sizeof(struct sv_interface_config) */
    uint32_t flags; /* enum sv_interface_flag */
    uint8_t mac[6];
    uint8_t spare[2];
    uint32_t mtu;   /* bytes of an IP packet [1500] */
    uint32_t queue; /* packets its queue may hold [256] */
};

/* An interface, up; *port is its number. SV_ERR_NO_MEMORY: the ceiling on interfaces. SV_ERR_INVALID: an MTU below
 * 68 or above 65535, or a group's MAC. SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_interface_add(struct sv_stack *s, const struct sv_interface_config *config,
                                                  sv_port *port, sv_time now);
/* An interface for the frames of another's that carry this tag (IEEE 802.1Q): the same address and MTU, and what it
 * sends carries the tag. tpid: 0x8100, or 0x88a8 for the outer one of QinQ, on which another may stand. It is up if
 * its parent is; devices are joined to the parent alone. SV_ERR_INVALID: no such parent, a VID beyond 1 to 4094,
 * another TPID. SV_ERR_IN_USE: it is there. SV_ERR_NO_MEMORY: the ceiling on interfaces. */
SV_API SV_MUST_CHECK enum sv_err sv_interface_add_tagged(struct sv_stack *s, sv_port parent, uint32_t tpid,
                                                         uint32_t vid, sv_port *port, sv_time now);

/* Which frames it takes beside its own, broadcast and the groups it joined: every multicast frame, or every frame at
 * all. The interface must be there. */
SV_API void sv_interface_set_filter(struct sv_stack *s, sv_port port, bool all_multicast, bool promiscuous);

/* The cable is in or out. Down: what waits in its queue is dropped, addresses are probed anew when it is up again
 * (RFC 5227, RFC 4862). The interface must be there. */
SV_API void sv_interface_set_up(struct sv_stack *s, sv_port port, bool up, sv_time now);

/* An address of the interface's own, and the route to its prefix. IPv4 lengths count from 0 to 32. Until probing
 * (RFC 5227; RFC 4862 §5.4) is over the address is tentative: usable for nothing. SV_ERR_INVALID: no such interface,
 * not a unicast address, or a bad length. SV_ERR_IN_USE: this stack has it. SV_ERR_NO_MEMORY: the ceiling on
 * addresses, routes or groups. */
SV_API SV_MUST_CHECK enum sv_err sv_address_add(struct sv_stack *s, sv_port port, const struct sv_addr *addr,
                                                uint32_t prefix_length, sv_time now);

/* A route to the prefix by a gateway (all zero bytes: on link). prefix_length as above. SV_ERR_INVALID: no such
 * interface, a bad length, or a gateway that is no unicast address. SV_ERR_NO_MEMORY: the ceiling on routes. */
SV_API SV_MUST_CHECK enum sv_err sv_route_add(struct sv_stack *s, const struct sv_addr *prefix, uint32_t prefix_length,
                                              const struct sv_addr *gateway, sv_port port, sv_time now);

/* Where packets go and who said so: every route (of several next hops the first), *at begins as 0. False: no more. */
enum sv_route_origin {
    SV_ROUTE_STATIC,   /* sv_route_add() */
    SV_ROUTE_ADDRESS,  /* the prefix of an address of that interface */
    SV_ROUTE_ROUTER,   /* told by a router: a default route, a prefix (RFC 4861) or a route (RFC 4191) */
    SV_ROUTE_REDIRECT, /* told by a redirect */
};
struct sv_route_info {
    uint32_t size;
    uint32_t origin;                /* enum sv_route_origin */
    struct sv_addr prefix, gateway; /* gateway all zero: on link */
    uint32_t prefix_length;         /* IPv4 from 0 to 32 */
    uint32_t metric;
    sv_port port;
    uint32_t lifetime_s;  /* what is left; UINT32_MAX: for ever */
    int32_t preference;   /* of a router's: -1 low, 0 medium, 1 high */
    uint32_t unreachable; /* 1: its gateway does not answer */
};
SV_API bool sv_route_each(const struct sv_stack *s, uint32_t *at, struct sv_route_info *info);

/* What a route is for, and where it leads. */
enum sv_route_type {
    SV_ROUTE_NONE,
    SV_ROUTE_UNICAST,
    SV_ROUTE_BLACKHOLE,   /* dropped without a word */
    SV_ROUTE_UNREACHABLE, /* the sender is told: host unreachable */
    SV_ROUTE_PROHIBIT,    /* the sender is told: administratively prohibited */
};
#define SV_ROUTE_HOPS 16u
struct sv_route_hop {
    struct sv_addr gateway; /* all zero bytes: on link */
    sv_port port;
    uint32_t weight; /* its share of the flows among several: 1 to 32 */
};
struct sv_route_config {
    uint32_t size;
    uint32_t prefix_length; /* IPv4: 0 to 32 */
    struct sv_addr prefix;
    uint32_t table;  /* 0: the main one */
    uint32_t metric; /* among routes to the same prefix the lowest, then the oldest, that has a next hop up */
    uint32_t type;   /* enum sv_route_type */
    uint32_t hops;   /* UNICAST: 1 to 16; more than one: flows are spread over them (ECMP) */
    struct sv_route_hop hop[SV_ROUTE_HOPS];
};

/* Adds a route; one with the same table, prefix and next hops only gets the metric. SV_ERR_VERSION; SV_ERR_INVALID: a
 * field is out of its range; SV_ERR_NO_MEMORY: the ceiling on routes. */
SV_API SV_MUST_CHECK enum sv_err sv_route_install(struct sv_stack *s, const struct sv_route_config *route, sv_time now);
/* Removes it; with hops 0 the one that is first in use, whatever its next hops. False: there is none. */
SV_API bool sv_route_del(struct sv_stack *s, const struct sv_route_config *route, sv_time now);
/* Walks the routes as they were installed: *at begins as 0. False: no more. */
SV_API bool sv_route_walk(const struct sv_stack *s, uint32_t *at, struct sv_route_config *route);

/* Routing by source: packets from the prefix ask that table first, and table 0 if it has no route. */
struct sv_rule_info {
    uint32_t size;
    uint32_t source_length;
    struct sv_addr source;
    uint32_t table;
    uint32_t priority; /* rules with lower numbers are asked first */
};
/* Adds one; takes away the one that is equal (false: there is none). SV_ERR_VERSION; SV_ERR_INVALID: no such table,
 * or a bad length; SV_ERR_NO_MEMORY: there are 32 rules. */
SV_API SV_MUST_CHECK enum sv_err sv_rule_add(struct sv_stack *s, const struct sv_rule_info *rule, sv_time now);
SV_API bool sv_rule_del(struct sv_stack *s, const struct sv_rule_info *rule, sv_time now);

/* A fixed neighbour entry: never asked for, never aged. SV_ERR_INVALID: no such interface, not a unicast address, or a
 * group's MAC. SV_ERR_NO_MEMORY: the ceiling on neighbours, all of them fixed. */
SV_API SV_MUST_CHECK enum sv_err sv_neighbour_add(struct sv_stack *s, sv_port port, const struct sv_addr *addr,
                                                  const uint8_t mac[6], sv_time now);

/* Habits of TCP beside the profile's, by the names of Linux's sysctls ("net.ipv4.tcp_sack" or "tcp_sack") and with
 * their values: one number, three for tcp_rmem and tcp_wmem (bytes), four times eight hexadecimal digits for
 * tcp_fastopen_key. For connections opened from now on. SV_ERR_INVALID: no such knob, or a value out of its range. */
SV_API SV_MUST_CHECK enum sv_err sv_stack_knob_set(struct sv_stack *s, const char *name, const char *value,
                                                   sv_time now);
struct sv_knob_info {
    uint32_t size;
    uint32_t values; /* how many of value[] are told; 0: it is a secret */
    uint32_t value[3];
    uint32_t spare;
    const char *name;
};
/* The knobs there are: *at begins as 0. False: no more. */
SV_API bool sv_stack_knob_each(const struct sv_stack *s, uint32_t *at, struct sv_knob_info *info);

/* How many packets were dropped for that reason since the stack was made. */
SV_API uint64_t sv_stack_drops(const struct sv_stack *s, enum sv_drop reason);

struct sv_interface_info {
    uint32_t size;  /* sizeof(struct sv_interface_info) */
    uint32_t flags; /* enum sv_interface_flag */
    uint8_t mac[6];
    uint8_t up, spare;
    uint32_t mtu;
    uint64_t packets_in, bytes_in, packets_out, bytes_out; /* wire frames */
};
/* SV_ERR_INVALID: no such interface. SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_interface_info(const struct sv_stack *s, sv_port port,
                                                   struct sv_interface_info *info);

struct sv_neighbour_info {
    uint32_t size, state; /* enum sv_neighbour_state */
    struct sv_addr addr;
    uint8_t mac[6];
    uint8_t permanent;
    uint8_t router; /* it says that it is one (IPv6) */
    sv_port port;
    sv_time confirmed; /* when it was last known to be right */
};
enum sv_neighbour_state {
    SV_NEIGHBOUR_FREE,
    SV_NEIGHBOUR_INCOMPLETE,
    SV_NEIGHBOUR_REACHABLE,
    SV_NEIGHBOUR_STALE,
    SV_NEIGHBOUR_DELAY,
    SV_NEIGHBOUR_PROBE,
    SV_NEIGHBOUR_FAILED,
    SV_NEIGHBOUR_PERMANENT
};
/* Walks the neighbour table: *at begins as 0. False: no more. */
SV_API bool sv_neighbour_each(const struct sv_stack *s, uint32_t *at, struct sv_neighbour_info *info);

struct sv_address_info {
    uint32_t size;
    sv_port port;
    struct sv_addr addr;
    uint32_t prefix_length;
    uint32_t state;                /* 0 tentative, 1 usable, 2 in conflict */
    uint32_t flags;                /* enum sv_address_info_flag */
    uint32_t preferred_s, valid_s; /* what is left of its lifetimes; UINT32_MAX: for ever */
};
enum sv_address_info_flag {
    SV_ADDRESS_IS_DYNAMIC = 1u << 0,    /* made from a router's prefix: it has lifetimes */
    SV_ADDRESS_IS_TEMPORARY = 1u << 1,  /* RFC 8981 */
    SV_ADDRESS_IS_DEPRECATED = 1u << 2, /* kept for what uses it, chosen for nothing new while there is another */
    SV_ADDRESS_IS_LINK_LOCAL = 1u << 3, /* fe80::/10 or 169.254/16 */
    SV_ADDRESS_IS_STABLE = 1u << 4,     /* made here, by RFC 7217 */
};
/* Walks the addresses: *at begins as 0. False: no more. */
SV_API bool sv_address_each(const struct sv_stack *s, uint32_t *at, struct sv_address_info *info);

/* Sorts n addresses of one name into the order in which to try them (RFC 6724 §6): those without a route or a source
 * come last. */
SV_API void sv_destination_sort(struct sv_stack *s, struct sv_addr *addr, uint32_t n, sv_time now);

/* Name servers that routers told of (RFC 8106), for a resolver: *at begins as 0. False: no more. */
struct sv_dns_server_info {
    uint32_t size;
    sv_port port; /* a link-local address means one there */
    struct sv_addr addr;
    uint32_t lifetime_s; /* what is left; UINT32_MAX: for ever */
};
SV_API bool sv_dns_server_each(const struct sv_stack *s, uint32_t *at, struct sv_dns_server_info *info, sv_time now);
/* The search list they told, as labels (RFC 1035 §3.1), each name ended by a zero byte: copies up to `room` bytes; the
 * length, 0: none. */
SV_API uint32_t sv_dns_search(const struct sv_stack *s, uint8_t *to, uint32_t room, sv_time now);

/* What a router tells the hosts of a link (RFC 4861 §6.2.1). Zeros take the defaults in brackets. */
#define SV_ADVERTISE_PREFIXES 8u
#define SV_ADVERTISE_ROUTES 8u
#define SV_ADVERTISE_SERVERS 4u
#define SV_ADVERTISE_SEARCH 128u
struct sv_advertise_prefix {
    struct sv_addr prefix;
    uint32_t length;
    uint32_t valid_s, preferred_s; /* as given: 2,592,000 and 604,800 are usual */
    uint8_t off_link, no_autoconf; /* 1: without the flag L or A */
    uint8_t spare[2];
};
struct sv_advertise_route { /* RFC 4191 */
    struct sv_addr prefix;
    uint32_t length;
    uint32_t lifetime_s;
    int32_t preference; /* -1 low, 0 medium, 1 high */
};
struct sv_advertise_config {
    uint32_t size;                           /* sizeof(struct sv_advertise_config) */
    uint32_t min_interval_s, max_interval_s; /* [200, 600] */
    uint32_t lifetime_s;                     /* as a default router [3 times max_interval_s] */
    uint32_t reachable_ms, retrans_ms;       /* [not told] */
    uint32_t mtu;                            /* [not told] */
    uint32_t hop_limit;                      /* [64] */
    int32_t preference;                      /* -1, 0, 1 */
    uint8_t managed, other;                  /* the flags M and O */
    uint8_t no_default;                      /* 1: no default router (lifetime 0) */
    uint8_t spare;
    uint32_t prefixes, routes, servers;
    struct sv_advertise_prefix prefix[SV_ADVERTISE_PREFIXES];
    struct sv_advertise_route route[SV_ADVERTISE_ROUTES];
    struct sv_addr server[SV_ADVERTISE_SERVERS];
    uint32_t search_length;
    uint32_t names_lifetime_s;           /* of servers and search list [3 times max_interval_s] */
    uint8_t search[SV_ADVERTISE_SEARCH]; /* as labels, each name ended by a zero byte */
};
/* Begins to advertise on an interface of a router (sv_stack_config.forward), or changes what is told; NULL ends it,
 * with a last word to the hosts. SV_ERR_INVALID: not a router, no such interface, or a value out of RFC 4861 §6.2.1's
 * bounds. SV_ERR_VERSION. SV_ERR_NO_MEMORY: the ceiling on multicast groups. */
SV_API SV_MUST_CHECK enum sv_err sv_advertise(struct sv_stack *s, sv_port port,
                                              const struct sv_advertise_config *config, sv_time now);

/* Checks every invariant of the stack; asserts. For tests: it looks at everything. */
SV_API void sv_stack_check(const struct sv_stack *s);

/* From now on that is done on entry and exit of each verb that changes something; false: no more. */
SV_API void sv_stack_set_checked(struct sv_stack *s, bool checked);

/* True when nothing of a connection's life is left: no connection, no TIME-WAIT, no packet held. */
SV_API bool sv_stack_settled(const struct sv_stack *s);

/* Text of addresses: dotted quad for v4-mapped, RFC 5952 for IPv6. `to` needs SV_ADDR_TEXT bytes. The
 * parser takes both forms, and "ADDR/LEN" when `length` is not NULL; false: not an address. */
#define SV_ADDR_TEXT 48u
SV_API const char *sv_addr_text(const struct sv_addr *addr, char *to);
SV_API SV_MUST_CHECK bool sv_addr_parse(const char *text, struct sv_addr *addr, uint32_t *length);
static inline struct sv_addr sv_addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct sv_addr){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}};
}

#ifdef __cplusplus
}
#endif
#endif
