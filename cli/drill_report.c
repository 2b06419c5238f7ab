/* SPDX-License-Identifier: BSD-2-Clause */
/* What seven drill says: plain text, JSON lines or TAP; always `N passed, N failed` last. */
#define _GNU_SOURCE
#include "cli/drill.h"

#include <inttypes.h>
#include <string.h>

#include "trace/sink.h"

static void put_stdout(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    (void)fwrite(text, 1, n, stdout);
}

const char *drill_version_name(enum sv_drill_version version)
{
    static const char *const names[] = {"", "ipv4", "ipv6", "ipv4-mapped-ipv6"};
    return names[version];
}

static void json_text(const char *key, const char *value)
{
    const struct sv_sink sink = {put_stdout, NULL};
    (void)printf(",\"%s\":", key);
    sv_sink_json_string(&sink, value, strlen(value));
}

static void json_begin(const struct drill *d, bool passed)
{
    (void)printf("{\"schema\":1,\"passed\":%s", passed ? "true" : "false");
    json_text("file", d->path);
    if (d->version)
        json_text("variant", drill_version_name(d->version));
}

/* "ok   FILE [ipv4]", or TAP's. */
static void head(const struct drill *d, bool passed)
{
    const bool colored = cli_colored(&d->output, stdout);
    char variant[32] = "";
    if (d->version)
        (void)snprintf(variant, sizeof variant, " [%s]", drill_version_name(d->version));
    if (d->options.tap)
        (void)printf("%s %" PRIu64 " - %s%s\n", passed ? "ok" : "not ok", d->runs, d->path, variant);
    else
        (void)printf("%s%s%s %s%s\n", colored ? passed ? "\033[32m" : "\033[1;31m" : "", passed ? "ok  " : "FAIL",
                     colored ? "\033[0m" : "", d->path, variant);
}

/* Every line of `text` behind `first` or as much room. */
static void lines(const struct drill *d, const char *first, const char *text)
{
    const char *before = first;
    char blank[32];
    (void)snprintf(blank, sizeof blank, "%*s", (int)strlen(first), "");
    while (*text) {
        const size_t n = strcspn(text, "\n");
        (void)printf("%s%s%.*s\n", d->options.tap ? "# " : "", before, (int)n, text);
        text += n + (text[n] == '\n');
        before = blank;
    }
}

void drill_say_run(struct drill *d, const struct sv_drill_report *report)
{
    d->runs++;
    d->passed += report->passed;
    d->failed += !report->passed;
    if (d->output.json) {
        json_begin(d, report->passed);
        (void)printf(",\"events\":%" PRIu32 ",\"virtual_us\":%" PRIu64, report->events, report->virtual_ns / 1000);
        if (!report->passed) {
            (void)printf(",\"line\":%" PRIu32 ",\"column\":%" PRIu32, report->line, report->column);
            json_text("what", report->what);
            json_text("wanted", report->wanted);
            json_text("seen", report->seen);
        }
        (void)printf("}\n");
        return;
    }
    if (!report->passed || !d->options.quiet)
        head(d, report->passed);
    if (report->passed)
        return;
    char where[600];
    (void)snprintf(where, sizeof where, "%s:%" PRIu32 ": %s", d->path, report->line, report->what);
    lines(d, "", where);
    if (report->wanted[0])
        lines(d, "  wanted  ", report->wanted);
    if (report->seen[0])
        lines(d, "  seen    ", report->seen);
    if (report->ladder)
        lines(d, "", report->ladder);
}

void drill_say_bad(struct drill *d, const struct sv_drill_error *error)
{
    d->runs++;
    d->failed++;
    if (d->output.json) {
        json_begin(d, false);
        (void)printf(",\"line\":%" PRIu32 ",\"column\":%" PRIu32, error->line, error->column);
        json_text("what", error->text);
        (void)printf("}\n");
        return;
    }
    char where[600];
    head(d, false);
    (void)snprintf(where, sizeof where, "%s:%" PRIu32 ":%" PRIu32 ": %s", d->path, error->line, error->column,
                   error->text);
    lines(d, "", where);
}

void drill_say_parsed(struct drill *d)
{
    d->runs++;
    d->passed++;
    if (d->output.json) {
        json_begin(d, true);
        (void)printf(",\"events\":%" PRIu64 "}\n", d->parsed_events);
    } else if (!d->options.quiet) {
        head(d, true);
    }
}

void drill_say_end(struct drill *d)
{
    if (d->output.json) {
        (void)printf("{\"schema\":1,\"runs_passed\":%" PRIu64 ",\"runs_failed\":%" PRIu64 "}\n", d->passed, d->failed);
        return;
    }
    if (d->options.tap)
        (void)printf("1..%" PRIu64 "\n# ", d->runs);
    (void)printf("%" PRIu64 " passed, %" PRIu64 " failed\n", d->passed, d->failed);
}

static void show_name(struct drill *d)
{
    if (!d->shown)
        (void)printf("# %s%s%s%s\n", d->path, d->version ? " [" : "", drill_version_name(d->version),
                     d->version ? "]" : "");
    d->shown = true;
}

void drill_say_event(void *ctx, sv_time when, const struct sv_drill_event *event)
{
    struct drill *d = ctx;
    show_name(d);
    (void)printf("# %4" PRIu32 " %12.6f  %.200s\n", event->line, (double)when / 1e9, event->source);
}

void drill_say_text(void *ctx, const char *text)
{
    struct drill *d = ctx;
    show_name(d);
    (void)printf("#                    %s\n", text);
}
