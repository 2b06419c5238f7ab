/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a packet script: read, and every packet in it written to the wire and read back. */
#include <stdlib.h>
#include <string.h>

#include "drill/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(const struct sv_drill_packet *k, bool six)
{
    static uint8_t bytes[SV_DRILL_PACKET_BYTES];
    const struct sv_drill_ends ends = {six, {{[10] = 0xff, 0xff, 1, 2, 3, 4}}, {{[10] = 0xff, 0xff, 5, 6, 7, 8}}, 1, 2};
    struct sv_drill_seen seen = {.at = 0};
    struct sv_drill_rules rules = {.ts_tick_ns = 1};
    char why[160], text[512];
    const size_t n = sv_drill_write(k, &ends, bytes, why, sizeof why);
    if (!n)
        return;
    sv_drill_read(bytes, n, &seen);
    if (seen.wrong)
        abort(); /* what is written is whole */
    sv_drill_describe(&seen, text, sizeof text);
    (void)sv_drill_match(k, &seen, &rules, why, sizeof why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sv_drill_define defines[] = {{"A", "1"}, {"B", "0a0b"}, {NULL, NULL}};
    struct sv_drill_script script;
    struct sv_drill_error error = {0, 0, ""};
    char *text = malloc(size + 1); /* memory that ends where the script does */
    if (!text)
        return 0;
    memcpy(text, data, size);
    if (sv_drill_parse(&script, text, size, defines, &error)) {
        for (const struct sv_drill_event *e = script.events; e; e = e->next) {
            if (e->kind != SV_DRILL_PACKET)
                continue;
            write_and_read(e->of.packet, false);
            write_and_read(e->of.packet, true);
        }
        sv_drill_script_free(&script);
    } else if (!error.line || !error.column || !error.text[0] || script.blocks) {
        abort(); /* what is wrong has a place and a reason */
    }
    free(text);
    return 0;
}
