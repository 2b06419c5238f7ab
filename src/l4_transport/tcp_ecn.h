/* SPDX-License-Identifier: BSD-2-Clause */
/* Explicit congestion notification: RFC 3168 as RFC 8311 relaxed it; DCTCP's way of echoing, RFC 8257 §3.2.
 *
 * A connection without ECN pays one test of a bit that its segment looks at anyway. */
#ifndef SV_L4_TCP_ECN_H
#define SV_L4_TCP_ECN_H

#include <stdbool.h>
#include <stdint.h>

struct sv_seg;
struct sv_tcb;
struct sv_tcp;

/* The codepoints of the IP header's field: RFC 3168 §5. */
enum sv_ip_ecn { SV_IP_NOT_ECT, SV_IP_ECT1, SV_IP_ECT0, SV_IP_CE };

/* --- opening: enum sv_tcp_bit to add to the flags of our SYN --- */
uint16_t sv_tcp_ecn_syn(const struct sv_tcb *t);
/* What a SYN makes of an answer of ours (enum sv_tcp_agreed, 0: nothing). */
uint32_t sv_tcp_ecn_of_syn(const struct sv_tcp *tcp, const struct sv_seg *s);
/* What the SYN,ACK makes of our SYN. */
uint32_t sv_tcp_ecn_of_syn_ack(const struct sv_tcb *t, const struct sv_seg *s);

/* Of new data. */
uint8_t sv_tcp_ecn_codepoint(const struct sv_tcb *t);

/* A segment for a connection that agreed on ECN, before anything else looks at it: a mark is remembered for the
 * echo, an echo is answered by a smaller window. */
void sv_tcp_ecn_arrives(struct sv_tcb *t, const struct sv_seg *s);

#endif
