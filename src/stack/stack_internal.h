/* SPDX-License-Identifier: BSD-2-Clause */
/* One host: every layer's state in one record of the arena. */
#ifndef SV_STACK_INTERNAL_H
#define SV_STACK_INTERNAL_H

#include "l3_network/net.h"
#include "l4_transport/tcp.h"
#include "l4_transport/udp.h"
#include "l5_session/session.h"
#include "seven/stack.h"
#include "stack/node.h"

struct sv_stack {
    struct sv_node node;   /* first: a stack is a node */
    uint32_t checked;      /* test builds: look at everything on entry and exit of each verb */
    sv_time starved_until; /* a connection found no memory for its packet: ask again then; 0: none did */
    struct sv_core core;
    struct sv_net net;
    struct sv_udp udp;
    struct sv_tcp tcp;
    struct sv_session session;
};

/* --- way_in.c, way_out.c: what the node's verbs do --- */
void sv_stack_receive(struct sv_stack *s, sv_port in, struct sv_burst *take, sv_time now);
uint32_t sv_stack_transmit(struct sv_stack *s, sv_port out, struct sv_room room, struct sv_burst *give, sv_time now);
sv_port sv_stack_next_output(const struct sv_stack *s, sv_port after);

/* way_in_icmp.c: takes an ICMP or ICMPv6 packet for us in. */
void sv_stack_icmp(struct sv_stack *s, sv_port in, struct sv_buf *b, const struct sv_ip_hdr *ip);

/* Packets to ourselves, taken in. */
void sv_stack_drain_loop(struct sv_stack *s);

/* Sends an answer of TCP's that belongs to no full connection. */
void sv_stack_reply(struct sv_stack *s, const struct sv_tcp_reply *reply);

/* --- refuse.c --- */
void sv_stack_refuse_by_icmp(struct sv_stack *s, const struct sv_tcp_reply *syn, enum sv_refusal how);

/* The transport checksum of a packet whose TCP header is pushed; `sum`: of that header and what follows. */
void sv_stack_tcp_checksum(const struct sv_addr *src, const struct sv_addr *dst, struct sv_buf *b, uint16_t sum);

/* --- joins.c --- */
void sv_stack_leave_all(struct sv_stack *s, sv_sock u); /* the socket is about to close */

/* --- timers.c --- */
sv_time sv_stack_next_deadline(const struct sv_stack *s);
void sv_stack_expire(struct sv_stack *s, sv_time now);
void sv_stack_after_slowly(struct sv_stack *s);
/* What a verb set in motion: neighbours that changed, packets that waited for them in vain, packets to ourselves,
 * fragments that the translator lets go. */
static inline void sv_stack_after(struct sv_stack *s)
{
    const struct sv_neighbours *n = &s->net.link.neighbours;
    if (SV_UNLIKELY(n->changed_first != SV_NONE || n->refused.packets || s->net.loop.packets ||
                    s->net.nat.released_first != SV_NONE))
        sv_stack_after_slowly(s);
}

/* --- capture.c --- */
/* Shows a frame to the trace as it is on the wire: a super-frame is split into its segments, an unfinished
 * checksum completed, in the copy that the trace gets. b's head is the Ethernet header. */
SV_COLD void sv_stack_capture(struct sv_stack *s, enum sv_trace_kind kind, const struct sv_buf *b, sv_port port);

#endif
