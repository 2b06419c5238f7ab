/* SPDX-License-Identifier: BSD-2-Clause */
/* The cells of docs/TCP_GRID.md that no other table meets: events that should not occur, and what is done. */
#include "tests/support/exchange.h"

#define UNACKED (-1u) /* in CLOSING and LAST-ACK: everything but our FIN */

/* The peer sends on after its own FIN: ignored, acknowledged (§3.10.7.4 seventh and eighth). */
static const struct sv_line after_both_fins[] = {
    {0, PEER, ACK, 0, UNACKED, 100, SAME, .drop = SV_DROP_TCP_AFTER_FIN},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, ACK, 500, UNACKED, 100, SAME, .drop = SV_DROP_TCP_AFTER_FIN},
    {10, US, ACK, 0, 0, 0, SAME},
    {20, PEER, ACK | URG, 0, UNACKED, 0, SAME, .urgent = 5},
    {30, PEER, FIN | ACK, 0, UNACKED, 0, SAME},
    {30, US, ACK, 0, 0, 0, SAME},
    {40, PEER, FIN | ACK, 50, UNACKED, 10, SAME},
    {40, US, ACK, 0, 0, 0, SAME},
    {50, PEER, ACK, 16000, UNACKED, 1000, SAME, .drop = SV_DROP_TCP_AFTER_FIN},
    {50, US, ACK, 0, 0, 0, SAME},
    {60, PEER, FIN | ACK, -1u, UNACKED, 0, SAME, .drop = SV_DROP_TCP_OLD},
    {60, US, ACK, 0, 0, 0, SAME},
};
static const struct sv_line close_wait_over_edge[] = {
    {0, PEER, ACK, 16000, 0, 1000, SAME, .drop = SV_DROP_TCP_AFTER_FIN},
    {0, US, ACK, 0, 0, 0, SAME},
};
static const struct sv_line fin_wait_1_over_edge[] = {
    {0, PEER, ACK, 1, 1, 100, SV_FIN_WAIT_1},
    {1, PEER, ACK, 51, 1, 100, SV_FIN_WAIT_1},
    {1, US, ACK, 2, 151, 0, SV_FIN_WAIT_1},
    {2, CALL, RECV, 1000, 150, SV_OK, SV_FIN_WAIT_1},
    {3, PEER, ACK, 16001, 1, 1000, SV_FIN_WAIT_1},
    {3, US, ACK, 2, 151, 0, SV_FIN_WAIT_1},
};
static const struct sv_line stale_fin[] = {
    {0, PEER, FIN | ACK, -1u, UNACKED, 0, SAME, .drop = SV_DROP_TCP_OLD},
    {0, US, ACK, 0, 0, 0, SAME},
};

/* Text and FIN on what should be the third message. */
static const struct sv_line third_ahead[] = {
    {0, PEER, ACK, 101, 1, 100, SV_ESTABLISHED},
    {0, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, PEER, ACK, 1, 1, 100, SV_ESTABLISHED},
    {10, US, ACK, 1, 201, 0, SV_ESTABLISHED},
    {10, CALL, ACCEPT, 0, 0, SV_OK, SV_ESTABLISHED},
    {10, CALL, RECV, 1000, 200, SV_OK, SV_ESTABLISHED},
};
static const struct sv_line third_straddles[] = {
    {0, PEER, ACK, -49u, 1, 100, SV_ESTABLISHED},
    {200, US, ACK, 1, 51, 0, SV_ESTABLISHED},
    {200, CALL, ACCEPT, 0, 0, SV_OK, SV_ESTABLISHED},
    {200, CALL, RECV, 1000, 50, SV_OK, SV_ESTABLISHED},
};
static const struct sv_line third_outside[] = {
    {0, PEER, ACK, -200u, 1, 100, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_OLD},
    {0, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {1, PEER, ACK, 20000, 1, 100, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {1, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {2, PEER, FIN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_OLD},
    {2, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {3, PEER, FIN | ACK, 20000, 1, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {3, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
};
static const struct sv_line third_urgent[] = {
    {0, PEER, ACK | URG, 1, 1, 10, SV_ESTABLISHED, .urgent = 5, .event = SV_EVENT_ACCEPT},
    {200, US, ACK, 1, 11, 0, SV_ESTABLISHED},
    {200, CALL, ACCEPT, 0, 0, SV_OK, SV_ESTABLISHED, .event = SV_EVENT_READABLE | SV_EVENT_URGENT},
};
/* Nobody answers the SYN,ACK of a simultaneous open. */
static const struct sv_line crossing_given_up[] = {
    {990, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .slack_ms = 12},
    {2990, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .slack_ms = 12},
    {6990, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .slack_ms = 12},
    {14990, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .slack_ms = 12},
    {30990, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .slack_ms = 12},
    {62990, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .slack_ms = 12},
    {122990, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .slack_ms = 12},
    {179980, US, RST | ACK, 1, 1, 0, SV_CLOSED, .slack_ms = 25, .event = SV_EVENT_ERROR, .error = SV_ERR_TIMED_OUT},
};
static const struct sv_line close_wait_given_up[] = {
    {0, CALL, SET, SV_OPT_USER_TIMEOUT_MS, 2500, SV_OK, SV_CLOSE_WAIT},
    {0, CALL, SEND, 10, 10, SV_OK, SV_CLOSE_WAIT},
    {0, US, ACK | PSH, 1, 2, 10, SV_CLOSE_WAIT},
    {1000, US, ACK | PSH, 1, 2, 10, SV_CLOSE_WAIT},
    {2500, US, RST | ACK, 11, 2, 0, SV_LISTEN, .event = SV_EVENT_ERROR, .error = SV_ERR_TIMED_OUT},
};
static const struct sv_line shutdown_syn_sent[] = {
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_CLOSED, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED, .error = SV_ERR_ABORTED},
};
static const struct sv_line urgent_syn_sent[] = {
    {0, PEER, ACK | URG, 1, 1, 10, SV_SYN_SENT, .urgent = 5, .drop = SV_DROP_TCP_BAD_FLAGS},
};
static const struct sv_line time_wait_rest[] = {
    {0, PEER, ACK, 0, -1u, 0, SV_TIME_WAIT}, /* an old acknowledgement, ignored */
    {1, PEER, ACK, 0, 5, 0, SV_TIME_WAIT},   /* of what was never sent: answered (fifth step) */
    {1, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {2, PEER, ACK, 16000, 0, 1000, SV_TIME_WAIT},
    {2, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {3, PEER, FIN | ACK, 0, 0, 0, SV_TIME_WAIT},
    {3, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {4, PEER, FIN | ACK, 50, 0, 0, SV_TIME_WAIT},
    {4, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {5, PEER, FIN | ACK, 20000, 0, 0, SV_TIME_WAIT},
    {5, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {6, PEER, ACK | URG, 0, 0, 0, SV_TIME_WAIT, .urgent = 5},
    {7, PEER, SYN, 100000, 0, 0, SV_TIME_WAIT},
    {7, US, ACK, 0, 0, 0, SV_TIME_WAIT},
};

/* RFC 9293 §3.9.2.3 and the neighbour: who does not answer ARP cannot be connected to. */
static const struct sv_line no_neighbour[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, ARP, 0, 0, 0, 0, SV_SYN_SENT},
    {1000, ARP, 0, 0, 0, 0, SV_SYN_SENT},
    {2000, ARP, 0, 0, 0, 0, SV_SYN_SENT},
    {3100, WAIT, 0, 0, 0, 0, SV_CLOSED, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED, .error = SV_ERR_UNREACHABLE},
};

#define FROM(state) .starts = SV_START(state)
static const struct sv_exchange corners[] = {
    SV_EXCHANGE_WITH(after_both_fins, .starts = SV_START(SV_CLOSING) | SV_START(SV_LAST_ACK), .from_next = 1),
    SV_EXCHANGE_WITH(close_wait_over_edge, FROM(SV_CLOSE_WAIT), .from_next = 1),
    SV_EXCHANGE_WITH(fin_wait_1_over_edge, FROM(SV_FIN_WAIT_1)),
    SV_EXCHANGE_WITH(stale_fin, .from_next = 1,
                     .starts = SV_START(SV_ESTABLISHED) | SV_START(SV_FIN_WAIT_1) | SV_START(SV_FIN_WAIT_2)),
    SV_EXCHANGE_WITH(third_ahead, FROM(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(third_straddles, FROM(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(third_outside, FROM(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(third_urgent, FROM(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(crossing_given_up, FROM(SV_SYN_RECEIVED), .active = 1),
    SV_EXCHANGE_WITH(close_wait_given_up, FROM(SV_CLOSE_WAIT)),
    SV_EXCHANGE_WITH(shutdown_syn_sent, FROM(SV_SYN_SENT)),
    SV_EXCHANGE_WITH(urgent_syn_sent, FROM(SV_SYN_SENT)),
    SV_EXCHANGE_WITH(time_wait_rest, FROM(SV_TIME_WAIT), .active = 1, .from_next = 1),
    SV_EXCHANGE_WITH(no_neighbour, .no_neighbour = 1, .family = 4),
};
SV_EXCHANGE_GROUP(corners, corners);
