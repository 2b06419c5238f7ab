/* SPDX-License-Identifier: BSD-2-Clause */
/* The conversation up to a mismatch, drawn from the stack's own trace. */
#include <stdlib.h>
#include <string.h>

#include "drill/run.h"
#include "trace/dissect.h"
#include "trace/ladder_from_trace.h"

#define ROWS_SHOWN 60u
#define TEXT_BYTES 65536u

static void *grow(void *ctx, void *old, size_t bytes)
{
    (void)ctx;
    if (bytes)
        return realloc(old, bytes);
    free(old);
    return NULL;
}

static void draw_rows(struct sv_drill_run *r, struct sv_ladder_build *b)
{
    struct sv_ladder_options o = {.columns = r->settings->ladder_columns,
                                  .utf8 = r->settings->utf8,
                                  .colour = r->settings->colour,
                                  .relative = 1};
    size_t n = 0;
    const struct sv_ladder_row *rows = sv_ladder_build_rows(b, &n, &o);
    char *text = rows ? malloc(TEXT_BYTES) : NULL;
    if (!text)
        return;
    struct sv_line_text to = sv_text_of(text, TEXT_BYTES);
    const struct sv_sink sink = {sv_text_put, &to};
    const size_t first = n > ROWS_SHOWN ? n - ROWS_SHOWN : 0;
    o.origin = r->zero;
    sv_ladder_draw(rows + first, n - first, &o, &sink);
    r->report->ladder = text;
}

void sv_drill_draw(struct sv_drill_run *r)
{
    const struct sv_drill_connection *c = r->under;
    struct sv_trace *trace = sv_posix_trace(r->posix);
    struct sv_ladder_build *b = calloc(1, sizeof *b);
    const struct sv_ladder_source source = {.grow = grow,
                                            .link = SV_LINK_ETHERNET,
                                            .other = SV_NO_HOST,
                                            .port = !c                             ? 0
                                                    : c->stage >= SV_DRILL_ARRIVED ? c->ends.remote_port
                                                                                   : c->ends.local_port,
                                            .midstream = 1,
                                            .calls = 1,
                                            .timers = 1,
                                            .name = "Seven",
                                            .other_name = "script"};
    struct sv_trace_record record;
    if (trace && b) {
        sv_ladder_build_open(b, &source);
        while (sv_trace_read(trace, &record, r->packet, SV_DRILL_PACKET_BYTES))
            sv_ladder_build_record(b, &record, record.bytes ? r->packet : NULL);
        draw_rows(r, b);
        sv_ladder_build_free(b);
    }
    free(b);
}
