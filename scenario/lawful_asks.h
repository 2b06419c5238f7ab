/* SPDX-License-Identifier: BSD-2-Clause */
/* What a segment that comes asks of whoever gets it: what lawful_answers.c and lawful_opening.c share. Private. */
#ifndef SC_LAWFUL_ASKS_H
#define SC_LAWFUL_ASKS_H

#include "scenario/lawful.h"

#define SC_AT_ONCE SV_MS
#define SC_IN(state) (1u << (state))

/* A segment as it is judged. */
struct sc_came {
    const struct sv_dissected *d;
    uint32_t flags, seq, ack, n, length; /* n: of text; length: with SYN and FIN */
    bool exact;                          /* nothing else came in the same moment */
};

/* It asks, or has just asked, for a neighbour's address: what it says waits meanwhile, then goes out together. */
bool sc_ask_waits(const struct sc_run *run, uint32_t host, sv_time since);
void sc_ask_forget(struct sc_lawful *s);
/* Nobody knows what it asks for. */
enum sc_lawful_fate sc_ask_unknown(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c);
void sc_ask(const struct sc_run *run, struct sc_lawful *s, uint32_t kind, const char *why);
/* The reset of §3.10.7.1. */
void sc_ask_reset(const struct sc_run *run, struct sc_lawful *s, const struct sc_came *c, const char *why);
void sc_ask_syn_ack(const struct sc_run *run, struct sc_lawful *s, const struct sc_came *c, const char *why);
/* An acknowledgement that may be limited: it is due if there were few of them. */
void sc_ask_limited(struct sc_run *run, struct sc_lawful *s, const char *why);
const struct sc_endpoint *sc_ask_endpoint(const struct sc_run *run, const struct sc_lawful *s); /* NULL */
/* Which of the SYNs that came has a half-open record; NULL. */
const struct sc_lawful_syn *sc_ask_half_open_of(const struct sc_run *run, const struct sc_lawful *s);
/* One of them has two, of which one may be over: nobody knows which. */
bool sc_ask_half_opens_alike(const struct sc_run *run, const struct sc_lawful *s);
bool sc_ask_given(const struct sc_run *run, uint32_t host, uint32_t knob);
/* Its queues, cookies, and who may open are as they usually are. */
bool sc_ask_is_plain(const struct sc_run *run, uint32_t host);
bool sc_ask_listens(const struct sc_run *run, uint32_t host, uint16_t port);
/* Within [nxt, nxt + window), as §3.10.7.4's table has it. */
bool sc_ask_acceptable(const struct sc_came *c, uint32_t nxt, uint32_t window);

/* By the state of whoever gets it. */
enum sc_lawful_fate sc_asks_closed(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c);
enum sc_lawful_fate sc_asks_syn_sent(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c);
enum sc_lawful_fate sc_asks_half_open(struct sc_run *run, struct sc_lawful *s, const struct sc_lawful_syn *syn,
                                      const struct sc_came *c);
enum sc_lawful_fate sc_asks_crossed(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c);

#endif
