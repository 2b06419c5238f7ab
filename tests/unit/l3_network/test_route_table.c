/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes: metrics, several next hops, rules by source, refusals; ceilings hold and everything goes again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "l3_network/route.h"
#include "seven/arena.h"

#define FLOWS 4096u

static void *memory;
static struct sv_routes *t;

static void make(uint32_t ceiling)
{
    const struct sv_siphash_key key = {1, 2};
    const uint64_t bytes = (sv_routes_bytes(ceiling, 4) + sizeof *t + (1u << 16)) / 64 * 64;
    memory = aligned_alloc(64, bytes);
    assert_non_null(memory);
    memset(memory, 0, bytes);
    struct sv_arena *arena = sv_arena_create(memory, bytes);
    t = sv_arena_take(arena, sizeof *t, 64);
    assert_true(sv_routes_init(t, &key, arena, ceiling, 4));
}

static struct sv_addr v4(uint32_t number)
{
    return sv_addr_of_v4(number);
}

static struct sv_route_spec to(uint32_t prefix, uint32_t length, uint32_t gateways)
{
    struct sv_route_spec s = {.prefix = v4(prefix), .bits = 96 + length, .type = SV_ROUTE_UNICAST, .hops = gateways};
    for (uint32_t i = 0; i < gateways; i++)
        s.hop[i] = (struct sv_route_hop){v4(0x0a000001u + i), i, 1};
    return s;
}

static uint32_t hop(uint32_t source, uint32_t dst, uint32_t flow)
{
    struct sv_route_result r;
    const struct sv_addr s = v4(source), d = v4(dst);
    return sv_route_lookup_flow(t, &s, &d, flow, &r) ? sv_addr_v4_number(&r.next_hop) : 0;
}

static void flows_of_a_next_hop_that_goes_move_and_no_others(void **state)
{
    (void)state;
    make(64);
    uint32_t before[FLOWS], count[5] = {0};
    struct sv_route_spec s = to(0xc0000200u, 24, 4);
    s.hop[3].weight = 5;
    assert_int_equal(sv_route_put(t, &s), SV_OK);
    for (uint32_t f = 0; f < FLOWS; f++) {
        before[f] = hop(0, 0xc0000207u, f * 2654435761u >> 8);
        count[before[f] - 0x0a000001u]++;
    }
    for (uint32_t i = 0; i < 3; i++)
        assert_in_range(count[i], FLOWS / 8 / 3, FLOWS / 8 * 2); /* an eighth each, of 128 buckets */
    assert_in_range(count[3], FLOWS / 2, FLOWS * 3 / 4);
    sv_routes_port_set(t, 1, false);
    for (uint32_t f = 0; f < FLOWS; f++) {
        const uint32_t now = hop(0, 0xc0000207u, f * 2654435761u >> 8);
        assert_int_not_equal(now, 0x0a000002u);
        if (before[f] != 0x0a000002u)
            assert_int_equal(now, before[f]);
    }
    sv_routes_port_set(t, 1, true);
    for (uint32_t f = 0; f < FLOWS; f++)
        assert_int_equal(hop(0, 0xc0000207u, f * 2654435761u >> 8), before[f]);
    sv_routes_check(t);
    free(memory);
}

static void a_dead_route_gives_way_to_one_of_higher_metric(void **state)
{
    (void)state;
    make(64);
    struct sv_route_spec one = to(0xc0000200u, 24, 1), two = to(0xc0000200u, 24, 1);
    two.hop[0] = (struct sv_route_hop){v4(0x0a000909u), 7, 1};
    two.metric = 10;
    assert_int_equal(sv_route_put(t, &two), SV_OK);
    assert_int_equal(sv_route_put(t, &one), SV_OK);
    assert_int_equal(hop(0, 0xc0000201u, 0), 0x0a000001u);
    sv_routes_port_set(t, 0, false);
    assert_int_equal(hop(0, 0xc0000201u, 0), 0x0a000909u);
    sv_routes_check(t);
    sv_routes_port_set(t, 0, true);
    assert_int_equal(hop(0, 0xc0000201u, 0), 0x0a000001u);
    one.metric = 20; /* the same again: only its metric */
    assert_int_equal(sv_route_put(t, &one), SV_OK);
    assert_int_equal(t->count, 2);
    assert_int_equal(hop(0, 0xc0000201u, 0), 0x0a000909u);
    sv_routes_check(t);
    assert_true(sv_route_take(t, &two));
    assert_false(sv_route_take(t, &two));
    assert_int_equal(hop(0, 0xc0000201u, 0), 0x0a000001u);
    assert_true(sv_route_take(t, &one));
    assert_int_equal(t->alternatives, 0);
    assert_int_equal(hop(0, 0xc0000201u, 0), 0);
    sv_routes_check(t);
    free(memory);
}

static void refusals_say_what_they_are(void **state)
{
    (void)state;
    make(64);
    static const uint32_t type[] = {SV_ROUTE_BLACKHOLE, SV_ROUTE_UNREACHABLE, SV_ROUTE_PROHIBIT};
    struct sv_route_spec all = to(0, 0, 1);
    assert_int_equal(sv_route_put(t, &all), SV_OK);
    for (uint32_t i = 0; i < 3; i++) {
        struct sv_route_spec s = to(0xc6336400u + i, 32, 0);
        struct sv_route_result r;
        s.type = type[i];
        assert_int_equal(sv_route_put(t, &s), SV_OK);
        assert_false(sv_route_lookup(t, &s.prefix, &r));
        assert_int_equal(r.type, type[i]);
        s.hops = 1; /* a refusal leads nowhere */
        assert_int_equal(sv_route_put(t, &s), SV_ERR_INVALID);
    }
    assert_int_equal(hop(0, 0xc6336409u, 0), 0x0a000001u);
    struct sv_route_spec bad = to(0, 0, 1);
    bad.table = 9;
    assert_int_equal(sv_route_put(t, &bad), SV_ERR_INVALID);
    bad.table = 0;
    bad.hop[0].weight = 0;
    assert_int_equal(sv_route_put(t, &bad), SV_ERR_INVALID);
    free(memory);
}

static void the_source_chooses_the_table(void **state)
{
    (void)state;
    make(64);
    struct sv_route_spec main_one = to(0, 0, 1), other = to(0xc0000200u, 24, 1);
    other.table = 2;
    other.hop[0].gateway = v4(0x0a000707u);
    assert_int_equal(sv_route_put(t, &main_one), SV_OK);
    assert_int_equal(sv_route_put(t, &other), SV_OK);
    const struct sv_route_rule rule = {v4(0x0a010000u), 96 + 16, 2, 100};
    assert_int_equal(sv_route_rule_put(t, &rule), SV_OK);
    assert_int_equal(hop(0x0a010203u, 0xc0000201u, 0), 0x0a000707u);
    assert_int_equal(hop(0x0a020203u, 0xc0000201u, 0), 0x0a000001u);
    assert_int_equal(hop(0x0a010203u, 0xc0000301u, 0), 0x0a000001u); /* table 2 does not know it */
    const struct sv_route_rule first = {v4(0x0a010200u), 96 + 24, 1, 10};
    struct sv_route_spec nearer = to(0, 0, 1);
    nearer.table = 1;
    nearer.hop[0].gateway = v4(0x0a000606u);
    assert_int_equal(sv_route_put(t, &nearer), SV_OK);
    assert_int_equal(sv_route_rule_put(t, &first), SV_OK);
    assert_int_equal(hop(0x0a010203u, 0xc0000201u, 0), 0x0a000606u);
    assert_true(sv_route_rule_take(t, &first));
    assert_false(sv_route_rule_take(t, &first));
    assert_int_equal(hop(0x0a010203u, 0xc0000201u, 0), 0x0a000707u);
    sv_routes_check(t);
    free(memory);
}

static void ceilings_hold_and_everything_goes_again(void **state)
{
    (void)state;
    make(1000);
    for (uint32_t i = 0; i < 1000; i++) {
        struct sv_route_spec s = to(0xcb000000u + (i << 8), 24, 1 + i % 3);
        s.hop[0].port = i % 7;
        assert_int_equal(sv_route_put(t, &s), SV_OK);
    }
    struct sv_route_spec more = to(0xdc000000u, 24, 1);
    more.hop[0].gateway = v4(0x0a444444u);
    assert_int_equal(sv_route_put(t, &more), SV_ERR_NO_MEMORY);
    sv_routes_check(t);
    uint32_t at = 0, seen = 0;
    struct sv_route_spec s;
    while (sv_route_next(t, &at, &s)) {
        assert_int_equal(sv_addr_v4_number(&s.prefix) >> 24, 0xcb);
        seen++;
    }
    assert_int_equal(seen, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        struct sv_route_spec gone = to(0xcb000000u + (i * 7 % 1000 << 8), 24, 0);
        assert_true(sv_route_take(t, &gone));
    }
    assert_int_equal(t->count, 0);
    assert_int_equal(t->lpm.nodes_used, 0);
    for (uint32_t i = 0; i < t->groups_made; i++)
        assert_int_equal(sv_route_group_of(t, i)->uses, 0);
    assert_int_equal(sv_route_put(t, &more), SV_OK);
    sv_routes_check(t);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flows_of_a_next_hop_that_goes_move_and_no_others),
        cmocka_unit_test(a_dead_route_gives_way_to_one_of_higher_metric),
        cmocka_unit_test(refusals_say_what_they_are),
        cmocka_unit_test(the_source_chooses_the_table),
        cmocka_unit_test(ceilings_hold_and_everything_goes_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
