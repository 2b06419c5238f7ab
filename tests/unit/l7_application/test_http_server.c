/* SPDX-License-Identifier: BSD-2-Clause */
/* The server, request by request: see http_ask.h for how each is delivered. */
#include "tests/unit/l7_application/http_ask.h"

static const struct row requests_rows[] = {
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

static void test_requests(void **state)
{
    (void)state;
    RUN(requests_rows);
}

static const struct row persistence_rows[] = {
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

static void test_persistence(void **state)
{
    (void)state;
    RUN(persistence_rows);
    struct answer a = expect("GET /zero HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 ");
    assert_true(contains(&a, "\r\nConnection: keep-alive\r\n"));
    free(a.bytes);
    a = expect("GET /zero HTTP/1.0\r\n\r\n", "200 ");
    assert_true(contains(&a, "\r\nConnection: close\r\n"));
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
    a = expect(GET("/sub/") "If-None-Match: *\r\n\r\n" GET("/sub/") "If-None-Match: \"x\"\r\n\r\n" GET(
                   "/sub/") "If-Match: \"x\"\r\n\r\n",
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
    struct sv_http_server_config config = {
        .size = sizeof config, .files = {&ops, &w.table}, .self = &w, .log = world_log};
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
        cmocka_unit_test(test_requests),          cmocka_unit_test(test_persistence),
        cmocka_unit_test(test_fields_of_answers), cmocka_unit_test(test_listing),
        cmocka_unit_test(test_multipart),         cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_endings),           cmocka_unit_test(test_shrinking_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
