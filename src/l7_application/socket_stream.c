/* SPDX-License-Identifier: BSD-2-Clause */
#include "l7_application/socket_stream.h"

/* What a call's result says of the connection as a whole. */
static void note(struct sv_socket_stream *s, enum sv_err e)
{
    switch (e) {
    case SV_ERR_OK:
        s->opened = true;
        break;
    case SV_ERR_EOF:
        s->opened = true;
        s->eof = true;
        break;
    case SV_ERR_AGAIN:
    case SV_ERR_CLOSED:    /* our own shutdown */
    case SV_ERR_NO_MEMORY: /* a pool is full: there will be room again */
    case SV_ERR_STATE:     /* not open yet */
        break;
    default:
        if (s->error == SV_ERR_OK)
            s->error = e;
    }
}

static void advance(struct sv_socket_stream *s, sv_time now)
{
    if (now > s->now)
        s->now = now;
}

static size_t stream_peek(void *self, const uint8_t **data)
{
    struct sv_socket_stream *s = self;
    size_t n = 0;
    *data = NULL;
    if (s->error != SV_ERR_OK || s->eof)
        return 0;
    const enum sv_err e = sv_peek(s->stack, s->socket, data, &n, s->now);
    note(s, e);
    return e == SV_ERR_OK ? n : 0;
}

static void stream_consume(void *self, size_t n, sv_time now)
{
    struct sv_socket_stream *s = self;
    advance(s, now);
    if (n > 0)
        sv_consume(s->stack, s->socket, n, s->now);
}

static size_t stream_write(void *self, const void *data, size_t n, sv_time now)
{
    struct sv_socket_stream *s = self;
    size_t taken = 0;
    advance(s, now);
    if (s->error != SV_ERR_OK || s->finished || n == 0)
        return 0;
    const enum sv_err e = sv_send(s->stack, s->socket, data, n, &taken, s->now);
    note(s, e);
    return e == SV_ERR_OK ? taken : 0;
}

static size_t stream_room(void *self)
{
    struct sv_socket_stream *s = self;
    struct sv_sock_info info = {.size = sizeof info};
    if (s->error != SV_ERR_OK || s->finished || sv_sock_info(s->stack, s->socket, &info) != SV_OK)
        return 0;
    const size_t held = (size_t)info.send_queued + info.send_unacked;
    return held < s->send_buffer ? s->send_buffer - held : 0;
}

static void stream_finish(void *self, sv_time now)
{
    struct sv_socket_stream *s = self;
    advance(s, now);
    if (s->finished || s->error != SV_ERR_OK)
        return;
    s->finished = true;
    note(s, sv_shutdown(s->stack, s->socket, s->now));
}

static void stream_abort(void *self, sv_time now)
{
    struct sv_socket_stream *s = self;
    advance(s, now);
    if (s->error != SV_ERR_OK)
        return;
    s->error = SV_ERR_ABORTED;
    sv_abort(s->stack, s->socket, s->now);
}

static enum sv_stream_status stream_status(void *self)
{
    struct sv_socket_stream *s = self;
    if (s->error != SV_ERR_OK)
        return SV_STREAM_DEAD;
    if (s->eof)
        return SV_STREAM_EOF;
    if (!s->opened) {
        struct sv_sock_info info = {.size = sizeof info};
        const enum sv_err e = sv_sock_info(s->stack, s->socket, &info);
        if (e != SV_OK) {
            note(s, e);
            return s->error != SV_ERR_OK ? SV_STREAM_DEAD : SV_STREAM_OPENING;
        }
        if (info.state == SV_SYN_SENT || info.state == SV_SYN_RECEIVED)
            return SV_STREAM_OPENING;
        s->opened = true;
    }
    return SV_STREAM_OPEN;
}

static enum sv_err stream_error(void *self)
{
    const struct sv_socket_stream *s = self;
    return s->error;
}

static const struct sv_stream_ops socket_ops = {
    .peek = stream_peek,
    .consume = stream_consume,
    .write = stream_write,
    .room = stream_room,
    .finish = stream_finish,
    .abort = stream_abort,
    .status = stream_status,
    .error = stream_error,
};

struct sv_stream sv_socket_stream_init(struct sv_socket_stream *s, struct sv_stack *stack, sv_sock socket, sv_time now)
{
    *s =
        (struct sv_socket_stream){.stack = stack, .socket = socket, .now = now, .send_buffer = SV_SOCKET_STREAM_BUFFER};
    return (struct sv_stream){&socket_ops, s};
}

void sv_socket_stream_event(struct sv_socket_stream *s, const struct sv_event *event, sv_time now)
{
    advance(s, now);
    if (event->what & SV_EVENT_CONNECTED)
        s->opened = true;
    if ((event->what & SV_EVENT_ERROR) && s->error == SV_ERR_OK && event->error != SV_ERR_OK) {
        /* What arrived before the error may still be read: the error shows when that is done. */
        const uint8_t *data;
        if (stream_peek(s, &data) == 0 && !s->eof)
            note(s, (enum sv_err)event->error);
    }
    if ((event->what & SV_EVENT_CLOSED) && s->error == SV_ERR_OK && !s->eof)
        s->error = SV_ERR_STALE;
}
