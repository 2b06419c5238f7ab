/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiver of 100BASE-TX for the usual case, up to 64 symbols at once: idle that stays idle, and data groups in
 * the middle of a frame, all of it legal MLT-3. Everything else it leaves to tx100_decode.c, which does the same a
 * symbol at a time; a test compares the two. Bits of a word are in the order of time, the first in bit 0. */
#include "l1_physical/kernels.h"
#include "l1_physical/tx100.h"

#define WORD 64u
#define GROUP 5u

/* Of two data groups, the first bit in bit 0, their octet; or NONE. */
#define NONE 256
#define NOTHING                                                                                                     \
    {                                                                                                               \
        NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, \
            NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE                      \
    }
#define HIGH(h)                                                                                                       \
    {                                                                                                                 \
        NONE, NONE, NONE, NONE, NONE, 2 + 16 * h, NONE, 14 + 16 * h, NONE, 8 + 16 * h, 4 + 16 * h, 12 + 16 * h, NONE, \
            10 + 16 * h, 6 + 16 * h, 0 + 16 * h, NONE, NONE, 1 + 16 * h, NONE, NONE, 3 + 16 * h, NONE, 15 + 16 * h,   \
            NONE, 9 + 16 * h, 5 + 16 * h, 13 + 16 * h, NONE, 11 + 16 * h, 7 + 16 * h, NONE                            \
    }
static const uint16_t octet_of[32][32] = {NOTHING, NOTHING, NOTHING, NOTHING,  NOTHING, HIGH(2),  NOTHING, HIGH(14),
                                          NOTHING, HIGH(8), HIGH(4), HIGH(12), NOTHING, HIGH(10), HIGH(6), HIGH(0),
                                          NOTHING, NOTHING, HIGH(1), NOTHING,  NOTHING, HIGH(3),  NOTHING, HIGH(15),
                                          NOTHING, HIGH(9), HIGH(5), HIGH(13), NOTHING, HIGH(11), HIGH(7), NOTHING};

struct levels {
    uint64_t moved, other; /* not 0; below 0 */
};

/* Bit i becomes the sum of bits 0 .. i. */
static inline uint64_t running_parity(uint64_t v)
{
    v ^= v << 1;
    v ^= v << 2;
    v ^= v << 4;
    v ^= v << 8;
    v ^= v << 16;
    return v ^ v << 32;
}

/* What levels stand for. */
struct meaning {
    uint64_t bits;
    uint64_t sign; /* of the run of levels other than 0 that a symbol is in or after */
    bool legal;    /* every such run has the other sign than the one before */
};

static inline struct meaning meaning_of(struct levels l, uint32_t phase)
{
    const uint64_t was_moved = phase & 1, was_other = phase == 3;
    const uint64_t last_other = phase == 3 || phase == 0; /* of the last run */
    const uint64_t moved_before = l.moved << 1 | was_moved, other_before = l.other << 1 | was_other;
    const uint64_t runs = l.moved & ~moved_before;
    struct meaning m;
    m.sign = running_parity(runs) ^ (0 - last_other);
    m.bits = (l.moved ^ moved_before) | (l.other ^ other_before);
    m.legal = (l.moved & (l.other ^ m.sign)) == 0;
    return m;
}

/* Whole octets of a frame, each two data groups; n symbols of them, 0: the first is none, or there is no room. */
static inline uint32_t data_octets(struct sv_phy_frame *f, uint64_t plain)
{
    const uint32_t many = WORD / (2 * GROUP);
    const uint16_t *octets = &octet_of[0][0];
    uint32_t n = 0;
    if (f->bytes + many > SV_PHY_FRAME_MAX)
        return 0;
    uint8_t *to = f->byte + f->bytes;
    for (; n < many; n++, plain >>= 2 * GROUP) {
        const uint32_t octet = octets[plain & 1023];
        if (octet == NONE)
            break;
        to[n] = (uint8_t)octet;
    }
    f->bytes += n;
    return n * 2 * GROUP;
}

static uint32_t ones_at_end(uint32_t group)
{
    return group == UINT32_MAX ? 32 : sv_ctz64(~group);
}

uint32_t sv_tx100_fast(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, bool in_data, uint32_t until)
{
    /* By level and sign of the last symbol. */
    static const uint8_t phase_of[4] = {2, 0, 1, 3};
    struct sv_tx100_decoder *t = &d->of.tx100;
    uint32_t took = 0, phase = t->phase, before = sv_tx100_in_time(t->key);
    uint64_t recent = (uint64_t)sv_tx100_reversed(t->group) << 32; /* plain bits, the newest in bit 63 */
    while (n - took >= WORD && (!in_data || t->since + took < until)) {
        struct levels l;
        sv_level_masks(symbol + took, &l.moved, &l.other, d->cpu);
        const struct meaning m = meaning_of(l, phase);
        const uint64_t key = sv_tx100_key_word(before), plain = m.bits ^ key;
        if (!m.legal)
            break;
        const uint32_t some = in_data ? data_octets(&d->frame, plain) : plain == UINT64_MAX ? WORD : 0;
        if (some == 0)
            break;
        phase = phase_of[(l.moved >> (some - 1) & 1) << 1 | (m.sign >> (some - 1) & 1)];
        before = sv_tx100_key_after(before, key, some);
        recent = some == WORD ? plain : recent >> some | plain << (WORD - some);
        took += some;
    }
    if (took == 0)
        return 0;
    t->phase = phase;
    t->key = sv_tx100_in_time(before);
    t->group = sv_tx100_reversed((uint32_t)(recent >> 32));
    t->ones = in_data ? ones_at_end(t->group) : WORD;
    t->since = in_data ? t->since + took : 0;
    d->count.checked += in_data ? took / GROUP : 0;
    d->symbols += took;
    return took;
}
