/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* memmem */
/* The client: each response of the table is delivered whole, byte by byte and to a sink that takes three
 * bytes at a time, and must end the same way with the same body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "seven/http.h"
#include "tests/support/memory_stream.h"

struct peer {
    struct memory_stream m;
    struct sv_http_client *client;
    char body[1024];
    size_t n, most; /* most: what the sink takes at once */
    uint32_t heads;
    const char *upload; /* what is left of it */
    bool upload_waits;
};

static size_t take(void *self, const uint8_t *bytes, size_t n, sv_time now)
{
    struct peer *p = self;
    (void)now;
    if (n > p->most)
        n = p->most;
    assert_true(p->n + n <= sizeof p->body);
    memcpy(p->body + p->n, bytes, n);
    p->n += n;
    return n;
}
static void on_head(void *self, const struct sv_http_client *client, sv_time now)
{
    struct peer *p = self;
    (void)now;
    assert_true(sv_http_client_status(client) >= 200);
    p->heads++;
}
static size_t give(void *self, void *to, size_t n, bool *end)
{
    struct peer *p = self;
    size_t take_n = strlen(p->upload);
    if (p->upload_waits)
        return 0;
    if (take_n > n)
        take_n = n;
    if (take_n > 700)
        take_n = 700;
    memcpy(to, p->upload, take_n);
    p->upload += take_n;
    *end = *p->upload == 0;
    return take_n;
}

static void open_peer(struct peer *p, const char *in, size_t n)
{
    const struct sv_http_client_config config = {.size = sizeof config, .self = p, .head = on_head, .data = take};
    const size_t bytes = (sv_http_client_bytes() + 15) & ~(size_t)15;
    memset(p, 0, sizeof *p);
    p->most = SIZE_MAX;
    void *memory = aligned_alloc(16, bytes);
    memset(memory, 0x5a, bytes);
    p->client = sv_http_client_init(memory, bytes, &config, memory_stream_init(&p->m, in, n), 0);
    assert_non_null(p->client);
}
static void close_peer(struct peer *p)
{
    free(p->client);
    memory_stream_free(&p->m);
}

static struct sv_http_request request(const char *method)
{
    return (struct sv_http_request){.size = sizeof(struct sv_http_request),
                                    .method = {method, strlen(method)},
                                    .target = SV_TEXT("/x?y"),
                                    .authority = SV_TEXT("h:81")};
}

struct row {
    const char *method, *in;
    enum sv_http_result result;
    uint32_t status;
    const char *body;
    bool reusable;
    enum sv_stream_status ending;
};

#define OK "HTTP/1.1 200 OK\r\n"
#define EOF_ SV_STREAM_EOF
#define CUT SV_STREAM_TRUNCATED
#define DEAD SV_STREAM_DEAD

static const struct row rows[] = {
    {"GET", OK "Content-Length: 5\r\n\r\nhello", SV_HTTP_DONE, 200, "hello", true, EOF_},
    {"GET", OK "Content-Length: 5\r\n\r\nhello", SV_HTTP_DONE, 200, "hello", true, DEAD},
    {"GET", OK "Content-Length: 0\r\n\r\n", SV_HTTP_DONE, 200, "", true, EOF_},
    {"GET", OK "Content-Length: 5, 5\r\n\r\nhello", SV_HTTP_DONE, 200, "hello", true, EOF_},
    {"GET", OK "Content-Length: 5\r\n\r\nhel", SV_HTTP_TRUNCATED, 200, "hel", false, EOF_},
    {"GET", OK "Content-Length: 5\r\n\r\nhel", SV_HTTP_TRUNCATED, 200, "hel", false, CUT},
    {"GET", OK "Content-Length: 5\r\n\r\nhel", SV_HTTP_TRUNCATED, 200, "hel", false, DEAD},
    {"GET", OK "Connection: close\r\nContent-Length: 5\r\n\r\nhello", SV_HTTP_DONE, 200, "hello", false, EOF_},
    {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", SV_HTTP_DONE, 200, "x", false, EOF_},
    {"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", SV_HTTP_DONE, 200, "x", true,
     EOF_},
    {"GET", OK "\r\nto the end", SV_HTTP_DONE, 200, "to the end", false, EOF_},
    {"GET", OK "\r\nto the end", SV_HTTP_TRUNCATED, 200, "to the end", false, CUT},
    {"GET", OK "\r\nto the end", SV_HTTP_TRUNCATED, 200, "to the end", false, DEAD},
    {"GET", OK "\r\n", SV_HTTP_DONE, 200, "", false, EOF_},
    {"GET", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;e=\"1\"\r\nde\r\n0\r\nT: v\r\n\r\n", SV_HTTP_DONE, 200,
     "abcde", true, EOF_},
    {"GET", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", SV_HTTP_TRUNCATED, 200, "abc", false, EOF_},
    {"GET", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", SV_HTTP_TRUNCATED, 200, "abc", false, EOF_},
    {"GET", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd", SV_HTTP_BAD_RESPONSE, 200, "abc", false, EOF_},
    {"GET", OK "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false,
     EOF_},
    {"GET", OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", SV_HTTP_UNSUPPORTED, 0, "", false, EOF_},
    {"GET", OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"GET", OK "Content-Length: x\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"HEAD", OK "Content-Length: 5\r\n\r\n", SV_HTTP_DONE, 200, "", true, EOF_},
    {"HEAD", OK "Transfer-Encoding: chunked\r\n\r\n", SV_HTTP_DONE, 200, "", true, EOF_},
    {"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", SV_HTTP_DONE, 204, "", true, EOF_},
    {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", SV_HTTP_DONE, 304, "", true, EOF_},
    {"GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK "Content-Length: 1\r\n\r\nx",
     SV_HTTP_DONE, 200, "x", true, EOF_},
    {"GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"GET", "HTTP/1.1 100 Continue\r\n\r\n", SV_HTTP_TRUNCATED, 0, "", false, EOF_},
    {"GET", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", SV_HTTP_DONE, 200, "x", true, EOF_},
    {"GET", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", SV_HTTP_DONE, 200, "x", true, EOF_},
    {"GET", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", SV_HTTP_DONE, 200, "x", true, EOF_},
    {"GET", "HTTP/1.1 2000 OK\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"GET", "HTTP/1.1 099 OK\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"GET", "HTTP/1.1  200 OK\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"GET", "HTTP/2.0 200 OK\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"GET", "ICY 200 OK\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"GET", OK "X : y\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"GET", OK "X: a\r\n b\r\n\r\n", SV_HTTP_BAD_RESPONSE, 0, "", false, EOF_},
    {"GET", "", SV_HTTP_EMPTY, 0, "", false, EOF_},
    {"GET", "", SV_HTTP_EMPTY, 0, "", false, CUT},
    {"GET", "", SV_HTTP_FAILED, 0, "", false, DEAD},
    {"GET", "HTTP/1.1 20", SV_HTTP_TRUNCATED, 0, "", false, EOF_},
};

static void test_responses(void **state)
{
    (void)state;
    for (size_t i = 0; i < SV_COUNT_OF(rows); i++)
        for (int way = 0; way < 4; way++) {
            const struct row *r = &rows[i];
            struct peer p;
            const struct sv_http_request q = request(r->method);
            const size_t n = strlen(r->in);
            open_peer(&p, r->in, n);
            p.m.ending = r->ending;
            if (way & 1)
                p.m.visible = 0;
            if (way & 2)
                p.most = 3;
            assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_OK);
            enum sv_http_result result = SV_HTTP_RUNNING;
            for (uint32_t turn = 0; result == SV_HTTP_RUNNING; turn++) {
                assert_true(turn < 10000);
                p.m.in_ends = p.m.visible == n;
                result = sv_http_client_drive(p.client, 0);
                p.m.visible += p.m.visible < n;
            }
            if (result != r->result || p.n != strlen(r->body) || memcmp(p.body, r->body, p.n) != 0)
                fail_msg("%s, way %d: %s, %u bytes", r->in, way, sv_http_result_name(result), (unsigned)p.n);
            assert_int_equal(sv_http_client_status(p.client), r->status);
            assert_int_equal(sv_http_client_reusable(p.client), r->reusable);
            assert_int_equal(sv_http_client_received(p.client), p.n);
            assert_int_equal(p.heads, r->status != 0);
            assert_int_equal(p.m.aborted, result != SV_HTTP_DONE);
            close_peer(&p);
        }
}

static void test_request_bytes(void **state)
{
    struct peer p;
    const struct sv_http_field fields[] = {{SV_TEXT("User-Agent"), SV_TEXT("t")}, {SV_TEXT("X"), SV_TEXT("a b")}};
    struct sv_http_request q = request("GET");
    struct sv_http_field f;
    struct sv_text v;
    const char *in = OK "Content-Length: 0\r\nLocation: /n\r\n\r\n" OK "Content-Length: 2\r\n\r\nab";
    (void)state;
    q.field = fields;
    q.fields = 2;
    open_peer(&p, in, strlen(in));
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_OK);
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_ERR_STATE);
    assert_int_equal(sv_http_client_drive(p.client, 0), SV_HTTP_DONE);
    const char *want = "GET /x?y HTTP/1.1\r\nHost: h:81\r\nUser-Agent: t\r\nX: a b\r\n\r\n";
    assert_int_equal(p.m.out_n, strlen(want));
    assert_memory_equal(p.m.out, want, strlen(want));
    assert_true(sv_http_client_field(p.client, SV_TEXT("location"), &v));
    assert_true(sv_text_equal(v, SV_TEXT("/n")));
    assert_true(sv_http_client_field_at(p.client, 1, &f));
    assert_false(sv_http_client_field_at(p.client, 2, &f));
    /* again, on the same connection */
    p.m.out_n = 0;
    q = request("POST");
    q.flags = SV_HTTP_CLOSE;
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_OK);
    assert_int_equal(sv_http_client_drive(p.client, 0), SV_HTTP_DONE);
    want = "POST /x?y HTTP/1.1\r\nHost: h:81\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_int_equal(p.m.out_n, strlen(want));
    assert_memory_equal(p.m.out, want, strlen(want));
    assert_int_equal(p.n, 2);
    assert_true(p.m.finished);
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_ERR_STATE);
    close_peer(&p);
}

/* What a caller passes on from elsewhere cannot become a second line. */
static void test_injection(void **state)
{
    struct peer p;
    struct sv_http_request q;
    (void)state;
    open_peer(&p, "", 0);
    q = request("GET");
    q.target = SV_TEXT("/a b");
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_ERR_INVALID);
    q.target = SV_TEXT("/a\r\nX:y");
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_ERR_INVALID);
    q.target = SV_TEXT("");
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_ERR_INVALID);
    q = request("GE T");
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_ERR_INVALID);
    q = request("GET");
    q.authority = SV_TEXT("h\r\nX: y");
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_ERR_INVALID);
    const struct sv_http_field bad[] = {{SV_TEXT("X"), SV_TEXT("a\r\nY: b")},
                                        {SV_TEXT("X:"), SV_TEXT("a")},
                                        {SV_TEXT("X"), SV_TEXT("a\0b")},
                                        {SV_TEXT("Content-Length"), SV_TEXT("1")},
                                        {SV_TEXT("transfer-encoding"), SV_TEXT("chunked")}};
    for (size_t i = 0; i < SV_COUNT_OF(bad); i++) {
        q = request("GET");
        q.field = &bad[i];
        q.fields = 1;
        assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_ERR_INVALID);
    }
    close_peer(&p);
}

static void upload(struct peer *p, uint64_t bytes, uint32_t flags, const char *text)
{
    struct sv_http_request q = request("PUT");
    q.body = give;
    q.body_self = p;
    q.body_bytes = bytes;
    q.flags = flags;
    p->upload = text;
    assert_int_equal(sv_http_client_request(p->client, &q, 0), SV_OK);
}

static const char created[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";

static void test_uploads(void **state)
{
    static char text[5001];
    struct peer p;
    (void)state;
    memset(text, 'u', 5000);
    for (int chunked = 0; chunked < 2; chunked++) {
        open_peer(&p, created, strlen(created));
        p.m.visible = 0;
        p.m.room_bytes = 0;
        upload(&p, chunked ? SV_HTTP_CHUNKED : 5000, 0, text);
        for (int i = 0; i < 200; i++) { /* little room at a time */
            p.m.room_bytes += 77;
            assert_int_equal(sv_http_client_drive(p.client, 0), SV_HTTP_RUNNING);
        }
        p.m.visible = p.m.in_n;
        assert_int_equal(sv_http_client_drive(p.client, 0), SV_HTTP_DONE);
        assert_true(sv_http_client_reusable(p.client));
        assert_int_equal(sv_http_client_sent(p.client), 5000);
        const char *body = memmem(p.m.out, p.m.out_n, "\r\n\r\n", 4);
        size_t at = (size_t)(body + 4 - (char *)p.m.out), got = 0;
        while (chunked) {
            char *end;
            const size_t n = strtoul((char *)p.m.out + at, &end, 16);
            assert_memory_equal(end, "\r\n", 2);
            at = (size_t)(end + 2 - (char *)p.m.out);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(p.m.out[at + i], 'u');
            at += n + 2;
            got += n;
            if (n == 0)
                break;
        }
        assert_int_equal(chunked ? got : p.m.out_n - at, 5000);
        assert_int_equal(chunked ? at : 0, chunked ? p.m.out_n : 0);
        close_peer(&p);
    }
}

/* Expect: the body waits for 100, or a second. */
static void test_expect(void **state)
{
    struct peer p;
    (void)state;
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    open_peer(&p, go_on, strlen(go_on));
    p.m.visible = 0;
    upload(&p, 5, SV_HTTP_EXPECT_CONTINUE, "hello");
    assert_int_equal(sv_http_client_drive(p.client, 0), SV_HTTP_RUNNING);
    const size_t head = p.m.out_n;
    assert_non_null(memmem(p.m.out, p.m.out_n, "\r\nExpect: 100-continue\r\n", 24));
    assert_int_equal(sv_http_client_deadline(p.client), SV_S);
    p.m.visible = 25;
    assert_int_equal(sv_http_client_drive(p.client, 1), SV_HTTP_RUNNING);
    assert_int_equal(p.m.out_n, head + 5);
    p.m.visible = p.m.in_n;
    assert_int_equal(sv_http_client_drive(p.client, 2), SV_HTTP_DONE);
    close_peer(&p);
    open_peer(&p, created, strlen(created));
    p.m.visible = 0;
    upload(&p, 5, SV_HTTP_EXPECT_CONTINUE, "hello");
    (void)sv_http_client_drive(p.client, SV_S - 1);
    assert_int_equal(sv_http_client_sent(p.client), 0);
    (void)sv_http_client_drive(p.client, SV_S);
    assert_int_equal(sv_http_client_sent(p.client), 5);
    close_peer(&p);
    /* Refused before the body: it never goes, and the connection is not used again. */
    static const char refused[] = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno";
    open_peer(&p, refused, strlen(refused));
    upload(&p, 5, SV_HTTP_EXPECT_CONTINUE, "hello");
    assert_int_equal(sv_http_client_drive(p.client, 0), SV_HTTP_DONE);
    assert_int_equal(sv_http_client_sent(p.client), 0);
    assert_int_equal(p.n, 2);
    assert_false(sv_http_client_reusable(p.client));
    close_peer(&p);
    /* A source that ends before the length it promised. */
    open_peer(&p, "", 0);
    upload(&p, 6, 0, "hello");
    assert_int_equal(sv_http_client_drive(p.client, 0), SV_HTTP_FAILED);
    close_peer(&p);
}

static void test_waiting(void **state)
{
    struct peer p;
    struct sv_http_request q = request("GET");
    const char *in = OK "Content-Length: 5\r\n\r\nhello";
    (void)state;
    open_peer(&p, in, strlen(in));
    p.m.visible = 20;
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_OK);
    assert_int_equal(sv_http_client_drive(p.client, 1 * SV_S), SV_HTTP_RUNNING);
    assert_int_equal(sv_http_client_deadline(p.client), 61 * SV_S);
    assert_int_equal(sv_http_client_drive(p.client, 61 * SV_S - 1), SV_HTTP_RUNNING);
    assert_int_equal(sv_http_client_drive(p.client, 61 * SV_S), SV_HTTP_TIMED_OUT);
    close_peer(&p);
    /* A sink that is full stops the clock. */
    open_peer(&p, in, strlen(in));
    p.most = 0;
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_OK);
    assert_int_equal(sv_http_client_drive(p.client, 0), SV_HTTP_RUNNING);
    assert_true(sv_http_client_deadline(p.client) == SV_NEVER);
    p.most = 100;
    assert_int_equal(sv_http_client_drive(p.client, 1000 * SV_S), SV_HTTP_DONE);
    assert_int_equal(p.n, 5);
    close_peer(&p);
    /* A head without end. */
    static char big[14000];
    memset(big, 'a', sizeof big);
    memcpy(big, "HTTP/1.1 200 OK\r\nX: ", 20);
    open_peer(&p, big, sizeof big);
    assert_int_equal(sv_http_client_request(p.client, &q, 0), SV_OK);
    assert_int_equal(sv_http_client_drive(p.client, 0), SV_HTTP_TOO_LARGE);
    close_peer(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_responses), cmocka_unit_test(test_request_bytes), cmocka_unit_test(test_injection),
        cmocka_unit_test(test_uploads),   cmocka_unit_test(test_expect),        cmocka_unit_test(test_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
