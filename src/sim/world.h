/* SPDX-License-Identifier: BSD-2-Clause */
/* A world: nodes, the wires between their ports, one clock, one queue of who is to be woken when. It lies in
 * the arena with its nodes, so a snapshot of the arena is a snapshot of the world. Only applications lie
 * outside: `struct sv_sim` is the handle that brings both together, of the caller's.
 *
 * Order is fixed: the earliest time first, at equal times the node that was added first. Nothing depends on
 * addresses. A wire takes no time; what takes time is a link (sim/link.h), a node like any other. */
#ifndef SV_SIM_WORLD_H
#define SV_SIM_WORLD_H

#include "seven/arena.h"
#include "seven/host.h"
#include "stack/node.h"

#define SV_WORLD_NODES 32u
#define SV_WORLD_PORTS 8u /* of one node */

struct sv_world;

struct sv_sim {
    struct sv_world *world;
    struct sv_host *host[SV_WORLD_NODES]; /* by the node's number; NULL: no applications */
};

/* NULL: the arena is full. */
struct sv_world *sv_world_create(struct sv_arena *arena, sv_time now);

/* The node's number; it is woken at once. SV_NONE: 32 are there already. */
uint32_t sv_world_add(struct sv_world *w, struct sv_node *x);

/* Joins two ports; each may have one wire. What leaves a port without a wire is freed. */
void sv_world_wire(struct sv_world *w, uint32_t a, sv_port a_port, uint32_t b, sv_port b_port);

sv_time sv_world_now(const struct sv_world *w);
sv_time sv_world_next(const struct sv_world *w); /* when something happens next; SV_NEVER */

/* After a call on a node from outside (a socket call, a frame put in): it is woken now. */
void sv_world_touch(struct sv_world *w, uint32_t node);

/* Wakes one node: expire or the host's turn, then what it has to send is handed on. False: nothing is due by
 * `until`; the clock stands at `until` then (SV_NEVER: it stays). */
bool sv_sim_step(struct sv_sim *sim, sv_time until);

/* Steps until nothing is due by `until`, at most `steps` of them; how many there were. */
uint64_t sv_sim_run(struct sv_sim *sim, sv_time until, uint64_t steps);

#endif
