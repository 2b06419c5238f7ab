/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces: where frames come in and go out, each with a bounded queue of complete frames. TCP's segments
 * never lie in it (they are made when the device has room): only ARP, ICMP, UDP and forwarded packets, which may be
 * super-frames of others. */
#ifndef SV_L2_INTERFACE_H
#define SV_L2_INTERFACE_H

#include "core/core.h"
#include "core/packet_queue.h"
#include "l2_link/ethernet_wire.h"

struct sv_interface {
    uint8_t mac[SV_MAC_BYTES];
    uint8_t up;
    uint8_t all_multicast; /* 1: take every multicast frame */
    uint32_t flags;        /* enum sv_interface_flag of seven/stack.h */
    uint32_t mtu;          /* bytes of an IP packet */
    uint32_t queue_max;    /* packets */
    uint32_t reachable_ms; /* of IPv6 neighbours, as a router told; 0: the standard's */
    uint32_t retrans_ms;   /* the same */
    sv_port parent;        /* of a tagged one: whose frames carry its tag; SV_NO_PORT: it is a device's */
    struct sv_packet_queue queue;
    uint16_t tpid, vid;  /* its tag */
    uint8_t promiscuous; /* 1: take every frame */
    uint8_t children;    /* 1: some interface has it for parent */
    uint8_t spare[2];
    uint32_t part; /* segments that went of the super-frame in front of the queue */
    uint32_t spare2;
    uint64_t multicast_filter;                             /* of sv_eth_filter_bit()s */
    uint64_t packets_in, bytes_in, packets_out, bytes_out; /* wire frames */
};

struct sv_interfaces {
    int64_t at; /* from this struct to the array */
    uint32_t count, ceiling;
};

/* Room for `ceiling` interfaces. False: the arena is full. `t` must lie in the arena. */
SV_MUST_CHECK bool sv_interfaces_init(struct sv_interfaces *t, struct sv_arena *arena, uint32_t ceiling);

static inline struct sv_interface *sv_interface_of(const struct sv_interfaces *t, sv_port port)
{
    return (struct sv_interface *)((uintptr_t)t + (uintptr_t)t->at) + port;
}

/* A new interface, not up yet; SV_NO_PORT: the ceiling. */
sv_port sv_interface_make(struct sv_interfaces *t, const uint8_t mac[SV_MAC_BYTES], uint32_t mtu, uint32_t queue_max,
                          uint32_t flags);

/* The interface for that tag on `parent`; SV_NO_PORT: there is none. */
sv_port sv_interface_tagged(const struct sv_interfaces *t, sv_port parent, uint16_t tpid, uint16_t vid);

/* The device's interface below a tagged one; its own otherwise. */
static inline sv_port sv_interface_root(const struct sv_interfaces *t, sv_port port)
{
    while (sv_interface_of(t, port)->parent != SV_NO_PORT)
        port = sv_interface_of(t, port)->parent;
    return port;
}

/* Puts a complete frame on the interface's queue. False: dropped and counted (QUEUE_FULL, INTERFACE_DOWN). */
bool sv_interface_enqueue(struct sv_core *c, struct sv_interfaces *t, sv_port port, struct sv_buf *take);

/* The oldest frame as the device can take it, if it fits into `room`; NULL otherwise. A super-frame (one that was
 * forwarded: TCP's own are made to measure) is given whole only if the device segments its family and room.super holds
 * it; else one segment a call, and it stays queued until its last one went. An unfinished checksum is completed where
 * the device would not. What cannot be cut or completed is dropped and counted. Ownership goes to the caller. Counting
 * what goes out is the caller's (it also sends what was never queued). */
struct sv_buf *sv_interface_dequeue(struct sv_core *c, struct sv_interfaces *t, sv_port port, struct sv_room room);

/* Down: all that is queued is dropped (INTERFACE_DOWN). */
void sv_interface_set(struct sv_core *c, struct sv_interfaces *t, sv_port port, bool up);

static inline void sv_interface_count_in(struct sv_interface *i, uint32_t packets, uint32_t bytes)
{
    i->packets_in += packets;
    i->bytes_in += bytes;
}
static inline void sv_interface_count_out(struct sv_interface *i, uint32_t packets, uint32_t bytes)
{
    i->packets_out += packets;
    i->bytes_out += bytes;
}

#endif
