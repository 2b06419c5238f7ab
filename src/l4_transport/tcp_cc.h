/* SPDX-License-Identifier: BSD-2-Clause */
/* Congestion control as a struct of functions.
 *
 * Who does what. An algorithm says how the window grows while nothing is wrong, and what the slow start threshold is
 * after something went wrong. Recovery (tcp_recover.c, tcp_rto.c) finds out that something went wrong, sends again,
 * and drives the window while a recovery lasts; it speaks to the algorithm through the sv_tcp_cc_* calls below only.
 *
 * Where state lives. While a connection has something queued or in flight the algorithm has busy.cc, all zero when
 * the busy record is lent anew. When the connection falls quiet the record is given back, and 32 bits (cold.cc_kept)
 * are all that remains: an algorithm that must remember something puts it there (quiet), and takes it up when it finds
 * word 0 of its state zero. So an idle connection costs nothing more, and one that was never in trouble nothing at
 * all. */
#ifndef SV_L4_TCP_CC_H
#define SV_L4_TCP_CC_H

#include <stdbool.h>
#include <stdint.h>

struct sv_tcb;

#define SV_CWND_MAX (1u << 30) /* bytes */

/* What an acknowledgement said that is of use here. */
struct sv_tcp_acked {
    uint32_t bytes;  /* newly acknowledged (by number, or by SACK) */
    uint32_t flight; /* bytes in flight before it came */
    uint32_t lost;   /* bytes that it let recovery take for lost */
    uint32_t rtt_us; /* of the segment that was timed, if it acknowledged that; 0: none */
    uint32_t ts_ecr; /* the timestamp it echoes; 0: none. sv_tcp_cc_rtt() makes a time of either */
};

/* Why a threshold is asked for. */
enum sv_tcp_loss {
    SV_LOSS_FAST,    /* a recovery begins: RFC 5681 §3.2, RFC 8985 */
    SV_LOSS_TIMEOUT, /* the retransmission timer fired */
    SV_LOSS_MARKED,  /* nothing was lost, a router said congestion: RFC 3168 §6.1.2 */
};

enum sv_tcp_cc_wants {
    SV_CC_EVERY_ACK = 1u << 0,  /* acked() also when the window was not what limited us, and in recovery */
    SV_CC_OWN_WINDOW = 1u << 1, /* it sets cwnd itself, in recovery too: no PRR, no halving by recovery */
    SV_CC_PACED = 1u << 2,      /* segments leave at its rate */
};

struct sv_tcp_cc {
    const char *name;
    uint32_t wants;  /* enum sv_tcp_cc_wants */
    uint32_t number; /* enum sv_congestion */
    /* Grows cwnd; ssthresh says whether this is slow start. */
    void (*acked)(struct sv_tcb *t, const struct sv_tcp_acked *a);
    /* Does not grow it, for it was not used up. NULL: nothing to see in that. */
    void (*watch)(struct sv_tcb *t, const struct sv_tcp_acked *a);
    /* Congestion, with `flight` bytes in flight: gives ssthresh in bytes, at least two segments. */
    uint32_t (*ssthresh)(struct sv_tcb *t, uint32_t flight, enum sv_tcp_loss why);
    /* Acknowledges so many bytes, and tells that `marked` bytes were: all of them with an echo of ECE, fewer or more
     * as AccECN counts them. NULL: as after a loss, once a window. */
    void (*echoed)(struct sv_tcb *t, uint32_t bytes, uint32_t marked);
    /* That was no congestion: what ssthresh() changed is as before. NULL: it changed nothing. */
    void (*undo)(struct sv_tcb *t);
    /* So many bytes went out for the first time; with SV_CC_PACED only. */
    void (*sent)(struct sv_tcb *t, uint32_t bytes);
    uint64_t (*pacing)(struct sv_tcb *t);         /* bytes a second; 0: as fast as can be. NULL: 0 */
    uint64_t (*delivery)(const struct sv_tcb *t); /* bytes a second that it believes the path delivers. NULL: 0 */
    /* Sends again after so long. NULL: nothing to do. */
    void (*restart)(struct sv_tcb *t, uint64_t idle_us);
    /* The busy record is given back, and word 0 of the state is not zero: what is to be kept. NULL: nothing. */
    uint32_t (*quiet)(const struct sv_tcb *t);
};

/* The algorithm of this connection: never NULL. */
const struct sv_tcp_cc *sv_tcp_cc_of(const struct sv_tcb *t);

/* --- what the rest of TCP calls --- */

/* Our SYN is acknowledged: the initial window. */
void sv_tcp_cc_open(struct sv_tcb *t);
/* New data is acknowledged outside of fast recovery (after a timeout too: that is slow start). */
void sv_tcp_cc_acked(struct sv_tcb *t, const struct sv_tcp_acked *a);
/* A recovery begins that no timeout began: sets ssthresh, keeps what undo needs; cwnd is recovery's to set. */
void sv_tcp_cc_loss(struct sv_tcb *t, uint32_t flight);
/* The retransmission timer fired: ssthresh (not again while the same segment is sent again), and a window of one
 * segment. `flight`: bytes that were in flight. */
void sv_tcp_cc_timeout(struct sv_tcb *t, uint32_t flight);
/* A router marked what we sent: as a loss, without one. */
void sv_tcp_cc_marked(struct sv_tcb *t);
void sv_tcp_cc_marked_over(struct sv_tcb *t);
void sv_prr_marked(struct sv_tcb *t, const struct sv_tcp_acked *a); /* tcp_prr.c */
/* The loss that began this recovery, or the timeout, was none (Eifel, F-RTO, D-SACK): cwnd and ssthresh as before. */
void sv_tcp_cc_undo(struct sv_tcb *t);
/* Data is sent for the first time since another tick. */
void sv_tcp_cc_idle_since(struct sv_tcb *t);
/* --- tcp_pace.c: connections with SV_TCP_PACED --- */
uint32_t sv_tcp_pace(struct sv_tcb *t, uint32_t n);              /* of n bytes that could go, how many may now */
void sv_tcp_paced(struct sv_tcb *t, uint32_t bytes, bool fresh); /* went out, for the first time or again */
void sv_tcp_pace_expire(struct sv_tcb *t);                       /* the wheel woke the connection */
uint64_t sv_tcp_pacing_rate(struct sv_tcb *t);                   /* bytes a second; 0: none */
uint64_t sv_tcp_window_rate(const struct sv_tcb *t); /* what a window a round trip comes to, tcp_burst.c; 0: unknown */
void sv_tcp_pace_choose(struct sv_tcb *t);           /* whether it is paced, from algorithm and option */

/* The busy record is about to be given back. */
void sv_tcp_cc_quiet(struct sv_tcb *t);
/* Another algorithm from now on, begun afresh with the window as it is: enum sv_congestion, DEFAULT the profile's.
 * False: there is none of that number. */
bool sv_tcp_cc_choose(struct sv_tcb *t, uint64_t number);

/* --- what algorithms share --- */

uint32_t sv_tcp_cc_kept(const struct sv_tcb *t);                              /* what quiet() kept; 0: nothing */
uint32_t sv_tcp_cc_rtt(const struct sv_tcb *t, const struct sv_tcp_acked *a); /* us that it measured; 0: nothing */
/* Growth as RFC 5681 §3.1 has it; the count of bytes is the caller's to keep. */
void sv_tcp_reno_grow(struct sv_tcb *t, uint32_t bytes, uint32_t *acked_in_round);
/* Bytes that slow start may grow by; 0 and ssthresh set: it is over. */
struct sv_tcp_hystart;
uint32_t sv_tcp_hystart_acked(struct sv_tcb *t, struct sv_tcp_hystart *y, const struct sv_tcp_acked *a);

uint32_t sv_tcp_initial_window(const struct sv_tcb *t); /* bytes: RFC 6928, RFC 5681 §3.1 */

enum sv_tcp_cwnd_cause {
    SV_CWND_OPEN,
    SV_CWND_GROW,
    SV_CWND_LOSS,
    SV_CWND_TIMEOUT,
    SV_CWND_PARTIAL,
    SV_CWND_RECOVERED,
    SV_CWND_IDLE,
    SV_CWND_UNDO,
    SV_CWND_MARKED,
};
void sv_tcp_cwnd_trace(const struct sv_tcb *t, enum sv_tcp_cwnd_cause cause);

/* --- the algorithms --- */
extern const struct sv_tcp_cc sv_tcp_bbr;
extern const struct sv_tcp_cc sv_tcp_cubic;
extern const struct sv_tcp_cc sv_tcp_dctcp;
extern const struct sv_tcp_cc sv_tcp_reno; /* RFC 5681's growth and halving: NewReno is this with RFC 6582's recovery */

#endif
