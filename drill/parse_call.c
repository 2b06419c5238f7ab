/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls: [...END] name(arguments) = result [ERRNO] [(note)]. */
#include <string.h>

#include "drill/parser.h"

static struct sv_drill_expr *parse_expr(struct sv_drill_parser *p);

static struct sv_drill_expr *new_expr(struct sv_drill_parser *p, enum sv_drill_expr_kind kind)
{
    struct sv_drill_expr *e = sv_drill_keep(p, sizeof *e);
    e->kind = (uint8_t)kind;
    e->line = p->token.line;
    e->column = p->token.column;
    return e;
}

/* Expressions and commas up to `close`, which is taken. */
static struct sv_drill_expr *parse_items(struct sv_drill_parser *p, char close, uint32_t *count)
{
    struct sv_drill_expr *items = NULL, **link = &items;
    if (sv_drill_take_mark(p, close))
        return NULL;
    if (++p->depth > SV_DRILL_DEPTH)
        sv_drill_fail(p, "more than %u records within each other", SV_DRILL_DEPTH);
    do {
        struct sv_drill_expr *e = parse_expr(p);
        if (p->failed)
            return items;
        *link = e;
        link = &e->next;
        if (count)
            ++*count;
    } while (sv_drill_take_mark(p, ','));
    p->depth--;
    sv_drill_want_mark(p, close);
    return items;
}

/* --- strings --- */

static uint32_t hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0');
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10) : 16;
}

/* One byte of a string, \n and \x41 undone; the source's bytes it took. */
static size_t unescape(const char *from, size_t n, char *to)
{
    static const char names[] = "ntr0\\\"", bytes[] = "\n\t\r\0\\\"";
    if (from[0] != '\\' || n < 2) {
        *to = from[0];
        return 1;
    }
    if (from[1] == 'x' && n >= 4 && hex_of(from[2]) < 16 && hex_of(from[3]) < 16) {
        *to = (char)(hex_of(from[2]) << 4 | hex_of(from[3]));
        return 4;
    }
    const char *at = from[1] ? strchr(names, from[1]) : NULL;
    *to = at ? bytes[at - names] : from[1];
    return 2;
}

/* "a" "b" ...: neighbours are one string. */
static struct sv_drill_expr *parse_string(struct sv_drill_parser *p)
{
    struct sv_drill_expr *e = new_expr(p, SV_DRILL_STRING);
    e->text = "";
    while (p->token.kind == SV_DRILL_T_STRING) {
        char *joined = sv_drill_keep(p, e->n + p->token.n + 1);
        memcpy(joined, e->text, e->n);
        for (size_t i = 0; i < p->token.n;)
            i += unescape(p->token.text + i, p->token.n - i, &joined[e->n++]);
        e->text = joined;
        sv_drill_advance(p);
    }
    if (p->token.kind == SV_DRILL_T_ELLIPSIS) {
        e->more = true;
        sv_drill_advance(p);
    }
    return e;
}

/* --- the rest --- */

/* NAME, NAME=value, NAME(arguments), NAME(argument)=value */
static struct sv_drill_expr *parse_word(struct sv_drill_parser *p)
{
    struct sv_drill_expr *e = new_expr(p, SV_DRILL_WORD);
    e->text = sv_drill_keep_text(p, p->token.text, p->token.n);
    e->n = p->token.n;
    sv_drill_advance(p);
    if (sv_drill_take_mark(p, '(')) {
        e->kind = SV_DRILL_CALL;
        e->items = parse_items(p, ')', NULL);
    }
    if (sv_drill_take_mark(p, '=')) {
        e->kind = SV_DRILL_FIELD;
        e->second = e->items;
        e->items = NULL;
        e->first = parse_expr(p);
    }
    return e;
}

static struct sv_drill_expr *parse_primary(struct sv_drill_parser *p)
{
    struct sv_drill_expr *e;
    switch (p->token.kind) {
    case SV_DRILL_T_INTEGER:
        e = new_expr(p, SV_DRILL_NUMBER);
        e->number = p->token.number;
        if (p->token.why)
            sv_drill_fail(p, "%s", p->token.why);
        sv_drill_advance(p);
        return e;
    case SV_DRILL_T_ELLIPSIS:
        e = new_expr(p, SV_DRILL_ELLIPSIS);
        sv_drill_advance(p);
        return e;
    case SV_DRILL_T_STRING:
        return parse_string(p);
    case SV_DRILL_T_WORD:
        return parse_word(p);
    default:
        break;
    }
    if (sv_drill_is_mark(p, '[') || sv_drill_is_mark(p, '{')) {
        const char close = sv_drill_is_mark(p, '[') ? ']' : '}';
        e = new_expr(p, close == ']' ? SV_DRILL_LIST : SV_DRILL_RECORD);
        sv_drill_advance(p);
        e->items = parse_items(p, close, NULL);
        return e;
    }
    if (sv_drill_is_mark(p, '*')) {
        e = new_expr(p, SV_DRILL_ANY);
        sv_drill_advance(p);
        return e;
    }
    sv_drill_wanted(p, "a value (a number, a name, a \"string\", ..., [list], {record})");
    return new_expr(p, SV_DRILL_ELLIPSIS);
}

static struct sv_drill_expr *parse_expr(struct sv_drill_parser *p)
{
    struct sv_drill_expr *left = parse_primary(p);
    while (sv_drill_is_mark(p, '|')) {
        struct sv_drill_expr *both = new_expr(p, SV_DRILL_OR);
        sv_drill_advance(p);
        both->first = left;
        both->second = parse_primary(p);
        left = both;
    }
    return left;
}

/* (Operation now in progress): what strace says; nothing is done with it. */
static void parse_note(struct sv_drill_parser *p)
{
    if (!sv_drill_take_mark(p, '('))
        return;
    while (p->token.kind != SV_DRILL_T_END && !sv_drill_is_mark(p, ')'))
        sv_drill_advance(p);
    sv_drill_want_mark(p, ')');
}

void sv_drill_parse_call(struct sv_drill_parser *p, struct sv_drill_call *call)
{
    if (p->token.kind == SV_DRILL_T_ELLIPSIS) {
        sv_drill_advance(p);
        call->blocks = true;
        call->end_ns = sv_drill_parse_time(p);
    }
    if (p->token.kind != SV_DRILL_T_WORD) {
        sv_drill_wanted(p, "a system call's name");
        return;
    }
    call->name = sv_drill_keep_text(p, p->token.text, p->token.n);
    sv_drill_advance(p);
    sv_drill_want_mark(p, '(');
    call->arguments = parse_items(p, ')', &call->count);
    sv_drill_want_mark(p, '=');
    call->result = parse_expr(p);
    if (p->token.kind == SV_DRILL_T_WORD) {
        call->error = sv_drill_keep_text(p, p->token.text, p->token.n);
        sv_drill_advance(p);
    }
    parse_note(p);
}
