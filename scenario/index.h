/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is meant, found without looking at everybody: what a run asks at each event costs the same in a world of two
 * hosts and of a thousand. */
#ifndef SC_INDEX_H
#define SC_INDEX_H

#include "scenario/model.h"

struct sc_run;
struct sc_endpoint;

/* A service that begins to listen later than the world. */
struct sc_opening {
    sv_time at;
    uint32_t host, serve;
};

/* Lists hold numbers from 1; 0: the end. */
struct sc_index {
    uint32_t *fact_bucket, *fact_next, fact_buckets;
    bool *fact_awaited;               /* an expectation is about it */
    bool has_order;                   /* some expectation is about the order of what is sent */
    uint32_t *step_first, *step_next; /* by fact: the steps that wait for it */
    uint32_t *numbers, *half, slots;  /* endpoints by (ISN, port), half-open ones by their peer's ISN */
    uint32_t *own, *peer;             /* by attempt */
    uint32_t *wait_first, *wait_last; /* by host: those in TIME-WAIT, the first that came first */
    uint32_t *socket_first, *socket_next;
    uint32_t *link_first, *link_next; /* by host; an entry is 2 * link + end */
    uint32_t *addr_of, addr_slots;
    uint32_t *wanted;        /* by host: connections that the timeline opens from it and to it */
    uint32_t *script, steps; /* a heap of steps whose time is known */
    struct sc_opening *opening;
    uint32_t openings, opened;
};

bool sc_index_open(struct sc_run *run);
void sc_index_close(struct sc_run *run);

/* --- facts, in the file's order --- */
struct sc_facts {
    uint64_t key[2];
    uint32_t at[2];
};
/* Of a kind about one of `a` (a host, a link, a UDP socket), and b or c: attempts, SV_NONE, or the same. */
void sc_facts_of(const struct sc_run *run, struct sc_facts *of, uint32_t kind, uint32_t a, uint32_t b, uint32_t c);
uint32_t sc_facts_next(const struct sc_run *run, struct sc_facts *of); /* SV_NONE: no more */

/* --- endpoints --- */
void sc_index_numbers(struct sc_run *run, struct sc_endpoint *e); /* its ISN or its port is known now */
void sc_index_half(struct sc_run *run, struct sc_endpoint *e);
void sc_index_attempt(struct sc_run *run, struct sc_endpoint *e, uint32_t attempt);
void sc_index_peer(struct sc_run *run, struct sc_endpoint *e, uint32_t attempt); /* whose ISN it took; SV_NONE */
struct sc_endpoint *sc_index_halves(const struct sc_run *run, uint32_t irs);     /* the newest; NULL */
struct sc_endpoint *sc_index_next_half(const struct sc_run *run, const struct sc_endpoint *e, uint32_t irs);
void sc_index_waits(struct sc_run *run, struct sc_endpoint *e);
struct sc_endpoint *sc_index_waited(struct sc_run *run, uint32_t host); /* the one that waited longest; NULL */

/* --- the timeline --- */
void sc_script_add(struct sc_run *run, uint32_t step);
uint32_t sc_script_first(const struct sc_run *run); /* SV_NONE: nothing has a time */
void sc_script_drop(struct sc_run *run);            /* the first */

/* --- due.c: what the applications of a host wait for, by the host's clock --- */
#define SC_DUE_APPS 2u
#define SC_DUE_PING 0x80000000u /* beside connections */
struct sc_due {
    struct sc_due_entry *entry;
    uint32_t n, room;
};
/* SV_NEVER: nothing more. */
void sc_due_set(struct sc_run *run, uint32_t host, uint32_t app, uint32_t what, sv_time at);
sv_time sc_due_next(const struct sc_run *run, uint32_t host, uint32_t app, uint32_t *what); /* SV_NEVER */

#endif
