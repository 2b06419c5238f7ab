/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/receiver.h"

#include "core/math.h"
#include "core/mem.h"
#include "l1_physical/receiver_private.h"

#define BEFORE 8u /* samples kept before the present instant */

enum sv_err sv_receiver_init(struct sv_receiver *r, const struct sv_receiver_config *config)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(config->code);
    if (info == NULL || config->spacing_q32 < UINT64_C(2) << 32 || config->spacing_q32 > UINT64_C(1024) << 32)
        return SV_ERR_INVALID;
    if (config->loop_held && (config->amplitude == 0 || config->amplitude > INT16_MAX))
        return SV_ERR_INVALID;
    sv_memset(r, 0, sizeof *r);
    r->config = *config;
    r->levels = info->levels;
    r->unit = SV_RECEIVER_PEAK / info->peak;
    r->group = 1;
    if (config->spacing_q32 > (uint64_t)SV_RECEIVER_SPARSE << 32)
        r->group = (uint32_t)(config->spacing_q32 >> 35); /* to 8 .. 16 samples a symbol */
    r->spacing = (int64_t)sv_div64(config->spacing_q32, r->group);
    r->nominal = r->spacing;
    r->twice = r->spacing - 2 * SV_RECEIVER_ONE < SV_RECEIVER_ONE / 256;
    /* The samples before the first count as zero. */
    r->held = BEFORE;
    r->gone = (uint64_t)0 - BEFORE;
    r->at = (int64_t)BEFORE * SV_RECEIVER_ONE;
    r->tap[SV_MAIN] = 4096;
    r->tap_q28[SV_MAIN] = 4096 << 16;
    r->state = config->code == SV_PHY_10BASE_T ? SV_RECEIVER_QUIET : SV_RECEIVER_SEARCH;
    if (config->loop_held) {
        r->at += config->phase_q32;
        sv_receiver_track(r, ((uint32_t)SV_RECEIVER_PEAK << 16) / config->amplitude);
    }
    return SV_OK;
}

uint32_t sv_receiver_put(struct sv_receiver *r, const int16_t *sample, uint32_t n)
{
    const int64_t behind = (r->at >> 32) - BEFORE;
    const uint32_t gone = behind > 0 ? (uint32_t)behind : 0;
    if (gone != 0 && (gone >= SV_RECEIVER_SAMPLES / 2 || r->held + n > SV_RECEIVER_SAMPLES)) {
        const uint32_t drop = gone < r->held ? gone : r->held;
        r->held -= drop;
        sv_memmove(r->hold, r->hold + drop, r->held * sizeof r->hold[0]);
        r->at -= (int64_t)drop * SV_RECEIVER_ONE;
        r->gone += drop;
    }
    if (r->group == 1) {
        const uint32_t room = SV_RECEIVER_SAMPLES - r->held, some = n < room ? n : room;
        sv_memcpy(r->hold + r->held, sample, some * sizeof *sample);
        r->held += some;
        return some;
    }
    uint32_t i = 0;
    for (; i < n && r->held < SV_RECEIVER_SAMPLES; i++) {
        r->group_sum += sample[i];
        if (++r->group_at == r->group) {
            r->hold[r->held++] = (int16_t)(r->group_sum / (int32_t)r->group);
            r->group_at = 0;
            r->group_sum = 0;
        }
    }
    return i;
}

int32_t sv_receiver_at(const struct sv_receiver *r, int64_t at)
{
    int32_t w[4];
    const int16_t *s = r->hold + (at >> 32) - 1;
    sv_receiver_cubic((uint32_t)at, w);
    return ((w[0] * s[0] + w[1] * s[1] + w[2] * s[2] + w[3] * s[3] + 8192) >> 14) - r->offset;
}

static uint64_t input_q8(const struct sv_receiver *r, int64_t at)
{
    /* The middle of a group is where its average belongs. */
    const int64_t q8 = (at >> 24) + (int64_t)(r->gone << 8);
    return (uint64_t)(q8 * (int64_t)r->group + (int64_t)(r->group - 1) * 128);
}

void sv_receiver_nothing(struct sv_receiver *r, uint32_t n)
{
    const int8_t none = r->levels == 3 || r->config.code == SV_PHY_10BASE_T ? 0 : r->levels == 2 ? -1 : -3;
    r->count = n;
    r->block_at = r->at;
    r->first_q8 = input_q8(r, r->at);
    r->each_q8 = (uint64_t)(r->spacing >> 24) * r->group;
    for (uint32_t i = 0; i < n; i++) {
        r->level[i] = none;
        r->value[i] = (int16_t)(none * r->unit);
    }
    r->at += r->spacing * n;
}

static bool step(struct sv_receiver *r, bool last)
{
    r->count = 0;
    if (r->state == SV_RECEIVER_QUIET)
        return sv_receiver_quiet(r, last);
    if (r->state == SV_RECEIVER_SEARCH) {
        uint32_t window = SV_RECEIVER_WINDOW;
        while (last && window > 64 && !sv_receiver_reaches(r, r->at + r->spacing * (window + 8)))
            window /= 2;
        if (!sv_receiver_reaches(r, r->at + r->spacing * (window + 8)))
            return false;
        if (!sv_receiver_search(r, window)) {
            sv_receiver_nothing(r, SV_BLOCK);
            return true;
        }
    }
    const int64_t at = r->at - (int64_t)(SV_TAPS - 1 - SV_MAIN) * r->spacing;
    const int64_t spacing = r->spacing;
    if (!sv_receiver_block(r, SV_BLOCK))
        return false;
    r->block_at = at;
    r->first_q8 = input_q8(r, at);
    r->each_q8 = (uint64_t)(spacing >> 24) * r->group;
    return true;
}

bool sv_receiver_step(struct sv_receiver *r)
{
    return step(r, false);
}

bool sv_receiver_end(struct sv_receiver *r)
{
    if (step(r, true))
        return true;
    /* A last block, of which only what the samples reach is told: the rest repeats the last sample. */
    if (r->state != SV_RECEIVER_TRACK || r->held >= SV_RECEIVER_SAMPLES - 1 || !sv_receiver_reaches(r, r->at))
        return false;
    uint32_t real = 0;
    while (real < SV_BLOCK && sv_receiver_reaches(r, r->at + r->spacing * real))
        real++;
    const uint32_t held = r->held;
    const int64_t at = r->at - (int64_t)(SV_TAPS - 1 - SV_MAIN) * r->spacing, spacing = r->spacing;
    while (r->held < SV_RECEIVER_SAMPLES) {
        r->hold[r->held] = r->hold[held - 1];
        r->held++;
    }
    const bool made = sv_receiver_block(r, real + (SV_TAPS - 1 - SV_MAIN));
    r->held = held;
    r->at = (int64_t)held * SV_RECEIVER_ONE;
    r->block_at = at;
    r->first_q8 = input_q8(r, at);
    r->each_q8 = (uint64_t)(spacing >> 24) * r->group;
    return made;
}

uint64_t sv_receiver_skip(struct sv_receiver *r, uint64_t n, uint32_t step_q32)
{
    const uint64_t step = (uint64_t)step_q32 * r->group;
    uint64_t groups = sv_div64(n, r->group), symbols = 0;
    r->group_at = 0;
    r->group_sum = 0;
    /* From the next instant to the first that has all of its history among the new samples, in whole symbols. */
    const int64_t first = (int64_t)BEFORE * SV_RECEIVER_ONE + SV_TAPS * r->spacing;
    int64_t late = (int64_t)(r->held - BEFORE) * SV_RECEIVER_ONE - r->at + first;
    r->gone += r->held + groups - BEFORE;
    while (groups != 0 || late > 0) {
        const uint64_t some = groups < 1u << 29 ? groups : 1u << 29;
        groups -= some;
        late += (int64_t)some * SV_RECEIVER_ONE;
        if (late <= 0)
            continue;
        const uint64_t whole = (sv_muldiv64((uint64_t)late, step, UINT64_C(1) << 32) >> 32) + 1;
        symbols += whole;
        late -= (int64_t)sv_muldiv64(whole << 32, UINT64_C(1) << 32, step);
    }
    r->at = first - late;
    r->held = BEFORE;
    sv_memset(r->hold, 0, BEFORE * sizeof r->hold[0]);
    r->refill = true;
    return symbols;
}
