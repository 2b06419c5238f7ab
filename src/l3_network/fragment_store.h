/* SPDX-License-Identifier: BSD-2-Clause */
/* Between fragment.c and fragment_join.c only. */
#ifndef SV_L3_FRAGMENT_STORE_H
#define SV_L3_FRAGMENT_STORE_H

#include "core/packet_refer.h"
#include "core/pool_inline.h"
#include "l3_network/fragment.h"

static inline struct sv_datagram *sv_datagram_of(const struct sv_fragments *t, uint32_t index)
{
    return (struct sv_datagram *)((uintptr_t)t + (uintptr_t)t->at) + index;
}
static inline struct sv_fragment *sv_fragment_of(const struct sv_fragments *t, uint32_t index)
{
    return (struct sv_fragment *)((uintptr_t)t + (uintptr_t)t->fragments_at) + index;
}

/* Frees its fragments: dropped with a reason, or silently with NONE. */
void sv_datagram_empty(struct sv_core *c, struct sv_fragments *t, struct sv_datagram *d, enum sv_drop why);
/* Back to the free list; it is empty. */
void sv_datagram_remove(struct sv_core *c, struct sv_fragments *t, uint32_t index);

/* All pieces are there: one packet of them, and its header. NULL: dropped (memory, or ECN that contradicts
 * itself). The record is gone in either case. */
struct sv_buf *sv_datagram_join(struct sv_core *c, struct sv_fragments *t, uint32_t index, struct sv_ip_hdr *h);

#endif
