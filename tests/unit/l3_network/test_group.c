/* SPDX-License-Identifier: BSD-2-Clause */
/* Multicast membership told: IGMPv3 and MLDv2 as conversations, their older versions, their bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/stack_world.h"

static struct cable k;
static struct seen out;

static int open_all(void **state)
{
    (void)state;
    cable_open(&k, SV_IF_NO_ARP_PROBE, false);
    const struct sv_addr a = addr_of("10.0.0.1"), ll = addr_of("fe80::1");
    assert_int_equal(sv_address_add(k.stack, k.port, &a, 24, k.now), SV_OK);
    assert_int_equal(sv_address_add(k.stack, k.port, &ll, 64, k.now), SV_OK);
    cable_pass(&k, 5000);
    return 0;
}
static int close_all(void **state)
{
    (void)state;
    cable_close(&k);
    return 0;
}

static void join(const char *group, bool joined)
{
    const struct sv_addr g = addr_of(group);
    k.stack->core.now = k.now;
    if (joined)
        assert_int_equal(sv_multicast_join(&k.stack->core, &k.stack->net, k.port, &g), SV_OK);
    else
        assert_true(sv_multicast_leave(&k.stack->core, &k.stack->net, k.port, &g));
}

static bool is_report(void)
{
    return out.protocol == SV_PROTO_IGMP ||
           (out.protocol == SV_PROTO_ICMP6 && out.bytes[0] >= 131 && (out.bytes[0] <= 132 || out.bytes[0] == 143));
}
static bool wait_report(uint32_t ms)
{
    const sv_time until = k.now + ms * SV_MS;
    while (cable_wait_until(&k, &out, until))
        if (is_report())
            return true;
    return false;
}

/* The record for that group in the report that just went out; its type, 0 if there is none. */
static uint8_t record_of(const char *group, uint32_t *sources)
{
    const bool six = out.protocol == SV_PROTO_ICMP6;
    const struct sv_addr g = addr_of(group);
    struct sv_group_msg m;
    assert_int_equal(six ? sv_mld_parse(out.bytes, out.length, &m) : sv_igmp_parse(out.bytes, out.length, &m),
                     SV_DROP_NONE);
    assert_int_equal(m.kind, SV_GROUP_RECORDS);
    assert_int_equal(out.hops, 1);
    assert_true(out.alert);
    assert_memory_equal(out.frame, six ? "\x33\x33\0\0\0\x16" : "\1\0\x5e\0\0\x16", 6);
    struct sv_rd r = sv_rd_of(m.list, m.list_length);
    struct sv_group_record record;
    while (sv_group_next_record(&r, six, &record)) {
        if (!sv_addr_equal(&record.group, &g))
            continue;
        if (sources)
            *sources = record.sources;
        return record.type;
    }
    return 0;
}

static void igmp_in(const char *src, const char *dst, const uint8_t *bytes, uint32_t n, uint8_t ttl, bool alert)
{
    uint8_t f[256] = {1, 0, 0x5e, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0};
    const struct sv_addr s = addr_of(src), d = addr_of(dst);
    const uint32_t header = alert ? 24 : 20;
    sv_mac_of_multicast(&d, f);
    f[14] = alert ? 0x46 : 0x45;
    sv_put_u16(f + 16, (uint16_t)(header + n));
    f[22] = ttl;
    f[23] = 2;
    memcpy(f + 26, s.byte + 12, 4);
    memcpy(f + 30, d.byte + 12, 4);
    if (alert)
        memcpy(f + 34, "\x94\4\0\0", 4);
    sv_sum_store(f + 24, sv_sum(f + 14, header, 0));
    memcpy(f + 14 + header, bytes, n);
    sv_igmp_finish(f + 14 + header, n);
    cable_in(&k, f, 14 + header + n);
}

static void a_join_is_told_twice_and_a_leave_too(void **state)
{
    (void)state;
    static const char *const groups[] = {"239.1.2.3", "ff05::77"};
    for (uint32_t i = 0; i < 2; i++) {
        join(groups[i], true);
        assert_true(wait_report(0));
        assert_int_equal(record_of(groups[i], NULL), SV_GROUP_TO_EXCLUDE);
        assert_true(wait_report(1000));
        assert_int_equal(record_of(groups[i], NULL), SV_GROUP_TO_EXCLUDE);
        assert_false(wait_report(100000));
        join(groups[i], true); /* once more wanted: nothing new */
        join(groups[i], false);
        assert_false(wait_report(10000));
        join(groups[i], false);
        assert_true(wait_report(0));
        assert_int_equal(record_of(groups[i], NULL), SV_GROUP_TO_INCLUDE);
        assert_true(wait_report(1000));
        assert_int_equal(record_of(groups[i], NULL), SV_GROUP_TO_INCLUDE);
        assert_false(wait_report(100000));
    }
}

static void groups_of_all_nodes_and_of_the_host_are_not_told(void **state)
{
    (void)state;
    join("ff01::5", true);
    join("224.0.0.1", true);
    join("ff02::1", true);
    assert_false(wait_report(10000));
}

static const uint8_t general4[12] = {SV_IGMP_QUERY, 100, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0};

static void a_general_query_is_answered_once_for_all(void **state)
{
    (void)state;
    join("239.1.2.3", true);
    join("239.1.2.4", true);
    cable_pass(&k, 5000);
    igmp_in("10.0.0.9", "224.0.0.1", general4, 12, 1, true);
    const sv_time asked = k.now;
    assert_true(wait_report(10000));
    assert_true(k.now > asked);
    assert_int_equal(record_of("239.1.2.3", NULL), SV_GROUP_IS_EXCLUDE);
    assert_int_equal(record_of("239.1.2.4", NULL), SV_GROUP_IS_EXCLUDE);
    assert_false(wait_report(100000));
    uint8_t six[28] = {SV_MLD_QUERY, 0, 0, 0, 0x27, 0x10};
    const struct sv_addr src = addr_of("fe80::9"), dst = addr_of("ff02::1");
    cable_in6(&k, 9, &src, &dst, 1, true, six, sizeof six);
    assert_true(wait_report(10000));
    assert_int_equal(record_of("ff02::1:ff00:1", NULL), SV_GROUP_IS_EXCLUDE);
    assert_false(wait_report(100000));
}

static void queries_for_a_group_and_for_its_sources(void **state)
{
    (void)state;
    uint32_t sources = 99;
    join("239.1.2.3", true);
    cable_pass(&k, 5000);
    uint8_t q[12 + 5 * 4] = {SV_IGMP_QUERY, 10, 0, 0, 239, 1, 2, 3, 2, 125, 0, 0};
    igmp_in("10.0.0.9", "239.1.2.3", q, 12, 1, true);
    assert_true(wait_report(1000));
    assert_int_equal(record_of("239.1.2.3", &sources), SV_GROUP_IS_EXCLUDE);
    assert_int_equal(sources, 0);
    for (uint8_t i = 0; i < 5; i++)
        sv_put_u32(q + 12 + 4 * i, 0xc0000201u + i);
    q[11] = 2;
    igmp_in("10.0.0.9", "239.1.2.3", q, 20, 1, true);
    assert_true(wait_report(1000));
    assert_int_equal(record_of("239.1.2.3", &sources), SV_GROUP_IS_INCLUDE);
    assert_int_equal(sources, 2);
    q[11] = 5; /* more than are remembered: the answer is for the whole group */
    igmp_in("10.0.0.9", "239.1.2.3", q, 32, 1, true);
    assert_true(wait_report(1000));
    assert_int_equal(record_of("239.1.2.3", &sources), SV_GROUP_IS_EXCLUDE);
    q[7] = 9; /* not ours */
    igmp_in("10.0.0.9", "239.1.2.3", q, 12 + 20, 1, true);
    assert_int_equal(cable_drops(&k, SV_DROP_GROUP_IGNORED), 1);
    assert_false(wait_report(10000));
}

static void an_older_querier_is_spoken_to_in_its_version(void **state)
{
    (void)state;
    join("239.1.2.3", true);
    cable_pass(&k, 5000);
    const uint8_t v2[8] = {SV_IGMP_QUERY, 100};
    igmp_in("10.0.0.9", "224.0.0.1", v2, 8, 1, true);
    assert_true(wait_report(10000));
    assert_int_equal(out.bytes[0], SV_IGMP_REPORT_V2);
    assert_memory_equal(out.bytes + 4, "\xef\1\2\3", 4);
    assert_memory_equal(out.frame, "\1\0\x5e\1\2\3", 6);
    join("239.1.2.3", false);
    assert_true(wait_report(0));
    assert_int_equal(out.bytes[0], SV_IGMP_LEAVE);
    assert_memory_equal(out.frame, "\1\0\x5e\0\0\2", 6);
    /* Somebody else's report is enough, and then leaving is not ours to tell. */
    join("239.1.2.4", true);
    assert_true(wait_report(0));
    const uint8_t other[8] = {SV_IGMP_REPORT_V2, 0, 0, 0, 239, 1, 2, 4};
    igmp_in("10.0.0.8", "239.1.2.4", other, 8, 1, true);
    assert_false(wait_report(20000));
    join("239.1.2.4", false);
    assert_false(wait_report(20000));
    /* 2 * 125 s and 10 s later it is forgotten. */
    cable_pass(&k, 260000);
    join("239.1.2.5", true);
    assert_true(wait_report(0));
    assert_int_equal(out.bytes[0], SV_IGMP_REPORT_V3);
    const uint8_t v1[8] = {SV_IGMP_QUERY, 0};
    igmp_in("10.0.0.9", "224.0.0.1", v1, 8, 1, false);
    assert_true(wait_report(10000));
    assert_int_equal(out.bytes[0], SV_IGMP_REPORT_V1);
    join("239.1.2.5", false);
    assert_false(wait_report(10000));
}

static void mld_version_1(void **state)
{
    (void)state;
    const struct sv_addr src = addr_of("fe80::9"), dst = addr_of("ff02::1");
    uint8_t v1[24] = {SV_MLD_QUERY, 0, 0, 0, 0, 100};
    join("ff05::77", true);
    cable_pass(&k, 5000);
    cable_in6(&k, 9, &src, &dst, 1, true, v1, sizeof v1);
    assert_true(wait_report(100));
    assert_int_equal(out.bytes[0], SV_MLD_REPORT);
    assert_true(wait_report(100));
    join("ff05::77", false);
    assert_true(wait_report(0));
    assert_int_equal(out.bytes[0], SV_MLD_DONE);
    assert_memory_equal(out.frame, "\x33\x33\0\0\0\2", 6);
}

static void forgeries_are_not_answered(void **state)
{
    (void)state;
    join("239.1.2.3", true);
    cable_pass(&k, 5000);
    igmp_in("10.0.0.9", "224.0.0.1", general4, 12, 2, true); /* from beyond a router */
    igmp_in("10.0.0.9", "224.0.0.1", general4, 12, 1, false);
    const struct sv_addr far = addr_of("2001:db8::9"), all = addr_of("ff02::1"), near = addr_of("fe80::9");
    const uint8_t six[28] = {SV_MLD_QUERY};
    cable_in6(&k, 9, &far, &all, 1, true, six, sizeof six);
    cable_in6(&k, 9, &near, &all, 255, true, six, sizeof six);
    cable_in6(&k, 9, &near, &all, 1, false, six, sizeof six);
    assert_int_equal(cable_drops(&k, SV_DROP_GROUP_MALFORMED), 5);
    assert_false(wait_report(100000));
}

static void a_link_that_comes_up_hears_of_everything(void **state)
{
    (void)state;
    join("239.1.2.3", true);
    cable_pass(&k, 5000);
    sv_interface_set_up(k.stack, k.port, false, k.now);
    join("239.1.2.4", true);
    join("239.1.2.3", false);
    assert_false(wait_report(5000));
    sv_interface_set_up(k.stack, k.port, true, k.now);
    assert_true(wait_report(0));
    while (out.protocol != SV_PROTO_IGMP)
        assert_true(wait_report(1000));
    assert_int_equal(record_of("239.1.2.4", NULL), SV_GROUP_TO_EXCLUDE);
    assert_int_equal(record_of("239.1.2.3", NULL), 0);
}

static void codes_and_lengths(void **state)
{
    (void)state;
    assert_int_equal(sv_group_code8(127), 127);
    assert_int_equal(sv_group_code8(128), 128);
    assert_int_equal(sv_group_code8(255), 31744);
    assert_int_equal(sv_group_code16(32767), 32767);
    assert_int_equal(sv_group_code16(32768), 32768);
    assert_int_equal(sv_group_code16(65535), 8387584);
    struct sv_group_msg m;
    uint8_t bytes[64] = {0};
    for (uint32_t n = 0; n < 40; n++) {
        memset(bytes, 0, sizeof bytes);
        bytes[0] = SV_IGMP_QUERY;
        bytes[1] = 100;
        if (n >= 8)
            sv_igmp_finish(bytes, n);
        const enum sv_drop why = sv_igmp_parse(bytes, n, &m);
        const enum sv_drop want = n < 8             ? SV_DROP_SHORT_HEADER
                                  : n > 8 && n < 12 ? SV_DROP_GROUP_MALFORMED
                                                    : SV_DROP_NONE;
        assert_int_equal(why, want);
        if (why == SV_DROP_NONE)
            assert_int_equal(m.version, n >= 12 ? 3 : 2);
    }
    uint8_t report[16] = {SV_IGMP_REPORT_V3, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 239, 1, 2, 3};
    sv_igmp_finish(report, 16);
    assert_int_equal(sv_igmp_parse(report, 16, &m), SV_DROP_GROUP_MALFORMED); /* two are promised, one is there */
    report[7] = 1;
    sv_igmp_finish(report, 16);
    assert_int_equal(sv_igmp_parse(report, 16, &m), SV_DROP_NONE);
    report[3]++;
    assert_int_equal(sv_igmp_parse(report, 16, &m), SV_DROP_BAD_CHECKSUM);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_join_is_told_twice_and_a_leave_too),
        TEST(groups_of_all_nodes_and_of_the_host_are_not_told),
        TEST(a_general_query_is_answered_once_for_all),
        TEST(queries_for_a_group_and_for_its_sources),
        TEST(an_older_querier_is_spoken_to_in_its_version),
        TEST(mld_version_1),
        TEST(forgeries_are_not_answered),
        TEST(a_link_that_comes_up_hears_of_everything),
        TEST(codes_and_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
