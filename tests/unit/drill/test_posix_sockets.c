/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket interface over a stack on virtual time: results, errno values, readiness, time. */
#define _GNU_SOURCE /* POLLRDHUP */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "drill/posix_sockets.h"
#include "tests/unit/drill/peer.h"

struct world {
    struct sv_posix *p;
    int family; /* 4, 6, 46 */
    struct peer peer;
};

static struct world world_open(int family)
{
    const struct sv_posix_config config = {.seed = 3, .profile = SV_PROFILE_LINUX, .adopt = 1};
    struct world w = {.p = sv_posix_create(&config), .family = family};
    struct sv_addr ours;
    assert_non_null(w.p);
    assert_true(sv_addr_parse(family == 6 ? "fd00::1" : "192.168.0.1", &ours, NULL));
    assert_int_equal(sv_posix_address_add(w.p, &ours), 0);
    w.peer = (struct peer){.six = family == 6, .port = 40000, .our_port = 8080, .seq = 1000};
    return w;
}

static void world_close(struct world *w)
{
    sv_stack_check(sv_posix_stack(w->p));
    sv_posix_destroy(w->p);
}

static int world_socket(const struct world *w)
{
    const int fd = sv_posix_socket(w->p, w->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    assert_true(fd >= 3);
    return fd;
}

static void world_send(struct world *w, uint16_t flags, uint32_t n)
{
    uint8_t packet[2048];
    const uint32_t length = peer_segment(&w->peer, packet, flags, n);
    assert_int_equal(sv_posix_packet_in(w->p, packet, length), 0);
}

/* The next packet that is there now. False: none. */
static bool world_hear(struct world *w, struct heard *h)
{
    static uint8_t packet[65536];
    size_t n = sizeof packet;
    sv_time when;
    if (sv_posix_packet_out(w->p, packet, &n, &when) == 0)
        return false;
    assert_true(when <= sv_posix_now(w->p));
    assert_true(peer_hear(&w->peer, packet, n, h));
    return true;
}

static void world_wants(struct world *w, uint16_t flags, uint32_t length)
{
    struct heard h;
    assert_true(world_hear(w, &h));
    assert_int_equal(h.flags, flags);
    assert_int_equal(h.length, length);
}

static void world_silent(struct world *w)
{
    struct heard h;
    assert_false(world_hear(w, &h));
}

static void world_pass(struct world *w, uint32_t ms)
{
    sv_posix_run_until(w->p, sv_posix_now(w->p) + ms * SV_MS);
}

/* At once or delayed, as the profile likes. */
static void world_acked(struct world *w)
{
    if (!sv_posix_packets(w->p))
        world_pass(w, 500);
    world_wants(w, ACK, 0);
    world_silent(w);
}

static int world_listener(struct world *w)
{
    struct sockaddr_storage local;
    const socklen_t n = peer_address(w->family, true, 8080, &local);
    const int fd = world_socket(w);
    assert_int_equal(sv_posix_bind(w->p, fd, (struct sockaddr *)&local, n), 0);
    assert_int_equal(sv_posix_listen(w->p, fd, 1), 0);
    return fd;
}

/* A connection that came in, its listener closed. */
static int world_accepted(struct world *w)
{
    const int listener = world_listener(w);
    world_send(w, SYN, 0);
    world_wants(w, SYN | ACK, 0);
    world_send(w, ACK, 0);
    const int fd = sv_posix_accept(w->p, listener, NULL, NULL);
    assert_true(fd >= 0);
    assert_int_equal(sv_posix_close(w->p, listener), 0);
    return fd;
}

static int world_connect(struct world *w, int fd)
{
    struct sockaddr_storage to;
    const socklen_t n = peer_address(w->family, false, 40000, &to);
    return sv_posix_connect(w->p, fd, (struct sockaddr *)&to, n);
}

static void passive(int family)
{
    struct world w = world_open(family);
    uint8_t bytes[600];
    struct sockaddr_storage from, wanted;
    socklen_t n = sizeof from;
    const int listener = world_listener(&w);
    assert_int_equal(sv_posix_accept(w.p, listener, NULL, NULL), SV_POSIX_BLOCKED);
    world_send(&w, SYN, 0);
    world_wants(&w, SYN | ACK, 0);
    assert_int_equal(sv_posix_accept(w.p, listener, NULL, NULL), SV_POSIX_BLOCKED);
    world_send(&w, ACK, 0);
    const int fd = sv_posix_accept(w.p, listener, (struct sockaddr *)&from, &n);
    assert_true(fd >= 0);
    assert_int_equal(n, peer_address(family, false, 40000, &wanted));
    assert_memory_equal(&from, &wanted, n);
    assert_int_equal(sv_posix_read(w.p, fd, bytes, sizeof bytes), SV_POSIX_BLOCKED);
    world_send(&w, ACK | PSH, 500);
    world_acked(&w);
    assert_int_equal(sv_posix_read(w.p, fd, bytes, sizeof bytes), 500);
    assert_int_equal(sv_posix_write(w.p, fd, bytes, 300), 300);
    world_wants(&w, ACK | PSH, 300);
    world_send(&w, ACK | FIN, 0);
    world_acked(&w);
    assert_int_equal(sv_posix_read(w.p, fd, bytes, sizeof bytes), 0);
    assert_int_equal(sv_posix_close(w.p, fd), 0);
    world_wants(&w, ACK | FIN, 0);
    world_send(&w, ACK, 0);
    world_silent(&w);
    assert_int_equal(sv_posix_read(w.p, fd, bytes, sizeof bytes), -EBADF);
    world_close(&w);
}

static void passive_v4(void **state)
{
    (void)state;
    passive(4);
}
static void passive_v6(void **state)
{
    (void)state;
    passive(6);
}
static void passive_mapped(void **state)
{
    (void)state;
    passive(46);
}

/* connect(): blocking, non-blocking, refused, unanswered; and what it says when it is asked again. */
static void active(void **state)
{
    (void)state;
    struct world w = world_open(4);
    const int fd = world_socket(&w);
    assert_int_equal(world_connect(&w, fd), SV_POSIX_BLOCKED);
    world_wants(&w, SYN, 0);
    assert_int_equal(world_connect(&w, fd), SV_POSIX_BLOCKED);
    world_silent(&w);
    world_send(&w, SYN | ACK, 0);
    world_wants(&w, ACK, 0);
    assert_int_equal(world_connect(&w, fd), 0);
    assert_int_equal(world_connect(&w, fd), -EISCONN);

    const int other = world_socket(&w);
    int error = -1;
    socklen_t n = sizeof error;
    assert_int_equal(sv_posix_fcntl(w.p, other, F_SETFL, O_RDWR | O_NONBLOCK), 0);
    assert_int_equal(world_connect(&w, other), -EINPROGRESS);
    assert_int_equal(world_connect(&w, other), -EALREADY);
    world_wants(&w, SYN, 0);
    world_send(&w, RST | ACK, 0);
    assert_int_equal(sv_posix_getsockopt(w.p, other, SOL_SOCKET, SO_ERROR, &error, &n), 0);
    assert_int_equal(error, ECONNREFUSED);
    assert_int_equal(sv_posix_getsockopt(w.p, other, SOL_SOCKET, SO_ERROR, &error, &n), 0);
    assert_int_equal(error, 0);
    world_close(&w);
}

static void unanswered_connect_times_out(void **state)
{
    (void)state;
    struct world w = world_open(6);
    struct heard h;
    const int fd = world_socket(&w);
    uint32_t syns = 0;
    assert_int_equal(world_connect(&w, fd), SV_POSIX_BLOCKED);
    for (uint32_t s = 0; s < 400; s++) {
        while (world_hear(&w, &h))
            syns++;
        world_pass(&w, 1000);
    }
    assert_true(syns >= 5);
    assert_int_equal(world_connect(&w, fd), -ETIMEDOUT);
    world_close(&w);
}

static void reset_is_told_once(void **state)
{
    (void)state;
    struct world w = world_open(4);
    uint8_t bytes[100] = {0};
    const int fd = world_accepted(&w);
    world_send(&w, ACK | PSH, 60);
    world_acked(&w);
    world_send(&w, RST | ACK, 0);
    /* What came before is read first; then the error, once; then the end. */
    assert_int_equal(sv_posix_read(w.p, fd, bytes, sizeof bytes), 60);
    assert_int_equal(sv_posix_read(w.p, fd, bytes, sizeof bytes), -ECONNRESET);
    assert_int_equal(sv_posix_read(w.p, fd, bytes, sizeof bytes), 0);
    assert_int_equal(sv_posix_write(w.p, fd, bytes, 1), -EPIPE);
    world_close(&w);
}

static void poll_waits_in_virtual_time(void **state)
{
    (void)state;
    struct world w = world_open(4);
    const int fd = world_accepted(&w);
    struct pollfd f = {.fd = fd, .events = POLLIN};
    const sv_time begun = sv_posix_now(w.p);
    assert_int_equal(sv_posix_poll(w.p, &f, 1, 0), 0);
    assert_int_equal(sv_posix_poll(w.p, &f, 1, 250), SV_POSIX_BLOCKED);
    assert_true(sv_posix_next_event(w.p) <= begun + 250 * SV_MS);
    world_pass(&w, 249);
    assert_int_equal(sv_posix_poll(w.p, &f, 1, 250), SV_POSIX_BLOCKED);
    world_pass(&w, 1);
    assert_int_equal(sv_posix_poll(w.p, &f, 1, 250), 0);
    assert_int_equal(sv_posix_poll(w.p, &f, 1, 250), SV_POSIX_BLOCKED);
    world_send(&w, ACK | PSH, 10);
    assert_int_equal(sv_posix_poll(w.p, &f, 1, 250), 1);
    assert_int_equal(f.revents, POLLIN);
    f.events = POLLOUT | POLLRDHUP;
    world_send(&w, ACK | FIN, 0);
    assert_int_equal(sv_posix_poll(w.p, &f, 1, 0), 1);
    assert_int_equal(f.revents, POLLOUT | POLLRDHUP);
    f.fd = 99;
    assert_int_equal(sv_posix_poll(w.p, &f, 1, 0), 1);
    assert_int_equal(f.revents, POLLNVAL);
    world_close(&w);
}

static void epoll_edges(void **state)
{
    (void)state;
    struct world w = world_open(4);
    uint8_t bytes[100];
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u64 = 77};
    const int fd = world_accepted(&w), ep = sv_posix_epoll_create(w.p, 1);
    assert_true(ep >= 0);
    assert_int_equal(sv_posix_epoll_ctl(w.p, ep, EPOLL_CTL_ADD, fd, &e), 0);
    assert_int_equal(sv_posix_epoll_ctl(w.p, ep, EPOLL_CTL_ADD, fd, &e), -EEXIST);
    assert_int_equal(sv_posix_epoll_wait(w.p, ep, &e, 1, 0), 0);
    world_send(&w, ACK | PSH, 10);
    assert_int_equal(sv_posix_epoll_wait(w.p, ep, &e, 1, 0), 1);
    assert_int_equal(e.events, EPOLLIN);
    assert_int_equal(e.data.u64, 77);
    /* The edge was told; unread bytes are no news, more bytes are. */
    assert_int_equal(sv_posix_epoll_wait(w.p, ep, &e, 1, 0), 0);
    world_send(&w, ACK | PSH, 10);
    assert_int_equal(sv_posix_epoll_wait(w.p, ep, &e, 1, 0), 1);
    assert_int_equal(sv_posix_read(w.p, fd, bytes, sizeof bytes), 20);
    /* A level is true as long as it is. */
    e = (struct epoll_event){.events = EPOLLOUT, .data.u64 = 78};
    assert_int_equal(sv_posix_epoll_ctl(w.p, ep, EPOLL_CTL_MOD, fd, &e), 0);
    assert_int_equal(sv_posix_epoll_wait(w.p, ep, &e, 1, 0), 1);
    assert_int_equal(sv_posix_epoll_wait(w.p, ep, &e, 1, 0), 1);
    e = (struct epoll_event){.events = EPOLLOUT | EPOLLONESHOT};
    assert_int_equal(sv_posix_epoll_ctl(w.p, ep, EPOLL_CTL_MOD, fd, &e), 0);
    assert_int_equal(sv_posix_epoll_wait(w.p, ep, &e, 1, 0), 1);
    assert_int_equal(sv_posix_epoll_wait(w.p, ep, &e, 1, 0), 0);
    assert_int_equal(sv_posix_epoll_ctl(w.p, ep, EPOLL_CTL_DEL, fd, NULL), 0);
    assert_int_equal(sv_posix_epoll_ctl(w.p, ep, EPOLL_CTL_DEL, fd, NULL), -ENOENT);
    world_close(&w);
}

/* A write longer than the buffer blocks, keeps what it has done, and goes on as the peer acknowledges. */
static void long_write(void **state)
{
    (void)state;
    struct world w = world_open(4);
    static uint8_t bytes[100000];
    struct heard h;
    int size = 8192;
    const int fd = world_accepted(&w);
    assert_int_equal(sv_posix_setsockopt(w.p, fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    ssize_t done = sv_posix_write(w.p, fd, bytes, sizeof bytes);
    uint32_t arrived = 0, turns = 0;
    while (done == SV_POSIX_BLOCKED && turns++ < 1000) {
        while (world_hear(&w, &h))
            arrived += h.length;
        world_send(&w, ACK, 0);
        done = sv_posix_write(w.p, fd, bytes, sizeof bytes);
    }
    while (world_hear(&w, &h))
        arrived += h.length;
    assert_int_equal(done, sizeof bytes);
    assert_true(arrived > 90000);
    world_close(&w);
}

static void options(void **state)
{
    (void)state;
    struct world w = world_open(4);
    int value = 1;
    socklen_t n = sizeof value;
    uint8_t info[280];
    const int fd = world_socket(&w);
    assert_int_equal(sv_posix_setsockopt(w.p, fd, IPPROTO_TCP, TCP_NODELAY, &value, n), 0);
    value = 0;
    assert_int_equal(sv_posix_getsockopt(w.p, fd, IPPROTO_TCP, TCP_NODELAY, &value, &n), 0);
    assert_int_equal(value, 1);
    value = 5000;
    assert_int_equal(sv_posix_setsockopt(w.p, fd, SOL_SOCKET, SO_RCVBUF, &value, n), 0);
    assert_int_equal(sv_posix_getsockopt(w.p, fd, SOL_SOCKET, SO_RCVBUF, &value, &n), 0);
    assert_int_equal(value, 10000);
    value = 0;
    assert_int_equal(sv_posix_setsockopt(w.p, fd, IPPROTO_TCP, TCP_KEEPIDLE, &value, n), -EINVAL);
    assert_int_equal(sv_posix_setsockopt(w.p, fd, IPPROTO_TCP, 9999, &value, n), -ENOPROTOOPT);
    assert_int_equal(sv_posix_setsockopt(w.p, fd, IPPROTO_TCP, TCP_NODELAY, &value, 1), -EINVAL);
    assert_int_equal(sv_posix_setsockopt(w.p, fd, IPPROTO_TCP, TCP_CONGESTION, "none", 4), -ENOENT);
    assert_int_equal(sv_posix_setsockopt(w.p, fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), 0);
    n = sizeof info;
    assert_int_equal(sv_posix_getsockopt(w.p, fd, IPPROTO_TCP, TCP_INFO, info, &n), 0);
    assert_int_equal(n, 280);
    assert_int_equal(info[0], 7); /* TCP_CLOSE */
    assert_int_equal(sv_posix_getsockopt(w.p, 99, SOL_SOCKET, SO_ERROR, &value, &n), -EBADF);
    assert_int_equal(sv_posix_socket(w.p, AF_UNIX, SOCK_STREAM, 0), -EAFNOSUPPORT);
    world_close(&w);
}

/* TCP_MAXSEG: what our SYN says, and what is sent. */
static void segment_size(void **state)
{
    (void)state;
    struct world w = world_open(4);
    struct heard h;
    uint8_t bytes[900] = {0};
    int size = 50;
    const int listener = world_listener(&w);
    assert_int_equal(sv_posix_setsockopt(w.p, listener, IPPROTO_TCP, TCP_MAXSEG, &size, sizeof size), -EINVAL);
    size = 700;
    assert_int_equal(sv_posix_setsockopt(w.p, listener, IPPROTO_TCP, TCP_MAXSEG, &size, sizeof size), 0);
    world_send(&w, SYN, 0);
    assert_true(world_hear(&w, &h));
    assert_int_equal(h.mss, 700);
    world_send(&w, ACK, 0);
    const int fd = sv_posix_accept(w.p, listener, NULL, NULL);
    assert_int_equal(sv_posix_write(w.p, fd, bytes, sizeof bytes), sizeof bytes);
    world_wants(&w, ACK, 700);
    const int active = world_socket(&w);
    assert_int_equal(sv_posix_setsockopt(w.p, active, IPPROTO_TCP, TCP_MAXSEG, &size, sizeof size), 0);
    w.peer = (struct peer){.port = 40000, .seq = 5000};
    assert_int_equal(world_connect(&w, active), SV_POSIX_BLOCKED);
    while (world_hear(&w, &h) && !(h.flags & SYN)) {}
    assert_int_equal(h.flags, SYN);
    assert_int_equal(h.mss, 700);
    world_close(&w);
}

static void sysctls(void **state)
{
    (void)state;
    struct world w = world_open(4);
    char value[96];
    assert_int_equal(sv_posix_sysctl(w.p, "/proc/sys/net/ipv4/tcp_rmem", " 4096\t540000  15728640\n"), 0);
    assert_int_equal(sv_posix_sysctl_get(w.p, "net.ipv4.tcp_rmem", value, sizeof value), 0);
    assert_string_equal(value, "4096 540000 15728640");
    assert_int_equal(sv_posix_sysctl(w.p, "net/ipv4/tcp_sack", "x"), -EINVAL);
    assert_int_equal(sv_posix_sysctl(w.p, "net.ipv4.tcp_sac", "1"), -ENOENT);
    assert_int_equal(sv_posix_sysctl_get(w.p, "net.ipv4.tcp_rmem", value, 4), -ENOSPC);
    uint32_t names = 0;
    while (sv_posix_sysctl_name(names))
        names++;
    assert_true(names > 50);
    world_close(&w);
}

static void binding(void **state)
{
    (void)state;
    struct world w = world_open(4);
    struct sockaddr_storage local;
    int on = 1;
    const socklen_t n = peer_address(4, true, 8080, &local);
    const int a = world_socket(&w), b = world_socket(&w);
    assert_int_equal(sv_posix_bind(w.p, a, (struct sockaddr *)&local, 4), -EINVAL);
    assert_int_equal(sv_posix_bind(w.p, a, (struct sockaddr *)&local, n), 0);
    assert_int_equal(sv_posix_bind(w.p, a, (struct sockaddr *)&local, n), -EINVAL);
    assert_int_equal(sv_posix_bind(w.p, b, (struct sockaddr *)&local, n), -EADDRINUSE);
    assert_int_equal(sv_posix_setsockopt(w.p, a, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(sv_posix_setsockopt(w.p, b, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(sv_posix_bind(w.p, b, (struct sockaddr *)&local, n), 0);
    assert_int_equal(sv_posix_listen(w.p, a, 5), 0);
    assert_int_equal(sv_posix_listen(w.p, b, 5), -EADDRINUSE);
    local.ss_family = AF_INET6;
    assert_int_equal(sv_posix_bind(w.p, world_socket(&w), (struct sockaddr *)&local, n), -EAFNOSUPPORT);
    assert_int_equal(sv_posix_accept(w.p, b, NULL, NULL), -EINVAL);
    assert_int_equal(sv_posix_shutdown(w.p, b, SHUT_WR), -ENOTCONN);
    assert_int_equal(sv_posix_read(w.p, a, &on, sizeof on), -ENOTCONN);
    world_close(&w);
}

static void pipes_and_splice(void **state)
{
    (void)state;
    struct world w = world_open(4);
    uint8_t bytes[50] = {0};
    int ends[2], queued = -1;
    const int fd = world_accepted(&w);
    assert_int_equal(sv_posix_pipe(w.p, ends), 0);
    world_send(&w, ACK | PSH, 40);
    world_acked(&w);
    assert_int_equal(sv_posix_ioctl(w.p, fd, SIOCINQ, &queued), 0);
    assert_int_equal(queued, 40);
    assert_int_equal(sv_posix_splice(w.p, fd, NULL, ends[1], NULL, 100, 0), 40);
    assert_int_equal(sv_posix_splice(w.p, ends[0], NULL, fd, NULL, 30, 0), 30);
    world_wants(&w, ACK | PSH, 30);
    assert_int_equal(sv_posix_ioctl(w.p, fd, SIOCOUTQ, &queued), 0);
    assert_int_equal(queued, 30);
    assert_int_equal(sv_posix_read(w.p, ends[0], bytes, sizeof bytes), 10);
    assert_int_equal(sv_posix_close(w.p, ends[1]), 0);
    assert_int_equal(sv_posix_read(w.p, ends[0], bytes, sizeof bytes), 0);
    assert_int_equal(sv_posix_close(w.p, ends[0]), 0);
    world_close(&w);
}

/* SO_RCVLOWAT is nothing to splice(): what has come goes into the pipe at once, and whole. */
static void splice_under_the_low_mark(void **state)
{
    (void)state;
    struct world w = world_open(4);
    const int low = 60;
    uint8_t bytes[100];
    int ends[2];
    const int fd = world_accepted(&w);
    assert_int_equal(sv_posix_pipe(w.p, ends), 0);
    assert_int_equal(sv_posix_setsockopt(w.p, fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low), 0);
    assert_int_equal(sv_posix_splice(w.p, fd, NULL, ends[1], NULL, 100, 0), SV_POSIX_BLOCKED);
    world_send(&w, ACK | PSH, 40);
    assert_int_equal(sv_posix_splice(w.p, fd, NULL, ends[1], NULL, 100, 0), 40);
    assert_int_equal(sv_posix_read(w.p, ends[0], bytes, sizeof bytes), 40);
    world_close(&w);
}

static void lingering(void **state)
{
    (void)state;
    struct world w = world_open(4);
    const struct linger none = {1, 0}, some = {1, 2};
    uint8_t bytes[100] = {0};
    int fd = world_accepted(&w);
    assert_int_equal(sv_posix_setsockopt(w.p, fd, SOL_SOCKET, SO_LINGER, &none, sizeof none), 0);
    assert_int_equal(sv_posix_close(w.p, fd), 0);
    world_wants(&w, RST | ACK, 0);
    w.peer = (struct peer){.port = 40001, .our_port = 8080, .seq = 9000};
    fd = world_accepted(&w);
    assert_int_equal(sv_posix_setsockopt(w.p, fd, SOL_SOCKET, SO_LINGER, &some, sizeof some), 0);
    assert_int_equal(sv_posix_write(w.p, fd, bytes, sizeof bytes), 100);
    world_wants(&w, ACK | PSH, 100);
    assert_int_equal(sv_posix_close(w.p, fd), SV_POSIX_BLOCKED);
    world_wants(&w, ACK | FIN, 0);
    world_send(&w, ACK, 0);
    assert_int_equal(sv_posix_close(w.p, fd), 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passive_v4),
        cmocka_unit_test(passive_v6),
        cmocka_unit_test(passive_mapped),
        cmocka_unit_test(active),
        cmocka_unit_test(unanswered_connect_times_out),
        cmocka_unit_test(reset_is_told_once),
        cmocka_unit_test(poll_waits_in_virtual_time),
        cmocka_unit_test(epoll_edges),
        cmocka_unit_test(long_write),
        cmocka_unit_test(options),
        cmocka_unit_test(segment_size),
        cmocka_unit_test(sysctls),
        cmocka_unit_test(binding),
        cmocka_unit_test(pipes_and_splice),
        cmocka_unit_test(splice_under_the_low_mark),
        cmocka_unit_test(lingering),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
