/* SPDX-License-Identifier: BSD-2-Clause */
/* What layer 7 speaks through: an ordered stream of bytes in each direction, with an end to each. A TCP
 * socket is one, the same under TLS is one, a pair of memory buffers in a test is one. An application
 * engine is bytes in, bytes out and a deadline; it never sees a socket. */
#ifndef SEVEN_STREAM_H
#define SEVEN_STREAM_H

#include "seven/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sv_stream_status {
    SV_STREAM_OPENING, /* no bytes can pass yet */
    SV_STREAM_OPEN,
    SV_STREAM_EOF,       /* the peer finished in order, and everything was read; we may still write */
    SV_STREAM_TRUNCATED, /* the transport ended without the ending the protocol above promises */
    SV_STREAM_DEAD,      /* reset, timed out, aborted: see error() */
};

struct sv_stream_ops {
    /* Borrows the next unread bytes: *data is valid until the next call on this stream; the count is 0
     * when none are there now. One call gives one contiguous piece, not necessarily all. */
    size_t (*peek)(void *self, const uint8_t **data);
    /* Marks n of the peeked bytes as read. */
    void (*consume)(void *self, size_t n, sv_time now);
    /* Copies up to n bytes into the stream; the count taken is less when it is full for now (a writable
     * event will come), and 0 after finish(). */
    size_t (*write)(void *self, const void *data, size_t n, sv_time now);
    /* How many bytes write() would take now. */
    size_t (*room)(void *self);
    /* No more will be written: the peer sees the end after all that was written. */
    void (*finish)(void *self, sv_time now);
    /* Gives up at once, both ways. */
    void (*abort)(void *self, sv_time now);
    enum sv_stream_status (*status)(void *self);
    enum sv_err (*error)(void *self);
};

/* The stream itself is two words of the caller's; it owns nothing. */
struct sv_stream {
    const struct sv_stream_ops *ops;
    void *self;
};

static inline size_t sv_stream_peek(const struct sv_stream *s, const uint8_t **data)
{
    return s->ops->peek(s->self, data);
}
static inline void sv_stream_consume(const struct sv_stream *s, size_t n, sv_time now)
{
    s->ops->consume(s->self, n, now);
}
static inline size_t sv_stream_write(const struct sv_stream *s, const void *data, size_t n, sv_time now)
{
    return s->ops->write(s->self, data, n, now);
}
static inline size_t sv_stream_room(const struct sv_stream *s)
{
    return s->ops->room(s->self);
}
static inline void sv_stream_finish(const struct sv_stream *s, sv_time now)
{
    s->ops->finish(s->self, now);
}
static inline void sv_stream_abort(const struct sv_stream *s, sv_time now)
{
    s->ops->abort(s->self, now);
}
static inline enum sv_stream_status sv_stream_status(const struct sv_stream *s)
{
    return s->ops->status(s->self);
}
static inline enum sv_err sv_stream_error(const struct sv_stream *s)
{
    return s->ops->error(s->self);
}

#ifdef __cplusplus
}
#endif
#endif
