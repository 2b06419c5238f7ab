/* SPDX-License-Identifier: BSD-2-Clause */
/* The table that packetdrill calls through, as packetdrill lays it out: a context and 32 functions. Each slot packs
 * its arguments into a record, so that a call that blocks can be made again by whoever moves the clock. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drill/packetdrill_so.h"

/* SLOT(type of the result, name, its parameters' names, as members of the record, as parameters) */
#define SLOT(type, name, members, parameters, given, passed)                 \
    struct sv_pd_##name {                                                    \
        members                                                              \
    };                                                                       \
    static ssize_t sv_pd_##name##_again(struct sv_posix *p, void *arguments) \
    {                                                                        \
        struct sv_pd_##name *a = arguments;                                  \
        return sv_posix_##name passed;                                       \
    }                                                                        \
    static type sv_pd_##name##_slot parameters                               \
    {                                                                        \
        struct sv_pd_##name a = given;                                       \
        return (type)sv_pd_do(w, sv_pd_##name##_again, &a);                  \
    }
#define GIVEN(...)  \
    {               \
        __VA_ARGS__ \
    }

/* clang-format off */
SLOT(int, socket, int domain; int type; int protocol;,
     (void *w, int domain, int type, int protocol),
     GIVEN(domain, type, protocol), (p, a->domain, a->type, a->protocol))
SLOT(int, bind, int fd; const struct sockaddr *addr; socklen_t n;,
     (void *w, int fd, const struct sockaddr *addr, socklen_t n),
     GIVEN(fd, addr, n), (p, a->fd, a->addr, a->n))
SLOT(int, listen, int fd; int backlog;,
     (void *w, int fd, int backlog),
     GIVEN(fd, backlog), (p, a->fd, a->backlog))
SLOT(int, accept, int fd; struct sockaddr *addr; socklen_t *n;,
     (void *w, int fd, struct sockaddr *addr, socklen_t *n),
     GIVEN(fd, addr, n), (p, a->fd, a->addr, a->n))
SLOT(int, connect, int fd; const struct sockaddr *addr; socklen_t n;,
     (void *w, int fd, const struct sockaddr *addr, socklen_t n),
     GIVEN(fd, addr, n), (p, a->fd, a->addr, a->n))
SLOT(ssize_t, read, int fd; void *to; size_t n;,
     (void *w, int fd, void *to, size_t n),
     GIVEN(fd, to, n), (p, a->fd, a->to, a->n))
SLOT(ssize_t, readv, int fd; const struct iovec *iov; int count;,
     (void *w, int fd, const struct iovec *iov, int count),
     GIVEN(fd, iov, count), (p, a->fd, a->iov, a->count))
SLOT(ssize_t, recv, int fd; void *to; size_t n; int flags;,
     (void *w, int fd, void *to, size_t n, int flags),
     GIVEN(fd, to, n, flags), (p, a->fd, a->to, a->n, a->flags))
SLOT(ssize_t, recvfrom, int fd; void *to; size_t n; int flags; struct sockaddr *addr; socklen_t *addr_n;,
     (void *w, int fd, void *to, size_t n, int flags, struct sockaddr *addr, socklen_t *addr_n),
     GIVEN(fd, to, n, flags, addr, addr_n), (p, a->fd, a->to, a->n, a->flags, a->addr, a->addr_n))
SLOT(ssize_t, recvmsg, int fd; struct msghdr *msg; int flags;,
     (void *w, int fd, struct msghdr *msg, int flags),
     GIVEN(fd, msg, flags), (p, a->fd, a->msg, a->flags))
SLOT(ssize_t, write, int fd; const void *from; size_t n;,
     (void *w, int fd, const void *from, size_t n),
     GIVEN(fd, from, n), (p, a->fd, a->from, a->n))
SLOT(ssize_t, writev, int fd; const struct iovec *iov; int count;,
     (void *w, int fd, const struct iovec *iov, int count),
     GIVEN(fd, iov, count), (p, a->fd, a->iov, a->count))
SLOT(ssize_t, send, int fd; const void *from; size_t n; int flags;,
     (void *w, int fd, const void *from, size_t n, int flags),
     GIVEN(fd, from, n, flags), (p, a->fd, a->from, a->n, a->flags))
SLOT(ssize_t, sendto, int fd; const void *from; size_t n; int flags; const struct sockaddr *addr; socklen_t addr_n;,
     (void *w, int fd, const void *from, size_t n, int flags, const struct sockaddr *addr, socklen_t addr_n),
     GIVEN(fd, from, n, flags, addr, addr_n), (p, a->fd, a->from, a->n, a->flags, a->addr, a->addr_n))
SLOT(ssize_t, sendmsg, int fd; const struct msghdr *msg; int flags;,
     (void *w, int fd, const struct msghdr *msg, int flags),
     GIVEN(fd, msg, flags), (p, a->fd, a->msg, a->flags))
SLOT(int, close, int fd;,
     (void *w, int fd),
     GIVEN(fd), (p, a->fd))
SLOT(int, shutdown, int fd; int how;,
     (void *w, int fd, int how),
     GIVEN(fd, how), (p, a->fd, a->how))
SLOT(int, getsockopt, int fd; int level; int option; void *value; socklen_t *n;,
     (void *w, int fd, int level, int option, void *value, socklen_t *n),
     GIVEN(fd, level, option, value, n), (p, a->fd, a->level, a->option, a->value, a->n))
SLOT(int, setsockopt, int fd; int level; int option; const void *value; socklen_t n;,
     (void *w, int fd, int level, int option, const void *value, socklen_t n),
     GIVEN(fd, level, option, value, n), (p, a->fd, a->level, a->option, a->value, a->n))
SLOT(int, poll, struct pollfd *fds; nfds_t count; int timeout_ms;,
     (void *w, struct pollfd *fds, nfds_t count, int timeout_ms),
     GIVEN(fds, count, timeout_ms), (p, a->fds, a->count, a->timeout_ms))
SLOT(int, epoll_create, int size;,
     (void *w, int size),
     GIVEN(size), (p, a->size))
SLOT(int, epoll_ctl, int epfd; int op; int fd; struct epoll_event *event;,
     (void *w, int epfd, int op, int fd, struct epoll_event *event),
     GIVEN(epfd, op, fd, event), (p, a->epfd, a->op, a->fd, a->event))
SLOT(int, epoll_wait, int epfd; struct epoll_event *events; int max; int timeout_ms;,
     (void *w, int epfd, struct epoll_event *events, int max, int timeout_ms),
     GIVEN(epfd, events, max, timeout_ms), (p, a->epfd, a->events, a->max, a->timeout_ms))
SLOT(int, pipe, int *fds;,
     (void *w, int *fds),
     GIVEN(fds), (p, a->fds))
SLOT(ssize_t, splice, int fd_in; loff_t *off_in; int fd_out; loff_t *off_out; size_t count; unsigned flags;,
     (void *w, int fd_in, loff_t *off_in, int fd_out, loff_t *off_out, size_t count, unsigned flags),
     GIVEN(fd_in, off_in, fd_out, off_out, count, flags),
     (p, a->fd_in, a->off_in, a->fd_out, a->off_out, a->count, a->flags))
/* clang-format on */

struct sv_pd_fcntl {
    int fd, command, argument;
};

static ssize_t sv_pd_fcntl_again(struct sv_posix *p, void *arguments)
{
    const struct sv_pd_fcntl *a = arguments;
    return sv_posix_fcntl(p, a->fd, a->command, a->argument);
}

static int sv_pd_fcntl_slot(void *w, int fd, int command, ...)
{
    struct sv_pd_fcntl a = {.fd = fd, .command = command};
    if (command == F_SETFL || command == F_SETFD) {
        va_list list;
        va_start(list, command);
        a.argument = va_arg(list, int);
        va_end(list);
    }
    return (int)sv_pd_do(w, sv_pd_fcntl_again, &a);
}

struct sv_pd_ioctl {
    int fd;
    unsigned request;
    int *argument;
};

static ssize_t sv_pd_ioctl_again(struct sv_posix *p, void *arguments)
{
    const struct sv_pd_ioctl *a = arguments;
    return sv_posix_ioctl(p, a->fd, a->request, a->argument);
}

static int sv_pd_ioctl_slot(void *w, int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    struct sv_pd_ioctl a = {.fd = fd, .request = (unsigned)request, .argument = va_arg(list, int *)};
    va_end(list);
    return (int)sv_pd_do(w, sv_pd_ioctl_again, &a);
}

static int sv_pd_netdev_send_slot(void *w, const void *packet, size_t n)
{
    return sv_pd_send(w, packet, n);
}

static int sv_pd_netdev_receive_slot(void *w, void *packet, size_t *n, long long *usec)
{
    return sv_pd_receive(w, packet, n, usec);
}

static int sv_pd_usleep_slot(void *w, useconds_t usec)
{
    return sv_pd_usleep(w, usec);
}

static int sv_pd_gettimeofday_slot(void *w, struct timeval *tv, void *zone)
{
    (void)zone;
    return sv_pd_gettimeofday(w, tv);
}

/* The one world there is now: for the calls that reach libc instead of the table. */
static struct sv_pd *sv_pd_world;

static void sv_pd_destroy_slot(void *w)
{
    sv_pd_world = NULL;
    sv_pd_close(w);
}

/* struct packetdrill_interface. */
struct sv_pd_table {
    void *context;
    void (*destroy)(void *w);
    int (*socket)(void *w, int domain, int type, int protocol);
    int (*bind)(void *w, int fd, const struct sockaddr *addr, socklen_t n);
    int (*listen)(void *w, int fd, int backlog);
    int (*accept)(void *w, int fd, struct sockaddr *addr, socklen_t *n);
    int (*connect)(void *w, int fd, const struct sockaddr *addr, socklen_t n);
    ssize_t (*read)(void *w, int fd, void *to, size_t n);
    ssize_t (*readv)(void *w, int fd, const struct iovec *iov, int count);
    ssize_t (*recv)(void *w, int fd, void *to, size_t n, int flags);
    ssize_t (*recvfrom)(void *w, int fd, void *to, size_t n, int flags, struct sockaddr *addr, socklen_t *addr_n);
    ssize_t (*recvmsg)(void *w, int fd, struct msghdr *msg, int flags);
    ssize_t (*write)(void *w, int fd, const void *from, size_t n);
    ssize_t (*writev)(void *w, int fd, const struct iovec *iov, int count);
    ssize_t (*send)(void *w, int fd, const void *from, size_t n, int flags);
    ssize_t (*sendto)(void *w, int fd, const void *from, size_t n, int flags, const struct sockaddr *addr,
                      socklen_t addr_n);
    ssize_t (*sendmsg)(void *w, int fd, const struct msghdr *msg, int flags);
    int (*fcntl)(void *w, int fd, int command, ...);
    int (*ioctl)(void *w, int fd, unsigned long request, ...);
    int (*close)(void *w, int fd);
    int (*shutdown)(void *w, int fd, int how);
    int (*getsockopt)(void *w, int fd, int level, int option, void *value, socklen_t *n);
    int (*setsockopt)(void *w, int fd, int level, int option, const void *value, socklen_t n);
    int (*poll)(void *w, struct pollfd *fds, nfds_t count, int timeout_ms);
    int (*netdev_send)(void *w, const void *packet, size_t n);
    int (*netdev_receive)(void *w, void *packet, size_t *n, long long *usec);
    int (*usleep)(void *w, useconds_t usec);
    int (*gettimeofday)(void *w, struct timeval *tv, void *zone);
    int (*epoll_create)(void *w, int size);
    int (*epoll_ctl)(void *w, int epfd, int op, int fd, struct epoll_event *event);
    int (*epoll_wait)(void *w, int epfd, struct epoll_event *events, int max, int timeout_ms);
    int (*pipe)(void *w, int *fds);
    ssize_t (*splice)(void *w, int fd_in, loff_t *off_in, int fd_out, loff_t *off_out, size_t n, unsigned flags);
};

SV_API void packetdrill_interface_init(const char *flags, struct sv_pd_table *out);
SV_API void packetdrill_interface_init(const char *flags, struct sv_pd_table *out)
{
    sv_pd_world = sv_pd_open(flags);
    if (!sv_pd_world)
        exit(1); /* the interface has no way to say no, and an empty table is a crash */
    *out = (struct sv_pd_table){
        .context = sv_pd_world,
        .destroy = sv_pd_destroy_slot,

        .socket = sv_pd_socket_slot,
        .bind = sv_pd_bind_slot,
        .listen = sv_pd_listen_slot,
        .accept = sv_pd_accept_slot,
        .connect = sv_pd_connect_slot,
        .read = sv_pd_read_slot,
        .readv = sv_pd_readv_slot,
        .recv = sv_pd_recv_slot,
        .recvfrom = sv_pd_recvfrom_slot,
        .recvmsg = sv_pd_recvmsg_slot,
        .write = sv_pd_write_slot,
        .writev = sv_pd_writev_slot,
        .send = sv_pd_send_slot,
        .sendto = sv_pd_sendto_slot,
        .sendmsg = sv_pd_sendmsg_slot,
        .close = sv_pd_close_slot,
        .shutdown = sv_pd_shutdown_slot,
        .getsockopt = sv_pd_getsockopt_slot,
        .setsockopt = sv_pd_setsockopt_slot,
        .poll = sv_pd_poll_slot,
        .epoll_create = sv_pd_epoll_create_slot,
        .epoll_ctl = sv_pd_epoll_ctl_slot,
        .epoll_wait = sv_pd_epoll_wait_slot,
        .pipe = sv_pd_pipe_slot,
        .splice = sv_pd_splice_slot,
        .fcntl = sv_pd_fcntl_slot,
        .ioctl = sv_pd_ioctl_slot,
        .netdev_send = sv_pd_netdev_send_slot,
        .netdev_receive = sv_pd_netdev_receive_slot,
        .usleep = sv_pd_usleep_slot,
        .gettimeofday = sv_pd_gettimeofday_slot,
    };
}

/* --- what reaches libc: a script's end closes what it left open, and asks TCP_INFO of a live descriptor; its commands
 * run in a shell. A copy of this library in LD_PRELOAD sees that; without one these are nobody's. --- */

SV_API int getsockopt(int fd, int level, int optname, void *restrict optval, socklen_t *restrict optlen)
{
    if (sv_pd_world && sv_pd_owns(sv_pd_world, fd))
        return sv_pd_getsockopt_slot(sv_pd_world, fd, level, optname, optval, optlen);
    return (int)syscall(SYS_getsockopt, fd, level, optname, optval, optlen);
}

SV_API int system(const char *command)
{
    union {
        void *address;
        int (*system)(const char *);
    } libc = {.address = dlsym(RTLD_NEXT, "system")}; /* as POSIX lets dlsym() give it */
    if (sv_pd_world && command)
        sv_pd_run(sv_pd_world, command);
    return libc.address ? libc.system(command) : -1;
}

SV_API int close(int fd)
{
    if (sv_pd_world && sv_pd_owns(sv_pd_world, fd))
        return sv_pd_close_slot(sv_pd_world, fd);
    return (int)syscall(SYS_close, fd);
}
