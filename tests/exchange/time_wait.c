/* SPDX-License-Identifier: BSD-2-Clause */
/* TIME-WAIT: RFC 9293 §3.6.1, §3.10.7.4; RFC 1337; RFC 6191; RFC 9293 MAY-2 for what a new ISN must be. */
#include "tests/support/exchange.h"

#define OLD (-1u)
static const struct sv_line fin_again[] = { /* our last ACK was lost: again, and 2 MSL anew */
    {30000, PEER, FIN | ACK, OLD, 0, 0, SV_TIME_WAIT},
    {30000, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {89999, WAIT, 0, 0, 0, 0, SV_TIME_WAIT},
    {90002, WAIT, 0, 0, 0, 0, SV_LISTEN},
};
static const struct sv_line rst_ignored[] = { /* RFC 1337 §3 */
    {0, PEER, RST, 0, 0, 0, SV_TIME_WAIT},
    {1, PEER, RST | ACK, 0, 0, 0, SV_TIME_WAIT},
    {2, PEER, RST, OLD, 0, 0, SV_TIME_WAIT},
    {3, PEER, RST, 100, 0, 0, SV_TIME_WAIT},
    {4, PEER, RST, 100000, 0, 0, SV_TIME_WAIT},
    {59990, WAIT, 0, 0, 0, 0, SV_TIME_WAIT},
};
static const struct sv_line old_data[] = {
    {0, PEER, ACK, -100u, 0, 99, SV_TIME_WAIT, .drop = SV_DROP_TCP_OLD},
    {0, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {1, PEER, ACK, 100, 0, 10, SV_TIME_WAIT},
    {1, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {2, PEER, ACK, 0, 0, 10, SV_TIME_WAIT},
    {2, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {3, PEER, ACK, 100000, 0, 10, SV_TIME_WAIT},
    {3, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {4, PEER, ACK, 0, 0, 0, SV_TIME_WAIT}, /* a bare ACK of everything is in order: silence */
    {5, PEER, ACK, OLD, 0, 0, SV_TIME_WAIT},
    {5, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {6, PEER, 0, 0, 0, 0, SV_TIME_WAIT},
    {7, PEER, FIN, 1, 0, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_NO_ACK}, /* §3.10.7.4, fifth */
    {8, PEER, 0, 1000000, 0, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_BEYOND_WINDOW}, /* first: before it is missed */
    {8, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {9, PEER, FIN, 1000000, 0, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {9, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {10, PEER, FIN, OLD, 0, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_OLD},
    {10, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {60001, WAIT, 0, 0, 0, 0, SV_LISTEN}, /* and none of these began the wait anew */
};
/* Two who wait would answer each other without end: what carries nothing is answered as challenges are, here once a
 * second; what has text is its sender's, who waits for that, and is answered always (§3.10.7.4, first). */
static const struct sv_line answers_limited[] = {
    {0, PEER, 0, 1000000, 0, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {0, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {1, PEER, 0, 1000000, 0, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {2, PEER, ACK, OLD, 0, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_OLD},
    {3, PEER, PSH, 1000000, 0, 10, SV_TIME_WAIT, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {3, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {4, PEER, FIN, OLD, 0, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_OLD},
    {4, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {5, PEER, PSH | ACK, OLD, 0, 1, SV_TIME_WAIT, .drop = SV_DROP_TCP_OLD},
    {5, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {6, PEER, SYN, -1000u, 0, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_SYN_IN_WINDOW},
    {1500, PEER, 0, 1000000, 0, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {1500, US, ACK, 0, 0, 0, SV_TIME_WAIT},
};
/* A SYN beyond the old numbers opens directly (RFC 9293 §3.6.1, MAY-2), and our ISN is beyond ours. */
static const struct sv_line syn_reuses[] = {
    {10, PEER, SYN, 1000, 0, 0, SV_SYN_RECEIVED},
    {10, US, SYN | ACK, 0, 1001, 0, SV_SYN_RECEIVED, .fresh = 1},
    {20, PEER, ACK, 1001, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_ACCEPT},
};
/* ... even when we have just sent faster than the ISN's clock runs. */
static const struct sv_line syn_reuses_after_much[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, SV_ESTABLISHED},
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, ACK, 1, 1, 1000, SV_FIN_WAIT_1},
    {0, US, ACK, 1001, 1, 1000, SV_FIN_WAIT_1},
    {0, US, ACK, 2001, 1, 1000, SV_FIN_WAIT_1},
    {0, US, FIN | ACK, 3001, 1, 1000, SV_FIN_WAIT_1},
    {1, PEER, FIN | ACK, 1, 4002, 0, SV_TIME_WAIT},
    {1, US, ACK, 4002, 2, 0, SV_TIME_WAIT},
    {2, PEER, SYN, 1000, 0, 0, SV_SYN_RECEIVED},
    {2, US, SYN | ACK, 0, 1001, 0, SV_SYN_RECEIVED, .fresh = 1},
};
static const struct sv_line syn_too_low[] = {
    {10, PEER, SYN, 0, 0, 0, SV_TIME_WAIT},
    {10, US, ACK, 2, 2, 0, SV_TIME_WAIT},
    {20, PEER, SYN, 2, 0, 0, SV_TIME_WAIT},
    {20, US, ACK, 2, 2, 0, SV_TIME_WAIT},
    {30, PEER, SYN | ACK, 1000, 2, 0, SV_TIME_WAIT},
    {30, US, ACK, 2, 2, 0, SV_TIME_WAIT},
    {40, PEER, SYN | FIN, 1000, 2, 0, SV_TIME_WAIT},
    {40, US, ACK, 2, 2, 0, SV_TIME_WAIT},
    {50, PEER, SYN, -50000u, 0, 0, SV_TIME_WAIT},
    {50, US, ACK, 2, 2, 0, SV_TIME_WAIT},
};
/* Nobody would take the new connection: a SYN must not end the wait. */
static const struct sv_line syn_for_nobody[] = {
    {10, PEER, SYN, 1000, 0, 0, SV_TIME_WAIT},
    {10, US, ACK, 2, 2, 0, SV_TIME_WAIT},
};
/* RFC 6191 §2, with timestamps: the newer timestamp decides, whatever the sequence number. */
static const struct sv_line syn_newer_timestamp[] = {
    {10, PEER, SYN, -5000u, 0, 0, SV_SYN_RECEIVED, .options = O_TS, .ts = 900000},
    {10, US, SYN | ACK, 0, -4999u, 0, SV_SYN_RECEIVED, .fresh = 1},
};
static const struct sv_line syn_older_timestamp[] = {
    {10, PEER, SYN, 5000, 0, 0, SV_TIME_WAIT, .options = O_TS, .ts = 500},
    {10, US, ACK, 2, 2, 0, SV_TIME_WAIT},
};
/* RFC 7323 §5.3 R1: what is older than the latest is not acceptable, wherever its number lies. */
static const struct sv_line old_timestamp[] = {
    {10, PEER, ACK, 0, 0, 0, SV_TIME_WAIT, .options = O_TS, .ts = 900000},
    {20, PEER, ACK, 0, 0, 0, SV_TIME_WAIT, .options = O_TS, .ts = 500, .drop = SV_DROP_TCP_PAWS},
    {20, US, ACK, 0, 0, 0, SV_TIME_WAIT},
    {30, PEER, RST, 0, 0, 0, SV_TIME_WAIT, .options = O_TS, .ts = 500},
};

#define TW .starts = SV_START(SV_TIME_WAIT)
static const struct sv_exchange time_wait[] = {
    SV_EXCHANGE_WITH(fin_again, TW, .from_next = 1),
    SV_EXCHANGE_WITH(rst_ignored, TW, .from_next = 1),
    SV_EXCHANGE_WITH(old_data, TW, .from_next = 1),
    SV_EXCHANGE_WITH(answers_limited, TW, .from_next = 1, .knob = {{"tcp_challenge_ack_limit", "1"}}),
    SV_EXCHANGE_WITH(syn_reuses, TW),
    SV_EXCHANGE_WITH(syn_reuses_after_much, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(syn_too_low, TW),
    SV_EXCHANGE_WITH(syn_for_nobody, TW, .active = 1),
    SV_EXCHANGE_WITH(syn_newer_timestamp, TW, .modern = 1),
    SV_EXCHANGE_WITH(syn_older_timestamp, TW, .modern = 1),
    SV_EXCHANGE_WITH(old_timestamp, TW, .from_next = 1, .modern = 1),
};
SV_EXCHANGE_GROUP(time_wait, time_wait);
