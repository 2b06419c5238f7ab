/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of the ladder are painted from left to right. Blanks are kept back until something follows them, so that no
 * line ends in one; colour is switched on and off around each piece, so that a cut line leaves no colour behind. */
#include <string.h>

#include "trace/ladder_private.h"
#include "trace/width.h"

void sv_paint_to(struct sv_ladder *l, uint32_t column)
{
    if (column > l->column)
        l->blanks += column - l->column;
    l->column = column > l->column ? column : l->column;
}

static void sv_paint_raw(struct sv_ladder *l, const char *text, size_t n)
{
    l->sink.put(l->sink.ctx, text, n);
}

static void sv_paint_ink(struct sv_ladder *l, uint32_t ink)
{
    static const char *const codes[] = {"1", "2", "31", "32", "33", "35", "36"};
    char room[32];
    struct sv_line_text out = sv_text_of(room, sizeof room);
    sv_text_format(&out, "\033[");
    for (uint32_t i = 0, first = 1; i < sizeof codes / sizeof codes[0]; i++) {
        if (ink & 1u << i) {
            sv_text_format(&out, first ? "%s" : ";%s", codes[i]);
            first = 0;
        }
    }
    sv_text_format(&out, "m");
    sv_paint_raw(l, room, out.used);
}

/* What a peer or a program wrote may hold escape sequences; none reach the terminal. */
static void sv_paint_safe(struct sv_ladder *l, const char *text, size_t n)
{
    size_t from = 0;
    for (size_t at = 0; at < n;) {
        uint32_t c;
        const size_t bytes = sv_utf8_next(text + at, n - at, &c);
        if (sv_width_unsafe(c)) {
            if (at > from)
                sv_paint_raw(l, text + from, at - from);
            sv_paint_raw(l, "?", 1);
            from = at + bytes;
        }
        at += bytes;
    }
    if (n > from)
        sv_paint_raw(l, text + from, n - from);
}

void sv_paint(struct sv_ladder *l, uint32_t ink, const char *text, size_t n)
{
    static const char blanks[] = "                                                                ";
    uint32_t after = 0;
    while (n > 0 && text[n - 1] == ' ') {
        n--;
        after++;
    }
    if (n == 0) {
        l->blanks += after;
        l->column += after;
        return;
    }
    while (l->blanks > 0) {
        const size_t some = l->blanks < sizeof blanks - 1 ? l->blanks : sizeof blanks - 1;
        sv_paint_raw(l, blanks, some);
        l->blanks -= (uint32_t)some;
    }
    if (l->bold)
        ink = (ink | SV_INK_BOLD) & ~(uint32_t)SV_INK_DIM;
    const int coloured = l->o.colour && ink != SV_INK_PLAIN;
    if (coloured)
        sv_paint_ink(l, ink);
    sv_paint_safe(l, text, n);
    if (coloured)
        sv_paint_raw(l, "\033[0m", 4);
    l->column += sv_width_text(text, n) + after;
    l->blanks = after;
}

void sv_paint_right(struct sv_ladder *l, uint32_t ink, uint32_t end, const char *text, size_t n)
{
    const uint32_t width = sv_width_text(text, n);
    sv_paint_to(l, end > width ? end - width : 0);
    sv_paint(l, ink, text, n);
}

void sv_paint_end(struct sv_ladder *l)
{
    l->blanks = 0;
    l->column = 0;
    l->lines++;
    sv_paint_raw(l, "\n", 1);
}
