/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's socket interface over one Seven stack on virtual time, for packet scripts: the calls a script makes, the
 * errno values it expects, raw IP packets in and out. Whoever plays a script owns one `struct sv_posix`; it has no
 * threads, no locks and no clock but the one that sv_posix_run_until() moves.
 *
 * Every call mirrors its POSIX name, takes the context first, and gives the value, or -errno. What a call sends stands
 * in the queue of sv_posix_packet_out() when it returns, stamped with the time it left.
 *
 * A call that would sleep in the kernel returns SV_POSIX_BLOCKED. Let time pass (sv_posix_run_until(), _packet_in())
 * and make the same call again, with the same arguments, until it gives another value: how far a long write got, and
 * when a timeout ends, is kept meanwhile. At most one call may be blocked on a descriptor in each direction, and one
 * poll() or epoll_wait() in all; sv_posix_give_up() forgets it when the caller will not come again. */
#ifndef SV_DRILL_POSIX_SOCKETS_H
#define SV_DRILL_POSIX_SOCKETS_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "seven/stack.h"

struct sv_posix;

#define SV_POSIX_BLOCKED (-100000) /* no errno is that */

struct sv_posix_config {
    uint64_t seed;         /* of the stack's random streams */
    sv_time start;         /* what the clock shows first [1,000 s] */
    uint32_t mtu;          /* [1500] */
    uint32_t profile;      /* enum sv_profile; usually SV_PROFILE_LINUX */
    uint32_t trace_events; /* 0: no trace; else sv_posix_trace() keeps that many */
    uint32_t adopt;        /* 1: bind() to an address that is not ours makes it ours, for a player that tells none */
    /* Where descriptor numbers come from. NULL: the lowest unused from 3 on. open gives a number that nobody else has
     * or -errno, close takes it back. */
    int (*fd_open)(void *hook);
    void (*fd_close)(void *hook, int fd);
    void *hook;
    /* A write sleeps until its connection is open, and it is: called before the handshake's last message goes out, so
     * that the player tries the call again and the two go as one segment (the kernel's sk_write_pending). NULL: they go
     * one after the other. */
    void (*opened)(void *opened_hook);
    void *opened_hook;
};

/* NULL: no memory. Every sysctl has the kernel's default. */
struct sv_posix *sv_posix_create(const struct sv_posix_config *config);
void sv_posix_destroy(struct sv_posix *p);

/* An address of the host's; packets to anywhere go out by the one interface. 0, -EINVAL, -ENOMEM. */
int sv_posix_address_add(struct sv_posix *p, const struct sv_addr *addr);

/* `ip tcp_metrics flush`: what was learnt of peers is forgotten, Fast Open's cookies among it. */
void sv_posix_flush_metrics(struct sv_posix *p);

/* `ip route change`: what of the way out is another from now on; 0: nothing. Connections that are open notice when
 * their path is next asked after. */
void sv_posix_route(struct sv_posix *p, uint32_t mtu, uint32_t advmss, uint32_t initcwnd);

/* `tc qdisc`: the queue before the device. With the kernel's fq the connections that begin from now on are paced; a
 * pfifo with a limit of 0 takes nothing, and what would go waits with its connection until another queue is there. */
enum sv_posix_queue { SV_POSIX_QUEUE_PLAIN, SV_POSIX_QUEUE_PACED, SV_POSIX_QUEUE_FULL };
void sv_posix_queue(struct sv_posix *p, enum sv_posix_queue queue);
/* The same as words after `tc`, up to the end, a line's end, or one of ;&|. What is no change of a queue is passed
 * over. */
void sv_posix_tc(struct sv_posix *p, const char *words);

/* `ethtool -K tso`: whether the device cuts super-frames. Without, each packet that goes out is one segment (but with
 * the profile `linux`, whose TCP does not care). */
void sv_posix_cuts(struct sv_posix *p, bool device_cuts);

/* What nstat shows: the kernel's name of counter `index` from 0 on, and how far it has come; NULL: no more. */
const char *sv_posix_counter(const struct sv_posix *p, uint32_t index, uint64_t *value);

/* A line of sysctl.conf: "net.ipv4.tcp_sack" (or with slashes, with or without "/proc/sys/"), and the value's words.
 * What is read when a connection begins does not change one that has begun, as in the kernel. 0; -ENOENT: the name
 * means nothing here (most of the kernel's do not: go on); -EINVAL: not a value of that name. */
int sv_posix_sysctl(struct sv_posix *p, const char *name, const char *value);
/* The value as text. 0, -ENOENT, -ENOSPC. */
int sv_posix_sysctl_get(const struct sv_posix *p, const char *name, char *value, size_t size);
/* From now on sockets are as FreeBSD's where these differ: a buffer is as many bytes as are asked for, all of them
 * payload; sendto() with an address opens a connection whose socket has TCP_FASTOPEN. */
void sv_posix_as_freebsd(struct sv_posix *p);
/* Walks the names it knows, as "net.ipv4.tcp_sack"; NULL: no more. */
const char *sv_posix_sysctl_name(uint32_t index);

/* --- packets and time --- */

/* One IPv4 or IPv6 packet from the wire, whole, of any length up to 65,535. 0, -EINVAL: not an IP packet. */
int sv_posix_packet_in(struct sv_posix *p, const void *packet, size_t n);
/* The oldest packet that went out: *n is the room and becomes the length, *when the time. 1; 0: none waits; -EMSGSIZE:
 * the room is too small, the packet stays. */
int sv_posix_packet_out(struct sv_posix *p, void *packet, size_t *n, sv_time *when);
/* How many wait. */
uint32_t sv_posix_packets(const struct sv_posix *p);

sv_time sv_posix_now(const struct sv_posix *p);
/* When something happens by itself next: a timer of the stack's, or the timeout of a blocked call. SV_NEVER. It may be
 * early, never late. */
sv_time sv_posix_next_event(const struct sv_posix *p);
/* Moves the clock, doing on the way what falls due, each at its time. Nothing moves backwards. */
void sv_posix_run_until(struct sv_posix *p, sv_time until);

/* --- calls --- */

int sv_posix_socket(struct sv_posix *p, int domain, int type, int protocol);
int sv_posix_bind(struct sv_posix *p, int fd, const struct sockaddr *addr, socklen_t n);
int sv_posix_listen(struct sv_posix *p, int fd, int backlog);
int sv_posix_accept(struct sv_posix *p, int fd, struct sockaddr *addr, socklen_t *n);
int sv_posix_accept4(struct sv_posix *p, int fd, struct sockaddr *addr, socklen_t *n, int flags);
int sv_posix_connect(struct sv_posix *p, int fd, const struct sockaddr *addr, socklen_t n);
ssize_t sv_posix_read(struct sv_posix *p, int fd, void *to, size_t n);
ssize_t sv_posix_readv(struct sv_posix *p, int fd, const struct iovec *iov, int count);
ssize_t sv_posix_recv(struct sv_posix *p, int fd, void *to, size_t n, int flags);
ssize_t sv_posix_recvfrom(struct sv_posix *p, int fd, void *to, size_t n, int flags, struct sockaddr *addr,
                          socklen_t *addr_n);
ssize_t sv_posix_recvmsg(struct sv_posix *p, int fd, struct msghdr *msg, int flags);
ssize_t sv_posix_write(struct sv_posix *p, int fd, const void *from, size_t n);
ssize_t sv_posix_writev(struct sv_posix *p, int fd, const struct iovec *iov, int count);
ssize_t sv_posix_send(struct sv_posix *p, int fd, const void *from, size_t n, int flags);
ssize_t sv_posix_sendto(struct sv_posix *p, int fd, const void *from, size_t n, int flags, const struct sockaddr *addr,
                        socklen_t addr_n);
ssize_t sv_posix_sendmsg(struct sv_posix *p, int fd, const struct msghdr *msg, int flags);
int sv_posix_fcntl(struct sv_posix *p, int fd, int command, int argument);
int sv_posix_ioctl(struct sv_posix *p, int fd, unsigned request, int *argument);
int sv_posix_close(struct sv_posix *p, int fd);
int sv_posix_shutdown(struct sv_posix *p, int fd, int how);
int sv_posix_getsockopt(struct sv_posix *p, int fd, int level, int option, void *value, socklen_t *n);
int sv_posix_setsockopt(struct sv_posix *p, int fd, int level, int option, const void *value, socklen_t n);
int sv_posix_getsockname(struct sv_posix *p, int fd, struct sockaddr *addr, socklen_t *n);
int sv_posix_getpeername(struct sv_posix *p, int fd, struct sockaddr *addr, socklen_t *n);
int sv_posix_poll(struct sv_posix *p, struct pollfd *fds, nfds_t count, int timeout_ms);
int sv_posix_epoll_create(struct sv_posix *p, int size);
int sv_posix_epoll_ctl(struct sv_posix *p, int epfd, int op, int fd, struct epoll_event *event);
int sv_posix_epoll_wait(struct sv_posix *p, int epfd, struct epoll_event *events, int max, int timeout_ms);
int sv_posix_pipe(struct sv_posix *p, int fds[2]);
ssize_t sv_posix_splice(struct sv_posix *p, int fd_in, int64_t *off_in, int fd_out, int64_t *off_out, size_t n,
                        unsigned flags);
/* Whoever made a call that is blocked will not come back for its result: -1, every one. */
void sv_posix_give_up(struct sv_posix *p, int fd);

/* --- looking in --- */

bool sv_posix_is_open(const struct sv_posix *p, int fd);
struct sv_stack *sv_posix_stack(struct sv_posix *p);
struct sv_trace *sv_posix_trace(struct sv_posix *p); /* NULL: none was wanted */
/* The stack's handle behind a descriptor. False: it has none (yet). */
bool sv_posix_sock(const struct sv_posix *p, int fd, sv_sock *socket);

#endif
