/* SPDX-License-Identifier: BSD-2-Clause */
/* A run as the rows of a ladder between two of its hosts: every segment of all their connections, one incarnation
 * after another, and the packets of other protocols; the state is that of the connection which changed last. It knows
 * more than a trace does (what a fault did, which arrival was which departure), so it guesses nothing. */
#ifndef SC_ROWS_H
#define SC_ROWS_H

#include "scenario/model.h"
#include "trace/ladder.h"

struct sc_run;
struct sc_packet;
struct sc_rows;
struct sv_buf;
struct sv_trace_record;

/* The two hosts; SV_NONE: who connects first, and to whom. NULL: no memory. */
struct sc_rows *sc_rows_open(const struct sc_model *model, uint32_t left, uint32_t right);
void sc_rows_close(struct sc_rows *w);

uint32_t sc_rows_host(const struct sc_rows *w, uint32_t side); /* 0: the left one's number in the model */

/* The run tells. */
void sc_rows_departs(struct sc_run *run, uint32_t host, const struct sv_buf *b, const struct sc_packet *p,
                     const uint8_t *bytes, uint32_t n);
void sc_rows_arrives(struct sc_run *run, uint32_t host, const struct sv_buf *b, const struct sc_packet *p,
                     const uint8_t *bytes, uint32_t n);
void sc_rows_lost(struct sc_run *run, const struct sv_buf *b, const char *why); /* why: a word or two */
/* Wants FRAME_IN as well, with its bytes. */
void sc_rows_record(struct sc_run *run, const struct sv_trace_record *r, const uint8_t *bytes);
void sc_rows_said(struct sc_run *run, uint32_t host, const char *text); /* "[crash]" */

/* The row that what happens now belongs to: 1 and up; 0: none. And whether to its arrival. */
uint32_t sc_rows_now(const struct sc_rows *w, bool *arrival);

/* In drawing order, with the ends, ISNs and origin put into `options`. They live as long as `w`. */
const struct sv_ladder_row *sc_rows_finish(struct sc_rows *w, const struct sc_run *run, size_t *n,
                                           struct sv_ladder_options *options);
/* Puts a note beside the row of that number, or marks it. False: it has no row. */
bool sc_rows_note(struct sc_rows *w, uint32_t row, bool arrival, const char *note);
bool sc_rows_note_ends(struct sc_rows *w, bool end, const char *note); /* beside the first row, or the last */
void sc_rows_forget_notes(struct sc_rows *w);                          /* for those of another language */
bool sc_rows_mark(struct sc_rows *w, uint32_t row, bool arrival);
/* The number of the n-th (from 1) row of a timer, or of a call, of the host; 0: there are not so many. */
uint32_t sc_rows_nth(const struct sc_rows *w, uint32_t host, bool timer, uint32_t n);
sv_time sc_rows_time(const struct sc_rows *w, uint32_t row, bool arrival); /* SV_NEVER: no such row */
/* Does a row that somebody else made of the same run (see page.h) stand for this one's departure or arrival? `left` is
 * its left host. */
bool sc_rows_alike(const struct sc_rows *w, uint32_t row, bool arrival, uint32_t left,
                   const struct sv_ladder_row *other);
void sc_rows_window(struct sc_rows *w, sv_time from, sv_time to);

#endif
