/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be said of a capture before anything is decoded: its extremes, and how far apart its symbols are. */
#ifndef SV_L1_PHYSICAL_ESTIMATE_H
#define SV_L1_PHYSICAL_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#define SV_ESTIMATE_EDGES 4096u

enum sv_estimate_verdict {
    SV_ESTIMATE_FOUND,    /* spacing_q32 is a symbol's length */
    SV_ESTIMATE_EMPTY,    /* no samples */
    SV_ESTIMATE_CONSTANT, /* all samples are (nearly) the same */
    SV_ESTIMATE_NO_EDGES, /* too few edges to say anything */
    SV_ESTIMATE_NO_CLOCK, /* edges that are at no multiples of anything: noise, or no line code */
};

struct sv_estimate {
    uint32_t verdict;     /* enum sv_estimate_verdict */
    int32_t low, high;    /* between which 99.8 % of the samples lie */
    uint32_t edges;       /* rising ones, looked at */
    uint32_t extreme;     /* samples that equal the largest or the smallest, per 1000: many of a clipped capture */
    uint32_t score;       /* how well edges fit multiples of the spacing: 1000 is exact, 500 chance */
    uint64_t spacing_q32; /* samples from one symbol to the next, in 2^-32 */
};

/* Room that an estimate needs; no state. */
struct sv_estimate_work {
    uint64_t edge_q8[SV_ESTIMATE_EDGES]; /* times of rising edges, in 1/256 samples */
    uint32_t bin[4096];
};

void sv_estimate(struct sv_estimate *e, struct sv_estimate_work *w, const int16_t *sample, uint32_t n);

/* Half the distance of the nearest rising edges, in 2^-32 samples: a symbol where two levels alternate. Where nearly
 * all distances are the same (Manchester of many equal bits) an estimate from all of them may err. 0: too few edges. */
uint64_t sv_estimate_alternating(const struct sv_estimate *e, const struct sv_estimate_work *w);

/* A word for the verdict: "no edges". */
const char *sv_estimate_name(uint32_t verdict);

#endif
