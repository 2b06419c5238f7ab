/* SPDX-License-Identifier: BSD-2-Clause */
/* Which frames a station takes. */
#ifndef SV_L2_ETHERNET_H
#define SV_L2_ETHERNET_H

#include "l2_link/ethernet_wire.h"
#include "l2_link/interface.h"

/* Is the frame for this station? Its own address, broadcast, or a multicast group it takes: all of them with
 * all_multicast, else 224.0.0.1's (RFC 1112 §6.4: every host joins it). A group address marks the packet
 * SV_BUF_BROADCAST. NOT_FOR_US. */
enum sv_drop sv_eth_accept_group(const struct sv_interface *i, struct sv_buf *b, const struct sv_eth_hdr *h);

static inline enum sv_drop sv_eth_accept(const struct sv_interface *i, struct sv_buf *b, const struct sv_eth_hdr *h)
{
    if (SV_LIKELY(sv_mac_equal(h->dst, i->mac)))
        return SV_DROP_NONE;
    return sv_eth_accept_group(i, b, h);
}

#endif
