/* SPDX-License-Identifier: BSD-2-Clause */
/* What counters say now. False: there is nothing that could count (no such connection ever was). */
#include <string.h>

#include "l4_transport/tcp_record.h"
#include "scenario/run.h"
#include "stack/stack_internal.h"

static uint64_t goodput(const struct sc_endpoint *e, const struct sc_conn *c)
{
    const uint64_t bytes = c ? c->read : 0;
    if (e->established_at == SV_NEVER || e->last_read_at <= e->established_at)
        return 0;
    return (uint64_t)((double)bytes * 8e9 / (double)(e->last_read_at - e->established_at));
}

/* How far its first number is above that of the connection before it on this host: of the same two sockets (it grows),
 * or of others (the shorter way round). 0: there was none. */
static uint64_t isn_after(const struct sc_run *run, const struct sc_endpoint *e, bool same)
{
    for (const struct sc_endpoint *o = e; o-- > run->endpoint;) {
        const bool alike = memcmp(&o->remote, &e->remote, sizeof o->remote) == 0;
        if (o->host != e->host || !o->has_iss || alike != same)
            continue;
        const uint32_t above = e->iss - o->iss;
        return same || above <= 0x80000000u ? above : 0u - above;
    }
    return 0;
}

static bool of_connection(struct sc_run *run, const uint32_t of[4], uint64_t *value)
{
    const struct sc_endpoint *e = sc_endpoint_find(run, of[1], of[2]);
    const struct sc_conn *c = e && e->conn != SV_NONE ? &run->conn[e->conn] : NULL;
    struct sv_sock_info info = {.size = sizeof info};
    if (!e)
        return false;
    if (c && c->open)
        (void)!sv_sock_info(run->stack[c->host], c->sock, &info);
    const uint64_t all[] = {c ? c->read : 0,
                            c ? c->written : 0,
                            goodput(e, c),
                            e->timeouts,
                            e->retransmits,
                            e->longest_segment,
                            e->most_in_flight,
                            e->segments_sent,
                            e->established_at,
                            e->most_cwnd,
                            e->fast_retransmits,
                            e->silence,
                            e->first_read_at,
                            e->last_read_at,
                            c ? c->reads : 0,
                            c ? c->first_read : 0,
                            c ? c->longest_read : 0,
                            c ? c->urgents : 0,
                            e->probes,
                            info.cwnd,
                            info.ssthresh,
                            info.send_window,
                            e->rtt_samples,
                            e->rtt_max,
                            isn_after(run, e, true),
                            isn_after(run, e, false)};
    *value = all[of[3]];
    return true;
}

/* Bytes of the records that it holds: full ones, what is lent while something is queued or in flight, small ones. */
static uint64_t tcp_memory(const struct sv_tcp *tcp)
{
    return (uint64_t)tcp->hot_used * (sizeof(struct sv_tcp_hot) + sizeof(struct sv_tcp_cold)) +
           (uint64_t)tcp->busy_used * sizeof(struct sv_tcp_busy) +
           (uint64_t)(tcp->half_used + tcp->wait_used) * sizeof(struct sv_tcp_small);
}

static bool of_host(struct sc_run *run, const uint32_t of[4], uint64_t *value)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < run->conns; i++)
        open += run->conn[i].open && run->conn[i].host == of[1];
    const struct sv_stack *s = run->stack[of[1]];
    const uint64_t all[] = {run->accepts[of[1]],
                            run->packets_sent[of[1]],
                            run->packets_received[of[1]],
                            run->resets[of[1]],
                            open,
                            run->forged[of[1]],
                            s ? s->tcp.count.cookies_sent : 0,
                            s ? s->tcp.count.cookies_good : 0,
                            s ? tcp_memory(&s->tcp) : 0};
    *value = all[of[2]];
    return true;
}

static bool of_link(struct sc_run *run, const uint32_t of[4], uint64_t *value)
{
    uint64_t sum[SC_LINK_VALUES] = {0};
    if (run->cable[of[1]]) {
        *value = sc_cable_value(run, of[1], sum) ? sum[of[2]] : 0;
        return true;
    }
    if (of[2] > 9) /* only cables count those */
        return false;
    for (sv_port p = 0; p < 2; p++) {
        const struct sv_link_counts *c = sv_link_count(run->link[of[1]], p);
        const uint64_t all[] = {c->frames,     c->bytes,     c->delivered, c->broadcasts, c->marked,
                                c->duplicated, c->reordered, c->corrupted, c->truncated};
        for (uint32_t i = 0; i < 9; i++)
            sum[i] += all[i];
        sum[9] = c->waiting_most > sum[9] ? c->waiting_most : sum[9];
    }
    *value = sum[of[2]];
    return true;
}

static bool of_ping(struct sc_run *run, const uint32_t of[4], uint64_t *value)
{
    const struct sc_ping *p = &run->ping[of[1]];
    if (!p->sent)
        return false;
    /* Silence counts from the first request to the last one's time for an answer. */
    const sv_time over = p->asked + run->model->step[p->step].every, now = run->now < over ? run->now : over;
    const sv_time silence = now > p->last && now - p->last > p->silence ? now - p->last : p->silence;
    const uint64_t all[] = {p->sent, p->replies, silence, p->rtt_min, p->rtt_max};
    *value = all[of[2]];
    return true;
}

/* Ports of this switch that discard, of those towards another switch. */
static uint64_t discarding(const struct sc_run *run, uint32_t host)
{
    uint64_t n = 0;
    for (uint32_t l = 0; l < run->model->links; l++) {
        const struct sc_link *link = &run->model->link[l];
        const bool between = run->bridge[link->end[0]] && run->bridge[link->end[1]];
        for (uint32_t e = 0; between && e < 2; e++) {
            struct sv_bridge_port_info info = {.size = sizeof info};
            if (link->end[e] == host && sv_bridge_port_info(run->bridge[host], link->port[e], &info) == SV_OK)
                n += info.state == SV_STP_DISCARDING;
        }
    }
    return n;
}

static bool of_switch(struct sc_run *run, uint32_t host, uint32_t what, uint64_t *value)
{
    struct sv_bridge_info info = {.size = sizeof info};
    if (!run->bridge[host] || sv_bridge_info(run->bridge[host], &info) != SV_OK)
        return false;
    *value = what == 0 ? discarding(run, host) : what == 1 ? info.stations : info.topology_changes;
    return true;
}

static bool of_switches(struct sc_run *run, const uint32_t of[4], uint64_t *value)
{
    bool any = false;
    *value = 0;
    for (uint32_t i = 0; i < run->model->hosts; i++) {
        uint64_t one = 0;
        if (of_switch(run, i, of[2], &one)) {
            *value += one;
            any = true;
        }
    }
    return any;
}

bool sc_value(struct sc_run *run, const struct sc_expect *x, uint64_t *value)
{
    const uint32_t *of = x->counter_of;
    switch (of[0]) {
    case SC_OF_HOST:
        return of_host(run, of, value);
    case SC_OF_CONNECTION:
        return of_connection(run, of, value);
    case SC_OF_DROPS:
        *value = run->drops[of[1]][of[2]];
        return true;
    case SC_OF_LINK:
        return of_link(run, of, value);
    case SC_OF_LINK_DROPS:
        *value = sc_link_drops(run, of[1], (enum sv_drop)of[2]);
        return true;
    case SC_OF_PING:
        return of_ping(run, of, value);
    case SC_OF_SWITCH:
        return of_switch(run, of[1], of[2], value);
    case SC_OF_SWITCHES:
        return of_switches(run, of, value);
    case SC_OF_SOCKET:
        return sc_udp_value(run, of, value);
    case SC_OF_CROWD:
        return sc_crowd_value(run, of, value);
    case SC_OF_SERVICE:
        return sc_service_value(run, of, value);
    default:
        *value = of[2] == 0 ? run->fault_count[of[1]].hits : run->fault_count[of[1]].seen;
        return true;
    }
}
