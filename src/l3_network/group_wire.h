/* SPDX-License-Identifier: BSD-2-Clause */
/* IGMP versions 1 to 3 (RFC 1112, 2236, 3376) and MLD 1 and 2 (RFC 2710, 3810) as one vocabulary: MLDv1 is IGMPv2's
 * twin, MLDv2 IGMPv3's, so `version` counts as IGMP does. Bytes are those from the type on. IGMP's checksum is verified
 * and written here, MLD's by ICMPv6. */
#ifndef SV_L3_GROUP_WIRE_H
#define SV_L3_GROUP_WIRE_H

#include "core/addr.h"
#include "seven/drop.h"

#define SV_PROTO_IGMP 2u

enum sv_igmp_type {
    SV_IGMP_QUERY = 0x11,
    SV_IGMP_REPORT_V1 = 0x12,
    SV_IGMP_REPORT_V2 = 0x16,
    SV_IGMP_LEAVE = 0x17,
    SV_IGMP_REPORT_V3 = 0x22,
};
enum sv_mld_type { SV_MLD_QUERY = 130, SV_MLD_REPORT = 131, SV_MLD_DONE = 132, SV_MLD_REPORT_V2 = 143 };

enum sv_group_kind { SV_GROUP_QUERY, SV_GROUP_REPORT, SV_GROUP_LEAVE, SV_GROUP_RECORDS };

/* RFC 3376 §4.2.12 */
enum sv_group_record_type {
    SV_GROUP_IS_INCLUDE = 1,
    SV_GROUP_IS_EXCLUDE = 2,
    SV_GROUP_TO_INCLUDE = 3,
    SV_GROUP_TO_EXCLUDE = 4,
    SV_GROUP_ALLOW = 5,
    SV_GROUP_BLOCK = 6,
};

struct sv_group_msg {
    uint8_t kind;       /* enum sv_group_kind */
    uint8_t version;    /* 1 to 3 */
    bool six;           /* MLD */
    bool suppress;      /* a query's S flag */
    uint8_t robustness; /* QRV; 0: not told */
    struct sv_addr group;
    uint32_t max_response_ms;
    uint32_t query_interval_s; /* QQIC; 0: not told */
    uint32_t sources;          /* of a query, or records of a report */
    const uint8_t *list;       /* sources of 4 or 16 bytes, or records: borrowed, lengths checked */
    uint32_t list_length;
};

/* SHORT_HEADER, BAD_CHECKSUM (IGMP), GROUP_MALFORMED: an unknown type, a length that no version has, lists that run
 * over, a group that is none. */
enum sv_drop sv_igmp_parse(const uint8_t *bytes, uint32_t n, struct sv_group_msg *m);
enum sv_drop sv_mld_parse(const uint8_t *bytes, uint32_t n, struct sv_group_msg *m);

/* Source `i` of a query. */
struct sv_addr sv_group_source(const struct sv_group_msg *m, uint32_t i);

/* A record out of the list of a report that was parsed; false: no more. `r` begins over m->list. */
struct sv_group_record {
    uint8_t type; /* enum sv_group_record_type */
    struct sv_addr group;
    uint32_t sources;
    const uint8_t *list;
};
bool sv_group_next_record(struct sv_rd *r, bool six, struct sv_group_record *record);

/* RFC 3376 §4.1.1 and §4.1.7: 8 bits, from 128 on a mantissa and an exponent; and RFC 3810 §5.1.3's 16 bits. */
uint32_t sv_group_code8(uint32_t code);
uint32_t sv_group_code16(uint32_t code);

/* --- emitting; IGMP's checksum is written by sv_igmp_finish(), MLD's by whoever makes the ICMPv6 packet. --- */

/* A query or report or leave of versions 1 and 2; a query of version 3 without sources. code: as on the wire. */
void sv_group_emit(struct sv_wr *w, const struct sv_group_msg *m, uint32_t code);
/* The beginning of a version 3 report. */
void sv_group_emit_report(struct sv_wr *w, bool six, uint32_t records);
void sv_group_emit_record(struct sv_wr *w, bool six, enum sv_group_record_type type, const struct sv_addr *group,
                          const struct sv_addr *sources, uint32_t n);
void sv_igmp_finish(uint8_t *bytes, uint32_t n);

#endif
