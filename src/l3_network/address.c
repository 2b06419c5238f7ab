/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/address.h"

#define SV_ADDRESSES_FEW 8u

static uint32_t *sv_address_bucket(const struct sv_core *c, const struct sv_addresses *t, const struct sv_addr *addr)
{
    uint32_t *buckets = (uint32_t *)((uintptr_t)t + (uintptr_t)t->buckets_at);
    return &buckets[sv_siphash13(&c->secret, addr->byte, 16) & (t->buckets - 1u)];
}

bool sv_addresses_init(struct sv_addresses *t, struct sv_core *c, struct sv_arena *arena, uint32_t ceiling)
{
    uint32_t buckets = 8;
    while (buckets < ceiling)
        buckets *= 2;
    struct sv_address *a = sv_arena_take(arena, (uint64_t)ceiling * sizeof *a, 64);
    uint32_t *bucket = sv_arena_take(arena, (uint64_t)buckets * sizeof *bucket, 64);
    if (!a || !bucket || ceiling == 0)
        return false;
    sv_memset(t, 0, sizeof *t);
    t->at = (int64_t)((uintptr_t)a - (uintptr_t)t);
    t->buckets_at = (int64_t)((uintptr_t)bucket - (uintptr_t)t);
    t->ceiling = ceiling;
    t->buckets = buckets;
    t->last_hit = SV_NONE;
    for (uint32_t i = 0; i < buckets; i++)
        bucket[i] = SV_NONE;
    for (uint32_t i = 0; i < ceiling; i++) {
        sv_wheel_node_init(&a[i].timer);
        a[i].chain = i + 1 < ceiling ? i + 1 : SV_NONE;
    }
    sv_wheel_kind(&c->wheel, SV_WHEEL_ADDRESS, &a->timer, (uint32_t)sizeof *a);
    return true;
}

uint32_t sv_address_find_slowly(const struct sv_core *c, const struct sv_addresses *t, const struct sv_addr *addr)
{
    if (t->used <= SV_ADDRESSES_FEW) { /* most hosts have one or two: no need to hash */
        for (uint32_t i = 0, seen = 0; i < t->ceiling && seen < t->used; i++) {
            const struct sv_address *a = sv_address_of(t, i);
            if (a->state == SV_ADDRESS_FREE)
                continue;
            seen++;
            if (sv_addr_equal(&a->addr, addr))
                return i;
        }
        return SV_NONE;
    }
    uint32_t i = *sv_address_bucket(c, t, addr);
    while (i != SV_NONE && !sv_addr_equal(&sv_address_of(t, i)->addr, addr))
        i = sv_address_of(t, i)->chain;
    return i;
}

static uint32_t sv_address_new(struct sv_core *c, struct sv_addresses *t, sv_port port, const struct sv_addr *addr,
                               enum sv_address_state state)
{
    const uint32_t i = t->free_first;
    if (i == SV_NONE)
        return SV_NONE;
    struct sv_address *a = sv_address_of(t, i);
    t->free_first = a->chain;
    t->used++;
    t->generation++;
    sv_memset(a, 0, sizeof *a);
    sv_wheel_node_init(&a->timer);
    a->addr = *addr;
    a->port = port;
    a->deadline = SV_NEVER;
    a->defended = SV_NEVER;
    a->life = (struct sv_lifetimes){SV_NEVER, SV_NEVER};
    a->life_at = SV_NEVER;
    a->created = c->now;
    a->prefix_bits = SV_ADDR_BITS;
    a->state = (uint8_t)state;
    a->uses = 1;
    uint32_t *bucket = sv_address_bucket(c, t, addr);
    a->chain = *bucket;
    *bucket = i;
    return i;
}

uint32_t sv_address_make(struct sv_core *c, struct sv_addresses *t, sv_port port, const struct sv_addr *addr,
                         uint32_t prefix_bits)
{
    SV_ASSERT(prefix_bits <= SV_ADDR_BITS);
    uint32_t i = sv_address_find_slowly(c, t, addr);
    if (i == SV_NONE) {
        i = sv_address_new(c, t, port, addr, SV_ADDRESS_TENTATIVE);
    } else {
        /* Somebody still counts on the record of one that was removed, or foreign: it becomes ours again. */
        struct sv_address *a = sv_address_of(t, i);
        if (a->state != SV_ADDRESS_REMOVED && a->state != SV_ADDRESS_FOREIGN)
            return SV_NONE;
        a->state = SV_ADDRESS_TENTATIVE;
        a->port = port;
        a->uses++;
        a->flags = 0;
        a->life = (struct sv_lifetimes){SV_NEVER, SV_NEVER};
        a->life_at = SV_NEVER;
        a->created = c->now;
        a->dad_counter = 0;
        t->generation++;
    }
    if (i != SV_NONE)
        sv_address_of(t, i)->prefix_bits = prefix_bits;
    return i;
}

void sv_address_remove(struct sv_core *c, struct sv_addresses *t, uint32_t index)
{
    struct sv_address *a = sv_address_of(t, index);
    SV_ASSERT(a->state == SV_ADDRESS_TENTATIVE || a->state == SV_ADDRESS_PREFERRED || a->state == SV_ADDRESS_CONFLICT);
    a->state = SV_ADDRESS_REMOVED;
    t->generation++;
    a->deadline = a->life_at = SV_NEVER;
    sv_wheel_disarm(&c->wheel, SV_WHEEL_ADDRESS, index);
    sv_address_release(c, t, index);
}

uint32_t sv_address_intern(struct sv_core *c, struct sv_addresses *t, sv_port port, const struct sv_addr *addr)
{
    const uint32_t i = sv_address_find_slowly(c, t, addr);
    if (i == SV_NONE)
        return sv_address_new(c, t, port, addr, SV_ADDRESS_FOREIGN);
    sv_address_of(t, i)->uses++;
    return i;
}

void sv_address_hold(struct sv_addresses *t, uint32_t index)
{
    SV_ASSERT(sv_address_of(t, index)->state != SV_ADDRESS_FREE);
    sv_address_of(t, index)->uses++;
}

void sv_address_release(struct sv_core *c, struct sv_addresses *t, uint32_t index)
{
    struct sv_address *a = sv_address_of(t, index);
    SV_ASSERT(a->uses > 0);
    if (--a->uses > 0)
        return;
    SV_ASSERT(a->state == SV_ADDRESS_REMOVED || a->state == SV_ADDRESS_FOREIGN);
    uint32_t *link = sv_address_bucket(c, t, &a->addr);
    while (*link != index)
        link = &sv_address_of(t, *link)->chain;
    *link = a->chain;
    a->state = SV_ADDRESS_FREE;
    a->chain = t->free_first;
    t->free_first = index;
    t->used--;
    t->generation++;
    if (t->last_hit == index)
        t->last_hit = SV_NONE;
}

void sv_address_move(struct sv_core *c, struct sv_addresses *t, uint32_t index, enum sv_address_state to)
{
    struct sv_address *a = sv_address_of(t, index);
    if (sv_core_traced(c)) {
        const uint32_t arg[] = {index, a->state, (uint32_t)to};
        sv_trace_event(c, SV_TRACE_ADDRESS, (uint16_t)a->port, 0, 0, arg, SV_COUNT_OF(arg), a->addr.byte, 16);
    }
    a->state = (uint8_t)to;
    t->generation++;
}

void sv_address_rearm(struct sv_core *c, struct sv_addresses *t, uint32_t index)
{
    const struct sv_address *a = sv_address_of(t, index);
    sv_wheel_disarm(&c->wheel, SV_WHEEL_ADDRESS, index);
    sv_wheel_arm(&c->wheel, SV_WHEEL_ADDRESS, index, sv_min_u64(a->deadline, a->life_at));
}

struct sv_source sv_address_as_source(const struct sv_address *a, const struct sv_addr *next_hop)
{
    return (struct sv_source){
        .addr = a->addr,
        .prefix_bits = a->prefix_bits,
        .port = a->port,
        .deprecated = (a->flags & SV_ADDRESS_DEPRECATED) != 0,
        .temporary = (a->flags & SV_ADDRESS_TEMPORARY) != 0,
        .from_next_hop = next_hop && !sv_addr_is_zero(&a->router) && sv_addr_equal(&a->router, next_hop),
    };
}

uint32_t sv_address_select_by(const struct sv_addresses *t, sv_port port, const struct sv_addr *dst,
                              const struct sv_addr *next_hop)
{
    const bool v4 = sv_addr_is_v4(dst);
    const struct sv_addr *near = v4 && next_hop ? next_hop : dst;
    const struct sv_source_wish wish = {*near, port, false};
    struct sv_source best = {.port = SV_NO_PORT};
    uint32_t chosen = SV_NONE;
    /* Of IPv4's, one on the destination's link comes before all others, so those are only compared if there is none. */
    for (uint32_t pass = v4 ? 0 : 1; pass < 2 && chosen == SV_NONE; pass++) {
        for (uint32_t i = 0, seen = 0; i < t->ceiling && seen < t->used; i++) {
            const struct sv_address *a = sv_address_of(t, i);
            if (a->state == SV_ADDRESS_FREE)
                continue;
            seen++;
            if (a->state != SV_ADDRESS_PREFERRED || sv_addr_is_v4(&a->addr) != v4)
                continue;
            if (!v4 && a->port != port && sv_addr_is_link_local_v6(&a->addr))
                continue; /* means nothing on another link */
            if (!pass && !(a->port == port && sv_addr_in_prefix(near, &a->addr, a->prefix_bits)))
                continue;
            const struct sv_source s = sv_address_as_source(a, next_hop);
            if (chosen == SV_NONE || sv_source_better(&s, &best, &wish)) {
                chosen = i;
                best = s;
            }
        }
    }
    return chosen;
}

bool sv_address_is_broadcast_slowly(const struct sv_addresses *t, sv_port port, const struct sv_addr *addr)
{
    if (!sv_addr_is_v4(addr))
        return false;
    const uint32_t number = sv_addr_v4_number(addr);
    if (number == 0xffffffffu || number == 0)
        return true;
    for (uint32_t i = 0, seen = 0; i < t->ceiling && seen < t->used; i++) {
        const struct sv_address *a = sv_address_of(t, i);
        if (a->state == SV_ADDRESS_FREE)
            continue;
        seen++;
        /* RFC 3021: a /31 has two hosts and no broadcast. */
        if (a->port != port || a->state > SV_ADDRESS_CONFLICT || a->prefix_bits < SV_ADDR_V4_BITS ||
            a->prefix_bits > SV_ADDR_BITS - 2u || !sv_addr_in_prefix(addr, &a->addr, a->prefix_bits))
            continue;
        const uint32_t host_mask = 0xffffffffu >> (a->prefix_bits - SV_ADDR_V4_BITS);
        if ((number & host_mask) == host_mask || (number & host_mask) == 0)
            return true;
    }
    return false;
}

void sv_addresses_check(const struct sv_core *c, const struct sv_addresses *t)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < t->ceiling; i++) {
        const struct sv_address *a = sv_address_of(t, i);
        if (a->state == SV_ADDRESS_FREE)
            continue;
        used++;
        SV_ASSERT(a->uses > 0);
        SV_ASSERT(sv_address_find_slowly(c, t, &a->addr) == i);
        SV_ASSERT(a->deadline == SV_NEVER || a->timer.at <= a->deadline);
        SV_ASSERT(a->life_at == SV_NEVER || a->timer.at <= a->life_at);
    }
    SV_ASSERT(used == t->used);
}
