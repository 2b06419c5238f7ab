/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "cli/json.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static const char *blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p;
}

/* Past one value, whatever it is; NULL: cut short. */
static const char *past(const char *p, const char *end)
{
    uint32_t depth = 0;
    do {
        p = blanks(p, end);
        if (p >= end)
            return NULL;
        if (*p == '"') {
            for (p++; p < end && *p != '"'; p++)
                p += *p == '\\';
            if (p >= end)
                return NULL;
            p++;
        } else if (*p == '{' || *p == '[') {
            depth++;
            p++;
        } else if (*p == '}' || *p == ']') {
            if (depth == 0)
                return NULL;
            depth--;
            p++;
        } else if (depth && (*p == ',' || *p == ':')) {
            p++;
        } else {
            const char *from = p;
            while (p < end && !strchr(",:{}[]\" \t\r\n", *p))
                p++;
            if (p == from)
                return NULL;
        }
    } while (depth);
    return p;
}

const char *cli_json_member(const char *line, const char *key, size_t *n)
{
    const char *end = line + strlen(line);
    const size_t key_n = strlen(key);
    const char *p = blanks(line, end);
    if (p >= end || *p != '{')
        return NULL;
    p = blanks(p + 1, end);
    while (p < end && *p == '"') {
        const char *name = p + 1;
        p = past(p, end);
        if (!p)
            return NULL;
        const size_t name_n = (size_t)(p - name - 1);
        p = blanks(p, end);
        if (p >= end || *p != ':')
            return NULL;
        p = blanks(p + 1, end);
        const char *value = p;
        p = past(p, end);
        if (!p)
            return NULL;
        if (name_n == key_n && memcmp(name, key, key_n) == 0) {
            *n = (size_t)(p - value);
            return value;
        }
        p = blanks(p, end);
        if (p < end && *p == ',')
            p = blanks(p + 1, end);
    }
    return NULL;
}

uint64_t cli_json_number(const char *line, const char *key, uint64_t otherwise)
{
    size_t n;
    const char *value = cli_json_member(line, key, &n);
    uint64_t v = 0;
    if (!value || n == 0)
        return otherwise;
    for (size_t i = 0; i < n && value[i] >= '0' && value[i] <= '9'; i++)
        v = v * 10 + (uint64_t)(value[i] - '0');
    return value[0] >= '0' && value[0] <= '9' ? v : otherwise;
}

const char *cli_json_text(const char *line, const char *key, char *to, size_t room)
{
    size_t n, out = 0;
    const char *value = cli_json_member(line, key, &n);
    if (value && n >= 2 && value[0] == '"') {
        for (size_t i = 1; i + 1 < n && out + 1 < room; i++) {
            if (value[i] == '\\' && i + 2 < n)
                i++;
            to[out++] = value[i];
        }
    }
    to[out] = '\0';
    return to;
}

bool cli_json_true(const char *line, const char *key)
{
    size_t n;
    const char *value = cli_json_member(line, key, &n);
    return value && n == 4 && memcmp(value, "true", 4) == 0;
}

const char *cli_json_element(const char **at, const char *end, size_t *n)
{
    const char *p = blanks(*at, end);
    if (p < end && (*p == '[' || *p == ','))
        p = blanks(p + 1, end);
    if (p >= end || *p == ']')
        return NULL;
    const char *element = p;
    p = past(p, end);
    if (!p)
        return NULL;
    *n = (size_t)(p - element);
    *at = p;
    return element;
}

void cli_json_write(FILE *to, const char *value, size_t n, bool pretty)
{
    int depth = 0;
    bool quoted = false;
    if (!pretty) {
        (void)fwrite(value, 1, n, to);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const char c = value[i];
        if (quoted) {
            (void)fputc(c, to);
            if (c == '\\' && i + 1 < n)
                (void)fputc(value[++i], to);
            else if (c == '"')
                quoted = false;
            continue;
        }
        if (c == ' ' || c == '\n')
            continue;
        const bool closes = c == '}' || c == ']';
        if (closes) {
            depth--;
            if (value[i - 1] != '{' && value[i - 1] != '[')
                (void)fprintf(to, "\n%*s", depth * 4, "");
        }
        (void)fputc(c, to);
        quoted = c == '"';
        if (c == ':')
            (void)fputc(' ', to);
        if ((c == '{' || c == '[') && i + 1 < n && value[i + 1] != '}' && value[i + 1] != ']')
            (void)fprintf(to, "\n%*s", ++depth * 4, "");
        else if (c == '{' || c == '[')
            depth++;
        if (c == ',')
            (void)fprintf(to, "\n%*s", depth * 4, "");
    }
}

/* --- all that is printed --- */

struct pretty {
    FILE *to;
    char *line;
    size_t n, room;
};

static void pretty_line(const struct pretty *p)
{
    const char first = p->n > 2 ? p->line[0] : 0, last = p->n > 2 ? p->line[p->n - 2] : 0;
    if (!(first == '{' && last == '}') && !(first == '[' && last == ']')) {
        (void)fwrite(p->line, 1, p->n, p->to);
        return;
    }
    cli_json_write(p->to, p->line, p->n - 1, true);
    (void)fputc('\n', p->to);
}

static ssize_t pretty_write(void *self, const char *bytes, size_t n)
{
    struct pretty *p = self;
    for (size_t i = 0; i < n; i++) {
        if (p->n == p->room) {
            char *bigger = realloc(p->line, p->room * 2 + 256);
            if (!bigger)
                return 0;
            p->line = bigger;
            p->room = p->room * 2 + 256;
        }
        p->line[p->n++] = bytes[i];
        if (bytes[i] == '\n') {
            pretty_line(p);
            p->n = 0;
        }
    }
    return fflush(p->to) == 0 ? (ssize_t)n : 0;
}

void cli_json_pretty_stdout(void)
{
    static struct pretty pretty;
    if (pretty.to)
        return;
    FILE *filter = fopencookie(&pretty, "w", (cookie_io_functions_t){.write = pretty_write});
    if (!filter)
        return; /* JSON it is all the same */
    pretty.to = stdout;
    (void)setvbuf(filter, NULL, _IOLBF, 0);
    stdout = filter;
}
