/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/flow.h"

#define CEILING_MAX (1u << 30)

_Static_assert(sizeof(struct sv_flow_slot) == 8, "eight slots a line");
_Static_assert(sizeof(struct sv_flow_table) == 40, "the same on every machine");

/* Load of at most 3/4, and at least one slot empty. */
static uint32_t slots_for(uint32_t ceiling)
{
    return ceiling + ceiling / 3 + 2;
}

uint64_t sv_flow_bytes(uint32_t ceiling)
{
    return (uint64_t)slots_for(ceiling) * sizeof(struct sv_flow_slot) + 64;
}

bool sv_flow_init(struct sv_flow_table *t, struct sv_arena *arena, uint32_t ceiling, struct sv_siphash_key key)
{
    if (ceiling == 0 || ceiling > CEILING_MAX)
        return false;
    const uint32_t slots = slots_for(ceiling);
    struct sv_flow_slot *first = sv_arena_take(arena, (uint64_t)slots * sizeof *first, 64);
    if (first == NULL)
        return false;
    *t = (struct sv_flow_table){
        .key = key, .slots_at = (int64_t)((intptr_t)first - (intptr_t)t), .slots = slots, .ceiling = ceiling};
    return true;
}

bool sv_flow_insert(struct sv_flow_table *t, uint64_t hash, uint32_t value)
{
    if (t->used >= t->ceiling)
        return false;
    struct sv_flow_slot *slots = sv_flow_slots(t);
    const uint32_t tag = sv_flow_tag(hash);
    uint32_t i = sv_flow_home(t, tag);
    while (slots[i].tag != 0) {
        if (++i == t->slots)
            i = 0;
    }
    slots[i] = (struct sv_flow_slot){tag, value};
    t->used++;
    t->changes++;
    return true;
}

/* The slot of this hash and value, SV_NONE if there is none. */
static uint32_t slot_of(const struct sv_flow_table *t, uint64_t hash, uint32_t value)
{
    const struct sv_flow_slot *slots = sv_flow_slots(t);
    const uint32_t tag = sv_flow_tag(hash);
    uint32_t i = sv_flow_home(t, tag);
    while (slots[i].tag != 0) {
        if (slots[i].tag == tag && slots[i].value == value)
            return i;
        if (++i == t->slots)
            i = 0;
    }
    return SV_NONE;
}

bool sv_flow_change(struct sv_flow_table *t, uint64_t hash, uint32_t from, uint32_t to)
{
    const uint32_t i = slot_of(t, hash, from);
    if (i == SV_NONE)
        return false;
    t->changes++;
    sv_flow_slots(t)[i].value = to;
    return true;
}

bool sv_flow_remove(struct sv_flow_table *t, uint64_t hash, uint32_t value)
{
    uint32_t hole = slot_of(t, hash, value);
    if (hole == SV_NONE)
        return false;
    struct sv_flow_slot *slots = sv_flow_slots(t);
    /* A later slot of the row moves into the hole unless its home lies after the hole. */
    for (uint32_t i = hole;;) {
        if (++i == t->slots)
            i = 0;
        if (slots[i].tag == 0)
            break;
        const uint32_t home = sv_flow_home(t, slots[i].tag);
        const uint32_t from_home = i >= home ? i - home : i + t->slots - home;
        const uint32_t from_hole = i >= hole ? i - hole : i + t->slots - hole;
        if (from_home >= from_hole) {
            slots[hole] = slots[i];
            hole = i;
        }
    }
    slots[hole] = (struct sv_flow_slot){0, 0};
    t->changes++;
    t->used--;
    return true;
}
