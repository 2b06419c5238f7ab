/* SPDX-License-Identifier: BSD-2-Clause */
/* Percent coding (RFC 3986 §2.1). */
#ifndef SV_L6_PERCENT_H
#define SV_L6_PERCENT_H

#include "seven/text.h"

/* The value of a hexadecimal digit, 16 for any other byte. */
SV_API uint32_t sv_hex_value(char c);

/* Decodes into `to` (may be the text's own memory); *n is the length, never more than the text's. False: a
 * '%' without two hexadecimal digits, or `room` is too small. NUL may come out: the caller looks. */
SV_API SV_MUST_CHECK bool sv_percent_decode(struct sv_text text, char *to, size_t room, size_t *n);

/* Encodes every byte that is neither unreserved (RFC 3986 §2.3) nor in `keep`; not terminated. The result
 * is safe in a path segment, a Location field and a quoted HTML attribute. False: `room` is too small. */
SV_API SV_MUST_CHECK bool sv_percent_encode(struct sv_text text, const char *keep, char *to, size_t room, size_t *n);

#endif
