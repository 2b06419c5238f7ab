/* SPDX-License-Identifier: BSD-2-Clause */
/* The states of a neighbour (RFC 4861 §7.3) and its timers. */
#include "l2_link/arp.h"
#include "l2_link/neighbour_table.h"

void sv_neighbour_move(struct sv_core *c, struct sv_neighbours *n, uint32_t index, enum sv_neighbour_cause cause,
                       enum sv_neighbour_state to)
{
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    if (sv_core_traced(c)) {
        const uint32_t arg[] = {index, e->state, (uint32_t)to};
        uint8_t bytes[16 + SV_MAC_BYTES];
        sv_memcpy(bytes, e->addr.byte, 16);
        sv_memcpy(bytes + 16, e->mac, SV_MAC_BYTES);
        sv_trace_event(c, SV_TRACE_NEIGHBOUR, (uint16_t)cause, 0, 0, arg, SV_COUNT_OF(arg), bytes, sizeof bytes);
    }
    e->state = (uint8_t)to;
}

void sv_neighbour_wake_at(struct sv_core *c, struct sv_neighbours *n, uint32_t index, sv_time when)
{
    sv_neighbour_of(n, index)->deadline = when;
    if (when == SV_NEVER)
        sv_wheel_disarm(&c->wheel, SV_WHEEL_NEIGHBOUR, index);
    else
        sv_wheel_arm(&c->wheel, SV_WHEEL_NEIGHBOUR, index, when);
}

void sv_neighbour_note(struct sv_neighbours *n, uint32_t index)
{
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    if (e->changed)
        return;
    e->changed = 1;
    e->changed_next = SV_NONE;
    if (n->changed_last == SV_NONE)
        n->changed_first = index;
    else
        sv_neighbour_of(n, n->changed_last)->changed_next = index;
    n->changed_last = index;
}

void sv_neighbour_refuse_held(struct sv_core *c, struct sv_neighbours *n, uint32_t index)
{
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    struct sv_pool *pool = sv_core_pool(c);
    struct sv_buf *b;
    while ((b = sv_packet_queue_take(&e->held, pool)) != NULL) {
        n->held--;
        if (n->refused.packets < SV_NEIGHBOUR_HELD_ALL)
            sv_packet_queue_put(&n->refused, pool, b);
        else
            sv_drop(c, SV_DROP_NEIGHBOUR_UNREACHABLE, b, e->port, 0);
    }
}

/* One question, and the time of the next look. To everybody from INCOMPLETE, to the one station in PROBE. */
static void sv_neighbour_ask(struct sv_core *c, struct sv_link *l, uint32_t index)
{
    struct sv_neighbour *e = sv_neighbour_of(&l->neighbours, index);
    const bool to_one = e->state == SV_NEIGHBOUR_PROBE;
    e->tries++;
    sv_neighbour_move(c, &l->neighbours, index, SV_NEIGHBOUR_ON_ASKED, (enum sv_neighbour_state)e->state);
    const uint32_t told_ms = sv_addr_is_v4(&e->addr) ? 0 : sv_interface_of(&l->interfaces, e->port)->retrans_ms;
    sv_neighbour_wake_at(c, &l->neighbours, index, c->now + (told_ms ? told_ms : SV_NEIGHBOUR_RETRANS_MS) * SV_MS);
    if (sv_addr_is_v4(&e->addr))
        sv_arp_ask(c, &l->interfaces, e->port, &e->source, &e->addr, to_one ? e->mac : NULL);
    else
        sv_nd_solicit(c, l, e->port, &e->source, &e->addr, to_one ? e->mac : NULL);
}

/* A fresh proof: REACHABLE for a while drawn at random, so that hosts do not ask in step. */
void sv_neighbour_prove(struct sv_core *c, struct sv_link *l, uint32_t index, enum sv_neighbour_cause cause)
{
    struct sv_neighbour *e = sv_neighbour_of(&l->neighbours, index);
    const uint32_t told_ms = sv_addr_is_v4(&e->addr) ? 0 : sv_interface_of(&l->interfaces, e->port)->reachable_ms;
    const uint32_t base_ms = told_ms ? told_ms : SV_NEIGHBOUR_REACHABLE_MS;
    const uint32_t draw = sv_rng_below(&c->rng[SV_RNG_ARP], base_ms + 1u);
    e->reachable_ms = base_ms / 2u + draw;
    e->confirmed = c->now;
    e->tries = 0;
    sv_neighbour_move(c, &l->neighbours, index, cause, SV_NEIGHBOUR_REACHABLE);
    sv_neighbour_wake_at(c, &l->neighbours, index, c->now + e->reachable_ms * SV_MS);
}

enum sv_neighbour_answer sv_neighbour_use_slowly(struct sv_core *c, struct sv_link *l, uint32_t index)
{
    struct sv_neighbours *n = &l->neighbours;
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    switch ((enum sv_neighbour_state)e->state) {
    case SV_NEIGHBOUR_REACHABLE:
    case SV_NEIGHBOUR_DELAY:
    case SV_NEIGHBOUR_PROBE:
    case SV_NEIGHBOUR_PERMANENT:
        return SV_NEIGHBOUR_READY;
    case SV_NEIGHBOUR_STALE:
        sv_neighbour_move(c, n, index, SV_NEIGHBOUR_ON_USED, SV_NEIGHBOUR_DELAY);
        sv_neighbour_wake_at(c, n, index, c->now + SV_NEIGHBOUR_DELAY_MS * SV_MS);
        return SV_NEIGHBOUR_READY;
    case SV_NEIGHBOUR_FAILED:
        if (c->now < e->deadline)
            return SV_NEIGHBOUR_NONE;
        e->tries = 0;
        sv_neighbour_move(c, n, index, SV_NEIGHBOUR_ON_USED, SV_NEIGHBOUR_INCOMPLETE);
        sv_neighbour_ask(c, l, index);
        return SV_NEIGHBOUR_WAIT;
    case SV_NEIGHBOUR_INCOMPLETE:
        if (e->tries == 0)
            sv_neighbour_ask(c, l, index);
        return SV_NEIGHBOUR_WAIT;
    case SV_NEIGHBOUR_FREE:
        break;
    }
    SV_ASSERT(e->state != SV_NEIGHBOUR_FREE);
    return SV_NEIGHBOUR_NONE;
}

static void sv_neighbour_frame(struct sv_core *c, struct sv_link *l, const struct sv_neighbour *e, struct sv_buf *take)
{
    const uint16_t type = sv_buf_head(take)[0] >> 4 == 6 ? SV_ETHERTYPE_IP6 : SV_ETHERTYPE_IP4;
    sv_eth_emit(take, e->mac, sv_interface_of(&l->interfaces, e->port)->mac, type);
    sv_interface_enqueue(c, &l->interfaces, e->port, take);
}

/* The newest stays, the oldest goes: RFC 1122 §2.3.2.2. */
static bool sv_neighbour_keep(struct sv_core *c, struct sv_neighbours *n, struct sv_neighbour *e, struct sv_buf *take)
{
    struct sv_pool *pool = sv_core_pool(c);
    if (e->held.packets == SV_NEIGHBOUR_HELD_EACH || n->held == SV_NEIGHBOUR_HELD_ALL) {
        struct sv_buf *oldest = sv_packet_queue_take(&e->held, pool);
        if (!oldest) {
            sv_drop(c, SV_DROP_NEIGHBOUR_QUEUE_FULL, take, e->port, 0);
            return false;
        }
        n->held--;
        sv_drop(c, SV_DROP_NEIGHBOUR_QUEUE_FULL, oldest, e->port, 0);
    }
    sv_packet_queue_put(&e->held, pool, take);
    n->held++;
    return true;
}

bool sv_neighbour_send(struct sv_core *c, struct sv_link *l, uint32_t index, struct sv_buf *take)
{
    struct sv_neighbour *e = sv_neighbour_of(&l->neighbours, index);
    switch (sv_neighbour_use(c, l, &l->neighbours, index)) {
    case SV_NEIGHBOUR_READY: {
        const uint16_t type = sv_buf_head(take)[0] >> 4 == 6 ? SV_ETHERTYPE_IP6 : SV_ETHERTYPE_IP4;
        sv_eth_emit(take, e->mac, sv_interface_of(&l->interfaces, e->port)->mac, type);
        return sv_interface_enqueue(c, &l->interfaces, e->port, take);
    }
    case SV_NEIGHBOUR_WAIT:
        return sv_neighbour_keep(c, &l->neighbours, e, take);
    case SV_NEIGHBOUR_NONE:
        break;
    }
    sv_drop(c, SV_DROP_NEIGHBOUR_UNREACHABLE, take, e->port, 0);
    return false;
}

void sv_neighbour_send_held(struct sv_core *c, struct sv_link *l, uint32_t index)
{
    struct sv_neighbour *e = sv_neighbour_of(&l->neighbours, index);
    struct sv_buf *b;
    while ((b = sv_packet_queue_take(&e->held, sv_core_pool(c))) != NULL) {
        l->neighbours.held--;
        sv_neighbour_frame(c, l, e, b);
    }
}

void sv_neighbour_confirm_slowly(struct sv_core *c, struct sv_link *l, uint32_t index)
{
    const uint8_t state = sv_neighbour_of(&l->neighbours, index)->state;
    if (state == SV_NEIGHBOUR_STALE || state == SV_NEIGHBOUR_DELAY || state == SV_NEIGHBOUR_PROBE)
        sv_neighbour_prove(c, l, index, SV_NEIGHBOUR_ON_CONFIRMED);
    else if (state == SV_NEIGHBOUR_REACHABLE)
        sv_neighbour_of(&l->neighbours, index)->confirmed = c->now;
}

void sv_neighbour_stale(struct sv_core *c, struct sv_neighbours *n, uint32_t index, enum sv_neighbour_cause cause)
{
    sv_neighbour_of(n, index)->tries = 0;
    sv_neighbour_move(c, n, index, cause, SV_NEIGHBOUR_STALE);
    sv_neighbour_wake_at(c, n, index, SV_NEVER);
}

void sv_neighbour_doubt(struct sv_core *c, struct sv_link *l, uint32_t index)
{
    if (sv_neighbour_of(&l->neighbours, index)->state != SV_NEIGHBOUR_REACHABLE)
        return; /* it is being asked, will be when it is used, or is not to be asked */
    sv_neighbour_stale(c, &l->neighbours, index, SV_NEIGHBOUR_ON_DOUBTED);
}

bool sv_neighbour_learn(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *addr,
                        const uint8_t mac[SV_MAC_BYTES], bool answers, bool create, const struct sv_addr *source)
{
    struct sv_neighbours *n = &l->neighbours;
    uint32_t index = sv_neighbour_find(c, l, port, addr);
    if (index == SV_NONE && create)
        index = sv_neighbour_get(c, l, port, addr, source);
    if (index == SV_NONE)
        return false;
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    if (e->state == SV_NEIGHBOUR_PERMANENT)
        return false;
    const bool unknown = e->state == SV_NEIGHBOUR_INCOMPLETE || e->state == SV_NEIGHBOUR_FAILED;
    const bool asked = e->tries > 0 && (e->state == SV_NEIGHBOUR_INCOMPLETE || e->state == SV_NEIGHBOUR_PROBE);
    const bool differs = unknown || !sv_mac_equal(e->mac, mac);
    sv_memcpy(e->mac, mac, SV_MAC_BYTES);
    if (answers && (asked || !differs)) {
        sv_neighbour_prove(c, l, index, SV_NEIGHBOUR_ON_ANSWERED);
    } else if (differs) {
        /* Told, not asked: RFC 4861 §7.2.3 and §7.2.5, usable and to be verified at the next use. */
        e->tries = 0;
        sv_neighbour_move(c, n, index, SV_NEIGHBOUR_ON_LEARNED, SV_NEIGHBOUR_STALE);
        sv_neighbour_wake_at(c, n, index, SV_NEVER);
        if (e->held.packets != 0)
            sv_neighbour_use_slowly(c, l, index);
    }
    if (differs)
        sv_neighbour_note(n, index);
    sv_neighbour_send_held(c, l, index);
    return true;
}

bool sv_neighbour_set(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *addr,
                      const uint8_t mac[SV_MAC_BYTES])
{
    const struct sv_addr none = {{0}};
    const uint32_t index = sv_neighbour_get(c, l, port, addr, &none);
    if (index == SV_NONE)
        return false;
    struct sv_neighbour *e = sv_neighbour_of(&l->neighbours, index);
    sv_memcpy(e->mac, mac, SV_MAC_BYTES);
    sv_neighbour_unlist(&l->neighbours, index);
    sv_neighbour_move(c, &l->neighbours, index, SV_NEIGHBOUR_ON_SET, SV_NEIGHBOUR_PERMANENT);
    sv_neighbour_wake_at(c, &l->neighbours, index, SV_NEVER);
    sv_neighbour_note(&l->neighbours, index);
    sv_neighbour_send_held(c, l, index);
    return true;
}

static void sv_neighbour_fail(struct sv_core *c, struct sv_link *l, uint32_t index, enum sv_neighbour_cause cause)
{
    struct sv_neighbours *n = &l->neighbours;
    sv_neighbour_move(c, n, index, cause, SV_NEIGHBOUR_FAILED);
    sv_neighbour_wake_at(c, n, index, c->now + SV_NEIGHBOUR_FAILED_MS * SV_MS);
    sv_neighbour_refuse_held(c, n, index);
    sv_neighbour_note(n, index);
}

void sv_neighbour_expire(struct sv_core *c, struct sv_link *l, uint32_t index)
{
    struct sv_neighbours *n = &l->neighbours;
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    if (e->state == SV_NEIGHBOUR_REACHABLE)
        e->deadline = e->confirmed + e->reachable_ms * SV_MS;
    if (e->state == SV_NEIGHBOUR_FREE || e->deadline == SV_NEVER)
        return;
    if (c->now < e->deadline) { /* the wheel may be early; proof may have moved the deadline */
        sv_wheel_arm(&c->wheel, SV_WHEEL_NEIGHBOUR, index, e->deadline);
        return;
    }
    switch ((enum sv_neighbour_state)e->state) {
    case SV_NEIGHBOUR_INCOMPLETE:
    case SV_NEIGHBOUR_PROBE:
        if (e->tries < SV_NEIGHBOUR_TRIES)
            sv_neighbour_ask(c, l, index);
        else
            sv_neighbour_fail(c, l, index, SV_NEIGHBOUR_ON_TIMEOUT);
        break;
    case SV_NEIGHBOUR_REACHABLE:
        sv_neighbour_stale(c, n, index, SV_NEIGHBOUR_ON_TIMEOUT);
        break;
    case SV_NEIGHBOUR_DELAY:
        e->tries = 0;
        sv_neighbour_move(c, n, index, SV_NEIGHBOUR_ON_TIMEOUT, SV_NEIGHBOUR_PROBE);
        sv_neighbour_ask(c, l, index);
        break;
    case SV_NEIGHBOUR_FAILED:
        if (e->pins == 0) {
            sv_neighbour_forget(c, l, index, SV_NEIGHBOUR_ON_TIMEOUT);
            break;
        }
        e->deadline = c->now; /* believed no longer: the next use asks again, so whoever waits for it is told */
        sv_neighbour_note(n, index);
        break;
    case SV_NEIGHBOUR_FREE:
    case SV_NEIGHBOUR_STALE:
    case SV_NEIGHBOUR_PERMANENT:
        break;
    }
}

void sv_neighbours_flush(struct sv_core *c, struct sv_link *l, sv_port port)
{
    for (uint32_t i = 0; i < l->neighbours.ceiling; i++) {
        struct sv_neighbour *e = sv_neighbour_of(&l->neighbours, i);
        if (e->state == SV_NEIGHBOUR_FREE || e->state == SV_NEIGHBOUR_PERMANENT || e->port != port)
            continue;
        if (e->pins == 0)
            sv_neighbour_forget(c, l, i, SV_NEIGHBOUR_ON_FLUSHED);
        else
            sv_neighbour_fail(c, l, i, SV_NEIGHBOUR_ON_FLUSHED);
    }
}
