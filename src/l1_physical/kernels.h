/* SPDX-License-Identifier: BSD-2-Clause */
/* The inner loops, each with a portable form and one in AVX2, equal to the last bit. Which one runs is the caller's
 * `cpu` (enum sv_cpu): nothing here asks the machine. */
#ifndef SV_L1_PHYSICAL_KERNELS_H
#define SV_L1_PHYSICAL_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/checksum.h"
#include "core/mem.h"

#define SV_TAPS 8u   /* of every filter here */
#define SV_BLOCK 32u /* symbols that the loops take at once */
#define SV_MAIN 5u   /* the tap of the symbol decided; those before are older symbols */
#define SV_CELL 16u  /* samples over which the high-pass takes the wander as constant: 1/100 of its time constant */

/* Two numbers by which the draws of one 2^32 of sample numbers differ from those of another. */
struct sv_noise_key {
    uint32_t add, mix;
};

/* Two samples a symbol of what a pair makes of levels. A clock that is off moves them by 1/100 of a symbol at most in
 * a block: within it the phase stands still, the next one begins where it should. Of the first sample's eight symbols
 * x is the oldest; half a symbol later is the second's place. Tap j of either is between two rows of the pulse,
 *     row[j] + ((next row[j] - row[j]) part >> 10),
 * and the sample half of the sum, rounded. Levels and pulse are such that no sum leaves 16 bits. */
struct sv_shape {
    const int16_t (*pulse)[SV_TAPS]; /* 33 rows: phases of 1/32 */
    const int16_t *x;
    uint32_t part;      /* of the symbol that is over at the first sample, in 2^-32 */
    uint64_t pace;      /* of a block, in 2^-32 symbols */
    int64_t wander_q16; /* the samples go through sv_couple_block(); */
    uint32_t pole_q32;  /* 0: wander_q16 is 0, and nothing is taken off */
};

/* How the samples of a block of symbols are taken: (bias + sum over j < 4 of weight[j] sample[2 i + j]) >> shift at the
 * instant of symbol i, and from sample[2 i + 1] on half-way to the next. */
struct sv_take {
    const int16_t *sample;
    int16_t weight[4];
    int32_t bias;
    uint32_t shift;
};

/* And how they are judged. What was taken lies behind eight older: x[SV_TAPS + i]; between[] likewise. */
struct sv_judge {
    const int16_t *tap; /* y[i] = (bias + sum of tap[j] x[1 + i + j]) >> 12 */
    int32_t bias;
    uint32_t levels; /* 2 (-1, +1), 3 (-1, 0, +1) or 4 (-3 .. +3) */
    int32_t unit;    /* apart by index */
    int32_t before;  /* level of the symbol before */
    bool gradient;   /* asked for */
};

/* What a block of decisions tells the loops. */
struct sv_decision_sums {
    int32_t gradient[SV_TAPS]; /* error / 8 times what each tap saw; only where asked for */
    int32_t error;             /* sum of y - level */
    int32_t error_level;       /* sum of (y - level) * level index */
    int32_t level_square;      /* sum of level index squared */
    uint32_t error_square;     /* sum of (error / 8)^2 */
    int32_t late;              /* sum of what lies half-way to each level times the step to it */
    int32_t step_square;       /* sum of those steps squared */
    int32_t none[2];           /* so that eight are written at once */
};

#define SV_KERNELS(form)                                                                                        \
    /* sample[i] += noise(first + i), i < n, n a multiple of 16, first even, no 2^32 passed. */                 \
    void sv_noise_block_##form(const struct sv_noise_key *k, uint64_t seed, uint64_t first, int32_t sigma_q3,   \
                               int16_t *sample, uint32_t n);                                                    \
    /* Blocks of 32 symbols, two samples each; *s goes on behind them. */                                       \
    void sv_shape_blocks_##form(struct sv_shape *s, int16_t *out, uint32_t blocks);                             \
    /* n a multiple of SV_CELL: a high-pass, its wander constant over so many samples, moved at their end. */   \
    void sv_couple_block_##form(int16_t *sample, uint32_t n, int64_t *wander_q16, uint32_t pole_q32);           \
    /* Takes and judges: x, between and their eight older ones are the caller's from block to block. */         \
    void sv_track_block_##form(const struct sv_take *t, const struct sv_judge *j, int16_t *x, int16_t *between, \
                               int16_t *y, int8_t *level, struct sv_decision_sums *sums);                       \
    /* Judges what was taken otherwise. */                                                                      \
    void sv_judge_block_##form(const struct sv_judge *j, const int16_t *x, const int16_t *between, int16_t *y,  \
                               int8_t *level, struct sv_decision_sums *sums);                                   \
    void sv_widen_block_##form(const int8_t *in, int16_t *out);                                                 \
    /* 64 levels: a bit of *moved is set where one is not 0, of *below where it is less. */                     \
    void sv_level_masks_##form(const int8_t *level, uint64_t *moved, uint64_t *below);

SV_KERNELS(portable)
SV_KERNELS(avx2)
#undef SV_KERNELS

/* The portable form where there is no other. */
void sv_noise_block(const struct sv_noise_key *k, uint64_t seed, uint64_t first, int32_t sigma_q3, int16_t *sample,
                    uint32_t n, uint32_t cpu);
void sv_shape_blocks(struct sv_shape *s, int16_t *out, uint32_t blocks, uint32_t cpu);
void sv_couple_block(int16_t *sample, uint32_t n, int64_t *wander_q16, uint32_t pole_q32, uint32_t cpu);
void sv_track_block(const struct sv_take *t, const struct sv_judge *j, int16_t *x, int16_t *between, int16_t *y,
                    int8_t *level, struct sv_decision_sums *sums, uint32_t cpu);
void sv_judge_block(const struct sv_judge *j, const int16_t *x, const int16_t *between, int16_t *y, int8_t *level,
                    struct sv_decision_sums *sums, uint32_t cpu);
void sv_widen_block(const int8_t *in, int16_t *out, uint32_t cpu);
void sv_level_masks(const int8_t *level, uint64_t *moved, uint64_t *below, uint32_t cpu);

/* One draw, 16 bits each for two samples, the even one low: shared by the forms. Pairs lie SV_NOISE_PACE apart. */
#define SV_NOISE_PACE 0x9e3779b1u
static inline uint32_t sv_noise_place(const struct sv_noise_key *k, uint32_t pair)
{
    return pair * SV_NOISE_PACE + k->add;
}
static inline uint32_t sv_noise_mixed(uint32_t x, uint32_t mix)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= (x >> 15) ^ mix;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}
static inline uint32_t sv_noise_draw(const struct sv_noise_key *k, uint32_t pair)
{
    return sv_noise_mixed(sv_noise_place(k, pair), k->mix);
}
static inline int16_t sv_saturate(int32_t v)
{
    return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}
/* What the transformers take off, as a sample, and how it moves by the sum of a cell of what is left. */
static inline int16_t sv_wander(int64_t wander_q16)
{
    const int64_t w = (wander_q16 + 32768) >> 16;
    if (SV_LIKELY(w >= -INT16_MAX && w <= INT16_MAX))
        return (int16_t)w;
    return w < 0 ? -INT16_MAX : INT16_MAX;
}
static inline int64_t sv_wander_move(int32_t sum, uint32_t pole_q32)
{
    return (sum * (int64_t)pole_q32) >> 16;
}
/* The second level, for the one draw in 256 that falls into the outer cells: magnitude in 1/2048 sigma. */
int32_t sv_noise_far(uint64_t seed, uint64_t n);

#endif
