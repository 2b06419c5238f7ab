/* SPDX-License-Identifier: BSD-2-Clause */
/* How connections begin and end: bind, listen, accept, connect, shutdown; and what they are called. */
#include <linux/tcp.h>

#include "drill/posix_private.h"
#include "stack/stack_internal.h"

static bool sv_posix_is_any(const struct sv_addr *a)
{
    static const struct sv_addr any6, any4 = {{[10] = 0xff, 0xff}};
    return memcmp(a, &any6, sizeof *a) == 0 || memcmp(a, &any4, sizeof *a) == 0;
}

/* Two sockets of one kind on one port: inet_csk_bind_conflict(). */
static bool sv_posix_conflicts(const struct sv_posix_fd *a, const struct sv_posix_fd *b)
{
    if (a == b || a->kind != b->kind || !b->bound || a->local.port != b->local.port)
        return false;
    if (!sv_posix_is_any(&a->local.addr) && !sv_posix_is_any(&b->local.addr) &&
        memcmp(&a->local.addr, &b->local.addr, sizeof a->local.addr) != 0)
        return false;
    if (a->opt.reuse_port && b->opt.reuse_port)
        return false;
    return !(a->opt.reuse_address && b->opt.reuse_address && b->phase != SV_POSIX_LISTENING);
}

static bool sv_posix_is_taken(const struct sv_posix *p, const struct sv_posix_fd *f)
{
    for (uint32_t i = 0; i < SV_POSIX_FDS; i++)
        if (p->fd[i].kind != SV_POSIX_FREE && sv_posix_conflicts(f, &p->fd[i]))
            return true;
    return false;
}

uint16_t sv_posix_choose_port(struct sv_posix *p)
{
    for (;;) {
        bool taken = false;
        p->next_port = p->next_port >= 60999 ? 32768 : (uint16_t)(p->next_port + 1u);
        for (uint32_t i = 0; i < SV_POSIX_FDS; i++)
            taken |= sv_posix_is_socket(&p->fd[i]) && p->fd[i].local.port == p->next_port;
        if (!taken)
            return p->next_port;
    }
}

/* Is it ours? A player that tells no address shows it here. */
static int sv_posix_adopt(struct sv_posix *p, const struct sv_posix_fd *f, const struct sv_addr *addr)
{
    if (sv_posix_is_any(addr) || sv_address_find(&p->stack->core, &p->stack->net.addresses, addr) != SV_NONE)
        return 0;
    if (p->config.adopt)
        return sv_posix_address_add(p, addr);
    return f->opt.free_bind || f->opt.transparent ? 0 : -EADDRNOTAVAIL;
}

static int sv_posix_open_datagrams(struct sv_posix *p, struct sv_posix_fd *f)
{
    const enum sv_err error = sv_udp_open(p->stack, &f->local, (uint64_t)f->fd, &f->sock, p->now);
    return -sv_posix_errno(error);
}

int sv_posix_bind(struct sv_posix *p, int fd, const struct sockaddr *addr, socklen_t n)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    struct sv_endpoint local;
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    int error = sv_posix_take_address(f, addr, n, &local);
    if (error)
        return error;
    if (f->bound || f->phase != SV_POSIX_NEW)
        return -EINVAL;
    error = sv_posix_adopt(p, f, &local.addr);
    if (error)
        return error;
    f->local = local;
    if (!f->local.port)
        f->local.port = sv_posix_choose_port(p);
    if (sv_posix_is_taken(p, f)) {
        memset(&f->local, 0, sizeof f->local);
        return -EADDRINUSE;
    }
    f->bound = true;
    return f->kind == SV_POSIX_UDP ? sv_posix_open_datagrams(p, f) : 0;
}

/* An unbound socket that is about to be used gets what bind() would have given it. */
static void sv_posix_bind_any(struct sv_posix *p, struct sv_posix_fd *f)
{
    if (f->bound)
        return;
    memset(&f->local.addr, 0, sizeof f->local.addr);
    if (f->family == AF_INET)
        f->local.addr.byte[10] = f->local.addr.byte[11] = 0xff;
    f->local.port = sv_posix_choose_port(p);
    f->bound = true;
}

/* The kernel's queue may hold one more than its length (sk_acceptq_is_full()). */
static uint32_t sv_posix_backlog(const struct sv_posix *p, int backlog)
{
    const uint32_t most = (uint32_t)sv_posix_sysctl_number(p, "net.core.somaxconn", 0);
    const uint32_t wanted = (uint32_t)backlog;
    return (wanted < most ? wanted : most) + 1u;
}

int sv_posix_listen(struct sv_posix *p, int fd, int backlog)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    if (f->kind != SV_POSIX_TCP)
        return -EOPNOTSUPP;
    if (f->phase == SV_POSIX_LISTENING) {
        sv_tcp_listener(&p->stack->tcp, SV_SOCK_INDEX(f->sock.index))->backlog_max = sv_posix_backlog(p, backlog);
        return 0;
    }
    if (f->phase != SV_POSIX_NEW)
        return -EINVAL;
    sv_posix_bind_any(p, f);
    const struct sv_listen_options options = {
        .size = sizeof options,
        .backlog = sv_posix_backlog(p, backlog),
        .cookie = (uint64_t)f->fd,
        .v6_only = f->opt.v6_only != 0,
        .fastopen = (uint16_t)(f->opt.fastopen < UINT16_MAX ? f->opt.fastopen : UINT16_MAX),
    };
    const enum sv_err error = sv_listen(p->stack, &f->local, &options, &f->sock, p->now);
    if (error != SV_OK)
        return -sv_posix_errno(error);
    f->phase = SV_POSIX_LISTENING;
    sv_tcp_listener(&p->stack->tcp, SV_SOCK_INDEX(f->sock.index))->fast_no_cookie = f->opt.fastopen_no_cookie != 0;
    sv_posix_options_apply(p, f);
    if (f->fast_key_bytes)
        return sv_posix_setsockopt(p, fd, IPPROTO_TCP, TCP_FASTOPEN_KEY, f->fast_key, f->fast_key_bytes);
    return 0;
}

/* The descriptor of a connection that a listener had ready. */
static struct sv_posix_fd *sv_posix_accepted(struct sv_posix *p, const struct sv_posix_fd *from, sv_sock sock,
                                             int *error)
{
    struct sv_sock_info info = {.size = sizeof info};
    const struct sv_posix_options inherited = from->opt;
    const int family = from->family;
    struct sv_posix_fd *f = sv_posix_new(p, SV_POSIX_TCP, error);
    if (!f)
        return NULL;
    f->family = family;
    f->phase = SV_POSIX_CONNECTED;
    f->connect_told = true;
    f->bound = true;
    f->sock = sock;
    f->opt = inherited;
    if (sv_sock_info(p->stack, sock, &info) == SV_OK) {
        f->local = info.local;
        f->remote = info.remote;
        f->last = info;
        f->seen_received = info.bytes_received;
        f->seen_state = (uint8_t)info.state;
    }
    const enum sv_err set = sv_sock_set_cookie(p->stack, sock, (uint64_t)f->fd);
    SV_ASSERT(set == SV_OK);
    sv_posix_life_begin(p, f);
    sv_posix_memory_begin(p, f);
    sv_posix_memory_update(p, f);
    sv_posix_memory_expand(p, f, true);
    return f;
}

int sv_posix_accept4(struct sv_posix *p, int fd, struct sockaddr *addr, socklen_t *n, int flags)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    sv_sock sock;
    int error = 0;
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    if (f->kind != SV_POSIX_TCP)
        return -EOPNOTSUPP;
    if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC) || f->phase != SV_POSIX_LISTENING)
        return -EINVAL;
    if (sv_accept(p->stack, f->sock, &sock, p->now) != SV_OK)
        return sv_posix_wait_to_read(p, f, 0, -EAGAIN);
    f->recv_blocked = false;
    struct sv_posix_fd *made = sv_posix_accepted(p, f, sock, &error);
    if (!made) {
        sv_abort(p->stack, sock, p->now);
        sv_posix_pump(p);
        return error;
    }
    made->nonblocking = flags & SOCK_NONBLOCK;
    sv_posix_give_address(made, &made->remote, addr, n);
    sv_posix_options_apply(p, made);
    sv_posix_pump(p);
    return made->fd;
}

int sv_posix_accept(struct sv_posix *p, int fd, struct sockaddr *addr, socklen_t *n)
{
    return sv_posix_accept4(p, fd, addr, n, 0);
}

/* --- connect --- */

int sv_posix_take_error(struct sv_posix_fd *f)
{
    const int error = f->error;
    f->error = 0;
    return -error;
}

bool sv_posix_is_connecting(const struct sv_posix_fd *f)
{
    return f->kind == SV_POSIX_TCP && f->phase == SV_POSIX_CONNECTING;
}

int sv_posix_begin(struct sv_posix *p, struct sv_posix_fd *f, bool fast, const void *bytes, size_t n, size_t *taken)
{
    struct sv_sock_info info = {.size = sizeof info};
    const struct sv_connect_options options = {
        .size = sizeof options,
        .max_segment = (uint16_t)f->opt.maxseg,
        .flags = f->opt.fastopen_no_cookie ? SV_CONNECT_NO_COOKIE : 0,
        .cookie = (uint64_t)f->fd,
        .local = f->bound ? f->local : (struct sv_endpoint){.port = 0},
    };
    struct sv_connect_options wanted = options;
    if (sv_posix_is_any(&wanted.local.addr))
        memset(&wanted.local.addr, 0, sizeof wanted.local.addr);
    enum sv_err error;
    *taken = 0;
    if (fast)
        error = sv_connect_fast(p->stack, &f->remote, &wanted, bytes, n, taken, &f->sock, p->now);
    else
        error = sv_connect(p->stack, &f->remote, &wanted, &f->sock, p->now);
    if (error != SV_OK) {
        f->sock = SV_NO_SOCK;
        return error == SV_ERR_IN_USE ? -EADDRNOTAVAIL : -sv_posix_errno(error);
    }
    f->phase = SV_POSIX_CONNECTING;
    f->connect_told = f->deferred; /* connect() has given its 0 before it began */
    f->deferred = false;
    sv_posix_life_begin(p, f);
    sv_posix_memory_begin(p, f);
    if (sv_sock_info(p->stack, f->sock, &info) == SV_OK)
        f->local = info.local;
    sv_posix_options_apply(p, f);
    return 0;
}

/* Back to CLOSE, as new: tcp_disconnect(). */
void sv_posix_disconnect(struct sv_posix *p, struct sv_posix_fd *f)
{
    if (f->sock.index != SV_NONE && f->phase != SV_POSIX_ENDED) {
        if (f->phase == SV_POSIX_LISTENING)
            sv_close(p->stack, f->sock, p->now);
        else
            sv_abort(p->stack, f->sock, p->now);
    }
    f->sock = SV_NO_SOCK;
    f->phase = SV_POSIX_NEW;
    f->error = 0;
    f->recv_shut = f->send_shut = f->deferred = f->send_blocked = f->recv_blocked = false;
    memset(&f->remote, 0, sizeof f->remote);
    sv_posix_pump(p);
    f->written = 0;
    f->errors.awaits = 0;
}

static int sv_posix_connect_datagrams(struct sv_posix *p, struct sv_posix_fd *f, const struct sv_endpoint *to)
{
    const bool was_bound = f->bound;
    sv_posix_bind_any(p, f);
    f->remote = *to;
    f->phase = SV_POSIX_CONNECTED;
    return was_bound ? 0 : sv_posix_open_datagrams(p, f);
}

/* connect() on a socket whose connection has begun: __inet_stream_connect(). */
static int sv_posix_connect_again(struct sv_posix *p, struct sv_posix_fd *f)
{
    if (f->deferred)
        return -EISCONN;
    if (f->phase == SV_POSIX_CONNECTING) {
        if (!f->send_blocked)
            return f->nonblocking ? -EALREADY : sv_posix_wait_to_write(p, f, 0, -EINPROGRESS);
        return sv_posix_wait_to_write(p, f, 0, -EINPROGRESS);
    }
    f->send_blocked = false;
    if (f->connect_told)
        return -EISCONN;
    if (f->phase == SV_POSIX_ENDED) {
        const int error = sv_posix_take_error(f);
        sv_posix_disconnect(p, f);
        return error ? error : -ECONNABORTED;
    }
    f->connect_told = true;
    return 0;
}

bool sv_posix_may_fast(const struct sv_posix *p)
{
    return sv_posix_sysctl_number(p, "net.ipv4.tcp_fastopen", 0) & 1u;
}

/* A first connect(). After TCP_FASTOPEN_CONNECT it waits for the first write, if that can go with the SYN. */
static int sv_posix_connect_new(struct sv_posix *p, struct sv_posix_fd *f)
{
    const bool fast = f->opt.fastopen_connect && sv_posix_may_fast(p);
    size_t taken;
    if (fast && (sv_fastopen_known(p->stack, &f->remote.addr, p->now) || f->opt.fastopen_no_cookie)) {
        f->phase = SV_POSIX_CONNECTING;
        f->deferred = true;
        return 0;
    }
    const int error = sv_posix_begin(p, f, fast, NULL, 0, &taken);
    sv_posix_pump(p);
    if (error)
        return error;
    return f->nonblocking ? -EINPROGRESS : sv_posix_connect_again(p, f);
}

int sv_posix_connect(struct sv_posix *p, int fd, const struct sockaddr *addr, socklen_t n)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    struct sv_endpoint to;
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    if (addr && n >= sizeof(sa_family_t) && addr->sa_family == AF_UNSPEC) {
        sv_posix_disconnect(p, f);
        return 0;
    }
    int error = sv_posix_take_address(f, addr, n, &to);
    if (error)
        return error;
    if (f->kind == SV_POSIX_UDP)
        return sv_posix_connect_datagrams(p, f, &to);
    if (f->phase == SV_POSIX_LISTENING)
        return -EISCONN;
    if (f->phase != SV_POSIX_NEW)
        return sv_posix_connect_again(p, f);
    if (sv_posix_is_any(&to.addr) || !to.port)
        return sv_posix_is_any(&to.addr) ? -ECONNREFUSED : -EADDRNOTAVAIL;
    f->remote = to;
    return sv_posix_connect_new(p, f);
}

/* --- the end --- */

/* Both called, and its SYN has come. */
static bool sv_posix_crossed(const struct sv_posix *p, const struct sv_posix_fd *f)
{
    struct sv_sock_info info = {.size = sizeof info};
    return f->kind == SV_POSIX_TCP && f->phase == SV_POSIX_CONNECTING &&
           sv_sock_info(p->stack, f->sock, &info) == SV_OK && info.state == SV_SYN_RECEIVED;
}

int sv_posix_shutdown(struct sv_posix *p, int fd, int how)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    if (how < SHUT_RD || how > SHUT_RDWR)
        return -EINVAL;
    const bool reading = how != SHUT_WR, writing = how != SHUT_RD;
    if (f->phase == SV_POSIX_NEW || f->phase == SV_POSIX_ENDED) {
        f->recv_shut |= reading;
        f->send_shut |= writing;
        return -ENOTCONN;
    }
    const bool crossed = sv_posix_crossed(p, f);
    if ((f->phase == SV_POSIX_LISTENING && reading) || (f->phase == SV_POSIX_CONNECTING && !crossed)) {
        const bool called = f->phase == SV_POSIX_CONNECTING;
        sv_posix_disconnect(p, f); /* inet_shutdown(): the socket may be used anew */
        f->error = called ? ECONNRESET : 0;
        return 0;
    }
    f->recv_shut |= reading;
    if (writing && !f->send_shut) {
        f->send_shut = true;
        if (f->kind == SV_POSIX_TCP && (f->phase == SV_POSIX_CONNECTED || crossed)) {
            const enum sv_err error = sv_shutdown(p->stack, f->sock, p->now);
            (void)error; /* the connection may have ended by itself: the kernel says 0 too */
        }
    }
    sv_posix_notice(p, f, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
    sv_posix_pump(p);
    return 0;
}

/* --- names --- */

int sv_posix_getsockname(struct sv_posix *p, int fd, struct sockaddr *addr, socklen_t *n)
{
    const struct sv_posix_fd *f = sv_posix_look(p, fd);
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    if (!addr || !n)
        return -EFAULT;
    sv_posix_give_address(f, &f->local, addr, n);
    return 0;
}

int sv_posix_getpeername(struct sv_posix *p, int fd, struct sockaddr *addr, socklen_t *n)
{
    const struct sv_posix_fd *f = sv_posix_look(p, fd);
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    if (f->phase != SV_POSIX_CONNECTED)
        return -ENOTCONN;
    if (!addr || !n)
        return -EFAULT;
    sv_posix_give_address(f, &f->remote, addr, n);
    return 0;
}
