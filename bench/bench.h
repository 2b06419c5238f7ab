/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark's own words: rows, contestants, samples. A row is one figure (a workload with its W or its
 * number of connections); a contestant is a stack that can be put through it. Rounds are interleaved, so
 * that what the machine does meanwhile happens to all of them, and only ratios inside one run count. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/floor.h"

#define BENCH_CONTESTANTS 4u
#define BENCH_ROUNDS_MAX 32u
#define BENCH_PERIOD (45u * FLOOR_SEGMENT) /* of the test pattern: no power of two, so that a slip shows */

enum bench_kind {
    BENCH_BULK,      /* ns a segment: copied in, summed, verified, copied out */
    BENCH_REF,       /* ns a segment: sent by reference, checksums offloaded, read in place */
    BENCH_SUPER,     /* the same in super-frames of up to 64 KiB */
    BENCH_RR,        /* round trips a second of 64 bytes each way, over connections chosen at random */
    BENCH_CONNECT,   /* connections opened, one byte each way, closed, a second */
    BENCH_IDLE,      /* bytes of an idle established endpoint */
    BENCH_WIRE_UP,   /* Gbit/s to a kernel socket in another process, over a TAP (or veth for the kernel) */
    BENCH_WIRE_DOWN, /* Gbit/s from it */
    BENCH_WIRE_RR,   /* microseconds a round trip of 64 bytes with it */
};

struct bench_case {
    const char *name; /* "bulk-64k" */
    const char *unit; /* as the table prints it */
    enum bench_kind kind;
    uint64_t w_bytes;     /* held in flight (BULK, REF, SUPER) */
    uint32_t connections; /* open at once (RR, IDLE) */
    uint32_t depth;       /* requests or openings under way at once */
    uint32_t standing;    /* TIME-WAIT records that stand meanwhile (CONNECT) */
    bool offload;         /* WIRE: checksum and segmentation offload, or one plain frame of 1500 at a time */
    const char *says;     /* one line for --list */
};

struct bench_sample {
    double value;     /* ns an operation; bytes (IDLE); Gbit/s (WIRE_UP, WIRE_DOWN); us (WIRE_RR) */
    double in_flight; /* mean share of w_bytes held when the receiver took a burst; 0: not applicable */
    uint64_t operations;
    char failed[120]; /* why the check failed; "": it held */
};

/* Why a contestant does not run a row as asked, or what its figure means. */
struct bench_note {
    bool failed; /* it should have run: FAILED */
    char text[160];
};

struct bench_contestant {
    const char *name;
    /* Prepares a row (connections opened, warmed up). NULL: it does not run it; note says why, or nothing. */
    void *(*open)(const struct bench_case *c, struct bench_note *note);
    /* One measured stretch of about budget_ns. */
    void (*run)(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out);
    void (*close)(void *state);
};

extern const struct bench_contestant bench_floor, bench_seven, bench_lwip, bench_kernel;

struct bench_options {
    bool quick, list;
    uint32_t rounds;
    uint64_t budget_ns;
    const char *json;
    const char *contestants; /* comma-separated names; NULL: all */
    char **rows;             /* names or patterns; none: all */
    int row_count;
};

/* What one contestant did in one row. */
struct bench_cell {
    bool ran;
    uint32_t samples;
    double value[BENCH_ROUNDS_MAX]; /* sorted once complete */
    double median, least, most, in_flight;
    struct bench_note note;
};

struct bench_result {
    const struct bench_case *row;
    struct bench_cell cell[BENCH_CONTESTANTS];
};

/* rows.c: the table of rows; quick rows have the same names and smaller numbers. */
uint32_t bench_rows(bool quick, const struct bench_case **rows);
bool bench_row_wanted(const struct bench_options *o, const struct bench_case *c);

/* report.c: shape of a kind: printed as a rate a second though measured in ns. */
bool bench_is_rate(enum bench_kind kind);
bool bench_more_is_better(enum bench_kind kind);
void bench_print_head(const struct bench_contestant *const *who);
void bench_print_row(const struct bench_result *r);
void bench_print_notes(const struct bench_result *r, uint32_t n, const struct bench_contestant *const *who);
void bench_print_flatness(const struct bench_result *r, uint32_t n);

/* json.c: false when the file cannot be written. */
bool bench_write_json(const char *path, const struct bench_result *r, uint32_t n,
                      const struct bench_contestant *const *who, const struct bench_options *o);

/* machine.c */
struct bench_machine {
    char cpu[96], kernel[96], compiler[96], flags[192], pages[64];
    long cpus;
};
const struct bench_machine *bench_machine(void);
void bench_print_machine(const struct bench_options *o);

/* support.c. Clocks: wall time for the stacks, and this thread's processor time for costs (what other
 * programs take meanwhile is not counted). */
uint64_t bench_wall_ns(void);
uint64_t bench_cpu_ns(void);
uint64_t bench_resident_bytes(const void *memory, uint64_t bytes); /* of a mapping: pages truly there */

/* The test pattern: byte i of a stream is pattern[i % BENCH_PERIOD]. `pattern` has room behind its end, so
 * that BENCH_PERIOD bytes may be read from any offset below BENCH_PERIOD. */
const uint8_t *bench_pattern(void);

/* Compares what a reader got with the pattern: nothing but the count (while a by-reference row is timed,
 * since no stack touches those bytes either), the first and last eight bytes of each piece, or every byte
 * (in the untimed stretches before and after). */
enum bench_look { BENCH_COUNT, BENCH_EDGES, BENCH_EVERY };
struct bench_reader {
    uint64_t offset;
    enum bench_look look;
    bool bad;
};
void bench_reader_take(struct bench_reader *r, const uint8_t *bytes, size_t n);

/* Random choices that no stack sees. */
struct bench_rng {
    uint64_t state;
};
uint64_t bench_rng_u64(struct bench_rng *r);
uint32_t bench_rng_below(struct bench_rng *r, uint32_t n);

/* A request of 64 bytes, and the answer that a server makes of it: told apart by number, so that an
 * answer on the wrong connection, or an old one, is seen. */
#define BENCH_MESSAGE 64u
void bench_request(uint8_t *to, uint64_t number);
void bench_answer(uint8_t *message); /* in place, what the server does */
bool bench_answer_holds(const uint8_t *message, uint64_t number);

void bench_fail(struct bench_sample *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bench_say(struct bench_note *n, bool failed, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
