/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiver of 100BASE-TX for the usual case, up to 64 symbols at once: idle that stays idle, and data groups in
 * the middle of a frame, all of it legal MLT-3. Everything else it leaves to tx100_decode.c, which does the same a
 * symbol at a time; a test compares the two. Bits of a word are in the order of time, the first in bit 0. */
#include "l1_physical/kernels.h"
#include "l1_physical/tx100.h"

#define WORD 64u
#define GROUP 5u

/* Data nibble of a group whose first bit is bit 0, or 16. */
static const uint8_t nibble_of[32] = {16, 16, 16, 16, 16, 2, 16, 14, 16, 8, 4, 12, 16, 10, 6, 0,
                                      16, 16, 1,  16, 16, 3, 16, 15, 16, 9, 5, 13, 16, 11, 7, 16};

struct levels {
    uint64_t moved, other; /* not 0; below 0 */
};

/* Bit i becomes the sum of bits 0 .. i. */
static uint64_t running_parity(uint64_t v)
{
    for (uint32_t by = 1; by < WORD; by <<= 1)
        v ^= v << by;
    return v;
}

/* The bits that the levels stand for. False: some step is not MLT-3's. Every run of levels other than 0 has the other
 * sign than the run before. */
static bool bits_of(struct levels l, uint32_t phase, uint64_t *bits)
{
    const uint64_t was_moved = phase & 1, was_other = phase == 3;
    const uint64_t last_other = phase == 3 || phase == 0; /* of the last run */
    const uint64_t moved_before = l.moved << 1 | was_moved, other_before = l.other << 1 | was_other;
    const uint64_t runs = l.moved & ~moved_before;
    const uint64_t sign = running_parity(runs) ^ (last_other ? UINT64_MAX : 0);
    *bits = (l.moved ^ moved_before) | (l.other ^ other_before);
    return (l.moved & (l.other ^ sign)) == 0;
}

/* Takes the first n of the 64 symbols as done. */
static void commit(struct sv_phy_decoder *d, struct levels l, uint64_t key, uint64_t plain, uint32_t n)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    const uint64_t last = (uint64_t)1 << (n - 1);
    uint32_t phase = t->phase;
    if (l.moved & last) {
        phase = l.other & last ? 3 : 1;
    } else if (l.moved & (last - 1)) {
        const uint64_t newest = (uint64_t)1 << sv_log2_64(l.moved & (last - 1));
        phase = l.other & newest ? 0 : 2;
    } else {
        phase = phase == 3 || phase == 0 ? 0 : 2; /* 0 throughout, after what was before */
    }
    t->phase = phase;
    t->key = sv_tx100_key_after(t->key, key, n);
    t->group = n < 32 ? t->group << n | sv_tx100_reversed((uint32_t)plain << (32 - n))
                      : sv_tx100_reversed((uint32_t)(plain >> (n - 32)));
    d->symbols += n;
}

static uint32_t ones_at_end(uint32_t group)
{
    return group == UINT32_MAX ? 32 : sv_ctz64(~group);
}

/* Whole octets of a frame, each two data groups; n symbols of them, 0: the first is none, or there is no room. */
static uint32_t data_octets(struct sv_phy_decoder *d, uint64_t plain)
{
    struct sv_phy_frame *f = &d->frame;
    uint32_t n = 0, bytes = f->bytes;
    if (bytes + WORD / (2 * GROUP) > SV_PHY_FRAME_MAX)
        return 0;
    while (n + 2 * GROUP <= WORD) {
        const uint32_t low = nibble_of[plain >> n & 31], high = nibble_of[plain >> (n + GROUP) & 31];
        if ((low | high) >= 16)
            break;
        f->byte[bytes++] = (uint8_t)(low | high << 4);
        n += 2 * GROUP;
    }
    f->bytes = bytes;
    d->count.checked += n / GROUP;
    return n;
}

uint32_t sv_tx100_fast(struct sv_phy_decoder *d, const int8_t *symbol, bool in_data)
{
    struct sv_tx100_decoder *t = &d->of.tx100;
    struct levels l;
    uint64_t bits;
    sv_level_masks(symbol, &l.moved, &l.other, d->cpu);
    if (!bits_of(l, t->phase, &bits))
        return 0;
    const uint64_t key = sv_tx100_key_word(t->key), plain = bits ^ key;
    uint32_t n;
    if (in_data) {
        n = data_octets(d, plain);
        if (n == 0)
            return 0;
        commit(d, l, key, plain, n);
        t->ones = ones_at_end(t->group);
        t->since += n;
    } else {
        n = plain == UINT64_MAX ? WORD : 0;
        if (n == 0)
            return 0;
        commit(d, l, key, plain, n);
        t->ones = WORD;
        t->since = 0;
    }
    return n;
}
