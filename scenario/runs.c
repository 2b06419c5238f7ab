/* SPDX-License-Identifier: BSD-2-Clause */
/* On the tree of an experiment: one of its runs, and the same world with other delays and numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "scenario/model.h"
#include "scenario/tell.h"

static const char *const tagged[] = {"timeline", "faults", "expect", "mutants", NULL};

uint32_t sc_runs(const struct sc_node *root)
{
    const uint32_t n = sc_children(sc_member(root, "runs"));
    return n ? n : 1;
}

const char *sc_run_name(const struct sc_node *root, uint32_t run)
{
    const struct sc_node *list = sc_member(root, "runs");
    const struct sc_node *c = list && run < sc_children(list) ? sc_child(list, run) : NULL;
    const struct sc_node *name = c ? sc_member(c, "name") : NULL;
    return name && name->kind == SC_SCALAR ? name->text : NULL;
}

/* Does it belong to the run? What has no tag belongs to all. */
static bool belongs(const struct sc_node *tag, const char *run)
{
    if (!tag)
        return true;
    if (tag->kind == SC_SCALAR)
        return strcmp(tag->text, run) == 0;
    for (const struct sc_node *c = tag->child; c; c = c->next) {
        if (c->kind == SC_SCALAR && strcmp(c->text, run) == 0)
            return true;
    }
    return false;
}

static const struct sc_node *named(const struct sc_node *list, const char *key, const char *name)
{
    for (const struct sc_node *c = list && list->kind == SC_LIST ? list->child : NULL; c; c = c->next) {
        const struct sc_node *id = sc_member(c, key);
        if (id && id->kind == SC_SCALAR && strcmp(id->text, name) == 0)
            return c;
    }
    return NULL;
}

static uint32_t run_of_tag(const struct sc_node *root, const struct sc_node *tag)
{
    for (uint32_t i = 0; tag && i < sc_runs(root); i++) {
        const char *name = sc_run_name(root, i);
        if (name && belongs(tag, name))
            return i;
    }
    return 0;
}

static uint32_t run_of_mutant(const struct sc_node *root, const struct sc_node *mutant)
{
    const struct sc_node *fails = sc_member(mutant, "fails");
    if (sc_member(mutant, "run"))
        return run_of_tag(root, sc_member(mutant, "run"));
    for (const struct sc_node *f = fails && fails->kind == SC_LIST ? fails->child : NULL; f; f = f->next) {
        const struct sc_node *x = f->kind == SC_SCALAR ? named(sc_member(root, "expect"), "id", f->text) : NULL;
        if (x && sc_member(x, "run"))
            return run_of_tag(root, sc_member(x, "run"));
    }
    return 0;
}

uint32_t sc_mutant_run(const struct sc_node *root, const char *mutant)
{
    const struct sc_node *u = named(sc_member(root, "mutants"), "name", mutant);
    return u ? run_of_mutant(root, u) : 0;
}

static void tags_known(const struct sc_node *root, const struct sc_node *tag, struct sc_errors *e)
{
    bool known = false;
    for (uint32_t i = 0; tag->kind == SC_SCALAR && i < sc_runs(root); i++) {
        const char *name = sc_run_name(root, i);
        known = known || (name && strcmp(name, tag->text) == 0);
    }
    if (tag->kind == SC_SCALAR && !known)
        sc_error(e, tag, "no run is called \"%s\"", tag->text);
    for (const struct sc_node *c = tag->kind == SC_LIST ? tag->child : NULL; c; c = c->next)
        tags_known(root, c, e);
}

static void thin(struct sc_node *root, struct sc_node *list, uint32_t run, bool mutants, struct sc_errors *e)
{
    const char *name = sc_run_name(root, run);
    struct sc_node *next = NULL;
    for (struct sc_node *c = list && list->kind == SC_LIST ? list->child : NULL; c; c = next) {
        struct sc_node *tag = sc_member(c, "run");
        next = c->next;
        const bool stays = mutants ? run_of_mutant(root, c) == run : belongs(tag, name ? name : "");
        if (tag) {
            tags_known(root, tag, e);
            (void)sc_remove(c, tag);
        }
        if (!stays)
            (void)sc_remove(list, c);
    }
}

bool sc_run_choose(struct sc_memory *m, struct sc_node *root, uint32_t run, struct sc_errors *e)
{
    static const char *const keys[] = {"name", "title", "set", NULL};
    struct sc_node *list = sc_member(root, "runs");
    struct sc_reader r = {NULL, m, e};
    struct sc_words title;
    if (!list)
        return true;
    if (list->kind != SC_LIST || !list->child) {
        sc_error(e, list, "runs are a list: - {name: lost, title: {en: \"…\", zh: \"…\"}, set: {…}}");
        return false;
    }
    if (run >= sc_children(list)) {
        sc_error_key(e, list, "there are %u runs", sc_children(list));
        return false;
    }
    for (const struct sc_node *c = list->child; c; c = c->next) {
        const struct sc_node *name = sc_member(c, "name"), *t = sc_member(c, "title");
        if (!sc_keys(&r, c, keys, "a run"))
            return false;
        if (!name || name->kind != SC_SCALAR || !sc_name_ok(name->text) || !t || !sc_words_read(&r, t, &title)) {
            sc_error(e, c, "a run has a name and a title: {name: lost, title: {en: \"…\", zh: \"…\"}}");
            return false;
        }
    }
    struct sc_node *tell = sc_member(root, "tell"), *chosen = sc_child(list, run);
    /* Mutants first: which run one is tried in depends on expectations of all. */
    thin(root, sc_member(root, "mutants"), run, true, e);
    for (uint32_t i = 0; tagged[i]; i++) {
        if (strcmp(tagged[i], "mutants") != 0)
            thin(root, sc_member(root, tagged[i]), run, false, e);
    }
    thin(root, tell ? sc_member(tell, "notes") : NULL, run, false, e);
    const struct sc_node *set = sc_member(chosen, "set");
    (void)sc_remove(root, list);
    for (const struct sc_node *s = set && set->kind == SC_MAP ? set->child : NULL; s && !e->n; s = s->next)
        (void)sc_override(m, root, s->key, s, e);
    return e->n == 0;
}

/* --- other delays and numbers --- */

static bool put_text(struct sc_memory *m, struct sc_node *n, const char *text)
{
    n->text = sc_take_text(m, text, strlen(text));
    return n->text != NULL;
}

static bool scale_delay(struct sc_memory *m, struct sc_node *map, uint64_t millionths)
{
    struct sc_node *delay = map ? sc_member(map, "delay") : NULL;
    uint64_t ns = 0;
    char unit[8], text[40];
    if (!delay || delay->kind != SC_SCALAR || !sc_quantity(delay->text, &ns, unit) || strcmp(unit, "ns") != 0)
        return true;
    snprintf(text, sizeof text, "%lluus", (unsigned long long)(ns / 1000u * millionths / 1000000u));
    return put_text(m, delay, text);
}

static bool vary_link(struct sc_memory *m, struct sc_node *link, struct sv_rng *rng)
{
    const uint64_t factor = 800000u + sv_rng_u32(rng) % 400001u;
    bool good = scale_delay(m, link, factor);
    for (struct sc_node *c = link->child; c; c = c->next) {
        if (c->kind == SC_MAP && strncmp(c->key, "from_", 5) == 0)
            good = good && scale_delay(m, c, factor);
    }
    return good;
}

static bool vary_isns(struct sc_memory *m, struct sc_node *host, struct sv_rng *rng)
{
    struct sc_node *isn = sc_member(host, "isn");
    const uint32_t by = sv_rng_u32(rng);
    for (struct sc_node *c = isn && isn->kind == SC_LIST ? isn->child : NULL; c; c = c->next) {
        char text[16];
        if (c->kind != SC_SCALAR)
            continue;
        snprintf(text, sizeof text, "%u", (uint32_t)strtoul(c->text, NULL, 10) + by);
        if (!put_text(m, c, text))
            return false;
    }
    return true;
}

bool sc_vary(struct sc_memory *m, struct sc_node *root, uint64_t seed, struct sc_errors *e)
{
    const struct sc_node *fixed = sc_member(sc_member(root, "tell"), "fixed");
    struct sc_node *links = sc_member(root, "links"), *hosts = sc_member(root, "hosts");
    struct sv_rng rng;
    bool good = true;
    sv_rng_seed(&rng, seed, 0, 0x7e11u);
    for (struct sc_node *l = links && links->kind == SC_LIST ? links->child : NULL; l; l = l->next) {
        if (l->kind == SC_MAP && !sc_member(fixed, "delay"))
            good = good && vary_link(m, l, &rng);
    }
    for (struct sc_node *h = hosts && hosts->kind == SC_MAP ? hosts->child : NULL; h; h = h->next) {
        if (seed % 2u && !sc_member(fixed, "isn"))
            good = good && vary_isns(m, h, &rng);
    }
    if (!good)
        sc_error_at(e, 1, 1, "no memory");
    return good;
}
