/* SPDX-License-Identifier: BSD-2-Clause */
#include "l6_presentation/url.h"

#include "core/mem.h"
#include "l6_presentation/percent.h"

static bool is_alpha(char c)
{
    c = sv_text_lower(c);
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_in(char c, const char *set)
{
    for (; *set; set++)
        if (*set == c)
            return true;
    return false;
}

/* unreserved, sub-delims (RFC 3986 §2.2, §2.3), what `more` names, and whole percent codes. */
static bool all_allowed(struct sv_text t, const char *more)
{
    for (size_t i = 0; i < t.n; i++) {
        const char c = t.at[i];
        if (c == '%') {
            if (t.n - i < 3 || sv_hex_value(t.at[i + 1]) > 15 || sv_hex_value(t.at[i + 2]) > 15)
                return false;
            i += 2;
        } else if (!is_alpha(c) && !is_digit(c) && (c == 0 || !is_in(c, "-._~!$&'()*+,;="))) {
            if (c == 0 || !is_in(c, more))
                return false;
        }
    }
    return true;
}

/* Four decimal numbers up to 255 without leading zeros (RFC 3986 §3.2.2, dec-octet). */
static bool is_ipv4(struct sv_text t)
{
    size_t i = 0;
    for (uint32_t part = 0; part < 4; part++) {
        if (part > 0 && (i == t.n || t.at[i++] != '.'))
            return false;
        const size_t start = i;
        uint32_t value = 0;
        while (i < t.n && is_digit(t.at[i]) && i - start < 3)
            value = value * 10 + (uint32_t)(t.at[i++] - '0');
        if (i == start || value > 255 || (i - start > 1 && t.at[start] == '0'))
            return false;
    }
    return i == t.n;
}

/* RFC 3986 §3.2.2, IPv6address: eight groups, one "::" for one group or more, the last two perhaps IPv4. */
static bool is_ipv6(struct sv_text t)
{
    uint32_t groups = 0;
    bool gap = false;
    size_t i = 0;
    if (t.n >= 2 && t.at[0] == ':' && t.at[1] == ':') {
        gap = true;
        i = 2;
    }
    while (i < t.n) {
        const size_t start = i;
        while (i < t.n && i - start < 5 && sv_hex_value(t.at[i]) < 16)
            i++;
        if (i < t.n && t.at[i] == '.')
            return is_ipv4((struct sv_text){t.at + start, t.n - start}) && (gap ? groups + 2 < 8 : groups + 2 == 8);
        if (i == start || i - start > 4)
            return false;
        groups++;
        if (i == t.n)
            break;
        if (t.at[i++] != ':')
            return false;
        if (i < t.n && t.at[i] == ':') {
            if (gap)
                return false;
            gap = true;
            i++;
        } else if (i == t.n) {
            return false; /* a single colon at the end */
        }
    }
    return gap ? groups < 8 : groups == 8;
}

static bool is_ip_literal(struct sv_text t)
{
    if (t.n > 0 && sv_text_lower(t.at[0]) == 'v') { /* IPvFuture */
        size_t i = 1;
        while (i < t.n && sv_hex_value(t.at[i]) < 16)
            i++;
        if (i == 1 || i + 1 >= t.n || t.at[i] != '.')
            return false;
        const struct sv_text rest = {t.at + i + 1, t.n - i - 1};
        for (size_t k = 0; k < rest.n; k++)
            if (rest.at[k] == '%')
                return false;
        return all_allowed(rest, ":");
    }
    return is_ipv6(t);
}

static bool parse_port(struct sv_text t, uint16_t *port)
{
    uint32_t value = 0;
    for (size_t i = 0; i < t.n; i++) {
        if (!is_digit(t.at[i]))
            return false;
        value = value * 10 + (uint32_t)(t.at[i] - '0');
        if (value > 65535)
            return false;
    }
    *port = (uint16_t)value; /* an empty port is allowed, and means none */
    return true;
}

/* host [":" port] */
static bool parse_host(struct sv_text t, struct sv_url *url)
{
    size_t end = 0;
    if (t.n > 0 && t.at[0] == '[') {
        while (end < t.n && t.at[end] != ']')
            end++;
        if (end == t.n)
            return false;
        url->host = (struct sv_text){t.at + 1, end - 1};
        url->literal = true;
        end++;
        if (!is_ip_literal(url->host))
            return false;
    } else {
        while (end < t.n && t.at[end] != ':')
            end++;
        url->host = (struct sv_text){t.at, end};
        if (!all_allowed(url->host, ""))
            return false;
    }
    if (end == t.n)
        return true;
    return t.at[end] == ':' && parse_port((struct sv_text){t.at + end + 1, t.n - end - 1}, &url->port);
}

bool sv_url_parse_authority(struct sv_text text, struct sv_url *url)
{
    *url = (struct sv_url){0};
    url->scheme = url->userinfo = url->path = url->query = url->fragment = SV_TEXT_NONE;
    url->authority = text;
    url->has_authority = true;
    return parse_host(text, url);
}

static bool parse_authority(struct sv_text t, struct sv_url *url)
{
    url->has_authority = true;
    url->authority = t;
    for (size_t i = 0; i < t.n; i++)
        if (t.at[i] == '@') {
            url->userinfo = (struct sv_text){t.at, i};
            url->has_userinfo = true;
            if (!all_allowed(url->userinfo, ":"))
                return false;
            t = (struct sv_text){t.at + i + 1, t.n - i - 1};
            break;
        }
    return parse_host(t, url);
}

/* Cuts the scheme off, if there is one: letters, digits, "+-." up to a colon that comes before any
 * slash, '?' or '#'. False: the first segment has a colon but is no scheme (RFC 3986 §4.2). */
static bool parse_scheme(struct sv_text *rest, struct sv_url *url)
{
    size_t i = 0;
    while (i < rest->n && !is_in(rest->at[i], ":/?#") && rest->at[i] != 0)
        i++;
    if (i == rest->n || rest->at[i] != ':')
        return true;
    if (i == 0 || !is_alpha(rest->at[0]))
        return false;
    for (size_t k = 1; k < i; k++)
        if (!is_alpha(rest->at[k]) && !is_digit(rest->at[k]) && !is_in(rest->at[k], "+-."))
            return false;
    url->scheme = (struct sv_text){rest->at, i};
    *rest = (struct sv_text){rest->at + i + 1, rest->n - i - 1};
    return true;
}

bool sv_url_parse(struct sv_text text, struct sv_url *url)
{
    *url = (struct sv_url){0};
    url->scheme = url->userinfo = url->host = url->path = url->query = url->fragment = url->authority = SV_TEXT_NONE;
    struct sv_text rest = text;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.at[i] == '#') {
            url->fragment = (struct sv_text){rest.at + i + 1, rest.n - i - 1};
            url->has_fragment = true;
            rest.n = i;
        }
    if (!parse_scheme(&rest, url))
        return false;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.at[i] == '?') {
            url->query = (struct sv_text){rest.at + i + 1, rest.n - i - 1};
            url->has_query = true;
            rest.n = i;
        }
    if (rest.n >= 2 && rest.at[0] == '/' && rest.at[1] == '/') {
        size_t end = 2;
        while (end < rest.n && rest.at[end] != '/')
            end++;
        if (!parse_authority((struct sv_text){rest.at + 2, end - 2}, url))
            return false;
        rest = (struct sv_text){rest.at + end, rest.n - end};
    }
    url->path = rest;
    return all_allowed(url->path, ":@/") && all_allowed(url->query, ":@/?") && all_allowed(url->fragment, ":@/?");
}

uint16_t sv_url_default_port(struct sv_text scheme)
{
    static const struct {
        struct sv_text name;
        uint16_t port;
    } known[] = {{{"http", 4}, 80},  {{"https", 5}, 443}, {{"ftp", 3}, 21},
                 {{"ftps", 4}, 990}, {{"smtp", 4}, 25},   {{"smtps", 5}, 465}};
    for (size_t i = 0; i < SV_COUNT_OF(known); i++)
        if (sv_text_equal_nocase(scheme, known[i].name))
            return known[i].port;
    return 0;
}

/* Whole segments move from the front of the input to the output (which is the same memory, never ahead
 * of it); ".." takes the last one back. */
size_t sv_url_remove_dots(char *path, size_t n)
{
    size_t in = 0, out = 0;
    if (n > 0 && path[0] != '/') { /* leading "./" and "../" of a relative path vanish (step A) */
        while (true) {
            if (n - in >= 3 && path[in] == '.' && path[in + 1] == '.' && path[in + 2] == '/')
                in += 3;
            else if (n - in >= 2 && path[in] == '.' && path[in + 1] == '/')
                in += 2;
            else
                break;
        }
        if ((n - in == 1 && path[in] == '.') || (n - in == 2 && path[in] == '.' && path[in + 1] == '.'))
            return 0;
    }
    while (in < n) {
        size_t end = in + (path[in] == '/' ? 1u : 0u);
        const size_t name = end;
        while (end < n && path[end] != '/')
            end++;
        const size_t length = end - name;
        const bool dot = name > in && length == 1 && path[name] == '.';
        const bool dots = name > in && length == 2 && path[name] == '.' && path[name + 1] == '.';
        if (!dot && !dots) {
            sv_memmove(path + out, path + in, end - in);
            out += end - in;
        } else {
            if (dots) {
                while (out > 0 && path[out - 1] != '/')
                    out--;
                if (out > 0)
                    out--;
            }
            if (end == n) /* "/." and "/.." at the end leave their slash */
                path[out++] = '/';
        }
        in = end;
    }
    return out;
}

struct sink {
    char *to;
    size_t n, room;
    bool full;
};

static void put(struct sink *s, struct sv_text t)
{
    if (s->room - s->n < t.n) {
        s->full = true;
        return;
    }
    if (t.n > 0)
        sv_memcpy(s->to + s->n, t.at, t.n);
    s->n += t.n;
}

/* RFC 3986 §5.2.3: the base's path up to its last slash, then the reference's. */
static void put_merged(struct sink *s, const struct sv_url *base, struct sv_text path)
{
    size_t keep = base->path.n;
    while (keep > 0 && base->path.at[keep - 1] != '/')
        keep--;
    if (base->has_authority && base->path.n == 0)
        put(s, SV_TEXT("/"));
    else
        put(s, (struct sv_text){base->path.at, keep});
    put(s, path);
}

/* Without an authority, a path that begins with two slashes would be read as one (RFC 3986 §3.3 forbids it):
 * "/." before it says the same and is not. */
static void keep_from_authority(struct sink *s, size_t start)
{
    if (s->n - start < 2 || s->to[start] != '/' || s->to[start + 1] != '/')
        return;
    if (s->room - s->n < 2) {
        s->full = true;
        return;
    }
    sv_memmove(s->to + start + 2, s->to + start, s->n - start);
    s->to[start + 1] = '.';
    s->n += 2;
}

bool sv_url_resolve(const struct sv_url *base, const struct sv_url *reference, char *to, size_t room, size_t *n)
{
    struct sink s = {to, 0, room, false};
    const struct sv_url *r = reference;
    if (base->scheme.n == 0)
        return false;
    const bool whole = r->scheme.n > 0;
    put(&s, whole ? r->scheme : base->scheme);
    put(&s, SV_TEXT(":"));
    const struct sv_url *site = whole || r->has_authority ? r : base;
    if (site->has_authority) {
        put(&s, SV_TEXT("//"));
        put(&s, site->authority);
    }
    const size_t start = s.n;
    bool query = r->has_query;
    struct sv_text query_text = r->query;
    if (whole || r->has_authority || (r->path.n > 0 && r->path.at[0] == '/')) {
        put(&s, r->path);
    } else if (r->path.n == 0) {
        put(&s, base->path);
        if (!query) {
            query = base->has_query;
            query_text = base->query;
        }
    } else {
        put_merged(&s, base, r->path);
    }
    if (s.full)
        return false;
    if (r->path.n > 0 || whole || r->has_authority)
        s.n = start + sv_url_remove_dots(to + start, s.n - start);
    if (!site->has_authority)
        keep_from_authority(&s, start);
    if (query) {
        put(&s, SV_TEXT("?"));
        put(&s, query_text);
    }
    if (r->has_fragment) {
        put(&s, SV_TEXT("#"));
        put(&s, r->fragment);
    }
    *n = s.n;
    return !s.full;
}
