/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of paths: learned, never widened by a report, aged, bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/net_world_ip6.h"

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

static struct sv_addr other(uint32_t k)
{
    struct sv_addr a = world_addr6(0);
    sv_put_u32(a.byte + 12, k);
    return a;
}
static bool learn(uint32_t k, uint32_t mtu)
{
    const struct sv_addr a = other(k);
    return sv_pmtu_learn(&h->core, &h->net.pmtu, &a, mtu);
}
static uint32_t mtu_of(uint32_t k)
{
    const struct sv_addr a = other(k);
    return sv_pmtu_of(&h->core, &h->net.pmtu, &a, 1500);
}

static void a_path_only_gets_narrower(void **state)
{
    (void)state;
    const uint32_t generation = h->net.pmtu.generation;
    assert_int_equal(mtu_of(1), 1500);
    assert_true(learn(1, 1400));
    assert_int_not_equal(h->net.pmtu.generation, generation);
    assert_false(learn(1, 1450));
    assert_false(learn(1, 1400));
    assert_int_equal(mtu_of(1), 1400);
    assert_true(learn(1, 1280));
    assert_int_equal(mtu_of(1), 1280);
    assert_int_equal(mtu_of(2), 1500);
    const struct sv_addr four = sv_addr_v4(10, 0, 0, 9);
    assert_true(sv_pmtu_learn(&h->core, &h->net.pmtu, &four, 576));
    assert_int_equal(sv_pmtu_of(&h->core, &h->net.pmtu, &four, 1500), 576);
    assert_int_equal(sv_pmtu_of(&h->core, &h->net.pmtu, &four, 296), 296); /* the link itself is narrower */
    sv_pmtu_check(&h->core, &h->net.pmtu);
}

static void what_was_told_is_forgotten_after_ten_minutes(void **state)
{
    (void)state;
    assert_true(learn(1, 1400));
    world_advance(&w, 5 * 60 * SV_S);
    assert_true(learn(2, 1300));
    assert_true(learn(1, 1350)); /* new knowledge: ten minutes from here */
    world_advance(&w, 9 * 60 * SV_S);
    assert_int_equal(mtu_of(1), 1350);
    world_advance(&w, 60 * SV_S + SV_MS);
    assert_int_equal(mtu_of(1), 1500);
    assert_int_equal(mtu_of(2), 1500);
    assert_int_equal(h->net.pmtu.used, 0);
    sv_pmtu_check(&h->core, &h->net.pmtu);
}

static void a_flood_of_paths_pushes_the_oldest_out(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < SV_PMTU_PATHS + 10u; k++)
        assert_true(learn(k, 1400));
    assert_int_equal(h->net.pmtu.used, SV_PMTU_PATHS);
    assert_int_equal(h->net.pmtu.recycled, 10);
    for (uint32_t k = 0; k < SV_PMTU_PATHS + 10u; k++)
        assert_int_equal(mtu_of(k), k < 10 ? 1500 : 1400);
    sv_pmtu_check(&h->core, &h->net.pmtu);
    world_advance(&w, 601 * SV_S);
    assert_int_equal(h->net.pmtu.used, 0);
}

static void routing_tells_the_width_of_the_way(void **state)
{
    (void)state;
    struct sv_ip_path path;
    const struct sv_addr any = {{0}}, four = sv_addr_v4(10, 0, 0, 9);
    assert_true(sv_pmtu_learn(&h->core, &h->net.pmtu, &four, 1006));
    assert_int_equal(sv_ip_find_path(&h->core, &h->net, &four, &any, SV_NO_PORT, &path), SV_OK);
    assert_int_equal(path.mtu, 1006);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_path_only_gets_narrower),
        TEST(what_was_told_is_forgotten_after_ten_minutes),
        TEST(a_flood_of_paths_pushes_the_oldest_out),
        TEST(routing_tells_the_width_of_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
