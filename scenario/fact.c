/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts: "a.x2 in ESTABLISHED", "a accepts x1", "b sends RST with seq 1001", "h2 receives the same frame twice",
 * "a.c sent all". */
#include <stdio.h>
#include <string.h>

#include "scenario/model.h"

static const char *const state_names[] = {"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                          "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                          "CLOSING",     "LAST-ACK",   "TIME-WAIT",  NULL};

static uint32_t state_of(const char *word)
{
    static const struct {
        const char *other;
        uint32_t state;
    } spellings[] = {{"SYN_SENT", SV_SYN_SENT},     {"SYN_RCVD", SV_SYN_RECEIVED},     {"SYN-RECV", SV_SYN_RECEIVED},
                     {"SYN_RECV", SV_SYN_RECEIVED}, {"SYN_RECEIVED", SV_SYN_RECEIVED}, {"FIN_WAIT_1", SV_FIN_WAIT_1},
                     {"FIN_WAIT_2", SV_FIN_WAIT_2}, {"CLOSE_WAIT", SV_CLOSE_WAIT},     {"LAST_ACK", SV_LAST_ACK},
                     {"TIME_WAIT", SV_TIME_WAIT}};
    for (uint32_t i = 0; state_names[i]; i++) {
        if (strcmp(state_names[i], word) == 0)
            return i;
    }
    for (uint32_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (strcmp(spellings[i].other, word) == 0)
            return spellings[i].state;
    }
    return SV_NONE;
}

/* "a.x1": a host and an attempt. */
static bool connection(struct sc_reader *r, const struct sc_node *at, char *word, struct sc_fact *f)
{
    char *dot = strchr(word, '.');
    if (!dot) {
        sc_error(r->e, at, "\"%s\" names no connection: HOST.CONNECTION, as a.c", word);
        return false;
    }
    *dot = 0;
    f->host = sc_need_host(r, at, word);
    f->socket = sc_socket_named(r->model, dot + 1);
    if (f->socket != SV_NONE && f->host != SV_NONE && r->model->socket[f->socket].host != f->host) {
        sc_error(r->e, at, "\"%s\" is no socket of %s", dot + 1, word);
        return false;
    }
    if (f->socket != SV_NONE)
        return f->host != SV_NONE;
    f->attempt = f->host == SV_NONE ? SV_NONE : sc_need_attempt(r, at, dot + 1);
    *dot = '.';
    return f->attempt != SV_NONE;
}

static bool dropped(struct sc_reader *r, const struct sc_node *at, const char *rest, struct sc_fact *f)
{
    char words[512], hint[64];
    static const char *names[SV_DROP_COUNT + 1];
    uint32_t n = 0;
    snprintf(words, sizeof words, "%s", rest);
    char *because = strstr(words, " because ");
    f->reason = SV_NONE;
    if (because) {
        *because = 0;
        because += strlen(" because ");
        for (uint32_t i = 0; i < SV_DROP_COUNT; i++) {
            const char *name = sv_drop_name((enum sv_drop)i);
            if (strcmp(name, because) == 0 || (strncmp(name, "TCP_", 4) == 0 && strcmp(name + 4, because) == 0))
                f->reason = i;
            if (strcmp(name, "?") != 0)
                names[n++] = name;
        }
        names[n] = NULL;
        if (f->reason == SV_NONE) {
            sc_error(r->e, at, "no drop has the reason \"%s\"%s (docs/DROPS.md lists them)", because,
                     sc_hint(because, names, hint, sizeof hint));
            return false;
        }
    }
    return sc_selector_words(r, at, words, &f->what);
}

/* "ab misreads frame from b": of a cable. */
static bool misread(struct sc_reader *r, const struct sc_node *n, const char *subject, const char *rest,
                    struct sc_fact *f)
{
    f->kind = SC_FACT_MISREADS;
    if (f->link == SV_NONE || !r->model->link[f->link].cable) {
        sc_error(r->e, n, "\"%s\" is no cable: only a link of kind: cable misreads", subject);
        return false;
    }
    return sc_selector_words(r, n, rest, &f->what);
}

static uint32_t place(const char *word, const char *const *list)
{
    for (uint32_t i = 0; list[i]; i++) {
        if (strcmp(list[i], word) == 0)
            return i;
    }
    return SV_NONE;
}

static bool one(struct sc_reader *r, const struct sc_node *n, struct sc_fact *f)
{
    static const char *const verbs[] = {"in",   "accepts", "sends", "receives", "drops",
                                        "sent", "read",    "hears", "misreads", NULL};
    char subject[64], verb[64], hint[64];
    int at = 0;
    if (sscanf(n->text, "%63s %63s %n", subject, verb, &at) < 2 || !at) {
        sc_error(r->e, n, "a fact says who does what: \"a.c in ESTABLISHED\", \"b sends RST\", \"a accepts c\"");
        return false;
    }
    const char *rest = n->text + at;
    if (place(verb, verbs) == SV_NONE) {
        sc_error(r->e, n,
                 "\"%s\" is no verb of a fact (in, accepts, sends, receives, drops, sent, read, hears, misreads)%s",
                 verb, strcmp(verb, "is") == 0 ? " (did you mean \"in\"?)" : sc_hint(verb, verbs, hint, sizeof hint));
        return false;
    }
    if (strcmp(verb, "in") == 0) {
        f->kind = SC_FACT_STATE;
        f->state = state_of(rest);
        if (f->state == SV_NONE)
            sc_error(r->e, n, "TCP has no state \"%s\"%s", rest, sc_hint(rest, state_names, hint, sizeof hint));
        if (!connection(r, n, subject, f) || f->state == SV_NONE)
            return false;
        if (f->socket != SV_NONE)
            sc_error(r->e, n, "\"%s\" is a socket: it has no state of TCP's", subject + strlen(subject) + 1);
        return f->socket == SV_NONE;
    }
    if (strcmp(verb, "sent") == 0 || strcmp(verb, "read") == 0) {
        f->kind = verb[0] == 's' ? SC_FACT_SENT_ALL : SC_FACT_READ_ALL;
        if (strcmp(rest, "all") != 0)
            sc_error(r->e, n, "\"%s %s\" is followed by \"all\"", subject, verb);
        return connection(r, n, subject, f) && strcmp(rest, "all") == 0;
    }
    if (strcmp(verb, "hears") == 0)
        return sc_fact_hears(r, n, subject, rest, f);
    f->link = strcmp(verb, "drops") == 0 || strcmp(verb, "misreads") == 0 ? sc_link_named(r->model, subject) : SV_NONE;
    if (strcmp(verb, "misreads") == 0)
        return misread(r, n, subject, rest, f);
    f->host = f->link == SV_NONE ? sc_need_host(r, n, subject) : SV_NONE;
    if (f->host == SV_NONE && f->link == SV_NONE)
        return false;
    if (strcmp(verb, "accepts") == 0) {
        f->kind = SC_FACT_ACCEPTS;
        f->attempt = sc_need_attempt(r, n, rest);
        return f->attempt != SV_NONE;
    }
    if (strcmp(verb, "receives") == 0 && strcmp(rest, "the same frame twice") == 0) {
        f->kind = SC_FACT_TWICE;
        return true;
    }
    if (strcmp(verb, "drops") == 0) {
        f->kind = SC_FACT_DROPS;
        return dropped(r, n, rest, f);
    }
    f->kind = strcmp(verb, "sends") == 0 ? SC_FACT_SENDS : SC_FACT_RECEIVES;
    return sc_selector_words(r, n, rest, &f->what);
}

uint32_t sc_fact_read(struct sc_reader *r, const struct sc_node *n)
{
    struct sc_model *m = r->model;
    if (n->kind != SC_SCALAR) {
        sc_error(r->e, n, "a fact is a sentence: \"a.c in ESTABLISHED\"");
        return SV_NONE;
    }
    struct sc_fact *f = &m->fact[m->facts];
    *f = (struct sc_fact){
        .words = n->text, .host = SV_NONE, .attempt = SV_NONE, .socket = SV_NONE, .link = SV_NONE, .reason = SV_NONE};
    if (!one(r, n, f))
        return SV_NONE;
    return m->facts++;
}
