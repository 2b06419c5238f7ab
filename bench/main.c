/* SPDX-License-Identifier: BSD-2-Clause */
/* `make bench`: the floor, Seven, and its peers, round by round, in one run. */
#include "bench/bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct bench_contestant *const everybody[BENCH_CONTESTANTS] = {&bench_floor, &bench_seven, &bench_lwip,
                                                                            &bench_kernel};

static int usage(FILE *to)
{
    fprintf(to, "usage: bench [--quick] [--list] [--rounds N] [--ms N] [--only NAMES] [--json FILE] [ROW ...]\n"
                "  ROW       a row's name, its first part (\"bulk\"), or a pattern (\"r*\"); none: all\n"
                "  --quick   smaller numbers, a few seconds in all\n"
                "  --list    the rows and what they say\n"
                "  --rounds  interleaved rounds a row [5; quick 2]\n"
                "  --ms      milliseconds a round and contestant [150; quick 20]\n"
                "  --only    some of floor,seven,lwip,kernel\n"
                "  --json    where the figures go [bench/last.json]\n"
                "Exit status 1: a check failed. 2: usage.\n");
    return to == stderr ? 2 : 0;
}

static bool number(const char *text, uint64_t least, uint64_t most, uint64_t *to)
{
    char *end = NULL;
    const unsigned long long v = strtoull(text, &end, 10);
    *to = v;
    return *text >= '0' && *text <= '9' && *end == '\0' && v >= least && v <= most;
}

/* -1: go on; else the exit status. */
static int options(int argc, char **argv, struct bench_options *o)
{
    static const struct option longs[] = {
        {"quick", no_argument, NULL, 'q'},        {"list", no_argument, NULL, 'l'},
        {"rounds", required_argument, NULL, 'r'}, {"ms", required_argument, NULL, 'm'},
        {"only", required_argument, NULL, 'o'},   {"json", required_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    uint64_t rounds = 0, ms = 0;
    bool good = true;
    for (int k; (k = getopt_long(argc, argv, "h", longs, NULL)) != -1;) {
        switch (k) {
        case 'q':
            o->quick = true;
            break;
        case 'l':
            o->list = true;
            break;
        case 'r':
            good &= number(optarg, 1, BENCH_ROUNDS_MAX, &rounds);
            break;
        case 'm':
            good &= number(optarg, 1, 60000, &ms);
            break;
        case 'o':
            o->contestants = optarg;
            break;
        case 'j':
            o->json = optarg;
            break;
        case 'h':
            return usage(stdout);
        default:
            good = false;
        }
    }
    o->rounds = rounds ? (uint32_t)rounds : o->quick ? 2 : 5;
    o->budget_ns = (ms ? ms : o->quick ? 20 : 150) * 1000000u;
    o->rows = argv + optind;
    o->row_count = argc - optind;
    return good ? -1 : usage(stderr);
}

static bool invited(const struct bench_options *o, const char *name)
{
    const char *at = o->contestants;
    const size_t n = strlen(name);
    while (at && *at) {
        const size_t k = strcspn(at, ",");
        if (k == n && strncmp(at, name, n) == 0)
            return true;
        at += at[k] == ',' ? k + 1 : k;
    }
    return o->contestants == NULL;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void take_sample(struct bench_cell *cell, const struct bench_case *c, const struct bench_sample *s)
{
    if (s->failed[0] && !cell->note.failed)
        bench_say(&cell->note, true, "%s", s->failed);
    else if (c->w_bytes && s->in_flight < 0.9 && !cell->note.failed)
        bench_say(&cell->note, true, "only %.2f of W in flight", s->in_flight);
    if (cell->samples < BENCH_ROUNDS_MAX)
        cell->value[cell->samples++] = s->value;
    cell->in_flight = cell->samples == 1 || s->in_flight < cell->in_flight ? s->in_flight : cell->in_flight;
}

static void conclude(struct bench_cell *cell)
{
    const uint32_t n = cell->samples;
    if (n == 0)
        return;
    qsort(cell->value, n, sizeof cell->value[0], ascending);
    cell->least = cell->value[0];
    cell->most = cell->value[n - 1];
    cell->median = n % 2 ? cell->value[n / 2] : (cell->value[n / 2 - 1] + cell->value[n / 2]) / 2;
}

static void run_row(const struct bench_options *o, struct bench_result *r)
{
    void *state[BENCH_CONTESTANTS] = {NULL};
    for (uint32_t k = 0; k < BENCH_CONTESTANTS; k++)
        if (invited(o, everybody[k]->name)) {
            state[k] = everybody[k]->open(r->row, &r->cell[k].note);
            r->cell[k].ran = state[k] != NULL;
        }
    for (uint32_t round = 0; round < o->rounds; round++)
        for (uint32_t k = 0; k < BENCH_CONTESTANTS; k++)
            if (state[k] && !r->cell[k].note.failed) {
                struct bench_sample s;
                memset(&s, 0, sizeof s);
                everybody[k]->run(state[k], r->row, o->budget_ns, &s);
                take_sample(&r->cell[k], r->row, &s);
            }
    for (uint32_t k = 0; k < BENCH_CONTESTANTS; k++) {
        if (state[k])
            everybody[k]->close(state[k]);
        conclude(&r->cell[k]);
    }
}

static bool any_failed(const struct bench_result *r, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < BENCH_CONTESTANTS; k++)
            if (r[i].cell[k].note.failed)
                return true;
    return false;
}

static int run_all(const struct bench_options *o, const struct bench_case *rows, uint32_t n)
{
    struct bench_result *r = calloc(n, sizeof *r);
    uint32_t done = 0;
    if (!r)
        return 1;
    bench_print_machine(o);
    bench_print_head(everybody);
    for (uint32_t i = 0; i < n; i++)
        if (bench_row_wanted(o, &rows[i])) {
            r[done].row = &rows[i];
            run_row(o, &r[done]);
            bench_print_row(&r[done++]);
        }
    bench_print_flatness(r, done);
    bench_print_notes(r, done, everybody);
    bool good = !any_failed(r, done);
    if (done == 0) {
        fprintf(stderr, "bench: no such row; see --list\n");
        good = false;
    } else if (!bench_write_json(o->json, r, done, everybody, o)) {
        fprintf(stderr, "bench: cannot write %s\n", o->json);
        good = false;
    } else {
        printf("\n%s: figures in %s\n", good ? "done" : "FAILED", o->json);
    }
    free(r);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct bench_options o = {.json = "bench/last.json"};
    const struct bench_case *rows;
    const int status = options(argc, argv, &o);
    if (status >= 0)
        return status;
    const uint32_t n = bench_rows(o.quick, &rows);
    if (!o.list)
        return run_all(&o, rows, n);
    for (uint32_t i = 0; i < n; i++)
        printf("%-10s %-10s %s\n", rows[i].name, rows[i].unit, rows[i].says);
    return 0;
}
