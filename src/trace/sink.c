/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace/sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "trace/width.h"

void sv_sink_text(const struct sv_sink *sink, const char *text)
{
    sink->put(sink->ctx, text, strlen(text));
}

static size_t sv_bounded(int n, size_t size)
{
    if (n < 0)
        return 0;
    return (size_t)n < size ? (size_t)n : size - 1;
}

void sv_sink_format(const struct sv_sink *sink, const char *format, ...)
{
    char room[1024];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(room, sizeof room, format, args);
    va_end(args);
    sink->put(sink->ctx, room, sv_bounded(n, sizeof room));
}

void sv_text_put(void *text, const char *bytes, size_t n)
{
    struct sv_line_text *t = text;
    if (t->size == 0)
        return;
    const size_t left = t->size - 1 - t->used;
    if (n > left)
        n = left;
    memcpy(t->at + t->used, bytes, n);
    t->used += n;
    t->at[t->used] = 0;
}

void sv_text_format(struct sv_line_text *text, const char *format, ...)
{
    if (text->size == 0)
        return;
    const size_t left = text->size - text->used;
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(text->at + text->used, left, format, args);
    va_end(args);
    text->used += sv_bounded(n, left);
}

void sv_sink_json_string(const struct sv_sink *sink, const char *text, size_t n)
{
    const char *end = text + n;
    sv_sink_text(sink, "\"");
    while (text < end) {
        uint32_t c;
        const size_t used = sv_utf8_next(text, (size_t)(end - text), &c);
        if (c == '"' || c == '\\')
            sv_sink_format(sink, "\\%c", (char)c);
        else if (c == '\n')
            sv_sink_text(sink, "\\n");
        else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            sv_sink_format(sink, "\\u%04x", (unsigned)c);
        else if (c == SV_UTF8_BAD)
            sv_sink_text(sink, "\xef\xbf\xbd");
        else
            sink->put(sink->ctx, text, used);
        text += used;
    }
    sv_sink_text(sink, "\"");
}

void sv_sink_markup(const struct sv_sink *sink, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            sv_sink_text(sink, "&lt;");
            break;
        case '>':
            sv_sink_text(sink, "&gt;");
            break;
        case '&':
            sv_sink_text(sink, "&amp;");
            break;
        case '"':
            sv_sink_text(sink, "&quot;");
            break;
        default:
            sink->put(sink->ctx, text, 1);
        }
    }
}
