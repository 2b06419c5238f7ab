/* SPDX-License-Identifier: BSD-2-Clause */
/* What a running router tells: answers for seven ip and seven ss, counters while it runs, the capture. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cli/router.h"
#include "port/clock.h"
#include "trace/ss_text.h"

static void put_answer(void *ctx, const char *text, size_t n)
{
    sv_control_bytes(ctx, text, n);
}

static const char *name_of(const struct router *r, sv_port port)
{
    return port < r->ports ? r->port[port].device.name : "?";
}

/* --- answers --- */

static void print_hop(const struct router *r, const struct sv_route_hop *h, struct sv_control_answer *a)
{
    static const struct sv_addr none;
    char text[CLI_ENDPOINT_TEXT];
    if (memcmp(&h->gateway, &none, sizeof none) != 0)
        sv_control_print(a, "\"gateway\":\"%s\",", cli_addr_text(&h->gateway, text));
    sv_control_print(a, "\"dev\":\"%s\"", name_of(r, h->port));
}

static void print_route(const struct router *r, const struct sv_route_config *i, struct sv_control_answer *a)
{
    static const char *const types[] = {"none", "unicast", "blackhole", "unreachable", "prohibit"};
    static const struct sv_addr none;
    char text[CLI_ENDPOINT_TEXT];
    const bool on_link = i->hops == 1 && memcmp(&i->hop[0].gateway, &none, sizeof none) == 0;
    sv_control_print(a, "{");
    if (i->type != SV_ROUTE_UNICAST)
        sv_control_print(a, "\"type\":\"%s\",", types[i->type]);
    if (i->prefix_length)
        sv_control_print(a, "\"dst\":\"%s/%u\"", cli_addr_text(&i->prefix, text), i->prefix_length);
    else
        sv_control_print(a, "\"dst\":\"default\"");
    if (i->hops == 1) {
        sv_control_print(a, ",");
        print_hop(r, &i->hop[0], a);
    }
    for (uint32_t k = 0; i->hops > 1 && k < i->hops; k++) {
        sv_control_print(a, "%s{", k ? "," : ",\"nexthops\":[");
        print_hop(r, &i->hop[k], a);
        sv_control_print(a, ",\"weight\":%u}%s", i->hop[k].weight, k + 1 == i->hops ? "]" : "");
    }
    sv_control_print(a, ",\"protocol\":\"%s\"%s", on_link ? "kernel" : "static", on_link ? ",\"scope\":\"link\"" : "");
    if (i->table)
        sv_control_print(a, ",\"table\":\"%u\"", i->table);
    if (i->metric)
        sv_control_print(a, ",\"metric\":%u", i->metric);
    sv_control_print(a, ",\"flags\":[]}\n");
}

static void print_mac(struct sv_control_answer *a, const char *key, const uint8_t m[6])
{
    sv_control_print(a, ",\"%s\":\"%02x:%02x:%02x:%02x:%02x:%02x\"", key, m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void print_addresses(const struct router *r, sv_port port, struct sv_control_answer *a)
{
    struct sv_address_info info = {.size = sizeof info};
    char text[CLI_ENDPOINT_TEXT];
    const char *comma = "";
    uint32_t at = 0;
    sv_control_print(a, ",\"addr_info\":[");
    while (sv_address_each(r->stack, &at, &info)) {
        if (info.port != port)
            continue;
        sv_control_print(a, "%s{\"family\":\"%s\",\"local\":\"%s\",\"prefixlen\":%u,\"scope\":\"global\"%s}", comma,
                         cli_addr_is_v4(&info.addr) ? "inet" : "inet6", cli_addr_text(&info.addr, text),
                         info.prefix_length, info.state == 0 ? ",\"tentative\":true" : "");
        comma = ",";
    }
    sv_control_print(a, "]");
}

static void print_link(const struct router *r, sv_port port, bool addresses, struct sv_control_answer *a)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct sv_interface_info i = {.size = sizeof i};
    if (sv_interface_info(r->stack, port, &i) != SV_OK)
        return;
    sv_control_print(a,
                     "{\"ifindex\":%u,\"ifname\":\"%s\",\"flags\":[\"BROADCAST\",\"MULTICAST\"%s],\"mtu\":%u,"
                     "\"operstate\":\"%s\",\"link_type\":\"ether\"",
                     port + 1, name_of(r, port), i.up ? ",\"UP\",\"LOWER_UP\"" : "", i.mtu, i.up ? "UP" : "DOWN");
    print_mac(a, "address", i.mac);
    print_mac(a, "broadcast", broadcast);
    if (addresses)
        print_addresses(r, port, a);
    else
        sv_control_print(a,
                         ",\"stats64\":{\"rx\":{\"bytes\":%" PRIu64 ",\"packets\":%" PRIu64
                         "},\"tx\":{\"bytes\":%" PRIu64 ",\"packets\":%" PRIu64 "}}",
                         i.bytes_in, i.packets_in, i.bytes_out, i.packets_out);
    sv_control_print(a, "}\n");
}

static void print_drops(const struct router *r, struct sv_control_answer *a)
{
    const char *comma = "";
    sv_control_print(a, "\"drops\":{");
    for (uint32_t d = 1; d < SV_DROP_COUNT; d++) {
        const uint64_t count = sv_stack_drops(r->stack, (enum sv_drop)d);
        if (!count)
            continue;
        sv_control_print(a, "%s\"%s\":%" PRIu64, comma, sv_drop_name((enum sv_drop)d), count);
        comma = ",";
    }
    sv_control_print(a, "}");
}

static void print_summary(const struct router *r, struct sv_control_answer *a)
{
    struct sv_forward_counts f = {.size = sizeof f};
    struct sv_pool_counts pool;
    if (sv_forward_count(r->stack, &f) != SV_OK)
        return;
    sv_pool_count(r->pool, &pool);
    sv_control_print(a,
                     "{\"tcp\":{},\"udp\":0,\"icmp\":0,\"forwarded\":%" PRIu64 ",\"forwarded_bytes\":%" PRIu64
                     ",\"told\":%" PRIu64 ",\"bufs\":%u,\"bufs_free\":%u,\"bufs_low\":%u,\"slabs\":%u,"
                     "\"slabs_free\":%u,\"slabs_low\":%u,\"refused\":%" PRIu64 ",\"arena_used_bytes\":%" PRIu64
                     ",\"arena_bytes\":%" PRIu64 ",",
                     f.packets, f.bytes, f.told, pool.bufs, pool.bufs_free, pool.bufs_low, pool.slabs, pool.slabs_free,
                     pool.slabs_low, pool.refused, sv_arena_used(r->arena), sv_arena_bytes(r->arena));
    print_drops(r, a);
    sv_control_print(a, "}\n");
}

bool router_request(void *self, const char *line, struct sv_control_answer *a, sv_time now)
{
    struct router *r = self;
    const struct sv_sink sink = {put_answer, a};
    uint32_t at = 0;
    if (strcmp(line, "route") == 0) {
        struct sv_route_config info = {.size = sizeof info};
        while (sv_route_walk(r->stack, &at, &info))
            print_route(r, &info, a);
    } else if (strcmp(line, "link") == 0 || strcmp(line, "addr") == 0) {
        for (sv_port p = 0; p < r->ports; p++)
            print_link(r, p, line[0] == 'a', a);
    } else if (strcmp(line, "neigh") == 0) {
        struct sv_neighbour_info info = {.size = sizeof info};
        while (sv_neighbour_each(r->stack, &at, &info))
            sv_ip_neigh_json(&info, name_of(r, info.port), &sink);
    } else if (strcmp(line, "ss") == 0) {
        struct sv_sock_info info = {.size = sizeof info};
        while (sv_stack_each(r->stack, &at, &info))
            sv_ss_json(&info, &sink);
    } else if (strcmp(line, "summary") == 0) {
        print_summary(r, a);
    } else if (strcmp(line, "nat") == 0 || strcmp(line, "nat-text") == 0) {
        router_nat_show(r->stack, line[3] == '\0', now, put_answer, a);
    } else {
        return false;
    }
    return true;
}

/* --- counters while it runs --- */

static uint64_t a_second(uint64_t count, sv_time in)
{
    return in ? (uint64_t)((double)count * 1e9 / (double)in) : 0;
}

static void tell_json(struct router *r, const struct sv_forward_counts *f, sv_time now)
{
    struct sv_control_answer a = {NULL, 0, 0, false};
    sv_control_print(&a,
                     "{\"schema\":1,\"time_ms\":%" PRIu64 ",\"forwarded\":%" PRIu64 ",\"forwarded_bytes\":%" PRIu64
                     ",\"told\":%" PRIu64 ",\"ports\":[",
                     (now - r->began) / SV_MS, f->packets, f->bytes, f->told);
    for (sv_port p = 0; p < r->ports; p++) {
        struct sv_interface_info i = {.size = sizeof i};
        if (sv_interface_info(r->stack, p, &i) == SV_OK)
            sv_control_print(&a,
                             "%s{\"ifname\":\"%s\",\"rx_packets\":%" PRIu64 ",\"rx_bytes\":%" PRIu64
                             ",\"tx_packets\":%" PRIu64 ",\"tx_bytes\":%" PRIu64 "}",
                             p ? "," : "", name_of(r, p), i.packets_in, i.bytes_in, i.packets_out, i.bytes_out);
    }
    sv_control_print(&a, "],");
    print_drops(r, &a);
    sv_control_print(&a, "}");
    if (!a.failed)
        printf("%.*s\n", (int)a.n, a.text);
    free(a.text);
}

static void tell_text(struct router *r, const struct sv_forward_counts *f, sv_time now)
{
    const sv_time in = now - r->told;
    printf("%8.1f s  forwarded %" PRIu64 " (%" PRIu64 "/s)", (double)(now - r->began) / 1e9, f->packets,
           a_second(f->packets - r->forwarded_told, in));
    for (sv_port p = 0; p < r->ports; p++) {
        struct router_port *o = &r->port[p];
        struct sv_interface_info i = {.size = sizeof i};
        if (sv_interface_info(r->stack, p, &i) != SV_OK)
            continue;
        printf("  %s in %" PRIu64 "/s %.1f Mbit/s out %" PRIu64 "/s %.1f Mbit/s", o->device.name,
               a_second(i.packets_in - o->packets_in, in), (double)a_second(i.bytes_in - o->bytes_in, in) * 8e-6,
               a_second(i.packets_out - o->packets_out, in), (double)a_second(i.bytes_out - o->bytes_out, in) * 8e-6);
        o->packets_in = i.packets_in;
        o->packets_out = i.packets_out;
        o->bytes_in = i.bytes_in;
        o->bytes_out = i.bytes_out;
    }
    printf("\n");
    r->forwarded_told = f->packets;
}

void router_tell(struct router *r, sv_time now)
{
    struct sv_forward_counts f = {.size = sizeof f};
    if (sv_forward_count(r->stack, &f) != SV_OK)
        return;
    if (r->options.output.json || r->options.output.pretty)
        tell_json(r, &f, now);
    else
        tell_text(r, &f, now);
    (void)fflush(stdout);
    r->told = now;
}

void router_tell_end(struct router *r)
{
    struct sv_forward_counts f = {.size = sizeof f};
    struct sv_acl_info l = {.size = sizeof l};
    uint32_t at = 0;
    if (!r->stack || sv_forward_count(r->stack, &f) != SV_OK)
        return;
    if (r->options.output.json || r->options.output.pretty) {
        router_tell(r, sv_clock());
        return;
    }
    printf("forwarded %" PRIu64 " packets, %" PRIu64 " bytes; %" PRIu64 " senders told of a refusal\n", f.packets,
           f.bytes, f.told);
    for (uint32_t d = 1; d < SV_DROP_COUNT; d++)
        if (sv_stack_drops(r->stack, (enum sv_drop)d))
            printf("  dropped %" PRIu64 ": %s\n", sv_stack_drops(r->stack, (enum sv_drop)d),
                   sv_drop_text((enum sv_drop)d));
    for (uint32_t i = 0; sv_acl_each(r->stack, &at, &l); i++)
        printf("  --acl \"%s\": %" PRIu64 " packets, %" PRIu64 " bytes\n", r->options.acl.text[i], l.packets, l.bytes);
}

/* --- the capture --- */

static bool capture_failed(struct router *r)
{
    if (r->capturing)
        (void)cli_fail("router", "-w %s: %s", r->options.capture, strerror(errno));
    r->capturing = false;
    return false;
}

bool router_capture_open(struct router *r)
{
    const struct sv_pcapng_about about = {.application = "seven " SEVEN_VERSION};
    char error[SV_DEVICE_TEXT];
    if (!r->options.capture)
        return true;
    if (!sv_capture_create(&r->capture, r->options.capture, &about, error))
        return cli_fail("router", "-w %s", error) < 0;
    r->capturing = true;
    r->wall_offset_ns = sv_wall_clock() - sv_clock();
    for (sv_port p = 0; p < r->ports; p++) {
        r->port[p].interface = sv_pcapng_interface(&r->capture.writer, r->port[p].device.name, SV_LINKTYPE_ETHERNET, 0);
        if (r->port[p].interface == SV_NONE)
            return capture_failed(r);
    }
    return true;
}

void router_capture_drain(struct router *r)
{
    struct sv_trace_record t;
    while (r->trace && sv_trace_read(r->trace, &t, r->bytes, sizeof r->bytes)) {
        const bool out = t.kind == SV_TRACE_FRAME_OUT;
        if (!r->capturing || (!out && t.kind != SV_TRACE_FRAME_IN) || t.detail >= r->ports)
            continue;
        const struct sv_pcapng_piece piece = {r->bytes, t.bytes};
        const struct sv_pcapng_packet packet = {.interface = r->port[t.detail].interface,
                                                .time_ns = t.time + r->wall_offset_ns,
                                                .wire_length = t.arg[0],
                                                .direction = out ? SV_PCAPNG_OUT : SV_PCAPNG_IN,
                                                .piece = &piece,
                                                .pieces = 1};
        if (!sv_pcapng_packet(&r->capture.writer, &packet))
            (void)capture_failed(r);
    }
}

void router_capture_close(struct router *r)
{
    router_capture_drain(r);
    if (r->capturing && !sv_capture_finish(&r->capture))
        (void)capture_failed(r);
    if (r->capturing && sv_trace_lost(r->trace))
        (void)fprintf(stderr, "seven router: %llu trace records found no room; some frames are not in %s\n",
                      (unsigned long long)sv_trace_lost(r->trace), r->options.capture);
    r->capturing = false;
}
