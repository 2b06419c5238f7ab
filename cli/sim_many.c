/* SPDX-License-Identifier: BSD-2-Clause */
/* Many seeds: each process takes every k-th, and writes one line for each that fails. A seed that brings its process
 * down (a broken promise of ours) is a failure with that seed, and the rest go on. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sim.h"

#define TELL 16u /* failures told in full */

struct seed_line {
    uint64_t seed;
    char text[400];
};

/* What the processes share. */
struct board {
    struct {
        uint64_t next, done, failed, begun; /* begun: the seed it is at */
        uint64_t events, packets;
        uint32_t lines;
        struct seed_line line[TELL];
        uint64_t passed_of[64]; /* by expectation: of how many seeds it held */
    } worker[256];
};

static void note(struct board *b, uint32_t k, uint64_t seed, const struct sc_result *r)
{
    char *to = NULL;
    b->worker[k].failed++;
    if (b->worker[k].lines == TELL)
        return;
    b->worker[k].line[b->worker[k].lines].seed = seed;
    to = b->worker[k].line[b->worker[k].lines++].text;
    size_t used = 0;
    to[0] = 0;
    for (uint32_t i = 0; i < r->n && used < 300; i++) {
        if (r->outcome[i].verdict != SC_PASSED)
            used += (size_t)snprintf(to + used, 400 - used, "%s%s (%.90s)", used ? "; " : "", r->outcome[i].id,
                                     r->outcome[i].why);
    }
    if (r->problem[0] && used < 300)
        (void)snprintf(to + used, 400 - used, "%s%.120s", used ? "; " : "", r->problem);
}

/* Does it count as failed? What has a tolerance is judged over all seeds. */
static bool failed(const struct sc_model *m, const struct sc_result *r)
{
    bool bad = r->problem[0] != 0;
    for (uint32_t i = 0; i < r->n; i++)
        bad = bad || (r->outcome[i].verdict != SC_PASSED && !m->expect[i].in_millionths);
    return bad;
}

static void work(struct board *b, uint32_t k, const struct sim_file *f, uint64_t first, uint64_t runs, uint32_t jobs)
{
    static struct sc_result result;
    for (uint64_t i = b->worker[k].next; i < runs; i += jobs) {
        b->worker[k].begun = first + i;
        b->worker[k].next = i + jobs;
        if (!sim_run(f->model, first + i, NULL, &result))
            _exit(3);
        b->worker[k].done++;
        b->worker[k].events += result.events;
        b->worker[k].packets += result.packets;
        for (uint32_t x = 0; x < result.n; x++)
            b->worker[k].passed_of[x] += result.outcome[x].verdict == SC_PASSED;
        if (failed(f->model, &result))
            note(b, k, first + i, &result);
    }
}

/* Begins it again after a seed that brought it down. */
static pid_t begin(struct board *b, uint32_t k, const struct sim_file *f, uint64_t first, uint64_t runs, uint32_t jobs)
{
    fflush(stdout);
    const pid_t pid = sim_fork();
    if (pid == 0) {
        work(b, k, f, first, runs, jobs);
        _exit(0);
    }
    return pid;
}

static void wait_for(struct board *b, uint32_t k, pid_t *pid, const struct sim_file *f, uint64_t first, uint64_t runs,
                     uint32_t jobs)
{
    int status = 0;
    while (pid[k] > 0) {
        if (!sim_wait(pid[k], pid + k, jobs - k, &status) || WIFEXITED(status))
            return;
        b->worker[k].failed++;
        b->worker[k].done++;
        if (b->worker[k].lines < TELL) {
            struct seed_line *l = &b->worker[k].line[b->worker[k].lines++];
            l->seed = b->worker[k].begun;
            snprintf(l->text, sizeof l->text, "brought the process down (signal %d)", WTERMSIG(status));
        }
        pid[k] = begin(b, k, f, first, runs, jobs);
    }
}

static uint64_t tolerances(const struct board *b, const struct sim_file *f, uint32_t jobs, uint64_t runs)
{
    uint64_t bad = 0;
    for (uint32_t i = 0; i < f->model->expects && i < 64; i++) {
        uint64_t held = 0;
        for (uint32_t k = 0; k < jobs; k++)
            held += b->worker[k].passed_of[i];
        if (!f->model->expect[i].in_millionths)
            continue;
        const bool good = held * 1000000u >= runs * f->model->expect[i].in_millionths;
        printf("  %s %s held in %" PRIu64 " of %" PRIu64 " runs\n", good ? "passed" : "FAILED", f->model->expect[i].id,
               held, runs);
        bad += !good;
    }
    return bad;
}

/* The line that replays it says all that made it what it was. */
static void say_failure(const struct sim_file *f, const struct sim_config *c, uint64_t seed, const char *what)
{
    printf("FAILED seed %" PRIu64 ": %s\n  replay: seven sim %s --seed %" PRIu64 " --no-mutants", seed, what, f->name,
           seed);
    if (c->run)
        printf(" --run %s", c->run);
    for (uint32_t i = 0; i < c->set.n; i++)
        printf(" --set '%s'", c->set.text[i]);
    for (uint32_t i = 0; i < c->drop.n; i++)
        printf(" --drop '%s'", c->drop.text[i]);
    printf("\n");
}

uint64_t sim_run_many(const struct sim_file *f, const struct sim_config *c, const struct cli_output_options *output)
{
    const uint64_t first = c->seeded ? c->seed : f->model->seed;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t jobs = c->jobs ? (uint32_t)c->jobs : cores > 0 && cores < 256 ? (uint32_t)cores : 1;
    pid_t pid[256];
    uint64_t bad = 0, events = 0, packets = 0, done = 0;
    if (jobs > c->runs)
        jobs = (uint32_t)c->runs;
    struct board *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (b == MAP_FAILED) {
        (void)cli_fail("sim", "%s", strerror(errno));
        return 1;
    }
    for (uint32_t k = 0; k < jobs; k++)
        b->worker[k].next = k;
    sim_heed_signals();
    for (uint32_t k = 0; k < jobs; k++)
        pid[k] = begin(b, k, f, first, c->runs, jobs);
    for (uint32_t k = 0; k < jobs; k++)
        wait_for(b, k, pid, f, first, c->runs, jobs);
    for (uint32_t k = 0; k < jobs; k++) {
        bad += b->worker[k].failed;
        events += b->worker[k].events;
        packets += b->worker[k].packets;
        done += b->worker[k].done;
        for (uint32_t i = 0; i < b->worker[k].lines; i++)
            say_failure(f, c, b->worker[k].line[i].seed, b->worker[k].line[i].text);
    }
    const uint64_t runs = sim_signal() ? done : c->runs;
    bad += runs - (done < runs ? done : runs);
    bad += tolerances(b, f, jobs, runs);
    if (output->json)
        printf("{\"schema\":1,\"kind\":\"runs\",\"name\":\"%s\",\"runs\":%" PRIu64 ",\"failed\":%" PRIu64
               ",\"events\":%" PRIu64 ",\"packets\":%" PRIu64 "}\n",
               f->model->name, runs, bad, events, packets);
    else
        printf("%s: %" PRIu64 " seeds from %" PRIu64 ", %" PRIu64 " failed; %" PRIu64 " events, %" PRIu64 " packets\n",
               f->model->name, runs, first, bad, events, packets);
    munmap(b, sizeof *b);
    return bad;
}
