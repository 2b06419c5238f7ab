/* SPDX-License-Identifier: BSD-2-Clause */
/* Snooping (RFC 4541): a multicast frame goes to the ports behind which somebody joined its group, and to those where a
 * multicast router is. Joins are soft: a router asks again and again, and who does not answer is forgotten; so where
 * no router asks (no "querier" was heard in that VLAN) nothing that was learned may be believed, and all is flooded.
 * 224.0.0.x, ff02::1 and the solicited-node groups of neighbour discovery are flooded always. */
#include "l2_link/bridge.h"
#include "l2_link/snoop_wire.h"

#define SV_MEMBER_S 260u     /* RFC 3376 §8.4: two questions may be lost */
#define SV_QUERIER_S 255u    /* §8.5 */
#define SV_LAST_MEMBER_S 3u  /* §8.8: two questions, a second each; and one for the road */
#define SV_SNOOP_BYTES 9216u /* of a message that are looked at: a report of a jumbo frame names 1,100 groups */

static uint32_t sv_bgroups_buckets(uint32_t ceiling)
{
    uint32_t n = 16;
    while (n < ceiling)
        n *= 2;
    return n;
}

uint64_t sv_bgroups_bytes(uint32_t ceiling, uint32_t ports)
{
    return (uint64_t)ceiling * (sizeof(struct sv_bgroup) + ports * 4u) + sv_bgroups_buckets(ceiling) * 4u + 192u;
}

bool sv_bgroups_init(struct sv_bridge *br, struct sv_arena *arena, uint32_t ceiling)
{
    struct sv_bgroups *t = &br->groups;
    const uint32_t n = sv_bgroups_buckets(ceiling);
    struct sv_bgroup *array = sv_arena_take(arena, (uint64_t)ceiling * sizeof *array, 64);
    uint32_t *buckets = sv_arena_take(arena, (uint64_t)n * sizeof *buckets, 64);
    uint32_t *until = sv_arena_take(arena, (uint64_t)ceiling * br->ports_max * sizeof *until, 64);
    if (!array || !buckets || !until)
        return false;
    t->at = (int64_t)((intptr_t)array - (intptr_t)t);
    t->buckets_at = (int64_t)((intptr_t)buckets - (intptr_t)t);
    t->until_at = (int64_t)((intptr_t)until - (intptr_t)t);
    t->ceiling = ceiling;
    t->mask = n - 1u;
    for (uint32_t i = 0; i < n; i++)
        buckets[i] = SV_NONE;
    for (uint32_t i = 0; i < ceiling; i++)
        array[i].chain = i + 1u < ceiling ? i + 1u : SV_NONE;
    t->free = 0;
    return true;
}

static uint32_t *sv_bgroups_bucket(const struct sv_bridge *br, const struct sv_addr *group, uint32_t vid)
{
    uint8_t key[20];
    sv_memcpy(key, group->byte, 16);
    sv_put_u32(key + 16, vid);
    const uint32_t hash = (uint32_t)sv_siphash13(&br->core.secret, key, sizeof key);
    return (uint32_t *)((uintptr_t)&br->groups + (uintptr_t)br->groups.buckets_at) + (hash & br->groups.mask);
}

static uint32_t *sv_bgroup_until(const struct sv_bridge *br, uint32_t group, sv_port port)
{
    uint32_t *until = (uint32_t *)((uintptr_t)&br->groups + (uintptr_t)br->groups.until_at);
    return until + (size_t)group * br->ports_max + port;
}

static uint32_t sv_bgroup_find(const struct sv_bridge *br, const struct sv_addr *group, uint32_t vid)
{
    uint32_t i = *sv_bgroups_bucket(br, group, vid);
    while (i != SV_NONE && (sv_bgroup_of(br, i)->vid != vid || !sv_addr_equal(&sv_bgroup_of(br, i)->group, group)))
        i = sv_bgroup_of(br, i)->chain;
    return i;
}

static void sv_snoop_event(struct sv_bridge *br, enum sv_snoop_event event, sv_port port, uint32_t vid,
                           const struct sv_addr *addr)
{
    const uint32_t arg[] = {port, vid};
    if (sv_core_traced(&br->core))
        sv_trace_event(&br->core, SV_TRACE_SNOOP, (uint16_t)event, 0, 0, arg, SV_COUNT_OF(arg), addr->byte, 16);
}

static void sv_bgroup_remove_port(struct sv_bridge *br, uint32_t i, sv_port port, enum sv_snoop_event event)
{
    struct sv_bgroup *g = sv_bgroup_of(br, i);
    if (!(g->ports & sv_port_bit(port)))
        return;
    g->ports &= ~sv_port_bit(port);
    *sv_bgroup_until(br, i, port) = 0;
    sv_snoop_event(br, event, port, g->vid, &g->group);
    if (g->ports)
        return;
    uint32_t *link = sv_bgroups_bucket(br, &g->group, g->vid);
    while (*link != i)
        link = &sv_bgroup_of(br, *link)->chain;
    *link = g->chain;
    g->vid = 0;
    g->chain = br->groups.free;
    br->groups.free = i;
    br->groups.used--;
}

/* Groups that are never narrowed: nothing of them is learned. */
static bool sv_bgroup_always_flooded(const struct sv_addr *g)
{
    static const uint8_t solicited[13] = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
    static const uint8_t all_nodes[16] = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    if (sv_addr_is_v4(g))
        return sv_addr_v4_number(g) >> 8 == 0xe00000u;
    return sv_memcmp(g->byte, solicited, sizeof solicited) == 0 || sv_memcmp(g->byte, all_nodes, sizeof all_nodes) == 0;
}

static void sv_bgroup_join(struct sv_bridge *br, const struct sv_addr *group, uint32_t vid, sv_port port)
{
    if (sv_bgroup_always_flooded(group))
        return;
    uint32_t i = sv_bgroup_find(br, group, vid);
    if (i == SV_NONE) {
        i = br->groups.free;
        if (i == SV_NONE) {
            br->core.drops[SV_DROP_GROUP_TABLE_FULL]++;
            br->groups.overflow_until_s = sv_bridge_second(br) + SV_MEMBER_S;
            return;
        }
        struct sv_bgroup *g = sv_bgroup_of(br, i);
        uint32_t *bucket = sv_bgroups_bucket(br, group, vid);
        br->groups.free = g->chain;
        br->groups.used++;
        *g = (struct sv_bgroup){.group = *group, .vid = vid, .chain = *bucket};
        *bucket = i;
    }
    struct sv_bgroup *g = sv_bgroup_of(br, i);
    if (!(g->ports & sv_port_bit(port)))
        sv_snoop_event(br, SV_SNOOP_JOINED, port, vid, group);
    g->ports |= sv_port_bit(port);
    *sv_bgroup_until(br, i, port) = sv_bridge_second(br) + SV_MEMBER_S;
}

/* Another host behind that port may still want it: a router asks, and who answers within its patience stays. */
static void sv_bgroup_leave(struct sv_bridge *br, const struct sv_addr *group, uint32_t vid, sv_port port)
{
    const uint32_t i = sv_bgroup_find(br, group, vid);
    if (i == SV_NONE || !(sv_bgroup_of(br, i)->ports & sv_port_bit(port)))
        return;
    if (sv_bport_of(br, port)->config.flags & SV_BPORT_FAST_LEAVE) {
        sv_bgroup_remove_port(br, i, port, SV_SNOOP_LEFT);
        return;
    }
    uint32_t *until = sv_bgroup_until(br, i, port);
    *until = sv_min_u32(*until, sv_bridge_second(br) + SV_LAST_MEMBER_S);
    if (sv_querier_is_ours(br, vid, sv_addr_is_v4(group) ? 4 : 6))
        sv_querier_ask(br, vid, group, sv_port_bit(port));
}

/* --- who asks --- */

static uint32_t *sv_querier(const struct sv_bridge *br, uint32_t vid, uint8_t version)
{
    struct sv_bvlan *v = sv_bvlan_of(br, vid);
    return version == 4 ? &v->querier4_until_s : &v->querier6_until_s;
}

bool sv_querier_is_ours(const struct sv_bridge *br, uint32_t vid, uint8_t version)
{
    return br->flags & SV_BRIDGE_QUERIER && !*sv_querier(br, vid, version);
}

/* RFC 3376 §6.6.2: of two that ask, the one with the lower address goes on. 0.0.0.0 stands for no querier at all: it is
 * a switch that asks in one's absence, and asks no more where there is one. */
static bool sv_querier_yields(const struct sv_bridge *br, const struct sv_snoop_msg *m)
{
    const struct sv_addr *ours = m->version == 4 ? &br->querier4 : &br->querier6;
    return !(br->flags & SV_BRIDGE_QUERIER) || sv_addr_is_any(ours) ||
           sv_memcmp(m->src.byte, ours->byte, sizeof ours->byte) < 0;
}

static void sv_snoop_query(struct sv_bridge *br, const struct sv_bframe *f, const struct sv_snoop_msg *m)
{
    const uint32_t vid = f->tag.vid, now = sv_bridge_second(br);
    struct sv_bport *p = sv_bport_of(br, f->in);
    if (!sv_addr_is_any(&m->src)) {
        uint32_t *querier = sv_querier(br, vid, m->version);
        if (sv_querier_yields(br, m)) {
            if (!*querier)
                sv_snoop_event(br, SV_SNOOP_QUERIER, f->in, vid, &m->src);
            *querier = now + SV_QUERIER_S;
            br->asked[vid / 64u] |= (uint64_t)1 << vid % 64u;
        }
        if (!p->router_until_s)
            sv_snoop_event(br, SV_SNOOP_ROUTER, f->in, vid, &m->src);
        p->router_until_s = now + SV_QUERIER_S;
    }
    if (sv_addr_is_any(&m->told.group))
        return;
    const uint32_t i = sv_bgroup_find(br, &m->told.group, vid);
    const uint32_t by = now + (2u * m->told.max_response_ms + 1999u) / 1000u;
    for (uint64_t set = i == SV_NONE ? 0 : sv_bgroup_of(br, i)->ports; set; set &= set - 1u) {
        uint32_t *until = sv_bgroup_until(br, i, sv_port_first(set));
        *until = sv_min_u32(*until, by);
    }
}

uint64_t sv_bridge_router_ports(const struct sv_bridge *br)
{
    uint64_t set = 0;
    for (sv_port p = 0; p < br->ports; p++)
        if (sv_bport_of(br, p)->router_until_s || sv_bport_of(br, p)->config.flags & SV_BPORT_ROUTER)
            set |= sv_port_bit(p);
    return set;
}

/* --- a frame --- */

static void sv_snoop_records(struct sv_bridge *br, const struct sv_bframe *f, const struct sv_snoop_msg *m)
{
    struct sv_rd r = sv_rd_of(m->told.list, m->told.list_length);
    struct sv_addr group;
    bool wants;
    while (sv_snoop_record(&r, m, &group, &wants)) {
        if (wants)
            sv_bgroup_join(br, &group, f->tag.vid, f->in);
        else
            sv_bgroup_leave(br, &group, f->tag.vid, f->in);
    }
}

static void sv_snoop_told(struct sv_bridge *br, const struct sv_bframe *f, const struct sv_snoop_msg *m)
{
    switch ((enum sv_group_kind)m->told.kind) {
    case SV_GROUP_QUERY:
        sv_snoop_query(br, f, m);
        return;
    case SV_GROUP_REPORT:
        sv_bgroup_join(br, &m->told.group, f->tag.vid, f->in);
        return;
    case SV_GROUP_LEAVE:
        sv_bgroup_leave(br, &m->told.group, f->tag.vid, f->in);
        return;
    case SV_GROUP_RECORDS:
        sv_snoop_records(br, f, m);
        return;
    }
}

static uint64_t sv_snoop_data(const struct sv_bridge *br, const struct sv_bframe *f, const struct sv_addr *dst,
                              uint64_t ports, bool asked)
{
    if (!asked || sv_bgroup_always_flooded(dst))
        return ports;
    const uint32_t i = sv_bgroup_find(br, dst, f->tag.vid);
    if (i != SV_NONE)
        return ports & (sv_bgroup_of(br, i)->ports | sv_bridge_router_ports(br));
    const bool strict = br->flags & SV_BRIDGE_STRICT_GROUPS && !br->groups.overflow_until_s;
    return strict ? ports & sv_bridge_router_ports(br) : ports;
}

/* A packet that may carry a message is read whole, of others the addresses only. */
static enum sv_drop sv_snoop_read(const struct sv_bframe *f, uint8_t bytes[SV_SNOOP_BYTES], struct sv_snoop_msg *m)
{
    uint32_t n = sv_min_u32(f->b->length - f->header_bytes, SV_SNOOP_HEAD_BYTES);
    bool read = sv_buf_read(f->b, f->header_bytes, bytes, n);
    SV_ASSERT(read);
    const enum sv_drop why = sv_snoop_head(bytes, n, f->type, m);
    if (why != SV_DROP_NONE || !m->tells)
        return why;
    n = sv_min_u32(f->b->length - f->header_bytes, SV_SNOOP_BYTES);
    read = sv_buf_read(f->b, f->header_bytes, bytes, n);
    SV_ASSERT(read);
    return sv_snoop_parse(bytes, n, f->type, m);
}

uint64_t sv_bridge_snoop(struct sv_bridge *br, const struct sv_bframe *f, uint64_t ports)
{
    uint8_t bytes[SV_SNOOP_BYTES];
    struct sv_snoop_msg m;
    if (f->type != SV_ETHERTYPE_IP4 && f->type != SV_ETHERTYPE_IP6)
        return ports;
    const enum sv_drop why = sv_snoop_read(f, bytes, &m);
    if (why != SV_DROP_NONE) {
        br->core.drops[why == SV_DROP_SNOOP_MALFORMED ? why : SV_DROP_NONE]++;
        return ports; /* whose it is will judge it */
    }
    const bool asked = *sv_querier(br, f->tag.vid, m.version) || sv_querier_is_ours(br, f->tag.vid, m.version);
    if (!m.tells)
        return sv_snoop_data(br, f, &m.dst, ports, asked);
    sv_bridge_tick_soon(br);
    sv_snoop_told(br, f, &m);
    /* RFC 4541 §2.1.1: reports are for routers; a host that heard another's might keep its own. */
    return asked && m.told.kind != SV_GROUP_QUERY ? ports & sv_bridge_router_ports(br) : ports;
}

/* --- forgetting --- */

void sv_bgroups_port_down(struct sv_bridge *br, sv_port port)
{
    for (uint32_t i = 0; i < br->groups.ceiling; i++)
        if (sv_bgroup_of(br, i)->vid)
            sv_bgroup_remove_port(br, i, port, SV_SNOOP_LEFT);
    sv_bport_of(br, port)->router_until_s = 0;
}

static bool sv_snoop_over(uint32_t *until, uint32_t now)
{
    if (!*until || *until > now)
        return false;
    *until = 0;
    return true;
}

/* One port of a group: over, or about to be, and then asked once more where asking is ours (RFC 3376 §8.9: twice). */
static void sv_bgroup_port_expire(struct sv_bridge *br, uint32_t group, sv_port port, uint32_t now)
{
    const struct sv_bgroup *g = sv_bgroup_of(br, group);
    const uint32_t until = *sv_bgroup_until(br, group, port);
    if (until <= now)
        sv_bgroup_remove_port(br, group, port, SV_SNOOP_EXPIRED);
    else if (until - now == SV_LAST_MEMBER_S - 1u && sv_querier_is_ours(br, g->vid, sv_addr_is_v4(&g->group) ? 4 : 6))
        sv_querier_ask(br, g->vid, &g->group, sv_port_bit(port));
}

/* VLANs in which somebody asked. True: one is left. */
static bool sv_queriers_expire(struct sv_bridge *br, uint32_t now)
{
    static const struct sv_addr nobody = {{0}};
    bool left = false;
    for (uint32_t word = 0; word < SV_BRIDGE_VLANS / 64u; word++) {
        for (uint64_t set = br->asked[word]; set; set &= set - 1u) {
            const uint32_t vid = word * 64u + sv_ctz64(set);
            struct sv_bvlan *v = sv_bvlan_of(br, vid);
            const bool over4 = sv_snoop_over(&v->querier4_until_s, now);
            const bool over6 = sv_snoop_over(&v->querier6_until_s, now);
            if (over4 || over6) /* both are looked at, and forgotten */
                sv_snoop_event(br, SV_SNOOP_QUERIER_GONE, SV_NO_PORT, vid, &nobody);
            if (!(v->querier4_until_s | v->querier6_until_s))
                br->asked[word] &= ~((uint64_t)1 << vid % 64u);
        }
        left |= br->asked[word] != 0;
    }
    return left;
}

bool sv_bgroups_expire(struct sv_bridge *br)
{
    const uint32_t now = sv_bridge_second(br);
    const bool left = br->groups.used != 0 || br->groups.overflow_until_s != 0;
    (void)sv_snoop_over(&br->groups.overflow_until_s, now);
    for (uint32_t i = 0; i < br->groups.ceiling; i++) {
        const uint64_t members = sv_bgroup_of(br, i)->vid ? sv_bgroup_of(br, i)->ports : 0;
        for (uint64_t set = members; set; set &= set - 1u)
            sv_bgroup_port_expire(br, i, sv_port_first(set), now);
    }
    for (sv_port p = 0; p < br->ports; p++)
        (void)sv_snoop_over(&sv_bport_of(br, p)->router_until_s, now);
    return sv_queriers_expire(br, now) || left;
}

bool sv_bridge_group_each(const struct sv_bridge *br, uint32_t *at, struct sv_group_info *info)
{
    while (*at < br->groups.ceiling) {
        const struct sv_bgroup *g = sv_bgroup_of(br, (*at)++);
        if (!g->vid)
            continue;
        *info = (struct sv_group_info){.size = sizeof *info, .vid = g->vid, .group = g->group, .ports = g->ports};
        return true;
    }
    return false;
}

void sv_bgroups_check(const struct sv_bridge *br)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < br->groups.ceiling; i++) {
        const struct sv_bgroup *g = sv_bgroup_of(br, i);
        if (!g->vid)
            continue;
        used++;
        SV_ASSERT(g->ports != 0);
        SV_ASSERT(sv_bgroup_find(br, &g->group, g->vid) == i);
        for (sv_port p = 0; p < br->ports; p++)
            SV_ASSERT((*sv_bgroup_until(br, i, p) != 0) == ((g->ports & sv_port_bit(p)) != 0));
    }
    SV_ASSERT(used == br->groups.used);
}
