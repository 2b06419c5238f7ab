/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/route.h"

#include "l3_network/route_group.h"

#define SV_ROUTE_GROUPS_MAX 65536u
#define SV_ROUTE_SPREADS_MAX 1024u

struct sv_route_sizes {
    struct sv_lpm_config lpm;
    uint32_t heads, groups, group_heads, spreads;
};

static uint32_t sv_route_pow2(uint32_t n)
{
    uint32_t p = 4;
    while (p < n)
        p *= 2;
    return p;
}

static struct sv_route_sizes sv_route_sizes_of(uint32_t ceiling, uint32_t tables)
{
    struct sv_route_sizes s;
    s.lpm = (struct sv_lpm_config){ceiling, 1u + tables, 1u + tables};
    s.heads = sv_route_pow2(ceiling);
    s.groups = sv_min_u32(ceiling, SV_ROUTE_GROUPS_MAX) + 1u; /* one more: a change makes the new before the old goes */
    s.group_heads = sv_route_pow2(s.groups);
    s.spreads = sv_min_u32(ceiling / 8u + 4u, SV_ROUTE_SPREADS_MAX);
    return s;
}

uint64_t sv_routes_bytes(uint32_t ceiling, uint32_t tables)
{
    const struct sv_route_sizes s = sv_route_sizes_of(ceiling, tables);
    return sv_lpm_bytes(&s.lpm) + (uint64_t)ceiling * sizeof(struct sv_route) +
           ((uint64_t)s.heads + s.group_heads) * 4u + (uint64_t)s.groups * sizeof(struct sv_route_group) +
           (uint64_t)s.spreads * sizeof(struct sv_route_spread) + 5u * 64u;
}

bool sv_routes_init(struct sv_routes *t, const struct sv_siphash_key *key, struct sv_arena *arena, uint32_t ceiling,
                    uint32_t tables)
{
    const struct sv_route_sizes s = sv_route_sizes_of(ceiling, tables);
    void *routes = sv_arena_take(arena, (uint64_t)ceiling * sizeof(struct sv_route), 64);
    void *heads = sv_arena_take(arena, (uint64_t)s.heads * 4u, 64);
    void *groups = sv_arena_take(arena, (uint64_t)s.groups * sizeof(struct sv_route_group), 64);
    void *group_heads = sv_arena_take(arena, (uint64_t)s.group_heads * 4u, 64);
    void *spreads = sv_arena_take(arena, (uint64_t)s.spreads * sizeof(struct sv_route_spread), 64);
    if (tables >= SV_ROUTE_TABLES_MAX || !routes || !heads || !groups || !group_heads || !spreads)
        return false;
    sv_memset(t, 0, sizeof *t);
    t->at = (int64_t)((uintptr_t)routes - (uintptr_t)t);
    t->heads_at = (int64_t)((uintptr_t)heads - (uintptr_t)t);
    t->groups_at = (int64_t)((uintptr_t)groups - (uintptr_t)t);
    t->group_heads_at = (int64_t)((uintptr_t)group_heads - (uintptr_t)t);
    t->spreads_at = (int64_t)((uintptr_t)spreads - (uintptr_t)t);
    t->ceiling = ceiling;
    t->heads = s.heads;
    t->groups = s.groups;
    t->group_heads = s.group_heads;
    t->spreads = s.spreads;
    t->free_first = t->group_free = t->spread_free = SV_NONE;
    t->tables = 1u + tables;
    t->generation = 1;
    t->key = *key;
    if (!sv_lpm_init(&t->lpm, arena, &s.lpm))
        return false;
    for (uint32_t i = 0; i < 2u * t->tables; i++)
        if (sv_lpm_tree_make(&t->lpm, &s.lpm, i % 2 ? 128 : 32) != i)
            return false;
    return true;
}

/* --- the prefix of a route, in the words of the longest-prefix match --- */

struct sv_route_key {
    struct sv_lpm_key key;
    uint32_t tree, length;
};

static struct sv_route_key sv_route_key_of(const struct sv_addr *prefix, uint32_t bits, uint32_t table)
{
    if (sv_addr_is_v4(prefix) && bits >= SV_ADDR_V4_BITS)
        return (struct sv_route_key){sv_lpm_key_of_v4(sv_addr_v4_number(prefix)), 2u * table, bits - SV_ADDR_V4_BITS};
    return (struct sv_route_key){sv_lpm_key_of(prefix), 2u * table + 1u, bits};
}

static struct sv_addr sv_route_masked(const struct sv_addr *a, uint32_t bits)
{
    struct sv_addr m = {{0}};
    sv_memcpy(m.byte, a->byte, (bits + 7u) / 8u);
    if (bits % 8 != 0)
        m.byte[bits / 8] &= (uint8_t)(0xff00u >> bits % 8);
    return m;
}

/* The link to the first route of a prefix, which is 0 if there is none; links are indices plus one. */
static uint32_t *sv_route_head(const struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits, uint32_t table)
{
    uint8_t bytes[18];
    sv_memcpy(bytes, prefix->byte, 16);
    bytes[16] = (uint8_t)bits;
    bytes[17] = (uint8_t)table;
    const uint64_t hash = sv_siphash13(&t->key, bytes, sizeof bytes);
    uint32_t *link = (uint32_t *)((uintptr_t)t + (uintptr_t)t->heads_at) + (hash & (t->heads - 1u));
    while (*link) {
        struct sv_route *r = sv_route_of(t, *link - 1u);
        if (r->bits == bits && r->table == table && sv_addr_equal(&r->prefix, prefix))
            break;
        link = &r->chain;
    }
    return link;
}

/* The route of a prefix that is used: the first with a living next hop, else the first. */
static uint32_t sv_route_chosen(const struct sv_routes *t, uint32_t first)
{
    for (uint32_t i = first; i; i = sv_route_of(t, i - 1u)->next)
        if (sv_route_group_of(t, sv_route_of(t, i - 1u)->group)->alive)
            return i - 1u;
    return first - 1u;
}

/* False: the longest-prefix match is full. */
static bool sv_route_publish(struct sv_routes *t, uint32_t first)
{
    const struct sv_route *r = sv_route_of(t, sv_route_chosen(t, first));
    const struct sv_route_key k = sv_route_key_of(&r->prefix, r->bits, r->table);
    return sv_lpm_set_value(&t->lpm, k.tree, k.key, k.length, r->group + 1u);
}

/* A prefix that is there needs no memory. */
static void sv_route_republish(struct sv_routes *t, uint32_t first)
{
    const bool held = sv_route_publish(t, first);
    SV_ASSERT(held);
}

/* --- putting and taking --- */

static bool sv_route_spec_ok(const struct sv_routes *t, const struct sv_route_spec *s)
{
    if (s->table >= t->tables || s->bits > SV_ADDR_BITS || s->type < SV_ROUTE_UNICAST || s->type > SV_ROUTE_PROHIBIT)
        return false;
    if (s->type != SV_ROUTE_UNICAST)
        return s->hops == 0;
    for (uint32_t i = 0; i < s->hops && i < SV_ROUTE_HOPS; i++)
        if (s->hop[i].weight == 0 || s->hop[i].weight > SV_ROUTE_WEIGHT_MAX)
            return false;
    return s->hops >= 1 && s->hops <= SV_ROUTE_HOPS;
}

/* Behind those of the same metric. The first one alone stands in the hash chain. */
static void sv_route_link_in(struct sv_routes *t, uint32_t *head, uint32_t index)
{
    struct sv_route *r = sv_route_of(t, index);
    uint32_t *link = head;
    const uint32_t old = *head;
    while (*link && sv_route_of(t, *link - 1u)->metric <= r->metric)
        link = &sv_route_of(t, *link - 1u)->next;
    r->next = *link;
    *link = index + 1u;
    if (link == head)
        r->chain = old ? sv_route_of(t, old - 1u)->chain : 0;
}

static void sv_route_link_out(struct sv_routes *t, uint32_t *head, uint32_t index)
{
    const struct sv_route *r = sv_route_of(t, index);
    if (*head == index + 1u) {
        if (r->next)
            sv_route_of(t, r->next - 1u)->chain = r->chain;
        *head = r->next ? r->next : r->chain;
        return;
    }
    uint32_t *link = &sv_route_of(t, *head - 1u)->next;
    while (*link != index + 1u)
        link = &sv_route_of(t, *link - 1u)->next;
    *link = r->next;
}

static uint32_t sv_route_with_group(const struct sv_routes *t, uint32_t first, uint32_t group)
{
    for (uint32_t i = first; i; i = sv_route_of(t, i - 1u)->next)
        if (group == SV_NONE || sv_route_of(t, i - 1u)->group == group)
            return i - 1u;
    return SV_NONE;
}

static uint32_t sv_route_make(struct sv_routes *t, const struct sv_addr *prefix, const struct sv_route_spec *spec,
                              uint32_t group)
{
    uint32_t i = t->free_first;
    if (i != SV_NONE)
        t->free_first = sv_route_of(t, i)->chain;
    else
        i = t->made++;
    struct sv_route *r = sv_route_of(t, i);
    *r = (struct sv_route){.prefix = *prefix, .group = group, .metric = spec->metric};
    r->bits = (uint8_t)spec->bits;
    r->table = (uint8_t)spec->table;
    r->used = 1;
    t->count++;
    sv_route_group_of(t, group)->uses++;
    return i;
}

static void sv_route_drop(struct sv_routes *t, uint32_t *head, uint32_t index)
{
    struct sv_route *r = sv_route_of(t, index);
    const bool alone = *head == index + 1u && !r->next;
    const struct sv_route_key k = sv_route_key_of(&r->prefix, r->bits, r->table);
    sv_route_link_out(t, head, index);
    if (alone)
        sv_lpm_remove(&t->lpm, k.tree, k.key, k.length);
    t->alternatives -= !alone;
    sv_route_group_release(t, r->group);
    r->used = 0;
    r->chain = t->free_first;
    t->free_first = index;
    t->count--;
}

enum sv_err sv_route_put(struct sv_routes *t, const struct sv_route_spec *spec)
{
    if (!sv_route_spec_ok(t, spec))
        return SV_ERR_INVALID;
    const struct sv_addr prefix = sv_route_masked(&spec->prefix, spec->bits);
    uint32_t *head = sv_route_head(t, &prefix, spec->bits, spec->table);
    const uint32_t group = sv_route_group_find(t, spec, true);
    if (group == SV_NONE)
        return SV_ERR_NO_MEMORY;
    const bool had = *head != 0;
    uint32_t index = had ? sv_route_with_group(t, *head, group) : SV_NONE;
    if (index != SV_NONE) {
        if (sv_route_of(t, index)->metric != spec->metric) {
            sv_route_link_out(t, head, index);
            head = sv_route_head(t, &prefix, spec->bits, spec->table);
            sv_route_of(t, index)->metric = spec->metric;
            sv_route_link_in(t, head, index);
        }
    } else {
        if (t->count == t->ceiling) {
            if (!sv_route_group_of(t, group)->uses)
                sv_route_group_release(t, group);
            return SV_ERR_NO_MEMORY;
        }
        index = sv_route_make(t, &prefix, spec, group);
        t->alternatives += had;
        sv_route_link_in(t, head, index);
    }
    if (!sv_route_publish(t, *head)) {
        sv_route_drop(t, head, index);
        return SV_ERR_NO_MEMORY;
    }
    t->generation++;
    return SV_OK;
}

bool sv_route_take(struct sv_routes *t, const struct sv_route_spec *spec)
{
    const struct sv_addr prefix = sv_route_masked(&spec->prefix, spec->bits);
    uint32_t *head = sv_route_head(t, &prefix, spec->bits, spec->table);
    const bool any = spec->hops == 0 && spec->type == SV_ROUTE_UNICAST;
    const uint32_t group = any ? SV_NONE : sv_route_group_find(t, spec, false);
    if (!*head || (!any && group == SV_NONE))
        return false;
    const uint32_t index = sv_route_with_group(t, *head, group);
    if (index == SV_NONE)
        return false;
    const bool last = !sv_route_of(t, *head - 1u)->next;
    sv_route_drop(t, head, index);
    if (!last)
        sv_route_republish(t, *head);
    t->generation++;
    return true;
}

static struct sv_route_spec sv_route_simple(const struct sv_addr *prefix, uint32_t bits, const struct sv_addr *gateway,
                                            sv_port port, uint32_t metric)
{
    return (struct sv_route_spec){.prefix = *prefix,
                                  .bits = bits,
                                  .metric = metric,
                                  .type = SV_ROUTE_UNICAST,
                                  .hops = 1,
                                  .hop = {{*gateway, port, 1}}};
}

enum sv_err sv_route_insert(struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits,
                            const struct sv_addr *gateway, sv_port port, uint32_t metric)
{
    const struct sv_route_spec spec = sv_route_simple(prefix, bits, gateway, port, metric);
    SV_ASSERT(bits <= SV_ADDR_BITS);
    return sv_route_put(t, &spec);
}

bool sv_route_delete(struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits, const struct sv_addr *gateway,
                     sv_port port)
{
    const struct sv_route_spec spec = sv_route_simple(prefix, bits, gateway, port, 0);
    return sv_route_take(t, &spec);
}

bool sv_route_metric(struct sv_routes *t, const struct sv_addr *prefix, uint32_t bits, const struct sv_addr *gateway,
                     sv_port port, uint32_t *metric)
{
    const struct sv_route_spec spec = sv_route_simple(prefix, bits, gateway, port, 0);
    const struct sv_addr masked = sv_route_masked(prefix, bits);
    const uint32_t group = sv_route_group_find(t, &spec, false);
    const uint32_t first = *sv_route_head(t, &masked, bits, 0);
    const uint32_t index = group == SV_NONE || !first ? SV_NONE : sv_route_with_group(t, first, group);
    if (index == SV_NONE)
        return false;
    *metric = sv_route_of(t, index)->metric;
    return true;
}

void sv_routes_port_set(struct sv_routes *t, sv_port port, bool up)
{
    if (port >= SV_ROUTE_PORTS)
        return;
    const uint32_t bit = 1u << port % 32;
    t->down[port / 32] = up ? t->down[port / 32] & ~bit : t->down[port / 32] | bit;
    for (uint32_t i = 0; i < t->groups_made; i++)
        if (sv_route_group_of(t, i)->uses)
            sv_route_group_refresh(t, i);
    t->generation++;
    for (uint32_t i = 0; t->alternatives && i < t->made; i++) {
        const struct sv_route *r = sv_route_of(t, i);
        if (r->used && r->next) { /* the first of several, or one of them: looked up from the first */
            const uint32_t first = *sv_route_head(t, &r->prefix, r->bits, r->table);
            sv_route_republish(t, first);
        }
    }
}

/* --- rules --- */

enum sv_err sv_route_rule_put(struct sv_routes *t, const struct sv_route_rule *rule)
{
    if (rule->table >= t->tables || rule->bits > SV_ADDR_BITS)
        return SV_ERR_INVALID;
    sv_route_rule_take(t, rule);
    if (t->rules == SV_ROUTE_RULES)
        return SV_ERR_NO_MEMORY;
    uint32_t at = t->rules++;
    for (; at > 0 && t->rule[at - 1u].priority > rule->priority; at--)
        t->rule[at] = t->rule[at - 1u];
    t->rule[at] = *rule;
    t->generation++;
    return SV_OK;
}

bool sv_route_rule_take(struct sv_routes *t, const struct sv_route_rule *rule)
{
    for (uint32_t i = 0; i < t->rules; i++) {
        const struct sv_route_rule *r = &t->rule[i];
        if (r->bits != rule->bits || r->table != rule->table || !sv_addr_in_prefix(&r->source, &rule->source, r->bits))
            continue;
        sv_memmove(&t->rule[i], &t->rule[i + 1u], (t->rules - i - 1u) * sizeof *r);
        t->rules--;
        t->generation++;
        return true;
    }
    return false;
}

/* --- asking --- */

static uint32_t sv_route_group_in(const struct sv_routes *t, uint32_t table, const struct sv_addr *dst)
{
    const struct sv_route_key k = sv_route_key_of(dst, SV_ADDR_BITS, table);
    return sv_lpm_lookup(&t->lpm, k.tree, k.key) - 1u; /* SV_NONE: 0 */
}

uint32_t sv_route_find_group(const struct sv_routes *t, const struct sv_addr *src, const struct sv_addr *dst)
{
    for (uint32_t i = 0; src && i < t->rules; i++) {
        if (!sv_addr_in_prefix(src, &t->rule[i].source, t->rule[i].bits))
            continue;
        const uint32_t group = sv_route_group_in(t, t->rule[i].table, dst);
        if (group != SV_NONE)
            return group;
    }
    return sv_route_group_in(t, 0, dst);
}

bool sv_route_lookup_flow(const struct sv_routes *t, const struct sv_addr *src, const struct sv_addr *dst,
                          uint32_t flow_hash, struct sv_route_result *out)
{
    const uint32_t group = sv_route_find_group(t, src, dst);
    out->type = SV_ROUTE_NONE;
    return group != SV_NONE && sv_route_of_group(t, group, dst, flow_hash, out);
}

bool sv_route_lookup(const struct sv_routes *t, const struct sv_addr *dst, struct sv_route_result *out)
{
    return sv_route_lookup_flow(t, NULL, dst, 0, out);
}

void sv_routes_burst4(const struct sv_routes *t, const uint32_t *dst, uint32_t *group, uint32_t n, uint32_t cpu)
{
    sv_lpm_lookup_burst4(&t->lpm, 0, dst, group, n, cpu);
    for (uint32_t i = 0; i < n; i++)
        group[i]--;
}

void sv_routes_burst6(const struct sv_routes *t, const struct sv_lpm_key *dst, uint32_t *group, uint32_t n,
                      uint32_t cpu)
{
    sv_lpm_lookup_burst6(&t->lpm, 1, dst, group, n, cpu);
    for (uint32_t i = 0; i < n; i++)
        group[i]--;
}

bool sv_route_next(const struct sv_routes *t, uint32_t *at, struct sv_route_spec *out)
{
    while (*at < t->made) {
        const struct sv_route *r = sv_route_of(t, (*at)++);
        if (!r->used)
            continue;
        sv_memset(out, 0, sizeof *out);
        out->prefix = r->prefix;
        out->bits = r->bits;
        out->table = r->table;
        out->metric = r->metric;
        sv_route_group_tell(t, r->group, out);
        return true;
    }
    return false;
}

void sv_routes_check(const struct sv_routes *t)
{
    uint32_t used = 0, uses = 0;
    for (uint32_t i = 0; i < t->made; i++) {
        const struct sv_route *r = sv_route_of(t, i);
        if (!r->used)
            continue;
        used++;
        const uint32_t first = *sv_route_head(t, &r->prefix, r->bits, r->table);
        SV_ASSERT(first && sv_route_with_group(t, first, r->group) == i);
        const struct sv_route_key k = sv_route_key_of(&r->prefix, r->bits, r->table);
        SV_ASSERT(sv_lpm_value(&t->lpm, k.tree, k.key, k.length) ==
                  sv_route_of(t, sv_route_chosen(t, first))->group + 1u);
    }
    for (uint32_t i = 0; i < t->groups_made; i++)
        uses += sv_route_group_of(t, i)->uses;
    SV_ASSERT(used == t->count && uses == used);
}
