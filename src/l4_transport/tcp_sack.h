/* SPDX-License-Identifier: BSD-2-Clause */
/* What an acknowledgement says of what is in flight, and what follows from it: SACK (RFC 2018), D-SACK (RFC 2883),
 * RACK-TLP (RFC 8985), PRR (RFC 6937, RFC 9937), F-RTO (RFC 5682), Eifel (RFC 3522, RFC 4015). One acknowledgement goes
 *
 *     tcp_sack.c    its blocks, judged and put onto the board; what its number delivered
 *     tcp_undo.c    was the episode no congestion after all?
 *     tcp_rack.c    what is lost by now
 *     tcp_recover.c the episode: begun, gone on with, ended
 *     tcp_prr.c     how much may go out for it
 *     tcp_tlp.c     the last one of a flight, asked after */
#ifndef SV_L4_TCP_SACK_H
#define SV_L4_TCP_SACK_H

#include "l4_transport/tcp_scoreboard.h"

/* What one acknowledgement brought. */
struct sv_news {
    uint32_t delivered; /* bytes not known to be delivered before */
    uint32_t acked;     /* of them, by its number: SND.UNA advanced so far */
    uint32_t sacked;    /* by its blocks */
    uint32_t flight;    /* bytes in the network before it */
    uint32_t fack;      /* RACK.fack before it */
    uint32_t lost;      /* bytes taken for lost because of it */
    uint32_t rtt_us;    /* of what was delivered once and sent once; 0: none */
    bool original;      /* something was delivered that was sent once, before the timeout */
    bool dsack;         /* RFC 2883 §4: something came twice */
    uint32_t dsack_from, dsack_to;
    bool reordered;
};

enum sv_tlp_state { SV_TLP_NONE, SV_TLP_NEW, SV_TLP_AGAIN };
enum sv_frto_step { SV_FRTO_NONE, SV_FRTO_FIRST, SV_FRTO_PROBES };

/* --- tcp_sack.c --- */
/* Reads the blocks of a segment whose number was checked, before SND.UNA moves. Makes a board if there is news. */
void sv_sack_arrives(struct sv_tcb *t, const struct sv_seg *s, struct sv_news *news);
/* SEG.ACK is news: what it delivers, before SND.UNA moves. There is a board. */
void sv_sack_acked(struct sv_tcb *t, const struct sv_seg *s, struct sv_news *news);

/* --- tcp_rack.c --- */
/* Run i was delivered: RACK's latest, and reordering. */
void sv_rack_delivered(struct sv_tcb *t, struct sv_board *k, uint32_t i, const struct sv_seg *s, struct sv_news *news);
/* What begins at `start` came after what was sent behind it. */
void sv_rack_late(struct sv_tcb *t, uint32_t start, struct sv_news *news);
/* What is lost by now, by time (RFC 8985 §6.2) or by count (RFC 6675 §4): marked; its bytes. */
uint32_t sv_rack_detect(struct sv_tcb *t, struct sv_board *k);
/* How much later than what was delivered something may yet come, in ticks of 2^10 ns. */
uint32_t sv_rack_window(const struct sv_tcb *t, const struct sv_board *k);
void sv_rack_dsack(struct sv_tcb *t, struct sv_board *k);
void sv_rack_recovered(struct sv_tcb *t);
void sv_rack_timeout(struct sv_tcb *t); /* the reordering timer */
/* All that is in flight since too long at a timeout: §6.3. */
void sv_rack_all_lost(struct sv_tcb *t, struct sv_board *k, bool renege);

/* --- tcp_prr.c --- */
void sv_prr_begin(struct sv_tcb *t, struct sv_board *k, uint32_t flight);
void sv_prr_acked(struct sv_tcb *t, struct sv_board *k, const struct sv_news *news);

/* --- tcp_tlp.c --- */
bool sv_tlp_may(const struct sv_tcb *t, const struct sv_board *k); /* may the timer be the probe's? */
bool sv_tlp_fire(struct sv_tcb *t);                                /* false: there is no memory to probe with */
void sv_tlp_acked(struct sv_tcb *t, struct sv_board *k, const struct sv_seg *s, const struct sv_news *news);

/* --- tcp_undo.c --- */
void sv_undo_begin(struct sv_tcb *t, struct sv_board *k);
void sv_undo_sent_again(struct sv_tcb *t, struct sv_board *k, uint32_t bytes);
void sv_undo_dsack(struct sv_tcb *t, struct sv_board *k, const struct sv_news *news);
/* True: it was spurious, cwnd and ssthresh are as before, nothing is held for lost. */
bool sv_undo_try(struct sv_tcb *t, struct sv_board *k, const struct sv_seg *s, struct sv_news *news);
/* F-RTO after a timeout; true: as sv_undo_try(). */
bool sv_frto_acked(struct sv_tcb *t, struct sv_board *k, const struct sv_seg *s, const struct sv_news *news);

/* --- tcp_recover.c --- */
/* After SND.UNA moved, or not: the episode. */
void sv_recovery_acked(struct sv_tcb *t, const struct sv_seg *s, struct sv_news *news);
void sv_recovery_begin(struct sv_tcb *t, struct sv_board *k, const struct sv_news *news);
bool sv_recovery_timeout(struct sv_tcb *t); /* with a board; false: there can be none */
void sv_recovery_end(struct sv_tcb *t, struct sv_board *k);

#endif
