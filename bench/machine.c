/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration that stands above the figures. */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef BENCH_FLAGS
#define BENCH_FLAGS "unknown"
#endif

static void cpu_model(char *to, size_t room)
{
    char line[512];
    FILE *f = fopen("/proc/cpuinfo", "r");
    snprintf(to, room, "unknown");
    while (f && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (colon && strncmp(line, "model name", 10) == 0) {
            colon[strcspn(colon, "\n")] = '\0';
            snprintf(to, room, "%s", colon + 2);
            break;
        }
    }
    if (f)
        fclose(f);
}

static void huge_pages(char *to, size_t room)
{
    char line[128] = "";
    FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    const char *open = NULL;
    if (f && fgets(line, sizeof line, f))
        open = strchr(line, '[');
    if (open)
        snprintf(to, room, "%ld bytes, transparent huge pages %.*s", sysconf(_SC_PAGESIZE), (int)strcspn(open + 1, "]"),
                 open + 1);
    else
        snprintf(to, room, "%ld bytes, no huge pages", sysconf(_SC_PAGESIZE));
    if (f)
        fclose(f);
}

const struct bench_machine *bench_machine(void)
{
    static struct bench_machine m;
    struct utsname u;
    if (m.cpus)
        return &m;
    m.cpus = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_model(m.cpu, sizeof m.cpu);
    huge_pages(m.pages, sizeof m.pages);
    if (uname(&u) == 0)
        snprintf(m.kernel, sizeof m.kernel, "%.20s %.50s %.20s", u.sysname, u.release, u.machine);
#if defined(__clang__)
    snprintf(m.compiler, sizeof m.compiler, "clang %s", __clang_version__);
#else
    snprintf(m.compiler, sizeof m.compiler, "gcc %s", __VERSION__);
#endif
    snprintf(m.flags, sizeof m.flags, "%s", BENCH_FLAGS);
    return &m;
}

void bench_print_machine(const struct bench_options *o)
{
    const struct bench_machine *m = bench_machine();
    const struct floor_machine *f = floor_machine();
    printf("processor   %s, %ld online\n", m->cpu, m->cpus);
    printf("kernel      %s; pages %s\n", m->kernel, m->pages);
    printf("compiler    %s; %s\n", m->compiler, m->flags);
    printf("seven       profile modern, assertions on, keyed hash, timestamps, MTU 1500, clock measured\n");
    printf("fastest     copy %s %.0f GB/s, checksum %s %.0f GB/s, both at once %s %.0f GB/s\n", f->copy, f->copy_gbs,
           f->sum, f->sum_gbs, f->sum_copy, f->sum_copy_gbs);
    printf("rounds      %u interleaved, about %.0f ms each; median (least..most); costs in processor time\n", o->rounds,
           (double)o->budget_ns / 1e6);
    printf("in flight   W bytes are on the link whenever a burst (half of W, at most 64) goes to the receiver\n\n");
}
