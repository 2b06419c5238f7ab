/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking the server in several ways (bytes whole, one by one, in random pieces, with little room to write,
 * without view()), all of which must bring the same bytes. For tests with cmocka; to be included first. */
#ifndef SV_TEST_HTTP_ASK_H
#define SV_TEST_HTTP_ASK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif

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
static inline struct answer ask(const char *in, size_t n, enum way way)
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
static inline void statuses(const struct answer *a, const char *in, char *to, size_t room)
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
static inline struct answer expect_n(const char *in, size_t n, const char *want)
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

static inline struct answer expect(const char *in, const char *want)
{
    return expect_n(in, strlen(in), want);
}

static inline bool contains(const struct answer *a, const char *part)
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

static inline void run(const struct row *row, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        struct answer a = expect(row[i].in, row[i].want);
        free(a.bytes);
    }
}
#define RUN(rows) run(rows, sizeof rows / sizeof rows[0])

#endif
