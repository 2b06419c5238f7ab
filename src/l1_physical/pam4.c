/* SPDX-License-Identifier: BSD-2-Clause */
/* One lane of four-level pulse amplitude modulation at 26.5625 GBd, put together from parts of the standard: 64b/66b
 * blocks, four of them transcoded to 257 bits, scrambled (§119.2.4), twenty of those and 300 bits of parity a Reed-
 * Solomon codeword (§91.5.2.7), two bits a Gray-coded level (§120.5.7). A teaching profile, not a port of the
 * standard's: there, alignment markers come once in thousands of codewords and tell lanes apart; here every codeword
 * is led by 32 symbols of our own, so that one sees where it begins. */
#include "core/math.h"
#include "l1_physical/rs544.h"
#include "l1_physical/scrambler58.h"
#include "l1_physical/transcode.h"

#define UNIT 32u /* symbols of 64 bits */
#define CODEWORD_BITS 5440u
#define MESSAGE_BITS 5140u
#define CODEWORD 2720u
#define PERIOD (CODEWORD + UNIT)
#define BLOCKS (4u * SV_PAM4_BLOCKS)
#define BLOCK_SYMBOLS 32u /* about: 257 bits are four blocks */
#define MARKER_FIND 4u    /* bits of the marker that may be wrong where one is sought */
#define MARKER_KEEP 16u   /* ... where one is expected */
#define MARKERS_LOST 4u
#define FIRST_BITS 0x5555555555555555ull /* each symbol's first bit: what an inverted pair turns over */

/* Outer levels only: +3 where the bit of this number is set. Found by search: sixteen of each, and moved against
 * itself it agrees in at most four places more than not. */
#define MARKER_SIGNS 0xf45d2c62u
#define HIGH 1u /* 10: +3 */

static const int8_t level_of[4] = {-3, 3, -1, 1}; /* by first bit + 2 * second bit: 00, 10, 01, 11 */

static uint64_t marker(void)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < UNIT; i++)
        bits |= (uint64_t)(MARKER_SIGNS >> i & HIGH) << (2 * i);
    return bits;
}

static uint32_t distance(uint64_t a, uint64_t b)
{
    uint32_t n = 0;
    for (uint64_t v = a ^ b; v != 0; v &= v - 1)
        n++;
    return n;
}

/* --- encoder --- */

static void encoder_init(struct sv_phy_encoder *e)
{
    e->of.pam4.scrambler = UINT64_MAX;
}

static void append(uint64_t word[SV_RS_WORDS], uint32_t at, const struct sv_transcoded *t)
{
    for (uint32_t k = 0; k < 5; k++) {
        const uint32_t bit = at + 64 * k, i = bit / 64, shift = bit % 64;
        word[i] |= t->word[k] << shift;
        if (shift != 0 && i + 1 < SV_RS_WORDS)
            word[i + 1] |= t->word[k] >> (64 - shift);
    }
}

static void scramble(uint64_t *state, struct sv_transcoded *t)
{
    for (uint32_t k = 0; k < 5; k++)
        t->word[k] = sv_scramble58(state, t->word[k], k < 4 ? 64 : 1);
}

/* Four blocks more; `start` is the number of the codeword's first symbol. */
static void more_blocks(struct sv_phy_encoder *e, uint64_t start)
{
    struct sv_pam4_encoder *p = &e->of.pam4;
    struct sv_r64_block block[4];
    for (uint32_t i = 0; i < 4; i++) {
        const uint64_t first = e->frame_first, end = e->frame_end;
        block[i] = sv_r64_next(e, BLOCK_SYMBOLS);
        if (e->frame_first != first)
            e->frame_first = start + (p->filled + 64 * i) / 2;
        if (e->frame_end != end)
            e->frame_end = start + CODEWORD; /* nothing can be read before all of it is there */
    }
    struct sv_transcoded t = sv_transcode(block);
    scramble(&p->scrambler, &t);
    append(p->codeword, p->filled, &t);
    p->filled += SV_TRANSCODED_BITS;
}

static void symbols_of(uint64_t bits, int8_t *symbol)
{
    for (uint32_t i = 0; i < UNIT; i++, bits >>= 2)
        symbol[i] = level_of[bits & 3];
}

static uint32_t unit(struct sv_phy_encoder *e, int8_t *symbol)
{
    struct sv_pam4_encoder *p = &e->of.pam4;
    if (p->word == 0) {
        symbols_of(marker(), symbol);
        sv_memset(p->codeword, 0, sizeof p->codeword);
        p->filled = 0;
        p->word = 1;
        return UNIT;
    }
    const uint64_t start = e->symbols - (uint64_t)(p->word - 1) * UNIT;
    while (p->filled < MESSAGE_BITS && p->filled < 64 * p->word)
        more_blocks(e, start);
    if (p->filled == MESSAGE_BITS) {
        sv_rs544_encode(p->codeword);
        p->filled = CODEWORD_BITS;
    }
    symbols_of(p->codeword[p->word - 1], symbol);
    p->word = p->word == SV_RS_WORDS ? 0 : p->word + 1;
    return UNIT;
}

static void encode_skip(struct sv_phy_encoder *e, uint64_t n)
{
    struct sv_pam4_encoder *p = &e->of.pam4;
    while (n >= UNIT && (p->word != 0 || e->gap != 0)) {
        sv_phy_encode_waste(e, UNIT);
        n -= UNIT;
    }
    if (n >= UNIT) {
        const uint64_t codewords = sv_div64(n, PERIOD);
        p->scrambler = sv_scrambler58_idle257(p->scrambler, codewords * SV_PAM4_BLOCKS);
        e->symbols += codewords * PERIOD;
        n -= codewords * PERIOD;
    }
    sv_phy_encode_waste(e, n);
}

/* --- decoder --- */

static void decoder_init(struct sv_phy_decoder *d)
{
    d->of.pam4.block = BLOCKS;
    d->of.pam4.cold = 4;
}

static uint64_t pair_of(int8_t level, bool flipped)
{
    const int32_t v = flipped ? -level : level;
    return v >= 2 ? 1 : v >= 0 ? 3 : v == -1 ? 2 : 0;
}

static void hunt(struct sv_phy_decoder *d, struct sv_phy_event *event)
{
    struct sv_pam4_decoder *p = &d->of.pam4;
    const bool upright = distance(p->shift, marker()) <= MARKER_FIND;
    if (d->symbols < UNIT || (!upright && distance(p->shift, marker() ^ FIRST_BITS) > MARKER_FIND))
        return;
    p->locked = true;
    p->sure = false;
    p->filled = p->bad = 0;
    p->cold = 4;
    p->codeword_first = d->symbols;
    if (!upright) {
        p->flipped = !p->flipped;
        sv_phy_tell(d, event, SV_PHY_INVERTED, d->symbols - UNIT, p->flipped);
    }
}

static void unlock(struct sv_phy_decoder *d, struct sv_phy_event *event)
{
    struct sv_pam4_decoder *p = &d->of.pam4;
    p->locked = p->sure = false;
    p->block = BLOCKS;
    if (sv_r64_abandon(d, &p->receiver, event))
        p->lost = true; /* told next */
    else
        sv_phy_tell(d, event, SV_PHY_LOCK_LOST, d->symbols, 0);
}

static void codeword_complete(struct sv_phy_decoder *d, struct sv_phy_event *event)
{
    struct sv_pam4_decoder *p = &d->of.pam4;
    p->failed_before = p->failed;
    p->failed = !sv_rs544_decode(p->codeword, &p->repaired);
    if (p->failed && !p->sure) {
        p->locked = false; /* it only looked like a marker */
        return;
    }
    d->count.codewords++;
    d->count.repaired += p->repaired;
    d->count.uncorrectable += p->failed;
    p->block = 0;
    if (!p->sure) {
        p->sure = true;
        sv_phy_tell(d, event, SV_PHY_LOCKED, p->codeword_first, 0);
    }
}

static void marker_complete(struct sv_phy_decoder *d, struct sv_phy_event *event)
{
    struct sv_pam4_decoder *p = &d->of.pam4;
    p->filled = 0;
    p->codeword_first = d->symbols;
    d->count.checked++;
    if (distance(p->shift, marker()) <= MARKER_KEEP) {
        p->bad = 0;
        return;
    }
    d->count.illegal++;
    if (++p->bad >= MARKERS_LOST)
        unlock(d, event);
}

static void unpack(struct sv_pam4_decoder *p)
{
    struct sv_transcoded t;
    struct sv_r64_block block[4];
    const uint32_t at = p->block / 4 * SV_TRANSCODED_BITS;
    for (uint32_t k = 0; k < 5; k++) {
        const uint32_t bit = at + 64 * k, i = bit / 64, shift = bit % 64;
        const uint64_t high = shift != 0 ? p->codeword[i + 1] << (64 - shift) : 0;
        t.word[k] = sv_descramble58(&p->scrambler, p->codeword[i] >> shift | high, k < 4 ? 64 : 1);
    }
    p->untranslated = !sv_transcode_back(t, block);
    p->headers = 0;
    for (uint32_t k = 0; k < 4; k++) {
        p->payload[k] = block[k].payload;
        p->headers |= (uint32_t)block[k].control << k;
    }
}

/* The next block of a codeword that is there. After a codeword that could not be put right the descrambler may be wrong
 * for as long as its memory: the next four blocks count as damaged too. */
static void next_block(struct sv_phy_decoder *d, struct sv_phy_event *event)
{
    struct sv_pam4_decoder *p = &d->of.pam4;
    const uint32_t k = p->block % 4;
    if (k == 0)
        unpack(p);
    const bool damaged = p->failed || p->untranslated || (p->failed_before && p->block < 4);
    const uint64_t at = p->codeword_first + (p->block / 4 * SV_TRANSCODED_BITS + 64 * k) / 2;
    p->block++;
    if (p->cold > 0) {
        p->cold--;
        return;
    }
    const struct sv_r64_block block = {p->payload[k], (p->headers >> k & 1) != 0};
    sv_r64_receive(d, &p->receiver, block, damaged, at, event);
}

static void one_symbol(struct sv_phy_decoder *d, int8_t level, struct sv_phy_event *event)
{
    struct sv_pam4_decoder *p = &d->of.pam4;
    d->symbols++;
    p->shift = p->shift >> 2 | pair_of(level, p->flipped) << 62;
    if (!p->locked) {
        hunt(d, event);
        return;
    }
    p->filled++;
    if (p->filled % UNIT != 0)
        return;
    if (p->filled == PERIOD) {
        marker_complete(d, event);
    } else {
        p->codeword[p->filled / UNIT - 1] = p->shift;
        if (p->filled == CODEWORD)
            codeword_complete(d, event);
    }
}

static uint32_t decode(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct sv_phy_event *event)
{
    struct sv_pam4_decoder *p = &d->of.pam4;
    uint32_t i = 0;
    if (p->lost) {
        p->lost = false;
        sv_phy_tell(d, event, SV_PHY_LOCK_LOST, d->symbols, 0);
    }
    while (event->kind == SV_PHY_NOTHING) {
        if (p->block < BLOCKS)
            next_block(d, event);
        else if (i < n)
            one_symbol(d, symbol[i++], event);
        else
            break;
    }
    return i;
}

static bool idle(const struct sv_phy_decoder *d)
{
    const struct sv_pam4_decoder *p = &d->of.pam4;
    return p->sure && !p->lost && p->filled == 0 && p->block == BLOCKS && p->cold == 0 && !p->failed &&
           sv_r64_idle(&p->receiver);
}

static bool locked(const struct sv_phy_decoder *d)
{
    return d->of.pam4.sure;
}

/* Takes n symbols of the codeword of idle, and its marker, that must follow; n is less than both are long. */
static void expect(struct sv_phy_decoder *d, uint32_t n)
{
    struct sv_pam4_decoder *p = &d->of.pam4;
    const struct sv_r64_block idle_blocks[4] = {
        {SV_R64_IDLE, true}, {SV_R64_IDLE, true}, {SV_R64_IDLE, true}, {SV_R64_IDLE, true}};
    struct sv_phy_event event = {.kind = SV_PHY_NOTHING};
    uint64_t state = p->scrambler, word[SV_RS_WORDS] = {0};
    for (uint32_t i = 0; i < SV_PAM4_BLOCKS; i++) {
        struct sv_transcoded t = sv_transcode(idle_blocks);
        scramble(&state, &t);
        append(word, i * SV_TRANSCODED_BITS, &t);
    }
    sv_rs544_encode(word);
    for (uint32_t i = 0; i < n;) {
        int8_t symbol[UNIT];
        symbols_of(i < CODEWORD ? word[i / UNIT] : marker(), symbol);
        for (uint32_t k = 0; k < UNIT && i < n; k++, i++) {
            const int8_t level = (int8_t)(p->flipped ? -symbol[k] : symbol[k]);
            (void)decode(d, &level, 1, &event);
        }
    }
    (void)decode(d, NULL, 0, &event);
}

static void decode_skip(struct sv_phy_decoder *d, uint64_t n)
{
    struct sv_pam4_decoder *p = &d->of.pam4;
    const uint64_t codewords = sv_div64(n, PERIOD);
    p->scrambler = sv_scrambler58_idle257(p->scrambler, codewords * SV_PAM4_BLOCKS);
    d->symbols += codewords * PERIOD;
    p->codeword_first += codewords * PERIOD;
    d->count.codewords += codewords;
    d->count.checked += codewords;
    d->count.idles += codewords * BLOCKS;
    if (n > codewords * PERIOD)
        expect(d, (uint32_t)(n - codewords * PERIOD));
}

static void follow(struct sv_phy_decoder *d, const struct sv_phy_encoder *e)
{
    struct sv_pam4_decoder *p = &d->of.pam4;
    SV_ASSERT(e->of.pam4.word == 0);
    p->locked = p->sure = true;
    p->filled = CODEWORD; /* a marker comes next */
    p->cold = 0;
    p->scrambler = e->of.pam4.scrambler;
    sv_r64_receiver_idle(&p->receiver);
}

const struct sv_phy_ops sv_pam4_ops = {encoder_init, unit, encode_skip, decoder_init, decode,
                                       decode_skip,  idle, locked,      follow,       NULL};
