/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/nd.h"

#include "l2_link/ethernet.h"
#include "l3_network/group.h"
#include "l3_network/net.h"
#include "l3_network/slaac.h"
#include "seven/stack.h"

static const struct sv_addr all_nodes = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
static const struct sv_addr all_routers = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

bool sv_nd_init(struct sv_nd *nd, struct sv_core *c, struct sv_arena *arena, uint32_t interfaces)
{
    struct sv_nd_port *p = sv_arena_take(arena, (uint64_t)interfaces * sizeof *p, 64);
    struct sv_advertise_config *config = sv_arena_take(arena, (uint64_t)interfaces * sizeof *config, 64);
    if (!p || !config)
        return false;
    sv_memset(nd, 0, sizeof *nd);
    nd->ports_at = (int64_t)((uintptr_t)p - (uintptr_t)nd);
    nd->ports = interfaces;
    nd->stable_key = c->secret;
    nd->solicit_full_at = nd->redirect_full_at = c->now;
    for (uint32_t i = 0; i < interfaces; i++) {
        sv_memset(&p[i], 0, sizeof p[i]);
        sv_wheel_node_init(&p[i].timer);
        p[i].solicit_at = p[i].advertise_at = SV_NEVER;
        p[i].config_at = (int64_t)((uintptr_t)&config[i] - (uintptr_t)&p[i]);
    }
    sv_wheel_kind(&c->wheel, SV_WHEEL_ND, &p->timer, (uint32_t)sizeof *p);
    return true;
}

uint64_t sv_nd_bytes(uint32_t interfaces)
{
    return (uint64_t)interfaces * (sizeof(struct sv_nd_port) + sizeof(struct sv_advertise_config)) + 128u;
}

struct sv_nd_port *sv_nd_port_of(const struct sv_net *net, sv_port port)
{
    SV_ASSERT(port < net->nd.ports);
    return (struct sv_nd_port *)((uintptr_t)&net->nd + (uintptr_t)net->nd.ports_at) + port;
}

/* --- neighbours --- */

/* The record of an address of ours on that interface, in whatever state; SV_NONE. */
static uint32_t sv_nd_ours(struct sv_core *c, const struct sv_net *net, sv_port port, const struct sv_addr *addr)
{
    const uint32_t i = sv_address_find_slowly(c, &net->addresses, addr);
    if (i == SV_NONE || sv_address_of(&net->addresses, i)->port != port)
        return SV_NONE;
    return sv_address_of(&net->addresses, i)->state <= SV_ADDRESS_CONFLICT ? i : SV_NONE;
}

/* RFC 4861 §7.2.3, §7.2.4. */
static enum sv_drop sv_nd_asked(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_msg *m,
                                const struct sv_ip_hdr *h, bool from_our_mac)
{
    const uint32_t index = sv_nd_ours(c, net, port, &m->target);
    const bool nobody = sv_addr_is_zero(&h->src);
    if (index == SV_NONE)
        return SV_DROP_ND_IGNORED;
    const uint8_t state = sv_address_of(&net->addresses, index)->state;
    if (state == SV_ADDRESS_TENTATIVE && nobody)
        return sv_dad_heard(c, net, index, m, from_our_mac);
    if (state != SV_ADDRESS_PREFERRED || from_our_mac)
        return SV_DROP_ND_IGNORED; /* RFC 4862 §5.4.3: a tentative address answers nothing */
    if (nobody) {
        sv_nd_advertise_address(c, net, index, &all_nodes, SV_ND_OVERRIDE, NULL);
        return SV_DROP_NONE;
    }
    if (m->flags & SV_ND_HAS_SLLA)
        sv_neighbour_learn(c, &net->link, port, &h->src, m->slla, false, true, &m->target);
    sv_nd_advertise_address(c, net, index, &h->src, SV_ND_SOLICITED | SV_ND_OVERRIDE,
                            m->flags & SV_ND_HAS_SLLA ? m->slla : NULL);
    return SV_DROP_NONE;
}

/* Another station speaks as an address that we use. Detection has missed it (a network was joined to ours); ours is
 * told again to all, once in ten seconds, and both ends of the conflict can be seen. */
static void sv_nd_defend(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    a->conflicts++;
    if (a->defended != SV_NEVER && c->now < a->defended + 10u * SV_S)
        return;
    a->defended = c->now;
    sv_nd_advertise_address(c, net, index, &all_nodes, SV_ND_OVERRIDE, NULL);
}

/* §7.2.5 */
static enum sv_drop sv_nd_told(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_msg *m,
                               bool from_our_mac)
{
    const uint32_t index = sv_nd_ours(c, net, port, &m->target);
    if (index != SV_NONE) {
        if (from_our_mac)
            return SV_DROP_ND_LOOPED;
        if (sv_address_of(&net->addresses, index)->state == SV_ADDRESS_TENTATIVE)
            return sv_dad_heard(c, net, index, m, from_our_mac);
        if (sv_address_of(&net->addresses, index)->state == SV_ADDRESS_PREFERRED)
            sv_nd_defend(c, net, index);
        return SV_DROP_ND_CONFLICT;
    }
    const struct sv_neighbour_told told = {.mac = m->flags & SV_ND_HAS_TLLA ? m->tlla : NULL,
                                           .solicited = (m->flags & SV_ND_SOLICITED) != 0,
                                           .override = (m->flags & SV_ND_OVERRIDE) != 0,
                                           .router = (m->flags & SV_ND_ROUTER) != 0};
    const enum sv_neighbour_heard heard = sv_neighbour_advertised(c, &net->link, port, &m->target, &told);
    if (heard == SV_NEIGHBOUR_NO_ROUTER)
        sv_nd_forget_router(c, net, port, &m->target);
    return heard == SV_NEIGHBOUR_UNHEARD ? SV_DROP_ND_IGNORED : SV_DROP_NONE;
}

static enum sv_drop sv_nd_take(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *b,
                               const struct sv_ip_hdr *h)
{
    struct sv_nd_msg m;
    if (h->reassembled)
        return SV_DROP_ND_FRAGMENTED; /* RFC 6980 §5 */
    if (b->length > SV_SLAB_BYTES || !sv_buf_gather(b, (uint16_t)b->length))
        return SV_DROP_ND_INVALID;
    const uint8_t *bytes = sv_buf_head(b) + h->header_length;
    enum sv_drop why = sv_nd_parse(bytes, b->length - h->header_length, &m);
    if (why == SV_DROP_NONE)
        why = sv_nd_validate(&m, bytes[1], h->ttl, &h->src, &h->dst);
    if (why != SV_DROP_NONE)
        return why;
    const uint8_t *source_mac = sv_buf_at(b, b->l2) + SV_MAC_BYTES;
    const bool from_our_mac = sv_mac_equal(source_mac, sv_interface_of(&net->link.interfaces, port)->mac);
    switch (m.type) {
    case SV_ND_NEIGHBOUR_SOLICIT:
        return sv_nd_asked(c, net, port, &m, h, from_our_mac);
    case SV_ND_NEIGHBOUR_ADVERT:
        return sv_nd_told(c, net, port, &m, from_our_mac);
    case SV_ND_ROUTER_ADVERT:
        return from_our_mac ? SV_DROP_ND_LOOPED : sv_nd_receive_advert(c, net, port, &m, h);
    case SV_ND_ROUTER_SOLICIT:
        return sv_nd_receive_solicit(c, net, port, &m, h);
    default:
        return sv_nd_receive_redirect(c, net, port, &m, h);
    }
}

void sv_nd_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take, const struct sv_ip_hdr *h)
{
    const enum sv_drop why = sv_nd_take(c, net, port, take, h);
    if (why != SV_DROP_NONE)
        sv_drop(c, why, take, port, 0);
    else
        sv_buf_free(take);
}

/* --- what happens to the interface and its addresses --- */

void sv_nd_link_changed(struct sv_core *c, struct sv_net *net, sv_port port, bool up)
{
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, port);
    struct sv_nd_port *p = sv_nd_port_of(net, port);
    p->solicit_at = SV_NEVER;
    p->solicit_ms = 0;
    if (!up) {
        sv_nd_forget_port(c, net, port);
        p->advertise_at = SV_NEVER;
        return;
    }
    if (i->flags & (SV_IF_IP6 | SV_IF_AUTOCONF))
        sv_slaac_link_local(c, net, port);
    if (p->advertising) {
        p->initial_left = SV_ND_INITIAL_RAS;
        p->advertise_at = c->now;
        sv_nd_wake(c, port, c->now);
    }
}

void sv_nd_address_ready(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    const struct sv_address *a = sv_address_of(&net->addresses, index);
    const sv_port port = a->port;
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, port);
    if (!i->up)
        return;
    if (sv_addr_is_link_local_v6(&a->addr)) {
        sv_membership_tell_again(c, net, port, true); /* reports until now came from nobody: RFC 3590 */
        if (i->flags & SV_IF_AUTOCONF && !net->forward)
            sv_nd_solicit_begin(c, net, port);
        struct sv_nd_port *p = sv_nd_port_of(net, port);
        if (p->advertising && p->advertised == 0) {
            p->advertise_at = c->now;
            sv_nd_wake(c, port, c->now);
        }
        return;
    }
    /* Routers learn where we are before the first packet for us comes (RFC 9131 §5); nobody's entry is overridden. */
    if (i->flags & SV_IF_AUTOCONF)
        sv_nd_advertise_address(c, net, index, &all_routers, 0, NULL);
}

void sv_nd_wake(struct sv_core *c, sv_port port, sv_time at)
{
    sv_wheel_arm(&c->wheel, SV_WHEEL_ND, port, at);
}

void sv_nd_expire(struct sv_core *c, struct sv_net *net, sv_port port)
{
    struct sv_nd_port *p = sv_nd_port_of(net, port);
    if (port >= net->link.interfaces.count)
        return;
    if (p->solicit_at <= c->now)
        sv_nd_solicit_due(c, net, port);
    if (p->advertise_at <= c->now)
        sv_nd_advertise_due(c, net, port);
    const sv_time next = sv_nd_learned_expire(c, net, port);
    sv_nd_wake(c, port, sv_min_u64(next, sv_min_u64(p->solicit_at, p->advertise_at)));
}

void sv_nd_check(const struct sv_core *c, const struct sv_net *net)
{
    uint32_t kinds[SV_ND_LEARNED_KINDS] = {0};
    (void)c;
    for (uint32_t k = 0; k < SV_ND_LEARNED; k++) {
        const struct sv_nd_learned *e = &net->nd.learned[k];
        SV_ASSERT(e->kind < SV_ND_LEARNED_KINDS);
        kinds[e->kind]++;
        if (e->kind)
            SV_ASSERT(e->until == SV_NEVER || sv_nd_port_of(net, e->port)->timer.at <= e->until);
    }
    SV_ASSERT(kinds[SV_ND_DEFAULT] <= SV_ND_DEFAULTS_MAX);
    SV_ASSERT(kinds[SV_ND_PREFIX] <= SV_ND_PREFIXES_MAX);
    SV_ASSERT(kinds[SV_ND_ROUTE] <= SV_ND_ROUTES_MAX);
    SV_ASSERT(kinds[SV_ND_REDIRECTED] <= SV_ND_REDIRECTS_MAX);
    for (sv_port port = 0; port < net->link.interfaces.count; port++) {
        const struct sv_nd_port *p = sv_nd_port_of(net, port);
        SV_ASSERT(p->timer.at <= sv_min_u64(p->solicit_at, p->advertise_at));
    }
}
