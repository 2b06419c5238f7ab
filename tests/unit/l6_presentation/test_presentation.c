/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "l6_presentation/date.h"
#include "l6_presentation/mime.h"
#include "l6_presentation/percent.h"
#include "l6_presentation/url.h"

static struct sv_text text(const char *s)
{
    return (struct sv_text){s, strlen(s)};
}

/* ---- dates ---- */

static const struct {
    const char *text;
    int64_t seconds; /* -1: not a date */
} dates[] = {
    /* RFC 9110 §5.6.7's own three */
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
    {"Sun Nov  6 08:49:37 1994", 784111777},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Tue, 29 Feb 2000 23:59:59 GMT", 951868799},
    {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, /* a leap second */
    {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
    {"Wed Nov 16 08:49:37 1994", 784975777},
    {"Tuesday, 01-Jan-30 00:00:00 GMT", 1893456000},   /* now is 2026: four years ahead */
    {"Saturday, 01-Jan-77 00:00:00 GMT", 220924800},   /* 51 years ahead is the past */
    {"Wednesday, 01-Jan-76 00:00:00 GMT", 3345062400}, /* 50 ahead is not */
    {"Thu, 29 Feb 1900 00:00:00 GMT", -1},             /* no leap year */
    {"Tue, 30 Feb 2000 00:00:00 GMT", -1},
    {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
    {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
    {"Sun, 06 Nov 1994 08:60:00 GMT", -1},
    {"Sun, 06 Nov 1994 08:49:61 GMT", -1},
    {"Sun, 06 Nov 1994 08:49:37 UTC", -1},
    {"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
    {"Sun, 06 Nov 1994 08:49:37", -1},
    {"sun, 06 nov 1994 08:49:37 gmt", -1}, /* case-sensitive */
    {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
    {"Sun, 06 Nov 94 08:49:37 GMT", -1},
    {"Sun, 06-Nov-94 08:49:37 GMT", -1},
    {"Xxx, 06 Nov 1994 08:49:37 GMT", -1},
    {"", -1},
    {"S", -1},
};

static void test_date_forms(void **state)
{
    const int64_t now_s = 1795370000; /* 2026 */
    (void)state;
    for (size_t i = 0; i < SV_COUNT_OF(dates); i++) {
        int64_t s = -2;
        const bool ok = sv_date_parse(text(dates[i].text), now_s, &s);
        if (ok != (dates[i].seconds >= 0) || (ok && s != dates[i].seconds))
            fail_msg("%s: %d %lld", dates[i].text, ok, (long long)s);
    }
}

/* Every day of 800 years, against counting days one by one. */
static void test_date_calendar(void **state)
{
    static const uint8_t length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = sv_date_days(1600, 1, 1);
    uint8_t weekday = 6; /* 1600-01-01 was a Saturday */
    (void)state;
    assert_int_equal(days, -135140);
    for (int32_t y = 1600; y < 2400; y++) {
        const bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
        for (uint32_t m = 1; m <= 12; m++)
            for (uint32_t d = 1; d <= length[m - 1] + (leap && m == 2 ? 1u : 0u); d++, days++) {
                const struct sv_date date = sv_date_of(days * 86400 + 86399);
                assert_int_equal(sv_date_days(y, m, d), days);
                assert_int_equal(date.year, y);
                assert_int_equal(date.month, m);
                assert_int_equal(date.day, d);
                assert_int_equal(date.weekday, weekday);
                weekday = (uint8_t)((weekday + 1) % 7);
            }
    }
}

static void test_date_text(void **state)
{
    char to[SV_DATE_TEXT], shorter[SV_DATE_SHORT];
    (void)state;
    assert_string_equal(sv_date_text(784111777, to), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_string_equal(sv_date_text(-1, to), "Wed, 31 Dec 1969 23:59:59 GMT");
    assert_string_equal(sv_date_text(INT64_MAX, to), "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_string_equal(sv_date_text(INT64_MIN, to), "Sat, 01 Jan 0000 00:00:00 GMT");
    assert_string_equal(sv_date_short(784111777, shorter), "1994-11-06 08:49");
    for (int64_t s = SV_DATE_FIRST_S; s <= SV_DATE_LAST_S; s += 86400 * 53 + 7919) {
        int64_t back;
        assert_true(sv_date_parse(text(sv_date_text(s, to)), 0, &back));
        assert_int_equal(back, s);
    }
}

/* ---- percent coding, media types ---- */

static void test_percent(void **state)
{
    char to[64];
    size_t n;
    (void)state;
    assert_true(sv_percent_decode(text("a%20b%2fC%00"), to, sizeof to, &n));
    assert_int_equal(n, 6);
    assert_memory_equal(to, "a b/C\0", 6);
    assert_false(sv_percent_decode(text("%"), to, sizeof to, &n));
    assert_false(sv_percent_decode(text("%2"), to, sizeof to, &n));
    assert_false(sv_percent_decode(text("%g0"), to, sizeof to, &n));
    assert_false(sv_percent_decode(text("abc"), to, 2, &n));
    assert_true(sv_percent_encode(text("a /\"\xe5~"), "/", to, sizeof to, &n));
    assert_int_equal(n, 12);
    assert_memory_equal(to, "a%20/%22%E5~", 12);
    assert_false(sv_percent_encode(text(" "), "", to, 2, &n));
    for (uint32_t c = 0; c < 256; c++) { /* there and back */
        const char one = (char)c;
        char back;
        assert_true(sv_percent_encode((struct sv_text){&one, 1}, "", to, 3, &n));
        assert_true(sv_percent_decode((struct sv_text){to, n}, &back, 1, &n));
        assert_int_equal(back, one);
    }
}

static void test_mime(void **state)
{
    (void)state;
    assert_string_equal(sv_mime_type(text("a/b.HTML")), "text/html; charset=utf-8");
    assert_string_equal(sv_mime_type(text("x.tar.gz")), "application/gzip");
    assert_string_equal(sv_mime_type(text("x.d/readme")), "application/octet-stream");
    assert_string_equal(sv_mime_type(text(".html")), "application/octet-stream");
    assert_string_equal(sv_mime_type(text("a/.html")), "application/octet-stream");
    assert_string_equal(sv_mime_type(text("x.")), "application/octet-stream");
    assert_string_equal(sv_mime_type(text("")), "application/octet-stream");
    assert_string_equal(sv_mime_type(text("lab.wasm")), "application/wasm");
}

/* ---- URLs ---- */

static void test_url_parts(void **state)
{
    struct sv_url u;
    (void)state;
    assert_true(sv_url_parse(text("http://u:p@Host.example:8080/a/b%20c?q=1?2#frag/?"), &u));
    assert_true(sv_text_equal(u.scheme, SV_TEXT("http")));
    assert_true(sv_text_equal(u.userinfo, SV_TEXT("u:p")));
    assert_true(sv_text_equal(u.host, SV_TEXT("Host.example")));
    assert_int_equal(u.port, 8080);
    assert_true(sv_text_equal(u.path, SV_TEXT("/a/b%20c")));
    assert_true(sv_text_equal(u.query, SV_TEXT("q=1?2")));
    assert_true(sv_text_equal(u.fragment, SV_TEXT("frag/?")));
    assert_true(sv_url_parse(text("https://[2001:db8::1]:443"), &u));
    assert_true(u.literal);
    assert_true(sv_text_equal(u.host, SV_TEXT("2001:db8::1")));
    assert_true(sv_text_equal(u.authority, SV_TEXT("[2001:db8::1]:443")));
    assert_int_equal(sv_url_default_port(SV_TEXT("HTTPS")), 443);
    assert_int_equal(sv_url_default_port(SV_TEXT("gopher")), 0);
}

static const struct {
    const char *text;
    bool good;
} url_grammar[] = {
    {"http://a", true},
    {"http://a:", true},
    {"http://a:65535", true},
    {"http://a:65536", false},
    {"http://a:8x", false},
    {"http://[::1]", true},
    {"http://[::1", false},
    {"http://[::1]x", false},
    {"http://[1:2:3:4:5:6:7:8]", true},
    {"http://[1:2:3:4:5:6:7]", false},
    {"http://[1:2:3:4:5:6:7:8:9]", false},
    {"http://[::]", true},
    {"http://[1::8]", true},
    {"http://[1::2::3]", false},
    {"http://[12345::]", false},
    {"http://[::ffff:1.2.3.4]", true},
    {"http://[::1.2.3.256]", false},
    {"http://[1:2:3:4:5:6:1.2.3.4]", true},
    {"http://[1:2:3:4:5:6:7:1.2.3.4]", false},
    {"http://[1.2.3.4]", false},
    {"http://[::1:]", false},
    {"http://[v1.x:y]", true},
    {"http://[v.x]", false},
    {"http://[]", false},
    {"http://[:]", false},
    {"http://a b", false},
    {"http://a/ b", false},
    {"http://a/%", false},
    {"http://a/%zz", false},
    {"http://a/%41", true},
    {"http://a/\"", false},
    {"http://a/<", false},
    {"http://a/\\", false},
    {"http://a/|", false},
    {"http://a/#a#b", false},
    {"1http://a", false},
    {"ht_tp:x", false},
    {":", false},
    {"", true},
    {"?", true},
    {"#", true},
    {"a", true},
    {"./a:b", true},
    {"mailto:a@b", true},
    {"//h/p", true},
    {"http://u@v@h", false},
    {"http://\xe5", false},
    {"a/b:c", true},
    {"http://a/?%zz", false},
};

static void test_url_grammar(void **state)
{
    struct sv_url u;
    (void)state;
    for (size_t i = 0; i < SV_COUNT_OF(url_grammar); i++)
        if (sv_url_parse(text(url_grammar[i].text), &u) != url_grammar[i].good)
            fail_msg("%s", url_grammar[i].text);
    assert_true(sv_url_parse_authority(text("a.b:80"), &u));
    assert_int_equal(u.port, 80);
    assert_true(sv_url_parse_authority(text(""), &u));
    assert_false(sv_url_parse_authority(text("u@h"), &u));
    assert_false(sv_url_parse_authority(text("a/b"), &u));
    assert_false(sv_url_parse_authority(text("a, b"), &u));
}

/* RFC 3986 §5.4.1 and §5.4.2, all of them. */
static const struct {
    const char *reference, *target;
} url_references[] = {
    {"g:h", "g:h"},
    {"g", "http://a/b/c/g"},
    {"./g", "http://a/b/c/g"},
    {"g/", "http://a/b/c/g/"},
    {"/g", "http://a/g"},
    {"//g", "http://g"},
    {"?y", "http://a/b/c/d;p?y"},
    {"g?y", "http://a/b/c/g?y"},
    {"#s", "http://a/b/c/d;p?q#s"},
    {"g#s", "http://a/b/c/g#s"},
    {"g?y#s", "http://a/b/c/g?y#s"},
    {";x", "http://a/b/c/;x"},
    {"g;x", "http://a/b/c/g;x"},
    {"g;x?y#s", "http://a/b/c/g;x?y#s"},
    {"", "http://a/b/c/d;p?q"},
    {".", "http://a/b/c/"},
    {"./", "http://a/b/c/"},
    {"..", "http://a/b/"},
    {"../", "http://a/b/"},
    {"../g", "http://a/b/g"},
    {"../..", "http://a/"},
    {"../../", "http://a/"},
    {"../../g", "http://a/g"},
    {"../../../g", "http://a/g"},
    {"../../../../g", "http://a/g"},
    {"/./g", "http://a/g"},
    {"/../g", "http://a/g"},
    {"g.", "http://a/b/c/g."},
    {".g", "http://a/b/c/.g"},
    {"g..", "http://a/b/c/g.."},
    {"..g", "http://a/b/c/..g"},
    {"./../g", "http://a/b/g"},
    {"./g/.", "http://a/b/c/g/"},
    {"g/./h", "http://a/b/c/g/h"},
    {"g/../h", "http://a/b/c/h"},
    {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
    {"g;x=1/../y", "http://a/b/c/y"},
    {"g?y/./x", "http://a/b/c/g?y/./x"},
    {"g#s/../x", "http://a/b/c/g#s/../x"},
    {"http:g", "http:g"},
    {"x:.//y", "x:/y"},
    {"x:.///y", "x:/.//y"},
    {"x:/..//y", "x:/.//y"}, /* no authority may appear from nowhere */
};

static void test_url_resolve(void **state)
{
    struct sv_url base, r;
    char to[128];
    size_t n;
    (void)state;
    assert_true(sv_url_parse(text("http://a/b/c/d;p?q"), &base));
    for (size_t i = 0; i < SV_COUNT_OF(url_references); i++) {
        assert_true(sv_url_parse(text(url_references[i].reference), &r));
        assert_true(sv_url_resolve(&base, &r, to, sizeof to, &n));
        if (!sv_text_equal((struct sv_text){to, n}, text(url_references[i].target)))
            fail_msg("%s: %.*s", url_references[i].reference, (int)n, to);
        assert_false(sv_url_resolve(&base, &r, to, n - 1, &n));
    }
    assert_true(sv_url_parse(text("a/b"), &base));
    assert_true(sv_url_parse(text("c"), &r));
    assert_false(sv_url_resolve(&base, &r, to, sizeof to, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_date_forms),  cmocka_unit_test(test_date_calendar), cmocka_unit_test(test_date_text),
        cmocka_unit_test(test_percent),     cmocka_unit_test(test_mime),          cmocka_unit_test(test_url_parts),
        cmocka_unit_test(test_url_grammar), cmocka_unit_test(test_url_resolve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
