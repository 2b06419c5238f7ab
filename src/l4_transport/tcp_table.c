/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP's records: where they lie, how they are lent and found. */
#include "l4_transport/tcp_accecn.h"
#include "l4_transport/tcp_ao.h"
#include "l4_transport/tcp_recent.h"

static void *sv_tcp_take(struct sv_tcp *tcp, struct sv_arena *arena, uint64_t bytes, int64_t *at)
{
    void *p = sv_arena_take(arena, bytes, 64);
    if (p)
        *at = (int64_t)((intptr_t)p - (intptr_t)tcp);
    return p;
}

static uint64_t sv_tcp_accecn_bytes(const struct sv_tcp_config *c)
{
    return c->ecn >= SV_ECN_ACCURATE ? (uint64_t)c->connections * sizeof(struct sv_tcp_accecn) : 0;
}

uint64_t sv_tcp_bytes(const struct sv_tcp_config *c)
{
    const uint64_t smalls = (uint64_t)c->half_open + c->time_waits;
    return (uint64_t)c->connections * (sizeof(struct sv_tcp_hot) + sizeof(struct sv_tcp_cold)) +
           (uint64_t)c->busy * sizeof(struct sv_tcp_busy) + smalls * sizeof(struct sv_tcp_small) +
           (uint64_t)c->listeners * sizeof(struct sv_tcp_listener) +
           (uint64_t)c->interfaces * sizeof(struct sv_tcp_interface) + sv_tcp_accecn_bytes(c) +
           (uint64_t)c->keys * sizeof(struct sv_tcp_key) + (uint64_t)c->aos * (sizeof(struct sv_tcp_ao) + 4u) +
           sv_flow_bytes((uint32_t)(c->connections + smalls)) + 10u * 64u;
}

uint8_t sv_tcp_scale_for(uint32_t recv_buffer)
{
    uint8_t scale = 0;
    while (scale < 14 && recv_buffer >> scale > 65535u)
        scale++;
    return scale;
}

uint8_t sv_tcb_scale_wanted(const struct sv_tcb *t)
{
    const bool chosen = t->c->recv_fixed && t->c->recv_buffer != sv_tcp_first_window(t->tcp);
    return SV_UNLIKELY(chosen) ? sv_tcp_scale_for(t->c->recv_buffer) : t->tcp->recv_scale;
}

void sv_tcp_set_recv_buffer(struct sv_tcp *tcp, uint32_t bytes)
{
    tcp->recv_buffer = bytes;
    tcp->recv_scale = sv_tcp_scale_for(bytes);
}

bool sv_tcp_init(struct sv_tcp *tcp, struct sv_core *core, struct sv_arena *arena, const struct sv_tcp_config *c)
{
    const uint32_t smalls = c->half_open + c->time_waits;
    const uint64_t k0 = sv_rng_u64(&core->rng[SV_RNG_KEYS]);
    const uint64_t k1 = sv_rng_u64(&core->rng[SV_RNG_KEYS]);
    tcp->core_at = (int64_t)((intptr_t)core - (intptr_t)tcp);
    tcp->isn_key = (struct sv_siphash_key){core->secret.k0 ^ k1, core->secret.k1 ^ k0};
    if (!sv_tcp_take(tcp, arena, (uint64_t)c->connections * sizeof(struct sv_tcp_hot), &tcp->hot_at) ||
        !sv_tcp_take(tcp, arena, (uint64_t)c->connections * sizeof(struct sv_tcp_cold), &tcp->cold_at) ||
        !sv_tcp_take(tcp, arena, (uint64_t)c->busy * sizeof(struct sv_tcp_busy), &tcp->busy_at) ||
        !sv_tcp_take(tcp, arena, (uint64_t)smalls * sizeof(struct sv_tcp_small), &tcp->small_at) ||
        !sv_tcp_take(tcp, arena, (uint64_t)c->listeners * sizeof(struct sv_tcp_listener), &tcp->listeners_at) ||
        !sv_tcp_take(tcp, arena, (uint64_t)c->interfaces * sizeof(struct sv_tcp_interface), &tcp->interfaces_at) ||
        (c->ecn >= SV_ECN_ACCURATE && !sv_tcp_take(tcp, arena, sv_tcp_accecn_bytes(c), &tcp->accecn_at)) ||
        !sv_tcp_take(tcp, arena, (uint64_t)c->keys * sizeof(struct sv_tcp_key), &tcp->keys_at) ||
        !sv_tcp_take(tcp, arena, (uint64_t)c->aos * (sizeof(struct sv_tcp_ao) + 4u), &tcp->aos_at) ||
        !sv_flow_init(&tcp->flows, arena, c->connections + smalls, (struct sv_siphash_key){k0, k1}))
        return false;
    tcp->hots = c->connections;
    tcp->busies = c->busy;
    tcp->smalls = smalls;
    tcp->half_max = c->half_open;
    tcp->wait_max = c->time_waits;
    tcp->listeners = c->listeners;
    tcp->interfaces = c->interfaces;
    tcp->keys = c->keys;
    tcp->aos = c->aos;
    sv_ao_init(tcp);
    tcp->hot_free = tcp->busy_free = tcp->small_free = SV_NONE;
    tcp->profile = c->profile;
    tcp->congestion = (uint8_t)(c->congestion ? c->congestion : sv_tcp_profile(c->profile)->congestion);
    tcp->ecn = (uint8_t)((c->ecn ? c->ecn : sv_tcp_profile(c->profile)->ecn) - 1u);
    tcp->recover = c->recover ? c->recover : sv_tcp_profile(c->profile)->recover;
    tcp->time_wait = (sv_time)c->msl_ms * 2u * SV_MS;
    tcp->send_buffer = c->send_buffer;
    sv_tcp_set_recv_buffer(tcp, c->recv_buffer);
    tcp->habits = *sv_tcp_profile(c->profile);
    tcp->fastopen_keys = 1;
    tcp->fastopen_key[0] = (struct sv_siphash_key){sv_rng_u64(&core->rng[SV_RNG_KEYS]), k0 ^ ~k1};
    const struct sv_tcp_ring empty = {SV_NONE, SV_NONE};
    tcp->parked = tcp->wait = tcp->events = tcp->listener_events = empty;
    for (uint32_t i = 0; i < SV_TCP_BACKOFFS; i++)
        tcp->half[i] = empty;
    for (uint32_t i = 0; i < c->interfaces; i++)
        *sv_tcp_interface(tcp, i) = (struct sv_tcp_interface){.urgent = empty, .bulk = empty, .mtu = 1500};
    sv_wheel_kind(&core->wheel, SV_WHEEL_TCP, &sv_tcp_hot(tcp, 0)->wake, sizeof(struct sv_tcp_hot));
    return true;
}

/* Records are taken from the free list, and only when it is empty from those never used: memory that was
 * never needed is never touched. */
static uint32_t sv_tcp_take_hot(struct sv_tcp *tcp)
{
    if (tcp->hot_free != SV_NONE) {
        const uint32_t index = tcp->hot_free;
        tcp->hot_free = sv_tcp_hot(tcp, index)->ready_next;
        return index;
    }
    return tcp->hot_fresh < tcp->hots ? tcp->hot_fresh++ : SV_NONE;
}

uint32_t sv_tcp_new(struct sv_tcp *tcp)
{
    const uint32_t index = sv_tcp_take_hot(tcp);
    if (index == SV_NONE)
        return SV_NONE;
    struct sv_core *core = sv_tcp_core(tcp);
    struct sv_tcp_hot *h = sv_tcp_hot(tcp, index);
    struct sv_tcp_cold *c = sv_tcp_cold(tcp, index);
    const uint32_t generation = c->generation + 1u;
    sv_clear(h, sizeof *h);
    sv_clear(c, sizeof *c);
    h->kind = SV_TCP_FULL;
    h->state = SV_CLOSED;
    h->busy = SV_NONE;
    h->neighbour = SV_NONE;
    h->ready_next = SV_NONE;
    sv_wheel_node_init(&h->wake);
    c->generation = generation;
    c->event_next = c->listener = SV_NONE;
    c->flow = ++core->flow_serial;
    c->send_buffer = sv_min_u32(tcp->send_buffer, tcp->habits.send_initial) & 0x7fffffffu;
    c->recv_buffer = sv_tcp_first_window(tcp) & 0x7fffffffu;
    c->recv_fixed = !tcp->habits.tune_receive;
    c->rto_us = tcp->habits.rto_initial_us;
    c->ssthresh = UINT32_MAX;
    c->min_rtt_us = UINT32_MAX;
    c->heard_tick = sv_tick(core->now);
    c->cc = tcp->congestion & 7u;
    c->ecn = sv_ecn_asks(tcp->ecn) & 3u;
    tcp->hot_used++;
    return index;
}

void sv_tcp_free(struct sv_tcb *t)
{
    SV_ASSERT(!(t->h->flags & (SV_TCP_TABLED | SV_TCP_READY | SV_TCP_PENDING)));
    SV_ASSERT(t->h->busy == SV_NONE);
    sv_wheel_disarm(&t->core->wheel, SV_WHEEL_TCP, t->index);
    if (SV_UNLIKELY(t->tcp->aos_used))
        sv_ao_end(t->tcp, SV_TCP_VALUE(SV_TCP_FULL, t->index));
    t->h->kind = SV_TCP_FREE;
    t->h->state = SV_CLOSED;
    t->c->generation++;
    t->h->ready_next = t->tcp->hot_free;
    t->tcp->hot_free = t->index;
    t->tcp->hot_used--;
}

SV_HOT bool sv_tcb_need_busy(struct sv_tcb *t)
{
    struct sv_tcp *tcp = t->tcp;
    if (t->b)
        return true;
    uint32_t index = tcp->busy_free;
    if (index != SV_NONE)
        tcp->busy_free = sv_tcp_busy(tcp, index)->owner;
    else if (tcp->busy_fresh < tcp->busies)
        index = tcp->busy_fresh++;
    else
        return false;
    struct sv_tcp_busy *b = sv_tcp_busy(tcp, index);
    sv_clear(b, sizeof *b);
    b->retransmit_at = b->delack_at = b->give_up_at = SV_NEVER;
    sv_spans_init(&b->send);
    sv_spans_init(&b->recv);
    b->ooo_slab = b->board = b->log = SV_NONE;
    b->owner = t->index;
    b->snd_small = t->h->snd_una;
    b->rexmit_nxt = t->h->snd_una;
    b->recover = t->h->snd_una - 1u; /* RFC 6582: nothing to be recovered yet */
    b->reordering = t->c->reordering;
    b->reo_mult = t->c->reo_mult;
    b->reo_persist = t->c->reo_persist;
    t->h->busy = index;
    t->b = b;
    tcp->busy_used++;
    return true;
}

SV_HOT void sv_tcb_release_busy(struct sv_tcb *t)
{
    if (!t->b)
        return;
    struct sv_pool *pool = sv_core_pool(t->core);
    if (t->b->cc.room[0])
        sv_tcp_cc_quiet(t);
    sv_spans_clear(&t->b->send, pool);
    sv_spans_clear(&t->b->recv, pool);
    sv_tcp_reass_clear(t);
    if (SV_UNLIKELY(t->b->board != SV_NONE))
        sv_tcb_release_board(t);
    if (SV_UNLIKELY(t->b->log != SV_NONE))
        sv_sent_log_forget(t);
    if (SV_UNLIKELY(t->b->held == SV_HELD_MORE))
        t->h->flags &= (uint16_t)~SV_TCP_CORK;
    t->h->rcv_queued = 0;
    t->h->snd_queued = 0;
    t->c->reordering = t->b->reordering;
    t->c->reo_mult = t->b->reo_mult;
    t->c->reo_persist = t->b->reo_persist;
    t->b->owner = t->tcp->busy_free;
    t->tcp->busy_free = t->h->busy;
    t->tcp->busy_used--;
    t->h->busy = SV_NONE;
    t->b = NULL;
}

SV_HOT void sv_tcb_settle_quiet(struct sv_tcb *t)
{
    const struct sv_tcp_busy *b = t->b;
    if (b->ooo_count || b->fin_early || b->quickack || b->pace_max ||
        (b->ecn_reduced && sv_tcb_profile(t)->prr_of_marks)) /* until something beyond the marked window is heard of */
        return;
    if (b->delack_at != SV_NEVER || b->retransmit_at != SV_NEVER || b->probe || b->rcv_urgent ||
        b->recovery != SV_RECOVERY_NONE || (t->h->flags & (SV_TCP_ACK_NOW | SV_TCP_SEND_NOW | SV_TCP_DELACK)))
        return;
    if ((t->h->flags & SV_TCP_FIN_QUEUED) && !(t->h->flags & SV_TCP_FIN_SENT))
        return;
    sv_tcb_release_busy(t);
}

__attribute__((always_inline)) static inline uint64_t sv_tcp_hash_of(const struct sv_tcp *tcp,
                                                                     const struct sv_addr *remote, uint16_t remote_port,
                                                                     uint32_t local, uint16_t local_port)
{
    const struct sv_flow_key key = {
        .remote = *remote,
        .local = local,
        .local_port = local_port,
        .remote_port = remote_port,
        .protocol = SV_TCP_PROTOCOL,
    };
    return sv_flow_hash(&tcp->flows, &key);
}

uint64_t sv_tcp_hash(const struct sv_tcp *tcp, const struct sv_addr *remote, uint16_t remote_port, uint32_t local,
                     uint16_t local_port)
{
    return sv_tcp_hash_of(tcp, remote, remote_port, local, local_port);
}

/* Who this connection is, for the trace. */
static void sv_tcb_introduce(const struct sv_tcb *t)
{
    uint8_t pair[32];
    const uint32_t arg[] = {t->h->local_port, t->h->remote_port, t->h->flags & SV_TCP_ACTIVE, t->tcp->profile};
    sv_memcpy(pair, sv_tcp_address(t->tcp, t->h->local), 16);
    sv_memcpy(pair + 16, &t->h->remote, 16);
    sv_trace_event(t->core, SV_TRACE_FLOW, SV_TCP_PROTOCOL, t->c->flow, 0, arg, SV_COUNT_OF(arg), pair, sizeof pair);
}

bool sv_tcb_enter_table(struct sv_tcb *t, uint64_t hash)
{
    SV_ASSERT(!(t->h->flags & SV_TCP_TABLED));
    if (!sv_flow_insert(&t->tcp->flows, hash, SV_TCP_VALUE(SV_TCP_FULL, t->index)))
        return false;
    t->h->flags |= SV_TCP_TABLED;
    sv_tcp_recent_note(t->tcp, &t->h->remote, t->h->remote_port, t->h->local_port, SV_TCP_VALUE(SV_TCP_FULL, t->index));
    if (sv_core_traced(t->core))
        sv_tcb_introduce(t);
    return true;
}

void sv_tcb_take_slot(struct sv_tcb *t, uint32_t from)
{
    const uint64_t hash = sv_tcp_tag_hash(t->h->tag);
    const bool changed = sv_flow_change(&t->tcp->flows, hash, from, SV_TCP_VALUE(SV_TCP_FULL, t->index));
    SV_ASSERT(changed);
    t->h->flags |= SV_TCP_TABLED;
    sv_tcp_recent_note(t->tcp, &t->h->remote, t->h->remote_port, t->h->local_port, SV_TCP_VALUE(SV_TCP_FULL, t->index));
    if (sv_core_traced(t->core))
        sv_tcb_introduce(t);
}

void sv_tcb_leave_table(struct sv_tcb *t)
{
    if (!(t->h->flags & SV_TCP_TABLED))
        return;
    const uint64_t hash = sv_tcp_tag_hash(t->h->tag);
    const bool there = sv_flow_remove(&t->tcp->flows, hash, SV_TCP_VALUE(SV_TCP_FULL, t->index));
    SV_ASSERT(there);
    t->h->flags &= (uint16_t)~SV_TCP_TABLED;
}

uint32_t sv_tcp_small_new(struct sv_tcp *tcp)
{
    uint32_t index = tcp->small_free;
    if (index != SV_NONE)
        tcp->small_free = sv_tcp_small(tcp, index)->next;
    else if (tcp->small_fresh < tcp->smalls)
        index = tcp->small_fresh++;
    return index;
}

void sv_tcp_small_free(struct sv_tcp *tcp, uint32_t index)
{
    struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    m->kind = SV_TCP_FREE;
    m->next = tcp->small_free;
    tcp->small_free = index;
}

/* The shared half line of whatever record a table value names. */
static const struct sv_tcp_small *sv_tcp_head(const struct sv_tcp *tcp, uint32_t value)
{
    const uint32_t index = SV_TCP_VALUE_INDEX(value);
    if (SV_TCP_VALUE_KIND(value) == SV_TCP_FULL)
        return (const struct sv_tcp_small *)(const void *)sv_tcp_hot(tcp, index);
    return sv_tcp_small(tcp, index);
}

static uint32_t sv_tcp_find_hashed(const struct sv_tcp *tcp, uint64_t hash, const struct sv_addr *remote,
                                   uint16_t remote_port, uint32_t local, uint16_t local_port)
{
    uint32_t at = SV_NONE;
    for (;;) {
        const uint32_t value = sv_flow_find(&tcp->flows, hash, &at);
        if (value == SV_NONE)
            return SV_NONE;
        const struct sv_tcp_small *m = sv_tcp_head(tcp, value);
        if (m->local_port == local_port && m->remote_port == remote_port && m->local == local &&
            sv_addr_equal(&m->remote, remote))
            return value;
    }
}

/* Of a large table the slot is a miss; the ISN is made meanwhile. */
static inline void sv_tcp_begin_tuple(struct sv_tcp *tcp, struct sv_tcp_tuple *u)
{
    u->hash = sv_tcp_hash(tcp, &u->remote->addr, u->remote->port, u->local, u->local_port);
    SV_FLOW_PREFETCH(&tcp->flows, u->hash, 8);
    if (SV_LIKELY(!tcp->teach.isns))
        u->isn = sv_tcp_isn(tcp, &u->remote->addr, u->remote->port, u->local, u->local_port);
}

void sv_tcp_guess_tuple(struct sv_tcp *tcp, struct sv_tcp_tuple *u)
{
    sv_tcp_begin_tuple(tcp, u);
    u->guessed = true;
}

uint32_t sv_tcp_find_tuple(struct sv_tcp *tcp, struct sv_tcp_tuple *u)
{
    sv_tcp_begin_tuple(tcp, u);
    u->guessed = false;
    return sv_tcp_find_hashed(tcp, u->hash, &u->remote->addr, u->remote->port, u->local, u->local_port);
}

bool sv_tcp_tuple_is_taken(const struct sv_tcp *tcp, const struct sv_tcp_tuple *u)
{
    return u->guessed &&
           sv_tcp_find_hashed(tcp, u->hash, &u->remote->addr, u->remote->port, u->local, u->local_port) != SV_NONE;
}

uint32_t sv_tcp_find(struct sv_tcp *tcp, const struct sv_addr *remote, uint16_t remote_port, uint32_t local,
                     uint16_t local_port)
{
    const uint64_t hash = sv_tcp_hash(tcp, remote, remote_port, local, local_port);
    return sv_tcp_find_hashed(tcp, hash, remote, remote_port, local, local_port);
}

/* What is remembered of a flow; else it is hashed, and where the table would have it is fetched. What is remembered was
 * dealt with so lately that it is at hand. */
static inline bool sv_tcp_guess_segment(struct sv_tcp *tcp, struct sv_seg *s)
{
    sv_tcp_guess(tcp, s);
    if (SV_LIKELY(s->flow_value != SV_NONE))
        return true;
    s->hash = sv_tcp_hash_of(tcp, &s->remote, s->remote_port, s->local, s->local_port);
    SV_FLOW_PREFETCH(&tcp->flows, s->hash, 4);
    return false;
}

/* What the table says by the tag alone, if nothing was remembered; starts fetching the record. */
static inline void sv_tcp_find_segment(const struct sv_tcp *tcp, struct sv_seg *s)
{
    uint32_t at = SV_NONE;
    if (s->flow_value != SV_NONE)
        return;
    s->flow_value = sv_flow_find(&tcp->flows, s->hash, &at);
    if (s->flow_value == SV_NONE)
        return;
    if (SV_TCP_VALUE_KIND(s->flow_value) == SV_TCP_FULL)
        SV_TCP_PREFETCH(tcp, SV_TCP_VALUE_INDEX(s->flow_value));
    else
        SV_PREFETCH(sv_tcp_small(tcp, SV_TCP_VALUE_INDEX(s->flow_value)));
}

/* Several passes over the burst, so that the misses of one packet overlap those of the others. */
SV_HOT void sv_tcp_lookup(struct sv_tcp *tcp, struct sv_seg *seg, uint32_t n)
{
    uint32_t guessed = 0;
    for (uint32_t i = 0; i < n; i++)
        guessed += sv_tcp_guess_segment(tcp, &seg[i]);
    if (guessed == n)
        return;
    for (uint32_t i = 0; i < n; i++)
        sv_tcp_find_segment(tcp, &seg[i]);
    for (uint32_t i = 0; i < n; i++) {
        if (seg[i].hash && seg[i].flow_value != SV_NONE && SV_TCP_VALUE_KIND(seg[i].flow_value) == SV_TCP_FULL)
            SV_TCP_PREFETCH_BUSY(tcp, SV_TCP_VALUE_INDEX(seg[i].flow_value));
    }
}

/* Is what was remembered, or found by the tag alone, or before an earlier segment of the burst changed the table, the
 * record of that flow? */
static bool sv_tcp_value_is_of(const struct sv_tcp *tcp, uint32_t value, const struct sv_seg *s)
{
    if (value == SV_NONE)
        return false;
    if (SV_TCP_VALUE_KIND(value) == SV_TCP_FULL)
        return sv_tcp_full_is_of(tcp, SV_TCP_VALUE_INDEX(value), s);
    const struct sv_tcp_small *m = sv_tcp_small(tcp, SV_TCP_VALUE_INDEX(value));
    return m->kind == SV_TCP_VALUE_KIND(value) && m->local_port == s->local_port && m->remote_port == s->remote_port &&
           m->local == s->local && sv_addr_equal(&m->remote, &s->remote);
}

/* The record that a segment belongs to now. */
uint32_t sv_tcp_resolve(struct sv_tcp *tcp, struct sv_seg *s)
{
    if (sv_tcp_value_is_of(tcp, s->flow_value, s))
        return s->flow_value;
    const uint32_t value =
        sv_tcp_find_hashed(tcp, sv_seg_hash(tcp, s), &s->remote, s->remote_port, s->local, s->local_port);
    if (value != SV_NONE)
        sv_tcp_recent_note(tcp, &s->remote, s->remote_port, s->local_port, value);
    return value;
}
