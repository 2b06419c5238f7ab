/* SPDX-License-Identifier: BSD-2-Clause */
/* A cable between two ports: a node that takes a frame in at one end and gives it out at the other, later,
 * and perhaps not as it was. Each direction has its own rate, delay and faults, and for each kind of fault a
 * random stream of its own, from which every frame draws exactly once whether or not it is used: so a fault
 * more, or another rate of one kind, does not move the others.
 *
 * Frames keep their order unless the draw for reordering says otherwise; jitter alone never overtakes. */
#ifndef SV_SIM_LINK_H
#define SV_SIM_LINK_H

#include "core/core.h"
#include "seven/arena.h"
#include "stack/node.h"

#define SV_LINK_MILLION 1000000u

/* One direction. Chances are in millionths of the frames; all zero is a perfect, infinitely fast cable. */
struct sv_link_way {
    uint64_t rate_bit_s;    /* 0: a frame takes no time */
    sv_time delay_ns;       /* from the last bit in to the last bit out */
    sv_time jitter_ns;      /* up to so much more */
    sv_time reorder_ns;     /* a frame that is reordered, and the copy of a duplicated one, come up to so much later */
    uint32_t queue_packets; /* frames on the cable or before it, at most; the rest is dropped. 0: the link's ceiling */
    uint32_t loss, duplicate, reorder, corrupt, truncate;
    uint32_t check_fcs; /* 1: the receiving adapter drops what was corrupted or cut (BAD_FCS) */
};

struct sv_link_config {
    uint32_t size;   /* sizeof(struct sv_link_config) */
    uint32_t number; /* this link in the trace (as a host) and in the random streams */
    uint64_t seed;
    struct sv_trace *trace; /* NULL: none */
    uint32_t ceiling;       /* frames each way at most [256] */
    uint32_t spare;
    struct sv_link_way way[2]; /* way[p]: what comes in at port p */
};

/* `detail` of the LINK event; `port` is where the frame came in. */
enum sv_link_event {
    SV_LINK_UP,         /* argument: 0 */
    SV_LINK_CUT,        /* argument: frames that were on the cable */
    SV_LINK_DUPLICATED, /* argument: microseconds that the copy comes later */
    SV_LINK_REORDERED,  /* argument: microseconds that it comes later */
    SV_LINK_CORRUPTED,  /* argument: the bit, counted from the frame's first */
    SV_LINK_TRUNCATED,  /* argument: bytes left */
    SV_LINK_EVENTS
};

struct sv_link;

/* NULL: the arena is full or a value out of range. The pool must be that of the packets. */
struct sv_link *sv_link_create(struct sv_arena *arena, struct sv_pool *pool, const struct sv_link_config *config,
                               sv_time now);
struct sv_node *sv_link_node(struct sv_link *l);

/* New conditions for what comes in at `port` from now on. */
void sv_link_set_way(struct sv_link *l, sv_port port, const struct sv_link_way *way);

/* Cut: what is on the cable is lost, and what is sent into it (LINK_DOWN). */
void sv_link_set_up(struct sv_link *l, bool up, sv_time now);

/* Flips one bit of the frame that comes in at `port` as the `frame`th from now (0: the next one), whatever the
 * draws say. The bit counts from the frame's first, modulo its length. */
void sv_link_flip(struct sv_link *l, sv_port port, uint32_t frame, uint32_t bit);

uint32_t sv_link_packets(const struct sv_link *l); /* on the cable now, both ways */
uint64_t sv_link_drops(const struct sv_link *l, enum sv_drop reason);

extern const struct sv_node_ops sv_link_ops;

#endif
