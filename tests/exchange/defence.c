/* SPDX-License-Identifier: BSD-2-Clause */
/* What a peer, or somebody who would like to be one, can do to a connection, and what it costs: storms of
 * acknowledgements, lies in SACK and ACK, options of any shape, windows and clocks that go backwards. Each counts. */
#include "tests/support/exchange.h"

#define EST SV_ESTABLISHED
#define T(value, echo) .options = O_TS, .ts = (value), .ecr = (echo)
#define FROM_EST .starts = SV_START(SV_ESTABLISHED)

/* --- storms --- */

/* Two ends that each hold what the other says for unacceptable would never fall silent: one answer in half a second, of
 * whatever kind; the rest is counted. Text, which somebody waits for, is answered always. */
static const struct sv_line one_answer_in_half_a_second[] = {
    {0, PEER, ACK, 3000000, 1, 0, EST, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {0, US, ACK, 1, 1, 0, EST},
    {100, PEER, ACK, 3000000, 1, 0, EST, .drop = SV_DROP_TCP_ACK_RATE},
    {110, PEER, ACK, 0, 1, 0, EST, .drop = SV_DROP_TCP_ACK_RATE},
    {120, PEER, SYN, 3000000, 0, 0, EST, .drop = SV_DROP_TCP_ACK_RATE},
    {130, PEER, SYN, 5, 0, 0, EST, .drop = SV_DROP_TCP_ACK_RATE},
    {140, PEER, RST, 5, 0, 0, EST, .drop = SV_DROP_TCP_ACK_RATE},
    {150, PEER, ACK, 1, 70000, 0, EST, .drop = SV_DROP_TCP_ACK_RATE},
    {160, PEER, ACK, 1, 1, 0, EST, T(1, 0), .drop = SV_DROP_TCP_ACK_RATE},
    {170, PEER, SYN, 3000000, 0, 10, EST, .drop = SV_DROP_TCP_ACK_RATE},
    {200, PEER, ACK, 0, 1, 1, EST, .drop = SV_DROP_TCP_OLD},
    {200, US, ACK, 1, 1, 0, EST},
    {210, PEER, ACK, 3000000, 1, 10, EST, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {210, US, ACK, 1, 1, 0, EST},
    {220, PEER, FIN | ACK, 0, 1, 0, EST, .drop = SV_DROP_TCP_OLD},
    {220, US, ACK, 1, 1, 0, EST},
    {450, PEER, ACK, 3000000, 1, 0, EST, .drop = SV_DROP_TCP_ACK_RATE},
    {550, PEER, ACK, 3000000, 1, 0, EST, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {550, US, ACK, 1, 1, 0, EST},
    {1000, PEER, ACK, 3000000, 1, 0, EST, .drop = SV_DROP_TCP_ACK_RATE},
    {1100, PEER, RST, 5, 0, 0, EST, .drop = SV_DROP_TCP_RST_INEXACT},
    {1100, US, ACK, 1, 1, 0, EST},
    {2000, PEER, RST, 1, 0, 0, SV_LISTEN, .event = SV_EVENT_ERROR, .error = SV_ERR_RESET},
};
/* The letter: each is answered; the knob says so. */
static const struct sv_line every_answer[] = {
    {0, PEER, ACK, 3000000, 1, 0, EST, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {0, US, ACK, 1, 1, 0, EST},
    {1, PEER, ACK, 3000000, 1, 0, EST, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {1, US, ACK, 1, 1, 0, EST},
};
/* Half-open records and TIME-WAIT have no room for a clock of their own: what has no text is charged to the stack's
 * budget of challenges. */
static const struct sv_line half_open_budget[] = {
    {0, PEER, ACK, 3000000, 1, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {0, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {10, PEER, ACK, 3000000, 1, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {20, PEER, ACK, 3000000, 1, 1, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {20, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {30, PEER, ACK, 1, 1, 0, EST},
};
static const struct sv_line time_wait_budget[] = {
    {0, PEER, ACK, 1, 2, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_OLD},
    {0, US, ACK, 2, 2, 0, SV_TIME_WAIT},
    {10, PEER, ACK, 1, 2, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_OLD},
    {20, PEER, ACK, 2, 70000, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_OLD},
    {30, PEER, ACK, 1, 2, 1, SV_TIME_WAIT, .drop = SV_DROP_TCP_OLD},
    {30, US, ACK, 2, 2, 0, SV_TIME_WAIT},
    {1100, PEER, ACK, 2, 70000, 0, SV_TIME_WAIT, .drop = SV_DROP_TCP_OLD},
    {1100, US, ACK, 2, 2, 0, SV_TIME_WAIT},
};

#define ONE_CHALLENGE .knob = {{"tcp_challenge_ack_limit", "1"}}
static const struct sv_exchange defence[] = {
    SV_EXCHANGE_WITH(one_answer_in_half_a_second, FROM_EST, .modern = 1, .recv_buffer = 262144),
    SV_EXCHANGE_WITH(every_answer, FROM_EST, .modern = 1, .knob = {{"tcp_invalid_ratelimit", "0"}}),
    SV_EXCHANGE_WITH(half_open_budget, .starts = SV_START(SV_SYN_RECEIVED), ONE_CHALLENGE),
    SV_EXCHANGE_WITH(time_wait_budget, .starts = SV_START(SV_TIME_WAIT), ONE_CHALLENGE),
};
SV_EXCHANGE_GROUP(defence, defence);
