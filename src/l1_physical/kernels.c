/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/kernels.h"

void sv_shape_block_portable(const int16_t *x, uint32_t skip, const int16_t *a, const int16_t *b, int16_t *out)
{
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        int32_t even = 1, odd = 1;
        for (uint32_t j = 0; j < SV_TAPS; j++) {
            even += a[j] * x[i + j];
            odd += b[j] * x[i + j + skip];
        }
        out[2 * i] = sv_saturate(even >> 1);
        out[2 * i + 1] = sv_saturate(odd >> 1);
    }
}

void sv_take_block_portable(const int16_t *s, const int16_t *c, int32_t bias, uint32_t shift, int16_t *on,
                            int16_t *between)
{
    for (uint32_t i = 0; i < SV_BLOCK; i++, s += 2) {
        const int32_t even = bias + c[0] * s[0] + c[1] * s[1] + c[2] * s[2] + c[3] * s[3];
        const int32_t odd = bias + c[0] * s[1] + c[1] * s[2] + c[2] * s[3] + c[3] * s[4];
        on[i] = sv_saturate(even >> shift);
        between[i] = sv_saturate(odd >> shift);
    }
}

void sv_equalise_block_portable(const int16_t *x, const int16_t *c, int32_t bias, int16_t *y)
{
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        int32_t sum = bias;
        for (uint32_t j = 0; j < SV_TAPS; j++)
            sum += c[j] * x[i + j];
        y[i] = sv_saturate(sum >> 12);
    }
}

static int32_t level_of(int32_t y, uint32_t levels, int32_t unit)
{
    if (levels == 2)
        return y >= 0 ? 1 : -1;
    if (levels == 3)
        return (y > unit / 2) - (y < -(unit / 2));
    return (y >= 0 ? 1 : -1) + 2 * ((y > 2 * unit) - (y < -2 * unit));
}

void sv_decide_block_portable(const int16_t *y, const int16_t *x, uint32_t levels, int32_t unit, int16_t *level,
                              struct sv_decision_sums *sums)
{
    int16_t small[SV_BLOCK];
    *sums = (struct sv_decision_sums){0};
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        const int32_t l = level_of(y[i], levels, unit);
        const int32_t e = sv_saturate(y[i] - l * unit);
        const int32_t eighth = e >> 3, cut = eighth > 1023 ? 1023 : eighth < -1023 ? -1023 : eighth;
        level[i] = (int16_t)l;
        small[i] = (int16_t)cut;
        sums->error += e;
        sums->error_level += e * l;
        sums->level_square += l * l;
        sums->error_square += (uint32_t)(cut * cut);
    }
    for (uint32_t j = 0; j < SV_TAPS; j++)
        for (uint32_t i = 0; i < SV_BLOCK; i++)
            sums->gradient[j] += small[i] * x[i + j];
}
