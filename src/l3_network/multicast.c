/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/multicast.h"

#include "l2_link/ethernet.h"
#include "l3_network/net.h"

static const struct sv_addr all_nodes_v6 = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

void sv_multicast_init(struct sv_multicast *t)
{
    sv_memset(t, 0, sizeof *t);
}

static bool sv_multicast_needs_no_entry(const struct sv_addr *group)
{
    return sv_addr_is_v4(group) ? sv_addr_v4_number(group) == 0xe0000001u : sv_addr_equal(group, &all_nodes_v6);
}

/* What the interface takes from the cable: a bit for each group's MAC. Other groups may share a bit; the exact
 * question is asked of the table when the packet's address is known. */
static void sv_multicast_mac_filter(struct sv_net *net, sv_port port)
{
    struct sv_interface *i = sv_interface_of(&net->link.interfaces, port);
    uint8_t mac[SV_MAC_BYTES];
    uint64_t filter = SV_ETH_FILTER_ALL_NODES;
    for (uint32_t k = 0; k < SV_MULTICAST_GROUPS; k++) {
        const struct sv_multicast_group *g = &net->multicast.entry[k];
        if (!g->used || g->port != port)
            continue;
        sv_mac_of_multicast(&g->group, mac);
        filter |= sv_eth_filter_bit(mac);
    }
    i->multicast_filter = filter;
}

uint32_t sv_multicast_find(const struct sv_net *net, sv_port port, const struct sv_addr *group)
{
    const struct sv_multicast *t = &net->multicast;
    for (uint32_t k = 0, seen = 0; k < SV_MULTICAST_GROUPS && seen < t->used; k++) {
        const struct sv_multicast_group *g = &t->entry[k];
        if (!g->used)
            continue;
        seen++;
        if (g->port == port && sv_addr_equal(&g->group, group))
            return k;
    }
    return SV_NONE;
}

bool sv_multicast_is_member(const struct sv_net *net, sv_port port, const struct sv_addr *group)
{
    return sv_multicast_needs_no_entry(group) || sv_multicast_find(net, port, group) != SV_NONE;
}

/* --- sources --- */

bool sv_source_filter_has(const struct sv_source_filter *f, const struct sv_addr *source)
{
    for (uint32_t i = 0; i < f->n; i++) {
        if (sv_addr_equal(&f->source[i], source))
            return true;
    }
    return false;
}

bool sv_source_filter_add(struct sv_source_filter *f, const struct sv_addr *source)
{
    if (sv_source_filter_has(f, source))
        return true;
    if (f->n == SV_SOURCES_MAX)
        return false;
    f->source[f->n++] = *source;
    return true;
}

/* Only those stay that `with` has (or has not). */
static void sv_source_filter_keep(struct sv_source_filter *f, const struct sv_source_filter *with, bool if_there)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        if (sv_source_filter_has(with, &f->source[i]) == if_there)
            f->source[kept++] = f->source[i];
    }
    f->n = kept;
}

void sv_source_filter_merge(struct sv_source_filter *to, const struct sv_source_filter *other)
{
    if (to->exclude || other->exclude) {
        struct sv_source_filter f = to->exclude ? *to : *other;
        const struct sv_source_filter *with = to->exclude ? other : to;
        sv_source_filter_keep(&f, with, with->exclude != 0); /* nobody wants it; or nobody asks for it by name */
        *to = f;
        return;
    }
    for (uint32_t i = 0; i < other->n; i++) {
        if (!sv_source_filter_add(to, &other->source[i])) {
            *to = (struct sv_source_filter){.exclude = 1};
            return;
        }
    }
}

static void sv_multicast_filter_of(const struct sv_multicast_group *g, struct sv_source_filter *out)
{
    if (g->joins)
        *out = (struct sv_source_filter){.exclude = 1};
    else
        *out = g->sockets;
}

void sv_multicast_filter(const struct sv_net *net, sv_port port, const struct sv_addr *group,
                         struct sv_source_filter *out)
{
    const uint32_t k = sv_multicast_find(net, port, group);
    if (k == SV_NONE)
        *out = (struct sv_source_filter){.n = 0};
    else
        sv_multicast_filter_of(&net->multicast.entry[k], out);
}

bool sv_multicast_source_wanted(const struct sv_net *net, sv_port port, const struct sv_addr *group,
                                const struct sv_addr *source)
{
    const uint32_t k = sv_multicast_find(net, port, group);
    if (k == SV_NONE)
        return true;
    const struct sv_multicast_group *g = &net->multicast.entry[k];
    return g->joins != 0 || sv_source_filter_passes(&g->sockets, source);
}

/* --- joining and leaving --- */

/* The entry of a group, made if need be; SV_NONE: the ceiling. */
static uint32_t sv_multicast_get(struct sv_net *net, sv_port port, const struct sv_addr *group)
{
    struct sv_multicast *t = &net->multicast;
    uint32_t k = sv_multicast_find(net, port, group);
    if (k != SV_NONE || t->used == SV_MULTICAST_GROUPS)
        return k;
    for (k = 0; t->entry[k].used; k++) {}
    t->entry[k] = (struct sv_multicast_group){.group = *group, .port = port, .used = 1};
    t->used++;
    sv_multicast_mac_filter(net, port);
    return k;
}

/* Wishes were written into entry k, where there was `before`: who must hears of it, and nobody's entry goes. */
static void sv_multicast_settle(struct sv_core *c, struct sv_net *net, uint32_t k,
                                const struct sv_source_filter *before)
{
    struct sv_multicast *t = &net->multicast;
    const struct sv_multicast_group g = t->entry[k];
    struct sv_source_filter now;
    sv_multicast_filter_of(&g, &now);
    if (sv_source_filter_is_none(&now)) {
        t->entry[k].used = 0;
        t->used--;
        sv_multicast_mac_filter(net, g.port);
    }
    sv_multicast_changed(c, net, g.port, &g.group, before);
}

enum sv_err sv_multicast_join(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *group)
{
    struct sv_source_filter before;
    if (port >= net->link.interfaces.count || !sv_addr_is_multicast(group))
        return SV_ERR_INVALID;
    if (sv_multicast_needs_no_entry(group))
        return SV_OK;
    sv_multicast_filter(net, port, group, &before);
    const uint32_t k = sv_multicast_get(net, port, group);
    if (k == SV_NONE)
        return SV_ERR_NO_MEMORY;
    net->multicast.entry[k].joins++;
    sv_multicast_settle(c, net, k, &before);
    return SV_OK;
}

bool sv_multicast_leave(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *group)
{
    struct sv_source_filter before;
    const uint32_t k = sv_multicast_find(net, port, group);
    if (k == SV_NONE || net->multicast.entry[k].joins == 0)
        return sv_addr_is_multicast(group) && sv_multicast_needs_no_entry(group);
    sv_multicast_filter(net, port, group, &before);
    net->multicast.entry[k].joins--;
    sv_multicast_settle(c, net, k, &before);
    return true;
}

enum sv_err sv_multicast_want(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *group,
                              const struct sv_source_filter *wanted)
{
    struct sv_source_filter before;
    if (port >= net->link.interfaces.count || !sv_addr_is_multicast(group))
        return SV_ERR_INVALID;
    if (sv_multicast_needs_no_entry(group))
        return SV_OK;
    if (sv_source_filter_is_none(wanted) && sv_multicast_find(net, port, group) == SV_NONE)
        return SV_OK;
    sv_multicast_filter(net, port, group, &before);
    const uint32_t k = sv_multicast_get(net, port, group);
    if (k == SV_NONE)
        return SV_ERR_NO_MEMORY;
    net->multicast.entry[k].sockets = *wanted;
    sv_multicast_settle(c, net, k, &before);
    return SV_OK;
}

void sv_multicast_check(const struct sv_net *net)
{
    const struct sv_multicast *t = &net->multicast;
    uint32_t used = 0;
    for (uint32_t k = 0; k < SV_MULTICAST_GROUPS; k++) {
        const struct sv_multicast_group *g = &t->entry[k];
        uint8_t mac[SV_MAC_BYTES];
        if (!g->used)
            continue;
        used++;
        SV_ASSERT(g->joins > 0 || !sv_source_filter_is_none(&g->sockets));
        SV_ASSERT(g->sockets.n <= SV_SOURCES_MAX);
        SV_ASSERT(sv_multicast_find(net, g->port, &g->group) == k);
        sv_mac_of_multicast(&g->group, mac);
        SV_ASSERT((sv_interface_of(&net->link.interfaces, g->port)->multicast_filter & sv_eth_filter_bit(mac)) != 0);
    }
    SV_ASSERT(used == t->used);
}
