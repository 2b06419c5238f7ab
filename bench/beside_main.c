/* SPDX-License-Identifier: BSD-2-Clause */
/* build/bench_beside: goodput of Seven and of the kernel through the same impaired link, and how two flows share one.
 * What it prints is docs/GOODPUT.md's. */
#include <stdlib.h>
#include <string.h>

#include "bench/beside_table.h"

static int usage(FILE *to)
{
    fprintf(to,
            "usage: bench_beside [options] [CONDITION...]\n"
            "  goodput through the same link of the kernel, of Seven by its profiles modern and linux, and\n"
            "  of the kernel again, each for 10 s\n"
            "  --share          two flows at one bottleneck instead, the second 2 s later: Jain's index over the last\n"
            "                   three quarters of 60 s\n"
            "  --seeds N        draws of the link, each for all [3]\n"
            "  --seed N         the first of them [1]\n"
            "  --seconds N      of one run\n"
            "  --tries N        times that a run which the machine disturbed is done at most [3]\n"
            "  --congestion W   cubic, reno or bbr, of both [cubic]\n"
            "  --who A[,B]      these alone, of kernel, modern, linux; without a table\n"
            "  --series FILE    every tenth of a second of every run\n"
            "  --capture FILE   pcapng of what enters the link\n"
            "  --log FILE       what Seven's TCP did, a line each event\n"
            "  --first          run before every other program of the machine (SCHED_FIFO, as root): on a machine of\n"
            "                   one's own alone, others starve\n"
            "  --together N     Mbit/s of runs at once; a faster one runs alone [60]\n"
            "  --verbose        every run as it ends\n"
            "  --list           the conditions\n"
            "Needs the right to make network namespaces and TAPs. Exit status\n"
            "1: a run could not be done. 2: usage.\n");
    return to == stderr ? 2 : 0;
}

static void done(void *self, uint32_t job, const struct beside_result *r, uint32_t tries)
{
    struct beside_bench *b = self;
    b->result[job] = malloc(sizeof *r);
    if (!b->result[job])
        return;
    *b->result[job] = *r;
    if (b->o.verbose || !r->ok)
        beside_tell(b, job, tries);
    beside_write_series(b, job);
}

static void add(struct beside_bench *b, const struct beside_condition *c, uint32_t seed, const enum beside_who *who)
{
    if (b->n == BESIDE_JOBS)
        return;
    b->job[b->n++] = (struct beside_job){.condition = c,
                                         .seed = b->o.first_seed + seed,
                                         .seconds = b->o.seconds,
                                         .who = {who[0], who[1]},
                                         .start_ms = {0, 2000},
                                         .congestion = b->o.congestion,
                                         .first = b->o.first,
                                         .capture = b->o.capture,
                                         .log = b->o.log};
}

static bool wanted(const struct beside_options *o, const struct beside_condition *c)
{
    const bool shared = strncmp(c->name, "share-", 6) == 0;
    for (uint32_t i = 0; i < o->count; i++) {
        if (strcmp(o->names[i], c->name) == 0)
            return true;
    }
    return o->count == 0 && shared == o->share;
}

static void plan(struct beside_bench *b)
{
    static const enum beside_who alone[BESIDE_TURNS][2] = {
        {BESIDE_KERNEL}, {BESIDE_MODERN}, {BESIDE_LINUX}, {BESIDE_KERNEL}};
    static const enum beside_who pairs[BESIDE_TURNS][2] = {{BESIDE_KERNEL, BESIDE_KERNEL},
                                                           {BESIDE_MODERN, BESIDE_KERNEL},
                                                           {BESIDE_KERNEL, BESIDE_MODERN},
                                                           {BESIDE_MODERN, BESIDE_MODERN}};
    uint32_t n;
    const struct beside_condition *c = beside_conditions(&n);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t seed = 0; wanted(&b->o, &c[i]) && seed < b->o.seeds; seed++) {
            for (uint32_t k = 0; k < BESIDE_TURNS && !b->o.who[0]; k++)
                add(b, &c[i], seed, b->o.share ? pairs[k] : alone[k]);
            if (b->o.who[0])
                add(b, &c[i], seed, b->o.who);
        }
    }
}

static int list(void)
{
    uint32_t n;
    const struct beside_condition *c = beside_conditions(&n);
    for (uint32_t i = 0; i < n; i++)
        printf("%-16s %s\n", c[i].name, c[i].says);
    return 0;
}

int main(int argc, char **argv)
{
    static struct beside_bench b = {.o = {.seeds = 3, .tries = 3, .together = 60, .congestion = SV_CC_CUBIC}};
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(stdout);
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list();
    b.o.names = calloc((size_t)argc, sizeof *b.o.names);
    if (!b.o.names || !beside_options(&b.o, argc, argv))
        return usage(stderr);
    b.o.verbose = b.o.verbose || b.o.who[0];
    b.series = b.o.series ? fopen(b.o.series, "w") : NULL;
    if (b.o.series && !b.series) {
        perror(b.o.series);
        return 1;
    }
    plan(&b);
    const bool all = beside_run(b.job, b.n, b.o.tries, b.o.together, done, &b), good = b.o.who[0] || beside_print(&b);
    for (uint32_t i = 0; i < b.n; i++)
        free(b.result[i]);
    free(b.o.names);
    return (b.series && fclose(b.series) != 0) || !all || !good ? 1 : 0;
}
