/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame check sequence of a packet, for devices that carry it: the CRC-32 of its bytes, wherever they lie (IEEE
 * 802.3-2018 §3.2.9). */
#ifndef SV_CORE_FCS_H
#define SV_CORE_FCS_H

#include "seven/buf.h"

#define SV_FCS_BYTES 4u

uint32_t sv_fcs_of(const struct sv_buf *b);

/* Appends the FCS. False: no memory, nothing is appended. */
SV_MUST_CHECK bool sv_fcs_append(struct sv_buf *b);

/* Verifies the FCS at the packet's end and cuts it off. False: too short or wrong (a drop, BAD_FCS); b is unchanged. */
SV_MUST_CHECK bool sv_fcs_remove(struct sv_buf *b);

#endif
