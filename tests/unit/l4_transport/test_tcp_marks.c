/* SPDX-License-Identifier: BSD-2-Clause */
/* What calm remembers of when things were sent, how much a sender may queue, and where HyStart's rounds begin. */
#include "stack/stack_internal.h"
#include "tests/unit/l4_transport/congestion_rig.h"
#include "tests/unit/l4_transport/tcp_world.h"

#define FLIGHT 100u /* segments, one sent each millisecond */

static uint32_t ms_since(const struct rig *r, uint32_t at)
{
    return (uint32_t)(((uint64_t)(sv_fine_tick(r->t.now) - at) << 10) / SV_MS);
}

/* A flight of 100 ms while 60 are known of the round trip, as when a queue builds up: the oldest mark tells of the
 * oldest flight, not of all that ever went before it, and none lasts longer than a third of a flight. RACK (RFC 8985
 * §6.2) takes times from them. */
static void marks_cover_a_flight_and_no_more(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, FLIGHT, 60000);
    r.hot.snd_una = r.hot.snd_nxt = r.hot.snd_max = 1;
    r.busy.sent_marks = 0;
    r.busy.board = SV_NONE;
    for (uint32_t i = 0; i < 3000; i++) {
        const uint32_t start = r.hot.snd_max;
        r.t.now += SV_MS;
        r.hot.snd_nxt = r.hot.snd_max = start + RIG_MSS;
        sv_tcb_note_sent(&r.t, start);
        if (i < FLIGHT)
            continue;
        r.hot.snd_una += RIG_MSS;
        if (i < 3 * FLIGHT)
            continue;
        uint32_t m = 0;
        while (sv_seq_before_or_at(r.busy.sent[m].end, r.hot.snd_una))
            m++;
        assert_in_range(ms_since(&r, r.busy.sent[m].at), FLIGHT - 2, FLIGHT + FLIGHT / 3);
        for (; m + 1 < r.busy.sent_marks; m++)
            assert_in_range(ms_since(&r, r.busy.sent[m].at) - ms_since(&r, r.busy.sent[m + 1].at), 1, FLIGHT / 3 + 1);
    }
    assert_int_equal(r.busy.sent[r.busy.sent_marks - 1].end, r.hot.snd_max);
}

/* The older HyStart counts rounds from the first segment on, though it judges none below 16 segments: otherwise each
 * round would begin in the middle of a burst. */
static void rounds_begin_with_bursts(void **state)
{
    const struct sv_tcp_acked a = {.bytes = RIG_MSS, .flight = 10 * RIG_MSS, .rtt_us = 100000};
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, 10, 100000);
    r.tcp.profile = SV_PROFILE_LINUX;
    r.tcp.habits = *sv_tcp_profile(SV_PROFILE_LINUX);
    r.cold.ssthresh = UINT32_MAX;
    struct sv_tcp_hystart *y = &r.busy.cc.cubic.hystart;
    assert_int_equal(sv_tcp_hystart_acked(&r.t, y, &a), RIG_MSS);
    assert_true(y->begun);
    assert_int_equal(y->window_end, r.hot.snd_nxt);
    assert_int_equal(y->samples, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_cover_a_flight_and_no_more),
        cmocka_unit_test(rounds_begin_with_bursts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
