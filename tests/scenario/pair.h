/* SPDX-License-Identifier: BSD-2-Clause */
/* Two hosts and a bad cable between them, all of it drawn from one seed: the conditions, the sizes, what the
 * applications do. What they receive is compared with what was sent, byte for byte, as it comes. */
#ifndef SV_TESTS_SCENARIO_PAIR_H
#define SV_TESTS_SCENARIO_PAIR_H

#include "seven/seven.h"
#include "sim/link.h"
#include "sim/world.h"
#include "stack/stack_internal.h"

#define PAIR_CONNECTIONS 6u
#define PAIR_DATAGRAMS 12u
#define PAIR_PORT 80u
#define PAIR_BEGIN (1000u * SV_S)

/* How a side ends its part. */
enum pair_finish {
    PAIR_FINISH_FIRST, /* shutdown once all is sent, close once the peer's end was read */
    PAIR_FINISH_LAST,  /* the same, but shutdown only after the peer's end was read */
    PAIR_CLOSE,        /* close once all is sent: what the peer still sends is refused */
    PAIR_ABORT,        /* abort once `abort_at` bytes were sent and received together */
    PAIR_LINGER,       /* close with LINGER_RESET once all is sent */
    PAIR_STAY          /* never ends by itself: patience ends it */
};

struct pair_plan {
    uint32_t total, chunk; /* bytes to send, at most so many a call */
    uint32_t read_chunk;   /* bytes a read */
    sv_time read_gap;      /* between reads; 0: as fast as they come */
    sv_time read_from;     /* not before */
    sv_time write_gap;
    sv_time hasty_ns; /* close or abort so long after the opening, in whatever state; 0: not */
    uint32_t abort_at;
    uint32_t finish; /* enum pair_finish */
    uint32_t user_timeout_ms, keep_idle_s, send_buffer, recv_buffer, ttl;
    uint32_t urgent_at; /* the byte that is urgent; 0: none */
    uint8_t nodelay, cork, quickack, peek;
};

/* One end of a connection. */
struct pair_side {
    struct pair_plan plan;
    sv_sock sock;
    uint32_t sent, received;
    uint32_t flow;
    uint32_t iss, irs;
    uint32_t cause; /* enum sv_tcp_cause, from the trace */
    int32_t error;  /* the first that the application heard of */
    sv_time read_at, write_at, stay_until, hasty_at;
    sv_time tick_at; /* when it wants to be looked at again; SV_NEVER: it waits for an event */
    bool attached;   /* there is or was a connection at this end */
    bool open;       /* the handle is good */
    bool connected, finished, eof, peer_fin, urgent_set, ended;
    bool impatient; /* ended by patience */
};

struct pair_connection {
    uint32_t opener;       /* host that connects */
    uint32_t same_port_as; /* number of the connection whose port is used again, SV_NONE */
    uint16_t port;         /* local port of the opener, 0: any */
    bool both;             /* simultaneous open: both connect */
    sv_time opens_at;
    sv_time reopen_after;     /* after the end of same_port_as */
    bool released;            /* the one whose port it uses again has ended */
    struct pair_side side[2]; /* by host */
};

struct pair_conditions {
    struct sv_link_way way[2];
    struct sv_stack_config stack[2];
    uint32_t mtu[2];
    uint32_t connections, datagrams;
    uint32_t backlog, half_open;
    sv_time accept_from; /* not before */
    sv_time listen_from, listener_closes_at;
    sv_time cut_at, repaired_at; /* SV_NEVER: not */
    sv_time patience;
    bool small_pool, benign, cut_by_host; /* cut_by_host: not the cable, host 1's interface goes down */
    uint32_t injections;                  /* forged segments */
    bool injects_reset;
    bool arp_probe;
    bool six; /* the hosts speak IPv6 */
};

struct pair;

struct pair_app {
    struct pair *pair;
    uint32_t host;
    sv_sock listener, udp, echo;
    uint32_t datagrams_sent;
    sv_time datagram_at;
    bool listens, accepts, listener_done, closing;
};

/* What was ever reached, over all seeds. */
struct pair_coverage {
    uint64_t state[SV_TCP_STATES];
    uint64_t edge[SV_TCP_STATES][16];
    uint64_t drop[SV_DROP_COUNT];
    uint64_t timer[SV_TIMER_COUNT];
    uint64_t cause[SV_CAUSES];
    uint64_t reason[16]; /* enum sv_sent_reason */
    uint64_t link[SV_LINK_EVENTS];
    uint64_t bytes, segments, connections, whole;
};

struct pair {
    uint64_t seed;
    struct pair_conditions conditions;
    struct pair_connection connection[PAIR_CONNECTIONS];
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_trace *trace;
    struct sv_link *link;
    struct sv_stack *stack[2];
    struct sv_host host[2];
    struct pair_app app[2];
    struct sv_sim sim;
    struct sv_rng rng; /* what applications draw while the world runs */
    struct pair_coverage *coverage;
    void (*log)(const struct sv_trace_record *record);
    uint32_t injected;
    sv_time inject_at;
    sv_time now;
    char failure[256]; /* empty: all is well */
};

/* --- conditions.c --- */
void pair_draw(struct pair *p);
void pair_print(const struct pair *p);

/* --- pair.c --- */
/* Builds the world of `seed` in the region (zeroed). False: it is too small. */
bool pair_open(struct pair *p, uint64_t seed, void *memory, uint64_t bytes);
/* Runs it to its end, and checks what must hold then. False: p->failure says what does not. */
bool pair_run(struct pair *p);
void pair_fail(struct pair *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pair_collect(struct pair *p); /* the trace's records so far into coverage, causes and the log */

/* --- ends.c: the applications --- */
extern const struct sv_app pair_app_ops;
uint8_t pair_byte(const struct pair *p, uint32_t connection, uint32_t from, uint32_t offset);
void pair_give_up(struct pair *p); /* patience is over: abort what is left */
void pair_release(struct pair *p); /* connections that wait for another's end */
bool pair_all_ended(const struct pair *p);
void pair_close_services(struct pair *p);                         /* listeners, UDP and echo sockets */
struct sv_addr pair_address(const struct pair *p, uint32_t host); /* 10.0.0.1, fd00::1, ... */
struct sv_addr pair_any(const struct pair *p);

/* --- inject.c --- */
/* Puts one forged frame, about some connection or none, into one of the hosts. */
void pair_inject(struct pair *p);
/* --- inject6.c --- each gives the frame's length */
uint32_t pair_below6(uint32_t h, uint32_t kind, uint32_t draw, uint8_t *frame);
uint32_t pair_quoting6(uint32_t h, uint32_t draw, uint16_t local_port, uint16_t remote_port, uint32_t seq,
                       uint8_t *frame);

#endif
