/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel as the other end: small programs over sockets (a sink, a source, an echo) that run in a process
 * of their own inside a network namespace, and the namespaces themselves. */
#ifndef BENCH_KERNEL_END_H
#define BENCH_KERNEL_END_H

#include <sys/types.h>

#include "bench/bench.h"

/* A namespace by descriptor. Enters new user and network namespaces when the caller is not root (whoever
 * calls should be a child process made for it), else a new network namespace; -1: not permitted. */
int kernel_enter_new(void);      /* makes one and stays in it; its descriptor */
int kernel_another(int back_to); /* makes a second one, goes back; its descriptor */
bool kernel_go(int ns);

/* Writes text into a file of /proc; false: refused. */
bool kernel_set(const char *path, const char *text);

/* Runs `ip` with these words in the present namespace; false: it failed or is not installed. */
bool kernel_ip(const char *words);

/* A veth pair, 10.9.0.1 in `here` (where the caller is) and 10.9.0.2 in `there`, MTU 1500. offload false: no
 * checksum or segmentation offload and no GRO at either end: frames of 1500 bytes, summed. */
bool kernel_veth(int here, int there, bool offload);

/* Sets one offload of an interface of the present namespace (ETHTOOL_S* number); false: refused. */
bool kernel_offload(const char *interface, uint32_t command, bool on);

enum kernel_role {
    KERNEL_SINK,   /* accepts, reads to the end, compares with the pattern */
    KERNEL_SOURCE, /* accepts, writes the pattern until the peer goes */
    KERNEL_ECHO,   /* accepts, answers messages of 64 bytes with bench_answer() */
};

struct kernel_report {
    uint64_t bytes, first_ns, last_ns; /* of the stream; wall clock of the first and the last byte */
    uint32_t bad, done;
};

struct kernel_end {
    pid_t pid;
    int report; /* pipe: one struct kernel_report when the role ends */
};

/* Starts the role on 0.0.0.0:port in the present namespace, listening when this returns. pid < 0: failed. */
struct kernel_end kernel_end_start(enum kernel_role role, uint16_t port);
/* Waits up to `ms` for the report; then ends the process. False: none came. */
bool kernel_end_wait(struct kernel_end *e, uint32_t ms, struct kernel_report *out);

/* Sockets of the present namespace, close-on-exec, no delay; -1. */
int kernel_listen(const char *address, uint16_t port, int backlog);
int kernel_connect(const char *address, uint16_t port);

#endif
