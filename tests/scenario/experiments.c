/* SPDX-License-Identifier: BSD-2-Clause */
/* Every experiment of the tree: 20 seeds in which the claim must hold and every note find its row, in both languages;
 * and each mutant, in the file's own world and another, must fail what it names, and only that. Arguments: the files;
 * first "--few" for fewer seeds, in a program that sanitizers make slow.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/experiment.h"
#include "scenario/run.h"

#define SEEDS 20u
#define FEW_SEEDS 4u
#define MUTANT_SEEDS 2u

static uint32_t failed, worlds, broken, seeds = SEEDS;

static void complain(const char *file, const struct sc_experiment *x, const char *what, const char *why)
{
    failed++;
    printf("FAILED %s%s%s seed %" PRIu64 " %s: %s\n", file, x->run ? " run " : "", x->run ? x->run : "", x->seed, what,
           why);
}

static void complain_errors(const char *file, const struct sc_errors *e)
{
    failed++;
    for (uint32_t i = 0; i < e->n; i++)
        printf("FAILED %s:%u:%u: %s\n", file, e->error[i].line, e->error[i].column, e->error[i].text);
}

static void verdicts(const char *file, const struct sc_experiment *x, const struct sc_result *r, const char *what)
{
    char why[1200];
    why[0] = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        const struct sc_outcome *o = &r->outcome[i];
        const bool wrong = x->mutant ? o->extra || (o->named && o->verdict != SC_FAILED) : o->verdict != SC_PASSED;
        if (wrong)
            snprintf(why + strlen(why), sizeof why - strlen(why), "%s%s%s (%.200s)", why[0] ? "; " : "",
                     o->extra ? "beside what it names " : "", o->id, o->why);
    }
    if (r->problem[0])
        snprintf(why, sizeof why, "%s", r->problem);
    complain(file, x, what, why[0] ? why : "nothing");
}

/* The words of both languages, with their numbers, beside their rows. */
static void notes(const char *file, const struct sc_experiment *x, const struct sc_run *run, struct sc_rows *rows)
{
    char why[1200], text[4096];
    for (uint32_t lang = 0; lang < SC_LANGS; lang++) {
        const struct sc_words *all[] = {&x->tell->title, &x->tell->claim, &x->tell->watch, &x->tell->verdict};
        if (!sc_experiment_notes(x, run, rows, lang, why, sizeof why))
            complain(file, x, "notes", why);
        for (uint32_t i = 0; i < sizeof all / sizeof all[0]; i++) {
            if (!sc_fill(x->model, all[i]->text[lang], UINT64_MAX, NULL, text, sizeof text))
                complain(file, x, "a number in the words", all[i]->text[lang]);
        }
        for (uint32_t i = 0; i < x->model->expects; i++) {
            sc_experiment_say(x, run, i, lang, text, sizeof text);
            if (x->model->expect[i].say.text[lang] && strchr(text, '{'))
                complain(file, x, "a number in an expectation", text);
        }
    }
}

static bool decisive(const struct sc_experiment *x)
{
    for (uint32_t i = 0; i < x->model->expects; i++) {
        if (x->model->expect[i].decisive)
            return true;
    }
    return false;
}

/* How many runs the file has; 0: it waits for what is not built. */
static uint32_t one_world(const char *file, const char *bytes, size_t n, const struct sc_experiment_want *want,
                          bool *has_decisive)
{
    static struct sc_result result;
    struct sc_experiment x;
    struct sc_errors e = {.file = file};
    char why[256] = "no memory";
    if (!sc_experiment_open(&x, bytes, n, want, &e)) {
        const bool waits = x.root && sc_member(sc_member(x.root, "tell"), "needs");
        struct sc_errors of_words = {.file = file};
        if (!waits || !sc_tell_of_tree(&x.memory, x.root, &of_words))
            complain_errors(file, of_words.n ? &of_words : &e);
        sc_experiment_close(&x);
        return 0;
    }
    const uint32_t runs = x.runs;
    struct sc_rows *rows = want->mutant ? NULL
                                        : sc_rows_open(x.model, x.tell ? x.tell->column[0] : SV_NONE,
                                                       x.tell ? x.tell->column[1] : SV_NONE);
    struct sc_run *run = sc_experiment_run(&x, rows, &result, why, sizeof why);
    if (!x.tell)
        complain(file, &x, "words", "there is no tell:");
    if (!run)
        complain(file, &x, "world", why);
    else if (!result.expected || (result.problem[0] && !result.stopped)) /* a mutant may end at its own limit */
        verdicts(file, &x, &result, want->mutant ? want->mutant : "did not hold");
    else if (rows && x.tell)
        notes(file, &x, run, rows);
    *has_decisive = *has_decisive || decisive(&x);
    worlds += !want->mutant;
    broken += want->mutant != NULL;
    if (run)
        sc_run_close(run);
    sc_rows_close(rows);
    sc_experiment_close(&x);
    return runs;
}

static void one_run(const char *file, const char *bytes, size_t n, uint32_t run, bool *has_decisive, uint32_t *mutants)
{
    struct sc_experiment x;
    struct sc_errors e = {.file = file};
    struct sc_experiment_want want = {.run = run};
    for (uint64_t seed = 0; seed < seeds; seed++) {
        want.seeded = seed != 0;
        want.seed = 100u + seed;
        if (!one_world(file, bytes, n, &want, has_decisive))
            return;
    }
    if (sc_experiment_open(&x, bytes, n, &(struct sc_experiment_want){.run = run}, &e)) {
        *mutants += x.model->mutants;
        for (uint32_t i = 0; i < x.model->mutants; i++) {
            for (uint64_t seed = 0; seed < MUTANT_SEEDS; seed++) {
                want = (struct sc_experiment_want){
                    .run = run, .mutant = x.model->mutant[i].name, .seeded = seed != 0, .seed = 100u + seed};
                (void)one_world(file, bytes, n, &want, has_decisive);
            }
        }
    }
    sc_experiment_close(&x);
}

static void one_file(const char *file)
{
    static char bytes[1u << 20];
    FILE *f = fopen(file, "rb");
    const size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    const uint32_t before = failed;
    struct sc_memory m = {.ceiling = 64u << 20};
    struct sc_errors e = {.file = file};
    bool has_decisive = false;
    uint32_t mutants = 0;
    if (f)
        fclose(f);
    const struct sc_node *root = n ? sc_yaml_read(&m, bytes, n, &e) : NULL;
    const bool waits = root && sc_member(sc_member(root, "tell"), "needs");
    if (!root)
        complain_errors(file, &e);
    for (uint32_t run = 0; root && run < sc_runs(root); run++)
        one_run(file, bytes, n, run, &has_decisive, &mutants);
    if (failed == before && !waits && (!has_decisive || !mutants)) {
        failed++;
        printf("FAILED %s: %s\n", file, mutants ? "no expectation is decisive" : "no mutant shows that it can fail");
    }
    sc_memory_free(&m);
}

int main(int argc, char **argv)
{
    const bool few = argc > 1 && strcmp(argv[1], "--few") == 0;
    const int first = few ? 2 : 1;
    seeds = few ? FEW_SEEDS : SEEDS;
    for (int i = first; i < argc; i++)
        one_file(argv[i]);
    printf("%d experiments, %u worlds, %u mutants; %u failed\n", argc - first, worlds, broken, failed);
    return failed || argc <= first;
}
