/* SPDX-License-Identifier: BSD-2-Clause */
/* How `seven ss` and `seven ip` ask running processes: each listens on a unix socket of its own,
 * DIRECTORY/PID.sock. One line comes in ("ss", "neigh", "addr", ..., with the words that follow), JSON lines
 * go out, the end of the stream ends the answer. The directory is the user's alone (mode 0700). */
#ifndef SV_PORT_CONTROL_H
#define SV_PORT_CONTROL_H

#include "port/loop.h"

#define SV_CONTROL_CLIENTS 8u
#define SV_CONTROL_LINE 512u
#define SV_CONTROL_PATH 108u

/* An answer in the making: grows as needed. */
struct sv_control_answer {
    char *text;
    size_t n, room;
    bool failed; /* out of memory: the client is cut off rather than told half */
};

void sv_control_print(struct sv_control_answer *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sv_control_bytes(struct sv_control_answer *a, const void *bytes, size_t n);

/* Answers one request line (without its end) by printing whole lines. False: the words are not known; then
 * {"error":"..."} goes back. */
typedef bool sv_control_request(void *self, const char *line, struct sv_control_answer *a, sv_time now);

struct sv_control {
    int fd;
    char path[SV_CONTROL_PATH];
    sv_control_request *request;
    void *self;
    struct sv_loop *loop;
    char title[64];
    struct sv_control_client {
        struct sv_control *owner;
        int fd; /* -1: free */
        uint32_t line_n;
        char line[SV_CONTROL_LINE];
        struct sv_control_answer answer;
        size_t sent;
    } client[SV_CONTROL_CLIENTS];
};

/* Listens, and lets the loop serve. `title` is what the process is ("serve http"), said at the head of each
 * answer. False: `error` (SV_DEVICE_TEXT bytes) says why; a process runs on well without. */
SV_MUST_CHECK bool sv_control_open(struct sv_control *c, struct sv_loop *loop, const char *title,
                                   sv_control_request *request, void *self, char *error);
void sv_control_close(struct sv_control *c); /* removes the socket */

/* Gives each line of every running process's answer, its end cut off. False stops the asking. */
typedef bool sv_control_line(void *self, int pid, const char *line);

/* Asks them all. The processes that answered; sockets nobody listens on any more are removed. A process that
 * does not answer within two seconds is passed over. */
uint32_t sv_control_ask(const char *request, sv_control_line *line, void *self);

/* The first directory that may be used: $SEVEN_RUNTIME_DIR, $XDG_RUNTIME_DIR/seven, /run/seven for root,
 * /tmp/seven-UID; made if `make`. False: none is ours alone. */
SV_MUST_CHECK bool sv_control_directory(char path[SV_CONTROL_PATH], bool make);

/* Fixes the present directory for processes that will run as another user number ($SEVEN_RUNTIME_DIR). */
void sv_control_keep_directory(void);

#endif
