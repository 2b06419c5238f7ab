/* SPDX-License-Identifier: BSD-2-Clause */
/* Delivery-rate samples against paths whose rate is known. */
#include "l4_transport/tcp_rate.h"

#include "tests/unit/core/support.h"

#define MSS 1000u

/* 100 segments in flight, one delivered each millisecond: a million bytes a second, whatever the burst they left in;
 * up to two marks' distance less, for the segment that left last is known to a mark only. */
static void a_steady_path(void **state)
{
    struct sv_rate r = {.delivered_us = 1000000, .first_sent_us = 1000000};
    struct sv_rate_sample s;
    uint32_t sent = 0, acked = 0, now = 1000000, samples = 0;
    (void)state;
    for (; sent < 100; sent++)
        sv_rate_sent(&r, (sent + 1u) * MSS, (sent + 1u) * MSS, sent == 0, now);
    for (now += 100000; acked < 1000; now += 1000) {
        acked++;
        sv_rate_acked(&r, acked * MSS, MSS, 0, 50000, now, &s);
        if (s.rate && acked > 200) {
            samples++;
            assert_in_range(s.rate, 960000, 1001000);
            assert_false(s.app_limited);
            assert_in_range(s.rtt_us, 99000, 101000);
        }
        sent++;
        sv_rate_sent(&r, sent * MSS, 100 * MSS, false, now);
    }
    assert_true(samples > 200);
}

/* §4.1.2.3: acknowledgements that were held up and come together do not show a faster path. */
static void a_compressed_ack(void **state)
{
    struct sv_rate r = {.delivered_us = 1000000, .first_sent_us = 1000000};
    struct sv_rate_sample s;
    (void)state;
    for (uint32_t i = 0; i < 100; i++) /* sent at a million bytes a second */
        sv_rate_sent(&r, (i + 1u) * MSS, (i + 1u) * MSS, i == 0, 1000000 + i * 1000u);
    sv_rate_acked(&r, 100 * MSS, 100 * MSS, 0, 50000, 1150000, &s);
    assert_in_range(s.rate, 1, 1020000);
}

/* §4.1.2.4: what an idle application shows is no measure; what follows is again. */
static void an_idle_application(void **state)
{
    struct sv_rate r = {.delivered_us = 1000000, .first_sent_us = 1000000};
    struct sv_rate_sample s;
    (void)state;
    sv_rate_sent(&r, MSS, MSS, true, 1000000);
    sv_rate_app_limited(&r, MSS);
    sv_rate_sent(&r, 2 * MSS, 2 * MSS, false, 1000000);
    sv_rate_acked(&r, MSS, MSS, 0, 50000, 1100000, &s);
    assert_false(s.app_limited); /* sent before the application stopped */
    sv_rate_acked(&r, 2 * MSS, MSS, 0, 50000, 1101000, &s);
    assert_true(s.app_limited);
    sv_rate_sent(&r, 3 * MSS, MSS, true, 1200000);
    sv_rate_acked(&r, 3 * MSS, MSS, 500, 50000, 1300000, &s);
    assert_false(s.app_limited);
    assert_int_equal(s.lost, 500);
    assert_int_equal(s.rate, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_path),
        cmocka_unit_test(a_compressed_ack),
        cmocka_unit_test(an_idle_application),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
