/* SPDX-License-Identifier: BSD-2-Clause */
/* From a request's head to the choice of an answer. */
#include <stdio.h>
#include <string.h>

#include "l6_presentation/mime.h"
#include "l6_presentation/url.h"
#include "l7_application/http_conn.h"

static enum sv_http_method method_of(struct sv_text t)
{
    /* Methods are case-sensitive (RFC 9110 §9.1). */
    static const struct sv_text known[] = {{"POST", 4},    {"PUT", 3},   {"DELETE", 6},
                                           {"CONNECT", 7}, {"TRACE", 5}, {"PATCH", 5}};
    if (sv_text_equal(t, SV_TEXT("GET")))
        return SV_HTTP_GET;
    if (sv_text_equal(t, SV_TEXT("HEAD")))
        return SV_HTTP_HEAD;
    if (sv_text_equal(t, SV_TEXT("OPTIONS")))
        return SV_HTTP_OPTIONS;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (sv_text_equal(t, known[i]))
            return SV_HTTP_OTHER;
    return SV_HTTP_UNKNOWN;
}

/* method SP target SP version, one space each (RFC 9112 §3). 0 or the status. */
static uint32_t parse_line(struct sv_http_conn *c)
{
    const struct sv_text line = sv_http_head_line(&c->head);
    const char *first = memchr(line.at, ' ', line.n);
    if (!first)
        return 400;
    const struct sv_text method = {line.at, (size_t)(first - line.at)};
    const struct sv_text rest = {first + 1, line.n - method.n - 1};
    const char *second = memchr(rest.at, ' ', rest.n);
    if (!second || !sv_http_is_token(method))
        return 400;
    const struct sv_text target = {rest.at, (size_t)(second - rest.at)};
    const struct sv_text version = {second + 1, rest.n - target.n - 1};
    uint32_t major, minor;
    if (target.n == 0 || !sv_http_version(version, &major, &minor))
        return 400;
    for (size_t i = 0; i < target.n; i++)
        if ((uint8_t)target.at[i] < 0x20 || target.at[i] == 0x7f)
            return 400;
    c->method_text = method;
    c->target_text = target;
    c->method = method_of(method);
    c->http10 = minor == 0;
    return major == 1 ? 0 : 505;
}

/* RFC 9112 §3.2: one Host field, and a well-formed one, with every 1.1 request. */
static uint32_t check_host(const struct sv_http_conn *c)
{
    struct sv_text host;
    struct sv_url url;
    uint32_t count;
    if (!sv_http_field_one(&c->head, SV_TEXT("host"), &host, &count))
        return count == 0 && c->http10 ? 0 : 400;
    return sv_url_parse_authority(host, &url) ? 0 : 400;
}

/* RFC 9112 §9.3. */
static void decide_persistence(struct sv_http_conn *c)
{
    const bool close = sv_http_field_has(&c->head, SV_TEXT("connection"), SV_TEXT("close"));
    const bool keep = sv_http_field_has(&c->head, SV_TEXT("connection"), SV_TEXT("keep-alive"));
    if (close || (c->http10 && !keep) || c->requests >= c->server->config.requests_max)
        c->closing = true;
    c->keep_alive_field = c->http10;
}

/* The status with which the method is refused; 0: it is not. */
static uint32_t method_status(const struct sv_http_conn *c)
{
    if (c->method == SV_HTTP_UNKNOWN)
        return 501;
    return c->method == SV_HTTP_OTHER ? 405 : 0;
}

/* How the body ends, if there is one. 0 or the status; after one of these nothing more can be read. */
static uint32_t decide_body(struct sv_http_conn *c)
{
    c->chunked = false;
    c->request_left = 0;
    c->request_seen = 0;
    switch (sv_http_head_framing(&c->head, &c->request_left)) {
    case SV_HTTP_FRAMING_NONE:
        return 0;
    case SV_HTTP_FRAMING_LENGTH:
        return c->request_left > c->server->config.body_max_bytes ? 413 : 0;
    case SV_HTTP_FRAMING_CHUNKED:
        if (c->http10)
            return 400; /* RFC 9112 §6.1: 1.0 has no such coding; its framing is faulty */
        c->chunked = true;
        sv_http_chunked_init(&c->chunks);
        return 0;
    case SV_HTTP_FRAMING_UNSUPPORTED:
        return 501;
    case SV_HTTP_FRAMING_BAD:
        break;
    }
    return 400;
}

static void refuse(struct sv_http_conn *c, uint32_t status, sv_time now)
{
    c->closing = true;
    sv_http_reply_error(c, status, now);
}

struct line_out {
    const struct sv_http_conn *c;
};

static void line_in(void *self, struct sv_text line, sv_time now)
{
    const struct sv_http_conn *c = ((const struct line_out *)self)->c;
    c->server->config.line(c->server->config.self, c->tag, false, line, now);
}

void sv_http_request_read(struct sv_http_conn *c, sv_time now)
{
    if (c->server->config.line) {
        struct line_out out = {c};
        sv_http_each_line(c->head.bytes, c->head.n, line_in, &out, now);
    }
    uint32_t status = parse_line(c);
    if (status == 0)
        status = sv_http_head_fields(&c->head);
    if (status == 0)
        status = check_host(c);
    if (status == 0)
        status = decide_body(c);
    if (status) {
        refuse(c, status, now);
        return;
    }
    decide_persistence(c);
    struct sv_text expect;
    uint32_t at = 0;
    bool wanted = false;
    /* RFC 9110 §10.1.1; a 1.0 client's expectation is ignored. */
    while (!c->http10 && sv_http_field_next(&c->head, SV_TEXT("expect"), &at, &expect)) {
        if (!sv_text_equal_nocase(expect, SV_TEXT("100-continue"))) {
            refuse(c, 417, now);
            return;
        }
        wanted = true;
    }
    if (!c->chunked && c->request_left == 0) {
        sv_http_request_answer(c, now);
        return;
    }
    if (wanted && method_status(c)) { /* the body is not wanted, and may or may not come now: no way to go on */
        c->closing = true;
        sv_http_request_answer(c, now);
        return;
    }
    c->state = SV_HTTP_DISCARD;
    c->deadline = now + c->server->config.stall_timeout_ms * SV_MS;
    if (wanted)
        sv_http_reply_continue(c, now);
}

static uint32_t status_of(enum sv_file_result r)
{
    switch (r) {
    case SV_FILE_OK:
        return 200;
    case SV_FILE_NOT_FOUND:
        return 404;
    case SV_FILE_DENIED:
        return 403;
    case SV_FILE_BUSY:
        return 503;
    case SV_FILE_FAILED:
        break;
    }
    return 500;
}

static enum sv_file_result open_path(struct sv_http_conn *c, struct sv_text path, uint64_t *handle,
                                     struct sv_file_info *info)
{
    const struct sv_files *f = &c->server->config.files;
    *info = (struct sv_file_info){0};
    return f->ops->open(f->self, path, handle, info);
}

/* The directory is open: its index.html takes its place, if there is one. NOT_FOUND: there is none. */
static enum sv_file_result open_index(struct sv_http_conn *c)
{
    char path[SV_HTTP_PATH_BYTES + 16];
    struct sv_file_info info;
    uint64_t handle;
    const int n = snprintf(path, sizeof path, "%.*s%sindex.html", (int)c->target.path_n, c->target.path,
                           c->target.path_n > 0 ? "/" : "");
    if (n < 0 || (size_t)n >= sizeof path)
        return SV_FILE_NOT_FOUND;
    const enum sv_file_result r = open_path(c, (struct sv_text){path, (size_t)n}, &handle, &info);
    if (r != SV_FILE_OK)
        return r;
    if (info.directory) {
        c->server->config.files.ops->close(c->server->config.files.self, handle);
        return SV_FILE_NOT_FOUND;
    }
    sv_http_conn_close_file(c);
    c->open = true;
    c->handle = handle;
    c->info = info;
    c->type = sv_mime_type(SV_TEXT("index.html"));
    return SV_FILE_OK;
}

/* A strong tag (RFC 9110 §8.8.1): any write changes the time of the last one (to the nanosecond), any
 * replacement the inode, which is mixed so as not to publish it. */
static void make_etag(struct sv_http_conn *c)
{
    uint64_t x = c->info.inode + 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    snprintf(c->etag, sizeof c->etag, "\"%llx.%x-%llx-%08x\"", (unsigned long long)c->info.mtime_s,
             (unsigned)c->info.mtime_ns, (unsigned long long)c->info.size_bytes, (unsigned)(uint32_t)x);
}

static void answer_file(struct sv_http_conn *c, sv_time now)
{
    make_etag(c);
    const struct sv_http_validators v = {{c->etag, strlen(c->etag)}, true, c->info.mtime_s, sv_http_wall_s(c, now)};
    uint32_t status = sv_http_conditions(&c->head, &v);
    c->ranges.n = 0;
    if (status == 200 && c->method == SV_HTTP_GET)
        status = sv_http_ranges_select(&c->head, &v, c->info.size_bytes, &c->ranges);
    if (status == 412)
        sv_http_reply_error(c, status, now);
    else
        sv_http_reply_file(c, status, &v, now);
}

/* A directory without an index: its listing, unless that is not wanted. It has no validators, so that only
 * "*" can match (RFC 9110 §13.1.1, §13.1.2). */
static void answer_listing(struct sv_http_conn *c, sv_time now)
{
    const struct sv_http_validators none = {SV_TEXT_NONE, false, 0, 0};
    const uint32_t status = c->server->config.flags & SV_HTTP_NO_LISTING ? 403 : sv_http_conditions(&c->head, &none);
    if (status == 200)
        sv_http_reply_listing(c, now);
    else if (status == 304)
        sv_http_reply_file(c, status, &none, now);
    else
        sv_http_reply_error(c, status, now);
}

static void answer_path(struct sv_http_conn *c, sv_time now)
{
    const struct sv_text path = {c->target.path, c->target.path_n};
    enum sv_file_result r = open_path(c, path, &c->handle, &c->info);
    c->open = r == SV_FILE_OK;
    if (c->open && !c->info.directory) {
        c->type = sv_mime_type(path);
        if (c->target.slash)
            sv_http_reply_error(c, 404, now); /* a file is no directory, whatever the slash says */
        else
            answer_file(c, now);
        return;
    }
    if (c->open && !c->target.slash) {
        sv_http_reply_redirect(c, now);
        return;
    }
    if (c->open) {
        r = open_index(c);
        if (r == SV_FILE_NOT_FOUND) {
            answer_listing(c, now);
            return;
        }
    }
    if (r == SV_FILE_OK)
        answer_file(c, now);
    else
        sv_http_reply_error(c, status_of(r), now);
}

void sv_http_request_answer(struct sv_http_conn *c, sv_time now)
{
    uint32_t status = method_status(c);
    if (status == 0 || status == 405) {
        /* CONNECT's target is an authority, and CONNECT is refused anyway. */
        const bool parse = status == 0;
        const uint32_t bad = parse ? sv_http_target_parse(c->target_text, &c->target) : 0;
        if (bad)
            status = bad;
        else if (parse && c->target.asterisk && c->method != SV_HTTP_OPTIONS)
            status = 400;
    }
    if (status)
        sv_http_reply_error(c, status, now);
    else if (c->method == SV_HTTP_OPTIONS)
        sv_http_reply_options(c, now);
    else
        answer_path(c, now);
}
