/* SPDX-License-Identifier: BSD-2-Clause */
/* Seven beside the kernel over one impaired link: the simulator's link (sim/link.h) on the real clock, at its far end
 * a receiver of the kernel's behind a TAP, and at the near end as sender either a socket of the kernel's behind another
 * TAP, or a stack of Seven's whose port is the link's. What is compared is TCP, not the speed of anybody's code: the
 * link is the bottleneck, and how far the program that is the link was behind the clock is told, so that a run that
 * the machine disturbed is repeated and not counted. */
#ifndef BENCH_BESIDE_H
#define BENCH_BESIDE_H

#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>

#include "bench/bench.h"
#include "seven/seven.h"
#include "sim/link.h"

#define BESIDE_FLOWS 2u
#define BESIDE_TICK (100u * SV_MS) /* between samples */
#define BESIDE_TICKS 1200u         /* 120 s at most */

/* Seven by its default profile, and by the one that mirrors the kernel's constants. */
enum beside_who { BESIDE_NOBODY, BESIDE_KERNEL, BESIDE_MODERN, BESIDE_LINUX };

/* What a path does. Chances are in millionths of the frames on the way to the receiver. */
struct beside_condition {
    const char *name, *says;
    uint32_t mbit_s, rtt_us;
    uint32_t queue_packets; /* that wait at the bottleneck; the tail is dropped */
    uint32_t loss;
    uint32_t to_bad, to_good, bad_loss; /* Gilbert and Elliott: sim/link.h */
    uint32_t reorder, reorder_us;
    uint32_t duplicate;
    uint32_t jitter_us;
    uint32_t ack_loss; /* of the frames on the way back */
    bool codel;
};

const struct beside_condition *beside_conditions(uint32_t *n);
const struct beside_condition *beside_condition_named(const char *name);
/* The link's two directions: 0 is to the receiver. */
void beside_ways(const struct beside_condition *c, struct sv_link_way way[2]);

struct beside_job {
    const struct beside_condition *condition;
    uint64_t seed; /* of the link's draws */
    uint32_t seconds;
    enum beside_who who[BESIDE_FLOWS];
    uint32_t start_ms[BESIDE_FLOWS]; /* after the first flow's SYN */
    uint32_t congestion;             /* enum sv_congestion: cubic, reno or bbr, of both alike */
    const char *capture;             /* pcapng of what enters the link; NULL: none */
    bool first;                      /* run before every other program of the machine (SCHED_FIFO) */
    const char *log;                 /* what Seven's TCP did, as lines; NULL: none */
};

/* A sender's own view, in segments and microseconds. */
struct beside_view {
    uint32_t cwnd, ssthresh, in_flight, srtt_us, retransmits, backoff;
};

/* How far behind the clock the link was with frames it delivered. */
struct beside_late {
    uint64_t frames, late; /* `late` is those behind by more than the job allows */
    uint64_t sum_ns, most_ns;
};

struct beside_result {
    bool ok;
    char wrong[256];
    bool capture_failed; /* some of it is missing */
    uint32_t ticks;
    uint64_t received[BESIDE_FLOWS][BESIDE_TICKS]; /* bytes that the receiver's program had read at each tick */
    struct beside_view view[BESIDE_FLOWS][BESIDE_TICKS];
    struct beside_late late;
    struct sv_link_counts way[2];
    uint64_t lost, queue_full;
    uint64_t tap_dropped; /* by the kernel before the link saw them: then the run does not count */
};

/* The machine disturbed it: see beside_run.c. */
const char *beside_who_name(enum beside_who who);
bool beside_is_seven(enum beside_who who);
bool beside_disturbed(const struct beside_result *r);
/* Mbit/s of a flow that its receiver's program read between two times. */
double beside_goodput(const struct beside_result *r, uint32_t flow, double from_s, double to_s);

/* One run in the present process, which should be a child made for it: it makes network namespaces and stays. */
void beside_play(const struct beside_job *job, struct beside_result *out);

/* Runs jobs in children, several at once while their rates together are at most `together` Mbit/s. done() is called for
 * each when it has ended, with its number; a disturbed or failed one is run again, at most `tries` times in all. False:
 * interrupted. */
typedef void beside_done(void *self, uint32_t job, const struct beside_result *r, uint32_t tries);
bool beside_run(const struct beside_job *job, uint32_t n, uint32_t tries, uint32_t together, beside_done *done,
                void *self);

/* --- the parts of a run --- */

/* What processes of one run share. */
struct beside_shared {
    _Atomic uint64_t received[BESIDE_FLOWS];
    struct beside_view kernel[BESIDE_FLOWS]; /* written by the sender alone; a torn read does no harm */
};

/* Children in the present namespace: a receiver that listens when this returns, and a sender that connects when a byte
 * comes through *go. -1: failed. */
pid_t beside_receiver(struct beside_shared *s, uint32_t flow, bool first);
pid_t beside_sender(struct beside_shared *s, uint32_t flow, const struct beside_job *job, int *go);
#define BESIDE_PORT 5001u

/* Two namespaces with a TAP in each, addressed 10.9.0.1 and 10.9.0.2, as the kernel has them but for larger buffers.
 * NULL: done; else what was wrong. */
struct beside_ends {
    int ns[2];
    struct sv_tap *tap[2];
};
const char *beside_ends_open(struct beside_ends *e);
uint64_t beside_ends_dropped(const struct beside_ends *e, uint32_t end);
void beside_mac(uint8_t mac[6], uint32_t which); /* 1 the sender, 2 the receiver, 3 Seven */

/* Seven as sender at 10.9.0.3. */
struct beside_seven {
    struct sv_stack *stack;
    struct sv_node *node;
    const struct beside_job *job;
    sv_sock sock[BESIDE_FLOWS];
    uint64_t sent[BESIDE_FLOWS];
    bool open[BESIDE_FLOWS];
    const char *wrong;
    struct sv_trace *trace; /* NULL: none */
    FILE *log;
    sv_time begun;
};
uint64_t beside_seven_bytes(const struct beside_job *job);
bool beside_seven_create(struct beside_seven *s, struct sv_arena *arena, struct sv_pool *pool,
                         const struct beside_job *job, sv_time now);
bool beside_seven_connect(struct beside_seven *s, uint32_t flow, sv_time now);
/* Its timers and its programs, which write whatever fits. */
void beside_seven_turn(struct beside_seven *s, sv_time now);
void beside_seven_view(const struct beside_seven *s, uint32_t flow, struct beside_view *v);

#endif
