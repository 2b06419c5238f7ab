/* SPDX-License-Identifier: BSD-2-Clause */
/* --runs: the claim in many worlds, and each mutant in the file's own. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>

#include "cli/explain.h"
#include "scenario/run.h"

struct tally {
    uint64_t held, tried;
};

/* True: what was to be seen was seen. `said` has the first thing that was not. */
static bool once(const struct explain *e, const struct explain_topic *t, const struct sc_experiment_want *want,
                 struct sc_experiment *x, char *said, size_t room)
{
    static struct sc_result result;
    struct sc_errors errors = {.file = t->name};
    (void)e;
    said[0] = 0;
    if (!sc_experiment_open(x, (const char *)t->bytes, t->n, want, &errors)) {
        explain_errors(&errors);
        snprintf(said, room, "%s", errors.n ? errors.error[0].text : "it cannot be read");
        return false;
    }
    struct sc_run *run = sc_experiment_run(x, NULL, &result, said, room);
    if (!run)
        return false;
    sc_run_close(run);
    for (uint32_t i = 0; i < result.n && !result.expected && !said[0]; i++) {
        if (result.outcome[i].verdict != SC_PASSED)
            snprintf(said, room, "%s: %s", result.outcome[i].id, result.outcome[i].why);
    }
    return result.expected;
}

static bool mutants(const struct explain *e, const struct explain_topic *t, uint32_t run)
{
    struct sc_experiment x, broken;
    struct sc_experiment_want want = {.run = run};
    struct sc_errors errors = {.file = t->name};
    char said[400];
    bool all = true;
    if (!sc_experiment_open(&x, (const char *)t->bytes, t->n, &want, &errors)) {
        explain_errors(&errors);
        sc_experiment_close(&x);
        return false;
    }
    for (uint32_t i = 0; i < x.model->mutants; i++) {
        const struct sc_mutant *u = &x.model->mutant[i];
        want.mutant = u->name;
        const bool caught = once(e, t, &want, &broken, said, sizeof said);
        all = all && caught;
        printf("  %s %s:", explain_word(e, "mutant", "变体"), u->name);
        for (uint32_t k = 0; k < u->fails; k++)
            printf("%s %s",
                   k        ? ","
                   : caught ? explain_word(e, " fails", " 使之不成立：")
                            : explain_word(e, " must fail", " 本应不成立："),
                   x.model->expect[u->fail[k]].id);
        printf("%s%s\n", caught ? "" : explain_word(e, "; NOT CAUGHT ", "；没有发现 "), said);
        sc_experiment_close(&broken);
    }
    sc_experiment_close(&x);
    return all;
}

int explain_many(const struct explain *e, const struct explain_topic *t)
{
    uint32_t runs = 1;
    bool good = true;
    for (uint32_t run = 0; run < runs; run++) {
        struct tally tally = {0, 0};
        char said[400] = "", name[64] = "";
        for (uint64_t i = 0; i < e->c->runs; i++) {
            struct sc_experiment x;
            struct sc_experiment_want want = {.run = run, .seeded = i > 0 || e->c->seeded, .seed = i};
            if (e->c->seeded)
                want.seed += e->c->seed;
            want.set = e->c->set.text;
            want.sets = e->c->set.n;
            want.drop = e->c->drop.text;
            want.drops = e->c->drop.n;
            const bool held = once(e, t, &want, &x, said, sizeof said);
            runs = x.runs ? x.runs : 1;
            snprintf(name, sizeof name, "%s%s", x.run ? " " : "", x.run ? x.run : "");
            tally.tried++;
            tally.held += held;
            if (!held)
                printf("  %s %" PRIu64 ": %s\n", explain_word(e, "seed", "种子"), want.seeded ? want.seed : x.seed,
                       said);
            sc_experiment_close(&x);
        }
        printf("%s%s: ", t->name, name);
        printf(explain_word(e, "held in %" PRIu64 " of %" PRIu64 " worlds\n", "%" PRIu64 "/%" PRIu64 " 个世界中成立\n"),
               tally.held, tally.tried);
        good = good && tally.held == tally.tried;
        good = mutants(e, t, run) && good;
    }
    return good ? 0 : 1;
}
