/* SPDX-License-Identifier: BSD-2-Clause */
/* Random worlds, what befalls connections in each of their states: an abort, a crash, urgent data, the same two ports
 * again while one side waits, a queue that nobody empties, strays one after the other. Drawn from a stream of its own,
 * so that the rest of the world is what it would be without. */
#include "scenario/random_draw.h"

#define REUSED 5100u /* ports of connections that are there twice */

static uint32_t below(struct sc_draw *d, uint32_t n)
{
    return sv_rng_below(&d->more, n);
}

static bool one_in(struct sc_draw *d, uint32_t n)
{
    return below(d, n) == 0;
}

static const char *some_state(struct sc_draw *d)
{
    static const char *const states[] = {"SYN-SENT",   "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
                                         "CLOSE-WAIT", "CLOSING",      "LAST-ACK",    "TIME-WAIT"};
    return states[below(d, 9)];
}

/* A little later, or at once. */
static void soon(struct sc_draw *d)
{
    if (!one_in(d, 3))
        sc_say(d, ", plus: %ums", below(d, one_in(d, 2) ? 30 : 3000));
}

void sc_draw_sets(struct sc_draw *d, uint32_t host, bool queue_said)
{
    const bool queue = one_in(d, 8) && !queue_said;
    if (queue) {
        sc_say(d, ", backlog: 1");
    } else if (one_in(d, 12)) { /* the second at once gets a cookie */
        sc_say(d, ", half_open: 1");
        d->cookies = true;
    }
    if (queue || queue_said)
        d->queue = host;
}

/* Whoever calls it waits in its queue, or before it. */
void sc_draw_services(struct sc_draw *d)
{
    sc_say(d, ", {port: 82, app: sink, accept: %us}", 5u + below(d, 60));
}

static void queued(struct sc_draw *d)
{
    const uint32_t b = d->queue, a = d->shape == SC_DRAW_NAT ? 0 : (b + 1u + below(d, d->hosts - 1u)) % d->hosts;
    if (a == b)
        return;
    for (uint32_t k = 0; k < 3; k++) {
        sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:82\", as: q%u}\n", below(d, 3000), a, b, k);
        sc_say(d, "  - {at: %us, host: h%u, close: q%u}\n", 1u + below(d, 90), a, k);
    }
    for (uint32_t k = 0; k < 3; k++)
        sc_say(d, "  - {at: %us, host: h%u, close: q%u}\n  - {at: %us, host: h%u, close: q%u}\n", 1560u + k, a, k,
               1560u + k, b, k);
}

/* One end of a connection, in a state, aborts it, or falls with its host. */
static void ends(struct sc_draw *d)
{
    const uint32_t i = below(d, d->connections), host = d->end[i][below(d, 2)];
    const bool falls = one_in(d, 3);
    sc_say(d, "  - {after: h%u.c%u in %s", host, i, some_state(d));
    soon(d);
    if (falls)
        sc_say(d, ", host: h%u, %s: true}\n", host, one_in(d, 3) ? "crash" : "reboot");
    else
        sc_say(d, ", host: h%u, abort: c%u}\n", host, i);
}

static void urgent(struct sc_draw *d)
{
    static const char *const states[] = {"ESTABLISHED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"};
    const uint32_t i = below(d, d->connections), side = below(d, 2);
    sc_say(d, "  - {after: h%u.c%u in %s", d->end[i][side], i, states[below(d, 5)]);
    soon(d);
    sc_say(d, ", host: h%u, send: %uB, urgent: true, of: c%u}\n", d->end[i][one_in(d, 2)],
           1u + below(d, one_in(d, 2) ? 100 : 20000), i);
}

/* Both ports once more, as soon as one side waits, or later: RFC 6191. */
static void reused(struct sc_draw *d, uint32_t k)
{
    const uint32_t a = d->shape == SC_DRAW_NAT ? 0 : below(d, d->hosts);
    const uint32_t b = (a + 1u + below(d, d->hosts - 1u)) % d->hosts, waits = one_in(d, 3) ? a : b;
    const uint32_t other = waits == a ? b : a;
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:80\", from_port: %u, as: g%u}\n", below(d, 3000), a, b,
           REUSED + k, k);
    sc_say(d, "  - {after: h%u.g%u in ESTABLISHED, plus: %ums, host: h%u, close: g%u}\n", waits, k, below(d, 2000),
           waits, k);
    sc_say(d, "  - {after: h%u.g%u in CLOSE-WAIT, plus: %ums, host: h%u, close: g%u}\n", other, k, below(d, 500), other,
           k);
    sc_say(d, "  - {after: h%u.g%u in TIME-WAIT, plus: %ums, host: h%u, connect: \"h%u:80\", from_port: %u, as: k%u}\n",
           waits, k, below(d, one_in(d, 2) ? 100 : 70000), a, b, REUSED + k, k);
    sc_say(d, "  - {after: h%u.k%u in ESTABLISHED, plus: %ums, host: h%u, send: %uB, of: k%u}\n", a, k, below(d, 50), a,
           1u + below(d, 3000), k);
    sc_say(d, "  - {after: h%u.k%u in ESTABLISHED, plus: %ums, host: h%u, close: k%u}\n", a, k, 100u + below(d, 3000),
           a, k);
    sc_say(d, "  - {at: %us, host: h%u, close: g%u}\n  - {at: %us, host: h%u, close: g%u}\n", 1540u + k, a, k,
           1540u + k, b, k);
    sc_say(d, "  - {at: %us, host: h%u, close: k%u}\n  - {at: %us, host: h%u, close: k%u}\n", 1550u + k, a, k,
           1550u + k, b, k);
}

/* Two that call each other, and hear each other's SYN,ACK late or never: in SYN-RECEIVED for long. */
static void crossed(struct sc_draw *d)
{
    static const char *const verbs[] = {"abort", "close", "shutdown"};
    const uint32_t a = below(d, d->hosts), b = (a + 1u + below(d, d->hosts - 1u)) % d->hosts;
    const uint32_t at = below(d, 3000), who = one_in(d, 2) ? a : b;
    const char name = who == a ? 'a' : 'b';
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:6100\", from_port: 7100, as: xa}\n", at, a, b);
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:7100\", from_port: 6100, as: xb}\n", at, b, a);
    if (!one_in(d, 4)) {
        sc_say(d, "  - {after: h%u.x%c in SYN-RECEIVED", who, name);
        soon(d);
        if (one_in(d, 3))
            sc_say(d, ", host: h%u, reboot: true}\n", who);
        else
            sc_say(d, ", host: h%u, %s: x%c}\n", who, verbs[below(d, 3)], name);
    }
    sc_say(d, "  - {at: %us, host: h%u, close: xa}\n  - {at: %us, host: h%u, close: xb}\n", 1570u, a, 1571u, b);
    d->crossed = one_in(d, 3) ? 3u : 1u + below(d, 2);
    d->crossed_until_s = one_in(d, 2) ? 5u : 400u;
    d->crossed_end[0] = a;
    d->crossed_end[1] = b;
}

/* Both end at once, or one after the other; the last acknowledgements of one are lost for long, and the other gives
 * up, or falls. */
static void ended(struct sc_draw *d)
{
    static const char *const states[] = {"CLOSING", "LAST-ACK", "FIN-WAIT-1", "CLOSING", "LAST-ACK"};
    const uint32_t a = d->shape == SC_DRAW_NAT ? 0 : below(d, d->hosts);
    const uint32_t b = (a + 1u + below(d, d->hosts - 1u)) % d->hosts, at = 4u + below(d, 20);
    const uint32_t first = one_in(d, 2) ? a : b, other = first == a ? b : a;
    const bool together = one_in(d, 2);
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:80\", as: z}\n", below(d, 3000), a, b);
    sc_say(d, "  - {at: %us, host: h%u, shutdown: z}\n", at, first);
    sc_say(d, "  - {at: %ums, host: h%u, shutdown: z}\n", at * 1000u + (together ? below(d, 2) : 1000u), other);
    if (!one_in(d, 3)) {
        const uint32_t who = one_in(d, 2) ? first : other;
        sc_say(d, "  - {after: h%u.z in %s", who, states[below(d, 5)]);
        soon(d);
        if (one_in(d, 2))
            sc_say(d, ", host: h%u, %s: true}\n", who, one_in(d, 3) ? "crash" : "reboot");
        else
            sc_say(d, ", host: h%u, abort: z}\n", who);
    }
    sc_say(d, "  - {at: %us, host: h%u, close: z}\n  - {at: %us, host: h%u, close: z}\n", 1580u, a, 1581u, b);
    d->ended = 1u + (one_in(d, 2) ? first : other);
    d->ended_from_s = at;
    d->ended_until_s = at + (one_in(d, 2) ? 5u : 1200u);
}

/* One reads nothing for long: longer than anybody would wait for an answer. */
static void pinned(struct sc_draw *d)
{
    const uint32_t i = below(d, d->connections), opener = d->end[i][0], server = d->end[i][1];
    sc_say(d, "  - {after: h%u.c%u in ESTABLISHED, host: h%u, read: false, of: c%u}\n", opener, i, server, i);
    sc_say(d, "  - {after: h%u.c%u in ESTABLISHED, plus: %ums, host: h%u, send: %uB, of: c%u}\n", opener, i,
           below(d, 300), opener, 100000u + below(d, 600000), i);
    sc_say(d, "  - {at: %us, host: h%u, read: true, of: c%u}\n", 100u + below(d, 1100), server, i);
}

void sc_draw_steps(struct sc_draw *d)
{
    if (one_in(d, 4) && d->shape != SC_DRAW_NAT)
        crossed(d);
    if (one_in(d, 3))
        ended(d);
    if (one_in(d, 6))
        pinned(d);
    for (uint32_t k = 0; k < 2 && !one_in(d, 2); k++)
        reused(d, k);
    for (uint32_t k = 0; k < 2 && one_in(d, 2); k++)
        urgent(d);
    if (one_in(d, 3))
        ends(d);
    if (d->queue != SV_NONE && !one_in(d, 3))
        queued(d);
}

void sc_draw_faults(struct sc_draw *d)
{
    for (uint32_t k = 0; k < 2; k++) {
        if (d->crossed >> k & 1u)
            sc_say(d, "  - {id: x%u, drop: \"\\\"SYN,ACK\\\" from h%u with source_port %u\", between: [0s, %us]}\n", k,
                   d->crossed_end[k], k ? 6100u : 7100u, d->crossed_until_s);
    }
    if (d->ended)
        sc_say(d, "  - {id: zf, drop: \"ACK from h%u of z\", between: [%us, %us]}\n", d->ended - 1u, d->ended_from_s,
               d->ended_until_s);
    static const char *const every[] = {"2ms", "5ms", "20ms", "100ms", "700ms", "3s", "10s"};
    for (uint32_t i = 0; i < d->more_strays; i++) {
        sc_say(d, "  - {id: m%u, stray: h%u, every: %s, times: %u", i, below(d, d->hosts), every[below(d, 7)],
               20u + below(d, 130));
        if (one_in(d, 2)) {
            const uint32_t from = below(d, 60);
            sc_say(d, ", between: [%us, %us]", from, from + 600u);
        }
        sc_say(d, "}\n");
    }
}
