/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of events: order, posts, clocks of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/link.h"
#include "sim/world.h"

#define BYTES (16u << 20)
#define LINKS 300u

struct bench {
    uint8_t *memory;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_sim *sim;
    uint32_t seen, order[64];
    sv_time when[64];
};

static void watch(void *self, const struct sv_passage *p, struct sv_burst *burst)
{
    struct bench *b = self;
    for (uint32_t i = 0; i < burst->n && b->seen < 64; i++) {
        b->when[b->seen] = p->now;
        b->order[b->seen++] = p->tag;
    }
}

static void begin(struct bench *b, uint32_t nodes)
{
    const struct sv_world_config c = {.size = sizeof c, .nodes = nodes, .posts = 8};
    memset(b, 0, sizeof *b);
    b->memory = aligned_alloc(64, BYTES);
    memset(b->memory, 0, BYTES);
    b->arena = sv_arena_create(b->memory, BYTES);
    b->pool = sv_pool_create(b->arena, 256, 256);
    b->sim = calloc(1, sizeof *b->sim);
    b->sim->world = sv_world_create(b->arena, &c, 0);
    b->sim->tap = watch;
    b->sim->tap_self = b;
    assert_non_null(b->sim->world);
}

static uint32_t add_link(struct bench *b, sv_time delay)
{
    const struct sv_link_config c = {
        .size = sizeof c, .number = 1, .seed = 1, .ceiling = 8, .way = {{.delay_ns = delay}, {.delay_ns = delay}}};
    struct sv_link *l = sv_link_create(b->arena, b->pool, &c, 0);
    return sv_world_add(b->sim->world, sv_link_node(l));
}

static struct sv_buf *packet(struct bench *b)
{
    struct sv_buf *p = sv_buf_alloc_slab(b->pool, SV_WANT_DATA, 0, 0);
    assert_true(sv_buf_append(p, "0123456789abcdef", 16, SV_WANT_DATA));
    return p;
}

static void end(struct bench *b)
{
    free(b->sim);
    free(b->memory);
}

static void posts_come_in_order_and_have_a_ceiling(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, 4);
    const uint32_t l = add_link(&b, 0);
    assert_true(sv_world_post(b.sim->world, l, 0, packet(&b), 5, 50));
    assert_true(sv_world_post(b.sim->world, l, 0, packet(&b), 3, 30));
    assert_true(sv_world_post(b.sim->world, l, 0, packet(&b), 5, 51));
    for (uint32_t i = 0; i < 5; i++)
        assert_true(sv_world_post(b.sim->world, l, 0, packet(&b), 9, 90));
    struct sv_buf *more = packet(&b);
    assert_false(sv_world_post(b.sim->world, l, 0, more, 9, 90));
    sv_buf_free(more);
    (void)sv_sim_run(b.sim, 6, 1000);
    assert_int_equal(b.seen, 3);
    assert_int_equal(b.order[0], 30);
    assert_int_equal(b.order[1], 50);
    assert_int_equal(b.order[2], 51);
    assert_int_equal(sv_world_now(b.sim->world), 6);
    (void)sv_sim_run(b.sim, 100, 1000);
    assert_int_equal(b.seen, 8);
    end(&b);
}

/* Many nodes: the heap gives them as a look at each would. */
static void many_nodes_are_woken_by_time_then_number(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, LINKS + 1u);
    uint32_t first = add_link(&b, 0);
    for (uint32_t i = 1; i < LINKS; i++) /* a chain: each hop a different delay */
        sv_world_wire(b.sim->world, first + i - 1u, 1, add_link(&b, i % 7u), 0);
    assert_true(sv_world_post(b.sim->world, first, 0, packet(&b), 1, 1));
    (void)sv_sim_run(b.sim, SV_NEVER, 100000);
    sv_time total = 1;
    for (uint32_t i = 0; i < LINKS; i++)
        total += i % 7u;
    assert_int_equal(sv_world_now(b.sim->world), total);
    assert_int_equal(sv_world_passed(b.sim->world), LINKS);
    assert_int_equal(add_link(&b, 0), LINKS);
    assert_int_equal(add_link(&b, 0), SV_NONE); /* the ceiling */
    end(&b);
}

static void a_clock_of_its_own(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, 4);
    const uint32_t fast = add_link(&b, SV_S), slow = add_link(&b, SV_S);
    sv_world_set_clock(b.sim->world, fast, 100000000, 0);         /* 10 % */
    sv_world_set_clock(b.sim->world, slow, -500000000, 3 * SV_S); /* half, and ahead */
    assert_true(sv_world_post(b.sim->world, fast, 0, packet(&b), 0, 1));
    assert_true(sv_world_post(b.sim->world, slow, 0, packet(&b), 0, 1));
    (void)sv_sim_run(b.sim, SV_NEVER, 1000);
    /* A second by the slow one's clock is two of the world's; the fast one's was over before. */
    assert_in_range(sv_world_now(b.sim->world), 2 * SV_S - 2u, 2 * SV_S); /* in whole nanoseconds */
    assert_int_equal(sv_world_local(b.sim->world, slow), 4 * SV_S);
    assert_in_range(sv_world_local(b.sim->world, fast), 2200 * SV_MS - 3u, 2200 * SV_MS);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_come_in_order_and_have_a_ceiling),
        cmocka_unit_test(many_nodes_are_woken_by_time_then_number),
        cmocka_unit_test(a_clock_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
