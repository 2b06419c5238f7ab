/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 6724: its own examples of §10.1 and §10.2, and the rules that they leave out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "l3_network/select.h"
#include "seven/stack.h"

static struct sv_addr addr(const char *text)
{
    struct sv_addr a;
    assert_true(sv_addr_parse(text, &a, NULL));
    return a;
}

/* "2001:db8::1 deprecated temporary home" */
static struct sv_source source(const char *text)
{
    char word[64];
    struct sv_source s = {.port = 0};
    const size_t n = strcspn(text, " ");
    memcpy(word, text, n);
    word[n] = 0;
    s.addr = addr(word);
    s.prefix_bits = sv_addr_is_v4(&s.addr) ? 96 + 24 : 64;
    s.deprecated = strstr(text, "deprecated") != NULL;
    s.temporary = strstr(text, "temporary") != NULL;
    s.home = strstr(text, "home") != NULL;
    s.from_next_hop = strstr(text, "router") != NULL;
    s.port = strstr(text, "elsewhere") ? 1 : 0;
    return s;
}

struct source_case {
    const char *dst, *better, *worse;
};

static void check_source(const struct source_case *t, bool public_source)
{
    const struct sv_source_wish wish = {addr(t->dst), 0, public_source};
    const struct sv_source a = source(t->better), b = source(t->worse);
    if (!sv_source_better(&a, &b, &wish) || sv_source_better(&b, &a, &wish))
        fail_msg("to %s from %s rather than %s", t->dst, t->better, t->worse);
}

static void sources_of_the_rfc(void **state)
{
    (void)state;
    static const struct source_case cases[] = {
        {"2001:db8:1::1", "2001:db8:3::1", "fe80::1"},
        {"ff05::1", "2001:db8:3::1", "fe80::1"},
        {"2001:db8:1::1", "2001:db8:1::1 deprecated", "2001:db8:2::1"},
        {"fe80::1", "fe80::2 deprecated", "2001:db8:1::1"},
        {"2001:db8:1::1", "2001:db8:1::2", "2001:db8:3::2"},
        {"2001:db8:1::1", "2001:db8:3::2 home", "2001:db8:1::2"},
        {"2002:c633:6401::1", "2002:c633:6401::d5e3:7953:13eb:22e8 temporary", "2001:db8:1::2"},
        {"2001:db8:1::d5e3:0:0:1", "2001:db8:1::d5e3:7953:13eb:22e8 temporary", "2001:db8:1::2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_source(&cases[i], false);
}

static void sources_by_the_other_rules(void **state)
{
    (void)state;
    static const struct source_case cases[] = {
        {"2001:db8:1::1", "2001:db8:2::2", "2001:db8:1::2 deprecated"},
        {"2001:db8:1::1", "2001:db8:2::2", "2001:db8:1::2 elsewhere"},
        {"2001:db8:1::1", "2001:db8:2::2 router", "2001:db8:1::2"},
        {"fd00::1", "fd77::2", "2001:db8:1::2"},
        {"10.0.0.9", "10.0.0.2", "192.168.0.2"},
        {"10.0.0.9", "10.0.0.2", "169.254.1.1"},
        {"169.254.1.9", "169.254.1.1", "10.0.0.2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_source(&cases[i], false);
    const struct source_case turned = {"2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::3 temporary"};
    check_source(&turned, true);
}

struct destination_case {
    const char *sources[3];
    const char *first, *first_source, *second, *second_source;
};

static struct sv_destination destination(const char *text, const char *const sources[3])
{
    struct sv_destination d = {.addr = addr(text)};
    const struct sv_source_wish wish = {d.addr, 0, false};
    for (int i = 0; i < 3 && sources[i]; i++) {
        const struct sv_source s = source(sources[i]);
        if (sv_addr_is_v4(&s.addr) != sv_addr_is_v4(&d.addr))
            continue;
        if (!d.reachable || sv_source_better(&s, &d.source, &wish))
            d.source = s;
        d.reachable = true;
    }
    return d;
}

static void destinations_of_the_rfc(void **state)
{
    (void)state;
    static const struct destination_case cases[] = {
        {{"2001:db8:1::2", "fe80::1", "169.254.13.78"},
         "2001:db8:1::1",
         "2001:db8:1::2",
         "198.51.100.121",
         "169.254.13.78"},
        {{"fe80::1", "198.51.100.117", NULL}, "198.51.100.121", "198.51.100.117", "2001:db8:1::1", "fe80::1"},
        {{"2001:db8:1::2", "fe80::1", "10.1.2.4"}, "2001:db8:1::1", "2001:db8:1::2", "10.1.2.3", "10.1.2.4"},
        {{"2001:db8:1::2", "fe80::2", NULL}, "fe80::1", "fe80::2", "2001:db8:1::1", "2001:db8:1::2"},
        {{"2001:db8:1::2", "2001:db8:3::1 home", "fe80::2"}, "2001:db8:1::1", "2001:db8:3::1", "fe80::1", "fe80::2"},
        {{"2001:db8:1::2", "fe80::2 deprecated", NULL}, "2001:db8:1::1", "2001:db8:1::2", "fe80::1", "fe80::2"},
        {{"2001:db8:1::2", "2001:db8:3f44::2", "fe80::2"},
         "2001:db8:1::1",
         "2001:db8:1::2",
         "2001:db8:3ffe::1",
         "2001:db8:3f44::2"},
        {{"2002:c633:6401::2", "fe80::2", NULL},
         "2002:c633:6401::1",
         "2002:c633:6401::2",
         "2001:db8:1::1",
         "2002:c633:6401::2"},
        {{"2002:c633:6401::2", "2001:db8:1::2", "fe80::2"},
         "2001:db8:1::1",
         "2001:db8:1::2",
         "2002:c633:6401::1",
         "2002:c633:6401::2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct destination_case *t = &cases[i];
        for (int turned = 0; turned < 2; turned++) {
            struct sv_destination d[2];
            d[turned] = destination(t->first, t->sources);
            d[!turned] = destination(t->second, t->sources);
            sv_destinations_sort(d, 2);
            const struct sv_addr want[4] = {addr(t->first), addr(t->first_source), addr(t->second),
                                            addr(t->second_source)};
            for (int k = 0; k < 2; k++) {
                assert_memory_equal(d[k].addr.byte, want[2 * k].byte, 16);
                assert_memory_equal(d[k].source.addr.byte, want[2 * k + 1].byte, 16);
            }
        }
    }
}

static void what_cannot_be_reached_comes_last_and_equals_stay(void **state)
{
    (void)state;
    static const char *const sources[3] = {"2001:db8:1::2", NULL, NULL};
    struct sv_destination d[3] = {destination("10.0.0.1", sources), destination("2001:db8:7::2", sources),
                                  destination("2001:db8:7::1", sources)};
    assert_false(d[0].reachable);
    sv_destinations_sort(d, 3);
    assert_int_equal(d[0].addr.byte[15], 2);
    assert_int_equal(d[1].addr.byte[15], 1);
    assert_false(d[2].reachable);
    struct sv_destination tunnel[2] = {d[0], d[1]};
    tunnel[0].encapsulated = true;
    assert_true(sv_destination_better(&tunnel[1], &tunnel[0]));
}

static void scopes_and_the_policy_table(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t scope, precedence, label;
    } cases[] = {
        {"::1", SV_SCOPE_LINK, 50, 0},         {"2001:db8::1", SV_SCOPE_GLOBAL, 40, 1},
        {"10.0.0.1", SV_SCOPE_GLOBAL, 35, 4},  {"2002::1", SV_SCOPE_GLOBAL, 30, 2},
        {"2001::1", SV_SCOPE_GLOBAL, 5, 5},    {"fd00::1", SV_SCOPE_GLOBAL, 3, 13},
        {"::2", SV_SCOPE_GLOBAL, 1, 3},        {"fec0::1", SV_SCOPE_SITE, 1, 11},
        {"3ffe::1", SV_SCOPE_GLOBAL, 1, 12},   {"fe80::1", SV_SCOPE_LINK, 40, 1},
        {"ff02::1", SV_SCOPE_LINK, 40, 1},     {"ff05::2", SV_SCOPE_SITE, 40, 1},
        {"169.254.0.1", SV_SCOPE_LINK, 35, 4}, {"127.0.0.1", SV_SCOPE_LINK, 35, 4},
        {"224.0.0.251", SV_SCOPE_LINK, 35, 4}, {"239.1.2.3", SV_SCOPE_GLOBAL, 35, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sv_addr a = addr(cases[i].text);
        assert_int_equal(sv_addr_scope(&a), cases[i].scope);
        assert_int_equal(sv_addr_precedence(&a), cases[i].precedence);
        assert_int_equal(sv_addr_label(&a), cases[i].label);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_of_the_rfc),
        cmocka_unit_test(sources_by_the_other_rules),
        cmocka_unit_test(destinations_of_the_rfc),
        cmocka_unit_test(what_cannot_be_reached_comes_last_and_equals_stay),
        cmocka_unit_test(scopes_and_the_policy_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
