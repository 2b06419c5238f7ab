/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of seven sim share. */
#ifndef SV_CLI_SIM_H
#define SV_CLI_SIM_H

#include <sys/types.h>

#include "cli/options.h"
#include "scenario/page.h"
#include "scenario/report.h"

struct sim_config {
    uint64_t seed, runs, jobs;
    bool seeded; /* --seed was given */
    struct cli_texts set, drop;
    const char *command; /* whose messages they are; NULL: seven sim's */
    const char *mutant, *run, *capture, *log, *against;
    const char *html, *html_of; /* where the page goes; the file whose run it shows */
    const char *plant;
    bool no_mutants, exact, ladder, tap, junit, shrink, check, random, first, step;
};

/* A file, read and changed by --set and --drop; NULL: what is wrong was said on stderr. */
struct sim_file {
    const char *name;
    char *bytes;
    struct sc_memory memory;
    struct sc_node *root;
    struct sc_model *model;
    uint32_t runs;   /* that the file has, of which this is one */
    const char *run; /* its name; NULL: it has none */
    bool chosen;     /* by --run, or nobody asked for another */
};
bool sim_file_open(struct sim_file *f, const char *name, uint32_t run, const struct sim_config *c,
                   const struct sc_mutant *mutant);
bool sim_file_model(struct sim_file *f, const struct sim_config *c, const struct sc_node *mutant_set);
void sim_file_close(struct sim_file *f);
void sim_say_errors(const struct sc_errors *e);

/* One run in this process. False: the world could not be built. */
bool sim_run(const struct sc_model *model, uint64_t seed, const struct sc_mutant *mutant, struct sc_result *result);

/* sim_watch.c: one run with its packets written, its ladder drawn, its events logged or compared. */
bool sim_run_watched(const struct sc_model *model, uint64_t seed, const struct sc_mutant *mutant,
                     const struct sim_config *c, const struct cli_output_options *output, struct sc_result *result);

/* sim_outside.c: to its end in real time, with the programs behind its TAPs. False: said on stderr why not. */
bool sim_run_outside(struct sc_run *run, struct sc_result *result);

/* sim_html.c: "page.html" of a run called udp: "page-udp.html". */
void sim_html_name(char *to, size_t room, const char *html, const char *run);
/* The run's page into the file that --html names. False: said on stderr why not. */
bool sim_html_write(struct sc_page *page, const struct sc_run *run, const struct sc_mutant *mutant, uint64_t seed,
                    const struct sim_config *c);
/* Of a run whose page shows what a third forged; NULL: nobody does. */
struct sc_rows *sim_html_rows(const struct sc_run *run);

/* sim_many.c: many seeds on all cores; how many failed. */
uint64_t sim_run_many(const struct sim_file *f, const struct sim_config *c, const struct cli_output_options *output);

/* sim_workers.c: SIGINT and SIGTERM are noted from now on, once each; which of them came, 0: none. */
void sim_heed_signals(void);
int sim_signal(void);
/* As fork(), with a child that ends when we do. */
pid_t sim_fork(void);
/* Until that child has ended. A signal ends all n of them; false then: how this one ended says nothing. */
bool sim_wait(pid_t pid, const pid_t all[], uint32_t n, int *status);

/* sim_step.c: one run by hand, commands on stdin. The exit status. */
int sim_step(struct sim_file *f, const struct sim_config *c, const struct cli_output_options *output);

/* One result as text or JSON. */
void sim_show(const struct sc_result *r, const struct sim_config *c, const struct cli_output_options *output);

/* sim_random.c: worlds drawn from seeds. The exit status. */
int sim_random(const struct sim_config *c, const struct cli_output_options *output);
bool sim_random_open(struct sim_file *f, uint64_t seed, const struct sim_config *c);

/* At most so much processor time for the world that comes: SIGPROF ends whoever never ends. */
void sim_limit_time(void);

/* sim_plant.c: CLI_PARSED if all is well, the bug in force; else the exit status. */
int sim_plant(const char *what);

/* sim_shrink.c: the smallest file that still fails so, on stdout. The exit status. */
int sim_shrink(struct sim_file *f, const struct sim_config *c);

#endif
