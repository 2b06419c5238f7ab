/* SPDX-License-Identifier: BSD-2-Clause */
/* One direction of a link, end to end: a frame goes in, becomes voltage, passes the pair, and comes out of the
 * receiver, or does not. Encoder, channel, receiver and decoder run on one clock of samples, but only around frames:
 * idle between them is skipped exactly (the scrambler jumps, noise goes by number, the receiver's loop is held where
 * it was).
 *
 * A plain struct without pointers, about 80 KiB; copied, it is a snapshot. Deterministic. */
#ifndef SV_L1_PHYSICAL_LINK_H
#define SV_L1_PHYSICAL_LINK_H

#include "l1_physical/channel.h"
#include "l1_physical/receiver.h"

#define SV_PHY_LEVELS 2048u /* symbols collected before they are decoded */
#define SV_PHY_SENT 8192u   /* symbols remembered until the receiver has decided them */

/* What became of a frame sent. Each frame is exactly one of these. */
enum sv_phy_outcome {
    SV_PHY_ARRIVED,      /* with a good FCS */
    SV_PHY_LOST_FCS,     /* all symbols legal, FCS bad */
    SV_PHY_LOST_SYMBOL,  /* an illegal symbol within it */
    SV_PHY_LOST_CARRIER, /* its beginning was mistaken for something else: a false carrier */
    SV_PHY_NEVER_SEEN,
    SV_PHY_OUTCOMES,
};

struct sv_phy_link_config {
    /* sample_hz 0: two samples a symbol. phase_q32 0: half a symbol, the middle of the first. */
    struct sv_channel_config channel;
    bool no_equaliser; /* 100BASE-TX: leave the taps alone */
    bool no_wander;    /* 100BASE-TX: leave the baseline alone */
};

struct sv_phy_link_counts {
    uint64_t sent;
    uint64_t of[SV_PHY_OUTCOMES]; /* their sum is `sent` */
    uint64_t wrong_symbols;       /* in frames */
    uint64_t samples;             /* made, of those that passed */
};

/* What one frame met. */
struct sv_phy_passage {
    uint32_t outcome;      /* enum sv_phy_outcome */
    uint32_t bytes;        /* ARRIVED, LOST_FCS: octets of link->frame, FCS included */
    uint64_t first_symbol; /* sent; and the one after the last */
    uint64_t end_symbol;
    uint64_t start_ns;     /* when its first symbol was sent, from the link's beginning */
    uint64_t end_ns;       /* when its last one has arrived at the far end */
    uint64_t first_sample; /* number of the first sample that it shows in */
    uint64_t sample_hz;
    uint32_t wrong;        /* symbols decided wrongly, of those within it */
    uint64_t wrong_sample; /* number of the sample nearest to the first such decision */
    uint64_t wrong_symbol; /* and of that symbol */
};

struct sv_phy_link {
    struct sv_phy_link_config config;
    struct sv_phy_link_counts count;
    uint64_t symbol_hz;
    uint64_t peak_q16; /* from a symbol's beginning to where it is largest at the far end, in 2^-16 symbols */
    bool up;           /* the receiver found the sender while the link was brought up */
    struct sv_phy_encoder encoder;
    struct sv_channel channel;
    struct sv_receiver receiver;
    struct sv_phy_decoder decoder;
    struct sv_phy_passage now; /* of the frame under way */
    uint64_t turn;             /* 1 + the bit of the next frame that is turned over on the pair; 0: none */
    bool parking, parked;      /* idle is about to be skipped: the decoder stops where it can */
    uint64_t unread;           /* symbols that came after it did */
    uint32_t seen;             /* events meanwhile: a bit each, by kind */
    uint32_t levels;
    int8_t level[SV_PHY_LEVELS]; /* decided, not yet decoded */
    int8_t sent[SV_PHY_SENT];    /* by symbol number */
    uint8_t frame[SV_PHY_FRAME_MAX];
};

/* Brings the link up: idle passes until the receiver has found it and its loops have settled (link->up).
 * SV_ERR_INVALID: a value of the channel outside its range. Symbol 0 is then the first after that. */
SV_MUST_CHECK enum sv_err sv_phy_link_init(struct sv_phy_link *l, const struct sv_phy_link_config *config);

/* Sends a frame (from the destination address; padded and given its FCS if `fcs` says so) no earlier than at_ns from
 * the link's beginning and tells what became of it. Errors are sv_phy_encode_frame()'s but SV_ERR_AGAIN. */
SV_MUST_CHECK enum sv_err sv_phy_link_send(struct sv_phy_link *l, const uint8_t *octets, uint32_t n,
                                           enum sv_phy_fcs fcs, uint64_t at_ns, struct sv_phy_passage *passage);

/* The signal of one bit of the next frame is turned over on the pair (a level of zero becomes the peak): whatever the
 * noise, the receiver sees another voltage there than was sent. The bit counts in the order on the wire, from the first
 * of the destination address; of block codes it is the symbol at that place. */
void sv_phy_link_turn(struct sv_phy_link *l, uint32_t bit);

#define SV_PHY_BYTE_LEVELS 16u
/* The levels that one byte of the frame sent last (0: the first of the destination address) had on the pair, in time's
 * order: of Manchester, two for each bit. False: another code, no such byte, or more than SV_PHY_SENT symbols ago. */
bool sv_phy_link_sent_byte(const struct sv_phy_link *l, uint32_t byte, int8_t level[SV_PHY_BYTE_LEVELS]);

/* Nanoseconds from the link's beginning at which the next frame could start. */
uint64_t sv_phy_link_free_ns(const struct sv_phy_link *l);

/* A name ("arrived", "bad-fcs", "symbol-error", "false-carrier", "never-seen"). */
const char *sv_phy_outcome_name(uint32_t outcome);

#endif
