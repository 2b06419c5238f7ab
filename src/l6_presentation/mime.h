/* SPDX-License-Identifier: BSD-2-Clause */
/* Media types by file suffix. Text is declared UTF-8: it is what files are written in today. */
#ifndef SV_L6_MIME_H
#define SV_L6_MIME_H

#include "seven/text.h"

/* A static string, never NULL: "application/octet-stream" for what is not known. Only the last suffix
 * counts, in either case; a name that is only a suffix (".html") has none. */
SV_API const char *sv_mime_type(struct sv_text path);

#endif
