/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes in: the read() family, as tcp_recvmsg() behaves; and splice(). */
#include "drill/posix_private.h"
#include "stack/stack_internal.h"

#include <fcntl.h>
#include <netinet/tcp.h>

#ifndef TCP_CM_INQ
#define TCP_CM_INQ 36
#endif

/* --- TCP --- */

/* Bytes that wait, without taking them. */
static size_t sv_posix_peek(struct sv_posix *p, const struct sv_posix_fd *f, uint8_t *to, size_t n)
{
    uint32_t index;
    size_t got = 0;
    if (!sv_session_tcp(&p->stack->session, f->sock, &index))
        return 0;
    const struct sv_tcp_hot *h = sv_tcp_hot(&p->stack->tcp, index);
    if (h->busy == SV_NONE)
        return 0;
    const struct sv_spans *q = &sv_tcp_busy(&p->stack->tcp, h->busy)->recv;
    for (uint32_t i = 0; got < n && i < q->count; i++) {
        const struct sv_span *s = sv_spans_at(q, p->pool, i);
        const size_t part = n - got < s->length ? n - got : s->length;
        memcpy(to + got, sv_slab_bytes(p->pool, s->slab) + s->offset, part);
        got += part;
    }
    return got;
}

/* Takes up to n bytes into `to`, or nowhere when it is NULL (MSG_TRUNC). */
static size_t sv_posix_take(struct sv_posix *p, struct sv_posix_fd *f, uint8_t *to, size_t n)
{
    size_t got = 0;
    while (got < n) {
        const uint8_t *data;
        size_t part = 0;
        if (to) {
            if (sv_recv(p->stack, f->sock, to + got, n - got, &part, p->now) != SV_OK || part == 0)
                break;
        } else {
            if (sv_peek(p->stack, f->sock, &data, &part, p->now) != SV_OK || part == 0)
                break;
            part = part < n - got ? part : n - got;
            sv_consume(p->stack, f->sock, part, p->now);
        }
        got += part;
    }
    return got;
}

static bool sv_posix_is_at_end(struct sv_posix *p, const struct sv_posix_fd *f)
{
    struct sv_sock_info info = {.size = sizeof info};
    if (f->recv_shut || f->phase == SV_POSIX_ENDED)
        return true;
    if (f->deferred)
        return false;
    if (sv_sock_info(p->stack, f->sock, &info) != SV_OK)
        return true;
    return info.state == SV_CLOSE_WAIT || info.state == SV_LAST_ACK || info.state == SV_CLOSING ||
           info.state == SV_TIME_WAIT;
}

/* Nothing is there: the end, an error, or a wait. */
static int sv_posix_nothing_to_read(struct sv_posix *p, struct sv_posix_fd *f, int flags)
{
    if (f->phase == SV_POSIX_NEW || f->phase == SV_POSIX_LISTENING)
        return f->error ? sv_posix_take_error(f) : f->recv_shut ? 0 : -ENOTCONN;
    if (f->error)
        return sv_posix_take_error(f);
    if (sv_posix_is_at_end(p, f))
        return 0;
    return sv_posix_wait_to_read(p, f, flags, -EAGAIN);
}

static ssize_t sv_posix_recv_stream(struct sv_posix *p, struct sv_posix_fd *f, uint8_t *to, size_t n, int flags)
{
    size_t got = f->recv_done;
    if (flags & (MSG_OOB | MSG_ERRQUEUE))
        return flags & MSG_OOB ? -EINVAL : -EAGAIN;
    if (f->phase == SV_POSIX_LISTENING)
        return -ENOTCONN;
    if (n == 0)
        return 0;
    if (flags & MSG_PEEK) {
        got = sv_posix_peek(p, f, to, n);
    } else {
        got += sv_posix_take(p, f, flags & MSG_TRUNC ? NULL : to + got, n - got);
        sv_posix_pump(p);
    }
    size_t wanted = flags & MSG_WAITALL ? n : (size_t)(f->opt.recv_low > 0 ? f->opt.recv_low : 1);
    wanted = wanted < n ? wanted : n;
    if (got < wanted) {
        const int why = got && (flags & MSG_DONTWAIT || f->nonblocking) ? 0 : sv_posix_nothing_to_read(p, f, flags);
        if (why == SV_POSIX_BLOCKED) {
            f->recv_done = flags & MSG_PEEK ? 0 : got;
            return why;
        }
        if (why < 0 && got == 0) {
            f->recv_done = 0;
            return why;
        }
        if (why < 0 && why != -EAGAIN)
            f->error = -why;
    }
    f->recv_blocked = false;
    f->recv_done = 0;
    return (ssize_t)got;
}

/* --- UDP --- */

static ssize_t sv_posix_recv_datagram(struct sv_posix *p, struct sv_posix_fd *f, void *to, size_t n, int flags,
                                      struct sv_endpoint *from)
{
    size_t got = 0;
    enum sv_err error = SV_ERR_AGAIN;
    if (f->sock.index != SV_NONE)
        error = sv_udp_recv(p->stack, f->sock, from, to, n, &got, p->now);
    if (error == SV_ERR_AGAIN)
        return sv_posix_wait_to_read(p, f, flags, -EAGAIN);
    f->recv_blocked = false;
    if (error != SV_OK)
        return error == SV_ERR_UNREACHABLE ? -ECONNREFUSED : -sv_posix_errno(error);
    return (ssize_t)(flags & MSG_TRUNC || got < n ? got : n);
}

/* --- pipes --- */

static ssize_t sv_posix_recv_pipe(struct sv_posix *p, struct sv_posix_fd *f, uint8_t *to, size_t n)
{
    struct sv_posix_pipe *q = f->pipe;
    size_t got = 0;
    if (q->used == 0 && q->writers)
        return sv_posix_wait_to_read(p, f, 0, -EAGAIN);
    f->recv_blocked = false;
    while (got < n && q->used) {
        to[got++] = q->bytes[q->first];
        q->first = (q->first + 1u) % SV_POSIX_PIPE_BYTES;
        q->used--;
    }
    return (ssize_t)got;
}

/* --- the calls --- */

static ssize_t sv_posix_recv_any(struct sv_posix *p, struct sv_posix_fd *f, void *to, size_t n, int flags,
                                 struct sv_endpoint *from)
{
    *from = f->remote;
    if (!to && n && !(flags & MSG_TRUNC))
        return -EFAULT;
    if (f->kind == SV_POSIX_UDP)
        return sv_posix_recv_datagram(p, f, to, n, flags, from);
    return sv_posix_recv_stream(p, f, to, n, flags);
}

ssize_t sv_posix_recvfrom(struct sv_posix *p, int fd, void *to, size_t n, int flags, struct sockaddr *addr,
                          socklen_t *addr_n)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    struct sv_endpoint from;
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    const ssize_t got = sv_posix_recv_any(p, f, to, n, flags, &from);
    if (got >= 0 && addr && addr_n) {
        if (f->kind == SV_POSIX_UDP)
            sv_posix_give_address(f, &from, addr, addr_n);
        else
            *addr_n = 0; /* a stream names nobody */
    }
    return got;
}

ssize_t sv_posix_recv(struct sv_posix *p, int fd, void *to, size_t n, int flags)
{
    return sv_posix_recvfrom(p, fd, to, n, flags, NULL, NULL);
}

ssize_t sv_posix_read(struct sv_posix *p, int fd, void *to, size_t n)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    if (!f)
        return -EBADF;
    if (f->kind == SV_POSIX_PIPE_READ)
        return sv_posix_recv_pipe(p, f, to, n);
    if (!sv_posix_is_socket(f))
        return -EINVAL;
    return sv_posix_recvfrom(p, fd, to, n, 0, NULL, NULL);
}

static size_t sv_posix_iov_bytes(const struct iovec *iov, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += iov[i].iov_len;
    return n;
}

static void sv_posix_scatter(const struct iovec *iov, size_t count, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < count && n; i++) {
        const size_t part = iov[i].iov_len < n ? iov[i].iov_len : n;
        memcpy(iov[i].iov_base, from, part);
        from += part;
        n -= part;
    }
}

/* One read into many pieces. A blocked one that has got part of what it wants keeps it in the pieces' order. */
static ssize_t sv_posix_recv_pieces(struct sv_posix *p, int fd, const struct iovec *iov, size_t count, int flags,
                                    bool socket)
{
    const size_t n = sv_posix_iov_bytes(iov, count);
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    uint8_t *all = malloc(n ? n : 1u);
    if (!all)
        return -ENOMEM;
    const size_t before = f ? f->recv_done : 0;
    size_t at = 0;
    for (size_t i = 0; i < count && at < before; i++) { /* what came before is in the caller's pieces */
        const size_t part = iov[i].iov_len < before - at ? iov[i].iov_len : before - at;
        memcpy(all + at, iov[i].iov_base, part);
        at += part;
    }
    const ssize_t got = socket ? sv_posix_recvfrom(p, fd, all, n, flags, NULL, NULL) : sv_posix_read(p, fd, all, n);
    f = sv_posix_find(p, fd);
    if (got > 0)
        sv_posix_scatter(iov, count, all, (size_t)got < n ? (size_t)got : n);
    else if (got == SV_POSIX_BLOCKED && f)
        sv_posix_scatter(iov, count, all, f->recv_done);
    free(all);
    return got;
}

ssize_t sv_posix_readv(struct sv_posix *p, int fd, const struct iovec *iov, int count)
{
    if (count < 0 || count > 1024)
        return -EINVAL;
    if (!iov && count)
        return -EFAULT;
    return sv_posix_recv_pieces(p, fd, iov, (size_t)count, 0, false);
}

/* TCP_INQ: how many bytes are left, beside the data. */
static void sv_posix_give_inq(struct sv_posix *p, const struct sv_posix_fd *f, struct msghdr *msg)
{
    struct sv_sock_info info = {.size = sizeof info};
    int left = 0;
    if (sv_sock_info(p->stack, f->sock, &info) == SV_OK)
        left = (int)info.recv_queued;
    if (left == 0 && sv_posix_is_at_end(p, f))
        left = 1; /* tcp_inq_hint(): there is an end to be read */
    if (msg->msg_controllen < CMSG_SPACE(sizeof left)) {
        msg->msg_flags |= MSG_CTRUNC;
        msg->msg_controllen = 0;
        return;
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(msg);
    c->cmsg_level = SOL_TCP;
    c->cmsg_type = TCP_CM_INQ;
    c->cmsg_len = CMSG_LEN(sizeof left);
    memcpy(CMSG_DATA(c), &left, sizeof left);
    msg->msg_controllen = CMSG_SPACE(sizeof left);
}

ssize_t sv_posix_recvmsg(struct sv_posix *p, int fd, struct msghdr *msg, int flags)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    if (!msg)
        return -EFAULT;
    if (flags & MSG_ERRQUEUE && f->kind == SV_POSIX_TCP)
        return sv_posix_errors_take(f, msg);
    const ssize_t got = sv_posix_recv_pieces(p, fd, msg->msg_iov, msg->msg_iovlen, flags, true);
    if (got < 0)
        return got;
    msg->msg_flags = 0;
    msg->msg_namelen = 0;
    if (f->kind == SV_POSIX_TCP && f->opt.inq)
        sv_posix_give_inq(p, f, msg);
    else
        msg->msg_controllen = 0;
    return got;
}

/* --- splice --- */

/* As tcp_splice_read() has it: with what is there, however little SO_RCVLOWAT would call enough. */
static ssize_t sv_posix_splice_in(struct sv_posix *p, struct sv_posix_fd *from, struct sv_posix_pipe *q, size_t n,
                                  unsigned flags)
{
    uint8_t piece[4096];
    size_t done = 0;
    while (done < n && q->used < SV_POSIX_PIPE_BYTES) {
        size_t part = n - done < sizeof piece ? n - done : sizeof piece;
        part = part < SV_POSIX_PIPE_BYTES - q->used ? part : SV_POSIX_PIPE_BYTES - q->used;
        const size_t got = sv_posix_take(p, from, piece, part);
        sv_posix_pump(p);
        if (got == 0)
            return done ? (ssize_t)done
                        : sv_posix_nothing_to_read(p, from, flags & SPLICE_F_NONBLOCK ? MSG_DONTWAIT : 0);
        from->recv_blocked = false;
        for (size_t i = 0; i < got; i++)
            q->bytes[(q->first + q->used++) % SV_POSIX_PIPE_BYTES] = piece[i];
        done += got;
    }
    return done || n == 0 ? (ssize_t)done : -EAGAIN;
}

static ssize_t sv_posix_splice_out(struct sv_posix *p, struct sv_posix_pipe *q, int to, size_t n, unsigned flags)
{
    const int send_flags = (flags & SPLICE_F_NONBLOCK ? MSG_DONTWAIT : 0) | (flags & SPLICE_F_MORE ? MSG_MORE : 0);
    if (n > q->used)
        n = q->used;
    if (n == 0)
        return q->writers ? -EAGAIN : 0;
    uint8_t *bytes = malloc(n);
    if (!bytes)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        bytes[i] = q->bytes[(q->first + i) % SV_POSIX_PIPE_BYTES];
    const ssize_t sent = sv_posix_send(p, to, bytes, n, send_flags);
    free(bytes);
    if (sent > 0) {
        q->first = (uint32_t)((q->first + (size_t)sent) % SV_POSIX_PIPE_BYTES);
        q->used -= (uint32_t)sent;
    }
    return sent;
}

ssize_t sv_posix_splice(struct sv_posix *p, int fd_in, int64_t *off_in, int fd_out, int64_t *off_out, size_t n,
                        unsigned flags)
{
    struct sv_posix_fd *in = sv_posix_find(p, fd_in);
    struct sv_posix_fd *out = sv_posix_find(p, fd_out);
    (void)off_in; /* neither a pipe nor a socket has a position */
    (void)off_out;
    if (!in || !out)
        return -EBADF;
    if (in->kind == SV_POSIX_TCP && out->kind == SV_POSIX_PIPE_WRITE)
        return sv_posix_splice_in(p, in, out->pipe, n, flags);
    if (in->kind == SV_POSIX_PIPE_READ && out->kind == SV_POSIX_TCP)
        return sv_posix_splice_out(p, in->pipe, fd_out, n, flags);
    return -EINVAL;
}
