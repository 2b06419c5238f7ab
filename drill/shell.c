/* SPDX-License-Identifier: BSD-2-Clause */
/* The shell's language: words, quotes, lists and pipes. */
#include "drill/shell.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/shell_private.h"

void sv_drill_shell_why(struct sv_drill_shell_run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (r->why_size && !r->why[0])
        (void)vsnprintf(r->why, r->why_size, format, args);
    va_end(args);
}

/* --- $((...)) --- */

enum { DEEPEST = 64 }; /* parentheses within each other; deeper ones are 0 */

struct sum {
    const char *at;
    int depth;
};

/* Integers of 64 bits that wrap around, as dash and bash have them. */
static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t times(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int64_t over(int64_t a, int64_t b)
{
    return b == 0 ? 0 : b == -1 ? times(a, -1) : a / b;
}

static int64_t product(struct sum *s);

static int64_t factor(struct sum *s)
{
    while (*s->at == ' ')
        ++s->at;
    if (*s->at == '(' && s->depth < DEEPEST) {
        ++s->at;
        ++s->depth;
        int64_t value = product(s);
        while (*s->at == '+' || *s->at == '-') {
            const int64_t sign = *s->at++ == '-' ? -1 : 1;
            value = plus(value, times(sign, product(s)));
        }
        --s->depth;
        s->at += *s->at == ')';
        return value;
    }
    char *end;
    const int64_t value = strtoll(s->at, &end, 0);
    s->at = end > s->at ? end : s->at + strlen(s->at);
    return value;
}

static int64_t product(struct sum *s)
{
    int64_t value = factor(s);
    for (;;) {
        while (*s->at == ' ')
            ++s->at;
        if (*s->at != '*' && *s->at != '/')
            return value;
        const bool divide = *s->at++ == '/';
        const int64_t next = factor(s);
        value = divide ? over(value, next) : times(value, next);
    }
}

/* --- words --- */

struct reader {
    const char *at;
    char *room; /* words lie here one after the other */
    size_t used, size;
};

static void put(struct reader *x, char c)
{
    if (x->used + 1 < x->size)
        x->room[x->used++] = c;
}

/* $((sum)), ${NAME}, $NAME: names are empty here. */
static void dollar(struct reader *x)
{
    char digits[24];
    if (strncmp(x->at, "$((", 3) == 0) {
        struct sum s = {.at = x->at + 1};
        const int64_t value = factor(&s);
        x->at = s.at + (*s.at == ')');
        (void)snprintf(digits, sizeof digits, "%" PRId64, value);
        for (const char *d = digits; *d; d++)
            put(x, *d);
        return;
    }
    x->at++;
    const bool braces = *x->at == '{';
    x->at += braces;
    x->at += strspn(x->at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_?");
    x->at += braces && *x->at == '}';
}

static void quoted_part(struct reader *x)
{
    const char quote = *x->at++;
    while (*x->at && *x->at != quote) {
        if (quote == '"' && *x->at == '$') {
            dollar(x);
            continue;
        }
        if (quote == '"' && *x->at == '\\' && x->at[1])
            x->at++;
        put(x, *x->at++);
    }
    x->at += *x->at == quote;
}

/* NULL: an operator or the end is next. */
static char *next_word(struct reader *x)
{
    for (;;) {
        x->at += strspn(x->at, " \t\r");
        if (x->at[0] == '\\' && x->at[1] == '\n')
            x->at += 2;
        else if (x->at[0] == '\\' && x->at[1] == '\r' && x->at[2] == '\n')
            x->at += 3;
        else
            break;
    }
    if (*x->at == '#')
        x->at += strcspn(x->at, "\n");
    if (!*x->at || strchr("\n;&|<>", *x->at))
        return NULL;
    char *word = x->room + x->used;
    while (*x->at && !strchr(" \t\r\n;&|<>", *x->at)) {
        if (*x->at == '"' || *x->at == '\'')
            quoted_part(x);
        else if (*x->at == '$')
            dollar(x);
        else if (*x->at == '\\' && x->at[1] == '\n')
            break;
        else
            put(x, *x->at++);
    }
    put(x, 0);
    x->room[x->used ? x->used - 1 : 0] = 0;
    return word;
}

/* "> FILE", "2>&1", "&> FILE": the file; its words are taken. */
static const char *redirection(struct reader *x)
{
    x->at += *x->at == '&';
    x->at += strspn(x->at, "<>");
    if (*x->at == '&') {
        x->at++;
        (void)next_word(x);
        return NULL;
    }
    return next_word(x);
}

/* Words up to an operator that ends the command. */
static void read_command(struct reader *x, struct sv_drill_command *c)
{
    for (;;) {
        char *word = next_word(x);
        if (word) {
            const bool number = word[0] >= '0' && word[0] <= '9' && !word[1] && (*x->at == '>' || *x->at == '<');
            if (!number && c->n < SV_DRILL_SHELL_WORDS)
                c->word[c->n++] = word;
            continue;
        }
        if (*x->at == '>' || *x->at == '<' || (x->at[0] == '&' && x->at[1] == '>')) {
            const bool out = x->at[0] == '>';
            const char *file = redirection(x);
            c->into = out && file ? file : c->into;
            continue;
        }
        return;
    }
}

/* One command and those it is piped into. */
static int pipeline(struct sv_drill_shell_run *r, struct reader *x, bool skip, struct sv_line_text *out)
{
    char *room[2] = {malloc(SV_DRILL_SHELL_TEXT), malloc(SV_DRILL_SHELL_TEXT)};
    int status = 0;
    uint32_t turn = 0;
    bool more = room[0] && room[1];
    struct sv_line_text said = {.at = NULL};
    if (more)
        room[1][0] = 0;
    while (more) {
        struct sv_drill_command c = {.in = room[!turn]};
        said = sv_text_of(room[turn], SV_DRILL_SHELL_TEXT);
        c.out = &said;
        read_command(x, &c);
        if (c.n && !skip && !r->exited)
            status = sv_drill_shell_command(r, &c);
        if (c.into)
            said.at[said.used = 0] = 0;
        more = x->at[0] == '|' && x->at[1] != '|';
        x->at += more;
        turn = !turn;
    }
    if (said.at && out)
        sv_text_put(out, said.at, said.used);
    free(room[0]);
    free(room[1]);
    return status;
}

int sv_drill_shell_text(struct sv_drill_shell_run *r, const char *text, struct sv_line_text *out)
{
    const size_t size = strlen(text) * 8 + 64; /* $((1)) grows, and each word has its end */
    struct reader x = {.at = text, .room = malloc(size), .size = size};
    int status = 0;
    bool skip = false;
    if (!x.room)
        return 1;
    while (*x.at && !r->exited) {
        const int now = pipeline(r, &x, skip, out);
        status = skip ? status : now;
        if (x.at[0] == '&' && x.at[1] == '&') {
            skip = status != 0 && status != SV_DRILL_SHELL_PASSED;
            x.at += 2;
        } else if (x.at[0] == '|' && x.at[1] == '|') {
            skip = status == 0;
            x.at += 2;
        } else {
            skip = false;
            x.at += *x.at != 0;
        }
        x.used = 0;
    }
    free(x.room);
    return status == SV_DRILL_SHELL_PASSED ? 0 : status;
}

int sv_drill_shell_run(struct sv_drill_shell *shell, const char *text, char *why, size_t why_size)
{
    struct sv_drill_shell_run r = {.shell = shell, .why = why, .why_size = why_size};
    if (why_size)
        why[0] = 0;
    return sv_drill_shell_text(&r, text, NULL);
}
