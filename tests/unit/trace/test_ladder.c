/* SPDX-License-Identifier: BSD-2-Clause */
/* The ladder against its drawings: rows as a scenario would give them, and the exact text that must come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/ladder.h"
#include "trace/width.h"

#define MS SV_MS
#define SYN SV_LADDER_SYN
#define ACK SV_LADDER_ACK
#define PSH SV_LADDER_PSH
#define FIN SV_LADDER_FIN
#define RST SV_LADDER_RST
#define L SV_LADDER_LEFT
#define R SV_LADDER_RIGHT

static char drawn[200000];
static struct sv_line_text page;
static const struct sv_sink sink = {sv_text_put, &page};

static void expect_file(const char *name)
{
    /* The drawings lie beside this file. */
    char path[600], wanted[20000];
    const char *root = getenv("SEVEN_SOURCE_ROOT");
    snprintf(path, sizeof path, "%s/tests/unit/trace/%s", root ? root : ".", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(wanted, 1, sizeof wanted - 1, f);
    fclose(f);
    wanted[n] = 0;
    assert_true(n > 200);
    if (strcmp(wanted, drawn) != 0)
        printf("--- wanted (%s)\n%s--- drawn\n%s", name, wanted, drawn);
    assert_string_equal(drawn, wanted);
}

/* A list of rows being written down. */
static struct sv_ladder_row rows[64];
static size_t n_rows;

static struct sv_ladder_row *row(enum sv_ladder_kind kind, enum sv_ladder_side side, sv_time at)
{
    rows[n_rows] = sv_ladder_row_of(kind, side, at);
    return &rows[n_rows++];
}

static struct sv_ladder_row *segment(enum sv_ladder_side side, sv_time at, uint16_t flags, uint32_t seq, uint32_t ack,
                                     uint32_t len)
{
    struct sv_ladder_row *r = row(SV_LADDER_SEGMENT, side, at);
    r->flags = flags;
    r->seq = seq;
    r->ack = ack;
    r->len = len;
    return r;
}

static struct sv_ladder_row *call(enum sv_ladder_side side, sv_time at, const char *text)
{
    struct sv_ladder_row *r = row(SV_LADDER_CALL, side, at);
    r->text = text;
    return r;
}

static struct sv_ladder_row *states(struct sv_ladder_row *r, uint8_t left, uint8_t right)
{
    r->left_state = left;
    r->right_state = right;
    return r;
}

static struct sv_ladder_row *window(struct sv_ladder_row *r, uint32_t win, uint16_t mss)
{
    r->has_win = 1;
    r->win = win;
    r->mss = mss;
    return r;
}

static struct sv_ladder_options options_ab(uint32_t columns, int utf8, enum sv_ladder_lang lang)
{
    struct sv_ladder_options o;
    memset(&o, 0, sizeof o);
    o.columns = columns;
    o.utf8 = (uint8_t)utf8;
    o.lang = lang;
    o.fold = 1;
    o.end[0] = (struct sv_ladder_end){"a", "10.0.0.1:40000", 100, 1};
    o.end[1] = (struct sv_ladder_end){"b", "10.0.0.2:80", 300, 1};
    return o;
}

static void draw(const struct sv_ladder_options *o)
{
    page = sv_text_of(drawn, sizeof drawn);
    sv_ladder_draw(rows, n_rows, o, &sink);
}

#define NO SV_LADDER_UNKNOWN
#define T(en, zh) (zhongwen ? zh : en)

static void example1(int zhongwen)
{
    n_rows = 0;
    states(row(SV_LADDER_STATE, L, 0), SV_CLOSED, SV_LISTEN);
    call(L, 0, "connect");
    states(window(segment(L, 0, SYN, 100, 0, 0), 65535, 1460), SV_SYN_SENT, SV_SYN_RECEIVED)->note =
        T("1st: J = 100", "第一次握手：J = 100");
    states(window(segment(R, 50 * MS, SYN | ACK, 300, 101, 0), 65535, 1460), SV_ESTABLISHED, NO)->note =
        T("2nd: K = 300, acknowledges J+1 = 101", "第二次握手：K = 300，确认 J+1 = 101");
    struct sv_ladder_row *r = states(segment(L, 100 * MS, ACK, 101, 301, 0), NO, SV_ESTABLISHED);
    r->decisive = 1;
    r->note = T("3rd: acknowledges K+1 = 301; a has been ESTABLISHED since it received the 2nd",
                "第三次握手：确认 K+1 = 301；a 在收到第二次握手时就已 ESTABLISHED");
    call(L, 100 * MS, "send 20");
    segment(L, 100 * MS, PSH | ACK, 101, 301, 20)->note =
        T("same seq as the ACK before: a pure ACK takes no number", "序号与上一个 ACK 相同：纯 ACK 不占序号");
    call(R, 150 * MS, "reads 20, sends 50");
    segment(R, 150 * MS, PSH | ACK, 301, 121, 50)->note =
        T("121 = 101 + 20 bytes, not seq + 1", "121 = 101 + 20 字节，而不是 Seq+1");
    call(L, 200 * MS, "reads 50, close");
    states(segment(L, 200 * MS, FIN | ACK, 121, 351, 0), SV_FIN_WAIT_1, SV_CLOSE_WAIT)->note =
        T("1st: a has no more to send", "第一次挥手：a 不再发送");
    states(segment(R, 250 * MS, ACK, 351, 122, 0), SV_FIN_WAIT_2, NO)->note =
        T("2nd: the FIN took one number", "第二次挥手：FIN 占一个序号");
    call(R, 350 * MS, "close");
    states(segment(R, 350 * MS, FIN | ACK, 351, 122, 0), SV_TIME_WAIT, SV_LAST_ACK)->note = T("3rd", "第三次挥手");
    states(segment(L, 400 * MS, ACK, 122, 352, 0), NO, SV_CLOSED)->note = T("4th", "第四次挥手");
    r = states(row(SV_LADDER_TIMER, L, 240400 * MS), SV_CLOSED, NO);
    r->bracket = SV_LADDER_SAY_2MSL;
    r->duration_ns = 240 * SV_S;
}

static struct sv_ladder_row *rto(sv_time at, uint64_t ms)
{
    struct sv_ladder_row *r = row(SV_LADDER_TIMER, L, at);
    r->bracket = SV_LADDER_SAY_RTO;
    r->duration_ns = ms * MS;
    r->next_ns = 2 * ms * MS;
    return r;
}

static void example2(int zhongwen)
{
    n_rows = 0;
    states(row(SV_LADDER_STATE, L, 0), SV_CLOSED, SV_LISTEN);
    call(L, 0, "connect");
    struct sv_ladder_row *r = states(window(segment(L, 0, SYN, 100, 0, 0), 65535, 1460), SV_SYN_SENT, NO);
    r->kind = SV_LADDER_LOST;
    r->text = "fault 1";
    r->note = T("RTO timer set: 1 s (RFC 6298 2.1)", "设定 RTO 定时器：1 s（RFC 6298 2.1）");
    rto(1000 * MS, 1000);
    r = states(window(segment(L, 1000 * MS, SYN, 100, 0, 0), 65535, 1460), NO, SV_SYN_RECEIVED);
    r->re = SV_LADDER_RE_RTO;
    r->re_count = 1;
    r->decisive = 1;
    r->note = T("the same SYN: same number, same window, same MSS", "同一个 SYN：序号、窗口、MSS 都不变");
    states(window(segment(R, 1050 * MS, SYN | ACK, 300, 101, 0), 65535, 1460), SV_ESTABLISHED, NO)->note =
        T("no RTT sample: Karn. The SYN was lost, so RTO becomes 3 s (RFC 6298 5.7) and IW one segment (RFC 5681 3.1)",
          "Karn：不取 RTT 样本。丢过 SYN，RTO 置为 3 s（RFC 6298 5.7），初始窗口一个报文段（RFC 5681 3.1）");
    states(segment(L, 1100 * MS, ACK, 101, 301, 0), NO, SV_ESTABLISHED);
    call(L, 1100 * MS, "send 20");
    r = segment(L, 1100 * MS, PSH | ACK, 101, 301, 20);
    r->kind = SV_LADDER_LOST;
    r->text = "fault 2";
    rto(4100 * MS, 3000)->note = T("3 s, not 2 s", "是 3 s，不是 2 s");
    r = segment(L, 4100 * MS, PSH | ACK, 101, 301, 20);
    r->re = SV_LADDER_RE_RTO;
    r->re_count = 1;
    call(R, 4150 * MS, "reads 20");
    segment(R, 4150 * MS, ACK, 301, 121, 0)->note =
        T("all acknowledged: timer off (RFC 6298 5.2); RTO stays 6 s until a fresh sample",
          "全部确认：关定时器（RFC 6298 5.2）；取得新样本前 RTO 保持 6 s");
}

static void test_example1_80_ascii(void **state)
{
    (void)state;
    example1(0);
    const struct sv_ladder_options o = options_ab(80, 0, SV_LADDER_EN);
    draw(&o);
    expect_file("example1_80_ascii.txt");
}

static void test_example1_120_utf8(void **state)
{
    (void)state;
    example1(0);
    const struct sv_ladder_options o = options_ab(120, 1, SV_LADDER_EN);
    draw(&o);
    expect_file("example1_120_utf8.txt");
}

static void test_example1_80_zh(void **state)
{
    (void)state;
    example1(1);
    const struct sv_ladder_options o = options_ab(80, 1, SV_LADDER_ZH);
    draw(&o);
    expect_file("example1_80_zh.txt");
}

static void test_example2_80_ascii(void **state)
{
    (void)state;
    example2(0);
    const struct sv_ladder_options o = options_ab(80, 0, SV_LADDER_EN);
    draw(&o);
    expect_file("example2_80_ascii.txt");
}

static void test_example2_120_zh(void **state)
{
    (void)state;
    example2(1);
    const struct sv_ladder_options o = options_ab(120, 1, SV_LADDER_ZH);
    draw(&o);
    expect_file("example2_120_zh.txt");
}

static struct sv_ladder_row *syn_options(struct sv_ladder_row *r, uint8_t scale)
{
    r->sack_permitted = 1;
    r->timestamps = 1;
    r->has_scale = 1;
    r->scale = scale;
    return r;
}

#define US SV_US
#define KI 2899716231u
#define SI 1170842337u

static void test_run1(void **state)
{
    (void)state;
    n_rows = 0;
    states(row(SV_LADDER_STATE, R, 0), NO, SV_LISTEN);
    states(syn_options(window(segment(L, 0, SYN, KI, 0, 0), 64240, 1460), 10), NO, SV_SYN_RECEIVED);
    syn_options(window(segment(R, 20 * US, SYN | ACK, SI, KI + 1, 0), 65535, 1460), 8);
    states(segment(L, 60 * US, ACK, KI + 1, SI + 1, 0), NO, SV_ESTABLISHED);
    segment(L, 140 * US, PSH | ACK, KI + 1, SI + 1, 81)->note = "GET /hello.txt";
    segment(R, 200 * US, PSH | ACK, SI + 1, KI + 82, 170)->note = "200 OK; the ack rides on the answer";
    segment(L, 310 * US, ACK, KI + 82, SI + 171, 0);
    states(segment(L, 520 * US, FIN | ACK, KI + 82, SI + 171, 0), NO, SV_CLOSE_WAIT);
    states(segment(R, 550 * US, FIN | ACK, SI + 171, KI + 83, 0), NO, SV_LAST_ACK)->note =
        "Seven had nothing left to send: ACK and FIN in one. Three segments, not four";
    states(segment(L, 580 * US, ACK, KI + 83, SI + 172, 0), NO, SV_CLOSED);
    struct sv_ladder_options o = options_ab(80, 1, SV_LADDER_EN);
    o.relative = 1;
    o.end[0] = (struct sv_ladder_end){"kernel", "10.7.0.1:41370", KI, 1};
    o.end[1] = (struct sv_ladder_end){"Seven", "10.7.0.2:80", SI, 1};
    draw(&o);
    expect_file("run1_80_utf8.txt");
}

static void test_run4(void **state)
{
    (void)state;
    n_rows = 0;
    row(SV_LADDER_FOLD, L, SV_NEVER)->text = "opened as above, 6 bytes sent";
    states(segment(L, 1200 * US, FIN | ACK, KI + 7, SI + 1, 0), NO, SV_CLOSE_WAIT)->note = "nc has no more to send";
    segment(R, 1220 * US, ACK, SI + 1, KI + 8, 0)->note = "acknowledged at once; the program is not done";
    segment(R, 101300 * US, PSH | ACK, SI + 1, KI + 8, 6)->note = "the other half still carries data";
    segment(L, 101400 * US, ACK, KI + 8, SI + 7, 0);
    states(segment(R, 151300 * US, FIN | ACK, SI + 7, KI + 8, 0), NO, SV_LAST_ACK);
    states(segment(L, 151400 * US, ACK, KI + 8, SI + 8, 0), NO, SV_CLOSED);
    struct sv_ladder_options o = options_ab(80, 1, SV_LADDER_EN);
    o.relative = 1;
    o.hide_isn = 1;
    o.end[0] = (struct sv_ladder_end){"kernel", "10.7.0.1:41384", KI, 1};
    o.end[1] = (struct sv_ladder_end){"Seven", "10.7.0.2:7", SI, 1};
    draw(&o);
    expect_file("run4_80_utf8.txt");
}

static void expect_lines(const char *wanted)
{
    if (strcmp(wanted, drawn) != 0)
        printf("--- wanted\n%s--- drawn\n%s", wanted, drawn);
    assert_string_equal(drawn, wanted);
}

static void test_two_rows_and_drop(void **state)
{
    (void)state;
    n_rows = 0;
    /* An old SYN, held on the way, arrives long after; a segment that the receiver drops. */
    struct sv_ladder_row *r = window(segment(L, 0, SYN, 100, 0, 0), 65535, 1460);
    r->arrival = 900 * MS;
    states(r, SV_SYN_SENT, SV_SYN_RECEIVED);
    r = segment(R, 500 * MS, ACK, 300, 9, 0);
    r->arrival = 550 * MS;
    r->kind = SV_LADDER_DROPPED;
    r->text = "ACK_NOT_ACCEPTABLE";
    r = segment(R, 900 * MS, SYN | ACK, 300, 101, 0);
    r->arrival = 950 * MS;
    r = segment(L, 950 * MS, RST | ACK, 101, 301, 0);
    r->arrival = 1000 * MS;
    static struct sv_ladder_row out[16];
    const uint64_t delay[2] = {50 * MS, 50 * MS};
    const size_t n = sv_ladder_order(rows, n_rows, delay, out);
    assert_int_equal(n, 5);
    memcpy(rows, out, n * sizeof out[0]);
    n_rows = n;
    struct sv_ladder_options o = options_ab(80, 0, SV_LADDER_EN);
    o.no_header = 1;
    o.unit = SV_LADDER_SECONDS;
    draw(&o);
    expect_lines("    0.000     SYN-SENT |-- SYN seq=100 win=65535 mss=1460 ...     |\n"
                 "    0.500              |<-------------------- ACK seq=300 ack=9 --|\n"
                 "                       |X ACK_NOT_ACCEPTABLE                      |\n"
                 "    0.900              |... SYN seq=100 ------------------------->| SYN-RECEIVED\n"
                 "    0.900              |<-------------- SYN,ACK seq=300 ack=101 --|\n"
                 "    0.950              |-- RST,ACK seq=101 ack=301 -------------->|\n");
}

static void test_sack_probe_zero_window(void **state)
{
    (void)state;
    n_rows = 0;
    struct sv_ladder_row *r = window(segment(R, 0, ACK, 301, 101, 0), 0, 0);
    r->sacks = 2;
    r->sack[0][0] = 2897;
    r->sack[0][1] = 4345;
    r->sack[1][0] = 5793;
    r->sack[1][1] = 7241;
    r = segment(L, 5 * MS, ACK | SV_LADDER_CWR | SV_LADDER_ECE, 100, 301, 1);
    r->re = SV_LADDER_RE_PROBE;
    r = segment(R, 6 * MS, ACK, 301, 101, 0);
    r->kind = SV_LADDER_LOST;
    r->text = "queue full";
    r = segment(R, 6 * MS, ACK, 301, 101, 0);
    r->kind = SV_LADDER_LOST;
    r->text = "an uncommonly long reason to be lost for";
    struct sv_ladder_options o = options_ab(80, 0, SV_LADDER_EN);
    o.no_header = 1;
    o.unit = SV_LADDER_SECONDS;
    draw(&o);
    expect_lines("    0.000              |<----------- ACK seq=301 ack=101 win=0! --|\n"
                 "                       |               sack=2897-4345,5793-7241   |\n"
                 "    0.005              |-- ACK,cwr,ece seq=100 ack=301 len=1 ---->|\n"
                 "                       |   probe                                  |\n"
                 "    0.006              |     queue full X-- ACK seq=301 ack=101 --|\n"
                 "    0.006              |                X-- ACK seq=301 ack=101 --|\n"
                 "                       |   an uncommonly long reason to be lost   |\n");
}

static void test_fold(void **state)
{
    (void)state;
    n_rows = 0;
    struct sv_ladder_options o = options_ab(80, 0, SV_LADDER_EN);
    o.unit = SV_LADDER_SECONDS;
    o.relative = 1;
    page = sv_text_of(drawn, sizeof drawn);
    struct sv_ladder l;
    o.no_header = 1;
    sv_ladder_open(&l, &o, &sink);
    for (uint32_t i = 0; i < 45965; i++) {
        n_rows = 0;
        struct sv_ladder_row *r = segment(L, i * US, ACK, 101 + i * 1460, 301, 1460);
        if (i == 100) {
            r->re = SV_LADDER_RE_FAST;
        }
        sv_ladder_add(&l, r);
    }
    n_rows = 0;
    sv_ladder_add(&l, segment(L, 46000 * US, FIN | ACK, 101 + 45965u * 1460u, 301, 0));
    sv_ladder_close(&l);
    expect_lines("    0.000              |-- ACK seq=1 ack=1 len=1460 ------------->|\n"
                 "    0.000              |-- ACK seq=1461 ack=1 len=1460 ---------->|\n"
                 "                       |  : 45,961 segments, 67,103,060 bytes,    |\n"
                 "                       |    1 retransmitted                       |\n"
                 "    0.045              |-- ACK seq=67105981 ack=1 len=1460 ------>|\n"
                 "    0.045              |-- ACK seq=67107441 ack=1 len=1460 ------>|\n"
                 "    0.046              |-- FIN,ACK seq=67108901 ack=1 ----------->|\n");
    /* Six are drawn in full. */
    page = sv_text_of(drawn, sizeof drawn);
    sv_ladder_open(&l, &o, &sink);
    for (uint32_t i = 0; i < 6; i++) {
        n_rows = 0;
        sv_ladder_add(&l, segment(L, i * US, ACK, 101 + i * 1460, 301, 1460));
    }
    sv_ladder_close(&l);
    uint32_t lines = 0;
    for (const char *p = drawn; *p; p++)
        lines += *p == '\n';
    assert_int_equal(lines, 6);
    assert_null(strstr(drawn, " : "));
}

static void test_narrow(void **state)
{
    (void)state;
    example1(0);
    struct sv_ladder_options o = options_ab(60, 0, SV_LADDER_EN);
    draw(&o);
    assert_non_null(strstr(drawn, "     SYN-SENT |-- SYN seq=100 win=65535 mss=1460 --------->|\n"));
    assert_null(strstr(drawn, "SYN-RECEIVED"));
    o.columns = 59;
    draw(&o);
    assert_non_null(strstr(drawn, "a > SYN seq=100 win=65535 mss=1460 (a SYN-SENT, b\n    SYN-RECEIVED)\n"));
    assert_non_null(strstr(drawn, "b [reads 20, sends 50]\n"));
}

/* No line is wider than the terminal, whatever its width, language and form; rails stand under each other. */
static void test_widths(void **state)
{
    (void)state;
    for (uint32_t columns = 20; columns < 160; columns++) {
        for (int which = 0; which < 8; which++) {
            if (which & 1)
                example1(which >> 1 & 1);
            else
                example2(which >> 1 & 1);
            const struct sv_ladder_options o = options_ab(columns, which >> 2, which & 2 ? SV_LADDER_ZH : SV_LADDER_EN);
            draw(&o);
            for (const char *line = drawn; *line;) {
                const char *end = strchr(line, '\n');
                assert_non_null(end);
                const uint32_t width = sv_width_text(line, (size_t)(end - line));
                if (width > columns)
                    printf("%u columns: %.*s\n", columns, (int)(end - line), line);
                assert_true(width <= columns);
                assert_true(end == line || end[-1] != ' ');
                line = end + 1;
            }
        }
    }
}

static void test_colour_and_safety(void **state)
{
    (void)state;
    n_rows = 0;
    struct sv_ladder_row *r = segment(L, 0, SYN, 100, 0, 0);
    r->note = "evil \033[2J\xff note";
    r->decisive = 1;
    r = segment(R, 1 * MS, RST | ACK, 0, 101, 0);
    struct sv_ladder_options o = options_ab(80, 0, SV_LADDER_EN);
    o.no_header = 1;
    o.colour = 1;
    draw(&o);
    assert_non_null(strstr(drawn, "\033[1;32m-- SYN seq=100"));
    assert_non_null(strstr(drawn, "\033[31m<"));
    assert_non_null(strstr(drawn, "evil ?[2J? note"));
    assert_null(strstr(drawn, "\033[2J"));
    o.colour = 0;
    draw(&o);
    assert_null(strchr(drawn, '\033'));
}

static void test_screenful(void **state)
{
    (void)state;
    example1(0);
    struct sv_ladder_options o = options_ab(80, 0, SV_LADDER_EN);
    o.screen_lines = 10;
    draw(&o);
    assert_non_null(strstr(drawn, "    0.100  ESTABLISHED |[send 20]                                 | ESTABLISHED\n"));
}

static void test_foreign_is_absolute(void **state)
{
    (void)state;
    n_rows = 0;
    segment(L, 0, SYN, 100, 0, 0);
    segment(R, 1 * MS, SYN | ACK, 300, 101, 0);
    struct sv_ladder_options o = options_ab(80, 0, SV_LADDER_EN);
    o.relative = 1;
    draw(&o);
    assert_non_null(strstr(drawn, "SYN,ACK seq=0 ack=1"));
    segment(L, 2 * MS, SYN, 77, 0, 0)->foreign = 1;
    draw(&o);
    assert_non_null(strstr(drawn, "SYN,ACK seq=300 ack=101"));
    assert_non_null(strstr(drawn, "SYN seq=77"));
}

static void test_json(void **state)
{
    (void)state;
    n_rows = 0;
    struct sv_ladder_row *r = states(window(segment(L, 5 * MS, SYN, 100, 0, 0), 65535, 1460), SV_SYN_SENT, NO);
    r->arrival = 55 * MS;
    r->note = "a \"note\"\n";
    r->re = SV_LADDER_RE_RTO;
    r->re_count = 2;
    const struct sv_ladder_options o = options_ab(80, 0, SV_LADDER_EN);
    page = sv_text_of(drawn, sizeof drawn);
    sv_ladder_json(r, &o, &sink);
    assert_string_equal(drawn,
                        "{\"schema\":1,\"kind\":\"segment\",\"side\":\"left\",\"name\":\"a\",\"departure_ns\":5000000,"
                        "\"arrival_ns\":55000000,\"flags\":[\"SYN\"],\"seq\":100,\"len_bytes\":0,\"re\":\"RTO#2\","
                        "\"win_bytes\":65535,\"mss_bytes\":1460,\"left_state\":\"SYN-SENT\","
                        "\"note\":\"a \\\"note\\\"\\n\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example1_80_ascii),
        cmocka_unit_test(test_example1_120_utf8),
        cmocka_unit_test(test_example1_80_zh),
        cmocka_unit_test(test_example2_80_ascii),
        cmocka_unit_test(test_example2_120_zh),
        cmocka_unit_test(test_run1),
        cmocka_unit_test(test_run4),
        cmocka_unit_test(test_two_rows_and_drop),
        cmocka_unit_test(test_sack_probe_zero_window),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_narrow),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_colour_and_safety),
        cmocka_unit_test(test_screenful),
        cmocka_unit_test(test_foreign_is_absolute),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
