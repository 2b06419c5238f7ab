/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMPv6: who is answered, what is told to whom, and what a transport learns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seven/socket.h"
#include "tests/support/net_world_ip6.h"

static struct world w;
static struct world_host *h;
static struct world_frame out;
static struct sv_addr us, peer;
static const struct sv_addr all_nodes = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    h = world_add(&w, 1500, false);
    world_add_ip6(&w, h);
    us = world_addr6(1);
    peer = world_addr6(PEER6);
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

/* An ICMPv6 message from `src`; the frame's length. */
static uint32_t message(uint8_t *f, const struct sv_addr *src, const struct sv_addr *dst, uint8_t type, uint8_t code,
                        uint32_t rest, const uint8_t *data, uint32_t n)
{
    uint8_t p[1500] = {type, code};
    sv_put_u32(p + 4, rest);
    memcpy(p + 8, data, n);
    const uint32_t length = world_ip6(f, src, dst, SV_PROTO_ICMP6, p, 8 + n);
    world_sum6(f + 14, length - 14, SV_PROTO_ICMP6, 40, 2);
    return length;
}

static uint32_t datagram(uint8_t *f, const struct sv_addr *src, const struct sv_addr *dst, uint32_t n)
{
    uint8_t p[1500] = {0, 7, 0, 9};
    sv_put_u16(p + 4, (uint16_t)(8 + n));
    for (uint32_t i = 0; i < n; i++)
        p[8 + i] = (uint8_t)i;
    const uint32_t length = world_ip6(f, src, dst, SV_PROTO_UDP, p, 8 + n);
    world_sum6(f + 14, length - 14, SV_PROTO_UDP, 40, 6);
    return length;
}

static void echo_is_answered_with_the_same_bytes_from_the_address_asked(void **state)
{
    (void)state;
    uint8_t f[600], data[500];
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    world_in(&w, h, f, message(f, &peer, &us, 128, 0, 0x12345678, data, sizeof data));
    assert_true(world_out(&w, h, &out));
    assert_true(world_icmp6_good(&out));
    assert_int_equal(out.bytes[54], 129);
    assert_int_equal(sv_get_u32(out.bytes + 58), 0x12345678);
    assert_memory_equal(out.bytes + 22, us.byte, 16);
    assert_memory_equal(out.bytes + 38, peer.byte, 16);
    assert_memory_equal(out.bytes + 62, data, sizeof data);
    /* to a group: from an address of ours (RFC 4443 §4.2) */
    world_in(&w, h, f, message(f, &peer, &all_nodes, 128, 0, 1, data, 8));
    assert_true(world_out(&w, h, &out));
    assert_true(world_icmp6_good(&out));
    assert_memory_equal(out.bytes + 22, us.byte, 16);
}

static void a_wrong_sum_or_a_short_message_is_dropped(void **state)
{
    (void)state;
    uint8_t f[100];
    const uint32_t n = message(f, &peer, &us, 128, 0, 1, (const uint8_t *)"abcd", 4);
    for (uint32_t bit = 0; bit < 8 * 12; bit++) {
        f[54 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        world_in(&w, h, f, n);
        f[54 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(world_drops(h, SV_DROP_BAD_CHECKSUM), 96);
    f[22] ^= 1; /* the pseudo-header is covered too */
    world_in(&w, h, f, n);
    assert_int_equal(world_drops(h, SV_DROP_BAD_CHECKSUM), 97);
    uint8_t p[7] = {128};
    world_in(&w, h, f, world_ip6(f, &peer, &us, 58, p, 7));
    assert_int_equal(world_drops(h, SV_DROP_SHORT_HEADER), 1);
    assert_false(world_out(&w, h, &out));
}

static void nobody_is_told_about_what_must_not_be_answered(void **state)
{
    (void)state;
    uint8_t f[200], g[200];
    const struct sv_addr none = {{0}};
    const uint32_t n = datagram(g, &us, &peer, 10);
    for (uint8_t type = 0; type < 128; type++) /* errors, known and unknown, quote or no quote */
        world_in(&w, h, f, message(f, &peer, &us, type, 77, 0, g + 14, n - 14));
    world_in(&w, h, f, datagram(f, &peer, &all_nodes, 10));
    world_in(&w, h, f, datagram(f, &none, &us, 10));
    const uint32_t m = datagram(f, &peer, &us, 10);
    memcpy(f, "\xff\xff\xff\xff\xff\xff", 6); /* one station's address in everybody's frame */
    world_in(&w, h, f, m);
    for (uint32_t type = 138; type < 256; type++) {
        if (type != SV_ICMP6_MLD_REPORT_V2)
            world_in(&w, h, f, message(f, &peer, &us, (uint8_t)type, 0, 0, g, 20)); /* unknown questions */
    }
    assert_false(world_out(&w, h, &out));
}

static void a_closed_port_is_told_with_as_much_as_1280_bytes_allow(void **state)
{
    (void)state;
    uint8_t f[1600];
    const uint32_t n = datagram(f, &peer, &us, 1400);
    world_in(&w, h, f, n);
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.n, 14 + 1280);
    assert_true(world_icmp6_good(&out));
    assert_int_equal(out.bytes[54], 1);
    assert_int_equal(out.bytes[55], 4);
    assert_memory_equal(out.bytes + 62, f + 14, 1280 - 48);
}

static void errors_are_rate_limited_and_counted(void **state)
{
    (void)state;
    uint8_t f[100];
    uint32_t told = 0;
    for (uint32_t i = 0; i < 200; i++) {
        world_in(&w, h, f, datagram(f, &peer, &us, 4));
        while (world_out(&w, h, &out))
            told++;
    }
    assert_int_equal(told, SV_ICMP_BURST);
    assert_int_equal(world_drops(h, SV_DROP_ICMP_RATE), 200 - SV_ICMP_BURST);
}

/* What a parsed error says. */
static struct sv_icmp_error heard(uint8_t type, uint8_t code, uint32_t rest, const uint8_t *quote, uint32_t n,
                                  enum sv_drop why)
{
    uint8_t f[1600];
    struct sv_ip_hdr ip;
    struct sv_icmp_hdr icmp;
    struct sv_icmp_error error = {.mtu = 0};
    const uint32_t length = message(f, &peer, &us, type, code, rest, quote, n);
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
    assert_true(sv_buf_append(b, f + 14, length - 14, SV_WANT_DATA));
    assert_int_equal(sv_ip6_parse(b, &ip), SV_DROP_NONE);
    assert_int_equal(sv_icmp6_parse(b, &ip, &icmp, 0), SV_DROP_NONE);
    assert_int_equal(sv_icmp6_error_parse(b, &ip, &icmp, &error), why);
    sv_buf_free(b);
    return error;
}

static void an_error_quotes_the_flow_for_the_transport(void **state)
{
    (void)state;
    uint8_t g[200];
    const uint32_t n = datagram(g, &us, &peer, 10) - 14;
    static const struct {
        uint8_t type, code;
        enum sv_icmp_meaning meaning;
    } line[] = {
        {1, 0, SV_ICMP_MEANS_UNREACHABLE}, {1, 3, SV_ICMP_MEANS_UNREACHABLE}, {1, 4, SV_ICMP_MEANS_PORT},
        {2, 0, SV_ICMP_MEANS_TOO_BIG},     {3, 0, SV_ICMP_MEANS_TIME},        {3, 1, SV_ICMP_MEANS_TIME},
        {4, 0, SV_ICMP_MEANS_PARAMETER},   {4, 1, SV_ICMP_MEANS_UNREACHABLE}, {4, 2, SV_ICMP_MEANS_PARAMETER},
    };
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        const struct sv_icmp_error e = heard(line[i].type, line[i].code, 1300, g + 14, n, SV_DROP_NONE);
        assert_int_equal(e.meaning, line[i].meaning);
        assert_int_equal(e.version, 6);
        assert_int_equal(e.protocol, SV_PROTO_UDP);
        assert_int_equal(e.src_port, 7);
        assert_int_equal(e.dst_port, 9);
        assert_int_equal(e.quoted_length, 58);
        assert_true(sv_addr_equal(&e.src, &us));
        assert_true(sv_addr_equal(&e.dst, &peer));
        assert_int_equal(e.mtu, line[i].type == 2 ? 1300 : 0);
        assert_int_equal(e.pointer, line[i].type == 4 ? 1300 : 0);
    }
    /* Behind a fragment header too, if it is the first. */
    uint8_t q[100];
    memcpy(q, g + 14, 40);
    q[6] = 44;
    memcpy(q + 40, (const uint8_t[]){17, 0, 0, 1, 0, 0, 0, 5}, 8);
    memcpy(q + 48, g + 54, 18);
    assert_int_equal(heard(2, 0, 1280, q, 66, SV_DROP_NONE).dst_port, 9);
    q[43] = 9;
    heard(2, 0, 1280, q, 66, SV_DROP_ICMP_MALFORMED);
    heard(1, 4, 0, g + 14, 47, SV_DROP_ICMP_MALFORMED); /* ports cut off */
    g[14] = 0x45;
    heard(1, 4, 0, g + 14, n, SV_DROP_ICMP_MALFORMED);
}

static uint32_t echo_socket(void)
{
    const struct sv_udp_binding binding = {.kind = SV_UDP_ECHO, .port = 0x4321, .interface = SV_NO_PORT};
    uint32_t index;
    assert_int_equal(sv_udp_bind(&h->core, &h->net, &h->udp, &binding, &index), SV_OK);
    return index;
}

static void a_ping_gets_its_answer_and_its_errors(void **state)
{
    (void)state;
    const uint32_t index = echo_socket();
    uint8_t f[1600], got[100], data[20] = "what was sent";
    struct sv_addr from;
    size_t n;
    assert_int_equal(sv_echo_write(&h->core, &h->net, &h->udp, index, &peer, 5, 0, data, 20), SV_OK);
    assert_true(world_out(&w, h, &out));
    assert_true(world_icmp6_good(&out));
    assert_int_equal(out.bytes[54], 128);
    assert_int_equal(sv_get_u32(out.bytes + 58), 0x43210005);
    assert_int_not_equal(sv_get_u32(out.bytes + 14) & 0xfffff, 0); /* a flow label */
    world_in(&w, h, f, message(f, &peer, &us, 129, 0, 0x43210005, data, 20));
    assert_int_equal(sv_echo_read(&h->core, &h->udp, index, &from, got, sizeof got, &n), SV_OK);
    assert_int_equal(n, 25);
    assert_memory_equal(got, "\0\5\x40\x81\0", 5); /* number 5, hop limit 64, type 129 */
    assert_memory_equal(got + 5, data, 20);
    assert_true(sv_addr_equal(&from, &peer));
    world_in(&w, h, f, message(f, &peer, &us, 3, 0, 0, out.bytes + 14, out.n - 14)); /* died on its way */
    assert_int_equal(sv_echo_read(&h->core, &h->udp, index, &from, got, sizeof got, &n), SV_OK);
    assert_memory_equal(got, "\0\5\x40\3\0", 5);
    world_in(&w, h, f, message(f, &peer, &us, 129, 0, 0x99990005, data, 20)); /* somebody else's */
    assert_int_equal(world_drops(h, SV_DROP_ICMP_UNMATCHED), 1);
}

static void a_datagram_meets_what_became_of_it(void **state)
{
    (void)state;
    const struct sv_udp_binding binding = {.kind = SV_UDP_DATAGRAM, .port = 7, .interface = SV_NO_PORT};
    uint8_t f[1600], g[200];
    uint32_t index;
    assert_int_equal(sv_udp_bind(&h->core, &h->net, &h->udp, &binding, &index), SV_OK);
    struct sv_udp_socket *s = sv_udp_of(&h->udp, index);
    const uint32_t n = datagram(g, &us, &peer, 100) - 14;
    const struct sv_endpoint to = {peer, 9};
    world_in(&w, h, f, message(f, &peer, &us, 1, 4, 0, g + 14, n));
    assert_int_equal(sv_udp_write(&h->core, &h->net, &h->udp, index, &to, "x", 1), SV_ERR_UNREACHABLE);
    assert_int_equal(sv_udp_write(&h->core, &h->net, &h->udp, index, &to, "x", 1), SV_OK);
    assert_true(world_out(&w, h, &out));
    /* Too big: only who asked for no fragments wants to hear it. */
    world_in(&w, h, f, message(f, &peer, &us, 2, 0, 1300, g + 14, n));
    assert_int_equal(sv_udp_write(&h->core, &h->net, &h->udp, index, &to, "x", 1), SV_OK);
    s->dont_fragment = 1;
    world_in(&w, h, f, message(f, &peer, &us, 2, 0, 1300, g + 14, n));
    assert_int_equal(sv_udp_write(&h->core, &h->net, &h->udp, index, &to, "x", 1), SV_ERR_TOO_BIG);
    static uint8_t big[1500];
    assert_int_equal(sv_udp_write(&h->core, &h->net, &h->udp, index, &to, big, 1453), SV_ERR_TOO_BIG);
    assert_int_equal(sv_udp_write(&h->core, &h->net, &h->udp, index, &to, big, 1452), SV_OK);
    /* DSCP and ECN as the socket says; no IPv4 from an IPv6 address. */
    s->tos = 0xb9;
    while (world_out(&w, h, &out)) {}
    assert_int_equal(sv_udp_write(&h->core, &h->net, &h->udp, index, &to, "x", 1), SV_OK);
    assert_true(world_out(&w, h, &out));
    assert_int_equal(sv_get_u16(out.bytes + 14) >> 4 & 0xff, 0xb9);
    s->local = us;
    const struct sv_endpoint four = {sv_addr_v4(10, 0, 0, 9), 9};
    assert_int_equal(sv_udp_write(&h->core, &h->net, &h->udp, index, &four, "x", 1), SV_ERR_INVALID);
}

static void a_router_lowers_the_hop_limit_and_never_cuts(void **state)
{
    (void)state;
    uint8_t f[1600];
    const struct sv_addr other = world_addr6(2);
    h->net.forward = 1;
    sv_interface_of(&h->net.link.interfaces, 0)->mtu = 1400;
    uint32_t n = datagram(f, &peer, &other, 10);
    memcpy(f, HOST1, 6);
    world_in(&w, h, f, n);
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.bytes[14 + 7], 63);
    f[14 + 7] = 1;
    world_in(&w, h, f, n);
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.bytes[54], SV_ICMP6_TIME_EXCEEDED);
    n = datagram(f, &peer, &other, 1400);
    memcpy(f, HOST1, 6);
    world_in(&w, h, f, n);
    assert_true(world_out(&w, h, &out));
    assert_true(world_icmp6_good(&out));
    assert_int_equal(out.bytes[54], SV_ICMP6_TOO_BIG);
    assert_int_equal(sv_get_u32(out.bytes + 58), 1400);
    assert_int_equal(world_drops(h, SV_DROP_TOO_BIG), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(echo_is_answered_with_the_same_bytes_from_the_address_asked),
        TEST(a_wrong_sum_or_a_short_message_is_dropped),
        TEST(nobody_is_told_about_what_must_not_be_answered),
        TEST(a_closed_port_is_told_with_as_much_as_1280_bytes_allow),
        TEST(errors_are_rate_limited_and_counted),
        TEST(an_error_quotes_the_flow_for_the_transport),
        TEST(a_ping_gets_its_answer_and_its_errors),
        TEST(a_datagram_meets_what_became_of_it),
        TEST(a_router_lowers_the_hop_limit_and_never_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
