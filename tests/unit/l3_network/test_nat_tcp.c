/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 5382, requirement by requirement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/nat_conversation.h"

static void out(uint16_t sport, uint32_t dst, uint16_t dport, uint8_t flags)
{
    const struct nat_packet t = {
        .protocol = 6, .src = HOST_A, .dst = dst, .sport = sport, .dport = dport, .flags = flags, .seq = 1000};
    nat_say(&w, INSIDE, &t);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.src, NAT_ADDR);
    assert_int_equal(p.flags, flags);
}
static void in(uint32_t src, uint16_t sport, uint16_t dport, uint8_t flags)
{
    const struct nat_packet t = {
        .protocol = 6, .src = src, .dst = NAT_ADDR, .sport = sport, .dport = dport, .flags = flags, .seq = 2000};
    nat_say(&w, OUTSIDE, &t);
}
static void arrives(uint16_t dport, uint8_t flags)
{
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.dst, HOST_A);
    assert_int_equal(p.dport, dport);
    assert_int_equal(p.flags, flags);
}
static uint32_t state_of_first(void)
{
    uint32_t at = 0;
    struct sv_nat_info info;
    return sv_nat_each(w.stack, &at, &info) ? info.state : UINT32_MAX;
}
static void handshake(uint16_t sport)
{
    out(sport, PEER_Y, 80, T_SYN);
    in(PEER_Y, 80, sport, T_SYN | T_ACK);
    arrives(sport, T_SYN | T_ACK);
    out(sport, PEER_Y, 80, T_ACK);
}

static void req_1_mapping_is_endpoint_independent(void **state)
{
    (void)state;
    out(5000, PEER_Y, 80, T_SYN);
    assert_int_equal(p.sport, 5000);
    out(5000, PEER_Z, 81, T_SYN);
    assert_int_equal(p.sport, 5000);
    assert_int_equal(nat_counts(&w).mappings, 1);
    assert_int_equal(nat_counts(&w).sessions, 2);
}

static void req_2_the_three_way_handshake_and_the_close(void **state)
{
    (void)state;
    handshake(5000);
    assert_int_equal(state_of_first(), SV_NAT_ESTABLISHED);
    out(5000, PEER_Y, 80, T_FIN | T_ACK);
    assert_int_equal(state_of_first(), SV_NAT_FIN_OUT);
    in(PEER_Y, 80, 5000, T_FIN | T_ACK);
    arrives(5000, T_FIN | T_ACK);
    assert_int_equal(state_of_first(), SV_NAT_FIN_BOTH);
    out(5000, PEER_Y, 80, T_ACK);
    nat_pass_time(&w, 239 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 1);
    nat_pass_time(&w, 2 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 0);
}

static void req_2_simultaneous_open(void **state)
{
    (void)state;
    /* The other side's SYN comes first, to a port that is not mapped yet: kept, not answered. */
    in(PEER_Y, 80, 5000, T_SYN);
    assert_true(nat_silent(&w, OUTSIDE));
    assert_true(nat_silent(&w, INSIDE));
    nat_pass_time(&w, SV_S);
    out(5000, PEER_Y, 80, T_SYN);
    in(PEER_Y, 80, 5000, T_SYN); /* it is sent again */
    arrives(5000, T_SYN);
    assert_int_equal(state_of_first(), SV_NAT_ESTABLISHED);
    out(5000, PEER_Y, 80, T_SYN | T_ACK);
    in(PEER_Y, 80, 5000, T_SYN | T_ACK);
    arrives(5000, T_SYN | T_ACK);
    nat_pass_time(&w, 10 * SV_S);
    assert_true(nat_silent(&w, OUTSIDE)); /* REQ-4: the kept one is dropped in silence */
    assert_int_equal(sv_stack_drops(w.stack, SV_DROP_NAT_SYN), 1);
    assert_int_equal(nat_held(&w), 0);
}

static void req_3_filtering(void **state)
{
    (void)state;
    handshake(5000);
    in(PEER_Y, 999, 5000, T_SYN);
    arrives(5000, T_SYN);
    in(PEER_Z, 80, 5000, T_SYN);
    assert_true(nat_silent(&w, INSIDE));
    in(PEER_Y, 888, 5000, T_ACK); /* no SYN: there is no such connection */
    assert_true(nat_silent(&w, INSIDE));
    nat_shut(&w);
    nat_open(&w, SV_NAT_FILTER_ENDPOINT);
    handshake(5000);
    in(PEER_Z, 80, 5000, T_SYN);
    arrives(5000, T_SYN);
}

static void req_4_an_unsolicited_syn_is_answered_after_six_seconds(void **state)
{
    (void)state;
    handshake(5000);
    in(PEER_Z, 80, 5000, T_SYN); /* mapped, but not for it */
    in(PEER_Z, 80, 6000, T_SYN); /* not mapped */
    nat_pass_time(&w, 5900 * SV_MS);
    assert_true(nat_silent(&w, OUTSIDE));
    nat_pass_time(&w, 200 * SV_MS);
    for (uint32_t k = 0; k < 2; k++) {
        assert_true(nat_hear(&w, OUTSIDE, &p));
        assert_int_equal(p.protocol, 1);
        assert_int_equal(p.flags, 3);
        assert_int_equal(p.code, 3);
        assert_int_equal(p.dst, PEER_Z);
        assert_int_equal(sv_get_u32((const uint8_t *)p.payload + 16), NAT_ADDR);
        assert_int_equal(sv_get_u16((const uint8_t *)p.payload + 22), k == 0 ? 5000 : 6000);
    }
    assert_int_equal(nat_held(&w), 0);
}

static void req_4_held_syns_are_bounded(void **state)
{
    (void)state;
    for (uint16_t k = 0; k < 200; k++)
        in(PEER_Z, (uint16_t)(1000 + k), 6000, T_SYN);
    assert_int_equal(nat_counts(&w).syns_held, SV_NAT_SYNS);
    nat_pass_time(&w, 7 * SV_S);
    assert_int_equal(nat_counts(&w).syns_held, 0);
    nat_flush(&w);
    assert_int_equal(nat_held(&w), 0);
}

static void a_listener_of_the_routers_own_hears_its_syn(void **state)
{
    (void)state;
    const struct sv_endpoint local = {sv_addr_v4(192, 0, 2, 1), 179};
    sv_sock l;
    assert_int_equal(sv_listen(w.stack, &local, NULL, &l, w.now), SV_OK);
    in(PEER_Y, 80, 179, T_SYN);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.flags & (T_SYN | T_ACK), T_SYN | T_ACK);
    assert_int_equal(nat_counts(&w).syns_held, 0);
    sv_close(w.stack, l, w.now);
    nat_flush(&w);
}

static void req_5_the_timers(void **state)
{
    (void)state;
    handshake(5000);
    nat_pass_time(&w, 7439 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 1);
    in(PEER_Y, 80, 5000, T_ACK); /* either side keeps it alive */
    arrives(5000, T_ACK);
    nat_pass_time(&w, 7439 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 1);
    nat_pass_time(&w, 2 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 0);
    out(5001, PEER_Y, 80, T_SYN); /* never answered */
    nat_pass_time(&w, 239 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 1);
    nat_pass_time(&w, 2 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 0);
    struct sv_nat_config c = {.size = sizeof c, .outside = OUTSIDE, .tcp_established_s = 7439};
    assert_int_equal(sv_nat_enable(w.stack, &c, w.now), SV_ERR_INVALID);
    c.tcp_established_s = 0;
    c.tcp_transitory_s = 239;
    assert_int_equal(sv_nat_enable(w.stack, &c, w.now), SV_ERR_INVALID);
}

static void a_reset_is_transitory_and_may_be_disbelieved(void **state)
{
    (void)state;
    handshake(5000);
    in(PEER_Y, 80, 5000, T_RST);
    arrives(5000, T_RST);
    assert_int_equal(state_of_first(), SV_NAT_TRANS);
    out(5000, PEER_Y, 80, T_ACK);
    assert_int_equal(state_of_first(), SV_NAT_ESTABLISHED);
    out(5000, PEER_Y, 80, T_RST);
    nat_pass_time(&w, 241 * SV_S);
    assert_int_equal(nat_counts(&w).mappings, 0);
}

static void the_same_ports_are_used_anew(void **state)
{
    (void)state;
    handshake(5000);
    out(5000, PEER_Y, 80, T_FIN | T_ACK);
    in(PEER_Y, 80, 5000, T_FIN | T_ACK);
    arrives(5000, T_FIN | T_ACK);
    handshake(5000);
    assert_int_equal(state_of_first(), SV_NAT_ESTABLISHED);
}

static void a_connection_older_than_the_router_is_taken_up(void **state)
{
    (void)state;
    out(5000, PEER_Y, 80, T_ACK);
    assert_int_equal(state_of_first(), SV_NAT_TRANS);
    in(PEER_Y, 80, 5000, T_ACK);
    arrives(5000, T_ACK);
    assert_int_equal(state_of_first(), SV_NAT_ESTABLISHED);
    const struct nat_packet t = {.protocol = 6, .src = HOST_A, .dst = PEER_Y, .sport = 7, .dport = 80, .flags = T_RST};
    nat_say(&w, INSIDE, &t);
    assert_true(nat_silent(&w, OUTSIDE)); /* but not by a reset */
}

static void req_8_hairpinning(void **state)
{
    (void)state;
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 3), 80};
    assert_int_equal(sv_nat_forward(w.stack, 6, 8080, &to, w.now), SV_OK);
    const struct nat_packet t = {
        .protocol = 6, .src = HOST_A, .dst = NAT_ADDR, .sport = 5000, .dport = 8080, .flags = T_SYN};
    nat_say(&w, INSIDE, &t);
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.src, NAT_ADDR);
    assert_int_equal(p.sport, 5000);
    assert_int_equal(p.dst, HOST_B);
    assert_int_equal(p.dport, 80);
    const struct nat_packet r = {
        .protocol = 6, .src = HOST_B, .dst = NAT_ADDR, .sport = 80, .dport = 5000, .flags = T_SYN | T_ACK};
    nat_say(&w, INSIDE, &r);
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.src, NAT_ADDR);
    assert_int_equal(p.sport, 8080);
    assert_int_equal(p.dst, HOST_A);
    assert_int_equal(p.dport, 5000);
}

static void two_forwards_to_one_server(void **state)
{
    (void)state;
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 2), 80};
    assert_int_equal(sv_nat_forward(w.stack, 6, 8080, &to, w.now), SV_OK);
    assert_int_equal(sv_nat_forward(w.stack, 6, 8081, &to, w.now), SV_OK);
    in(PEER_Y, 700, 8080, T_SYN);
    arrives(80, T_SYN);
    in(PEER_Y, 701, 8081, T_SYN);
    arrives(80, T_SYN);
    out(80, PEER_Y, 700, T_SYN | T_ACK);
    assert_int_equal(p.sport, 8080);
    out(80, PEER_Y, 701, T_SYN | T_ACK);
    assert_int_equal(p.sport, 8081);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_strict, shut)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(req_1_mapping_is_endpoint_independent),
        T(req_2_the_three_way_handshake_and_the_close),
        T(req_2_simultaneous_open),
        T(req_3_filtering),
        T(req_4_an_unsolicited_syn_is_answered_after_six_seconds),
        T(req_4_held_syns_are_bounded),
        T(a_listener_of_the_routers_own_hears_its_syn),
        T(req_5_the_timers),
        T(a_reset_is_transitory_and_may_be_disbelieved),
        T(the_same_ports_are_used_anew),
        T(a_connection_older_than_the_router_is_taken_up),
        T(req_8_hairpinning),
        T(two_forwards_to_one_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
