/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the page; nobody else includes this. */
#ifndef SC_PAGE_PRIVATE_H
#define SC_PAGE_PRIVATE_H

#include "scenario/page.h"
#include "trace/ladder_from_trace.h"

#define PAGE_BLOCKS 6u /* ranges out of order that a sample keeps */

/* One end of a connection after an event. Numbers are the header's own; windows in bytes. */
struct page_sample {
    sv_time t;
    uint32_t iss, irs;                      /* of which incarnation */
    uint32_t una, nxt, send_window, queued; /* queued: bytes the application has written, from una on */
    uint32_t rcv_nxt, recv_window, unread;  /* unread: in order, and not yet taken by the application */
    uint32_t cwnd, ssthresh, in_network;
    uint32_t srtt_us, rto_us;
    uint32_t recovery; /* enum sv_recovery_state */
    bool receives;     /* rcv_nxt and recv_window mean something */
    uint32_t blocks, block[PAGE_BLOCKS][2];
};

struct page_state {
    sv_time t;
    uint8_t on, from, to; /* enum sv_tcp_on or PAGE_ON_UNKNOWN, enum sv_tcp_state */
};
#define PAGE_ON_UNKNOWN 0xffu

struct page_side {
    uint32_t host; /* SV_NONE: a stranger, of whom nothing is known but what came */
    const char *name;
    struct sv_endpoint at;
    uint32_t initial, now; /* enum sv_tcp_state */
    struct page_sample *sample;
    uint32_t samples, samples_room, stride, routine; /* stride: of so many routine ones one is kept */
    struct page_state *state;
    uint32_t states, states_room;
};

/* Everything between two sockets, incarnations of the same four-tuple included. The left one opened first. */
struct page_conversation {
    struct page_side side[2];
    struct sv_ladder_build build;
    uint32_t attempts, attempt[8];
};

enum page_event_kind { PAGE_STEP, PAGE_FAULT, PAGE_OTHER };
struct page_event {
    sv_time t;
    uint32_t kind, host; /* host: SV_NONE: nobody's */
    char *text;
    int32_t port, state; /* of a switch's port: enum sv_stp_state; port -1: nothing of that */
    int32_t link, down;  /* of a link: 1 down, 0 up; link -1: nothing of that */
};

struct page_lost { /* what a fault took, and which one */
    sv_time t;
    uint32_t host, fault;
};

struct sc_page {
    struct sc_run *run;
    struct sc_memory memory;
    bool failed; /* no memory: nothing is written */
    struct page_conversation *conversation;
    uint32_t conversations, not_drawn;
    /* by the run's number of the endpoint */
    uint32_t *state_of, *hot_of;
    uint8_t *on_of;
    bool *is_drawn;
    uint32_t endpoints, *drawn, drawns; /* those of a conversation that is drawn */
    sv_time said;                       /* when the script had spoken at the last look */
    struct page_event *event;
    uint32_t events, events_room, of_kind[64];
    uint64_t events_left_out;
    struct page_lost *lost;
    uint32_t losts, losts_room;
    bool *step_told;
    uint64_t *fault_told, *fault_named;
    const char *see[17];
};

/* A row of the ladder as the page has it. */
struct page_row {
    struct sv_ladder_row row;
    bool gone;      /* folded away into the row that stands for it */
    uint32_t fault; /* that took it; SV_NONE */
};

/* Room for one more of `each` bytes behind *n of them. False: no memory, and the page has failed. */
bool page_more(struct sc_page *p, void **at, uint32_t n, uint32_t *room, size_t each);

/* page_watch.c */
void page_observe(struct sc_page *p, const struct sv_trace_record *r, const uint8_t *bytes);
struct page_conversation *page_find(const struct sc_page *p, const struct sc_endpoint *e, uint32_t *side);

/* page_events.c */
void page_events(struct sc_page *p, const struct sv_trace_record *r, const uint8_t *bytes);
/* A map of the file as one line, without the keys in `but` (NULL-terminated). */
char *page_sentence(struct sc_page *p, const struct sc_node *map, const char *const *but);

/* page_rows.c: the rows of a conversation with the states that its sides went through; NULL: none. Free them. */
struct page_row *page_rows(struct sc_page *p, uint32_t conversation, uint32_t most, uint32_t *n,
                           struct sv_ladder_options *o);
/* The row on which the claim turns; SV_NONE. */
uint32_t page_decisive(const struct sc_page *p, const struct page_conversation *c, const struct page_row *row,
                       uint32_t n);

/* Which fault took what was lost. */
void page_faults(const struct sc_page *p, const uint32_t host[2], struct page_row *row, uint32_t n);
/* Long runs of routine rows give way until there are at most so many. How many there are. */
uint32_t page_fold_to(struct page_row *row, uint32_t n, uint32_t most);

/* page_story.c: one more conversation. False: it has no rows, nothing was written. */
bool page_story(struct sc_page *p, const struct sc_page_story *story, uint32_t most, const struct sv_sink *to);

/* page_data.c */
void page_row_data(const struct sc_page *p, const struct page_row *at, const struct sc_page_note *note,
                   const struct sv_sink *to);
void page_data(struct sc_page *p, const struct sc_mutant *mutant, const struct sc_page_words *w,
               const struct sv_sink *to);
/* "key":"text" with a comma before it; nothing if there is no text. */
void page_text(const struct sv_sink *to, const char *key, const char *text);
/* "key":["en","zh"]; a language that is missing is said by the other one; nothing if both are. */
void page_both(const struct sv_sink *to, const char *key, const struct sc_page_text *text);

#endif
