/* SPDX-License-Identifier: BSD-2-Clause */
/* From the model to the world. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "l4_transport/tcp_record.h"
#include "l4_transport/tcp_teach.h"
#include "scenario/lawful.h"
#include "scenario/outside.h"
#include "seven/nat.h"
#include "stack/stack_internal.h"

#define TRACE_RECORDS 32768u
#define POSTS 4096u
#define NEIGHBOURS 64u
#define CONNECTIONS 256u
#define CONNECTIONS_SPARE 16u
#define PACKETS 4096u
#define PACKETS_EACH 4u

/* FNV-1a: names streams and MACs, so that a host more changes nothing else. */
uint64_t sc_name_hash(const char *name)
{
    uint64_t h = 14695981039346656037ull;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 1099511628211ull;
    return h;
}

static uint32_t stream_of(const char *name)
{
    const uint64_t h = sc_name_hash(name);
    return (uint32_t)(h ^ h >> 32) | 0x10000u;
}

static uint64_t knob(const struct sc_knobs *k, uint32_t which, uint64_t otherwise)
{
    return k->given >> which & 1u ? k->value[which] : otherwise;
}

static uint32_t sockets_of(const struct sc_run *run, uint32_t host)
{
    uint32_t n = 0;
    for (uint32_t i = run->index.socket_first[host]; i; i = run->index.socket_next[i - 1u])
        n++;
    return n;
}

/* Ceilings that the file leaves to us: what its timeline will open, and some more. */
static uint32_t connections_of(const struct sc_run *run, uint32_t host)
{
    const uint32_t wanted = run->index.wanted[host] + CONNECTIONS_SPARE;
    const uint32_t said = run->model->limits.connections;
    return said ? said : wanted > CONNECTIONS ? wanted : CONNECTIONS;
}

/* A router may meet every host, a host those that it speaks with. */
static uint32_t neighbours_of(const struct sc_run *run, uint32_t host)
{
    const uint32_t all = run->model->hosts, met = run->index.wanted[host];
    const bool router = run->model->host[host].kind == SC_ROUTER;
    return NEIGHBOURS + (router || met > all ? all : met);
}

static uint32_t packets_of(const struct sc_model *m)
{
    const uint32_t wanted = PACKETS_EACH * m->attempts;
    return m->limits.packets ? m->limits.packets : wanted > PACKETS ? wanted : PACKETS;
}

static struct sv_stack_config stack_config(const struct sc_run *run, uint32_t host)
{
    const struct sc_host *h = &run->model->host[host];
    const uint32_t connections = connections_of(run, host);
    return (struct sv_stack_config){
        .size = sizeof(struct sv_stack_config),
        .host = host + 1u,
        .seed = run->seed,
        .stream = stream_of(h->name),
        .trace = run->trace,
        .profile = h->profile,
        .interfaces = h->ports ? h->ports : 1,
        .addresses = h->addrs + 16u,
        .routes = 64 + h->routes,
        .neighbours = neighbours_of(run, host),
        .fragments = 16,
        .connections = connections,
        .half_open = connections,
        .time_waits = connections,
        .listeners = SC_SERVES,
        .udp_sockets = 16u + sockets_of(run, host),
        .timers = 16,
        .send_buffer = (uint32_t)knob(&h->set, SC_SEND_BUFFER, 4u << 20),
        .recv_buffer = (uint32_t)knob(&h->set, SC_RECV_BUFFER, h->profile == SV_PROFILE_RFC ? 65535 : 4u << 20),
        .ecn = (uint32_t)knob(&h->set, SC_ECN, SV_ECN_DEFAULT),
        .msl_ms = h->msl_ms,
        .forward = h->kind == SC_ROUTER,
        .nat_sessions = h->nat_port ? 256 : 0,
    };
}

static struct sv_bridge_config bridge_config(const struct sc_run *run, uint32_t host)
{
    const struct sc_host *h = &run->model->host[host];
    struct sv_bridge_config c = {
        .size = sizeof c,
        .host = host + 1u,
        .seed = run->seed ^ sc_name_hash(h->name),
        .trace = run->trace,
        .flags = (h->rstp ? SV_BRIDGE_STP : 0u) | (h->rstp && h->force_stp ? SV_BRIDGE_STP_LEGACY : 0u),
        .ports = h->ports,
        .stations = run->model->hosts > 512 ? 2u * run->model->hosts : 1024u,
        .groups = 16,
        .bindings = 16,
        .lldp_neighbours = 4,
        .priority = (uint16_t)h->priority,
        .priority_given = 1,
    };
    const uint64_t hash = sc_name_hash(h->name);
    c.mac[0] = 2;
    for (uint32_t i = 1; i < 6; i++)
        c.mac[i] = (uint8_t)(hash >> 8u * i);
    return c;
}

void sc_mac_of(const struct sc_host *h, uint32_t port, uint8_t mac[6])
{
    const uint64_t hash = sc_name_hash(h->name) + port;
    if (h->has_mac) {
        memcpy(mac, h->mac, 6);
        mac[5] = (uint8_t)(mac[5] + port); /* a router's ports follow each other */
        return;
    }
    mac[0] = 2;
    for (uint32_t i = 1; i < 6; i++)
        mac[i] = (uint8_t)(hash >> 8u * (6u - i));
    mac[5] = (uint8_t)(mac[5] + port);
}

/* --- a host --- */

static void apply_recovery(struct sv_stack *s, const struct sc_knobs *k)
{
    static const struct {
        uint8_t recover, classic;
    } hows[] = {{SV_RECOVER_PLAIN, SV_CLASSIC_RENO},
                {SV_RECOVER_PLAIN, 0},
                {SV_RECOVER_SACK, 0},
                {SV_RECOVER_ALL, 0},
                {SV_RECOVER_PLAIN, SV_CLASSIC_RENO | SV_CLASSIC_1996},
                {SV_RECOVER_PLAIN, SV_CLASSIC_1996}};
    if (knob(k, SC_SACK, 0))
        s->tcp.recover |= SV_RECOVER_SACK;
    if (!(k->given >> SC_RECOVERY & 1u))
        return;
    const uint64_t how = k->value[SC_RECOVERY];
    s->tcp.recover = hows[how].recover;
    sv_stack_teach(s)->classic = hows[how].classic;
    if (how == SC_SACK_ALONE || how == SC_RACK)
        s->tcp.habits.agreed |= SV_TCP_SACK;
}

static void apply_knobs(struct sv_stack *s, const struct sc_knobs *k)
{
    struct sv_tcp_profile *p = &s->tcp.habits;
    struct sv_tcp_teach *teach = sv_stack_teach(s);
    teach->mss = (uint32_t)knob(k, SC_MSS, 0);
    const uint32_t handshake = (uint32_t)knob(k, SC_HANDSHAKE, SV_HANDSHAKE_THREE_WAY);
    teach->handshake = handshake == SC_HANDSHAKE_ZERO ? SV_HANDSHAKE_THREE_WAY : handshake;
    if (handshake == SC_HANDSHAKE_ZERO)
        p->fastopen = SV_FASTOPEN_CLIENT | SV_FASTOPEN_SERVER | SV_FASTOPEN_CLIENT_NO_COOKIE |
                      SV_FASTOPEN_SERVER_NO_COOKIE | SV_FASTOPEN_EVERY_LISTENER;
    teach->opening = sc_opening_of(k);
    teach->flaws = sc_flaws_of(k);
    const struct {
        uint32_t knob;
        uint8_t bit;
    } option[] = {{SC_TIMESTAMPS, SV_TCP_TIMESTAMPS}, {SC_SACK, SV_TCP_SACK}};
    for (uint32_t i = 0; i < 2; i++) {
        if (k->given >> option[i].knob & 1u)
            p->agreed = (uint8_t)(k->value[option[i].knob] ? p->agreed | option[i].bit : p->agreed & ~option[i].bit);
    }
    if (k->given >> SC_WINDOW_SCALE & 1u) {
        const bool off = k->value[SC_WINDOW_SCALE] == SC_OFF;
        p->agreed = (uint8_t)(off ? p->agreed & ~SV_TCP_SCALING : p->agreed | SV_TCP_SCALING);
        s->tcp.recv_scale = off ? 0 : (uint8_t)k->value[SC_WINDOW_SCALE];
    }
    if (!knob(k, SC_FAST_RETRANSMIT, 1))
        p->duplicate_threshold = 255;
    if (!knob(k, SC_DELAYED_ACK, 1)) {
        p->quickack = UINT16_MAX;
        p->quickack_short = 1;
        p->delays_ack_of_fin = 0;
    }
    if (knob(k, SC_DELAYED_ACK, 1) > 1) {
        p->quickack = 0;
        p->delack_us = (uint32_t)(k->value[SC_DELAYED_ACK] / SV_US);
    }
    p->syn_cookies = (uint8_t)knob(k, SC_SYN_COOKIES, p->syn_cookies);
    if (k->given >> SC_PORT_RANGE & 1u) {
        s->udp.ports.first = (uint16_t)(k->value[SC_PORT_RANGE] >> 16);
        s->udp.ports.last = (uint16_t)k->value[SC_PORT_RANGE];
    }
    if (k->given >> SC_ECN & 1u && (k->value[SC_ECN] < SV_ECN_ACCURATE || s->tcp.accecn_at))
        s->tcp.ecn = (uint8_t)(k->value[SC_ECN] - 1u);
    p->initial_ssthresh = (uint16_t)knob(k, SC_SSTHRESH, p->initial_ssthresh);
    p->mtu_probing = (uint8_t)knob(k, SC_MTU_PROBING, p->mtu_probing);
    apply_recovery(s, k);
    s->tcp.congestion = (uint8_t)knob(k, SC_CONGESTION, s->tcp.congestion);
    p->initial_window = (uint16_t)knob(k, SC_IW, p->initial_window);
    p->rto_min_us = (uint32_t)(knob(k, SC_RTO_MIN, (uint64_t)p->rto_min_us * SV_US) / SV_US);
}

void sc_set_host(struct sc_run *run, uint32_t host, const struct sc_knobs *set)
{
    struct sc_knobs *now = &run->set[host];
    for (uint32_t i = 0; i < SC_KNOBS; i++) {
        if (set->given >> i & 1u)
            now->value[i] = set->value[i];
    }
    now->given |= set->given;
    struct sv_tcp *tcp = &run->stack[host]->tcp;
    const struct sc_unset *unset = &run->unset[host];
    tcp->habits = unset->habits;
    tcp->recover = unset->recover;
    tcp->congestion = unset->congestion;
    tcp->recv_scale = unset->recv_scale;
    tcp->ecn = unset->ecn;
    sc_rows_said(run, host, "set");
    apply_knobs(run->stack[host], now);
}

static bool add_interfaces(struct sc_run *run, uint32_t host, struct sv_stack *s, sv_time now)
{
    const struct sc_host *h = &run->model->host[host];
    for (uint32_t i = 0; i < (h->ports ? h->ports : 1u); i++) {
        struct sv_interface_config c = {
            .size = sizeof c, .flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS, .mtu = h->mtu, .queue = 1024};
        sv_port port;
        sc_mac_of(h, i, c.mac);
        for (uint32_t l = run->index.link_first[host]; l; l = run->index.link_next[l - 1u]) {
            const struct sc_link *link = &run->model->link[(l - 1u) / 2u];
            if (link->port[(l - 1u) % 2u] == i && link->mtu)
                c.mtu = link->mtu;
        }
        if (sv_interface_add(s, &c, &port, now) != SV_OK)
            return false;
    }
    for (uint32_t i = 0; i < h->addrs; i++) {
        if (sv_address_add(s, h->port_of[i], &h->addr[i], h->length[i], now) != SV_OK)
            return false;
    }
    const struct sc_host *as = h->impostor ? &run->model->host[h->impostor - 1u] : NULL;
    for (uint32_t i = 0; as && i < as->addrs; i++) {
        const bool v4 = as->addr[i].byte[10] == 0xff;
        if (sv_address_add(s, 0, &as->addr[i], v4 ? 32u : 128u, now) != SV_OK)
            return false;
    }
    return true;
}

static void add_routes(const struct sc_host *h, struct sv_stack *s, sv_time now)
{
    const struct sv_addr any4 = sv_addr_v4(0, 0, 0, 0), any6 = {{0}};
    if (h->has_gateway) {
        const bool v4 = h->gateway.byte[10] == 0xff && h->gateway.byte[11] == 0xff;
        (void)!sv_route_add(s, v4 ? &any4 : &any6, 0, &h->gateway, 0, now);
    }
    for (uint32_t i = 0; i < h->routes; i++) {
        struct sv_route_config r = {.size = sizeof r,
                                    .prefix = h->route[i].prefix,
                                    .prefix_length = h->route[i].length,
                                    .type = SV_ROUTE_UNICAST,
                                    .hops = 1};
        r.hop[0].gateway = h->route[i].via;
        r.hop[0].weight = 1;
        for (uint32_t a = 0; a < h->addrs; a++) { /* the port on whose link the gateway is */
            const uint32_t bits = h->addr[a].byte[10] == 0xff ? h->length[a] + 96u : h->length[a];
            if (memcmp(h->addr[a].byte, r.hop[0].gateway.byte, bits / 8u) == 0)
                r.hop[0].port = h->port_of[a];
        }
        (void)!sv_route_install(s, &r, now);
    }
}

/* Hosts that share a link know each other's MAC: an experiment about TCP begins with TCP. `arp: true` on the link, a
 * router or a switch between them, and they ask. */
static void add_neighbours(struct sc_run *run, uint32_t host, struct sv_stack *s, sv_time now)
{
    const struct sc_model *m = run->model;
    for (uint32_t l = run->index.link_first[host]; l; l = run->index.link_next[l - 1u]) {
        const struct sc_link *link = &m->link[(l - 1u) / 2u];
        const uint32_t e = (l - 1u) % 2u;
        const struct sc_host *other = &m->host[link->end[1 - e]];
        uint8_t mac[6];
        if (other->kind == SC_SWITCH || other->kind == SC_OUTSIDE || link->arp)
            continue;
        sc_mac_of(other, link->port[1 - e], mac);
        for (uint32_t a = 0; a < other->addrs; a++) {
            if (other->port_of[a] == link->port[1 - e])
                (void)!sv_neighbour_add(s, link->port[e], &other->addr[a], mac, now);
        }
    }
}

static void add_nat(const struct sc_host *h, struct sv_stack *s, sv_time now)
{
    struct sv_nat_config c = {.size = sizeof c, .outside = h->nat_port - 1u};
    if (h->nat_port)
        (void)!sv_nat_enable(s, &c, now);
}

bool sc_build_host(struct sc_run *run, uint32_t host, sv_time now)
{
    const struct sc_host *h = &run->model->host[host];
    const struct sv_stack_config c = stack_config(run, host);
    struct sv_stack *s = sv_stack_create(run->arena, run->pool, &c, now);
    if (!s || !add_interfaces(run, host, s, now))
        return false;
    run->unset[host] =
        (struct sc_unset){s->tcp.habits, s->tcp.recover, s->tcp.congestion, s->tcp.recv_scale, s->tcp.ecn};
    apply_knobs(s, &run->set[host]);
    sv_stack_teach(s)->isns = h->isn_clock ? SV_TEACH_CLOCK : h->isns;
    memcpy(sv_stack_teach(s)->isn, h->isn, sizeof h->isn);
    add_routes(h, s, now);
    add_neighbours(run, host, s, now);
    add_nat(h, s, now);
    run->stack[host] = s;
    run->app_host[host] = (struct sc_app_host){run, host};
    run->host[host] = (struct sv_host){.stack = s};
    (void)sv_host_add(&run->host[host], &sc_app_ops, &run->app_host[host]);
    (void)sv_host_add(&run->host[host], &sc_datagram_ops, &run->app_host[host]);
    (void)sv_host_add(&run->host[host], &sc_crowd_ops, &run->app_host[host]);
    run->sim->host[host] = &run->host[host];
    return true;
}

static bool build_switch(struct sc_run *run, uint32_t host, sv_time now)
{
    const struct sc_host *h = &run->model->host[host];
    const struct sv_bridge_config c = bridge_config(run, host);
    run->bridge[host] = sv_bridge_create(run->arena, run->pool, &c, now);
    for (uint32_t i = 0; run->bridge[host] && i < h->ports; i++) {
        struct sv_bridge_port_config p = {.size = sizeof p,
                                          .flags = (h->edge >> i & 1u ? SV_BPORT_EDGE : 0u) |
                                                   (h->learn ? 0u : SV_BPORT_NO_LEARNING),
                                          .queue = 1024};
        sv_port port;
        snprintf(p.name, sizeof p.name, "%.20s.%u", h->name, i + 1u);
        if (sv_bridge_port_add(run->bridge[host], &p, &port, now) != SV_OK)
            return false;
    }
    return run->bridge[host] != NULL;
}

/* --- the whole --- */

static uint32_t reboots(const struct sc_model *m, uint32_t host)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->steps; i++)
        n += m->step[i].verb == SC_REBOOT && m->step[i].host == host;
    return n;
}

static uint32_t link_ceiling(const struct sc_link *l)
{
    uint32_t most = 4096;
    for (uint32_t i = 0; i < 2; i++)
        most = l->way[i].queue.packets > most / 2u ? 2u * l->way[i].queue.packets : most;
    return most;
}

static struct sv_world_config world_config(const struct sc_model *m)
{
    struct sv_world_config c = {.size = sizeof c, .nodes = m->hosts + m->links, .posts = POSTS};
    c.ports = 8u * m->links;
    for (uint32_t i = 0; i < m->hosts; i++)
        c.ports += m->host[i].ports > 8 ? m->host[i].ports : 8u;
    return c;
}

static uint64_t arena_bytes(const struct sc_run *run)
{
    const struct sc_model *m = run->model;
    const struct sv_world_config world = world_config(m);
    uint64_t bytes =
        65536u + sv_pool_bytes(packets_of(m), packets_of(m)) + sv_trace_bytes(TRACE_RECORDS) + sv_world_bytes(&world);
    for (uint32_t i = 0; i < m->hosts; i++) {
        const struct sv_stack_config stack = stack_config(run, i);
        const struct sv_bridge_config bridge = bridge_config(run, i);
        if (m->host[i].kind >= SC_SWITCH)
            bytes += sv_bridge_bytes(&bridge) + 4096u;
        else
            bytes += (1u + reboots(m, i)) * (sv_stack_bytes(&stack) + 4096u);
    }
    for (uint32_t i = 0; i < m->links; i++) {
        const struct sc_link *l = &m->link[i];
        bytes += (l->cable ? sv_cable_bytes(l->frames) : sv_link_bytes(link_ceiling(l))) + 256u;
    }
    return bytes;
}

static bool build_links(struct sc_run *run)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = 0; i < m->links; i++) {
        const struct sc_link *l = &m->link[i];
        if (l->cable) {
            if (!sc_build_cable(run, i))
                return false;
            continue;
        }
        const struct sv_link_config c = {
            .size = sizeof c,
            .number = m->hosts + 1u + i,
            .stream = stream_of(l->name) ^ 0x5a5a0000u,
            .seed = run->seed,
            .trace = run->trace,
            .ceiling = link_ceiling(l),
            .way = {l->way[0], l->way[1]},
        };
        run->link[i] = sv_link_create(run->arena, run->pool, &c, 0);
        if (!run->link[i] || sv_world_add(run->sim->world, sv_link_node(run->link[i])) != m->hosts + i)
            return false;
        for (uint32_t e = 0; e < 2; e++)
            sv_world_wire(run->sim->world, l->end[e], l->port[e], m->hosts + i, e);
    }
    return true;
}

static bool build_world(struct sc_run *run)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = 0; i < m->hosts; i++)
        run->set[i] = m->host[i].set;
    const struct sv_world_config world = world_config(m);
    run->pool = sv_pool_create(run->arena, packets_of(m), packets_of(m));
    run->trace = run->pool ? sv_trace_create(run->arena, TRACE_RECORDS) : NULL;
    run->sim->world = run->trace ? sv_world_create(run->arena, &world, 0) : NULL;
    if (!run->sim->world)
        return false;
    sv_trace_select(run->trace, ~(1ull << SV_TRACE_FRAME_IN | 1ull << SV_TRACE_FRAME_OUT | 1ull << SV_TRACE_SWITCHED));
    for (uint32_t i = 0; i < m->hosts; i++) {
        const bool bridge = m->host[i].kind >= SC_SWITCH; /* in the place of one outside stands an idle one */
        if (!(bridge ? build_switch(run, i, 0) : sc_build_host(run, i, 0)))
            return false;
        struct sv_node *node = bridge ? sv_bridge_node(run->bridge[i]) : sv_stack_node(run->stack[i]);
        if (sv_world_add(run->sim->world, node) != i)
            return false;
        if (m->host[i].clock_ppb || m->host[i].clock_ahead)
            sv_world_set_clock(run->sim->world, i, m->host[i].clock_ppb, m->host[i].clock_ahead);
    }
    return build_links(run);
}

static void *many(uint64_t n, size_t each, bool *good)
{
    void *p = calloc(n + 1u, each);
    *good = *good && p;
    return p;
}

static uint32_t power_of_two(uint32_t least)
{
    uint32_t n = 64;
    while (n < least)
        n *= 2u;
    return n;
}

/* Facts of links and linked facts ask what a packet's number stands for. */
static void take_chains(struct sc_run *run, bool *good)
{
    const struct sc_model *m = run->model;
    bool asked = false;
    for (uint32_t i = 0; i < m->facts; i++)
        asked = asked || m->fact[i].link != SV_NONE;
    for (uint32_t i = 0; i < m->expects && *good; i++) {
        if (m->expect[i].kind != SC_LINKED)
            continue;
        asked = true;
        run->judged[i].chain = many(SC_CHAINS, sizeof *run->judged[i].chain, good);
    }
    if (asked)
        run->departed = many(SC_DEPARTED, sizeof *run->departed, good);
}

static bool take_tables(struct sc_run *run)
{
    const struct sc_model *m = run->model;
    bool good = true;
    run->endpoints_max = run->conns_max = 256u + 4u * m->attempts;
    run->endpoint_slots = power_of_two(4u * run->endpoints_max);
    run->sent.n = run->received.n = power_of_two(4u * run->endpoints_max);
    run->sim = many(1, sizeof *run->sim, &good);
    run->stack = many(m->hosts, sizeof(struct sv_stack *), &good);
    run->bridge = many(m->hosts, sizeof(struct sv_bridge *), &good);
    run->link = many(m->links, sizeof(struct sv_link *), &good);
    run->cable = many(m->links, sizeof(struct sv_cable_link *), &good);
    run->wrong_sample = many(m->links, sizeof *run->wrong_sample, &good);
    run->host = many(m->hosts, sizeof *run->host, &good);
    run->app_host = many(m->hosts, sizeof *run->app_host, &good);
    run->epoch = many(m->hosts, sizeof *run->epoch, &good);
    run->down = many(m->hosts, sizeof *run->down, &good);
    run->set = many(m->hosts, sizeof *run->set, &good);
    run->unset = many(m->hosts, sizeof *run->unset, &good);
    run->endpoint = many(run->endpoints_max, sizeof *run->endpoint, &good);
    run->endpoint_of = many(run->endpoint_slots, sizeof *run->endpoint_of, &good);
    run->conn = many(run->conns_max, sizeof *run->conn, &good);
    run->conn_of_attempt = many(m->attempts, sizeof *run->conn_of_attempt, &good);
    run->ping = many(m->pings, sizeof *run->ping, &good);
    run->udp = many(m->sockets, sizeof *run->udp, &good);
    run->job = many(m->steps, sizeof *run->job, &good);
    good = good && sc_forge_open(run);
    run->sent.track = many(run->sent.n, sizeof *run->sent.track, &good);
    run->received.track = many(run->received.n, sizeof *run->received.track, &good);
    run->fault_count = many(m->faults, sizeof *run->fault_count, &good);
    run->fault_rng = many(m->faults, sizeof *run->fault_rng, &good);
    run->fact = many(m->facts, sizeof *run->fact, &good);
    run->judged = many(m->expects, sizeof *run->judged, &good);
    run->step_at = many(m->steps, sizeof *run->step_at, &good);
    run->step_done = many(m->steps, sizeof *run->step_done, &good);
    run->accepts = many(4ull * m->hosts, sizeof *run->accepts, &good);
    run->drops = many(m->hosts + m->links, sizeof *run->drops, &good);
    run->last = many(m->hosts, sizeof *run->last, &good);
    for (uint32_t i = 0; i < m->hosts && !run->arrived; i++) {
        if (m->host[i].set.given >> SC_READ_PER_SEGMENT & 1u)
            run->arrived = many(run->endpoints_max, sizeof *run->arrived, &good);
    }
    if (good) {
        run->resets = run->accepts + m->hosts;
        run->packets_sent = run->resets + m->hosts;
        run->packets_received = run->packets_sent + m->hosts;
    }
    for (uint32_t i = 0; i < m->facts; i++)
        run->watches_frames = run->watches_frames || m->fact[i].kind == SC_FACT_TWICE;
    take_chains(run, &good);
    for (uint32_t i = 0; i < m->steps; i++)
        run->sends_frames = run->sends_frames || m->step[i].ethertype;
    good = good && sc_lawful_open(run);
    if (run->watches_frames) {
        run->twice_slots = 1u << 16;
        run->twice = many(run->twice_slots, sizeof *run->twice, &good);
    }
    return good && sc_index_open(run);
}

static void fill_tables(struct sc_run *run)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = 0; i < m->attempts; i++)
        run->conn_of_attempt[i] = SV_NONE;
    for (uint32_t i = 0; i < m->steps; i++) {
        run->step_at[i] = m->step[i].at;
        if (m->step[i].at != SV_NEVER)
            sc_script_add(run, i);
    }
    for (uint32_t i = 0; i < m->faults; i++)
        sc_fault_stream(run, m, i);
}

struct sc_run *sc_run_open(const struct sc_model *model, uint64_t seed, char *why, size_t room)
{
    struct sc_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->model = model;
    run->seed = seed;
    const bool tables = take_tables(run);
    run->memory_bytes = tables ? arena_bytes(run) : 0;
    if (run->memory_bytes > model->limits.memory) {
        snprintf(why, room, "this world needs %llu bytes, its limit is %llu (limits: {memory: …}, or fewer hosts)",
                 (unsigned long long)run->memory_bytes, (unsigned long long)model->limits.memory);
        sc_run_close(run);
        return NULL;
    }
    run->memory = tables ? calloc(1, run->memory_bytes + 4096u) : NULL;
    if (run->memory)
        run->arena = sv_arena_create((void *)(((uintptr_t)run->memory + 63u) & ~(uintptr_t)63u), run->memory_bytes);
    if (!run->arena || !build_world(run)) {
        snprintf(why, room, "the world does not fit into %llu bytes", (unsigned long long)run->memory_bytes);
        sc_run_close(run);
        return NULL;
    }
    fill_tables(run);
    run->sim->tap = sc_tap;
    if (sc_outsides(model))
        sv_arena_set_foreign(run->arena);
    run->sim->tap_self = run;
    sv_pool_count(run->pool, &run->before);
    for (uint32_t i = 0; i < model->hosts; i++) {
        for (uint32_t s = 0; s < model->host[i].serves; s++) {
            if (model->host[i].serve[s].from == 0)
                sc_app_listen(run, i, &model->host[i].serve[s], 0);
        }
    }
    return run;
}
