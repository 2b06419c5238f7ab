/* SPDX-License-Identifier: BSD-2-Clause */
#include "l7_application/http_chunked.h"

#include "l6_presentation/percent.h"
#include "l7_application/http_syntax.h"

enum state {
    SIZE,  /* hexadecimal digits */
    BLANK, /* white space, allowed only before an extension */
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER, /* at the start of a trailer line */
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF,
    OVER,
    BROKEN,
};

void sv_http_chunked_init(struct sv_http_chunked *c)
{
    *c = (struct sv_http_chunked){.state = SIZE};
}

static bool is_text(uint8_t b)
{
    return b == '\t' || (b >= 0x20 && b != 0x7f);
}

static uint32_t size_byte(struct sv_http_chunked *c, uint8_t b)
{
    const uint32_t digit = sv_hex_value((char)b);
    if (digit < 16) {
        /* 15 digits hold more than any body; leading zeros count, or they would be without end. */
        if (++c->digits > 15)
            return BROKEN;
        c->left = c->left << 4 | digit;
        return SIZE;
    }
    if (c->digits == 0)
        return BROKEN;
    if (b == '\r')
        return SIZE_LF;
    if (b == ';')
        return EXTENSION;
    return b == ' ' || b == '\t' ? BLANK : BROKEN;
}

/* The state after one byte that is not data. */
static uint32_t next_state(struct sv_http_chunked *c, uint8_t b)
{
    switch ((enum state)c->state) {
    case SIZE:
        return size_byte(c, b);
    case BLANK:
        c->spare++;
        if (b == ' ' || b == '\t')
            return BLANK;
        return b == ';' ? EXTENSION : BROKEN;
    case EXTENSION:
        c->spare++;
        if (b == '\r')
            return SIZE_LF;
        return is_text(b) ? EXTENSION : BROKEN;
    case SIZE_LF:
        if (b != '\n')
            return BROKEN;
        c->digits = 0;
        return c->left > 0 ? DATA : TRAILER;
    case DATA_CR:
        return b == '\r' ? DATA_LF : BROKEN;
    case DATA_LF:
        return b == '\n' ? SIZE : BROKEN;
    case TRAILER:
        if (b == '\r')
            return LAST_LF;
        /* fall through */
    case TRAILER_NAME:
        c->spare++;
        if (b == ':')
            return c->state == TRAILER ? BROKEN : TRAILER_VALUE;
        return sv_http_is_tchar((char)b) ? TRAILER_NAME : BROKEN;
    case TRAILER_VALUE:
        c->spare++;
        if (b == '\r')
            return TRAILER_LF;
        return is_text(b) ? TRAILER_VALUE : BROKEN;
    case TRAILER_LF:
        return b == '\n' ? TRAILER : BROKEN;
    case LAST_LF:
        return b == '\n' ? OVER : BROKEN;
    case DATA:
    case OVER:
    case BROKEN:
        break;
    }
    return BROKEN;
}

enum sv_http_chunk sv_http_chunked_feed(struct sv_http_chunked *c, const uint8_t *in, size_t n, size_t *used,
                                        const uint8_t **data, size_t *data_n)
{
    size_t i = 0;
    *data = NULL;
    *data_n = 0;
    while (i < n && c->state != OVER && c->state != BROKEN) {
        if (c->state == DATA) {
            const size_t piece = n - i < c->left ? n - i : (size_t)c->left;
            *data = in + i;
            *data_n = piece;
            c->left -= piece;
            if (c->left == 0)
                c->state = DATA_CR;
            *used = i + piece;
            return SV_HTTP_CHUNK_DATA;
        }
        c->state = next_state(c, in[i++]);
        if (c->spare > SV_HTTP_CHUNKED_SPARE)
            c->state = BROKEN;
    }
    *used = i;
    if (c->state == OVER)
        return SV_HTTP_CHUNK_END;
    return c->state == BROKEN ? SV_HTTP_CHUNK_BAD : SV_HTTP_CHUNK_MORE;
}
