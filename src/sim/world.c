/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/world.h"

#include "core/math.h"
#include "core/mem.h"
#include "core/pool_inline.h"
#include "sim/host.h"
#include "sim/node.h"

#define BILLION 1000000000u
#define PORTS_LEAST 8u

struct sv_world_end {
    uint32_t node; /* SV_NONE: no wire */
    sv_port port;
};

/* A clock of its own: at the world's `set` it showed `shown`, and runs `ppb` fast since. */
struct sv_world_clock {
    sv_time set, shown;
    int32_t ppb;
    uint32_t own; /* 0: the world's */
};

struct sv_world_node {
    int64_t at; /* from the world to the node */
    struct sv_world_clock clock;
    uint32_t ends, ports; /* its ends begin there */
    uint32_t place;       /* in the heap */
    uint32_t spare;
};

struct sv_world_post {
    sv_time at;
    uint64_t serial;
    uint32_t node;
    sv_port port;
    uint32_t buf, tag;
    int64_t pool_at; /* from the world */
};

/* When a node has something to do, by the world's clock; SV_NEVER. */
struct sv_world_slot {
    sv_time wake;
    uint32_t node, spare;
};

/* Who is to be woken next stands at the top of a heap of node numbers, by (wake, number); what was posted is in a
 * second one, by (at, serial). */
struct sv_world {
    sv_time now;
    uint64_t events, passed, serial;
    int64_t nodes_at, heap_at, ends_at, posts_at; /* from this struct */
    uint32_t nodes, nodes_max, ends, ends_max, posts, posts_max;
    uint32_t waking, touched; /* the node whose turn it is; whether it has something to do again */
};

static struct sv_world_node *sv_world_record(const struct sv_world *w, uint32_t node)
{
    SV_ASSERT(node < w->nodes);
    return (struct sv_world_node *)(uintptr_t)((intptr_t)w + (intptr_t)w->nodes_at) + node;
}
static struct sv_world_slot *sv_world_heap(const struct sv_world *w)
{
    return (struct sv_world_slot *)(uintptr_t)((intptr_t)w + (intptr_t)w->heap_at);
}
static struct sv_world_end *sv_world_end(const struct sv_world *w, uint32_t node, sv_port port)
{
    const struct sv_world_node *n = sv_world_record(w, node);
    SV_ASSERT(port < n->ports);
    return (struct sv_world_end *)(uintptr_t)((intptr_t)w + (intptr_t)w->ends_at) + n->ends + port;
}
static struct sv_world_post *sv_world_posts(const struct sv_world *w)
{
    return (struct sv_world_post *)(uintptr_t)((intptr_t)w + (intptr_t)w->posts_at);
}

/* --- making one --- */

static struct sv_world_config sv_world_defaults(const struct sv_world_config *given)
{
    struct sv_world_config c = {.size = sizeof c};
    if (given)
        c = *given;
    c.nodes = c.nodes ? c.nodes : 32;
    c.ports = c.ports ? c.ports : c.nodes * PORTS_LEAST;
    c.posts = c.posts ? c.posts : 64;
    return c;
}

uint64_t sv_world_bytes(const struct sv_world_config *config)
{
    const struct sv_world_config c = sv_world_defaults(config);
    return sizeof(struct sv_world) + (uint64_t)c.nodes * (sizeof(struct sv_world_node) + sizeof(struct sv_world_slot)) +
           (uint64_t)c.ports * sizeof(struct sv_world_end) + (uint64_t)c.posts * sizeof(struct sv_world_post) + 512u;
}

static bool sv_world_take(struct sv_world *w, struct sv_arena *arena, uint64_t bytes, int64_t *at)
{
    const void *p = sv_arena_take(arena, bytes, 64);
    *at = p ? (int64_t)((intptr_t)p - (intptr_t)w) : 0;
    return p != NULL;
}

struct sv_world *sv_world_create(struct sv_arena *arena, const struct sv_world_config *config, sv_time now)
{
    const struct sv_world_config c = sv_world_defaults(config);
    if (c.size != sizeof c || c.nodes > SV_WORLD_NODES || c.ports > 1u << 24 || c.posts > 1u << 24)
        return NULL;
    struct sv_world *w = sv_arena_take(arena, sizeof *w, 64);
    if (!w || !sv_world_take(w, arena, (uint64_t)c.nodes * sizeof(struct sv_world_node), &w->nodes_at) ||
        !sv_world_take(w, arena, (uint64_t)c.nodes * sizeof(struct sv_world_slot), &w->heap_at) ||
        !sv_world_take(w, arena, (uint64_t)c.ports * sizeof(struct sv_world_end), &w->ends_at) ||
        !sv_world_take(w, arena, (uint64_t)c.posts * sizeof(struct sv_world_post), &w->posts_at))
        return NULL;
    w->now = now;
    w->nodes_max = c.nodes;
    w->ends_max = c.ports;
    w->posts_max = c.posts;
    w->waking = SV_NONE;
    return w;
}

/* --- the heap of nodes --- */

static bool sv_world_sooner(const struct sv_world_slot *a, const struct sv_world_slot *b)
{
    return a->wake != b->wake ? a->wake < b->wake : a->node < b->node;
}

static void sv_world_place(struct sv_world *w, uint32_t place, struct sv_world_slot slot)
{
    sv_world_heap(w)[place] = slot;
    sv_world_record(w, slot.node)->place = place;
}

/* The node's time has changed: up or down to where it belongs. */
static void sv_world_wake_at(struct sv_world *w, uint32_t node, sv_time at)
{
    struct sv_world_slot *heap = sv_world_heap(w);
    const struct sv_world_slot slot = {.wake = at, .node = node};
    uint32_t i = sv_world_record(w, node)->place;
    heap[i].wake = at;
    if (i && sv_world_sooner(&slot, &heap[(i - 1u) / 2u])) {
        for (; i && sv_world_sooner(&slot, &heap[(i - 1u) / 2u]); i = (i - 1u) / 2u)
            sv_world_place(w, i, heap[(i - 1u) / 2u]);
        sv_world_place(w, i, slot);
        return;
    }
    for (uint32_t child = 2u * i + 1u; child < w->nodes; child = 2u * i + 1u) {
        if (child + 1u < w->nodes && sv_world_sooner(&heap[child + 1u], &heap[child]))
            child++;
        if (!sv_world_sooner(&heap[child], &slot))
            break;
        sv_world_place(w, i, heap[child]);
        i = child;
    }
    sv_world_place(w, i, slot);
}

/* --- nodes and wires --- */

uint32_t sv_world_add(struct sv_world *w, struct sv_node *x)
{
    const uint32_t ports = sv_max_u32(x->ports, PORTS_LEAST);
    if (w->nodes == w->nodes_max || ports > w->ends_max - w->ends || ports > SV_WORLD_PORTS)
        return SV_NONE;
    const uint32_t node = w->nodes++;
    *sv_world_record(w, node) = (struct sv_world_node){
        .at = (int64_t)((intptr_t)x - (intptr_t)w), .ends = w->ends, .ports = ports, .place = node};
    w->ends += ports;
    for (sv_port p = 0; p < ports; p++)
        sv_world_end(w, node, p)->node = SV_NONE;
    sv_world_place(w, node, (struct sv_world_slot){.wake = SV_NEVER, .node = node});
    sv_world_wake_at(w, node, w->now);
    return node;
}

struct sv_node *sv_world_node_of(const struct sv_world *w, uint32_t node)
{
    return (struct sv_node *)(uintptr_t)((intptr_t)w + (intptr_t)sv_world_record(w, node)->at);
}

void sv_world_replace(struct sv_world *w, uint32_t node, struct sv_node *x)
{
    SV_ASSERT(x->ports <= sv_world_record(w, node)->ports);
    sv_world_record(w, node)->at = (int64_t)((intptr_t)x - (intptr_t)w);
    sv_world_touch(w, node);
}

void sv_world_wire(struct sv_world *w, uint32_t a, sv_port a_port, uint32_t b, sv_port b_port)
{
    SV_ASSERT(sv_world_end(w, a, a_port)->node == SV_NONE && sv_world_end(w, b, b_port)->node == SV_NONE);
    *sv_world_end(w, a, a_port) = (struct sv_world_end){b, b_port};
    *sv_world_end(w, b, b_port) = (struct sv_world_end){a, a_port};
}

bool sv_world_peer(const struct sv_world *w, uint32_t node, sv_port port, uint32_t *peer, sv_port *peer_port)
{
    if (port >= sv_world_record(w, node)->ports || sv_world_end(w, node, port)->node == SV_NONE)
        return false;
    *peer = sv_world_end(w, node, port)->node;
    *peer_port = sv_world_end(w, node, port)->port;
    return true;
}

/* --- clocks --- */

static sv_time sv_clock_shows_own(const struct sv_world_clock *c, sv_time now)
{
    const sv_time passed = now - c->set;
    const uint32_t rate = (uint32_t)(c->ppb < 0 ? -(int64_t)c->ppb : c->ppb);
    const sv_time off = sv_muldiv64(passed, rate, BILLION);
    return c->shown + (c->ppb < 0 ? passed - off : passed + off);
}

static inline sv_time sv_clock_shows(const struct sv_world_clock *c, sv_time now)
{
    return SV_LIKELY(!c->own) ? now : sv_clock_shows_own(c, now);
}

static sv_time sv_clock_when_own(const struct sv_world_clock *c, sv_time local, sv_time now)
{
    if (local <= sv_clock_shows(c, now))
        return now;
    sv_time at = c->set + sv_muldiv64(local - c->shown, BILLION, (uint64_t)((int64_t)BILLION + c->ppb));
    at = sv_max_u64(at, now);
    while (at > now && sv_clock_shows(c, at - 1u) >= local)
        at--;
    while (sv_clock_shows(c, at) < local)
        at++;
    return at;
}

/* The world's time at which that clock shows `local`: the first such nanosecond. */
static inline sv_time sv_clock_when(const struct sv_world_clock *c, sv_time local, sv_time now)
{
    return SV_LIKELY(!c->own || local == SV_NEVER) ? local : sv_clock_when_own(c, local, now);
}

void sv_world_set_clock(struct sv_world *w, uint32_t node, int32_t ppb, sv_time ahead)
{
    struct sv_world_node *n = sv_world_record(w, node);
    SV_ASSERT(ppb > -(int32_t)BILLION);
    n->clock = (struct sv_world_clock){
        .set = w->now, .shown = sv_clock_shows(&n->clock, w->now) + ahead, .ppb = ppb, .own = 1};
    sv_world_touch(w, node);
}

sv_time sv_world_local(const struct sv_world *w, uint32_t node)
{
    return sv_clock_shows(&sv_world_record(w, node)->clock, w->now);
}

/* --- what was posted --- */

static bool sv_post_sooner(const struct sv_world_post *a, const struct sv_world_post *b)
{
    return a->at != b->at ? a->at < b->at : a->serial < b->serial;
}

bool sv_world_post(struct sv_world *w, uint32_t node, sv_port port, struct sv_buf *take, sv_time at, uint32_t tag)
{
    if (w->posts == w->posts_max)
        return false;
    struct sv_world_post *p = sv_world_posts(w);
    const struct sv_world_post fresh = {
        .at = sv_max_u64(at, w->now),
        .serial = w->serial++,
        .node = node,
        .port = port,
        .buf = take->self,
        .tag = tag,
        .pool_at = (int64_t)((intptr_t)sv_buf_pool(take) - (intptr_t)w),
    };
    uint32_t i = w->posts++;
    for (; i && sv_post_sooner(&fresh, &p[(i - 1u) / 2u]); i = (i - 1u) / 2u)
        p[i] = p[(i - 1u) / 2u];
    p[i] = fresh;
    return true;
}

static struct sv_world_post sv_world_unpost(struct sv_world *w)
{
    struct sv_world_post *p = sv_world_posts(w);
    const struct sv_world_post first = p[0], moved = p[--w->posts];
    uint32_t i = 0;
    for (uint32_t child = 1; child < w->posts; child = 2u * i + 1u) {
        if (child + 1u < w->posts && sv_post_sooner(&p[child + 1u], &p[child]))
            child++;
        if (!sv_post_sooner(&p[child], &moved))
            break;
        p[i] = p[child];
        i = child;
    }
    p[i] = moved;
    return first;
}

uint32_t sv_world_posted(const struct sv_world *w)
{
    return w->posts;
}

/* --- time --- */

sv_time sv_world_now(const struct sv_world *w)
{
    return w->now;
}

uint64_t sv_world_events(const struct sv_world *w)
{
    return w->events;
}

uint64_t sv_world_passed(const struct sv_world *w)
{
    return w->passed;
}

static sv_time sv_world_post_at(const struct sv_world *w)
{
    return w->posts ? sv_world_posts(w)[0].at : SV_NEVER;
}

sv_time sv_world_next(const struct sv_world *w)
{
    const sv_time wake = w->nodes ? sv_world_heap(w)[0].wake : SV_NEVER;
    return sv_max_u64(sv_min_u64(wake, sv_world_post_at(w)), w->now);
}

void sv_world_advance(struct sv_world *w, sv_time at)
{
    SV_ASSERT(at <= sv_world_next(w));
    w->now = sv_max_u64(w->now, at);
}

void sv_world_touch(struct sv_world *w, uint32_t node)
{
    if (node == w->waking)
        w->touched = 1;
    else if (sv_world_heap(w)[sv_world_record(w, node)->place].wake > w->now)
        sv_world_wake_at(w, node, w->now);
}

/* The node has something to do at that time, by its own clock, or had it earlier. */
static inline void sv_world_due(struct sv_world *w, const struct sv_world_node *n, uint32_t node, sv_time local)
{
    const sv_time at = sv_clock_when(&n->clock, local, w->now);
    if (node == w->waking)
        w->touched = 1;
    else if (at < sv_world_heap(w)[n->place].wake)
        sv_world_wake_at(w, node, sv_max_u64(at, w->now));
}

static void sv_sim_lose(struct sv_burst *burst)
{
    for (uint32_t i = 0; i < burst->n; i++)
        sv_buf_free(burst->packet[i]);
    burst->n = 0;
}

static void sv_sim_hand_on(struct sv_sim *sim, const struct sv_passage *p, struct sv_burst *burst)
{
    struct sv_world *w = sim->world;
    if (SV_UNLIKELY(p->to == SV_NONE)) {
        sv_sim_lose(burst);
        return;
    }
    if (sim->tap)
        sim->tap(sim->tap_self, p, burst);
    w->passed += burst->n;
    if (!burst->n)
        return;
    const struct sv_world_node *n = sv_world_record(w, p->to);
    struct sv_node *x = (struct sv_node *)(uintptr_t)((intptr_t)w + (intptr_t)n->at);
    const struct sv_node_ops *ops = sv_node_ops_of(x);
    const sv_time local = sv_clock_shows(&n->clock, w->now);
    ops->receive(x, p->to_port, burst, local);
    /* A link has nothing to say at once: its next deadline is enough. */
    sv_world_due(w, n, p->to, x->kind == SV_NODE_LINK ? ops->next_deadline(x) : local);
}

/* Everything that the node may send now goes through its wires. */
static void sv_sim_drain(struct sv_sim *sim, uint32_t node, struct sv_node *x, sv_time local)
{
    struct sv_world *w = sim->world;
    const struct sv_node_ops *ops = sv_node_ops_of(x);
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX, .super = 0};
    const bool once = x->kind == SV_NODE_LINK; /* gives all that has arrived, if the burst holds it */
    struct sv_burst burst;                     /* 64 places: only those that are used are written */
    burst.n = 0;
    for (sv_port p = ops->next_output(x, SV_NO_PORT); p != SV_NO_PORT;
         p = p + 1u < x->ports ? ops->next_output(x, p) : SV_NO_PORT) {
        const struct sv_world_end end = *sv_world_end(w, node, p);
        const struct sv_passage passage = {
            .now = w->now, .from = node, .to = end.node, .from_port = p, .to_port = end.port};
        for (uint32_t n; (n = ops->transmit(x, p, room, &burst, local)) != 0;) {
            sv_sim_hand_on(sim, &passage, &burst);
            if (once && n < SV_BURST)
                break;
        }
    }
}

static void sv_sim_deliver(struct sv_sim *sim)
{
    struct sv_world *w = sim->world;
    const struct sv_world_post post = sv_world_unpost(w);
    struct sv_pool *pool = (struct sv_pool *)(uintptr_t)((intptr_t)w + (intptr_t)post.pool_at);
    struct sv_burst burst;
    burst.n = 1;
    burst.packet[0] = sv_pool_buf(pool, post.buf);
    const struct sv_passage passage = {.now = w->now,
                                       .from = SV_NONE,
                                       .to = post.node,
                                       .from_port = SV_NO_PORT,
                                       .to_port = post.port,
                                       .tag = post.tag};
    sv_sim_hand_on(sim, &passage, &burst);
}

static void sv_sim_wake(struct sv_sim *sim, uint32_t node)
{
    struct sv_world *w = sim->world;
    struct sv_host *host = sim->host[node];
    const struct sv_world_node *n = sv_world_record(w, node);
    struct sv_node *x = (struct sv_node *)(uintptr_t)((intptr_t)w + (intptr_t)n->at);
    const struct sv_node_ops *ops = sv_node_ops_of(x);
    const sv_time local = sv_clock_shows(&n->clock, w->now);
    w->waking = node; /* it stays at the top of the heap meanwhile */
    w->touched = 0;
    ops->expire(x, local);
    const sv_time at = host ? sv_host_serve(host, local) : SV_NEVER;
    sv_sim_drain(sim, node, x, local);
    /* Sending sets timers too, and may loop back to the node itself, which has touched it then. */
    const sv_time next = w->touched ? w->now : sv_clock_when(&n->clock, sv_min_u64(at, ops->next_deadline(x)), w->now);
    w->waking = SV_NONE;
    sv_world_wake_at(w, node, next);
}

bool sv_sim_step(struct sv_sim *sim, sv_time until)
{
    struct sv_world *w = sim->world;
    const sv_time next = sv_world_next(w);
    if (next > until || next == SV_NEVER) {
        if (until != SV_NEVER)
            w->now = sv_max_u64(w->now, until);
        return false;
    }
    w->now = next;
    w->events++;
    if (SV_UNLIKELY(sv_world_post_at(w) <= next))
        sv_sim_deliver(sim);
    else
        sv_sim_wake(sim, sv_world_heap(w)[0].node);
    return true;
}

uint64_t sv_sim_run(struct sv_sim *sim, sv_time until, uint64_t steps)
{
    uint64_t done = 0;
    while (done < steps && sv_sim_step(sim, until))
        done++;
    return done;
}
