/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace: a ring of 48-byte units in the arena and a running hash.
 *
 * A record takes one unit, its bytes as many more as they need, running over the ring's end to its start.
 * What does not fit as a whole is counted and left out; nothing in the ring is ever overwritten.
 *
 * The hash is XXH64 (Collet's published algorithm), chained: the hash so far is the seed of the next, over the
 * record's 48 bytes in little-endian order and then, if there are any, over its raw bytes. It starts at 0. So a
 * log file can be checked by any implementation of XXH64, and neither the ring's size nor the machine's
 * byte order plays a part. */
#include "core/mem.h"
#include "core/xxh64.h"
#include "seven/trace.h"

#define UNIT_BYTES 48u

struct sv_trace {
    uint64_t kinds; /* bit k: kind k is emitted */
    uint64_t hash, count, lost;
    uint32_t units; /* of the ring */
    uint32_t first; /* unit of the oldest record */
    uint32_t used;  /* units taken */
    uint32_t spare[3];
};

_Static_assert(sizeof(struct sv_trace_record) == UNIT_BYTES, "one unit, the same on every machine");
_Static_assert(sizeof(struct sv_trace) == 56, "the same on every machine");

#define RING_AT 64u /* from the trace to its ring */

uint64_t sv_trace_bytes(uint32_t records)
{
    return RING_AT + (uint64_t)records * UNIT_BYTES + 63;
}

struct sv_trace *sv_trace_create(struct sv_arena *arena, uint32_t records)
{
    struct sv_trace *trace = sv_arena_take(arena, RING_AT + (uint64_t)records * UNIT_BYTES, 64);
    if (trace == NULL)
        return NULL;
    trace->kinds = UINT64_MAX;
    trace->units = records;
    return trace;
}

static uint8_t *unit(const struct sv_trace *trace, uint32_t index)
{
    return (uint8_t *)((uintptr_t)trace + RING_AT + (uintptr_t)index * UNIT_BYTES);
}

static uint32_t units_of(uint32_t bytes)
{
    return (bytes + UNIT_BYTES - 1) / UNIT_BYTES;
}

/* `index` plus `n` around the ring; both below its size, or n equal to it. */
static uint32_t after(const struct sv_trace *trace, uint32_t index, uint32_t n)
{
    const uint32_t left = trace->units - index;
    return n < left ? index + n : n - left;
}

static void put(const struct sv_trace *trace, uint32_t at, const uint8_t *from, size_t n)
{
    if (n == 0)
        return;
    SV_ASSERT(from != NULL); /* who says that bytes follow gives them */
    const size_t straight = (size_t)(trace->units - at) * UNIT_BYTES;
    const size_t part = n < straight ? n : straight;
    sv_memcpy(unit(trace, at), from, part);
    if (part < n)
        sv_memcpy(unit(trace, 0), from + part, n - part);
}

static void get(const struct sv_trace *trace, uint32_t at, uint8_t *to, size_t n)
{
    const size_t straight = (size_t)(trace->units - at) * UNIT_BYTES;
    const size_t part = n < straight ? n : straight;
    sv_memcpy(to, unit(trace, at), part);
    if (part < n)
        sv_memcpy(to + part, unit(trace, 0), n - part);
}

bool sv_trace_read(struct sv_trace *trace, struct sv_trace_record *record, uint8_t *bytes, size_t room)
{
    if (trace->used == 0)
        return false;
    sv_memcpy(record, unit(trace, trace->first), UNIT_BYTES);
    const uint32_t more = units_of(record->bytes);
    const size_t n = record->bytes < room ? record->bytes : room;
    if (n != 0)
        get(trace, after(trace, trace->first, 1), bytes, n);
    trace->first = after(trace, trace->first, 1 + more);
    trace->used -= 1 + more;
    return true;
}

uint64_t sv_trace_hash(const struct sv_trace *trace)
{
    return trace->hash;
}

uint64_t sv_trace_count(const struct sv_trace *trace)
{
    return trace->count;
}

uint64_t sv_trace_lost(const struct sv_trace *trace)
{
    return trace->lost;
}

void sv_trace_select(struct sv_trace *trace, uint64_t kinds)
{
    trace->kinds = kinds;
}

bool sv_trace_selects(const struct sv_trace *trace, enum sv_trace_kind kind)
{
    return (uint32_t)kind >= 64 || (trace->kinds >> kind & 1) != 0;
}

static uint64_t hash_record(const struct sv_trace_record *r, uint64_t seed)
{
    const uint64_t word[6] = {
        r->time,
        r->kind | (uint64_t)r->host << 16 | (uint64_t)r->bytes << 32 | (uint64_t)r->detail << 48,
        r->flow | (uint64_t)r->packet << 32,
        r->arg[0] | (uint64_t)r->arg[1] << 32,
        r->arg[2] | (uint64_t)r->arg[3] << 32,
        r->arg[4] | (uint64_t)r->arg[5] << 32,
    };
    return sv_xxh64_words6(word, seed);
}

void sv_trace_emit(struct sv_trace *trace, const struct sv_trace_record *record, const uint8_t *bytes)
{
    if (record->kind < 64 && (trace->kinds >> record->kind & 1) == 0)
        return;
    struct sv_trace_record r = *record;
    if (bytes == NULL)
        r.bytes = 0;
    trace->count++;
    trace->hash = hash_record(&r, trace->hash);
    if (r.bytes != 0)
        trace->hash = sv_xxh64(bytes, r.bytes, trace->hash);
    const uint32_t units = 1 + units_of(r.bytes);
    if (units > trace->units - trace->used) {
        trace->lost++;
        return;
    }
    const uint32_t at = after(trace, trace->first, trace->used);
    sv_memcpy(unit(trace, at), &r, UNIT_BYTES);
    if (r.bytes != 0)
        put(trace, after(trace, at, 1), bytes, r.bytes);
    trace->used += units;
}
