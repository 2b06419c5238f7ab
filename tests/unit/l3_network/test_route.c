/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes and addresses: which way, from which address, is it ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/net_world.h"

static struct world w;
static struct world_host *h;

static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    h = world_add(&w, 1500, false);
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}
static struct sv_addr v4(uint32_t n)
{
    return sv_addr_of_v4(n);
}
static void add(uint32_t prefix, uint32_t bits, uint32_t gateway, uint32_t metric)
{
    const struct sv_addr p = v4(prefix), g = gateway ? v4(gateway) : (struct sv_addr){{0}};
    assert_int_equal(sv_route_insert(&h->net.routes, &p, 96 + bits, &g, 0, metric), SV_OK);
}
static uint32_t hop(uint32_t dst)
{
    struct sv_route_result r;
    const struct sv_addr d = v4(dst);
    return sv_route_lookup(&h->net.routes, &d, &r) ? sv_addr_v4_number(&r.next_hop) : 0;
}

static void the_longest_prefix_wins_then_the_metric_then_the_oldest(void **state)
{
    (void)state;
    assert_int_equal(hop(IP(192, 0, 2, 1)), 0);
    add(0, 0, IP(10, 0, 0, 254), 0);
    add(IP(192, 0, 2, 0), 24, IP(10, 0, 0, 2), 5);
    add(IP(192, 0, 2, 0), 24, IP(10, 0, 0, 3), 1);
    add(IP(192, 0, 2, 0), 24, IP(10, 0, 0, 4), 1);
    add(IP(192, 0, 2, 128), 25, IP(10, 0, 0, 5), 9);
    add(IP(192, 0, 2, 129), 32, 0, 0);
    assert_int_equal(hop(IP(10, 0, 0, 77)), IP(10, 0, 0, 77)); /* on link */
    assert_int_equal(hop(IP(8, 8, 8, 8)), IP(10, 0, 0, 254));
    assert_int_equal(hop(IP(192, 0, 2, 1)), IP(10, 0, 0, 3));
    assert_int_equal(hop(IP(192, 0, 2, 130)), IP(10, 0, 0, 5));
    assert_int_equal(hop(IP(192, 0, 2, 129)), IP(192, 0, 2, 129));
    const uint32_t generation = h->net.routes.generation;
    const struct sv_addr p = v4(IP(192, 0, 2, 0)), g = v4(IP(10, 0, 0, 3));
    assert_true(sv_route_delete(&h->net.routes, &p, 96 + 24, &g, 0));
    assert_false(sv_route_delete(&h->net.routes, &p, 96 + 24, &g, 0));
    assert_int_equal(h->net.routes.generation, generation + 1);
    assert_int_equal(hop(IP(192, 0, 2, 1)), IP(10, 0, 0, 4));
    add(IP(1, 0, 0, 0), 8, IP(10, 0, 0, 6), 0);
    const struct sv_addr q = v4(IP(2, 0, 0, 0));
    const struct sv_addr none = {{0}};
    assert_int_equal(sv_route_insert(&h->net.routes, &q, 104, &none, 0, 0), SV_OK); /* the eighth */
    assert_int_equal(sv_route_insert(&h->net.routes, &q, 105, &none, 0, 0), SV_ERR_NO_MEMORY);
    const struct sv_addr six = {{0x20, 1, 0xd, 0xb8}};
    struct sv_route_result r;
    assert_false(sv_route_lookup(&h->net.routes, &six, &r)); /* 0.0.0.0/0 is not IPv6's default */
}

static void the_source_is_of_the_interface_and_nearest_to_the_next_hop(void **state)
{
    (void)state;
    struct sv_ip_path path;
    const struct sv_addr any = sv_addr_v4(0, 0, 0, 0), second = sv_addr_v4(172, 16, 0, 1);
    assert_int_equal(sv_net_address_add(&h->core, &h->net, 0, &second, 96 + 16, NULL), SV_OK);
    add(0, 0, IP(172, 16, 0, 254), 0);
    struct sv_addr dst = v4(IP(10, 0, 0, 7));
    assert_int_equal(sv_ip_find_path(&h->core, &h->net, &dst, &any, SV_NO_PORT, &path), SV_OK);
    assert_int_equal(sv_addr_v4_number(&path.src), IP(10, 0, 0, 1));
    dst = v4(IP(8, 8, 8, 8));
    assert_int_equal(sv_ip_find_path(&h->core, &h->net, &dst, &any, SV_NO_PORT, &path), SV_OK);
    assert_int_equal(sv_addr_v4_number(&path.src), IP(172, 16, 0, 1));
    assert_int_equal(path.kind, SV_PATH_UNICAST);
    dst = second;
    assert_int_equal(sv_ip_find_path(&h->core, &h->net, &dst, &any, SV_NO_PORT, &path), SV_OK);
    assert_int_equal(path.kind, SV_PATH_LOOP);
    dst = v4(IP(172, 16, 255, 255));
    assert_int_equal(sv_ip_find_path(&h->core, &h->net, &dst, &any, SV_NO_PORT, &path), SV_OK);
    assert_int_equal(path.kind, SV_PATH_BROADCAST);
    const struct sv_addr foreign = sv_addr_v4(10, 9, 9, 9);
    assert_int_equal(sv_ip_find_path(&h->core, &h->net, &dst, &foreign, SV_NO_PORT, &path), SV_ERR_NOT_LOCAL);
}

static void broadcasts_of_a_subnet_are_known(void **state)
{
    (void)state;
    static const struct {
        uint32_t addr;
        bool is;
    } line[] = {
        {IP(10, 0, 0, 255), true}, {IP(10, 0, 0, 0), true},    {IP(255, 255, 255, 255), true}, {0, true},
        {IP(10, 0, 0, 1), false},  {IP(10, 0, 1, 255), false}, {IP(10, 0, 0, 254), false},     {IP(10, 1, 0, 3), false},
        {IP(10, 1, 0, 2), false}, /* a /31 has none: RFC 3021 */
    };
    const struct sv_addr point = sv_addr_v4(10, 1, 0, 2);
    assert_int_equal(sv_net_address_add(&h->core, &h->net, 0, &point, 96 + 31, NULL), SV_OK);
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        const struct sv_addr a = v4(line[i].addr);
        assert_int_equal(sv_address_is_broadcast(&h->net.addresses, 0, &a), line[i].is);
    }
}

static void a_record_lives_while_it_is_counted_on(void **state)
{
    (void)state;
    struct sv_addresses *t = &h->net.addresses;
    const struct sv_addr us = sv_addr_v4(10, 0, 0, 1), foreign = sv_addr_v4(203, 0, 113, 5);
    const uint32_t mine = sv_address_local(&h->core, t, &us);
    assert_int_not_equal(mine, SV_NONE);
    assert_int_equal(sv_address_intern(&h->core, t, 0, &us), mine);
    sv_net_address_remove(&h->core, &h->net, mine);
    assert_int_equal(sv_address_local(&h->core, t, &us), SV_NONE); /* unusable at once */
    assert_int_equal(sv_address_of(t, mine)->state, SV_ADDRESS_REMOVED);
    assert_int_equal(hop(IP(10, 0, 0, 2)), 0); /* the on-link route went with it */
    sv_address_release(&h->core, t, mine);
    assert_int_equal(sv_address_of(t, mine)->state, SV_ADDRESS_FREE);
    const uint32_t other = sv_address_intern(&h->core, t, 0, &foreign);
    assert_int_equal(sv_address_local(&h->core, t, &foreign), other);
    assert_int_equal(sv_net_address_add(&h->core, &h->net, 0, &foreign, 96 + 24, NULL), SV_OK); /* now ours */
    assert_int_equal(sv_address_of(t, other)->state, SV_ADDRESS_PREFERRED);
    assert_int_equal(sv_net_address_add(&h->core, &h->net, 0, &foreign, 96 + 24, NULL), SV_ERR_IN_USE);
    world_check(&w);
    const struct sv_addr group = sv_addr_v4(224, 0, 0, 5);
    assert_int_equal(sv_net_address_add(&h->core, &h->net, 0, &group, 96 + 24, NULL), SV_ERR_INVALID);
    assert_int_equal(sv_net_address_add(&h->core, &h->net, 3, &us, 96 + 24, NULL), SV_ERR_INVALID);
    uint32_t made = 0;
    for (uint8_t i = 1; i < 20; i++) {
        const struct sv_addr a = sv_addr_v4(10, 0, 5, i);
        made += sv_address_intern(&h->core, t, 0, &a) != SV_NONE;
    }
    assert_int_equal(made, 7); /* the ceiling is 8 */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_longest_prefix_wins_then_the_metric_then_the_oldest),
        TEST(the_source_is_of_the_interface_and_nearest_to_the_next_hop),
        TEST(broadcasts_of_a_subnet_are_known),
        TEST(a_record_lives_while_it_is_counted_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
