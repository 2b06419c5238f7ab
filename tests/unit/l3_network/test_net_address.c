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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_route_goes_with_the_last_address_of_its_prefix, open_world, close_world),
        cmocka_unit_test_setup_teardown(an_address_for_which_there_is_no_room_leaves_the_route_of_the_others, open_world,
                                        close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
