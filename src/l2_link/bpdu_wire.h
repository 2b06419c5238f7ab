/* SPDX-License-Identifier: BSD-2-Clause */
/* Bridge protocol data units (IEEE 802.1D-2004 §9.3), from behind the LLC header: configuration and topology change
 * notification of the old protocol (version 0), and the rapid one's (version 2). Times are seconds in 256ths. */
#ifndef SV_L2_BPDU_WIRE_H
#define SV_L2_BPDU_WIRE_H

#include "core/cursor.h"
#include "seven/drop.h"

#define SV_BPDU_TCN_BYTES 4u
#define SV_BPDU_CONFIG_BYTES 35u
#define SV_BPDU_RST_BYTES 36u
#define SV_BPDU_MAX_BYTES SV_BPDU_RST_BYTES

enum sv_bpdu_type { SV_BPDU_CONFIG = 0x00, SV_BPDU_RST = 0x02, SV_BPDU_TCN = 0x80 };

enum sv_bpdu_flag {
    SV_BPDU_TC = 0x01,
    SV_BPDU_PROPOSAL = 0x02,
    SV_BPDU_LEARNING = 0x10,
    SV_BPDU_FORWARDING = 0x20,
    SV_BPDU_AGREEMENT = 0x40,
    SV_BPDU_TC_ACK = 0x80,
};
/* Bits 2 and 3 of the flags. */
enum sv_bpdu_role { SV_BPDU_UNKNOWN, SV_BPDU_ALTERNATE_OR_BACKUP, SV_BPDU_ROOT, SV_BPDU_DESIGNATED };

struct sv_bpdu {
    uint8_t version, type, flags;
    uint8_t role; /* enum sv_bpdu_role; of an RST BPDU */
    uint64_t root, bridge;
    uint32_t cost;
    uint16_t port;
    uint16_t message_age, max_age, hello, forward_delay; /* whole seconds, rounded up */
};

/* n bytes from the protocol identifier on; more than the BPDU's own is padding. BPDU_MALFORMED. */
enum sv_drop sv_bpdu_parse(const uint8_t *bytes, uint32_t n, struct sv_bpdu *p);

/* Writes it; the bytes written. */
uint32_t sv_bpdu_emit(const struct sv_bpdu *p, uint8_t to[SV_BPDU_MAX_BYTES]);

#endif
