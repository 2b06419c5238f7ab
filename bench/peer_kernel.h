/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of the kernel's own TCP, as they run in the child that holds the namespaces. */
#ifndef BENCH_PEER_KERNEL_H
#define BENCH_PEER_KERNEL_H

#include "bench/kernel_end.h"

struct kernel_client {
    int client, server;
    uint64_t number; /* of the request under way; 0: none */
};

struct kernel_row {
    const struct bench_case *row;
    int here, there;
    int writer, reader; /* BULK */
    uint64_t sent, held;
    struct bench_reader check;
    uint8_t *sink;
    struct kernel_client *conn; /* RR, IDLE */
    uint32_t connections, depth;
    int client_poll, server_poll;
    struct bench_rng choice;
    uint64_t serial;
    double idle_bytes;
    int listener[16]; /* CONNECT */
    uint32_t dialled;
    uint16_t port; /* WIRE: the next one */
};

/* False: cannot; the note says why. They live until the child ends. */
bool kernel_bulk_open(struct kernel_row *k, struct bench_note *note);
void kernel_bulk_run(struct kernel_row *k, uint64_t budget_ns, struct bench_sample *out);
bool kernel_rr_open(struct kernel_row *k, struct bench_note *note);
void kernel_rr_run(struct kernel_row *k, uint64_t budget_ns, struct bench_sample *out);
bool kernel_churn_open(struct kernel_row *k, struct bench_note *note);
void kernel_churn_run(struct kernel_row *k, uint64_t budget_ns, struct bench_sample *out);
void kernel_wire_run(struct kernel_row *k, uint64_t budget_ns, struct bench_sample *out);

/* A row in a child of its own, which may enter namespaces: commands and samples cross a socket pair. */
struct bench_work {
    size_t state_bytes; /* zeroed; lives until the child ends */
    /* False: cannot; the note says why. */
    bool (*prepare)(void *state, const struct bench_case *row, struct bench_note *note);
    void (*run)(void *state, uint64_t budget_ns, struct bench_sample *out);
};
void *bench_worker_open(const struct bench_case *c, struct bench_note *note, const struct bench_work *how);
void bench_worker_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out);
void bench_worker_close(void *state);

#endif
