/* SPDX-License-Identifier: BSD-2-Clause */
/* What a switch reads of multicast packets: their group, and the messages by which hosts join groups and routers ask
 * who has (l3_network/group_wire.h), out of the packet that carries them. */
#ifndef SV_L2_SNOOP_WIRE_H
#define SV_L2_SNOOP_WIRE_H

#include "core/cursor.h"
#include "l3_network/group_wire.h"

#define SV_SNOOP_HEAD_BYTES 40u /* that sv_snoop_head() looks at */

struct sv_snoop_msg {
    bool tells;      /* a message of IGMP or MLD: `told` */
    uint8_t version; /* 4, 6: of IP */
    struct sv_addr src, dst;
    struct sv_group_msg told;
};

/* The addresses of a packet, n bytes of it from its IP header on; `type` is the EtherType. m->tells: by its header it
 * may carry a message: give all of it to sv_snoop_parse(). SHORT_HEADER, BAD_VERSION. */
enum sv_drop sv_snoop_head(const uint8_t *bytes, uint32_t n, uint16_t type, struct sv_snoop_msg *m);

/* The same, and its message; m->told borrows from `bytes`. SNOOP_MALFORMED: one that contradicts itself or does not add
 * up; SHORT_HEADER, BAD_VERSION, BAD_LENGTH: no whole IP packet. */
enum sv_drop sv_snoop_parse(const uint8_t *bytes, uint32_t n, uint16_t type, struct sv_snoop_msg *m);

/* The next record of a report, `r` over m->told.list: its group, and whether its sender wants anything of it. False: no
 * more. */
bool sv_snoop_record(struct sv_rd *r, const struct sv_snoop_msg *m, struct sv_addr *group, bool *wants);

/* A question as a packet from its IP header on, with the router alert that both protocols ask for: from `src` about
 * `group` (any: a general one, to all nodes). Room for SV_SNOOP_QUERY_BYTES; the bytes written. */
#define SV_SNOOP_QUERY_BYTES 80u
uint32_t sv_snoop_query_emit(const struct sv_addr *src, const struct sv_addr *group, uint32_t interval_s, uint8_t *to);

/* The group address of Ethernet that a group of IP maps to (RFC 1112 §6.4, RFC 2464 §7). */
void sv_snoop_mac(const struct sv_addr *group, uint8_t mac[6]);

#endif
