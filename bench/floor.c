/* SPDX-License-Identifier: BSD-2-Clause */
/* The floor of any stack: see floor.h. FROZEN: a change here makes every recorded multiple wrong.
 *
 * What a segment costs here: (sender) copy in, fused with its sum; Ethernet, IPv4 and TCP headers; IPv4 and
 * TCP checksums. (Link) one index put into a ring and taken out. (Receiver) parse, IPv4 header checksum, flow
 * lookup by hash of the four-tuple, sequence number, timestamp, TCP checksum, copy out. Once a burst an
 * acknowledgement is built, checked, looked up, and gives the slabs back. */
#include "bench/floor_sums.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SLAB 2048u
#define PAYLOAD_AT 128u
#define HEADERS 66u                  /* 14 + 20 + 20 + 12 */
#define PERIOD (45u * FLOOR_SEGMENT) /* of the source: not a power of two, so that a slip shows */
#define FLOWS 1024u
#define BURST_MAX 64u

struct flow {
    uint32_t local, remote; /* as they lie on the wire */
    uint16_t local_port, remote_port;
    uint32_t snd_nxt, snd_una, rcv_nxt, ts_recent, ts_now;
    uint16_t ip_id;
    uint8_t mac[12];
};

struct end {
    struct flow flow;
    struct flow *table[FLOWS];
};

struct path {
    struct end a, b;
    uint8_t *slabs, *ack;
    uint32_t *free, *ring;                  /* indexes of slabs: a stack of free ones, the ring of those sent */
    uint32_t free_n, mask, una, head, tail; /* ring: [una, head) read, not acknowledged; [head, tail) on the link */
    uint8_t *source, *sink;
    uint64_t source_at, sink_at;
    int with_copies, verify, failed;
};

static uint16_t be16(uint16_t v)
{
    return __builtin_bswap16(v);
}
static uint16_t get16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}
static uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
static void put16(uint8_t *p, uint16_t v)
{
    memcpy(p, &v, 2);
}
static void put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
}
/* Two 16-bit fields that stand side by side, as one word in memory order. */
static uint32_t pair(uint16_t first, uint16_t second)
{
    return (uint32_t)be16(first) | (uint32_t)be16(second) << 16;
}
static uint32_t hash_of(uint32_t remote, uint32_t local, uint32_t ports)
{
    const uint64_t h = ((uint64_t)remote << 32 | local) * 0x9e3779b97f4a7c15u ^ (uint64_t)ports * 0xff51afd7ed558ccdu;
    return (uint32_t)((h * 0x9e3779b97f4a7c15u) >> 54); /* 10 bits: FLOWS */
}

/* Sum of n bytes, n a multiple of 4, in 64 bits: headers only. */
static inline uint64_t sum_words(const uint8_t *p, size_t n)
{
    uint64_t s = 0;
    for (size_t i = 0; i < n; i += 4)
        s += get32(p + i);
    return s;
}

/* Headers in the 66 bytes before the payload; `sum` is the payload's. Whole words, so that nothing is read
 * back from stores of another width. */
static void build(struct flow *f, uint8_t *h, uint32_t length, uint32_t sum, int with_sum)
{
    uint8_t *ip = h + 14, *tcp = h + 34;
    const uint32_t ip0 = pair(0x4500, (uint16_t)(52 + length)), ip1 = pair(f->ip_id++, 0x4000);
    const uint32_t ip2 = pair(0x4006, 0), ports = (uint32_t)f->local_port | (uint32_t)f->remote_port << 16;
    const uint32_t seq = __builtin_bswap32(f->snd_nxt), ack = __builtin_bswap32(f->rcv_nxt);
    const uint32_t flags = pair(0x8010, 0xffff), kind = __builtin_bswap32(0x0101080au);
    const uint32_t ts = __builtin_bswap32(f->ts_now), echo = __builtin_bswap32(f->ts_recent);
    const uint64_t addresses = (uint64_t)f->local + f->remote;
    uint32_t tcp_sum = 0;
    memcpy(h, f->mac, 12);
    put16(h + 12, be16(0x0800));
    put32(ip, ip0);
    put32(ip + 4, ip1);
    put32(ip + 8, ip2 | (uint32_t)(uint16_t)~floor_fold(addresses + ip0 + ip1 + ip2) << 16);
    put32(ip + 12, f->local);
    put32(ip + 16, f->remote);
    put32(tcp, ports);
    put32(tcp + 4, seq);
    put32(tcp + 8, ack);
    put32(tcp + 12, flags);
    put32(tcp + 20, kind);
    put32(tcp + 24, ts);
    put32(tcp + 28, echo);
    if (with_sum) {
        const uint64_t words = (uint64_t)ports + seq + ack + flags + kind + ts + echo;
        const uint64_t pseudo = addresses + be16(6) + be16((uint16_t)(32 + length));
        tcp_sum = (uint16_t)~floor_fold(pseudo + words + sum);
    }
    put32(tcp + 16, tcp_sum);
    f->snd_nxt += length;
}

/* The flow a frame belongs to, its payload length in *length; NULL: it does not parse or has no flow. */
static struct flow *parse(struct end *e, const uint8_t *h, uint32_t *length)
{
    const uint8_t *ip = h + 14, *tcp = h + 34;
    if (get16(h + 12) != be16(0x0800) || ip[0] != 0x45 || ip[9] != 6 || (get16(ip + 6) & be16(0x3fff)) != 0)
        return NULL;
    if ((floor_fold(sum_words(ip, 20)) & 0xffffu) != 0xffffu)
        return NULL;
    const uint32_t total = be16(get16(ip + 2)), remote = get32(ip + 12), local = get32(ip + 16);
    if (total < 52 || tcp[12] >> 4 != 8 || get32(tcp + 20) != __builtin_bswap32(0x0101080au))
        return NULL;
    struct flow *f = e->table[hash_of(remote, local, get32(tcp))];
    if (!f || f->remote != remote || f->local != local || f->remote_port != get16(tcp) ||
        f->local_port != get16(tcp + 2))
        return NULL;
    *length = total - 52;
    return f;
}

static int verify_sum(const uint8_t *h, uint32_t length)
{
    const uint8_t *ip = h + 14, *tcp = h + 34;
    const uint64_t pseudo = (uint64_t)get32(ip + 12) + get32(ip + 16) + be16(6) + be16((uint16_t)(32 + length));
    const uint32_t payload = length ? floor_best.sum(h + HEADERS, length) : 0;
    return floor_fold(pseudo + sum_words(tcp, 32) + payload) == 0xffffu;
}

static void send_one(struct path *p)
{
    const uint32_t slab = p->free[--p->free_n];
    uint8_t *at = p->slabs + (size_t)slab * SLAB + PAYLOAD_AT;
    uint32_t sum = 0;
    if (p->with_copies)
        sum = floor_best.sum_copy(at, p->source + p->source_at, FLOOR_SEGMENT);
    else
        floor_best.copy(at, p->source + p->source_at, FLOOR_SEGMENT);
    p->source_at = p->source_at + FLOOR_SEGMENT == PERIOD ? 0 : p->source_at + FLOOR_SEGMENT;
    build(&p->a.flow, at - HEADERS, FLOOR_SEGMENT, sum, p->with_copies);
    p->ring[p->tail++ & p->mask] = slab;
}

static void receive_one(struct path *p)
{
    const uint8_t *at = p->slabs + (size_t)p->ring[p->head++ & p->mask] * SLAB + PAYLOAD_AT;
    const uint8_t *h = at - HEADERS, *read_at = at;
    uint32_t length = 0;
    struct flow *f = parse(&p->b, h, &length);
    if (!f || length != FLOOR_SEGMENT || __builtin_bswap32(get32(h + 38)) != f->rcv_nxt) {
        p->failed = 1;
        return;
    }
    f->rcv_nxt += length;
    f->ts_recent = __builtin_bswap32(get32(h + 58));
    if (p->with_copies) {
        if (!verify_sum(h, length))
            p->failed = 1;
        floor_best.copy(p->sink + p->sink_at, at, length);
        read_at = p->sink + p->sink_at;
    }
    if (p->verify && memcmp(read_at, p->source + p->sink_at, length) != 0)
        p->failed = 1;
    p->sink_at = p->sink_at + length == PERIOD ? 0 : p->sink_at + length;
}

/* One acknowledgement a burst: built, parsed, checked; the slabs it covers are free again. */
static void acknowledge(struct path *p)
{
    uint32_t length = 1;
    build(&p->b.flow, p->ack, 0, 0, p->with_copies);
    struct flow *f = parse(&p->a, p->ack, &length);
    if (!f || length != 0 || (p->with_copies && !verify_sum(p->ack, 0))) {
        p->failed = 1;
        return;
    }
    f->snd_una = __builtin_bswap32(get32(p->ack + 42));
    f->ts_recent = __builtin_bswap32(get32(p->ack + 58));
    while (p->una != p->head)
        p->free[p->free_n++] = p->ring[p->una++ & p->mask];
}

static void end_init(struct end *e, uint32_t local, uint32_t remote, uint16_t local_port, uint16_t remote_port)
{
    uint8_t ports[4];
    memset(e, 0, sizeof *e);
    e->flow.local = local;
    e->flow.remote = remote;
    e->flow.local_port = local_port;
    e->flow.remote_port = remote_port;
    memset(e->flow.mac, 2, sizeof e->flow.mac);
    put16(ports, remote_port); /* as an arriving frame has them: source first */
    put16(ports + 2, local_port);
    e->table[hash_of(remote, local, get32(ports))] = &e->flow;
}

static void *take(size_t bytes)
{
    void *m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    return m == MAP_FAILED ? NULL : m;
}

static uint32_t segments_of(uint64_t w_bytes)
{
    const uint64_t n = (w_bytes + FLOOR_SEGMENT - 1) / FLOOR_SEGMENT;
    return n < 2 ? 2 : (uint32_t)n;
}

uint32_t floor_burst(uint64_t w_bytes)
{
    const uint32_t half = segments_of(w_bytes) / 2;
    return half > BURST_MAX ? BURST_MAX : half;
}

/* `segments` segments, in bursts, with `hold` of them on the link whenever the receiver takes a burst. */
static uint64_t stretch(struct path *p, uint64_t segments, uint32_t hold, uint32_t burst, double *held)
{
    uint64_t done = 0, held_sum = 0, bursts = 0;
    while (done < segments) {
        while (p->tail - p->head < hold)
            send_one(p);
        held_sum += p->tail - p->head;
        bursts++;
        p->a.flow.ts_now++;
        p->b.flow.ts_now++;
        for (uint32_t i = 0; i < burst; i++)
            receive_one(p);
        acknowledge(p);
        done += burst;
    }
    *held = (double)held_sum * FLOOR_SEGMENT / (double)bursts;
    return done;
}

static double measure(struct path *p, uint64_t w_bytes, uint64_t budget_ns, double *in_flight)
{
    const uint32_t hold = segments_of(w_bytes), burst = floor_burst(w_bytes);
    double held = 0;
    uint64_t done = 0, took = 0;
    p->verify = 1; /* every byte compared, before the clock starts and after it stopped */
    stretch(p, 4u * hold, hold, burst, &held);
    p->verify = 0;
    const uint64_t t0 = floor_cpu_ns();
    do {
        done += stretch(p, 20000, hold, burst, &held);
        took = floor_cpu_ns() - t0;
    } while (took < budget_ns && !p->failed);
    p->verify = 1;
    double unused;
    stretch(p, 4u * hold, hold, burst, &unused);
    if (in_flight)
        *in_flight = held / (double)w_bytes;
    if (p->failed || held < 0.9 * (double)w_bytes)
        return -1;
    return (double)took / (double)done;
}

double floor_ns_for(uint64_t w_bytes, int with_copies, uint64_t budget_ns, double *in_flight)
{
    const uint32_t slabs = segments_of(w_bytes) + BURST_MAX;
    struct path *p = calloc(1, sizeof *p);
    uint32_t ring = 64;
    while (ring < slabs)
        ring *= 2;
    const size_t bytes = (size_t)slabs * SLAB + SLAB + 2 * 65536u + (size_t)(slabs + ring) * 4;
    uint8_t *m = take(bytes);
    double ns = -1;
    if (p && m) {
        floor_machine();
        p->slabs = m;
        p->ack = m + (size_t)slabs * SLAB + PAYLOAD_AT - HEADERS;
        p->source = m + (size_t)(slabs + 1) * SLAB;
        p->sink = p->source + 65536;
        p->free = (uint32_t *)(void *)(p->sink + 65536);
        p->ring = p->free + slabs;
        p->mask = ring - 1;
        for (uint32_t i = 0; i < slabs; i++)
            p->free[p->free_n++] = i;
        for (uint32_t i = 0, x = 1; i < PERIOD; i++, x = x * 1664525u + 1013904223u)
            p->source[i] = (uint8_t)(x >> 24);
        end_init(&p->a, 0x0100070au, 0x0200070au, be16(40000), be16(7));
        end_init(&p->b, 0x0200070au, 0x0100070au, be16(7), be16(40000));
        p->with_copies = with_copies;
        ns = measure(p, w_bytes, budget_ns, in_flight);
    }
    if (m)
        munmap(m, bytes);
    free(p);
    return ns;
}

double floor_ns(uint64_t w_bytes, int with_copies)
{
    return floor_ns_for(w_bytes, with_copies, 50000000u, NULL);
}
