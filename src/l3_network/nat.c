/* SPDX-License-Identifier: BSD-2-Clause */
/* The translator's two hooks, its settings, its clock. */
#include "l3_network/nat.h"

#include "core/wheel_kinds.h"
#include "l3_network/icmp.h"
#include "l3_network/nat_table.h"
#include "l3_network/net.h"

#define SV_NAT_UDP_S 300u
#define SV_NAT_UDP_MIN_S 120u
#define SV_NAT_TCP_S 7440u
#define SV_NAT_TRANSITORY_S 240u
#define SV_NAT_ICMP_S 60u
#define SV_NAT_TCP_FLAGS 13u /* offset of the flags in a TCP header */
#define SV_NAT_BARE 0x17u    /* FIN, SYN, RST, ACK */
#define SV_NAT_SYN 0x02u
#define SV_NAT_RST 0x04u

/* --- made and set up --- */

static bool sv_nat_tables_init(struct sv_nat *n, struct sv_core *c, struct sv_arena *arena)
{
    struct sv_flow_table *table[] = {&n->by_inside, &n->by_outside, &n->by_peer, &n->by_session, &n->by_host};
    for (uint32_t i = 0; i < SV_COUNT_OF(table); i++) {
        struct sv_siphash_key key;
        key.k0 = sv_rng_u64(&c->rng[SV_RNG_NAT]);
        key.k1 = sv_rng_u64(&c->rng[SV_RNG_NAT]);
        if (!sv_flow_init(table[i], arena, n->ceiling, key))
            return false;
    }
    return true;
}

#define SV_NAT_TAKE(field, type, count)                                             \
    do {                                                                            \
        struct type *r_ = sv_arena_take(arena, (uint64_t)(count) * sizeof *r_, 64); \
        if (!r_)                                                                    \
            return false;                                                           \
        n->field = (int64_t)((intptr_t)r_ - (intptr_t)n);                           \
    } while (0)

static bool sv_nat_records_init(struct sv_nat *n, struct sv_arena *arena)
{
    SV_NAT_TAKE(mappings_at, sv_nat_mapping, n->ceiling);
    SV_NAT_TAKE(sessions_at, sv_nat_session,
                n->ceiling + 1u); /* the last one is the clock of what waits equally long */
    SV_NAT_TAKE(peers_at, sv_nat_peer, n->ceiling);
    SV_NAT_TAKE(hosts_at, sv_nat_host, n->ceiling);
    SV_NAT_TAKE(fragments_at, sv_nat_fragment, SV_NAT_FRAGMENTS);
    SV_NAT_TAKE(adjusts_at, sv_nat_adjust, SV_NAT_ADJUSTS);
    for (uint32_t i = 0; i < n->ceiling; i++) {
        const uint32_t next = i + 1 < n->ceiling ? i + 1 : SV_NONE;
        sv_nat_mapping_of(n, i)->next = next;
        sv_nat_session_of(n, i)->next = next;
        sv_nat_peer_of(n, i)->next = next;
        sv_nat_host_of(n, i)->next = next;
    }
    for (uint32_t i = 0; i <= n->ceiling; i++)
        sv_wheel_node_init(&sv_nat_session_of(n, i)->wake);
    for (uint32_t i = 0; i < SV_NAT_ADJUSTS; i++)
        sv_nat_adjust_of(n, i)->next = i + 1 < SV_NAT_ADJUSTS ? i + 1 : SV_NONE;
    return true;
}

bool sv_nat_init(struct sv_nat *n, struct sv_core *c, struct sv_arena *arena, uint32_t sessions)
{
    sv_memset(n, 0, sizeof *n);
    n->outside = SV_NO_PORT;
    sv_nat_fragments_init(n);
    if (sessions == 0)
        return true;
    n->ceiling = sessions;
    if (!sv_nat_tables_init(n, c, arena) || !sv_nat_records_init(n, arena))
        return false;
    sv_wheel_kind(&c->wheel, SV_WHEEL_NAT, &sv_nat_session_of(n, 0)->wake, sizeof(struct sv_nat_session));
    return true;
}

uint64_t sv_nat_bytes(uint32_t sessions)
{
    if (sessions == 0)
        return 0;
    return (uint64_t)sessions * (sizeof(struct sv_nat_mapping) + sizeof(struct sv_nat_session) +
                                 sizeof(struct sv_nat_peer) + sizeof(struct sv_nat_host)) +
           sizeof(struct sv_nat_session) + 5u * sv_flow_bytes(sessions) +
           SV_NAT_FRAGMENTS * sizeof(struct sv_nat_fragment) + SV_NAT_ADJUSTS * sizeof(struct sv_nat_adjust) +
           16u * 64u;
}

static uint32_t sv_nat_or(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

/* The address asked for, or the interface's first. */
static enum sv_err sv_nat_address(const struct sv_net *net, const struct sv_nat_config *config, uint32_t *address)
{
    for (uint32_t i = 0; i < net->addresses.ceiling; i++) {
        const struct sv_address *a = sv_address_of(&net->addresses, i);
        if (a->state == SV_ADDRESS_FREE || a->state > SV_ADDRESS_CONFLICT || a->port != config->outside ||
            !sv_addr_is_v4(&a->addr))
            continue;
        if (sv_addr_is_any(&config->address) || sv_addr_equal(&config->address, &a->addr)) {
            *address = sv_addr_v4_number(&a->addr);
            return SV_OK;
        }
    }
    return SV_ERR_NOT_LOCAL;
}

enum sv_err sv_nat_setup(struct sv_core *c, struct sv_net *net, const struct sv_nat_config *config)
{
    struct sv_nat *n = &net->nat;
    struct sv_nat_config s = *config;
    (void)c;
    if (n->ceiling == 0)
        return SV_ERR_NO_MEMORY;
    s.udp_s = sv_nat_or(s.udp_s, SV_NAT_UDP_S);
    s.tcp_established_s = sv_nat_or(s.tcp_established_s, SV_NAT_TCP_S);
    s.tcp_transitory_s = sv_nat_or(s.tcp_transitory_s, SV_NAT_TRANSITORY_S);
    s.icmp_s = sv_nat_or(s.icmp_s, SV_NAT_ICMP_S);
    s.host_sessions = sv_nat_or(s.host_sessions, n->ceiling > 1 ? n->ceiling / 2u : 1u);
    if (s.outside >= net->link.interfaces.count || s.filter > SV_NAT_FILTER_ENDPOINT || s.udp_s < SV_NAT_UDP_MIN_S ||
        s.tcp_established_s < SV_NAT_TCP_S || s.tcp_transitory_s < SV_NAT_TRANSITORY_S || s.icmp_s < SV_NAT_ICMP_S)
        return SV_ERR_INVALID;
    const enum sv_err error = sv_nat_address(net, &s, &n->address);
    if (error != SV_OK)
        return error;
    n->outside = s.outside;
    n->config = s;
    n->enabled = 1;
    return SV_OK;
}

void sv_nat_expire(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    struct sv_nat *n = &net->nat;
    if (index == n->ceiling) {
        sv_nat_fragments_expire(c, n);
        sv_nat_syns_expire(c, net);
        sv_wheel_arm(&c->wheel, SV_WHEEL_NAT, index, sv_min_u64(sv_nat_fragments_deadline(n), sv_nat_syns_deadline(n)));
        return;
    }
    const struct sv_nat_session *s = sv_nat_session_of(n, index);
    if (s->deadline > c->now)
        sv_wheel_arm(&c->wheel, SV_WHEEL_NAT, index, s->deadline);
    else
        sv_nat_close(c, n, index);
}

/* --- one packet --- */

static enum sv_nat_verdict sv_nat_drop(struct sv_core *c, enum sv_drop why, struct sv_buf *b, sv_port in)
{
    sv_drop(c, why, b, in, 0);
    return SV_NAT_TAKEN;
}

/* The inside is told that it cannot go on: RFC 5508 REQ-2, REQ-10 (code 13, administratively prohibited). */
static enum sv_nat_verdict sv_nat_prohibit(struct sv_core *c, struct sv_net *net, enum sv_drop why, struct sv_buf *b,
                                           const struct sv_ip_hdr *h, sv_port in)
{
    (void)sv_icmp_send_error(c, net, b, h, SV_ICMP_UNREACHABLE, SV_ICMP_PROHIBITED, 0);
    return sv_nat_drop(c, why, b, in);
}

static uint32_t sv_nat_flags(const struct sv_buf *b, const struct sv_ip_hdr *h)
{
    return h->protocol == SV_PROTO_TCP ? sv_buf_head(b)[h->header_length + SV_NAT_TCP_FLAGS] : 0;
}

/* The mapping and session of what goes out from t's source to (remote, remote_port); made if need be. SV_NONE: *why. */
static uint32_t sv_nat_leave(struct sv_core *c, struct sv_nat *n, uint8_t protocol, const struct sv_nat_tuple *t,
                             uint32_t flags, uint32_t *session, enum sv_drop *why)
{
    uint32_t m = sv_nat_find_inside(n, protocol, t->src, t->src_port, t->dst, t->dst_port);
    *session = m == SV_NONE ? SV_NONE : sv_nat_find_session(n, m, t->dst, t->dst_port);
    if (*session == SV_NONE) {
        if (flags & SV_NAT_RST) { /* nobody knows what it would end */
            *why = SV_DROP_NAT_UNTRANSLATABLE;
            return SV_NONE;
        }
        enum sv_nat_state state = SV_NAT_PLAIN;
        if (protocol == SV_PROTO_TCP)
            state = (flags & SV_NAT_BARE) == SV_NAT_SYN ? SV_NAT_INIT_OUT : SV_NAT_TRANS;
        if (m == SV_NONE)
            m = sv_nat_map(c, n, protocol, t->src, t->src_port, why);
        if (m == SV_NONE)
            return SV_NONE;
        *session = sv_nat_open(c, n, m, t->dst, t->dst_port, state, why);
        if (*session == SV_NONE) {
            sv_nat_unmap_idle(c, n, m);
            return SV_NONE;
        }
    } else if (protocol == SV_PROTO_TCP) {
        sv_nat_tcp_track(c, n, *session, flags, true);
    } else {
        sv_nat_refresh(c, n, *session);
    }
    sv_nat_session_of(n, *session)->packets_out++;
    return m;
}

/* May (remote, remote_port) come in by the mapping? NONE: it may, *session is its session, or SV_NONE for UDP without
 * one. NAT_SYN: not now, but see sv_nat_hold_syn(). */
static enum sv_drop sv_nat_enter(struct sv_core *c, struct sv_nat *n, uint32_t mapping, uint32_t remote,
                                 uint16_t remote_port, uint32_t flags, uint32_t *session)
{
    const struct sv_nat_mapping *m = sv_nat_mapping_of(n, mapping);
    enum sv_drop why = SV_DROP_NONE;
    *session = sv_nat_find_session(n, mapping, remote, remote_port);
    if (*session != SV_NONE) {
        if (m->protocol == SV_PROTO_TCP)
            sv_nat_tcp_track(c, n, *session, flags, false);
        else if (n->config.flags & SV_NAT_REFRESH_INBOUND || m->fixed)
            sv_nat_refresh(c, n, *session);
        sv_nat_session_of(n, *session)->packets_in++;
        return SV_DROP_NONE;
    }
    const bool bare_syn = (flags & SV_NAT_BARE) == SV_NAT_SYN;
    const bool open =
        m->fixed || n->config.filter == SV_NAT_FILTER_ENDPOINT || sv_nat_find_peer(n, mapping, remote) != SV_NONE;
    if (m->protocol == SV_PROTO_ICMP)
        return SV_DROP_NAT_FILTERED; /* an answer to nobody's question */
    if (!open)
        return bare_syn ? SV_DROP_NAT_SYN : SV_DROP_NAT_FILTERED;
    if (m->protocol != SV_PROTO_TCP)
        return SV_DROP_NONE;
    if (!bare_syn && (!m->fixed || flags & SV_NAT_RST))
        return SV_DROP_NAT_FILTERED;
    *session = sv_nat_open(c, n, mapping, remote, remote_port, bare_syn ? SV_NAT_INIT_IN : SV_NAT_TRANS, &why);
    if (*session != SV_NONE)
        sv_nat_session_of(n, *session)->packets_in++;
    return why;
}

/* Bytes, sequence numbers, fragments to come. */
static enum sv_nat_verdict sv_nat_done(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                       struct sv_ip_hdr *h, const struct sv_nat_tuple *t)
{
    const struct sv_ip_hdr before = *h;
    if (!sv_nat_write(b, h, t))
        return sv_nat_drop(c, SV_DROP_NO_MEMORY, b, in);
    if (h->more_fragments)
        sv_nat_fragment_first(c, net, &before, h);
    h->translated = 1;
    return SV_NAT_DONE;
}

static enum sv_nat_verdict sv_nat_pass(struct sv_core *c, struct sv_net *net, const struct sv_ip_hdr *h)
{
    if (h->more_fragments)
        sv_nat_fragment_first(c, net, h, h);
    return SV_NAT_PASS;
}

/* --- out --- */

static enum sv_nat_verdict sv_nat_translate_out(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                                struct sv_ip_hdr *h, struct sv_nat_tuple *t)
{
    struct sv_nat *n = &net->nat;
    enum sv_drop why = SV_DROP_NONE;
    uint32_t session;
    const uint32_t m = sv_nat_leave(c, n, h->protocol, t, sv_nat_flags(b, h), &session, &why);
    if (m == SV_NONE)
        return sv_nat_prohibit(c, net, why, b, h, in);
    t->src = n->address;
    t->src_port = sv_nat_mapping_of(n, m)->outside_port;
    n->counts.out++;
    const enum sv_nat_verdict verdict = sv_nat_done(c, net, in, b, h, t);
    if (verdict == SV_NAT_DONE && h->protocol == SV_PROTO_TCP && !sv_nat_ftp_out(c, n, session, b, h))
        return sv_nat_drop(c, SV_DROP_NO_MEMORY, b, in);
    return verdict;
}

enum sv_nat_verdict sv_nat_out(struct sv_core *c, struct sv_net *net, sv_port in, sv_port out, struct sv_buf *b,
                               struct sv_ip_hdr *h)
{
    struct sv_nat *n = &net->nat;
    struct sv_nat_tuple t;
    if (!n->enabled || h->version != 4 || (in == n->outside && out == n->outside))
        return SV_NAT_PASS;
    if (out != n->outside) {
        if (in != n->outside || h->translated)
            return SV_NAT_PASS;
        n->counts.filtered++; /* the inside's own addresses are no way in */
        return sv_nat_drop(c, SV_DROP_NAT_FILTERED, b, in);
    }
    if (h->protocol != SV_PROTO_TCP && h->protocol != SV_PROTO_UDP && h->protocol != SV_PROTO_ICMP)
        return sv_nat_prohibit(c, net, SV_DROP_NAT_UNTRANSLATABLE, b, h, in);
    if (h->fragment_offset != 0) {
        const enum sv_nat_verdict verdict = sv_nat_fragment_later(c, net, in, b, h);
        n->counts.out += verdict == SV_NAT_DONE;
        return verdict;
    }
    if (!sv_nat_read(b, h, &t))
        return sv_nat_drop(c, SV_DROP_NAT_UNTRANSLATABLE, b, in);
    if (h->protocol == SV_PROTO_ICMP) {
        const uint8_t type = sv_buf_head(b)[h->header_length];
        if (sv_icmp_is_error(type))
            return sv_nat_error_out(c, net, in, b, h);
        if (!sv_nat_icmp_is_request(type))
            return sv_nat_drop(c, SV_DROP_NAT_UNTRANSLATABLE, b, in);
    }
    return sv_nat_translate_out(c, net, in, b, h, &t);
}

/* --- in --- */

/* From inside to the outside address (RFC 4787 REQ-9): both ends are translated at once, and the receiver sees the
 * sender's outside address and port. */
static enum sv_nat_verdict sv_nat_hairpin(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                          struct sv_ip_hdr *h, struct sv_nat_tuple *t, uint32_t mapping)
{
    struct sv_nat *n = &net->nat;
    const uint32_t flags = sv_nat_flags(b, h);
    enum sv_drop why = SV_DROP_NONE;
    uint32_t session;
    const uint32_t m = sv_nat_leave(c, n, h->protocol, t, flags, &session, &why);
    if (m == SV_NONE)
        return sv_nat_prohibit(c, net, why, b, h, in);
    t->src = n->address;
    t->src_port = sv_nat_mapping_of(n, m)->outside_port;
    why = sv_nat_enter(c, n, mapping, t->src, t->src_port, flags, &session);
    if (why != SV_DROP_NONE) {
        n->counts.filtered++;
        return sv_nat_drop(c, why == SV_DROP_NAT_SYN ? SV_DROP_NAT_FILTERED : why, b, in);
    }
    t->dst = sv_nat_mapping_of(n, mapping)->inside;
    t->dst_port = sv_nat_mapping_of(n, mapping)->inside_port;
    n->counts.hairpin++;
    return sv_nat_done(c, net, in, b, h, t);
}

static enum sv_nat_verdict sv_nat_translate_in(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                               struct sv_ip_hdr *h, struct sv_nat_tuple *t, uint32_t mapping)
{
    struct sv_nat *n = &net->nat;
    const struct sv_nat_mapping *m = sv_nat_mapping_of(n, mapping);
    const bool icmp = h->protocol == SV_PROTO_ICMP;
    uint32_t session;
    const enum sv_drop why = sv_nat_enter(c, n, mapping, t->src, icmp ? 0 : t->src_port, sv_nat_flags(b, h), &session);
    if (why == SV_DROP_NAT_SYN && !h->more_fragments) {
        n->counts.filtered++;
        sv_nat_hold_syn(c, net, b);
        return SV_NAT_TAKEN;
    }
    if (why != SV_DROP_NONE) {
        n->counts.filtered++;
        return sv_nat_drop(c, why, b, in);
    }
    t->dst = m->inside;
    if (icmp)
        t->src_port = m->inside_port;
    else
        t->dst_port = m->inside_port;
    n->counts.in++;
    const enum sv_nat_verdict verdict = sv_nat_done(c, net, in, b, h, t);
    if (verdict == SV_NAT_DONE && h->protocol == SV_PROTO_TCP && session != SV_NONE &&
        !sv_nat_ftp_in(c, n, session, b, h))
        return sv_nat_drop(c, SV_DROP_NO_MEMORY, b, in);
    return verdict;
}

enum sv_nat_verdict sv_nat_in(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b, struct sv_ip_hdr *h)
{
    struct sv_nat *n = &net->nat;
    struct sv_nat_tuple t;
    h->translated = 0;
    if (!n->enabled || h->version != 4 || sv_addr_v4_number(&h->dst) != n->address || b->flags & SV_BUF_BROADCAST)
        return SV_NAT_PASS;
    if (sv_addr_v4_number(&h->src) == n->address && h->protocol != SV_PROTO_ICMP)
        return SV_NAT_PASS; /* our own, or forged: not for the inside */
    if (h->protocol != SV_PROTO_TCP && h->protocol != SV_PROTO_UDP && h->protocol != SV_PROTO_ICMP)
        return SV_NAT_PASS;
    if (h->fragment_offset != 0) {
        const enum sv_nat_verdict verdict = sv_nat_fragment_later(c, net, in, b, h);
        h->translated = verdict == SV_NAT_DONE;
        n->counts.in += verdict == SV_NAT_DONE;
        return verdict;
    }
    if (!sv_nat_read(b, h, &t))
        return SV_NAT_PASS;
    uint16_t port = t.dst_port;
    if (h->protocol == SV_PROTO_ICMP) {
        const uint8_t type = sv_buf_head(b)[h->header_length];
        if (sv_icmp_is_error(type))
            return sv_nat_error_in(c, net, in, b, h);
        if (!sv_nat_icmp_is_reply(type) || in != n->outside)
            return sv_nat_pass(c, net, h); /* who pings the outside address pings the router */
        port = t.src_port;
    }
    const uint32_t mapping = sv_nat_find_outside(n, h->protocol, port);
    if (mapping == SV_NONE)
        return sv_nat_pass(c, net, h);
    if (in != n->outside)
        return sv_nat_hairpin(c, net, in, b, h, &t, mapping);
    return sv_nat_translate_in(c, net, in, b, h, &t, mapping);
}

bool sv_nat_undo(struct sv_core *c, struct sv_net *net, struct sv_buf *b, struct sv_ip_hdr *h)
{
    const struct sv_nat *n = &net->nat;
    struct sv_nat_tuple t;
    (void)c;
    if (!n->enabled || h->version != 4 || h->fragment_offset != 0 || sv_addr_v4_number(&h->src) != n->address ||
        !sv_nat_read(b, h, &t))
        return false;
    const uint32_t mapping = sv_nat_find_outside(n, h->protocol, t.src_port);
    if (mapping == SV_NONE)
        return false;
    t.src = sv_nat_mapping_of(n, mapping)->inside;
    t.src_port = sv_nat_mapping_of(n, mapping)->inside_port;
    return sv_nat_write(b, h, &t);
}
