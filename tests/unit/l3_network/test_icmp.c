/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4's header, who is answered, what is told to whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/packet_sum.h"
#include "tests/support/net_world.h"

static struct world w;
static struct world_host *h;
static struct world_frame out;

static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    h = world_add(&w, 1500, false);
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

static void fix_header(uint8_t *f, uint32_t header)
{
    sv_put_u16(f + 24, 0);
    sv_sum_store(f + 24, sv_sum(f + 14, header, 0));
}
static uint32_t echo(uint8_t *p, uint8_t type, uint16_t id, uint16_t sequence, uint32_t n)
{
    p[0] = type;
    p[1] = 0;
    sv_put_u16(p + 2, 0);
    sv_put_u16(p + 4, id);
    sv_put_u16(p + 6, sequence);
    for (uint32_t i = 0; i < n; i++)
        p[8 + i] = (uint8_t)i;
    sv_sum_store(p + 2, sv_sum(p, 8 + n, 0));
    return 8 + n;
}

/* A question with these options in its header; the length of the frame. */
static uint32_t echo_with(uint8_t *f, const uint8_t *options, uint32_t n)
{
    uint8_t p[100];
    const uint32_t length = echo(p, 8, 7, 1, 4);
    world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 1, 1, 0, p, length);
    memmove(f + 34 + n, f + 34, length);
    memcpy(f + 34, options, n);
    f[14] = (uint8_t)(0x45 + n / 4);
    sv_put_u16(f + 16, (uint16_t)(20 + n + length));
    fix_header(f, 20 + n);
    return 34 + n + length;
}

/* RFC 1122 §3.2.2.6: record route and timestamp are filled in and come back, so that the way back is recorded too. */
static void an_echo_carries_options_back(void **state)
{
    (void)state;
    static const uint8_t route[] = {1, 7, 11, 8, 10, 0, 0, 9, 0, 0, 0, 0};
    static const uint8_t back[] = {7, 11, 12, 10, 0, 0, 9, 10, 0, 0, 1, 0};
    static const uint8_t full[] = {7, 7, 8, 10, 0, 0, 9, 0, 0x94, 4, 0, 0};
    static const uint8_t stamp[] = {68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t bad[] = {7, 7, 6, 10, 0, 0, 9, 0};
    uint8_t f[200];
    world_in(&w, h, f, echo_with(f, route, sizeof route));
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.n, 14 + 32 + 12);
    assert_int_equal(out.bytes[14], 0x48);
    assert_memory_equal(out.bytes + 34, back, sizeof back);
    assert_int_equal(sv_sum(out.bytes + 14, 32, 0), 0xffff);
    assert_int_equal(sv_get_u16(out.bytes + 16), out.n - 14);
    assert_int_equal(out.bytes[46], 0); /* the reply */
    assert_int_equal(sv_sum(out.bytes + 46, 12, 0), 0xffff);
    world_in(&w, h, f, echo_with(f, full, sizeof full)); /* what asks nothing of the answer stays away */
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.bytes[14], 0x47);
    assert_memory_equal(out.bytes + 34, full, 8);
    world_in(&w, h, f, echo_with(f, stamp, sizeof stamp));
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.bytes[36], 13);
    assert_int_equal(sv_get_u32(out.bytes + 38), 0x0a000001);
    assert_int_equal(out.bytes[42] >> 7, 1);           /* milliseconds of no known day */
    world_in(&w, h, f, echo_with(f, bad, sizeof bad)); /* room for half an address */
    assert_int_equal(world_drops(h, SV_DROP_BAD_OPTION), 1);
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.bytes[34], SV_ICMP_PARAMETER_PROBLEM);
    assert_int_equal(out.bytes[38], 20);
    assert_int_equal(world_held(&w), 0);
}

static void each_rule_of_the_header_drops_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        uint32_t at; /* from the IP header */
        uint16_t value;
        enum sv_drop why;
    } line[] = {
        {0, 0x6500, SV_DROP_BAD_VERSION},
        {0, 0x4400, SV_DROP_BAD_LENGTH},  /* IHL 4 */
        {2, 19, SV_DROP_BAD_LENGTH},      /* total below the header */
        {2, 49, SV_DROP_BAD_LENGTH},      /* beyond the frame */
        {12, 0xe000, SV_DROP_BAD_SOURCE}, /* multicast */
        {12, 0xf000, SV_DROP_BAD_SOURCE}, /* class E */
        {12, 0xffff, SV_DROP_BAD_SOURCE},
        {12, 0x7f00, SV_DROP_BAD_SOURCE}, /* loopback on the wire */
        {12, 0x0001, SV_DROP_BAD_SOURCE}, /* net 0 */
        {14, 0x00ff, SV_DROP_BAD_SOURCE}, /* our subnet's broadcast */
        {14, 0x0000, SV_DROP_BAD_SOURCE}, /* its old form */
        {14, 0x0001, SV_DROP_LOOP},       /* from us to us */
        {16, 0x7f00, SV_DROP_BAD_DESTINATION},
        {18, 0x0002, SV_DROP_NOT_FOR_US},
        {16, 0xf000, SV_DROP_BAD_DESTINATION},
        {8, 0x4063, SV_DROP_PROTOCOL_UNREACHABLE},
    };
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        uint8_t f[64], udp[14];
        const uint32_t inner = world_udp(udp, 1, 2, "sixsix", 6);
        const uint32_t n = world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 1, 0, udp, inner);
        sv_put_u16(f + 14 + line[i].at, line[i].value);
        fix_header(f, 20);
        const uint64_t before = world_drops(h, line[i].why);
        world_in(&w, h, f, n);
        if (world_drops(h, line[i].why) != before + 1)
            fail_msg("line %zu was not dropped %s", i, sv_drop_name(line[i].why));
    }
    uint8_t f[64];
    const uint32_t n = world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 1, 0, "12345678", 8);
    for (uint32_t bit = 0; bit < 160; bit++) { /* no single flipped bit of the header gets through */
        f[14 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct sv_ip_hdr ip;
        struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
        assert_true(sv_buf_append(b, f + 14, n - 14, SV_WANT_DATA));
        assert_int_not_equal(sv_ip4_parse(b, &ip, 0), SV_DROP_NONE);
        sv_buf_free(b);
        f[14 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void link_padding_is_cut_off(void **state)
{
    (void)state;
    uint8_t f[60] = {0};
    uint8_t icmp[16];
    const uint32_t asks = echo(icmp, 8, 1, 1, 4);
    world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 1, 1, 0, icmp, asks);
    memset(f + 46, 0xaa, 14);
    world_in(&w, h, f, 60);
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.n, 14 + 20 + 12);
}

static void options_are_walked_and_source_routes_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t option[4];
        enum sv_drop why;
    } line[] = {
        {{1, 1, 1, 0}, SV_DROP_NONE},           {{0, 9, 9, 9}, SV_DROP_NONE},
        {{0x94, 4, 0, 0}, SV_DROP_NONE},        {{0x44, 5, 0, 0}, SV_DROP_BAD_OPTION},
        {{0x44, 1, 0, 0}, SV_DROP_BAD_OPTION},  {{0x44, 0, 0, 0}, SV_DROP_BAD_OPTION},
        {{1, 1, 1, 0x44}, SV_DROP_BAD_OPTION},  {{131, 3, 4, 0}, SV_DROP_SOURCE_ROUTE},
        {{1, 137, 3, 4}, SV_DROP_SOURCE_ROUTE},
    };
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        uint8_t f[64] = {0}, icmp[16], payload[20];
        const uint32_t n = echo(icmp, 8, 1, 1, 8);
        memcpy(payload, line[i].option, 4);
        memcpy(payload + 4, icmp, n);
        const uint32_t length = world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 1, 1, 0, payload, n + 4);
        f[14] = 0x46;
        fix_header(f, 24);
        const uint64_t before = world_drops(h, line[i].why);
        world_in(&w, h, f, length);
        if (line[i].why == SV_DROP_NONE)
            assert_true(world_out(&w, h, &out));
        else
            assert_int_equal(world_drops(h, line[i].why), before + 1);
        assert_false(world_out(&w, h, &out));
    }
}

static void echo_is_answered_with_the_same_bytes_from_the_address_asked(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 1400; n = n * 3 + 1) {
        static uint8_t f[1600], icmp[1500];
        const uint32_t length = echo(icmp, 8, 0xabcd, (uint16_t)n, n);
        world_in(&w, h, f, world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 1, 1, 0, icmp, length));
        assert_true(world_out(&w, h, &out));
        assert_int_equal(out.n, 34 + length);
        assert_int_equal(sv_sum(out.bytes + 14, 20, 0), 0xffff);
        assert_int_equal(sv_sum(out.bytes + 34, length, 0), 0xffff);
        assert_int_equal(sv_get_u32(out.bytes + 26), IP(10, 0, 0, 1));
        assert_int_equal(sv_get_u32(out.bytes + 30), IP(10, 0, 0, 9));
        assert_int_equal(out.bytes[34], 0);
        assert_memory_equal(out.bytes + 38, icmp + 4, length - 4);
    }
    assert_int_equal(world_held(&w), 0);
}

static void nobody_is_told_about_what_must_not_be_answered(void **state)
{
    (void)state;
    static const struct {
        const char *dst_mac;
        uint32_t src, dst;
        uint16_t fragment;
        uint8_t protocol, icmp_type;
    } line[] = {
        {ALL, IP(10, 0, 0, 9), IP(10, 0, 0, 255), 0, 17, 0}, /* to a broadcast */
        {ALL, IP(10, 0, 0, 9), IP(255, 255, 255, 255), 0, 17, 0},
        {ALL, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 0, 17, 0}, /* unicast in a broadcast frame */
        {"\1\0\x5e\0\0\1", IP(10, 0, 0, 9), IP(224, 0, 0, 1), 0, 17, 0},
        {HOST1, IP(0, 0, 0, 0), IP(10, 0, 0, 1), 0, 17, 0}, /* from nobody */
        {HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 0, 1, 3}, /* about an ICMP error */
        {HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 0, 1, 11},
        {ALL, IP(10, 0, 0, 9), IP(10, 0, 0, 255), 0, 1, 8}, /* echo to a broadcast */
    };
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        uint8_t f[64], p[24];
        uint32_t n = world_udp(p, 7, 4444, "unheard", 7);
        if (line[i].protocol == 1)
            n = echo(p, line[i].icmp_type, 1, 1, 8);
        world_in(&w, h, f,
                 world_ip(f, line[i].dst_mac, line[i].src, line[i].dst, line[i].protocol, 1, line[i].fragment, p, n));
        if (world_out(&w, h, &out))
            fail_msg("line %zu was answered", i);
    }
    assert_int_equal(world_held(&w), 0);
}

static void a_closed_port_is_told_with_as_much_as_576_bytes_allow(void **state)
{
    (void)state;
    static uint8_t f[1600], p[1500], data[1500];
    static const uint32_t sizes[] = {0, 100, 519, 520, 521, 1400};
    for (size_t i = 0; i < SV_COUNT_OF(sizes); i++) {
        const uint32_t n = world_udp(p, 7, 4444, data, sizes[i]);
        const uint32_t length = world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 1, 0, p, n);
        world_in(&w, h, f, length);
        assert_true(world_out(&w, h, &out));
        const uint32_t quoted = sv_min_u32(length - 14, 548);
        assert_int_equal(out.n, 14 + 28 + quoted);
        assert_int_equal(out.bytes[34], 3);
        assert_int_equal(out.bytes[35], 3);
        assert_int_equal(sv_sum(out.bytes + 34, out.n - 34, 0), 0xffff);
        assert_memory_equal(out.bytes + 42, f + 14, quoted);
    }
}

/* A TAP hands over what the kernel sends with the sum of the pseudo-header only. */
static void a_quote_carries_the_sum_that_the_device_left_out(void **state)
{
    (void)state;
    for (uint32_t size = 0; size < 700; size += 69) {
        static uint8_t f[800], p[800], data[800], whole[800];
        const uint32_t n = world_udp(p, 7, 4444, data, size);
        const uint32_t length = world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 1, 0, p, n);
        const struct sv_addr src = sv_addr_v4(10, 0, 0, 9), dst = sv_addr_v4(10, 0, 0, 1);
        const uint16_t pseudo = sv_pseudo_sum(&src, &dst, 17, n);
        memcpy(f + 40, &pseudo, 2);
        memcpy(whole, f, length);
        sv_sum_store(whole + 40, sv_sum(f + 34, n, 0));
        struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
        assert_true(b && sv_buf_append(b, f, length, SV_WANT_DATA));
        b->flags |= SV_BUF_CSUM_PARTIAL;
        b->csum_start = 34;
        b->csum_offset = 6;
        world_buf_in(&w, h, b);
        assert_true(world_out(&w, h, &out));
        assert_memory_equal(out.bytes + 42, whole + 14, sv_min_u32(length - 14, 548));
        assert_int_equal(sv_sum(out.bytes + 34, out.n - 34, 0), 0xffff);
    }
}

static void errors_are_rate_limited_and_counted(void **state)
{
    (void)state;
    uint8_t f[64], p[24];
    uint32_t told = 0;
    for (int i = 0; i < 80; i++) {
        const uint32_t n = world_udp(p, 7, 4444, "", 0);
        world_in(&w, h, f, world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 1, 0, p, n));
        told += world_out(&w, h, &out);
    }
    assert_int_equal(told, SV_ICMP_BURST);
    assert_int_equal(world_drops(h, SV_DROP_ICMP_RATE), 30);
    world_advance(&w, 10 * SV_MS);
    for (int i = 0; i < 80; i++) {
        const uint32_t n = world_udp(p, 7, 4444, "", 0);
        world_in(&w, h, f, world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 1, 0, p, n));
        told += world_out(&w, h, &out);
    }
    assert_int_equal(told, SV_ICMP_BURST + 10); /* a thousand a second */
}

static void an_error_quotes_the_flow_for_the_transport(void **state)
{
    (void)state;
    static uint8_t f[200], quote[64], icmp[128];
    world_ip(quote, "\0\0\0\0\0\0", IP(10, 0, 0, 1), IP(192, 0, 2, 1), 6, 5, 0, "\x12\x34\0\x50\xde\xad\xbe\xef", 8);
    static const struct {
        uint32_t rest, quoted_length, mtu;
    } line[] = {{1400, 1500, 1400}, {0, 1500, 1492}, {0, 1492, 1006}, {0, 576, 508}, {0, 100, 68}};
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        struct sv_icmp_error e;
        struct sv_icmp_hdr hdr;
        struct sv_ip_hdr ip;
        sv_put_u16(quote + 16, (uint16_t)line[i].quoted_length);
        memset(icmp, 0, sizeof icmp);
        icmp[0] = 3;
        icmp[1] = 4;
        sv_put_u32(icmp + 4, line[i].rest);
        memcpy(icmp + 8, quote + 14, 28);
        sv_sum_store(icmp + 2, sv_sum(icmp, 36, 0));
        const uint32_t n = world_ip(f, HOST1, IP(10, 0, 0, 254), IP(10, 0, 0, 1), 1, 1, 0, icmp, 36);
        for (uint32_t cut = 0; cut < 2; cut++) {
            struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
            assert_true(sv_buf_append(b, f + 14, n - 14, SV_WANT_DATA));
            assert_int_equal(sv_ip4_parse(b, &ip, 0), SV_DROP_NONE);
            assert_int_equal(sv_icmp_parse(b, &hdr, 0), SV_DROP_NONE);
            if (cut) { /* a quote of less than the 8 bytes */
                sv_buf_truncate(b, b->length - 1);
                assert_int_equal(sv_icmp_error_parse(b, &ip, &hdr, &e), SV_DROP_ICMP_MALFORMED);
            } else {
                assert_int_equal(sv_icmp_error_parse(b, &ip, &hdr, &e), SV_DROP_NONE);
                assert_int_equal(e.mtu, line[i].mtu);
                assert_int_equal(e.src_port, 0x1234);
                assert_int_equal(e.dst_port, 80);
                assert_int_equal(e.tcp_seq, 0xdeadbeef);
                assert_int_equal(e.protocol, 6);
                assert_int_equal(sv_addr_v4_number(&e.src), IP(10, 0, 0, 1));
                assert_int_equal(sv_addr_v4_number(&e.dst), IP(192, 0, 2, 1));
                assert_int_equal(sv_addr_v4_number(&e.from), IP(10, 0, 0, 254));
            }
            sv_buf_free(b);
        }
    }
}

static void a_router_lowers_the_ttl_and_says_when_it_dies(void **state)
{
    (void)state;
    const struct sv_addr far = sv_addr_v4(192, 0, 2, 0), gateway = sv_addr_v4(10, 0, 0, 9);
    assert_int_equal(sv_route_insert(&h->net.routes, &far, 96 + 24, &gateway, 0, 0), SV_OK);
    h->net.forward = 1;
    static uint8_t f[1600], p[1500];
    for (uint32_t ttl = 0; ttl < 256; ttl++) {
        const uint32_t inner = world_udp(p, 1, 2, "", 0);
        const uint32_t n = world_ip(f, HOST1, IP(10, 0, 0, 9), IP(192, 0, 2, 7), 17, 1, 0, p, inner);
        f[22] = (uint8_t)ttl;
        fix_header(f, 20);
        world_in(&w, h, f, n);
        world_advance(&w, SV_MS);
        assert_true(world_out(&w, h, &out));
        if (ttl > 1) {
            assert_int_equal(out.bytes[22], ttl - 1);
            assert_int_equal(sv_get_u32(out.bytes + 30), IP(192, 0, 2, 7));
        } else {
            assert_int_equal(out.bytes[34], SV_ICMP_TIME_EXCEEDED);
            assert_int_equal(out.bytes[35], 0);
        }
        assert_int_equal(sv_sum(out.bytes + 14, 20, 0), 0xffff);
    }
    world_in(&w, h, f, world_ip(f, HOST1, IP(10, 0, 0, 9), IP(198, 51, 100, 1), 17, 1, 0, p, 8));
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.bytes[34] << 8 | out.bytes[35], 0x0300); /* net unreachable */
    assert_int_equal(world_drops(h, SV_DROP_NO_ROUTE), 1);
    sv_interface_of(&h->net.link.interfaces, 0)->mtu = 1000;
    world_in(&w, h, f, world_ip(f, HOST1, IP(10, 0, 0, 9), IP(192, 0, 2, 7), 17, 1, 0x4000, p, 1400));
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.bytes[34] << 8 | out.bytes[35], 0x0304);
    assert_int_equal(sv_get_u16(out.bytes + 40), 1000);
    world_in(&w, h, f, world_ip(f, HOST1, IP(10, 0, 0, 9), IP(192, 0, 2, 7), 17, 1, 0, p, 1400));
    assert_true(world_out(&w, h, &out)); /* allowed: it is cut */
    assert_int_equal(out.n, 14 + 20 + 976);
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.n, 14 + 20 + 424);
    assert_int_equal(world_held(&w), 0);
}

/* The rule of shared slabs: whoever edits owns first. The packet stays "unacknowledged" with its sender, as with TCP,
 * while a router lowers its TTL, a closed port quotes it and a flood copies it. */
static void nobody_writes_into_a_packet_that_another_still_holds(void **state)
{
    (void)state;
    const struct sv_addr far = sv_addr_v4(192, 0, 2, 0), gateway = sv_addr_v4(10, 0, 0, 9);
    assert_int_equal(sv_route_insert(&h->net.routes, &far, 96 + 24, &gateway, 0, 0), SV_OK);
    h->net.forward = 1;
    static uint8_t f[1600], p[1500], before[1600], after[1600], data[1000];
    const uint32_t to[] = {IP(192, 0, 2, 7), IP(10, 0, 0, 1)};
    for (size_t i = 0; i < SV_COUNT_OF(to); i++) {
        const uint32_t inner = world_udp(p, 1, 2, data, 1000);
        const uint32_t n = world_ip(f, HOST1, IP(10, 0, 0, 9), to[i], 17, 1, 0, p, inner);
        struct sv_buf *kept = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
        assert_true(sv_buf_append(kept, f, n, SV_WANT_DATA));
        assert_true(sv_buf_read(kept, 0, before, n));
        for (int copies = 0; copies < 3; copies++) {
            struct sv_buf *copy = sv_buf_clone(kept, SV_WANT_DATA);
            world_buf_in(&w, h, copy);
            assert_true(sv_buf_read(kept, 0, after, n));
            assert_memory_equal(before, after, n);
            assert_true(world_out(&w, h, &out));
            assert_true(sv_buf_read(kept, 0, after, n));
            assert_memory_equal(before, after, n);
        }
        sv_buf_free(kept);
    }
    assert_int_equal(world_held(&w), 0);
}

/* A first piece whose slab its sender still holds: the joined datagram's header is rewritten elsewhere. */
static void reassembly_does_not_write_into_the_senders_slabs(void **state)
{
    (void)state;
    static uint8_t f[1600], p[2000], data[1900], before[1600], after[1600];
    const uint32_t whole = world_udp(p, 7, 4444, data, 1900);
    const uint32_t n = world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 3, 0x2000, p, 1480);
    struct sv_buf *kept = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
    assert_true(sv_buf_append(kept, f, n, SV_WANT_DATA));
    assert_true(sv_buf_read(kept, 0, before, n));
    world_buf_in(&w, h, sv_buf_clone(kept, SV_WANT_DATA));
    world_in(&w, h, f, world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 3, 1480 / 8, p + 1480, whole - 1480));
    assert_int_equal(world_drops(h, SV_DROP_PORT_UNREACHABLE), 1); /* it was joined, and went all the way up */
    assert_true(world_out(&w, h, &out));
    assert_int_equal(sv_get_u16(out.bytes + 42 + 2), 20 + whole); /* the quoted header is the whole's */
    assert_true(sv_buf_read(kept, 0, after, n));
    assert_memory_equal(before, after, n);
    sv_buf_free(kept);
    assert_int_equal(world_held(&w), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_rule_of_the_header_drops_with_its_reason),
        TEST(link_padding_is_cut_off),
        TEST(options_are_walked_and_source_routes_refused),
        TEST(echo_is_answered_with_the_same_bytes_from_the_address_asked),
        TEST(an_echo_carries_options_back),
        TEST(nobody_is_told_about_what_must_not_be_answered),
        TEST(a_closed_port_is_told_with_as_much_as_576_bytes_allow),
        TEST(a_quote_carries_the_sum_that_the_device_left_out),
        TEST(errors_are_rate_limited_and_counted),
        TEST(an_error_quotes_the_flow_for_the_transport),
        TEST(a_router_lowers_the_ttl_and_says_when_it_dies),
        TEST(nobody_writes_into_a_packet_that_another_still_holds),
        TEST(reassembly_does_not_write_into_the_senders_slabs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
