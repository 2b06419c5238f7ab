/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of what came out of order, in sequence order, none touching another: tcp_reass.c's table. A slab holds the
 * first 65 and the heads of up to 121 further slabs of 128 each. To find one takes two bisections, to put one in or to
 * take one out moves no more than a slab's worth: an attacker's holes cost no more than anybody's. */
#ifndef SV_L4_TRANSPORT_TCP_RANGES_H
#define SV_L4_TRANSPORT_TCP_RANGES_H

#include "l4_transport/tcp_internal.h"

struct sv_range {
    uint32_t start, end;  /* [start, end) */
    uint32_t first, last; /* descriptors */
};

/* Where one stands; `chunk` is their number behind the last. Good until one is put in or taken out. */
struct sv_range_at {
    uint32_t chunk, index;
};

#define SV_SACK_RECENT 4u

bool sv_ranges_open(struct sv_tcb *t);              /* an empty table; false: there is no memory */
void sv_ranges_close(struct sv_tcb *t);             /* with all its slabs; not what the ranges hold */
uint32_t *sv_ranges_recent(const struct sv_tcb *t); /* SV_SACK_RECENT numbers of the ranges that grew last */

/* The first that ends at or after `seq`: the one to extend, or the one to stand before. The one that is
 * hinted at is asked first: most segments follow each other. */
struct sv_range_at sv_ranges_find(const struct sv_tcb *t, uint32_t seq);
static inline void sv_ranges_hint(struct sv_tcb *t, struct sv_range_at at)
{
    t->b->ooo_hint = at.chunk << 8 | at.index;
}
struct sv_range *sv_ranges_get(const struct sv_tcb *t, struct sv_range_at at); /* NULL: behind the last */
struct sv_range_at sv_ranges_next(const struct sv_tcb *t, struct sv_range_at at);
/* From the highest down: the one before `at`, which is not the first. */
struct sv_range_at sv_ranges_before(const struct sv_tcb *t, struct sv_range_at at);
struct sv_range_at sv_ranges_end(const struct sv_tcb *t);
/* Before `at`, which names the new one afterwards. False: the table, or the memory, is full. */
bool sv_ranges_insert(struct sv_tcb *t, struct sv_range_at *at, struct sv_range range);
void sv_ranges_remove(struct sv_tcb *t, struct sv_range_at *at); /* `at` names the next then */

#endif
