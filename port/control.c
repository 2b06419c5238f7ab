/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- the answer ---- */

void sv_control_bytes(struct sv_control_answer *a, const void *bytes, size_t n)
{
    if (a->failed)
        return;
    if (a->room - a->n < n) {
        const size_t room = (a->room + n) * 2 + 256;
        char *bigger = realloc(a->text, room);
        if (bigger == NULL) {
            a->failed = true;
            return;
        }
        a->text = bigger;
        a->room = room;
    }
    memcpy(a->text + a->n, bytes, n);
    a->n += n;
}

void sv_control_print(struct sv_control_answer *a, const char *format, ...)
{
    char text[512];
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    const int n = vsnprintf(text, sizeof text, format, args);
    if (n >= 0 && (size_t)n < sizeof text) {
        sv_control_bytes(a, text, (size_t)n);
    } else if (n >= 0) {
        char *longer = malloc((size_t)n + 1);
        if (longer) {
            (void)vsnprintf(longer, (size_t)n + 1, format, again);
            sv_control_bytes(a, longer, (size_t)n);
            free(longer);
        } else {
            a->failed = true;
        }
    }
    va_end(again);
    va_end(args);
}

/* ---- the server ---- */

static void drop_client(struct sv_control_client *k)
{
    if (k->fd < 0)
        return;
    sv_loop_unwatch(k->owner->loop, k->fd);
    close(k->fd);
    free(k->answer.text);
    memset(&k->answer, 0, sizeof k->answer);
    k->fd = -1;
    k->line_n = 0;
    k->sent = 0;
}

static void write_answer(struct sv_control_client *k)
{
    while (k->sent < k->answer.n) {
        const ssize_t n = send(k->fd, k->answer.text + k->sent, k->answer.n - k->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return; /* epoll says when there is room */
        if (n < 0)
            break;
        k->sent += (size_t)n;
    }
    drop_client(k);
}

static void answer(struct sv_control_client *k, sv_time now)
{
    struct sv_control *c = k->owner;
    struct sv_control_answer *a = &k->answer;

    sv_control_print(a, "{\"schema\":1,\"pid\":%d,\"title\":\"%s\"}\n", (int)getpid(), c->title);
    if (!c->request(c->self, k->line, a, now))
        sv_control_print(a, "{\"error\":\"this process does not know that request\"}\n");
    if (a->failed)
        drop_client(k);
    else
        write_answer(k);
}

static void client_ready(void *self, struct sv_loop *loop, int fd, uint32_t events, sv_time now)
{
    struct sv_control_client *k = self;

    (void)events;
    if (k->answer.n > 0) {
        write_answer(k);
        return;
    }
    const ssize_t n = recv(fd, k->line + k->line_n, sizeof k->line - 1 - k->line_n, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop_client(k);
        return;
    }
    k->line_n += (uint32_t)n;
    k->line[k->line_n] = '\0';
    char *end = memchr(k->line, '\n', k->line_n);
    if (end == NULL) {
        if (k->line_n == sizeof k->line - 1)
            drop_client(k);
        return;
    }
    *end = '\0';
    if (!sv_loop_watch(loop, fd, EPOLLOUT, client_ready, k))
        drop_client(k);
    else
        answer(k, now);
}

static void listener_ready(void *self, struct sv_loop *loop, int fd, uint32_t events, sv_time now)
{
    struct sv_control *c = self;

    (void)events;
    (void)now;
    const int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (peer < 0)
        return;
    for (uint32_t i = 0; i < SV_CONTROL_CLIENTS; i++) {
        struct sv_control_client *k = &c->client[i];
        if (k->fd >= 0)
            continue;
        if (!sv_loop_watch(loop, peer, EPOLLIN, client_ready, k))
            break;
        k->fd = peer;
        return;
    }
    close(peer); /* eight at a time are plenty */
}

/* One that lies in /tmp goes with the last socket in it. */
static void leave_directory(const char *socket_path)
{
    char directory[SV_CONTROL_PATH];
    (void)snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(socket_path, '/') - socket_path), socket_path);
    if (strncmp(directory, "/tmp/seven-", 11) == 0 && !strchr(directory + 11, '/'))
        (void)rmdir(directory);
}

/* Binds; once more if another process that ended took the directory away meanwhile. */
static bool bind_in_directory(int fd, const struct sockaddr_un *at)
{
    char directory[SV_CONTROL_PATH];
    return bind(fd, (const struct sockaddr *)at, sizeof *at) == 0 ||
           (errno == ENOENT && sv_control_directory(directory, true) &&
            bind(fd, (const struct sockaddr *)at, sizeof *at) == 0);
}

bool sv_control_open(struct sv_control *c, struct sv_loop *loop, const char *title, sv_control_request *request,
                     void *self, char *error)
{
    char directory[SV_CONTROL_PATH];
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    memset(c, 0, sizeof *c);
    c->fd = -1;
    c->request = request;
    c->self = self;
    c->loop = loop;
    for (uint32_t i = 0; i < SV_CONTROL_CLIENTS; i++) {
        c->client[i].fd = -1;
        c->client[i].owner = c;
    }
    size_t n = 0;
    for (const char *t = title; *t && n < sizeof c->title - 1; t++)
        c->title[n++] = *t == '"' || *t == '\\' || (unsigned char)*t < 32 ? ' ' : *t;
    if (!sv_control_directory(directory, true)) {
        snprintf(error, SV_DEVICE_TEXT,
                 "no directory for the control socket that is ours alone "
                 "($XDG_RUNTIME_DIR/seven, /run/seven, /tmp/seven-%u): `seven ss` will not find this "
                 "process",
                 (unsigned)geteuid());
        return false;
    }
    snprintf(c->path, sizeof c->path, "%.80s/%d.sock", directory, (int)getpid());
    memcpy(at.sun_path, c->path, strlen(c->path) + 1);
    (void)unlink(c->path); /* of a process that had our number and ended badly */
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || !bind_in_directory(c->fd, &at) || listen(c->fd, 8) != 0 ||
        !sv_loop_watch(loop, c->fd, EPOLLIN, listener_ready, c)) {
        snprintf(error, SV_DEVICE_TEXT, "%s: %s: `seven ss` will not find this process", c->path, strerror(errno));
        if (c->fd >= 0)
            close(c->fd);
        c->fd = -1;
        return false;
    }
    return true;
}

void sv_control_close(struct sv_control *c)
{
    if (c->fd < 0)
        return;
    for (uint32_t i = 0; i < SV_CONTROL_CLIENTS; i++)
        drop_client(&c->client[i]);
    sv_loop_unwatch(c->loop, c->fd);
    close(c->fd);
    c->fd = -1;
    (void)unlink(c->path);
    leave_directory(c->path);
}
