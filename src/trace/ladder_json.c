/* SPDX-License-Identifier: BSD-2-Clause */
/* The ladder's rows as JSON lines, schema 1: the same fields, both times, numbers as in the header (absolute). */
#include <inttypes.h>
#include <string.h>

#include "trace/ladder_private.h"

static void sv_json_time(const struct sv_sink *s, const char *key, sv_time at, sv_time origin)
{
    if (at != SV_NEVER)
        sv_sink_format(s, ",\"%s\":%" PRIu64, key, at > origin ? at - origin : 0);
}

static void sv_json_text(const struct sv_sink *s, const char *key, const char *text)
{
    if (!text || !text[0])
        return;
    sv_sink_format(s, ",\"%s\":", key);
    sv_sink_json_string(s, text, strlen(text));
}

static void sv_json_flags(const struct sv_sink *s, uint16_t flags)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};
    const char *between = "";
    sv_sink_text(s, ",\"flags\":[");
    for (uint32_t i = 0; i < 9; i++) {
        if (flags & 1u << i) {
            sv_sink_format(s, "%s\"%s\"", between, names[i]);
            between = ",";
        }
    }
    sv_sink_text(s, "]");
}

static void sv_json_segment(const struct sv_sink *s, const struct sv_ladder_row *row)
{
    sv_json_flags(s, row->flags);
    sv_sink_format(s, ",\"seq\":%" PRIu32, row->seq);
    if (row->flags & SV_LADDER_ACK)
        sv_sink_format(s, ",\"ack\":%" PRIu32, row->ack);
    sv_sink_format(s, ",\"len_bytes\":%" PRIu32, row->len);
    sv_json_text(s, "by", row->by);
    char room[24];
    struct sv_line_text re = sv_text_of(room, sizeof room);
    if (sv_ladder_re_text(row, &re))
        sv_json_text(s, "re", room);
    if (row->has_win)
        sv_sink_format(s, ",\"win_bytes\":%" PRIu32, row->win);
    if (row->sacks) {
        sv_sink_text(s, ",\"sack\":[");
        for (uint32_t i = 0; i < row->sacks && i < SV_LADDER_SACKS; i++)
            sv_sink_format(s, "%s[%" PRIu32 ",%" PRIu32 "]", i ? "," : "", row->sack[i][0], row->sack[i][1]);
        sv_sink_text(s, "]");
    }
    if (row->mss)
        sv_sink_format(s, ",\"mss_bytes\":%u", row->mss);
    if (row->sack_permitted)
        sv_sink_text(s, ",\"sack_permitted\":true");
    if (row->timestamps)
        sv_sink_text(s, ",\"timestamps\":true");
    if (row->has_scale)
        sv_sink_format(s, ",\"window_scale\":%u", row->scale);
    if (row->fast_open)
        sv_sink_text(s, ",\"fast_open\":true");
}

static void sv_json_fold(const struct sv_sink *s, const struct sv_ladder_row *row)
{
    if (row->text)
        return;
    sv_sink_format(s, ",\"segments\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"retransmitted\":%" PRIu64 ",\"lost\":%" PRIu64,
                   row->fold_segments, row->fold_bytes, row->fold_again, row->fold_lost);
}

static void sv_json_state(const struct sv_sink *s, const char *key, uint8_t state)
{
    if (state != SV_LADDER_UNKNOWN)
        sv_json_text(s, key, sv_ladder_state_text(state));
}

void sv_ladder_json(const struct sv_ladder_row *row, const struct sv_ladder_options *options,
                    const struct sv_sink *sink)
{
    static const char *const kinds[] = {"segment", "lost", "dropped", "departed", "arrived",
                                        "timer",   "call", "note",    "fold",     "state"};
    static const char *const says[] = {"text", "RTO", "persist", "2MSL", "delayed-ack", "keepalive", "user-timeout"};
    const uint32_t kinds_n = sizeof kinds / sizeof kinds[0];
    sv_sink_format(sink, "{\"schema\":1,\"kind\":\"%s\"", row->kind < kinds_n ? kinds[row->kind] : "?");
    if (row->kind <= SV_LADDER_CALL) {
        sv_sink_format(sink, ",\"side\":\"%s\"", row->side & 1u ? "right" : "left");
        sv_json_text(sink, "name", options->end[row->side & 1u].name);
    }
    sv_json_time(sink, "departure_ns", row->departure, options->origin);
    if (row->kind != SV_LADDER_LOST)
        sv_json_time(sink, "arrival_ns", row->arrival, options->origin);
    if (row->kind <= SV_LADDER_ARRIVED)
        sv_json_segment(sink, row);
    if (row->kind == SV_LADDER_TIMER && row->bracket < sizeof says / sizeof says[0]) {
        sv_json_text(sink, "timer", says[row->bracket]);
        if (row->duration_ns)
            sv_sink_format(sink, ",\"duration_ns\":%" PRIu64, row->duration_ns);
        if (row->next_ns)
            sv_sink_format(sink, ",\"next_ns\":%" PRIu64, row->next_ns);
    }
    if (row->kind == SV_LADDER_FOLD)
        sv_json_fold(sink, row);
    sv_json_text(sink, row->kind <= SV_LADDER_ARRIVED ? "reason" : "text", row->text);
    sv_json_state(sink, "left_state", row->left_state);
    sv_json_state(sink, "right_state", row->right_state);
    if (row->decisive)
        sv_sink_text(sink, ",\"decisive\":true");
    sv_json_text(sink, "note", row->note);
    sv_sink_text(sink, "}\n");
}
