/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of a packet script. Some things of the language are no words of it (flags as in "SEW.", cookies in hex,
 * addresses): the parser asks for those by name, at the place where they stand. */
#ifndef SV_DRILL_LEXER_H
#define SV_DRILL_LEXER_H

#include "drill/script.h"

enum sv_drill_token_kind {
    SV_DRILL_T_END,
    SV_DRILL_T_INTEGER, /* decimal or 0x */
    SV_DRILL_T_DECIMAL, /* with a point */
    SV_DRILL_T_WORD,
    SV_DRILL_T_STRING,  /* without its quotes */
    SV_DRILL_T_COMMAND, /* without its back-quotes */
    SV_DRILL_T_CODE,    /* without %{ and }% */
    SV_DRILL_T_OPTION,  /* --name, without the dashes */
    SV_DRILL_T_ELLIPSIS,
    SV_DRILL_T_MARK, /* one character: `mark` */
    SV_DRILL_T_BAD,  /* `why` says what is wrong; so it does of an integer that is none */
};

struct sv_drill_token {
    uint8_t kind; /* enum sv_drill_token_kind */
    char mark;
    bool hex;
    uint32_t line, column;
    int64_t number;   /* of an integer */
    const char *text; /* in the script, not terminated */
    size_t n;
    const char *why;
};

struct sv_drill_lexer {
    const char *at, *end;
    uint32_t line, column; /* of `at` */
};

/* The token at or behind `at`; the lexer then stands behind it. */
struct sv_drill_token sv_drill_next(struct sv_drill_lexer *x);

/* Skips blanks and comments, then takes the longest run of bytes from `set` (and of letters and digits if `words`). The
 * token is a word; n is 0 if there is none. */
struct sv_drill_token sv_drill_run_of(struct sv_drill_lexer *x, const char *set, bool words);

#endif
