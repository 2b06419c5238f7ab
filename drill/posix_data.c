/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes out: the write() family, as tcp_sendmsg() behaves. */
#include "drill/posix_private.h"
#include "stack/stack_internal.h"

/* --- TCP --- */

/* tcp_push(): with MSG_MORE what is short waits, this once. */
static void sv_posix_more(struct sv_posix *p, struct sv_posix_fd *f, bool more)
{
    if ((!more && !f->corked_by_more) || f->opt.cork)
        return;
    f->corked_by_more = more;
    sv_posix_set(p, f, SV_OPT_CORK, more ? 2u : 0u);
}

/* Why a write cannot begin; 0: it can. SV_POSIX_BLOCKED or -EAGAIN while the connection opens. */
static int sv_posix_write_state(struct sv_posix *p, struct sv_posix_fd *f, int flags)
{
    if (f->error)
        return sv_posix_take_error(f);
    if (f->send_shut || f->phase == SV_POSIX_NEW || f->phase == SV_POSIX_ENDED || f->phase == SV_POSIX_LISTENING)
        return -EPIPE;
    if (f->phase == SV_POSIX_CONNECTING) {
        f->no_space = true;
        return sv_posix_wait_to_write(p, f, flags, -EAGAIN);
    }
    return 0;
}

/* As much of the bytes as there is room for: packet by packet, each sent when it is full. 0 or -errno. */
static int sv_posix_put(struct sv_posix *p, struct sv_posix_fd *f, const uint8_t *from, size_t n, size_t *done,
                        int flags)
{
    while (*done < n) {
        const uint32_t room = sv_posix_send_room(p, f, n - *done);
        size_t taken = 0;
        if (!room) {
            sv_posix_push_ends(p, f, true, false);
            break;
        }
        sv_posix_push_begins(p, f);
        const enum sv_err error = sv_send(p->stack, f->sock, from + *done, room, &taken, p->now);
        sv_posix_memory_took(p, f, (uint32_t)taken);
        *done += taken;
        f->written += taken;
        if (error == SV_ERR_AGAIN || (error == SV_OK && taken == 0))
            break;
        if (error != SV_OK)
            return -sv_posix_errno(error);
        const bool whole = *done == n;
        sv_posix_push_ends(p, f, whole && !(flags & MSG_MORE), whole && flags & MSG_EOR);
        if (!whole && p->config.profile == SV_PROFILE_LINUX) /* full: tcp_push_one() */
            sv_posix_pump(p);
    }
    return 0;
}

static ssize_t sv_posix_send_stream(struct sv_posix *p, struct sv_posix_fd *f, const uint8_t *from, size_t n, int flags)
{
    size_t done = f->send_done;
    int error = sv_posix_write_state(p, f, flags);
    if (error == SV_POSIX_BLOCKED)
        return error;
    if (!error)
        f->opening = false;
    const bool urgent = flags & MSG_OOB && n > 0 && !error;
    if (!error && !(f->send_blocked && f->no_space)) {
        if (flags & MSG_MORE)
            sv_posix_more(p, f, true);
        if (urgent)
            error = sv_posix_put(p, f, from, n - 1u, &done, flags);
        if (urgent && done == n - 1u)
            sv_posix_set(p, f, SV_OPT_URGENT, 1);
        if (!error)
            error = sv_posix_put(p, f, from, n, &done, flags);
        if (!(flags & MSG_MORE))
            sv_posix_more(p, f, false);
        sv_posix_pump(p);
    }
    f->send_done = done;
    if (!error && done < n) {
        f->no_space = true; /* as long as it is, a blocked writer sleeps on */
        error = sv_posix_wait_to_write(p, f, flags, -EAGAIN);
        if (error == SV_POSIX_BLOCKED)
            return error;
    }
    const bool opening = f->opening; /* what went with a SYN that failed was not sent */
    f->send_blocked = f->opening = false;
    f->send_done = 0;
    if (error && (done == 0 || opening))
        return error;
    if (error != -EAGAIN && error)
        f->error = -error; /* the next call is told */
    return (ssize_t)done;
}

/* --- UDP --- */

static ssize_t sv_posix_send_datagram(struct sv_posix *p, struct sv_posix_fd *f, const void *from, size_t n,
                                      const struct sv_endpoint *to)
{
    if (f->sock.index == SV_NONE) {
        if (!f->local.port)
            f->local.port = sv_posix_choose_port(p);
        if (f->family == AF_INET)
            f->local.addr.byte[10] = f->local.addr.byte[11] = 0xff;
        const enum sv_err opened = sv_udp_open(p->stack, &f->local, (uint64_t)f->fd, &f->sock, p->now);
        if (opened != SV_OK)
            return -sv_posix_errno(opened);
        f->bound = true;
    }
    const enum sv_err error = sv_udp_send(p->stack, f->sock, to, from, n, p->now);
    sv_posix_pump(p);
    if (error == SV_ERR_UNREACHABLE)
        return -ECONNREFUSED;
    return error == SV_OK ? (ssize_t)n : -sv_posix_errno(error);
}

/* --- pipes --- */

static ssize_t sv_posix_send_pipe(struct sv_posix *p, struct sv_posix_fd *f, const uint8_t *from, size_t n)
{
    struct sv_posix_pipe *q = f->pipe;
    size_t done = f->send_done;
    if (q->readers == 0)
        return -EPIPE;
    while (done < n && q->used < SV_POSIX_PIPE_BYTES) {
        q->bytes[(q->first + q->used) % SV_POSIX_PIPE_BYTES] = from[done++];
        q->used++;
    }
    f->send_done = done;
    if (done < n && !f->nonblocking)
        return sv_posix_wait_to_write(p, f, 0, -EAGAIN);
    f->send_blocked = false;
    f->send_done = 0;
    return done || n == 0 ? (ssize_t)done : -EAGAIN;
}

/* --- the calls --- */

/* tcp_sendmsg_fastopen(): MSG_FASTOPEN with an address, or the first write after a connect() that waited for it. 0: go
 * on as any write does. */
static ssize_t sv_posix_send_fast(struct sv_posix *p, struct sv_posix_fd *f, const void *from, size_t n, int flags,
                                  const struct sockaddr *addr, socklen_t addr_n)
{
    size_t taken = 0;
    if (!sv_posix_may_fast(p) || (addr && addr_n >= sizeof(sa_family_t) && addr->sa_family == AF_UNSPEC))
        return -EOPNOTSUPP;
    if (f->send_blocked)
        return 0;
    if (!f->deferred) {
        if (f->phase == SV_POSIX_CONNECTED && !f->connect_told) { /* the handshake is over: as if it were not said */
            f->connect_told = true;
            return 0;
        }
        if (f->phase == SV_POSIX_CONNECTED || f->phase == SV_POSIX_LISTENING)
            return -EISCONN;
        if (f->phase == SV_POSIX_CONNECTING)
            return -EALREADY;
        const int error = sv_posix_take_address(f, addr, addr_n, &f->remote);
        if (error)
            return error;
    }
    const int error = sv_posix_begin(p, f, true, from, n, &taken);
    if (error == 0)
        f->written += taken;
    sv_posix_pump(p);
    if (error)
        return error;
    if (f->nonblocking || flags & MSG_DONTWAIT)
        return taken ? (ssize_t)taken : -EINPROGRESS;
    f->send_done = taken;
    f->connect_told = f->opening = true;
    return sv_posix_wait_to_write(p, f, flags, -EINPROGRESS);
}

/* FreeBSD's implied connect: what the SYN cannot take along waits for the handshake, and the call does not. */
static ssize_t sv_posix_send_implied(struct sv_posix *p, struct sv_posix_fd *f, const uint8_t *from, size_t n,
                                     const struct sockaddr *addr, socklen_t addr_n)
{
    size_t taken = 0;
    int error = sv_posix_take_address(f, addr, addr_n, &f->remote);
    if (!error)
        error = sv_posix_begin(p, f, sv_posix_may_fast(p), from, n, &taken);
    if (error)
        return error;
    f->written += taken;
    f->connect_told = true;
    free(f->kept);
    f->kept_bytes = n - taken;
    f->kept = f->kept_bytes ? malloc(f->kept_bytes) : NULL;
    if (f->kept)
        memcpy(f->kept, from + taken, f->kept_bytes);
    sv_posix_pump(p);
    return f->kept || taken == n ? (ssize_t)n : -ENOBUFS;
}

void sv_posix_send_kept(struct sv_posix *p)
{
    for (uint32_t i = 0; i < SV_POSIX_FDS; i++) {
        struct sv_posix_fd *f = &p->fd[i];
        size_t done = 0;
        if (f->kind == SV_POSIX_FREE || !f->kept || f->phase == SV_POSIX_CONNECTING)
            continue;
        if (f->phase == SV_POSIX_CONNECTED)
            (void)sv_posix_put(p, f, f->kept, f->kept_bytes, &done, 0); /* it ended: the next call is told */
        free(f->kept);
        f->kept = NULL;
    }
}

static ssize_t sv_posix_send_tcp(struct sv_posix *p, struct sv_posix_fd *f, const void *from, size_t n, int flags,
                                 const struct sockaddr *addr, socklen_t addr_n)
{
    if (p->freebsd && addr && f->opt.fastopen && (f->phase == SV_POSIX_NEW || f->phase == SV_POSIX_ENDED))
        return sv_posix_send_implied(p, f, from, n, addr, addr_n);
    if (flags & MSG_FASTOPEN || f->deferred) {
        const ssize_t opened = sv_posix_send_fast(p, f, from, n, flags, addr, addr_n);
        if (opened)
            return opened;
    }
    return sv_posix_send_stream(p, f, from, n, flags);
}

ssize_t sv_posix_sendto(struct sv_posix *p, int fd, const void *from, size_t n, int flags, const struct sockaddr *addr,
                        socklen_t addr_n)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    struct sv_endpoint to;
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    if (!from && n)
        return -EFAULT;
    if (f->kind == SV_POSIX_TCP) {
        const ssize_t sent = sv_posix_send_tcp(p, f, from, n, flags, addr, addr_n);
        if (sent > 0)
            sv_posix_errors_wrote(p, f, flags);
        return sent;
    }
    to = f->remote;
    if (addr) {
        const int error = sv_posix_take_address(f, addr, addr_n, &to);
        if (error)
            return error;
    } else if (f->phase != SV_POSIX_CONNECTED) {
        return -EDESTADDRREQ;
    }
    return sv_posix_send_datagram(p, f, from, n, &to);
}

ssize_t sv_posix_send(struct sv_posix *p, int fd, const void *from, size_t n, int flags)
{
    return sv_posix_sendto(p, fd, from, n, flags, NULL, 0);
}

ssize_t sv_posix_write(struct sv_posix *p, int fd, const void *from, size_t n)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    if (!f)
        return -EBADF;
    if (f->kind == SV_POSIX_PIPE_WRITE)
        return sv_posix_send_pipe(p, f, from, n);
    if (!sv_posix_is_socket(f))
        return -EBADF;
    return sv_posix_sendto(p, fd, from, n, 0, NULL, 0);
}

/* The pieces in one, as the kernel sees them: one write. NULL: none, or no memory. */
static uint8_t *sv_posix_gathered(const struct iovec *iov, size_t count, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < count; i++)
        *n += iov[i].iov_len;
    uint8_t *all = malloc(*n ? *n : 1u);
    size_t at = 0;
    for (size_t i = 0; all && i < count; i++) {
        if (iov[i].iov_len)
            memcpy(all + at, iov[i].iov_base, iov[i].iov_len);
        at += iov[i].iov_len;
    }
    return all;
}

ssize_t sv_posix_writev(struct sv_posix *p, int fd, const struct iovec *iov, int count)
{
    size_t n;
    if (count < 0 || count > 1024)
        return -EINVAL;
    if (!iov && count)
        return -EFAULT;
    uint8_t *all = sv_posix_gathered(iov, (size_t)count, &n);
    if (!all)
        return -ENOMEM;
    const ssize_t result = sv_posix_write(p, fd, all, n);
    free(all);
    return result;
}

ssize_t sv_posix_sendmsg(struct sv_posix *p, int fd, const struct msghdr *msg, int flags)
{
    size_t n;
    if (!msg)
        return -EFAULT;
    uint8_t *all = sv_posix_gathered(msg->msg_iov, msg->msg_iovlen, &n);
    if (!all)
        return -ENOMEM;
    const ssize_t result = sv_posix_sendto(p, fd, all, n, flags, msg->msg_name, msg->msg_namelen);
    free(all);
    return result;
}
