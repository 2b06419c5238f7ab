/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter words of ss, and the JSON that ss and ip read. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/json.h"
#include "cli/ss_filter.h"

static struct ss_filter filter;
static char why[256];

static bool parse(const char *line)
{
    static char copy[512];
    static char *word[32];
    struct cli_words words = {0, word};
    char *rest = copy;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *at = strtok_r(copy, "|", &rest); at; at = strtok_r(NULL, "|", &rest))
        word[words.n++] = at;
    return ss_filter_parse(&filter, &words, why, sizeof why);
}

/* A connection 10.7.0.2:80 to 10.7.0.1:40000. */
static bool matches(const char *line)
{
    struct ss_socket s = {.tcp = true, .state = SV_ESTABLISHED, .local.port = 80, .peer.port = 40000};
    assert_true(cli_parse_addr("10.7.0.2", &s.local.addr));
    assert_true(cli_parse_addr("10.7.0.1", &s.peer.addr));
    if (!parse(line))
        fail_msg("%s: %s", line, why);
    return ss_filter_matches(&filter, &s);
}

static void filters(void **state)
{
    static const char *const yes[] = {
        "",
        "sport = :80",
        "sport|=|:80",
        "sport :80",
        "sport 80",
        "sport = :http",
        "sport == 80",
        "dport != :80",
        "dport > :1024",
        "dport >= 40000",
        "sport < 81",
        "dst 10.7.0.1",
        "dst 10.7.0.0/24",
        "dst = 10.7.0.1:40000",
        "src 10.7.0.2:80",
        "src :80",
        "not dport = :80",
        "! dport = :80",
        "sport = :81 or dport = :40000",
        "sport = :80 dst 10.7.0.1",
        "sport = :80 and dst 10.7.0.1",
        "( sport = :81 or sport = :80 ) and dst 10.7.0.1",
        "(sport=:81 or sport=:80)&&dst 10.7.0.1",
        "dst != 10.7.0.9",
        "sport = :81 or sport = :80 and dst 10.7.0.1",
    };
    static const char *const no[] = {
        "sport = :81",
        "dst 10.8.0.0/16",
        "dst 10.7.0.1:1",
        "not sport = :80",
        "sport = :80 and dport = :80",
        "dport lt 1024",
        "src [fd07::1]",
        "not ( sport = :80 or sport = :81 )",
    };
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (!matches(yes[i]))
            fail_msg("%s should match", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (matches(no[i]))
            fail_msg("%s should not match", no[i]);
}

static void states(void **state)
{
    (void)state;
    assert_true(parse("state|established"));
    assert_true(filter.states_given);
    assert_int_equal(filter.states, 1u << SV_ESTABLISHED);
    assert_true(parse("state SYN_RCVD state time-wait sport = :80"));
    assert_int_equal(filter.states, 1u << SV_SYN_RECEIVED | 1u << SV_TIME_WAIT);
    assert_true(filter.root != SV_NONE);
    assert_true(parse("exclude listen"));
    assert_int_equal(filter.states, ((1u << SV_TCP_STATES) - 1) & ~(1u << SV_LISTEN));
    assert_true(parse("state connected exclude time-wait"));
    assert_int_equal(filter.states >> SV_TIME_WAIT & 1, 0);
    assert_int_equal(filter.states >> SV_ESTABLISHED & 1, 1);
    assert_int_equal(filter.states >> SV_LISTEN & 1, 0);
    assert_true(parse("sport = :80"));
    assert_false(filter.states_given);
}

static void refusals(void **state)
{
    static const struct {
        const char *line, *says;
    } bad[] = {
        {"foo", "foo: not a filter word"},
        {"state half-open", "half-open: not a state"},
        {"state", "state: not a state"},
        {"sport", "sport: a port is missing"},
        {"sport = :99999", ":99999: not a port"},
        {"dst 10.7.0", "10.7.0: not an address"},
        {"( sport = :80", "end: a closing bracket is missing"},
        {"sport = :80 )", "): not expected here"},
        {"not", "end: not a filter word"},
        {"sport = :80 or", "end: not a filter word"},
    };
    char longest[4096] = "sport = :80";
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(parse(bad[i].line));
        if (strncmp(why, bad[i].says, strlen(bad[i].says)) != 0)
            fail_msg("%s: said \"%s\"", bad[i].line, why);
    }
    struct cli_words words = {1, (char *[]){longest}};
    for (size_t i = 0, n = strlen(longest); i < 80; i++)
        n += (size_t)snprintf(longest + n, sizeof longest - n, " or sport = :80");
    assert_false(ss_filter_parse(&filter, &words, why, sizeof why));
    assert_non_null(strstr(why, "too long"));
}

static void json(void **state)
{
    static const char line[] =
        "{\"a\":1,\"b\":\"x\\\"y\",\"c\":{\"a\":7},\"d\":[\"UP\",\"DOWN\"],\"e\":true,\"f\":[] }";
    char text[16];
    size_t n, element_n;
    (void)state;
    assert_int_equal(cli_json_number(line, "a", 9), 1); /* the outermost one */
    assert_int_equal(cli_json_number(line, "b", 9), 9);
    assert_int_equal(cli_json_number(line, "none", 9), 9);
    assert_string_equal(cli_json_text(line, "b", text, sizeof text), "x\"y");
    assert_string_equal(cli_json_text(line, "a", text, sizeof text), "");
    assert_true(cli_json_true(line, "e"));
    const char *list = cli_json_member(line, "d", &n), *at = list;
    const char *element = cli_json_element(&at, list + n, &element_n);
    assert_int_equal(element_n, 4);
    assert_memory_equal(element, "\"UP\"", 4);
    element = cli_json_element(&at, list + n, &element_n);
    assert_memory_equal(element, "\"DOWN\"", 6);
    assert_null(cli_json_element(&at, list + n, &element_n));
    list = at = cli_json_member(line, "f", &n);
    assert_null(cli_json_element(&at, list + n, &element_n));
    static const char *const broken[] = {"", "{", "{\"a\"", "{\"a\":", "{\"a\":\"x", "[1]", "{\"a\":{\"b\":1", "{1:2}"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_null(cli_json_member(broken[i], "a", &n));
}

static void pretty(void **state)
{
    static const char line[] = "{\"a\":1,\"b\":[\"x, {y}\",2],\"c\":{},\"d\":[]}";
    char *text = NULL;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    (void)state;
    assert_non_null(file);
    cli_json_write(file, line, sizeof line - 1, true);
    (void)fclose(file);
    assert_string_equal(text, "{\n    \"a\": 1,\n    \"b\": [\n        \"x, {y}\",\n        2\n    ],\n    \"c\": {},\n"
                              "    \"d\": []\n}");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters), cmocka_unit_test(states), cmocka_unit_test(refusals),
        cmocka_unit_test(json),    cmocka_unit_test(pretty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
