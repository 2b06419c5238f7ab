/* SPDX-License-Identifier: BSD-2-Clause */
/* The translator's tables: who is mapped to which port, who speaks with whom, and for how long. */
#include "core/wheel_kinds.h"
#include "l3_network/nat_table.h"

#define SV_NAT_PORT_LOW 512u /* the first of the well-known ports that may be given to another than their owner */
#define SV_NAT_PORT_FREE 1024u
#define SV_NAT_OWN_FIRST 32768u /* the router's own sockets take theirs from here: not for random choices */
#define SV_NAT_OWN_LAST 60999u
#define SV_NAT_RANDOM_TRIES 32u
#define SV_NAT_WALK_TRIES 512u

/* --- keys: each table has its own, so that a guess in one is none in another --- */

static uint64_t sv_nat_hash(const struct sv_flow_table *t, uint32_t addr, uint32_t number, uint16_t port,
                            uint8_t protocol)
{
    const struct sv_flow_key key = {
        .remote = sv_addr_of_v4(addr), .local = number, .local_port = port, .protocol = protocol};
    return sv_flow_hash(t, &key);
}
static uint64_t sv_nat_hash_inside(const struct sv_nat *n, const struct sv_nat_mapping *m)
{
    return sv_nat_hash(&n->by_inside, m->inside, 0, m->inside_port, m->protocol);
}
static uint64_t sv_nat_hash_outside(const struct sv_nat *n, const struct sv_nat_mapping *m)
{
    return sv_nat_hash(&n->by_outside, 0, 0, m->outside_port, m->protocol);
}
static uint64_t sv_nat_hash_peer(const struct sv_nat *n, uint32_t mapping, uint32_t remote)
{
    return sv_nat_hash(&n->by_peer, remote, mapping, 0, 0);
}
static uint64_t sv_nat_hash_session(const struct sv_nat *n, uint32_t peer, uint16_t port)
{
    return sv_nat_hash(&n->by_session, 0, peer, port, 0);
}
static uint64_t sv_nat_hash_host(const struct sv_nat *n, uint32_t addr)
{
    return sv_nat_hash(&n->by_host, addr, 0, 0, 0);
}

static void sv_nat_tell(struct sv_core *c, enum sv_nat_event event, const struct sv_nat_mapping *m, uint32_t remote,
                        uint16_t remote_port, enum sv_drop why)
{
    if (!sv_core_traced(c))
        return;
    const uint32_t arg[] = {m->protocol, m->inside_port, m->outside_port, remote_port, why};
    const struct sv_addr inside = sv_addr_of_v4(m->inside), other = sv_addr_of_v4(remote);
    uint8_t bytes[32];
    sv_memcpy(bytes, inside.byte, 16);
    sv_memcpy(bytes + 16, other.byte, 16);
    sv_trace_event(c, SV_TRACE_NAT, (uint16_t)event, 0, 0, arg, SV_COUNT_OF(arg), bytes, sizeof bytes);
}

/* --- looking up --- */

uint32_t sv_nat_find_outside(const struct sv_nat *n, uint8_t protocol, uint16_t port)
{
    const struct sv_nat_mapping wanted = {.outside_port = port, .protocol = protocol};
    const uint64_t hash = sv_nat_hash_outside(n, &wanted);
    uint32_t at = SV_NONE, i;
    while ((i = sv_flow_find(&n->by_outside, hash, &at)) != SV_NONE) {
        const struct sv_nat_mapping *m = sv_nat_mapping_of(n, i);
        if (m->outside_port == port && m->protocol == protocol)
            return i;
    }
    return SV_NONE;
}

uint32_t sv_nat_find_peer(const struct sv_nat *n, uint32_t mapping, uint32_t remote)
{
    const uint64_t hash = sv_nat_hash_peer(n, mapping, remote);
    uint32_t at = SV_NONE, i;
    while ((i = sv_flow_find(&n->by_peer, hash, &at)) != SV_NONE) {
        const struct sv_nat_peer *p = sv_nat_peer_of(n, i);
        if (p->mapping == mapping && p->remote == remote)
            return i;
    }
    return SV_NONE;
}

static uint32_t sv_nat_find_at_peer(const struct sv_nat *n, uint32_t peer, uint16_t port)
{
    const uint64_t hash = sv_nat_hash_session(n, peer, port);
    uint32_t at = SV_NONE, i;
    while ((i = sv_flow_find(&n->by_session, hash, &at)) != SV_NONE) {
        const struct sv_nat_session *s = sv_nat_session_of(n, i);
        if (s->peer == peer && s->remote_port == port)
            return i;
    }
    return SV_NONE;
}

uint32_t sv_nat_find_session(const struct sv_nat *n, uint32_t mapping, uint32_t remote, uint16_t remote_port)
{
    const uint32_t peer = sv_nat_find_peer(n, mapping, remote);
    return peer == SV_NONE ? SV_NONE : sv_nat_find_at_peer(n, peer, remote_port);
}

uint32_t sv_nat_find_inside(const struct sv_nat *n, uint8_t protocol, uint32_t inside, uint16_t port, uint32_t remote,
                            uint16_t remote_port)
{
    const struct sv_nat_mapping wanted = {.inside = inside, .inside_port = port, .protocol = protocol};
    const uint64_t hash = sv_nat_hash_inside(n, &wanted);
    uint32_t at = SV_NONE, i, first = SV_NONE;
    while ((i = sv_flow_find(&n->by_inside, hash, &at)) != SV_NONE) {
        const struct sv_nat_mapping *m = sv_nat_mapping_of(n, i);
        if (m->inside != inside || m->inside_port != port || m->protocol != protocol)
            continue;
        if (!m->fixed || sv_nat_find_session(n, i, remote, remote_port) != SV_NONE)
            return i;
        first = first == SV_NONE ? i : first;
    }
    return first;
}

static uint32_t sv_nat_find_host(const struct sv_nat *n, uint32_t addr)
{
    const uint64_t hash = sv_nat_hash_host(n, addr);
    uint32_t at = SV_NONE, i;
    while ((i = sv_flow_find(&n->by_host, hash, &at)) != SV_NONE) {
        if (sv_nat_host_of(n, i)->addr == addr)
            return i;
    }
    return SV_NONE;
}

/* --- ports --- */

static bool sv_nat_port_fits(const struct sv_nat *n, uint8_t protocol, uint32_t port)
{
    return port != 0 && port <= 65535 && sv_nat_find_outside(n, protocol, (uint16_t)port) == SV_NONE;
}

/* The inside's own number if it is free (and so of its range and parity: RFC 4787 REQ-3a, REQ-4); else one at random of
 * the same range, and for UDP the same parity, so that nobody outside can guess it. The search is bounded: where a
 * range is nearly full a port may be overlooked. 0: none. */
static uint16_t sv_nat_choose_port(struct sv_core *c, const struct sv_nat *n, uint8_t protocol, uint16_t wanted)
{
    struct sv_rng *rng = &c->rng[SV_RNG_NAT];
    if (!(n->config.flags & SV_NAT_RANDOM_PORTS) && sv_nat_port_fits(n, protocol, wanted))
        return wanted;
    const bool low = protocol != SV_PROTO_ICMP && wanted < SV_NAT_PORT_FREE;
    const uint32_t first = protocol == SV_PROTO_ICMP ? 1u : low ? SV_NAT_PORT_LOW : SV_NAT_PORT_FREE;
    const uint32_t last = low ? SV_NAT_PORT_FREE - 1u : 65535u;
    const uint32_t step = protocol == SV_PROTO_UDP ? 2u : 1u;
    uint32_t port = first;
    for (uint32_t k = 0; k < SV_NAT_RANDOM_TRIES + SV_NAT_WALK_TRIES; k++) {
        if (k <= SV_NAT_RANDOM_TRIES)
            port = first + sv_rng_below(rng, last - first + 1u);
        else
            port = port + step > last ? first : port + step;
        if (step == 2)
            port = (port & ~1u) | (wanted & 1u);
        if (k <= SV_NAT_RANDOM_TRIES && !low && protocol != SV_PROTO_ICMP && port >= SV_NAT_OWN_FIRST &&
            port <= SV_NAT_OWN_LAST)
            continue;
        if (port >= first && sv_nat_port_fits(n, protocol, port))
            return (uint16_t)port;
    }
    return 0;
}

/* --- mappings --- */

static uint32_t sv_nat_refuse(struct sv_core *c, struct sv_nat *n, const struct sv_nat_mapping *m, uint32_t remote,
                              uint16_t remote_port, enum sv_drop why, enum sv_drop *out)
{
    n->counts.refused++;
    sv_nat_tell(c, SV_NAT_REFUSED, m, remote, remote_port, why);
    *out = why;
    return SV_NONE;
}

static uint32_t sv_nat_map_as(struct sv_core *c, struct sv_nat *n, const struct sv_nat_mapping *like)
{
    const uint32_t i = n->mapping_free;
    if (i == SV_NONE)
        return SV_NONE;
    struct sv_nat_mapping *m = sv_nat_mapping_of(n, i);
    n->mapping_free = m->next;
    *m = *like;
    m->used = 1;
    m->peers = 0;
    const bool inside = sv_flow_insert(&n->by_inside, sv_nat_hash_inside(n, m), i);
    const bool outside = sv_flow_insert(&n->by_outside, sv_nat_hash_outside(n, m), i);
    SV_ASSERT(inside && outside); /* they have room for as many as there are records */
    n->counts.mappings++;
    n->counts.mappings_made++;
    sv_nat_tell(c, SV_NAT_MAPPED, m, 0, 0, SV_DROP_NONE);
    return i;
}

uint32_t sv_nat_map(struct sv_core *c, struct sv_nat *n, uint8_t protocol, uint32_t inside, uint16_t port,
                    enum sv_drop *why)
{
    struct sv_nat_mapping m = {.inside = inside, .inside_port = port, .protocol = protocol};
    if (n->mapping_free == SV_NONE)
        return sv_nat_refuse(c, n, &m, 0, 0, SV_DROP_NAT_FULL, why);
    m.outside_port = sv_nat_choose_port(c, n, protocol, port);
    if (m.outside_port == 0)
        return sv_nat_refuse(c, n, &m, 0, 0, SV_DROP_NAT_NO_PORT, why);
    return sv_nat_map_as(c, n, &m);
}

void sv_nat_unmap_idle(struct sv_core *c, struct sv_nat *n, uint32_t mapping)
{
    struct sv_nat_mapping *m = sv_nat_mapping_of(n, mapping);
    if (m->peers != 0 || m->fixed)
        return;
    sv_nat_tell(c, SV_NAT_UNMAPPED, m, 0, 0, SV_DROP_NONE);
    const bool inside = sv_flow_remove(&n->by_inside, sv_nat_hash_inside(n, m), mapping);
    const bool outside = sv_flow_remove(&n->by_outside, sv_nat_hash_outside(n, m), mapping);
    SV_ASSERT(inside && outside);
    m->used = 0;
    m->next = n->mapping_free;
    n->mapping_free = mapping;
    n->counts.mappings--;
    n->counts.mappings_removed++;
}

enum sv_err sv_nat_add_forward(struct sv_core *c, struct sv_nat *n, uint32_t protocol, uint16_t outside_port,
                               const struct sv_endpoint *inside)
{
    if (n->ceiling == 0)
        return SV_ERR_NO_MEMORY;
    if ((protocol != SV_PROTO_TCP && protocol != SV_PROTO_UDP) || outside_port == 0 || inside->port == 0 ||
        !sv_addr_is_v4(&inside->addr) || !sv_addr_is_unicast(&inside->addr))
        return SV_ERR_INVALID;
    if (sv_nat_find_outside(n, (uint8_t)protocol, outside_port) != SV_NONE)
        return SV_ERR_IN_USE;
    const struct sv_nat_mapping m = {.inside = sv_addr_v4_number(&inside->addr),
                                     .inside_port = inside->port,
                                     .outside_port = outside_port,
                                     .protocol = (uint8_t)protocol,
                                     .fixed = 1};
    return sv_nat_map_as(c, n, &m) == SV_NONE ? SV_ERR_NO_MEMORY : SV_OK;
}

/* --- sessions --- */

/* The records a new session needs beside its own: its inside host's and its peer's. False: a ceiling. */
static bool sv_nat_session_parts(struct sv_nat *n, uint32_t mapping, uint32_t remote, uint32_t *host, uint32_t *peer)
{
    const uint32_t inside = sv_nat_mapping_of(n, mapping)->inside;
    *host = sv_nat_find_host(n, inside);
    *peer = sv_nat_find_peer(n, mapping, remote);
    if (*host != SV_NONE && sv_nat_host_of(n, *host)->sessions >= n->config.host_sessions)
        return false;
    if (n->session_free == SV_NONE)
        return false; /* where there is a session free, there is a host and a peer */
    if (*host == SV_NONE) {
        *host = n->host_free;
        struct sv_nat_host *h = sv_nat_host_of(n, *host);
        n->host_free = h->next;
        h->addr = inside;
        h->sessions = 0;
        n->counts.hosts++;
        const bool in = sv_flow_insert(&n->by_host, sv_nat_hash_host(n, inside), *host);
        SV_ASSERT(in);
    }
    if (*peer == SV_NONE) {
        *peer = n->peer_free;
        struct sv_nat_peer *p = sv_nat_peer_of(n, *peer);
        n->peer_free = p->next;
        p->mapping = mapping;
        p->remote = remote;
        p->sessions = 0;
        sv_nat_mapping_of(n, mapping)->peers++;
        const bool in = sv_flow_insert(&n->by_peer, sv_nat_hash_peer(n, mapping, remote), *peer);
        SV_ASSERT(in);
    }
    sv_nat_host_of(n, *host)->sessions++;
    sv_nat_peer_of(n, *peer)->sessions++;
    return true;
}

uint32_t sv_nat_open(struct sv_core *c, struct sv_nat *n, uint32_t mapping, uint32_t remote, uint16_t remote_port,
                     enum sv_nat_state state, enum sv_drop *why)
{
    uint32_t host, peer;
    const struct sv_nat_mapping *m = sv_nat_mapping_of(n, mapping);
    if (!sv_nat_session_parts(n, mapping, remote, &host, &peer))
        return sv_nat_refuse(c, n, m, remote, remote_port, SV_DROP_NAT_FULL, why);
    const uint32_t i = n->session_free;
    struct sv_nat_session *s = sv_nat_session_of(n, i);
    n->session_free = s->next;
    s->peer = peer;
    s->host = host;
    s->adjust = SV_NONE;
    s->remote_port = remote_port;
    s->state = (uint8_t)state;
    s->used = 1;
    s->packets_out = s->packets_in = 0;
    const bool in = sv_flow_insert(&n->by_session, sv_nat_hash_session(n, peer, remote_port), i);
    SV_ASSERT(in);
    n->counts.sessions++;
    n->counts.sessions_made++;
    sv_nat_tell(c, SV_NAT_OPENED, m, remote, remote_port, SV_DROP_NONE);
    sv_nat_refresh(c, n, i);
    return i;
}

void sv_nat_close(struct sv_core *c, struct sv_nat *n, uint32_t session)
{
    struct sv_nat_session *s = sv_nat_session_of(n, session);
    struct sv_nat_peer *p = sv_nat_peer_of(n, s->peer);
    struct sv_nat_host *h = sv_nat_host_of(n, s->host);
    const uint32_t mapping = p->mapping;
    sv_nat_tell(c, SV_NAT_CLOSED, sv_nat_mapping_of(n, mapping), p->remote, s->remote_port, SV_DROP_NONE);
    bool out = sv_flow_remove(&n->by_session, sv_nat_hash_session(n, s->peer, s->remote_port), session);
    if (--p->sessions == 0) {
        out &= sv_flow_remove(&n->by_peer, sv_nat_hash_peer(n, mapping, p->remote), s->peer);
        p->next = n->peer_free;
        n->peer_free = s->peer;
        sv_nat_mapping_of(n, mapping)->peers--;
    }
    if (--h->sessions == 0) {
        out &= sv_flow_remove(&n->by_host, sv_nat_hash_host(n, h->addr), s->host);
        h->next = n->host_free;
        n->host_free = s->host;
        n->counts.hosts--;
    }
    SV_ASSERT(out);
    if (s->adjust != SV_NONE) {
        sv_nat_adjust_of(n, s->adjust)->next = n->adjust_free;
        n->adjust_free = s->adjust;
    }
    sv_wheel_disarm(&c->wheel, SV_WHEEL_NAT, session);
    s->used = 0;
    s->next = n->session_free;
    n->session_free = session;
    n->counts.sessions--;
    n->counts.sessions_removed++;
    sv_nat_unmap_idle(c, n, mapping);
}

void sv_nat_close_all(struct sv_core *c, struct sv_nat *n)
{
    for (uint32_t i = 0; i < n->ceiling; i++) {
        if (sv_nat_session_of(n, i)->used)
            sv_nat_close(c, n, i);
    }
}

void sv_nat_refresh(struct sv_core *c, struct sv_nat *n, uint32_t session)
{
    struct sv_nat_session *s = sv_nat_session_of(n, session);
    const uint8_t protocol = sv_nat_mapping_of(n, sv_nat_peer_of(n, s->peer)->mapping)->protocol;
    uint32_t seconds = n->config.tcp_transitory_s;
    if (protocol == SV_PROTO_UDP)
        seconds = n->config.udp_s;
    else if (protocol == SV_PROTO_ICMP)
        seconds = n->config.icmp_s;
    else if (s->state == SV_NAT_ESTABLISHED || s->state == SV_NAT_FIN_OUT || s->state == SV_NAT_FIN_IN)
        seconds = n->config.tcp_established_s;
    s->deadline = c->now + (sv_time)seconds * SV_S;
    sv_wheel_arm(&c->wheel, SV_WHEEL_NAT, session, s->deadline);
}
