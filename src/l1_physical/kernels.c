/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/kernels.h"

/* Sums over taps outside, over outputs inside: loops of a known length that a compiler can turn into vectors. */
static void filter(const int16_t *restrict x, const int16_t *restrict c, int32_t bias, int32_t *restrict sum)
{
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        sum[i] = bias;
    for (uint32_t j = 0; j < SV_TAPS; j++) {
        const int16_t tap = c[j];
        if (tap != 0)
            for (uint32_t i = 0; i < SV_BLOCK; i++)
                sum[i] += (int32_t)tap * (int32_t)x[i + j];
    }
}

void sv_shape_block_portable(const int16_t *x, uint32_t skip, const int16_t *a, const int16_t *b, int16_t *out)
{
    int32_t even[SV_BLOCK], odd[SV_BLOCK];
    filter(x, a, 1, even);
    filter(x + skip, b, 1, odd);
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        out[2 * i] = sv_saturate(even[i] >> 1);
        out[2 * i + 1] = sv_saturate(odd[i] >> 1);
    }
}

void sv_couple_block_portable(int16_t *sample, uint32_t n, int64_t *wander_q16, uint32_t pole_q32)
{
    for (uint32_t i = 0; i < n; i += 8, sample += 8) {
        const int16_t wander = sv_wander(*wander_q16);
        int32_t sum = 0;
        for (uint32_t k = 0; k < 8; k++) {
            sum += sample[k] - wander;
            sample[k] = sv_saturate(sample[k] - wander);
        }
        *wander_q16 += sv_wander_move(sum, pole_q32);
    }
}

void sv_take_block_portable(const int16_t *s, const int16_t *c, int32_t bias, uint32_t shift, int16_t *on,
                            int16_t *between)
{
    const int32_t c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    for (uint32_t i = 0; i < SV_BLOCK; i++, s += 2) {
        const int32_t even = bias + c0 * s[0] + c1 * s[1] + c2 * s[2] + c3 * s[3];
        const int32_t odd = bias + c0 * s[1] + c1 * s[2] + c2 * s[3] + c3 * s[4];
        on[i] = sv_saturate(even >> shift);
        between[i] = sv_saturate(odd >> shift);
    }
}

void sv_equalise_block_portable(const int16_t *x, const int16_t *c, int32_t bias, int16_t *y)
{
    int32_t sum[SV_BLOCK];
    filter(x, c, bias, sum);
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        y[i] = sv_saturate(sum[i] >> 12);
}

static void slice(const int16_t *restrict y, uint32_t levels, int32_t unit, int16_t *restrict level)
{
    if (levels == 2)
        for (uint32_t i = 0; i < SV_BLOCK; i++)
            level[i] = (int16_t)(y[i] >> 15 | 1);
    else if (levels == 3)
        for (uint32_t i = 0; i < SV_BLOCK; i++)
            level[i] = (int16_t)((y[i] > unit / 2) - (y[i] < -(unit / 2)));
    else
        for (uint32_t i = 0; i < SV_BLOCK; i++)
            level[i] = (int16_t)((y[i] >> 15 | 1) + 2 * ((y[i] > 2 * unit) - (y[i] < -2 * unit)));
}

/* Sum of products of a block. */
static int32_t product(const int16_t *restrict a, const int16_t *restrict b)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        sum += (int32_t)a[i] * (int32_t)b[i];
    return sum;
}

void sv_decide_block_portable(const int16_t *y, const int16_t *x, const int16_t *between, uint32_t levels, int32_t unit,
                              int16_t *level, int8_t *narrow, struct sv_decision_sums *sums)
{
    int16_t error[SV_BLOCK], eighth[SV_BLOCK], step[SV_BLOCK];
    int32_t sum = 0;
    slice(y, levels, unit, level + 1);
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        error[i] = sv_saturate(y[i] - level[i + 1] * unit);
        sum += error[i];
    }
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        const int32_t small = error[i] >> 3;
        eighth[i] = (int16_t)(small > 1023 ? 1023 : small < -1023 ? -1023 : small);
        step[i] = (int16_t)(level[i + 1] - level[i]);
        narrow[i] = (int8_t)level[i + 1];
    }
    sums->error = sum;
    sums->error_level = product(error, level + 1);
    sums->level_square = product(level + 1, level + 1);
    sums->error_square = (uint32_t)product(eighth, eighth);
    sums->late = product(between, step);
    sums->step_square = product(step, step);
    for (uint32_t j = 0; j < SV_TAPS; j++)
        sums->gradient[j] = product(eighth, x + j);
}

void sv_widen_block_portable(const int8_t *restrict in, int16_t *restrict out)
{
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        out[i] = in[i];
}
