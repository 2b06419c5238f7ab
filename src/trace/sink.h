/* SPDX-License-Identifier: BSD-2-Clause */
/* Where rendered text goes: a function of the caller's. Renderers hold nothing back and do no I/O. */
#ifndef SV_TRACE_SINK_H
#define SV_TRACE_SINK_H

#include <stddef.h>
#include <stdint.h>

struct sv_sink {
    void (*put)(void *ctx, const char *text, size_t n); /* takes n bytes of text; not terminated by a zero */
    void *ctx;
};

#if defined(__GNUC__)
#define SV_PRINTF(at, first) __attribute__((__format__(__printf__, at, first)))
#else
#define SV_PRINTF(at, first)
#endif

void sv_sink_text(const struct sv_sink *sink, const char *text);

/* As printf; one call gives at most 1,023 bytes, what is beyond is cut. */
void sv_sink_format(const struct sv_sink *sink, const char *format, ...) SV_PRINTF(2, 3);

/* n bytes of text as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void sv_sink_json_string(const struct sv_sink *sink, const char *text, size_t n);

/* Text as HTML and XML have it, between tags and in an attribute of double quotes. */
void sv_sink_markup(const struct sv_sink *sink, const char *text);

/* A buffer of fixed size as a sink: `used` never passes `size` - 1, and the text is always terminated. */
struct sv_line_text {
    char *at;
    size_t size;
    size_t used;
};
void sv_text_put(void *text, const char *bytes, size_t n); /* the `put` of such a sink; ctx is the sv_text */
void sv_text_format(struct sv_line_text *text, const char *format, ...) SV_PRINTF(2, 3);
static inline struct sv_line_text sv_text_of(char *room, size_t size)
{
    if (size)
        room[0] = 0;
    return (struct sv_line_text){room, size, 0};
}

#endif
