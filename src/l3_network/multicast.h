/* SPDX-License-Identifier: BSD-2-Clause */
/* Which multicast groups a host listens to, on which interface: IPv4's 224/4 and IPv6's ff00::/8 in one bounded table.
 * Joins are counted, so that a socket, an address (its solicited-node group, RFC 4291 §2.7.1) and a router role
 * may want the same group. Every node is in 224.0.0.1 and ff02::1 without an entry (RFC 1112 §4, RFC 4291 §2.8). The
 * table also sets the interface's filter of group MACs. MLD and IGMP tell the network of what changes.
 *
 * A group may be wanted from any source, from all but some, or from some only (RFC 3376 §3). Addresses and router roles
 * want any source; what all sockets together want is one filter, which the transport puts together. */
#ifndef SV_L3_MULTICAST_H
#define SV_L3_MULTICAST_H

#include "core/addr.h"
#include "core/core.h"
#include "seven/socket.h" /* SV_GROUP_SOURCES_MAX */

struct sv_net;

#define SV_MULTICAST_GROUPS 64u /* over all interfaces */
#define SV_SOURCES_MAX SV_GROUP_SOURCES_MAX

/* Sources of a group: these only, or all but these. None of them and not `exclude`: the group is not wanted. */
struct sv_source_filter {
    uint32_t n;
    uint8_t exclude;
    uint8_t spare[3];
    struct sv_addr source[SV_SOURCES_MAX];
};

struct sv_multicast_group {
    struct sv_addr group;
    sv_port port;
    uint32_t joins;                  /* from any source */
    struct sv_source_filter sockets; /* what sockets want beside that */
    uint8_t used;
    uint8_t spare[7];
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

/* What the sockets want from now on, all together; nothing: they have left. Errors as sv_multicast_join(). */
SV_MUST_CHECK enum sv_err sv_multicast_want(struct sv_core *c, struct sv_net *net, sv_port port,
                                            const struct sv_addr *group, const struct sv_source_filter *wanted);

bool sv_multicast_is_member(const struct sv_net *net, sv_port port, const struct sv_addr *group);
/* Does anybody here want the group from that source? (True of a group that is not joined.) */
bool sv_multicast_source_wanted(const struct sv_net *net, sv_port port, const struct sv_addr *group,
                                const struct sv_addr *source);

/* What the interface wants of a group; of one that is not joined, nothing. */
void sv_multicast_filter(const struct sv_net *net, sv_port port, const struct sv_addr *group,
                         struct sv_source_filter *out);

bool sv_source_filter_has(const struct sv_source_filter *f, const struct sv_addr *source);
static inline bool sv_source_filter_passes(const struct sv_source_filter *f, const struct sv_addr *source)
{
    return sv_source_filter_has(f, source) != (f->exclude != 0);
}
static inline bool sv_source_filter_is_none(const struct sv_source_filter *f)
{
    return !f->exclude && f->n == 0;
}
/* One more. False: there is no room (it is not there yet). */
bool sv_source_filter_add(struct sv_source_filter *f, const struct sv_addr *source);
/* RFC 3376 §3.2: *to becomes what both want. Too many sources for one filter: any source. */
void sv_source_filter_merge(struct sv_source_filter *to, const struct sv_source_filter *other);

/* The entry of a group, SV_NONE if there is none (nor for the groups that need no entry). */
uint32_t sv_multicast_find(const struct sv_net *net, sv_port port, const struct sv_addr *group);

/* What the interface wanted of the group was `before`, and is now what sv_multicast_filter() says: whoever reports
 * memberships hears of it (group.c). */
void sv_multicast_changed(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *group,
                          const struct sv_source_filter *before);

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
