/* SPDX-License-Identifier: BSD-2-Clause */
/* A switch (IEEE 802.1Q calls it a bridge): a node whose ports are joined by what it learns of the stations behind
 * them. VLANs, rapid spanning tree, snooping of IGMP and MLD, storm control, mirrors, LLDP. */
#ifndef SEVEN_BRIDGE_H
#define SEVEN_BRIDGE_H

#include "seven/arena.h"
#include "seven/drop.h"
#include "seven/node.h"
#include "seven/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SV_BRIDGE_PORTS 64u /* of one switch: sets of ports are 64 bits */
#define SV_VLAN_MAX 4094u   /* VIDs go from 1 to this */
#define SV_VLAN_DEFAULT 1u
#define SV_TPID_CUSTOMER 0x8100u
#define SV_TPID_SERVICE 0x88a8u /* the outer tag of QinQ, IEEE 802.1ad */

enum sv_bridge_flag {
    SV_BRIDGE_VLAN_AWARE = 1u << 0,    /* else tags pass unread, and all ports are one LAN */
    SV_BRIDGE_STP = 1u << 1,           /* rapid spanning tree, IEEE 802.1D-2004 §17 */
    SV_BRIDGE_STP_LEGACY = 1u << 2,    /* speak the protocol of 1998 only ("force version" 0) */
    SV_BRIDGE_SNOOPING = 1u << 3,      /* multicast only to who asked for it (RFC 4541) */
    SV_BRIDGE_STRICT_GROUPS = 1u << 4, /* groups that nobody joined go to routers only, not to all ports */
    SV_BRIDGE_PROXY_ARP = 1u << 5,     /* answer ARP for stations that were heard of */
    SV_BRIDGE_LLDP = 1u << 6,          /* IEEE 802.1AB: tell the neighbours, and remember them */
    SV_BRIDGE_QUERIER = 1u << 7,       /* with SNOOPING: ask who wants which group, where no router does */
};

/* What becomes of a sender that cannot be learned because the table, or its port's share of it, is full. Each time is
 * counted STATION_NOT_LEARNED. */
enum sv_bridge_overflow {
    SV_OVERFLOW_FLOOD,  /* not learned: frames to it are flooded; who is known stays known */
    SV_OVERFLOW_EVICT,  /* the station longest not heard goes (of the same port, if its share is full) */
    SV_OVERFLOW_REFUSE, /* its frames are dropped (STATION_REFUSED) */
};

/* Every count is a hard ceiling; 0 takes the default in brackets. */
struct sv_bridge_config {
    uint32_t size; /* sizeof(struct sv_bridge_config) */
    uint32_t host; /* its number in the trace */
    uint64_t seed;
    uint64_t secret[2];             /* key of the station table's hash; both 0: from the seed */
    struct sv_trace *trace;         /* NULL: no tracing */
    uint32_t cpu;                   /* enum sv_cpu bits */
    uint32_t flags;                 /* enum sv_bridge_flag */
    uint32_t overflow;              /* enum sv_bridge_overflow */
    uint32_t ports;                 /* [16], at most SV_BRIDGE_PORTS */
    uint32_t stations;              /* [8192] */
    uint32_t groups;                /* multicast groups that are remembered [512] */
    uint32_t bindings;              /* IPv4 addresses known to proxy ARP [1024] */
    uint32_t lldp_neighbours;       /* [64] */
    uint32_t age_s;                 /* a station not heard for so long is forgotten [300] */
    uint32_t pool_bufs, pool_slabs; /* quota of the world's pool; 0: all of it */
    uint8_t mac[6];                 /* of the switch itself: an individual address */
    uint16_t priority;              /* of the spanning tree's bridge identifier, a multiple of 4096 [32768] */
    uint32_t priority_given;        /* 1: priority 0 means 0 */
    uint32_t hello_s, max_age_s, forward_delay_s, tx_hold; /* [2, 20, 15, 6] */
    char name[32];                                         /* told by LLDP */
    /* In whose name QUERIER asks over IPv4: of two that ask, the lower address goes on. Zero: 0.0.0.0, which gives way
     * to any. Over IPv6 it is the link-local address that follows from `mac`. */
    struct sv_addr querier;
};

enum sv_bridge_port_flag {
    SV_BPORT_ISOLATED = 1u << 0,     /* no frame goes from one such port to another */
    SV_BPORT_EDGE = 1u << 1,         /* no switch behind it: forwards at once ("AdminEdge") */
    SV_BPORT_NO_AUTO_EDGE = 1u << 2, /* do not find that out by waiting */
    SV_BPORT_SHARED = 1u << 3,       /* a hub: no handshake of proposals on it */
    SV_BPORT_BPDU_GUARD = 1u << 4,   /* a BPDU shuts it down */
    SV_BPORT_FAST_LEAVE = 1u << 5,   /* one host behind it: a leave is believed at once */
    SV_BPORT_ROUTER = 1u << 6,       /* a multicast router is behind it, whatever was heard */
    SV_BPORT_NO_LEARNING = 1u << 7,
    SV_BPORT_TUNNEL = 1u << 8, /* QinQ: whatever tags come, the frame belongs to the PVID */
    SV_BPORT_ONLY_TAGGED = 1u << 9,
    SV_BPORT_ONLY_UNTAGGED = 1u << 10, /* and priority-tagged */
    SV_BPORT_NO_STP = 1u << 11,        /* takes no part in the spanning tree: always forwards */
};

enum sv_storm { SV_STORM_BROADCAST, SV_STORM_MULTICAST, SV_STORM_UNKNOWN, SV_STORMS };

struct sv_bridge_port_config {
    uint32_t size;
    uint32_t flags;       /* enum sv_bridge_port_flag */
    uint32_t device;      /* enum sv_interface_flag of seven/stack.h: what the device takes (CSUM; TSO by its room) */
    uint32_t mtu;         /* longest frame without its 14 bytes of header and its tags [1500], up to 65535 */
    uint32_t queue;       /* packets that wait for it [512] */
    uint32_t stations;    /* how many may be learned on it; 0: no limit of its own */
    uint16_t pvid;        /* VLAN of what comes untagged [1]; SV_VLAN_MAX + 1: none, untagged frames are dropped */
    uint16_t tpid;        /* the tag this port reads and writes [SV_TPID_CUSTOMER] */
    uint32_t stp_cost;    /* [20000: 1 Gbit/s, IEEE 802.1D-2004 table 17-3] */
    uint8_t stp_priority; /* multiple of 16 [128] */
    uint8_t stp_priority_given, spare[2];
    uint32_t storm[SV_STORMS];      /* frames a second that may come in; 0: no limit */
    uint32_t arp;                   /* ARP frames a second that may come in; 0: no limit */
    uint64_t mirror_in, mirror_out; /* sets of ports whose frames this one gets copies of; then it does nothing else */
    char name[32];
};

struct sv_bridge;

SV_API uint64_t sv_bridge_bytes(const struct sv_bridge_config *config); /* arena bytes beside the pool */

/* A switch in the arena, without ports; its packets come from the pool. It ends with the arena. NULL: the arena is too
 * small, or a value out of range. */
SV_API struct sv_bridge *sv_bridge_create(struct sv_arena *arena, struct sv_pool *pool,
                                          const struct sv_bridge_config *config, sv_time now);
/* What drives it: seven/node.h. Its ports are the node's. */
SV_API struct sv_node *sv_bridge_node(struct sv_bridge *br);

/* A port, up, in VLAN 1 untagged (if that is its PVID). SV_ERR_NO_MEMORY: the ceiling. SV_ERR_INVALID: a value out of
 * its range. SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_bridge_port_add(struct sv_bridge *br, const struct sv_bridge_port_config *config,
                                                    sv_port *port, sv_time now);

/* The cable is in or out. Up also ends what a BPDU guard did. The port must be there. */
SV_API void sv_bridge_port_set_up(struct sv_bridge *br, sv_port port, bool up, sv_time now);

/* The switch is about to end: LLDP tells its neighbours (a last frame waits at every port), and tells nothing more. */
SV_API void sv_bridge_end(struct sv_bridge *br, sv_time now);

/* Membership: what of VLAN `vid` leaves the port is tagged or not. SV_ERR_INVALID: no such port or VID. */
SV_API SV_MUST_CHECK enum sv_err sv_bridge_vlan_add(struct sv_bridge *br, sv_port port, uint32_t vid, bool tagged);
SV_API SV_MUST_CHECK enum sv_err sv_bridge_vlan_remove(struct sv_bridge *br, sv_port port, uint32_t vid);
/* Sets of ports, bit k for port k: who belongs to the VLAN, and of these who gets it tagged. Both 0: no such VID. */
SV_API void sv_bridge_vlan_members(const struct sv_bridge *br, uint32_t vid, uint64_t *members, uint64_t *tagged);

/* A station that stays, never aged or moved. SV_ERR_NO_MEMORY: the table is full. SV_ERR_INVALID: no such port or
 * VID, a group's address, or a station that is known already. */
SV_API SV_MUST_CHECK enum sv_err sv_bridge_station_add(struct sv_bridge *br, sv_port port, uint32_t vid,
                                                       const uint8_t mac[6], sv_time now);
/* Forgets what was learned at `port` (SV_NO_PORT: everywhere). */
SV_API void sv_bridge_flush(struct sv_bridge *br, sv_port port, sv_time now);

/* `event` of the BRIDGE trace, and of SWITCHED: what became of a frame. */
enum sv_bridge_event {
    SV_BRIDGE_LEARNED,
    SV_BRIDGE_MOVED, /* argument: the port before */
    SV_BRIDGE_AGED,
    SV_BRIDGE_FLUSHED,
    SV_BRIDGE_EVICTED,
    SV_BRIDGE_FORWARDED, /* argument: the port it goes to */
    SV_BRIDGE_FLOODED,   /* argument: to how many ports */
    SV_BRIDGE_PORT_UP,
    SV_BRIDGE_PORT_DOWN,
    SV_BRIDGE_EVENTS
};
/* `event` of the STP trace. */
enum sv_stp_event {
    SV_STP_ROLE,   /* from, to: enum sv_stp_role */
    SV_STP_STATE,  /* from, to: enum sv_stp_state */
    SV_STP_CHANGE, /* the topology changed, seen at this port */
    SV_STP_ROOT,   /* from, to: the root port before and now (SV_NO_PORT: we are the root) */
    SV_STP_GUARD,  /* the port was shut down by its BPDU guard */
    SV_STP_EVENTS
};
/* `event` of the SNOOP trace. */
enum sv_snoop_event {
    SV_SNOOP_JOINED,
    SV_SNOOP_LEFT,
    SV_SNOOP_EXPIRED,
    SV_SNOOP_QUERIER,
    SV_SNOOP_QUERIER_GONE,
    SV_SNOOP_ROUTER,
    SV_SNOOP_EVENTS
};
enum sv_lldp_event { SV_LLDP_NEW, SV_LLDP_CHANGED, SV_LLDP_GONE, SV_LLDP_EVENTS };

enum sv_stp_role {
    SV_STP_DISABLED,
    SV_STP_ROOT_PORT,
    SV_STP_DESIGNATED,
    SV_STP_ALTERNATE,
    SV_STP_BACKUP,
    SV_STP_ROLES
};
enum sv_stp_state { SV_STP_DISCARDING, SV_STP_LEARNING, SV_STP_FORWARDING, SV_STP_STATES };

struct sv_bridge_port_info {
    uint32_t size;  /* sizeof(struct sv_bridge_port_info) */
    uint32_t flags; /* enum sv_bridge_port_flag */
    char name[32];
    uint8_t up, guarded, edge, point_to_point;
    uint32_t role, state; /* enum sv_stp_role, enum sv_stp_state */
    uint32_t stp_cost;
    uint16_t stp_id, pvid;       /* stp_id: priority and number, as in a BPDU */
    uint8_t stp_rapid, spare[3]; /* the other side speaks the rapid protocol */
    uint64_t designated_bridge;  /* of its segment: priority in the upper 16 bits, then the MAC */
    uint32_t stations;           /* learned here */
    uint32_t queued;             /* packets that wait */
    uint32_t mtu;                /* bytes, as configured */
    uint64_t packets_in, bytes_in, packets_out, bytes_out; /* wire frames */
    uint64_t bpdus_in, bpdus_out, drops;
};
/* SV_ERR_INVALID: no such port. SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_bridge_port_info(const struct sv_bridge *br, sv_port port,
                                                     struct sv_bridge_port_info *info);

struct sv_bridge_info {
    uint32_t size;  /* sizeof(struct sv_bridge_info) */
    uint32_t flags; /* enum sv_bridge_flag */
    uint32_t ports, stations, stations_max, groups;
    uint64_t bridge_id, root_id; /* priority in the upper 16 bits, then the MAC */
    uint32_t root_cost;
    sv_port root_port; /* SV_NO_PORT: we are the root */
    uint64_t topology_changes;
    uint32_t age_s, spare;
};
/* SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_bridge_info(const struct sv_bridge *br, struct sv_bridge_info *info);

struct sv_station_info {
    uint32_t size;
    sv_port port;
    uint8_t mac[6];
    uint16_t vid;
    uint32_t age_s; /* since it was last heard */
    uint32_t permanent;
};
/* Walks the station table: *at begins as 0. False: no more. */
SV_API bool sv_bridge_station_each(const struct sv_bridge *br, uint32_t *at, struct sv_station_info *info);

struct sv_group_info {
    uint32_t size;
    uint32_t vid;
    struct sv_addr group;
    uint64_t ports; /* behind which somebody wants it: bit k for port k */
};
/* Walks the groups that snooping knows: *at begins as 0. False: no more. */
SV_API bool sv_bridge_group_each(const struct sv_bridge *br, uint32_t *at, struct sv_group_info *info);
/* Behind which a multicast router was heard, or is said to be: bit k for port k. */
SV_API uint64_t sv_bridge_router_ports(const struct sv_bridge *br);

struct sv_lldp_info {
    uint32_t size;
    sv_port port;
    uint8_t chassis[64], port_id[64]; /* as on the wire: subtype, then the identifier */
    uint8_t chassis_bytes, port_id_bytes;
    uint16_t capabilities; /* IEEE 802.1AB §8.5.8.1: 4 a bridge, 16 a router, ... */
    uint32_t ttl_s;        /* left */
    char system[64], description[64], port_text[64];
};
/* Walks the neighbours that LLDP told of: *at begins as 0. False: no more. */
SV_API bool sv_bridge_lldp_each(const struct sv_bridge *br, uint32_t *at, struct sv_lldp_info *info);

/* How many packets were dropped for that reason since the switch was made. */
SV_API uint64_t sv_bridge_drops(const struct sv_bridge *br, enum sv_drop reason);
/* Frames that were forwarded to one port, or flooded. */
SV_API void sv_bridge_counts(const struct sv_bridge *br, uint64_t *forwarded, uint64_t *flooded);

/* Checks every invariant; asserts. For tests. */
SV_API void sv_bridge_check(const struct sv_bridge *br);

#ifdef __cplusplus
}
#endif
#endif
