/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 4787, requirement by requirement, on a router with its two interfaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/nat_conversation.h"

static void say(sv_port port, uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, const char *text)
{
    const struct nat_packet u = {.protocol = 17,
                                 .src = src,
                                 .dst = dst,
                                 .sport = sport,
                                 .dport = dport,
                                 .payload = text,
                                 .n = (uint32_t)strlen(text)};
    nat_say(&w, port, &u);
}
static void hears(sv_port port, uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, const char *text)
{
    assert_true(nat_hear(&w, port, &p));
    assert_int_equal(p.protocol, 17);
    assert_int_equal(p.src, src);
    assert_int_equal(p.sport, sport);
    assert_int_equal(p.dst, dst);
    assert_int_equal(p.dport, dport);
    assert_int_equal(p.n, strlen(text));
    assert_memory_equal(p.payload, text, p.n);
}
/* Goes out; the outside port it got. */
static uint16_t out(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport)
{
    say(INSIDE, src, sport, dst, dport, "out");
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.src, NAT_ADDR);
    assert_int_equal(p.dst, dst);
    assert_int_equal(p.dport, dport);
    assert_int_equal(p.ttl, 63);
    return p.sport;
}

static void req_1_mapping_is_endpoint_independent(void **state)
{
    (void)state;
    const uint16_t port = out(HOST_A, 5000, PEER_Y, 7);
    assert_int_equal(out(HOST_A, 5000, PEER_Z, 9), port);
    assert_int_equal(out(HOST_A, 5000, PEER_Y, 8), port);
    assert_int_equal(nat_counts(&w).mappings, 1);
    say(OUTSIDE, PEER_Z, 9, NAT_ADDR, port, "back");
    hears(INSIDE, PEER_Z, 9, HOST_A, 5000, "back");
}

static void req_3_no_port_overloading(void **state)
{
    (void)state;
    assert_int_equal(out(HOST_A, 6000, PEER_Y, 7), 6000); /* kept: it was free */
    const uint16_t other = out(HOST_B, 6000, PEER_Y, 7);
    assert_int_not_equal(other, 6000);
    say(OUTSIDE, PEER_Y, 7, NAT_ADDR, other, "b");
    hears(INSIDE, PEER_Y, 7, HOST_B, 6000, "b");
    say(OUTSIDE, PEER_Y, 7, NAT_ADDR, 6000, "a");
    hears(INSIDE, PEER_Y, 7, HOST_A, 6000, "a");
}

static void req_3a_the_range_of_well_known_ports(void **state)
{
    (void)state;
    assert_int_equal(out(HOST_A, 700, PEER_Y, 7), 700);
    const uint16_t port = out(HOST_B, 700, PEER_Y, 7);
    assert_true(port >= 512 && port <= 1023 && port != 700);
    assert_true(out(HOST_A, 40000, PEER_Y, 7) >= 1024);
}

static void req_4_port_parity(void **state)
{
    (void)state;
    for (uint16_t k = 0; k < 40; k++) {
        const uint16_t inside = (uint16_t)(20000 + k);
        assert_int_equal(out(HOST_A, inside, PEER_Y, 7), inside);
        const uint16_t port = out(HOST_B, inside, PEER_Y, 7);
        assert_int_not_equal(port, inside);
        assert_int_equal(port & 1, inside & 1);
        assert_true(port >= 1024);
    }
}

static void req_5_the_mapping_timer(void **state)
{
    (void)state;
    const uint16_t port = out(HOST_A, 5000, PEER_Y, 7);
    nat_pass_time(&w, 299 * SV_S);
    say(OUTSIDE, PEER_Y, 7, NAT_ADDR, port, "in time");
    hears(INSIDE, PEER_Y, 7, HOST_A, 5000, "in time");
    nat_pass_time(&w, 2 * SV_S);
    assert_int_equal(nat_counts(&w).mappings, 0);
    assert_int_equal(nat_counts(&w).hosts, 0);
    /* Below two minutes is no choice. */
    struct sv_nat_config c = {.size = sizeof c, .outside = OUTSIDE, .udp_s = 119};
    assert_int_equal(sv_nat_enable(w.stack, &c, w.now), SV_ERR_INVALID);
}

static void req_6_outbound_refreshes_and_inbound_does_not(void **state)
{
    (void)state;
    const uint16_t port = out(HOST_A, 5000, PEER_Y, 7);
    nat_pass_time(&w, 200 * SV_S);
    assert_int_equal(out(HOST_A, 5000, PEER_Y, 7), port);
    nat_pass_time(&w, 200 * SV_S);
    assert_int_equal(nat_counts(&w).mappings, 1);
    say(OUTSIDE, PEER_Y, 7, NAT_ADDR, port, "in");
    hears(INSIDE, PEER_Y, 7, HOST_A, 5000, "in");
    nat_pass_time(&w, 101 * SV_S);
    assert_int_equal(nat_counts(&w).mappings, 0);
    /* Unless it is configured so. */
    const struct sv_nat_config c = {.size = sizeof c, .outside = OUTSIDE, .flags = SV_NAT_REFRESH_INBOUND};
    assert_int_equal(sv_nat_enable(w.stack, &c, w.now), SV_OK);
    out(HOST_A, 5000, PEER_Y, 7);
    nat_pass_time(&w, 200 * SV_S);
    say(OUTSIDE, PEER_Y, 7, NAT_ADDR, 5000, "in");
    hears(INSIDE, PEER_Y, 7, HOST_A, 5000, "in");
    nat_pass_time(&w, 200 * SV_S);
    assert_int_equal(nat_counts(&w).mappings, 1);
}

static void req_8_address_dependent_filtering(void **state)
{
    (void)state;
    const uint16_t port = out(HOST_A, 5000, PEER_Y, 7);
    say(OUTSIDE, PEER_Y, 999, NAT_ADDR, port, "another port of the same");
    hears(INSIDE, PEER_Y, 999, HOST_A, 5000, "another port of the same");
    say(OUTSIDE, PEER_Z, 7, NAT_ADDR, port, "another address");
    assert_true(nat_silent(&w, INSIDE));
    assert_int_equal(nat_counts(&w).filtered, 1);
    assert_int_equal(sv_stack_drops(w.stack, SV_DROP_NAT_FILTERED), 1);
}

static void req_8_endpoint_independent_filtering(void **state)
{
    (void)state;
    nat_shut(&w);
    nat_open(&w, SV_NAT_FILTER_ENDPOINT);
    const uint16_t port = out(HOST_A, 5000, PEER_Y, 7);
    say(OUTSIDE, PEER_Z, 12345, NAT_ADDR, port, "from anywhere");
    hears(INSIDE, PEER_Z, 12345, HOST_A, 5000, "from anywhere");
}

static void the_inside_cannot_be_reached_by_its_own_addresses(void **state)
{
    (void)state;
    say(OUTSIDE, PEER_Y, 7, HOST_A, 5000, "straight in");
    assert_true(nat_silent(&w, INSIDE));
    assert_int_equal(sv_stack_drops(w.stack, SV_DROP_NAT_FILTERED), 1);
}

static void req_9_hairpinning_with_the_outside_source(void **state)
{
    (void)state;
    const uint16_t b = out(HOST_B, 7000, PEER_Y, 7);
    /* B must expect A: it has spoken with the outside address. */
    say(INSIDE, HOST_A, 5000, NAT_ADDR, b, "refused: b never spoke with a");
    assert_true(nat_silent(&w, INSIDE));
    const uint16_t a = out(HOST_A, 5000, PEER_Y, 7);
    say(INSIDE, HOST_B, 7000, NAT_ADDR, a, "b to a"); /* a has spoken with the outside address above */
    hears(INSIDE, NAT_ADDR, b, HOST_A, 5000, "b to a");
    say(INSIDE, HOST_A, 5000, NAT_ADDR, b, "a to b");
    hears(INSIDE, NAT_ADDR, a, HOST_B, 7000, "a to b");
    assert_int_equal(nat_counts(&w).hairpin, 2);
}

static void req_9_hairpinning_to_a_port_forward(void **state)
{
    (void)state;
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 3), 53};
    assert_int_equal(sv_nat_forward(w.stack, 17, 5353, &to, w.now), SV_OK);
    say(INSIDE, HOST_A, 5000, NAT_ADDR, 5353, "who?");
    hears(INSIDE, NAT_ADDR, 5000, HOST_B, 53, "who?");
    say(INSIDE, HOST_B, 53, NAT_ADDR, 5000, "me");
    hears(INSIDE, NAT_ADDR, 5353, HOST_A, 5000, "me");
}

static void a_port_forward(void **state)
{
    (void)state;
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 3), 53};
    assert_int_equal(sv_nat_forward(w.stack, 17, 5353, &to, w.now), SV_OK);
    assert_int_equal(sv_nat_forward(w.stack, 17, 5353, &to, w.now), SV_ERR_IN_USE);
    assert_int_equal(sv_nat_forward(w.stack, 17, 5454, &to, w.now), SV_OK);
    assert_int_equal(sv_nat_forward(w.stack, 132, 5353, &to, w.now), SV_ERR_INVALID);
    say(OUTSIDE, PEER_Y, 1111, NAT_ADDR, 5353, "q");
    hears(INSIDE, PEER_Y, 1111, HOST_B, 53, "q");
    say(INSIDE, HOST_B, 53, PEER_Y, 1111, "r");
    hears(OUTSIDE, NAT_ADDR, 5353, PEER_Y, 1111, "r");
    nat_pass_time(&w, 3600 * SV_S);
    say(OUTSIDE, PEER_Z, 1111, NAT_ADDR, 5353, "still");
    hears(INSIDE, PEER_Z, 1111, HOST_B, 53, "still");
    uint32_t at = 0, n = 0;
    struct sv_nat_info info;
    while (sv_nat_each(w.stack, &at, &info))
        n += info.fixed;
    assert_int_equal(n, 2);
}

static void req_13_dont_fragment_is_answered(void **state)
{
    (void)state;
    static const uint8_t big[2000];
    struct nat_packet u = {.protocol = 17, .src = HOST_A, .dst = PEER_Y, .sport = 5000, .dport = 7, .dont_fragment = 1};
    u.payload = big;
    u.n = 1472;
    nat_say(&w, INSIDE, &u);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_true(p.dont_fragment);
    u.n = 1473; /* the router's own error, about the packet as the inside knows it */
    nat_say(&w, INSIDE, &u);
    assert_true(nat_silent(&w, OUTSIDE));
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.flags, 3);
    assert_int_equal(p.code, 4);
    assert_int_equal(p.dport, 1500);
    assert_int_equal(sv_get_u32((const uint8_t *)p.payload + 12), HOST_A);
}

/* A datagram of `n` payload bytes in fragments of 800, as a list of packets. */
static uint32_t cut(uint8_t frag[8][900], uint32_t length[8], uint32_t src, uint16_t sport, uint32_t dst,
                    uint16_t dport, const uint8_t *bytes, uint32_t n)
{
    static uint8_t whole[8000];
    const struct nat_packet u = {
        .protocol = 17, .src = src, .dst = dst, .sport = sport, .dport = dport, .payload = bytes, .n = n, .id = 77};
    const uint32_t total = nat_emit(whole, &u) - 20u;
    uint32_t count = 0;
    for (uint32_t at = 0; at < total; at += 800, count++) {
        const uint32_t part = total - at < 800 ? total - at : 800;
        memcpy(frag[count], whole, 20);
        memcpy(frag[count] + 20, whole + 20 + at, part);
        sv_put_u16(frag[count] + 2, (uint16_t)(20 + part));
        sv_put_u16(frag[count] + 6, (uint16_t)(at / 8 | (at + part < total ? 0x2000u : 0)));
        sv_put_u16(frag[count] + 10, 0);
        sv_sum_store(frag[count] + 10, sv_sum(frag[count], 20, 0));
        length[count] = 20 + part;
    }
    return count;
}

/* Puts what was heard together and checks the whole's checksum. */
static void whole_again(sv_port port, uint32_t fragments, uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport,
                        const uint8_t *bytes, uint32_t n)
{
    static uint8_t whole[8000];
    uint32_t got = 0;
    for (uint32_t k = 0; k < fragments; k++) {
        assert_true(nat_hear(&w, port, &p));
        assert_int_equal(p.src, src);
        assert_int_equal(p.dst, dst);
        assert_int_equal(p.id, 77);
        const uint32_t at = (p.fragment & 0x1fffu) * 8u;
        if (at == 0)
            memcpy(whole, p.ip, 20);
        memcpy(whole + 20 + at, p.ip + 20, p.length - 20);
        got += p.length - 20;
    }
    assert_int_equal(got, n + 8);
    sv_put_u16(whole + 2, (uint16_t)(20 + got));
    assert_int_equal(nat_sum4(whole, 20 + got), 0xffff);
    assert_int_equal(sv_get_u16(whole + 20), sport);
    assert_int_equal(sv_get_u16(whole + 22), dport);
    assert_memory_equal(whole + 28, bytes, n);
}

static void req_14_fragments_in_any_order(void **state)
{
    (void)state;
    static const uint8_t order[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {0, 3, 2, 1}};
    static uint8_t frag[8][900], bytes[3000];
    uint32_t length[8];
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    for (uint32_t k = 0; k < SV_COUNT_OF(order); k++) {
        const uint16_t port = (uint16_t)(5000 + k);
        uint32_t n = cut(frag, length, HOST_A, port, PEER_Y, 7, bytes, sizeof bytes);
        assert_int_equal(n, 4);
        for (uint32_t i = 0; i < n; i++)
            nat_say_bytes(&w, INSIDE, frag[order[k][i]], length[order[k][i]]);
        whole_again(OUTSIDE, n, NAT_ADDR, port, PEER_Y, 7, bytes, sizeof bytes);
        n = cut(frag, length, PEER_Y, 7, NAT_ADDR, port, bytes, sizeof bytes);
        for (uint32_t i = 0; i < n; i++)
            nat_say_bytes(&w, OUTSIDE, frag[order[k][i]], length[order[k][i]]);
        whole_again(INSIDE, n, PEER_Y, 7, HOST_A, port, bytes, sizeof bytes);
        nat_pass_time(&w, 20 * SV_S);
        assert_int_equal(nat_held(&w), 0);
    }
    assert_int_equal(nat_counts(&w).fragments_waited, 2 * (3 + 2));
}

static void req_14_fragments_are_bounded(void **state)
{
    (void)state;
    static uint8_t frag[8][900], bytes[3000];
    uint32_t length[8];
    (void)cut(frag, length, PEER_Y, 7, NAT_ADDR, 9, bytes, sizeof bytes);
    for (uint32_t k = 0; k < 3000; k++) { /* never a first one */
        sv_put_u16(frag[1] + 4, (uint16_t)(k / 10));
        sv_put_u16(frag[1] + 10, 0);
        sv_sum_store(frag[1] + 10, sv_sum(frag[1], 20, 0));
        nat_say_bytes(&w, OUTSIDE, frag[1], length[1]);
        assert_true(nat_counts(&w).fragments_held <= SV_NAT_HELD);
    }
    assert_true(nat_counts(&w).fragments_held > 0);
    nat_pass_time(&w, 16 * SV_S);
    assert_int_equal(nat_counts(&w).fragments_held, 0);
    assert_int_equal(sv_stack_drops(w.stack, SV_DROP_NAT_FRAGMENT), 3000);
    assert_int_equal(nat_held(&w), 0);
}

static void sessions_are_bounded_and_a_host_cannot_take_all(void **state)
{
    (void)state;
    for (uint16_t k = 0; k < 300; k++)
        say(INSIDE, HOST_A, (uint16_t)(2000 + k), PEER_Y, 7, "x");
    assert_int_equal(nat_counts(&w).sessions, 128); /* half of 256 */
    assert_int_equal(sv_stack_drops(w.stack, SV_DROP_NAT_FULL), 300 - 128);
    nat_flush(&w);
    out(HOST_B, 5000, PEER_Y, 7);
    nat_pass_time(&w, SV_S); /* errors of ours are limited */
    say(INSIDE, HOST_A, 9000, PEER_Y, 7, "x");
    assert_true(nat_hear(&w, INSIDE, &p)); /* and it is told: administratively prohibited (RFC 5508 REQ-2) */
    assert_int_equal(p.flags, 3);
    assert_int_equal(p.code, 13);
    nat_pass_time(&w, 400 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 0);
    assert_int_equal(nat_counts(&w).mappings, 0);
    assert_int_equal(nat_counts(&w).mappings_made, nat_counts(&w).mappings_removed);
}

static void random_ports_when_asked(void **state)
{
    (void)state;
    const struct sv_nat_config c = {.size = sizeof c, .outside = OUTSIDE, .flags = SV_NAT_RANDOM_PORTS};
    assert_int_equal(sv_nat_enable(w.stack, &c, w.now), SV_OK);
    uint32_t kept = 0;
    for (uint16_t k = 0; k < 50; k++)
        kept += out(HOST_A, (uint16_t)(3000 + k), PEER_Y, 7) == 3000 + k;
    assert_true(kept <= 1);
}

static void no_checksum_stays_none_and_a_wrong_one_wrong(void **state)
{
    (void)state;
    struct nat_packet u = {.protocol = 17, .src = HOST_A, .dst = PEER_Y, .sport = 5000, .dport = 7, .no_sum = 1};
    u.payload = "abc";
    u.n = 3;
    nat_say(&w, INSIDE, &u);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(sv_get_u16(p.ip + 26), 0);
    uint8_t ip[100];
    u.no_sum = 0;
    const uint32_t n = nat_emit(ip, &u);
    ip[29] ^= 0x10;
    nat_say_bytes(&w, INSIDE, ip, n);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(w.broken, 1);
    w.broken = 0;
}

static void protocols_without_ports_are_refused(void **state)
{
    (void)state;
    struct nat_packet u = {.protocol = 47, .src = HOST_A, .dst = PEER_Y, .no_sum = 1};
    uint8_t ip[100];
    const uint32_t n = nat_emit(ip, &u);
    ip[20 + 2] = ip[20 + 3] = 0;
    nat_say_bytes(&w, INSIDE, ip, n);
    assert_true(nat_silent(&w, OUTSIDE));
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.code, 13);
    assert_int_equal(sv_stack_drops(w.stack, SV_DROP_NAT_UNTRANSLATABLE), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_strict, shut)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(req_1_mapping_is_endpoint_independent),
        T(req_3_no_port_overloading),
        T(req_3a_the_range_of_well_known_ports),
        T(req_4_port_parity),
        T(req_5_the_mapping_timer),
        T(req_6_outbound_refreshes_and_inbound_does_not),
        T(req_8_address_dependent_filtering),
        T(req_8_endpoint_independent_filtering),
        T(the_inside_cannot_be_reached_by_its_own_addresses),
        T(req_9_hairpinning_with_the_outside_source),
        T(req_9_hairpinning_to_a_port_forward),
        T(a_port_forward),
        T(req_13_dont_fragment_is_answered),
        T(req_14_fragments_in_any_order),
        T(req_14_fragments_are_bounded),
        T(sessions_are_bounded_and_a_host_cannot_take_all),
        T(random_ports_when_asked),
        T(no_checksum_stays_none_and_a_wrong_one_wrong),
        T(protocols_without_ports_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
