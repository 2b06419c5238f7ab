/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the parser share: recursive descent with one token in hand. The first error stands; after it every
 * token is the end, so that all the functions come back. */
#ifndef SV_DRILL_PARSER_H
#define SV_DRILL_PARSER_H

#include "drill/lexer.h"

#define SV_DRILL_DEPTH 32u /* of records and lists in each other */
#define SV_DRILL_SECOND_NS UINT64_C(1000000000)

struct sv_drill_parser {
    struct sv_drill_lexer lexer, before; /* behind the token, and at the end of the one before it */
    struct sv_drill_token token;
    const char *begins; /* the token, in the script: what stands for it may be elsewhere */
    struct sv_drill_script *script;
    struct sv_drill_error *error;
    const struct sv_drill_define *defines;
    uint32_t depth;
    bool failed;
};

#if defined(__GNUC__)
#define SV_DRILL_PRINTF(at, first) __attribute__((__format__(__printf__, at, first)))
#else
#define SV_DRILL_PRINTF(at, first)
#endif

/* Memory that lives as long as the script, zeroed; never NULL for a parser that has not failed: it fails then. */
void *sv_drill_keep(struct sv_drill_parser *p, size_t bytes);
const char *sv_drill_keep_text(struct sv_drill_parser *p, const char *text, size_t n);

/* Notes an error at the token in hand, or at one that is gone. */
void sv_drill_fail(struct sv_drill_parser *p, const char *format, ...) SV_DRILL_PRINTF(2, 3);
void sv_drill_fail_at(struct sv_drill_parser *p, uint32_t line, uint32_t column, const char *format, ...)
    SV_DRILL_PRINTF(4, 5);
/* "WHAT is wanted here, not TOKEN". */
void sv_drill_wanted(struct sv_drill_parser *p, const char *what);

/* What --define said of a name; NULL: nothing. */
const char *sv_drill_defined(const struct sv_drill_parser *p, const char *text, size_t n);

void sv_drill_advance(struct sv_drill_parser *p);
/* The token in hand is read again as a run of these bytes (and of words'), and the token behind it becomes the one in
 * hand. */
struct sv_drill_token sv_drill_take_run(struct sv_drill_parser *p, const char *set, bool words);

bool sv_drill_is_mark(const struct sv_drill_parser *p, char mark);
bool sv_drill_is_word(const struct sv_drill_parser *p, const char *word);
bool sv_drill_take_mark(struct sv_drill_parser *p, char mark); /* false: another token, which stays */
bool sv_drill_take_word(struct sv_drill_parser *p, const char *word);
void sv_drill_want_mark(struct sv_drill_parser *p, char mark);
/* An integer from `low` to `high`; 0 after an error. */
int64_t sv_drill_want_integer(struct sv_drill_parser *p, const char *what, int64_t low, int64_t high);
/* A number of a packet: N, and where it is compared also N~M or *. */
struct sv_drill_number sv_drill_want_number(struct sv_drill_parser *p, const char *what, bool compared, uint32_t high);

/* Parts of the grammar. */
void sv_drill_parse_packet(struct sv_drill_parser *p, struct sv_drill_packet *packet);
void sv_drill_parse_tcp_options(struct sv_drill_parser *p, struct sv_drill_packet *packet);
void sv_drill_parse_call(struct sv_drill_parser *p, struct sv_drill_call *call);
int64_t sv_drill_parse_time(struct sv_drill_parser *p);

#endif
