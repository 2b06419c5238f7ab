/* SPDX-License-Identifier: BSD-2-Clause */
/* Two Seven stacks in one world, one process, one thread, back to back over an in-memory link. What the
 * rows share: the world, the link that holds W bytes back, and the turning of both ends. */
#ifndef BENCH_SEVEN_PAIR_H
#define BENCH_SEVEN_PAIR_H

#include "bench/bench.h"
#include "seven/seven.h"

#define PAIR_CLIENT 0u
#define PAIR_SERVER 1u
#define PAIR_EVENTS 64u
#define PAIR_LINK 65536u /* packets that the link can hold: a power of two, above what any row needs */

struct pair_options {
    uint32_t connections; /* ceiling at each end */
    uint32_t time_waits;  /* 0: the stack's default */
    uint32_t busy;        /* connections with something in flight at once */
    uint32_t bufs, slabs; /* of the world's pool */
    uint32_t buffer;      /* send and receive buffer of a connection */
    uint32_t flags;       /* enum sv_interface_flag, both ends */
    uint32_t super;       /* longest payload of a super-frame; 0: none */
    bool small_pages;     /* ordinary ones, so that those touched can be counted */
};

/* Packets on their way from client to server, held back until W bytes of payload are there. */
struct pair_link {
    struct sv_buf *packet[PAIR_LINK];
    uint32_t head, tail;
    uint64_t held, w_bytes; /* payload bytes on it, and what it holds before a burst leaves */
    uint32_t burst;         /* wire segments that leave at once */
    uint64_t samples;
    double share; /* sum over bursts of held / w_bytes */
};

struct pair {
    void *memory;
    uint64_t bytes;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_stack *stack[2];
    struct sv_node *node[2];
    struct sv_room room;
    sv_time now; /* the measured clock, read once a turn */
    sv_time (*clock)(void);
    sv_time away;    /* time of the clock in which nobody turned this world: it has not passed there */
    uint64_t frames; /* descriptors that crossed, both ways */
    struct pair_link link;
};

/* The configuration of either end, for rows that compute with it. */
struct sv_stack_config pair_stack_config(const struct pair_options *o, uint32_t which);
struct sv_addr pair_address(uint32_t which);

/* NULL: not enough memory, or a stack refused; `note` says what. */
struct pair *pair_create(const struct pair_options *o, struct bench_note *note);
void pair_destroy(struct pair *p);

/* Reads the clock and lets what is due at either end happen. */
void pair_tick(struct pair *p);

/* Time goes on from where it stood when this world was last turned: what lay on the link while others were
 * measured must not time out. */
void pair_resume(struct pair *p);

/* Moves everything that `from` may send to the other end at once. The packets moved. */
uint32_t pair_move(struct pair *p, uint32_t from);

/* Back and forth until neither end has anything to send now. */
void pair_settle(struct pair *p);

/* Client to server through the holding link: fills it to W, then one burst leaves. False: nothing was there. */
bool pair_link_turn(struct pair *p);
void pair_link_reset(struct pair *p, uint64_t w_bytes);
double pair_link_share(const struct pair *p); /* mean since the reset */

/* A listener on every port of the server's address. */
bool pair_listen(struct pair *p, sv_sock *listener);

/* Which port number i is connected to: the server listens on every one of them, so that a million
 * connections find as many four-tuples. */
static inline uint16_t pair_port(uint32_t i)
{
    return (uint16_t)(1024u + i % 512u);
}

/* One client connection of the rows that have many: 16 bytes, so that a choice at random costs the driver
 * one line of cache. */
struct pair_client {
    sv_sock sock;
    uint64_t number; /* of the request under way; 0: none */
};

/* The server's application: accepts, answers every message of `message` bytes (64: bench_answer; 1: the byte
 * with 0x5a), closes when the peer has finished. */
struct pair_server {
    sv_sock listener;
    uint32_t message;
    uint64_t accepted, answered, closed;
    char wrong[100]; /* "": nothing yet */
};
void pair_serve(struct pair *p, struct pair_server *s);

/* Opens connections `from` to n - 1, `depth` at a time, and sends one message each way on each (seven_many.c); listens
 * before the first of all. */
bool pair_open(struct pair *p, struct pair_server *s, struct pair_client *client, uint32_t from, uint32_t n,
               uint32_t depth, struct bench_note *note);

/* Rows. */
void *seven_bulk_open(const struct bench_case *c, struct bench_note *note);
void seven_bulk_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out);
void seven_bulk_close(void *state);
void *seven_rr_open(const struct bench_case *c, struct bench_note *note);
void seven_rr_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out);
void seven_rr_close(void *state);
void *seven_connect_open(const struct bench_case *k, struct bench_note *note);
void seven_connect_run(void *state, const struct bench_case *k, uint64_t budget_ns, struct bench_sample *out);
void seven_connect_close(void *state);
void *seven_idle_open(const struct bench_case *c, struct bench_note *note);
void seven_idle_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out);
void seven_idle_close(void *state);
void *seven_wire_open(const struct bench_case *c, struct bench_note *note); /* then as a bench_worker */

/* For callgrind: exactly so many operations, on a clock of its own. */
bool seven_bulk_exactly(void *state, uint64_t segments);
bool seven_rr_exactly(void *state, uint64_t round_trips);
bool seven_connect_exactly(void *state, uint64_t connections);
extern sv_time (*pair_clock)(void); /* what new pairs read; bench_wall_ns by default */
extern bool pair_portable;          /* new stacks use the portable routines whatever the processor has */

#endif
