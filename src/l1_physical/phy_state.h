/* SPDX-License-Identifier: BSD-2-Clause */
/* What encoders and decoders remember. Read it to see what a code needs; change it only through phy.h. */
#ifndef SV_L1_PHYSICAL_PHY_STATE_H
#define SV_L1_PHYSICAL_PHY_STATE_H

#include <stdbool.h>
#include <stdint.h>

#define SV_PHY_FRAME_MAX 9216u /* octets with the FCS; a longer frame is cut there and told as a bad FCS */
#define SV_PHY_UNIT_MAX 66u    /* symbols that an encoder makes at once */
#define SV_RS_WORDS 85u        /* 5440 bits of an RS(544,514) codeword */
#define SV_RS_MESSAGE 514u
#define SV_RS_PARITY 30u
#define SV_RS_CODEWORD 544u
#define SV_PAM4_BLOCKS 20u /* 257-bit blocks in a codeword */

/* --- encoders --- */

struct sv_manchester_encoder {
    uint32_t pulse_in; /* units of idle before the next link pulse */
    bool pulse_now;
    bool no_pulses; /* no normal link pulses: auto-negotiation sends its own */
};

struct sv_tx100_encoder {
    uint32_t key;   /* the scrambler's last 11 bits, newest in bit 0 */
    uint32_t phase; /* of MLT-3: 0 level 0 going up, 1 top, 2 level 0 going down, 3 bottom */
};

struct sv_x1000_encoder {
    bool rd_plus;
    bool odd;     /* the next code group is the second of a pair */
    uint8_t idle; /* the data octet that completes the idle begun */
};

struct sv_r10g_encoder {
    uint64_t scrambler; /* last 64 bits sent, newest in bit 63 */
};

struct sv_pam4_encoder {
    uint64_t scrambler;
    uint32_t word;   /* next 64 bits: 0 the marker, 1..85 of the codeword */
    uint32_t filled; /* bits of the codeword that are known */
    uint64_t codeword[SV_RS_WORDS];
};

struct sv_phy_encoder {
    uint32_t code;
    uint32_t frame_bytes; /* octets of `frame`; 0: none */
    uint32_t at;          /* octets of preamble and frame that have left */
    uint32_t gap;         /* units of idle before another frame may start */
    uint32_t stage;       /* what comes next, by code */
    uint32_t unit_at;     /* symbols of `unit` that have left */
    uint32_t unit_count;
    uint64_t symbols; /* that have left, since the beginning */
    uint64_t frame_first, frame_end;
    union {
        struct sv_manchester_encoder manchester;
        struct sv_tx100_encoder tx100;
        struct sv_x1000_encoder x1000;
        struct sv_r10g_encoder r10g;
        struct sv_pam4_encoder pam4;
    } of;
    int8_t unit[SV_PHY_UNIT_MAX];
    uint8_t frame[SV_PHY_FRAME_MAX];
};

/* --- decoders --- */

struct sv_phy_counters {
    uint64_t good, bad_fcs, symbol_error, false_carrier;
    uint64_t illegal; /* symbols, code groups, blocks or sync headers that the code does not have */
    uint64_t locks, lock_losses, link_pulses, inversions, hi_bers;
    uint64_t idles;               /* ordered sets or blocks of idle */
    uint64_t checked;             /* code groups, blocks or headers looked at while locked */
    uint64_t codewords, repaired; /* PAM4: codewords received; symbols of ten bits put right in them */
    uint64_t uncorrectable;       /* PAM4: codewords with more than 15 wrong symbols */
};

/* A frame being collected. */
struct sv_phy_frame {
    uint32_t bytes;
    uint32_t errors;
    uint32_t open;    /* 0 none, 1 in the preamble, 2 after the start frame delimiter */
    uint32_t dropped; /* octets that did not fit */
    uint64_t first_symbol, data_symbol;
    uint8_t byte[SV_PHY_FRAME_MAX];
};

struct sv_manchester_decoder {
    uint32_t state;   /* silent, preamble, data, tail */
    uint32_t carrier; /* half-bits since the carrier came */
    uint32_t run;     /* equal half-bits in a row */
    uint32_t half;    /* half-bits of the present bit: 0 or 1 */
    uint32_t bits;    /* of the octet being filled */
    uint32_t octet;
    uint32_t alternate; /* bits of preamble in a row */
    uint32_t held;      /* a bit without an edge that may turn out to be the end */
    uint32_t wrong_way; /* link pulses in a row that show the other polarity */
    int8_t last;        /* previous half-bit */
    int8_t first;       /* first half-bit of the present bit */
    int8_t held_level;
    bool last_bit;
    bool flat; /* no edge since the carrier came */
    bool inverted;
    uint64_t carrier_first;
    uint64_t frame_end; /* symbol number after the last frame; 0: none yet */
};

struct sv_tx100_decoder {
    uint32_t phase;   /* of MLT-3, as the encoder's */
    uint32_t key;     /* descrambler, newest bit in bit 0 */
    uint32_t checked; /* bits in a row that fit idle while unlocked */
    uint32_t ones;    /* plain ones in a row, up to a ceiling */
    uint32_t since;   /* symbols since 25 ones in a row were last seen */
    uint32_t group;   /* last plain bits, newest in bit 0 */
    uint32_t group_bits;
    uint32_t state;
    uint32_t nibble; /* low nibble + 1, or 0 */
    bool locked;
    bool lost; /* to be told */
    uint64_t carrier_first;
};

struct sv_x1000_decoder {
    uint32_t shift;  /* last 10 bits, newest in bit 0 */
    uint32_t filled; /* bits of the group being filled */
    uint32_t sync;   /* bad groups that would lose synchronisation; 0: hunting */
    uint32_t commas; /* in a row while hunting */
    uint32_t good;   /* groups in a row since the last bad one */
    uint32_t state;  /* of the receive process */
    uint32_t config; /* configuration word being put together */
    uint32_t config_last, config_same;
    int32_t votes; /* for the present polarity, by ordered sets */
    bool odd;      /* the group being filled is the second of a pair */
    bool after_comma;
    bool rd_plus;
    bool inverted;
    bool lost; /* to be told */
};

#define SV_R64_PHASES 66u

/* Blocks of 64b/66b after their headers were found: shared by 10GBASE-R and PAM4. */
struct sv_r64_receiver {
    uint32_t state;
    uint32_t ordered; /* last ordered set told */
    int32_t votes;    /* for the present polarity, by block types */
    bool in_frame;    /* by the blocks seen, whatever became of the frame; and were the polarity the other */
    bool other_in_frame;
    bool inverted;
};

struct sv_r10g_decoder {
    uint64_t scrambler;          /* last 64 bits of payload, newest in bit 63 */
    uint64_t payload;            /* of the block being filled, first bit in bit 0 */
    uint32_t header;             /* first bit in bit 1 */
    uint32_t filled;             /* bits of it, 0..65 */
    uint32_t seen, bad;          /* headers of the present 64 */
    uint32_t window, window_bad; /* hi-BER: blocks of the present 125 us, bad ones */
    struct sv_r64_receiver receiver;
    uint32_t cold; /* blocks not to be read yet */
    bool locked, hi_ber, lost, last;
    uint8_t good[SV_R64_PHASES]; /* while hunting: good headers in a row, if blocks began there */
};

struct sv_pam4_decoder {
    uint64_t shift;     /* last 32 symbols as bits, newest in bits 62 and 63 */
    uint64_t scrambler; /* as r10g */
    uint32_t filled;    /* symbols after the marker, 0..2719; then those of the next marker */
    uint32_t bad;       /* markers in a row that were wrong */
    uint32_t block;     /* blocks of the codeword that were read; 80: none is left */
    uint32_t repaired;  /* symbols of the codeword that were put right */
    uint32_t headers;   /* of the four blocks being read: bit set for control */
    uint32_t cold;      /* blocks not to be read yet */
    bool locked, sure, flipped, lost;
    bool failed, failed_before; /* this codeword and the one before: too many symbols were wrong */
    bool untranslated;          /* no four blocks give the present 257 bits */
    struct sv_r64_receiver receiver;
    uint64_t codeword_first; /* symbol number */
    uint64_t payload[4];
    uint64_t codeword[SV_RS_WORDS];
};

struct sv_phy_decoder {
    uint32_t code;
    uint32_t cpu;     /* enum sv_cpu, to be set after init(); what is decoded does not depend on it */
    uint64_t symbols; /* taken since the beginning */
    struct sv_phy_counters count;
    union {
        struct sv_manchester_decoder manchester;
        struct sv_tx100_decoder tx100;
        struct sv_x1000_decoder x1000;
        struct sv_r10g_decoder r10g;
        struct sv_pam4_decoder pam4;
    } of;
    struct sv_phy_frame frame;
};

#endif
