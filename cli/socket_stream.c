/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/socket_stream.h"

/* What write() promises while the last write went through whole: the socket says itself when it is full. */
#define ROOM_BYTES 65536u

static void died(struct cli_socket_stream *s, enum sv_err error)
{
    if (s->error == SV_OK)
        s->error = error;
}

static size_t peek(void *self, const uint8_t **data)
{
    struct cli_socket_stream *s = self;
    size_t n = 0;
    if (s->error != SV_OK || s->ended || s->opening)
        return 0;
    const enum sv_err error = sv_peek(s->stack, s->socket, data, &n, s->now);
    if (error == SV_OK)
        return n;
    if (error == SV_ERR_EOF)
        s->ended = true;
    else if (error != SV_ERR_AGAIN)
        died(s, error);
    return 0;
}

static void consume(void *self, size_t n, sv_time now)
{
    struct cli_socket_stream *s = self;
    s->now = now;
    if (s->error == SV_OK)
        sv_consume(s->stack, s->socket, n, now);
}

static size_t write_some(void *self, const void *data, size_t n, sv_time now)
{
    struct cli_socket_stream *s = self;
    size_t taken = 0;
    s->now = now;
    if (s->error != SV_OK || s->finished || s->opening || n == 0)
        return 0;
    const enum sv_err error = sv_send(s->stack, s->socket, data, n, &taken, now);
    if (error == SV_ERR_AGAIN)
        taken = 0;
    else if (error != SV_OK) {
        died(s, error);
        return 0;
    }
    s->full = taken < n;
    return taken;
}

static size_t room(void *self)
{
    const struct cli_socket_stream *s = self;
    return s->error != SV_OK || s->finished || s->opening || s->full ? 0 : ROOM_BYTES;
}

static void finish(void *self, sv_time now)
{
    struct cli_socket_stream *s = self;
    s->now = now;
    if (s->finished || s->error != SV_OK)
        return;
    s->finished = true;
    const enum sv_err error = sv_shutdown(s->stack, s->socket, now);
    if (error != SV_OK && error != SV_ERR_CLOSED)
        died(s, error);
}

static void abort_both(void *self, sv_time now)
{
    struct cli_socket_stream *s = self;
    s->now = now;
    if (s->error != SV_OK)
        return;
    sv_abort(s->stack, s->socket, now);
    died(s, SV_ERR_ABORTED);
}

static enum sv_stream_status status(void *self)
{
    const struct cli_socket_stream *s = self;
    if (s->error != SV_OK)
        return SV_STREAM_DEAD;
    if (s->opening)
        return SV_STREAM_OPENING;
    return s->ended ? SV_STREAM_EOF : SV_STREAM_OPEN;
}

static enum sv_err error_of(void *self)
{
    const struct cli_socket_stream *s = self;
    return s->error;
}

struct sv_stream cli_socket_stream_init(struct cli_socket_stream *s, struct sv_stack *stack, sv_sock socket,
                                        bool opening, sv_time now)
{
    static const struct sv_stream_ops ops = {peek, consume, write_some, room, finish, abort_both, status, error_of};
    *s = (struct cli_socket_stream){.stack = stack, .socket = socket, .now = now, .opening = opening};
    return (struct sv_stream){&ops, s};
}

void cli_socket_stream_event(struct cli_socket_stream *s, const struct sv_event *event, sv_time now)
{
    s->now = now;
    if (event->what & SV_EVENT_CONNECTED)
        s->opening = false;
    if (event->what & SV_EVENT_WRITABLE)
        s->full = false;
    if (event->what & SV_EVENT_ERROR) {
        /* What came before the end can still be read: peek() tells the error after the last byte. */
        const uint8_t *data;
        size_t n = 0;
        if (s->opening || sv_peek(s->stack, s->socket, &data, &n, now) != SV_OK || n == 0)
            died(s, (enum sv_err)event->error);
    }
}

void cli_socket_stream_close(struct cli_socket_stream *s, sv_time now)
{
    if (s->error == SV_OK)
        sv_close(s->stack, s->socket, now);
    else if (s->error != SV_ERR_ABORTED)
        sv_abort(s->stack, s->socket, now);
    died(s, SV_ERR_ABORTED);
}
