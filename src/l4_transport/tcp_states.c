/* SPDX-License-Identifier: BSD-2-Clause */
/* The state machine: one table. RFC 9293 §3.3.2, Figure 5, and the exits of §3.10.
 *
 * LISTEN is not a row for connections: a listener is a record of its own (tcp_listen.c), and each SYN that
 * it takes starts a connection in SYN-RECEIVED. The row is here because the figure has it, because a
 * half-open record goes back to it when it is reset, and because tools draw the figure from this table. */
#include "l4_transport/tcp_internal.h"

#define SV_TCP_EDGES(X)                                                                           \
    X(CLOSED, PASSIVE_OPEN, LISTEN)                                                               \
    X(CLOSED, ACTIVE_OPEN, SYN_SENT)                                                              \
    X(CLOSED, SYN, SYN_RECEIVED) /* a record made for a listener's SYN */                         \
    X(LISTEN, SYN, SYN_RECEIVED)                                                                  \
    X(LISTEN, CLOSE, CLOSED)                                                                      \
    X(SYN_SENT, SYN, SYN_RECEIVED) /* simultaneous open, §3.5 figure 7 */                        \
    X(SYN_SENT, SYN_ACK, ESTABLISHED)                                                             \
    X(SYN_SENT, CLOSE, CLOSED)                                                                    \
    X(SYN_RECEIVED, SYN_ACKED, ESTABLISHED)                                                       \
    X(SYN_RECEIVED, CLOSE, FIN_WAIT_1)                                                            \
    X(SYN_RECEIVED, FIN, CLOSE_WAIT)                                                              \
    X(ESTABLISHED, CLOSE, FIN_WAIT_1)                                                             \
    X(ESTABLISHED, FIN, CLOSE_WAIT)                                                               \
    X(FIN_WAIT_1, FIN_ACKED, FIN_WAIT_2)                                                          \
    X(FIN_WAIT_1, FIN, CLOSING)                                                                   \
    X(FIN_WAIT_2, FIN, TIME_WAIT)                                                                 \
    X(CLOSE_WAIT, CLOSE, LAST_ACK)                                                                \
    X(CLOSING, FIN_ACKED, TIME_WAIT)                                                              \
    X(LAST_ACK, FIN_ACKED, CLOSED)                                                                \
    X(TIME_WAIT, TIMEOUT, CLOSED)                                                                 \
    X(TIME_WAIT, SYN, SYN_RECEIVED) /* reuse, RFC 6191 */                                         \
    /* Resets, aborts and time-outs end any connection: §3.10.5, §3.10.7.4 second, §3.10.8. */ \
    X(SYN_SENT, RESET, CLOSED)                                                                    \
    X(SYN_RECEIVED, RESET, CLOSED)                                                                \
    X(ESTABLISHED, RESET, CLOSED)                                                                 \
    X(FIN_WAIT_1, RESET, CLOSED)                                                                  \
    X(FIN_WAIT_2, RESET, CLOSED)                                                                  \
    X(CLOSE_WAIT, RESET, CLOSED)                                                                  \
    X(CLOSING, RESET, CLOSED)                                                                     \
    X(LAST_ACK, RESET, CLOSED)                                                                    \
    X(TIME_WAIT, RESET, CLOSED)                                                                   \
    X(SYN_SENT, ABORT, CLOSED)                                                                    \
    X(SYN_RECEIVED, ABORT, CLOSED)                                                                \
    X(ESTABLISHED, ABORT, CLOSED)                                                                 \
    X(FIN_WAIT_1, ABORT, CLOSED)                                                                  \
    X(FIN_WAIT_2, ABORT, CLOSED)                                                                  \
    X(CLOSE_WAIT, ABORT, CLOSED)                                                                  \
    X(CLOSING, ABORT, CLOSED)                                                                     \
    X(LAST_ACK, ABORT, CLOSED)                                                                    \
    X(SYN_SENT, TIMEOUT, CLOSED)                                                                  \
    X(SYN_RECEIVED, TIMEOUT, CLOSED)                                                              \
    X(ESTABLISHED, TIMEOUT, CLOSED)                                                               \
    X(FIN_WAIT_1, TIMEOUT, CLOSED)                                                                \
    X(FIN_WAIT_2, TIMEOUT, CLOSED)                                                                \
    X(CLOSE_WAIT, TIMEOUT, CLOSED)                                                                \
    X(CLOSING, TIMEOUT, CLOSED)                                                                   \
    X(LAST_ACK, TIMEOUT, CLOSED)

/* Where an edge leads, plus one; 0: there is none. */
static const uint8_t sv_tcp_edges[SV_TCP_STATES][SV_ON_EVENTS] = {
#define SV_X(from, on, to) [SV_##from][SV_ON_##on] = SV_##to + 1u,
    SV_TCP_EDGES(SV_X)
#undef SV_X
};

enum sv_tcp_state sv_tcp_edge(enum sv_tcp_state from, enum sv_tcp_on on)
{
    const uint8_t to = sv_tcp_edges[from][on];
    return to ? (enum sv_tcp_state)(to - 1u) : SV_TCP_STATES;
}

bool sv_tcp_edge_at(uint32_t i, uint8_t *from, uint8_t *on, uint8_t *to)
{
    for (*from = 0; *from < SV_TCP_STATES; (*from)++) {
        for (*on = 0; *on < SV_ON_EVENTS; (*on)++) {
            if (!sv_tcp_edges[*from][*on] || i--)
                continue;
            *to = (uint8_t)(sv_tcp_edges[*from][*on] - 1u);
            return true;
        }
    }
    return false;
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
        "CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
        "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT",
    };
    return state < SV_TCP_STATES ? names[state] : "?";
}

const char *sv_tcp_on_name(enum sv_tcp_on on)
{
    static const char *const names[SV_ON_EVENTS] = {
        "passive open", "active open", "SYN",   "SYN,ACK", "ACK of SYN", "close",
        "FIN",          "ACK of FIN",  "reset", "abort",   "timeout",
    };
    return on < SV_ON_EVENTS ? names[on] : "?";
}
