/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536u

struct sc_chunk {
    struct sc_chunk *next;
    size_t used, room;
    uint64_t aligned[1];
};

void *sc_take(struct sc_memory *m, size_t bytes)
{
    bytes = (bytes + 15u) & ~(size_t)15u;
    if (m->ceiling && m->taken + bytes > m->ceiling)
        return NULL;
    if (!m->chunk || m->chunk->room - m->chunk->used < bytes) {
        const size_t room = bytes > CHUNK ? bytes : CHUNK;
        struct sc_chunk *c = calloc(1, sizeof *c + room);
        if (!c)
            return NULL;
        c->room = room;
        c->next = m->chunk;
        m->chunk = c;
    }
    void *p = (uint8_t *)m->chunk->aligned + m->chunk->used;
    m->chunk->used += bytes;
    m->taken += bytes;
    return p;
}

char *sc_take_text(struct sc_memory *m, const char *text, size_t n)
{
    char *p = sc_take(m, n + 1u);
    if (p)
        memcpy(p, text, n);
    return p;
}

void sc_memory_free(struct sc_memory *m)
{
    while (m->chunk) {
        struct sc_chunk *next = m->chunk->next;
        free(m->chunk);
        m->chunk = next;
    }
    m->taken = 0;
}

void sc_error_at(struct sc_errors *e, uint32_t line, uint32_t column, const char *format, ...)
{
    va_list args;
    if (e->n == SC_ERRORS) {
        e->more++;
        return;
    }
    e->error[e->n].line = line;
    e->error[e->n].column = column;
    va_start(args, format);
    vsnprintf(e->error[e->n].text, SC_ERROR_TEXT, format, args);
    va_end(args);
    for (uint32_t i = 0; i < e->n; i++) { /* of a link's two directions each says it */
        if (e->error[i].line == line && e->error[i].column == column &&
            strcmp(e->error[i].text, e->error[e->n].text) == 0)
            return;
    }
    e->n++;
}

struct sc_node *sc_member(const struct sc_node *map, const char *key)
{
    for (struct sc_node *c = map && map->kind == SC_MAP ? map->child : NULL; c; c = c->next) {
        if (strcmp(c->key, key) == 0)
            return c;
    }
    return NULL;
}

struct sc_node *sc_node_new(struct sc_memory *m, enum sc_kind kind, const char *key, const char *text)
{
    struct sc_node *n = sc_take(m, sizeof *n);
    if (!n)
        return NULL;
    n->kind = kind;
    n->key = key ? sc_take_text(m, key, strlen(key)) : NULL;
    n->text = text ? sc_take_text(m, text, strlen(text)) : NULL;
    return n;
}

/* NULL: the memory is used up. */
struct sc_node *sc_copy(struct sc_memory *m, const struct sc_node *from)
{
    struct sc_node *n = sc_take(m, sizeof *n);
    if (!n)
        return NULL;
    *n = *from;
    n->next = NULL;
    struct sc_node **to = &n->child;
    *to = NULL;
    for (const struct sc_node *c = from->child; c; c = c->next) {
        if (!(*to = sc_copy(m, c)))
            return NULL;
        to = &(*to)->next;
    }
    return n;
}

void sc_append(struct sc_node *parent, struct sc_node *child)
{
    struct sc_node **at = &parent->child;
    while (*at)
        at = &(*at)->next;
    *at = child;
    child->next = NULL;
}

bool sc_remove(struct sc_node *parent, const struct sc_node *child)
{
    for (struct sc_node **at = &parent->child; *at; at = &(*at)->next) {
        if (*at == child) {
            *at = child->next;
            return true;
        }
    }
    return false;
}

uint32_t sc_children(const struct sc_node *parent)
{
    uint32_t n = 0;
    for (const struct sc_node *c = parent ? parent->child : NULL; c; c = c->next)
        n++;
    return n;
}

struct sc_node *sc_child(const struct sc_node *parent, uint32_t i)
{
    struct sc_node *c = parent ? parent->child : NULL;
    while (c && i--)
        c = c->next;
    return c;
}

/* --- near words --- */

#define WORD 32u

/* Edits (insert, delete, replace, swap of neighbours) from one word to the other. */
static uint32_t distance(const char *a, const char *b)
{
    const size_t n = strlen(a), k = strlen(b);
    uint32_t row[3][WORD + 1];
    if (n > WORD || k > WORD)
        return WORD;
    for (uint32_t j = 0; j <= k; j++)
        row[0][j] = j;
    for (uint32_t i = 1; i <= n; i++) {
        uint32_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (uint32_t j = 1; j <= k; j++) {
            uint32_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][k];
}

const char *sc_near(const char *word, const char *const *list)
{
    const char *best = NULL;
    uint32_t least = (uint32_t)strlen(word) / 3u + 2u;
    for (; *list; list++) {
        const uint32_t d = distance(word, *list);
        if (d < least && d < strlen(word)) { /* else nothing of the word is left */
            least = d;
            best = *list;
        }
    }
    return best;
}

const char *sc_hint(const char *word, const char *const *list, char *to, size_t room)
{
    const char *near = sc_near(word, list);
    to[0] = 0;
    if (near)
        snprintf(to, room, " (did you mean \"%s\"?)", near);
    return to;
}
