/* SPDX-License-Identifier: BSD-2-Clause */
/* The station table (IEEE 802.1Q §8.8: the filtering database, learned for each VLAN by itself): a hash with chains,
 * keyed, so that nobody can choose addresses that collide. Beside its chain a learned station stands in its port's
 * list, ordered by when it was heard: the oldest are found at once, for ageing, for making room, for forgetting a
 * port. */
#include "l2_link/bridge.h"

#define SV_HEARD_EVERY SV_S /* a station moves to its list's new end this often at most */

static uint32_t *sv_stations_bucket(const struct sv_bridge *br, const uint8_t mac[SV_MAC_BYTES], uint32_t vid)
{
    uint8_t key[8];
    sv_memcpy(key, mac, SV_MAC_BYTES);
    sv_put_u16(key + 6, (uint16_t)vid);
    const uint32_t hash = (uint32_t)sv_siphash13(&br->core.secret, key, sizeof key);
    uint32_t *buckets = (uint32_t *)((uintptr_t)&br->stations + (uintptr_t)br->stations.buckets_at);
    return &buckets[hash & br->stations.mask];
}

static uint32_t sv_stations_buckets(uint32_t ceiling)
{
    uint32_t n = 16;
    while (n < ceiling)
        n *= 2;
    return n;
}

uint64_t sv_stations_bytes(uint32_t ceiling)
{
    return (uint64_t)ceiling * sizeof(struct sv_station) + (uint64_t)sv_stations_buckets(ceiling) * 4u + 128u;
}

bool sv_stations_init(struct sv_bridge *br, struct sv_arena *arena, uint32_t ceiling)
{
    struct sv_stations *t = &br->stations;
    const uint32_t n = sv_stations_buckets(ceiling);
    struct sv_station *array = sv_arena_take(arena, (uint64_t)ceiling * sizeof *array, 64);
    uint32_t *buckets = sv_arena_take(arena, (uint64_t)n * sizeof *buckets, 64);
    if (!array || !buckets)
        return false;
    t->at = (int64_t)((intptr_t)array - (intptr_t)t);
    t->buckets_at = (int64_t)((intptr_t)buckets - (intptr_t)t);
    t->ceiling = ceiling;
    t->mask = n - 1u;
    for (uint32_t i = 0; i < n; i++)
        buckets[i] = SV_NONE;
    for (uint32_t i = 0; i < ceiling; i++) {
        array[i].port = SV_NO_PORT;
        array[i].chain = i + 1u < ceiling ? i + 1u : SV_NONE;
    }
    t->free = 0;
    return true;
}

uint32_t sv_station_find(const struct sv_bridge *br, const uint8_t mac[SV_MAC_BYTES], uint32_t vid)
{
    uint32_t i = *sv_stations_bucket(br, mac, vid);
    while (i != SV_NONE) {
        const struct sv_station *s = sv_station_of(br, i);
        if (s->vid == vid && sv_mac_equal(s->mac, mac))
            return i;
        i = s->chain;
    }
    return SV_NONE;
}

/* --- a port's list --- */

static void sv_station_unlist(struct sv_bridge *br, uint32_t i)
{
    struct sv_station *s = sv_station_of(br, i);
    struct sv_bport *p = sv_bport_of(br, s->port);
    if (s->permanent)
        return;
    if (s->newer == SV_NONE)
        p->newest = s->older;
    else
        sv_station_of(br, s->newer)->older = s->older;
    if (s->older == SV_NONE)
        p->oldest = s->newer;
    else
        sv_station_of(br, s->older)->newer = s->newer;
    p->stations--;
}

static void sv_station_list(struct sv_bridge *br, uint32_t i)
{
    struct sv_station *s = sv_station_of(br, i);
    struct sv_bport *p = sv_bport_of(br, s->port);
    if (s->permanent)
        return;
    s->newer = SV_NONE;
    s->older = p->newest;
    if (p->newest == SV_NONE)
        p->oldest = i;
    else
        sv_station_of(br, p->newest)->newer = i;
    p->newest = i;
    p->stations++;
}

static void sv_station_forget(struct sv_bridge *br, uint32_t i, enum sv_bridge_event event)
{
    struct sv_station *s = sv_station_of(br, i);
    uint32_t *link = sv_stations_bucket(br, s->mac, s->vid);
    while (*link != i)
        link = &sv_station_of(br, *link)->chain;
    *link = s->chain;
    sv_station_unlist(br, i);
    sv_bridge_event(br, event, s->port, s->vid, 0, s->mac, 0);
    s->port = SV_NO_PORT;
    s->chain = br->stations.free;
    br->stations.free = i;
    br->stations.used--;
}

struct sv_station *sv_station_put(struct sv_bridge *br, const uint8_t mac[SV_MAC_BYTES], uint32_t vid, sv_port port,
                                  bool permanent)
{
    const uint32_t i = br->stations.free;
    if (i == SV_NONE)
        return NULL;
    struct sv_station *s = sv_station_of(br, i);
    uint32_t *bucket = sv_stations_bucket(br, mac, vid);
    br->stations.free = s->chain;
    br->stations.used++;
    sv_memcpy(s->mac, mac, SV_MAC_BYTES);
    s->vid = (uint16_t)vid;
    s->port = port;
    s->permanent = permanent;
    s->seen = br->core.now;
    s->chain = *bucket;
    *bucket = i;
    sv_station_list(br, i);
    return s;
}

/* --- learning --- */

/* The station that was not heard longest, of one port or of all. */
static uint32_t sv_station_oldest(const struct sv_bridge *br, sv_port port)
{
    if (port != SV_NO_PORT)
        return sv_bport_of(br, port)->oldest;
    uint32_t oldest = SV_NONE;
    for (sv_port p = 0; p < br->ports; p++) {
        const uint32_t i = sv_bport_of(br, p)->oldest;
        if (i != SV_NONE && (oldest == SV_NONE || sv_station_of(br, i)->seen < sv_station_of(br, oldest)->seen))
            oldest = i;
    }
    return oldest;
}

/* Room for one more at `port`, by policy. */
static bool sv_stations_make_room(struct sv_bridge *br, sv_port port)
{
    const struct sv_bport *p = sv_bport_of(br, port);
    const bool share = p->config.stations && p->stations >= p->config.stations;
    if (!share && br->stations.free != SV_NONE)
        return true;
    br->core.drops[SV_DROP_STATION_NOT_LEARNED]++;
    if (br->overflow != SV_OVERFLOW_EVICT)
        return false;
    const uint32_t oldest = sv_station_oldest(br, share ? port : SV_NO_PORT);
    if (oldest == SV_NONE)
        return false; /* all that is there is permanent */
    sv_station_forget(br, oldest, SV_BRIDGE_EVICTED);
    return true;
}

bool sv_station_learn(struct sv_bridge *br, const struct sv_bframe *f)
{
    const uint32_t vid = f->tag.vid;
    const uint32_t i = sv_station_find(br, f->src, vid);
    const sv_time now = br->core.now;
    if (i != SV_NONE) {
        struct sv_station *s = sv_station_of(br, i);
        if (s->permanent)
            return true;
        if (SV_LIKELY(s->port == f->in)) {
            if (now - s->seen < SV_HEARD_EVERY)
                return true;
            sv_station_unlist(br, i);
        } else {
            const sv_port before = s->port;
            const struct sv_bport *p = sv_bport_of(br, f->in);
            if (p->config.stations && p->stations >= p->config.stations && !sv_stations_make_room(br, f->in))
                return br->overflow != SV_OVERFLOW_REFUSE;
            sv_station_unlist(br, i);
            s->port = f->in;
            sv_bridge_event(br, SV_BRIDGE_MOVED, f->in, vid, before, f->src, f->b->id);
        }
        s->seen = now;
        sv_station_list(br, i);
        return true;
    }
    if (!sv_stations_make_room(br, f->in))
        return br->overflow != SV_OVERFLOW_REFUSE;
    (void)sv_station_put(br, f->src, vid, f->in, false);
    sv_bridge_event(br, SV_BRIDGE_LEARNED, f->in, vid, 0, f->src, f->b->id);
    return true;
}

/* --- forgetting --- */

void sv_stations_flush(struct sv_bridge *br, sv_port port, uint32_t vid)
{
    uint32_t i = sv_bport_of(br, port)->oldest;
    while (i != SV_NONE) {
        const uint32_t next = sv_station_of(br, i)->newer;
        if (!vid || sv_station_of(br, i)->vid == vid)
            sv_station_forget(br, i, SV_BRIDGE_FLUSHED);
        i = next;
    }
}

void sv_stations_expire(struct sv_bridge *br, sv_time now)
{
    const sv_time age = br->age_s * SV_S;
    for (sv_port p = 0; p < br->ports; p++) {
        uint32_t i;
        while ((i = sv_bport_of(br, p)->oldest) != SV_NONE && sv_station_of(br, i)->seen + age <= now)
            sv_station_forget(br, i, SV_BRIDGE_AGED);
    }
}

sv_time sv_stations_deadline(const struct sv_bridge *br)
{
    const uint32_t i = sv_station_oldest(br, SV_NO_PORT);
    return i == SV_NONE ? SV_NEVER : sv_station_of(br, i)->seen + br->age_s * SV_S;
}

void sv_stations_check(const struct sv_bridge *br)
{
    uint32_t used = 0, listed = 0, permanent = 0;
    for (uint32_t i = 0; i < br->stations.ceiling; i++) {
        const struct sv_station *s = sv_station_of(br, i);
        if (s->port == SV_NO_PORT)
            continue;
        used++;
        permanent += s->permanent;
        SV_ASSERT(s->port < br->ports);
        SV_ASSERT(!sv_mac_is_group(s->mac));
        SV_ASSERT(sv_station_find(br, s->mac, s->vid) == i);
    }
    for (sv_port p = 0; p < br->ports; p++) {
        sv_time last = 0;
        uint32_t here = 0;
        for (uint32_t i = sv_bport_of(br, p)->oldest; i != SV_NONE; i = sv_station_of(br, i)->newer) {
            SV_ASSERT(sv_station_of(br, i)->port == p);
            SV_ASSERT(sv_station_of(br, i)->seen >= last);
            last = sv_station_of(br, i)->seen;
            here++;
        }
        SV_ASSERT(here == sv_bport_of(br, p)->stations);
        listed += here;
    }
    SV_ASSERT(used == br->stations.used);
    SV_ASSERT(listed + permanent == used);
}
