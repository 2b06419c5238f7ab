/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/route.h"

static struct sv_route *sv_route_of(const struct sv_routes *t, uint32_t index)
{
    return (struct sv_route *)((uintptr_t)t + (uintptr_t)t->at) + index;
}

bool sv_routes_init(struct sv_routes *t, struct sv_arena *arena, uint32_t ceiling)
{
    void *array = sv_arena_take(arena, (uint64_t)ceiling * sizeof(struct sv_route), 64);
    if (!array)
        return false;
    *t = (struct sv_routes){(int64_t)((uintptr_t)array - (uintptr_t)t), ceiling, 0, 1, 0};
    return true;
}

static struct sv_route *sv_route_same(const struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits,
                                      const struct sv_addr *gateway, sv_port port)
{
    for (uint32_t i = 0; i < t->count; i++) {
        struct sv_route *r = sv_route_of(t, i);
        if (r->bits == bits && r->port == port && sv_addr_in_prefix(prefix, &r->prefix, bits) &&
            sv_addr_equal(&r->gateway, gateway))
            return r;
    }
    return NULL;
}

enum sv_err sv_route_insert(struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits,
                            const struct sv_addr *gateway, sv_port port, uint32_t metric)
{
    SV_ASSERT(bits <= SV_ADDR_BITS);
    struct sv_route *r = sv_route_same(t, prefix, bits, gateway, port);
    if (!r) {
        if (t->count == t->ceiling)
            return SV_ERR_NO_MEMORY;
        r = sv_route_of(t, t->count++);
        *r = (struct sv_route){*prefix, *gateway, port, bits, metric, 1};
    }
    r->metric = metric;
    t->generation++;
    return SV_OK;
}

bool sv_route_delete(struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits, const struct sv_addr *gateway,
                     sv_port port)
{
    struct sv_route *r = sv_route_same(t, prefix, bits, gateway, port);
    if (!r)
        return false;
    /* The rest moves up, so that the oldest stays first. */
    const struct sv_route *end = sv_route_of(t, t->count);
    sv_memmove(r, r + 1, (size_t)((const uint8_t *)end - (const uint8_t *)(r + 1)));
    t->count--;
    t->generation++;
    return true;
}

bool sv_route_next(const struct sv_routes *t, uint32_t *at, struct sv_route *out)
{
    if (*at >= t->count)
        return false;
    *out = *sv_route_of(t, (*at)++);
    return true;
}

bool sv_route_lookup(const struct sv_routes *t, const struct sv_addr *dst, struct sv_route_result *out)
{
    const struct sv_route *best = NULL;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct sv_route *r = sv_route_of(t, i);
        if (best && (r->bits < best->bits || (r->bits == best->bits && r->metric >= best->metric)))
            continue;
        if (sv_addr_in_prefix(dst, &r->prefix, r->bits))
            best = r;
    }
    if (!best)
        return false;
    out->on_link = sv_addr_is_zero(&best->gateway);
    out->next_hop = out->on_link ? *dst : best->gateway;
    out->port = best->port;
    out->generation = t->generation;
    return true;
}
