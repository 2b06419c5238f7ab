/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/kernels.h"

/* Loops of a known length over 16-bit numbers, without a branch: a compiler turns them into vectors, if it is told so
 * only by what stands here. A wide sum is cut to 16 bits as if it fitted, and whether it did is asked once for the
 * whole block: clamping each would cost more than the filter. */

/* What is wider than 16 bits leaves a mark above them. */
static inline uint32_t overflow(int32_t v)
{
    return (uint32_t)(v + 32768);
}

/* Levels and taps are such that no sum leaves 16 bits (see kernels.h); what did would come round modulo 2^16. */
static inline void shape(const int16_t *restrict x, const int16_t *restrict c, int16_t *restrict y)
{
    const int16_t c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3], c4 = c[4], c5 = c[5], c6 = c[6], c7 = c[7];
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        const int32_t older = c0 * x[i] + c1 * x[i + 1] + c2 * x[i + 2] + c3 * x[i + 3];
        const int32_t newer = c4 * x[i + 4] + c5 * x[i + 5] + c6 * x[i + 6] + c7 * x[i + 7];
        const int16_t sum = (int16_t)(uint16_t)(older + newer + 1);
        y[i] = (int16_t)(sum >> 1);
    }
}

/* The taps of a phase. */
static void blend(const int16_t (*pulse)[SV_TAPS], uint32_t part, int16_t *restrict to)
{
    const int16_t *restrict row = pulse[part >> 27];
    const int32_t more = (int32_t)(part >> 17 & 1023u);
    for (uint32_t j = 0; j < SV_TAPS; j++)
        to[j] = (int16_t)(row[j] + (((row[SV_TAPS + j] - row[j]) * more) >> 10));
}

static void interleave(const int16_t *restrict even, const int16_t *restrict odd, int16_t *restrict out)
{
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        out[2 * i] = even[i];
        out[2 * i + 1] = odd[i];
    }
}

static inline int16_t least(int16_t a, int16_t b)
{
    return a < b ? a : b;
}
static inline int16_t most(int16_t a, int16_t b)
{
    return a > b ? a : b;
}

/* A difference saturates where the sample lies beyond the wander's distance from the end of the numbers. */
void sv_couple_block_portable(int16_t *restrict sample, uint32_t n, int64_t *wander_q16, uint32_t pole_q32)
{
    for (uint32_t i = 0; i < n; i += SV_CELL, sample += SV_CELL) {
        const int16_t wander = sv_wander(*wander_q16);
        const int16_t low = (int16_t)(INT16_MIN + (wander > 0 ? wander : 0));
        const int16_t high = (int16_t)(INT16_MAX + (wander < 0 ? wander : 0));
        int32_t sum = 0;
        for (uint32_t k = 0; k < SV_CELL; k++)
            sum += sample[k];
        for (uint32_t k = 0; k < SV_CELL; k++)
            sample[k] = (int16_t)(least(most(sample[k], low), high) - wander);
        *wander_q16 += sv_wander_move(sum - (int32_t)SV_CELL * wander, pole_q32);
    }
}

void sv_shape_blocks_portable(struct sv_shape *s, int16_t *out, uint32_t blocks)
{
    for (; blocks != 0; blocks--, out += 2 * SV_BLOCK) {
        int16_t taps[SV_TAPS], even[SV_BLOCK], odd[SV_BLOCK];
        const uint32_t half = s->part + 0x80000000u;
        blend(s->pulse, s->part, taps);
        shape(s->x, taps, even);
        blend(s->pulse, half, taps);
        shape(s->x + (half < s->part), taps, odd);
        interleave(even, odd, out);
        if (s->pole_q32 != 0)
            sv_couple_block_portable(out, 2 * SV_BLOCK, &s->wander_q16, s->pole_q32);
        const uint64_t next = s->part + s->pace;
        s->part = (uint32_t)next;
        s->x += next >> 32;
    }
}

/* Every sample's turn, those at the instants and those between; returns the mark of overflow(). */
static uint32_t interpolate(const struct sv_take *t, int32_t *restrict v)
{
    const int16_t *restrict s = t->sample, *restrict c = t->weight;
    const int32_t bias = t->bias;
    const uint32_t shift = t->shift;
    const int16_t c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    uint32_t over = 0;
    for (uint32_t i = 0; i < 2 * SV_BLOCK; i++) {
        v[i] = (bias + c0 * s[i] + c1 * s[i + 1] + c2 * s[i + 2] + c3 * s[i + 3]) >> shift;
        over |= overflow(v[i]);
    }
    return over >> 16;
}

static void take(const struct sv_take *t, int16_t *restrict on, int16_t *restrict between)
{
    int32_t v[2 * SV_BLOCK];
    if (interpolate(t, v) != 0)
        for (uint32_t i = 0; i < 2 * SV_BLOCK; i++)
            v[i] = sv_saturate(v[i]);
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        on[i] = (int16_t)v[2 * i];
        between[i] = (int16_t)v[2 * i + 1];
    }
}

static void equalise(const int16_t *restrict x, const int16_t *restrict c, int32_t bias, int16_t *restrict y)
{
    const int16_t c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3], c4 = c[4], c5 = c[5], c6 = c[6], c7 = c[7];
    int32_t v[SV_BLOCK];
    uint32_t over = 0;
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        const int32_t older = c0 * x[i] + c1 * x[i + 1] + c2 * x[i + 2] + c3 * x[i + 3];
        const int32_t newer = c4 * x[i + 4] + c5 * x[i + 5] + c6 * x[i + 6] + c7 * x[i + 7];
        v[i] = (bias + older + newer) >> 12;
        over |= overflow(v[i]);
        y[i] = (int16_t)v[i];
    }
    if (over >> 16 != 0)
        for (uint32_t i = 0; i < SV_BLOCK; i++)
            y[i] = sv_saturate(v[i]);
}

static void slice(const int16_t *restrict y, uint32_t levels, int16_t unit, int16_t *restrict level)
{
    const int16_t half = (int16_t)(unit / 2), two = (int16_t)(2 * unit);
    if (levels == 2)
        for (uint32_t i = 0; i < SV_BLOCK; i++)
            level[i] = (int16_t)(y[i] >> 15 | 1);
    else if (levels == 3)
        for (uint32_t i = 0; i < SV_BLOCK; i++)
            level[i] = (int16_t)((y[i] > half) - (y[i] < -half));
    else
        for (uint32_t i = 0; i < SV_BLOCK; i++)
            level[i] = (int16_t)((y[i] >> 15 | 1) + 2 * ((y[i] > two) - (y[i] < -two)));
}

static void errors(const int16_t *restrict y, const int16_t *restrict level, int16_t unit, int16_t *restrict error)
{
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        error[i] = (int16_t)(y[i] - level[i] * unit);
}

/* Sum of products of a block. */
static int32_t product(const int16_t *restrict a, const int16_t *restrict b)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        sum += (int32_t)a[i] * (int32_t)b[i];
    return sum;
}

/* All but the gradient, in one pass. */
static void add_up(const int16_t *restrict error, const int16_t *restrict level, const int16_t *restrict before,
                   const int16_t *restrict between, int16_t *restrict eighth, struct sv_decision_sums *restrict sums)
{
    int32_t total = 0, with_level = 0, level_square = 0, square = 0, late = 0, step_square = 0;
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        const int16_t small = least(most((int16_t)(error[i] >> 3), -1023), 1023);
        const int16_t step = (int16_t)(level[i] - before[i]);
        eighth[i] = small;
        total += error[i];
        with_level += error[i] * level[i];
        level_square += level[i] * level[i];
        square += small * small;
        late += between[i] * step;
        step_square += step * step;
    }
    sums->error = total;
    sums->error_level = with_level;
    sums->level_square = level_square;
    sums->error_square = (uint32_t)square;
    sums->late = late;
    sums->step_square = step_square;
}

/* No error leaves 16 bits: a level has its y's sign, and no more than its magnitude and a step. */
void sv_judge_block_portable(const struct sv_judge *j, const int16_t *x, const int16_t *between, int16_t *y,
                             int8_t *restrict level, struct sv_decision_sums *sums)
{
    int16_t decided[SV_BLOCK + 1], error[SV_BLOCK], eighth[SV_BLOCK];
    equalise(x + 1, j->tap, j->bias, y);
    decided[0] = (int16_t)j->before;
    slice(y, j->levels, (int16_t)j->unit, decided + 1);
    errors(y, decided + 1, (int16_t)j->unit, error);
    add_up(error, decided + 1, decided, between + SV_MAIN, eighth, sums);
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        level[i] = (int8_t)decided[i + 1];
    for (uint32_t k = 0; j->gradient && k < SV_TAPS; k++)
        sums->gradient[k] = product(eighth, x + 1 + k);
}

void sv_track_block_portable(const struct sv_take *t, const struct sv_judge *j, int16_t *x, int16_t *between,
                             int16_t *y, int8_t *level, struct sv_decision_sums *sums)
{
    take(t, x + SV_TAPS, between + SV_TAPS);
    sv_judge_block_portable(j, x, between, y, level, sums);
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
