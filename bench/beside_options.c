/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "bench/beside_table.h"

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

/* "modern" or "linux,kernel" */
static bool who_named(const char *word, enum beside_who who[BESIDE_FLOWS])
{
    for (uint32_t i = 0; i < BESIDE_FLOWS; i++) {
        const size_t n = strcspn(word, ",");
        for (enum beside_who w = BESIDE_KERNEL; w <= BESIDE_LINUX; w++) {
            if (strlen(beside_who_name(w)) == n && strncmp(beside_who_name(w), word, n) == 0)
                who[i] = w;
        }
        word += n;
        if (!who[i] || !*word)
            return who[i] != BESIDE_NOBODY;
        word++;
    }
    return false;
}

static bool congestion_named(const char *word, uint32_t *to)
{
    for (*to = SV_CC_BBR; *to; --*to) {
        if (strcmp(sv_congestion_name(*to), word) == 0)
            return true;
    }
    return false;
}

static bool text_option(struct beside_options *o, int argc, char **argv, int *i)
{
    const char *word = argv[*i], *value = *i + 1 < argc ? argv[*i + 1] : NULL;
    if (beside_condition_named(word)) {
        o->names[o->count++] = word;
        return true;
    }
    if (!value)
        return false;
    ++*i;
    if (strcmp(word, "--series") == 0)
        o->series = value;
    else if (strcmp(word, "--capture") == 0)
        o->capture = value;
    else if (strcmp(word, "--log") == 0)
        o->log = value;
    else if (strcmp(word, "--who") == 0)
        return who_named(value, o->who);
    else
        return strcmp(word, "--congestion") == 0 && congestion_named(value, &o->congestion);
    return true;
}

bool beside_options(struct beside_options *o, int argc, char **argv)
{
    bool good = true;
    uint32_t seed = 1;
    for (int i = 1; i < argc && good; i++) {
        if (strcmp(argv[i], "--share") == 0)
            o->share = true;
        else if (strcmp(argv[i], "--verbose") == 0)
            o->verbose = true;
        else if (strcmp(argv[i], "--first") == 0)
            o->first = true;
        else if (strcmp(argv[i], "--together") == 0)
            good = number(argv, argc, &i, 1000, &o->together);
        else if (strcmp(argv[i], "--seeds") == 0)
            good = number(argv, argc, &i, 16, &o->seeds);
        else if (strcmp(argv[i], "--seconds") == 0)
            good = number(argv, argc, &i, BESIDE_TICKS / 10, &o->seconds);
        else if (strcmp(argv[i], "--tries") == 0)
            good = number(argv, argc, &i, 20, &o->tries);
        else if (strcmp(argv[i], "--seed") == 0)
            good = number(argv, argc, &i, UINT32_MAX, &seed);
        else
            good = text_option(o, argc, argv, &i);
    }
    o->first_seed = seed;
    o->seconds = o->seconds ? o->seconds : o->share ? 60 : 10;
    return good;
}
