/* SPDX-License-Identifier: BSD-2-Clause */
/* The lower 64 bits of the addresses that a host makes for itself: stable ones that say nothing of the hardware
 * (RFC 7217), temporary ones that say nothing at all (RFC 8981 §3.3.1). Pure functions of a key and their arguments. */
#ifndef SV_L3_INTERFACE_ID_H
#define SV_L3_INTERFACE_ID_H

#include "core/addr.h"
#include "core/siphash.h"

/* RFC 7217 §5: the same for the same key, prefix (its first 64 bits), interface, network and count of conflicts;
 * another when any of them differs. `interface`: here its MAC. network: 0 where the network has no name. */
uint64_t sv_iid_stable(const struct sv_siphash_key *key, const struct sv_addr *prefix, const uint8_t interface[6],
                       uint64_t network, uint32_t dad_counter);

/* RFC 8981 §3.3.1 with §3.3.2's wish that an observer of one cannot tell the next: `draw` is random. */
uint64_t sv_iid_temporary(const struct sv_siphash_key *key, const struct sv_addr *prefix, uint64_t draw);

/* RFC 5453 and its registry: identifiers no host may choose (subnet-router anycast, reserved anycast, IANA's MAC). */
bool sv_iid_reserved(uint64_t iid);

/* The prefix's first 64 bits and the identifier. */
struct sv_addr sv_iid_address(const struct sv_addr *prefix, uint64_t iid);

/* The lower 64 bits of an address. */
uint64_t sv_iid_of(const struct sv_addr *addr);

#endif
