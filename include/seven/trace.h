/* SPDX-License-Identifier: BSD-2-Clause */
/* What the stack tells of itself: typed events of 48 bytes, each emitted from one place. Renderers make
 * ladders, pcapng, JSON and text of them; tests assert on the same events. */
#ifndef SEVEN_TRACE_H
#define SEVEN_TRACE_H

#include "seven/arena.h"
#include "seven/drop.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SV_TRACE_ARGS 6u

/* Kinds are numbered once and never reused. The words after the number name `detail`, then arg[0],
 * arg[1], ... ("-": not used). Those marked with bytes are followed by raw bytes (a frame as it is on
 * the wire: before merging, after splitting; addresses; a line of text). */
#define SV_TRACE_LIST(X)                                                                        \
    X(FRAME_IN, 1, "port wire_length part parts")  /* bytes: the frame as on the wire */        \
    X(FRAME_OUT, 2, "port wire_length part parts") /* bytes: the frame as on the wire */        \
    X(DROP, 3, "reason port")                                                                   \
    X(NEIGHBOUR, 4, "event index from to") /* bytes: 16 address, 6 MAC */                       \
    X(FRAGMENT, 5, "event id offset length")                                                    \
    X(ICMP, 6, "direction type code")                                                           \
    X(FLOW, 7, "protocol local_port remote_port role profile") /* bytes: 16 local, 16 remote */ \
    X(TCP_SENT, 8, "reason seq ack length flags window count")                                  \
    X(TCP_RECEIVED, 9, "state seq ack length flags window segments")                            \
    X(TCP_STATE, 10, "event from to")                                                           \
    X(TCP_TIMER_SET, 11, "timer at_low at_high")                                                \
    X(TCP_TIMER_FIRED, 12, "timer count rto_us")                                                \
    X(TCP_CWND, 13, "cause cwnd ssthresh flight")                                               \
    X(TCP_RTT, 14, "- sample_us srtt_us rttvar_us rto_us")                                      \
    X(TCP_OPENED, 15, "options iss irs mss send_scale receive_scale")                           \
    X(TCP_ENDED, 16, "cause error bytes_sent_low bytes_received_low retransmitted")             \
    X(SOCKET_EVENT, 17, "what error")                                                           \
    X(CALL, 18, "call argument result")                                                         \
    X(UDP_SENT, 19, "- local_port remote_port length")                                          \
    X(UDP_RECEIVED, 20, "- local_port remote_port length")                                      \
    X(LINE, 21, "protocol direction") /* bytes: a line of text of layer 7 */                    \
    X(LINK, 22, "event port argument")                                                          \
    X(ADDRESS, 23, "port index from to")        /* bytes: 16 address */                         \
    X(PMTU, 24, "event mtu")                    /* bytes: 16 address of the other end */        \
    X(BRIDGE, 40, "event port vlan argument")   /* bytes: 6 MAC */                              \
    X(STP, 41, "event port from to")            /* roles, states, topology changes */           \
    X(SNOOP, 42, "event port vlan")             /* bytes: 16 group or querier */                \
    X(LLDP, 43, "event port")                   /* bytes: name of the system */                 \
    X(SWITCHED, 44, "event port vlan argument") /* bytes: 6 destination MAC */                  \
    X(SIGNAL, 46, "outcome port start_low start_high sample_low sample_high ksamples_s")        \
    X(NAT, 50, "event protocol inside_port outside_port remote_port reason") /* bytes: 16 inside, 16 remote */

enum sv_trace_kind {
#define SV_X(name, number, args) SV_TRACE_##name = number,
    SV_TRACE_LIST(SV_X) SV_TRACE_KIND_COUNT
#undef SV_X
};

/* `detail` of TCP_SENT: why this segment went out. `count` is the number of the retransmission. */
enum sv_sent_reason {
    SV_SENT_NEW,
    SV_SENT_ACK,
    SV_SENT_RTO,
    SV_SENT_FAST,
    SV_SENT_PROBE,
    SV_SENT_KEEPALIVE,
    SV_SENT_TLP,
    SV_SENT_SACK,
    SV_SENT_CHALLENGE,
    SV_SENT_RESET,
    SV_SENT_SYN,
    SV_SENT_FIN,
    SV_SENT_WINDOW
};

/* `detail` of TCP_TIMER_SET and TCP_TIMER_FIRED. */
enum sv_tcp_timer {
    SV_TIMER_RTO,
    SV_TIMER_PERSIST,
    SV_TIMER_KEEPALIVE,
    SV_TIMER_DELACK,
    SV_TIMER_TIME_WAIT,
    SV_TIMER_USER,
    SV_TIMER_PACING,
    SV_TIMER_PROBE,   /* the tail loss probe of RFC 8985 §7 */
    SV_TIMER_REORDER, /* the reordering timer of RFC 8985 §6.2 */
    SV_TIMER_COUNT
};

/* `detail` of CALL: which of seven/socket.h's calls. */
enum sv_call {
    SV_CALL_LISTEN,
    SV_CALL_CONNECT,
    SV_CALL_ACCEPT,
    SV_CALL_SEND,
    SV_CALL_RECV,
    SV_CALL_SHUTDOWN,
    SV_CALL_CLOSE,
    SV_CALL_ABORT
};

struct sv_trace_record {
    sv_time time;
    uint16_t kind;   /* enum sv_trace_kind */
    uint16_t host;   /* which stack: the host number of its configuration */
    uint16_t bytes;  /* raw bytes that follow this record */
    uint16_t detail; /* the kind's first named value */
    uint32_t flow;   /* serial number of the connection or socket in its host; 0: none */
    uint32_t packet; /* sv_buf.id; 0: none */
    uint32_t arg[SV_TRACE_ARGS];
};

/* A trace: a ring of records (each followed by its bytes, rounded up to whole records) and a running
 * 64-bit hash over every record and every frame byte, in little-endian order, whether or not the ring
 * had room. With `records` 0 only the hash is kept. NULL: the arena is full. */
struct sv_trace;
SV_API struct sv_trace *sv_trace_create(struct sv_arena *arena, uint32_t records);
SV_API uint64_t sv_trace_bytes(uint32_t records); /* arena bytes such a trace takes */

/* Takes the oldest record out of the ring and copies up to `room` of its bytes to `bytes` (NULL with
 * room 0 skips them). False: the ring is empty. */
SV_API bool sv_trace_read(struct sv_trace *trace, struct sv_trace_record *record, uint8_t *bytes, size_t room);

SV_API uint64_t sv_trace_hash(const struct sv_trace *trace);  /* of all that was emitted so far */
SV_API uint64_t sv_trace_count(const struct sv_trace *trace); /* records emitted */
SV_API uint64_t sv_trace_lost(const struct sv_trace *trace);  /* of them, those that found the ring full */

/* Which kinds are emitted at all: bit k for kind k. Default: all. */
SV_API void sv_trace_select(struct sv_trace *trace, uint64_t kinds);
SV_API bool sv_trace_selects(const struct sv_trace *trace, enum sv_trace_kind kind);

/* Emits one record (and bytes, may be NULL). Called by the stack; tools may add their own. */
SV_API void sv_trace_emit(struct sv_trace *trace, const struct sv_trace_record *record, const uint8_t *bytes);

/* "TCP_SENT"; and the argument's name: which 0 is `detail`. Both NULL for what is not in the list. */
SV_API const char *sv_trace_kind_name(enum sv_trace_kind kind);
SV_API const char *sv_trace_args(enum sv_trace_kind kind);

#ifdef __cplusplus
}
#endif
#endif
