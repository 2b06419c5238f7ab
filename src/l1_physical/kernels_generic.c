/* SPDX-License-Identifier: BSD-2-Clause */
/* Built where there are no other forms. */
#include "l1_physical/kernels.h"

void sv_noise_block(const struct sv_noise_key *k, uint64_t seed, uint64_t first, int32_t sigma_q3, int16_t *sample,
                    uint32_t n, uint32_t cpu)
{
    (void)cpu;
    sv_noise_block_portable(k, seed, first, sigma_q3, sample, n);
}

void sv_shape_blocks(struct sv_shape *s, int16_t *out, uint32_t blocks, uint32_t cpu)
{
    (void)cpu;
    sv_shape_blocks_portable(s, out, blocks);
}

void sv_couple_block(int16_t *sample, uint32_t n, int64_t *wander_q16, uint32_t pole_q32, uint32_t cpu)
{
    (void)cpu;
    sv_couple_block_portable(sample, n, wander_q16, pole_q32);
}

void sv_track_block(const struct sv_take *t, const struct sv_judge *j, int16_t *x, int16_t *between, int16_t *y,
                    int8_t *level, struct sv_decision_sums *sums, uint32_t cpu)
{
    (void)cpu;
    sv_track_block_portable(t, j, x, between, y, level, sums);
}

void sv_judge_block(const struct sv_judge *j, const int16_t *x, const int16_t *between, int16_t *y, int8_t *level,
                    struct sv_decision_sums *sums, uint32_t cpu)
{
    (void)cpu;
    sv_judge_block_portable(j, x, between, y, level, sums);
}

void sv_widen_block(const int8_t *in, int16_t *out, uint32_t cpu)
{
    (void)cpu;
    sv_widen_block_portable(in, out);
}

void sv_level_masks(const int8_t *level, uint64_t *moved, uint64_t *below, uint32_t cpu)
{
    (void)cpu;
    sv_level_masks_portable(level, moved, below);
}
