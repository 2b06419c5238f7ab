/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP (RFC 826): questions, answers, probes and announcements, and what an arriving packet teaches. Which
 * addresses are ours is the network layer's to know: it tells, in struct sv_arp_ours, and does RFC 5227's
 * conflict detection itself (l3_network/acd.h). */
#ifndef SV_L2_ARP_H
#define SV_L2_ARP_H

#include "l2_link/arp_wire.h"
#include "l2_link/interface.h"

struct sv_link;

/* Asks who has `target`. source: our address, or 0.0.0.0 for a probe (RFC 5227 §2.1.1), or `target` itself for an
 * announcement (§2.3). to: one station, or NULL for everybody. Nothing is sent when memory is out: counted. */
void sv_arp_ask(struct sv_core *c, struct sv_interfaces *t, sv_port port, const struct sv_addr *source,
                const struct sv_addr *target, const uint8_t *to);

/* Answers a request. */
void sv_arp_answer(struct sv_core *c, struct sv_interfaces *t, sv_port port, const struct sv_arp_hdr *request);

/* What the network layer knows of the two addresses of an arriving packet. */
struct sv_arp_ours {
    bool target; /* a usable (not tentative) address of that interface */
    bool sender; /* an address of ours: a conflict, nothing is learned of it */
};

/* RFC 826's merge, and the answer to a question for us. Frees nothing: the packet stays the caller's.
 * NONE: it told or asked something; ARP_NOT_OURS. */
enum sv_drop sv_arp_receive(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_arp_hdr *h,
                            const uint8_t frame_dst[SV_MAC_BYTES], struct sv_arp_ours ours);

#endif
