/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of 100BASE-TX share. */
#ifndef SV_L1_PHYSICAL_TX100_H
#define SV_L1_PHYSICAL_TX100_H

#include "core/math.h"
#include "l1_physical/phy_internal.h"

/* Code groups with a meaning of their own; the leftmost bit is sent first (table 24-1). */
enum { SV_4B5B_Q = 0, SV_4B5B_H = 4, SV_4B5B_R = 7, SV_4B5B_T = 13, SV_4B5B_K = 17, SV_4B5B_J = 24, SV_4B5B_I = 31 };

#define SV_TX100_KEY_MASK 0x7ffu
#define SV_TX100_PERIOD 2047u
/* Idle is all ones, so what leaves is the complement of the key, which has 1024 ones a period. */
#define SV_TX100_IDLE_ONES 1023u

/* The scrambler's next bit, x^11 + x^9 + 1 (ANSI X3.263 §7.2). */
static inline uint32_t sv_tx100_key(uint32_t *key)
{
    const uint32_t next = (*key >> 8 ^ *key >> 10) & 1;
    *key = (*key << 1 | next) & SV_TX100_KEY_MASK;
    return next;
}

/* The lowest bit becomes the highest. */
static inline uint32_t sv_tx100_reversed(uint32_t v)
{
    v = (v & 0x55555555u) << 1 | (v >> 1 & 0x55555555u);
    v = (v & 0x33333333u) << 2 | (v >> 2 & 0x33333333u);
    v = (v & 0x0f0f0f0fu) << 4 | (v >> 4 & 0x0f0f0f0fu);
    v = (v & 0x00ff00ffu) << 8 | (v >> 8 & 0x00ff00ffu);
    return v << 16 | v >> 16;
}

/* The key in the order of time, eleven bits of it with the oldest in bit 0; and back. */
static inline uint32_t sv_tx100_in_time(uint32_t key)
{
    return sv_tx100_reversed(key) >> 21;
}

/* The 64 bits of key that follow eleven, all in the order of time: k[n] = k[n-9] + k[n-11], which is the last eleven
 * divided by 1 + x^9 + x^11; and 1 / (1 + u) = (1 + u) (1 + u^2) (1 + u^4) ... */
static inline uint64_t sv_tx100_key_word(uint32_t before)
{
    uint64_t k = before >> 2 ^ before;
    k ^= k << 9 ^ k << 11;
    k ^= k << 18 ^ k << 22;
    return k ^ k << 36 ^ k << 44;
}

/* The eleven bits before the one that follows n (1 .. 64) of that word. */
static inline uint32_t sv_tx100_key_after(uint32_t before, uint64_t word, uint32_t n)
{
    const uint64_t last = n < 11 ? before >> n | word << (11 - n) : word >> (n - 11);
    return (uint32_t)last & SV_TX100_KEY_MASK;
}

/* Moves the key over n bits; returns, modulo 4, how many ones n symbols of idle have. */
uint32_t sv_tx100_idle_jump(uint32_t *key, uint64_t n);

/* Takes up to n symbols, 64 at a time, while nothing out of the ordinary happens, in the middle of a frame between two
 * octets (in_data), or of idle, and no more than until `t->since` comes to `until`. Returns how many; 0: look at them
 * one by one. The decoder is locked. */
uint32_t sv_tx100_fast(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, bool in_data, uint32_t until);

void sv_tx100_decoder_init(struct sv_phy_decoder *d);
uint32_t sv_tx100_decode(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct sv_phy_event *event);
void sv_tx100_decode_skip(struct sv_phy_decoder *d, uint64_t n);
bool sv_tx100_idle(const struct sv_phy_decoder *d);
bool sv_tx100_locked(const struct sv_phy_decoder *d);
void sv_tx100_follow(struct sv_phy_decoder *d, const struct sv_phy_encoder *e);

#endif
