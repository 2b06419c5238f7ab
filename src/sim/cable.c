/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/cable.h"

#include "core/crc32.h"
#include "core/math.h"
#include "core/pool_inline.h"

#define CEILING 64u
#define FCS 4u
#define CEILING_MAX 4096u
#define FRAME_BYTES (SV_PHY_FRAME_MAX - 4u)
#define FRAME_LEAST 60u

struct sv_cable_frame {
    sv_time at;
    uint32_t buf;
    uint32_t spare;
};

struct sv_cable_direction {
    struct sv_phy_link link;
    int64_t frames_at; /* from this struct to its ring: frames keep their order */
    uint32_t first, frames;
};

struct sv_cable_link {
    struct sv_node node;
    struct sv_core core; /* drops, trace and time as every layer has them */
    sv_time begin;
    uint32_t ceiling;
    uint32_t autoneg;
    uint32_t keep_bad_fcs;
    uint32_t msb_first;
    uint32_t down; /* unplugged */
    uint32_t turns;
    struct {
        uint32_t port, packet, bit;
    } turn[SV_CABLE_TURNS];
    struct {
        uint32_t waits, port, packet, byte, seen;
        int8_t level[SV_PHY_BYTE_LEVELS];
    } probe;
    struct sv_autoneg end[2];
    struct sv_cable_direction direction[2];
    uint8_t octets[FRAME_BYTES + FCS]; /* of the frame being sent */
};

static struct sv_cable_link *cable_of(struct sv_node *x)
{
    SV_ASSERT(x->kind == SV_NODE_CABLE);
    return (struct sv_cable_link *)(void *)x;
}

static struct sv_cable_frame *ring_of(const struct sv_cable_direction *d)
{
    return (struct sv_cable_frame *)(uintptr_t)((intptr_t)d + (intptr_t)d->frames_at);
}

static sv_time first_at(const struct sv_cable_direction *d)
{
    return d->frames ? ring_of(d)[d->first].at : SV_NEVER;
}

/* --- negotiation --- */

/* The two technologies that are this cable's code; 0: it has no fast link pulses. */
static uint32_t ability_of(uint32_t code)
{
    return code == SV_PHY_10BASE_T     ? SV_AN_10T | SV_AN_10T_FULL
           : code == SV_PHY_100BASE_TX ? SV_AN_100TX | SV_AN_100TX_FULL
                                       : 0u;
}

bool sv_cable_up(const struct sv_cable_link *c)
{
    return !c->down && (!c->autoneg || (c->end[0].state == SV_AN_GOOD && c->end[1].state == SV_AN_GOOD));
}

uint32_t sv_cable_why(const struct sv_cable_link *c)
{
    return !c->autoneg ? SV_AN_WHY_NONE : c->end[0].why != SV_AN_WHY_NONE ? c->end[0].why : c->end[1].why;
}

/* Pulses cross at once: the pair's half microsecond is far below what negotiation measures. */
static void negotiate(struct sv_cable_link *c)
{
    const sv_time now = c->core.now;
    for (uint32_t i = 0; c->autoneg && i < 2; i++)
        if (sv_autoneg_next_deadline(&c->end[i]) <= now && sv_autoneg_expire(&c->end[i], now) &&
            !c->direction[i].link.config.channel.unplugged)
            sv_autoneg_pulse(&c->end[1 - i], now);
    const bool agreed = c->end[0].state == SV_AN_GOOD_CHECK && c->end[1].state == SV_AN_GOOD_CHECK;
    if (c->autoneg && agreed && (c->end[0].result & ability_of(c->direction[0].link.config.channel.code)) != 0) {
        sv_autoneg_link(&c->end[0], true, now);
        sv_autoneg_link(&c->end[1], true, now);
    }
}

/* --- making one --- */

static bool open_direction(struct sv_cable_link *c, struct sv_arena *arena, const struct sv_cable_config *config,
                           sv_port port)
{
    struct sv_cable_direction *d = &c->direction[port];
    struct sv_phy_link_config link = config->way[port];
    struct sv_rng rng;
    sv_rng_seed(&rng, config->seed, config->number, port);
    link.channel.seed = sv_rng_u64(&rng);
    const struct sv_cable_frame *ring = sv_arena_take(arena, (uint64_t)c->ceiling * sizeof *ring, 64);
    if (!ring || sv_phy_link_init(&d->link, &link) != SV_OK)
        return false;
    d->frames_at = (int64_t)((intptr_t)ring - (intptr_t)d);
    return d->link.up || link.channel.unplugged;
}

struct sv_cable_link *sv_cable_create(struct sv_arena *arena, struct sv_pool *pool,
                                      const struct sv_cable_config *config, sv_time now)
{
    const uint32_t ceiling = config->ceiling ? config->ceiling : CEILING;
    if (config->size != sizeof *config || ceiling > CEILING_MAX || config->number > UINT16_MAX)
        return NULL;
    struct sv_cable_link *c = sv_arena_take(arena, sizeof *c, 64);
    if (!c)
        return NULL;
    c->node = (struct sv_node){.kind = SV_NODE_CABLE, .ports = 2};
    c->core.now = c->begin = now;
    c->core.arena_at = (int64_t)((intptr_t)arena - (intptr_t)&c->core);
    c->core.pool_at = (int64_t)((intptr_t)pool - (intptr_t)&c->core);
    c->core.trace_at = config->trace ? (int64_t)((intptr_t)config->trace - (intptr_t)&c->core) : 0;
    c->core.host = (uint16_t)config->number;
    c->ceiling = ceiling;
    c->keep_bad_fcs = config->keep_bad_fcs;
    c->msb_first = config->msb_first;
    c->autoneg = config->autoneg && ability_of(config->way[0].channel.code) != 0;
    for (uint32_t i = 0; i < 2; i++)
        sv_autoneg_init(&c->end[i], config->ability[i] ? config->ability[i] : ability_of(config->way[i].channel.code),
                        now);
    return open_direction(c, arena, config, 0) && open_direction(c, arena, config, 1) ? c : NULL;
}

struct sv_node *sv_cable_node(struct sv_cable_link *c)
{
    return &c->node;
}

const struct sv_phy_link_counts *sv_cable_counts(const struct sv_cable_link *c, sv_port port)
{
    SV_ASSERT(port < 2);
    return &c->direction[port].link.count;
}

uint64_t sv_cable_bytes(uint32_t ceiling)
{
    return sizeof(struct sv_cable_link) +
           2u * ((uint64_t)(ceiling ? ceiling : CEILING) * sizeof(struct sv_cable_frame)) + 192u;
}

void sv_cable_set_up(struct sv_cable_link *c, bool up, sv_time now)
{
    (void)sv_core_clock(&c->core, now);
    c->down = !up;
    for (uint32_t i = 0; i < 2 && c->down; i++) {
        struct sv_cable_direction *d = &c->direction[i];
        for (; d->frames; d->frames--, d->first = (d->first + 1) % c->ceiling)
            sv_drop(&c->core, SV_DROP_LINK_DOWN, sv_pool_buf(sv_core_pool(&c->core), ring_of(d)[d->first].buf), i, 0);
    }
}

bool sv_cable_turn(struct sv_cable_link *c, sv_port port, uint32_t packet, uint32_t bit)
{
    SV_ASSERT(port < 2);
    if (c->turns == SV_CABLE_TURNS)
        return false;
    c->turn[c->turns].port = port;
    c->turn[c->turns].packet = packet;
    c->turn[c->turns++].bit = bit;
    return true;
}

/* The frame is about to be sent: is one of its bits to be turned over? */
static void turn_frame(struct sv_cable_link *c, sv_port port, uint32_t packet, uint32_t bytes)
{
    for (uint32_t i = 0; i < c->turns; i++) {
        if (c->turn[i].port != port || c->turn[i].packet != packet)
            continue;
        sv_phy_link_turn(&c->direction[port].link, c->turn[i].bit % (8u * bytes));
        c->turn[i] = c->turn[--c->turns];
        return;
    }
}

void sv_cable_probe(struct sv_cable_link *c, sv_port port, uint32_t packet, uint32_t byte)
{
    SV_ASSERT(port < 2);
    c->probe.waits = 1;
    c->probe.port = port;
    c->probe.packet = packet;
    c->probe.byte = byte;
}

bool sv_cable_probed(const struct sv_cable_link *c, int8_t level[SV_PHY_BYTE_LEVELS])
{
    for (uint32_t i = 0; i < SV_PHY_BYTE_LEVELS; i++)
        level[i] = c->probe.level[i];
    return c->probe.seen;
}

uint32_t sv_cable_packets(const struct sv_cable_link *c)
{
    return c->direction[0].frames + c->direction[1].frames;
}

uint64_t sv_cable_drops(const struct sv_cable_link *c, enum sv_drop reason)
{
    return c->core.drops[reason];
}

/* --- what happens to a frame --- */

static enum sv_drop drop_of(uint32_t outcome)
{
    static const uint8_t why[SV_PHY_OUTCOMES] = {
        [SV_PHY_ARRIVED] = SV_DROP_NONE,
        [SV_PHY_LOST_FCS] = SV_DROP_BAD_FCS,
        [SV_PHY_LOST_SYMBOL] = SV_DROP_PHY_SYMBOL,
        [SV_PHY_LOST_CARRIER] = SV_DROP_PHY_CARRIER,
        [SV_PHY_NEVER_SEEN] = SV_DROP_PHY_NEVER_SEEN,
    };
    return (enum sv_drop)why[outcome];
}

/* When and where on the wire the frame begins, or its first wrong symbol if there is one. */
static void tell(struct sv_cable_link *c, sv_port port, uint32_t packet, const struct sv_phy_passage *p)
{
    const uint64_t at = c->begin + p->start_ns, sample = p->wrong ? p->wrong_sample : p->first_sample;
    SV_TRACE_EVENT(&c->core, SV_TRACE_SIGNAL, p->outcome, 0, packet, port, (uint32_t)at, (uint32_t)(at >> 32),
                   (uint32_t)sample, (uint32_t)(sample >> 32), (uint32_t)sv_div64(p->sample_hz, 1000));
}

/* The octets that were received, in a packet of their own: the sender may still hold the slab of the one sent. */
static void deliver(struct sv_cable_link *c, sv_port port, struct sv_buf *b, const struct sv_phy_passage *p)
{
    struct sv_cable_direction *d = &c->direction[port];
    struct sv_buf *fresh = sv_buf_alloc_slab(sv_core_pool(&c->core), SV_WANT_DATA, 0, 0);
    if (!fresh || !sv_buf_append(fresh, d->link.frame, p->bytes - FCS, SV_WANT_DATA)) {
        sv_buf_free(fresh);
        sv_drop(&c->core, SV_DROP_NO_MEMORY, b, port, 0);
        return;
    }
    fresh->id = b->id;
    fresh->segments = 1;
    fresh->l2 = fresh->head;
    fresh->next = SV_NONE;
    ring_of(d)[(d->first + d->frames++) % c->ceiling] =
        (struct sv_cable_frame){.at = c->begin + p->end_ns, .buf = fresh->self};
    sv_buf_free(b);
}

static void look(struct sv_cable_link *c, sv_port port, uint32_t packet)
{
    if (!c->probe.waits || c->probe.port != port || c->probe.packet != packet)
        return;
    c->probe.waits = 0;
    c->probe.seen = sv_phy_link_sent_byte(&c->direction[port].link, c->probe.byte, c->probe.level);
}

/* The frame as it goes to the encoder; the octets that it then has. */
static uint32_t turned_about(struct sv_cable_link *c, uint32_t n)
{
    uint32_t fcs;
    for (; n < FRAME_LEAST; n++)
        c->octets[n] = 0;
    fcs = sv_crc32(0, c->octets, n);
    for (uint32_t i = 0; i < FCS; i++, fcs >>= 8)
        c->octets[n++] = (uint8_t)fcs;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t bits = 0;
        for (uint32_t k = 0; k < 8; k++)
            bits |= ((uint32_t)c->octets[i] >> k & 1u) << (7u - k);
        c->octets[i] = (uint8_t)bits;
    }
    return n;
}

static void carry(struct sv_cable_link *c, sv_port port, struct sv_buf *b)
{
    struct sv_cable_direction *d = &c->direction[port];
    struct sv_phy_passage passage;
    SV_ASSERT(!b->gso_size && !(b->flags & SV_BUF_CSUM_PARTIAL)); /* a cable carries finished frames */
    const uint32_t n = b->length;
    if (!sv_cable_up(c)) {
        sv_drop(&c->core, SV_DROP_LINK_DOWN, b, port, 0);
        return;
    }
    if (d->frames >= c->ceiling) {
        sv_drop(&c->core, SV_DROP_QUEUE_FULL, b, port, 0);
        return;
    }
    if (n == 0 || n > FRAME_BYTES || !sv_buf_read(b, 0, c->octets, n)) {
        sv_drop(&c->core, SV_DROP_TOO_BIG, b, port, 0);
        return;
    }
    turn_frame(c, port, b->id, n);
    const enum sv_phy_fcs fcs = c->msb_first ? SV_PHY_FCS_PRESENT : SV_PHY_FCS_APPEND;
    const uint32_t octets = c->msb_first ? turned_about(c, n) : n;
    const enum sv_err err = sv_phy_link_send(&d->link, c->octets, octets, fcs, c->core.now - c->begin, &passage);
    SV_ASSERT(err == SV_OK);
    look(c, port, b->id);
    tell(c, port, b->id, &passage);
    const bool kept = c->keep_bad_fcs && passage.outcome == SV_PHY_LOST_FCS && passage.bytes > FCS;
    if (passage.outcome == SV_PHY_ARRIVED || kept)
        deliver(c, port, b, &passage);
    else
        sv_drop(&c->core, drop_of(passage.outcome), b, port, 0);
}

/* --- the verbs --- */

static void cable_receive(struct sv_node *x, sv_port in, struct sv_burst *take, sv_time now)
{
    struct sv_cable_link *c = cable_of(x);
    SV_ASSERT(in < 2);
    (void)sv_core_clock(&c->core, now);
    for (uint32_t i = 0; i < take->n; i++)
        carry(c, in, take->packet[i]);
    take->n = 0;
}

/* What came in at one port leaves by the other. */
static uint32_t cable_transmit(struct sv_node *x, sv_port out, struct sv_room room, struct sv_burst *give, sv_time now)
{
    struct sv_cable_link *c = cable_of(x);
    SV_ASSERT(out < 2);
    struct sv_cable_direction *d = &c->direction[1u - out];
    const uint32_t before = give->n;
    now = sv_core_clock(&c->core, now);
    while (give->n < SV_BURST && room.packets && first_at(d) <= now) {
        struct sv_buf *b = sv_pool_buf(sv_core_pool(&c->core), ring_of(d)[d->first].buf);
        if (b->length > room.bytes)
            break;
        room.packets--;
        room.bytes -= b->length;
        d->first = (d->first + 1) % c->ceiling;
        d->frames--;
        give->packet[give->n++] = b;
    }
    return give->n - before;
}

static sv_port cable_next_output(const struct sv_node *x, sv_port after)
{
    const struct sv_cable_link *c = (const struct sv_cable_link *)(const void *)x;
    for (sv_port p = after == SV_NO_PORT ? 0 : after + 1u; p < 2; p++)
        if (first_at(&c->direction[1u - p]) <= c->core.now)
            return p;
    return SV_NO_PORT;
}

static sv_time cable_next_deadline(const struct sv_node *x)
{
    const struct sv_cable_link *c = (const struct sv_cable_link *)(const void *)x;
    const sv_time frames = sv_min_u64(first_at(&c->direction[0]), first_at(&c->direction[1]));
    const sv_time pulses = sv_min_u64(sv_autoneg_next_deadline(&c->end[0]), sv_autoneg_next_deadline(&c->end[1]));
    return c->autoneg ? sv_min_u64(frames, pulses) : frames;
}

/* Time alone makes frames arrive: next_output() tells which end has them. */
static void cable_expire(struct sv_node *x, sv_time now)
{
    (void)sv_core_clock(&cable_of(x)->core, now);
    negotiate(cable_of(x));
}

const struct sv_node_ops sv_cable_ops = {
    cable_receive, cable_transmit, cable_next_output, cable_next_deadline, cable_expire,
};
