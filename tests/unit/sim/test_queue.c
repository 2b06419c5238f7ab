/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/queue.h"

static void drop_tail_counts_packets_and_bytes(void **state)
{
    struct sv_queue q;
    bool full;
    (void)state;
    sv_queue_init(&q, &(struct sv_queue_config){.packets = 2, .bytes = 2500}, 0);
    assert_int_equal(sv_queue_join(&q, 1500, 0, 0, 0, &full), SV_QUEUE_TAKE);
    sv_queue_joined(&q, 1500);
    assert_int_equal(sv_queue_join(&q, 1001, 0, 0, 0, &full), SV_QUEUE_REFUSE);
    assert_true(full);
    assert_int_equal(sv_queue_join(&q, 1000, 0, 0, 0, &full), SV_QUEUE_TAKE);
    sv_queue_joined(&q, 1000);
    assert_int_equal(sv_queue_join(&q, 1, 0, 0, 0, &full), SV_QUEUE_REFUSE);
    assert_int_equal(sv_queue_leave(&q, 1500, 0, SV_S), SV_QUEUE_TAKE);
    assert_int_equal(q.packets, 1);
    assert_int_equal(q.bytes, 1000);
}

/* A standing queue of 20 ms, served every millisecond: who is dropped, and when. */
static void codel_drops_ever_closer_and_stops(void **state)
{
    struct sv_queue q;
    sv_time drop[8];
    uint32_t drops = 0;
    bool full;
    (void)state;
    sv_queue_init(&q, &(struct sv_queue_config){.kind = SV_QUEUE_CODEL}, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        (void)sv_queue_join(&q, 1500, 0, 0, 0, &full);
        sv_queue_joined(&q, 1500);
    }
    for (uint32_t ms = 20; ms < 520 && drops < 8; ms++) {
        const sv_time now = ms * SV_MS;
        if (sv_queue_leave(&q, 1500, now - 20u * SV_MS, now) == SV_QUEUE_REFUSE)
            drop[drops++] = now;
    }
    assert_true(drops >= 5);
    assert_int_equal(drop[0], 120 * SV_MS);           /* a whole interval above the target */
    assert_int_equal(drop[1] - drop[0], 100 * SV_MS); /* interval / sqrt(1) */
    assert_in_range(drop[2] - drop[1], 70 * SV_MS, 71 * SV_MS);
    assert_in_range(drop[3] - drop[2], 57 * SV_MS, 58 * SV_MS);
    for (uint32_t ms = 600; ms < 900; ms++) /* below the target nothing is dropped */
        assert_int_equal(sv_queue_leave(&q, 1500, ms * SV_MS - SV_MS, ms * SV_MS), SV_QUEUE_TAKE);
}

static void red_drops_by_chance_between_and_always_above(void **state)
{
    struct sv_queue q;
    uint32_t hits = 0;
    bool full;
    (void)state;
    const struct sv_queue_config c = {.kind = SV_QUEUE_RED, .red_min = 5, .red_max = 15, .red_weight = 1, .ecn = 1};
    sv_queue_init(&q, &c, 0);
    assert_int_equal(sv_queue_join(&q, 1500, 0, SV_MS, 0, &full), SV_QUEUE_TAKE); /* empty: never */
    for (uint32_t i = 0; i < 10; i++)
        sv_queue_joined(&q, 1500);
    uint32_t draw = 12345;
    for (uint32_t i = 0; i < 2000; i++) {
        draw = draw * 1664525u + 1013904223u;
        hits += sv_queue_join(&q, 1500, draw, SV_MS, 0, &full) == SV_QUEUE_MARK;
    }
    assert_in_range(hits, 140, 260); /* at the mean of 10: 5 %, spread evenly: one in 10 to 20 */
    for (uint32_t i = 0; i < 30; i++)
        sv_queue_joined(&q, 1500);
    for (uint32_t i = 0; i < 20; i++)
        (void)sv_queue_join(&q, 1500, UINT32_MAX, SV_MS, 0, &full);
    assert_int_equal(sv_queue_join(&q, 1500, UINT32_MAX, SV_MS, 0, &full), SV_QUEUE_REFUSE);
    assert_false(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drop_tail_counts_packets_and_bytes),
        cmocka_unit_test(codel_drops_ever_closer_and_stops),
        cmocka_unit_test(red_drops_by_chance_between_and_always_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
