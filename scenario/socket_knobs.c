/* SPDX-License-Identifier: BSD-2-Clause */
/* What `set` says of a socket: what its SYN offers, and its options. */
#include "l4_transport/tcp_record.h"
#include "l4_transport/tcp_teach.h"
#include "scenario/run.h"
#include "stack/stack_internal.h"

void sc_socket_offer(struct sc_run *run, const struct sc_step *s, sv_sock sock)
{
    struct sv_stack *stack = run->stack[s->host];
    const struct sc_knobs *k = &s->set;
    struct sv_teach_syn syn = {.scale = stack->tcp.recv_scale, .offered = stack->tcp.habits.agreed};
    struct sv_sock_info info = {.size = sizeof info};
    const uint64_t given = k->given & (1u << SC_MSS | 1u << SC_WINDOW_SCALE | 1u << SC_TIMESTAMPS | 1u << SC_SACK);
    if (!given || sv_sock_info(stack, sock, &info) != SV_OK)
        return;
    syn.flow = info.flow;
    syn.mss = k->given >> SC_MSS & 1u ? (uint16_t)k->value[SC_MSS] : 0;
    if (k->given >> SC_WINDOW_SCALE & 1u) {
        const bool off = k->value[SC_WINDOW_SCALE] == SC_OFF;
        syn.offered = (uint8_t)(off ? syn.offered & ~SV_TCP_SCALING : syn.offered | SV_TCP_SCALING);
        syn.scale = off ? 0 : (uint8_t)k->value[SC_WINDOW_SCALE];
    }
    if (k->given >> SC_TIMESTAMPS & 1u)
        syn.offered =
            (uint8_t)(k->value[SC_TIMESTAMPS] ? syn.offered | SV_TCP_TIMESTAMPS : syn.offered & ~SV_TCP_TIMESTAMPS);
    if (k->given >> SC_SACK & 1u)
        syn.offered = (uint8_t)(k->value[SC_SACK] ? syn.offered | SV_TCP_SACK : syn.offered & ~SV_TCP_SACK);
    (void)sv_tcp_teach_offer(sv_stack_teach(stack), syn);
}

void sc_socket_knobs(struct sc_run *run, uint32_t host_number, const struct sc_knobs *own, sv_sock sock, sv_time now)
{
    static const struct {
        uint32_t knob, option;
        uint64_t unit;
        bool inverted;
    } map[] = {{SC_RECV_BUFFER, SV_OPT_RECV_BUFFER, 1, false},
               {SC_SEND_BUFFER, SV_OPT_SEND_BUFFER, 1, false},
               {SC_NAGLE, SV_OPT_NODELAY, 1, true},
               {SC_KEEPALIVE, SV_OPT_KEEPALIVE_IDLE_S, SV_S, false},
               {SC_USER_TIMEOUT, SV_OPT_USER_TIMEOUT_MS, SV_MS, false}};
    const struct sc_knobs *host = &run->set[host_number];
    for (uint32_t i = 0; i < sizeof map / sizeof *map; i++) {
        const struct sc_knobs *k = own && own->given >> map[i].knob & 1u ? own : host;
        if (!(k->given >> map[i].knob & 1u))
            continue;
        const uint64_t value = map[i].inverted ? !k->value[map[i].knob] : k->value[map[i].knob] / map[i].unit;
        (void)!sv_sock_set(run->stack[host_number], sock, (enum sv_option)map[i].option, value, now);
    }
    if (sc_flawed(run, host_number, SC_PSH_PER_WRITE) || sc_flawed(run, host_number, SC_ONE_WRITE_ONE_SEGMENT))
        (void)!sv_sock_set(run->stack[host_number], sock, SV_OPT_NODELAY, 1, now);
}
