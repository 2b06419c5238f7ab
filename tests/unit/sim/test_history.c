/* SPDX-License-Identifier: BSD-2-Clause */
/* Two hosts, a bad cable, a transfer: forwards, backwards by turn, packet and time, and another branch. Every moment
 * that was seen once must be the same when it is come back to: the trace's hash says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seven/seven.h"
#include "sim/history.h"
#include "sim/link.h"
#include "sim/world.h"

#define BYTES (8u << 20)
#define KEPT (96u << 20)
#define TOTAL 200000u

/* Applications: all they know, without a pointer, so that it can be put back. */
struct apps {
    sv_sock listener, client, server;
    uint32_t sent, received;
    bool accepted;
};

struct bench {
    uint8_t *memory, *snapshots;
    struct sv_arena *arena;
    struct sv_trace *trace;
    struct sv_stack *stack[2];
    struct sv_link *link;
    struct sv_host host[2];
    struct sv_sim sim;
    struct apps apps;
    struct sv_history history;
};

static void on_event(void *self, struct sv_stack *s, const struct sv_event *event, sv_time now)
{
    struct bench *b = self;
    uint8_t bytes[1000] = {1};
    size_t n;
    (void)event;
    if (s == b->stack[1]) {
        if (!b->apps.accepted)
            b->apps.accepted = sv_accept(s, b->apps.listener, &b->apps.server, now) == SV_OK;
        while (b->apps.accepted && sv_recv(s, b->apps.server, bytes, sizeof bytes, &n, now) == SV_OK && n)
            b->apps.received += (uint32_t)n;
        return;
    }
    while (b->apps.sent < TOTAL && sv_send(s, b->apps.client, bytes, sizeof bytes, &n, now) == SV_OK && n)
        b->apps.sent += (uint32_t)n;
}

static const struct sv_app app = {on_event, NULL, NULL};

static bool turn(void *self)
{
    struct bench *b = self;
    return sv_sim_step(&b->sim, 30 * SV_S);
}

static void where(void *self, uint64_t *packets, sv_time *time)
{
    const struct bench *b = self;
    *packets = sv_world_passed(b->sim.world);
    *time = sv_world_now(b->sim.world);
}

static void open_host(struct bench *b, uint32_t h)
{
    const struct sv_stack_config c = {.size = sizeof c,
                                      .host = h + 1u,
                                      .seed = 5,
                                      .trace = b->trace,
                                      .connections = 8,
                                      .half_open = 8,
                                      .time_waits = 8,
                                      .neighbours = 8};
    const struct sv_interface_config i = {
        .size = sizeof i, .flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS, .mac = {2, 0, 0, 0, 0, (uint8_t)(h + 1u)}};
    const struct sv_addr addr = sv_addr_v4(10, 0, 0, (uint8_t)(h + 1u));
    struct sv_pool *pool = b->arena ? (struct sv_pool *)(void *)b->host[1].app[0].self : NULL;
    sv_port port;
    b->stack[h] = sv_stack_create(b->arena, pool, &c, 0);
    assert_non_null(b->stack[h]);
    assert_int_equal(sv_interface_add(b->stack[h], &i, &port, 0), SV_OK);
    assert_int_equal(sv_address_add(b->stack[h], port, &addr, 24, 0), SV_OK);
    assert_int_equal(sv_world_add(b->sim.world, sv_stack_node(b->stack[h])), h);
}

static void begin(struct bench *b, uint64_t kept)
{
    memset(b, 0, sizeof *b);
    b->memory = aligned_alloc(64, BYTES);
    b->snapshots = aligned_alloc(64, KEPT);
    memset(b->memory, 0, BYTES);
    b->arena = sv_arena_create(b->memory, BYTES);
    struct sv_pool *pool = sv_pool_create(b->arena, 400, 400);
    b->trace = sv_trace_create(b->arena, 0);
    b->sim.world = sv_world_create(b->arena, NULL, 0);
    b->host[1].app[0].self = pool; /* for open_host() */
    open_host(b, 0);
    open_host(b, 1);
    const struct sv_link_way way = {
        .rate_bit_s = 10000000, .delay_ns = 10 * SV_MS, .loss = 30000, .reorder = 50000, .reorder_ns = 5 * SV_MS};
    const struct sv_link_config link = {
        .size = sizeof link, .number = 3, .seed = 5, .trace = b->trace, .way = {way, way}};
    b->link = sv_link_create(b->arena, pool, &link, 0);
    assert_int_equal(sv_world_add(b->sim.world, sv_link_node(b->link)), 2);
    for (uint32_t h = 0; h < 2; h++) {
        sv_world_wire(b->sim.world, h, 0, 2, h);
        b->host[h] = (struct sv_host){.stack = b->stack[h]};
        (void)sv_host_add(&b->host[h], &app, b);
        b->sim.host[h] = &b->host[h];
    }
    const struct sv_listen_options listen = {.size = sizeof listen};
    const struct sv_connect_options connect = {.size = sizeof connect};
    const struct sv_endpoint local = {.addr = sv_addr_v4(0, 0, 0, 0), .port = 80};
    const struct sv_endpoint remote = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    assert_int_equal(sv_listen(b->stack[1], &local, &listen, &b->apps.listener, 0), SV_OK);
    assert_int_equal(sv_connect(b->stack[0], &remote, &connect, &b->apps.client, 0), SV_OK);
    const struct sv_history_config c = {.size = sizeof c,
                                        .every = 16,
                                        .arena = b->arena,
                                        .outside = &b->apps,
                                        .outside_bytes = sizeof b->apps,
                                        .memory = b->snapshots,
                                        .memory_bytes = kept,
                                        .turn = turn,
                                        .where = where,
                                        .self = b};
    assert_int_equal(sv_history_open(&b->history, &c), SV_OK);
}

static void end(struct bench *b)
{
    free(b->memory);
    free(b->snapshots);
}

static void every_moment_comes_back_the_same(void **state)
{
    static struct bench b;
    static uint64_t hash[4000], packets[4000];
    static sv_time time[4000];
    uint32_t n = 0;
    (void)state;
    begin(&b, KEPT);
    do {
        hash[n] = sv_trace_hash(b.trace);
        packets[n] = sv_world_passed(b.sim.world);
        time[n] = sv_world_now(b.sim.world);
        n++;
    } while (n < 4000 && sv_history_forward(&b.history));
    assert_int_equal(b.apps.received, TOTAL);
    assert_in_range(n, 100, 3999);
    uint32_t at = 12345;
    for (uint32_t k = 0; k < 60; k++) {
        at = at * 1664525u + 1013904223u;
        const uint32_t turn_no = (at >> 8) % n;
        assert_true(sv_history_to_turn(&b.history, turn_no));
        assert_int_equal(sv_trace_hash(b.trace), hash[turn_no]);
    }
    for (uint32_t k = 1; k < n; k += n / 20u) {
        uint32_t first = 0, last = 0;
        while (packets[first] < packets[k])
            first++;
        assert_true(sv_history_to_packet(&b.history, packets[k]));
        assert_int_equal(sv_trace_hash(b.trace), hash[first]);
        for (uint32_t i = 0; i < n; i++)
            last = time[i] <= time[k] ? i : last;
        (void)sv_history_to_time(&b.history, time[k]);
        assert_int_equal(sv_trace_hash(b.trace), hash[last]);
    }
    end(&b);
}

/* With room for few snapshots it takes longer, and comes out the same. */
static void little_memory_thins_out(void **state)
{
    static struct bench b;
    (void)state;
    begin(&b, KEPT);
    const uint64_t one = b.history.bytes;
    end(&b);
    begin(&b, 4 * one);
    assert_true(sv_history_to_turn(&b.history, 300));
    const uint64_t there = sv_trace_hash(b.trace);
    assert_true(b.history.snapshots <= 4 && b.history.every > 16);
    assert_true(sv_history_to_turn(&b.history, 20));
    assert_true(sv_history_to_turn(&b.history, 300));
    assert_int_equal(sv_trace_hash(b.trace), there);
    end(&b);
}

/* Back, one thing changed, and on: another run. Back again without it: the first. */
static void a_branch(void **state)
{
    static struct bench b;
    (void)state;
    begin(&b, KEPT);
    assert_true(sv_history_to_turn(&b.history, 400));
    const uint64_t first = sv_trace_hash(b.trace);
    assert_true(sv_history_to_turn(&b.history, 200));
    sv_history_branch(&b.history);
    sv_link_flip(b.link, 0, 0, 400);
    assert_true(sv_history_to_turn(&b.history, 400));
    const uint64_t second = sv_trace_hash(b.trace);
    assert_true(second != first);
    assert_true(sv_history_to_turn(&b.history, 100)); /* before the flip */
    assert_true(sv_history_to_turn(&b.history, 400));
    assert_int_equal(sv_trace_hash(b.trace), first);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_moment_comes_back_the_same),
        cmocka_unit_test(little_memory_thins_out),
        cmocka_unit_test(a_branch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
