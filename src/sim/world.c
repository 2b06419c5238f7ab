/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/world.h"

#include "core/mem.h"

struct sv_world_end {
    uint32_t node; /* SV_NONE: no wire */
    sv_port port;
};

struct sv_world_node {
    int64_t at;   /* from the world to the node */
    sv_time wake; /* when it has something to do; SV_NEVER */
    struct sv_world_end wire[SV_WORLD_PORTS];
};

/* The queue is the column of wake times: with so few nodes a look at each costs less than keeping a heap. */
struct sv_world {
    sv_time now;
    uint32_t nodes;
    uint32_t spare;
    struct sv_world_node node[SV_WORLD_NODES];
};

struct sv_world *sv_world_create(struct sv_arena *arena, sv_time now)
{
    struct sv_world *w = sv_arena_take(arena, sizeof *w, 64);
    if (w)
        w->now = now;
    return w;
}

static struct sv_node *sv_world_node(struct sv_world *w, uint32_t node)
{
    SV_ASSERT(node < w->nodes);
    return (struct sv_node *)(uintptr_t)((intptr_t)w + (intptr_t)w->node[node].at);
}

uint32_t sv_world_add(struct sv_world *w, struct sv_node *x)
{
    if (w->nodes == SV_WORLD_NODES)
        return SV_NONE;
    struct sv_world_node *n = &w->node[w->nodes];
    n->at = (int64_t)((intptr_t)x - (intptr_t)w);
    n->wake = w->now;
    for (sv_port p = 0; p < SV_WORLD_PORTS; p++)
        n->wire[p].node = SV_NONE;
    return w->nodes++;
}

void sv_world_wire(struct sv_world *w, uint32_t a, sv_port a_port, uint32_t b, sv_port b_port)
{
    SV_ASSERT(a < w->nodes && b < w->nodes && a_port < SV_WORLD_PORTS && b_port < SV_WORLD_PORTS);
    SV_ASSERT(w->node[a].wire[a_port].node == SV_NONE && w->node[b].wire[b_port].node == SV_NONE);
    w->node[a].wire[a_port] = (struct sv_world_end){b, b_port};
    w->node[b].wire[b_port] = (struct sv_world_end){a, a_port};
}

sv_time sv_world_now(const struct sv_world *w)
{
    return w->now;
}

static uint32_t sv_world_first(const struct sv_world *w)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < w->nodes; i++) {
        if (w->node[i].wake < w->node[first].wake)
            first = i;
    }
    return first;
}

sv_time sv_world_next(const struct sv_world *w)
{
    return w->nodes ? sv_max_u64(w->node[sv_world_first(w)].wake, w->now) : SV_NEVER;
}

void sv_world_touch(struct sv_world *w, uint32_t node)
{
    SV_ASSERT(node < w->nodes);
    w->node[node].wake = sv_min_u64(w->node[node].wake, w->now);
}

static void sv_world_hand_on(struct sv_world *w, struct sv_world_end end, struct sv_burst *burst)
{
    if (end.node == SV_NONE) {
        for (uint32_t i = 0; i < burst->n; i++)
            sv_buf_free(burst->packet[i]);
        burst->n = 0;
        return;
    }
    sv_node_receive(sv_world_node(w, end.node), end.port, burst, w->now);
    sv_world_touch(w, end.node);
}

/* Everything that the node may send now goes through its wires. */
static void sv_world_drain(struct sv_world *w, uint32_t node)
{
    struct sv_node *x = sv_world_node(w, node);
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX, .super = 0};
    struct sv_burst burst = {.n = 0};
    for (sv_port p = sv_node_next_output(x, SV_NO_PORT); p != SV_NO_PORT; p = sv_node_next_output(x, p)) {
        SV_ASSERT(p < SV_WORLD_PORTS);
        while (sv_node_transmit(x, p, room, &burst, w->now))
            sv_world_hand_on(w, w->node[node].wire[p], &burst);
    }
}

bool sv_sim_step(struct sv_sim *sim, sv_time until)
{
    struct sv_world *w = sim->world;
    if (sv_world_next(w) > until || sv_world_next(w) == SV_NEVER) {
        if (until != SV_NEVER)
            w->now = sv_max_u64(w->now, until);
        return false;
    }
    const uint32_t node = sv_world_first(w);
    struct sv_host *host = sim->host[node];
    w->now = sv_world_next(w);
    w->node[node].wake = SV_NEVER;
    if (host) {
        const sv_time at = sv_host_turn(host, w->now);
        sv_world_drain(w, node);
        /* Sending sets timers too, and may loop back to the node itself, which has touched it then. */
        w->node[node].wake =
            sv_min_u64(w->node[node].wake, sv_min_u64(at, sv_node_next_deadline(sv_world_node(w, node))));
    } else {
        sv_node_expire(sv_world_node(w, node), w->now);
        sv_world_drain(w, node);
        w->node[node].wake = sv_min_u64(w->node[node].wake, sv_node_next_deadline(sv_world_node(w, node)));
    }
    return true;
}

uint64_t sv_sim_run(struct sv_sim *sim, sv_time until, uint64_t steps)
{
    uint64_t done = 0;
    while (done < steps && sv_sim_step(sim, until))
        done++;
    return done;
}
