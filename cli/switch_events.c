/* SPDX-License-Identifier: BSD-2-Clause */
/* What seven switch tells: a line an event, and the capture, in which each port is an interface. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "cli/help.h"
#include "cli/switch.h"
#include "port/clock.h"
#include "trace/events.h"
#include "trace/sink.h"

static void put_stdout(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    (void)fwrite(text, 1, n, stdout);
}

/* --- the capture --- */

static void capture_failed(struct seven_switch *w)
{
    if (w->capturing)
        (void)cli_fail("switch", "-w %s: %s", w->options.capture, strerror(errno));
    w->capturing = false;
}

bool switch_capture_open(struct seven_switch *w)
{
    const struct sv_pcapng_about about = {.application = "seven " SEVEN_VERSION};
    char error[SV_DEVICE_TEXT];
    for (uint32_t i = 0; i < SV_BRIDGE_PORTS; i++)
        w->interface[i] = SV_NONE;
    if (!w->options.capture)
        return true;
    if (!sv_capture_create(&w->capture, w->options.capture, &about, error))
        return cli_fail("switch", "-w %s", error) < 0;
    w->capturing = true;
    w->wall_offset_ns = sv_wall_clock() - sv_clock();
    return true;
}

void switch_capture_close(struct seven_switch *w)
{
    if (w->capturing && !sv_capture_finish(&w->capture))
        capture_failed(w);
    if (w->capturing && sv_trace_lost(w->trace))
        (void)fprintf(stderr, "seven switch: %llu trace records found no room; some frames are not in %s\n",
                      (unsigned long long)sv_trace_lost(w->trace), w->options.capture);
    w->capturing = false;
}

static void capture_frame(struct seven_switch *w, const struct sv_trace_record *r)
{
    const uint32_t port = r->detail;
    if (port >= w->ports)
        return;
    if (w->interface[port] == SV_NONE)
        w->interface[port] = sv_pcapng_interface(&w->capture.writer, w->port[port].name, SV_LINKTYPE_ETHERNET, 0);
    const struct sv_pcapng_piece piece = {w->bytes, r->bytes};
    const struct sv_pcapng_packet packet = {.interface = w->interface[port],
                                            .time_ns = r->time + w->wall_offset_ns,
                                            .wire_length = r->arg[0],
                                            .direction = r->kind == SV_TRACE_FRAME_OUT ? SV_PCAPNG_OUT : SV_PCAPNG_IN,
                                            .piece = &piece,
                                            .pieces = 1};
    if (w->interface[port] == SV_NONE || !sv_pcapng_packet(&w->capture.writer, &packet))
        capture_failed(w);
}

/* --- lines --- */

static void print_mac(const uint8_t *m)
{
    printf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void print_vlan(uint32_t vid, bool aware)
{
    if (aware && vid)
        printf(" vlan %u", vid);
}

static void print_bridge(const struct seven_switch *w, const struct sv_trace_record *r)
{
    static const char *const what[] = {"learned", "moved", "aged", "flushed", "evicted", "forwarded", "flooded"};
    const char *port = switch_port_name(w, r->arg[0]);
    if (r->detail == SV_BRIDGE_PORT_UP || r->detail == SV_BRIDGE_PORT_DOWN) {
        printf("port %s is %s", port, r->detail == SV_BRIDGE_PORT_UP ? "up" : "down");
        return;
    }
    if (r->detail > SV_BRIDGE_FLOODED)
        return;
    printf("%s ", what[r->detail]);
    print_mac(w->bytes);
    if (r->detail == SV_BRIDGE_MOVED)
        printf(" from %s to %s", switch_port_name(w, r->arg[2]), port);
    else if (r->detail == SV_BRIDGE_FORWARDED)
        printf(" from %s to %s", port, switch_port_name(w, r->arg[2]));
    else if (r->detail == SV_BRIDGE_FLOODED)
        printf(" from %s to %u port%s", port, r->arg[2], r->arg[2] == 1 ? "" : "s");
    else
        printf(" on %s", port);
    struct sv_bridge_info info = {.size = sizeof info};
    print_vlan(r->arg[1], sv_bridge_info(w->bridge, &info) == SV_OK && info.flags & SV_BRIDGE_VLAN_AWARE);
}

static void print_stp(const struct seven_switch *w, const struct sv_trace_record *r)
{
    const char *port = switch_port_name(w, r->arg[0]);
    switch (r->detail) {
    case SV_STP_ROLE:
        printf("stp: %s is %s, was %s", port, switch_role_name(r->arg[2]), switch_role_name(r->arg[1]));
        break;
    case SV_STP_STATE:
        printf("stp: %s %s, was %s", port, switch_state_name(r->arg[2]), switch_state_name(r->arg[1]));
        break;
    case SV_STP_CHANGE:
        printf("stp: the topology changed, %s %s", r->arg[1] ? "heard at" : "by", port);
        break;
    case SV_STP_ROOT:
        if (r->arg[2] == SV_NO_PORT)
            printf("stp: this switch is the root");
        else
            printf("stp: the root is behind %s", port);
        break;
    case SV_STP_GUARD:
        printf("stp: a BPDU at the guarded port %s: shut down", port);
        break;
    default:
        break;
    }
}

static void print_snoop(const struct seven_switch *w, const struct sv_trace_record *r)
{
    static const char *const what[] = {"joined by",      "left by",        "expired at",
                                       "querier behind", "querier silent", "router behind"};
    struct sv_addr addr;
    char text[SV_ADDR_TEXT];
    if (r->bytes < 16 || r->detail >= sizeof what / sizeof what[0])
        return;
    memcpy(addr.byte, w->bytes, 16);
    printf("snoop: %s %s %s", sv_addr_text(&addr, text), what[r->detail],
           r->arg[0] == SV_NO_PORT ? "" : switch_port_name(w, r->arg[0]));
    print_vlan(r->arg[1], true);
}

static void print_line(const struct seven_switch *w, const struct sv_trace_record *r)
{
    const uint64_t ns = r->time > w->began ? r->time - w->began : 0;
    printf("%llu.%06u ", (unsigned long long)(ns / SV_S), (unsigned)(ns % SV_S / 1000u));
    switch (r->kind) {
    case SV_TRACE_BRIDGE:
    case SV_TRACE_SWITCHED:
        print_bridge(w, r);
        break;
    case SV_TRACE_STP:
        print_stp(w, r);
        break;
    case SV_TRACE_SNOOP:
        print_snoop(w, r);
        break;
    case SV_TRACE_LLDP:
        printf("lldp: ");
        for (uint32_t i = 0; i < r->bytes && i < 64; i++)
            (void)putchar(w->bytes[i] >= 32 && w->bytes[i] < 127 ? w->bytes[i] : '?');
        printf(" %s %s",
               r->detail == SV_LLDP_GONE  ? "is gone from"
               : r->detail == SV_LLDP_NEW ? "is at"
                                          : "changed at",
               switch_port_name(w, r->arg[0]));
        break;
    case SV_TRACE_DROP:
        printf("dropped at %s: %s, %s", switch_port_name(w, r->arg[0]), sv_drop_name((enum sv_drop)r->detail),
               sv_drop_text((enum sv_drop)r->detail));
        break;
    default:
        break;
    }
    (void)putchar('\n');
}

/* -v: drops too; -vv: what becomes of each frame. */
static bool wanted(const struct seven_switch *w, const struct sv_trace_record *r)
{
    if (r->kind == SV_TRACE_SWITCHED)
        return w->options.verbose > 1;
    if (r->kind == SV_TRACE_DROP)
        return w->options.verbose > 0;
    return !w->options.quiet;
}

void switch_events_drain(struct seven_switch *w)
{
    const struct sv_events_options json = {.origin = w->began};
    const struct sv_sink sink = {put_stdout, NULL};
    struct sv_trace_record r;
    bool printed = false;
    while (sv_trace_read(w->trace, &r, w->bytes, sizeof w->bytes)) {
        if (r.kind == SV_TRACE_FRAME_IN || r.kind == SV_TRACE_FRAME_OUT) {
            if (w->capturing)
                capture_frame(w, &r);
            continue;
        }
        if (!wanted(w, &r))
            continue;
        if (w->options.output.json || w->options.output.pretty)
            sv_events_json(&r, w->bytes, &json, &sink);
        else
            print_line(w, &r);
        printed = true;
    }
    if (printed)
        (void)fflush(stdout);
}
