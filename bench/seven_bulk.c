/* SPDX-License-Identifier: BSD-2-Clause */
/* Bulk over one connection, W bytes held in flight: copied and summed, by reference, in super-frames. The
 * writer keeps W and one burst more in the stack, no further ahead; the reader reads whatever is there. */
#include "bench/seven_pair.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE (2 * SV_S)
#define SINK 65536u

struct bulk {
    struct pair *pair;
    enum bench_kind kind;
    sv_sock listener, writer, reader_sock;
    bool connected, accepted;
    uint64_t w_bytes, ahead; /* the writer may be `ahead` bytes before the reader */
    uint32_t buffer;         /* of either end */
    uint64_t sent;
    struct bench_reader reader;
    uint8_t *lent, *sink;
    uint32_t window;  /* of the lent memory */
    sv_time progress; /* when bytes last arrived */
    const char *wrong;
};

void seven_bulk_close(void *state)
{
    struct bulk *b = state;
    pair_destroy(b->pair); /* the packets that refer to lent memory go with it */
    free(b->lent);
    free(b->sink);
    free(b);
}

static void write_more(struct bulk *b)
{
    struct pair *p = b->pair;
    struct sv_stack *s = p->stack[PAIR_CLIENT];
    while (b->sent < b->reader.offset + b->ahead) {
        const uint64_t room = b->reader.offset + b->ahead - b->sent;
        const uint64_t at = b->sent % BENCH_PERIOD;
        const size_t n = (size_t)(room < BENCH_PERIOD ? room : BENCH_PERIOD);
        size_t taken = 0;
        enum sv_err e;
        if (b->kind == BENCH_BULK)
            e = sv_send(s, b->writer, bench_pattern() + at, n, &taken, p->now);
        else
            e = sv_send_ref(s, b->writer, b->window, at, n, &taken, p->now);
        if (e != SV_OK && e != SV_ERR_AGAIN)
            b->wrong = sv_err_name(e);
        b->sent += taken;
        if (e != SV_OK || taken == 0)
            return;
    }
}

static void read_copies(struct bulk *b)
{
    struct pair *p = b->pair;
    for (;;) {
        size_t got = 0;
        const enum sv_err e = sv_recv(p->stack[PAIR_SERVER], b->reader_sock, b->sink, SINK, &got, p->now);
        if (e != SV_OK && e != SV_ERR_AGAIN)
            b->wrong = sv_err_name(e);
        if (e != SV_OK)
            return;
        bench_reader_take(&b->reader, b->sink, got);
        if (got < SINK)
            return;
    }
}

static void read_in_place(struct bulk *b)
{
    struct pair *p = b->pair;
    for (;;) {
        const uint8_t *data;
        size_t n = 0;
        const enum sv_err e = sv_peek(p->stack[PAIR_SERVER], b->reader_sock, &data, &n, p->now);
        if (e != SV_OK && e != SV_ERR_AGAIN)
            b->wrong = sv_err_name(e);
        if (e != SV_OK)
            return;
        bench_reader_take(&b->reader, data, n);
        sv_consume(p->stack[PAIR_SERVER], b->reader_sock, n, p->now);
    }
}

static uint32_t events_of(struct bulk *b, uint32_t which)
{
    struct sv_event event[PAIR_EVENTS];
    const uint32_t n = sv_stack_events(b->pair->stack[which], event, PAIR_EVENTS);
    uint32_t what = 0;
    for (uint32_t i = 0; i < n; i++) {
        what |= event[i].what;
        if (event[i].what & SV_EVENT_ERROR)
            b->wrong = sv_err_name((enum sv_err)event[i].error);
    }
    return what;
}

/* Writer, link, reader, acknowledgements. */
static void bulk_turn(struct bulk *b)
{
    struct pair *p = b->pair;
    const uint64_t before = b->reader.offset;
    pair_tick(p);
    write_more(b);
    if (pair_link_turn(p) && (events_of(b, PAIR_SERVER) & SV_EVENT_READABLE)) {
        if (b->kind == BENCH_BULK)
            read_copies(b);
        else
            read_in_place(b);
    }
    pair_move(p, PAIR_SERVER);
    events_of(b, PAIR_CLIENT);
    if (b->reader.offset != before)
        b->progress = p->now;
    else if (p->now - b->progress > PATIENCE && !b->wrong)
        b->wrong = "no byte arrived for two seconds";
}

static bool turn_bytes(struct bulk *b, uint64_t bytes, enum bench_look look)
{
    const uint64_t until = b->reader.offset + bytes;
    b->reader.look = look;
    b->progress = b->pair->now;
    while (b->reader.offset < until && !b->wrong)
        bulk_turn(b);
    return !b->wrong && !b->reader.bad;
}

static bool lend(struct bulk *b)
{
    const size_t bytes = (2 * (size_t)BENCH_PERIOD + 4095) / 4096 * 4096;
    b->lent = aligned_alloc(4096, bytes);
    if (!b->lent)
        return false;
    memset(b->lent, 0, bytes);
    memcpy(b->lent, bench_pattern(), 2 * (size_t)BENCH_PERIOD);
    b->window = sv_pool_lend(b->pair->pool, b->lent, bytes);
    return b->window != SV_NONE;
}

static bool establish(struct bulk *b)
{
    struct pair *p = b->pair;
    struct sv_connect_options o;
    struct sv_endpoint to;
    memset(&o, 0, sizeof o);
    memset(&to, 0, sizeof to);
    o.size = (uint32_t)sizeof o;
    to.addr = pair_address(PAIR_SERVER);
    to.port = 9;
    if (!pair_listen(p, &b->listener) || sv_connect(p->stack[PAIR_CLIENT], &to, &o, &b->writer, p->now) != SV_OK)
        return false;
    const sv_time began = p->now;
    while (!(b->connected && b->accepted) && !b->wrong && p->now - began < PATIENCE) {
        pair_tick(p);
        pair_settle(p);
        b->connected |= (events_of(b, PAIR_CLIENT) & SV_EVENT_CONNECTED) != 0;
        events_of(b, PAIR_SERVER);
        b->accepted |= sv_accept(p->stack[PAIR_SERVER], b->listener, &b->reader_sock, p->now) == SV_OK;
    }
    /* W is given: buffers that follow what a reader takes would find another. */
    return b->connected && b->accepted && !b->wrong &&
           sv_sock_set(p->stack[PAIR_CLIENT], b->writer, SV_OPT_SEND_BUFFER, b->buffer, p->now) == SV_OK &&
           sv_sock_set(p->stack[PAIR_SERVER], b->reader_sock, SV_OPT_RECV_BUFFER, b->buffer, p->now) == SV_OK;
}

/* Until the window is open: a twentieth of a second's bytes at W, or as long as W is not there. */
static bool warm(struct bulk *b)
{
    for (uint32_t i = 0; i < 2000; i++) {
        pair_link_reset(b->pair, b->w_bytes);
        if (!turn_bytes(b, 4 * b->w_bytes, BENCH_EVERY))
            return false;
        if (i >= 8 && pair_link_share(b->pair) >= 0.97)
            return true;
    }
    return true; /* the row says how much was in flight, and fails */
}

void *seven_bulk_open(const struct bench_case *c, struct bench_note *note)
{
    const uint32_t buffer = (uint32_t)(2 * c->w_bytes + (1u << 20));
    const uint32_t offload = SV_IF_CSUM | SV_IF_TSO4 | SV_IF_TRUST_CSUM;
    const struct pair_options o = {.connections = 16,
                                   .busy = 16,
                                   .bufs = 16384,
                                   .slabs = 32768,
                                   .buffer = buffer,
                                   .flags = c->kind == BENCH_BULK ? 0 : offload,
                                   .super = c->kind == BENCH_SUPER ? 65535 : 0};
    struct bulk *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->kind = c->kind;
    b->w_bytes = c->w_bytes;
    b->buffer = buffer;
    b->ahead = ((c->w_bytes + FLOOR_SEGMENT - 1) / FLOOR_SEGMENT + SV_BURST) * FLOOR_SEGMENT;
    b->sink = malloc(SINK);
    b->pair = b->sink ? pair_create(&o, note) : NULL;
    bool good = b->pair && (c->kind == BENCH_BULK || lend(b)) && establish(b);
    if (good) {
        b->pair->link.w_bytes = c->w_bytes;
        good = warm(b);
    }
    if (!good) {
        if (!note->text[0])
            bench_say(note, true, "not opened: %s",
                      b->reader.bad ? "bytes differ"
                      : b->wrong    ? b->wrong
                                    : "lend or connect");
        seven_bulk_close(b);
        return NULL;
    }
    return b;
}

bool seven_bulk_exactly(void *state, uint64_t segments)
{
    return turn_bytes(state, segments * FLOOR_SEGMENT, BENCH_EDGES);
}

void seven_bulk_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    struct bulk *b = state;
    pair_resume(b->pair);
    bool good = turn_bytes(b, 4 * c->w_bytes, BENCH_EVERY);
    const uint64_t from = b->reader.offset, t0 = bench_cpu_ns();
    uint64_t took = 0;
    b->reader.look = c->kind == BENCH_BULK ? BENCH_EDGES : BENCH_COUNT;
    pair_link_reset(b->pair, c->w_bytes);
    while (good && took < budget_ns) {
        for (uint32_t i = 0; i < 64; i++)
            bulk_turn(b);
        took = bench_cpu_ns() - t0;
        good = !b->wrong;
    }
    const uint64_t segments = (b->reader.offset - from) / FLOOR_SEGMENT;
    out->in_flight = pair_link_share(b->pair);
    out->operations = segments;
    out->value = segments ? (double)took / (double)segments : 0;
    good = good && turn_bytes(b, 4 * c->w_bytes, BENCH_EVERY);
    if (!good || b->reader.bad)
        bench_fail(out, "%s", b->reader.bad ? "bytes differ" : b->wrong ? b->wrong : "it stopped");
}
