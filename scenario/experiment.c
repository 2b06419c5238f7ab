/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/experiment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/run.h"

static bool add_drop(struct sc_experiment *x, uint32_t i, const char *selector)
{
    struct sc_memory *m = &x->memory;
    struct sc_node *faults = sc_member(x->root, "faults");
    char id[32];
    snprintf(id, sizeof id, "dropped%u", i + 1u);
    if (!faults) {
        faults = sc_node_new(m, SC_LIST, "faults", NULL);
        if (!faults)
            return false;
        sc_append(x->root, faults);
    }
    struct sc_node *fault = sc_node_new(m, SC_MAP, NULL, NULL), *name = sc_node_new(m, SC_SCALAR, "id", id);
    struct sc_node *what = sc_node_new(m, SC_SCALAR, "drop", selector);
    if (!fault || !name || !what)
        return false;
    sc_append(fault, name);
    sc_append(fault, what);
    sc_append(faults, fault);
    return true;
}

static void take_title(struct sc_experiment *x, uint32_t run)
{
    const struct sc_node *list = sc_member(x->root, "runs");
    const struct sc_node *title = list && run < sc_children(list) ? sc_member(sc_child(list, run), "title") : NULL;
    static const char *const keys[] = {"en", "zh"};
    for (uint32_t i = 0; title && i < SC_LANGS; i++) {
        const struct sc_node *t = sc_member(title, keys[i]);
        x->run_title.text[i] = t && t->kind == SC_SCALAR ? t->text : NULL;
    }
}

static const struct sc_node *mutant_set(const struct sc_node *root, const char *name)
{
    const struct sc_node *list = sc_member(root, "mutants");
    for (const struct sc_node *c = list ? list->child : NULL; c; c = c->next) {
        const struct sc_node *n = sc_member(c, "name");
        if (n && n->kind == SC_SCALAR && strcmp(n->text, name) == 0)
            return sc_member(c, "set");
    }
    return NULL;
}

static uint64_t own_seed(const struct sc_experiment *x)
{
    const struct sc_node *seed = sc_member(x->root, "seed");
    return seed && seed->kind == SC_SCALAR ? strtoull(seed->text, NULL, 10) : 1;
}

/* What is told may be large; that it holds with other seeds is seen in a smaller world. */
static bool shrink(struct sc_experiment *x, const struct sc_experiment_want *want, struct sc_errors *e)
{
    const struct sc_node *smaller = sc_member(sc_member(x->root, "tell"), "smaller");
    if (!want->seeded || want->seed == own_seed(x))
        return true;
    for (const struct sc_node *s = smaller && smaller->kind == SC_MAP ? smaller->child : NULL; s && !e->n; s = s->next)
        (void)sc_override(&x->memory, x->root, s->key, s, e);
    return e->n == 0;
}

static bool change(struct sc_experiment *x, const struct sc_experiment_want *want, struct sc_errors *e)
{
    const uint64_t own = own_seed(x);
    x->seed = want->seeded ? want->seed : own;
    if (x->seed != own && !sc_vary(&x->memory, x->root, x->seed, e))
        return false;
    const struct sc_node *set = want->mutant ? mutant_set(x->root, want->mutant) : NULL;
    if (want->mutant && !set)
        sc_error_at(e, 0, 0, "no mutant of this run is called \"%s\"", want->mutant);
    for (const struct sc_node *s = set ? set->child : NULL; s && !e->n; s = s->next)
        (void)sc_override(&x->memory, x->root, s->key, s, e);
    for (uint32_t i = 0; i < want->sets && !e->n; i++)
        (void)sc_override_text(&x->memory, x->root, want->set[i], e);
    for (uint32_t i = 0; i < want->drops && !e->n; i++) {
        if (!add_drop(x, i, want->drop[i]))
            sc_error_at(e, 0, 0, "no memory");
    }
    return e->n == 0;
}

bool sc_experiment_open(struct sc_experiment *x, const char *bytes, size_t n, const struct sc_experiment_want *want,
                        struct sc_errors *e)
{
    *x = (struct sc_experiment){.memory.ceiling = 256u << 20};
    x->root = sc_yaml_read(&x->memory, bytes, n, e);
    if (!x->root)
        return false;
    x->runs = sc_runs(x->root);
    x->run = sc_run_name(x->root, want->run);
    take_title(x, want->run);
    const struct sc_node *mutants = sc_member(x->root, "mutants");
    for (const struct sc_node *u = mutants ? mutants->child : NULL; u && x->mutants < SC_EXPERIMENT_MUTANTS;
         u = u->next) {
        const struct sc_node *name = sc_member(u, "name");
        if (name && name->kind == SC_SCALAR)
            x->mutant_name[x->mutants++] = name->text;
    }
    if (!shrink(x, want, e) || !sc_run_choose(&x->memory, x->root, want->run, e) || !change(x, want, e))
        return false;
    x->model = sc_model_read(&x->memory, x->root, e);
    if (!x->model)
        return false;
    x->tell = x->model->tell;
    for (uint32_t i = 0; want->mutant && i < x->model->mutants; i++) {
        if (strcmp(x->model->mutant[i].name, want->mutant) == 0)
            x->mutant = &x->model->mutant[i];
    }
    return true;
}

void sc_experiment_close(struct sc_experiment *x)
{
    sc_memory_free(&x->memory);
    x->model = NULL;
}

struct sc_run *sc_experiment_begin(const struct sc_experiment *x, struct sc_rows *rows, char *why, size_t room)
{
    struct sc_run *run = sc_run_open(x->model, x->seed, why, room);
    if (!run)
        return NULL;
    run->rows = rows;
    if (rows)
        sv_trace_select(run->trace, ~0ull);
    return run;
}

void sc_experiment_finish(const struct sc_experiment *x, struct sc_run *run, struct sc_result *result)
{
    sc_run_all(run, x->mutant);
    sc_result_of(run, x->mutant, result);
}

struct sc_run *sc_experiment_run(const struct sc_experiment *x, struct sc_rows *rows, struct sc_result *result,
                                 char *why, size_t room)
{
    struct sc_run *run = sc_experiment_begin(x, rows, why, room);
    if (run)
        sc_experiment_finish(x, run, result);
    return run;
}

/* --- words beside rows --- */

bool sc_experiment_note(const struct sc_experiment *x, const struct sc_run *run, const struct sc_rows *rows,
                        uint32_t number, uint32_t lang, uint32_t *row, bool *arrival, char *text, size_t room)
{
    const struct sc_note *note = &x->tell->note[number];
    *arrival = false;
    *row = 0;
    if (note->where == SC_NOTE_START || note->where == SC_NOTE_END)
        return sc_fill(x->model, note->words.text[lang], UINT64_MAX, NULL, text, room);
    if (note->where == SC_NOTE_FACT) {
        *row = run->fact[note->fact].row;
        *arrival = run->fact[note->fact].row_arrival;
    } else {
        *row = sc_rows_nth(rows, note->host, note->where == SC_NOTE_TIMER, note->n);
    }
    const sv_time at = sc_rows_time(rows, *row, *arrival);
    return at != SV_NEVER && sc_fill(x->model, note->words.text[lang], at, NULL, text, room);
}

static bool put_note(const struct sc_experiment *x, const struct sc_run *run, struct sc_rows *rows, uint32_t number,
                     uint32_t lang)
{
    char text[1024];
    bool arrival;
    uint32_t row;
    if (!sc_experiment_note(x, run, rows, number, lang, &row, &arrival, text, sizeof text))
        return false;
    if (!row)
        return sc_rows_note_ends(rows, x->tell->note[number].where == SC_NOTE_END, text);
    return sc_rows_note(rows, row, arrival, text);
}

void sc_experiment_mark(const struct sc_experiment *x, const struct sc_run *run, struct sc_rows *rows)
{
    for (uint32_t i = 0; i < x->model->expects; i++) {
        const struct sc_expect *e = &x->model->expect[i];
        if (!e->decisive)
            continue;
        if (e->kind == SC_EVENTUALLY)
            (void)sc_rows_mark(rows, run->fact[e->fact].row, run->fact[e->fact].row_arrival);
        else if (e->kind == SC_ORDER)
            (void)sc_rows_mark(rows, run->judged[i].row, run->judged[i].row_arrival);
    }
}

bool sc_experiment_notes(const struct sc_experiment *x, const struct sc_run *run, struct sc_rows *rows, uint32_t lang,
                         char *why, size_t room)
{
    bool good = true;
    for (uint32_t i = 0; x->tell && i < x->tell->notes; i++) {
        if (put_note(x, run, rows, i, lang))
            continue;
        snprintf(why, room, "the note on \"%s\" has no row", x->tell->note[i].at_node->text);
        good = false;
    }
    sc_experiment_mark(x, run, rows);
    return good;
}

/* --- sentences --- */

static void grouped(uint64_t value, char *to, size_t room)
{
    char digits[32];
    const int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t used = 0;
    for (int i = 0; i < n && used + 2u < room; i++) {
        if (i && (n - i) % 3 == 0)
            to[used++] = ',';
        to[used++] = digits[i];
    }
    to[used] = 0;
}

static void value_text(const struct sc_expect *x, const struct sc_judged *j, char *to, size_t room)
{
    static const char *const times[] = {"established_at", "longest_silence", "rtt_min", "rtt_max", "first_read_at",
                                        "last_read_at",   "first_at",        "last_at", NULL};
    const char *name = x->counter && strrchr(x->counter, '.') ? strrchr(x->counter, '.') + 1 : "";
    to[0] = 0;
    if (!j->has_value)
        return;
    for (uint32_t i = 0; times[i]; i++) {
        if (strcmp(name, times[i]) == 0) {
            snprintf(to, room, "%" PRIu64 ".%03" PRIu64 " s", j->value / SV_S, j->value % SV_S / SV_MS);
            return;
        }
    }
    if (strcmp(name, "goodput") == 0 && j->value >= 1000000u)
        snprintf(to, room, "%" PRIu64 ".%02" PRIu64 " Mbit/s", j->value / 1000000u, j->value % 1000000u / 10000u);
    else
        grouped(j->value, to, room);
}

void sc_experiment_say(const struct sc_experiment *x, const struct sc_run *run, uint32_t expectation, uint32_t lang,
                       char *to, size_t room)
{
    const struct sc_expect *e = &x->model->expect[expectation];
    const struct sc_judged *j = &run->judged[expectation];
    char value[64];
    to[0] = 0;
    value_text(e, j, value, sizeof value);
    if (e->say.text[lang])
        (void)sc_fill(x->model, e->say.text[lang], j->when, value, to, room);
}

void sc_experiment_try(const struct sc_tell *tell, uint32_t lang, char *before, size_t before_room, char *command,
                       size_t command_room)
{
    const char *text = tell->attempt.text[lang] ? tell->attempt.text[lang] : "";
    const char *at = strstr(text, "seven ");
    snprintf(command, command_room, "%s", at ? at : text);
    snprintf(before, before_room, "%.*s", at ? (int)(at - text) : 0, text);
    /* what ends a sentence before its command: a blank, a colon of either writing */
    size_t n = strlen(before);
    while (n && strchr(" :.", before[n - 1]))
        before[--n] = 0;
    if (n >= 3 && (memcmp(before + n - 3, "\xef\xbc\x9a", 3) == 0 || memcmp(before + n - 3, "\xe3\x80\x82", 3) == 0))
        before[n - 3] = 0;
}
