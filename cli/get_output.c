/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/get.h"

void get_output_init(struct get_output *o, const char *path, bool append)
{
    o->fd = -1;
    o->path = path;
    o->append = append;
    o->blocked = o->failed = false;
    o->flags = -1;
    o->n = o->at = 0;
    o->written = 0;
}

static bool open_now(struct get_output *o)
{
    if (o->fd >= 0)
        return true;
    if (o->path) {
        o->fd = open(o->path, O_WRONLY | O_CREAT | O_CLOEXEC | (o->append ? O_APPEND : O_TRUNC), 0666);
        o->failed = o->fd < 0;
        return o->fd >= 0;
    }
    struct stat st;
    o->fd = STDOUT_FILENO;
    /* A slow reader of a pipe must slow down the sender, not stop the stack. */
    if (fstat(o->fd, &st) == 0 && !S_ISREG(st.st_mode)) {
        const int flags = fcntl(o->fd, F_GETFL);
        if (flags >= 0 && !(flags & O_NONBLOCK) && fcntl(o->fd, F_SETFL, flags | O_NONBLOCK) == 0)
            o->flags = flags;
    }
    return true;
}

void get_output_flush(struct get_output *o)
{
    if (!open_now(o))
        return;
    while (o->at < o->n && !o->failed) {
        const ssize_t n = write(o->fd, o->bytes + o->at, o->n - o->at);
        if (n >= 0) {
            o->at += (size_t)n;
            o->written += (size_t)n;
        } else if (errno == EAGAIN) {
            o->blocked = true;
            return;
        } else if (errno != EINTR) {
            o->failed = true;
        }
    }
    o->n = o->at = 0;
    o->blocked = false;
}

size_t get_output_put(struct get_output *o, const void *bytes, size_t n)
{
    size_t taken = 0;
    while (taken < n) {
        if (o->n == sizeof o->bytes)
            get_output_flush(o);
        size_t piece = sizeof o->bytes - o->n;
        if (o->failed || piece == 0)
            break; /* stdout would block: stdout's readiness drives us on */
        if (piece > n - taken)
            piece = n - taken;
        memcpy(o->bytes + o->n, (const uint8_t *)bytes + taken, piece);
        o->n += piece;
        taken += piece;
    }
    return taken;
}

bool get_output_close(struct get_output *o)
{
    if (o->fd < 0)
        return !o->failed;
    if (o->flags >= 0) {
        (void)fcntl(o->fd, F_SETFL, o->flags);
        o->flags = -1;
        o->blocked = false;
    }
    get_output_flush(o);
    if (o->path && close(o->fd) != 0)
        o->failed = true;
    o->fd = -1;
    return !o->failed;
}

/* --- the progress line: "[=======>      ]  66%  42.1 of 64.0 MiB  120.3 MiB/s  0:01" ---- */

static void mib(uint64_t bytes, char *to, size_t room)
{
    const uint64_t tenths = bytes / 1024 * 10 / 1024;
    (void)snprintf(to, room, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
}

void get_bar_draw(struct get_bar *bar, uint64_t done, uint64_t total, sv_time now)
{
    enum { CELLS = 24 };
    char line[160], done_text[24], total_text[24], rate_text[24], cells[CELLS + 1];
    if (!bar->on || now < bar->next)
        return;
    bar->next = now + 200 * SV_MS;
    bar->drawn = true;
    const uint64_t ms = (now - bar->started) / SV_MS + 1;
    const uint64_t rate = done * 1000 / ms;
    mib(done, done_text, sizeof done_text);
    mib(rate, rate_text, sizeof rate_text);
    if (total == UINT64_MAX || total == 0) {
        (void)snprintf(line, sizeof line, "%s MiB  %s MiB/s", done_text, rate_text);
    } else {
        const uint64_t full = done >= total ? CELLS : done / (total / CELLS + 1);
        for (uint64_t i = 0; i < CELLS; i++)
            cells[i] = i < full ? '=' : i == full ? '>' : ' ';
        cells[CELLS] = '\0';
        mib(total, total_text, sizeof total_text);
        const uint64_t left_s = rate ? (total - done) / rate : 0;
        (void)snprintf(line, sizeof line, "[%s] %3u%%  %s of %s MiB  %s MiB/s  %" PRIu64 ":%02" PRIu64, cells,
                       (unsigned)(done / (total / 100 + 1)), done_text, total_text, rate_text, left_s / 60,
                       left_s % 60);
    }
    (void)fprintf(stderr, "\r%-79.79s", line);
    (void)fflush(stderr);
}

void get_bar_end(struct get_bar *bar)
{
    if (bar->drawn)
        (void)fprintf(stderr, "\r%79s\r", "");
    bar->drawn = false;
}
