/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands around a connection: listeners and their queues, ICMP errors (RFC 9293 §3.9.2.2, RFC 5927), the
 * neighbour that does not answer. */
#include "tests/support/exchange.h"

/* The queue of the unaccepted is full: a SYN and a third message are dropped without a word; the peer asks
 * again. */
static const struct sv_line backlog[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {10, PEER, ACK, 1, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_ACCEPT},
    {10, CONFIRM, BACKLOG, 1, 0, 0, SV_ESTABLISHED},
    {20, PEER, SYN, 0, 0, 0, SV_ESTABLISHED, .to = 1, .drop = SV_DROP_TCP_ACCEPT_FULL},
    {30, CALL, ACCEPT, 0, 0, SV_OK, SV_ESTABLISHED},
    {30, CONFIRM, BACKLOG, 0, 0, 0, SV_ESTABLISHED},
};
static const struct sv_line half_open_full[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {0, CONFIRM, HALF_OPEN, 1, 0, 0, SV_SYN_RECEIVED},
    {20, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED, .to = 1, .drop = SV_DROP_TCP_LISTEN_FULL},
    {30, PEER, RST, 1, 0, 0, SV_LISTEN},
    {30, CONFIRM, HALF_OPEN, 0, 0, 0, SV_LISTEN},
};
/* Accept after the peer has already reset: nobody is there any more. */
static const struct sv_line reset_before_accept[] = {
    {0, PEER, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, PEER, RST, 1, 0, 0, SV_LISTEN},
    {20, CALL, ACCEPT, 0, 0, SV_ERR_AGAIN, SV_LISTEN},
    {20, CONFIRM, BACKLOG, 0, 0, 0, SV_LISTEN},
};
static const struct sv_line another_port[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, CALL, LISTEN, 0, 0, SV_ERR_IN_USE, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_LISTEN, .to = 2, .drop = SV_DROP_TCP_NO_SOCKET},
    {0, US, RST | ACK, 0, 1, 0, SV_LISTEN, .to = 2},
};

#define UNREACHABLE(code) (3u << 8 | (code))
static const struct sv_line icmp_syn_sent[] = { /* hard: the attempt ends */
    {10, ICMP, UNREACHABLE(1), 0, 0, 0, SV_CLOSED, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED,
     .error = SV_ERR_UNREACHABLE},
};
static const struct sv_line icmp_syn_sent_blind[] = { /* quotes a number we never sent: nothing */
    {10, ICMP, UNREACHABLE(3), 5000, 0, 0, SV_SYN_SENT, .drop = SV_DROP_ICMP_OUT_OF_WINDOW},
    {11, ICMP, 11u << 8, 0, 0, 0, SV_SYN_SENT}, /* time exceeded: soft */
    {990, US, SYN, 0, 0, 0, SV_SYN_SENT, .slack_ms = 12},
};
static const struct sv_line icmp_established[] = { /* soft from here on: MUST-56, RFC 5927 */
    {0, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {0, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {10, ICMP, UNREACHABLE(1), 1, 0, 0, SV_ESTABLISHED},
    {20, ICMP, UNREACHABLE(3), 1, 0, 0, SV_ESTABLISHED},
    {30, ICMP, 11u << 8, 1, 0, 0, SV_ESTABLISHED},
    {40, ICMP, UNREACHABLE(3), 100000, 0, 0, SV_ESTABLISHED, .drop = SV_DROP_ICMP_OUT_OF_WINDOW},
    {50, ICMP, 4u << 8, 1, 0, 0, SV_ESTABLISHED}, /* source quench: MUST be discarded (MUST-55) */
    {1000, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {1010, PEER, ACK, 1, 11, 0, SV_ESTABLISHED},
};
/* RFC 9293 §3.9.2.2 (MUST-47, SHLD-25): who wants to hear of soft errors does, and not of those that quote nothing in
 * flight; §3.8.3: and of R1 timeouts in a row. What ends them ends the trouble. */
static const struct sv_line trouble_told[] = {
    {0, CALL, SET, SV_OPT_TROUBLE, 2, SV_ERR_INVALID, SV_ESTABLISHED},
    {0, CALL, SET, SV_OPT_TROUBLE, 1, SV_OK, SV_ESTABLISHED},
    {0, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {0, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {10, ICMP, UNREACHABLE(1), 1, 0, 0, SV_ESTABLISHED, .event = SV_EVENT_TROUBLE, .error = SV_ERR_UNREACHABLE},
    {10, CONFIRM, TROUBLE, SV_OK, 0, 0, SV_ESTABLISHED},
    {20, ICMP, UNREACHABLE(3), 100000, 0, 0, SV_ESTABLISHED, .drop = SV_DROP_ICMP_OUT_OF_WINDOW},
    {30, ICMP, 4u << 8, 1, 0, 0, SV_ESTABLISHED},
    {1000, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {1000, CONFIRM, TROUBLE, SV_ERR_UNREACHABLE, 0, 0, SV_ESTABLISHED},
    {1010, PEER, ACK, 1, 11, 0, SV_ESTABLISHED},
    {1010, CONFIRM, TROUBLE, SV_OK, 0, 0, SV_ESTABLISHED},
};
static const struct sv_line trouble_of_timeouts[] = {
    {0, CALL, SET, SV_OPT_TROUBLE, 1, SV_OK, SV_ESTABLISHED},
    {0, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {0, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {1000, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {3000, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {3000, CONFIRM, TROUBLE, SV_OK, 0, 0, SV_ESTABLISHED},
    {7000, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED, .event = SV_EVENT_TROUBLE, .error = SV_ERR_TIMED_OUT},
    {7000, CONFIRM, TROUBLE, SV_ERR_TIMED_OUT, 0, 0, SV_ESTABLISHED},
    {15000, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {15010, PEER, ACK, 1, 11, 0, SV_ESTABLISHED},
    {15010, CONFIRM, TROUBLE, SV_OK, 0, 0, SV_ESTABLISHED},
};
static const struct sv_line icmp_fin_in_flight[] = {
    {10, ICMP, UNREACHABLE(1), -1u, 0, 0, SAME},
    {11, ICMP, 11u << 8, -1u, 0, 0, SAME},
    {12, ICMP, UNREACHABLE(3), 70000, 0, 0, SAME, .drop = SV_DROP_ICMP_OUT_OF_WINDOW},
};
static const struct sv_line icmp_close_wait[] = {
    {0, CALL, SEND, 10, 10, SV_OK, SV_CLOSE_WAIT},
    {0, US, ACK | PSH, 1, 2, 10, SV_CLOSE_WAIT},
    {10, ICMP, UNREACHABLE(1), 1, 0, 0, SV_CLOSE_WAIT},
    {11, ICMP, 11u << 8, 1, 0, 0, SV_CLOSE_WAIT},
    {12, ICMP, UNREACHABLE(3), 70000, 0, 0, SV_CLOSE_WAIT, .drop = SV_DROP_ICMP_OUT_OF_WINDOW},
    {20, PEER, ACK, 2, 11, 0, SV_CLOSE_WAIT},
};
static const struct sv_line icmp_nothing_in_flight[] = {
    {0, ICMP, UNREACHABLE(1), -1u, 0, 0, SAME},
    {1, ICMP, 11u << 8, -1u, 0, 0, SAME},
    {2, ICMP, UNREACHABLE(1), 70000, 0, 0, SAME},
};
static const struct sv_line icmp_syn_received[] = {
    {0, ICMP, UNREACHABLE(1), 0, 0, 0, SV_SYN_RECEIVED},
    {1, ICMP, 11u << 8, 0, 0, 0, SV_SYN_RECEIVED},
    {2, ICMP, UNREACHABLE(1), 70000, 0, 0, SV_SYN_RECEIVED},
    {10, PEER, ACK, 1, 1, 0, SV_ESTABLISHED},
};

/* RFC 1191, RFC 8201, RFC 5927: a router in the middle says that segments are too long. What it may not say is counted;
 * what it may is obeyed at once, from the first number in flight, and without a word about congestion. */
static const struct sv_line path_narrows[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_MSS, .mss = 1460},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, CALL, SEND, 4000, 4000, SV_OK, SV_ESTABLISHED},
    {10, US, ACK, 1, 1, 1460, SV_ESTABLISHED},
    {10, US, ACK, 1461, 1, 1460, SV_ESTABLISHED},
    {12, ICMP, UNREACHABLE(4), 1, 60, 1500, SV_ESTABLISHED, .drop = SV_DROP_ICMP_FORGED}, /* below every link's */
    {13, ICMP, UNREACHABLE(4), 1, 1500, 1500, SV_ESTABLISHED, .drop = SV_DROP_ICMP_FORGED},
    {14, ICMP, UNREACHABLE(4), 5000, 1300, 1500, SV_ESTABLISHED, .drop = SV_DROP_ICMP_OUT_OF_WINDOW},
    {20, ICMP, UNREACHABLE(4), 1461, 1300, 1500, SV_ESTABLISHED},
    {20, US, ACK, 1, 1, 1260, SV_ESTABLISHED},
    {20, US, ACK, 1261, 1, 1260, SV_ESTABLISHED},
    {20, US, ACK, 2521, 1, 1260, SV_ESTABLISHED}, /* three segments are what the window was (RFC 5681 §3.1) */
    {21, ICMP, UNREACHABLE(4), 1, 1400, 1500, SV_ESTABLISHED}, /* said late: nothing is widened */
    {22, PEER, ACK, 1, 3781, 0, SV_ESTABLISHED},
    {22, US, ACK | PSH, 3781, 1, 220, SV_ESTABLISHED},
    {40, PEER, ACK, 1, 4001, 0, SV_ESTABLISHED},
    {60, CALL, SEND, 1460, 1460, SV_OK, SV_ESTABLISHED},
    {60, US, ACK, 4001, 1, 1260, SV_ESTABLISHED},
    {70, PEER, ACK, 1, 5261, 0, SV_ESTABLISHED},
    {70, US, ACK | PSH, 5261, 1, 200, SV_ESTABLISHED},
    {80, PEER, ACK, 1, 5461, 0, SV_ESTABLISHED},
    {620000, CALL, SEND, 1460, 1460, SV_OK, SV_ESTABLISHED}, /* ten minutes later more is tried (RFC 8201 §5.3) */
    {620000, US, ACK | PSH, 5461, 1, 1460, SV_ESTABLISHED},
    {620010, PEER, ACK, 1, 6921, 0, SV_ESTABLISHED},
};
/* A window too small for a segment is being probed when segments become shorter: they fit, and have a timeout. */
static const struct sv_line narrows_while_probing[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_MSS, .mss = 1460},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {20, PEER, ACK, 1, 1, 0, SV_ESTABLISHED, .win = WIN(1350)},
    {20, CALL, SEND, 2000, 2000, SV_OK, SV_ESTABLISHED},
    {1020, US, ACK, 1, 1, 1, SV_ESTABLISHED},
    {1030, ICMP, UNREACHABLE(4), 1, 1300, 1500, SV_ESTABLISHED},
    {1030, US, ACK, 1, 1, 1260, SV_ESTABLISHED},
    {3020, US, ACK, 1, 1, 1260, SV_ESTABLISHED},
};
static const struct sv_line path_narrows_six[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_MSS, .mss = 1460},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, CALL, SEND, 4000, 4000, SV_OK, SV_ESTABLISHED},
    {10, US, ACK, 1, 1, 1460, SV_ESTABLISHED},
    {10, US, ACK, 1461, 1, 1460, SV_ESTABLISHED},
    {12, ICMP, UNREACHABLE(4), 1, 1279, 1520, SV_ESTABLISHED, .drop = SV_DROP_ICMP_FORGED},
    {13, ICMP, UNREACHABLE(4), 1, 1520, 1520, SV_ESTABLISHED, .drop = SV_DROP_ICMP_FORGED},
    {14, ICMP, UNREACHABLE(4), 5000, 1300, 1520, SV_ESTABLISHED, .drop = SV_DROP_ICMP_OUT_OF_WINDOW},
    {20, ICMP, UNREACHABLE(4), 1461, 1300, 1520, SV_ESTABLISHED},
    {20, US, ACK, 1, 1, 1240, SV_ESTABLISHED},
    {20, US, ACK, 1241, 1, 1240, SV_ESTABLISHED},
    {20, US, ACK, 2481, 1, 1240, SV_ESTABLISHED},
    {22, PEER, ACK, 1, 3721, 0, SV_ESTABLISHED},
    {22, US, ACK | PSH, 3721, 1, 280, SV_ESTABLISHED},
    {40, PEER, ACK, 1, 4001, 0, SV_ESTABLISHED},
    {620000, CALL, SEND, 1460, 1460, SV_OK, SV_ESTABLISHED},
    {620000, US, ACK | PSH, 4001, 1, 1460, SV_ESTABLISHED},
    {620010, PEER, ACK, 1, 5461, 0, SV_ESTABLISHED},
};

/* What a timeout has left of the window is less than a segment, once those are longer again: one goes (RFC 5681 §3.1,
 * LW), or nothing ever would, for nothing is in flight. */
static const struct sv_line widens_after_loss[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_MSS, .mss = 1460},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, CALL, SEND, 500, 500, SV_OK, SV_ESTABLISHED},
    {10, US, ACK | PSH, 1, 1, 500, SV_ESTABLISHED},
    {20, ICMP, UNREACHABLE(4), 1, 576, 1500, SV_ESTABLISHED},
    {20, US, ACK | PSH, 1, 1, 500, SV_ESTABLISHED},
    {1010, US, ACK | PSH, 1, 1, 500, SV_ESTABLISHED},
    {1020, PEER, ACK, 1, 501, 0, SV_ESTABLISHED},
    {1021, CONFIRM, CWND, 1036, 0, 0, SV_ESTABLISHED},
    {620000, CALL, SEND, 4000, 4000, SV_OK, SV_ESTABLISHED},
    {620000, US, ACK, 501, 1, 1460, SV_ESTABLISHED},
    {620010, PEER, ACK, 1, 1961, 0, SV_ESTABLISHED},
    {620010, US, ACK, 1961, 1, 1460, SV_ESTABLISHED},
};

#define FROM(state) .starts = SV_START(state)
static const struct sv_exchange around[] = {
    SV_EXCHANGE_WITH(backlog, .backlog = 1),
    SV_EXCHANGE_WITH(half_open_full, .half_open = 1),
    SV_EXCHANGE_WITH(reset_before_accept, FROM(SV_SYN_RECEIVED)),
    SV_EXCHANGE(another_port),
    SV_EXCHANGE_WITH(icmp_syn_sent, FROM(SV_SYN_SENT)),
    SV_EXCHANGE_WITH(icmp_syn_sent_blind, FROM(SV_SYN_SENT)),
    SV_EXCHANGE_WITH(icmp_established, FROM(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(icmp_fin_in_flight, .from_next = 1,
                     .starts = SV_START(SV_FIN_WAIT_1) | SV_START(SV_CLOSING) | SV_START(SV_LAST_ACK)),
    SV_EXCHANGE_WITH(icmp_close_wait, FROM(SV_CLOSE_WAIT)),
    SV_EXCHANGE_WITH(icmp_nothing_in_flight, .from_next = 1,
                     .starts = SV_START(SV_FIN_WAIT_2) | SV_START(SV_TIME_WAIT)),
    SV_EXCHANGE_WITH(icmp_syn_received, FROM(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(path_narrows, .family = 4),
    SV_EXCHANGE_WITH(widens_after_loss, .family = 4),
    SV_EXCHANGE_WITH(narrows_while_probing, .family = 4),
    SV_EXCHANGE_WITH(trouble_told, FROM(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(trouble_of_timeouts, FROM(SV_ESTABLISHED)),
    SV_EXCHANGE_WITH(path_narrows_six, .family = 6),
};
SV_EXCHANGE_GROUP(around, around);
