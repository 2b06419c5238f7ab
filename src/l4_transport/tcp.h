/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP (RFC 9293) as one layer of a stack: what the layers around it call.
 *
 * Theory of operation. Segments come in as a burst of parsed headers (sv_tcp_receive), move the records of
 * their connections, and leave marks: events for applications, and a place on a ready ring for each
 * connection that has something to send. Nothing is sent from inside receive. Segments do not exist until
 * the interface asks for them (sv_tcp_transmit): only then are sequence numbers, window and
 * acknowledgement taken from the record, so a retransmission or a late ACK always says what is true now.
 * Timers are exact deadlines in the busy record, indexed by the stack's wheel (sv_tcp_expire).
 *
 * What is absent here and comes later: Fast Open, auto-tuning. docs/STATUS.md keeps the list. */
#ifndef SV_L4_TCP_H
#define SV_L4_TCP_H

#include "core/core.h"
#include "core/flow.h"
#include "core/wheel_kinds.h"
#include "l4_transport/tcp_fastopen.h"
#include "l4_transport/tcp_profile.h"
#include "l4_transport/tcp_record.h"
#include "l4_transport/tcp_search.h"
#include "l4_transport/tcp_teach.h"
#include "l4_transport/tcp_wire.h"
#include "seven/stack.h"

struct sv_tcp_listener {
    struct sv_addr addr;
    uint64_t cookie;
    uint32_t generation;
    uint32_t backlog, backlog_max;     /* established, not yet accepted */
    uint32_t half_open, half_open_max; /* small records in SYN-RECEIVED */
    uint32_t accept_first, accept_last;
    uint32_t events, event_next;
    uint32_t interface; /* 0: any, else 1 + port */
    uint32_t flow;
    uint16_t port;
    uint8_t used, v6_only, deferred, any_addr, any_v4, pending;
    uint8_t fast_keys;      /* how many of fast_key are its own */
    uint8_t fast_no_cookie; /* data is taken with any SYN */
    uint16_t max_segment;   /* of the connections it takes: SV_OPT_MAX_SEGMENT; 0: what the path carries */
    uint32_t recv_buffer;   /* ... and SV_OPT_RECV_BUFFER; 0: as theirs begins and grows */
    uint16_t fast_max, fast_pending, fast_reset; /* RFC 7413 §5.1: limit, pending, reset while they were */
    uint32_t fast_reset_until_s;
    sv_time cookies_until;             /* SYN cookies of its may come back until then */
    struct sv_siphash_key fast_key[2]; /* that of new cookies, and the one before */
};

struct sv_tcp_ring {
    uint32_t first, last;
};

/* One interface as TCP sees it. */
struct sv_tcp_interface {
    struct sv_tcp_ring urgent; /* acknowledgements and control: first */
    struct sv_tcp_ring bulk;   /* data, in turns */
    uint32_t mtu;
    uint32_t down; /* 1: nothing can be sent, so nobody waits to say a last word */
    /* tcp_stall.c: when a turn was had last, or somebody came to an empty ring; when it was asked who waits. */
    sv_time moved_at, asked_at;
};

struct sv_tcp_counters {
    uint64_t segments_in, segments_out, retransmitted;
    uint64_t opened_active, opened_passive, resets_in, resets_out;
    uint64_t rto_fired, fast_recoveries, probes, keepalives, challenges, delayed_acks;
    uint64_t timed_out, refused;
    uint64_t ce_in, ece_in, ecn_reductions; /* segments marked on their way to us, echoes, windows reduced for them */
    uint64_t accecn_opened, ce_told, accecn_options_out; /* AccECN: connections, marks that peers told of, options */
    /* Recovery with SACK. */
    uint64_t boards, board_full; /* scoreboards made; splits and boards refused for want of room */
    uint64_t sack_recoveries, sack_invalid, sack_partial, sack_reneged, dsack_in, dsack_out;
    uint64_t reordered, reorder_timeouts, tlp_probes, tlp_recoveries, tlp_spurious;
    uint64_t undo_eifel, undo_dsack, undo_frto;
    uint64_t black_holes;                              /* paths that swallowed long segments in silence */
    uint64_t mtu_probes, mtu_found, mtu_failed;        /* of the search for the longest (tcp_search.h) */
    uint64_t cookies_sent, cookies_good, cookies_bad;  /* SYN cookies */
    uint64_t fast_opened, fast_accepted, fast_refused; /* Fast Open: as client, as server, not taken */
};

/* The kind of socket, in a handle's index. */
#define SV_SOCK_TCP 0x00000000u
#define SV_SOCK_LISTENER 0x40000000u
#define SV_SOCK_UDP 0x80000000u
#define SV_SOCK_ECHO 0xc0000000u
#define SV_SOCK_KIND(index) ((index)&0xc0000000u)
#define SV_SOCK_INDEX(index) ((index)&0x3fffffffu)

#define SV_SEGMENT_MIN 88u /* of SV_OPT_MAX_SEGMENT: Linux's TCP_MIN_MSS */
#define SV_SEGMENT_MAX 32767u
#define SV_TCP_NO_PATH UINT16_MAX /* hot.interface of a record whose path is the caller's still */
#define SV_TCP_BACKOFFS 8u
#define SV_TCP_ASKED (SV_TCP_BACKOFFS - 1u) /* half[]: those that the application must admit */

/* What one connection needs for the way down. */
struct sv_tcp_path {
    uint32_t local;     /* address record */
    uint32_t neighbour; /* held by the connection from here on */
    uint16_t interface;
    uint16_t mtu; /* bytes of an IP packet */
    uint8_t ttl;  /* unless the application wants another */
};

/* Where the record of a flow was found lately. Only a hint, by what costs nothing to compare: who follows it compares
 * the record itself, so nothing need be taken back when records go. */
#define SV_TCP_RECENT_BITS 9u
#define SV_TCP_RECENT (1u << SV_TCP_RECENT_BITS)
struct sv_tcp_recent {
    uint32_t ports; /* remote << 16 | local */
    uint32_t value; /* as in the flow table; 0: nothing */
};

struct sv_tcp {
    int64_t core_at, hot_at, cold_at, busy_at, small_at, listeners_at, interfaces_at; /* from this struct */
    int64_t net_at;                                                                   /* to the network layer below */
    int64_t accecn_at; /* 0: the configuration has no AccECN, and there is no table */
    struct sv_flow_table flows;
    uint32_t hots, hot_free, hot_used; /* full records: ceiling, first free, in use */
    uint32_t busies, busy_free, busy_used;
    uint32_t smalls, small_free, half_used, half_max, wait_used, wait_max;
    uint32_t listeners, listeners_used;
    uint32_t hot_fresh, busy_fresh, small_fresh; /* records never used yet begin here */
    uint32_t interfaces;
    uint32_t interfaces_ready;                /* above the highest on which anything was ever ready */
    struct sv_tcp_ring parked;                /* connections whose neighbour is not resolved */
    struct sv_tcp_ring half[SV_TCP_BACKOFFS]; /* SYN-RECEIVED, by how often the SYN,ACK was repeated */
    struct sv_tcp_ring wait;                  /* TIME-WAIT, oldest first */
    struct sv_tcp_ring events;                /* connections with pending events */
    struct sv_tcp_ring listener_events;
    struct sv_siphash_key isn_key;
    struct sv_siphash_key fastopen_key[2]; /* that of new cookies, and the one before */
    uint32_t fastopen_keys, spare_word;    /* how many there are */
    sv_time time_wait;                     /* 2 MSL */
    sv_time challenge_window;              /* RFC 5961 §7: this second's count */
    uint32_t challenges;
    uint32_t profile;
    uint32_t recover;                  /* enum sv_recover */
    uint32_t send_buffer, recv_buffer; /* how far those of a connection may grow */
    uint8_t recv_scale;                /* the window scale our buffers ask for */
    uint8_t congestion;                /* enum sv_congestion of new connections */
    uint8_t ecn;                       /* enum sv_ecn_mode less one */
    uint8_t spare;
    uint32_t fast_used; /* counts: see sv_fastopen_peer.used */
    struct sv_tcp_counters count;
    struct sv_tcp_profile habits; /* of `profile`, as knobs changed them; a simulated host may have its own */
    struct sv_tcp_teach teach;
    int64_t keys_at, aos_at; /* from this struct */
    uint32_t aos, aos_used;  /* records of TCP-AO (tcp_ao.h): ceiling, in use */
    uint32_t ao_free, ao_spare;
    uint32_t keys, keys_used; /* of signed connections (tcp_auth.h): ceiling; one more than the last in use, 0: none */
    struct sv_tcp_recent recent[SV_TCP_RECENT];
    struct sv_fastopen_peer fast_peer[SV_FASTOPEN_PEERS];
    struct sv_searches searches;
};

/* Ceilings as in sv_stack_config. */
struct sv_tcp_config {
    uint32_t connections, busy, half_open, time_waits, listeners, interfaces, profile, msl_ms;
    uint32_t send_buffer, recv_buffer;
    uint32_t recover;         /* enum sv_recover; 0: the profile's */
    uint32_t congestion, ecn; /* enum sv_congestion, enum sv_ecn_mode; 0: the profile's */
    uint32_t keys, aos;
};

bool sv_tcp_cc_exists(uint32_t congestion); /* enum sv_congestion: DEFAULT does too */

uint64_t sv_tcp_bytes(const struct sv_tcp_config *config);
bool sv_tcp_init(struct sv_tcp *tcp, struct sv_core *core, struct sv_arena *arena, const struct sv_tcp_config *config);

/* Bytes of an IP packet that the interface carries: what our SYN's MSS follows from. */
void sv_tcp_set_mtu(struct sv_tcp *tcp, sv_port port, uint32_t mtu);
/* The largest window that a connection may come to offer; the window scale follows from it. */
void sv_tcp_set_recv_buffer(struct sv_tcp *tcp, uint32_t bytes);
/* Down: ended connections that stand there to send a reset or an ACK are freed without it. */
void sv_tcp_set_up(struct sv_tcp *tcp, sv_port port, bool up);

/* --- the way in --- */

/* Looks for each segment's record (sets flow_value, SV_NONE: none) and starts fetching it. */
void sv_tcp_lookup(struct sv_tcp *tcp, struct sv_seg *seg, uint32_t n);
/* Acts on one segment: takes seg->packet. The answer to a segment that has no connection (RST) is
 * put into *reply (true: send it). */
struct sv_tcp_reply {
    struct sv_addr remote;
    uint32_t local;
    sv_port port;
    uint32_t flow;
    struct sv_tcp_header header;
};
bool sv_tcp_arrives(struct sv_tcp *tcp, struct sv_seg *seg, struct sv_tcp_reply *reply);

/* --- the way out --- */

/* One packet to be sent: TCP header pushed, its checksum field zero; the stack adds what is below. */
struct sv_tcp_out {
    struct sv_buf *packet;
    uint16_t sum; /* of header and payload; of the header alone when the device sums */
};

/* Where the packets of one turn go. */
struct sv_tcp_way {
    struct sv_addr remote;
    uint32_t local, neighbour;
    uint8_t ttl, tos;
};

/* How much the next connection in turn may send at once. */
struct sv_tcp_grant {
    uint32_t packets; /* at most this many packets */
    uint32_t bytes;
    uint32_t super; /* payload bytes of the longest super-frame; 0: one segment a packet */
    bool offload;   /* the device sums: payload need not be */
};

/* sv_tcp_next(), below, says whose turn it is. Its neighbour tells the stack whether it can be sent to now; if not,
 * sv_tcp_park() takes it off the ring until sv_tcp_unpark(). */
void sv_tcp_park(struct sv_tcp *tcp, sv_port port);
void sv_tcp_unpark(struct sv_tcp *tcp);

/* Writes the packets of the connection whose turn it is, taken off its ring. Returns how many; *way is theirs. */
struct sv_tcb;
uint32_t sv_tcp_transmit(struct sv_tcb *t, const struct sv_tcp_grant *grant, struct sv_tcp_out *out,
                         struct sv_tcp_way *way);

/* A segment that belongs to no full connection (RST, or SYN,ACK and ACK of small records). */
struct sv_buf *sv_tcp_reply_packet(struct sv_tcp *tcp, const struct sv_tcp_reply *reply, uint16_t *sum);
/* For who writes it himself: the packet gets its number, counts as sent, and the trace hears of it. */
void sv_tcp_replied(struct sv_tcp *tcp, const struct sv_tcp_reply *reply, struct sv_buf *b);

/* Small records whose SYN,ACK must go out (again): one a call; false: none. */
bool sv_tcp_half_open_due(struct sv_tcp *tcp, struct sv_tcp_reply *reply);

/* --- time --- */

void sv_tcp_expire_connection(struct sv_tcp *tcp, uint32_t index);
void sv_tcp_expire_queues(struct sv_tcp *tcp);          /* TIME-WAIT */
sv_time sv_tcp_next_deadline(const struct sv_tcp *tcp); /* of the queues; connections are in the wheel */
void sv_tcp_expire_stalled(struct sv_tcp *tcp);         /* rings that a device takes nothing from */

/* An ICMP error that quotes this flow (RFC 5927, RFC 9293 §3.9.2.2). hard: not to be hoped for again. */
void sv_tcp_icmp_error(struct sv_tcp *tcp, uint32_t flow_value, uint32_t seq, bool hard);
/* Is such a quote of what we have in flight? A router that forwarded it knows; who guesses seldom does (RFC 5927
 * §4). */
bool sv_tcp_quotes(const struct sv_tcp *tcp, uint32_t flow_value, uint32_t seq);
/* The path of that connection became narrower: what it sends next fits, and what is in flight is sent again at once,
 * without a word about congestion (RFC 1191 §6.5, RFC 8201 §5.4). */
void sv_tcp_path_narrowed(struct sv_tcp *tcp, uint32_t flow_value);
/* What was known of the path to `remote` has aged: its connections may try more. */
void sv_tcp_path_widened(struct sv_tcp *tcp, const struct sv_addr *remote);
uint32_t sv_tcp_find(struct sv_tcp *tcp, const struct sv_addr *remote, uint16_t remote_port, uint32_t local,
                     uint16_t local_port);
/* Fast Open's clients forget the cookies they were given. */
void sv_tcp_fastopen_forget(struct sv_tcp *tcp);
/* The neighbour cannot be reached: connections being opened through it fail. */
void sv_tcp_neighbour_failed(struct sv_tcp *tcp, uint32_t neighbour);

/* --- user calls, RFC 9293 §3.10.1 to §3.10.6; the session layer checks arguments --- */

/* The way to a peer: pins the address and the neighbour. False: no route, or not to one station. Given to
 * sv_tcp_open(), or back. */
bool sv_tcp_find_path(struct sv_tcp *tcp, const struct sv_addr *remote, uint32_t local, struct sv_tcp_path *path);
/* The same with the network's answer at hand; it may not be to one station. */
struct sv_ip_path;
bool sv_tcp_pin_path(struct sv_tcp *tcp, const struct sv_ip_path *way, uint32_t local, struct sv_tcp_path *path);
void sv_tcp_forget_path(struct sv_tcp *tcp, const struct sv_tcp_path *path);
const struct sv_addr *sv_tcp_address(const struct sv_tcp *tcp, uint32_t local);
/* Ends a TIME-WAIT for a new connection of ours, if timestamps make that safe (RFC 6191 §2). */
bool sv_tcp_time_wait_yields(struct sv_tcp *tcp, uint32_t small);

/* The two ends of a connection to be. sv_tcp_find_tuple() tells who has them already, as sv_tcp_find(), and works out
 * the hash that sv_tcp_open() wants. */
struct sv_tcp_tuple {
    const struct sv_endpoint *remote;
    uint64_t hash;
    uint32_t isn; /* for it, now */
    uint32_t local;
    uint16_t local_port;
    bool guessed; /* nobody has looked whether they are free: sv_tcp_open() does */
};
/* The same without looking. */
void sv_tcp_guess_tuple(struct sv_tcp *tcp, struct sv_tcp_tuple *u);
uint32_t sv_tcp_find_tuple(struct sv_tcp *tcp, struct sv_tcp_tuple *u);
enum sv_err sv_tcp_open(struct sv_tcp *tcp, const struct sv_tcp_tuple *u, const struct sv_tcp_path *path,
                        uint64_t cookie, uint32_t *index);
enum sv_err sv_tcp_listen(struct sv_tcp *tcp, const struct sv_endpoint *local, const struct sv_listen_options *options,
                          uint32_t *listener);
bool sv_tcp_is_listened_for(const struct sv_tcp *tcp, const struct sv_seg *s); /* by address, port, interface */
enum sv_err sv_tcp_accept(struct sv_tcp *tcp, uint32_t listener, uint32_t *index);
enum sv_err sv_tcp_send(struct sv_tcp *tcp, uint32_t index, const void *bytes, size_t n, size_t *taken);
/* enum sv_span_flag of the last span that is queued: where the write that has just been made ended. */
void sv_tcp_mark_write(struct sv_tcp *tcp, uint32_t index, uint32_t set, uint32_t clear);
enum sv_err sv_tcp_send_ref(struct sv_tcp *tcp, uint32_t index, uint32_t first_window, uint64_t offset, size_t n,
                            size_t *taken);
enum sv_err sv_tcp_peek(struct sv_tcp *tcp, uint32_t index, const uint8_t **data, size_t *n);
void sv_tcp_consume(struct sv_tcp *tcp, uint32_t index, size_t n);
enum sv_err sv_tcp_recv(struct sv_tcp *tcp, uint32_t index, void *to, size_t n, size_t *got);
enum sv_err sv_tcp_shutdown(struct sv_tcp *tcp, uint32_t index);
void sv_tcp_close(struct sv_tcp *tcp, uint32_t index);
void sv_tcp_abort(struct sv_tcp *tcp, uint32_t index);
void sv_tcp_close_listener(struct sv_tcp *tcp, uint32_t listener);
enum sv_err sv_tcp_set(struct sv_tcp *tcp, uint32_t index, enum sv_option option, uint64_t value);
bool sv_tcp_port_free(const struct sv_tcp *tcp, uint16_t port);

/* After sv_tcp_open(): the first of n bytes go with the SYN if a cookie is known, or if it is to be `bare` of one; else
 * it asks for one (RFC 7413). */
void sv_tcp_fastopen_begin(struct sv_tcp *tcp, uint32_t index, bool bare, const void *bytes, size_t n, size_t *taken);
bool sv_tcp_fastopen_known(struct sv_tcp *tcp, const struct sv_addr *remote);

/* Deferred listeners: see seven/socket.h. sv_tcp_admit() gives the SYN,ACK; sv_tcp_refuse() the SYN as it came, for
 * whoever quotes it, and the reset that would answer it. */
enum sv_err sv_tcp_admission(struct sv_tcp *tcp, uint32_t listener, struct sv_admission *asked);
enum sv_err sv_tcp_admit(struct sv_tcp *tcp, uint64_t ticket, struct sv_tcp_reply *reply);
enum sv_err sv_tcp_refuse(struct sv_tcp *tcp, uint64_t ticket, struct sv_tcp_reply *syn, struct sv_tcp_reply *reset);

/* Pending events, collected (sv_stack_events). */
uint32_t sv_tcp_events(struct sv_tcp *tcp, struct sv_event *out, uint32_t max);

/* Inspection. */
void sv_tcp_info(const struct sv_tcp *tcp, uint32_t index, struct sv_sock_info *info);
void sv_tcp_info_listener(const struct sv_tcp *tcp, uint32_t index, struct sv_sock_info *info);
bool sv_tcp_each(const struct sv_tcp *tcp, uint32_t *at, struct sv_sock_info *info);
void sv_tcp_check(const struct sv_tcp *tcp);
bool sv_tcp_settled(const struct sv_tcp *tcp);

/* Record access for the session layer's handles. */
static inline struct sv_tcp_hot *sv_tcp_hot(const struct sv_tcp *tcp, uint32_t index)
{
    return (struct sv_tcp_hot *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->hot_at) + index;
}
static inline struct sv_tcp_cold *sv_tcp_cold(const struct sv_tcp *tcp, uint32_t index)
{
    return (struct sv_tcp_cold *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->cold_at) + index;
}
static inline struct sv_tcp_busy *sv_tcp_busy(const struct sv_tcp *tcp, uint32_t index)
{
    return (struct sv_tcp_busy *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->busy_at) + index;
}
static inline struct sv_tcp_small *sv_tcp_small(const struct sv_tcp *tcp, uint32_t index)
{
    return (struct sv_tcp_small *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->small_at) + index;
}
static inline struct sv_tcp_listener *sv_tcp_listener(const struct sv_tcp *tcp, uint32_t index)
{
    return (struct sv_tcp_listener *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->listeners_at) + index;
}
static inline struct sv_core *sv_tcp_core(const struct sv_tcp *tcp)
{
    return (struct sv_core *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->core_at);
}
static inline struct sv_tcp_interface *sv_tcp_interface(const struct sv_tcp *tcp, sv_port port)
{
    SV_ASSERT(port < tcp->interfaces);
    return (struct sv_tcp_interface *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->interfaces_at) + port;
}
/* The connection whose turn it is on that interface; SV_NONE: none has anything to send. */
static inline uint32_t sv_tcp_next(const struct sv_tcp *tcp, sv_port port)
{
    const struct sv_tcp_interface *i = sv_tcp_interface(tcp, port);
    return i->urgent.first != SV_NONE ? i->urgent.first : i->bulk.first;
}
/* Is anybody ready on any interface? Asked again and again, with hardly ever more than one to ask. */
static inline bool sv_tcp_any_ready(const struct sv_tcp *tcp)
{
    const struct sv_tcp_interface *i = sv_tcp_interface(tcp, 0);
    for (uint32_t k = 0; k < tcp->interfaces_ready; k++) {
        if ((i[k].urgent.first & i[k].bulk.first) != SV_NONE)
            return true;
    }
    return false;
}
/* Starts fetching all lines of a connection: one wait instead of one each when it is not in the cache. */
#define SV_TCP_PREFETCH(tcp, index)                                            \
    do {                                                                       \
        const uint8_t *sv_hot = (const uint8_t *)sv_tcp_hot((tcp), (index));   \
        const uint8_t *sv_cold = (const uint8_t *)sv_tcp_cold((tcp), (index)); \
        SV_PREFETCH(sv_hot);                                                   \
        SV_PREFETCH(sv_hot + 64);                                              \
        SV_PREFETCH(sv_cold);                                                  \
        SV_PREFETCH(sv_cold + 64);                                             \
        SV_PREFETCH(sv_cold + sizeof(struct sv_tcp_cold) - 1u);                \
    } while (0)
/* The lines of its busy record that an acknowledgement and its timers touch. */
#define SV_TCP_PREFETCH_BUSY(tcp, index)                                                     \
    do {                                                                                     \
        const uint32_t sv_lent = sv_tcp_hot((tcp), (index))->busy;                           \
        const uint32_t sv_bytes = sv_lent == SV_NONE ? 0 : offsetof(struct sv_tcp_busy, cc); \
        for (uint32_t sv_at = 0; sv_at < sv_bytes; sv_at += 64)                              \
            SV_PREFETCH((const uint8_t *)sv_tcp_busy((tcp), sv_lent) + sv_at);               \
    } while (0)
#define SV_TCP_VALUE(kind, index) ((uint32_t)(kind) << 30 | (index))
#define SV_TCP_VALUE_KIND(value) ((value) >> 30)
#define SV_TCP_VALUE_INDEX(value) ((value)&0x3fffffffu)

#endif
