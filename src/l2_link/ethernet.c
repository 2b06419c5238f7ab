/* SPDX-License-Identifier: BSD-2-Clause */
#include "l2_link/ethernet.h"

const uint8_t sv_mac_broadcast[SV_MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

enum sv_drop sv_eth_accept_group(const struct sv_interface *i, struct sv_buf *b, const struct sv_eth_hdr *h)
{
    if (!sv_mac_is_group(h->dst))
        return SV_DROP_NOT_FOR_US;
    b->flags |= SV_BUF_BROADCAST;
    const uint64_t takes = i->multicast_filter | SV_ETH_FILTER_ALL_NODES;
    if (sv_mac_equal(h->dst, sv_mac_broadcast) || i->all_multicast || (takes & sv_eth_filter_bit(h->dst)) != 0)
        return SV_DROP_NONE;
    return SV_DROP_NOT_FOR_US;
}
