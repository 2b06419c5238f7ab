/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/kernels.h"

/* Loops of a known length, all taps inside: a compiler turns them into vectors and keeps the sums in registers. */
static inline void filter(const int16_t *restrict x, const int16_t *restrict c, int32_t bias, int32_t by,
                          int16_t *restrict y)
{
    const int16_t c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3], c4 = c[4], c5 = c[5], c6 = c[6], c7 = c[7];
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        const int32_t older = c0 * x[i] + c1 * x[i + 1] + c2 * x[i + 2] + c3 * x[i + 3];
        const int32_t newer = c4 * x[i + 4] + c5 * x[i + 5] + c6 * x[i + 6] + c7 * x[i + 7];
        y[i] = sv_saturate((bias + older + newer) >> by);
    }
}

void sv_shape_block_portable(const int16_t *x, uint32_t skip, const int16_t *a, const int16_t *b, int16_t *out)
{
    int16_t even[SV_BLOCK], odd[SV_BLOCK];
    filter(x, a, 1, 1, even);
    filter(x + skip, b, 1, 1, odd);
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        out[2 * i] = even[i];
        out[2 * i + 1] = odd[i];
    }
}

void sv_couple_block_portable(int16_t *sample, uint32_t n, int64_t *wander_q16, uint32_t pole_q32)
{
    for (uint32_t i = 0; i < n; i += SV_CELL, sample += SV_CELL) {
        const int16_t wander = sv_wander(*wander_q16);
        int32_t sum = 0;
        for (uint32_t k = 0; k < SV_CELL; k++)
            sum += sample[k];
        for (uint32_t k = 0; k < SV_CELL; k++)
            sample[k] = sv_saturate(sample[k] - wander);
        *wander_q16 += sv_wander_move(sum - (int32_t)SV_CELL * wander, pole_q32);
    }
}

void sv_take_block_portable(const int16_t *s, const int16_t *c, int32_t bias, uint32_t shift, int16_t *restrict on,
                            int16_t *restrict between)
{
    const int16_t c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    int16_t even[SV_BLOCK + 2], odd[SV_BLOCK + 1];
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        even[i] = s[2 * i];
        odd[i] = s[2 * i + 1];
    }
    even[SV_BLOCK] = s[2 * SV_BLOCK];
    odd[SV_BLOCK] = s[2 * SV_BLOCK + 1];
    even[SV_BLOCK + 1] = s[2 * SV_BLOCK + 2];
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        on[i] = sv_saturate((bias + c0 * even[i] + c1 * odd[i] + c2 * even[i + 1] + c3 * odd[i + 1]) >> shift);
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        between[i] = sv_saturate((bias + c0 * odd[i] + c1 * even[i + 1] + c2 * odd[i + 1] + c3 * even[i + 2]) >> shift);
}

void sv_equalise_block_portable(const int16_t *x, const int16_t *c, int32_t bias, int16_t *y)
{
    filter(x, c, bias, 12, y);
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
                              bool gradient, int16_t *level, int8_t *narrow, struct sv_decision_sums *sums)
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
    for (uint32_t j = 0; gradient && j < SV_TAPS; j++)
        sums->gradient[j] = product(eighth, x + j);
}

void sv_widen_block_portable(const int8_t *restrict in, int16_t *restrict out)
{
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        out[i] = in[i];
}

/* Of eight octets the top bits, the first in bit 0. */
static uint64_t tops(uint64_t eight)
{
    return ((eight >> 7 & 0x0101010101010101ull) * 0x0102040810204080ull) >> 56;
}

void sv_level_masks_portable(const int8_t *level, uint64_t *moved, uint64_t *below)
{
    const uint8_t *o = (const uint8_t *)level;
    uint64_t any = 0, less = 0;
    for (uint32_t i = 0; i < 64; i += 8, o += 8) {
        const uint64_t eight = (uint64_t)o[0] | (uint64_t)o[1] << 8 | (uint64_t)o[2] << 16 | (uint64_t)o[3] << 24 |
                               (uint64_t)o[4] << 32 | (uint64_t)o[5] << 40 | (uint64_t)o[6] << 48 |
                               (uint64_t)o[7] << 56;
        any |= tops(((eight & 0x7f7f7f7f7f7f7f7full) + 0x7f7f7f7f7f7f7f7full) | eight) << i;
        less |= tops(eight) << i;
    }
    *moved = any;
    *below = less;
}

void sv_blend_taps_portable(const int16_t *restrict row, int32_t part, int16_t *restrict to)
{
    for (uint32_t j = 0; j < SV_TAPS; j++)
        to[j] = (int16_t)(row[j] + (((row[SV_TAPS + j] - row[j]) * part) >> 10));
}
