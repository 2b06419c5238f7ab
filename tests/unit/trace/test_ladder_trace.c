/* SPDX-License-Identifier: BSD-2-Clause */
/* From trace records to the drawn ladders: a live host beside a kernel, and two hosts of one world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "frames.h"
#include "trace/ladder_from_trace.h"

#define US SV_US
#define MS SV_MS
#define KI 2899716231u
#define SI 1170842337u
#define SYN SV_LADDER_SYN
#define ACK SV_LADDER_ACK
#define PSH SV_LADDER_PSH
#define FIN SV_LADDER_FIN

static const uint8_t kernel[4] = {10, 7, 0, 1}, seven[4] = {10, 7, 0, 2};
static struct sv_ladder_build build;
static char drawn[100000];

static void *grow(void *ctx, void *old, size_t bytes)
{
    (void)ctx;
    if (bytes == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, bytes);
}

static void *refuse(void *ctx, void *old, size_t bytes)
{
    (void)ctx;
    (void)old;
    (void)bytes;
    return NULL;
}

static void event(uint16_t host, sv_time at, enum sv_trace_kind kind, uint16_t detail, uint32_t flow, uint32_t a,
                  uint32_t b, uint32_t c, uint32_t d)
{
    struct sv_trace_record r = {.time = at, .kind = (uint16_t)kind, .host = host, .detail = detail, .flow = flow};
    r.arg[0] = a;
    r.arg[1] = b;
    r.arg[2] = c;
    r.arg[3] = d;
    sv_ladder_build_record(&build, &r, NULL);
}

static void state_change(uint16_t host, sv_time at, uint32_t flow, enum sv_tcp_state from, enum sv_tcp_state to)
{
    event(host, at, SV_TRACE_TCP_STATE, 0, flow, from, to, 0, 0);
}

static void flow(uint16_t host, sv_time at, uint32_t number, const uint8_t *local, uint16_t lport,
                 const uint8_t *remote, uint16_t rport)
{
    struct sv_trace_record r = {
        .time = at, .kind = SV_TRACE_FLOW, .host = host, .detail = 6, .flow = number, .bytes = 32};
    uint8_t bytes[32] = {0};
    memset(bytes + 10, 0xff, 2);
    memcpy(bytes + 12, local, 4);
    memset(bytes + 26, 0xff, 2);
    memcpy(bytes + 28, remote, 4);
    r.arg[0] = lport;
    r.arg[1] = rport;
    sv_ladder_build_record(&build, &r, bytes);
}

static void frame(uint16_t host, sv_time at, enum sv_trace_kind kind, uint32_t packet, const struct segment *s)
{
    struct frame f;
    frame_tcp(&f, s);
    struct sv_trace_record r = {
        .time = at, .kind = (uint16_t)kind, .host = host, .packet = packet, .bytes = (uint16_t)f.n};
    r.arg[0] = (uint32_t)f.n;
    sv_ladder_build_record(&build, &r, f.at);
}

static void expect_file(const char *name)
{
    char path[600], wanted[20000];
    const char *root = getenv("SEVEN_SOURCE_ROOT");
    snprintf(path, sizeof path, "%s/tests/unit/trace/%s", root ? root : ".", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(wanted, 1, sizeof wanted - 1, f);
    fclose(f);
    wanted[n] = 0;
    if (strcmp(wanted, drawn) != 0)
        printf("--- wanted\n%s--- drawn\n%s", wanted, drawn);
    assert_string_equal(drawn, wanted);
}

static void draw(int hide_isn, int utf8)
{
    struct sv_line_text page = sv_text_of(drawn, sizeof drawn);
    const struct sv_sink sink = {sv_text_put, &page};
    struct sv_ladder_options o;
    memset(&o, 0, sizeof o);
    o.utf8 = (uint8_t)utf8;
    o.relative = 1;
    o.fold = 1;
    o.hide_isn = (uint8_t)hide_isn;
    size_t n;
    const struct sv_ladder_row *rows = sv_ladder_build_rows(&build, &n, &o);
    assert_non_null(rows);
    sv_ladder_draw(rows, n, &o, &sink);
}

static const uint8_t syn_options[20] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 10};
static const uint8_t syn_ack_options[20] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1, 1, 3, 3, 8};

static struct segment from_kernel(uint16_t port, uint16_t sport, uint16_t flags, uint32_t seq, uint32_t ack)
{
    return (struct segment){kernel, seven, port, sport, flags, 62, KI + seq, ack ? SI + ack : 0, NULL, 0, NULL, 0};
}
static struct segment from_seven(uint16_t port, uint16_t sport, uint16_t flags, uint32_t seq, uint32_t ack)
{
    return (struct segment){seven, kernel, sport, port, flags, 255, SI + seq, KI + ack, NULL, 0, NULL, 0};
}

static void open_as_server(uint16_t port, uint16_t sport, sv_time t)
{
    struct segment s = from_kernel(port, sport, SYN, 0, 0);
    s.window = 64240;
    s.options = syn_options;
    s.options_n = 20;
    frame(1, t, SV_TRACE_FRAME_IN, 11, &s);
    flow(1, t, 5, seven, sport, kernel, port);
    state_change(1, t, 5, SV_LISTEN, SV_SYN_RECEIVED);
    s = from_seven(port, sport, SYN | ACK, 0, 1);
    s.window = 65535;
    s.options = syn_ack_options;
    s.options_n = 20;
    frame(1, t + 20 * US, SV_TRACE_FRAME_OUT, 12, &s);
    s = from_kernel(port, sport, ACK, 1, 1);
    frame(1, t + 60 * US, SV_TRACE_FRAME_IN, 13, &s);
    event(1, t + 60 * US, SV_TRACE_TCP_RECEIVED, SV_SYN_RECEIVED, 5, KI + 1, SI + 1, 0, ACK);
    state_change(1, t + 60 * US, 5, SV_SYN_RECEIVED, SV_ESTABLISHED);
}

static struct sv_ladder_source source_live(uint16_t port)
{
    struct sv_ladder_source s;
    memset(&s, 0, sizeof s);
    s.grow = grow;
    s.link = SV_LINK_ETHERNET;
    s.host = 1;
    s.other = SV_NO_HOST;
    s.port = port;
    s.name = "Seven";
    s.other_name = "kernel";
    return s;
}

static void test_run1(void **state)
{
    (void)state;
    struct sv_ladder_source source = source_live(80);
    source.notes = SV_NOTE_HTTP | SV_NOTE_THREE;
    sv_ladder_build_open(&build, &source);
    const sv_time t = 77 * SV_S;
    open_as_server(41370, 80, t);
    struct segment s = from_kernel(41370, 80, PSH | ACK, 1, 1);
    static char get[82] = "GET /hello.txt HTTP/1.1\r\nHost: 10.7.0.2\r\n";
    s.data = get;
    s.n = 81;
    frame(1, t + 140 * US, SV_TRACE_FRAME_IN, 14, &s);
    static char answer[171] = "HTTP/1.1 200 OK\r\nContent-Length: 36\r\n";
    s = from_seven(41370, 80, PSH | ACK, 1, 82);
    s.data = answer;
    s.n = 170;
    frame(1, t + 200 * US, SV_TRACE_FRAME_OUT, 15, &s);
    s = from_kernel(41370, 80, ACK, 82, 171);
    frame(1, t + 310 * US, SV_TRACE_FRAME_IN, 16, &s);
    s = from_kernel(41370, 80, FIN | ACK, 82, 171);
    frame(1, t + 520 * US, SV_TRACE_FRAME_IN, 17, &s);
    state_change(1, t + 520 * US, 5, SV_ESTABLISHED, SV_CLOSE_WAIT);
    state_change(1, t + 530 * US, 5, SV_CLOSE_WAIT, SV_LAST_ACK); /* the application closes; the FIN goes later */
    s = from_seven(41370, 80, FIN | ACK, 171, 83);
    frame(1, t + 550 * US, SV_TRACE_FRAME_OUT, 18, &s);
    assert_false(sv_ladder_build_over(&build));
    s = from_kernel(41370, 80, ACK, 83, 172);
    frame(1, t + 580 * US, SV_TRACE_FRAME_IN, 19, &s);
    assert_false(sv_ladder_build_over(&build)); /* its last state is still to be told */
    state_change(1, t + 580 * US, 5, SV_LAST_ACK, SV_CLOSED);
    assert_true(sv_ladder_build_over(&build));
    draw(0, 1);
    expect_file("run1_80_utf8.txt");
    sv_ladder_build_free(&build);
}

static void test_run4(void **state)
{
    (void)state;
    struct sv_ladder_source source = source_live(7);
    source.notes = SV_NOTE_HALF_CLOSE;
    source.program = "echo";
    source.other_program = "nc";
    source.from_close = 1;
    sv_ladder_build_open(&build, &source);
    const sv_time t = 9 * SV_S;
    open_as_server(41384, 7, t);
    struct segment s = from_kernel(41384, 7, PSH | ACK, 1, 1);
    s.data = "hello\n";
    s.n = 6;
    frame(1, t + 800 * US, SV_TRACE_FRAME_IN, 1, &s);
    s = from_kernel(41384, 7, FIN | ACK, 7, 1);
    frame(1, t + 1200 * US, SV_TRACE_FRAME_IN, 2, &s);
    state_change(1, t + 1200 * US, 5, SV_ESTABLISHED, SV_CLOSE_WAIT);
    s = from_seven(41384, 7, ACK, 1, 8);
    frame(1, t + 1220 * US, SV_TRACE_FRAME_OUT, 3, &s);
    s = from_seven(41384, 7, PSH | ACK, 1, 8);
    s.data = "hello\n";
    s.n = 6;
    frame(1, t + 101300 * US, SV_TRACE_FRAME_OUT, 4, &s);
    s = from_kernel(41384, 7, ACK, 8, 7);
    frame(1, t + 101400 * US, SV_TRACE_FRAME_IN, 5, &s);
    state_change(1, t + 151300 * US, 5, SV_CLOSE_WAIT, SV_LAST_ACK);
    s = from_seven(41384, 7, FIN | ACK, 7, 8);
    frame(1, t + 151300 * US, SV_TRACE_FRAME_OUT, 6, &s);
    s = from_kernel(41384, 7, ACK, 8, 8);
    frame(1, t + 151400 * US, SV_TRACE_FRAME_IN, 7, &s);
    state_change(1, t + 151400 * US, 5, SV_LAST_ACK, SV_CLOSED);
    draw(1, 1);
    /* The window, never said before the close, is said at each side's first segment here. */
    assert_non_null(strstr(drawn, "│  : opened as above, 6 bytes sent         │"));
    assert_non_null(strstr(drawn, "> nc has no more to send"));
    assert_non_null(strstr(drawn, "> acknowledged at once; the program is not done"));
    assert_non_null(strstr(drawn, "> the other half still carries data"));
    assert_non_null(strstr(drawn, "   101300              │<"));
    assert_non_null(strstr(drawn, "│ LAST-ACK"));
    sv_ladder_build_free(&build);
}

/* The client opens; its first SYN is lost, its timer sends the second. */
static struct segment world_opens(void)
{
    flow(2, 0, 3, kernel, 40000, seven, 80);
    event(2, 0, SV_TRACE_CALL, SV_CALL_CONNECT, 3, 0, 0, 0, 0);
    state_change(2, 0, 3, SV_CLOSED, SV_SYN_SENT);
    event(2, 0, SV_TRACE_TCP_SENT, SV_SENT_SYN, 3, KI, 0, 0, SYN);
    struct segment s = from_kernel(40000, 80, SYN, 0, 0);
    s.window = 65535;
    frame(2, 0, SV_TRACE_FRAME_OUT, 101, &s);
    struct sv_trace_record lost = {
        .time = 0, .kind = SV_TRACE_DROP, .host = 9, .detail = SV_DROP_LINK_LOSS, .packet = 101};
    sv_ladder_build_record(&build, &lost, NULL);
    event(2, 1000 * MS, SV_TRACE_TCP_TIMER_FIRED, SV_TIMER_RTO, 3, 1, 2000000, 0, 0);
    const uint64_t next = 3 * SV_S;
    event(2, 1000 * MS, SV_TRACE_TCP_TIMER_SET, SV_TIMER_RTO, 3, (uint32_t)next, (uint32_t)(next >> 32), 0, 0);
    struct sv_trace_record again = {
        .time = 1000 * MS, .kind = SV_TRACE_TCP_SENT, .host = 2, .detail = SV_SENT_RTO, .flow = 3};
    again.arg[0] = KI;
    again.arg[3] = SYN;
    again.arg[5] = 1;
    sv_ladder_build_record(&build, &again, NULL);
    frame(2, 1000 * MS, SV_TRACE_FRAME_OUT, 102, &s);
    return s;
}

/* Two hosts; the client's SYN is lost, then comes again by its timer; the server drops a segment. */
static void test_world(void **state)
{
    (void)state;
    struct sv_ladder_source source = source_live(80);
    source.other = 2;
    source.name = "b";
    source.other_name = "a";
    source.calls = 1;
    source.timers = 1;
    sv_ladder_build_open(&build, &source);
    struct segment s = world_opens();
    frame(1, 1050 * MS, SV_TRACE_FRAME_IN, 102, &s);
    flow(1, 1050 * MS, 8, seven, 80, kernel, 40000);
    state_change(1, 1050 * MS, 8, SV_LISTEN, SV_SYN_RECEIVED);
    struct segment a = from_seven(40000, 80, SYN | ACK, 0, 1);
    a.window = 65535;
    frame(1, 1050 * MS, SV_TRACE_FRAME_OUT, 103, &a);
    frame(2, 1100 * MS, SV_TRACE_FRAME_IN, 103, &a);
    state_change(2, 1100 * MS, 3, SV_SYN_SENT, SV_ESTABLISHED);
    struct segment bad = from_kernel(40000, 80, ACK, 1, 77);
    bad.window = 65535;
    frame(2, 1100 * MS, SV_TRACE_FRAME_OUT, 104, &bad);
    frame(1, 1150 * MS, SV_TRACE_FRAME_IN, 104, &bad);
    struct sv_trace_record drop = {
        .time = 1150 * MS, .kind = SV_TRACE_DROP, .host = 1, .packet = 104, .detail = SV_DROP_TCP_ACK_NOT_ACCEPTABLE};
    sv_ladder_build_record(&build, &drop, NULL);
    draw(0, 0);
    const char *lines[] = {"    0.000       CLOSED |                                          | LISTEN\n",
                           "    0.000              |[connect]                                 |\n",
                           "    0.000     SYN-SENT |-- SYN seq=0 win=65535 --X LINK_LOSS      |\n",
                           "    1.000              |[RTO 1.000 s; next 2.000 s]               |\n",
                           "    1.000              |-- SYN seq=0 re=RTO#1 win=65535 --------->| SYN-RECEIVED\n",
                           "    1.050  ESTABLISHED |<-------- SYN,ACK seq=0 ack=1 win=65535 --|\n",
                           "    1.100              |-- ACK seq=1 ack=77 --------------------->|\n",
                           "                       |                      X ACK_NOT_ACCEPTABLE|\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (!strstr(drawn, lines[i]))
            printf("missing: %sin\n%s", lines[i], drawn);
        assert_non_null(strstr(drawn, lines[i]));
    }
    sv_ladder_build_free(&build);
}

/* As the stack tells it: the listener's own flow number at the SYN, no FLOW record, the new number with the third
 * segment, which comes in one burst with data. */
static void test_flow_from_packets(void **state)
{
    (void)state;
    struct sv_ladder_source source = source_live(80);
    sv_ladder_build_open(&build, &source);
    struct segment s = from_kernel(41370, 80, SYN, 0, 0);
    frame(1, 0, SV_TRACE_FRAME_IN, 11, &s);
    struct sv_trace_record half = {.kind = SV_TRACE_TCP_STATE, .host = 1, .flow = 2, .packet = 11};
    half.arg[0] = SV_LISTEN;
    half.arg[1] = SV_SYN_RECEIVED;
    sv_ladder_build_record(&build, &half, NULL);
    s = from_seven(41370, 80, SYN | ACK, 0, 1);
    frame(1, 0, SV_TRACE_FRAME_OUT, 12, &s);
    s = from_kernel(41370, 80, ACK, 1, 1);
    frame(1, 60 * US, SV_TRACE_FRAME_IN, 13, &s);
    s.flags = PSH | ACK;
    s.data = "x";
    s.n = 1;
    frame(1, 60 * US, SV_TRACE_FRAME_IN, 14, &s);
    state_change(1, 60 * US, 7, SV_CLOSED, SV_SYN_RECEIVED);
    state_change(1, 60 * US, 7, SV_SYN_RECEIVED, SV_ESTABLISHED);
    struct sv_trace_record data = {.time = 60 * US, .kind = SV_TRACE_TCP_RECEIVED, .host = 1, .flow = 7, .packet = 14};
    sv_ladder_build_record(&build, &data, NULL);
    size_t n;
    struct sv_ladder_options o;
    memset(&o, 0, sizeof o);
    const struct sv_ladder_row *rows = sv_ladder_build_rows(&build, &n, &o);
    assert_non_null(rows);
    assert_int_equal(n, 5);
    assert_int_equal(rows[0].kind, SV_LADDER_STATE);
    assert_int_equal(rows[0].right_state, SV_LISTEN);
    assert_int_equal(rows[1].right_state, SV_SYN_RECEIVED);
    assert_int_equal(rows[3].right_state, SV_ESTABLISHED);
    assert_int_equal(rows[3].len, 0);
    assert_int_equal(rows[4].right_state, SV_LADDER_UNKNOWN);
    assert_int_equal(build.flow[1], 7);
    sv_ladder_build_free(&build);
}

static void test_capture_and_choice(void **state)
{
    (void)state;
    struct sv_ladder_source source = source_live(80);
    source.skip = 1;
    sv_ladder_build_open(&build, &source);
    for (uint16_t port = 5000; port < 5003; port++) {
        struct segment s = from_kernel(port, 80, SYN, 0, 0);
        struct frame f;
        frame_tcp(&f, &s);
        sv_ladder_build_frame(&build, port * MS, f.at, f.n, f.n);
        sv_ladder_build_frame(&build, port * MS + 1, f.at, f.n, f.n); /* sent again: not another connection */
    }
    size_t n;
    struct sv_ladder_options o;
    memset(&o, 0, sizeof o);
    const struct sv_ladder_row *rows = sv_ladder_build_rows(&build, &n, &o);
    assert_non_null(rows);
    assert_int_equal(n, 2);
    assert_string_equal(o.end[0].address, "10.7.0.1:5001");
    assert_int_equal(rows[1].re, SV_LADDER_RE_AGAIN);
    assert_int_equal(rows[0].left_state, SV_LADDER_UNKNOWN);
    sv_ladder_build_free(&build);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct sv_ladder_source source = source_live(80);
    source.grow = refuse;
    sv_ladder_build_open(&build, &source);
    open_as_server(41370, 80, 0);
    size_t n;
    struct sv_ladder_options o;
    memset(&o, 0, sizeof o);
    assert_null(sv_ladder_build_rows(&build, &n, &o));
    assert_true(build.lost >= 3);
    sv_ladder_build_free(&build);
    source.grow = grow;
    source.rows_max = 2;
    sv_ladder_build_open(&build, &source);
    open_as_server(41370, 80, 0);
    assert_non_null(sv_ladder_build_rows(&build, &n, &o));
    assert_true(build.lost >= 1);
    sv_ladder_build_free(&build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run1),
        cmocka_unit_test(test_run4),
        cmocka_unit_test(test_world),
        cmocka_unit_test(test_flow_from_packets),
        cmocka_unit_test(test_capture_and_choice),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
