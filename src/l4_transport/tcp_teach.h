/* SPDX-License-Identifier: BSD-2-Clause */
/* What only a simulated host is asked to do: fixed initial sequence numbers, another offer on one SYN, and
 * handshakes that are wrong on purpose, so that one can see what the right one is for. Nothing in port/ or in the
 * public headers reaches these: a stack on a real device cannot be made to. */
#ifndef SV_L4_TCP_TEACH_H
#define SV_L4_TCP_TEACH_H

#include "seven/base.h"

struct sv_stack;
struct sv_tcb;
struct sv_tcp;
struct sv_tcp_header;
struct sv_tcp_small;

enum sv_teach_handshake {
    SV_HANDSHAKE_THREE_WAY,
    /* The passive side is ESTABLISHED on the SYN and sends its SYN,ACK once; the active side on a SYN,ACK that
     * acknowledges its SYN, and sends no third message. A SYN,ACK that does not fit still brings a reset. */
    SV_HANDSHAKE_TWO_WAY,
    /* The same, and the active side does not look at the acknowledgment. */
    SV_HANDSHAKE_TWO_WAY_BLIND,
};

/* Recovery as it was, without SACK: to be compared with what came after. */
enum sv_teach_classic {
    SV_CLASSIC_RENO = 1u << 0, /* a partial acknowledgement ends fast recovery, as before RFC 6582 */
    /* As the simulations of 1996 (Fall and Floyd) had it: half of the window, not of what is in flight; no limited
     * transmit (RFC 3042); a partial acknowledgement takes all back by which duplicates had opened the window; and
     * when it is over, that half at once, however little is in flight (RFC 6582 §3.2 allows both). */
    SV_CLASSIC_1996 = 1u << 1,
};

/* Mistakes in opening, each against one rule; several may be set. */
enum sv_teach_opening {
    SV_OPENING_ACK_OF_ISN = 1u << 0,      /* the SYN,ACK acknowledges J, not J + 1 */
    SV_OPENING_ONLY_ACK = 1u << 1,        /* the answer to a SYN is an ACK without a SYN */
    SV_OPENING_ECHO = 1u << 2,            /* the SYN,ACK repeats the peer's MSS and scale as if they were its own */
    SV_OPENING_NEW_ISN = 1u << 3,         /* a SYN sent again has another number */
    SV_OPENING_ONE_SIDED = 1u << 4,       /* a SYN that meets ours on the way is refused: no simultaneous open */
    SV_OPENING_SILENT = 1u << 5,          /* what belongs to no connection of ours is not answered by a reset */
    SV_OPENING_LISTEN_SILENT = 1u << 6,   /* nor an acknowledgment that a listener gets */
    SV_OPENING_BOUNDLESS_QUEUE = 1u << 7, /* a full queue of connections not yet accepted takes more */
};

/* Mistakes that an implementation could make, each taken from a rule that is right otherwise; several may be set. */
enum sv_teach_flaw {
    SV_FLAW_FIN_WITHOUT_NUMBER = 1u << 0,  /* the peer's FIN is not counted in our acknowledgement */
    SV_FLAW_NO_CLOSING = 1u << 1,          /* a FIN in FIN-WAIT-1 changes nothing: CLOSING is forgotten */
    SV_FLAW_NO_TIME_WAIT = 1u << 2,        /* nobody waits 2 MSL */
    SV_FLAW_CLIENTS_WAIT = 1u << 3,        /* only who opened waits, whoever closed first */
    SV_FLAW_TIME_WAIT_REUSED = 1u << 4,    /* any SYN ends the wait */
    SV_FLAW_NO_PERSIST = 1u << 5,          /* a closed window is not probed */
    SV_FLAW_ACK_WITHOUT_FLAG = 1u << 6,    /* the acknowledgement number counts without its flag */
    SV_FLAW_RST_IN_WINDOW = 1u << 7,       /* RFC 793: any number in the window resets */
    SV_FLAW_URGENT_AT_LAST_BYTE = 1u << 8, /* the pointer names the last urgent byte, not the one after it */
    SV_FLAW_DEAF_TO_ICMP = 1u << 9,        /* routers that ask for smaller packets are not heard */
    SV_FLAW_NO_KARN = 1u << 10,            /* after a timeout, what is sent twice is timed from the first */
};

#define SV_TEACH_ISNS 32u
#define SV_TEACH_CLOCK UINT32_MAX /* instead of a number of fixed numbers: the clock alone, as before RFC 6528 */
#define SV_TEACH_SYNS 32u
#define SV_TEACH_NO_SCALE 0xffu

/* What the SYN of one connection offers instead of its stack's. */
struct sv_teach_syn {
    uint32_t flow;   /* the connection's number in the trace */
    uint16_t mss;    /* 0: the stack's */
    uint8_t scale;   /* SV_TEACH_NO_SCALE: none */
    uint8_t offered; /* enum sv_tcp_agreed */
};

struct sv_tcp_teach {
    uint32_t handshake; /* enum sv_teach_handshake */
    uint32_t classic;   /* enum sv_teach_classic */
    uint32_t opening;   /* enum sv_teach_opening */
    uint32_t flaws;     /* enum sv_teach_flaw */
    uint32_t mss;       /* what we announce at most; 0: what fits the interface */
    uint32_t isns, isn_next;
    uint32_t isn[SV_TEACH_ISNS]; /* the k-th connection takes the k-th; after the last, RFC 6528's */
    uint32_t syns;
    struct sv_teach_syn syn[SV_TEACH_SYNS];
};

/* The record of a stack: whoever has it may change it between two verbs. */
struct sv_tcp_teach *sv_stack_teach(struct sv_stack *s);

/* Does it make one of these mistakes? */
bool sv_tcp_teach_flawed(const struct sv_tcp *tcp, uint32_t flaws);
/* The next of the fixed numbers, or the clock's; false: none is left. */
bool sv_tcp_teach_isn(struct sv_tcp *tcp, uint32_t *isn);
/* What the mistakes of `opening` make of a SYN,ACK that is right so far, and of a SYN that is sent again. */
void sv_tcp_teach_syn_ack(const struct sv_tcp *tcp, const struct sv_tcp_small *m, struct sv_tcp_header *h);
void sv_tcp_teach_syn_again(struct sv_tcb *t);
/* The offer of that connection; NULL: its stack's. */
const struct sv_teach_syn *sv_tcp_teach_syn(const struct sv_tcp *tcp, uint32_t flow);
/* False: 32 connections have one. */
bool sv_tcp_teach_offer(struct sv_tcp_teach *teach, struct sv_teach_syn offer);

#endif
