/* SPDX-License-Identifier: BSD-2-Clause */
/* The flow table: from (addresses, ports) to a record, by a keyed hash so that no peer can choose
 * collisions. Slots of 8 bytes (32-bit tag, 32-bit value), linear probing, deletion by shifting back.
 * Sized once for the ceiling (10.7 bytes a record at load 0.75) and never moved: see docs/DECISIONS.md. */
#ifndef SV_CORE_FLOW_H
#define SV_CORE_FLOW_H

#include "core/siphash.h"
#include "seven/arena.h"

/* The packed key: 40 bytes, hashed as five words. `local` is the index of the interned local address. */
struct sv_flow_key {
    struct sv_addr remote;
    uint32_t local;
    uint16_t local_port, remote_port;
    uint32_t interface; /* 0 unless the address is link-local */
    uint32_t protocol;
    uint64_t zero;
};

struct sv_flow_slot {
    uint32_t tag;   /* upper half of the hash, 0 turned into 1; 0: empty */
    uint32_t value; /* the caller's; compared by tag first, then by the caller against its record */
};

struct sv_flow_table {
    struct sv_siphash_key key;
    int64_t slots_at; /* from this struct to the slots */
    uint32_t slots, used, ceiling;
    uint32_t spare;
};

/* Room for `ceiling` records. False: the arena is full. `t` must lie in the arena. */
bool sv_flow_init(struct sv_flow_table *t, struct sv_arena *arena, uint32_t ceiling, struct sv_siphash_key key);
uint64_t sv_flow_bytes(uint32_t ceiling);

uint64_t sv_flow_hash(const struct sv_flow_table *t, const struct sv_flow_key *key);

/* Starts fetching the home slot's line. */
void sv_flow_prefetch(const struct sv_flow_table *t, uint64_t hash);

/* Candidates in turn: *at begins as SV_NONE. Gives the value of the next slot whose tag agrees, SV_NONE
 * at the end. The caller compares its record, and asks on if it was another's. */
uint32_t sv_flow_find(const struct sv_flow_table *t, uint64_t hash, uint32_t *at);

/* False when the ceiling is reached. The caller knows that the key is not there. */
bool sv_flow_insert(struct sv_flow_table *t, uint64_t hash, uint32_t value);

/* Changes the value of the record's slot; takes it out. Both return false if it is not there. */
bool sv_flow_change(struct sv_flow_table *t, uint64_t hash, uint32_t from, uint32_t to);
bool sv_flow_remove(struct sv_flow_table *t, uint64_t hash, uint32_t value);

#endif
