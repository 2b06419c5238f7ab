/* SPDX-License-Identifier: BSD-2-Clause */
/* bench/last.json: everything that was measured, for a machine to compare. */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

static void put_text(FILE *f, const char *s)
{
    fputc('"', f);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            fputc('\\', f);
        if ((unsigned char)*s < 0x20)
            fprintf(f, "\\u%04x", (unsigned)(unsigned char)*s);
        else
            fputc(*s, f);
    }
    fputc('"', f);
}

static void put_pair(FILE *f, const char *name, const char *value)
{
    fprintf(f, "    \"%s\": ", name);
    put_text(f, value);
    fprintf(f, ",\n");
}

static void put_machine(FILE *f, const struct bench_options *o)
{
    const struct bench_machine *m = bench_machine();
    const struct floor_machine *l = floor_machine();
    fprintf(f, "  \"configuration\": {\n");
    put_pair(f, "processor", m->cpu);
    put_pair(f, "kernel", m->kernel);
    put_pair(f, "pages", m->pages);
    put_pair(f, "compiler", m->compiler);
    put_pair(f, "flags", m->flags);
    fprintf(f, "    \"copy_gb_s\": %.1f, \"checksum_gb_s\": %.1f, \"copy_and_checksum_gb_s\": %.1f,\n", l->copy_gbs,
            l->sum_gbs, l->sum_copy_gbs);
    fprintf(f, "    \"rounds\": %u, \"budget_ns\": %llu, \"quick\": %s\n  },\n", o->rounds,
            (unsigned long long)o->budget_ns, o->quick ? "true" : "false");
}

static const char *measured_in(enum bench_kind kind)
{
    switch (kind) {
    case BENCH_IDLE:
        return "bytes";
    case BENCH_WIRE_UP:
    case BENCH_WIRE_DOWN:
        return "gbit_s";
    case BENCH_WIRE_RR:
        return "us";
    default:
        return "ns";
    }
}

static void put_cell(FILE *f, const struct bench_cell *c, const char *name, const char **comma)
{
    if (!c->ran && !c->note.text[0])
        return;
    fprintf(f, "%s\n      \"%s\": {\"failed\": %s", *comma, name, c->note.failed ? "true" : "false");
    *comma = ",";
    if (c->ran && c->samples)
        fprintf(f, ", \"median\": %.4f, \"least\": %.4f, \"most\": %.4f", c->median, c->least, c->most);
    if (c->ran && c->in_flight > 0)
        fprintf(f, ", \"in_flight_of_w\": %.3f", c->in_flight);
    if (c->note.text[0]) {
        fprintf(f, ", \"note\": ");
        put_text(f, c->note.text);
    }
    fprintf(f, "}");
}

bool bench_write_json(const char *path, const struct bench_result *r, uint32_t n,
                      const struct bench_contestant *const *who, const struct bench_options *o)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    fprintf(f, "{\n  \"schema\": 1,\n");
    put_machine(f, o);
    fprintf(f, "  \"rows\": [");
    for (uint32_t i = 0; i < n; i++) {
        const struct bench_case *c = r[i].row;
        const char *comma = "";
        fprintf(f,
                "%s\n    {\"name\": \"%s\", \"measured_in\": \"%s\", \"w_bytes\": %llu, \"connections\": %u,"
                " \"depth\": %u, \"standing\": %u, \"who\": {",
                i ? "," : "", c->name, measured_in(c->kind), (unsigned long long)c->w_bytes, c->connections, c->depth,
                c->standing);
        for (uint32_t k = 0; k < BENCH_CONTESTANTS; k++)
            if (who[k])
                put_cell(f, &r[i].cell[k], who[k]->name, &comma);
        fprintf(f, "}}");
    }
    fprintf(f, "\n  ]\n}\n");
    const bool good = ferror(f) == 0;
    return fclose(f) == 0 && good;
}
