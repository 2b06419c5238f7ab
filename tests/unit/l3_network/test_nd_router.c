/* SPDX-License-Identifier: BSD-2-Clause */
/* Routers as conversations: asked for (RFC 7559), believed within bounds (RFC 4861 §6.3.4, RFC 4862, RFC 8981, RFC
 * 4191, RFC 8106), left; redirects followed and sent; and the stack as a router that advertises itself. */
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
static int open_router(void **state)
{
    (void)state;
    cable_open(&k, SV_IF_IP6, true);
    return 0;
}
static int close_all(void **state)
{
    (void)state;
    cable_close(&k);
    return 0;
}

static void routers_are_asked_for_ever_more_seldom(void **state)
{
    (void)state;
    sv_time before = k.now;
    uint32_t want_ms = 0;
    for (uint32_t i = 0; i < 12; i++) {
        assert_true(cable_wait_for(&k, &out, SV_ND_ROUTER_SOLICIT, 4000000));
        const uint32_t ms = (uint32_t)((k.now - before) / SV_MS);
        if (i > 0)
            assert_in_range(ms, want_ms - want_ms / 5, want_ms + want_ms / 5);
        want_ms = i == 0 ? 4000 : want_ms == 0 ? 0 : (ms * 2 > 3600000 ? 3600000 : ms * 2);
        before = k.now;
        assert_int_equal(out.hops, 255);
        assert_int_equal(out.length, 16); /* with our address, by then ours */
        assert_memory_equal(out.frame, "\x33\x33\0\0\0\2", 6);
    }
}

static void an_answer_ends_the_asking(void **state)
{
    (void)state;
    assert_true(cable_wait_for(&k, &out, SV_ND_ROUTER_SOLICIT, 4000));
    advert(0, NULL, 0, 0); /* no default router: another may be */
    assert_true(cable_wait_for(&k, &out, SV_ND_ROUTER_SOLICIT, 6000));
    advert(1800, NULL, 0, 0);
    assert_false(cable_wait_for(&k, &out, SV_ND_ROUTER_SOLICIT, 1000000));
    const struct sv_route_info *r = route("::", 0, "fe80::fe");
    assert_non_null(r);
    assert_int_equal(r->origin, SV_ROUTE_ROUTER);
    assert_int_equal(r->lifetime_s, 800);
    cable_pass(&k, 800001);
    assert_null(route("::", 0, "fe80::fe"));
}

static void a_prefix_gives_a_stable_and_a_temporary_address(void **state)
{
    (void)state;
    cable_pass(&k, 3000);
    advert(1800, "2001:db8:1::", 86400, 14400);
    const struct sv_route_info *r = route("2001:db8:1::", 64, "::");
    assert_non_null(r);
    assert_int_equal(r->lifetime_s, 86400);
    assert_int_equal(path_to("2001:db8:9::1").src.byte[0], 0xfe); /* nothing wider is usable before detection */
    cable_pass(&k, 3000);
    const struct sv_address_info stable = *cable_address(&k, SV_ADDRESS_IS_STABLE | SV_ADDRESS_IS_DYNAMIC, 0);
    const struct sv_address_info temporary = *cable_address(&k, SV_ADDRESS_IS_TEMPORARY, 0);
    assert_int_equal(stable.state, 1);
    assert_int_equal(temporary.state, 1);
    assert_memory_equal(stable.addr.byte, "\x20\x01\x0d\xb8\0\1\0\0", 8);
    assert_memory_equal(temporary.addr.byte, "\x20\x01\x0d\xb8\0\1\0\0", 8);
    assert_int_equal(stable.valid_s, 86397);
    assert_int_equal(temporary.valid_s, 86397);
    const struct sv_ip_path path = path_to("2001:db8:9::1");
    assert_true(sv_addr_equal(&path.src, &temporary.addr)); /* RFC 6724 rule 7 */
    const struct sv_addr fe = addr_of("fe80::fe");
    assert_true(sv_addr_equal(&path.next_hop, &fe));
    /* On the link: without the router. */
    const struct sv_ip_path near = path_to("2001:db8:1::9");
    assert_int_equal(near.next_hop.byte[15], 9);
}

static void lifetimes_end_in_deprecation_and_removal(void **state)
{
    (void)state;
    cable_pass(&k, 3000);
    advert(1800, "2001:db8:1::", 200, 100);
    cable_pass(&k, 99000);
    assert_null(cable_address(&k, SV_ADDRESS_IS_DEPRECATED, 0));
    cable_pass(&k, 1000);
    const struct sv_address_info *a = cable_address(&k, SV_ADDRESS_IS_DEPRECATED | SV_ADDRESS_IS_STABLE, 0);
    assert_non_null(a);
    assert_int_equal(a->preferred_s, 0);
    assert_int_equal(a->valid_s, 100);
    assert_true(path_to("2001:db8:9::1").src.byte[0] == 0x20); /* better than none */
    cable_pass(&k, 99999);
    assert_non_null(cable_address(&k, SV_ADDRESS_IS_STABLE | SV_ADDRESS_IS_DYNAMIC, 0));
    cable_pass(&k, 1);
    assert_null(cable_address(&k, SV_ADDRESS_IS_DYNAMIC, 0));
    assert_null(route("2001:db8:1::", 64, "::"));
}

static void one_forged_message_takes_no_address_away(void **state)
{
    (void)state;
    cable_pass(&k, 3000);
    advert(1800, "2001:db8:1::", 86400, 14400);
    advert(1800, "2001:db8:1::", 1, 1);
    assert_int_equal(cable_address(&k, SV_ADDRESS_IS_STABLE | SV_ADDRESS_IS_DYNAMIC, 0)->valid_s, 7200);
    advert(1800, "2001:db8:1::", 86400, 14400);
    assert_int_equal(cable_address(&k, SV_ADDRESS_IS_STABLE | SV_ADDRESS_IS_DYNAMIC, 0)->valid_s, 86400);
}

static void temporary_addresses_follow_each_other(void **state)
{
    (void)state;
    struct sv_addr before = {{0}};
    uint32_t changes = 0;
    cable_pass(&k, 3000);
    for (uint32_t hour = 0; hour < 72; hour++) {
        advert(9000, "2001:db8:1::", 2592000, 604800);
        cable_pass(&k, 3600000);
        const struct sv_ip_path path = path_to("2001:db8:9::1");
        const struct sv_address_info *newest = NULL;
        for (uint32_t n = 0; (newest = cable_address(&k, SV_ADDRESS_IS_TEMPORARY, n)) != NULL; n++)
            assert_true(newest->valid_s <= 172800 && n < 4);
        changes += !sv_addr_equal(&before, &path.src);
        before = path.src;
    }
    assert_in_range(changes, 3, 6); /* each is preferred for 14 to 24 hours */
}

static void forged_advertisements_are_bounded(void **state)
{
    (void)state;
    cable_pass(&k, 3000);
    for (uint32_t i = 0; i < 100; i++) {
        char prefix[48], from[48];
        (void)snprintf(prefix, sizeof prefix, "2001:db8:%x::", i + 1);
        (void)snprintf(from, sizeof from, "fe80::%x:fe", i + 1);
        advert_begin(1800, 0);
        advert_prefix(prefix, 64, 86400, 14400);
        const struct sv_nd_route r = {addr_of("2001:db8:ff00::"), 600, (uint8_t)(40 + i % 24), 0, false};
        sv_nd_emit_route(&w, &r);
        advert_send(from);
    }
    uint32_t addresses = 0, routes = 0, at = 0;
    struct sv_route_info info;
    while (cable_address(&k, SV_ADDRESS_IS_STABLE | SV_ADDRESS_IS_DYNAMIC, addresses))
        addresses++;
    while (sv_route_each(k.stack, &at, &info))
        routes++;
    assert_int_equal(addresses, 8);
    assert_true(routes <= SV_ND_DEFAULTS_MAX + SV_ND_PREFIXES_MAX + SV_ND_ROUTES_MAX + 1);
    assert_true(cable_drops(&k, SV_DROP_ND_FULL) > 150);
    cable_pass(&k, 10000);
    sv_stack_check(k.stack);
}

static void what_a_router_tells_is_believed_within_bounds(void **state)
{
    (void)state;
    struct sv_interface *i = sv_interface_of(&k.stack->net.link.interfaces, k.port);
    cable_pass(&k, 3000);
    const struct sv_nd_msg m = {.type = SV_ND_ROUTER_ADVERT,
                                .hop_limit = 1, /* would cut us off (the attack of RFC 4861 §11.2's kind) */
                                .router_lifetime_s = 1800,
                                .reachable_ms = 3600001,
                                .retrans_ms = 1};
    w = sv_wr_of(ra, sizeof ra);
    sv_nd_emit_header(&w, &m);
    sv_nd_emit_mtu(&w, 1279);
    advert_send("fe80::fe");
    assert_int_equal(sv_nd_port_of(&k.stack->net, k.port)->hop_limit, 0);
    assert_int_equal(i->reachable_ms, 0);
    assert_int_equal(i->retrans_ms, 0);
    assert_int_equal(path_to("2001:db8:9::1").mtu, 1500);
    advert_begin(1800, 0);
    sv_put_u32(ra + 8, 20000);
    sv_put_u32(ra + 12, 500);
    sv_nd_emit_mtu(&w, 1400);
    advert_prefix("2001:db8:1::", 64, 86400, 14400);
    const struct sv_addr servers[2] = {addr_of("2001:db8::53"), addr_of("fe80::53")};
    sv_nd_emit_rdnss(&w, 600, servers, 2);
    sv_nd_emit_dnssl(&w, 600, (const uint8_t *)"\3lan", 5);
    advert_send("fe80::fe");
    assert_int_equal(i->reachable_ms, 20000);
    assert_int_equal(i->retrans_ms, 500);
    cable_pass(&k, 3000);
    assert_int_equal(path_to("2001:db8:9::1").mtu, 1400);
    struct sv_dns_server_info server;
    uint32_t at = 0, seen = 0;
    while (sv_dns_server_each(k.stack, &at, &server, k.now))
        assert_true(sv_addr_equal(&server.addr, &servers[seen++]) && server.lifetime_s == 597);
    assert_int_equal(seen, 2);
    uint8_t search[16];
    assert_int_equal(sv_dns_search(k.stack, search, sizeof search, k.now), 8);
    assert_memory_equal(search, "\3lan\0", 5);
    at = 0;
    assert_false(sv_dns_server_each(k.stack, &at, &server, k.now + 600 * SV_S));
    /* From elsewhere than the link: nothing. */
    const struct sv_addr src = addr_of("2001:db8::66"), dst = addr_of("ff02::1");
    cable_in6(&k, 0x66, &src, &dst, 255, false, ra, (uint32_t)(w.at - ra));
    assert_int_equal(cable_drops(&k, SV_DROP_ND_INVALID), 1);
    assert_null(route("::", 0, "2001:db8::66"));
}

static void the_preferred_router_is_used_and_a_dead_one_is_not(void **state)
{
    (void)state;
    cable_pass(&k, 3000);
    advert(1800, "2001:db8:1::", 86400, 14400);
    advert_begin(1800, SV_ND_PREFERENCE_HIGH);
    advert_send("fe80::2");
    cable_pass(&k, 3000);
    const struct sv_addr two = addr_of("fe80::2"), fe = addr_of("fe80::fe");
    struct sv_ip_path path = path_to("2001:db8:9::1");
    assert_true(sv_addr_equal(&path.next_hop, &two));
    /* It does not answer: five seconds of use, three questions to it, and the other is used. */
    sv_sock e;
    const struct sv_addr far = addr_of("2001:db8:9::1");
    assert_int_equal(sv_echo_open(k.stack, 0, &e, k.now), SV_OK);
    assert_int_equal(sv_echo_send(k.stack, e, &far, 1, 0, "x", 1, k.now), SV_OK);
    cable_pass(&k, 9000);
    path = path_to("2001:db8:9::1");
    assert_true(sv_addr_equal(&path.next_hop, &fe));
    assert_int_equal(route("::", 0, "fe80::2")->unreachable, 1);
    advert_begin(1800, SV_ND_PREFERENCE_HIGH); /* it lives: its rank is back */
    advert_send("fe80::2");
    sv_node_expire(sv_stack_node(k.stack), k.now);
    path = path_to("2001:db8:9::1");
    assert_true(sv_addr_equal(&path.next_hop, &two));
    /* It says that it is no router any more (RFC 4861 §7.2.5). */
    uint8_t na[64];
    struct sv_wr r = sv_wr_of(na, sizeof na);
    const struct sv_nd_msg m = {.type = SV_ND_NEIGHBOUR_ADVERT, .target = two, .flags = SV_ND_OVERRIDE};
    const struct sv_addr all = addr_of("ff02::1");
    sv_nd_emit_header(&r, &m);
    sv_nd_emit_lla(&r, SV_ND_OPT_TARGET_LLA, (const uint8_t[6]){2, 0, 0, 0, 0, 0xfe});
    cable_in6(&k, 0xfd, &two, &all, 255, false, na, (uint32_t)(r.at - na));
    assert_null(route("::", 0, "fe80::2"));
}

static void redirect(const char *from, const char *destination, const char *target)
{
    uint8_t bytes[64];
    struct sv_wr r = sv_wr_of(bytes, sizeof bytes);
    const struct sv_nd_msg m = {.type = SV_ND_REDIRECT, .target = addr_of(target), .destination = addr_of(destination)};
    const struct sv_addr src = addr_of(from), to = cable_address(&k, SV_ADDRESS_IS_LINK_LOCAL, 0)->addr;
    sv_nd_emit_header(&r, &m);
    cable_in6(&k, 0xfe, &src, &to, 255, false, bytes, (uint32_t)(r.at - bytes));
}

static void redirects_of_the_first_hop_alone_are_followed(void **state)
{
    (void)state;
    cable_pass(&k, 3000);
    advert(1800, "2001:db8:1::", 86400, 14400);
    cable_pass(&k, 3000);
    redirect("fe80::66", "2001:db8:9::1", "fe80::66"); /* not our first hop */
    redirect("fe80::fe", "2001:db8:1::9", "fe80::66"); /* on link: there is no hop */
    assert_int_equal(cable_drops(&k, SV_DROP_ND_REDIRECT), 2);
    redirect("fe80::fe", "ff05::9", "fe80::2");
    assert_int_equal(cable_drops(&k, SV_DROP_ND_INVALID), 1);
    redirect("fe80::fe", "2001:db8:9::1", "fe80::2");
    assert_int_equal(path_to("2001:db8:9::1").next_hop.byte[15], 2);
    assert_int_equal(path_to("2001:db8:9::2").next_hop.byte[15], 0xfe);
    assert_int_equal(route("2001:db8:9::1", 128, "fe80::2")->origin, SV_ROUTE_REDIRECT);
    redirect("fe80::fe", "2001:db8:9::1", "2001:db8:9::1"); /* no longer the first hop for it */
    assert_int_equal(cable_drops(&k, SV_DROP_ND_REDIRECT), 3);
    redirect("fe80::fe", "2001:db8:9::3", "2001:db8:9::3"); /* it is a neighbour */
    assert_int_equal(path_to("2001:db8:9::3").next_hop.byte[15], 3);
    for (uint32_t i = 0; i < 100; i++) {
        char to[48];
        (void)snprintf(to, sizeof to, "2001:db8:a::%x", i + 1);
        redirect("fe80::fe", to, "fe80::2");
    }
    sv_stack_check(k.stack);
    cable_pass(&k, 600000);
    assert_int_equal(path_to("2001:db8:9::3").next_hop.byte[15], 0xfe);
}

/* --- the stack as a router --- */

static void advertisements_come_quickly_at_first_then_at_random_and_with_a_last_word(void **state)
{
    (void)state;
    struct sv_advertise_config c = {.size = sizeof c, .max_interval_s = 60, .min_interval_s = 20, .mtu = 1400};
    c.prefixes = 1;
    c.prefix[0] = (struct sv_advertise_prefix){
        .prefix = addr_of("2001:db8:7::"), .length = 64, .valid_s = 86400, .preferred_s = 14400};
    assert_int_equal(sv_advertise(k.stack, k.port, &c, k.now), SV_OK);
    sv_time before = 0;
    for (uint32_t i = 0; i < 6; i++) {
        assert_true(cable_wait_for(&k, &out, SV_ND_ROUTER_ADVERT, 61000));
        const uint32_t ms = (uint32_t)((k.now - before) / SV_MS);
        if (i > 0)
            assert_in_range(ms, i <= 3 ? 16000 : 20000, i <= 3 ? 16000 : 60000);
        before = k.now;
        struct sv_nd_msg m;
        assert_int_equal(sv_nd_parse(out.bytes, out.length, &m), SV_DROP_NONE);
        assert_int_equal(m.router_lifetime_s, 180);
        assert_int_equal(m.mtu, 1400);
        assert_true(sv_addr_is_link_local(&out.src));
    }
    for (uint32_t i = 0; i < 3; i++) { /* asked: within half a second, but three seconds apart */
        const struct sv_addr src = addr_of("fe80::9"), dst = addr_of("ff02::2");
        const uint8_t rs[16] = {SV_ND_ROUTER_SOLICIT, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 9};
        cable_in6(&k, 9, &src, &dst, 255, false, rs, sizeof rs);
        const sv_time asked = k.now;
        assert_true(cable_wait_for(&k, &out, SV_ND_ROUTER_ADVERT, 5000));
        assert_true(k.now - asked <= 3500 * SV_MS);
        assert_true(k.now - before >= 3 * SV_S);
        before = k.now;
    }
    assert_int_equal(sv_advertise(k.stack, k.port, NULL, k.now), SV_OK);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(cable_wait_for(&k, &out, SV_ND_ROUTER_ADVERT, 3000));
        assert_int_equal(sv_get_u16(out.bytes + 6), 0);
    }
    assert_false(cable_wait_for(&k, &out, SV_ND_ROUTER_ADVERT, 1000000));
}

static void what_may_not_be_advertised(void **state)
{
    (void)state;
    const struct sv_advertise_config good = {.size = sizeof good};
    struct sv_advertise_config c = good;
    c.max_interval_s = 3;
    assert_int_equal(sv_advertise(k.stack, k.port, &c, k.now), SV_ERR_INVALID);
    c = good;
    c.lifetime_s = 9001;
    assert_int_equal(sv_advertise(k.stack, k.port, &c, k.now), SV_ERR_INVALID);
    c = good;
    c.mtu = 1279;
    assert_int_equal(sv_advertise(k.stack, k.port, &c, k.now), SV_ERR_INVALID);
    c = good;
    c.size--;
    assert_int_equal(sv_advertise(k.stack, k.port, &c, k.now), SV_ERR_VERSION);
    c = good;
    c.prefixes = 1;
    c.prefix[0].prefix = addr_of("10.0.0.0");
    assert_int_equal(sv_advertise(k.stack, k.port, &c, k.now), SV_ERR_INVALID);
    assert_int_equal(sv_advertise(k.stack, 9, &good, k.now), SV_ERR_INVALID);
    assert_int_equal(sv_advertise(k.stack, k.port, &good, k.now), SV_OK);
}

/* A packet of a neighbour's that goes out where it came in. */
static void forward6(const char *src, const char *dst)
{
    const struct sv_addr s = addr_of(src), d = addr_of(dst);
    const uint8_t echo[8] = {128};
    cable_in6(&k, 9, &s, &d, 64, false, echo, sizeof echo);
}

static void a_router_tells_of_a_better_hop(void **state)
{
    (void)state;
    const struct sv_addr a = addr_of("2001:db8:7::1"), net = addr_of("2001:db8:8::"), hop = addr_of("fe80::2");
    const struct sv_addr v4 = addr_of("10.0.0.1"), net4 = addr_of("10.9.0.0"), hop4 = addr_of("10.0.0.2");
    assert_int_equal(sv_address_add(k.stack, k.port, &a, 64, k.now), SV_OK);
    assert_int_equal(sv_address_add(k.stack, k.port, &v4, 24, k.now), SV_OK);
    assert_int_equal(sv_route_add(k.stack, &net, 48, &hop, k.port, k.now), SV_OK);
    assert_int_equal(sv_route_add(k.stack, &net4, 16, &hop4, k.port, k.now), SV_OK);
    cable_pass(&k, 20000);
    const struct sv_addr nine = addr_of("2001:db8:7::9"), nine4 = addr_of("10.0.0.9");
    assert_int_equal(sv_neighbour_add(k.stack, k.port, &nine, (const uint8_t[6]){2, 0, 0, 0, 0, 9}, k.now), SV_OK);
    assert_int_equal(sv_neighbour_add(k.stack, k.port, &nine4, (const uint8_t[6]){2, 0, 0, 0, 0, 9}, k.now), SV_OK);
    assert_int_equal(sv_neighbour_add(k.stack, k.port, &hop, (const uint8_t[6]){2, 0, 0, 0, 0, 2}, k.now), SV_OK);
    forward6("2001:db8:7::9", "2001:db8:8::5");
    assert_true(cable_wait_for(&k, &out, SV_ND_REDIRECT, 0));
    struct sv_nd_msg m;
    assert_int_equal(sv_nd_parse(out.bytes, out.length, &m), SV_DROP_NONE);
    assert_int_equal(sv_nd_validate(&m, 0, out.hops, &out.src, &out.dst), SV_DROP_NONE);
    assert_true(sv_addr_equal(&m.target, &hop));
    assert_int_equal(m.destination.byte[15], 5);
    assert_int_equal(m.tlla[5], 2);
    assert_int_equal(m.redirected_length, 48);
    assert_true(cable_wait_for(&k, &out, 128, 0)); /* and the packet goes on */
    forward6("2001:db8:9::9", "2001:db8:8::5");    /* from elsewhere: a redirect could not reach it */
    assert_false(cable_wait_for(&k, &out, SV_ND_REDIRECT, 0));
    uint8_t f[64] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17};
    sv_put_u32(f + 26, 0x0a000009);
    sv_put_u32(f + 30, 0x0a090005);
    sv_sum_store(f + 24, sv_sum(f + 14, 20, 0));
    cable_in(&k, f, 42);
    while (cable_out(&k, &out) && !(out.ethertype == SV_ETHERTYPE_IP4 && out.protocol == 1)) {}
    assert_int_equal(out.bytes[0], 5);
    assert_int_equal(out.bytes[1], 1);
    assert_int_equal(sv_get_u32(out.bytes + 4), 0x0a000002);
    for (uint32_t i = 0; i < 50; i++)
        forward6("2001:db8:7::9", "2001:db8:8::5");
    assert_true(cable_drops(&k, SV_DROP_ND_RATE) >= 40);
}

static void icmpv4_redirects_are_followed_only_where_wanted(void **state)
{
    (void)state;
    for (uint32_t wanted = 0; wanted < 2; wanted++) {
        if (wanted) {
            cable_close(&k);
            cable_open(&k, SV_IF_NO_ARP_PROBE | SV_IF_REDIRECTS4, false);
        } else {
            cable_close(&k);
            cable_open(&k, SV_IF_NO_ARP_PROBE, false);
        }
        const struct sv_addr v4 = addr_of("10.0.0.1"), any = addr_of("0.0.0.0"), hop = addr_of("10.0.0.2");
        assert_int_equal(sv_address_add(k.stack, k.port, &v4, 24, k.now), SV_OK);
        assert_int_equal(sv_route_add(k.stack, &any, 0, &hop, k.port, k.now), SV_OK);
        uint8_t f[80] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 56, 0, 0, 0, 0, 64, 1};
        sv_put_u32(f + 26, 0x0a000002);
        sv_put_u32(f + 30, 0x0a000001);
        sv_sum_store(f + 24, sv_sum(f + 14, 20, 0));
        f[34] = 5;
        f[35] = 1;
        sv_put_u32(f + 38, 0x0a000003);
        memcpy(f + 42, "\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\1\x0a\x09\0\5", 20);
        sv_sum_store(f + 36, sv_sum(f + 34, 36, 0));
        cable_in(&k, f, 70);
        const struct sv_ip_path five = path_to("10.9.0.5"), six = path_to("10.9.0.6");
        assert_int_equal(sv_addr_v4_number(&five.next_hop), wanted ? 0x0a000003 : 0x0a000002);
        assert_int_equal(sv_addr_v4_number(&six.next_hop), 0x0a000002);
    }
}

static void an_interface_without_a_server_has_an_address_of_169_254(void **state)
{
    (void)state;
    cable_close(&k);
    cable_open(&k, SV_IF_LINK_LOCAL4, false);
    const struct sv_addr first = cable_address(&k, SV_ADDRESS_IS_LINK_LOCAL, 0)->addr;
    assert_in_range(sv_addr_v4_number(&first), 0xa9fe0100u, 0xa9fefeffu);
    assert_true(cable_wait(&k, &out, 1001)); /* the first probe */
    assert_int_equal(out.ethertype, SV_ETHERTYPE_ARP);
    uint8_t f[42];
    memcpy(f, out.frame, 42);
    f[11] = f[27] = 9; /* another probes for the same */
    cable_in(&k, f, 42);
    const struct sv_addr second = cable_address(&k, SV_ADDRESS_IS_LINK_LOCAL, 0)->addr;
    assert_false(sv_addr_equal(&first, &second));
    assert_null(cable_address(&k, SV_ADDRESS_IS_LINK_LOCAL, 1));
    cable_pass(&k, 10000);
    assert_int_equal(cable_address(&k, SV_ADDRESS_IS_LINK_LOCAL, 0)->state, 1);
    struct sv_addr four[2] = {addr_of("10.0.0.9"), addr_of("169.254.7.7")};
    sv_destination_sort(k.stack, four, 2, k.now); /* what can be reached first */
    assert_int_equal(four[0].byte[12], 169);
}

#define HOST(f) cmocka_unit_test_setup_teardown(f, open_host, close_all)
#define ROUTER(f) cmocka_unit_test_setup_teardown(f, open_router, close_all)
int main(void)
{
    const struct CMUnitTest tests[] = {
        HOST(routers_are_asked_for_ever_more_seldom),
        HOST(an_answer_ends_the_asking),
        HOST(a_prefix_gives_a_stable_and_a_temporary_address),
        HOST(lifetimes_end_in_deprecation_and_removal),
        HOST(one_forged_message_takes_no_address_away),
        HOST(temporary_addresses_follow_each_other),
        HOST(forged_advertisements_are_bounded),
        HOST(what_a_router_tells_is_believed_within_bounds),
        HOST(the_preferred_router_is_used_and_a_dead_one_is_not),
        HOST(redirects_of_the_first_hop_alone_are_followed),
        ROUTER(advertisements_come_quickly_at_first_then_at_random_and_with_a_last_word),
        ROUTER(what_may_not_be_advertised),
        ROUTER(a_router_tells_of_a_better_hop),
        HOST(icmpv4_redirects_are_followed_only_where_wanted),
        HOST(an_interface_without_a_server_has_an_address_of_169_254),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
