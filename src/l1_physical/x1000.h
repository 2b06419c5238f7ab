/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of 1000BASE-X share. */
#ifndef SV_L1_PHYSICAL_X1000_H
#define SV_L1_PHYSICAL_X1000_H

#include "core/math.h"
#include "l1_physical/code_8b10b.h"
#include "l1_physical/phy_internal.h"

#define SV_X1000_UNIT 10u /* symbols of a code group */
#define SV_X1000_PAIR 20u

void sv_x1000_decoder_init(struct sv_phy_decoder *d);
uint32_t sv_x1000_decode(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct sv_phy_event *event);
void sv_x1000_decode_skip(struct sv_phy_decoder *d, uint64_t n);
bool sv_x1000_idle(const struct sv_phy_decoder *d);
bool sv_x1000_locked(const struct sv_phy_decoder *d);
void sv_x1000_follow(struct sv_phy_decoder *d, const struct sv_phy_encoder *e);

#endif
