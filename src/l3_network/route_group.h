/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups of next hops, interned. */
#ifndef SV_L3_ROUTE_GROUP_H
#define SV_L3_ROUTE_GROUP_H

#include "l3_network/route.h"

/* The group with just these next hops and type; made if `make` says so and there is room. SV_NONE: none. */
uint32_t sv_route_group_find(struct sv_routes *t, const struct sv_route_spec *spec, bool make);
/* A route less leads to it. */
void sv_route_group_release(struct sv_routes *t, uint32_t group);
/* Looks again which of its next hops are alive. */
void sv_route_group_refresh(struct sv_routes *t, uint32_t group);
/* Its next hops as the caller named them. */
void sv_route_group_tell(const struct sv_routes *t, uint32_t group, struct sv_route_spec *out);

#endif
