/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/lpm_space.h"

static uint8_t *sv_lpm_space_tag(const struct sv_lpm_space *s, uint32_t block)
{
    return (uint8_t *)((uintptr_t)s + (uintptr_t)s->tags_at) + block / 2;
}

void sv_lpm_space_init(struct sv_lpm_space *s, void *words, void *tags, uint32_t begin, uint32_t end,
                       uint32_t order_max)
{
    SV_ASSERT(order_max < SV_LPM_ORDERS && begin % (1u << order_max) == 0 && end % (1u << order_max) == 0);
    sv_memset(s, 0, sizeof *s);
    s->words_at = (uint8_t *)words - (uint8_t *)s;
    s->tags_at = (uint8_t *)tags - (uint8_t *)s;
    s->top = begin;
    s->end = end;
    s->order_max = order_max;
    for (uint32_t i = 0; i < SV_LPM_ORDERS; i++)
        s->first[i] = SV_NONE;
}

uint32_t sv_lpm_order(uint32_t n)
{
    uint32_t order = 1;
    if (n == 0)
        return 0;
    while (1u << order < n)
        order++;
    return order;
}

/* A free block's first two words are its links, its tag is its order. */
static void sv_lpm_space_link(struct sv_lpm_space *s, uint32_t block, uint32_t order)
{
    uint32_t *w = sv_lpm_space_words(s);
    w[block] = s->first[order];
    w[block + 1] = SV_NONE;
    if (s->first[order] != SV_NONE)
        w[s->first[order] + 1] = block;
    s->first[order] = block;
    *sv_lpm_space_tag(s, block) = (uint8_t)order;
}

static void sv_lpm_space_unlink(struct sv_lpm_space *s, uint32_t block, uint32_t order)
{
    uint32_t *w = sv_lpm_space_words(s);
    const uint32_t next = w[block], before = w[block + 1];
    if (next != SV_NONE)
        w[next + 1] = before;
    if (before != SV_NONE)
        w[before] = next;
    else
        s->first[order] = next;
    *sv_lpm_space_tag(s, block) = 0;
}

uint32_t sv_lpm_space_take(struct sv_lpm_space *s, uint32_t order)
{
    uint32_t from = order, block;
    SV_ASSERT(order >= 1 && order <= s->order_max);
    while (from <= s->order_max && s->first[from] == SV_NONE)
        from++;
    if (from <= s->order_max) {
        block = s->first[from];
        sv_lpm_space_unlink(s, block, from);
    } else {
        from = s->order_max;
        if (s->end - s->top < 1u << from)
            return SV_NONE;
        block = s->top;
        s->top += 1u << from;
    }
    while (from-- > order)
        sv_lpm_space_link(s, block + (1u << from), from);
    s->used += 1u << order;
    return block;
}

void sv_lpm_space_give(struct sv_lpm_space *s, uint32_t block, uint32_t order)
{
    s->used -= 1u << order;
    for (; order < s->order_max; order++) {
        const uint32_t other = block ^ 1u << order;
        if (*sv_lpm_space_tag(s, other) != order)
            break;
        sv_lpm_space_unlink(s, other, order);
        block &= ~(1u << order);
    }
    sv_lpm_space_link(s, block, order);
}

void sv_lpm_space_shrink(struct sv_lpm_space *s, uint32_t block, uint32_t from, uint32_t to)
{
    s->used -= (1u << from) - (1u << to);
    while (from-- > to) /* the other half of each is in use: nothing to join */
        sv_lpm_space_link(s, block + (1u << from), from);
}

void sv_lpm_space_check(const struct sv_lpm_space *s, uint32_t begin)
{
    uint32_t unused = 0;
    for (uint32_t order = 1; order <= s->order_max; order++) {
        for (uint32_t b = s->first[order]; b != SV_NONE; b = sv_lpm_space_words(s)[b]) {
            SV_ASSERT(b >= begin && b < s->top && b % (1u << order) == 0 && *sv_lpm_space_tag(s, b) == order);
            unused += 1u << order;
        }
    }
    SV_ASSERT(unused + s->used == s->top - begin);
}
