/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/core/support.h"

#include "seven/drop.h"
#include "seven/trace.h"

static void knows_every_error(void **state)
{
    (void)state;
#define SV_X(name, number, text)                                    \
    assert_string_equal(sv_err_name((enum sv_err)(number)), #name); \
    assert_string_equal(sv_err_text((enum sv_err)(number)), text);
    SV_ERR_LIST(SV_X)
#undef SV_X
    assert_string_equal(sv_err_name((enum sv_err)9999), "?");
    assert_string_equal(sv_err_text((enum sv_err) - 1), "?");
}

static void knows_every_drop(void **state)
{
    (void)state;
    uint32_t named = 0;
#define SV_X(name, number, text)                                      \
    assert_string_equal(sv_drop_name((enum sv_drop)(number)), #name); \
    assert_string_equal(sv_drop_text((enum sv_drop)(number)), text);  \
    named++;
    SV_DROP_LIST(SV_X)
#undef SV_X
    assert_true(named >= 64);
    assert_true(named <= SV_DROP_COUNT);
    assert_string_equal(sv_drop_name(SV_DROP_COUNT), "?");
    assert_string_equal(sv_drop_text((enum sv_drop) - 5), "?");
}

/* Each number once: two names of one number would hide one of them in the tables. */
static void numbers_are_unique(void **state)
{
    (void)state;
    static const uint32_t drop[] = {
#define SV_X(name, number, text) number,
        SV_DROP_LIST(SV_X)
#undef SV_X
    };
    static const uint32_t kind[] = {
#define SV_X(name, number, text) number,
        SV_TRACE_LIST(SV_X)
#undef SV_X
    };
    for (size_t i = 1; i < sizeof drop / sizeof drop[0]; i++)
        assert_true(drop[i] > drop[i - 1]);
    for (size_t i = 1; i < sizeof kind / sizeof kind[0]; i++)
        assert_true(kind[i] > kind[i - 1]);
    assert_true(SV_TRACE_KIND_COUNT <= 64); /* sv_trace_select has a bit for each */
}

static uint32_t words(const char *text)
{
    uint32_t n = 1;
    for (; *text != '\0'; text++)
        n += *text == ' ';
    return n;
}

static void knows_every_kind(void **state)
{
    (void)state;
#define SV_X(name, number, args)                                                  \
    assert_string_equal(sv_trace_kind_name((enum sv_trace_kind)(number)), #name); \
    assert_string_equal(sv_trace_args((enum sv_trace_kind)(number)), args);       \
    assert_true(words(args) <= 1 + SV_TRACE_ARGS);
    SV_TRACE_LIST(SV_X)
#undef SV_X
    assert_null(sv_trace_kind_name((enum sv_trace_kind)0));
    assert_null(sv_trace_args((enum sv_trace_kind)0));
    assert_null(sv_trace_kind_name(SV_TRACE_KIND_COUNT));
    assert_null(sv_trace_args((enum sv_trace_kind) - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_every_error),
        cmocka_unit_test(knows_every_drop),
        cmocka_unit_test(numbers_are_unique),
        cmocka_unit_test(knows_every_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
