/* SPDX-License-Identifier: BSD-2-Clause */
/* Many lookups at once, level by level: all addresses' nodes are asked for, then all their runs, so that the misses of
 * one overlap those of the others. No branch depends on an address but how many must go one level deeper, so none is
 * guessed wrong. The one thing that differs between machines is how ones are counted. */
#ifndef SV_L3_LPM_BURST_H
#define SV_L3_LPM_BURST_H

#include "l3_network/lpm_node.h"

#define SV_LPM_BURST 32u
#define SV_LPM_SOON(p) __builtin_prefetch((p), 0, 3)

typedef uint32_t sv_lpm_count(uint64_t);

/* x86-64 with AVX2, which has the instruction; and the form for every machine. */
void sv_lpm_burst4_avx2(const struct sv_lpm *t, const struct sv_lpm_tree *r, const uint32_t *address, uint32_t *value,
                        uint32_t n);
void sv_lpm_burst6_avx2(const struct sv_lpm *t, const struct sv_lpm_tree *r, const struct sv_lpm_key *key,
                        uint32_t *value, uint32_t n);
void sv_lpm_burst4_portable(const struct sv_lpm *t, const struct sv_lpm_tree *r, const uint32_t *address,
                            uint32_t *value, uint32_t n);
void sv_lpm_burst6_portable(const struct sv_lpm *t, const struct sv_lpm_tree *r, const struct sv_lpm_key *key,
                            uint32_t *value, uint32_t n);

/* Those whose answer lies deeper: at[] are their places in the burst, words[] what led them on. */
struct sv_lpm_deeper {
    uint32_t n;
    uint32_t place[SV_LPM_BURST];
};

/* One level for those still on their way. `slot_of` the address at a place. */
static inline __attribute__((always_inline)) void sv_lpm_burst_level(const struct sv_lpm_tree *r, const uint32_t *words,
                                                                     uint32_t *value, struct sv_lpm_deeper *d,
                                                                     const uint8_t *slot, sv_lpm_count *count)
{
    uint32_t at[SV_LPM_BURST];
    uint32_t still = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        const struct sv_lpm_node n = sv_lpm_node_of(words, value[d->place[i]] & ~SV_LPM_CHILD);
        at[i] = n.at + count(n.map << (63u - slot[i]));
        SV_LPM_SOON(words + at[i]);
    }
    for (uint32_t i = 0; i < d->n; i++) {
        const uint32_t word = words[at[i]], place = d->place[i];
        value[place] = word ? word : r->fallback;
        SV_LPM_SOON(words + (size_t)(word & SV_LPM_CHILD ? word & ~SV_LPM_CHILD : 0) * 4u);
        d->place[still] = place;
        still += word >> 31;
    }
    d->n = still;
}

static inline __attribute__((always_inline)) void sv_lpm_burst4(const struct sv_lpm *t, const struct sv_lpm_tree *r,
                                                                const uint32_t *address, uint32_t *value, uint32_t n,
                                                                sv_lpm_count *count)
{
    const uint32_t *words = sv_lpm_words(t);
    const uint32_t shift = 32u - r->root_bits;
    struct sv_lpm_deeper d;
    uint8_t slot[SV_LPM_BURST];
    d.n = n;
    for (uint32_t i = 0; i < n; i++) {
        value[i] = r->first + (address[i] >> shift);
        SV_LPM_SOON(words + (size_t)value[i] * 4u);
        d.place[i] = i;
    }
    for (uint32_t offset = r->root_bits; d.n; offset += SV_LPM_STRIDE) {
        for (uint32_t i = 0; i < d.n; i++)
            slot[i] = (uint8_t)(address[d.place[i]] << offset >> 26);
        sv_lpm_burst_level(r, words, value, &d, slot, count);
    }
}

static inline __attribute__((always_inline)) void sv_lpm_burst6(const struct sv_lpm *t, const struct sv_lpm_tree *r,
                                                                const struct sv_lpm_key *key, uint32_t *value,
                                                                uint32_t n, sv_lpm_count *count)
{
    const uint32_t *words = sv_lpm_words(t);
    struct sv_lpm_deeper d;
    uint8_t slot[SV_LPM_BURST];
    d.n = n;
    for (uint32_t i = 0; i < n; i++) {
        value[i] = sv_lpm_root(r, key[i]);
        SV_LPM_SOON(words + (size_t)value[i] * 4u);
        d.place[i] = i;
    }
    for (uint32_t offset = r->root_bits; d.n; offset += sv_lpm_width(128, offset)) {
        for (uint32_t i = 0; i < d.n; i++)
            slot[i] = (uint8_t)sv_lpm_slot(key[d.place[i]], offset);
        sv_lpm_burst_level(r, words, value, &d, slot, count);
    }
}

#endif
