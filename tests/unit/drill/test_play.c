/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripts played: those that hold, and what is said of those that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drill/play.h"

#define LISTENER                                    \
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n" \
    "+0 bind(3, ..., ...) = 0\n"                    \
    "+0 listen(3, 1) = 0\n"
#define HANDSHAKE                                         \
    LISTENER "+0 < S 1000:1000(0) win 65535 <mss 1000>\n" \
             "+0 > S. 0:0(0) ack 1001 <mss 1460>\n"       \
             "+.1 < . 1:1(0) ack 1 win 65535\n"           \
             "+0 accept(3, ..., ...) = 4\n"

static struct sv_drill_report play(const char *text, enum sv_drill_version version, bool strict)
{
    struct sv_drill_script s;
    struct sv_drill_error e = {0, 0, ""};
    struct sv_drill_report r;
    const struct sv_drill_settings settings = {
        .version = version, .profile = SV_PROFILE_LINUX, .strict = strict, .ladder_columns = 80};
    if (!sv_drill_parse(&s, text, strlen(text), NULL, &e))
        fail_msg("%u:%u: %s", e.line, e.column, e.text);
    (void)sv_drill_play(&s, &settings, &r);
    sv_drill_script_free(&s);
    return r;
}

static void assert_holds(const char *text)
{
    for (uint32_t v = SV_DRILL_VERSION_4; v <= SV_DRILL_VERSION_MAPPED; v++) {
        const struct sv_drill_report r = play(text, (enum sv_drill_version)v, false);
        if (!r.passed)
            fail_msg("%u: %s\nwanted %s\nseen %s\n%s", r.line, r.what, r.wanted, r.seen, r.ladder ? r.ladder : "");
        free(r.ladder);
    }
}

static void assert_fails(const char *text, uint32_t line, const char *what)
{
    const struct sv_drill_report r = play(text, SV_DRILL_VERSION_4, true);
    assert_false(r.passed);
    assert_string_equal(r.what, what);
    assert_int_equal(r.line, line);
    free(r.ladder);
}

static void test_server(void **state)
{
    (void)state;
    assert_holds(HANDSHAKE "+0 write(4, ..., 3000) = 3000\n"
                           "+0 > P. 1:3001(3000) ack 1\n" /* three segments, glued */
                           "+.1 < . 1:1(0) ack 3001 win 65535\n"
                           "+0 < P. 1:501(500) ack 3001 win 65535\n"
                           "+0~+0.1 > . 3001:3001(0) ack 501\n"
                           "+0 read(4, ..., 1000) = 500\n"
                           "+0 %{ assert tcpi_state == TCP_ESTABLISHED; assert tcpi_unacked == 0, tcpi_unacked }%\n"
                           "+0 close(4) = 0\n"
                           "+0 > F. 3001:3001(0) ack 501\n");
}

static void test_client(void **state)
{
    (void)state;
    assert_holds("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
                 "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
                 "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n"
                 "+0 > S 7:7(0) <...>\n"
                 "+.01 < S. 5000:5000(0) ack 8 win 60000 <mss 1000,sackOK,nop,nop>\n"
                 "+0 > . 1:1(0) ack 1\n"
                 "+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0\n"
                 "+0 poll([{fd=3, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1\n"
                 "+0 < . 2001:3001(1000) ack 1 win 60000\n"
                 "+0 > . 1:1(0) ack 1 <nop,nop,sack 2001:3001>\n");
}

static void test_sleeping_calls(void **state)
{
    (void)state;
    assert_holds(LISTENER "+0...0.2 accept(3, ..., ...) = 4\n"
                          "+.1 < S 0:0(0) win 65535 <mss 1000>\n"
                          "+0 > S. 0:0(0) ack 1 <...>\n"
                          "+.1 < . 1:1(0) ack 1 win 65535\n"
                          "+.1...0.3 read(4, ..., 10) = 10\n"
                          "+.2 < P. 1:11(10) ack 1 win 65535\n"
                          "* > . 1:1(0) ack 11\n");
    assert_fails(LISTENER "+0...0.1 accept(3, ..., ...) = 4\n+.5 close(3) = 0\n", 4,
                 "accept() has not returned by 0.500000 s, and 0.100000 s is wanted");
    assert_fails(LISTENER "+0 accept(3, ..., ...) = 4\n", 4,
                 "accept() sleeps, and nothing wakes it: one that may sleep is written with two times, +0...0.2");
}

static void test_icmp(void **state)
{
    (void)state;
    const struct sv_drill_report r = play("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
                                          "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
                                          "+0 connect(3, ..., ...) = -1 EINPROGRESS\n"
                                          "+0 > S 0:0(0) <...>\n"
                                          "+.1 < icmp unreachable host_unreachable [0:0(0)]\n"
                                          "+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [EHOSTUNREACH], [4]) = 0\n",
                                          SV_DRILL_VERSION_4, true);
    assert_string_equal(r.what, "");
    assert_true(r.passed);
}

/* A mismatch: the line and what came, one under the other, and the conversation. */
static void test_mismatch(void **state)
{
    (void)state;
    struct sv_drill_report r =
        play(HANDSHAKE "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 2\n", SV_DRILL_VERSION_4, false);
    assert_false(r.passed);
    assert_int_equal(r.line, 9);
    assert_int_equal(r.column, 1);
    assert_string_equal(r.what, "acknowledgement number: wanted 2, seen 1");
    assert_string_equal(r.wanted, "0.100000 > P. 1:101(100) ack 2");
    assert_memory_equal(r.seen, "0.100000 > P. 1:101(100) ack 1 win ", 35);
    assert_non_null(r.ladder);
    assert_non_null(strstr(r.ladder, "SYN-RECEIVED"));
    assert_non_null(strstr(r.ladder, "len=100"));
    free(r.ladder);
    r = play(HANDSHAKE "+0 > P. 1:101(100) ack 1\n", SV_DRILL_VERSION_4, false);
    assert_string_equal(r.what, "the packet does not come");
    assert_string_equal(r.seen, "nothing until 2.100000");
    free(r.ladder);
}

static void test_failures(void **state)
{
    (void)state;
    assert_fails(HANDSHAKE "+0 write(4, ..., 100) = 100\n+.5 > P. 1:101(100) ack 1\n", 9,
                 "the packet left at 0.100000 s, and it is wanted at 0.600000 s");
    assert_fails(HANDSHAKE "+0 write(4, ..., 100) = 100\n", 8, "a packet that no line of the script wants");
    assert_fails(HANDSHAKE "+0 read(4, ..., 100, 0) = 100\n", 8, "read() takes 3 arguments, not 4");
    assert_fails(HANDSHAKE "+0 recv(4, ..., 100, MSG_DONTWAIT) = 100\n", 8,
                 "recv() gives -1 EAGAIN (Resource temporarily unavailable), and 100 is wanted");
    assert_fails(HANDSHAKE "+0 recv(4, ..., 100, MSG_NONSENSE) = 100\n", 8,
                 "the name MSG_NONSENSE (column 22) is not known");
    assert_fails(HANDSHAKE "+0 frobnicate(4) = 0\n", 8, "the call frobnicate() is not known here");
    assert_fails(HANDSHAKE "+0 %{\nassert tcpi_state == TCP_CLOSE, tcpi_state }%\n", 9,
                 "assert tcpi_state == TCP_CLOSE does not hold: 1");
    assert_fails(HANDSHAKE "+0 `reboot`\n", 8,
                 "the command ends with status 127: the command \"reboot\" is not known here");
    assert_fails("--nonsense\n0 `true`\n", 1, "--nonsense: no setting of that name is known");
    assert_fails("1 `true`\n0.5 `true`\n", 2, "this event's time, 0.500000 s, is before that of the event above it");
    assert_fails(HANDSHAKE "+0 < . 1:1(0) ack 1 win 1 <nop,nop,TS val 1 ecr 77>\n", 8,
                 "ecr 77: no packet of the stack's before had that TSval");
    assert_fails(HANDSHAKE "+0 < S 0:0(0) win 1 <FO COOKIE>\n", 8,
                 "\"COOKIE\" is no bytes in hex, and no --define says what it stands for");
}

/* Options in another order and with other padding hold where that was asked for; another value never does. */
static void test_any_order(void **state)
{
    (void)state;
    const char *right = LISTENER "+0 < S 0:0(0) win 65535 <sackOK,mss 1000,eol,eol>\n"
                                 "+0 > S. 0:0(0) ack 1 <sackOK,mss 1460,eol,eol>\n";
    const char *wrong = LISTENER "+0 < S 0:0(0) win 65535 <sackOK,mss 1000,eol,eol>\n"
                                 "+0 > S. 0:0(0) ack 1 <sackOK,mss 1461,eol,eol>\n";
    const char *const texts[] = {right, right, wrong};
    for (uint32_t i = 0; i < 3; i++) {
        struct sv_drill_script s;
        struct sv_drill_error e;
        struct sv_drill_report r;
        const struct sv_drill_settings settings = {.any_order = i != 0, .profile = SV_PROFILE_LINUX};
        assert_true(sv_drill_parse(&s, texts[i], strlen(texts[i]), NULL, &e));
        assert_true(sv_drill_play(&s, &settings, &r));
        assert_int_equal(r.passed, i == 1);
        if (i == 2)
            assert_string_equal(r.what, "mss: wanted 1461, seen 1460");
        sv_drill_script_free(&s);
    }
}

/* The same script, the same packets, whatever the clock of the machine says. */
static void count_packet(void *ctx, sv_time when, bool outbound, const void *bytes, size_t n, uint32_t line)
{
    uint64_t *hash = ctx;
    const uint8_t *p = bytes;
    *hash = *hash * 31u + when + outbound + line;
    for (size_t i = 0; i < n; i++)
        *hash = *hash * 31u + p[i];
}

static void test_repeats(void **state)
{
    (void)state;
    const char *text = HANDSHAKE "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n"
                                 "* > P. 1:101(100) ack 1\n* > P. 1:101(100) ack 1\n";
    uint64_t hash[2] = {0, 0};
    for (uint32_t i = 0; i < 2; i++) {
        struct sv_drill_script s;
        struct sv_drill_error e;
        struct sv_drill_report r;
        const struct sv_drill_settings settings = {.packet = count_packet, .ctx = &hash[i], .profile = 1};
        assert_true(sv_drill_parse(&s, text, strlen(text), NULL, &e));
        assert_true(sv_drill_play(&s, &settings, &r));
        assert_true(r.passed);
        assert_int_equal(r.events, 11);
        sv_drill_script_free(&s);
    }
    assert_int_equal(hash[0], hash[1]);
    assert_int_not_equal(hash[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server),    cmocka_unit_test(test_client),   cmocka_unit_test(test_sleeping_calls),
        cmocka_unit_test(test_icmp),      cmocka_unit_test(test_mismatch), cmocka_unit_test(test_failures),
        cmocka_unit_test(test_any_order), cmocka_unit_test(test_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
