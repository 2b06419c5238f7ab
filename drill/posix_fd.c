/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of descriptors: socket, pipe, fcntl, ioctl, close. */
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "drill/posix_private.h"

const struct sv_posix_fd *sv_posix_look(const struct sv_posix *p, int fd)
{
    for (uint32_t i = 0; i < SV_POSIX_FDS; i++)
        if (p->fd[i].kind != SV_POSIX_FREE && p->fd[i].fd == fd)
            return &p->fd[i];
    return NULL;
}

struct sv_posix_fd *sv_posix_find(struct sv_posix *p, int fd)
{
    const struct sv_posix_fd *f = sv_posix_look(p, fd);
    return f ? &p->fd[f - p->fd] : NULL;
}

bool sv_posix_is_socket(const struct sv_posix_fd *f)
{
    return f->kind == SV_POSIX_TCP || f->kind == SV_POSIX_UDP;
}

struct sv_posix_fd *sv_posix_new(struct sv_posix *p, enum sv_posix_kind kind, int *error)
{
    uint32_t slot = 0;
    int fd = 3;
    while (slot < SV_POSIX_FDS && p->fd[slot].kind != SV_POSIX_FREE)
        slot++;
    if (slot == SV_POSIX_FDS) {
        *error = -EMFILE;
        return NULL;
    }
    if (p->config.fd_open)
        fd = p->config.fd_open(p->config.hook);
    else
        while (sv_posix_look(p, fd))
            fd++;
    if (fd < 0) {
        *error = fd;
        return NULL;
    }
    struct sv_posix_fd *f = &p->fd[slot];
    memset(f, 0, sizeof *f);
    f->fd = fd;
    f->kind = (uint8_t)kind;
    f->sock = SV_NO_SOCK;
    f->send_until = f->recv_until = SV_NEVER;
    return f;
}

void sv_posix_drop(struct sv_posix *p, struct sv_posix_fd *f)
{
    const int fd = f->fd;
    sv_posix_unwatch(p, fd);
    if (f->pipe) {
        if (f->kind == SV_POSIX_PIPE_READ)
            f->pipe->readers--;
        else
            f->pipe->writers--;
        if (f->pipe->readers + f->pipe->writers == 0)
            free(f->pipe);
    }
    free(f->kept);
    f->kept = NULL;
    f->kind = SV_POSIX_FREE;
    if (p->config.fd_close)
        p->config.fd_close(p->config.hook, fd);
}

bool sv_posix_is_open(const struct sv_posix *p, int fd)
{
    return sv_posix_look(p, fd) != NULL;
}

bool sv_posix_sock(const struct sv_posix *p, int fd, sv_sock *socket)
{
    const struct sv_posix_fd *f = sv_posix_look(p, fd);
    struct sv_sock_info info = {.size = sizeof info};
    if (!f || !sv_posix_is_socket(f) || sv_sock_info(p->stack, f->sock, &info) != SV_OK)
        return false;
    *socket = f->sock;
    return true;
}

int sv_posix_socket(struct sv_posix *p, int domain, int type, int protocol)
{
    const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    int error = 0;
    if (domain != AF_INET && domain != AF_INET6)
        return -EAFNOSUPPORT;
    if (kind != SOCK_STREAM && kind != SOCK_DGRAM)
        return -ESOCKTNOSUPPORT;
    if (protocol != 0 && protocol != (kind == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP))
        return -EPROTONOSUPPORT;
    struct sv_posix_fd *f = sv_posix_new(p, kind == SOCK_STREAM ? SV_POSIX_TCP : SV_POSIX_UDP, &error);
    if (!f)
        return error;
    f->family = domain;
    f->nonblocking = type & SOCK_NONBLOCK;
    f->phase = SV_POSIX_NEW;
    sv_posix_options_init(p, f);
    return f->fd;
}

int sv_posix_pipe(struct sv_posix *p, int fds[2])
{
    int error = -ENOMEM;
    struct sv_posix_pipe *pipe = calloc(1, sizeof *pipe);
    struct sv_posix_fd *r = pipe ? sv_posix_new(p, SV_POSIX_PIPE_READ, &error) : NULL;
    struct sv_posix_fd *w = r ? sv_posix_new(p, SV_POSIX_PIPE_WRITE, &error) : NULL;
    if (!w) {
        if (r)
            sv_posix_drop(p, r);
        free(pipe);
        return error;
    }
    r->pipe = w->pipe = pipe;
    pipe->readers = pipe->writers = 1;
    fds[0] = r->fd;
    fds[1] = w->fd;
    return 0;
}

int sv_posix_fcntl(struct sv_posix *p, int fd, int command, int argument)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    if (!f)
        return -EBADF;
    switch (command) {
    case F_GETFL:
        if (f->kind == SV_POSIX_PIPE_READ)
            return O_RDONLY | (f->nonblocking ? O_NONBLOCK : 0);
        return (f->kind == SV_POSIX_PIPE_WRITE ? O_WRONLY : O_RDWR) | (f->nonblocking ? O_NONBLOCK : 0);
    case F_SETFL:
        f->nonblocking = argument & O_NONBLOCK;
        return 0;
    case F_GETFD:
    case F_SETFD:
        return 0;
    default:
        return -EINVAL;
    }
}

/* Bytes that a reader would get now. */
static int sv_posix_unread(struct sv_posix *p, const struct sv_posix_fd *f, int *argument)
{
    struct sv_sock_info info = {.size = sizeof info};
    if (f->phase == SV_POSIX_LISTENING)
        return -EINVAL;
    *argument = 0;
    if (sv_sock_info(p->stack, f->sock, &info) == SV_OK)
        *argument = (int)info.recv_queued;
    return 0;
}

int sv_posix_ioctl(struct sv_posix *p, int fd, unsigned request, int *argument)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    struct sv_sock_info info = {.size = sizeof info};
    if (!f)
        return -EBADF;
    if (request == FIONBIO) {
        if (!argument)
            return -EFAULT;
        f->nonblocking = *argument != 0;
        return 0;
    }
    if (!argument)
        return -EFAULT;
    if (f->pipe && request == FIONREAD) {
        *argument = (int)f->pipe->used;
        return 0;
    }
    if (!sv_posix_is_socket(f))
        return -ENOTTY;
    if (request == SIOCINQ)
        return sv_posix_unread(p, f, argument);
    if (request != SIOCOUTQ && request != SIOCOUTQNSD)
        return -ENOTTY;
    if (f->phase == SV_POSIX_LISTENING)
        return -EINVAL;
    *argument = 0;
    if (f->kind == SV_POSIX_TCP && sv_sock_info(p->stack, f->sock, &info) == SV_OK) {
        const uint32_t flight = info.send_unacked < info.send_queued ? info.send_unacked : info.send_queued;
        *argument = (int)(request == SIOCOUTQ ? info.send_queued : info.send_queued - flight);
    }
    return 0;
}

/* --- blocked calls --- */

static int sv_posix_wait(struct sv_posix *p, bool *blocked, sv_time *until, sv_time timeout, int late)
{
    if (!*blocked) {
        *blocked = true;
        *until = timeout ? p->now + timeout : SV_NEVER;
    }
    if (p->now < *until)
        return SV_POSIX_BLOCKED;
    *blocked = false;
    return late;
}

int sv_posix_wait_to_read(struct sv_posix *p, struct sv_posix_fd *f, int flags, int late)
{
    if (f->nonblocking || flags & MSG_DONTWAIT)
        return -EAGAIN;
    return sv_posix_wait(p, &f->recv_blocked, &f->recv_until, f->opt.recv_timeout, late);
}

int sv_posix_wait_to_write(struct sv_posix *p, struct sv_posix_fd *f, int flags, int late)
{
    if (f->nonblocking || flags & MSG_DONTWAIT)
        return -EAGAIN;
    return sv_posix_wait(p, &f->send_blocked, &f->send_until, f->opt.send_timeout, late);
}

void sv_posix_give_up(struct sv_posix *p, int fd)
{
    p->poll_blocked = p->poll_blocked && fd >= 0;
    for (uint32_t i = 0; i < SV_POSIX_FDS; i++) {
        struct sv_posix_fd *f = &p->fd[i];
        if (f->kind == SV_POSIX_FREE || (fd >= 0 && f->fd != fd))
            continue;
        f->send_blocked = f->recv_blocked = false;
        f->send_done = f->recv_done = 0;
    }
}

/* --- close --- */

/* SO_LINGER with a time: close() waits until all is acknowledged or the time is over. True: it waits on. */
static bool sv_posix_lingers(struct sv_posix *p, struct sv_posix_fd *f)
{
    struct sv_sock_info info = {.size = sizeof info};
    if (!f->opt.linger_on || f->opt.linger_s == 0 || f->phase != SV_POSIX_CONNECTED || f->nonblocking)
        return false;
    if (sv_sock_info(p->stack, f->sock, &info) != SV_OK || info.recv_queued)
        return false;
    if (!f->send_blocked) {
        const enum sv_err error = sv_shutdown(p->stack, f->sock, p->now);
        (void)error; /* it may have been shut down before: waited for all the same */
        f->send_blocked = true;
        f->send_until = p->now + (sv_time)f->opt.linger_s * SV_S;
        sv_posix_pump(p);
        if (sv_sock_info(p->stack, f->sock, &info) != SV_OK)
            return false;
    }
    const bool sending = info.state == SV_FIN_WAIT_1 || info.state == SV_CLOSING || info.state == SV_LAST_ACK;
    return sending && p->now < f->send_until;
}

int sv_posix_close(struct sv_posix *p, int fd)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    if (!f)
        return -EBADF;
    if (f->kind == SV_POSIX_TCP && sv_posix_lingers(p, f))
        return SV_POSIX_BLOCKED;
    if (sv_posix_is_socket(f) && f->sock.index != SV_NONE && f->phase != SV_POSIX_ENDED) {
        if (f->opt.linger_on && f->opt.linger_s == 0 && f->phase != SV_POSIX_LISTENING)
            sv_abort(p->stack, f->sock, p->now);
        else
            sv_close(p->stack, f->sock, p->now);
    }
    sv_posix_drop(p, f);
    sv_posix_pump(p);
    return 0;
}
