/* SPDX-License-Identifier: BSD-2-Clause */
/* Heads of messages (RFC 9112 §2 to §6): collecting the bytes up to the empty line from a stream, cutting
 * them into lines and fields, and deciding how long the body is. One place, for server and client. */
#ifndef SV_L7_HTTP_HEAD_H
#define SV_L7_HTTP_HEAD_H

#include "l7_application/http_syntax.h"
#include "seven/stream.h"

#define SV_HTTP_HEAD_BYTES 12288u /* of a whole head */
#define SV_HTTP_LINE_BYTES 8192u  /* of its first line (RFC 9112 §3 asks for 8,000 octets or more) */
#define SV_HTTP_FIELDS 96u

struct sv_http_head {
    uint32_t n;       /* bytes collected */
    uint32_t line;    /* where the line in progress begins */
    uint32_t skipped; /* bytes of empty lines before the head */
    uint32_t fields;
    struct {
        uint16_t name, name_n, value, value_n; /* offsets into bytes */
    } field[SV_HTTP_FIELDS];
    char bytes[SV_HTTP_HEAD_BYTES];
};

enum sv_http_read {
    SV_HTTP_READ_MORE,      /* the stream has no more for now */
    SV_HTTP_READ_READY,     /* the empty line came: nothing after it was consumed */
    SV_HTTP_READ_BAD,       /* a line end that is not CR LF, a bare CR, NUL */
    SV_HTTP_READ_LONG_LINE, /* the first line exceeds SV_HTTP_LINE_BYTES */
    SV_HTTP_READ_TOO_LARGE, /* the head exceeds SV_HTTP_HEAD_BYTES */
};

void sv_http_head_reset(struct sv_http_head *h);

/* Takes bytes from the stream up to the end of the head, no further. `lenient`: a line may end with LF
 * alone (RFC 9112 §2.2; for responses only, since in requests it is a way to smuggle). */
enum sv_http_read sv_http_head_read(struct sv_http_head *h, const struct sv_stream *s, bool lenient, sv_time now);

/* The first line, without its end. Only after READY. */
struct sv_text sv_http_head_line(const struct sv_http_head *h);

/* Cuts the fields. The status to answer: 0 fine; 400 a bad name, white space before the colon, a folded
 * line (RFC 9112 §5.2); 431 too many. */
uint32_t sv_http_head_fields(struct sv_http_head *h);

/* Calls back for every line of a head: bytes up to and without the empty line. */
void sv_http_each_line(const char *bytes, size_t n, void (*line)(void *self, struct sv_text line, sv_time now),
                       void *self, sv_time now);

static inline struct sv_text sv_http_field_name(const struct sv_http_head *h, uint32_t i)
{
    return (struct sv_text){h->bytes + h->field[i].name, h->field[i].name_n};
}
static inline struct sv_text sv_http_field_value(const struct sv_http_head *h, uint32_t i)
{
    return (struct sv_text){h->bytes + h->field[i].value, h->field[i].value_n};
}

/* The next field of that name at or after *at (begin with 0); false: none. */
bool sv_http_field_next(const struct sv_http_head *h, struct sv_text name, uint32_t *at, struct sv_text *value);

/* The value of a field that may come once; false: it is not there, or more than once (*count says). */
bool sv_http_field_one(const struct sv_http_head *h, struct sv_text name, struct sv_text *value, uint32_t *count);

/* True when any field of that name, read as one list, has the token. */
bool sv_http_field_has(const struct sv_http_head *h, struct sv_text name, struct sv_text token);

/* How the body is delimited, as far as the two fields say (RFC 9112 §6). */
enum sv_http_framing {
    SV_HTTP_FRAMING_NONE,   /* neither field */
    SV_HTTP_FRAMING_LENGTH, /* *length bytes */
    SV_HTTP_FRAMING_CHUNKED,
    SV_HTTP_FRAMING_BAD,         /* contradictory or malformed: the connection cannot be trusted further */
    SV_HTTP_FRAMING_UNSUPPORTED, /* ends in chunked, but has another coding below */
};
enum sv_http_framing sv_http_head_framing(const struct sv_http_head *h, uint64_t *length);

/* "HTTP/1.1": false when malformed. */
bool sv_http_version(struct sv_text t, uint32_t *major, uint32_t *minor);

#endif
