/* SPDX-License-Identifier: BSD-2-Clause */
/* build/bench_beside: goodput of Seven and of the kernel through the same impaired link, and how two flows share one.
 * What it prints is docs/GOODPUT.md's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench/beside.h"

#define JOBS 2000u
#define RUNS 16u

struct options {
    uint32_t seconds, seeds, tries, congestion, profile;
    uint64_t first_seed;
    bool share, verbose;
    const char *series;
    const char **names;
    uint32_t count;
};

struct bench {
    const struct options *o;
    struct beside_job job[JOBS];
    struct beside_result *result[JOBS];
    uint32_t tries[JOBS];
    uint32_t n;
};

static int usage(FILE *to)
{
    fprintf(
        to,
        "usage: bench_beside [options] [CONDITION...]\n"
        "  goodput of the kernel, of Seven and of the kernel again through the same link, each for 10 s\n"
        "  --share          two flows at one bottleneck instead: Jain's index of kernel and kernel, Seven and kernel,\n"
        "                   Seven and Seven over the last three quarters (60 s)\n"
        "  --seeds N        draws of the link, each for all three [3]\n"
        "  --seed N         the first of them [1]\n"
        "  --seconds N      of one run\n"
        "  --tries N        times that a run which the machine disturbed is done at most [3]\n"
        "  --congestion W   cubic, reno or bbr, of both [cubic]\n"
        "  --profile W      modern or linux, of Seven [modern]\n"
        "  --series FILE    every tenth of a second of every run\n"
        "  --verbose        every run as it ends\n"
        "  --list           the conditions\n"
        "Needs the right to make network namespaces and TAPs; as root it also runs before other programs. Exit status\n"
        "1: a run could not be done. 2: usage.\n");
    return to == stderr ? 2 : 0;
}

static const char *word_of(enum beside_who who)
{
    return who == BESIDE_SEVEN ? "seven" : who == BESIDE_KERNEL ? "kernel" : "-";
}

static void done(void *self, uint32_t number, const struct beside_result *r, uint32_t tries)
{
    struct bench *b = self;
    const struct beside_job *j = &b->job[number];
    b->result[number] = malloc(sizeof *r);
    if (b->result[number])
        *b->result[number] = *r;
    b->tries[number] = tries;
    if (!b->o->verbose && r->ok)
        return;
    const struct beside_view *v = &r->view[0][r->ticks ? r->ticks - 1 : 0];
    fprintf(
        stderr,
        "%s seed %llu %s: %.2f Mbit/s, cwnd %u, ssthresh %u, rtt %.1f ms, sent again %u; %llu lost, %llu queue full, "
        "late %.2f %% (mean %.0f us, most %.1f ms), tap dropped %llu, tries %u%s%s\n",
        j->condition->name, (unsigned long long)j->seed, word_of(j->who[0]), beside_goodput(r, 0, 0, j->seconds),
        v->cwnd, v->ssthresh, v->srtt_us / 1e3, v->retransmits, (unsigned long long)r->lost,
        (unsigned long long)r->queue_full, r->late.frames ? 100.0 * (double)r->late.late / (double)r->late.frames : 0,
        r->late.frames ? (double)r->late.sum_ns / 1e3 / (double)r->late.frames : 0, (double)r->late.most_ns / 1e6,
        (unsigned long long)r->tap_dropped, tries, r->ok ? "" : ": ", r->wrong);
}

static void add(struct bench *b, const struct beside_condition *c, uint32_t seed, enum beside_who a,
                enum beside_who second)
{
    if (b->n == JOBS)
        return;
    b->job[b->n++] = (struct beside_job){.condition = c,
                                         .seed = b->o->first_seed + seed,
                                         .seconds = b->o->seconds,
                                         .who = {a, second},
                                         .start_ms = {0, 2000},
                                         .congestion = b->o->congestion,
                                         .profile = b->o->profile};
}

static bool wanted(const struct options *o, const struct beside_condition *c)
{
    const bool shared = strncmp(c->name, "share-", 6) == 0;
    for (uint32_t i = 0; i < o->count; i++) {
        if (strcmp(o->names[i], c->name) == 0)
            return true;
    }
    return o->count == 0 && shared == o->share;
}

static void plan(struct bench *b)
{
    static const enum beside_who alone[3][2] = {{BESIDE_KERNEL}, {BESIDE_SEVEN}, {BESIDE_KERNEL}};
    static const enum beside_who pairs[4][2] = {{BESIDE_KERNEL, BESIDE_KERNEL},
                                                {BESIDE_SEVEN, BESIDE_KERNEL},
                                                {BESIDE_KERNEL, BESIDE_SEVEN},
                                                {BESIDE_SEVEN, BESIDE_SEVEN}};
    uint32_t n;
    const struct beside_condition *c = beside_conditions(&n);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t seed = 0; wanted(b->o, &c[i]) && seed < b->o->seeds; seed++) {
            for (uint32_t k = 0; k < (b->o->share ? 4u : 3u); k++)
                add(b, &c[i], seed, b->o->share ? pairs[k][0] : alone[k][0], b->o->share ? pairs[k][1] : BESIDE_NOBODY);
        }
    }
}

/* --- tables --- */

static bool counts(const struct bench *b, uint32_t i)
{
    return b->result[i] && b->result[i]->ok && !beside_disturbed(b->result[i]);
}

/* Each seed is three jobs in a row: kernel, Seven, kernel. */
static bool print_goodput(const struct bench *b, uint32_t first, uint32_t seeds)
{
    const struct beside_condition *c = b->job[first].condition;
    double kernel = 0, seven = 0, least = 1e9, most = 0, against_itself = 0;
    uint32_t n = 0, resent[2] = {0, 0};
    for (uint32_t s = 0; s < seeds; s++) {
        const uint32_t at = first + 3 * s;
        double rate[3];
        if (!counts(b, at) || !counts(b, at + 1) || !counts(b, at + 2))
            continue;
        for (uint32_t k = 0; k < 3; k++)
            rate[k] = beside_goodput(b->result[at + k], 0, 0, b->o->seconds);
        const double mean = (rate[0] + rate[2]) / 2, ratio = rate[1] / mean;
        kernel += mean;
        seven += rate[1];
        least = ratio < least ? ratio : least;
        most = ratio > most ? ratio : most;
        against_itself = fmax(against_itself, fabs(rate[2] - rate[0]) / mean);
        resent[0] += b->result[at]->view[0][b->result[at]->ticks - 1].retransmits;
        resent[1] += b->result[at + 1]->view[0][b->result[at + 1]->ticks - 1].retransmits;
        n++;
    }
    if (n == 0) {
        printf("| %s | %s | | | disturbed | | | |\n", c->name, c->says);
        return false;
    }
    printf("| %s | %s | %.2f | %.2f | %.3f | %.3f to %.3f | %.1f %% | %u, %u |%s\n", c->name, c->says, kernel / n,
           seven / n, seven / kernel, least, most, 100 * against_itself, resent[0] / n, resent[1] / n,
           n < seeds ? " (some disturbed)" : "");
    fflush(stdout);
    return true;
}

static bool print_share(const struct bench *b, uint32_t at)
{
    const struct beside_job *j = &b->job[at];
    if (!counts(b, at)) {
        printf("| %s | %s, %s | disturbed | | |\n", j->condition->name, word_of(j->who[0]), word_of(j->who[1]));
        return false;
    }
    const double from = j->seconds / 4.0;
    const double x = beside_goodput(b->result[at], 0, from, j->seconds),
                 y = beside_goodput(b->result[at], 1, from, j->seconds);
    printf("| %s, seed %llu | %s, %s | %.2f, %.2f | %.4f | %.1f %% |\n", j->condition->says,
           (unsigned long long)j->seed, word_of(j->who[0]), word_of(j->who[1]), x, y,
           (x + y) * (x + y) / (2 * (x * x + y * y)), 100 * (x + y) / j->condition->mbit_s);
    return true;
}

static void write_series(const struct bench *b)
{
    FILE *f = b->o->series ? fopen(b->o->series, "w") : NULL;
    for (uint32_t i = 0; f && i < b->n; i++) {
        const struct beside_result *r = b->result[i];
        for (uint32_t t = 0; r && t < r->ticks; t++) {
            for (uint32_t k = 0; k < BESIDE_FLOWS && b->job[i].who[k]; k++) {
                const struct beside_view *v = &r->view[k][t];
                fprintf(f, "%s %llu %u %s %u.%u %llu %u %u %u %u %u %u\n", b->job[i].condition->name,
                        (unsigned long long)b->job[i].seed, i, word_of(b->job[i].who[k]), (t + 1) / 10, (t + 1) % 10,
                        (unsigned long long)r->received[k][t], v->cwnd, v->ssthresh, v->in_flight, v->srtt_us,
                        v->retransmits, v->backoff);
            }
        }
    }
    if (b->o->series && (!f || fclose(f) != 0))
        perror(b->o->series);
}

static bool print(const struct bench *b)
{
    struct utsname u;
    bool good = true;
    if (uname(&u) == 0)
        printf("%s %s, %u s a run, %u seeds, %s\n\n", u.sysname, u.release, b->o->seconds, b->o->seeds,
               sv_congestion_name(b->o->congestion));
    if (b->o->share)
        printf("| bottleneck | first, second (2 s later) | Mbit/s | Jain's index | used |\n|---|---|---|---|---|\n");
    else
        printf(
            "| condition | path | kernel, Mbit/s | Seven, Mbit/s | ratio | ratios of the seeds | kernel against itself "
            "| sent again: kernel, Seven |\n|---|---|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < b->n; i += b->o->share ? 1 : 3 * b->o->seeds)
        good = (b->o->share ? print_share(b, i) : print_goodput(b, i, b->o->seeds)) && good;
    write_series(b);
    return good;
}

static int list(void)
{
    uint32_t n;
    const struct beside_condition *c = beside_conditions(&n);
    for (uint32_t i = 0; i < n; i++)
        printf("%-16s %s\n", c[i].name, c[i].says);
    return 0;
}

/* The next argument as a number from 1 on. */
static bool number(char **argv, int argc, int *i, uint32_t most, uint32_t *to)
{
    char *end = NULL;
    if (*i + 1 >= argc)
        return false;
    const unsigned long v = strtoul(argv[++*i], &end, 10);
    *to = (uint32_t)v;
    return v >= 1 && v <= most && end && *end == '\0';
}

static bool option(struct options *o, int argc, char **argv, int *i)
{
    const char *word = argv[*i];
    uint32_t seed = 0;
    bool good = true;
    if (strcmp(word, "--share") == 0)
        o->share = true;
    else if (strcmp(word, "--verbose") == 0)
        o->verbose = true;
    else if (strcmp(word, "--seeds") == 0)
        good = number(argv, argc, i, 100, &o->seeds);
    else if (strcmp(word, "--seconds") == 0)
        good = number(argv, argc, i, BESIDE_TICKS / 10, &o->seconds);
    else if (strcmp(word, "--tries") == 0)
        good = number(argv, argc, i, 20, &o->tries);
    else if (strcmp(word, "--seed") == 0 && (good = number(argv, argc, i, UINT32_MAX, &seed)))
        o->first_seed = seed;
    else if (strcmp(word, "--series") == 0 && ++*i < argc)
        o->series = argv[*i];
    else if (strcmp(word, "--profile") == 0 && ++*i < argc)
        o->profile = strcmp(argv[*i], "linux") == 0 ? SV_PROFILE_LINUX : SV_PROFILE_MODERN;
    else if (strcmp(word, "--congestion") == 0 && ++*i < argc) {
        for (o->congestion = SV_CC_BBR; o->congestion; o->congestion--)
            if (strcmp(sv_congestion_name(o->congestion), argv[*i]) == 0)
                break;
        good = o->congestion != 0;
    } else if (beside_condition_named(word))
        o->names[o->count++] = word;
    else
        good = false;
    return good;
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct options o = {.seeds = 3, .tries = 3, .congestion = SV_CC_CUBIC, .first_seed = 1};
    o.names = calloc((size_t)argc, sizeof *o.names);
    for (int i = 1; i < argc && o.names; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return usage(stdout);
        if (strcmp(argv[i], "--list") == 0)
            return list();
        if (!option(&o, argc, argv, &i))
            return usage(stderr);
    }
    o.seconds = o.seconds ? o.seconds : o.share ? 60 : 10;
    b.o = &o;
    plan(&b);
    const bool all = beside_run(b.job, b.n, o.tries, done, &b), good = print(&b);
    for (uint32_t i = 0; i < b.n; i++)
        free(b.result[i]);
    free(o.names);
    return all && good ? 0 : 1;
}
