/* SPDX-License-Identifier: BSD-2-Clause */
/* How long a super-frame is, when a longer one is waited for, and where PSH stands: the arithmetic by itself. */
#include "l4_transport/tcp_output.h"
#include "stack/stack_internal.h"
#include "tests/unit/l4_transport/congestion_rig.h"
#include "tests/unit/l4_transport/tcp_world.h"

static void with_habits(struct rig *r, uint32_t profile)
{
    rig_new(r, SV_CC_CUBIC, 100, 100000);
    r->tcp.profile = profile;
    r->tcp.habits = *sv_tcp_profile(profile);
}

/* Without the habit: whole segments, as many as the device takes. */
static void as_long_as_the_device_takes(void **state)
{
    struct rig r;
    (void)state;
    with_habits(&r, SV_PROFILE_MODERN);
    assert_int_equal(sv_tcb_burst(&r.t, 65536), 65000);
    assert_int_equal(sv_tcb_burst(&r.t, 1999), 1000);
    assert_int_equal(sv_tcb_burst(&r.t, 999), 0);
}

/* With it: what the rate lets pass in 1/1024 s, two segments at least, half of the window at most. */
static void as_long_as_the_rate_asks(void **state)
{
    struct rig r;
    (void)state;
    with_habits(&r, SV_PROFILE_LINUX);
    r.cold.min_rtt_us = 100000;
    /* 100 segments in 100 ms, doubled in slow start: 2,000,000 bytes a second, 1953 in 1/1024 s. */
    assert_int_equal(sv_tcb_burst(&r.t, 65536), 2000);
    /* 10 ms: 19,531. */
    r.hot.srtt_us = 8u * 10000u;
    r.cold.min_rtt_us = 32u << 9;
    assert_int_equal(sv_tcb_burst(&r.t, 65536), 19000);
    /* No longer in slow start, 1.2 times the rate: 11,718. */
    r.cold.ssthresh = 100 * RIG_MSS;
    assert_int_equal(sv_tcb_burst(&r.t, 65536), 11000);
    assert_int_equal(sv_tcb_burst(&r.t, 5500), 5000);
    /* A peer that is near gets more: 65,536 halved for each 512 us; never more than half of the window. */
    r.cold.min_rtt_us = 2u << 9;
    assert_int_equal(sv_tcb_burst(&r.t, 65536), 28000); /* 11,718 + 16,384 = 28,102 */
    r.cold.min_rtt_us = 0;
    assert_int_equal(sv_tcb_burst(&r.t, 65536), 50000);
    r.hot.cwnd = 3 * RIG_MSS;
    assert_int_equal(sv_tcb_burst(&r.t, 65536), 1000);
    r.hot.cwnd = RIG_MSS;
    assert_int_equal(sv_tcb_burst(&r.t, 65536), 1000);
    /* Nothing is known of the rate. */
    r.hot.srtt_us = 0;
    r.hot.cwnd = 10 * RIG_MSS;
    assert_int_equal(sv_tcb_burst(&r.t, 65536), 5000);
    assert_int_equal(sv_tcb_burst(&r.t, 3500), 3000);
}

/* 20 segments are in flight, the first for 90 of 100 ms, the last was sent just now; 10 more are queued, and `n` bytes
 * could go. */
static void in_flight(struct rig *r, uint32_t profile)
{
    with_habits(r, profile);
    r->hot.snd_una = 1000;
    r->hot.snd_nxt = r->hot.snd_max = 21000;
    r->hot.snd_queued = 30000;
    r->hot.snd_wnd = r->hot.cwnd = 60000;
    r->busy.sent_marks = 2;
    r->busy.sent[0] = (struct sv_sent_mark){500, sv_fine_tick(r->t.now - 200 * SV_MS)};
    r->busy.sent[1] = (struct sv_sent_mark){21000, sv_fine_tick(r->t.now - 90 * SV_MS)};
    r->busy.sent_last = sv_fine_tick(r->t.now);
}

static void a_longer_one_is_waited_for(void **state)
{
    struct rig r;
    (void)state;
    in_flight(&r, SV_PROFILE_LINUX);
    assert_true(sv_tcb_defers(&r.t, 2000, 5000));
    assert_false(sv_tcb_defers(&r.t, 5000, 5000));   /* it is as long as it gets */
    assert_false(sv_tcb_defers(&r.t, 10000, 11000)); /* all there is */
    r.hot.cwnd = 6000;
    assert_false(sv_tcb_defers(&r.t, 2000, 5000)); /* a third of the window */
    r.hot.cwnd = 6003;
    assert_true(sv_tcb_defers(&r.t, 2000, 5000));
    r.hot.snd_wnd = 6000;
    assert_false(sv_tcb_defers(&r.t, 2000, 5000)); /* of either */
    in_flight(&r, SV_PROFILE_LINUX);
    r.busy.sent[1].at = sv_fine_tick(r.t.now - 49 * SV_MS); /* half a round trip until the next acknowledgement */
    assert_false(sv_tcb_defers(&r.t, 2000, 5000));
    in_flight(&r, SV_PROFILE_LINUX);
    r.t.now += 2 * SV_MS; /* nothing was sent for so long */
    assert_false(sv_tcb_defers(&r.t, 2000, 5000));
    in_flight(&r, SV_PROFILE_LINUX);
    r.busy.recovery = SV_RECOVERY_FAST;
    assert_false(sv_tcb_defers(&r.t, 2000, 5000));
    in_flight(&r, SV_PROFILE_LINUX);
    r.hot.snd_nxt = r.hot.snd_una; /* no acknowledgement will come */
    assert_false(sv_tcb_defers(&r.t, 2000, 5000));
    in_flight(&r, SV_PROFILE_MODERN);
    assert_false(sv_tcb_defers(&r.t, 2000, 5000));
}

/* Writes of 2000 and of 1000 bytes, with segments of 1000. */
static void where_push_stands(void **state)
{
    (void)state;
    for (uint32_t linux = 0; linux < 2; linux++) {
        struct sv_talk w;
        struct sv_seen seen;
        sv_sock listener, s;
        size_t taken;
        uint8_t bytes[2000] = {0};
        const struct sv_endpoint e = {.addr = sv_addr_v4(0, 0, 0, 0), .port = 80};
        tcp_world_new(&w, 1, 1u << 20, linux ? SV_PROFILE_LINUX : SV_PROFILE_MODERN);
        assert_int_equal(sv_listen(w.stack, &e, NULL, &listener, w.now), SV_OK);
        tcp_world_give(&w, &(struct sv_line){.flags = SYN, .options = O_MSS, .mss = 1000});
        assert_int_equal(tcp_world_take(&w, &seen), 1);
        w.our_isn = w.our_base = seen.seq;
        tcp_world_give(&w, &(struct sv_line){.flags = ACK, .seq = 1, .ack = 1});
        assert_int_equal(sv_accept(w.stack, listener, &s, w.now), SV_OK);
        assert_int_equal(sv_send(w.stack, s, bytes, 2000, &taken, w.now), SV_OK);
        assert_int_equal(sv_send(w.stack, s, bytes, 1000, &taken, w.now), SV_OK);
        struct sv_tcb t = sv_tcb_of(&w.stack->tcp, SV_SOCK_INDEX(s.index));
        const uint32_t una = t.h->snd_una;
        struct sv_spans *q = &t.b->send;
        bool ends[2] = {false, false};
        for (uint32_t i = 0; i < q->count; i++) {
            const struct sv_span *span = sv_spans_at(q, sv_core_pool(t.core), i);
            const uint32_t end = span->seq + span->length;
            t.b->send_hint = q->first + i;
            if (end == una + 2000u || end == una + 3000u)
                ends[end == una + 3000u] = true;
            assert_int_equal(sv_tcb_pushes(&t, end, false),
                             linux ? end == una + 2000u || end == una + 3000u : end == una + 3000u);
            assert_int_equal(sv_tcb_pushes(&t, end - 1u, false), 0); /* in the middle of one */
            assert_int_equal(sv_tcb_pushes(&t, end - 1u, true), linux);
        }
        assert_true(ends[1]);
        assert_true(ends[0] || !linux);
        free(w.memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_long_as_the_device_takes),
        cmocka_unit_test(as_long_as_the_rate_asks),
        cmocka_unit_test(a_longer_one_is_waited_for),
        cmocka_unit_test(where_push_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
