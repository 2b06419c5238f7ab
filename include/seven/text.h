/* SPDX-License-Identifier: BSD-2-Clause */
/* A borrowed run of bytes that is read as text: not terminated, and owned by whoever the function that
 * gave it says. */
#ifndef SEVEN_TEXT_H
#define SEVEN_TEXT_H

#include "seven/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sv_text {
    const char *at;
    size_t n;
};

/* Of a string literal; and an empty one that points somewhere. */
#define SV_TEXT(literal) ((struct sv_text){"" literal, sizeof(literal) - 1u})
#define SV_TEXT_NONE ((struct sv_text){"", 0})

static inline char sv_text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}
static inline bool sv_text_equal(struct sv_text a, struct sv_text b)
{
    return a.n == b.n && (a.n == 0 || __builtin_memcmp(a.at, b.at, a.n) == 0);
}
/* ASCII letters match in either case, whatever the locale. */
static inline bool sv_text_equal_nocase(struct sv_text a, struct sv_text b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (sv_text_lower(a.at[i]) != sv_text_lower(b.at[i]))
            return false;
    return true;
}

#ifdef __cplusplus
}
#endif
#endif
