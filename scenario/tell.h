/* SPDX-License-Identifier: BSD-2-Clause */
/* What an experiment says to the person who looks: the words beside a scenario (docs/EXPERIMENTS.md), its runs, and the
 * same world with other delays and numbers. */
#ifndef SC_TELL_H
#define SC_TELL_H

#include "scenario/tree.h"

struct sc_model;
struct sc_reader;

enum sc_lang { SC_EN, SC_ZH, SC_LANGS };

/* The same in both languages. */
struct sc_words {
    const char *text[SC_LANGS]; /* NULL: not said */
};

enum sc_group {
    SC_GROUP_LAYERS,
    SC_GROUP_UDP,
    SC_GROUP_HEADER,
    SC_GROUP_OPENING,
    SC_GROUP_CLOSING,
    SC_GROUP_STREAM,
    SC_GROUPS
};
extern const char *const sc_group_names[]; /* NULL-terminated */

/* Where a note stands. */
enum sc_note_at {
    SC_NOTE_FACT,  /* the row where the fact happened first */
    SC_NOTE_TIMER, /* the n-th row of a timer of the host */
    SC_NOTE_CALL,
    SC_NOTE_START,
    SC_NOTE_END,
};
struct sc_note {
    const struct sc_node *at_node;
    uint32_t where; /* enum sc_note_at */
    uint32_t fact, host, n;
    struct sc_words words;
};

#define SC_COVERS 32u
#define SC_HIGHLIGHTS 16u
#define SC_SEE 16u
struct sc_tell {
    uint32_t order, group; /* enum sc_group */
    uint32_t covers, highlights, sees, notes;
    const char *cover[SC_COVERS], *highlight[SC_HIGHLIGHTS], *see[SC_SEE];
    struct sc_words title, claim, watch, attempt, verdict, needs; /* attempt: `try` */
    struct sc_note *note;
    uint32_t column[2];                  /* hosts; SV_NONE: who sends first, and to whom */
    uint64_t window[2];                  /* ns; the second UINT64_MAX: all */
    bool smaller;                        /* than told, with other seeds */
    const char *fixed_delay, *fixed_isn; /* why; NULL: they vary with the seed */
};

/* A map {en, zh}; both must be there. */
bool sc_words_read(struct sc_reader *r, const struct sc_node *n, struct sc_words *w);
/* Everything that is said of the file. NULL: it has no `tell`, or e says what is wrong. */
struct sc_tell *sc_tell_read(struct sc_reader *r, const struct sc_node *root);
/* The same of a file that need not have a world: for lists. */
struct sc_tell *sc_tell_of_tree(struct sc_memory *m, const struct sc_node *root, struct sc_errors *e);
uint32_t sc_tell_notes(const struct sc_node *root); /* how many facts they may need */

/* Words with their numbers put in: {a.isn+1}, {t} (a time in ns; UINT64_MAX: there is none), {value}. False: one is not
 * understood; `to` has the text up to there. */
bool sc_fill(const struct sc_model *model, const char *text, uint64_t t_ns, const char *value, char *to, size_t room);
/* "a.isn+1", "b.isn2". False: no such host or number. */
bool sc_isn_number(const struct sc_model *model, const char *text, uint32_t *number);

/* --- on the tree, before the model is read --- */

uint32_t sc_runs(const struct sc_node *root);                      /* 1 for a file without `runs` */
const char *sc_run_name(const struct sc_node *root, uint32_t run); /* NULL: it has no name */
/* Leaves what belongs to this run, with its `set` put in. False: e says why. */
bool sc_run_choose(struct sc_memory *m, struct sc_node *root, uint32_t run, struct sc_errors *e);
/* The run in which this mutant is tried. */
uint32_t sc_mutant_run(const struct sc_node *root, const char *mutant);
/* Other delays and numbers, drawn from the seed. */
bool sc_vary(struct sc_memory *m, struct sc_node *root, uint64_t seed, struct sc_errors *e);

#endif
