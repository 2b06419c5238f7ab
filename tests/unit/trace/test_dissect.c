/* SPDX-License-Identifier: BSD-2-Clause */
/* The dissector on frames written here, on every cut and every flipped bit of them, and on noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "frames.h"

static const uint8_t a[4] = {10, 0, 0, 1}, b[4] = {10, 0, 0, 2};

static struct frame syn_ack(void)
{
    static const uint8_t options[24] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0, 1, 3, 3, 7, 34, 2, 1, 0};
    const struct segment s = {a, b, 80, 40000, 0x12, 65535, 300, 101, options, 24, NULL, 0};
    struct frame f;
    frame_tcp(&f, &s);
    return f;
}

static struct sv_dissected dissect(const struct frame *f)
{
    struct sv_dissected d;
    sv_dissect(&d, SV_LINK_ETHERNET, f->at, f->n, f->n);
    return d;
}

static void test_tcp(void **state)
{
    (void)state;
    struct frame f = syn_ack();
    struct sv_dissected d = dissect(&f);
    assert_int_equal(d.seen, SV_SEEN_ETHERNET | SV_SEEN_IP4 | SV_SEEN_TCP);
    assert_int_equal(d.problems, 0);
    assert_int_equal(d.checksum_state, SV_CHECKSUM_GOOD);
    assert_int_equal(d.port_from, 80);
    assert_int_equal(d.port_to, 40000);
    assert_int_equal(d.tcp.seq, 300);
    assert_int_equal(d.tcp.ack, 101);
    assert_int_equal(d.tcp.flags, 0x12);
    assert_int_equal(d.tcp.options.mss, 1460);
    assert_int_equal(d.tcp.options.scale, 7);
    assert_true(d.tcp.options.sack_permitted && d.tcp.options.has_timestamp && d.tcp.options.has_fast_open);
    assert_int_equal(d.tcp.options.ts_value, 256);
    assert_int_equal(d.tcp.options.ts_echo, 512);
    assert_int_equal(d.payload_bytes, 0);
    /* a flipped bit of the TCP header, then of the IP header */
    f.at[40] ^= 4;
    d = dissect(&f);
    assert_int_equal(d.problems, SV_PROBLEM_CHECKSUM);
    const uint16_t right = d.checksum_right;
    f.at[50] = (uint8_t)(right >> 8);
    f.at[51] = (uint8_t)right;
    assert_int_equal(dissect(&f).problems, 0);
    f.at[22] ^= 1; /* TTL */
    assert_int_equal(dissect(&f).problems, SV_PROBLEM_IP_CHECKSUM);
}

static void test_lengths(void **state)
{
    (void)state;
    struct frame f = syn_ack();
    f.at[16] = 0;
    f.at[17] = 30; /* the datagram says it is shorter than its TCP header */
    struct sv_dissected d = dissect(&f);
    assert_true(d.problems & SV_PROBLEM_TRANSPORT);
    assert_false(d.seen & SV_SEEN_TCP);
    f = syn_ack();
    f.at[46] = 0xf0; /* a data offset beyond the segment */
    d = dissect(&f);
    assert_true(d.problems & SV_PROBLEM_TRANSPORT);
    f = syn_ack();
    f.at[14] = 0x44; /* an IP header of 16 bytes */
    assert_true(dissect(&f).problems & SV_PROBLEM_IP);
    f = syn_ack();
    f.at[55] = 0; /* an option of length 0 */
    assert_true(dissect(&f).problems & SV_PROBLEM_OPTIONS);
    /* padding is not payload */
    f = syn_ack();
    f.n += 6;
    d = dissect(&f);
    assert_int_equal(d.payload_bytes, 0);
    assert_int_equal(d.problems, 0);
    /* the capture was cut */
    sv_dissect(&d, SV_LINK_ETHERNET, f.at, 60, f.n);
    assert_true(d.problems & SV_PROBLEM_TRUNCATED);
    assert_int_equal(d.checksum_state, SV_CHECKSUM_UNKNOWN);
}

static void test_vlan_arp(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xa8, 0, 7,  0x81,
                                    0,    0xe0, 5,    8,    6,    0,    1, 8, 0, 6, 4, 0, 1,    2,    0, 0,  0,
                                    0,    1,    10,   0,    0,    1,    0, 0, 0, 0, 0, 0, 10,   0,    0, 254};
    struct sv_dissected d;
    sv_dissect(&d, SV_LINK_ETHERNET, bytes, sizeof bytes, sizeof bytes);
    assert_int_equal(d.seen, SV_SEEN_ETHERNET | SV_SEEN_VLAN | SV_SEEN_ARP);
    assert_int_equal(d.vlans, 2);
    assert_int_equal(d.vlan_tci[1], 0xe005);
    assert_int_equal(d.ethertype, 0x0806);
    assert_int_equal(d.arp.operation, 1);
    assert_int_equal(d.arp.target[3], 254);
}

static void test_ip6_extensions(void **state)
{
    (void)state;
    /* hop-by-hop, then a first fragment, then UDP of 8 + 8 */
    uint8_t p[40 + 8 + 8 + 16] = {0x60, 0, 0, 0, 0, 32, 0, 64};
    p[23] = 1;
    p[39] = 2;
    p[40] = 44;
    p[48] = 17;
    p[51] = 1; /* more fragments */
    p[55] = 9;
    p[56] = 0x12;
    p[59] = 53;
    p[61] = 16;
    struct sv_dissected d;
    sv_dissect(&d, SV_LINK_RAW, p, sizeof p, sizeof p);
    assert_int_equal(d.seen, SV_SEEN_IP6 | SV_SEEN_UDP | SV_SEEN_FRAGMENT);
    assert_int_equal(d.ip.extensions, 2);
    assert_int_equal(d.ip.header_bytes, 56);
    assert_int_equal(d.ip.id6, 9);
    assert_int_equal(d.port_to, 53);
    assert_int_equal(d.payload_captured, 8);
    assert_int_equal(d.checksum_state, SV_CHECKSUM_UNKNOWN);
}

static void test_addresses(void **state)
{
    (void)state;
    char text[48];
    static const uint8_t one[16] = {[15] = 1}, doc[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t two[16] = {0x20, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3}, zero[16];
    static const uint8_t single[16] = {0x20, 1, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6};
    assert_string_equal(sv_dissect_address(6, one, text), "::1");
    assert_string_equal(sv_dissect_address(6, zero, text), "::");
    assert_string_equal(sv_dissect_address(6, doc, text), "2001:db8:0:1::1");
    assert_string_equal(sv_dissect_address(6, two, text), "2001:0:1::2:0:3");
    assert_string_equal(sv_dissect_address(6, single, text), "2001:0:1:2:3:4:5:6"); /* RFC 5952 §4.2.2 */
    assert_string_equal(sv_dissect_address(4, a, text), "10.0.0.1");
}

static void sane(const struct sv_dissected *d)
{
    assert_true(d->network_at <= d->captured_bytes);
    assert_true(d->transport_at <= d->captured_bytes);
    assert_true(d->payload_at <= d->captured_bytes);
    assert_true(d->payload_at + d->payload_captured <= d->captured_bytes);
    assert_true(d->payload_captured <= d->payload_bytes);
    assert_true(d->vlans <= SV_VLANS_MAX && d->ip.extensions <= SV_EXTENSIONS_MAX && d->tcp.options.sacks <= 4);
}

/* Each cut and each flipped bit, in memory that ends where the frame does. */
static void test_cuts_and_flips(void **state)
{
    (void)state;
    const struct frame f = syn_ack();
    static const enum sv_link_type links[] = {SV_LINK_ETHERNET, SV_LINK_RAW, SV_LINK_SLL, SV_LINK_SLL2, SV_LINK_NULL};
    for (size_t n = 0; n <= f.n; n++) {
        uint8_t *exact = malloc(n + 1);
        assert_non_null(exact);
        for (size_t k = 0; k < 5; k++) {
            uint8_t *start = exact + 1;
            memcpy(start, f.at, n);
            struct sv_dissected d;
            sv_dissect(&d, links[k], start, n, f.n);
            sane(&d);
        }
        free(exact);
    }
    for (size_t bit = 0; bit < f.n * 8; bit++) {
        struct frame g = f;
        g.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        const struct sv_dissected d = dissect(&g);
        sane(&d);
        if (bit >= 14 * 8) /* what the two checksums cover never passes unseen */
            assert_true(d.problems || d.checksum_state != SV_CHECKSUM_GOOD);
    }
}

static void test_noise(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    uint8_t bytes[128];
    for (uint32_t round = 0; round < 200000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            bytes[i] = (uint8_t)(seed >> 24);
        }
        if (round & 1) { /* let it get past the link layer */
            bytes[12] = round & 2 ? 8 : 0x86;
            bytes[13] = round & 2 ? 0 : 0xdd;
            bytes[14] = round & 2 ? (uint8_t)(0x45 + (round >> 2) % 3) : 0x60;
            bytes[round & 2 ? 23 : 20] = (uint8_t)((const uint8_t[]){6, 17, 1, 58, 0, 44, 60, 43}[(round >> 4) % 8]);
        }
        struct sv_dissected d;
        const size_t n = seed % (sizeof bytes + 1);
        sv_dissect(&d, SV_LINK_ETHERNET, bytes, n, n);
        sane(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp),       cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_vlan_arp),  cmocka_unit_test(test_ip6_extensions),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_cuts_and_flips),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
