/* SPDX-License-Identifier: BSD-2-Clause */
/* Packet conversations. A test is a table of lines: when, who, flags, sequence numbers relative to each side's
 * initial one, payload bytes, and the state we are in afterwards. One real stack answers through its public
 * API on virtual time; the peer is the script. Every packet that the stack sends must have its line: one too
 * many, one too few or one too late fails, and prints the conversation so far with the wanted and the seen
 * line one under the other.
 *
 *     static const struct sv_line half_close[] = {
 *         // ms  from  flags      seq  ack  len  then we are
 *         {   0, PEER, SYN,         0,   0,   0, SV_SYN_RECEIVED},
 *         {   0, US,   SYN | ACK,   0,   1,   0, SV_SYN_RECEIVED},
 *         {  50, PEER, ACK,         1,   1,   0, SV_ESTABLISHED},
 *         {  60, CALL, SEND,      100, 100, SV_OK, SV_ESTABLISHED},
 *     };
 *
 * A call's line has its argument, its wanted result (a count) and its wanted error where a packet has seq, ack
 * and len. Payload is a pattern of the stream's offset, checked on both ways. */
#ifndef SV_TESTS_EXCHANGE_H
#define SV_TESTS_EXCHANGE_H

#include <stdio.h>

#include "seven/seven.h"

enum sv_who {
    END,     /* an empty line ends a table early */
    PEER,    /* a segment from the peer arrives */
    US,      /* a segment of ours goes out */
    CALL,    /* the application calls */
    WAIT,    /* nothing happens until then: any packet fails */
    CONFIRM, /* numbers of sv_sock_info: see enum sv_confirm */
    ICMP,    /* an ICMP error arrives that quotes a segment of ours: flags type<<8|code (as IPv4 has them), seq the
              * quoted number, ack the MTU with 3/4, len the quoted packet's length if it matters */
    ARP,     /* a question of ours for the peer's MAC goes out; nobody answers */
};

enum sv_peer_flag { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64, CWR = 128, AE = 256 };

enum sv_call_name {
    LISTEN = 1, /* seq: port, 0 is ours */
    CONNECT,
    ACCEPT,
    SEND, /* seq bytes of the pattern; ack: how many are taken; len: the error */
    RECV, /* the same */
    SHUTDOWN,
    CLOSE,
    ABORT,
    CLOSE_LISTENER,
    SET,          /* seq: enum sv_option, ack: value, len: the error */
    ADMIT,        /* who asked first at the deferred listener */
    REFUSE,       /* the same; seq: enum sv_refusal */
    CONNECT_FAST, /* seq bytes of the pattern with the SYN; ack: how many go with it; len: the error */
    OFFERS,       /* seq 0: from now on the stack offers neither timestamps nor window scaling; 1: both */
};

enum sv_confirm {
    CWND = 1,
    SSTHRESH,
    RTO_US,
    SRTT_US,
    RTTVAR_US,
    MSS_BYTES,
    SEND_WINDOW,
    RECV_WINDOW,
    BACKLOG,
    HALF_OPEN,
    ERROR,
    UNREAD,
    RECOVERY, /* enum sv_recovery_state */
    PIPE,
    SACKED,
    LOST,
    SENT_AGAIN,
    REORDERING,
    REORDER_US,
    TROUBLE
};

/* The state of `same`: what it was when the table began. */
#define SAME 15u
/* Positions of a window or a count that may be 0: one more than the value, 0 is "not said". */
#define WIN(n) ((n) + 1u)

struct sv_line {
    uint32_t ms;
    uint8_t who;    /* enum sv_who */
    uint16_t flags; /* enum sv_peer_flag; a call's name */
    uint32_t seq, ack, len;
    uint8_t state; /* enum sv_tcp_state afterwards */
    /* The rest is optional. */
    uint32_t win;     /* WIN(n); the peer's default is 60000, of ours it is not looked at */
    uint16_t options; /* enum sv_line_option */
    uint16_t mss;
    uint8_t scale;
    uint8_t sacks;
    uint8_t bad;      /* 1: the checksum is wrong */
    uint8_t to;       /* 1: PEER uses its second port, 2: our other port */
    uint8_t slack_ms; /* how late it may be; 1 when 0 */
    uint32_t ts, ecr; /* PEER: TSval, TSecr (0: of our latest); US: wanted TSecr */
    uint32_t sack[6]; /* pairs */
    uint16_t urgent;
    uint16_t drop;  /* enum sv_drop that this arrival must count */
    uint32_t event; /* enum sv_event_bit that must have come since the last line that asked */
    uint8_t error;  /* enum sv_err that comes with SV_EVENT_ERROR */
    uint8_t ecn;    /* enum sv_line_ecn of the IP header; US: 0 is not looked at */
    uint8_t fresh;  /* US: a SYN with a new initial number: later than all we ever sent on this pair */
    uint8_t cookie; /* bytes of O_FAST */
};

enum sv_line_ecn { NOT_ECT = 1, ECT1, ECT0, CE };

enum sv_line_option {
    O_MSS = 1,
    O_SCALE = 2,
    O_SACK_OK = 4,
    O_TS = 8,
    O_SACK = 16,
    O_NONE = 32,    /* US: no option at all; PEER: no timestamp though they are agreed */
    O_UNKNOWN = 64, /* PEER: kind 253, to be skipped (RFC 9293 MUST-6) */
    O_BROKEN = 128, /* PEER: an option that runs over the header */
    O_ECR_AT = 256, /* PEER: it echoes what we sent at `ecr` milliseconds of the table */
    O_FAST = 512,   /* Fast Open's, with `cookie` bytes: PEER: of the last cookie that we sent */
};

#define SV_START(state) (1u << (state))
#define SV_SYNCHRONIZED                                                                                       \
    (SV_START(SV_ESTABLISHED) | SV_START(SV_FIN_WAIT_1) | SV_START(SV_FIN_WAIT_2) | SV_START(SV_CLOSE_WAIT) | \
     SV_START(SV_CLOSING) | SV_START(SV_LAST_ACK))

struct sv_exchange {
    const char *name;
    const struct sv_line *lines;
    uint32_t count;
    /* Setup, all optional. */
    uint32_t starts;     /* SV_START bits: the table is played once from each of these states */
    uint8_t active;      /* the way to that state is an active open */
    uint8_t handle_gone; /* close() instead of shutdown() on the way */
    uint8_t from_next;   /* sequence numbers count from RCV.NXT and SND.NXT of the start, not from the ISNs */
    uint8_t profile;     /* enum sv_profile; 0: SV_PROFILE_RFC (and 1 + profile else) */
    uint8_t modern;      /* 1: SV_PROFILE_MODERN: options agreed on the way: timestamps, SACK, scaling */
    uint8_t ignore_drops;
    uint8_t no_neighbour; /* the peer's MAC is not known */
    uint8_t no_listener;
    uint8_t family;                    /* 4 or 6: only over that; 0: over both */
    uint32_t recv_buffer, send_buffer; /* 16384, 65536 */
    uint32_t backlog, half_open, time_waits;
    uint32_t peer_isn;        /* 4294966796: it wraps soon */
    uint32_t congestion, ecn; /* of sv_stack_config */
    const char *knob[2][2];   /* names and values for sv_stack_knob_set() */
    uint8_t deferred;         /* of sv_listen_options */
    uint8_t fastopen;
    uint8_t two_ends;     /* lines with `to` 1 are of another connection, with numbers of its own */
    uint32_t teach;       /* enum sv_teach_opening: what only a simulated host does wrong on purpose */
    uint32_t handshake;   /* enum sv_teach_handshake */
    uint32_t flaws;       /* enum sv_teach_flaw */
    uint8_t taught_scale; /* one more than the scale that the first connection's SYN offers */
};

#define SV_EXCHANGE(table)                                                          \
    {                                                                               \
        .name = #table, .lines = (table), .count = sizeof(table) / sizeof(table)[0] \
    }
#define SV_EXCHANGE_WITH(table, ...)                                                             \
    {                                                                                            \
        .name = #table, .lines = (table), .count = sizeof(table) / sizeof(table)[0], __VA_ARGS__ \
    }

struct sv_exchange_group {
    const char *name;
    const struct sv_exchange *tests;
    uint32_t count;
};
#define SV_EXCHANGE_GROUP(group_name, table) \
    const struct sv_exchange_group sv_exchange_##group_name = {#group_name, (table), sizeof(table) / sizeof(table)[0]}

/* One conversation from one state. True: as written. `say` gets the story of a failure. */
bool sv_exchange_run(const struct sv_exchange *x, enum sv_tcp_state start, FILE *say);

/* --- the grid: what was really exercised --- */
enum sv_grid_event {
    G_LISTEN,
    G_CONNECT,
    G_ACCEPT,
    G_SEND,
    G_RECV,
    G_SHUTDOWN,
    G_CLOSE,
    G_ABORT,
    G_SYN_BEFORE,
    G_SYN_NEXT,
    G_SYN_BEYOND,
    G_SYN_ACK,
    G_SYN_FIN,
    G_RST_NEXT,
    G_RST_INSIDE,
    G_RST_BEFORE,
    G_RST_BEYOND,
    G_ACK_NEW,
    G_ACK_SAME,
    G_ACK_OLD,
    G_ACK_ANCIENT,
    G_ACK_UNSENT,
    G_ACK_OUTSIDE,
    G_NO_ACK,
    G_DATA_NEXT,
    G_DATA_AHEAD,
    G_DATA_BEFORE,
    G_DATA_STRADDLE,
    G_DATA_BEYOND,
    G_FIN_NEXT,
    G_FIN_AHEAD,
    G_FIN_BEFORE,
    G_FIN_BEYOND,
    G_URG,
    G_OPTIONS, /* what a hostile peer would say, from here */
    G_SACK_OVERLAP,
    G_SACK_UNSENT,
    G_SACK_RENEGED,
    G_WINDOW_SHRUNK,
    G_TS_OLD,
    G_TS_WRAPPED,
    G_ICMP_HARD,
    G_ICMP_SOFT,
    G_ICMP_OUTSIDE,
    G_TIMER_RTO,
    G_TIMER_PERSIST,
    G_TIMER_KEEPALIVE,
    G_TIMER_DELACK,
    G_TIMER_USER,
    G_TIMER_2MSL,
    G_EVENTS
};
struct sv_grid {
    uint32_t tests[SV_TCP_STATES][G_EVENTS]; /* how many conversations met this event in this state */
    uint32_t lines, conversations;
};
extern struct sv_grid sv_grid;
const char *sv_grid_event_name(enum sv_grid_event event);
const char *sv_grid_reason(enum sv_tcp_state state, enum sv_grid_event event); /* why a cell is empty; NULL */
void sv_grid_print(FILE *to);
uint32_t sv_grid_unexplained(FILE *say);

/* Is the stack's table of states the RFC's figure? */
bool sv_exchange_table(FILE *say);

/* The conversations over IPv6: the same words between fd00::1 and fd00::2. */
extern bool sv_exchange_six;

#endif
