/* SPDX-License-Identifier: BSD-2-Clause */
/* Timestamps and PAWS (RFC 7323 §3 to §5), SACK blocks (RFC 2018), urgent data (RFC 6093), keepalive
 * (RFC 9293 §3.8.4). The peer's clock stands at 2000 when a table begins. */
#include "tests/support/exchange.h"

#define EST SV_ESTABLISHED
#define T(value, echo) .options = O_TS, .ts = (value), .ecr = (echo)

static const struct sv_line paws_old[] = {
    {0, PEER, ACK, 1, 1, 10, EST, T(5000, 0)},
    {40, US, ACK, 1, 11, 0, EST, .options = O_TS, .ecr = 5000},
    {50, PEER, ACK, 11, 1, 10, EST, T(4999, 0), .drop = SV_DROP_TCP_PAWS},
    {50, US, ACK, 1, 11, 0, EST, .options = O_TS, .ecr = 5000},
    {60, PEER, ACK, 11, 1, 10, EST, T(5000, 0)},
    {100, US, ACK, 1, 21, 0, EST},
    {110, PEER, FIN | ACK, 21, 1, 10, EST, T(4000, 0), .drop = SV_DROP_TCP_PAWS},
    {110, US, ACK, 1, 21, 0, EST, .options = O_TS, .ecr = 5000},
};
/* ... and if all that it brings was there already, that is told (RFC 2883 §4); of what is new nothing. */
static const struct sv_line paws_twice[] = {
    {0, PEER, ACK, 1, 1, 10, EST, T(5000, 0)},
    {40, US, ACK, 1, 11, 0, EST, .options = O_TS, .ecr = 5000},
    {50, PEER, ACK, 1, 1, 10, EST, T(4999, 0), .drop = SV_DROP_TCP_PAWS},
    {50, US, ACK, 1, 11, 0, EST, .options = O_TS | O_SACK, .ecr = 5000, .sacks = 1, .sack = {1, 11}},
    {60, PEER, ACK, 6, 1, 10, EST, T(4999, 0), .drop = SV_DROP_TCP_PAWS},
    {60, US, ACK, 1, 11, 0, EST, .options = O_TS, .ecr = 5000},
};
static const struct sv_line paws_syn_received[] = {
    {0, PEER, ACK, 1, 1, 10, SV_SYN_RECEIVED, T(999, 0), .drop = SV_DROP_TCP_PAWS},
    {0, US, ACK, 1, 1, 0, SV_SYN_RECEIVED, .options = O_TS, .ecr = 1000},
    {10, PEER, ACK, 1, 1, 10, EST, T(1001, 0)},
    {50, US, ACK, 1, 11, 0, EST, .options = O_TS, .ecr = 1001},
};
/* RFC 7323 §3.2: agreed, so a segment without one is dropped, but for resets. */
static const struct sv_line missing[] = {
    {0, PEER, ACK, 1, 1, 10, EST, .options = O_NONE, .drop = SV_DROP_TCP_MISSING_TIMESTAMP},
    {10, PEER, RST, 1, 0, 0, SV_LISTEN, .options = O_NONE, .event = SV_EVENT_ERROR, .error = SV_ERR_RESET},
};
static const struct sv_line missing_syn_received[] = {
    {0, PEER, ACK, 1, 1, 10, SV_SYN_RECEIVED, .options = O_NONE, .drop = SV_DROP_TCP_MISSING_TIMESTAMP},
    {1000, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {1010, PEER, ACK, 1, 1, 0, EST},
};
/* §5.5: after 24 days without a word the old value means nothing, and the new one is taken. */
static const struct sv_line days_24[] = {
    {0, PEER, ACK, 1, 1, 10, EST, T(5000, 0)},
    {40, US, ACK, 1, 11, 0, EST, .options = O_TS, .ecr = 5000},
    {2100000000, PEER, ACK, 11, 1, 10, EST, T(4000, 0)},
    {2100000040, US, ACK, 1, 21, 0, EST, .options = O_TS, .ecr = 4000},
    {2100000050, PEER, ACK, 21, 1, 10, EST, T(3999, 0), .drop = SV_DROP_TCP_PAWS},
    {2100000050, US, ACK, 1, 21, 0, EST},
};
/* §4.3: the value to echo is of the segment that holds Last.ACK.sent: not one beyond a gap, and of two that
 * are acknowledged together the first. */
static const struct sv_line echo[] = {
    {0, PEER, ACK, 1001, 1, 1000, EST, T(6000, 0)},
    {0, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .ecr = 1010, .sacks = 1, .sack = {1001, 2001}},
    {10, PEER, ACK, 1, 1, 1000, EST, T(6010, 0)},
    {10, US, ACK, 1, 2001, 0, EST, .options = O_TS, .ecr = 6010},
};
static const struct sv_line echo_delayed[] = {
    {0, PEER, ACK, 1, 1, 100, EST, T(7000, 0)},
    {5, PEER, ACK, 101, 1, 100, EST, T(7005, 0)},
    {5, US, ACK, 1, 201, 0, EST, .options = O_TS, .ecr = 7000},
};
/* RFC 2018 §4: the newest range first; at most three beside timestamps. */
static const struct sv_line sack[] = {
    {0, PEER, ACK, 1001, 1, 100, EST},
    {0, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {1001, 1101}},
    {1, PEER, ACK, 3001, 1, 100, EST},
    {1, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .sacks = 2, .sack = {3001, 3101, 1001, 1101}},
    {2, PEER, ACK, 2001, 1, 100, EST},
    {2, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .sacks = 3, .sack = {2001, 2101, 3001, 3101, 1001, 1101}},
    {3, PEER, ACK, 1, 1, 1000, EST},
    {3, US, ACK, 1, 1101, 0, EST, .options = O_TS | O_SACK, .sacks = 2, .sack = {2001, 2101, 3001, 3101}},
};
static const struct sv_line sack_grows[] = {
    {0, PEER, ACK, 1001, 1, 100, EST},
    {0, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {1001, 1101}},
    {1, PEER, ACK, 1101, 1, 100, EST},
    {1, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {1001, 1201}},
    {2, PEER, ACK, 901, 1, 100, EST},
    {2, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {901, 1201}},
    {3, PEER, ACK, 1, 1, 900, EST},
    {3, US, ACK, 1, 1201, 0, EST, .options = O_TS},
};

/* --- urgent data --- */
static const struct sv_line urgent_in[] = {
    {0, PEER, ACK | URG, 1, 1, 10, EST, .urgent = 5, .event = SV_EVENT_URGENT | SV_EVENT_READABLE},
    {1, PEER, ACK | URG, 11, 1, 10, EST, .urgent = 300, .event = SV_EVENT_URGENT},
    {1, US, ACK, 1, 21, 0, EST},
    {2, CALL, RECV, 100, 20, SV_OK, EST}, /* in line, as RFC 6093 §3 wants it */
};
static const struct sv_line urgent_in_fin_wait_1[] = {
    {0, PEER, ACK | URG, 1, 1, 10, SV_FIN_WAIT_1, .urgent = 5, .event = SV_EVENT_URGENT},
    {200, US, ACK, 2, 11, 0, SV_FIN_WAIT_1},
};
static const struct sv_line urgent_in_fin_wait_2[] = {
    {0, PEER, ACK | URG, 1, 2, 10, SV_FIN_WAIT_2, .urgent = 5, .event = SV_EVENT_URGENT},
    {200, US, ACK, 2, 11, 0, SV_FIN_WAIT_2},
};
static const struct sv_line urgent_after_fin[] = {{0, PEER, ACK | URG, 0, 0, 0, SAME, .urgent = 5}};
static const struct sv_line urgent_out[] = { /* RFC 6093 §2: the pointer is of the byte after */
    {0, CALL, SET, SV_OPT_URGENT, 1, SV_OK, EST},
    {0, CALL, SEND, 1, 1, SV_OK, EST},
    {0, US, ACK | PSH | URG, 1, 1, 1, EST, .urgent = 1},
    {10, PEER, ACK, 1, 2, 0, EST},
    {20, CALL, SEND, 10, 10, SV_OK, EST},
    {20, US, ACK | PSH, 2, 1, 10, EST, .urgent = 0},
};
static const struct sv_line urgent_after_our_fin[] = { /* no byte can follow: nothing points beyond the FIN */
    {0, CALL, SET, SV_OPT_KEEPALIVE_IDLE_S, 100, SV_OK, SV_FIN_WAIT_2},
    {0, CALL, SET, SV_OPT_URGENT, 1, SV_ERR_INVALID, SV_FIN_WAIT_2},
    {100000, US, ACK, 1, 1, 0, SV_FIN_WAIT_2, .urgent = 0, .slack_ms = 2},
};

/* --- keepalive --- */
static const struct sv_line keepalive[] = {
    {0, CALL, SET, SV_OPT_KEEPALIVE_IDLE_S, 100, SV_OK, SAME},
    {0, CALL, SET, SV_OPT_KEEPALIVE_INTERVAL_S, 10, SV_OK, SAME},
    {0, CALL, SET, SV_OPT_KEEPALIVE_COUNT, 3, SV_OK, SAME},
    {0, PEER, ACK, 0, 0, 0, SAME},
    {100000, US, ACK, -1u, 0, 0, SAME, .slack_ms = 2},
    {100010, PEER, ACK, 0, 0, 0, SAME}, /* answered: all begins anew */
    {200010, US, ACK, -1u, 0, 0, SAME, .slack_ms = 2},
    {210010, US, ACK, -1u, 0, 0, SAME, .slack_ms = 2},
    {220010, US, ACK, -1u, 0, 0, SAME, .slack_ms = 2},
    {230010, US, RST | ACK, 0, 0, 0, SV_LISTEN, .slack_ms = 2, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED,
     .error = SV_ERR_TIMED_OUT},
};
static const struct sv_line no_keepalive[] = {{90000000, WAIT, 0, 0, 0, 0, EST}}; /* MUST-25: off by default */
static const struct sv_line keepalive_answered_by_us[] = { /* the peer's probe: an old byte */
    {0, PEER, ACK, -1u, 0, 0, SAME},
    {0, US, ACK, 0, 0, 0, SAME},
    {10, PEER, ACK, -1u, 0, 1, SAME},
    {10, US, ACK, 0, 0, 0, SAME},
};

/* What the two SYNs said is agreed, whatever the stack's habits have become between them: a peer that agreed to
 * timestamps drops what has none (RFC 7323 §3.2). Sent again, a SYN says the same. */
static const struct sv_line offered_before[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT, .options = O_MSS | O_SCALE | O_SACK_OK | O_TS, .mss = 1460},
    {10, CALL, OFFERS, 0, 0, SV_OK, SV_SYN_SENT},
    {1000, US, SYN, 0, 0, 0, SV_SYN_SENT, .options = O_MSS | O_SCALE | O_SACK_OK | O_TS, .mss = 1460},
    {1050, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, T(5000, 0), .event = SV_EVENT_CONNECTED | SV_EVENT_WRITABLE},
    {1050, US, ACK, 1, 1, 0, SV_ESTABLISHED, .options = O_TS, .ecr = 5000},
};
static const struct sv_line offered_after[] = {
    {0, CALL, OFFERS, 0, 0, SV_OK, SV_CLOSED},
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT, .options = O_MSS | O_SACK_OK, .mss = 1460},
    {10, CALL, OFFERS, 1, 0, SV_OK, SV_SYN_SENT},
    {1000, US, SYN, 0, 0, 0, SV_SYN_SENT, .options = O_MSS | O_SACK_OK, .mss = 1460},
    {1050, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, T(5000, 0), .event = SV_EVENT_CONNECTED | SV_EVENT_WRITABLE},
    {1050, US, ACK, 1, 1, 0, SV_ESTABLISHED, .options = O_NONE},
};

#define FROM(state) .starts = SV_START(state)
#define MODERN_EST FROM(SV_ESTABLISHED), .modern = 1
static const struct sv_exchange options[] = {
    SV_EXCHANGE_WITH(paws_old, MODERN_EST),
    SV_EXCHANGE_WITH(paws_twice, MODERN_EST),
    SV_EXCHANGE_WITH(paws_syn_received, FROM(SV_SYN_RECEIVED), .modern = 1),
    SV_EXCHANGE_WITH(missing, MODERN_EST),
    SV_EXCHANGE_WITH(missing_syn_received, FROM(SV_SYN_RECEIVED), .modern = 1),
    SV_EXCHANGE_WITH(days_24, MODERN_EST),
    SV_EXCHANGE_WITH(echo, MODERN_EST),
    SV_EXCHANGE_WITH(echo_delayed, MODERN_EST),
    SV_EXCHANGE_WITH(sack, MODERN_EST),
    SV_EXCHANGE_WITH(sack_grows, MODERN_EST),
    SV_EXCHANGE_WITH(urgent_in, FROM(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(urgent_in_fin_wait_1, FROM(SV_FIN_WAIT_1)),
    SV_EXCHANGE_WITH(urgent_in_fin_wait_2, FROM(SV_FIN_WAIT_2)),
    SV_EXCHANGE_WITH(urgent_after_fin, FROM(SV_CLOSE_WAIT), .from_next = 1),
    SV_EXCHANGE_WITH(urgent_out, FROM(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(urgent_after_our_fin, FROM(SV_FIN_WAIT_2)),
    SV_EXCHANGE_WITH(keepalive, .starts = SV_START(SV_ESTABLISHED) | SV_START(SV_FIN_WAIT_2) | SV_START(SV_CLOSE_WAIT),
                     .from_next = 1),
    SV_EXCHANGE_WITH(no_keepalive, FROM(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(keepalive_answered_by_us, .starts = SV_SYNCHRONIZED, .from_next = 1),
    SV_EXCHANGE_WITH(offered_before, FROM(SV_CLOSED), .modern = 1),
    SV_EXCHANGE_WITH(offered_after, FROM(SV_CLOSED), .modern = 1),
};
SV_EXCHANGE_GROUP(options, options);
