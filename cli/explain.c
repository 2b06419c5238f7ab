/* SPDX-License-Identifier: BSD-2-Clause */
/* seven explain: the experiments, told. */
#define _GNU_SOURCE
#include "cli/explain.h"

#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/sim.h"

#define AT(member) offsetof(struct explain_config, member)
static const struct cli_option explain_options[] = {
    {0, "lang", CLI_TEXT, "LANGUAGE", "en or zh, instead of the locale's", AT(lang), NULL, 0, 0},
    {0, "seed", CLI_NUMBER, "N", "other delays, ports and initial numbers, drawn from N", AT(seed), NULL, 0, 0},
    {0, "runs", CLI_NUMBER, "N", "so many seeds, and each mutant: does the claim hold, and can it fail?", AT(runs),
     NULL, 1, 100000},
    {0, "run", CLI_TEXT, "NAME", "of a topic with several runs, this one alone", AT(run), NULL, 0, 0},
    {0, "mutant", CLI_TEXT, "NAME", "the same with one thing broken on purpose", AT(mutant), NULL, 0, 0},
    {0, "set", CLI_TEXTS, "PATH=VALUE", "change a value: links.ab.delay=80ms, all.sack=false", AT(set), NULL, 0, 0},
    {0, "drop", CLI_TEXTS, "SELECTOR", "lose what the selector names: 'second data from b'", AT(drop), NULL, 0, 0},
    {0, "html", CLI_FILE, "FILE", "write a page with the run to play through; without a topic: all, into that folder",
     AT(html), NULL, 0, 0},
    {'w', "write", CLI_FILE, "FILE", "write the frames of all links as pcapng", AT(capture), NULL, 0, 0},
    {0, "columns", CLI_NUMBER, "N", "draw for so many columns, not the terminal's", AT(columns), NULL, 20, 400},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static int explain_main(int argc, char **argv);

const struct cli_command cli_command_explain = {
    .name = "explain",
    .summary = "experiments on the real stack, told in English or Chinese",
    .usage = "[TOPIC | FILE.yaml]",
    .examples = "seven explain\twhat there is, in an order to learn by\n"
                "seven explain three-way\tthe three-way handshake: claim, drawing, verdict\n"
                "seven explain why-three --lang zh\tin Chinese\n"
                "seven explain three-way --drop 'first ACK from b'\twhat if that one is lost?\n"
                "seven explain why-three --mutant two-way\tthe same with two messages\n"
                "seven explain --html site\tall of them as pages with an index\n",
    .detail =
        "Each topic is a claim, a world of whole stacks on virtual time in which it is tried, the conversation drawn "
        "with both sides' states (the row on which the claim turns is marked *), the verdict, the section of the "
        "standard, and one thing to change and try. docs/EXPERIMENTS.md says how one is written.",
    .exit_codes = "0\tthe claim held, or you changed the world by --set, --drop or --mutant\n"
                  "1\tit did not\n"
                  "2\twrong usage, or a file that cannot be read\n",
    .options = explain_options,
    .output = true,
    .words = explain_words,
    .run = explain_main,
};

/* NAME.pcapng, of several runs NAME-RUN.pcapng. */
static bool capture(const struct explain *e, const struct explain_told *told)
{
    static struct sc_result again;
    char name[1024];
    const char *file = e->c->capture, *dot = strrchr(file, '.');
    const int stem = dot && !strchr(dot, '/') ? (int)(dot - file) : (int)strlen(file);
    if (told->x.runs > 1 && !e->c->run)
        snprintf(name, sizeof name, "%.*s-%s%s", stem, file, told->x.run, file + stem);
    else
        snprintf(name, sizeof name, "%s", file);
    const struct sim_config c = {.command = "explain", .capture = name};
    return sim_run_watched(told->x.model, told->x.seed, told->x.mutant, &c, e->output, &again);
}

/* `held`: the claim in this run and in those before. */
static bool tell_run(const struct explain *e, const struct explain_topic *t, struct explain_told *told, bool first,
                     bool last, bool held)
{
    if (e->output->json) {
        explain_json_run(e, t, told);
    } else {
        if (first)
            explain_head(e, t, told);
        explain_ladder(e, told);
        explain_checked(e, told);
        told->result.expected = held; /* the verdict is of the whole topic */
        if (last)
            explain_tail(e, t, told);
    }
    return !e->c->capture || capture(e, told);
}

/* Of which runs the topic has: their number, and whether this one is asked for. */
struct runs {
    uint32_t n;
    bool wanted[SC_EXPERIMENT_RUNS];
};
static bool runs_of(const struct explain *e, const struct explain_topic *t, struct runs *runs)
{
    struct sc_memory m = {.ceiling = 64u << 20};
    struct sc_errors errors = {.file = t->name};
    const struct sc_node *root = sc_yaml_read(&m, (const char *)t->bytes, t->n, &errors);
    const uint32_t of_mutant = root && e->c->mutant ? sc_mutant_run(root, e->c->mutant) : 0;
    bool any = false;
    explain_errors(&errors);
    const struct sc_node *needs = root ? sc_member(sc_member(root, "tell"), "needs") : NULL;
    needs = sc_member(needs, explain_word(e, "en", "zh"));
    if (needs && needs->kind == SC_SCALAR) {
        (void)(e->lang == SC_ZH ? cli_usage("explain", "%s 要等%s做好：只列出，还不能运行", t->name, needs->text)
                                : cli_usage("explain", "%s waits for %s, not built yet: it is listed, not run", t->name,
                                            needs->text));
        sc_memory_free(&m);
        return false;
    }
    runs->n = root ? sc_runs(root) : 0;
    runs->n = runs->n < SC_EXPERIMENT_RUNS ? runs->n : SC_EXPERIMENT_RUNS;
    for (uint32_t i = 0; i < runs->n; i++) {
        const char *name = sc_run_name(root, i);
        runs->wanted[i] = !e->c->run || (name && strcmp(name, e->c->run) == 0);
        runs->wanted[i] = runs->wanted[i] && (!e->c->mutant || i == of_mutant);
        any = any || runs->wanted[i];
    }
    if (root && !any)
        (void)cli_usage("explain", "%s has no run \"%s\"%s", t->name, e->c->run,
                        e->c->mutant ? " with that mutant" : "");
    sc_memory_free(&m);
    return root && any;
}

/* False: nothing could be told. */
static bool tell(const struct explain *e, const struct explain_topic *t, bool *held)
{
    static struct explain_told told;
    struct runs runs;
    bool first = true;
    *held = true;
    if (!runs_of(e, t, &runs))
        return false;
    for (uint32_t run = 0; run < runs.n; run++) {
        bool last = true;
        for (uint32_t i = run + 1u; i < runs.n; i++)
            last = last && !runs.wanted[i];
        if (!runs.wanted[run])
            continue;
        if (!explain_run(e, t, run, e->c->mutant, &told))
            return false;
        *held = *held && told.result.expected;
        const bool good = tell_run(e, t, &told, first, last, *held);
        first = false;
        explain_done(&told);
        if (!good)
            return false;
    }
    return true;
}

static int explain_main(int argc, char **argv)
{
    static struct explain_config config;
    struct cli_output_options output = {0};
    struct cli_parse parse = {.command = &cli_command_explain, .config = &config, .output = &output};
    struct explain_topic topic;
    char *file = NULL;
    bool held = true;
    config.seed = UINT64_MAX;
    const int status = cli_parse(&parse, argc, argv);
    if (status != CLI_PARSED)
        return status;
    config.seeded = config.seed != UINT64_MAX;
    struct explain e = {.c = &config, .output = &output, .columns = explain_columns(&config)};
    e.utf8 = cli_utf8(&output);
    e.colored = cli_colored(&output, stdout);
    if (!explain_language(&config, &output, &e.lang))
        return CLI_USAGE;
    if (parse.words.n > 1)
        return cli_usage("explain", "%s: one topic at a time", parse.words.word[1]);
    if (parse.words.n == 0)
        return config.html ? explain_html_all(&e) : explain_list(&e);
    if (!explain_find(&e, parse.words.word[0], &topic, &file))
        return CLI_USAGE;
    int result = CLI_USAGE;
    if (config.html)
        result = explain_html(&e, &topic);
    else if (config.runs > 1)
        result = explain_many(&e, &topic);
    else if (tell(&e, &topic, &held))
        result = held || config.set.n || config.drop.n || config.mutant ? 0 : 1;
    free(file);
    return result;
}
