/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups from some sources (RFC 3376 §3, §5; RFC 3810 alike): what is told of them, and what comes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/stack_world.h"

#define GROUP "232.1.2.3"

static struct cable k;
static struct seen out;
static sv_sock a, b;

static int open_all(void **state)
{
    (void)state;
    cable_open(&k, SV_IF_NO_ARP_PROBE, false);
    const struct sv_addr own = addr_of("10.0.0.1"), ll = addr_of("fe80::1");
    const struct sv_endpoint any4 = {.addr = addr_of("0.0.0.0"), .port = 7000};
    const struct sv_endpoint own4 = {.addr = addr_of("::"), .port = 7000};
    assert_int_equal(sv_address_add(k.stack, k.port, &own, 24, k.now), SV_OK);
    assert_int_equal(sv_address_add(k.stack, k.port, &ll, 64, k.now), SV_OK);
    assert_int_equal(sv_udp_open(k.stack, &any4, 0, &a, k.now), SV_OK);
    assert_int_equal(sv_udp_open(k.stack, &own4, 0, &b, k.now), SV_OK);
    cable_pass(&k, 5000);
    return 0;
}
static int close_all(void **state)
{
    (void)state;
    cable_close(&k);
    return 0;
}

/* Waits for a report and writes its records as text: "ALLOW 232.1.2.3 192.0.2.1, ...". "" when none comes. */
static const char *report(uint32_t ms)
{
    static const char *const types[] = {"?", "IN", "EX", "TO_IN", "TO_EX", "ALLOW", "BLOCK"};
    static char text[1024];
    const sv_time until = k.now + ms * SV_MS;
    size_t n = 0;
    text[0] = 0;
    while (cable_wait_until(&k, &out, until)) {
        const bool six = out.protocol == SV_PROTO_ICMP6;
        struct sv_group_msg m;
        if (!six && out.protocol != SV_PROTO_IGMP)
            continue;
        assert_int_equal(six ? sv_mld_parse(out.bytes, out.length, &m) : sv_igmp_parse(out.bytes, out.length, &m),
                         SV_DROP_NONE);
        assert_true(m.kind == SV_GROUP_RECORDS && out.hops == 1 && out.alert);
        struct sv_rd r = sv_rd_of(m.list, m.list_length);
        struct sv_group_record record;
        while (sv_group_next_record(&r, six, &record)) {
            char addr[64];
            sv_addr_text(&record.group, addr);
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s", n ? ", " : "", types[record.type], addr);
            const struct sv_group_msg list = {.six = six, .sources = record.sources, .list = record.list};
            for (uint32_t i = 0; i < record.sources; i++) {
                const struct sv_addr source = sv_group_source(&list, i);
                sv_addr_text(&source, addr);
                n += (size_t)snprintf(text + n, sizeof text - n, " %s", addr);
            }
        }
        return text;
    }
    return text;
}

static enum sv_err filter(sv_sock u, bool exclude, const char *const *source, uint32_t n)
{
    const struct sv_addr group = addr_of(GROUP);
    struct sv_addr list[16];
    for (uint32_t i = 0; i < n; i++)
        list[i] = addr_of(source[i]);
    return sv_udp_filter(k.stack, u, k.port, &group, exclude, list, n, k.now);
}
static enum sv_err source(sv_sock u, const char *group, const char *from, bool join)
{
    const struct sv_addr g = addr_of(group), s = addr_of(from);
    return join ? sv_udp_join_source(k.stack, u, k.port, &g, &s, k.now)
                : sv_udp_leave_source(k.stack, u, k.port, &g, &s, k.now);
}

/* A datagram from that source into the group; is it at the socket? */
static void speak(const char *from)
{
    uint8_t f[64] = {1, 0, 0x5e, 1, 2, 3, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 29};
    const struct sv_addr s = addr_of(from), d = addr_of(GROUP);
    f[22] = 9;
    f[23] = 17;
    memcpy(f + 26, s.byte + 12, 4);
    memcpy(f + 30, d.byte + 12, 4);
    sv_sum_store(f + 24, sv_sum(f + 14, 20, 0));
    sv_put_u16(f + 34, 5);
    sv_put_u16(f + 36, 7000);
    sv_put_u16(f + 38, 9);
    cable_in(&k, f, 14 + 29);
}
static bool heard(sv_sock u)
{
    struct sv_endpoint from;
    uint8_t byte[8];
    size_t n;
    return sv_udp_recv(k.stack, u, &from, byte, sizeof byte, &n, k.now) == SV_OK;
}

static void query(const char *const *asked, uint32_t n)
{
    uint8_t f[128] = {1, 0, 0x5e, 1, 2, 3, 2, 0, 0, 0, 0, 9, 8, 0, 0x46};
    const struct sv_addr s = addr_of("10.0.0.9"), d = addr_of(GROUP);
    const uint32_t length = 12 + 4 * n;
    uint8_t *p = f + 38;
    sv_put_u16(f + 16, (uint16_t)(24 + length));
    f[22] = 1;
    f[23] = 2;
    memcpy(f + 26, s.byte + 12, 4);
    memcpy(f + 30, d.byte + 12, 4);
    memcpy(f + 34, "\x94\4\0\0", 4);
    sv_sum_store(f + 24, sv_sum(f + 14, 24, 0));
    p[0] = SV_IGMP_QUERY;
    p[1] = 10;
    memcpy(p + 4, d.byte + 12, 4);
    p[8] = 2;
    p[9] = 125;
    p[11] = (uint8_t)n;
    for (uint32_t i = 0; i < n; i++) {
        const struct sv_addr q = addr_of(asked[i]);
        memcpy(p + 12 + 4 * i, q.byte + 12, 4);
    }
    sv_igmp_finish(p, length);
    cable_in(&k, f, 38 + length);
}

static void sources_are_told_one_by_one(void **state)
{
    (void)state;
    assert_int_equal(source(a, GROUP, "192.0.2.1", true), SV_OK);
    assert_string_equal(report(0), "ALLOW 232.1.2.3 192.0.2.1");
    assert_string_equal(report(1000), "ALLOW 232.1.2.3 192.0.2.1");
    assert_string_equal(report(10000), "");
    assert_int_equal(source(a, GROUP, "192.0.2.2", true), SV_OK);
    assert_string_equal(report(0), "ALLOW 232.1.2.3 192.0.2.2");
    assert_int_equal(source(a, GROUP, "192.0.2.1", false), SV_OK); /* before that was told again */
    assert_string_equal(report(0), "ALLOW 232.1.2.3 192.0.2.2, BLOCK 232.1.2.3 192.0.2.1");
    assert_string_equal(report(1000), "BLOCK 232.1.2.3 192.0.2.1");
    assert_string_equal(report(10000), "");
    assert_int_equal(source(a, GROUP, "192.0.2.2", false), SV_OK);
    assert_string_equal(report(0), "BLOCK 232.1.2.3 192.0.2.2");
    assert_string_equal(report(1000), "BLOCK 232.1.2.3 192.0.2.2");
    assert_string_equal(report(10000), "");
    speak("192.0.2.2");
    assert_false(heard(a));
}

static void the_mode_is_told_with_the_whole_list(void **state)
{
    (void)state;
    static const char *const one[] = {"192.0.2.1"}, *const two[] = {"192.0.2.1", "192.0.2.2"};
    assert_int_equal(filter(a, false, one, 1), SV_OK);
    assert_string_equal(report(0), "ALLOW 232.1.2.3 192.0.2.1");
    assert_int_equal(filter(a, true, two, 2), SV_OK);
    assert_string_equal(report(0), "TO_EX 232.1.2.3 192.0.2.1 192.0.2.2");
    assert_int_equal(filter(a, true, one, 1), SV_OK);
    assert_string_equal(report(0), "TO_EX 232.1.2.3 192.0.2.1"); /* as it is now */
    assert_string_equal(report(1000), "ALLOW 232.1.2.3 192.0.2.2");
    assert_string_equal(report(10000), "");
    assert_int_equal(filter(a, false, two, 2), SV_OK);
    assert_string_equal(report(0), "TO_IN 232.1.2.3 192.0.2.1 192.0.2.2");
    assert_string_equal(report(1000), "TO_IN 232.1.2.3 192.0.2.1 192.0.2.2");
    assert_int_equal(filter(a, false, NULL, 0), SV_OK);
    assert_string_equal(report(0), "BLOCK 232.1.2.3 192.0.2.1 192.0.2.2");
}

/* RFC 3376 §3.2, with the example's three sockets' worth of rules; each hears its own. */
static void what_two_sockets_want_is_one_filter(void **state)
{
    (void)state;
    static const char *const two[] = {"192.0.2.1", "192.0.2.2"};
    assert_int_equal(filter(a, true, two, 2), SV_OK);
    assert_string_equal(report(0), "TO_EX 232.1.2.3 192.0.2.1 192.0.2.2");
    assert_string_equal(report(1000), "TO_EX 232.1.2.3 192.0.2.1 192.0.2.2");
    assert_int_equal(source(b, GROUP, "192.0.2.2", true), SV_OK); /* one excludes what the other wants */
    assert_string_equal(report(0), "ALLOW 232.1.2.3 192.0.2.2");
    assert_string_equal(report(1000), "ALLOW 232.1.2.3 192.0.2.2");
    speak("192.0.2.2");
    assert_false(heard(a));
    assert_true(heard(b));
    speak("192.0.2.3");
    assert_true(heard(a));
    assert_false(heard(b));
    speak("192.0.2.1");
    assert_false(heard(a) || heard(b));
    assert_int_equal(cable_drops(&k, SV_DROP_GROUP_SOURCE), 1);
    sv_close(k.stack, a, k.now);
    assert_string_equal(report(0), "TO_IN 232.1.2.3 192.0.2.2");
    assert_string_equal(report(1000), "TO_IN 232.1.2.3 192.0.2.2");
    speak("192.0.2.3");
    assert_int_equal(cable_drops(&k, SV_DROP_GROUP_SOURCE), 2);
    sv_close(k.stack, b, k.now);
    assert_string_equal(report(0), "BLOCK 232.1.2.3 192.0.2.2");
}

static void queries_are_answered_for_what_is_wanted(void **state)
{
    (void)state;
    static const char *const asked[] = {"192.0.2.1", "192.0.2.9"}, *const other[] = {"192.0.2.9"};
    assert_int_equal(source(a, GROUP, "192.0.2.1", true), SV_OK);
    assert_int_equal(source(a, GROUP, "192.0.2.2", true), SV_OK);
    cable_pass(&k, 5000);
    query(NULL, 0); /* speaks into the group from another source: the filter is not for such */
    assert_string_equal(report(1000), "IN 232.1.2.3 192.0.2.1 192.0.2.2");
    query(asked, 2);
    assert_string_equal(report(1000), "IN 232.1.2.3 192.0.2.1");
    query(other, 1);
    assert_string_equal(report(5000), "");
    static const char *const but[] = {"192.0.2.9"};
    assert_int_equal(filter(a, true, but, 1), SV_OK);
    cable_pass(&k, 5000);
    query(asked, 2);
    assert_string_equal(report(1000), "IN 232.1.2.3 192.0.2.1");
    query(NULL, 0);
    assert_string_equal(report(1000), "EX 232.1.2.3 192.0.2.9");
}

static void ceilings_and_mistakes(void **state)
{
    (void)state;
    static const char *const many[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5",
                                       "192.0.2.6", "192.0.2.7", "192.0.2.8", "192.0.2.9"};
    const struct sv_addr group = addr_of(GROUP);
    assert_int_equal(filter(a, false, many, 9), SV_ERR_NO_MEMORY);
    assert_string_equal(report(1000), "");
    assert_int_equal(filter(a, false, many, 8), SV_OK);
    assert_int_equal(source(a, GROUP, "192.0.2.9", true), SV_ERR_NO_MEMORY);
    assert_int_equal(source(a, GROUP, "192.0.2.8", true), SV_ERR_IN_USE);
    assert_int_equal(source(a, GROUP, "192.0.2.9", false), SV_ERR_INVALID);
    assert_int_equal(source(a, GROUP, "fd00::1", true), SV_ERR_INVALID);
    assert_int_equal(source(a, GROUP, "232.0.0.1", true), SV_ERR_INVALID);
    assert_int_equal(source(a, "10.0.0.9", "192.0.2.1", true), SV_ERR_INVALID);
    assert_int_equal(sv_udp_join(k.stack, a, k.port, &group, k.now), SV_ERR_IN_USE);
    cable_pass(&k, 5000);
    /* Both together want more than one filter holds: any source, and each socket still hears its own. */
    assert_int_equal(source(b, GROUP, "192.0.2.9", true), SV_OK);
    assert_string_equal(report(0), "TO_EX 232.1.2.3");
    speak("192.0.2.9");
    assert_false(heard(a));
    assert_true(heard(b));
    speak("198.51.100.1");
    assert_false(heard(a) || heard(b));
    assert_int_equal(cable_drops(&k, SV_DROP_GROUP_SOURCE), 1);
    assert_int_equal(sv_udp_leave(k.stack, a, k.port, &group, k.now), SV_OK);
    assert_int_equal(sv_udp_join(k.stack, b, k.port, &group, k.now), SV_ERR_IN_USE);
    assert_int_equal(sv_udp_leave(k.stack, a, k.port, &group, k.now), SV_ERR_INVALID);
    assert_int_equal(cable_held(&k), 0);
}

static void mld_and_the_older_versions(void **state)
{
    (void)state;
    assert_int_equal(source(b, "ff3e::77", "2001:db8::1", true), SV_OK);
    assert_string_equal(report(0), "ALLOW ff3e::77 2001:db8::1");
    assert_int_equal(source(b, "ff3e::77", "2001:db8::1", false), SV_OK);
    assert_string_equal(report(0), "BLOCK ff3e::77 2001:db8::1");
    cable_pass(&k, 5000);
    /* Version 2 knows groups alone: one report, whatever the sources; and one leave. */
    uint8_t v2[46] = {1, 0, 0x5e, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x46, 0, 0, 32};
    v2[22] = 1;
    v2[23] = 2;
    memcpy(v2 + 26, "\x0a\0\0\x09\xe0\0\0\1\x94\4\0\0\x11\x64", 14);
    sv_sum_store(v2 + 24, sv_sum(v2 + 14, 24, 0));
    sv_igmp_finish(v2 + 38, 8);
    cable_in(&k, v2, 46);
    cable_pass(&k, 20000);
    assert_int_equal(source(a, GROUP, "192.0.2.1", true), SV_OK);
    assert_true(cable_wait(&k, &out, 0));
    assert_int_equal(out.bytes[0], SV_IGMP_REPORT_V2);
    assert_true(cable_wait(&k, &out, 10000)); /* once more: RFC 2236 §3 */
    assert_int_equal(source(a, GROUP, "192.0.2.2", true), SV_OK);
    assert_false(cable_wait(&k, &out, 20000));
    assert_int_equal(source(a, GROUP, "192.0.2.1", false), SV_OK);
    assert_int_equal(source(a, GROUP, "192.0.2.2", false), SV_OK);
    assert_true(cable_wait(&k, &out, 0));
    assert_int_equal(out.bytes[0], SV_IGMP_LEAVE);
}

/* An address of IPv6 that becomes ours says nothing new of IPv4's groups, nor of its querier. */
static void a_link_local_address_tells_mld_again_and_igmp_not(void **state)
{
    (void)state;
    const struct sv_addr second = addr_of("fe80::2");
    assert_int_equal(source(a, GROUP, "192.0.2.1", true), SV_OK);
    cable_pass(&k, 5000);
    assert_int_equal(sv_address_add(k.stack, k.port, &second, 64, k.now), SV_OK);
    const char *text = report(1000);
    assert_non_null(strstr(text, "ff02::1:ff00:2"));
    assert_null(strstr(text, "232."));
    while (*(text = report(2000)))
        assert_null(strstr(text, "232."));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sources_are_told_one_by_one),
        TEST(the_mode_is_told_with_the_whole_list),
        TEST(what_two_sockets_want_is_one_filter),
        TEST(queries_are_answered_for_what_is_wanted),
        TEST(ceilings_and_mistakes),
        TEST(mld_and_the_older_versions),
        TEST(a_link_local_address_tells_mld_again_and_igmp_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
