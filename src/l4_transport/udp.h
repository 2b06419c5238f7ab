/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP sockets (RFC 768, RFC 1122 §4.1) and echo sockets (ping), one table: the latter's "port" is the identifier.
 * The most specific socket gets a datagram: connected to its sender, bound to the address, to the interface, to
 * the port rather than to all of them; a broadcast goes to every socket that matches. What waits to be read is
 * bounded in datagrams and in bytes, charged at true size. Of ICMP errors the last one is kept. */
#ifndef SV_L4_UDP_H
#define SV_L4_UDP_H

#include "l3_network/icmp.h"
#include "l3_network/net.h"
#include "l4_transport/ports.h"
#include "l4_transport/udp_wire.h"

#define SV_UDP_QUEUE_PACKETS 256u
#define SV_UDP_QUEUE_BYTES (512u << 10)

#define SV_REPORTS_EACH 64u /* a socket keeps at most */

enum sv_udp_kind { SV_UDP_FREE = 0, SV_UDP_DATAGRAM = 17, SV_UDP_ECHO = 1, SV_UDP_PROBE = 6 };

/* What came back about something sent; of one store for all sockets. */
struct sv_udp_report {
    struct sv_icmp_error error; /* of a TCP answer: from, src, dst, ports, tcp_seq */
    uint32_t next;              /* of the same socket, or the free list */
    uint8_t kind;               /* enum sv_report_kind */
    uint8_t tcp_flags;
    uint8_t spare[2];
};

/* One socket. */
struct sv_udp_socket {
    struct sv_addr local, remote; /* local: any of either family; remote: with `connected` */
    uint64_t cookie;
    struct sv_packet_queue queue; /* heads at the IP header */
    uint32_t queue_charge;        /* bytes of the pool that it holds */
    uint32_t queue_packets_max, queue_charge_max;
    sv_port interface; /* SV_NO_PORT: any */
    uint32_t generation;
    uint32_t chain; /* next in the hash bucket, or the free list */
    uint32_t ready_next;
    uint32_t what; /* enum sv_event_bit: what happened since it was last given as ready */
    uint32_t flow; /* its number in the trace */
    uint16_t local_port, remote_port;
    uint8_t kind; /* enum sv_udp_kind */
    uint8_t connected;
    uint8_t any_port; /* takes every port that no other socket has */
    uint8_t v6_only;
    uint8_t ttl;   /* 0: the default */
    uint8_t ready; /* stands in the ready list */
    uint8_t has_error;
    uint8_t tos;           /* DSCP and ECN of what it sends */
    uint8_t dont_fragment; /* too long for the path: SV_ERR_TOO_BIG instead of fragments */
    uint8_t spare;
    struct sv_icmp_error error; /* the last, with has_error */
    uint32_t report_first, report_last, reports;
};

#define SV_UDP_JOINS 64u /* groups joined by sockets, over all of them */

struct sv_udp_join {
    struct sv_addr group;
    uint32_t socket;
    sv_port port;
    uint32_t used;
    struct sv_source_filter filter;
};

struct sv_udp {
    int64_t at, buckets_at, reports_at; /* from this struct */
    uint32_t ceiling, buckets;
    uint32_t reports_ceiling, report_free;
    uint32_t probes; /* sockets of that kind: nobody looks for them while there is none */
    uint32_t free_first, used;
    uint32_t ready_first, ready_last;
    struct sv_ports ports;
    uint32_t joins;
    uint32_t spare;
    struct sv_udp_join join[SV_UDP_JOINS];
};

SV_MUST_CHECK bool sv_udp_init(struct sv_udp *u, struct sv_core *c, struct sv_arena *arena, uint32_t ceiling);
uint64_t sv_udp_bytes(uint32_t ceiling); /* arena bytes beside `u` itself */

static inline struct sv_udp_socket *sv_udp_of(const struct sv_udp *u, uint32_t index)
{
    return (struct sv_udp_socket *)((uintptr_t)u + (uintptr_t)u->at) + index;
}

struct sv_udp_binding {
    struct sv_addr local; /* any of either family, or an address of ours */
    uint16_t port;        /* 0: a random one (or all of them, with any_port); with ECHO: the identifier */
    uint8_t kind;         /* enum sv_udp_kind */
    uint8_t any_port, v6_only;
    sv_port interface; /* SV_NO_PORT: any */
    uint64_t cookie;
};

/* SV_ERR_NO_MEMORY: the ceiling. SV_ERR_NOT_LOCAL. SV_ERR_IN_USE. SV_ERR_NO_PORTS. */
SV_MUST_CHECK enum sv_err sv_udp_bind(struct sv_core *c, struct sv_net *net, struct sv_udp *u,
                                      const struct sv_udp_binding *binding, uint32_t *index);
/* From now on only this peer's datagrams, and writes without a destination go to it. SV_ERR_NO_ROUTE. */
SV_MUST_CHECK enum sv_err sv_udp_connect(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index,
                                         const struct sv_endpoint *remote);
/* What waited is dropped (FLUSHED). */
void sv_udp_unbind(struct sv_core *c, struct sv_udp *u, uint32_t index);

/* Sends one datagram. to NULL: the connected peer. A kept ICMP error is returned first, once: SV_ERR_UNREACHABLE, or
 * SV_ERR_TOO_BIG after "fragmentation needed". SV_ERR_INVALID: no destination. SV_ERR_TOO_BIG: over 65507 bytes.
 * SV_ERR_NO_ROUTE, SV_ERR_NO_MEMORY, SV_ERR_AGAIN. */
SV_MUST_CHECK enum sv_err sv_udp_write(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index,
                                       const struct sv_endpoint *to, const void *bytes, size_t n);
/* The oldest datagram: up to n bytes of it, *got its whole length. SV_ERR_AGAIN: none. */
SV_MUST_CHECK enum sv_err sv_udp_read(struct sv_core *c, struct sv_udp *u, uint32_t index, struct sv_endpoint *from,
                                      void *to, size_t n, size_t *got);

/* Sends an echo request (RFC 792). ttl 0: the default. Errors as above. */
SV_MUST_CHECK enum sv_err sv_echo_write(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index,
                                        const struct sv_addr *to, uint16_t sequence, uint8_t ttl, const void *bytes,
                                        size_t n);

/* The oldest answer: sequence number 2 bytes, TTL 1, ICMP type 1, code 1, then its data (of an error: what it quotes);
 * up to n bytes, *got its whole length. SV_ERR_AGAIN: none. */
SV_MUST_CHECK enum sv_err sv_echo_read(struct sv_core *c, struct sv_udp *u, uint32_t index, struct sv_addr *from,
                                       void *to, size_t n, size_t *got);

/* What the socket wants to hear in a group: NULL, if it did not join it there. Borrowed until the next change. */
const struct sv_source_filter *sv_udp_group(struct sv_udp *u, uint32_t index, sv_port port,
                                            const struct sv_addr *group);
/* That it wants so from now on; nothing: it leaves. SV_ERR_INVALID: no group, no such interface. SV_ERR_NO_MEMORY: the
 * ceiling on joins, or on groups; nothing is joined then. */
SV_MUST_CHECK enum sv_err sv_udp_group_set(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index,
                                           sv_port port, const struct sv_addr *group,
                                           const struct sv_source_filter *filter);
/* The socket is about to close: it leaves all of them. */
void sv_udp_groups_leave(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index);

/* Takes a UDP packet in (not a fragment, sv_ip_accept() was content). False: nobody has that port; the packet is
 * still the caller's, who answers port unreachable (never to a broadcast) and drops it PORT_UNREACHABLE. */
SV_MUST_CHECK bool sv_udp_receive(struct sv_core *c, struct sv_udp *u, sv_port port, struct sv_buf *take,
                                  const struct sv_ip_hdr *ip);

/* An echo reply, or an ICMP error about a request of ours: queued for its socket, head at the IP header. False:
 * nobody has that identifier; the packet is still the caller's. */
SV_MUST_CHECK bool sv_echo_receive(struct sv_core *c, struct sv_udp *u, sv_port port, struct sv_buf *take,
                                   const struct sv_icmp_error *about);

/* An ICMP error about a datagram of ours. False: no socket sent it. */
SV_MUST_CHECK bool sv_udp_error(struct sv_core *c, struct sv_udp *u, sv_port port, const struct sv_icmp_error *error);

/* The socket's oldest report, taken away. SV_ERR_AGAIN: none. */
SV_MUST_CHECK enum sv_err sv_udp_report_take(struct sv_udp *u, uint32_t index, struct sv_udp_report *out);

/* Sends a SYN that opens nothing (probe.c). ttl 0: the default. Errors as sv_udp_write(). */
SV_MUST_CHECK enum sv_err sv_probe_write(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index,
                                         const struct sv_endpoint *to, uint32_t seq, uint8_t ttl, size_t n);
struct sv_seg;
/* A segment that arrived, checksum and header good: a report if it is the answer to a probe. TCP handles it all the
 * same (nobody listens at a probe's port, so that a SYN-ACK gets its RST). */
void sv_probe_receive(struct sv_core *c, struct sv_udp *u, const struct sv_seg *seg, const struct sv_ip_hdr *ip);

/* The next socket to which something happened (its `what` tells; the caller clears it), SV_NONE: no more. */
uint32_t sv_udp_next_ready(struct sv_udp *u);

/* Asserts every invariant. */
void sv_udp_check(const struct sv_core *c, const struct sv_udp *u);

#endif
