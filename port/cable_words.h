/* SPDX-License-Identifier: BSD-2-Clause */
/* "10base-t,length=90m,snr=14dB": the words of a cable, as devices and `seven signal` take them. */
#ifndef SV_PORT_CABLE_WORDS_H
#define SV_PORT_CABLE_WORDS_H

#include "l1_physical/link.h"

/* What people read when they ask for help. */
#define SV_CABLE_WORDS                                                                                       \
    "length=90m, category=3 or 5e, snr=14dB, ppm=50 (the sender's clock is fast), jitter=1% (of a symbol), " \
    "echo=5%, near=100% (crosstalk, of category 5e's limit), coupled (transformers), inverted, unplugged, "  \
    "seed=N, raw (100base-tx without equaliser)"

/* Reads words after the code's name (or `words` that begin with one when config->channel.code is SV_PHY_CODES) into
 * *config. A cable of some length is of category 5e unless it says 3. False: *error (SV_DEVICE_TEXT bytes) says which
 * word was wrong and what would be right. */
SV_MUST_CHECK bool sv_cable_words(struct sv_phy_link_config *config, const char *words, char *error);

#endif
