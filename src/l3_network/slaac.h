/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses that a host makes for itself: a link-local one when its interface comes up, and from each prefix that a
 * router offers for it (RFC 4862) a stable one that tells nothing of the hardware (RFC 7217) and temporary ones that
 * live for a day or two (RFC 8981). Lifetimes end in deprecation (kept for what uses it) and in removal. */
#ifndef SV_L3_SLAAC_H
#define SV_L3_SLAAC_H

#include "core/core.h"
#include "l3_network/nd_wire.h"

struct sv_net;

#define SV_SLAAC_PREFIXES_MAX 8u  /* an interface: forged advertisements make no more addresses than these allow */
#define SV_SLAAC_TEMPORARY_MAX 4u /* a prefix: the preferred one, and older ones still valid */
#define SV_SLAAC_IDGEN_RETRIES 3u /* RFC 7217 §6 */

/* fe80::/64 and RFC 7217's identifier; nothing if the interface has one. */
void sv_slaac_link_local(struct sv_core *c, struct sv_net *net, sv_port port);

/* An autonomous prefix was advertised by `router` (RFC 4862 §5.5.3). False: the ceiling on prefixes or addresses. */
bool sv_slaac_prefix(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_prefix *p,
                     const struct sv_addr *router);

/* Duplicate address detection failed for `index`, which is in conflict: another identifier is tried (RFC 7217 §6,
 * RFC 8981 §3.4 step 7) as long as tries are left. */
void sv_slaac_conflict(struct sv_core *c, struct sv_net *net, uint32_t index);

/* A lifetime of address `index` wants something (life_at has come). It may be gone afterwards. */
void sv_slaac_due(struct sv_core *c, struct sv_net *net, uint32_t index);

#endif
