/* SPDX-License-Identifier: BSD-2-Clause */
/* A fixed scenario for callgrind: exactly so many operations on a clock that moves by a microsecond a
 * reading, with the portable routines, so that two runs of one build count the same instructions. */
#include "bench/seven_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sv_time even_clock(void)
{
    static sv_time now = SV_S;
    return now += SV_US;
}

static const struct scenario {
    struct bench_case row;
    void *(*open)(const struct bench_case *c, struct bench_note *note);
    bool (*exactly)(void *state, uint64_t operations);
    void (*close)(void *state);
} scenarios[] = {
    {{.name = "bulk", .kind = BENCH_BULK, .w_bytes = 65536, .connections = 1},
     seven_bulk_open,
     seven_bulk_exactly,
     seven_bulk_close},
    {{.name = "small", .kind = BENCH_BULK, .w_bytes = 16384, .connections = 1},
     seven_bulk_open,
     seven_bulk_exactly,
     seven_bulk_close},
    {{.name = "ref", .kind = BENCH_REF, .w_bytes = 65536, .connections = 1},
     seven_bulk_open,
     seven_bulk_exactly,
     seven_bulk_close},
    {{.name = "super", .kind = BENCH_SUPER, .w_bytes = 1048576, .connections = 1},
     seven_bulk_open,
     seven_bulk_exactly,
     seven_bulk_close},
    {{.name = "rr", .kind = BENCH_RR, .connections = 1000, .depth = 64},
     seven_rr_open,
     seven_rr_exactly,
     seven_rr_close},
    {{.name = "one", .kind = BENCH_RR, .connections = 1, .depth = 1}, seven_rr_open, seven_rr_exactly, seven_rr_close},
    {{.name = "connect", .kind = BENCH_CONNECT, .connections = 64, .depth = 64, .standing = 1000},
     seven_connect_open,
     seven_connect_exactly,
     seven_connect_close},
};

int main(int argc, char **argv)
{
    pair_clock = even_clock;
    pair_portable = true;
    for (size_t i = 0; argc == 3 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
        const struct scenario *s = &scenarios[i];
        struct bench_note note = {0};
        if (strcmp(argv[1], s->row.name) != 0)
            continue;
        void *state = s->open(&s->row, &note);
        if (!state || !s->exactly(state, strtoull(argv[2], NULL, 10))) {
            fprintf(stderr, "instructions: %s: %s\n", s->row.name, note.text[0] ? note.text : "it failed");
            return 1;
        }
        s->close(state);
        return 0;
    }
    fprintf(stderr, "usage: bench_instructions bulk|small|ref|super|rr|one|connect OPERATIONS\n");
    return 2;
}
