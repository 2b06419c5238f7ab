/* SPDX-License-Identifier: BSD-2-Clause */
/* Address conflict detection (RFC 5227): an IPv4 address is probed three times before it is used, announced
 * twice, and defended once every ten seconds. In conflict it is not used; probing begins again after a minute
 * (RATE_LIMIT_INTERVAL, whatever the count of conflicts). Also the network layer's end of ARP: who is ours. */
#ifndef SV_L3_ACD_H
#define SV_L3_ACD_H

#include "l2_link/interface.h"

struct sv_net;

/* RFC 5227 §1.1 */
#define SV_ACD_PROBE_WAIT_MS 1000u
#define SV_ACD_PROBE_NUM 3u
#define SV_ACD_PROBE_MIN_MS 1000u
#define SV_ACD_PROBE_MAX_MS 2000u
#define SV_ACD_ANNOUNCE_WAIT_MS 2000u
#define SV_ACD_ANNOUNCE_NUM 2u
#define SV_ACD_ANNOUNCE_INTERVAL_MS 2000u
#define SV_ACD_RATE_LIMIT_INTERVAL_MS 60000u
#define SV_ACD_DEFEND_INTERVAL_MS 10000u

enum sv_acd_phase { SV_ACD_IDLE, SV_ACD_PROBING, SV_ACD_ANNOUNCING, SV_ACD_RESTING };

/* Begins to probe an address, or lets it be used at once when its interface says so (SV_IF_NO_ARP_PROBE) or it is
 * not IPv4. While the interface is down it only waits. */
void sv_acd_start(struct sv_core *c, struct sv_net *net, uint32_t index);

/* RFC 5227 §2.1: an interface that comes up may be on another link: probe anew. */
void sv_acd_link_changed(struct sv_core *c, struct sv_net *net, sv_port port, bool up);

/* The wheel woke address `index` (SV_WHEEL_ADDRESS). */
void sv_acd_expire(struct sv_core *c, struct sv_net *net, uint32_t index);

/* Takes an ARP packet in: head behind the Ethernet header h. Conflicts first, then RFC 826. */
void sv_acd_receive_arp(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take,
                        const struct sv_eth_hdr *h);

#endif
