/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulator's speed: one transfer beside ns-3, a thousand hosts from their scenario file, and how long it takes to
 * go back in a world of 64 MiB. Costs are processor time: on a machine of its own that is the time on the wall. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/world_bench.h"

static int usage(FILE *to)
{
    fprintf(to, "usage: bench_world [--quick] [transfer] [idle] [thousand] [back]\n"
                "  transfer  one connection through a bottleneck with losses, beside ns-3 (build/bench/bench_ns3)\n"
                "  idle      memory of a connection that is open and says nothing, beside ns-3\n"
                "  thousand  scenarios/thousand-hosts.yaml: events a second, memory a connection\n"
                "  back      snapshot and restore of 64 MiB\n"
                "  --quick   smaller numbers\n"
                "Figures go to bench/world.json. Exit status 1: a check failed. 2: usage.\n");
    return to == stderr ? 2 : 0;
}

int main(int argc, char **argv)
{
    bool quick = false, any = false, want[4] = {false, false, false, false}, good = true;
    static const char *const rows[4] = {"transfer", "idle", "thousand", "back"};
    for (int i = 1; i < argc; i++) {
        bool known = strcmp(argv[i], "--quick") == 0;
        quick = quick || known;
        for (uint32_t k = 0; k < 4; k++) {
            if (strcmp(argv[i], rows[k]) != 0)
                continue;
            want[k] = any = known = true;
        }
        if (strcmp(argv[i], "--help") == 0)
            return usage(stdout);
        if (!known)
            return usage(stderr);
    }
    FILE *json = fopen("bench/world.json", "w");
    if (!json) {
        perror("bench/world.json");
        return 1;
    }
    fprintf(json, "{\"schema\": 1, \"quick\": %s", quick ? "true" : "false");
    if (!any || want[0])
        good = world_transfer(quick, json) && good;
    if (!any || want[1])
        good = world_idle(json) && good;
    if (!any || want[2])
        good = world_thousand(json) && good;
    if (!any || want[3])
        good = world_back(json) && good;
    fprintf(json, "}\n");
    good = fclose(json) == 0 && good;
    printf("%s: figures in bench/world.json\n", good ? "done" : "FAILED");
    return good ? 0 : 1;
}
