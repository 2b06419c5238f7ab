/* SPDX-License-Identifier: BSD-2-Clause */
/* What may not appear outside of a host is not sent, whatever the routes say: RFC 1122 §3.2.1.3 (a) and (g), RFC 4291
 * §2.5.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/nat_world.h"

static struct nat_world w;
static struct nat_packet p;

static int open_world(void **state)
{
    static const struct sv_addr any4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}, any6 = {{0}};
    const struct sv_addr gateway = sv_addr_v4(192, 0, 2, 50);
    (void)state;
    nat_open(&w, SV_NAT_FILTER_ADDRESS);
    assert_int_equal(sv_route_add(w.stack, &any4, 0, &gateway, OUTSIDE, w.now), SV_OK);
    assert_int_equal(sv_route_add(w.stack, &any6, 0, &any6, OUTSIDE, w.now), SV_OK);
    return 0;
}

static int shut(void **state)
{
    (void)state;
    nat_shut(&w);
    return 0;
}

static void nothing_goes_to(const char *text)
{
    struct sv_addr to;
    sv_sock e, u, c;
    assert_true(sv_addr_parse(text, &to, NULL));
    const struct sv_endpoint port = {to, 80}, any = {{{0}}, 0};
    assert_int_equal(sv_echo_open(w.stack, 1, &e, w.now), SV_OK);
    assert_int_equal(sv_udp_open(w.stack, &any, 1, &u, w.now), SV_OK);
    assert_int_equal(sv_echo_send(w.stack, e, &to, 1, 0, "x", 1, w.now), SV_ERR_NO_ROUTE);
    assert_int_equal(sv_udp_send(w.stack, u, &port, "x", 1, w.now), SV_ERR_NO_ROUTE);
    assert_int_not_equal(sv_connect(w.stack, &port, NULL, &c, w.now), SV_OK);
    assert_false(nat_hear(&w, OUTSIDE, &p));
    sv_close(w.stack, e, w.now);
    sv_close(w.stack, u, w.now);
}

static void no_loopback_on_a_wire(void **state)
{
    (void)state;
    nothing_goes_to("127.0.0.1");
    nothing_goes_to("127.255.255.254");
    nothing_goes_to("::1");
}

static void nor_this_network(void **state)
{
    (void)state;
    nothing_goes_to("0.0.0.1");
    nothing_goes_to("0.255.0.9");
}

static void others_go(void **state)
{
    const struct sv_addr to = sv_addr_v4(203, 0, 113, 9);
    sv_sock e;
    (void)state;
    assert_int_equal(sv_echo_open(w.stack, 1, &e, w.now), SV_OK);
    assert_int_equal(sv_echo_send(w.stack, e, &to, 1, 0, "x", 1, w.now), SV_OK);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    sv_close(w.stack, e, w.now);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_world, shut)
int main(void)
{
    const struct CMUnitTest tests[] = {T(no_loopback_on_a_wire), T(nor_this_network), T(others_go)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
