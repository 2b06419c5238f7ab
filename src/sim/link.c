/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/link.h"

#include "core/pool_inline.h"

/* The random streams of one direction; the numbers are part of the replay format. */
enum sv_link_stream {
    SV_LINK_RNG_LOSS,
    SV_LINK_RNG_DUPLICATE,
    SV_LINK_RNG_REORDER,
    SV_LINK_RNG_CORRUPT,
    SV_LINK_RNG_TRUNCATE,
    SV_LINK_RNG_JITTER,
    SV_LINK_STREAMS
};

#define SV_LINK_PURPOSE 64u /* the first purpose of port 0; a stack's own are below */

/* A frame on its way: in a heap by (at, serial), so that equal times keep their order. */
struct sv_link_frame {
    sv_time at;
    uint64_t serial;
    uint32_t buf;
    uint32_t spare;
};

struct sv_link_direction {
    struct sv_link_way conditions;
    struct sv_rng rng[SV_LINK_STREAMS];
    sv_time free_at; /* when the last frame's last bit has left the sender */
    sv_time last_at; /* when the last frame that was not reordered arrives */
    uint64_t serial;
    int64_t frames_at; /* from this struct to its heap */
    uint32_t frames;
    uint32_t flip_in, flip_bit; /* frames until the one with a flipped bit; SV_NONE: none */
    uint32_t spare;
};

struct sv_link {
    struct sv_node node;
    struct sv_core core; /* drops, trace and time as every layer has them */
    uint32_t ceiling;
    uint32_t up;
    struct sv_link_direction direction[2];
};

static struct sv_link *sv_link_of(struct sv_node *x)
{
    SV_ASSERT(x->kind == SV_NODE_LINK);
    return (struct sv_link *)(void *)x;
}

static struct sv_link_frame *sv_link_frames(const struct sv_link_direction *d)
{
    return (struct sv_link_frame *)(uintptr_t)((intptr_t)d + (intptr_t)d->frames_at);
}

static void sv_link_event(struct sv_link *l, enum sv_link_event event, sv_port port, uint32_t packet, uint32_t argument)
{
    SV_TRACE_EVENT(&l->core, SV_TRACE_LINK, event, 0, packet, port, argument);
}

/* --- the heap --- */

static bool sv_link_sooner(const struct sv_link_frame *a, const struct sv_link_frame *b)
{
    return a->at != b->at ? a->at < b->at : a->serial < b->serial;
}

static void sv_link_put(struct sv_link_direction *d, struct sv_buf *take, sv_time at)
{
    struct sv_link_frame *f = sv_link_frames(d);
    const struct sv_link_frame fresh = {.at = at, .serial = d->serial++, .buf = take->self};
    uint32_t i = d->frames++;
    for (; i && sv_link_sooner(&fresh, &f[(i - 1u) / 2u]); i = (i - 1u) / 2u)
        f[i] = f[(i - 1u) / 2u];
    f[i] = fresh;
}

static uint32_t sv_link_take(struct sv_link_direction *d)
{
    struct sv_link_frame *f = sv_link_frames(d);
    const uint32_t buf = f[0].buf;
    const struct sv_link_frame moved = f[--d->frames];
    uint32_t i = 0;
    for (uint32_t child = 1; child < d->frames; child = 2u * i + 1u) {
        if (child + 1u < d->frames && sv_link_sooner(&f[child + 1u], &f[child]))
            child++;
        if (!sv_link_sooner(&f[child], &moved))
            break;
        f[i] = f[child];
        i = child;
    }
    f[i] = moved;
    return buf;
}

static sv_time sv_link_first_at(const struct sv_link_direction *d)
{
    return d->frames ? sv_link_frames(d)[0].at : SV_NEVER;
}

/* --- making one --- */

static uint32_t sv_link_queue_of(const struct sv_link *l, const struct sv_link_way *way)
{
    return way->queue_packets ? sv_min_u32(way->queue_packets, l->ceiling) : l->ceiling;
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
    l->ceiling = ceiling;
    l->up = 1;
    for (sv_port port = 0; port < 2; port++) {
        struct sv_link_direction *d = &l->direction[port];
        const struct sv_link_frame *frames = sv_arena_take(arena, (uint64_t)ceiling * sizeof *frames, 64);
        if (!frames)
            return NULL;
        d->frames_at = (int64_t)((intptr_t)frames - (intptr_t)d);
        d->flip_in = SV_NONE;
        for (uint32_t k = 0; k < SV_LINK_STREAMS; k++)
            sv_rng_seed(&d->rng[k], config->seed, config->number, SV_LINK_PURPOSE + port * SV_LINK_STREAMS + k);
        sv_link_set_way(l, port, &config->way[port]);
    }
    return l;
}

struct sv_node *sv_link_node(struct sv_link *l)
{
    return &l->node;
}

void sv_link_set_way(struct sv_link *l, sv_port port, const struct sv_link_way *way)
{
    SV_ASSERT(port < 2);
    l->direction[port].conditions = *way;
}

static void sv_link_empty(struct sv_link *l, sv_port port)
{
    struct sv_link_direction *d = &l->direction[port];
    while (d->frames)
        sv_drop(&l->core, SV_DROP_LINK_DOWN, sv_pool_buf(sv_core_pool(&l->core), sv_link_take(d)), port, 0);
}

void sv_link_set_up(struct sv_link *l, bool up, sv_time now)
{
    (void)sv_core_clock(&l->core, now);
    if (l->up == (up ? 1u : 0u))
        return;
    l->up = up;
    sv_link_event(l, up ? SV_LINK_UP : SV_LINK_CUT, 0, 0, sv_link_packets(l));
    for (sv_port port = 0; port < 2; port++) {
        sv_link_empty(l, port);
        l->direction[port].free_at = l->direction[port].last_at = l->core.now;
    }
}

void sv_link_flip(struct sv_link *l, sv_port port, uint32_t frame, uint32_t bit)
{
    SV_ASSERT(port < 2);
    l->direction[port].flip_in = frame;
    l->direction[port].flip_bit = bit;
}

uint32_t sv_link_packets(const struct sv_link *l)
{
    return l->direction[0].frames + l->direction[1].frames;
}

uint64_t sv_link_drops(const struct sv_link *l, enum sv_drop reason)
{
    return l->core.drops[reason];
}

/* --- what happens to a frame --- */

/* One draw: `hit` with the given chance; `rest` says where or by how much. */
struct sv_link_draw {
    bool hit;
    uint32_t rest;
};

static struct sv_link_draw sv_link_roll(struct sv_link_direction *d, enum sv_link_stream stream, uint32_t chance)
{
    const uint64_t draw = sv_rng_u64(&d->rng[stream]);
    const uint32_t upper = (uint32_t)(draw >> 32);
    return (struct sv_link_draw){
        .hit = ((uint64_t)upper * SV_LINK_MILLION >> 32) < chance,
        .rest = (uint32_t)draw,
    };
}

/* [0, most], from 32 random bits. */
static sv_time sv_link_part(sv_time most, uint32_t rest)
{
    const sv_time whole = (most >> 32) * rest;
    return whole + ((most & 0xffffffffu) * rest >> 32);
}

/* A frame's bytes may be shared with whoever sends them again: own them first. */
static bool sv_link_flip_bit(struct sv_buf *b, uint32_t bit)
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

/* Corruption and truncation. False: b is gone. */
static bool sv_link_damage(struct sv_link *l, sv_port port, struct sv_buf *b)
{
    struct sv_link_direction *d = &l->direction[port];
    const struct sv_link_draw corrupt = sv_link_roll(d, SV_LINK_RNG_CORRUPT, d->conditions.corrupt);
    const struct sv_link_draw cut = sv_link_roll(d, SV_LINK_RNG_TRUNCATE, d->conditions.truncate);
    const bool flip = d->flip_in == 0;
    if (d->flip_in != SV_NONE)
        d->flip_in--; /* after 0 comes SV_NONE */
    if (b->length == 0 || !(corrupt.hit || cut.hit || flip))
        return true;
    if (corrupt.hit || flip) {
        const uint32_t bit = (flip ? d->flip_bit : corrupt.rest) % (b->length * 8u);
        if (!sv_link_flip_bit(b, bit)) {
            sv_drop(&l->core, SV_DROP_NO_MEMORY, b, port, 0);
            return false;
        }
        sv_link_event(l, SV_LINK_CORRUPTED, port, b->id, bit);
    }
    if (cut.hit) {
        sv_buf_truncate(b, cut.rest % b->length);
        sv_link_event(l, SV_LINK_TRUNCATED, port, b->id, b->length);
    }
    if (!d->conditions.check_fcs)
        return true;
    sv_drop(&l->core, SV_DROP_BAD_FCS, b, port, 0);
    return false;
}

/* When the frame arrives: after those before it, its own bits, the delay and the jitter. */
static sv_time sv_link_arrival(struct sv_link *l, sv_port port, const struct sv_buf *b)
{
    struct sv_link_direction *d = &l->direction[port];
    const struct sv_link_way *way = &d->conditions;
    const struct sv_link_draw jitter = sv_link_roll(d, SV_LINK_RNG_JITTER, 0);
    const struct sv_link_draw reorder = sv_link_roll(d, SV_LINK_RNG_REORDER, way->reorder);
    sv_time leaves = sv_max_u64(d->free_at, l->core.now);
    if (way->rate_bit_s)
        leaves += (uint64_t)b->length * 8u * SV_S / way->rate_bit_s;
    d->free_at = leaves;
    sv_time at = leaves + way->delay_ns + sv_link_part(way->jitter_ns, jitter.rest);
    if (reorder.hit) {
        const sv_time later = sv_link_part(way->reorder_ns, reorder.rest);
        sv_link_event(l, SV_LINK_REORDERED, port, b->id, (uint32_t)(later / SV_US));
        return at + later;
    }
    at = sv_max_u64(at, d->last_at);
    d->last_at = at;
    return at;
}

static void sv_link_duplicate(struct sv_link *l, sv_port port, struct sv_buf *b, sv_time at, uint32_t rest)
{
    struct sv_link_direction *d = &l->direction[port];
    const sv_time later = sv_link_part(d->conditions.reorder_ns, rest);
    if (d->frames >= sv_link_queue_of(l, &d->conditions))
        return;
    struct sv_buf *copy = sv_buf_clone(b, SV_WANT_DATA);
    if (!copy)
        return;
    sv_link_event(l, SV_LINK_DUPLICATED, port, b->id, (uint32_t)(later / SV_US));
    sv_link_put(d, copy, at + later);
}

static void sv_link_carry(struct sv_link *l, sv_port port, struct sv_buf *b)
{
    struct sv_link_direction *d = &l->direction[port];
    SV_ASSERT(!b->gso_size && !(b->flags & SV_BUF_CSUM_PARTIAL)); /* a cable carries finished frames */
    const struct sv_link_draw loss = sv_link_roll(d, SV_LINK_RNG_LOSS, d->conditions.loss);
    const struct sv_link_draw twice = sv_link_roll(d, SV_LINK_RNG_DUPLICATE, d->conditions.duplicate);
    const sv_time at = sv_link_arrival(l, port, b);
    if (!l->up) {
        sv_drop(&l->core, SV_DROP_LINK_DOWN, b, port, 0);
    } else if (loss.hit) {
        sv_drop(&l->core, SV_DROP_LINK_LOSS, b, port, 0);
    } else if (d->frames >= sv_link_queue_of(l, &d->conditions)) {
        sv_drop(&l->core, SV_DROP_QUEUE_FULL, b, port, 0);
    } else if (sv_link_damage(l, port, b)) {
        sv_link_put(d, b, at);
        if (twice.hit)
            sv_link_duplicate(l, port, b, at, twice.rest);
    }
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
    while (give->n < SV_BURST && room.packets && sv_link_first_at(d) <= now) {
        struct sv_buf *b = sv_pool_buf(sv_core_pool(&l->core), sv_link_frames(d)[0].buf);
        if (b->length > room.bytes)
            break;
        room.packets--;
        room.bytes -= b->length;
        (void)sv_link_take(d);
        b->flags = 0; /* what the sender knew of it does not cross the cable */
        b->next = SV_NONE;
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
    return sv_min_u64(sv_link_first_at(&l->direction[0]), sv_link_first_at(&l->direction[1]));
}

/* Time alone makes frames arrive: next_output() tells which end has them. */
static void sv_link_expire(struct sv_node *x, sv_time now)
{
    (void)sv_core_clock(&sv_link_of(x)->core, now);
}

const struct sv_node_ops sv_link_ops = {
    sv_link_receive, sv_link_transmit, sv_link_next_output, sv_link_next_deadline, sv_link_expire,
};
