/* SPDX-License-Identifier: BSD-2-Clause */
/* Where things stand on a line with rails:
 *
 *     mark 1, time 8 or 10, blank, left state 12, blank, rail, field, rail, blank, right state 12, blank, notes
 *
 * Without times (below 80 columns): mark 1, left state 12, blank, rail, field, rail. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trace/ladder_private.h"
#include "trace/width.h"

/* One line between the rails: up to three pieces at their columns, counted from the left rail. */
struct sv_piece {
    const char *text;
    size_t n;
    uint32_t column;
    uint32_t ink;
};
struct sv_between {
    struct sv_piece piece[3];
    uint32_t pieces;
};

/* A row under way: what its first line has and later ones have not. */
struct sv_drawing {
    const struct sv_ladder_row *row;
    const char *left, *right; /* states to say */
    uint32_t state_ink;
    bool first;
};

const char *sv_ladder_state_text(uint8_t state)
{
    return state < SV_TCP_STATES ? sv_tcp_state_name((enum sv_tcp_state)state) : "";
}

static uint32_t sv_rail(const struct sv_ladder *l)
{
    return l->time_width ? l->time_width + 15 : 14;
}

/* Dashes of the arrow: three bytes each in UTF-8. */
static void sv_dashes(const struct sv_ladder *l, struct sv_line_text *out, uint32_t n)
{
    while (n-- > 0)
        sv_text_put(out, l->o.utf8 ? "\xe2\x94\x80" : "-", l->o.utf8 ? 3 : 1);
}

static void sv_paint_rail(struct sv_ladder *l)
{
    sv_paint(l, SV_INK_PLAIN, l->o.utf8 ? "\xe2\x94\x82" : "|", l->o.utf8 ? 3 : 1);
}

static void sv_time_text(const struct sv_ladder *l, const struct sv_ladder_row *row, struct sv_line_text *out)
{
    const sv_time at = row->kind == SV_LADDER_ARRIVED ? row->arrival : row->departure;
    if (at == SV_NEVER)
        return;
    const uint64_t ns = at > l->o.origin ? at - l->o.origin : 0;
    if (l->o.unit == SV_LADDER_MICROSECONDS) {
        sv_text_format(out, "%" PRIu64, ns / 1000u);
        return;
    }
    uint32_t decimals = l->time_width == 10 ? 6 : 3;
    const uint64_t s = ns / SV_S;
    /* Fewer decimals rather than a column pushed aside. */
    uint32_t digits = 1;
    for (uint64_t v = s; v >= 10; v /= 10)
        digits++;
    while (decimals > 0 && digits + 1 + decimals > l->time_width)
        decimals--;
    uint64_t part = ns % SV_S;
    for (uint32_t i = decimals; i < 9; i++)
        part /= 10;
    if (decimals)
        sv_text_format(out, "%" PRIu64 ".%0*" PRIu64, s, (int)decimals, part);
    else
        sv_text_format(out, "%" PRIu64, s);
}

/* The next line of the note beside the rails, if any is left. */
static void sv_note_beside(struct sv_ladder *l)
{
    if (!l->note)
        return;
    const size_t n = strlen(l->note);
    size_t next;
    const size_t end = sv_width_break(l->note, n, l->o.columns - l->right_edge - 2, &next);
    sv_paint_to(l, l->right_edge + 1);
    sv_paint(l, SV_INK_CYAN, l->note, end);
    l->note = next < n ? l->note + next : NULL;
}

static void sv_between(struct sv_ladder *l, struct sv_drawing *d, const struct sv_between *b)
{
    const uint32_t rail = sv_rail(l);
    if (d->first) {
        if (d->row->decisive)
            sv_paint(l, SV_INK_PLAIN, "*", 1);
        if (l->time_width) {
            char room[32];
            struct sv_line_text out = sv_text_of(room, sizeof room);
            sv_time_text(l, d->row, &out);
            sv_paint_right(l, SV_INK_PLAIN, 1 + l->time_width, room, out.used);
        }
        sv_paint_right(l, d->state_ink, rail - 1, d->left, strlen(d->left));
    }
    sv_paint_to(l, rail);
    sv_paint_rail(l);
    for (uint32_t i = 0; i < b->pieces; i++) {
        sv_paint_to(l, rail + 1 + b->piece[i].column);
        sv_paint(l, b->piece[i].ink, b->piece[i].text, b->piece[i].n);
    }
    sv_paint_to(l, rail + 1 + l->field);
    sv_paint_rail(l);
    if (d->first && l->time_width) {
        sv_paint_to(l, rail + l->field + 3);
        sv_paint(l, d->state_ink, d->right, strlen(d->right));
    }
    sv_note_beside(l);
    sv_paint_end(l);
    d->first = false;
}

static void sv_piece(struct sv_between *b, uint32_t column, uint32_t ink, const char *text, size_t n)
{
    b->piece[b->pieces++] = (struct sv_piece){text, n, column, ink};
}

/* Text at its owner's rail, broken to the field. */
static void sv_at_rail(struct sv_ladder *l, struct sv_drawing *d, uint32_t side, uint32_t indent, uint32_t more,
                       uint32_t ink, const char *text)
{
    size_t n = strlen(text);
    do {
        size_t next;
        const size_t end = sv_width_break(text, n, l->field - indent, &next);
        const uint32_t width = sv_width_text(text, end);
        struct sv_between b = {.pieces = 0};
        sv_piece(&b, side == SV_LADDER_LEFT || width > l->field ? indent : l->field - width, ink, text, end);
        sv_between(l, d, &b);
        text += next;
        n -= next;
        indent = more;
    } while (n > 0);
}

/* The lines after an arrow's first: the rest of its label on the sender's side, the receiver's drop on the other. */
static void sv_arrow_rest(struct sv_ladder *l, struct sv_drawing *d, const struct sv_label *label, uint32_t from)
{
    const struct sv_ladder_row *row = d->row;
    const uint32_t ink = sv_label_ink(row);
    char dropped[64];
    struct sv_line_text x = sv_text_of(dropped, sizeof dropped);
    if (row->kind == SV_LADDER_DROPPED && row->text)
        sv_text_format(&x, "X %.50s", row->text);
    x.used = sv_width_cut(dropped, x.used, l->field);
    const uint32_t x_width = sv_width_text(dropped, x.used);
    while (from < label->words || x.used) {
        char room[256];
        struct sv_line_text out = sv_text_of(room, sizeof room);
        struct sv_between b = {.pieces = 0};
        if (from < label->words)
            from = sv_label_line(label, from, l->field - 6, &out);
        const uint32_t width = (uint32_t)out.used;
        const bool both = x.used && (width == 0 || width + 4 + x_width <= l->field);
        if (row->side == SV_LADDER_RIGHT && both)
            sv_piece(&b, 0, SV_INK_RED, dropped, x.used);
        if (width)
            sv_piece(&b, row->side == SV_LADDER_LEFT ? 3 : l->field - 3 - width, ink, room, out.used);
        if (row->side == SV_LADDER_LEFT && both)
            sv_piece(&b, l->field - x_width, SV_INK_RED, dropped, x.used);
        if (both)
            x.used = 0;
        sv_between(l, d, &b);
    }
}

static void sv_arrow_arrived(struct sv_ladder *l, struct sv_drawing *d, const struct sv_label *label)
{
    const struct sv_ladder_row *row = d->row;
    const bool left = row->side == SV_LADDER_LEFT, late = row->kind == SV_LADDER_ARRIVED;
    char words[256], arrow[600];
    struct sv_line_text w = sv_text_of(words, sizeof words), a = sv_text_of(arrow, sizeof arrow);
    const uint32_t start = late ? 4 : 3; /* "... " or "-- " */
    const uint32_t next = sv_label_line(label, 0, l->field - start - 3, &w);
    const uint32_t dashes = l->field - start - (uint32_t)w.used - 2;
    if (left) {
        if (late)
            sv_text_put(&a, "...", 3);
        else
            sv_dashes(l, &a, 2);
        sv_text_format(&a, " %s ", words);
        sv_dashes(l, &a, dashes);
        sv_text_put(&a, ">", 1);
    } else {
        sv_text_put(&a, "<", 1);
        sv_dashes(l, &a, dashes);
        sv_text_format(&a, " %s ", words);
        if (late)
            sv_text_put(&a, "...", 3);
        else
            sv_dashes(l, &a, 2);
    }
    struct sv_between b = {.pieces = 0};
    sv_piece(&b, 0, sv_label_ink(row), arrow, a.used);
    sv_between(l, d, &b);
    sv_arrow_rest(l, d, label, next);
}

/* An arrow that does not reach the other rail: lost, with its reason, or still under way. */
static void sv_arrow_open(struct sv_ladder *l, struct sv_drawing *d, struct sv_label *label)
{
    const struct sv_ladder_row *row = d->row;
    const bool lost = row->kind == SV_LADDER_LOST, left = row->side == SV_LADDER_LEFT;
    char words[256], arrow[600], reason[48];
    struct sv_line_text w = sv_text_of(words, sizeof words), a = sv_text_of(arrow, sizeof arrow);
    struct sv_line_text x = sv_text_of(reason, sizeof reason);
    if (lost && row->text)
        sv_text_format(&x, "%.36s", row->text);
    const uint32_t x_width = sv_width_text(reason, x.used);
    uint32_t room = l->field - 7; /* "-- " and " --X", or "-- " and " ..." */
    /* The reason stands beside the X unless flags and number would not fit then. */
    const bool beside = x.used && room > x_width + 1 + 22;
    if (beside)
        room -= x_width + 1;
    const uint32_t next = sv_label_line(label, 0, room, &w);
    struct sv_between b = {.pieces = 0};
    const uint32_t ink = sv_label_ink(row);
    char end[64];
    struct sv_line_text e = sv_text_of(end, sizeof end);
    if (!lost)
        sv_text_format(&e, "...");
    else if (left)
        sv_text_format(&e, beside ? "X %s" : "X", reason);
    else
        sv_text_format(&e, beside ? "%s X" : "X", reason);
    const uint32_t e_width = sv_width_text(end, e.used);
    const uint32_t a_width = 3 + (uint32_t)w.used + 1 + (lost ? 2 : 0);
    if (left) {
        sv_dashes(l, &a, 2);
        sv_text_format(&a, " %s ", words);
        sv_dashes(l, &a, lost ? 2 : 0);
        sv_piece(&b, 0, ink, arrow, a.used);
        sv_piece(&b, a_width, lost ? SV_INK_RED : ink, end, e.used);
    } else {
        sv_dashes(l, &a, lost ? 2 : 0);
        sv_text_format(&a, " %s ", words);
        sv_dashes(l, &a, 2);
        sv_piece(&b, l->field - a_width - e_width, lost ? SV_INK_RED : ink, end, e.used);
        sv_piece(&b, l->field - a_width, ink, arrow, a.used);
    }
    sv_between(l, d, &b);
    if (x.used && !beside) {
        struct sv_between why = {.pieces = 0};
        sv_piece(&why, left ? 3 : l->field - 3 - x_width, SV_INK_RED, reason, x.used);
        sv_between(l, d, &why);
    }
    sv_arrow_rest(l, d, label, next);
}

static void sv_note_under(struct sv_ladder *l, const char *note)
{
    const uint32_t indent = l->time_width ? 10 : 4;
    size_t n = strlen(note);
    bool first = true;
    while (n > 0) {
        size_t next;
        const size_t end = sv_width_break(note, n, l->o.columns - indent - 2, &next);
        sv_paint_to(l, indent);
        if (first)
            sv_paint(l, SV_INK_CYAN, "> ", 2);
        sv_paint_to(l, indent + 2);
        sv_paint(l, SV_INK_CYAN, note, end);
        sv_paint_end(l);
        note += next;
        n -= next;
        first = false;
    }
}

/* The totals break between their parts only: segments and bytes, then what was sent again or lost. */
static char *sv_fold_second(char *totals)
{
    for (uint32_t commas = 0; *totals; totals++) {
        const bool wide = strncmp(totals, "\xef\xbc\x8c", 3) == 0;
        if ((wide || strncmp(totals, ", ", 2) == 0) && ++commas == 2)
            return totals + (wide ? 3 : 2);
    }
    return NULL;
}

static void sv_fold_line(struct sv_ladder *l, struct sv_drawing *d)
{
    char room[400], first[400];
    struct sv_line_text out = sv_text_of(room, sizeof room);
    sv_text_format(&out, ": ");
    if (d->row->text)
        sv_text_format(&out, "%s", d->row->text);
    else
        sv_ladder_totals(l, d->row, &out);
    char *const second = d->row->text ? NULL : sv_fold_second(room);
    if (second && sv_width_text(room, out.used) > l->field - 2) {
        snprintf(first, sizeof first, "%.*s", (int)(second - room), room);
        sv_at_rail(l, d, SV_LADDER_LEFT, 2, 4, SV_INK_PLAIN, first);
        sv_at_rail(l, d, SV_LADDER_LEFT, 4, 4, SV_INK_PLAIN, second);
        return;
    }
    sv_at_rail(l, d, SV_LADDER_LEFT, 2, 4, SV_INK_PLAIN, room);
}

/* The state to say of a side, "" when there is none or it is not new. */
static const char *sv_new_state(struct sv_ladder *l, uint32_t side, uint8_t state, bool *changed)
{
    if (state == SV_LADDER_UNKNOWN)
        state = l->state[side];
    *changed = state != l->state[side];
    l->state[side] = state;
    return *changed || l->top ? sv_ladder_state_text(state) : "";
}

void sv_ladder_put_row(struct sv_ladder *l, const struct sv_ladder_row *row)
{
    if (l->o.screen_lines && l->lines >= l->o.screen_lines) {
        l->lines = 0;
        l->top = 1;
    }
    bool left_new, right_new;
    struct sv_drawing d = {.row = row, .first = true};
    d.left = sv_new_state(l, SV_LADDER_LEFT, row->left_state, &left_new);
    d.right = sv_new_state(l, SV_LADDER_RIGHT, row->right_state, &right_new);
    d.state_ink = left_new || right_new ? SV_INK_BOLD : SV_INK_PLAIN;
    l->top = 0;
    l->bold = row->decisive;
    const bool beside = l->o.columns >= SV_LADDER_NOTES_FROM;
    l->note = beside && row->note && row->note[0] ? row->note : NULL;
    struct sv_label label;
    struct sv_between empty = {.pieces = 0};
    char room[256];
    struct sv_line_text out = sv_text_of(room, sizeof room);
    switch ((enum sv_ladder_kind)row->kind) {
    case SV_LADDER_SEGMENT:
    case SV_LADDER_DROPPED:
    case SV_LADDER_ARRIVED:
        sv_label_make(l, row, &label);
        sv_arrow_arrived(l, &d, &label);
        break;
    case SV_LADDER_LOST:
    case SV_LADDER_DEPARTED:
        sv_label_make(l, row, &label);
        sv_arrow_open(l, &d, &label);
        break;
    case SV_LADDER_TIMER:
    case SV_LADDER_CALL:
        sv_ladder_say(l, row, &out);
        sv_at_rail(l, &d, row->side, 0, 0, SV_INK_PLAIN, room);
        break;
    case SV_LADDER_FOLD:
        sv_fold_line(l, &d);
        break;
    case SV_LADDER_NOTE:
        break;
    case SV_LADDER_STATE:
        sv_between(l, &d, &empty);
        break;
    }
    l->bold = 0;
    while (l->note) {
        d.first = false;
        sv_between(l, &d, &empty);
    }
    if (!beside && row->note)
        sv_note_under(l, row->note);
}

static void sv_head_end(const struct sv_ladder_end *end, struct sv_line_text *who, struct sv_line_text *isn, bool hide)
{
    sv_text_format(who, "%s", end->name ? end->name : "");
    if (end->address)
        sv_text_format(who, " %s", end->address);
    if (end->has_isn && !hide)
        sv_text_format(isn, "isn %" PRIu32, end->isn);
}

/* The header's right side ends with the right states; on a wide ladder one column later, against the notes. */
static uint32_t sv_head_edge(const struct sv_ladder *l)
{
    return l->right_edge + (l->o.columns >= SV_LADDER_NOTES_FROM);
}

static void sv_head_pair(struct sv_ladder *l, const char *time, const char *left, const char *right)
{
    const uint32_t start = l->time_width ? l->time_width + 2 : 1;
    if (l->time_width)
        sv_paint_right(l, SV_INK_PLAIN, 1 + l->time_width, time, strlen(time));
    sv_paint_to(l, start);
    sv_paint(l, SV_INK_PLAIN, left, strlen(left));
    const uint32_t width = sv_width_text(right, strlen(right));
    /* Two addresses too long for one line take one each. */
    if (right[0] && l->column + 2 + width > sv_head_edge(l))
        sv_paint_end(l);
    sv_paint_right(l, SV_INK_PLAIN, sv_head_edge(l), right, strlen(right));
    if (time[0] && l->o.columns >= SV_LADDER_NOTES_FROM && l->o.notes) {
        sv_paint_to(l, sv_head_edge(l) + 1);
        sv_paint(l, SV_INK_PLAIN, "notes", 5);
    }
    sv_paint_end(l);
}

void sv_ladder_head(struct sv_ladder *l)
{
    char who[2][160], isn[2][24];
    for (uint32_t i = 0; i < 2; i++) {
        struct sv_line_text w = sv_text_of(who[i], sizeof who[i]), n = sv_text_of(isn[i], sizeof isn[i]);
        sv_head_end(&l->o.end[i], &w, &n, l->o.hide_isn);
    }
    if (l->o.columns < SV_LADDER_LIST_BELOW) {
        for (uint32_t i = 0; i < 2; i++)
            sv_ladder_list_head(l, who[i], isn[i]);
        return;
    }
    const char *time = l->o.unit == SV_LADDER_MICROSECONDS ? "time us" : "time s";
    const uint32_t start = l->time_width ? l->time_width + 2 : 1;
    uint32_t whole = start + 2;
    for (uint32_t i = 0; i < 2; i++)
        whole += sv_width_text(who[i], strlen(who[i])) + (isn[i][0] ? 2 + (uint32_t)strlen(isn[i]) : 0);
    if (whole <= sv_head_edge(l)) {
        char both[2][192];
        for (uint32_t i = 0; i < 2; i++)
            snprintf(both[i], sizeof both[i], "%.159s%s%.23s", who[i], isn[i][0] ? "  " : "", isn[i]);
        sv_head_pair(l, time, both[0], both[1]);
        return;
    }
    sv_head_pair(l, time, who[0], who[1]);
    if (isn[0][0] || isn[1][0])
        sv_head_pair(l, "", isn[0], isn[1]);
}
