/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections opened, one byte each way, closed by the client, `depth` under way at once, while the
 * client's stack holds `standing` TIME-WAIT records: its ceiling, so that every close lets the oldest go. */
#include "bench/seven_pair.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE (5 * SV_S)

enum slot_state { FREE, DIALLED, ASKED };

struct slot {
    sv_sock sock;
    enum slot_state state;
    uint8_t byte;
};

struct churn {
    struct pair *pair;
    struct pair_server server;
    struct slot slot[SV_BURST];
    uint32_t depth, standing, dialled;
    uint64_t closed; /* by the client */
    sv_time progress;
    const char *wrong;
};

void seven_connect_close(void *state)
{
    struct churn *c = state;
    pair_destroy(c->pair);
    free(c);
}

static void dial(struct churn *c, uint32_t i)
{
    struct pair *p = c->pair;
    struct sv_connect_options o;
    struct sv_endpoint to;
    memset(&o, 0, sizeof o);
    memset(&to, 0, sizeof to);
    o.size = (uint32_t)sizeof o;
    o.cookie = i;
    to.addr = pair_address(PAIR_SERVER);
    to.port = pair_port(c->dialled++);
    c->slot[i].byte = (uint8_t)c->dialled;
    c->slot[i].state = DIALLED;
    const enum sv_err e = sv_connect(p->stack[PAIR_CLIENT], &to, &o, &c->slot[i].sock, p->now);
    if (e != SV_OK)
        c->wrong = sv_err_name(e);
}

/* CONNECTED: our byte. READABLE: the answer; then we close first and keep the TIME-WAIT. */
static void step(struct churn *c, struct slot *s, const struct sv_event *event)
{
    struct pair *p = c->pair;
    struct sv_stack *stack = p->stack[PAIR_CLIENT];
    size_t n = 0;
    if (event->what & SV_EVENT_ERROR)
        c->wrong = sv_err_name((enum sv_err)event->error);
    if (s->state == FREE || event->socket.index != s->sock.index || event->socket.generation != s->sock.generation)
        return; /* of a connection that was closed already */
    if (s->state == DIALLED && (event->what & SV_EVENT_CONNECTED)) {
        s->state = ASKED;
        if (sv_send(stack, s->sock, &s->byte, 1, &n, p->now) != SV_OK || n != 1)
            c->wrong = "the byte was not taken";
    }
    if (s->state == ASKED && (event->what & SV_EVENT_READABLE)) {
        uint8_t answer[2];
        const enum sv_err e = sv_recv(stack, s->sock, answer, sizeof answer, &n, p->now);
        if (e != SV_OK || n != 1 || answer[0] != (s->byte ^ 0x5a))
            c->wrong = "the answer is wrong";
        sv_close(stack, s->sock, p->now);
        s->state = FREE;
        c->closed++;
    }
}

static void churn_turn(struct churn *c)
{
    struct pair *p = c->pair;
    struct sv_event event[PAIR_EVENTS];
    const uint64_t before = c->server.closed;
    uint32_t n;
    pair_tick(p);
    for (uint32_t i = 0; i < c->depth; i++)
        if (c->slot[i].state == FREE)
            dial(c, i);
    pair_move(p, PAIR_CLIENT);
    pair_serve(p, &c->server);
    pair_move(p, PAIR_SERVER);
    do {
        n = sv_stack_events(p->stack[PAIR_CLIENT], event, PAIR_EVENTS);
        for (uint32_t i = 0; i < n; i++)
            step(c, &c->slot[event[i].cookie % SV_BURST], &event[i]);
    } while (n == PAIR_EVENTS);
    if (c->server.wrong[0] && !c->wrong)
        c->wrong = c->server.wrong;
    if (c->server.closed != before)
        c->progress = p->now;
    else if (p->now - c->progress > PATIENCE && !c->wrong)
        c->wrong = "no connection came to its end";
}

bool seven_connect_exactly(void *state, uint64_t connections)
{
    struct churn *c = state;
    const uint64_t until = c->server.closed + connections;
    c->progress = c->pair->now;
    while (c->server.closed < until && !c->wrong)
        churn_turn(c);
    return !c->wrong;
}

static uint32_t time_waits(const struct churn *c)
{
    struct sv_sock_info info;
    uint32_t at = 0, n = 0;
    memset(&info, 0, sizeof info);
    info.size = (uint32_t)sizeof info;
    while (sv_stack_each(c->pair->stack[PAIR_CLIENT], &at, &info)) {
        n += info.state == SV_TIME_WAIT;
        info.size = (uint32_t)sizeof info;
    }
    return n;
}

void *seven_connect_open(const struct bench_case *k, struct bench_note *note)
{
    const struct pair_options o = {
        .connections = 4096, .time_waits = k->standing, .busy = 4096, .bufs = 8192, .slabs = 8192, .buffer = 65536};
    struct churn *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->depth = k->depth < SV_BURST ? k->depth : SV_BURST;
    c->standing = k->standing;
    c->server.message = 1;
    c->pair = pair_create(&o, note);
    const bool good = c->pair && pair_listen(c->pair, &c->server.listener) &&
                      seven_connect_exactly(c, (uint64_t)k->standing + k->standing / 16);
    if (!good) {
        if (!note->text[0])
            bench_say(note, true, "not opened: %s", c->wrong ? c->wrong : "listen");
        seven_connect_close(c);
        return NULL;
    }
    return c;
}

void seven_connect_run(void *state, const struct bench_case *k, uint64_t budget_ns, struct bench_sample *out)
{
    struct churn *c = state;
    pair_resume(c->pair);
    const uint64_t from = c->server.closed, t0 = bench_cpu_ns();
    uint64_t took = 0;
    while (took < budget_ns && !c->wrong) {
        for (uint32_t i = 0; i < 32; i++)
            churn_turn(c);
        took = bench_cpu_ns() - t0;
    }
    const uint64_t done = c->server.closed - from;
    const uint32_t standing = time_waits(c);
    if (c->wrong)
        bench_fail(out, "%s", c->wrong);
    if (standing < k->standing - k->standing / 20)
        bench_fail(out, "only %u TIME-WAIT records stand", standing);
    if (c->closed + SV_BURST < c->server.closed)
        bench_fail(out, "the ends disagree on how many were closed");
    out->value = done ? (double)took / (double)done : 0;
    out->operations = done;
}
