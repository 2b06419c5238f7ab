/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet II (IEEE 802.3-2018 §3, RFC 894): destination, source, type. The frame check sequence is the
 * physical layer's. Parsing pulls the header, emitting pushes it; b->l2 and b->l3 are set by both. */
#ifndef SV_L2_ETHERNET_WIRE_H
#define SV_L2_ETHERNET_WIRE_H

#include "core/addr.h"
#include "seven/buf.h"
#include "seven/drop.h"

#define SV_MAC_BYTES 6u
#define SV_ETH_HDR_LEN 14u
#define SV_ETHERTYPE_IP4 0x0800u
#define SV_ETHERTYPE_ARP 0x0806u
#define SV_ETHERTYPE_VLAN 0x8100u
#define SV_ETHERTYPE_IP6 0x86ddu
#define SV_ETHERTYPE_LLDP 0x88ccu
#define SV_ETHERTYPE_MIN 0x0600u /* below it the field is an 802.3 length */

struct sv_eth_hdr {
    uint8_t dst[SV_MAC_BYTES];
    uint8_t src[SV_MAC_BYTES];
    uint16_t type; /* host order */
};

extern const uint8_t sv_mac_broadcast[SV_MAC_BYTES];

static inline bool sv_mac_is_group(const uint8_t mac[SV_MAC_BYTES])
{
    return (mac[0] & 1u) != 0; /* multicast, broadcast among them */
}
static inline bool sv_mac_equal(const uint8_t a[SV_MAC_BYTES], const uint8_t b[SV_MAC_BYTES])
{
    return sv_memcmp(a, b, SV_MAC_BYTES) == 0;
}

/* h->type is an 802.3 length, and the head still at the addresses: with SNAP (RFC 1042) behind it an EtherType is found
 * there, and all of it pulled off and the padding cut. LLC_MALFORMED, UNKNOWN_ETHERTYPE (another protocol of LLC's),
 * NO_MEMORY. */
enum sv_drop sv_eth_parse_llc(struct sv_buf *b, struct sv_eth_hdr *h);

/* Reads the header and pulls it off. SHORT_HEADER, sv_eth_parse_llc()'s reasons,
 * BAD_SOURCE (a group address cannot send, IEEE 802.3 §3.2.3). */
static inline enum sv_drop sv_eth_parse(struct sv_buf *b, struct sv_eth_hdr *h)
{
    if (SV_UNLIKELY(b->linear_length < SV_ETH_HDR_LEN) && !sv_buf_gather(b, SV_ETH_HDR_LEN))
        return SV_DROP_SHORT_HEADER;
    const uint8_t *p = sv_buf_head(b);
    sv_memcpy(h->dst, p, SV_MAC_BYTES);
    sv_memcpy(h->src, p + 6, SV_MAC_BYTES);
    h->type = sv_get_u16(p + 12);
    b->l2 = b->head;
    if (SV_UNLIKELY(sv_mac_is_group(h->src)))
        return SV_DROP_BAD_SOURCE;
    if (SV_UNLIKELY(h->type < SV_ETHERTYPE_MIN))
        return sv_eth_parse_llc(b, h);
    sv_buf_pull(b, SV_ETH_HDR_LEN);
    b->l3 = b->head;
    return SV_DROP_NONE;
}

/* Pushes the 14 bytes. */
static inline void sv_eth_emit(struct sv_buf *b, const uint8_t dst[SV_MAC_BYTES], const uint8_t src[SV_MAC_BYTES],
                               uint16_t type)
{
    b->l3 = b->head;
    uint8_t *p = sv_buf_push(b, SV_ETH_HDR_LEN);
    b->l2 = b->head;
    sv_memcpy(p, dst, SV_MAC_BYTES);
    sv_memcpy(p + 6, src, SV_MAC_BYTES);
    sv_put_u16(p + 12, type);
}

/* The group address of an IPv4 multicast destination (RFC 1112 §6.4): 23 bits survive. */
static inline void sv_mac_of_multicast_v4(uint32_t group, uint8_t mac[SV_MAC_BYTES])
{
    mac[0] = 0x01;
    mac[1] = 0x00;
    mac[2] = 0x5e;
    mac[3] = (uint8_t)(group >> 16 & 0x7fu);
    mac[4] = (uint8_t)(group >> 8);
    mac[5] = (uint8_t)group;
}

/* The same for either family; IPv6: 33:33 and the last 32 bits (RFC 2464 §7). */
static inline void sv_mac_of_multicast(const struct sv_addr *group, uint8_t mac[SV_MAC_BYTES])
{
    if (sv_addr_is_v4(group)) {
        sv_mac_of_multicast_v4(sv_addr_v4_number(group), mac);
        return;
    }
    mac[0] = mac[1] = 0x33;
    sv_memcpy(mac + 2, group->byte + 12, 4);
}

#endif
