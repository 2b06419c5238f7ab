/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9293 §3.5 (figures 6 to 11) and §3.10.1; options of the SYN §3.7.1. */
#include "tests/support/exchange.h"

/* Figure 6, seen from B: passive. */
static const struct sv_line passive[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .options = O_MSS, .mss = 1460, .win = WIN(16384)},
    {50, PEER, ACK, 1, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_ACCEPT},
    {50, CALL, ACCEPT, 0, 0, SV_OK, SV_ESTABLISHED},
    {50, CALL, ACCEPT, 0, 0, SV_ERR_AGAIN, SV_ESTABLISHED},
    {60, PEER, ACK, 1, 1, 100, SV_ESTABLISHED, .event = SV_EVENT_READABLE},
    {260, US, ACK, 1, 101, 0, SV_ESTABLISHED},
    {260, CALL, RECV, 100, 100, SV_OK, SV_ESTABLISHED},
};

/* Figure 6, seen from A: active. */
static const struct sv_line active[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT, .options = O_MSS, .mss = 1460, .win = WIN(16384)},
    {50, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_CONNECTED | SV_EVENT_WRITABLE},
    {50, US, ACK, 1, 1, 0, SV_ESTABLISHED, .options = O_NONE},
};

/* The answer comes later than a keepalive would go out: the third message is no probe, whose number the peer, in
 * SYN-RECEIVED, could not take (§3.8.4: a keepalive is of an idle connection). */
static const struct sv_line active_late[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {0, CALL, SET, SV_OPT_KEEPALIVE_IDLE_S, 1, SV_OK, SV_SYN_SENT},
    {1000, US, SYN, 0, 0, 0, SV_SYN_SENT, .slack_ms = 11},
    {1500, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_CONNECTED | SV_EVENT_WRITABLE},
    {1500, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {2500, US, ACK, 0, 1, 0, SV_ESTABLISHED, .slack_ms = 11},
};

/* Figure 7: simultaneous open. */
static const struct sv_line simultaneous[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {10, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {20, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_CONNECTED},
    {30, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {30, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {40, PEER, ACK, 1, 11, 0, SV_ESTABLISHED},
};

/* ... where the peer has had our SYN,ACK first and answers with a plain ACK. */
static const struct sv_line simultaneous_ack[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {10, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {20, PEER, ACK, 1, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_CONNECTED},
};

/* The SYN,ACK of a simultaneous open is lost and repeated. */
static const struct sv_line simultaneous_again[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {10, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {1000, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .slack_ms = 11},
    {1020, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED},
};

/* What begins before the window and ends within it is acceptable, and its ACK of nothing is reset (§3.10.7.4 fifth). */
static const struct sv_line simultaneous_overlap[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {10, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {20, PEER, ACK, 0, 1000, 10, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {20, US, RST, 1000, 0, 0, SV_SYN_RECEIVED},
    {30, PEER, ACK, 0, 1000, 0, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_OLD},
    {30, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {40, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_CONNECTED},
};

/* ... whose window, as any SYN's, is never scaled: what lies beyond it is not taken, though the buffer had room (RFC
 * 7323 §2.2, §3.10.7.4 first). */
static const struct sv_line simultaneous_window[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT, .win = WIN(65535)},
    {10, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED, .options = O_SCALE, .scale = 7},
    {10, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .win = WIN(65535)},
    {20, PEER, ACK, 1 + 65535, 1, 100, SV_SYN_RECEIVED, .drop = SV_DROP_TCP_BEYOND_WINDOW},
    {20, US, ACK, 1, 1, 0, SV_SYN_RECEIVED},
    {30, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_CONNECTED},
};

/* §3.10.7.3: other controls and text of the SYN are queued, and processed once the connection is established; so they
 * are not acknowledged before. */
#define CROSSES(flags, len)                                                                             \
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT}, {0, US, SYN, 0, 0, 0, SV_SYN_SENT},                   \
        {10, PEER, SYN | (flags), 0, 0, len, SV_SYN_RECEIVED}, {                                        \
        10, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED                                                     \
    }
static const struct sv_line simultaneous_text[] = {
    CROSSES(0, 100),
    {15, CALL, RECV, 100, 0, SV_ERR_AGAIN, SV_SYN_RECEIVED},
    {20, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_CONNECTED | SV_EVENT_READABLE},
    {20, US, ACK, 1, 101, 0, SV_ESTABLISHED},
    {30, CALL, RECV, 200, 100, SV_OK, SV_ESTABLISHED},
};
/* ... and what comes again is nothing new. */
static const struct sv_line simultaneous_text_twice[] = {
    CROSSES(0, 100),
    {20, PEER, ACK, 1, 1, 150, SV_ESTABLISHED, .event = SV_EVENT_CONNECTED | SV_EVENT_READABLE},
    {20, US, ACK, 1, 151, 0, SV_ESTABLISHED, .slack_ms = 220},
    {300, CALL, RECV, 200, 150, SV_OK, SV_ESTABLISHED},
};
static const struct sv_line simultaneous_fin[] = {
    CROSSES(FIN, 10),
    {20, PEER, ACK, 12, 1, 0, SV_CLOSE_WAIT, .event = SV_EVENT_CONNECTED | SV_EVENT_READABLE | SV_EVENT_PEER_FIN},
    {20, US, ACK, 1, 12, 0, SV_CLOSE_WAIT},
    {30, CALL, RECV, 20, 10, SV_OK, SV_CLOSE_WAIT},
};
static const struct sv_line simultaneous_text_refused[] = {
    CROSSES(0, 100),
    {20, PEER, RST | ACK, 1, 1, 0, SV_CLOSED, .event = SV_EVENT_ERROR, .error = SV_ERR_REFUSED},
};
/* Linux takes none of it (tcp_rcv_synsent_state_process()). */
static const struct sv_line simultaneous_text_not_taken[] = {
    CROSSES(0, 100),
    {20, PEER, ACK, 1, 1, 100, SV_ESTABLISHED, .event = SV_EVENT_CONNECTED | SV_EVENT_READABLE},
    {20, US, ACK, 1, 101, 0, SV_ESTABLISHED, .slack_ms = 50},
    {100, CALL, RECV, 200, 100, SV_OK, SV_ESTABLISHED},
};

/* Figure 8: an old duplicate SYN is reset by the peer, and the listener serves the real one. */
static const struct sv_line old_duplicate_syn[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 90, 0, 0, SV_SYN_RECEIVED},
    {0, US, SYN | ACK, 0, 91, 0, SV_SYN_RECEIVED},
    {10, PEER, RST, 91, 0, 0, SV_LISTEN},
    {20, PEER, SYN, 100, 0, 0, SV_SYN_RECEIVED},
    {20, US, SYN | ACK, 0, 101, 0, SV_SYN_RECEIVED, .fresh = 1},
    {30, PEER, ACK, 101, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_ACCEPT},
};

/* Figure 9: A has crashed and opens anew; B is synchronized. B's answer resets A's SYN, and A's reset ends B.
 * Here we are B. With RFC 5961 the answer is a challenge ACK: the same picture. */
static const struct sv_line half_open_discovery[] = {
    {0, PEER, SYN, 400, 0, 0, SV_ESTABLISHED, .drop = SV_DROP_TCP_SYN_IN_WINDOW},
    {0, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, PEER, RST, 1, 0, 0, SV_LISTEN, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED, .error = SV_ERR_RESET},
};

/* ... and where we are A: an ACK for what we have not sent, in SYN-SENT, is reset; our SYN goes on. */
static const struct sv_line half_open_we_crashed[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, ACK, 300, 5000, 0, SV_SYN_SENT, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {10, US, RST, 5000, 0, 0, SV_SYN_SENT},
    {1000, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {1010, PEER, SYN | ACK, 300, 1, 0, SV_ESTABLISHED},
    {1010, US, ACK, 1, 301, 0, SV_ESTABLISHED},
};

/* Figure 10: the active side of a half-open connection sends data; we know nothing of it. */
static const struct sv_line half_open_data[] = {
    {0, PEER, ACK, 100, 300, 10, SV_CLOSED, .drop = SV_DROP_TCP_NO_SOCKET},
    {0, US, RST, 300, 0, 0, SV_CLOSED},
};

/* Figure 11: an old duplicate SYN between two passive ones. */
static const struct sv_line two_passive[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {10, PEER, RST, 1, 0, 0, SV_LISTEN},
    {70000, CALL, ACCEPT, 0, 0, SV_ERR_AGAIN, SV_LISTEN},
};

/* The third message is lost; the peer's data brings its acknowledgement. */
static const struct sv_line third_by_data[] = {
    {0, PEER, ACK, 1, 1, 100, SV_ESTABLISHED, .event = SV_EVENT_ACCEPT},
    {200, US, ACK, 1, 101, 0, SV_ESTABLISHED},
    {200, CALL, ACCEPT, 0, 0, SV_OK, SV_ESTABLISHED, .event = SV_EVENT_READABLE},
    {200, CALL, RECV, 200, 100, SV_OK, SV_ESTABLISHED},
};

/* ... or its FIN. */
static const struct sv_line third_by_fin[] = {
    {0, PEER, FIN | ACK, 1, 1, 100, SV_CLOSE_WAIT, .event = SV_EVENT_ACCEPT},
    {0, US, ACK, 1, 102, 0, SV_CLOSE_WAIT},
    {10, CALL, ACCEPT, 0, 0, SV_OK, SV_CLOSE_WAIT, .event = SV_EVENT_READABLE | SV_EVENT_PEER_FIN},
    {10, CALL, RECV, 200, 100, SV_OK, SV_CLOSE_WAIT},
    {10, CALL, RECV, 200, 0, SV_ERR_EOF, SV_CLOSE_WAIT},
};

/* Our SYN,ACK is lost: the peer's SYN comes again; ours too after 1, 2, 4 s (RFC 6298 §2.1, §5.5). */
static const struct sv_line syn_ack_again[] = {
    {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {1000, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {3000, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {7000, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {7100, PEER, ACK, 1, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_ACCEPT},
};

static const struct sv_line syn_ack_given_up[] = {
    {1000, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {3000, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {7000, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {15000, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {31000, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED},
    {64000, WAIT, 0, 0, 0, 0, SV_LISTEN},
    {64000, CALL, ACCEPT, 0, 0, SV_ERR_AGAIN, SV_LISTEN},
};

/* RFC 6298 §2.1, §5.5; RFC 9293 MUST-23: at least three minutes for a SYN. */
static const struct sv_line syn_given_up[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {1000, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {3000, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {7000, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {15000, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {31000, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {63000, US, SYN, 0, 0, 0, SV_SYN_SENT, .slack_ms = 3},
    {123000, US, SYN, 0, 0, 0, SV_SYN_SENT, .slack_ms = 3},
    {179999, WAIT, 0, 0, 0, 0, SV_SYN_SENT},
    {184000, WAIT, 0, 0, 0, 0, SV_CLOSED, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED, .error = SV_ERR_TIMED_OUT},
};

/* RFC 6298 §5.7: data after a SYN that timed out starts with an RTO of 3 s; RFC 5681 §3.1: and one segment. */
static const struct sv_line syn_lost_then_data[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {1000, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {1010, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_MSS, .mss = 1000},
    {1010, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {1020, CONFIRM, CWND, 1000, 0, 0, SV_ESTABLISHED},
    {1020, CONFIRM, RTO_US, 3000000, 0, 0, SV_ESTABLISHED},
    {1020, CALL, SEND, 3000, 3000, SV_OK, SV_ESTABLISHED},
    {1020, US, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {4020, US, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {4030, PEER, ACK, 1, 3001, 0, SV_ESTABLISHED, .drop = SV_DROP_TCP_ACK_NOT_ACCEPTABLE},
    {4030, US, ACK, 1001, 1, 0, SV_ESTABLISHED},
};

/* RST to our SYN: refused. Without the right ACK it is nothing (§3.10.7.3 second). */
static const struct sv_line refused[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, RST, 0, 0, 0, SV_SYN_SENT, .drop = SV_DROP_TCP_RST_NOT_ACCEPTABLE},
    {20, PEER, RST | ACK, 0, 0, 0, SV_SYN_SENT},
    {30, PEER, RST | ACK, 0, 2, 0, SV_SYN_SENT},
    {40, PEER, RST | ACK, 0, 1, 0, SV_CLOSED, .event = SV_EVENT_ERROR | SV_EVENT_CLOSED, .error = SV_ERR_REFUSED},
};

/* §3.10.7.3: neither SYN nor RST; ACK without SYN; ACK unacceptable. */
static const struct sv_line syn_sent_rubbish[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, 0, 5, 0, 10, SV_SYN_SENT, .drop = SV_DROP_TCP_BAD_FLAGS},
    {20, PEER, ACK, 5, 1, 0, SV_SYN_SENT, .drop = SV_DROP_TCP_BAD_FLAGS},
    {25, PEER, FIN | ACK, 5, 1, 20, SV_SYN_SENT},
    {30, PEER, SYN | ACK, 5, 0, 0, SV_SYN_SENT},
    {30, US, RST, 0, 0, 0, SV_SYN_SENT},
    {40, PEER, SYN | ACK, 5, 2, 0, SV_SYN_SENT},
    {40, US, RST, 2, 0, 0, SV_SYN_SENT},
    {50, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED},
    {50, US, ACK, 1, 1, 0, SV_ESTABLISHED},
};

/* Data and FIN on the SYN,ACK go on at the sixth step. */
static const struct sv_line data_on_syn_ack[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 50, SV_ESTABLISHED},
    {10, US, ACK, 1, 51, 0, SV_ESTABLISHED},
    {10, CALL, RECV, 100, 50, SV_OK, SV_ESTABLISHED},
};
static const struct sv_line fin_on_syn_ack[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK | FIN, 0, 1, 50, SV_CLOSE_WAIT, .event = SV_EVENT_CONNECTED | SV_EVENT_PEER_FIN},
    {10, US, ACK, 1, 52, 0, SV_CLOSE_WAIT},
    {10, CALL, RECV, 100, 50, SV_OK, SV_CLOSE_WAIT},
    {10, CALL, RECV, 100, 0, SV_ERR_EOF, SV_CLOSE_WAIT},
};

/* MUST-15, MUST-6; a segment is never longer than the peer's MSS less our options. */
static const struct sv_line no_mss[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_UNKNOWN},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, CALL, SEND, 600, 600, SV_OK, SV_ESTABLISHED},
    {10, US, ACK, 1, 1, 536, SV_ESTABLISHED},
    {20, PEER, ACK, 1, 537, 0, SV_ESTABLISHED},
    {20, US, ACK | PSH, 537, 1, 64, SV_ESTABLISHED},
};
static const struct sv_line no_mss_six[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_UNKNOWN},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, CALL, SEND, 1300, 1300, SV_OK, SV_ESTABLISHED},
    {10, US, ACK, 1, 1, 1220, SV_ESTABLISHED},
    {20, PEER, ACK, 1, 1221, 0, SV_ESTABLISHED},
    {20, US, ACK | PSH, 1221, 1, 80, SV_ESTABLISHED},
};
static const struct sv_line huge_mss[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_MSS, .mss = 9000},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, CONFIRM, MSS_BYTES, 1460, 0, 0, SV_ESTABLISHED},
};
static const struct sv_line zero_mss[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_MSS, .mss = 0},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {10, CONFIRM, MSS_BYTES, 64, 0, 0, SV_ESTABLISHED},
};
static const struct sv_line broken_option[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_LISTEN, .options = O_BROKEN, .drop = SV_DROP_BAD_OPTION},
    {0, PEER, SYN, 0, 0, 0, SV_LISTEN, .bad = 1, .drop = SV_DROP_BAD_CHECKSUM},
};

/* What both offer is agreed; what one does not offer is not used. */
static const struct sv_line all_options[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT, .options = O_MSS | O_SCALE | O_SACK_OK | O_TS, .mss = 1460},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_MSS | O_SCALE | O_SACK_OK | O_TS,
        .mss = 1012, .scale = 3,
     .ts = 777, .win = WIN(1000)},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED, .options = O_TS, .ecr = 777},
    {10, CONFIRM, MSS_BYTES, 1000, 0, 0, SV_ESTABLISHED},
    {10, CONFIRM, SEND_WINDOW, 1000, 0, 0, SV_ESTABLISHED},
    {20, PEER, ACK, 1, 1, 10, SV_ESTABLISHED, .win = WIN(1000)},
    {60, US, ACK, 1, 11, 0, SV_ESTABLISHED},
    {60, CONFIRM, SEND_WINDOW, 8000, 0, 0, SV_ESTABLISHED},
};
static const struct sv_line no_options[] = {
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT},
    {0, US, SYN, 0, 0, 0, SV_SYN_SENT, .options = O_MSS | O_SCALE | O_SACK_OK | O_TS, .mss = 1460},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .options = O_MSS, .mss = 1000, .win = WIN(1000)},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED, .options = O_NONE},
    {20, PEER, ACK, 1, 1, 10, SV_ESTABLISHED, .win = WIN(1000)},
    {60, US, ACK, 1, 11, 0, SV_ESTABLISHED, .options = O_NONE},
    {60, CONFIRM, SEND_WINDOW, 1000, 0, 0, SV_ESTABLISHED},
};
static const struct sv_line passive_options[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED, .options = O_MSS | O_TS, .mss = 1012, .ts = 5000},
    {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .options = O_MSS | O_TS, .mss = 1460, .ecr = 5000},
    {10, PEER, ACK, 1, 1, 0, SV_ESTABLISHED},
};
static const struct sv_line passive_bare[] = {
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN},
    {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED},
    {0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED, .options = O_MSS, .mss = 1460},
    {10, PEER, ACK, 1, 1, 0, SV_ESTABLISHED},
};

static const struct sv_exchange opening[] = {
    SV_EXCHANGE(passive),
    SV_EXCHANGE(active),
    SV_EXCHANGE(active_late),
    SV_EXCHANGE(simultaneous),
    SV_EXCHANGE(simultaneous_ack),
    SV_EXCHANGE(simultaneous_again),
    SV_EXCHANGE(simultaneous_overlap),
    SV_EXCHANGE(simultaneous_text),
    SV_EXCHANGE(simultaneous_text_twice),
    SV_EXCHANGE(simultaneous_fin),
    SV_EXCHANGE(simultaneous_text_refused),
    SV_EXCHANGE_WITH(simultaneous_text_not_taken, .profile = 1 + SV_PROFILE_LINUX),
    SV_EXCHANGE_WITH(simultaneous_window, .profile = 1 + SV_PROFILE_MODERN, .recv_buffer = 200000),
    SV_EXCHANGE(old_duplicate_syn),
    SV_EXCHANGE_WITH(half_open_discovery, .starts = SV_START(SV_ESTABLISHED)),
    SV_EXCHANGE(half_open_we_crashed),
    SV_EXCHANGE(half_open_data),
    SV_EXCHANGE(two_passive),
    SV_EXCHANGE_WITH(third_by_data, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(third_by_fin, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(syn_ack_again, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE_WITH(syn_ack_given_up, .starts = SV_START(SV_SYN_RECEIVED)),
    SV_EXCHANGE(syn_given_up),
    SV_EXCHANGE(syn_lost_then_data),
    SV_EXCHANGE(refused),
    SV_EXCHANGE(syn_sent_rubbish),
    SV_EXCHANGE(data_on_syn_ack),
    SV_EXCHANGE(fin_on_syn_ack),
    SV_EXCHANGE_WITH(no_mss, .family = 4),
    SV_EXCHANGE_WITH(no_mss_six, .family = 6),
    SV_EXCHANGE(huge_mss),
    SV_EXCHANGE(zero_mss),
    SV_EXCHANGE(broken_option),
    SV_EXCHANGE_WITH(all_options, .modern = 1),
    SV_EXCHANGE_WITH(no_options, .modern = 1),
    SV_EXCHANGE_WITH(passive_options, .modern = 1),
    SV_EXCHANGE_WITH(passive_bare, .modern = 1),
};
SV_EXCHANGE_GROUP(opening, opening);
