/* SPDX-License-Identifier: BSD-2-Clause */
/* Many connections between the pair: the server's application, opening n of them, and RR over them. */
#include "bench/seven_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PATIENCE (5 * SV_S) /* without any answer */

static void wrong(struct pair_server *s, const char *what, enum sv_err e)
{
    if (!s->wrong[0])
        snprintf(s->wrong, sizeof s->wrong, "server: %s: %s", what, sv_err_name(e));
}

static void answer(struct pair *p, struct pair_server *s, sv_sock c, uint8_t *bytes, size_t n)
{
    size_t taken = 0;
    if (n % s->message != 0)
        wrong(s, "part of a message", SV_ERR_INVALID);
    for (size_t at = 0; at + s->message <= n; at += s->message) {
        if (s->message == BENCH_MESSAGE)
            bench_answer(bytes + at);
        else
            bytes[at] ^= 0x5a;
        s->answered++;
    }
    const enum sv_err e = sv_send(p->stack[PAIR_SERVER], c, bytes, n, &taken, p->now);
    if (e != SV_OK || taken != n)
        wrong(s, "sv_send", e);
}

/* Reads until there is no more; closes at the end. */
static void serve_one(struct pair *p, struct pair_server *s, sv_sock c)
{
    uint8_t bytes[4096];
    for (;;) {
        size_t got = 0;
        const enum sv_err e = sv_recv(p->stack[PAIR_SERVER], c, bytes, sizeof bytes, &got, p->now);
        if (e == SV_ERR_EOF) {
            sv_close(p->stack[PAIR_SERVER], c, p->now);
            s->closed++;
            return;
        }
        if (e == SV_ERR_AGAIN)
            return;
        if (e != SV_OK) {
            wrong(s, "sv_recv", e);
            return;
        }
        answer(p, s, c, bytes, got);
        if (s->message != 1 && got < sizeof bytes)
            return; /* all there was; the end, if it came, has its own event */
    }
}

void pair_serve(struct pair *p, struct pair_server *s)
{
    struct sv_event event[PAIR_EVENTS];
    uint32_t n;
    do {
        n = sv_stack_events(p->stack[PAIR_SERVER], event, PAIR_EVENTS);
        for (uint32_t i = 0; i < n; i++) {
            const struct sv_event *e = &event[i];
            if (e->what & SV_EVENT_ERROR)
                wrong(s, "an event", (enum sv_err)e->error);
            if (e->what & SV_EVENT_ACCEPT) {
                sv_sock c;
                while (sv_accept(p->stack[PAIR_SERVER], s->listener, &c, p->now) == SV_OK)
                    s->accepted++;
            } else if (e->what & (SV_EVENT_READABLE | SV_EVENT_PEER_FIN)) {
                serve_one(p, s, e->socket);
            }
        }
    } while (n == PAIR_EVENTS);
}

static bool ask(struct pair *p, const struct pair_client *c)
{
    uint8_t request[BENCH_MESSAGE];
    size_t taken = 0;
    bench_request(request, c->number);
    return sv_send(p->stack[PAIR_CLIENT], c->sock, request, BENCH_MESSAGE, &taken, p->now) == SV_OK &&
           taken == BENCH_MESSAGE;
}

/* The answer of client c: 1, or 0: it is not what was asked for. */
static uint32_t hear(struct pair *p, struct pair_client *c)
{
    uint8_t answer_bytes[BENCH_MESSAGE + 1];
    size_t got = 0;
    const enum sv_err e = sv_recv(p->stack[PAIR_CLIENT], c->sock, answer_bytes, sizeof answer_bytes, &got, p->now);
    const bool good = e == SV_OK && got == BENCH_MESSAGE && c->number && bench_answer_holds(answer_bytes, c->number);
    c->number = 0;
    return good;
}

/* What the client's stack tells: CONNECTED asks the first question, READABLE is an answer. Gives the
 * answers that held; sets *bad when one did not. */
static uint32_t client_events(struct pair *p, struct pair_client *client, bool *bad)
{
    struct sv_event event[PAIR_EVENTS];
    uint32_t n, heard = 0;
    do {
        n = sv_stack_events(p->stack[PAIR_CLIENT], event, PAIR_EVENTS);
        for (uint32_t i = 0; i < n; i++) {
            struct pair_client *c = &client[event[i].cookie];
            if (event[i].what & (SV_EVENT_ERROR | SV_EVENT_CLOSED | SV_EVENT_PEER_FIN))
                *bad = true;
            if (event[i].what & SV_EVENT_CONNECTED)
                *bad |= !ask(p, c);
            if (event[i].what & SV_EVENT_READABLE) {
                const uint32_t good = hear(p, c);
                heard += good;
                *bad |= !good;
            }
        }
    } while (n == PAIR_EVENTS);
    return heard;
}

static bool dial(struct pair *p, struct pair_client *c, uint32_t i, struct bench_note *note)
{
    struct sv_connect_options o;
    struct sv_endpoint to;
    memset(&o, 0, sizeof o);
    memset(&to, 0, sizeof to);
    o.size = (uint32_t)sizeof o;
    o.cookie = i;
    to.addr = pair_address(PAIR_SERVER);
    to.port = pair_port(i);
    c->number = (uint64_t)i + 1;
    const enum sv_err e = sv_connect(p->stack[PAIR_CLIENT], &to, &o, &c->sock, p->now);
    if (e != SV_OK)
        bench_say(note, true, "connection %u: %s", i, sv_err_text(e));
    return e == SV_OK;
}

bool pair_open(struct pair *p, struct pair_server *s, struct pair_client *client, uint32_t from, uint32_t n,
               uint32_t depth, struct bench_note *note)
{
    uint32_t dialled = from, done = from;
    sv_time progress = p->now;
    bool bad = false;
    s->message = BENCH_MESSAGE;
    if (from == 0 && !pair_listen(p, &s->listener)) {
        bench_say(note, true, "sv_listen on any port failed");
        return false;
    }
    while (done < n) {
        pair_tick(p);
        for (; dialled < n && dialled - done < depth; dialled++)
            if (!dial(p, &client[dialled], dialled, note))
                return false;
        pair_move(p, PAIR_CLIENT);
        pair_serve(p, s);
        pair_move(p, PAIR_SERVER);
        const uint32_t heard = client_events(p, client, &bad);
        done += heard;
        progress = heard ? p->now : progress;
        if (bad || s->wrong[0] || p->now - progress > PATIENCE) {
            bench_say(note, true, "opening stopped at %u of %u: %s", done, n,
                      s->wrong[0] ? s->wrong
                      : bad       ? "client: an error or a wrong answer"
                                  : "no answer");
            return false;
        }
    }
    pair_settle(p);
    return true;
}

struct rr {
    struct pair *pair;
    struct pair_server server;
    struct pair_client *client;
    struct bench_rng choice;
    uint32_t connections, depth;
    uint64_t serial;
    const char *why; /* it stopped */
};

/* As an application would that has so many: in huge pages, like the world. */
static struct pair_client *clients_create(uint32_t n)
{
    void *m = mmap(NULL, n * sizeof(struct pair_client), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED)
        return NULL;
    (void)madvise(m, n * sizeof(struct pair_client), MADV_HUGEPAGE);
    return m;
}

void seven_rr_close(void *state)
{
    struct rr *r = state;
    pair_destroy(r->pair);
    if (r->client)
        munmap(r->client, r->connections * sizeof *r->client);
    free(r);
}

void *seven_rr_open(const struct bench_case *c, struct bench_note *note)
{
    const struct pair_options o = {/* A connection whose acknowledgement is delayed is busy for 40 ms. */
                                   .connections = c->connections + 1024,
                                   .busy = 65536,
                                   .bufs = 65536,
                                   .slabs = 65536,
                                   .buffer = 65536};
    struct rr *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->client = clients_create(c->connections);
    r->connections = c->connections;
    r->depth = c->depth;
    r->choice.state = 99;
    r->serial = c->connections;
    r->pair = r->client ? pair_create(&o, note) : NULL;
    if (!r->pair || !pair_open(r->pair, &r->server, r->client, 0, c->connections, 64, note)) {
        seven_rr_close(r);
        return NULL;
    }
    return r;
}

/* Chosen first, then asked: so the misses of the driver's own table are not between the stack's. */
static bool rr_ask(struct rr *r)
{
    struct pair_client *chosen[SV_BURST];
    bool good = true;
    for (uint32_t i = 0; i < r->depth; i++) {
        do
            chosen[i] = &r->client[bench_rng_below(&r->choice, r->connections)];
        while (chosen[i]->number);
        chosen[i]->number = ++r->serial;
    }
    for (uint32_t i = 0; i < r->depth; i++)
        good &= ask(r->pair, chosen[i]);
    return good;
}

/* `depth` questions on different connections, until all are answered. */
static bool rr_turn(struct rr *r)
{
    struct pair *p = r->pair;
    uint32_t left = r->depth;
    bool bad = false;
    pair_tick(p);
    const sv_time began = p->now;
    if (!rr_ask(r)) {
        r->why = "a question was not taken";
        return false;
    }
    for (;;) {
        pair_move(p, PAIR_CLIENT);
        pair_serve(p, &r->server);
        pair_move(p, PAIR_SERVER);
        left -= client_events(p, r->client, &bad);
        if (bad || r->server.wrong[0] || left == 0)
            break;
        pair_tick(p);
        if (p->now - began > PATIENCE) {
            r->why = "an answer did not come";
            return false;
        }
    }
    r->why = bad ? "an answer was wrong" : NULL;
    return !bad && !r->server.wrong[0];
}

bool seven_rr_exactly(void *state, uint64_t round_trips)
{
    struct rr *r = state;
    for (uint64_t i = 0; i < round_trips; i += r->depth)
        if (!rr_turn(r))
            return false;
    return true;
}

void seven_rr_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out)
{
    struct rr *r = state;
    pair_resume(r->pair);
    const uint64_t turns = 512 / c->depth;
    uint64_t done = 0, took = 0;
    bool good = seven_rr_exactly(r, 4096); /* warm */
    const uint64_t t0 = bench_cpu_ns();
    while (good && took < budget_ns) {
        for (uint64_t i = 0; i < turns && good; i++)
            good = rr_turn(r);
        done += turns * c->depth;
        took = bench_cpu_ns() - t0;
    }
    if (!good)
        bench_fail(out, "%s", r->server.wrong[0] ? r->server.wrong : r->why);
    out->value = done ? (double)took / (double)done : 0;
    out->operations = done;
}
