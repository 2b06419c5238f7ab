/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* memmem */
/* The server, request by request. Every request of the tables is delivered in several ways (whole, byte by
 * byte, in random pieces, with little room to write) and must be answered with the same bytes each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/memory_stream.h"
#include "tests/unit/l7_application/http_world.h"

enum way { WHOLE, BYTES, RANDOM, TINY_ROOM, READ_ONLY, WAYS };

struct answer {
    char *bytes;
    size_t n;
    bool aborted, finished;
    struct world w;
};

/* The peer sends `in` and its end, and waits for ours. */
static struct answer ask(const char *in, size_t n, enum way way)
{
    struct answer a;
    struct memory_stream m;
    uint32_t rng = 12345;
    world_open(&a.w, way == READ_ONLY);
    const struct sv_stream s = memory_stream_init(&m, in, n);
    if (way == BYTES || way == RANDOM)
        m.visible = 0;
    if (way == TINY_ROOM)
        m.room_bytes = 0;
    m.in_ends = m.visible == n;
    struct sv_http_conn *c = world_conn(&a.w, s, 0);
    for (uint32_t turn = 0; !sv_http_conn_done(c); turn++) {
        assert_true(turn < 2000000);
        sv_http_conn_drive(c, 0);
        rng = rng * 1664525 + 1013904223;
        const size_t step = way == BYTES ? 1 : 1 + (rng >> 24) % 40;
        m.visible = m.visible + step < n ? m.visible + step : n;
        m.in_ends = m.visible == n;
        m.piece_bytes = way == RANDOM ? 1 + (rng >> 16) % 7 : 0;
        if (way == TINY_ROOM)
            m.room_bytes += 1 + (rng >> 20) % 600;
    }
    a.bytes = (char *)m.out;
    a.n = m.out_n;
    a.aborted = m.aborted;
    a.finished = m.finished;
    free(c);
    world_close(&a.w);
    return a;
}

/* "200 404 ": the status of each response, found by walking heads and lengths. `head_mask`: bit k for a
 * response k that has no body whatever it says. */
static void statuses(const struct answer *a, const char *in, char *to, size_t room)
{
    size_t at = 0, out = 0;
    const char *request = in;
    to[0] = 0;
    while (at < a->n) {
        const char *head = a->bytes + at;
        assert_true(a->n - at > 12);
        assert_memory_equal(head, "HTTP/1.1 ", 9);
        const char *end = memmem(head, a->n - at, "\r\n\r\n", 4);
        assert_non_null(end);
        out += (size_t)snprintf(to + out, room - out, "%.3s ", head + 9);
        at += (size_t)(end - head) + 4;
        if (memcmp(head + 9, "100", 3) == 0)
            continue;
        const char *length = memmem(head, (size_t)(end - head), "\r\nContent-Length: ", 18);
        if (length && strncmp(request, "HEAD ", 5) != 0)
            at += (size_t)strtoul(length + 18, NULL, 10);
        const char *next = strstr(request, "\r\n\r\n");
        request = next ? next + 4 : request + strlen(request);
    }
    assert_int_equal(at, a->n);
}

/* Asks in every way; the answers must agree, and be these statuses. Gives the answer of the first way. */
static struct answer expect_n(const char *in, size_t n, const char *want)
{
    char got[2048];
    struct answer first = ask(in, n, WHOLE);
    statuses(&first, in, got, sizeof got);
    if (strcmp(got, want) != 0)
        fail_msg("%.300s\n  got %s want %s", in, got, want);
    for (enum way way = BYTES; way < WAYS; way++) {
        struct answer again = ask(in, n, way);
        if (again.n != first.n || (first.n > 0 && memcmp(again.bytes, first.bytes, first.n) != 0))
            fail_msg("%.300s\n  way %d differs:\n%.*s", in, (int)way, (int)again.n, again.bytes);
        assert_int_equal(again.aborted, first.aborted);
        assert_int_equal(again.w.entries, first.w.entries);
        assert_int_equal(again.w.last.body_bytes, first.w.last.body_bytes);
        free(again.bytes);
    }
    assert_false(first.aborted);
    assert_true(first.finished);
    return first;
}

static struct answer expect(const char *in, const char *want)
{
    return expect_n(in, strlen(in), want);
}

static bool contains(const struct answer *a, const char *part)
{
    return memmem(a->bytes, a->n, part, strlen(part)) != NULL;
}

#define H "Host: x\r\n"
#define E "\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" H
#define NEXT GET("/zero") E

struct row {
    const char *in, *want;
};

static void run(const struct row *row, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        struct answer a = expect(row[i].in, row[i].want);
        free(a.bytes);
    }
}
#define RUN(rows) run(rows, sizeof rows / sizeof rows[0])

static void test_requests(void **state)
{
    static const struct row rows[] = {
        {GET("/hello.txt") E, "200 "},
        {"HEAD /hello.txt HTTP/1.1\r\n" H E NEXT, "200 200 "},
        {"OPTIONS * HTTP/1.1\r\n" H E NEXT, "204 200 "},
        {"OPTIONS /hello.txt HTTP/1.1\r\n" H E, "204 "},
        {GET("*") E NEXT, "400 200 "},
        {GET("http://x/hello.txt") E, "200 "},
        {GET("HTTP://x:80") E, "200 "},
        {GET("http://x?q") E, "200 "},
        {GET("https://x/hello.txt?q") E, "200 "},
        {GET("ftp://x/hello.txt") E, "400 "},
        {GET("http:///hello.txt") E, "400 "},
        {GET("http://u@x/hello.txt") E, "400 "},
        {GET("hello.txt") E, "400 "},
        {GET("/hello.txt?a=b&c") E, "200 "},
        {GET("/hello.txt#f") E, "400 "},
        {GET("/hel%6co.txt") E, "200 "},
        {GET("/hello.txt/") E NEXT, "404 200 "},
        {GET("/nope") E NEXT, "404 200 "},
        {GET("/site") E NEXT, "301 200 "},
        {GET("/site/") E, "200 "},
        {GET("/") E, "200 "},
        {GET("/sub/./b.txt") E, "200 "},
        {GET("/sub/deep/../b.txt") E, "200 "},
        {GET("/sub/deep/%2e%2E/b.txt") E, "200 "},
        {GET("//sub//b.txt") E, "200 "},
        {GET("/..") E NEXT, "400 200 "},
        {GET("/sub/../..") E, "400 "},
        {GET("/%2e%2e/hello.txt") E, "400 "},
        {GET("/sub%2fb.txt") E, "404 "},
        {GET("/..%2fhello.txt") E, "404 "},
        {GET("/hello.txt%00") E, "400 "},
        {GET("/%") E, "400 "},
        {GET("/%4") E, "400 "},
        {GET("/%zz") E, "400 "},
        {GET("/a\\b") E, "200 "},
        {GET("/..\\hello.txt") E, "404 "},
        {"POST /hello.txt HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc" NEXT, "405 200 "},
        {"DELETE /hello.txt HTTP/1.1\r\n" H E NEXT, "405 200 "},
        {"CONNECT x:80 HTTP/1.1\r\n" H E, "405 "},
        {"TRACE / HTTP/1.1\r\n" H E, "405 "},
        {"get / HTTP/1.1\r\n" H E NEXT, "501 200 "},
        {"BREW / HTTP/1.1\r\n" H E NEXT, "501 200 "},
        {"GET / HTTP/1.2\r\n" H E, "200 "},
        {"GET / HTTP/2.0\r\n" H E NEXT, "505 "},
        {"GET / HTTP/0.9\r\n" H E, "505 "},
        {"GET / HTTP/1.1 \r\n" H E, "400 "},
        {"GET / http/1.1\r\n" H E, "400 "},
        {"GET / HTTP/11\r\n" H E, "400 "},
        {"GET /\r\n" H E, "400 "},
        {"GET  / HTTP/1.1\r\n" H E, "400 "},
        {"GET\t/ HTTP/1.1\r\n" H E, "400 "},
        {" GET / HTTP/1.1\r\n" H E, "400 "},
        {"G@T / HTTP/1.1\r\n" H E, "400 "},
        {"GET /\x80 HTTP/1.1\r\n" H E NEXT, "400 200 "},
        {"\r\n\r\nGET /zero HTTP/1.1\r\n" H E, "200 "},
        {"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET /zero HTTP/1.1\r\n" H E, "400 "},
        {"", ""},
        {"GET / HT", ""},
        {"GET / HTTP/1.1\r\n" H, ""},
    };
    (void)state;
    RUN(rows);
}

static void test_persistence(void **state)
{
    static const struct row rows[] = {
        {GET("/zero") "Connection: close\r\n\r\n" NEXT, "200 "},
        {GET("/zero") "Connection: foo, CLOSE\r\n\r\n" NEXT, "200 "},
        {GET("/zero") "Connection: foo\r\nConnection: close\r\n\r\n" NEXT, "200 "},
        {GET("/zero") "Connection: closed\r\n\r\n" NEXT, "200 200 "},
        {"GET /zero HTTP/1.0\r\n\r\n" NEXT, "200 "},
        {"GET /zero HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" NEXT, "200 200 "},
        {"GET /zero HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n" NEXT, "200 "},
        {NEXT NEXT NEXT NEXT NEXT NEXT NEXT NEXT, "200 200 200 200 200 200 200 200 "},
        {GET("/nope") E GET("/hello.txt") E GET("/big.bin") E GET("/") E NEXT, "404 200 200 200 200 "},
    };
    (void)state;
    RUN(rows);
    struct answer a = expect("GET /zero HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 ");
    assert_true(contains(&a, "\r\nConnection: keep-alive\r\n"));
    free(a.bytes);
    a = expect("GET /zero HTTP/1.0\r\n\r\n", "200 ");
    assert_true(contains(&a, "\r\nConnection: close\r\n"));
    free(a.bytes);
}

/* Whoever reads a message differently from a proxy before us can be made to see a second request in it. Each
 * of these is refused, and nothing after it is read: the last request of a row must never be answered. */
static void test_smuggling(void **state)
{
#define POST "POST / HTTP/1.1\r\n" H
    static const struct row rows[] = {
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
        {POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n" NEXT, "400 "},
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
    (void)state;
    RUN(rows);
}

/* What may be accepted is, and leaves the next request where it begins. */
static void test_bodies(void **state)
{
    static const struct row rows[] = {
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
    (void)state;
    RUN(rows);
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

static void test_fields_of_answers(void **state)
{
    (void)state;
    struct answer a = expect(GET("/hello.txt") E, "200 ");
    assert_true(contains(&a, "\r\nDate: Sun, 22 Nov 2026 "));
    assert_true(contains(&a, "\r\nServer: seven\r\n"));
    assert_true(contains(&a, "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
    assert_true(contains(&a, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    assert_true(contains(&a, "\r\nContent-Length: 10\r\n"));
    assert_true(contains(&a, "\r\nAccept-Ranges: bytes\r\n"));
    assert_true(contains(&a, "\r\nETag: \"2ebc98a1.0-a-"));
    assert_memory_equal(a.bytes + a.n - 14, "\r\n\r\n0123456789", 14);
    assert_int_equal(a.w.entries, 1);
    assert_int_equal(a.w.last.status, 200);
    assert_int_equal(a.w.last.body_bytes, 10);
    assert_int_equal(a.w.last.complete, 1);
    assert_int_equal(a.w.last.tag, 77);
    assert_int_equal(a.w.lines_in, 2);
    assert_int_equal(a.w.lines_out, 8);
    free(a.bytes);
    a = expect("DELETE / HTTP/1.1\r\n" H E, "405 ");
    assert_true(contains(&a, "\r\nAllow: GET, HEAD, OPTIONS\r\n"));
    free(a.bytes);
    a = expect(GET("/big.bin") E, "200 ");
    assert_memory_equal(a.bytes + a.n - WORLD_BIG, world_big, WORLD_BIG);
    assert_int_equal(a.w.last.body_bytes, WORLD_BIG);
    free(a.bytes);
    a = expect(GET("/sub?x=1") E, "301 ");
    assert_true(contains(&a, "\r\nLocation: /sub/?x=1\r\n"));
    free(a.bytes);
    a = expect(GET("//sub%2e%2e/../sub") E, "301 "); /* must not become "//...": that names a host */
    assert_true(contains(&a, "\r\nLocation: /sub/\r\n"));
    free(a.bytes);
}

static void test_listing(void **state)
{
    (void)state;
    struct answer a = expect(GET("/sub/") E NEXT, "200 200 ");
    assert_true(contains(&a, "<title>/sub</title>"));
    assert_true(contains(&a, "<a href=\"../\">"));
    assert_true(contains(&a, "<a href=\"a%3C%26%3E.txt\">a&lt;&amp;&gt;.txt</a><td>1<td>1994-11-06 08:49"));
    assert_true(contains(&a, "<a href=\"bad%FF%01\">bad\xef\xbf\xbd\xef\xbf\xbd</a>"));
    assert_true(contains(&a, "<a href=\"deep/\">deep/</a>"));
    assert_false(contains(&a, ".dot"));
    const char *b = memmem(a.bytes, a.n, "\"b.txt\"", 7), *deep = memmem(a.bytes, a.n, "\"deep/\"", 7);
    assert_true(b < deep); /* sorted */
    free(a.bytes);
    a = expect("HEAD /sub/ HTTP/1.1\r\n" H E NEXT, "200 200 ");
    free(a.bytes);
    a = expect(GET("/sub/") "If-None-Match: *\r\n\r\n" GET("/sub/") "If-None-Match: \"x\"\r\n\r\n" GET("/sub/") "If-Match: \"x\"\r\n\r\n",
               "304 200 412 ");
    free(a.bytes);
}

static void test_multipart(void **state)
{
    (void)state;
    struct answer a = expect(GET("/hello.txt") "Range: bytes=7-8,0-0,-1\r\n\r\n" NEXT, "206 200 ");
    assert_true(contains(&a, "\r\nContent-Type: multipart/byteranges; boundary=seven-"));
    assert_true(contains(&a, "Content-Range: bytes 7-8/10\r\n\r\n78\r\n--seven-"));
    assert_true(contains(&a, "Content-Range: bytes 0-0/10\r\n\r\n0\r\n--seven-"));
    assert_true(contains(&a, "Content-Range: bytes 9-9/10\r\n\r\n9\r\n--seven-"));
    free(a.bytes);
    a = expect(GET("/big.bin") "Range: bytes=100-150000, 200000-299999\r\n\r\n" NEXT, "206 200 ");
    assert_non_null(memmem(a.bytes, a.n, world_big + 100, 149901));
    assert_non_null(memmem(a.bytes, a.n, world_big + 200000, 100000));
    free(a.bytes);
    a = expect(GET("/hello.txt") "Range: bytes=99-\r\n\r\n" NEXT, "416 200 ");
    assert_true(contains(&a, "\r\nContent-Range: bytes */10\r\n"));
    free(a.bytes);
    a = expect(GET("/hello.txt") "Range: bytes=2-3\r\n\r\n", "206 ");
    assert_true(contains(&a, "\r\nContent-Range: bytes 2-3/10\r\n"));
    assert_memory_equal(a.bytes + a.n - 6, "\r\n\r\n23", 6);
    free(a.bytes);
}

/* ---- time ---- */

static void test_timeouts(void **state)
{
    struct world w;
    struct memory_stream m;
    (void)state;
    world_open(&w, false);
    /* A head that does not end: 408. The deadline counts from its first byte. */
    struct sv_http_conn *c = world_conn(&w, memory_stream_init(&m, "GET / HT", 8), 1 * SV_S);
    sv_http_conn_drive(c, 5 * SV_S);
    assert_int_equal(sv_http_conn_deadline(c), 15 * SV_S);
    sv_http_conn_drive(c, 15 * SV_S - 1);
    assert_int_equal(m.out_n, 0);
    sv_http_conn_drive(c, 15 * SV_S);
    assert_memory_equal(m.out, "HTTP/1.1 408 ", 13);
    assert_true(m.finished);
    assert_false(sv_http_conn_done(c));
    assert_int_equal(sv_http_conn_deadline(c), 17 * SV_S); /* lingers */
    sv_http_conn_drive(c, 17 * SV_S);
    assert_true(sv_http_conn_done(c));
    memory_stream_free(&m);
    free(c);
    /* Nothing asked: nothing answered. */
    c = world_conn(&w, memory_stream_init(&m, "", 0), 0);
    sv_http_conn_drive(c, 10 * SV_S);
    assert_true(m.finished);
    assert_int_equal(m.out_n, 0);
    free(c);
    /* Idle after an answer: 60 s. */
    c = world_conn(&w, memory_stream_init(&m, NEXT, strlen(NEXT)), 0);
    sv_http_conn_drive(c, 2 * SV_S);
    assert_int_equal(sv_http_conn_deadline(c), 62 * SV_S);
    sv_http_conn_drive(c, 62 * SV_S);
    assert_true(m.finished);
    m.in_ends = true;
    sv_http_conn_drive(c, 62 * SV_S + 1);
    assert_true(sv_http_conn_done(c));
    memory_stream_free(&m);
    free(c);
    /* A reader that stopped reading is given up; the log says so. */
    const char *big = GET("/big.bin") E;
    c = world_conn(&w, memory_stream_init(&m, big, strlen(big)), 0);
    m.room_bytes = 1000;
    sv_http_conn_drive(c, 0);
    m.room_bytes = 10;
    sv_http_conn_drive(c, 30 * SV_S);
    assert_int_equal(sv_http_conn_deadline(c), 90 * SV_S);
    sv_http_conn_drive(c, 90 * SV_S);
    assert_true(m.aborted);
    assert_true(sv_http_conn_done(c));
    assert_int_equal(w.incomplete, 1);
    memory_stream_free(&m);
    free(c);
    world_close(&w);
}

static void test_endings(void **state)
{
    struct world w;
    struct memory_stream m;
    const char *in = GET("/big.bin") E;
    (void)state;
    world_open(&w, false);
    for (int i = 0; i < 2; i++) { /* the stream dies in the middle */
        struct sv_http_conn *c = world_conn(&w, memory_stream_init(&m, in, strlen(in)), 0);
        m.room_bytes = 5000;
        sv_http_conn_drive(c, 0);
        assert_false(sv_http_conn_done(c));
        m.in_ends = true;
        m.ending = i ? SV_STREAM_DEAD : SV_STREAM_TRUNCATED;
        sv_http_conn_drive(c, 1);
        assert_true(sv_http_conn_done(c));
        memory_stream_free(&m);
        free(c);
    }
    assert_int_equal(w.incomplete, 2);
    /* close(): after the response in progress. */
    struct sv_http_conn *c = world_conn(&w, memory_stream_init(&m, in, strlen(in)), 0);
    m.room_bytes = 5000;
    sv_http_conn_drive(c, 0);
    sv_http_conn_close(c, 1);
    assert_false(m.finished);
    m.room_bytes = SIZE_MAX;
    sv_http_conn_drive(c, 2);
    assert_true(m.finished);
    assert_true(m.out_n > WORLD_BIG);
    memory_stream_free(&m);
    free(c);
    /* More requests than one turn takes: the deadline says at once. */
    static char many[200 * 60];
    size_t n = 0;
    for (int i = 0; i < 200; i++)
        n += (size_t)sprintf(many + n, NEXT);
    c = world_conn(&w, memory_stream_init(&m, many, n), 0);
    sv_http_conn_drive(c, 7);
    assert_int_equal(sv_http_conn_requests(c), 64);
    assert_true(sv_http_conn_deadline(c) <= 7);
    while (sv_http_conn_deadline(c) <= 7)
        sv_http_conn_drive(c, 7);
    assert_int_equal(sv_http_conn_requests(c), 200);
    sv_http_conn_release(c, 8);
    assert_true(sv_http_conn_done(c));
    memory_stream_free(&m);
    free(c);
    world_close(&w);
}

/* A file that is shorter than it was said to be: the promise of a length is broken visibly. */
static size_t short_read(void *self, uint64_t handle, uint64_t offset, void *to, size_t n)
{
    (void)self;
    (void)handle;
    if (offset >= 5)
        return 0;
    memset(to, 'x', n < 5 ? n : 5);
    return n < 5 ? n : 5;
}

static void test_shrinking_file(void **state)
{
    struct world w;
    struct memory_stream m;
    const char *in = GET("/hello.txt") E NEXT;
    (void)state;
    world_open(&w, false);
    struct sv_files_ops ops = *sv_memory_files(&w.table).ops;
    ops.view = NULL;
    ops.read = short_read;
    struct sv_http_server_config config = {.size = sizeof config, .files = {&ops, &w.table}, .self = &w, .log = world_log};
    assert_non_null(sv_http_server_init(w.server, sv_http_server_bytes(), &config));
    struct sv_http_conn *c = world_conn(&w, memory_stream_init(&m, in, strlen(in)), 0);
    sv_http_conn_drive(c, 0);
    assert_true(m.aborted);
    assert_true(sv_http_conn_done(c));
    assert_int_equal(w.incomplete, 1);
    memory_stream_free(&m);
    free(c);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),  cmocka_unit_test(test_persistence),
        cmocka_unit_test(test_smuggling), cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_limits),    cmocka_unit_test(test_fields_of_answers),
        cmocka_unit_test(test_listing),   cmocka_unit_test(test_multipart),
        cmocka_unit_test(test_timeouts),  cmocka_unit_test(test_endings),
        cmocka_unit_test(test_shrinking_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
