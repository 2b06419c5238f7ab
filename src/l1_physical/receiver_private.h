/* SPDX-License-Identifier: BSD-2-Clause */
/* What the receiver's files share. */
#ifndef SV_L1_PHYSICAL_RECEIVER_PRIVATE_H
#define SV_L1_PHYSICAL_RECEIVER_PRIVATE_H

#include "l1_physical/receiver.h"

#define SV_RECEIVER_ONE ((int64_t)1 << 32) /* one sample of a position */

/* The samples' value at a position, between them by a cubic, offset taken off, before gain. */
int32_t sv_receiver_at(const struct sv_receiver *r, int64_t at);
/* Whether samples reach so far that sv_receiver_at() of `at` needs no more. */
static inline bool sv_receiver_reaches(const struct sv_receiver *r, int64_t at)
{
    return (at >> 32) + 3 <= (int64_t)r->held;
}
/* The weights of four samples, 16384 = one, for a fraction of 2^-32. Catmull and Rom's cubic: through the samples, and
 * with a continuous slope. */
static inline void sv_receiver_cubic(uint32_t part, int32_t weight[4])
{
    const int32_t f = (int32_t)(part >> 17); /* 2^-15 */
    const int32_t f2 = (f * f) >> 15, f3 = (f2 * f) >> 15;
    weight[0] = (-f3 + 2 * f2 - f) >> 2;
    weight[2] = (-3 * f3 + 4 * f2 + f) >> 2;
    weight[3] = (f3 - f2) >> 2;
    weight[1] = 16384 - weight[0] - weight[2] - weight[3];
}

static inline int16_t sv_receiver_gained(const struct sv_receiver *r, int32_t v)
{
    const int64_t g = ((int64_t)v * r->gain_q16) >> 16;
    return (int16_t)(g > INT16_MAX ? INT16_MAX : g < INT16_MIN ? INT16_MIN : g);
}

/* Sets gain and what is remembered so that tracking begins at r->at. */
void sv_receiver_track(struct sv_receiver *r, uint32_t gain_q16);
/* One block, at most `most` symbols; false: more samples wanted. */
bool sv_receiver_block(struct sv_receiver *r, uint32_t most);
/* Continuous codes: the search over a window of `symbols`. */
bool sv_receiver_search(struct sv_receiver *r, uint32_t symbols);
/* 10BASE-T between carriers. `last`: no more samples will come. */
bool sv_receiver_quiet(struct sv_receiver *r, bool last);
/* n symbols of no signal from r->at on. */
void sv_receiver_nothing(struct sv_receiver *r, uint32_t n);

#endif
