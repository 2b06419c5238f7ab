/* SPDX-License-Identifier: BSD-2-Clause */
#include "l7_application/http_head.h"

#include <string.h>

void sv_http_head_reset(struct sv_http_head *h)
{
    h->n = 0;
    h->line = 0;
    h->skipped = 0;
    h->fields = 0;
}

/* A line (with its LF) is complete. Rewrites a lenient LF to CR LF, so that all later code sees one form. */
static enum sv_http_read end_line(struct sv_http_head *h, bool lenient)
{
    const uint32_t length = h->n - h->line;
    const bool crlf = length >= 2 && h->bytes[h->n - 2] == '\r';
    if (!crlf) {
        if (!lenient)
            return SV_HTTP_READ_BAD; /* RFC 9112 §2.2 lets us refuse; accepting has let requests be smuggled */
        if (h->n == SV_HTTP_HEAD_BYTES)
            return SV_HTTP_READ_TOO_LARGE;
        h->bytes[h->n - 1] = '\r';
        h->bytes[h->n++] = '\n';
    }
    if (h->n - h->line > 2) {
        const char *text = h->bytes + h->line;
        const uint32_t n = h->n - h->line - 2;
        if (memchr(text, '\r', n) || memchr(text, 0, n))
            return SV_HTTP_READ_BAD;
        h->line = h->n;
        return SV_HTTP_READ_MORE;
    }
    if (h->line > 0)
        return SV_HTTP_READ_READY;
    h->skipped += 2; /* an empty line before the first one is passed over (RFC 9112 §2.2), within reason */
    h->n = 0;
    return h->skipped > 16 ? SV_HTTP_READ_BAD : SV_HTTP_READ_MORE;
}

enum sv_http_read sv_http_head_read(struct sv_http_head *h, const struct sv_stream *s, bool lenient, sv_time now)
{
    const uint8_t *data;
    size_t have;
    while ((have = sv_stream_peek(s, &data)) > 0) {
        size_t used = 0;
        while (used < have) {
            const uint8_t *lf = memchr(data + used, '\n', have - used);
            const size_t piece = lf ? (size_t)(lf - data) + 1 - used : have - used;
            const size_t room = SV_HTTP_HEAD_BYTES - h->n;
            const size_t take = piece < room ? piece : room;
            memcpy(h->bytes + h->n, data + used, take);
            h->n += (uint32_t)take;
            used += take;
            if (h->line == 0 && h->n > SV_HTTP_LINE_BYTES) {
                sv_stream_consume(s, used, now);
                return SV_HTTP_READ_LONG_LINE;
            }
            enum sv_http_read r = SV_HTTP_READ_MORE;
            if (lf && take == piece)
                r = end_line(h, lenient);
            else if (h->n == SV_HTTP_HEAD_BYTES)
                r = SV_HTTP_READ_TOO_LARGE;
            if (r != SV_HTTP_READ_MORE) {
                sv_stream_consume(s, used, now);
                return r;
            }
        }
        sv_stream_consume(s, used, now);
    }
    return SV_HTTP_READ_MORE;
}

/* The line that begins at `from`, and where the next one begins. */
static struct sv_text line_at(const char *bytes, size_t n, size_t from, size_t *next)
{
    const char *cr = memchr(bytes + from, '\r', n - from);
    const size_t end = cr ? (size_t)(cr - bytes) : n;
    *next = end + 2 < n ? end + 2 : n;
    return (struct sv_text){bytes + from, end - from};
}

struct sv_text sv_http_head_line(const struct sv_http_head *h)
{
    size_t next;
    return line_at(h->bytes, h->n, 0, &next);
}

uint32_t sv_http_head_fields(struct sv_http_head *h)
{
    size_t at;
    (void)line_at(h->bytes, h->n, 0, &at);
    h->fields = 0;
    while (at < h->n) {
        size_t next;
        const struct sv_text line = line_at(h->bytes, h->n, at, &next);
        if (line.n == 0)
            break;
        const char *colon = memchr(line.at, ':', line.n);
        if (!colon)
            return 400;
        /* A name with white space in or after it is no token; neither is a folded line's beginning. */
        const struct sv_text name = {line.at, (size_t)(colon - line.at)};
        const struct sv_text value = sv_http_trim((struct sv_text){colon + 1, line.n - name.n - 1});
        if (!sv_http_is_token(name) || !sv_http_is_field_text(value))
            return 400;
        if (h->fields == SV_HTTP_FIELDS)
            return 431;
        h->field[h->fields].name = (uint16_t)at;
        h->field[h->fields].name_n = (uint16_t)name.n;
        h->field[h->fields].value = (uint16_t)(value.at - h->bytes);
        h->field[h->fields].value_n = (uint16_t)value.n;
        h->fields++;
        at = next;
    }
    return 0;
}

void sv_http_each_line(const char *bytes, size_t n, void (*line)(void *self, struct sv_text line, sv_time now),
                       void *self, sv_time now)
{
    for (size_t at = 0; at < n;) {
        size_t next;
        const struct sv_text text = line_at(bytes, n, at, &next);
        if (text.n == 0)
            break;
        line(self, text, now);
        at = next;
    }
}

bool sv_http_field_next(const struct sv_http_head *h, struct sv_text name, uint32_t *at, struct sv_text *value)
{
    for (; *at < h->fields; (*at)++)
        if (sv_text_equal_nocase(sv_http_field_name(h, *at), name)) {
            *value = sv_http_field_value(h, (*at)++);
            return true;
        }
    return false;
}

bool sv_http_field_one(const struct sv_http_head *h, struct sv_text name, struct sv_text *value, uint32_t *count)
{
    struct sv_text other;
    uint32_t at = 0;
    *count = 0;
    *value = SV_TEXT_NONE;
    if (!sv_http_field_next(h, name, &at, value))
        return false;
    *count = 1;
    while (sv_http_field_next(h, name, &at, &other))
        (*count)++;
    return *count == 1;
}

bool sv_http_field_has(const struct sv_http_head *h, struct sv_text name, struct sv_text token)
{
    struct sv_text value;
    uint32_t at = 0;
    while (sv_http_field_next(h, name, &at, &value))
        if (sv_http_list_has(value, token))
            return true;
    return false;
}

/* The Content-Length fields, and lists within one, must all say the same (RFC 9112 §6.3, item 5). */
static enum sv_http_framing framing_length(const struct sv_http_head *h, uint64_t *length)
{
    struct sv_text value;
    uint32_t at = 0;
    bool found = false;
    while (sv_http_field_next(h, SV_TEXT("content-length"), &at, &value)) {
        struct sv_text element;
        uint64_t number;
        bool any = false;
        /* Taken apart by hand: an empty element is no number here. */
        while (!any || value.n > 0) {
            const char *comma = memchr(value.at, ',', value.n);
            const size_t n = comma ? (size_t)(comma - value.at) : value.n;
            element = sv_http_trim((struct sv_text){value.at, n});
            const bool last = !comma;
            if (!sv_http_number(element, &number) || number == UINT64_MAX)
                return SV_HTTP_FRAMING_BAD;
            if (found && number != *length)
                return SV_HTTP_FRAMING_BAD;
            *length = number;
            found = any = true;
            if (last)
                break;
            value = (struct sv_text){value.at + n + 1, value.n - n - 1};
            if (value.n == 0)
                return SV_HTTP_FRAMING_BAD;
        }
    }
    return found ? SV_HTTP_FRAMING_LENGTH : SV_HTTP_FRAMING_NONE;
}

enum sv_http_framing sv_http_head_framing(const struct sv_http_head *h, uint64_t *length)
{
    struct sv_text value;
    uint32_t at = 0, codings = 0, chunked = 0;
    bool present = false, last_is_chunked = false;
    *length = 0;
    while (sv_http_field_next(h, SV_TEXT("transfer-encoding"), &at, &value)) {
        struct sv_text element;
        present = true;
        while (sv_http_list_next(&value, &element)) {
            last_is_chunked = sv_text_equal_nocase(element, SV_TEXT("chunked"));
            codings++;
            chunked += last_is_chunked;
        }
    }
    const enum sv_http_framing by_length = framing_length(h, length);
    if (!present)
        return by_length;
    /* RFC 9112 §6.1: both fields together are an attempt to smuggle, or might as well be. §6.3: a body
     * whose last coding is not chunked has no end that both sides agree on. */
    if (by_length != SV_HTTP_FRAMING_NONE || !last_is_chunked || chunked != 1)
        return SV_HTTP_FRAMING_BAD;
    return codings == 1 ? SV_HTTP_FRAMING_CHUNKED : SV_HTTP_FRAMING_UNSUPPORTED;
}

bool sv_http_version(struct sv_text t, uint32_t *major, uint32_t *minor)
{
    if (t.n != 8 || memcmp(t.at, "HTTP/", 5) != 0 || t.at[6] != '.')
        return false;
    if (t.at[5] < '0' || t.at[5] > '9' || t.at[7] < '0' || t.at[7] > '9')
        return false;
    *major = (uint32_t)(t.at[5] - '0');
    *minor = (uint32_t)(t.at[7] - '0');
    return true;
}
