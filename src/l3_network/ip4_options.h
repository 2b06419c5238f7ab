/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 options that those on the way fill in (RFC 791 §3.1): record route and timestamp. The header was walked when
 * it was parsed: each option lies within it. */
#ifndef SV_L3_IP4_OPTIONS_H
#define SV_L3_IP4_OPTIONS_H

#include "core/core.h"
#include "l3_network/ip4_wire.h"

struct sv_net;

/* Fills in what is asked of `here`, an address of ours, and makes the header's checksum anew. False: an option
 * contradicts itself, *at is where. */
bool sv_ip4_options_fill(const struct sv_core *c, struct sv_net *net, uint8_t *p, uint32_t header_length,
                         const struct sv_addr *here, uint32_t *at);

/* Those of a question that belong into its answer (RFC 1122 §3.2.2.6), padded to whole words: how many bytes of the 40
 * that `to` has room for. */
uint32_t sv_ip4_options_returned(const uint8_t *header, uint32_t header_length, uint8_t *to);

#endif
