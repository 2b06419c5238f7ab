/* SPDX-License-Identifier: BSD-2-Clause */
/* Which representation a GET or HEAD gets: conditional requests (RFC 9110 §13) and ranges (§14), as pure
 * functions over the request's fields and what is known of the file. */
#ifndef SV_L7_HTTP_SELECT_H
#define SV_L7_HTTP_SELECT_H

#include "l7_application/http_head.h"

/* The selected representation's validators. */
struct sv_http_validators {
    struct sv_text etag; /* strong, with its quotes; empty: none */
    bool has_mtime;
    int64_t mtime_s;
    int64_t now_s; /* the server's own clock */
};

/* Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of RFC 9110
 * §13.2.2, for GET and HEAD. 200: go on; 304; 412. */
uint32_t sv_http_conditions(const struct sv_http_head *h, const struct sv_http_validators *v);

#define SV_HTTP_RANGES 16u

struct sv_http_range {
    uint64_t first, bytes;
};
struct sv_http_ranges {
    uint32_t n;
    struct sv_http_range range[SV_HTTP_RANGES];
};

/* Reads Range and If-Range for a representation of `size` bytes. 200: send it all (no such field, or one
 * to be ignored: malformed, another unit, a false If-Range, or a set that asks for more bytes than there
 * are, overlaps more than once or has too many parts, RFC 9110 §14.2, §17.15); 206: `out` has one range or
 * more, in the order asked for; 416. */
uint32_t sv_http_ranges_select(const struct sv_http_head *h, const struct sv_http_validators *v, uint64_t size,
                               struct sv_http_ranges *out);

#endif
