/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbol errors against SNR, through the channel and the receiver as they are, with no cable and the loops held on the
 * known clock. What `seven signal --ber` draws and what the tests compare with theory. */
#ifndef SV_L1_PHYSICAL_BER_H
#define SV_L1_PHYSICAL_BER_H

#include "l1_physical/channel.h"
#include "l1_physical/receiver.h"

struct sv_ber_config {
    uint32_t code;        /* enum sv_phy_code */
    int32_t snr_centi_db; /* 20 log10(A / sigma) at the decision, in hundredths of a decibel */
    uint64_t symbols;     /* to decide */
    uint64_t seed;        /* of the symbols and of the noise */
    uint32_t cpu;
};

struct sv_ber_point {
    uint64_t symbols;
    uint64_t errors;
    uint32_t amplitude; /* of the outermost level, in sample units */
    uint32_t sigma_q3;  /* of the noise, in eighths of one: what theory is to be asked about */
};

/* Room for a measurement; no state between two. */
struct sv_ber_work {
    struct sv_channel channel;
    struct sv_receiver receiver;
    int8_t sent[1024];
};

/* SV_ERR_INVALID: no such code, or an SNR outside -20 .. 120 dB. */
SV_MUST_CHECK enum sv_err sv_ber_measure(struct sv_ber_work *w, const struct sv_ber_config *config,
                                         struct sv_ber_point *point);

#endif
