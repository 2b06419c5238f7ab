/* SPDX-License-Identifier: BSD-2-Clause */
/* Extension headers (RFC 8200 §4), read without acting on them: where each begins, and what comes after it. Bounded in
 * number and bytes (RFC 8504 §5.3 lets a host set limits). */
#ifndef SV_L3_IP6_CHAIN_H
#define SV_L3_IP6_CHAIN_H

#include "core/cursor.h"
#include "l3_network/ip6_wire.h"

#define SV_IP6_CHAIN_HEADERS 8u /* RFC 8504 §5.3 */
#define SV_IP6_CHAIN_BYTES 512u /* fixed header and extensions; so a device's frame holds them in its first slab */
#define SV_IP6_FRAGMENT_LEN 8u

/* A header whose form is common: next header 1 byte, length in units of 8 without the first 8 (RFC 6564 §4). */
static inline bool sv_ip6_is_extension(uint8_t next)
{
    return next == SV_IP6_HOP_BY_HOP || next == SV_IP6_ROUTING || next == SV_IP6_FRAGMENT ||
           next == SV_IP6_DESTINATION || next == SV_IP6_AUTHENTICATION || next == 135 || next == 139 || next == 140;
}

/* Bytes of the extension header `type` that begins at p (2 bytes can be read). */
static inline uint32_t sv_ip6_extension_length(uint8_t type, const uint8_t *p)
{
    if (type == SV_IP6_FRAGMENT)
        return SV_IP6_FRAGMENT_LEN;
    if (type == SV_IP6_AUTHENTICATION)
        return (p[1] + 2u) * 4u; /* RFC 4302 §2.2 */
    return (p[1] + 1u) * 8u;
}

/* Where a chain leads. */
struct sv_ip6_chain {
    uint32_t at;             /* offset of the first header that is no extension, or is cut off */
    uint32_t next_at;        /* offset of the next-header byte that named it */
    uint32_t fragment;       /* offset of the fragment header; 0: none */
    uint32_t fragment_named; /* offset of the next-header byte that named that */
    uint8_t protocol;        /* its number */
    uint8_t complete;        /* 0: the bytes ended, or a limit was met, before it */
    uint8_t later;           /* it is a fragment behind the first: what stands at `at` is the middle of something */
    uint8_t spare;
};

/* Walks the n bytes of a packet from its fixed header on. */
void sv_ip6_chain_read(const uint8_t *packet, uint32_t n, struct sv_ip6_chain *chain);

#endif
