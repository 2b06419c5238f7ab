/* SPDX-License-Identifier: BSD-2-Clause */
/* One run, watched: frames into a capture, conversations drawn, events logged or compared with a log. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cli/sim.h"
#include "cli/sinks.h"
#include "port/capture_file.h"
#include "scenario/outside.h"
#include "trace/events.h"
#include "trace/ladder_from_trace.h"

#define CONVERSATIONS 32u

struct watch {
    const struct sim_config *c;
    const struct sc_model *model;
    struct sv_capture_out out;
    bool capturing, failed;
    uint32_t *interface; /* by link */
    uint32_t conversations;
    struct sv_ladder_build *conversation[CONVERSATIONS];
    FILE *log, *against;
    struct sc_page *page;
    uint64_t line;
    bool differs;
    char text[8192]; /* the event as a line */
    size_t used;
};

static void on_frame(void *ctx, const struct sc_run *run, uint32_t link, uint32_t port, const uint8_t *bytes,
                     uint32_t n, uint32_t length, const char *comment)
{
    struct watch *w = ctx;
    const struct sv_pcapng_piece piece = {bytes, n};
    const struct sv_pcapng_packet packet = {.interface = w->interface[link],
                                            .time_ns = run->now,
                                            .wire_length = length,
                                            .direction = port ? SV_PCAPNG_IN : SV_PCAPNG_OUT,
                                            .piece = &piece,
                                            .pieces = 1,
                                            .comment = &comment,
                                            .comments = comment ? 1 : 0};
    if (w->capturing && !sv_pcapng_packet(&w->out.writer, &packet))
        w->failed = true;
}

static void put_line(void *ctx, const char *text, size_t n)
{
    struct watch *w = ctx;
    for (size_t i = 0; i < n && w->used + 1u < sizeof w->text; i++)
        w->text[w->used++] = text[i];
    w->text[w->used] = 0;
}

/* The first line that differs is what counts: everything after it follows from it. */
static void compare(struct watch *w)
{
    char theirs[sizeof w->text];
    w->line++;
    if (w->differs)
        return;
    if (!fgets(theirs, sizeof theirs, w->against))
        snprintf(theirs, sizeof theirs, "(the log ends here)\n");
    if (strcmp(theirs, w->text) == 0)
        return;
    w->differs = true;
    printf("first difference, event %" PRIu64 ":\n  log: %s  now: %s", w->line, theirs, w->text);
}

static void feed_ladders(struct watch *w, const struct sv_trace_record *r, const uint8_t *bytes)
{
    for (uint32_t i = 0; i < w->conversations; i++)
        sv_ladder_build_record(w->conversation[i], r, bytes);
}

static void on_record(void *ctx, const struct sc_run *run, const struct sv_trace_record *r, const uint8_t *bytes)
{
    struct watch *w = ctx;
    (void)run;
    if (w->log || w->against) {
        const struct sv_events_options options = {0};
        const struct sv_sink to = {put_line, w};
        w->used = 0;
        w->text[0] = 0;
        sv_events_text(r, bytes, &options, &to);
    }
    if (w->log)
        fwrite(w->text, 1, w->used, w->log);
    if (w->against)
        compare(w);
    feed_ladders(w, r, bytes);
    if (w->page)
        sc_page_record(w->page, r, bytes);
}

/* A ladder for each connect of the timeline. */
static void open_ladders(struct watch *w)
{
    for (uint32_t i = 0; w->c->ladder && i < w->model->attempts && w->conversations < CONVERSATIONS; i++) {
        const struct sc_attempt *a = &w->model->attempt[i];
        const struct sc_step *s = &w->model->step[a->step];
        struct sv_ladder_source source = {
            .host = (uint16_t)(a->host + 1u), .other = SV_NO_HOST, .calls = 1, .timers = 1};
        cli_ladder_source(&source);
        source.host = (uint16_t)(a->host + 1u);
        source.other = SV_NO_HOST;
        source.skip = 0;
        source.port = s->from_port ? s->from_port : s->remote.port;
        for (uint32_t k = 0; k < i; k++) {
            const struct sc_step *other = &w->model->step[w->model->attempt[k].step];
            source.skip += w->model->attempt[k].host == a->host &&
                           (other->from_port ? other->from_port : other->remote.port) == source.port;
        }
        source.name = w->model->host[a->host].name;
        for (uint32_t h = 0; h < w->model->hosts; h++) {
            for (uint32_t k = 0; k < w->model->host[h].addrs; k++) {
                if (memcmp(&w->model->host[h].addr[k], &s->remote.addr, sizeof s->remote.addr) == 0) {
                    source.other = (uint16_t)(h + 1u);
                    source.other_name = w->model->host[h].name;
                }
            }
        }
        struct sv_ladder_build *b = malloc(sizeof *b);
        if (!b)
            return;
        sv_ladder_build_open(b, &source);
        w->conversation[w->conversations++] = b;
    }
}

static void put_stdout(void *ctx, const char *text, size_t n)
{
    fwrite(text, 1, n, ctx);
}

/* The header's own numbers: a scenario fixes them, and old duplicates have others. */
static bool draw(struct sv_ladder_build *build, const struct cli_output_options *output)
{
    struct sv_ladder_options o = {
        .columns = 80, .utf8 = cli_utf8(output), .colour = cli_colored(output, stdout), .fold = 1};
    const struct sv_sink sink = {put_stdout, stdout};
    size_t n = 0;
    const struct sv_ladder_row *rows = sv_ladder_build_rows(build, &n, &o);
    if (rows && n)
        sv_ladder_draw(rows, n, &o, &sink);
    return rows && n;
}

/* The earlier attempt with the same addresses and ports: both are in its ladder; NULL. */
static const char *drawn_with(const struct sc_model *m, uint32_t attempt)
{
    const struct sc_step *own = &m->step[m->attempt[attempt].step];
    for (uint32_t i = 0; i < attempt && own->from_port; i++) {
        const struct sc_step *s = &m->step[m->attempt[i].step];
        if (s->host == own->host && s->from_port == own->from_port &&
            memcmp(&s->remote, &own->remote, sizeof s->remote) == 0)
            return m->attempt[i].name;
    }
    return NULL;
}

static void draw_ladders(struct watch *w, const struct cli_output_options *output)
{
    for (uint32_t i = 0; i < w->conversations; i++) {
        printf("\n%s\n", w->model->attempt[i].name);
        const char *with = drawn_with(w->model, i);
        if (!draw(w->conversation[i], output))
            printf(with ? "  (has %s's addresses and ports, and is drawn there)\n" : "  (no segment)\n", with);
        sv_ladder_build_free(w->conversation[i]);
        free(w->conversation[i]);
    }
}

static const char *command_of(const struct watch *w)
{
    return w->c->command ? w->c->command : "sim";
}

static bool open_capture(struct watch *w, uint64_t seed)
{
    char comment[128];
    const struct sv_pcapng_about about = {
        .application = "seven " SEVEN_VERSION, .os = "none: simulated", .comment = comment};
    snprintf(comment, sizeof comment, "scenario %s, seed %" PRIu64, w->model->name, seed);
    char error[SV_DEVICE_TEXT] = "no memory";
    w->interface = calloc(w->model->links + 1u, sizeof *w->interface);
    if (!w->interface || !sv_capture_create(&w->out, w->c->capture, &about, error)) {
        (void)cli_fail(command_of(w), "-w %s", error);
        return false;
    }
    w->capturing = true;
    for (uint32_t i = 0; i < w->model->links; i++)
        w->interface[i] = sv_pcapng_interface(&w->out.writer, w->model->link[i].name, SV_LINKTYPE_ETHERNET, 0);
    return true;
}

static FILE *open_text(const char *name, const char *mode)
{
    FILE *f = fopen(name, mode);
    if (!f)
        (void)cli_fail("sim", "%s: %s", name, strerror(errno));
    return f;
}

static bool open_watch(struct watch *w, uint64_t seed)
{
    if (w->c->capture && !open_capture(w, seed))
        return false;
    if (w->c->log && !(w->log = open_text(w->c->log, "w")))
        return false;
    if (w->c->against && !(w->against = open_text(w->c->against, "r")))
        return false;
    open_ladders(w);
    return true;
}

static bool close_watch(struct watch *w, const struct cli_output_options *output)
{
    bool good = true;
    if (w->capturing && (!sv_capture_finish(&w->out) || w->failed)) {
        (void)cli_fail(command_of(w), "-w %s: %s", w->c->capture, strerror(errno));
        good = false;
    }
    if (w->log && fclose(w->log) != 0)
        good = cli_fail("sim", "%s: %s", w->c->log, strerror(errno)) == 0;
    if (w->against)
        fclose(w->against);
    if (w->against && !w->differs)
        printf("the same %" PRIu64 " events\n", w->line);
    draw_ladders(w, output);
    free(w->interface);
    return good;
}

bool sim_run_watched(const struct sc_model *model, uint64_t seed, const struct sc_mutant *mutant,
                     const struct sim_config *c, const struct cli_output_options *output, struct sc_result *result)
{
    static struct watch w;
    char why[256] = "no memory";
    w = (struct watch){.c = c, .model = model};
    if (!open_watch(&w, seed))
        return false;
    struct sc_run *run = sc_run_open(model, seed, why, sizeof why);
    if (!run) {
        (void)close_watch(&w, output);
        (void)cli_fail("sim", "%s", why);
        return false;
    }
    if (c->ladder)
        sv_trace_select(run->trace, ~0ull);
    w.page = c->html ? sc_page_open(run) : NULL;
    struct sc_rows *rows = c->html ? sim_html_rows(run) : NULL;
    run->rows = rows;
    if (rows)
        sv_trace_select(run->trace, ~0ull);
    run->frame = w.capturing ? on_frame : NULL;
    run->record = on_record;
    run->ctx = &w;
    bool ran = true;
    if (sc_outsides(model)) {
        ran = sim_run_outside(run, result);
    } else {
        sc_run_all(run, mutant);
        sc_result_of(run, mutant, result);
    }
    const bool page = !ran || !c->html || sim_html_write(w.page, run, mutant, seed, c);
    sc_rows_close(rows);
    sc_run_close(run);
    if (w.against && w.differs)
        result->expected = false;
    if (w.against && w.differs)
        snprintf(result->problem, sizeof result->problem, "another run than the log's: event %" PRIu64, w.line);
    return close_watch(&w, output) && page && ran;
}
