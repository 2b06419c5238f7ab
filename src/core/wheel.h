/* SPDX-License-Identifier: BSD-2-Clause */
/* The timer wheel: 7 levels of 64 slots, the first slot 1,024 ns wide. Deadlines are exact nanoseconds in
 * the records; the wheel only indexes them. A record has one entry, at or before its earliest deadline; a
 * later deadline does not move it (the record re-arms when woken early). Within a slot, order of
 * insertion. No allocation, no walk over empty slots: each level has a 64-bit map of occupied ones. */
#ifndef SV_CORE_WHEEL_H
#define SV_CORE_WHEEL_H

#include "seven/base.h"

#define SV_WHEEL_LEVELS 7u
#define SV_WHEEL_SLOTS 64u
#define SV_WHEEL_SHIFT 10u /* 1,024 ns */
#define SV_WHEEL_KINDS 8u

/* Lies inside each record that can be woken. 16 bytes, no pointers: links are node numbers, kind in the
 * top 4 bits, the record's index in the rest. */
struct sv_wheel_node {
    sv_time at;          /* when to wake; SV_NEVER: not in the wheel */
    uint32_t next, prev; /* SV_NONE at the ends */
};

struct sv_wheel {
    sv_time now; /* everything before it was collected */
    uint64_t occupied[SV_WHEEL_LEVELS];
    uint32_t first[SV_WHEEL_LEVELS][SV_WHEEL_SLOTS];
    uint32_t last[SV_WHEEL_LEVELS][SV_WHEEL_SLOTS];
    /* Where records of each kind lie: `offset` from this struct to the node of record 0, `stride` apart. */
    int64_t offset[SV_WHEEL_KINDS];
    uint32_t stride[SV_WHEEL_KINDS];
    uint32_t entries;
};

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

/* Makes sure the record is woken at or before `at`. Already in at or before that: nothing moves. */
void sv_wheel_arm(struct sv_wheel *w, uint32_t kind, uint32_t index, sv_time at);

/* Takes the record out, if it is in. */
void sv_wheel_disarm(struct sv_wheel *w, uint32_t kind, uint32_t index);

/* The next record due at `now` or before, taken out of the wheel; SV_NONE when there is none left. Call
 * until SV_NONE; records armed meanwhile for a time not after `now` come too. */
uint32_t sv_wheel_due(struct sv_wheel *w, sv_time now, uint32_t *kind);

/* When to call again: never late, early by at most the slot's width. SV_NEVER: nothing is armed. */
sv_time sv_wheel_next(const struct sv_wheel *w);

#endif
