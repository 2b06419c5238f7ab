/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of an experiment, read. */
#include "scenario/tell.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/model.h"

const char *const sc_group_names[] = {"layers", "udp", "header", "opening", "closing", "stream", NULL};

bool sc_words_read(struct sc_reader *r, const struct sc_node *n, struct sc_words *w)
{
    static const char *const keys[] = {"en", "zh", NULL};
    *w = (struct sc_words){{NULL, NULL}};
    if (n->kind == SC_SCALAR) {
        sc_error(r->e, n, "words are given in both languages: {en: \"…\", zh: \"…\"}");
        return false;
    }
    if (!sc_keys(r, n, keys, "what is said"))
        return false;
    for (uint32_t i = 0; i < SC_LANGS; i++) {
        const struct sc_node *t = sc_member(n, keys[i]);
        if (!t || t->kind != SC_SCALAR || !t->text[0]) {
            sc_error(r->e, n, "the words in \"%s\" are missing", keys[i]);
            return false;
        }
        w->text[i] = t->text;
    }
    return true;
}

static uint32_t texts(struct sc_reader *r, const struct sc_node *list, const char **to, uint32_t most)
{
    uint32_t n = 0;
    if (list && list->kind != SC_LIST)
        sc_error(r->e, list, "%s is a list", list->key);
    for (const struct sc_node *c = list && list->kind == SC_LIST ? list->child : NULL; c; c = c->next) {
        if (c->kind != SC_SCALAR || n == most)
            sc_error(r->e, c, n == most ? "%s has %u entries at most" : "%s is a list of words", list->key, most);
        else
            to[n++] = c->text;
    }
    return n;
}

/* --- notes --- */

/* "second timer of a": which of them; 0: it is something else. */
static uint32_t bracket_words(const char *text, const char *what, char host[64])
{
    static const char *const names[] = {"first", "second",  "third",  "fourth", "fifth",
                                        "sixth", "seventh", "eighth", "ninth",  "tenth"};
    char which[64], pattern[64];
    snprintf(pattern, sizeof pattern, "%s of %%63s", what);
    if (sscanf(text, pattern, host) == 1)
        return 1;
    snprintf(pattern, sizeof pattern, "%%63s %s of %%63s", what);
    if (sscanf(text, pattern, which, host) != 2)
        return 0;
    for (uint32_t i = 0; i < 10; i++) {
        if (strcmp(which, names[i]) == 0)
            return i + 1u;
    }
    char *end;
    const unsigned long n = strtoul(which, &end, 10);
    return end != which && n > 0 && n < 100000 ? (uint32_t)n : 0;
}

static bool is_fact(const char *text)
{
    static const char *const verbs[] = {"in", "accepts", "sends", "receives", "drops", "sent", "read", NULL};
    char subject[64], verb[64];
    if (sscanf(text, "%63s %63s", subject, verb) != 2)
        return false;
    for (uint32_t i = 0; verbs[i]; i++) {
        if (strcmp(verb, verbs[i]) == 0)
            return true;
    }
    return false;
}

/* A selector with its sender means that it is sent. */
static uint32_t fact_of_selector(struct sc_reader *r, const struct sc_node *on)
{
    struct sc_model *m = r->model;
    struct sc_fact *f = &m->fact[m->facts];
    *f = (struct sc_fact){
        .words = on->text, .host = SV_NONE, .attempt = SV_NONE, .reason = SV_NONE, .kind = SC_FACT_SENDS};
    if (!sc_selector_words(r, on, on->text, &f->what))
        return SV_NONE;
    f->host = f->what.from;
    if (f->host != SV_NONE)
        return m->facts++;
    sc_error(r->e, on, "whose? \"%s from HOST\"", on->text);
    return SV_NONE;
}

static void note_place(struct sc_reader *r, const struct sc_node *on, struct sc_note *note)
{
    char host[64];
    note->fact = note->host = SV_NONE;
    if (strcmp(on->text, "start") == 0) {
        note->where = SC_NOTE_START;
    } else if (strcmp(on->text, "end") == 0) {
        note->where = SC_NOTE_END;
    } else if ((note->n = bracket_words(on->text, "timer", host)) != 0) {
        note->where = SC_NOTE_TIMER;
        note->host = sc_need_host(r, on, host);
    } else if ((note->n = bracket_words(on->text, "call", host)) != 0) {
        note->where = SC_NOTE_CALL;
        note->host = sc_need_host(r, on, host);
    } else {
        note->where = SC_NOTE_FACT;
        note->fact = is_fact(on->text) ? sc_fact_read(r, on) : fact_of_selector(r, on);
    }
}

static void notes(struct sc_reader *r, const struct sc_node *list, struct sc_tell *t)
{
    static const char *const keys[] = {"on", "en", "zh", NULL}, *const of_runs[] = {"on", "en", "zh", "run", NULL};
    if (list && list->kind != SC_LIST)
        sc_error(r->e, list, "notes are a list: - {on: SYN from b, en: \"…\", zh: \"…\"}");
    for (const struct sc_node *c = list && list->kind == SC_LIST ? list->child : NULL; c; c = c->next) {
        struct sc_note *note = &t->note[t->notes];
        const struct sc_node *on = sc_member(c, "on"), *en = sc_member(c, "en"), *zh = sc_member(c, "zh");
        if (!sc_keys(r, c, r->model ? keys : of_runs, "a note"))
            continue;
        if (!on || on->kind != SC_SCALAR || !en || en->kind != SC_SCALAR || !zh || zh->kind != SC_SCALAR) {
            sc_error(r->e, c, "a note is written {on: SYN from b, en: \"…\", zh: \"…\"}");
            continue;
        }
        *note = (struct sc_note){.at_node = on, .words = {{en->text, zh->text}}};
        if (r->model)
            note_place(r, on, note);
        t->notes++;
    }
}

uint32_t sc_tell_notes(const struct sc_node *root)
{
    return sc_children(sc_member(sc_member(root, "tell"), "notes"));
}

/* --- the whole --- */

static void group(struct sc_reader *r, const struct sc_node *tell, struct sc_tell *t)
{
    const struct sc_node *n = sc_member(tell, "group");
    char hint[64];
    for (uint32_t i = 0; n && n->kind == SC_SCALAR && sc_group_names[i]; i++) {
        if (strcmp(sc_group_names[i], n->text) == 0) {
            t->group = i;
            return;
        }
    }
    sc_error(r->e, n ? n : tell, "tell has a group: layers, udp, header, opening, closing or stream%s",
             n && n->kind == SC_SCALAR ? sc_hint(n->text, sc_group_names, hint, sizeof hint) : "");
}

static void columns(struct sc_reader *r, const struct sc_node *n, struct sc_tell *t)
{
    t->column[0] = t->column[1] = SV_NONE;
    if (!n || !r->model)
        return;
    if (n->kind != SC_LIST || sc_children(n) != 2 || n->child->kind != SC_SCALAR || n->child->next->kind != SC_SCALAR) {
        sc_error(r->e, n, "columns are two hosts: [b, a]");
        return;
    }
    t->column[0] = sc_need_host(r, n->child, n->child->text);
    t->column[1] = sc_need_host(r, n->child->next, n->child->next->text);
}

static void fixed(struct sc_reader *r, const struct sc_node *n, struct sc_tell *t)
{
    static const char *const keys[] = {"delay", "isn", NULL};
    if (!n || !sc_keys(r, n, keys, "fixed"))
        return;
    for (const struct sc_node *c = n->child; c; c = c->next) {
        if (c->kind != SC_SCALAR || strlen(c->text) < 8)
            sc_error(r->e, c, "fixed says why, in a sentence");
        else if (strcmp(c->key, "delay") == 0)
            t->fixed_delay = c->text;
        else
            t->fixed_isn = c->text;
    }
}

static void said(struct sc_reader *r, const struct sc_node *map, const char *key, bool must, struct sc_words *to)
{
    const struct sc_node *n = sc_member(map, key);
    if (n)
        (void)sc_words_read(r, n, to);
    else if (must)
        sc_error(r->e, map, "an experiment says its %s: {en: \"…\", zh: \"…\"}", key);
}

struct sc_tell *sc_tell_read(struct sc_reader *r, const struct sc_node *root)
{
    static const char *const keys[] = {"order", "group",     "covers", "verdict", "columns", "window",
                                       "fixed", "highlight", "notes",  "needs",   "smaller", NULL};
    const struct sc_node *tell = sc_member(root, "tell"), *n;
    struct sc_tell *t = tell ? sc_take(r->m, sizeof *t) : NULL;
    uint64_t order = 0;
    if (!t || !sc_keys(r, tell, keys, "tell"))
        return NULL;
    const uint32_t before = r->e->n;
    t->note = sc_take(r->m, (sc_tell_notes(root) + 1u) * sizeof *t->note);
    t->window[1] = UINT64_MAX;
    const bool waits = sc_member(tell, "needs") != NULL;
    said(r, root, "title", true, &t->title);
    said(r, root, "claim", true, &t->claim);
    said(r, root, "watch", !waits, &t->watch);
    said(r, root, "try", !waits, &t->attempt);
    said(r, tell, "verdict", !waits, &t->verdict);
    said(r, tell, "needs", false, &t->needs);
    if (!(n = sc_member(tell, "order")))
        sc_error(r->e, tell, "tell has a place in the list: order: 230");
    else if (sc_count(r, n, 0, 100000, &order))
        t->order = (uint32_t)order;
    group(r, tell, t);
    t->covers = texts(r, sc_member(tell, "covers"), t->cover, SC_COVERS);
    t->highlights = texts(r, sc_member(tell, "highlight"), t->highlight, SC_HIGHLIGHTS);
    t->sees = texts(r, sc_member(root, "see"), t->see, SC_SEE);
    if (!t->sees && !waits)
        sc_error(r->e, root, "an experiment names the standard's section: see: [\"RFC 9293 3.5\"]");
    columns(r, sc_member(tell, "columns"), t);
    if ((n = sc_member(tell, "window")))
        (void)sc_between(r, n, t->window);
    fixed(r, sc_member(tell, "fixed"), t);
    if ((n = sc_member(tell, "smaller")) && n->kind != SC_MAP)
        sc_error(r->e, n, "smaller is a map of overrides for other seeds: {b.port_range: 32768-33049}");
    t->smaller = n != NULL;
    if (t->note)
        notes(r, sc_member(tell, "notes"), t);
    return t->note && r->e->n == before ? t : NULL;
}

struct sc_tell *sc_tell_of_tree(struct sc_memory *m, const struct sc_node *root, struct sc_errors *e)
{
    struct sc_reader r = {NULL, m, e};
    return sc_tell_read(&r, root);
}

/* --- numbers in words --- */

bool sc_isn_number(const struct sc_model *model, const char *text, uint32_t *number)
{
    char host[40];
    const size_t n = strcspn(text, ".");
    if (text[n] != '.' || n >= sizeof host || strncmp(text + n, ".isn", 4) != 0)
        return false;
    memcpy(host, text, n);
    host[n] = 0;
    const char *at = text + n + 4;
    char *end;
    unsigned long which = 1;
    if (*at >= '0' && *at <= '9') {
        which = strtoul(at, &end, 10);
        at = end;
    }
    const uint32_t h = sc_host_named(model, host);
    if (h == SV_NONE || which < 1 || which > model->host[h].isns)
        return false;
    *number = model->host[h].isn[which - 1u];
    if (*at == '+' || *at == '-') {
        if (at[1] < '0' || at[1] > '9')
            return false;
        const uint32_t by = (uint32_t)strtoul(at + 1, &end, 10);
        *number += *at == '+' ? by : 0u - by;
        at = end;
    }
    return *at == 0;
}

static bool fill_one(const struct sc_model *model, const char *name, uint64_t t_ns, const char *value, char *to,
                     size_t room)
{
    uint32_t number;
    if (strcmp(name, "t") == 0 && t_ns != UINT64_MAX)
        snprintf(to, room, "%llu.%03u", (unsigned long long)(t_ns / SV_S), (unsigned)(t_ns % SV_S / SV_MS));
    else if (strcmp(name, "value") == 0 && value)
        snprintf(to, room, "%s", *value ? value : "?"); /* nothing was there to be counted */
    else if (model && sc_isn_number(model, name, &number))
        snprintf(to, room, "%u", number);
    else
        return false;
    return true;
}

/* A count and its noun agree whatever the run has counted: 0 connections, 1 connection, 2 connections. The length of
 * the singular behind a value, with the space before it; 0 if no noun of the list is there. */
static size_t counted(const char *text)
{
    static const char *const nouns[] = {"ACK",        "SYN",      "broadcast", "byte",         "call",
                                        "client",     "cookie",   "datagram",  "echo request", "fast retransmission",
                                        "frame",      "half-bit", "message",   "packet",       "port",
                                        "connection", "error",    "probe",     "read",         "repeat",
                                        "reset",      "segment",  "time",      "timeout"};
    for (size_t i = 0; *text == ' ' && i < sizeof nouns / sizeof *nouns; i++) {
        const size_t n = strlen(nouns[i]);
        const char *after = text + 1 + n;
        if (strncmp(text + 1, nouns[i], n) != 0)
            continue;
        after += *after == 's';
        if (!isalpha((unsigned char)*after))
            return 1u + n;
    }
    return 0;
}

bool sc_fill(const struct sc_model *model, const char *text, uint64_t t_ns, const char *value, char *to, size_t room)
{
    size_t used = 0;
    to[0] = 0;
    while (*text && used + 1u < room) {
        char name[48];
        const size_t n = *text == '{' ? strcspn(text, "}") : 0;
        if (n && text[n] == '}' && n < sizeof name) {
            memcpy(name, text + 1, n - 1u);
            name[n - 1u] = 0;
            if (!fill_one(model, name, t_ns, value, to + used, room - used))
                return false;
            used += strlen(to + used);
            text += n + 1u;
            const size_t noun = strcmp(name, "value") == 0 && value ? counted(text) : 0;
            if (noun && used + noun + 2u <= room) {
                used += (size_t)snprintf(to + used, room - used, "%.*s%s", (int)noun, text,
                                         strcmp(value, "1") == 0 ? "" : "s");
                text += noun + (text[noun] == 's');
            }
        } else {
            to[used++] = *text++;
            to[used] = 0;
        }
    }
    return *text == 0;
}
