/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole stacks through one bottleneck: do flows share it, fill it, and keep its queue as short as they promise? */
#include "tests/support/bottleneck.h"

#include <stdio.h>
#include <string.h>

static bool failed;

static void want(bool ok, const char *what)
{
    printf("   %s: %s\n", ok ? "ok" : "FAILED", what);
    failed |= !ok;
}

static double jain(double a, double b)
{
    return (a + b) * (a + b) / (2 * (a * a + b * b));
}

struct share {
    double index, used; /* Jain's, and the part of the rate that was used */
};

/* Two flows over 20 ms each way at 50 Mbit/s, the second two seconds later; judged from `from` to `to`. */
static struct share two_flows(const char *name, struct neck_config c, uint32_t from_s, uint32_t to_s)
{
    uint64_t began[2];
    double rate[2];
    c.rate_bit_s = 50000000;
    c.delay_ns = 20 * SV_MS;
    c.flows = 2;
    c.starts[1] = 2 * SV_S;
    struct neck *n = neck_open(&c);
    neck_run(n, from_s * SV_S);
    began[0] = neck_received(n, 0);
    began[1] = neck_received(n, 1);
    (void)neck_queue_peak(n);
    neck_run(n, to_s * SV_S);
    for (uint32_t i = 0; i < 2; i++)
        rate[i] = (double)(neck_received(n, i) - began[i]) * 8 / ((to_s - from_s) * 1e6);
    const struct share s = {jain(rate[0], rate[1]), (rate[0] + rate[1]) / 50};
    printf("%s: %.2f and %.2f Mbit/s, Jain %.4f, %.1f %% used, %llu dropped, %llu marked, queue up to %.1f ms\n", name,
           rate[0], rate[1], s.index, 100 * s.used, (unsigned long long)neck_dropped(n),
           (unsigned long long)neck_marked(n), (double)neck_queue_peak(n) / 1e6);
    neck_close(n);
    return s;
}

int main(int argc, char **argv)
{
    const uint32_t bdp = 250000; /* 50 Mbit/s times 40 ms */
    (void)argc;
    (void)argv;
    struct share s =
        two_flows("cubic, cubic", (struct neck_config){.queue_bytes = bdp, .congestion = SV_CC_CUBIC}, 20, 120);
    want(s.index > 0.95, "two CUBIC flows share a drop-tail queue");
    want(s.used > 0.9, "... and use it");
    s = two_flows("reno, reno", (struct neck_config){.queue_bytes = bdp, .congestion = SV_CC_RENO}, 20, 120);
    want(s.index > 0.95, "two Reno flows share a drop-tail queue");
    return failed;
}
