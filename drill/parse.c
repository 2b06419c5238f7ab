/* SPDX-License-Identifier: BSD-2-Clause */
/* A script: settings, a command, events with their times, a command. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/parser.h"

/* --- memory --- */

#define BLOCK_BYTES 16384u
struct sv_drill_block {
    struct sv_drill_block *next;
    size_t used, size;
    max_align_t bytes[];
};

void *sv_drill_keep(struct sv_drill_parser *p, size_t bytes)
{
    struct sv_drill_block *b = p->script->blocks;
    bytes = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if (!b || b->size - b->used < bytes) {
        const size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        b = calloc(1, sizeof *b + size);
        if (!b) {
            (void)fputs("no memory for a script\n", stderr);
            abort();
        }
        b->size = size;
        b->next = p->script->blocks;
        p->script->blocks = b;
    }
    void *to = (char *)b->bytes + b->used;
    b->used += bytes;
    return to;
}

const char *sv_drill_keep_text(struct sv_drill_parser *p, const char *text, size_t n)
{
    char *to = sv_drill_keep(p, n + 1);
    memcpy(to, text, n);
    return to;
}

void sv_drill_script_free(struct sv_drill_script *script)
{
    while (script->blocks) {
        struct sv_drill_block *next = script->blocks->next;
        free(script->blocks);
        script->blocks = next;
    }
    *script = (struct sv_drill_script){.blocks = NULL};
}

/* --- errors and tokens --- */

static void fail(struct sv_drill_parser *p, uint32_t line, uint32_t column, const char *format, va_list args)
{
    if (!p->failed) {
        p->error->line = line;
        p->error->column = column;
        (void)vsnprintf(p->error->text, sizeof p->error->text, format, args);
    }
    p->failed = true;
    p->token = (struct sv_drill_token){.kind = SV_DRILL_T_END, .text = p->lexer.end, .line = line, .column = column};
    p->lexer.at = p->before.at = p->lexer.end;
}

void sv_drill_fail(struct sv_drill_parser *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(p, p->token.line, p->token.column, format, args);
    va_end(args);
}

void sv_drill_fail_at(struct sv_drill_parser *p, uint32_t line, uint32_t column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(p, line, column, format, args);
    va_end(args);
}

void sv_drill_wanted(struct sv_drill_parser *p, const char *what)
{
    const struct sv_drill_token *t = &p->token;
    const int n = t->n > 40 ? 40 : (int)t->n;
    if (t->kind == SV_DRILL_T_END)
        sv_drill_fail(p, "%s is wanted here, not the end of the script", what);
    else if (t->kind == SV_DRILL_T_MARK)
        sv_drill_fail(p, "%s is wanted here, not '%c'", what, t->mark);
    else
        sv_drill_fail(p, "%s is wanted here, not \"%.*s\"", what, n, t->text);
}

const char *sv_drill_defined(const struct sv_drill_parser *p, const char *text, size_t n)
{
    for (const struct sv_drill_define *d = p->defines; d && d->name; d++) {
        if (strlen(d->name) == n && memcmp(d->name, text, n) == 0)
            return d->value;
    }
    return NULL;
}

/* A word may stand for what --define said. */
static void substitute(struct sv_drill_parser *p)
{
    const char *value = sv_drill_defined(p, p->token.text, p->token.n);
    if (!value)
        return;
    struct sv_drill_lexer x = {value, value + strlen(value), p->token.line, p->token.column};
    p->token = sv_drill_next(&x);
}

struct conditions {
    uint32_t depth, off; /* open, and the one that does not hold; 0: all hold */
};

/* True: the line is one of ours. */
static bool condition(struct sv_drill_parser *p, struct conditions *c, const char *line, size_t n, uint32_t number)
{
    char copy[128] = "", word[8] = "", name[64] = "";
    if (n == 0 || n >= sizeof copy || line[0] != '#')
        return false;
    memcpy(copy, line, n);
    (void)sscanf(copy, "#%7[a-z] %63[A-Za-z0-9_]", word, name);
    const bool opens = strcmp(word, "ifdef") == 0 || strcmp(word, "ifndef") == 0;
    const bool turns = strcmp(word, "else") == 0, closes = strcmp(word, "endif") == 0;
    if (!opens && !turns && !closes)
        return false; /* a comment of a command's, or an error that the parser finds */
    if (!opens && !c->depth)
        sv_drill_fail_at(p, number, 1, "#%s without its #ifdef", word);
    if (opens) {
        const bool holds = (sv_drill_defined(p, name, strlen(name)) != NULL) == (word[2] == 'd');
        c->depth++;
        c->off = c->off || holds ? c->off : c->depth;
    } else if (turns) {
        c->off = c->off == c->depth ? 0 : c->off ? c->off : c->depth;
    } else {
        c->off = c->off == c->depth ? 0 : c->off;
        c->depth -= c->depth ? 1 : 0;
    }
    return true;
}

/* #ifdef NAME, #ifndef NAME, #else and #endif at the beginning of a line: what does not hold becomes blanks, so that
 * lines keep their numbers. */
static char *with_conditions(struct sv_drill_parser *p, const char *text, size_t n)
{
    char *out = sv_drill_keep(p, n + 1), *line = out;
    struct conditions c = {0, 0};
    uint32_t number = 0;
    memcpy(out, text, n);
    while ((size_t)(line - out) < n && !p->failed) {
        char *end = memchr(line, '\n', n - (size_t)(line - out));
        end = end ? end : out + n;
        if (condition(p, &c, line, (size_t)(end - line), ++number) || c.off)
            memset(line, ' ', (size_t)(end - line));
        line = end + 1;
    }
    if (c.depth)
        sv_drill_fail_at(p, number, 1, "an #ifdef without its #endif");
    return out;
}

void sv_drill_advance(struct sv_drill_parser *p)
{
    if (p->failed)
        return;
    p->before = p->lexer;
    p->token = sv_drill_next(&p->lexer);
    p->begins = p->token.text;
    if (p->token.kind == SV_DRILL_T_WORD && p->defines)
        substitute(p);
    if (p->token.kind == SV_DRILL_T_BAD)
        sv_drill_fail(p, "%s", p->token.why);
    else if (p->token.kind == SV_DRILL_T_MARK && ((unsigned char)p->token.mark < 0x20 || p->token.mark & 0x80))
        sv_drill_fail(p, "a byte of value %u, which is no part of the language", (unsigned char)p->token.mark);
}

struct sv_drill_token sv_drill_take_run(struct sv_drill_parser *p, const char *set, bool words)
{
    if (!p->failed)
        p->lexer = p->before;
    const struct sv_drill_token t = sv_drill_run_of(&p->lexer, set, words);
    sv_drill_advance(p);
    return t;
}

bool sv_drill_is_mark(const struct sv_drill_parser *p, char mark)
{
    return p->token.kind == SV_DRILL_T_MARK && p->token.mark == mark;
}

bool sv_drill_is_word(const struct sv_drill_parser *p, const char *word)
{
    return p->token.kind == SV_DRILL_T_WORD && p->token.n == strlen(word) &&
           memcmp(p->token.text, word, p->token.n) == 0;
}

bool sv_drill_take_mark(struct sv_drill_parser *p, char mark)
{
    const bool is = sv_drill_is_mark(p, mark);
    if (is)
        sv_drill_advance(p);
    return is;
}

bool sv_drill_take_word(struct sv_drill_parser *p, const char *word)
{
    const bool is = sv_drill_is_word(p, word);
    if (is)
        sv_drill_advance(p);
    return is;
}

void sv_drill_want_mark(struct sv_drill_parser *p, char mark)
{
    const char what[4] = {'\'', mark, '\'', 0};
    if (!sv_drill_take_mark(p, mark))
        sv_drill_wanted(p, what);
}

int64_t sv_drill_want_integer(struct sv_drill_parser *p, const char *what, int64_t low, int64_t high)
{
    const int64_t value = p->token.number;
    if (p->token.kind != SV_DRILL_T_INTEGER) {
        sv_drill_wanted(p, what);
        return 0;
    }
    if (p->token.why) {
        sv_drill_fail(p, "%s", p->token.why);
        return 0;
    }
    if (value < low || value > high) {
        sv_drill_fail(p, "%s must lie between %lld and %lld", what, (long long)low, (long long)high);
        return 0;
    }
    sv_drill_advance(p);
    return value;
}

struct sv_drill_number sv_drill_want_number(struct sv_drill_parser *p, const char *what, bool compared, uint32_t high)
{
    struct sv_drill_number n = {.given = true};
    const int64_t low = high == UINT32_MAX ? INT32_MIN : 0; /* sequence numbers wrap */
    if (compared && sv_drill_take_mark(p, '*')) {
        n.any = true;
        return n;
    }
    if (!compared && sv_drill_is_mark(p, '*')) {
        sv_drill_fail(p, "%s: * stands for what is compared, and this is sent", what);
        return n;
    }
    n.low = n.high = (uint32_t)sv_drill_want_integer(p, what, low, high);
    if (compared && sv_drill_take_mark(p, '~'))
        n.high = (uint32_t)sv_drill_want_integer(p, what, low, high);
    return n;
}

/* --- times --- */

/* Seconds, with up to nine decimals that count. */
int64_t sv_drill_parse_time(struct sv_drill_parser *p)
{
    const struct sv_drill_token t = p->token;
    uint64_t ns = 0, unit = SV_DRILL_SECOND_NS;
    bool point = false;
    if (t.kind != SV_DRILL_T_DECIMAL && (t.kind != SV_DRILL_T_INTEGER || t.hex)) {
        sv_drill_wanted(p, "a time in seconds");
        return 0;
    }
    for (size_t i = 0; i < t.n; i++) {
        if (t.text[i] == '-' || ns > (uint64_t)10000000 * SV_DRILL_SECOND_NS) {
            sv_drill_fail(p, "a time must lie between 0 and 10,000,000 seconds");
            return 0;
        }
        if (t.text[i] == '.') {
            point = true;
        } else if (point) {
            unit /= 10;
            ns += unit * (uint64_t)(t.text[i] - '0');
        } else {
            ns = ns * 10 + SV_DRILL_SECOND_NS * (uint64_t)(t.text[i] - '0');
        }
    }
    sv_drill_advance(p);
    return (int64_t)ns;
}

static void parse_event_time(struct sv_drill_parser *p, struct sv_drill_event *e)
{
    if (sv_drill_take_mark(p, '*')) {
        e->time = SV_DRILL_WHENEVER;
        return;
    }
    const bool after = sv_drill_take_mark(p, '+');
    e->time = after ? SV_DRILL_AFTER : SV_DRILL_AT;
    if (p->token.kind != SV_DRILL_T_DECIMAL && p->token.kind != SV_DRILL_T_INTEGER) {
        sv_drill_wanted(p, after ? "a time in seconds" : "an event's time (0.1, +0.1, +0.1~+0.2, *)");
        return;
    }
    e->at_ns = e->until_ns = sv_drill_parse_time(p);
    if (!sv_drill_take_mark(p, '~'))
        return;
    if (after)
        sv_drill_want_mark(p, '+');
    e->until_ns = sv_drill_parse_time(p);
    e->time = after ? SV_DRILL_BETWEEN_AFTER : SV_DRILL_BETWEEN;
    if (!p->failed && e->until_ns < e->at_ns)
        sv_drill_fail(p, "a range of time must not end before it begins");
}

/* --- events --- */

static void parse_action(struct sv_drill_parser *p, struct sv_drill_event *e)
{
    if (sv_drill_is_mark(p, '<') || sv_drill_is_mark(p, '>')) {
        e->kind = SV_DRILL_PACKET;
        e->of.packet = sv_drill_keep(p, sizeof *e->of.packet);
        sv_drill_parse_packet(p, e->of.packet);
        if (!e->of.packet->outbound && e->time != SV_DRILL_AT && e->time != SV_DRILL_AFTER)
            sv_drill_fail_at(p, e->line, e->column, "a packet that is sent needs one time: 0.1 or +0.1");
    } else if (p->token.kind == SV_DRILL_T_COMMAND || p->token.kind == SV_DRILL_T_CODE) {
        e->kind = p->token.kind == SV_DRILL_T_COMMAND ? SV_DRILL_COMMAND : SV_DRILL_CODE;
        e->of.text = sv_drill_keep_text(p, p->token.text, p->token.n);
        sv_drill_advance(p);
    } else if (p->token.kind == SV_DRILL_T_WORD || p->token.kind == SV_DRILL_T_ELLIPSIS) {
        e->kind = SV_DRILL_SYSCALL;
        e->of.call = sv_drill_keep(p, sizeof *e->of.call);
        sv_drill_parse_call(p, e->of.call);
        if (e->of.call->blocks && e->time != SV_DRILL_AT && e->time != SV_DRILL_AFTER)
            sv_drill_fail_at(p, e->line, e->column, "a call that blocks needs one time for its beginning");
    } else {
        sv_drill_wanted(p, "a packet (< or >), a call, a `command` or %{ code }%");
    }
}

/* The event's words, for messages: comments stay, blanks become one. */
static const char *source_text(struct sv_drill_parser *p, const char *from, const char *to)
{
    char *text = sv_drill_keep(p, (size_t)(to - from) + 1);
    size_t n = 0;
    for (; from < to; from++) {
        const bool blank = *from == ' ' || *from == '\t' || *from == '\n' || *from == '\r';
        if (!blank)
            text[n++] = *from;
        else if (n && text[n - 1] != ' ')
            text[n++] = ' ';
    }
    text[n] = 0;
    return text;
}

static void parse_events(struct sv_drill_parser *p)
{
    struct sv_drill_event **link = &p->script->events;
    while (p->token.kind != SV_DRILL_T_END && p->token.kind != SV_DRILL_T_COMMAND) {
        struct sv_drill_event *e = sv_drill_keep(p, sizeof *e);
        const char *from = p->begins;
        e->line = p->token.line;
        e->column = p->token.column;
        parse_event_time(p, e);
        if (!p->failed)
            parse_action(p, e);
        if (p->failed)
            return;
        e->source = source_text(p, from, p->before.at);
        *link = e;
        link = &e->next;
        p->script->count++;
    }
}

static void parse_settings(struct sv_drill_parser *p)
{
    struct sv_drill_setting **link = &p->script->settings;
    while (p->token.kind == SV_DRILL_T_OPTION) {
        struct sv_drill_setting *s = sv_drill_keep(p, sizeof *s);
        s->line = p->token.line;
        s->column = p->token.column;
        s->name = sv_drill_keep_text(p, p->token.text, p->token.n);
        sv_drill_advance(p);
        if (sv_drill_is_mark(p, '=')) {
            struct sv_drill_token t;
            sv_drill_advance(p);
            if (p->token.kind == SV_DRILL_T_STRING) {
                t = p->token;
                sv_drill_advance(p);
            } else {
                t = sv_drill_take_run(p, ".:=-,/+%~\"`", true);
            }
            s->value = sv_drill_keep_text(p, t.text, t.n);
            if (t.n == 0)
                sv_drill_wanted(p, "a value");
        }
        *link = s;
        link = &s->next;
    }
}

bool sv_drill_parse(struct sv_drill_script *script, const char *text, size_t n, const struct sv_drill_define *defines,
                    struct sv_drill_error *error)
{
    struct sv_drill_parser p = {.script = script, .error = error, .defines = defines};
    *script = (struct sv_drill_script){.blocks = NULL};
    const char *copy = with_conditions(&p, text, n);
    p.lexer = (struct sv_drill_lexer){copy, p.failed ? copy : copy + n, 1, 1};
    p.before = p.lexer;
    sv_drill_advance(&p);
    parse_settings(&p);
    if (p.token.kind == SV_DRILL_T_COMMAND) {
        script->before = sv_drill_keep_text(&p, p.token.text, p.token.n);
        script->before_line = p.token.line;
        sv_drill_advance(&p);
    }
    parse_events(&p);
    if (p.token.kind == SV_DRILL_T_COMMAND) {
        script->after = sv_drill_keep_text(&p, p.token.text, p.token.n);
        script->after_line = p.token.line;
        sv_drill_advance(&p);
        if (p.token.kind != SV_DRILL_T_END)
            sv_drill_wanted(&p, "after a command without a time, the end of the script");
    }
    if (!p.failed && script->count == 0)
        sv_drill_fail(&p, "a script without a single event");
    if (p.failed)
        sv_drill_script_free(script);
    return !p.failed;
}
