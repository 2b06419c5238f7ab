/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/packet_sum.h"

#include "core/pool_inline.h"

uint16_t sv_l4_sum(const struct sv_buf *b, uint16_t from_base, uint32_t cpu)
{
    const uint32_t end = (uint32_t)b->head + b->linear_length;
    SV_ASSERT(from_base >= b->head);
    SV_ASSERT(from_base <= end);
    uint32_t done = end - from_base;
    uint16_t sum = sv_sum(sv_buf_at(b, from_base), done, cpu);
    if (b->slices == 0)
        return sum;
    struct sv_pool *pool = sv_buf_pool_fast(b);
    for (uint32_t i = 0; i < b->slices; i++) {
        const struct sv_slice s = b->slice[i];
        const uint16_t piece = sv_sum(sv_slab_bytes_fast(pool, s.slab) + s.offset, s.length, cpu);
        sum = sv_sum_add(sum, (done & 1u) != 0 ? sv_sum_odd(piece) : piece);
        done += s.length;
    }
    return sum;
}
