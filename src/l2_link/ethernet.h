/* SPDX-License-Identifier: BSD-2-Clause */
/* Which frames a station takes. */
#ifndef SV_L2_ETHERNET_H
#define SV_L2_ETHERNET_H

#include "l2_link/ethernet_wire.h"
#include "l2_link/interface.h"

/* Group addresses that a station takes, as network chips have it: one bit for each of 64 sets of MACs. Who shares a bit
 * with a wanted group is sorted out by the network layer. */
static inline uint64_t sv_eth_filter_bit(const uint8_t mac[SV_MAC_BYTES])
{
    const uint32_t mix = (uint32_t)(mac[0] ^ mac[3] << 1 ^ mac[4] ^ mac[5]);
    return (uint64_t)1 << ((mix ^ mix >> 6) & 63u);
}

/* Every host is in 224.0.0.1 (01:00:5e:00:00:01) and ff02::1 (33:33:00:00:00:01): bits 0 and 50. */
#define SV_ETH_FILTER_ALL_NODES ((uint64_t)1 << 0 | (uint64_t)1 << 50)

/* Is the frame for this station? Its own address, broadcast, or a multicast group it takes: all of them with
 * all_multicast, else those in its filter. A group address marks the packet SV_BUF_BROADCAST. NOT_FOR_US. */
enum sv_drop sv_eth_accept_group(const struct sv_interface *i, struct sv_buf *b, const struct sv_eth_hdr *h);

static inline enum sv_drop sv_eth_accept(const struct sv_interface *i, struct sv_buf *b, const struct sv_eth_hdr *h)
{
    if (SV_LIKELY(sv_mac_equal(h->dst, i->mac)))
        return SV_DROP_NONE;
    return sv_eth_accept_group(i, b, h);
}

#endif
