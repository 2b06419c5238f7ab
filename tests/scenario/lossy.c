/* SPDX-License-Identifier: BSD-2-Clause */
/* One transfer over a bad cable, drawn from a seed: loss of 0.1 to 30 %, one by one or in bursts, reordering,
 * duplicates, round trips of 0 to 600 ms, rates of 1 Mbit/s to 100 Gbit/s.
 * Each world is played three times: with NewReno alone, with SACK by RFC 6675, and with all of recovery (RACK-TLP,
 * F-RTO, Eifel). Whatever is lost, all bytes arrive in order and nothing stalls; and over all seeds the more that is
 * known of what is in flight, the sooner it is over and the fewer timeouts it takes.
 *
 *     lossy              all seeds (SEVEN_SEEDS; 90, under sanitizers 18)
 *     lossy --seed N     that one, in all three ways */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seven/seven.h"
#include "sim/link.h"
#include "sim/world.h"
#include "stack/stack_internal.h"

#define ARENA_BYTES (16u << 20)
#define BEGIN (1000u * SV_S)
#define BYTES 200000u
#define PORT 80u

#if defined(__SANITIZE_ADDRESS__)
#define SEEDS 18u
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEEDS 18u
#endif
#endif
#ifndef SEEDS
#define SEEDS 90u
#endif

enum way { NEWRENO, SACK, RACK, WAYS };
static const char *const way_names[WAYS] = {"NewReno", "SACK", "RACK"};
static const uint32_t way_recover[WAYS] = {SV_RECOVER_PLAIN, SV_RECOVER_SACK, SV_RECOVER_ALL};

struct lossy {
    struct sv_pool *pool;
    struct sv_stack *stack[2];
    struct sv_sim sim;
    sv_sock listener, out, in;
    uint32_t sent, received;
    bool accepted, wrong;
    sv_time now;
};

struct outcome {
    uint64_t transfers, seconds_us, rto, again, sent, undone, boards;
};

_Noreturn void sv_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: promise broken: %s\n", file, line, what);
    abort();
}

static uint8_t byte_at(uint32_t offset)
{
    return (uint8_t)(offset * 7u + (offset >> 8) * 13u);
}

/* Conditions: the n-th of the ladder of losses, everything else drawn. */
static struct sv_link_way draw(struct sv_rng *rng, uint64_t seed, uint32_t back)
{
    static const uint32_t loss[] = {1000, 3000, 10000, 30000, 100000, 300000};
    static const uint64_t rates[] = {1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000};
    struct sv_link_way w = {.rate_bit_s = rates[sv_rng_below(rng, 6)]};
    const uint32_t delay = sv_rng_below(rng, 4);
    w.delay_ns = (delay == 0 ? sv_rng_below(rng, 2000) : delay == 3 ? sv_rng_below(rng, 300000) : 10000u) * SV_US;
    w.loss = loss[seed % 6u] / (back ? 4u : 1u);
    if (sv_rng_below(rng, 3) == 0) {
        w.reorder = sv_rng_below(rng, 50000);
        w.reorder_ns = 1u + sv_rng_below(rng, 20000) * SV_US;
    }
    w.duplicate = sv_rng_below(rng, 4) ? 0 : sv_rng_below(rng, 30000);
    w.jitter_ns = sv_rng_below(rng, 2) ? 0 : sv_rng_below(rng, 5000) * SV_US;
    if (sv_rng_below(rng, 4) == 0) { /* five frames long on the average, of which half are lost */
        w.to_bad = 5000;
        w.to_good = 200000;
        w.bad_loss = 500000;
    }
    return w;
}

static bool open_host(struct lossy *l, struct sv_arena *arena, struct sv_host *host, uint32_t h, uint32_t recover)
{
    const struct sv_stack_config c = {.size = sizeof c,
                                      .host = h + 1u,
                                      .seed = 3,
                                      .connections = 4,
                                      .half_open = 4,
                                      .time_waits = 4,
                                      .neighbours = 4,
                                      .recover = recover,
                                      .congestion = SV_CC_RENO,
                                      .send_buffer = 131072,
                                      .recv_buffer = 131072};
    const struct sv_interface_config i = {
        .size = sizeof i, .flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS, .mac = {2, 0, 0, 0, 0, (uint8_t)(h + 1u)}};
    const struct sv_addr ours = sv_addr_v4(10, 0, 0, (uint8_t)(h + 1u));
    const struct sv_addr other = sv_addr_v4(10, 0, 0, (uint8_t)(2u - h));
    const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(2u - h)};
    sv_port port;
    l->stack[h] = sv_stack_create(arena, l->pool, &c, BEGIN);
    if (!l->stack[h] || sv_interface_add(l->stack[h], &i, &port, BEGIN) != SV_OK ||
        sv_address_add(l->stack[h], port, &ours, 24, BEGIN) != SV_OK ||
        sv_neighbour_add(l->stack[h], port, &other, mac, BEGIN) != SV_OK)
        return false;
    sv_stack_set_checked(l->stack[h], true);
    *host = (struct sv_host){.stack = l->stack[h]};
    l->sim.host[h] = host;
    return sv_world_add(l->sim.world, sv_stack_node(l->stack[h])) == h;
}

/* The two applications: as much as goes in, as much as came out. */
static void pump(struct lossy *l)
{
    uint8_t piece[4096];
    size_t n = 0;
    while (l->sent < BYTES) {
        const uint32_t want = sv_min_u32(BYTES - l->sent, sizeof piece);
        for (uint32_t i = 0; i < want; i++)
            piece[i] = byte_at(l->sent + i);
        if (sv_send(l->stack[0], l->out, piece, want, &n, l->now) != SV_OK || !n)
            break;
        l->sent += (uint32_t)n;
        sv_world_touch(l->sim.world, 0);
    }
    if (!l->accepted)
        l->accepted = sv_accept(l->stack[1], l->listener, &l->in, l->now) == SV_OK;
    while (l->accepted) {
        if (sv_recv(l->stack[1], l->in, piece, sizeof piece, &n, l->now) != SV_OK || !n)
            break;
        for (uint32_t i = 0; i < n; i++)
            l->wrong |= piece[i] != byte_at(l->received + i);
        l->received += (uint32_t)n;
        sv_world_touch(l->sim.world, 1);
    }
}

static const char *transfer(struct lossy *l)
{
    const struct sv_endpoint at = {.addr = sv_addr_v4(10, 0, 0, 2), .port = PORT};
    const struct sv_listen_options listen = {.size = sizeof listen};
    const struct sv_connect_options connect = {.size = sizeof connect};
    l->now = BEGIN;
    if (sv_listen(l->stack[1], &at, &listen, &l->listener, l->now) != SV_OK ||
        sv_connect(l->stack[0], &at, &connect, &l->out, l->now) != SV_OK)
        return "no connection could be begun";
    sv_world_touch(l->sim.world, 0);
    for (uint32_t steps = 0; l->received < BYTES; steps++) {
        struct sv_sock_info info = {.size = sizeof info};
        const sv_time next = sv_world_next(l->sim.world);
        if (next == SV_NEVER || steps == 10000000u)
            return "it stalls: nothing will ever happen again";
        if (next > BEGIN + 4u * 3600u * SV_S)
            return "it takes more than four hours";
        if (sv_sock_info(l->stack[0], l->out, &info) != SV_OK || info.error)
            return "the connection ended before its time";
        l->now = next;
        (void)sv_sim_step(&l->sim, next);
        pump(l);
        if (l->wrong)
            return "a byte is not the one that was sent";
    }
    return NULL;
}

static bool play(uint64_t seed, enum way way, void *memory, struct outcome *o, bool say)
{
    struct lossy l = {.sent = 0};
    struct sv_host host[2];
    struct sv_rng rng;
    sv_rng_seed(&rng, seed, 0, 1);
    memset(memory, 0, ARENA_BYTES);
    struct sv_arena *arena = sv_arena_create(memory, ARENA_BYTES);
    l.pool = sv_pool_create(arena, 1500, 1500);
    l.sim.world = sv_world_create(arena, NULL, BEGIN);
    struct sv_link_config link = {.size = sizeof link, .number = 3, .seed = seed};
    link.way[0] = draw(&rng, seed, 0);
    link.way[1] = link.way[0];
    link.way[1].loss /= 4u;
    if (!l.sim.world || !open_host(&l, arena, &host[0], 0, way_recover[way]) ||
        !open_host(&l, arena, &host[1], 1, way_recover[way]))
        return false;
    struct sv_link *cable = sv_link_create(arena, l.pool, &link, BEGIN);
    if (!cable || sv_world_add(l.sim.world, sv_link_node(cable)) != 2)
        return false;
    sv_world_wire(l.sim.world, 0, 0, 2, 0);
    sv_world_wire(l.sim.world, 1, 0, 2, 1);
    const char *wrong = transfer(&l);
    const struct sv_tcp_counters *c = &l.stack[0]->tcp.count;
    o->transfers++;
    o->seconds_us += (l.now - BEGIN) / SV_US;
    o->rto += c->rto_fired;
    o->again += c->retransmitted;
    o->sent += c->segments_out;
    o->undone += c->undo_dsack + c->undo_eifel + c->undo_frto;
    o->boards += c->boards;
    if (wrong || say)
        printf("seed %llu %-8s loss %u.%04u %%%s, %llu kbit/s, delay %llu us: %.3f s, %llu timeouts, "
               "%llu of %llu sent again, %llu undone%s%s\n",
               (unsigned long long)seed, way_names[way], link.way[0].loss / 10000u, link.way[0].loss % 10000u,
               link.way[0].to_bad ? " and bursts" : "", (unsigned long long)(link.way[0].rate_bit_s / 1000u),
               (unsigned long long)(link.way[0].delay_ns / SV_US), (double)(l.now - BEGIN) / 1e9,
               (unsigned long long)c->rto_fired, (unsigned long long)c->retransmitted,
               (unsigned long long)c->segments_out, (unsigned long long)c->undo_dsack + c->undo_eifel + c->undo_frto,
               wrong ? ": " : "", wrong ? wrong : "");
    return !wrong;
}

static uint32_t judge(const struct outcome o[WAYS])
{
    uint32_t bad = 0;
    for (uint32_t w = 0; w < WAYS; w++)
        printf("%-8s %llu transfers, %.1f s, %llu timeouts, %llu of %llu segments sent again, %llu undone\n",
               way_names[w], (unsigned long long)o[w].transfers, (double)o[w].seconds_us / 1e6,
               (unsigned long long)o[w].rto, (unsigned long long)o[w].again, (unsigned long long)o[w].sent,
               (unsigned long long)o[w].undone);
    if (o[SACK].seconds_us > o[NEWRENO].seconds_us || o[RACK].seconds_us > o[SACK].seconds_us)
        bad += (uint32_t)printf("FAILED: SACK is not faster than NewReno, or RACK not than SACK\n") > 0;
    if (o[RACK].rto > o[SACK].rto || o[SACK].rto > o[NEWRENO].rto)
        bad += (uint32_t)printf("FAILED: more is known, and more timeouts are needed\n") > 0;
    if (o[NEWRENO].boards || !o[SACK].boards || !o[RACK].undone)
        bad += (uint32_t)printf("FAILED: boards where there is no SACK, or none, or nothing was ever undone\n") > 0;
    return bad;
}

int main(int argc, char **argv)
{
    struct outcome o[WAYS] = {{0}};
    const char *wanted = getenv("SEVEN_SEEDS");
    const uint64_t one = argc == 3 && strcmp(argv[1], "--seed") == 0 ? strtoull(argv[2], NULL, 10) : 0;
    const uint64_t last = one ? one : wanted ? strtoull(wanted, NULL, 10) : SEEDS;
    uint64_t failed = 0;
    void *memory = aligned_alloc(4096, ARENA_BYTES);
    if (!memory)
        return 1;
    for (uint64_t seed = one ? one : 1; seed <= last; seed++) {
        for (uint32_t w = 0; w < WAYS; w++)
            failed += !play(seed, (enum way)w, memory, &o[w], one != 0);
    }
    free(memory);
    if (one)
        return failed != 0;
    failed += last >= 18u ? judge(o) : 0;
    printf("%llu seeds, %llu failed\n", (unsigned long long)last, (unsigned long long)failed);
    return failed != 0;
}
