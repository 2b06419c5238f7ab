/* SPDX-License-Identifier: BSD-2-Clause */
/* What a socket hears of what became of its packets, and probes, through the public face: the stack is a host at port
 * 1 of a world of raw packets (tests/support/nat_world.h), with nothing translated that is its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/nat_world.h"

static struct nat_world w;
static struct nat_packet p;
static uint8_t bytes[2000];

static int open_world(void **state)
{
    (void)state;
    nat_open(&w, SV_NAT_FILTER_ADDRESS);
    return 0;
}
static int shut(void **state)
{
    (void)state;
    nat_shut(&w);
    return 0;
}
static struct sv_endpoint peer(uint16_t port)
{
    return (struct sv_endpoint){sv_addr_v4(192, 0, 2, 50), port};
}
static uint32_t event_of(sv_sock s)
{
    struct sv_event e[8];
    const uint32_t n = sv_stack_events(w.stack, e, 8);
    uint32_t what = 0;
    for (uint32_t i = 0; i < n; i++)
        what |= e[i].socket.index == s.index ? e[i].what : 0;
    return what;
}

static void an_icmp_error_becomes_a_report(void **state)
{
    (void)state;
    const struct sv_endpoint any = {sv_addr_v4(0, 0, 0, 0), 0};
    struct sv_report r = {.size = sizeof r};
    sv_sock s;
    assert_int_equal(sv_udp_open(w.stack, &any, 1, &s, w.now), SV_OK);
    assert_int_equal(sv_sock_report(w.stack, s, &r, w.now), SV_ERR_AGAIN);
    assert_int_equal(sv_sock_set(w.stack, s, SV_OPT_TTL, 3, w.now), SV_OK);
    const struct sv_endpoint to = peer(33434);
    assert_int_equal(sv_udp_send(w.stack, s, &to, "x", 1, w.now), SV_OK);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.ttl, 3);
    const uint16_t port = p.sport;
    const uint32_t n = nat_error(bytes, IP4(198, 51, 100, 9), NAT_ADDR, 11, 0, p.ip, p.length);
    nat_say_bytes(&w, OUTSIDE, bytes, n);
    assert_true(event_of(s) & SV_EVENT_ERROR);
    assert_int_equal(sv_sock_report(w.stack, s, &r, w.now), SV_OK);
    assert_int_equal(r.kind, SV_REPORT_ICMP);
    assert_int_equal(r.type, 11);
    assert_int_equal(sv_addr_v4_number(&r.from), IP4(198, 51, 100, 9));
    assert_int_equal(r.src.port, port);
    assert_int_equal(r.dst.port, 33434);
    assert_int_equal(sv_addr_v4_number(&r.dst.addr), PEER_Y);
    assert_int_equal(r.quoted_length, 29);
    assert_int_equal(sv_sock_report(w.stack, s, &r, w.now), SV_ERR_AGAIN);
    assert_int_equal(sv_udp_send(w.stack, s, &to, "x", 1, w.now), SV_OK); /* the report took the error with it */
    nat_say_bytes(&w, OUTSIDE, bytes, n);
    assert_int_equal(sv_udp_send(w.stack, s, &to, "x", 1, w.now), SV_ERR_UNREACHABLE); /* who reads none is told so */
    r.size = 1;
    assert_int_equal(sv_sock_report(w.stack, s, &r, w.now), SV_ERR_VERSION);
    sv_close(w.stack, s, w.now);
    nat_flush(&w);
}

static void reports_are_bounded_and_the_newest_stay(void **state)
{
    (void)state;
    const struct sv_endpoint any = {sv_addr_v4(0, 0, 0, 0), 0}, to = peer(40000);
    struct sv_report r = {.size = sizeof r};
    sv_sock s;
    assert_int_equal(sv_udp_open(w.stack, &any, 1, &s, w.now), SV_OK);
    assert_int_equal(sv_udp_send(w.stack, s, &to, "x", 1, w.now), SV_OK);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    for (uint32_t k = 0; k < 100; k++) {
        const uint32_t n = nat_error(bytes, IP4(198, 51, 100, 1) + k, NAT_ADDR, 3, 1, p.ip, p.length);
        nat_say_bytes(&w, OUTSIDE, bytes, n);
    }
    uint32_t n = 0;
    while (sv_sock_report(w.stack, s, &r, w.now) == SV_OK) {
        assert_int_equal(sv_addr_v4_number(&r.from), IP4(198, 51, 100, 1) + 36 + n);
        n++;
    }
    assert_int_equal(n, SV_REPORTS_EACH);
    assert_int_equal(sv_stack_drops(w.stack, SV_DROP_SOCKET_FULL), 36);
    sv_close(w.stack, s, w.now);
}

static void a_probe_and_its_answers(void **state)
{
    (void)state;
    struct sv_report r = {.size = sizeof r};
    const struct sv_endpoint to = peer(80);
    sv_sock s;
    assert_int_equal(sv_probe_open(w.stack, 1, &s, w.now), SV_OK);
    assert_int_equal(sv_probe_send(w.stack, s, &to, 7000, 5, 10, w.now), SV_OK);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.protocol, 6);
    assert_int_equal(p.flags, T_SYN);
    assert_int_equal(p.ttl, 5);
    assert_int_equal(p.seq, 7000);
    assert_int_equal(p.n, 10);
    const uint16_t port = p.sport;
    const uint32_t n = nat_error(bytes, IP4(198, 51, 100, 9), NAT_ADDR, 11, 0, p.ip, 28);
    nat_say_bytes(&w, OUTSIDE, bytes, n);
    assert_true(event_of(s) & SV_EVENT_ERROR);
    assert_int_equal(sv_sock_report(w.stack, s, &r, w.now), SV_OK);
    assert_int_equal(r.sequence, 7000);
    assert_int_equal(r.type, 11);
    /* The target's SYN-ACK is an answer, and is told that nothing was meant by it. */
    struct nat_packet t = {.protocol = 6,
                           .src = PEER_Y,
                           .dst = NAT_ADDR,
                           .sport = 80,
                           .dport = port,
                           .flags = T_SYN | T_ACK,
                           .seq = 1,
                           .ack = 7001};
    nat_say(&w, OUTSIDE, &t);
    assert_int_equal(sv_sock_report(w.stack, s, &r, w.now), SV_OK);
    assert_int_equal(r.kind, SV_REPORT_TCP);
    assert_int_equal(r.tcp_flags, T_SYN | T_ACK);
    assert_int_equal(r.sequence, 7000);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.flags, T_RST);
    t.flags = T_RST | T_ACK;
    t.ack = 7011; /* it took the data too */
    nat_say(&w, OUTSIDE, &t);
    assert_int_equal(sv_sock_report(w.stack, s, &r, w.now), SV_OK);
    assert_int_equal(r.tcp_flags, T_RST | T_ACK);
    assert_int_equal(r.sequence, 7010);
    assert_true(nat_silent(&w, OUTSIDE));
    t.dport++; /* not the probe's port */
    nat_say(&w, OUTSIDE, &t);
    assert_int_equal(sv_sock_report(w.stack, s, &r, w.now), SV_ERR_AGAIN);
    sv_close(w.stack, s, w.now);
    assert_int_equal(sv_probe_send(w.stack, s, &to, 1, 5, 0, w.now), SV_ERR_STALE);
    assert_int_equal(sv_sock_report(w.stack, s, &r, w.now), SV_ERR_STALE);
}

static void what_a_probe_refuses(void **state)
{
    (void)state;
    const struct sv_endpoint nowhere = peer(0), to = peer(80), any = {sv_addr_v4(0, 0, 0, 0), 0};
    struct sv_endpoint from;
    size_t got;
    sv_sock s, u;
    assert_int_equal(sv_probe_open(w.stack, 1, &s, w.now), SV_OK);
    assert_int_equal(sv_udp_open(w.stack, &any, 1, &u, w.now), SV_OK);
    assert_int_equal(sv_probe_send(w.stack, s, &nowhere, 1, 5, 0, w.now), SV_ERR_INVALID);
    assert_int_equal(sv_probe_send(w.stack, s, &to, 1, 5, 1401, w.now), SV_ERR_TOO_BIG);
    assert_int_equal(sv_probe_send(w.stack, u, &to, 1, 5, 0, w.now), SV_ERR_STALE); /* another kind of handle */
    assert_int_equal(sv_udp_send(w.stack, s, &to, "x", 1, w.now), SV_ERR_STALE);
    assert_int_equal(sv_udp_recv(w.stack, s, &from, bytes, sizeof bytes, &got, w.now), SV_ERR_AGAIN);
    sv_close(w.stack, s, w.now);
    sv_close(w.stack, u, w.now);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_world, shut)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_icmp_error_becomes_a_report),
        T(reports_are_bounded_and_the_newest_stay),
        T(a_probe_and_its_answers),
        T(what_a_probe_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
