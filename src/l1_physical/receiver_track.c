/* SPDX-License-Identifier: BSD-2-Clause */
/* Tracking, 32 symbols at a time: gain, taps, offset and instants stand still within a block and move between two, each
 * by what the block's errors say. Sums over a block are what makes the loops fit for vectors.
 *
 * The loop that steers the instants is of second order. Half-way between two symbols the signal should be half-way
 * between their levels; where the levels differ, the sign and size of what it is off say how early or late we are:
 *     e = sum of (between - (a + b) / 2) (b - a) / sum of (b - a)^2,    a, b the levels on both sides,
 * which is the shift in symbols times the steepness of the edge. The sum of (a + b)(b - a) telescopes. */
#include "core/math.h"
#include "core/mem.h"
#include "l1_physical/receiver_private.h"

#define OLDER SV_TAPS     /* what the first symbol's filter needs, and one more: they are moved by one instruction */
#define QUICK_BLOCKS 24u  /* after lock the loop's gain is twice as high */
#define TRAIN_BLOCKS 512u /* and the taps' step eight times */
#define TAP_BLOCKS 4u     /* after that a cable does not change: they take a step in every fourth */
#define LOST_BLOCKS 64u   /* over which errors are averaged */
#define WEAK_END 6u       /* half-bits near zero that end a carrier: at 6 dB by chance one in ten million */
#define SAME_END 20u      /* equal half-bits that no frame and no TP_IDL has */

void sv_receiver_track(struct sv_receiver *r, uint32_t gain_q16)
{
    r->gain_q16 = gain_q16;
    r->state = SV_RECEIVER_TRACK;
    r->blocks = 0;
    r->error_q8 = 0;
    r->active_q8 = SV_BLOCK / 2 * 256;
    r->weak = 0;
    r->same = 0;
    r->refill = true;
    r->locks++;
}

static void lose(struct sv_receiver *r)
{
    r->losses++;
    r->state = r->config.code == SV_PHY_10BASE_T ? SV_RECEIVER_QUIET : SV_RECEIVER_SEARCH;
    r->spacing = r->nominal;
}

static void take_one(struct sv_receiver *r, uint32_t i, int64_t at)
{
    r->x[i] = sv_receiver_gained(r, sv_receiver_at(r, at));
    r->between[i] = sv_receiver_gained(r, sv_receiver_at(r, at + r->spacing / 2));
}

static void refill(struct sv_receiver *r)
{
    r->refill = false;
    for (uint32_t i = 0; i < OLDER; i++) {
        const int64_t at = r->at - (int64_t)(OLDER - i) * r->spacing;
        r->x[i] = 0;
        r->between[i] = 0;
        if (at >= SV_RECEIVER_ONE)
            take_one(r, i, at);
    }
}

/* Two samples a symbol: one phase for the whole block, the gain folded into the four weights. */
static void how_to_take(const struct sv_receiver *r, struct sv_take *t)
{
    const uint32_t more = r->gain_q16 >= 1u << 14 ? sv_log2_64(r->gain_q16) - 13 : 0, shift = 16 - more;
    const int32_t gain = (int32_t)(r->gain_q16 >> more);
    int32_t weight[4];
    sv_receiver_cubic((uint32_t)r->at, weight);
    t->weight[0] = (int16_t)((weight[0] * gain) >> 14);
    t->weight[1] = (int16_t)((weight[1] * gain) >> 14);
    t->weight[2] = (int16_t)((weight[2] * gain) >> 14);
    t->weight[3] = (int16_t)((weight[3] * gain) >> 14);
    t->sample = r->hold + (r->at >> 32) - 1;
    t->bias = (1 << (shift - 1)) - sv_saturate(r->offset) * gain;
    t->shift = shift;
}

/* Whether that gain goes with weights of 16 bits. */
static bool at_once(const struct sv_receiver *r)
{
    return r->twice && r->gain_q16 >= 1 << 13 && r->gain_q16 < 1 << 24;
}

/* The shift of the instants, in 2^-16 symbols; positive: late. */
static int32_t lateness(const struct sv_receiver *r, const struct sv_decision_sums *sums, int32_t last)
{
    if (sums->step_square == 0)
        return 0;
    const int32_t sum = sums->late - r->unit * (last * last - r->last_level * r->last_level) / 2;
    const int64_t e = (int64_t)sum * 65536 / ((int64_t)r->unit * sums->step_square);
    return (int32_t)(e > 32768 ? 32768 : e < -32768 ? -32768 : e);
}

static void steer(struct sv_receiver *r, const struct sv_decision_sums *sums, int32_t last)
{
    if (r->config.loop_held)
        return;
    const int64_t late = lateness(r, sums, last); /* 2^-16 symbols */
    const uint32_t slow = r->blocks < QUICK_BLOCKS ? 2 : 3;
    const int64_t by = (late * (r->spacing >> 16)) >> slow;
    /* Critical damping: the integral's gain is a quarter of the square of the other's, here an eighth of it for the
     * sake of edges steeper than a symbol, over the 32 symbols of a block. */
    const int64_t faster = ((late * (r->spacing >> 16)) >> (2 * slow + 3)) / SV_BLOCK;
    r->at -= by;
    r->spacing -= faster;
    const int64_t bound = r->nominal >> 9; /* 2000 ppm */
    if (r->spacing > r->nominal + bound)
        r->spacing = r->nominal + bound;
    if (r->spacing < r->nominal - bound)
        r->spacing = r->nominal - bound;
}

static bool steps_now(const struct sv_receiver *r)
{
    return r->config.equaliser && (r->blocks < TRAIN_BLOCKS || r->blocks % TAP_BLOCKS == 0);
}

/* Least mean squares over the block. Taps that grow beyond what a cable asks for have diverged. */
static bool adapt(struct sv_receiver *r, const struct sv_decision_sums *sums)
{
    const uint32_t shift = r->blocks < TRAIN_BLOCKS ? 2 : 5;
    int32_t magnitude = 0;
    for (uint32_t j = 0; j < SV_TAPS; j++) {
        r->tap_q28[j] -= (sums->gradient[j] + (1 << shift >> 1)) >> shift;
        r->tap[j] = (int16_t)((r->tap_q28[j] + 32768) >> 16);
        magnitude += r->tap[j] < 0 ? -r->tap[j] : r->tap[j];
    }
    return magnitude < 7 * 4096;
}

static void follow(struct sv_receiver *r, const struct sv_decision_sums *sums)
{
    /* The mean of the errors is what the baseline is off: all of it at once would chase noise. */
    const int32_t mean_q8 = sums->error * 256 / (int32_t)SV_BLOCK;
    r->base_q8 -= r->config.wander ? mean_q8 / 3 : mean_q8 / 256;
    if (r->config.loop_held || r->config.equaliser || sums->level_square == 0)
        return; /* the taps follow the amplitude too */
    const int64_t off = (int64_t)sums->error_level * r->gain_q16 / ((int64_t)r->unit * sums->level_square);
    const int64_t gain = (int64_t)r->gain_q16 - off / (r->blocks < QUICK_BLOCKS ? 4 : 16);
    if (gain > 64 && gain < INT32_MAX / 4)
        r->gain_q16 = (uint32_t)gain;
}

/* False: what is sliced is no such code any more. Errors of random levels have a mean square of 1/12 of the square of
 * the levels' distance; up to 1/14 is still taken for noise. Half of MLT-3's symbols are 0, of a frame made on purpose
 * fewer or more; taps that have shrunk to nothing make all of them 0, without any error. */
static bool sound(struct sv_receiver *r, const struct sv_decision_sums *sums)
{
    const uint32_t mean_q8 = sums->error_square * 8; /* over the block, 2^-8 */
    r->error_q8 += (uint32_t)(((int32_t)mean_q8 - (int32_t)r->error_q8) / (int32_t)LOST_BLOCKS);
    const int32_t active_q8 = (r->levels == 3 ? sums->level_square : (int32_t)SV_BLOCK / 2) * 256;
    r->active_q8 += (uint32_t)((active_q8 - (int32_t)r->active_q8) / (int32_t)LOST_BLOCKS);
    if (r->active_q8 < SV_BLOCK / 16 * 256)
        return false;
    const uint32_t step = (uint32_t)(r->levels == 3 ? r->unit : 2 * r->unit) / 8;
    return r->blocks < LOST_BLOCKS || r->error_q8 < step * step / 14 * 256;
}

/* How many of the block's half-bits belong to the carrier; fewer than all: it ended there. */
static uint32_t carrier_of(struct sv_receiver *r, const int16_t *y, const int8_t *level)
{
    int32_t before = r->last_level;
    for (uint32_t i = 0; i < SV_BLOCK; i++) {
        const int32_t magnitude = y[i] < 0 ? -y[i] : y[i];
        r->weak = magnitude < SV_RECEIVER_PEAK / 4 ? r->weak + 1 : 0;
        r->same = level[i] == before ? r->same + 1 : 0;
        before = level[i];
        if (r->weak >= WEAK_END || r->same >= SAME_END)
            return i + 1;
    }
    return SV_BLOCK;
}

/* The carrier ended after `count` half-bits of the block: the weak ones at the end were silence. */
static void carrier_over(struct sv_receiver *r, uint32_t count)
{
    for (uint32_t i = 0; i < r->weak && i < count; i++)
        r->level[count - 1 - i] = 0;
    r->carrier = (int32_t)sv_div64((uint64_t)SV_RECEIVER_PEAK << 16, r->gain_q16);
    /* Decisions lag what was taken: go back to the half-bit after the last one told. */
    r->at -= (int64_t)(SV_BLOCK + SV_TAPS - 1 - SV_MAIN - count) * r->spacing;
    r->state = SV_RECEIVER_QUIET;
    r->spacing = r->nominal;
    r->base_q8 = 0;
}

static void adjust(struct sv_receiver *r, int32_t last, const struct sv_decision_sums *sums)
{
    steer(r, sums, last);
    follow(r, sums);
    const bool fit = !steps_now(r) || adapt(r, sums);
    const bool clear = sound(r, sums);
    r->last_level = last;
    r->blocks = r->blocks == UINT32_MAX ? TRAIN_BLOCKS : r->blocks + 1; /* in step with TAP_BLOCKS */
    if ((!fit || !clear) && !r->config.loop_held)
        lose(r);
}

/* The next block is taken and judged. */
static void make(struct sv_receiver *r, struct sv_decision_sums *sums)
{
    const struct sv_judge judge = {.tap = r->tap,
                                   .bias = (r->base_q8 * 16) + 2048,
                                   .levels = r->levels,
                                   .unit = r->unit,
                                   .before = r->last_level,
                                   .gradient = steps_now(r)};
    sv_memcpy(r->x, r->x + SV_BLOCK, OLDER * sizeof r->x[0]);
    sv_memcpy(r->between, r->between + SV_BLOCK, OLDER * sizeof r->between[0]);
    if (r->refill)
        refill(r);
    if (at_once(r)) {
        struct sv_take take;
        how_to_take(r, &take);
        sv_track_block(&take, &judge, r->x, r->between, r->value, r->level, sums, r->config.cpu);
        return;
    }
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        take_one(r, OLDER + i, r->at + r->spacing * i);
    sv_judge_block(&judge, r->x, r->between, r->value, r->level, sums, r->config.cpu);
}

bool sv_receiver_block(struct sv_receiver *r, uint32_t most)
{
    struct sv_decision_sums sums;
    if (!sv_receiver_reaches(r, r->at + r->spacing * SV_BLOCK))
        return false;
    make(r, &sums);
    const int32_t last = r->level[SV_BLOCK - 1];
    r->count = most < SV_BLOCK ? most : SV_BLOCK;
    r->at += r->spacing * SV_BLOCK;
    if (r->config.code == SV_PHY_10BASE_T && !r->config.loop_held) {
        const uint32_t count = carrier_of(r, r->value, r->level);
        if (count < SV_BLOCK || r->weak >= WEAK_END || r->same >= SAME_END) {
            r->count = count < r->count ? count : r->count;
            r->last_level = 0;
            carrier_over(r, count);
            return true;
        }
    }
    adjust(r, last, &sums);
    return true;
}
