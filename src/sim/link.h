/* SPDX-License-Identifier: BSD-2-Clause */
/* A link between two ports: a node that takes a frame in at one end and gives it out at the other, later,
 * and perhaps not as it was. Each direction has its own rate, delay, queue and faults, and for each kind of fault a
 * random stream of its own, named by the link and the direction, of which the n-th number is the n-th frame's, whether
 * or not it is used: so a fault more, or another rate of one kind, does not move the others.
 *
 * A frame waits in the queue while those before it are sent (`rate_bit_s`), then it is on the cable for `delay_ns`.
 * Frames keep their order unless the draw for reordering says otherwise; jitter alone never overtakes. */
#ifndef SV_SIM_LINK_H
#define SV_SIM_LINK_H

#include "core/core.h"
#include "seven/arena.h"
#include "sim/queue.h"
#include "stack/node.h"

#define SV_LINK_MILLION 1000000u

/* One direction. Chances are in millionths of the frames; all zero is a perfect, infinitely fast cable. */
struct sv_link_way {
    uint64_t rate_bit_s;    /* 0: a frame takes no time, and nothing waits */
    sv_time delay_ns;       /* from the last bit in to the last bit out */
    sv_time jitter_ns;      /* up to so much more */
    sv_time reorder_ns;     /* a frame that is reordered, and the copy of a duplicated one, come up to so much later */
    uint32_t queue_packets; /* frames that wait for the first bit to be sent, at most. 0: the link's ceiling */
    uint32_t loss, duplicate, reorder, corrupt, truncate;
    uint32_t check_fcs; /* 1: the receiving adapter drops what was corrupted or cut (BAD_FCS) */
    /* Losses in runs (Gilbert and Elliott): a hidden state, good or bad, that each frame may change; in the good one
     * `loss` is the chance, in the bad one `bad_loss`. Both 0: always good. */
    uint32_t to_bad, to_good, bad_loss;
    uint32_t mtu;  /* IP bytes: what is longer is dropped without a word (a black hole). 0: none */
    uint32_t down; /* 1: a partition of this direction alone: what is sent into it is lost */
    /* A contact that comes and goes: of each flap_ns from flap_from on, the first flap_down_ns nothing passes. */
    sv_time flap_from, flap_ns, flap_down_ns;
    struct sv_queue_config queue; /* `packets` 0: queue_packets */
};

struct sv_link_config {
    uint32_t size;   /* sizeof(struct sv_link_config) */
    uint32_t number; /* this link in the trace (as a host) and in the random streams */
    uint64_t seed;
    struct sv_trace *trace;    /* NULL: none */
    uint32_t ceiling;          /* frames each way at most, waiting and on the cable [256] */
    uint32_t stream;           /* names its random streams; 0: `number` */
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
    SV_LINK_MARKED,     /* the queue set Congestion Experienced; argument: packets that waited */
    SV_LINK_EVENTS
};

struct sv_link;

/* NULL: the arena is full or a value out of range. The pool must be that of the packets. */
struct sv_link *sv_link_create(struct sv_arena *arena, struct sv_pool *pool, const struct sv_link_config *config,
                               sv_time now);
struct sv_node *sv_link_node(struct sv_link *l);
uint64_t sv_link_bytes(uint32_t ceiling); /* arena bytes it takes, at most */

/* New conditions for what comes in at `port` from now on; the queue's discipline begins anew. */
void sv_link_set_way(struct sv_link *l, sv_port port, const struct sv_link_way *way, sv_time now);
const struct sv_link_way *sv_link_way_of(const struct sv_link *l, sv_port port);

/* Cut: what waits and what is on the cable is lost, and what is sent into it (LINK_DOWN). */
void sv_link_set_up(struct sv_link *l, bool up, sv_time now);

/* A partition of one direction, while the other goes on. */
void sv_link_set_down(struct sv_link *l, sv_port port, bool down, sv_time now);

/* Flips one bit of the frame that comes in at `port` as the `frame`th from now (0: the next one), whatever the
 * draws say. The bit counts from the frame's first, modulo its length. */
void sv_link_flip(struct sv_link *l, sv_port port, uint32_t frame, uint32_t bit);

/* Flips one bit of a packet, in a copy of its own if its bytes are shared. False: the pool is empty. */
bool sv_link_flip_bit(struct sv_buf *b, uint32_t bit);

/* Sets Congestion Experienced if the packet's IP header says that its sender understands (RFC 3168 §5). */
bool sv_link_mark(struct sv_buf *b);

struct sv_link_counts {
    uint64_t frames, bytes; /* that came in */
    uint64_t delivered;     /* that came out, copies too */
    uint64_t broadcasts;    /* of `frames`, those to a broadcast or group address */
    uint64_t marked, duplicated, reordered, corrupted, truncated;
    uint32_t waiting_most; /* frames in the queue, at most */
};
const struct sv_link_counts *sv_link_count(const struct sv_link *l, sv_port port);

uint32_t sv_link_packets(const struct sv_link *l); /* waiting and on the cable now, both ways */
uint64_t sv_link_drops(const struct sv_link *l, enum sv_drop reason);

extern const struct sv_node_ops sv_link_ops;

#endif
