/* SPDX-License-Identifier: BSD-2-Clause */
/* Which groups a host takes, at the filter and at the address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/net_world_ip6.h"

static struct world w;
static struct world_host *h;
static const struct sv_addr all_nodes = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

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

static struct sv_addr group6(uint8_t last)
{
    return (struct sv_addr){{0xff, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, last}};
}

static enum sv_err join(const struct sv_addr *group)
{
    return sv_multicast_join(&h->core, &h->net, 0, group);
}
static bool leave(const struct sv_addr *group)
{
    return sv_multicast_leave(&h->core, &h->net, 0, group);
}

static void joins_are_counted(void **state)
{
    (void)state;
    const struct sv_addr four = sv_addr_v4(239, 1, 2, 3), six = group6(7), one = sv_addr_v4(10, 0, 0, 1);
    assert_int_equal(join(&one), SV_ERR_INVALID);
    assert_int_equal(sv_multicast_join(&h->core, &h->net, 7, &six), SV_ERR_INVALID);
    assert_false(sv_multicast_is_member(&h->net, 0, &four));
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(join(&four), SV_OK);
        assert_int_equal(join(&six), SV_OK);
    }
    sv_multicast_check(&h->net);
    assert_int_equal(h->net.multicast.used, 2);
    assert_true(leave(&four));
    assert_true(sv_multicast_is_member(&h->net, 0, &four));
    assert_true(leave(&four));
    assert_false(sv_multicast_is_member(&h->net, 0, &four));
    assert_false(leave(&four));
    assert_true(sv_multicast_is_member(&h->net, 0, &six));
    assert_false(sv_multicast_is_member(&h->net, 1, &six));
    assert_true(sv_multicast_is_member(&h->net, 0, &all_nodes)); /* always */
    assert_true(leave(&all_nodes));
    assert_true(sv_multicast_is_member(&h->net, 0, &all_nodes));
    sv_multicast_check(&h->net);
}

static void the_table_has_its_ceiling(void **state)
{
    (void)state;
    uint32_t joined = h->net.multicast.used;
    for (uint8_t i = 0; i < 100; i++) {
        const struct sv_addr g = group6(i);
        const enum sv_err err = join(&g);
        assert_int_equal(err, joined < SV_MULTICAST_GROUPS ? SV_OK : SV_ERR_NO_MEMORY);
        joined += err == SV_OK;
    }
    sv_multicast_check(&h->net);
    for (uint8_t i = 0; i < 100; i++) {
        const struct sv_addr g = group6(i);
        leave(&g);
    }
    sv_multicast_check(&h->net);
    assert_int_equal(sv_interface_of(&h->net.link.interfaces, 0)->multicast_filter & ~SV_ETH_FILTER_ALL_NODES, 0);
}

/* Sends a datagram to a group; the reason for which it was dropped. */
static enum sv_drop dropped(const struct sv_addr *group)
{
    uint8_t f[100];
    const uint8_t udp[12] = {0, 7, 0, 9, 0, 12};
    const struct sv_addr peer = world_addr6(PEER6);
    const uint32_t n = world_ip6(f, &peer, group, 17, udp, 12);
    world_sum6(f + 14, n - 14, 17, 40, 6);
    uint64_t before[SV_DROP_COUNT];
    memcpy(before, h->core.drops, sizeof before);
    world_in(&w, h, f, n);
    for (uint32_t d = 1; d < SV_DROP_COUNT; d++)
        if (h->core.drops[d] != before[d])
            return (enum sv_drop)d;
    return SV_DROP_NONE;
}

static void the_filter_lets_through_what_the_table_knows(void **state)
{
    (void)state;
    const struct sv_addr wanted = group6(7);
    struct sv_addr shares = wanted; /* the same MAC, another group */
    shares.byte[5] = 1;
    assert_int_equal(dropped(&wanted), SV_DROP_NOT_FOR_US);
    assert_int_equal(join(&wanted), SV_OK);
    assert_int_equal(dropped(&wanted), SV_DROP_PORT_UNREACHABLE); /* it went all the way up */
    assert_int_equal(dropped(&shares), SV_DROP_NOT_JOINED);
    assert_true(leave(&wanted));
    assert_int_equal(dropped(&wanted), SV_DROP_NOT_FOR_US);
    sv_interface_of(&h->net.link.interfaces, 0)->all_multicast = 1;
    assert_int_equal(dropped(&wanted), SV_DROP_PORT_UNREACHABLE);
}

static void an_address_brings_its_solicited_node_group(void **state)
{
    (void)state;
    const struct sv_addr own = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xbb, 0xcc, 0xdd}};
    const struct sv_addr twin = {{0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xbb, 0xcc, 0xdd}};
    const struct sv_addr group = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xbb, 0xcc, 0xdd}};
    uint32_t first, second;
    assert_int_equal(sv_net_address_add(&h->core, &h->net, 0, &own, 64, &first), SV_OK);
    assert_true(sv_multicast_is_member(&h->net, 0, &group));
    assert_int_equal(sv_net_address_add(&h->core, &h->net, 0, &twin, 64, &second), SV_OK);
    sv_net_address_remove(&h->core, &h->net, first);
    assert_true(sv_multicast_is_member(&h->net, 0, &group)); /* the other wants it still */
    sv_net_address_remove(&h->core, &h->net, second);
    assert_false(sv_multicast_is_member(&h->net, 0, &group));
}

static void groups_have_their_macs(void **state)
{
    (void)state;
    uint8_t mac[6];
    const struct sv_addr four = sv_addr_v4(239, 129, 2, 3), six = group6(7);
    sv_mac_of_multicast(&four, mac);
    assert_memory_equal(mac, "\x01\x00\x5e\x01\x02\x03", 6);
    sv_mac_of_multicast(&six, mac);
    assert_memory_equal(mac, "\x33\x33\x00\x01\x00\x07", 6);
    sv_mac_of_multicast(&all_nodes, mac);
    assert_int_not_equal(sv_eth_filter_bit(mac) & SV_ETH_FILTER_ALL_NODES, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(joins_are_counted),
        TEST(the_table_has_its_ceiling),
        TEST(the_filter_lets_through_what_the_table_knows),
        TEST(an_address_brings_its_solicited_node_group),
        TEST(groups_have_their_macs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
