/* SPDX-License-Identifier: BSD-2-Clause */
/* lwIP's rows: bulk over one connection, and the contestant with what Debian's configuration forbids. */
#include "bench/lwip_pair.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define MSS 1460u
#define WINDOW 65535u /* TCP_WND and TCP_SND_BUF of the package */

struct bulk {
    struct lwip_pair *pair;
    struct tcp_pcb *writer, *reader_pcb;
    bool connected, gone;
    uint64_t sent, samples, w_bytes;
    double share;
    struct bench_reader reader;
    uint8_t *sink;
};

static err_t bulk_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct bulk *b = arg;
    struct lwip_stack *s = &b->pair->stack[LWIP_SERVER];
    if (!p || err != ERR_OK) {
        b->gone = true;
        return ERR_OK;
    }
    const u16_t n = s->pbuf_copy_partial(p, b->sink, p->tot_len, 0);
    bench_reader_take(&b->reader, b->sink, n);
    s->tcp_recved(pcb, n);
    s->pbuf_free(p);
    return ERR_OK;
}

static void bulk_error(void *arg, err_t err)
{
    struct bulk *b = arg;
    (void)err;
    b->gone = true;
}

static err_t bulk_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct bulk *b = arg;
    struct lwip_stack *s = &b->pair->stack[LWIP_SERVER];
    (void)err;
    b->reader_pcb = pcb;
    s->tcp_arg(pcb, b);
    s->tcp_recv(pcb, bulk_recv);
    s->tcp_err(pcb, bulk_error);
    return ERR_OK;
}

static err_t bulk_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct bulk *b = arg;
    (void)pcb;
    (void)err;
    b->connected = true;
    return ERR_OK;
}

/* Segment by segment until W is on the link, then one burst to the reader, then its acknowledgements. */
static void bulk_turn(struct bulk *b)
{
    struct lwip_pair *p = b->pair;
    struct lwip_stack *s = &p->stack[LWIP_CLIENT];
    struct lwip_queue *q = &p->queue[LWIP_CLIENT];
    lwip_tick(p);
    while (q->payload < b->w_bytes && tcp_sndbuf(b->writer) >= MSS) {
        if (s->tcp_write(b->writer, bench_pattern() + b->sent % BENCH_PERIOD, MSS, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        b->sent += MSS;
        if (s->tcp_output(b->writer) != ERR_OK)
            break;
    }
    b->share += (double)q->payload / (double)b->w_bytes;
    b->samples++;
    lwip_move(p, LWIP_CLIENT, floor_burst(b->w_bytes));
    lwip_move(p, LWIP_SERVER, UINT32_MAX);
}

static bool bulk_bytes(struct bulk *b, uint64_t bytes, enum bench_look look)
{
    const uint64_t until = b->reader.offset + bytes, began = bench_wall_ns();
    b->reader.look = look;
    while (b->reader.offset < until && !b->gone && !b->pair->lost)
        for (int i = 0; i < 64; i++) {
            bulk_turn(b);
            if (bench_wall_ns() - began > 5000000000u)
                return false;
        }
    return !b->gone && !b->pair->lost && !b->reader.bad;
}

void lwip_bulk_close(void *state)
{
    struct bulk *b = state;
    lwip_pair_destroy(b->pair);
    free(b->sink);
    free(b);
}

static bool bulk_establish(struct bulk *b)
{
    struct lwip_stack *c = &b->pair->stack[LWIP_CLIENT], *s = &b->pair->stack[LWIP_SERVER];
    const ip_addr_t to = lwip_address(LWIP_SERVER);
    struct tcp_pcb *l = s->tcp_new();
    const uint64_t began = bench_wall_ns();
    if (!l || s->tcp_bind(l, &to, 9) != ERR_OK || !(l = s->tcp_listen_with_backlog(l, 64)))
        return false;
    s->tcp_arg(l, b);
    s->tcp_accept(l, bulk_accept);
    b->writer = c->tcp_new();
    if (!b->writer)
        return false;
    c->tcp_arg(b->writer, b);
    c->tcp_err(b->writer, bulk_error);
    tcp_nagle_disable(b->writer);
    if (c->tcp_connect(b->writer, &to, 9, bulk_connected) != ERR_OK)
        return false;
    while (!(b->connected && b->reader_pcb) && !b->gone && bench_wall_ns() - began < 2000000000u)
        lwip_settle(b->pair);
    return b->connected && b->reader_pcb && !b->gone;
}

void *lwip_bulk_open(const struct bench_case *c, struct bench_note *note)
{
    struct bulk *b;
    if (c->kind != BENCH_BULK || c->w_bytes > WINDOW + 1) {
        if (c->kind == BENCH_BULK)
            bench_say(note, false, "not run: Debian's lwIP has windows and send buffers of 65,535 bytes");
        else
            bench_say(note, false, "not run: Debian's lwIP copies and sums always (LWIP_NETIF_TX_SINGLE_PBUF)");
        return NULL;
    }
    if (!(b = calloc(1, sizeof *b)))
        return NULL;
    b->w_bytes = c->w_bytes;
    b->sink = malloc(65536);
    b->pair = b->sink ? lwip_pair_create(note) : NULL;
    const bool opened = b->pair != NULL;
    if (!opened || !bulk_establish(b) || !bulk_bytes(b, 64 * c->w_bytes, BENCH_EVERY)) {
        if (opened)
            bench_say(note, true, "not opened, or bytes differ");
        lwip_bulk_close(b);
        return NULL;
    }
    bench_say(note, false,
              "segments of 1,460 B without timestamps; two copies of Debian's library, both in this thread");
    return b;
}

void lwip_bulk_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    struct bulk *b = state;
    bool good = bulk_bytes(b, 4 * c->w_bytes, BENCH_EVERY);
    const uint64_t from = b->reader.offset, t0 = bench_cpu_ns();
    uint64_t took = 0;
    b->share = 0;
    b->samples = 0;
    b->reader.look = BENCH_EDGES;
    while (good && took < budget_ns) {
        for (int i = 0; i < 64; i++)
            bulk_turn(b);
        took = bench_cpu_ns() - t0;
        good = !b->gone && !b->pair->lost;
    }
    const uint64_t segments = (b->reader.offset - from) / MSS;
    out->in_flight = b->samples ? b->share / (double)b->samples : 0;
    out->operations = segments;
    out->value = segments ? (double)took / (double)segments : 0;
    if (!good || !bulk_bytes(b, 4 * c->w_bytes, BENCH_EVERY))
        bench_fail(out, b->reader.bad ? "bytes differ" : "it stopped");
}

struct lwip_row {
    void *state;
    void (*run)(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out);
    void (*close)(void *state);
    double bytes; /* IDLE */
};

static void idle_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    const double *bytes = state;
    (void)c;
    (void)budget_ns;
    out->value = *bytes;
}

static void idle_close(void *state)
{
    (void)state;
}

/* What malloc handed out while 1,000 connections were opened, both ends, once the delayed
 * acknowledgements have let the last segments go. */
static void idle_open(struct lwip_row *r, struct bench_note *note)
{
    const struct bench_case some = {.name = "idle", .kind = BENCH_RR, .connections = 1000, .depth = 64};
    struct mallinfo2 m = mallinfo2();
    const size_t before = m.uordblks + m.hblkhd;
    void *rr = lwip_rr_open(&some, note);
    if (!rr)
        return;
    lwip_rr_quiet(rr);
    m = mallinfo2();
    const struct bench_case none = {.name = "idle", .kind = BENCH_RR, .connections = 1, .depth = 1};
    const size_t after = m.uordblks + m.hblkhd;
    lwip_rr_close(rr);
    m = mallinfo2();
    const size_t base = m.uordblks + m.hblkhd;
    rr = lwip_rr_open(&none, note);
    if (rr)
        lwip_rr_quiet(rr);
    m = mallinfo2();
    const size_t fixed = m.uordblks + m.hblkhd - base;
    if (rr)
        lwip_rr_close(rr);
    r->bytes = (double)(after - before - fixed) / 2000.0 - 8; /* less half of the driver's own 16 bytes */
    *note = (struct bench_note){0};
    bench_say(note, false, "from malloc's account over 1,000 connections, both ends; sizeof(struct tcp_pcb) is %zu",
              sizeof(struct tcp_pcb));
    r->state = &r->bytes;
    r->run = idle_run;
    r->close = idle_close;
}

static void *lwip_open(const struct bench_case *c, struct bench_note *note)
{
    struct lwip_row *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    switch (c->kind) {
    case BENCH_BULK:
    case BENCH_REF:
    case BENCH_SUPER:
        *r = (struct lwip_row){lwip_bulk_open(c, note), lwip_bulk_run, lwip_bulk_close, 0};
        break;
    case BENCH_RR:
        *r = (struct lwip_row){lwip_rr_open(c, note), lwip_rr_run, lwip_rr_close, 0};
        break;
    case BENCH_CONNECT:
        *r = (struct lwip_row){lwip_connect_open(c, note), lwip_connect_run, lwip_connect_close, 0};
        break;
    case BENCH_IDLE:
        idle_open(r, note);
        break;
    default:
        break;
    }
    if (!r->state) {
        free(r);
        return NULL;
    }
    return r;
}

static void lwip_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    const struct lwip_row *r = state;
    r->run(r->state, c, budget_ns, out);
}

static void lwip_close(void *state)
{
    struct lwip_row *r = state;
    r->close(r->state);
    free(r);
}

const struct bench_contestant bench_lwip = {"lwip", lwip_open, lwip_run, lwip_close};
