/* SPDX-License-Identifier: BSD-2-Clause */
/* The world of bench/world.h, through Seven's stacks and links, and what ns-3 says of the same. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/world.h"
#include "bench/world_bench.h"
#include "port/cpu.h"
#include "port/memory.h"
#include "seven/host.h"
#include "seven/seven.h"
#include "sim/link.h"
#include "sim/world.h"

#define ARENA (96u << 20)
#define PACKETS 20000u
#define PIECE 65536u
#define IDLE 1000u
#define ROUNDS 3u

struct transfer {
    struct sv_stack *stack[2];
    struct sv_host host[2];
    struct sv_sim sim;
    sv_sock out;
    uint64_t wanted, sent, data_seen, accepted;
    struct bench_reader reader;
};

struct told {
    uint64_t bytes, segments, retransmits, window, events;
    double seconds, cpu, wall;
};

static void sender_event(void *self, struct sv_stack *s, const struct sv_event *e, sv_time now)
{
    struct transfer *t = self;
    (void)e;
    while (t->sent < t->wanted) {
        const uint64_t rest = t->wanted - t->sent, at = t->sent % BENCH_PERIOD;
        size_t n = (size_t)(rest < PIECE ? rest : PIECE), taken = 0;
        n = n < BENCH_PERIOD ? n : BENCH_PERIOD;
        if (sv_send(s, t->out, bench_pattern() + at, n, &taken, now) != SV_OK || !taken)
            return;
        t->sent += taken;
    }
}

static void receiver_event(void *self, struct sv_stack *s, const struct sv_event *e, sv_time now)
{
    static uint8_t bytes[PIECE];
    struct transfer *t = self;
    sv_sock in = e->socket;
    size_t n = 0;
    while (e->what & SV_EVENT_ACCEPT && sv_accept(s, e->socket, &in, now) == SV_OK)
        t->accepted++;
    while (sv_recv(s, in, bytes, sizeof bytes, &n, now) == SV_OK && n)
        bench_reader_take(&t->reader, bytes, n);
}

static const struct sv_app sender = {sender_event, NULL, NULL}, receiver = {receiver_event, NULL, NULL};

/* Losses by number, of what comes out of the link. */
static void lose(void *self, const struct sv_passage *p, struct sv_burst *b)
{
    struct transfer *t = self;
    uint32_t kept = 0;
    if (p->from != 2 || p->to != 1)
        return;
    for (uint32_t i = 0; i < b->n; i++) {
        if (b->packet[i]->length > 500 && world_loses(++t->data_seen))
            sv_buf_free(b->packet[i]);
        else
            b->packet[kept++] = b->packet[i];
    }
    b->n = kept;
}

static bool open_host(struct transfer *t, struct sv_arena *arena, struct sv_pool *pool, uint32_t h, uint32_t n)
{
    const struct sv_stack_config c = {.size = sizeof c,
                                      .host = h + 1u,
                                      .seed = 1,
                                      .connections = n,
                                      .half_open = n,
                                      .neighbours = 4,
                                      .cpu = sv_cpu_detect(),
                                      .congestion = SV_CC_RENO,
                                      .send_buffer = WORLD_BUFFER,
                                      .recv_buffer = WORLD_BUFFER};
    const struct sv_interface_config i = {
        .size = sizeof i, .flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS, .mac = {2, 0, 0, 0, 0, (uint8_t)(h + 1u)}};
    const struct sv_addr ours = sv_addr_v4(10, 0, 0, (uint8_t)(h + 1u));
    const struct sv_addr other = sv_addr_v4(10, 0, 0, (uint8_t)(2u - h));
    const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(2u - h)};
    sv_port port;
    struct sv_stack *s = t->stack[h] = sv_stack_create(arena, pool, &c, 0);
    if (!s || sv_interface_add(s, &i, &port, 0) != SV_OK || sv_address_add(s, port, &ours, 24, 0) != SV_OK ||
        sv_neighbour_add(s, port, &other, mac, 0) != SV_OK)
        return false;
    t->host[h] = (struct sv_host){.stack = s};
    t->sim.host[h] = &t->host[h];
    return sv_host_add(&t->host[h], h ? &receiver : &sender, t) == 0 &&
           sv_world_add(t->sim.world, sv_stack_node(s)) == h;
}

static bool open_world(struct transfer *t, void *memory, uint32_t connections)
{
    const struct sv_endpoint at = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    const struct sv_listen_options listen = {.size = sizeof listen, .backlog = connections, .half_open = connections};
    const struct sv_connect_options connect = {.size = sizeof connect};
    const struct sv_link_way way = {
        .rate_bit_s = WORLD_RATE_BIT_S, .delay_ns = WORLD_DELAY_MS * SV_MS, .queue_packets = WORLD_QUEUE};
    const struct sv_link_config link = {
        .size = sizeof link, .number = 3, .seed = 1, .ceiling = 4096, .way = {way, way}};
    struct sv_arena *arena = sv_arena_create(memory, ARENA);
    struct sv_pool *pool = arena ? sv_pool_create(arena, PACKETS, PACKETS) : NULL;
    sv_sock listener;
    t->sim.world = pool ? sv_world_create(arena, NULL, 0) : NULL;
    if (!t->sim.world || !open_host(t, arena, pool, 0, connections) || !open_host(t, arena, pool, 1, connections))
        return false;
    struct sv_link *line = sv_link_create(arena, pool, &link, 0);
    if (!line || sv_world_add(t->sim.world, sv_link_node(line)) != 2)
        return false;
    sv_world_wire(t->sim.world, 0, 0, 2, 0);
    sv_world_wire(t->sim.world, 1, 0, 2, 1);
    t->sim.tap = lose;
    t->sim.tap_self = t;
    return sv_listen(t->stack[1], &at, &listen, &listener, 0) == SV_OK &&
           sv_connect(t->stack[0], &at, &connect, &t->out, 0) == SV_OK;
}

static bool run_seven(uint64_t bytes, struct told *told)
{
    static struct transfer t;
    struct sv_sock_info info = {.size = sizeof info};
    memset(&t, 0, sizeof t);
    t.wanted = bytes;
    t.reader.look = BENCH_EDGES; /* of each reading; checksums saw the rest */
    void *memory = sv_memory_map(ARENA, true);
    if (!memory)
        return false;
    bool good = open_world(&t, memory, 4);
    const uint64_t cpu = bench_cpu_ns(), wall = bench_wall_ns();
    while (good && t.reader.offset < bytes && sv_sim_step(&t.sim, SV_NEVER))
        ;
    good = good && t.reader.offset == bytes && !t.reader.bad && sv_sock_info(t.stack[0], t.out, &info) == SV_OK;
    *told = (struct told){.bytes = t.reader.offset,
                          .segments = t.data_seen,
                          .retransmits = info.retransmits,
                          .window = info.cwnd,
                          .events = sv_world_events(t.sim.world),
                          .seconds = (double)sv_world_now(t.sim.world) / 1e9,
                          .cpu = (double)(bench_cpu_ns() - cpu) / 1e9,
                          .wall = (double)(bench_wall_ns() - wall) / 1e9};
    sv_memory_unmap(memory, ARENA);
    return good;
}

/* 1: it ran; 0: it is not here; -1: it failed. */
static int run_ns3(uint64_t bytes, struct told *told)
{
    char command[64];
    if (access("build/bench/bench_ns3", X_OK) != 0)
        return 0;
    snprintf(command, sizeof command, "build/bench/bench_ns3 %" PRIu64, bytes);
    FILE *f = popen(command, "r");
    /* NOLINTNEXTLINE(cert-err34-c): what our own program printed */
    const int n = f ? fscanf(f,
                             "ns3 bytes %" SCNu64 " segments %" SCNu64 " retransmits %" SCNu64 " window %" SCNu64
                             " seconds %lf events %" SCNu64 " cpu %lf wall %lf",
                             &told->bytes, &told->segments, &told->retransmits, &told->window, &told->seconds,
                             &told->events, &told->cpu, &told->wall)
                    : 0;
    return f && pclose(f) == 0 && n == 8 && told->bytes == bytes ? 1 : -1;
}

static void print_told(const char *who, const struct told *t, FILE *json)
{
    const double gb = (double)t->bytes / 1e9;
    printf("  %-6s %9.3f s a simulated GB (%.3f s on the wall) %11.0f events/s %8" PRIu64 " sent again, window %.1f "
           "segments, %.3f s simulated\n",
           who, t->cpu / gb, t->wall / gb, (double)t->events / t->cpu, t->retransmits,
           (double)t->window / (double)WORLD_SEGMENT, t->seconds);
    fprintf(json,
            ", \"%s\": {\"bytes\": %" PRIu64 ", \"cpu_s_per_gb\": %.4f, \"wall_s_per_gb\": %.4f, \"events\": %" PRIu64
            ", \"retransmits\": %" PRIu64 ", \"window_bytes\": %" PRIu64 ", \"simulated_s\": %.6f}",
            who, t->bytes, t->cpu / gb, t->wall / gb, t->events, t->retransmits, t->window, t->seconds);
}

static bool near(double a, double b)
{
    return a <= b * 1.1 && b <= a * 1.1;
}

/* Rounds in turn, and of each the one that cost least: what other programs took is in the others. All are the same
 * run, so whatever else they tell is the same. */
static int run_both(uint64_t bytes, struct told *seven, struct told *ns3)
{
    int there = 1;
    for (uint32_t i = 0; i < ROUNDS && there >= 0; i++) {
        struct told s, n;
        if (!run_seven(bytes, &s))
            return -2;
        if (i && s.segments != seven->segments)
            return -2; /* it did not repeat */
        *seven = i && seven->cpu < s.cpu ? *seven : s;
        there = there ? run_ns3(bytes, &n) : 0;
        if (there > 0)
            *ns3 = i && ns3->cpu < n.cpu ? *ns3 : n;
    }
    return there;
}

bool world_transfer(bool quick, FILE *json)
{
    const uint64_t bytes = quick ? 30000000u : 100000000u;
    struct told seven = {0}, ns3 = {0};
    printf("transfer: %" PRIu64
           " MB over %u Mbit/s, %u ms each way, a queue of %u; segment %u and every %uth after it are lost\n",
           bytes / 1000000u, WORLD_RATE_BIT_S / 1000000u, WORLD_DELAY_MS, WORLD_QUEUE, WORLD_FIRST_LOSS,
           WORLD_EVERY_LOSS);
    const int there = run_both(bytes, &seven, &ns3);
    if (there == -2) {
        printf("  FAILED: seven's bytes did not arrive as they were sent, or not twice alike\n");
        return false;
    }
    print_told("seven", &seven, json);
    if (there <= 0) {
        printf(there ? "  FAILED: ns-3 did not finish\n"
                     : "  skip: ns-3 is not here (Debian: libns3-dev and g++; then ninja -C build bench/bench_ns3)\n");
        return there == 0;
    }
    print_told("ns-3", &ns3, json);
    const bool alike =
        near((double)seven.retransmits, (double)ns3.retransmits) && near((double)seven.window, (double)ns3.window);
    const double ahead = ns3.cpu / seven.cpu;
    printf("  %s: sent again %" PRIu64 " and %" PRIu64 ", final windows %.1f and %.1f segments (within 10 %%: %s); "
           "seven is %.1f times as fast\n",
           alike ? "alike" : "FAILED", seven.retransmits, ns3.retransmits, (double)seven.window / (double)WORLD_SEGMENT,
           (double)ns3.window / (double)WORLD_SEGMENT, alike ? "yes" : "no", ahead);
    fprintf(json, ", \"alike\": %s, \"times_as_fast\": %.2f", alike ? "true" : "false", ahead);
    return alike;
}

/* Connections that were opened and say nothing: what of the arena they touched, both ends together. */
static double idle_seven(void)
{
    static struct transfer t;
    const struct sv_endpoint at = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    const struct sv_connect_options connect = {.size = sizeof connect};
    memset(&t, 0, sizeof t);
    void *memory = sv_memory_map(ARENA, false);
    bool good = memory && open_world(&t, memory, IDLE + 8u);
    while (good && t.accepted < 1 && sv_sim_step(&t.sim, SV_S)) /* the first has the listener's memory and the path's */
        ;
    const uint64_t before = good ? bench_resident_bytes(memory, ARENA) : 0;
    for (uint32_t i = 0; i < IDLE && good; i++) { /* one a millisecond: the queue holds a hundred */
        sv_sock sock;
        while (sv_sim_step(&t.sim, SV_S + i * SV_MS))
            ;
        good = sv_connect(t.stack[0], &at, &connect, &sock, sv_world_now(t.sim.world)) == SV_OK;
        sv_world_touch(t.sim.world, 0);
    }
    while (good && sv_sim_step(&t.sim, 20u * SV_S))
        ;
    const double bytes = good ? (double)(bench_resident_bytes(memory, ARENA) - before) / IDLE : -1;
    good = good && t.accepted == IDLE + 1u;
    if (memory)
        sv_memory_unmap(memory, ARENA);
    return good ? bytes : -1;
}

bool world_idle(FILE *json)
{
    const double seven = idle_seven();
    double ns3 = 0;
    char command[64];
    snprintf(command, sizeof command, "build/bench/bench_ns3 idle %u", IDLE);
    FILE *f = access("build/bench/bench_ns3", X_OK) == 0 ? popen(command, "r") : NULL;
    /* NOLINTNEXTLINE(cert-err34-c): what our own program printed */
    const bool there = f && fscanf(f, "ns3 idle bytes %lf", &ns3) == 1;
    const bool good = seven > 0 && (!f || (pclose(f) == 0 && there));
    printf("idle: %u connections open, both ends: %.0f bytes each", IDLE, seven);
    if (there)
        printf(", in ns-3 %.0f (%.0f times as much)", ns3, ns3 / seven);
    printf("%s\n", good ? "" : ": FAILED");
    fprintf(json, ", \"idle\": {\"seven_bytes\": %.1f, \"ns3_bytes\": %.1f}", seven, ns3);
    return good;
}
