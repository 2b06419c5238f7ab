/* SPDX-License-Identifier: BSD-2-Clause */
/* The world of a seed: built, run, and judged. */
#include "tests/scenario/pair.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PAIR_STEPS 4000000u /* far more than any seed needs: beyond it the world turns on the spot */
#define PAIR_TRACE_RECORDS 4096u

void pair_fail(struct pair *p, const char *format, ...)
{
    va_list args;
    if (p->failure[0])
        return; /* the first is the one that matters */
    va_start(args, format);
    vsnprintf(p->failure, sizeof p->failure, format, args);
    va_end(args);
}

/* --- building --- */

static bool open_host(struct pair *p, uint32_t h)
{
    struct sv_stack_config *c = &p->conditions.stack[h];
    const struct sv_interface_config interface = {
        .size = sizeof interface,
        .flags = p->conditions.arp_probe ? 0 : SV_IF_NO_ARP_PROBE,
        .mac = {2, 0, 0, 0, 0, (uint8_t)(h + 1u)},
        .mtu = p->conditions.mtu[h],
    };
    const struct sv_addr addr = pair_address(p, h), other = pair_address(p, 1u - h);
    const uint8_t other_mac[6] = {2, 0, 0, 0, 0, (uint8_t)(2u - h)};
    sv_port port;
    c->trace = p->trace;
    p->stack[h] = sv_stack_create(p->arena, p->pool, c, PAIR_BEGIN);
    if (!p->stack[h] || sv_interface_add(p->stack[h], &interface, &port, PAIR_BEGIN) != SV_OK ||
        sv_address_add(p->stack[h], port, &addr, p->conditions.six ? 64 : 24, PAIR_BEGIN) != SV_OK)
        return false;
    if (p->conditions.six && sv_neighbour_add(p->stack[h], port, &other, other_mac, PAIR_BEGIN) != SV_OK)
        return false;
    sv_stack_set_checked(p->stack[h], true);
    p->host[h] = (struct sv_host){.stack = p->stack[h]};
    p->app[h] = (struct pair_app){.pair = p, .host = h, .datagram_at = PAIR_BEGIN};
    (void)sv_host_add(&p->host[h], &pair_app_ops, &p->app[h]);
    p->sim.host[h] = &p->host[h];
    return sv_world_add(p->sim.world, sv_stack_node(p->stack[h])) == h;
}

bool pair_open(struct pair *p, uint64_t seed, void *memory, uint64_t bytes)
{
    struct pair_coverage *coverage = p->coverage;
    void (*log)(const struct sv_trace_record *) = p->log;
    memset(p, 0, sizeof *p);
    p->seed = seed;
    p->coverage = coverage;
    p->log = log;
    p->now = PAIR_BEGIN;
    pair_draw(p);
    p->arena = sv_arena_create(memory, bytes);
    p->pool = p->arena ? sv_pool_create(p->arena, 1500, 1500) : NULL;
    p->trace = p->pool ? sv_trace_create(p->arena, PAIR_TRACE_RECORDS) : NULL;
    p->sim.world = p->trace ? sv_world_create(p->arena, NULL, PAIR_BEGIN) : NULL;
    if (!p->sim.world || !open_host(p, 0) || !open_host(p, 1))
        return false;
    const struct sv_link_config link = {
        .size = sizeof link,
        .number = 3,
        .seed = seed,
        .trace = p->trace,
        .way = {p->conditions.way[0], p->conditions.way[1]},
    };
    p->link = sv_link_create(p->arena, p->pool, &link, PAIR_BEGIN);
    if (!p->link || sv_world_add(p->sim.world, sv_link_node(p->link)) != 2)
        return false;
    sv_world_wire(p->sim.world, 0, 0, 2, 0);
    sv_world_wire(p->sim.world, 1, 0, 2, 1);
    return true;
}

/* --- watching --- */

static void collect_end(struct pair *p, const struct sv_trace_record *r)
{
    const uint32_t h = r->host - 1u;
    if (r->detail == SV_CAUSE_NONE || r->detail >= SV_CAUSES)
        pair_fail(p, "flow %u of host %u ended without a cause", r->flow, r->host);
    for (uint32_t k = 0; k < p->conditions.connections && h < 2; k++) {
        struct pair_side *s = &p->connection[k].side[h];
        const struct pair_side *peer = &p->connection[k].side[1u - h];
        if (!s->attached || s->flow != r->flow)
            continue;
        s->cause = r->detail;
        if (r->detail != SV_CAUSE_ORDERLY || r->arg[0] != SV_OK)
            continue;
        if (r->arg[1] != s->sent || (peer->attached && r->arg[2] != peer->sent))
            pair_fail(p, "connection %u ended in order at host %u with %u of %u bytes sent, %u of %u received", k,
                      h + 1u, r->arg[1], s->sent, r->arg[2], peer->sent);
    }
}

static void collect_one(struct pair *p, const struct sv_trace_record *r)
{
    struct pair_coverage *c = p->coverage;
    if (r->kind == SV_TRACE_TCP_ENDED)
        collect_end(p, r);
    if (p->log)
        p->log(r);
    if (!c)
        return;
    switch (r->kind) {
    case SV_TRACE_TCP_STATE:
        c->state[r->arg[0]]++;
        c->state[r->arg[1]]++;
        c->edge[r->arg[0]][r->detail]++;
        break;
    case SV_TRACE_DROP:
        c->drop[r->detail]++;
        break;
    case SV_TRACE_TCP_TIMER_FIRED:
        c->timer[r->detail]++;
        break;
    case SV_TRACE_TCP_ENDED:
        c->cause[r->detail]++;
        break;
    case SV_TRACE_TCP_SENT:
        c->reason[r->detail]++;
        c->segments++;
        break;
    case SV_TRACE_LINK:
        c->link[r->detail]++;
        break;
    default:
        break;
    }
}

void pair_collect(struct pair *p)
{
    struct sv_trace_record r;
    while (sv_trace_read(p->trace, &r, NULL, 0))
        collect_one(p, &r);
    if (sv_trace_lost(p->trace))
        pair_fail(p, "the trace's ring is too small for one step");
}

/* --- running --- */

static bool settled(const struct pair *p)
{
    return sv_stack_settled(p->stack[0]) && sv_stack_settled(p->stack[1]) && sv_link_packets(p->link) == 0;
}

static void set_up(struct pair *p, bool up)
{
    if (!p->conditions.cut_by_host) {
        sv_link_set_up(p->link, up, p->now);
        return;
    }
    sv_interface_set_up(p->stack[0], 0, up, p->now);
    sv_world_touch(p->sim.world, 0);
}

/* What happens to the world from outside. */
static void outside(struct pair *p)
{
    struct pair_conditions *c = &p->conditions;
    if (c->cut_at <= p->now) {
        c->cut_at = SV_NEVER;
        set_up(p, false);
    }
    if (c->repaired_at <= p->now) {
        c->repaired_at = SV_NEVER;
        set_up(p, true);
    }
    if (p->inject_at <= p->now) {
        pair_inject(p);
        p->injected++;
        const uint32_t gap_ms = 1u + sv_rng_below(&p->rng, 200);
        p->inject_at = p->injected < c->injections ? p->now + gap_ms * SV_MS : SV_NEVER;
    }
    if (c->patience <= p->now) {
        c->patience = SV_NEVER;
        pair_give_up(p);
    }
}

static sv_time outside_at(const struct pair *p)
{
    const struct pair_conditions *c = &p->conditions;
    return sv_min_u64(sv_min_u64(c->cut_at, c->repaired_at), sv_min_u64(p->inject_at, c->patience));
}

/* --- judging --- */

static void judge_side(struct pair *p, uint32_t k, uint32_t h)
{
    const struct pair_connection *x = &p->connection[k];
    const struct pair_side *s = &x->side[h];
    const struct pair_side *peer = &x->side[1u - h];
    if (s->attached && s->cause == SV_CAUSE_NONE)
        pair_fail(p, "connection %u: nothing says why it ended at host %u", k, h + 1u);
    if (s->eof && peer->attached && s->received != peer->sent)
        pair_fail(p, "connection %u: host %u read the end after %u bytes, but %u were sent", k, h + 1u, s->received,
                  peer->sent);
    const bool orderly = s->plan.finish <= PAIR_FINISH_LAST && peer->plan.finish <= PAIR_FINISH_LAST &&
                         !s->plan.hasty_ns && !peer->plan.hasty_ns;
    if (!p->conditions.benign || !orderly || x->both || x->same_port_as != SV_NONE || s->plan.user_timeout_ms ||
        peer->plan.user_timeout_ms)
        return;
    if (!s->eof || s->received != peer->plan.total || s->error || s->cause != SV_CAUSE_ORDERLY || s->impatient)
        pair_fail(p, "connection %u: nothing was in its way, yet host %u read %u of %u bytes, error %s, cause %u%s", k,
                  h + 1u, s->received, peer->plan.total, sv_err_name((enum sv_err)s->error), s->cause,
                  s->impatient ? ", and would have gone on for ever" : "");
}

static void judge(struct pair *p)
{
    struct sv_pool_counts pool;
    for (uint32_t k = 0; k < p->conditions.connections; k++) {
        judge_side(p, k, 0);
        judge_side(p, k, 1);
        if (p->coverage) {
            const struct pair_side *s = p->connection[k].side;
            p->coverage->connections++;
            p->coverage->bytes += (uint64_t)s[0].received + s[1].received;
            p->coverage->whole += s[0].eof && s[1].eof ? 1u : 0u;
        }
    }
    sv_pool_count(p->pool, &pool);
    if (!settled(p))
        pair_fail(p, "the stacks do not settle: host 1 %d, host 2 %d, %u frames on the cable",
                  sv_stack_settled(p->stack[0]), sv_stack_settled(p->stack[1]), sv_link_packets(p->link));
    else if (pool.bufs_free != pool.bufs || pool.slabs_free != pool.slabs)
        pair_fail(p, "%u descriptors and %u slabs were not given back", pool.bufs - pool.bufs_free,
                  pool.slabs - pool.slabs_free);
}

bool pair_run(struct pair *p)
{
    const sv_time limit = PAIR_BEGIN + 6000 * SV_S;
    bool closing = false;
    uint32_t steps = 0;
    while (!p->failure[0]) {
        const sv_time at = sv_min_u64(sv_world_next(p->sim.world), outside_at(p));
        if (pair_all_ended(p) && p->inject_at == SV_NEVER && !closing) {
            closing = true;
            p->conditions.patience = SV_NEVER;
            pair_close_services(p);
            continue;
        }
        if (at > limit || (closing && settled(p)))
            break;
        p->now = at;
        if (!sv_sim_step(&p->sim, at)) /* nothing is due in the world, and its clock stands at `at` */
            outside(p);
        pair_collect(p);
        pair_release(p);
        if (++steps == PAIR_STEPS)
            pair_fail(p, "turns on the spot at %.6f s", (double)(p->now - PAIR_BEGIN) / 1e9);
    }
    if (!p->failure[0])
        judge(p);
    return !p->failure[0];
}
