/* SPDX-License-Identifier: BSD-2-Clause */
/* What bench_beside has run, and the tables of it. */
#ifndef BENCH_BESIDE_TABLE_H
#define BENCH_BESIDE_TABLE_H

#include "bench/beside.h"

#define BESIDE_JOBS 4000u
#define BESIDE_TURNS 4u /* runs of one seed: kernel, modern, linux, kernel; or the pairs that share */

struct beside_options {
    uint32_t seconds, seeds, tries, congestion;
    uint64_t first_seed;
    uint32_t together; /* Mbit/s of runs at once */
    bool share, verbose, first;
    enum beside_who who[BESIDE_FLOWS]; /* these alone, without a table */
    const char *series, *capture, *log;
    const char **names;
    uint32_t count;
};

struct beside_bench {
    struct beside_options o;
    FILE *series;
    struct beside_job job[BESIDE_JOBS];
    struct beside_result *result[BESIDE_JOBS];
    uint32_t n;
};

/* The next argument list's options. False: what they say cannot be. */
bool beside_options(struct beside_options *o, int argc, char **argv);

void beside_tell(const struct beside_bench *b, uint32_t job, uint32_t tries); /* one line on stderr */
void beside_write_series(const struct beside_bench *b, uint32_t job);
bool beside_print(const struct beside_bench *b); /* false: a run failed, or was disturbed each time */

#endif
