/* SPDX-License-Identifier: BSD-2-Clause */
/* Two stacks, some flows from the first to the second, and one bottleneck between them: a rate, a delay, a queue of
 * so many bytes whose tail is dropped, and perhaps a threshold above which ECN-capable packets are marked. Virtual
 * time. */
#ifndef SV_TESTS_BOTTLENECK_H
#define SV_TESTS_BOTTLENECK_H

#include "seven/seven.h"

#define NECK_FLOWS 8u

struct neck_config {
    uint64_t rate_bit_s;
    sv_time delay_ns; /* each way */
    uint32_t queue_bytes;
    uint32_t mark_bytes;               /* 0: nothing is marked */
    uint32_t mtu;                      /* 0: 1500 */
    uint32_t profile, congestion, ecn; /* of sv_stack_config, both stacks */
    uint32_t buffer;                   /* bytes, both ways; 0: 16 MiB */
    uint32_t flows;
    sv_time starts[NECK_FLOWS];         /* since the beginning */
    uint32_t congestion_of[NECK_FLOWS]; /* enum sv_congestion; 0: the stack's */
    uint32_t loss_every;                /* the n-th data packet is lost; 0: none but by the queue */
    uint32_t pacing;                    /* SV_OPT_PACING of each flow; 0: none */
};

struct neck;

struct neck *neck_open(const struct neck_config *config);
void neck_close(struct neck *n);
void neck_run(struct neck *n, sv_time until); /* since the beginning */

uint64_t neck_received(const struct neck *n, uint32_t flow); /* bytes read by the application so far */
void neck_info(const struct neck *n, uint32_t flow, struct sv_sock_info *info); /* of the sender */
uint64_t neck_dropped(const struct neck *n), neck_marked(const struct neck *n);
uint64_t neck_refused(const struct neck *n); /* out-of-order segments that the receiver had no room for */
uint64_t neck_memory(const struct neck *n);  /* bytes of both stacks and of the frames between them */
sv_time neck_queue_peak(struct neck *n);     /* the longest wait in the queue since it was asked last */

#endif
