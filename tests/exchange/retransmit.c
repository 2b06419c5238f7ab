/* SPDX-License-Identifier: BSD-2-Clause */
/* Retransmission: RFC 6298; RFC 5681; RFC 6582; RFC 3042. The profile has an RTO of 1 s at first and at
 * least, segments of 1000 bytes and an initial window of four (RFC 5681 §3.1). */
#include "tests/support/exchange.h"

#define EST SV_ESTABLISHED
/* RFC 6298 §2.2, §2.3 and §2.4 by hand: R = 100 ms, then 300 ms. */
static const struct sv_line rtt[] = {
    {0, CALL, SEND, 10, 10, SV_OK, EST},
    {0, US, ACK | PSH, 1, 1, 10, EST},
    {100, PEER, ACK, 1, 11, 0, EST},
    {100, CONFIRM, SRTT_US, 100000, 0, 0, EST},
    {100, CONFIRM, RTTVAR_US, 50000, 0, 0, EST},
    {100, CONFIRM, RTO_US, 1000000, 0, 0, EST},
    {200, CALL, SEND, 10, 10, SV_OK, EST},
    {200, US, ACK | PSH, 11, 1, 10, EST},
    {1100, PEER, ACK, 1, 21, 0, EST}, /* R' = 900: RTTVAR = 3/4 50 + 1/4 800 = 237.5; SRTT = 7/8 100 + 1/8 900 = 200 */
    {1100, CONFIRM, SRTT_US, 200000, 0, 0, EST},
    {1100, CONFIRM, RTTVAR_US, 237500, 0, 0, EST},
    {1100, CONFIRM, RTO_US, 1150000, 0, 0, EST},
};
/* §5.4 to §5.6: the earliest segment, the timer doubled; Karn: no sample from it (§3). */
static const struct sv_line back_off[] = {
    {0, CALL, SEND, 2000, 2000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK | PSH, 1001, 1, 1000, EST},
    {1000, US, ACK, 1, 1, 1000, EST},
    {3000, US, ACK, 1, 1, 1000, EST},
    {7000, US, ACK, 1, 1, 1000, EST},
    {7001, CONFIRM, CWND, 1000, 0, 0, EST},
    {7001, CONFIRM, SSTHRESH, 2000, 0, 0, EST},
    {7100, PEER, ACK, 1, 2001, 0, EST}, /* ambiguous */
    {7100, CONFIRM, SRTT_US, 0, 0, 0, EST},
    {7100, CONFIRM, RTO_US, 8000000, 0, 0, EST}, /* so it stays until something is measured (the end of §5) */
    {7200, CALL, SEND, 10, 10, SV_OK, EST},
    {7200, US, ACK | PSH, 2001, 1, 10, EST},
    {7300, PEER, ACK, 1, 2011, 0, EST},
    {7300, CONFIRM, SRTT_US, 100000, 0, 0, EST},
    {7300, CONFIRM, RTO_US, 1000000, 0, 0, EST},
};
/* RFC 5681 §3.1: one segment after the timeout, then slow start to ssthresh. */
static const struct sv_line timeout_slow_start[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {1000, US, ACK, 1, 1, 1000, EST},
    {1001, CONFIRM, SSTHRESH, 2000, 0, 0, EST},
    {1100, PEER, ACK, 1, 1001, 0, EST},
    {1100, US, ACK, 1001, 1, 1000, EST},
    {1100, US, ACK, 2001, 1, 1000, EST},
    {1100, CONFIRM, CWND, 2000, 0, 0, EST},
    {1200, PEER, ACK, 1, 3001, 0, EST},
    {1200, US, ACK | PSH, 3001, 1, 1000, EST},
    {1300, PEER, ACK, 1, 4001, 0, EST},
};
/* §5.3: the timer runs from the last acknowledgement of something new. */
static const struct sv_line timer_restarts[] = {
    {0, CALL, SEND, 2000, 2000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK | PSH, 1001, 1, 1000, EST},
    {900, PEER, ACK, 1, 1001, 0, EST},
    /* R = 900 ms: RTO = 900 + 4 * 450 = 2.7 s */
    {3600, US, ACK | PSH, 1001, 1, 1000, EST},
    {3700, PEER, ACK, 1, 2001, 0, EST},
    {90000, WAIT, 0, 0, 0, 0, EST}, /* §5.2: all is acknowledged, it is off */
};
/* An old ACK or a bare duplicate does not restart it. */
static const struct sv_line timer_not_restarted[] = {
    {0, CALL, SEND, 2000, 2000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK | PSH, 1001, 1, 1000, EST},
    {900, PEER, ACK, 1, 1, 0, EST},
    {1000, US, ACK, 1, 1, 1000, EST},
};
/* Fast retransmit at the third duplicate; RFC 3042: the first two let new data go. */
static const struct sv_line fast[] = {
    {0, CALL, SEND, 8000, 8000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK, 3001, 1, 1000, EST},
    {100, PEER, ACK, 1, 1, 0, EST},
    {100, US, ACK, 4001, 1, 1000, EST},
    {101, PEER, ACK, 1, 1, 0, EST},
    {101, US, ACK, 5001, 1, 1000, EST},
    {102, PEER, ACK, 1, 1, 0, EST},
    {102, US, ACK, 1, 1, 1000, EST},
    /* ssthresh = max(FlightSize / 2, 2 SMSS), FlightSize without what limited transmit sent (RFC 5681 §3.2
     * step 2): 4000 / 2; cwnd = ssthresh + 3 */
    {102, CONFIRM, SSTHRESH, 2000, 0, 0, EST},
    {102, CONFIRM, CWND, 5000, 0, 0, EST},
    {103, PEER, ACK, 1, 1, 0, EST}, /* step 4: one more has left: 6000, all of it in flight */
    {104, PEER, ACK, 1, 1, 0, EST}, /* 7000: one may go */
    {104, US, ACK, 6001, 1, 1000, EST},
    /* a full acknowledgement: RFC 6582 §3.2 step 3 (1): min(ssthresh, FlightSize + SMSS) */
    {200, PEER, ACK, 1, 6001, 0, EST},
    {200, US, ACK | PSH, 7001, 1, 1000, EST},
    {200, CONFIRM, CWND, 2000, 0, 0, EST},
    {300, PEER, ACK, 1, 8001, 0, EST},
};
/* NewReno: a partial acknowledgement brings the next hole at once, and recovery goes on. */
static const struct sv_line partial[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {100, PEER, ACK, 1, 1, 0, EST},
    {101, PEER, ACK, 1, 1, 0, EST},
    {102, PEER, ACK, 1, 1, 0, EST},
    {102, US, ACK, 1, 1, 1000, EST},
    {200, PEER, ACK, 1, 1001, 0, EST},
    {200, US, ACK, 1001, 1, 1000, EST},
    {300, PEER, ACK, 1, 2001, 0, EST},
    {300, US, ACK, 2001, 1, 1000, EST},
    {400, PEER, ACK, 1, 4001, 0, EST},
    {400, CONFIRM, SSTHRESH, 2000, 0, 0, EST},
};
/* What looks like a duplicate but is not (RFC 5681 §2): data, a new window, nothing in flight. */
static const struct sv_line not_duplicates[] = {
    {0, CALL, SEND, 2000, 2000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK | PSH, 1001, 1, 1000, EST},
    {10, PEER, ACK, 1, 1, 10, EST},
    {11, PEER, ACK, 11, 1, 10, EST},
    {11, US, ACK, 2001, 21, 0, EST},
    {12, PEER, ACK, 21, 1, 0, EST, .win = WIN(50000)},
    {13, PEER, ACK, 21, 1, 0, EST, .win = WIN(51000)},
    {14, PEER, ACK, 21, 1, 0, EST, .win = WIN(52000)},
    {1000, US, ACK, 1, 21, 1000, EST},
};
/* Congestion avoidance: one segment a window (RFC 5681 §3.1 (3)). */
static const struct sv_line avoidance[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {1000, US, ACK, 1, 1, 1000, EST}, /* ssthresh 2000 */
    {1100, PEER, ACK, 1, 4001, 0, EST},
    {1100, CONFIRM, CWND, 2000, 0, 0, EST},
    {1100, CALL, SEND, 2000, 2000, SV_OK, EST},
    {1100, US, ACK, 4001, 1, 1000, EST},
    {1100, US, ACK | PSH, 5001, 1, 1000, EST},
    {1200, PEER, ACK, 1, 5001, 0, EST},
    {1200, CONFIRM, CWND, 2000, 0, 0, EST},
    {1201, PEER, ACK, 1, 6001, 0, EST},
    {1201, CONFIRM, CWND, 3000, 0, 0, EST},
};
/* RFC 5681 §4.1: idle for more than an RTO, so the window restarts. */
static const struct sv_line idle_restart[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {10, PEER, ACK, 1, 1001, 0, EST},
    {10, PEER, ACK, 1, 2001, 0, EST},
    {10, PEER, ACK, 1, 3001, 0, EST},
    {10, PEER, ACK, 1, 4001, 0, EST},
    {10, CONFIRM, CWND, 8000, 0, 0, EST}, /* all of it was used, each of the four lets it grow */
    {5000, CALL, SEND, 6000, 6000, SV_OK, EST},
    {5000, US, ACK, 4001, 1, 1000, EST},
    {5000, US, ACK, 5001, 1, 1000, EST},
    {5000, US, ACK, 6001, 1, 1000, EST},
    {5000, US, ACK, 7001, 1, 1000, EST},
    {5001, CONFIRM, CWND, 4000, 0, 0, EST},
};
/* RFC 9293 §3.8.3: R2; the connection is given up after five minutes in this profile. */
static const struct sv_line given_up[] = {
    {0, CALL, SET, SV_OPT_USER_TIMEOUT_MS, 5000, SV_OK, EST},
    {0, CALL, SEND, 10, 10, SV_OK, EST},
    {0, US, ACK | PSH, 1, 1, 10, EST},
    {1000, US, ACK | PSH, 1, 1, 10, EST},
    {3000, US, ACK | PSH, 1, 1, 10, EST},
    {5000, US, RST | ACK, 11, 1, 0, SV_LISTEN, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED, .error = SV_ERR_TIMED_OUT},
};
static const struct sv_line given_up_fin[] = {
    {0, CALL, SET, SV_OPT_USER_TIMEOUT_MS, 2500, SV_OK, SV_FIN_WAIT_1},
    {1000, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {2500, US, RST | ACK, 2, 1, 0, SV_LISTEN, .event = SV_EVENT_ERROR, .error = SV_ERR_TIMED_OUT},
};
static const struct sv_line given_up_last_ack[] = {
    {0, CALL, SET, SV_OPT_USER_TIMEOUT_MS, 2500, SV_OK, SAME},
    {990, US, FIN | ACK, -1u, 0, 0, SAME, .slack_ms = 12},
    {5000, WAIT, 0, 0, 0, 0, SV_LISTEN, .event = SV_EVENT_ERROR, .error = SV_ERR_TIMED_OUT},
};
static const struct sv_line rto_close_wait[] = {
    {0, CALL, SEND, 10, 10, SV_OK, SV_CLOSE_WAIT},
    {0, US, ACK | PSH, 1, 2, 10, SV_CLOSE_WAIT},
    {1000, US, ACK | PSH, 1, 2, 10, SV_CLOSE_WAIT},
    {1010, PEER, ACK, 2, 11, 0, SV_CLOSE_WAIT},
};
static const struct sv_line data_and_fin_lost[] = {
    {0, CALL, SEND, 1500, 1500, SV_OK, EST},
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, ACK, 1, 1, 1000, SV_FIN_WAIT_1},
    {0, US, FIN | ACK, 1001, 1, 500, SV_FIN_WAIT_1},
    {1000, US, ACK, 1, 1, 1000, SV_FIN_WAIT_1},
    {1100, PEER, ACK, 1, 1001, 0, SV_FIN_WAIT_1},
    {1100, US, FIN | ACK, 1001, 1, 500, SV_FIN_WAIT_1},
    {1200, PEER, ACK, 1, 1501, 0, SV_FIN_WAIT_1}, /* all but the FIN */
    {3200, US, FIN | ACK, 1501, 1, 0, SV_FIN_WAIT_1, .slack_ms = 2}, /* not measured: 2 s still */
    {3300, PEER, ACK, 1, 1502, 0, SV_FIN_WAIT_2},
};

/* --- was it congestion? To a peer without SACK --- */

#define BARE(offers, size)                                                                         \
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},                                                     \
        {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED, .options = O_MSS | (offers), .mss = (size)},      \
        {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED}, {10, PEER, ACK, 1, 1, 0, EST}, {             \
        10, CALL, ACCEPT, 0, 0, SV_OK, EST                                                         \
    }
#define TEN                                                                                        \
    {10, CALL, SEND, 20000, 20000, SV_OK, EST}, {10, US, ACK, 1, 1, 1000, EST},                    \
        {10, US, ACK, 1001, 1, 1000, EST}, {10, US, ACK, 2001, 1, 1000, EST},                      \
        {10, US, ACK, 3001, 1, 1000, EST}, {10, US, ACK, 4001, 1, 1000, EST},                      \
        {10, US, ACK, 5001, 1, 1000, EST}, {10, US, ACK, 6001, 1, 1000, EST},                      \
        {10, US, ACK, 7001, 1, 1000, EST}, {10, US, ACK, 8001, 1, 1000, EST}, {                    \
        10, US, ACK | PSH, 9001, 1, 1000, EST                                                      \
    }
/* RFC 5682 §2.1 step 3 b: the timeout was early. Two new segments go out after the first acknowledgement; the second is
 * of what was sent once, so nothing more goes again, and window and threshold are as before. */
static const struct sv_line frto_basic[] = {
    BARE(0, 1000),
    TEN,
    {210, US, ACK, 1, 1, 1000, EST},
    {220, PEER, ACK, 1, 1001, 0, EST},
    {220, US, ACK, 10001, 1, 1000, EST},
    {220, US, ACK | PSH, 11001, 1, 1000, EST},
    {222, PEER, ACK, 1, 2001, 0, EST},
    {222, CONFIRM, SSTHRESH, 4294967295u, 0, 0, EST},
    {222, CONFIRM, CWND, 10000, 0, 0, EST},
    {224, PEER, ACK, 1, 4001, 0, EST},
    {224, US, ACK, 12001, 1, 1000, EST},
    {224, US, ACK, 13001, 1, 1000, EST},
    {224, US, ACK, 14001, 1, 1000, EST},
    {224, US, ACK | PSH, 15001, 1, 1000, EST},
};
/* Step 2 a: the first acknowledgement is a duplicate, so nothing is doubted. */
static const struct sv_line frto_duplicate_first[] = {
    BARE(0, 1000),
    TEN,
    {210, US, ACK, 1, 1, 1000, EST},
    {215, PEER, ACK, 1, 1, 0, EST},
    {220, PEER, ACK, 1, 1001, 0, EST},
    {220, US, ACK, 1001, 1, 1000, EST},
    {220, US, ACK | PSH, 2001, 1, 1000, EST},
    {220, CONFIRM, SSTHRESH, 7000, 0, 0, EST},
};
/* Step 3 a: the new segments arrive, and what is missing does not. */
static const struct sv_line frto_missing[] = {
    BARE(0, 1000),
    TEN,
    {210, US, ACK, 1, 1, 1000, EST},
    {220, PEER, ACK, 1, 1001, 0, EST},
    {220, US, ACK, 10001, 1, 1000, EST},
    {220, US, ACK | PSH, 11001, 1, 1000, EST},
    {230, PEER, ACK, 1, 1001, 0, EST},
    {230, US, ACK, 1001, 1, 1000, EST},
    {230, US, ACK, 2001, 1, 1000, EST},
    {230, US, ACK | PSH, 3001, 1, 1000, EST},
    {230, CONFIRM, CWND, 3000, 0, 0, EST},
    {230, PEER, ACK, 1, 1001, 0, EST},
    {240, PEER, ACK, 1, 12001, 0, EST},
    {240, US, ACK, 12001, 1, 1000, EST},
    {240, US, ACK, 13001, 1, 1000, EST},
    {240, US, ACK, 14001, 1, 1000, EST},
    {240, US, ACK, 15001, 1, 1000, EST},
    {240, US, ACK, 16001, 1, 1000, EST},
    {240, US, ACK, 17001, 1, 1000, EST},
    {240, US, ACK | PSH, 18001, 1, 1000, EST},
    {240, CONFIRM, SSTHRESH, 7000, 0, 0, EST},
};
/* Step 2 b without anything new: as ever. */
static const struct sv_line frto_nothing_to_send[] = {
    BARE(0, 1000),
    {10, CALL, SEND, 3000, 3000, SV_OK, EST},
    {10, US, ACK, 1, 1, 1000, EST},
    {10, US, ACK, 1001, 1, 1000, EST},
    {10, US, ACK | PSH, 2001, 1, 1000, EST},
    {210, US, ACK, 1, 1, 1000, EST},
    {220, PEER, ACK, 1, 1001, 0, EST},
    {220, US, ACK, 1001, 1, 1000, EST},
    {220, US, ACK | PSH, 2001, 1, 1000, EST},
    {230, PEER, ACK, 1, 3001, 0, EST},
};
/* RFC 3522 §3.2: the first acknowledgement echoes what went out before the copy: after a timeout, which was early (RFC
 * 4015 §3.3: the round trip is what it was found to be), and after three duplicates. */
static const struct sv_line eifel_without_sack[] = {
    BARE(O_TS, 1012),
    TEN,
    {210, US, ACK, 1, 1, 1000, EST},
    {250, PEER, ACK, 1, 1001, 0, EST, .options = O_ECR_AT, .ecr = 10},
    {250, US, ACK, 10001, 1, 1000, EST},
    {250, CONFIRM, SSTHRESH, 4294967295u, 0, 0, EST},
    {250, CONFIRM, CWND, 10000, 0, 0, EST},
    {250, CONFIRM, SRTT_US, 240000, 0, 0, EST},
};
static const struct sv_line eifel_reordered[] = {
    BARE(O_TS, 1012),
    {10, CALL, SEND, 10000, 10000, SV_OK, EST},
    {10, US, ACK, 1, 1, 1000, EST},
    {10, US, ACK, 1001, 1, 1000, EST},
    {10, US, ACK, 2001, 1, 1000, EST},
    {10, US, ACK, 3001, 1, 1000, EST},
    {10, US, ACK, 4001, 1, 1000, EST},
    {10, US, ACK, 5001, 1, 1000, EST},
    {10, US, ACK, 6001, 1, 1000, EST},
    {10, US, ACK, 7001, 1, 1000, EST},
    {10, US, ACK, 8001, 1, 1000, EST},
    {10, US, ACK | PSH, 9001, 1, 1000, EST},
    {20, PEER, ACK, 1, 1, 0, EST, .options = O_ECR_AT, .ecr = 0},
    {20, PEER, ACK, 1, 1, 0, EST, .options = O_ECR_AT, .ecr = 0},
    {20, PEER, ACK, 1, 1, 0, EST, .options = O_ECR_AT, .ecr = 0},
    {20, US, ACK, 1, 1, 1000, EST},
    {22, PEER, ACK, 1, 4001, 0, EST, .options = O_ECR_AT, .ecr = 10},
    {22, CONFIRM, SSTHRESH, 4294967295u, 0, 0, EST},
    {22, CONFIRM, CWND, 10000, 0, 0, EST},
    {30, PEER, ACK, 1, 10001, 0, EST, .options = O_ECR_AT, .ecr = 10},
};
/* ... and not when it is of the copy. */
static const struct sv_line eifel_of_the_copy[] = {
    BARE(O_TS, 1012),
    TEN,
    {210, US, ACK, 1, 1, 1000, EST},
    {220, PEER, ACK, 1, 10001, 0, EST, .options = O_ECR_AT, .ecr = 210},
    {220, US, ACK, 10001, 1, 1000, EST},
    {220, US, ACK, 11001, 1, 1000, EST},
    {220, US, ACK, 12001, 1, 1000, EST},
    {220, US, ACK, 13001, 1, 1000, EST},
    {220, US, ACK, 14001, 1, 1000, EST},
    {220, US, ACK, 15001, 1, 1000, EST},
    {220, US, ACK | PSH, 16001, 1, 1000, EST},
    {220, CONFIRM, SSTHRESH, 7000, 0, 0, EST},
};

#define WITHOUT_SACK .profile = 1 + SV_PROFILE_MODERN, .ignore_drops = 1
#define FROM_EST .starts = SV_START(SV_ESTABLISHED)
static const struct sv_exchange retransmit[] = {
    SV_EXCHANGE_WITH(frto_basic, WITHOUT_SACK),
    SV_EXCHANGE_WITH(frto_duplicate_first, WITHOUT_SACK),
    SV_EXCHANGE_WITH(frto_missing, WITHOUT_SACK),
    SV_EXCHANGE_WITH(frto_nothing_to_send, WITHOUT_SACK),
    SV_EXCHANGE_WITH(eifel_without_sack, WITHOUT_SACK),
    SV_EXCHANGE_WITH(eifel_reordered, WITHOUT_SACK),
    SV_EXCHANGE_WITH(eifel_of_the_copy, WITHOUT_SACK),
    SV_EXCHANGE_WITH(rtt, FROM_EST),
    SV_EXCHANGE_WITH(back_off, FROM_EST),
    SV_EXCHANGE_WITH(timeout_slow_start, FROM_EST),
    SV_EXCHANGE_WITH(timer_restarts, FROM_EST),
    SV_EXCHANGE_WITH(timer_not_restarted, FROM_EST),
    SV_EXCHANGE_WITH(fast, FROM_EST),
    SV_EXCHANGE_WITH(partial, FROM_EST),
    SV_EXCHANGE_WITH(not_duplicates, FROM_EST),
    SV_EXCHANGE_WITH(avoidance, FROM_EST),
    SV_EXCHANGE_WITH(idle_restart, FROM_EST),
    SV_EXCHANGE_WITH(given_up, FROM_EST),
    SV_EXCHANGE_WITH(given_up_fin, .starts = SV_START(SV_FIN_WAIT_1)),
    SV_EXCHANGE_WITH(given_up_last_ack, .from_next = 1, .starts = SV_START(SV_CLOSING) | SV_START(SV_LAST_ACK)),
    SV_EXCHANGE_WITH(rto_close_wait, .starts = SV_START(SV_CLOSE_WAIT)),
    SV_EXCHANGE_WITH(data_and_fin_lost, FROM_EST),
};
SV_EXCHANGE_GROUP(retransmit, retransmit);
