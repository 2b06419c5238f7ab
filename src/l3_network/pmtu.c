/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/pmtu.h"

#include "core/math.h"

static struct sv_pmtu_path *sv_pmtu_path_of(const struct sv_pmtu *t, uint32_t index)
{
    return (struct sv_pmtu_path *)((uintptr_t)t + (uintptr_t)t->at) + index;
}

static uint32_t sv_pmtu_hash(const struct sv_core *c, const struct sv_addr *dst)
{
    return (uint32_t)(sv_siphash13(&c->secret, dst->byte, 16) & (SV_PMTU_PATHS - 1u));
}

bool sv_pmtu_init(struct sv_pmtu *t, struct sv_core *c, struct sv_arena *arena)
{
    struct sv_pmtu_path *p = sv_arena_take(arena, (uint64_t)SV_PMTU_PATHS * sizeof *p, 64);
    if (!p)
        return false;
    sv_memset(t, 0, sizeof *t);
    t->at = (int64_t)((uintptr_t)p - (uintptr_t)t);
    t->newest = t->oldest = SV_NONE;
    for (uint32_t i = 0; i < SV_PMTU_PATHS; i++) {
        t->bucket[i] = SV_NONE;
        sv_wheel_node_init(&p[i].timer);
        p[i].chain = i + 1 < SV_PMTU_PATHS ? i + 1 : SV_NONE;
    }
    sv_wheel_kind(&c->wheel, SV_WHEEL_PATH, &p->timer, (uint32_t)sizeof *p);
    return true;
}

uint64_t sv_pmtu_bytes(void)
{
    return (uint64_t)SV_PMTU_PATHS * sizeof(struct sv_pmtu_path) + 64u;
}

static uint32_t sv_pmtu_index(const struct sv_core *c, const struct sv_pmtu *t, const struct sv_addr *dst)
{
    uint32_t i = t->bucket[sv_pmtu_hash(c, dst)];
    while (i != SV_NONE && !sv_addr_equal(&sv_pmtu_path_of(t, i)->dst, dst))
        i = sv_pmtu_path_of(t, i)->chain;
    return i;
}

uint32_t sv_pmtu_find(const struct sv_core *c, const struct sv_pmtu *t, const struct sv_addr *dst, uint32_t link_mtu)
{
    const uint32_t i = sv_pmtu_index(c, t, dst);
    return i == SV_NONE ? link_mtu : sv_min_u32(link_mtu, sv_pmtu_path_of(t, i)->mtu);
}

static void sv_pmtu_note(struct sv_core *c, const struct sv_pmtu_path *p, enum sv_pmtu_event event)
{
    if (!sv_core_traced(c))
        return;
    const uint32_t arg[] = {p->mtu};
    sv_trace_event(c, SV_TRACE_PMTU, (uint16_t)event, 0, 0, arg, SV_COUNT_OF(arg), p->dst.byte, 16);
}

static void sv_pmtu_unlink_age(struct sv_pmtu *t, uint32_t index)
{
    struct sv_pmtu_path *p = sv_pmtu_path_of(t, index);
    if (p->newer != SV_NONE)
        sv_pmtu_path_of(t, p->newer)->older = p->older;
    else
        t->newest = p->older;
    if (p->older != SV_NONE)
        sv_pmtu_path_of(t, p->older)->newer = p->newer;
    else
        t->oldest = p->newer;
}

static void sv_pmtu_forget(struct sv_core *c, struct sv_pmtu *t, uint32_t index, enum sv_pmtu_event event)
{
    struct sv_pmtu_path *p = sv_pmtu_path_of(t, index);
    sv_pmtu_note(c, p, event);
    sv_wheel_disarm(&c->wheel, SV_WHEEL_PATH, index);
    uint32_t *link = &t->bucket[sv_pmtu_hash(c, &p->dst)];
    while (*link != index)
        link = &sv_pmtu_path_of(t, *link)->chain;
    *link = p->chain;
    sv_pmtu_unlink_age(t, index);
    p->mtu = 0;
    p->chain = t->free_first;
    t->free_first = index;
    t->used--;
    t->generation++;
}

static uint32_t sv_pmtu_make(struct sv_core *c, struct sv_pmtu *t, const struct sv_addr *dst)
{
    if (t->free_first == SV_NONE) {
        t->recycled++;
        sv_pmtu_forget(c, t, t->oldest, SV_PMTU_RECYCLED);
    }
    const uint32_t i = t->free_first;
    struct sv_pmtu_path *p = sv_pmtu_path_of(t, i);
    t->free_first = p->chain;
    t->used++;
    sv_memset(p, 0, sizeof *p);
    sv_wheel_node_init(&p->timer);
    p->dst = *dst;
    uint32_t *bucket = &t->bucket[sv_pmtu_hash(c, dst)];
    p->chain = *bucket;
    *bucket = i;
    return i;
}

bool sv_pmtu_learn(struct sv_core *c, struct sv_pmtu *t, const struct sv_addr *dst, uint32_t mtu)
{
    SV_ASSERT(mtu >= (sv_addr_is_v4(dst) ? SV_PMTU_MIN_IP4 : SV_PMTU_MIN_IP6));
    uint32_t i = sv_pmtu_index(c, t, dst);
    if (i != SV_NONE && sv_pmtu_path_of(t, i)->mtu <= mtu)
        return false;
    if (i == SV_NONE)
        i = sv_pmtu_make(c, t, dst);
    else
        sv_pmtu_unlink_age(t, i);
    struct sv_pmtu_path *p = sv_pmtu_path_of(t, i);
    p->mtu = mtu;
    p->newer = SV_NONE;
    p->older = t->newest;
    if (t->newest != SV_NONE)
        sv_pmtu_path_of(t, t->newest)->newer = i;
    else
        t->oldest = i;
    t->newest = i;
    p->deadline = c->now + SV_PMTU_LIFETIME_MS * SV_MS;
    sv_wheel_arm(&c->wheel, SV_WHEEL_PATH, i, p->deadline);
    t->generation++;
    sv_pmtu_note(c, p, SV_PMTU_LEARNED);
    return true;
}

void sv_pmtu_widen(struct sv_core *c, struct sv_pmtu *t, const struct sv_addr *dst, uint32_t mtu)
{
    const uint32_t i = t->used ? sv_pmtu_index(c, t, dst) : SV_NONE;
    if (i == SV_NONE || sv_pmtu_path_of(t, i)->mtu >= mtu)
        return;
    sv_pmtu_path_of(t, i)->mtu = mtu;
    t->generation++;
}

bool sv_pmtu_expire(struct sv_core *c, struct sv_pmtu *t, uint32_t index, struct sv_addr *dst)
{
    const struct sv_pmtu_path *p = sv_pmtu_path_of(t, index);
    if (p->mtu == 0)
        return false;
    if (c->now < p->deadline) { /* the wheel may be early, and a report may have moved it */
        sv_wheel_arm(&c->wheel, SV_WHEEL_PATH, index, p->deadline);
        return false;
    }
    *dst = p->dst;
    sv_pmtu_forget(c, t, index, SV_PMTU_AGED);
    return true;
}

void sv_pmtu_check(const struct sv_core *c, const struct sv_pmtu *t)
{
    uint32_t used = 0, aged = 0;
    for (uint32_t i = 0; i < SV_PMTU_PATHS; i++) {
        const struct sv_pmtu_path *p = sv_pmtu_path_of(t, i);
        if (p->mtu == 0)
            continue;
        used++;
        SV_ASSERT(sv_pmtu_index(c, t, &p->dst) == i);
        SV_ASSERT(p->timer.at <= p->deadline);
    }
    for (uint32_t i = t->newest; i != SV_NONE; i = sv_pmtu_path_of(t, i)->older)
        aged++;
    SV_ASSERT(used == t->used);
    SV_ASSERT(aged == used);
}
