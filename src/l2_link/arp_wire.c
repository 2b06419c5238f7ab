/* SPDX-License-Identifier: BSD-2-Clause */
#include "l2_link/arp_wire.h"

#define SV_ARP_HARDWARE_ETHERNET 1u

enum sv_drop sv_arp_parse(struct sv_buf *b, struct sv_arp_hdr *h)
{
    if (b->linear_length < SV_ARP_LEN && !sv_buf_gather(b, SV_ARP_LEN))
        return SV_DROP_SHORT_HEADER;
    return sv_arp_parse_bytes(sv_buf_head(b), b->linear_length, h);
}

enum sv_drop sv_arp_parse_bytes(const uint8_t *bytes, uint32_t n, struct sv_arp_hdr *h)
{
    struct sv_rd r = sv_rd_of(bytes, n);
    const uint16_t hardware = sv_rd_u16(&r);
    const uint16_t protocol = sv_rd_u16(&r);
    const uint8_t hardware_length = sv_rd_u8(&r);
    const uint8_t protocol_length = sv_rd_u8(&r);
    uint8_t sender[4], target[4];
    h->opcode = sv_rd_u16(&r);
    sv_rd_copy(&r, h->sender_mac, SV_MAC_BYTES);
    sv_rd_copy(&r, sender, sizeof sender);
    sv_rd_copy(&r, h->target_mac, SV_MAC_BYTES);
    sv_rd_copy(&r, target, sizeof target);
    h->sender = sv_addr_of_v4_bytes(sender);
    h->target = sv_addr_of_v4_bytes(target);
    if (r.short_read)
        return SV_DROP_SHORT_HEADER;
    if (hardware != SV_ARP_HARDWARE_ETHERNET || protocol != SV_ETHERTYPE_IP4)
        return SV_DROP_ARP_MALFORMED;
    if (hardware_length != SV_MAC_BYTES || protocol_length != 4)
        return SV_DROP_ARP_MALFORMED;
    if (h->opcode != SV_ARP_REQUEST && h->opcode != SV_ARP_REPLY)
        return SV_DROP_ARP_MALFORMED;
    if (sv_mac_is_group(h->sender_mac))
        return SV_DROP_ARP_MALFORMED;
    if (!sv_addr_is_any(&h->sender) && (!sv_addr_is_unicast(&h->sender) || sv_addr_is_loopback(&h->sender)))
        return SV_DROP_ARP_MALFORMED;
    return SV_DROP_NONE;
}

void sv_arp_emit(struct sv_buf *b, const struct sv_arp_hdr *h)
{
    uint8_t bytes[SV_ARP_LEN];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    sv_wr_u16(&w, SV_ARP_HARDWARE_ETHERNET);
    sv_wr_u16(&w, SV_ETHERTYPE_IP4);
    sv_wr_u8(&w, SV_MAC_BYTES);
    sv_wr_u8(&w, 4);
    sv_wr_u16(&w, h->opcode);
    sv_wr_copy(&w, h->sender_mac, SV_MAC_BYTES);
    sv_wr_copy(&w, h->sender.byte + 12, 4);
    sv_wr_copy(&w, h->target_mac, SV_MAC_BYTES);
    sv_wr_copy(&w, h->target.byte + 12, 4);
    SV_ASSERT(!w.overrun);
    sv_memcpy(sv_buf_push(b, SV_ARP_LEN), bytes, SV_ARP_LEN);
}
