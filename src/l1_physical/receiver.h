/* SPDX-License-Identifier: BSD-2-Clause */
/* From samples to symbols.
 *
 * Samples are taken where the symbols are: a second-order loop steers the instants by what it sees half-way between
 * them, where the signal crosses. What is taken is brought to one amplitude, for 100BASE-TX goes through eight
 * symbol-spaced taps that adapt to the cable, has the wander of its baseline taken off, and is sliced. Thresholds are
 * fractions of the amplitude found: nothing here knows a volt.
 *
 * Continuous codes begin with a search over a window of 256 symbols (gain, offset, phase, and one of a few equalisers
 * to start from); the window itself is then decoded, so nothing is lost. 10BASE-T is silent between frames: there the
 * carrier is found first, and the phase within 16 half-bits of it. A receiver that loses the signal searches again,
 * from 32 symbols further on: a symbol is in eight windows at most, and work bounded by the number of samples. Pieces
 * of any size give the same. */
#ifndef SV_L1_PHYSICAL_RECEIVER_H
#define SV_L1_PHYSICAL_RECEIVER_H

#include "l1_physical/kernels.h"
#include "l1_physical/phy.h"

#define SV_RECEIVER_WINDOW 256u   /* symbols of the search */
#define SV_RECEIVER_SAMPLES 8192u /* samples held */
#define SV_RECEIVER_PEAK 8190     /* the outermost level after gain: a multiple of 3, for PAM4 */
#define SV_RECEIVER_SPARSE 16u    /* more samples a symbol than that are averaged in groups first */

struct sv_receiver_config {
    uint32_t code;        /* enum sv_phy_code */
    uint64_t spacing_q32; /* samples from one symbol to the next, in 2^-32: 2 .. 1024 of them */
    bool equaliser;       /* 100BASE-TX: adapt the taps; else they pass everything through */
    bool wander;          /* follow the baseline within 100 symbols (else within 10,000: an offset) */
    bool loop_held;       /* keep to spacing and phase as given: measurements on a known clock */
    uint32_t phase_q32;   /* loop_held: samples before the first symbol's instant, in 2^-32 */
    uint32_t amplitude;   /* loop_held: what the outermost level is in the samples; gain stands still */
    uint32_t cpu;         /* enum sv_cpu */
};

enum sv_receiver_state {
    SV_RECEIVER_SEARCH, /* no signal yet, or lost */
    SV_RECEIVER_TRACK,  /* decisions are made */
    SV_RECEIVER_QUIET,  /* 10BASE-T: nobody sends */
};

struct sv_receiver {
    struct sv_receiver_config config;
    uint32_t state; /* enum sv_receiver_state */
    uint32_t levels;
    int32_t unit;   /* distance of two neighbouring level indices after gain; PAM4's are 2 apart */
    uint32_t group; /* samples averaged into one */
    int32_t group_sum;
    uint32_t group_at;
    bool twice;      /* two samples a symbol: blocks at a constant phase */
    int64_t spacing; /* samples (averaged ones) a symbol, in 2^-32 */
    int64_t nominal; /* where it began */
    int64_t at;      /* instant of the next symbol to take, in 2^-32 from hold[0] */
    uint64_t gone;   /* averaged samples that have left `hold` */
    uint32_t held;
    uint32_t gain_q16;
    int32_t offset;     /* taken off samples before the gain */
    int32_t base_q8;    /* added after the equaliser */
    int32_t floor_q8;   /* 10BASE-T: mean magnitude of silence */
    int32_t top;        /* 10BASE-T: largest magnitude lately */
    int32_t carrier;    /* 10BASE-T: amplitude of the present or last carrier, in sample units */
    bool refill;        /* `x` has no history yet */
    uint32_t weak;      /* 10BASE-T: half-bits in a row near zero */
    uint32_t same;      /* 10BASE-T: equal half-bits in a row */
    uint32_t blocks;    /* since lock */
    uint32_t active_q8; /* MLT-3: mean number of symbols in a block that are not 0, 2^-8 */
    uint32_t error_q8;  /* mean square of error / 8, 2^-8 */
    int32_t last_level; /* of the block before */
    int32_t tap_q28[SV_TAPS];
    int16_t tap[SV_TAPS];                /* 4096 = one */
    int16_t x[SV_BLOCK + SV_TAPS];       /* taken: eight older ones first */
    int16_t between[SV_BLOCK + SV_TAPS]; /* half-way to the next */
    uint64_t locks, losses;
    /* What the last step gave. */
    uint32_t count;          /* symbols */
    int64_t block_at;        /* instant of the first, as `at` */
    uint64_t first_q8;       /* instant of the first, in 1/256 samples of the input, from its first sample on; of a
                              * stream's first two symbols below 0, that is, near 2^64 */
    uint64_t each_q8;        /* from one to the next */
    int16_t value[SV_BLOCK]; /* before the slicer: the outermost level is SV_RECEIVER_PEAK */
    int8_t level[SV_BLOCK];
    int16_t hold[SV_RECEIVER_SAMPLES];
};

/* SV_ERR_INVALID: no such code, or a spacing outside its range. */
SV_MUST_CHECK enum sv_err sv_receiver_init(struct sv_receiver *r, const struct sv_receiver_config *config);

/* Takes up to n samples; returns how many there was room for. */
uint32_t sv_receiver_put(struct sv_receiver *r, const int16_t *sample, uint32_t n);

/* Makes the next symbols, r->count of them in r->level; false when more samples are wanted first. A symbol that is
 * none (no signal) has level 0 where the code has that, else its lowest one. Call until it returns false. */
bool sv_receiver_step(struct sv_receiver *r);

/* The same at the end of a capture: what is left over, without waiting for a whole block. */
bool sv_receiver_end(struct sv_receiver *r);

/* Idle of n input samples passed unseen, `step_q32` symbols from one to the next by the sender's clock (2^-32): the
 * loop is held, that is, instants are afterwards as far from the sender's as they were before. Samples not yet made
 * into symbols are forgotten. Returns how many symbols are missing between the last one told and the next. */
uint64_t sv_receiver_skip(struct sv_receiver *r, uint64_t n, uint32_t step_q32);

#endif
