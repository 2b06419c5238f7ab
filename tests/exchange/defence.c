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
/* A record has sixteen bits for when that was: 2^16 ticks of 2^24 ns, 18 minutes, later they stand where they stood. A
 * peer that was silent for so long is answered as any other. */
static const struct sv_line an_answer_after_eighteen_minutes[] = {
    {0, PEER, ACK, 3000000, 1, 0, EST, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {0, US, ACK, 1, 1, 0, EST},
    {1099700, PEER, ACK, 3000000, 1, 0, EST, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {1099700, US, ACK, 1, 1, 0, EST},
    {1099800, PEER, ACK, 3000000, 1, 0, EST, .drop = SV_DROP_TCP_ACK_RATE},
    {1100300, PEER, RST, 5, 0, 0, EST, .drop = SV_DROP_TCP_RST_INEXACT},
    {1100300, US, ACK, 1, 1, 0, EST},
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

/* --- lies, in every state that can be lied to --- */

#define OLD_ACK 0xffffffff /* of what was acknowledged before, or all but our FIN */
/* An option that runs over the header is thrown away with its segment; an unknown one is skipped; a window that shrinks
 * harms nobody. */
static const struct sv_line odd_options_and_windows[] = {
    {0, PEER, ACK, 0, OLD_ACK, 0, SAME, .options = O_BROKEN, .drop = SV_DROP_BAD_OPTION},
    {10, PEER, ACK, 0, OLD_ACK, 0, SAME, .options = O_UNKNOWN},
    {20, PEER, ACK, 0, OLD_ACK, 0, SAME, .win = WIN(10)},
};
static const struct sv_line half_open_odd_options[] = {
    {0, PEER, ACK, 1, 1, 0, SV_SYN_RECEIVED, .options = O_BROKEN, .drop = SV_DROP_BAD_OPTION},
    {10, PEER, ACK, 1, 1, 0, EST, .options = O_UNKNOWN},
};
/* The peer's clock wraps: what follows is newer, what was before it older (RFC 7323 §5.2). */
#define WRAPS(ack)                                                                       \
    {0, PEER, ACK, 0, ack, 0, SAME, T(0x70000000, 0)},                                   \
        {10, PEER, ACK, 0, ack, 0, SAME, T(0xe0000000, 0)},                              \
        {20, PEER, ACK, 0, ack, 0, SAME, T(0x10, 0)},                                    \
        {30, PEER, ACK, 0, ack, 0, SAME, T(0xe0000001, 0), .drop = SV_DROP_TCP_PAWS}, {  \
        30, US, ACK, 0, 0, 0, SAME, .options = O_TS, .ecr = 0x10                         \
    }
static const struct sv_line clock_wraps[] = {WRAPS(0)};
static const struct sv_line clock_wraps_before_fin[] = {WRAPS(OLD_ACK)};
#define BLOCKS(n, ...) .options = O_SACK, .sacks = (n), .sack = {__VA_ARGS__}
/* Blocks that overlap count once; of what was never sent, or upside down, not at all, and are counted; told no more,
 * they are forgotten with the timeout; all of it while text and FIN are in flight, on both ways to close. */
#define LIES(seq, state)                                                                               \
    {10, PEER, ACK, seq, 0, 0, state, BLOCKS(2, 1000, 2000, 1000, 2000)},                              \
        {10, PEER, ACK, seq, 0, 0, state, BLOCKS(1, 5000, 6000), .drop = SV_DROP_TCP_SACK_INVALID},    \
        {10, PEER, ACK, seq, 0, 0, state, BLOCKS(1, 2000, 1000), .drop = SV_DROP_TCP_SACK_INVALID}, {  \
        10, PEER, ACK, seq, 0, 0, state                                                                \
    }
#define THREE(ack, state)                                                                              \
    {0, CALL, SEND, 3000, 3000, SV_OK, state}, {0, US, ACK, 0, ack, 1000, state},                      \
        {0, US, ACK, 1000, ack, 1000, state}, {                                                        \
        0, US, ACK | PSH, 2000, ack, 1000, state                                                       \
    }
static const struct sv_line lies_in_fin_wait_1[] = {
    THREE(0, EST),
    {1, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {1, US, FIN | ACK, 3000, 0, 0, SV_FIN_WAIT_1},
    LIES(0, SV_FIN_WAIT_1),
    {10, PEER, ACK, 0, 3001, 0, SV_FIN_WAIT_2},
};
static const struct sv_line lies_in_closing[] = {
    THREE(0, EST),
    {1, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {1, US, FIN | ACK, 3000, 0, 0, SV_FIN_WAIT_1},
    {9, PEER, FIN | ACK, 0, 0, 0, SV_CLOSING},
    {9, US, ACK, 3001, 1, 0, SV_CLOSING},
    LIES(1, SV_CLOSING),
    {10, PEER, ACK, 1, 3001, 0, SV_TIME_WAIT},
};
static const struct sv_line lies_in_close_wait[] = {
    THREE(0, SV_CLOSE_WAIT),
    LIES(0, SV_CLOSE_WAIT),
    {10, PEER, ACK, 0, 3000, 0, SV_CLOSE_WAIT},
};
static const struct sv_line lies_in_last_ack[] = {
    THREE(0, SV_CLOSE_WAIT),
    {1, CALL, SHUTDOWN, 0, 0, SV_OK, SV_LAST_ACK},
    {1, US, FIN | ACK, 3000, 0, 0, SV_LAST_ACK},
    LIES(0, SV_LAST_ACK),
    {10, PEER, ACK, 0, 3001, 0, SV_LISTEN},
};

#define ONE_CHALLENGE .knob = {{"tcp_challenge_ack_limit", "1"}}
static const struct sv_exchange defence[] = {
    SV_EXCHANGE_WITH(one_answer_in_half_a_second, FROM_EST, .modern = 1, .recv_buffer = 262144),
    SV_EXCHANGE_WITH(an_answer_after_eighteen_minutes, FROM_EST, .modern = 1, .recv_buffer = 262144),
    SV_EXCHANGE_WITH(every_answer, FROM_EST, .modern = 1, .knob = {{"tcp_invalid_ratelimit", "0"}}),
    SV_EXCHANGE_WITH(half_open_budget, .starts = SV_START(SV_SYN_RECEIVED), ONE_CHALLENGE),
    SV_EXCHANGE_WITH(time_wait_budget, .starts = SV_START(SV_TIME_WAIT), ONE_CHALLENGE),
    SV_EXCHANGE_WITH(odd_options_and_windows, .starts = SV_SYNCHRONIZED | SV_START(SV_TIME_WAIT), .from_next = 1),
    SV_EXCHANGE_WITH(half_open_odd_options, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(clock_wraps, .from_next = 1, .modern = 1,
                     .starts = SV_START(SV_ESTABLISHED) | SV_START(SV_FIN_WAIT_2) | SV_START(SV_CLOSE_WAIT)),
    SV_EXCHANGE_WITH(clock_wraps_before_fin, .from_next = 1, .modern = 1,
                     .starts = SV_START(SV_FIN_WAIT_1) | SV_START(SV_CLOSING) | SV_START(SV_LAST_ACK)),
    SV_EXCHANGE_WITH(lies_in_fin_wait_1, FROM_EST, .from_next = 1, .modern = 1),
    SV_EXCHANGE_WITH(lies_in_closing, FROM_EST, .from_next = 1, .modern = 1),
    SV_EXCHANGE_WITH(lies_in_close_wait, .starts = SV_START(SV_CLOSE_WAIT), .from_next = 1, .modern = 1),
    SV_EXCHANGE_WITH(lies_in_last_ack, .starts = SV_START(SV_CLOSE_WAIT), .from_next = 1, .modern = 1),
};
SV_EXCHANGE_GROUP(defence, defence);
