/* SPDX-License-Identifier: BSD-2-Clause */
/* Below 60 columns there is no room for rails: one conversation as a list, `a > SYN seq=100`. */
#include <string.h>

#include "trace/ladder_private.h"
#include "trace/width.h"

static const char *sv_list_name(const struct sv_ladder *l, uint32_t side)
{
    const char *name = l->o.end[side].name;
    return name ? name : side == SV_LADDER_LEFT ? "left" : "right";
}

static void sv_list_wrapped(struct sv_ladder *l, uint32_t ink, uint32_t indent, uint32_t more, const char *text)
{
    size_t n = strlen(text);
    uint32_t at = indent;
    while (n > 0) {
        size_t next;
        const uint32_t room = l->o.columns > at + 8 ? l->o.columns - at : 8;
        const size_t end = sv_width_break(text, n, room, &next);
        sv_paint_to(l, at);
        sv_paint(l, ink, text, end);
        sv_paint_end(l);
        text += next;
        n -= next;
        at = more;
    }
}

void sv_ladder_list_head(struct sv_ladder *l, const char *who, const char *isn)
{
    char room[200];
    struct sv_line_text out = sv_text_of(room, sizeof room);
    sv_text_format(&out, "%s%s%s", who, isn[0] ? "  " : "", isn);
    sv_list_wrapped(l, SV_INK_PLAIN, 0, 4, room);
}

static void sv_list_states(struct sv_ladder *l, const struct sv_ladder_row *row, struct sv_line_text *out)
{
    const uint8_t state[2] = {row->left_state, row->right_state};
    const size_t start = out->used;
    for (uint32_t i = 0; i < 2; i++) {
        if (state[i] == SV_LADDER_UNKNOWN || state[i] == l->state[i])
            continue;
        l->state[i] = state[i];
        sv_text_format(out, "%s%s %s", out->used == start ? out->used ? " (" : "(" : ", ", sv_list_name(l, i),
                       sv_ladder_state_text(state[i]));
    }
    if (out->used > start)
        sv_text_format(out, ")");
}

static void sv_list_segment(struct sv_ladder *l, const struct sv_ladder_row *row, struct sv_line_text *out)
{
    struct sv_label label;
    sv_label_make(l, row, &label);
    const bool late = row->kind == SV_LADDER_ARRIVED;
    sv_text_format(out, "%s %s ", late ? "..." : sv_list_name(l, row->side), late ? row->side ? "<" : ">" : ">");
    sv_label_line(&label, 0, 400, out);
    if (row->kind == SV_LADDER_LOST || row->kind == SV_LADDER_DROPPED)
        sv_text_format(out, " X %.60s", row->text ? row->text : "");
    if (row->kind == SV_LADDER_DEPARTED)
        sv_text_format(out, " ...");
}

void sv_ladder_list_row(struct sv_ladder *l, const struct sv_ladder_row *row)
{
    char room[700];
    struct sv_line_text out = sv_text_of(room, sizeof room);
    uint32_t ink = SV_INK_PLAIN;
    l->bold = row->decisive;
    switch ((enum sv_ladder_kind)row->kind) {
    case SV_LADDER_TIMER:
    case SV_LADDER_CALL:
        sv_text_format(&out, "%s ", sv_list_name(l, row->side));
        sv_ladder_say(l, row, &out);
        break;
    case SV_LADDER_FOLD:
        sv_text_format(&out, ": ");
        if (row->text)
            sv_text_format(&out, "%.300s", row->text);
        else
            sv_ladder_totals(l, row, &out);
        break;
    case SV_LADDER_NOTE:
    case SV_LADDER_STATE:
        break;
    default:
        ink = sv_label_ink(row);
        sv_list_segment(l, row, &out);
        break;
    }
    sv_list_states(l, row, &out);
    if (row->decisive && out.used)
        sv_paint(l, SV_INK_PLAIN, "*", 1);
    sv_list_wrapped(l, ink, row->decisive ? 2 : 0, 4, room);
    l->bold = 0;
    if (!row->note || !row->note[0])
        return;
    sv_paint_to(l, 2);
    sv_paint(l, SV_INK_CYAN, "> ", 2);
    sv_list_wrapped(l, SV_INK_CYAN, 4, 4, row->note);
}
