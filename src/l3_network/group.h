/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's side of multicast membership: IGMPv3 for IPv4 (RFC 3376) and MLDv2 for IPv6 (RFC 3810), with the older
 * versions that a querier on the link may speak (RFC 2236, RFC 1112, RFC 2710). What is joined is the membership
 * table's to know (multicast.h): it tells of each change, and everything else follows from that and from queries.
 *
 * A change is reported at once and again, robustness times in all, up to a second apart (RFC 3376 §5.1). Of a query the
 * answer waits a random part of the time it allows (§5.2), so that a link's hosts do not all speak together. Changes
 * that fall due together travel in one report. A change of some sources is told of those, of the mode by the whole
 * new list; what changes again meanwhile is told as it then is (§5.1). A query for some sources of a group is answered
 * for those. All of it stands under one timer; records are bounded, and beyond their number the whole group is told. */
#ifndef SV_L3_GROUP_H
#define SV_L3_GROUP_H

#include "core/core.h"
#include "core/wheel_kinds.h"
#include "l3_network/group_wire.h"
#include "l3_network/ip_wire.h"
#include "l3_network/multicast.h"

struct sv_net;

#define SV_GROUP_ENTRIES 128u /* joined ones, and those whose leaving is still being told */
#define SV_GROUP_SOURCES 4u
#define SV_GROUP_ROBUSTNESS 2u            /* RFC 3376 §8.1 */
#define SV_GROUP_UNSOLICITED_MS 1000u     /* §8.11 */
#define SV_GROUP_UNSOLICITED_V2_MS 10000u /* RFC 2236 §8.10 */
#define SV_GROUP_QUERY_INTERVAL_S 125u    /* §8.2 */
#define SV_GROUP_RESPONSE_S 10u           /* §8.3 */

struct sv_group_entry {
    struct sv_addr group;
    sv_time report_at; /* the answer to a query; SV_NEVER */
    sv_time change_at; /* the next time its change is told; SV_NEVER */
    sv_port port;
    uint8_t used;
    uint8_t joined;
    uint8_t changes_left; /* how often more something of it is told */
    uint8_t mode_left;    /* ... of those by the whole filter */
    uint8_t reported;     /* version 2: ours was the last report heard of it, so we say when we leave */
    uint8_t sources;      /* that a query asked for; 0: the group */
    uint8_t changed;      /* sources whose change is still told */
    uint8_t spare;
    struct sv_addr source[SV_GROUP_SOURCES];
    struct sv_addr change[SV_SOURCES_MAX];
    uint8_t change_left[SV_SOURCES_MAX];
};

/* What an interface knows of its querier, for each family. */
struct sv_group_querier {
    sv_time general_at;         /* the answer to a general query */
    sv_time v1_until, v2_until; /* a querier of that version is there */
    uint32_t interval_s;
    uint8_t robustness;
    uint8_t spoken; /* the version spoken last */
    uint8_t spare[2];
};

struct sv_membership {
    struct sv_wheel_node timer;
    int64_t queriers_at; /* from this struct: two an interface, IPv4's first */
    uint32_t ports;
    uint32_t spare;
    struct sv_group_entry entry[SV_GROUP_ENTRIES];
};

SV_MUST_CHECK bool sv_membership_init(struct sv_membership *g, struct sv_core *c, struct sv_arena *arena,
                                      uint32_t interfaces);
uint64_t sv_membership_bytes(uint32_t interfaces);

/* Takes IGMP in: head at the IP header. */
void sv_igmp_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take,
                     const struct sv_ip_hdr *h);

/* Up: everything joined there is told anew (the link may be another, RFC 3810 §5.1). Down: nothing is. */
void sv_membership_link_changed(struct sv_core *c, struct sv_net *net, sv_port port, bool up);

/* Everything joined there of one family is told anew: it can be from now on by an address of its own (RFC 3590). */
void sv_membership_tell_again(struct sv_core *c, struct sv_net *net, sv_port port, bool six);

/* The wheel woke them (SV_WHEEL_GROUP). */
void sv_membership_expire(struct sv_core *c, struct sv_net *net);

/* Which version is spoken there now: 1 to 3 (MLDv1 is 2). */
uint32_t sv_membership_version(const struct sv_core *c, const struct sv_net *net, sv_port port, bool six);

/* Asserts every invariant. */
void sv_membership_check(const struct sv_net *net);

/* --- between group.c and group_out.c --- */
struct sv_group_querier *sv_group_querier_of(const struct sv_net *net, sv_port port, bool six);

/* One message of versions 1 or 2. */
void sv_group_send_old(struct sv_core *c, struct sv_net *net, sv_port port, enum sv_group_kind kind, uint32_t version,
                       const struct sv_addr *group);

/* Collects records of one interface and family into reports. Begin with all zero bytes and port and six set; flush at
 * the end. */
struct sv_group_report {
    sv_port port;
    bool six;
    uint32_t records, length;
    uint8_t bytes[1232]; /* 1280 less IPv6's header and the router alert */
};
void sv_group_report_add(struct sv_core *c, struct sv_net *net, struct sv_group_report *r,
                         enum sv_group_record_type type, const struct sv_addr *group, const struct sv_addr *sources,
                         uint32_t n);
void sv_group_report_flush(struct sv_core *c, struct sv_net *net, struct sv_group_report *r);

#endif
