/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/group.h"

#include "l3_network/mld.h"
#include "l3_network/net.h"
#include "seven/stack.h"

bool sv_membership_init(struct sv_membership *g, struct sv_core *c, struct sv_arena *arena, uint32_t interfaces)
{
    struct sv_group_querier *q = sv_arena_take(arena, 2u * (uint64_t)interfaces * sizeof *q, 64);
    if (!q)
        return false;
    sv_memset(g, 0, sizeof *g);
    g->queriers_at = (int64_t)((uintptr_t)q - (uintptr_t)g);
    g->ports = interfaces;
    sv_wheel_node_init(&g->timer);
    sv_wheel_kind(&c->wheel, SV_WHEEL_GROUP, &g->timer, (uint32_t)sizeof *g);
    for (uint32_t i = 0; i < 2u * interfaces; i++)
        q[i] = (struct sv_group_querier){.general_at = SV_NEVER,
                                         .interval_s = SV_GROUP_QUERY_INTERVAL_S,
                                         .robustness = SV_GROUP_ROBUSTNESS,
                                         .spoken = 3};
    return true;
}

uint64_t sv_membership_bytes(uint32_t interfaces)
{
    return 2u * (uint64_t)interfaces * sizeof(struct sv_group_querier) + 64u;
}

struct sv_group_querier *sv_group_querier_of(const struct sv_net *net, sv_port port, bool six)
{
    const struct sv_membership *g = &net->groups;
    SV_ASSERT(port < g->ports);
    return (struct sv_group_querier *)((uintptr_t)g + (uintptr_t)g->queriers_at) + (2u * port + (six ? 1u : 0u));
}

uint32_t sv_membership_version(const struct sv_core *c, const struct sv_net *net, sv_port port, bool six)
{
    const struct sv_group_querier *q = sv_group_querier_of(net, port, six);
    return c->now < q->v1_until ? 1 : c->now < q->v2_until ? 2 : 3;
}

static bool sv_group_is_of(const struct sv_group_entry *e, sv_port port, bool six)
{
    return e->used && e->port == port && sv_addr_is_v4(&e->group) != six;
}

/* One timer for all: the soonest. */
static void sv_membership_arm(struct sv_core *c, struct sv_net *net)
{
    sv_time at = SV_NEVER;
    for (uint32_t i = 0; i < SV_GROUP_ENTRIES; i++) {
        const struct sv_group_entry *e = &net->groups.entry[i];
        if (e->used)
            at = sv_min_u64(at, sv_min_u64(e->report_at, e->change_at));
    }
    for (sv_port p = 0; p < net->groups.ports; p++)
        at = sv_min_u64(at, sv_min_u64(sv_group_querier_of(net, p, false)->general_at,
                                       sv_group_querier_of(net, p, true)->general_at));
    sv_wheel_arm(&c->wheel, SV_WHEEL_GROUP, 0, at);
}

static sv_time sv_group_within(struct sv_core *c, uint32_t ms)
{
    /* In microseconds: a short time is not rounded to nothing. */
    const uint32_t us = ms > 4000000u ? 4000000000u : ms * 1000u;
    return c->now + sv_rng_below(&c->rng[SV_RNG_GROUP], us + 1u) * SV_US;
}

/* --- what is joined --- */

/* Not told: the group of all nodes, and IPv6 groups that do not leave a host (RFC 3810 §6). */
static bool sv_group_is_told(const struct sv_addr *group)
{
    if (sv_addr_is_v4(group))
        return sv_addr_v4_number(group) != 0xe0000001u;
    static const struct sv_addr all_nodes = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    return (group->byte[1] & 15u) > 1 && !sv_addr_equal(group, &all_nodes);
}

static struct sv_group_entry *sv_group_entry_of(struct sv_net *net, sv_port port, const struct sv_addr *group)
{
    struct sv_group_entry *empty = NULL, *leaving = NULL;
    for (uint32_t i = 0; i < SV_GROUP_ENTRIES; i++) {
        struct sv_group_entry *e = &net->groups.entry[i];
        if (e->used && e->port == port && sv_addr_equal(&e->group, group))
            return e;
        if (!e->used && !empty)
            empty = e;
        if (e->used && !e->joined)
            leaving = e;
    }
    struct sv_group_entry *e =
        empty ? empty : leaving; /* the table of joined groups is smaller: one of both is there */
    SV_ASSERT(e != NULL);
    sv_memset(e, 0, sizeof *e);
    *e =
        (struct sv_group_entry){.group = *group, .report_at = SV_NEVER, .change_at = SV_NEVER, .port = port, .used = 1};
    return e;
}

/* Nothing more is told of it; once it is left, nothing is known of it. */
static void sv_group_quiet(struct sv_group_entry *e)
{
    e->report_at = e->change_at = SV_NEVER;
    e->changes_left = e->mode_left = e->changed = 0;
    e->used = e->joined;
}

/* RFC 3376 §7.2.1: when the version changes, everything pending is forgotten. */
static void sv_group_follow_version(struct sv_core *c, struct sv_net *net, sv_port port, bool six)
{
    struct sv_group_querier *q = sv_group_querier_of(net, port, six);
    const uint32_t version = sv_membership_version(c, net, port, six);
    if (q->spoken == version)
        return;
    q->spoken = (uint8_t)version;
    q->general_at = SV_NEVER;
    for (uint32_t i = 0; i < SV_GROUP_ENTRIES; i++) {
        struct sv_group_entry *e = &net->groups.entry[i];
        if (sv_group_is_of(e, port, six))
            sv_group_quiet(e);
    }
}

/* One source more whose change is to be told. Too many: the whole filter is told instead, which says the same. */
static void sv_group_note_source(struct sv_group_entry *e, const struct sv_addr *source, uint8_t times)
{
    uint32_t i = 0;
    while (i < e->changed && !sv_addr_equal(&e->change[i], source))
        i++;
    if (i == SV_SOURCES_MAX) {
        e->mode_left = times;
        return;
    }
    if (i == e->changed)
        e->change[e->changed++] = *source;
    e->change_left[i] = times;
}

/* Those of a's list that b's has not. */
static void sv_group_note_lost(struct sv_group_entry *e, const struct sv_source_filter *a,
                               const struct sv_source_filter *b, uint8_t times)
{
    for (uint32_t i = 0; i < a->n; i++) {
        if (!sv_source_filter_has(b, &a->source[i]))
            sv_group_note_source(e, &a->source[i], times);
    }
}

/* RFC 3376 §5.1: what must be told of a filter that was `before`; at once, and again. */
static void sv_group_tell(struct sv_core *c, struct sv_net *net, struct sv_group_entry *e,
                          const struct sv_source_filter *before)
{
    const bool six = !sv_addr_is_v4(&e->group);
    const uint8_t robustness = sv_group_querier_of(net, e->port, six)->robustness;
    const uint32_t version = sv_membership_version(c, net, e->port, six);
    struct sv_source_filter now;
    sv_multicast_filter(net, e->port, &e->group, &now);
    if (version == 3) {
        if (now.exclude != before->exclude)
            e->mode_left = robustness;
        sv_group_note_lost(e, &now, before, robustness);
        sv_group_note_lost(e, before, &now, robustness);
        e->changes_left = robustness;
    } else {
        if (e->used && e->joined && !sv_source_filter_is_none(before))
            return; /* the older versions know no sources */
        e->changes_left = e->joined ? 2u : 1u;
    }
    e->change_at = c->now;
    sv_wheel_arm(&c->wheel, SV_WHEEL_GROUP, 0, c->now);
}

static bool sv_group_filter_equal(const struct sv_source_filter *a, const struct sv_source_filter *b)
{
    bool same = a->n == b->n && a->exclude == b->exclude;
    for (uint32_t i = 0; i < a->n && same; i++)
        same = sv_source_filter_has(b, &a->source[i]);
    return same;
}

void sv_multicast_changed(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *group,
                          const struct sv_source_filter *before)
{
    struct sv_source_filter now;
    sv_multicast_filter(net, port, group, &now);
    if (sv_group_filter_equal(before, &now) || !sv_group_is_told(group) ||
        sv_interface_of(&net->link.interfaces, port)->flags & SV_IF_NO_REPORTS)
        return;
    sv_group_follow_version(c, net, port, !sv_addr_is_v4(group));
    struct sv_group_entry *e = sv_group_entry_of(net, port, group);
    e->joined = !sv_source_filter_is_none(&now);
    if (!e->joined)
        e->report_at = SV_NEVER;
    if (sv_interface_of(&net->link.interfaces, port)->up)
        sv_group_tell(c, net, e, before);
    else
        sv_group_quiet(e);
}

void sv_membership_tell_again(struct sv_core *c, struct sv_net *net, sv_port port, bool six)
{
    static const struct sv_source_filter nothing = {.n = 0};
    for (uint32_t i = 0; i < SV_GROUP_ENTRIES; i++) {
        struct sv_group_entry *e = &net->groups.entry[i];
        if (!sv_group_is_of(e, port, six))
            continue;
        sv_group_quiet(e);
        if (e->joined)
            sv_group_tell(c, net, e, &nothing);
    }
}

void sv_membership_link_changed(struct sv_core *c, struct sv_net *net, sv_port port, bool up)
{
    for (uint32_t six = 0; six < 2; six++) {
        struct sv_group_querier *q = sv_group_querier_of(net, port, six != 0);
        q->general_at = SV_NEVER;
        q->v1_until = q->v2_until = 0;
        if (up)
            sv_membership_tell_again(c, net, port, six != 0);
    }
    for (uint32_t i = 0; i < SV_GROUP_ENTRIES && !up; i++) {
        if (net->groups.entry[i].used && net->groups.entry[i].port == port)
            sv_group_quiet(&net->groups.entry[i]);
    }
}

/* --- what falls due --- */

static void sv_group_change_old(struct sv_core *c, struct sv_net *net, struct sv_group_entry *e, uint32_t version)
{
    e->change_at = SV_NEVER;
    if (!e->joined) {
        if (e->reported && version == 2)
            sv_group_send_old(c, net, e->port, SV_GROUP_LEAVE, version, &e->group);
        e->used = 0;
        return;
    }
    sv_group_send_old(c, net, e->port, SV_GROUP_REPORT, version, &e->group);
    e->reported = 1;
    if (--e->changes_left > 0)
        e->change_at = sv_group_within(c, SV_GROUP_UNSOLICITED_V2_MS);
}

/* The sources whose change is told now, in a record of those that are wanted and one of those that are not. Each is
 * told as often as a change is. */
static void sv_group_change_sources(struct sv_core *c, struct sv_net *net, struct sv_group_entry *e,
                                    const struct sv_source_filter *now, struct sv_group_report *r)
{
    struct sv_addr list[2][SV_SOURCES_MAX]; /* 0: blocked, 1: allowed */
    uint32_t n[2] = {0, 0}, kept = 0;
    for (uint32_t i = 0; i < e->changed; i++) {
        const uint32_t wanted = sv_source_filter_passes(now, &e->change[i]) ? 1 : 0;
        list[wanted][n[wanted]++] = e->change[i];
        if (--e->change_left[i] == 0)
            continue;
        e->change[kept] = e->change[i];
        e->change_left[kept++] = e->change_left[i];
    }
    e->changed = (uint8_t)kept;
    if (e->mode_left > 0) { /* which says it all */
        e->mode_left--;
        sv_group_report_add(c, net, r, now->exclude ? SV_GROUP_TO_EXCLUDE : SV_GROUP_TO_INCLUDE, &e->group, now->source,
                            now->n);
        return;
    }
    if (n[1])
        sv_group_report_add(c, net, r, SV_GROUP_ALLOW, &e->group, list[1], n[1]);
    if (n[0])
        sv_group_report_add(c, net, r, SV_GROUP_BLOCK, &e->group, list[0], n[0]);
}

static void sv_group_change(struct sv_core *c, struct sv_net *net, struct sv_group_entry *e, struct sv_group_report *r)
{
    struct sv_source_filter now;
    sv_multicast_filter(net, e->port, &e->group, &now);
    sv_group_change_sources(c, net, e, &now, r);
    e->change_at = SV_NEVER;
    e->reported = 1;
    if (--e->changes_left > 0) {
        e->change_at = sv_group_within(c, SV_GROUP_UNSOLICITED_MS);
        return;
    }
    e->mode_left = e->changed = 0;
    e->used = e->joined;
}

static void sv_group_answer(struct sv_core *c, struct sv_net *net, struct sv_group_entry *e, uint32_t version,
                            struct sv_group_report *r)
{
    struct sv_source_filter now;
    struct sv_addr wanted[SV_GROUP_SOURCES];
    uint32_t n = 0;
    e->report_at = SV_NEVER;
    if (version < 3) {
        sv_group_send_old(c, net, e->port, SV_GROUP_REPORT, version, &e->group);
        e->reported = 1;
        return;
    }
    sv_multicast_filter(net, e->port, &e->group, &now);
    for (uint32_t i = 0; i < e->sources; i++) {
        if (sv_source_filter_passes(&now, &e->source[i]))
            wanted[n++] = e->source[i];
    }
    if (e->sources == 0)
        sv_group_report_add(c, net, r, now.exclude ? SV_GROUP_IS_EXCLUDE : SV_GROUP_IS_INCLUDE, &e->group, now.source,
                            now.n);
    else if (n != 0) /* of those asked for, the wanted ones; if none is, nothing is said: RFC 3376 §5.2 */
        sv_group_report_add(c, net, r, SV_GROUP_IS_INCLUDE, &e->group, wanted, n);
    e->sources = 0;
}

static void sv_membership_expire_on(struct sv_core *c, struct sv_net *net, sv_port port, bool six)
{
    struct sv_group_querier *q = sv_group_querier_of(net, port, six);
    struct sv_group_report now = {.port = port, .six = six}, change = {.port = port, .six = six};
    sv_group_follow_version(c, net, port, six);
    const uint32_t version = q->spoken;
    const bool general = q->general_at <= c->now;
    if (general)
        q->general_at = SV_NEVER;
    for (uint32_t i = 0; i < SV_GROUP_ENTRIES; i++) {
        struct sv_group_entry *e = &net->groups.entry[i];
        if (!sv_group_is_of(e, port, six))
            continue;
        if (general && e->joined)
            e->sources = 0;
        if (e->joined && (general || e->report_at <= c->now))
            sv_group_answer(c, net, e, version, &now);
        if (e->change_at > c->now)
            continue;
        if (version < 3)
            sv_group_change_old(c, net, e, version);
        else
            sv_group_change(c, net, e, &change);
    }
    sv_group_report_flush(c, net, &change);
    sv_group_report_flush(c, net, &now);
}

void sv_membership_expire(struct sv_core *c, struct sv_net *net)
{
    for (sv_port p = 0; p < net->link.interfaces.count; p++) {
        sv_membership_expire_on(c, net, p, false);
        sv_membership_expire_on(c, net, p, true);
    }
    sv_membership_arm(c, net);
}

/* --- what comes in --- */

static void sv_group_note_querier(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_group_msg *m)
{
    struct sv_group_querier *q = sv_group_querier_of(net, port, m->six);
    if (m->version == 3) { /* RFC 3376 §4.1.6, §4.1.7: its values are taken over */
        q->robustness = m->robustness ? m->robustness : (uint8_t)SV_GROUP_ROBUSTNESS;
        q->interval_s = m->query_interval_s ? m->query_interval_s : SV_GROUP_QUERY_INTERVAL_S;
        return;
    }
    /* §8.12: for so long an older querier is believed to be there. */
    const sv_time until = c->now + (q->robustness * (sv_time)q->interval_s + SV_GROUP_RESPONSE_S) * SV_S;
    if (m->version == 1)
        q->v1_until = until;
    else
        q->v2_until = until;
    sv_group_follow_version(c, net, port, m->six);
}

/* A query for one group, or some of its sources: RFC 3376 §5.2, rules 3 to 5. */
static void sv_group_schedule(struct sv_group_entry *e, const struct sv_group_msg *m, sv_time at)
{
    const bool pending = e->report_at != SV_NEVER;
    if (m->sources == 0 || (pending && e->sources == 0)) {
        e->sources = 0;
    } else {
        if (!pending)
            e->sources = 0;
        for (uint32_t i = 0; i < m->sources; i++) {
            const struct sv_addr source = sv_group_source(m, i);
            bool known = false;
            for (uint32_t k = 0; k < e->sources; k++)
                known |= sv_addr_equal(&e->source[k], &source);
            if (known)
                continue;
            if (e->sources == SV_GROUP_SOURCES) { /* too many to remember: the whole group is answered for */
                e->sources = 0;
                break;
            }
            e->source[e->sources++] = source;
        }
    }
    e->report_at = sv_min_u64(e->report_at, at);
}

static enum sv_drop sv_group_query(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_group_msg *m)
{
    struct sv_group_querier *q = sv_group_querier_of(net, port, m->six);
    bool known = false;
    sv_group_note_querier(c, net, port, m);
    const sv_time at = sv_group_within(c, m->max_response_ms);
    const bool general = sv_addr_is_any(&m->group);
    if (q->general_at <= at) /* rule 1: an answer for everything comes sooner */
        return SV_DROP_NONE;
    if (general && q->spoken == 3)
        q->general_at = at; /* rule 2 */
    for (uint32_t i = 0; i < SV_GROUP_ENTRIES; i++) {
        struct sv_group_entry *e = &net->groups.entry[i];
        if (!sv_group_is_of(e, port, m->six) || !e->joined || !(general || sv_addr_equal(&e->group, &m->group)))
            continue;
        known = true;
        if (general && q->spoken < 3) /* each on its own: RFC 2236 §3 */
            e->report_at = sv_min_u64(e->report_at, sv_group_within(c, m->max_response_ms));
        else if (!general)
            sv_group_schedule(e, m, at);
    }
    sv_membership_arm(c, net);
    return known || general ? SV_DROP_NONE : SV_DROP_GROUP_IGNORED;
}

/* In the older versions one report a link is enough: who hears another's keeps quiet (RFC 2236 §3). */
static enum sv_drop sv_group_heard(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_group_msg *m)
{
    if (sv_membership_version(c, net, port, m->six) == 3 || m->kind != SV_GROUP_REPORT)
        return SV_DROP_GROUP_IGNORED;
    for (uint32_t i = 0; i < SV_GROUP_ENTRIES; i++) {
        struct sv_group_entry *e = &net->groups.entry[i];
        if (!sv_group_is_of(e, port, m->six) || !e->joined || !sv_addr_equal(&e->group, &m->group))
            continue;
        e->report_at = SV_NEVER;
        e->change_at = SV_NEVER;
        e->reported = 0;
        return SV_DROP_NONE;
    }
    return SV_DROP_GROUP_IGNORED;
}

/* Is there a router alert (RFC 2113)? IPv6's is known from the walk along its headers. */
static bool sv_group_alerted(const struct sv_buf *b, const struct sv_ip_hdr *h)
{
    const uint8_t *p = sv_buf_head(b);
    if (h->version == 6)
        return h->router_alert != 0;
    for (uint32_t at = SV_IP4_HDR_LEN; at + 1u < h->header_length && p[at] != 0;) {
        if (p[at] == 0x94)
            return true;
        at += p[at] == 1 ? 1u : sv_max_u32(p[at + 1u], 2);
    }
    return false;
}

static enum sv_drop sv_group_take(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *b,
                                  const struct sv_ip_hdr *h)
{
    struct sv_group_msg m;
    const bool six = h->version == 6;
    if (b->length > UINT16_MAX || !sv_buf_gather(b, (uint16_t)b->length))
        return SV_DROP_GROUP_MALFORMED; /* longer than any link's packet */
    const uint8_t *bytes = sv_buf_head(b) + h->header_length;
    const uint32_t n = b->length - h->header_length;
    const enum sv_drop why = six ? sv_mld_parse(bytes, n, &m) : sv_igmp_parse(bytes, n, &m);
    if (why != SV_DROP_NONE)
        return why;
    /* Never from beyond a router: RFC 3376 §4, RFC 3810 §5.1.14. IGMPv1 knew no router alert. */
    if (h->ttl != 1 || (m.version > 1 && !sv_group_alerted(b, h)))
        return SV_DROP_GROUP_MALFORMED;
    if (six && m.kind == SV_GROUP_QUERY && !sv_addr_is_link_local_v6(&h->src))
        return SV_DROP_GROUP_MALFORMED;
    return m.kind == SV_GROUP_QUERY ? sv_group_query(c, net, port, &m) : sv_group_heard(c, net, port, &m);
}

static void sv_group_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take,
                             const struct sv_ip_hdr *h)
{
    const enum sv_drop why = sv_group_take(c, net, port, take, h);
    if (why != SV_DROP_NONE)
        sv_drop(c, why, take, port, 0);
    else
        sv_buf_free(take);
}

void sv_igmp_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take,
                     const struct sv_ip_hdr *h)
{
    sv_group_receive(c, net, port, take, h);
}

void sv_mld_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take, const struct sv_ip_hdr *h)
{
    sv_group_receive(c, net, port, take, h);
}

void sv_membership_check(const struct sv_net *net)
{
    for (uint32_t i = 0; i < SV_GROUP_ENTRIES; i++) {
        const struct sv_group_entry *e = &net->groups.entry[i];
        if (!e->used)
            continue;
        SV_ASSERT(e->port < net->link.interfaces.count);
        SV_ASSERT(e->sources <= SV_GROUP_SOURCES);
        SV_ASSERT(e->joined || e->changes_left > 0);
        SV_ASSERT(e->joined == (sv_multicast_find(net, e->port, &e->group) != SV_NONE));
        SV_ASSERT(net->groups.timer.at <= sv_min_u64(e->report_at, e->change_at));
    }
}
