/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* memmem */
/* The socket stream and the two applications over a stand-in for the stack's sockets, small enough to see
 * that it is right: so that what fails here is theirs. The stand-in's functions take the real ones' places by
 * name, before the sources are read in. */
#define sv_peek fake_peek
#define sv_consume fake_consume
#define sv_send fake_send
#define sv_shutdown fake_shutdown
#define sv_close fake_close
#define sv_abort fake_abort
#define sv_accept fake_accept
#define sv_listen fake_listen
#define sv_sock_info(s, c, i) fake_info(s, c, i)
#define sv_sock_set_cookie fake_set_cookie
#define sv_udp_open fake_udp_open
#define sv_udp_recv fake_udp_recv
#define sv_udp_send fake_udp_send
#define sv_socket_stream_init tested_stream_init
#define sv_socket_stream_event tested_stream_event
#define sv_http_app_ops tested_http_app_ops
#define sv_http_app_bytes tested_http_app_bytes
#define sv_http_app_init tested_http_app_init
#define sv_http_app_listen tested_http_app_listen
#define sv_http_app_only_ip6 tested_http_app_only_ip6
#define sv_http_app_close tested_http_app_close
#define sv_http_app_connections tested_http_app_connections
#define sv_http_app_accepted tested_http_app_accepted
#define sv_echo_app_ops tested_echo_app_ops
#define sv_echo_app_bytes tested_echo_app_bytes
#define sv_echo_app_init tested_echo_app_init
#define sv_echo_app_listen tested_echo_app_listen
#define sv_echo_app_udp tested_echo_app_udp
#define sv_echo_app_bytes_echoed tested_echo_app_bytes_echoed
#define sv_echo_app_connections tested_echo_app_connections

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define slot http_slot
#define app_event http_event
#define app_deadline http_deadline
#define app_tick http_tick
#define drive http_drive
#define accept_all http_accept_all
#include "src/l7_application/socket_stream.c"
#undef LISTENER_COOKIE
#include "src/l7_application/http_app.c"
#undef slot
#undef app_event
#undef app_deadline
#undef app_tick
#undef drive
#undef accept_all
#undef LISTENER_COOKIE
#include "src/l7_application/echo_app.c"

#include "tests/unit/l7_application/http_world.h"

/* ---- the stand-in ---- */

#define SOCKS 8u
struct sv_stack {
    struct {
        uint32_t generation;
        uint64_t cookie;
        bool open, waiting, fin, shut, aborted;
        const char *in;
        size_t in_n, in_at, out_n, room;
        enum sv_err error;
        char out[4096];
    } sock[SOCKS];
    char datagram[64];
    size_t datagram_n;
    bool datagram_there;
    uint32_t datagrams_sent;
};

static bool is_open(const struct sv_stack *s, sv_sock c)
{
    return c.index < SOCKS && s->sock[c.index].open && s->sock[c.index].generation == c.generation;
}

enum sv_err fake_listen(struct sv_stack *s, const struct sv_endpoint *local, const struct sv_listen_options *options,
                        sv_sock *listener, sv_time now)
{
    (void)local;
    (void)now;
    s->sock[0].open = true;
    s->sock[0].cookie = options->cookie;
    *listener = (sv_sock){0, s->sock[0].generation};
    return SV_OK;
}
enum sv_err fake_accept(struct sv_stack *s, sv_sock listener, sv_sock *connection, sv_time now)
{
    (void)now;
    assert_true(is_open(s, listener));
    for (uint32_t i = 1; i < SOCKS; i++)
        if (s->sock[i].waiting) {
            s->sock[i].waiting = false;
            s->sock[i].open = true;
            *connection = (sv_sock){i, s->sock[i].generation};
            return SV_OK;
        }
    return SV_ERR_AGAIN;
}
enum sv_err fake_peek(struct sv_stack *s, sv_sock c, const uint8_t **data, size_t *n, sv_time now)
{
    (void)now;
    if (!is_open(s, c))
        return SV_ERR_STALE;
    *data = (const uint8_t *)s->sock[c.index].in + s->sock[c.index].in_at;
    *n = s->sock[c.index].in_n - s->sock[c.index].in_at;
    if (*n > 0)
        return SV_OK;
    if (s->sock[c.index].error != SV_OK)
        return s->sock[c.index].error;
    return s->sock[c.index].fin ? SV_ERR_EOF : SV_ERR_AGAIN;
}
void fake_consume(struct sv_stack *s, sv_sock c, size_t n, sv_time now)
{
    (void)now;
    assert_true(is_open(s, c));
    s->sock[c.index].in_at += n;
    assert_true(s->sock[c.index].in_at <= s->sock[c.index].in_n);
}
enum sv_err fake_send(struct sv_stack *s, sv_sock c, const void *bytes, size_t n, size_t *taken, sv_time now)
{
    (void)now;
    if (!is_open(s, c))
        return SV_ERR_STALE;
    if (s->sock[c.index].error != SV_OK)
        return s->sock[c.index].error;
    if (s->sock[c.index].shut)
        return SV_ERR_CLOSED;
    if (s->sock[c.index].room == 0)
        return SV_ERR_AGAIN;
    *taken = n < s->sock[c.index].room ? n : s->sock[c.index].room;
    s->sock[c.index].room -= *taken;
    assert_true(s->sock[c.index].out_n + *taken <= sizeof s->sock[c.index].out);
    memcpy(s->sock[c.index].out + s->sock[c.index].out_n, bytes, *taken);
    s->sock[c.index].out_n += *taken;
    return SV_OK;
}
enum sv_err fake_shutdown(struct sv_stack *s, sv_sock c, sv_time now)
{
    (void)now;
    assert_true(is_open(s, c));
    s->sock[c.index].shut = true;
    return SV_OK;
}
void fake_close(struct sv_stack *s, sv_sock c, sv_time now)
{
    (void)now;
    if (!is_open(s, c))
        return;
    s->sock[c.index].open = false;
    s->sock[c.index].shut = true;
    s->sock[c.index].generation++;
}
void fake_abort(struct sv_stack *s, sv_sock c, sv_time now)
{
    if (!is_open(s, c)) {
        fail_msg("abort of a socket that is not open");
        return;
    }
    s->sock[c.index].aborted = true;
    fake_close(s, c, now);
}
enum sv_err fake_info(const struct sv_stack *s, sv_sock c, struct sv_sock_info *info)
{
    if (!is_open(s, c))
        return SV_ERR_STALE;
    info->state = SV_ESTABLISHED;
    info->flow = 100 + c.index;
    return SV_OK;
}
enum sv_err fake_set_cookie(struct sv_stack *s, sv_sock c, uint64_t cookie)
{
    if (!is_open(s, c))
        return SV_ERR_STALE;
    s->sock[c.index].cookie = cookie;
    return SV_OK;
}
enum sv_err fake_udp_open(struct sv_stack *s, const struct sv_endpoint *local, uint64_t cookie, sv_sock *socket,
                          sv_time now)
{
    (void)local;
    (void)now;
    s->sock[SOCKS - 1].open = true;
    s->sock[SOCKS - 1].cookie = cookie;
    *socket = (sv_sock){SOCKS - 1, s->sock[SOCKS - 1].generation};
    return SV_OK;
}
enum sv_err fake_udp_recv(struct sv_stack *s, sv_sock u, struct sv_endpoint *from, void *to, size_t n, size_t *got,
                          sv_time now)
{
    (void)now;
    (void)n;
    assert_true(is_open(s, u));
    if (!s->datagram_there)
        return SV_ERR_AGAIN;
    s->datagram_there = false;
    *from = (struct sv_endpoint){.port = 4242};
    memcpy(to, s->datagram, s->datagram_n);
    *got = s->datagram_n;
    return SV_OK;
}
enum sv_err fake_udp_send(struct sv_stack *s, sv_sock u, const struct sv_endpoint *to, const void *bytes, size_t n,
                          sv_time now)
{
    (void)now;
    assert_true(is_open(s, u));
    assert_int_equal(to->port, 4242);
    assert_int_equal(n, s->datagram_n);
    assert_memory_equal(bytes, s->datagram, n);
    s->datagrams_sent++;
    return SV_OK;
}

static void arrive(struct sv_stack *s, uint32_t i, const char *in)
{
    s->sock[i].in = in;
    s->sock[i].in_n = strlen(in);
    s->sock[i].in_at = 0;
}
static struct sv_event event_of(const struct sv_stack *s, uint32_t i, uint32_t what)
{
    return (struct sv_event){.cookie = s->sock[i].cookie, .socket = {i, s->sock[i].generation}, .what = what};
}
static void knock(struct sv_stack *s, uint32_t i, const char *in)
{
    s->sock[i].waiting = true;
    s->sock[i].room = 4096;
    s->sock[i].cookie = s->sock[0].cookie;
    s->sock[i].fin = s->sock[i].shut = false;
    s->sock[i].error = SV_OK;
    s->sock[i].out_n = 0;
    arrive(s, i, in);
}

/* ---- echo ---- */

static void tell(void *app, const struct sv_app *ops, struct sv_stack *s, uint32_t i, uint32_t what, sv_time now)
{
    const struct sv_event e = event_of(s, i, what);
    ops->event(app, s, &e, now);
}

static struct sv_echo_app *echo_open(struct sv_stack *s, const struct sv_echo_config *config)
{
    const size_t n = (sv_echo_app_bytes(config) + 15) & ~(size_t)15;
    struct sv_echo_app *a = sv_echo_app_init(aligned_alloc(16, n), n, config);
    const struct sv_endpoint local = {.port = 7};
    assert_non_null(a);
    memset(s, 0, sizeof *s);
    assert_int_equal(sv_echo_app_listen(a, s, 3, &local, 0), SV_OK);
    assert_int_equal(sv_echo_app_udp(a, s, 3, &local, 0), SV_OK);
    return a;
}

static void test_echo(void **state)
{
    static struct sv_stack s;
    const struct sv_echo_config config = {.size = sizeof config, .connections = 1};
    struct sv_echo_app *a = echo_open(&s, &config);
    (void)state;
    knock(&s, 1, "hello");
    knock(&s, 2, "second");
    tell(a, &sv_echo_app_ops, &s, 0, SV_EVENT_ACCEPT, 1);
    assert_int_equal(s.sock[1].out_n, 5);
    assert_true(s.sock[2].waiting); /* one at a time */
    s.sock[1].room = 2;
    arrive(&s, 1, "world");
    tell(a, &sv_echo_app_ops, &s, 1, SV_EVENT_READABLE, 2);
    assert_int_equal(s.sock[1].out_n, 7); /* full: the rest stays in the socket */
    assert_true(sv_echo_app_ops.deadline(a) == SV_NEVER);
    s.sock[1].fin = true;
    s.sock[1].room = 100;
    tell(a, &sv_echo_app_ops, &s, 1, SV_EVENT_WRITABLE | SV_EVENT_PEER_FIN, 3);
    assert_memory_equal(s.sock[1].out, "helloworld", 10);
    assert_false(s.sock[1].open); /* all answered, then our end; and the second has its turn */
    assert_memory_equal(s.sock[2].out, "second", 6);
    s.sock[2].error = SV_ERR_RESET;
    tell(a, &sv_echo_app_ops, &s, 2, SV_EVENT_ERROR, 4);
    assert_int_equal(sv_echo_app_connections(a), 0);
    assert_int_equal(sv_echo_app_bytes_echoed(a), 16);
    memcpy(s.datagram, "ping", 4);
    s.datagram_n = 4;
    s.datagram_there = true;
    tell(a, &sv_echo_app_ops, &s, SOCKS - 1, SV_EVENT_READABLE, 5);
    assert_int_equal(s.datagrams_sent, 1);
    free(a);
}

static void test_echo_delays(void **state)
{
    static struct sv_stack s;
    const struct sv_echo_config config = {.size = sizeof config, .delay_ms = 50, .fin_delay_ms = 200};
    struct sv_echo_app *a = echo_open(&s, &config);
    (void)state;
    knock(&s, 1, "late");
    s.sock[1].fin = true;
    s.sock[1].room = 1;
    tell(a, &sv_echo_app_ops, &s, 0, SV_EVENT_ACCEPT, 0);
    assert_int_equal(s.sock[1].out_n, 0);
    assert_int_equal(sv_echo_app_ops.deadline(a), 50 * SV_MS);
    sv_echo_app_ops.tick(a, &s, 50 * SV_MS - 1);
    assert_int_equal(s.sock[1].out_n, 0);
    sv_echo_app_ops.tick(a, &s, 50 * SV_MS);
    assert_int_equal(s.sock[1].out_n, 1);
    assert_true(sv_echo_app_ops.deadline(a) == SV_NEVER); /* waits for room, not for time */
    s.sock[1].room = 100;
    tell(a, &sv_echo_app_ops, &s, 1, SV_EVENT_WRITABLE, 60 * SV_MS);
    assert_memory_equal(s.sock[1].out, "late", 4);
    assert_int_equal(sv_echo_app_ops.deadline(a), 260 * SV_MS);
    sv_echo_app_ops.tick(a, &s, 259 * SV_MS);
    assert_true(s.sock[1].open);
    sv_echo_app_ops.tick(a, &s, 260 * SV_MS);
    assert_false(s.sock[1].open);
    free(a);
}

/* ---- HTTP ---- */

#define ASK "GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n"

static void test_http(void **state)
{
    static struct sv_stack s;
    struct world w;
    const struct sv_endpoint local = {.port = 80};
    (void)state;
    world_open(&w, false);
    const size_t n = sv_http_app_bytes(2);
    struct sv_http_app *a = sv_http_app_init(aligned_alloc(16, n), n, 2, w.server);
    assert_non_null(a);
    memset(&s, 0, sizeof s);
    assert_int_equal(sv_http_app_listen(a, &s, 5, &local, 0, 0), SV_OK);
    assert_int_equal(s.sock[0].cookie >> 56, 5);
    knock(&s, 1, ASK ASK);
    knock(&s, 2, "GET / HT");
    knock(&s, 3, ASK);
    const struct sv_event early = event_of(&s, 2, SV_EVENT_READABLE); /* raised with the listener's cookie */
    tell(a, &sv_http_app_ops, &s, 0, SV_EVENT_ACCEPT, 0);
    assert_int_equal(w.entries, 2);
    assert_int_equal(w.last.tag, 101);
    assert_int_equal(s.sock[1].cookie >> 56, 5);
    assert_true(s.sock[3].waiting); /* the pool is used up */
    sv_http_app_ops.event(a, &s, &early, 1);
    /* Half a head: 408 when its time is over, also if nobody says anything. */
    assert_int_equal(sv_http_app_ops.deadline(a), 10 * SV_S);
    sv_http_app_ops.tick(a, &s, 10 * SV_S + 1);
    assert_memory_equal(s.sock[2].out, "HTTP/1.1 408", 12);
    assert_true(s.sock[2].shut);
    s.sock[2].fin = true;
    tell(a, &sv_http_app_ops, &s, 2, SV_EVENT_PEER_FIN, 11 * SV_S);
    assert_false(s.sock[2].open);
    assert_memory_equal(s.sock[3].out, "HTTP/1.1 200", 12); /* its slot went to the one that waited */
    /* An error, and an event of a socket that is gone. */
    const struct sv_event stale = event_of(&s, 1, SV_EVENT_READABLE);
    struct sv_event reset = event_of(&s, 1, SV_EVENT_ERROR | SV_EVENT_CLOSED);
    reset.error = SV_ERR_RESET;
    s.sock[1].error = SV_ERR_RESET;
    sv_http_app_ops.event(a, &s, &reset, 12 * SV_S);
    assert_int_equal(sv_http_app_connections(a), 1);
    sv_http_app_ops.event(a, &s, &stale, 12 * SV_S);
    assert_int_equal(sv_http_app_accepted(a), 3);
    /* The idle one goes after a minute, and 2 s for the peer's end. */
    for (sv_time t = 12 * SV_S; sv_http_app_connections(a) > 0; t += SV_S) {
        assert_true(t < 80 * SV_S);
        sv_http_app_ops.tick(a, &s, t);
    }
    assert_true(s.sock[3].shut);
    assert_false(s.sock[3].open);
    knock(&s, 4, ASK);
    tell(a, &sv_http_app_ops, &s, 0, SV_EVENT_ACCEPT, 90 * SV_S);
    sv_http_app_close(a, &s, 91 * SV_S);
    assert_true(s.sock[4].shut);
    assert_false(s.sock[0].open);
    free(a);
    world_close(&w);
}

static void test_stream(void **state)
{
    static struct sv_stack s;
    struct sv_socket_stream st;
    const uint8_t *data;
    (void)state;
    memset(&s, 0, sizeof s);
    knock(&s, 1, "abc");
    s.sock[1].open = true;
    const struct sv_stream t = sv_socket_stream_init(&st, &s, (sv_sock){1, 0}, 0);
    assert_int_equal(sv_stream_status(&t), SV_STREAM_OPEN);
    assert_int_equal(sv_stream_room(&t), SV_SOCKET_STREAM_BUFFER);
    assert_int_equal(sv_stream_peek(&t, &data), 3);
    s.sock[1].error = SV_ERR_RESET; /* what came before the error is still read */
    struct sv_event e = event_of(&s, 1, SV_EVENT_ERROR);
    e.error = SV_ERR_RESET;
    sv_socket_stream_event(&st, &e, 1);
    assert_int_equal(sv_stream_status(&t), SV_STREAM_OPEN);
    sv_stream_consume(&t, 3, 2);
    assert_int_equal(sv_stream_peek(&t, &data), 0);
    assert_int_equal(sv_stream_status(&t), SV_STREAM_DEAD);
    assert_int_equal(sv_stream_error(&t), SV_ERR_RESET);
    assert_int_equal(sv_stream_write(&t, "x", 1, 3), 0);
    /* orderly */
    knock(&s, 2, "");
    s.sock[2].open = s.sock[2].fin = true;
    const struct sv_stream u = sv_socket_stream_init(&st, &s, (sv_sock){2, 0}, 0);
    assert_int_equal(sv_stream_peek(&u, &data), 0);
    assert_int_equal(sv_stream_status(&u), SV_STREAM_EOF);
    assert_int_equal(sv_stream_write(&u, "xy", 2, 3), 2);
    sv_stream_finish(&u, 4);
    assert_true(s.sock[2].shut);
    assert_int_equal(sv_stream_write(&u, "z", 1, 5), 0);
    sv_stream_abort(&u, 6);
    assert_true(s.sock[2].aborted);
    assert_int_equal(sv_stream_error(&u), SV_ERR_ABORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_echo_delays),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
