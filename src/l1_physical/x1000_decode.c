/* SPDX-License-Identifier: BSD-2-Clause */
/* 1000BASE-X, receiving. Groups are found by the comma, seven bits that no two neighbouring groups can show together;
 * three commas in even places with valid groups between them are synchronisation, four bad groups without enough good
 * ones lose it (§36.2.5.2.6).
 *
 * A pair connected the wrong way round has commas too, and not one group that is invalid: the table is symmetrical.
 * What it does not have is an ordered set: the complement of /I2/ is K28.5 D16.5. So the second group of each set
 * votes. */
#include "l1_physical/x1000.h"

#define SYNC_COMMAS 3u
#define SYNC_LEVELS 4u /* bad groups that lose synchronisation */
#define SYNC_GOOD 4u   /* good ones in a row that make up for a bad one */
#define VOTES_MAX 16
#define VOTES_TURN_HUNTING (-3)
#define VOTES_TURN_LOCKED (-12)
#define CONFIG_SAME 3u

enum state { STATE_WAIT, STATE_IDLE, STATE_SECOND, STATE_CONFIG, STATE_FRAME, STATE_R };

void sv_x1000_decoder_init(struct sv_phy_decoder *d)
{
    d->of.x1000.state = STATE_WAIT;
}

static bool is_comma(uint32_t bits)
{
    return bits >> 3 == 0x1f || bits >> 3 == 0x60;
}

static bool completes_set(uint32_t code)
{
    return code == SV_D5_6 || code == SV_D16_2 || code == SV_D21_5 || code == SV_D2_2;
}

static void frame_over(struct sv_phy_decoder *d, bool error, struct sv_phy_event *event)
{
    d->frame.errors += error;
    d->of.x1000.state = STATE_WAIT;
    sv_phy_frame_close(d, d->symbols, event);
}

static void unlock(struct sv_phy_decoder *d, struct sv_phy_event *event)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    x->sync = x->commas = x->filled = 0;
    x->state = STATE_WAIT;
    if (d->frame.open != 0) {
        frame_over(d, true, event);
        x->lost = true; /* told next */
    } else {
        sv_phy_tell(d, event, SV_PHY_LOCK_LOST, d->symbols, 0);
    }
}

/* The group after a comma: of which polarity's sets is it? */
static void vote(struct sv_phy_decoder *d, uint32_t bits, uint32_t code, bool plus_before, struct sv_phy_event *event)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    bool other_rd = !plus_before;
    const uint32_t other = sv_8b10b_decode(~bits, &other_rd);
    if (completes_set(code))
        x->votes += x->votes < VOTES_MAX;
    else if (completes_set(other))
        x->votes--;
    if (x->votes > (x->sync != 0 ? VOTES_TURN_LOCKED : VOTES_TURN_HUNTING))
        return;
    x->inverted = !x->inverted;
    x->votes = 0;
    x->sync = x->commas = 0;
    x->state = STATE_WAIT;
    d->frame.open = 0;
    sv_phy_tell(d, event, SV_PHY_INVERTED, d->symbols - SV_X1000_PAIR, x->inverted);
}

/* §36.2.5.2.6: how many commas, while hunting; how much trust is left, when found. */
static void synchronise(struct sv_phy_decoder *d, bool comma, bool bad, struct sv_phy_event *event)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    if (x->sync == 0) {
        x->commas = bad ? 0 : x->commas + comma;
        if (x->commas < SYNC_COMMAS || x->votes <= 0)
            return;
        x->sync = SYNC_LEVELS;
        x->good = 0;
        x->state = STATE_IDLE;
        sv_phy_tell(d, event, SV_PHY_LOCKED, d->symbols - SV_X1000_UNIT, 0);
        return;
    }
    d->count.checked++;
    if (!bad) {
        if (x->sync < SYNC_LEVELS && ++x->good == SYNC_GOOD) {
            x->good = 0;
            x->sync++;
        }
        return;
    }
    d->count.illegal++;
    x->good = 0;
    if (--x->sync == 0)
        unlock(d, event);
}

static void config_octet(struct sv_phy_decoder *d, uint32_t code, struct sv_phy_event *event)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    if (code >= 256) {
        x->state = STATE_WAIT;
        return;
    }
    if (!x->odd) {
        x->config = code;
        return;
    }
    x->config |= code << 8;
    x->state = STATE_IDLE;
    x->config_same = x->config == x->config_last ? x->config_same + 1 : 1;
    x->config_last = x->config;
    if (x->config_same == CONFIG_SAME)
        sv_phy_tell(d, event, SV_PHY_CONFIG, d->symbols - 4 * SV_X1000_UNIT, x->config);
}

/* An even group between frames. */
static void even_group(struct sv_phy_decoder *d, uint32_t code, struct sv_phy_event *event)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    if (code == SV_K28_5) {
        x->state = STATE_SECOND;
    } else if (x->state != STATE_IDLE) {
        return;
    } else if (code == SV_K27_7) {
        x->state = STATE_FRAME;
        sv_phy_frame_open(d, d->symbols - SV_X1000_UNIT);
    } else if (code != SV_8B10B_INVALID) {
        x->state = STATE_WAIT;
        sv_phy_tell(d, event, SV_PHY_FALSE_CARRIER, d->symbols - SV_X1000_UNIT, code);
    }
}

static void frame_group(struct sv_phy_decoder *d, uint32_t code, struct sv_phy_event *event)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    if (x->state == STATE_R) {
        frame_over(d, code != SV_K23_7, event);
    } else if (code < 256) {
        sv_phy_frame_octet(d, (uint8_t)code);
    } else if (code == SV_K29_7) {
        x->state = STATE_R;
    } else if (code == SV_K28_5 && !x->odd) {
        frame_over(d, true, event); /* idle without /T/ */
        x->state = STATE_SECOND;
    } else {
        d->frame.errors++;
        sv_phy_frame_octet(d, 0);
    }
}

static void group(struct sv_phy_decoder *d, uint32_t bits, struct sv_phy_event *event)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    const bool comma = is_comma(bits), plus_before = x->rd_plus;
    bool rd_plus = plus_before;
    const uint32_t code = sv_8b10b_decode(bits, &rd_plus);
    x->rd_plus = rd_plus;
    const bool second = x->after_comma;
    x->after_comma = code == SV_K28_5;
    synchronise(d, comma, code == SV_8B10B_INVALID || (comma && x->odd), event);
    if (event->kind == SV_PHY_NOTHING && second)
        vote(d, bits, code, plus_before, event);
    if (event->kind != SV_PHY_NOTHING || x->sync == 0) {
        if (event->kind == SV_PHY_LOCKED)
            x->state = code == SV_K28_5 ? STATE_SECOND : STATE_WAIT;
    } else if (x->state == STATE_FRAME || x->state == STATE_R) {
        frame_group(d, code, event);
    } else if (x->state == STATE_CONFIG) {
        config_octet(d, code, event);
    } else if (!x->odd) {
        even_group(d, code, event);
    } else if (x->state == STATE_SECOND) {
        d->count.idles += code == SV_D5_6 || code == SV_D16_2;
        x->state = code == SV_D21_5 || code == SV_D2_2 ? STATE_CONFIG : STATE_IDLE;
    }
    x->odd = !x->odd;
}

static void one_symbol(struct sv_phy_decoder *d, int8_t symbol, struct sv_phy_event *event)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    d->symbols++;
    x->shift = (x->shift << 1 | ((symbol > 0) != x->inverted)) & 0x3ff;
    x->filled++;
    if (x->sync == 0 && is_comma(x->shift) && (x->filled != SV_X1000_UNIT || x->odd)) {
        /* A comma elsewhere than expected: groups begin here, and this one is even. */
        x->filled = SV_X1000_UNIT;
        x->odd = false;
        x->commas = 0;
        x->after_comma = false;
        x->rd_plus = x->shift >> 9 != 0;
    }
    if (x->filled >= SV_X1000_UNIT) {
        x->filled = 0;
        group(d, x->shift, event);
    }
}

uint32_t sv_x1000_decode(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct sv_phy_event *event)
{
    uint32_t i = 0;
    if (d->of.x1000.lost) {
        d->of.x1000.lost = false;
        sv_phy_tell(d, event, SV_PHY_LOCK_LOST, d->symbols, 0);
    }
    while (i < n && event->kind == SV_PHY_NOTHING)
        one_symbol(d, symbol[i++], event);
    return i;
}

bool sv_x1000_idle(const struct sv_phy_decoder *d)
{
    const struct sv_x1000_decoder *x = &d->of.x1000;
    return x->sync == SYNC_LEVELS && !x->lost && (x->state == STATE_IDLE || x->state == STATE_SECOND);
}

bool sv_x1000_locked(const struct sv_phy_decoder *d)
{
    return d->of.x1000.sync != 0;
}

/* Takes n symbols of the idle that must follow. */
static void expect(struct sv_phy_decoder *d, uint64_t n)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    struct sv_phy_event event = {.kind = SV_PHY_NOTHING};
    for (; n > 0; n--) {
        bool rd_plus = x->rd_plus;
        const uint32_t code = !x->odd ? SV_K28_5 : x->rd_plus ? SV_D16_2 : SV_D5_6;
        const uint32_t bit = sv_8b10b_encode(code, &rd_plus) >> (9 - x->filled) & 1;
        one_symbol(d, sv_phy_nrz(bit != x->inverted), &event);
    }
}

void sv_x1000_decode_skip(struct sv_phy_decoder *d, uint64_t n)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    while (n > 0 && (x->filled != 0 || x->odd || x->rd_plus)) {
        expect(d, 1);
        n--;
    }
    const uint64_t pairs = sv_div64(n, SV_X1000_PAIR);
    d->symbols += pairs * SV_X1000_PAIR;
    d->count.checked += 2 * pairs;
    d->count.idles += pairs;
    expect(d, n - pairs * SV_X1000_PAIR);
}

void sv_x1000_follow(struct sv_phy_decoder *d, const struct sv_phy_encoder *e)
{
    struct sv_x1000_decoder *x = &d->of.x1000;
    x->rd_plus = e->of.x1000.rd_plus;
    x->odd = e->of.x1000.odd;
    x->filled = 0;
    x->sync = SYNC_LEVELS;
    x->votes = VOTES_MAX;
    x->state = x->odd ? STATE_SECOND : STATE_IDLE;
    x->after_comma = x->odd;
}
