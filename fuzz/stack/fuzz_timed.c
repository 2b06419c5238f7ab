/* SPDX-License-Identifier: BSD-2-Clause */
/* A host with open connections, at any moment of a conversation. Each input begins with the same snapshot:
 * connections that each side opened, established and with data in flight both ways, one half closed, a
 * listener, a UDP socket, a neighbour. Then the bytes say what happens: time passes, frames come (raw, or as the
 * peer would send them but for some fields, with checksums that add up), the application calls. After each
 * step everything is looked at. */
#include <stdlib.h>
#include <string.h>

#include "seven/seven.h"
#include "stack/stack_internal.h"
#include "tests/scenario/forge.h"

#define TIMED_BYTES (8u << 20)
#define TIMED_SOCKETS 6u
#define TIMED_STEPS 200u

static struct sv_arena *arena;
static struct sv_pool *pool;
static struct sv_stack *host, *peer;
static sv_sock socket_of[TIMED_SOCKETS], listener, udp;
static uint8_t *snapshot;
static uint64_t snapshot_bytes;
static sv_time began, now;

struct input {
    const uint8_t *at, *end;
};

static uint32_t take(struct input *in, uint32_t bytes)
{
    uint32_t v = 0;
    for (; bytes && in->at < in->end; bytes--)
        v = v << 8 | *in->at++;
    return v;
}

static struct sv_stack *open_stack(uint8_t h)
{
    const struct sv_stack_config c = {
        .size = sizeof c,
        .host = h,
        .seed = 3,
        .interfaces = 1,
        .addresses = 2,
        .routes = 2,
        .neighbours = 4,
        .fragments = 2,
        .connections = 8,
        .half_open = 4,
        .time_waits = 4,
        .listeners = 2,
        .udp_sockets = 2,
        .timers = 2,
        .pool_bufs = 150,
        .pool_slabs = 150,
        .send_buffer = 20000,
        .recv_buffer = 20000,
    };
    const struct sv_interface_config i = {.size = sizeof i, .flags = SV_IF_NO_ARP_PROBE, .mac = {2, 0, 0, 0, 0, h}};
    const struct sv_addr addr = sv_addr_v4(10, 0, 0, h);
    const struct sv_endpoint any = {sv_addr_v4(0, 0, 0, 0), 80};
    sv_sock ignored;
    sv_port port;
    struct sv_stack *s = sv_stack_create(arena, pool, &c, now);
    SV_ASSERT(s && sv_interface_add(s, &i, &port, now) == SV_OK && sv_address_add(s, port, &addr, 24, now) == SV_OK);
    SV_ASSERT(sv_listen(s, &any, NULL, h == 1 ? &listener : &ignored, now) == SV_OK);
    if (h == 1)
        SV_ASSERT(sv_udp_open(s, &any, 0, &udp, now) == SV_OK);
    return s;
}

static bool move(struct sv_stack *from, struct sv_stack *to)
{
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX};
    struct sv_burst burst = {.n = 0};
    if (!sv_node_transmit(sv_stack_node(from), 0, room, &burst, now))
        return false;
    sv_node_receive(sv_stack_node(to), 0, &burst, now);
    return true;
}

static void exchange(void)
{
    for (bool more = true; more;) {
        more = move(host, peer);
        more |= move(peer, host);
    }
}

static void events(struct sv_stack *s)
{
    struct sv_event e[16];
    while (sv_stack_events(s, e, 16) == 16)
        ;
}

/* Sockets 0 and 1: opened here, established, data in flight. 2 and 3: opened by the peer; 3 half closed by it.
 * 4: the SYN is out. 5: FIN-WAIT-1. */
static void prepare(void)
{
    static uint8_t bytes[3000];
    const struct sv_endpoint there = {sv_addr_v4(10, 0, 0, 2), 80};
    const struct sv_endpoint here = {sv_addr_v4(10, 0, 0, 1), 80};
    sv_sock theirs[2];
    size_t n;
    for (uint32_t i = 0; i < 2; i++)
        SV_ASSERT(sv_connect(host, &there, NULL, &socket_of[i], now) == SV_OK &&
                  sv_connect(peer, &here, NULL, &theirs[i], now) == SV_OK);
    SV_ASSERT(sv_connect(host, &there, NULL, &socket_of[5], now) == SV_OK);
    exchange();
    for (uint32_t i = 0; i < 2; i++) {
        SV_ASSERT(sv_accept(host, listener, &socket_of[2 + i], now) == SV_OK);
        SV_ASSERT(sv_send(peer, theirs[i], bytes, 500, &n, now) == SV_OK);
    }
    SV_ASSERT(sv_shutdown(peer, theirs[1], now) == SV_OK);
    exchange();
    now += 10 * SV_MS;
    events(host);
    events(peer);
    for (uint32_t i = 0; i < 4; i++)
        SV_ASSERT(sv_send(host, socket_of[i], bytes, sizeof bytes, &n, now) == SV_OK);
    SV_ASSERT(sv_shutdown(host, socket_of[5], now) == SV_OK);
    SV_ASSERT(sv_connect(host, &there, NULL, &socket_of[4], now) == SV_OK);
}

/* What the host sends goes nowhere: the input is the peer. */
static void drain(void)
{
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX};
    struct sv_burst burst = {.n = 0};
    while (sv_node_transmit(sv_stack_node(host), 0, room, &burst, now)) {
        while (burst.n)
            sv_buf_free(burst.packet[--burst.n]);
    }
}

static void begin(void)
{
    uint8_t *memory = aligned_alloc(4096, TIMED_BYTES);
    SV_ASSERT(memory);
    memset(memory, 0, TIMED_BYTES);
    now = 1000 * SV_S;
    arena = sv_arena_create(memory, TIMED_BYTES);
    pool = sv_pool_create(arena, 400, 400);
    host = open_stack(1);
    peer = open_stack(2);
    prepare();
    drain();
    sv_stack_set_checked(host, true);
    began = now;
    snapshot_bytes = sv_arena_used(arena);
    snapshot = malloc(snapshot_bytes);
    SV_ASSERT(snapshot && sv_arena_snapshot(arena, snapshot, snapshot_bytes) == SV_OK);
}

/* --- what the bytes say --- */

static void frame_raw(struct input *in)
{
    uint8_t frame[256];
    const uint32_t how = take(in, 1);
    const uint32_t want = take(in, 1);
    uint32_t n = 0;
    if (how & 1u) { /* begins as a frame for us */
        static const uint8_t head[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0};
        memcpy(frame, head, sizeof head);
        frame[13] = how & 2u ? 6 : 0;
        n = sizeof head - (how & 2u ? 2u : 0);
    }
    while (n < want && in->at < in->end)
        frame[n++] = (uint8_t)take(in, 1);
    if (how & 4u)
        forge_fix(frame, n);
    if (n)
        (void)forge_put(pool, host, frame, n, now);
}

/* As the peer of one of the records would send it, if there is that record. */
static void as_peer_of(uint32_t i, struct forge_tcp *t)
{
    if (i < host->tcp.hot_fresh && sv_tcp_hot(&host->tcp, i)->kind == SV_TCP_FULL) {
        const struct sv_tcp_hot *h = sv_tcp_hot(&host->tcp, i);
        t->src_port = h->remote_port;
        t->dst_port = h->local_port;
        t->seq = h->rcv_nxt;
        t->ack = h->snd_max;
        t->flags = SV_ACK;
        t->timestamps = h->agreed & SV_TCP_TIMESTAMPS;
        t->ts_val = h->ts_recent;
        t->mss = 0;
        if (h->state == SV_SYN_SENT)
            t->flags = SV_SYN | SV_ACK;
    } else if (i < host->tcp.small_fresh && sv_tcp_small(&host->tcp, i)->kind != SV_TCP_FREE) {
        const struct sv_tcp_small *m = sv_tcp_small(&host->tcp, i);
        const bool half = m->kind == SV_TCP_HALF_OPEN;
        t->src_port = m->remote_port;
        t->dst_port = m->local_port;
        t->seq = half ? m->u.half.irs + 1u : m->u.wait.rcv_nxt;
        t->ack = half ? m->u.half.iss + 1u : m->u.wait.snd_nxt;
        t->flags = SV_ACK;
        t->mss = 0;
    }
}

static void change_segment(struct input *in, uint32_t change, struct forge_tcp *t)
{
    if (change & 1u)
        t->flags = (uint16_t)(take(in, 1) & 0xffu);
    if (change & 2u)
        t->seq += (uint32_t)(int32_t)(int16_t)take(in, 2);
    if (change & 4u)
        t->ack -= take(in, 2);
    if (change & 8u)
        t->window = (uint16_t)take(in, 2);
    if (change & 16u)
        t->payload = take(in, 2) % 1461u;
    if (change & 32u)
        t->urgent = (uint16_t)take(in, 2);
    if (change & 64u)
        t->ts_val += take(in, 1);
    if (change & 128u)
        t->timestamps = !t->timestamps;
    if (change & 256u)
        t->src_port = (uint16_t)(4000u + take(in, 1) % 8u);
    if (change & 512u)
        t->mss = (uint16_t)take(in, 2);
    if (change & 1024u)
        t->seq += take(in, 4);
}

/* From the peer of one of the records, or a stranger, but for what the input changes. */
static void frame_segment(struct input *in)
{
    uint8_t frame[FORGE_BYTES + 64];
    const uint32_t which = take(in, 1);
    const uint32_t change = take(in, 2);
    struct forge_tcp t = {
        .src = 0x0a000002u,
        .dst = 0x0a000001u,
        .src_port = 4000,
        .dst_port = 80,
        .flags = SV_SYN,
        .window = 20000,
        .mss = 1460,
    };
    as_peer_of(which % 8u, &t);
    change_segment(in, change, &t);
    const uint32_t n = forge_segment(frame, 1, 2, &t);
    if (change & 2048u) { /* any byte of the headers */
        frame[14u + take(in, 1) % 60u] ^= (uint8_t)take(in, 1);
        forge_fix(frame, n);
    }
    (void)forge_put(pool, host, frame, n, now);
}

static void call(struct input *in)
{
    static uint8_t bytes[4096];
    const uint32_t what = take(in, 1);
    const uint32_t n = take(in, 2) % sizeof bytes;
    sv_sock *s = &socket_of[take(in, 1) % TIMED_SOCKETS];
    const struct sv_endpoint there = {sv_addr_v4(10, 0, 0, (uint8_t)(2u + (what >> 5))), (uint16_t)(80u + (n & 3u))};
    struct sv_connect_options options = {.size = sizeof options};
    struct sv_endpoint from;
    enum sv_err error = SV_OK;
    size_t done;
    switch (what % 14u) {
    case 0:
    case 1:
        error = sv_send(host, *s, bytes, n, &done, now);
        break;
    case 2:
    case 3:
        error = sv_recv(host, *s, bytes, n, &done, now);
        break;
    case 4:
        error = sv_shutdown(host, *s, now);
        break;
    case 5:
        sv_close(host, *s, now);
        break;
    case 6:
        sv_abort(host, *s, now);
        break;
    case 7:
        options.local.port = (uint16_t)(n & 256u ? 5000u + (n & 3u) : 0);
        error = sv_connect(host, &there, &options, s, now);
        break;
    case 8:
        error = sv_accept(host, listener, s, now);
        break;
    case 9:
    case 10:
        error = sv_sock_set(host, *s, (enum sv_option)(n % 14u), take(in, 2), now);
        break;
    case 11:
        error = sv_udp_send(host, udp, &there, bytes, n, now);
        break;
    case 12:
        error = sv_udp_recv(host, udp, &from, bytes, sizeof bytes, &done, now);
        break;
    default:
        events(host);
        break;
    }
    SV_ASSERT(error <= SV_ERR_VERSION);
    sv_stack_check(host);
}

static void pass_time(struct input *in)
{
    const uint32_t draw = take(in, 1);
    const sv_time next = sv_node_next_deadline(sv_stack_node(host));
    if (draw < 64u && next != SV_NEVER)
        now = next > now ? next : now;
    else
        now += ((sv_time)1 << (draw % 38u)) * 100u;
    sv_node_expire(sv_stack_node(host), now);
    SV_ASSERT(sv_node_next_deadline(sv_stack_node(host)) > now || host->starved_until);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static sv_sock opened[TIMED_SOCKETS];
    struct input in = {data, data + size};
    if (!arena) {
        begin();
        memcpy(opened, socket_of, sizeof opened);
    }
    memcpy(socket_of, opened, sizeof opened);
    SV_ASSERT(sv_arena_restore(arena, snapshot, snapshot_bytes) == SV_OK);
    now = began;
    for (uint32_t step = 0; step < TIMED_STEPS && in.at < in.end; step++) {
        const uint32_t what = take(&in, 1);
        if (what < 48u)
            pass_time(&in);
        else if (what < 72u)
            frame_raw(&in);
        else if (what < 180u)
            frame_segment(&in);
        else
            call(&in);
        if (what & 1u)
            drain();
        if (what & 2u)
            events(host);
    }
    return 0;
}
