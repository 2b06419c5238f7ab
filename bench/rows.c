/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows, and the floor as a contestant. */
#include "bench/bench.h"

#include <fnmatch.h>
#include <string.h>

#define K 1024u
#define M (1024u * 1024u)
#define BULK(name, w, says)                                     \
    {                                                           \
        name, "ns/segment", BENCH_BULK, w, 1, 0, 0, false, says \
    }
#define REF(name, w, says)                                     \
    {                                                          \
        name, "ns/segment", BENCH_REF, w, 1, 0, 0, false, says \
    }
#define SUPER(name, w, says)                                     \
    {                                                            \
        name, "ns/segment", BENCH_SUPER, w, 1, 0, 0, false, says \
    }
#define RR(name, n, depth, says)                           \
    {                                                      \
        name, "k/s", BENCH_RR, 0, n, depth, 0, false, says \
    }
#define WIRE(name, unit, kind, offload, says)       \
    {                                               \
        name, unit, kind, 0, 1, 0, 0, offload, says \
    }

#define SAYS_BULK "one connection, checksums and copies, W bytes in flight"
#define SAYS_REF "by reference, checksums offloaded, a segment at a time"
#define SAYS_SUPER "by reference, checksums and segmentation offloaded"

static const struct bench_case full[] = {
    BULK("bulk-16k", 16 * K, SAYS_BULK),
    BULK("bulk-64k", 64 * K, SAYS_BULK),
    BULK("bulk-256k", 256 * K, SAYS_BULK),
    BULK("bulk-1m", 1 * M, SAYS_BULK),
    BULK("bulk-4m", 4 * M, SAYS_BULK),
    REF("ref-16k", 16 * K, SAYS_REF),
    REF("ref-64k", 64 * K, SAYS_REF),
    REF("ref-256k", 256 * K, SAYS_REF),
    REF("ref-1m", 1 * M, SAYS_REF),
    REF("ref-4m", 4 * M, SAYS_REF),
    SUPER("super-256k", 256 * K, SAYS_SUPER),
    SUPER("super-1m", 1 * M, SAYS_SUPER),
    SUPER("super-4m", 4 * M, SAYS_SUPER),
    RR("rr-1", 1, 1, "64 B asked and answered, one at a time"),
    RR("rr-10k", 10000, 64, "64 B asked and answered over 10,000 connections at random, 64 at once"),
    RR("rr-1m", 1000000, 64, "64 B asked and answered over 1,000,000 connections at random, 64 at once"),
    {"connect", "k/s", BENCH_CONNECT, 0, 64, 64, 1000000, false,
     "opened, one byte each way, closed, 64 at once, beside 1,000,000 TIME-WAITs"},
    {"idle", "bytes", BENCH_IDLE, 0, 1000000, 64, 0, false, "memory of an idle endpoint, over 1,000,000 truly opened"},
    WIRE("wire-up", "Gbit/s", BENCH_WIRE_UP, true, "to a kernel socket over a TAP, offloads on; kernel: veth"),
    WIRE("wire-down", "Gbit/s", BENCH_WIRE_DOWN, true, "from a kernel socket over a TAP, offloads on; kernel: veth"),
    WIRE("wire-rr", "us", BENCH_WIRE_RR, true, "64 B asked and answered, one at a time, over a TAP; kernel: veth"),
    WIRE("plain-up", "Gbit/s", BENCH_WIRE_UP, false, "to a kernel socket over a TAP, plain frames; kernel: veth"),
    WIRE("plain-down", "Gbit/s", BENCH_WIRE_DOWN, false, "from a kernel socket over a TAP, plain frames; kernel: veth"),
};

/* --quick: the same code, a few seconds in all. */
static const struct bench_case quick[] = {
    BULK("bulk-16k", 16 * K, SAYS_BULK),
    BULK("bulk-4m", 4 * M, SAYS_BULK),
    REF("ref-64k", 64 * K, SAYS_REF),
    SUPER("super-1m", 1 * M, SAYS_SUPER),
    RR("rr-1", 1, 1, "64 B asked and answered, one at a time"),
    RR("rr-10k", 1000, 64, "quick: over 1,000 connections"),
    RR("rr-1m", 20000, 64, "quick: over 20,000 connections"),
    {"connect", "k/s", BENCH_CONNECT, 0, 64, 64, 20000, false, "quick: beside 20,000 TIME-WAITs"},
    {"idle", "bytes", BENCH_IDLE, 0, 20000, 64, 0, false, "quick: over 20,000"},
    WIRE("wire-up", "Gbit/s", BENCH_WIRE_UP, true, "to a kernel socket over a TAP, offloads on; kernel: veth"),
    WIRE("wire-rr", "us", BENCH_WIRE_RR, true, "64 B asked and answered over a TAP; kernel: veth"),
};

uint32_t bench_rows(bool want_quick, const struct bench_case **rows)
{
    *rows = want_quick ? quick : full;
    return (uint32_t)(want_quick ? sizeof quick / sizeof quick[0] : sizeof full / sizeof full[0]);
}

bool bench_row_wanted(const struct bench_options *o, const struct bench_case *c)
{
    bool wanted = o->row_count == 0;
    for (int i = 0; i < o->row_count; i++) {
        const size_t n = strlen(o->rows[i]);
        /* "bulk" means every "bulk-..." */
        wanted |= strncmp(o->rows[i], c->name, n) == 0 && (c->name[n] == '\0' || c->name[n] == '-');
        wanted |= fnmatch(o->rows[i], c->name, 0) == 0;
    }
    return wanted;
}

static void *floor_open(const struct bench_case *c, struct bench_note *note)
{
    static int state;
    (void)note;
    return c->kind == BENCH_BULK || c->kind == BENCH_REF || c->kind == BENCH_SUPER ? &state : NULL;
}

static void floor_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    (void)state;
    out->value = floor_ns_for(c->w_bytes, c->kind == BENCH_BULK, budget_ns, &out->in_flight);
    if (out->value < 0)
        bench_fail(out, "the floor's own check failed");
}

static void floor_close(void *state)
{
    (void)state;
}

const struct bench_contestant bench_floor = {"floor", floor_open, floor_run, floor_close};
