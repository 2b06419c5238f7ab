/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of an idle established endpoint: what the stack's own account grows by for each one of n (table,
 * handle and timers in it), checked against the pages truly touched once n are open, options negotiated and
 * 64 bytes sent each way. Seven as a contestant.
 *
 * What is lent to connections under way (busy records, packets) is touched once, as much of it as there ever are at a
 * time: those opened within a delayed acknowledgement, 40 ms. So time goes by turns here, not by the machine's speed:
 * that memory is little, the same everywhere, and has been touched when the first quarter is open. What the other three
 * quarters touch is their own. */
#include "bench/peer_kernel.h"
#include "bench/seven_pair.h"

#include <stdlib.h>
#include <sys/mman.h>

#define SMALL 1024u
#define TURN SV_MS

/* A millisecond whenever it is looked at. */
static sv_time turns(void)
{
    static sv_time now;
    return now += TURN;
}

struct idle {
    struct pair *pair;
    struct pair_server server;
    struct pair_client *client;
    double account, whole, own; /* whole: touched, an endpoint; own: by the last three quarters */
};

void seven_idle_close(void *state)
{
    struct idle *i = state;
    pair_destroy(i->pair);
    free(i->client);
    free(i);
}

/* Opens connections [from, to): bytes touched by it. False: *note says why. */
static bool open_part(struct idle *i, uint32_t from, uint32_t to, uint64_t *touched, struct bench_note *note)
{
    const uint64_t before = bench_resident_bytes(i->pair->memory, i->pair->bytes);
    if (!pair_open(i->pair, &i->server, i->client, from, to, 64, note))
        return false;
    *touched = bench_resident_bytes(i->pair->memory, i->pair->bytes) - before;
    return true;
}

void *seven_idle_open(const struct bench_case *c, struct bench_note *note)
{
    struct pair_options o = {.connections = SMALL,
                             .time_waits = 1024,
                             .busy = 8192,
                             .bufs = 8192,
                             .slabs = 8192,
                             .buffer = 65536,
                             .small_pages = true};
    const struct sv_stack_config small = pair_stack_config(&o, 0);
    const uint32_t n = c->connections;
    o.connections = n;
    const struct sv_stack_config large = pair_stack_config(&o, 0);
    struct idle *i = calloc(1, sizeof *i);
    uint64_t first = 0, rest = 0;
    if (!i)
        return NULL;
    i->account = (double)(sv_stack_bytes(&large) - sv_stack_bytes(&small)) / (double)(n - SMALL);
    i->client = calloc(n, sizeof *i->client);
    sv_time (*const clock)(void) = pair_clock;
    pair_clock = turns;
    i->pair = i->client ? pair_create(&o, note) : NULL;
    pair_clock = clock;
    if (!i->pair)
        goto no;
    if (!open_part(i, 0, n / 4, &first, note) || !open_part(i, n / 4, n, &rest, note))
        goto no;
    i->whole = (double)(first + rest) / (2.0 * n);
    const uint32_t later = n - n / 4;
    i->own = (double)rest / (2.0 * later);
    bench_say(note, false, "account %.1f bytes an endpoint; touched by %u open %.1f, by the last three quarters %.1f",
              i->account, n, i->whole, i->own);
    return i;
no:
    seven_idle_close(i);
    return NULL;
}

void seven_idle_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    const struct idle *i = state;
    const double edges = 2.0 * 3.0 * 4096.0 / (1.5 * c->connections); /* of three arrays the last pages are whole */
    const double lent = 4e6 / (2.0 * c->connections);
    (void)budget_ns;
    out->value = i->account > i->own ? i->account : i->own;
    if (i->own > i->account + edges)
        bench_fail(out, "each endpoint touched %.1f bytes more, the account says %.1f", i->own, i->account);
    if (i->own < 0.95 * i->account - edges)
        bench_fail(out, "each endpoint touched only %.1f bytes more of %.1f", i->own, i->account);
    if (i->whole > i->account + lent)
        bench_fail(out, "touched %.1f bytes an endpoint, the account says %.1f", i->whole, i->account);
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
