/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses with what belongs to them: the on-link route that several share. */
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

static enum sv_err add(uint8_t last, uint32_t *index)
{
    const struct sv_addr a = sv_addr_v4(10, 0, 0, last);
    return sv_net_address_add(&h->core, &h->net, 0, &a, 96 + 24, index);
}
static bool on_link(void)
{
    const struct sv_addr a = sv_addr_v4(10, 0, 0, 200);
    struct sv_route_result r;
    return sv_route_lookup(&h->net.routes, &a, &r) && r.on_link && r.port == 0;
}

static void the_route_goes_with_the_last_address_of_its_prefix(void **state)
{
    (void)state;
    uint32_t second = 0;
    const struct sv_addr first = sv_addr_v4(10, 0, 0, 1);
    assert_int_equal(add(50, &second), SV_OK);
    sv_net_address_remove(&h->core, &h->net, second);
    assert_true(on_link());
    sv_net_address_remove(&h->core, &h->net, sv_address_find(&h->core, &h->net.addresses, &first));
    assert_false(on_link());
}

static void an_address_for_which_there_is_no_room_leaves_the_route_of_the_others(void **state)
{
    (void)state;
    uint8_t last = 50;
    while (add(last, NULL) == SV_OK)
        last++;
    assert_int_equal(h->net.addresses.used, h->net.addresses.ceiling);
    assert_int_equal(add(last, NULL), SV_ERR_NO_MEMORY);
    assert_true(on_link());
}

/* Two services that answer each other under two addresses of one host would never come to rest. */
static void nobody_else_speaks_under_an_address_of_ours(void **state)
{
    (void)state;
    uint8_t f[200], p[100], echo[8] = {8, 0, 0xf7, 0xff};
    struct world_frame out;
    uint32_t index;
    const struct sv_udp_binding any = {
        .local = sv_addr_v4(0, 0, 0, 0), .port = 7, .kind = SV_UDP_DATAGRAM, .interface = SV_NO_PORT};
    assert_int_equal(add(50, NULL), SV_OK);
    assert_int_equal(sv_udp_bind(&h->core, &h->net, &h->udp, &any, &index), SV_OK);
    const uint32_t n = world_udp(p, 7, 7, "x", 1);
    world_in(&w, h, f, world_ip(f, HOST1, IP(10, 0, 0, 50), IP(10, 0, 0, 1), 17, 1, 0, p, n));
    world_in(&w, h, f, world_ip(f, HOST1, IP(10, 0, 0, 50), IP(10, 0, 0, 1), 1, 1, 0, echo, 8));
    assert_int_equal(world_drops(h, SV_DROP_BAD_SOURCE), 2);
    assert_int_equal(sv_udp_of(&h->udp, index)->queue.packets, 0);
    assert_false(world_out(&w, h, &out));
    world_in(&w, h, f, world_ip(f, HOST1, IP(10, 0, 0, 51), IP(10, 0, 0, 1), 17, 1, 0, p, n));
    assert_int_equal(sv_udp_of(&h->udp, index)->queue.packets, 1);
    sv_udp_unbind(&h->core, &h->udp, index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_else_speaks_under_an_address_of_ours, open_world, close_world),
        cmocka_unit_test_setup_teardown(the_route_goes_with_the_last_address_of_its_prefix, open_world, close_world),
        cmocka_unit_test_setup_teardown(an_address_for_which_there_is_no_room_leaves_the_route_of_the_others,
                                        open_world, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
