/* SPDX-License-Identifier: BSD-2-Clause */
/* Random worlds, what is rare: a peer that is gone while the other has the last word, one that says again and again
 * that it takes nothing, a handshake whose third message is long lost, a half-closed connection that stays, SYNs that
 * bring text with them, and segments that nobody sent to each of them. Drawn from a stream of its own. */
#include "scenario/random_draw.h"

enum { LEFT_PORT = 5200, FED_PORT = 5210, HALF_PORT = 5220, STAYS_PORT = 5230, FAST_PORT = 5240 };

static uint32_t below(struct sc_draw *d, uint32_t n)
{
    return sv_rng_below(&d->rare, n);
}

static bool one_in(struct sc_draw *d, uint32_t n)
{
    return below(d, n) == 0;
}

/* Who calls, and who is called. */
static void two(struct sc_draw *d, uint32_t *a, uint32_t *b)
{
    *a = d->shape == SC_DRAW_NAT ? 0 : below(d, d->hosts);
    *b = (*a + 1u + below(d, d->hosts - 1u)) % d->hosts;
}

/* It closes what it began, and so does the other. */
static void ends(struct sc_draw *d, uint32_t at_s, uint32_t a, uint32_t b, const char *name)
{
    sc_say(d, "  - {at: %us, host: h%u, close: %s}\n  - {at: %us, host: h%u, close: %s}\n", at_s, a, name, at_s, b,
           name);
}

/* One side has ended, the other writes on, and hears nothing more. */
static void left(struct sc_draw *d)
{
    uint32_t a, b;
    two(d, &a, &b);
    d->left_host = a;
    d->left_at_ms = 5000u + below(d, 5000);
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:83\", from_port: %u, as: left}\n", below(d, 3000), a, b,
           (uint32_t)LEFT_PORT);
    sc_say(d, "  - {at: %ums, host: h%u, shutdown: left}\n", d->left_at_ms - 1000u, a);
    sc_say(d, "  - {at: %ums, host: h%u, send: %uB, of: left}\n", d->left_at_ms + 1u, b, 1u + below(d, 50000));
    ends(d, 1590, a, b, "left");
}

/* One takes nothing for long, and the other is made to believe for a while that it does. */
static void fed(struct sc_draw *d)
{
    uint32_t a, b;
    two(d, &a, &b);
    d->fed_host = b + 1u;
    d->fed_from_s = 4u + below(d, 10);
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:83\", from_port: %u, as: fed}\n", below(d, 2000), a, b,
           (uint32_t)FED_PORT);
    sc_say(d, "  - {after: h%u.fed in ESTABLISHED, plus: 1ms, host: h%u, read: false, of: fed}\n", b, b);
    sc_say(d, "  - {after: h%u.fed in ESTABLISHED, plus: %ums, host: h%u, send: %uB, of: fed}\n", a, below(d, 300), a,
           300000u + below(d, 400000));
    sc_say(d, "  - {at: %us, host: h%u, read: true, of: fed}\n", 1100u + below(d, 200), b);
    ends(d, 1595, a, b, "fed");
}

/* Its third message is lost for long: SYN-RECEIVED of a listener. */
static void half(struct sc_draw *d)
{
    uint32_t a, b;
    two(d, &a, &b);
    d->half_host[0] = a;
    d->half_host[1] = b;
    d->half_until_s = 3u + below(d, 60);
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:83\", from_port: %u, as: half}\n", below(d, 3000), a, b,
           (uint32_t)HALF_PORT);
    sc_say(d, "  - {at: %us, host: h%u, send: 3000B, of: half}\n", 2u + below(d, 60), a);
    ends(d, 1600, a, b, "half");
}

/* One side has ended, the other stays: FIN-WAIT-2 and CLOSE-WAIT. */
static void stays(struct sc_draw *d)
{
    uint32_t a, b;
    two(d, &a, &b);
    const uint32_t ending = one_in(d, 3) ? b : a;
    d->stays_host = ending + 1u;
    sc_say(d, "  - {at: %ums, host: h%u, connect: \"h%u:83\", from_port: %u, as: stays}\n", below(d, 2000), a, b,
           (uint32_t)STAYS_PORT);
    if (one_in(d, 2))
        sc_say(d, "  - {after: h%u.stays in ESTABLISHED, host: h%u, send: %uB, of: stays}\n", a, ending,
               1u + below(d, 3000));
    sc_say(d, "  - {at: %us, host: h%u, shutdown: stays}\n", 4u + below(d, 5), ending);
    ends(d, 1605, a, b, "stays");
}

void sc_rare_services(struct sc_draw *d)
{
    sc_say(d, ", {port: 83, app: sink, keep: true}");
}

void sc_rare_steps(struct sc_draw *d)
{
    if (one_in(d, 4))
        left(d);
    if (one_in(d, 6))
        fed(d);
    if (one_in(d, 4) && !d->cookies) /* whose SYN is whose is not to be known of who keeps none */
        half(d);
    if (one_in(d, 4))
        stays(d);
}

/* One after the other, while it is so. */
static void strays(struct sc_draw *d, const char *id, uint32_t host, uint32_t from_s, uint32_t until_s)
{
    static const char *const every[] = {"20ms", "100ms", "300ms", "1s"};
    sc_say(d, "  - {id: %s, stray: h%u, every: %s, times: %u, between: [%us, %us]}\n", id, host, every[below(d, 4)],
           20u + below(d, 130), from_s, until_s);
}

bool sc_rare_has_faults(const struct sc_draw *d)
{
    return d->left_at_ms || d->fed_host || d->half_until_s || d->stays_host;
}

void sc_rare_faults(struct sc_draw *d)
{
    if (d->left_at_ms)
        sc_say(d, "  - {id: left, drop: \"segment from h%u with source_port %u\", between: [%ums, 3000s]}\n",
               d->left_host, (uint32_t)LEFT_PORT, d->left_at_ms);
    if (d->fed_host)
        sc_say(d,
               "  - {id: fed, edit: \"every %uth ACK from h%u with destination_port %u\", fields: {window: 65535}, "
               "between: [%us, %us]}\n",
               2u + below(d, 3), d->fed_host - 1u, (uint32_t)FED_PORT, d->fed_from_s,
               d->fed_from_s + 1u + below(d, 30));
    if (d->half_until_s) {
        sc_say(d, "  - {id: half, drop: \"segment from h%u with source_port %u with ACK 1\", between: [0s, %us]}\n",
               d->half_host[0], (uint32_t)HALF_PORT, d->half_until_s);
        strays(d, "halfs", d->half_host[1], 0, d->half_until_s);
    }
    if (d->stays_host)
        strays(d, "stayss", d->stays_host - 1u, 6, 1500);
    if (d->crossed) {
        strays(d, "crossa", d->crossed_end[0], 0, 30);
        strays(d, "crossb", d->crossed_end[1], 0, 30);
    }
}
