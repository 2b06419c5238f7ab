/* SPDX-License-Identifier: BSD-2-Clause */
/* The search for the longest segment that a path carries, without a word from its routers: RFC 4821, in the terms of
 * RFC 8899. What is known of a path lies in a record for its other end, not for one connection: whoever talks to that
 * end begins with what has been found, and one of them at a time goes on searching.
 *
 *     BASE      so much is believed to get there (§5.2), nobody has tried more
 *     SEARCH    more is tried: `low` has been proven or is believed, `high` may fit
 *     COMPLETE  low is what fits; PMTU_RAISE_TIMER is waited for
 *     ERROR     not even the base got there: less is sent until something does
 *
 * A probe is a segment of queued data (RFC 4821 §7.3), longer than others, with others behind it, so that duplicates
 * tell soon if it is lost. Nothing is asked of it where segments arrive: when its connection next has something to
 * send, what has been acknowledged by then says that it got there. Its loss is met where losses are, and is no
 * congestion while nothing else is missing (§7.6.1).
 *
 * Lengths are bytes of IP packets. */
#ifndef SV_L4_TCP_SEARCH_H
#define SV_L4_TCP_SEARCH_H

#include "core/addr.h"
#include "seven/base.h"

#define SV_SEARCH_PATHS 64u /* in sets; the path asked after longest ago makes room for another */
#define SV_SEARCH_WAYS 4u

enum sv_search_phase {
    SV_SEARCH_FREE,
    SV_SEARCH_BASE,
    SV_SEARCH_ON,
    SV_SEARCH_COMPLETE,
    SV_SEARCH_ERROR,
};

enum sv_search_mark {
    SV_SEARCH_PROVEN = 1u << 0, /* evidence of this path, not what is believed of all */
    SV_SEARCH_TOP = 1u << 1,    /* `high` itself is tried first: most paths carry all or nothing of it */
    SV_SEARCH_GONE = 1u << 2,   /* the probe is lost, and not yet made good */
};

struct sv_search {
    struct sv_addr dst;
    sv_time raise_at;           /* COMPLETE: when more is tried again */
    uint32_t start, end;        /* the probe's numbers */
    uint32_t owner, generation; /* whose it is */
    uint32_t used;              /* the table's count when it was asked after last */
    uint32_t low, high, size;   /* size: of the probe in flight; 0: there is none */
    uint32_t quiet_tick;        /* after a loss: no probe before, in ticks of 2^20 ns */
    uint8_t phase;              /* enum sv_search_phase */
    uint8_t marks;              /* enum sv_search_mark */
    uint8_t lost;               /* probes of the same size that were: PROBE_COUNT */
    uint8_t spare;
};

_Static_assert(sizeof(struct sv_search) == 64, "a cache line");

struct sv_searches {
    uint32_t used;  /* records */
    uint32_t asked; /* counts */
    struct sv_search path[SV_SEARCH_PATHS];
};

struct sv_tcb;
struct sv_tcp;
struct sv_turn;
struct sv_board;

/* The record of the path to `remote`; NULL: there is none. */
struct sv_search *sv_search_find(const struct sv_tcp *tcp, const struct sv_addr *remote);
/* The longest packet for that path, of one that carries `mtu` for all that others know. */
uint32_t sv_search_mtu(const struct sv_tcb *t, uint32_t mtu);

/* --- asked only where sv_search_on() --- */
enum sv_search_says {
    SV_SEARCH_SAYS_SEND,  /* new data goes as ever */
    SV_SEARCH_SAYS_WAIT,  /* nothing more, so that the window gets room for a probe */
    SV_SEARCH_SAYS_STUCK, /* no memory */
};
/* A turn of new data: what became of the probe, the segment's length as others have found it, another probe. */
enum sv_search_says sv_search_turn(struct sv_tcb *t, struct sv_turn *turn);
/* Something is lost: true, nothing but the probe is, and what is said of it here is all. k: NULL, without SACK. */
bool sv_search_lost(struct sv_tcb *t, const struct sv_board *k);
/* A lost probe goes again in pieces: does one follow at `next`? */
bool sv_search_resends(const struct sv_tcb *t, uint32_t next);
void sv_search_timeout(struct sv_tcb *t); /* RTO */
void sv_search_told(struct sv_tcb *t);    /* a router has reported a shorter path */

/* Full segments vanish: the next shorter base, less than what packets are now. 0: there is none. */
uint32_t sv_search_fall(struct sv_tcb *t);

#endif
