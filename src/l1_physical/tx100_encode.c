/* SPDX-License-Identifier: BSD-2-Clause */
/* 100BASE-TX, sending (IEEE 802.3 clauses 24 and 25): a nibble becomes five bits (4B/5B), the bits are added to the
 * scrambler's key so that idle is no tone, and each 1 moves the level one step along 0, +1, 0, -1 (MLT-3). */
#include "l1_physical/tx100.h"

#define UNIT 5u
#define AT_ONCE 6u    /* octets in the middle of a frame */
#define GAP_UNITS 22u /* with /T/R/: 96 bit times */

enum stage { STAGE_IDLE, STAGE_FRAME, STAGE_R };

static const uint8_t group_of[16] = {30, 9, 20, 21, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 28, 29};

/* The level after the first n of the five bits b, from phase p on. */
#define ONES(b, n)                                                                                             \
    (((b) >> 4) + ((n) > 1 ? (b) >> 3 & 1 : 0) + ((n) > 2 ? (b) >> 2 & 1 : 0) + ((n) > 3 ? (b) >> 1 & 1 : 0) + \
     ((n) > 4 ? (b)&1 : 0))
#define LEVEL(p, b, n) ((((p) + ONES(b, n)) & 3) == 1 ? 1 : (((p) + ONES(b, n)) & 3) == 3 ? -1 : 0)
#define FIVE(p, b)                                                                              \
    {                                                                                           \
        LEVEL(p, b, 1), LEVEL(p, b, 2), LEVEL(p, b, 3), LEVEL(p, b, 4), LEVEL(p, b, 5), 0, 0, 0 \
    }
#define EIGHT(p, b)                                                                                             \
    FIVE(p, b), FIVE(p, b + 1), FIVE(p, b + 2), FIVE(p, b + 3), FIVE(p, b + 4), FIVE(p, b + 5), FIVE(p, b + 6), \
        FIVE(p, b + 7)
#define PHASE(p)                                             \
    {                                                        \
        EIGHT(p, 0), EIGHT(p, 8), EIGHT(p, 16), EIGHT(p, 24) \
    }

const int8_t sv_tx100_levels[4][32][8] = {PHASE(0), PHASE(1), PHASE(2), PHASE(3)};
static const uint8_t ones_of[32] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
                                    1, 2, 2, 3, 2, 3, 3, 4, 2, 3, 3, 4, 3, 4, 4, 5};

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

/* Five symbols of the bits, the first in bit 4; their octets are written eight at a time. */
static inline uint32_t five(int8_t *symbol, uint32_t phase, uint32_t bits)
{
    sv_memcpy(symbol, sv_tx100_levels[phase][bits], sizeof sv_tx100_levels[0][0]);
    return (phase + ones_of[bits]) & 3;
}

/* Octets of a frame that are sent at once: 60 symbols. */
static uint32_t data_unit(struct sv_phy_encoder *e, int8_t *symbol)
{
    struct sv_tx100_encoder *t = &e->of.tx100;
    const uint64_t word = sv_tx100_key_word(t->key);
    const uint8_t *octet = e->frame + (e->at / 2 - SV_PREAMBLE_OCTETS);
    uint64_t key = ((uint64_t)sv_tx100_reversed((uint32_t)word) << 32 | sv_tx100_reversed((uint32_t)(word >> 32)));
    uint32_t phase = t->phase;
    for (uint32_t i = 0; i < AT_ONCE; i++, symbol += 2 * UNIT) {
        phase = five(symbol, phase, group_of[octet[i] & 15] ^ (uint32_t)(key >> 59));
        key <<= UNIT;
        phase = five(symbol + UNIT, phase, group_of[octet[i] >> 4] ^ (uint32_t)(key >> 59));
        key <<= UNIT;
    }
    t->phase = phase;
    t->key = sv_tx100_key_after(t->key, word, AT_ONCE * 2 * UNIT);
    e->at += 2 * AT_ONCE;
    return AT_ONCE * 2 * UNIT;
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
    const uint32_t bits = plain_group(e) ^ key;
    sv_memcpy(symbol, sv_tx100_levels[t->phase][bits], UNIT);
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
