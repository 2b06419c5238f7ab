/* SPDX-License-Identifier: BSD-2-Clause */
/* URLs: the generic syntax of RFC 3986, strictly. */
#ifndef SV_L6_URL_H
#define SV_L6_URL_H

#include "seven/text.h"

/* The parts as they stand in the text they were parsed from (borrowed, still percent-coded). */
struct sv_url {
    struct sv_text scheme; /* empty in a relative reference */
    struct sv_text userinfo;
    struct sv_text host; /* without the brackets of an IP literal */
    struct sv_text path;
    struct sv_text query;     /* without the '?' */
    struct sv_text fragment;  /* without the '#' */
    struct sv_text authority; /* userinfo, host and port, as written */
    uint16_t port;            /* 0 when none is given: sv_url_default_port() */
    bool has_authority, has_userinfo, has_query, has_fragment;
    bool literal; /* the host is an IP literal (it had brackets) */
};

/* Parses a URI or a relative reference (RFC 3986 §4.1). False: a byte or a shape the grammar does not
 * have, a port over 65535. */
SV_API SV_MUST_CHECK bool sv_url_parse(struct sv_text text, struct sv_url *url);

/* Parses "host", "host:port", "[literal]:port" (no userinfo): a Host field's value. */
SV_API SV_MUST_CHECK bool sv_url_parse_authority(struct sv_text text, struct sv_url *url);

/* The port a scheme stands for (http 80, https 443, ftp 21, ftps 990, smtp 25, smtps 465); 0: unknown. */
SV_API uint16_t sv_url_default_port(struct sv_text scheme);

/* Writes the target of `reference` as seen from `base` (RFC 3986 §5.2, dot segments removed); not
 * terminated. False: `base` has no scheme, or `room` is too small. */
SV_API SV_MUST_CHECK bool sv_url_resolve(const struct sv_url *base, const struct sv_url *reference, char *to,
                                         size_t room, size_t *n);

/* Removes "." and ".." segments in place (RFC 3986 §5.2.4); gives the new length. */
SV_API size_t sv_url_remove_dots(char *path, size_t n);

#endif
