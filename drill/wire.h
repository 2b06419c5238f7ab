/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of a script as bytes on the wire, and back. Whole IP packets without a link header, either family. */
#ifndef SV_DRILL_WIRE_H
#define SV_DRILL_WIRE_H

#include "drill/script.h"
#include "seven/base.h"

#define SV_DRILL_PACKET_BYTES 65575u /* an IPv6 header and the longest payload */

/* The two ends of a conversation: "local" is the stack under test. */
struct sv_drill_ends {
    bool six;
    struct sv_addr local, remote;
    uint16_t local_port, remote_port;
};

/* Writes a packet from the remote end with the numbers of `k` as they are; the ports of `ends` where it names none. The
 * length; 0: `why` says what cannot be written. */
size_t sv_drill_write(const struct sv_drill_packet *k, const struct sv_drill_ends *ends, uint8_t *to, char *why,
                      size_t why_size);

/* A packet of the stack's, taken apart. */
struct sv_drill_seen {
    sv_time at;
    bool six;
    struct sv_addr source, destination;
    uint8_t protocol; /* of the wire: 1, 6, 17, 58 */
    uint8_t tos, ttl;
    uint32_t flow_label;
    uint16_t source_port, destination_port;
    uint32_t seq, ack, length; /* length: payload bytes of TCP and UDP */
    uint16_t flags;            /* enum sv_drill_flag */
    uint8_t reserved;          /* the three bits behind the data offset that must be zero */
    uint16_t window, urgent;
    uint8_t option[40];
    uint32_t options; /* bytes in option[] */
    uint8_t icmp_type, icmp_code;
    uint32_t icmp_rest; /* the second word of the ICMP header */
    bool zeros;         /* the payload is nothing but zeros */
    const char *wrong;  /* no valid packet: why; NULL */
};
void sv_drill_read(const uint8_t *packet, size_t n, struct sv_drill_seen *seen);

/* Numbers of ICMP's words ("unreachable", "port_unreachable", "type_3", "code_4"); -1: no such word. code NULL: 0. */
int sv_drill_icmp_type(const char *type, bool six);
int sv_drill_icmp_code(const char *type, const char *code, bool six);

#endif
