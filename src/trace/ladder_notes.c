/* SPDX-License-Identifier: BSD-2-Clause */
/* Notes that a program can make by itself: the first line of HTTP, and what each step of a close means. */
#include <stdio.h>
#include <string.h>

#include "trace/ladder_build.h"

static const char *sv_note_who(const struct sv_ladder_build *b, uint32_t side)
{
    const bool own = side == b->host_side;
    const char *program = own ? b->s.program : b->s.other_program;
    const char *name = own ? b->s.name : b->s.other_name;
    return program ? program : name ? name : "?";
}

/* The first line of the payload, if it is whole and plain. */
static bool sv_note_line(const uint8_t *payload, size_t n, char *line, size_t room)
{
    size_t i = 0;
    for (; i < n && i + 1 < room && payload[i] != '\r' && payload[i] != '\n'; i++) {
        if (payload[i] < 0x20 || payload[i] > 0x7e)
            return false;
        line[i] = (char)payload[i];
    }
    line[i] = 0;
    return i < n && i > 0;
}

static bool sv_note_http(const char *line, char *note, size_t room, bool *answer)
{
    *answer = false;
    if (strncmp(line, "HTTP/", 5) == 0) {
        const char *code = strchr(line, ' ');
        if (!code)
            return false;
        *answer = true;
        snprintf(note, room, "%s", code + 1);
        return true;
    }
    const char *version = strstr(line, " HTTP/");
    if (!version)
        return false;
    snprintf(note, room, "%.*s", (int)(version - line), line);
    return true;
}

static void sv_note_set(struct sv_ladder_build *b, struct sv_ladder_raw *raw, const char *note)
{
    raw->note_at = sv_build_text(b, note);
}

static void sv_note_close(struct sv_ladder_build *b, struct sv_ladder_raw *raw)
{
    const bool zh = b->s.lang == SV_LADDER_ZH;
    const uint32_t side = raw->row.side, peer = side ^ 1u;
    char note[300];
    const bool fin = raw->row.flags & SV_LADDER_FIN;
    /* Does this one acknowledge the peer's FIN for the first time? */
    const bool takes_fin =
        b->fin[peer] && !b->fin_acked[peer] && raw->row.flags & SV_LADDER_ACK && raw->row.ack == b->end[peer];
    if (b->s.notes & SV_NOTE_THREE && fin && takes_fin) {
        snprintf(note, sizeof note,
                 zh ? "%s 没有什么要发了：ACK 与 FIN 合成一个。三个报文段，不是四个"
                    : "%s had nothing left to send: ACK and FIN in one. Three segments, not four",
                 sv_note_who(b, side));
        sv_note_set(b, raw, note);
        return;
    }
    if (!(b->s.notes & SV_NOTE_HALF_CLOSE))
        return;
    if (fin && !b->fin[peer] && !b->fin[side]) {
        snprintf(note, sizeof note, zh ? "%s 不再发送" : "%s has no more to send", sv_note_who(b, side));
        sv_note_set(b, raw, note);
    } else if (!fin && takes_fin && raw->row.len == 0 && !b->fin[side]) { /* not the last ACK of all */
        sv_note_set(b, raw, zh ? "立即确认；程序还没有完" : "acknowledged at once; the program is not done");
    } else if (raw->row.len && b->fin[peer] && !b->fin[side]) {
        sv_note_set(b, raw, zh ? "另一半仍在传数据" : "the other half still carries data");
    }
}

void sv_build_note(struct sv_ladder_build *b, struct sv_ladder_raw *raw, const uint8_t *payload, size_t n)
{
    char line[200], note[300];
    bool answer;
    if (raw->row.re != SV_LADDER_RE_NONE)
        return;
    if (b->s.notes & SV_NOTE_HTTP && n > 0 && sv_note_line(payload, n, line, sizeof line) &&
        sv_note_http(line, note, sizeof note - 60, &answer)) {
        const uint32_t side = raw->row.side;
        const bool rides =
            answer && raw->row.flags & SV_LADDER_ACK && b->has_ack[side] && raw->row.ack != b->acked[side];
        if (rides)
            snprintf(note + strlen(note), 60,
                     b->s.lang == SV_LADDER_ZH ? "；确认由应答捎带" : "; the ack rides on the answer");
        sv_note_set(b, raw, note);
        return;
    }
    sv_note_close(b, raw);
}
