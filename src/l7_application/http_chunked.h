/* SPDX-License-Identifier: BSD-2-Clause */
/* The chunked transfer coding (RFC 9112 §7.1), decoded as bytes come. Extensions and trailer fields are
 * checked and passed over. */
#ifndef SV_L7_HTTP_CHUNKED_H
#define SV_L7_HTTP_CHUNKED_H

#include "seven/text.h"

/* Bytes that are not data, in one body: extensions and trailers. A body of many
 * tiny chunks with long extensions would otherwise cost its sender little and us much. */
#define SV_HTTP_CHUNKED_SPARE 16384u

struct sv_http_chunked {
    uint64_t left; /* of the chunk in progress */
    uint32_t state;
    uint32_t digits; /* of its size */
    uint32_t spare;  /* extension and trailer bytes so far */
};

enum sv_http_chunk {
    SV_HTTP_CHUNK_MORE, /* everything was used */
    SV_HTTP_CHUNK_DATA, /* *data, *data_n: a piece of the body (points into `in`) */
    SV_HTTP_CHUNK_END,  /* the body is over; what follows `used` is the next message */
    SV_HTTP_CHUNK_BAD,
};

void sv_http_chunked_init(struct sv_http_chunked *c);

/* Looks at up to n bytes; *used says how many it is done with. Call again with the rest until MORE. */
enum sv_http_chunk sv_http_chunked_feed(struct sv_http_chunked *c, const uint8_t *in, size_t n, size_t *used,
                                        const uint8_t **data, size_t *data_n);

#endif
