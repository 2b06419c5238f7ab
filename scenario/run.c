/* SPDX-License-Identifier: BSD-2-Clause */
/* The run: what the timeline and the faults want at a time comes before what the world does then. */
#include "scenario/outside.h"

#include "scenario/lawful.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "l4_transport/tcp_teach.h"
#include "stack/stack_internal.h"

#define PEEK_EVERY 256u /* turns between two looks at what can only grow */

/* --- verbs --- */

/* Everything that the host knew is gone, and nobody is told. */
static void crash(struct sc_run *run, uint32_t host)
{
    struct sv_stack *s = run->stack[host];
    const sv_time now = sv_world_local(run->sim->world, host);
    if (run->down[host])
        return;
    sc_rows_said(run, host, "crash");
    sc_app_crashed(run, host);
    for (uint32_t i = 0; i < s->node.ports; i++)
        sv_interface_set_up(s, i, false, now);
    for (uint32_t i = 0; i < run->model->pings; i++) {
        if (run->ping[i].host == host && run->ping[i].sent)
            sv_close(s, run->ping[i].sock, now);
    }
    for (uint32_t i = 0; i < s->tcp.listeners; i++) {
        if (sv_tcp_listener(&s->tcp, i)->used)
            sv_tcp_close_listener(&s->tcp, i);
    }
    for (uint32_t i = 0; i < s->tcp.hot_fresh; i++) {
        struct sv_tcp_hot *h = sv_tcp_hot(&s->tcp, i);
        if (h->kind == SV_TCP_FULL && !(h->flags & SV_TCP_DETACHED && h->flags & SV_TCP_DEAD))
            sv_tcp_abort(&s->tcp, i);
    }
    sc_observe(run);
    sc_lawful_crashed(run, host);
    run->down[host] = true;
    for (uint32_t i = 0; i < run->endpoints; i++) {
        struct sc_endpoint *e = &run->endpoint[i];
        if (e->host == host && e->epoch == run->epoch[host])
            e->ended = true;
    }
}

static void reboot(struct sc_run *run, uint32_t host)
{
    const struct sc_host *h = &run->model->host[host];
    const sv_time now = sv_world_local(run->sim->world, host);
    crash(run, host);
    const uint32_t isn_next = sv_stack_teach(run->stack[host])->isn_next;
    sc_rows_said(run, host, "reboot");
    run->epoch[host]++;
    if (!sc_build_host(run, host, now)) {
        snprintf(run->problem, sizeof run->problem, "%s could not be built again", h->name);
        return;
    }
    sv_stack_teach(run->stack[host])->isn_next = isn_next;
    sv_world_replace(run->sim->world, host, sv_stack_node(run->stack[host]));
    run->down[host] = false;
    for (uint32_t i = 0; i < h->serves; i++)
        sc_app_listen(run, host, &h->serve[i], now);
}

static void plug(struct sc_run *run, const struct sc_step *s, bool up)
{
    const struct sc_model *m = run->model;
    uint32_t of_host = s->link == SV_NONE ? run->index.link_first[s->host] : 0;
    for (uint32_t l = s->link; l != SV_NONE || of_host;) {
        if (of_host) {
            l = (of_host - 1u) / 2u;
            of_host = run->index.link_next[of_host - 1u];
        }
        sc_link_set_up(run, l, up);
        for (uint32_t e = 0; e < 2; e++) {
            const uint32_t host = m->link[l].end[e];
            if (run->bridge[host])
                sv_bridge_port_set_up(run->bridge[host], m->link[l].port[e], up, sv_world_local(run->sim->world, host));
            sv_world_touch(run->sim->world, host);
        }
        sv_world_touch(run->sim->world, m->hosts + l);
        l = SV_NONE;
    }
}

static void on_connection(struct sc_run *run, const struct sc_step *s)
{
    struct sc_conn *c = sc_conn_of(run, s->host, s->attempt);
    const sv_time now = sv_world_local(run->sim->world, s->host);
    if (!c || !c->open)
        return;
    switch (s->verb) {
    case SC_SEND:
        c->text = s->text ? s->text : c->text;
        c->text_at = s->text ? c->to_write : c->text_at;
        c->to_write += s->bytes;
        c->piece = s->pieces > 1 ? (c->to_write - c->written + s->pieces - 1u) / s->pieces : 0; /* of all that waits */
        c->urgent_at = s->urgent ? c->to_write : c->urgent_at;
        c->told_sent = false;
        break;
    case SC_READ:
        c->read_stop = s->read_stop;
        c->size = s->size;
        c->rate = s->rate;
        c->read_at = s->rate ? now : SV_NEVER;
        break;
    case SC_SHUTDOWN:
        c->want_shutdown = true;
        break;
    case SC_CLOSE:
        c->want_close = true;
        break;
    default:
        c->open = false;
        c->error = SV_ERR_ABORTED;
        sv_abort(run->stack[s->host], c->sock, now);
        sc_conn_timed(run, c);
        sv_world_touch(run->sim->world, s->host);
        return;
    }
    sc_conn_pump(run, c, now);
}

static void act(struct sc_run *run, uint32_t number)
{
    const struct sc_step *s = &run->model->step[number];
    run->step_done[number] = true;
    run->step_at[number] = SV_NEVER;
    run->script_stale = true;
    if (s->host != SV_NONE && run->down[s->host] && s->verb != SC_REBOOT)
        return;
    if (s->socket != SV_NONE) {
        sc_udp_act(run, number);
        return;
    }
    if (s->ethertype) {
        sc_frame_send(run, s);
        return;
    }
    switch (s->verb) {
    case SC_FORGE:
        sc_forge_begin(run, number);
        break;
    case SC_CONNECT:
        if (s->crowd != SV_NONE) {
            sc_crowd_begin(run, number);
            break;
        }
        (void)sc_app_connect(run, s);
        break;
    case SC_LISTEN:
        sc_app_listen(run, s->host, &s->serve, sv_world_local(run->sim->world, s->host));
        break;
    case SC_PING:
        sc_app_ping(run, number);
        break;
    case SC_CRASH:
        crash(run, s->host);
        break;
    case SC_REBOOT:
        reboot(run, s->host);
        break;
    case SC_UNPLUG:
    case SC_PLUG:
        plug(run, s, s->verb == SC_PLUG);
        break;
    case SC_SET:
        sc_set_host(run, s->host, &s->set);
        break;
    case SC_FORGET:
    case SC_REBIND:
        sc_box_forget(run, s->host, s->verb == SC_REBIND);
        break;
    default:
        on_connection(run, s);
        break;
    }
}

/* --- the script --- */

static void cuts(struct sc_run *run, sv_time now)
{
    for (uint32_t i = 0; i < run->model->faults; i++) {
        const struct sc_fault *f = &run->model->fault[i];
        if (f->deed != SC_CUT || (f->between[0] != now && f->between[1] != now))
            continue;
        const struct sc_step as = {.link = f->link, .host = SV_NONE};
        run->fault_count[i].hits++;
        plug(run, &as, f->between[1] == now);
    }
}

static void listens(struct sc_run *run, sv_time now)
{
    struct sc_index *x = &run->index;
    for (; x->opened < x->openings && x->opening[x->opened].at <= now; x->opened++) {
        const struct sc_opening *o = &x->opening[x->opened];
        if (!run->down[o->host])
            sc_app_listen(run, o->host, &run->model->host[o->host].serve[o->serve],
                          sv_world_local(run->sim->world, o->host));
    }
}

static sv_time earlier(sv_time a, sv_time b, sv_time after)
{
    return b > after && b < a ? b : a;
}

/* When the script has something to say next, after what it said at `said`. */
static sv_time next_script(const struct sc_run *run)
{
    const struct sc_model *m = run->model;
    sv_time at = SV_NEVER;
    const sv_time said = run->script_said;
    const uint32_t first = sc_script_first(run);
    if (first != SV_NONE)
        at = run->step_at[first];
    for (uint32_t i = 0; i < m->faults; i++) {
        if (m->fault[i].deed == SC_CUT) {
            at = earlier(at, m->fault[i].between[0], said);
            at = earlier(at, m->fault[i].between[1], said);
        }
    }
    if (run->index.opened < run->index.openings)
        at = earlier(at, run->index.opening[run->index.opened].at, said);
    at = earlier(at, sc_judge_next(run, said), said);
    at = earlier(at, sc_box_next(run, said), said);
    return run->settling ? SV_NEVER : at;
}

static sv_time script_at(struct sc_run *run)
{
    if (run->script_stale) {
        run->script_next = next_script(run);
        run->script_stale = false;
    }
    return run->script_next;
}

static void speak(struct sc_run *run, sv_time at)
{
    const bool first = at != run->script_said || !run->script_begun;
    sv_world_advance(run->sim->world, at);
    run->now = at;
    if (first) {
        run->script_said = at;
        run->script_begun = true;
        sc_judge_at(run, at);
        cuts(run, at);
        listens(run, at);
        sc_box_speak(run, at);
    }
    run->script_stale = true;
    for (uint32_t i; (i = sc_script_first(run)) != SV_NONE && run->step_at[i] <= at;) {
        sc_script_drop(run);
        act(run, i);
    }
    sc_observe(run);
}

static void finish(struct sc_run *run)
{
    sc_observe(run);
    sc_lawful_over(run);
    if (!run->settling && !(run->mutated && run->stopped))
        sc_judge_end(run, true);
    if (!(run->mutated && run->stopped))
        sc_judge_end(run, false);
    run->over = true;
    if (run->out_of_room && !run->problem[0])
        snprintf(run->problem, sizeof run->problem, "more connections than the run can watch (%u)", run->endpoints_max);
}

/* A turn of time itself: `until` comes, then the end. */
static bool turn_page(struct sc_run *run)
{
    const sv_time until = run->model->until;
    if (!run->settling) {
        if (sv_world_next(run->sim->world) >= until)
            sv_world_advance(run->sim->world, until);
        run->now = until;
        sc_judge_end(run, true);
        run->settling = true;
        run->script_stale = true;
        return true;
    }
    finish(run);
    return false;
}

sv_time sc_run_next(struct sc_run *run)
{
    const sv_time end = run->model->until + (run->settling ? run->model->settle : 0);
    const sv_time script = script_at(run), world = sv_world_next(run->sim->world);
    const sv_time next = script < world ? script : world;
    return run->over ? SV_NEVER : next < end ? next : end;
}

bool sc_run_turn(struct sc_run *run)
{
    struct sv_world *w = run->sim->world;
    const sv_time end = run->model->until + (run->settling ? run->model->settle : 0);
    if (run->over)
        return false;
    const sv_time script = script_at(run), world = sv_world_next(w);
    if (script <= world && script < end) {
        speak(run, script);
        return true;
    }
    if (world > end || world == SV_NEVER)
        return turn_page(run);
    run->now = world;
    (void)sv_sim_step(run->sim, world);
    run->events++;
    sc_observe(run);
    if (sv_trace_lost(run->trace) && !run->problem[0])
        snprintf(run->problem, sizeof run->problem, "the trace's ring is too small for one step");
    if (run->events >= run->model->limits.events) {
        run->stopped = true;
        if (!run->problem[0])
            snprintf(run->problem, sizeof run->problem, "stopped after %llu events at %.6f s (limits: {events: …})",
                     (unsigned long long)run->events, (double)run->now / 1e9);
        finish(run);
        return false;
    }
    return true;
}

void sc_run_all(struct sc_run *run, const struct sc_mutant *only)
{
    run->script_stale = true;
    run->mutated = only != NULL;
    for (uint64_t turn = 0; sc_run_turn(run); turn++) {
        if (!only || turn % PEEK_EVERY)
            continue;
        sc_judge_at(run, run->now); /* what can only grow is seen before a limit stops the run */
    }
}

bool sc_run_passed(const struct sc_run *run, uint32_t expectation)
{
    return run->judged[expectation].verdict == SC_PASSED;
}

void sc_run_close(struct sc_run *run)
{
    void *const all[] = {
        run->sim,        run->stack,        run->bridge,         run->link,        run->host,      run->app_host,
        run->epoch,      run->down,         run->endpoint,       run->endpoint_of, run->conn,      run->conn_of_attempt,
        run->ping,       run->sent.track,   run->received.track, run->fault_count, run->fault_rng, run->fact,
        run->judged,     run->step_at,      run->step_done,      run->accepts,     run->drops,     run->arrived,
        run->twice,      run->memory,       run->last,           run->udp,         run->job,       run->cable,
        run->departed,   run->wrong_sample, run->forged,         run->forgery,     run->crowd,     run->forged_mark,
        run->crowd_port, run->set,          run->unset};
    sc_lawful_close(run);
    for (uint32_t i = 0; run->judged && i < run->model->expects; i++)
        free(run->judged[i].chain);
    sc_index_close(run);
    for (uint32_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(run);
}

uint64_t sc_run_hash(const struct sc_run *run)
{
    return sv_trace_hash(run->trace);
}
