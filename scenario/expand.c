/* SPDX-License-Identifier: BSD-2-Clause */
/* `for: {i: 1..1000}`: one item stands for many. Each copy has its numbers where the item says `$i` or `$(i*2+1)`, in
 * its name too; the copies stand where the item stood, the last variable running fastest, so that the file means what
 * it would mean written out. Whoever reads the tree afterwards (overrides, --shrink, the model) knows nothing of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/model.h"

#define VARIABLES 4u
#define MOST 100000u /* copies of one item of the timeline */
#define WITHIN 4096u /* of one deeper in the file */
#define NUMBER_MOST 1000000000

struct loop {
    const struct sc_node *at[VARIABLES];
    uint32_t n;
    int64_t first[VARIABLES], last[VARIABLES], now[VARIABLES];
    struct sc_memory *m;
    struct sc_errors *e;
    bool failed;
};

/* --- $(i/250+1): integers, + - * / %, parentheses --- */

struct words {
    struct loop *l;
    const char *at;
    const char *wrong; /* NULL: nothing */
    uint32_t depth;
};

static int64_t sum(struct words *w);

static int64_t variable(struct words *w, char name)
{
    for (uint32_t i = 0; i < w->l->n; i++) {
        if (w->l->at[i]->key[0] == name)
            return w->l->now[i];
    }
    w->wrong = "no variable of that letter stands in for:";
    return 0;
}

static int64_t atom(struct words *w)
{
    if (*w->at == '(' && w->depth < 8) {
        w->at++;
        w->depth++;
        const int64_t value = sum(w);
        w->depth--;
        if (*w->at != ')')
            w->wrong = "a parenthesis is not closed";
        else
            w->at++;
        return value;
    }
    if (*w->at >= 'a' && *w->at <= 'z')
        return variable(w, *w->at++);
    if (*w->at >= '0' && *w->at <= '9') {
        char *end;
        const unsigned long long value = strtoull(w->at, &end, 10);
        w->at = end;
        if (value <= NUMBER_MOST)
            return (int64_t)value;
        w->wrong = "a number beyond 1000000000";
        return 0;
    }
    w->wrong = "a number or a variable was expected: $i, $(i+1), $(i/250)";
    return 0;
}

static int64_t product(struct words *w)
{
    int64_t value = atom(w);
    while (!w->wrong && *w->at && strchr("*/%", *w->at)) {
        const char how = *w->at++;
        const int64_t other = atom(w);
        if (how != '*' && other == 0) {
            w->wrong = w->wrong ? w->wrong : "a division by nothing";
            return 0;
        }
        value = how == '*' ? value * other : how == '/' ? value / other : value % other;
        if (value > NUMBER_MOST || value < -NUMBER_MOST) {
            w->wrong = "a number beyond 1000000000";
            return 0;
        }
    }
    return value;
}

static int64_t sum(struct words *w)
{
    int64_t value = product(w);
    while (!w->wrong && *w->at && strchr("+-", *w->at)) {
        const char how = *w->at++;
        const int64_t other = product(w);
        value = how == '+' ? value + other : value - other;
        if (value > NUMBER_MOST || value < -NUMBER_MOST)
            w->wrong = "a number beyond 1000000000";
    }
    return value;
}

/* The text with this copy's numbers; the text itself if it has none. NULL: an error was said. */
static const char *filled(struct loop *l, const struct sc_node *n, const char *text)
{
    char to[1024];
    size_t used = 0;
    if (!strchr(text, '$'))
        return text;
    struct words w = {.l = l, .at = text};
    while (*w.at && !w.wrong && used + 24u < sizeof to) {
        if (*w.at != '$') {
            to[used++] = *w.at++;
            continue;
        }
        w.at++;
        const long long value = (long long)atom(&w);
        used += (size_t)snprintf(to + used, sizeof to - used, "%lld", value);
    }
    if (!w.wrong && *w.at)
        w.wrong = "the text is too long";
    if (w.wrong) {
        sc_error(l->e, n, "\"%s\": %s", text, w.wrong);
        l->failed = true;
        return NULL;
    }
    return sc_take_text(l->m, to, used);
}

/* A copy of the item; its own key is filled too, those below are words of the grammar. */
static struct sc_node *copy(struct loop *l, const struct sc_node *from, bool top)
{
    if (!top && from->kind == SC_MAP && sc_member(from, "for")) {
        sc_error_key(l->e, sc_member(from, "for"), "for within for: the outer one may have several variables");
        l->failed = true;
        return NULL;
    }
    struct sc_node *n = sc_take(l->m, sizeof *n);
    if (!n)
        return NULL;
    *n = *from;
    n->next = n->child = NULL;
    if (top && n->key && !(n->key = filled(l, from, n->key)))
        return NULL;
    if (n->text && !(n->text = filled(l, from, n->text)))
        return NULL;
    struct sc_node **to = &n->child;
    for (const struct sc_node *c = from->child; c; c = c->next) {
        if (top && strcmp(c->key, "for") == 0)
            continue;
        if (!(*to = copy(l, c, false)))
            return NULL;
        to = &(*to)->next;
    }
    return n;
}

/* --- for: {i: 1..1000, k: 0..9} --- */

static bool range(struct loop *l, const struct sc_node *n)
{
    char *end = NULL;
    const bool named = n->key[0] >= 'a' && n->key[0] <= 'z' && !n->key[1];
    if (!named) {
        sc_error_key(l->e, n, "a variable is one letter: for: {i: 1..1000}");
        return false;
    }
    if (n->kind == SC_SCALAR && n->text[0] >= '0' && n->text[0] <= '9') {
        l->first[l->n] = strtoll(n->text, &end, 10);
        if (strncmp(end, "..", 2) == 0 && end[2] >= '0' && end[2] <= '9')
            l->last[l->n] = strtoll(end + 2, &end, 10);
        else
            end = NULL;
    }
    if (!end || *end || l->first[l->n] > l->last[l->n] || l->last[l->n] > NUMBER_MOST) {
        sc_error(l->e, n, "a range goes from a number to one that is not smaller: for: {%s: 1..1000}", n->key);
        return false;
    }
    l->now[l->n] = l->first[l->n];
    l->at[l->n++] = n;
    return true;
}

/* How many copies; 0: e says what is wrong. */
static uint64_t ranges(struct loop *l, const struct sc_node *map, uint64_t most)
{
    uint64_t copies = 1;
    if (map->kind != SC_MAP || !map->child || sc_children(map) > VARIABLES) {
        sc_error(l->e, map, "for names one to %u variables and their ranges: for: {i: 1..1000, k: 0..9}", VARIABLES);
        return 0;
    }
    for (const struct sc_node *c = map->child; c; c = c->next) {
        if (!range(l, c))
            return 0;
        copies *= (uint64_t)(l->last[l->n - 1u] - l->first[l->n - 1u]) + 1u;
        if (copies > most) {
            sc_error(l->e, c, "that is more than %llu of them, the most there may be", (unsigned long long)most);
            return 0;
        }
    }
    return copies;
}

/* False: that was the last. */
static bool next(struct loop *l)
{
    for (uint32_t i = l->n; i-- > 0; l->now[i] = l->first[i]) {
        if (++l->now[i] <= l->last[i])
            return true;
    }
    return false;
}

/* Puts the copies in the item's place; where the last one's `next` is. NULL: e says why. */
static struct sc_node **spread(struct sc_memory *m, struct sc_node **at, const struct sc_node *loops, uint64_t most,
                               struct sc_errors *e)
{
    struct sc_node *item = *at;
    struct loop l = {.m = m, .e = e};
    if (!ranges(&l, loops, most))
        return NULL;
    if (item->key && !strchr(item->key, '$')) {
        sc_error_key(e, item, "\"%s\" would be the name of each: \"%s$%s\"", item->key, item->key, l.at[0]->key);
        return NULL;
    }
    const struct sc_node *each = sc_member(item, "each"); /* of a list of texts */
    do {
        if (!(*at = copy(&l, each && !item->key ? each : item, !each || item->key))) {
            if (!l.failed)
                sc_error(e, item, "the file is too large");
            *at = item;
            return NULL;
        }
        if (!item->key)
            (*at)->key = NULL;
        at = &(*at)->next;
    } while (next(&l));
    *at = item->next;
    return at;
}

/* Every item of this list or map, and of those within. */
static bool walk(struct sc_memory *m, struct sc_node *list, uint64_t most, struct sc_errors *e)
{
    struct sc_node **at = &list->child;
    while (at && *at) {
        const struct sc_node *loops = sc_member(*at, "for");
        if (loops) {
            at = spread(m, at, loops, most, e);
            continue;
        }
        if (!walk(m, *at, WITHIN, e))
            return false;
        at = &(*at)->next;
    }
    return at != NULL;
}

bool sc_expand(struct sc_memory *m, struct sc_node *root, struct sc_errors *e)
{
    static const struct {
        const char *key;
        uint32_t most;
    } part[] = {{"hosts", SC_HOSTS}, {"routers", SC_HOSTS}, {"switches", SC_HOSTS}, {"links", SC_LINKS},
                {"timeline", MOST},  {"faults", 1000},      {"expect", 1000}};
    for (uint32_t i = 0; i < sizeof part / sizeof *part; i++) {
        struct sc_node *list = sc_member(root, part[i].key);
        if (list && !walk(m, list, part[i].most, e))
            return false;
    }
    return true;
}
