/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark of longest-prefix match: one table and one list of keys from a seed, several who hold it. */
#ifndef BENCH_LPM_H
#define BENCH_LPM_H

#include "bench/bench.h"

struct lpm_prefix {
    uint8_t bytes[16]; /* IPv4 in the first four */
    uint32_t length, hop;
};

struct lpm_table {
    uint32_t n4, n6, hops;
    struct lpm_prefix *four, *six;
};

enum lpm_pattern { LPM_UNIFORM, LPM_ROUTED, LPM_ZIPF, LPM_PATTERNS };

struct lpm_keys {
    uint32_t n;
    uint32_t *four;
    uint8_t (*six)[16];
};

/* lpm_table.c. The same seed and counts: the same table and keys, anywhere. */
bool lpm_table_make(struct lpm_table *t, uint64_t seed, uint32_t n4, uint32_t n6);
bool lpm_keys_make(struct lpm_keys *k, const struct lpm_table *t, bool v6, enum lpm_pattern pattern, uint64_t seed,
                   uint32_t n);
void lpm_keys_free(struct lpm_keys *k);

/* Who holds a table. Unrouted addresses answer 0. */
struct lpm_holder {
    const char *name;
    bool v6;
    const char *absent;                                       /* why it cannot run; NULL: it can */
    bool (*open)(const struct lpm_table *t, uint64_t *bytes); /* all prefixes added, one by one */
    void (*lookup)(const struct lpm_keys *k, uint32_t from, uint32_t n, uint32_t *hops);
    bool (*remove)(const struct lpm_prefix *p);
    bool (*add)(const struct lpm_prefix *p);
    void (*close)(void);
    bool slow; /* linear in the rules: updates are measured over fewer */
};

extern const struct lpm_holder lpm_seven4, lpm_seven6, lpm_seven4_small, lpm_seven6_small;
extern const struct lpm_holder lpm_rte_lpm, lpm_rte_fib, lpm_rte_lpm6, lpm_rte_fib6;
bool lpm_dpdk_init(void); /* false: it is not there */

#endif
