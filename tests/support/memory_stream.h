/* SPDX-License-Identifier: BSD-2-Clause */
/* A stream between two byte arrays, for tests of layer 7: what the engine reads is given beforehand and
 * delivered in pieces of a chosen size; what it writes is kept. Header only. */
#ifndef SV_TEST_MEMORY_STREAM_H
#define SV_TEST_MEMORY_STREAM_H

#include <stdlib.h>
#include <string.h>

#include "seven/stream.h"

struct memory_stream {
    const uint8_t *in;
    size_t in_n, in_at;
    size_t visible;               /* bytes of `in` that have arrived */
    size_t piece_bytes;           /* the most that one peek gives; 0: all */
    size_t room_bytes;            /* free room for writing now; SIZE_MAX: no limit */
    bool in_ends;                 /* EOF after `in`, else more may come */
    enum sv_stream_status ending; /* status when `in` is used up and in_ends: EOF, TRUNCATED, DEAD */
    bool finished, aborted;
    uint8_t *out;
    size_t out_n, out_room;
};

static inline size_t memory_stream_peek(void *self, const uint8_t **data)
{
    struct memory_stream *m = self;
    size_t n = m->visible - m->in_at;
    if (m->aborted)
        return 0;
    if (m->piece_bytes > 0 && n > m->piece_bytes)
        n = m->piece_bytes;
    *data = m->in + m->in_at;
    return n;
}
static inline void memory_stream_consume(void *self, size_t n, sv_time now)
{
    struct memory_stream *m = self;
    (void)now;
    if (n > m->visible - m->in_at)
        abort();
    m->in_at += n;
}
static inline size_t memory_stream_write(void *self, const void *data, size_t n, sv_time now)
{
    struct memory_stream *m = self;
    (void)now;
    if (m->finished || m->aborted)
        return 0;
    if (n > m->room_bytes)
        n = m->room_bytes;
    if (m->room_bytes != SIZE_MAX)
        m->room_bytes -= n;
    if (m->out_n + n > m->out_room) {
        m->out_room = (m->out_n + n) * 2 + 256;
        m->out = realloc(m->out, m->out_room);
        if (!m->out)
            abort();
    }
    if (n > 0)
        memcpy(m->out + m->out_n, data, n);
    m->out_n += n;
    return n;
}
static inline size_t memory_stream_room(void *self)
{
    const struct memory_stream *m = self;
    return m->finished || m->aborted ? 0 : m->room_bytes;
}
static inline void memory_stream_finish(void *self, sv_time now)
{
    struct memory_stream *m = self;
    (void)now;
    m->finished = true;
}
static inline void memory_stream_abort(void *self, sv_time now)
{
    struct memory_stream *m = self;
    (void)now;
    m->aborted = true;
}
static inline enum sv_stream_status memory_stream_status(void *self)
{
    const struct memory_stream *m = self;
    if (m->aborted)
        return SV_STREAM_DEAD;
    return m->in_ends && m->in_at == m->in_n ? m->ending : SV_STREAM_OPEN;
}
static inline enum sv_err memory_stream_error(void *self)
{
    const struct memory_stream *m = self;
    if (m->aborted)
        return SV_ERR_ABORTED;
    return memory_stream_status(self) == SV_STREAM_DEAD ? SV_ERR_RESET : SV_OK;
}

static const struct sv_stream_ops memory_stream_ops = {
    memory_stream_peek,   memory_stream_consume, memory_stream_write,  memory_stream_room,
    memory_stream_finish, memory_stream_abort,   memory_stream_status, memory_stream_error,
};

/* Everything visible, no limit on writing, no end. */
static inline struct sv_stream memory_stream_init(struct memory_stream *m, const void *in, size_t n)
{
    memset(m, 0, sizeof *m);
    m->in = in;
    m->in_n = m->visible = n;
    m->room_bytes = SIZE_MAX;
    m->ending = SV_STREAM_EOF;
    return (struct sv_stream){&memory_stream_ops, m};
}
static inline void memory_stream_free(struct memory_stream *m)
{
    free(m->out);
    m->out = NULL;
}

#endif
