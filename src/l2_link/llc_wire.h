/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind an 802.3 length (a "type" field below 0x0600): LLC (IEEE 802.2 §3), and SNAP (RFC 1042) when both
 * its access points are 0xaa. The rest of the frame behind `length` bytes is padding. */
#ifndef SV_L2_LLC_WIRE_H
#define SV_L2_LLC_WIRE_H

#include "l2_link/ethernet_wire.h"

#define SV_LLC_BYTES 3u
#define SV_LLC_SAP_STP 0x42u
#define SV_LLC_SAP_SNAP 0xaau
#define SV_LLC_UI 0x03u

struct sv_llc_hdr {
    uint8_t dsap, ssap;
    uint16_t control; /* one byte for unnumbered frames, else two */
    uint8_t is_snap;
    uint32_t oui; /* of SNAP: 0 says that `type` is an EtherType */
    uint16_t type;
    uint16_t header_bytes; /* LLC, and SNAP if there */
    uint16_t payload_bytes;
};

/* bytes: n of them, from behind the length field, whose value is `length`. LLC_MALFORMED: longer than the frame, or too
 * short for its own header. */
static inline enum sv_drop sv_llc_parse(const uint8_t *bytes, uint32_t n, uint16_t length, struct sv_llc_hdr *h)
{
    sv_memset(h, 0, sizeof *h);
    if (length > n || length >= SV_ETHERTYPE_MIN)
        return SV_DROP_LLC_MALFORMED;
    struct sv_rd r = sv_rd_of(bytes, length);
    h->dsap = sv_rd_u8(&r);
    h->ssap = sv_rd_u8(&r);
    h->control = sv_rd_u8(&r);
    if ((h->control & 3u) != 3u) /* information and supervisory frames: numbered, 16 bits */
        h->control = (uint16_t)(h->control << 8 | sv_rd_u8(&r));
    if (h->dsap == SV_LLC_SAP_SNAP && h->ssap == SV_LLC_SAP_SNAP && h->control == SV_LLC_UI) {
        h->is_snap = 1;
        h->oui = (uint32_t)sv_rd_u8(&r) << 16;
        h->oui |= sv_rd_u16(&r);
        h->type = sv_rd_u16(&r);
    }
    if (r.short_read)
        return SV_DROP_LLC_MALFORMED;
    h->header_bytes = (uint16_t)(length - sv_rd_left(&r));
    h->payload_bytes = (uint16_t)sv_rd_left(&r);
    return SV_DROP_NONE;
}

#endif
