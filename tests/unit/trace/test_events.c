/* SPDX-License-Identifier: BSD-2-Clause */
/* Records as JSON, as lines, and as the comment of a packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "seven/socket.h"
#include "seven/bridge.h"
#include "trace/events.h"

static char page_text[4000];
static struct sv_line_text page;
static const struct sv_sink sink = {sv_text_put, &page};
static const struct sv_events_options options = {.origin = SV_S};

static const char *json(const struct sv_trace_record *r, const uint8_t *bytes)
{
    page = sv_text_of(page_text, sizeof page_text);
    sv_events_json(r, bytes, &options, &sink);
    return page_text;
}

static const char *text(const struct sv_trace_record *r, const uint8_t *bytes)
{
    page = sv_text_of(page_text, sizeof page_text);
    sv_events_text(r, bytes, &options, &sink);
    return page_text;
}

static struct sv_trace_record record(enum sv_trace_kind kind, uint16_t detail)
{
    struct sv_trace_record r;
    memset(&r, 0, sizeof r);
    r.time = SV_S + 50 * SV_MS;
    r.kind = (uint16_t)kind;
    r.host = 1;
    r.flow = 5;
    r.detail = detail;
    return r;
}

static void test_state(void **state)
{
    (void)state;
    struct sv_trace_record r = record(SV_TRACE_TCP_STATE, 3);
    r.arg[0] = SV_LISTEN;
    r.arg[1] = SV_SYN_RECEIVED;
    assert_string_equal(json(&r, NULL),
                        "{\"schema\":1,\"time_ns\":50000000,\"host\":1,\"kind\":\"TCP_STATE\",\"flow\":5,"
                        "\"event\":3,\"from\":\"LISTEN\",\"to\":\"SYN-RECEIVED\"}\n");
    assert_string_equal(text(&r, NULL), "0.050000 1#5 TCP_STATE event=3 LISTEN -> SYN-RECEIVED\n");
}

static void test_sent_and_timer(void **state)
{
    (void)state;
    struct sv_trace_record r = record(SV_TRACE_TCP_SENT, SV_SENT_RTO);
    r.packet = 77;
    const uint32_t args[6] = {100, 0, 0, 2, 65535, 1};
    memcpy(r.arg, args, sizeof args);
    assert_string_equal(
        json(&r, NULL),
        "{\"schema\":1,\"time_ns\":50000000,\"host\":1,\"kind\":\"TCP_SENT\",\"flow\":5,\"packet\":77,"
        "\"reason\":\"RTO\",\"seq\":100,\"ack\":0,\"length\":0,\"flags\":2,\"window\":65535,\"count\":1}\n");
    r = record(SV_TRACE_TCP_TIMER_SET, SV_TIMER_PERSIST);
    r.arg[0] = 705032704; /* 5,000,000,000 */
    r.arg[1] = 1;
    assert_non_null(strstr(json(&r, NULL), "\"timer\":\"persist\",\"at_ns\":5000000000}"));
    r.kind = 63;
    assert_non_null(strstr(json(&r, NULL), "\"kind\":\"?\",\"number\":63"));
}

static void test_bytes(void **state)
{
    (void)state;
    struct sv_trace_record r = record(SV_TRACE_LINE, 1);
    static const uint8_t line[] = "GET /\x1b[2J \"x\"\r\n";
    r.bytes = sizeof line - 1;
    assert_non_null(strstr(json(&r, line), "\"line\":\"GET /\\u001b[2J \\\"x\\\"\\u000d\\n\"}\n"));
    assert_non_null(strstr(text(&r, line), " GET /?[2J \"x\"\n"));
    r = record(SV_TRACE_FLOW, 6);
    uint8_t ends[32] = {0};
    memset(ends + 10, 0xff, 2);
    memcpy(ends + 12, (const uint8_t[]){10, 7, 0, 2}, 4);
    ends[31] = 1;
    r.bytes = 32;
    assert_non_null(strstr(json(&r, ends), "\"local\":\"10.7.0.2\",\"remote\":\"::1\"}"));
    r.bytes = 7; /* fewer than promised: nothing is read */
    assert_null(strstr(json(&r, ends), "local\":\"10"));
}

static void test_switch(void **state)
{
    (void)state;
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 7},
                         group[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 239, 1, 1, 1};
    struct sv_trace_record r = record(SV_TRACE_BRIDGE, SV_BRIDGE_MOVED);
    r.bytes = 6;
    assert_non_null(strstr(json(&r, mac), "\"event\":\"moved\""));
    assert_non_null(strstr(json(&r, mac), "\"mac\":\"02:00:00:00:00:07\"}"));
    r = record(SV_TRACE_STP, SV_STP_ROLE);
    r.arg[1] = SV_STP_DESIGNATED;
    r.arg[2] = SV_STP_ROOT_PORT;
    assert_non_null(strstr(json(&r, NULL), "\"event\":\"role\",\"port\":0,\"from\":\"designated\",\"to\":\"root\"}"));
    r = record(SV_TRACE_SNOOP, SV_SNOOP_JOINED);
    r.bytes = 16;
    assert_non_null(strstr(json(&r, group), "\"event\":\"joined\""));
    assert_non_null(strstr(json(&r, group), "\"group\":\"239.1.1.1\"}"));
    r.detail = 99;
    assert_non_null(strstr(json(&r, group), "\"event\":\"?\""));
}

static void test_comment(void **state)
{
    (void)state;
    char to[200], tiny[12];
    struct sv_trace_record r[3] = {record(SV_TRACE_TCP_SENT, SV_SENT_RTO), record(SV_TRACE_TCP_STATE, 0),
                                   record(SV_TRACE_DROP, SV_DROP_TCP_PAWS)};
    r[0].arg[5] = 1;
    r[1].arg[0] = SV_SYN_SENT;
    r[1].arg[1] = SV_ESTABLISHED;
    const char *wanted = "seven: sent by RTO #1; state SYN-SENT -> ESTABLISHED; dropped: TCP_PAWS, "
                         "timestamp older than the last one (RFC 7323 §5)";
    assert_int_equal(sv_trace_comment(r, 3, to, sizeof to), strlen(wanted));
    assert_string_equal(to, wanted);
    assert_int_equal(sv_trace_comment(r, 3, tiny, sizeof tiny), 11);
    assert_string_equal(tiny, "seven: sent");
    assert_int_equal(sv_trace_comment(r, 0, to, sizeof to), 0);
    assert_string_equal(to, "");
    assert_int_equal(sv_trace_comment(r, 3, to, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state),  cmocka_unit_test(test_sent_and_timer), cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_switch), cmocka_unit_test(test_comment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
