/* SPDX-License-Identifier: BSD-2-Clause */
/* The flow table: from (addresses, ports) to a record, by a keyed hash so that no peer can choose
 * collisions. Slots of 8 bytes (32-bit tag, 32-bit value), linear probing, deletion by shifting back.
 * Sized once for the ceiling (10.7 bytes a record at load 0.75) and never moved: see docs/DECISIONS.md. */
#ifndef SV_CORE_FLOW_H
#define SV_CORE_FLOW_H

#include "core/cursor.h"
#include "core/mem.h"
#include "core/siphash.h"
#include "seven/arena.h"

/* What a flow is known by. `local` is the index of the interned local address. */
struct sv_flow_key {
    struct sv_addr remote;
    uint32_t local;
    uint16_t local_port, remote_port;
    uint16_t interface; /* 0 unless the address is link-local */
    uint8_t protocol;
    uint8_t spare;
};

struct sv_flow_slot {
    uint32_t tag;   /* upper half of the hash, 0 turned into 1; 0: empty */
    uint32_t value; /* the caller's; compared by tag first, then by the caller against its record */
};

/* A slot's home follows from its tag alone (tag * slots / 2^32), so that deletion can shift slots back
 * without asking for their records. */
struct sv_flow_table {
    struct sv_siphash_key key;
    int64_t slots_at; /* from this struct to the slots */
    uint32_t slots, used, ceiling;
    uint32_t changes; /* counts insertions, changes and removals: what was found before one may be found no more */
};

/* Room for `ceiling` records, from 1 to 2^30. False: the arena is full, or the ceiling out of range. `t` must
 * lie in the arena. */
bool sv_flow_init(struct sv_flow_table *t, struct sv_arena *arena, uint32_t ceiling, struct sv_siphash_key key);
uint64_t sv_flow_bytes(uint32_t ceiling);

/* SipHash-1-3 of the key as a message of bytes, integers little-endian, so the same on every machine: over IPv4
 * the 15 bytes {address 4, local port, remote port, local 4, protocol 1, interface 2}, over IPv6 the 27 that
 * begin with all 16 of the address. The lengths differ, so no key of one family is one of the other. Here in
 * full, so that a key made on the spot is packed in registers. */
__attribute__((always_inline)) static inline uint64_t sv_flow_hash(const struct sv_flow_table *t,
                                                                   const struct sv_flow_key *key)
{
    const uint64_t upper = sv_get_le64(key->remote.byte), lower = sv_get_le64(key->remote.byte + 8);
    const uint64_t ports = key->local_port | (uint64_t)key->remote_port << 16;
    const uint64_t rest = key->protocol | (uint64_t)key->interface << 8;
    if (SV_LIKELY(upper == 0 && (uint32_t)lower == 0xffff0000u)) /* ::ffff:0:0/96 */
        return sv_siphash13_2(&t->key, lower >> 32 | ports << 32, sv_sip_last(key->local | rest << 32, 15));
    return sv_siphash13_4(&t->key, upper, lower, ports | (uint64_t)key->local << 32, sv_sip_last(rest, 27));
}

static inline struct sv_flow_slot *sv_flow_slots(const struct sv_flow_table *t)
{
    return (struct sv_flow_slot *)((uintptr_t)t + (uintptr_t)t->slots_at);
}
static inline uint32_t sv_flow_tag(uint64_t hash)
{
    const uint32_t tag = (uint32_t)(hash >> 32);
    return tag ? tag : 1;
}
static inline uint32_t sv_flow_home(const struct sv_flow_table *t, uint32_t tag)
{
    return (uint32_t)(((uint64_t)tag * t->slots) >> 32);
}

/* Starts fetching the home slot's line, and the next if the slot so many behind it is there: 4 for who looks for what
 * is there; 8 for who puts in or takes out, which goes to the end of the row. */
#define SV_FLOW_PREFETCH(t, hash, behind)                                                             \
    do {                                                                                              \
        const struct sv_flow_slot *sv_home = sv_flow_slots(t) + sv_flow_home((t), sv_flow_tag(hash)); \
        SV_PREFETCH(sv_home);                                                                         \
        SV_PREFETCH(sv_home + (behind));                                                              \
    } while (0)

/* Candidates in turn: *at begins as SV_NONE. Gives the value of the next slot whose tag agrees, SV_NONE
 * at the end. The caller compares its record, and asks on if it was another's. */
static inline uint32_t sv_flow_find(const struct sv_flow_table *t, uint64_t hash, uint32_t *at)
{
    const struct sv_flow_slot *slots = sv_flow_slots(t);
    const uint32_t tag = sv_flow_tag(hash);
    uint32_t i = *at == SV_NONE ? sv_flow_home(t, tag) : *at + 1;
    for (;; i++) {
        if (SV_UNLIKELY(i >= t->slots)) /* a quarter of the slots is always empty: the walk ends */
            i = 0;
        if (SV_LIKELY(slots[i].tag == tag)) {
            *at = i;
            return slots[i].value;
        }
        if (slots[i].tag == 0)
            return SV_NONE;
    }
}

/* False when the ceiling is reached. The caller knows that the key is not there. */
bool sv_flow_insert(struct sv_flow_table *t, uint64_t hash, uint32_t value);

/* Changes the value of the record's slot; takes it out. Both return false if it is not there. */
bool sv_flow_change(struct sv_flow_table *t, uint64_t hash, uint32_t from, uint32_t to);
bool sv_flow_remove(struct sv_flow_table *t, uint64_t hash, uint32_t value);

#endif
