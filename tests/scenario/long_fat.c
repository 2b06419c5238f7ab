/* SPDX-License-Identifier: BSD-2-Clause */
/* A long fat pipe, 10 Gbit/s at 100 ms: 125 MB are in flight when it is full. One flow must have 95 % of the rate
 * within twelve round trips after the moment at which ideal slow start, which doubles from the initial window each
 * round trip, would have reached it, and keep it; with buffers that grow by themselves.
 *
 *     long_fat [-v]     each round trip; frames of 9000 bytes, as such links have them */
#include <stdio.h>
#include <string.h>

#include "tests/support/bottleneck.h"

#define RATE 10000000000ull
#define DELAY (50 * SV_MS)
#define BDP (uint32_t)(RATE / 8u * 2u * DELAY / SV_S)
#define ROUNDS 12u

static bool failed;

/* A queue in front of the link that holds two round trips more, or one that marks when half of one stands in it. */
static void run(const char *name, uint32_t mtu, uint32_t mark_bytes, uint32_t ecn, bool say)
{
    const struct neck_config c = {.rate_bit_s = RATE,
                                  .delay_ns = DELAY,
                                  .queue_bytes = 3u * BDP,
                                  .mark_bytes = mark_bytes,
                                  .mtu = mtu,
                                  .buffer = 512u << 20,
                                  .flows = 1,
                                  .congestion = SV_CC_CUBIC,
                                  .ecn = ecn};
    struct neck *n = neck_open(&c);
    uint32_t ideal = 1, reached = 0; /* round trips: the SYN's, and those that double */
    uint64_t before = 0;
    double after = 0;
    for (uint64_t window = 10u * (mtu - 52u); window < BDP; window *= 2)
        ideal++;
    for (uint32_t round = 1; round <= ideal + ROUNDS; round++) {
        struct sv_sock_info info;
        neck_run(n, round * 2u * DELAY);
        const uint64_t now = neck_received(n, 0);
        neck_info(n, 0, &info);
        /* Of what a full link carries of payload: headers of TCP, IP and Ethernet are not. */
        const double full = (double)RATE / 8 * 2 * DELAY / SV_S * (mtu - 52u) / (mtu + 14u);
        const double share = (double)(now - before) / full;
        before = now;
        if (!reached && share >= 0.95)
            reached = round;
        after += reached ? share : 0;
        if (say)
            printf("%2u %5.1f %%, cwnd %.2f MB, ssthresh %.1f MB, window %.1f MB, queue %.1f ms, %llu lost\n", round,
                   100 * share, info.cwnd / 1e6, info.ssthresh / 1e6, info.send_window / 1e6,
                   (double)neck_queue_peak(n) / 1e6, (unsigned long long)neck_dropped(n));
    }
    after /= ideal + ROUNDS + 1u - reached;
    const bool ok = reached && reached <= ideal + ROUNDS && after >= 0.95;
    printf(
        "%s: %s, MTU %u: ideal slow start fills it after %u round trips; 95 %% were had in round %u, and from then on "
        "%.1f %%; %llu lost; %.0f MB of memory\n",
        ok ? "ok" : "FAILED", name, mtu, ideal, reached, 100 * after, (unsigned long long)neck_dropped(n),
        (double)neck_memory(n) / 1e6);
    failed |= !ok;
    neck_close(n);
}

int main(int argc, char **argv)
{
    const uint32_t mtu = 9000;
    const bool say = argc > 1 && strcmp(argv[argc - 1], "-v") == 0;
    run("a deep queue", mtu, 0, SV_ECN_NEVER, say);
    run("marks, ECN", mtu, BDP / 2u, SV_ECN_ASK, say);
    run("marks, AccECN", mtu, BDP / 2u, SV_ECN_ACCURATE, say);
    return failed;
}
