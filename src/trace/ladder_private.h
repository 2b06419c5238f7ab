/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the ladder; nobody else includes this. */
#ifndef SV_TRACE_LADDER_PRIVATE_H
#define SV_TRACE_LADDER_PRIVATE_H

#include "trace/ladder.h"

/* What colours a piece of a line: bits, joined. */
enum sv_ink {
    SV_INK_PLAIN = 0,
    SV_INK_BOLD = 1u << 0,
    SV_INK_DIM = 1u << 1,
    SV_INK_RED = 1u << 2,
    SV_INK_GREEN = 1u << 3,
    SV_INK_YELLOW = 1u << 4,
    SV_INK_MAGENTA = 1u << 5,
    SV_INK_CYAN = 1u << 6,
};

#define SV_LADDER_STATE_WIDTH 12u
#define SV_LADDER_LIST_BELOW 60u  /* columns: no rails */
#define SV_LADDER_TIME_FROM 80u   /* columns: times and the right state */
#define SV_LADDER_NOTES_FROM 120u /* columns: notes beside the rows */

/* ladder_label.c: a label as words, so that it can be broken between them. */
#define SV_LABEL_WORDS 20u
struct sv_label {
    struct {
        char text[40];
        uint8_t glued; /* no blank before it */
    } word[SV_LABEL_WORDS];
    uint32_t words;
};
void sv_label_make(struct sv_ladder *l, const struct sv_ladder_row *row, struct sv_label *label);
/* Joins words from `from` on into `out` (cut to `columns`); the first word that is left for the next line. At least
 * one is taken. */
uint32_t sv_label_line(const struct sv_label *label, uint32_t from, uint32_t columns, struct sv_line_text *out);
uint32_t sv_label_ink(const struct sv_ladder_row *row);
void sv_ladder_say(const struct sv_ladder *l, const struct sv_ladder_row *row, struct sv_line_text *out); /* "[...]" */
void sv_ladder_totals(const struct sv_ladder *l, const struct sv_ladder_row *row, struct sv_line_text *out);
void sv_ladder_flags(uint16_t flags, struct sv_line_text *out);
const char *sv_ladder_re_text(const struct sv_ladder_row *row, struct sv_line_text *out); /* NULL: not sent again */

/* ladder_paint.c: one line, piece by piece, blanks at its end never written. */
void sv_paint_to(struct sv_ladder *l, uint32_t column);
void sv_paint(struct sv_ladder *l, uint32_t ink, const char *text, size_t n);
void sv_paint_right(struct sv_ladder *l, uint32_t ink, uint32_t end, const char *text,
                    size_t n); /* ends before `end` */
void sv_paint_end(struct sv_ladder *l);

/* ladder_layout.c, ladder_list.c */
void sv_ladder_head(struct sv_ladder *l);
void sv_ladder_put_row(struct sv_ladder *l, const struct sv_ladder_row *row);
void sv_ladder_list_row(struct sv_ladder *l, const struct sv_ladder_row *row);
void sv_ladder_list_head(struct sv_ladder *l, const char *who, const char *isn);
const char *sv_ladder_state_text(uint8_t state); /* "" for what is unknown */

#endif
