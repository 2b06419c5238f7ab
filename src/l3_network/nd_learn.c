/* SPDX-License-Identifier: BSD-2-Clause */
/* What routers told: each entry is a route in the route table, with the metric that its kind, its preference and its
 * gateway's health give it, until its lifetime ends. */
#include "l3_network/net.h"

static uint32_t sv_nd_metric(const struct sv_nd_learned *e)
{
    if (e->kind == SV_ND_PREFIX || e->kind == SV_ND_REDIRECTED)
        return SV_ND_METRIC_ON_LINK;
    const uint32_t step = (uint32_t)(SV_ND_PREFERENCE_HIGH - e->preference) * SV_ND_METRIC_PREFERENCE;
    return SV_ND_METRIC + step + (e->unreachable ? SV_ND_METRIC_UNREACHABLE : 0);
}

static uint32_t sv_nd_ceiling(uint8_t kind)
{
    static const uint32_t most[SV_ND_LEARNED_KINDS] = {[SV_ND_DEFAULT] = SV_ND_DEFAULTS_MAX,
                                                       [SV_ND_PREFIX] = SV_ND_PREFIXES_MAX,
                                                       [SV_ND_ROUTE] = SV_ND_ROUTES_MAX,
                                                       [SV_ND_REDIRECTED] = SV_ND_REDIRECTS_MAX};
    return most[kind];
}

/* Has the configuration that very route (or an address's prefix)? It stays as it is, before and after this one. */
static bool sv_nd_is_configured(struct sv_net *net, const struct sv_nd_learned *e)
{
    uint32_t metric;
    return sv_route_metric(&net->routes, &e->prefix, e->bits, &e->gateway, e->port, &metric) &&
           metric < SV_ND_METRIC_ON_LINK;
}

static enum sv_err sv_nd_install(struct sv_net *net, const struct sv_nd_learned *e)
{
    if (sv_nd_is_configured(net, e))
        return SV_OK;
    return sv_route_insert(&net->routes, &e->prefix, e->bits, &e->gateway, e->port, sv_nd_metric(e));
}

void sv_nd_forget(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_nd_learned *e = &net->nd.learned[index];
    (void)c;
    if (!sv_nd_is_configured(net, e))
        sv_route_delete(&net->routes, &e->prefix, e->bits, &e->gateway, e->port);
    e->kind = 0;
}

static bool sv_nd_same(const struct sv_nd_learned *a, const struct sv_nd_learned *b)
{
    if (a->kind != b->kind || a->port != b->port || a->bits != b->bits || !sv_addr_equal(&a->prefix, &b->prefix))
        return false;
    return a->kind == SV_ND_REDIRECTED || sv_addr_equal(&a->gateway, &b->gateway);
}

bool sv_nd_learn(struct sv_core *c, struct sv_net *net, const struct sv_nd_learned *what)
{
    uint32_t same = SV_NONE, empty = SV_NONE, kin = 0, soonest = SV_NONE;
    SV_ASSERT(what->kind > 0 && what->kind < SV_ND_LEARNED_KINDS);
    for (uint32_t k = 0; k < SV_ND_LEARNED; k++) {
        const struct sv_nd_learned *e = &net->nd.learned[k];
        if (!e->kind && empty == SV_NONE)
            empty = k;
        if (e->kind != what->kind)
            continue;
        kin++;
        if (sv_nd_same(e, what))
            same = k;
        if (soonest == SV_NONE || e->until < net->nd.learned[soonest].until)
            soonest = k;
    }
    if (same != SV_NONE && (what->until <= c->now || what->kind == SV_ND_REDIRECTED)) {
        sv_nd_forget(c, net, same);
        empty = same;
        same = SV_NONE;
        kin--;
    }
    if (what->until <= c->now)
        return true;
    if (same == SV_NONE && kin >= sv_nd_ceiling(what->kind)) {
        if (what->kind != SV_ND_REDIRECTED)
            return false; /* those that were there first stay: a flood of forged ones gains nothing */
        sv_nd_forget(c, net, soonest);
        empty = soonest;
    }
    const uint32_t k = same != SV_NONE ? same : empty;
    struct sv_nd_learned *e = &net->nd.learned[k];
    const uint8_t unreachable = same != SV_NONE ? e->unreachable : 0;
    const bool as_it_was = same != SV_NONE && e->preference == what->preference;
    *e = *what;
    e->unreachable = unreachable;
    if (!as_it_was && sv_nd_install(net, e) != SV_OK) {
        e->kind = 0;
        return false;
    }
    sv_nd_wake(c, e->port, e->until);
    return true;
}

sv_time sv_nd_learned_expire(struct sv_core *c, struct sv_net *net, sv_port port)
{
    sv_time next = SV_NEVER;
    for (uint32_t k = 0; k < SV_ND_LEARNED; k++) {
        const struct sv_nd_learned *e = &net->nd.learned[k];
        if (!e->kind || e->port != port)
            continue;
        if (e->until <= c->now)
            sv_nd_forget(c, net, k);
        else
            next = sv_min_u64(next, e->until);
    }
    return next;
}

void sv_nd_forget_port(struct sv_core *c, struct sv_net *net, sv_port port)
{
    for (uint32_t k = 0; k < SV_ND_LEARNED; k++) {
        if (net->nd.learned[k].kind && net->nd.learned[k].port == port)
            sv_nd_forget(c, net, k);
    }
    for (uint32_t k = 0; k < SV_ND_SERVERS; k++) {
        if (net->nd.server[k].port == port)
            net->nd.server[k].until = 0;
    }
    if (net->nd.search_port == port)
        net->nd.search_until = 0;
    struct sv_interface *i = sv_interface_of(&net->link.interfaces, port);
    struct sv_nd_port *p = sv_nd_port_of(net, port);
    p->link_mtu = 0; /* the parameters were that link's */
    p->hop_limit = p->managed = p->other = 0;
    i->reachable_ms = i->retrans_ms = 0;
}

void sv_nd_forget_router(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *router)
{
    for (uint32_t k = 0; k < SV_ND_LEARNED; k++) {
        const struct sv_nd_learned *e = &net->nd.learned[k];
        if (e->kind && e->kind != SV_ND_PREFIX && e->port == port && sv_addr_equal(&e->gateway, router) &&
            (e->kind != SV_ND_REDIRECTED || !sv_addr_equal(&e->prefix, router)))
            sv_nd_forget(c, net, k);
    }
}

bool sv_nd_is_router(const struct sv_net *net, sv_port port, const struct sv_addr *addr)
{
    for (uint32_t k = 0; k < SV_ND_LEARNED; k++) {
        const struct sv_nd_learned *e = &net->nd.learned[k];
        if (e->kind == SV_ND_DEFAULT && e->port == port && sv_addr_equal(&e->gateway, addr))
            return true;
    }
    return false;
}

/* A gateway that does not answer gives way to others (RFC 4861 §6.3.6, RFC 4191 §3.2); who was redirected to it asks
 * the first hop again. One that answers has its rank back. */
void sv_nd_neighbour_changed(struct sv_core *c, struct sv_net *net, uint32_t neighbour)
{
    const struct sv_neighbour *n = sv_neighbour_of(&net->link.neighbours, neighbour);
    const uint8_t failed = n->state == SV_NEIGHBOUR_FAILED;
    for (uint32_t k = 0; k < SV_ND_LEARNED; k++) {
        struct sv_nd_learned *e = &net->nd.learned[k];
        if (!e->kind || e->port != n->port || !sv_addr_equal(&e->gateway, &n->addr) || e->unreachable == failed)
            continue;
        if (e->kind == SV_ND_REDIRECTED) {
            sv_nd_forget(c, net, k);
            continue;
        }
        e->unreachable = failed;
        (void)!sv_nd_install(net, e); /* the route is there: only its metric changes */
    }
}

/* --- name servers --- */

static sv_time sv_nd_server_until(const struct sv_core *c, uint32_t lifetime_s)
{
    return lifetime_s == SV_ND_INFINITE ? SV_NEVER : c->now + lifetime_s * SV_S;
}

bool sv_nd_learn_server(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *addr,
                        uint32_t lifetime_s)
{
    struct sv_nd_server *at = NULL;
    for (uint32_t k = 0; k < SV_ND_SERVERS; k++) {
        struct sv_nd_server *s = &net->nd.server[k];
        const bool live = s->until > c->now;
        if (live && s->port == port && sv_addr_equal(&s->addr, addr)) {
            at = s;
            break;
        }
        if (!live && !at)
            at = s;
    }
    if (lifetime_s == 0) {
        if (at && at->until > c->now)
            at->until = 0;
        return true;
    }
    if (!at)
        return false;
    *at = (struct sv_nd_server){.addr = *addr, .until = sv_nd_server_until(c, lifetime_s), .port = port};
    return true;
}

bool sv_nd_learn_search(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_option *o)
{
    if (o->bytes_length > SV_ND_SEARCH_BYTES)
        return false;
    sv_memcpy(net->nd.search, o->bytes, o->bytes_length);
    net->nd.search_length = o->bytes_length;
    net->nd.search_port = port;
    net->nd.search_until = o->lifetime_s ? sv_nd_server_until(c, o->lifetime_s) : 0;
    return true;
}
