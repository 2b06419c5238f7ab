/* SPDX-License-Identifier: BSD-2-Clause */
/* 100BASE-TX, receiving. The descrambler locks on idle: there the plain bits are all ones, so what arrives is the
 * complement of the key, and every bit must follow from the eleven before it. Forty bits that do are believed; eleven,
 * as is often read, would be 61,000 false locks a second on random data. The lock is kept by 25 ones in a row at
 * least once a millisecond, which every gap between frames brings. */
#include "l1_physical/tx100.h"

#define LOCK_BITS 40u
#define HOLD_ONES 25u
#define HOLD_SYMBOLS 125000u /* 1 ms */
#define JK 0x311u            /* /J/K/ as ten bits */
#define JK_AFTER_ZERO 8u     /* of them from the first zero on */
#define ONES_MAX 64u
#define FAST 64u  /* symbols at once */
#define PAUSE 10u /* one by one where that did not go */
#define ONES_IDLE 10u

enum state { STATE_IDLE, STATE_START, STATE_DATA, STATE_T, STATE_WAIT };

/* Data nibble of a code group, or 16: none. */
static const uint8_t nibble_of[32] = {16, 16, 16, 16, 16, 16, 16, 16, 16, 1,  4,  5,  16, 16, 6, 7,
                                      16, 16, 8,  9,  2,  3,  10, 11, 16, 16, 12, 13, 14, 15, 0, 16};
static const int8_t level_of[4] = {0, 1, 0, -1};

void sv_tx100_decoder_init(struct sv_phy_decoder *d)
{
    d->of.tx100.state = STATE_IDLE;
}

/* The bit that a level stands for: 0 where it is the same, 1 where it is the next step of 0, +1, 0, -1. */
static uint32_t mlt3(struct sv_phy_decoder *d, int8_t level)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    if (level == level_of[t->phase])
        return 0;
    const uint32_t next = (t->phase + 1) & 3;
    if (level == level_of[next]) {
        t->phase = next;
        return 1;
    }
    /* A jump from +1 to -1, or back to the side from which it came: no MLT-3. */
    t->phase = level > 0 ? 1 : 3;
    if (t->locked) {
        d->count.illegal++;
        d->frame.errors += d->frame.open != 0;
    }
    return 1;
}

static void unlocked(struct sv_phy_decoder *d, uint32_t bit, struct sv_phy_event *event)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    const uint32_t key = bit ^ 1, expected = (t->key >> 8 ^ t->key >> 10) & 1;
    t->checked = key == expected ? t->checked + 1 : 0;
    t->key = (t->key << 1 | key) & SV_TX100_KEY_MASK;
    if (t->key == 0)
        t->checked = 0; /* the recurrence also holds for silence */
    if (t->checked < LOCK_BITS)
        return;
    t->locked = true;
    t->state = STATE_IDLE;
    t->ones = t->since = 0;
    t->group = 0xffffffffu;
    sv_phy_tell(d, event, SV_PHY_LOCKED, d->symbols - LOCK_BITS, 0);
}

static void unlock(struct sv_phy_decoder *d, struct sv_phy_event *event)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    t->locked = false;
    t->checked = 0;
    t->state = STATE_IDLE;
    if (d->frame.open != 0) {
        d->frame.errors++;
        sv_phy_frame_close(d, d->symbols, event);
        t->lost = true; /* told next */
    } else {
        sv_phy_tell(d, event, SV_PHY_LOCK_LOST, d->symbols, 0);
    }
}

/* Between frames: /J/K/ begins one. Two zeros that do not touch, within the eight bits from the first, are a carrier
 * (§24.2.4.4.2), and if that is not /J/K/ it is a false one. */
static void between(struct sv_phy_decoder *d, uint32_t bit, struct sv_phy_event *event)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    if (t->state == STATE_IDLE) {
        if (bit)
            return;
        t->state = STATE_START;
        t->group_bits = 0;
        t->carrier_first = d->symbols - 3;
    }
    if ((t->group & 0x3ff) == JK) {
        t->state = STATE_DATA;
        t->group_bits = 0;
        t->nibble = 0;
        sv_phy_frame_open(d, d->symbols - 10);
        return;
    }
    if (++t->group_bits < JK_AFTER_ZERO)
        return;
    const uint32_t zeros = ~t->group & 0xff;
    const uint32_t lowest = zeros & (~zeros + 1);
    const bool touching = ((zeros + lowest) & zeros) == 0;
    if (touching) {
        d->count.illegal++;
        t->state = STATE_IDLE;
    } else {
        t->state = STATE_WAIT;
        sv_phy_tell(d, event, SV_PHY_FALSE_CARRIER, t->carrier_first, t->group & 0x3ff);
    }
}

static void nibble(struct sv_phy_decoder *d, uint32_t v)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    if (d->frame.open == 1) {
        /* The delimiter is found by nibble: a station may cut the preamble anywhere. */
        if (v == (SV_SFD >> 4) && t->nibble == (SV_SFD & 15) + 1) {
            d->frame.open = 2;
            d->frame.data_symbol = d->symbols;
        }
        t->nibble = d->frame.open == 2 ? 0 : v + 1;
    } else if (t->nibble == 0) {
        t->nibble = v + 1;
    } else {
        sv_phy_frame_octet(d, (uint8_t)((t->nibble - 1) | v << 4));
        t->nibble = 0;
    }
}

static void frame_over(struct sv_phy_decoder *d, uint32_t errors, struct sv_phy_event *event)
{
    d->count.illegal += errors;
    d->frame.errors += errors;
    d->of.tx100.state = errors != 0 ? STATE_WAIT : STATE_IDLE;
    sv_phy_frame_close(d, d->symbols, event);
}

static void group(struct sv_phy_decoder *d, uint32_t g, struct sv_phy_event *event)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    d->count.checked++;
    if (t->state == STATE_T) {
        frame_over(d, g != SV_4B5B_R, event);
    } else if (g == SV_4B5B_T) {
        t->state = STATE_T;
    } else if (g == SV_4B5B_I && t->ones >= ONES_IDLE) {
        frame_over(d, 1, event); /* idle without /T/R/ */
    } else if (nibble_of[g] < 16) {
        nibble(d, nibble_of[g]);
    } else {
        d->count.illegal++;
        d->frame.errors++;
        nibble(d, 0);
    }
}

static void locked(struct sv_phy_decoder *d, uint32_t bit, struct sv_phy_event *event)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    const uint32_t plain = bit ^ sv_tx100_key(&t->key);
    t->group = t->group << 1 | plain;
    t->ones = plain ? t->ones + (t->ones < ONES_MAX) : 0;
    if (t->ones >= HOLD_ONES)
        t->since = 0;
    if (++t->since > HOLD_SYMBOLS) {
        unlock(d, event);
    } else if (t->state == STATE_WAIT) {
        if (t->ones >= ONES_IDLE)
            t->state = STATE_IDLE;
    } else if (t->state == STATE_IDLE || t->state == STATE_START) {
        between(d, plain, event);
    } else if (++t->group_bits == 5) {
        t->group_bits = 0;
        group(d, t->group & 31, event);
    }
}

/* Where many symbols may be taken at once: see sv_tx100_fast(). */
static bool fast_state(const struct sv_phy_decoder *d)
{
    const struct sv_tx100_decoder *t = &d->of.tx100;
    return t->locked && t->since < HOLD_SYMBOLS - FAST &&
           (t->state == STATE_IDLE ||
            (t->state == STATE_DATA && d->frame.open == 2 && t->group_bits == 0 && t->nibble == 0));
}

uint32_t sv_tx100_decode(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct sv_phy_event *event)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    uint32_t i = 0;
    if (t->lost) {
        t->lost = false;
        sv_phy_tell(d, event, SV_PHY_LOCK_LOST, d->symbols, 0);
    }
    uint32_t slowly = 0; /* symbols to look at one by one first */
    while (i < n && event->kind == SV_PHY_NOTHING) {
        if (slowly == 0 && n - i >= FAST && fast_state(d)) {
            const uint32_t took = sv_tx100_fast(d, symbol + i, n - i, t->state == STATE_DATA, HOLD_SYMBOLS - FAST);
            i += took;
            slowly = took != 0 ? 0 : PAUSE;
            continue;
        }
        slowly -= slowly > 0;
        const int8_t level = (int8_t)((symbol[i] > 0) - (symbol[i] < 0));
        i++;
        d->symbols++;
        const uint32_t bit = mlt3(d, level);
        if (t->locked)
            locked(d, bit, event);
        else
            unlocked(d, bit, event);
    }
    return i;
}

void sv_tx100_decode_skip(struct sv_phy_decoder *d, uint64_t n)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    t->phase = (t->phase + sv_tx100_idle_jump(&t->key, n)) & 3;
    d->symbols += n;
    t->ones = (uint32_t)sv_min_u64(t->ones + n, ONES_MAX);
    t->since = t->ones >= HOLD_ONES ? 0 : t->since + (uint32_t)n;
    t->group = n < 32 ? ~(~t->group << n) : 0xffffffffu;
}

bool sv_tx100_idle(const struct sv_phy_decoder *d)
{
    const struct sv_tx100_decoder *t = &d->of.tx100;
    return t->locked && !t->lost && t->state == STATE_IDLE;
}

bool sv_tx100_locked(const struct sv_phy_decoder *d)
{
    return d->of.tx100.locked;
}

void sv_tx100_follow(struct sv_phy_decoder *d, const struct sv_phy_encoder *e)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    t->key = e->of.tx100.key;
    t->phase = e->of.tx100.phase;
    t->locked = true;
    t->state = STATE_IDLE;
    t->ones = ONES_MAX;
    t->since = 0;
    t->group = 0xffffffffu;
}
