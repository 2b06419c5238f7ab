/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_TESTS_EXCHANGE_PRIVATE_H
#define SV_TESTS_EXCHANGE_PRIVATE_H

#include "tests/support/exchange.h"

#define SV_STORY_BYTES 65536u
#define SV_SEEN_MAX 64u
#define SV_FRAME_MAX 1600u

/* A TCP segment off the wire, numbers absolute. */
struct sv_seen {
    sv_time at;
    uint16_t source, destination, flags, window, urgent, mss;
    uint32_t seq, ack, length, ts, ecr;
    uint16_t options;
    uint8_t scale, sacks, ecn, cookie_length;
    uint32_t sack[8];
    uint8_t cookie[8];
    uint8_t raw[40], raw_length; /* the options as they were */
    uint8_t payload[SV_FRAME_MAX];
    const char *strange; /* not a segment at all, or a bad one: what is wrong */
};

/* Our numbers towards one end of the peer's. */
struct sv_numbers {
    uint32_t isn, base, max;
    bool known;
};

struct sv_talk {
    const struct sv_exchange *x;
    enum sv_tcp_state start, state;
    void *memory;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_trace *trace;
    struct sv_stack *stack;
    sv_port port;
    sv_sock listener, socket;
    bool have_listener, have_socket;
    sv_time zero, now;
    uint32_t peer_isn, our_isn, our_max;
    bool know_our_isn;
    uint32_t peer_base, our_base; /* what seq 0 means in the table */
    uint16_t our_port, peer_port;
    struct sv_numbers other; /* towards its second port, when our ends are two */
    uint8_t cookie[8];       /* Fast Open's: the last that we sent */
    uint32_t wrong;          /* one more than the first byte of the stream that was not as sent */
    bool timestamps;
    uint32_t last_ts;                     /* our latest TSval */
    sv_time last_ts_at;                   /* when it was sent */
    uint32_t peer_ts;                     /* the peer's clock is this plus milliseconds */
    uint32_t said_ts, said_right;         /* the peer's last timestamp, and the right edge of its window, unscaled */
    uint32_t said_sack;                   /* where the lowest of its last blocks began */
    bool said[3];                         /* is there one of each? */
    uint32_t rcv_nxt, rcv_right, snd_nxt; /* as seen from outside */
    uint32_t sent, received;              /* stream offsets of the application */
    uint32_t events;
    uint8_t error;
    uint32_t seen_first, seen_count;
    struct sv_seen seen[SV_SEEN_MAX];
    char *story;
    size_t story_at;
    bool failed;
    uint8_t met[SV_TCP_STATES][G_EVENTS];
    uint32_t lines;
    struct sv_trace_record odd; /* a move that no figure has; kind 0: there was none */
};

/* exchange_wire.c */
uint8_t sv_talk_pattern(uint32_t offset);
uint32_t sv_talk_segment(const struct sv_talk *t, const struct sv_line *l, uint8_t *frame);
uint32_t sv_talk_icmp(const struct sv_talk *t, const struct sv_line *l, uint8_t *frame);
/* The TCP segment alone; `length`: of all of it. */
void sv_talk_parse_tcp(const uint8_t *tcp, uint32_t length, struct sv_seen *seen);
uint32_t sv_talk_tcp_at(void); /* where it begins in a frame */
void sv_talk_parse(const uint8_t *frame, uint32_t n, struct sv_seen *seen);
extern const uint8_t sv_talk_our_mac[6], sv_talk_peer_mac[6];

/* exchange_calls.c: an application's call; and, before anything, the habits that the conversation asks for: false if
 * there is no such. */
enum sv_err sv_talk_call(struct sv_talk *t, const struct sv_line *l, size_t *done);
bool sv_talk_habits(struct sv_talk *t);

/* exchange_paths.c: the ways to each state. False: there is none (the test asks for nonsense). */
const struct sv_line *sv_talk_path(const struct sv_exchange *x, enum sv_tcp_state to, uint32_t *count);

/* exchange_confirm.c: the value that enum sv_confirm names, and how far off it may be. */
uint32_t sv_talk_value(const struct sv_sock_info *info, uint32_t what, uint32_t *slack);

/* exchange_states.c: is this move (SV_TRACE_TCP_STATE) one of RFC 9293's? */
bool sv_talk_moved(const struct sv_trace_record *r);
bool sv_talk_strayed(struct sv_talk *t); /* was one not? */

/* exchange_grid.c */
void sv_grid_meets_segment(struct sv_talk *t, const struct sv_line *l, uint32_t seq, uint32_t ack);
void sv_grid_meets_call(struct sv_talk *t, uint16_t call);
void sv_grid_meets_trace(struct sv_talk *t, enum sv_tcp_state before);

/* 10.0.0.k, or fd00::k. */
struct sv_addr sv_talk_address(uint8_t k);
struct sv_interface_config sv_talk_interface(void);

#endif
