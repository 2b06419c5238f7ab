/* SPDX-License-Identifier: BSD-2-Clause */
/* The floor: what any stack must spend on a full segment, both ends included. A sender copies 1448 bytes
 * in, builds Ethernet, IPv4 and TCP headers with timestamps; a receiver parses them, looks the flow up,
 * copies out and acknowledges once a burst. No timers, no recovery, no options but timestamps, no
 * application to wake. It shares no code with Seven, and it is frozen: figures of other days are multiples
 * of it. Rows of the benchmark compare themselves with the floor at their own number of bytes in flight. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stddef.h>
#include <stdint.h>

#define FLOOR_SEGMENT 1448u /* MTU 1500 less 20 of IPv4, 20 of TCP, 12 of timestamps */

/* Nanoseconds of this thread's processor time a segment, with w_bytes held between sender and receiver.
 * with_copies 0: copy in only; 1: checksums computed and verified, and copied out as well. Negative: a check
 * failed (bytes differ, a header did not parse, or fewer than 0.9 w_bytes were in flight). */
double floor_ns(uint64_t w_bytes, int with_copies);

/* The same for about budget_ns of processor time; *in_flight (may be NULL) gets the mean of the share of
 * w_bytes that was held whenever the receiver took a burst. */
double floor_ns_for(uint64_t w_bytes, int with_copies, uint64_t budget_ns, double *in_flight);

/* How many segments go from the link to the receiver at once, at that W: half of W, at most 64. */
uint32_t floor_burst(uint64_t w_bytes);

/* The routines that were the fastest here, and what they reach, segment by segment, on
 * 64 KiB of source and 32 KiB of slabs. */
struct floor_machine {
    const char *copy, *sum, *sum_copy; /* "libc", "avx2", "avx512", "portable" */
    double copy_gbs, sum_gbs, sum_copy_gbs;
};
const struct floor_machine *floor_machine(void);

#endif
