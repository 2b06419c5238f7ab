/* SPDX-License-Identifier: BSD-2-Clause */
/* Explicit congestion notification: RFC 3168 as RFC 8311 relaxed it; DCTCP's way of echoing, RFC 8257 §3.2; and who
 * agrees with whom on which feedback, RFC 9768 §3.1. AccECN's own feedback is tcp_accecn.c's.
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

/* What a SYN of ours asks for; then what was agreed on (cold.ecn). 1 is NONE, too. */
enum sv_ecn_kind { SV_ECN_KIND_NONE = 0, SV_ECN_KIND_CLASSIC = 2, SV_ECN_KIND_ACCURATE = 3 };

/* enum sv_ecn_mode less one: what a SYN of ours asks for. */
static inline uint32_t sv_ecn_asks(uint32_t mode)
{
    static const uint8_t kinds[] = {0, 0, SV_ECN_KIND_CLASSIC, SV_ECN_KIND_ACCURATE, SV_ECN_KIND_CLASSIC, 0};
    return kinds[mode];
}

/* --- opening: enum sv_tcp_bit to add to the flags of our SYN --- */
uint16_t sv_tcp_ecn_syn(const struct sv_tcb *t);
/* Does its SYN,ACK go out, of a full record: the same. */
uint16_t sv_tcp_ecn_answer(struct sv_tcb *t);
/* What a SYN makes of an answer of ours: enum sv_ecn_kind. */
uint32_t sv_tcp_ecn_of_syn(const struct sv_tcp *tcp, const struct sv_seg *s);
/* What the SYN,ACK makes of our SYN, or the SYN that crosses it. */
uint32_t sv_tcp_ecn_of_syn_ack(const struct sv_tcb *t, const struct sv_seg *s);
/* That is agreed on, by a connection in SYN-SENT. */
void sv_tcp_ecn_agree(struct sv_tcb *t, uint32_t kind, const struct sv_seg *s);
/* The codepoint it came with: enum sv_ip_ecn. */
uint32_t sv_tcp_ecn_codepoint_of(const struct sv_seg *s);
/* The first window is one segment, for the peer's answer says that our SYN was marked. */
bool sv_tcp_ecn_syn_marked(const struct sv_tcb *t);

/* --- half-open records: what their bits say of it --- */
enum sv_small_ecn {
    SV_SMALL_ECN_NONE,
    SV_SMALL_ECN_CLASSIC,
    SV_SMALL_ECN_MUTED,        /* AccECN; but a SYN or SYN,ACK did not say so, and ECT is not set (RFC 9768 §3.1.5) */
    SV_SMALL_ECN_ACCURATE = 4, /* and the codepoint of the SYN that came last */
};
struct sv_tcp_small;
struct sv_tcp_header;
uint32_t sv_small_ecn(const struct sv_tcp_small *m);
void sv_small_set_ecn(struct sv_tcp_small *m, uint32_t ecn);
uint32_t sv_small_ecn_of_syn(const struct sv_tcp *tcp, const struct sv_seg *s);
/* The flags of its SYN,ACK, and AccECN's option. */
void sv_small_ecn_syn_ack(const struct sv_tcp *tcp, const struct sv_tcp_small *m, struct sv_tcp_header *h);
/* Its SYN comes again, perhaps another one. False: it asks for another kind than before, and the connection must be
 * reset (§3.1.5). */
bool sv_small_ecn_syn_again(const struct sv_tcp *tcp, struct sv_tcp_small *m, const struct sv_seg *s);
/* ... and is answered: though it no longer asks for AccECN, its codepoint is told (§3.1.5). */
void sv_small_ecn_reflect(const struct sv_tcp_small *m, const struct sv_seg *s, struct sv_tcp_header *h);
/* A full record is made of it; options were agreed on. */
void sv_small_ecn_promote(struct sv_tcb *t, const struct sv_tcp_small *m);
/* No record was kept: what the third message tells (§5.1). */
uint32_t sv_small_ecn_of_cookie(const struct sv_tcp *tcp, const struct sv_seg *s);

/* Of new data. */
uint8_t sv_tcp_ecn_codepoint(const struct sv_tcb *t);
/* Of a turn that has no new data, or more than that. */
uint8_t sv_tcp_ecn_codepoint_else(const struct sv_tcb *t);

/* A segment for a connection that agreed on ECN, before anything else looks at it: a mark is remembered for the
 * echo, an echo is answered by a smaller window. */
void sv_tcp_ecn_arrives(struct sv_tcb *t, struct sv_seg *s);

#endif
