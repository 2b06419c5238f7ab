/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a live trace goes: the pcapng file with the truth in its comments, the ladders of conversations, a
 * command's own eyes. Drained once each round of the loop. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/network_private.h"
#include "cli/sinks.h"
#include "port/capture_file.h"
#include "port/clock.h"
#include "trace/events.h"
#include "trace/ladder_from_trace.h"

#define NOTES 8u          /* records told of one frame */
#define EARLY 64u         /* records whose frame has not come yet */
#define CONVERSATIONS 16u /* drawn at once */

struct cli_capture {
    bool on;
    struct sv_capture_out file;
    uint32_t interface;
    uint64_t wall_offset_ns; /* the wall's clock minus ours */
    const char *path;
    uint64_t frames;
    /* the frame that is held until what is said of it has come */
    bool held, out;
    uint32_t packet, wire_length, n, notes;
    sv_time time;
    struct sv_trace_record note[NOTES];
    uint8_t bytes[65536];
    struct sv_trace_record early[EARLY]; /* kind 0: free */
    uint32_t early_at;
};

struct cli_sinks {
    struct cli_network *network;
    struct cli_capture capture;
    bool ladder, colored, utf8;
    struct sv_ladder_build *conversation[CONVERSATIONS]; /* the last one waits for the next to begin */
    uint32_t conversations;
    uint64_t not_drawn;
    uint64_t *count_to;
    uint8_t bytes[65536];
};

/* --- the capture file ---- */

static void capture_failed(struct cli_sinks *s)
{
    char typed[32];
    if (s->capture.on)
        (void)cli_fail(s->network->command, "%s %s: %s", cli_option_typed(s->network->command, "capture", typed),
                       s->capture.path, strerror(errno));
    s->capture.on = false;
}

static void write_held(struct cli_sinks *s)
{
    struct cli_capture *c = &s->capture;
    char truth[512];
    const char *const comment[1] = {truth};
    if (!c->held)
        return;
    c->held = false;
    const bool told = sv_trace_comment(c->note, c->notes, truth, sizeof truth) > 0;
    const struct sv_pcapng_piece piece = {c->bytes, c->n};
    const struct sv_pcapng_packet packet = {.interface = c->interface,
                                            .time_ns = c->time + c->wall_offset_ns,
                                            .wire_length = c->wire_length,
                                            .direction = c->out ? SV_PCAPNG_OUT : SV_PCAPNG_IN,
                                            .piece = &piece,
                                            .pieces = 1,
                                            .comment = comment,
                                            .comments = told ? 1 : 0};
    c->frames++;
    if (!sv_pcapng_packet(&c->file.writer, &packet))
        capture_failed(s);
}

static void add_note(struct cli_capture *c, const struct sv_trace_record *r)
{
    if (c->notes < NOTES)
        c->note[c->notes++] = *r;
}

/* Each record is a frame as it is on the wire; those cut from one super-frame share its packet's number. */
static void hold_frame(struct cli_sinks *s, const struct sv_trace_record *r, const uint8_t *bytes)
{
    struct cli_capture *c = &s->capture;
    write_held(s);
    c->held = true;
    c->out = r->kind == SV_TRACE_FRAME_OUT;
    c->packet = r->packet;
    c->wire_length = r->arg[0];
    c->time = r->time;
    c->notes = 0;
    c->n = r->bytes;
    memcpy(c->bytes, bytes, r->bytes);
    for (uint32_t i = 0; i < EARLY && r->packet; i++) {
        struct sv_trace_record *e = &c->early[(c->early_at + i) % EARLY];
        if (e->kind && e->packet == r->packet) {
            add_note(c, e);
            e->kind = 0;
        }
    }
}

static void capture_record(struct cli_sinks *s, const struct sv_trace_record *r, const uint8_t *bytes)
{
    struct cli_capture *c = &s->capture;
    if (r->host != 1)
        return; /* the other end of a wire sees the same frames */
    if (r->kind == SV_TRACE_FRAME_IN || r->kind == SV_TRACE_FRAME_OUT) {
        hold_frame(s, r, bytes);
        return;
    }
    if (!r->packet)
        return;
    if (c->held && c->packet == r->packet)
        add_note(c, r);
    else
        c->early[c->early_at++ % EARLY] = *r;
}

static bool open_capture(struct cli_sinks *s, const char *path)
{
    struct cli_capture *c = &s->capture;
    const struct sv_pcapng_about about = {.application = "seven " SEVEN_VERSION};
    char error[SV_DEVICE_TEXT], typed[32];
    if (!sv_capture_create(&c->file, path, &about, error))
        return cli_fail(s->network->command, "%s %s", cli_option_typed(s->network->command, "capture", typed), error) <
               0;
    c->on = true;
    c->path = path;
    c->wall_offset_ns = sv_wall_clock() - sv_clock();
    c->interface = sv_pcapng_interface(&c->file.writer, s->network->device.name, SV_LINKTYPE_ETHERNET, 0);
    if (c->interface == SV_NONE)
        capture_failed(s);
    return c->on;
}

static void close_capture(struct cli_sinks *s)
{
    struct cli_capture *c = &s->capture;
    write_held(s);
    if (c->on && !sv_pcapng_statistics(&c->file.writer, c->interface, sv_wall_clock(), c->frames,
                                       sv_trace_lost(s->network->trace)))
        capture_failed(s);
    if (c->on && !sv_capture_finish(&c->file))
        capture_failed(s);
    if (s->network->trace && sv_trace_lost(s->network->trace) && c->on)
        (void)fprintf(stderr, "seven %s: %llu trace records found no room; some frames are not in %s\n",
                      s->network->command, (unsigned long long)sv_trace_lost(s->network->trace), c->path);
}

/* --- ladders ---- */

static void *grow(void *ctx, void *old, size_t bytes)
{
    (void)ctx;
    if (!bytes) {
        free(old);
        return NULL;
    }
    return realloc(old, bytes);
}

void cli_ladder_source(struct sv_ladder_source *source)
{
    *source = (struct sv_ladder_source){.grow = grow,
                                        .link = SV_LINK_ETHERNET,
                                        .host = 1,
                                        .other = SV_NO_HOST,
                                        .rows_max = 262144,
                                        .name = "Seven",
                                        .other_name = "kernel"};
}

static void put_stream(void *ctx, const char *text, size_t n)
{
    (void)fwrite(text, 1, n, ctx);
}

static uint32_t columns_of(FILE *stream)
{
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col > 200 ? 200 : size.ws_col;
    return 80;
}

bool cli_ladder_draw(struct sv_ladder_build *build, FILE *stream, uint32_t columns, bool utf8, bool colored)
{
    struct sv_ladder_options o = {
        .columns = columns ? columns : columns_of(stream), .utf8 = utf8, .colour = colored, .relative = 1, .fold = 1};
    const struct sv_sink sink = {put_stream, stream};
    size_t n = 0;
    const struct sv_ladder_row *rows = sv_ladder_build_rows(build, &n, &o);
    if (!rows || !n)
        return false;
    sv_ladder_draw(rows, n, &o, &sink);
    (void)fflush(stream);
    return true;
}

static void draw_and_forget(struct cli_sinks *s, uint32_t at)
{
    struct sv_ladder_build *b = s->conversation[at];
    if (cli_ladder_draw(b, stderr, 0, s->utf8, s->colored))
        (void)fputc('\n', stderr);
    sv_ladder_build_free(b);
    free(b);
    for (uint32_t i = at + 1; i < s->conversations; i++)
        s->conversation[i - 1] = s->conversation[i];
    s->conversations--;
}

static void await_next(struct cli_sinks *s)
{
    struct sv_ladder_source source;
    struct sv_ladder_build *b = calloc(1, sizeof *b);
    if (!b)
        return;
    cli_ladder_source(&source);
    source.notes = SV_NOTE_HTTP;
    source.other_name = "peer";
    source.timers = 1;
    sv_ladder_build_open(b, &source);
    s->conversation[s->conversations++] = b;
}

bool cli_ladder_owns(const struct sv_ladder_build *b, uint32_t link, const uint8_t *frame, size_t captured)
{
    struct sv_dissected x;
    if (!b->found)
        return false;
    sv_dissect(&x, (enum sv_link_type)link, frame, captured, captured);
    if (!(x.seen & SV_SEEN_TCP) || x.ip.version != b->tuple.version)
        return false;
    const size_t n = x.ip.version == 4 ? 4 : 16;
    for (uint32_t way = 0; way < 2; way++)
        if (x.port_from == b->tuple.port[way] && x.port_to == b->tuple.port[!way] &&
            memcmp(x.ip.from, b->tuple.addr[way], n) == 0 && memcmp(x.ip.to, b->tuple.addr[!way], n) == 0)
            return true;
    return false;
}

static void ladder_record(struct cli_sinks *s, const struct sv_trace_record *r, const uint8_t *bytes)
{
    const bool frame = r->kind == SV_TRACE_FRAME_IN || r->kind == SV_TRACE_FRAME_OUT;
    bool owned = false; /* a frame of a conversation that is being drawn begins no other (a repeated SYN) */
    for (uint32_t i = 0; i < s->conversations && !owned; i++) {
        sv_ladder_build_record(s->conversation[i], r, bytes);
        owned = frame && cli_ladder_owns(s->conversation[i], SV_LINK_ETHERNET, bytes, r->bytes);
    }
    for (uint32_t i = 0; i < s->conversations; i++)
        if (s->conversation[i]->found && sv_ladder_build_over(s->conversation[i]))
            draw_and_forget(s, i--);
    const bool waiting = s->conversations && !s->conversation[s->conversations - 1]->found;
    if (!waiting && s->conversations < CONVERSATIONS)
        await_next(s);
    else if (!waiting && r->kind == SV_TRACE_FLOW && r->detail == 6)
        s->not_drawn++;
}

/* --- together ---- */

static void drain(struct cli_sinks *s)
{
    struct cli_network *n = s->network;
    struct sv_trace_record r;
    while (sv_trace_read(n->trace, &r, s->bytes, sizeof s->bytes)) {
        if (s->capture.on)
            capture_record(s, &r, s->bytes);
        if (s->ladder)
            ladder_record(s, &r, s->bytes);
        if (n->record)
            n->record(n->record_self, &r, s->bytes);
    }
}

static sv_time each_round(void *self, struct sv_loop *loop, sv_time now)
{
    (void)loop;
    (void)now;
    drain(self);
    return SV_NEVER;
}

bool cli_sinks_open(struct cli_network *n, const struct cli_network_options *options,
                    const struct cli_output_options *output)
{
    if (!n->trace)
        return true;
    struct cli_sinks *s = calloc(1, sizeof *s);
    if (!s)
        return cli_fail(n->command, "out of memory") < 0;
    n->sinks = s;
    s->network = n;
    if (options->capture && !open_capture(s, options->capture))
        return false;
    s->ladder = options->ladder;
    s->colored = cli_colored(output, stderr);
    s->utf8 = cli_utf8(output);
    if (s->ladder)
        await_next(s);
    return sv_loop_add_hook(n->loop, each_round, s);
}

void cli_sinks_close(struct cli_network *n)
{
    struct cli_sinks *s = n->sinks;
    if (!s)
        return;
    drain(s);
    while (s->conversations)
        draw_and_forget(s, 0);
    if (s->not_drawn)
        (void)fprintf(stderr, "seven %s: %llu more conversations at the same time were not drawn\n", n->command,
                      (unsigned long long)s->not_drawn);
    close_capture(s);
    if (s->count_to)
        *s->count_to = s->capture.frames;
    free(s);
    n->sinks = NULL;
}

void cli_network_count_captured(struct cli_network *n, uint64_t *to)
{
    if (n->sinks)
        n->sinks->count_to = to;
}
