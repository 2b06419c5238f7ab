/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's half of router discovery: routers are asked for (RFC 4861 §6.3.7, RFC 7559), and what they say is taken
 * (§6.3.4), within bounds; and redirects (§8.3). */
#include "l3_network/net.h"
#include "l3_network/redirect.h"
#include "l3_network/slaac.h"
#include "seven/stack.h"

static const struct sv_addr all_routers = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

/* --- asking --- */

void sv_nd_solicit_begin(struct sv_core *c, struct sv_net *net, sv_port port)
{
    struct sv_nd_port *p = sv_nd_port_of(net, port);
    p->solicit_ms = 0;
    p->solicit_at = c->now + sv_rng_below(&c->rng[SV_RNG_ND], SV_ND_RTR_SOLICITATION_DELAY_MS + 1u) * SV_MS;
    sv_nd_wake(c, port, p->solicit_at);
}

/* RFC 7559 §2, by RFC 8415 §15: twice the last wait, a tenth of it more or less, and never much over an hour. */
static uint32_t sv_nd_next_wait_ms(struct sv_core *c, uint32_t last_ms)
{
    uint32_t ms = last_ms ? 2u * last_ms : SV_ND_RS_FIRST_MS;
    if (ms > SV_ND_RS_LONGEST_MS)
        ms = SV_ND_RS_LONGEST_MS;
    const uint32_t tenth = ms / 10u;
    return ms - tenth + sv_rng_below(&c->rng[SV_RNG_ND], 2u * tenth + 1u);
}

void sv_nd_solicit_due(struct sv_core *c, struct sv_net *net, sv_port port)
{
    struct sv_nd_port *p = sv_nd_port_of(net, port);
    uint8_t bytes[SV_ND_MESSAGE_MAX];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    const struct sv_nd_msg m = {.type = SV_ND_ROUTER_SOLICIT};
    const uint32_t ours = sv_nd_link_local(net, port);
    struct sv_addr src = {{0}};
    sv_nd_emit_header(&w, &m);
    if (ours != SV_NONE) {
        src = sv_address_of(&net->addresses, ours)->addr;
        sv_nd_emit_lla(&w, SV_ND_OPT_SOURCE_LLA, sv_interface_of(&net->link.interfaces, port)->mac);
    }
    p->solicit_ms = sv_nd_next_wait_ms(c, p->solicit_ms);
    p->solicit_at = c->now + p->solicit_ms * SV_MS;
    sv_nd_send(c, net, port, &src, &all_routers, bytes, (uint32_t)(w.at - bytes), NULL);
}

/* --- advertisements --- */

/* §6.3.4: what is not told leaves things as they are; what would stop us is not believed. */
static void sv_nd_take_parameters(struct sv_net *net, sv_port port, const struct sv_nd_msg *m)
{
    struct sv_interface *i = sv_interface_of(&net->link.interfaces, port);
    struct sv_nd_port *p = sv_nd_port_of(net, port);
    if (m->hop_limit >= SV_ND_HOP_LIMIT_MIN)
        p->hop_limit = m->hop_limit;
    if (m->reachable_ms != 0 && m->reachable_ms <= SV_ND_REACHABLE_MAX_MS)
        i->reachable_ms = m->reachable_ms;
    if (m->retrans_ms >= SV_ND_RETRANS_MIN_MS && m->retrans_ms <= SV_ND_RETRANS_MAX_MS)
        i->retrans_ms = m->retrans_ms;
    if (m->flags & SV_ND_HAS_MTU && m->mtu >= SV_ND_MTU_MIN && m->mtu <= i->mtu && p->link_mtu != m->mtu) {
        p->link_mtu = m->mtu;
        net->routes.generation++;
    }
    p->managed = (m->flags & SV_ND_MANAGED) != 0;
    p->other = (m->flags & SV_ND_OTHER) != 0;
}

static bool sv_nd_take_prefix(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_prefix *p,
                              const struct sv_addr *router)
{
    bool room = true;
    if (sv_addr_is_link_local_v6(&p->prefix) || sv_addr_is_v4(&p->prefix) ||
        !(p->bits == 0 || sv_addr_is_unicast(&p->prefix)))
        return true; /* §6.3.4: link-local is on link anyway; a mapped prefix would be IPv4's */
    if (p->on_link && p->bits > 0) {
        const struct sv_nd_learned e = {.prefix = p->prefix,
                                        .until = sv_lifetime_until(c->now, p->valid_s),
                                        .port = port,
                                        .kind = SV_ND_PREFIX,
                                        .bits = p->bits};
        room = sv_nd_learn(c, net, &e);
    }
    if (p->autonomous)
        room &= sv_slaac_prefix(c, net, port, p, router);
    return room;
}

static bool sv_nd_take_route(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_route *r,
                             const struct sv_addr *router)
{
    const struct sv_nd_learned e = {.prefix = r->prefix,
                                    .gateway = *router,
                                    .until = sv_lifetime_until(c->now, r->lifetime_s),
                                    .port = port,
                                    .kind = r->bits == 0 ? SV_ND_DEFAULT : SV_ND_ROUTE,
                                    .bits = r->bits,
                                    .preference = r->preference};
    if (r->ignore || sv_addr_is_link_local_v6(&r->prefix) || sv_addr_is_v4(&r->prefix))
        return true;
    return sv_nd_learn(c, net, &e);
}

static bool sv_nd_take_option(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_option *o,
                              const struct sv_addr *router)
{
    bool room = true;
    switch (o->type) {
    case SV_ND_OPT_PREFIX:
        return sv_nd_take_prefix(c, net, port, &o->prefix, router);
    case SV_ND_OPT_ROUTE:
        return sv_nd_take_route(c, net, port, &o->route, router);
    case SV_ND_OPT_RDNSS:
        for (uint32_t at = 0; at < o->bytes_length; at += 16) {
            struct sv_addr server;
            sv_memcpy(server.byte, o->bytes + at, 16);
            if (sv_addr_is_unicast(&server) && !sv_addr_is_v4(&server))
                room &= sv_nd_learn_server(c, net, port, &server, o->lifetime_s);
        }
        return room;
    case SV_ND_OPT_DNSSL:
        return sv_nd_learn_search(c, net, port, o);
    default:
        return true;
    }
}

enum sv_drop sv_nd_receive_advert(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_msg *m,
                                  const struct sv_ip_hdr *h)
{
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, port);
    struct sv_nd_option o;
    uint32_t full = 0;
    if (!(i->flags & SV_IF_AUTOCONF) || net->forward)
        return SV_DROP_ND_IGNORED; /* §6.2.7: a router only looks whether it agrees */
    sv_nd_take_parameters(net, port, m);
    const struct sv_nd_learned router = {.gateway = h->src,
                                         .until = c->now + m->router_lifetime_s * SV_S,
                                         .port = port,
                                         .kind = SV_ND_DEFAULT,
                                         .preference = m->preference};
    full += !sv_nd_learn(c, net, &router);
    if (m->router_lifetime_s != 0) {
        struct sv_nd_port *p = sv_nd_port_of(net, port);
        p->solicit_at = SV_NEVER; /* RFC 7559 §2: one answered, and it is a default router */
    }
    if (m->flags & SV_ND_HAS_SLLA)
        sv_neighbour_learn(c, &net->link, port, &h->src, m->slla, false, true, &h->dst);
    sv_neighbour_set_router(c, &net->link, port, &h->src);
    struct sv_rd r = sv_nd_options(m);
    while (sv_nd_next(&r, &o))
        full += !sv_nd_take_option(c, net, port, &o, &h->src);
    for (; full > 0; full--)
        sv_drop(c, SV_DROP_ND_FULL, NULL, port, 0);
    return SV_DROP_NONE;
}

/* --- redirects --- */

enum sv_drop sv_nd_receive_redirect(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_msg *m,
                                    const struct sv_ip_hdr *h)
{
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, port);
    const bool on_link = sv_addr_equal(&m->target, &m->destination);
    if (i->flags & SV_IF_NO_REDIRECTS ||
        !sv_redirect_follow(c, net, port, &h->src, &m->destination, on_link ? NULL : &m->target))
        return SV_DROP_ND_REDIRECT;
    if (m->flags & SV_ND_HAS_TLLA)
        sv_neighbour_learn(c, &net->link, port, &m->target, m->tlla, false, true, &h->dst);
    if (!on_link)
        sv_neighbour_set_router(c, &net->link, port, &m->target);
    return SV_DROP_NONE;
}
