/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies that are made while they are sent: a file's bytes, several ranges of them (RFC 9110 §14.6), a
 * directory's listing. What is made twice (once to count, once to send) comes from one function. */
#include <stdio.h>
#include <string.h>

#include "l6_presentation/date.h"
#include "l6_presentation/percent.h"
#include "l7_application/http_conn.h"

/* ---- a piece of the file ---- */

static bool send_piece(struct sv_http_conn *c, uint64_t *budget, sv_time now)
{
    const struct sv_files *f = &c->server->config.files;
    const uint64_t most = c->left < *budget ? c->left : *budget;
    const void *data = NULL;
    size_t n = 0;
    if (f->ops->view) {
        n = f->ops->view(f->self, c->handle, c->offset, &data);
        if (n > most)
            n = (size_t)most;
    }
    if (n == 0) {
        /* Not more than the stream will take, or it would be read again; but something, since only a write
         * that falls short brings the event that there is room again. */
        size_t want = sv_stream_room(&c->stream);
        if (want < 4096)
            want = 4096;
        if (want > SV_HTTP_STAGE_BYTES)
            want = SV_HTTP_STAGE_BYTES;
        if (want > most)
            want = (size_t)most;
        n = f->ops->read(f->self, c->handle, c->offset, c->server->stage, want);
        data = c->server->stage;
        if (n == 0 || n > want) { /* the file shrank, or failed: the promised length cannot be kept */
            sv_http_conn_give_up(c, now);
            return false;
        }
    }
    const size_t taken = sv_stream_write(&c->stream, data, n, now);
    c->offset += taken;
    c->left -= taken;
    c->body_sent += taken;
    *budget -= taken;
    if (taken > 0)
        c->deadline = now + c->server->config.stall_timeout_ms * SV_MS;
    return taken == n;
}

/* ---- several ranges ---- */

/* What stands before part i, or after the last one (i == n). The length, as snprintf. */
static int part_text(const struct sv_http_conn *c, uint32_t i, char *to, size_t room)
{
    const unsigned long long boundary = c->boundary;
    if (i == c->ranges.n)
        return snprintf(to, room, "\r\n--seven-%016llx--\r\n", boundary);
    const struct sv_http_range *r = &c->ranges.range[i];
    /* cppcheck-suppress nullPointer ; C11 §7.21.6.5: `to` may be null when room is 0 */
    return snprintf(to, room, "%s--seven-%016llx\r\nContent-Type: %s\r\nContent-Range: bytes %llu-%llu/%llu\r\n\r\n",
                    i > 0 ? "\r\n" : "", boundary, c->type, (unsigned long long)r->first,
                    (unsigned long long)(r->first + r->bytes - 1), (unsigned long long)c->info.size_bytes);
}

uint64_t sv_http_parts_bytes(struct sv_http_conn *c)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i <= c->ranges.n; i++)
        total += (uint64_t)part_text(c, i, NULL, 0) + (i < c->ranges.n ? c->ranges.range[i].bytes : 0);
    return total;
}

static bool next_part(struct sv_http_conn *c)
{
    const int n = part_text(c, c->part, c->out, sizeof c->out);
    SV_ASSERT(n > 0 && (size_t)n < sizeof c->out);
    c->out_at = 0;
    c->out_n = (uint32_t)n;
    if (c->part == c->ranges.n) {
        c->source = SV_HTTP_NOTHING;
        return true;
    }
    c->offset = c->ranges.range[c->part].first;
    c->left = c->ranges.range[c->part].bytes;
    c->part++;
    return true;
}

/* ---- a listing ---- */

/* The length of the well-formed UTF-8 sequence at `at` (RFC 3629 §4); 0: it is none. */
static size_t utf8_length(const char *at, size_t n)
{
    const uint8_t *b = (const uint8_t *)at;
    if (b[0] < 0x80)
        return 1;
    const size_t want = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
    if (b[0] < 0xc2 || b[0] > 0xf4 || n < want)
        return 0;
    for (size_t i = 1; i < want; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) || (b[0] == 0xf0 && b[1] < 0x90) ||
        (b[0] == 0xf4 && b[1] > 0x8f))
        return 0;
    return want;
}

/* Text as HTML shows it: markup escaped, what is no character replaced. Cut at whole characters when
 * `room` ends; terminated. */
static void escape(struct sv_text t, char *to, size_t room)
{
    size_t out = 0;
    for (size_t i = 0; i < t.n;) {
        const size_t length = utf8_length(t.at + i, t.n - i);
        const char *with = NULL;
        switch (t.at[i]) {
        case '<':
            with = "&lt;";
            break;
        case '>':
            with = "&gt;";
            break;
        case '&':
            with = "&amp;";
            break;
        case '"':
            with = "&quot;";
            break;
        case '\'':
            with = "&#39;";
            break;
        default:
            if (length == 0 || (uint8_t)t.at[i] < 0x20 || t.at[i] == 0x7f)
                with = "\xef\xbf\xbd"; /* U+FFFD */
        }
        const size_t n = with ? strlen(with) : length;
        if (out + n + 1 > room)
            break;
        memcpy(to + out, with ? with : t.at + i, n);
        out += n;
        i += length > 0 ? length : 1;
    }
    to[out] = 0;
}

#define SHOWN_BYTES 1024u

static int listing_start(const struct sv_http_conn *c, char *to, size_t room)
{
    char shown[SHOWN_BYTES];
    escape((struct sv_text){c->target.path, c->target.path_n}, shown, sizeof shown);
    return snprintf(to, room,
                    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>/%s</title>\n"
                    "<style>body{font-family:monospace}td{padding:0 1em}td+td{text-align:right}</style>\n"
                    "<h1>/%s</h1>\n<table>\n%s",
                    shown, shown, c->target.path_n > 0 ? "<tr><td><a href=\"../\">../</a>\n" : "");
}

/* A name that no reader can have made (longer than any file system's) is left out: 0. */
static int listing_entry(const struct sv_file_entry *e, char *to, size_t room)
{
    char shown[6 * 256 + 1], link[3 * 256 + 1], date[SV_DATE_SHORT], size[24] = "";
    size_t n;
    if (e->name.n == 0 || e->name.n > 256 || e->name.at[0] == '.')
        return 0;
    if (!sv_percent_encode(e->name, "", link, sizeof link - 1, &n))
        return 0;
    link[n] = 0;
    escape(e->name, shown, sizeof shown);
    const char *slash = e->info.directory ? "/" : "";
    if (!e->info.directory)
        snprintf(size, sizeof size, "%llu", (unsigned long long)e->info.size_bytes);
    return snprintf(to, room, "<tr><td><a href=\"%s%s\">%s%s</a><td>%s<td>%s\n", link, slash, shown, slash, size,
                    sv_date_short(e->info.mtime_s, date));
}

/* Piece number k: the start, an entry each, the end (*last). Always fits half of `out`. */
static size_t listing_piece(const struct sv_http_conn *c, uint32_t k, char *to, size_t room, bool *last)
{
    const struct sv_files *f = &c->server->config.files;
    struct sv_file_entry e;
    int n;
    *last = false;
    if (k == 0) {
        n = listing_start(c, to, room);
    } else if (f->ops->entry(f->self, c->handle, k - 1, &e)) {
        n = listing_entry(&e, to, room);
    } else {
        n = snprintf(to, room, "</table>\n");
        *last = true;
    }
    SV_ASSERT(n >= 0 && (size_t)n < room);
    return (size_t)n;
}

#define PIECE_ROOM (SV_HTTP_OUT_BYTES / 2)

uint64_t sv_http_listing_bytes(struct sv_http_conn *c)
{
    uint64_t total = 0;
    bool last = false;
    for (uint32_t k = 0; !last; k++)
        total += listing_piece(c, k, (char *)c->server->stage, PIECE_ROOM, &last);
    return total;
}

static bool next_listing(struct sv_http_conn *c, sv_time now)
{
    bool last = false;
    c->out_at = c->out_n = 0;
    while (!last && SV_HTTP_OUT_BYTES - c->out_n >= PIECE_ROOM)
        c->out_n += (uint32_t)listing_piece(c, c->part++, c->out + c->out_n, PIECE_ROOM, &last);
    if (c->out_n > c->left || (last && c->out_n != c->left)) { /* the tree broke its promise to hold still */
        sv_http_conn_give_up(c, now);
        return false;
    }
    c->left -= c->out_n;
    if (last)
        c->source = SV_HTTP_NOTHING;
    return true;
}

bool sv_http_body_produce(struct sv_http_conn *c, uint64_t *budget, sv_time now)
{
    switch ((enum sv_http_source)c->source) {
    case SV_HTTP_FILE:
        if (c->left == 0) {
            c->source = SV_HTTP_NOTHING;
            return true;
        }
        return send_piece(c, budget, now);
    case SV_HTTP_PARTS:
        return c->left > 0 ? send_piece(c, budget, now) : next_part(c);
    case SV_HTTP_LISTING:
        return next_listing(c, now);
    case SV_HTTP_NOTHING:
        break;
    }
    return true;
}
