/* SPDX-License-Identifier: BSD-2-Clause */
/* Seven in the kernel's place: a stack at 10.9.0.3 whose only port is the near end of the link, as the profile has it,
 * with as much room as the kernel is given. */
#include <string.h>

#include "bench/beside.h"
#include "port/cpu.h"
#include "trace/events.h"

#define ROOM (64u << 20)
#define RECORDS 65536u

#define LOGGED                                                                                       \
    (1ull << SV_TRACE_TCP_SENT | 1ull << SV_TRACE_TCP_CWND | 1ull << SV_TRACE_TCP_TIMER_SET |        \
     1ull << SV_TRACE_TCP_TIMER_FIRED | 1ull << SV_TRACE_TCP_RECEIVED | 1ull << SV_TRACE_TCP_STATE | \
     1ull << SV_TRACE_TCP_RTT)

static struct sv_stack_config config_of(const struct beside_job *job)
{
    struct sv_stack_config c;
    memset(&c, 0, sizeof c);
    c.size = (uint32_t)sizeof c;
    c.seed = job->seed;
    c.cpu = sv_cpu_detect();
    c.profile = job->who[0] == BESIDE_LINUX || job->who[1] == BESIDE_LINUX ? SV_PROFILE_LINUX : SV_PROFILE_MODERN;
    c.connections = c.busy = 16;
    c.send_buffer = c.recv_buffer = ROOM;
    c.congestion = job->congestion;
    return c;
}

uint64_t beside_seven_bytes(const struct beside_job *job)
{
    const struct sv_stack_config c = config_of(job);
    return sv_stack_bytes(&c) + sv_trace_bytes(RECORDS);
}

bool beside_seven_create(struct beside_seven *s, struct sv_arena *arena, struct sv_pool *pool,
                         const struct beside_job *job, sv_time now)
{
    struct sv_stack_config c = config_of(job);
    const struct sv_addr own = sv_addr_v4(10, 9, 0, 3), peer = sv_addr_v4(10, 9, 0, 2);
    struct sv_interface_config i;
    uint8_t mac[6];
    sv_port port = SV_NO_PORT;
    memset(s, 0, sizeof *s);
    memset(&i, 0, sizeof i);
    i.size = (uint32_t)sizeof i;
    i.flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS;
    beside_mac(i.mac, 3);
    beside_mac(mac, 2);
    s->job = job;
    if (job->log) {
        s->log = fopen(job->log, "w");
        s->trace = s->log ? sv_trace_create(arena, RECORDS) : NULL;
        s->begun = now;
        if (!s->trace)
            return false;
        sv_trace_select(s->trace, LOGGED);
        c.trace = s->trace;
    }
    s->stack = sv_stack_create(arena, pool, &c, now);
    if (!s->stack || sv_interface_add(s->stack, &i, &port, now) != SV_OK)
        return false;
    s->node = sv_stack_node(s->stack);
    sv_interface_set_up(s->stack, port, true, now);
    return sv_address_add(s->stack, port, &own, 24, now) == SV_OK &&
           sv_neighbour_add(s->stack, port, &peer, mac, now) == SV_OK;
}

bool beside_seven_connect(struct beside_seven *s, uint32_t flow, sv_time now)
{
    struct sv_connect_options o;
    struct sv_endpoint to;
    memset(&o, 0, sizeof o);
    memset(&to, 0, sizeof to);
    o.size = (uint32_t)sizeof o;
    o.cookie = flow;
    to.addr = sv_addr_v4(10, 9, 0, 2);
    to.port = (uint16_t)(BESIDE_PORT + flow);
    return sv_connect(s->stack, &to, &o, &s->sock[flow], now) == SV_OK;
}

static void write_all(struct beside_seven *s, uint32_t flow, sv_time now)
{
    size_t taken = 0;
    do {
        if (sv_send(s->stack, s->sock[flow], bench_pattern() + s->sent[flow] % BENCH_PERIOD, BENCH_PERIOD, &taken,
                    now) != SV_OK)
            taken = 0;
        s->sent[flow] += taken;
    } while (taken == BENCH_PERIOD);
}

static void write_line(void *self, const char *text, size_t n)
{
    (void)fwrite(text, 1, n, self);
}

static void drain(struct beside_seven *s)
{
    const struct sv_events_options options = {.origin = s->begun};
    const struct sv_sink to = {write_line, s->log};
    struct sv_trace_record r;
    while (s->trace && sv_trace_read(s->trace, &r, NULL, 0))
        sv_events_text(&r, NULL, &options, &to);
}

void beside_seven_turn(struct beside_seven *s, sv_time now)
{
    struct sv_event event[16];
    uint32_t n;
    if (sv_node_next_deadline(s->node) <= now)
        sv_node_expire(s->node, now);
    drain(s);
    while ((n = sv_stack_events(s->stack, event, 16)) > 0) {
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t flow = (uint32_t)event[i].cookie;
            if (event[i].what & (SV_EVENT_ERROR | SV_EVENT_CLOSED))
                s->wrong = sv_err_name((enum sv_err)event[i].error);
            s->open[flow] = s->open[flow] || event[i].what & SV_EVENT_CONNECTED;
            if (s->open[flow] && !s->wrong)
                write_all(s, flow, now);
        }
    }
}

void beside_seven_view(const struct beside_seven *s, uint32_t flow, struct beside_view *v)
{
    struct sv_sock_info i;
    memset(&i, 0, sizeof i);
    i.size = (uint32_t)sizeof i;
    if (!s->open[flow] || sv_sock_info(s->stack, s->sock[flow], &i) != SV_OK || !i.mss_bytes)
        return;
    const uint32_t in_flight = i.recovery == SV_RECOVERY_OPEN ? i.send_unacked : i.in_network;
    *v = (struct beside_view){.cwnd = i.cwnd / i.mss_bytes,
                              .ssthresh = i.ssthresh / i.mss_bytes,
                              .in_flight = in_flight / i.mss_bytes,
                              .srtt_us = i.srtt_us,
                              .retransmits = i.retransmits,
                              .backoff = i.backoff};
}
