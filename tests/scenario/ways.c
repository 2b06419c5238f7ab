/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints, for so many worlds of pair.h, with little to say to each other, the hash of everything that they emitted. It
 * is built twice: as it is, and with the long ways alone (SV_LONG_WAYS_ONLY, core/mem.h); ways.py compares. With a seed
 * behind the number of worlds: what that one emitted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/pair.h"

#define WAYS_BYTES (16u << 20)
#define WAYS_TOTAL 6000u /* bytes that a side sends at most: a few windows' worth of opening, talking and closing */

_Noreturn void sv_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: promise broken: %s\n", file, line, what);
    abort();
}

/* Short conversations: mostly openings, single segments and endings. */
static void soften(struct pair *p)
{
    for (uint32_t k = 0; k < p->conditions.connections; k++) {
        for (uint32_t h = 0; h < 2; h++) {
            struct pair_plan *plan = &p->connection[k].side[h].plan;
            plan->total %= WAYS_TOTAL;
            plan->chunk = plan->chunk % 3000u + 1u;
            plan->urgent_at = plan->total > 1u ? plan->urgent_at % plan->total : 0;
        }
    }
}

static void list(const struct sv_trace_record *r)
{
    printf("%llu %s host %u flow %u packet %u: %u", (unsigned long long)(r->time - PAIR_BEGIN),
           sv_trace_kind_name((enum sv_trace_kind)r->kind), r->host, r->flow, r->packet, r->detail);
    for (uint32_t i = 0; i < SV_TRACE_ARGS; i++)
        printf(" %u", r->arg[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    static struct pair pair;
    const unsigned long seeds = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    const uint64_t only = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    pair.log = only ? list : NULL;
    uint8_t *memory = aligned_alloc(4096, WAYS_BYTES);
    if (!memory)
        return 1;
    for (uint64_t seed = only ? only : 1; seed <= (only ? only : seeds); seed++) {
        memset(memory, 0, WAYS_BYTES);
        if (!pair_open(&pair, seed, memory, WAYS_BYTES))
            return 1;
        soften(&pair);
        sv_stack_set_checked(pair.stack[0], false); /* the sweep looks at all that */
        sv_stack_set_checked(pair.stack[1], false);
        (void)pair_run(&pair);
        printf("seed %llu: %016llx after %llu records\n", (unsigned long long)seed,
               (unsigned long long)sv_trace_hash(pair.trace), (unsigned long long)sv_trace_count(pair.trace));
    }
    free(memory);
    return 0;
}
