/* SPDX-License-Identifier: BSD-2-Clause */
/* A crowd: connections to one service, one after the other, each closed by its opener as soon as it is open. They are
 * counted together; the first is followed as any other, the rest are not, or nothing else could be seen. */
#include "l4_transport/tcp_record.h"
#include "scenario/run.h"
#include "stack/stack_internal.h"

#define APP 2u /* of the host's applications, the third */

bool sc_crowd_has(const struct sc_run *run, uint32_t host, uint16_t port)
{
    return run->crowd_port && run->crowd_port[port] == host + 1u;
}

static void take_port(struct sc_run *run, uint32_t host, sv_sock sock)
{
    struct sv_sock_info info = {.size = sizeof info};
    if (sv_sock_info(run->stack[host], sock, &info) == SV_OK)
        run->crowd_port[info.local.port] = (uint16_t)(host + 1u);
}

static void one_more(struct sc_run *run, uint32_t socket, sv_time now)
{
    struct sc_crowd *c = &run->crowd[socket];
    const struct sc_step *s = &run->model->step[c->step];
    const struct sv_connect_options options = {.size = sizeof options, .cookie = SV_COOKIE(APP, socket)};
    sv_sock sock;
    sc_observe(run);
    run->crowd_connects = c->begun != 0;
    const enum sv_err error = sv_connect(run->stack[s->host], &s->remote, &options, &sock, now);
    if (error == SV_OK && c->begun)
        take_port(run, s->host, sock);
    sc_observe(run);
    run->crowd_connects = false;
    c->begun++;
    if (error == SV_OK)
        return;
    if (!c->refused)
        sc_rows_said(run, s->host, error == SV_ERR_NO_PORTS ? "connect: no port is free" : "connect: refused");
    c->refused++;
    c->no_port += error == SV_ERR_NO_PORTS;
}

static void on_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    const struct sc_app_host *a = self;
    struct sc_crowd *c = &a->run->crowd[(uint32_t)event->cookie];
    if (event->what & SV_EVENT_ERROR) {
        c->failed++;
        sv_close(stack, event->socket, now);
        return;
    }
    if (!(event->what & SV_EVENT_CONNECTED))
        return;
    c->opened++;
    sv_close(stack, event->socket, now);
}

static sv_time on_deadline(void *self)
{
    const struct sc_app_host *a = self;
    sv_time at = SV_NEVER;
    for (uint32_t i = 0; a->run->crowds && i < a->run->model->sockets; i++) {
        const struct sc_crowd *c = &a->run->crowd[i];
        if (c->used && c->left && a->run->model->socket[i].host == a->host && c->next < at)
            at = c->next;
    }
    return a->run->settling || a->run->down[a->host] ? SV_NEVER : at;
}

static void on_tick(void *self, struct sv_stack *stack, sv_time now)
{
    const struct sc_app_host *a = self;
    struct sc_run *run = a->run;
    (void)stack;
    for (uint32_t i = 0; run->crowds && i < run->model->sockets; i++) {
        struct sc_crowd *c = &run->crowd[i];
        if (!c->used || run->model->socket[i].host != a->host || run->settling)
            continue;
        for (; c->left && c->next <= now; c->left--) {
            one_more(run, i, now);
            c->next += run->model->step[c->step].every;
        }
    }
}

const struct sv_app sc_crowd_ops = {on_event, on_deadline, on_tick};

void sc_crowd_begin(struct sc_run *run, uint32_t step)
{
    const struct sc_step *s = &run->model->step[step];
    const sv_time now = sv_world_local(run->sim->world, s->host);
    run->crowd[s->crowd] = (struct sc_crowd){.step = step, .left = s->count, .used = true, .next = now};
    sv_world_touch(run->sim->world, s->host);
}

bool sc_crowd_value(const struct sc_run *run, const uint32_t of[4], uint64_t *value)
{
    const struct sc_crowd *c = &run->crowd[of[2]];
    const uint64_t all[] = {c->begun, c->opened, c->refused, c->no_port, c->failed};
    if (!c->used)
        return false;
    *value = all[of[3]];
    return true;
}
