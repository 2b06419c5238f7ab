/* SPDX-License-Identifier: BSD-2-Clause */
/* Request targets (RFC 9112 §3.2) and the way from one to a path within the served tree. */
#ifndef SV_L7_HTTP_TARGET_H
#define SV_L7_HTTP_TARGET_H

#include "seven/text.h"

#define SV_HTTP_PATH_BYTES 4096u

struct sv_http_target {
    bool asterisk;        /* "*" */
    bool slash;           /* the path ended in a slash: a directory is meant */
    struct sv_text query; /* borrowed from the target, with its '?'; empty: none */
    uint32_t path_n;
    char path[SV_HTTP_PATH_BYTES]; /* relative to the root, decoded, without "." and ".." segments, without
                                    * doubled, leading and trailing slashes; "" is the root */
};

/* 0, or the status to answer: 400 (malformed, NUL, or climbs above the root), 404 (an encoded slash: no
 * name has one), 414. */
uint32_t sv_http_target_parse(struct sv_text text, struct sv_http_target *target);

#endif
