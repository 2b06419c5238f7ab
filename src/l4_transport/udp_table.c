/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of sockets: who has which port, what waits there, who is to be told. */
#include "l4_transport/udp_table.h"

#include "seven/socket.h"

static uint32_t *sv_udp_bucket(const struct sv_udp *u, uint8_t kind, uint16_t port)
{
    uint32_t *buckets = (uint32_t *)((uintptr_t)u + (uintptr_t)u->buckets_at);
    /* Which ports are open is our own choice: no key is needed. */
    return &buckets[(port ^ (uint32_t)kind * 0x9e37u) & (u->buckets - 1u)];
}

static uint32_t sv_udp_buckets(uint32_t ceiling)
{
    uint32_t buckets = 16;
    while (buckets < ceiling)
        buckets *= 2;
    return buckets;
}

uint64_t sv_udp_bytes(uint32_t ceiling)
{
    return (uint64_t)ceiling * sizeof(struct sv_udp_socket) + (uint64_t)sv_udp_buckets(ceiling) * sizeof(uint32_t) +
           sv_udp_reports_bytes(ceiling) + 2u * 64u;
}

bool sv_udp_init(struct sv_udp *u, struct sv_core *c, struct sv_arena *arena, uint32_t ceiling)
{
    const uint32_t buckets = sv_udp_buckets(ceiling);
    struct sv_udp_socket *s = sv_arena_take(arena, (uint64_t)ceiling * sizeof *s, 64);
    uint32_t *bucket = sv_arena_take(arena, (uint64_t)buckets * sizeof *bucket, 64);
    if (!s || !bucket || ceiling == 0)
        return false;
    sv_memset(u, 0, sizeof *u);
    u->at = (int64_t)((uintptr_t)s - (uintptr_t)u);
    u->buckets_at = (int64_t)((uintptr_t)bucket - (uintptr_t)u);
    u->ceiling = ceiling;
    u->buckets = buckets;
    u->ready_first = u->ready_last = SV_NONE;
    for (uint32_t i = 0; i < buckets; i++)
        bucket[i] = SV_NONE;
    for (uint32_t i = 0; i < ceiling; i++)
        s[i].chain = i + 1 < ceiling ? i + 1 : SV_NONE;
    sv_ports_init(&u->ports, c, 0, 0);
    return sv_udp_reports_init(u, arena);
}

/* Does a binding cover an address of ours? 1: by its family's any, 2: by name. */
static uint32_t sv_udp_covers(const struct sv_udp_socket *s, const struct sv_udp_key *k)
{
    if (sv_addr_is_zero(&s->local))
        return !sv_addr_is_v4(&k->local) || !s->v6_only ? 1u : 0u;
    if (sv_addr_is_any(&s->local))
        return sv_addr_is_v4(&k->local) ? 2u : 0u; /* IPv4's any before IPv6's */
    return !k->broadcast && sv_addr_equal(&s->local, &k->local) ? 8u : 0u;
}

uint32_t sv_udp_score(const struct sv_udp_socket *s, const struct sv_udp_key *k)
{
    if (s->kind != k->kind || (!s->any_port && s->local_port != k->local_port))
        return 0;
    if (s->interface != SV_NO_PORT && s->interface != k->interface)
        return 0;
    if (s->connected && (s->remote_port != k->remote_port || !sv_addr_equal(&s->remote, &k->remote)))
        return 0;
    const uint32_t covers = sv_udp_covers(s, k);
    if (covers == 0)
        return 0;
    return covers + (s->connected ? 16u : 0u) + (s->interface != SV_NO_PORT ? 4u : 0u) + (s->any_port ? 0u : 32u);
}

static uint32_t sv_udp_find_in(const struct sv_udp *u, const struct sv_udp_key *k, uint16_t port)
{
    uint32_t best = SV_NONE, best_score = 0;
    for (uint32_t i = *sv_udp_bucket(u, k->kind, port); i != SV_NONE; i = sv_udp_of(u, i)->chain) {
        const uint32_t score = sv_udp_score(sv_udp_of(u, i), k);
        if (score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

uint32_t sv_udp_find(const struct sv_udp *u, const struct sv_udp_key *k)
{
    const uint32_t i = sv_udp_find_in(u, k, k->local_port);
    return i != SV_NONE ? i : sv_udp_find_in(u, k, 0); /* those with any_port stand at port 0 */
}

/* Whether two sockets would want the same and neither more specifically. */
static bool sv_udp_taken(const struct sv_udp *u, const struct sv_udp_binding *b, uint16_t port)
{
    for (uint32_t i = *sv_udp_bucket(u, b->kind, port); i != SV_NONE; i = sv_udp_of(u, i)->chain) {
        const struct sv_udp_socket *s = sv_udp_of(u, i);
        if (s->kind == b->kind && s->local_port == port && s->any_port == b->any_port && s->interface == b->interface &&
            sv_addr_equal(&s->local, &b->local))
            return true;
    }
    return false;
}

struct sv_udp_wish {
    const struct sv_udp *u;
    const struct sv_udp_binding *binding;
};

/* A random port must not hide behind, nor steal from, a socket on the same port with another address. */
static bool sv_udp_port_is_free(void *context, uint16_t port)
{
    const struct sv_udp_wish *w = context;
    for (uint32_t i = *sv_udp_bucket(w->u, w->binding->kind, port); i != SV_NONE; i = sv_udp_of(w->u, i)->chain) {
        const struct sv_udp_socket *s = sv_udp_of(w->u, i);
        if (s->kind == w->binding->kind && s->local_port == port)
            return false;
    }
    return true;
}

enum sv_err sv_udp_bind(struct sv_core *c, struct sv_net *net, struct sv_udp *u, const struct sv_udp_binding *binding,
                        uint32_t *index)
{
    uint16_t port = binding->port;
    const struct sv_addr nobody = {{0}};
    if (!sv_addr_is_any(&binding->local) && sv_address_local(c, &net->addresses, &binding->local) == SV_NONE)
        return SV_ERR_NOT_LOCAL;
    if (u->free_first == SV_NONE)
        return SV_ERR_NO_MEMORY;
    if (port == 0 && !binding->any_port) {
        struct sv_udp_wish wish = {u, binding};
        port = sv_port_choose(&u->ports, &binding->local, &nobody, 0, binding->kind, sv_udp_port_is_free, &wish);
        if (port == 0)
            return SV_ERR_NO_PORTS;
    }
    if (sv_udp_taken(u, binding, port))
        return SV_ERR_IN_USE;
    const uint32_t i = u->free_first;
    struct sv_udp_socket *s = sv_udp_of(u, i);
    const uint32_t generation = s->generation + 1;
    u->free_first = s->chain;
    u->used++;
    sv_memset(s, 0, sizeof *s);
    sv_packet_queue_init(&s->queue);
    s->generation = generation;
    s->local = binding->local;
    s->local_port = port;
    s->kind = binding->kind;
    s->any_port = binding->any_port;
    s->v6_only = binding->v6_only;
    s->interface = binding->interface;
    s->cookie = binding->cookie;
    s->queue_packets_max = SV_UDP_QUEUE_PACKETS;
    s->queue_charge_max = SV_UDP_QUEUE_BYTES;
    s->ready_next = SV_NONE;
    s->report_first = s->report_last = SV_NONE;
    s->flow = ++c->flow_serial;
    u->probes += s->kind == SV_UDP_PROBE;
    uint32_t *bucket = sv_udp_bucket(u, s->kind, s->any_port ? 0 : port);
    s->chain = *bucket;
    *bucket = i;
    *index = i;
    return SV_OK;
}

enum sv_err sv_udp_connect(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index,
                           const struct sv_endpoint *remote)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    struct sv_ip_path path;
    const enum sv_err err = sv_ip_find_path(c, net, &remote->addr, &s->local, s->interface, &path);
    if (err != SV_OK)
        return err;
    s->local = path.src;
    s->remote = remote->addr;
    s->remote_port = remote->port;
    s->connected = 1;
    if (sv_core_traced(c)) {
        const uint32_t arg[] = {s->local_port, s->remote_port, 0, 0};
        uint8_t bytes[32];
        sv_memcpy(bytes, s->local.byte, 16);
        sv_memcpy(bytes + 16, s->remote.byte, 16);
        sv_trace_event(c, SV_TRACE_FLOW, s->kind, s->flow, 0, arg, SV_COUNT_OF(arg), bytes, sizeof bytes);
    }
    return SV_OK;
}

static void sv_udp_unready(struct sv_udp *u, uint32_t index)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    if (!s->ready)
        return;
    uint32_t before = SV_NONE;
    for (uint32_t i = u->ready_first; i != index; i = sv_udp_of(u, i)->ready_next)
        before = i;
    if (before == SV_NONE)
        u->ready_first = s->ready_next;
    else
        sv_udp_of(u, before)->ready_next = s->ready_next;
    if (u->ready_last == index)
        u->ready_last = before;
    s->ready = 0;
}

void sv_udp_unbind(struct sv_core *c, struct sv_udp *u, uint32_t index)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    SV_ASSERT(s->kind != SV_UDP_FREE);
    struct sv_buf *b;
    while ((b = sv_udp_unqueue(c, u, index)) != NULL)
        sv_drop(c, SV_DROP_FLUSHED, b, SV_NO_PORT, s->flow);
    sv_udp_reports_flush(u, index);
    u->probes -= s->kind == SV_UDP_PROBE;
    sv_udp_unready(u, index);
    uint32_t *link = sv_udp_bucket(u, s->kind, s->any_port ? 0 : s->local_port);
    while (*link != index)
        link = &sv_udp_of(u, *link)->chain;
    *link = s->chain;
    s->kind = SV_UDP_FREE;
    s->chain = u->free_first;
    u->free_first = index;
    u->used--;
}

void sv_udp_tell(struct sv_udp *u, uint32_t index, uint32_t what)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    s->what |= what;
    if (s->ready)
        return;
    s->ready = 1;
    s->ready_next = SV_NONE;
    if (u->ready_last == SV_NONE)
        u->ready_first = index;
    else
        sv_udp_of(u, u->ready_last)->ready_next = index;
    u->ready_last = index;
}

uint32_t sv_udp_next_ready(struct sv_udp *u)
{
    const uint32_t i = u->ready_first;
    if (i == SV_NONE)
        return SV_NONE;
    struct sv_udp_socket *s = sv_udp_of(u, i);
    u->ready_first = s->ready_next;
    if (u->ready_first == SV_NONE)
        u->ready_last = SV_NONE;
    s->ready = 0;
    s->ready_next = SV_NONE;
    return i;
}

static uint32_t sv_udp_charge(const struct sv_buf *b)
{
    return (b->slices + (b->slab != SV_NONE ? 1u : 0u)) * SV_SLAB_BYTES + SV_HEADROOM;
}

void sv_udp_queue(struct sv_core *c, struct sv_udp *u, uint32_t index, sv_port port, struct sv_buf *take)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    const uint32_t charge = sv_udp_charge(take);
    if (s->queue.packets >= s->queue_packets_max || s->queue_charge + charge > s->queue_charge_max) {
        sv_drop(c, SV_DROP_SOCKET_FULL, take, port, s->flow);
        return;
    }
    s->queue_charge += charge;
    sv_packet_queue_put(&s->queue, sv_core_pool(c), take);
    sv_udp_tell(u, index, SV_EVENT_READABLE);
}

struct sv_buf *sv_udp_unqueue(struct sv_core *c, struct sv_udp *u, uint32_t index)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    struct sv_buf *b = sv_packet_queue_take(&s->queue, sv_core_pool(c));
    if (b)
        s->queue_charge -= sv_udp_charge(b);
    return b;
}

void sv_udp_check(const struct sv_core *c, const struct sv_udp *u)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < u->ceiling; i++) {
        const struct sv_udp_socket *s = sv_udp_of(u, i);
        if (s->kind == SV_UDP_FREE)
            continue;
        used++;
        uint32_t charge = 0, packets = 0;
        for (uint32_t k = s->queue.first; k != SV_NONE; k = sv_pool_buf(sv_core_pool(c), k)->next) {
            charge += sv_udp_charge(sv_pool_buf(sv_core_pool(c), k));
            packets++;
        }
        SV_ASSERT(charge == s->queue_charge);
        SV_ASSERT(packets == s->queue.packets);
        SV_ASSERT(charge <= s->queue_charge_max);
        SV_ASSERT(packets <= s->queue_packets_max);
    }
    SV_ASSERT(used == u->used);
    sv_udp_reports_check(u);
}
