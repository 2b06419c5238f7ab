/* SPDX-License-Identifier: BSD-2-Clause */
/* The language: what a script's words become, and where what is wrong stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drill/script.h"

static struct sv_drill_script parse(const char *text)
{
    struct sv_drill_script s;
    struct sv_drill_error e = {0, 0, ""};
    const bool ok = sv_drill_parse(&s, text, strlen(text), NULL, &e);
    if (!ok)
        fail_msg("%u:%u: %s", e.line, e.column, e.text);
    return s;
}

/* "LINE:COLUMN: WHAT" of a script that is none. */
static void assert_wrong(const char *text, const char *wanted)
{
    struct sv_drill_script s;
    struct sv_drill_error e = {0, 0, ""};
    char seen[300];
    assert_false(sv_drill_parse(&s, text, strlen(text), NULL, &e));
    assert_null(s.blocks);
    (void)snprintf(seen, sizeof seen, "%u:%u: %s", e.line, e.column, e.text);
    assert_string_equal(seen, wanted);
}

static void test_times(void **state)
{
    (void)state;
    struct sv_drill_script s = parse("0 `a`\n+.25 `b` 1~1.5 `c` +0.1~+0.2 `d` * `e` 2.000000001 `f`");
    static const struct {
        uint8_t time;
        int64_t at, until;
    } wanted[] = {{SV_DRILL_AT, 0, 0},
                  {SV_DRILL_AFTER, 250000000, 250000000},
                  {SV_DRILL_BETWEEN, 1000000000, 1500000000},
                  {SV_DRILL_BETWEEN_AFTER, 100000000, 200000000},
                  {SV_DRILL_WHENEVER, 0, 0},
                  {SV_DRILL_AT, 2000000001, 2000000001}};
    uint32_t i = 0;
    for (const struct sv_drill_event *e = s.events; e; e = e->next, i++) {
        assert_int_equal(e->time, wanted[i].time);
        assert_int_equal(e->at_ns, wanted[i].at);
        assert_int_equal(e->until_ns, wanted[i].until);
    }
    assert_int_equal(i, 6);
    assert_int_equal(s.count, 6);
    sv_drill_script_free(&s);
}

static void test_settings_and_commands(void **state)
{
    (void)state;
    struct sv_drill_script s = parse("--ip_version=ipv6 --local_ip=fd00::1\n--strict_segments // why\n"
                                     "`before`\n /* one */ 0 `x`\n`after`\n");
    assert_string_equal(s.settings->name, "ip_version");
    assert_string_equal(s.settings->value, "ipv6");
    assert_string_equal(s.settings->next->value, "fd00::1");
    assert_string_equal(s.settings->next->next->name, "strict_segments");
    assert_null(s.settings->next->next->value);
    assert_string_equal(s.before, "before");
    assert_string_equal(s.after, "after");
    assert_string_equal(s.events->source, "0 `x`");
    sv_drill_script_free(&s);
}

static void test_segment(void **state)
{
    (void)state;
    struct sv_drill_script s =
        parse("0 > [ect0] SEW 0:0(0) win 65000~65535 <mss 1460,nop,wscale *,sackOK,TS val 100 ecr 0>\n"
              "0 < (tos 0x20, ttl 4) 5.F 10:20(10) ack 4294967295 win 3 urg 7 <sack 1:2 3:4,nop,nop>\n"
              "0 > 8080 > 40000 R. ...(0)! ack * <...>\n"
              "0 < - 1:1(0) win 0 <FO 0102030405060708,nop,nop>/udp(1 > 2)\n");
    const struct sv_drill_packet *k = s.events->of.packet;
    assert_true(k->outbound);
    assert_int_equal(k->flags, SV_DRILL_SYN | SV_DRILL_ECE | SV_DRILL_CWR);
    assert_int_equal(k->tos_check, SV_DRILL_TOS_ECN);
    assert_int_equal(k->tos, 2);
    assert_int_equal(k->window.low, 65000);
    assert_int_equal(k->window.high, 65535);
    assert_int_equal(k->options, 5);
    assert_int_equal(k->option[0].value[0].low, 1460);
    assert_true(k->option[2].value[0].any);
    assert_int_equal(k->option[4].value[0].low, 100);
    k = s.events->next->of.packet;
    assert_false(k->outbound);
    assert_true(k->ace);
    assert_int_equal(k->flags, SV_DRILL_ACK | SV_DRILL_FIN | SV_DRILL_ECE | SV_DRILL_AE);
    assert_int_equal(k->tos, 0x20);
    assert_int_equal(k->ttl, 4);
    assert_int_equal(k->seq.low, 10);
    assert_int_equal(k->length, 10);
    assert_int_equal(k->ack.low, 4294967295u);
    assert_int_equal(k->urgent.low, 7);
    assert_int_equal(k->option[0].count, 2);
    assert_int_equal(k->option[0].value[3].low, 4);
    k = s.events->next->next->of.packet;
    assert_int_equal(k->source_port, 8080);
    assert_int_equal(k->destination_port, 40000);
    assert_true(k->seq.any && k->absolute && k->ack.any && k->any_options);
    k = s.events->next->next->next->of.packet;
    assert_int_equal(k->flags, 0);
    assert_int_equal(k->option[0].bytes, 8);
    assert_int_equal(k->option[0].data[7], 8);
    assert_int_equal(k->udp_destination, 2);
    sv_drill_script_free(&s);
}

static void test_other_packets(void **state)
{
    (void)state;
    struct sv_drill_script s = parse("0 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]\n0 > udp (1000)\n"
                                     "0 < icmp echo_request id 7");
    const struct sv_drill_packet *k = s.events->of.packet;
    assert_string_equal(k->icmp_type, "unreachable");
    assert_string_equal(k->icmp_code, "frag_needed");
    assert_int_equal(k->mtu.low, 1200);
    assert_int_equal(k->quoted, SV_DRILL_TCP);
    assert_int_equal(k->quoted_seq, 1);
    assert_int_equal(k->quoted_length, 1460);
    assert_int_equal(s.events->next->of.packet->protocol, SV_DRILL_UDP);
    assert_int_equal(s.events->next->of.packet->length, 1000);
    assert_null(s.events->next->next->of.packet->icmp_code);
    sv_drill_script_free(&s);
}

static void test_calls(void **state)
{
    (void)state;
    struct sv_drill_script s =
        parse("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
              "+0...0.2 recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{...,10}], msg_flags=MSG_PEEK|MSG_TRUNC}, 0) = -1 "
              "EAGAIN (Try again)\n"
              "0 write(3, \"a\\x41\" \"\\n\"..., 3) = 0x03 (a note)\n");
    const struct sv_drill_call *c = s.events->of.call;
    assert_string_equal(c->name, "socket");
    assert_int_equal(c->count, 3);
    assert_int_equal(c->arguments->kind, SV_DRILL_ELLIPSIS);
    assert_int_equal(c->result->number, 3);
    c = s.events->next->of.call;
    assert_true(c->blocks);
    assert_int_equal(c->end_ns, 200000000);
    assert_string_equal(c->error, "EAGAIN");
    const struct sv_drill_expr *record = c->arguments->next;
    assert_int_equal(record->kind, SV_DRILL_RECORD);
    assert_string_equal(record->items->text, "msg_name");
    assert_int_equal(record->items->next->first->items->items->next->number, 10);
    assert_int_equal(record->items->next->next->first->kind, SV_DRILL_OR);
    c = s.events->next->next->of.call;
    assert_int_equal(c->arguments->next->n, 3);
    assert_memory_equal(c->arguments->next->text, "aA\n", 3);
    assert_true(c->arguments->next->more);
    assert_int_equal(c->result->number, 3);
    sv_drill_script_free(&s);
}

static void test_definitions(void **state)
{
    (void)state;
    static const struct sv_drill_define defines[] = {{"COOKIE", "0a0b0c0d"}, {"SIZE", "7"}, {NULL, NULL}};
    const char *text = "#ifdef COOKIE\n0 < S 0:0(0) win 1 <FO COOKIE,nop,nop>\n#else\nnonsense\n#endif\n"
                       "#ifndef COOKIE\nnonsense\n#endif\n0 f(SIZE) = 0 // #else\nSIZE f(1) = 0\n";
    struct sv_drill_script s;
    struct sv_drill_error e;
    assert_true(sv_drill_parse(&s, text, strlen(text), defines, &e));
    assert_int_equal(s.events->of.packet->option[0].bytes, 4);
    assert_int_equal(s.events->of.packet->option[0].data[0], 10);
    assert_int_equal(s.events->next->of.call->arguments->number, 7);
    assert_int_equal(s.events->next->line, 9);
    /* An event may begin with one; its words are those of the script. */
    assert_string_equal(s.events->next->next->source, "SIZE f(1) = 0");
    sv_drill_script_free(&s);
    /* What no definition explains is told when it is needed, not before. */
    s = parse("0 < S 0:0(0) win 1 <FO COOKIE,nop>");
    assert_string_equal(s.events->of.packet->option[0].undefined, "COOKIE");
    sv_drill_script_free(&s);
}

static void test_errors(void **state)
{
    (void)state;
    assert_wrong("", "1:1: a script without a single event");
    assert_wrong("0 < S 0:0(0)",
                 "1:13: win N (a packet that is sent has a window) is wanted here, not the end of the script");
    assert_wrong("0 `a`\n0 > S. 0:1(0) ack 1", "2:8: 0 and 0 bytes make 0, not 1");
    assert_wrong("0 > SX 0:0(0)", "1:6: 'X' is no flag of TCP (F S R P . U E W A, or 0 to 7 for ACE)");
    assert_wrong("0 > SE3 0:0(0)", "1:7: the ACE field is one number, without E, W and A");
    assert_wrong("0 < . 0:0(0) ack * win 1", "1:18: an acknowledgement number: * stands for what is compared, and this "
                                             "is sent");
    assert_wrong("0 > . 0:0(0) <mss>", "1:18: an MSS is wanted here, not '>'");
    assert_wrong("0 > . 0:0(0) <mss 99999>", "1:19: an MSS must lie between 0 and 65535");
    assert_wrong("0 > . 0:0(0) <nop>",
                 "1:14: the options take 1 bytes; nop or eol must fill them up to a multiple of 4");
    assert_wrong("0 > . 0:0(0) <mess 1>", "1:15: one of nop, eol, mss, wscale, sackOK, sack, TS, md5, FO, FOEXP, ECN, "
                                          "bytes is wanted here, not \"mess\"");
    assert_wrong("0 > [ect01] . 0:0(0)\n0 < [ect01] . 0:0(0) win 1",
                 "2:6: ect01 stands for what is compared, and this packet is sent");
    assert_wrong("0 > ipv4 1.2.3.4 > 5.6.7.8: . 0:0(0)",
                 "1:5: packets in packets (ipv4) are not understood, but for TCP in UDP");
    assert_wrong("0 close(3 = 0", "1:11: ')' is wanted here, not '='");
    assert_wrong("0 close(3)", "1:11: '=' is wanted here, not the end of the script");
    assert_wrong("x", "1:1: an event's time (0.1, +0.1, +0.1~+0.2, *) is wanted here, not \"x\"");
    assert_wrong("0 {", "1:3: a packet (< or >), a call, a `command` or %{ code }% is wanted here, not '{'");
    assert_wrong("0 %{ assert", "1:3: code that begins with %{ must end with }%");
    assert_wrong("0 `a", "1:3: a command that does not end");
    assert_wrong("0 f(\"a) = 0", "1:5: a string that does not end");
    assert_wrong("/* 0 `a`", "1:1: a comment that begins with /* must end with */");
    assert_wrong("+0.2~+0.1 > . 1:1(0)", "1:11: a range of time must not end before it begins");
    assert_wrong("* < . 1:1(0) win 1", "1:1: a packet that is sent needs one time: 0.1 or +0.1");
    assert_wrong("0 f(99999999999999999999) = 0", "1:5: a number beyond 63 bits");
    assert_wrong("#ifdef A\n0 `a`\n", "2:1: an #ifdef without its #endif");
    assert_wrong("0 `a`\n#endif\n", "2:1: #endif without its #ifdef");
}

/* Records within records end at a limit, not with the stack. */
static void test_depth(void **state)
{
    (void)state;
    char text[4096] = "0 f(";
    memset(text + 4, '[', 4000);
    text[4004] = 0;
    assert_wrong(text, "1:37: more than 32 records within each other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),   cmocka_unit_test(test_settings_and_commands),
        cmocka_unit_test(test_segment), cmocka_unit_test(test_other_packets),
        cmocka_unit_test(test_calls),   cmocka_unit_test(test_definitions),
        cmocka_unit_test(test_errors),  cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
