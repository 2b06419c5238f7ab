/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/core/support.h"

#include <arpa/inet.h>

#include "seven/stack.h"

/* RFC 5952 §1, §2 and §4: each way of writing, and the one right way. */
static const struct {
    const char *text, *canonical;
} good[] = {
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:db8::1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"},
    {"2001:db8:aaaa:bbbb:cccc:dddd::1", "2001:db8:aaaa:bbbb:cccc:dddd:0:1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"0:0:0:0:0:0:0:0", "::"},
    {"::", "::"},
    {"0::0", "::"},
    {"::1", "::1"},
    {"1::", "1::"},
    {"0:0:0:0:0:0:0:1", "::1"},
    {"fe80::ABCD", "fe80::abcd"},
    {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"1:0:0:2::3", "1:0:0:2::3"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
    {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
    {"::1.2.3.4", "::102:304"},
    {"::ffff:1.2.3.4", "1.2.3.4"},
    {"0:0:0:0:0:FFFF:0102:0304", "1.2.3.4"},
    {"::fffe:1.2.3.4", "::fffe:102:304"},
    {"0.0.0.0", "0.0.0.0"},
    {"255.255.255.255", "255.255.255.255"},
    {"10.0.100.9", "10.0.100.9"},
};

static const char *const bad[] = {
    "",
    " ",
    "1",
    "1.2.3",
    "1.2.3.4.",
    "1.2.3.4.5",
    ".1.2.3.4",
    "1..2.3",
    "256.1.1.1",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.00",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.a",
    "+1.2.3.4",
    "0x1.2.3.4",
    "1.2.3.1000",
    ":",
    ":::",
    "::1::",
    "1::2::3",
    ":1:2",
    "1:",
    "1:2",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "::12345",
    "g::",
    "::g",
    "1::2:",
    ":1::2",
    "::1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.4:5",
    "1.2.3.4::",
    "1.2.3.4:1::",
    "::256.1.1.1",
    "1:2:3:4:5:6:7:1.2.3.4",
    "fe80::1%eth0",
    "::1]",
    "[::1]",
    "1::2 ",
    "::ffff:01.2.3.4",
    "1:2:3:4:5:6:7:8.9.1.2",
};

static void writes_one_way_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct sv_addr a, b;
        char text[SV_ADDR_TEXT];
        assert_true(sv_addr_parse(good[i].text, &a, NULL));
        assert_ptr_equal(sv_addr_text(&a, text), text);
        assert_string_equal(text, good[i].canonical);
        assert_true(sv_addr_parse(text, &b, NULL));
        assert_memory_equal(&a, &b, sizeof a);
    }
}

static void refuses_what_is_not_an_address(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sv_addr a;
        memset(&a, 0xab, sizeof a);
        uint32_t length = 77;
        if (sv_addr_parse(bad[i], &a, NULL) || sv_addr_parse(bad[i], &a, &length))
            fail_msg("taken: \"%s\"", bad[i]);
        for (uint32_t k = 0; k < 16; k++) /* nothing is written then */
            assert_int_equal(a.byte[k], 0xab);
        assert_int_equal(length, 77);
    }
}

static void reads_prefix_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t length; /* -1: refused */
    } prefix[] = {
        {"10.0.0.0/8", 8},        {"10.0.0.0/0", 0},
        {"10.0.0.0/32", 32},      {"10.0.0.0", 32},
        {"10.0.0.0/33", -1},      {"10.0.0.0/", -1},
        {"10.0.0.0/08", -1},      {"10.0.0.0/8 ", -1},
        {"10.0.0.0/-1", -1},      {"::/0", 0},
        {"fe80::/10", 10},        {"::1", 128},
        {"::1/128", 128},         {"::1/129", -1},
        {"::1/1000", -1},         {"::ffff:10.0.0.0/104", 8},
        {"::ffff:0.0.0.0/96", 0}, {"::ffff:10.0.0.0/95", -1},
        {"::ffff:1.2.3.4", 32},   {"::1/64/2", -1},
    };
    for (size_t i = 0; i < sizeof prefix / sizeof prefix[0]; i++) {
        struct sv_addr a;
        uint32_t length = 0;
        assert_int_equal(sv_addr_parse(prefix[i].text, &a, &length), prefix[i].length >= 0);
        if (prefix[i].length >= 0)
            assert_int_equal(length, prefix[i].length);
        if (strchr(prefix[i].text, '/') != NULL) /* not wanted: not taken */
            assert_false(sv_addr_parse(prefix[i].text, &a, NULL));
    }
}

/* Random addresses with many zero groups, against the C library's reader and, but for the two forms where
 * it knows better than RFC 5952, its writer. */
static void agrees_with_the_c_library(void **state)
{
    (void)state;
    struct dice d = {4};
    for (int round = 0; round < 100000; round++) {
        struct sv_addr a, b;
        char text[SV_ADDR_TEXT], theirs[INET6_ADDRSTRLEN];
        for (uint32_t i = 0; i < 8; i++) {
            const uint32_t g = roll(&d, 3) ? 0 : roll(&d, 65536) >> roll(&d, 16);
            a.byte[2 * i] = (uint8_t)(g >> 8);
            a.byte[2 * i + 1] = (uint8_t)g;
        }
        sv_addr_text(&a, text);
        assert_true(strlen(text) < SV_ADDR_TEXT);
        if (strchr(text, '.') != NULL)
            continue;
        assert_int_equal(inet_pton(AF_INET6, text, &b), 1);
        assert_memory_equal(&a, &b, sizeof a);
        assert_non_null(inet_ntop(AF_INET6, &a, theirs, sizeof theirs));
        if (strchr(theirs, '.') == NULL) /* it writes the deprecated ::a.b.c.d so */
            assert_string_equal(text, theirs);
        assert_true(sv_addr_parse(theirs, &b, NULL));
        assert_memory_equal(&a, &b, sizeof a);
    }
}

/* Strings made of the grammar's own characters: taken and valued exactly as the C library does. */
static void refuses_like_the_c_library(void **state)
{
    (void)state;
    static const char letters[] = "0:::12.f.:1a:";
    struct dice d = {8};
    uint32_t taken = 0;
    for (int round = 0; round < 1000000; round++) {
        char text[32];
        uint32_t n = 1 + roll(&d, 20);
        for (uint32_t i = 0; i < n; i++)
            text[i] = letters[roll(&d, sizeof letters - 1)];
        text[n] = '\0';
        struct sv_addr ours;
        uint8_t theirs[16];
        const bool ok = sv_addr_parse(text, &ours, NULL);
        const bool v6 = inet_pton(AF_INET6, text, theirs) == 1;
        uint8_t four[4];
        const bool v4 = inet_pton(AF_INET, text, four) == 1;
        if (ok != (v6 || v4))
            fail_msg("\"%s\": ours %d, theirs %d %d", text, ok, v6, v4);
        if (v6)
            assert_memory_equal(ours.byte, theirs, 16);
        if (v4)
            assert_memory_equal(ours.byte + 12, four, 4);
        taken += ok;
    }
    assert_true(taken > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_one_way_only),        cmocka_unit_test(refuses_what_is_not_an_address),
        cmocka_unit_test(reads_prefix_lengths),       cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(refuses_like_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
