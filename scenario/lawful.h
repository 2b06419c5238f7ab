/* SPDX-License-Identifier: BSD-2-Clause */
/* An onlooker at each host's port: what may be asked of any TCP, whatever goes wrong around it. `tcp: lawful` in a
 * scenario file. It reads the frames themselves, with another reader than the stack's, and believes the stack in
 * nothing but which state it says it is in. */
#ifndef SC_LAWFUL_H
#define SC_LAWFUL_H

#include "scenario/run.h"

#define SC_LAWFUL_RANGES 64u
#define SC_LAWFUL_SYNS 16u
#define SC_LAWFUL_SEEN 16u

struct sc_lawful_syn { /* of the peer's, that came */
    uint32_t seq, mss;
    uint16_t window;
    bool scales, stamps, sacks;
    uint8_t scale;
    uint32_t stamp; /* if it has one */
};

/* lawful_answers.c: what the segment that came last asks for. */
enum sc_asked { SC_ASKED_NOTHING, SC_ASKED_ACK, SC_ASKED_RESET, SC_ASKED_SYN_ACK };
struct sc_lawful_due {
    uint32_t kind;     /* enum sc_asked */
    uint32_t seq, ack; /* that it must have */
    bool with_ack;
    sv_time at, local; /* by the world's clock, by the host's */
    const char *why;
    bool twice; /* its first SACK block must be [from, to) */
    uint32_t from, to;
    uint32_t states; /* set of states, one of which must be there; 0: nothing is asked */
    sv_time states_at;
};
/* What becomes of it: it is certainly dropped; all but its text is taken; it is certainly looked at to the end. */
enum sc_lawful_fate { SC_LAWFUL_MAY_BE, SC_LAWFUL_REFUSED, SC_LAWFUL_TEXT_REFUSED, SC_LAWFUL_TAKEN };

/* What the state that the stack says it is in makes of a segment; NOWHERE: the onlooker cannot know. */
enum sc_lawful_phase {
    SC_PHASE_NOWHERE,
    SC_PHASE_CLOSED, /* or LISTEN */
    SC_PHASE_OPENING,
    SC_PHASE_HALF_OPEN,
    SC_PHASE_SYNCHRONIZED,
    SC_PHASE_WAITING
};
/* lawful_drops.c: a segment that came, and what was so before it did. */
struct sc_lawful_seen {
    uint32_t packet; /* sv_buf.id */
    uint32_t phase, seq, ack, flags, stamp, length;
    bool stamped, stamps, stamp_known, ranges_full, active, fin_came;
    uint32_t told, came, iss, sent, acked, wide, stamp_came;
};
/* lawful_urgent.c: RFC 9293 §3.8.5. */
struct sc_lawful_urgent {
    bool sends;          /* its application has said that a byte is urgent */
    uint32_t to;         /* the number after it */
    bool told, may, due; /* of the peer's: told of it up to `up`; may be, must be told now */
    bool doubtful;       /* some came of which nobody knows whether it was taken */
    uint32_t up;
    uint64_t count; /* of what the application had been told of, when it became due */
    sv_time at;
};
/* lawful_timing.c: RFC 6298. By the host's clock, but `due_at`. */
struct sc_lawful_timing {
    uint32_t syns, answers;     /* sent: SYNs, SYN,ACKs */
    sv_time opened_at, data_at; /* the first of them, the first data or FIN; 0: none */
    bool active, measured, due, unmeasurable;
    sv_time due_at;   /* when the SYN was acknowledged */
    sv_time sample;   /* that it measured then */
    uint32_t held_us; /* its timeout as it was doubled last, and nothing measured since; 0 */
    uint32_t rto_us;  /* as it followed from the last sample; 0: there was none */
    sv_time shut_at;  /* since when the peer's window is closed, and something waits; 0: it is not, or was probed */
    bool probed;
    sv_time able_at;      /* since when it could send; 0 */
    sv_time pressed_at;   /* when it sent text, an end or a probe last, by the world's clock, */
    sv_time shut_told_at; /* and when it was told last that nothing more is taken */
    bool fired;           /* its timer has run out, and nothing was sent since */
    /* Fast retransmission, RFC 5681 §3.2, where there are no SACKs. */
    uint32_t dups, recover; /* duplicates; sent, when anything was sent again last */
    bool again, resend_due;
    sv_time resend_at;
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
    uint32_t window, window_told, window_by;       /* its last, and the numbers of the segment that told */
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
    /* lawful_answers.c */
    struct sc_lawful_due due;
    bool unseen;                /* a connection whose SYN,ACK nobody saw leave: until the next SYN nothing is judged */
    bool doubtful;              /* nobody knows whether it took the acknowledgement of its FIN */
    bool strayed;               /* what it knows of the peer's window may be out of date, by a stray (SND.WL1) */
    bool may_answer, may_reset; /* something that came may ask for an acknowledgement, a reset */
    sv_time came_at;            /* when a segment came last, by the world's clock; 0: never */
    sv_time free_at;            /* until then, it may say anything */
    sv_time said_at;            /* when its SYN,ACK left last */
    sv_time third_at;           /* when the handshake's third message came, good and alone; 0: never */
    sv_time odd_at;             /* when one came last whose answer may be limited; 0: none */
    sv_time wait_from;          /* since when it is in TIME-WAIT, by the host's clock; 0: it is not */
    sv_time wait_last;          /* when that may have begun anew last */
    uint32_t widest;            /* the largest window of the peer's */
    uint32_t surely;            /* what it has certainly taken for acknowledged; `acked` at most */
    uint32_t echoed;            /* the timestamp that was echoed last */
    uint32_t phase, half_irs;   /* of the segment that came last */
    bool takes, echoes;         /* since a segment came that it must have taken: */
    uint32_t takes_to;          /* its next acknowledgement is of so much at least */
    uint32_t echoes_least;      /* and echoes that timestamp, or a later one */
    bool fin_early;             /* the peer's FIN came before its data, which ends at fin_early_at */
    uint32_t fin_early_at;
    bool twice; /* something has come twice */
    struct sc_lawful_urgent urgent;
    struct sc_lawful_timing timing;
};
struct sc_lawful_host {
    sv_time at[64]; /* when ends began to wait, the oldest first */
    uint32_t began, over;
    sv_time asked; /* when it asked for an address last */
    uint8_t mac[6];
    bool has_mac;
    sv_time odd_at[6]; /* when segments came whose answers may be limited */
    uint32_t odds;
    struct sc_lawful *recent; /* the end that was busy last; NULL */
    struct sc_lawful_seen seen[SC_LAWFUL_SEEN];
    uint32_t seens;
};

struct sc_lawful_table {
    struct sc_lawful *side;
    uint32_t n; /* a power of two */
    struct sc_lawful_host *host;
};

bool sc_lawful_open(struct sc_run *run); /* false: no memory. If nobody asks, there is no table */
void sc_lawful_close(struct sc_run *run);
/* A frame leaves host's port, or comes to it. */
void sc_lawful_departs(struct sc_run *run, uint32_t host, const struct sv_buf *b);
/* nth: of those that come together, from 0. stray: nobody sent it, and nobody waits for it to be acknowledged. */
void sc_lawful_arrives(struct sc_run *run, uint32_t host, const struct sv_buf *b, uint32_t nth, bool stray);
/* The stack says that this end is in another state, or over; or that a wait is over. */
void sc_lawful_moves(struct sc_run *run, const struct sc_endpoint *e, uint32_t from, uint32_t to);
void sc_lawful_moves_small(struct sc_run *run, uint32_t host, uint32_t from, uint32_t to);
void sc_lawful_ends(struct sc_run *run, const struct sc_endpoint *e);
void sc_lawful_waited(struct sc_run *run, uint32_t host);
void sc_lawful_crashed(struct sc_run *run, uint32_t host);
void sc_lawful_over(struct sc_run *run); /* at the end of time */

sv_time sc_lawful_now(const struct sc_run *run, uint32_t host);
struct sc_lawful *sc_lawful_side(struct sc_run *run, const struct sc_endpoint *e); /* NULL */
/* lawful_answers.c: what a segment that came asks for; what an end says to it; what is overdue. */
struct sv_dissected;
enum sc_lawful_fate sc_lawful_asks(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d);
/* True: a reset that was asked for, and ends nothing. */
bool sc_lawful_answers(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d);
void sc_lawful_asked(struct sc_run *run, struct sc_lawful *s);
/* lawful_drops.c: a segment comes, packet `id`; it is dropped, and this is said to be why. */
void sc_lawful_comes(struct sc_run *run, const struct sc_lawful *s, const struct sv_dissected *d, uint32_t id);
void sc_lawful_dropped(struct sc_run *run, uint32_t host, uint32_t reason, uint32_t packet);
/* lawful_urgent.c: an application marks the byte that it writes next; is told of the peer's; what leaves and comes. */
void sc_lawful_urges(struct sc_run *run, const struct sc_conn *c);
void sc_lawful_urged(struct sc_run *run, const struct sc_conn *c);
void sc_lawful_urgent_sent(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d);
void sc_lawful_urgent_came(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d,
                           enum sc_lawful_fate fate);
void sc_lawful_urgent_due(struct sc_run *run, struct sc_lawful *s);
/* lawful_timing.c: segments leave and come; and what the stack says of its clocks. */
void sc_lawful_timing_sent(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d);
void sc_lawful_timing_came(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d,
                           enum sc_lawful_fate fate);
void sc_lawful_timing_due(struct sc_run *run, struct sc_lawful *s);
void sc_lawful_timing_shut(struct sc_run *run, struct sc_lawful *s);
void sc_lawful_timing_heard(struct sc_lawful *s, const struct sv_dissected *d, enum sc_lawful_fate fate);
void sc_lawful_clock(struct sc_run *run, const struct sc_endpoint *e, const struct sv_trace_record *r);
/* lawful_rules.c: what is asked; `d` was judged to be whole. */
void sc_lawful_agree(struct sc_lawful *s, const struct sc_lawful_syn *syn); /* this SYN of the peer's was taken */
void sc_lawful_rules_sent(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d);
void sc_lawful_rules_time(struct sc_run *run, struct sc_lawful *s);
void sc_lawful_breach(struct sc_run *run, uint32_t host, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
