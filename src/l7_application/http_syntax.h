/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of HTTP fields (RFC 9110 §5.6): tokens, lists, numbers, entity tags. */
#ifndef SV_L7_HTTP_SYNTAX_H
#define SV_L7_HTTP_SYNTAX_H

#include "seven/text.h"

bool sv_http_is_tchar(char c);
bool sv_http_is_token(struct sv_text t);       /* one tchar or more */
bool sv_http_is_field_text(struct sv_text t);  /* HTAB, SP, VCHAR, obs-text only (RFC 9110 §5.5) */
struct sv_text sv_http_trim(struct sv_text t); /* without SP and HTAB at its ends */

/* Decimal digits only. Saturates at UINT64_MAX; false: empty or another byte. */
bool sv_http_number(struct sv_text t, uint64_t *value);

/* Takes the next element off a comma list (RFC 9110 §5.6.1: empty elements are skipped; a comma within
 * quotes does not part). False: no more. */
bool sv_http_list_next(struct sv_text *list, struct sv_text *element);

/* True when the comma list has this token, in either case. */
bool sv_http_list_has(struct sv_text list, struct sv_text token);

/* An entity tag (RFC 9110 §8.8.3): *opaque includes the quotes. */
bool sv_http_etag(struct sv_text t, bool *weak, struct sv_text *opaque);

#endif
