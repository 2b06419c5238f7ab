/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP socket of a stack as a stream (seven/stream.h). */
#ifndef SV_L7_SOCKET_STREAM_H
#define SV_L7_SOCKET_STREAM_H

#include "seven/socket.h"
#include "seven/stream.h"

struct sv_socket_stream {
    struct sv_stack *stack;
    sv_sock socket;
    sv_time now;        /* of the last call: peek() is not told the time */
    size_t send_buffer; /* the socket's SV_OPT_SEND_BUFFER, for room() */
    enum sv_err error;  /* the connection's, once it has one */
    bool opened;
    bool eof;
    bool finished;
};

#define SV_SOCKET_STREAM_BUFFER ((size_t)4u << 20) /* the stack's default */

/* The struct is the caller's and outlives the stream; the socket stays the caller's to close. */
struct sv_stream sv_socket_stream_init(struct sv_socket_stream *s, struct sv_stack *stack, sv_sock socket, sv_time now);

/* Tells it of an event before its engine is driven: an error or an end that no call would show otherwise. */
void sv_socket_stream_event(struct sv_socket_stream *s, const struct sv_event *event, sv_time now);

#endif
