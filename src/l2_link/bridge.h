/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a switch. A frame's way through it:
 *   bridge_in.c      taken in, judged: reserved addresses, VLAN, spanning tree's state, storm limits; its sender
 * learned
 *   bridge_table.c   who was heard where: stations by VLAN and address
 *   bridge_out.c     to whom: one port or many, each with the tag it wants; queues, and out
 *   bridge_snoop.c   multicast groups, as IGMP and MLD tell
 *   bridge_querier.c asks who wants them, where no router does
 *   bridge_arp.c     ARP limits and answers
 *   bridge_stp.c     between the spanning tree (rstp.h) and the ports
 *   bridge_lldp.c    neighbours
 * A flooded frame is never copied: each port gets a descriptor of its own over the same slabs; a port that wants
 * another tag gets headers of its own (bridge_out.c). */
#ifndef SV_L2_BRIDGE_H
#define SV_L2_BRIDGE_H

#include "core/core.h"
#include "core/math.h"
#include "core/node.h"
#include "core/packet_queue.h"
#include "l2_link/ethernet_wire.h"
#include "l2_link/lldp_wire.h"
#include "l2_link/rstp.h"
#include "l2_link/vlan_wire.h"
#include "seven/bridge.h"

#define SV_BRIDGE_VLANS 4096u

/* A station behind a port. 40 bytes. */
struct sv_station {
    uint8_t mac[SV_MAC_BYTES];
    uint16_t vid;
    uint32_t port;         /* SV_NO_PORT: the record is free */
    uint32_t chain;        /* of its bucket, or of the free ones */
    uint32_t newer, older; /* of its port, by when it was heard */
    uint32_t permanent;    /* 1: stands in no such list */
    uint32_t spare;
    sv_time seen;
};

struct sv_stations {
    int64_t at, buckets_at; /* from this struct */
    uint32_t ceiling, used, free, mask;
};

/* A limit by frames a second: the time by which what has passed would have been due at that rate (a leaky bucket kept
 * as one time). A tenth of a second's worth may come at once. */
struct sv_meter {
    sv_time due;
};

struct sv_bport {
    struct sv_bridge_port_config config;
    uint8_t up, guarded, learning, forwarding;
    uint32_t part; /* of the super-frame in front of the queue: segments that went */
    struct sv_packet_queue queue;
    uint32_t newest, oldest, stations; /* learned here */
    uint32_t router_until_s;           /* a multicast router was heard; 0: none */
    struct sv_meter storm[SV_STORMS], arp;
    uint64_t packets_in, bytes_in, packets_out, bytes_out, drops;
};

struct sv_bvlan {
    uint64_t members, tagged;
    uint32_t querier4_until_s, querier6_until_s; /* 0: none was heard */
};

struct sv_bgroup {
    struct sv_addr group;
    uint64_t ports;
    uint32_t vid;   /* 0: the record is free */
    uint32_t chain; /* of its bucket, or of the free ones */
};

struct sv_bgroups {
    int64_t at, buckets_at, until_at; /* until: seconds for each group and port; 0: not there */
    uint32_t ceiling, used, free, mask;
    uint32_t overflow_until_s; /* a group found no room: none that is unknown may be withheld; 0: none did */
    uint32_t spare;
};

/* An IPv4 address heard of, for proxy ARP: sets of four, the oldest makes room. */
struct sv_binding {
    struct sv_addr addr;
    uint8_t mac[SV_MAC_BYTES];
    uint16_t vid; /* 0: free */
    sv_time seen;
};
#define SV_BINDING_WAYS 4u

struct sv_lldp_entry {
    struct sv_lldp_told told;
    sv_port port; /* SV_NO_PORT: free */
    uint32_t until_s;
};

struct sv_bridge {
    struct sv_node node; /* first: a switch is a node */
    struct sv_core core;
    uint32_t flags, overflow, age_s, ports, ports_max;
    uint8_t mac[SV_MAC_BYTES];
    uint8_t spare[2];
    char name[32];
    uint64_t up, learning, forwarding, isolated, mirrors; /* sets of ports */
    uint64_t forwarded, flooded;
    uint64_t asked[SV_BRIDGE_VLANS / 64u]; /* VLANs in which a querier was heard */
    struct sv_addr querier4, querier6;     /* in whose name we ask */
    sv_time tick;                          /* once a second while there is something to count down */
    uint32_t querier_since_s;              /* our first questions come close together from then on */
    uint32_t spare3;
    uint32_t lldp_due_s;
    uint32_t lldp_max, bindings_sets, spare2;
    int64_t ports_at, vlans_at, bindings_at, lldp_at;
    struct sv_stations stations;
    struct sv_bgroups groups;
    struct sv_stp stp;
};

/* A frame on its way, with what was read of it. */
struct sv_bframe {
    struct sv_buf *b;
    uint8_t dst[SV_MAC_BYTES], src[SV_MAC_BYTES];
    uint16_t type;          /* behind the tag that was read */
    uint8_t header_bytes;   /* Ethernet and that tag */
    uint8_t tagged;         /* 1: `tag` was on the wire */
    struct sv_vlan_tag tag; /* its VID is the frame's VLAN, tagged or not */
    uint16_t wire_vid;      /* on the wire; 0: a priority tag */
    sv_port in;
};

static inline struct sv_bport *sv_bport_of(const struct sv_bridge *br, sv_port p)
{
    return (struct sv_bport *)((uintptr_t)br + (uintptr_t)br->ports_at) + p;
}
static inline struct sv_bvlan *sv_bvlan_of(const struct sv_bridge *br, uint32_t vid)
{
    return (struct sv_bvlan *)((uintptr_t)br + (uintptr_t)br->vlans_at) + vid;
}
static inline struct sv_station *sv_station_of(const struct sv_bridge *br, uint32_t index)
{
    return (struct sv_station *)((uintptr_t)&br->stations + (uintptr_t)br->stations.at) + index;
}
static inline struct sv_bgroup *sv_bgroup_of(const struct sv_bridge *br, uint32_t index)
{
    return (struct sv_bgroup *)((uintptr_t)&br->groups + (uintptr_t)br->groups.at) + index;
}
static inline struct sv_lldp_entry *sv_lldp_entry_of(const struct sv_bridge *br, uint32_t index)
{
    return (struct sv_lldp_entry *)((uintptr_t)br + (uintptr_t)br->lldp_at) + index;
}
static inline uint64_t sv_port_bit(sv_port p)
{
    return (uint64_t)1 << p;
}
/* The lowest port of a set that is not empty. */
static inline sv_port sv_port_first(uint64_t set)
{
    return (sv_port)sv_ctz64(set);
}
static inline uint32_t sv_port_count(uint64_t set)
{
    uint32_t n = 0;
    for (; set; set &= set - 1u)
        n++;
    return n;
}
static inline uint32_t sv_bridge_second(const struct sv_bridge *br)
{
    return (uint32_t)sv_div64(br->core.now, SV_S);
}

/* Counts it for the switch and the port, traces, frees. */
void sv_bridge_drop(struct sv_bridge *br, enum sv_drop why, struct sv_buf *take, sv_port port);
void sv_bridge_event(struct sv_bridge *br, enum sv_bridge_event event, sv_port port, uint32_t vid, uint32_t argument,
                     const uint8_t *mac, uint32_t packet);
/* Something must be looked at again a second from now. */
void sv_bridge_tick_soon(struct sv_bridge *br);

/* True: within `rate` a second (0: no limit); `frames` are charged then. */
bool sv_meter_pass(struct sv_meter *m, uint32_t rate, uint32_t frames, sv_time now);

/* --- bridge_table.c --- */
SV_MUST_CHECK bool sv_stations_init(struct sv_bridge *br, struct sv_arena *arena, uint32_t ceiling);
uint64_t sv_stations_bytes(uint32_t ceiling);
uint32_t sv_station_find(const struct sv_bridge *br, const uint8_t mac[SV_MAC_BYTES], uint32_t vid);
/* The sender of f. False: the policy drops the frame for it. */
bool sv_station_learn(struct sv_bridge *br, const struct sv_bframe *f);
/* NULL: the table is full. */
struct sv_station *sv_station_put(struct sv_bridge *br, const uint8_t mac[SV_MAC_BYTES], uint32_t vid, sv_port port,
                                  bool permanent);
void sv_stations_flush(struct sv_bridge *br, sv_port port, uint32_t vid); /* vid 0: all VLANs */
void sv_stations_expire(struct sv_bridge *br, sv_time now);
sv_time sv_stations_deadline(const struct sv_bridge *br);
void sv_stations_check(const struct sv_bridge *br);

/* --- bridge_in.c --- */
void sv_bridge_receive(struct sv_bridge *br, sv_port in, struct sv_burst *take, sv_time now);

/* --- bridge_out.c --- */
/* Sends the frame to every port of the set (taking it), each as it wants it. */
void sv_bridge_out(struct sv_bridge *br, struct sv_bframe *f, uint64_t ports);
/* A frame of the switch's own, ready as it is. */
void sv_bridge_enqueue(struct sv_bridge *br, sv_port port, struct sv_buf *take);
/* Copies for the mirrors that watch what comes in (or goes out) at `port`. */
void sv_bridge_mirror(struct sv_bridge *br, sv_port port, const struct sv_buf *b, bool out);
uint32_t sv_bridge_transmit(struct sv_bridge *br, sv_port out, struct sv_room room, struct sv_burst *give, sv_time now);

/* --- bridge_snoop.c --- */
SV_MUST_CHECK bool sv_bgroups_init(struct sv_bridge *br, struct sv_arena *arena, uint32_t ceiling);
uint64_t sv_bgroups_bytes(uint32_t ceiling, uint32_t ports);
/* Narrows the set of ports that a multicast frame goes to, and learns from IGMP and MLD. */
uint64_t sv_bridge_snoop(struct sv_bridge *br, const struct sv_bframe *f, uint64_t ports);
void sv_bgroups_port_down(struct sv_bridge *br, sv_port port);
bool sv_bgroups_expire(struct sv_bridge *br); /* true: something is left that will expire */
void sv_bgroups_check(const struct sv_bridge *br);

/* Whether asking in this VLAN is this switch's part: it may, and nobody who comes before it does. */
bool sv_querier_is_ours(const struct sv_bridge *br, uint32_t vid, uint8_t version);

/* --- bridge_querier.c --- */
void sv_querier_init(struct sv_bridge *br, const struct sv_addr *four);
/* Asks the ports of a set about a group. */
void sv_querier_ask(struct sv_bridge *br, uint32_t vid, const struct sv_addr *group, uint64_t ports);
void sv_querier_tick(struct sv_bridge *br);

/* --- bridge_arp.c --- */
SV_MUST_CHECK bool sv_bindings_init(struct sv_bridge *br, struct sv_arena *arena, uint32_t ceiling);
uint64_t sv_bindings_bytes(uint32_t ceiling);
/* False: the frame was taken (dropped or answered). */
bool sv_bridge_arp(struct sv_bridge *br, struct sv_bframe *f);

/* --- bridge_stp.c --- */
/* Takes a frame to 01-80-C2-00-00-00. */
void sv_bridge_bpdu(struct sv_bridge *br, struct sv_bframe *f);
void sv_bridge_states(struct sv_bridge *br, sv_port port); /* learning and forwarding, from all that decides them */

/* --- bridge_lldp.c --- */
SV_MUST_CHECK bool sv_lldp_init(struct sv_bridge *br, struct sv_arena *arena, uint32_t ceiling);
void sv_bridge_lldp(struct sv_bridge *br, struct sv_bframe *f);
void sv_lldp_tick(struct sv_bridge *br);
void sv_lldp_port_changed(struct sv_bridge *br, sv_port port);

extern const struct sv_node_ops sv_bridge_ops;

#endif
