/* SPDX-License-Identifier: BSD-2-Clause */
/* A run as one page of HTML that opens from disk: topology, ladder, both state machines, the sequence space, cwnd and
 * RTT, the expectations, and a slider that moves all of them through time. Templates are in page/; what they need of
 * the run is one block of JSON, gathered here while it runs. English and Chinese are both on the page; a button changes
 * over.
 *
 *     struct sc_run *run = sc_run_open(model, seed, why, sizeof why);
 *     struct sc_page *page = sc_page_open(run);       // NULL: no memory
 *     run->record = my_record;                        // calls sc_page_record(page, r, bytes)
 *     sc_run_all(run, NULL);
 *     struct sc_page_words words;
 *     sc_page_words_of(model, &words);                // the file's own title, claim, watch, try, see
 *     good = sc_page_write(page, &words, &sink);      // before sc_run_close()
 *     sc_page_close(page);
 *
 * No I/O, no clock: the same run and words give the same bytes. Ceilings (SC_PAGE_*) bound the page, which says what
 * was left out. */
#ifndef SC_PAGE_H
#define SC_PAGE_H

#include "scenario/run.h"
#include "trace/ladder.h"
#include "trace/sink.h"

#define SC_PAGE_CONVERSATIONS 16u
#define SC_PAGE_ROWS 6000u    /* of all ladders together: long runs of routine segments are folded to fit */
#define SC_PAGE_SAMPLES 4096u /* of one end of one connection: of routine ones every second is left out when full */
#define SC_PAGE_EVENTS 1500u  /* of other kinds: ARP, ICMP, spanning tree, steps, faults */

enum sc_page_lang { SC_PAGE_EN, SC_PAGE_ZH, SC_PAGE_LANGS };

/* The same sentence in both languages; NULL or "": not said in that one, and the other stands in. UTF-8, plain text. */
struct sc_page_text {
    const char *in[SC_PAGE_LANGS];
};

struct sc_page_note {
    bool decisive;            /* the row on which the claim turns */
    struct sc_page_text text; /* both NULL: no note. Borrowed until sc_page_write() returns */
};

/* A ladder of all that passed between two hosts, which opens first: rows in drawing order with absolute numbers and the
 * world's times, the first of them with the states to begin with. Borrowed until sc_page_write() returns. */
struct sc_page_story {
    const struct sv_ladder_row *row;
    uint32_t n;
    struct sv_ladder_end end[2];
    uint32_t host[2];                /* of the model */
    const struct sc_page_note *note; /* one for each row; NULL: none. Which rows are decisive the rows say */
};

/* Words for people. All borrowed. Zero is a good beginning: what is not given is not on the page. */
struct sc_page_words {
    uint32_t lang;                     /* enum sc_page_lang: which one it opens in */
    struct sc_page_text title;         /* else the scenario's name */
    struct sc_page_text claim;         /* one sentence */
    struct sc_page_text watch;         /* what to look at */
    struct sc_page_text verdict;       /* said beside "holds" or "fails", which the expectations decide */
    struct sc_page_text try_this;      /* one thing to change */
    struct sc_page_text try_command;   /* the command for it, copied as it is */
    const char *replay;                /* the command that makes this page; NULL */
    const char *const *see;            /* sections of standards, NULL-terminated; NULL: none */
    const char *home;                  /* link back to the index ("index.html"); NULL: none */
    const char *previous, *next;       /* links to the neighbours' pages; NULL: none */
    const struct sc_page_story *story; /* NULL: none */
    /* Asked for every row of every conversation's ladder in drawing order; NULL: no notes, and the row at the moment of
     * the decisive expectation is marked. `left` and `right` are hosts of the model (right SV_NONE: a stranger);
     * numbers in the row are the header's own, times the world's. */
    void (*note)(void *ctx, const struct sc_run *run, uint32_t left, uint32_t right, const struct sv_ladder_row *row,
                 struct sc_page_note *note);
    /* The sentence of an expectation, borrowed until the next call; NULL: its condition, as the file has it. */
    void (*say)(void *ctx, const struct sc_run *run, uint32_t expectation, struct sc_page_text *said);
    void *ctx;
};

struct sc_page;

/* To be called before the first turn of the run: it chooses what the trace keeps. NULL: no memory. */
struct sc_page *sc_page_open(struct sc_run *run);

/* One record of the run's trace, from the run's `record`, in order. Takes note of the sockets that it speaks of. */
void sc_page_record(struct sc_page *page, const struct sv_trace_record *r, const uint8_t *bytes);

/* What the file itself says for people (title, claim, watch, try, see), which may be {en: ..., zh: ...} or one text.
 * Points into the model's tree; `see` into the page's memory. */
void sc_page_words_of(struct sc_page *page, struct sc_page_words *words);

/* The whole page. `words` may be NULL: as sc_page_words_of() has them. `mutant`: of which mutant this was the run, or
 * NULL. False: no memory. */
bool sc_page_write(struct sc_page *page, const struct sc_mutant *mutant, const struct sc_page_words *words,
                   const struct sv_sink *to);

void sc_page_close(struct sc_page *page);

/* --- a list of topics that a teacher can put on a site ----------------------------------------------------------- */

enum sc_page_outcome { SC_PAGE_NOT_RUN, SC_PAGE_HOLDS, SC_PAGE_FAILS };

struct sc_page_topic {
    struct sc_page_text chapter; /* a heading stands where it differs from the topic before; may be empty */
    const char *name;            /* "why-three" */
    const char *href;            /* "why-three.html"; NULL: no page (a topic that waits) */
    struct sc_page_text title, claim;
    struct sc_page_text needs; /* "TLS": what a topic waits for; empty: nothing */
    uint32_t outcome;          /* enum sc_page_outcome */
};

struct sc_page_list {
    uint32_t lang;
    struct sc_page_text title, preface;
    const struct sc_page_topic *topic;
    uint32_t n;
};

void sc_page_index(const struct sc_page_list *list, const struct sv_sink *to);

#endif
