/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/resolve.h"
#include "cli/values.h"
#include "seven/socket.h"

static void vlans(void **state)
{
    uint32_t vid[2], n;
    (void)state;
    assert_true(cli_parse_vlans("10", vid, &n));
    assert_true(n == 1 && vid[0] == 10);
    assert_true(cli_parse_vlans("100.10", vid, &n));
    assert_true(n == 2 && vid[0] == 100 && vid[1] == 10);
    assert_true(cli_parse_vlans("4094", vid, &n));
    const char *const wrong[] = {"", "0", "4095", "x", "1.", ".1", "1.2.3", "1.0", "12345678901", "1,2"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(cli_parse_vlans(wrong[i], vid, &n));
}

static void sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},        {"1500", 1500},  {"64KiB", 65536},       {"64K", 65536},   {"64k", 65536},
        {"64kB", 64000}, {"1M", 1048576}, {"1MiB", 1048576},      {"1MB", 1000000}, {"2GiB", 2147483648u},
        {"1.5K", 1536},  {"10B", 10},     {"1T", 1099511627776u},
    };
    static const char *const bad[] = {"",    "K",        "1.5", "12 K", "-1", "1KK", "1Kib2", "99999999999999999999",
                                      "1e3", "16777216T"};
    uint64_t v;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        v = 1;
        assert_true(cli_parse_size(good[i].text, &v));
        assert_int_equal(v, good[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(cli_parse_size(bad[i], &v));
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } good[] = {
        {"5", 5 * SV_S},
        {"5s", 5 * SV_S},
        {"200ms", 200 * SV_MS},
        {"0.2", 200 * SV_MS},
        {"1.5s", 1500 * SV_MS},
        {"2m", 120 * SV_S},
        {"1m30s", 90 * SV_S},
        {"1h", 3600 * SV_S},
        {"250us", 250 * SV_US},
        {"7ns", 7},
        {"0", 0},
        {"2min", 120 * SV_S},
    };
    static const char *const bad[] = {"", "s", "5x", "-1", "1 s", "5s3", "99999999999999h", "1..5"};
    uint64_t v;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        v = 1;
        assert_true(cli_parse_duration(good[i].text, SV_S, &v));
        assert_int_equal(v, good[i].ns);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(cli_parse_duration(bad[i], SV_S, &v));
    assert_true(cli_parse_duration("100", SV_MS, &v)); /* a bare number in the caller's unit */
    assert_int_equal(v, 100 * SV_MS);
}

static void addresses(void **state)
{
    struct sv_addr a;
    struct sv_endpoint e;
    uint32_t length;
    bool any;
    char text[CLI_ENDPOINT_TEXT];
    (void)state;
    assert_true(cli_parse_addr("10.7.0.1", &a));
    assert_true(cli_addr_is_v4(&a));
    assert_string_equal(cli_addr_text(&a, text), "10.7.0.1");
    assert_true(cli_parse_addr("[fd07::1]", &a));
    assert_false(cli_addr_is_v4(&a));
    assert_string_equal(cli_addr_text(&a, text), "fd07::1");
    assert_false(cli_parse_addr("10.7.0", &a));
    assert_false(cli_parse_addr("10.7.0.256", &a));
    assert_false(cli_parse_addr("", &a));
    assert_true(cli_parse_prefix("10.7.0.2/24", &a, &length));
    assert_int_equal(length, 24);
    assert_true(cli_parse_prefix("10.7.0.2", &a, &length));
    assert_int_equal(length, SV_NONE);
    assert_true(cli_parse_prefix("fd07::2/64", &a, &length));
    assert_int_equal(length, 64);
    assert_false(cli_parse_prefix("10.7.0.2/33", &a, &length));
    assert_false(cli_parse_prefix("10.7.0.2/", &a, &length));
    assert_true(cli_parse_endpoint("10.7.0.1:80", &e, &any));
    assert_int_equal(e.port, 80);
    assert_false(any);
    assert_true(cli_parse_endpoint(":443", &e, &any));
    assert_true(any);
    assert_true(cli_parse_endpoint("[fd07::1]:80", &e, &any));
    assert_string_equal(cli_endpoint_text(&e, text), "[fd07::1]:80");
    assert_false(cli_parse_endpoint("80", &e, &any));
}

static void macs_and_ports(void **state)
{
    uint8_t mac[6];
    const uint8_t want[6] = {2, 0, 0, 0, 0, 0xa7};
    uint16_t port;
    (void)state;
    assert_true(cli_parse_mac("02:00:00:00:00:A7", mac));
    assert_memory_equal(mac, want, 6);
    assert_true(cli_parse_mac("02-00-00-00-00-a7", mac));
    assert_true(cli_parse_mac("0200.0000.00a7", mac));
    assert_memory_equal(mac, want, 6);
    assert_false(cli_parse_mac("02:00:00:00:00", mac));
    assert_false(cli_parse_mac("02:00:00:00:00:a7:1", mac));
    assert_false(cli_parse_mac("0:2:0:0:0:0:0:0", mac));
    assert_true(cli_parse_port("80", &port));
    assert_int_equal(port, 80);
    assert_false(cli_parse_port("65536", &port));
    assert_false(cli_parse_port("-1", &port));
    assert_false(cli_parse_port("no-such-service", &port));
}

static void states_in_every_spelling(void **state)
{
    (void)state;
    static const char *const recv[] = {"SYN-RECV", "SYN_RCVD", "SYN-RECEIVED", "syn-recv", "SynReceived"};
    for (size_t i = 0; i < sizeof recv / sizeof recv[0]; i++)
        assert_int_equal(cli_parse_tcp_state(recv[i]), SV_SYN_RECEIVED);
    assert_int_equal(cli_parse_tcp_state("ESTAB"), SV_ESTABLISHED);
    assert_int_equal(cli_parse_tcp_state("established"), SV_ESTABLISHED);
    assert_int_equal(cli_parse_tcp_state("FIN_WAIT1"), SV_FIN_WAIT_1);
    assert_int_equal(cli_parse_tcp_state("fin-wait-2"), SV_FIN_WAIT_2);
    assert_int_equal(cli_parse_tcp_state("TIME_WAIT"), SV_TIME_WAIT);
    assert_int_equal(cli_parse_tcp_state("LAST-ACK"), SV_LAST_ACK);
    assert_int_equal(cli_parse_tcp_state("half-open"), SV_NONE);
    for (uint32_t s = 0; s < SV_TCP_STATES; s++) /* and what the stack itself prints */
        assert_int_equal(cli_parse_tcp_state(sv_tcp_state_name((enum sv_tcp_state)s)), s);
}

static void near_words(void **state)
{
    static const char *const words[] = {"serve", "get", "ping", "private", "dump", NULL};
    char text[28];
    (void)state;
    assert_int_equal(cli_edits("ping", "ping"), 0);
    assert_int_equal(cli_edits("ping", "pign"), 1);
    assert_int_equal(cli_edits("ping", "pin"), 1);
    assert_int_equal(cli_edits("", "abc"), 3);
    assert_string_equal(cli_near_word("sevre", words), "serve");
    assert_string_equal(cli_near_word("privat", words), "private");
    assert_string_equal(cli_near_word("pign", words), "ping");
    assert_null(cli_near_word("xyz", words));
    assert_null(cli_near_word("traceroute", words));
    assert_string_equal(cli_grouped(67108864, text), "67,108,864");
    assert_string_equal(cli_grouped(999, text), "999");
    assert_string_equal(cli_grouped(1000, text), "1,000");
    assert_string_equal(cli_grouped(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static void names(void **state)
{
    struct sv_addr a;
    struct cli_texts resolve = {2, {"site.test:80:10.7.0.9", "*:81:10.7.0.8"}};
    const struct cli_texts wrong = {2, {"site.test:80:10.7.0.9", "site.test:10.7.0.9"}};
    char text[CLI_ENDPOINT_TEXT];
    (void)state;
    assert_null(cli_resolve_check(&resolve));
    assert_ptr_equal(cli_resolve_check(&wrong), wrong.text[1]);
    assert_true(cli_resolve("Site.Test", 80, &resolve, "/dev/null", &a));
    assert_string_equal(cli_addr_text(&a, text), "10.7.0.9");
    assert_true(cli_resolve("elsewhere", 81, &resolve, "/dev/null", &a));
    assert_string_equal(cli_addr_text(&a, text), "10.7.0.8");
    assert_false(cli_resolve("site.test", 82, &resolve, "/dev/null", &a));
    assert_true(cli_resolve("10.7.0.1", 82, &resolve, "/dev/null", &a));
    char path[] = "/tmp/seven-test-hosts-XXXXXX";
    const int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(file);
    (void)fputs("# comment\n::1 six\n10.7.0.3\tone two # three\n", file);
    (void)fclose(file);
    assert_true(cli_resolve("two", 80, NULL, path, &a));
    assert_string_equal(cli_addr_text(&a, text), "10.7.0.3");
    assert_false(cli_resolve("three", 80, NULL, path, &a));
    assert_true(cli_resolve("six", 80, NULL, path, &a));
    assert_string_equal(cli_addr_text(&a, text), "::1");
    (void)remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vlans),
        cmocka_unit_test(sizes),
        cmocka_unit_test(durations),
        cmocka_unit_test(addresses),
        cmocka_unit_test(macs_and_ports),
        cmocka_unit_test(near_words),
        cmocka_unit_test(states_in_every_spelling),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
