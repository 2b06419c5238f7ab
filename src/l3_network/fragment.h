/* SPDX-License-Identifier: BSD-2-Clause */
/* Reassembly (RFC 791 §3.2, RFC 815; for both families, RFC 8200 §4.5). A datagram is (source, destination,
 * protocol, identification), of IPv6 without the protocol; its fragments are kept in order, whole packets by index.
 * What overlaps anything but an exact duplicate condemns the datagram (RFC 5722, RFC 8200 §4.5): all of it is
 * dropped, and its record stays until the timer, so that what follows is dropped too. 30 s (IPv6: 60 s) after the
 * first arrival the rest goes, with ICMP time exceeded if the first fragment is there (RFC 1122 §3.3.2). Ceilings on
 * datagrams, fragments and bytes (a fragment is charged the slabs it holds); at each the oldest datagram is evicted,
 * counted. The result is one packet whose payload is by reference; only if slices run out is it copied together. */
#ifndef SV_L3_FRAGMENT_H
#define SV_L3_FRAGMENT_H

#include "core/core.h"
#include "core/wheel_kinds.h"
#include "l3_network/ip_wire.h"

struct sv_net;

#define SV_FRAGMENT_TIMEOUT_MS 30000u     /* RFC 1122 §3.3.2 has 60 to 120 s; Linux 30 */
#define SV_FRAGMENT_TIMEOUT_IP6_MS 60000u /* RFC 8200 §4.5 */
#define SV_FRAGMENTS_EACH 128u            /* of one datagram: 64 KiB at the old minimum MTU of 576 */
#define SV_FRAGMENTS_A_DATAGRAM 32u       /* records in the store for each datagram of the ceiling */

/* The `event` of SV_TRACE_FRAGMENT. */
enum sv_fragment_event {
    SV_FRAGMENT_SENT = 1,
    SV_FRAGMENT_HELD = 2,
    SV_FRAGMENT_DUPLICATE = 3,
    SV_FRAGMENT_COMPLETE = 4,
    SV_FRAGMENT_CONDEMNED = 5, /* overlap */
    SV_FRAGMENT_EXPIRED = 6,
    SV_FRAGMENT_EVICTED = 7,
};

struct sv_fragment {
    uint32_t packet; /* in the pool: head at its payload, l3 at its IP header */
    uint32_t next;   /* by offset, or the free list */
    uint16_t offset, length;
};

struct sv_datagram {
    struct sv_wheel_node timer;
    struct sv_addr src, dst;
    sv_time deadline;
    uint32_t id;
    uint32_t chain;        /* next in the hash bucket, or the free list */
    uint32_t newer, older; /* by age */
    uint32_t first, last;  /* fragments */
    uint32_t fragments;
    uint32_t bytes;         /* charged */
    uint32_t received;      /* payload bytes held */
    uint32_t total;         /* payload bytes of the whole; SV_NONE: the last fragment is not here */
    uint16_t header_length; /* of the first fragment */
    uint8_t protocol;
    uint8_t used;
    uint8_t condemned;
    uint8_t ecn;   /* bit k: a fragment with ECN codepoint k was seen */
    uint16_t port; /* where its first piece came in */
};

struct sv_fragments {
    int64_t at, fragments_at, buckets_at; /* from this struct */
    uint32_t ceiling, fragments_ceiling, buckets;
    uint32_t bytes_max;
    uint32_t free_first, fragment_free;
    uint32_t newest, oldest;
    uint32_t datagrams, fragments, bytes; /* held now */
    uint32_t spare;
};

SV_MUST_CHECK bool sv_fragments_init(struct sv_fragments *t, struct sv_core *c, struct sv_arena *arena,
                                     uint32_t datagrams, uint32_t bytes_max);
uint64_t sv_fragments_bytes(uint32_t datagrams);

/* Takes a parsed fragment from interface `port`. Gives the whole datagram when this was the last piece of it: head at
 * its IP header, which is rewritten as if it had never been cut, and *h to match (parsed anew). NULL: held or
 * dropped. */
struct sv_buf *sv_fragment_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take,
                                   struct sv_ip_hdr *h);

/* The wheel woke datagram `index` (SV_WHEEL_FRAGMENT). */
void sv_fragment_expire(struct sv_core *c, struct sv_net *net, uint32_t index);

/* Asserts every invariant. */
void sv_fragments_check(const struct sv_core *c, const struct sv_fragments *t);

#endif
