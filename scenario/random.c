/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/random_draw.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sc_say(struct sc_draw *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(d->to + d->used, d->room - d->used, format, args);
    va_end(args);
    if (n > 0)
        d->used += (size_t)n < d->room - d->used ? (size_t)n : d->room - d->used - 1u;
}

static uint32_t below(struct sc_draw *d, uint32_t n)
{
    return sv_rng_below(&d->rng, n);
}

static uint32_t from_to(struct sc_draw *d, uint32_t low, uint32_t high)
{
    return low + below(d, high - low + 1u);
}

static bool one_in(struct sc_draw *d, uint32_t n)
{
    return below(d, n) == 0;
}

/* --- the world: two hosts on a cable; a switch; two switches; a router; a translating router --- */

static uint32_t net_of(const struct sc_draw *d, uint32_t host)
{
    return d->shape >= SC_DRAW_ROUTER && host ? 1u : 0u; /* host 0 is on this side, the others on that */
}

/* What it offers, and how it mends losses. */
static void options(struct sc_draw *d, uint32_t host)
{
    static const char *const off[] = {", sack: false", ", timestamps: false", ", window_scale: false",
                                      ", iw: 1",       ", mss: 536",          ", sack: false, timestamps: false",
                                      ", backlog: 1",  ", recovery: reno",    ", recovery: sack"};
    const char *said = one_in(d, 3) ? off[below(d, sizeof off / sizeof *off)] : "";
    sc_say(d, "%s", said);
    sc_draw_sets(d, host, strstr(said, "backlog") != NULL);
    sc_say(d, "}");
}

static void hosts(struct sc_draw *d)
{
    static const char *const profiles[] = {"modern", "rfc", "linux", "tiny"};
    static const char *const apps[] = {"sink", "echo", "source, bytes: 40KB", "greet, bytes: 3000"};
    sc_say(d, "hosts:\n");
    for (uint32_t i = 0; i < d->hosts; i++) {
        const uint32_t net = net_of(d, i);
        sc_say(d, "  h%u: {addr: 10.0.%u.%u/24, profile: %s", i, net, i + 1u, profiles[below(d, 4)]);
        if (d->shape >= SC_DRAW_ROUTER)
            sc_say(d, ", gateway: 10.0.%u.254", net);
        const bool slow = one_in(d, 3);
        sc_say(d, ", set: {keepalive: 30s, recv_buffer: %uB, send_buffer: %uB%s%s",
               from_to(d, 4096, slow || one_in(d, 5) ? 16000 : 300000), from_to(d, 4096, 300000),
               one_in(d, 3) ? ", nagle: false" : "", one_in(d, 4) ? ", user_timeout: 100s" : "");
        options(d, i);
        if (one_in(d, 4))
            sc_say(d, ", clock: {%s: %u%%}", one_in(d, 2) ? "fast" : "slow", from_to(d, 1, 20));
        sc_say(d, ", serve: [{port: 80, app: %s", apps[below(d, 4)]);
        if (slow)
            sc_say(d, ", rate: %uB", from_to(d, 1000, 50000));
        sc_say(d, "%s}", one_in(d, 6) ? ", keep: true" : "");
        sc_draw_services(d);
        sc_rare_services(d);
        sc_say(d, "]}\n");
    }
    if (d->shape == SC_DRAW_SWITCH || d->shape == SC_DRAW_SWITCHES)
        sc_say(d, "switches:\n  s1: {ports: 8}\n");
    if (d->shape == SC_DRAW_SWITCHES)
        sc_say(d, "  s2: {ports: 8}\n");
    if (d->shape >= SC_DRAW_ROUTER)
        sc_say(d, "routers:\n  r: {addr: [10.0.0.254/24, 10.0.1.254/24]%s%s}\n",
               d->shape == SC_DRAW_NAT ? ", nat: {outside: 2}" : "", one_in(d, 4) ? ", icmp: no-errors" : "");
    if (d->shape >= SC_DRAW_ROUTER && d->hosts > 2)
        sc_say(d, "switches:\n  s1: {ports: 8}\n");
}

static void conditions(struct sc_draw *d)
{
    static const char *const rates[] = {"1Mbit/s", "10Mbit/s", "100Mbit/s", "1Gbit/s"};
    static const char *const queues[] = {"drop-tail", "codel", "red"};
    sc_say(d, ", rate: %s, delay: %ums", rates[below(d, 4)], from_to(d, 0, 60));
    if (one_in(d, 2))
        sc_say(d, ", queue: {kind: %s, packets: %u%s}", queues[below(d, 3)], from_to(d, 5, 100),
               one_in(d, 3) ? ", ecn: true" : "");
    if (one_in(d, 3))
        sc_say(d, ", jitter: %ums", from_to(d, 1, 10));
    if (one_in(d, 2))
        sc_say(d, ", loss: 0.%u%%", from_to(d, 1, 9));
    else if (one_in(d, 4))
        sc_say(d, ", loss: %u%%", from_to(d, 1, 5));
    if (one_in(d, 4))
        sc_say(d, ", burst: {begin: 0.5%%, end: 20%%, loss: 80%%}");
    if (one_in(d, 4))
        sc_say(d, ", reorder: {chance: %u%%, by: %ums}", from_to(d, 1, 10), from_to(d, 1, 30));
    if (one_in(d, 4))
        sc_say(d, ", duplicate: %u%%", from_to(d, 1, 5));
    if (one_in(d, 4)) {
        const uint32_t tenths = from_to(d, 1, 9);
        if (!d->corrupts)
            sc_say(d, ", corrupt: 0.%u%%", tenths);
        d->corrupts = true;
    }
    if (one_in(d, 6))
        sc_say(d, ", truncate: 0.%u%%", from_to(d, 1, 9));
    if (one_in(d, 8))
        sc_say(d, ", flap: {every: %us, down: %ums}", from_to(d, 5, 20), from_to(d, 100, 2000));
    sc_say(d, "}\n");
}

static void link(struct sc_draw *d, uint32_t *links, const char *a, const char *b, bool bad)
{
    sc_say(d, "  - {name: l%u, ends: [%s, %s]", (*links)++, a, b);
    if (bad)
        conditions(d);
    else
        sc_say(d, ", rate: 1Gbit/s}\n");
}

static void links(struct sc_draw *d)
{
    uint32_t n = 0, port = 1;
    char a[16], b[16];
    sc_say(d, "links:\n");
    if (d->shape == SC_DRAW_CABLE) {
        link(d, &n, "h0", "h1", true);
        return;
    }
    if (d->shape >= SC_DRAW_ROUTER) {
        link(d, &n, "h0", "r.1", true);
        if (d->hosts == 2) {
            link(d, &n, "r.2", "h1", true);
            return;
        }
        link(d, &n, "r.2", "s1.8", false);
    }
    if (d->shape == SC_DRAW_SWITCHES)
        link(d, &n, "s1.8", "s2.8", true);
    for (uint32_t i = d->shape >= SC_DRAW_ROUTER ? 1u : 0u; i < d->hosts; i++) {
        snprintf(a, sizeof a, "h%u", i);
        snprintf(b, sizeof b, "s%u.%u", d->shape == SC_DRAW_SWITCHES && i % 2u ? 2u : 1u, port++);
        link(d, &n, a, b, d->shape == SC_DRAW_SWITCH && one_in(d, 2));
    }
}

/* Two that call each other at once. */
static void cross(struct sc_draw *d, uint32_t i, uint32_t a, uint32_t b)
{
    const uint32_t at = below(d, 3000);
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:%u\", from_port: %u, as: c%u}\n", at, a, b, 6000u + i,
           7000u + i, i);
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:%u\", from_port: %u, as: d%u}\n", at, b, a, 7000u + i,
           6000u + i, i);
    sc_say(d, "  - {after: h%u.d%u in ESTABLISHED, plus: %ums, host: h%u, close: d%u}\n", b, i, 500u + below(d, 5000),
           b, i);
}

static void call(struct sc_draw *d, uint32_t i, uint32_t opener, uint32_t server)
{
    const uint32_t at = below(d, 3000);
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:%u\", as: c%u", at, opener, server, one_in(d, 8) ? 81u : 80u,
           i);
    if (one_in(d, 4))
        sc_say(d, ", from_port: %u", 5000u + below(d, 2));
    sc_say(d, "}\n");
    if (one_in(d, 6)) /* perhaps before it is there */
        sc_say(d, "  - {at: %ums, host: h%u, %s: c%u}\n", at + below(d, 300), opener, one_in(d, 2) ? "close" : "abort",
               i);
}

static void connection(struct sc_draw *d, uint32_t i)
{
    static const char *const ends[] = {"close", "shutdown", "shutdown", "close", "abort", "shutdown"};
    /* Behind a translator nobody is called: host 0 calls. */
    const uint32_t opener = d->shape == SC_DRAW_NAT ? 0 : below(d, d->hosts);
    uint32_t server = below(d, d->hosts);
    server = server == opener ? (opener + 1u) % d->hosts : server;
    d->end[i][0] = opener;
    d->end[i][1] = server;
    if (d->shape != SC_DRAW_NAT && one_in(d, 8))
        cross(d, i, opener, server);
    else
        call(d, i, opener, server);
    if (!one_in(d, 6)) {
        sc_say(d, "  - {after: h%u.c%u in ESTABLISHED, plus: %ums, host: h%u, send: %uB, of: c%u", opener, i,
               below(d, 500), opener, from_to(d, 1, one_in(d, 4) ? 400000 : 20000), i);
        if (one_in(d, 3))
            sc_say(d, ", pieces: %u", from_to(d, 2, 60));
        sc_say(d, "}\n");
    }
    sc_say(d, "  - {after: h%u.c%u in ESTABLISHED, plus: %ums, host: h%u, %s: c%u}\n", opener, i, 500u + below(d, 5000),
           opener, ends[below(d, 6)], i);
}

/* What happens to hosts and routers. */
static void mishaps(struct sc_draw *d)
{
    static const char *const sets[] = {"mss: 700",  "delayed_ack: false", "iw: 2",
                                       "mss: 1000", "rto_min: 300ms",     "delayed_ack: 100ms"};
    if (one_in(d, 5))
        sc_say(d, "  - {at: %ums, host: h%u, %s: true}\n", 1000u + below(d, 20000), below(d, d->hosts),
               one_in(d, 3) ? "crash" : "reboot");
    if (one_in(d, 6))
        sc_say(d, "  - {at: %ums, host: h%u, set: {%s}}\n", below(d, 3000), below(d, d->hosts), sets[below(d, 6)]);
    if (d->shape == SC_DRAW_NAT && one_in(d, 3))
        sc_say(d, "  - {at: %ums, host: r, %s: true}\n", 1000u + below(d, 20000), one_in(d, 2) ? "forget" : "rebind");
}

/* One whose window closes: its peer stops reading, and what says that there is room again is lost. */
static void stalls(struct sc_draw *d, uint32_t i)
{
    const uint32_t opener = d->end[i][0], server = d->end[i][1], at = from_to(d, 8, 40);
    sc_say(d, "  - {after: h%u.c%u in ESTABLISHED, host: h%u, read: false, of: c%u}\n", opener, i, server, i);
    sc_say(d, "  - {after: h%u.c%u in ESTABLISHED, plus: %ums, host: h%u, send: %uB, of: c%u}\n", opener, i,
           below(d, 300), opener, from_to(d, 20000, 400000), i);
    sc_say(d, "  - {at: %us, host: h%u, read: true, of: c%u}\n", at, server, i);
    d->mute = server + 1u;
    d->from_s = at - 1u;
    d->until_s = at + from_to(d, 1, 4);
}

/* Both close at once, or open at once and give up; what they say then is lost for long. */
static void parts(struct sc_draw *d, uint32_t i)
{
    const uint32_t a = d->end[i][0], b = d->end[i][1], at = from_to(d, 6, 30);
    const char *const how = one_in(d, 3) ? "shutdown" : "close";
    sc_say(d, "  - {at: %us, host: h%u, %s: c%u}\n  - {at: %us, host: h%u, %s: c%u}\n", at, a, how, i, at, b, how, i);
    if (!one_in(d, 3))
        return;
    d->apart[0] = a;
    d->apart[1] = b;
    d->from_ms = at * 1000u + from_to(d, 1, 40);
    d->apart_until_s = at + from_to(d, 1, 400);
}

/* The same port once more, some time after the first. */
static void again(struct sc_draw *d, uint32_t i)
{
    const uint32_t at = from_to(d, 4, 120), opener = d->end[i][0];
    sc_say(d, "  - {at: %us, host: h%u, connect: \"h%u:80\", from_port: %u, as: e%u}\n", at, opener, d->end[i][1],
           5000u + below(d, 2), i);
    sc_say(d, "  - {after: h%u.e%u in ESTABLISHED, plus: %ums, host: h%u, send: %uB, of: e%u}\n", opener, i,
           below(d, 50), opener, from_to(d, 1, 5000), i);
    sc_say(d, "  - {at: %us, host: h%u, close: e%u}\n", at + from_to(d, 1, 30), opener, i);
    d->agains |= 1u << i;
}

static void timeline(struct sc_draw *d)
{
    const uint32_t n = from_to(d, 1, SC_DRAW_CONNECTIONS);
    sc_say(d, "timeline:\n");
    for (uint32_t i = 0; i < n; i++) {
        connection(d, i);
        if (one_in(d, 6))
            stalls(d, i);
        else if (one_in(d, 4))
            parts(d, i);
        if (one_in(d, 5))
            again(d, i);
    }
    mishaps(d);
    d->connections = n;
    sc_draw_steps(d);
    sc_rare_steps(d);
    for (uint32_t i = 0; i < 2u * n; i++) /* whoever only shut down, or kept it open, closes in the end */
        sc_say(d, "  - {at: %us, host: h%u, close: c%u}\n", 1500u + i, d->end[i / 2u][i % 2u], i / 2u);
    for (uint32_t i = 0; i < n; i++) {
        if (d->agains >> i & 1u)
            sc_say(d, "  - {at: %us, host: h%u, close: e%u}\n", 1520u + i, d->end[i][1], i);
    }
}

static void box(struct sc_draw *d, uint32_t i, const char *kind, uint32_t nth, uint32_t host)
{
    static const char *const whom[] = {"receiver", "sender", "both"};
    static const char *const options[] = {"timestamps", "mss", "sack-permitted", "window-scale", "unknown", "sack"};
    switch (below(d, 5)) {
    case 4:
        sc_say(d, "  - {id: f%u, drop: \"\\\"SYN,ACK\\\" from h%u\", between: [0s, %us]}\n", i, host,
               from_to(d, 1, 60));
        break;
    case 0:
        sc_say(d, "  - {id: f%u, reset: \"%uth %s from h%u\", to: %s}\n", i, nth, kind, host, whom[below(d, 3)]);
        break;
    case 1:
        sc_say(d, "  - {id: f%u, reset: \"every %uth %s from h%u\", to: %s, %s}\n", i, nth + 1u, kind, host,
               whom[below(d, 3)], one_in(d, 2) ? "off: 100" : "guess: true");
        break;
    case 2:
        sc_say(d, "  - {id: f%u, strip: \"%s from h%u\", options: [%s]}\n", i, one_in(d, 2) ? "SYN" : "\\\"SYN,ACK\\\"",
               host, options[below(d, 6)]);
        break;
    default:
        sc_say(d, "  - {id: f%u, edit: \"every %uth ACK from h%u\", fields: {window: %u}}\n", i, nth + 1u, host,
               one_in(d, 2) ? 65535u : below(d, 2000));
        break;
    }
}

/* Segments that nobody sent. */
static void stray(struct sc_draw *d, uint32_t i)
{
    static const char *const later[] = {"", ", by: 50ms", ", by: 3s", ", by: 70s"};
    const uint32_t chance[] = {2, 10, 30};
    sc_say(d, "  - {id: s%u, stray: h%u, chance: %u%%, times: %u%s}\n", i, below(d, d->hosts), chance[below(d, 3)],
           from_to(d, 5, 100), later[below(d, 4)]);
}

static void faults(struct sc_draw *d)
{
    static const char *const kinds[] = {"segment", "data", "SYN", "\\\"SYN,ACK\\\"", "ACK", "FIN", "frame"};
    const uint32_t n = below(d, 4), strays = below(d, 3);
    if (n || strays || d->mute || d->from_ms || d->more_strays || d->crossed || d->ended || sc_rare_has_faults(d))
        sc_say(d, "faults:\n");
    sc_draw_faults(d);
    sc_rare_faults(d);
    if (d->from_ms)
        sc_say(d, "  - {id: apart, partition: [h%u, h%u], between: [%ums, %us]}\n", d->apart[0], d->apart[1],
               d->from_ms, d->apart_until_s);
    else if (d->mute)
        sc_say(d, "  - {id: mute, drop: \"ACK from h%u\", between: [%us, %us]}\n", d->mute - 1u, d->from_s, d->until_s);
    for (uint32_t i = 0; i < strays; i++)
        stray(d, i);
    for (uint32_t i = 0; i < n; i++) {
        const char *kind = kinds[below(d, 7)];
        const uint32_t nth = from_to(d, 1, 9), host = below(d, d->hosts), at = from_to(d, 0, 20);
        switch (below(d, 8)) {
        case 6:
        case 7:
            box(d, i, kind, nth, host);
            break;
        case 0:
            sc_say(d, "  - {id: f%u, drop: \"%uth %s from h%u\"}\n", i, nth, kind, host);
            break;
        case 1:
            sc_say(d, "  - {id: f%u, drop: \"every %uth %s from h%u\", between: [%us, %us]}\n", i, nth + 1u, kind, host,
                   at, at + 10u);
            break;
        case 2:
            sc_say(d, "  - {id: f%u, delay: \"%uth %s from h%u\", by: %ums}\n", i, nth, kind, host,
                   from_to(d, 1, 3000));
            break;
        case 3:
            sc_say(d, "  - {id: f%u, duplicate: \"%uth %s from h%u\", after: %ums}\n", i, nth, kind, host,
                   from_to(d, 1, 3000));
            break;
        case 4:
            sc_say(d, "  - {id: f%u, %s: \"every %uth %s from h%u\", chance: 20%%}\n", i,
                   d->corrupts ? "drop" : "corrupt", nth + 1u, kind, host);
            d->corrupts = true;
            break;
        default:
            sc_say(d, "  - {id: f%u, partition: [h%u, h%u], between: [%us, %us]}\n", i, host, (host + 1u) % d->hosts,
                   at + 4u, at + 5u + below(d, 30));
            break;
        }
    }
}

size_t sc_random(uint64_t seed, char *to, size_t room)
{
    struct sc_draw d = {.to = to, .room = room, .queue = SV_NONE};
    sv_rng_seed(&d.rng, seed, 0, 300);
    sv_rng_seed(&d.more, seed, 0, 301);
    sv_rng_seed(&d.rare, seed, 0, 302);
    d.more_strays = sv_rng_below(&d.more, 3);
    d.shape = below(&d, SC_DRAW_SHAPES);
    d.hosts = d.shape == SC_DRAW_CABLE ? 2 : from_to(&d, 2, SC_DRAW_HOSTS);
    sc_say(&d, "schema: 1\nname: random-%" PRIu64 "\nseed: %" PRIu64 "\nuntil: 3000s\nsettle: 60min\n", seed, seed);
    hosts(&d);
    links(&d);
    timeline(&d);
    faults(&d);
    sc_say(&d, "expect:\n  - {id: whole, streams: accounted}\n  - {id: clean, pools: settled}\n"
               "  - {id: lawful, tcp: lawful}\n");
    sc_say(&d, "limits: {events: 3000000}\n");
    return d.used;
}
