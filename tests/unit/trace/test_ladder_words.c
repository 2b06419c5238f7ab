/* SPDX-License-Identifier: BSD-2-Clause */
/* Trace records in a ladder's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "seven/drop.h"
#include "trace/ladder_words.h"
#include "trace/sink.h"

static struct sv_trace_record record(uint16_t kind, uint16_t detail, sv_time when)
{
    struct sv_trace_record r;
    memset(&r, 0, sizeof r);
    r.kind = kind;
    r.detail = detail;
    r.time = when;
    return r;
}

static struct sv_ladder_row timer_row(uint16_t timer, uint32_t next_us, sv_time when, struct sv_ladder_clock *clock)
{
    struct sv_trace_record r = record(SV_TRACE_TCP_TIMER_FIRED, timer, when);
    struct sv_ladder_row row = sv_ladder_row_of(SV_LADDER_TIMER, SV_LADDER_LEFT, when);
    r.arg[1] = next_us;
    assert_true(sv_ladder_timer_shows(&r));
    sv_ladder_timer(&row, &r, clock);
    return row;
}

/* RFC 6298 §5.5: what runs next is twice what ran out, until the ceiling of 120 s. */
static void a_retransmission_timer_says_what_ran_out_and_what_comes(void **state)
{
    struct sv_ladder_clock clock = {.rto_set_at = SV_S, .time_wait_at = SV_NEVER};
    (void)state;
    struct sv_ladder_row row = timer_row(SV_TIMER_RTO, 2000000, 2 * SV_S, &clock);
    assert_int_equal(row.bracket, SV_LADDER_SAY_RTO);
    assert_int_equal(row.duration_ns, SV_S);
    assert_int_equal(row.next_ns, 2 * SV_S);
    assert_int_equal(clock.rto_set_at, 2 * SV_S);
    clock.rto_set_at = 300 * SV_S;
    row = timer_row(SV_TIMER_RTO, 120000000, 420 * SV_S, &clock);
    assert_int_equal(row.duration_ns, 120 * SV_S);
    assert_false(row.foldable);
}

static void other_timers(void **state)
{
    struct sv_ladder_clock clock = {.rto_set_at = SV_NEVER, .time_wait_at = 5 * SV_S};
    const struct sv_trace_record pacing = record(SV_TRACE_TCP_TIMER_FIRED, SV_TIMER_PACING, 0);
    (void)state;
    assert_int_equal(timer_row(SV_TIMER_TIME_WAIT, 0, 65 * SV_S, &clock).duration_ns, 60 * SV_S);
    assert_true(timer_row(SV_TIMER_DELACK, 0, SV_S, &clock).foldable);
    assert_int_equal(timer_row(SV_TIMER_PROBE, 0, SV_S, &clock).bracket, SV_LADDER_SAY_TLP);
    assert_int_equal(timer_row(SV_TIMER_RTO, 400000, SV_S, &clock).duration_ns, 200 * SV_MS);
    assert_false(sv_ladder_timer_shows(&pacing)); /* it fires for every burst */
}

static void a_timer_set_when_it_fired_is_what_comes_next(void **state)
{
    struct sv_ladder_clock clock = {SV_NEVER, SV_NEVER};
    struct sv_ladder_row row = timer_row(SV_TIMER_PERSIST, 0, SV_S, &clock);
    struct sv_trace_record set = record(SV_TRACE_TCP_TIMER_SET, SV_TIMER_RTO, SV_S);
    const uint64_t at = SV_S + 700 * SV_MS;
    (void)state;
    set.arg[0] = (uint32_t)at;
    set.arg[1] = (uint32_t)(at >> 32);
    sv_ladder_timer_again(&row, &set); /* another timer */
    assert_int_equal(row.next_ns, 0);
    set.detail = SV_TIMER_PERSIST;
    sv_ladder_timer_again(&row, &set);
    assert_int_equal(row.next_ns, 700 * SV_MS);
}

static void calls(void **state)
{
    struct sv_trace_record r = record(SV_TRACE_CALL, SV_CALL_SEND, 0);
    char text[40];
    (void)state;
    assert_false(sv_ladder_call(&r, text, sizeof text)); /* nothing was taken */
    r.arg[0] = 100;
    assert_true(sv_ladder_call(&r, text, sizeof text));
    assert_string_equal(text, "send 100");
    assert_true(sv_ladder_call_folds(&r));
    r.arg[1] = SV_ERR_RESET;
    assert_false(sv_ladder_call(&r, text, sizeof text));
    r.detail = SV_CALL_CLOSE;
    assert_true(sv_ladder_call(&r, text, sizeof text));
    assert_string_equal(text, "close");
    assert_false(sv_ladder_call_folds(&r));
    r.detail = SV_CALL_LISTEN;
    assert_false(sv_ladder_call(&r, text, sizeof text));
}

static void reasons_and_drops(void **state)
{
    (void)state;
    assert_int_equal(sv_ladder_again(SV_SENT_RTO), SV_LADDER_RE_RTO);
    assert_int_equal(sv_ladder_again(SV_SENT_WINDOW), SV_LADDER_RE_NONE);
    assert_int_equal(sv_ladder_again(1000), SV_LADDER_RE_NONE);
    assert_string_equal(sv_ladder_drop(SV_DROP_TCP_RST_TO_NOBODY), "RST_TO_NOBODY");
}

static void markup(void **state)
{
    char room[64];
    struct sv_line_text text = sv_text_of(room, sizeof room);
    const struct sv_sink sink = {sv_text_put, &text};
    (void)state;
    sv_sink_markup(&sink, "a<b> & \"c\"");
    assert_string_equal(room, "a&lt;b&gt; &amp; &quot;c&quot;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retransmission_timer_says_what_ran_out_and_what_comes),
        cmocka_unit_test(other_timers),
        cmocka_unit_test(a_timer_set_when_it_fired_is_what_comes_next),
        cmocka_unit_test(calls),
        cmocka_unit_test(reasons_and_drops),
        cmocka_unit_test(markup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
