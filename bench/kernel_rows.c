/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's rows: see peer_kernel.h. Both ends of a connection are sockets of this one thread (in two
 * namespaces), so its processor time is the cost of both ends; the soft interrupts of a veth run in it too. */
#include "bench/peer_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define THERE "10.9.0.2"
#define SINK 65536u
#define FILES_MOST 9900u /* connections, with two descriptors each and a limit of 20,000 */

static void unblock(int fd)
{
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* A connection from here to the other namespace: both descriptors. */
static bool connect_pair(struct kernel_row *k, int listener, uint16_t port, int *client, int *server)
{
    (void)k;
    *client = kernel_connect(THERE, port);
    *server = *client >= 0 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
    return *server >= 0;
}

static int listen_there(struct kernel_row *k, uint16_t port)
{
    int fd = -1;
    if (kernel_go(k->there))
        fd = kernel_listen(THERE, port, 4096);
    return kernel_go(k->here) ? fd : -1;
}

/* ---- bulk ---- */

/* Written until W bytes are under way, then a burst's worth is read. */
static bool bulk_turn(struct kernel_row *k, double *share)
{
    const uint64_t w = k->row->w_bytes, burst = (uint64_t)floor_burst(w) * FLOOR_SEGMENT;
    while (k->held < w) {
        const size_t room = (size_t)(w - k->held < BENCH_PERIOD ? w - k->held : BENCH_PERIOD);
        const ssize_t n = send(k->writer, bench_pattern() + k->sent % BENCH_PERIOD, room, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n <= 0)
            break;
        k->sent += (uint64_t)n;
        k->held += (uint64_t)n;
    }
    *share += (double)k->held / (double)w;
    for (uint64_t left = burst; left;) {
        const ssize_t n = recv(k->reader, k->sink, (size_t)(left < SINK ? left : SINK), MSG_DONTWAIT);
        if (n <= 0)
            return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        bench_reader_take(&k->check, k->sink, (size_t)n);
        k->held -= (uint64_t)n;
        left -= (uint64_t)n;
    }
    return true;
}

static bool bulk_bytes(struct kernel_row *k, uint64_t bytes)
{
    const uint64_t until = k->check.offset + bytes, began = bench_wall_ns();
    double share = 0;
    k->check.look = BENCH_EVERY;
    while (k->check.offset < until && bench_wall_ns() - began < 5000000000u)
        if (!bulk_turn(k, &share))
            return false;
    return k->check.offset >= until && !k->check.bad;
}

bool kernel_bulk_open(struct kernel_row *k, struct bench_note *note)
{
    const int listener = listen_there(k, 9);
    k->sink = malloc(SINK);
    if (listener < 0 || !k->sink || !connect_pair(k, listener, 9, &k->writer, &k->reader) ||
        !bulk_bytes(k, 32 * k->row->w_bytes)) {
        bench_say(note, true, "no connection over the veth, or bytes differ");
        return false;
    }
    bench_say(note, false, "veth between two namespaces, both ends in one thread, no offload, system calls included");
    return true;
}

void kernel_bulk_run(struct kernel_row *k, uint64_t budget_ns, struct bench_sample *out)
{
    bool good = bulk_bytes(k, 2 * k->row->w_bytes);
    const uint64_t from = k->check.offset, t0 = bench_cpu_ns();
    uint64_t took = 0, turns = 0;
    double share = 0;
    k->check.look = BENCH_EDGES;
    for (; good && took < budget_ns; turns++) {
        good = bulk_turn(k, &share);
        if (turns % 16 == 15)
            took = bench_cpu_ns() - t0;
    }
    took = bench_cpu_ns() - t0;
    const uint64_t segments = (k->check.offset - from) / FLOOR_SEGMENT;
    out->in_flight = turns ? share / (double)turns : 0;
    out->operations = segments;
    out->value = segments ? (double)took / (double)segments : 0;
    if (!good || !bulk_bytes(k, 2 * k->row->w_bytes))
        bench_fail(out, k->check.bad ? "bytes differ" : "it stopped");
}

/* ---- request and response ---- */

static double slab_bytes(void)
{
    char line[128];
    unsigned long long kib = 0;
    FILE *f = fopen("/proc/meminfo", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "Slab:", 5) == 0) {
            kib = strtoull(line + 5, NULL, 10);
            break;
        }
    if (f)
        fclose(f);
    return (double)kib * 1024;
}

static bool watch(int poll, int fd, uint32_t i)
{
    struct epoll_event e = {.events = EPOLLIN, .data = {.u32 = i}};
    return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static void serve(struct kernel_row *k, bool *bad)
{
    struct epoll_event e[64];
    const int n = epoll_wait(k->server_poll, e, 64, 0);
    for (int i = 0; i < n; i++) {
        uint8_t m[BENCH_MESSAGE];
        const int fd = k->conn[e[i].data.u32].server;
        if (recv(fd, m, sizeof m, MSG_DONTWAIT) != (ssize_t)sizeof m) {
            *bad = true;
            return;
        }
        bench_answer(m);
        *bad |= send(fd, m, sizeof m, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof m;
    }
}

static uint32_t hear(struct kernel_row *k, bool *bad)
{
    struct epoll_event e[64];
    const int n = epoll_wait(k->client_poll, e, 64, 0);
    for (int i = 0; i < n; i++) {
        uint8_t m[BENCH_MESSAGE];
        struct kernel_client *c = &k->conn[e[i].data.u32];
        if (recv(c->client, m, sizeof m, MSG_DONTWAIT) != (ssize_t)sizeof m || !bench_answer_holds(m, c->number))
            *bad = true;
        c->number = 0;
    }
    return n > 0 ? (uint32_t)n : 0;
}

static bool rr_turn(struct kernel_row *k)
{
    const uint64_t began = bench_wall_ns();
    uint32_t left = k->depth;
    bool bad = false;
    for (uint32_t i = 0; i < k->depth; i++) {
        uint8_t m[BENCH_MESSAGE];
        struct kernel_client *c;
        do
            c = &k->conn[bench_rng_below(&k->choice, k->connections)];
        while (c->number);
        c->number = ++k->serial;
        bench_request(m, c->number);
        bad |= send(c->client, m, sizeof m, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof m;
    }
    while (left && !bad) {
        serve(k, &bad);
        left -= hear(k, &bad);
        if (left && bench_wall_ns() - began > 5000000000u)
            return false;
    }
    return !bad;
}

bool kernel_rr_open(struct kernel_row *k, struct bench_note *note)
{
    const int listener = listen_there(k, 9);
    k->connections = k->row->connections < FILES_MOST ? k->row->connections : FILES_MOST;
    k->depth = k->row->depth < k->connections ? k->row->depth : k->connections;
    k->conn = calloc(k->connections, sizeof *k->conn);
    k->client_poll = epoll_create1(EPOLL_CLOEXEC);
    k->server_poll = epoll_create1(EPOLL_CLOEXEC);
    k->choice.state = 99;
    const double before = slab_bytes();
    bool good = listener >= 0 && k->conn && k->client_poll >= 0 && k->server_poll >= 0;
    for (uint32_t i = 0; good && i < k->connections; i++) {
        struct kernel_client *c = &k->conn[i];
        good = connect_pair(k, listener, 9, &c->client, &c->server);
        if (good) {
            unblock(c->server);
            good = watch(k->client_poll, c->client, i) && watch(k->server_poll, c->server, i);
        }
    }
    if (!good) {
        bench_say(note, true, "connections over the veth: %s", strerror(errno));
        return false;
    }
    k->idle_bytes = (slab_bytes() - before) / (2.0 * k->connections);
    if (k->row->kind == BENCH_IDLE)
        bench_say(note, false, "growth of all kernel slabs over %u connections, both ends, with file and epoll entry",
                  k->connections);
    else if (k->connections != k->row->connections)
        bench_say(note, false, "%u connections: two descriptors each, of 20,000 at most", k->connections);
    return true;
}

void kernel_rr_run(struct kernel_row *k, uint64_t budget_ns, struct bench_sample *out)
{
    uint64_t done = 0, took = 0;
    bool good = true;
    const uint64_t t0 = bench_cpu_ns();
    while (good && took < budget_ns) {
        for (uint32_t i = 0; i < 256 / k->depth && good; i++) {
            good = rr_turn(k);
            done += k->depth;
        }
        took = bench_cpu_ns() - t0;
    }
    if (!good)
        bench_fail(out, "an answer was wrong or did not come");
    out->value = done ? (double)took / (double)done : 0;
    out->operations = done;
}

/* ---- opened, one byte each way, closed ---- */

bool kernel_churn_open(struct kernel_row *k, struct bench_note *note)
{
    for (uint16_t i = 0; i < 16; i++)
        if ((k->listener[i] = listen_there(k, (uint16_t)(10 + i))) < 0) {
            bench_say(note, true, "no listener");
            return false;
        }
    bench_say(note, false, "one at a time; only its own TIME-WAITs stand");
    return true;
}

static bool churn(struct kernel_row *k)
{
    const uint32_t i = k->dialled++ % 16;
    uint8_t ask = (uint8_t)k->dialled, heard = 0;
    int client, server;
    if (!connect_pair(k, k->listener[i], (uint16_t)(10 + i), &client, &server))
        return false;
    bool good = send(client, &ask, 1, MSG_NOSIGNAL) == 1 && recv(server, &heard, 1, 0) == 1;
    heard ^= 0x5a;
    good =
        good && send(server, &heard, 1, MSG_NOSIGNAL) == 1 && recv(client, &heard, 1, 0) == 1 && heard == (ask ^ 0x5a);
    close(client);
    good = good && recv(server, &heard, 1, 0) == 0;
    close(server);
    return good;
}

void kernel_churn_run(struct kernel_row *k, uint64_t budget_ns, struct bench_sample *out)
{
    uint64_t done = 0, took = 0;
    bool good = true;
    const uint64_t t0 = bench_cpu_ns();
    while (good && took < budget_ns) {
        for (int i = 0; i < 32 && good; i++, done++)
            good = churn(k);
        took = bench_cpu_ns() - t0;
    }
    if (!good)
        bench_fail(out, "a connection was refused or answered wrongly");
    out->value = done ? (double)took / (double)done : 0;
    out->operations = done;
}
