/* SPDX-License-Identifier: BSD-2-Clause */
/* An experiment as it is run: one of its runs, the file's own world or another seed's, as it is or broken by one of its
 * mutants; and its words put beside the rows of what happened. */
#ifndef SC_EXPERIMENT_H
#define SC_EXPERIMENT_H

#include "scenario/report.h"
#include "scenario/rows.h"

struct sc_experiment_want {
    uint32_t run; /* which of its runs */
    bool seeded;  /* `seed` counts; other than the file's, delays and numbers vary with it */
    uint64_t seed;
    const char *mutant;                   /* NULL: none */
    const char *const *set, *const *drop; /* overrides "PATH=VALUE", selectors of packets to drop */
    uint32_t sets, drops;
};

#define SC_EXPERIMENT_MUTANTS 32u
#define SC_EXPERIMENT_RUNS 64u

struct sc_experiment {
    struct sc_memory memory;
    struct sc_node *root;
    struct sc_model *model;
    struct sc_tell *tell; /* NULL: a scenario without words */
    const struct sc_mutant *mutant;
    uint32_t runs, mutants; /* mutants: of all runs */
    const char *mutant_name[SC_EXPERIMENT_MUTANTS];
    const char *run; /* NULL: it has one alone, without a name */
    struct sc_words run_title;
    uint64_t seed;
};

/* `bytes` is the whole file. False: e says why. Close it in either case. */
bool sc_experiment_open(struct sc_experiment *x, const char *bytes, size_t n, const struct sc_experiment_want *want,
                        struct sc_errors *e);
void sc_experiment_close(struct sc_experiment *x);

/* The same in two steps, for whoever wants to watch: the world before its first turn; run to its end and judged. */
struct sc_run *sc_experiment_begin(const struct sc_experiment *x, struct sc_rows *rows, char *why, size_t room);
void sc_experiment_finish(const struct sc_experiment *x, struct sc_run *run, struct sc_result *result);

/* Runs it to its end. With `rows` (may be NULL) what happened is gathered there. NULL: the world could not be built,
 * `why` says why; else the run, judged, for sc_run_close(). */
struct sc_run *sc_experiment_run(const struct sc_experiment *x, struct sc_rows *rows, struct sc_result *result,
                                 char *why, size_t room);

/* Puts the notes of that language, and the mark of the decisive expectation, beside the rows. False: `why` names a note
 * that has no row. */
bool sc_experiment_notes(const struct sc_experiment *x, const struct sc_run *run, struct sc_rows *rows, uint32_t lang,
                         char *why, size_t room);

/* The text of a note with its numbers, and the row where it stands: 0: beside the first, or the last (note->where).
 * False: it has no row. */
bool sc_experiment_note(const struct sc_experiment *x, const struct sc_run *run, const struct sc_rows *rows,
                        uint32_t note, uint32_t lang, uint32_t *row, bool *arrival, char *text, size_t room);

/* The mark alone: what the notes say need not be true of a world that was changed. */
void sc_experiment_mark(const struct sc_experiment *x, const struct sc_run *run, struct sc_rows *rows);

/* The sentence of an expectation with its numbers; empty: it has none. */
void sc_experiment_say(const struct sc_experiment *x, const struct sc_run *run, uint32_t expectation, uint32_t lang,
                       char *to, size_t room);

/* What `try` names: the command, and what stands before it ("" if nothing). */
void sc_experiment_try(const struct sc_tell *tell, uint32_t lang, char *before, size_t before_room, char *command,
                       size_t command_room);

#endif
