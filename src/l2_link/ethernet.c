/* SPDX-License-Identifier: BSD-2-Clause */
#include "l2_link/ethernet.h"

#include "l2_link/llc_wire.h"

const uint8_t sv_mac_broadcast[SV_MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

enum sv_drop sv_eth_parse_llc(struct sv_buf *b, struct sv_eth_hdr *h)
{
    uint8_t bytes[8];
    struct sv_llc_hdr llc;
    const uint16_t length = h->type;
    if (length > b->length - SV_ETH_HDR_LEN)
        return SV_DROP_LLC_MALFORMED;
    const uint32_t n = sv_min_u32(length, sizeof bytes);
    const bool read = sv_buf_read(b, SV_ETH_HDR_LEN, bytes, n);
    SV_ASSERT(read);
    const enum sv_drop why = sv_llc_parse(bytes, n, (uint16_t)n, &llc);
    if (why != SV_DROP_NONE)
        return why;
    if (!llc.is_snap || llc.oui != 0)
        return SV_DROP_UNKNOWN_ETHERTYPE;
    const uint16_t header = (uint16_t)(SV_ETH_HDR_LEN + llc.header_bytes);
    if (!sv_buf_gather(b, header))
        return SV_DROP_NO_MEMORY;
    sv_buf_truncate(b, SV_ETH_HDR_LEN + (uint32_t)length); /* what follows is padding */
    h->type = llc.type;
    sv_buf_pull(b, header);
    b->l3 = b->head;
    return SV_DROP_NONE;
}

enum sv_drop sv_eth_accept_group(const struct sv_interface *i, struct sv_buf *b, const struct sv_eth_hdr *h)
{
    if (!sv_mac_is_group(h->dst))
        return i->promiscuous ? SV_DROP_NONE : SV_DROP_NOT_FOR_US;
    b->flags |= SV_BUF_BROADCAST;
    const uint64_t takes = i->multicast_filter | SV_ETH_FILTER_ALL_NODES;
    if (sv_mac_equal(h->dst, sv_mac_broadcast) || i->all_multicast || i->promiscuous ||
        (takes & sv_eth_filter_bit(h->dst)) != 0)
        return SV_DROP_NONE;
    return SV_DROP_NOT_FOR_US;
}
