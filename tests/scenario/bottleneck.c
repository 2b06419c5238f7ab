/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole stacks through one bottleneck: do flows share it, fill it, and keep its queue as short as they promise?
 *
 *     bottleneck           all, and what was seen */
#include "tests/support/bottleneck.h"

#include <stdio.h>

static bool failed;

static void want(bool ok, const char *what)
{
    printf("   %s: %s\n", ok ? "ok" : "FAILED", what);
    failed |= !ok;
}

struct seen {
    double rate[2]; /* Mbit/s */
    double jain, used, queue_ms;
    uint64_t dropped, marked;
};

/* 50 Mbit/s and 40 ms there and back, so 250,000 bytes fill it; judged from `from_s` to `to_s`. */
static struct seen run(const char *name, struct neck_config c, uint32_t from_s, uint32_t to_s)
{
    uint64_t began[2] = {0, 0};
    struct seen s = {.jain = 1};
    c.rate_bit_s = 50000000;
    c.delay_ns = 20 * SV_MS;
    struct neck *n = neck_open(&c);
    neck_run(n, from_s * SV_S);
    for (uint32_t i = 0; i < c.flows; i++)
        began[i] = neck_received(n, i);
    (void)neck_queue_peak(n);
    neck_run(n, to_s * SV_S);
    printf("%s:", name);
    for (uint32_t i = 0; i < c.flows; i++) {
        s.rate[i] = (double)(neck_received(n, i) - began[i]) * 8 / ((to_s - from_s) * 1e6);
        s.used += s.rate[i] / 50;
        printf(" %.2f", s.rate[i]);
    }
    if (c.flows == 2)
        s.jain =
            (s.rate[0] + s.rate[1]) * (s.rate[0] + s.rate[1]) / (2 * (s.rate[0] * s.rate[0] + s.rate[1] * s.rate[1]));
    s.dropped = neck_dropped(n);
    s.marked = neck_marked(n);
    s.queue_ms = (double)neck_queue_peak(n) / 1e6;
    printf(" Mbit/s, Jain %.4f, %.1f %% used, %llu dropped, %llu marked, queue up to %.1f ms\n", s.jain, 100 * s.used,
           (unsigned long long)s.dropped, (unsigned long long)s.marked, s.queue_ms);
    neck_close(n);
    return s;
}

/* RFC 3168: routers that mark at 200 KB, so that nothing is dropped in the steady state. */
static void marks(void)
{
    const struct neck_config c = {
        .queue_bytes = 1000000, .mark_bytes = 200000, .ecn = SV_ECN_ASK, .flows = 2, .starts = {0, 2 * SV_S}};
    struct neck_config x = c;
    x.congestion = SV_CC_CUBIC;
    struct seen s = run("cubic with ECN, twice", x, 20, 80);
    want(s.marked > 0 && s.dropped == 0, "marks take the place of losses");
    want(s.jain > 0.95, "two CUBIC flows share");
    want(s.used > 0.9, "... and fill");
    x.congestion = SV_CC_DCTCP;
    x.mark_bytes = 30000;
    s = run("dctcp, twice", x, 20, 80);
    want(s.dropped == 0 && s.jain > 0.95, "two DCTCP flows share without a loss");
    want(s.used > 0.9, "... and fill");
    want(s.queue_ms < 25, "... with a short queue");
}

/* A queue of what fills the path, whose tail is dropped: recovery at work. */
static void drops(void)
{
    const struct neck_config c = {
        .queue_bytes = 250000, .flows = 2, .starts = {0, 2 * SV_S}, .congestion = SV_CC_CUBIC};
    const struct seen s = run("cubic, twice, drop-tail", c, 20, 120);
    want(s.dropped > 0 && s.jain > 0.95, "two CUBIC flows share a drop-tail queue");
    want(s.used > 0.9, "... and fill");
}

/* A deep queue: by its losses one would know the rate at 160 ms of waiting. */
static void rates(void)
{
    const struct neck_config c = {.queue_bytes = 1000000, .flows = 1, .congestion = SV_CC_BBR};
    struct seen s = run("bbr", c, 5, 25);
    want(s.used > 0.9 && s.dropped == 0, "BBR fills without a loss");
    want(s.queue_ms < 60, "... and without a standing queue");
    struct neck_config x = c;
    x.congestion = SV_CC_CUBIC;
    x.pacing = 1250000;
    s = run("cubic paced to 10 Mbit/s", x, 5, 25);
    want(s.rate[0] > 9.3 && s.rate[0] < 10.1, "the option's rate is kept");
    want(s.queue_ms < 1, "... in small bursts");
}

/* A satellite's path: slow start overshoots by a round trip's worth, and what arrives between the holes is kept. */
static void overshoots(void)
{
    const struct neck_config c = {
        .rate_bit_s = 20000000, .delay_ns = 300 * SV_MS, .queue_bytes = 1500000, .buffer = 64u << 20, .flows = 1};
    struct neck *n = neck_open(&c);
    neck_run(n, 10 * SV_S);
    printf("satellite: %.2f Mbit/s, %llu lost in the queue, %llu refused out of order\n",
           8e-7 * (double)neck_received(n, 0), (unsigned long long)neck_dropped(n),
           (unsigned long long)neck_refused(n));
    want(neck_dropped(n) > 127 && neck_refused(n) == 0, "hundreds of holes are all kept");
    want(neck_received(n, 0) > 12500000, "... and filled: 10 Mbit/s in ten seconds");
    neck_close(n);
}

/* Thousands of holes at once, what becomes in order at once more than a queue of spans can name: each is filled by one
 * retransmission, and no timeout is needed. */
static void many_holes(const char *name, uint32_t profile, uint64_t rate_bit_s, uint32_t seconds, double share)
{
    const uint32_t bdp = (uint32_t)(rate_bit_s / 80u);
    const struct neck_config c = {.rate_bit_s = rate_bit_s,
                                  .delay_ns = 50 * SV_MS,
                                  .queue_bytes = bdp,
                                  .buffer = 4u * bdp,
                                  .profile = profile,
                                  .flows = 1};
    struct neck *n = neck_open(&c);
    struct sv_sock_info info;
    neck_run(n, seconds * SV_S);
    neck_info(n, 0, &info);
    const double used = (double)neck_received(n, 0) * 8 / ((double)rate_bit_s * seconds);
    printf("%s: %.1f %% used, %llu lost in the queue, %u sent again, %llu refused out of order\n", name, 100 * used,
           (unsigned long long)neck_dropped(n), info.retransmits, (unsigned long long)neck_refused(n));
    want(neck_dropped(n) > 800 && info.retransmits == neck_dropped(n) && neck_refused(n) == 0,
         "what was lost is sent again, and nothing else");
    want(used > share, "... without a stop");
    neck_close(n);
}

int main(void)
{
    marks();
    rates();
    drops();
    overshoots();
    many_holes("modern, 1 Gbit/s, 100 ms", SV_PROFILE_MODERN, 1000000000, 5, 0.75);
    many_holes("linux, 1 Gbit/s, 100 ms", SV_PROFILE_LINUX, 1000000000, 5, 0.75);
    many_holes("linux, 10 Gbit/s, 100 ms", SV_PROFILE_LINUX, 10000000000, 5, 0.65);
    return failed;
}
