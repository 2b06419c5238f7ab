/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditional requests and ranges as grids: every combination of preconditions against a reference that is
 * written straight from the table of RFC 9110 §13.2.2, and every small range against byte sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "l7_application/http_select.h"
#include "tests/support/memory_stream.h"

static struct sv_http_head head;

static void set_fields(const char *fields)
{
    static char text[4096];
    struct memory_stream m;
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s\r\n", fields);
    const struct sv_stream s = memory_stream_init(&m, text, strlen(text));
    sv_http_head_reset(&head);
    assert_int_equal(sv_http_head_read(&head, &s, false, 0), SV_HTTP_READ_READY);
    assert_int_equal(sv_http_head_fields(&head), 0);
}

#define MTIME_S 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
static const struct sv_http_validators validators = {{"\"v1\"", 4}, true, MTIME_S, 1795370000};

/* What one precondition field says of our file: ABSENT, TRUE, FALSE, or IGNORED (malformed date). */
enum truth { ABSENT, IS_TRUE, IS_FALSE, IGNORED };

struct variant {
    const char *line;
    enum truth truth;
};

static const struct variant if_match[] = {
    {"", ABSENT},
    {"If-Match: *\r\n", IS_TRUE},
    {"If-Match: \"v1\"\r\n", IS_TRUE},
    {"If-Match: \"v2\"\r\n", IS_FALSE},
    {"If-Match: W/\"v1\"\r\n", IS_FALSE},
    {"If-Match: \"a,b\", \"v1\"\r\n", IS_TRUE},
    {"If-Match: \"v0\"\r\nIf-Match: \"v1\"\r\n", IS_TRUE},
    {"If-Match: v1\r\n", IS_FALSE},
};
static const struct variant if_unmodified[] = {
    {"", ABSENT},
    {"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", IS_TRUE},
    {"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", IS_FALSE},
    {"If-Unmodified-Since: Sunday, 06-Nov-94 08:49:38 GMT\r\n", IS_TRUE},
    {"If-Unmodified-Since: yesterday\r\n", IGNORED},
};
static const struct variant if_none_match[] = {
    {"", ABSENT},
    {"If-None-Match: *\r\n", IS_FALSE},
    {"If-None-Match: \"v1\"\r\n", IS_FALSE},
    {"If-None-Match: W/\"v1\"\r\n", IS_FALSE},
    {"If-None-Match: \"v2\"\r\n", IS_TRUE},
    {"If-None-Match: \"v2\", W/\"v1\"\r\n", IS_FALSE},
    {"If-None-Match: \"V1\"\r\n", IS_TRUE},
    {"If-None-Match: \"v2\"\r\nIf-None-Match: \"v1\"\r\n", IS_FALSE},
    {"If-None-Match:\r\n", IS_TRUE},
};
static const struct variant if_modified[] = {
    {"", ABSENT},
    {"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", IS_FALSE},
    {"If-Modified-Since: Sun Nov  6 08:49:36 1994\r\n", IS_TRUE},
    {"If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT\r\n", IS_FALSE},
    {"If-Modified-Since: 0\r\n", IGNORED},
    {"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
     IGNORED},
};

static uint32_t reference(enum truth match, enum truth unmodified, enum truth none_match, enum truth modified)
{
    if (match == IS_FALSE)
        return 412;
    if (match == ABSENT && unmodified == IS_FALSE)
        return 412;
    if (none_match != ABSENT)
        return none_match == IS_FALSE ? 304 : 200;
    return modified == IS_FALSE ? 304 : 200;
}

static void test_conditions_grid(void **state)
{
    uint32_t cells = 0, seen[3] = {0};
    (void)state;
    for (size_t a = 0; a < SV_COUNT_OF(if_match); a++)
        for (size_t b = 0; b < SV_COUNT_OF(if_unmodified); b++)
            for (size_t c = 0; c < SV_COUNT_OF(if_none_match); c++)
                for (size_t d = 0; d < SV_COUNT_OF(if_modified); d++, cells++) {
                    char fields[512];
                    snprintf(fields, sizeof fields, "%s%s%s%s", if_match[a].line, if_unmodified[b].line,
                             if_none_match[c].line, if_modified[d].line);
                    set_fields(fields);
                    const uint32_t want = reference(if_match[a].truth, if_unmodified[b].truth, if_none_match[c].truth,
                                                    if_modified[d].truth);
                    const uint32_t got = sv_http_conditions(&head, &validators);
                    if (got != want)
                        fail_msg("%s: %u, not %u", fields, (unsigned)got, (unsigned)want);
                    seen[want == 200 ? 0 : want == 304 ? 1 : 2]++;
                }
    assert_int_equal(cells, 8 * 5 * 9 * 6);
    assert_true(seen[0] > 100 && seen[1] > 100 && seen[2] > 100);
}

static uint32_t ranges(const char *fields, uint64_t size, struct sv_http_ranges *r)
{
    set_fields(fields);
    return sv_http_ranges_select(&head, &validators, size, r);
}

/* Every "a-b", "a-" and "-n" of small numbers over every small size, against the bytes they name. */
static void test_ranges_grid(void **state)
{
    struct sv_http_ranges r;
    char fields[64];
    (void)state;
    for (uint64_t size = 0; size <= 6; size++)
        for (uint64_t a = 0; a <= 7; a++) {
            for (uint64_t b = 0; b <= 8; b++) { /* 8: open end */
                snprintf(fields, sizeof fields, b < 8 ? "Range: bytes=%u-%u\r\n" : "Range: bytes=%u-\r\n", (unsigned)a,
                         (unsigned)b);
                const uint32_t got = ranges(fields, size, &r);
                const uint32_t want = b < a ? 200 : a >= size ? 416 : 206;
                if (got != want)
                    fail_msg("%s of %u: %u", fields, (unsigned)size, (unsigned)got);
                if (want != 206)
                    continue;
                assert_int_equal(r.n, 1);
                assert_int_equal(r.range[0].first, a);
                assert_int_equal(r.range[0].bytes, (b < size ? b + 1 : size) - a);
            }
            snprintf(fields, sizeof fields, "Range: bytes=-%u\r\n", (unsigned)a);
            assert_int_equal(ranges(fields, size, &r), a == 0 ? 416 : size == 0 ? 200 : 206);
            if (a > 0 && size > 0) {
                assert_int_equal(r.range[0].bytes, a < size ? a : size);
                assert_int_equal(r.range[0].first, a < size ? size - a : 0);
            }
        }
}

static void test_ranges_forms(void **state)
{
    static const struct {
        const char *fields;
        uint32_t status, n;
    } cases[] = {
        {"", 200, 0},
        {"Range: bytes=0-0,2-2\r\n", 206, 2},
        {"Range: BYTES = 0-0\r\n", 200, 0},
        {"Range: Bytes=0-0\r\n", 206, 1},
        {"Range: bytes=0-0 , ,, 5-\r\n", 206, 2},
        {"Range: bytes=0-0, 2000-\r\n", 206, 1}, /* the satisfiable ones */
        {"Range: bytes=1000-, 2000-\r\n", 416, 0},
        {"Range: bytes=999-18446744073709551615\r\n", 206, 1},
        {"Range: bytes=99999999999999999999999-\r\n", 416, 0},
        {"Range: bytes=0-99999999999999999999999\r\n", 206, 1},
        {"Range: bytes=-99999999999999999999999\r\n", 206, 1},
        {"Range: bytes=\r\n", 200, 0},
        {"Range: bytes=-\r\n", 200, 0},
        {"Range: bytes=a-b\r\n", 200, 0},
        {"Range: bytes=0-0,x\r\n", 200, 0},
        {"Range: bytes=5-3\r\n", 200, 0},
        {"Range: bytes=0 - 3\r\n", 200, 0},
        {"Range: bytes=+0-3\r\n", 200, 0},
        {"Range: lines=0-3\r\n", 200, 0},
        {"Range: bytes 0-3\r\n", 200, 0},
        {"Range: bytes=0-3\r\nRange: bytes=5-6\r\n", 200, 0},
        {"Range: bytes=0-9,5-14\r\n", 206, 2},    /* one overlap may be a mistake */
        {"Range: bytes=0-9,0-9,0-9\r\n", 200, 0}, /* three are not */
        {"Range: bytes=0-,0-\r\n", 200, 0},       /* twice the file */
#define EIGHT "0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14"
        {"Range: bytes=" EIGHT ",16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30\r\n", 206, 16},
        {"Range: bytes=" EIGHT ",16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30,32-32\r\n", 200, 0},
        {"Range: bytes=0-3\r\nIf-Range: \"v1\"\r\n", 206, 1},
        {"Range: bytes=0-3\r\nIf-Range: \"v2\"\r\n", 200, 0},
        {"Range: bytes=0-3\r\nIf-Range: W/\"v1\"\r\n", 200, 0},
        {"Range: bytes=0-3\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 206, 1},
        {"Range: bytes=0-3\r\nIf-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n", 200, 0}, /* equal, not later */
        {"Range: bytes=0-3\r\nIf-Range: nonsense\r\n", 200, 0},
        {"Range: bytes=9999-\r\nIf-Range: \"v2\"\r\n", 200, 0},
        {"Range: bytes=0-3\r\nIf-Range: \"v1\"\r\nIf-Range: \"v1\"\r\n", 200, 0},
    };
    struct sv_http_ranges r;
    (void)state;
    for (size_t i = 0; i < SV_COUNT_OF(cases); i++) {
        const uint32_t got = ranges(cases[i].fields, 1000, &r);
        if (got != cases[i].status || (got == 206 && r.n != cases[i].n))
            fail_msg("%s: %u, %u ranges", cases[i].fields, (unsigned)got, (unsigned)r.n);
    }
    /* A date is no strong validator within its own second (RFC 9110 §8.8.2.2). */
    struct sv_http_validators young = validators;
    young.now_s = MTIME_S;
    set_fields("Range: bytes=0-3\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    assert_int_equal(sv_http_ranges_select(&head, &young, 1000, &r), 200);
    assert_int_equal(ranges("Range: bytes=18446744073709551614-\r\n", UINT64_MAX, &r), 206);
    assert_int_equal(r.range[0].bytes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions_grid),
        cmocka_unit_test(test_ranges_grid),
        cmocka_unit_test(test_ranges_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
