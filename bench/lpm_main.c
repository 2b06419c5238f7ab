/* SPDX-License-Identifier: BSD-2-Clause */
/* Longest-prefix match: Seven's beside DPDK's, the same table and the same keys, round by round in one run. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lpm.h"

#define KEYS (1u << 21)
#define ROUNDS_MAX 32u

static const struct lpm_holder *const holders[] = {&lpm_seven4, &lpm_seven4_small, &lpm_rte_lpm,  &lpm_rte_fib,
                                                   &lpm_seven6, &lpm_seven6_small, &lpm_rte_lpm6, &lpm_rte_fib6};
#define FAMILY 4u /* holders of each */
#define HOLDERS (sizeof holders / sizeof holders[0])
static const char *const pattern_name[LPM_PATTERNS] = {"uniform", "routed", "zipf"};

struct result {
    bool ran;
    double build_s, megabytes, update_us, update_worst_us;
    double rate[LPM_PATTERNS][ROUNDS_MAX], median[LPM_PATTERNS], least[LPM_PATTERNS], most[LPM_PATTERNS];
};

struct options {
    uint64_t seed;
    uint32_t n4, n6, rounds;
    bool alone;
    const char *json;
};

static int usage(FILE *to)
{
    fprintf(
        to,
        "usage: bench_lpm [--seed N] [--prefixes N] [--prefixes6 N] [--rounds N] [--quick] [--alone] [--json FILE]\n"
        "  --seed       of the table and the keys [1]\n"
        "  --prefixes   IPv4 [1000000; quick 50000]\n"
        "  --prefixes6  IPv6 [250000; quick 20000]\n"
        "  --rounds     interleaved rounds [7; quick 3]\n"
        "  --alone      without the peers\n"
        "  --json       where the figures go [bench/lpm.json]\n"
        "rte_lpm looks through its rules one by one: a million take it a minute or two to add.\n");
    return to == stderr ? 2 : 0;
}

static bool number(const char *text, uint64_t most, uint64_t *to)
{
    char *end = NULL;
    *to = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *to <= most;
}

static int options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {{"seed", required_argument, NULL, 's'},
                                          {"prefixes", required_argument, NULL, '4'},
                                          {"prefixes6", required_argument, NULL, '6'},
                                          {"rounds", required_argument, NULL, 'r'},
                                          {"quick", no_argument, NULL, 'q'},
                                          {"json", required_argument, NULL, 'j'},
                                          {"alone", no_argument, NULL, 'a'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    uint64_t v = 0;
    bool good = true;
    for (int k; (k = getopt_long(argc, argv, "h", longs, NULL)) != -1;) {
        if (k == 's')
            good &= number(optarg, UINT64_MAX, &o->seed);
        else if (k == '4' && (good &= number(optarg, 2000000, &v)))
            o->n4 = (uint32_t)v;
        else if (k == '6' && (good &= number(optarg, 1000000, &v)))
            o->n6 = (uint32_t)v;
        else if (k == 'r' && (good &= number(optarg, ROUNDS_MAX, &v) && v > 0))
            o->rounds = (uint32_t)v;
        else if (k == 'q')
            o->n4 = 50000, o->n6 = 20000, o->rounds = 3;
        else if (k == 'a')
            o->alone = true;
        else if (k == 'j')
            o->json = optarg;
        else if (k == 'h')
            return usage(stdout);
        else if (k == '?')
            good = false;
    }
    return good && o->n4 && o->n6 && optind == argc ? -1 : usage(stderr);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool open_all(const struct lpm_table *t, struct result *r, bool dpdk)
{
    bool good = true;
    for (uint32_t i = 0; i < HOLDERS; i++) {
        uint64_t bytes = 0;
        if (holders[i]->absent || (!dpdk && i % FAMILY > 1))
            continue;
        const uint64_t begin = bench_cpu_ns();
        r[i].ran = holders[i]->open(t, &bytes);
        r[i].build_s = (double)(bench_cpu_ns() - begin) / 1e9;
        r[i].megabytes = (double)bytes / 1e6;
        if (!r[i].ran) {
            fprintf(stderr, "bench_lpm: %s could not take the table\n", holders[i]->name);
            good = false;
        }
    }
    return good;
}

/* Every answer of everybody: they must be the same. */
static bool agree(const struct lpm_table *t, struct result *r, const struct options *o)
{
    static uint32_t first[KEYS], other[KEYS];
    bool good = true;
    for (uint32_t p = 0; p < LPM_PATTERNS; p++) {
        for (uint32_t v6 = 0; v6 < 2; v6++) {
            struct lpm_keys k;
            good &= lpm_keys_make(&k, t, v6, (enum lpm_pattern)p, o->seed + p, KEYS);
            holders[v6 * FAMILY]->lookup(&k, 0, KEYS, first);
            for (uint32_t i = v6 * FAMILY + 1; i < (v6 + 1) * FAMILY; i++) {
                if (!r[i].ran)
                    continue;
                holders[i]->lookup(&k, 0, KEYS, other);
                if (memcmp(first, other, sizeof first) != 0) {
                    fprintf(stderr, "bench_lpm: %s and seven differ (%s)\n", holders[i]->name, pattern_name[p]);
                    good = false;
                }
            }
            lpm_keys_free(&k);
        }
    }
    return good;
}

static void measure(const struct lpm_table *t, struct result *r, const struct options *o)
{
    static uint32_t got[KEYS];
    for (uint32_t p = 0; p < LPM_PATTERNS; p++) {
        for (uint32_t v6 = 0; v6 < 2; v6++) {
            struct lpm_keys k;
            if (!lpm_keys_make(&k, t, v6, (enum lpm_pattern)p, o->seed + p, KEYS))
                continue;
            for (uint32_t round = 0; round < o->rounds; round++) {
                for (uint32_t i = v6 * FAMILY; i < (v6 + 1) * FAMILY; i++) {
                    if (!r[i].ran)
                        continue;
                    const uint64_t begin = bench_cpu_ns();
                    for (uint32_t at = 0; at < KEYS; at += 4096) /* answers stay in the nearest cache */
                        holders[i]->lookup(&k, at, 4096, got);
                    r[i].rate[p][round] = KEYS * 1e3 / (double)(bench_cpu_ns() - begin);
                }
            }
            lpm_keys_free(&k);
        }
    }
    for (uint32_t i = 0; i < HOLDERS; i++)
        for (uint32_t p = 0; p < LPM_PATTERNS && r[i].ran; p++) {
            qsort(r[i].rate[p], o->rounds, sizeof(double), ascending);
            r[i].least[p] = r[i].rate[p][0];
            r[i].median[p] = r[i].rate[p][o->rounds / 2];
            r[i].most[p] = r[i].rate[p][o->rounds - 1];
        }
}

/* Prefixes chosen at random go and come back, as a flapping neighbour does it. */
static bool updates(const struct lpm_table *t, struct result *r, const struct options *o)
{
    bool good = true;
    for (uint32_t i = 0; i < HOLDERS; i++) {
        struct bench_rng rng = {o->seed + 99};
        const struct lpm_prefix *list = holders[i]->v6 ? t->six : t->four;
        const uint32_t prefixes = holders[i]->v6 ? t->n6 : t->n4, n = holders[i]->slow ? 200 : 20000;
        uint64_t all = 0, worst = 0;
        if (!r[i].ran)
            continue;
        for (uint32_t k = 0; k < n; k++) {
            const struct lpm_prefix *p = &list[bench_rng_below(&rng, prefixes)];
            const uint64_t begin = bench_cpu_ns();
            good &= holders[i]->remove(p) && holders[i]->add(p);
            const uint64_t took = bench_cpu_ns() - begin;
            all += took;
            worst = took > worst ? took : worst;
        }
        r[i].update_us = (double)all / 2e3 / n;
        r[i].update_worst_us = (double)worst / 2e3;
    }
    return good;
}

static void print(const struct result *r, const struct options *o, FILE *json)
{
    printf("%-10s %9s %9s %9s %9s   lookups, millions a second (least-most)\n", "", "build", "memory", "update",
           "worst");
    printf("%-10s %9s %9s %9s %9s  %20s %20s %20s\n", "", "s", "MB", "us", "us", "uniform", "routed", "zipf");
    for (uint32_t i = 0; i < HOLDERS; i++) {
        const struct result *x = &r[i];
        if (i % FAMILY == 0)
            printf("%s, %u prefixes\n", i ? "IPv6" : "IPv4", i ? o->n6 : o->n4);
        if (!x->ran) {
            printf("  %-8s %s\n", holders[i]->name, holders[i]->absent ? holders[i]->absent : "not run");
            continue;
        }
        printf("  %-8s %9.2f %9.1f %9.2f %9.1f ", holders[i]->name, x->build_s, x->megabytes, x->update_us,
               x->update_worst_us);
        for (uint32_t p = 0; p < LPM_PATTERNS; p++)
            printf(" %7.1f (%4.0f-%4.0f) ", x->median[p], x->least[p], x->most[p]);
        printf("\n");
        if (json)
            fprintf(json,
                    "%s  {\"holder\": \"%s\", \"family\": %d, \"build_s\": %.3f, \"memory_mb\": %.1f, "
                    "\"update_us\": %.3f, \"update_worst_us\": %.1f, \"uniform_m_per_s\": %.1f, "
                    "\"routed_m_per_s\": %.1f, \"zipf_m_per_s\": %.1f}",
                    i ? ",\n" : "", holders[i]->name, holders[i]->v6 ? 6 : 4, x->build_s, x->megabytes, x->update_us,
                    x->update_worst_us, x->median[0], x->median[1], x->median[2]);
    }
}

static void print_ratios(const struct result *r)
{
    for (uint32_t v6 = 0; v6 < 2; v6++)
        for (uint32_t p = 0; p < LPM_PATTERNS; p++) {
            const struct result *ours = &r[v6 * FAMILY], *small = ours + 1, *peer = ours + 2;
            const double best = fmax(peer[0].ran ? peer[0].median[p] : 0, peer[1].ran ? peer[1].median[p] : 0);
            if (best > 0)
                printf("%s %-8s times the faster peer: seven %.2f, in ordinary pages %.2f\n", v6 ? "IPv6" : "IPv4",
                       pattern_name[p], ours->median[p] / best, small->median[p] / best);
        }
}

int main(int argc, char **argv)
{
    struct options o = {1, 1000000, 250000, 7, false, "bench/lpm.json"};
    static struct result r[HOLDERS];
    struct lpm_table t;
    const int status = options(argc, argv, &o);
    if (status >= 0)
        return status;
    printf("longest-prefix match, seed %llu; processor time of one thread; the peers without huge pages\n",
           (unsigned long long)o.seed);
    if (!lpm_table_make(&t, o.seed, o.n4, o.n6))
        return 1;
    bool good = open_all(&t, r, !o.alone && lpm_dpdk_init());
    good = good && agree(&t, r, &o);
    measure(&t, r, &o);
    good = updates(&t, r, &o) && good;
    good = agree(&t, r, &o) && good; /* and after the updates */
    FILE *json = fopen(o.json, "w");
    if (json)
        fprintf(json, "{\"schema\": 1, \"seed\": %llu, \"rows\": [\n", (unsigned long long)o.seed);
    print(r, &o, json);
    print_ratios(r);
    if (json) {
        fprintf(json, "\n]}\n");
        fclose(json);
    }
    printf("%s\n", good ? "every answer of everybody agrees, before and after the updates" : "FAILED");
    for (uint32_t i = 0; i < HOLDERS; i++)
        if (r[i].ran)
            holders[i]->close();
    return good ? 0 : 1;
}
