/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of Python that scripts use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drill/python.h"

static char said[256];

static bool lookup(void *ctx, const char *name, int64_t *value)
{
    (void)ctx;
    *value = strcmp(name, "tcpi_snd_cwnd") == 0 ? 10 : strcmp(name, "tcpi_rtt") == 0 ? 12345 : -1;
    return *value >= 0;
}

static void print(void *ctx, const char *line)
{
    (void)ctx;
    (void)snprintf(said, sizeof said, "%s", line);
}

static struct sv_drill_python python(void)
{
    return (struct sv_drill_python){.lookup = lookup, .print = print};
}

static void assert_result(const char *text, enum sv_drill_py_result wanted, const char *what)
{
    struct sv_drill_python py = python();
    struct sv_drill_error e = {0, 0, ""};
    char seen[300] = "";
    const enum sv_drill_py_result got = sv_drill_python_run(&py, text, 1, &e);
    if (got != SV_DRILL_PY_OK)
        (void)snprintf(seen, sizeof seen, "%u:%u: %s", e.line, e.column, e.text);
    assert_string_equal(seen, what);
    assert_int_equal(got, wanted);
}

static void holds(const char *text)
{
    assert_result(text, SV_DRILL_PY_OK, "");
}

static void test_holds(void **state)
{
    (void)state;
    holds(" assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd ");
    holds("assert 10000 <= tcpi_rtt <= 15000, 'rtt=%d' % tcpi_rtt");
    holds("cwnd = 8; cwnd += 2; assert tcpi_snd_cwnd == cwnd");
    holds("assert 1 + 2 * 3 == 7 and (1 + 2) * 3 == 9 and not 7 // 2 != 3");
    holds("assert -7 // 2 == -4 and -7 % 3 == 2 and 7 / 2 == 3.5");
    holds("assert (0x20 | 4) & TCPI_OPT_SYN_DATA != 0 and 1 << 4 == 16 and ~0 == -1 and 6 ^ 3 == 5");
    holds("assert min(3, 1, 2) == 1 and max(3, 9) == 9 and abs(-4) == 4 and int(3.9) == 3 and len('abc') == 3");
    holds("assert tcpi_snd_cwnd in (9, 10) and 'a' + 'b' == 'ab' and str(5) == '5'");
    holds("assert True or undefined\nassert not (False and undefined)\nassert (1 if False else 2) == 2");
    holds("if False: assert 0\nif tcpi_snd_cwnd > 5: x = 1; assert x == 1\npass # nothing");
    holds("assert 1 == 1, \\\n 'text'; \\\n assert 2 == 2\n\n\nassert (1,\n 2) == (1, 2)");
    holds("assert 'a%3d|%s|%r|%x|%%' % (7, 'b', 'c', 255) == \"a  7|b|'c'|ff|%\"");
    holds("print(1, 'two', 2.5)");
    assert_string_equal(said, "1 two 2.5");
}

static void test_does_not_hold(void **state)
{
    (void)state;
    assert_result("x = 1\nassert tcpi_snd_cwnd == 11, 'cwnd=%d' % tcpi_snd_cwnd", SV_DRILL_PY_ASSERTION,
                  "2:7: assert tcpi_snd_cwnd == 11 does not hold: cwnd=10");
    assert_result("assert 1 < 2 < 2", SV_DRILL_PY_ASSERTION, "1:7: assert 1 < 2 < 2 does not hold");
    assert_result("assert 0, (1, 'a')", SV_DRILL_PY_ASSERTION, "1:7: assert 0 does not hold: (1, 'a')");
}

static void test_unknown(void **state)
{
    (void)state;
    assert_result("assert tcpi_nonsense == 1", SV_DRILL_PY_UNKNOWN, "1:22: the name tcpi_nonsense is not known");
    assert_result("import os", SV_DRILL_PY_UNKNOWN, "1:7: \"import\" is not in the part of Python that is known here");
    assert_result("\nfor x in y: pass", SV_DRILL_PY_UNKNOWN,
                  "2:4: \"for\" is not in the part of Python that is known here");
    assert_result("assert sum(1) == 1", SV_DRILL_PY_UNKNOWN,
                  "1:14: sum() with 1 values is no function that is known here");
    assert_result("assert 1 // 0", SV_DRILL_PY_UNKNOWN, "1:14: a division that has no result");
    assert_result("assert 1 == 1 2", SV_DRILL_PY_UNKNOWN, "1:15: the statement should end here, not go on with '2'");
    assert_result("assert", SV_DRILL_PY_UNKNOWN, "1:7: a value is wanted here, not the line's end");
    assert_result("assert 'a", SV_DRILL_PY_UNKNOWN, "1:8: a string that does not end on its line");
    assert_result("x += 1", SV_DRILL_PY_UNKNOWN, "1:7: the name x is not known");
    assert_result("if 1:\n assert 1", SV_DRILL_PY_UNKNOWN, "1:6: of if, only the form on one line is known");
}

/* Reading alone knows no values, and names what no value could help. */
static void test_check(void **state)
{
    (void)state;
    struct sv_drill_error e;
    assert_int_equal(sv_drill_python_check("assert tcpi_nonsense == 1 // 0, '%d' % x", 1, &e), SV_DRILL_PY_OK);
    assert_int_equal(sv_drill_python_check("x = 1\ndef f(): pass", 5, &e), SV_DRILL_PY_UNKNOWN);
    assert_int_equal(e.line, 6);
}

/* Names stay from one snippet to the next; their number has an end. */
static void test_names(void **state)
{
    (void)state;
    struct sv_drill_python py = python();
    struct sv_drill_error e;
    char text[64];
    assert_int_equal(sv_drill_python_run(&py, "cwnd = 5", 1, &e), SV_DRILL_PY_OK);
    assert_int_equal(sv_drill_python_run(&py, "assert cwnd == 5", 1, &e), SV_DRILL_PY_OK);
    for (uint32_t i = 1; i < SV_DRILL_PY_NAMES; i++) {
        (void)snprintf(text, sizeof text, "x%u = 1", i);
        assert_int_equal(sv_drill_python_run(&py, text, 1, &e), SV_DRILL_PY_OK);
    }
    assert_int_equal(sv_drill_python_run(&py, "more = 1", 1, &e), SV_DRILL_PY_UNKNOWN);
}

static void test_depth(void **state)
{
    (void)state;
    char text[600];
    struct sv_drill_error e;
    memset(text, '(', 500);
    text[500] = 0;
    assert_int_equal(sv_drill_python_check(text, 1, &e), SV_DRILL_PY_UNKNOWN);
    memset(text, '-', 500);
    assert_int_equal(sv_drill_python_check(text, 1, &e), SV_DRILL_PY_UNKNOWN);
    for (int i = 0; i < 500; i += 4)
        memcpy(text + i, "not ", 4);
    assert_int_equal(sv_drill_python_check(text, 1, &e), SV_DRILL_PY_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds), cmocka_unit_test(test_does_not_hold), cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_check), cmocka_unit_test(test_names),         cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
