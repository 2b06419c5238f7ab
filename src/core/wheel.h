/* SPDX-License-Identifier: BSD-2-Clause */
/* The timer wheel: 7 levels of 64 slots, the first slot 1,024 ns wide. Deadlines are exact nanoseconds in
 * the records; the wheel only indexes them. A record has one entry, at or before its earliest deadline; a
 * later deadline does not move it (the record re-arms when woken early). Within a slot, order of
 * insertion. No allocation, no walk over empty slots: each level has a 64-bit map of occupied ones.
 *
 * A tick is 1,024 ns. An entry stands at the level of the highest base-64 digit in which its tick differs from the
 * wheel's own, in the slot of that digit; so level and slot follow from the two times and are not stored.
 * What differs above the seventh digit (52 days) waits in one list more, `far`; what is due and not yet
 * collected stands in `ready`. */
#ifndef SV_CORE_WHEEL_H
#define SV_CORE_WHEEL_H

#include "core/mem.h"
#include "seven/base.h"

#define SV_WHEEL_LEVELS 7u
#define SV_WHEEL_SLOTS 64u
#define SV_WHEEL_SHIFT 10u /* 1,024 ns */
#define SV_WHEEL_KINDS 16u
#define SV_WHEEL_CROWD 4096u /* entries; see sv_wheel_crowded() */
#define SV_WHEEL_KIND_SHIFT 28u

#define SV_WHEEL_FAR (SV_WHEEL_LEVELS * SV_WHEEL_SLOTS) /* numbers of the two lists beside the slots' */
#define SV_WHEEL_READY (SV_WHEEL_FAR + 1u)
#define SV_WHEEL_LISTS (SV_WHEEL_FAR + 2u)

/* Lies inside each record that can be woken. 16 bytes, no pointers: links are node numbers, kind in the
 * top 4 bits, the record's index in the rest. */
struct sv_wheel_node {
    sv_time at;          /* when to wake; SV_NEVER: not in the wheel */
    uint32_t next, prev; /* SV_NONE at the ends */
};

struct sv_wheel_list {
    uint32_t first, last;
};

struct sv_wheel {
    sv_time now; /* all that is due by then stands in the ready list, or was collected */
    uint32_t entries;
    uint32_t levels; /* bit L: level L has an occupied slot */
    uint64_t occupied[SV_WHEEL_LEVELS];
    /* Where records of each kind lie: `offset` from this struct to the node of record 0, `stride` apart. */
    int64_t offset[SV_WHEEL_KINDS];
    uint32_t stride[SV_WHEEL_KINDS];
    /* For each slot of level 0: no entry of it is due before slot start + this many ns. */
    uint16_t earliest_ns[SV_WHEEL_SLOTS];
    struct sv_wheel_list list[SV_WHEEL_LISTS];
    /* While it is crowded: the entry that is fetched next of a list that will be spread soon; which list that is. */
    uint32_t ahead, ahead_list;
};

/* Lies in the arena; nothing is armed. */
void sv_wheel_init(struct sv_wheel *w, sv_time now);

/* Announces a kind of record: `first` is the node inside record 0 of an array with that stride. */
void sv_wheel_kind(struct sv_wheel *w, uint32_t kind, struct sv_wheel_node *first, uint32_t stride);

/* A node that is in no wheel. */
static inline void sv_wheel_node_init(struct sv_wheel_node *n)
{
    n->at = SV_NEVER;
    n->next = SV_NONE;
    n->prev = SV_NONE;
}

static inline struct sv_wheel_node *sv_wheel_node(const struct sv_wheel *w, uint32_t kind, uint32_t index)
{
    return (struct sv_wheel_node *)((uintptr_t)w + (uintptr_t)w->offset[kind] + (uintptr_t)w->stride[kind] * index);
}

/* Moves the record's entry, or makes it one: what sv_wheel_arm() does when that is needed. */
void sv_wheel_move(struct sv_wheel *w, uint32_t kind, uint32_t index, sv_time at);

/* Makes sure the record is woken at or before `at` (SV_NEVER: nothing to do). Already in at or before that:
 * nothing moves. */
static inline void sv_wheel_arm(struct sv_wheel *w, uint32_t kind, uint32_t index, sv_time at)
{
    if (SV_UNLIKELY(at < sv_wheel_node(w, kind, index)->at))
        sv_wheel_move(w, kind, index, at);
}

/* Takes the record out, if it is in. */
void sv_wheel_disarm(struct sv_wheel *w, uint32_t kind, uint32_t index);

/* The next record due at `now` or before, taken out of the wheel (its node says SV_NEVER again); SV_NONE when
 * there is none left. Call until SV_NONE; records armed meanwhile for a time not after `now` come too.
 * Order: by slot (1,024 ns), within a slot by insertion; what is armed for the past comes last. */
uint32_t sv_wheel_due(struct sv_wheel *w, sv_time now, uint32_t *kind);

/* The record that sv_wheel_due() may give after as many others, for fetching it meanwhile. */
static inline uint32_t sv_wheel_peek(const struct sv_wheel *w, uint32_t others, uint32_t *kind)
{
    const uint32_t mask = ((uint32_t)1 << SV_WHEEL_KIND_SHIFT) - 1u;
    uint32_t number = w->list[SV_WHEEL_READY].first;
    for (; others && number != SV_NONE; others--)
        number = sv_wheel_node(w, number >> SV_WHEEL_KIND_SHIFT, number & mask)->next;
    *kind = number >> SV_WHEEL_KIND_SHIFT;
    return number == SV_NONE ? SV_NONE : number & mask;
}

/* So many entries stand in it that they lie in no cache. Then one that is left where it is, to be found too early,
 * costs a miss at each level it sinks through; it is better moved or taken out while its record is at hand, and the
 * records before and after it were so lately. */
static inline bool sv_wheel_crowded(const struct sv_wheel *w)
{
    return SV_UNLIKELY(w->entries > SV_WHEEL_CROWD);
}

/* When to call again: never late; early by at most the width of the slot that the first entry stands in, and
 * exact for an entry of level 0 unless one before it in its slot was disarmed. Once sv_wheel_due(now) has
 * said SV_NONE it is after `now`. SV_NEVER: nothing is armed. */
sv_time sv_wheel_next(const struct sv_wheel *w);

#endif
