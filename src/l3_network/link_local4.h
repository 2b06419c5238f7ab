/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 addresses of 169.254/16, chosen by the host itself (RFC 3927). Probing, announcing and defending are those of
 * RFC 5227 (acd.h); here is the choice, and another one after a conflict. Ten conflicts slow the choosing down to one a
 * minute (§9: MAX_CONFLICTS, RATE_LIMIT_INTERVAL). */
#ifndef SV_L3_LINK_LOCAL4_H
#define SV_L3_LINK_LOCAL4_H

#include "core/core.h"

struct sv_net;

#define SV_LINK_LOCAL4_CONFLICTS 10u

/* Number `n` of that interface's choices: 169.254.1.0 to 169.254.254.255 (§2.1), first the same after each start. */
struct sv_addr sv_link_local4_choice(const struct sv_siphash_key *key, const uint8_t mac[6], uint32_t n);

/* The interface came up and wants one (SV_IF_LINK_LOCAL4), and has no IPv4 address. */
void sv_link_local4_begin(struct sv_core *c, struct sv_net *net, sv_port port);

/* Address `index`, chosen here, is in conflict. True: it is gone and another is tried; false: probing rests first. */
bool sv_link_local4_conflict(struct sv_core *c, struct sv_net *net, uint32_t index);

#endif
