/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9293 §3.10.7, one event in every state. Where a table begins in several states its numbers count from
 * RCV.NXT and SND.NXT, and SAME is the state it began in. RCV.WND is 16384, less what was offered since. */
#include "tests/support/exchange.h"

#define AFTER_SYN (SV_SYNCHRONIZED)
#define OLD (-1u)

/* --- second: RST, RFC 5961 §3.2 --- */
static const struct sv_line rst_exact[] = {
    {0, PEER, RST, 0, 0, 0, SV_LISTEN, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED, .error = SV_ERR_RESET},
    {200000, WAIT, 0, 0, 0, 0, SV_LISTEN},
};
static const struct sv_line rst_ack_exact[] = {
    {0, PEER, RST | ACK, 0, 0, 0, SV_LISTEN, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED, .error = SV_ERR_RESET},
    {200000, WAIT, 0, 0, 0, 0, SV_LISTEN},
};
/* CLOSING and LAST-ACK: the connection just ends; the RFC signals nothing. */
static const struct sv_line rst_exact_closing[] = {
    {0, PEER, RST, 0, 0, 0, SV_LISTEN, .event = SV_EVENT_CLOSED},
    {200000, WAIT, 0, 0, 0, 0, SV_LISTEN},
};
static const struct sv_line rst_inside[] = {
    {0, PEER, RST, 1, 0, 0, SAME, .drop = SV_DROP_TCP_RST_INEXACT},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, RST, 16000, 0, 0, SAME, .drop = SV_DROP_TCP_RST_INEXACT},
    {10, US, ACK, 0, 0, 0, SAME},
    {20, PEER, RST | ACK, 1, 0, 0, SAME, .drop = SV_DROP_TCP_RST_INEXACT},
    {20, US, ACK, 0, 0, 0, SAME},
};
static const struct sv_line rst_outside[] = {
    {0, PEER, RST, OLD, 0, 0, SAME, .drop = SV_DROP_TCP_OLD},
    {10, PEER, RST, 16385, 0, 0, SAME, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {20, PEER, RST | ACK, -20000u, 0, 0, SAME, .drop = SV_DROP_TCP_OLD},
};
static const struct sv_line rst_syn_received[] = {
    {0, PEER, RST, 3, 0, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_RST_INEXACT},
    {0, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {10, PEER, RST, 0, 0, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_OLD},
    {20, PEER, RST, 20000, 0, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {30, PEER, RST, 1, 0, 0, SV_LISTEN},
    {90000, WAIT, 0, 0, 0, 0, SV_LISTEN},
    {90000, CALL, ACCEPT, 0, 0, SV_ERR_AGAIN, SV_LISTEN},
};
static const struct sv_line rst_crossing[] = {
    {0, PEER, RST, 3, 0, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_RST_INEXACT},
    {0, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {10, PEER, RST, 0, 0, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_OLD},
    {15, PEER, RST, 20000, 0, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {20, PEER, RST, 1, 0, 0, SV_CLOSED, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED, .error = SV_ERR_REFUSED},
};
/* RFC 5961 §7, errata 4772: challenges are limited: 10 a second in this profile. */
static const struct sv_line challenge_limit[] = {
    {0, PEER, RST, 1, 0, 0, SAME}, {0, US, ACK, 0, 0, 0, SAME},   {1, PEER, RST, 1, 0, 0, SAME},
    {1, US, ACK, 0, 0, 0, SAME},   {2, PEER, RST, 1, 0, 0, SAME}, {2, US, ACK, 0, 0, 0, SAME},
    {3, PEER, RST, 1, 0, 0, SAME}, {3, US, ACK, 0, 0, 0, SAME},   {4, PEER, RST, 1, 0, 0, SAME},
    {4, US, ACK, 0, 0, 0, SAME},   {5, PEER, RST, 1, 0, 0, SAME}, {5, US, ACK, 0, 0, 0, SAME},
    {6, PEER, RST, 1, 0, 0, SAME}, {6, US, ACK, 0, 0, 0, SAME},   {7, PEER, SYN, 1, 0, 0, SAME},
    {7, US, ACK, 0, 0, 0, SAME},   {8, PEER, RST, 1, 0, 0, SAME}, {8, US, ACK, 0, 0, 0, SAME},
    {9, PEER, RST, 1, 0, 0, SAME}, {9, US, ACK, 0, 0, 0, SAME},
    {10, PEER, RST, 1, 0, 0, SAME, .drop = SV_DROP_TCP_CHALLENGE_RATE},
    {500, PEER, SYN, 1, 0, 0, SAME, .drop = SV_DROP_TCP_CHALLENGE_RATE},
    {1100, PEER, RST, 1, 0, 0, SAME, .drop = SV_DROP_TCP_RST_INEXACT},
    {1100, US, ACK, 0, 0, 0, SAME},
};

/* --- fourth: SYN, RFC 5961 §4.2 --- */
static const struct sv_line syn_anywhere[] = {
    {0, PEER, SYN, 0, 0, 0, SAME, .drop = SV_DROP_TCP_SYN_IN_WINDOW},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, SYN, 100, 0, 0, SAME, .drop = SV_DROP_TCP_SYN_IN_WINDOW},
    {10, US, ACK, 0, 0, 0, SAME},
    {20, PEER, SYN, -20000u, 0, 0, SAME},
    {20, US, ACK, 0, 0, 0, SAME},
    {30, PEER, SYN, 100000, 0, 0, SAME},
    {30, US, ACK, 0, 0, 0, SAME},
    {40, PEER, SYN | ACK, 0, 0, 0, SAME},
    {40, US, ACK, 0, 0, 0, SAME},
    {50, PEER, SYN | FIN, 0, 0, 0, SAME},
    {50, US, ACK, 0, 0, 0, SAME},
};
static const struct sv_line syn_ack_repeated[] = { /* the peer has not seen our ACK of its SYN,ACK */
    {0, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED},
    {0, US, ACK, 1, 1, 0, SV_ESTABLISHED},
};
static const struct sv_line syn_in_syn_received[] = { /* passive: back to LISTEN */
    {0, PEER, SYN, 20, 0, 0, SV_LISTEN, .drop = SV_DROP_TCP_SYN_IN_WINDOW},
};
static const struct sv_line syn_outside_syn_received[] = {
    {0, PEER, SYN, -90u, 0, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_OLD},
    {0, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {10, PEER, SYN, 40000, 0, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {10, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
};
static const struct sv_line syn_crossing[] = { /* active: challenged */
    {0, PEER, SYN, 20, 0, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_SYN_IN_WINDOW},
    {0, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {10, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {10, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {20, PEER, SYN, 40000, 0, 0, SV_SYN_RECEIVED},
    {20, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {30, PEER, SYN | FIN, 5, 0, 0, SV_SYN_RECEIVED},
    {30, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
};

/* --- fifth: ACK --- */
static const struct sv_line no_ack_flag[] = {
    {0, PEER, 0, 0, 0, 50, SAME, .drop = SV_DROP_TCP_NO_ACK},
    {10, PEER, FIN, 0, 0, 0, SAME, .drop = SV_DROP_TCP_NO_ACK},
    {20, PEER, PSH | URG, 0, 0, 50, SAME, .urgent = 10, .drop = SV_DROP_TCP_NO_ACK},
};
static const struct sv_line ack_unsent[] = {
    {0, PEER, ACK, 0, 1, 0, SAME, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, ACK, 0, 100000, 100, SAME, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {10, US, ACK, 0, 0, 0, SAME},
};
static const struct sv_line ack_too_old[] = { /* RFC 5961 §5.2: older than any window we were offered */
    {0, PEER, ACK, 0, -60001u - 2u, 100, SAME, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {0, US, ACK, 0, 0, 0, SAME},
};
static const struct sv_line ack_old[] = { /* ignored, but its data is good */
    {0, CALL, SEND, 2000, 2000, SV_OK, SV_ESTABLISHED},
    {0, US, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {0, US, ACK, 1001, 1, 1000, SV_ESTABLISHED},
    {10, PEER, ACK, 1, 2001, 0, SV_ESTABLISHED},
    {20, PEER, ACK, 1, 1001, 100, SV_ESTABLISHED, .event = SV_EVENT_READABLE},
    {220, US, ACK, 2001, 101, 0, SV_ESTABLISHED},
};
static const struct sv_line ack_outside[] = { /* a bare ACK with a sequence number out of the window */
    {0, PEER, ACK, OLD, 0, 0, SAME, .drop = SV_DROP_TCP_OLD},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, ACK, 16385, 0, 0, SAME, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {10, US, ACK, 0, 0, 0, SAME},
};
static const struct sv_line ack_same[] = {{0, PEER, ACK, 0, 0, 0, SAME}, {5, PEER, ACK, 0, 0, 0, SAME}};
static const struct sv_line ack_same_fin_in_flight[] = {{0, PEER, ACK, 0, -1u, 0, SAME}};
static const struct sv_line syn_received_bad_ack[] = {
    {0, PEER, ACK, 1, 2, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {0, US, RST, 2, 0, 0, SV_SYN_RECEIVED},
    {10, PEER, ACK, 1, 0, 10, SV_SYN_RECEIVED},
    {10, US, RST, 0, 0, 0, SV_SYN_RECEIVED},
    {20, PEER, ACK, 20000, 1, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {20, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {25, PEER, ACK, 0, 1, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_OLD},
    {25, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {30, PEER, 0, 1, 0, 10, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_NO_ACK},
    {40, PEER, ACK, 1, 1, 0, SV_ESTABLISHED},
};
static const struct sv_line crossing_bad_ack[] = {
    {0, PEER, ACK, 1, 2, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {0, US, RST, 2, 0, 0, SV_SYN_RECEIVED},
    {5, PEER, SYN | ACK, 0, 7, 0, SV_SYN_RECEIVED},
    {5, US, RST, 7, 0, 0, SV_SYN_RECEIVED},
    {10, PEER, 0, 1, 0, 10, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_NO_ACK},
    {20, PEER, ACK, 20000, 1, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {20, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {30, PEER, ACK, 1, 1, 100, SV_ESTABLISHED},
    {230, US, ACK, 1, 101, 0, SV_ESTABLISHED},
};

/* --- seventh: text after the peer's FIN is nobody's --- */
static const struct sv_line data_after_fin[] = {
    {0, PEER, ACK, 0, 0, 100, SAME, .drop = SV_DROP_TCP_AFTER_FIN},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, ACK | PSH, 500, 0, 100, SAME, .drop = SV_DROP_TCP_AFTER_FIN},
    {10, US, ACK, 0, 0, 0, SAME},
    {20, PEER, ACK | URG, 0, 0, 0, SAME, .urgent = 5},
    {30, PEER, ACK, 20000, 0, 100, SAME, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {30, US, ACK, 0, 0, 0, SAME},
};
static const struct sv_line data_outside[] = {
    {0, PEER, ACK, -100u, 0, 100, SAME, .drop = SV_DROP_TCP_OLD},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, ACK, 16384, 0, 100, SAME, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {10, US, ACK, 0, 0, 0, SAME},
    {20, PEER, ACK | FIN, 16384, 0, 100, SAME, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {20, US, ACK, 0, 0, 0, SAME},
};
static const struct sv_line data_delivered[] = {
    {0, PEER, ACK | PSH, 0, 0, 100, SAME, .event = SV_EVENT_READABLE},
    {5, PEER, ACK, 200, 0, 100, SAME},
    {5, US, ACK, 0, 100, 0, SAME},
    {6, PEER, ACK, 50, 0, 150, SAME, .event = SV_EVENT_READABLE},
    {6, US, ACK, 0, 300, 0, SAME},
    {7, CALL, RECV, 1000, 300, SV_OK, SAME},
};
/* --- eighth: FIN --- */
static const struct sv_line fin_repeated[] = {
    {0, PEER, FIN | ACK, -1u, 0, 0, SAME, .drop = SV_DROP_TCP_OLD},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, FIN | ACK, 0, 0, 0, SAME}, /* a second one, beyond the first */
    {10, US, ACK, 0, 0, 0, SAME},
    {20, PEER, FIN | ACK, 17000, 0, 0, SAME, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {20, US, ACK, 0, 0, 0, SAME},
    {30, PEER, FIN | ACK, 50, 0, 10, SAME},
    {30, US, ACK, 0, 0, 0, SAME},
};
static const struct sv_line fin_before_data[] = { /* out of order: kept in mind until the gap is filled */
    {0, PEER, FIN | ACK, 100, 0, 0, SAME},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, ACK, 0, 0, 100, SV_CLOSE_WAIT, .event = SV_EVENT_READABLE | SV_EVENT_PEER_FIN},
    {10, US, ACK, 0, 101, 0, SV_CLOSE_WAIT},
    {10, CALL, RECV, 1000, 100, SV_OK, SV_CLOSE_WAIT},
    {10, CALL, RECV, 1000, 0, SV_ERR_EOF, SV_CLOSE_WAIT},
};
static const struct sv_line fin_with_data_early[] = {
    {0, PEER, FIN | ACK, 100, 0, 50, SAME},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, ACK, 0, 0, 100, SV_CLOSE_WAIT, .event = SV_EVENT_READABLE | SV_EVENT_PEER_FIN},
    {10, US, ACK, 0, 151, 0, SV_CLOSE_WAIT},
    {10, CALL, RECV, 1000, 150, SV_OK, SV_CLOSE_WAIT},
    {10, CALL, RECV, 1000, 0, SV_ERR_EOF, SV_CLOSE_WAIT},
};
static const struct sv_line fin_early_fin_wait_1[] = {
    {0, PEER, FIN | ACK, 100, 0, 0, SV_FIN_WAIT_2},
    {0, US, ACK, 0, 0, 0, SV_FIN_WAIT_2},
    {10, PEER, ACK, 0, 0, 100, SV_TIME_WAIT},
    {10, US, ACK, 0, 101, 0, SV_TIME_WAIT},
};
static const struct sv_line fin_early_fin_wait_2[] = {
    {0, PEER, FIN | ACK, 100, 0, 50, SV_FIN_WAIT_2},
    {0, US, ACK, 0, 0, 0, SV_FIN_WAIT_2},
    {10, PEER, ACK, 0, 0, 100, SV_TIME_WAIT},
    {10, US, ACK, 0, 151, 0, SV_TIME_WAIT},
};
/* The FIN's place is known: what a liar sends behind it does not count. */
static const struct sv_line fin_then_more[] = {
    {0, PEER, FIN | ACK, 0, 0, 100, SV_CLOSE_WAIT},
    {0, US, ACK, 0, 101, 0, SV_CLOSE_WAIT},
    {10, PEER, ACK, 101, 0, 100, SV_CLOSE_WAIT, .drop = SV_DROP_TCP_AFTER_FIN},
    {10, US, ACK, 0, 101, 0, SV_CLOSE_WAIT},
};
static const struct sv_line fin_half_old[] = { /* its data is old, the FIN is new */
    {0, PEER, ACK, 0, 0, 100, SV_ESTABLISHED},
    {10, PEER, FIN | ACK, 0, 0, 100, SV_CLOSE_WAIT, .event = SV_EVENT_PEER_FIN},
    {10, US, ACK, 0, 101, 0, SV_CLOSE_WAIT},
};
static const struct sv_line fin_of_syn_received[] = {
    {0, PEER, FIN | ACK, 1, 1, 0, SV_CLOSE_WAIT, .event = SV_EVENT_CONNECTED | SV_EVENT_PEER_FIN},
    {0, US, ACK, 1, 2, 0, SV_CLOSE_WAIT},
};

/* --- CLOSED: §3.10.7.1 --- */
static const struct sv_line to_closed[] = {
    {0, PEER, SYN, 7, 0, 0, SV_CLOSED, .drop = SV_DROP_TCP_NO_SOCKET},
    {0, US, RST | ACK, 0, 8, 0, SV_CLOSED},
    {1, PEER, SYN, 7, 0, 10, SV_CLOSED},
    {1, US, RST | ACK, 0, 18, 0, SV_CLOSED},
    {2, PEER, SYN | ACK, 7, 50, 0, SV_CLOSED},
    {2, US, RST, 50, 0, 0, SV_CLOSED},
    {3, PEER, ACK, 7, 50, 0, SV_CLOSED},
    {3, US, RST, 50, 0, 0, SV_CLOSED},
    {4, PEER, FIN, 7, 0, 10, SV_CLOSED},
    {4, US, RST | ACK, 0, 18, 0, SV_CLOSED},
    {5, PEER, FIN | ACK, 7, 50, 10, SV_CLOSED},
    {5, US, RST, 50, 0, 0, SV_CLOSED},
    {6, PEER, 0, 7, 0, 0, SV_CLOSED},
    {6, US, RST | ACK, 0, 7, 0, SV_CLOSED},
    {7, PEER, ACK | URG, 7, 50, 3, SV_CLOSED, .urgent = 1},
    {7, US, RST, 50, 0, 0, SV_CLOSED},
    {8, PEER, SYN | FIN, 7, 0, 0, SV_CLOSED},
    {8, US, RST | ACK, 0, 9, 0, SV_CLOSED},
    {9, PEER, RST, 7, 0, 0, SV_CLOSED, .drop = SV_DROP_TCP_RST_TO_NOBODY},
    {10, PEER, RST | ACK, 7, 9, 0, SV_CLOSED, .drop = SV_DROP_TCP_RST_TO_NOBODY},
};
/* --- LISTEN: §3.10.7.2 --- */
static const struct sv_line to_listen[] = {
    {0, PEER, RST, 7, 0, 0, SV_LISTEN, .drop = SV_DROP_TCP_RST_TO_NOBODY},
    {1, PEER, RST | SYN, 7, 0, 0, SV_LISTEN},
    {2, PEER, ACK, 7, 50, 0, SV_LISTEN, .drop = SV_DROP_TCP_LISTEN_ACK},
    {2, US, RST, 50, 0, 0, SV_LISTEN},
    {3, PEER, SYN | ACK, 7, 50, 0, SV_LISTEN},
    {3, US, RST, 50, 0, 0, SV_LISTEN},
    {4, PEER, FIN | ACK, 7, 50, 10, SV_LISTEN},
    {4, US, RST, 50, 0, 0, SV_LISTEN},
    {5, PEER, 0, 7, 0, 10, SV_LISTEN, .drop = SV_DROP_TCP_BAD_FLAGS},
    {6, PEER, FIN, 7, 0, 0, SV_LISTEN, .drop = SV_DROP_TCP_BAD_FLAGS},
    {7, PEER, SYN | FIN, 7, 0, 0, SV_LISTEN, .drop = SV_DROP_TCP_BAD_FLAGS},
    {8, PEER, ACK | URG, 7, 50, 1, SV_LISTEN, .urgent = 1},
    {8, US, RST, 50, 0, 0, SV_LISTEN},
};
/* Data on the SYN may be kept or not; it must arrive. */
static const struct sv_line syn_with_data[] = {
    {0, PEER, SYN, 0, 0, 40, SV_SYN_RECEIVED},
    {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {10, PEER, ACK, 1, 1, 40, SV_ESTABLISHED, .event = SV_EVENT_ACCEPT},
    {210, US, ACK, 1, 41, 0, SV_ESTABLISHED},
    {210, CALL, ACCEPT, 0, 0, SV_OK, SV_ESTABLISHED},
    {210, CALL, RECV, 100, 40, SV_OK, SV_ESTABLISHED},
};

#define UNFINISHED (SV_START(SV_ESTABLISHED) | SV_START(SV_FIN_WAIT_1) | SV_START(SV_FIN_WAIT_2))
#define FINISHED (SV_START(SV_CLOSE_WAIT) | SV_START(SV_CLOSING) | SV_START(SV_LAST_ACK))
#define NEXT(states) .starts = (states), .from_next = 1

static const struct sv_exchange arrivals[] = {
    SV_EXCHANGE_WITH(rst_exact, NEXT(UNFINISHED | SV_START(SV_CLOSE_WAIT))),
    SV_EXCHANGE_WITH(rst_ack_exact, NEXT(UNFINISHED | SV_START(SV_CLOSE_WAIT))),
    SV_EXCHANGE_WITH(rst_exact_closing, NEXT(SV_START(SV_CLOSING) | SV_START(SV_LAST_ACK))),
    SV_EXCHANGE_WITH(rst_inside, NEXT(AFTER_SYN)),
    SV_EXCHANGE_WITH(rst_outside, NEXT(AFTER_SYN)),
    SV_EXCHANGE_WITH(rst_syn_received, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(rst_crossing, .starts = SV_START(SV_SYN_RECEIVED), .active = 1),
    SV_EXCHANGE_WITH(challenge_limit, NEXT(SV_START(SV_ESTABLISHED) | SV_START(SV_CLOSE_WAIT))),
    SV_EXCHANGE_WITH(syn_anywhere, NEXT(AFTER_SYN)),
    SV_EXCHANGE_WITH(syn_ack_repeated, .starts = SV_START(SV_ESTABLISHED), .active = 1),
    SV_EXCHANGE_WITH(syn_in_syn_received, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(syn_outside_syn_received, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(syn_crossing, .starts = SV_START(SV_SYN_RECEIVED), .active = 1),
    SV_EXCHANGE_WITH(no_ack_flag, NEXT(AFTER_SYN)),
    SV_EXCHANGE_WITH(ack_unsent, NEXT(AFTER_SYN)),
    SV_EXCHANGE_WITH(ack_too_old, NEXT(AFTER_SYN)),
    SV_EXCHANGE_WITH(ack_old, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(ack_outside, NEXT(AFTER_SYN)),
    SV_EXCHANGE_WITH(ack_same, NEXT(SV_START(SV_ESTABLISHED) | SV_START(SV_FIN_WAIT_2) | SV_START(SV_CLOSE_WAIT))),
    SV_EXCHANGE_WITH(ack_same_fin_in_flight,
                     NEXT(SV_START(SV_FIN_WAIT_1) | SV_START(SV_CLOSING) | SV_START(SV_LAST_ACK))),
    SV_EXCHANGE_WITH(syn_received_bad_ack, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(crossing_bad_ack, .starts = SV_START(SV_SYN_RECEIVED), .active = 1),
    SV_EXCHANGE_WITH(data_after_fin, NEXT(SV_START(SV_CLOSE_WAIT))),
    SV_EXCHANGE_WITH(data_outside, NEXT(AFTER_SYN)),
    SV_EXCHANGE_WITH(data_delivered, NEXT(SV_START(SV_ESTABLISHED) | SV_START(SV_FIN_WAIT_2))),
    SV_EXCHANGE_WITH(fin_repeated, NEXT(SV_START(SV_CLOSE_WAIT))),
    SV_EXCHANGE_WITH(fin_before_data, NEXT(SV_START(SV_ESTABLISHED))),
    SV_EXCHANGE_WITH(fin_with_data_early, NEXT(SV_START(SV_ESTABLISHED))),
    SV_EXCHANGE_WITH(fin_early_fin_wait_1, NEXT(SV_START(SV_FIN_WAIT_1))),
    SV_EXCHANGE_WITH(fin_early_fin_wait_2, NEXT(SV_START(SV_FIN_WAIT_2))),
    SV_EXCHANGE_WITH(fin_then_more, NEXT(SV_START(SV_ESTABLISHED))),
    SV_EXCHANGE_WITH(fin_half_old, NEXT(SV_START(SV_ESTABLISHED))),
    SV_EXCHANGE_WITH(fin_of_syn_received, .starts = SV_START(SV_SYN_RECEIVED), .active = 1),
    SV_EXCHANGE(to_closed),
    SV_EXCHANGE_WITH(to_listen, .starts = SV_START(SV_LISTEN)),
    SV_EXCHANGE_WITH(syn_with_data, .starts = SV_START(SV_LISTEN)),
};
SV_EXCHANGE_GROUP(arrivals, arrivals);
