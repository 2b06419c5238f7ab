/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/link.h"

#include "core/math.h"
#include "core/pool_inline.h"
#include "sim/link_private.h"

struct sv_link {
    struct sv_node node;
    struct sv_core core; /* drops, trace and time as every layer has them */
    uint32_t up;
    struct sv_link_direction direction[2];
};

static struct sv_link *sv_link_of(struct sv_node *x)
{
    SV_ASSERT(x->kind == SV_NODE_LINK);
    return (struct sv_link *)(void *)x;
}

static void sv_link_event(struct sv_link *l, enum sv_link_event event, sv_port port, uint32_t packet, uint32_t argument)
{
    SV_TRACE_EVENT(&l->core, SV_TRACE_LINK, event, 0, packet, port, argument);
}

static void sv_link_settle(struct sv_link *l, sv_port port);

/* --- making one --- */

uint64_t sv_link_bytes(uint32_t ceiling)
{
    const uint64_t each = 2u * sizeof(struct sv_link_frame) + sizeof(struct sv_link_waiting);
    return sizeof(struct sv_link) + 2u * ((ceiling ? ceiling : 256u) * each + 192u) + 64u;
}

static bool sv_link_open_way(struct sv_link_direction *d, struct sv_arena *arena, uint32_t ceiling)
{
    const struct sv_link_frame *ordered = sv_arena_take(arena, (uint64_t)ceiling * sizeof *ordered, 64);
    const struct sv_link_frame *heap = sv_arena_take(arena, (uint64_t)ceiling * sizeof *heap, 64);
    const struct sv_link_waiting *ring = sv_arena_take(arena, (uint64_t)ceiling * sizeof *ring, 64);
    if (!ordered || !heap || !ring)
        return false;
    d->ordered_at = (int64_t)((intptr_t)ordered - (intptr_t)d);
    d->heap_at = (int64_t)((intptr_t)heap - (intptr_t)d);
    d->waiting_at = (int64_t)((intptr_t)ring - (intptr_t)d);
    d->ceiling = ceiling;
    d->flip_in = SV_NONE;
    return true;
}

struct sv_link *sv_link_create(struct sv_arena *arena, struct sv_pool *pool, const struct sv_link_config *config,
                               sv_time now)
{
    const uint32_t ceiling = config->ceiling ? config->ceiling : 256;
    if (config->size != sizeof *config || ceiling > 1u << 20 || config->number > UINT16_MAX)
        return NULL;
    struct sv_link *l = sv_arena_take(arena, sizeof *l, 64);
    if (!l)
        return NULL;
    l->node = (struct sv_node){.kind = SV_NODE_LINK, .ports = 2};
    l->core.now = now;
    l->core.arena_at = (int64_t)((intptr_t)arena - (intptr_t)&l->core);
    l->core.pool_at = (int64_t)((intptr_t)pool - (intptr_t)&l->core);
    l->core.trace_at = config->trace ? (int64_t)((intptr_t)config->trace - (intptr_t)&l->core) : 0;
    l->core.host = (uint16_t)config->number;
    l->up = 1;
    for (sv_port port = 0; port < 2; port++) {
        if (!sv_link_open_way(&l->direction[port], arena, ceiling))
            return NULL;
        sv_link_draws_init(&l->direction[port], port, config->seed, config->stream ? config->stream : config->number);
        sv_link_set_way(l, port, &config->way[port], now);
    }
    return l;
}

struct sv_node *sv_link_node(struct sv_link *l)
{
    return &l->node;
}

void sv_link_set_way(struct sv_link *l, sv_port port, const struct sv_link_way *way, sv_time now)
{
    SV_ASSERT(port < 2);
    (void)sv_core_clock(&l->core, now);
    struct sv_link_direction *d = &l->direction[port];
    struct sv_queue_config queue = way->queue;
    sv_link_settle(l, port);
    const uint32_t packets = d->queue.packets, bytes = d->queue.bytes;
    d->conditions = *way;
    d->calm = !(way->loss | way->duplicate | way->reorder | way->corrupt | way->truncate | way->to_bad | way->to_good |
                way->bad_loss) &&
              !way->jitter_ns;
    queue.packets = queue.packets ? queue.packets : way->queue_packets;
    sv_queue_init(&d->queue, &queue, l->core.now);
    d->queue.packets = packets;
    d->queue.bytes = bytes;
}

const struct sv_link_way *sv_link_way_of(const struct sv_link *l, sv_port port)
{
    SV_ASSERT(port < 2);
    return &l->direction[port].conditions;
}

static void sv_link_empty(struct sv_link *l, sv_port port)
{
    struct sv_link_direction *d = &l->direction[port];
    struct sv_pool *pool = sv_core_pool(&l->core);
    while (sv_link_flying(d))
        sv_drop(&l->core, SV_DROP_LINK_DOWN, sv_pool_buf(pool, sv_link_take(d)), port, 0);
    for (; d->waiting; d->waiting--, d->first = sv_link_place(d, d->first, 1))
        sv_drop(&l->core, SV_DROP_LINK_DOWN, sv_pool_buf(pool, sv_link_ring(d)[d->first].buf), port, 0);
    d->queue.packets = d->queue.bytes = d->eventful = 0;
    d->free_at = d->last_at = l->core.now;
}

void sv_link_set_up(struct sv_link *l, bool up, sv_time now)
{
    (void)sv_core_clock(&l->core, now);
    if (l->up == (up ? 1u : 0u))
        return;
    sv_link_settle(l, 0);
    sv_link_settle(l, 1);
    l->up = up;
    sv_link_event(l, up ? SV_LINK_UP : SV_LINK_CUT, 0, 0, sv_link_packets(l));
    for (sv_port port = 0; port < 2; port++)
        sv_link_empty(l, port);
}

void sv_link_set_down(struct sv_link *l, sv_port port, bool down, sv_time now)
{
    SV_ASSERT(port < 2);
    (void)sv_core_clock(&l->core, now);
    if (l->direction[port].conditions.down == (down ? 1u : 0u))
        return;
    sv_link_settle(l, port);
    l->direction[port].conditions.down = down;
    sv_link_event(l, down ? SV_LINK_CUT : SV_LINK_UP, port, 0, sv_link_flying(&l->direction[port]));
    sv_link_empty(l, port);
}

void sv_link_flip(struct sv_link *l, sv_port port, uint32_t frame, uint32_t bit)
{
    SV_ASSERT(port < 2);
    l->direction[port].flip_in = frame;
    l->direction[port].flip_bit = bit;
}

uint32_t sv_link_packets(const struct sv_link *l)
{
    const struct sv_link_direction *d = l->direction;
    return sv_link_flying(&d[0]) + d[0].waiting + sv_link_flying(&d[1]) + d[1].waiting;
}

uint64_t sv_link_drops(const struct sv_link *l, enum sv_drop reason)
{
    return l->core.drops[reason];
}

const struct sv_link_counts *sv_link_count(const struct sv_link *l, sv_port port)
{
    SV_ASSERT(port < 2);
    return &l->direction[port].count;
}

/* [0, most], from 32 random bits. */
static sv_time sv_link_part(sv_time most, uint32_t rest)
{
    const sv_time whole = (most >> 32) * rest;
    return whole + ((most & 0xffffffffu) * rest >> 32);
}

/* --- what happens to it --- */

/* A frame's bytes may be shared with whoever sends them again: own them first. */
bool sv_link_flip_bit(struct sv_buf *b, uint32_t bit)
{
    bit %= b->length * 8u;
    if (!sv_buf_own(b))
        return false;
    const uint8_t mask = (uint8_t)(0x80u >> (bit & 7u));
    uint32_t at = bit / 8u;
    if (at < b->linear_length) {
        sv_buf_head(b)[at] ^= mask;
        return true;
    }
    at -= b->linear_length;
    for (uint32_t i = 0; i < b->slices; i++) {
        if (at < b->slice[i].length) {
            sv_slab_bytes(sv_buf_pool(b), b->slice[i].slab)[b->slice[i].offset + at] ^= mask;
            return true;
        }
        at -= b->slice[i].length;
    }
    SV_ASSERT(at == 0); /* the slices are as long as the packet says */
    return false;
}

#define ETHERNET 14u
#define ECN_MASK 3u /* of the lower bits of TOS: 0 does not understand, 3 is the mark */

bool sv_link_mark(struct sv_buf *b)
{
    if (b->linear_length < ETHERNET + 20u)
        return false;
    const uint8_t *type = sv_buf_head(b) + 12, *ip = sv_buf_head(b) + ETHERNET;
    const bool v4 = type[0] == 8 && type[1] == 0 && ip[0] >> 4 == 4;
    const bool v6 = type[0] == 0x86 && type[1] == 0xdd && ip[0] >> 4 == 6;
    const uint32_t ecn = v4 ? ip[1] & ECN_MASK : v6 ? ip[1] >> 4 & ECN_MASK : 0;
    if (ecn == 0 || !sv_buf_own_linear(b))
        return false;
    uint8_t *h = sv_buf_head(b) + ETHERNET;
    if (v6) {
        h[1] |= ECN_MASK << 4;
        return true;
    }
    h[1] |= ECN_MASK;
    uint32_t sum = ((uint32_t)(uint8_t)~h[10] << 8 | (uint8_t)~h[11]) + (ECN_MASK - ecn); /* RFC 1624 */
    sum = (sum & 0xffffu) + (sum >> 16);
    h[10] = (uint8_t)(~sum >> 8);
    h[11] = (uint8_t)~sum;
    return true;
}

/* Corruption and truncation. False: b is gone. */
static bool sv_link_damage(struct sv_link *l, sv_port port, struct sv_buf *b, const struct sv_link_fate *fate)
{
    struct sv_link_direction *d = &l->direction[port];
    if (b->length == 0 || !(fate->corrupted || fate->truncated))
        return true;
    if (fate->corrupted) {
        const uint32_t bit = fate->corrupt_bit % (b->length * 8u);
        if (!sv_link_flip_bit(b, bit)) {
            sv_drop(&l->core, SV_DROP_NO_MEMORY, b, port, 0);
            return false;
        }
        d->count.corrupted++;
        sv_link_event(l, SV_LINK_CORRUPTED, port, b->id, bit);
    }
    if (fate->truncated) {
        sv_buf_truncate(b, fate->truncate_at % b->length);
        d->count.truncated++;
        sv_link_event(l, SV_LINK_TRUNCATED, port, b->id, b->length);
    }
    if (!d->conditions.check_fcs)
        return true;
    sv_drop(&l->core, SV_DROP_BAD_FCS, b, port, 0);
    return false;
}

/* Does [from, to] touch a time when nothing passes? */
static bool sv_link_flapped(const struct sv_link_way *way, sv_time from, sv_time to)
{
    if (!way->flap_ns || to < way->flap_from)
        return false;
    from = sv_max_u64(from, way->flap_from) - way->flap_from;
    to -= way->flap_from;
    const sv_time into = from - sv_div64(from, way->flap_ns) * way->flap_ns;
    return into < way->flap_down_ns || into + (to - from) >= way->flap_ns;
}

static void sv_link_duplicate(struct sv_link *l, sv_port port, struct sv_buf *b, sv_time at, uint32_t rest)
{
    struct sv_link_direction *d = &l->direction[port];
    const sv_time later = sv_link_part(d->conditions.reorder_ns, rest);
    if (sv_link_flying(d) + d->waiting >= d->ceiling)
        return;
    struct sv_buf *copy = sv_buf_clone(b, SV_WANT_DATA);
    if (!copy)
        return;
    d->count.duplicated++;
    sv_link_event(l, SV_LINK_DUPLICATED, port, b->id, (uint32_t)(later / SV_US));
    sv_link_put(d, copy, at + later, later != 0);
}

/* When the frame arrives whose last bit leaves at `leaves`. */
static sv_time sv_link_arrival(struct sv_link *l, sv_port port, const struct sv_buf *b, sv_time leaves,
                               const struct sv_link_fate *fate)
{
    struct sv_link_direction *d = &l->direction[port];
    const struct sv_link_way *way = &d->conditions;
    const sv_time at = leaves + way->delay_ns + sv_link_part(way->jitter_ns, fate->jitter);
    if (fate->reordered) {
        const sv_time later = sv_link_part(way->reorder_ns, fate->later);
        d->count.reordered++;
        sv_link_event(l, SV_LINK_REORDERED, port, b->id, (uint32_t)(later / SV_US));
        return at + later;
    }
    d->last_at = sv_max_u64(at, d->last_at);
    return d->last_at;
}

/* The frame's first bit is sent at `begins`. */
static void sv_link_depart(struct sv_link *l, sv_port port, struct sv_buf *b, sv_time begins,
                           const struct sv_link_fate *fate)
{
    struct sv_link_direction *d = &l->direction[port];
    const struct sv_link_way *way = &d->conditions;
    const sv_time takes = way->rate_bit_s ? sv_div64((uint64_t)b->length * 8u * SV_S, way->rate_bit_s) : 0;
    d->free_at = begins + takes;
    const sv_time at = sv_link_arrival(l, port, b, d->free_at, fate);
    if (sv_link_flapped(way, begins, at)) {
        sv_drop(&l->core, SV_DROP_LINK_DOWN, b, port, 0);
    } else if (fate->lost) {
        sv_drop(&l->core, SV_DROP_LINK_LOSS, b, port, 0);
    } else if (way->mtu && b->length > way->mtu + ETHERNET) {
        sv_drop(&l->core, SV_DROP_LINK_MTU, b, port, 0);
    } else if (sv_link_damage(l, port, b, fate)) {
        sv_link_put(d, b, at, fate->reordered);
        if (fate->duplicated)
            sv_link_duplicate(l, port, b, at, fate->copy_later);
    }
}

static void sv_link_mark_frame(struct sv_link *l, sv_port port, struct sv_buf *b)
{
    l->direction[port].count.marked++;
    sv_link_event(l, SV_LINK_MARKED, port, b->id, l->direction[port].waiting);
}

/* The first of those that wait leaves the queue. */
static void sv_link_leave(struct sv_link *l, sv_port port)
{
    struct sv_link_direction *d = &l->direction[port];
    const struct sv_link_waiting *w = &sv_link_ring(d)[d->first]; /* stays as it is: nobody comes meanwhile */
    struct sv_buf *b = sv_pool_buf(sv_core_pool(&l->core), w->buf);
    const sv_time begins = sv_max_u64(d->free_at, w->came);
    const enum sv_queue_verdict verdict = sv_queue_leave(&d->queue, b->length, w->came, begins);
    d->first = sv_link_place(d, d->first, 1);
    d->waiting--;
    d->eventful -= w->eventful;
    const bool marked = verdict == SV_QUEUE_MARK && sv_link_mark(b);
    if (marked)
        sv_link_mark_frame(l, port, b);
    if (verdict == SV_QUEUE_REFUSE || (verdict == SV_QUEUE_MARK && !marked))
        sv_drop(&l->core, SV_DROP_QUEUE_MANAGED, b, port, 0);
    else
        sv_link_depart(l, port, b, begins, &w->fate);
}

/* Those whose turn it is leave the queue. */
static void sv_link_pump(struct sv_link *l, sv_port port)
{
    struct sv_link_direction *d = &l->direction[port];
    while (d->waiting && d->free_at <= l->core.now)
        sv_link_leave(l, port);
}

/* Those whose turn was before now: what happens to a link comes before its own doings at the same time. */
static void sv_link_settle(struct sv_link *l, sv_port port)
{
    struct sv_link_direction *d = &l->direction[port];
    while (d->waiting && d->free_at < l->core.now)
        sv_link_leave(l, port);
}

/* When the first of those that wait must leave the queue. While nobody could see it leave, that is no event of its own:
 * it is enough that it has left before it arrives. */
static sv_time sv_link_turn_at(const struct sv_link_direction *d)
{
    const struct sv_link_way *way = &d->conditions;
    const bool seen = d->eventful || way->queue.kind == SV_QUEUE_CODEL || way->mtu || way->flap_ns;
    return d->free_at + (seen ? 0 : way->delay_ns);
}

/* It waits, unless the queue refuses it. */
static void sv_link_enqueue(struct sv_link *l, sv_port port, struct sv_buf *b, const struct sv_link_fate *fate,
                            uint32_t draw)
{
    struct sv_link_direction *d = &l->direction[port];
    const uint64_t rate = d->conditions.rate_bit_s;
    const sv_time packet_ns = rate ? sv_div64(8u * 1500u * SV_S, rate) : 0;
    bool full = false;
    enum sv_queue_verdict verdict = sv_queue_join(&d->queue, b->length, draw, packet_ns, l->core.now, &full);
    if (verdict == SV_QUEUE_MARK) {
        verdict = sv_link_mark(b) ? SV_QUEUE_TAKE : SV_QUEUE_REFUSE;
        if (verdict == SV_QUEUE_TAKE)
            sv_link_mark_frame(l, port, b);
    }
    if (verdict == SV_QUEUE_REFUSE) {
        sv_drop(&l->core, full ? SV_DROP_QUEUE_FULL : SV_DROP_QUEUE_MANAGED, b, port, 0);
        return;
    }
    const bool eventful = fate->lost || fate->duplicated || fate->reordered || fate->corrupted || fate->truncated;
    sv_link_ring(d)[sv_link_place(d, d->first, d->waiting++)] =
        (struct sv_link_waiting){.came = l->core.now, .buf = b->self, .eventful = eventful, .fate = *fate};
    d->eventful += eventful;
    sv_queue_joined(&d->queue, b->length);
    d->count.waiting_most = sv_max_u32(d->count.waiting_most, d->waiting);
    sv_link_pump(l, port);
}

static void sv_link_carry(struct sv_link *l, sv_port port, struct sv_buf *b)
{
    struct sv_link_direction *d = &l->direction[port];
    SV_ASSERT(!b->gso_size && !(b->flags & SV_BUF_CSUM_PARTIAL)); /* a cable carries finished frames */
    sv_link_pump(l, port);
    struct sv_link_fate fate;
    uint32_t draw;
    sv_link_draw(d, &fate, &draw);
    d->count.frames++;
    d->count.bytes += b->length;
    if (b->linear_length && sv_buf_head(b)[0] & 1u)
        d->count.broadcasts++;
    if (!l->up || d->conditions.down)
        sv_drop(&l->core, SV_DROP_LINK_DOWN, b, port, 0);
    else if (sv_link_flying(d) + d->waiting >= d->ceiling)
        sv_drop(&l->core, SV_DROP_QUEUE_FULL, b, port, 0);
    else if (!d->waiting && d->free_at <= l->core.now && d->conditions.queue.kind != SV_QUEUE_RED)
        sv_link_depart(l, port, b, l->core.now, &fate); /* nobody before it */
    else
        sv_link_enqueue(l, port, b, &fate, draw);
}

/* --- the verbs --- */

static void sv_link_receive(struct sv_node *x, sv_port in, struct sv_burst *take, sv_time now)
{
    struct sv_link *l = sv_link_of(x);
    SV_ASSERT(in < 2);
    (void)sv_core_clock(&l->core, now);
    for (uint32_t i = 0; i < take->n; i++)
        sv_link_carry(l, in, take->packet[i]);
    take->n = 0;
}

/* What came in at one port leaves by the other. */
static uint32_t sv_link_transmit(struct sv_node *x, sv_port out, struct sv_room room, struct sv_burst *give,
                                 sv_time now)
{
    struct sv_link *l = sv_link_of(x);
    SV_ASSERT(out < 2);
    struct sv_link_direction *d = &l->direction[1u - out];
    const uint32_t before = give->n;
    now = sv_core_clock(&l->core, now);
    while (give->n < SV_BURST && room.packets) {
        const struct sv_link_frame *head = sv_link_head(d);
        if (!head || head->at > now)
            break;
        struct sv_buf *b = sv_pool_buf(sv_core_pool(&l->core), head->buf);
        if (b->length > room.bytes)
            break;
        room.packets--;
        room.bytes -= b->length;
        (void)sv_link_take(d);
        b->flags = 0; /* what the sender knew of it does not cross the cable */
        b->next = SV_NONE;
        d->count.delivered++;
        give->packet[give->n++] = b;
    }
    return give->n - before;
}

static sv_port sv_link_next_output(const struct sv_node *x, sv_port after)
{
    const struct sv_link *l = (const struct sv_link *)(const void *)x;
    for (sv_port p = after == SV_NO_PORT ? 0 : after + 1u; p < 2; p++) {
        if (sv_link_first_at(&l->direction[1u - p]) <= l->core.now)
            return p;
    }
    return SV_NO_PORT;
}

static sv_time sv_link_next_deadline(const struct sv_node *x)
{
    const struct sv_link *l = (const struct sv_link *)(const void *)x;
    sv_time at = SV_NEVER;
    for (uint32_t p = 0; p < 2; p++) {
        const struct sv_link_direction *d = &l->direction[p];
        at = sv_min_u64(at, sv_link_first_at(d));
        if (d->waiting)
            at = sv_min_u64(at, sv_link_turn_at(d));
    }
    return at;
}

/* Time alone makes frames arrive: next_output() tells which end has them. */
static void sv_link_expire(struct sv_node *x, sv_time now)
{
    struct sv_link *l = sv_link_of(x);
    (void)sv_core_clock(&l->core, now);
    sv_link_pump(l, 0);
    sv_link_pump(l, 1);
}

const struct sv_node_ops sv_link_ops = {
    sv_link_receive, sv_link_transmit, sv_link_next_output, sv_link_next_deadline, sv_link_expire,
};
