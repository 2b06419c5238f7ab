/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of one packet appended to another without copying them. */
#ifndef SV_CORE_PACKET_REFER_H
#define SV_CORE_PACKET_REFER_H

#include "seven/buf.h"

/* Appends n bytes of `from`, `offset` bytes after its head, to `to`: by reference where they lie in slabs
 * (each gains a reference and is read-only from then on for both), by copy where they lie in a descriptor's
 * inline room. When slice[] of `to` would be overfull, all are copied into fresh slabs instead.
 * False: `from` is shorter, the pool is empty, or even that overfills; `to` then holds a part, free it. */
SV_MUST_CHECK bool sv_buf_refer(struct sv_buf *to, const struct sv_buf *from, uint32_t offset, uint32_t n,
                                enum sv_want want);

/* Appends a copy of the bytes, packed densely: `*room` is what is left in the last slice's slab, 0 at first;
 * hand the same variable on to go on packing. False as above. */
SV_MUST_CHECK bool sv_buf_pack(struct sv_buf *to, const struct sv_buf *from, uint32_t offset, uint32_t n,
                               enum sv_want want, uint32_t *room);

/* How many slices sv_buf_refer() would append. */
uint32_t sv_buf_refer_slices(const struct sv_buf *from, uint32_t offset, uint32_t n);

/* Are n bytes at `offset` of both packets the same? False if either is shorter. */
bool sv_buf_same(const struct sv_buf *a, uint32_t a_offset, const struct sv_buf *b, uint32_t b_offset, uint32_t n);

#endif
