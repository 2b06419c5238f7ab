/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 5227 as exchanges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/net_world.h"

static struct world w;
static struct world_host *h;
static struct world_frame out;

static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    h = world_add(&w, 1500, true);
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}
static void expect_state(enum sv_address_state want)
{
    assert_int_equal(sv_address_of(&h->net.addresses, 0)->state, want);
}
static void arp_in(uint16_t opcode, uint8_t from, uint32_t sender, uint32_t target)
{
    uint8_t f[42];
    world_in(&w, h, f, world_arp(f, ALL, opcode, from, sender, ZERO, target));
}
/* Waits for the next frame, at most `ms`; gives how long it took. */
static uint32_t wait_arp(uint32_t ms, uint32_t sender)
{
    for (uint32_t t = 0; t <= ms; t++) {
        if (world_out(&w, h, &out)) {
            assert_int_equal(sv_get_u16(out.bytes + 20), 1);
            assert_int_equal(sv_get_u32(out.bytes + 28), sender);
            assert_int_equal(sv_get_u32(out.bytes + 38), IP(10, 0, 0, 1));
            assert_memory_equal(out.bytes, ALL, 6);
            return t;
        }
        world_advance(&w, SV_MS);
    }
    fail_msg("no ARP within %u ms", ms);
    return 0;
}

static void three_probes_then_two_announcements(void **state)
{
    (void)state;
    expect_state(SV_ADDRESS_TENTATIVE);
    wait_arp(1001, 0);
    for (int i = 0; i < 2; i++) {
        const uint32_t ms = wait_arp(2001, 0);
        assert_true(ms >= 999);
    }
    expect_state(SV_ADDRESS_TENTATIVE);
    const uint32_t ms = wait_arp(2001, IP(10, 0, 0, 1));
    assert_true(ms >= 1999);
    expect_state(SV_ADDRESS_PREFERRED);
    assert_true(wait_arp(2001, IP(10, 0, 0, 1)) >= 1999);
    world_advance(&w, 100 * SV_S);
    assert_false(world_out(&w, h, &out));
}

static void a_tentative_address_answers_nothing_and_sends_nothing(void **state)
{
    (void)state;
    wait_arp(1001, 0);
    arp_in(1, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
    assert_false(world_out(&w, h, &out));
    assert_int_equal(world_drops(h, SV_DROP_ARP_NOT_OURS), 1);
    struct sv_ip_path path;
    const struct sv_addr peer = sv_addr_v4(10, 0, 0, 2), any = sv_addr_v4(0, 0, 0, 0);
    assert_int_equal(sv_ip_find_path(&h->core, &h->net, &peer, &any, SV_NO_PORT, &path), SV_ERR_NO_ROUTE);
    expect_state(SV_ADDRESS_TENTATIVE);
}

static void a_probed_address_that_another_has_is_in_conflict_for_a_minute(void **state)
{
    (void)state;
    for (int probes = 0; probes < 2; probes++) {
        wait_arp(1001, 0);
        if (probes)
            arp_in(1, 2, 0, IP(10, 0, 0, 1)); /* another's probe for the same */
        else
            arp_in(2, 2, IP(10, 0, 0, 1), IP(0, 0, 0, 0)); /* another speaks as it */
        expect_state(SV_ADDRESS_CONFLICT);
        assert_int_equal(world_drops(h, SV_DROP_ARP_CONFLICT), (uint64_t)probes + 1);
        world_advance(&w, 59 * SV_S);
        assert_false(world_out(&w, h, &out));
        world_advance(&w, SV_S);
        expect_state(SV_ADDRESS_TENTATIVE);
    }
    wait_arp(1001, 0);
}

static void our_own_probe_come_back_is_no_conflict(void **state)
{
    (void)state;
    wait_arp(1001, 0);
    arp_in(1, 1, 0, IP(10, 0, 0, 1));
    expect_state(SV_ADDRESS_TENTATIVE);
    assert_int_equal(world_drops(h, SV_DROP_ARP_CONFLICT), 0);
}

static void a_used_address_is_defended_once_in_ten_seconds(void **state)
{
    (void)state;
    world_advance(&w, 20 * SV_S);
    while (world_out(&w, h, &out)) {}
    expect_state(SV_ADDRESS_PREFERRED);
    arp_in(1, 2, IP(10, 0, 0, 1), IP(10, 0, 0, 1));
    assert_int_equal(wait_arp(0, IP(10, 0, 0, 1)), 0);
    expect_state(SV_ADDRESS_PREFERRED);
    world_advance(&w, 11 * SV_S);
    arp_in(1, 2, IP(10, 0, 0, 1), IP(10, 0, 0, 1));
    assert_int_equal(wait_arp(0, IP(10, 0, 0, 1)), 0);
    world_advance(&w, 9 * SV_S);
    arp_in(1, 2, IP(10, 0, 0, 1), IP(10, 0, 0, 1));
    assert_false(world_out(&w, h, &out));
    expect_state(SV_ADDRESS_CONFLICT);
}

static void a_link_that_comes_up_is_probed_anew(void **state)
{
    (void)state;
    world_advance(&w, 20 * SV_S);
    expect_state(SV_ADDRESS_PREFERRED);
    sv_net_interface_set(&h->core, &h->net, 0, false);
    world_advance(&w, 20 * SV_S);
    sv_net_interface_set(&h->core, &h->net, 0, true);
    expect_state(SV_ADDRESS_TENTATIVE);
    wait_arp(1001, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(three_probes_then_two_announcements),
        TEST(a_tentative_address_answers_nothing_and_sends_nothing),
        TEST(a_probed_address_that_another_has_is_in_conflict_for_a_minute),
        TEST(our_own_probe_come_back_is_no_conflict),
        TEST(a_used_address_is_defended_once_in_ten_seconds),
        TEST(a_link_that_comes_up_is_probed_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
