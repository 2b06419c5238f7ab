/* SPDX-License-Identifier: BSD-2-Clause */
/* Theory of operation. Let tick(t) = t >> 10, written in base 64. The invariant between calls:
 *
 *   - an entry with at <= w->now stands in `ready`;
 *   - any other stands at the level of the highest digit where tick(at) and tick(w->now) differ (level 0 if
 *     none does), in the slot of its own digit there; in `far` if that is above the last level.
 *
 * So within a level all entries agree with `now` above it, their slots come after now's digit, and every
 * entry of a lower level is due before any of a higher one. The first occupied slot of the lowest occupied
 * level is therefore the next to look at: advance() jumps from one to the next, spreads a slot of a higher
 * level over the lower ones when time enters it, and moves what is due from a slot of level 0 to `ready`.
 * An entry is moved at most seven times, however it is armed and however far time jumps.
 *
 * Entries reach a slot of level 0 in the order of their insertion: directly only once time has entered the
 * slot's block, that is after all that was inserted earlier has been spread into it. */
#include "core/wheel.h"

#include "core/math.h"

#define DIGIT_BITS 6u
#define NODE_INDEX_MASK ((1u << SV_WHEEL_KIND_SHIFT) - 1u)
#define SLOT_NS (1u << SV_WHEEL_SHIFT)
#define TOP_SHIFT (SV_WHEEL_SHIFT + DIGIT_BITS * SV_WHEEL_LEVELS) /* of the window that the levels span */

void sv_wheel_init(struct sv_wheel *w, sv_time now)
{
    sv_memset(w, 0, sizeof *w);
    sv_memset(w->list, 0xff, sizeof w->list); /* SV_NONE */
    for (uint32_t slot = 0; slot < SV_WHEEL_SLOTS; slot++)
        w->earliest_ns[slot] = SLOT_NS - 1;
    w->ahead = w->ahead_list = SV_NONE;
    w->now = now;
}

void sv_wheel_kind(struct sv_wheel *w, uint32_t kind, struct sv_wheel_node *first, uint32_t stride)
{
    SV_ASSERT(kind < SV_WHEEL_KINDS);
    w->offset[kind] = (int64_t)((intptr_t)first - (intptr_t)w);
    w->stride[kind] = stride;
}

static struct sv_wheel_node *node_of(const struct sv_wheel *w, uint32_t number)
{
    return sv_wheel_node(w, number >> SV_WHEEL_KIND_SHIFT, number & NODE_INDEX_MASK);
}

static uint32_t list_of(sv_time at, sv_time now)
{
    const uint64_t tick = at >> SV_WHEEL_SHIFT;
    const uint64_t differ = tick ^ (now >> SV_WHEEL_SHIFT);
    const uint32_t level = differ ? sv_log2_64(differ) / DIGIT_BITS : 0;
    if (SV_UNLIKELY(level >= SV_WHEEL_LEVELS))
        return SV_WHEEL_FAR;
    return level * SV_WHEEL_SLOTS + (uint32_t)((tick >> (level * DIGIT_BITS)) & (SV_WHEEL_SLOTS - 1));
}

static void append(struct sv_wheel *w, struct sv_wheel_list *list, uint32_t number, struct sv_wheel_node *n)
{
    n->next = SV_NONE;
    n->prev = list->last;
    if (list->last == SV_NONE)
        list->first = number;
    else
        node_of(w, list->last)->next = number;
    list->last = number;
}

/* Puts a node into its slot; not into `ready`. `now` decides the level. */
static void place(struct sv_wheel *w, uint32_t number, struct sv_wheel_node *n, sv_time now)
{
    const uint32_t at = list_of(n->at, now);
    append(w, &w->list[at], number, n);
    if (at >= SV_WHEEL_FAR)
        return;
    w->occupied[at / SV_WHEEL_SLOTS] |= (uint64_t)1 << (at % SV_WHEEL_SLOTS);
    w->levels |= 1u << (at / SV_WHEEL_SLOTS);
    if (at < SV_WHEEL_SLOTS) {
        const uint16_t ns = (uint16_t)(n->at & (SLOT_NS - 1));
        if (ns < w->earliest_ns[at])
            w->earliest_ns[at] = ns;
    }
}

static void mark_empty(struct sv_wheel *w, uint32_t at)
{
    if (at >= SV_WHEEL_FAR)
        return;
    const uint32_t level = at / SV_WHEEL_SLOTS;
    w->occupied[level] &= ~((uint64_t)1 << (at % SV_WHEEL_SLOTS));
    if (w->occupied[level] == 0)
        w->levels &= ~(1u << level);
    if (level == 0)
        w->earliest_ns[at] = SLOT_NS - 1;
}

static void take_out(struct sv_wheel *w, struct sv_wheel_node *n)
{
    const uint32_t at = n->at <= w->now ? SV_WHEEL_READY : list_of(n->at, w->now);
    struct sv_wheel_list *list = &w->list[at];
    if (n->prev == SV_NONE)
        list->first = n->next;
    else
        node_of(w, n->prev)->next = n->next;
    if (n->next == SV_NONE)
        list->last = n->prev;
    else
        node_of(w, n->next)->prev = n->prev;
    if (list->first == SV_NONE)
        mark_empty(w, at);
    w->entries--;
    sv_wheel_node_init(n);
}

/* An entry that was long in the wheel lies in no cache, and tells where the next one is: so a slot would be spread at
 * the pace of one miss after another. Instead, with each entry that is armed, one of the slot whose turn comes next is
 * fetched: of level 2, for what stands below it was looked at in the last 4 ms. A node that has left meanwhile leads
 * astray, which costs nothing but time. */
#define AHEAD_LEVEL 2u
static void fetch_ahead(struct sv_wheel *w)
{
    if (w->ahead != SV_NONE) {
        w->ahead = node_of(w, w->ahead)->next;
    } else if (w->occupied[AHEAD_LEVEL]) {
        const uint32_t at = AHEAD_LEVEL * SV_WHEEL_SLOTS + sv_ctz64(w->occupied[AHEAD_LEVEL]);
        if (at == w->ahead_list)
            return;
        w->ahead_list = at;
        w->ahead = w->list[at].first;
    }
    if (w->ahead != SV_NONE)
        SV_PREFETCH(node_of(w, w->ahead));
}

void sv_wheel_move(struct sv_wheel *w, uint32_t kind, uint32_t index, sv_time at)
{
    SV_ASSERT(kind < SV_WHEEL_KINDS);
    SV_ASSERT(index <= NODE_INDEX_MASK);
    struct sv_wheel_node *n = sv_wheel_node(w, kind, index);
    const uint32_t number = kind << SV_WHEEL_KIND_SHIFT | index;
    if (n->at != SV_NEVER)
        take_out(w, n);
    n->at = at;
    w->entries++;
    if (at <= w->now)
        append(w, &w->list[SV_WHEEL_READY], number, n);
    else
        place(w, number, n, w->now);
    if (sv_wheel_crowded(w))
        fetch_ahead(w);
}

void sv_wheel_disarm(struct sv_wheel *w, uint32_t kind, uint32_t index)
{
    struct sv_wheel_node *n = sv_wheel_node(w, kind, index);
    if (n->at != SV_NEVER)
        take_out(w, n);
}

/* A list's nodes, which lets it be filled anew while they are walked by their links. */
static uint32_t detach(struct sv_wheel *w, uint32_t at)
{
    const uint32_t first = w->list[at].first;
    w->list[at] = (struct sv_wheel_list){SV_NONE, SV_NONE};
    mark_empty(w, at);
    return first;
}

/* Entries of a slot of level 0 that are due at `now` become ready; the others stay, in their order. */
static void collect(struct sv_wheel *w, uint32_t at, sv_time now)
{
    for (uint32_t number = detach(w, at), next; number != SV_NONE; number = next) {
        struct sv_wheel_node *n = node_of(w, number);
        next = n->next;
        if (n->at <= now)
            append(w, &w->list[SV_WHEEL_READY], number, n);
        else
            place(w, number, n, now);
    }
}

/* A slot of level 0 that lies wholly in the past: its list becomes ready as it is. No entry is looked at, for where
 * there are many each would be a miss of the cache. */
static void collect_whole(struct sv_wheel *w, uint32_t at)
{
    const struct sv_wheel_list past = w->list[at];
    struct sv_wheel_list *ready = &w->list[SV_WHEEL_READY];
    (void)detach(w, at);
    node_of(w, past.first)->prev = ready->last;
    if (ready->last == SV_NONE)
        ready->first = past.first;
    else
        node_of(w, ready->last)->next = past.first;
    ready->last = past.last;
}

/* Where there are many, each entry is a miss of the cache, and tells where the next one is: those of the second half
 * are fetched from the end, meanwhile. */
static void spread(struct sv_wheel *w, uint32_t at, sv_time now)
{
    uint32_t back = w->list[at].last;
    for (uint32_t number = detach(w, at), next; number != SV_NONE; number = next) {
        struct sv_wheel_node *n = node_of(w, number);
        next = n->next;
        if (back != SV_NONE)
            back = back == number || back == next ? SV_NONE : node_of(w, back)->prev;
        place(w, number, n, now);
    }
}

/* When the first occupied slot of the lowest occupied level starts; w->levels is not 0. */
static sv_time first_slot(const struct sv_wheel *w, uint32_t *at)
{
    const uint32_t level = sv_ctz64(w->levels);
    const uint32_t slot = sv_ctz64(w->occupied[level]);
    const uint32_t shift = SV_WHEEL_SHIFT + level * DIGIT_BITS;
    *at = level * SV_WHEEL_SLOTS + slot;
    return (w->now >> (shift + DIGIT_BITS) << (shift + DIGIT_BITS)) | (sv_time)slot << shift;
}

/* The start of the window of the earliest far entry. */
static sv_time first_far_window(const struct sv_wheel *w)
{
    sv_time earliest = SV_NEVER;
    for (uint32_t number = w->list[SV_WHEEL_FAR].first; number != SV_NONE;) {
        const struct sv_wheel_node *n = node_of(w, number);
        earliest = sv_min_u64(earliest, n->at);
        number = n->next;
    }
    return earliest >> TOP_SHIFT << TOP_SHIFT;
}

/* Makes ready what is due by `now`, the wheel's new time. */
static void advance(struct sv_wheel *w, sv_time now)
{
    for (;;) {
        uint32_t at = SV_WHEEL_FAR;
        sv_time start;
        if (w->levels != 0)
            start = first_slot(w, &at);
        else if (w->list[SV_WHEEL_FAR].first != SV_NONE && now >> TOP_SHIFT != w->now >> TOP_SHIFT)
            start = first_far_window(w);
        else
            break;
        if (at < SV_WHEEL_SLOTS) {
            if (start + w->earliest_ns[at] > now)
                break;
            if (start + SLOT_NS <= now) {
                collect_whole(w, at);
                continue;
            }
            /* What stays is placed by the new time, which is in this very slot. */
            collect(w, at, now);
            if (w->list[at].first != SV_NONE)
                break;
        } else {
            if (start > now)
                break;
            w->now = start;
            spread(w, at, start);
        }
    }
    w->now = now;
}

uint32_t sv_wheel_due(struct sv_wheel *w, sv_time now, uint32_t *kind)
{
    if (now > w->now)
        advance(w, now);
    const uint32_t number = w->list[SV_WHEEL_READY].first;
    if (number == SV_NONE)
        return SV_NONE;
    take_out(w, node_of(w, number));
    *kind = number >> SV_WHEEL_KIND_SHIFT;
    return number & NODE_INDEX_MASK;
}

SV_HOT sv_time sv_wheel_next(const struct sv_wheel *w)
{
    if (w->list[SV_WHEEL_READY].first != SV_NONE)
        return w->now;
    if (w->levels == 0)
        return w->list[SV_WHEEL_FAR].first == SV_NONE ? SV_NEVER : ((w->now >> TOP_SHIFT) + 1) << TOP_SHIFT;
    uint32_t at;
    const sv_time start = first_slot(w, &at);
    return at < SV_WHEEL_SLOTS ? start + w->earliest_ns[at] : start;
}
