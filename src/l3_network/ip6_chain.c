/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/ip6_chain.h"

void sv_ip6_chain_read(const uint8_t *packet, uint32_t n, struct sv_ip6_chain *chain)
{
    *chain = (struct sv_ip6_chain){.at = SV_IP6_HDR_LEN, .next_at = SV_IP6_NEXT_AT};
    if (n < SV_IP6_HDR_LEN)
        return;
    chain->protocol = packet[SV_IP6_NEXT_AT];
    for (uint32_t headers = 0; sv_ip6_is_extension(chain->protocol); headers++) {
        if (headers == SV_IP6_CHAIN_HEADERS || chain->later || chain->at + 8u > n)
            return;
        const uint8_t *p = packet + chain->at;
        const uint32_t length = sv_ip6_extension_length(chain->protocol, p);
        if (chain->protocol == SV_IP6_FRAGMENT) {
            chain->fragment = chain->at;
            chain->fragment_named = chain->next_at;
            chain->later = (sv_get_u16(p + 2) & 0xfff8u) != 0;
        }
        chain->protocol = p[0];
        chain->next_at = chain->at;
        chain->at += length;
    }
    chain->complete = chain->at <= n && !chain->later;
}
