/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP's 28 bytes over Ethernet for IPv4 (RFC 826), parsed and emitted. */
#ifndef SV_L2_ARP_WIRE_H
#define SV_L2_ARP_WIRE_H

#include "core/addr.h"
#include "l2_link/ethernet_wire.h"

#define SV_ARP_LEN 28u

enum sv_arp_opcode { SV_ARP_REQUEST = 1, SV_ARP_REPLY = 2 };

struct sv_arp_hdr {
    uint16_t opcode; /* enum sv_arp_opcode */
    uint8_t sender_mac[SV_MAC_BYTES], target_mac[SV_MAC_BYTES];
    struct sv_addr sender, target; /* v4-mapped; 0.0.0.0 as sender: a probe (RFC 5227 §1.1) */
};

/* SHORT_HEADER: fewer than 28 bytes. ARP_MALFORMED: not Ethernet over IPv4, an unknown opcode, or a sender
 * that no station can be (a group MAC, a multicast or broadcast address). */
enum sv_drop sv_arp_parse(struct sv_buf *b, struct sv_arp_hdr *h);
enum sv_drop sv_arp_parse_bytes(const uint8_t *bytes, uint32_t n, struct sv_arp_hdr *h);

/* Pushes the 28 bytes in front of an empty packet. */
void sv_arp_emit(struct sv_buf *b, const struct sv_arp_hdr *h);

#endif
