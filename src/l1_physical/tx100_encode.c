/* SPDX-License-Identifier: BSD-2-Clause */
/* 100BASE-TX, sending (IEEE 802.3 clauses 24 and 25): a nibble becomes five bits (4B/5B), the bits are added to the
 * scrambler's key so that idle is no tone, and each 1 moves the level one step along 0, +1, 0, -1 (MLT-3). */
#include "l1_physical/tx100.h"

#define UNIT 5u
#define AT_ONCE 6u    /* octets in the middle of a frame */
#define SIXTY 60u     /* symbols of them; room for 64 is there */
#define GAP_UNITS 22u /* with /T/R/: 96 bit times */

enum stage { STAGE_IDLE, STAGE_FRAME, STAGE_R };

static const uint8_t group_of[16] = {30, 9, 20, 21, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 28, 29};

/* Ten bits of an octet, the first in bit 0. */
#define PAIRS(high)                                                                                                \
    (high) << 5 | 15, (high) << 5 | 18, (high) << 5 | 5, (high) << 5 | 21, (high) << 5 | 10, (high) << 5 | 26,     \
        (high) << 5 | 14, (high) << 5 | 30, (high) << 5 | 9, (high) << 5 | 25, (high) << 5 | 13, (high) << 5 | 29, \
        (high) << 5 | 11, (high) << 5 | 27, (high) << 5 | 7, (high) << 5 | 23
static const uint16_t ten_of[256] = {PAIRS(15), PAIRS(18), PAIRS(5), PAIRS(21), PAIRS(10), PAIRS(26),
                                     PAIRS(14), PAIRS(30), PAIRS(9), PAIRS(25), PAIRS(13), PAIRS(29),
                                     PAIRS(11), PAIRS(27), PAIRS(7), PAIRS(23)};

/* The level after the first n bits of b (the first in bit 0), from phase p on. */
#define ONES(b, n)                                                                                          \
    (((b)&1) + ((n) > 1 ? (b) >> 1 & 1 : 0) + ((n) > 2 ? (b) >> 2 & 1 : 0) + ((n) > 3 ? (b) >> 3 & 1 : 0) + \
     ((n) > 4 ? (b) >> 4 & 1 : 0) + ((n) > 5 ? (b) >> 5 & 1 : 0) + ((n) > 6 ? (b) >> 6 & 1 : 0) +           \
     ((n) > 7 ? (b) >> 7 & 1 : 0))
#define LEVEL(p, b, n) ((((p) + ONES(b, n)) & 3) == 1 ? 1 : (((p) + ONES(b, n)) & 3) == 3 ? -1 : 0)
#define EIGHT(p, b)                                                                                     \
    {                                                                                                   \
        LEVEL(p, b, 1), LEVEL(p, b, 2), LEVEL(p, b, 3), LEVEL(p, b, 4), LEVEL(p, b, 5), LEVEL(p, b, 6), \
            LEVEL(p, b, 7), LEVEL(p, b, 8)                                                              \
    }
#define BY16(p, b)                                                                                                     \
    EIGHT(p, b), EIGHT(p, b + 1), EIGHT(p, b + 2), EIGHT(p, b + 3), EIGHT(p, b + 4), EIGHT(p, b + 5), EIGHT(p, b + 6), \
        EIGHT(p, b + 7), EIGHT(p, b + 8), EIGHT(p, b + 9), EIGHT(p, b + 10), EIGHT(p, b + 11), EIGHT(p, b + 12),       \
        EIGHT(p, b + 13), EIGHT(p, b + 14), EIGHT(p, b + 15)
#define PHASE(p)                                                                                                \
    {                                                                                                           \
        BY16(p, 0), BY16(p, 16), BY16(p, 32), BY16(p, 48), BY16(p, 64), BY16(p, 80), BY16(p, 96), BY16(p, 112), \
            BY16(p, 128), BY16(p, 144), BY16(p, 160), BY16(p, 176), BY16(p, 192), BY16(p, 208), BY16(p, 224),   \
            BY16(p, 240)                                                                                        \
    }

/* Eight symbols at once. */
static const int8_t levels_of[4][256][8] = {PHASE(0), PHASE(1), PHASE(2), PHASE(3)};

#define COUNT2(b) ONES(b, 8), ONES(b + 1, 8), ONES(b + 2, 8), ONES(b + 3, 8)
#define COUNT4(b) COUNT2(b), COUNT2(b + 4), COUNT2(b + 8), COUNT2(b + 12)
#define COUNT6(b) COUNT4(b), COUNT4(b + 16), COUNT4(b + 32), COUNT4(b + 48)
static const uint8_t ones_of[256] = {COUNT6(0), COUNT6(64), COUNT6(128), COUNT6(192)};

static uint32_t plain_group(struct sv_phy_encoder *e)
{
    if (e->stage == STAGE_R) {
        e->stage = STAGE_IDLE;
        sv_phy_frame_ends(e, UNIT, GAP_UNITS);
        return SV_4B5B_R;
    }
    if (e->stage == STAGE_IDLE) {
        if (!sv_phy_frame_waits(e)) {
            sv_phy_gap_unit(e);
            return SV_4B5B_I;
        }
        sv_phy_frame_begins(e);
        e->stage = STAGE_FRAME;
    }
    const uint32_t nibble = e->at++; /* the first octet of preamble gives way to /J/K/ (§24.2.2.1.4) */
    if (nibble < 2)
        return nibble == 0 ? SV_4B5B_J : SV_4B5B_K;
    if (nibble == 2 * (e->frame_bytes + SV_PREAMBLE_OCTETS)) {
        e->stage = STAGE_R;
        return SV_4B5B_T;
    }
    const uint32_t octet = sv_phy_octet(e, nibble / 2);
    return group_of[nibble % 2 ? octet >> 4 : octet & 15];
}

/* The symbols of the lowest eight bits; returns the phase after them. */
static inline uint32_t eight(int8_t *symbol, uint32_t phase, uint64_t bits)
{
    sv_memcpy(symbol, levels_of[phase][bits & 255], 8);
    return (phase + ones_of[bits & 255]) & 3;
}

/* Of 60 bits; four symbols more are written. */
static uint32_t sixty(int8_t *symbol, uint32_t phase, uint64_t bits)
{
    phase = eight(symbol, phase, bits);
    phase = eight(symbol + 8, phase, bits >> 8);
    phase = eight(symbol + 16, phase, bits >> 16);
    phase = eight(symbol + 24, phase, bits >> 24);
    phase = eight(symbol + 32, phase, bits >> 32);
    phase = eight(symbol + 40, phase, bits >> 40);
    phase = eight(symbol + 48, phase, bits >> 48);
    return eight(symbol + 56, phase, bits >> 56 & 15);
}

/* Octets of a frame that are sent at once. */
static uint32_t data_unit(struct sv_phy_encoder *e, int8_t *symbol)
{
    struct sv_tx100_encoder *t = &e->of.tx100;
    const uint32_t before = sv_tx100_in_time(t->key);
    const uint64_t key = sv_tx100_key_word(before);
    const uint8_t *o = e->frame + (e->at / 2 - SV_PREAMBLE_OCTETS);
    const uint64_t low = (uint64_t)ten_of[o[0]] | (uint64_t)ten_of[o[1]] << 10 | (uint64_t)ten_of[o[2]] << 20;
    const uint64_t high = (uint64_t)ten_of[o[3]] | (uint64_t)ten_of[o[4]] << 10 | (uint64_t)ten_of[o[5]] << 20;
    t->phase = sixty(symbol, t->phase, (low | high << 30) ^ key);
    t->key = sv_tx100_in_time(sv_tx100_key_after(before, key, SIXTY));
    e->at += 2 * AT_ONCE;
    return SIXTY;
}

static uint32_t unit(struct sv_phy_encoder *e, int8_t *symbol)
{
    struct sv_tx100_encoder *t = &e->of.tx100;
    if (e->stage == STAGE_FRAME && e->at % 2 == 0 && e->at >= 2 * SV_PREAMBLE_OCTETS &&
        e->at + 2 * AT_ONCE <= 2 * (e->frame_bytes + SV_PREAMBLE_OCTETS))
        return data_unit(e, symbol);
    /* Five bits of key at once: k[n] = k[n-9] + k[n-11], the first in bit 4. */
    const uint32_t key = (t->key >> 4 ^ t->key >> 6) & 31;
    t->key = (t->key << UNIT | key) & SV_TX100_KEY_MASK;
    const uint32_t bits = sv_tx100_reversed(plain_group(e) ^ key) >> 27;
    sv_memcpy(symbol, levels_of[t->phase][bits], UNIT);
    t->phase = (t->phase + ones_of[bits]) & 3;
    return UNIT;
}

uint32_t sv_tx100_idle_jump(uint32_t *key, uint64_t n)
{
    const uint64_t periods = sv_div64(n, SV_TX100_PERIOD);
    const uint32_t rest = (uint32_t)(n - periods * SV_TX100_PERIOD);
    uint32_t ones = (uint32_t)(periods & 3) * SV_TX100_IDLE_ONES;
    for (uint32_t i = 0; i < rest; i++)
        ones += sv_tx100_key(key) ^ 1;
    return ones;
}

static void encode_skip(struct sv_phy_encoder *e, uint64_t n)
{
    struct sv_tx100_encoder *t = &e->of.tx100;
    const uint64_t units = sv_div64(n, UNIT);
    t->phase = (t->phase + sv_tx100_idle_jump(&t->key, units * UNIT)) & 3;
    e->gap -= (uint32_t)sv_min_u64(e->gap, units);
    e->symbols += units * UNIT;
    sv_phy_encode_waste(e, n - units * UNIT);
}

static void encoder_init(struct sv_phy_encoder *e)
{
    e->of.tx100.key = SV_TX100_KEY_MASK;
}

const struct sv_phy_ops sv_tx100_ops = {
    encoder_init,         unit,          encode_skip,     sv_tx100_decoder_init, sv_tx100_decode,
    sv_tx100_decode_skip, sv_tx100_idle, sv_tx100_locked, sv_tx100_follow,       NULL,
};
