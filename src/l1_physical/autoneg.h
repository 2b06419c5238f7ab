/* SPDX-License-Identifier: BSD-2-Clause */
/* Auto-negotiation (IEEE 802.3 clause 28) with base pages: two ends tell each other in bursts of link pulses what
 * they can, and take the best of what both can. A burst is 17 clock pulses 125 us apart; a pulse half-way between two
 * of them is a 1 of the 16-bit word, none a 0. Three equal words are believed; with the Acknowledge bit three times,
 * the other end believes ours too.
 *
 * An end that does not negotiate is recognised by what it sends (parallel detection), which tells its speed but not
 * that it would be full duplex: it is taken for half duplex, and half duplex is what this stack does not do: the link
 * stays down, and `why` says so.
 *
 * No I/O and no clock: pulses come and go as times. Absent: next pages, 100BASE-T4, 1000BASE-T, remote fault. */
#ifndef SV_L1_PHYSICAL_AUTONEG_H
#define SV_L1_PHYSICAL_AUTONEG_H

#include "seven/base.h"

/* The word (§28.2.1.2 and annex 28B): bits as they are sent, the first in bit 0. */
enum sv_autoneg_bit {
    SV_AN_SELECTOR = 0x0001, /* 802.3 */
    SV_AN_SELECTOR_MASK = 0x001f,
    SV_AN_10T = 0x0020,
    SV_AN_10T_FULL = 0x0040,
    SV_AN_100TX = 0x0080,
    SV_AN_100TX_FULL = 0x0100,
    SV_AN_100T4 = 0x0200,
    SV_AN_PAUSE = 0x0400,
    SV_AN_PAUSE_ASYM = 0x0800,
    SV_AN_REMOTE_FAULT = 0x2000,
    SV_AN_ACK = 0x4000,
    SV_AN_NEXT_PAGE = 0x8000,
};

enum sv_autoneg_state {
    SV_AN_TRANSMIT_DISABLE,   /* silent, so that the other end notices */
    SV_AN_ABILITY_DETECT,     /* our word goes out; theirs is awaited */
    SV_AN_ACKNOWLEDGE_DETECT, /* theirs is known: ours goes out with Ack */
    SV_AN_COMPLETE_ACK,       /* theirs came with Ack: a few more of ours */
    SV_AN_LINK_STATUS_CHECK,  /* no word, but a signal: is there only one kind of it? */
    SV_AN_GOOD_CHECK,         /* agreed: does the link come up? */
    SV_AN_GOOD,
    SV_AN_DOWN, /* `why` */
    SV_AN_STATES,
};

enum sv_autoneg_why {
    SV_AN_WHY_NONE,
    SV_AN_WHY_HALF_DUPLEX,    /* the best that both can, or what parallel detection found */
    SV_AN_WHY_NOTHING_COMMON, /* no technology that both have */
    SV_AN_WHY_PARALLEL_FAULT, /* signals of two kinds at once */
    SV_AN_WHY_NO_LINK,        /* agreed, but the link did not come up, or was lost */
    SV_AN_WHYS,
};

/* The receiver's pulse separation (§28.2.2). */
struct sv_autoneg_receiver {
    sv_time last; /* pulse; SV_NEVER: none yet */
    uint32_t word, bits;
    uint32_t clocks;             /* of the present burst; 0: none */
    bool after_data;             /* the last pulse was data: a clock comes next */
    bool alone;                  /* the last pulse stood alone so far: perhaps a normal link pulse */
    uint32_t normals;            /* normal link pulses in a row */
    uint32_t same, acknowledged; /* equal words in a row; those with Ack */
    uint32_t last_word;
    sv_time last_normal;
};

struct sv_autoneg {
    uint32_t ability;       /* our word without Ack */
    uint32_t state;         /* enum sv_autoneg_state */
    uint32_t why;           /* enum sv_autoneg_why; stays until a link is good */
    uint32_t partner;       /* their word; 0: not known */
    uint32_t result;        /* one of the four technology bits; 0: none */
    bool parallel;          /* found by parallel detection */
    bool link_10, link_100; /* signals present */
    sv_time timer;          /* of the state; SV_NEVER */
    sv_time burst_at;       /* next burst; SV_NEVER: none are sent */
    uint32_t pulse;         /* of the present burst: 0..32 */
    uint32_t left;          /* bursts still to send in COMPLETE_ACK */
    sv_time next_pulse;
    struct sv_autoneg_receiver receiver;
};

/* Begins silent. `ability` is of the technology and pause bits. */
void sv_autoneg_init(struct sv_autoneg *a, uint32_t ability, sv_time now);

/* When to call expire() next; SV_NEVER when nothing is due. */
sv_time sv_autoneg_next_deadline(const struct sv_autoneg *a);
/* Does what is due. True: a link pulse leaves now. Early is harmless. */
bool sv_autoneg_expire(struct sv_autoneg *a, sv_time now);

/* A link pulse came in. */
void sv_autoneg_pulse(struct sv_autoneg *a, sv_time now);
/* The 100BASE-TX receiver sees idle it can descramble, or no longer does. */
void sv_autoneg_signal_100(struct sv_autoneg *a, bool present, sv_time now);
/* The link of the agreed technology is up, or was lost. */
void sv_autoneg_link(struct sv_autoneg *a, bool up, sv_time now);

/* The best of what both words have (annex 28B.3), or 0. */
uint32_t sv_autoneg_best(uint32_t ours, uint32_t theirs);

/* Names, never NULL: "ability-detect"; "half-duplex". */
const char *sv_autoneg_state_name(uint32_t state);
const char *sv_autoneg_why_name(uint32_t why);

#endif
