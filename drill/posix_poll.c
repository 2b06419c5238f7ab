/* SPDX-License-Identifier: BSD-2-Clause */
/* Readiness: tcp_poll()'s rules, and epoll's level and edge triggers over them. */
#include "drill/posix_private.h"

/* --- what is true now --- */

static uint32_t sv_posix_ready_stream(struct sv_posix *p, struct sv_posix_fd *f)
{
    struct sv_sock_info info = {.size = sizeof info};
    uint32_t bits = 0;
    const bool there = sv_sock_info(p->stack, f->sock, &info) == SV_OK;
    if (f->phase == SV_POSIX_LISTENING)
        return there && info.backlog ? EPOLLIN | EPOLLRDNORM : 0;
    const bool closed = f->phase == SV_POSIX_NEW || f->phase == SV_POSIX_ENDED;
    const bool finished = f->recv_shut || f->phase == SV_POSIX_ENDED ||
                          (there && (info.state == SV_CLOSE_WAIT || info.state == SV_LAST_ACK ||
                                     info.state == SV_CLOSING || info.state == SV_TIME_WAIT));
    if ((finished && f->send_shut) || closed)
        bits |= EPOLLHUP;
    if (finished)
        bits |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
    if (f->phase != SV_POSIX_CONNECTING) {
        if (there && info.recv_queued >= (uint32_t)f->opt.recv_low && info.recv_queued)
            bits |= EPOLLIN | EPOLLRDNORM;
        if (f->send_shut || closed || sv_posix_is_writable(p, f, false))
            bits |= EPOLLOUT | EPOLLWRNORM;
        else
            f->no_space = true;
    } else if (f->deferred) {
        bits |= EPOLLOUT | EPOLLWRNORM;
    }
    return f->error || f->errors.told ? bits | EPOLLERR : bits;
}

static uint32_t sv_posix_ready_other(struct sv_posix *p, const struct sv_posix_fd *f)
{
    struct sv_sock_info info = {.size = sizeof info};
    uint32_t bits = 0;
    if (f->kind == SV_POSIX_UDP) {
        bits = EPOLLOUT | EPOLLWRNORM;
        if (sv_sock_info(p->stack, f->sock, &info) == SV_OK && info.recv_queued)
            bits |= EPOLLIN | EPOLLRDNORM;
    } else if (f->kind == SV_POSIX_PIPE_READ) {
        bits = (f->pipe->used ? EPOLLIN | EPOLLRDNORM : 0u) | (f->pipe->writers ? 0u : EPOLLHUP);
    } else if (f->kind == SV_POSIX_PIPE_WRITE) {
        bits = (f->pipe->used < SV_POSIX_PIPE_BYTES ? EPOLLOUT | EPOLLWRNORM : 0u) |
               (f->pipe->readers ? 0u : (uint32_t)EPOLLERR);
    }
    return bits;
}

uint32_t sv_posix_ready(struct sv_posix *p, struct sv_posix_fd *f)
{
    return f->kind == SV_POSIX_TCP ? sv_posix_ready_stream(p, f) : sv_posix_ready_other(p, f);
}

/* --- poll --- */

/* Nothing is ready: wait, or give 0. */
static int sv_posix_poll_wait(struct sv_posix *p, int timeout_ms)
{
    if (timeout_ms == 0)
        return 0;
    if (!p->poll_blocked) {
        p->poll_blocked = true;
        p->poll_until = timeout_ms < 0 ? SV_NEVER : p->now + (sv_time)timeout_ms * SV_MS;
    }
    if (p->now < p->poll_until)
        return SV_POSIX_BLOCKED;
    p->poll_blocked = false;
    return 0;
}

int sv_posix_poll(struct sv_posix *p, struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int ready = 0;
    if (!fds && count)
        return -EFAULT;
    for (nfds_t i = 0; i < count; i++) {
        struct sv_posix_fd *f = sv_posix_find(p, fds[i].fd);
        const uint32_t wanted = (uint16_t)fds[i].events | (uint32_t)(POLLERR | POLLHUP);
        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        fds[i].revents = f ? (short)(sv_posix_ready(p, f) & wanted) : POLLNVAL; /* EPOLL* are POLL*'s numbers */
        ready += fds[i].revents != 0;
    }
    if (!ready)
        return sv_posix_poll_wait(p, timeout_ms);
    p->poll_blocked = false;
    return ready;
}

/* --- epoll --- */

int sv_posix_epoll_create(struct sv_posix *p, int size)
{
    int error = 0;
    if (size <= 0)
        return -EINVAL;
    const struct sv_posix_fd *f = sv_posix_new(p, SV_POSIX_EPOLL, &error);
    return f ? f->fd : error;
}

static struct sv_posix_watch *sv_posix_watch_of(struct sv_posix *p, int epfd, int fd)
{
    for (uint32_t i = 0; i < SV_POSIX_WATCHES; i++)
        if (p->watch[i].used && p->watch[i].epfd == epfd && p->watch[i].fd == fd)
            return &p->watch[i];
    return NULL;
}

static struct sv_posix_watch *sv_posix_watch_new(struct sv_posix *p)
{
    for (uint32_t i = 0; i < SV_POSIX_WATCHES; i++)
        if (!p->watch[i].used)
            return &p->watch[i];
    return NULL;
}

void sv_posix_notice(struct sv_posix *p, struct sv_posix_fd *f, uint32_t what)
{
    for (uint32_t i = 0; i < SV_POSIX_WATCHES; i++) {
        struct sv_posix_watch *w = &p->watch[i];
        if (w->used && w->fd == f->fd && what & (w->event.events | EPOLLERR | EPOLLHUP))
            w->pending = true;
    }
}

void sv_posix_unwatch(struct sv_posix *p, int fd)
{
    for (uint32_t i = 0; i < SV_POSIX_WATCHES; i++)
        if (p->watch[i].fd == fd || p->watch[i].epfd == fd)
            p->watch[i].used = false;
}

int sv_posix_epoll_ctl(struct sv_posix *p, int epfd, int op, int fd, struct epoll_event *event)
{
    const struct sv_posix_fd *e = sv_posix_look(p, epfd);
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    if (!e || !f)
        return -EBADF;
    if (e->kind != SV_POSIX_EPOLL || e == f)
        return -EINVAL;
    if (op != EPOLL_CTL_DEL && !event)
        return -EFAULT;
    struct sv_posix_watch *w = sv_posix_watch_of(p, epfd, fd);
    if (op == EPOLL_CTL_ADD && w)
        return -EEXIST;
    if (op != EPOLL_CTL_ADD && !w)
        return -ENOENT;
    if (op == EPOLL_CTL_DEL) {
        w->used = false;
        return 0;
    }
    if (op != EPOLL_CTL_ADD && op != EPOLL_CTL_MOD)
        return -EINVAL;
    if (!w)
        w = sv_posix_watch_new(p);
    if (!w)
        return -ENOSPC;
    *w = (struct sv_posix_watch){.used = true, .epfd = epfd, .fd = fd, .event = *event};
    w->pending = sv_posix_ready(p, f) & (event->events | EPOLLERR | EPOLLHUP);
    return 0;
}

/* What one watch has to tell now. */
static uint32_t sv_posix_watch_tells(struct sv_posix *p, struct sv_posix_watch *w)
{
    struct sv_posix_fd *f = sv_posix_find(p, w->fd);
    if (!f || w->off || (w->event.events & EPOLLET && !w->pending))
        return 0;
    const uint32_t bits = sv_posix_ready(p, f) & (w->event.events | EPOLLERR | EPOLLHUP);
    w->pending = false;
    if (bits && w->event.events & EPOLLONESHOT)
        w->off = true;
    return bits;
}

int sv_posix_epoll_wait(struct sv_posix *p, int epfd, struct epoll_event *events, int max, int timeout_ms)
{
    const struct sv_posix_fd *e = sv_posix_look(p, epfd);
    int n = 0;
    if (!e)
        return -EBADF;
    if (e->kind != SV_POSIX_EPOLL || max <= 0)
        return -EINVAL;
    if (!events)
        return -EFAULT;
    for (uint32_t i = 0; i < SV_POSIX_WATCHES && n < max; i++) {
        struct sv_posix_watch *w = &p->watch[i];
        const uint32_t bits = w->used && w->epfd == epfd ? sv_posix_watch_tells(p, w) : 0;
        if (bits)
            events[n++] = (struct epoll_event){.events = bits, .data = w->event.data};
    }
    if (n == 0)
        return sv_posix_poll_wait(p, timeout_ms);
    p->poll_blocked = false;
    return n;
}
