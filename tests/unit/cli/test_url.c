/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/get.h"

static struct get_url url;
static const char *why;

static void parts(void **state)
{
    (void)state;
    assert_int_equal(get_url_parse(&url, "http://10.7.0.1/hello.txt", &why), GET_OK);
    assert_string_equal(url.host, "10.7.0.1");
    assert_string_equal(url.target, "/hello.txt");
    assert_string_equal(url.authority, "10.7.0.1");
    assert_int_equal(url.port, 80);
    assert_null(url.user);
    assert_int_equal(get_url_parse(&url, "HTTP://u:p@site.test:8080?a=b c#frag", &why), GET_OK);
    assert_string_equal(url.host, "site.test");
    assert_string_equal(url.user, "u:p");
    assert_string_equal(url.target, "/?a=b%20c");
    assert_string_equal(url.authority, "site.test:8080");
    assert_int_equal(get_url_parse(&url, "10.7.0.1", &why), GET_OK); /* http by default */
    assert_string_equal(url.target, "/");
    assert_int_equal(get_url_parse(&url, "10.7.0.1:81/x://y", &why), GET_OK);
    assert_int_equal(url.port, 81);
    assert_string_equal(url.target, "/x://y");
    assert_int_equal(get_url_parse(&url, "http://[fd07::1]:8080/x", &why), GET_OK);
    assert_string_equal(url.host, "[fd07::1]");
    assert_int_equal(url.port, 8080);
    assert_int_equal(get_url_parse(&url, "http://h/caf\xc3\xa9", &why), GET_OK);
    assert_string_equal(url.target, "/caf%C3%A9");
}

/* In curl's numbers. */
static void refusals(void **state)
{
    static char longest[GET_URL_MAX + 16];
    (void)state;
    assert_int_equal(get_url_parse(&url, "https://h/", &why), GET_UNSUPPORTED_PROTOCOL);
    assert_int_equal(get_url_parse(&url, "ftp://h/", &why), GET_UNSUPPORTED_PROTOCOL);
    assert_int_equal(get_url_parse(&url, "http://", &why), GET_BAD_URL);
    assert_int_equal(get_url_parse(&url, "http:///x", &why), GET_BAD_URL);
    assert_int_equal(get_url_parse(&url, "http://h:99999/", &why), GET_BAD_URL);
    assert_int_equal(get_url_parse(&url, "http://h:x/", &why), GET_BAD_URL);
    assert_int_equal(get_url_parse(&url, "http://h:0/", &why), GET_BAD_URL);
    assert_int_equal(get_url_parse(&url, "http://h/a\r\nHost: evil", &why), GET_BAD_URL);
    memset(longest, 'a', sizeof longest - 1);
    assert_int_equal(get_url_parse(&url, longest, &why), GET_BAD_URL);
}

/* RFC 3986 §5.4's examples, for a base of http alone. */
static void joined(void **state)
{
    static const struct {
        const char *location, *result;
    } cases[] = {
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d?y"},
        {"g?y", "http://a/b/c/g?y"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"g/../h", "http://a/b/c/h"},
        {"http://x/y", "http://x/y"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
    };
    char to[256];
    (void)state;
    assert_int_equal(get_url_parse(&url, "http://a/b/c/d?q", &why), GET_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sv_text location = {cases[i].location, strlen(cases[i].location)};
        assert_true(get_url_join(&url, location, to, sizeof to));
        assert_string_equal(to, cases[i].result);
    }
    assert_false(get_url_join(&url, (struct sv_text){"/0123456789", 11}, to, 12));
}

static void names_and_basic(void **state)
{
    char to[64];
    (void)state;
    assert_int_equal(get_url_parse(&url, "http://h/dir/file.bin?x=/y", &why), GET_OK);
    assert_string_equal(get_url_name(&url, to, sizeof to), "file.bin");
    assert_int_equal(get_url_parse(&url, "http://h/dir/", &why), GET_OK);
    assert_string_equal(get_url_name(&url, to, sizeof to), "");
    get_basic("Aladdin:open sesame", to, sizeof to); /* RFC 7617 §2 */
    assert_string_equal(to, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    get_basic("a", to, sizeof to);
    assert_string_equal(to, "Basic YQ==");
    get_basic("abc", to, sizeof to);
    assert_string_equal(to, "Basic YWJj");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts),
        cmocka_unit_test(refusals),
        cmocka_unit_test(joined),
        cmocka_unit_test(names_and_basic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
