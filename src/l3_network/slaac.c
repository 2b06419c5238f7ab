/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/slaac.h"

#include "l3_network/interface_id.h"
#include "l3_network/net.h"
#include "seven/stack.h"

static const struct sv_addr link_local_prefix = {{0xfe, 0x80}};

static bool sv_slaac_is_ours(const struct sv_address *a)
{
    return a->state == SV_ADDRESS_TENTATIVE || a->state == SV_ADDRESS_PREFERRED || a->state == SV_ADDRESS_CONFLICT;
}

/* The next moment at which something ends. */
static void sv_slaac_plan(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    a->life_at = a->life.valid_until;
    if (!(a->flags & SV_ADDRESS_DEPRECATED))
        a->life_at = sv_min_u64(a->life_at, a->life.preferred_until);
    if ((a->flags & (SV_ADDRESS_TEMPORARY | SV_ADDRESS_REGENERATED)) == SV_ADDRESS_TEMPORARY) {
        const sv_time advance = sv_temp_regen_advance_s(SV_DAD_TRANSMITS, SV_ND_RETRANS_MS) * SV_S;
        const sv_time until = a->life.preferred_until;
        if (until != SV_NEVER)
            a->life_at = sv_min_u64(a->life_at, until > advance ? until - advance : 0);
    }
    sv_address_rearm(c, &net->addresses, index);
}

static void sv_slaac_set_life(struct sv_core *c, struct sv_net *net, uint32_t index, const struct sv_lifetimes *life)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    a->life = *life;
    const bool deprecated = life->preferred_until <= c->now;
    if (deprecated != ((a->flags & SV_ADDRESS_DEPRECATED) != 0)) {
        a->flags ^= SV_ADDRESS_DEPRECATED;
        net->routes.generation++; /* who chose it as a source chooses again */
        sv_address_move(c, &net->addresses, index, (enum sv_address_state)a->state);
    }
    sv_slaac_plan(c, net, index);
}

/* Makes one with an identifier that is not reserved and not taken here. */
static uint32_t sv_slaac_make(struct sv_core *c, struct sv_net *net, struct sv_net_address *want, uint32_t dad_counter)
{
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, want->port);
    const struct sv_addr prefix = want->addr;
    uint32_t index = SV_NONE;
    for (uint32_t tries = 0; tries < 8; tries++, dad_counter++) {
        uint64_t iid;
        if (want->flags & SV_ADDRESS_TEMPORARY)
            iid = sv_iid_temporary(&net->nd.stable_key, &prefix, sv_rng_u64(&c->rng[SV_RNG_ND]));
        else
            iid = sv_iid_stable(&net->nd.stable_key, &prefix, i->mac, 0, dad_counter);
        want->addr = sv_iid_address(&prefix, iid);
        if (sv_iid_reserved(iid))
            continue;
        const enum sv_err err = sv_net_address_make(c, net, want, &index);
        if (err == SV_ERR_IN_USE)
            continue;
        if (err != SV_OK)
            break;
        sv_address_of(&net->addresses, index)->dad_counter = (uint8_t)dad_counter;
        sv_slaac_set_life(c, net, index, &want->life);
        return index;
    }
    return SV_NONE;
}

void sv_slaac_link_local(struct sv_core *c, struct sv_net *net, sv_port port)
{
    for (uint32_t i = 0; i < net->addresses.ceiling; i++) {
        const struct sv_address *a = sv_address_of(&net->addresses, i);
        if (sv_slaac_is_ours(a) && a->port == port && sv_addr_is_link_local_v6(&a->addr))
            return;
    }
    struct sv_net_address want = {.port = port,
                                  .addr = link_local_prefix,
                                  .prefix_bits = 64,
                                  .flags = SV_ADDRESS_LINK_LOCAL,
                                  .life = {SV_NEVER, SV_NEVER}};
    if (sv_slaac_make(c, net, &want, 0) == SV_NONE)
        sv_drop(c, SV_DROP_ND_FULL, NULL, port, 0);
}

/* --- prefixes --- */

/* The stable address made from a prefix; SV_NONE. *prefixes counts those of that interface. */
static uint32_t sv_slaac_stable_of(const struct sv_net *net, sv_port port, const struct sv_addr *prefix,
                                   uint32_t *prefixes)
{
    uint32_t found = SV_NONE;
    *prefixes = 0;
    for (uint32_t i = 0; i < net->addresses.ceiling; i++) {
        const struct sv_address *a = sv_address_of(&net->addresses, i);
        if (!sv_slaac_is_ours(a) || a->port != port || !(a->flags & SV_ADDRESS_STABLE))
            continue;
        (*prefixes)++;
        if (sv_addr_in_prefix(&a->addr, prefix, 64))
            found = i;
    }
    return found;
}

/* A new temporary address beside the stable one (RFC 8981 §3.4). dad_counter: how often one was in conflict. */
static void sv_slaac_temporary(struct sv_core *c, struct sv_net *net, uint32_t stable, uint32_t dad_counter)
{
    const struct sv_address *a = sv_address_of(&net->addresses, stable);
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, a->port);
    if (i->flags & SV_IF_NO_TEMPORARY)
        return;
    uint32_t have = 0;
    for (uint32_t k = 0; k < net->addresses.ceiling; k++) {
        const struct sv_address *t = sv_address_of(&net->addresses, k);
        have += sv_slaac_is_ours(t) && t->flags & SV_ADDRESS_TEMPORARY && t->port == a->port &&
                sv_addr_in_prefix(&t->addr, &a->addr, 64);
    }
    struct sv_net_address want = {.port = a->port,
                                  .addr = a->addr,
                                  .prefix_bits = 64,
                                  .flags = SV_ADDRESS_TEMPORARY | SV_ADDRESS_NO_ROUTE,
                                  .router = a->router};
    want.desync_s = sv_rng_below(&c->rng[SV_RNG_ND], sv_temp_desync_max_s());
    want.life = sv_temp_lifetimes(c->now, want.desync_s, &a->life);
    /* Not for a time so short that its successor would be due at once (§3.4 step 5). */
    const uint32_t advance_s = sv_temp_regen_advance_s(SV_DAD_TRANSMITS, SV_ND_RETRANS_MS);
    if (sv_lifetime_left_s(c->now, want.life.preferred_until) <= advance_s)
        return;
    if (have >= SV_SLAAC_TEMPORARY_MAX || sv_slaac_make(c, net, &want, dad_counter) == SV_NONE)
        sv_drop(c, SV_DROP_ND_FULL, NULL, want.port, 0);
}

/* §3.4 step 2: temporary ones live no longer than what they were made from. True: one of them is preferred. */
static bool sv_slaac_renew_temporaries(struct sv_core *c, struct sv_net *net, uint32_t stable)
{
    const struct sv_address *a = sv_address_of(&net->addresses, stable);
    bool preferred = false;
    for (uint32_t k = 0; k < net->addresses.ceiling; k++) {
        const struct sv_address *t = sv_address_of(&net->addresses, k);
        if (!sv_slaac_is_ours(t) || !(t->flags & SV_ADDRESS_TEMPORARY) || t->port != a->port ||
            !sv_addr_in_prefix(&t->addr, &a->addr, 64))
            continue;
        const struct sv_lifetimes life = sv_temp_lifetimes(t->created, t->desync_s, &a->life);
        sv_slaac_set_life(c, net, k, &life);
        preferred |= !(t->flags & (SV_ADDRESS_DEPRECATED | SV_ADDRESS_REGENERATED)) && t->state != SV_ADDRESS_CONFLICT;
    }
    return preferred;
}

bool sv_slaac_prefix(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_prefix *p,
                     const struct sv_addr *router)
{
    uint32_t prefixes;
    if (p->preferred_s > p->valid_s || sv_addr_is_link_local_v6(&p->prefix) || p->bits != 64 ||
        !sv_addr_is_unicast(&p->prefix))
        return true; /* §5.5.3 (b), (c), (d): silently */
    uint32_t index = sv_slaac_stable_of(net, port, &p->prefix, &prefixes);
    if (index == SV_NONE) {
        if (p->valid_s == 0)
            return true;
        struct sv_net_address want = {
            .port = port,
            .addr = p->prefix,
            .prefix_bits = 64,
            .flags = SV_ADDRESS_STABLE | SV_ADDRESS_NO_ROUTE,
            .life = {sv_lifetime_until(c->now, p->preferred_s), sv_lifetime_until(c->now, p->valid_s)},
            .router = *router};
        if (prefixes >= SV_SLAAC_PREFIXES_MAX)
            return false;
        index = sv_slaac_make(c, net, &want, 0);
        if (index == SV_NONE)
            return false;
    } else {
        struct sv_address *a = sv_address_of(&net->addresses, index);
        const struct sv_lifetimes life = sv_slaac_renew(&a->life, c->now, p->preferred_s, p->valid_s);
        if (!sv_addr_equal(&a->router, router))
            net->routes.generation++; /* RFC 6724 rule 5.5 may choose otherwise */
        a->router = *router;
        sv_slaac_set_life(c, net, index, &life);
    }
    if (!sv_slaac_renew_temporaries(c, net, index))
        sv_slaac_temporary(c, net, index, 0);
    return true;
}

/* --- what becomes of them --- */

void sv_slaac_conflict(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    const struct sv_address gone = *sv_address_of(&net->addresses, index);
    const uint32_t tries = gone.dad_counter + 1u;
    uint32_t prefixes;
    const bool made_here = gone.flags & (SV_ADDRESS_STABLE | SV_ADDRESS_TEMPORARY | SV_ADDRESS_LINK_LOCAL);
    if (!made_here || tries > SV_SLAAC_IDGEN_RETRIES)
        return; /* it stays, marked: somebody should look at this network */
    struct sv_net_address want = {.port = gone.port,
                                  .addr = sv_iid_address(&gone.addr, 0),
                                  .prefix_bits = gone.prefix_bits,
                                  .flags = gone.flags & (uint16_t) ~(SV_ADDRESS_DEPRECATED | SV_ADDRESS_REGENERATED),
                                  .life = gone.life,
                                  .router = gone.router,
                                  .desync_s = gone.desync_s};
    sv_net_address_remove(c, net, index);
    if (!(gone.flags & SV_ADDRESS_TEMPORARY)) {
        (void)sv_slaac_make(c, net, &want, tries);
        return;
    }
    const uint32_t stable = sv_slaac_stable_of(net, gone.port, &gone.addr, &prefixes);
    if (stable != SV_NONE)
        sv_slaac_temporary(c, net, stable, tries);
}

static void sv_slaac_regenerate(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    uint32_t prefixes;
    const uint32_t stable = sv_slaac_stable_of(net, a->port, &a->addr, &prefixes);
    a->flags |= SV_ADDRESS_REGENERATED;
    if (stable != SV_NONE)
        sv_slaac_temporary(c, net, stable, 0);
}

void sv_slaac_due(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_address *a = sv_address_of(&net->addresses, index);
    if (a->life_at > c->now)
        return;
    if (a->life.valid_until <= c->now) {
        sv_net_address_remove(c, net, index);
        return;
    }
    if ((a->flags & (SV_ADDRESS_TEMPORARY | SV_ADDRESS_REGENERATED)) == SV_ADDRESS_TEMPORARY)
        sv_slaac_regenerate(c, net, index);
    const struct sv_lifetimes life = a->life;
    sv_slaac_set_life(c, net, index, &life);
}
