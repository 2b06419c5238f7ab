/* SPDX-License-Identifier: BSD-2-Clause */
/* Where one request ends and the next begins: bodies, limits, and the ways to smuggle (RFC 9112 §11.2). */
#include "tests/unit/l7_application/http_ask.h"

/* Whoever reads a message differently from a proxy before us can be made to see a second request in it. Each
 * of these is refused, and nothing after it is read: the last request of a row must never be answered. */
#define POST "POST / HTTP/1.1\r\n" H
static const struct row smuggling_rows[] = {
    {POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT, "400 "},
    {POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" NEXT, "400 "},
    {POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc" NEXT, "400 "},
    {POST "Content-Length: 3, 4\r\n\r\nabc" NEXT, "400 "},
    {POST "Content-Length: 3,\r\n\r\nabc" NEXT, "400 "},
    {POST "Content-Length: ,3\r\n\r\nabc" NEXT, "400 "},
    {POST "Content-Length: +3\r\n\r\nabc" NEXT, "400 "},
    {POST "Content-Length: -3\r\n\r\nabc" NEXT, "400 "},
    {POST "Content-Length: 0x3\r\n\r\nabc" NEXT, "400 "},
    {POST "Content-Length: 3 3\r\n\r\nabc" NEXT, "400 "},
    {POST "Content-Length: \"3\"\r\n\r\nabc" NEXT, "400 "},
    {POST "Content-Length:\r\n\r\n" NEXT, "400 "},
    {POST "Content-Length: 18446744073709551616\r\n\r\n" NEXT, "400 "},
    {POST "Content-Length: 99999999999999999999999999\r\n\r\n" NEXT, "400 "},
    {POST "Content-Length : 3\r\n\r\nabc" NEXT, "400 "},
    {POST "Content-Length\t: 3\r\n\r\nabc" NEXT, "400 "},
    {POST " Content-Length: 3\r\n\r\nabc" NEXT, "400 "},
    {POST "X: y\r\n Content-Length: 3\r\n\r\nabc" NEXT, "400 "},
    {POST "X: y\r\n\tz\r\n\r\n" NEXT, "400 "},
    {POST "Content-Length: 3\r\n ,4\r\n\r\nabc" NEXT, "400 "},
    {POST "X\r\n\r\n" NEXT, "400 "},
    {POST ": y\r\n\r\n" NEXT, "400 "},
    {POST "X y: z\r\n\r\n" NEXT, "400 "},
    {POST "X(y): z\r\n\r\n" NEXT, "400 "},
    {POST "X\x80: z\r\n\r\n" NEXT, "400 "},
    {POST "X: a\rb\r\n\r\n" NEXT, "400 "},
    {POST "X: a\nContent-Length: 3\r\n\r\n" NEXT, "400 "},
    {POST "X: a\n\r\n" NEXT, "400 "},
    {POST "X: a\x01\r\n\r\n" NEXT, "400 "},
    {POST "X: a\x7f\r\n\r\n" NEXT, "400 "},
    {"GET / HTTP/1.1\nHost: x\n\n" NEXT, "400 "},
    {"GET / HTTP/1.1\r\nHost: x\r\n\n" NEXT, "400 "},
    {"GET / HTTP/1.1\r\r\nHost: x\r\n\r\n" NEXT, "400 "},
    {POST "Transfer-Encoding: identity\r\n\r\n" NEXT, "400 "},
    {POST "Transfer-Encoding:\r\n\r\n" NEXT, "400 "},
    {POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" NEXT, "400 "},
    {POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" NEXT, "400 "},
    {POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" NEXT, "400 "},
    {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT, "400 "},
    {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" NEXT, "400 "},
    {POST "Transfer-Encoding: \x0b"
          "chunked\r\n\r\n0\r\n\r\n" NEXT,
     "400 "},
    {POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" NEXT, "400 "},
    {POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" NEXT, "501 "},
    {"POST / HTTP/1.0\r\n" H "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT, "400 "},
    {GET("/zero") "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT, "400 "},
/* the chunks themselves */
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
    {CHUNKED "3\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "3\r\nabc0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "3\r\nabc\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "0x3\r\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "-3\r\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "+3\r\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED " 3\r\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "3 \r\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "\r\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED ";x\r\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "3;a\nb\r\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "3;a\rb\r\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "ffffffffffffffff\r\n" NEXT, "400 "},
    {CHUNKED "10000000000000003\r\nabc\r\n0\r\n\r\n" NEXT, "400 "},
    {CHUNKED "0\r\n" NEXT, "400 "}, /* the next request line is no trailer field */
    {CHUNKED "0\r\nX : y\r\n\r\n" NEXT, "400 "},
    {CHUNKED "0\r\n x: y\r\n\r\n" NEXT, "400 "},
    {CHUNKED "0\n\n" NEXT, "400 "},
    {CHUNKED "3\r\nab", "400 "},
    {POST "Content-Length: 3\r\n\r\nab", "400 "},
    /* Host */
    {"GET / HTTP/1.1\r\n\r\n" NEXT, "400 "},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n" NEXT, "400 "},
    {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n" NEXT, "400 "},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n" NEXT, "400 "},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n" NEXT, "400 "},
    {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n" NEXT, "400 "},
    {"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n" NEXT, "400 "},
};

static void test_smuggling(void **state)
{
    (void)state;
    RUN(smuggling_rows);
}

/* What may be accepted is, and leaves the next request where it begins. */
static const struct row bodies_rows[] = {
    {POST "Content-Length: 0\r\n\r\n" NEXT, "405 200 "},
    {POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc" NEXT, "405 200 "},
    {POST "Content-Length: 3, 3\r\n\r\nabc" NEXT, "405 200 "},
    {POST "Content-Length: 003\r\n\r\nabc" NEXT, "405 200 "},
    {POST "CONTENT-LENGTH:3\r\n\r\nabc" NEXT, "405 200 "},
    {GET("/hello.txt") "Content-Length: 3\r\n\r\nabc" NEXT, "200 200 "},
    {CHUNKED "0\r\n\r\n" NEXT, "405 200 "},
    {CHUNKED "3\r\nabc\r\nA\r\n0123456789\r\n00\r\n\r\n" NEXT, "405 200 "},
    {CHUNKED "3;a=b\r\nabc\r\n3 ; a = \"b;c\"\r\nabc\r\n0;z\r\n\r\n" NEXT, "405 200 "},
    {CHUNKED "1\r\na\r\n0\r\nX: y\r\nEmpty:\r\n\r\n" NEXT, "405 200 "},
    {POST "Transfer-Encoding: , Chunked ,\r\n\r\n0\r\n\r\n" NEXT, "405 200 "},
    {"GET /zero HTTP/1.1\r\nHost:\r\n\r\n" NEXT, "200 200 "},
    {"GET /zero HTTP/1.1\r\nHost: [::1]:80\r\n\r\n" NEXT, "200 200 "},
    {"GET /zero HTTP/1.1\r\nhOST: \t x \t\r\nX:a\x80\xff\tb\r\n\r\n" NEXT, "200 200 "},
    {GET("/zero") "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc" NEXT, "100 200 200 "},
    {GET("/zero") "Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" NEXT, "100 200 200 "},
    {GET("/zero") "Expect: 100-continue\r\n\r\n" NEXT, "200 200 "},
    {POST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n", "405 "},
    {POST "Expect: something\r\nContent-Length: 3\r\n\r\nabc" NEXT, "417 "},
    {"GET /zero HTTP/1.0\r\nConnection: keep-alive\r\nExpect: x\r\n\r\n" NEXT, "200 200 "},
    {POST "Content-Length: 1048577\r\n\r\n" NEXT, "413 "},
};

static void test_bodies(void **state)
{
    (void)state;
    RUN(bodies_rows);
}

static void test_limits(void **state)
{
    static char in[40000];
    char *p = in;
    (void)state;
    for (size_t n = 7990; n < 8300; n += 97) { /* around the longest first line: 8,192 with its end */
        const size_t target = n - strlen("GET  HTTP/1.1\r\n");
        p = in + sprintf(in, "GET /");
        memset(p, 'a', target - 1);
        strcpy(p + target - 1, " HTTP/1.1\r\nHost: x\r\n\r\n");
        struct answer a = expect(in, n > 8192 ? "414 " : target - 1 > 4096 ? "414 " : "404 ");
        free(a.bytes);
    }
    p = in + sprintf(in, GET("/zero"));
    for (uint32_t i = 0; i < 95; i++)
        p += sprintf(p, "X: %u\r\n", i);
    strcpy(p, "\r\n");
    struct answer a = expect(in, "200 ");
    free(a.bytes);
    strcpy(p, "X: 96\r\n\r\n");
    a = expect(in, "431 ");
    free(a.bytes);
    p = in + sprintf(in, GET("/zero") "X: ");
    memset(p, 'a', 12288);
    strcpy(p + 12288, "\r\n\r\n");
    a = expect(in, "431 ");
    free(a.bytes);
    p = in + sprintf(in, CHUNKED "1;"); /* extensions without end */
    memset(p, 'a', 16384);
    strcpy(p + 16384, "\r\na\r\n0\r\n\r\n");
    a = expect(in, "400 ");
    free(a.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smuggling),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
