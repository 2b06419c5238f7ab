/* SPDX-License-Identifier: BSD-2-Clause */
/* Congestion control against figures worked out apart from it: closed forms and the laws of RFC 5681 and RFC 9438. */
#include "tests/unit/l4_transport/congestion_rig.h"

#include <math.h>

#define RTT 100000u /* us */

static void near(double is, double should_be, double part)
{
    if (fabs(is - should_be) > part * should_be)
        fail_msg("%.4g is not %.4g within %.1f %%", is, should_be, 100 * part);
}

/* RFC 5681 §3.1: one segment a round trip; (4): half. */
static void reno_grows_and_halves(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_RENO, 10, RTT);
    rig_round(&r, RTT);
    assert_int_equal(r.hot.cwnd, 20 * RIG_MSS);
    rig_lose(&r);
    assert_int_equal(r.hot.cwnd, 10 * RIG_MSS);
    for (uint32_t i = 1; i <= 5; i++) {
        rig_round(&r, RTT);
        assert_int_equal(r.hot.cwnd, (10 + i) * RIG_MSS);
    }
}

/* W_max = 1000: down to 700, K = cbrt(300 / 0.4) = 9.0856 s; W(K) = W_max, W(2 K) = W_max + 300, and half way the
 * difference is an eighth. */
static void cubic_is_a_cubic(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, 1000, RTT);
    rig_lose(&r);
    assert_int_equal(r.hot.cwnd, 700 * RIG_MSS);
    const double k = cbrt(300 / 0.4);
    const sv_time began = r.t.now;
    double worst = 0;
    for (uint32_t i = 0; i < 200; i++) {
        rig_round(&r, RTT);
        const double t = (double)(r.t.now - began) / 1e9;
        const double w = 0.4 * pow(t - k, 3) + 1000;
        worst = fmax(worst, fabs(w - r.hot.cwnd / (double)RIG_MSS) / w);
    }
    near(1 + worst, 1, 0.01);
}

/* §4.7: fast convergence, and what a quiet time leaves of the record is enough for it. */
static void cubic_converges_fast(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, 1000, RTT);
    rig_lose(&r);
    assert_int_equal(r.busy.cc.cubic.w_max, 1000 * RIG_MSS);
    rig_lose(&r); /* at 700, below W_max */
    assert_int_equal(r.busy.cc.cubic.w_max, 595 * RIG_MSS);
    assert_int_equal(r.hot.cwnd, 490 * RIG_MSS);
    sv_tcp_cc_quiet(&r.t);
    memset(&r.busy, 0, sizeof r.busy);
    r.busy.board = SV_NONE;
    rig_round(&r, RTT);
    assert_int_equal(r.busy.cc.cubic.w_max, 595 * RIG_MSS);
    near(r.busy.cc.cubic.k * 1.048576e-3, cbrt(105 / 0.4), 0.001);
}

/* §4.8: after a timeout the curve begins at the window, convex. */
static void cubic_after_a_timeout(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, 100, RTT);
    r.busy.backoff = 1;
    sv_tcp_cc_timeout(&r.t, r.hot.cwnd);
    assert_int_equal(r.cold.ssthresh, 70 * RIG_MSS);
    assert_int_equal(r.hot.cwnd, RIG_MSS);
    while (r.hot.cwnd < r.cold.ssthresh)
        rig_round(&r, RTT);
    rig_round(&r, RTT);
    assert_int_equal(r.busy.cc.cubic.k, 0);
    assert_int_equal(r.busy.cc.cubic.origin, 70 * RIG_MSS);
}

/* §4.9: a loss that was none. */
static void cubic_undoes(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, 1000, RTT);
    rig_lose(&r);
    for (uint32_t i = 0; i < 10; i++)
        rig_round(&r, RTT);
    const uint32_t cwnd = r.hot.cwnd, ssthresh = r.cold.ssthresh;
    rig_lose(&r);
    sv_tcp_cc_undo(&r.t);
    assert_int_equal(r.hot.cwnd, cwnd);
    assert_int_equal(r.cold.ssthresh, ssthresh);
    assert_int_equal(r.busy.cc.cubic.w_max, 1000 * RIG_MSS);
}

/* §4.2: while the application or the peer's window limited us, the curve stands still. */
static void cubic_does_not_count_idleness(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, 1000, RTT);
    rig_lose(&r);
    for (uint32_t i = 0; i < 60; i++)
        rig_round(&r, RTT);
    const uint32_t before = r.hot.cwnd;
    r.t.now += 60 * SV_S;
    rig_ack(&r, 2, RTT);
    assert_true(r.hot.cwnd <= before + RIG_MSS);
}

static void rig_new_linux(struct rig *r, uint32_t segments, uint32_t rtt_us)
{
    rig_new(r, SV_CC_CUBIC, segments, rtt_us);
    r->tcp.profile = SV_PROFILE_LINUX;
    r->tcp.habits = *sv_tcp_profile(SV_PROFILE_LINUX);
}

/* In `linux` time counts while something is in flight, though the window is not used, and does not from the last
 * segment sent to the first after nothing was. */
static void cubic_of_linux_counts_what_is_not_used(void **state)
{
    struct rig r;
    (void)state;
    rig_new_linux(&r, 100, RTT);
    rig_lose(&r);
    rig_round(&r, RTT);
    const uint32_t epoch = r.busy.cc.cubic.epoch;
    r.t.now += 3 * SV_S;
    rig_ack(&r, 2, RTT);
    assert_int_equal(r.busy.cc.cubic.epoch, epoch);

    r.hot.sent_tick = sv_tick(r.t.now);
    r.t.now += 2 * SV_S;
    sv_tcp_cc_idle_since(&r.t);
    assert_in_range(r.busy.cc.cubic.epoch - epoch, sv_tick(2 * SV_S) - 2, sv_tick(2 * SV_S) + 2);
    r.hot.sent_tick = epoch - sv_tick(60 * SV_S);
    sv_tcp_cc_idle_since(&r.t);
    assert_int_equal(r.busy.cc.cubic.epoch, sv_tick(r.t.now));
}

/* bictcp_recalc_ssthresh(): 717 of 1,024, and (1,024 + 717) of 2,048, of whole segments. */
static void cubic_of_linux_counts_whole_segments(void **state)
{
    struct rig r;
    (void)state;
    rig_new_linux(&r, 21, RTT);
    rig_lose(&r);
    assert_int_equal(r.hot.cwnd, 14 * RIG_MSS);
    assert_int_equal(r.busy.cc.cubic.w_max, 21 * RIG_MSS);
    rig_lose(&r);
    assert_int_equal(r.hot.cwnd, 9 * RIG_MSS);
    assert_int_equal(r.busy.cc.cubic.w_max, 11 * RIG_MSS);
    rig_new_linux(&r, 3, RTT);
    rig_lose(&r);
    assert_int_equal(r.hot.cwnd, 2 * RIG_MSS);
}

/* bictcp_update(): a window that has become larger makes it look anew, and the next segment is not as cheap. */
static void cubic_of_linux_looks_again_when_it_grew(void **state)
{
    struct rig r;
    (void)state;
    rig_new_linux(&r, 60, 20000);
    rig_lose(&r);
    while (r.hot.cwnd == 42 * RIG_MSS)
        rig_ack(&r, 2, 20000), r.t.now += SV_MS;
    assert_int_equal(r.hot.cwnd, 43 * RIG_MSS);
    const uint32_t before = r.busy.cc.cubic.target;
    r.t.now += 5 * SV_MS;
    rig_ack(&r, 2, 20000);
    assert_int_equal(r.busy.cc.cubic.evaluated_cwnd, 43);
    assert_true(r.busy.cc.cubic.target > before);
}

/* The average window over time when every 1/p-th segment is lost. */
static double average_window(enum sv_congestion algorithm, double p, uint32_t rtt_us)
{
    struct rig r;
    double area = 0, time = 0, since = 0;
    const uint32_t cycles = 12;
    rig_new(&r, algorithm, 2, rtt_us);
    r.cold.ssthresh = 2 * RIG_MSS;
    for (uint32_t cycle = 0; cycle < cycles;) {
        const double window = r.hot.cwnd / (double)RIG_MSS;
        const uint32_t n = (uint32_t)window / 64u + 1u;
        const double dt = rtt_us * 1e-6 * n / window;
        r.t.now += (sv_time)(dt * 1e9);
        rig_ack(&r, n, rtt_us);
        if (cycle > cycles / 2) {
            area += window * dt;
            time += dt;
        }
        since += n;
        if (since >= 1 / p) {
            since -= 1 / p;
            rig_lose(&r);
            cycle++;
        }
    }
    return area / time;
}

/* Mathis: sqrt(3 / 2) / sqrt(p). */
static void reno_follows_its_law(void **state)
{
    (void)state;
    static const double losses[] = {1e-2, 1e-3, 1e-4, 1e-5};
    for (uint32_t i = 0; i < sizeof losses / sizeof losses[0]; i++)
        near(average_window(SV_CC_RENO, losses[i], RTT), sqrt(1.5 / losses[i]), 0.15);
}

/* RFC 9438 §5.2, table 1 and 2 with C = 0.4: from Reno's region into CUBIC's own. */
static void cubic_follows_its_law(void **state)
{
    static const struct {
        double p, window;
        uint32_t rtt_us;
    } table[] = {
        {1e-3, 38, 100000}, {1e-4, 187, 100000}, {1e-5, 1054, 100000}, {1e-6, 5926, 100000},
        {1e-3, 38, 10000},  {1e-4, 120, 10000},  {1e-5, 379, 10000},
    };
    (void)state;
    for (uint32_t i = 0; i < sizeof table / sizeof *table; i++)
        near(average_window(SV_CC_CUBIC, table[i].p, table[i].rtt_us), table[i].window, 0.15);
}

/* RFC 9406 §4.2: a round whose smallest RTT is an eighth above the last one's: growth by a quarter, and after five
 * such rounds slow start is over. */
static void hystart_leaves(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, 10, RTT);
    rig_round(&r, RTT);
    rig_round(&r, RTT);
    assert_int_equal(r.hot.cwnd, 40 * RIG_MSS);
    rig_round(&r, 111000); /* 16 ms is the most that is asked for, an eighth here: 12.5 ms */
    assert_int_equal(r.hot.cwnd, 80 * RIG_MSS);
    rig_round(&r, 130000);
    assert_int_equal(r.busy.cc.cubic.hystart.css_rounds, 1);
    assert_true(r.hot.cwnd < 160 * RIG_MSS);
    uint32_t before = r.hot.cwnd, rounds = 0;
    while (r.cold.ssthresh == UINT32_MAX && rounds < 9) {
        rig_round(&r, 130000);
        assert_true(r.hot.cwnd <= before + before / 4u + RIG_MSS);
        before = r.hot.cwnd;
        rounds++;
    }
    assert_int_equal(rounds, 5);
    assert_true(r.cold.ssthresh <= r.hot.cwnd);
}

/* RFC 9406 §4.2, §4.3: an acknowledgement of many segments lets the window grow by L = 8 of them, where nothing paces
 * what goes out for it; in conservative slow start by a fourth of that. */
static void hystart_limits_bursts(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, 100, RTT);
    rig_ack(&r, 7, RTT);
    assert_int_equal(r.hot.cwnd, 107 * RIG_MSS);
    rig_ack(&r, 40, RTT);
    assert_int_equal(r.hot.cwnd, 115 * RIG_MSS);
    r.busy.cc.cubic.hystart.css_rounds = 1;
    rig_ack(&r, 40, RTT);
    assert_int_equal(r.hot.cwnd, 117 * RIG_MSS);
    r.hot.agreed |= SV_TCP_PACED;
    rig_ack(&r, 40, RTT);
    assert_int_equal(r.hot.cwnd, 127 * RIG_MSS);
}

/* §4.3's thresholds: an eighth of the last round's, but from 4 to 16 ms; and eight samples, no fewer. */
static void hystart_thresholds(void **state)
{
    static const struct {
        uint32_t rtt_us, rise_us;
    } table[] = {{8000, 4000}, {32000, 4000}, {80000, 10000}, {128000, 16000}, {600000, 16000}};
    (void)state;
    for (uint32_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (uint32_t enough = 0; enough < 2; enough++) {
            struct rig r;
            rig_new(&r, SV_CC_CUBIC, 16, table[i].rtt_us);
            rig_round(&r, table[i].rtt_us);
            for (uint32_t k = 0; k < 8; k++)
                rig_ack(&r, 1, table[i].rtt_us + table[i].rise_us - 1u + enough);
            const uint32_t least = enough ? 1 : 0;
            assert_int_equal(r.busy.cc.cubic.hystart.css_rounds, least);
        }
        struct rig r;
        rig_new(&r, SV_CC_CUBIC, 16, table[i].rtt_us);
        rig_round(&r, table[i].rtt_us);
        for (uint32_t k = 0; k < 7; k++)
            rig_ack(&r, 1, 2u * table[i].rtt_us);
        assert_int_equal(r.busy.cc.cubic.hystart.css_rounds, 0);
        rig_ack(&r, 1, 2u * table[i].rtt_us);
        assert_int_equal(r.busy.cc.cubic.hystart.css_rounds, 1);
    }
}

/* tcp_init_congestion_control() comes after the SYN's acknowledgement: to the older HyStart the round trip of data is
 * not longer for a SYN that was quick. */
static void hystart_of_linux_forgets_the_syn(void **state)
{
    struct rig r;
    (void)state;
    rig_new_linux(&r, 10, RTT);
    r.cold.min_rtt_us = RTT - 25000;
    for (uint32_t i = 0; i < 4; i++)
        rig_round(&r, RTT);
    assert_int_equal(r.cold.ssthresh, UINT32_MAX);
    rig_round(&r, RTT + 17000);
    assert_int_not_equal(r.cold.ssthresh, UINT32_MAX);
}

/* ... and one whose RTT falls again was no queue. */
static void hystart_comes_back(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, 10, RTT);
    rig_round(&r, RTT);
    rig_round(&r, RTT);
    rig_round(&r, 130000);
    assert_int_equal(r.busy.cc.cubic.hystart.css_rounds, 1);
    rig_round(&r, RTT);
    rig_round(&r, RTT);
    assert_int_equal(r.busy.cc.cubic.hystart.css_rounds, 0);
    const uint32_t before = r.hot.cwnd;
    rig_round(&r, RTT);
    assert_int_equal(r.hot.cwnd, 2 * before);
    assert_int_equal(r.cold.ssthresh, UINT32_MAX);
}

/* One window of which every `every`-th segment's acknowledgement echoes a mark; 0: none. */
static void marked_round(struct rig *r, uint32_t every)
{
    const uint32_t window = r->hot.cwnd / RIG_MSS;
    for (uint32_t i = 0; i < window; i++) {
        r->t.now += (sv_time)RTT * SV_US / window;
        if (r->busy.ecn_reduced && sv_seq_after(r->hot.snd_una + RIG_MSS, r->busy.ecn_recover))
            r->busy.ecn_reduced = 0;
        if (every && i % every == 0)
            sv_tcp_cc_of(&r->t)->echoed(&r->t, RIG_MSS, RIG_MSS);
        rig_ack(r, 1, RTT);
    }
}

static double alpha(const struct rig *r)
{
    return (r->busy.cc.dctcp.alpha - 1.0) / (1u << 20);
}

/* RFC 8257 §3.3: alpha = (1 - g) alpha + g F, g = 1/16, beginning as 1. */
static void dctcp_estimates(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_DCTCP, 100, RTT);
    r.hot.agreed = SV_TCP_ECN;
    r.cold.ssthresh = 100 * RIG_MSS;
    r.hot.snd_nxt = r.hot.snd_max = r.hot.cwnd;
    for (uint32_t i = 0; i < 32; i++)
        marked_round(&r, 0);
    near(alpha(&r), pow(15 / 16.0, 32), 0.07); /* a window more or less */
    for (uint32_t i = 0; i < 200; i++)
        marked_round(&r, 0);
    assert_true(alpha(&r) < 1e-4);
}

/* Of a window a quarter of which is marked, alpha comes to a quarter, and an eighth is what it costs: less than any
 * loss. */
static void dctcp_reduces_by_what_was_marked(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_DCTCP, 100, RTT);
    r.hot.agreed = SV_TCP_ECN;
    r.cold.ssthresh = 100 * RIG_MSS;
    r.hot.snd_nxt = r.hot.snd_max = r.hot.cwnd;
    for (uint32_t i = 0; i < 100; i++) {
        r.hot.cwnd = 100 * RIG_MSS;
        marked_round(&r, 4);
    }
    near(alpha(&r), 0.25, 0.1);
    r.hot.cwnd = 100 * RIG_MSS;
    r.busy.ecn_reduced = 0;
    const double a = alpha(&r);
    sv_tcp_cc_marked(&r.t);
    near(r.hot.cwnd / (double)RIG_MSS, 100 * (1 - a / 2), 0.001);
    rig_lose(&r);
    near(r.cold.ssthresh, (100 * (1 - a / 2)) * RIG_MSS / 2, 0.001); /* §3.5 */
}

/* RFC 2861 §3.2: half for each retransmission timeout's time that nothing was sent, down to the initial window. */
static void idleness_halves(void **state)
{
    struct rig r;
    (void)state;
    rig_new(&r, SV_CC_CUBIC, 100, RTT);
    r.cold.rto_us = 200000;
    r.cold.ssthresh = 50 * RIG_MSS;
    r.hot.sent_tick = sv_tick(r.t.now);
    r.t.now += 500 * SV_MS;
    sv_tcp_cc_idle_since(&r.t);
    assert_int_equal(r.hot.cwnd, 25 * RIG_MSS);
    assert_int_equal(r.cold.ssthresh, 75 * RIG_MSS);
    r.t.now += 60 * SV_S;
    sv_tcp_cc_idle_since(&r.t);
    assert_int_equal(r.hot.cwnd, 10 * RIG_MSS);
    assert_int_equal(r.cold.ssthresh, 75 * RIG_MSS);
}

/* RFC 7661 §4.3, RFC 9438 §4.2: a window that did not limit us has proved nothing, and does not grow. */
static void an_unused_window_stays(void **state)
{
    static const enum sv_congestion each[] = {SV_CC_RENO, SV_CC_CUBIC, SV_CC_DCTCP};
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        struct rig r;
        rig_new(&r, each[i], 100, RTT);
        const struct sv_tcp_acked a = {.bytes = 1000, .flight = 40 * RIG_MSS, .rtt_us = RTT};
        for (uint32_t k = 0; k < 100; k++)
            sv_tcp_cc_acked(&r.t, &a);
        assert_int_equal(r.hot.cwnd, 100 * RIG_MSS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reno_grows_and_halves),
        cmocka_unit_test(reno_follows_its_law),
        cmocka_unit_test(cubic_is_a_cubic),
        cmocka_unit_test(cubic_converges_fast),
        cmocka_unit_test(cubic_after_a_timeout),
        cmocka_unit_test(cubic_undoes),
        cmocka_unit_test(cubic_does_not_count_idleness),
        cmocka_unit_test(cubic_of_linux_counts_what_is_not_used),
        cmocka_unit_test(cubic_of_linux_counts_whole_segments),
        cmocka_unit_test(cubic_of_linux_looks_again_when_it_grew),
        cmocka_unit_test(cubic_follows_its_law),
        cmocka_unit_test(hystart_leaves),
        cmocka_unit_test(hystart_limits_bursts),
        cmocka_unit_test(hystart_thresholds),
        cmocka_unit_test(hystart_comes_back),
        cmocka_unit_test(hystart_of_linux_forgets_the_syn),
        cmocka_unit_test(idleness_halves),
        cmocka_unit_test(an_unused_window_stays),
        cmocka_unit_test(dctcp_estimates),
        cmocka_unit_test(dctcp_reduces_by_what_was_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
