/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of one packet: from the sample that a cable's receiver decided wrongly to the drop and to the segment
 * that carries the same bytes again. And the cables themselves, as the world has them. */
#include <string.h>

#include "scenario/run.h"

static struct sc_departed *place(const struct sc_run *run, uint32_t link, uint32_t port, uint32_t id)
{
    return &run->departed[(id + link * 997u + port * 499u) % SC_DEPARTED];
}

void sc_depart(struct sc_run *run, uint32_t link, uint32_t port, uint32_t id, const struct sc_packet *p)
{
    if (!run->departed)
        return;
    struct sc_departed *d = place(run, link, port, id);
    *d = (struct sc_departed){.link = link, .port = port, .id = id, .packet = *p};
    d->packet.transit = false; /* whoever asks, asks about this link */
}

void sc_about(struct sc_run *run, const struct sc_packet *p, uint32_t id)
{
    run->about = (struct sc_subject){
        .packet = id, .from = p->from, .attempt = p->tcp ? p->attempt : SV_NONE, .begin = p->begin, .end = p->end};
}

/* A link did something to a packet that had gone into it. */
void sc_link_event(struct sc_run *run, uint32_t kind, uint32_t link, uint32_t port, uint32_t id, uint32_t reason)
{
    if (!run->departed || link >= run->model->links)
        return;
    const struct sc_departed *d = place(run, link, port, id);
    if (d->link != link || d->port != port || d->id != id)
        return;
    sc_about(run, &d->packet, id);
    struct sc_facts of;
    sc_facts_of(run, &of, kind + 16u, link, SV_NONE, SV_NONE);
    for (uint32_t i; (i = sc_facts_next(run, &of)) != SV_NONE;) {
        const struct sc_fact *f = &run->model->fact[i];
        if ((f->reason == SV_NONE || f->reason == reason) &&
            sc_count_selected(&run->fact[i].count, &f->what, &d->packet))
            sc_fact_event(run, f, &run->fact[i]);
    }
}

/* --- linked facts --- */

static bool same(const struct sc_subject *a, const struct sc_subject *b)
{
    const bool bytes = a->attempt != SV_NONE && a->attempt == b->attempt && a->from == b->from && a->begin < a->end &&
                       b->begin < b->end && a->begin < b->end && b->begin < a->end;
    return bytes || (a->packet && a->packet == b->packet && a->from == b->from);
}

void sc_chain_event(struct sc_run *run, uint32_t expectation, uint32_t fact)
{
    const struct sc_expect *x = &run->model->expect[expectation];
    struct sc_judged *j = &run->judged[expectation];
    for (uint32_t i = 0; i < j->chains && i < SC_CHAINS; i++) {
        struct sc_chain *c = &j->chain[i];
        if (c->links == x->linked || x->chain[c->links] != fact || !same(&c->about, &run->about) ||
            (x->by != SV_NEVER && run->now > x->by))
            continue;
        c->links++;
        j->chains_whole += c->links == x->linked;
        j->when = run->now;
    }
    if (fact != x->chain[0])
        return;
    if (j->chains < SC_CHAINS)
        j->chain[j->chains] = (struct sc_chain){.about = run->about, .links = 1};
    j->chains++; /* beyond the table: it cannot come to its end, and the expectation fails */
}

/* --- links of either kind --- */

bool sc_build_cable(struct sc_run *run, uint32_t link)
{
    const struct sc_link *l = &run->model->link[link];
    const struct sv_cable_config c = {
        .size = sizeof c,
        .number = run->model->hosts + 1u + link,
        .seed = run->seed ^ sc_name_hash(l->name),
        .trace = run->trace,
        .ceiling = l->frames,
        .autoneg = l->autoneg,
        .keep_bad_fcs = l->no_fcs,
        .msb_first = l->msb_first,
        .way = {l->pair[0], l->pair[1]},
    };
    run->cable[link] = sv_cable_create(run->arena, run->pool, &c, 0);
    if (!run->cable[link] || sv_world_add(run->sim->world, sv_cable_node(run->cable[link])) != run->model->hosts + link)
        return false;
    for (uint32_t e = 0; e < 2; e++)
        sv_world_wire(run->sim->world, l->end[e], l->port[e], run->model->hosts + link, e);
    return true;
}

uint64_t sc_link_drops(const struct sc_run *run, uint32_t link, enum sv_drop reason)
{
    return run->cable[link] ? sv_cable_drops(run->cable[link], reason) : sv_link_drops(run->link[link], reason);
}

void sc_link_set_up(struct sc_run *run, uint32_t link, bool up)
{
    if (run->cable[link])
        sv_cable_set_up(run->cable[link], up, run->now);
    else
        sv_link_set_up(run->link[link], up, run->now);
}

/* The byte that a probe saw, as eight digits in time's order: Manchester has 1 low, high, and 0 high, low (IEEE 802.3
 * §7.3.1.1); 9: neither. */
static uint64_t probed_bits(const struct sc_run *run, uint32_t link)
{
    int8_t level[SV_PHY_BYTE_LEVELS];
    uint64_t digits = 0;
    if (!sv_cable_probed(run->cable[link], level))
        return 0;
    for (uint32_t i = 0; i < SV_PHY_BYTE_LEVELS; i += 2) {
        const bool one = level[i] < 0 && level[i + 1u] > 0, zero = level[i] > 0 && level[i + 1u] < 0;
        digits = 10u * digits + (one ? 1u : zero ? 0u : 9u);
    }
    return digits;
}

/* In the order of sc_counters_link. */
bool sc_cable_value(const struct sc_run *run, uint32_t link, uint64_t all[SC_LINK_VALUES])
{
    for (sv_port p = 0; p < 2; p++) {
        const struct sv_phy_link_counts *c = sv_cable_counts(run->cable[link], p);
        const uint64_t here[] = {c->of[SV_PHY_LOST_FCS],   c->of[SV_PHY_LOST_SYMBOL], c->of[SV_PHY_LOST_CARRIER],
                                 c->of[SV_PHY_NEVER_SEEN], c->wrong_symbols,          c->samples};
        all[0] += c->sent;
        all[2] += c->of[SV_PHY_ARRIVED];
        for (uint32_t i = 0; i < 6; i++)
            all[10 + i] += here[i];
    }
    all[16] = run->wrong_sample[link];
    all[17] = probed_bits(run, link);
    return true;
}
