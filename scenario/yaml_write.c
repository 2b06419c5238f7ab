/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree as YAML again: what --shrink leaves. */
#include <stdio.h>
#include <string.h>

#include "scenario/tree.h"

struct writer {
    void (*put)(void *ctx, const char *text, size_t n);
    void *ctx;
};

static void text(struct writer *w, const char *s)
{
    w->put(w->ctx, s, strlen(s));
}

static void indent(struct writer *w, uint32_t depth)
{
    while (depth--)
        text(w, "  ");
}

/* Plain where that reads back as it is. */
static void scalar(struct writer *w, const struct sc_node *n)
{
    static const char *const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+%-";
    if (n->text[0] && !n->quoted && strspn(n->text, safe) == strlen(n->text) && n->text[0] != '-' &&
        n->text[0] != '%') {
        text(w, n->text);
        return;
    }
    text(w, "\"");
    for (const char *p = n->text; *p; p++) {
        if (*p == '"' || *p == '\\')
            text(w, "\\");
        if (*p == '\n')
            text(w, "\\n");
        else
            w->put(w->ctx, p, 1);
    }
    text(w, "\"");
}

static void flow(struct writer *w, const struct sc_node *n)
{
    if (n->kind == SC_SCALAR) {
        scalar(w, n);
        return;
    }
    text(w, n->kind == SC_MAP ? "{" : "[");
    for (const struct sc_node *c = n->child; c; c = c->next) {
        if (c->key) {
            text(w, c->key);
            text(w, ": ");
        }
        flow(w, c);
        if (c->next)
            text(w, ", ");
    }
    text(w, n->kind == SC_MAP ? "}" : "]");
}

/* Maps of maps and lists of maps stand one a line; the rest in braces. */
static void block(struct writer *w, const struct sc_node *n, uint32_t depth)
{
    for (const struct sc_node *c = n->child; c; c = c->next) {
        const bool nested = c->kind != SC_SCALAR && c->child && c->child->kind != SC_SCALAR;
        indent(w, depth);
        if (n->kind == SC_LIST)
            text(w, "- ");
        if (c->key) {
            text(w, c->key);
            text(w, ": ");
        }
        if (nested && n->kind == SC_MAP && depth == 0) {
            text(w, "\n");
            block(w, c, depth + 1u);
        } else {
            flow(w, c);
            text(w, "\n");
        }
    }
}

void sc_yaml_write(const struct sc_node *root, void (*put)(void *ctx, const char *text, size_t n), void *ctx)
{
    struct writer w = {put, ctx};
    block(&w, root, 0);
}
