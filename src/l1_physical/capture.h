/* SPDX-License-Identifier: BSD-2-Clause */
/* From a whole capture, samples in memory, to its frames. What is not told is found: how far apart symbols are, and the
 * code, by trying each and keeping the one whose frames have a good FCS. Every candidate is decoded twice, since frames
 * before the place where lock and polarity were found are read only the second time. */
#ifndef SV_L1_PHYSICAL_CAPTURE_H
#define SV_L1_PHYSICAL_CAPTURE_H

#include "l1_physical/estimate.h"
#include "l1_physical/receiver.h"

struct sv_capture_config {
    const int16_t *sample;
    uint32_t n;
    uint64_t sample_hz; /* 0: unknown */
    uint32_t code;      /* enum sv_phy_code; SV_PHY_CODES: find out */
    bool no_equaliser;  /* 100BASE-TX: leave the taps alone */
    bool no_wander;
    uint32_t cpu;
};

/* What a candidate gave. */
struct sv_capture_trial {
    bool tried;
    bool locked;          /* the decoder ever said so; 10BASE-T: a carrier was found */
    uint64_t spacing_q32; /* samples a symbol that were assumed, in 2^-32 */
    uint64_t locks;       /* of the receiver: 0, no signal of that kind at all */
    struct sv_phy_counters count;
};

struct sv_capture {
    struct sv_capture_config config;
    struct sv_estimate estimate;
    uint32_t code;      /* found, or as configured; SV_PHY_CODES: none */
    uint64_t sample_hz; /* as configured; else as found: exact to the sender's clock */
    bool cut_short;     /* the capture ends within a frame */
    struct sv_capture_trial trial[SV_PHY_CODES];
    struct sv_estimate_work work;
    struct sv_receiver receiver;
    struct sv_phy_decoder decoder;
};

/* One thing found, with its place in the capture. `frame` is NULL but for SV_PHY_FRAME. */
typedef void sv_capture_told(void *user, const struct sv_phy_event *event, const uint8_t *frame, uint64_t first_q8,
                             uint64_t end_q8);

/* Finds out c->code and c->spacing, then decodes: `told` (may be NULL) hears of each event, in order. True when at
 * least one frame with a good FCS was among them. c->config is the caller's; all else is filled in. */
bool sv_capture_decode(struct sv_capture *c, sv_capture_told *told, void *user);

#endif
