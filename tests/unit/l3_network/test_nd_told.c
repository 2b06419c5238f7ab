/* SPDX-License-Identifier: BSD-2-Clause */
/* What routers tell beside what the configuration says, and what their parameters do to what is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/advert_world.h"

static int open_host(void **state)
{
    (void)state;
    cable_open(&k, SV_IF_AUTOCONF, false);
    return 0;
}
static int close_all(void **state)
{
    (void)state;
    cable_close(&k);
    return 0;
}

/* What the configuration says of routes stays as it says, whoever advertises the same. */
static void a_configured_route_is_no_routers_to_take(void **state)
{
    (void)state;
    const struct sv_addr any = {{0}}, gateway = addr_of("fe80::fe");
    cable_pass(&k, 3000);
    assert_int_equal(sv_route_add(k.stack, &any, 0, &gateway, k.port, k.now), SV_OK);
    advert(1800, NULL, 0, 0);
    assert_int_equal(route("::", 0, "fe80::fe")->metric, 0);
    assert_int_equal(route("::", 0, "fe80::fe")->origin, SV_ROUTE_STATIC);
    advert(0, NULL, 0, 0);
    assert_non_null(route("::", 0, "fe80::fe"));
    /* And the other way round: what was learned first and configured then. */
    const struct sv_addr second = addr_of("fe80::2");
    advert_begin(1800, 0);
    advert_send("fe80::2");
    assert_int_equal(route("::", 0, "fe80::2")->origin, SV_ROUTE_ROUTER);
    assert_int_equal(sv_route_add(k.stack, &any, 0, &second, k.port, k.now), SV_OK);
    advert_begin(0, 0);
    advert_send("fe80::2");
    assert_int_equal(route("::", 0, "fe80::2")->origin, SV_ROUTE_STATIC);
}

/* A prefix of mapped addresses would be a route of IPv4's, by a router that IPv4 does not know. */
static void no_router_tells_of_mapped_prefixes(void **state)
{
    (void)state;
    const struct sv_nd_route host = {.prefix = addr_of("::ffff:198.51.100.1"), .lifetime_s = 1800, .bits = 128};
    const struct sv_nd_route half = {.prefix = addr_of("::ffff:128.0.0.0"), .lifetime_s = 1800, .bits = 97};
    cable_pass(&k, 3000);
    advert_begin(1800, 0);
    sv_nd_emit_route(&w, &host);
    sv_nd_emit_route(&w, &half);
    advert_prefix("::ffff:192.0.2.1", 128, 1800, 1800);
    advert_prefix("::ffff:128.0.0.0", 97, 1800, 1800);
    advert_send("fe80::fe");
    struct sv_route_info info;
    uint32_t at = 0;
    while (sv_route_each(k.stack, &at, &info))
        assert_false(sv_addr_is_v4(&info.prefix));
    assert_non_null(route("::", 0, "fe80::fe"));
}

/* The hops of the next frame out of that protocol; 0: none comes. */
static uint8_t hops_of(uint8_t protocol)
{
    while (cable_wait(&k, &out, 100)) {
        if (out.protocol == protocol && !sv_addr_is_multicast(&out.dst))
            return out.hops;
    }
    return 0;
}

static void the_advertised_hop_limit_is_sent_with(void **state)
{
    (void)state;
    const struct sv_nd_msg m = {.type = SV_ND_ROUTER_ADVERT, .hop_limit = 77, .router_lifetime_s = 1800};
    const struct sv_endpoint any = {.addr = addr_of("::")}, far = {.addr = addr_of("2001:db8:9::1"), .port = 9};
    const struct sv_connect_options options = {.size = sizeof options};
    const struct sv_addr peer = addr_of("fe80::fe");
    sv_sock u, t;
    cable_pass(&k, 3000);
    assert_int_equal(sv_udp_open(k.stack, &any, 0, &u, k.now), SV_OK);
    for (uint32_t round = 0; round < 2; round++) {
        const uint8_t want = round ? 64 : 77;
        w = sv_wr_of(ra, sizeof ra);
        sv_nd_emit_header(&w, &m);
        sv_nd_emit_lla(&w, SV_ND_OPT_SOURCE_LLA, router_mac);
        if (round)
            ra[4] = 0; /* after the link was another: it says nothing of it */
        advert_prefix("2001:db8:1::", 64, 86400, 14400);
        advert_send("fe80::fe");
        cable_pass(&k, 5000);
        assert_int_equal(sv_udp_send(k.stack, u, &far, "x", 1, k.now), SV_OK);
        assert_int_equal(hops_of(17), want);
        assert_int_equal(sv_connect(k.stack, &far, &options, &t, k.now), SV_OK);
        assert_int_equal(hops_of(6), want);
        assert_int_equal(sv_sock_set(k.stack, t, SV_OPT_TTL, 256, k.now), SV_ERR_INVALID); /* changes nothing */
        assert_int_equal(sv_sock_set(k.stack, t, SV_OPT_TOS, 3, k.now), SV_ERR_INVALID);
        cable_pass(&k, 1000 - 100);
        assert_int_equal(hops_of(6), want);
        assert_int_equal(out.frame[14], 0x60);
        assert_int_equal(out.frame[15] >> 4, 0);
        sv_abort(k.stack, t, k.now);
        uint8_t echo[8] = {SV_ICMP6_ECHO};
        const struct sv_addr own = cable_address(&k, SV_ADDRESS_IS_LINK_LOCAL, 0)->addr;
        cable_in6(&k, 0xfe, &peer, &own, 9, false, echo, sizeof echo);
        assert_int_equal(hops_of(SV_PROTO_ICMP6), want);
        sv_interface_set_up(k.stack, k.port, false, k.now);
        sv_interface_set_up(k.stack, k.port, true, k.now);
        cable_pass(&k, 3000);
    }
    sv_close(k.stack, u, k.now);
}

#define HOST(f) cmocka_unit_test_setup_teardown(f, open_host, close_all)
int main(void)
{
    const struct CMUnitTest tests[] = {
        HOST(a_configured_route_is_no_routers_to_take),
        HOST(no_router_tells_of_mapped_prefixes),
        HOST(the_advertised_hop_limit_is_sent_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
