/* SPDX-License-Identifier: BSD-2-Clause */
/* Which multicast groups a host listens to, on which interface: IPv4's 224/4 and IPv6's ff00::/8 in one bounded table.
 * Joins are counted, so that a socket, an address (its solicited-node group, RFC 4291 §2.7.1) and a router role
 * may want the same group. Every node is in 224.0.0.1 and ff02::1 without an entry (RFC 1112 §4, RFC 4291 §2.8). The
 * table also sets the interface's filter of group MACs. MLD and IGMP tell the network of what changes. */
#ifndef SV_L3_MULTICAST_H
#define SV_L3_MULTICAST_H

#include "core/addr.h"
#include "core/core.h"

struct sv_net;

#define SV_MULTICAST_GROUPS 64u /* over all interfaces */

struct sv_multicast_group {
    struct sv_addr group;
    sv_time report_at; /* MLD's and IGMP's own: when to report it (again); SV_NEVER */
    sv_port port;
    uint32_t joins;
    uint8_t used;
    uint8_t reports; /* their own too: how many are still to go */
    uint8_t spare[6];
};

struct sv_multicast {
    struct sv_multicast_group entry[SV_MULTICAST_GROUPS];
    uint32_t used;
    uint32_t spare;
};

void sv_multicast_init(struct sv_multicast *t);

/* Wants it once more. SV_ERR_INVALID: not a group, or no such interface. SV_ERR_NO_MEMORY: the ceiling. */
SV_MUST_CHECK enum sv_err sv_multicast_join(struct sv_core *c, struct sv_net *net, sv_port port,
                                            const struct sv_addr *group);
/* Wants it once less. False: it was not joined. */
bool sv_multicast_leave(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *group);

bool sv_multicast_is_member(const struct sv_net *net, sv_port port, const struct sv_addr *group);

/* The entry of a group, SV_NONE if there is none (nor for the groups that need no entry). */
uint32_t sv_multicast_find(const struct sv_net *net, sv_port port, const struct sv_addr *group);

/* Entry `index` was just made (joined), or is about to go: whoever reports memberships hears of it. Filled by mld.c. */
void sv_multicast_changed(struct sv_core *c, struct sv_net *net, uint32_t index, bool joined);

/* The solicited-node group of an IPv6 address: ff02::1:ff and its last 24 bits (RFC 4291 §2.7.1). */
static inline struct sv_addr sv_multicast_solicited_node(const struct sv_addr *addr)
{
    struct sv_addr g = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0}};
    sv_memcpy(g.byte + 13, addr->byte + 13, 3);
    return g;
}

/* Asserts every invariant. */
void sv_multicast_check(const struct sv_net *net);

#endif
