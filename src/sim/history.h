/* SPDX-License-Identifier: BSD-2-Clause */
/* Backwards in time. A world is its arena, so a snapshot is a copy; going back is the nearest snapshot before, and the
 * turns since then again: they come out the same, because nothing but the arena and what the caller names beside it
 * decides them. A branch is that and then something else done.
 *
 * Snapshots lie in memory of the caller's. When it is full every second one is given up and the next are taken half as
 * often: a run of any length keeps a whole set, evenly spread. */
#ifndef SV_SIM_HISTORY_H
#define SV_SIM_HISTORY_H

#include "seven/arena.h"

#define SV_HISTORY_SNAPSHOTS 256u

/* Where a run stands: each grows with every turn, or stays. */
struct sv_moment {
    uint64_t turns;   /* counted here */
    uint64_t packets; /* handed from node to node */
    sv_time time;
};

struct sv_history_config {
    uint32_t size;  /* sizeof(struct sv_history_config) */
    uint32_t every; /* turns between two snapshots, at first [64] */
    struct sv_arena *arena;
    void *outside; /* what belongs to the world and lies outside the arena: applications; may be NULL */
    uint64_t outside_bytes;
    void *memory; /* for snapshots */
    uint64_t memory_bytes;
    /* One turn of the world; false: it is at its end. */
    bool (*turn)(void *self);
    /* How many packets have passed, and what time it is. */
    void (*where)(void *self, uint64_t *packets, sv_time *time);
    void *self; /* lies neither in the arena nor in `outside`, or moves with them */
};

struct sv_history {
    struct sv_history_config c;
    struct sv_moment now;
    uint64_t every, bytes; /* of one snapshot */
    uint32_t snapshots, room;
    struct sv_moment at[SV_HISTORY_SNAPSHOTS];
};

/* The run stands at its beginning, and the arena's ceiling is known: nothing is taken from it any more. SV_ERR_INVALID:
 * the memory does not hold two snapshots. SV_ERR_FOREIGN: the world has state that no snapshot holds. */
SV_MUST_CHECK enum sv_err sv_history_open(struct sv_history *h, const struct sv_history_config *config);

/* One turn forwards. False: the end. */
bool sv_history_forward(struct sv_history *h);

/* To the moment after so many turns; after the turn in which that packet passed; after the last turn that is not later
 * than that time. Forwards or backwards; false: the run ends before (and stands there). */
bool sv_history_to_turn(struct sv_history *h, uint64_t turns);
bool sv_history_to_packet(struct sv_history *h, uint64_t packets);
bool sv_history_to_time(struct sv_history *h, sv_time time);

/* What follows is another run: whatever was kept of later moments is forgotten. Call it before changing anything. */
void sv_history_branch(struct sv_history *h);

#endif
