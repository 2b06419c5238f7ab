/* SPDX-License-Identifier: BSD-2-Clause */
/* The client engine. One request at a time; the request's body and the response are moved side by side, so
 * that a server that answers early (and stops reading) is heard. How the response's body ends: RFC 9112 §6.3. */
#include <string.h>

#include "l7_application/http_chunked.h"
#include "l7_application/http_head.h"
#include "seven/http.h"

#define OUT_BYTES 16384u
#define CHUNK_HEAD 10u /* room before a chunk's bytes for its size line, "ffffffff" and CR LF */

enum body { BODY_NONE, BODY_LENGTH, BODY_CHUNKED, BODY_TO_END };

struct sv_http_client {
    struct sv_http_client_config config;
    struct sv_stream stream;
    sv_time deadline;    /* for anything to move; SV_NEVER while the sink is full */
    sv_time continue_at; /* send the body then even without a 100; SV_NEVER: not waiting */
    uint32_t result;     /* enum sv_http_result */
    bool final;          /* the final head was read */
    bool reusable;
    bool heard; /* a byte of the response came */
    bool head_request, connect_request;
    bool upload_done, upload_ended; /* everything handed over; the source has no more */
    bool upload_chunked;
    struct sv_http_request request;
    uint64_t upload_left, uploaded;
    uint32_t body; /* enum body */
    uint64_t length, left, received;
    uint32_t status, minor;
    struct sv_text reason;
    struct sv_http_chunked chunks;
    uint32_t out_at, out_n;
    char out[OUT_BYTES];
    struct sv_http_head head;
};

const char *sv_http_result_name(enum sv_http_result result)
{
    static const char *const name[] = {"IDLE",        "RUNNING", "DONE",      "BAD_RESPONSE", "TOO_LARGE",
                                       "UNSUPPORTED", "EMPTY",   "TRUNCATED", "FAILED",       "TIMED_OUT"};
    return (uint32_t)result < sizeof name / sizeof name[0] ? name[result] : "?";
}

const char *sv_http_result_text(enum sv_http_result result)
{
    static const char *const text[] = {
        "nothing was asked",
        "the response is on its way",
        "the whole response came",
        "what came is not HTTP/1, or contradicts itself",
        "the response's head exceeds the limits",
        "the response has a transfer coding other than chunked",
        "the connection ended without a response",
        "the connection ended in the middle of the response",
        "the connection failed",
        "nothing moved for too long",
    };
    return (uint32_t)result < sizeof text / sizeof text[0] ? text[result] : "?";
}

size_t sv_http_client_bytes(void)
{
    return sizeof(struct sv_http_client);
}

struct sv_http_client *sv_http_client_init(void *memory, size_t bytes, const struct sv_http_client_config *config,
                                           struct sv_stream stream, sv_time now)
{
    struct sv_http_client *c = memory;
    (void)now;
    if (!memory || bytes < sizeof *c || ((uintptr_t)memory & 15u) != 0 || config->size != sizeof *config)
        return NULL;
    memset(c, 0, offsetof(struct sv_http_client, out));
    c->config = *config;
    if (c->config.stall_timeout_ms == 0)
        c->config.stall_timeout_ms = 60000;
    c->stream = stream;
    c->deadline = c->continue_at = SV_NEVER;
    c->result = SV_HTTP_IDLE;
    c->reusable = true;
    c->length = UINT64_MAX;
    c->reason = SV_TEXT_NONE;
    sv_http_head_reset(&c->head);
    return c;
}

/* ---- the request ---- */

static bool add(struct sv_http_client *c, struct sv_text t)
{
    if (OUT_BYTES - c->out_n < t.n)
        return false;
    if (t.n > 0)
        memcpy(c->out + c->out_n, t.at, t.n);
    c->out_n += (uint32_t)t.n;
    return true;
}

static bool add_field(struct sv_http_client *c, struct sv_text name, struct sv_text value)
{
    return add(c, name) && add(c, SV_TEXT(": ")) && add(c, value) && add(c, SV_TEXT("\r\n"));
}

static struct sv_text decimal(uint64_t value, char room[21])
{
    size_t at = 21;
    do
        room[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    return (struct sv_text){room + at, 21 - at};
}

/* No byte that could end its line or its word early: the caller may have it from anywhere. */
static bool is_valid(const struct sv_http_request *r)
{
    if (r->size != sizeof *r || !sv_http_is_token(r->method) || r->target.n == 0)
        return false;
    for (size_t i = 0; i < r->target.n; i++)
        if ((uint8_t)r->target.at[i] <= 0x20 || r->target.at[i] == 0x7f)
            return false;
    if (!sv_http_is_field_text(r->authority) || memchr(r->authority.at, ' ', r->authority.n))
        return false;
    for (uint32_t i = 0; i < r->fields; i++)
        if (!sv_http_is_token(r->field[i].name) || !sv_http_is_field_text(r->field[i].value))
            return false;
    return true;
}

static bool has_field(const struct sv_http_request *r, struct sv_text name)
{
    for (uint32_t i = 0; i < r->fields; i++)
        if (sv_text_equal_nocase(r->field[i].name, name))
            return true;
    return false;
}

static bool build_head(struct sv_http_client *c, const struct sv_http_request *r)
{
    char room[21];
    bool ok = add(c, r->method) && add(c, SV_TEXT(" ")) && add(c, r->target) && add(c, SV_TEXT(" HTTP/1.1\r\n"));
    if (!has_field(r, SV_TEXT("host"))) /* first, as RFC 9110 §7.2 would have it */
        ok = ok && add_field(c, SV_TEXT("Host"), r->authority);
    for (uint32_t i = 0; i < r->fields; i++)
        ok = ok && add_field(c, r->field[i].name, r->field[i].value);
    if (c->upload_chunked)
        ok = ok && add_field(c, SV_TEXT("Transfer-Encoding"), SV_TEXT("chunked"));
    else if (r->body || sv_text_equal(r->method, SV_TEXT("POST")) || sv_text_equal(r->method, SV_TEXT("PUT")))
        ok = ok && add_field(c, SV_TEXT("Content-Length"), decimal(c->upload_left, room));
    if (c->continue_at != SV_NEVER)
        ok = ok && add_field(c, SV_TEXT("Expect"), SV_TEXT("100-continue"));
    if (r->flags & SV_HTTP_CLOSE)
        ok = ok && add_field(c, SV_TEXT("Connection"), SV_TEXT("close"));
    return ok && add(c, SV_TEXT("\r\n"));
}

static void line_out(void *self, struct sv_text line, sv_time now)
{
    const struct sv_http_client *c = self;
    c->config.line(c->config.self, true, line, now);
}

static void line_in(void *self, struct sv_text line, sv_time now)
{
    const struct sv_http_client *c = self;
    c->config.line(c->config.self, false, line, now);
}

enum sv_err sv_http_client_request(struct sv_http_client *c, const struct sv_http_request *r, sv_time now)
{
    if (c->result == SV_HTTP_RUNNING || !c->reusable)
        return SV_ERR_STATE;
    if (!is_valid(r) || has_field(r, SV_TEXT("content-length")) || has_field(r, SV_TEXT("transfer-encoding")))
        return SV_ERR_INVALID;
    c->out_at = c->out_n = 0;
    c->upload_chunked = r->body && r->body_bytes == SV_HTTP_CHUNKED;
    c->upload_left = r->body && !c->upload_chunked ? r->body_bytes : 0;
    c->upload_ended = !r->body || (!c->upload_chunked && r->body_bytes == 0);
    c->continue_at = !c->upload_ended && (r->flags & SV_HTTP_EXPECT_CONTINUE) ? now + SV_S : SV_NEVER;
    if (!build_head(c, r))
        return SV_ERR_TOO_BIG;
    c->request = *r;
    c->request.field = NULL;
    c->upload_done = false;
    c->uploaded = 0;
    c->head_request = sv_text_equal(r->method, SV_TEXT("HEAD"));
    c->connect_request = sv_text_equal(r->method, SV_TEXT("CONNECT"));
    c->request.method = c->request.target = c->request.authority = SV_TEXT_NONE;
    c->final = c->heard = c->reusable = false;
    c->status = 0;
    c->reason = SV_TEXT_NONE;
    c->length = UINT64_MAX;
    c->received = 0;
    c->result = SV_HTTP_RUNNING;
    c->deadline = now + c->config.stall_timeout_ms * SV_MS;
    sv_http_head_reset(&c->head);
    if (c->config.line)
        sv_http_each_line(c->out, c->out_n, line_out, c, now);
    return SV_OK;
}

/* The next piece of the request's body into `out`, in its coding. False: none now. */
static bool fetch_upload(struct sv_http_client *c)
{
    const uint32_t start = c->upload_chunked ? CHUNK_HEAD : 0;
    size_t want = OUT_BYTES - start - 2 - 5; /* a line end and the last chunk behind */
    bool end = false;
    if (!c->upload_chunked && want > c->upload_left)
        want = (size_t)c->upload_left;
    const size_t n = c->request.body(c->request.body_self, c->out + start, want, &end);
    SV_ASSERT(n <= want);
    c->uploaded += n;
    c->upload_ended = end;
    c->out_at = 0;
    c->out_n = (uint32_t)n;
    if (!c->upload_chunked) {
        c->upload_left -= n;
        c->upload_ended = c->upload_left == 0;
        return n > 0 || end;
    }
    c->out_at = c->out_n = start;
    if (n > 0) { /* the size line is written backwards, up to the bytes */
        c->out[--c->out_at] = '\n';
        c->out[--c->out_at] = '\r';
        size_t rest = n;
        do
            c->out[--c->out_at] = "0123456789abcdef"[rest & 15];
        while ((rest >>= 4) > 0);
        c->out_n = start + (uint32_t)n;
        c->out[c->out_n++] = '\r';
        c->out[c->out_n++] = '\n';
    }
    if (end)
        SV_ASSERT(add(c, SV_TEXT("0\r\n\r\n")));
    return n > 0 || end;
}

static void fail(struct sv_http_client *c, enum sv_http_result why, sv_time now)
{
    c->result = why;
    c->reusable = false;
    c->deadline = c->continue_at = SV_NEVER;
    sv_stream_abort(&c->stream, now);
}

static void step_upload(struct sv_http_client *c, sv_time now)
{
    while (!c->upload_done) {
        if (c->out_at < c->out_n) {
            const size_t taken = sv_stream_write(&c->stream, c->out + c->out_at, c->out_n - c->out_at, now);
            c->out_at += (uint32_t)taken;
            if (taken > 0)
                c->deadline = now + c->config.stall_timeout_ms * SV_MS;
            if (c->out_at < c->out_n)
                return;
        }
        if (c->upload_ended) {
            c->upload_done = true;
            return;
        }
        if (c->continue_at != SV_NEVER) {
            if (now < c->continue_at)
                return;
            c->continue_at = SV_NEVER;
        }
        if (!fetch_upload(c)) {
            c->deadline = SV_NEVER; /* we are the ones that wait */
            return;
        }
        if (!c->upload_chunked && !c->upload_ended && c->out_n == 0) {
            fail(c, SV_HTTP_FAILED, now); /* the source ended before the length it promised */
            return;
        }
    }
}

/* ---- the response ---- */

/* HTTP-version SP 3DIGIT SP [reason]; the second space is missing in the wild. */
static bool parse_status(struct sv_http_client *c)
{
    const struct sv_text line = sv_http_head_line(&c->head);
    uint32_t major;
    if (line.n < 12 || !sv_http_version((struct sv_text){line.at, 8}, &major, &c->minor) || major != 1)
        return false;
    uint64_t status;
    if (line.at[8] != ' ' || !sv_http_number((struct sv_text){line.at + 9, 3}, &status) || status < 100)
        return false;
    if (line.n > 12 && line.at[12] != ' ')
        return false;
    c->status = (uint32_t)status;
    c->reason = line.n > 13 ? (struct sv_text){line.at + 13, line.n - 13} : SV_TEXT_NONE;
    return sv_http_is_field_text(c->reason);
}

static void decide_reuse(struct sv_http_client *c)
{
    const bool close = sv_http_field_has(&c->head, SV_TEXT("connection"), SV_TEXT("close"));
    const bool keep = sv_http_field_has(&c->head, SV_TEXT("connection"), SV_TEXT("keep-alive"));
    c->reusable = !close && (c->minor > 0 || keep) && c->body != BODY_TO_END && !(c->request.flags & SV_HTTP_CLOSE);
}

/* RFC 9112 §6.3, in its order. */
static enum sv_http_result decide_body(struct sv_http_client *c)
{
    uint64_t length = 0;
    const enum sv_http_framing framing = sv_http_head_framing(&c->head, &length);
    c->body = BODY_TO_END;
    c->left = 0;
    if (framing == SV_HTTP_FRAMING_LENGTH)
        c->length = length;
    if (c->head_request || c->status == 204 || c->status == 304) {
        c->body = BODY_NONE; /* whatever the fields say */
        return SV_HTTP_RUNNING;
    }
    if (c->connect_request && c->status / 100 == 2)
        return SV_HTTP_UNSUPPORTED; /* a tunnel begins: not ours */
    switch (framing) {
    case SV_HTTP_FRAMING_NONE:
        return SV_HTTP_RUNNING;
    case SV_HTTP_FRAMING_LENGTH:
        c->left = length;
        c->body = length > 0 ? BODY_LENGTH : BODY_NONE;
        return SV_HTTP_RUNNING;
    case SV_HTTP_FRAMING_CHUNKED:
        if (c->minor == 0)
            return SV_HTTP_BAD_RESPONSE;
        c->body = BODY_CHUNKED;
        sv_http_chunked_init(&c->chunks);
        return SV_HTTP_RUNNING;
    case SV_HTTP_FRAMING_UNSUPPORTED:
        return SV_HTTP_UNSUPPORTED;
    case SV_HTTP_FRAMING_BAD:
        break;
    }
    return SV_HTTP_BAD_RESPONSE;
}

static void complete(struct sv_http_client *c, sv_time now)
{
    /* A server that answered before the upload was over reads the rest as what? Nobody knows. */
    if (!c->upload_done)
        c->reusable = false;
    c->result = SV_HTTP_DONE;
    c->deadline = c->continue_at = SV_NEVER;
    if (!c->reusable)
        sv_stream_finish(&c->stream, now);
}

/* A whole head came: an interim one is passed over (RFC 9110 §15.2), the final one decides the rest. */
static void take_head(struct sv_http_client *c, sv_time now)
{
    const uint32_t bad = parse_status(c) ? sv_http_head_fields(&c->head) : 400;
    if (bad) {
        fail(c, bad == 431 ? SV_HTTP_TOO_LARGE : SV_HTTP_BAD_RESPONSE, now);
        return;
    }
    if (c->config.line)
        sv_http_each_line(c->head.bytes, c->head.n, line_in, c, now);
    if (c->status < 200) {
        if (c->status == 101) { /* we asked for no upgrade */
            fail(c, SV_HTTP_BAD_RESPONSE, now);
            return;
        }
        c->continue_at = SV_NEVER;
        c->status = 0;
        c->reason = SV_TEXT_NONE;
        sv_http_head_reset(&c->head);
        return;
    }
    const enum sv_http_result r = decide_body(c);
    if (r != SV_HTTP_RUNNING) {
        fail(c, r, now);
        return;
    }
    decide_reuse(c);
    c->final = true;
    if (c->continue_at != SV_NEVER || (c->status >= 300 && !c->upload_done)) {
        c->upload_ended = true; /* refused: the rest need not go */
        c->reusable = false;
        c->continue_at = SV_NEVER;
        c->out_at = c->out_n;
    }
    if (c->config.head)
        c->config.head(c->config.self, c, now);
    if (c->body == BODY_NONE)
        complete(c, now);
}

/* Gives a piece to the sink; the count it took. */
static size_t deliver(struct sv_http_client *c, const uint8_t *data, size_t n, sv_time now)
{
    const size_t taken = c->config.data ? c->config.data(c->config.self, data, n, now) : n;
    SV_ASSERT(taken <= n);
    c->received += taken;
    c->deadline = taken < n ? SV_NEVER : now + c->config.stall_timeout_ms * SV_MS;
    return taken;
}

/* A piece of a chunked body. The decoder runs on a copy that is kept only as far as the sink took. */
static bool step_chunk(struct sv_http_client *c, const uint8_t *data, size_t have, sv_time now)
{
    struct sv_http_chunked trial = c->chunks;
    const uint8_t *piece;
    size_t used, piece_n;
    const enum sv_http_chunk r = sv_http_chunked_feed(&trial, data, have, &used, &piece, &piece_n);
    if (r == SV_HTTP_CHUNK_DATA) {
        const size_t taken = deliver(c, piece, piece_n, now);
        if (taken < piece_n) { /* decode again, just so far */
            used -= piece_n - taken;
            trial = c->chunks;
            size_t again;
            if (taken > 0) {
                (void)sv_http_chunked_feed(&trial, data, used, &again, &piece, &piece_n);
            } else {
                used = 0;
            }
        }
        c->chunks = trial;
        sv_stream_consume(&c->stream, used, now);
        return c->deadline != SV_NEVER;
    }
    c->chunks = trial;
    sv_stream_consume(&c->stream, used, now);
    if (r == SV_HTTP_CHUNK_END)
        complete(c, now);
    else if (r == SV_HTTP_CHUNK_BAD)
        fail(c, SV_HTTP_BAD_RESPONSE, now);
    return c->result == SV_HTTP_RUNNING;
}

static bool step_body(struct sv_http_client *c, sv_time now)
{
    const uint8_t *data;
    size_t have = sv_stream_peek(&c->stream, &data);
    if (have == 0)
        return false;
    if (c->body == BODY_CHUNKED)
        return step_chunk(c, data, have, now);
    if (c->body == BODY_LENGTH && have > c->left)
        have = (size_t)c->left;
    const size_t taken = deliver(c, data, have, now);
    sv_stream_consume(&c->stream, taken, now);
    if (c->body == BODY_LENGTH) {
        c->left -= taken;
        if (c->left == 0) {
            complete(c, now);
            return false;
        }
    }
    return taken == have;
}

static bool step_head(struct sv_http_client *c, sv_time now)
{
    const uint32_t before = c->head.n + c->head.skipped;
    const enum sv_http_read r = sv_http_head_read(&c->head, &c->stream, true, now);
    if (c->head.n + c->head.skipped != before || r != SV_HTTP_READ_MORE) {
        c->heard = true;
        c->deadline = now + c->config.stall_timeout_ms * SV_MS;
    }
    switch (r) {
    case SV_HTTP_READ_MORE:
        return false;
    case SV_HTTP_READ_READY:
        take_head(c, now);
        return c->result == SV_HTTP_RUNNING;
    case SV_HTTP_READ_BAD:
        fail(c, SV_HTTP_BAD_RESPONSE, now);
        return false;
    case SV_HTTP_READ_LONG_LINE:
    case SV_HTTP_READ_TOO_LARGE:
        break;
    }
    fail(c, SV_HTTP_TOO_LARGE, now);
    return false;
}

/* Nothing more can come: is that how the response was to end? */
static void ended(struct sv_http_client *c, enum sv_stream_status status, sv_time now)
{
    if (c->final && c->body == BODY_TO_END && status == SV_STREAM_EOF)
        complete(c, now); /* TRUNCATED is the transport's word that this was not the end */
    else if (!c->heard && status != SV_STREAM_DEAD)
        fail(c, SV_HTTP_EMPTY, now);
    else if (c->heard)
        fail(c, SV_HTTP_TRUNCATED, now);
    else
        fail(c, SV_HTTP_FAILED, now);
}

enum sv_http_result sv_http_client_drive(struct sv_http_client *c, sv_time now)
{
    if (c->result != SV_HTTP_RUNNING)
        return c->result;
    if (c->deadline == SV_NEVER) /* it was the caller that paused; the peer's time starts again */
        c->deadline = now + c->config.stall_timeout_ms * SV_MS;
    for (;;) {
        if (c->result == SV_HTTP_RUNNING && sv_stream_status(&c->stream) != SV_STREAM_OPENING)
            step_upload(c, now);
        bool moved = true;
        while (moved && c->result == SV_HTTP_RUNNING)
            moved = c->final ? step_body(c, now) : step_head(c, now);
        /* A 100 that came just now lets the body go. */
        if (c->result != SV_HTTP_RUNNING || c->upload_done || c->out_at < c->out_n || c->continue_at != SV_NEVER ||
            c->deadline == SV_NEVER)
            break;
    }
    if (c->result != SV_HTTP_RUNNING)
        return c->result;
    const uint8_t *data;
    const enum sv_stream_status status = sv_stream_status(&c->stream);
    if (status != SV_STREAM_OPENING && status != SV_STREAM_OPEN && sv_stream_peek(&c->stream, &data) == 0)
        ended(c, status, now);
    else if (now >= c->deadline)
        fail(c, SV_HTTP_TIMED_OUT, now);
    return c->result;
}

sv_time sv_http_client_deadline(const struct sv_http_client *c)
{
    return c->continue_at < c->deadline ? c->continue_at : c->deadline;
}

bool sv_http_client_reusable(const struct sv_http_client *c)
{
    return c->result == SV_HTTP_DONE && c->reusable;
}

uint32_t sv_http_client_status(const struct sv_http_client *c)
{
    return c->final ? c->status : 0;
}

struct sv_text sv_http_client_reason(const struct sv_http_client *c)
{
    return c->final ? c->reason : SV_TEXT_NONE;
}

bool sv_http_client_field(const struct sv_http_client *c, struct sv_text name, struct sv_text *value)
{
    uint32_t at = 0;
    *value = SV_TEXT_NONE;
    return c->final && sv_http_field_next(&c->head, name, &at, value);
}

bool sv_http_client_field_at(const struct sv_http_client *c, uint32_t index, struct sv_http_field *field)
{
    if (!c->final || index >= c->head.fields)
        return false;
    field->name = sv_http_field_name(&c->head, index);
    field->value = sv_http_field_value(&c->head, index);
    return true;
}

uint64_t sv_http_client_length(const struct sv_http_client *c)
{
    return c->final ? c->length : UINT64_MAX;
}

uint64_t sv_http_client_received(const struct sv_http_client *c)
{
    return c->received;
}

uint64_t sv_http_client_sent(const struct sv_http_client *c)
{
    return c->uploaded;
}
