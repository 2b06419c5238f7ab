/* SPDX-License-Identifier: BSD-2-Clause */
/* A thousand hosts from their scenario file, judged as always; and going back in a world of 64 MiB. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/world_bench.h"
#include "scenario/run.h"

#define FILE_MOST 65536u
#define BACK_BYTES (64u << 20)
#define BACK_ROUNDS 9u

static struct sc_model *read_model(struct sc_memory *m)
{
    static char text[FILE_MOST];
    struct sc_errors e = {.file = "scenarios/thousand-hosts.yaml"};
    FILE *f = fopen(e.file, "rb");
    const size_t n = f ? fread(text, 1, sizeof text, f) : 0;
    if (f)
        fclose(f);
    struct sc_node *root = n ? sc_yaml_read(m, text, n, &e) : NULL;
    struct sc_model *model = root ? sc_model_read(m, root, &e) : NULL;
    if (!model)
        printf("  %s:%u: %s\n", e.file, e.n ? e.error[0].line : 0u, e.n ? e.error[0].text : "cannot be read");
    return model;
}

static uint64_t resident(const struct sc_run *run)
{
    const uintptr_t at = ((uintptr_t)run->memory + 4095u) & ~(uintptr_t)4095u;
    return bench_resident_bytes((const void *)at, run->memory_bytes & ~(uint64_t)4095u);
}

bool world_thousand(FILE *json)
{
    struct sc_memory m = {.ceiling = 256u << 20};
    char why[256] = "";
    if (!sc_yaml_present()) {
        printf("thousand: skip: built without libyaml\n");
        return true;
    }
    struct sc_model *model = read_model(&m);
    struct sc_run *run = model ? sc_run_open(model, model->seed, why, sizeof why) : NULL;
    if (!run) {
        printf("thousand: FAILED: %s\n", why);
        sc_memory_free(&m);
        return false;
    }
    const uint64_t before = resident(run), cpu = bench_cpu_ns(), wall = bench_wall_ns();
    uint64_t most = before;
    for (uint64_t turn = 0; sc_run_turn(run); turn++) {
        if (turn % 262144u == 0) {
            const uint64_t now = resident(run);
            most = now > most ? now : most;
        }
    }
    const double cpu_s = (double)(bench_cpu_ns() - cpu) / 1e9, wall_s = (double)(bench_wall_ns() - wall) / 1e9;
    bool good = !run->problem[0];
    for (uint32_t i = 0; i < model->expects; i++)
        good = good && sc_run_passed(run, i);
    const double each = (double)(most - before) / (double)(model->attempts ? model->attempts : 1u);
    printf(
        "thousand: %u hosts, routers and switches, %u connections, every stream and pool judged: %s\n"
        "  %" PRIu64
        " events in %.2f s (%.2f s on the wall): %.0f events/s; the world took %.1f MiB, and %.0f bytes a connection "
        "with its packets\n",
        model->hosts, model->attempts, good ? "as expected" : "FAILED", run->events, cpu_s, wall_s,
        (double)run->events / cpu_s, (double)before / 1048576.0, each);
    fprintf(json,
            ", \"thousand\": {\"good\": %s, \"connections\": %u, \"events\": %" PRIu64
            ", \"cpu_s\": %.4f, \"wall_s\": %.4f, \"world_bytes\": %" PRIu64 ", \"bytes_per_connection\": %.1f}",
            good ? "true" : "false", model->attempts, run->events, cpu_s, wall_s, before, each);
    sc_run_close(run);
    sc_memory_free(&m);
    return good;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool world_back(FILE *json)
{
    uint8_t *memory = aligned_alloc(4096, BACK_BYTES), *copy = aligned_alloc(4096, BACK_BYTES);
    double keep[BACK_ROUNDS], restore[BACK_ROUNDS];
    struct sv_arena *arena = memory ? sv_arena_create(memory, BACK_BYTES) : NULL;
    const uint64_t most = arena ? BACK_BYTES - sv_arena_used(arena) - 4096u : 0;
    uint8_t *world = arena ? sv_arena_take(arena, most, 64) : NULL;
    bool good = world && copy;
    if (good) {
        memset(copy, 1, BACK_BYTES);
        memset(world, 2, most);
    }
    for (uint32_t i = 0; i < BACK_ROUNDS && good; i++) {
        const uint64_t used = sv_arena_used(arena);
        uint64_t t = bench_cpu_ns();
        good = sv_arena_snapshot(arena, copy, used) == SV_OK;
        keep[i] = (double)(bench_cpu_ns() - t) / 1e6;
        world[i] ^= 1u;
        t = bench_cpu_ns();
        good = good && sv_arena_restore(arena, copy, used) == SV_OK;
        restore[i] = (double)(bench_cpu_ns() - t) / 1e6;
        good = good && world[i] == 2;
    }
    if (good) {
        qsort(keep, BACK_ROUNDS, sizeof *keep, ascending);
        qsort(restore, BACK_ROUNDS, sizeof *restore, ascending);
        printf("back: 64 MiB kept in %.1f ms, restored in %.1f ms (medians of %u)\n", keep[BACK_ROUNDS / 2u],
               restore[BACK_ROUNDS / 2u], BACK_ROUNDS);
        fprintf(json, ", \"back\": {\"keep_ms\": %.3f, \"restore_ms\": %.3f}", keep[BACK_ROUNDS / 2u],
                restore[BACK_ROUNDS / 2u]);
    } else {
        printf("back: FAILED\n");
    }
    free(memory);
    free(copy);
    return good;
}
