/* SPDX-License-Identifier: BSD-2-Clause */
/* What a switch reads of multicast packets: their group, and the messages by which hosts join groups and routers ask
 * who has: IGMP versions 1 to 3 (RFC 1112, 2236, 3376), MLD versions 1 and 2 (RFC 2710, 3810). */
#ifndef SV_L2_SNOOP_WIRE_H
#define SV_L2_SNOOP_WIRE_H

#include "core/addr.h"
#include "core/cursor.h"
#include "seven/drop.h"

enum sv_snoop_kind {
    SV_SNOOP_DATA,   /* no message of these protocols */
    SV_SNOOP_QUERY,  /* group "any": a general one */
    SV_SNOOP_REPORT, /* of one group */
    SV_SNOOP_LEAVE,
    SV_SNOOP_RECORDS, /* IGMPv3, MLDv2: walk them with sv_snoop_record() */
};

struct sv_snoop_msg {
    enum sv_snoop_kind kind;
    uint8_t version; /* 4, 6: of IP */
    struct sv_addr src, dst, group;
    uint32_t max_response_ms;
    struct sv_rd records;
    uint32_t left; /* records */
};

/* n bytes of a packet from its IP header on; `type` is the EtherType. SNOOP_MALFORMED: a message that contradicts
 * itself or does not add up; SHORT_HEADER, BAD_VERSION, BAD_LENGTH: no whole IP packet. */
enum sv_drop sv_snoop_parse(const uint8_t *bytes, uint32_t n, uint16_t type, struct sv_snoop_msg *m);

/* The next record: its group, and whether its sender wants anything of it. False: no more. */
bool sv_snoop_record(struct sv_snoop_msg *m, struct sv_addr *group, bool *wants);

#endif
