/* SPDX-License-Identifier: BSD-2-Clause */
/* This stack as a router that advertises itself (RFC 4861 §6.2): at random intervals, in answer to solicitations but to
 * all at most every three seconds, three times quickly at first, and three times with lifetime 0 as a last word. */
#include "l3_network/net.h"
#include "seven/stack.h"

static const struct sv_addr all_nodes = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
static const struct sv_addr all_routers = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

static struct sv_advertise_config *sv_nd_advertise_config_of(const struct sv_nd_port *p)
{
    return (struct sv_advertise_config *)((uintptr_t)p + (uintptr_t)p->config_at);
}

static bool sv_nd_advertise_ok(const struct sv_advertise_config *g)
{
    /* §6.2.1: the bounds of MaxRtrAdvInterval, MinRtrAdvInterval and AdvDefaultLifetime. */
    if (g->max_interval_s < 4 || g->max_interval_s > 1800 || g->min_interval_s < 3 ||
        g->min_interval_s * 4u > g->max_interval_s * 3u)
        return false;
    if (g->lifetime_s > 9000 || (g->lifetime_s != 0 && g->lifetime_s < g->max_interval_s))
        return false;
    if (g->preference < -1 || g->preference > 1 || g->reachable_ms > SV_ND_REACHABLE_MAX_MS ||
        (g->mtu != 0 && g->mtu < SV_ND_MTU_MIN))
        return false;
    if (g->prefixes > SV_ADVERTISE_PREFIXES || g->routes > SV_ADVERTISE_ROUTES || g->servers > SV_ADVERTISE_SERVERS ||
        g->search_length > SV_ADVERTISE_SEARCH)
        return false;
    for (uint32_t i = 0; i < g->prefixes; i++) {
        const struct sv_advertise_prefix *p = &g->prefix[i];
        if (p->length > 128 || sv_addr_is_v4(&p->prefix) || p->preferred_s > p->valid_s ||
            sv_addr_is_link_local_v6(&p->prefix))
            return false;
    }
    for (uint32_t i = 0; i < g->routes; i++) {
        const struct sv_advertise_route *r = &g->route[i];
        if (r->length > 128 || sv_addr_is_v4(&r->prefix) || r->preference < -1 || r->preference > 1)
            return false;
    }
    return true;
}

static struct sv_advertise_config sv_nd_advertise_defaults(const struct sv_advertise_config *given)
{
    struct sv_advertise_config g = *given;
    if (g.max_interval_s == 0)
        g.max_interval_s = 600;
    if (g.min_interval_s == 0)
        g.min_interval_s = g.max_interval_s >= 9 ? g.max_interval_s / 3u : g.max_interval_s * 3u / 4u;
    if (g.lifetime_s == 0 && !g.no_default)
        g.lifetime_s = 3u * g.max_interval_s;
    if (g.hop_limit == 0)
        g.hop_limit = SV_TTL_DEFAULT;
    return g;
}

enum sv_err sv_nd_advertise(struct sv_core *c, struct sv_net *net, sv_port port,
                            const struct sv_advertise_config *config)
{
    struct sv_nd_port *p = sv_nd_port_of(net, port);
    if (!config) {
        if (p->advertising != 1)
            return SV_OK;
        p->advertising = 2;
        p->final_left = SV_ND_FINAL_RAS;
        p->advertise_at = c->now;
        sv_nd_wake(c, port, c->now);
        return SV_OK;
    }
    const struct sv_advertise_config g = sv_nd_advertise_defaults(config);
    if (!sv_nd_advertise_ok(&g))
        return SV_ERR_INVALID;
    *sv_nd_advertise_config_of(p) = g;
    if (p->advertising == 0 && sv_multicast_join(c, net, port, &all_routers) != SV_OK)
        return SV_ERR_NO_MEMORY;
    p->advertising = 1;
    p->initial_left = SV_ND_INITIAL_RAS;
    p->advertise_at = c->now;
    sv_nd_wake(c, port, c->now);
    return SV_OK;
}

static void sv_nd_emit_lists(struct sv_wr *w, const struct sv_advertise_config *g)
{
    for (uint32_t i = 0; i < g->prefixes; i++) {
        const struct sv_advertise_prefix *from = &g->prefix[i];
        const struct sv_nd_prefix p = {.prefix = from->prefix,
                                       .valid_s = from->valid_s,
                                       .preferred_s = from->preferred_s,
                                       .bits = (uint8_t)from->length,
                                       .on_link = !from->off_link,
                                       .autonomous = !from->no_autoconf};
        sv_nd_emit_prefix(w, &p);
    }
    for (uint32_t i = 0; i < g->routes; i++) {
        const struct sv_nd_route r = {.prefix = g->route[i].prefix,
                                      .lifetime_s = g->route[i].lifetime_s,
                                      .bits = (uint8_t)g->route[i].length,
                                      .preference = (int8_t)g->route[i].preference};
        sv_nd_emit_route(w, &r);
    }
    const uint32_t names_s = g->names_lifetime_s ? g->names_lifetime_s : 3u * g->max_interval_s; /* RFC 8106 §5.1 */
    if (g->servers)
        sv_nd_emit_rdnss(w, names_s, g->server, g->servers);
    if (g->search_length)
        sv_nd_emit_dnssl(w, names_s, g->search, g->search_length);
}

/* to: who asked (RFC 4861 §6.2.6 allows it), or all. False: there is no address to send from yet. */
static bool sv_nd_send_advert(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *to)
{
    const struct sv_nd_port *p = sv_nd_port_of(net, port);
    const struct sv_advertise_config *g = sv_nd_advertise_config_of(p);
    const uint32_t ours = sv_nd_link_local(net, port);
    uint8_t bytes[SV_ND_MESSAGE_MAX];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    if (ours == SV_NONE)
        return false;
    const struct sv_nd_msg m = {.type = SV_ND_ROUTER_ADVERT,
                                .hop_limit = (uint8_t)g->hop_limit,
                                .preference = (int8_t)(g->lifetime_s ? g->preference : 0),
                                .router_lifetime_s = (uint16_t)(p->advertising == 2 ? 0 : g->lifetime_s),
                                .reachable_ms = g->reachable_ms,
                                .retrans_ms = g->retrans_ms,
                                .flags = (uint16_t)((g->managed ? SV_ND_MANAGED : 0u) | (g->other ? SV_ND_OTHER : 0u))};
    sv_nd_emit_header(&w, &m);
    sv_nd_emit_lla(&w, SV_ND_OPT_SOURCE_LLA, sv_interface_of(&net->link.interfaces, port)->mac);
    if (g->mtu)
        sv_nd_emit_mtu(&w, g->mtu);
    sv_nd_emit_lists(&w, g);
    SV_ASSERT(!w.overrun); /* the ceilings of the configuration fit one packet */
    const struct sv_addr src = sv_address_of(&net->addresses, ours)->addr;
    sv_nd_send(c, net, port, &src, to, bytes, (uint32_t)(w.at - bytes), NULL);
    return true;
}

void sv_nd_advertise_due(struct sv_core *c, struct sv_net *net, sv_port port)
{
    struct sv_nd_port *p = sv_nd_port_of(net, port);
    const struct sv_advertise_config *g = sv_nd_advertise_config_of(p);
    p->advertise_at = SV_NEVER;
    if (!sv_nd_send_advert(c, net, port, &all_nodes)) {
        if (p->advertising == 2)
            p->advertising = 0;
        return; /* begins when the link-local address is ours */
    }
    p->advertised = c->now;
    uint32_t wait_ms;
    if (p->advertising == 2) {
        if (--p->final_left == 0) {
            p->advertising = 0;
            p->advertised = 0;
            sv_multicast_leave(c, net, port, &all_routers);
            return;
        }
        wait_ms = SV_ND_MIN_DELAY_BETWEEN_RAS_MS;
    } else {
        const uint32_t span_ms = (g->max_interval_s - g->min_interval_s) * 1000u;
        wait_ms = g->min_interval_s * 1000u + sv_rng_below(&c->rng[SV_RNG_ND], span_ms + 1u);
        if (p->initial_left > 0) {
            p->initial_left--;
            wait_ms = sv_min_u32(wait_ms, SV_ND_INITIAL_RA_INTERVAL_MS); /* §6.2.4 */
        }
    }
    p->advertise_at = c->now + wait_ms * SV_MS;
}

enum sv_drop sv_nd_receive_solicit(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_msg *m,
                                   const struct sv_ip_hdr *h)
{
    struct sv_nd_port *p = sv_nd_port_of(net, port);
    if (p->advertising != 1)
        return SV_DROP_ND_IGNORED;
    if (m->flags & SV_ND_HAS_SLLA) {
        sv_neighbour_learn(c, &net->link, port, &h->src, m->slla, false, true, &h->dst);
        sv_neighbour_set_host(c, &net->link, port, &h->src); /* who asks for routers is none: §6.2.6 */
    }
    /* §6.2.6: to all, after a moment in which others may ask too, and not within three seconds of the last one. */
    sv_time at = c->now + sv_rng_below(&c->rng[SV_RNG_ND], SV_ND_RA_DELAY_MS + 1u) * SV_MS;
    if (p->advertised != 0)
        at = sv_max_u64(at, p->advertised + SV_ND_MIN_DELAY_BETWEEN_RAS_MS * SV_MS);
    if (at < p->advertise_at) {
        p->advertise_at = at;
        sv_nd_wake(c, port, at);
    }
    return SV_DROP_NONE;
}
