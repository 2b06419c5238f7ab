/* SPDX-License-Identifier: BSD-2-Clause */
/* One run of a topic, with its rows and the words beside them. */
#define _GNU_SOURCE
#include <string.h>

#include "cli/explain.h"
#include "scenario/run.h"

void explain_fill(const struct explain_told *told, const char *text, char *to, size_t room)
{
    if (!sc_fill(told->x.model, text, UINT64_MAX, NULL, to, room))
        snprintf(to, room, "%s", text);
}

void explain_done(struct explain_told *told)
{
    if (told->run)
        sc_run_close(told->run);
    sc_rows_close(told->rows);
    sc_experiment_close(&told->x);
    told->run = NULL;
    told->rows = NULL;
}

bool explain_open(const struct explain *e, const struct explain_topic *t, uint32_t run, const char *mutant,
                  struct sc_experiment *x)
{
    struct sc_experiment_want want = {.run = run, .seeded = e->c->seeded, .seed = e->c->seed};
    struct sc_errors errors = {.file = t->name};
    want.set = e->c->set.text;
    want.sets = e->c->set.n;
    want.drop = e->c->drop.text;
    want.drops = e->c->drop.n;
    want.mutant = mutant;
    bool good = sc_experiment_open(x, (const char *)t->bytes, t->n, &want, &errors);
    explain_errors(&errors);
    if (good && !x->tell)
        good = cli_usage("explain", "%s has no words to tell (tell:); seven sim runs it", t->name) == 0;
    return good;
}

bool explain_run(const struct explain *e, const struct explain_topic *t, uint32_t run, const char *mutant,
                 struct explain_told *told)
{
    char why[256] = "no memory";
    memset(told, 0, sizeof *told);
    if (!explain_open(e, t, run, mutant, &told->x)) {
        explain_done(told);
        return false;
    }
    told->rows = sc_rows_open(told->x.model, told->x.tell->column[0], told->x.tell->column[1]);
    told->run = told->rows ? sc_experiment_run(&told->x, told->rows, &told->result, why, sizeof why) : NULL;
    if (!told->run) {
        (void)cli_fail("explain", "%s", why);
        explain_done(told);
        return false;
    }
    sc_rows_window(told->rows, told->x.tell->window[0], told->x.tell->window[1]);
    const bool noted = mutant ? (sc_experiment_mark(&told->x, told->run, told->rows), true)
                              : sc_experiment_notes(&told->x, told->run, told->rows, e->lang, why, sizeof why);
    if (!noted && !e->c->set.n && !e->c->drop.n && !mutant && told->result.expected)
        fprintf(stderr, "seven explain: %s: %s\n", t->name, why);
    told->options = (struct sv_ladder_options){.columns = e->columns,
                                               .lang = e->lang == SC_ZH ? SV_LADDER_ZH : SV_LADDER_EN,
                                               .utf8 = e->utf8,
                                               .colour = e->colored,
                                               .unit = SV_LADDER_SECONDS,
                                               .fold = 1};
    told->row = sc_rows_finish(told->rows, told->run, &told->n, &told->options);
    return true;
}
