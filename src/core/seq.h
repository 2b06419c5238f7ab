/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequence numbers are compared only here: plain < breaks at the wrap. RFC 9293 §3.4. */
#ifndef SV_CORE_SEQ_H
#define SV_CORE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

static inline bool sv_seq_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}
static inline bool sv_seq_before_or_at(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) <= 0;
}
static inline bool sv_seq_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}
static inline bool sv_seq_after_or_at(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) >= 0;
}
/* first <= a < first + length */
static inline bool sv_seq_within(uint32_t a, uint32_t first, uint32_t length)
{
    return a - first < length;
}
static inline uint32_t sv_seq_later(uint32_t a, uint32_t b)
{
    return sv_seq_before(a, b) ? b : a;
}

#endif
