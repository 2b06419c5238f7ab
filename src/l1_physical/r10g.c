/* SPDX-License-Identifier: BSD-2-Clause */
/* 10GBASE-R (IEEE 802.3 clause 49): blocks of 66 bits, of which two, never equal, are not scrambled. They are how
 * blocks are found: 64 good headers in a row at one of 66 places. Sixteen bad ones of 64 lose the lock; sixteen
 * within 125 us mean more errors than the scrambler's threefold copies leave bearable (hi-BER), and nothing is
 * received until a better 125 us. */
#include "core/math.h"
#include "l1_physical/code_64b66b.h"
#include "l1_physical/scrambler58.h"

#define BLOCK 66u
#define LOCK_HEADERS 64u
#define LOSE_BAD 16u
#define HI_BER_BLOCKS 19531u /* 125 us */
#define HI_BER_BAD 16u
#define SCRAMBLER_BITS 58u
#define CONTROL 2u /* headers, the first bit in bit 1 */
#define DATA 1u

/* --- encoder --- */

static void encoder_init(struct sv_phy_encoder *e)
{
    e->of.r10g.scrambler = UINT64_MAX;
}

static uint32_t unit(struct sv_phy_encoder *e, int8_t *symbol)
{
    const struct sv_r64_block b = sv_r64_next(e, BLOCK);
    symbol[0] = sv_phy_nrz(b.control);
    symbol[1] = sv_phy_nrz(!b.control);
    sv_phy_nrz_word(symbol + 2, sv_scramble58(&e->of.r10g.scrambler, b.payload, 64));
    return BLOCK;
}

static void encode_skip(struct sv_phy_encoder *e, uint64_t n)
{
    const uint64_t blocks = sv_div64(n, BLOCK);
    e->of.r10g.scrambler = sv_scrambler58_idle64(e->of.r10g.scrambler, blocks);
    e->gap -= (uint32_t)sv_min_u64(e->gap, blocks);
    e->symbols += blocks * BLOCK;
    sv_phy_encode_waste(e, n - blocks * BLOCK);
}

/* --- decoder --- */

static void decoder_init(struct sv_phy_decoder *d)
{
    d->of.r10g.cold = 1;
}

static void hunt(struct sv_phy_decoder *d, uint32_t bit, struct sv_phy_event *event)
{
    struct sv_r10g_decoder *r = &d->of.r10g;
    const uint32_t at = r->filled;
    r->filled = at + 1 < BLOCK ? at + 1 : 0;
    r->good[at] = (uint8_t)(bit != r->last ? r->good[at] + 1 : 0);
    r->header = (uint32_t)r->last << 1 | bit;
    r->last = bit != 0;
    if (r->good[at] < LOCK_HEADERS)
        return;
    sv_memset(r->good, 0, sizeof r->good);
    r->locked = true;
    r->cold = 1; /* the descrambler has not seen this block's forerunner */
    r->filled = 2;
    r->payload = 0;
    r->seen = r->bad = r->window = r->window_bad = 0;
    sv_phy_tell(d, event, SV_PHY_LOCKED, d->symbols - 2, 0);
}

static void unlock(struct sv_phy_decoder *d, struct sv_phy_event *event)
{
    struct sv_r10g_decoder *r = &d->of.r10g;
    r->locked = r->hi_ber = false;
    r->filled = 0;
    if (sv_r64_abandon(d, &r->receiver, event))
        r->lost = true; /* told next */
    else
        sv_phy_tell(d, event, SV_PHY_LOCK_LOST, d->symbols, 0);
}

/* §49.2.9 and §49.2.13: what headers say about lock and errors. */
static void count_header(struct sv_phy_decoder *d, bool bad, struct sv_phy_event *event)
{
    struct sv_r10g_decoder *r = &d->of.r10g;
    d->count.checked++;
    d->count.illegal += bad;
    r->bad += bad;
    r->window_bad += bad;
    if (r->bad >= LOSE_BAD) {
        unlock(d, event);
        return;
    }
    if (++r->seen == LOCK_HEADERS)
        r->seen = r->bad = 0;
    if (r->window_bad == HI_BER_BAD && !r->hi_ber) {
        r->hi_ber = true;
        if (!sv_r64_abandon(d, &r->receiver, event))
            sv_phy_tell(d, event, SV_PHY_HI_BER, d->symbols, 1);
    }
    if (++r->window < HI_BER_BLOCKS)
        return;
    if (r->hi_ber && r->window_bad < HI_BER_BAD) {
        r->hi_ber = false;
        sv_phy_tell(d, event, SV_PHY_HI_BER, d->symbols, 0);
    }
    r->window = r->window_bad = 0;
}

static void block(struct sv_phy_decoder *d, struct sv_phy_event *event)
{
    struct sv_r10g_decoder *r = &d->of.r10g;
    const uint64_t payload = sv_descramble58(&r->scrambler, r->payload, 64);
    const bool bad = r->header != CONTROL && r->header != DATA;
    r->filled = 0;
    r->payload = 0;
    count_header(d, bad, event);
    if (event->kind != SV_PHY_NOTHING || r->hi_ber)
        return;
    if (r->cold > 0) {
        r->cold--;
        return;
    }
    sv_r64_receive(d, &r->receiver, (struct sv_r64_block){payload, r->header == CONTROL}, bad, d->symbols - BLOCK,
                   event);
}

static uint32_t decode(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct sv_phy_event *event)
{
    struct sv_r10g_decoder *r = &d->of.r10g;
    uint32_t i = 0;
    if (r->lost) {
        r->lost = false;
        sv_phy_tell(d, event, SV_PHY_LOCK_LOST, d->symbols, 0);
    }
    while (i < n && event->kind == SV_PHY_NOTHING) {
        if (!r->locked) {
            d->symbols++;
            hunt(d, symbol[i++] > 0, event);
            continue;
        }
        if (r->filled < 2) {
            d->symbols++;
            r->header = (r->header << 1 | (symbol[i++] > 0)) & 3;
            r->filled++;
            continue;
        }
        const uint32_t take = sv_min_u32(n - i, BLOCK - r->filled);
        r->payload |= sv_phy_nrz_in(symbol + i, take) << (r->filled - 2);
        r->filled += take;
        d->symbols += take;
        i += take;
        if (r->filled == BLOCK)
            block(d, event);
    }
    return i;
}

static bool idle(const struct sv_phy_decoder *d)
{
    const struct sv_r10g_decoder *r = &d->of.r10g;
    return r->locked && !r->lost && !r->hi_ber && r->cold == 0 && sv_r64_idle(&r->receiver);
}

static bool locked(const struct sv_phy_decoder *d)
{
    return d->of.r10g.locked;
}

/* Takes n symbols of the idle that must follow. */
static void expect(struct sv_phy_decoder *d, uint64_t n)
{
    struct sv_r10g_decoder *r = &d->of.r10g;
    const uint64_t turn = r->receiver.inverted ? UINT64_MAX : 0;
    struct sv_phy_event event = {.kind = SV_PHY_NOTHING};
    for (; n > 0; n--) {
        uint64_t state = r->scrambler ^ turn;
        const uint64_t word = sv_scramble58(&state, SV_R64_IDLE, 64) ^ turn;
        const uint64_t header = (turn & 1) ^ 1; /* its first bit */
        const uint64_t bit = r->filled < 2 ? header ^ r->filled : word >> (r->filled - 2) & 1;
        const int8_t symbol = sv_phy_nrz(bit != 0);
        (void)decode(d, &symbol, 1, &event);
    }
}

static void decode_skip(struct sv_phy_decoder *d, uint64_t n)
{
    struct sv_r10g_decoder *r = &d->of.r10g;
    const uint64_t turn = r->receiver.inverted ? UINT64_MAX : 0;
    const uint64_t begun = sv_min_u64(n, r->filled != 0 ? BLOCK - r->filled : 0);
    expect(d, begun);
    n -= begun;
    const uint64_t blocks = sv_div64(n, BLOCK);
    r->scrambler = sv_scrambler58_idle64(r->scrambler ^ turn, blocks) ^ turn;
    d->symbols += blocks * BLOCK;
    d->count.checked += blocks;
    d->count.idles += blocks;
    r->bad = r->seen + blocks >= LOCK_HEADERS ? 0 : r->bad;
    r->seen = (uint32_t)(r->seen + blocks) & (LOCK_HEADERS - 1);
    const uint64_t window = r->window + blocks, windows = sv_div64(window, HI_BER_BLOCKS);
    r->window_bad = windows != 0 ? 0 : r->window_bad;
    r->window = (uint32_t)(window - windows * HI_BER_BLOCKS);
    expect(d, n - blocks * BLOCK);
}

static void follow(struct sv_phy_decoder *d, const struct sv_phy_encoder *e)
{
    struct sv_r10g_decoder *r = &d->of.r10g;
    r->locked = true;
    r->cold = 0;
    r->scrambler = e->of.r10g.scrambler;
    sv_r64_receiver_idle(&r->receiver);
}

/* Blocks are known to begin at symbol `at` of every 66; the part of one before the first is not read, nor is the first,
 * for the descrambler's sake. */
static void resume(struct sv_phy_decoder *d, uint64_t symbols)
{
    struct sv_r10g_decoder *r = &d->of.r10g;
    const uint64_t began = symbols - r->filled;
    const uint32_t at = (uint32_t)(began - sv_div64(began, BLOCK) * BLOCK);
    r->filled = at != 0 ? BLOCK - at : 0;
    r->header = CONTROL;
    r->payload = 0;
    r->cold = at == 0 || at >= SCRAMBLER_BITS ? 1 : 2;
    r->seen = r->bad = r->window = r->window_bad = 0;
    r->hi_ber = r->lost = false;
    const bool inverted = r->receiver.inverted;
    r->receiver = (struct sv_r64_receiver){.inverted = inverted};
}

const struct sv_phy_ops sv_r10g_ops = {encoder_init, unit, encode_skip, decoder_init, decode,
                                       decode_skip,  idle, locked,      follow,       resume};
