/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP socket as a struct sv_stream: what the HTTP engines speak through. */
#ifndef SV_CLI_SOCKET_STREAM_H
#define SV_CLI_SOCKET_STREAM_H

#include "seven/socket.h"
#include "seven/stream.h"

/* Of the caller's; lives as long as the stream. Set `now` before each drive of the engine, tell it the
 * socket's events. */
struct cli_socket_stream {
    struct sv_stack *stack;
    sv_sock socket;
    sv_time now;
    enum sv_err error;   /* why it is dead */
    bool opening, full, ended, finished;
};

struct sv_stream cli_socket_stream_init(struct cli_socket_stream *s, struct sv_stack *stack, sv_sock socket,
                                        bool opening, sv_time now);
void cli_socket_stream_event(struct cli_socket_stream *s, const struct sv_event *event, sv_time now);

/* Closes the socket in order, or resets it when the stream is dead already; harmless twice. */
void cli_socket_stream_close(struct cli_socket_stream *s, sv_time now);

#endif
