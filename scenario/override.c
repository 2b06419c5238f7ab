/* SPDX-License-Identifier: BSD-2-Clause */
/* Overrides: a path of names leads to a value, "links.ab.delay", "a.retransmit", "all.sack", "switches.rstp". The
 * own checks of the grammar judge what stands there afterwards: an override says nothing that a file could not. */
#include <stdio.h>
#include <string.h>

#include "scenario/model.h"
#include "scenario/tree.h"

#define PART 64u

struct path {
    const char *whole;
    uint32_t n;
    char part[8][PART];
};

static bool split(const char *text, const struct sc_node *value, struct path *p, struct sc_errors *e)
{
    p->whole = text;
    p->n = 0;
    while (*text) {
        const size_t n = strcspn(text, ".");
        if (n == 0 || n >= PART || p->n == 8) {
            sc_error_at(e, value->line, value->column, "\"%s\" is no path: names with dots between, as links.ab.delay",
                        p->whole);
            return false;
        }
        memcpy(p->part[p->n], text, n);
        p->part[p->n++][n] = 0;
        text += n + (text[n] == '.');
    }
    return p->n != 0;
}

static struct sc_node *find(const struct sc_node *parent, const char *name)
{
    if (parent->kind == SC_MAP)
        return sc_member(parent, name);
    for (struct sc_node *c = parent->kind == SC_LIST ? parent->child : NULL; c; c = c->next) {
        const struct sc_node *id = sc_member(c, "name") ? sc_member(c, "name") : sc_member(c, "id");
        id = id ? id : sc_member(c, "as"); /* of a step */
        if (id && id->kind == SC_SCALAR && strcmp(id->text, name) == 0)
            return c;
    }
    return NULL;
}

static bool put(struct sc_memory *m, struct sc_node *parent, const struct path *p, uint32_t from,
                const struct sc_node *value, struct sc_errors *e)
{
    for (; from + 1u < p->n; from++) {
        struct sc_node *next = find(parent, p->part[from]);
        if (!next && parent->kind == SC_MAP) {
            next = sc_node_new(m, SC_MAP, p->part[from], NULL);
            if (next)
                sc_append(parent, next);
        }
        if (!next || next->kind == SC_SCALAR) {
            sc_error_at(e, value->line, value->column, "override \"%s\": there is no \"%s\"", p->whole, p->part[from]);
            return false;
        }
        parent = next;
    }
    struct sc_node *fresh = sc_copy(m, value), *old = find(parent, p->part[from]);
    if (!fresh || parent->kind != SC_MAP) {
        sc_error_at(e, value->line, value->column, "override \"%s\": nothing can be put there", p->whole);
        return false;
    }
    fresh->key = sc_take_text(m, p->part[from], strlen(p->part[from]));
    if (old) {
        fresh->next = old->next;
        *old = *fresh;
    } else {
        sc_append(parent, fresh);
    }
    return true;
}

static bool is_listed(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (strcmp(*list, word) == 0)
            return true;
    }
    return false;
}

/* What is said of a host goes to its own keys, or to `set`. */
static bool put_host(struct sc_memory *m, struct sc_node *host, const struct path *p, const struct sc_node *value,
                     struct sc_errors *e)
{
    if (p->n < 2 || is_listed(p->part[1], sc_host_keys))
        return put(m, host, p, 1, value, e);
    struct sc_node *set = sc_member(host, "set");
    if (!set) {
        set = sc_node_new(m, SC_MAP, "set", NULL);
        if (!set)
            return false;
        sc_append(host, set);
    }
    return put(m, set, p, 1, value, e);
}

bool sc_override(struct sc_memory *m, struct sc_node *root, const char *path, const struct sc_node *value,
                 struct sc_errors *e)
{
    struct path p;
    if (!split(path, value, &p, e))
        return false;
    struct sc_node *hosts = sc_member(root, "hosts"), *switches = sc_member(root, "switches");
    const bool every_host = strcmp(p.part[0], "all") == 0;
    if (p.n == 2 && switches && strcmp(p.part[0], "switches") == 0 && !sc_member(switches, p.part[1])) {
        for (struct sc_node *s = switches->child; s; s = s->next) {
            if (!put(m, s, &p, 1, value, e))
                return false;
        }
        return true;
    }
    if (hosts && (every_host || sc_member(hosts, p.part[0]))) {
        for (struct sc_node *h = hosts->child; h; h = h->next) {
            if ((every_host || strcmp(h->key, p.part[0]) == 0) && !put_host(m, h, &p, value, e))
                return false;
        }
        return true;
    }
    if (!is_listed(p.part[0], sc_file_keys)) {
        char hint[64];
        sc_error_at(e, value->line, value->column, "override \"%s\": \"%s\" is neither a host nor a part of the file%s",
                    path, p.part[0], sc_hint(p.part[0], sc_file_keys, hint, sizeof hint));
        return false;
    }
    return put(m, root, &p, 0, value, e);
}

bool sc_override_text(struct sc_memory *m, struct sc_node *root, const char *assignment, struct sc_errors *e)
{
    char path[256];
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment || (size_t)(equals - assignment) >= sizeof path) {
        sc_error_at(e, 0, 0, "\"%s\" is no override: PATH=VALUE, as links.ab.delay=80ms", assignment);
        return false;
    }
    snprintf(path, sizeof path, "%.*s", (int)(equals - assignment), assignment);
    struct sc_errors inner = {.file = e->file};
    struct sc_node *value = sc_yaml_read(m, equals + 1, strlen(equals + 1), &inner);
    if (!value) {
        sc_error_at(e, 0, 0, "override \"%s\": %s", assignment, inner.n ? inner.error[0].text : "no value");
        return false;
    }
    value->line = value->column = 0; /* of no file */
    return sc_override(m, root, path, value, e);
}
