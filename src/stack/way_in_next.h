/* SPDX-License-Identifier: BSD-2-Clause */
/* The shortest cut of the way in: a frame that goes on where the one before it in the burst ended, as nearly all of
 * bulk data does. It says what that one said, but for its number, lengths, checksums and perhaps PSH; so all that was
 * asked of that one by way_in_plain.h need only be compared, and the payload joins that one's without a segment being
 * made of it. What is not as described goes through the others, untouched; what is taken here they would have joined
 * with the same result. */
#ifndef SV_STACK_WAY_IN_NEXT_H
#define SV_STACK_WAY_IN_NEXT_H

#include "stack/way_in_plain.h"

#define SV_NEXT_HEADERS (SV_PLAIN_L4 + SV_TCP_PLAIN_MAX)

/* May so many bytes of b, `linear` of them in one piece, become slices of x? */
static inline bool sv_in_has_room(const struct sv_seg *x, const struct sv_buf *b, uint32_t linear, uint32_t length)
{
    const uint32_t pieces = (linear ? 1u : 0u) + b->slices;
    if (x->packet->slices + pieces > SV_SLICES_MAX || x->length + length > 65535u)
        return false;
    return !linear || b->slab != SV_NONE; /* the inline room has no slab to share */
}

/* The payload of b, a segment's with these flags, becomes slices of x; the descriptor goes. */
static inline void sv_in_join(struct sv_seg *x, struct sv_buf *b, uint16_t flags)
{
    struct sv_buf *to = x->packet;
    if (b->linear_length) {
        to->slice[to->slices++] = (struct sv_slice){b->slab, b->head, b->linear_length};
        b->slab = SV_NONE; /* its reference went along */
    }
    for (uint32_t k = 0; k < b->slices; k++)
        to->slice[to->slices++] = b->slice[k];
    b->slices = 0;
    to->length += b->length;
    x->length += b->length;
    x->segments = (uint16_t)(x->segments + b->segments);
    x->flags |= flags;
    sv_buf_free_fast(b);
}

/* Is a segment one that others may follow? Data, with timestamps and no other option. */
static inline bool sv_in_may_be_followed(const struct sv_seg *x)
{
    return x->flags == SV_ACK && x->length && x->header_length == SV_TCP_PLAIN_MAX &&
           x->options == SV_OPTION_TIMESTAMPS;
}

static inline uint64_t sv_next_word(const uint8_t *p)
{
    uint64_t word;
    sv_memcpy(&word, p, 8);
    return word;
}

/* A word's two halves added up, as they lie. */
static inline uint64_t sv_next_halves(const uint8_t *p)
{
    const uint64_t word = sv_next_word(p);
    return (word & 0xffffffffu) + (word >> 32);
}

/* Is all the same in both frames that must be, for p to continue q? All of Ethernet's header; of IPv4's all but length,
 * identification and checksum; of TCP's all but number, PSH, checksum and, without URG, the urgent pointer. */
static inline bool sv_next_agrees(const uint8_t *p, const uint8_t *q)
{
    const uint8_t *p3 = p + SV_PLAIN_L3, *q3 = q + SV_PLAIN_L3, *p4 = p + SV_PLAIN_L4, *q4 = q + SV_PLAIN_L4;
    const uint64_t ends = (sv_next_word(p) ^ sv_next_word(q)) | (sv_next_word(p + 8) ^ sv_next_word(q + 8)) |
                          (sv_next_word(p3 + 12) ^ sv_next_word(q3 + 12));
    const uint64_t stamps = (sv_next_word(p4 + 20) ^ sv_next_word(q4 + 20)) |
                            (sv_next_word(p4 + 24) ^ sv_next_word(q4 + 24)); /* they overlap */
    const uint32_t rest = (sv_get_u32(p3 + 6) ^ sv_get_u32(q3 + 6)) | (sv_get_u32(p4) ^ sv_get_u32(q4)) |
                          (sv_get_u32(p4 + 8) ^ sv_get_u32(q4 + 8));
    const uint32_t flags = sv_get_u32(p4 + 12) ^ sv_get_u32(q4 + 12);
    return (ends | stamps | rest | (flags & ~((uint32_t)SV_PSH << 16))) == 0;
}

/* The addresses and TCP's header, of 40 bytes, and the rest of the pseudo-header. */
static inline uint64_t sv_next_sum(const uint8_t *p, uint32_t tcp)
{
    const uint8_t *at = p + SV_PLAIN_L3 + 12;
    return sv_next_halves(at) + sv_next_halves(at + 8) + sv_next_halves(at + 16) + sv_next_halves(at + 24) +
           sv_next_halves(at + 32) + sv_sum_u16(SV_PROTO_TCP) + sv_sum_u16((uint16_t)tcp);
}

/* p is the first byte of b, q that of x's frame, which sv_in_plain() took. True: the payload of b has joined x. False:
 * nothing was changed. */
static inline bool sv_in_next(struct sv_seg *x, const uint8_t *q, struct sv_buf *b, const uint8_t *p, uint32_t cpu)
{
    if (b->linear_length < SV_NEXT_HEADERS || sv_get_u32(p + SV_PLAIN_L4 + 4) != x->seq + x->length)
        return false;
    const uint32_t length = b->length - SV_NEXT_HEADERS, tcp = length + SV_TCP_PLAIN_MAX;
    if (!length || !sv_in_may_be_followed(x) || !sv_in_has_room(x, b, b->linear_length - SV_NEXT_HEADERS, length))
        return false;
    if (!sv_next_agrees(p, q) || (b->flags & SV_BUF_BROADCAST) ||
        sv_get_u16(p + SV_PLAIN_L3 + 2) != tcp + SV_IP4_HDR_LEN || !sv_ip4_header_is_right(p + SV_PLAIN_L3))
        return false;
    if (!(b->flags & (SV_BUF_CSUM_VALID | SV_BUF_CSUM_PARTIAL)) &&
        !sv_sum_is_right(sv_next_sum(p, tcp) + sv_plain_payload_sum(b, p, SV_NEXT_HEADERS, cpu)))
        return false;
    sv_buf_pull(b, SV_NEXT_HEADERS);
    sv_in_join(x, b, p[SV_PLAIN_L4 + 13] & SV_PSH ? SV_PSH : 0);
    return true;
}

#endif
