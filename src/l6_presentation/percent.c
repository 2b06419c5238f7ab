/* SPDX-License-Identifier: BSD-2-Clause */
#include "l6_presentation/percent.h"

uint32_t sv_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0');
    c = sv_text_lower(c);
    return c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10 : 16;
}

bool sv_percent_decode(struct sv_text text, char *to, size_t room, size_t *n)
{
    size_t out = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.at[i];
        if (c == '%') {
            if (text.n - i < 3)
                return false;
            const uint32_t high = sv_hex_value(text.at[i + 1]);
            const uint32_t low = sv_hex_value(text.at[i + 2]);
            if (high > 15 || low > 15)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (out == room)
            return false;
        to[out++] = c;
    }
    *n = out;
    return true;
}

static bool is_kept(char c, const char *keep)
{
    const char l = sv_text_lower(c);
    if ((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~')
        return true;
    for (; *keep; keep++)
        if (*keep == c)
            return true;
    return false;
}

bool sv_percent_encode(struct sv_text text, const char *keep, char *to, size_t room, size_t *n)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t out = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.at[i];
        const bool kept = is_kept(c, keep);
        if (room - out < (kept ? 1u : 3u))
            return false;
        if (kept) {
            to[out++] = c;
            continue;
        }
        to[out++] = '%';
        to[out++] = hex[(uint8_t)c >> 4];
        to[out++] = hex[(uint8_t)c & 15];
    }
    *n = out;
    return true;
}
