/* SPDX-License-Identifier: BSD-2-Clause */
/* An onlooker at each host's port: what may be asked of any TCP, whatever goes wrong around it. `tcp: lawful` in a
 * scenario file. It reads the frames themselves, with another reader than the stack's, and believes the stack in
 * nothing but which state it says it is in. */
#ifndef SC_LAWFUL_H
#define SC_LAWFUL_H

#include "scenario/run.h"

#define SC_LAWFUL_RANGES 64u
#define SC_LAWFUL_SYNS 4u

struct sc_lawful_syn { /* of the peer's, that came */
    uint32_t seq, mss;
    uint16_t window;
    bool scales, stamps, sacks;
    uint8_t scale;
};

/* One end of a connection as its host's port sees it. Numbers are the header's. */
struct sc_lawful {
    struct sv_endpoint local, remote;
    uint32_t host;
    bool used, spoke, agreed, over, fin_sent, fin_came, finished, ranges_full, windowed;
    /* options: ours as sent with our SYN, the peer's as they came */
    struct sc_lawful_syn own, peer;
    struct sc_lawful_syn syn[SC_LAWFUL_SYNS];
    uint32_t syns;
    /* what we send */
    uint32_t iss, sent, acked, fin_at, window_end; /* window_end: of the peer, the furthest it ever told */
    uint32_t window, window_told;                  /* its last, and the number of the segment that told */
    uint32_t again_at, again_n;                    /* sent so often since the peer was heard last */
    sv_time again_since;
    uint32_t repeated;   /* segments that came and acknowledged nothing new */
    uint32_t again_sent; /* so often anything was, since something new was acknowledged */
    /* what we receive */
    uint32_t irs, came;  /* everything before `came` has come */
    uint32_t told, edge; /* our last acknowledgement; the right edge that we offered */
    uint32_t range[SC_LAWFUL_RANGES][2], ranges;
    uint32_t stamp, stamp_came;
    bool stamped, stamp_known, reset_came;
    uint32_t state;    /* as the stack says; the last before CLOSED */
    uint32_t endpoint; /* run->endpoint's, from 1; 0: none */
    bool reset_left;   /* it has sent a reset */
    sv_time reset_due; /* since when it should have; SV_NEVER */
    sv_time waits;     /* since when its application waits for what is there; SV_NEVER */
    sv_time owed;      /* since when an acknowledgement is owed; SV_NEVER */
    sv_time flight;    /* since when something is in flight and nothing was said; SV_NEVER */
};

struct sc_lawful_table {
    struct sc_lawful *side;
    uint32_t n; /* a power of two */
    struct {    /* of each host: when ends began to wait, the oldest first */
        sv_time at[64];
        uint32_t began, over;
        sv_time asked; /* when it asked for an address last */
        uint8_t mac[6];
        bool has_mac;
    } * host;
};

bool sc_lawful_open(struct sc_run *run); /* false: no memory. If nobody asks, there is no table */
void sc_lawful_close(struct sc_run *run);
/* A frame leaves host's port, or comes to it. */
void sc_lawful_departs(struct sc_run *run, uint32_t host, const struct sv_buf *b);
void sc_lawful_arrives(struct sc_run *run, uint32_t host, const struct sv_buf *b);
/* The stack says that this end is in another state, or over; or that a wait is over. */
void sc_lawful_moves(struct sc_run *run, const struct sc_endpoint *e, uint32_t from, uint32_t to);
void sc_lawful_ends(struct sc_run *run, const struct sc_endpoint *e);
void sc_lawful_waited(struct sc_run *run, uint32_t host);
void sc_lawful_crashed(struct sc_run *run, uint32_t host);
void sc_lawful_over(struct sc_run *run); /* at the end of time */

sv_time sc_lawful_now(const struct sc_run *run, uint32_t host);
/* lawful_rules.c: what is asked; `d` was judged to be whole. */
struct sv_dissected;
void sc_lawful_agree(struct sc_lawful *s, const struct sc_lawful_syn *syn); /* this SYN of the peer's was taken */
void sc_lawful_rules_sent(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d);
void sc_lawful_rules_time(struct sc_run *run, struct sc_lawful *s);
void sc_lawful_breach(struct sc_run *run, uint32_t host, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
