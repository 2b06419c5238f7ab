/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_CLI_DRILL_H
#define SV_CLI_DRILL_H

#include "cli/commands.h"
#include "drill/play.h"
#include "port/capture_file.h"

struct drill_options {
    struct cli_texts defines;
    struct cli_addresses local, remote;
    uint32_t variant; /* enum drill_variant */
    uint32_t profile; /* the choice: linux first */
    uint64_t mtu, seed, repeat;
    uint64_t tolerance_ns; /* SV_NEVER: not given */
    bool parse_only, strict, any_order, tap, quiet, no_ladder;
    uint32_t verbose;
    const char *capture;
};

enum drill_variant {
    DRILL_SCRIPT,
    DRILL_4,
    DRILL_6,
    DRILL_MAPPED,
    DRILL_ALL,
};

#define DRILL_DEFINES (CLI_LIST_MAX + 1)

struct drill {
    struct drill_options options;
    struct cli_output_options output;
    uint64_t passed, failed, runs, files;
    /* the run at hand */
    const char *path;
    enum sv_drill_version version;
    uint64_t parsed_events;
    bool shown; /* its name was printed above what -v says */
    /* -w */
    struct sv_capture_out capture;
    uint32_t interface;
    bool capturing;
};

const char *drill_version_name(enum sv_drill_version version);

/* drill_report.c: what is said of one run, of a file that is no script, and of all. */
void drill_say_run(struct drill *d, const struct sv_drill_report *report);
void drill_say_bad(struct drill *d, const struct sv_drill_error *error);
void drill_say_parsed(struct drill *d);
void drill_say_end(struct drill *d);
/* -v: events as they are reached, what print() and the commands say. */
void drill_say_event(void *ctx, sv_time when, const struct sv_drill_event *event);
void drill_say_text(void *ctx, const char *text);

#endif
