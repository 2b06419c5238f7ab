/* SPDX-License-Identifier: BSD-2-Clause */
/* Forwarding with a table of a million routes: Seven in memory, and beside each other Seven and the kernel between two
 * TAPs, the same packets, round by round in one run. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/forward.h"
#include "port/cpu.h"
#include "port/memory.h"
#include "seven/arena.h"

#define ROUNDS_MAX 32u
#define POOL_BUFS 4096u
#define POOL_SLABS 8192u

const uint8_t forward_mac_in[6] = {2, 0, 0, 0, 8, 1};
static const uint8_t mac_out[6] = {2, 0, 0, 0, 9, 1}, mac_sender[6] = {2, 0, 0, 0, 8, 2};

enum { MEMORY, TAPS, KERNEL, WAYS };
static const char *const way_name[WAYS] = {"seven, in memory", "seven, two TAPs", "kernel, two TAPs"};
static const uint32_t size_of[] = {64, 1500};
#define SIZES (sizeof size_of / sizeof size_of[0])

struct options {
    uint64_t seed, budget_ns;
    uint32_t prefixes, rounds;
    const char *json;
};

struct row {
    const char *absent;
    uint32_t n;
    double ns[ROUNDS_MAX];
};

void forward_mac_of_hop(uint32_t hop, uint8_t mac[6])
{
    memcpy(mac, (uint8_t[]){2, 0, 0, 9, (uint8_t)(hop >> 8), (uint8_t)hop}, 6);
}

struct sv_addr forward_gateway(uint32_t hop)
{
    return sv_addr_v4(10, 9, (uint8_t)((hop + 1) >> 8), (uint8_t)(hop + 1));
}

static uint16_t sum_of(const uint8_t *p, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i += 2)
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffffu) + (sum >> 16);
    return (uint16_t)sum;
}

static void put16(uint8_t *to, uint32_t v)
{
    to[0] = (uint8_t)(v >> 8);
    to[1] = (uint8_t)v;
}

void forward_frame(const struct forward_table *t, uint32_t k, uint32_t bytes, const uint8_t mac[6], uint8_t *to)
{
    const uint32_t dst = t->keys.four[k];
    memset(to, 0, FORWARD_HEADERS);
    memcpy(to, mac, 6);
    memcpy(to + 6, mac_sender, 6);
    put16(to + 12, 0x0800);
    uint8_t *ip = to + FORWARD_ETHERNET;
    ip[0] = 0x45;
    put16(ip + 2, bytes);
    ip[6] = 0x40;
    ip[8] = 64;
    ip[9] = 17;
    memcpy(ip + 12, (uint8_t[]){10, 8, 0, 2}, 4);
    put16(ip + 16, dst >> 16);
    put16(ip + 18, dst);
    put16(ip + 10, (uint16_t)~sum_of(ip, 20));
    put16(ip + 20, 4000); /* UDP without a checksum (RFC 768) */
    put16(ip + 22, 9);
    put16(ip + 24, bytes - 20);
}

bool forward_frame_holds(const struct forward_table *t, uint32_t k, uint32_t bytes, const uint8_t *frame, uint32_t n)
{
    uint8_t want[FORWARD_HEADERS];
    const uint8_t *ip = frame + FORWARD_ETHERNET;
    forward_frame(t, k, bytes, forward_mac_in, want);
    if (n < FORWARD_ETHERNET + bytes || memcmp(frame, (uint8_t[]){2, 0, 0, 9}, 4) != 0 || ip[8] != 63 ||
        sum_of(ip, 20) != 0xffff)
        return false;
    want[FORWARD_ETHERNET + 8] = 63;
    memcpy(want + FORWARD_ETHERNET + 10, ip + 10, 2);
    return memcmp(want + 12, frame + 12, FORWARD_HEADERS - 12) == 0;
}

/* --- the table and the router --- */

/* Neither our own networks nor what no router forwards. */
static bool usable(uint32_t addr)
{
    const uint32_t first = addr >> 24;
    return first != 0 && first != 10 && first != 127 && first < 224 && addr >> 16 != 0xa9fe;
}

static bool table_make(struct forward_table *t, const struct options *o)
{
    if (!lpm_table_make(&t->routes, o->seed, o->prefixes, 0) ||
        !lpm_keys_make(&t->keys, &t->routes, false, LPM_ROUTED, o->seed, FORWARD_KEYS))
        return false;
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->routes.n4; i++) /* in place: what is not to be routed goes */
        if (usable((uint32_t)t->routes.four[i].bytes[0] << 24 | (uint32_t)t->routes.four[i].bytes[1] << 16))
            t->routes.four[n++] = t->routes.four[i];
    t->routes.n4 = n;
    n = 0;
    for (uint32_t i = 0; i < t->keys.n; i++)
        if (usable(t->keys.four[i]))
            t->keys.four[n++] = t->keys.four[i];
    t->keys.n = n / SV_BURST * SV_BURST;
    return t->keys.n >= SV_BURST;
}

/* The gateway of an address by a plain walk over the whole list. */
static uint32_t walk(const struct forward_table *t, uint32_t addr)
{
    uint32_t best = 0, longest = 0;
    for (uint32_t i = 0; i < t->routes.n4; i++) {
        const struct lpm_prefix *p = &t->routes.four[i];
        const uint32_t net =
            (uint32_t)p->bytes[0] << 24 | (uint32_t)p->bytes[1] << 16 | (uint32_t)p->bytes[2] << 8 | p->bytes[3];
        if (p->length >= longest && (p->length == 0 || (net ^ addr) >> (32 - p->length) == 0)) {
            best = p->hop;
            longest = p->length;
        }
    }
    return best;
}

static bool port_add(struct sv_stack *s, const uint8_t mac[6], const struct sv_addr *addr, uint32_t length,
                     sv_port want, sv_time now)
{
    struct sv_interface_config i = {
        .size = sizeof i, .flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS, .mtu = 1500, .queue = 1024};
    sv_port port = SV_NO_PORT;
    memcpy(i.mac, mac, 6);
    if (sv_interface_add(s, &i, &port, now) != SV_OK || port != want)
        return false;
    sv_interface_set_up(s, port, true, now);
    return sv_address_add(s, port, addr, length, now) == SV_OK;
}

static bool router_open(struct forward_router *r, const struct forward_table *t)
{
    struct sv_stack_config c = {.size = sizeof c,
                                .seed = 5,
                                .cpu = sv_cpu_detect(),
                                .forward = 1,
                                .interfaces = 2,
                                .addresses = 8,
                                .neighbours = 1024,
                                .routes = t->routes.n4 + t->routes.n4 / 8 + 1024,
                                .connections = 16,
                                .half_open = 16,
                                .time_waits = 16};
    const uint64_t bytes = sv_stack_bytes(&c) + sv_pool_bytes(POOL_BUFS, POOL_SLABS) + (1u << 20);
    void *memory = sv_memory_map(bytes, true);
    struct sv_arena *arena = memory ? sv_arena_create(memory, bytes) : NULL;
    const sv_time now = bench_wall_ns();
    const struct sv_addr in = sv_addr_v4(10, 8, 0, 1), out = sv_addr_v4(10, 9, 0, 1);
    r->pool = arena ? sv_pool_create(arena, POOL_BUFS, POOL_SLABS) : NULL;
    r->stack = r->pool ? sv_stack_create(arena, r->pool, &c, now) : NULL;
    if (!r->stack || !port_add(r->stack, forward_mac_in, &in, 24, 0, now) ||
        !port_add(r->stack, mac_out, &out, 16, 1, now))
        return false;
    r->node = sv_stack_node(r->stack);
    bool good = true;
    for (uint32_t hop = 1; good && hop <= t->routes.hops; hop++) {
        const struct sv_addr gateway = forward_gateway(hop);
        uint8_t mac[6];
        forward_mac_of_hop(hop, mac);
        good = sv_neighbour_add(r->stack, 1, &gateway, mac, now) == SV_OK;
    }
    const uint64_t began = bench_cpu_ns();
    for (uint32_t i = 0; good && i < t->routes.n4; i++) {
        const struct lpm_prefix *p = &t->routes.four[i];
        const struct sv_addr prefix = sv_addr_v4(p->bytes[0], p->bytes[1], p->bytes[2], p->bytes[3]);
        const struct sv_addr gateway = forward_gateway(p->hop);
        good = sv_route_add(r->stack, &prefix, p->length, &gateway, 1, now) == SV_OK;
    }
    r->load_s = (double)(bench_cpu_ns() - began) / 1e9;
    r->megabytes = (double)sv_arena_used(arena) / 1e6;
    return good;
}

/* --- in memory --- */

/* One burst through; the packets that came out lie in `burst`. A device's part, writing the headers, is in the time. */
static bool pass(struct forward_router *r, uint8_t (*headers)[FORWARD_HEADERS], struct sv_burst *burst, sv_time now)
{
    const struct sv_room room = {SV_BURST, UINT32_MAX, 0};
    for (uint32_t i = 0; i < SV_BURST; i++) {
        struct sv_buf *b = burst->packet[i];
        memcpy(sv_buf_head(b), headers[i], FORWARD_HEADERS);
        b->flags = 0;
    }
    burst->n = SV_BURST;
    sv_node_receive(r->node, 0, burst, now);
    burst->n = 0;
    return sv_node_transmit(r->node, 1, room, burst, now) == SV_BURST;
}

static bool burst_make(struct forward_router *r, uint32_t bytes, struct sv_burst *burst)
{
    static const uint8_t zero[2048];
    for (burst->n = 0; burst->n < SV_BURST; burst->n++) {
        struct sv_buf *b = sv_buf_alloc_slab(r->pool, SV_WANT_DATA, 0, 64);
        burst->packet[burst->n] = b;
        if (!b || !sv_buf_append(b, zero, FORWARD_ETHERNET + bytes, SV_WANT_DATA))
            return false;
    }
    return true;
}

static double memory_run(struct forward_router *r, const struct forward_table *t, uint32_t bytes, uint64_t budget_ns,
                         const char **why)
{
    static uint8_t headers[FORWARD_KEYS][FORWARD_HEADERS];
    struct sv_burst burst;
    uint8_t frame[2048];
    bool good = burst_make(r, bytes, &burst);
    uint64_t took = 0, packets = 0;
    for (uint32_t k = 0; k < t->keys.n; k++)
        forward_frame(t, k, bytes, forward_mac_in, headers[k]);
    for (uint32_t k = 0; good && k < t->keys.n; k += SV_BURST) { /* all of them once, untimed, and compared */
        good = pass(r, headers + k, &burst, bench_wall_ns());
        for (uint32_t i = 0; good && i < burst.n; i++) {
            uint8_t mac[6];
            good = sv_buf_read(burst.packet[i], 0, frame, FORWARD_ETHERNET + bytes) &&
                   forward_frame_holds(t, k + i, bytes, frame, burst.packet[i]->length);
            if (good && (k + i) % 1024 == 0) {
                forward_mac_of_hop(walk(t, t->keys.four[k + i]), mac);
                good = memcmp(frame, mac, 6) == 0;
            }
        }
    }
    while (good && took < budget_ns) {
        const sv_time now = bench_wall_ns();
        const uint64_t began = bench_cpu_ns();
        for (uint32_t k = 0; good && k < t->keys.n; k += SV_BURST)
            good = pass(r, headers + k, &burst, now);
        took += bench_cpu_ns() - began;
        packets += t->keys.n;
    }
    for (uint32_t i = 0; i < burst.n; i++)
        sv_buf_free(burst.packet[i]);
    if (!good)
        *why = "a packet did not come out as it should";
    return good ? (double)took / (double)packets : -1;
}

/* --- the program --- */

static int usage(FILE *to)
{
    fprintf(to, "usage: bench_forward [--seed N] [--prefixes N] [--rounds N] [--ms N] [--quick] [--json FILE]\n"
                "  --seed      of the routes and the destinations [1]\n"
                "  --prefixes  IPv4 routes [1000000; quick 50000]\n"
                "  --rounds    interleaved rounds [5; quick 2]\n"
                "  --ms        a row and round [200; quick 50]\n"
                "  --json      where the figures go [bench/forward.json]\n");
    return to == stderr ? 2 : 0;
}

static bool number(const char *text, uint64_t most, uint64_t *to)
{
    char *end = NULL;
    *to = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *to <= most;
}

static int options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        {"seed", required_argument, NULL, 's'},   {"prefixes", required_argument, NULL, 'p'},
        {"rounds", required_argument, NULL, 'r'}, {"ms", required_argument, NULL, 'm'},
        {"quick", no_argument, NULL, 'q'},        {"json", required_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    uint64_t v = 0;
    bool good = true;
    for (int k; (k = getopt_long(argc, argv, "h", longs, NULL)) != -1;) {
        if (k == 's')
            good &= number(optarg, UINT64_MAX, &o->seed);
        else if (k == 'p' && (good &= number(optarg, 2000000, &v) && v > 0))
            o->prefixes = (uint32_t)v;
        else if (k == 'r' && (good &= number(optarg, ROUNDS_MAX, &v) && v > 0))
            o->rounds = (uint32_t)v;
        else if (k == 'm' && (good &= number(optarg, 60000, &v)))
            o->budget_ns = v * 1000000u;
        else if (k == 'q')
            o->prefixes = 50000, o->rounds = 2, o->budget_ns = 50000000;
        else if (k == 'j')
            o->json = optarg;
        else if (k == 'h')
            return usage(stdout);
        else if (k == '?')
            good = false;
    }
    return good && optind == argc ? -1 : usage(stderr);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(struct row row[WAYS][SIZES], FILE *json)
{
    const char *comma = "";
    printf("%-18s %6s %14s %12s  (least-most)\n", "", "bytes", "packets/s", "ns a packet");
    for (uint32_t z = 0; z < SIZES; z++) {
        for (uint32_t w = 0; w < WAYS; w++) {
            struct row *x = &row[w][z];
            if (x->absent || !x->n) {
                printf("%-18s %6u absent: %s\n", way_name[w], size_of[z], x->absent ? x->absent : "not run");
                continue;
            }
            qsort(x->ns, x->n, sizeof x->ns[0], ascending);
            const double ns = x->ns[x->n / 2];
            printf("%-18s %6u %14.0f %12.1f  (%.1f-%.1f)\n", way_name[w], size_of[z], 1e9 / ns, ns, x->ns[0],
                   x->ns[x->n - 1]);
            if (json)
                fprintf(json, "%s  {\"way\": \"%s\", \"ip_bytes\": %u, \"ns\": %.1f, \"packets_per_s\": %.0f}", comma,
                        way_name[w], size_of[z], ns, 1e9 / ns);
            comma = ",\n";
        }
        const struct row *seven = &row[TAPS][z], *kernel = &row[KERNEL][z];
        if (seven->n && kernel->n && !seven->absent && !kernel->absent)
            printf("between TAPs the kernel takes %.2f of Seven's time\n",
                   kernel->ns[kernel->n / 2] / seven->ns[seven->n / 2]);
    }
}

static void measure(struct forward_router *r, const struct forward_table *t, struct forward_taps *taps,
                    const struct options *o, struct row row[WAYS][SIZES])
{
    for (uint32_t round = 0; round < o->rounds; round++)
        for (uint32_t z = 0; z < SIZES; z++)
            for (uint32_t w = 0; w < WAYS; w++) {
                struct row *x = &row[w][z];
                if (x->absent)
                    continue;
                const double ns = w == MEMORY ? memory_run(r, t, size_of[z], o->budget_ns, &x->absent)
                                  : w == TAPS ? forward_taps_seven(taps, size_of[z], o->budget_ns, &x->absent)
                                              : forward_taps_kernel(taps, size_of[z], o->budget_ns, &x->absent);
                if (ns > 0)
                    x->ns[x->n++] = ns;
            }
}

int main(int argc, char **argv)
{
    struct options o = {1, 200000000, 1000000, 5, "bench/forward.json"};
    static struct row row[WAYS][SIZES];
    struct forward_table t;
    struct forward_router r;
    const char *absent = NULL, *kernel_absent = NULL;
    const int status = options(argc, argv, &o);
    if (status >= 0)
        return status;
    if (!table_make(&t, &o) || !router_open(&r, &t)) {
        fprintf(stderr, "bench_forward: no memory for the table\n");
        return 1;
    }
    printf("forwarding, seed %llu: %u IPv4 routes loaded in %.2f s (world %.0f MB), %u destinations in turn, UDP\n",
           (unsigned long long)o.seed, t.routes.n4, r.load_s, r.megabytes, t.keys.n);
    printf("in memory: processor time; between TAPs: wall time of one thread that also sends and takes the frames\n");
    struct forward_taps *taps = forward_taps_open(&t, &r, &absent, &kernel_absent);
    if (taps && !kernel_absent)
        printf("the kernel took the same routes in %.1f s (ip -batch)\n", forward_taps_kernel_load_s(taps));
    for (uint32_t z = 0; z < SIZES; z++) {
        row[TAPS][z].absent = absent;
        row[KERNEL][z].absent = absent ? absent : kernel_absent;
    }
    measure(&r, &t, taps, &o, row);
    FILE *json = fopen(o.json, "w");
    if (json)
        fprintf(json, "{\"schema\": 1, \"seed\": %llu, \"routes\": %u, \"rows\": [\n", (unsigned long long)o.seed,
                t.routes.n4);
    print(row, json);
    if (json) {
        fprintf(json, "\n]}\n");
        fclose(json);
    }
    forward_taps_close(taps);
    return row[MEMORY][0].n && row[MEMORY][1].n ? 0 : 1;
}
