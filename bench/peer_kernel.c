/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own TCP beside Seven: both ends in one thread over a veth without offload (the in-process
 * rows), and over a veth between two processes (the wire rows). Everything runs in a child of this
 * program that has entered namespaces of its own; commands and samples cross a socket pair. */
#include "bench/peer_kernel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
    pid_t pid;
    int channel;
    struct bench_case row;
};

struct hello {
    bool ready;
    struct bench_note note;
};

/* A row's way through: which functions serve its kind. */
static bool row_open(struct kernel_row *k, struct bench_note *note)
{
    switch (k->row->kind) {
    case BENCH_BULK:
        return kernel_bulk_open(k, note);
    case BENCH_RR:
    case BENCH_IDLE:
        return kernel_rr_open(k, note);
    case BENCH_CONNECT:
        return kernel_churn_open(k, note);
    default:
        return true;
    }
}

static void row_run(struct kernel_row *k, uint64_t budget_ns, struct bench_sample *out)
{
    switch (k->row->kind) {
    case BENCH_BULK:
        kernel_bulk_run(k, budget_ns, out);
        break;
    case BENCH_RR:
        kernel_rr_run(k, budget_ns, out);
        break;
    case BENCH_CONNECT:
        kernel_churn_run(k, budget_ns, out);
        break;
    case BENCH_IDLE:
        out->value = k->idle_bytes;
        break;
    default:
        kernel_wire_run(k, budget_ns, out);
        break;
    }
}

static bool prepare(struct kernel_row *k, struct bench_note *note)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    k->here = kernel_enter_new();
    k->there = k->here >= 0 ? kernel_another(k->here) : -1;
    if (k->there < 0) {
        bench_say(note, false, "not run: no right to make a network namespace");
        return false;
    }
    if (!kernel_veth(k->here, k->there, k->row->offload)) {
        bench_say(note, false, "not run: no veth (is iproute2 installed?)");
        return false;
    }
    return row_open(k, note);
}

static bool kernel_prepare(void *state, const struct bench_case *row, struct bench_note *note)
{
    struct kernel_row *k = state;
    k->row = row;
    return prepare(k, note);
}

static void kernel_run(void *state, uint64_t budget_ns, struct bench_sample *out)
{
    row_run(state, budget_ns, out);
}

static const struct bench_work kernel_work = {sizeof(struct kernel_row), kernel_prepare, kernel_run};

static _Noreturn void work(int channel, const struct bench_case *row, const struct bench_work *how)
{
    struct hello h;
    uint64_t budget;
    void *state = calloc(1, how->state_bytes);
    memset(&h, 0, sizeof h);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    h.ready = state && how->prepare(state, row, &h.note);
    if (write(channel, &h, sizeof h) != (ssize_t)sizeof h || !h.ready)
        _exit(1);
    while (read(channel, &budget, sizeof budget) == (ssize_t)sizeof budget) {
        struct bench_sample s;
        memset(&s, 0, sizeof s);
        how->run(state, budget, &s);
        if (write(channel, &s, sizeof s) != (ssize_t)sizeof s)
            break;
    }
    _exit(0);
}

/* Up to ten minutes for what is to come whole. */
static bool hear(int channel, void *to, size_t n)
{
    struct pollfd p = {.fd = channel, .events = POLLIN};
    return poll(&p, 1, 600000) == 1 && recv(channel, to, n, MSG_WAITALL) == (ssize_t)n;
}

void bench_worker_close(void *state)
{
    struct worker *w = state;
    (void)shutdown(w->channel, SHUT_RDWR); /* workers forked later hold it too */
    close(w->channel);
    while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(w);
}

void *bench_worker_open(const struct bench_case *c, struct bench_note *note, const struct bench_work *how)
{
    int channel[2];
    struct hello h;
    struct worker *w = calloc(1, sizeof *w);
    if (!w || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) {
        free(w);
        return NULL;
    }
    w->row = *c;
    (void)bench_pattern();
    w->channel = channel[0];
    w->pid = fork();
    if (w->pid == 0) {
        close(channel[0]);
        work(channel[1], &w->row, how);
    }
    close(channel[1]);
    if (w->pid < 0) {
        close(w->channel);
        free(w);
        return NULL;
    }
    if (!hear(w->channel, &h, sizeof h)) {
        bench_say(note, true, "the child that holds the namespaces ended");
        bench_worker_close(w);
        return NULL;
    }
    *note = h.note;
    if (h.ready)
        return w;
    bench_worker_close(w);
    return NULL;
}

void bench_worker_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    struct worker *w = state;
    (void)c;
    if (send(w->channel, &budget_ns, sizeof budget_ns, MSG_NOSIGNAL) != (ssize_t)sizeof budget_ns ||
        !hear(w->channel, out, sizeof *out))
        bench_fail(out, "the child that holds the namespaces ended");
}

static void *kernel_open(const struct bench_case *c, struct bench_note *note)
{
    if (c->kind == BENCH_REF || c->kind == BENCH_SUPER)
        return NULL;
    if (c->kind == BENCH_RR && c->connections > 10000) {
        bench_say(note, false, "not run: two descriptors a connection, and a process may have 20,000");
        return NULL;
    }
    return bench_worker_open(c, note, &kernel_work);
}

const struct bench_contestant bench_kernel = {"kernel", kernel_open, bench_worker_run, bench_worker_close};
