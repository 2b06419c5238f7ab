/* SPDX-License-Identifier: BSD-2-Clause */
/* What a running stack tells seven ss and seven ip over its control socket: one JSON object a line, with the
 * keys of iproute2 where it has them. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/network_private.h"
#include "trace/ss_text.h"

static void put_answer(void *ctx, const char *text, size_t n)
{
    sv_control_bytes(ctx, text, n);
}

static void print_sockets(struct cli_network *n, struct sv_control_answer *a)
{
    struct sv_sock_info info = {.size = sizeof info};
    uint32_t at = 0;
    const struct sv_sink sink = {put_answer, a};
    while (sv_stack_each(n->stack, &at, &info))
        sv_ss_json(&info, &sink);
}

static void print_summary(struct cli_network *n, struct sv_control_answer *a)
{
    struct sv_sock_info info = {.size = sizeof info};
    struct sv_pool_counts pool;
    uint32_t at = 0, tcp[SV_TCP_STATES] = {0}, udp = 0, icmp = 0;
    while (sv_stack_each(n->stack, &at, &info)) {
        if (info.protocol == 6 && info.state < SV_TCP_STATES)
            tcp[info.state]++;
        udp += info.protocol == 17;
        icmp += info.protocol == 1;
    }
    sv_control_print(a, "{\"tcp\":{");
    for (uint32_t s = 0; s < SV_TCP_STATES; s++)
        sv_control_print(a, "%s\"%s\":%u", s ? "," : "", sv_tcp_state_name((enum sv_tcp_state)s), tcp[s]);
    sv_control_print(a, "},\"udp\":%u,\"icmp\":%u", udp, icmp);
    sv_pool_count(n->pool, &pool);
    sv_control_print(a,
                     ",\"bufs\":%u,\"bufs_free\":%u,\"bufs_low\":%u,\"slabs\":%u,\"slabs_free\":%u,\"slabs_low\":%u,"
                     "\"refused\":%" PRIu64 ",\"arena_used_bytes\":%" PRIu64 ",\"arena_bytes\":%" PRIu64 ",\"drops\":{",
                     pool.bufs, pool.bufs_free, pool.bufs_low, pool.slabs, pool.slabs_free, pool.slabs_low,
                     pool.refused, sv_arena_used(n->arena), sv_arena_bytes(n->arena));
    const char *comma = "";
    for (uint32_t d = 1; d < SV_DROP_COUNT; d++) {
        const uint64_t count = sv_stack_drops(n->stack, (enum sv_drop)d);
        if (!count)
            continue;
        sv_control_print(a, "%s\"%s\":%" PRIu64, comma, sv_drop_name((enum sv_drop)d), count);
        comma = ",";
    }
    sv_control_print(a, "}}\n");
}

static void print_mac(struct sv_control_answer *a, const char *key, const uint8_t m[6])
{
    sv_control_print(a, ",\"%s\":\"%02x:%02x:%02x:%02x:%02x:%02x\"", key, m[0], m[1], m[2], m[3], m[4], m[5]);
}

/* iproute2's words for what an address is, in its order. */
static void print_address(struct sv_control_answer *a, const struct sv_address_info *i)
{
    char text[CLI_ENDPOINT_TEXT];
    sv_control_print(a, "{\"family\":\"%s\",\"local\":\"%s\",\"prefixlen\":%u,\"scope\":\"%s\"",
                     cli_addr_is_v4(&i->addr) ? "inet" : "inet6", cli_addr_text(&i->addr, text), i->prefix_length,
                     i->flags & SV_ADDRESS_IS_LINK_LOCAL ? "link" : "global");
    const struct {
        const char *word;
        bool is;
    } words[] = {
        {"temporary", (i->flags & SV_ADDRESS_IS_TEMPORARY) != 0},
        {"dadfailed", i->state == 2},
        {"deprecated", (i->flags & SV_ADDRESS_IS_DEPRECATED) != 0},
        {"tentative", i->state == 0},
        {"dynamic", (i->flags & SV_ADDRESS_IS_DYNAMIC) != 0},
        {"stable-privacy", (i->flags & SV_ADDRESS_IS_STABLE) != 0},
    };
    for (uint32_t k = 0; k < sizeof words / sizeof words[0]; k++)
        if (words[k].is)
            sv_control_print(a, ",\"%s\":true", words[k].word);
    sv_control_print(a, ",\"valid_life_time\":%u,\"preferred_life_time\":%u}", i->valid_s, i->preferred_s);
}

static void print_link(struct cli_network *n, struct sv_control_answer *a, bool statistics, bool addresses)
{
    struct sv_interface_info i = {.size = sizeof i};
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    if (sv_interface_info(n->stack, n->port, &i) != SV_OK)
        return;
    sv_control_print(a,
                     "{\"ifindex\":%u,\"ifname\":\"%s\",\"flags\":[\"BROADCAST\",\"MULTICAST\"%s],\"mtu\":%u,"
                     "\"operstate\":\"%s\",\"link_type\":\"ether\"",
                     n->port + 1, n->device.name, i.up ? ",\"UP\",\"LOWER_UP\"" : "", i.mtu, i.up ? "UP" : "DOWN");
    print_mac(a, "address", i.mac);
    print_mac(a, "broadcast", broadcast);
    if (addresses) {
        struct sv_address_info info = {.size = sizeof info};
        const char *comma = "";
        uint32_t at = 0;
        sv_control_print(a, ",\"addr_info\":[");
        while (sv_address_each(n->stack, &at, &info)) {
            sv_control_print(a, "%s", comma);
            print_address(a, &info);
            comma = ",";
        }
        sv_control_print(a, "]");
    }
    if (statistics)
        sv_control_print(a,
                         ",\"stats64\":{\"rx\":{\"bytes\":%" PRIu64 ",\"packets\":%" PRIu64
                         "},\"tx\":{\"bytes\":%" PRIu64 ",\"packets\":%" PRIu64 "}}",
                         i.bytes_in, i.packets_in, i.bytes_out, i.packets_out);
    sv_control_print(a, "}\n");
}

static void print_neighbours(struct cli_network *n, struct sv_control_answer *a)
{
    struct sv_neighbour_info info = {.size = sizeof info};
    const struct sv_sink sink = {put_answer, a};
    uint32_t at = 0;
    while (sv_neighbour_each(n->stack, &at, &info))
        sv_ip_neigh_json(&info, n->device.name, &sink);
}

/* Our address in a prefix, as text; "" if there is none. */
static const char *source_in(struct cli_network *n, const struct sv_route_info *route, char *text)
{
    struct sv_address_info info = {.size = sizeof info};
    uint32_t at = 0;
    while (sv_address_each(n->stack, &at, &info)) {
        const uint32_t bits = cli_addr_is_v4(&info.addr) ? 96 + info.prefix_length : info.prefix_length;
        if (info.prefix_length == route->prefix_length && memcmp(info.addr.byte, route->prefix.byte, bits / 8) == 0 &&
            (bits % 8 == 0 || (info.addr.byte[bits / 8] ^ route->prefix.byte[bits / 8]) >> (8 - bits % 8) == 0))
            return cli_addr_text(&info.addr, text);
    }
    return "";
}

static void print_routes(struct cli_network *n, struct sv_control_answer *a)
{
    static const char *const protocol[] = {"static", "kernel", "ra", "redirect"};
    static const char *const preference[] = {"low", "medium", "high"};
    struct sv_route_info r = {.size = sizeof r};
    uint32_t at = 0;
    while (sv_route_each(n->stack, &at, &r)) {
        static const struct sv_addr none = {{0}};
        char text[CLI_ENDPOINT_TEXT];
        const bool direct = memcmp(&r.gateway, &none, sizeof none) == 0, v4 = cli_addr_is_v4(&r.prefix);
        if (r.prefix_length == 0)
            sv_control_print(a, "{\"dst\":\"default\"");
        else if (r.prefix_length == (v4 ? 32u : 128u) && r.origin != SV_ROUTE_ADDRESS)
            sv_control_print(a, "{\"dst\":\"%s\"", cli_addr_text(&r.prefix, text));
        else
            sv_control_print(a, "{\"dst\":\"%s/%u\"", cli_addr_text(&r.prefix, text), r.prefix_length);
        if (!direct)
            sv_control_print(a, ",\"gateway\":\"%s\"", cli_addr_text(&r.gateway, text));
        sv_control_print(a, ",\"dev\":\"%s\",\"protocol\":\"%s\"", n->device.name,
                         direct && r.origin == SV_ROUTE_ROUTER ? "kernel" : protocol[r.origin]);
        if (direct && v4)
            sv_control_print(a, ",\"scope\":\"link\"");
        if (r.origin == SV_ROUTE_ADDRESS && v4 && *source_in(n, &r, text))
            sv_control_print(a, ",\"prefsrc\":\"%s\"", text);
        if (r.metric)
            sv_control_print(a, ",\"metric\":%u", r.metric);
        sv_control_print(a, ",\"flags\":[%s]", r.unreachable ? "\"dead\"" : "");
        if (r.lifetime_s != UINT32_MAX)
            sv_control_print(a, ",\"expires\":%u", r.lifetime_s);
        if (r.origin >= SV_ROUTE_ROUTER && !v4)
            sv_control_print(a, ",\"pref\":\"%s\"", preference[r.preference + 1]);
        sv_control_print(a, "}\n");
    }
}

static bool on_request(void *self, const char *line, struct sv_control_answer *a, sv_time now)
{
    struct cli_network *n = self;
    (void)now;
    if (strcmp(line, "ss") == 0)
        print_sockets(n, a);
    else if (strcmp(line, "summary") == 0)
        print_summary(n, a);
    else if (strcmp(line, "link") == 0)
        print_link(n, a, true, false);
    else if (strcmp(line, "addr") == 0)
        print_link(n, a, false, true);
    else if (strcmp(line, "neigh") == 0)
        print_neighbours(n, a);
    else if (strcmp(line, "route") == 0)
        print_routes(n, a);
    else
        return false;
    return true;
}

void cli_status_open(struct cli_network *n)
{
    char error[SV_DEVICE_TEXT], title[64];
    (void)snprintf(title, sizeof title, "seven %s", n->command);
    n->control_open = sv_control_open(&n->control, n->loop, title, on_request, n, error);
    if (!n->control_open && !n->quiet)
        (void)fprintf(stderr, "seven %s: seven ss will not see this process: %s\n", n->command, error);
}

void cli_status_close(struct cli_network *n)
{
    if (n->control_open)
        sv_control_close(&n->control);
    n->control_open = false;
}
