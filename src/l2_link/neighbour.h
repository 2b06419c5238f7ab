/* SPDX-License-Identifier: BSD-2-Clause */
/* The neighbour cache: which MAC has which address on which interface. Neutral to family; ARP asks and learns
 * for IPv4, ND may for IPv6. The states are those of RFC 4861 §7.3.2 for both:
 *
 *   FREE -> INCOMPLETE (asked up to 3 times, 1 s apart) -> REACHABLE (15 to 45 s after the last proof)
 *        -> STALE (usable; the first use begins DELAY) -> DELAY (5 s for the upper layer to give proof)
 *        -> PROBE (asked to one station up to 3 times) -> REACHABLE, or FAILED (1 s of knowing it is not
 *        there, RFC 1122 §2.3.2.1: no flood of questions) -> FREE once nobody pins it.
 *
 * Packets wait at an INCOMPLETE neighbour, at most 64 each (the 45 fragments of one largest datagram fit) and
 * 256 in all; the oldest gives way to the newest (RFC 1122 §2.3.2.2 wants at least the latest kept). Those that
 * waited in vain lie on `refused`, so that the network layer may tell their senders. Upper layers keep an entry by
 * its index and a pin; entries that became usable, changed or failed stand in `changed` until collected. A full
 * table recycles the least recently used entry that nobody pins. */
#ifndef SV_L2_NEIGHBOUR_H
#define SV_L2_NEIGHBOUR_H

#include "core/addr.h"
#include "core/wheel_kinds.h"
#include "l2_link/interface.h"
#include "seven/stack.h" /* enum sv_neighbour_state */

#define SV_NEIGHBOUR_RETRANS_MS 1000u    /* RetransTimer, RFC 4861 §10 */
#define SV_NEIGHBOUR_TRIES 3u            /* MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT */
#define SV_NEIGHBOUR_REACHABLE_MS 30000u /* BASE_REACHABLE_TIME, times 0.5 to 1.5 (RFC 4861 §6.3.2) */
#define SV_NEIGHBOUR_DELAY_MS 5000u      /* DELAY_FIRST_PROBE_TIME */
#define SV_NEIGHBOUR_FAILED_MS 1000u     /* how long a failure is believed */
#define SV_NEIGHBOUR_HELD_EACH 64u
#define SV_NEIGHBOUR_HELD_ALL 256u
#define SV_NEIGHBOURS_FEW 8u /* so many are looked through without hashing */

struct sv_link;

/* Why an entry moved: the `event` of SV_TRACE_NEIGHBOUR. */
enum sv_neighbour_cause {
    SV_NEIGHBOUR_ON_CREATED = 1,   /* first wanted */
    SV_NEIGHBOUR_ON_LEARNED = 2,   /* its own frame told us */
    SV_NEIGHBOUR_ON_ANSWERED = 3,  /* it answered our question */
    SV_NEIGHBOUR_ON_CONFIRMED = 4, /* an upper layer made progress through it */
    SV_NEIGHBOUR_ON_USED = 5,      /* stale, and used */
    SV_NEIGHBOUR_ON_TIMEOUT = 6,
    SV_NEIGHBOUR_ON_RECYCLED = 7, /* made room for another */
    SV_NEIGHBOUR_ON_SET = 8,      /* by the configuration */
    SV_NEIGHBOUR_ON_FLUSHED = 9,  /* its interface went down */
    SV_NEIGHBOUR_ON_ASKED = 10,   /* a question went out; the state stays */
    SV_NEIGHBOUR_ON_DOUBTED = 11, /* an upper layer waits for answers in vain */
};

struct sv_neighbour {
    struct sv_wheel_node timer;
    struct sv_addr addr;
    struct sv_addr source; /* our address that asks for it */
    sv_time deadline;      /* of the present state; SV_NEVER */
    sv_time confirmed;     /* the last proof that it is there */
    struct sv_packet_queue held;
    sv_port port;
    uint32_t pins;
    uint32_t chain;        /* next in the hash bucket, or the free list */
    uint32_t newer, older; /* the recycling list; not in it while pinned or permanent */
    uint32_t changed_next;
    uint32_t reachable_ms; /* this entry's own draw */
    uint8_t mac[SV_MAC_BYTES];
    uint8_t state;   /* enum sv_neighbour_state */
    uint8_t tries;   /* questions asked in this state */
    uint8_t changed; /* stands in the changed list */
    uint8_t listed;  /* stands in the recycling list */
    uint8_t router;  /* it says so (IPv6) */
    uint8_t spare[5];
};

struct sv_neighbours {
    int64_t at, buckets_at; /* from this struct */
    uint32_t ceiling, buckets;
    uint32_t free_first;
    uint32_t newest, oldest;
    uint32_t changed_first, changed_last;
    uint32_t held; /* packets that wait, over all */
    uint32_t used;
    uint32_t spare;
    struct sv_packet_queue refused; /* waited in vain; port and reason are looked up by whoever drains it */
};

enum sv_neighbour_answer { SV_NEIGHBOUR_READY, SV_NEIGHBOUR_WAIT, SV_NEIGHBOUR_NONE };

SV_MUST_CHECK bool sv_neighbours_init(struct sv_neighbours *n, struct sv_core *c, struct sv_arena *arena,
                                      uint32_t ceiling);

static inline struct sv_neighbour *sv_neighbour_of(const struct sv_neighbours *n, uint32_t index)
{
    return (struct sv_neighbour *)((uintptr_t)n + (uintptr_t)n->at) + index;
}
/* The six bytes of an entry that is READY. */
static inline const uint8_t *sv_neighbour_mac(const struct sv_neighbours *n, uint32_t index)
{
    return sv_neighbour_of(n, index)->mac;
}

/* The entry of an address, SV_NONE if there is none. */
uint32_t sv_neighbour_find(struct sv_core *c, const struct sv_link *l, sv_port port, const struct sv_addr *addr);

/* The same, made if need be (nothing is asked yet). `source`: our address that will ask. SV_NONE: the table
 * is full of pinned entries. */
uint32_t sv_neighbour_get(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *addr,
                          const struct sv_addr *source);

/* An entry that was found is wanted: what sv_neighbour_get() does of one that there is. */
void sv_neighbour_wanted(struct sv_neighbours *n, uint32_t index, const struct sv_addr *source);

/* A pin: the index keeps meaning this address until released. */
void sv_neighbour_hold(struct sv_neighbours *n, uint32_t index);
void sv_neighbour_release(struct sv_neighbours *n, uint32_t index);

/* May a frame go to it now? READY: its MAC is good (a stale one begins to be verified by this use). WAIT:
 * it was asked; the changed list will tell. NONE: it does not answer (asked again after a second). */
enum sv_neighbour_answer sv_neighbour_use_slowly(struct sv_core *c, struct sv_link *l, uint32_t index);

/* Is it READY, with nothing to be verified? */
static inline bool sv_neighbour_is_there(const struct sv_neighbours *n, uint32_t index)
{
    const uint8_t state = sv_neighbour_of(n, index)->state;
    return state == SV_NEIGHBOUR_REACHABLE || state == SV_NEIGHBOUR_PERMANENT;
}
static inline enum sv_neighbour_answer sv_neighbour_use(struct sv_core *c, struct sv_link *l, struct sv_neighbours *n,
                                                        uint32_t index)
{
    if (SV_LIKELY(sv_neighbour_is_there(n, index)))
        return SV_NEIGHBOUR_READY;
    return sv_neighbour_use_slowly(c, l, index);
}

/* Sends a network-layer packet (head at its IP header) to it: pushes the Ethernet header and queues it on the
 * interface, or holds it, or drops it. False: dropped. */
bool sv_neighbour_send(struct sv_core *c, struct sv_link *l, uint32_t index, struct sv_buf *take);

/* An upper layer made progress through it (RFC 4861 §7.3.1): it is there. */
void sv_neighbour_confirm_slowly(struct sv_core *c, struct sv_link *l, uint32_t index);
static inline void sv_neighbour_confirm(struct sv_core *c, struct sv_link *l, struct sv_neighbours *n, uint32_t index)
{
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    if (SV_LIKELY(e->state == SV_NEIGHBOUR_REACHABLE))
        e->confirmed = c->now;
    else if (e->state != SV_NEIGHBOUR_PERMANENT) /* which needs no proof */
        sv_neighbour_confirm_slowly(c, l, index);
}

/* What goes through it is not answered (RFC 1122 §3.3.1.4): it is asked itself, soon after it is used next. */
void sv_neighbour_doubt(struct sv_core *c, struct sv_link *l, uint32_t index);

/* What a frame of its own told: `answers` when it answered us. `create`: make an entry if there is none (the
 * frame asked for us, RFC 826). False: nothing was kept. */
bool sv_neighbour_learn(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *addr,
                        const uint8_t mac[SV_MAC_BYTES], bool answers, bool create, const struct sv_addr *source);

/* What a neighbour advertisement said (RFC 4861 §4.4). */
struct sv_neighbour_told {
    const uint8_t *mac; /* NULL: it named none */
    bool solicited, override, router;
};
enum sv_neighbour_heard {
    SV_NEIGHBOUR_UNHEARD, /* it changes nothing that we hold */
    SV_NEIGHBOUR_HEARD,
    SV_NEIGHBOUR_NO_ROUTER, /* heard; and it was a router and is none now */
};

/* RFC 4861 §7.2.5, to the letter: an entry is changed, never made. */
enum sv_neighbour_heard sv_neighbour_advertised(struct sv_core *c, struct sv_link *l, sv_port port,
                                                const struct sv_addr *addr, const struct sv_neighbour_told *told);
/* What other messages of its own showed of an entry that there is: it sent a router advertisement, or asked for one. */
void sv_neighbour_set_router(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *addr);
void sv_neighbour_set_host(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *addr);

/* Is its MAC known, fresh or not? */
bool sv_neighbour_has_mac(const struct sv_neighbours *n, uint32_t index);

/* A fixed entry. False: the table is full. */
bool sv_neighbour_set(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *addr,
                      const uint8_t mac[SV_MAC_BYTES]);

/* Forgets what was learned on an interface that went down. */
void sv_neighbours_flush(struct sv_core *c, struct sv_link *l, sv_port port);

/* The wheel woke entry `index` (SV_WHEEL_NEIGHBOUR). */
void sv_neighbour_expire(struct sv_core *c, struct sv_link *l, uint32_t index);

/* The next entry that became usable, changed its MAC or failed since it was last given: whoever waits on it looks
 * again. SV_NONE: no more. */
uint32_t sv_neighbour_next_changed(struct sv_neighbours *n);

/* The next packet that waited in vain, head at its IP header; NULL: none. Ownership goes to the caller, who
 * drops it NEIGHBOUR_UNREACHABLE after telling its sender. */
struct sv_buf *sv_neighbour_next_refused(struct sv_core *c, struct sv_neighbours *n);

/* The question for an IPv6 neighbour, as sv_arp_ask() is for IPv4. Neighbour solicitations are ICMPv6, which is the
 * network layer's: it fills this (l3_network/nd.c). source: our address that asks. to: one station, or NULL for the
 * solicited-node group. */
void sv_nd_solicit(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *source,
                   const struct sv_addr *target, const uint8_t *to);

/* Asserts every invariant. */
void sv_neighbours_check(const struct sv_core *c, const struct sv_neighbours *n);

#endif
