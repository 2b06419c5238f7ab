/* SPDX-License-Identifier: BSD-2-Clause */
/* The state machine: one table. RFC 9293 §3.3.2, Figure 5, and the exits of §3.10.
 *
 * LISTEN is not a row for connections: a listener is a record of its own (tcp_listen.c), and each SYN that
 * it takes starts a connection in SYN-RECEIVED. The row is here because the figure has it, because a
 * half-open record goes back to it when it is reset, and because tools draw the figure from this table. */
#include "l4_transport/tcp_internal.h"

struct sv_tcp_edge {
    uint8_t from, on, to;
};

static const struct sv_tcp_edge sv_tcp_edges[] = {
    {SV_CLOSED, SV_ON_PASSIVE_OPEN, SV_LISTEN},
    {SV_CLOSED, SV_ON_ACTIVE_OPEN, SV_SYN_SENT},
    {SV_CLOSED, SV_ON_SYN, SV_SYN_RECEIVED}, /* a record made for a listener's SYN */
    {SV_LISTEN, SV_ON_SYN, SV_SYN_RECEIVED},
    {SV_LISTEN, SV_ON_CLOSE, SV_CLOSED},
    {SV_SYN_SENT, SV_ON_SYN, SV_SYN_RECEIVED}, /* simultaneous open, §3.5 figure 7 */
    {SV_SYN_SENT, SV_ON_SYN_ACK, SV_ESTABLISHED},
    {SV_SYN_SENT, SV_ON_CLOSE, SV_CLOSED},
    {SV_SYN_RECEIVED, SV_ON_SYN_ACKED, SV_ESTABLISHED},
    {SV_SYN_RECEIVED, SV_ON_CLOSE, SV_FIN_WAIT_1},
    {SV_SYN_RECEIVED, SV_ON_FIN, SV_CLOSE_WAIT},
    {SV_ESTABLISHED, SV_ON_CLOSE, SV_FIN_WAIT_1},
    {SV_ESTABLISHED, SV_ON_FIN, SV_CLOSE_WAIT},
    {SV_FIN_WAIT_1, SV_ON_FIN_ACKED, SV_FIN_WAIT_2},
    {SV_FIN_WAIT_1, SV_ON_FIN, SV_CLOSING},
    {SV_FIN_WAIT_2, SV_ON_FIN, SV_TIME_WAIT},
    {SV_CLOSE_WAIT, SV_ON_CLOSE, SV_LAST_ACK},
    {SV_CLOSING, SV_ON_FIN_ACKED, SV_TIME_WAIT},
    {SV_LAST_ACK, SV_ON_FIN_ACKED, SV_CLOSED},
    {SV_TIME_WAIT, SV_ON_TIMEOUT, SV_CLOSED},
    {SV_TIME_WAIT, SV_ON_SYN, SV_SYN_RECEIVED}, /* reuse, RFC 6191 */
    /* Resets, aborts and time-outs end any connection: §3.10.5, §3.10.7.4 second, §3.10.8. */
    {SV_SYN_SENT, SV_ON_RESET, SV_CLOSED},
    {SV_SYN_RECEIVED, SV_ON_RESET, SV_CLOSED},
    {SV_ESTABLISHED, SV_ON_RESET, SV_CLOSED},
    {SV_FIN_WAIT_1, SV_ON_RESET, SV_CLOSED},
    {SV_FIN_WAIT_2, SV_ON_RESET, SV_CLOSED},
    {SV_CLOSE_WAIT, SV_ON_RESET, SV_CLOSED},
    {SV_CLOSING, SV_ON_RESET, SV_CLOSED},
    {SV_LAST_ACK, SV_ON_RESET, SV_CLOSED},
    {SV_TIME_WAIT, SV_ON_RESET, SV_CLOSED},
    {SV_SYN_SENT, SV_ON_ABORT, SV_CLOSED},
    {SV_SYN_RECEIVED, SV_ON_ABORT, SV_CLOSED},
    {SV_ESTABLISHED, SV_ON_ABORT, SV_CLOSED},
    {SV_FIN_WAIT_1, SV_ON_ABORT, SV_CLOSED},
    {SV_FIN_WAIT_2, SV_ON_ABORT, SV_CLOSED},
    {SV_CLOSE_WAIT, SV_ON_ABORT, SV_CLOSED},
    {SV_CLOSING, SV_ON_ABORT, SV_CLOSED},
    {SV_LAST_ACK, SV_ON_ABORT, SV_CLOSED},
    {SV_SYN_SENT, SV_ON_TIMEOUT, SV_CLOSED},
    {SV_SYN_RECEIVED, SV_ON_TIMEOUT, SV_CLOSED},
    {SV_ESTABLISHED, SV_ON_TIMEOUT, SV_CLOSED},
    {SV_FIN_WAIT_1, SV_ON_TIMEOUT, SV_CLOSED},
    {SV_FIN_WAIT_2, SV_ON_TIMEOUT, SV_CLOSED},
    {SV_CLOSE_WAIT, SV_ON_TIMEOUT, SV_CLOSED},
    {SV_CLOSING, SV_ON_TIMEOUT, SV_CLOSED},
    {SV_LAST_ACK, SV_ON_TIMEOUT, SV_CLOSED},
};

enum sv_tcp_state sv_tcp_edge(enum sv_tcp_state from, enum sv_tcp_on on)
{
    for (uint32_t i = 0; i < SV_COUNT_OF(sv_tcp_edges); i++) {
        if (sv_tcp_edges[i].from == from && sv_tcp_edges[i].on == on)
            return (enum sv_tcp_state)sv_tcp_edges[i].to;
    }
    return SV_TCP_STATES;
}

bool sv_tcp_edge_at(uint32_t i, uint8_t *from, uint8_t *on, uint8_t *to)
{
    if (i >= SV_COUNT_OF(sv_tcp_edges))
        return false;
    *from = sv_tcp_edges[i].from;
    *on = sv_tcp_edges[i].on;
    *to = sv_tcp_edges[i].to;
    return true;
}

void sv_tcp_move(struct sv_tcb *t, enum sv_tcp_on on)
{
    const enum sv_tcp_state from = (enum sv_tcp_state)t->h->state;
    const enum sv_tcp_state to = sv_tcp_edge(from, on);
    SV_ASSERT(to != SV_TCP_STATES);
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_STATE, on, t->c->flow, 0, from, to);
    t->h->state = (uint8_t)to;
}

const char *sv_tcp_state_name(enum sv_tcp_state state)
{
    static const char *const names[SV_TCP_STATES] = {
        "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
        "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
    };
    return state < SV_TCP_STATES ? names[state] : "?";
}

const char *sv_tcp_on_name(enum sv_tcp_on on)
{
    static const char *const names[SV_ON_EVENTS] = {
        "passive open", "active open", "SYN", "SYN,ACK", "ACK of SYN", "close", "FIN",
        "ACK of FIN", "reset", "abort", "timeout",
    };
    return on < SV_ON_EVENTS ? names[on] : "?";
}
