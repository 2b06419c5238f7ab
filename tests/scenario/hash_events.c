/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints, for 32 worlds, the hash of everything they emitted: tools/test compares that between compilers. Each
 * world is run again in a larger arena at another address, which must change nothing, and with one bit of one
 * frame flipped, which must change the hash. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/pair.h"

#define HASH_SEEDS 32u
#define HASH_BYTES (16u << 20)

_Noreturn void sv_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: promise broken: %s\n", file, line, what);
    abort();
}

/* 0: the world could not be built. */
static uint64_t hash_of(uint64_t seed, uint8_t *memory, size_t bytes, bool flip, uint64_t *records)
{
    static struct pair pair;
    memset(memory, 0, bytes);
    pair.coverage = NULL;
    pair.log = NULL;
    if (!pair_open(&pair, seed, memory, bytes))
        return 0;
    for (sv_port port = 0; flip && port < 2; port++) /* of the first frame that the cable does not lose */
        sv_link_flip(pair.link, port, 0, 200);
    (void)pair_run(&pair); /* the sweep judges it; the flipped one may well end otherwise */
    *records = sv_trace_count(pair.trace);
    return sv_trace_hash(pair.trace);
}

int main(void)
{
    uint8_t *memory = aligned_alloc(4096, 2u * HASH_BYTES);
    int failed = 0;
    if (!memory)
        return 1;
    for (uint64_t seed = 1; seed <= HASH_SEEDS; seed++) {
        uint64_t records = 0, again = 0, other = 0;
        const uint64_t first = hash_of(seed, memory, HASH_BYTES, false, &records);
        const uint64_t second = hash_of(seed, memory + 4096u * 3u + 64u, HASH_BYTES + 8192u, false, &again);
        const uint64_t flipped = hash_of(seed, memory, HASH_BYTES, true, &other);
        printf("%2llu %016llx %llu records\n", (unsigned long long)seed, (unsigned long long)first,
               (unsigned long long)records);
        if (first == 0 || first != second || records != again) {
            fprintf(stderr, "seed %llu: another arena gives another hash\n", (unsigned long long)seed);
            failed = 1;
        }
        if (first == flipped) {
            fprintf(stderr, "seed %llu: a flipped bit does not change the hash\n", (unsigned long long)seed);
            failed = 1;
        }
    }
    free(memory);
    return failed;
}
