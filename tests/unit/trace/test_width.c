/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns and line breaks, in both scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trace/width.h"

static uint32_t width(const char *text)
{
    return sv_width_text(text, strlen(text));
}

static void test_widths(void **state)
{
    (void)state;
    assert_int_equal(width(""), 0);
    assert_int_equal(width("SYN"), 3);
    assert_int_equal(width("握手"), 4);
    assert_int_equal(width("（RFC）"), 7);
    assert_int_equal(width("│─"), 2);           /* ambiguous ones count one: they are the rails */
    assert_int_equal(width("e\xcc\x81"), 1);    /* e and a combining acute */
    assert_int_equal(width("\xff\xfe"), 2);     /* not UTF-8: shown as ?? */
    assert_int_equal(width("\xc0\xaf"), 2);     /* an overlong slash is no slash */
    assert_int_equal(width("\xed\xa0\x80"), 3); /* a surrogate */
    assert_int_equal(width("\xf0\x9f\x98\x80"), 2);
    assert_int_equal(width("한글"), 4);
    assert_int_equal(width("\xe6\x8f"), 2); /* cut in the middle */
}

static void breaks(const char *text, uint32_t columns, const char *const *lines)
{
    size_t n = strlen(text);
    while (*lines) {
        size_t next;
        const size_t end = sv_width_break(text, n, columns, &next);
        assert_int_equal(end, strlen(*lines));
        assert_memory_equal(text, *lines, end);
        assert_true(next <= n);
        text += next;
        n -= next;
        lines++;
    }
    assert_int_equal(n, 0);
}

static void test_breaks(void **state)
{
    (void)state;
    breaks("one two three", 7, (const char *const[]){"one two", "three", NULL});
    breaks("one  two", 4, (const char *const[]){"one", "two", NULL});
    breaks("unbreakable", 4, (const char *const[]){"unbr", "eaka", "ble", NULL});
    /* No closing mark at the start of a line: the character before it comes along. */
    breaks("全部确认。好", 8, (const char *const[]){"全部确", "认。好", NULL});
    /* No opening mark at the end of one. */
    breaks("取样（甲）", 6, (const char *const[]){"取样", "（甲）", NULL});
    breaks("初始（RFC 5681 3.1）。", 12, (const char *const[]){"初始（RFC", "5681 3.1）。", NULL});
    /* A wide character that does not fit into one column left. */
    breaks("a握手", 2, (const char *const[]){"a", "握", "手", NULL});
    /* Narrower than one character: still goes on. */
    breaks("握手", 1, (const char *const[]){"握", "手", NULL});
}

static void test_cut(void **state)
{
    (void)state;
    assert_int_equal(sv_width_cut("握手ab", 8, 3), 3);
    assert_int_equal(sv_width_cut("握手ab", 8, 5), 7);
    assert_int_equal(sv_width_cut("abc", 3, 9), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_breaks),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
