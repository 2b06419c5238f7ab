/* SPDX-License-Identifier: BSD-2-Clause */
/* From the trace's records to endpoints: who they are, what state they are in, what they counted. */
#include <string.h>

#include "core/cursor.h"
#include "l4_transport/tcp_record.h"
#include "l4_transport/tcp_internal.h"
#include "scenario/lawful.h"
#include "scenario/run.h"

enum { FIN = 1, SYN = 2 };

static uint32_t slot_of(const struct sc_run *run, uint32_t host, uint32_t flow)
{
    return (host * 2654435761u ^ flow * 40503u ^ run->epoch[host] * 977u) & (run->endpoint_slots - 1u);
}

static struct sc_endpoint *endpoint_of_flow(struct sc_run *run, uint32_t host, uint32_t flow, bool make)
{
    uint32_t at = slot_of(run, host, flow);
    for (; run->endpoint_of[at]; at = (at + 1u) & (run->endpoint_slots - 1u)) {
        struct sc_endpoint *e = &run->endpoint[run->endpoint_of[at] - 1u];
        if (e->host == host && e->flow == flow && e->epoch == run->epoch[host])
            return e;
    }
    if (!make)
        return NULL;
    if (run->endpoints == run->endpoints_max) {
        run->out_of_room = true;
        return NULL;
    }
    struct sc_endpoint *e = &run->endpoint[run->endpoints++];
    *e = (struct sc_endpoint){.host = host,
                              .flow = flow,
                              .epoch = run->epoch[host],
                              .attempt = SV_NONE,
                              .peer_attempt = SV_NONE,
                              .conn = SV_NONE,
                              .established_at = SV_NEVER};
    run->endpoint_of[at] = run->endpoints;
    return e;
}

/* Where there are crowds, FLOW alone makes one: it says whose connection it is. */
struct sc_endpoint *sc_endpoint_of_flow(struct sc_run *run, uint32_t host, uint32_t flow, bool make)
{
    return endpoint_of_flow(run, host, flow, make && !run->crowds);
}

/* --- the kinds of records --- */

/* Whose ISN did it take? Known once both its addresses and that number are. */
static void took(struct sc_run *run, struct sc_endpoint *e)
{
    if (!e->has_irs || !e->remote.port)
        return;
    const uint32_t attempt = sc_attempt_with(run, e->irs, &e->remote);
    sc_index_peer(run, e, attempt == e->attempt ? SV_NONE : attempt);
    for (struct sc_endpoint *h = sc_index_halves(run, e->irs); h; h = sc_index_next_half(run, h, e->irs)) {
        if (h->host == e->host && h->remote.port == e->remote.port) { /* its half-open record is it now */
            sc_index_peer(run, h, SV_NONE);
            h->state = SV_CLOSED;
        }
    }
    if (e->attempt == SV_NONE)
        sc_state_event(run, e, e->state);
}

static void on_flow(struct sc_run *run, uint32_t host, const struct sv_trace_record *r, const uint8_t *bytes)
{
    if (r->detail != 6 || r->bytes < 32)
        return;
    struct sv_addr remote;
    memcpy(remote.byte, bytes + 16, 16);
    if (run->crowd_connects || (run->crowds && sc_crowd_has(run, sc_host_of(run, &remote), (uint16_t)r->arg[1])))
        return;
    struct sc_endpoint *e = endpoint_of_flow(run, host, r->flow, true);
    if (!e)
        return;
    memcpy(e->local.addr.byte, bytes, 16);
    memcpy(e->remote.addr.byte, bytes + 16, 16);
    e->local.port = (uint16_t)r->arg[0];
    e->remote.port = (uint16_t)r->arg[1];
    sc_index_numbers(run, e);
    took(run, e);
}

static void on_sent(struct sc_run *run, uint32_t host, const struct sv_trace_record *r)
{
    struct sc_endpoint *e = r->flow ? sc_endpoint_of_flow(run, host, r->flow, false) : NULL;
    if (!e)
        return;
    const uint32_t seq = r->arg[0], length = r->arg[2], flags = r->arg[3];
    if (flags & SYN && !e->has_iss) {
        e->has_iss = true;
        e->iss = seq;
        e->sent_end = e->acked = seq + 1u;
        sc_index_numbers(run, e);
    }
    e->segments_sent++;
    e->longest_segment = length > e->longest_segment ? length : e->longest_segment;
    if ((int32_t)(seq + length - e->sent_end) > 0)
        e->sent_end = seq + length;
    const uint32_t flight = e->sent_end - e->acked;
    if (e->has_iss && (int32_t)flight > 0 && flight > e->most_in_flight)
        e->most_in_flight = flight;
    if (r->detail == SV_SENT_RTO || r->detail == SV_SENT_FAST || r->detail == SV_SENT_SACK || r->detail == SV_SENT_TLP)
        e->retransmits++;
    e->fast_retransmits += r->detail == SV_SENT_FAST;
    e->probes += r->detail == SV_SENT_PROBE || r->detail == SV_SENT_KEEPALIVE;
}

static void on_received(struct sc_run *run, uint32_t host, const struct sv_trace_record *r)
{
    struct sc_endpoint *e = sc_endpoint_of_flow(run, host, r->flow, false);
    if (e && e->has_iss && (int32_t)(r->arg[1] - e->acked) > 0 && (int32_t)(e->sent_end + 1u - r->arg[1]) >= 0)
        e->acked = r->arg[1];
    if (e && r->arg[2] && run->arrived)
        run->arrived[e - run->endpoint][e->arrived_n++ % SC_ARRIVED] = r->arg[2];
}

/* A SYN made a half-open record: it has no flow of its own yet. */
static void half_open(struct sc_run *run, uint32_t host)
{
    const struct sc_packet *syn = &run->last_syn;
    if (syn->to != host && sc_host_of(run, &run->last_syn_to.addr) != host)
        return;
    if (syn->forger != SV_NONE || syn->unseen)
        return;
    struct sc_endpoint *e = endpoint_of_flow(run, host, 0x80000000u | run->endpoints, true);
    if (!e)
        return;
    e->half_open = true;
    e->local = run->last_syn_to;
    e->remote = run->last_syn_from;
    e->irs = syn->seq;
    e->has_irs = true;
    e->state = SV_SYN_RECEIVED;
    sc_index_half(run, e);
    sc_index_peer(run, e, sc_attempt_with(run, syn->seq, &run->last_syn_from));
    sc_state_event(run, e, SV_SYN_RECEIVED);
}

struct sc_endpoint *sc_half_open_with(const struct sc_run *run, uint32_t host, uint32_t irs)
{
    for (struct sc_endpoint *e = sc_index_halves(run, irs); e; e = sc_index_next_half(run, e, irs)) {
        if (e->host == host && e->epoch == run->epoch[host] && e->state == SV_SYN_RECEIVED)
            return e;
    }
    return NULL;
}

bool sc_half_opens_alike(const struct sc_run *run, uint32_t host, uint32_t irs)
{
    const struct sc_endpoint *first = NULL;
    for (struct sc_endpoint *e = sc_index_halves(run, irs); e; e = sc_index_next_half(run, e, irs)) {
        if (e->host != host || e->epoch != run->epoch[host])
            continue;
        if (first && e->remote.port != first->remote.port)
            return true;
        first = e;
    }
    return false;
}

/* ... and it ended without becoming a connection: the listener goes on. */
static void half_over(struct sc_run *run, uint32_t host, uint32_t irs)
{
    struct sc_endpoint *e = sc_half_open_with(run, host, irs);
    if (!e)
        return;
    e->state = SV_LISTEN;
    sc_state_event(run, e, SV_LISTEN);
    while ((e = sc_half_open_with(run, host, irs))) /* of two SYNs in one moment the last was taken for both */
        e->state = SV_LISTEN;
}

static void move(struct sc_run *run, struct sc_endpoint *e, uint32_t from, uint32_t state)
{
    e->state = state;
    if (state == SV_TIME_WAIT)
        sc_index_waits(run, e);
    sc_lawful_moves(run, e, from, state);
    if (state == SV_ESTABLISHED && e->established_at == SV_NEVER)
        e->established_at = run->now;
    if (e->attempt != SV_NONE || e->peer_attempt != SV_NONE)
        sc_state_event(run, e, state);
}

static void on_state(struct sc_run *run, uint32_t host, const struct sv_trace_record *r)
{
    const uint32_t from = r->arg[0], to = r->arg[1];
    const struct sc_endpoint *whole = r->flow ? sc_endpoint_of_flow(run, host, r->flow, false) : NULL;
    const bool small = !r->flow || from == SV_LISTEN || (from == SV_SYN_RECEIVED && !(whole && whole->remote.port));
    if (small)
        sc_lawful_moves_small(run, host, from, to);
    if (from == SV_LISTEN && to == SV_SYN_RECEIVED) {
        half_open(run, host);
        return;
    }
    if (from == SV_SYN_RECEIVED && to == SV_LISTEN && small) {
        half_over(run, host, r->arg[2]);
        return;
    }
    if (r->flow) {
        struct sc_endpoint *e = sc_endpoint_of_flow(run, host, r->flow, true);
        if (e)
            move(run, e, from, to);
        return;
    }
    if (from != SV_TIME_WAIT)
        return;
    if (r->detail == SV_ON_TIMEOUT)
        sc_lawful_waited(run, host);
    struct sc_endpoint *e = sc_index_waited(run, host); /* the oldest: they all wait equally long */
    if (e)
        move(run, e, from, to);
}

static void on_opened(struct sc_run *run, uint32_t host, const struct sv_trace_record *r)
{
    struct sc_endpoint *e = sc_endpoint_of_flow(run, host, r->flow, true);
    if (!e)
        return;
    e->opened = e->has_iss = e->has_irs = true;
    e->iss = r->arg[0];
    e->irs = r->arg[1];
    sc_index_numbers(run, e);
    if (!e->sent_end)
        e->sent_end = e->acked = e->iss + 1u;
    took(run, e);
}

static void on_drop(struct sc_run *run, uint32_t host, const struct sv_trace_record *r)
{
    if (host < run->model->hosts + run->model->links && r->detail < SV_DROP_COUNT)
        run->drops[host][r->detail]++;
    if (host >= run->model->hosts) {
        sc_link_event(run, SC_FACT_DROPS, host - run->model->hosts, r->arg[0], r->packet, r->detail);
        return;
    }
    sc_lawful_dropped(run, host, r->detail, r->packet);
    sc_drop_event(run, host, r->detail, &run->last[host]);
}

static void on_call(struct sc_run *run, uint32_t host, const struct sv_trace_record *r)
{
    struct sc_endpoint *e = sc_endpoint_of_flow(run, host, r->flow, false);
    if (r->detail != SV_CALL_ACCEPT)
        return;
    run->accepts[host]++;
    if (!e)
        return;
    e->accepted = true;
    struct sc_facts of;
    sc_facts_of(run, &of, SC_FACT_ACCEPTS, host, e->peer_attempt, e->peer_attempt);
    for (uint32_t i; (i = sc_facts_next(run, &of)) != SV_NONE;)
        sc_fact_event(run, &run->model->fact[i], &run->fact[i]);
}

static void on_host(struct sc_run *run, uint32_t host, const struct sv_trace_record *r, const uint8_t *bytes)
{
    struct sc_endpoint *e;
    switch (r->kind) {
    case SV_TRACE_FLOW:
        on_flow(run, host, r, bytes);
        break;
    case SV_TRACE_TCP_SENT:
        on_sent(run, host, r);
        break;
    case SV_TRACE_TCP_RECEIVED:
        on_received(run, host, r);
        break;
    case SV_TRACE_TCP_STATE:
        on_state(run, host, r);
        break;
    case SV_TRACE_TCP_OPENED:
        on_opened(run, host, r);
        break;
    case SV_TRACE_TCP_TIMER_FIRED:
        e = sc_endpoint_of_flow(run, host, r->flow, false);
        if (e) {
            e->timeouts += r->detail == SV_TIMER_RTO;
            sc_lawful_clock(run, e, r);
        }
        break;
    case SV_TRACE_TCP_TIMER_SET:
        if (run->lawful && (e = sc_endpoint_of_flow(run, host, r->flow, false)))
            sc_lawful_clock(run, e, r);
        break;
    case SV_TRACE_TCP_CWND:
        e = sc_endpoint_of_flow(run, host, r->flow, false);
        if (e && r->arg[0] > e->most_cwnd)
            e->most_cwnd = r->arg[0];
        break;
    case SV_TRACE_TCP_RTT:
        e = sc_endpoint_of_flow(run, host, r->flow, false);
        if (e) {
            e->rtt_samples++;
            e->rtt_max = r->arg[0] * SV_US > e->rtt_max ? r->arg[0] * SV_US : e->rtt_max;
            sc_lawful_clock(run, e, r);
        }
        break;
    case SV_TRACE_TCP_ENDED:
        e = sc_endpoint_of_flow(run, host, r->flow, false);
        if (e) {
            e->ended = true;
            e->cause = r->detail;
            e->error = (int32_t)r->arg[0];
            sc_lawful_ends(run, e);
        }
        break;
    case SV_TRACE_CALL:
        on_call(run, host, r);
        break;
    default:
        break;
    }
}

static void on_signal(struct sc_run *run, uint32_t link, const struct sv_trace_record *r)
{
    if (link >= run->model->links || r->detail == SV_PHY_ARRIVED)
        return;
    if (!run->wrong_sample[link])
        run->wrong_sample[link] = r->arg[3] | (uint64_t)r->arg[4] << 32;
    sc_link_event(run, SC_FACT_MISREADS, link, r->arg[0], r->packet, SV_NONE);
}

void sc_observe(struct sc_run *run)
{
    static uint8_t bytes[65536];
    struct sv_trace_record r;
    while (sv_trace_read(run->trace, &r, bytes, sizeof bytes)) {
        const uint32_t host = r.host - 1u;
        r.time = run->now; /* a host's own clock may be off */
        sc_rows_record(run, &r, bytes);
        if (r.kind == SV_TRACE_DROP)
            on_drop(run, host, &r);
        else if (r.kind == SV_TRACE_SIGNAL)
            on_signal(run, host - run->model->hosts, &r);
        else if (host < run->model->hosts)
            on_host(run, host, &r, bytes);
        if (run->record)
            run->record(run->ctx, run, &r, bytes);
    }
}
