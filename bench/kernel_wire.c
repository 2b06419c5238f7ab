/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's wire rows: its own two ends in two processes over a veth, by the wall clock. The same far end
 * (kernel_end.c) serves Seven over a TAP. */
#include "bench/peer_kernel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define THERE "10.9.0.2"
#define PIECE 65536u

static struct kernel_end start_there(struct kernel_row *k, enum kernel_role role, uint16_t port)
{
    struct kernel_end e = {-1, -1};
    if (kernel_go(k->there))
        e = kernel_end_start(role, port);
    (void)kernel_go(k->here);
    return e;
}

static void up(int fd, struct kernel_end *e, uint64_t budget_ns, struct bench_sample *out)
{
    const uint64_t began = bench_wall_ns();
    struct kernel_report r;
    uint64_t sent = 0;
    while (bench_wall_ns() - began < budget_ns) {
        const ssize_t n = send(fd, bench_pattern() + sent % BENCH_PERIOD, BENCH_PERIOD, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        sent += (uint64_t)n;
    }
    (void)shutdown(fd, SHUT_WR);
    if (!kernel_end_wait(e, 10000, &r) || r.bad || r.bytes != sent)
        bench_fail(out, "the sink got %llu bytes of %llu%s", (unsigned long long)r.bytes, (unsigned long long)sent,
                   r.bad ? ", and they differ" : "");
    out->value = r.last_ns > r.first_ns ? 8.0 * (double)r.bytes / (double)(r.last_ns - r.first_ns) : 0;
    out->operations = r.bytes;
}

static void down(int fd, struct kernel_end *e, uint64_t budget_ns, struct bench_sample *out)
{
    struct bench_reader reader = {0, BENCH_EVERY, false};
    struct kernel_report r;
    uint8_t *bytes = malloc(PIECE);
    const uint64_t began = bench_wall_ns();
    uint64_t took = 0;
    while (bytes && took < budget_ns) {
        const ssize_t n = recv(fd, bytes, PIECE, 0);
        if (n <= 0)
            break;
        reader.look = reader.offset < (1u << 20) ? BENCH_EVERY : BENCH_EDGES;
        bench_reader_take(&reader, bytes, (size_t)n);
        took = bench_wall_ns() - began;
    }
    free(bytes);
    if (reader.bad || took < budget_ns)
        bench_fail(out, reader.bad ? "bytes differ" : "the source ended early");
    out->value = took ? 8.0 * (double)reader.offset / (double)took : 0;
    out->operations = reader.offset;
    /* What lies unread here is answered with a reset once the socket is closed, and the source ends. */
    (void)close(fd);
    (void)kernel_end_wait(e, 10000, &r);
}

static void ask(int fd, struct kernel_end *e, uint64_t budget_ns, struct bench_sample *out)
{
    const uint64_t began = bench_wall_ns();
    struct kernel_report r;
    uint64_t done = 0, took = 0;
    bool good = true;
    while (good && took < budget_ns) {
        uint8_t m[BENCH_MESSAGE];
        bench_request(m, ++done);
        good = send(fd, m, sizeof m, MSG_NOSIGNAL) == (ssize_t)sizeof m &&
               recv(fd, m, sizeof m, MSG_WAITALL) == (ssize_t)sizeof m && bench_answer_holds(m, done);
        took = bench_wall_ns() - began;
    }
    (void)shutdown(fd, SHUT_WR);
    if (!good || !kernel_end_wait(e, 10000, &r))
        bench_fail(out, "an answer was wrong or did not come");
    out->value = (double)took / 1000 / (double)done;
    out->operations = done;
}

void kernel_wire_run(struct kernel_row *k, uint64_t budget_ns, struct bench_sample *out)
{
    const enum bench_kind kind = k->row->kind;
    const enum kernel_role role = kind == BENCH_WIRE_UP     ? KERNEL_SINK
                                  : kind == BENCH_WIRE_DOWN ? KERNEL_SOURCE
                                                            : KERNEL_ECHO;
    const uint16_t port = (uint16_t)(9000 + k->port++);
    struct kernel_end e = start_there(k, role, port);
    const int fd = e.pid > 0 ? kernel_connect(THERE, port) : -1;
    if (fd < 0) {
        bench_fail(out, "no connection over the veth");
        return;
    }
    if (kind == BENCH_WIRE_UP)
        up(fd, &e, budget_ns, out);
    else if (kind == BENCH_WIRE_DOWN)
        down(fd, &e, budget_ns, out);
    else
        ask(fd, &e, budget_ns, out);
    if (kind != BENCH_WIRE_DOWN)
        close(fd);
}
