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
static void sv_multicast_filter(struct sv_net *net, sv_port port)
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

enum sv_err sv_multicast_join(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *group)
{
    struct sv_multicast *t = &net->multicast;
    if (port >= net->link.interfaces.count || !sv_addr_is_multicast(group))
        return SV_ERR_INVALID;
    if (sv_multicast_needs_no_entry(group))
        return SV_OK;
    uint32_t k = sv_multicast_find(net, port, group);
    if (k != SV_NONE) {
        t->entry[k].joins++;
        return SV_OK;
    }
    if (t->used == SV_MULTICAST_GROUPS)
        return SV_ERR_NO_MEMORY;
    for (k = 0; t->entry[k].used; k++) {}
    t->entry[k] =
        (struct sv_multicast_group){.group = *group, .report_at = SV_NEVER, .port = port, .joins = 1, .used = 1};
    t->used++;
    sv_multicast_filter(net, port);
    sv_multicast_changed(c, net, k, true);
    return SV_OK;
}

bool sv_multicast_leave(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *group)
{
    struct sv_multicast *t = &net->multicast;
    const uint32_t k = sv_multicast_find(net, port, group);
    if (k == SV_NONE)
        return sv_addr_is_multicast(group) && sv_multicast_needs_no_entry(group);
    if (--t->entry[k].joins > 0)
        return true;
    sv_multicast_changed(c, net, k, false);
    t->entry[k].used = 0;
    t->used--;
    sv_multicast_filter(net, port);
    return true;
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
        SV_ASSERT(g->joins > 0);
        SV_ASSERT(sv_multicast_find(net, g->port, &g->group) == k);
        sv_mac_of_multicast(&g->group, mac);
        SV_ASSERT((sv_interface_of(&net->link.interfaces, g->port)->multicast_filter & sv_eth_filter_bit(mac)) != 0);
    }
    SV_ASSERT(used == t->used);
}
