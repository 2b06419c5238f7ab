/* SPDX-License-Identifier: BSD-2-Clause */
/* What a trace record is on a ladder, for all who build one: rows of a trace or a capture (ladder_from_trace.h), and
 * rows of a scenario's run. */
#ifndef SV_TRACE_LADDER_WORDS_H
#define SV_TRACE_LADDER_WORDS_H

#include "seven/trace.h"
#include "trace/ladder.h"

/* What a side's timers were last told; SV_NEVER: nothing. */
struct sv_ladder_clock {
    sv_time rto_set_at;   /* the retransmission timer */
    sv_time time_wait_at; /* TIME-WAIT began */
};

/* Why a segment went out again (enum sv_sent to enum sv_ladder_re); SV_LADDER_RE_NONE: it did not. */
uint8_t sv_ladder_again(uint32_t reason);

bool sv_ladder_timer_shows(const struct sv_trace_record *r); /* a TCP_TIMER_FIRED that has a row */

/* Fills that row, of kind SV_LADDER_TIMER, and tells the clock. */
void sv_ladder_timer(struct sv_ladder_row *row, const struct sv_trace_record *r, struct sv_ladder_clock *clock);

/* A TCP_TIMER_SET, looked at by a row of its moment and side: a timer set again when it fired is what comes next. */
void sv_ladder_timer_again(struct sv_ladder_row *row, const struct sv_trace_record *r);

/* A CALL in a word or two, into `text`: "send 100". False: it has no row, nothing was moved by it. */
bool sv_ladder_call(const struct sv_trace_record *r, char *text, size_t room);

bool sv_ladder_call_folds(const struct sv_trace_record *r); /* a run of such calls may become one line */

/* A drop's name as a ladder has it: without "TCP_". */
const char *sv_ladder_drop(uint32_t reason);

#endif
