/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts, routers, switches, and what `set:` may say of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/model.h"

const char *const sc_host_keys[] = {"addr", "gateway", "mac",    "profile", "isn", "set", "serve",
                                    "msl",  "mtu",     "routes", "clock",   "tap", NULL};
static const char *const router_keys[] = {"addr", "ports",   "mac",      "routes", "nat",   "icmp", "mtu",
                                          "set",  "profile", "impostor", "isn",    "serve", NULL};
static const char *const switch_keys[] = {"ports", "rstp", "edge", "priority", "force_stp", "learn", NULL};

const char *const sc_knob_names[] = {"mss",
                                     "recv_buffer",
                                     "send_buffer",
                                     "window_scale",
                                     "timestamps",
                                     "sack",
                                     "retransmit",
                                     "verify_checksum",
                                     "fast_retransmit",
                                     "handshake",
                                     "delayed_ack",
                                     "nagle",
                                     "iw",
                                     "rto_min",
                                     "keepalive",
                                     "user_timeout",
                                     "backlog",
                                     "half_open",
                                     "recovery",
                                     "congestion",
                                     "icmp_unreachable",
                                     "ack_syn",
                                     "syn_ack",
                                     "syn_options",
                                     "syn_rexmit",
                                     "simultaneous_open",
                                     "rst_when_closed",
                                     "listen_ignores_ack",
                                     "overflow",
                                     "ecn",
                                     "ssthresh",
                                     "mtu_probing",
                                     "fin_takes_number",
                                     "closing_state",
                                     "time_wait",
                                     "reuse_time_wait",
                                     "persist_timer",
                                     "accept_ack_without_flag",
                                     "rst_exact",
                                     "urgent",
                                     "pmtud",
                                     "ack",
                                     "pseudo_header",
                                     "close_both",
                                     "close_wait_timeout",
                                     "psh_per_write",
                                     "one_write_one_segment",
                                     "read_per_segment",
                                     "decrement_ttl",
                                     "ports",
                                     "karn",
                                     "syn_cookies",
                                     "port_range",
                                     NULL};

/* What one connect may set: what its SYN offers and what its socket has. */
#define OF_CONNECTION                                                                                           \
    (1u << SC_MSS | 1u << SC_RECV_BUFFER | 1u << SC_SEND_BUFFER | 1u << SC_WINDOW_SCALE | 1u << SC_TIMESTAMPS | \
     1u << SC_SACK | 1u << SC_NAGLE | 1u << SC_KEEPALIVE | 1u << SC_USER_TIMEOUT)

static bool flag(struct sc_reader *r, const struct sc_node *n, uint64_t *value)
{
    bool b;
    if (!sc_bool(r, n, &b))
        return false;
    *value = b;
    return true;
}

/* The first of each is right. */
static const char *const handshakes[] = {"three-way", "two-way", "two-way-blind", "zero", NULL};
static const char *const time_waits[] = {"2msl", "0", "client_only", NULL};
static const char *const reuses[] = {"newer", "any", NULL};
static const char *const pointers[] = {"points_after_last_byte", "points_at_last_byte", NULL};
/* enum sc_recovery */
static const char *const recoveries[] = {"reno", "newreno", "sack", "rack", "reno-1996", "newreno-1996", NULL};
static const char *const numbers[] = {"next", "seq_plus_one", NULL};
static const char *const ports[] = {"by_number", "first", NULL};

static bool word_of(struct sc_reader *r, const struct sc_node *n, const char *const *words, uint64_t *value)
{
    char all[160] = "", hint[64];
    for (uint32_t i = 0; words[i]; i++) {
        if (n->kind == SC_SCALAR && strcmp(words[i], n->text) == 0) {
            *value = i;
            return true;
        }
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? words[i + 1] ? ", " : " or " : "", words[i]);
    }
    sc_error(r->e, n, "%s is %s%s", n->key, all,
             sc_hint(n->kind == SC_SCALAR ? n->text : "", words, hint, sizeof hint));
    return false;
}

static bool congestion(struct sc_reader *r, const struct sc_node *n, uint64_t *value)
{
    static const char *const words[] = {"reno", "cubic", "dctcp", "bbr", NULL};
    static const uint8_t kinds[] = {SV_CC_RENO, SV_CC_CUBIC, SV_CC_DCTCP, SV_CC_BBR};
    if (!word_of(r, n, words, value))
        return false;
    *value = kinds[*value];
    return true;
}

static bool ecn(struct sc_reader *r, const struct sc_node *n, uint64_t *value)
{
    static const char *const words[] = {"false", "true", "accept", "accurate", "accept-accurate", NULL};
    static const uint8_t modes[] = {SV_ECN_NEVER, SV_ECN_ASK, SV_ECN_ACCEPT, SV_ECN_ACCURATE, SV_ECN_ACCEPT_ACCURATE};
    if (!word_of(r, n, words, value))
        return false;
    *value = modes[*value];
    return true;
}

/* "32768-60999" */
static bool port_range(struct sc_reader *r, const struct sc_node *n, uint64_t *value)
{
    const size_t digits = n->kind == SC_SCALAR ? strspn(n->text, "0123456789") : 0;
    const char *second = digits ? n->text + digits + 1 : "";
    if (digits && n->text[digits] == '-' && strspn(second, "0123456789") == strlen(second)) {
        const unsigned long first = strtoul(n->text, NULL, 10), last = strtoul(second, NULL, 10);
        if (first >= 1 && first <= last && last <= 65535) {
            *value = (uint64_t)first << 16 | last;
            return true;
        }
    }
    sc_error(r->e, n, "a range of ports is written 32768-60999");
    return false;
}

static bool buffer(struct sc_reader *r, const struct sc_node *n, uint64_t *value)
{
    if (!sc_size(r, n, value))
        return false;
    if (*value >= 2048 && *value <= 1u << 30)
        return true;
    sc_error(r->e, n, "a buffer has 2048B to 1GiB");
    return false;
}

static bool knob(struct sc_reader *r, const struct sc_node *n, uint32_t which, uint64_t *value)
{
    const bool off = n->kind == SC_SCALAR && strcmp(n->text, "false") == 0;
    if (which >= SC_ACK_SYN && which <= SC_OVERFLOW)
        return sc_opening_read(r, n, which, value);
    switch (which) {
    case SC_MSS:
        return sc_count(r, n, 64, 65495, value);
    case SC_RECV_BUFFER:
    case SC_SEND_BUFFER:
        return buffer(r, n, value);
    case SC_WINDOW_SCALE:
        *value = SC_OFF;
        return off || sc_count(r, n, 0, 14, value);
    case SC_HANDSHAKE:
        return word_of(r, n, handshakes, value);
    case SC_RECOVERY:
        return word_of(r, n, recoveries, value);
    case SC_CONGESTION:
        return congestion(r, n, value);
    case SC_ECN:
        return ecn(r, n, value);
    case SC_IW:
        return sc_count(r, n, 1, 1000, value);
    case SC_KEEPALIVE:
        *value = 0;
        return off || sc_time(r, n, value);
    case SC_DELAYED_ACK: /* true: as long as the profile says */
        *value = !off;
        return off || strcmp(n->kind == SC_SCALAR ? n->text : "", "true") == 0 || sc_time(r, n, value);
    case SC_SSTHRESH:
        return sc_count(r, n, 2, 65535, value);
    case SC_RTO_MIN:
    case SC_USER_TIMEOUT:
    case SC_CLOSE_WAIT_TIMEOUT:
        return sc_time(r, n, value);
    case SC_TIME_WAIT_RULE:
        return word_of(r, n, time_waits, value);
    case SC_REUSE_TIME_WAIT:
        return word_of(r, n, reuses, value);
    case SC_URGENT_POINTER:
        return word_of(r, n, pointers, value);
    case SC_ACK_NUMBER:
        return word_of(r, n, numbers, value);
    case SC_PORTS:
        return word_of(r, n, ports, value);
    case SC_PORT_RANGE:
        return port_range(r, n, value);
    case SC_BACKLOG:
    case SC_HALF_OPEN:
        return sc_count(r, n, 1, 65535, value);
    default:
        return flag(r, n, value);
    }
}

bool sc_knobs_read(struct sc_reader *r, const struct sc_node *map, struct sc_knobs *k, bool of_host)
{
    const uint32_t before = r->e->n;
    if (!sc_keys(r, map, sc_knob_names, "set"))
        return false;
    for (const struct sc_node *c = map->child; c; c = c->next) {
        for (uint32_t i = 0; i < SC_KNOBS; i++) {
            if (strcmp(c->key, sc_knob_names[i]) != 0)
                continue;
            if (!of_host && (i >= 32 || !(OF_CONNECTION >> i & 1u)))
                sc_error_key(r->e, c, "\"%s\" is set for a whole host, not for one connection", c->key);
            else if (knob(r, c, i, &k->value[i]))
                k->given |= 1ull << i;
        }
    }
    return r->e->n == before;
}

bool sc_app_read(struct sc_reader *r, const struct sc_node *n, bool udp, uint8_t *app)
{
    static const char *const apps[] = {"sink",   "greet", "echo", "source",     "mute",
                                       "answer", "http",  "arq",  "arq-no-bit", NULL};
    char hint[64];
    uint32_t i = 0;
    while (apps[i] && (n->kind != SC_SCALAR || strcmp(apps[i], n->text) != 0))
        i++;
    if (!apps[i]) {
        sc_error(r->e, n, "app is sink, greet, echo, source, mute, answer, http or (UDP) arq%s",
                 sc_hint(n->kind == SC_SCALAR ? n->text : "", apps, hint, sizeof hint));
        return false;
    }
    if (udp && (i == SC_GREET || i == SC_SOURCE || i == SC_ANSWER || i == SC_HTTP)) {
        sc_error(r->e, n,
                 "a UDP service is a sink, an echo or mute: it has nobody to write to before it was written to");
        return false;
    }
    if (!udp && (i == SC_ARQ || i == SC_ARQ_NO_BIT)) {
        sc_error(r->e, n, "TCP does by itself what arq does over UDP: udp: true");
        return false;
    }
    *app = (uint8_t)i;
    return true;
}

bool sc_serve_read(struct sc_reader *r, const struct sc_node *map, uint32_t host, struct sc_serve *s)
{
    static const char *const keys[] = {"port",   "app",  "bytes", "request", "rate", "from",
                                       "accept", "keep", "udp",   "as",      NULL};
    uint64_t value;
    const struct sc_node *n;
    *s = (struct sc_serve){.socket = SV_NONE};
    if (!sc_keys(r, map, keys, "serve"))
        return false;
    if (!(n = sc_member(map, "port"))) {
        sc_error(r->e, map, "serve needs a port");
        return false;
    }
    if (!sc_count(r, n, 1, 65535, &value))
        return false;
    s->port = (uint16_t)value;
    if ((n = sc_member(map, "udp")) && !sc_bool(r, n, &s->udp))
        return false;
    if ((n = sc_member(map, "app")) && !sc_app_read(r, n, s->udp, &s->app))
        return false;
    if (s->udp || sc_member(map, "as")) {
        const struct sc_socket socket = {.host = host, .port = s->port, .tcp = !s->udp, .app = s->app};
        s->socket = sc_socket_new(r, sc_member(map, "as"), socket);
        if (s->socket == SV_NONE)
            return false;
    }
    if ((n = sc_member(map, "bytes")) && !sc_size(r, n, &s->bytes))
        return false;
    if ((n = sc_member(map, "rate")) && !sc_size(r, n, &s->rate))
        return false;
    if ((n = sc_member(map, "request")) && !sc_size(r, n, &s->request))
        return false;
    if (s->app == SC_ANSWER && !s->request) {
        sc_error(r->e, map, "answer says how long a request is: {app: answer, request: 200B, bytes: 100B}");
        return false;
    }
    if ((n = sc_member(map, "from")) && !sc_time(r, n, &s->from))
        return false;
    if ((n = sc_member(map, "accept")) && !sc_time(r, n, &s->accept))
        return false;
    return !(n = sc_member(map, "keep")) || sc_bool(r, n, &s->keep);
}

static bool address(struct sc_reader *r, const struct sc_node *n, struct sv_addr *addr, uint32_t *length)
{
    uint32_t given = SV_NONE;
    if (n->kind == SC_SCALAR && sv_addr_parse(n->text, addr, length ? &given : NULL)) {
        if (length)
            *length = given;
        if (!length || strchr(n->text, '/'))
            return true;
    }
    sc_error(r->e, n, "\"%s\" is no address: %s", n->kind == SC_SCALAR ? n->text : "(a list or map)",
             length ? "10.0.0.1/24, fd00::1/64" : "10.0.0.1, fd00::1");
    return false;
}

static void host_addresses(struct sc_reader *r, const struct sc_node *n, struct sc_host *h)
{
    const bool many = n->kind == SC_LIST;
    uint32_t port = 0;
    for (const struct sc_node *c = many ? n->child : n; c && h->addrs < SC_ADDRS; c = c->next, port++) {
        if (!address(r, c, &h->addr[h->addrs], &h->length[h->addrs]))
            return;
        h->port_of[h->addrs++] = h->kind == SC_ROUTER ? port : 0;
        if (!many)
            break;
    }
    if (many && sc_children(n) > SC_ADDRS)
        sc_error(r->e, n, "%u addresses at most", SC_ADDRS);
}

static void host_mac(struct sc_reader *r, const struct sc_node *n, struct sc_host *h)
{
    h->has_mac = n->kind == SC_SCALAR && sc_mac_read(n->text, h->mac) && !(h->mac[0] & 1u);
    if (!h->has_mac)
        sc_error(r->e, n, "mac is written \"02:00:00:00:00:01\" (in quotes), of one station, not of a group");
}

static void host_profile(struct sc_reader *r, const struct sc_node *n, struct sc_host *h)
{
    static const char *const words[] = {"modern", "linux", "rfc", "tiny", NULL};
    char hint[64];
    for (uint32_t i = 0; n->kind == SC_SCALAR && words[i]; i++) {
        if (strcmp(words[i], n->text) == 0) {
            h->profile = i;
            return;
        }
    }
    sc_error(r->e, n, "profile is modern, linux, rfc or tiny%s",
             sc_hint(n->kind == SC_SCALAR ? n->text : "", words, hint, sizeof hint));
}

static void host_isns(struct sc_reader *r, const struct sc_node *n, struct sc_host *h)
{
    h->isn_clock = n->kind == SC_SCALAR && strcmp(n->text, "clock_only") == 0;
    if (h->isn_clock || (n->kind == SC_SCALAR && strcmp(n->text, "rfc6528") == 0))
        return;
    if (n->kind != SC_LIST || sc_children(n) > 32) {
        sc_error(r->e, n,
                 "isn is a list of at most 32 numbers, as [100, 300], rfc6528, or wrong on purpose clock_only");
        return;
    }
    for (const struct sc_node *c = n->child; c; c = c->next) {
        uint64_t value;
        if (!sc_count(r, c, 0, UINT32_MAX, &value))
            return;
        h->isn[h->isns++] = (uint32_t)value;
    }
}

static void host_routes(struct sc_reader *r, const struct sc_node *list, struct sc_host *h)
{
    static const char *const keys[] = {"to", "via", NULL};
    h->route = sc_take(r->m, (sc_children(list) + 1u) * sizeof *h->route);
    if (!h->route)
        sc_error(r->e, list, "the file is too large");
    for (const struct sc_node *c = h->route ? list->child : NULL; c; c = c->next) {
        struct sc_route *route = &h->route[h->routes++];
        if (!sc_keys(r, c, keys, "a route"))
            return;
        const struct sc_node *to = sc_member(c, "to"), *via = sc_member(c, "via");
        if (!to || !via) {
            sc_error(r->e, c, "a route has to: and via:");
            return;
        }
        if (!address(r, to, &route->prefix, &route->length) || !address(r, via, &route->via, NULL))
            return;
    }
}

static void host_clock(struct sc_reader *r, const struct sc_node *map, struct sc_host *h)
{
    static const char *const keys[] = {"fast", "slow", "ahead", NULL};
    const struct sc_node *n;
    uint32_t millionths = 0;
    if (!sc_keys(r, map, keys, "clock"))
        return;
    if ((n = sc_member(map, "fast")) && sc_chance(r, n, &millionths))
        h->clock_ppb = (int32_t)((millionths < 900000u ? millionths : 900000u) * 1000u);
    if ((n = sc_member(map, "slow")) && sc_chance(r, n, &millionths))
        h->clock_ppb = -(int32_t)((millionths < 900000u ? millionths : 900000u) * 1000u);
    if ((n = sc_member(map, "ahead")))
        (void)sc_time(r, n, &h->clock_ahead);
}

static void host_common(struct sc_reader *r, const struct sc_node *map, struct sc_host *h)
{
    const struct sc_node *n;
    uint64_t value;
    if ((n = sc_member(map, "addr")))
        host_addresses(r, n, h);
    if ((n = sc_member(map, "gateway")))
        h->has_gateway = address(r, n, &h->gateway, NULL);
    if ((n = sc_member(map, "mac")))
        host_mac(r, n, h);
    if ((n = sc_member(map, "profile")))
        host_profile(r, n, h);
    if ((n = sc_member(map, "mtu")) && sc_count(r, n, 68, 65535, &value))
        h->mtu = (uint32_t)value;
    if ((n = sc_member(map, "routes")))
        host_routes(r, n, h);
    if ((n = sc_member(map, "set")))
        (void)sc_knobs_read(r, n, &h->set, true);
}

static struct sc_host *host_new(struct sc_reader *r, const struct sc_node *c, uint32_t kind)
{
    struct sc_model *m = r->model;
    if (!sc_name_ok(c->key))
        sc_error_key(r->e, c, "\"%s\" is no name: a word of a-z, 0-9, - and _, and none that YAML takes for a value",
                     c->key);
    if (sc_host_named(m, c->key) != SV_NONE)
        sc_error_key(r->e, c, "\"%s\" is the name of another already", c->key);
    sc_names_add(m, SC_NAME_HOST, c->key, m->hosts);
    struct sc_host *h = &m->host[m->hosts++];
    *h = (struct sc_host){.name = c->key, .at = c, .kind = kind, .msl_ms = 30000, .mtu = 1500, .learn = true};
    return h;
}

/* The kernel of this machine has that interface, and whoever uses it is the host. */
static void host_outside(struct sc_reader *r, const struct sc_node *c, struct sc_host *h)
{
    static const char *const keys[] = {"tap", "addr", "mtu", NULL};
    const struct sc_node *tap = sc_member(c, "tap");
    if (!sc_keys(r, c, keys, "a host behind a TAP"))
        return;
    if (tap->kind == SC_SCALAR && sc_name_ok(tap->text) && strlen(tap->text) < 16) {
        h->kind = SC_OUTSIDE;
        h->tap = tap->text;
    } else {
        sc_error(r->e, tap, "tap names an interface, made if it is not there: {tap: seven0, addr: 10.0.0.1/24}");
    }
}

static void host_serves(struct sc_reader *r, const struct sc_node *n, struct sc_host *h)
{
    for (const struct sc_node *s = n && n->kind == SC_LIST ? n->child : NULL; s; s = s->next) {
        if (h->serves == SC_SERVES)
            sc_error(r->e, s, "%u services at most", SC_SERVES);
        else if (sc_serve_read(r, s, (uint32_t)(h - r->model->host), &h->serve[h->serves]))
            h->serves++;
    }
    if (n && n->kind != SC_LIST)
        sc_error(r->e, n, "serve is a list: [{port: 80, app: sink}]");
}

static void read_host(struct sc_reader *r, const struct sc_node *c)
{
    struct sc_host *h = host_new(r, c, SC_HOST);
    const struct sc_node *n;
    sv_time msl;
    if (!h || !sc_keys(r, c, sc_host_keys, "a host"))
        return;
    host_common(r, c, h);
    h->ports = 1;
    if (sc_member(c, "tap"))
        host_outside(r, c, h);
    if (!h->addrs && !r->e->n)
        sc_error(r->e, c, "host \"%s\" needs an address: addr: 10.0.0.1/24", h->name);
    if ((n = sc_member(c, "isn")))
        host_isns(r, n, h);
    if ((n = sc_member(c, "clock")))
        host_clock(r, n, h);
    if ((n = sc_member(c, "msl")) && sc_time(r, n, &msl))
        h->msl_ms = (uint32_t)(msl / SV_MS ? msl / SV_MS : 1);
    host_serves(r, sc_member(c, "serve"), h);
}

/* Hosts are read before routers. */
static void impostor(struct sc_reader *r, const struct sc_node *n, struct sc_host *h)
{
    if (n->kind == SC_SCALAR && strcmp(n->text, "false") == 0)
        return;
    const uint32_t as = n->kind == SC_SCALAR ? sc_need_host(r, n, n->text) : SV_NONE;
    if (as == SV_NONE)
        return;
    if (r->model->host[as].impersonated)
        sc_error(r->e, n, "\"%s\" has an impostor already", n->text);
    r->model->host[as].impersonated = (uint32_t)(h - r->model->host) + 1u;
    h->impostor = as + 1u;
}

static void read_router(struct sc_reader *r, const struct sc_node *c)
{
    struct sc_host *h = host_new(r, c, SC_ROUTER);
    const struct sc_node *n;
    uint64_t value;
    if (!h || !sc_keys(r, c, router_keys, "a router"))
        return;
    host_common(r, c, h);
    h->ports = h->addrs;
    if ((n = sc_member(c, "impostor")))
        impostor(r, n, h);
    if ((n = sc_member(c, "isn")))
        host_isns(r, n, h);
    host_serves(r, sc_member(c, "serve"), h);
    if ((n = sc_member(c, "ports")) && sc_count(r, n, 1, SC_ADDRS, &value))
        h->ports = (uint32_t)value;
    if ((n = sc_member(c, "nat")))
        sc_read_nat(r, n, h);
    if ((n = sc_member(c, "icmp")))
        sc_read_icmp(r, n, h);
}

static void read_switch(struct sc_reader *r, const struct sc_node *c)
{
    struct sc_host *h = host_new(r, c, SC_SWITCH);
    const struct sc_node *n;
    uint64_t value;
    if (!h || !sc_keys(r, c, switch_keys, "a switch"))
        return;
    h->ports = 8;
    h->priority = 32768;
    if ((n = sc_member(c, "ports")) && sc_count(r, n, 1, 64, &value))
        h->ports = (uint32_t)value;
    if ((n = sc_member(c, "rstp")))
        (void)sc_bool(r, n, &h->rstp);
    if ((n = sc_member(c, "force_stp")))
        (void)sc_bool(r, n, &h->force_stp);
    if ((n = sc_member(c, "learn")))
        (void)sc_bool(r, n, &h->learn);
    if ((n = sc_member(c, "priority")) && sc_count(r, n, 0, 61440, &value)) {
        h->priority = (uint32_t)value;
        if (value % 4096)
            sc_error(r->e, n, "a switch's priority is a multiple of 4096");
    }
    n = sc_member(c, "edge");
    for (const struct sc_node *p = n ? n->child : NULL; p; p = p->next) {
        if (sc_count(r, p, 1, h->ports, &value))
            h->edge |= 1ull << (value - 1u);
    }
}

void sc_read_hosts(struct sc_reader *r, const struct sc_node *root)
{
    static const struct {
        const char *key;
        void (*read)(struct sc_reader *r, const struct sc_node *c);
    } part[] = {{"hosts", read_host}, {"routers", read_router}, {"switches", read_switch}};
    for (uint32_t i = 0; i < 3; i++) {
        const struct sc_node *map = sc_member(root, part[i].key);
        if (map && map->kind != SC_MAP)
            sc_error(r->e, map, "%s are written by name: {a: {…}}", part[i].key);
        for (const struct sc_node *c = map && map->kind == SC_MAP ? map->child : NULL; c; c = c->next)
            part[i].read(r, c);
    }
}
