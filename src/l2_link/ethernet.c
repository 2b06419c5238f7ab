/* SPDX-License-Identifier: BSD-2-Clause */
#include "l2_link/ethernet.h"

const uint8_t sv_mac_broadcast[SV_MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* RFC 1112 §6.4, §7.2: the all-hosts group is always joined. */
static const uint8_t all_hosts[SV_MAC_BYTES] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};

enum sv_drop sv_eth_accept_group(const struct sv_interface *i, struct sv_buf *b, const struct sv_eth_hdr *h)
{
    if (!sv_mac_is_group(h->dst))
        return SV_DROP_NOT_FOR_US;
    b->flags |= SV_BUF_BROADCAST;
    if (sv_mac_equal(h->dst, sv_mac_broadcast) || sv_mac_equal(h->dst, all_hosts) || i->all_multicast)
        return SV_DROP_NONE;
    return SV_DROP_NOT_FOR_US;
}
