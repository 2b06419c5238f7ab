/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6's header, its chain of extension headers, and what its sender is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/net_world_ip6.h"

static struct world w;
static struct world_host *h;
static struct world_frame out;
static struct sv_addr us, peer;

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

static const uint8_t udp[12] = {0, 7, 0, 9, 0, 12, 0, 0, 's', 'i', 'x', '!'};

/* A UDP packet behind a chain; the frame's length. */
static uint32_t chained(uint8_t *f, const struct sv_addr *to, uint8_t first, const uint8_t *chain, uint32_t length)
{
    uint8_t payload[1400];
    if (length)
        memcpy(payload, chain, length);
    memcpy(payload + length, udp, sizeof udp);
    const uint32_t n = world_ip6(f, &peer, to, first, payload, length + sizeof udp);
    world_sum6(f + 14, n - 14, SV_PROTO_UDP, 40 + length, 6);
    return n;
}

/* The next frame is a parameter problem with that code and pointer. */
static void assert_problem(uint8_t code, uint32_t pointer)
{
    assert_true(world_out(&w, h, &out));
    assert_true(world_icmp6_good(&out));
    assert_int_equal(out.bytes[54], SV_ICMP6_PARAMETER_PROBLEM);
    assert_int_equal(out.bytes[55], code);
    assert_int_equal(sv_get_u32(out.bytes + 58), pointer);
    assert_memory_equal(out.bytes + 14 + 24, peer.byte, 16);
}

static void each_rule_of_the_header_drops_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        uint32_t at; /* from the IP header */
        uint8_t bytes[16];
        uint32_t n;
        enum sv_drop why;
    } line[] = {
        {0, {0x40}, 1, SV_DROP_BAD_VERSION},
        {4, {0, 13}, 2, SV_DROP_BAD_LENGTH},
        {8, {0xff, 2}, 2, SV_DROP_BAD_SOURCE},
        {8, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 16, SV_DROP_BAD_SOURCE},
        {8, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 9}, 16, SV_DROP_MAPPED_ON_WIRE},
        {8, {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 16, SV_DROP_LOOP},
        {24, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}, 16, SV_DROP_MAPPED_ON_WIRE},
        {24, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 16, SV_DROP_BAD_DESTINATION},
        {24, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 16, SV_DROP_BAD_DESTINATION},
        {24, {0xff, 0}, 2, SV_DROP_BAD_DESTINATION},
        {24, {0xff, 1}, 2, SV_DROP_BAD_DESTINATION},
        {39, {2}, 1, SV_DROP_NOT_FOR_US},
        {6, {59}, 1, SV_DROP_NO_NEXT_HEADER},
    };
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        uint8_t f[100];
        const uint32_t n = chained(f, &us, SV_PROTO_UDP, NULL, 0);
        memcpy(f + 14 + line[i].at, line[i].bytes, line[i].n);
        const uint64_t before = world_drops(h, line[i].why);
        world_in(&w, h, f, n);
        if (world_drops(h, line[i].why) != before + 1)
            fail_msg("line %zu was not dropped %s", i, sv_drop_name(line[i].why));
        assert_false(world_out(&w, h, &out));
    }
}

static void what_is_emitted_is_parsed_as_it_was_meant(void **state)
{
    (void)state;
    struct sv_ip_out o = {.src = us, .dst = peer, .protocol = 17, .ttl = 3, .tos = 0xb9, .flow_label = 0xabcde};
    struct sv_ip_hdr ip;
    struct sv_buf *b = sv_buf_alloc(w.pool, SV_WANT_DATA, 0);
    assert_true(sv_buf_append(b, udp, sizeof udp, SV_WANT_DATA));
    sv_ip6_emit(b, &o);
    assert_int_equal(sv_ip_parse(b, &ip, 0), SV_DROP_NONE);
    assert_int_equal(ip.version, 6);
    assert_int_equal(ip.tos, 0xb9); /* DSCP 46 and ECT(1) */
    assert_int_equal(ip.flow_label, 0xabcde);
    assert_int_equal(ip.ttl, 3);
    assert_int_equal(ip.protocol, 17);
    assert_int_equal(ip.total_length, 52);
    assert_true(sv_addr_equal(&ip.src, &us));
    assert_true(sv_addr_equal(&ip.dst, &peer));
    sv_buf_free(b);
}

static void link_padding_is_cut_off(void **state)
{
    (void)state;
    uint8_t f[80] = {0};
    const uint32_t n = chained(f, &us, SV_PROTO_UDP, NULL, 0);
    world_in(&w, h, f, n + 8);
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.n, 54 + 8 + 52); /* what is quoted is the packet alone */
}

static void a_chain_leads_to_its_transport(void **state)
{
    (void)state;
    static const struct {
        uint8_t first;
        uint32_t n;
        uint8_t chain[40];
    } line[] = {
        {0, 8, {17, 0, 5, 2, 0, 0, 1, 0}},                           /* router alert */
        {60, 8, {17, 0, 1, 4, 0, 0, 0, 0}},                          /* padding */
        {60, 8, {17, 0, 0x1e, 2, 7, 7, 0, 0}},                       /* unknown, to be skipped */
        {43, 8, {17, 0, 0, 0, 0, 0, 0, 0}},                          /* type 0, nothing left */
        {43, 8, {17, 0, 253, 0, 9, 9, 9, 9}},                        /* unknown, nothing left */
        {44, 8, {17, 0, 0, 0, 1, 2, 3, 4}},                          /* atomic: RFC 6946 */
        {0, 16, {60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0}}, /* both kinds of options */
        {60, 24, {43, 0, 1, 4, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0}},
    };
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        uint8_t f[200];
        const uint64_t before = world_drops(h, SV_DROP_PORT_UNREACHABLE);
        world_in(&w, h, f, chained(f, &us, line[i].first, line[i].chain, line[i].n));
        if (world_drops(h, SV_DROP_PORT_UNREACHABLE) != before + 1)
            fail_msg("line %zu did not get through", i);
        assert_true(world_out(&w, h, &out));
        assert_int_equal(out.bytes[54], SV_ICMP6_UNREACHABLE);
    }
}

static void unknown_options_do_as_their_two_bits_say(void **state)
{
    (void)state;
    struct sv_addr group = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    for (uint32_t bits = 0; bits < 4; bits++) {
        const uint8_t chain[8] = {17, 0, (uint8_t)(bits << 6 | 0x1e), 2, 0, 0, 1, 0};
        uint8_t f[100];
        const uint64_t before = world_drops(h, SV_DROP_IP6_OPTION);
        for (uint32_t multicast = 0; multicast < 2; multicast++) {
            world_in(&w, h, f, chained(f, multicast ? &group : &us, 60, chain, 8));
            if (bits == 0 || bits == 1 || (bits == 3 && multicast)) {
                assert_int_equal(world_out(&w, h, &out), bits == 0 && !multicast); /* 0: port unreachable */
                continue;
            }
            assert_problem(SV_ICMP6_UNKNOWN_OPTION, 42);
        }
        assert_int_equal(world_drops(h, SV_DROP_IP6_OPTION), before + (bits ? 2 : 0));
    }
}

static void what_is_wrong_in_a_chain_is_told_by_its_place(void **state)
{
    (void)state;
    static const struct {
        uint8_t first;
        uint32_t n;
        uint8_t chain[24];
        uint8_t code;
        uint32_t pointer;
        enum sv_drop why;
    } line[] = {
        {200, 0, {0}, SV_ICMP6_UNKNOWN_NEXT_HEADER, 6, SV_DROP_PROTOCOL_UNREACHABLE},
        {1, 0, {0}, SV_ICMP6_UNKNOWN_NEXT_HEADER, 6, SV_DROP_PROTOCOL_UNREACHABLE}, /* ICMP for IPv4 */
        {60, 8, {50, 0, 1, 4, 0, 0, 0, 0}, SV_ICMP6_UNKNOWN_NEXT_HEADER, 40, SV_DROP_PROTOCOL_UNREACHABLE},
        /* hop-by-hop anywhere but first: RFC 8200 §4 */
        {60,
         16,
         {0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0},
         SV_ICMP6_UNKNOWN_NEXT_HEADER,
         40,
         SV_DROP_PROTOCOL_UNREACHABLE},
        {43, 24, {17, 2, 0, 1, 0, 0, 0, 0}, SV_ICMP6_ERRONEOUS_FIELD, 42, SV_DROP_IP6_ROUTING}, /* RFC 5095 */
        {43, 8, {17, 0, 99, 1, 0, 0, 0, 0}, SV_ICMP6_ERRONEOUS_FIELD, 42, SV_DROP_IP6_ROUTING},
        {60, 8, {17, 0, 0x1e, 9, 0, 0, 0, 0}, SV_ICMP6_ERRONEOUS_FIELD, 42, SV_DROP_BAD_OPTION}, /* runs over */
        /* 20 bytes in a fragment that is not the last */
        {44, 8, {17, 0, 0, 1, 0, 0, 0, 1}, SV_ICMP6_ERRONEOUS_FIELD, 4, SV_DROP_FRAGMENT_BAD},
        {44, 8, {17, 0, 0xff, 0xf8, 0, 0, 0, 1}, SV_ICMP6_ERRONEOUS_FIELD, 42, SV_DROP_FRAGMENT_BAD},
    };
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        uint8_t f[200];
        const uint64_t before = world_drops(h, line[i].why);
        world_in(&w, h, f, chained(f, &us, line[i].first, line[i].chain, line[i].n));
        if (world_drops(h, line[i].why) != before + 1)
            fail_msg("line %zu was not dropped %s", i, sv_drop_name(line[i].why));
        assert_problem(line[i].code, line[i].pointer);
    }
}

static void chains_are_bounded(void **state)
{
    (void)state;
    uint8_t f[1500], chain[1200];
    for (uint32_t headers = 7; headers < 12; headers++) { /* as many destination options as one likes */
        for (uint32_t i = 0; i < headers; i++)
            memcpy(chain + 8 * i, (const uint8_t[]){i + 1 < headers ? 60 : 17, 0, 1, 4, 0, 0, 0, 0}, 8);
        const uint64_t before = world_drops(h, SV_DROP_IP6_CHAIN);
        world_in(&w, h, f, chained(f, &us, 60, chain, 8 * headers));
        assert_int_equal(world_drops(h, SV_DROP_IP6_CHAIN) - before, headers > SV_IP6_CHAIN_HEADERS);
        while (world_out(&w, h, &out)) {}
    }
    memset(chain, 0, sizeof chain); /* one header of 1 KiB */
    chain[0] = 17;
    chain[1] = 127;
    const uint64_t before = world_drops(h, SV_DROP_IP6_CHAIN);
    world_in(&w, h, f, chained(f, &us, 60, chain, 1024));
    memset(chain + 2, 0, 14); /* padding that could carry a letter: RFC 8504 §5.3 */
    chain[1] = 1;
    world_in(&w, h, f, chained(f, &us, 60, chain, 16));
    for (uint32_t i = 0; i < 9; i++) /* nine options */
        memcpy(chain + 2 + 2 * i, (const uint8_t[]){0x1e, 0}, 2);
    memset(chain + 20, 0, 4);
    chain[1] = 2;
    world_in(&w, h, f, chained(f, &us, 60, chain, 24));
    const uint32_t n = chained(f, &us, 60, (const uint8_t[]){17, 9, 1, 4, 0, 0, 0, 0}, 8); /* past the packet's end */
    world_in(&w, h, f, n);
    assert_int_equal(world_drops(h, SV_DROP_IP6_CHAIN), before + 4);
    assert_false(world_out(&w, h, &out));
}

static void nobody_speaks_from_no_address(void **state)
{
    (void)state;
    uint8_t f[100];
    const struct sv_addr none = {{0}};
    uint8_t p[8] = {128, 0, 0, 0, 0, 1, 0, 1};
    const uint32_t n = world_ip6(f, &none, &us, 58, p, 8);
    world_sum6(f + 14, n - 14, 58, 40, 2);
    world_in(&w, h, f, n);
    assert_int_equal(world_drops(h, SV_DROP_ICMP_IGNORED), 1);
    assert_false(world_out(&w, h, &out));
}

static void a_chain_that_was_read_says_where_it_leads(void **state)
{
    (void)state;
    uint8_t p[100] = {0x60};
    struct sv_ip6_chain chain;
    sv_ip6_chain_read(p, 39, &chain);
    assert_false(chain.complete);
    p[6] = 60;
    memcpy(p + 40, (const uint8_t[]){44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 1}, 16);
    sv_ip6_chain_read(p, 100, &chain);
    assert_true(chain.complete);
    assert_int_equal(chain.at, 56);
    assert_int_equal(chain.next_at, 48);
    assert_int_equal(chain.fragment, 48);
    assert_int_equal(chain.fragment_named, 40);
    assert_int_equal(chain.protocol, 6);
    sv_ip6_chain_read(p, 50, &chain);
    assert_false(chain.complete);
    p[51] = 9; /* a later fragment: what follows is no header */
    sv_ip6_chain_read(p, 100, &chain);
    assert_true(chain.later);
    assert_false(chain.complete);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_rule_of_the_header_drops_with_its_reason),
        TEST(what_is_emitted_is_parsed_as_it_was_meant),
        TEST(link_padding_is_cut_off),
        TEST(a_chain_leads_to_its_transport),
        TEST(unknown_options_do_as_their_two_bits_say),
        TEST(what_is_wrong_in_a_chain_is_told_by_its_place),
        TEST(chains_are_bounded),
        TEST(nobody_speaks_from_no_address),
        TEST(a_chain_that_was_read_says_where_it_leads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
