/* SPDX-License-Identifier: BSD-2-Clause */
/* Explicit congestion notification: RFC 3168; DCTCP's echo and answer, RFC 8257. Segments of 1000 bytes, an initial
 * window of four (RFC 5681 §3.1). */
#include "tests/support/exchange.h"

#define EST SV_ESTABLISHED
#define SENT SV_SYN_SENT
#define RCVD SV_SYN_RECEIVED

/* §6.1.1: our SYN asks, the SYN,ACK agrees, data is ECT(0), and what carries none is not. */
static const struct sv_line asks[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SENT},
    {0, US, SYN | ECE | CWR, 0, 0, 0, SENT, .ecn = NOT_ECT},
    {10, PEER, SYN | ACK | ECE, 0, 1, 0, EST, .options = O_MSS, .mss = 1000},
    {10, US, ACK, 1, 1, 0, EST, .ecn = NOT_ECT},
    {20, CALL, SEND, 10, 10, SV_OK, EST},
    {20, US, ACK | PSH, 1, 1, 10, EST, .ecn = ECT0},
    {30, PEER, ACK, 1, 11, 10, EST, .ecn = ECT0},
    {230, US, ACK, 11, 11, 0, EST, .ecn = NOT_ECT},
};
/* Not an ECN-setup SYN,ACK: none, or a reflection of what was not understood. */
static const struct sv_line refused[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SENT},
    {0, US, SYN | ECE | CWR, 0, 0, 0, SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, EST, .options = O_MSS, .mss = 1000},
    {10, US, ACK, 1, 1, 0, EST},
    {20, CALL, SEND, 10, 10, SV_OK, EST},
    {20, US, ACK | PSH, 1, 1, 10, EST, .ecn = NOT_ECT},
};
static const struct sv_line reflected[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SENT},
    {0, US, SYN | ECE | CWR, 0, 0, 0, SENT},
    {10, PEER, SYN | ACK | ECE | CWR, 0, 1, 0, EST, .options = O_MSS, .mss = 1000},
    {10, US, ACK, 1, 1, 0, EST},
    {20, CALL, SEND, 10, 10, SV_OK, EST},
    {20, US, ACK | PSH, 1, 1, 10, EST, .ecn = NOT_ECT},
};
/* §6.1.1.1: a SYN that must be sent again does not ask, and then ECE in the answer means nothing. */
static const struct sv_line syn_again[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SENT},
    {0, US, SYN | ECE | CWR, 0, 0, 0, SENT},
    {1000, US, SYN, 0, 0, 0, SENT},
    {1010, PEER, SYN | ACK | ECE, 0, 1, 0, EST, .options = O_MSS, .mss = 1000},
    {1010, US, ACK, 1, 1, 0, EST},
    {1020, CALL, SEND, 10, 10, SV_OK, EST},
    {1020, US, ACK | PSH, 1, 1, 10, EST, .ecn = NOT_ECT},
};
/* The option on one socket of a stack that does not ask. */
static const struct sv_line by_option[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SENT},
    {0, CALL, SET, SV_OPT_ECN, SV_ECN_ASK, SV_OK, SENT},
    {0, US, SYN | ECE | CWR, 0, 0, 0, SENT},
    {0, CALL, SET, SV_OPT_ECN, SV_ECN_NEVER, SV_ERR_INVALID, SENT},
};
/* The other side: agrees to what asks properly (§6.1.1), not when it may not. */
static const struct sv_line answers[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN | ECE | CWR, 0, 0, 0, RCVD, .options = O_MSS, .mss = 1000},
    {0, US, SYN | ACK | ECE, 0, 1, 0, RCVD, .ecn = NOT_ECT},
    {10, PEER, ACK, 1, 1, 0, EST},
    {20, CALL, ACCEPT, 0, 0, SV_OK, EST},
    {20, CALL, SEND, 10, 10, SV_OK, EST},
    {20, US, ACK | PSH, 1, 1, 10, EST, .ecn = ECT0},
};
static const struct sv_line only_ece[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN | ECE, 0, 0, 0, RCVD, .options = O_MSS, .mss = 1000},
    {0, US, SYN | ACK, 0, 1, 0, RCVD},
};
static const struct sv_line no_longer_asks[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN | ECE | CWR, 0, 0, 0, RCVD, .options = O_MSS, .mss = 1000},
    {0, US, SYN | ACK | ECE, 0, 1, 0, RCVD},
    {500, PEER, SYN, 0, 0, 0, RCVD, .options = O_MSS, .mss = 1000},
    {500, US, SYN | ACK, 0, 1, 0, RCVD},
};
static const struct sv_line may_not[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN | ECE | CWR, 0, 0, 0, RCVD, .options = O_MSS, .mss = 1000},
    {0, US, SYN | ACK, 0, 1, 0, RCVD},
};

#define OPENED                                                                               \
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},                                               \
        {0, PEER, SYN | ECE | CWR, 0, 0, 0, RCVD, .options = O_MSS, .mss = 1000},            \
        {0, US, SYN | ACK | ECE, 0, 1, 0, RCVD}, {10, PEER, ACK, 1, 1, 0, EST},              \
    {                                                                                        \
        20, CALL, ACCEPT, 0, 0, SV_OK, EST                                                   \
    }

/* §6.1.3: every acknowledgement echoes a mark until CWR comes, and CWR with a mark begins anew. A mark on what lies
 * outside of the window is not believed (§6.1.5). */
static const struct sv_line echoes[] = {
    OPENED,
    {100, PEER, ACK, 1, 1, 10, EST, .ecn = CE},
    {100, US, ACK | ECE, 1, 11, 0, EST, .ecn = NOT_ECT},
    {110, PEER, ACK, 11, 1, 10, EST, .ecn = ECT0},
    {310, US, ACK | ECE, 1, 21, 0, EST},
    {320, CALL, SEND, 10, 10, SV_OK, EST},
    {320, US, ACK | PSH | ECE, 1, 21, 10, EST, .ecn = ECT0},
    {330, PEER, ACK | CWR, 21, 11, 10, EST, .ecn = ECT0},
    {330, US, ACK, 11, 31, 0, EST},
    {340, PEER, ACK | CWR, 31, 11, 10, EST, .ecn = CE},
    {340, US, ACK | ECE, 11, 41, 0, EST},
    {350, PEER, ACK | CWR, 41, 11, 10, EST, .ecn = ECT0},
    {350, US, ACK, 11, 51, 0, EST},
    {360, PEER, ACK, 1, 11, 10, EST, .ecn = CE}, /* sent again */
    {360, US, ACK, 11, 51, 0, EST},
};
/* §6.1.2: half, once a window; CWR with the next new data; a second echo in the same window changes nothing. */
static const struct sv_line reduces[] = {
    OPENED,
    {100, CALL, SEND, 10000, 10000, SV_OK, EST},
    {100, US, ACK, 1, 1, 1000, EST, .ecn = ECT0},
    {100, US, ACK, 1001, 1, 1000, EST, .ecn = ECT0},
    {100, US, ACK, 2001, 1, 1000, EST, .ecn = ECT0},
    {100, US, ACK, 3001, 1, 1000, EST, .ecn = ECT0},
    {200, PEER, ACK | ECE, 1, 1001, 0, EST},
    {200, CONFIRM, CWND, 2000, 0, 0, EST},
    {200, CONFIRM, SSTHRESH, 2000, 0, 0, EST},
    {201, PEER, ACK | ECE, 1, 2001, 0, EST},
    {202, PEER, ACK | ECE, 1, 3001, 0, EST},
    {202, US, ACK | CWR, 4001, 1, 1000, EST, .ecn = ECT0},
    {203, PEER, ACK | ECE, 1, 4001, 0, EST}, /* the last of what was in flight at the echo: CWR is not there yet */
    {203, US, ACK, 5001, 1, 1000, EST, .ecn = ECT0},
    {203, CONFIRM, CWND, 2000, 0, 0, EST},
    {300, PEER, ACK, 1, 5001, 0, EST},
    {300, US, ACK, 6001, 1, 1000, EST}, /* and growth goes on */
    {300, CONFIRM, CWND, 2000, 0, 0, EST},
    {310, PEER, ACK, 1, 6001, 0, EST},
    {310, US, ACK, 7001, 1, 1000, EST},
    {310, US, ACK, 8001, 1, 1000, EST},
    {310, CONFIRM, CWND, 3000, 0, 0, EST},
};
/* §6.1.5: what is sent again is not ECT; §6.1.2: CWR after a timeout too. */
static const struct sv_line retransmits[] = {
    OPENED,
    {100, CALL, SEND, 3000, 3000, SV_OK, EST},
    {100, US, ACK, 1, 1, 1000, EST, .ecn = ECT0},
    {100, US, ACK, 1001, 1, 1000, EST, .ecn = ECT0},
    {100, US, ACK | PSH, 2001, 1, 1000, EST, .ecn = ECT0},
    {1100, US, ACK, 1, 1, 1000, EST, .ecn = NOT_ECT},
    {1200, PEER, ACK, 1, 3001, 0, EST},
    {1300, CALL, SEND, 10, 10, SV_OK, EST},
    {1300, US, ACK | PSH | CWR, 3001, 1, 10, EST, .ecn = ECT0},
};
/* RFC 8257 §3.2: the echo is what the segment carried, no more and no less. */
static const struct sv_line dctcp_echoes[] = {
    OPENED,
    {100, PEER, ACK, 1, 1, 10, EST, .ecn = CE},
    {100, US, ACK | ECE, 1, 11, 0, EST},
    {110, PEER, ACK, 11, 1, 10, EST, .ecn = ECT0},
    {110, US, ACK, 1, 21, 0, EST},
    {120, PEER, ACK, 21, 1, 10, EST, .ecn = CE},
    {120, US, ACK | ECE, 1, 31, 0, EST},
};

static const struct sv_exchange ecn[] = {
    SV_EXCHANGE_WITH(asks, .ecn = SV_ECN_ASK),
    SV_EXCHANGE_WITH(refused, .ecn = SV_ECN_ASK),
    SV_EXCHANGE_WITH(reflected, .ecn = SV_ECN_ASK),
    SV_EXCHANGE_WITH(syn_again, .ecn = SV_ECN_ASK),
    SV_EXCHANGE(by_option),
    SV_EXCHANGE_WITH(answers, .ecn = SV_ECN_ACCEPT),
    SV_EXCHANGE_WITH(only_ece, .ecn = SV_ECN_ACCEPT),
    SV_EXCHANGE_WITH(no_longer_asks, .ecn = SV_ECN_ACCEPT, .ignore_drops = 1),
    SV_EXCHANGE_WITH(may_not, .ecn = SV_ECN_NEVER),
    SV_EXCHANGE_WITH(echoes, .ecn = SV_ECN_ACCEPT, .ignore_drops = 1),
    SV_EXCHANGE_WITH(reduces, .ecn = SV_ECN_ACCEPT),
    SV_EXCHANGE_WITH(retransmits, .ecn = SV_ECN_ACCEPT),
    SV_EXCHANGE_WITH(dctcp_echoes, .ecn = SV_ECN_ACCEPT, .congestion = SV_CC_DCTCP),
};
SV_EXCHANGE_GROUP(ecn, ecn);
