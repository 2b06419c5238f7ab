/* SPDX-License-Identifier: BSD-2-Clause */
/* The sink, the source and the echo: see kernel_end.h. Bytes are counted and their edges compared as they
 * come; what is compared in full is the first and the last megabyte's worth of reads. */
#include "bench/kernel_end.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE 65536u

static bool address_of(struct sockaddr_in *to, const char *address, uint16_t port)
{
    memset(to, 0, sizeof *to);
    to->sin_family = AF_INET;
    to->sin_port = htons(port);
    return inet_pton(AF_INET, address, &to->sin_addr) == 1;
}

static void no_delay(int fd)
{
    const int one = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

int kernel_listen(const char *address, uint16_t port, int backlog)
{
    struct sockaddr_in at;
    const int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && address_of(&at, address, port)) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(fd, (struct sockaddr *)(void *)&at, sizeof at) == 0 && listen(fd, backlog) == 0)
            return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

int kernel_connect(const char *address, uint16_t port)
{
    struct sockaddr_in at;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && address_of(&at, address, port) && connect(fd, (struct sockaddr *)(void *)&at, sizeof at) == 0) {
        no_delay(fd);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static void sink(int fd, struct kernel_report *r)
{
    struct bench_reader reader = {0, BENCH_EVERY, false};
    uint8_t *bytes = malloc(PIECE);
    ssize_t n;
    while (bytes && (n = read(fd, bytes, PIECE)) > 0) {
        if (r->bytes == 0)
            r->first_ns = bench_wall_ns();
        reader.look = r->bytes < (1u << 20) ? BENCH_EVERY : BENCH_EDGES;
        bench_reader_take(&reader, bytes, (size_t)n);
        r->bytes = reader.offset;
    }
    r->last_ns = bench_wall_ns();
    r->bad = reader.bad;
    free(bytes);
}

static void source(int fd, struct kernel_report *r)
{
    ssize_t n;
    r->first_ns = bench_wall_ns();
    while ((n = send(fd, bench_pattern() + r->bytes % BENCH_PERIOD, BENCH_PERIOD, MSG_NOSIGNAL)) > 0)
        r->bytes += (uint64_t)n;
    r->last_ns = bench_wall_ns();
}

static void echo(int fd, struct kernel_report *r)
{
    uint8_t message[BENCH_MESSAGE];
    no_delay(fd);
    r->first_ns = bench_wall_ns();
    while (recv(fd, message, sizeof message, MSG_WAITALL) == (ssize_t)sizeof message) {
        bench_answer(message);
        if (send(fd, message, sizeof message, MSG_NOSIGNAL) != (ssize_t)sizeof message)
            break;
        r->bytes += sizeof message;
    }
    r->last_ns = bench_wall_ns();
}

static _Noreturn void play(enum kernel_role role, int listener, int report)
{
    struct kernel_report r;
    memset(&r, 0, sizeof r);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fd = accept(listener, NULL, NULL);
    if (fd >= 0) {
        if (role == KERNEL_SINK)
            sink(fd, &r);
        else if (role == KERNEL_SOURCE)
            source(fd, &r);
        else
            echo(fd, &r);
        r.done = 1;
    }
    _exit(write(report, &r, sizeof r) == (ssize_t)sizeof r ? 0 : 1);
}

struct kernel_end kernel_end_start(enum kernel_role role, uint16_t port)
{
    struct kernel_end e = {-1, -1};
    int channel[2];
    const int listener = kernel_listen("0.0.0.0", port, 1);
    if (listener < 0)
        return e;
    if (pipe(channel) == 0) {
        (void)bench_pattern(); /* made before the fork */
        e.pid = fork();
        if (e.pid == 0)
            play(role, listener, channel[1]);
        close(channel[1]);
        e.report = channel[0];
        if (e.pid < 0)
            close(channel[0]);
    }
    close(listener);
    return e;
}

bool kernel_end_wait(struct kernel_end *e, uint32_t ms, struct kernel_report *out)
{
    struct pollfd p = {.fd = e->report, .events = POLLIN};
    memset(out, 0, sizeof *out);
    bool good = false;
    if (e->pid < 0)
        return false;
    if (poll(&p, 1, (int)ms) == 1)
        good = read(e->report, out, sizeof *out) == (ssize_t)sizeof *out && out->done;
    if (!good)
        kill(e->pid, SIGKILL);
    while (waitpid(e->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(e->report);
    e->pid = -1;
    return good;
}
