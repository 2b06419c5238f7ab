/* SPDX-License-Identifier: BSD-2-Clause */
/* The file as a whole: which keys there are, names, limits. Each part is read by the file of its name. */
#include "scenario/model.h"

#include <stdio.h>
#include <string.h>

const char *const sc_file_keys[] = {"schema",  "name",   "title",   "claim",    "see",   "watch",    "seed",   "until",
                                    "settle",  "hosts",  "routers", "switches", "links", "timeline", "faults", "expect",
                                    "mutants", "limits", "try",     "tell",     "runs",  NULL};

bool sc_keys(struct sc_reader *r, const struct sc_node *map, const char *const *keys, const char *what)
{
    bool good = true;
    if (map->kind != SC_MAP) {
        sc_error(r->e, map, "%s is written as keys with values", what);
        return false;
    }
    for (const struct sc_node *c = map->child; c; c = c->next) {
        bool known = false;
        for (const char *const *k = keys; *k; k++)
            known = known || strcmp(*k, c->key) == 0;
        if (known)
            continue;
        char hint[64];
        sc_error_key(r->e, c, "%s has no key \"%s\"%s", what, c->key, sc_hint(c->key, keys, hint, sizeof hint));
        good = false;
    }
    return good;
}

bool sc_name_ok(const char *name)
{
    static const char *const words[] = {"y",     "n",    "yes", "no",  "on",   "off", "true",
                                        "false", "null", "all", "any", "both", NULL};
    if (name[0] < 'a' || name[0] > 'z' || strlen(name) > 32)
        return false;
    for (const char *const *w = words; *w; w++) {
        if (strcmp(*w, name) == 0)
            return false;
    }
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name);
}

/* --- names --- */

static const char *all_names[SC_LINKS + 1];

static const char *const *host_names(const struct sc_model *model)
{
    for (uint32_t i = 0; i < model->hosts; i++)
        all_names[i] = model->host[i].name;
    all_names[model->hosts] = NULL;
    return all_names;
}

uint32_t sc_need_host(struct sc_reader *r, const struct sc_node *at, const char *name)
{
    char hint[64];
    const uint32_t host = sc_host_named(r->model, name);
    if (host == SV_NONE)
        sc_error(r->e, at, "there is no host \"%s\"%s", name, sc_hint(name, host_names(r->model), hint, sizeof hint));
    return host;
}

uint32_t sc_need_link(struct sc_reader *r, const struct sc_node *at, const char *name)
{
    char hint[64];
    const uint32_t link = sc_link_named(r->model, name);
    if (link != SV_NONE)
        return link;
    for (uint32_t i = 0; i < r->model->links; i++)
        all_names[i] = r->model->link[i].name;
    all_names[r->model->links] = NULL;
    sc_error(r->e, at, "there is no link \"%s\"%s", name, sc_hint(name, all_names, hint, sizeof hint));
    return SV_NONE;
}

uint32_t sc_need_attempt(struct sc_reader *r, const struct sc_node *at, const char *name)
{
    char hint[64];
    const uint32_t attempt = sc_attempt_named(r->model, name);
    if (attempt != SV_NONE)
        return attempt;
    for (uint32_t i = 0; i < r->model->attempts && i < SC_LINKS; i++)
        all_names[i] = r->model->attempt[i].name;
    all_names[r->model->attempts < SC_LINKS ? r->model->attempts : SC_LINKS] = NULL;
    sc_error(r->e, at, "no connect is called \"%s\" (\"as: %s\" in the timeline)%s", name, name,
             sc_hint(name, all_names, hint, sizeof hint));
    return SV_NONE;
}

/* --- the whole --- */

static void need(struct sc_reader *r, const struct sc_node *root, const char *key, const char *example)
{
    if (!sc_member(root, key))
        sc_error_at(r->e, root->line ? root->line : 1, 1, "\"%s\" is missing: %s", key, example);
}

static void limits(struct sc_reader *r, const struct sc_node *map)
{
    static const char *const keys[] = {"events", "memory", "connections", "packets", NULL};
    struct sc_limits *l = &r->model->limits;
    uint64_t value;
    *l = (struct sc_limits){.events = 10000000, .memory = 1ull << 30};
    if (!map || !sc_keys(r, map, keys, "limits"))
        return;
    const struct sc_node *n;
    if ((n = sc_member(map, "events")) && sc_count(r, n, 1, 100000000000u, &value))
        l->events = value;
    if ((n = sc_member(map, "memory")) && sc_size(r, n, &value))
        l->memory = value;
    if ((n = sc_member(map, "connections")) && sc_count(r, n, 1, 1000000, &value))
        l->connections = (uint32_t)value;
    if ((n = sc_member(map, "packets")) && sc_count(r, n, 64, 4000000, &value))
        l->packets = (uint32_t)value;
}

/* Words for people: in one language, or in each of the two. */
static void words(struct sc_reader *r, const struct sc_node *root)
{
    static const char *const which[] = {"title", "claim", "watch", "try"}, *const tongues[] = {"en", "zh", NULL};
    for (size_t i = 0; i < sizeof which / sizeof which[0]; i++) {
        const struct sc_node *n = sc_member(root, which[i]);
        if (!n || n->kind == SC_SCALAR)
            continue;
        if (n->kind != SC_MAP)
            sc_error(r->e, n, "words are a text, or {en: \"...\", zh: \"...\"}");
        else if (sc_keys(r, n, tongues, which[i]))
            for (const struct sc_node *c = n->child; c; c = c->next)
                if (c->kind != SC_SCALAR)
                    sc_error(r->e, c, "words are a text, or {en: \"...\", zh: \"...\"}");
    }
}

static void head(struct sc_reader *r, const struct sc_node *root)
{
    struct sc_model *m = r->model;
    const struct sc_node *n = root->child;
    if (!n || strcmp(n->key, "schema") != 0)
        sc_error_at(r->e, root->line ? root->line : 1, 1, "a scenario begins with \"schema: 1\"");
    else if (n->kind != SC_SCALAR || strcmp(n->text, "1") != 0)
        sc_error(r->e, n, "this seven reads schema 1");
    m->name = "scenario";
    if ((n = sc_member(root, "name"))) {
        if (n->kind == SC_SCALAR && sc_name_ok(n->text))
            m->name = n->text;
        else
            sc_error(r->e, n, "a name is a word of a-z, 0-9, - and _, beginning with a letter");
    }
    words(r, root);
    need(r, root, "seed", "seed: 1");
    need(r, root, "until", "until: 10s");
    need(r, root, "hosts", "hosts: {a: {addr: 10.0.0.1/24}}");
    need(r, root, "links", "links: [{name: ab, ends: [a, b], delay: 10ms}]");
    need(r, root, "timeline", "timeline: [{at: 0s, host: a, connect: \"b:80\", as: c}]");
    need(r, root, "expect", "expect: [{id: whole, streams: whole}]");
    if ((n = sc_member(root, "seed")))
        (void)sc_count(r, n, 0, UINT64_MAX / 4u, &m->seed);
    if ((n = sc_member(root, "until")))
        (void)sc_time(r, n, &m->until);
    if ((n = sc_member(root, "settle")))
        (void)sc_time(r, n, &m->settle);
}

static void *array(struct sc_reader *r, const struct sc_node *list, uint32_t most, size_t each, const char *what)
{
    const uint32_t n = sc_children(list);
    if (n > most)
        sc_error(r->e, list, "%u %s: %u at most", n, what, most);
    return sc_take(r->m, (n + 1u) * each);
}

/* Hosts, routers and switches; they and the links are the world's nodes. */
static uint32_t nodes_of(struct sc_reader *r, const struct sc_node *root)
{
    static const char *const parts[] = {"hosts", "routers", "switches"};
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const struct sc_node *map = sc_member(root, parts[i]);
        n += sc_children(map);
        if (map && n > SC_HOSTS) {
            sc_error(r->e, map, "%u hosts, routers and switches: %u at most", n, SC_HOSTS);
            return 0;
        }
    }
    return n;
}

struct sc_model *sc_model_read(struct sc_memory *m, const struct sc_node *root, struct sc_errors *e)
{
    struct sc_model *model = sc_take(m, sizeof *model);
    struct sc_reader r = {model, m, e};
    if (!model || !sc_keys(&r, root, sc_file_keys, "a scenario"))
        return NULL;
    const struct sc_node *steps = sc_member(root, "timeline"), *faults = sc_member(root, "faults");
    const struct sc_node *expect = sc_member(root, "expect"), *mutants = sc_member(root, "mutants");
    model->root = root;
    model->memory = m;
    const uint32_t of_steps = sc_children(steps), of_expect = sc_children(expect), nodes = nodes_of(&r, root);
    model->host = sc_take(m, (nodes + 1u) * sizeof *model->host);
    model->link = array(&r, sc_member(root, "links"), SC_LINKS, sizeof *model->link, "links");
    model->step = array(&r, steps, 100000, sizeof *model->step, "steps of the timeline");
    model->attempt = sc_take(m, (of_steps + 1u) * sizeof *model->attempt);
    model->ping = sc_take(m, (of_steps + 1u) * sizeof *model->ping);
    const struct sc_node *hosts = sc_member(root, "hosts");
    uint32_t services = of_steps + 1u;
    for (const struct sc_node *h = hosts ? hosts->child : NULL; h; h = h->next)
        services += sc_children(sc_member(h, "serve"));
    model->socket = sc_take(m, services * sizeof *model->socket);
    const bool named = sc_names_open(model, nodes + sc_children(sc_member(root, "links")) + of_steps + services);
    model->fault = array(&r, faults, 1000, sizeof *model->fault, "faults");
    model->expect = array(&r, expect, 1000, sizeof *model->expect, "expectations");
    model->mutant = array(&r, mutants, 100, sizeof *model->mutant, "mutants");
    model->fact =
        sc_take(m, (of_steps + (1u + SC_LINKS_OF_CHAIN) * of_expect + sc_tell_notes(root) + 2u) * sizeof *model->fact);
    if (!named || !model->host || !model->link || !model->step || !model->attempt || !model->ping || !model->socket ||
        !model->fault || !model->expect || !model->mutant || !model->fact) {
        sc_error_at(e, 1, 1, "the file is too large");
        return NULL;
    }
    if (sc_member(sc_member(root, "tell"), "needs"))
        sc_error_key(e, sc_member(sc_member(root, "tell"), "needs"),
                     "this experiment waits for what is not built yet: it is listed, not run");
    if (sc_member(root, "runs"))
        sc_error_key(e, sc_member(root, "runs"), "which of the runs?");
    if (e->n)
        return NULL;
    head(&r, root);
    limits(&r, sc_member(root, "limits"));
    sc_read_hosts(&r, root);
    sc_read_links(&r, root);
    if (!e->n)
        sc_read_sense(&r, root);
    sc_read_timeline(&r, steps);
    sc_read_faults(&r, faults);
    sc_read_expect(&r, expect);
    sc_read_mutants(&r, mutants);
    for (uint32_t i = 0; i < model->hosts && mutants && mutants->child; i++) {
        if (model->host[i].kind == SC_OUTSIDE)
            sc_error(e, mutants, "\"%s\" is outside: such a world runs once, and has no mutants", model->host[i].name);
    }
    model->tell = sc_tell_read(&r, root);
    return e->n ? NULL : model;
}
