/* SPDX-License-Identifier: BSD-2-Clause */
#include "l7_application/http_target.h"

#include <string.h>

#include "l6_presentation/percent.h"
#include "l6_presentation/url.h"

/* absolute-form: "http://authority/path?query". Gives what origin-form would have been; an empty path is "/". */
static uint32_t strip_absolute(struct sv_text *text)
{
    struct sv_url url;
    if (!sv_url_parse(*text, &url))
        return 400;
    const bool web =
        sv_text_equal_nocase(url.scheme, SV_TEXT("http")) || sv_text_equal_nocase(url.scheme, SV_TEXT("https"));
    /* userinfo in an http URL is to be treated as an error (RFC 9110 §4.2.4). */
    if (!web || !url.has_authority || url.host.n == 0 || url.has_userinfo || url.has_fragment)
        return 400;
    const char *end = text->at + text->n;
    const char *path = url.authority.at + url.authority.n;
    *text = (struct sv_text){path, (size_t)(end - path)};
    return 0;
}

/* Adds one raw segment: decoded, resolved if it is "." or "..", in whatever spelling. */
static uint32_t add_segment(struct sv_http_target *t, struct sv_text raw)
{
    char *to = t->path + t->path_n;
    const uint32_t slash = t->path_n > 0 ? 1 : 0;
    size_t n;
    if (SV_HTTP_PATH_BYTES - t->path_n < raw.n + slash)
        return 414;
    if (!sv_percent_decode(raw, to + slash, raw.n, &n))
        return 400;
    const char *name = to + slash;
    if (memchr(name, 0, n))
        return 400;
    if (memchr(name, '/', n))
        return 404;
    if (n == 0 || (n == 1 && name[0] == '.'))
        return 0;
    if (n == 2 && name[0] == '.' && name[1] == '.') {
        if (t->path_n == 0)
            return 400;
        while (t->path_n > 0 && t->path[--t->path_n] != '/')
            ;
        return 0;
    }
    if (slash)
        *to = '/';
    t->path_n += (uint32_t)n + slash;
    return 0;
}

uint32_t sv_http_target_parse(struct sv_text text, struct sv_http_target *t)
{
    t->asterisk = false;
    t->slash = true;
    t->query = SV_TEXT_NONE;
    t->path_n = 0;
    /* The grammar's set of bytes, and the few printable ones that browsers leave as they are. */
    for (size_t i = 0; i < text.n; i++)
        if ((uint8_t)text.at[i] <= 0x20 || (uint8_t)text.at[i] >= 0x7f || text.at[i] == '#')
            return 400;
    if (sv_text_equal(text, SV_TEXT("*"))) {
        t->asterisk = true;
        return 0;
    }
    if (text.n == 0)
        return 400;
    if (text.at[0] != '/') {
        const uint32_t status = strip_absolute(&text);
        if (status)
            return status;
    }
    const char *query = memchr(text.at, '?', text.n);
    if (query) {
        t->query = (struct sv_text){query, text.n - (size_t)(query - text.at)};
        text.n = (size_t)(query - text.at);
    }
    for (size_t at = 0; at < text.n;) {
        const size_t start = at + 1; /* past the slash */
        size_t end = start;
        while (end < text.n && text.at[end] != '/')
            end++;
        const struct sv_text raw = {text.at + start, end - start};
        const uint32_t before = t->path_n;
        const uint32_t status = add_segment(t, raw);
        if (status)
            return status;
        t->slash = end < text.n || t->path_n <= before; /* a last segment that added no name names a directory */
        at = end;
    }
    return 0;
}
