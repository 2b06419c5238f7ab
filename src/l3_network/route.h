/* SPDX-License-Identifier: BSD-2-Clause */
/* The route table: longest prefix first, then the lowest metric, then the oldest. Linear over its ceiling (some
 * tens); `generation` changes with every change, so that who keeps a result knows when to ask again. */
#ifndef SV_L3_ROUTE_H
#define SV_L3_ROUTE_H

#include "core/addr.h"
#include "core/core.h"

struct sv_route {
    struct sv_addr prefix;
    struct sv_addr gateway; /* all zero: on link */
    sv_port port;
    uint32_t bits;   /* of 128 */
    uint32_t metric; /* lower wins among equal prefixes */
    uint32_t used;
};

struct sv_routes {
    int64_t at; /* from this struct */
    uint32_t ceiling, count;
    uint32_t generation;
    uint32_t spare;
};

struct sv_route_result {
    struct sv_addr next_hop; /* the gateway, or the destination itself */
    sv_port port;
    uint32_t generation;
    bool on_link;
};

SV_MUST_CHECK bool sv_routes_init(struct sv_routes *t, struct sv_arena *arena, uint32_t ceiling);

/* SV_ERR_NO_MEMORY: the ceiling. The same prefix, gateway and port again only sets the metric. */
SV_MUST_CHECK enum sv_err sv_route_insert(struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits,
                                          const struct sv_addr *gateway, sv_port port, uint32_t metric);
/* False: there was none. */
bool sv_route_delete(struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits, const struct sv_addr *gateway,
                     sv_port port);

/* Walks the table: *at begins as 0. False: no more. */
bool sv_route_next(const struct sv_routes *t, uint32_t *at, struct sv_route *out);

/* Where a packet to `dst` goes. False: no route. */
bool sv_route_lookup(const struct sv_routes *t, const struct sv_addr *dst, struct sv_route_result *out);

#endif
