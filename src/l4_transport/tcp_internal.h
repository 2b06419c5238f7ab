/* SPDX-License-Identifier: BSD-2-Clause */
/* What TCP's files share among themselves. */
#ifndef SV_L4_TCP_INTERNAL_H
#define SV_L4_TCP_INTERNAL_H

#include "core/addr.h"
#include "core/pool_inline.h"
#include "core/seq.h"
#include "l4_transport/tcp.h"
#include "l4_transport/tcp_cc.h"
#include "l4_transport/tcp_ecn.h"

/* A connection as the code sees it: a view of its records, made on the stack for one call. */
struct sv_tcb {
    struct sv_tcp *tcp;
    struct sv_core *core;
    struct sv_tcp_hot *h;
    struct sv_tcp_cold *c;
    struct sv_tcp_busy *b; /* NULL while idle */
    uint32_t index;
    sv_time now;
};

static inline struct sv_tcb sv_tcb_of(struct sv_tcp *tcp, uint32_t index)
{
    struct sv_tcp_hot *h = sv_tcp_hot(tcp, index);
    struct sv_core *core = sv_tcp_core(tcp);
    return (struct sv_tcb){
        .tcp = tcp,
        .core = core,
        .h = h,
        .c = sv_tcp_cold(tcp, index),
        .b = h->busy == SV_NONE ? NULL : sv_tcp_busy(tcp, h->busy),
        .index = index,
        .now = core->now,
    };
}

static inline uint32_t sv_tick(sv_time now)
{
    return (uint32_t)(now >> 20); /* 1.05 ms, wraps after 52 days */
}
static inline const struct sv_tcp_profile *sv_tcb_profile(const struct sv_tcb *t)
{
    return &t->tcp->habits;
}
/* The upper half of a flow's hash is all that the table asks for, and a record keeps it. */
static inline uint64_t sv_tcp_tag_hash(uint32_t tag)
{
    return (uint64_t)tag << 32;
}
/* RFC 7323 §5.4: our timestamps begin elsewhere for each flow, and the same for each connection of that flow
 * (which RFC 6191 relies on). The lower half of the flow's keyed hash tells nobody anything of the upper. */
static inline uint32_t sv_tcp_ts_offset(uint64_t hash)
{
    return (uint32_t)hash;
}
static inline uint8_t sv_tcb_send_scale(const struct sv_tcb *t)
{
    return t->h->scales & 15u;
}
static inline uint8_t sv_tcb_recv_scale(const struct sv_tcb *t)
{
    return (uint8_t)(t->h->scales >> 4);
}
/* Ticks of 2^10 ns, which wrap after 73 minutes: for what is in flight. */
static inline uint32_t sv_fine_tick(sv_time now)
{
    return (uint32_t)(now >> 10);
}
static inline uint32_t sv_fine_ticks_of_us(uint32_t us)
{
    return (uint32_t)(((uint64_t)us * 125u) >> 7);
}
uint32_t sv_tcb_pipe(const struct sv_tcb *t); /* with a board: bytes sent that are neither delivered nor lost */
/* Bytes in the network, as far as is known. */
static inline uint32_t sv_tcb_flight(const struct sv_tcb *t)
{
    if (SV_UNLIKELY(t->b && t->b->board != SV_NONE))
        return sv_tcb_pipe(t);
    return t->h->snd_nxt - t->h->snd_una;
}
/* What our SYNs offer: enum sv_tcp_agreed. */
static inline uint8_t sv_tcp_offers(const struct sv_tcp *tcp)
{
    return (uint8_t)(tcp->habits.agreed & ~(tcp->recover & SV_RECOVER_SACK ? 0u : (uint32_t)SV_TCP_SACK));
}
/* --- tcp_auth.c: connections that are signed --- */
/* It has its ends and numbers: is it signed? half: the small record it was, SV_NONE; s: NULL, or the segment that made
 * it. Asked only where there are keys. False: it must be, and there is no room for what that takes. */
bool sv_tcb_auth_begin(struct sv_tcb *t, uint32_t half, const struct sv_seg *s);
bool sv_tcp_auth_half(struct sv_tcp *tcp, uint32_t small, const struct sv_seg *s,
                      uint32_t iss); /* the same of a SYN's */
struct sv_tcp_ends sv_tcb_ends(const struct sv_tcb *t);
void sv_ao_init(struct sv_tcp *tcp); /* tcp_ao.c */
uint32_t sv_tcb_auth_takes(const struct sv_tcb *t);
/* Bytes of options that the signature takes. */
static inline uint32_t sv_tcb_auth_room(const struct sv_tcb *t)
{
    return SV_UNLIKELY(t->h->agreed & SV_TCP_SIGNED) ? sv_tcb_auth_takes(t) : 0u;
}
/* Pushes the header with its signature in front of b; gives the header's sum. */
uint16_t sv_tcb_auth_push(const struct sv_tcb *t, struct sv_buf *b, const struct sv_tcp_header *h);
/* What of `offers` there is room for beside a signature: MD5 leaves none for timestamps and SACK. */
uint8_t sv_tcp_auth_offers(const struct sv_tcp *tcp, const struct sv_addr *local, uint16_t local_port,
                           const struct sv_addr *remote, uint16_t remote_port, uint8_t offers);

static inline uint8_t sv_tcb_offers(const struct sv_tcb *t)
{
    if (t->h->state == SV_SYN_SENT && t->c->syn_offers)
        return (uint8_t)t->c->syn_offers;
    const uint8_t offers = sv_tcp_offers(t->tcp);
    if (!(t->h->agreed & SV_TCP_SIGNED))
        return offers;
    return sv_tcp_auth_offers(t->tcp, sv_tcp_address(t->tcp, t->h->local), t->h->local_port, &t->h->remote,
                              t->h->remote_port, offers);
}
/* The scale our SYN says: what it said before, else `fresh`. */
static inline uint8_t sv_tcb_syn_scale(const struct sv_tcb *t, uint8_t fresh)
{
    return t->c->syn_offers ? SV_SYN_OFFERS_SCALE(t->c->syn_offers) : fresh;
}
/* SACK blocks that a header has room for, of its 40 bytes of options. */
static inline uint32_t sv_tcb_sack_fits(const struct sv_tcb *t)
{
    const uint32_t taken = t->h->agreed & SV_TCP_TIMESTAMPS ? SV_TCP_TIMESTAMPS_LENGTH : 0u;
    return (36u - taken - sv_tcb_auth_room(t)) / 8u;
}
/* Is this part of recovery switched on? enum sv_recover */
static inline bool sv_tcp_recovers(const struct sv_tcb *t, uint32_t what)
{
    return (t->tcp->recover & what) != 0;
}
/* Our SYN is not acknowledged: there is no congestion window yet. */
static inline bool sv_tcb_opening(const struct sv_tcb *t)
{
    return t->h->cwnd == 0;
}
static inline bool sv_tcb_synchronized(const struct sv_tcb *t)
{
    return t->h->state >= SV_ESTABLISHED;
}

/* --- tcp_states.c: the table of edges --- */
enum sv_tcp_on {
    SV_ON_PASSIVE_OPEN,
    SV_ON_ACTIVE_OPEN,
    SV_ON_SYN,
    SV_ON_SYN_ACK,
    SV_ON_SYN_ACKED,
    SV_ON_CLOSE,
    SV_ON_FIN,
    SV_ON_FIN_ACKED,
    SV_ON_RESET,
    SV_ON_ABORT,
    SV_ON_TIMEOUT,
    SV_ON_EVENTS
};
/* The only place that assigns a state. Asserts that the edge is in the table. */
void sv_tcp_move(struct sv_tcb *t, enum sv_tcp_on on);
/* Where an edge leads; SV_TCP_STATES: there is none. */
enum sv_tcp_state sv_tcp_edge(enum sv_tcp_state from, enum sv_tcp_on on);
/* The i-th edge of the table; false: there are no more. For tools that draw it and tests that count. */
bool sv_tcp_edge_at(uint32_t i, uint8_t *from, uint8_t *on, uint8_t *to);
const char *sv_tcp_on_name(enum sv_tcp_on on);

/* --- tcp_events.c --- */
void sv_tcb_tell_anew(struct sv_tcb *t, uint32_t what); /* onto the list of events */
static inline void sv_tcb_tell(struct sv_tcb *t, uint32_t what)
{
    if (t->h->flags & SV_TCP_PENDING)
        t->c->events |= (uint16_t)what;
    else
        sv_tcb_tell_anew(t, what);
}
void sv_tcb_hush(struct sv_tcb *t); /* off the list of events */
void sv_tcp_tell_listener(struct sv_tcp *tcp, uint32_t listener, uint32_t what);
void sv_tcp_hush_listener(struct sv_tcp *tcp, uint32_t listener);

/* The window a connection begins with. */
static inline uint32_t sv_tcp_first_window(const struct sv_tcp *tcp)
{
    return sv_min_u32(tcp->recv_buffer, tcp->habits.recv_initial);
}

/* --- tcp_table.c: records --- */
uint8_t sv_tcp_scale_for(uint32_t recv_buffer);      /* the window scale it needs: RFC 7323 §2.3 */
uint8_t sv_tcb_scale_wanted(const struct sv_tcb *t); /* of the buffer chosen, else of how far it may grow */
uint32_t sv_tcp_new(struct sv_tcp *tcp);             /* a fresh full record in CLOSED, or SV_NONE */
void sv_tcp_free(struct sv_tcb *t);                  /* the handle is stale afterwards */
bool sv_tcb_need_busy(struct sv_tcb *t);             /* false: the ceiling is reached */
void sv_tcb_settle_quiet(struct sv_tcb *t);          /* ... when nothing is queued or in flight */
/* Gives the busy record back when nothing needs it. */
static inline void sv_tcb_settle(struct sv_tcb *t)
{
    if (t->b && t->h->snd_una == t->h->snd_max && !t->h->snd_queued && !t->h->rcv_queued)
        sv_tcb_settle_quiet(t);
}
void sv_tcb_release_busy(struct sv_tcb *t); /* ... with all that it holds */
uint64_t sv_tcp_hash(const struct sv_tcp *tcp, const struct sv_addr *remote, uint16_t remote_port, uint32_t local,
                     uint16_t local_port);
bool sv_tcp_tuple_is_taken(const struct sv_tcp *tcp, const struct sv_tcp_tuple *u); /* which was only guessed */
bool sv_tcb_enter_table(struct sv_tcb *t, uint64_t hash);
void sv_tcb_take_slot(struct sv_tcb *t, uint32_t from); /* of the table, from a small record of the same flow */
void sv_tcb_leave_table(struct sv_tcb *t);
uint32_t sv_tcp_small_new(struct sv_tcp *tcp);
void sv_tcp_small_free(struct sv_tcp *tcp, uint32_t index);
/* The record that a looked-up segment is for now. */
uint32_t sv_tcp_resolve(struct sv_tcp *tcp, struct sv_seg *s);

/* --- tcp_ring.c: ready rings and queues of small records --- */
void sv_tcb_ready_anew(struct sv_tcb *t, uint16_t why); /* onto its ring */
/* why: SV_TCP_ACK_NOW and/or SV_TCP_SEND_NOW */
static inline void sv_tcb_ready(struct sv_tcb *t, uint16_t why)
{
    t->h->flags |= why;
    if (!(t->h->flags & SV_TCP_READY))
        sv_tcb_ready_anew(t, why);
}
void sv_tcb_unready(struct sv_tcb *t); /* off its ring, before it is freed */
static inline uint32_t sv_tcp_ring_pop(struct sv_tcp *tcp, struct sv_tcp_ring *ring)
{
    const uint32_t index = ring->first;
    ring->first = sv_tcp_hot(tcp, index)->ready_next;
    if (ring->first == SV_NONE)
        ring->last = SV_NONE;
    return index;
}
/* The ring whose first has its turn next. */
static inline struct sv_tcp_ring *sv_tcp_ring_next(struct sv_tcp_interface *i)
{
    return i->urgent.first != SV_NONE ? &i->urgent : &i->bulk;
}
void sv_tcp_ring_append(struct sv_tcp *tcp, struct sv_tcp_ring *ring, uint32_t index);
void sv_tcp_queue_append(struct sv_tcp *tcp, struct sv_tcp_ring *queue, uint32_t small);
void sv_tcp_queue_remove(struct sv_tcp *tcp, struct sv_tcp_ring *queue, uint32_t small);

/* --- tcp_below.c: what TCP asks of the network layer --- */
void sv_tcp_path_drop(struct sv_tcb *t);              /* lets go of neighbour and local address */
void sv_tcp_path_works(struct sv_tcb *t);             /* progress: the neighbour is there */
void sv_tcp_path_fails(struct sv_tcb *t);             /* R1 (RFC 9293 §3.8.3): perhaps it is not */
void sv_tcb_lengthen(struct sv_tcb *t, uint16_t mss); /* segments become longer, or so they may */
uint16_t sv_tcp_path_mss(const struct sv_tcb *t);     /* payload bytes of what fits the path and the peer */
uint16_t sv_tcp_mss_for(const struct sv_tcp *tcp, sv_port port, const struct sv_addr *remote); /* what we announce */
void sv_tcp_black_hole(struct sv_tcb *t); /* a timeout: does the path swallow long segments? */
/* Is any path searched for the longest segment (tcp_search.h)? */
static inline bool sv_search_on(const struct sv_tcp *tcp)
{
    return tcp->searches.used || tcp->habits.mtu_probing > 1;
}
void sv_tcp_local_pin(struct sv_tcp *tcp, uint32_t local);
void sv_tcp_local_unpin(struct sv_tcp *tcp, uint32_t local);

/* --- tcp_isn.c --- */
uint32_t sv_tcp_isn(struct sv_tcp *tcp, const struct sv_addr *remote, uint16_t remote_port, uint32_t local,
                    uint16_t local_port);

/* --- tcp_listen.c, tcp_half_open.c --- */
/* beyond: NULL, or the number that our ISN must lie beyond. */
bool sv_tcp_listen_arrives(struct sv_tcp *tcp, struct sv_seg *s, const uint32_t *beyond, struct sv_tcp_reply *reply);
bool sv_tcp_half_open_arrives(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply);
/* A small record of the SYN; its answer is in *reply unless the listener is deferred. False: no record is left. */
bool sv_tcp_half_open_begin(struct sv_tcp *tcp, uint32_t listener, struct sv_seg *s, const uint32_t *beyond,
                            struct sv_tcp_reply *reply);
void sv_tcp_half_open_admitted(struct sv_tcp *tcp, uint32_t small, struct sv_tcp_reply *reply); /* one that waited */
void sv_tcp_half_open_forgotten(struct sv_tcp *tcp, uint32_t small);
/* An ICMP error that quotes it. False: not about its SYN,ACK. */
bool sv_tcp_half_open_error(struct sv_tcp *tcp, uint32_t small, uint32_t seq, bool hard);
/* Its answer without a record. */
void sv_tcp_half_open_cookie(struct sv_tcp *tcp, uint32_t listener, const struct sv_seg *s, struct sv_tcp_reply *reply);
/* A connection at once (Fast Open); *reply is its SYN,ACK. False: no record is left. */
bool sv_tcp_half_open_fast(struct sv_tcp *tcp, uint32_t listener, struct sv_seg *s, struct sv_tcp_reply *reply);
/* A connection of a cookie that came back. NONE: it took the segment. */
enum sv_drop sv_tcp_half_open_by_cookie(struct sv_tcp *tcp, const struct sv_tcp_small *m, struct sv_seg *s,
                                        struct sv_tcp_reply *reply, bool *answer);
/* tcp_cookies.c: an ISN that says what *m holds; its timestamp; what a third message says of them. False: no cookie. */
void sv_tcp_cookie_make(struct sv_tcp *tcp, struct sv_tcp_small *m);
uint32_t sv_tcp_cookie_time_value(uint32_t now_ms, const struct sv_tcp_small *m);
bool sv_tcp_cookie_check(struct sv_tcp *tcp, uint32_t listener, const struct sv_seg *s, struct sv_tcp_small *m);
void sv_tcp_accept_ready(struct sv_tcb *t); /* the handshake is over: tell the listener */
void sv_tcp_accept_leave(struct sv_tcb *t);
sv_time sv_tcp_half_open_deadline(const struct sv_tcp *tcp);
void sv_tcp_forget_half_open(struct sv_tcp *tcp, uint32_t listener);

/* --- tcp_fastopen.c --- */
enum sv_fast_answer { SV_FAST_ORDINARY, SV_FAST_GIVE, SV_FAST_TAKE, SV_FAST_RENEW };
/* What a SYN gets: an ordinary handshake; one with a cookie (put into *answer); or a connection at once, with a new
 * cookie for an old one or without. */
enum sv_fast_answer sv_tcp_fastopen_asked(struct sv_tcp *tcp, uint32_t listener, const struct sv_seg *s,
                                          struct sv_tcp_header *answer);
/* A fresh record takes the SYN's data. window: bytes that the SYN,ACK offers. */
void sv_tcp_fastopen_serve(struct sv_tcb *t, uint32_t listener, struct sv_seg *s, uint32_t window);
void sv_tcp_fastopen_acknowledged(struct sv_tcb *t); /* our SYN,ACK was */
void sv_tcp_fastopen_ended(struct sv_tcb *t);
bool sv_tcp_fastopen_timeout(struct sv_tcb *t);                               /* true: it was the SYN,ACK's */
void sv_tcp_fastopen_option(const struct sv_tcb *t, struct sv_tcp_header *h); /* of our first SYN */
/* Our SYN was: what of its data is left? */
void sv_tcp_fastopen_answered(struct sv_tcb *t, const struct sv_seg *s);
void sv_tcp_fastopen_crossed(struct sv_tcb *t, const struct sv_seg *s); /* ... in a simultaneous open */
/* RFC 7413 §4.2.1: data that went with our SYN was not taken, and goes again at once. It counts as sent: not as a short
 * segment that Nagle would wait for, and with SACK it stands on the board as lost from the first. */
void sv_tcp_fastopen_refused(struct sv_tcb *t);
static inline bool sv_tcb_serves_fast(const struct sv_tcb *t)
{
    return t->b && t->b->fast >= SV_FAST_SERVES;
}

/* --- tcp_closed.c: CLOSED and SYN-SENT arrivals, resets --- */
bool sv_tcp_closed_arrives(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply);
void sv_tcp_syn_sent_arrives(struct sv_tcb *t, struct sv_seg *s, struct sv_tcp_reply *reply, bool *answer);
void sv_tcp_make_reset(const struct sv_seg *s, struct sv_tcp_reply *reply);
struct sv_tcp_offer { /* what the peer's SYN said */
    uint16_t options; /* enum sv_tcp_option_seen */
    uint16_t mss;
    uint32_t ts_val;
    uint32_t scale;
};
/* What the two SYNs agreed on. `ours`: enum sv_tcp_agreed. */
void sv_tcp_agree(struct sv_tcb *t, uint8_t ours, const struct sv_tcp_offer *peers);

/* --- tcp_arrives.c: the eight steps --- */
enum sv_walk { SV_WALK_ON, SV_WALK_STOP };
/* One of no established connection; flow_value says whose it is. */
bool sv_tcp_arrives_else(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply);
/* Through the steps, though the connection has heard of it already; true: *reply is the answer. */
bool sv_tcp_walks(struct sv_tcb *t, struct sv_seg *s, struct sv_tcp_reply *reply);
/* Whatever it is, the peer is there. */
static inline void sv_tcp_heard(struct sv_tcb *t, struct sv_seg *s)
{
    t->c->heard_tick = sv_tick(t->now);
    t->c->keep_probes = 0;
    if (SV_UNLIKELY(t->h->agreed & SV_TCP_ECN))
        sv_tcp_ecn_arrives(t, s);
}
void sv_tcp_synchronized_arrives(struct sv_tcb *t, struct sv_seg *s, struct sv_tcp_reply *reply, bool *answer);
bool sv_tcp_challenge_allowed(struct sv_tcp *tcp);
void sv_tcp_challenge_ack(struct sv_tcb *t);
void sv_tcp_discard(struct sv_tcb *t, struct sv_seg *s, enum sv_drop why);

/* --- tcp_ack.c: step 5 --- */
uint32_t sv_tcp_sample_rtt(struct sv_tcb *t, const struct sv_seg *s); /* what it measured, in us; 0: nothing */
void sv_tcb_tell_room(struct sv_tcb *t); /* tcp_tune.c: who met a full buffer may go on, if it has room now */
/* Whoever writes may go on; whoever lent memory may look whether it is free. */
static inline void sv_tcp_tell_acked(struct sv_tcb *t)
{
    if (t->h->flags & SV_TCP_WANT_WRITE)
        sv_tcb_tell_room(t);
    if (t->c->events & SV_TCP_BY_REFERENCE)
        sv_tcb_tell(t, SV_EVENT_SENT);
}
static inline uint32_t sv_tcp_echoed(const struct sv_seg *s)
{
    return s->options & SV_OPTION_TIMESTAMPS ? s->ts_ecr : 0;
}
enum sv_walk sv_tcp_step5_ack(struct sv_tcb *t, struct sv_seg *s);
enum sv_walk sv_tcp_fin_acked(struct sv_tcb *t, struct sv_seg *s);
void sv_tcp_handshake_done(struct sv_tcb *t, const struct sv_seg *s);
/* tcp_ordinary.c: what synchronized_arrives() does of a third message in calm. False: it is none, nothing was done. */
bool sv_tcp_calm_third(struct sv_tcb *t, struct sv_seg *s);
/* The timestamp of a segment whose acknowledgement is believed; it has the option. */
void sv_tcp_note_timestamp(struct sv_tcb *t, const struct sv_seg *s);
void sv_tcp_window_from(struct sv_tcb *t, const struct sv_seg *s);

/* --- tcp_text.c: steps 6 to 8 --- */
enum sv_walk sv_tcp_step6_urgent(struct sv_tcb *t, struct sv_seg *s);
enum sv_walk sv_tcp_step7_text(struct sv_tcb *t, struct sv_seg *s);
enum sv_walk sv_tcp_step8_fin(struct sv_tcb *t, struct sv_seg *s);
void sv_tcb_deliver(struct sv_tcb *t, struct sv_buf *take); /* in-order payload into the receive queue */

/* --- tcp_reass.c --- */
void sv_tcp_reass_store(struct sv_tcb *t, struct sv_seg *s);
void sv_tcp_reass_deliver(struct sv_tcb *t);  /* what has become in order */
void sv_tcp_reass_was_read(struct sv_tcb *t); /* ... and found no room in the queue */
void sv_tcp_reass_clear(struct sv_tcb *t);
uint32_t sv_tcp_reass_sack(const struct sv_tcb *t, struct sv_sack_block *to, uint32_t max);
void sv_buf_skip(struct sv_buf *b, uint32_t n); /* takes n bytes off the front, across slices */

/* --- tcp_send.c: what may go out now; tcp_output.c: how it is written --- */
uint32_t sv_tcb_sendable_slowly(const struct sv_tcb *t);
/* Payload bytes that may go now, the short tail included. First what a request or an answer is: at most a segment,
 * nothing in flight before it, and room; nothing is then asked of Nagle or of the windows' halves. */
static inline uint32_t sv_tcb_sendable(const struct sv_tcb *t)
{
    const struct sv_tcp_hot *h = t->h;
    if (h->snd_nxt == h->snd_una && h->snd_queued <= h->mss && h->state == SV_ESTABLISHED &&
        !(h->flags & SV_TCP_CORK) && h->snd_queued <= h->snd_wnd && h->snd_queued <= h->cwnd)
        return h->snd_queued;
    return sv_tcb_sendable_slowly(t);
}
bool sv_tcb_may_send_fin(const struct sv_tcb *t);
bool sv_tcb_has_new(const struct sv_tcb *t);        /* bytes never sent that the peer's window takes */
bool sv_tcb_board_may_send(const struct sv_tcb *t); /* something is lost, and the congestion window has room */
void sv_tcb_consider_sending(struct sv_tcb *t);
uint16_t sv_tcb_window_field(struct sv_tcb *t); /* moves the right edge */
/* What the receive buffer has left. */
static inline uint32_t sv_tcb_recv_room(const struct sv_tcb *t)
{
    return t->c->recv_buffer > t->h->rcv_queued ? t->c->recv_buffer - t->h->rcv_queued : 0;
}
/* The same where nearly always the edge stays: the buffer has no more room than was offered, or not so much that it
 * would be worth telling. */
static inline uint16_t sv_tcb_window_calm(struct sv_tcb *t)
{
    const uint32_t scale = sv_tcb_recv_scale(t), window = t->h->rcv_right - t->h->rcv_nxt;
    const int32_t gain = (int32_t)(sv_min_u32(sv_tcb_recv_room(t), 65535u << scale) - window);
    const int32_t worth = (int32_t)sv_min_u32(t->c->recv_buffer / 2u, t->h->mss);
    if (SV_LIKELY(gain < worth && (window & ((1u << scale) - 1u)) == 0))
        return (uint16_t)(window >> scale);
    return sv_tcb_window_field(t);
}
/* The peer has more than half of the buffer left to send into: no update can be due, they share one buffer. */
static inline bool sv_tcb_window_ample(const struct sv_tcb *t)
{
    return t->h->rcv_right - t->h->rcv_nxt > t->c->recv_buffer - t->c->recv_buffer / 2u;
}
bool sv_tcb_window_update_due(const struct sv_tcb *t);
static inline uint32_t sv_tcp_ts_now(const struct sv_tcb *t)
{
    return (uint32_t)(t->now / SV_MS) + t->c->ts_offset;
}

/* --- tcp_cork.c --- */
bool sv_tcb_cork(struct sv_tcb *t, uint64_t value); /* SV_OPT_CORK; false: no such value, or no memory */
void sv_tcb_cork_lift(struct sv_tcb *t);
bool sv_tcb_cork_ends(const struct sv_tcb *t); /* by itself, in a while; there is a busy record */
void sv_tcb_cork_arm(struct sv_tcb *t);
void sv_tcb_cork_timeout(struct sv_tcb *t);

/* --- tcp_tune.c: windows that grow with what is read and sent --- */
void sv_tcb_tune_round(struct sv_tcb *t);
void sv_tcb_tune_send(struct sv_tcb *t);
/* Of 2^13 ns: fine enough for round trips in a house; wraps after ten hours. */
static inline uint32_t sv_round_tick(sv_time now)
{
    return (uint32_t)(now >> 13);
}
/* The application has read: is a round trip over? The handshake's must be, at least; the first reading only begins a
 * round. */
static inline void sv_tcb_tune_receive(struct sv_tcb *t)
{
    const uint32_t elapsed_us = (sv_round_tick(t->now) - t->c->round_tick) << 3; /* ticks of 8.2 us as if of 8 */
    if (!(t->c->events & SV_TCP_ROUNDS) || elapsed_us > t->h->srtt_us / 8u)
        sv_tcb_tune_round(t);
}
/* Whoever reads hears that there is something, and rounds learn of the first segment that he hears of. */
void sv_tcb_tell_text_anew(struct sv_tcb *t, const struct sv_seg *s);
static inline void sv_tcb_tell_text(struct sv_tcb *t, const struct sv_seg *s)
{
    if (t->h->flags & SV_TCP_PENDING)
        t->c->events |= SV_EVENT_READABLE;
    else
        sv_tcb_tell_text_anew(t, s);
}
/* Less than an eighth of the memory that may hold data is left. */
static inline bool sv_tcb_memory_short(const struct sv_tcb *t)
{
    const struct sv_pool *pool = sv_core_pool(t->core);
    const struct sv_ceiling *all = &pool->slabs_held;
    const struct sv_ceiling *own = &pool->account[t->core->account].slabs;
    return all->used > all->limit[SV_WANT_DATA] - all->limit[SV_WANT_DATA] / 8u ||
           own->used > own->limit[SV_WANT_DATA] - own->limit[SV_WANT_DATA] / 8u;
}

/* --- tcp_scoreboard.c --- */
void sv_tcb_note_sent_anew(struct sv_tcb *t, uint32_t start);
/* [start, SND.MAX) has just been sent. What goes out within a fourth of a round trip shares a mark. */
static inline void sv_tcb_note_sent(struct sv_tcb *t, uint32_t start)
{
    struct sv_tcp_busy *b = t->b;
    const uint32_t now = sv_fine_tick(t->now);
    if (SV_LIKELY(b->board == SV_NONE && b->sent_marks)) {
        struct sv_sent_mark *m = &b->sent[b->sent_marks - 1u];
        if (m->end == start && b->snd_small != start && now - m->at <= t->h->srtt_us >> 5) {
            m->end = t->h->snd_max;
            b->sent_last = now;
            return;
        }
    }
    sv_tcb_note_sent_anew(t, start);
}
/* The same when nothing was in flight before it. */
static inline void sv_tcb_note_sent_alone(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    if (SV_UNLIKELY(b->board != SV_NONE)) {
        sv_tcb_note_sent_anew(t, t->h->snd_una);
        return;
    }
    b->sent[0] = (struct sv_sent_mark){t->h->snd_max, sv_fine_tick(t->now)};
    b->sent_last = b->sent[0].at;
    b->sent_marks = 1;
    b->sent_rough = 0;
}
void sv_tcb_release_board(struct sv_tcb *t);
uint32_t sv_sack_blocks(struct sv_tcb *t, struct sv_sack_block *to, uint32_t max); /* tcp_sack.c */
void sv_dsack_note(struct sv_tcb *t, uint32_t from, uint32_t to);

/* --- tcp_sent_log.c --- */
void sv_sent_log_note(struct sv_tcb *t, uint32_t from); /* [from, SND.MAX) has just been sent, and nothing again */
/* [from, end) was sent between these ticks, behind all that the log knows. */
void sv_sent_log_put(struct sv_tcb *t, uint32_t from, uint32_t end, uint32_t first, uint32_t last);
void sv_sent_log_forget(struct sv_tcb *t);
uint32_t sv_sent_log_from(const struct sv_tcb *t); /* the first byte that it knows of; SND.MAX: none */
/* The i-th burst that it knows of: up to where and from when on, and *last, until when. False: there are fewer. */
bool sv_sent_log_burst(const struct sv_tcb *t, uint32_t i, struct sv_sent_mark *m, uint32_t *last);
/* There is a log, SND.UNA has not moved yet: takes a sample; false: it does not know these bytes. */
bool sv_sent_log_sample(struct sv_tcb *t, uint32_t ack, uint32_t *last_us);

/* --- tcp_recover.c: RFC 5681, RFC 6582 --- */
void sv_tcp_recovery_duplicate(struct sv_tcb *t);
bool sv_tcp_recovery_ack(struct sv_tcb *t, uint32_t acked); /* true: recovery consumed this ACK */
void sv_tcp_recovery_timeout(struct sv_tcb *t);
/* tcp_undo.c: without a board. Something is sent again, after a timeout or for duplicates; */
void sv_doubt_begin(struct sv_tcb *t, uint8_t doubt);
/* ... SND.UNA has moved: true: the episode goes on without the usual, or is no more; */
bool sv_doubt_acked(struct sv_tcb *t, const struct sv_seg *s);
void sv_doubt_duplicate(struct sv_tcb *t); /* ... or it has not. */
/* RFC 5681 §4.1: after a time without sending the window has proved nothing. */
static inline void sv_tcp_cc_idle(struct sv_tcb *t)
{
    if (t->h->sent_tick != sv_tick(t->now) && t->h->snd_nxt == t->h->snd_una)
        sv_tcp_cc_idle_since(t);
}

/* --- tcp_timers.c --- */
void sv_tcb_rearm_slowly(struct sv_tcb *t);
SV_COLD void sv_tcb_rearm_crowded(struct sv_tcb *t);
void sv_tcb_forget_answer(struct sv_tcb *t); /* once it is no longer of late; until then it is looked at again */
/* The earliest of the deadlines that only a busy connection has. */
static inline sv_time sv_tcb_busy_at(const struct sv_tcb *t)
{
    const struct sv_tcp_busy *b = t->b;
    return b ? sv_min_u64(sv_min_u64(b->retransmit_at, b->delack_at), b->give_up_at) : SV_NEVER;
}
/* The wheel's entry from the record's deadlines. */
static inline void sv_tcb_rearm(struct sv_tcb *t)
{
    if (sv_tcb_busy_at(t) < t->h->wake.at || t->c->keep_idle_s || t->h->state == SV_FIN_WAIT_2)
        sv_tcb_rearm_slowly(t);
    else if (sv_wheel_crowded(&t->core->wheel))
        sv_tcb_rearm_crowded(t);
}
/* A segment was dealt with. */
static inline void sv_tcp_arrived(struct sv_tcb *t)
{
    if (t->index != SV_NONE && t->h->kind == SV_TCP_FULL) {
        sv_tcb_rearm(t);
        sv_tcb_settle(t);
    }
}

/* --- tcp_time_wait.c --- */
void sv_tcp_enter_time_wait(struct sv_tcb *t);
bool sv_tcp_time_wait_arrives(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply);
void sv_tcp_time_wait_end(struct sv_tcp *tcp, uint32_t index, enum sv_tcp_on on); /* TIMEOUT, or SYN: reused */

/* --- tcp_end.c: how connections end --- */
void sv_tcb_end(struct sv_tcb *t, enum sv_tcp_on on, enum sv_err error, enum sv_tcp_cause cause); /* to CLOSED */
void sv_tcb_retire(struct sv_tcb *t, enum sv_tcp_cause cause); /* its life on the wire is over */
void sv_tcp_abort_for(struct sv_tcp *tcp, uint32_t index, enum sv_tcp_cause cause);
void sv_tcb_bury(struct sv_tcb *t); /* frees it once nobody needs it; t->index is SV_NONE then */

#endif
