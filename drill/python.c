/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements of the small Python. */
#include "drill/python.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "drill/python_private.h"

void sv_drill_py_fail(struct sv_drill_py *x, enum sv_drill_py_result why, const char *format, ...)
{
    va_list args;
    if (x->result != SV_DRILL_PY_OK)
        return;
    x->result = why;
    x->error->line = x->line;
    x->error->column = x->column;
    va_start(args, format);
    (void)vsnprintf(x->error->text, sizeof x->error->text, format, args);
    va_end(args);
}

static void step(struct sv_drill_py *x)
{
    if (*x->at == '\n') {
        x->line++;
        x->column = 0;
    }
    x->column++;
    x->at++;
}

static bool is_blank(const struct sv_drill_py *x)
{
    const char c = *x->at;
    return c == ' ' || c == '\t' || c == '\r' || (c == '\n' && x->depth);
}

void sv_drill_py_blanks(struct sv_drill_py *x)
{
    for (;;) {
        if (is_blank(x)) {
            step(x);
        } else if (x->at[0] == '\\' && (x->at[1] == '\n' || (x->at[1] == '\r' && x->at[2] == '\n'))) {
            step(x);
            step(x);
        } else if (*x->at == '#') {
            while (*x->at && *x->at != '\n')
                step(x);
        } else {
            return;
        }
    }
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool sv_drill_py_take(struct sv_drill_py *x, const char *mark)
{
    const size_t n = strlen(mark);
    sv_drill_py_blanks(x);
    if (strncmp(x->at, mark, n) != 0)
        return false;
    /* "<" is not the beginning of "<=", nor "|" of "|=". */
    if (n == 1 && strchr("<>=|^&+-*/%", mark[0]) && (x->at[1] == '=' || (x->at[1] == mark[0] && mark[0] != '-')))
        return false;
    for (size_t i = 0; i < n; i++)
        step(x);
    return true;
}

bool sv_drill_py_take_word(struct sv_drill_py *x, const char *word)
{
    const size_t n = strlen(word);
    sv_drill_py_blanks(x);
    if (strncmp(x->at, word, n) != 0 || is_name(x->at[n]))
        return false;
    for (size_t i = 0; i < n; i++)
        step(x);
    return true;
}

bool sv_drill_py_name(struct sv_drill_py *x, char *to, size_t size)
{
    size_t n = 0;
    sv_drill_py_blanks(x);
    if (!is_name(*x->at) || (*x->at >= '0' && *x->at <= '9'))
        return false;
    for (; is_name(*x->at); step(x)) {
        if (n + 1 < size)
            to[n++] = *x->at;
    }
    to[n] = 0;
    return true;
}

bool sv_drill_py_end_of_statement(struct sv_drill_py *x)
{
    sv_drill_py_blanks(x);
    return *x->at == 0 || *x->at == '\n' || *x->at == ';';
}

/* --- statements --- */

static void assertion(struct sv_drill_py *x)
{
    char source[120], said[SV_DRILL_PY_TEXT] = "";
    const char *from = x->at;
    const uint32_t line = x->line, column = x->column;
    const struct sv_drill_py_value v = sv_drill_py_expression(x);
    const size_t n = (size_t)(x->at - from) < sizeof source - 1 ? (size_t)(x->at - from) : sizeof source - 1;
    memcpy(source, from, n);
    source[n] = 0;
    const bool holds = x->skip || sv_drill_py_true(&v);
    x->skip += holds;
    if (sv_drill_py_take(x, ",")) {
        const struct sv_drill_py_value text = sv_drill_py_expression(x);
        sv_drill_py_text(&text, false, said, sizeof said);
    }
    x->skip -= holds;
    if (holds || x->result != SV_DRILL_PY_OK)
        return;
    x->line = line;
    x->column = column;
    sv_drill_py_fail(x, SV_DRILL_PY_ASSERTION, "assert%s does not hold%s%.90s", source, said[0] ? ": " : "", said);
}

static void print(struct sv_drill_py *x)
{
    struct sv_drill_py_value v[12];
    char line[1024] = "";
    size_t used = 0;
    const uint32_t n = sv_drill_py_values(x, ")", v, 12);
    for (uint32_t i = 0; i < n && used + SV_DRILL_PY_TEXT + 1 < sizeof line; i++) {
        if (i)
            line[used++] = ' ';
        sv_drill_py_text(&v[i], false, line + used, SV_DRILL_PY_TEXT);
        used += strlen(line + used);
    }
    if (!x->skip && x->result == SV_DRILL_PY_OK && x->py->print)
        x->py->print(x->py->ctx, line);
}

static void assign(struct sv_drill_py *x, const char *name, const char *op)
{
    struct sv_drill_py_value v = sv_drill_py_expression(x);
    uint32_t i = 0;
    if (x->skip || x->result != SV_DRILL_PY_OK)
        return;
    while (i < x->py->names && strcmp(x->py->name[i].name, name) != 0)
        i++;
    if (i == SV_DRILL_PY_NAMES || (op[0] && i == x->py->names)) {
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, op[0] ? "the name %s is not known" : "too many names, with %s", name);
        return;
    }
    if (op[0])
        v = sv_drill_py_binary(x, op, &x->py->name[i].value, &v);
    if (i == x->py->names) {
        x->py->names++;
        (void)snprintf(x->py->name[i].name, sizeof x->py->name[i].name, "%s", name);
    }
    x->py->name[i].value = v;
}

static void statement(struct sv_drill_py *x);

/* if A: B; C -- on one line. */
static void condition(struct sv_drill_py *x)
{
    const struct sv_drill_py_value v = sv_drill_py_expression(x);
    const bool off = !x->skip && !sv_drill_py_true(&v);
    if (!sv_drill_py_take(x, ":"))
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "if wants ':'");
    if (sv_drill_py_end_of_statement(x))
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "of if, only the form on one line is known");
    x->skip += off;
    do
        statement(x);
    while (x->result == SV_DRILL_PY_OK && sv_drill_py_take(x, ";"));
    x->skip -= off;
}

static void statement(struct sv_drill_py *x)
{
    static const char *const foreign[] = {"import", "from",   "def",    "class", "for", "while", "try",  "with",
                                          "return", "global", "lambda", "else",  "del", "raise", "elif", NULL};
    static const char *const ops[] = {"+", "-", "*", "//", "/", "%", "|", "&", "^", "<<", ">>", NULL};
    char name[48];
    if (sv_drill_py_end_of_statement(x) || sv_drill_py_take_word(x, "pass"))
        return;
    for (uint32_t i = 0; foreign[i]; i++) {
        if (sv_drill_py_take_word(x, foreign[i]))
            sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "\"%s\" is not in the part of Python that is known here",
                             foreign[i]);
    }
    if (sv_drill_py_take_word(x, "if")) {
        condition(x);
        return;
    }
    if (sv_drill_py_take_word(x, "assert")) {
        assertion(x);
        return;
    }
    const struct sv_drill_py before = *x;
    if (sv_drill_py_name(x, name, sizeof name)) {
        if (strcmp(name, "print") == 0 && sv_drill_py_take(x, "(")) {
            print(x);
            return;
        }
        if (sv_drill_py_take(x, "=")) {
            assign(x, name, "");
            return;
        }
        for (uint32_t i = 0; ops[i]; i++) {
            const char both[4] = {ops[i][0], ops[i][1] ? ops[i][1] : '=', ops[i][1] ? '=' : 0, 0};
            if (sv_drill_py_take(x, both)) {
                assign(x, name, ops[i]);
                return;
            }
        }
    }
    *x = before;
    (void)sv_drill_py_expression(x);
}

static enum sv_drill_py_result run(struct sv_drill_py *x)
{
    while (x->result == SV_DRILL_PY_OK) {
        statement(x);
        if (x->result != SV_DRILL_PY_OK)
            break;
        if (!sv_drill_py_end_of_statement(x))
            sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "the statement should end here, not go on with '%c'", *x->at);
        if (*x->at == 0)
            break;
        step(x);
    }
    return x->result;
}

enum sv_drill_py_result sv_drill_python_run(struct sv_drill_python *py, const char *text, uint32_t line,
                                            struct sv_drill_error *error)
{
    struct sv_drill_py x = {.py = py, .at = text, .line = line, .column = 1, .error = error};
    return run(&x);
}

enum sv_drill_py_result sv_drill_python_check(const char *text, uint32_t line, struct sv_drill_error *error)
{
    static const struct sv_drill_python nothing;
    struct sv_drill_python py = nothing;
    struct sv_drill_py x = {.py = &py, .at = text, .line = line, .column = 1, .skip = 1, .error = error};
    return run(&x);
}
