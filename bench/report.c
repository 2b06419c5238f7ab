/* SPDX-License-Identifier: BSD-2-Clause */
/* The table that people read: under 100 columns, one line a row, then notes and the verdict on flatness. */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

#define CELL 19

bool bench_is_rate(enum bench_kind kind)
{
    return kind == BENCH_RR || kind == BENCH_CONNECT;
}

bool bench_more_is_better(enum bench_kind kind)
{
    return kind == BENCH_WIRE_UP || kind == BENCH_WIRE_DOWN;
}

/* Measured in ns, shown in thousands a second. */
static double shown(enum bench_kind kind, double value)
{
    return bench_is_rate(kind) && value > 0 ? 1e6 / value : value;
}

static int decimals(double v)
{
    return v >= 100 ? 0 : v >= 10 ? 1 : 2;
}

static void print_cell(const struct bench_case *c, const struct bench_cell *cell)
{
    char text[64];
    if (cell->note.failed)
        snprintf(text, sizeof text, "FAILED");
    else if (!cell->ran)
        snprintf(text, sizeof text, "-");
    else {
        const double m = shown(c->kind, cell->median), a = shown(c->kind, cell->least), b = shown(c->kind, cell->most);
        const double low = a < b ? a : b, high = a < b ? b : a;
        snprintf(text, sizeof text, "%.*f (%.*f..%.*f)", decimals(m), m, decimals(m), low, decimals(m), high);
    }
    printf(" %-*s", CELL, text);
}

void bench_print_head(const struct bench_contestant *const *who)
{
    printf("%-10s %-6s", "row", "unit");
    for (uint32_t i = 0; i < BENCH_CONTESTANTS; i++)
        printf(" %-*s", CELL, who[i] ? who[i]->name : "");
    printf("\n");
}

static double ratio(const struct bench_case *c, const struct bench_cell *of, const struct bench_cell *to)
{
    if (!of->ran || !to->ran || of->note.failed || to->note.failed || of->median <= 0 || to->median <= 0)
        return 0;
    return bench_more_is_better(c->kind) ? to->median / of->median : of->median / to->median;
}

/* Seven's cost in floors; how many times Seven's cost each peer has. */
static void print_ratios(const struct bench_result *r)
{
    const double floors = ratio(r->row, &r->cell[1], &r->cell[0]);
    const double lwip = ratio(r->row, &r->cell[2], &r->cell[1]), kernel = ratio(r->row, &r->cell[3], &r->cell[1]);
    char text[3][48] = {"", "", ""};
    if (floors <= 0 && lwip <= 0 && kernel <= 0)
        return;
    if (floors > 0)
        snprintf(text[0], sizeof text[0], "%.2f x floor", floors);
    if (lwip > 0)
        snprintf(text[1], sizeof text[1], "%.2f x seven", lwip);
    if (kernel > 0)
        snprintf(text[2], sizeof text[2], "%.2f x seven", kernel);
    printf("%-10s %-6s %-*s %-*s %-*s %s\n", "", "", CELL, "", CELL, text[0], CELL, text[1], text[2]);
}

void bench_print_row(const struct bench_result *r)
{
    const char *unit = r->row->unit[0] == 'n' ? "ns/seg" : r->row->unit;
    printf("%-10s %-6s", r->row->name, unit);
    for (uint32_t i = 0; i < BENCH_CONTESTANTS; i++)
        print_cell(r->row, &r->cell[i]);
    printf("\n");
    print_ratios(r);
    fflush(stdout);
}

/* Wrapped at 96 columns, later lines indented. */
static void print_wrapped(const char *text, int column)
{
    for (const char *at = text; *at;) {
        const int n = (int)strcspn(at, " ");
        if (column + 1 + n > 96) {
            printf("\n   ");
            column = 3;
        }
        printf(" %.*s", n, at);
        column += 1 + n;
        at += n + (at[n] == ' ');
    }
    printf("\n");
}

/* The same note of the same contestant is said once, with all rows that have it. */
static void print_note(const struct bench_result *r, uint32_t n, uint32_t i, uint32_t k, const char *who)
{
    const struct bench_note *note = &r[i].cell[k].note;
    char rows[512] = "";
    for (uint32_t j = 0; j < n; j++)
        if (strcmp(r[j].cell[k].note.text, note->text) == 0) {
            if (j < i)
                return; /* said there */
            const size_t used = strlen(rows);
            snprintf(rows + used, sizeof rows - used, " %s", r[j].row->name);
        }
    const int column = printf("%s%s:", note->failed ? "FAILED " : "", who);
    char text[768];
    snprintf(text, sizeof text, "%s (%s)", note->text, rows + 1);
    print_wrapped(text, column);
}

void bench_print_notes(const struct bench_result *r, uint32_t n, const struct bench_contestant *const *who)
{
    printf("\n");
    for (uint32_t k = 0; k < BENCH_CONTESTANTS; k++)
        for (uint32_t i = 0; i < n; i++)
            if (r[i].cell[k].note.text[0])
                print_note(r, n, i, k, who[k]->name);
}

/* Flat: over W the multiple of the floor varies by less than 20 % (most over least). */
static void flatness_of(const struct bench_result *r, uint32_t n, enum bench_kind kind, const char *name)
{
    double least = 0, most = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        const double m = r[i].row->kind == kind ? ratio(r[i].row, &r[i].cell[1], &r[i].cell[0]) : 0;
        if (m <= 0)
            continue;
        least = count == 0 || m < least ? m : least;
        most = m > most ? m : most;
        count++;
    }
    if (count >= 2)
        printf("%-5s %.2f to %.2f floors over W: varies by %.0f %%, %s (flat is under 20 %%)\n", name, least, most,
               100 * (most / least - 1), most / least < 1.2 ? "flat" : "not flat");
}

void bench_print_flatness(const struct bench_result *r, uint32_t n)
{
    printf("\n");
    flatness_of(r, n, BENCH_BULK, "bulk");
    flatness_of(r, n, BENCH_REF, "ref");
    flatness_of(r, n, BENCH_SUPER, "super");
}
