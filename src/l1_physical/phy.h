/* SPDX-License-Identifier: BSD-2-Clause */
/* The physical layer's digital half: octets of a frame become symbols, symbols become octets again.
 *
 * A *symbol* is one level index on the wire for one symbol time (int8_t, see each code below). What a level is in
 * volts, how it gets there and what a cable does to it is the analogue half (channel and receiver); the cut between
 * the two is exactly here.
 *
 * Encoder and decoder are streams. An encoder always has a next symbol: idle when no frame is loaded. A decoder takes
 * any symbols, in pieces of any size, and says what it saw as events. Both are plain structs without pointers:
 * copied, they are a snapshot. No call allocates, reads a clock, or fails because of what came from the wire.
 *
 * Standards: IEEE 802.3 clauses 7 and 14 (10BASE-T), 24 and 25 (100BASE-TX), 36 (1000BASE-X), 49 (10GBASE-R); `pam4`
 * is a teaching profile put together from clauses 91 and 119 with a codeword marker of our own, and no port of the
 * standard's. */
#ifndef SV_L1_PHYSICAL_PHY_H
#define SV_L1_PHYSICAL_PHY_H

#include "l1_physical/phy_state.h"
#include "seven/base.h"

/* Level indices of each code, the rate of symbols, and the medium access rate.
 *   10base-t    half-bits of 50 ns: -1 low, +1 high, 0 nobody drives the pair
 *   100base-tx  MLT-3: -1, 0, +1
 *   1000base-x  NRZ: -1 is bit 0, +1 is bit 1
 *   10gbase-r   NRZ
 *   pam4        -3, -1, +1, +3 */
enum sv_phy_code {
    SV_PHY_10BASE_T,
    SV_PHY_100BASE_TX,
    SV_PHY_1000BASE_X,
    SV_PHY_10GBASE_R,
    SV_PHY_PAM4,
    SV_PHY_CODES,
};

struct sv_phy_code_info {
    const char *name;      /* as `--code` and `cable:` spell it */
    const char *line_code; /* the words a reader would use */
    uint64_t symbol_hz;    /* symbols a second */
    uint64_t bit_hz;       /* bits of frames a second */
    uint32_t levels;       /* how many levels data uses: 2, 3 or 4 */
    int32_t level[4];      /* them, lowest first */
    int32_t peak;          /* the outermost level index */
    uint32_t run_max;      /* longest run of equal symbols that idle or data can show */
};

/* NULL when there is no such code. */
const struct sv_phy_code_info *sv_phy_code_info(uint32_t code);
/* The code called `name` (n characters), or SV_PHY_CODES. */
uint32_t sv_phy_code_find(const char *name, uint32_t n);

/* What a decoder tells. FRAME, BAD_FCS and SYMBOL_ERROR end a frame whose start was seen; FALSE_CARRIER is a start
 * that was none. A frame that was sent and shows in none of these was never seen. */
enum sv_phy_event_kind {
    SV_PHY_NOTHING,
    SV_PHY_FRAME,         /* a whole frame with a good FCS: d->frame.byte[0 .. bytes), FCS included */
    SV_PHY_BAD_FCS,       /* every symbol was legal, the FCS was not; also too short, too long */
    SV_PHY_SYMBOL_ERROR,  /* an illegal symbol or code group within the frame; not delivered */
    SV_PHY_FALSE_CARRIER, /* something that is not idle and not the start of a frame */
    SV_PHY_LOCKED,        /* bit, group, block or codeword alignment found */
    SV_PHY_LOCK_LOST,
    SV_PHY_LINK_PULSE, /* 10BASE-T: a normal or fast link pulse, at first_symbol */
    SV_PHY_INVERTED,   /* the pair is connected the wrong way round: corrected from here on (detail: 1; 0: upright) */
    SV_PHY_HI_BER,     /* 10GBASE-R: 16 bad sync headers in 125 us (detail: 1 begins, 0 ends) */
    SV_PHY_CONFIG,     /* 1000BASE-X: a configuration word, in detail; seen three times in a row */
    SV_PHY_REMOTE,     /* 10GBASE-R: an ordered set, in detail: its code in bits 31..24, its three octets below */
    SV_PHY_EVENT_KINDS,
};

struct sv_phy_event {
    uint32_t kind;         /* enum sv_phy_event_kind */
    uint32_t bytes;        /* frames: octets from the destination address to the end of the FCS */
    uint64_t first_symbol; /* number of the symbol with which it begins, counted from the decoder's first, from 0 */
    uint64_t last_symbol;  /* number of the symbol after its last; for PAM4 both count to the codeword's start */
    uint64_t data_symbol;  /* frames: number of the first symbol after the start frame delimiter */
    uint32_t errors;       /* illegal symbols, groups or blocks within it */
    uint32_t detail;       /* by kind */
};

/* Name ("frame", "bad-fcs", ...); never NULL. */
const char *sv_phy_event_name(uint32_t kind);

/* --- frame -> symbols ------------------------------------------------------------------------------------------ */

/* An encoder at rest: scramblers all ones, level 0, running disparity negative. code < SV_PHY_CODES. */
void sv_phy_encoder_init(struct sv_phy_encoder *e, uint32_t code);

enum sv_phy_fcs {
    SV_PHY_FCS_APPEND,  /* pad to 60 octets and append the FCS */
    SV_PHY_FCS_PRESENT, /* send these octets as they are, good or bad */
};

/* Hands over a frame (from its destination address on; copied). It starts at the next place where one may start, after
 * the interframe gap. SV_ERR_AGAIN: the frame before has not left yet. SV_ERR_TOO_BIG: more than SV_PHY_FRAME_MAX with
 * its FCS. SV_ERR_INVALID: empty. */
SV_MUST_CHECK enum sv_err sv_phy_encode_frame(struct sv_phy_encoder *e, const uint8_t *octets, uint32_t n,
                                              enum sv_phy_fcs fcs);
/* 10BASE-T: the next idle time begins with a link pulse (fast link pulses are sent like this). */
void sv_phy_encode_pulse(struct sv_phy_encoder *e);

/* The next n symbols of the stream. */
void sv_phy_encode(struct sv_phy_encoder *e, int8_t *symbol, uint32_t n);

/* True while a frame, or anything else that is not idle, is still to leave. The frame's first symbol has the number
 * e->frame_first once it started, and e->frame_end is the number after its last (both count from the encoder's first
 * symbol; UINT64_MAX: not yet). */
bool sv_phy_encode_busy(const struct sv_phy_encoder *e);

/* As sv_phy_encode() of n idle symbols without making them; in O(log n). The encoder is not busy. */
void sv_phy_encode_skip(struct sv_phy_encoder *e, uint64_t n);

/* --- symbols -> frames ----------------------------------------------------------------------------------------- */

void sv_phy_decoder_init(struct sv_phy_decoder *d, uint32_t code);

/* Takes up to n symbols and stops after the one that made an event. Returns how many were taken; event->kind is
 * SV_PHY_NOTHING when all n passed without one. Levels out of range count as the nearest legal one. Several events of
 * one symbol come one by one: then the next call may take none.
 * For d->frame.byte only the last event counts. */
uint32_t sv_phy_decode(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct sv_phy_event *event);

/* As sv_phy_decode() of n symbols of undisturbed idle, in O(log n). The decoder is locked and between frames
 * (sv_phy_decode_idle; PAM4 is so only at the end of a codeword); the stream continues as the encoder's does after
 * sv_phy_encode_skip() of the same n. */
void sv_phy_decode_skip(struct sv_phy_decoder *d, uint64_t n);
bool sv_phy_decode_idle(const struct sv_phy_decoder *d);
bool sv_phy_decode_locked(const struct sv_phy_decoder *d);

/* For a capture's second pass: keeps what was found out about alignment and polarity, forgets the rest, and expects the
 * same symbols again from the first on, so that frames before the place where lock was found are read too. */
void sv_phy_decoder_rewind(struct sv_phy_decoder *d);

/* A decoder that has followed this encoder's stream without error up to its next symbol: how two ends of a link begin
 * an experiment that is not about finding lock. The encoder is between two units, as after init. */
void sv_phy_decoder_follow(struct sv_phy_decoder *d, const struct sv_phy_encoder *e);

#endif
