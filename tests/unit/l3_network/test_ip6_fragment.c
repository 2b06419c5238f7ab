/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 datagrams in pieces: cut, put together, and every way in which somebody may try to make that go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seven/socket.h"
#include "tests/support/net_world_ip6.h"

static struct world w;
static struct world_host *a, *b;
static struct world_frame out;
static struct sv_addr us, peer;
static uint8_t sent[66000], got[66000];

static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    a = world_add(&w, 1500, false);
    b = world_add(&w, 1500, false);
    world_add_ip6(&w, a);
    world_add_ip6(&w, b);
    us = world_addr6(1);
    peer = world_addr6(PEER6);
    for (uint32_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i ^ i >> 8);
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static uint32_t open_port(struct world_host *h, uint16_t port)
{
    const struct sv_udp_binding binding = {.kind = SV_UDP_DATAGRAM, .port = port, .interface = SV_NO_PORT};
    uint32_t index;
    assert_int_equal(sv_udp_bind(&h->core, &h->net, &h->udp, &binding, &index), SV_OK);
    return index;
}

static void any_size_arrives_as_it_was_sent(void **state)
{
    (void)state;
    static const uint32_t size[] = {0, 1, 1231, 1232, 1233, 1452, 1453, 2000, 8191, 30000, 60000, 65527};
    const uint32_t from = open_port(a, 7), to = open_port(b, 9);
    const struct sv_endpoint there = {world_addr6(2), 9};
    for (size_t i = 0; i < SV_COUNT_OF(size); i++) {
        struct sv_endpoint who;
        size_t n = 0;
        assert_int_equal(sv_udp_write(&a->core, &a->net, &a->udp, from, &there, sent, size[i]), SV_OK);
        world_carry(&w);
        assert_int_equal(sv_udp_read(&b->core, &b->udp, to, &who, got, sizeof got, &n), SV_OK);
        assert_int_equal(n, size[i]);
        assert_memory_equal(got, sent, n);
        assert_true(sv_addr_equal(&who.addr, &us));
    }
    assert_int_equal(sv_udp_write(&a->core, &a->net, &a->udp, from, &there, sent, 65528), SV_ERR_TOO_BIG);
    assert_int_equal(world_held(&w), 0);
}

static void pieces_fit_the_path_and_their_numbers_are_nobodys_guess(void **state)
{
    (void)state;
    const uint32_t from = open_port(a, 7);
    const struct sv_endpoint there = {world_addr6(2), 9}, other = {world_addr6(3), 9};
    uint32_t id[3];
    assert_true(sv_pmtu_learn(&a->core, &a->net.pmtu, &there.addr, 1280));
    for (uint32_t i = 0; i < 3; i++) {
        const struct sv_endpoint *to = i == 2 ? &other : &there;
        assert_int_equal(sv_udp_write(&a->core, &a->net, &a->udp, from, to, sent, 3000), SV_OK);
        uint32_t offset = 0;
        bool more = true;
        while (more) {
            assert_true(world_out(&w, a, &out));
            assert_true(out.n <= 14 + (i == 2 ? 1500u : 1280u));
            assert_int_equal(out.bytes[20], 44);
            assert_int_equal(sv_get_u16(out.bytes + 56) & 0xfff8, offset);
            more = (sv_get_u16(out.bytes + 56) & 1) != 0;
            offset += out.n - 62;
            id[i] = sv_get_u32(out.bytes + 58);
        }
        assert_int_equal(offset, 3008);
        assert_false(world_out(&w, a, &out));
    }
    assert_int_equal(id[1], id[0] + 1); /* one path, one counter */
    assert_true(id[2] - id[1] > 16);    /* another path tells nothing of it (RFC 7739) */
}

/* A piece of a datagram of the peer's; the frame's length. */
static uint32_t piece(uint8_t *f, uint32_t id, uint32_t offset, bool more, const uint8_t *from, uint32_t n)
{
    uint8_t p[1500] = {17, 0};
    sv_put_u16(p + 2, (uint16_t)(offset | more));
    sv_put_u32(p + 4, id);
    memcpy(p + 8, from, n);
    return world_ip6(f, &peer, &us, 44, p, 8 + n);
}

static void in(uint32_t id, uint32_t offset, bool more, const uint8_t *from, uint32_t n)
{
    uint8_t f[1600];
    const uint32_t length = piece(f, id, offset, more, from, n);
    world_in(&w, a, f, length);
}

/* A whole UDP datagram of n bytes of data in `to`. */
static uint32_t datagram(uint8_t *to, uint32_t n)
{
    uint8_t p[3000];
    memcpy(to, (const uint8_t[]){0, 7, 0, 9}, 4);
    sv_put_u16(to + 4, (uint16_t)(8 + n));
    memcpy(to + 8, sent, n);
    memset(p, 0, 40);
    memcpy(p + 8, peer.byte, 16);
    memcpy(p + 24, us.byte, 16);
    memcpy(p + 40, to, 8 + n);
    world_sum6(p, 48 + n, SV_PROTO_UDP, 40, 6);
    memcpy(to + 6, p + 46, 2);
    return 8 + n;
}

static void an_overlap_condemns_the_whole(void **state)
{
    (void)state;
    uint8_t whole[2100], other[808];
    const uint32_t n = datagram(whole, 2000);
    const uint32_t to = open_port(a, 9);
    memcpy(other, whole, sizeof other);
    other[799] ^= 1;
    struct sv_endpoint who;
    size_t length;
    static const struct {
        uint32_t offset, n;
        bool again; /* the same bytes as before: only a duplicate */
    } line[] = {{800, 800, false}, {792, 16, false}, {1592, 16, false}, {0, 808, false}, {800, 800, true}};
    for (uint32_t i = 0; i < SV_COUNT_OF(line); i++) {
        const uint64_t before = world_drops(a, SV_DROP_FRAGMENT_OVERLAP);
        in(i, 0, true, whole, 800);
        in(i, 800, true, whole + 800, 800);
        in(i, line[i].offset, true, line[i].again ? whole + 800 : other, line[i].n);
        in(i, 1600, false, whole + 1600, n - 1600);
        const bool arrived = sv_udp_read(&a->core, &a->udp, to, &who, got, sizeof got, &length) == SV_OK;
        if (arrived != line[i].again || (!arrived && world_drops(a, SV_DROP_FRAGMENT_OVERLAP) != before + 4))
            fail_msg("line %u: %s, %llu dropped", i, arrived ? "arrived" : "lost",
                     (unsigned long long)(world_drops(a, SV_DROP_FRAGMENT_OVERLAP) - before));
    }
    assert_false(world_out(&w, a, &out));
}

static void what_never_completes_is_told_after_a_minute(void **state)
{
    (void)state;
    uint8_t whole[2100];
    datagram(whole, 2000);
    in(1, 0, true, whole, 800);
    in(2, 800, true, whole + 800, 800); /* without its first piece: nobody is told */
    world_advance(&w, 59 * SV_S);
    assert_false(world_out(&w, a, &out));
    world_advance(&w, 2 * SV_S);
    assert_true(world_out(&w, a, &out));
    assert_true(world_icmp6_good(&out));
    assert_int_equal(out.bytes[54], SV_ICMP6_TIME_EXCEEDED);
    assert_int_equal(out.bytes[55], SV_ICMP6_REASSEMBLY);
    assert_int_equal(out.bytes[62 + 6], 44); /* quoted as it came */
    assert_false(world_out(&w, a, &out));
    assert_int_equal(world_drops(a, SV_DROP_FRAGMENT_TIMEOUT), 2);
    assert_int_equal(world_held(&w), 0);
}

static void atomic_fragments_are_kept_apart(void **state)
{
    (void)state;
    uint8_t whole[200], other[200];
    const uint32_t n = datagram(whole, 100);
    const uint32_t to = open_port(a, 9);
    struct sv_endpoint who;
    size_t length;
    in(5, 0, true, whole, 80);
    const uint32_t m = datagram(other, 30);
    in(5, 0, false, other, m); /* the same number: neither joins the other (RFC 6946 §4) */
    assert_int_equal(sv_udp_read(&a->core, &a->udp, to, &who, got, sizeof got, &length), SV_OK);
    assert_int_equal(length, 30);
    in(5, 80, false, whole + 80, n - 80);
    assert_int_equal(sv_udp_read(&a->core, &a->udp, to, &who, got, sizeof got, &length), SV_OK);
    assert_int_equal(length, 100);
}

static void a_first_piece_carries_all_headers(void **state)
{
    (void)state;
    uint8_t f[200], p[32] = {60, 0, 0, 1, 0, 0, 0, 1, 17, 1, 1, 12};
    world_in(&w, a, f, world_ip6(f, &peer, &us, 44, p, 16)); /* RFC 7112: the options go on elsewhere */
    assert_int_equal(world_drops(a, SV_DROP_IP6_CHAIN), 1);
    assert_true(world_out(&w, a, &out));
    assert_int_equal(out.bytes[54], SV_ICMP6_PARAMETER_PROBLEM);
    assert_int_equal(out.bytes[55], SV_ICMP6_INCOMPLETE_CHAIN);
    p[0] = 6;
    world_in(&w, a, f, world_ip6(f, &peer, &us, 44, p, 24)); /* sixteen bytes of TCP: tiny fragment attack */
    assert_int_equal(world_drops(a, SV_DROP_IP6_CHAIN), 2);
    assert_true(world_out(&w, a, &out));
}

static void a_fragment_of_fragments_is_refused(void **state)
{
    (void)state;
    uint8_t inner[40] = {17, 0, 0, 1, 0, 0, 0, 9}, f[200], p[48];
    memcpy(inner + 8, (const uint8_t[]){0, 7, 0, 9, 0, 40, 0, 0}, 8);
    memcpy(p, (const uint8_t[]){44, 0, 0, 1, 0, 0, 0, 3}, 8);
    memcpy(p + 8, inner, 24);
    world_in(&w, a, f, world_ip6(f, &peer, &us, 44, p, 32));
    memcpy(p, (const uint8_t[]){44, 0, 0, 24, 0, 0, 0, 3}, 8);
    memcpy(p + 8, inner + 24, 16);
    world_in(&w, a, f, world_ip6(f, &peer, &us, 44, p, 24));
    assert_int_equal(world_drops(a, SV_DROP_IP6_CHAIN), 1);
    assert_int_equal(a->net.fragments.datagrams, 0);
    while (world_out(&w, a, &out)) {}
}

static void options_before_the_pieces_survive_the_joining(void **state)
{
    (void)state;
    uint8_t whole[300], f[400], p[300];
    const uint32_t n = datagram(whole, 200);
    const uint32_t to = open_port(a, 9);
    struct sv_endpoint who;
    size_t length;
    for (uint32_t k = 0; k < 2; k++) {
        memcpy(p, (const uint8_t[]){44, 0, 1, 4, 0, 0, 0, 0}, 8);
        memcpy(p + 8, (const uint8_t[]){17, 0, 0, k ? 104 : 1, 0, 0, 0, 3}, 8);
        memcpy(p + 16, whole + 104 * k, k ? n - 104 : 104);
        world_in(&w, a, f, world_ip6(f, &peer, &us, 60, p, 16 + (k ? n - 104 : 104)));
    }
    assert_int_equal(sv_udp_read(&a->core, &a->udp, to, &who, got, sizeof got, &length), SV_OK);
    assert_int_equal(length, 200);
    assert_memory_equal(got, sent, 200);
}

static void the_store_has_its_ceiling(void **state)
{
    (void)state;
    uint8_t whole[2100];
    datagram(whole, 2000);
    for (uint32_t id = 0; id < 100; id++)
        in(id, 0, true, whole, 1200);
    assert_int_equal(a->net.fragments.datagrams, a->net.fragments.ceiling);
    assert_int_equal(world_drops(a, SV_DROP_FRAGMENT_TOO_MANY), 100 - a->net.fragments.ceiling);
    for (uint32_t i = 0; i < 300; i++) /* eight bytes each: one datagram's pieces are counted too */
        in(1000, 8 * i, true, whole + 8 * (i % 100), 8);
    assert_true(a->net.fragments.bytes <= a->net.fragments.bytes_max);
    assert_true(world_drops(a, SV_DROP_FRAGMENT_TOO_MANY) >= 100 - a->net.fragments.ceiling + 300 - SV_FRAGMENTS_EACH);
    while (world_out(&w, a, &out)) {}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_size_arrives_as_it_was_sent),    TEST(pieces_fit_the_path_and_their_numbers_are_nobodys_guess),
        TEST(an_overlap_condemns_the_whole),      TEST(what_never_completes_is_told_after_a_minute),
        TEST(atomic_fragments_are_kept_apart),    TEST(a_first_piece_carries_all_headers),
        TEST(a_fragment_of_fragments_is_refused), TEST(options_before_the_pieces_survive_the_joining),
        TEST(the_store_has_its_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
