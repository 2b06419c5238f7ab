/* SPDX-License-Identifier: BSD-2-Clause */
/* The connection's round: see http_conn.h for the theory of operation. */
#include <string.h>

#include "l7_application/http_conn.h"

size_t sv_http_server_bytes(void)
{
    return sizeof(struct sv_http_server);
}

size_t sv_http_conn_bytes(void)
{
    return sizeof(struct sv_http_conn);
}

static void default_u32(uint32_t *value, uint32_t otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

struct sv_http_server *sv_http_server_init(void *memory, size_t bytes, const struct sv_http_server_config *config)
{
    struct sv_http_server *s = memory;
    if (!memory || bytes < sizeof *s || ((uintptr_t)memory & 15u) != 0)
        return NULL;
    if (config->size != sizeof *config || !config->files.ops)
        return NULL;
    s->config = *config;
    s->boundaries = 0;
    default_u32(&s->config.header_timeout_ms, 10000);
    default_u32(&s->config.idle_timeout_ms, 60000);
    default_u32(&s->config.stall_timeout_ms, 60000);
    default_u32(&s->config.linger_ms, 2000);
    default_u32(&s->config.requests_max, 10000);
    if (s->config.body_max_bytes == 0)
        s->config.body_max_bytes = 1u << 20;
    return s;
}

struct sv_http_conn *sv_http_conn_init(void *memory, size_t bytes, struct sv_http_server *server,
                                       struct sv_stream stream, uint64_t tag, sv_time now)
{
    struct sv_http_conn *c = memory;
    if (!memory || bytes < sizeof *c || ((uintptr_t)memory & 15u) != 0)
        return NULL;
    memset(c, 0, offsetof(struct sv_http_conn, out)); /* the buffers' bytes are written before they are read */
    c->server = server;
    c->stream = stream;
    c->tag = tag;
    c->state = SV_HTTP_READ;
    c->method_text = c->target_text = SV_TEXT_NONE;
    c->deadline = now + server->config.header_timeout_ms * SV_MS;
    sv_http_head_reset(&c->head);
    return c;
}

void sv_http_conn_close_file(struct sv_http_conn *c)
{
    const struct sv_files *f = &c->server->config.files;
    if (c->open)
        f->ops->close(f->self, c->handle);
    c->open = false;
}

void sv_http_conn_log(struct sv_http_conn *c, bool complete, sv_time now)
{
    struct sv_http_entry e = {.tag = c->tag,
                              .method = c->method_text,
                              .target = c->target_text,
                              .status = c->status,
                              .complete = complete,
                              .body_bytes = c->body_sent};
    uint32_t count;
    if (!c->request)
        return;
    c->request = false;
    if (!c->server->config.log)
        return;
    e.referer = e.user_agent = SV_TEXT_NONE;
    (void)sv_http_field_one(&c->head, SV_TEXT("referer"), &e.referer, &count);
    (void)sv_http_field_one(&c->head, SV_TEXT("user-agent"), &e.user_agent, &count);
    c->server->config.log(c->server->config.self, &e, now);
}

static void over(struct sv_http_conn *c, sv_time now)
{
    sv_http_conn_log(c, false, now);
    sv_http_conn_close_file(c);
    c->state = SV_HTTP_OVER;
    c->deadline = SV_NEVER;
    c->again = false;
}

void sv_http_conn_give_up(struct sv_http_conn *c, sv_time now)
{
    sv_stream_abort(&c->stream, now);
    over(c, now);
}

static void linger(struct sv_http_conn *c, sv_time now)
{
    sv_stream_finish(&c->stream, now);
    c->state = SV_HTTP_LINGER;
    c->deadline = now + c->server->config.linger_ms * SV_MS;
}

/* Everything of a response was handed over: the next request, or the end. */
static void response_done(struct sv_http_conn *c, sv_time now)
{
    sv_http_conn_log(c, true, now);
    sv_http_conn_close_file(c);
    if (c->closing) {
        linger(c, now);
        return;
    }
    sv_http_head_reset(&c->head);
    c->out_at = c->out_n = 0;
    c->state = SV_HTTP_READ;
    c->deadline = now + c->server->config.idle_timeout_ms * SV_MS;
}

static bool step_read(struct sv_http_conn *c, sv_time now)
{
    const bool fresh = c->head.n == 0 && c->head.skipped == 0;
    const enum sv_http_read r = sv_http_head_read(&c->head, &c->stream, false, now);
    if (r == SV_HTTP_READ_MORE) {
        if (fresh && (c->head.n > 0 || c->head.skipped > 0))
            c->deadline = now + c->server->config.header_timeout_ms * SV_MS;
        if (sv_stream_status(&c->stream) == SV_STREAM_EOF) {
            linger(c, now); /* half a request is no request; nothing is owed */
            return true;
        }
        return false;
    }
    c->requests++;
    c->request = true;
    c->method_text = c->target_text = SV_TEXT_NONE;
    c->method = SV_HTTP_UNKNOWN;
    c->http10 = false;
    c->keep_alive_field = false;
    c->body_sent = 0;
    c->source = SV_HTTP_NOTHING;
    if (r == SV_HTTP_READ_READY) {
        sv_http_request_read(c, now);
        return true;
    }
    c->closing = true;
    sv_http_reply_error(c, r == SV_HTTP_READ_LONG_LINE ? 414 : r == SV_HTTP_READ_TOO_LARGE ? 431 : 400, now);
    return true;
}

/* Hands over what `out` holds; true when nothing is left of it. */
static bool flush(struct sv_http_conn *c, sv_time now)
{
    const uint32_t n = c->out_n - c->out_at;
    if (n == 0)
        return true;
    const size_t taken = sv_stream_write(&c->stream, c->out + c->out_at, n, now);
    c->out_at += (uint32_t)taken;
    const uint64_t head = taken < c->head_left ? taken : c->head_left;
    c->head_left -= head;
    c->body_sent += taken - head;
    if (taken > 0)
        c->deadline = now + c->server->config.stall_timeout_ms * SV_MS;
    if (c->out_at < c->out_n)
        return false;
    c->out_at = c->out_n = 0;
    return true;
}

/* One piece of a request's body. */
static bool step_discard(struct sv_http_conn *c, sv_time now)
{
    const uint8_t *data, *piece;
    size_t used, piece_n;
    (void)flush(c, now); /* a 100 (Continue) may wait there */
    const size_t have = sv_stream_peek(&c->stream, &data);
    if (have == 0) {
        if (sv_stream_status(&c->stream) != SV_STREAM_EOF)
            return false;
        c->closing = true;
        sv_http_reply_error(c, 400, now); /* the body stops short (RFC 9112 §6.3, item 6) */
        return true;
    }
    c->deadline = now + c->server->config.stall_timeout_ms * SV_MS;
    enum sv_http_chunk r = SV_HTTP_CHUNK_MORE;
    if (c->chunked) {
        r = sv_http_chunked_feed(&c->chunks, data, have, &used, &piece, &piece_n);
        c->request_seen += piece_n;
    } else {
        used = have < c->request_left ? have : (size_t)c->request_left;
        c->request_left -= used;
        if (c->request_left == 0)
            r = SV_HTTP_CHUNK_END;
    }
    sv_stream_consume(&c->stream, used, now);
    if (r == SV_HTTP_CHUNK_END) {
        sv_http_request_answer(c, now);
    } else if (r == SV_HTTP_CHUNK_BAD || c->request_seen > c->server->config.body_max_bytes) {
        c->closing = true;
        sv_http_reply_error(c, r == SV_HTTP_CHUNK_BAD ? 400 : 413, now);
    }
    return true;
}

static bool step_send(struct sv_http_conn *c, uint64_t *budget, sv_time now)
{
    if (!flush(c, now))
        return false;
    if (c->source != SV_HTTP_NOTHING)
        return sv_http_body_produce(c, budget, now);
    response_done(c, now);
    return true;
}

static bool step_linger(struct sv_http_conn *c, sv_time now)
{
    const uint8_t *data;
    const size_t have = sv_stream_peek(&c->stream, &data);
    if (have > 0)
        sv_stream_consume(&c->stream, have, now);
    else if (sv_stream_status(&c->stream) == SV_STREAM_EOF)
        over(c, now);
    return have > 0 && c->state == SV_HTTP_LINGER;
}

/* The deadline has come: what it means depends on the state. */
static void timed_out(struct sv_http_conn *c, sv_time now)
{
    switch ((enum sv_http_state)c->state) {
    case SV_HTTP_READ:
        if (c->head.n == 0) {
            linger(c, now); /* nothing was asked: no answer is owed (RFC 9112 §9.5) */
            return;
        }
        c->requests++;
        c->request = true;
        c->method_text = c->target_text = SV_TEXT_NONE;
        c->method = SV_HTTP_UNKNOWN;
        c->body_sent = 0;
        c->source = SV_HTTP_NOTHING;
        /* fall through */
    case SV_HTTP_DISCARD:
        c->closing = true;
        sv_http_reply_error(c, 408, now);
        return;
    case SV_HTTP_SEND:
        sv_http_conn_give_up(c, now);
        return;
    case SV_HTTP_LINGER:
    case SV_HTTP_OVER:
        over(c, now);
        return;
    }
}

/* The stream has no future: nothing can be answered any more. */
static bool is_lost(struct sv_http_conn *c, sv_time now)
{
    const enum sv_stream_status status = sv_stream_status(&c->stream);
    if (c->state != SV_HTTP_OVER && (status == SV_STREAM_DEAD || status == SV_STREAM_TRUNCATED))
        over(c, now);
    return c->state == SV_HTTP_OVER;
}

void sv_http_conn_drive(struct sv_http_conn *c, sv_time now)
{
    uint64_t budget = SV_HTTP_TURN_BYTES;
    const uint32_t served = c->requests;
    bool moved = true;
    c->again = false;
    if (is_lost(c, now))
        return;
    while (moved && c->state != SV_HTTP_OVER) {
        if (budget == 0 || c->requests - served >= SV_HTTP_TURN_REQUESTS) {
            c->again = true;
            return;
        }
        switch ((enum sv_http_state)c->state) {
        case SV_HTTP_READ:
            moved = step_read(c, now);
            break;
        case SV_HTTP_DISCARD:
            moved = step_discard(c, now);
            break;
        case SV_HTTP_SEND:
            moved = step_send(c, &budget, now);
            break;
        case SV_HTTP_LINGER:
            moved = step_linger(c, now);
            break;
        case SV_HTTP_OVER:
            return;
        }
        if (!moved && is_lost(c, now)) /* the step may have been what showed it */
            return;
        if (!moved && c->state != SV_HTTP_OVER && now >= c->deadline) {
            timed_out(c, now);
            moved = c->state != SV_HTTP_OVER;
        }
    }
}

sv_time sv_http_conn_deadline(const struct sv_http_conn *c)
{
    return c->again ? 0 : c->deadline;
}

bool sv_http_conn_done(const struct sv_http_conn *c)
{
    return c->state == SV_HTTP_OVER;
}

void sv_http_conn_close(struct sv_http_conn *c, sv_time now)
{
    c->closing = true;
    if (c->state == SV_HTTP_READ && c->head.n == 0)
        linger(c, now);
}

void sv_http_conn_release(struct sv_http_conn *c, sv_time now)
{
    if (c->state != SV_HTTP_OVER)
        over(c, now);
}

uint32_t sv_http_conn_requests(const struct sv_http_conn *c)
{
    return c->requests;
}
