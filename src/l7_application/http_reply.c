/* SPDX-License-Identifier: BSD-2-Clause */
/* The heads of responses (RFC 9112 §4, RFC 9110 §15), and the bodies that fit beside them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "l6_presentation/date.h"
#include "l6_presentation/percent.h"
#include "l7_application/http_conn.h"

const char *sv_http_reason(uint32_t status)
{
    static const struct {
        uint32_t status;
        const char *reason;
    } known[] = {
        {100, "Continue"},
        {200, "OK"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].status == status)
            return known[i].reason;
    return "Unknown";
}

int64_t sv_http_wall_s(const struct sv_http_conn *c, sv_time now)
{
    const struct sv_http_server_config *config = &c->server->config;
    return config->wall_s ? config->wall_s(config->self, now) : 0;
}

bool sv_http_put(struct sv_http_conn *c, const char *format, ...)
{
    va_list args;
    const size_t room = SV_HTTP_OUT_BYTES - c->out_n;
    va_start(args, format);
    const int n = vsnprintf(c->out + c->out_n, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room)
        return false;
    c->out_n += (uint32_t)n;
    return true;
}

/* What is put with this fits by construction: heads are far shorter than `out`. */
#define MUST_PUT(...) SV_ASSERT(sv_http_put(__VA_ARGS__))

struct head_mark {
    uint32_t at;
};

static struct head_mark begin(struct sv_http_conn *c, uint32_t status, sv_time now)
{
    char date[SV_DATE_TEXT];
    /* Only a 100 (Continue) can still wait in `out`. */
    memmove(c->out, c->out + c->out_at, c->out_n - c->out_at);
    c->out_n -= c->out_at;
    c->out_at = 0;
    const struct head_mark mark = {c->out_n};
    c->status = status;
    c->state = SV_HTTP_SEND;
    c->source = SV_HTTP_NOTHING;
    c->deadline = now + c->server->config.stall_timeout_ms * SV_MS;
    MUST_PUT(c, "HTTP/1.1 %u %s\r\n", (unsigned)status, sv_http_reason(status));
    if (c->server->config.wall_s) /* RFC 9110 §6.6.1: without a clock, none */
        MUST_PUT(c, "Date: %s\r\n", sv_date_text(sv_http_wall_s(c, now), date));
    MUST_PUT(c, "Server: seven\r\n");
    return mark;
}

static void line_out(void *self, struct sv_text line, sv_time now)
{
    const struct sv_http_conn *c = self;
    c->server->config.line(c->server->config.self, c->tag, true, line, now);
}

/* The last field and the empty line. What is put from here on is body. */
static void end(struct sv_http_conn *c, struct head_mark mark, sv_time now)
{
    if (c->closing)
        MUST_PUT(c, "Connection: close\r\n\r\n");
    else if (c->keep_alive_field)
        MUST_PUT(c, "Connection: keep-alive\r\n\r\n");
    else
        MUST_PUT(c, "\r\n");
    c->head_left = c->out_n;
    if (c->server->config.line)
        sv_http_each_line(c->out + mark.at, c->out_n - mark.at, line_out, c, now);
}

/* A page that says the status; the fields in `more` go before. */
static void small_page(struct sv_http_conn *c, struct head_mark mark, sv_time now)
{
    char page[256];
    const int n =
        snprintf(page, sizeof page,
                 "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>%u %s</title>\n"
                 "<h1>%u %s</h1>\n<p>seven</p>\n",
                 (unsigned)c->status, sv_http_reason(c->status), (unsigned)c->status, sv_http_reason(c->status));
    MUST_PUT(c, "Content-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n", n);
    end(c, mark, now);
    if (c->method != SV_HTTP_HEAD)
        MUST_PUT(c, "%s", page);
}

void sv_http_reply_error(struct sv_http_conn *c, uint32_t status, sv_time now)
{
    const struct head_mark mark = begin(c, status, now);
    sv_http_conn_close_file(c);
    if (status == 405)
        MUST_PUT(c, "Allow: GET, HEAD, OPTIONS\r\n"); /* RFC 9110 §15.5.6 */
    if (status == 503)
        MUST_PUT(c, "Retry-After: 1\r\n");
    small_page(c, mark, now);
}

void sv_http_reply_options(struct sv_http_conn *c, sv_time now)
{
    const struct head_mark mark = begin(c, 204, now);
    MUST_PUT(c, "Allow: GET, HEAD, OPTIONS\r\n");
    end(c, mark, now);
}

/* To the same path with a slash. The path has no doubled slashes, so this cannot name another host. */
void sv_http_reply_redirect(struct sv_http_conn *c, sv_time now)
{
    char *path = (char *)c->server->stage;
    size_t n;
    const struct sv_text decoded = {c->target.path, c->target.path_n};
    sv_http_conn_close_file(c);
    const bool coded = sv_percent_encode(decoded, "/", path, SV_HTTP_STAGE_BYTES, &n);
    if (!coded || n + c->target.query.n > SV_HTTP_OUT_BYTES - 1024) {
        sv_http_reply_error(c, 414, now);
        return;
    }
    const struct head_mark mark = begin(c, 301, now);
    MUST_PUT(c, "Location: /%.*s/%.*s\r\n", (int)n, path, (int)c->target.query.n, c->target.query.at);
    small_page(c, mark, now);
}

static void put_validators(struct sv_http_conn *c, const struct sv_http_validators *v)
{
    char date[SV_DATE_TEXT];
    if (v->etag.n > 0)
        MUST_PUT(c, "ETag: %.*s\r\n", (int)v->etag.n, v->etag.at);
    if (!v->has_mtime)
        return;
    /* RFC 9110 §8.8.2.1: never later than Date. */
    const bool ahead = c->server->config.wall_s && v->mtime_s > v->now_s;
    MUST_PUT(c, "Last-Modified: %s\r\n", sv_date_text(ahead ? v->now_s : v->mtime_s, date));
}

/* The file is open; status is 200, 206 (ranges are set), 304 or 416. */
void sv_http_reply_file(struct sv_http_conn *c, uint32_t status, const struct sv_http_validators *v, sv_time now)
{
    const struct head_mark mark = begin(c, status, now);
    const unsigned long long size = c->info.size_bytes;
    if (status == 416) {
        sv_http_conn_close_file(c);
        MUST_PUT(c, "Content-Range: bytes */%llu\r\n", size);
        put_validators(c, v);
        small_page(c, mark, now);
        return;
    }
    put_validators(c, v);
    if (status == 304) { /* RFC 9110 §15.4.5: no body, and no length of one */
        sv_http_conn_close_file(c);
        end(c, mark, now);
        return;
    }
    MUST_PUT(c, "Accept-Ranges: bytes\r\n");
    c->offset = 0;
    c->left = c->info.size_bytes;
    c->source = SV_HTTP_FILE;
    if (status == 206 && c->ranges.n > 1) {
        c->boundary = (c->server->config.seed + ++c->server->boundaries) * 0x9e3779b97f4a7c15u;
        c->boundary ^= c->boundary >> 29;
        c->part = 0;
        c->left = 0;
        c->source = SV_HTTP_PARTS;
        MUST_PUT(c, "Content-Type: multipart/byteranges; boundary=seven-%016llx\r\nContent-Length: %llu\r\n",
                 (unsigned long long)c->boundary, (unsigned long long)sv_http_parts_bytes(c));
    } else {
        if (status == 206) {
            c->offset = c->ranges.range[0].first;
            c->left = c->ranges.range[0].bytes;
            MUST_PUT(c, "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long)c->offset,
                     (unsigned long long)(c->offset + c->left - 1), size);
        }
        MUST_PUT(c, "Content-Type: %s\r\nContent-Length: %llu\r\n", c->type, (unsigned long long)c->left);
    }
    end(c, mark, now);
    if (c->method == SV_HTTP_HEAD || (c->source == SV_HTTP_FILE && c->left == 0))
        c->source = SV_HTTP_NOTHING;
}

void sv_http_reply_listing(struct sv_http_conn *c, sv_time now)
{
    const uint64_t length = sv_http_listing_bytes(c); /* before the head: it borrows `out` */
    const struct head_mark mark = begin(c, 200, now);
    MUST_PUT(c, "Content-Type: text/html; charset=utf-8\r\nContent-Length: %llu\r\n", (unsigned long long)length);
    end(c, mark, now);
    c->part = 0;
    c->left = length;
    c->source = c->method == SV_HTTP_HEAD ? SV_HTTP_NOTHING : SV_HTTP_LISTING;
}

void sv_http_reply_continue(struct sv_http_conn *c, sv_time now)
{
    MUST_PUT(c, "HTTP/1.1 100 Continue\r\n\r\n");
    if (c->server->config.line)
        line_out(c, SV_TEXT("HTTP/1.1 100 Continue"), now);
    c->head_left = c->out_n;
}
