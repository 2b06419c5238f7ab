/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may wait for a link, and who is told that there is a queue: the disciplines, without the packets. The link asks
 * on the way into its queue (drop-tail, RED) and on the way out (CoDel), and does what it is told. Chances are in
 * millionths; no floating point. */
#ifndef SV_SIM_QUEUE_H
#define SV_SIM_QUEUE_H

#include "seven/base.h"

enum sv_queue_kind {
    SV_QUEUE_DROP_TAIL, /* full is full */
    SV_QUEUE_CODEL,     /* RFC 8289: by how long packets have waited */
    SV_QUEUE_RED,       /* Floyd and Jacobson: by the mean length, and by chance */
};

struct sv_queue_config {
    uint32_t kind;                  /* enum sv_queue_kind */
    uint32_t packets;               /* that may wait, at most; 0: the link's ceiling */
    uint32_t bytes;                 /* the same in bytes; 0: no limit */
    uint32_t ecn;                   /* 1: who says that it understands is marked (RFC 3168) instead of dropped */
    sv_time target_ns, interval_ns; /* CoDel [5 ms, 100 ms] */
    uint32_t red_min, red_max;      /* packets: the mean below which nothing, above which all is dropped [5, 15] */
    uint32_t red_chance;            /* at red_max [100,000] */
    uint32_t red_weight;            /* the mean follows by 2^-red_weight [9] */
};

enum sv_queue_verdict { SV_QUEUE_TAKE, SV_QUEUE_MARK, SV_QUEUE_REFUSE };

struct sv_queue {
    struct sv_queue_config c;
    uint32_t packets, bytes; /* that wait now */
    /* CoDel */
    sv_time above_since, next_drop; /* above_since 0: below the target */
    uint32_t count, last_count;
    uint32_t dropping;
    /* RED */
    uint32_t since_mark; /* packets since one was marked or dropped */
    uint64_t mean;       /* 2^16 times */
    sv_time idle_since;  /* SV_NEVER: not idle */
};

/* Zeros take the defaults in brackets. */
void sv_queue_init(struct sv_queue *q, const struct sv_queue_config *config, sv_time now);

/* May a packet of `length` bytes join? `draw` is 32 random bits, used or not. REFUSE by the ceiling or by RED. *full
 * says which. */
enum sv_queue_verdict sv_queue_join(struct sv_queue *q, uint32_t length, uint32_t draw, sv_time packet_ns, sv_time now,
                                    bool *full);
void sv_queue_joined(struct sv_queue *q, uint32_t length);

/* The head, which came at `came`, leaves the queue: is it sent (TAKE), marked and sent, or dropped (REFUSE; then ask
 * for the next)? */
enum sv_queue_verdict sv_queue_leave(struct sv_queue *q, uint32_t length, sv_time came, sv_time now);

#endif
