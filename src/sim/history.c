/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/history.h"

#include "core/mem.h"

static uint8_t *sv_snapshot_at(const struct sv_history *h, uint32_t i)
{
    return (uint8_t *)h->c.memory + i * h->bytes;
}

static uint64_t sv_snapshot_arena(const struct sv_history *h)
{
    return sv_arena_used(h->c.arena);
}

static void sv_history_where(struct sv_history *h)
{
    h->c.where(h->c.self, &h->now.packets, &h->now.time);
}

/* Copies what is outside too. False: the arena would not (it was checked when the history was opened). */
static bool sv_history_keep(struct sv_history *h)
{
    uint8_t *to = sv_snapshot_at(h, h->snapshots);
    if (sv_arena_snapshot(h->c.arena, to, sv_snapshot_arena(h)) != SV_OK)
        return false;
    if (h->c.outside)
        sv_memcpy(to + sv_snapshot_arena(h), h->c.outside, (size_t)h->c.outside_bytes);
    h->at[h->snapshots++] = h->now;
    return true;
}

static void sv_history_restore(struct sv_history *h, uint32_t i)
{
    const uint8_t *from = sv_snapshot_at(h, i);
    const enum sv_err error = sv_arena_restore(h->c.arena, from, sv_snapshot_arena(h));
    SV_ASSERT(error == SV_OK);
    if (h->c.outside)
        sv_memcpy(h->c.outside, from + sv_snapshot_arena(h), (size_t)h->c.outside_bytes);
    h->now = h->at[i];
}

enum sv_err sv_history_open(struct sv_history *h, const struct sv_history_config *config)
{
    if (config->size != sizeof *config)
        return SV_ERR_VERSION;
    sv_memset(h, 0, sizeof *h);
    h->c = *config;
    h->every = config->every ? config->every : 64;
    h->bytes = (sv_snapshot_arena(h) + config->outside_bytes + 63u) & ~(uint64_t)63u;
    const uint64_t room = config->memory_bytes / h->bytes;
    h->room = room < SV_HISTORY_SNAPSHOTS ? (uint32_t)room : SV_HISTORY_SNAPSHOTS;
    if (sv_arena_is_foreign(config->arena))
        return SV_ERR_FOREIGN;
    if (h->room < 2)
        return SV_ERR_INVALID;
    sv_history_where(h);
    return sv_history_keep(h) ? SV_OK : SV_ERR_INVALID;
}

/* Every second snapshot goes; the first stays. */
static void sv_history_thin(struct sv_history *h)
{
    uint32_t kept = 1;
    for (uint32_t i = 2; i < h->snapshots; i += 2) {
        sv_memmove(sv_snapshot_at(h, kept), sv_snapshot_at(h, i), (size_t)h->bytes);
        h->at[kept++] = h->at[i];
    }
    h->snapshots = kept;
    h->every *= 2u;
}

bool sv_history_forward(struct sv_history *h)
{
    if (!h->c.turn(h->c.self))
        return false;
    h->now.turns++;
    sv_history_where(h);
    if (h->now.turns >= h->at[h->snapshots - 1u].turns + h->every) {
        if (h->snapshots == h->room)
            sv_history_thin(h);
        (void)sv_history_keep(h);
    }
    return true;
}

enum sv_measure { SV_BY_TURN, SV_BY_PACKET, SV_BY_TIME };

static uint64_t sv_moment_by(const struct sv_moment *m, enum sv_measure by)
{
    return by == SV_BY_TURN ? m->turns : by == SV_BY_PACKET ? m->packets : m->time;
}

/* From the last snapshot that is surely before. */
static void sv_history_rewind(struct sv_history *h, uint64_t to, enum sv_measure by)
{
    uint32_t i = h->snapshots - 1u;
    while (i && sv_moment_by(&h->at[i], by) >= to)
        i--;
    if (h->at[i].turns < h->now.turns)
        sv_history_restore(h, i);
}

bool sv_history_to_turn(struct sv_history *h, uint64_t turns)
{
    if (turns < h->now.turns)
        sv_history_rewind(h, turns + 1u, SV_BY_TURN);
    while (h->now.turns < turns) {
        if (!sv_history_forward(h))
            return false;
    }
    return true;
}

bool sv_history_to_packet(struct sv_history *h, uint64_t packets)
{
    if (packets <= h->now.packets)
        sv_history_rewind(h, packets, SV_BY_PACKET);
    while (h->now.packets < packets) {
        if (!sv_history_forward(h))
            return false;
    }
    return true;
}

bool sv_history_to_time(struct sv_history *h, sv_time time)
{
    sv_history_rewind(h, time, SV_BY_TIME);
    uint64_t last = h->now.turns;
    bool more = true;
    while (more && h->now.time <= time) {
        last = h->now.turns;
        more = sv_history_forward(h);
    }
    if (h->now.time > time) /* one too far: it cannot be known before */
        (void)sv_history_to_turn(h, last);
    return more;
}

void sv_history_branch(struct sv_history *h)
{
    while (h->snapshots > 1 && h->at[h->snapshots - 1u].turns > h->now.turns)
        h->snapshots--;
}
