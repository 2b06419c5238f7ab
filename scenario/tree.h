/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario file as a tree of maps, lists and scalars, each with the place where it stands, and what is wrong with it
 * as sentences with places. YAML's other gifts (anchors, tags, several documents) are refused: a scenario says what it
 * says once. */
#ifndef SC_TREE_H
#define SC_TREE_H

#include "seven/base.h"

enum sc_kind { SC_SCALAR, SC_LIST, SC_MAP };

struct sc_node {
    enum sc_kind kind;
    bool quoted;
    uint32_t line, column;         /* of the value, from 1; 0: an override on the command line */
    uint32_t key_line, key_column; /* of its key, in a map */
    const char *key;               /* NULL in a list */
    const char *text;              /* of a scalar */
    struct sc_node *child, *next;
};

/* Memory that goes all at once. */
struct sc_memory {
    struct sc_chunk *chunk;
    uint64_t taken, ceiling; /* bytes; beyond the ceiling nothing is given */
};
void *sc_take(struct sc_memory *m, size_t bytes); /* zeroed; NULL */
char *sc_take_text(struct sc_memory *m, const char *text, size_t n);
void sc_memory_free(struct sc_memory *m);

#define SC_ERRORS 16u
#define SC_ERROR_TEXT 320u

/* Nothing stops at the first error: people mend several at a time. */
struct sc_errors {
    const char *file;
    uint32_t n, more; /* `more`: found beyond those kept */
    struct {
        uint32_t line, column;
        char text[SC_ERROR_TEXT];
    } error[SC_ERRORS];
};
void sc_error_at(struct sc_errors *e, uint32_t line, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* At the value; at the key. */
#define sc_error(e, node, ...) sc_error_at((e), (node)->line, (node)->column, __VA_ARGS__)
#define sc_error_key(e, node, ...) sc_error_at((e), (node)->key_line, (node)->key_column, __VA_ARGS__)

/* Reads a whole file (bytes of it) with libyaml. NULL: e says why. */
struct sc_node *sc_yaml_read(struct sc_memory *m, const char *bytes, size_t n, struct sc_errors *e);
/* Items with `for:` become as many as they stand for (expand.c). False: e says why. */
bool sc_expand(struct sc_memory *m, struct sc_node *root, struct sc_errors *e);
bool sc_yaml_present(void); /* false: built without libyaml */

struct sc_node *sc_member(const struct sc_node *map, const char *key); /* NULL */
struct sc_node *sc_node_new(struct sc_memory *m, enum sc_kind kind, const char *key, const char *text);
struct sc_node *sc_copy(struct sc_memory *m, const struct sc_node *from);
void sc_append(struct sc_node *parent, struct sc_node *child);
bool sc_remove(struct sc_node *parent, const struct sc_node *child);
uint32_t sc_children(const struct sc_node *parent);
struct sc_node *sc_child(const struct sc_node *parent, uint32_t i);

/* Puts a value where a path leads (docs/SCENARIOS.md, overrides). False: e says why. */
bool sc_override(struct sc_memory *m, struct sc_node *root, const char *path, const struct sc_node *value,
                 struct sc_errors *e);
/* The same from "PATH=VALUE". */
bool sc_override_text(struct sc_memory *m, struct sc_node *root, const char *assignment, struct sc_errors *e);

/* Writes it as YAML that reads back the same. */
void sc_yaml_write(const struct sc_node *root, void (*put)(void *ctx, const char *text, size_t n), void *ctx);

/* The entry of a NULL-terminated list that was probably meant; NULL: none is near. */
const char *sc_near(const char *word, const char *const *list);
/* " (did you mean \"rate\"?)", or an empty text; in `to`. */
const char *sc_hint(const char *word, const char *const *list, char *to, size_t room);

#endif
