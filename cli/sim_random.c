/* SPDX-License-Identifier: BSD-2-Clause */
/* Random worlds: each seed is one. A seed that brings its process down is a failure with that seed. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sim.h"
#include "scenario/random.h"

#define TEXT 16384u
#define WORLD_SECONDS 30 /* of processor time; the longest of ten thousand took one */
#define JOBS 64u

struct random_board {
    struct {
        uint64_t next, begun, ran, failed, events;
    } worker[JOBS];
    bool enough; /* --first, and one has failed */
};

bool sim_random_open(struct sim_file *f, uint64_t seed, const struct sim_config *c)
{
    struct sc_errors e = {.file = "random"};
    *f = (struct sim_file){.name = "random", .memory.ceiling = 256u << 20};
    f->bytes = malloc(TEXT);
    if (!f->bytes)
        return false;
    const size_t n = sc_random(seed, f->bytes, TEXT);
    f->root = sc_yaml_read(&f->memory, f->bytes, n, &e);
    sim_say_errors(&e);
    return f->root && sim_file_model(f, c, NULL);
}

void sim_limit_time(void)
{
    const struct itimerval limit = {.it_value = {.tv_sec = WORLD_SECONDS}};
    (void)setitimer(ITIMER_PROF, &limit, NULL);
}

static void one(struct random_board *b, uint32_t k, uint64_t seed, const struct sim_config *c)
{
    static struct sc_result r;
    struct sim_file f;
    b->worker[k].begun = seed;
    b->worker[k].ran++;
    sim_limit_time();
    const bool good = sim_random_open(&f, seed, c) && sim_run(f.model, seed, NULL, &r);
    b->worker[k].events += good ? r.events : 0;
    if (!good || !r.expected) {
        b->worker[k].failed++;
        b->enough = c->first;
        const char *why = !good ? "no scenario" : r.problem;
        for (uint32_t i = 0; good && i < r.n; i++)
            why = r.outcome[i].verdict == SC_FAILED ? r.outcome[i].why : why;
        printf("FAILED seed %" PRIu64 ": %s\n  replay: seven sim --random --seed %" PRIu64
               "   (--shrink makes it small)\n",
               seed, why, seed);
        fflush(stdout);
    }
    sim_file_close(&f);
}

static pid_t begin(struct random_board *b, uint32_t k, const struct sim_config *c, uint64_t first, uint64_t runs,
                   uint32_t jobs)
{
    fflush(stdout);
    const pid_t pid = sim_fork();
    if (pid != 0)
        return pid;
    for (uint64_t i = b->worker[k].next; i < runs && !b->enough; i += jobs) {
        b->worker[k].next = i + jobs;
        one(b, k, first + i, c);
    }
    fflush(stdout);
    _exit(0);
}

static void died(uint64_t seed, int signal)
{
    printf("FAILED seed %" PRIu64 ": ", seed);
    if (signal == SIGPROF)
        printf("did not end in %d s of processor time\n", WORLD_SECONDS);
    else
        printf("brought the process down (signal %d)\n", signal);
    printf("  replay: seven sim --random --seed %" PRIu64 "   (--shrink makes it small)\n", seed);
}

static int many(const struct sim_config *c, uint64_t first, uint64_t runs, uint32_t jobs)
{
    pid_t pid[JOBS];
    uint64_t ran = 0, failed = 0, events = 0;
    struct random_board *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (b == MAP_FAILED)
        return cli_fail("sim", "%s", strerror(errno));
    sim_heed_signals();
    for (uint32_t k = 0; k < jobs; k++) {
        b->worker[k].next = k;
        pid[k] = begin(b, k, c, first, runs, jobs);
    }
    for (uint32_t k = 0; k < jobs; k++) {
        int status = 0;
        while (pid[k] > 0) {
            if (!sim_wait(pid[k], pid + k, jobs - k, &status)) {
                b->worker[k].ran--; /* the world it was at */
                break;
            }
            if (WIFEXITED(status))
                break;
            b->worker[k].failed++;
            b->enough = c->first;
            died(b->worker[k].begun, WTERMSIG(status));
            pid[k] = begin(b, k, c, first, runs, jobs);
        }
        ran += b->worker[k].ran;
        failed += b->worker[k].failed + (pid[k] < 0);
        events += b->worker[k].events;
    }
    munmap(b, sizeof *b);
    printf("random worlds: %" PRIu64 " seeds from %" PRIu64 ", %" PRIu64 " failed; %" PRIu64 " events\n", ran, first,
           failed, events);
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n", ran - failed, failed);
    return sim_signal() ? 128 + sim_signal() : failed ? 1 : 0;
}

int sim_random(const struct sim_config *c, const struct cli_output_options *output)
{
    static struct sc_result r;
    const uint64_t first = c->seeded ? c->seed : 1;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t jobs = c->jobs ? (uint32_t)c->jobs : cores > 0 ? (uint32_t)cores : 1;
    struct sim_file f;
    int status = 0;
    if (c->runs > 1) {
        jobs = jobs > JOBS ? JOBS : jobs;
        return many(c, first, c->runs, jobs > c->runs ? (uint32_t)c->runs : jobs);
    }
    if (!sim_random_open(&f, first, c)) {
        sim_file_close(&f);
        return 1;
    }
    if (c->check) {
        fputs(f.bytes, stdout);
    } else if (c->shrink) {
        status = sim_shrink(&f, c);
    } else {
        status = sim_run_watched(f.model, first, NULL, c, output, &r) && r.expected ? 0 : 1;
        sim_show(&r, c, output);
    }
    sim_file_close(&f);
    return status;
}
