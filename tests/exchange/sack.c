/* SPDX-License-Identifier: BSD-2-Clause */
/* Recovery with SACK: RFC 2018, RFC 2883, RFC 6675, RFC 8985, RFC 9937, RFC 5682, RFC 3522, RFC 4015. The profile is
 * `modern` with NewReno, whose half is easily reckoned: segments of 1000 bytes, an initial window of ten, a round trip
 * of 10 ms from the handshake, an RTO of 200 ms. */
#include "tests/support/exchange.h"

#define EST SV_ESTABLISHED
#define BLOCKS(n, ...) .options = O_SACK, .sacks = (n), .sack = {__VA_ARGS__}
#define FLIGHT(ms)                                                                          \
    {(ms), US, ACK, 1, 1, 1000, EST}, {(ms), US, ACK, 1001, 1, 1000, EST},                  \
        {(ms), US, ACK, 2001, 1, 1000, EST}, {(ms), US, ACK, 3001, 1, 1000, EST},           \
        {(ms), US, ACK, 4001, 1, 1000, EST}, {(ms), US, ACK, 5001, 1, 1000, EST},           \
        {(ms), US, ACK, 6001, 1, 1000, EST}, {(ms), US, ACK, 7001, 1, 1000, EST},           \
        {(ms), US, ACK, 8001, 1, 1000, EST}, {(ms), US, ACK, 9001, 1, 1000, EST}
#define TEN {0, CALL, SEND, 10000, 10000, SV_OK, EST}, FLIGHT(0)

/* RFC 6675 §5: what is lost is sent again at the third SACK, once. */
static const struct sv_line third_sack[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 2001)},
    {10, CONFIRM, RECOVERY, SV_RECOVERY_DOUBTFUL, 0, 0, EST},
    {10, CONFIRM, PIPE, 9000, 0, 0, EST},
    {11, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 3001)},
    {12, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 4001)},
    {12, US, ACK, 1, 1, 1000, EST},
    {12, CONFIRM, RECOVERY, SV_RECOVERY_RESENDING, 0, 0, EST},
    {12, CONFIRM, SACKED, 3000, 0, 0, EST},
    {12, CONFIRM, SENT_AGAIN, 1000, 0, 0, EST},
    {12, CONFIRM, PIPE, 7000, 0, 0, EST},
    {13, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 5001)},
    {14, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 10001)},
    {22, PEER, ACK, 1, 10001, 0, EST},
    {22, CONFIRM, RECOVERY, SV_RECOVERY_DOUBTFUL, 0, 0, EST}, /* a D-SACK could still tell that it was in vain */
    {500, CONFIRM, RECOVERY, SV_RECOVERY_OPEN, 0, 0, EST},
};

/* Fall & Floyd's four losses of one window: SACK repairs them all within a round trip, none sent twice. */
static const struct sv_line four_losses[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 2001)},
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(2, 3001, 4001, 1001, 2001)},
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(3, 5001, 6001, 3001, 4001, 1001, 2001)},
    {10, US, ACK, 1, 1, 1000, EST},
    {11, PEER, ACK, 1, 1, 0, EST, BLOCKS(3, 7001, 8001, 5001, 6001, 3001, 4001)},
    {11, US, ACK, 2001, 1, 1000, EST},
    {12, PEER, ACK, 1, 1, 0, EST, BLOCKS(3, 7001, 9001, 5001, 6001, 3001, 4001)},
    {12, US, ACK, 4001, 1, 1000, EST},
    {13, PEER, ACK, 1, 1, 0, EST, BLOCKS(3, 7001, 10001, 5001, 6001, 3001, 4001)},
    {13, US, ACK, 6001, 1, 1000, EST},
    {20, PEER, ACK, 1, 2001, 0, EST, BLOCKS(3, 7001, 10001, 5001, 6001, 3001, 4001)},
    {21, PEER, ACK, 1, 4001, 0, EST, BLOCKS(2, 7001, 10001, 5001, 6001)},
    {22, PEER, ACK, 1, 6001, 0, EST, BLOCKS(1, 7001, 10001)},
    {23, PEER, ACK, 1, 10001, 0, EST},
    {24, CONFIRM, LOST, 0, 0, 0, EST},
    {500, WAIT, 0, 0, 0, 0, EST},
};
/* RFC 3042 with SACK: what has left the network makes room; and it was reordering, not loss. */
static const struct sv_line limited_transmit[] = {
    {0, CALL, SEND, 12000, 12000, SV_OK, EST},
    FLIGHT(0),
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 2001)},
    {10, US, ACK, 10001, 1, 1000, EST},
    {11, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 3001)},
    {11, US, ACK, 11001, 1, 1000, EST},
    {12, PEER, ACK, 1, 3001, 0, EST},
    {12, CONFIRM, REORDERING, 3, 0, 0, EST},
    {12, CONFIRM, RECOVERY, SV_RECOVERY_OPEN, 0, 0, EST},
    {20, PEER, ACK, 1, 12001, 0, EST},
};
/* RFC 8985 §6.2: one SACK of the last segment. A fourth of the smallest round trip later what was sent before it is
 * lost; duplicates alone would never say so. */
static const struct sv_line rack_timer[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 3001, 4001)},
    {11, CONFIRM, REORDER_US, 2500, 0, 0, EST},
    {13, US, ACK, 1, 1, 1000, EST},
    {13, CONFIRM, RECOVERY, SV_RECOVERY_RESENDING, 0, 0, EST},
    {13, CONFIRM, LOST, 2000, 0, 0, EST},
    {23, PEER, ACK, 1, 1001, 0, EST, BLOCKS(1, 3001, 4001)},
    {23, US, ACK, 1001, 1, 1000, EST},
    {23, US, ACK, 2001, 1, 1000, EST},
    {33, PEER, ACK, 1, 4001, 0, EST},
};
/* §6.2 step 3: once reordering was seen three SACKs prove nothing, and only time does. */
static const struct sv_line rack_reordering[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 2001, 3001)},
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 3001)}, /* late, not lost */
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 4001)},
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 6001)},
    {10, CONFIRM, RECOVERY, SV_RECOVERY_DOUBTFUL, 0, 0, EST},
    {11, PEER, ACK, 1, 6001, 0, EST}, /* so was the first */
    {12, PEER, ACK, 1, 10001, 0, EST},
    {12, CONFIRM, RECOVERY, SV_RECOVERY_OPEN, 0, 0, EST},
    {500, WAIT, 0, 0, 0, 0, EST},
};
/* ... for as long as the connection lasts: §6.2 step 3 has no end to it, and silence is none. */
static const struct sv_line reordering_is_kept[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 2001, 3001)},
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 3001)}, /* late, not lost */
    {11, PEER, ACK, 1, 10001, 0, EST},
    {11, CONFIRM, REORDERING, 3, 0, 0, EST},
    {60000, CONFIRM, REORDERING, 3, 0, 0, EST},
    {60000, CALL, SEND, 5000, 5000, SV_OK, EST},
    {60000, US, ACK, 10001, 1, 1000, EST},
    {60000, US, ACK, 11001, 1, 1000, EST},
    {60000, US, ACK, 12001, 1, 1000, EST},
    {60000, US, ACK, 13001, 1, 1000, EST},
    {60000, US, ACK | PSH, 14001, 1, 1000, EST},
    {60010, PEER, ACK, 1, 10001, 0, EST, BLOCKS(1, 11001, 15001)}, /* four behind it: no proof */
    {60010, CONFIRM, RECOVERY, SV_RECOVERY_DOUBTFUL, 0, 0, EST},
    {60011, PEER, ACK, 1, 15001, 0, EST},
};
/* §6.2: the retransmission is lost too, and what was sent after it arrives: sent again without an RTO. */
static const struct sv_line rack_lost_again[] = {
    {0, CALL, SEND, 20000, 20000, SV_OK, EST},
    FLIGHT(0),
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 4001)},
    {10, US, ACK, 1, 1, 1000, EST}, /* lost again */
    {10, US, ACK, 10001, 1, 1000, EST}, /* RFC 9937: three delivered let half as much go, in whole segments */
    {12, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 10001)},
    {12, US, ACK, 11001, 1, 1000, EST}, /* up to ssthresh, 5000, in the network */
    {12, US, ACK, 12001, 1, 1000, EST},
    {12, US, ACK, 13001, 1, 1000, EST},
    {22, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 14001)},
    {22, US, ACK, 1, 1, 1000, EST},
    {22, US, ACK, 14001, 1, 1000, EST},
    {22, US, ACK, 15001, 1, 1000, EST},
    {22, US, ACK, 16001, 1, 1000, EST},
    {22, US, ACK, 17001, 1, 1000, EST},
    {32, PEER, ACK, 1, 18001, 0, EST},
    {32, US, ACK, 18001, 1, 1000, EST},
    {32, US, ACK | PSH, 19001, 1, 1000, EST},
    {42, PEER, ACK, 1, 20001, 0, EST},
};

/* --- the tail: RFC 8985 §7 --- */

/* The last two of four are lost: nobody says so. Two round trips later the last goes again, its SACK tells of the
 * other. */
static const struct sv_line tail_loss[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {10, PEER, ACK, 1, 2001, 0, EST},
    {32, US, ACK | PSH, 3001, 1, 1000, EST},
    {32, CONFIRM, RECOVERY, SV_RECOVERY_DOUBTFUL, 0, 0, EST},
    {42, PEER, ACK, 1, 2001, 0, EST, BLOCKS(1, 3001, 4001)},
    {42, US, ACK, 2001, 1, 1000, EST},
    {42, CONFIRM, RECOVERY, SV_RECOVERY_RESENDING, 0, 0, EST},
    {52, PEER, ACK, 1, 4001, 0, EST},
    {1000, WAIT, 0, 0, 0, 0, EST},
};
/* New data is a better probe than old, though the congestion window is full. */
static const struct sv_line tail_probe_new[] = {
    {0, CALL, SEND, 12000, 12000, SV_OK, EST},
    FLIGHT(0),
    {22, US, ACK, 10001, 1, 1000, EST},
    {32, PEER, ACK, 1, 10001, 0, EST},
    {32, US, ACK | PSH, 11001, 1, 1000, EST},
    {42, PEER, ACK, 1, 12001, 0, EST},
};
/* §7.4.2: the probe alone repaired the loss: congestion control hears of it when an acknowledgement goes beyond. */
static const struct sv_line tail_repaired[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {10, PEER, ACK, 1, 3001, 0, EST},
    {10, CONFIRM, CWND, 10000, 0, 0, EST},
    {210, US, ACK | PSH, 3001, 1, 1000, EST}, /* one segment: its acknowledgement might be delayed */
    {220, PEER, ACK, 1, 4001, 0, EST},
    {221, CALL, SEND, 1000, 1000, SV_OK, EST},
    {221, US, ACK | PSH, 4001, 1, 1000, EST},
    {231, PEER, ACK, 1, 5001, 0, EST},
    {231, CONFIRM, CWND, 2000, 0, 0, EST},
};
/* ... and the D-SACK says that nothing had been lost. */
static const struct sv_line tail_in_vain[] = {
    {0, CALL, SEND, 4000, 4000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK, 2001, 1, 1000, EST},
    {0, US, ACK | PSH, 3001, 1, 1000, EST},
    {22, US, ACK | PSH, 3001, 1, 1000, EST},
    {25, PEER, ACK, 1, 4001, 0, EST},
    {32, PEER, ACK, 1, 4001, 0, EST, BLOCKS(1, 3001, 4001)},
    {33, CALL, SEND, 1000, 1000, SV_OK, EST},
    {33, US, ACK | PSH, 4001, 1, 1000, EST},
    {43, PEER, ACK, 1, 5001, 0, EST},
    {43, CONFIRM, CWND, 10000, 0, 0, EST},
};
/* The FIN is the tail. */
static const struct sv_line tail_fin[] = {
    {0, CALL, SEND, 1500, 1500, SV_OK, EST},
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, ACK, 1, 1, 1000, SV_FIN_WAIT_1},
    {0, US, FIN | ACK, 1001, 1, 500, SV_FIN_WAIT_1},
    {22, US, FIN | ACK, 1001, 1, 500, SV_FIN_WAIT_1},
    {32, PEER, ACK, 1, 1, 0, SV_FIN_WAIT_1, BLOCKS(1, 1001, 1502)},
    {32, US, ACK, 1, 1, 1000, SV_FIN_WAIT_1},
    {42, PEER, ACK, 1, 1502, 0, SV_FIN_WAIT_2},
};
/* After the probe the RTO, and after that nothing is probed. */
static const struct sv_line probe_then_rto[] = {
    {0, CALL, SEND, 2000, 2000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK | PSH, 1001, 1, 1000, EST},
    {22, US, ACK | PSH, 1001, 1, 1000, EST},
    {222, US, ACK, 1, 1, 1000, EST},
    {622, US, ACK, 1, 1, 1000, EST},
    {632, PEER, ACK, 1, 2001, 0, EST},
    {2000, WAIT, 0, 0, 0, 0, EST},
};

/* --- was it congestion? --- */

/* RFC 5682 §3: the timeout was early. The first acknowledgement after it lets new data go, not old; the second tells
 * that what was sent once arrives: window and threshold are as before. */
static const struct sv_line frto_spurious[] = {
    {0, CALL, SEND, 20000, 20000, SV_OK, EST},
    FLIGHT(0),
    {22, US, ACK, 10001, 1, 1000, EST}, /* the probe */
    {222, US, ACK, 1, 1, 1000, EST},
    {222, CONFIRM, RECOVERY, SV_RECOVERY_LOSS, 0, 0, EST},
    {230, PEER, ACK, 1, 1001, 0, EST, .options = O_ECR_AT, .ecr = 222}, /* of either */
    {230, US, ACK, 11001, 1, 1000, EST},
    {230, US, ACK, 12001, 1, 1000, EST},
    {232, PEER, ACK, 1, 3001, 0, EST, .options = O_ECR_AT, .ecr = 222},
    {232, US, ACK, 13001, 1, 1000, EST}, /* slow start goes on: more than half of the window was in use */
    {232, US, ACK, 14001, 1, 1000, EST},
    {232, CONFIRM, RECOVERY, SV_RECOVERY_OPEN, 0, 0, EST},
    {232, CONFIRM, LOST, 0, 0, 0, EST},
    {232, CONFIRM, SSTHRESH, 4294967295u, 0, 0, EST},
};

/* The same without SACK of anything beyond: step 2 a. Nothing new waits to be sent (2 c), so all goes on as ever. */
static const struct sv_line frto_nothing_new[] = {
    {0, CALL, SEND, 3000, 3000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK, 1001, 1, 1000, EST},
    {0, US, ACK | PSH, 2001, 1, 1000, EST},
    {22, US, ACK | PSH, 2001, 1, 1000, EST},
    {222, US, ACK, 1, 1, 1000, EST},
    {232, PEER, ACK, 1, 1001, 0, EST},
    {232, US, ACK, 1001, 1, 1000, EST},
    {232, US, ACK | PSH, 2001, 1, 1000, EST},
    {242, PEER, ACK, 1, 3001, 0, EST},
};
/* Step 3 a: the new segments arrive and what is missing does not: the timeout was right. */
static const struct sv_line frto_genuine[] = {
    {0, CALL, SEND, 20000, 20000, SV_OK, EST},
    FLIGHT(0),
    {22, US, ACK, 10001, 1, 1000, EST},
    {222, US, ACK, 1, 1, 1000, EST},
    {232, PEER, ACK, 1, 1001, 0, EST},
    {232, US, ACK, 11001, 1, 1000, EST},
    {232, US, ACK, 12001, 1, 1000, EST},
    {242, PEER, ACK, 1, 1001, 0, EST, BLOCKS(1, 11001, 12001)},
    {242, US, ACK, 1001, 1, 1000, EST},
    {242, CONFIRM, RECOVERY, SV_RECOVERY_LOSS, 0, 0, EST},
    {242, PEER, ACK, 1, 1001, 0, EST, BLOCKS(1, 11001, 13001)},
    {242, US, ACK, 2001, 1, 1000, EST},
    {252, PEER, ACK, 1, 2001, 0, EST, BLOCKS(1, 11001, 13001)},
    {252, US, ACK, 3001, 1, 1000, EST},
    {252, US, ACK, 4001, 1, 1000, EST},
};
/* RFC 3522, RFC 4015: the segment was late, and its acknowledgement echoes its own timestamp, not the copy's. */
static const struct sv_line eifel_fast[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 2001)},
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 4001)},
    {10, US, ACK, 1, 1, 1000, EST},
    {10, CONFIRM, RECOVERY, SV_RECOVERY_RESENDING, 0, 0, EST},
    {12, PEER, ACK, 1, 4001, 0, EST, .options = O_ECR_AT, .ecr = 0},
    {12, CONFIRM, RECOVERY, SV_RECOVERY_OPEN, 0, 0, EST},
    {12, CONFIRM, CWND, 10000, 0, 0, EST},
    {12, CONFIRM, SSTHRESH, 4294967295u, 0, 0, EST},
};
/* What so came after the rest was reordering, though it was sent again: three SACKs prove nothing any more (RFC 8985
 * §6.2 step 3, where RACK.reordering_seen asks for a segment whose acknowledgement is not ambiguous). */
static const struct sv_line eifel_reordering[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 4001)},
    {10, US, ACK, 1, 1, 1000, EST},
    {12, PEER, ACK, 1, 4001, 0, EST, .options = O_ECR_AT, .ecr = 0},
    {12, CONFIRM, RECOVERY, SV_RECOVERY_OPEN, 0, 0, EST},
    {12, CONFIRM, REORDERING, 4, 0, 0, EST},
    {13, PEER, ACK, 1, 4001, 0, EST, BLOCKS(1, 5001, 8001)},
    {13, CONFIRM, RECOVERY, SV_RECOVERY_DOUBTFUL, 0, 0, EST},
    {15, PEER, ACK, 1, 8001, 0, EST},
    {15, CONFIRM, CWND, 10000, 0, 0, EST},
};
/* RFC 4015 §3.3: and after a timeout the round trip is what it was found to be. */
static const struct sv_line eifel_timeout[] = {
    {0, CALL, SEND, 2000, 2000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK | PSH, 1001, 1, 1000, EST},
    {22, US, ACK | PSH, 1001, 1, 1000, EST},
    {222, US, ACK, 1, 1, 1000, EST},
    {300, PEER, ACK, 1, 1001, 0, EST, .options = O_ECR_AT, .ecr = 0},
    {300, CONFIRM, SRTT_US, 300000, 0, 0, EST},
    {300, CONFIRM, RTO_US, 900000, 0, 0, EST},
    {300, CONFIRM, CWND, 10000, 0, 0, EST},
    {320, PEER, ACK, 1, 2001, 0, EST, .options = O_ECR_AT, .ecr = 0},
};
/* D-SACK for all that was sent again: it was in vain, so it was not congestion. */
static const struct sv_line dsack_undo[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 4001)},
    {10, US, ACK, 1, 1, 1000, EST},
    {11, PEER, ACK, 1, 10001, 0, EST},
    {11, CONFIRM, SSTHRESH, 5000, 0, 0, EST},
    {20, PEER, ACK, 1, 10001, 0, EST, BLOCKS(1, 1, 1001)},
    {20, CONFIRM, SSTHRESH, 4294967295u, 0, 0, EST},
    {20, CONFIRM, CWND, 10000, 0, 0, EST},
    {20, CONFIRM, RECOVERY, SV_RECOVERY_OPEN, 0, 0, EST},
};
/* One of two came twice: the other was needed. */
static const struct sv_line dsack_of_half[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 2001, 5001)},
    {10, US, ACK, 1, 1, 1000, EST},
    {11, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 2001, 7001)},
    {11, US, ACK, 1001, 1, 1000, EST},
    {20, PEER, ACK, 1, 10001, 0, EST, BLOCKS(1, 1, 1001)},
    {20, CONFIRM, SSTHRESH, 5000, 0, 0, EST},
    {30, CONFIRM, CWND, 5000, 0, 0, EST},
};

/* --- lies --- */

/* SACK of what was never sent, and upside down: not heeded, each counted. What is true in the same segment is. */
static const struct sv_line sack_of_unsent[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 10001, 12001), .drop = SV_DROP_TCP_SACK_INVALID},
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 9001, 10002), .drop = SV_DROP_TCP_SACK_INVALID},
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(2, 1001, 2001, 5001, 4001), .drop = SV_DROP_TCP_SACK_INVALID},
    {10, CONFIRM, SACKED, 1000, 0, 0, EST},
    {11, PEER, ACK, 1, 10001, 0, EST},
};
/* Blocks that overlap count once; a block below SND.UNA is old, one across it counts from there. */
static const struct sv_line sack_overlapping[] = {
    TEN,
    {10, PEER, ACK, 1, 1001, 0, EST, BLOCKS(3, 4001, 6001, 5001, 7001, 4001, 7001)},
    {10, US, ACK, 1001, 1, 1000, EST},
    {10, US, ACK, 2001, 1, 1000, EST},
    {10, CONFIRM, SACKED, 3000, 0, 0, EST},
    {11, PEER, ACK, 1, 2001, 0, EST, BLOCKS(2, 4001, 7001, 1, 3001)},
    {11, US, ACK, 3001, 1, 1000, EST},
    {11, CONFIRM, SACKED, 4000, 0, 0, EST},
};
/* Half a segment SACKed is none: whoever says that has not the segments that were sent. */
static const struct sv_line sack_of_crumbs[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(3, 1002, 1003, 3500, 4500, 9999, 10001)},
    {10, CONFIRM, SACKED, 0, 0, 0, EST},
    {11, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 4500, 7500)},
    {11, CONFIRM, SACKED, 2000, 0, 0, EST},
    {12, PEER, ACK, 1, 10001, 0, EST},
};
/* RFC 2018 §8: the peer throws away what it had SACKed, its acknowledgement stops right before it. It has half a round
 * trip, 10 ms at least, to say otherwise; then nothing of what it SACKed is believed. */
static const struct sv_line reneged[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 1001, 10001)},
    {10, US, ACK, 1, 1, 1000, EST},
    {20, PEER, ACK, 1, 1001, 0, EST},
    {30, US, ACK, 1001, 1, 1000, EST},
    {30, CONFIRM, SACKED, 0, 0, 0, EST},
    {30, CONFIRM, LOST, 8000, 0, 0, EST},
    {40, PEER, ACK, 1, 2001, 0, EST},
    {40, US, ACK, 2001, 1, 1000, EST},
    {40, US, ACK, 3001, 1, 1000, EST},
    {50, PEER, ACK, 1, 10001, 0, EST},
};
/* An acknowledgement of what was never sent acknowledges nothing (RFC 5961 §5), and its blocks are not read. */
static const struct sv_line optimistic_ack[] = {
    TEN,
    {10, PEER, ACK, 1, 10002, 0, EST, BLOCKS(1, 1001, 4001), .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {10, US, ACK, 10001, 1, 0, EST},
    {10, CONFIRM, SACKED, 0, 0, 0, EST},
    {11, PEER, ACK, 1, 10001, 0, EST},
};
/* An acknowledgement that was overtaken still brings its blocks. */
static const struct sv_line old_ack_new_blocks[] = {
    TEN,
    {10, PEER, ACK, 1, 4001, 0, EST, BLOCKS(1, 8001, 9001)},
    {11, PEER, ACK, 1, 3001, 0, EST, BLOCKS(1, 5001, 7001)},
    {11, CONFIRM, SACKED, 3000, 0, 0, EST},
    {12, PEER, ACK, 1, 10001, 0, EST},
};

/* --- receiving: RFC 2883 --- */

/* §4.1.1: a duplicate below the acknowledgement, told of once. */
static const struct sv_line dsack_below[] = {
    {0, PEER, ACK, 1, 1, 500, EST},
    {40, US, ACK, 1, 501, 0, EST, .options = O_TS},
    {45, PEER, ACK, 1, 1, 500, EST, .drop = SV_DROP_TCP_OLD},
    {45, US, ACK, 1, 501, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {1, 501}},
    {46, PEER, ACK, 501, 1, 500, EST},
    {86, US, ACK, 1, 1001, 0, EST, .options = O_TS},
};
/* §4.2: of a segment that is new in part, the part that is not. */
static const struct sv_line dsack_part[] = {
    {0, PEER, ACK, 1, 1, 500, EST},
    {40, US, ACK, 1, 501, 0, EST, .options = O_TS},
    {50, PEER, ACK, 1, 1, 800, EST},
    {50, US, ACK, 1, 801, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {1, 501}},
};
/* §4.1.2: above it, with the block that holds it behind. */
static const struct sv_line dsack_above[] = {
    {0, PEER, ACK, 501, 1, 500, EST},
    {0, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {501, 1001}},
    {1, PEER, ACK, 1001, 1, 500, EST},
    {1, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .sacks = 1, .sack = {501, 1501}},
    {2, PEER, ACK, 501, 1, 500, EST, .drop = SV_DROP_TCP_DUPLICATE},
    {2, US, ACK, 1, 1, 0, EST, .options = O_TS | O_SACK, .sacks = 2, .sack = {501, 1001, 501, 1501}},
    {3, PEER, ACK, 1, 1, 500, EST},
    {3, US, ACK, 1, 1501, 0, EST, .options = O_TS},
};

/* --- timers --- */

/* RFC 7765: two in flight; the acknowledgement of the first starts the timer from when the second was sent. */
static const struct sv_line rto_restart[] = {
    {0, CALL, SEND, 2000, 2000, SV_OK, EST},
    {0, US, ACK, 1, 1, 1000, EST},
    {0, US, ACK | PSH, 1001, 1, 1000, EST},
    {22, US, ACK | PSH, 1001, 1, 1000, EST},
    {32, PEER, ACK, 1, 1001, 0, EST}, /* the probe is out: no second one, so the RTO, from when that was sent */
    {222, US, ACK | PSH, 1001, 1, 1000, EST},
    {232, PEER, ACK, 1, 2001, 0, EST},
};
/* The peer's window closes over what is in flight: only the first is sent again, until it opens. */
static const struct sv_line window_shrinks[] = {
    TEN,
    {10, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 7001, 10001), .win = WIN(500)}, /* 2000 bytes: scale 2 */
    {10, US, ACK, 1, 1, 1000, EST},
    {10, US, ACK, 1001, 1, 1000, EST},
    {11, PEER, ACK, 1, 1, 0, EST, BLOCKS(1, 7001, 10001), .win = WIN(0)},
    {20, PEER, ACK, 1, 1001, 0, EST, BLOCKS(1, 7001, 10001), .win = WIN(0)},
    {30, PEER, ACK, 1, 2001, 0, EST, BLOCKS(1, 7001, 10001), .win = WIN(15000)},
    {30, US, ACK, 2001, 1, 1000, EST},
    {30, US, ACK, 3001, 1, 1000, EST},
    {30, US, ACK, 4001, 1, 1000, EST},
    {30, US, ACK, 5001, 1, 1000, EST},
};

#define FROM_EST .starts = SV_START(SV_ESTABLISHED), .modern = 1, .active = 1, .congestion = SV_CC_RENO
static const struct sv_exchange sack_tests[] = {
    SV_EXCHANGE_WITH(third_sack, FROM_EST),
    SV_EXCHANGE_WITH(four_losses, FROM_EST),
    SV_EXCHANGE_WITH(limited_transmit, FROM_EST),
    SV_EXCHANGE_WITH(rack_timer, FROM_EST),
    SV_EXCHANGE_WITH(rack_reordering, FROM_EST),
    SV_EXCHANGE_WITH(reordering_is_kept, FROM_EST),
    SV_EXCHANGE_WITH(rack_lost_again, FROM_EST),
    SV_EXCHANGE_WITH(tail_loss, FROM_EST),
    SV_EXCHANGE_WITH(tail_probe_new, FROM_EST),
    SV_EXCHANGE_WITH(tail_repaired, FROM_EST),
    SV_EXCHANGE_WITH(tail_in_vain, FROM_EST),
    SV_EXCHANGE_WITH(tail_fin, FROM_EST),
    SV_EXCHANGE_WITH(probe_then_rto, FROM_EST),
    SV_EXCHANGE_WITH(frto_spurious, FROM_EST),
    SV_EXCHANGE_WITH(frto_nothing_new, FROM_EST),
    SV_EXCHANGE_WITH(frto_genuine, FROM_EST),
    SV_EXCHANGE_WITH(eifel_fast, FROM_EST),
    SV_EXCHANGE_WITH(eifel_reordering, FROM_EST),
    SV_EXCHANGE_WITH(eifel_timeout, FROM_EST),
    SV_EXCHANGE_WITH(dsack_undo, FROM_EST),
    SV_EXCHANGE_WITH(dsack_of_half, FROM_EST),
    SV_EXCHANGE_WITH(sack_of_unsent, FROM_EST),
    SV_EXCHANGE_WITH(sack_overlapping, FROM_EST),
    SV_EXCHANGE_WITH(sack_of_crumbs, FROM_EST),
    SV_EXCHANGE_WITH(reneged, FROM_EST),
    SV_EXCHANGE_WITH(optimistic_ack, FROM_EST),
    SV_EXCHANGE_WITH(old_ack_new_blocks, FROM_EST),
    SV_EXCHANGE_WITH(dsack_below, FROM_EST),
    SV_EXCHANGE_WITH(dsack_part, FROM_EST),
    SV_EXCHANGE_WITH(dsack_above, FROM_EST),
    SV_EXCHANGE_WITH(rto_restart, FROM_EST),
    SV_EXCHANGE_WITH(window_shrinks, FROM_EST),
};
SV_EXCHANGE_GROUP(sack, sack_tests);
