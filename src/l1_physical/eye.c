/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/eye.h"

#include "core/math.h"
#include "core/mem.h"
#include "l1_physical/receiver_private.h"

#define LEAST_COUNT 16u /* of values, before anything is said of their spread */
#define HALF (SV_EYE_COLUMNS / 2)

void sv_eye_init(struct sv_eye *e, uint32_t code)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(code);
    sv_memset(e, 0, sizeof *e);
    e->levels = info != NULL ? info->levels : 2;
    e->unit = SV_RECEIVER_PEAK / (info != NULL ? info->peak : 1);
}

static void note(struct sv_eye_moments *m, int32_t v)
{
    m->count++;
    m->sum += v;
    m->square += (uint64_t)((int64_t)v * v);
}

/* What the slicer would have seen at another time: the taps, each a symbol apart, about it. */
static int32_t seen_at(const struct sv_receiver *r, int64_t at, bool equalised)
{
    int64_t sum = (int64_t)r->base_q8 * 16;
    if (!equalised)
        return sv_receiver_gained(r, sv_receiver_at(r, at));
    for (uint32_t j = 0; j < SV_TAPS; j++)
        if (r->tap[j] != 0)
            sum += r->tap[j] * sv_receiver_gained(r, sv_receiver_at(r, at + ((int64_t)j - SV_MAIN) * r->spacing));
    return sv_saturate((int32_t)(sum >> 12));
}

static uint32_t index_of(const struct sv_eye *e, int32_t level)
{
    return (uint32_t)(e->levels == 3 ? level + 1 : e->levels == 2 ? (level + 1) / 2 : (level + 3) / 2);
}

/* The middle between level i and i + 1. */
static int32_t threshold_of(const struct sv_eye *e, uint32_t i)
{
    if (e->levels == 2)
        return 0;
    return e->levels == 3 ? (i == 0 ? -e->unit / 2 : e->unit / 2) : ((int32_t)i - 1) * 2 * e->unit;
}

/* Where the second half of a trace passes from one level to its neighbour. */
static void note_crossing(struct sv_eye *e, const int32_t *v, int32_t from, int32_t to)
{
    const uint32_t a = index_of(e, from), b = index_of(e, to), low = a < b ? a : b;
    if (a == b || (a > b ? a - b : b - a) != 1)
        return;
    const int32_t threshold = threshold_of(e, low);
    for (uint32_t k = HALF; k + 1 < SV_EYE_COLUMNS; k++) {
        const int32_t before = v[k] - threshold, after = v[k + 1] - threshold;
        if ((before < 0) == (after < 0))
            continue;
        const int32_t part = (int32_t)((int64_t)before * (1024 / (int32_t)HALF) / (before - after));
        note(&e->crossing[low], (int32_t)(k - HALF) * (1024 / (int32_t)HALF) + part);
        return;
    }
}

static void add_trace(struct sv_eye *e, const int32_t *v)
{
    for (uint32_t k = 0; k < SV_EYE_COLUMNS; k++) {
        const int32_t top = SV_RECEIVER_PEAK * 3 / 2;
        const int32_t row = (top - v[k]) * (int32_t)SV_EYE_ROWS / (2 * top);
        if (row >= 0 && row < (int32_t)SV_EYE_ROWS)
            e->density[row][k]++;
    }
    e->traces++;
}

void sv_eye_add(struct sv_eye *e, const struct sv_receiver *r, bool equalised)
{
    const int64_t margin = (int64_t)SV_TAPS * r->spacing;
    if (r->state != SV_RECEIVER_TRACK || r->count < SV_BLOCK)
        return;
    for (uint32_t i = 0; i < r->count; i++) {
        const int64_t at = r->block_at + r->spacing * i;
        int32_t v[SV_EYE_COLUMNS];
        if (at - margin < SV_RECEIVER_ONE || !sv_receiver_reaches(r, at + margin / 2))
            continue;
        for (uint32_t k = 0; k < SV_EYE_COLUMNS; k++)
            v[k] = seen_at(r, at + r->spacing * ((int32_t)k - (int32_t)HALF) / (int32_t)HALF, equalised);
        add_trace(e, v);
        note(&e->level[index_of(e, r->level[i])], v[HALF]);
        if (i + 1 < r->count)
            note_crossing(e, v, r->level[i], r->level[i + 1]);
    }
}

static uint32_t root(uint64_t v)
{
    uint64_t r = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit != 0; bit >>= 1)
        if ((r | bit) * (r | bit) <= v)
            r |= bit;
    return (uint32_t)r;
}

/* Mean and standard deviation, both in 1/16. */
static bool spread(const struct sv_eye_moments *m, int32_t *mean, int32_t *sigma)
{
    if (m->count < LEAST_COUNT)
        return false;
    const int64_t n = (int64_t)m->count;
    *mean = (int32_t)(m->sum * 16 / n);
    const int64_t variance = (int64_t)sv_div64(m->square * 256, m->count) - (int64_t)*mean * *mean;
    *sigma = (int32_t)root((uint64_t)(variance > 0 ? variance : 0));
    return true;
}

struct sv_eye_opening sv_eye_opening(const struct sv_eye *e, uint32_t i)
{
    struct sv_eye_opening o = {0, 0, 0};
    int32_t low = 0, low_sigma = 0, high = 0, high_sigma = 0, at = 0, jitter = 0;
    if (i + 1 >= e->levels || !spread(&e->level[i], &low, &low_sigma) ||
        !spread(&e->level[i + 1], &high, &high_sigma) || high <= low)
        return o;
    o.height = (int32_t)((int64_t)(high - low - 3 * (high_sigma + low_sigma)) * 10000 / (high - low));
    const int32_t sigmas = high_sigma + low_sigma != 0 ? high_sigma + low_sigma : 1;
    o.q_centi = (uint32_t)((int64_t)(high - low) * 100 / sigmas);
    if (spread(&e->crossing[i], &at, &jitter))
        o.width = 10000 - (int32_t)((int64_t)6 * jitter * 10000 / (1024 * 16));
    return o;
}

uint32_t sv_eye_linearity(const struct sv_eye *e)
{
    int32_t mean[4] = {0, 0, 0, 0}, sigma = 0, least = INT32_MAX;
    if (e->levels != 4)
        return 0;
    for (uint32_t i = 0; i < 4; i++)
        if (!spread(&e->level[i], &mean[i], &sigma))
            return 0;
    for (uint32_t i = 0; i < 3; i++)
        least = mean[i + 1] - mean[i] < least ? mean[i + 1] - mean[i] : least;
    return mean[3] > mean[0] && least > 0 ? (uint32_t)((int64_t)3 * least * 10000 / (mean[3] - mean[0])) : 0;
}
