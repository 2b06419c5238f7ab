/* SPDX-License-Identifier: BSD-2-Clause */
/* Windows: RFC 9293 §3.8.6 (zero window, silly windows, updates), §3.7.4; RFC 7323 §2. */
#include "tests/support/exchange.h"

#define EST SV_ESTABLISHED
/* The persist timer: probes with back-off, for ever while they are answered (MUST-35 to MUST-37, SHLD-29). */
static const struct sv_line zero_window[] = {
    {0, CALL, SEND, 1000, 1000, SV_OK, EST},
    {0, US, ACK | PSH, 1, 1, 1000, EST},
    {100, PEER, ACK, 1, 1001, 0, EST, .win = WIN(0)},
    {200, CALL, SEND, 500, 500, SV_OK, EST},
    {1200, US, ACK, 1001, 1, 1, EST},
    {1210, PEER, ACK, 1, 1001, 0, EST, .win = WIN(0)},
    {3200, US, ACK, 1001, 1, 1, EST},
    {3210, PEER, ACK, 1, 1001, 0, EST, .win = WIN(0)},
    {7200, US, ACK, 1001, 1, 1, EST},
    {7210, PEER, ACK, 1, 1001, 0, EST, .win = WIN(0)},
    {15200, US, ACK, 1001, 1, 1, EST},
    {15210, PEER, ACK, 1, 1001, 0, EST, .win = WIN(0)},
    {31200, US, ACK, 1001, 1, 1, EST},
    {31210, PEER, ACK, 1, 1001, 0, EST, .win = WIN(0)},
    {40000, PEER, ACK, 1, 1001, 0, EST, .win = WIN(4000)},
    {40000, US, ACK | PSH, 1001, 1, 500, EST},
    {40010, PEER, ACK, 1, 1501, 0, EST},
    {200000, WAIT, 0, 0, 0, 0, EST},
};
/* The probe's byte is taken: it counts. */
static const struct sv_line probe_taken[] = {
    {0, CALL, SEND, 1000, 1000, SV_OK, EST},
    {0, US, ACK | PSH, 1, 1, 1000, EST},
    {100, PEER, ACK, 1, 1001, 0, EST, .win = WIN(0)},
    {200, CALL, SEND, 500, 500, SV_OK, EST},
    {1200, US, ACK, 1001, 1, 1, EST},
    {1210, PEER, ACK, 1, 1002, 0, EST, .win = WIN(3000)},
    {1210, US, ACK | PSH, 1002, 1, 499, EST},
};
/* Nobody answers the probes: in the end the connection is given up. */
static const struct sv_line probes_unanswered[] = {
    {0, CALL, SET, SV_OPT_USER_TIMEOUT_MS, 10000, SV_OK, EST},
    {0, PEER, ACK, 1, 1, 0, EST, .win = WIN(0)},
    {0, CALL, SEND, 500, 500, SV_OK, EST},
    {1000, US, ACK, 1, 1, 1, EST},
    {3000, US, ACK, 1, 1, 1, EST},
    {7000, US, ACK, 1, 1, 1, EST},
    {11000, US, RST | ACK, 1, 1, 0, SV_LISTEN, .event = SV_EVENT_ERROR, .error = SV_ERR_TIMED_OUT},
};
static const struct sv_line zero_window_close_wait[] = {
    {0, PEER, ACK, 2, 1, 0, SV_CLOSE_WAIT, .win = WIN(0)},
    {0, CALL, SEND, 500, 500, SV_OK, SV_CLOSE_WAIT},
    {1000, US, ACK, 1, 2, 1, SV_CLOSE_WAIT},
    {1010, PEER, ACK, 2, 1, 0, SV_CLOSE_WAIT, .win = WIN(9000)},
    {1010, US, ACK | PSH, 1, 2, 500, SV_CLOSE_WAIT},
};
static const struct sv_line zero_window_closing[] = { /* data and FIN wait behind the window */
    {0, PEER, ACK, 1, 1, 0, EST, .win = WIN(0)},
    {0, CALL, SEND, 500, 500, SV_OK, EST},
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {1000, US, ACK, 1, 1, 1, SV_FIN_WAIT_1},
    {1010, PEER, FIN | ACK, 1, 1, 0, SV_CLOSING, .win = WIN(0)},
    {1010, US, ACK, 1, 2, 0, SV_CLOSING},
    {3000, US, ACK, 1, 2, 1, SV_CLOSING},
    {3010, PEER, ACK, 2, 1, 0, SV_CLOSING, .win = WIN(9000)},
    {3010, US, FIN | ACK, 1, 2, 500, SV_CLOSING},
    {3020, PEER, ACK, 2, 502, 0, SV_TIME_WAIT},
};
static const struct sv_line zero_window_last_ack[] = {
    {0, PEER, ACK, 2, 1, 0, SV_CLOSE_WAIT, .win = WIN(0)},
    {0, CALL, SEND, 500, 500, SV_OK, SV_CLOSE_WAIT},
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_LAST_ACK},
    {1000, US, ACK, 1, 2, 1, SV_LAST_ACK},
    {1010, PEER, ACK, 2, 1, 0, SV_LAST_ACK, .win = WIN(9000)},
    {1010, US, FIN | ACK, 1, 2, 500, SV_LAST_ACK},
    {1020, PEER, ACK, 2, 502, 0, SV_LISTEN},
};
/* The sender's side of silly windows, §3.8.6.2.1: neither a full segment nor half of the largest window. */
static const struct sv_line silly_sender[] = {
    {0, PEER, ACK, 1, 1, 0, EST, .win = WIN(300)}, /* the largest ever was 60000 */
    {0, CALL, SEND, 2000, 2000, SV_OK, EST},
    {500, PEER, ACK, 1, 1, 0, EST, .win = WIN(999)},
    {600, PEER, ACK, 1, 1, 0, EST, .win = WIN(1000)},
    {600, US, ACK, 1, 1, 1000, EST},
};
/* A peer whose window never holds a full segment: from half of its largest window on it is used. */
static const struct sv_line small_window_peer[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, EST, .win = WIN(400), .options = O_MSS, .mss = 1000},
    {10, US, ACK, 1, 1, 0, EST},
    {20, CALL, SEND, 900, 900, SV_OK, EST},
    {20, US, ACK, 1, 1, 400, EST},
    {30, PEER, ACK, 1, 401, 0, EST, .win = WIN(100)},
    {40, PEER, ACK, 1, 401, 0, EST, .win = WIN(200)},
    {40, US, ACK, 401, 1, 200, EST},
};
/* The window shrinks below what is in flight: nothing new goes; the old goes again; no state is harmed. */
static const struct sv_line shrunk[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {10, PEER, ACK, 1, 1001, 0, EST, .win = WIN(1000)},
    {20, PEER, ACK, 1, 2001, 0, EST, .win = WIN(60000)},
    {30, PEER, ACK, 1, 4001, 0, EST},
};
/* What is in flight no longer fits the window, and its sender is told so each time: that is an answer (RFC 9293
 * §3.8.6.1, MUST-37), though the timeout that follows is longer than the application would wait for one. */
static const struct sv_line shrunk_and_answered[] = {
    {0, CALL, SET, SV_OPT_USER_TIMEOUT_MS, 2500, SV_OK, EST},
    {0, CALL, SEND, 1000, 1000, SV_OK, EST},
    {0, US, ACK | PSH, 1, 1, 1000, EST},
    {10, PEER, ACK, 1, 1, 0, EST, .win = WIN(0)},
    {1000, US, ACK | PSH, 1, 1, 1000, EST},
    {1010, PEER, ACK, 1, 1, 0, EST, .win = WIN(0)},
    {3000, US, ACK | PSH, 1, 1, 1000, EST},
    {3010, PEER, ACK, 1, 1, 0, EST, .win = WIN(0)},
    {7000, US, ACK | PSH, 1, 1, 1000, EST},
    {9500, US, RST | ACK, 1, 1, 0, SV_LISTEN, .event = SV_EVENT_ERROR, .error = SV_ERR_TIMED_OUT},
};
/* An old segment does not bring an old window back (SND.WL1). */
static const struct sv_line old_window[] = {
    {0, PEER, ACK, 1, 1, 10, EST, .win = WIN(5000)},
    {1, PEER, ACK, 11, 1, 10, EST, .win = WIN(6000)},
    {1, US, ACK, 1, 21, 0, EST},
    {2, CONFIRM, SEND_WINDOW, 6000, 0, 0, EST},
    {3, PEER, ACK, 5, 1, 10, EST, .win = WIN(100)},
    {3, US, ACK, 1, 21, 0, EST},
    {3, CONFIRM, SEND_WINDOW, 6000, 0, 0, EST},
};
/* Our side: the window follows the unread bytes, its right edge never moves left, and it is not opened by
 * crumbs (§3.8.6.2.2). The buffer is 4000. */
static const struct sv_line receive_window[] = {
    {0, PEER, ACK, 1, 1, 1000, EST},
    {0, PEER, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 1, 2001, 0, EST, .win = WIN(2000)},
    {1, PEER, ACK, 2001, 1, 1000, EST},
    {1, PEER, ACK, 3001, 1, 1000, EST},
    {1, US, ACK, 1, 4001, 0, EST, .win = WIN(0)},
    {2, CALL, RECV, 100, 100, SV_OK, EST},
    {3, CALL, RECV, 700, 700, SV_OK, EST},
    {4, PEER, ACK, 4001, 1, 1, EST}, /* a probe */
    {4, US, ACK, 1, 4001, 0, EST, .win = WIN(0)},
    {5, CALL, RECV, 1200, 1200, SV_OK, EST},
    {5, US, ACK, 1, 4001, 0, EST, .win = WIN(2000)},
    {6, CALL, RECV, 4000, 2000, SV_OK, EST},
    {6, US, ACK, 1, 4001, 0, EST, .win = WIN(4000)},
};
/* With the window shut, ACKs, resets and the pure FIN's number are still looked at (§3.10.7.4 first). */
static const struct sv_line shut_but_listening[] = {
    {0, PEER, ACK, 1, 1, 1024, EST},
    {0, PEER, ACK, 1025, 1, 1024, EST},
    {0, US, ACK, 1, 2049, 0, EST, .win = WIN(0)},
    {1, CALL, SEND, 10, 10, SV_OK, EST},
    {1, US, ACK | PSH, 1, 2049, 10, EST, .win = WIN(0)},
    {2, PEER, ACK, 2049, 11, 0, EST},
    {3, CALL, SEND, 10, 10, SV_OK, EST},
    {3, US, ACK | PSH, 11, 2049, 10, EST},
    {4, PEER, ACK, 2049, 21, 100, EST}, /* its text is refused, its ACK counts */
    {4, US, ACK, 21, 2049, 0, EST, .win = WIN(0)},
    {5, PEER, FIN | ACK, 2049, 21, 0, EST},
    {5, US, ACK, 21, 2049, 0, EST, .win = WIN(0)},
    {6, PEER, ACK, 2050, 21, 0, EST},
    {6, US, ACK, 21, 2049, 0, EST},
    {7, PEER, RST, 2049, 0, 0, SV_LISTEN},
    {8, CALL, RECV, 4000, 2048, SV_OK, SV_LISTEN, .event = SV_EVENT_CLOSED | SV_EVENT_ERROR, .error = SV_ERR_RESET},
};
/* Window scaling: never in a SYN, always after; the value is rounded so that the edge stays. */
static const struct sv_line scaled[] = {
    {0, CALL, SEND, 1000, 1000, SV_OK, EST},
    {0, US, ACK | PSH, 1, 1, 1000, EST, .options = O_TS},
    {10, PEER, ACK, 1, 1001, 0, EST, .win = WIN(250)},
    {10, CONFIRM, SEND_WINDOW, 1000, 0, 0, EST},
};
static const struct sv_line scale_too_big[] = { /* more than 14 counts as 14, RFC 7323 §2.3 */
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, EST, .options = O_MSS | O_SCALE, .mss = 1000, .scale = 20, .win = WIN(1)},
    {10, US, ACK, 1, 1, 0, EST},
    {20, PEER, ACK, 1, 1, 0, EST, .win = WIN(1)},
    {20, CONFIRM, SEND_WINDOW, 16384, 0, 0, EST},
};

#define FROM_EST .starts = SV_START(SV_ESTABLISHED)
static const struct sv_exchange window[] = {
    SV_EXCHANGE_WITH(zero_window, FROM_EST),
    SV_EXCHANGE_WITH(probe_taken, FROM_EST),
    SV_EXCHANGE_WITH(probes_unanswered, FROM_EST),
    SV_EXCHANGE_WITH(zero_window_close_wait, .starts = SV_START(SV_CLOSE_WAIT)),
    SV_EXCHANGE_WITH(zero_window_closing, FROM_EST),
    SV_EXCHANGE_WITH(zero_window_last_ack, .starts = SV_START(SV_CLOSE_WAIT)),
    SV_EXCHANGE_WITH(silly_sender, FROM_EST),
    SV_EXCHANGE(small_window_peer),
    SV_EXCHANGE_WITH(shrunk, FROM_EST),
    SV_EXCHANGE_WITH(shrunk_and_answered, FROM_EST),
    SV_EXCHANGE_WITH(old_window, FROM_EST),
    SV_EXCHANGE_WITH(receive_window, FROM_EST, .recv_buffer = 4000),
    SV_EXCHANGE_WITH(shut_but_listening, FROM_EST, .recv_buffer = 2048),
    SV_EXCHANGE_WITH(scaled, FROM_EST, .modern = 1),
    SV_EXCHANGE_WITH(scale_too_big, .modern = 1),
};
SV_EXCHANGE_GROUP(window, window);
