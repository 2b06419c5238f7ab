/* SPDX-License-Identifier: BSD-2-Clause */
/* Built for x86-64 in place of kernels_generic.c. */
#include "l1_physical/kernels.h"

void sv_noise_block(const struct sv_noise_key *k, uint64_t seed, uint64_t first, int32_t sigma_q3, int16_t *sample,
                    uint32_t n, uint32_t cpu)
{
    if (cpu & SV_CPU_AVX2)
        sv_noise_block_avx2(k, seed, first, sigma_q3, sample, n);
    else
        sv_noise_block_portable(k, seed, first, sigma_q3, sample, n);
}

void sv_shape_blocks(struct sv_shape *s, int16_t *out, uint32_t blocks, uint32_t cpu)
{
    if (cpu & SV_CPU_AVX2)
        sv_shape_blocks_avx2(s, out, blocks);
    else
        sv_shape_blocks_portable(s, out, blocks);
}

void sv_couple_block(int16_t *sample, uint32_t n, int64_t *wander_q16, uint32_t pole_q32, uint32_t cpu)
{
    if (cpu & SV_CPU_AVX2)
        sv_couple_block_avx2(sample, n, wander_q16, pole_q32);
    else
        sv_couple_block_portable(sample, n, wander_q16, pole_q32);
}

void sv_track_block(const struct sv_take *t, const struct sv_judge *j, int16_t *x, int16_t *between, int16_t *y,
                    int8_t *level, struct sv_decision_sums *sums, uint32_t cpu)
{
    if (cpu & SV_CPU_AVX2)
        sv_track_block_avx2(t, j, x, between, y, level, sums);
    else
        sv_track_block_portable(t, j, x, between, y, level, sums);
}

void sv_judge_block(const struct sv_judge *j, const int16_t *x, const int16_t *between, int16_t *y, int8_t *level,
                    struct sv_decision_sums *sums, uint32_t cpu)
{
    if (cpu & SV_CPU_AVX2)
        sv_judge_block_avx2(j, x, between, y, level, sums);
    else
        sv_judge_block_portable(j, x, between, y, level, sums);
}

void sv_widen_block(const int8_t *in, int16_t *out, uint32_t cpu)
{
    if (cpu & SV_CPU_AVX2)
        sv_widen_block_avx2(in, out);
    else
        sv_widen_block_portable(in, out);
}

void sv_level_masks(const int8_t *level, uint64_t *moved, uint64_t *below, uint32_t cpu)
{
    if (cpu & SV_CPU_AVX2)
        sv_level_masks_avx2(level, moved, below);
    else
        sv_level_masks_portable(level, moved, below);
}
