/* SPDX-License-Identifier: BSD-2-Clause */
/* One transfer, told to both simulators in the same words: two hosts, a link that is the bottleneck, and losses by
 * number, counted over the segments with data that come out of the link. Read by C (world_transfer.c) and C++
 * (peer_ns3.cc). */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#define WORLD_RATE_BIT_S 100000000u
#define WORLD_DELAY_MS 10u
#define WORLD_QUEUE 100u
#define WORLD_SEGMENT 1448u /* payload of a full one: MTU 1500, timestamps */
#define WORLD_INITIAL_WINDOW 10u
#define WORLD_BUFFER (1u << 20)
#define WORLD_FIRST_LOSS 150u /* ends slow start before the queue is full */
#define WORLD_EVERY_LOSS 5000u

/* Is the n-th segment, from 1, lost? */
static inline int world_loses(unsigned long long n)
{
    return n == WORLD_FIRST_LOSS || (n > WORLD_FIRST_LOSS && (n - WORLD_FIRST_LOSS) % WORLD_EVERY_LOSS == 0);
}

#endif
