/* SPDX-License-Identifier: BSD-2-Clause */
/* One node of the longest-prefix match: its prefixes edited, its runs made from them. */
#ifndef SV_L3_LPM_NODE_H
#define SV_L3_LPM_NODE_H

#include "l3_network/lpm.h"

static inline uint32_t *sv_lpm_words(const struct sv_lpm *t)
{
    return (uint32_t *)((uintptr_t)t + (uintptr_t)t->words_at);
}
static inline struct sv_lpm_node sv_lpm_node_of(const uint32_t *words, uint32_t node)
{
    struct sv_lpm_node n;
    sv_memcpy(&n, words + (size_t)node * SV_LPM_NODE_WORDS, sizeof n);
    return n;
}
static inline struct sv_lpm_set *sv_lpm_set_of(const struct sv_lpm *t, uint32_t node)
{
    return (struct sv_lpm_set *)((uintptr_t)t + (uintptr_t)t->sets_at) + node;
}

/* How many bits the node `offset` bits deep decides: six, or what is left of the word. */
static inline uint32_t sv_lpm_width(uint32_t bits, uint32_t offset)
{
    const uint32_t end = bits == 32 ? 32u : offset < 64 ? 64u : 128u;
    return sv_min_u32(SV_LPM_STRIDE, end - offset);
}
/* The slot of an address in that node. */
static inline uint32_t sv_lpm_slot(struct sv_lpm_key key, uint32_t offset)
{
    return (uint32_t)((offset < 64 ? key.high : key.low) << (offset & 63u) >> 58);
}
static inline uint32_t sv_lpm_root(const struct sv_lpm_tree *tree, struct sv_lpm_key key)
{
    return tree->first + (uint32_t)(key.high >> (64u - tree->root_bits));
}

/* The number of ones, without an instruction for it: each step adds neighbours. */
static inline uint32_t sv_lpm_ones(uint64_t v)
{
    v -= v >> 1 & 0x5555555555555555u;
    v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
    v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (uint32_t)(v * 0x0101010101010101u >> 56);
}

enum sv_lpm_kind { SV_LPM_OWN, SV_LPM_OWN6, SV_LPM_CHILDREN };

/* A prefix or child of a node by its kind and number: the bit of its map. */
struct sv_lpm_item {
    enum sv_lpm_kind kind;
    uint32_t bit;
};

/* The prefix of `length` bits more in the node where it begins at `slot`. 1 to 6. */
static inline struct sv_lpm_item sv_lpm_item_of(uint32_t slot, uint32_t length)
{
    if (length == SV_LPM_STRIDE)
        return (struct sv_lpm_item){SV_LPM_OWN6, slot};
    return (struct sv_lpm_item){SV_LPM_OWN, 1u << length | slot >> (SV_LPM_STRIDE - length)};
}

/* Where its word is, SV_NONE: it is not there. */
uint32_t sv_lpm_find_item(const struct sv_lpm *t, uint32_t node, struct sv_lpm_item item);
/* The item must not be there. False: no memory, nothing changed. The runs are the old ones until rebuilt. */
SV_MUST_CHECK bool sv_lpm_add_item(struct sv_lpm *t, uint32_t node, struct sv_lpm_item item, uint32_t value);
/* The item must be there. */
void sv_lpm_remove_item(struct sv_lpm *t, uint32_t node, struct sv_lpm_item item);

/* Makes the runs anew, and those of the children that inherit something else than before. */
void sv_lpm_rebuild(struct sv_lpm *t, uint32_t node);
/* What the node's prefixes say about each slot; children are their number with SV_LPM_CHILD. `plain`: what they
 * would inherit. */
void sv_lpm_paint(const struct sv_lpm *t, uint32_t node, uint32_t slot[64], uint32_t plain[64]);

/* A fresh node without anything, SV_NONE: no more. */
uint32_t sv_lpm_node_make(struct sv_lpm *t);
void sv_lpm_node_drop(struct sv_lpm *t, uint32_t node);

static inline bool sv_lpm_set_empty(const struct sv_lpm_set *s)
{
    return (s->own | s->own6 | s->child) == 0;
}
/* Runs that the node could need, whatever the values are. */
uint32_t sv_lpm_runs_max(const struct sv_lpm_set *s);

#endif
