/* SPDX-License-Identifier: BSD-2-Clause */
/* More accurate ECN feedback: AccECN, RFC 9768. Each end counts what came to it by codepoint, and tells its counts in
 * every segment: three bits of packets marked CE in the flags AE, CWR and ECE (the ACE field), and in an option, where
 * there is room, 24 bits each of bytes by codepoint. The negotiation is tcp_ecn.c's.
 *
 * A connection that agreed on it keeps SV_TCP_ECN_ECHO set, so that each of its segments passes the rare part of the
 * header. It has a record beside its cold one, in a table that exists where the stack's configuration wants AccECN. */
#ifndef SV_L4_TCP_ACCECN_H
#define SV_L4_TCP_ACCECN_H

#include "l4_transport/tcp_internal.h"

enum sv_accecn_flag {
    SV_ACCECN_NOT_ECT = 1u << 0,      /* we do not set ECT: the path changes it (§3.2.2.3), or §3.1.5 forbids it */
    SV_ACCECN_DEAF = 1u << 1,         /* what the peer tells is not heeded: §3.2.2.1 note 1, §3.2.2.4 */
    SV_ACCECN_HEARD = 1u << 2,        /* a counter came, and was not zero */
    SV_ACCECN_OPTION_SEEN = 1u << 3,  /* an option came */
    SV_ACCECN_OPTION_DEAF = 1u << 4,  /* options are not read: §3.2.3.2.4 */
    SV_ACCECN_OPTION_MUTE = 1u << 5,  /* nor sent: §3.2.3.2.2 */
    SV_ACCECN_HANDSHAKE = 1u << 6,    /* the next bare acknowledgement tells the SYN,ACK's codepoint: §3.2.2.1 */
    SV_ACCECN_SYN_COUNTED = 1u << 7,  /* a SYN,ACK marked CE was counted, once: §3.2.2.2 */
    SV_ACCECN_LAST_CE = 1u << 8,      /* the packet before was marked */
    SV_ACCECN_SYN_MARKED = 1u << 9,   /* the peer says so of our SYN or SYN,ACK */
    SV_ACCECN_FIRST_DATA = 1u << 10,  /* the first data carried an option */
    SV_ACCECN_RESERVES = 1u << 11,    /* segments leave room for the option */
    SV_ACCECN_NOT_ENDLESS = 1u << 12, /* something arrived that was not marked: marks mean what they say */
};

/* Counters from 0; on the wire they begin as §3.2.1 says. Bytes by enum sv_ip_ecn less one: ECT(1), ECT(0), CE. */
struct sv_tcp_accecn {
    uint32_t r_cep, r_bytes[3]; /* as receiver */
    uint32_t s_cep, s_bytes[3]; /* as sender: what the peer's counters are known to be */
    uint32_t delivered;         /* SND.UNA and what was SACKed beyond, when the peer was heard last */
    uint32_t option_at;         /* when an option was sent, in ticks of 2^10 ns */
    uint16_t flags;             /* enum sv_accecn_flag */
    uint8_t codepoint;          /* of the SYN or SYN,ACK that came last */
    uint8_t since;              /* marks since the last acknowledgement */
    uint8_t due, ever;          /* bit k: r_bytes[k] has changed since an option went out; since the beginning */
    uint8_t last;               /* ... and the bit of what came last */
    uint8_t demand;             /* so many options go out whatever else is sparing with them */
    uint16_t usual;             /* packets that an acknowledgement is of, on average, in 64ths */
    uint8_t endless;            /* round trips of which all was marked */
    uint8_t spare;
    uint32_t endless_to; /* the next is over when this is acknowledged */
};
_Static_assert(sizeof(struct sv_tcp_accecn) == 56, "beside the cold record");

/* Only where the stack has the table: tcp->accecn_at is not 0. */
static inline struct sv_tcp_accecn *sv_tcp_accecn(const struct sv_tcp *tcp, uint32_t index)
{
    return (struct sv_tcp_accecn *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->accecn_at) + index;
}
static inline bool sv_tcb_accurate(const struct sv_tcb *t)
{
    return (t->h->agreed & SV_TCP_ECN) && t->c->ecn == SV_ECN_KIND_ACCURATE;
}
static inline struct sv_tcp_accecn *sv_tcb_accecn(const struct sv_tcb *t)
{
    return sv_tcp_accecn(t->tcp, t->index);
}

/* --- opening. ACE: the three flags as a number, AE the highest --- */
static inline uint32_t sv_accecn_field(uint16_t flags)
{
    return (flags & SV_AE ? 4u : 0u) | (flags & SV_CWR ? 2u : 0u) | (flags & SV_ECE ? 1u : 0u);
}
static inline uint16_t sv_accecn_flags(uint32_t field)
{
    return (uint16_t)((field & 4u ? SV_AE : 0) | (field & 2u ? SV_CWR : 0) | (field & 1u ? SV_ECE : 0));
}
/* Tables 2 and 3: how a codepoint that came with a SYN, or a SYN,ACK, is told. */
uint16_t sv_accecn_handshake(uint32_t codepoint);
/* Fresh counters for a connection whose options were agreed on. */
void sv_accecn_begin(struct sv_tcb *t, uint32_t codepoint);
/* The SYN,ACK that agreed: what it tells of our SYN, and its option. */
void sv_accecn_answered(struct sv_tcb *t, const struct sv_seg *s);
/* Of the first SYN,ACK. */
void sv_accecn_first_option(struct sv_tcp_header *h);
/* Takes counters off its end, or the option, until the header fits. */
void sv_accecn_fit(struct sv_tcp_header *h);

/* --- tcp_accecn.c: a segment arrives; afterwards it has neither the flags nor the option --- */
void sv_accecn_arrives(struct sv_tcb *t, struct sv_seg *s);

/* --- tcp_accecn_out.c: a segment without SYN is written --- */
uint16_t sv_accecn_told(struct sv_tcb *t); /* the flags of its header */
/* A bare acknowledgement: the option, and the handshake's encoding if that is owed. */
void sv_accecn_bare(struct sv_tcb *t, struct sv_tcp_header *h);
/* Of `length` bytes of new data, how many may go, that an option which must not wait finds room. */
uint32_t sv_accecn_room(const struct sv_tcb *t, uint32_t length, uint32_t mss);
/* A packet of n bytes of data: the option, if it fits. */
void sv_accecn_data(struct sv_tcb *t, struct sv_tcp_header *h, uint32_t n, bool again);
/* §3.2.3.2.2: not where the path takes options away; and Linux sends them to who has sent one. */
static inline bool sv_accecn_may_send(const struct sv_tcb *t)
{
    const uint16_t flags = sv_tcb_accecn(t)->flags;
    if (sv_tcb_profile(t)->accecn_always && !(flags & SV_ACCECN_OPTION_SEEN))
        return false;
    return !(flags & SV_ACCECN_OPTION_MUTE) || sv_tcb_profile(t)->accecn_option == 3;
}
/* Bytes that each segment leaves to the option, where the habit is to send it always (tcp_established_options()). */
static inline uint16_t sv_accecn_reserve(const struct sv_tcb *t)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    return p->accecn_always && p->accecn_option >= 2 && sv_tcb_accurate(t) && sv_accecn_may_send(t) ? 12 : 0;
}
/* That has begun, or ended: segments of another size. */
void sv_accecn_refit(struct sv_tcb *t);
/* A bare acknowledgement must go before any data. */
static inline bool sv_accecn_owes_handshake(const struct sv_tcb *t)
{
    return sv_tcb_accurate(t) && (sv_tcb_accecn(t)->flags & SV_ACCECN_HANDSHAKE);
}
/* A device that splits such a frame would clear CWR in all but its first segment, and the counter with it (§3.3.4). */
static inline bool sv_accecn_splits_badly(const struct sv_tcb *t)
{
    return sv_tcb_accurate(t) && ((sv_tcb_accecn(t)->r_cep + 5u) & 2u);
}

#endif
