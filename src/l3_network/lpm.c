/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/lpm.h"

#include "l3_network/lpm_node.h"

#define SV_LPM_DEPTH 24u      /* nodes on a way: 128 bits by six, and one more at bit 62 */
#define SV_LPM_RUN_ORDER 6u   /* 64 runs */
#define SV_LPM_VALUE_ORDER 8u /* 62 + 64 prefixes and 64 children */
#define SV_LPM_RESERVED 1u    /* nodes: word 0 must stay 0 */
#define SV_LPM_SMALL 4096u    /* prefixes */
#define SV_LPM_LARGE 16384u

/* The larger the table, the more bits its root takes at once. All are multiples of six, so that steps end at 24, 30, 36
 * and 48 bits: where most prefixes of the internet end. */
static uint32_t sv_lpm_root_bits(uint32_t prefixes)
{
    return prefixes >= SV_LPM_LARGE ? 18 : prefixes >= SV_LPM_SMALL ? 12 : 6;
}
#define SV_LPM_ROOT_EXTRA_BITS 6u /* of the second and later trees */

struct sv_lpm_sizes {
    uint32_t nodes, heap, runs, values;
};

static struct sv_lpm_sizes sv_lpm_sizes_of(const struct sv_lpm_config *config)
{
    const uint32_t n = config->prefixes;
    uint32_t roots = 0;
    for (uint32_t i = 0; i < config->trees4 + config->trees6; i++) {
        const bool first = i == 0 || i == config->trees4;
        roots += 1u << (first ? sv_lpm_root_bits(n) : SV_LPM_ROOT_EXTRA_BITS);
    }
    /* Beside the roots: small tables may hold prefixes of any length; in large ones most share their ways. */
    const uint32_t inner = n < SV_LPM_SMALL ? 4u * n + 64u : n + 3u * SV_LPM_SMALL;
    const uint32_t block = 1u << SV_LPM_VALUE_ORDER;
    struct sv_lpm_sizes s;
    s.nodes = (SV_LPM_RESERVED + roots + inner + 15u) / 16u * 16u;
    s.heap = 2u * roots;
    /* A prefix or child alone in its node needs up to three runs, a block of four; two of them five, a block of eight.
     * A prefix or child alone needs a block of two words. */
    s.runs = (4u * (n + inner) + 2u * block) / block * block;
    s.values = (2u * (n + inner) + 2u * block) / block * block;
    return s;
}

uint64_t sv_lpm_bytes(const struct sv_lpm_config *config)
{
    const struct sv_lpm_sizes s = sv_lpm_sizes_of(config);
    return (uint64_t)s.nodes * (SV_LPM_NODE_WORDS * 4u + sizeof(struct sv_lpm_set)) + (uint64_t)s.heap * 4u +
           ((uint64_t)s.runs + s.values) * 4u + ((uint64_t)s.nodes * SV_LPM_NODE_WORDS + s.runs + s.values) / 2u +
           6u * 64u;
}

bool sv_lpm_init(struct sv_lpm *t, struct sv_arena *arena, const struct sv_lpm_config *config)
{
    const struct sv_lpm_sizes s = sv_lpm_sizes_of(config);
    const uint32_t node_words = s.nodes * SV_LPM_NODE_WORDS;
    uint32_t *words = sv_arena_take(arena, ((uint64_t)node_words + s.runs) * 4u, 64);
    void *sets = sv_arena_take(arena, (uint64_t)s.nodes * sizeof(struct sv_lpm_set), 64);
    uint32_t *heap = sv_arena_take(arena, (uint64_t)s.heap * 4u, 64);
    uint32_t *values = sv_arena_take(arena, (uint64_t)s.values * 4u, 64);
    uint8_t *run_tags = sv_arena_take(arena, ((uint64_t)node_words + s.runs) / 2u, 64);
    uint8_t *value_tags = sv_arena_take(arena, s.values / 2u, 64);
    if (!words || !sets || !heap || !values || !run_tags || !value_tags)
        return false;
    sv_memset(t, 0, sizeof *t);
    t->words_at = (int64_t)((uintptr_t)words - (uintptr_t)t);
    t->sets_at = (int64_t)((uintptr_t)sets - (uintptr_t)t);
    t->heap_at = (int64_t)((uintptr_t)heap - (uintptr_t)t);
    t->nodes = s.nodes;
    t->nodes_made = SV_LPM_RESERVED;
    t->node_free = SV_NONE;
    t->heap_words = s.heap;
    sv_lpm_space_init(&t->runs, words, run_tags, node_words, node_words + s.runs, SV_LPM_RUN_ORDER);
    sv_lpm_space_init(&t->values, values, value_tags, 0, s.values, SV_LPM_VALUE_ORDER);
    return true;
}

uint32_t sv_lpm_tree_make(struct sv_lpm *t, const struct sv_lpm_config *config, uint32_t bits)
{
    uint32_t i = 0;
    bool first = true;
    for (; i < SV_LPM_TREES && t->tree[i].used; i++)
        first = first && t->tree[i].bits != bits;
    const uint32_t root_bits = first ? sv_lpm_root_bits(config->prefixes) : SV_LPM_ROOT_EXTRA_BITS;
    const uint32_t roots = 1u << root_bits;
    if (i == SV_LPM_TREES || t->nodes - t->nodes_made < roots || t->heap_words - t->heap_made < 2u * roots)
        return SV_NONE;
    t->tree[i] = (struct sv_lpm_tree){
        .used = 1, .bits = bits, .root_bits = root_bits, .first = t->nodes_made, .heap = t->heap_made};
    t->nodes_made += roots; /* zero memory is a node that knows nothing */
    t->heap_made += 2u * roots;
    return i;
}

static uint32_t *sv_lpm_heap(const struct sv_lpm *t, const struct sv_lpm_tree *tree)
{
    return (uint32_t *)((uintptr_t)t + (uintptr_t)t->heap_at) + tree->heap;
}

static uint32_t sv_lpm_heap_index(struct sv_lpm_key prefix, uint32_t length)
{
    return 1u << length | (uint32_t)(prefix.high >> 32) >> (32u - length);
}

/* The root nodes below a short prefix get its value, but those that a longer short prefix covers. */
static void sv_lpm_cover(struct sv_lpm *t, const struct sv_lpm_tree *tree, uint32_t index, uint32_t length,
                         uint32_t value)
{
    if (length == tree->root_bits) {
        const uint32_t node = tree->first + index - (1u << length);
        sv_lpm_set_of(t, node)->inherited = value;
        sv_lpm_rebuild(t, node);
        return;
    }
    const uint32_t *heap = sv_lpm_heap(t, tree);
    for (uint32_t next = 2u * index; next <= 2u * index + 1u; next++)
        if (heap[next] == 0)
            sv_lpm_cover(t, tree, next, length + 1u, value);
}

static void sv_lpm_set_short(struct sv_lpm *t, const struct sv_lpm_tree *tree, struct sv_lpm_key prefix,
                             uint32_t length, uint32_t value)
{
    uint32_t *heap = sv_lpm_heap(t, tree);
    const uint32_t index = sv_lpm_heap_index(prefix, length);
    heap[index] = value;
    for (uint32_t up = index; value == 0 && up > 1; up >>= 1) /* gone: the next shorter one takes over */
        value = heap[up >> 1];
    sv_lpm_cover(t, tree, index, length, value);
}

/* The way to the node where a long prefix ends. */
struct sv_lpm_way {
    uint32_t n; /* nodes on it */
    uint32_t node[SV_LPM_DEPTH];
    uint32_t slot[SV_LPM_DEPTH]; /* of the next in each */
    struct sv_lpm_item item;
};

static uint32_t sv_lpm_child(const struct sv_lpm *t, uint32_t node, uint32_t slot)
{
    const uint32_t at = sv_lpm_find_item(t, node, (struct sv_lpm_item){SV_LPM_CHILDREN, slot});
    return at == SV_NONE ? SV_NONE : sv_lpm_space_words(&t->values)[at];
}

/* As far as there are nodes; true: all of it. `offset`: where the last of them begins. */
static bool sv_lpm_walk(const struct sv_lpm *t, const struct sv_lpm_tree *tree, struct sv_lpm_key prefix,
                        uint32_t length, struct sv_lpm_way *way, uint32_t *offset)
{
    uint32_t node = sv_lpm_root(tree, prefix);
    *offset = tree->root_bits;
    for (way->n = 0;;) {
        const uint32_t width = sv_lpm_width(tree->bits, *offset), slot = sv_lpm_slot(prefix, *offset);
        way->node[way->n] = node;
        way->slot[way->n++] = slot;
        way->item = sv_lpm_item_of(slot, length - *offset <= width ? length - *offset : SV_LPM_STRIDE);
        if (length - *offset <= width)
            return true;
        node = sv_lpm_child(t, node, slot);
        if (node == SV_NONE)
            return false;
        *offset += width;
    }
}

/* Nodes at the end of the way that know nothing go. */
static void sv_lpm_prune(struct sv_lpm *t, struct sv_lpm_way *way)
{
    uint32_t changed = SV_NONE;
    while (way->n > 1 && sv_lpm_set_empty(sv_lpm_set_of(t, way->node[way->n - 1u]))) {
        way->n--;
        changed = way->node[way->n - 1u];
        sv_lpm_remove_item(t, changed, (struct sv_lpm_item){SV_LPM_CHILDREN, way->slot[way->n - 1u]});
        sv_lpm_node_drop(t, way->node[way->n]);
    }
    if (changed != SV_NONE)
        sv_lpm_rebuild(t, changed);
}

static bool sv_lpm_set_long(struct sv_lpm *t, struct sv_lpm_tree *tree, struct sv_lpm_key prefix, uint32_t length,
                            uint32_t value)
{
    struct sv_lpm_way way;
    uint32_t offset;
    while (!sv_lpm_walk(t, tree, prefix, length, &way, &offset)) {
        const uint32_t last = way.node[way.n - 1u], child = sv_lpm_node_make(t);
        const struct sv_lpm_item item = {SV_LPM_CHILDREN, way.slot[way.n - 1u]};
        if (child == SV_NONE || !sv_lpm_add_item(t, last, item, child)) {
            if (child != SV_NONE)
                sv_lpm_node_drop(t, child);
            sv_lpm_prune(t, &way);
            return false;
        }
        sv_lpm_rebuild(t, last);
    }
    const uint32_t node = way.node[way.n - 1u];
    const uint32_t at = sv_lpm_find_item(t, node, way.item);
    if (at != SV_NONE) {
        sv_lpm_space_words(&t->values)[at] = value;
    } else if (sv_lpm_add_item(t, node, way.item, value)) {
        tree->prefixes++;
    } else {
        sv_lpm_prune(t, &way);
        return false;
    }
    sv_lpm_rebuild(t, node);
    return true;
}

bool sv_lpm_set_value(struct sv_lpm *t, uint32_t tree, struct sv_lpm_key prefix, uint32_t length, uint32_t value)
{
    struct sv_lpm_tree *r = &t->tree[tree];
    SV_ASSERT(r->used && length <= r->bits && value != 0 && value <= SV_LPM_VALUE_MAX);
    if (length > r->root_bits)
        return sv_lpm_set_long(t, r, prefix, length, value);
    const uint32_t old = sv_lpm_value(t, tree, prefix, length);
    r->prefixes += old == 0;
    if (length == 0)
        r->fallback = value;
    else if (old != value)
        sv_lpm_set_short(t, r, prefix, length, value);
    return true;
}

bool sv_lpm_remove(struct sv_lpm *t, uint32_t tree, struct sv_lpm_key prefix, uint32_t length)
{
    struct sv_lpm_tree *r = &t->tree[tree];
    SV_ASSERT(r->used && length <= r->bits);
    if (length <= r->root_bits) {
        if (sv_lpm_value(t, tree, prefix, length) == 0)
            return false;
        if (length == 0)
            r->fallback = 0;
        else
            sv_lpm_set_short(t, r, prefix, length, 0);
    } else {
        struct sv_lpm_way way;
        uint32_t offset;
        if (!sv_lpm_walk(t, r, prefix, length, &way, &offset) ||
            sv_lpm_find_item(t, way.node[way.n - 1u], way.item) == SV_NONE)
            return false;
        sv_lpm_remove_item(t, way.node[way.n - 1u], way.item);
        sv_lpm_rebuild(t, way.node[way.n - 1u]);
        sv_lpm_prune(t, &way);
    }
    r->prefixes--;
    return true;
}

uint32_t sv_lpm_value(const struct sv_lpm *t, uint32_t tree, struct sv_lpm_key prefix, uint32_t length)
{
    const struct sv_lpm_tree *r = &t->tree[tree];
    if (length == 0)
        return r->fallback;
    if (length <= r->root_bits)
        return sv_lpm_heap(t, r)[sv_lpm_heap_index(prefix, length)];
    struct sv_lpm_way way;
    uint32_t offset;
    if (!sv_lpm_walk(t, r, prefix, length, &way, &offset))
        return 0;
    const uint32_t at = sv_lpm_find_item(t, way.node[way.n - 1u], way.item);
    return at == SV_NONE ? 0 : sv_lpm_space_words(&t->values)[at];
}

uint32_t sv_lpm_lookup(const struct sv_lpm *t, uint32_t tree, struct sv_lpm_key key)
{
    const struct sv_lpm_tree *r = &t->tree[tree];
    const uint32_t *words = sv_lpm_words(t);
    uint32_t node = sv_lpm_root(r, key), offset = r->root_bits;
    for (;;) {
        const struct sv_lpm_node n = sv_lpm_node_of(words, node);
        const uint32_t word = words[n.at + sv_lpm_ones(n.map << (63u - sv_lpm_slot(key, offset)))];
        if (!(word & SV_LPM_CHILD))
            return word ? word : r->fallback;
        node = word & ~SV_LPM_CHILD;
        offset += sv_lpm_width(r->bits, offset);
    }
}

uint64_t sv_lpm_used(const struct sv_lpm *t)
{
    uint64_t roots = 0;
    for (uint32_t i = 0; i < SV_LPM_TREES && t->tree[i].used; i++)
        roots += (uint64_t)1 << t->tree[i].root_bits;
    return (roots + t->nodes_used) * (SV_LPM_NODE_WORDS * 4u + sizeof(struct sv_lpm_set)) + 2u * roots * 4u +
           ((uint64_t)t->runs.used + t->values.used) * 4u;
}

/* --- invariants --- */

static uint32_t sv_lpm_check_node(const struct sv_lpm *t, const struct sv_lpm_tree *r, uint32_t node, uint32_t offset)
{
    uint32_t slot[64], plain[64], prefixes;
    const uint32_t *words = sv_lpm_words(t);
    const struct sv_lpm_node n = sv_lpm_node_of(words, node);
    const struct sv_lpm_set *s = sv_lpm_set_of(t, node);
    sv_lpm_paint(t, node, slot, plain);
    prefixes = sv_lpm_ones(s->own) + sv_lpm_ones(s->own6);
    SV_ASSERT((n.map & 1u) == 0 && sv_lpm_ones(n.map) < sv_lpm_runs_max(s));
    for (uint32_t i = 0; i < 64; i++) {
        SV_ASSERT(words[n.at + sv_lpm_ones(n.map << (63u - i))] == slot[i]);
        if (!(slot[i] & SV_LPM_CHILD))
            continue;
        const uint32_t child = slot[i] & ~SV_LPM_CHILD;
        SV_ASSERT(sv_lpm_set_of(t, child)->inherited == plain[i] && !sv_lpm_set_empty(sv_lpm_set_of(t, child)));
        prefixes += sv_lpm_check_node(t, r, child, offset + sv_lpm_width(r->bits, offset));
    }
    return prefixes;
}

void sv_lpm_check(const struct sv_lpm *t)
{
    for (uint32_t i = 0; i < SV_LPM_TREES && t->tree[i].used; i++) {
        const struct sv_lpm_tree *r = &t->tree[i];
        const uint32_t *heap = sv_lpm_heap(t, r);
        uint32_t prefixes = r->fallback != 0;
        for (uint32_t h = 2; h < 2u << r->root_bits; h++)
            prefixes += heap[h] != 0;
        for (uint32_t k = 0; k < 1u << r->root_bits; k++) {
            uint32_t cover = (1u << r->root_bits) + k;
            while (cover > 1 && heap[cover] == 0)
                cover >>= 1;
            SV_ASSERT(sv_lpm_set_of(t, r->first + k)->inherited == (cover > 1 ? heap[cover] : 0));
            prefixes += sv_lpm_check_node(t, r, r->first + k, r->root_bits);
        }
        SV_ASSERT(prefixes == r->prefixes);
    }
    sv_lpm_space_check(&t->runs, t->nodes * SV_LPM_NODE_WORDS);
    sv_lpm_space_check(&t->values, 0);
}
