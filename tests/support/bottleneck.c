/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/support/bottleneck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENT_BYTES (1u << 20)
#define BEGIN ((sv_time)1 << 42)
#define PORT 5001u

struct neck_frame {
    sv_time at;
    struct sv_buf *buf;
};

/* One way: frames in the order of their arrival. */
struct neck_pipe {
    struct neck_frame *frame;
    uint32_t first, count, ceiling;
    sv_time free_at;
};

struct neck_flow {
    sv_sock out, in;
    bool connected, accepted;
    uint64_t offset; /* of the lent memory, modulo its size */
    uint64_t received;
};

struct neck {
    struct neck_config config;
    void *memory;
    uint8_t *lent;
    uint32_t window;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_stack *stack[2];
    struct neck_pipe pipe[2]; /* pipe[k]: from stack k */
    struct neck_flow flow[NECK_FLOWS];
    uint32_t opened, accepted;
    sv_sock listener;
    sv_time now, queue_peak;
    uint64_t dropped, marked, seen, bytes;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bottleneck: %s\n", what);
    abort();
}

static struct sv_addr address_of(uint32_t k)
{
    return sv_addr_v4(10, 0, 0, (uint8_t)(k + 1u));
}

static void open_stack(struct neck *n, uint32_t k, const struct sv_stack_config *c)
{
    const struct sv_interface_config i = {
        .size = sizeof i,
        .flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS | SV_IF_CSUM | SV_IF_TRUST_CSUM,
        .mac = {2, 0, 0, 0, 0, (uint8_t)(k + 1u)},
        .mtu = n->config.mtu,
    };
    const struct sv_addr ours = address_of(k), other = address_of(1u - k);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(2u - k)};
    sv_port port;
    n->stack[k] = sv_stack_create(n->arena, n->pool, c, n->now);
    must(n->stack[k] != NULL, "the arena is too small");
    must(sv_interface_add(n->stack[k], &i, &port, n->now) == SV_OK && port == 0, "interface");
    must(sv_address_add(n->stack[k], port, &ours, 24, n->now) == SV_OK, "address");
    must(sv_neighbour_add(n->stack[k], port, &other, mac, n->now) == SV_OK, "neighbour");
}

struct neck *neck_open(const struct neck_config *config)
{
    struct neck *n = calloc(1, sizeof *n);
    must(n != NULL, "no memory");
    n->config = *config;
    n->config.mtu = config->mtu ? config->mtu : 1500;
    n->config.buffer = config->buffer ? config->buffer : 16u << 20;
    n->now = BEGIN;
    const uint64_t bdp = config->rate_bit_s / 8u * 2u * config->delay_ns / SV_S;
    const uint32_t frames = (uint32_t)((bdp + config->queue_bytes) / (n->config.mtu / 2u)) + 4096u;
    const uint32_t slabs = 8192;
    const struct sv_stack_config c = {.size = sizeof c,
                                      .host = 1,
                                      .seed = 1,
                                      .profile = config->profile,
                                      .connections = 16,
                                      .half_open = 16,
                                      .time_waits = 16,
                                      .neighbours = 16,
                                      .send_buffer = n->config.buffer,
                                      .recv_buffer = n->config.buffer,
                                      .congestion = config->congestion,
                                      .ecn = config->ecn};
    const uint64_t bytes =
        (2u * sv_stack_bytes(&c) + sv_pool_bytes(frames * 2u, slabs) + (1u << 20)) & ~(uint64_t)4095u;
    n->memory = aligned_alloc(4096, bytes);
    n->bytes = bytes;
    n->lent = aligned_alloc(4096, LENT_BYTES);
    must(n->memory && n->lent, "no memory");
    memset(n->memory, 0, bytes);
    memset(n->lent, 'x', LENT_BYTES);
    n->arena = sv_arena_create(n->memory, bytes);
    n->pool = sv_pool_create(n->arena, frames * 2u, slabs);
    must(n->pool != NULL, "no pool");
    n->window = sv_pool_lend(n->pool, n->lent, LENT_BYTES);
    for (uint32_t k = 0; k < 2; k++) {
        n->pipe[k].ceiling = frames;
        n->pipe[k].frame = calloc(frames, sizeof *n->pipe[k].frame);
        must(n->pipe[k].frame != NULL, "no memory");
        open_stack(n, k, &c);
    }
    const struct sv_endpoint local = {.port = PORT};
    const struct sv_listen_options o = {.size = sizeof o};
    must(sv_listen(n->stack[1], &local, &o, &n->listener, n->now) == SV_OK, "listen");
    return n;
}

void neck_close(struct neck *n)
{
    for (uint32_t k = 0; k < 2; k++)
        free(n->pipe[k].frame);
    free(n->memory);
    free(n->lent);
    free(n);
}

/* --- the bottleneck --- */

static void mark(struct sv_buf *b)
{
    uint8_t *ip = sv_buf_head(b) + 14;
    uint32_t sum = 0;
    ip[1] |= 3;
    ip[10] = ip[11] = 0;
    for (uint32_t i = 0; i < 20; i += 2)
        sum += (uint32_t)ip[i] << 8 | ip[i + 1u];
    sum = (sum & 0xffffu) + (sum >> 16);
    sum = 0xffffu ^ ((sum & 0xffffu) + (sum >> 16));
    ip[10] = (uint8_t)(sum >> 8);
    ip[11] = (uint8_t)sum;
}

/* The frame's place in the queue; false: it has none. */
static bool queue_frame(struct neck *n, struct neck_pipe *p, struct sv_buf *b)
{
    const sv_time waits = p->free_at > n->now ? p->free_at - n->now : 0;
    const uint64_t backlog = waits * (n->config.rate_bit_s / 1000000u) / 8000u;
    if (b->length > 200 && n->config.loss_every && ++n->seen % n->config.loss_every == 0)
        return false;
    if (backlog + b->length > n->config.queue_bytes)
        return false;
    if (n->config.mark_bytes && backlog > n->config.mark_bytes && sv_buf_head(b)[15] & 3u) {
        mark(b);
        n->marked++;
    }
    n->queue_peak = waits > n->queue_peak ? waits : n->queue_peak;
    p->free_at = n->now + waits + (sv_time)b->length * 8u * 1000000u / (n->config.rate_bit_s / 1000u);
    return true;
}

static void pipe_put(struct neck *n, uint32_t k, struct sv_buf *b)
{
    struct neck_pipe *p = &n->pipe[k];
    if (k == 0 && !queue_frame(n, p, b)) {
        n->dropped++;
        sv_buf_free(b);
        return;
    }
    must(p->count < p->ceiling, "the pipe is too short");
    if (b->flags & SV_BUF_CSUM_PARTIAL) { /* the adapter would have summed */
        b->flags &= (uint16_t)~SV_BUF_CSUM_PARTIAL;
        b->flags |= SV_BUF_CSUM_VALID;
    }
    const sv_time leaves = k == 0 ? p->free_at : n->now;
    p->frame[(p->first + p->count++) % p->ceiling] = (struct neck_frame){leaves + n->config.delay_ns, b};
}

static void deliver(struct neck *n, uint32_t k)
{
    struct neck_pipe *p = &n->pipe[k];
    struct sv_burst burst = {.n = 0};
    while (p->count && p->frame[p->first].at <= n->now && burst.n < SV_BURST) {
        burst.packet[burst.n++] = p->frame[p->first].buf;
        p->first = (p->first + 1u) % p->ceiling;
        p->count--;
    }
    if (burst.n)
        sv_node_receive(sv_stack_node(n->stack[1u - k]), 0, &burst, n->now);
}

static void collect(struct neck *n, uint32_t k)
{
    const struct sv_room room = {SV_BURST, 1u << 20, 0};
    struct sv_node *x = sv_stack_node(n->stack[k]);
    struct sv_burst b;
    do {
        b.n = 0;
        (void)sv_node_transmit(x, 0, room, &b, n->now);
        for (uint32_t i = 0; i < b.n; i++)
            pipe_put(n, k, b.packet[i]);
    } while (b.n);
}

/* --- the applications --- */

static void open_flow(struct neck *n)
{
    struct neck_flow *f = &n->flow[n->opened];
    const struct sv_endpoint to = {.addr = address_of(1), .port = PORT};
    const struct sv_connect_options o = {.size = sizeof o, .cookie = n->opened};
    must(sv_connect(n->stack[0], &to, &o, &f->out, n->now) == SV_OK, "connect");
    const uint32_t algorithm = n->config.congestion_of[n->opened];
    if (algorithm)
        must(sv_sock_set(n->stack[0], f->out, SV_OPT_CONGESTION, algorithm, n->now) == SV_OK, "algorithm");
    if (n->config.pacing)
        must(sv_sock_set(n->stack[0], f->out, SV_OPT_PACING, n->config.pacing, n->now) == SV_OK, "pacing");
    n->opened++;
}

static void send_more(struct neck *n)
{
    for (uint32_t i = 0; i < n->opened; i++) {
        struct neck_flow *f = &n->flow[i];
        size_t taken = 1;
        while (f->connected && taken) {
            taken = 0;
            if (sv_send_ref(n->stack[0], f->out, n->window, f->offset, LENT_BYTES - f->offset, &taken, n->now) != SV_OK)
                taken = 0;
            f->offset = (f->offset + taken) % LENT_BYTES;
        }
    }
}

static void receive_more(struct neck *n, struct neck_flow *f)
{
    const uint8_t *data;
    size_t got;
    while (sv_peek(n->stack[1], f->in, &data, &got, n->now) == SV_OK) {
        f->received += got;
        sv_consume(n->stack[1], f->in, got, n->now);
    }
}

static void take_events(struct neck *n, uint32_t k)
{
    struct sv_event e[16];
    uint32_t got;
    do {
        got = sv_stack_events(n->stack[k], e, 16);
        for (uint32_t i = 0; i < got; i++) {
            must(!(e[i].what & SV_EVENT_ERROR), "a flow broke");
            if (k == 0 && e[i].what & SV_EVENT_CONNECTED)
                n->flow[e[i].cookie].connected = true;
            if (e[i].what & SV_EVENT_ACCEPT) {
                struct neck_flow *f = &n->flow[n->accepted++];
                must(sv_accept(n->stack[1], n->listener, &f->in, n->now) == SV_OK, "accept");
                must(sv_sock_set_cookie(n->stack[1], f->in, n->accepted - 1u) == SV_OK, "cookie");
                f->accepted = true;
            }
        }
    } while (got == 16);
    for (uint32_t i = 0; k == 1 && i < n->accepted; i++)
        receive_more(n, &n->flow[i]);
}

static sv_time next_event(const struct neck *n)
{
    sv_time at = SV_NEVER;
    for (uint32_t k = 0; k < 2; k++) {
        const struct neck_pipe *p = &n->pipe[k];
        const sv_time wakes = sv_node_next_deadline(sv_stack_node(n->stack[k]));
        at = wakes < at ? wakes : at;
        if (p->count && p->frame[p->first].at < at)
            at = p->frame[p->first].at;
    }
    if (n->opened < n->config.flows && BEGIN + n->config.starts[n->opened] < at)
        at = BEGIN + n->config.starts[n->opened];
    return at > n->now ? at : n->now;
}

void neck_run(struct neck *n, sv_time until)
{
    for (;;) {
        const sv_time at = next_event(n);
        if (at > BEGIN + until)
            return;
        n->now = at;
        while (n->opened < n->config.flows && BEGIN + n->config.starts[n->opened] <= n->now)
            open_flow(n);
        for (uint32_t k = 0; k < 2; k++) {
            struct sv_node *x = sv_stack_node(n->stack[k]);
            deliver(n, 1u - k);
            if (sv_node_next_deadline(x) <= n->now)
                sv_node_expire(x, n->now);
            take_events(n, k);
            if (k == 0)
                send_more(n);
            collect(n, k);
        }
    }
}

uint64_t neck_received(const struct neck *n, uint32_t flow)
{
    return n->flow[flow].received;
}

void neck_info(const struct neck *n, uint32_t flow, struct sv_sock_info *info)
{
    *info = (struct sv_sock_info){.size = sizeof *info};
    must(sv_sock_info(n->stack[0], n->flow[flow].out, info) == SV_OK, "info");
}

uint64_t neck_memory(const struct neck *n)
{
    return n->bytes;
}

uint64_t neck_refused(const struct neck *n)
{
    return sv_stack_drops(n->stack[1], SV_DROP_TCP_REASSEMBLY_FULL);
}

uint64_t neck_dropped(const struct neck *n)
{
    return n->dropped;
}

uint64_t neck_marked(const struct neck *n)
{
    return n->marked;
}

sv_time neck_queue_peak(struct neck *n)
{
    const sv_time peak = n->queue_peak;
    n->queue_peak = 0;
    return peak;
}
