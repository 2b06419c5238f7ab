/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of an idle established endpoint: what the stack's own account grows by for each one of n (table,
 * handle and timers in it), checked against the pages truly touched once n are open, options negotiated and
 * 64 bytes sent each way. Seven as a contestant. */
#include "bench/peer_kernel.h"
#include "bench/seven_pair.h"

#include <stdlib.h>
#include <sys/mman.h>

#define SMALL 1024u

struct idle {
    struct pair *pair;
    struct pair_server server;
    struct pair_client *client;
    double account, touched;
};

void seven_idle_close(void *state)
{
    struct idle *i = state;
    pair_destroy(i->pair);
    free(i->client);
    free(i);
}

void *seven_idle_open(const struct bench_case *c, struct bench_note *note)
{
    struct pair_options o = {/* A connection whose acknowledgement is delayed is busy for 40 ms. */
                             .connections = SMALL, .time_waits = 1024, .busy = 65536,
                             .bufs = 65536,        .slabs = 65536,     .buffer = 65536};
    const struct sv_stack_config small = pair_stack_config(&o, 0);
    o.connections = c->connections;
    const struct sv_stack_config large = pair_stack_config(&o, 0);
    struct idle *i = calloc(1, sizeof *i);
    if (!i)
        return NULL;
    i->account = (double)(sv_stack_bytes(&large) - sv_stack_bytes(&small)) / (double)(c->connections - SMALL);
    i->client = calloc(c->connections, sizeof *i->client);
    i->pair = i->client ? pair_create(&o, note) : NULL;
    if (!i->pair)
        goto no;
    madvise(i->pair->memory, i->pair->bytes, MADV_NOHUGEPAGE);
    const uint64_t before = bench_resident_bytes(i->pair->memory, i->pair->bytes);
    if (!pair_open(i->pair, &i->server, i->client, c->connections, 64, note))
        goto no;
    const uint64_t after = bench_resident_bytes(i->pair->memory, i->pair->bytes);
    i->touched = (double)(after - before) / (2.0 * c->connections);
    bench_say(note, false, "account %.1f bytes an endpoint, pages touched %.1f (%u connections, both ends open)",
              i->account, i->touched, c->connections);
    return i;
no:
    seven_idle_close(i);
    return NULL;
}

void seven_idle_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    const struct idle *i = state;
    /* Pool pages and the busy records of the opening are touched once, whatever the count. */
    const double common = 40e6 / (2.0 * c->connections);
    (void)budget_ns;
    out->value = i->account > i->touched ? i->account : i->touched;
    if (i->touched > i->account * 1.05 + common)
        bench_fail(out, "touched %.1f bytes an endpoint, the account says %.1f", i->touched, i->account);
    if (i->touched < i->account / 2)
        bench_fail(out, "only %.1f bytes an endpoint were touched of %.1f", i->touched, i->account);
}

struct seven_row {
    void *state;
    void (*run)(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out);
    void (*close)(void *state);
};

static void *seven_open(const struct bench_case *c, struct bench_note *note)
{
    struct seven_row *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    switch (c->kind) {
    case BENCH_BULK:
    case BENCH_REF:
    case BENCH_SUPER:
        *r = (struct seven_row){seven_bulk_open(c, note), seven_bulk_run, seven_bulk_close};
        break;
    case BENCH_RR:
        *r = (struct seven_row){seven_rr_open(c, note), seven_rr_run, seven_rr_close};
        break;
    case BENCH_CONNECT:
        *r = (struct seven_row){seven_connect_open(c, note), seven_connect_run, seven_connect_close};
        break;
    case BENCH_IDLE:
        *r = (struct seven_row){seven_idle_open(c, note), seven_idle_run, seven_idle_close};
        break;
    default:
        *r = (struct seven_row){seven_wire_open(c, note), bench_worker_run, bench_worker_close};
        break;
    }
    if (!r->state) {
        free(r);
        return NULL;
    }
    return r;
}

static void seven_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    const struct seven_row *r = state;
    r->run(r->state, c, budget_ns, out);
}

static void seven_close(void *state)
{
    struct seven_row *r = state;
    r->close(r->state);
    free(r);
}

const struct bench_contestant bench_seven = {"seven", seven_open, seven_run, seven_close};
