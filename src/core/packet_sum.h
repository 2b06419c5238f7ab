/* SPDX-License-Identifier: BSD-2-Clause */
/* Internet checksums of what does not lie in one piece: a packet's linear part and its slices. */
#ifndef SV_CORE_PACKET_SUM_H
#define SV_CORE_PACKET_SUM_H

#include "core/addr.h"
#include "core/checksum.h"
#include "seven/buf.h"

/* The sum (not complemented, as sv_sum() gives it) of everything from `from_base`, an offset from the
 * linear area's base such as b->l4, to the packet's end. The offset must lie in the linear part or at its
 * end. */
uint16_t sv_l4_sum(const struct sv_buf *b, uint16_t from_base, uint32_t cpu);

/* The sum of the pseudo-header of either family (RFC 9293 §3.1, RFC 8200 §8.1). A v4-mapped prefix adds
 * 0xffff, which is zero in one's complement, so one formula serves both. */
static inline uint16_t sv_pseudo_sum(const struct sv_addr *src, const struct sv_addr *dst, uint8_t protocol,
                                     uint32_t length)
{
    const uint64_t word[4] = {sv_addr_word(src, 0), sv_addr_word(src, 1), sv_addr_word(dst, 0), sv_addr_word(dst, 1)};
    uint64_t sum = (uint64_t)sv_sum_u32(length) + sv_sum_u16(protocol);
    sum += (word[0] & 0xffffffffu) + (word[0] >> 32) + (word[1] & 0xffffffffu) + (word[1] >> 32);
    sum += (word[2] & 0xffffffffu) + (word[2] >> 32) + (word[3] & 0xffffffffu) + (word[3] >> 32);
    sum = (sum & 0xffffffffu) + (sum >> 32);
    return sv_sum_fold((uint32_t)((sum & 0xffffu) + (sum >> 16 & 0xffffu) + (sum >> 32)));
}

/* The same for IPv4 alone. */
static inline uint16_t sv_pseudo_sum_v4(const struct sv_addr *src, const struct sv_addr *dst, uint8_t protocol,
                                        uint32_t length)
{
    uint32_t a, b;
    sv_memcpy(&a, src->byte + 12, 4);
    sv_memcpy(&b, dst->byte + 12, 4);
    const uint64_t sum = (uint64_t)a + b + sv_sum_u16(protocol) + sv_sum_u32(length);
    return sv_sum_fold((uint32_t)((sum & 0xffffu) + (sum >> 16 & 0xffffu) + (sum >> 32)));
}

#endif
