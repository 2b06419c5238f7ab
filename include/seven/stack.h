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

/* Profiles are data: timers and habits of TCP. */
enum sv_profile {
    SV_PROFILE_MODERN, /* the default */
    SV_PROFILE_LINUX,  /* Linux's constants, for packet scripts written for it */
    SV_PROFILE_RFC,    /* the letter: 1 s minimum RTO, no options by default */
    SV_PROFILE_TINY,   /* small windows and buffers */
};

/* Every count is a hard ceiling; 0 takes the default in brackets. */
struct sv_stack_config {
    uint32_t size;                  /* sizeof(struct sv_stack_config) */
    uint32_t host;                  /* number of this host in the trace */
    uint64_t seed;                  /* of its random streams; production draws it from the kernel */
    uint64_t secret[2];             /* key of hashes and initial sequence numbers; both 0: from the seed */
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
    uint32_t send_buffer;           /* default bytes a connection [4 MiB] */
    uint32_t recv_buffer;           /* [4 MiB] */
    uint32_t msl_ms;                /* [30,000]; TIME-WAIT is twice that */
    uint32_t forward;               /* 1: be a router */
};

/* Arena bytes such a stack takes beside the pool. */
SV_API uint64_t sv_stack_bytes(const struct sv_stack_config *config);

/* A stack in the arena, its packets from the pool. NULL: the arena is too small, or a value is out of
 * range. It has no interface yet. */
SV_API struct sv_stack *sv_stack_create(struct sv_arena *arena, struct sv_pool *pool,
                                        const struct sv_stack_config *config, sv_time now);

SV_API struct sv_node *sv_stack_node(struct sv_stack *s);

enum sv_interface_flag {
    SV_IF_CSUM = 1u << 0, /* the device finishes transport checksums on the way out */
    SV_IF_TSO4 = 1u << 1, /* the device takes super-frames of TCP over IPv4 */
    SV_IF_TSO6 = 1u << 2,
    SV_IF_NO_ARP_PROBE = 1u << 3, /* use addresses at once, without RFC 5227 probing */
    SV_IF_TRUST_CSUM = 1u << 4,   /* frames come with SV_BUF_CSUM_VALID or PARTIAL when the device checked them */
};

struct sv_interface_config {
    uint32_t size;
    uint32_t flags; /* enum sv_interface_flag */
    uint8_t mac[6];
    uint8_t spare[2];
    uint32_t mtu;   /* bytes of an IP packet [1500] */
    uint32_t queue; /* packets its queue may hold [256] */
};

/* SV_ERR_NO_MEMORY: the ceiling on interfaces. */
SV_API SV_MUST_CHECK enum sv_err sv_interface_add(struct sv_stack *s, const struct sv_interface_config *config,
                                                  sv_port *port, sv_time now);
SV_API void sv_interface_set_up(struct sv_stack *s, sv_port port, bool up, sv_time now);

/* SV_ERR_INVALID: no such interface, not a unicast address, or a bad length. IPv4 lengths count from 0 to
 * 32. Until probing (RFC 5227) is over the address is tentative: usable for nothing. */
SV_API SV_MUST_CHECK enum sv_err sv_address_add(struct sv_stack *s, sv_port port, const struct sv_addr *addr,
                                                uint32_t prefix_length, sv_time now);

/* A route to the prefix by a gateway (all zero bytes: on link). prefix_length as above. */
SV_API SV_MUST_CHECK enum sv_err sv_route_add(struct sv_stack *s, const struct sv_addr *prefix, uint32_t prefix_length,
                                              const struct sv_addr *gateway, sv_port port, sv_time now);

/* A fixed neighbour entry : never asked for, never aged. */
SV_API SV_MUST_CHECK enum sv_err sv_neighbour_add(struct sv_stack *s, sv_port port, const struct sv_addr *addr,
                                                  const uint8_t mac[6], sv_time now);

/* Counters. */
SV_API uint64_t sv_stack_drops(const struct sv_stack *s, enum sv_drop reason);

struct sv_interface_info {
    uint32_t size, flags;
    uint8_t mac[6];
    uint8_t up, spare;
    uint32_t mtu;
    uint64_t packets_in, bytes_in, packets_out, bytes_out; /* wire frames */
};
SV_API SV_MUST_CHECK enum sv_err sv_interface_info(const struct sv_stack *s, sv_port port,
                                                   struct sv_interface_info *info);

struct sv_neighbour_info {
    uint32_t size, state; /* enum sv_neighbour_state */
    struct sv_addr addr;
    uint8_t mac[6];
    uint8_t permanent, spare;
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
    uint32_t state; /* 0 tentative, 1 preferred, 2 in conflict */
};
SV_API bool sv_address_each(const struct sv_stack *s, uint32_t *at, struct sv_address_info *info);

/* Checks every invariant of the stack; asserts. For tests: it looks at everything. */
SV_API void sv_stack_check(const struct sv_stack *s);

/* From now on on entry and exit of each verb that changes something. */
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

#endif
