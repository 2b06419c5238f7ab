/* SPDX-License-Identifier: BSD-2-Clause */
/* Other ways to open, and full queues: SYN cookies (RFC 4987), deferred listeners, Fast Open (RFC 7413); and the
 * handshakes that are wrong on purpose, which a simulated host alone can be asked for. */
#include "l4_transport/tcp_teach.h"
#include "tests/support/exchange.h"

#define EST SV_ESTABLISHED
#define RCVD SV_SYN_RECEIVED

/* --- SYN cookies --- */

#define COOKIES .knob = {{"tcp_syncookies", "2"}}
/* No record until the third message; the timestamp has kept scale and SACK. */
static const struct sv_line cookie[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_LISTEN, .options = O_MSS | O_SCALE | O_SACK_OK | O_TS, .mss = 1012, .scale = 2, .ts = 1},
    {0, US, SYN | ACK, 0, 1, 0, SV_LISTEN},
    {10, PEER, ACK, 1, 1, 0, EST},
    {10, US, ACK, 1, 1, 0, EST}, /* lest an old third message open half a connection */
    {10, CALL, ACCEPT, 0, 0, SV_OK, EST},
    {10, CONFIRM, SEND_WINDOW, 240000, 0, 0, EST},
};
/* It is the third message that brings a cookie back, not a SYN,ACK; and not one that names another number. */
static const struct sv_line cookie_by_syn_ack[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_LISTEN, .options = O_MSS, .mss = 1000},
    {0, US, SYN | ACK, 0, 1, 0, SV_LISTEN},
    {10, PEER, SYN | ACK, 1, 1, 0, SV_LISTEN, .drop = SV_DROP_TCP_LISTEN_ACK},
    {10, US, RST, 1, 0, 0, SV_LISTEN},
    {20, PEER, ACK, 1, 2, 0, SV_LISTEN, .drop = SV_DROP_TCP_LISTEN_ACK},
    {20, US, RST, 2, 0, 0, SV_LISTEN},
    {30, PEER, ACK, 1, 1, 0, EST},
    {30, US, ACK, 1, 1, 0, EST},
};

/* --- a full queue --- */

#define TWO_HALF_OPEN                                                                             \
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN}, {0, PEER, SYN, 0, 0, 0, RCVD},                     \
        {0, US, SYN | ACK, 0, 1, 0, RCVD}, {1, PEER, SYN, 0, 0, 0, RCVD, .to = 1},                \
        {1, US, SYN | ACK, 0, 1, 0, RCVD, .to = 1}, {                                             \
        10, PEER, ACK, 1, 1, 0, RCVD, .to = 1                                                     \
    }
/* The third message finds the queue full: it is ignored, and the SYN,ACK comes again. */
static const struct sv_line overflow_ignores[] = {
    TWO_HALF_OPEN,
    {20, PEER, ACK, 1, 1, 0, RCVD, .drop = SV_DROP_TCP_ACCEPT_FULL},
    {500, CALL, ACCEPT, 0, 0, SV_OK, RCVD},
    {1000, US, SYN | ACK, 0, 1, 0, RCVD},
    {1010, PEER, ACK, 1, 1, 0, EST},
};
/* Or, if that is wished, reset: the peer need not wait to learn. */
static const struct sv_line overflow_resets[] = {
    TWO_HALF_OPEN,
    {20, PEER, ACK, 1, 1, 0, SV_LISTEN, .drop = SV_DROP_TCP_ACCEPT_FULL},
    {20, US, RST, 1, 0, 0, SV_LISTEN},
};

/* --- a deferred listener --- */

/* Nothing is answered before the application has said yes; meanwhile only the same SYN is what it was. */
static const struct sv_line deferred_admits[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, RCVD, .event = SV_EVENT_ADMIT},
    {100, PEER, SYN, 0, 0, 0, RCVD, .drop = SV_DROP_TCP_DUPLICATE},
    {110, PEER, SYN, 5, 0, 0, RCVD, .drop = SV_DROP_TCP_NOT_ADMITTED},
    {120, PEER, ACK, 0, 1, 0, RCVD, .drop = SV_DROP_TCP_NOT_ADMITTED},
    {200, CALL, ADMIT, 0, 0, SV_OK, RCVD},
    {200, US, SYN | ACK, 0, 1, 0, RCVD},
    {210, PEER, ACK, 1, 1, 0, EST, .event = SV_EVENT_ACCEPT},
    {210, CALL, ACCEPT, 0, 0, SV_OK, EST},
};
static const struct sv_line deferred_refuses[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, RCVD},
    {100, CALL, REFUSE, SV_REFUSE_RESET, 0, SV_OK, SV_LISTEN},
    {100, US, RST | ACK, 0, 1, 0, SV_LISTEN},
    {110, PEER, SYN, 0, 0, 0, RCVD},
    {120, CALL, REFUSE, SV_REFUSE_SILENTLY, 0, SV_OK, SV_LISTEN},
    {130, PEER, SYN, 0, 0, 0, RCVD},
    {140, PEER, RST, 1, 0, 0, SV_LISTEN},
    {150, CALL, ADMIT, 0, 0, SV_ERR_AGAIN, SV_LISTEN},
};

/* --- Fast Open, the server --- */

#define SERVES                                                                                        \
    .knob = {{"tcp_fastopen", "2"}, {"tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4"}}, .fastopen = 1, \
    .two_ends = 1
/* The client has asked for a cookie, and comes back with it: what its SYN brings is there at once (§4.2.2). */
#define SYN_WITH_DATA                                                                                       \
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN}, {0, PEER, SYN, 0, 0, 0, SV_LISTEN, .to = 1, .options = O_FAST}, \
        {0, US, SYN | ACK, 0, 1, 0, SV_LISTEN, .to = 1, .options = O_MSS | O_FAST, .mss = 1460, .cookie = 8},  \
        {10, PEER, RST, 1, 0, 0, SV_LISTEN, .to = 1},                                                       \
        {100, PEER, SYN, 0, 0, 10, RCVD, .options = O_MSS | O_FAST, .mss = 1000, .cookie = 8,               \
         .event = SV_EVENT_ACCEPT},                                                                         \
        {100, US, SYN | ACK, 0, 11, 0, RCVD}, {                                                             \
        100, CALL, ACCEPT, 0, 0, SV_OK, RCVD                                                                \
    }
/* The same SYN again: our answer was lost, and comes again. Another SYN is challenged. The handshake over, nothing of
 * it is sent again, and the next may pend. */
static const struct sv_line fast_server[] = {
    SYN_WITH_DATA,
    {110, CALL, RECV, 100, 10, SV_OK, RCVD},
    {200, PEER, SYN, 0, 0, 0, RCVD, .drop = SV_DROP_TCP_DUPLICATE},
    {200, US, SYN | ACK, 0, 11, 0, RCVD},
    {210, PEER, SYN, 50, 0, 0, RCVD, .drop = SV_DROP_TCP_SYN_IN_WINDOW},
    {210, US, ACK, 1, 11, 0, RCVD},
    {220, PEER, SYN, 0, 0, 10, RCVD, .to = 1, .options = O_FAST, .cookie = 8},
    {220, US, SYN | ACK, 0, 1, 0, RCVD, .to = 1, .fresh = 1}, /* one pends already */
    {230, PEER, RST, 1, 0, 0, RCVD, .to = 1},
    {300, PEER, ACK, 11, 1, 0, EST},
    {400, PEER, SYN, 0, 0, 10, EST, .to = 1, .options = O_FAST, .cookie = 8},
    {400, US, SYN | ACK, 0, 11, 0, EST, .to = 1, .fresh = 1},
    {410, PEER, RST, 11, 0, 0, EST, .to = 1},
    {9000, CALL, SEND, 10, 10, SV_OK, EST},
    {9000, US, ACK | PSH, 1, 11, 10, EST},
    {9010, PEER, ACK, 11, 11, 0, EST},
};
/* Data goes before the third message has come. */
static const struct sv_line fast_server_answers[] = {
    SYN_WITH_DATA,
    {110, CALL, SEND, 10, 10, SV_OK, RCVD},
    {110, US, ACK | PSH, 1, 11, 10, RCVD},
    {200, PEER, ACK, 11, 11, 0, EST},
    {60000, WAIT, 0, 0, 0, 0, EST},
};

/* The third message acknowledges only our SYN, and the data was lost: its timer runs from now on. */
static const struct sv_line fast_server_data_lost[] = {
    SYN_WITH_DATA,
    {110, CALL, SEND, 10, 10, SV_OK, RCVD},
    {110, US, ACK | PSH, 1, 11, 10, RCVD},
    {200, PEER, ACK, 11, 1, 0, EST},
    {1200, US, ACK | PSH, 1, 11, 10, EST},
    {1210, PEER, ACK, 11, 11, 0, EST},
};

/* It brings a wider window than the SYN did: what waited for that goes. */
static const struct sv_line fast_server_window[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_LISTEN, .to = 1, .options = O_FAST},
    {0, US, SYN | ACK, 0, 1, 0, SV_LISTEN, .to = 1},
    {10, PEER, RST, 1, 0, 0, SV_LISTEN, .to = 1},
    {100, PEER, SYN, 0, 0, 10, RCVD, .options = O_MSS | O_FAST, .mss = 1000, .cookie = 8, .win = WIN(1000)},
    {100, US, SYN | ACK, 0, 11, 0, RCVD},
    {100, CALL, ACCEPT, 0, 0, SV_OK, RCVD},
    {110, CALL, SEND, 2000, 2000, SV_OK, RCVD},
    {110, US, ACK, 1, 11, 1000, RCVD},
    {200, PEER, ACK, 11, 1, 0, EST, .win = WIN(2000)},
    {200, US, ACK | PSH, 1001, 11, 1000, EST},
    {210, PEER, ACK, 11, 2001, 0, EST},
};

/* The third message is no duplicate acknowledgement of the data behind our SYN (RFC 5681 §2): three more are needed. */
static const struct sv_line fast_server_duplicates[] = {
    SYN_WITH_DATA,
    {110, CALL, SEND, 4000, 4000, SV_OK, RCVD},
    {110, US, ACK, 1, 11, 1000, RCVD},
    {110, US, ACK, 1001, 11, 1000, RCVD},
    {110, US, ACK, 2001, 11, 1000, RCVD},
    {110, US, ACK | PSH, 3001, 11, 1000, RCVD},
    {200, PEER, ACK, 11, 1, 0, EST},
    {201, PEER, ACK, 11, 1, 0, EST},
    {202, PEER, ACK, 11, 1, 0, EST},
    {210, PEER, ACK, 11, 1, 0, EST},
    {210, US, ACK, 1, 11, 1000, EST},
    {220, PEER, ACK, 11, 4001, 0, EST},
};

/* --- Fast Open, the client --- */

#define ASKS .knob = {{"tcp_fastopen", "1"}}
#define WITH_COOKIE .options = O_MSS | O_FAST, .mss = 1460, .cookie = 4
/* §4.2.1: the first SYN asks; the server gives a cookie; the connection ends. */
#define ASK                                                                                                   \
    {0, CALL, CONNECT_FAST, 100, 0, SV_OK, SV_SYN_SENT},                                                      \
        {0, US, SYN, 0, 0, 0, SV_SYN_SENT, .options = O_MSS | O_FAST, .mss = 1460},                           \
        {10, PEER, SYN | ACK, 0, 1, 0, EST, .options = O_MSS | O_FAST, .mss = 1000, .cookie = 4,              \
         .event = SV_EVENT_CONNECTED},                                                                        \
        {10, US, ACK, 1, 1, 0, EST}, {                                                                        \
        20, PEER, RST, 1, 0, 0, SV_CLOSED, .event = SV_EVENT_ERROR, .error = SV_ERR_RESET                     \
    }
/* Then data goes with the SYN, as much as the server's MSS lets beside the longest options. */
static const struct sv_line fast_client[] = {
    ASK,
    {100, CALL, CONNECT_FAST, 2000, 960, SV_OK, SV_SYN_SENT},
    {100, US, SYN, 0, 0, 960, SV_SYN_SENT, WITH_COOKIE, .fresh = 1},
    {110, PEER, SYN | ACK, 0, 961, 0, EST, .options = O_MSS, .mss = 1000},
    {110, US, ACK, 961, 1, 0, EST},
    {120, CALL, SEND, 10, 10, SV_OK, EST},
    {120, US, ACK | PSH, 961, 1, 10, EST},
    {130, PEER, ACK, 1, 971, 0, EST},
};
/* The server took the SYN and not its data: that follows. */
static const struct sv_line fast_client_not_taken[] = {
    ASK,
    {100, CALL, CONNECT_FAST, 100, 100, SV_OK, SV_SYN_SENT},
    {100, US, SYN, 0, 0, 100, SV_SYN_SENT, WITH_COOKIE, .fresh = 1},
    {110, PEER, SYN | ACK, 0, 1, 0, EST, .options = O_MSS, .mss = 1000},
    {110, US, ACK | PSH, 1, 1, 100, EST},
    {120, PEER, ACK, 1, 101, 0, EST},
};
/* Both open at once, both with data: the peer's waits (RFC 9293 §3.10.7.3), ours counts if it is acknowledged. */
#define CROSSING                                                                                            \
    {100, CALL, CONNECT_FAST, 100, 100, SV_OK, SV_SYN_SENT},                                                \
        {100, US, SYN, 0, 0, 100, SV_SYN_SENT, WITH_COOKIE, .fresh = 1},                       \
        {110, PEER, SYN, 0, 0, 50, RCVD, .options = O_MSS, .mss = 1000}, {                                  \
        110, US, SYN | ACK, 0, 1, 0, RCVD                                                                   \
    }
static const struct sv_line fast_crossed[] = {
    ASK,
    CROSSING,
    {120, PEER, SYN | ACK, 0, 101, 0, EST, .event = SV_EVENT_CONNECTED | SV_EVENT_READABLE},
    {120, US, ACK, 101, 51, 0, EST},
    {9000, CALL, SEND, 10, 10, SV_OK, EST},
    {9000, US, ACK | PSH, 101, 51, 10, EST},
    {9010, PEER, ACK, 51, 111, 0, EST},
};
static const struct sv_line fast_crossed_not_taken[] = {
    ASK,
    CROSSING,
    {120, PEER, SYN | ACK, 0, 1, 0, EST},
    {120, US, ACK | PSH, 1, 51, 100, EST},
    {130, PEER, ACK, 51, 101, 0, EST},
};
/* The same where the SYNs offer options. */
static const struct sv_line fast_crossed_options[] = {
    {0, CALL, CONNECT_FAST, 100, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, EST, .options = O_MSS | O_FAST, .mss = 1000, .cookie = 4},
    {10, US, ACK, 1, 1, 0, EST},
    {20, PEER, RST, 1, 0, 0, SV_CLOSED},
    {100, CALL, CONNECT_FAST, 100, 100, SV_OK, SV_SYN_SENT},
    {100, US, SYN, 0, 0, 100, SV_SYN_SENT, .fresh = 1},
    {110, PEER, SYN, 0, 0, 50, RCVD, .options = O_MSS, .mss = 1000},
    {110, US, SYN | ACK, 0, 1, 0, RCVD},
    {120, PEER, SYN | ACK, 0, 1, 0, EST},
    {120, US, ACK | PSH, 1, 51, 100, EST},
    {130, PEER, ACK, 51, 101, 0, EST},
};

/* --- wrong on purpose --- */

/* A handshake of two messages, whose second is not even looked at: any SYN,ACK opens, and no third one goes out. A
 * reset that does not fit is none all the same. */
static const struct sv_line two_way_blind[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, RST | ACK, 0, 77, 0, SV_SYN_SENT, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {20, PEER, SYN | ACK, 0, 77, 0, EST, .options = O_MSS, .mss = 1000},
    {5000, WAIT, 0, 0, 0, 0, EST},
};
/* One connection's SYN offers another scale than its stack's: what is agreed on is that. */
static const struct sv_line taught_scale[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT, .options = O_MSS | O_SCALE, .mss = 1460, .scale = 3},
    {10, PEER, SYN | ACK, 0, 1, 0, EST, .options = O_MSS | O_SCALE, .mss = 1000, .scale = 1},
    {10, US, ACK, 1, 1, 0, EST, .win = WIN(2048)},
    {20, PEER, ACK, 1, 1, 0, EST},
    {20, CONFIRM, SEND_WINDOW, 120000, 0, 0, EST},
};
/* Or is not agreed on. */
static const struct sv_line taught_scale_refused[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT, .options = O_MSS | O_SCALE, .mss = 1460, .scale = 3},
    {10, PEER, SYN | ACK, 0, 1, 0, EST, .options = O_MSS, .mss = 1000},
    {10, US, ACK, 1, 1, 0, EST, .win = WIN(16384)},
};

/* CLOSING forgotten: a FIN that crosses ours moves nothing, here alone. */
static const struct sv_line no_closing[] = {
    {0, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {0, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {10, PEER, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1},
    {10, US, ACK, 2, 2, 0, SV_FIN_WAIT_1},
};
static const struct sv_line no_closing_elsewhere[] = {
    {0, PEER, FIN | ACK, 1, 1, 0, SV_CLOSE_WAIT},
    {0, US, ACK, 1, 2, 0, SV_CLOSE_WAIT},
};

static const struct sv_exchange setup[] = {
    SV_EXCHANGE_WITH(cookie, .modern = 1, COOKIES),
    SV_EXCHANGE_WITH(cookie_by_syn_ack, COOKIES),
    SV_EXCHANGE_WITH(overflow_ignores, .backlog = 1, .two_ends = 1, .knob = {{"tcp_abort_on_overflow", "0"}}),
    SV_EXCHANGE_WITH(overflow_resets, .backlog = 1, .two_ends = 1, .knob = {{"tcp_abort_on_overflow", "1"}}),
    SV_EXCHANGE_WITH(deferred_admits, .deferred = 1),
    SV_EXCHANGE_WITH(deferred_refuses, .deferred = 1),
    SV_EXCHANGE_WITH(fast_server, SERVES),
    SV_EXCHANGE_WITH(fast_server_answers, SERVES),
    SV_EXCHANGE_WITH(fast_server_data_lost, SERVES),
    SV_EXCHANGE_WITH(fast_server_window, SERVES),
    SV_EXCHANGE_WITH(fast_server_duplicates, SERVES),
    SV_EXCHANGE_WITH(fast_client, ASKS),
    SV_EXCHANGE_WITH(fast_client_not_taken, ASKS),
    SV_EXCHANGE_WITH(fast_crossed, ASKS),
    SV_EXCHANGE_WITH(fast_crossed_not_taken, ASKS),
    SV_EXCHANGE_WITH(fast_crossed_options, .profile = 1 + SV_PROFILE_MODERN, ASKS),
    SV_EXCHANGE_WITH(two_way_blind, .handshake = SV_HANDSHAKE_TWO_WAY_BLIND),
    SV_EXCHANGE_WITH(no_closing, .starts = SV_START(SV_ESTABLISHED), .flaws = SV_FLAW_NO_CLOSING),
    SV_EXCHANGE_WITH(no_closing_elsewhere, .starts = SV_START(SV_ESTABLISHED), .flaws = SV_FLAW_NO_CLOSING),
    SV_EXCHANGE_WITH(taught_scale, .taught_scale = 4),
    SV_EXCHANGE_WITH(taught_scale_refused, .taught_scale = 4),
};
SV_EXCHANGE_GROUP(setup, setup);
