/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of each byte in flight, while something of it is missing: RFC 6675's scoreboard, with RFC 8985's times.
 *
 * In calm nothing is kept of a segment that was sent but four marks in the busy record: up to here, at that time
 * (sv_tcb_note_sent). The first SACK block, timeout or probe makes a board from them; it goes back when the last hole
 * is filled. A board is runs: stretches of sequence numbers that were sent at about the same time and have fared
 * alike. They lie in sequence order without gaps from SND.UNA to SND.MAX in slabs of the pool, the first of which
 * begins with struct sv_board; room is made and closed from whichever end is nearer. At most SV_BOARD_RUNS, two for
 * each range that a receiver holds here (tcp_ranges.h): half a megabyte, for a flight of 46. A SACK that would split
 * one more is not heeded, and counted: what it told of is then sent again for nothing, no more. Neither is one heeded
 * that cuts a full segment in two: a receiver acknowledges whole segments, and who would have a sender keep a board of
 * crumbs does not (CVE-2019-11478). */
#ifndef SV_L4_TCP_SCOREBOARD_H
#define SV_L4_TCP_SCOREBOARD_H

#include "l4_transport/tcp_internal.h"

enum sv_run_mark {
    SV_RUN_SACKED = 1u << 0, /* the peer has it */
    SV_RUN_LOST = 1u << 1,   /* given up for lost, and not sent again since */
    SV_RUN_AGAIN = 1u << 2,  /* sent more than once */
    SV_RUN_ROUGH = 1u << 3,  /* not of full segments alone: it may be cut anywhere */
};

struct sv_run {
    uint32_t start;       /* it reaches to the start of the next, the last one to board.end */
    uint32_t first, last; /* it was sent (last) between these, in ticks of 2^10 ns */
    uint8_t marks;        /* enum sv_run_mark */
    uint8_t spare[3];
};

#define SV_RUNS_A_SLAB (SV_SLAB_BYTES / 16u)
#define SV_BOARD_SLABS 256u
#define SV_BOARD_HEAD 71u                                                      /* places that struct sv_board takes */
#define SV_BOARD_RUNS ((SV_BOARD_SLABS - 2u) * SV_RUNS_A_SLAB - SV_BOARD_HEAD) /* two may stand empty in front */
#define SV_BOARD_MANY 2048u /* from so many on things are timed and judged in 64ths of a round trip */
#define SV_BOARD_KEPT 64u   /* places that SACK leaves to retransmission */

struct sv_board {
    uint32_t slab[SV_BOARD_SLABS]; /* the first is where this lies */
    uint32_t count;                /* runs */
    uint32_t skip;                 /* places that stand empty before the first: less than two slabs' */
    uint32_t end;                  /* SND.MAX */
    uint32_t sacked, lost;         /* bytes so marked */
    uint32_t lost_from;            /* nothing before is LOST */
    uint32_t fack;                 /* the highest number that was delivered: RACK.fack */
    /* RACK: of what was delivered, that which was sent last. */
    uint32_t rack_at, rack_end, rack_rtt; /* ticks of 2^10 ns, number, ticks */
    uint32_t dsack_round;                 /* RACK.dsack_round */
    uint32_t wait;                        /* ticks until detection is worth another look; 0: it is not */
    /* PRR, bytes; counted always, meant in a recovery. */
    uint32_t prr_delivered, prr_out, prr_flight;
    /* Undo. */
    uint32_t undo_from;               /* SND.UNA when the episode began */
    uint32_t undo_end;                /* its D-SACKs come before this is acknowledged */
    uint32_t undo_bytes;              /* sent again, and not reported as duplicate by D-SACK */
    uint32_t again_ts;                /* TSval of the first retransmission */
    uint32_t srtt_before, var_before; /* RFC 4015 */
    uint32_t tlp_end;                 /* TLP.end_seq */
    uint8_t rack_seen;
    uint8_t dsack_round_set;
    uint8_t undo;       /* an episode is on that may prove spurious */
    uint8_t again;      /* again_ts is set */
    uint8_t tlp;        /* enum sv_tlp_state */
    uint8_t frto;       /* RFC 5682's step: enum sv_frto_step */
    uint8_t reneged;    /* SND.UNA stands on what was SACKed */
    uint8_t rescued;    /* RFC 6675's rescue retransmission went out */
    uint8_t rack_again; /* RACK's latest had been sent again */
    uint8_t spare[3];
    uint32_t judged; /* when detection looked at all runs last, ticks */
    uint32_t spare_words[2];
};

_Static_assert(sizeof(struct sv_run) == 16, "128 runs a slab");
_Static_assert(sizeof(struct sv_board) == SV_BOARD_HEAD * 16u, "the head takes whole places");

/* The board of this connection; NULL: it has none. */
static inline struct sv_board *sv_tcb_board(const struct sv_tcb *t)
{
    if (!t->b || t->b->board == SV_NONE)
        return NULL;
    return (struct sv_board *)(void *)sv_slab_bytes_fast(sv_core_pool(t->core), t->b->board);
}

/* The same, of a connection that has one. */
static inline struct sv_board *sv_tcb_board_there(const struct sv_tcb *t)
{
    SV_ASSERT(t->b->board != SV_NONE);
    return (struct sv_board *)(void *)sv_slab_bytes_fast(sv_core_pool(t->core), t->b->board);
}

static inline struct sv_run *sv_run_at(const struct sv_tcb *t, const struct sv_board *k, uint32_t i)
{
    const uint32_t place = i + k->skip + SV_BOARD_HEAD;
    uint8_t *slab = sv_slab_bytes_fast(sv_core_pool(t->core), k->slab[place / SV_RUNS_A_SLAB]);
    return (struct sv_run *)(void *)slab + place % SV_RUNS_A_SLAB;
}
static inline uint32_t sv_run_end(const struct sv_tcb *t, const struct sv_board *k, uint32_t i)
{
    return i + 1u < k->count ? sv_run_at(t, k, i + 1u)->start : k->end;
}
static inline uint32_t sv_run_length(const struct sv_tcb *t, const struct sv_board *k, uint32_t i)
{
    return sv_run_end(t, k, i) - sv_run_at(t, k, i)->start;
}
/* RFC 6675's pipe: what is in the network. What was sent again is in it once, for only what is lost is. */
static inline uint32_t sv_board_pipe(const struct sv_tcb *t, const struct sv_board *k)
{
    return k->end - t->h->snd_una - k->sacked - k->lost;
}

/* Makes the board of what is in flight. NULL: there is no memory; counted. */
struct sv_board *sv_tcb_need_board(struct sv_tcb *t);

/* [start, SND.MAX) has just been sent, or a part of it again. */
void sv_board_sent(struct sv_tcb *t, struct sv_board *k, uint32_t start);
/* [start, start + n) has just been sent again. */
void sv_board_sent_again(struct sv_tcb *t, struct sv_board *k, uint32_t start, uint32_t n);

/* How finely a board of SV_BOARD_MANY runs and more tells times apart, in ticks. */
uint32_t sv_board_grain(const struct sv_tcb *t);
/* The run that holds seq, which lies in the board. */
uint32_t sv_board_find(const struct sv_tcb *t, const struct sv_board *k, uint32_t seq);
/* The run that begins at seq, made by a cut if need be; count when seq is the board's end; SV_NONE: the board is full.
 * `kept`: places that must remain. */
uint32_t sv_board_cut(struct sv_tcb *t, struct sv_board *k, uint32_t seq, uint32_t kept);
void sv_board_mark(const struct sv_tcb *t, struct sv_board *k, uint32_t i, uint32_t set, uint32_t clear);
/* Joins neighbours that have become alike among runs first to last. */
void sv_board_join(struct sv_tcb *t, struct sv_board *k, uint32_t first, uint32_t last);
/* Forgets what lies before seq. */
void sv_board_drop_before(struct sv_tcb *t, struct sv_board *k, uint32_t seq);
/* The first run that is LOST; count: none is. */
uint32_t sv_board_first_lost(const struct sv_tcb *t, struct sv_board *k);
/* The MSS is smaller now, and nothing that is in flight fitted the path. */
void sv_board_narrowed(struct sv_tcb *t);
void sv_board_check(const struct sv_tcb *t);

#endif
