/* SPDX-License-Identifier: BSD-2-Clause */
/* lwIP over many connections: request and response, and the churn of opening and closing. */
#include "bench/lwip_pair.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE 20000000000u
#define RR_MOST 10000u /* lwIP has 16,384 ephemeral ports, and walks the list of all connections a segment */
#define STANDING_MOST 4096u

struct client {
    struct tcp_pcb *pcb;
    uint64_t number; /* of the request under way; 0: none */
};

struct rr {
    struct lwip_pair *pair;
    struct client *client;
    struct bench_rng choice;
    uint32_t connections, depth, message, left, connected;
    uint64_t serial, done;
    bool bad;
};

static struct rr *the_rr; /* lwIP's argument of a connection names the client's record; this names the row */

static err_t server_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct rr *r = arg;
    struct lwip_stack *s = &r->pair->stack[LWIP_SERVER];
    uint8_t bytes[BENCH_MESSAGE];
    (void)err;
    if (!p) { /* the client has closed: so do we */
        s->tcp_recv(pcb, NULL);
        if (s->tcp_close(pcb) != ERR_OK)
            r->bad = true;
        return ERR_OK;
    }
    r->bad |= p->tot_len != r->message;
    s->pbuf_copy_partial(p, bytes, (u16_t)r->message, 0);
    s->tcp_recved(pcb, p->tot_len);
    s->pbuf_free(p);
    if (r->message == BENCH_MESSAGE)
        bench_answer(bytes);
    else
        bytes[0] ^= 0x5a;
    if (s->tcp_write(pcb, bytes, (u16_t)r->message, TCP_WRITE_FLAG_COPY) != ERR_OK || s->tcp_output(pcb) != ERR_OK)
        r->bad = true;
    return ERR_OK;
}

static err_t server_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct rr *r = arg;
    struct lwip_stack *s = &r->pair->stack[LWIP_SERVER];
    r->bad |= err != ERR_OK;
    s->tcp_arg(pcb, r);
    s->tcp_recv(pcb, server_recv);
    tcp_nagle_disable(pcb);
    return ERR_OK;
}

static void ask(struct rr *r, struct client *c)
{
    struct lwip_stack *s = &r->pair->stack[LWIP_CLIENT];
    uint8_t request[BENCH_MESSAGE];
    c->number = ++r->serial;
    bench_request(request, c->number);
    if (s->tcp_write(c->pcb, request, (u16_t)r->message, TCP_WRITE_FLAG_COPY) != ERR_OK ||
        s->tcp_output(c->pcb) != ERR_OK)
        r->bad = true;
}

static err_t client_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct rr *r = the_rr;
    struct client *c = arg;
    struct lwip_stack *s = &r->pair->stack[LWIP_CLIENT];
    uint8_t bytes[BENCH_MESSAGE], want[BENCH_MESSAGE];
    if (!p || err != ERR_OK) {
        r->bad = true;
        return ERR_OK;
    }
    bench_request(want, c->number);
    bench_answer(want);
    r->bad |= p->tot_len != r->message || c->number == 0;
    s->pbuf_copy_partial(p, bytes, (u16_t)r->message, 0);
    r->bad |= memcmp(bytes, want, r->message) != 0;
    s->tcp_recved(pcb, p->tot_len);
    s->pbuf_free(p);
    c->number = 0;
    r->left--;
    r->done++;
    if (r->message == 1) { /* churn: close first, keep the TIME-WAIT */
        s->tcp_recv(pcb, NULL);
        s->tcp_err(pcb, NULL);
        if (s->tcp_close(pcb) != ERR_OK)
            r->bad = true;
        c->pcb = NULL;
    }
    return ERR_OK;
}

static void client_error(void *arg, err_t err)
{
    (void)arg;
    (void)err;
    the_rr->bad = true;
}

static err_t client_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct rr *r = the_rr;
    (void)pcb;
    r->bad |= err != ERR_OK;
    r->connected++;
    ask(r, arg);
    return ERR_OK;
}

static void dial(struct rr *r, struct client *c, uint16_t own_port, uint16_t port)
{
    struct lwip_stack *s = &r->pair->stack[LWIP_CLIENT];
    const ip_addr_t to = lwip_address(LWIP_SERVER), own = lwip_address(LWIP_CLIENT);
    c->pcb = s->tcp_new();
    if (!c->pcb) {
        r->bad = true;
        return;
    }
    s->tcp_arg(c->pcb, c);
    s->tcp_recv(c->pcb, client_recv);
    s->tcp_err(c->pcb, client_error);
    tcp_nagle_disable(c->pcb);
    if (own_port) { /* else TIME-WAITs soon hold every ephemeral port: it asks for one that nobody has at all */
        ip_set_option(c->pcb, SOF_REUSEADDR);
        r->bad |= s->tcp_bind(c->pcb, &own, own_port) != ERR_OK;
    }
    r->bad |= s->tcp_connect(c->pcb, &to, port, client_connected) != ERR_OK;
}

static bool listen_on(struct rr *r, uint16_t port)
{
    struct lwip_stack *s = &r->pair->stack[LWIP_SERVER];
    const ip_addr_t own = lwip_address(LWIP_SERVER);
    struct tcp_pcb *l = s->tcp_new();
    if (!l || s->tcp_bind(l, &own, port) != ERR_OK || !(l = s->tcp_listen_with_backlog(l, 255)))
        return false;
    s->tcp_arg(l, r);
    s->tcp_accept(l, server_accept);
    return true;
}

/* Turns both ends until nothing is left to answer. */
static bool pump(struct rr *r)
{
    const uint64_t began = bench_wall_ns();
    lwip_tick(r->pair);
    while (r->left && !r->bad && !r->pair->lost)
        if (lwip_move(r->pair, LWIP_CLIENT, UINT32_MAX) + lwip_move(r->pair, LWIP_SERVER, UINT32_MAX) == 0) {
            lwip_tick(r->pair);
            if (bench_wall_ns() - began > PATIENCE)
                return false;
        }
    return !r->bad && !r->pair->lost;
}

void lwip_rr_close(void *state)
{
    struct rr *r = state;
    lwip_pair_destroy(r->pair);
    free(r->client);
    free(r);
}

void *lwip_rr_open(const struct bench_case *c, struct bench_note *note)
{
    struct rr *r = c->connections > RR_MOST ? NULL : calloc(1, sizeof *r);
    if (!r) {
        bench_say(note, false, "not run: lwIP walks the list of all connections for each segment");
        return NULL;
    }
    r->client = calloc(c->connections, sizeof *r->client);
    r->connections = c->connections;
    r->depth = c->depth;
    r->message = BENCH_MESSAGE;
    r->choice.state = 99;
    the_rr = r;
    r->pair = r->client ? lwip_pair_create(note) : NULL;
    const bool loaded = r->pair != NULL;
    bool good = loaded && listen_on(r, 9);
    for (uint32_t at = 0; good && at < c->connections;) {
        /* The first alone: its SYN waits for ARP, and lwIP's queue there holds ten packets. */
        for (uint32_t i = at ? 0 : 63; i < 64 && at < c->connections; i++, at++) {
            r->left++;
            dial(r, &r->client[at], 0, 9);
        }
        good = pump(r);
    }
    if (!good) {
        if (loaded)
            bench_say(note, true, "opening stopped: %u connected", r->connected);
        lwip_rr_close(r);
        return NULL;
    }
    return r;
}

void lwip_rr_quiet(void *state)
{
    struct rr *r = state;
    const uint64_t began = bench_wall_ns();
    the_rr = r;
    while (bench_wall_ns() - began < 300000000u)
        lwip_settle(r->pair);
}

static bool rr_turn(struct rr *r)
{
    the_rr = r;
    r->left = r->depth;
    for (uint32_t i = 0; i < r->depth; i++) {
        struct client *c;
        do
            c = &r->client[bench_rng_below(&r->choice, r->connections)];
        while (c->number);
        ask(r, c);
    }
    return pump(r);
}

void lwip_rr_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    struct rr *r = state;
    uint64_t done = 0, took = 0;
    bool good = true;
    const uint64_t turns = c->depth == 1 ? 512 : 4;
    const uint64_t t0 = bench_cpu_ns();
    while (good && took < budget_ns) {
        for (uint64_t i = 0; i < turns && good; i++)
            good = rr_turn(r);
        done += turns * c->depth;
        took = bench_cpu_ns() - t0;
    }
    if (!good)
        bench_fail(out, "an answer was wrong or did not come");
    out->value = done ? (double)took / (double)done : 0;
    out->operations = done;
}

struct churn {
    struct rr *rr;
    uint32_t standing, ports; /* own ports are taken in turn, with the server's ports as a second digit */
};

/* `depth` connections at once: dialled, asked, answered, closed at both ends. */
static bool churn_turn(struct churn *h)
{
    struct rr *r = h->rr;
    the_rr = r;
    const uint32_t n = h->ports ? r->depth : 1; /* the first alone, for ARP */
    r->left = n;
    for (uint32_t i = 0; i < n; i++, h->ports++)
        dial(r, &r->client[i], (uint16_t)(1024 + h->ports % 60000), (uint16_t)(10 + h->ports / 60000 % 16));
    const bool good = pump(r);
    while (lwip_move(r->pair, LWIP_CLIENT, UINT32_MAX) + lwip_move(r->pair, LWIP_SERVER, UINT32_MAX))
        continue;
    return good && !r->bad && !r->pair->lost;
}

static uint32_t time_waits(const struct churn *h)
{
    uint32_t n = 0;
    for (struct tcp_pcb *t = *h->rr->pair->stack[LWIP_CLIENT].time_waits; t; t = t->next)
        n++;
    return n;
}

/* Outside the measured time: back to `standing` of them, the newest first. */
static void trim(struct churn *h)
{
    struct lwip_stack *s = &h->rr->pair->stack[LWIP_CLIENT];
    for (uint32_t n = time_waits(h); n > h->standing; n--)
        s->tcp_abandon(*s->time_waits, 0);
}

void lwip_connect_close(void *state)
{
    struct churn *h = state;
    if (h->rr)
        lwip_rr_close(h->rr);
    free(h);
}

void *lwip_connect_open(const struct bench_case *c, struct bench_note *note)
{
    struct churn *h = calloc(1, sizeof *h);
    struct rr *r = calloc(1, sizeof *r);
    if (!h || !r) {
        free(h);
        free(r);
        return NULL;
    }
    h->rr = r;
    h->standing = c->standing >= 1000000 ? STANDING_MOST : STANDING_MOST / 4;
    r->client = calloc(c->depth, sizeof *r->client);
    r->connections = r->depth = c->depth;
    r->message = 1;
    r->pair = r->client ? lwip_pair_create(note) : NULL;
    const bool loaded = r->pair != NULL;
    bool good = loaded;
    for (uint16_t k = 0; good && k < 16; k++)
        good = listen_on(r, (uint16_t)(10 + k));
    while (good && time_waits(h) < h->standing)
        good = churn_turn(h);
    if (!good) {
        if (loaded)
            bench_say(note, true, "stopped with %u TIME-WAITs", time_waits(h));
        lwip_connect_close(h);
        return NULL;
    }
    trim(h);
    bench_say(note, false, "only %u TIME-WAITs stand: each segment walks the list of them", h->standing);
    return h;
}

void lwip_connect_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    struct churn *h = state;
    uint64_t done = 0, took = 0;
    bool good = true;
    while (good && took < budget_ns) {
        const uint64_t t0 = bench_cpu_ns();
        good = churn_turn(h);
        took += bench_cpu_ns() - t0;
        done += c->depth;
        trim(h);
    }
    if (!good)
        bench_fail(out, "a connection was refused or answered wrongly");
    out->value = done ? (double)took / (double)done : 0;
    out->operations = done;
}
