/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER_BYTES (256u << 10)

/* ---- in ---- */

static size_t read_file(void *self, void *to, size_t n)
{
    uint8_t *at = to;
    size_t got = 0;
    while (got < n) {
        const size_t part = n - got < (1u << 30) ? n - got : 1u << 30;
        const int r = gzread(self, at + got, (unsigned)part);
        if (r <= 0)
            break;
        got += (size_t)r;
    }
    return got;
}

bool sv_capture_open(struct sv_capture_in *in, const char *path, char *error)
{
    memset(in, 0, sizeof *in);
    const bool standard = strcmp(path, "-") == 0;
    const int fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(error, SV_DEVICE_TEXT, "%s: %s", path, strerror(errno));
        return false;
    }
    in->file = gzdopen(fd, "rb"); /* passes on what is not compressed */
    in->room = malloc(SV_CAPTURE_ROOM);
    if (in->file == NULL || in->room == NULL) {
        snprintf(error, SV_DEVICE_TEXT, "%s: %s", path, strerror(ENOMEM));
        if (in->file == NULL)
            close(fd);
        sv_capture_close(in);
        return false;
    }
    (void)gzbuffer(in->file, BUFFER_BYTES);
    if (!sv_capture_begin(&in->reader, read_file, in->file, in->room, SV_CAPTURE_ROOM)) {
        struct stat st;
        const bool folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
        snprintf(error, SV_DEVICE_TEXT, "%s: %s", path, folder ? strerror(EISDIR) : in->reader.error);
        sv_capture_close(in);
        return false;
    }
    return true;
}

void sv_capture_close(struct sv_capture_in *in)
{
    if (in->file)
        (void)gzclose_r(in->file);
    free(in->room);
    in->file = NULL;
    in->room = NULL;
    in->reader.read = NULL;
}

/* ---- out ---- */

static bool write_fd(int fd, const uint8_t *at, size_t n)
{
    while (n > 0) {
        const ssize_t sent = write(fd, at, n);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool sv_capture_flush(struct sv_capture_out *out)
{
    bool good = !out->writer.failed;
    if (out->file)
        good = gzflush(out->file, Z_SYNC_FLUSH) == Z_OK && good;
    else if (out->fd >= 0)
        good = write_fd(out->fd, out->buffer, out->held) && good;
    out->held = 0;
    out->writer.failed = !good;
    return good;
}

static bool write_file(void *self, const void *bytes, size_t n)
{
    struct sv_capture_out *out = self;

    if (out->file)
        return n < (1u << 30) && gzwrite(out->file, bytes, (unsigned)n) == (int)n;
    if (out->held + n > BUFFER_BYTES) {
        if (!sv_capture_flush(out))
            return false;
        if (n > BUFFER_BYTES)
            return write_fd(out->fd, bytes, n);
    }
    memcpy(out->buffer + out->held, bytes, n);
    out->held += n;
    return true;
}

bool sv_capture_create(struct sv_capture_out *out, const char *path, const struct sv_pcapng_about *about, char *error)
{
    struct sv_pcapng_about whole = about ? *about : (struct sv_pcapng_about){0};
    struct utsname u;
    char os[160] = "";

    memset(out, 0, sizeof *out);
    const size_t n = strlen(path);
    const bool standard = strcmp(path, "-") == 0, packed = n > 3 && strcmp(path + n - 3, ".gz") == 0;
    out->fd = standard ? dup(STDOUT_FILENO) : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    out->buffer = malloc(BUFFER_BYTES);
    if (out->fd < 0 || out->buffer == NULL) {
        snprintf(error, SV_DEVICE_TEXT, "%s: %s", path, strerror(errno));
        goto failed;
    }
    if (packed) {
        out->file = gzdopen(out->fd, "wb6");
        if (out->file == NULL) {
            snprintf(error, SV_DEVICE_TEXT, "%s: %s", path, strerror(ENOMEM));
            goto failed;
        }
        out->fd = -1;
    }
    if (uname(&u) == 0) {
        snprintf(os, sizeof os, "%s %s", u.sysname, u.release);
        whole.os = whole.os ? whole.os : os;
        whole.hardware = whole.hardware ? whole.hardware : u.machine;
    }
    if (!sv_pcapng_begin(&out->writer, write_file, out, &whole)) {
        snprintf(error, SV_DEVICE_TEXT, "%s: %s", path, strerror(errno));
        goto failed;
    }
    return true;
failed:
    if (out->file)
        (void)gzclose_w(out->file);
    out->file = NULL;
    if (out->fd >= 0)
        close(out->fd);
    free(out->buffer);
    memset(out, 0, sizeof *out);
    out->fd = -1;
    return false;
}

bool sv_capture_finish(struct sv_capture_out *out)
{
    bool good = !out->writer.failed && (out->file || out->fd >= 0);
    if (out->file) {
        good = gzclose_w(out->file) == Z_OK && good;
    } else if (out->fd >= 0) {
        good = write_fd(out->fd, out->buffer, out->held) && good;
        good = close(out->fd) == 0 && good;
    }
    free(out->buffer);
    out->buffer = NULL;
    out->file = NULL;
    out->fd = -1;
    out->held = 0;
    out->writer.failed = true;
    return good;
}
