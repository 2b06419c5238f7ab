/* SPDX-License-Identifier: BSD-2-Clause */
/* LLDP frames (IEEE 802.1AB-2009 §8, §9.2): a list of {type 7 bits, length 9 bits, value}: chassis, port, time to live
 * first and in that order, once each; an end. */
#ifndef SV_L2_LLDP_WIRE_H
#define SV_L2_LLDP_WIRE_H

#include "core/cursor.h"
#include "seven/drop.h"

#define SV_LLDP_ID_BYTES 64u
#define SV_LLDP_TEXT 64u

enum sv_lldp_type {
    SV_LLDP_END = 0,
    SV_LLDP_CHASSIS = 1,
    SV_LLDP_PORT = 2,
    SV_LLDP_TTL = 3,
    SV_LLDP_PORT_TEXT = 4,
    SV_LLDP_SYSTEM = 5,
    SV_LLDP_DESCRIPTION = 6,
    SV_LLDP_CAPABILITIES = 7,
};
enum { SV_LLDP_SUBTYPE_MAC = 4, SV_LLDP_SUBTYPE_NAME = 5, SV_LLDP_BRIDGE = 0x0004 };

/* What a neighbour says. Identifiers as on the wire: subtype, then the value; longer ones are cut. Texts end in a zero,
 * and hold whatever bytes the neighbour chose. */
struct sv_lldp_told {
    uint8_t chassis[SV_LLDP_ID_BYTES], port_id[SV_LLDP_ID_BYTES];
    uint8_t chassis_bytes, port_id_bytes;
    uint16_t ttl_s, capabilities; /* enabled ones */
    char port_text[SV_LLDP_TEXT], system[SV_LLDP_TEXT], description[SV_LLDP_TEXT];
};

/* n bytes behind the EtherType. LLDP_MALFORMED. */
enum sv_drop sv_lldp_parse(const uint8_t *bytes, uint32_t n, struct sv_lldp_told *t);

/* Writes it to `to`; the bytes, 0: it does not fit. */
uint32_t sv_lldp_emit(const struct sv_lldp_told *t, uint8_t *to, uint32_t room);

#endif
