/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbour discovery as bytes: what is emitted is parsed as the same, what is malformed is nothing at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "l3_network/nd_wire.h"
#include "seven/stack.h"

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};

static struct sv_addr addr(const char *text)
{
    struct sv_addr a;
    assert_true(sv_addr_parse(text, &a, NULL));
    return a;
}

static void solicitations_and_advertisements_of_neighbours(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    struct sv_nd_msg m = {.type = SV_ND_NEIGHBOUR_SOLICIT, .target = addr("fe80::1")}, got;
    sv_nd_emit_header(&w, &m);
    sv_nd_emit_lla(&w, SV_ND_OPT_SOURCE_LLA, mac);
    sv_nd_emit_nonce(&w, (const uint8_t *)"abcdef");
    assert_false(w.overrun);
    assert_int_equal(w.at - bytes, 24 + 8 + 8);
    assert_int_equal(sv_nd_parse(bytes, 40, &got), SV_DROP_NONE);
    assert_memory_equal(got.target.byte, m.target.byte, 16);
    assert_int_equal(got.flags, SV_ND_HAS_SLLA | SV_ND_HAS_NONCE);
    assert_memory_equal(got.slla, mac, 6);
    assert_int_equal(got.nonce_length, 6);
    assert_memory_equal(got.nonce, "abcdef", 6);

    static const uint16_t flags[] = {SV_ND_ROUTER, SV_ND_SOLICITED, SV_ND_OVERRIDE, SV_ND_ROUTER | SV_ND_OVERRIDE};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        w = sv_wr_of(bytes, sizeof bytes);
        m = (struct sv_nd_msg){.type = SV_ND_NEIGHBOUR_ADVERT, .target = addr("2001:db8::7"), .flags = flags[i]};
        sv_nd_emit_header(&w, &m);
        sv_nd_emit_lla(&w, SV_ND_OPT_TARGET_LLA, mac);
        assert_int_equal(sv_nd_parse(bytes, 32, &got), SV_DROP_NONE);
        assert_int_equal(got.flags, flags[i] | SV_ND_HAS_TLLA);
    }
    assert_int_equal(bytes[4], 0xa0); /* R and O */
}

/* Each option holds what was put in; how many there are. */
static uint32_t options_are(const struct sv_nd_msg *got, const struct sv_nd_route *route, const struct sv_addr *servers)
{
    struct sv_rd r = sv_nd_options(got);
    struct sv_nd_option o;
    uint32_t seen = 0;
    while (sv_nd_next(&r, &o)) {
        seen++;
        if (o.type == SV_ND_OPT_PREFIX) {
            const struct sv_addr masked = addr("2001:db8:1::");
            assert_memory_equal(o.prefix.prefix.byte, masked.byte, 16);
            assert_int_equal(o.prefix.valid_s, 86400);
            assert_int_equal(o.prefix.preferred_s, 14400);
            assert_true(o.prefix.on_link && o.prefix.autonomous && o.prefix.bits == 64);
        } else if (o.type == SV_ND_OPT_ROUTE) {
            assert_memory_equal(o.route.prefix.byte, route->prefix.byte, 16);
            assert_true(o.route.bits == 36 && o.route.lifetime_s == 600 && o.route.preference == 1 && !o.route.ignore);
        } else if (o.type == SV_ND_OPT_RDNSS) {
            assert_int_equal(o.lifetime_s, 300);
            assert_int_equal(o.bytes_length, 32);
            assert_memory_equal(o.bytes + 16, servers[1].byte, 16);
        } else if (o.type == SV_ND_OPT_DNSSL) {
            assert_int_equal(o.lifetime_s, 301);
            assert_memory_equal(o.bytes, "\7example\3org\0\3lan", 18);
        }
    }
    return seen;
}

static void a_router_advertisement_with_everything(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    struct sv_nd_msg m = {.type = SV_ND_ROUTER_ADVERT,
                          .hop_limit = 61,
                          .router_lifetime_s = 1800,
                          .reachable_ms = 12345,
                          .retrans_ms = 678,
                          .preference = SV_ND_PREFERENCE_LOW,
                          .flags = SV_ND_OTHER};
    const struct sv_nd_prefix p = {addr("2001:db8:1::ffff"), 86400, 14400, 64, true, true};
    const struct sv_nd_route route = {addr("2001:db8:f000::"), 600, 36, SV_ND_PREFERENCE_HIGH, false};
    const struct sv_addr servers[2] = {addr("2001:db8::53"), addr("fe80::53")};
    sv_nd_emit_header(&w, &m);
    sv_nd_emit_lla(&w, SV_ND_OPT_SOURCE_LLA, mac);
    sv_nd_emit_mtu(&w, 1400);
    sv_nd_emit_prefix(&w, &p);
    sv_nd_emit_route(&w, &route);
    sv_nd_emit_rdnss(&w, 300, servers, 2);
    sv_nd_emit_dnssl(&w, 301, (const uint8_t *)"\7example\3org\0\3lan", 18);
    assert_false(w.overrun);
    const uint32_t n = (uint32_t)(w.at - bytes);
    struct sv_nd_msg got;
    assert_int_equal(sv_nd_parse(bytes, n, &got), SV_DROP_NONE);
    assert_int_equal(got.hop_limit, 61);
    assert_int_equal(got.router_lifetime_s, 1800);
    assert_int_equal(got.reachable_ms, 12345);
    assert_int_equal(got.retrans_ms, 678);
    assert_int_equal(got.preference, SV_ND_PREFERENCE_LOW);
    assert_int_equal(got.flags, SV_ND_OTHER | SV_ND_HAS_SLLA | SV_ND_HAS_MTU);
    assert_int_equal(got.mtu, 1400);
    assert_int_equal(options_are(&got, &route, servers), 6);
    /* Every cut that is no option's end is malformed. */
    for (uint32_t cut = 0; cut < n; cut++) {
        const enum sv_drop why = sv_nd_parse(bytes, cut, &got);
        const bool whole = cut == 16 || cut == 24 || cut == 32 || cut == 64 || cut == 80 || cut == 120;
        assert_int_equal(why, cut < 16 ? SV_DROP_SHORT_HEADER : whole ? SV_DROP_NONE : SV_DROP_ND_OPTION);
    }
}

static void malformed_options(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t n;
        bool good;
    } cases[] = {
        {"\1\0\2\0\0\0\0\1", 8, false},                     /* no length */
        {"\1\2\2\0\0\0\0\1\0\0\0\0\0\0\0\0", 16, false},    /* not an Ethernet address */
        {"\1\1\3\0\0\0\0\1", 8, false},                     /* a group's */
        {"\5\2\0\0\0\0\5\0\0\0\0\0\0\0\0\0", 16, false},    /* MTU of 16 bytes */
        {"\3\1\100\0\0\0\0\0", 8, false},                   /* prefix of 8 */
        {"\31\2\0\0\0\0\0\1\0\0\0\0\0\0\0\0", 16, false},   /* half a name server */
        {"\31\1\0\0\0\0\0\1", 8, false},                    /* none at all */
        {"\37\1\0\0\0\0\0\1", 8, false},                    /* no search list */
        {"\37\2\0\0\0\0\0\1\1a\0\0\0\0\0\0", 16, true},     /* */
        {"\37\2\0\0\0\0\0\1\7abcdefg", 16, false},          /* a name without end */
        {"\37\2\0\0\0\0\0\1\100a\0\0\0\0\0\0", 16, false},  /* a label of 64 */
        {"\37\2\0\0\0\0\0\1\1a\0\0\0\1b\0", 16, false},     /* something after the padding */
        {"\37\2\0\0\0\0\0\1\0\0\0\0\0\0\0\0", 16, false},   /* padding only */
        {"\30\1\100\0\0\0\0\1", 8, false},                  /* a /64 route in 8 bytes */
        {"\30\2\101\0\0\0\0\1\0\0\0\0\0\0\0\0", 16, false}, /* a /65 in 16 */
        {"\30\1\0\0\0\0\0\1", 8, true},                     /* ::/0 */
        {"\30\1\0\20\0\0\0\1", 8, true},                    /* reserved preference: ignored */
        {"\377\1\0\0\0\0\0\0", 8, true},                    /* unknown: passed over */
        {"\4\1\0\0\0\0\0\0", 8, true},                      /* quotes nothing */
        {"\16\1abcdef", 8, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[64] = {SV_ND_ROUTER_ADVERT};
        struct sv_nd_msg m;
        memcpy(bytes + 16, cases[i].bytes, cases[i].n);
        const enum sv_drop want = cases[i].good ? SV_DROP_NONE : SV_DROP_ND_OPTION;
        if (sv_nd_parse(bytes, 16 + cases[i].n, &m) != want)
            fail_msg("option %zu", i);
    }
    struct sv_nd_option o;
    struct sv_rd r = sv_rd_of("\30\1\0\20\0\0\0\1", 8);
    assert_true(sv_nd_next(&r, &o) && o.route.ignore);
}

static void what_may_be_taken(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        const char *src, *dst, *target, *destination;
        uint16_t flags;
        bool good;
    } cases[] = {
        {133, "fe80::1", "ff02::2", NULL, NULL, SV_ND_HAS_SLLA, true},
        {133, "::", "ff02::2", NULL, NULL, 0, true},
        {133, "::", "ff02::2", NULL, NULL, SV_ND_HAS_SLLA, false},
        {134, "fe80::1", "ff02::1", NULL, NULL, 0, true},
        {134, "2001:db8::1", "ff02::1", NULL, NULL, 0, false},
        {135, "fe80::1", "fe80::2", "fe80::2", NULL, 0, true},
        {135, "fe80::1", "ff02::1:ff00:2", "ff02::1", NULL, 0, false},
        {135, "::", "ff02::1:ff00:2", "fe80::2", NULL, 0, true},
        {135, "::", "ff02::1:ff00:3", "fe80::2", NULL, 0, false},
        {135, "::", "fe80::2", "fe80::2", NULL, 0, false},
        {135, "::", "ff02::1:ff00:2", "fe80::2", NULL, SV_ND_HAS_SLLA, false},
        {136, "fe80::1", "ff02::1", "fe80::1", NULL, 0, true},
        {136, "fe80::1", "ff02::1", "fe80::1", NULL, SV_ND_SOLICITED, false},
        {136, "fe80::1", "fe80::2", "fe80::1", NULL, SV_ND_SOLICITED, true},
        {136, "fe80::1", "fe80::2", "ff02::9", NULL, 0, false},
        {137, "fe80::1", "fe80::2", "fe80::3", "2001:db8::9", 0, true},
        {137, "fe80::1", "fe80::2", "2001:db8::9", "2001:db8::9", 0, true},
        {137, "fe80::1", "fe80::2", "2001:db8::8", "2001:db8::9", 0, false},
        {137, "fe80::1", "fe80::2", "fe80::3", "ff05::9", 0, false},
        {137, "2001:db8::1", "fe80::2", "fe80::3", "2001:db8::9", 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sv_addr src = addr(cases[i].src), dst = addr(cases[i].dst);
        struct sv_nd_msg m = {.type = cases[i].type, .flags = cases[i].flags};
        if (cases[i].target)
            m.target = addr(cases[i].target);
        if (cases[i].destination)
            m.destination = addr(cases[i].destination);
        const enum sv_drop want = cases[i].good ? SV_DROP_NONE : SV_DROP_ND_INVALID;
        if (sv_nd_validate(&m, 0, 255, &src, &dst) != want)
            fail_msg("message %zu", i);
        assert_int_equal(sv_nd_validate(&m, 0, 254, &src, &dst), SV_DROP_ND_HOP_LIMIT);
        assert_int_equal(sv_nd_validate(&m, 1, 255, &src, &dst), SV_DROP_ND_INVALID);
    }
}

static void a_redirect_quotes_whole_units(void **state)
{
    (void)state;
    uint8_t bytes[128], packet[50];
    memset(packet, 0x60, sizeof packet);
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    struct sv_nd_msg m = {.type = SV_ND_REDIRECT, .target = addr("fe80::3"), .destination = addr("2001:db8::9")}, got;
    sv_nd_emit_header(&w, &m);
    sv_nd_emit_redirected(&w, packet, sizeof packet);
    assert_int_equal(w.at - bytes, 40 + 8 + 48);
    assert_int_equal(sv_nd_parse(bytes, 96, &got), SV_DROP_NONE);
    assert_int_equal(got.redirected_length, 48);
    assert_memory_equal(got.destination.byte, m.destination.byte, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solicitations_and_advertisements_of_neighbours),
        cmocka_unit_test(a_router_advertisement_with_everything),
        cmocka_unit_test(malformed_options),
        cmocka_unit_test(what_may_be_taken),
        cmocka_unit_test(a_redirect_quotes_whole_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
