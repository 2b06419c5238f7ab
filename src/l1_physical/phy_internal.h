/* SPDX-License-Identifier: BSD-2-Clause */
/* What one code gives to phy.c, and what phy.c gives to it. */
#ifndef SV_L1_PHYSICAL_PHY_INTERNAL_H
#define SV_L1_PHYSICAL_PHY_INTERNAL_H

#include "core/mem.h"
#include "l1_physical/phy.h"

#define SV_PREAMBLE 0x55u
#define SV_SFD 0xd5u
#define SV_PREAMBLE_OCTETS 8u /* with the start frame delimiter */

struct sv_phy_ops {
    void (*encoder_init)(struct sv_phy_encoder *e);
    /* Writes the next unit (at most SV_PHY_UNIT_MAX symbols), returns its length. */
    uint32_t (*unit)(struct sv_phy_encoder *e, int8_t *symbol);
    /* Passes over n symbols of idle; no unit is begun. */
    void (*encode_skip)(struct sv_phy_encoder *e, uint64_t n);
    void (*decoder_init)(struct sv_phy_decoder *d);
    uint32_t (*decode)(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct sv_phy_event *event);
    void (*decode_skip)(struct sv_phy_decoder *d, uint64_t n);
    bool (*idle)(const struct sv_phy_decoder *d);
    bool (*locked)(const struct sv_phy_decoder *d);
    void (*follow)(struct sv_phy_decoder *d, const struct sv_phy_encoder *e);
    /* Alignment and polarity are kept for the same symbols from the first on; NULL: they are found again at once. */
    void (*resume)(struct sv_phy_decoder *d, uint64_t symbols);
};

extern const struct sv_phy_ops sv_manchester_ops, sv_tx100_ops, sv_x1000_ops, sv_r10g_ops, sv_pam4_ops;

/* --- for encoders --- */

static inline bool sv_phy_frame_waits(const struct sv_phy_encoder *e)
{
    return e->frame_bytes != 0 && e->gap == 0;
}
/* Octet `at` of preamble, delimiter and frame. */
static inline uint8_t sv_phy_octet(const struct sv_phy_encoder *e, uint32_t at)
{
    return at >= SV_PREAMBLE_OCTETS       ? e->frame[at - SV_PREAMBLE_OCTETS]
           : at == SV_PREAMBLE_OCTETS - 1 ? SV_SFD
                                          : SV_PREAMBLE;
}
static inline void sv_phy_frame_begins(struct sv_phy_encoder *e)
{
    e->frame_first = e->symbols;
}
/* With the unit of `symbols` symbols now being made the frame is complete. */
static inline void sv_phy_frame_ends(struct sv_phy_encoder *e, uint32_t symbols, uint32_t gap_units)
{
    e->frame_end = e->symbols + symbols;
    e->frame_bytes = 0;
    e->at = 0;
    e->gap = gap_units;
}
/* One unit of idle counts for the gap. */
static inline void sv_phy_gap_unit(struct sv_phy_encoder *e)
{
    e->gap -= e->gap > 0;
}
/* Makes n symbols and forgets them: what is too short to be jumped over. */
void sv_phy_encode_waste(struct sv_phy_encoder *e, uint64_t n);

/* --- for decoders --- */

static inline void sv_phy_frame_open(struct sv_phy_decoder *d, uint64_t first_symbol)
{
    d->frame.bytes = 0;
    d->frame.errors = 0;
    d->frame.dropped = 0;
    d->frame.open = 1;
    d->frame.first_symbol = first_symbol;
}
/* One octet after the start of the stream: preamble until the delimiter, then the frame's. */
static inline void sv_phy_frame_octet(struct sv_phy_decoder *d, uint8_t octet)
{
    struct sv_phy_frame *f = &d->frame;
    if (f->open == 2) {
        if (f->bytes < SV_PHY_FRAME_MAX)
            f->byte[f->bytes++] = octet;
        else
            f->dropped++;
    } else if (octet == SV_SFD) {
        f->open = 2;
        f->data_symbol = d->symbols;
    }
}
/* Judges the frame and closes it; last_symbol is the number after its last. */
void sv_phy_frame_close(struct sv_phy_decoder *d, uint64_t last_symbol, struct sv_phy_event *event);
/* Fills an event that is no frame, and counts it. */
void sv_phy_tell(struct sv_phy_decoder *d, struct sv_phy_event *event, uint32_t kind, uint64_t first_symbol,
                 uint32_t detail);

/* --- bits --- */

/* Bit v as an NRZ level. */
static inline int8_t sv_phy_nrz(uint32_t bit)
{
    return (int8_t)(bit ? 1 : -1);
}
/* 64 bits, the lowest first, as NRZ levels: eight at a time, without a branch. */
static inline void sv_phy_nrz_word(int8_t *symbol, uint64_t v)
{
    for (uint32_t i = 0; i < 8; i++, v >>= 8) {
        /* Bit k into octet k, then each octet to 0 or 1, then to -1 or +1. */
        uint64_t spread = (v & 255) * 0x0101010101010101ull & 0x8040201008040201ull;
        spread = (spread + 0x7f7f7f7f7f7f7f7full) >> 7 & 0x0101010101010101ull;
        spread = ~(uint64_t)0 ^ spread * 0xfe;
        for (uint32_t k = 0; k < 8; k++)
            symbol[8 * i + k] = (int8_t)(uint8_t)(spread >> (8 * k));
    }
}
/* n symbols, at most 64, as bits, the first in bit 0. */
static inline uint64_t sv_phy_nrz_in(const int8_t *symbol, uint32_t n)
{
    uint64_t v = 0;
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t eight = 0;
        for (uint32_t k = 0; k < 8; k++)
            eight |= (uint64_t)(uint8_t)symbol[i + k] << (8 * k);
        /* Above 0: no sign, and some other bit. */
        eight = ~eight & ((eight & 0x7f7f7f7f7f7f7f7full) + 0x7f7f7f7f7f7f7f7full);
        eight = eight >> 7 & 0x0101010101010101ull;
        v |= (eight * 0x0102040810204080ull >> 56) << i;
    }
    for (; i < n; i++)
        v |= (uint64_t)(symbol[i] > 0) << i;
    return v;
}

#endif
