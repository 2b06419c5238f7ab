/* SPDX-License-Identifier: BSD-2-Clause */
/* Data: RFC 9293 §3.7 to §3.9, §3.10.2, §3.10.3, §3.10.7.4 first and seventh. */
#include "tests/support/exchange.h"

static const struct sv_line both_ways[] = {
    {0, CALL, SEND, 100, 100, SV_OK, SV_ESTABLISHED},
    {0, US, ACK | PSH, 1, 1, 100, SV_ESTABLISHED},
    {10, PEER, ACK | PSH, 1, 101, 200, SV_ESTABLISHED, .event = SV_EVENT_READABLE},
    {10, CALL, RECV, 150, 150, SV_OK, SV_ESTABLISHED},
    {10, CALL, RECV, 150, 50, SV_OK, SV_ESTABLISHED},
    {10, CALL, RECV, 150, 0, SV_ERR_AGAIN, SV_ESTABLISHED},
    {20, CALL, SEND, 50, 50, SV_OK, SV_ESTABLISHED}, /* carries the ACK */
    {20, US, ACK | PSH, 101, 201, 50, SV_ESTABLISHED},
    {30, PEER, ACK, 201, 151, 0, SV_ESTABLISHED},
};
/* §3.8.6.3: an ACK within 500 ms, and at least for every second full segment. */
static const struct sv_line delayed_ack[] = {
    {0, PEER, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {200, US, ACK, 1, 1001, 0, SV_ESTABLISHED},
    {300, PEER, ACK, 1001, 1, 1460, SV_ESTABLISHED},
    {301, PEER, ACK, 2461, 1, 1460, SV_ESTABLISHED},
    {301, US, ACK, 1, 3921, 0, SV_ESTABLISHED},
    {302, PEER, ACK, 3921, 1, 1460, SV_ESTABLISHED},
    {502, US, ACK, 1, 5381, 0, SV_ESTABLISHED},
};
static const struct sv_line quickack[] = {
    {0, CALL, SET, SV_OPT_QUICKACK, 1, SV_OK, SV_ESTABLISHED},
    {0, PEER, ACK, 1, 1, 10, SV_ESTABLISHED},
    {0, US, ACK, 1, 11, 0, SV_ESTABLISHED},
    {1, PEER, ACK, 11, 1, 10, SV_ESTABLISHED},
    {1, US, ACK, 1, 21, 0, SV_ESTABLISHED},
    {1, CALL, RECV, 100, 20, SV_OK, SV_ESTABLISHED},
    {100, PEER, ACK, 21, 1, 10, SV_ESTABLISHED},
    {100, US, ACK, 1, 31, 0, SV_ESTABLISHED},
};
/* Out of order, overlapping in every way, and twice; each arrival that leaves a gap is acknowledged at once
 * (RFC 5681 §4.2), and so is the one that fills one. */
static const struct sv_line out_of_order[] = {
    {0, PEER, ACK, 301, 1, 100, SV_ESTABLISHED},
    {0, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {1, PEER, ACK, 101, 1, 100, SV_ESTABLISHED},
    {1, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {2, PEER, ACK, 101, 1, 300, SV_ESTABLISHED}, /* covers both and the gap */
    {2, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {3, PEER, ACK, 351, 1, 150, SV_ESTABLISHED},
    {3, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {4, PEER, ACK, 150, 1, 50, SV_ESTABLISHED, .drop = SV_DROP_TCP_DUPLICATE},
    {4, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {5, PEER, ACK, 1, 1, 120, SV_ESTABLISHED, .event = SV_EVENT_READABLE},
    {5, US, ACK, 1, 501, 0, SV_ESTABLISHED},
    {6, CALL, RECV, 1000, 500, SV_OK, SV_ESTABLISHED},
    {7, PEER, ACK, 1, 1, 500, SV_ESTABLISHED, .drop = SV_DROP_TCP_OLD},
    {7, US, ACK, 1, 501, 0, SV_ESTABLISHED},
};
static const struct sv_line many_holes[] = {
    {0, PEER, ACK, 101, 1, 50, SV_ESTABLISHED},  {0, PEER, ACK, 201, 1, 50, SV_ESTABLISHED},
    {0, PEER, ACK, 301, 1, 50, SV_ESTABLISHED},  {0, PEER, ACK, 401, 1, 50, SV_ESTABLISHED},
    {0, US, ACK, 1, 1, 0, SV_ESTABLISHED},       {1, PEER, ACK, 131, 1, 300, SV_ESTABLISHED},
    {1, US, ACK, 1, 1, 0, SV_ESTABLISHED},       {2, PEER, ACK, 1, 1, 600, SV_ESTABLISHED},
    {2, US, ACK, 1, 601, 0, SV_ESTABLISHED},     {3, CALL, RECV, 1000, 600, SV_OK, SV_ESTABLISHED},
};
static const struct sv_line before_a_range[] = { /* becomes its first packet, and joins two */
    {0, PEER, ACK, 201, 1, 100, SV_ESTABLISHED}, {0, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {1, PEER, ACK, 51, 1, 50, SV_ESTABLISHED},   {1, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {2, PEER, ACK, 151, 1, 50, SV_ESTABLISHED},  {2, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {3, PEER, ACK, 101, 1, 50, SV_ESTABLISHED},  {3, US, ACK, 1, 1, 0, SV_ESTABLISHED},
    {4, PEER, ACK, 1, 1, 50, SV_ESTABLISHED},    {4, US, ACK, 1, 301, 0, SV_ESTABLISHED},
    {4, CALL, RECV, 1000, 300, SV_OK, SV_ESTABLISHED},
};
/* Trimmed at the left edge and at the right one. The window is 2048. */
static const struct sv_line trimmed[] = {
    {0, PEER, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {1, PEER, ACK, 501, 1, 1000, SV_ESTABLISHED},
    {1, US, ACK, 1, 1501, 0, SV_ESTABLISHED, .win = WIN(548)},
    {2, PEER, ACK | FIN, 1501, 1, 1000, SV_ESTABLISHED},
    {202, US, ACK, 1, 2049, 0, SV_ESTABLISHED, .win = WIN(0)},
    {203, PEER, ACK, 2049, 1, 452, SV_ESTABLISHED},
    {203, US, ACK, 1, 2049, 0, SV_ESTABLISHED, .win = WIN(0)},
    {210, CALL, RECV, 4000, 2048, SV_OK, SV_ESTABLISHED},
    {210, US, ACK, 1, 2049, 0, SV_ESTABLISHED, .win = WIN(2048)},
    {220, PEER, ACK | FIN, 2049, 1, 452, SV_CLOSE_WAIT},
    {220, US, ACK, 1, 2502, 0, SV_CLOSE_WAIT},
    {220, CALL, RECV, 4000, 452, SV_OK, SV_CLOSE_WAIT},
};
/* PSH stands on the segment that empties what was written, §3.9.1.2. */
static const struct sv_line push[] = {
    {0, CALL, SEND, 2500, 2500, SV_OK, SV_ESTABLISHED},
    {0, US, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {0, US, ACK, 1001, 1, 1000, SV_ESTABLISHED},
    {10, PEER, ACK, 1, 2001, 0, SV_ESTABLISHED},
    {10, US, ACK | PSH, 2001, 1, 500, SV_ESTABLISHED},
};
/* Nagle, §3.7.4: one short segment in flight. */
static const struct sv_line nagle[] = {
    {0, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {0, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {1, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {2, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {10, PEER, ACK, 1, 11, 0, SV_ESTABLISHED},
    {10, US, ACK | PSH, 11, 1, 20, SV_ESTABLISHED},
    {20, CALL, SEND, 1500, 1500, SV_OK, SV_ESTABLISHED}, /* a full one may go */
    {20, US, ACK, 31, 1, 1000, SV_ESTABLISHED},
    {30, PEER, ACK, 1, 1031, 0, SV_ESTABLISHED},
    {30, US, ACK | PSH, 1031, 1, 500, SV_ESTABLISHED},
};
static const struct sv_line nodelay[] = {
    {0, CALL, SET, SV_OPT_NODELAY, 1, SV_OK, SV_ESTABLISHED},
    {0, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {0, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {1, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {1, US, ACK | PSH, 11, 1, 10, SV_ESTABLISHED},
};
static const struct sv_line cork[] = {
    {0, CALL, SET, SV_OPT_CORK, 1, SV_OK, SV_ESTABLISHED},
    {0, CALL, SEND, 600, 600, SV_OK, SV_ESTABLISHED},
    {100, CALL, SEND, 600, 600, SV_OK, SV_ESTABLISHED},
    {100, US, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {110, PEER, ACK, 1, 1001, 0, SV_ESTABLISHED},
    {200, CALL, SET, SV_OPT_CORK, 0, SV_OK, SV_ESTABLISHED},
    {200, US, ACK | PSH, 1001, 1, 200, SV_ESTABLISHED},
};
static const struct sv_line cork_close[] = {
    {0, CALL, SET, SV_OPT_CORK, 1, SV_OK, SV_ESTABLISHED},
    {0, CALL, SEND, 600, 600, SV_OK, SV_ESTABLISHED},
    {100, CALL, CLOSE, 0, 0, SV_OK, SV_FIN_WAIT_1},
    {100, US, ACK | PSH | FIN, 1, 1, 600, SV_FIN_WAIT_1},
};
static const struct sv_line nodelay_later[] = { /* what Nagle held goes when it is turned off */
    {0, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {0, US, ACK | PSH, 1, 1, 10, SV_ESTABLISHED},
    {1, CALL, SEND, 10, 10, SV_OK, SV_ESTABLISHED},
    {2, CALL, SET, SV_OPT_NODELAY, 1, SV_OK, SV_ESTABLISHED},
    {2, US, ACK | PSH, 11, 1, 10, SV_ESTABLISHED},
};
/* The send buffer is full, and has room again. */
static const struct sv_line send_buffer[] = {
    {0, CALL, SEND, 5000, 4096, SV_OK, SV_ESTABLISHED},
    {0, US, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {0, US, ACK, 1001, 1, 1000, SV_ESTABLISHED},
    {0, US, ACK, 2001, 1, 1000, SV_ESTABLISHED},
    {0, US, ACK, 3001, 1, 1000, SV_ESTABLISHED},
    {1, CALL, SEND, 10, 0, SV_ERR_AGAIN, SV_ESTABLISHED},
    {10, PEER, ACK, 1, 4001, 0, SV_ESTABLISHED, .event = SV_EVENT_WRITABLE},
    {10, US, ACK | PSH, 4001, 1, 96, SV_ESTABLISHED},
};
static const struct sv_line send_before_open[] = {
    {0, CALL, SEND, 10, 0, SV_ERR_AGAIN, SV_SYN_SENT},
    {0, CALL, RECV, 10, 0, SV_ERR_AGAIN, SV_SYN_SENT},
    {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, .event = SV_EVENT_WRITABLE},
    {10, US, ACK, 1, 1, 0, SV_ESTABLISHED},
};
/* Our data in the states where we may still send or must still finish. */
static const struct sv_line send_close_wait[] = {
    {0, CALL, SEND, 10, 10, SV_OK, SV_CLOSE_WAIT},
    {0, US, ACK | PSH, 1, 2, 10, SV_CLOSE_WAIT},
    {1000, US, ACK | PSH, 1, 2, 10, SV_CLOSE_WAIT},
    {1010, PEER, ACK, 2, 11, 0, SV_CLOSE_WAIT},
};
static const struct sv_line send_refused[] = {
    {0, CALL, SEND, 10, 0, SV_ERR_CLOSED, SAME},
    {0, CALL, SHUTDOWN, 0, 0, SV_ERR_CLOSED, SAME},
};
static const struct sv_line recv_after_fin[] = {{0, CALL, RECV, 10, 0, SV_ERR_EOF, SAME}};
static const struct sv_line recv_nothing[] = {{0, CALL, RECV, 10, 0, SV_ERR_AGAIN, SAME}};
static const struct sv_line crossing_numbers[] = { /* sequence numbers pass zero on the way */
    {0, PEER, ACK, 1, 1, 1000, SV_ESTABLISHED},
    {0, PEER, ACK, 1001, 1, 1000, SV_ESTABLISHED},
    {0, US, ACK, 1, 2001, 0, SV_ESTABLISHED},
    {0, CALL, RECV, 4000, 2000, SV_OK, SV_ESTABLISHED},
};

#define EST .starts = SV_START(SV_ESTABLISHED)
static const struct sv_exchange data[] = {
    SV_EXCHANGE_WITH(both_ways, EST),
    SV_EXCHANGE_WITH(delayed_ack, EST),
    SV_EXCHANGE_WITH(quickack, EST),
    SV_EXCHANGE_WITH(out_of_order, EST),
    SV_EXCHANGE_WITH(many_holes, EST),
    SV_EXCHANGE_WITH(before_a_range, EST),
    SV_EXCHANGE_WITH(trimmed, EST, .recv_buffer = 2048),
    SV_EXCHANGE_WITH(push, EST),
    SV_EXCHANGE_WITH(nagle, EST),
    SV_EXCHANGE_WITH(nodelay, EST),
    SV_EXCHANGE_WITH(cork, EST),
    SV_EXCHANGE_WITH(cork_close, EST),
    SV_EXCHANGE_WITH(nodelay_later, EST),
    SV_EXCHANGE_WITH(send_buffer, EST, .send_buffer = 4096),
    SV_EXCHANGE_WITH(send_before_open, .starts = SV_START(SV_SYN_SENT)),
    SV_EXCHANGE_WITH(send_close_wait, .starts = SV_START(SV_CLOSE_WAIT)),
    SV_EXCHANGE_WITH(send_refused, .starts = SV_START(SV_FIN_WAIT_1) | SV_START(SV_FIN_WAIT_2) | SV_START(SV_CLOSING) |
                                             SV_START(SV_LAST_ACK)),
    SV_EXCHANGE_WITH(recv_after_fin, .starts = SV_START(SV_CLOSE_WAIT) | SV_START(SV_CLOSING) | SV_START(SV_LAST_ACK)),
    SV_EXCHANGE_WITH(recv_nothing, .starts = SV_START(SV_ESTABLISHED) | SV_START(SV_FIN_WAIT_1) |
                                             SV_START(SV_FIN_WAIT_2)),
    SV_EXCHANGE_WITH(crossing_numbers, EST),
};
SV_EXCHANGE_GROUP(data, data);
