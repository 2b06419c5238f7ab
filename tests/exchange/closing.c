/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9293 §3.6 (figures 12 and 13), §3.10.4, §3.10.5; RFC 2525 §2.17; TIME-WAIT: RFC 1337, RFC 6191. */
#include "tests/support/exchange.h"

/* Figure 12 from A's side. */
static const struct sv_line we_close[] = {
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {10, PEER, ACK, 1, 2, 0, SV_FIN_WAIT_2},
    {20, PEER, FIN | ACK, 1, 2, 0, SV_TIME_WAIT, .event = SV_EVENT_PEER_FIN},
    {20, US, ACK, 2, 2, 0, SV_TIME_WAIT},
    {60019, WAIT, 0, 0, 0, 0, SV_TIME_WAIT},
    {60022, WAIT, 0, 0, 0, 0, SV_LISTEN},
};
/* ... in three messages. */
static const struct sv_line three_messages[] = {
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {10, PEER, FIN | ACK, 1, 2, 0, SV_TIME_WAIT},
    {10, US, ACK, 2, 2, 0, SV_TIME_WAIT},
};
/* Figure 12 from B's side. */
static const struct sv_line peer_closes[] = {
    {0, PEER, FIN | ACK, 1, 1, 0, SV_CLOSE_WAIT, .event = SV_EVENT_PEER_FIN},
    {0, US, ACK, 1, 2, 0, SV_CLOSE_WAIT},
    {10, CALL, RECV, 10, 0, SV_ERR_EOF, SV_CLOSE_WAIT},
    {10, CALL, SHUTDOWN, 0, 0, SV_OK, SV_LAST_ACK},
    {10, US, FIN | ACK, 1, 2, 0, SV_LAST_ACK},
    {20, PEER, ACK, 2, 2, 0, SV_LISTEN, .event = SV_EVENT_CLOSED},
};
/* Figure 13: both at once. */
static const struct sv_line both_close[] = {
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {10, PEER, FIN | ACK, 1, 1, 0, SV_CLOSING},
    {10, US, ACK, 2, 2, 0, SV_CLOSING},
    {20, PEER, ACK, 2, 2, 0, SV_TIME_WAIT},
    {60021, WAIT, 0, 0, 0, 0, SV_LISTEN},
};
/* Data goes both ways after one side's FIN. */
static const struct sv_line half_close[] = {
    {0, PEER, ACK | FIN, 1, 1, 100, SV_CLOSE_WAIT},
    {0, US, ACK, 1, 102, 0, SV_CLOSE_WAIT},
    {10, CALL, RECV, 200, 100, SV_OK, SV_CLOSE_WAIT},
    {10, CALL, RECV, 200, 0, SV_ERR_EOF, SV_CLOSE_WAIT},
    {10, CALL, SEND, 1500, 1500, SV_OK, SV_CLOSE_WAIT},
    {10, US, ACK, 1, 102, 1000, SV_CLOSE_WAIT},
    {20, PEER, ACK, 102, 1001, 0, SV_CLOSE_WAIT},
    {20, US, ACK | PSH, 1001, 102, 500, SV_CLOSE_WAIT},
    {30, PEER, ACK, 102, 1501, 0, SV_CLOSE_WAIT},
    {30, CALL, SHUTDOWN, 0, 0, SV_OK, SV_LAST_ACK},
    {30, US, FIN | ACK, 1501, 102, 0, SV_LAST_ACK},
    {40, PEER, ACK, 102, 1502, 0, SV_LISTEN},
};
static const struct sv_line half_close_ours[] = {
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {5, CALL, SEND, 10, 0, SV_ERR_CLOSED, SV_FIN_WAIT_1},
    {5, CALL, SHUTDOWN, 0, 0, SV_ERR_CLOSED, SV_FIN_WAIT_1},
    {8, PEER, ACK, 1, 1, 40, SV_FIN_WAIT_1, .event = SV_EVENT_READABLE},
    {10, PEER, ACK, 41, 2, 60, SV_FIN_WAIT_2, .event = SV_EVENT_READABLE},
    {10, US, ACK, 2, 101, 0, SV_FIN_WAIT_2},
    {15, CALL, SEND, 10, 0, SV_ERR_CLOSED, SV_FIN_WAIT_2},
    {15, CALL, RECV, 200, 100, SV_OK, SV_FIN_WAIT_2},
    {20, PEER, FIN | ACK, 101, 2, 10, SV_TIME_WAIT},
    {20, US, ACK, 2, 112, 0, SV_TIME_WAIT},
    {30, CALL, RECV, 200, 10, SV_OK, SV_TIME_WAIT, .event = SV_EVENT_CLOSED},
};
/* The FIN follows what was queued, in the last segment; CLOSE is quick, the state changes at once (§3.10.4). */
static const struct sv_line close_with_data[] = {
    {0, CALL, SEND, 6500, 6500, SV_OK, SV_ESTABLISHED},
    {0, CALL, CLOSE, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, ACK, 1, 1, 1000, SV_FIN_WAIT_1},
    {0, US, ACK, 1001, 1, 1000, SV_FIN_WAIT_1},
    {0, US, ACK, 2001, 1, 1000, SV_FIN_WAIT_1},
    {0, US, ACK, 3001, 1, 1000, SV_FIN_WAIT_1},
    {10, PEER, ACK, 1, 4001, 0, SV_FIN_WAIT_1},
    {10, US, ACK, 4001, 1, 1000, SV_FIN_WAIT_1},
    {10, US, ACK, 5001, 1, 1000, SV_FIN_WAIT_1},
    {10, US, FIN | ACK | PSH, 6001, 1, 500, SV_FIN_WAIT_1},
    {20, PEER, ACK, 1, 6001, 0, SV_FIN_WAIT_1},
    {21, PEER, ACK, 1, 6502, 0, SV_FIN_WAIT_2},
    {30, PEER, FIN | ACK, 1, 6502, 0, SV_TIME_WAIT},
    {30, US, ACK, 6502, 2, 0, SV_TIME_WAIT},
};
/* Our FIN is lost. */
static const struct sv_line fin_again[] = {
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {1000, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {3000, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {3010, PEER, ACK, 1, 2, 0, SV_FIN_WAIT_2},
};
static const struct sv_line fin_again_closing[] = {
    {0, PEER, FIN | ACK, -1u, -1u, 0, SV_CLOSING, .drop = SV_DROP_TCP_OLD},
    {0, US, ACK, 0, 0, 0, SV_CLOSING},
};
static const struct sv_line last_ack_again[] = {
    {1000, US, FIN | ACK, 1, 2, 0, SV_LAST_ACK},
    {3000, US, FIN | ACK, 1, 2, 0, SV_LAST_ACK},
    {3010, PEER, ACK, 2, 2, 0, SV_LISTEN},
};
static const struct sv_line closing_again[] = {
    {990, US, FIN | ACK, 1, 2, 0, SV_CLOSING},
    {2990, US, FIN | ACK, 1, 2, 0, SV_CLOSING},
    {3010, PEER, ACK, 2, 2, 0, SV_TIME_WAIT},
};

/* Unread data at close: the peer must learn that it was not read. */
static const struct sv_line unread[] = {
    {0, PEER, ACK, 1, 1, 100, SV_ESTABLISHED},
    {10, CALL, CLOSE, 0, 0, SV_OK, SV_LISTEN},
    {10, US, RST | ACK, 1, 101, 0, SV_LISTEN},
};
static const struct sv_line unread_close_wait[] = {
    {0, PEER, FIN | ACK, 1, 1, 100, SV_CLOSE_WAIT},
    {0, US, ACK, 1, 102, 0, SV_CLOSE_WAIT},
    {10, CALL, CLOSE, 0, 0, SV_OK, SV_LISTEN},
    {10, US, RST | ACK, 1, 102, 0, SV_LISTEN},
};
/* Data after close: the same. Old data that comes again is not news. */
static const struct sv_line data_after_close_1[] = {
    {0, PEER, ACK, 1, 1, 50, SV_LISTEN, .drop = SV_DROP_TCP_AFTER_CLOSE},
    {0, US, RST, 1, 0, 0, SV_LISTEN}, /* what it expects, our FIN was lost */
};
static const struct sv_line data_after_close_2[] = {
    {0, PEER, ACK, 1, 2, 50, SV_LISTEN, .drop = SV_DROP_TCP_AFTER_CLOSE},
    {0, US, RST, 2, 0, 0, SV_LISTEN},
};
static const struct sv_line old_data_after_close[] = {
    {0, PEER, ACK, 1, 1, 50, SV_ESTABLISHED},
    {0, CALL, RECV, 50, 50, SV_OK, SV_ESTABLISHED},
    {0, CALL, CLOSE, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, FIN | ACK, 1, 51, 0, SV_FIN_WAIT_1},
    {10, PEER, ACK, 1, 1, 50, SV_FIN_WAIT_1},
    {10, US, ACK, 2, 51, 0, SV_FIN_WAIT_1},
    {20, PEER, FIN | ACK, 51, 2, 0, SV_TIME_WAIT},
    {20, US, ACK, 2, 52, 0, SV_TIME_WAIT},
};
/* FIN-WAIT-2 with nobody left to care does not last for ever. */
static const struct sv_line orphan[] = {
    {55000, WAIT, 0, 0, 0, 0, SV_FIN_WAIT_2},
    {62000, WAIT, 0, 0, 0, 0, SV_LISTEN},
};
static const struct sv_line not_orphan[] = {
    {200000, WAIT, 0, 0, 0, 0, SV_FIN_WAIT_2},
    {200000, PEER, ACK, 1, 2, 5, SV_FIN_WAIT_2},
    {200200, US, ACK, 2, 6, 0, SV_FIN_WAIT_2},
};

/* ABORT, §3.10.5: a reset from SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT; silence from
 * SYN-SENT, CLOSING, LAST-ACK and TIME-WAIT. */
static const struct sv_line abort_resets[] = {
    {0, CALL, ABORT, 0, 0, SV_OK, SV_LISTEN},
    {0, US, RST | ACK, 0, 0, 0, SV_LISTEN},
};
static const struct sv_line abort_silent[] = {
    {0, CALL, ABORT, 0, 0, SV_OK, SV_LISTEN},
    {5000, WAIT, 0, 0, 0, 0, SV_LISTEN},
};
static const struct sv_line abort_time_wait[] = {
    {0, CALL, ABORT, 0, 0, SV_OK, SV_TIME_WAIT},
    {5000, WAIT, 0, 0, 0, 0, SV_TIME_WAIT},
};
static const struct sv_line abort_syn_sent[] = {
    {0, CALL, ABORT, 0, 0, SV_OK, SV_CLOSED},
    {5000, WAIT, 0, 0, 0, 0, SV_CLOSED},
};
static const struct sv_line abort_crossing[] = {
    {0, CALL, ABORT, 0, 0, SV_OK, SV_CLOSED},
    {0, US, RST | ACK, 1, 1, 0, SV_CLOSED},
};
/* The number of the reset is the next new one even while old data is being sent again: only an exact one
 * resets a peer of RFC 5961. */
static const struct sv_line abort_after_rto[] = {
    {0, CALL, SEND, 2000, 2000, SV_OK, SV_ESTABLISHED},
    {0, US, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {0, US, ACK | PSH, 1001, 1, 1000, SV_ESTABLISHED},
    {1000, US, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {1500, CALL, ABORT, 0, 0, SV_OK, SV_LISTEN},
    {1500, US, RST | ACK, 2001, 1, 0, SV_LISTEN},
};
/* LAST-ACK whose FIN has not gone yet is CLOSE-WAIT to the peer, which waits for data: it is told. */
static const struct sv_line abort_last_ack_unsent[] = {
    {0, PEER, FIN | ACK, 1, 1, 0, SV_CLOSE_WAIT, .win = WIN(0)},
    {0, US, ACK, 1, 2, 0, SV_CLOSE_WAIT},
    {0, CALL, SEND, 100, 100, SV_OK, SV_CLOSE_WAIT},
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_LAST_ACK},
    {10, CALL, ABORT, 0, 0, SV_OK, SV_LISTEN},
    {10, US, RST | ACK, 1, 2, 0, SV_LISTEN},
};
static const struct sv_line linger_reset[] = {
    {0, CALL, SET, SV_OPT_LINGER_RESET, 1, SV_OK, SV_ESTABLISHED},
    {0, CALL, CLOSE, 0, 0, SV_OK, SV_LISTEN},
    {0, US, RST | ACK, 1, 1, 0, SV_LISTEN},
};
static const struct sv_line close_syn_sent[] = {
    {0, CALL, CLOSE, 0, 0, SV_OK, SV_CLOSED},
    {5000, WAIT, 0, 0, 0, 0, SV_CLOSED},
};
static const struct sv_line close_syn_sent_answered[] = {
    {0, CALL, CLOSE, 0, 0, SV_OK, SV_CLOSED},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_CLOSED},
    {10, US, RST, 1, 0, 0, SV_CLOSED},
};
/* CLOSE in SYN-RECEIVED of a simultaneous open (§3.10.4): the FIN follows the handshake, even if our SYN,ACK
 * must be sent again. */
static const struct sv_line close_crossing[] = {
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_SYN_RECEIVED},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_FIN_WAIT_1},
    {10, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {20, PEER, ACK, 1, 2, 0, SV_FIN_WAIT_2},
};
static const struct sv_line close_crossing_again[] = {
    {0, CALL, CLOSE, 0, 0, SV_OK, SV_SYN_RECEIVED},
    {990, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {1010, PEER, ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {1010, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
};
/* The listener goes: those it has not handed out are reset, those handed out live on. */
static const struct sv_line close_listener[] = {
    {0, PEER, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, CALL, CLOSE_LISTENER, 0, 0, SV_OK, SV_CLOSED},
    {10, US, RST | ACK, 1, 1, 0, SV_CLOSED},
};
static const struct sv_line close_listener_half_open[] = {
    {0, CALL, CLOSE_LISTENER, 0, 0, SV_OK, SV_CLOSED},
    {10, PEER, ACK, 1, 1, 0, SV_CLOSED},
    {10, US, RST, 1, 0, 0, SV_CLOSED},
};
static const struct sv_line close_listener_accepted[] = {
    {0, CALL, CLOSE_LISTENER, 0, 0, SV_OK, SV_ESTABLISHED},
    {0, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {0, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
};

#define ALL_CLOSED (SV_START(SV_CLOSING) | SV_START(SV_LAST_ACK))

static const struct sv_exchange closing[] = {
    SV_EXCHANGE_WITH(we_close, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(three_messages, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(peer_closes, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(both_close, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(half_close, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(half_close_ours, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(close_with_data, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(fin_again, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(fin_again_closing, .starts = SV_START(SV_CLOSING), .from_next = 1),
    SV_EXCHANGE_WITH(last_ack_again, .starts = SV_START(SV_LAST_ACK)),
    SV_EXCHANGE_WITH(closing_again, .starts = SV_START(SV_CLOSING)),
    SV_EXCHANGE_WITH(unread, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(unread_close_wait, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(data_after_close_1, .starts = SV_START(SV_FIN_WAIT_1), .handle_gone = 1),
    SV_EXCHANGE_WITH(data_after_close_2, .starts = SV_START(SV_FIN_WAIT_2), .handle_gone = 1),
    SV_EXCHANGE_WITH(old_data_after_close, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(orphan, .starts = SV_START(SV_FIN_WAIT_2), .handle_gone = 1),
    SV_EXCHANGE_WITH(not_orphan, .starts = SV_START(SV_FIN_WAIT_2)),
    SV_EXCHANGE_WITH(abort_resets, .from_next = 1,
                .starts = SV_START(SV_ESTABLISHED) | SV_START(SV_FIN_WAIT_1) | SV_START(SV_FIN_WAIT_2) |
                          SV_START(SV_CLOSE_WAIT)),
    SV_EXCHANGE_WITH(abort_silent, .starts = ALL_CLOSED),
    SV_EXCHANGE_WITH(abort_time_wait, .starts = SV_START(SV_TIME_WAIT)),
    SV_EXCHANGE_WITH(abort_syn_sent, .starts = SV_START(SV_SYN_SENT)),
    SV_EXCHANGE_WITH(abort_crossing, .starts = SV_START(SV_SYN_RECEIVED), .active = 1),
    SV_EXCHANGE_WITH(abort_after_rto, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(abort_last_ack_unsent, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(linger_reset, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(close_syn_sent, .starts = SV_START(SV_SYN_SENT)),
    SV_EXCHANGE_WITH(close_syn_sent_answered, .starts = SV_START(SV_SYN_SENT)),
    SV_EXCHANGE_WITH(close_crossing, .starts = SV_START(SV_SYN_RECEIVED), .active = 1),
    SV_EXCHANGE_WITH(close_crossing_again, .starts = SV_START(SV_SYN_RECEIVED), .active = 1),
    SV_EXCHANGE_WITH(close_listener, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(close_listener_half_open, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(close_listener_accepted, .starts = SV_START(SV_ESTABLISHED)),
};
SV_EXCHANGE_GROUP(closing, closing);
