/* SPDX-License-Identifier: BSD-2-Clause */
/* The table itself: entries, their hash, their recycling. States and timers are in neighbour_state.c. */
#include "l2_link/neighbour_table.h"

static uint32_t *sv_neighbour_bucket(const struct sv_core *c, const struct sv_neighbours *n, sv_port port,
                                     const struct sv_addr *addr)
{
    uint32_t *buckets = (uint32_t *)((uintptr_t)n + (uintptr_t)n->buckets_at);
    uint8_t key[20];
    sv_memcpy(key, addr->byte, 16);
    sv_put_u32(key + 16, port);
    return &buckets[sv_siphash13(&c->secret, key, sizeof key) & (n->buckets - 1u)];
}

bool sv_neighbours_init(struct sv_neighbours *n, struct sv_core *c, struct sv_arena *arena, uint32_t ceiling)
{
    uint32_t buckets = 16;
    while (buckets < ceiling)
        buckets *= 2;
    struct sv_neighbour *e = sv_arena_take(arena, (uint64_t)ceiling * sizeof *e, 64);
    uint32_t *bucket = sv_arena_take(arena, (uint64_t)buckets * sizeof *bucket, 64);
    if (!e || !bucket || ceiling == 0)
        return false;
    sv_memset(n, 0, sizeof *n);
    n->at = (int64_t)((uintptr_t)e - (uintptr_t)n);
    n->buckets_at = (int64_t)((uintptr_t)bucket - (uintptr_t)n);
    n->ceiling = ceiling;
    n->buckets = buckets;
    n->newest = n->oldest = SV_NONE;
    n->changed_first = n->changed_last = SV_NONE;
    sv_packet_queue_init(&n->refused);
    for (uint32_t i = 0; i < buckets; i++)
        bucket[i] = SV_NONE;
    for (uint32_t i = 0; i < ceiling; i++) {
        sv_wheel_node_init(&e[i].timer);
        e[i].chain = i + 1 < ceiling ? i + 1 : SV_NONE;
    }
    n->free_first = 0;
    sv_wheel_kind(&c->wheel, SV_WHEEL_NEIGHBOUR, &e->timer, (uint32_t)sizeof *e);
    return true;
}

void sv_neighbour_list(struct sv_neighbours *n, uint32_t index)
{
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    if (e->listed || e->pins != 0 || e->state == SV_NEIGHBOUR_PERMANENT)
        return;
    e->listed = 1;
    e->newer = SV_NONE;
    e->older = n->newest;
    if (n->newest != SV_NONE)
        sv_neighbour_of(n, n->newest)->newer = index;
    else
        n->oldest = index;
    n->newest = index;
}

void sv_neighbour_unlist(struct sv_neighbours *n, uint32_t index)
{
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    if (!e->listed)
        return;
    e->listed = 0;
    if (e->newer != SV_NONE)
        sv_neighbour_of(n, e->newer)->older = e->older;
    else
        n->newest = e->older;
    if (e->older != SV_NONE)
        sv_neighbour_of(n, e->older)->newer = e->newer;
    else
        n->oldest = e->newer;
}

void sv_neighbour_touch(struct sv_neighbours *n, uint32_t index)
{
    if (n->newest == index)
        return;
    sv_neighbour_unlist(n, index);
    sv_neighbour_list(n, index);
}

uint32_t sv_neighbour_find(struct sv_core *c, const struct sv_link *l, sv_port port, const struct sv_addr *addr)
{
    const struct sv_neighbours *n = &l->neighbours;
    if (n->used <= SV_NEIGHBOURS_FEW) { /* most hosts have a gateway and little else: no need to hash */
        for (uint32_t i = 0, seen = 0; i < n->ceiling && seen < n->used; i++) {
            const struct sv_neighbour *e = sv_neighbour_of(n, i);
            if (e->state == SV_NEIGHBOUR_FREE)
                continue;
            seen++;
            if (e->port == port && sv_addr_equal(&e->addr, addr))
                return i;
        }
        return SV_NONE;
    }
    uint32_t i = *sv_neighbour_bucket(c, n, port, addr);
    while (i != SV_NONE) {
        const struct sv_neighbour *e = sv_neighbour_of(n, i);
        if (e->port == port && sv_addr_equal(&e->addr, addr))
            return i;
        i = e->chain;
    }
    return SV_NONE;
}

/* Out of the changed list, wherever it stands there: the list is short. */
static void sv_neighbour_unchange(struct sv_neighbours *n, uint32_t index)
{
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    if (!e->changed)
        return;
    uint32_t before = SV_NONE;
    for (uint32_t i = n->changed_first; i != index; i = sv_neighbour_of(n, i)->changed_next)
        before = i;
    if (before == SV_NONE)
        n->changed_first = e->changed_next;
    else
        sv_neighbour_of(n, before)->changed_next = e->changed_next;
    if (n->changed_last == index)
        n->changed_last = before;
    e->changed = 0;
}

void sv_neighbour_forget(struct sv_core *c, struct sv_link *l, uint32_t index, enum sv_neighbour_cause cause)
{
    struct sv_neighbours *n = &l->neighbours;
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    SV_ASSERT(e->pins == 0);
    sv_neighbour_refuse_held(c, n, index);
    sv_wheel_disarm(&c->wheel, SV_WHEEL_NEIGHBOUR, index);
    sv_neighbour_unlist(n, index);
    sv_neighbour_unchange(n, index);
    uint32_t *link = sv_neighbour_bucket(c, n, e->port, &e->addr);
    while (*link != index)
        link = &sv_neighbour_of(n, *link)->chain;
    *link = e->chain;
    sv_neighbour_move(c, n, index, cause, SV_NEIGHBOUR_FREE);
    e->chain = n->free_first;
    n->free_first = index;
    n->used--;
}

void sv_neighbour_wanted(struct sv_neighbours *n, uint32_t index, const struct sv_addr *source)
{
    sv_neighbour_of(n, index)->source = *source;
    sv_neighbour_touch(n, index);
}

uint32_t sv_neighbour_get(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *addr,
                          const struct sv_addr *source)
{
    struct sv_neighbours *n = &l->neighbours;
    uint32_t i = sv_neighbour_find(c, l, port, addr);
    if (i != SV_NONE) {
        sv_neighbour_wanted(n, i, source);
        return i;
    }
    if (n->free_first == SV_NONE) {
        if (n->oldest == SV_NONE)
            return SV_NONE;
        sv_neighbour_forget(c, l, n->oldest, SV_NEIGHBOUR_ON_RECYCLED);
    }
    i = n->free_first;
    struct sv_neighbour *e = sv_neighbour_of(n, i);
    n->free_first = e->chain;
    n->used++;
    sv_memset(e, 0, sizeof *e);
    sv_wheel_node_init(&e->timer);
    sv_packet_queue_init(&e->held);
    e->addr = *addr;
    e->source = *source;
    e->port = port;
    e->deadline = SV_NEVER;
    e->changed_next = SV_NONE;
    uint32_t *bucket = sv_neighbour_bucket(c, n, port, addr);
    e->chain = *bucket;
    *bucket = i;
    sv_neighbour_move(c, n, i, SV_NEIGHBOUR_ON_CREATED, SV_NEIGHBOUR_INCOMPLETE);
    sv_neighbour_list(n, i);
    return i;
}

void sv_neighbour_hold(struct sv_neighbours *n, uint32_t index)
{
    sv_neighbour_unlist(n, index);
    sv_neighbour_of(n, index)->pins++;
}

void sv_neighbour_release(struct sv_neighbours *n, uint32_t index)
{
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    SV_ASSERT(e->pins > 0);
    if (--e->pins == 0)
        sv_neighbour_list(n, index);
}

uint32_t sv_neighbour_next_changed(struct sv_neighbours *n)
{
    const uint32_t i = n->changed_first;
    if (i == SV_NONE)
        return SV_NONE;
    struct sv_neighbour *e = sv_neighbour_of(n, i);
    n->changed_first = e->changed_next;
    if (n->changed_first == SV_NONE)
        n->changed_last = SV_NONE;
    e->changed = 0;
    e->changed_next = SV_NONE;
    return i;
}

struct sv_buf *sv_neighbour_next_refused(struct sv_core *c, struct sv_neighbours *n)
{
    return sv_packet_queue_take(&n->refused, sv_core_pool(c));
}

void sv_neighbours_check(const struct sv_core *c, const struct sv_neighbours *n)
{
    uint32_t used = 0, held = 0, listed = 0;
    for (uint32_t i = 0; i < n->ceiling; i++) {
        const struct sv_neighbour *e = sv_neighbour_of(n, i);
        if (e->state == SV_NEIGHBOUR_FREE) {
            SV_ASSERT(e->held.packets == 0);
            SV_ASSERT(e->pins == 0);
            continue;
        }
        used++;
        held += e->held.packets;
        listed += e->listed;
        SV_ASSERT(e->held.packets == 0 || e->state == SV_NEIGHBOUR_INCOMPLETE);
        SV_ASSERT(e->held.packets <= SV_NEIGHBOUR_HELD_EACH);
        SV_ASSERT(e->listed == (e->pins == 0 && e->state != SV_NEIGHBOUR_PERMANENT));
        SV_ASSERT(e->deadline == SV_NEVER || e->timer.at <= e->deadline ||
                  (e->state == SV_NEIGHBOUR_FAILED && e->deadline <= c->now));
        SV_ASSERT(e->confirmed <= c->now);
    }
    SV_ASSERT(used == n->used);
    SV_ASSERT(held == n->held);
    SV_ASSERT(held <= SV_NEIGHBOUR_HELD_ALL);
    for (uint32_t i = n->newest; i != SV_NONE; i = sv_neighbour_of(n, i)->older)
        listed--;
    SV_ASSERT(listed == 0);
}
