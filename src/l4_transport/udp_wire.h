/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP's 8 bytes (RFC 768), parsed and emitted. */
#ifndef SV_L4_UDP_WIRE_H
#define SV_L4_UDP_WIRE_H

#include "l3_network/ip_wire.h"
#include "seven/buf.h"
#include "seven/drop.h"

#define SV_UDP_HDR_LEN 8u
#define SV_UDP_PAYLOAD_MAX 65507u     /* 65535 less IPv4's 20 and our 8 */
#define SV_UDP_PAYLOAD_MAX_IP6 65527u /* IPv6's length does not count its header */

struct sv_udp_hdr {
    uint16_t src_port, dst_port;
    uint16_t length; /* header and data */
};

/* Parses at b->l4, verifies the checksum (0 over IPv4: none was made, RFC 768; over IPv6 a drop, RFC 8200 §8.1),
 * cuts what IP carried beyond, sets b->payload. SHORT_HEADER, BAD_LENGTH, BAD_CHECKSUM. */
enum sv_drop sv_udp_parse(struct sv_buf *b, const struct sv_ip_hdr *ip, struct sv_udp_hdr *h, uint32_t cpu);

/* Pushes the header in front of the data, with the checksum over the pseudo-header, it and the data. */
void sv_udp_emit(struct sv_buf *b, const struct sv_addr *src, const struct sv_addr *dst, uint16_t src_port,
                 uint16_t dst_port, uint32_t cpu);

#endif
