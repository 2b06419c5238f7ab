/* SPDX-License-Identifier: BSD-2-Clause */
/* Many lookups at once, level by level: all addresses' nodes are asked for, then all their runs, so that the misses of
 * one overlap those of the others. No branch depends on an address but how many must go one level deeper, so none is
 * guessed wrong. The one thing that differs between machines is how ones are counted. */
#ifndef SV_L3_LPM_BURST_H
#define SV_L3_LPM_BURST_H

#include "l3_network/lpm_node.h"

#define SV_LPM_BURST 256u /* so many that the few whose answers lie deeper wait for each other, not each alone */
#define SV_LPM_BURST6 32u /* all of these go deep: no more than what the nearest cache holds */
#define SV_LPM_AHEAD 24u  /* as many misses as are on their way at once */
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

/* Those whose answer lies deeper, by their places in the burst. */
struct sv_lpm_deeper {
    uint32_t n;
    uint32_t place[SV_LPM_BURST];
};

typedef uint32_t sv_lpm_slot_of(const void *keys, uint32_t place, uint32_t offset);

static inline uint32_t sv_lpm_slot4(const void *keys, uint32_t place, uint32_t offset)
{
    return ((const uint32_t *)keys)[place] << offset >> 26;
}
static inline uint32_t sv_lpm_slot6(const void *keys, uint32_t place, uint32_t offset)
{
    return sv_lpm_slot(((const struct sv_lpm_key *)keys)[place], offset);
}

/* The answer of one node, put at its place; who must go on is added to the list. Without a branch: half of all
 * addresses may have no route, and which is not to be guessed. */
static inline __attribute__((always_inline)) void sv_lpm_burst_answer(const uint32_t *words, const uint32_t *node,
                                                                      uint32_t slot, uint32_t place, uint32_t fallback,
                                                                      uint32_t *value, struct sv_lpm_deeper *d,
                                                                      sv_lpm_count *count)
{
    uint64_t map;
    sv_memcpy(&map, node, sizeof map);
    const uint32_t word = words[node[2] + count(map << (63u - slot))];
    const uint32_t none = ((word | (0u - word)) >> 31) - 1u; /* all ones if word is 0 */
    value[place] = word | (fallback & none);
    d->place[d->n] = place;
    d->n += word >> 31;
}

/* Level after level for those still on their way, whose nodes stand in value[] and are asked for already: first where
 * all their answers are, then those. */
static inline __attribute__((always_inline)) void
sv_lpm_burst_deeper(const struct sv_lpm_tree *r, const uint32_t *words, const void *keys, uint32_t *value,
                    struct sv_lpm_deeper *d, uint32_t offset, sv_lpm_slot_of *slot_of, sv_lpm_count *count)
{
    uint32_t at[SV_LPM_BURST];
    while (d->n) {
        const uint32_t going = d->n;
        uint32_t still = 0;
        for (uint32_t i = 0; i < going; i++) {
            /* d->n counts the places written; that it goes up by a word's top bit, 0 or 1, the analyser does not see.
             * NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign) */
            const uint32_t place = d->place[i];
            const struct sv_lpm_node n = sv_lpm_node_of(words, value[place] & ~SV_LPM_CHILD);
            at[i] = n.at + count(n.map << (63u - slot_of(keys, place, offset)));
            SV_LPM_SOON(words + at[i]);
        }
        for (uint32_t i = 0; i < going; i++) {
            const uint32_t word = words[at[i]], place = d->place[i];
            const uint32_t none = ((word | (0u - word)) >> 31) - 1u;
            value[place] = word | (r->fallback & none);
            SV_LPM_SOON(words + (size_t)(word & (0u - (word >> 31)) & ~SV_LPM_CHILD) * SV_LPM_NODE_WORDS);
            d->place[still] = place;
            still += word >> 31;
        }
        d->n = still;
        offset += sv_lpm_width(r->bits, offset);
    }
}

static inline __attribute__((always_inline)) void sv_lpm_burst4(const struct sv_lpm *t, const struct sv_lpm_tree *r,
                                                                const uint32_t *address, uint32_t *value, uint32_t n,
                                                                sv_lpm_count *count)
{
    const uint32_t *words = sv_lpm_words(t);
    const uint32_t *root = words + (size_t)r->first * SV_LPM_NODE_WORDS;
    const uint32_t shift = 32u - r->root_bits, fallback = r->fallback;
    struct sv_lpm_deeper d = {.n = 0};
    for (uint32_t i = 0; i < n && i < SV_LPM_AHEAD; i++)
        SV_LPM_SOON(root + (size_t)(address[i] >> shift) * SV_LPM_NODE_WORDS);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t a = address[i], ahead = address[i + SV_LPM_AHEAD < n ? i + SV_LPM_AHEAD : i];
        SV_LPM_SOON(root + (size_t)(ahead >> shift) * SV_LPM_NODE_WORDS);
        sv_lpm_burst_answer(words, root + (size_t)(a >> shift) * SV_LPM_NODE_WORDS, a >> (shift - SV_LPM_STRIDE) & 63u,
                            i, fallback, value, &d, count);
    }
    for (uint32_t i = 0; i < d.n; i++)
        SV_LPM_SOON(words + (size_t)(value[d.place[i]] & ~SV_LPM_CHILD) * SV_LPM_NODE_WORDS);
    sv_lpm_burst_deeper(r, words, address, value, &d, r->root_bits + SV_LPM_STRIDE, sv_lpm_slot4, count);
}

static inline __attribute__((always_inline)) void sv_lpm_burst6(const struct sv_lpm *t, const struct sv_lpm_tree *r,
                                                                const struct sv_lpm_key *key, uint32_t *value,
                                                                uint32_t n, sv_lpm_count *count)
{
    const uint32_t *words = sv_lpm_words(t);
    for (uint32_t begin = 0; begin < n; begin += SV_LPM_BURST6) {
        const uint32_t some = sv_min_u32(n - begin, SV_LPM_BURST6);
        struct sv_lpm_deeper d;
        d.n = some;
        for (uint32_t i = 0; i < some; i++) {
            value[begin + i] = sv_lpm_root(r, key[begin + i]);
            SV_LPM_SOON(words + (size_t)value[begin + i] * SV_LPM_NODE_WORDS);
            d.place[i] = i;
        }
        sv_lpm_burst_deeper(r, words, key + begin, value + begin, &d, r->root_bits, sv_lpm_slot6, count);
    }
}

#endif
