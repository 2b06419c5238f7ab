/* SPDX-License-Identifier: BSD-2-Clause */
/* What a seed stands for. Each purpose draws from a stream of its own. */
#include "tests/scenario/pair.h"

#include <stdio.h>

enum { DRAW_LINK = 100, DRAW_STACK, DRAW_APP, DRAW_RUN };

static bool one_in(struct sv_rng *r, uint32_t n)
{
    return sv_rng_below(r, n) == 0;
}

static uint32_t between(struct sv_rng *r, uint32_t low, uint32_t high)
{
    return low + sv_rng_below(r, high - low + 1u);
}

static void draw_way(struct sv_rng *r, struct sv_link_way *way, bool clean)
{
    static const uint64_t rates[] = {0, 1000000000, 100000000, 10000000, 2000000, 300000};
    *way = (struct sv_link_way){.rate_bit_s = rates[sv_rng_below(r, 6)]};
    way->delay_ns = one_in(r, 4) ? 0 : between(r, 1, 300000) * SV_US;
    way->jitter_ns = one_in(r, 2) ? 0 : between(r, 1, 20000) * SV_US;
    way->queue_packets = one_in(r, 3) ? between(r, 2, 20) : 200;
    way->check_fcs = one_in(r, 2);
    way->reorder_ns = between(r, 1, 80000) * SV_US;
    if (clean)
        return;
    way->loss = one_in(r, 4) ? between(r, 0, 300000) : between(r, 0, 50000);
    way->duplicate = one_in(r, 2) ? between(r, 0, 100000) : 0;
    way->reorder = one_in(r, 2) ? between(r, 0, 200000) : 0;
    way->corrupt = one_in(r, 2) ? between(r, 0, 50000) : 0;
    way->truncate = one_in(r, 2) ? between(r, 0, 30000) : 0;
}

static void draw_link(struct pair *p)
{
    struct pair_conditions *c = &p->conditions;
    struct sv_rng r;
    sv_rng_seed(&r, p->seed, 0, DRAW_LINK);
    const bool clean = one_in(&r, 4);
    draw_way(&r, &c->way[0], clean);
    draw_way(&r, &c->way[1], clean);
    c->cut_at = c->repaired_at = SV_NEVER;
    if (one_in(&r, 8)) {
        c->cut_at = PAIR_BEGIN + between(&r, 0, 20000) * SV_MS;
        c->cut_by_host = one_in(&r, 3);
        if (one_in(&r, 2))
            c->repaired_at = c->cut_at + between(&r, 1, 60) * SV_S;
    }
    c->injections = one_in(&r, 3) ? between(&r, 5, 120) : 0;
    c->injects_reset = one_in(&r, 2);
}

static void draw_stacks(struct pair *p)
{
    struct pair_conditions *c = &p->conditions;
    struct sv_rng r;
    sv_rng_seed(&r, p->seed, 0, DRAW_STACK);
    c->six = p->seed % 4u == 3;
    c->small_pool = one_in(&r, 10);
    c->arp_probe = one_in(&r, 8);
    for (uint32_t h = 0; h < 2; h++) {
        c->stack[h] = (struct sv_stack_config){
            .size = sizeof c->stack[h],
            .host = h + 1u,
            .seed = p->seed,
            .profile = sv_rng_below(&r, 4),
            .interfaces = 1,
            .addresses = 4,
            .routes = 4,
            .neighbours = 8,
            .fragments = 4,
            .connections = 12,
            .half_open = 16,
            .time_waits = 16,
            .listeners = 4,
            .udp_sockets = 4,
            .timers = 4,
            .send_buffer = between(&r, 2048, 262144),
            .recv_buffer = between(&r, 2048, 262144),
            .msl_ms = 15000,
        };
        if (one_in(&r, 8))
            c->stack[h].time_waits = 1;
        if (one_in(&r, 16))
            c->stack[h].half_open = 1;
        if (one_in(&r, 16))
            c->stack[h].busy = 2;
        if (c->small_pool) {
            c->stack[h].pool_bufs = between(&r, 24, 80);
            c->stack[h].pool_slabs = between(&r, 16, 80);
        }
        c->mtu[h] = one_in(&r, 4) ? between(&r, 576, 1500) : 1500;
        if (c->six && c->mtu[h] < 1280)
            c->mtu[h] = 1280; /* RFC 8200 §5 */
    }
    c->backlog = one_in(&r, 4) ? 1 : 16;
    c->half_open = one_in(&r, 8) ? 1 : 16;
    c->accept_from = one_in(&r, 6) ? PAIR_BEGIN + between(&r, 1, 30) * SV_S : 0;
    c->listen_from = one_in(&r, 16) ? PAIR_BEGIN + between(&r, 100, 4000) * SV_MS : 0;
    c->listener_closes_at = one_in(&r, 16) ? PAIR_BEGIN + between(&r, 100, 9000) * SV_MS : SV_NEVER;
}

static void draw_plan(struct sv_rng *r, struct pair_plan *s, uint32_t most)
{
    *s = (struct pair_plan){.total = one_in(r, 8) ? 0 : between(r, 1, most)};
    if (one_in(r, 2))
        s->total = s->total / 64u;
    s->chunk = one_in(r, 3) ? between(r, 1, 600) : between(r, 600, 40000);
    if (s->total / s->chunk > 400u)
        s->chunk = s->total / 400u;
    s->read_chunk = one_in(r, 3) ? between(r, 100, 4000) : 65536;
    s->read_gap = one_in(r, 5) ? between(r, 1, 60) * SV_MS : 0;
    s->read_from = one_in(r, 6) ? between(r, 1, 40) * SV_S : 0;
    s->write_gap = one_in(r, 6) ? between(r, 1, 40) * SV_MS : 0;
    const uint32_t how = sv_rng_below(r, 16);
    s->finish = how < 9 ? PAIR_FINISH_FIRST : how < 12 ? PAIR_FINISH_LAST : PAIR_CLOSE + (how - 12u);
    s->abort_at = between(r, 0, most);
    s->user_timeout_ms = one_in(r, 10) ? between(r, 2000, 60000) : 0;
    s->keep_idle_s = one_in(r, 5) || s->finish == PAIR_STAY ? between(r, 1, 20) : 0;
    s->send_buffer = one_in(r, 6) ? between(r, 2048, 65536) : 0;
    s->recv_buffer = one_in(r, 6) ? between(r, 2048, 65536) : 0;
    s->ttl = one_in(r, 8) ? between(r, 1, 255) : 0;
    s->urgent_at = one_in(r, 6) && s->total > 2u ? between(r, 1, s->total - 1u) : 0;
    s->nodelay = one_in(r, 3);
    s->cork = one_in(r, 8);
    s->quickack = one_in(r, 8);
    s->peek = one_in(r, 4);
    s->hasty_ns = one_in(r, 10) ? between(r, 1, 600) * SV_MS : 0;
}

static void draw_connections(struct pair *p)
{
    struct pair_conditions *c = &p->conditions;
    struct sv_rng r;
    sv_rng_seed(&r, p->seed, 0, DRAW_APP);
    const uint32_t worst = c->way[0].loss > c->way[1].loss ? c->way[0].loss : c->way[1].loss;
    const uint32_t most = worst > 60000u ? 30000u : 250000u;
    c->connections = between(&r, 1, PAIR_CONNECTIONS);
    c->datagrams = one_in(&r, 2) ? sv_rng_below(&r, PAIR_DATAGRAMS) : 0;
    for (uint32_t k = 0; k < c->connections; k++) {
        struct pair_connection *x = &p->connection[k];
        *x = (struct pair_connection){.opener = sv_rng_below(&r, 2), .same_port_as = SV_NONE};
        x->opens_at = PAIR_BEGIN + (one_in(&r, 2) ? 0 : between(&r, 0, 5000) * SV_MS);
        x->both = one_in(&r, 6);
        x->port = one_in(&r, 2) || x->both ? (uint16_t)(20000u + k) : 0;
        x->reopen_after = between(&r, 0, 4000) * SV_MS;
        if (k && one_in(&r, 3) && !p->connection[k - 1u].both && !x->both) {
            x->same_port_as = k - 1u;
            x->opener = one_in(&r, 4) ? x->opener : p->connection[k - 1u].opener;
            p->connection[k - 1u].port = x->port = (uint16_t)(20000u + k - 1u);
            if (p->connection[k - 1u].same_port_as != SV_NONE)
                x->port = p->connection[k - 1u].port = p->connection[k - 2u].port;
        }
        for (uint32_t h = 0; h < 2; h++) {
            draw_plan(&r, &x->side[h].plan, most);
            x->side[h].sock = SV_NO_SOCK;
            x->side[h].tick_at = SV_NEVER;
        }
        if (x->side[0].plan.finish == PAIR_FINISH_LAST && x->side[1].plan.finish == PAIR_FINISH_LAST)
            x->side[1].plan.finish = PAIR_FINISH_FIRST; /* or each would wait for the other */
    }
}

/* Is there nothing that may end a connection but its applications? Then each must come to its orderly end. */
static bool is_benign(const struct pair *p)
{
    const struct pair_conditions *c = &p->conditions;
    for (uint32_t h = 0; h < 2; h++) {
        if (c->way[h].loss + c->way[h].corrupt + c->way[h].truncate > 60000u || c->stack[h].busy ||
            c->way[h].queue_packets < 10)
            return false;
    }
    return !c->small_pool && c->cut_at == SV_NEVER && !c->injections && c->listener_closes_at == SV_NEVER &&
           !c->listen_from && !c->arp_probe;
}

void pair_draw(struct pair *p)
{
    draw_link(p);
    draw_stacks(p);
    draw_connections(p);
    sv_rng_seed(&p->rng, p->seed, 0, DRAW_RUN);
    p->conditions.patience = PAIR_BEGIN + 3000 * SV_S;
    p->conditions.benign = is_benign(p);
    p->inject_at = p->conditions.injections ? PAIR_BEGIN + 100 * SV_MS : SV_NEVER;
}

/* What is left in the stacks. */
static void print_left(const struct pair *p)
{
    struct sv_sock_info i;
    for (uint32_t h = 0; h < 2 && p->stack[h]; h++) {
        for (uint32_t at = 0; sv_stack_each(p->stack[h], &at, &i);)
            printf("  left on host %u: protocol %u flow %u ports %u %u %s, %u queued %u unacked %u unread\n", h + 1u,
                   i.protocol, i.flow, i.local.port, i.remote.port, sv_tcp_state_name((enum sv_tcp_state)i.state),
                   i.send_queued, i.send_unacked, i.recv_queued);
    }
}

void pair_print(const struct pair *p)
{
    static const char *const finishes[] = {"first", "last", "close", "abort", "linger", "stay"};
    const struct pair_conditions *c = &p->conditions;
    printf("seed %llu%s%s  backlog %u half-open %u  injections %u%s\n", (unsigned long long)p->seed,
           c->benign ? " benign" : "", c->small_pool ? " small-pool" : "", c->backlog, c->half_open, c->injections,
           c->injects_reset ? " with resets" : "");
    for (uint32_t h = 0; h < 2; h++) {
        const struct sv_link_way *w = &c->way[h];
        printf("  from host %u: %llu bit/s delay %llu ms jitter %llu ms queue %u loss %u dup %u reorder %u corrupt %u "
               "truncate %u ppm fcs %u; profile %u mtu %u send %u recv %u\n",
               h + 1u, (unsigned long long)w->rate_bit_s, (unsigned long long)(w->delay_ns / SV_MS),
               (unsigned long long)(w->jitter_ns / SV_MS), w->queue_packets, w->loss, w->duplicate, w->reorder,
               w->corrupt, w->truncate, w->check_fcs, c->stack[h].profile, c->mtu[h], c->stack[h].send_buffer,
               c->stack[h].recv_buffer);
    }
    if (c->cut_at != SV_NEVER)
        printf("  cut at %.3f s, repaired %.3f s\n", (double)(c->cut_at - PAIR_BEGIN) / 1e9,
               c->repaired_at == SV_NEVER ? -1.0 : (double)(c->repaired_at - PAIR_BEGIN) / 1e9);
    for (uint32_t k = 0; k < c->connections; k++) {
        const struct pair_connection *x = &p->connection[k];
        printf("  connection %u: opener %u%s port %u\n", k, x->opener + 1u, x->both ? " and the other" : "", x->port);
        for (uint32_t h = 0; h < 2; h++) {
            const struct pair_side *s = &x->side[h];
            printf("    host %u flow %u: %u of %u sent, %u received, finish %s%s, error %s, cause %u%s%s\n", h + 1u,
                   s->flow, s->sent, s->plan.total, s->received, finishes[s->plan.finish], s->eof ? " eof" : "",
                   sv_err_name((enum sv_err)s->error), s->cause, s->attached ? "" : " (never there)",
                   s->impatient ? " IMPATIENT" : "");
        }
    }
    print_left(p);
}
