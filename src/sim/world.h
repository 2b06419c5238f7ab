/* SPDX-License-Identifier: BSD-2-Clause */
/* A world: nodes, the wires between their ports, one clock, one queue of who is to be woken when. It lies in
 * the arena with its nodes, so a snapshot of the arena is a snapshot of the world. Only applications lie
 * outside: `struct sv_sim` is the handle that brings both together, of the caller's.
 *
 * Order is fixed: the earliest time first; at equal times what was posted, in the order of posting, then the node
 * that was added first. Nothing depends on addresses. A wire takes no time; what takes time is a link (sim/link.h),
 * a node like any other. */
#ifndef SV_SIM_WORLD_H
#define SV_SIM_WORLD_H

#include "seven/arena.h"
#include "seven/host.h"
#include "stack/node.h"

#define SV_WORLD_NODES 16384u
#define SV_WORLD_PORTS 64u /* of one node */

struct sv_world;

/* A burst on its way from one port to the one at the other end of the wire. */
struct sv_passage {
    sv_time now;
    uint32_t from, to; /* nodes; from SV_NONE: it was posted */
    sv_port from_port, to_port;
    uint32_t tag; /* of what was posted */
};

struct sv_sim {
    struct sv_world *world;
    struct sv_host *host[SV_WORLD_NODES]; /* by the node's number; NULL: no applications */
    /* Sees every burst before the node that it is for, and may edit its packets (sv_buf_own() first) or take some out
     * (and then owns them). NULL: nobody looks. */
    void (*tap)(void *self, const struct sv_passage *p, struct sv_burst *b);
    void *tap_self;
};

/* Hard ceilings. */
struct sv_world_config {
    uint32_t size;  /* sizeof(struct sv_world_config) */
    uint32_t nodes; /* [32], at most SV_WORLD_NODES */
    uint32_t ports; /* of all nodes together; each takes those it has when it is added, but at least 8 [8 a node] */
    uint32_t posts; /* packets posted and not delivered yet [64] */
};

/* NULL: the arena is full. `config` may be NULL. */
struct sv_world *sv_world_create(struct sv_arena *arena, const struct sv_world_config *config, sv_time now);
uint64_t sv_world_bytes(const struct sv_world_config *config); /* arena bytes it takes, at most */

/* The node's number; it is woken at once. SV_NONE: the ceiling. */
uint32_t sv_world_add(struct sv_world *w, struct sv_node *x);

/* Another node in its place, on the same wires: a host that was rebooted. It is woken at once. */
void sv_world_replace(struct sv_world *w, uint32_t node, struct sv_node *x);
struct sv_node *sv_world_node_of(const struct sv_world *w, uint32_t node);

/* Joins two ports; each may have one wire. What leaves a port without a wire is freed. */
void sv_world_wire(struct sv_world *w, uint32_t a, sv_port a_port, uint32_t b, sv_port b_port);
/* The other end of a wire. False: there is none. */
bool sv_world_peer(const struct sv_world *w, uint32_t node, sv_port port, uint32_t *peer, sv_port *peer_port);

/* From now on the node's clock runs `ppb` thousand-millionths fast (negative: slow; above -10^9) and is put forward by
 * `ahead`. It never runs backwards. */
void sv_world_set_clock(struct sv_world *w, uint32_t node, int32_t ppb, sv_time ahead);
/* What that clock shows now. */
sv_time sv_world_local(const struct sv_world *w, uint32_t node);

/* The packet comes in at that port at `at`, as if by a wire; a tap sees it with this tag. False: the ceiling (the
 * packet stays the caller's). */
bool sv_world_post(struct sv_world *w, uint32_t node, sv_port port, struct sv_buf *take, sv_time at, uint32_t tag);
uint32_t sv_world_posted(const struct sv_world *w); /* not delivered yet */

sv_time sv_world_now(const struct sv_world *w);
sv_time sv_world_next(const struct sv_world *w);    /* when something happens next; SV_NEVER */
uint64_t sv_world_events(const struct sv_world *w); /* steps so far */
uint64_t sv_world_passed(const struct sv_world *w); /* packets handed from node to node so far */

/* Moves the clock to `at`, at most to when something happens next: whoever calls on nodes then does so before that. */
void sv_world_advance(struct sv_world *w, sv_time at);

/* After a call on a node from outside (a socket call, a frame put in): it is woken now. */
void sv_world_touch(struct sv_world *w, uint32_t node);

/* One event: a posted packet is delivered, or one node is woken (expire or the host's turn, then what it has to send
 * is handed on). False: nothing is due by `until`; the clock stands at `until` then (SV_NEVER: it stays). */
bool sv_sim_step(struct sv_sim *sim, sv_time until);

/* Steps until nothing is due by `until`, at most `steps` of them; how many there were. */
uint64_t sv_sim_run(struct sv_sim *sim, sv_time until, uint64_t steps);

#endif
