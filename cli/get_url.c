/* SPDX-License-Identifier: BSD-2-Clause */
/* URLs as curl takes them (RFC 3986, http alone): "10.7.0.1/x" is http, spaces are escaped, fragments go. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/get.h"
#include "l6_presentation/url.h"

static const char hex[] = "0123456789ABCDEF";

/* Text with everything that may not stand on a request line as %XX. False: too long, or a control byte. */
static bool clean(char *to, size_t room, const char *from)
{
    size_t n = 0;
    for (; *from && *from != '#'; from++) {
        const unsigned char c = (unsigned char)*from;
        if (n + 4 > room || c < 0x20 || c == 0x7f)
            return false;
        if (c == ' ' || c >= 0x80 || strchr("\"<>\\^`{|}", c)) {
            to[n++] = '%';
            to[n++] = hex[c >> 4];
            to[n++] = hex[c & 15];
        } else {
            to[n++] = (char)c;
        }
    }
    to[n] = '\0';
    return true;
}

static int split_port(struct get_url *url, char *at, const char **why)
{
    char *colon = strrchr(at, ':');
    url->port = 80;
    url->port_given = false;
    if (colon && (at[0] != '[' || strchr(at, ']') < colon)) {
        *colon = '\0';
        if (colon[1] && (!isdigit((unsigned char)colon[1]) || !cli_parse_port(colon + 1, &url->port) || !url->port)) {
            *why = "the port is not a number from 1 to 65535";
            return GET_BAD_URL;
        }
        url->port_given = colon[1] != '\0' && url->port != 80;
    }
    if (at[0] == '[' && strchr(at, ']') != at + strlen(at) - 1) {
        *why = "an IPv6 address stands in brackets: http://[fd07::1]:80/";
        return GET_BAD_URL;
    }
    if (!*at) {
        *why = "there is no host in it; it takes http://HOST[:PORT]/PATH";
        return GET_BAD_URL;
    }
    url->host = at;
    return GET_OK;
}

int get_url_parse(struct get_url *url, const char *text, const char **why)
{
    static char http[] = "http", slash[] = "/";
    /* Half the room: the target is moved to the other half, so that both can be terminated. */
    const size_t half = sizeof url->text / 2;
    *why = "it is too long, or has a control character in it";
    if (!clean(url->text, half, text))
        return GET_BAD_URL;
    char *at = url->text;
    char *scheme_end = strstr(at, "://");
    url->scheme = http;
    if (scheme_end && scheme_end < at + strcspn(at, "/?")) {
        *scheme_end = '\0';
        url->scheme = at;
        at = scheme_end + 3;
    }
    if (strcasecmp(url->scheme, "http") != 0) {
        *why = "only http is in this build";
        return GET_UNSUPPORTED_PROTOCOL;
    }
    const size_t n = strcspn(at, "/?");
    if (at[n] == '?') {
        (void)snprintf(url->text + half, half, "/%s", at + n);
        url->target = url->text + half;
    } else if (at[n]) {
        (void)snprintf(url->text + half, half, "%s", at + n);
        url->target = url->text + half;
    } else {
        url->target = slash;
    }
    at[n] = '\0';
    char *sign = strrchr(at, '@');
    url->user = NULL;
    if (sign) {
        *sign = '\0';
        url->user = at;
        at = sign + 1;
    }
    const int r = split_port(url, at, why);
    if (r != GET_OK)
        return r;
    *why = "the host's name is too long";
    if (strlen(url->host) > 255)
        return GET_BAD_URL;
    if (url->port_given)
        (void)snprintf(url->authority, sizeof url->authority, "%s:%u", url->host, (unsigned)url->port);
    else
        (void)snprintf(url->authority, sizeof url->authority, "%s", url->host);
    return GET_OK;
}

bool get_url_join(const struct get_url *base, struct sv_text location, char *to, size_t room)
{
    char whole[GET_URL_MAX + 320], raw[GET_URL_MAX], reference[GET_URL_MAX];
    struct sv_url from, url;
    size_t n;
    const int length = snprintf(whole, sizeof whole, "http://%s%s", base->authority, base->target);
    if (length < 0 || location.n >= sizeof raw || memchr(location.at, '\0', location.n) || room == 0)
        return false;
    (void)snprintf(raw, sizeof raw, "%.*s", (int)location.n, location.at);
    if (!clean(reference, sizeof reference, raw))
        return false;
    if (!sv_url_parse((struct sv_text){whole, (size_t)length}, &from) ||
        !sv_url_parse((struct sv_text){reference, strlen(reference)}, &url) ||
        !sv_url_resolve(&from, &url, to, room - 1, &n))
        return false;
    to[n] = '\0';
    return true;
}

const char *get_url_name(const struct get_url *url, char *to, size_t room)
{
    const size_t n = strcspn(url->target, "?");
    size_t at = n;
    while (at > 0 && url->target[at - 1] != '/')
        at--;
    (void)snprintf(to, room, "%.*s", (int)(n - at), url->target + at);
    return to;
}

void get_basic(const char *user, char *to, size_t room)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t n = strlen(user);
    int out = snprintf(to, room, "Basic ");
    size_t at = (size_t)out;
    for (size_t i = 0; i < n && at + 5 < room; i += 3) {
        const uint32_t b1 = i + 1 < n ? (unsigned char)user[i + 1] : 0, b2 = i + 2 < n ? (unsigned char)user[i + 2] : 0;
        const uint32_t v = (uint32_t)(unsigned char)user[i] << 16 | b1 << 8 | b2;
        to[at++] = digits[v >> 18];
        to[at++] = digits[v >> 12 & 63];
        to[at++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
        to[at++] = i + 2 < n ? digits[v & 63] : '=';
    }
    to[at] = '\0';
}
