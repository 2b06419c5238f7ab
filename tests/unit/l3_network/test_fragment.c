/* SPDX-License-Identifier: BSD-2-Clause */
/* Reassembly and fragmentation. Pieces are written as {offset, length, more}; datagrams are UDP to port 9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "l3_network/ip4_cut.h"
#include "tests/support/net_world.h"

static struct world w;
static struct world_host *h;
static struct world_frame out;
static uint32_t sock;
static uint8_t whole[65536], got[65536];

static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    h = world_add(&w, 1500, false);
    const struct sv_udp_binding b = {
        .local = sv_addr_v4(0, 0, 0, 0), .port = 9, .kind = SV_UDP_DATAGRAM, .interface = SV_NO_PORT};
    assert_int_equal(sv_udp_bind(&h->core, &h->net, &h->udp, &b, &sock), SV_OK);
    const struct sv_addr peer = sv_addr_v4(10, 0, 0, 9);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    assert_true(sv_neighbour_set(&h->core, &h->net.link, 0, &peer, mac));
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

/* n bytes of UDP, header among them. */
static void compose(uint32_t n)
{
    static uint8_t data[65536];
    for (uint32_t i = 0; i < n; i++)
        data[i] = (uint8_t)(i * 31 + i / 256);
    world_udp(whole, 7, 9, data, n - 8);
}
static void piece_tos(uint16_t id, uint32_t offset, uint32_t n, bool more, uint8_t tos)
{
    static uint8_t f[66000];
    const uint16_t fragment = (uint16_t)(offset / 8 | (more ? 0x2000u : 0));
    const uint32_t length = world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, id, fragment, whole + offset, n);
    f[15] = tos;
    sv_put_u16(f + 24, 0);
    sv_sum_store(f + 24, sv_sum(f + 14, 20, 0));
    world_in(&w, h, f, length);
}
static void piece(uint16_t id, uint32_t offset, uint32_t n, bool more)
{
    piece_tos(id, offset, n, more, 0);
}
static bool arrived(uint32_t n)
{
    struct sv_endpoint from;
    size_t length;
    if (sv_udp_read(&h->core, &h->udp, sock, &from, got, sizeof got, &length) != SV_OK)
        return false;
    assert_int_equal(length, n - 8);
    assert_int_equal(from.port, 7);
    assert_memory_equal(got, whole + 8, n - 8);
    return true;
}

static void pieces_in_any_order_make_the_datagram(void **state)
{
    (void)state;
    static const uint8_t order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    compose(4000);
    for (uint16_t i = 0; i < 6; i++) {
        for (uint32_t k = 0; k < 3; k++) {
            const uint32_t at = order[i][k] * 1480u;
            piece(i, at, at == 2960 ? 1040 : 1480, at != 2960);
            world_check(&w);
            assert_int_equal(arrived(4000), k == 2);
        }
    }
    assert_int_equal(h->net.fragments.datagrams, 0);
    assert_int_equal(world_held(&w), 0);
}

static void an_exact_duplicate_is_ignored(void **state)
{
    (void)state;
    compose(2000);
    piece(1, 0, 1480, true);
    piece(1, 0, 1480, true);
    assert_int_equal(h->net.fragments.fragments, 1);
    piece(1, 1480, 520, false);
    assert_true(arrived(2000));
}

static void an_overlap_condemns_all_of_it(void **state)
{
    (void)state;
    static const struct {
        uint32_t offset, n;
        bool more;
    } bad[] = {
        {8, 64, true},      /* inside: teardrop */
        {0, 1488, true},    /* covers it */
        {1472, 528, false}, /* its tail */
        {0, 8, true},       /* its head alone */
    };
    compose(2000);
    for (uint16_t i = 0; i < (uint16_t)SV_COUNT_OF(bad); i++) {
        piece(i, 0, 1480, true);
        piece(i, bad[i].offset, bad[i].n, bad[i].more);
        assert_int_equal(world_drops(h, SV_DROP_FRAGMENT_OVERLAP), 4u * i + 2);
        piece(i, 0, 1480, true); /* what follows is dropped too, RFC 8200 §4.5 */
        piece(i, 1480, 520, false);
        assert_int_equal(world_drops(h, SV_DROP_FRAGMENT_OVERLAP), 4u * i + 4);
        assert_false(arrived(2000));
        world_check(&w);
    }
    assert_int_equal(world_held(&w), 0);
}

static void same_place_other_bytes_is_an_overlap(void **state)
{
    (void)state;
    compose(2000);
    piece(1, 0, 1480, true);
    whole[100] ^= 1;
    piece(1, 0, 1480, true);
    assert_int_equal(world_drops(h, SV_DROP_FRAGMENT_OVERLAP), 2);
}

static void ends_that_contradict_each_other_condemn_it(void **state)
{
    (void)state;
    compose(4000);
    piece(1, 1480, 520, false);
    piece(1, 1480 + 520, 80, false); /* another end */
    assert_int_equal(world_drops(h, SV_DROP_FRAGMENT_OVERLAP), 2);
    piece(2, 2960, 1040, true);
    piece(2, 1480, 520, false); /* ends before what is there */
    assert_int_equal(world_drops(h, SV_DROP_FRAGMENT_OVERLAP), 4);
    piece(3, 1480, 520, false);
    piece(3, 2960, 80, true); /* beyond the end */
    assert_int_equal(world_drops(h, SV_DROP_FRAGMENT_OVERLAP), 6);
}

static void impossible_pieces_are_dropped(void **state)
{
    (void)state;
    compose(4000);
    piece(1, 0, 1481, true); /* a middle piece not of 8n bytes */
    piece(1, 8, 0, false);   /* empty */
    static uint8_t f[2000];
    world_in(
        &w, h, f,
        world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 5, 0x1fff, whole, 9)); /* 65528 + 9: ping of death */
    assert_int_equal(world_drops(h, SV_DROP_FRAGMENT_BAD), 3);
    assert_int_equal(h->net.fragments.datagrams, 0);
}

static void after_thirty_seconds_the_sender_is_told_if_the_first_piece_came(void **state)
{
    (void)state;
    compose(4000);
    piece(1, 0, 1480, true);
    piece(2, 1480, 1480, true);
    world_advance(&w, 29900 * SV_MS);
    assert_false(world_out(&w, h, &out));
    assert_int_equal(h->net.fragments.datagrams, 2);
    world_advance(&w, 200 * SV_MS);
    assert_int_equal(h->net.fragments.datagrams, 0);
    assert_int_equal(world_drops(h, SV_DROP_FRAGMENT_TIMEOUT), 2);
    assert_true(world_out(&w, h, &out)); /* about 1, not about 2 */
    assert_int_equal(out.n, 14 + 576);
    assert_int_equal(out.bytes[23], 1);
    assert_int_equal(out.bytes[34], SV_ICMP_TIME_EXCEEDED);
    assert_int_equal(out.bytes[35], SV_ICMP_REASSEMBLY);
    assert_int_equal(sv_sum(out.bytes + 34, out.n - 34, 0), 0xffff);
    assert_int_equal(sv_get_u16(out.bytes + 42 + 4), 1); /* quotes the first piece's header */
    assert_memory_equal(out.bytes + 62, whole, 528);
    assert_false(world_out(&w, h, &out));
    assert_int_equal(world_held(&w), 0);
}

static void at_the_ceiling_the_oldest_datagram_goes(void **state)
{
    (void)state;
    compose(2000);
    for (uint16_t id = 1; id <= 5; id++) /* the ceiling is 4 */
        piece(id, 0, 1480, true);
    assert_int_equal(world_drops(h, SV_DROP_FRAGMENT_TOO_MANY), 1);
    piece(1, 1480, 520, false); /* evicts 2 */
    piece(5, 1480, 520, false);
    assert_true(arrived(2000));
    assert_int_equal(world_drops(h, SV_DROP_FRAGMENT_TOO_MANY), 2);
    piece(2, 1480, 520, false);
    assert_false(arrived(2000));
    world_check(&w);
}

static void memory_of_many_small_pieces_is_bounded_by_true_size(void **state)
{
    (void)state;
    compose(60000);
    for (uint16_t id = 1; id <= 4; id++) {
        for (uint32_t k = 0; k < 100; k++)
            piece(id, k * 16, 8, true);
    }
    world_check(&w); /* asserts bytes <= bytes_max: 400000, a slab each */
    assert_true(world_drops(h, SV_DROP_FRAGMENT_TOO_MANY) > 0);
    for (uint32_t k = 0; k < 200; k++)
        piece(9, k * 16, 8, true);
    assert_true(h->net.fragments.fragments <= SV_FRAGMENTS_EACH + 100);
    world_check(&w);
}

static void congestion_seen_by_one_piece_is_seen_by_all(void **state)
{
    (void)state;
    struct sv_buf *b;
    compose(2000);
    piece_tos(1, 0, 1480, true, 2);
    piece_tos(1, 1480, 520, false, 3);
    b = sv_packet_queue_peek(&sv_udp_of(&h->udp, sock)->queue, w.pool);
    assert_non_null(b);
    assert_int_equal(sv_buf_at(b, b->l3)[1], 3);
    assert_true(arrived(2000));
    piece_tos(2, 0, 1480, true, 0);
    piece_tos(2, 1480, 520, false, 3); /* not ECN-capable, and congestion: RFC 3168 §5.3 */
    assert_false(arrived(2000));
}

static void a_datagram_of_65535_bytes_goes_out_and_comes_in(void **state)
{
    (void)state;
    struct world_host *peer = world_add(&w, 1500, false);
    static uint8_t data[65508];
    uint32_t sender;
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i ^ i >> 8);
    const struct sv_udp_binding b = {.local = sv_addr_v4(0, 0, 0, 0), .kind = SV_UDP_DATAGRAM, .interface = SV_NO_PORT};
    assert_int_equal(sv_udp_bind(&peer->core, &peer->net, &peer->udp, &b, &sender), SV_OK);
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 1), 9};
    for (uint32_t n = 65507;; n = n / 3) {
        assert_int_equal(sv_udp_write(&peer->core, &peer->net, &peer->udp, sender, &to, data, 1), SV_OK);
        world_carry(&w); /* resolves; then the large one is not held back by the neighbour's sixteen */
        assert_int_equal(sv_udp_write(&peer->core, &peer->net, &peer->udp, sender, &to, data, n), SV_OK);
        world_carry(&w);
        struct sv_endpoint from;
        size_t length;
        assert_int_equal(sv_udp_read(&h->core, &h->udp, sock, &from, got, sizeof got, &length), SV_OK);
        assert_int_equal(sv_udp_read(&h->core, &h->udp, sock, &from, got, sizeof got, &length), SV_OK);
        assert_int_equal(length, n);
        assert_memory_equal(got, data, n);
        if (n == 0)
            break;
    }
    assert_int_equal(sv_udp_write(&peer->core, &peer->net, &peer->udp, sender, &to, data, 65508), SV_ERR_TOO_BIG);
    assert_int_equal(world_held(&w), 0);
}

static void every_cut_fits_and_adds_up_at_every_mtu(void **state)
{
    (void)state;
    static const uint32_t mtus[] = {68, 69, 75, 76, 296, 576, 1006, 1492, 1500, 1501, 9000, 65535};
    compose(3001);
    for (size_t i = 0; i < SV_COUNT_OF(mtus); i++) {
        struct sv_buf *b = sv_buf_alloc(w.pool, SV_WANT_DATA, 0);
        assert_true(sv_buf_append(b, whole, 3001, SV_WANT_DATA));
        struct sv_ip_out o = {
            .src = sv_addr_v4(10, 0, 0, 1), .dst = sv_addr_v4(10, 0, 0, 9), .id = 77, .protocol = 17, .ttl = 64};
        sv_ip4_prepare(&o);
        sv_ip4_emit(b, &o);
        struct sv_ip4_cut cut;
        assert_true(sv_ip4_cut_begin(&cut, b, mtus[i]));
        uint32_t at = 0, pieces = 0;
        while (cut.offset < cut.payload_length) {
            struct sv_buf *f = sv_ip4_cut_next(&h->core, &cut, b);
            struct sv_ip_hdr ip;
            assert_non_null(f);
            assert_true(f->length <= mtus[i]);
            assert_int_equal(sv_ip4_parse(f, &ip, 0), SV_DROP_NONE);
            assert_int_equal(ip.fragment_offset, at);
            assert_true(sv_buf_read(f, 20, got + at, f->length - 20));
            at += f->length - 20;
            assert_int_equal(ip.more_fragments, at < 3001);
            assert_int_equal(ip.id, 77);
            pieces++;
            sv_buf_free(f);
        }
        assert_int_equal(at, 3001);
        assert_int_equal(pieces, cut.fragments);
        assert_memory_equal(got, whole, 3001);
        sv_buf_free(b);
    }
    assert_int_equal(world_held(&w), 0);
}

static void only_options_marked_so_are_copied_to_later_pieces(void **state)
{
    (void)state;
    uint8_t header[32] = {0x48, 0, 0, 0, 0, 9, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 9};
    header[20] = 7; /* record route: not copied */
    header[21] = 7;
    header[22] = 4;
    header[27] = 0x94; /* router alert: copied */
    header[28] = 4;
    compose(2000);
    struct sv_buf *b = sv_buf_alloc(w.pool, SV_WANT_DATA, 0);
    assert_true(sv_buf_append(b, whole, 2000, SV_WANT_DATA));
    memcpy(sv_buf_push(b, 32), header, 32);
    sv_put_u16(sv_buf_head(b) + 2, 2032);
    struct sv_ip4_cut cut;
    assert_true(sv_ip4_cut_begin(&cut, b, 1500));
    struct sv_buf *first = sv_ip4_cut_next(&h->core, &cut, b), *second = sv_ip4_cut_next(&h->core, &cut, b);
    struct sv_ip_hdr ip;
    assert_int_equal(sv_ip4_parse(first, &ip, 0), SV_DROP_NONE);
    assert_int_equal(ip.header_length, 32);
    assert_int_equal(sv_ip4_parse(second, &ip, 0), SV_DROP_NONE);
    assert_int_equal(ip.header_length, 24);
    assert_int_equal(sv_buf_head(second)[20], 0x94);
    assert_int_equal(cut.offset, cut.payload_length);
    sv_buf_free(first);
    sv_buf_free(second);
    sv_buf_free(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pieces_in_any_order_make_the_datagram),
        TEST(an_exact_duplicate_is_ignored),
        TEST(an_overlap_condemns_all_of_it),
        TEST(same_place_other_bytes_is_an_overlap),
        TEST(ends_that_contradict_each_other_condemn_it),
        TEST(impossible_pieces_are_dropped),
        TEST(after_thirty_seconds_the_sender_is_told_if_the_first_piece_came),
        TEST(at_the_ceiling_the_oldest_datagram_goes),
        TEST(memory_of_many_small_pieces_is_bounded_by_true_size),
        TEST(congestion_seen_by_one_piece_is_seen_by_all),
        TEST(a_datagram_of_65535_bytes_goes_out_and_comes_in),
        TEST(every_cut_fits_and_adds_up_at_every_mtu),
        TEST(only_options_marked_so_are_copied_to_later_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
