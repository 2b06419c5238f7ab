/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions of the small Python, by precedence, evaluated as they are read. */
#include <stdlib.h>
#include <string.h>

#include "drill/python_private.h"

#define NESTED_MAX 40u
#define VALUES_MAX 12u

typedef struct sv_drill_py_value value;

static value none(void)
{
    return (value){.kind = SV_DRILL_PY_NONE};
}

uint32_t sv_drill_py_values(struct sv_drill_py *x, const char *close, struct sv_drill_py_value *to, uint32_t max)
{
    uint32_t n = 0;
    x->depth++;
    while (x->result == SV_DRILL_PY_OK && !sv_drill_py_take(x, close)) {
        if (n == max) {
            sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "more than %u values in a list", max);
            break;
        }
        to[n++] = sv_drill_py_expression(x);
        if (sv_drill_py_take(x, ","))
            continue;
        if (!sv_drill_py_take(x, close))
            sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "'%s' or ',' is wanted here", close);
        break;
    }
    x->depth--;
    return n;
}

/* --- primaries --- */

static value number(struct sv_drill_py *x)
{
    char *end = NULL, *end_float = NULL;
    const bool hex = x->at[0] == '0' && (x->at[1] | 0x20) == 'x';
    value v = sv_drill_py_int((int64_t)strtoull(x->at, &end, hex ? 16 : 10));
    const double f = strtod(x->at, &end_float);
    if (!hex && end_float > end) {
        v = (value){.kind = SV_DRILL_PY_FLOAT, .f = f};
        end = end_float;
    }
    x->column += (uint32_t)(end - x->at);
    x->at = end;
    return v;
}

static value string(struct sv_drill_py *x)
{
    const char quote = *x->at;
    value v = {.kind = SV_DRILL_PY_STRING};
    size_t n = 0;
    const char *p = x->at + 1;
    if (p[0] == quote && p[1] == quote) {
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "a string in triple quotes");
        return v;
    }
    for (; *p && *p != quote && *p != '\n'; p++) {
        char c = *p;
        if (c == '\\' && p[1])
            c = *++p == 'n' ? '\n' : *p == 't' ? '\t' : *p;
        if (n + 1 < sizeof v.text)
            v.text[n++] = c;
    }
    if (*p != quote)
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "a string that does not end on its line");
    else
        p++;
    x->column += (uint32_t)(p - x->at);
    x->at = p;
    return v;
}

static value call(struct sv_drill_py *x, const char *name)
{
    value v[VALUES_MAX];
    const uint32_t n = sv_drill_py_values(x, ")", v, VALUES_MAX);
    const bool most = strcmp(name, "max") == 0;
    if (x->result != SV_DRILL_PY_OK)
        return none();
    if ((most || strcmp(name, "min") == 0) && n > 0) {
        value best = v[0];
        for (uint32_t i = 1; i < n; i++)
            best = sv_drill_py_compare(x, most ? ">" : "<", &v[i], &best) ? v[i] : best;
        return best;
    }
    if (strcmp(name, "abs") == 0 && n == 1) {
        v[0].i = v[0].i < 0 && v[0].i != INT64_MIN ? -v[0].i : v[0].i;
        v[0].f = v[0].f < 0 ? -v[0].f : v[0].f;
        return v[0];
    }
    if (strcmp(name, "int") == 0 && n == 1) {
        const double big = 9.2e18;
        if (v[0].kind == SV_DRILL_PY_FLOAT && v[0].f > -big && v[0].f < big)
            return sv_drill_py_int((int64_t)v[0].f);
        return v[0].kind == SV_DRILL_PY_STRING ? sv_drill_py_int(strtoll(v[0].text, NULL, 10)) : v[0];
    }
    if (strcmp(name, "str") == 0 && n == 1) {
        value text = {.kind = SV_DRILL_PY_STRING};
        sv_drill_py_text(&v[0], false, text.text, sizeof text.text);
        return text;
    }
    if (strcmp(name, "len") == 0 && n == 1)
        return sv_drill_py_int((int64_t)strlen(v[0].text));
    sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "%s() with %u values is no function that is known here", name, n);
    return none();
}

static value named(struct sv_drill_py *x, const char *name)
{
    int64_t i;
    if (sv_drill_py_take(x, "("))
        return call(x, name);
    if (strcmp(name, "None") == 0 || x->skip)
        return none();
    for (uint32_t k = 0; k < x->py->names; k++) {
        if (strcmp(x->py->name[k].name, name) == 0)
            return x->py->name[k].value;
    }
    if (sv_drill_py_constant(name, &i) || (x->py->lookup && x->py->lookup(x->py->ctx, name, &i)))
        return sv_drill_py_int(i);
    sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "the name %s is not known", name);
    return none();
}

/* A tuple is only ever shown: it becomes its text. */
static value parenthesis(struct sv_drill_py *x)
{
    value v[VALUES_MAX], text = {.kind = SV_DRILL_PY_STRING};
    const uint32_t n = sv_drill_py_values(x, ")", v, VALUES_MAX);
    if (n == 1)
        return v[0];
    size_t used = 0;
    text.text[used++] = '(';
    for (uint32_t i = 0; i < n && used + 40 < sizeof text.text; i++) {
        if (i) {
            text.text[used++] = ',';
            text.text[used++] = ' ';
        }
        sv_drill_py_text(&v[i], true, text.text + used, 36);
        used = strlen(text.text);
    }
    text.text[used] = ')';
    return text;
}

static value primary(struct sv_drill_py *x)
{
    char name[48];
    sv_drill_py_blanks(x);
    const char c = *x->at;
    if ((c >= '0' && c <= '9') || (c == '.' && x->at[1] >= '0' && x->at[1] <= '9'))
        return number(x);
    if (c == '\'' || c == '"')
        return string(x);
    if (sv_drill_py_take(x, "("))
        return parenthesis(x);
    if (sv_drill_py_name(x, name, sizeof name))
        return named(x, name);
    if (c == 0 || c == '\n')
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "a value is wanted here, not the line's end");
    else
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "a value is wanted here, not '%c'", c);
    return none();
}

/* --- operators --- */

static value unary(struct sv_drill_py *x)
{
    const value zero = sv_drill_py_int(0), ones = sv_drill_py_int(-1);
    if (++x->nested > NESTED_MAX)
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "more than %u expressions within each other", NESTED_MAX);
    value v;
    if (x->result != SV_DRILL_PY_OK) {
        v = none();
    } else if (sv_drill_py_take(x, "-")) {
        const value right = unary(x);
        v = sv_drill_py_binary(x, "-", &zero, &right);
    } else if (sv_drill_py_take(x, "~")) {
        const value right = unary(x);
        v = sv_drill_py_binary(x, "^", &ones, &right);
    } else if (sv_drill_py_take(x, "+")) {
        v = unary(x);
    } else {
        v = primary(x);
    }
    x->nested--;
    return v;
}

/* "..." % value, "..." % (values) */
static value format(struct sv_drill_py *x, const value *text)
{
    value v[VALUES_MAX];
    uint32_t n = 1;
    sv_drill_py_blanks(x);
    if (sv_drill_py_take(x, "("))
        n = sv_drill_py_values(x, ")", v, VALUES_MAX);
    else
        v[0] = unary(x);
    return x->skip || x->result != SV_DRILL_PY_OK ? *text : sv_drill_py_format(x, text->text, v, n);
}

/* Levels of the operators that take two values, the loosest first. */
static const char *const levels[][5] = {
    {"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "//", "/", "%"},
};
#define LEVELS (sizeof levels / sizeof levels[0])

static value arithmetic(struct sv_drill_py *x, size_t level)
{
    if (level == LEVELS)
        return unary(x);
    value left = arithmetic(x, level + 1);
    for (size_t i = 0; i < 5 && levels[level][i] && x->result == SV_DRILL_PY_OK;) {
        if (!sv_drill_py_take(x, levels[level][i])) {
            i++;
            continue;
        }
        if (levels[level][i][0] == '%' && left.kind == SV_DRILL_PY_STRING) {
            left = format(x, &left);
        } else {
            const value right = arithmetic(x, level + 1);
            left = sv_drill_py_binary(x, levels[level][i], &left, &right);
        }
        i = 0;
    }
    return left;
}

/* x in (1, 2, 3) */
static bool in_list(struct sv_drill_py *x, const value *left)
{
    value v[VALUES_MAX];
    bool found = false;
    const char *close = sv_drill_py_take(x, "[") ? "]" : ")";
    if (close[0] == ')' && !sv_drill_py_take(x, "("))
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "in wants a list: (1, 2)");
    const uint32_t n = sv_drill_py_values(x, close, v, VALUES_MAX);
    for (uint32_t i = 0; i < n; i++)
        found = sv_drill_py_compare(x, "==", left, &v[i]) || found;
    return found;
}

static value comparison(struct sv_drill_py *x)
{
    static const char *const ops[] = {"==", "!=", "<=", ">=", "<", ">", NULL};
    value left = arithmetic(x, 0);
    bool holds = true, any = false;
    for (uint32_t i = 0; ops[i] && x->result == SV_DRILL_PY_OK;) {
        if (sv_drill_py_take_word(x, "in")) {
            holds = in_list(x, &left) && holds;
            any = true;
            i = 0;
            continue;
        }
        if (!sv_drill_py_take(x, ops[i])) {
            i++;
            continue;
        }
        const value right = arithmetic(x, 0);
        holds = sv_drill_py_compare(x, ops[i], &left, &right) && holds;
        left = right;
        any = true;
        i = 0;
    }
    return any ? sv_drill_py_int(holds) : left;
}

static value negation(struct sv_drill_py *x)
{
    if (!sv_drill_py_take_word(x, "not"))
        return comparison(x);
    if (++x->nested > NESTED_MAX)
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "more than %u expressions within each other", NESTED_MAX);
    value v = none();
    if (x->result == SV_DRILL_PY_OK)
        v = negation(x);
    x->nested--;
    return sv_drill_py_int(!sv_drill_py_true(&v));
}

static value logical(struct sv_drill_py *x, bool is_or)
{
    value left = is_or ? logical(x, false) : negation(x);
    while (x->result == SV_DRILL_PY_OK && sv_drill_py_take_word(x, is_or ? "or" : "and")) {
        const bool decided = sv_drill_py_true(&left) == is_or;
        x->skip += decided;
        const value right = is_or ? logical(x, false) : negation(x);
        x->skip -= decided;
        left = decided ? left : right;
    }
    return left;
}

struct sv_drill_py_value sv_drill_py_expression(struct sv_drill_py *x)
{
    value first = none();
    if (++x->nested > NESTED_MAX)
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "more than %u expressions within each other", NESTED_MAX);
    if (x->result == SV_DRILL_PY_OK)
        first = logical(x, true);
    if (x->result == SV_DRILL_PY_OK && sv_drill_py_take_word(x, "if")) {
        const value condition = logical(x, true);
        const bool yes = sv_drill_py_true(&condition);
        if (!sv_drill_py_take_word(x, "else"))
            sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "A if B wants its else");
        x->skip += yes;
        const value other = sv_drill_py_expression(x);
        x->skip -= yes;
        first = yes ? first : other;
    }
    x->nested--;
    return first;
}
