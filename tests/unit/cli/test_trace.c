/* SPDX-License-Identifier: BSD-2-Clause */
/* What seven trace knows of hops, and traceroute's marks. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/resolve.h"
#include "cli/trace.h"

static struct sv_addr at(uint8_t last)
{
    return sv_addr_v4(10, 0, 0, last);
}
static void answer(struct trace_hops *t, uint32_t ttl, uint8_t from, bool end, bool reached, uint64_t us)
{
    const struct sv_addr a = at(from);
    trace_hops_answer(t, ttl, &a, "", end, reached, us * 1000);
}

static void the_path_ends_where_the_nearest_final_answer_says(void **state)
{
    (void)state;
    static struct trace_hops t;
    trace_hops_init(&t, 1, 30, 5);
    assert_int_equal(trace_hops_last(&t), 5);
    answer(&t, 1, 1, false, false, 10);
    assert_int_equal(trace_hops_last(&t), 6);
    answer(&t, 4, 9, true, true, 10); /* probes 3 and 4 had both gone to the target */
    assert_int_equal(trace_hops_last(&t), 4);
    answer(&t, 3, 9, true, true, 10);
    assert_int_equal(trace_hops_last(&t), 3);
    answer(&t, 5, 9, true, true, 10);
    assert_int_equal(trace_hops_last(&t), 3);
    assert_true(t.reached);
    trace_hops_init(&t, 28, 30, 5);
    assert_int_equal(trace_hops_last(&t), 30);
    answer(&t, 28, 1, true, false, 10);
    assert_int_equal(trace_hops_last(&t), 28);
    assert_false(t.reached);
}

static void figures_of_a_hop(void **state)
{
    (void)state;
    static struct trace_hops t;
    trace_hops_init(&t, 1, 30, 5);
    struct trace_hop *h = &t.hop[1];
    static const uint64_t us[] = {200, 400, 400, 400, 500, 500, 700, 900};
    for (uint32_t i = 0; i < 8; i++)
        answer(&t, 1, 1, false, false, us[i]);
    h->sent = 10;
    assert_true(trace_hop_loss(h) > 19.999 && trace_hop_loss(h) < 20.001);
    assert_int_equal(h->best_ns, 200000);
    assert_int_equal(h->worst_ns, 900000);
    assert_int_equal(h->last_ns, 900000);
    assert_true(h->mean_us > 499.99 && h->mean_us < 500.01);
    const double stdev = trace_hop_stdev(h); /* of a sample: 213.809 us */
    assert_true(stdev > 213.80 && stdev < 213.82);
    trace_hops_init(&t, 1, 30, 5);
    answer(&t, 1, 1, false, false, 7);
    assert_true(trace_hop_stdev(&t.hop[1]) < 0.001);
    assert_true(trace_hop_loss(&t.hop[2]) < 0.001);
}

static void several_routers_at_one_distance(void **state)
{
    (void)state;
    static struct trace_hops t;
    trace_hops_init(&t, 1, 30, 5);
    for (uint8_t k = 0; k < 20; k++)
        answer(&t, 2, (uint8_t)(1 + k % 3), false, false, 5);
    assert_int_equal(t.hop[2].addrs, 3);
    for (uint8_t k = 0; k < 20; k++)
        answer(&t, 2, (uint8_t)(10 + k), false, false, 5);
    assert_int_equal(t.hop[2].addrs, TRACE_ADDRESSES); /* and no more */
    assert_int_equal(t.hop[2].received, 40);
}

static void marks(void **state)
{
    (void)state;
    static const struct {
        bool v4;
        uint8_t type, code;
        const char *mark;
        bool end;
    } rows[] = {
        {true, 11, 0, "", false},        {true, 3, 0, "!N", true},     {true, 3, 1, "!H", true},
        {true, 3, 2, "!P", true},        {true, 3, 3, "", true},       {true, 3, 4, "!F", true},
        {true, 3, 5, "!S", true},        {true, 3, 9, "!A", true},     {true, 3, 10, "!Z", true},
        {true, 3, 13, "!X", true},       {true, 3, 14, "!<14>", true}, {true, 12, 0, "!<12>", true},
        {false, 3, 0, "", false},        {false, 1, 0, "!N", true},    {false, 1, 1, "!X", true},
        {false, 1, 3, "!H", true},       {false, 1, 4, "", true},      {false, 2, 0, "!F", true},
        {false, 1, 200, "!<200>", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char mark[TRACE_MARK];
        bool end;
        trace_mark(rows[i].v4, rows[i].type, rows[i].code, mark, &end);
        assert_string_equal(mark, rows[i].mark);
        assert_int_equal(end, rows[i].end);
    }
}

static void names_of_addresses(void **state)
{
    (void)state;
    char path[] = "/tmp/seven-hosts-XXXXXX", name[64];
    static const char text[] =
        "# 10.0.0.1 no\n10.0.0.1 router.example r1\n10.0.0.2\n10.0.0.3 bad\001name\nfd00::1 six\n";
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)(sizeof text - 1));
    close(fd);
    struct sv_addr a = at(1);
    assert_true(cli_resolve_back(&a, path, name, sizeof name));
    assert_string_equal(name, "router.example");
    assert_false(cli_resolve_back(&a, path, name, 5)); /* no room */
    a = at(2);
    assert_false(cli_resolve_back(&a, path, name, sizeof name));
    a = at(3);
    assert_false(cli_resolve_back(&a, path, name, sizeof name)); /* nothing that a terminal would obey */
    assert_true(cli_parse_addr("fd00::1", &a) && cli_resolve_back(&a, path, name, sizeof name));
    assert_string_equal(name, "six");
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_path_ends_where_the_nearest_final_answer_says),
        cmocka_unit_test(figures_of_a_hop),
        cmocka_unit_test(several_routers_at_one_distance),
        cmocka_unit_test(marks),
        cmocka_unit_test(names_of_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
