/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: handles with events. No call ever blocks; what cannot be done now says SV_ERR_AGAIN, and an
 * event comes when it can. Every call that can change state is told the time. */
#ifndef SEVEN_SOCKET_H
#define SEVEN_SOCKET_H

#include "seven/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sv_stack;

/* What a socket has to tell. Bits of one pending record a socket, joined until collected: bounded, and
 * never lost. */
enum sv_event_bit {
    SV_EVENT_ACCEPT = 1u << 0,    /* a connection waits at this listener: sv_accept() until SV_ERR_AGAIN */
    SV_EVENT_ADMIT = 1u << 1,     /* a deferred listener was asked: sv_admission() until SV_ERR_AGAIN */
    SV_EVENT_CONNECTED = 1u << 2, /* what sv_connect() began is open */
    SV_EVENT_READABLE = 1u << 3,  /* sv_recv() or sv_peek() has something */
    SV_EVENT_WRITABLE = 1u << 4,  /* after SV_ERR_AGAIN or a short write: there is room again */
    SV_EVENT_PEER_FIN = 1u << 5,  /* the peer finished sending */
    SV_EVENT_SENT = 1u << 6,      /* memory sent by reference is acknowledged up to `arg` (stream offset) */
    SV_EVENT_ERROR = 1u << 7,     /* `error` says what */
    SV_EVENT_CLOSED = 1u << 8,    /* the last event: the handle is stale once this is collected */
    SV_EVENT_TIMER = 1u << 9,     /* sv_timer_at(): `cookie` is the timer's */
    SV_EVENT_URGENT = 1u << 10,   /* the peer set an urgent pointer ahead of what was read (RFC 6093) */
    SV_EVENT_TROUBLE = 1u << 11,  /* SV_OPT_TROUBLE: the connection goes on, but `error` stands in its way */
};

struct sv_event {
    uint64_t cookie; /* sv_sock_set_cookie(); a timer's own */
    sv_sock socket;
    uint32_t what; /* enum sv_event_bit, joined */
    int32_t error; /* enum sv_err, with SV_EVENT_ERROR or SV_EVENT_TROUBLE */
    uint64_t arg;
};

/* Collects up to `max` pending events; the count. Call until it gives less than `max`. */
SV_API uint32_t sv_stack_events(struct sv_stack *s, struct sv_event *out, uint32_t max);

/* The only clock above the core: an SV_EVENT_TIMER with this cookie at `when`. A second call with the
 * same cookie moves it; SV_NEVER takes it away. SV_ERR_NO_MEMORY: the stack's timers are used up. */
SV_API SV_MUST_CHECK enum sv_err sv_timer_at(struct sv_stack *s, uint64_t cookie, sv_time when);

struct sv_listen_options {
    uint32_t size;      /* sizeof(struct sv_listen_options) */
    uint32_t interface; /* 0: any, else 1 + the sv_port */
    uint32_t backlog;   /* connections not yet accepted, at most; 0: 128 */
    uint32_t half_open; /* connections in SYN-RECEIVED, at most; 0: 256 */
    uint64_t cookie;    /* of the listener and, until changed, of what it accepts */
    uint8_t v6_only;    /* an IPv6-any listener takes no IPv4 */
    uint8_t deferred;   /* 1: a SYN raises SV_EVENT_ADMIT and waits for sv_admit() or sv_refuse() */
    uint16_t fastopen;  /* connections whose SYN's data was taken and whose handshake is not over, at most (RFC 7413);
                           0: none, unless the knob tcp_fastopen says otherwise */
    uint8_t spare[4];
};

/* A TCP listener on `local`: its address may be any (of either family), its port 0 means every port that
 * has no listener of its own. `options` may be NULL: all zeros. SV_ERR_IN_USE: there is one. SV_ERR_NOT_LOCAL.
 * SV_ERR_NO_MEMORY: the ceiling on listeners. SV_ERR_INVALID: no such interface. SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_listen(struct sv_stack *s, const struct sv_endpoint *local,
                                           const struct sv_listen_options *options, sv_sock *listener, sv_time now);

/* The oldest connection that waits there, the caller's until it closes or aborts it. SV_ERR_AGAIN: none;
 * SV_EVENT_ACCEPT comes. SV_ERR_STALE. */
SV_API SV_MUST_CHECK enum sv_err sv_accept(struct sv_stack *s, sv_sock listener, sv_sock *connection, sv_time now);

/* Of a deferred listener: who wants to connect. Nothing was answered yet, and the peer repeats its SYN; it is forgotten
 * after a minute. Half-open connections of the listener count those that wait here. */
struct sv_admission {
    uint32_t size; /* sizeof(struct sv_admission) */
    uint32_t interface;
    uint64_t ticket; /* for sv_admit() and sv_refuse(), once */
    struct sv_endpoint local, remote;
};
/* The oldest that has not been told. SV_ERR_AGAIN: none. SV_ERR_STALE, SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_admission(struct sv_stack *s, sv_sock listener, struct sv_admission *asked,
                                              sv_time now);
/* The handshake goes on, and ends as others do: SV_EVENT_ACCEPT. SV_ERR_STALE: the peer gave up, the ticket was
 * used, or the listener is gone. */
SV_API SV_MUST_CHECK enum sv_err sv_admit(struct sv_stack *s, uint64_t ticket, sv_time now);
enum sv_refusal {
    SV_REFUSE_SILENTLY,
    SV_REFUSE_RESET,       /* "connection refused" */
    SV_REFUSE_UNREACHABLE, /* ICMP: host unreachable; IPv6: address unreachable */
    SV_REFUSE_PROHIBITED,  /* ICMP: administratively prohibited */
};
/* The peer is told, or not; errors as of sv_admit(). */
SV_API SV_MUST_CHECK enum sv_err sv_refuse(struct sv_stack *s, uint64_t ticket, enum sv_refusal how, sv_time now);

enum sv_connect_flag {
    SV_CONNECT_NO_COOKIE =
        1, /* Fast Open: data goes with the SYN without a cookie; the peer must be known to take it */
};

struct sv_connect_options {
    uint32_t size;        /* sizeof(struct sv_connect_options) */
    uint16_t max_segment; /* as SV_OPT_MAX_SEGMENT, known before data goes with the SYN; 0: what the path carries */
    uint16_t flags;       /* enum sv_connect_flag */
    uint64_t cookie;
    struct sv_endpoint local; /* any address (all zero): the route's; port 0: a random one (RFC 6056) */
};

/* Begins to open a connection (RFC 9293 §3.10.1); SV_EVENT_CONNECTED or SV_EVENT_ERROR tells the outcome. `options`
 * may be NULL: all zeros. SV_ERR_NO_ROUTE; SV_ERR_NOT_LOCAL: options->local is none of ours; SV_ERR_NO_PORTS: close
 * some, or wait; SV_ERR_IN_USE: that local port is taken for that peer; SV_ERR_NO_MEMORY: a ceiling; SV_ERR_INVALID:
 * a remote port of 0, no unicast address, families that differ, or max_segment out of its range; SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_connect(struct sv_stack *s, const struct sv_endpoint *remote,
                                            const struct sv_connect_options *options, sv_sock *connection, sv_time now);

/* The same with TCP Fast Open (RFC 7413): if a cookie of the peer's is known, the first of n bytes go with the
 * SYN, and *taken says how many; else *taken is 0, the SYN asks for a cookie, and the bytes are to be sent once it
 * is open. What a SYN carries may reach the peer's application twice: only for requests that do no harm then. n
 * may be 0. The bytes are copied. Errors as of sv_connect(). */
SV_API SV_MUST_CHECK enum sv_err sv_connect_fast(struct sv_stack *s, const struct sv_endpoint *remote,
                                                 const struct sv_connect_options *options, const void *bytes, size_t n,
                                                 size_t *taken, sv_sock *connection, sv_time now);
/* Would bytes go with a SYN to that address now? */
SV_API bool sv_fastopen_known(struct sv_stack *s, const struct sv_addr *remote, sv_time now);
/* The key of the cookies that a listener gives, or with SV_NO_SOCK those that have none of their own: servers that
 * share a name share it. SV_ERR_STALE. */
SV_API SV_MUST_CHECK enum sv_err sv_fastopen_key(struct sv_stack *s, sv_sock listener, const uint64_t key[2]);
/* After that: the key that the listener had before. Its cookies are still good, and who shows one gets a new one.
 * SV_ERR_STALE; SV_ERR_STATE: the listener has no key of its own. */
SV_API SV_MUST_CHECK enum sv_err sv_fastopen_old_key(struct sv_stack *s, sv_sock listener, const uint64_t key[2]);

/* Copies up to n bytes into the send buffer; *taken says how many (RFC 9293 §3.10.2). SV_ERR_AGAIN: none fit now,
 * SV_EVENT_WRITABLE will come. SV_ERR_CLOSED after shutdown; the connection's error once it has one; SV_ERR_STALE. */
SV_API SV_MUST_CHECK enum sv_err sv_send(struct sv_stack *s, sv_sock c, const void *bytes, size_t n, size_t *taken,
                                         sv_time now);

/* Queues n bytes of memory lent with sv_pool_lend(), `offset` bytes into it, without copying: all of them within that
 * memory. It must not change until SV_EVENT_SENT has passed it. Takes part of it when the send buffer's limit is near.
 * Errors as of sv_send(). */
SV_API SV_MUST_CHECK enum sv_err sv_send_ref(struct sv_stack *s, sv_sock c, uint32_t first_window, uint64_t offset,
                                             size_t n, size_t *taken, sv_time now);

/* Copies up to n unread bytes out; *got says how many (RFC 9293 §3.10.3). SV_ERR_AGAIN: none now, SV_EVENT_READABLE
 * will come. SV_ERR_EOF: the peer finished and all was read. The connection's error once it has one and all that
 * came before was read. SV_ERR_STALE. */
SV_API SV_MUST_CHECK enum sv_err sv_recv(struct sv_stack *s, sv_sock c, void *to, size_t n, size_t *got, sv_time now);

/* Borrows the next unread bytes in place: *data stays until sv_consume(), close or abort; one piece, which need not be
 * all. sv_consume() marks n of them as read, at most as many as were lent. Errors as of sv_recv(). */
SV_API SV_MUST_CHECK enum sv_err sv_peek(struct sv_stack *s, sv_sock c, const uint8_t **data, size_t *n, sv_time now);
SV_API void sv_consume(struct sv_stack *s, sv_sock c, size_t n, sv_time now);

/* No more will be sent: FIN after what is queued (RFC 9293 §3.6). Receiving goes on; SV_EVENT_PEER_FIN tells of the
 * other half. Before SYN-SENT was left the connection ends. SV_ERR_CLOSED: it was done before, or the connection is
 * over; SV_ERR_STALE. */
SV_API SV_MUST_CHECK enum sv_err sv_shutdown(struct sv_stack *s, sv_sock c, sv_time now);

/* The application is done with the handle: it is stale from now on. A connection still delivers what was
 * queued and closes in order; unread data, or data that arrives later, brings a reset (RFC 2525 §2.17).
 * A listener's unaccepted connections are reset. A handle that is stale already is passed over. */
SV_API void sv_close(struct sv_stack *s, sv_sock c, sv_time now);

/* Reset at once (RFC 9293 §3.10.5); the handle is stale. What was queued is lost. */
SV_API void sv_abort(struct sv_stack *s, sv_sock c, sv_time now);

/* UDP. `local` as for listeners; port 0: a random one. SV_ERR_NOT_LOCAL; SV_ERR_IN_USE; SV_ERR_NO_PORTS;
 * SV_ERR_NO_MEMORY: the ceiling on UDP sockets, which echo and probe sockets share. */
SV_API SV_MUST_CHECK enum sv_err sv_udp_open(struct sv_stack *s, const struct sv_endpoint *local, uint64_t cookie,
                                             sv_sock *socket, sv_time now);
/* One datagram, copied (fragmented if need be). SV_ERR_TOO_BIG over 65507 bytes (IPv6: 65527); SV_ERR_NO_ROUTE;
 * SV_ERR_AGAIN: the interface's queue is full, try a little later; SV_ERR_NO_MEMORY; SV_ERR_INVALID: port 0, the any
 * address, or another family than the socket's own; SV_ERR_STALE; the socket's error record (an ICMP error:
 * SV_ERR_UNREACHABLE, SV_ERR_TOO_BIG) is returned once and cleared: that datagram was not sent. */
SV_API SV_MUST_CHECK enum sv_err sv_udp_send(struct sv_stack *s, sv_sock u, const struct sv_endpoint *to,
                                             const void *bytes, size_t n, sv_time now);
/* One datagram; *got is its length even when it was cut to n. SV_ERR_AGAIN: none waits, SV_EVENT_READABLE will come.
 * SV_ERR_STALE. */
SV_API SV_MUST_CHECK enum sv_err sv_udp_recv(struct sv_stack *s, sv_sock u, struct sv_endpoint *from, void *to,
                                             size_t n, size_t *got, sv_time now);

/* Takes the group's datagrams in on that interface, from any source, and tells the link's routers (IGMPv3, RFC 3376;
 * MLDv2, RFC 3810); sockets bound to the port and to any address get them. Closing the socket leaves. SV_ERR_INVALID:
 * not a group, or no such interface. SV_ERR_IN_USE: joined already. SV_ERR_NO_MEMORY: the ceiling on groups.
 * SV_ERR_STALE. */
SV_API SV_MUST_CHECK enum sv_err sv_udp_join(struct sv_stack *s, sv_sock u, uint32_t port, const struct sv_addr *group,
                                             sv_time now);
/* Whatever it was joined as. SV_ERR_INVALID: not joined. */
SV_API SV_MUST_CHECK enum sv_err sv_udp_leave(struct sv_stack *s, sv_sock u, uint32_t port, const struct sv_addr *group,
                                              sv_time now);

/* Source-specific multicast (RFC 4607): the group from that source, and from others joined so: at most
 * SV_GROUP_SOURCES_MAX. The link's routers hear of each (RFC 3376 §5.1). Errors as of sv_udp_join().
 * SV_ERR_INVALID too: no unicast address of the group's family, or the socket has the group from any source;
 * SV_ERR_IN_USE: that one. */
#define SV_GROUP_SOURCES_MAX 8u
SV_API SV_MUST_CHECK enum sv_err sv_udp_join_source(struct sv_stack *s, sv_sock u, uint32_t port,
                                                    const struct sv_addr *group, const struct sv_addr *source,
                                                    sv_time now);
/* With the last source the group is left. SV_ERR_INVALID: not joined so. */
SV_API SV_MUST_CHECK enum sv_err sv_udp_leave_source(struct sv_stack *s, sv_sock u, uint32_t port,
                                                     const struct sv_addr *group, const struct sv_addr *source,
                                                     sv_time now);
/* The socket's whole filter of a group at once (RFC 3678 §5.1): n sources only, or with `exclude` all but those; none
 * and not `exclude` leaves. Joins if it has to. Errors as above; SV_ERR_NO_MEMORY too: more than SV_GROUP_SOURCES_MAX.
 * Other sockets' filters stand beside it: what any of them wants comes in, and each gets what it wants. */
SV_API SV_MUST_CHECK enum sv_err sv_udp_filter(struct sv_stack *s, sv_sock u, uint32_t port,
                                               const struct sv_addr *group, bool exclude, const struct sv_addr *sources,
                                               uint32_t n, sv_time now);

/* ICMP echo, for ping: a request with our identifier; answers come as datagrams from sv_udp_recv() on the
 * same kind of handle (bytes: sequence number 2, TTL 1, ICMP type 1, code 1, then the data). Errors as of
 * sv_udp_open(). */
SV_API SV_MUST_CHECK enum sv_err sv_echo_open(struct sv_stack *s, uint64_t cookie, sv_sock *socket, sv_time now);
/* One request with n bytes of data, copied; ttl 0: the default. Errors as of sv_udp_send(), without the record. */
SV_API SV_MUST_CHECK enum sv_err sv_echo_send(struct sv_stack *s, sv_sock e, const struct sv_addr *to,
                                              uint16_t sequence, uint8_t ttl, const void *bytes, size_t n, sv_time now);

/* Half-open probes, for tracing a path: a SYN of ours that is not the beginning of a connection (whoever answers it
 * with SYN-ACK gets the stack's RST). What comes back are reports. Errors as of sv_udp_open(). */
SV_API SV_MUST_CHECK enum sv_err sv_probe_open(struct sv_stack *s, uint64_t cookie, sv_sock *socket, sv_time now);
/* One SYN to `to` with sequence number `seq` and n bytes of zeros as data, 1400 at most; ttl 0: the default. Errors as
 * of sv_udp_send(), without the record. */
SV_API SV_MUST_CHECK enum sv_err sv_probe_send(struct sv_stack *s, sv_sock p, const struct sv_endpoint *to,
                                               uint32_t seq, uint8_t ttl, size_t n, sv_time now);

enum sv_report_kind {
    SV_REPORT_ICMP = 1, /* somebody's ICMP error about a datagram of this socket's */
    SV_REPORT_TCP = 2,  /* a segment from where a probe went */
};

/* What the network said about something that a UDP or probe socket sent. */
struct sv_report {
    uint32_t size;               /* sizeof(struct sv_report) */
    uint32_t kind;               /* enum sv_report_kind */
    struct sv_addr from;         /* who says so */
    struct sv_endpoint src, dst; /* of our packet, as the error quotes them: src is ours */
    uint32_t sequence;           /* TCP: of our SYN as quoted, or what was acknowledged less one: seq to seq + n */
    uint32_t mtu;                /* of the next hop, with "fragmentation needed" and "packet too big" */
    uint32_t quoted_length;      /* bytes of our packet, as its quoted header tells */
    uint8_t type, code;          /* of the ICMP error, in the numbers of its family (that of `from`) */
    uint8_t tcp_flags;           /* SV_REPORT_TCP: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32 */
    uint8_t spare;
};

/* The oldest report of a UDP or probe socket; SV_EVENT_ERROR tells that there is one. At most 64 are kept, the oldest
 * goes first. The error that sv_udp_send() would return for it is taken away too. SV_ERR_AGAIN: none. SV_ERR_STALE,
 * SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_sock_report(struct sv_stack *s, sv_sock u, struct sv_report *report, sv_time now);

/* Settings of one socket. Values are unsigned. */
enum sv_option {
    SV_OPT_NODELAY = 1,          /* 1: no Nagle (RFC 9293 §3.7.4) */
    SV_OPT_CORK = 2,             /* 1: only full segments until it is 0 again (`linux`: or an RTO has passed); 2: only
                                    until an acknowledgement, an RTO, or a write after it is 0 again */
    SV_OPT_KEEPALIVE_IDLE_S = 3, /* silence before the first keepalive; 0: off (RFC 9293 §3.8.4) */
    SV_OPT_KEEPALIVE_INTERVAL_S = 4, /* between unanswered ones */
    SV_OPT_KEEPALIVE_COUNT = 5,      /* unanswered ones after which the connection is given up */
    SV_OPT_USER_TIMEOUT_MS = 6, /* give up when sent data goes unacknowledged this long (below 2^24); 0: the default */
    SV_OPT_SEND_BUFFER = 7,     /* bytes that may be queued and unacknowledged: 2,048 to 2^30; it grows no more */
    SV_OPT_RECV_BUFFER = 8,     /* bytes the receive window may offer: as above */
    SV_OPT_LINGER_RESET = 9,    /* 1: close() resets */
    SV_OPT_URGENT = 10,         /* the next byte sent is urgent data (RFC 6093); SV_ERR_INVALID after shutdown */
    SV_OPT_TTL = 11,            /* time to live, or hop limit, of what is sent: 1 to 255 */
    SV_OPT_QUICKACK = 12,       /* 1: acknowledge at once */
    SV_OPT_TOS = 13,            /* DSCP in the upper six bits; ECN in the lower two, but not of TCP (RFC 3168) */
    SV_OPT_FASTOPEN = 15,       /* of a listener: as sv_listen_options.fastopen */
    SV_OPT_DONT_FRAGMENT = 14,  /* UDP and echo, 1: SV_ERR_TOO_BIG for what is too long for the path, no fragments */
    SV_OPT_CONGESTION = 20,     /* enum sv_congestion */
    SV_OPT_PACING = 22,         /* bytes a second that the connection sends at most, in small bursts; 0: no limit */
    SV_OPT_MAX_SEGMENT = 30,    /* bytes a segment carries at most, both ways, options included: 88 to 32767; between
                                    sv_connect() and its SYN, later SV_ERR_INVALID (RFC 9293 §3.7.1) */
    SV_OPT_ECN = 21,            /* enum sv_ecn_mode, between sv_connect() and its SYN; later SV_ERR_INVALID */
    SV_OPT_TROUBLE = 31, /* 1: SV_EVENT_TROUBLE tells of errors that end nothing yet: SV_ERR_UNREACHABLE when ICMP
                                    says so of a segment in flight (RFC 9293 §3.9.2.2), SV_ERR_TIMED_OUT after R1
                                    timeouts in a row (§3.8.3; knob tcp_retries1). Wait, tell a person, or abort */
    SV_OPT_V6_ONLY = 40, /* UDP, 1: a socket bound to IPv6's any address takes no IPv4 (RFC 3493 §5.3) */
};
/* Explicit congestion notification (RFC 3168): routers mark what they would have dropped. */
enum sv_ecn_mode {
    SV_ECN_DEFAULT = 0, /* the stack's, that is, the profile's */
    SV_ECN_NEVER = 1,
    SV_ECN_ACCEPT = 2, /* agree when the peer asks */
    SV_ECN_ASK = 3,    /* our SYN asks; one that must be sent again does not */
    /* With feedback of each mark instead of one a round trip: AccECN, RFC 9768. For stacks whose configuration has one
     * of these, which takes 48 bytes a connection more; peers that do not know it get ECN, or none. */
    SV_ECN_ACCURATE = 4,            /* our SYN asks for that, and what the peer asks for is agreed to */
    SV_ECN_ACCEPT_ACCURATE_ASK = 5, /* ... our SYN asks for ECN */
    SV_ECN_ACCEPT_ACCURATE = 6,     /* ... our SYN asks for none */
};
/* Who governs the congestion window of a connection. docs/CONGESTION.md says what each is for. */
enum sv_congestion {
    SV_CC_DEFAULT = 0, /* the profile's */
    SV_CC_RENO = 1,    /* NewReno: RFC 5681, RFC 6582 */
    SV_CC_CUBIC = 2,   /* RFC 9438 with HyStart++ (RFC 9406) */
    SV_CC_BBR = 4,     /* draft-ietf-ccwg-bbr (version 3): by bandwidth and round-trip time, paced */
    SV_CC_DCTCP = 3,   /* RFC 8257: for networks whose routers mark early; asks for ECN */
};
/* "cubic"; "" for what is none. */
SV_API const char *sv_congestion_name(enum sv_congestion number);
/* SV_ERR_INVALID: no option of this kind of socket, a value out of its range, not possible now, or (PACING, QUICKACK,
 * URGENT) no memory for it; SV_ERR_STATE: the connection is over; SV_ERR_STALE. */
SV_API SV_MUST_CHECK enum sv_err sv_sock_set(struct sv_stack *s, sv_sock c, enum sv_option option, uint64_t value,
                                             sv_time now);
/* What its events carry from now on. SV_ERR_STALE. */
SV_API SV_MUST_CHECK enum sv_err sv_sock_set_cookie(struct sv_stack *s, sv_sock c, uint64_t cookie);

enum sv_tcp_state {
    SV_CLOSED,
    SV_LISTEN,
    SV_SYN_SENT,
    SV_SYN_RECEIVED,
    SV_ESTABLISHED,
    SV_FIN_WAIT_1,
    SV_FIN_WAIT_2,
    SV_CLOSE_WAIT,
    SV_CLOSING,
    SV_LAST_ACK,
    SV_TIME_WAIT,
    SV_TCP_STATES
};
/* "ESTABLISHED", "SYN-SENT", ... as RFC 9293 writes them. */
SV_API const char *sv_tcp_state_name(enum sv_tcp_state state);

/* Of a connection's recovery from loss. */
enum sv_recovery_state {
    SV_RECOVERY_OPEN,      /* nothing is missing */
    SV_RECOVERY_DOUBTFUL,  /* something is missing, or was probed for, and is not taken for congestion */
    SV_RECOVERY_RESENDING, /* lost, and being sent again: RFC 5681's fast recovery */
    SV_RECOVERY_LOSS,      /* the same after a timeout */
};

/* RFC 9768: marks as both ends count them, from 0 with the connection. Packets, and bytes of payload by codepoint. */
struct sv_accecn_counts {
    uint32_t ce_packets;
    uint32_t ce_bytes, ect0_bytes, ect1_bytes; /* as far as options told; they wrap */
};
struct sv_accecn_info {
    struct sv_accecn_counts received;  /* of what came here */
    struct sv_accecn_counts delivered; /* of what was sent from here, as the peer tells */
    uint32_t option_seen;              /* the peer sends its counters of bytes */
    /* 1: the path changed the codepoint, so it is not set; 2: the feedback, so it is not heeded; 4: the peer's options,
     * which are not read; 8: ours were lost, and are not sent. */
    uint32_t failed;
};

/* What a socket is and how it fares. */
struct sv_sock_info {
    uint32_t size;     /* sizeof(struct sv_sock_info) */
    uint32_t protocol; /* 6, 17, 1 */
    struct sv_endpoint local, remote;
    uint32_t state;                                    /* enum sv_tcp_state */
    uint32_t flow;                                     /* its number in the trace */
    uint32_t interface;                                /* its sv_port */
    uint32_t mss_bytes;                                /* payload of a full segment */
    uint32_t send_queued, send_unacked, recv_queued;   /* bytes */
    uint32_t send_window, recv_window, cwnd, ssthresh; /* bytes */
    uint32_t srtt_us, rttvar_us, rto_us, min_rtt_us;
    uint32_t retransmits;                     /* segments sent again in its life */
    uint32_t backoff;                         /* timeouts in a row */
    uint64_t bytes_sent, bytes_received;      /* of the stream, acknowledged / delivered in order */
    uint32_t backlog, backlog_max, half_open; /* listeners */
    uint32_t options; /* 1 timestamps, 2 SACK, 4 window scale, 8 ECN, 16 data of a SYN taken, 32 AccECN, 64 signed */
    uint32_t send_scale, recv_scale;     /* shifts of the windows in segments that come, and that go (RFC 7323 §2) */
    int32_t error;                       /* enum sv_err, once the connection has one */
    uint32_t congestion;                 /* enum sv_congestion */
    uint64_t pacing_rate, delivery_rate; /* bytes a second, 0: none; delivered as the algorithm believes, or of now */
    uint64_t cookie;
    /* Of what is in flight, in bytes, while something of it is missing or was asked after. */
    uint32_t recovery;            /* enum sv_recovery_state */
    uint32_t in_network;          /* sent, and neither delivered nor given up for lost: RFC 6675's pipe */
    uint32_t sacked, lost;        /* delivered beyond a gap; lost, and not sent again yet */
    uint32_t sent_again;          /* and on its way */
    uint32_t reordering;          /* the widest that was seen, in segments; 0: none was */
    uint32_t reorder_window_us;   /* how much later than its successors a segment may come before it is lost */
    uint32_t runs;                /* records the scoreboard takes */
    struct sv_accecn_info accecn; /* with AccECN; else zero */
    int32_t trouble;              /* enum sv_err, while a timeout's segment is unanswered: as SV_EVENT_TROUBLE says */
    uint32_t reordered;           /* acknowledgements that told of reordering, 255 at most */
    uint32_t probes;              /* asked and not answered: of a closed window, of a silent peer (keepalives); or how
                                   * often a device was offered what it does not take. 255 at most */
};
/* SV_ERR_STALE, SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_sock_info(const struct sv_stack *s, sv_sock c, struct sv_sock_info *info);

/* Walks every endpoint of the stack, TIME-WAIT and SYN-RECEIVED records too: *at begins as 0. False: no more. */
SV_API bool sv_stack_each(const struct sv_stack *s, uint32_t *at, struct sv_sock_info *info);

#ifdef __cplusplus
}
#endif
#endif
