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

/* What YAML would take for the end of a line, or may not stand in a file, has an escape of its own. */
static size_t escape(struct writer *w, const char *p)
{
    static const struct {
        const char *bytes, *escape;
    } breaks[] = {{"\n", "\\n"},           {"\xc2\x85", "\\N"}, {"\xe2\x80\xa8", "\\L"},
                  {"\xe2\x80\xa9", "\\P"}, {"\"", "\\\""},      {"\\", "\\\\"}};
    char code[8];
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        const size_t n = strlen(breaks[i].bytes);
        if (strncmp(p, breaks[i].bytes, n) == 0) {
            text(w, breaks[i].escape);
            return n;
        }
    }
    if ((unsigned char)*p < 0x20 || *p == 0x7f) {
        (void)snprintf(code, sizeof code, "\\x%02x", (unsigned)*p);
        text(w, code);
    } else {
        w->put(w->ctx, p, 1);
    }
    return 1;
}

/* Plain where that reads back as it is. */
static void words(struct writer *w, const char *s, bool quoted)
{
    static const char *const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+%-";
    if (s[0] && !quoted && strspn(s, safe) == strlen(s) && s[0] != '-' && s[0] != '%') {
        text(w, s);
        return;
    }
    text(w, "\"");
    while (*s)
        s += escape(w, s);
    text(w, "\"");
}

static void key(struct writer *w, const struct sc_node *n)
{
    if (!n->key)
        return;
    words(w, n->key, false);
    text(w, ": ");
}

static void flow(struct writer *w, const struct sc_node *n)
{
    if (n->kind == SC_SCALAR) {
        words(w, n->text, n->quoted);
        return;
    }
    text(w, n->kind == SC_MAP ? "{" : "[");
    for (const struct sc_node *c = n->child; c; c = c->next) {
        key(w, c);
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
        key(w, c);
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
