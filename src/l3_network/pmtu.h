/* SPDX-License-Identifier: BSD-2-Clause */
/* What routers told about the paths to other hosts: the largest packet that gets there (RFC 1191, RFC 8201). An
 * entry exists only where that is less than the interface's MTU, and is forgotten after ten minutes, so that a path
 * that became wider is found out (RFC 1191 §6.3, RFC 8201 §5.3). A full table recycles the entry that was changed
 * longest ago. Who keeps a result compares `generation`. Whether a report is to be believed is judged before it
 * comes here: the transport finds its own packet quoted (RFC 5927, RFC 8201 §4). */
#ifndef SV_L3_PMTU_H
#define SV_L3_PMTU_H

#include "core/addr.h"
#include "core/core.h"
#include "core/wheel_kinds.h"

#define SV_PMTU_PATHS 256u
#define SV_PMTU_LIFETIME_MS 600000u /* RFC 8201 §5.3 recommends ten minutes */
#define SV_PMTU_MIN_IP4 68u         /* RFC 791 §3.2 */
#define SV_PMTU_MIN_IP6 1280u       /* RFC 8200 §5 */

/* The `detail` of SV_TRACE_PMTU. */
enum sv_pmtu_event {
    SV_PMTU_LEARNED = 1,
    SV_PMTU_AGED = 2,
    SV_PMTU_RECYCLED = 3,
    /* The transport's search (RFC 8899): a probe of that size went out, got there, did not; so much it is. */
    SV_PMTU_PROBED = 4,
    SV_PMTU_FOUND = 5,
    SV_PMTU_TOO_LONG = 6,
    SV_PMTU_COMPLETE = 7,
};

struct sv_pmtu_path {
    struct sv_wheel_node timer;
    struct sv_addr dst;
    sv_time deadline;
    uint32_t mtu;          /* bytes of an IP packet; 0: free */
    uint32_t chain;        /* next in the hash bucket, or the free list */
    uint32_t newer, older; /* by age */
};

struct sv_pmtu {
    int64_t at; /* from this struct */
    uint32_t bucket[SV_PMTU_PATHS];
    uint32_t free_first, used;
    uint32_t newest, oldest;
    uint32_t generation; /* changes when any path got narrower or was forgotten */
    uint32_t spare;
    uint64_t recycled;
};

SV_MUST_CHECK bool sv_pmtu_init(struct sv_pmtu *t, struct sv_core *c, struct sv_arena *arena);
uint64_t sv_pmtu_bytes(void); /* arena bytes beside `t` itself */

uint32_t sv_pmtu_find(const struct sv_core *c, const struct sv_pmtu *t, const struct sv_addr *dst, uint32_t link_mtu);

/* The largest packet to dst that leaves by a link of that MTU. */
static inline uint32_t sv_pmtu_of(const struct sv_core *c, const struct sv_pmtu *t, const struct sv_addr *dst,
                                  uint32_t link_mtu)
{
    return SV_LIKELY(t->used == 0) ? link_mtu : sv_pmtu_find(c, t, dst, link_mtu);
}

/* A believable report: packets of that length are too long for the path. False: nothing became narrower. */
bool sv_pmtu_learn(struct sv_core *c, struct sv_pmtu *t, const struct sv_addr *dst, uint32_t mtu);

/* A packet of that length got there: what was told or believed of the path is not less. */
void sv_pmtu_widen(struct sv_core *c, struct sv_pmtu *t, const struct sv_addr *dst, uint32_t mtu);

/* The wheel woke path `index` (SV_WHEEL_PATH). True: it is forgotten, *dst is where it led. */
bool sv_pmtu_expire(struct sv_core *c, struct sv_pmtu *t, uint32_t index, struct sv_addr *dst);

/* Asserts every invariant. */
void sv_pmtu_check(const struct sv_core *c, const struct sv_pmtu *t);

#endif
