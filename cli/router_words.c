/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes, rules and the list in words, as iproute2 has them. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/network.h"
#include "cli/router.h"

#define WORDS 64u
#define WORDS_BYTES 1024u

struct words {
    char text[WORDS_BYTES];
    char *word[WORDS];
    uint32_t n, at;
    const char *where;
};

static bool split(struct words *w, const char *where, const char *text)
{
    char *save = NULL;
    w->n = w->at = 0;
    w->where = where;
    if ((size_t)snprintf(w->text, sizeof w->text, "%s", text) >= sizeof w->text)
        return cli_usage("router", "%s: too long", where) < 0;
    for (char *p = strtok_r(w->text, " \t\r\n", &save); p && *p != '#'; p = strtok_r(NULL, " \t\r\n", &save)) {
        if (w->n == WORDS)
            return cli_usage("router", "%s: more than %u words", where, WORDS) < 0;
        w->word[w->n++] = p;
    }
    return true;
}

static const char *next(struct words *w)
{
    return w->at < w->n ? w->word[w->at++] : NULL;
}

static bool take_number(struct words *w, const char *what, uint64_t high, uint32_t *to)
{
    const char *word = next(w);
    uint64_t v;
    if (!word || !cli_parse_number(word, high, &v))
        return cli_usage("router", "%s: %s takes a number up to %llu, not \"%s\"", w->where, what,
                         (unsigned long long)high, word ? word : "") < 0;
    *to = (uint32_t)v;
    return true;
}

/* "default", an address or a prefix. */
static bool take_prefix(struct words *w, const char *word, struct sv_addr *addr, uint32_t *length)
{
    if (word && strcmp(word, "default") == 0) {
        *addr = sv_addr_v4(0, 0, 0, 0);
        *length = 0;
        return true;
    }
    if (!word || !cli_parse_prefix(word, addr, length))
        return cli_usage("router", "%s: \"%s\" is no prefix; for example 10.1.0.0/16, fd01::/48 or default", w->where,
                         word ? word : "") < 0;
    if (*length == SV_NONE)
        *length = cli_addr_is_v4(addr) ? 32 : 128;
    return true;
}

static bool take_port(const struct router *r, struct words *w, sv_port *to)
{
    const char *word = next(w);
    *to = word ? router_port_named(r, word) : SV_NO_PORT;
    return *to != SV_NO_PORT || cli_usage("router", "%s: no device %s here", w->where, word ? word : "") < 0;
}

static bool within(const struct sv_addr *a, const struct sv_address_info *i)
{
    if (cli_addr_is_v4(a) != cli_addr_is_v4(&i->addr))
        return false;
    const uint32_t bits = cli_addr_is_v4(a) ? 96 + i->prefix_length : i->prefix_length;
    for (uint32_t b = 0; b < bits; b++)
        if ((a->byte[b / 8] ^ i->addr.byte[b / 8]) & (0x80u >> b % 8))
            return false;
    return true;
}

/* A gateway without "dev" is where its subnet is. */
static bool find_gateway(const struct router *r, const struct words *w, struct sv_route_hop *hop)
{
    struct sv_address_info info = {.size = sizeof info};
    char text[CLI_ENDPOINT_TEXT];
    uint32_t at = 0;
    while (hop->port == SV_NO_PORT && sv_address_each(r->stack, &at, &info))
        if (within(&hop->gateway, &info))
            hop->port = info.port;
    return hop->port != SV_NO_PORT || cli_usage("router", "%s: %s is on no subnet of ours; say dev NAME", w->where,
                                                cli_addr_text(&hop->gateway, text)) < 0;
}

static struct sv_route_hop *more(struct sv_route_config *route)
{
    if (route->hops == SV_ROUTE_HOPS)
        return NULL;
    route->hop[route->hops] = (struct sv_route_hop){.port = SV_NO_PORT, .weight = 1};
    return &route->hop[route->hops++];
}

static bool route_word(struct router *r, struct words *w, const char *word, struct sv_route_config *route)
{
    struct sv_route_hop *hop = route->hops ? &route->hop[route->hops - 1] : NULL;
    if (strcmp(word, "metric") == 0)
        return take_number(w, "metric", UINT32_MAX, &route->metric);
    if (strcmp(word, "table") == 0)
        return take_number(w, "table", 14, &route->table);
    if (strcmp(word, "nexthop") == 0)
        return true;
    if (strcmp(word, "via") == 0) {
        const char *gateway = next(w);
        hop = more(route);
        if (hop && gateway && cli_parse_addr(gateway, &hop->gateway))
            return true;
        return cli_usage("router", "%s: via takes an address, at most 16 times", w->where) < 0;
    }
    if (strcmp(word, "dev") == 0) {
        if (!hop)
            hop = more(route); /* on link */
        return hop && take_port(r, w, &hop->port);
    }
    if (strcmp(word, "weight") == 0 && hop)
        return take_number(w, "weight", 32, &hop->weight);
    return cli_usage("router",
                     "%s: \"%s\" is not understood here; PREFIX via GATEWAY [dev NAME] [weight N] [metric N] "
                     "[table N]",
                     w->where, word) < 0;
}

static bool same_place(const struct sv_route_config *a, const struct sv_route_config *b)
{
    return a->table == b->table && a->metric == b->metric && a->prefix_length == b->prefix_length &&
           memcmp(&a->prefix, &b->prefix, sizeof a->prefix) == 0;
}

static bool install(struct router *r, const char *where, const struct sv_route_config *route, sv_time now)
{
    const enum sv_err error = sv_route_install(r->stack, route, now);
    if (error == SV_ERR_NO_MEMORY)
        return cli_fail("router", "%s: no room for more routes; see --ceiling", where) < 0;
    return error == SV_OK || cli_usage("router", "%s: %s", where, cli_network_error(error)) < 0;
}

bool router_flush_route(struct router *r, const char *where, sv_time now)
{
    const bool ok = !r->pending.hops || install(r, where, &r->pending, now);
    r->pending.hops = 0;
    return ok;
}

/* With --ecmp routes to one prefix in a row become one with several next hops. */
static bool put_route(struct router *r, const char *where, const struct sv_route_config *route, sv_time now)
{
    struct sv_route_config *p = &r->pending;
    if (!r->options.ecmp || route->type != SV_ROUTE_UNICAST)
        return install(r, where, route, now);
    if (p->hops && same_place(p, route) && p->hops + route->hops <= SV_ROUTE_HOPS) {
        memcpy(p->hop + p->hops, route->hop, route->hops * sizeof route->hop[0]);
        p->hops += route->hops;
        return true;
    }
    if (!router_flush_route(r, where, now))
        return false;
    *p = *route;
    return true;
}

bool router_add_route(struct router *r, const char *where, const char *text, sv_time now)
{
    static const char *const types[] = {
        [SV_ROUTE_BLACKHOLE] = "blackhole", [SV_ROUTE_UNREACHABLE] = "unreachable", [SV_ROUTE_PROHIBIT] = "prohibit"};
    struct sv_route_config route = {.size = sizeof route, .type = SV_ROUTE_UNICAST};
    struct words w;
    if (!split(&w, where, text))
        return false;
    const char *word = next(&w);
    if (!word)
        return true;
    for (uint32_t k = SV_ROUTE_BLACKHOLE; k <= SV_ROUTE_PROHIBIT; k++)
        if (strcmp(word, types[k]) == 0) {
            route.type = k;
            word = next(&w);
            break;
        }
    if (!take_prefix(&w, word, &route.prefix, &route.prefix_length))
        return false;
    const bool is_default = word && strcmp(word, "default") == 0;
    while ((word = next(&w)) != NULL)
        if (!route_word(r, &w, word, &route))
            return false;
    for (uint32_t i = 0; i < route.hops; i++) {
        if (route.hop[i].port == SV_NO_PORT && !find_gateway(r, &w, &route.hop[i]))
            return false;
        if (is_default && !cli_addr_is_v4(&route.hop[i].gateway))
            memset(&route.prefix, 0, sizeof route.prefix); /* of its gateway's family: ::/0 */
    }
    if (route.type == SV_ROUTE_UNICAST && !route.hops)
        return cli_usage("router", "%s: a route leads somewhere: via GATEWAY or dev NAME", where) < 0;
    return put_route(r, where, &route, now);
}

bool router_add_rule(struct router *r, const char *text, sv_time now)
{
    struct sv_rule_info rule = {.size = sizeof rule, .priority = 32765};
    struct words w;
    const char *word;
    bool from = false;
    if (!split(&w, "--rule", text))
        return false;
    while ((word = next(&w)) != NULL) {
        bool ok = true;
        if (strcmp(word, "from") == 0) {
            ok = take_prefix(&w, next(&w), &rule.source, &rule.source_length);
            from = ok;
        } else if (strcmp(word, "table") == 0 || strcmp(word, "lookup") == 0) {
            ok = take_number(&w, word, 14, &rule.table);
        } else if (strcmp(word, "priority") == 0) {
            ok = take_number(&w, word, UINT32_MAX, &rule.priority);
        } else {
            return cli_usage("router", "--rule: \"%s\": from PREFIX table N [priority N]", word) < 0;
        }
        if (!ok)
            return false;
    }
    const enum sv_err error = from ? sv_rule_add(r->stack, &rule, now) : SV_ERR_INVALID;
    return error == SV_OK || cli_usage("router", "--rule %s: %s", text, cli_network_error(error)) < 0;
}

/* --- the list --- */

static bool take_range(struct words *w, const char *what, uint16_t *first, uint16_t *last)
{
    char *word = w->at < w->n ? w->word[w->at++] : NULL;
    char *dash = word ? strchr(word, '-') : NULL;
    if (dash)
        *dash = '\0';
    if (word && cli_parse_port(word, first) && *first && cli_parse_port(dash ? dash + 1 : word, last) &&
        *last >= *first)
        return true;
    return cli_usage("router", "%s: %s takes a port or FIRST-LAST", w->where, what) < 0;
}

static bool take_protocol(struct words *w, struct sv_acl_info *l)
{
    static const struct {
        const char *name;
        uint32_t number;
    } known[] = {{"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"icmp6", 58}, {"ipv6-icmp", 58}, {"gre", 47}, {"esp", 50}};
    const char *word = next(w);
    uint64_t v;
    for (uint32_t i = 0; word && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(word, known[i].name) == 0) {
            l->protocol = known[i].number;
            return true;
        }
    if (!word || !cli_parse_number(word, 255, &v))
        return cli_usage("router", "%s: proto takes tcp, udp, icmp, icmp6 or a number", w->where) < 0;
    l->protocol = (uint32_t)v;
    return true;
}

static bool line_word(struct router *r, struct words *w, const char *word, struct sv_acl_info *l)
{
    if (strcmp(word, "in") == 0)
        return take_port(r, w, &l->in);
    if (strcmp(word, "out") == 0)
        return take_port(r, w, &l->out);
    if (strcmp(word, "from") == 0)
        return take_prefix(w, next(w), &l->src, &l->src_length);
    if (strcmp(word, "to") == 0)
        return take_prefix(w, next(w), &l->dst, &l->dst_length);
    if (strcmp(word, "proto") == 0)
        return take_protocol(w, l);
    if (strcmp(word, "sport") == 0)
        return take_range(w, word, &l->src_port_first, &l->src_port_last);
    if (strcmp(word, "dport") == 0)
        return take_range(w, word, &l->dst_port_first, &l->dst_port_last);
    if (strcmp(word, "established") == 0) {
        l->established = 1;
        return true;
    }
    if (strcmp(word, "syn") == 0) { /* SYN without ACK, RST, FIN */
        l->tcp_flags = 0x02;
        l->tcp_mask = 0x17;
        return true;
    }
    if (strcmp(word, "ipv4") == 0 || strcmp(word, "ipv6") == 0) {
        l->family = word[3] == '4' ? 4 : 6;
        return true;
    }
    return cli_usage("router",
                     "%s: \"%s\" is not understood; accept|drop|reject [in NAME] [out NAME] [ipv4|ipv6] [from PREFIX] "
                     "[to PREFIX] [proto P] [sport R] [dport R] [established] [syn]",
                     w->where, word) < 0;
}

bool router_add_line(struct router *r, const char *text, sv_time now)
{
    static const char *const actions[] = {"accept", "drop", "reject"};
    struct sv_acl_info l = {.size = sizeof l, .action = SV_NONE, .in = SV_NO_PORT, .out = SV_NO_PORT};
    struct words w;
    if (!split(&w, "--acl", text))
        return false;
    const char *word = next(&w);
    for (uint32_t i = 0; word && i < 3; i++)
        if (strcmp(word, actions[i]) == 0)
            l.action = i;
    if (l.action == SV_NONE)
        return cli_usage("router", "--acl: a line begins with accept, drop or reject, not \"%s\"", word ? word : "") <
               0;
    while ((word = next(&w)) != NULL)
        if (!line_word(r, &w, word, &l))
            return false;
    const enum sv_err error = sv_acl_add(r->stack, &l, now);
    return error == SV_OK || cli_usage("router", "--acl %s: %s", text, cli_network_error(error)) < 0;
}
