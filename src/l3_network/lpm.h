/* SPDX-License-Identifier: BSD-2-Clause */
/* Longest-prefix match that holds a full internet table: numbers (what a prefix leads to) found by address.
 *
 * A table is a trie of 64-way nodes below a root of 2^root_bits nodes. Each step takes six bits of the address. What a
 * node answers for its 64 slots is a list of *runs*: slots next to each other with the same answer share one word, and
 * a bitmap tells where runs begin, so that counting its ones up to a slot finds the slot's run (the leaf compression of
 * Asai and Ohara, "Poptrie", 2015). An IPv4 prefix of at most 24 bits is thus two reads away: the node of its first
 * 18 bits, and the run. A run's word is an answer, or the number of the node that knows more. A node of one run keeps
 * it in itself.
 *
 *      first 18 bits                6 bits                                     6 bits
 *     +--------------+    +-----------------------+    runs    +---+---+---+
 *     | root node i  | -> | map 0010..1 | at      | ---------> | 7 | > | 7 |   > : node -> ...
 *     +--------------+    +-----------------------+            +---+---+---+
 *
 * Beside each node stand the prefixes that end in it, from which its runs are made anew when one of them comes or goes:
 * that is what makes an update cheap, and a deletion as cheap as an insertion. Blocks of runs and of prefixes come from
 * two spaces in which neighbours that are free join again (lpm_space.h); a block is as large as its node's set of
 * prefixes could need, so only a set that grows ever asks for memory. The prefix of length zero is kept apart: a
 * default route that comes and goes touches no node.
 *
 * Trees of both families and of several tables share the nodes. All of it lies in the arena, by index. */
#ifndef SV_L3_LPM_H
#define SV_L3_LPM_H

#include "core/core.h"
#include "l3_network/lpm_space.h"

#define SV_LPM_TREES 32u
#define SV_LPM_STRIDE 6u
#define SV_LPM_CHILD 0x80000000u /* in a run's word: the rest is a node's number */
#define SV_LPM_VALUE_MAX 0x7fffffffu

/* An address, or the bits of a prefix with zeros after them. IPv4 stands in the upper half of `high`. */
struct sv_lpm_key {
    uint64_t high, low;
};

/* What a lookup reads, a cache line: the map of where runs begin (bit 0 is never set), where run 0 lies, and room for
 * the runs of a node that has few: it answers by itself. `block` is where more would lie, SV_NONE: not needed. */
#define SV_LPM_NODE_WORDS 16u
#define SV_LPM_INLINE 12u
struct sv_lpm_node {
    uint64_t map;
    uint32_t at; /* index into the words */
    uint32_t block;
};

/* The prefixes that end in a node, and its children, with a block of words for each in this order. */
struct sv_lpm_set {
    uint64_t own;   /* of 1 to 5 bits: bit 1 << length | bits */
    uint64_t own6;  /* of 6 bits: one a slot */
    uint64_t child; /* one a slot */
    uint32_t block; /* in the space of values; SV_NONE: nothing here */
    uint32_t inherited;
};

struct sv_lpm_tree {
    uint32_t used; /* 1: there is such a tree */
    uint32_t bits; /* 32 or 128 */
    uint32_t root_bits;
    uint32_t first; /* node of the root's slot 0 */
    uint32_t heap;  /* the short prefixes: values by 1 << length | bits, from here */
    uint32_t fallback;
    uint32_t prefixes;
    uint32_t spare;
};

struct sv_lpm {
    int64_t words_at;    /* from this struct: nodes, then runs */
    int64_t sets_at;     /* one a node */
    int64_t heap_at;     /* the short prefixes' values */
    uint32_t nodes;      /* the ceiling; the first is never used, so that word 0 is 0 */
    uint32_t nodes_made; /* of them, ever */
    uint32_t node_free;  /* a list through `map` */
    uint32_t nodes_used;
    uint32_t heap_words, heap_made;
    uint32_t spare[2];
    struct sv_lpm_space runs;   /* over words_at */
    struct sv_lpm_space values; /* over its own words */
    struct sv_lpm_tree tree[SV_LPM_TREES];
};

struct sv_lpm_config {
    uint32_t prefixes; /* over all trees */
    uint32_t trees4, trees6;
};

/* Arena bytes of it. Room is for any mixture of prefixes of at most 24 and 64 bits; a table of nothing but longer ones
 * may be full sooner. */
uint64_t sv_lpm_bytes(const struct sv_lpm_config *config);
SV_MUST_CHECK bool sv_lpm_init(struct sv_lpm *t, struct sv_arena *arena, const struct sv_lpm_config *config);

/* A tree of addresses of 32 or 128 bits, its root as `config` wants it for the first of a family (large tables have
 * large roots), else small. SV_NONE: no room. */
uint32_t sv_lpm_tree_make(struct sv_lpm *t, const struct sv_lpm_config *config, uint32_t bits);

/* The value of a prefix, 1 to SV_LPM_VALUE_MAX; a prefix that is there gets the new one. Bits of the key behind the
 * prefix do not matter. False: full; nothing has changed. Some 200 ns; a prefix shorter than the root's bits
 * takes as long as there are root nodes under it. */
SV_MUST_CHECK bool sv_lpm_set_value(struct sv_lpm *t, uint32_t tree, struct sv_lpm_key prefix, uint32_t length,
                                    uint32_t value);
/* False: it was not there. Never needs memory. */
bool sv_lpm_remove(struct sv_lpm *t, uint32_t tree, struct sv_lpm_key prefix, uint32_t length);

/* The value of exactly that prefix, 0: none. */
uint32_t sv_lpm_value(const struct sv_lpm *t, uint32_t tree, struct sv_lpm_key prefix, uint32_t length);

/* The value of the longest prefix of an address; 0: none. */
uint32_t sv_lpm_lookup(const struct sv_lpm *t, uint32_t tree, struct sv_lpm_key key);

/* The same for n addresses at once, whose cache misses then overlap. cpu: enum sv_cpu. The results are equal whatever
 * it says. */
void sv_lpm_lookup_burst4(const struct sv_lpm *t, uint32_t tree, const uint32_t *address, uint32_t *value, uint32_t n,
                          uint32_t cpu);
void sv_lpm_lookup_burst6(const struct sv_lpm *t, uint32_t tree, const struct sv_lpm_key *key, uint32_t *value,
                          uint32_t n, uint32_t cpu);

/* Bytes in use: nodes, runs, prefixes. */
uint64_t sv_lpm_used(const struct sv_lpm *t);

/* Asserts every invariant, and that each node's runs are what its prefixes say. */
void sv_lpm_check(const struct sv_lpm *t);

static inline struct sv_lpm_key sv_lpm_key_of_v4(uint32_t address)
{
    return (struct sv_lpm_key){(uint64_t)address << 32, 0};
}

#endif
