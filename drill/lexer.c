/* SPDX-License-Identifier: BSD-2-Clause */
#include "drill/lexer.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void step(struct sv_drill_lexer *x, size_t n)
{
    while (n-- && x->at < x->end) {
        if (*x->at++ == '\n') {
            x->line++;
            x->column = 1;
        } else {
            x->column++;
        }
    }
}

static char peek(const struct sv_drill_lexer *x, size_t ahead)
{
    return (size_t)(x->end - x->at) > ahead ? x->at[ahead] : 0;
}

/* Where `what` begins at or after x->at + from; NULL: nowhere. */
static const char *find(const struct sv_drill_lexer *x, size_t from, const char *what)
{
    const size_t n = strlen(what);
    for (const char *p = x->at + from; (size_t)(x->end - p) >= n; p++) {
        if (memcmp(p, what, n) == 0)
            return p;
    }
    return NULL;
}

/* False: a comment that does not end. */
static bool skip(struct sv_drill_lexer *x)
{
    for (;;) {
        const char c = peek(x, 0);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
            step(x, 1);
        } else if (c == '/' && peek(x, 1) == '/') {
            while (x->at < x->end && *x->at != '\n')
                step(x, 1);
        } else if (c == '/' && peek(x, 1) == '*') {
            const char *end = find(x, 2, "*/");
            if (!end)
                return false;
            step(x, (size_t)(end - x->at) + 2);
        } else {
            return true;
        }
    }
}

static void bad(struct sv_drill_token *t, const char *why)
{
    t->kind = SV_DRILL_T_BAD;
    t->why = why;
}

/* Text between `open` and an unescaped `close`; the token is what lies between. */
static void quoted(struct sv_drill_lexer *x, struct sv_drill_token *t, char close, const char *why)
{
    size_t n = 1;
    while (peek(x, n) != close || x->at + n >= x->end) {
        if (x->at + n >= x->end) {
            bad(t, why);
            return;
        }
        n += peek(x, n) == '\\' && x->at + n + 1 < x->end ? 2 : 1;
    }
    t->text = x->at + 1;
    t->n = n - 1;
    step(x, n + 1);
}

static void code(struct sv_drill_lexer *x, struct sv_drill_token *t)
{
    const char *end = find(x, 2, "}%");
    if (!end) {
        bad(t, "code that begins with %{ must end with }%");
        return;
    }
    t->kind = SV_DRILL_T_CODE;
    t->text = x->at + 2;
    t->n = (size_t)(end - t->text);
    step(x, t->n + 4);
}

static void integer(struct sv_drill_lexer *x, struct sv_drill_token *t, size_t n)
{
    const bool minus = x->at[0] == '-';
    uint64_t value = 0;
    t->kind = SV_DRILL_T_INTEGER;
    for (size_t i = minus ? 1 : 0; i < n; i++) {
        const uint64_t digit = (uint64_t)(x->at[i] - '0');
        if (value > ((uint64_t)INT64_MAX - digit) / 10u)
            t->why = "a number beyond 63 bits"; /* no error where digits are no number: a cookie */
        value = value * 10u + digit;
    }
    t->number = minus ? (int64_t)-value : (int64_t)value;
}

static void hex(struct sv_drill_lexer *x, struct sv_drill_token *t)
{
    uint64_t value = 0;
    size_t n = 2;
    t->kind = SV_DRILL_T_INTEGER;
    t->hex = true;
    for (; is_hex(peek(x, n)); n++) {
        const char c = x->at[n];
        value = value << 4 | (uint64_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
        if (n > 17)
            t->why = "a number beyond 64 bits";
    }
    t->number = (int64_t)value;
    t->n = n;
}

static void number(struct sv_drill_lexer *x, struct sv_drill_token *t)
{
    size_t n = peek(x, 0) == '-' ? 1 : 0;
    if (n == 0 && peek(x, 0) == '0' && (peek(x, 1) | 0x20) == 'x' && is_hex(peek(x, 2))) {
        hex(x, t);
        step(x, t->n);
        return;
    }
    while (is_digit(peek(x, n)))
        n++;
    /* "0...1" is a number and an ellipsis; "1." is a number and a flag. */
    if (peek(x, n) == '.' && is_digit(peek(x, n + 1))) {
        for (n++; is_digit(peek(x, n));)
            n++;
        t->kind = SV_DRILL_T_DECIMAL;
    } else {
        integer(x, t, n);
    }
    t->n = n;
    step(x, n);
}

static void word(struct sv_drill_lexer *x, struct sv_drill_token *t, uint8_t kind, size_t from)
{
    size_t n = from;
    while (is_word(peek(x, n)))
        n++;
    t->kind = kind;
    t->text = x->at + from;
    t->n = n - from;
    step(x, n);
}

struct sv_drill_token sv_drill_next(struct sv_drill_lexer *x)
{
    const bool ended = skip(x);
    struct sv_drill_token t = {.kind = SV_DRILL_T_END, .line = x->line, .column = x->column, .text = x->at};
    const char c = peek(x, 0);
    if (!ended) {
        bad(&t, "a comment that begins with /* must end with */");
        return t;
    }
    if (x->at >= x->end)
        return t;
    if (is_digit(c) || (c == '-' && (is_digit(peek(x, 1)) || (peek(x, 1) == '.' && is_digit(peek(x, 2))))) ||
        (c == '.' && is_digit(peek(x, 1)))) {
        number(x, &t);
    } else if (is_word(c)) {
        word(x, &t, SV_DRILL_T_WORD, 0);
    } else if (c == '"') {
        t.kind = SV_DRILL_T_STRING;
        quoted(x, &t, '"', "a string that does not end");
    } else if (c == '`') {
        t.kind = SV_DRILL_T_COMMAND;
        quoted(x, &t, '`', "a command that does not end");
    } else if (c == '%' && peek(x, 1) == '{') {
        code(x, &t);
    } else if (c == '-' && peek(x, 1) == '-' && is_word(peek(x, 2))) {
        word(x, &t, SV_DRILL_T_OPTION, 2);
    } else if (c == '.' && peek(x, 1) == '.' && peek(x, 2) == '.') {
        t.kind = SV_DRILL_T_ELLIPSIS;
        t.n = 3;
        step(x, 3);
    } else {
        t.kind = SV_DRILL_T_MARK;
        t.mark = c;
        t.n = 1;
        step(x, 1);
    }
    return t;
}

struct sv_drill_token sv_drill_run_of(struct sv_drill_lexer *x, const char *set, bool words)
{
    (void)skip(x);
    struct sv_drill_token t = {.kind = SV_DRILL_T_WORD, .line = x->line, .column = x->column, .text = x->at};
    while (x->at + t.n < x->end && x->at[t.n] && ((words && is_word(x->at[t.n])) || strchr(set, x->at[t.n])))
        t.n++;
    step(x, t.n);
    return t;
}
