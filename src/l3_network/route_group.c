/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/route_group.h"

static struct sv_route_spread *sv_route_spread_of(const struct sv_routes *t, uint32_t index)
{
    return (struct sv_route_spread *)((uintptr_t)t + (uintptr_t)t->spreads_at) + index;
}

static uint32_t *sv_route_group_head(const struct sv_routes *t, uint64_t hash)
{
    return (uint32_t *)((uintptr_t)t + (uintptr_t)t->group_heads_at) + (hash & (t->group_heads - 1u));
}

static bool sv_hop_equal(const struct sv_route_hop *a, const struct sv_route_hop *b)
{
    return sv_addr_equal(&a->gateway, &b->gateway) && a->port == b->port && a->weight == b->weight;
}

static uint64_t sv_route_group_hash(const struct sv_routes *t, const struct sv_route_spec *spec)
{
    uint8_t bytes[SV_ROUTE_HOPS * 24u + 4u];
    uint32_t n = 0;
    for (uint32_t i = 0; i < spec->hops; i++, n += 24u) {
        sv_memcpy(bytes + n, spec->hop[i].gateway.byte, 16);
        sv_put_u32(bytes + n + 16, spec->hop[i].port);
        sv_put_u32(bytes + n + 20, spec->hop[i].weight);
    }
    sv_put_u32(bytes + n, spec->type);
    return sv_siphash13(&t->key, bytes, n + 4u);
}

static bool sv_route_group_is(const struct sv_routes *t, const struct sv_route_group *g,
                              const struct sv_route_spec *spec)
{
    if (g->type != spec->type)
        return false;
    if (g->spread == SV_NONE)
        return spec->hops == 0 || (spec->hops == 1 && sv_hop_equal(&g->hop, &spec->hop[0]));
    const struct sv_route_spread *s = sv_route_spread_of(t, g->spread);
    if (s->hops != spec->hops)
        return false;
    for (uint32_t i = 0; i < s->hops; i++)
        if (!sv_hop_equal(&s->hop[i], &spec->hop[i]))
            return false;
    return true;
}

static bool sv_hop_alive(const struct sv_routes *t, const struct sv_route_hop *h)
{
    return !(h->port < SV_ROUTE_PORTS && (t->down[h->port / 32] >> h->port % 32 & 1u));
}

/* A number for a next hop, the same wherever it stands in the list. */
static uint32_t sv_hop_seed(const struct sv_route_hop *h)
{
    uint32_t seed = h->port;
    for (uint32_t i = 0; i < 16; i++)
        seed = (seed ^ h->gateway.byte[i]) * 16777619u;
    return seed;
}

static uint32_t sv_hop_score(uint32_t seed, uint32_t bucket, uint32_t copy)
{
    uint32_t z = seed + (bucket << 8 | copy) * 0x9e3779b9u;
    z = (z ^ z >> 16) * 0x85ebca6bu;
    z = (z ^ z >> 13) * 0xc2b2ae35u;
    return z ^ z >> 16;
}

/* Each bucket takes the living next hop with the highest score; weight w draws w times. Not keyed: the table is the
 * same on each run and machine, and who chooses a flow's hash cannot choose the key of that. */
static void sv_route_spread_fill(const struct sv_routes *t, struct sv_route_spread *s)
{
    for (uint32_t b = 0; b < SV_ROUTE_BUCKETS; b++) {
        uint32_t best = 0;
        bool any = false;
        for (uint32_t i = 0; i < s->hops; i++) {
            const uint32_t seed = sv_hop_seed(&s->hop[i]);
            if (!sv_hop_alive(t, &s->hop[i]))
                continue;
            for (uint32_t k = 0; k < s->hop[i].weight; k++) {
                const uint32_t score = sv_hop_score(seed, b, k);
                if (!any || score > best) {
                    s->bucket[b] = (uint8_t)i;
                    best = score;
                    any = true;
                }
            }
        }
    }
}

void sv_route_group_refresh(struct sv_routes *t, uint32_t group)
{
    struct sv_route_group *g = sv_route_group_of(t, group);
    g->alive = g->type != SV_ROUTE_UNICAST || sv_hop_alive(t, &g->hop);
    if (g->spread == SV_NONE)
        return;
    struct sv_route_spread *s = sv_route_spread_of(t, g->spread);
    g->alive = 0;
    for (uint32_t i = 0; i < s->hops; i++)
        g->alive += sv_hop_alive(t, &s->hop[i]);
    sv_route_spread_fill(t, s);
}

static uint32_t sv_route_spread_make(struct sv_routes *t, const struct sv_route_spec *spec)
{
    uint32_t i = t->spread_free;
    if (i != SV_NONE)
        t->spread_free = sv_route_spread_of(t, i)->chain;
    else if (t->spreads_made < t->spreads)
        i = t->spreads_made++;
    else
        return SV_NONE;
    struct sv_route_spread *s = sv_route_spread_of(t, i);
    sv_memset(s, 0, sizeof *s);
    s->hops = spec->hops;
    sv_memcpy(s->hop, spec->hop, spec->hops * sizeof spec->hop[0]);
    return i;
}

static uint32_t sv_route_group_make(struct sv_routes *t, const struct sv_route_spec *spec, uint32_t *head)
{
    uint32_t spread = SV_NONE, i = t->group_free;
    if (i == SV_NONE && t->groups_made == t->groups)
        return SV_NONE;
    if (spec->hops > 1 && (spread = sv_route_spread_make(t, spec)) == SV_NONE)
        return SV_NONE;
    if (i != SV_NONE)
        t->group_free = sv_route_group_of(t, i)->chain;
    else
        i = t->groups_made++;
    struct sv_route_group *g = sv_route_group_of(t, i);
    *g = (struct sv_route_group){.chain = *head, .type = spec->type, .spread = spread};
    if (spec->hops)
        g->hop = spec->hop[0];
    *head = i + 1u;
    sv_route_group_refresh(t, i);
    return i;
}

uint32_t sv_route_group_find(struct sv_routes *t, const struct sv_route_spec *spec, bool make)
{
    uint32_t *head = sv_route_group_head(t, sv_route_group_hash(t, spec));
    for (uint32_t i = *head; i != 0; i = sv_route_group_of(t, i - 1u)->chain)
        if (sv_route_group_is(t, sv_route_group_of(t, i - 1u), spec))
            return i - 1u;
    return make ? sv_route_group_make(t, spec, head) : SV_NONE;
}

void sv_route_group_release(struct sv_routes *t, uint32_t group)
{
    struct sv_route_group *g = sv_route_group_of(t, group);
    struct sv_route_spec spec;
    if (g->uses && --g->uses)
        return;
    sv_route_group_tell(t, group, &spec);
    uint32_t *link = sv_route_group_head(t, sv_route_group_hash(t, &spec));
    while (*link != group + 1u)
        link = &sv_route_group_of(t, *link - 1u)->chain;
    *link = g->chain;
    if (g->spread != SV_NONE) {
        sv_route_spread_of(t, g->spread)->chain = t->spread_free;
        t->spread_free = g->spread;
    }
    g->chain = t->group_free;
    t->group_free = group;
}

void sv_route_group_tell(const struct sv_routes *t, uint32_t group, struct sv_route_spec *out)
{
    const struct sv_route_group *g = sv_route_group_of(t, group);
    out->type = g->type;
    out->hops = g->type == SV_ROUTE_UNICAST;
    out->hop[0] = g->hop;
    if (g->spread == SV_NONE)
        return;
    const struct sv_route_spread *s = sv_route_spread_of(t, g->spread);
    out->hops = s->hops;
    sv_memcpy(out->hop, s->hop, s->hops * sizeof s->hop[0]);
}

bool sv_route_of_group(const struct sv_routes *t, uint32_t group, const struct sv_addr *dst, uint32_t flow_hash,
                       struct sv_route_result *out)
{
    const struct sv_route_group *g = sv_route_group_of(t, group);
    const struct sv_route_hop *h = &g->hop;
    out->type = g->type;
    if (g->type != SV_ROUTE_UNICAST)
        return false;
    if (SV_UNLIKELY(g->spread != SV_NONE)) {
        const struct sv_route_spread *s = sv_route_spread_of(t, g->spread);
        h = &s->hop[s->bucket[flow_hash % SV_ROUTE_BUCKETS]];
    }
    out->on_link = sv_addr_is_zero(&h->gateway);
    out->next_hop = out->on_link ? *dst : h->gateway;
    out->port = h->port;
    out->generation = t->generation;
    return true;
}
