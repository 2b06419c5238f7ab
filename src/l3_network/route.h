/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a packet goes: tables of prefixes over the longest-prefix match, of a million if configured so.
 *
 * What a prefix leads to is a *group* of next hops, interned: a million routes to a few neighbours share a few groups,
 * and the longest-prefix match holds the groups' numbers. Several routes to one prefix are ordered by metric, then by
 * age; the first that has a next hop alive is used. A group of several next hops (ECMP) spreads flows over buckets by
 * rendezvous hashing, weighted: if a next hop goes, only its own flows move, and they come back with it (RFC 2992
 * measures what else would happen).
 *
 * A packet's source may choose the table (rules); without a rule it is table 0. A table that knows no route leaves
 * the question to the next rule, and at last to table 0. `generation` changes with every change, so that who keeps a
 * result knows when to ask again. */
#ifndef SV_L3_ROUTE_H
#define SV_L3_ROUTE_H

#include "core/addr.h"
#include "core/core.h"
#include "l3_network/lpm.h"
#include "seven/stack.h" /* enum sv_route_type, SV_ROUTE_HOPS */

#define SV_ROUTE_BUCKETS 128u
#define SV_ROUTE_RULES 32u
#define SV_ROUTE_TABLES_MAX 15u
#define SV_ROUTE_PORTS 1024u
#define SV_ROUTE_WEIGHT_MAX 32u

/* What a caller says about a route. */
struct sv_route_spec {
    struct sv_addr prefix;
    uint32_t bits; /* of 128 */
    uint32_t table;
    uint32_t metric; /* lower wins among equal prefixes */
    uint32_t type;   /* enum sv_route_type */
    uint32_t hops;
    struct sv_route_hop hop[SV_ROUTE_HOPS];
};

struct sv_route {
    struct sv_addr prefix;
    uint32_t group;
    uint32_t metric;
    uint32_t next;  /* of the same prefix, less wanted */
    uint32_t chain; /* next first one in the hash bucket, or the free list */
    uint8_t bits;
    uint8_t table;
    uint8_t used;
    uint8_t spare;
};

struct sv_route_group {
    uint32_t uses; /* routes; 0: free */
    uint32_t chain;
    uint32_t type;
    uint32_t spread; /* several next hops: which record; SV_NONE */
    uint32_t alive;
    struct sv_route_hop hop; /* the only one, or the first */
};

struct sv_route_spread {
    uint32_t hops;
    uint32_t chain;
    struct sv_route_hop hop[SV_ROUTE_HOPS];
    uint8_t bucket[SV_ROUTE_BUCKETS];
};

struct sv_route_rule {
    struct sv_addr source;
    uint32_t bits, table, priority; /* lower priority numbers are asked first */
};

struct sv_routes {
    int64_t at, heads_at, groups_at, group_heads_at, spreads_at; /* from this struct */
    uint32_t ceiling, count;
    uint32_t made, free_first, heads;
    uint32_t groups, groups_made, group_free, group_heads;
    uint32_t spreads, spreads_made, spread_free;
    uint32_t tables;
    uint32_t alternatives; /* routes that are not the only one of their prefix */
    uint32_t rules;
    uint32_t generation;
    struct sv_siphash_key key;
    uint32_t down[SV_ROUTE_PORTS / 32]; /* interfaces that are */
    struct sv_route_rule rule[SV_ROUTE_RULES];
    struct sv_lpm lpm; /* tree 2k: IPv4 of table k; 2k + 1: IPv6 */
};

struct sv_route_result {
    struct sv_addr next_hop; /* the gateway, or the destination itself */
    sv_port port;
    uint32_t generation;
    uint32_t type; /* enum sv_route_type; SV_ROUTE_NONE: nothing found */
    bool on_link;
};

/* tables: beside table 0. */
SV_MUST_CHECK bool sv_routes_init(struct sv_routes *t, const struct sv_siphash_key *key, struct sv_arena *arena,
                                  uint32_t ceiling, uint32_t tables);
uint64_t sv_routes_bytes(uint32_t ceiling, uint32_t tables);

/* A route more. One to the same prefix of the same table with the same next hops only gets the metric.
 * SV_ERR_NO_MEMORY: a ceiling; SV_ERR_INVALID: no such table, type, number of hops or weight. */
SV_MUST_CHECK enum sv_err sv_route_put(struct sv_routes *t, const struct sv_route_spec *spec);
/* Takes away the route with these next hops, or with hops == 0 and type UNICAST the one first in use. False: none. */
bool sv_route_take(struct sv_routes *t, const struct sv_route_spec *spec);

/* The same for one next hop in table 0. */
SV_MUST_CHECK enum sv_err sv_route_insert(struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits,
                                          const struct sv_addr *gateway, sv_port port, uint32_t metric);
/* False: there was none. */
bool sv_route_delete(struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits, const struct sv_addr *gateway,
                     sv_port port);

/* Is there such a route for one next hop in table 0? Then *metric is its. */
bool sv_route_metric(struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits, const struct sv_addr *gateway,
                     sv_port port, uint32_t *metric);

/* The rule with that source and table gets the priority. SV_ERR_NO_MEMORY: 32 rules; SV_ERR_INVALID: no such table. */
SV_MUST_CHECK enum sv_err sv_route_rule_put(struct sv_routes *t, const struct sv_route_rule *rule);
bool sv_route_rule_take(struct sv_routes *t, const struct sv_route_rule *rule);

/* An interface went down or came up: what leads over it is used no more, or again. */
void sv_routes_port_set(struct sv_routes *t, sv_port port, bool up);

/* Where a packet to `dst` goes by table 0. False: no route, or one that refuses (out->type says which). */
bool sv_route_lookup(const struct sv_routes *t, const struct sv_addr *dst, struct sv_route_result *out);
/* The group that leads to dst for a packet from src (rules, then table 0), SV_NONE: no route. */
uint32_t sv_route_find_group(const struct sv_routes *t, const struct sv_addr *src, const struct sv_addr *dst);
/* The same for a flow: its source asks the rules, its hash chooses among several next hops. */
bool sv_route_lookup_flow(const struct sv_routes *t, const struct sv_addr *src, const struct sv_addr *dst,
                          uint32_t flow_hash, struct sv_route_result *out);

/* The group of many destinations at once by table 0, SV_NONE: no route. IPv4 as host-order numbers. */
void sv_routes_burst4(const struct sv_routes *t, const uint32_t *dst, uint32_t *group, uint32_t n, uint32_t cpu);
void sv_routes_burst6(const struct sv_routes *t, const struct sv_lpm_key *dst, uint32_t *group, uint32_t n,
                      uint32_t cpu);
/* What a group says to one destination; as sv_route_lookup_flow(). */
bool sv_route_of_group(const struct sv_routes *t, uint32_t group, const struct sv_addr *dst, uint32_t flow_hash,
                       struct sv_route_result *out);

/* Are there several next hops, so that the flow's hash matters? */
static inline struct sv_route_group *sv_route_group_of(const struct sv_routes *t, uint32_t group)
{
    return (struct sv_route_group *)((uintptr_t)t + (uintptr_t)t->groups_at) + group;
}
static inline struct sv_route *sv_route_of(const struct sv_routes *t, uint32_t index)
{
    return (struct sv_route *)((uintptr_t)t + (uintptr_t)t->at) + index;
}
static inline struct sv_lpm_key sv_lpm_key_of(const struct sv_addr *a)
{
    return (struct sv_lpm_key){(uint64_t)sv_get_u32(a->byte) << 32 | sv_get_u32(a->byte + 4),
                               (uint64_t)sv_get_u32(a->byte + 8) << 32 | sv_get_u32(a->byte + 12)};
}

/* Walks the routes: *at begins as 0. False: no more. */
bool sv_route_next(const struct sv_routes *t, uint32_t *at, struct sv_route_spec *out);

/* Asserts every invariant. */
void sv_routes_check(const struct sv_routes *t);

#endif
