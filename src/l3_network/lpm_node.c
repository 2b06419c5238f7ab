/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/lpm_node.h"

#include "core/math.h"

static void sv_lpm_node_put(struct sv_lpm *t, uint32_t node, const struct sv_lpm_node *n)
{
    sv_memcpy(sv_lpm_words(t) + (size_t)node * SV_LPM_NODE_WORDS, n, sizeof *n);
}

static uint64_t sv_lpm_below(uint32_t bit)
{
    return ((uint64_t)1 << bit) - 1u;
}

static uint32_t sv_lpm_items(const struct sv_lpm_set *s)
{
    return sv_lpm_ones(s->own) + sv_lpm_ones(s->own6) + sv_lpm_ones(s->child);
}

static uint64_t *sv_lpm_map_of(struct sv_lpm_set *s, enum sv_lpm_kind kind)
{
    return kind == SV_LPM_OWN ? &s->own : kind == SV_LPM_OWN6 ? &s->own6 : &s->child;
}

/* How many items stand before this one. */
static uint32_t sv_lpm_rank(const struct sv_lpm_set *s, struct sv_lpm_item item)
{
    if (item.kind == SV_LPM_OWN)
        return sv_lpm_ones(s->own & sv_lpm_below(item.bit));
    if (item.kind == SV_LPM_OWN6)
        return sv_lpm_ones(s->own) + sv_lpm_ones(s->own6 & sv_lpm_below(item.bit));
    return sv_lpm_ones(s->own) + sv_lpm_ones(s->own6) + sv_lpm_ones(s->child & sv_lpm_below(item.bit));
}

/* First slot and number of slots of the prefix with that bit in `own`. */
static uint32_t sv_lpm_own_range(uint32_t bit, uint32_t *slots)
{
    const uint32_t length = sv_log2_64(bit);
    *slots = 64u >> length;
    return (bit & ((1u << length) - 1u)) << (SV_LPM_STRIDE - length);
}

uint32_t sv_lpm_runs_max(const struct sv_lpm_set *s)
{
    uint64_t edge = s->own6 | s->own6 << 1 | s->child | s->child << 1;
    for (uint64_t left = s->own; left; left &= left - 1u) {
        uint32_t slots;
        const uint32_t first = sv_lpm_own_range(sv_ctz64(left), &slots);
        edge |= (uint64_t)1 << first;
        if (first + slots < 64)
            edge |= (uint64_t)1 << (first + slots);
    }
    return 1u + sv_lpm_ones(edge & ~(uint64_t)1);
}

/* Few runs lie in the node itself. */
static uint32_t sv_lpm_run_order(const struct sv_lpm_set *s)
{
    const uint32_t runs = sv_lpm_runs_max(s);
    return runs <= SV_LPM_INLINE ? 0 : sv_lpm_order(runs);
}

static uint32_t sv_lpm_inline_at(uint32_t node)
{
    return node * SV_LPM_NODE_WORDS + SV_LPM_NODE_WORDS - SV_LPM_INLINE;
}

uint32_t sv_lpm_find_item(const struct sv_lpm *t, uint32_t node, struct sv_lpm_item item)
{
    struct sv_lpm_set *s = sv_lpm_set_of(t, node);
    if (!(*sv_lpm_map_of(s, item.kind) >> item.bit & 1u))
        return SV_NONE;
    return s->block + sv_lpm_rank(s, item);
}

bool sv_lpm_add_item(struct sv_lpm *t, uint32_t node, struct sv_lpm_item item, uint32_t value)
{
    struct sv_lpm_set *s = sv_lpm_set_of(t, node);
    struct sv_lpm_set with = *s;
    *sv_lpm_map_of(&with, item.kind) |= (uint64_t)1 << item.bit;
    const uint32_t items = sv_lpm_items(s), rank = sv_lpm_rank(s, item);
    const uint32_t old = sv_lpm_order(items), order = sv_lpm_order(items + 1u);
    const uint32_t old_run = sv_lpm_run_order(s), run = sv_lpm_run_order(&with);
    uint32_t runs_at = SV_NONE;
    if (run > old_run && (runs_at = sv_lpm_space_take(&t->runs, run)) == SV_NONE)
        return false;
    if (order > old && (with.block = sv_lpm_space_take(&t->values, order)) == SV_NONE) {
        if (runs_at != SV_NONE)
            sv_lpm_space_give(&t->runs, runs_at, run);
        return false;
    }
    uint32_t *words = sv_lpm_space_words(&t->values);
    uint32_t *to = words + with.block;
    if (items) {
        const uint32_t *from = words + s->block;
        sv_memmove(to + rank + 1u, from + rank, (size_t)(items - rank) * 4u);
        if (order > old) {
            sv_memcpy(to, from, (size_t)rank * 4u);
            sv_lpm_space_give(&t->values, s->block, old);
        }
    }
    to[rank] = value;
    *s = with;
    if (runs_at != SV_NONE) {
        struct sv_lpm_node n = sv_lpm_node_of(sv_lpm_words(t), node);
        if (old_run)
            sv_lpm_space_give(&t->runs, n.block, old_run);
        n.block = runs_at;
        sv_lpm_node_put(t, node, &n);
    }
    return true;
}

void sv_lpm_remove_item(struct sv_lpm *t, uint32_t node, struct sv_lpm_item item)
{
    struct sv_lpm_set *s = sv_lpm_set_of(t, node);
    const uint32_t items = sv_lpm_items(s), rank = sv_lpm_rank(s, item);
    const uint32_t old = sv_lpm_order(items), order = sv_lpm_order(items - 1u);
    const uint32_t old_run = sv_lpm_run_order(s);
    uint32_t *at = sv_lpm_space_words(&t->values) + s->block;
    sv_memmove(at + rank, at + rank + 1u, (size_t)(items - 1u - rank) * 4u);
    *sv_lpm_map_of(s, item.kind) &= ~((uint64_t)1 << item.bit);
    if (order == 0) {
        sv_lpm_space_give(&t->values, s->block, old);
        s->block = SV_NONE;
    } else if (order < old) {
        sv_lpm_space_shrink(&t->values, s->block, old, order);
    }
    const uint32_t run = sv_lpm_run_order(s);
    const struct sv_lpm_node n = sv_lpm_node_of(sv_lpm_words(t), node);
    if (run == 0 && old_run != 0)
        sv_lpm_space_give(&t->runs, n.block, old_run);
    else if (run < old_run)
        sv_lpm_space_shrink(&t->runs, n.block, old_run, run);
}

void sv_lpm_paint(const struct sv_lpm *t, uint32_t node, uint32_t slot[64], uint32_t plain[64])
{
    const struct sv_lpm_set *s = sv_lpm_set_of(t, node);
    const uint32_t *value = sv_lpm_space_words(&t->values) + (sv_lpm_set_empty(s) ? 0 : s->block);
    for (uint32_t i = 0; i < 64; i++)
        plain[i] = s->inherited;
    for (uint64_t left = s->own; left; left &= left - 1u, value++) { /* the shorter first */
        uint32_t slots;
        uint32_t *first = plain + sv_lpm_own_range(sv_ctz64(left), &slots);
        for (uint32_t i = 0; i < slots; i++)
            first[i] = *value;
    }
    for (uint64_t left = s->own6; left; left &= left - 1u)
        plain[sv_ctz64(left)] = *value++;
    sv_memcpy(slot, plain, 64u * sizeof *slot);
    for (uint64_t left = s->child; left; left &= left - 1u)
        slot[sv_ctz64(left)] = SV_LPM_CHILD | *value++;
}

static void sv_lpm_write_runs(struct sv_lpm *t, uint32_t node, const uint32_t slot[64])
{
    uint32_t *words = sv_lpm_words(t);
    struct sv_lpm_node n = sv_lpm_node_of(words, node);
    uint32_t run[64], runs = 1;
    n.map = 0;
    run[0] = slot[0];
    for (uint32_t i = 1; i < 64; i++) {
        if (slot[i] != slot[i - 1u]) {
            n.map |= (uint64_t)1 << i;
            run[runs++] = slot[i];
        }
    }
    n.at = runs <= SV_LPM_INLINE ? sv_lpm_inline_at(node) : n.block;
    sv_memcpy(words + n.at, run, (size_t)runs * sizeof *run);
    sv_lpm_node_put(t, node, &n);
}

void sv_lpm_rebuild(struct sv_lpm *t, uint32_t node)
{
    uint32_t slot[64], plain[64];
    sv_lpm_paint(t, node, slot, plain);
    for (uint64_t left = sv_lpm_set_of(t, node)->child; left; left &= left - 1u) {
        const uint32_t at = sv_ctz64(left), child = slot[at] & ~SV_LPM_CHILD;
        struct sv_lpm_set *c = sv_lpm_set_of(t, child);
        if (c->inherited != plain[at]) {
            c->inherited = plain[at];
            sv_lpm_rebuild(t, child); /* as deep as an address has strides: 22 at most */
        }
    }
    sv_lpm_write_runs(t, node, slot);
}

uint32_t sv_lpm_node_make(struct sv_lpm *t)
{
    uint32_t node = t->node_free;
    if (node != SV_NONE)
        t->node_free = (uint32_t)sv_lpm_node_of(sv_lpm_words(t), node).map;
    else if (t->nodes_made < t->nodes)
        node = t->nodes_made++;
    else
        return SV_NONE;
    const struct sv_lpm_node none = {0, sv_lpm_inline_at(node), SV_NONE};
    sv_lpm_node_put(t, node, &none);
    sv_lpm_words(t)[none.at] = 0;
    *sv_lpm_set_of(t, node) = (struct sv_lpm_set){.block = SV_NONE};
    t->nodes_used++;
    return node;
}

void sv_lpm_node_drop(struct sv_lpm *t, uint32_t node)
{
    const struct sv_lpm_node n = {t->node_free, 0, 0};
    SV_ASSERT(sv_lpm_set_empty(sv_lpm_set_of(t, node)));
    sv_lpm_node_put(t, node, &n);
    t->node_free = node;
    t->nodes_used--;
}
