/* SPDX-License-Identifier: BSD-2-Clause */
/* One IPv4 segment behind the headers of each link that captures come from, every cut of each, and its JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "frames.h"
#include "trace/dissect_json.h"

static const uint8_t a[4] = {10, 0, 0, 1}, b[4] = {10, 0, 0, 2};

struct link_case {
    const char *name;
    enum sv_link_type link;
    uint32_t n;
    uint8_t header[64]; /* what stands before the IP header */
};

static const struct link_case cases[] = {
    {"Ethernet", SV_LINK_ETHERNET, 14, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0}},
    {"802.3 with SNAP", SV_LINK_ETHERNET, 22, {2, 0, 0,  0,    0,    2, 2, 0, 0, 0, 0,
                                               1, 0, 60, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
    {"MPLS, two labels", SV_LINK_ETHERNET, 22, {2, 0,    0,    0, 0, 2, 2,  0, 0, 0, 0,
                                                1, 0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64}},
    {"PPPoE", SV_LINK_ETHERNET, 22, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0x64, 0x11, 0, 0, 1, 0, 200, 0, 0x21}},
    {"VN-Tag", SV_LINK_ETHERNET, 20, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x89, 0x26, 0, 0, 0, 0, 8, 0}},
    {"ISL", SV_LINK_ETHERNET, 40, {1, 0, 0x0c, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 80, 0xaa, 0xaa, 3, 0, 0, 0,
                                   0, 2, 0,    0, 0, 0, 2, 0, 0, 0, 0, 2, 2, 0,  0,    0,    0, 1, 8, 0}},
    {"PPP", SV_LINK_PPP, 4, {0xff, 3, 0, 0x21}},
    {"PPP, compressed", SV_LINK_PPP, 1, {0x21}},
    {"Cisco HDLC", SV_LINK_CHDLC, 4, {0x0f, 0, 8, 0}},
    {"frame relay", SV_LINK_FRAME_RELAY, 4, {0x18, 0x41, 3, 0xcc}},
    {"frame relay, SNAP", SV_LINK_FRAME_RELAY, 10, {0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0}},
    {"ARCNET, RFC 1201", SV_LINK_ARCNET_LINUX, 8, {1, 2, 0, 0, 212, 0, 0, 1}},
    {"ARCNET, RFC 1051", SV_LINK_ARCNET_LINUX, 5, {1, 2, 0, 0, 240}},
    {"InfiniBand", SV_LINK_IPOIB, 44, {[40] = 8, 0, 0, 0}},
    {"Solaris", SV_LINK_IPNET, 24, {1, 2}},
    {"netfilter's log", SV_LINK_NFLOG, 16, {2, 0, 0, 0, 8, 0, 1, 0, 8, 0, 0, 0, 64, 0, 9, 0}},
    {"802.11", SV_LINK_WLAN, 32, {8, 1, [24] = 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
    {"802.11 with QoS behind radiotap, padded",
     SV_LINK_RADIOTAP,
     9 + 28 + 8,
     {0, 0, 9, 0, 2, 0, 0, 0, 0x20, 0x88, 1, [9 + 28] = 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
    {"raw", SV_LINK_RAW, 0, {0}},
};

static size_t build(const struct link_case *c, uint8_t *to)
{
    const struct segment s = {a, b, 80, 40000, 0x12, 65535, 300, 101, NULL, 0, NULL, 0};
    struct frame f;
    frame_tcp(&f, &s);
    memcpy(to, c->header, c->n);
    memcpy(to + c->n, f.at + 14, f.n - 14);
    return c->n + f.n - 14;
}

static void test_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t frame[256];
        const size_t n = build(&cases[i], frame);
        struct sv_dissected d;
        sv_dissect(&d, cases[i].link, frame, n, n);
        if (!(d.seen & SV_SEEN_TCP) || d.problems)
            fail_msg("%s: seen %x, problems %x", cases[i].name, (unsigned)d.seen, (unsigned)d.problems);
        assert_int_equal(d.network_at, cases[i].n);
        assert_int_equal(d.network_type ? d.network_type : 0x0800, 0x0800);
        assert_int_equal(d.port_to, 40000);
        assert_int_equal(d.checksum_state, SV_CHECKSUM_GOOD);
    }
}

/* A frame cut anywhere has no segment but a whole one, and reads nothing beyond its end (the sanitizers look). */
static void test_cuts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t frame[256];
        const size_t whole = build(&cases[i], frame);
        for (size_t n = 0; n < whole; n++) {
            uint8_t *const exact = malloc(n + !n);
            struct sv_dissected d;
            assert_non_null(exact);
            memcpy(exact, frame, n);
            sv_dissect(&d, cases[i].link, exact, n, whole);
            assert_false(d.seen & SV_SEEN_TCP && n < whole);
            free(exact);
        }
    }
}

static void put(void *ctx, const char *text, size_t n)
{
    sv_text_put(ctx, text, n);
}

static void test_json(void **state)
{
    (void)state;
    uint8_t frame[256];
    char text[2048];
    struct sv_line_text line = sv_text_of(text, sizeof text);
    const struct sv_sink sink = {put, &line};
    const size_t n = build(&cases[0], frame);
    struct sv_dissected d;
    sv_dissect(&d, SV_LINK_ETHERNET, frame, n, n);
    sv_dissect_json(&sink, &d);
    assert_string_equal(
        text,
        ",\"eth\":{\"dst\":\"02:00:00:00:00:02\",\"src\":\"02:00:00:00:00:01\",\"type\":2048}"
        ",\"ip\":{\"header_bytes\":20,\"tos\":0,\"length\":40,\"id\":4660,\"df\":1,\"mf\":0,\"fragment_offset\":0,"
        "\"ttl\":64,\"protocol\":6,\"checksum\":5274,\"checksum_state\":\"good\",\"src\":\"10.0.0.1\","
        "\"dst\":\"10.0.0.2\"},\"tcp\":{\"src_port\":80,\"dst_port\":40000,\"seq\":300,\"ack\":101,"
        "\"header_bytes\":20,\"flags\":18,\"window\":65535,\"urgent\":0,\"checksum\":64942,"
        "\"checksum_state\":\"good\",\"payload_bytes\":0}");
}

/* A megabyte of tags, the longest packet that a capture file gives, each saying that another follows: a dissector that
 * calls itself for each has no stack left. */
static void test_tags_without_end(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    static const uint8_t tag[6] = {0x89, 0x26, 0, 0, 0, 0}, label[4] = {0, 0, 0, 64}, snap[8] = {0xaa, 0xaa, 3};
    uint8_t *frame = calloc(1, N);
    struct sv_dissected d;
    assert_non_null(frame);
    for (size_t i = 12; i + 6 <= N; i += 6)
        memcpy(frame + i, tag, sizeof tag);
    sv_dissect(&d, SV_LINK_ETHERNET, frame, N, N);
    assert_true(d.problems & SV_PROBLEM_LINK);
    for (size_t i = 14; i + 4 <= N; i += 4) /* labels, none of them the last */
        memcpy(frame + i, label, sizeof label);
    frame[12] = 0x88;
    frame[13] = 0x47;
    sv_dissect(&d, SV_LINK_ETHERNET, frame, N, N);
    assert_true(d.problems & SV_PROBLEM_LINK);
    for (size_t i = 12; i + 14 <= N; i += 14) { /* 802.3, SNAP, a tag, and so on */
        frame[i] = 5;
        frame[i + 1] = 220;
        memcpy(frame + i + 2, snap, sizeof snap);
        memcpy(frame + i + 8, tag, sizeof tag);
    }
    sv_dissect(&d, SV_LINK_ETHERNET, frame, N, N);
    assert_true(d.seen & SV_SEEN_LLC);
    free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_tags_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
