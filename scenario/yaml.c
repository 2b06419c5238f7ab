/* SPDX-License-Identifier: BSD-2-Clause */
/* libyaml's events become a tree. What YAML has and scenarios do not is refused where it stands. */
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "scenario/tree.h"

#define DEPTH 32u

struct reader {
    yaml_parser_t parser;
    struct sc_memory *m;
    struct sc_errors *e;
    const char *bytes;
    size_t n;
};

bool sc_yaml_present(void)
{
    return true;
}

static bool refuse(struct reader *r, const yaml_mark_t *at, const char *what)
{
    sc_error_at(r->e, (uint32_t)at->line + 1u, (uint32_t)at->column + 1u, "%s", what);
    return false;
}

/* Line and column of a byte. */
static void place_of(const struct reader *r, size_t offset, uint32_t *line, uint32_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < offset && i < r->n; i++) {
        *column = r->bytes[i] == '\n' ? 1 : *column + 1u;
        *line += r->bytes[i] == '\n';
    }
}

/* Is a tab what nothing can begin with there? */
static bool tab_at(const struct reader *r, const yaml_mark_t *at)
{
    return r->parser.error == YAML_SCANNER_ERROR && at->index < r->n && r->bytes[at->index] == '\t';
}

/* The next event; false: the file is not YAML. */
static bool next(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return true;
    const yaml_mark_t *at =
        r->parser.problem_mark.line || r->parser.problem_mark.column ? &r->parser.problem_mark : &r->parser.mark;
    uint32_t line = (uint32_t)at->line + 1u, column = (uint32_t)at->column + 1u;
    char begun[48] = "";
    if (r->parser.error == YAML_READER_ERROR) { /* its marks say nothing, only how many bytes are before it */
        place_of(r, r->parser.problem_offset, &line, &column);
        sc_error_at(r->e, line, column, "not YAML: no text in UTF-8 (%s)", r->parser.problem);
        return false;
    }
    if (tab_at(r, at)) {
        sc_error_at(r->e, line, column, "a tab: YAML is indented with spaces");
        return false;
    }
    if (r->parser.context && (r->parser.context_mark.line != at->line || r->parser.context_mark.column != at->column))
        snprintf(begun, sizeof begun, ", which begins at %u:%u", (uint32_t)r->parser.context_mark.line + 1u,
                 (uint32_t)r->parser.context_mark.column + 1u);
    sc_error_at(r->e, line, column, "not YAML: %s%s%s%s", r->parser.problem ? r->parser.problem : "unreadable",
                r->parser.context ? " " : "", r->parser.context ? r->parser.context : "", begun);
    return false;
}

static bool plain(struct reader *r, const yaml_event_t *event, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        return refuse(r, &event->start_mark, "anchors are refused: write the value out");
    if (tag)
        return refuse(r, &event->start_mark, "tags are refused: what a value is follows from its key");
    return true;
}

static bool value(struct reader *r, yaml_event_t *event, uint32_t depth, struct sc_node **to);

static bool members(struct reader *r, struct sc_node *map, uint32_t depth)
{
    struct sc_node **end = &map->child;
    for (;;) {
        yaml_event_t key, event;
        if (!next(r, &key))
            return false;
        const yaml_mark_t at = key.start_mark;
        if (key.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&key);
            return true;
        }
        bool good = key.type == YAML_SCALAR_EVENT || refuse(r, &at, "a key is one word");
        good = good && plain(r, &key, key.data.scalar.anchor, key.data.scalar.tag);
        const char *name =
            good ? sc_take_text(r->m, (const char *)key.data.scalar.value, key.data.scalar.length) : NULL;
        yaml_event_delete(&key);
        if (good && name && sc_member(map, name)) {
            sc_error_at(r->e, (uint32_t)at.line + 1u, (uint32_t)at.column + 1u,
                        "\"%s\" stands here already (line %u): a key is said once", name,
                        sc_member(map, name)->key_line);
            good = false;
        }
        if (!good || !name || !next(r, &event))
            return false;
        struct sc_node *child = NULL;
        good = value(r, &event, depth, &child);
        yaml_event_delete(&event);
        if (!good)
            return false;
        child->key = name;
        child->key_line = (uint32_t)at.line + 1u;
        child->key_column = (uint32_t)at.column + 1u;
        *end = child;
        end = &child->next;
    }
}

static bool items(struct reader *r, struct sc_node *list, uint32_t depth)
{
    struct sc_node **end = &list->child;
    for (;;) {
        yaml_event_t event;
        if (!next(r, &event))
            return false;
        const bool over = event.type == YAML_SEQUENCE_END_EVENT;
        const bool good = over || value(r, &event, depth, end);
        yaml_event_delete(&event);
        if (over || !good)
            return good;
        end = &(*end)->next;
    }
}

static bool value(struct reader *r, yaml_event_t *event, uint32_t depth, struct sc_node **to)
{
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(r, &event->start_mark, "aliases are refused: write the value out");
    if (depth == DEPTH)
        return refuse(r, &event->start_mark, "nested too deeply (32 levels at most)");
    struct sc_node *n = sc_take(r->m, sizeof *n);
    if (!n)
        return refuse(r, &event->start_mark, "the file is too large");
    n->line = (uint32_t)event->start_mark.line + 1u;
    n->column = (uint32_t)event->start_mark.column + 1u;
    *to = n;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        n->kind = SC_SCALAR;
        n->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        n->text = sc_take_text(r->m, (const char *)event->data.scalar.value, event->data.scalar.length);
        if (n->text && strlen(n->text) != event->data.scalar.length)
            return refuse(r, &event->start_mark, "a zero byte in a text");
        return plain(r, event, event->data.scalar.anchor, event->data.scalar.tag) && n->text;
    case YAML_SEQUENCE_START_EVENT:
        n->kind = SC_LIST;
        return plain(r, event, event->data.sequence_start.anchor, event->data.sequence_start.tag) &&
               items(r, n, depth + 1u);
    case YAML_MAPPING_START_EVENT:
        n->kind = SC_MAP;
        return plain(r, event, event->data.mapping_start.anchor, event->data.mapping_start.tag) &&
               members(r, n, depth + 1u);
    default:
        return refuse(r, &event->start_mark, "a value was expected here");
    }
}

/* One document, with nothing after it. */
static struct sc_node *document(struct reader *r)
{
    struct sc_node *root = NULL;
    for (;;) {
        yaml_event_t event;
        if (!next(r, &event))
            return NULL;
        bool good = true;
        const bool over = event.type == YAML_STREAM_END_EVENT;
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_STREAM_END_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;
        case YAML_DOCUMENT_START_EVENT:
            if (root)
                good = refuse(r, &event.start_mark, "one document a file: a second begins here");
            break;
        default:
            good = value(r, &event, 0, &root);
            break;
        }
        yaml_event_delete(&event);
        if (!good)
            return NULL;
        if (over)
            break;
    }
    if (!root)
        sc_error_at(r->e, 1, 1, "the file is empty: a scenario begins with \"schema: 1\"");
    return root;
}

struct sc_node *sc_yaml_read(struct sc_memory *m, const char *bytes, size_t n, struct sc_errors *e)
{
    struct reader r = {.m = m, .e = e, .bytes = bytes, .n = n};
    if (!yaml_parser_initialize(&r.parser)) {
        sc_error_at(e, 1, 1, "no memory to read it");
        return NULL;
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, n);
    struct sc_node *root = document(&r);
    yaml_parser_delete(&r.parser);
    return e->n || !sc_expand(m, root, e) ? NULL : root;
}
