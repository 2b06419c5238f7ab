/* SPDX-License-Identifier: BSD-2-Clause */
/* What the standards ask and no other conversation showed: docs/RFC_COVERAGE.md names each. RCV.WND is 16384, the
 * peer's MSS 1000, its window 60000. */
#include "tests/support/exchange.h"

#define EST SV_ESTABLISHED
#define T(value, echo) .options = O_TS, .ts = (value), .ecr = (echo)

/* RFC 9293 §3.8.6: the window shrinks below what is in flight: nothing new goes (SHLD-15), what was lost goes again
 * as ever (SHLD-16). */
static const struct sv_line shrunk_and_lost[] = {
    {0, CALL, SEND, 5000, 5000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK, 3001, 1, 1000, EST},
    {10, PEER, ACK, 1, 1001, 0, EST, .win = WIN(1500)},
    {1010, US, ACK, 1001, 1, 1000, EST},
    {1020, PEER, ACK, 1, 2001, 0, EST, .win = WIN(2000)},
    {1020, US, ACK, 2001, 1, 1000, EST},
    {1020, US, ACK, 3001, 1, 1000, EST},
    {1030, PEER, ACK, 1, 4001, 0, EST, .win = WIN(999)},
    {1100, PEER, ACK, 1, 4001, 0, EST, .win = WIN(1000)},
    {1100, US, ACK | PSH, 4001, 1, 1000, EST},
    {1110, PEER, ACK, 1, 5001, 0, EST},
};
/* It shrinks to nothing while two segments are in flight: they go again all the same (MAY-7), and as long as the
 * peer answers the connection lives, far longer than R2 (SHLD-17, MUST-34). */
static const struct sv_line shrunk_to_nothing[] = {
    {0, CALL, SET, SV_OPT_USER_TIMEOUT_MS, 10000, SV_OK, EST},
    {0, CALL, SEND, 2000, 2000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK | PSH, 1001, 1, 1000, EST},
    {10, PEER, ACK, 1, 1, 0, EST, .win = WIN(0)},
    {1000, US, ACK, 1, 1, 1000, EST},
    {1010, PEER, ACK, 1, 1, 0, EST, .win = WIN(0)},
    {3000, US, ACK, 1, 1, 1000, EST},
    {3010, PEER, ACK, 1, 1, 0, EST, .win = WIN(0)},
    {7000, US, ACK, 1, 1, 1000, EST},
    {7010, PEER, ACK, 1, 1, 0, EST, .win = WIN(0)},
    {15000, US, ACK, 1, 1, 1000, EST},
    {15010, PEER, ACK, 1, 2001, 0, EST},
};
/* MUST-66: the window is shut; text is refused, the urgent pointer and the reset behind it count. The buffer is
 * 2048. */
static const struct sv_line shut_urgent[] = {
    {0, PEER, ACK, 1, 1, 1024, EST},
    {0, PEER, ACK, 1025, 1, 1024, EST},
    {0, US, ACK, 1, 2049, 0, EST, .win = WIN(0)},
    {1, PEER, ACK | URG, 2049, 1, 100, EST, .urgent = 50, .event = SV_EVENT_URGENT | SV_EVENT_READABLE},
    {1, US, ACK, 1, 2049, 0, EST, .win = WIN(0)},
    {2, PEER, RST | ACK, 2049, 1, 0, SV_LISTEN},
    {3, CALL, RECV, 4000, 2048, SV_OK, SV_LISTEN, .event = SV_EVENT_CLOSED | SV_EVENT_ERROR, .error = SV_ERR_RESET},
};
/* SHLD-2: a reset may say why. */
static const struct sv_line reset_with_data[] = {
    {0, PEER, RST | ACK, 0, 0, 20, SV_LISTEN, .event = SV_EVENT_ERROR, .error = SV_ERR_RESET},
};
/* MUST-65: neither data nor FIN has an MSS. */
static const struct sv_line no_mss_later[] = {
    {0, CALL, SEND, 10, 10, SV_OK, EST},
    {0, US, ACK | PSH, 1, 1, 10, EST, .options = O_NONE},
    {10, PEER, ACK, 1, 11, 0, EST},
    {10, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {10, US, FIN | ACK, 11, 1, 0, SV_FIN_WAIT_1, .options = O_NONE},
};
/* RFC 6298 §3: what was sent again is not measured, a fast retransmission neither; what comes after it is. */
static const struct sv_line karn[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {100, PEER, ACK, 1, 1, 0, EST},
    {101, PEER, ACK, 1, 1, 0, EST},
    {102, PEER, ACK, 1, 1, 0, EST},
    {102, US, ACK, 1, 1, 1000, EST},
    {150, PEER, ACK, 1, 4001, 0, EST},
    {150, CONFIRM, SRTT_US, 0, 0, 0, EST},
    {200, CALL, SEND, 10, 10, SV_OK, EST},
    {200, US, ACK | PSH, 4001, 1, 10, EST},
    {230, PEER, ACK, 1, 4011, 0, EST},
    {230, CONFIRM, SRTT_US, 30000, 0, 0, EST},
};
/* MUST-56: parameter problem is no reason to end anything. */
static const struct sv_line icmp_parameter[] = {
    {0, CALL, SEND, 10, 10, SV_OK, EST},
    {0, US, ACK | PSH, 1, 1, 10, EST},
    {10, ICMP, 12u << 8, 1, 0, 0, EST},
    {20, PEER, ACK, 1, 11, 0, EST},
};
/* RFC 5681 §3.1: arbitrarily high. */
static const struct sv_line ssthresh_begins_high[] = {
    {0, CONFIRM, SSTHRESH, 0xffffffff, 0, 0, EST},
    {0, CONFIRM, CWND, 4000, 0, 0, EST},
};
/* RFC 7323 §5.2: a reset is never too old; and one that is challenged leaves nothing behind: what is echoed stays. */
static const struct sv_line old_reset[] = {
    {0, PEER, ACK, 1, 1, 10, EST, T(5000, 0)},
    {40, US, ACK, 1, 11, 0, EST, .options = O_TS, .ecr = 5000},
    {50, PEER, RST, 12, 0, 0, EST, T(9000, 0), .drop = SV_DROP_TCP_RST_INEXACT},
    {50, US, ACK, 1, 11, 0, EST, .options = O_TS, .ecr = 5000},
    {60, PEER, ACK, 11, 1, 10, EST, T(5001, 0)},
    {100, US, ACK, 1, 21, 0, EST, .options = O_TS, .ecr = 5001},
    {110, PEER, RST, 21, 0, 0, SV_LISTEN, T(1, 0), .event = SV_EVENT_ERROR, .error = SV_ERR_RESET},
};
/* RFC 5961 §5.2 as Linux and the modern profile have it: an acknowledgement of what was sent before the connection
 * began is as false as one of what was never sent. One within is old, and no more. */
static const struct sv_line ack_before_birth[] = {
    {0, PEER, ACK, 1, 0, 50, EST, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {0, US, ACK, 1, 1, 0, EST},
    {10, CALL, SEND, 100, 100, SV_OK, EST},
    {10, US, ACK | PSH, 1, 1, 100, EST},
    {20, PEER, ACK, 1, 101, 0, EST},
    {30, PEER, ACK, 1, 0, 50, EST, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {30, US, ACK, 101, 1, 0, EST},
    {40, PEER, ACK, 1, 1, 50, EST},
    {80, US, ACK, 101, 51, 0, EST},
    {250, CALL, RECV, 100, 50, SV_OK, EST},
    {260, PEER, ACK, 51, 1, 50, EST}, /* still */
    {300, US, ACK, 101, 101, 0, EST},
    {470, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {470, US, FIN | ACK, 101, 101, 0, SV_FIN_WAIT_1},
    {480, PEER, ACK, 101, 102, 0, SV_FIN_WAIT_2},
    {490, PEER, ACK, 101, 0, 10, SV_FIN_WAIT_2, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {490, US, ACK, 102, 101, 0, SV_FIN_WAIT_2},
    {500, PEER, ACK, 101, 1, 10, SV_FIN_WAIT_2},
    {540, US, ACK, 102, 111, 0, SV_FIN_WAIT_2},
};
/* Who opened has sent a SYN: an acknowledgement that lacks only that is old, not false (Linux's bytes_acked counts it,
 * too); one number further down is. */
static const struct sv_line ack_of_our_syn_alone[] = {
    {0, PEER, ACK, 1, 0, 50, EST},
    {40, US, ACK, 1, 51, 0, EST},
    {50, PEER, ACK, 51, 0xffffffff, 50, EST, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {50, US, ACK, 1, 51, 0, EST},
};
/* MUST-14, RFC 6691 §2: options take their room from the data, those that are not in every segment too: the peer takes
 * 1012 bytes, which timestamps leave 1000 of, and a block of SACK 988. */
static const struct sv_line sack_takes_room[] = {
    {0, PEER, ACK, 101, 1, 50, EST},
    {0, US, ACK, 1, 1, 0, EST},
    {1, CALL, SEND, 1000, 1000, SV_OK, EST},
    {1, US, ACK, 1, 1, 988, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {101, 151}},
    {1, US, ACK | PSH, 989, 1, 12, EST},
    {10, PEER, ACK, 151, 1001, 0, EST},
};
/* RFC 2883 §4: what fills a gap and brings what lay behind it once more: that is told of. */
static const struct sv_line filled_twice[] = {
    {0, PEER, ACK, 101, 1, 50, EST},
    {0, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {101, 151}},
    {10, PEER, ACK, 1, 1, 536, EST},
    {10, US, ACK, 1, 537, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {101, 151}},
    {20, PEER, ACK, 637, 1, 50, EST},
    {20, US, ACK, 1, 537, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {637, 687}},
    {30, PEER, ACK, 537, 1, 120, EST}, /* only the first 20 bytes of it */
    {30, US, ACK, 1, 687, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {637, 657}},
    {40, CALL, RECV, 1000, 686, SV_OK, EST},
};
/* A FIN that came before its data: whoever only acknowledges meanwhile is not answered, or two ends that both wait so
 * would answer each other for ever. */
static const struct sv_line early_fin_is_quiet[] = {
    {0, PEER, FIN | ACK, 11, 1, 0, EST},
    {0, US, ACK, 1, 1, 0, EST},
    {10, PEER, ACK, 12, 1, 0, EST},
    {20, PEER, ACK, 1, 1, 0, EST},
    {1000, WAIT, 0, 0, 0, 0, EST},
    {1010, PEER, ACK, 1, 1, 10, SV_CLOSE_WAIT},
    {1010, US, ACK, 1, 12, 0, SV_CLOSE_WAIT},
};

/* --- what mutants showed to be unwatched --- */

/* Minshall's rule: the short piece behind a full one waits for a short one that is in flight, not for full ones. */
static const struct sv_line short_behind_full[] = {
    {0, CALL, SEND, 10, 10, SV_OK, EST},
    {0, US, ACK | PSH, 1, 1, 10, EST},
    {1, CALL, SEND, 1000, 1000, SV_OK, EST},
    {1, US, ACK | PSH, 11, 1, 1000, EST},
    {2, CALL, SEND, 1010, 1010, SV_OK, EST},
    {2, US, ACK, 1011, 1, 1000, EST},
    {20, PEER, ACK, 1, 1011, 0, EST},
    {20, US, ACK | PSH, 2011, 1, 10, EST},
};
/* An ACK short of the urgent byte leaves the mark where it is: what is sent again still points at it. */
static const struct sv_line urgent_again[] = {
    {0, CALL, SET, SV_OPT_NODELAY, 1, SV_OK, EST},
    {0, CALL, SEND, 2000, 2000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK | PSH, 1001, 1, 1000, EST},
    {1, CALL, SET, SV_OPT_URGENT, 1, SV_OK, EST},
    {1, CALL, SEND, 1, 1, SV_OK, EST},
    {1, US, ACK | PSH | URG, 2001, 1, 1, EST, .urgent = 1},
    {10, PEER, ACK, 1, 1001, 0, EST},
    {1010, US, ACK | URG, 1001, 1, 1000, EST, .urgent = 1001},
    {1020, PEER, ACK, 1, 2001, 0, EST},
    {1020, US, ACK | PSH | URG, 2001, 1, 1, EST, .urgent = 1},
    {1030, PEER, ACK, 1, 2002, 0, EST},
};
/* The largest window there ever was may be that of the third segment: half of it is worth a short piece, less not. */
static const struct sv_line third_opens[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED, .win = WIN(500), .options = O_MSS, .mss = 1000},
    {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {10, PEER, ACK, 1, 1, 0, EST, .win = WIN(1800)},
    {10, CALL, ACCEPT, 0, 0, SV_OK, EST},
    {20, PEER, ACK, 1, 1, 0, EST, .win = WIN(800)},
    {20, CALL, SEND, 5000, 5000, SV_OK, EST},
    {30, PEER, ACK, 1, 1, 0, EST, .win = WIN(900)},
    {30, US, ACK, 1, 1, 900, EST},
};
/* A FIN takes a number, and no more of the window than that. */
static const struct sv_line window_behind_fin[] = {
    {0, PEER, FIN | ACK, 1, 1, 0, SV_CLOSE_WAIT},
    {0, US, ACK, 1, 2, 0, SV_CLOSE_WAIT, .win = WIN(16383)},
    {10, CALL, SEND, 10, 10, SV_OK, SV_CLOSE_WAIT},
    {10, US, ACK | PSH, 1, 2, 10, SV_CLOSE_WAIT, .win = WIN(16383)},
};

/* ... nor does a part of what is in flight let it go: the short piece is there still. */
static const struct sv_line short_behind_short[] = {
    {0, CALL, SEND, 1010, 1010, SV_OK, SAME},
    {0, US, ACK, 0, 0, 1000, SAME},
    {0, US, ACK | PSH, 1000, 0, 10, SAME},
    {1, CALL, SEND, 20, 20, SV_OK, SAME},
    {20, PEER, ACK, 0, 1000, 0, SAME},
    {40, PEER, ACK, 0, 1010, 0, SAME},
    {40, US, ACK | PSH, 1010, 0, 20, SAME},
};
/* MSG_MORE: what is held for more goes with the next acknowledgement; a cork does not. */
static const struct sv_line more_until_acknowledged[] = {
    {0, CALL, SEND, 10, 10, SV_OK, SAME},
    {0, US, ACK | PSH, 0, 0, 10, SAME},
    {1, CALL, SET, SV_OPT_CORK, 2, SV_OK, SAME},
    {1, CALL, SEND, 20, 20, SV_OK, SAME},
    {40, PEER, ACK, 0, 10, 0, SAME},
    {40, US, ACK | PSH, 10, 0, 20, SAME},
    {50, PEER, ACK, 0, 30, 0, SAME},
};
static const struct sv_line cork_holds[] = {
    {0, CALL, SEND, 10, 10, SV_OK, SAME},
    {0, US, ACK | PSH, 0, 0, 10, SAME},
    {1, CALL, SET, SV_OPT_CORK, 1, SV_OK, SAME},
    {1, CALL, SEND, 20, 20, SV_OK, SAME},
    {40, PEER, ACK, 0, 10, 0, SAME},
    {9000, CALL, SET, SV_OPT_CORK, 0, SV_OK, SAME},
    {9000, US, ACK | PSH, 10, 0, 20, SAME},
    {9010, PEER, ACK, 0, 30, 0, SAME},
};
/* A third message with a smaller window than the SYN's does not make small what "half of the largest" means. */
static const struct sv_line third_closes[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED, .win = WIN(1800), .options = O_MSS, .mss = 1000},
    {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {10, PEER, ACK, 1, 1, 0, EST, .win = WIN(500)},
    {10, CALL, ACCEPT, 0, 0, SV_OK, EST},
    {20, CALL, SEND, 5000, 5000, SV_OK, EST},
    {30, PEER, ACK, 1, 1, 0, EST, .win = WIN(800)},
    {40, PEER, ACK, 1, 1, 0, EST, .win = WIN(900)},
    {40, US, ACK, 1, 1, 900, EST},
};
/* What was to go again is acknowledged before it could go. */
static const struct sv_line too_late_to_resend[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {100, PEER, ACK, 1, 1, 0, EST},
    {101, PEER, ACK, 1, 1, 0, EST},
    {102, PEER, ACK, 1, 1, 0, EST},
    {102, PEER, ACK, 1, 4001, 0, EST},
    {200, CALL, SEND, 10, 10, SV_OK, EST},
    {200, US, ACK | PSH, 4001, 1, 10, EST},
    {210, PEER, ACK, 1, 4011, 0, EST},
};
/* RFC 7323 §5.3 in SYN-RECEIVED: what is older than the SYN is acknowledged and gone, */
static const struct sv_line half_open_paws[] = {
    {0, PEER, ACK, 1, 1, 0, SV_SYN_RECEIVED, T(1, 0), .drop = SV_DROP_TCP_PAWS},
    {0, US, ACK, 1, 1, 0, SV_SYN_RECEIVED, .options = O_TS, .ecr = 1000},
    {10, CONFIRM, HALF_OPEN, 1, 0, 0, SV_SYN_RECEIVED},
    {20, PEER, ACK, 1, 1, 0, EST},
};
/* but a reset never is (§5.2). */
static const struct sv_line half_open_old_reset[] = {
    {0, PEER, RST, 1, 0, 0, SV_LISTEN, T(1, 0)},
};

#define SENDING SV_START(SV_ESTABLISHED) | SV_START(SV_CLOSE_WAIT)
#define FROM_EST .starts = SV_START(SV_ESTABLISHED)
static const struct sv_exchange demands[] = {
    SV_EXCHANGE_WITH(shrunk_and_lost, FROM_EST),
    SV_EXCHANGE_WITH(shrunk_to_nothing, FROM_EST),
    SV_EXCHANGE_WITH(shut_urgent, FROM_EST, .recv_buffer = 2048),
    SV_EXCHANGE_WITH(reset_with_data, FROM_EST, .from_next = 1),
    SV_EXCHANGE_WITH(no_mss_later, FROM_EST),
    SV_EXCHANGE_WITH(karn, FROM_EST),
    SV_EXCHANGE_WITH(icmp_parameter, FROM_EST),
    SV_EXCHANGE_WITH(ssthresh_begins_high, FROM_EST),
    SV_EXCHANGE_WITH(old_reset, FROM_EST, .modern = 1),
    SV_EXCHANGE_WITH(ack_before_birth, FROM_EST, .modern = 1, .knob = {{"tcp_invalid_ratelimit", "0"}}),
    SV_EXCHANGE_WITH(ack_of_our_syn_alone, FROM_EST, .modern = 1, .active = 1),
    SV_EXCHANGE_WITH(sack_takes_room, FROM_EST, .modern = 1),
    SV_EXCHANGE_WITH(filled_twice, FROM_EST, .modern = 1),
    SV_EXCHANGE_WITH(early_fin_is_quiet, FROM_EST),
    SV_EXCHANGE_WITH(short_behind_full, FROM_EST, .modern = 1),
    SV_EXCHANGE_WITH(urgent_again, FROM_EST),
    SV_EXCHANGE_WITH(short_behind_short, .starts = SENDING, .from_next = 1, .modern = 1),
    SV_EXCHANGE_WITH(more_until_acknowledged, .starts = SENDING, .from_next = 1),
    SV_EXCHANGE_WITH(cork_holds, .starts = SENDING, .from_next = 1),
    SV_EXCHANGE(third_opens),
    SV_EXCHANGE(third_closes),
    SV_EXCHANGE_WITH(too_late_to_resend, FROM_EST),
    SV_EXCHANGE_WITH(half_open_paws, .starts = SV_START(SV_SYN_RECEIVED), .modern = 1),
    SV_EXCHANGE_WITH(half_open_old_reset, .starts = SV_START(SV_SYN_RECEIVED), .modern = 1),
    SV_EXCHANGE_WITH(window_behind_fin, FROM_EST),
};
SV_EXCHANGE_GROUP(demands, demands);
