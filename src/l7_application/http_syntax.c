/* SPDX-License-Identifier: BSD-2-Clause */
#include "l7_application/http_syntax.h"

bool sv_http_is_tchar(char c)
{
    const char l = sv_text_lower(c);
    if ((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9'))
        return true;
    switch (c) {
    case '!':
    case '#':
    case '$':
    case '%':
    case '&':
    case '\'':
    case '*':
    case '+':
    case '-':
    case '.':
    case '^':
    case '_':
    case '`':
    case '|':
    case '~':
        return true;
    default:
        return false;
    }
}

bool sv_http_is_token(struct sv_text t)
{
    for (size_t i = 0; i < t.n; i++)
        if (!sv_http_is_tchar(t.at[i]))
            return false;
    return t.n > 0;
}

bool sv_http_is_field_text(struct sv_text t)
{
    for (size_t i = 0; i < t.n; i++) {
        const uint8_t c = (uint8_t)t.at[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

struct sv_text sv_http_trim(struct sv_text t)
{
    while (t.n > 0 && (t.at[0] == ' ' || t.at[0] == '\t')) {
        t.at++;
        t.n--;
    }
    while (t.n > 0 && (t.at[t.n - 1] == ' ' || t.at[t.n - 1] == '\t'))
        t.n--;
    return t;
}

bool sv_http_number(struct sv_text t, uint64_t *value)
{
    uint64_t v = 0;
    for (size_t i = 0; i < t.n; i++) {
        if (t.at[i] < '0' || t.at[i] > '9')
            return false;
        const uint64_t digit = (uint64_t)(t.at[i] - '0');
        v = v > (UINT64_MAX - digit) / 10 ? UINT64_MAX : v * 10 + digit;
    }
    *value = v;
    return t.n > 0;
}

bool sv_http_list_next(struct sv_text *list, struct sv_text *element)
{
    while (list->n > 0) {
        size_t end = 0;
        bool quoted = false;
        while (end < list->n && (quoted || list->at[end] != ',')) {
            if (list->at[end] == '"')
                quoted = !quoted;
            end++;
        }
        *element = sv_http_trim((struct sv_text){list->at, end});
        const size_t used = end < list->n ? end + 1 : end;
        *list = (struct sv_text){list->at + used, list->n - used};
        if (element->n > 0)
            return true;
    }
    return false;
}

bool sv_http_list_has(struct sv_text list, struct sv_text token)
{
    struct sv_text element;
    while (sv_http_list_next(&list, &element))
        if (sv_text_equal_nocase(element, token))
            return true;
    return false;
}

bool sv_http_etag(struct sv_text t, bool *weak, struct sv_text *opaque)
{
    *weak = t.n >= 2 && t.at[0] == 'W' && t.at[1] == '/';
    if (*weak)
        t = (struct sv_text){t.at + 2, t.n - 2};
    if (t.n < 2 || t.at[0] != '"' || t.at[t.n - 1] != '"')
        return false;
    for (size_t i = 1; i + 1 < t.n; i++) {
        const uint8_t c = (uint8_t)t.at[i];
        if (c <= 0x20 || c == '"' || c == 0x7f)
            return false;
    }
    *opaque = t;
    return true;
}
