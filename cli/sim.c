/* SPDX-License-Identifier: BSD-2-Clause */
/* seven sim: runs scenario files. */
#define _GNU_SOURCE
#include "cli/sim.h"
#include "scenario/outside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"

#define FILE_MOST (4u << 20)

#define AT(member) offsetof(struct sim_config, member)
static const struct cli_option sim_options[] = {
    {0, "seed", CLI_NUMBER, "N", "the seed, instead of the file's", AT(seed), NULL, 0, 0},
    {0, "runs", CLI_NUMBER, "N",
     "so many seeds from that on, over all cores; a failing one prints the line that "
     "replays it",
     AT(runs), NULL, 1, 0},
    {0, "jobs", CLI_NUMBER, "N", "processes for --runs (default: the number of cores)", AT(jobs), NULL, 1, 256},
    {0, "set", CLI_TEXTS, "PATH=VALUE", "override a value: links.ab.delay=80ms, all.sack=false", AT(set), NULL, 0, 0},
    {0, "drop", CLI_TEXTS, "SELECTOR", "one more fault: drop what the selector names", AT(drop), NULL, 0, 0},
    {0, "run", CLI_TEXT, "NAME", "of an experiment with several runs, this one alone", AT(run), NULL, 0, 0},
    {0, "mutant", CLI_TEXT, "NAME", "run only this mutant of the file", AT(mutant), NULL, 0, 0},
    {0, "exact", CLI_FLAG, NULL, "a mutant must fail what it names and nothing else", AT(exact), NULL, 0, 0},
    {0, "no-mutants", CLI_FLAG, NULL, "do not run the mutants", AT(no_mutants), NULL, 0, 0},
    {0, "random", CLI_FLAG, NULL, "no file: a small world drawn from the seed, with --runs many of them", AT(random),
     NULL, 0, 0},
    {0, "first", CLI_FLAG, NULL, "of many random worlds: stop at the first that fails", AT(first), NULL, 0, 0},
    {0, "plant", CLI_TEXT, "BUG", "seven-planted alone: with that bug in TCP (a name; list; a number: drawn by it)",
     AT(plant), NULL, 0, 0},
    {0, "check", CLI_FLAG, NULL, "read the file and say what is wrong with it; run nothing", AT(check), NULL, 0, 0},
    {0, "shrink", CLI_FLAG, NULL, "if it fails, write the smallest file that fails the same way", AT(shrink), NULL, 0,
     0},
    {0, "step", CLI_FLAG, NULL,
     "by hand: commands on stdin move the run forwards and backwards by event, packet or time, and change it (help "
     "lists them)",
     AT(step), NULL, 0, 0},
    {'w', "write", CLI_FILE, "FILE", "write the frames of all links as pcapng", AT(capture), NULL, 0, 0},
    {0, "ladder", CLI_FLAG, NULL, "draw each conversation", AT(ladder), NULL, 0, 0},
    {0, "html", CLI_FILE, "FILE", "write the run as one page: ladder, state machines, plots, a slider through time",
     AT(html), NULL, 0, 0},
    {0, "log", CLI_FILE, "FILE", "write every event as a line", AT(log), NULL, 0, 0},
    {0, "against", CLI_FILE, "FILE", "compare the events with such a log and name the first difference", AT(against),
     NULL, 0, 0},
    {0, "tap", CLI_FLAG, NULL, "print the Test Anything Protocol", AT(tap), NULL, 0, 0},
    {0, "junit", CLI_FLAG, NULL, "print JUnit's XML", AT(junit), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static int sim_main(int argc, char **argv);

const struct cli_command cli_command_sim = {
    .name = "sim",
    .summary = "run scenario files in a simulated world",
    .usage = "FILE.yaml...",
    .examples = "seven sim scenarios/why-three.yaml --ladder\tone world, its expectations judged, its packets drawn\n"
                "seven sim scenarios/lossy-bulk.yaml --set links.ab.from_a.loss=5%\tthe same with another loss\n"
                "seven sim scenarios/lossy-bulk.yaml --runs 1000\ta thousand seeds on all cores\n"
                "seven sim scenarios/why-three.yaml --html why-three.html\ta page that opens from disk\n"
                "seven sim failing.yaml --seed 42 --shrink\tthe smallest file that still fails\n"
                "seven sim scenarios/figure-6.yaml --step\tby hand, forwards, backwards, and otherwise from there\n",
    .detail =
        "A scenario describes hosts (each a whole stack), switches, routers and links, what applications do, what "
        "goes wrong, and what must then be true. Time is virtual: a minute takes milliseconds, and the same seed "
        "gives the same packets. A file's mutants are its own test: each breaks one thing, and must fail the "
        "expectations that it names. docs/SCENARIOS.md is the grammar.",
    .exit_codes = "0\tevery expectation held and every mutant was caught\n"
                  "1\tone did not\n"
                  "2\twrong usage, or a file that cannot be read\n",
    .options = sim_options,
    .output = true,
    .run = sim_main,
};

/* --- files --- */

void sim_say_errors(const struct sc_errors *e)
{
    for (uint32_t i = 0; i < e->n; i++) {
        if (e->error[i].line)
            fprintf(stderr, "%s:%u:%u: %s\n", e->file, e->error[i].line, e->error[i].column, e->error[i].text);
        else
            fprintf(stderr, "%s: %s\n", e->file, e->error[i].text);
    }
    if (e->more)
        fprintf(stderr, "%s: and %u more\n", e->file, e->more);
}

static char *read_whole(const char *name, size_t *n)
{
    FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
    char *bytes = f ? malloc(FILE_MOST + 1u) : NULL;
    if (!bytes) {
        (void)cli_fail("sim", "%s: %s", name, strerror(errno));
        if (f && f != stdin)
            fclose(f);
        return NULL;
    }
    *n = fread(bytes, 1, FILE_MOST + 1u, f);
    const bool failed = ferror(f) != 0;
    if (f != stdin)
        fclose(f);
    if (failed || *n > FILE_MOST) {
        (void)cli_fail("sim", "%s: %s", name, failed ? strerror(errno) : "longer than 4 MiB");
        free(bytes);
        return NULL;
    }
    return bytes;
}

/* --drop SELECTOR: a fault more. */
static bool add_drops(struct sim_file *f, const struct sim_config *c)
{
    for (uint32_t i = 0; i < c->drop.n; i++) {
        struct sc_node *faults = sc_member(f->root, "faults");
        char id[32];
        snprintf(id, sizeof id, "dropped%u", i + 1u);
        if (!faults) {
            faults = sc_node_new(&f->memory, SC_LIST, "faults", NULL);
            if (!faults)
                return false;
            sc_append(f->root, faults);
        }
        struct sc_node *fault = sc_node_new(&f->memory, SC_MAP, NULL, NULL);
        struct sc_node *name = sc_node_new(&f->memory, SC_SCALAR, "id", id);
        struct sc_node *what = sc_node_new(&f->memory, SC_SCALAR, "drop", c->drop.text[i]);
        if (!fault || !name || !what)
            return false;
        sc_append(fault, name);
        sc_append(fault, what);
        sc_append(faults, fault);
    }
    return true;
}

bool sim_file_model(struct sim_file *f, const struct sim_config *c, const struct sc_node *mutant_set)
{
    struct sc_errors e = {.file = f->name};
    for (const struct sc_node *s = mutant_set ? mutant_set->child : NULL; s && !e.n; s = s->next)
        (void)sc_override(&f->memory, f->root, s->key, s, &e);
    for (uint32_t i = 0; i < c->set.n && !e.n; i++)
        (void)sc_override_text(&f->memory, f->root, c->set.text[i], &e);
    f->model = e.n || !add_drops(f, c) ? NULL : sc_model_read(&f->memory, f->root, &e);
    sim_say_errors(&e);
    return f->model != NULL;
}

/* Each mutant is the file read anew: a tree belongs to one model. */
bool sim_file_open(struct sim_file *f, const char *name, uint32_t run, const struct sim_config *c,
                   const struct sc_mutant *mutant)
{
    struct sc_errors e = {.file = name};
    size_t n = 0;
    *f = (struct sim_file){.name = name, .memory.ceiling = 256u << 20};
    f->bytes = read_whole(name, &n);
    f->root = f->bytes ? sc_yaml_read(&f->memory, f->bytes, n, &e) : NULL;
    f->runs = f->root ? sc_runs(f->root) : 0;
    f->run = f->root ? sc_run_name(f->root, run) : NULL;
    f->chosen = f->root && (!c->run || (f->run && strcmp(f->run, c->run) == 0));
    const bool good = f->root && sc_run_choose(&f->memory, f->root, run, &e);
    sim_say_errors(&e);
    return good && sim_file_model(f, c, mutant ? mutant->set : NULL);
}

void sim_file_close(struct sim_file *f)
{
    sc_memory_free(&f->memory);
    free(f->bytes);
    f->bytes = NULL;
}

/* --- running --- */

bool sim_run(const struct sc_model *model, uint64_t seed, const struct sc_mutant *mutant, struct sc_result *result)
{
    char why[256] = "no memory";
    struct sc_run *run = sc_run_open(model, seed, why, sizeof why);
    if (!run) {
        (void)cli_fail("sim", "%s", why);
        return false;
    }
    sc_run_all(run, mutant);
    sc_result_of(run, mutant, result);
    sc_run_close(run);
    return true;
}

static void put_stdout(void *ctx, const char *text, size_t n)
{
    fwrite(text, 1, n, ctx);
}

struct totals {
    uint32_t tap, passed, failed;
};

static void report(const struct sc_result *r, const struct sim_config *c, const struct cli_output_options *output,
                   struct totals *t)
{
    const struct sv_sink to = {put_stdout, stdout};
    if (r->expected)
        t->passed++;
    else
        t->failed++;
    if (c->tap)
        t->tap += sc_report_tap(r, t->tap + 1u, &to);
    else if (c->junit)
        sc_report_junit(r, &to);
    else if (output->json)
        sc_report_json(r, &to);
    else
        sc_report_text(r, &to, cli_colored(output, stdout));
}

void sim_show(const struct sc_result *r, const struct sim_config *c, const struct cli_output_options *output)
{
    struct totals t = {0, 0, 0};
    report(r, c, output, &t);
}

static bool run_mutants(const char *name, uint32_t run, const struct sc_model *model, const struct sim_config *c,
                        const struct cli_output_options *output, struct totals *t, bool *found)
{
    static struct sc_result result;
    bool good = true;
    for (uint32_t i = 0; i < model->mutants && good; i++) {
        const struct sc_mutant *mutant = &model->mutant[i];
        struct sim_file f;
        if (c->mutant && strcmp(c->mutant, mutant->name) != 0)
            continue;
        *found = true;
        good = sim_file_open(&f, name, run, c, mutant);
        if (good) {
            const uint64_t seed = c->seeded ? c->seed : f.model->seed;
            good = c->mutant ? sim_run_watched(f.model, seed, mutant, c, output, &result)
                             : sim_run(f.model, seed, mutant, &result);
        }
        result.expected = c->exact ? result.expected : result.caught;
        if (good)
            report(&result, c, output, t);
        sim_file_close(&f);
    }
    return good;
}

/* --check: the file, and what each mutant makes of it. */
static bool check_only(const char *name, uint32_t run, const struct sc_model *m, const struct sim_config *c)
{
    bool good = true;
    for (uint32_t i = 0; i < m->mutants; i++) {
        struct sim_file f;
        good = sim_file_open(&f, name, run, c, &m->mutant[i]) && good;
        sim_file_close(&f);
    }
    if (good)
        printf("%s: %u hosts, %u links, %u steps, %u faults, %u expectations, %u mutants\n", name, m->hosts, m->links,
               m->steps, m->faults, m->expects, m->mutants);
    return good;
}

/* What came of a file so far. */
struct progress {
    uint32_t runs;       /* that it has */
    bool chosen, mutant; /* --run, --mutant: found */
};

/* False: the file is no scenario. */
static bool one_run(const char *name, uint32_t run, const struct sim_config *whole,
                    const struct cli_output_options *output, struct totals *t, struct progress *p)
{
    static struct sc_result result;
    struct sim_file f;
    char page[1100];
    struct sim_config of_run = *whole;
    const struct sim_config *c = &of_run;
    bool good = sim_file_open(&f, name, run, c, NULL);
    if (f.runs > 1 && f.run) {
        of_run.run = f.run;
        if (whole->html && !whole->run && !whole->mutant && run) { /* a page for each; the first has the name */
            sim_html_name(page, sizeof page, whole->html, f.run);
            of_run.html = page;
        }
    }
    p->runs = f.runs;
    p->chosen = p->chosen || f.chosen;
    if (f.runs > 1 && f.chosen && good && !c->tap && !c->junit && !output->json && !c->shrink)
        printf("run %s\n", f.run);
    if (good && !f.chosen) {
        sim_file_close(&f);
        return true;
    }
    if (good && sc_outsides(f.model) && (c->runs > 1 || c->shrink || c->step)) {
        good = cli_usage("sim", "%s has a host behind a TAP: it runs once, in real time", name) == 0;
    } else if (good && c->check) {
        good = check_only(name, run, f.model, c);
    } else if (good && c->step) {
        t->failed += sim_step(&f, c, output) != 0;
    } else if (good && c->shrink) {
        t->failed += sim_shrink(&f, c) != 0;
    } else if (good && c->runs > 1) {
        t->failed += sim_run_many(&f, c, output) != 0;
    } else if (good && !c->mutant) {
        good = sim_run_watched(f.model, c->seeded ? c->seed : f.model->seed, NULL, c, output, &result);
        if (good)
            report(&result, c, output, t);
        good = good && (c->no_mutants || run_mutants(name, run, f.model, c, output, t, &p->mutant));
    } else if (good) {
        good = run_mutants(name, run, f.model, c, output, t, &p->mutant);
    }
    sim_file_close(&f);
    return good;
}

static bool one_file(const char *name, const struct sim_config *c, const struct cli_output_options *output,
                     struct totals *t)
{
    struct progress p = {1, false, false};
    bool good = true;
    for (uint32_t run = 0; run < p.runs && good; run++)
        good = one_run(name, run, c, output, t, &p);
    if (good && !p.chosen)
        return cli_usage("sim", "%s has no run \"%s\"", name, c->run) == 0;
    if (good && c->mutant && !p.mutant)
        return cli_usage("sim", "%s has no mutant \"%s\"", name, c->mutant) == 0;
    return good;
}

static int sim_main(int argc, char **argv)
{
    static struct sim_config config;
    struct cli_output_options output = {0};
    struct cli_parse parse = {.command = &cli_command_sim, .config = &config, .output = &output};
    struct totals totals = {0, 0, 0};
    bool readable = true;
    config.seed = UINT64_MAX;
    int status = cli_parse(&parse, argc, argv);
    if (status == CLI_PARSED)
        status = sim_plant(config.plant);
    if (status != CLI_PARSED)
        return status;
    config.seeded = config.seed != UINT64_MAX;
    if (config.random && config.html)
        return cli_usage("sim", "--html shows the run of a scenario file, --random draws its own worlds");
    if (config.random && parse.words.n == 0)
        return sim_random(&config, &output);
    if (parse.words.n == 0)
        return cli_usage("sim", "which scenario? seven sim FILE.yaml (scenarios/ has some)");
    config.html_of = parse.words.word[0];
    if (config.html && (parse.words.n > 1 || config.runs > 1 || config.check || config.shrink))
        return cli_usage("sim", "--html shows one run of one scenario (--mutant NAME: of that mutant)");
    if (config.step && (parse.words.n > 1 || config.runs > 1 || config.shrink || config.random || config.mutant))
        return cli_usage("sim", "--step moves one run of one scenario");
    if (config.tap && config.junit)
        return cli_usage("sim", "--tap or --junit, not both");
    if (config.tap)
        printf("TAP version 13\n");
    if (config.junit)
        printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (uint32_t i = 0; i < parse.words.n && !sim_signal(); i++)
        readable = one_file(parse.words.word[i], &config, &output, &totals) && readable;
    if (config.tap)
        printf("1..%u\n", totals.tap);
    if (config.junit)
        printf("</testsuites>\n");
    if (!config.tap && !config.junit && !output.json && totals.passed + totals.failed > 1)
        printf("%u passed, %u failed\n", totals.passed, totals.failed);
    return sim_signal() ? 128 + sim_signal() : !readable ? CLI_USAGE : totals.failed ? 1 : 0;
}
