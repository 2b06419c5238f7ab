/* SPDX-License-Identifier: BSD-2-Clause */
/* What a page keeps of a run while it runs: conversations as they begin, their sides' states, and samples of what TCP
 * remembers after each event. */
#include <stdlib.h>
#include <string.h>

#include "l4_transport/tcp_internal.h"
#include "scenario/page_private.h"
#include "stack/stack_internal.h"

/* --- conversations --- */

static bool same(const struct sv_endpoint *a, const struct sv_endpoint *b)
{
    return a->port == b->port && memcmp(&a->addr, &b->addr, sizeof a->addr) == 0;
}

struct page_conversation *page_find(const struct sc_page *p, const struct sc_endpoint *e, uint32_t *side)
{
    for (uint32_t i = p->conversations; i-- > 0;) {
        struct page_conversation *c = &p->conversation[i];
        for (uint32_t s = 0; s < 2; s++) {
            if (!same(&c->side[s].at, &e->local) || !same(&c->side[s ^ 1u].at, &e->remote))
                continue;
            *side = s;
            return c;
        }
    }
    return NULL;
}

/* As realloc, for the ladder's rows. */
static void *grow(void *ctx, void *old, size_t bytes)
{
    (void)ctx;
    if (bytes)
        return realloc(old, bytes);
    free(old);
    return NULL;
}

static bool listens(const struct sc_run *run, uint32_t host, uint16_t port)
{
    for (uint32_t i = 0; host != SV_NONE && i < run->model->host[host].serves; i++) {
        if (run->model->host[host].serve[i].port == port && run->model->host[host].serve[i].from <= run->now)
            return true;
    }
    return false;
}

/* A translator on the way: the two ends see different addresses, and one ladder cannot show both. */
static bool translated(const struct sc_run *run)
{
    for (uint32_t i = 0; i < run->model->hosts; i++) {
        if (run->model->host[i].nat_port)
            return true;
    }
    return false;
}

static void begin(struct sc_page *p, const struct sc_endpoint *e)
{
    struct sc_run *run = p->run;
    if (p->conversations == SC_PAGE_CONVERSATIONS) {
        p->not_drawn++;
        return;
    }
    struct page_conversation *c = &p->conversation[p->conversations++];
    memset(c, 0, sizeof *c);
    const uint32_t named = sc_host_of(run, &e->remote.addr), other = translated(run) ? SV_NONE : named;
    c->side[0] = (struct page_side){.host = e->host, .at = e->local, .stride = 1};
    c->side[1] = (struct page_side){.host = other, .at = e->remote, .stride = 1};
    c->side[1].initial = c->side[1].now = listens(run, other, e->remote.port) ? SV_LISTEN : SV_CLOSED;
    const struct sv_ladder_source source = {
        .grow = grow,
        .link = SV_LINK_ETHERNET,
        .host = (uint16_t)(e->host + 1u),
        .other = other == SV_NONE ? SV_NO_HOST : (uint16_t)(other + 1u),
        .flow = e->flow,
        .calls = 1,
        .timers = 1,
        .name = run->model->host[e->host].name,
        .other_name = named == SV_NONE ? "?" : run->model->host[named].name,
    };
    c->side[0].name = source.name;
    c->side[1].name = source.other_name;
    sv_ladder_build_open(&c->build, &source);
}

static void on_flow(struct sc_page *p, uint32_t host, uint32_t flow)
{
    const struct sc_endpoint *e = sc_endpoint_of_flow(p->run, host, flow, false);
    uint32_t side;
    if (!e || !e->local.port)
        return;
    if (!page_find(p, e, &side))
        begin(p, e);
}

static void name_attempts(struct sc_page *p, const struct sc_endpoint *e)
{
    uint32_t side;
    struct page_conversation *c = e->attempt == SV_NONE ? NULL : page_find(p, e, &side);
    if (!c)
        return;
    for (uint32_t i = 0; i < c->attempts; i++) {
        if (c->attempt[i] == e->attempt)
            return;
    }
    if (c->attempts < sizeof c->attempt / sizeof *c->attempt)
        c->attempt[c->attempts++] = e->attempt;
}

/* --- states --- */

static void change(struct sc_page *p, struct page_side *s, const struct page_state *state)
{
    if (s->now == state->to)
        return; /* the small record of a handshake and the full one in its place both say SYN-RECEIVED */
    if (!page_more(p, (void **)&s->state, s->states, &s->states_room, sizeof *s->state))
        return;
    if (s->states == 0)
        s->initial = state->to == SV_SYN_RECEIVED && state->from == SV_CLOSED ? SV_LISTEN : state->from;
    s->state[s->states] = *state;
    s->state[s->states].from = (uint8_t)(s->states ? s->now : s->initial);
    s->states++;
    s->now = state->to;
}

/* The run's own endpoints know states that no flow has yet (a half-open record) or has any more (TIME-WAIT). */
static void on_states(struct sc_page *p)
{
    struct sc_run *run = p->run;
    for (uint32_t k = 0; k < p->drawns; k++) {
        const uint32_t i = p->drawn[k];
        const struct sc_endpoint *e = &run->endpoint[i];
        name_attempts(p, e);
        if (p->state_of[i] == e->state)
            continue;
        uint32_t side;
        struct page_conversation *c = page_find(p, e, &side);
        const struct page_state state = {run->now, p->on_of[i], (uint8_t)p->state_of[i], (uint8_t)e->state};
        p->state_of[i] = e->state;
        const bool replaced = e->half_open && e->state == SV_CLOSED; /* the full record in its place goes on */
        if (c && !replaced)
            change(p, &c->side[side], &state);
    }
}

/* Of many thousand endpoints few are drawn: those are known once they have addresses. */
static void draw(struct sc_page *p, uint32_t endpoint)
{
    const struct sc_endpoint *e = &p->run->endpoint[endpoint];
    uint32_t side;
    if (p->is_drawn[endpoint] || !e->local.port || !page_find(p, e, &side))
        return;
    p->is_drawn[endpoint] = true;
    p->drawn[p->drawns++] = endpoint;
}

static void new_endpoints(struct sc_page *p, uint32_t host, uint32_t flow)
{
    for (; p->endpoints < p->run->endpoints; p->endpoints++) {
        p->state_of[p->endpoints] = SV_CLOSED;
        p->hot_of[p->endpoints] = SV_NONE;
        p->on_of[p->endpoints] = PAGE_ON_UNKNOWN;
        draw(p, p->endpoints);
    }
    const struct sc_endpoint *e = flow ? sc_endpoint_of_flow(p->run, host, flow, false) : NULL;
    if (e)
        draw(p, (uint32_t)(e - p->run->endpoint));
}

/* What brought the change about stands in the record; the endpoint it is of, where there is a flow. */
static void on_state_record(struct sc_page *p, uint32_t host, const struct sv_trace_record *r)
{
    const struct sc_endpoint *e = r->flow ? sc_endpoint_of_flow(p->run, host, r->flow, false) : NULL;
    const uint32_t last = p->run->endpoints ? p->run->endpoints - 1u : 0;
    if (e)
        p->on_of[e - p->run->endpoint] = (uint8_t)r->detail;
    for (uint32_t k = 0; k < p->drawns; k++) {
        const uint32_t i = p->drawn[k];
        const struct sc_endpoint *o = &p->run->endpoint[i];
        const bool half = r->arg[0] == SV_LISTEN && i == last && o->half_open && o->host == host;
        const bool over = !r->flow && o->host == host && p->state_of[i] == SV_TIME_WAIT;
        const bool back = r->arg[0] == SV_SYN_RECEIVED && r->arg[1] == SV_LISTEN && o->half_open && o->host == host &&
                          o->irs == r->arg[2];
        if (half || over || back)
            p->on_of[i] = (uint8_t)r->detail;
    }
}

/* --- samples --- */

static struct sv_tcp *tcp_of(const struct sc_run *run, uint32_t host)
{
    return run->stack[host] ? &run->stack[host]->tcp : NULL;
}

/* Where the connection's record is; looked for once. */
static uint32_t hot_of(struct sc_page *p, struct sv_tcp *tcp, uint32_t endpoint, uint32_t flow)
{
    uint32_t at = p->hot_of[endpoint];
    if (at < tcp->hot_fresh && sv_tcp_hot(tcp, at)->kind == SV_TCP_FULL && sv_tcp_cold(tcp, at)->flow == flow)
        return at;
    for (at = 0; at < tcp->hot_fresh; at++) {
        if (sv_tcp_hot(tcp, at)->kind == SV_TCP_FULL && sv_tcp_cold(tcp, at)->flow == flow) {
            p->hot_of[endpoint] = at;
            return at;
        }
    }
    return SV_NONE;
}

static struct page_sample sample_of(const struct sv_tcp *tcp, uint32_t index, sv_time now)
{
    const struct sv_tcb t = sv_tcb_of((struct sv_tcp *)(uintptr_t)tcp, index);
    struct sv_sock_info info = {.size = sizeof info};
    struct sv_sack_block block[PAGE_BLOCKS];
    struct page_sample s;
    sv_tcp_info(tcp, index, &info);
    memset(&s, 0, sizeof s);
    s.t = now;
    s.una = t.h->snd_una;
    s.nxt = t.h->snd_max;
    s.send_window = info.send_window;
    s.queued = info.send_queued;
    s.receives = info.state != SV_SYN_SENT;
    s.rcv_nxt = s.receives ? t.h->rcv_nxt : 0;
    s.recv_window = s.receives ? info.recv_window : 0;
    s.unread = info.recv_queued;
    s.cwnd = info.cwnd;
    s.ssthresh = info.ssthresh;
    s.in_network = info.in_network;
    s.srtt_us = info.srtt_us;
    s.rto_us = info.rto_us;
    s.recovery = info.recovery;
    s.blocks = sv_tcp_reass_sack(&t, block, PAGE_BLOCKS);
    for (uint32_t i = 0; i < s.blocks; i++) {
        s.block[i][0] = block[i].start;
        s.block[i][1] = block[i].end;
    }
    return s;
}

/* But for the time. */
static bool alike(const struct page_sample *a, const struct page_sample *b)
{
    return a->iss == b->iss && a->irs == b->irs && a->una == b->una && a->nxt == b->nxt &&
           a->send_window == b->send_window && a->queued == b->queued && a->rcv_nxt == b->rcv_nxt &&
           a->recv_window == b->recv_window && a->unread == b->unread && a->cwnd == b->cwnd &&
           a->ssthresh == b->ssthresh && a->in_network == b->in_network && a->srtt_us == b->srtt_us &&
           a->rto_us == b->rto_us && a->recovery == b->recovery && a->receives == b->receives &&
           a->blocks == b->blocks && memcmp(a->block, b->block, sizeof a->block) == 0;
}

static bool is_routine(const struct page_sample *before, const struct page_sample *now)
{
    return before->recovery == now->recovery && before->ssthresh == now->ssthresh && now->cwnd >= before->cwnd &&
           before->receives == now->receives && before->iss == now->iss;
}

/* Full: every second routine one goes, and from now on fewer are kept. */
static void thin(struct page_side *s)
{
    uint32_t kept = 1;
    for (uint32_t i = 1; i + 1u < s->samples; i++) {
        if (i % 2u || !is_routine(&s->sample[kept - 1u], &s->sample[i]))
            s->sample[kept++] = s->sample[i];
    }
    s->sample[kept++] = s->sample[s->samples - 1u];
    s->samples = kept;
    s->stride *= 2u;
}

static void keep(struct sc_page *p, struct page_side *s, const struct page_sample *now)
{
    if (s->samples) {
        struct page_sample *last = &s->sample[s->samples - 1u];
        if (alike(last, now))
            return;
        if (last->t == now->t) {
            *last = *now;
            return;
        }
        if (is_routine(last, now) && s->routine++ % s->stride)
            return;
    }
    if (s->samples == SC_PAGE_SAMPLES)
        thin(s);
    if (s->samples < SC_PAGE_SAMPLES &&
        page_more(p, (void **)&s->sample, s->samples, &s->samples_room, sizeof *s->sample))
        s->sample[s->samples++] = *now;
}

static void sample(struct sc_page *p, uint32_t host, uint32_t flow)
{
    struct sc_run *run = p->run;
    const struct sc_endpoint *e = sc_endpoint_of_flow(run, host, flow, false);
    uint32_t side;
    struct page_conversation *c = e && e->local.port ? page_find(p, e, &side) : NULL;
    struct sv_tcp *tcp = tcp_of(run, host);
    const uint32_t number = e ? (uint32_t)(e - run->endpoint) : SV_NONE;
    if (!c || !tcp || number >= p->endpoints)
        return;
    const uint32_t at = hot_of(p, tcp, number, flow);
    if (at == SV_NONE || sv_tcp_hot(tcp, at)->flags & SV_TCP_DEAD)
        return;
    struct page_sample now = sample_of(tcp, at, run->now);
    now.iss = e->has_iss ? e->iss : now.una;
    now.irs = e->has_irs ? e->irs : 0;
    keep(p, &c->side[side], &now);
}

void page_observe(struct sc_page *p, const struct sv_trace_record *r, const uint8_t *bytes)
{
    const uint32_t host = r->host - 1u;
    if (host < p->run->model->hosts && r->kind == SV_TRACE_FLOW && r->detail == 6)
        on_flow(p, host, r->flow);
    for (uint32_t i = 0; i < p->conversations; i++)
        sv_ladder_build_record(&p->conversation[i].build, r, bytes);
    if (host >= p->run->model->hosts)
        return;
    new_endpoints(p, host, r->flow);
    if (r->kind == SV_TRACE_TCP_STATE)
        on_state_record(p, host, r);
    if (r->kind == SV_TRACE_TCP_STATE || r->kind == SV_TRACE_DROP || r->kind == SV_TRACE_FLOW ||
        r->kind == SV_TRACE_TCP_OPENED)
        on_states(p);
    if (r->flow && r->kind != SV_TRACE_FRAME_IN && r->kind != SV_TRACE_FRAME_OUT)
        sample(p, host, r->flow);
}
