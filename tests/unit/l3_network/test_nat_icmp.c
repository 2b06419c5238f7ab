/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 5508, requirement by requirement: queries, and errors with what they quote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/nat_conversation.h"

#define FAR_ROUTER IP4(198, 51, 100, 1)
#define NEAR_ROUTER IP4(10, 9, 9, 9)

static uint8_t bytes[2000];

static void ping(sv_port port, uint32_t src, uint32_t dst, uint8_t type, uint16_t id)
{
    const struct nat_packet e = {
        .protocol = 1, .src = src, .dst = dst, .flags = type, .sport = id, .dport = 3, .payload = "data", .n = 4};
    nat_say(&w, port, &e);
}

static void req_1_queries_are_mapped_by_identifier(void **state)
{
    (void)state;
    ping(INSIDE, HOST_A, PEER_Y, 8, 99);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.src, NAT_ADDR);
    const uint16_t a = p.sport;
    ping(INSIDE, HOST_B, PEER_Y, 8, 99);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    const uint16_t b = p.sport;
    assert_int_not_equal(a, b);
    ping(INSIDE, HOST_A, PEER_Z, 8, 99); /* endpoint-independent */
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.sport, a);
    ping(OUTSIDE, PEER_Y, NAT_ADDR, 0, b);
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.dst, HOST_B);
    assert_int_equal(p.sport, 99);
    assert_int_equal(p.dport, 3);
    assert_memory_equal(p.payload, "data", 4);
    ping(OUTSIDE, FAR_ROUTER, NAT_ADDR, 0, b); /* nobody asked it */
    assert_true(nat_silent(&w, INSIDE));
}

static void req_2_the_query_timer(void **state)
{
    (void)state;
    ping(INSIDE, HOST_A, PEER_Y, 8, 99);
    nat_pass_time(&w, 59 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 1);
    nat_pass_time(&w, 2 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 0);
    const struct sv_nat_config c = {.size = sizeof c, .outside = OUTSIDE, .icmp_s = 59};
    assert_int_equal(sv_nat_enable(w.stack, &c, w.now), SV_ERR_INVALID);
    nat_flush(&w);
}

static void the_router_itself_can_be_pinged(void **state)
{
    (void)state;
    ping(OUTSIDE, PEER_Y, NAT_ADDR, 8, 5);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.flags, 0);
    ping(INSIDE, HOST_A, NAT_ADDR, 8, 5);
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.flags, 0);
    assert_int_equal(p.src, NAT_ADDR);
}

/* Something of HOST_A's that went out; its bytes as they left are in p. */
static void send_out(uint8_t protocol, uint16_t sport)
{
    const struct nat_packet t = {.protocol = protocol,
                                 .src = HOST_A,
                                 .dst = PEER_Y,
                                 .sport = sport,
                                 .dport = protocol == 1 ? 1 : 80,
                                 .flags = protocol == 1 ? 8 : T_SYN,
                                 .seq = 77,
                                 .payload = "some bytes of payload",
                                 .n = 21};
    nat_say(&w, INSIDE, &t);
    assert_true(nat_hear(&w, OUTSIDE, &p));
}
static void occupy(uint8_t protocol, uint16_t sport) /* so that HOST_A gets another port */
{
    const struct nat_packet t = {.protocol = protocol,
                                 .src = HOST_B,
                                 .dst = PEER_Y,
                                 .sport = sport,
                                 .dport = 80,
                                 .flags = protocol == 1 ? 8 : T_SYN};
    nat_say(&w, INSIDE, &t);
    assert_true(nat_hear(&w, OUTSIDE, &p));
}

static void req_4_errors_from_outside_quote_what_the_inside_sent(void **state)
{
    (void)state;
    static const uint8_t protocols[] = {17, 6, 1};
    for (uint32_t k = 0; k < 3; k++) {
        occupy(protocols[k], 4000);
        send_out(protocols[k], 4000);
        assert_true(protocols[k] == 1 || p.sport != 4000);
        for (uint32_t quote = 28; quote <= p.length && quote <= 60; quote += quote == 28 ? 12 : 9) {
            const uint32_t n = nat_error(bytes, FAR_ROUTER, NAT_ADDR, 11, 0, p.ip, quote);
            nat_say_bytes(&w, OUTSIDE, bytes, n);
            struct nat_packet e;
            uint8_t kept[100];
            const struct nat_packet before = p;
            memcpy(kept, p.ip, p.length);
            assert_true(nat_hear(&w, INSIDE, &e));
            assert_int_equal(e.src, FAR_ROUTER);
            assert_int_equal(e.dst, HOST_A);
            assert_int_equal(e.flags, 11);
            assert_int_equal(e.n, quote);
            const uint8_t *q = e.payload;
            assert_int_equal(sv_get_u32(q + 12), HOST_A);
            assert_int_equal(sv_get_u32(q + 16), PEER_Y);
            assert_int_equal(sv_get_u16(q + (protocols[k] == 1 ? 24 : 20)), 4000);
            assert_int_equal(sv_sum(q, 20, 0), 0xffff); /* the quoted header's own */
            if (quote == before.length)
                assert_true(nat_sums_good(q, quote)); /* and the transport's */
            send_out(protocols[k], 4000);
        }
    }
    assert_int_equal(nat_counts(&w).errors > 6, 1);
}

static void req_3_damaged_errors_are_not_translated(void **state)
{
    (void)state;
    occupy(17, 4000);
    send_out(17, 4000);
    uint32_t n = nat_error(bytes, FAR_ROUTER, NAT_ADDR, 3, 1, p.ip, p.length);
    bytes[40] ^= 1; /* the ICMP checksum does not know */
    nat_say_bytes(&w, OUTSIDE, bytes, n);
    assert_true(nat_silent(&w, INSIDE));
    n = nat_error(bytes, FAR_ROUTER, NAT_ADDR, 3, 1, p.ip, p.length);
    bytes[28 + 8] ^= 1; /* the quoted header's checksum does not add up */
    sv_put_u16(bytes + 22, 0);
    sv_sum_store(bytes + 22, sv_sum(bytes + 20, n - 20, 0));
    nat_say_bytes(&w, OUTSIDE, bytes, n);
    assert_true(nat_silent(&w, INSIDE));
    n = nat_error(bytes, FAR_ROUTER, NAT_ADDR, 3, 1, p.ip, 27);
    nat_say_bytes(&w, OUTSIDE, bytes, n); /* too short a quote */
    assert_true(nat_silent(&w, INSIDE));
}

static void req_4_an_error_about_no_session_goes_nowhere(void **state)
{
    (void)state;
    send_out(17, 4000);
    uint8_t quoted[100];
    memcpy(quoted, p.ip, p.length);
    const uint32_t length = p.length;
    sv_put_u32(quoted + 16, PEER_Z); /* HOST_A never spoke with it */
    sv_put_u16(quoted + 10, 0);
    sv_sum_store(quoted + 10, sv_sum(quoted, 20, 0));
    const uint32_t n = nat_error(bytes, FAR_ROUTER, NAT_ADDR, 3, 3, quoted, length);
    nat_say_bytes(&w, OUTSIDE, bytes, n);
    assert_true(nat_silent(&w, INSIDE));
}

static void req_5_errors_from_inside_quote_what_the_outside_sent(void **state)
{
    (void)state;
    occupy(17, 4000);
    send_out(17, 4000);
    const uint16_t port = p.sport;
    const struct nat_packet u = {
        .protocol = 17, .src = PEER_Y, .dst = NAT_ADDR, .sport = 80, .dport = port, .payload = "hi", .n = 2};
    for (uint32_t k = 0; k < 2; k++) {
        nat_say(&w, OUTSIDE, &u);
        assert_true(nat_hear(&w, INSIDE, &p));
        /* From the host itself, and from a router between it and us. */
        const uint32_t n = nat_error(bytes, k ? NEAR_ROUTER : HOST_A, PEER_Y, 3, k ? 1 : 3, p.ip, p.length);
        nat_say_bytes(&w, INSIDE, bytes, n);
        assert_true(nat_hear(&w, OUTSIDE, &p));
        assert_int_equal(p.src, NAT_ADDR);
        assert_int_equal(p.dst, PEER_Y);
        assert_int_equal(p.flags, 3);
        const uint8_t *q = p.payload;
        assert_int_equal(sv_get_u32(q + 12), PEER_Y);
        assert_int_equal(sv_get_u32(q + 16), NAT_ADDR);
        assert_int_equal(sv_get_u16(q + 22), port);
        assert_true(nat_sums_good(q, p.n));
    }
    uint8_t other[60];
    const struct nat_packet never = {
        .protocol = 17, .src = PEER_Y, .dst = HOST_A, .sport = 80, .dport = 9, .payload = "hi", .n = 2};
    const uint32_t length = nat_emit(other, &never);
    const uint32_t n = nat_error(bytes, HOST_A, PEER_Y, 3, 3, other, length); /* about nothing that came in */
    nat_say_bytes(&w, INSIDE, bytes, n);
    assert_true(nat_silent(&w, OUTSIDE));
}

static void req_6_errors_about_what_turned_round_here(void **state)
{
    (void)state;
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 3), 53};
    assert_int_equal(sv_nat_forward(w.stack, 17, 5353, &to, w.now), SV_OK);
    const struct nat_packet u = {
        .protocol = 17, .src = HOST_A, .dst = NAT_ADDR, .sport = 4000, .dport = 5353, .payload = "hi", .n = 2};
    nat_say(&w, INSIDE, &u);
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.dst, HOST_B);
    const uint32_t n = nat_error(bytes, HOST_B, NAT_ADDR, 3, 3, p.ip, p.length);
    nat_say_bytes(&w, INSIDE, bytes, n);
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.src, NAT_ADDR);
    assert_int_equal(p.dst, HOST_A);
    const uint8_t *q = p.payload;
    assert_int_equal(sv_get_u32(q + 12), HOST_A);
    assert_int_equal(sv_get_u32(q + 16), NAT_ADDR);
    assert_int_equal(sv_get_u16(q + 20), 4000);
    assert_int_equal(sv_get_u16(q + 22), 5353);
    assert_true(nat_sums_good(q, p.n));
}

static void req_7_errors_change_no_life(void **state)
{
    (void)state;
    send_out(6, 4000);
    for (uint32_t k = 0; k < 4; k++) {
        const uint32_t n = nat_error(bytes, FAR_ROUTER, NAT_ADDR, 3, 3, p.ip, p.length);
        nat_say_bytes(&w, OUTSIDE, bytes, n);
        struct nat_packet e;
        uint8_t kept[100];
        const uint32_t length = p.length;
        memcpy(kept, p.ip, length);
        assert_true(nat_hear(&w, INSIDE, &e));
        memcpy((uint8_t *)(uintptr_t)p.ip, kept, length);
        nat_pass_time(&w, 59 * SV_S);
        assert_int_equal(nat_counts(&w).sessions, 1); /* it did not end the session */
    }
    nat_pass_time(&w, 6 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 0); /* nor keep it */
}

static void req_11_the_routers_own_errors_quote_what_their_reader_knows(void **state)
{
    (void)state;
    occupy(17, 4000);
    send_out(17, 4000);
    const uint16_t port = p.sport;
    struct nat_packet u = {
        .protocol = 17, .ttl = 1, .src = PEER_Y, .dst = NAT_ADDR, .sport = 80, .dport = port, .payload = "hi", .n = 2};
    nat_say(&w, OUTSIDE, &u); /* dies here, after its translation */
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.flags, 11);
    const uint8_t *q = p.payload;
    assert_int_equal(sv_get_u32(q + 16), NAT_ADDR);
    assert_int_equal(sv_get_u16(q + 22), port);
    assert_true(nat_sums_good(q, p.n));
    u = (struct nat_packet){.protocol = 17, .ttl = 1, .src = HOST_A, .dst = PEER_Y, .sport = 4000, .dport = 80};
    nat_say(&w, INSIDE, &u); /* dies here, before */
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.flags, 11);
    assert_int_equal(p.src, ROUTER_IN);
    assert_int_equal(sv_get_u32((const uint8_t *)p.payload + 12), HOST_A);
}

static void an_error_about_a_translated_packet_finds_its_sender(void **state)
{
    (void)state;
    /* The neighbour never answers: the packet waits translated, and is given up. */
    const struct nat_packet u = {
        .protocol = 17, .src = HOST_A, .dst = IP4(192, 0, 2, 200), .sport = 4000, .dport = 80, .payload = "x", .n = 1};
    nat_say(&w, INSIDE, &u);
    nat_pass_time(&w, 10 * SV_S);
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.flags, 3);
    assert_int_equal(p.code, 1);
    assert_int_equal(p.dst, HOST_A);
    const uint8_t *q = p.payload;
    assert_int_equal(sv_get_u32(q + 12), HOST_A);
    assert_int_equal(sv_get_u16(q + 20), 4000);
    assert_true(nat_sums_good(q, p.n));
    nat_flush(&w);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_strict, shut)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(req_1_queries_are_mapped_by_identifier),
        T(req_2_the_query_timer),
        T(the_router_itself_can_be_pinged),
        T(req_3_damaged_errors_are_not_translated),
        T(req_4_errors_from_outside_quote_what_the_inside_sent),
        T(req_4_an_error_about_no_session_goes_nowhere),
        T(req_5_errors_from_inside_quote_what_the_outside_sent),
        T(req_6_errors_about_what_turned_round_here),
        T(req_7_errors_change_no_life),
        T(req_11_the_routers_own_errors_quote_what_their_reader_knows),
        T(an_error_about_a_translated_packet_finds_its_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
