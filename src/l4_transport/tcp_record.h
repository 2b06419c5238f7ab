/* SPDX-License-Identifier: BSD-2-Clause */
/* What TCP remembers of a connection, and how much it costs.
 *
 *   hot    128 bytes  two cache lines: all that the ordinary segment touches
 *   cold   112 bytes  the rest of an idle connection
 *   busy   392 bytes  lent while something is queued, in flight or out of order
 *   small   64 bytes  SYN-RECEIVED and TIME-WAIT: a whole connection in one line
 *
 * An idle endpoint is hot + cold + 10.7 bytes of flow table: under 256. The layout is the same on 32-bit
 * and 64-bit machines; records refer to each other by index. */
#ifndef SV_L4_TCP_RECORD_H
#define SV_L4_TCP_RECORD_H

#include "core/spans.h"
#include "core/wheel.h"
#include "l4_transport/tcp_cc_state.h"
#include "seven/base.h"

/* Values in the flow table say where the record is: the kind in the top 2 bits, the index below. */
enum sv_tcp_kind {
    SV_TCP_FREE = 0,
    SV_TCP_FULL = 1,
    SV_TCP_HALF_OPEN = 2, /* small record in SYN-RECEIVED */
    SV_TCP_TIME_WAIT = 3, /* small record in TIME-WAIT */
};

enum sv_tcp_flag {
    SV_TCP_TABLED = 1u << 0,     /* stands in the flow table */
    SV_TCP_READY = 1u << 1,      /* stands on a ready ring */
    SV_TCP_ACK_NOW = 1u << 2,    /* owes an ACK that may not wait */
    SV_TCP_SEND_NOW = 1u << 3,   /* something may be sent: data, FIN, SYN, probe or retransmission */
    SV_TCP_FIN_QUEUED = 1u << 4, /* the application has finished sending */
    SV_TCP_FIN_SENT = 1u << 5,   /* ... and the FIN took its number */
    SV_TCP_FIN_RECEIVED = 1u << 6,
    SV_TCP_DETACHED = 1u << 7, /* the application's handle is gone */
    SV_TCP_DEAD = 1u << 8,     /* CLOSED, and kept only until the application has learnt of it */
    SV_TCP_PENDING = 1u << 9,  /* stands in the list of events */
    SV_TCP_NODELAY = 1u << 10,
    SV_TCP_CORK = 1u << 11,
    SV_TCP_WANT_WRITE = 1u << 12, /* the application met a full buffer */
    SV_TCP_LINGER_RESET = 1u << 13,
    SV_TCP_ACTIVE = 1u << 14, /* we opened it */
    SV_TCP_DELACK = 1u << 15, /* one full segment stands unacknowledged, or the timer runs */
};

/* A mark beside the pending events: memory was sent by reference, so SENT is wanted. */
#define SV_TCP_BY_REFERENCE 0x8000u
/* ... and another: rounds of reading are counted. */
#define SV_TCP_ROUNDS 0x4000u
/* ... a third: soft errors are wanted (SV_OPT_TROUBLE); and the last of them was told by ICMP. */
#define SV_TCP_WANTS_TROUBLE 0x2000u
#define SV_TCP_SOFT_ERROR 0x1000u
/* ... where SV_EVENT_ACCEPT would stand, which is a listener's: data came that answers what we sent in this round. */
#define SV_TCP_ROUND_ANSWERED 0x0001u
#define SV_TCP_MARKS \
    (SV_TCP_BY_REFERENCE | SV_TCP_ROUNDS | SV_TCP_WANTS_TROUBLE | SV_TCP_SOFT_ERROR | SV_TCP_ROUND_ANSWERED)

enum sv_tcp_agreed {
    SV_TCP_TIMESTAMPS = 1u << 0,
    SV_TCP_SACK = 1u << 1,
    SV_TCP_SCALING = 1u << 2,
    SV_TCP_ECN = 1u << 3, /* so far as small records keep it */
    /* Not agreed but due: what the next segments must say of congestion. */
    SV_TCP_ECN_ECHO = 1u << 5, /* ECE: a marked segment came; with AccECN always: the counter */
    SV_TCP_ECN_CWR = 1u << 6,  /* CWR: the window became smaller */
    SV_TCP_SIGNED = 1u << 4,   /* each segment, both ways (tcp_auth.h) */
};
#define SV_TCP_ECN_TALKS (SV_TCP_ECN_ECHO | SV_TCP_ECN_CWR)
/* Nor this: segments leave at a rate (tcp_pace.c). */
#define SV_TCP_PACED (1u << 7)
/* What the short cuts of the way out leave to the long way. */
#define SV_TCP_UNCALM (SV_TCP_ECN_TALKS | SV_TCP_PACED | SV_TCP_SIGNED)

struct sv_tcp_hot {
    /* Line 0, first half: shared with the small records, so that a lookup compares in one place. */
    struct sv_addr remote;
    uint32_t local; /* index of the interned local address */
    uint16_t local_port, remote_port;
    uint32_t tag;   /* upper half of the flow's hash */
    uint8_t kind;   /* enum sv_tcp_kind */
    uint8_t state;  /* enum sv_tcp_state; assigned by sv_tcp_move() alone */
    uint16_t flags; /* enum sv_tcp_flag */
    /* Line 0, second half: receiving. */
    uint32_t rcv_nxt;
    uint32_t rcv_right;  /* right edge of the window we offered: never moves left */
    uint32_t rcv_acked;  /* RFC 7323's Last.ACK.sent */
    uint32_t rcv_queued; /* bytes in order that the application has not read */
    union {
        uint32_t ts_recent;   /* SV_TCP_TIMESTAMPS */
        uint32_t round_right; /* without, SV_TCP_ROUNDS: a window is over when all to here has come, tcp_tune.c */
    };
    union {
        uint32_t ts_recent_at; /* when it was taken, in ticks of 2^20 ns */
        uint32_t round_window; /* the shortest time that one took, in ticks of 2^13 ns; 0: none has been seen */
    };
    uint32_t busy; /* index of the busy record, or SV_NONE */
    uint16_t interface;
    uint8_t agreed; /* enum sv_tcp_agreed */
    uint8_t ttl;
    /* Line 1: sending. */
    uint32_t snd_una, snd_nxt, snd_max;
    uint32_t snd_wnd;
    uint32_t snd_wl1;    /* SEG.SEQ of the last window update; WL2 never decides, see tcp_ack.c */
    uint32_t snd_queued; /* bytes in the send queue, from SND.UNA on */
    uint32_t cwnd;       /* bytes */
    uint32_t srtt_us;    /* eight times the smoothed round-trip time; 0: no sample yet */
    struct sv_wheel_node wake;
    uint32_t neighbour;  /* index of the next hop's entry */
    uint32_t ready_next; /* next on the ready ring; next free record */
    uint16_t mss;        /* payload bytes of a full segment to the peer, options allowed for */
    uint8_t dupacks;
    uint8_t scales;     /* ours << 4 | the peer's */
    uint32_t sent_tick; /* when data was last sent, in ticks of 2^20 ns */
};

struct sv_tcp_cold {
    uint64_t cookie;
    uint64_t bytes_sent;     /* acknowledged */
    uint64_t bytes_received; /* in order */
    uint32_t generation;
    uint16_t events;        /* enum sv_event_bit, pending; SV_TCP_MARKS */
    uint16_t answered_tick; /* when something unacceptable was answered last, in ticks of 2^24 ns; 0: not of late */
    uint32_t event_next;
    uint32_t flow; /* its number in the trace */
    union {
        uint32_t iss;        /* until the application reads */
        uint32_t round_read; /* SV_TCP_ROUNDS: where it was when the present round began, tcp_tune.c */
    };
    union {
        uint32_t irs;        /* the same */
        uint32_t round_tick; /* when that round began, in ticks of 2^13 ns */
    };
    uint32_t listener; /* index of the listener it came from, SV_NONE */
    union {
        uint32_t accept_next; /* while it has a listener */
        uint32_t cc_kept;     /* afterwards: what congestion control keeps while nothing is queued or in flight */
    };
    uint32_t rttvar_us; /* four times the mean deviation */
    uint32_t rto_us;
    uint32_t min_rtt_us;
    uint32_t ssthresh;
    union {
        uint32_t ts_offset;    /* added to our clock in TSval */
        uint32_t round_opened; /* without timestamps: when that window began, in ticks of 2^13 ns */
    };
    uint32_t send_buffer : 31;
    uint32_t send_fixed : 1; /* the application has chosen it: it does not grow by itself */
    uint32_t recv_buffer : 31;
    uint32_t recv_fixed : 1;
    uint32_t retransmits;
    uint32_t user_timeout_ms : 24; /* 4.6 hours at most */
    uint32_t dscp : 6;             /* of what it sends */
    uint32_t ecn : 2;              /* enum sv_ecn_kind: what our SYN asks for, then what was agreed on */
    uint32_t heard_tick;           /* when a segment last arrived, in ticks of 2^20 ns */
    uint16_t keep_idle_s, keep_interval_s;
    union {
        uint16_t max_window_field; /* the largest window the peer ever offered, as on the wire */
        uint16_t syn_offers;       /* in SYN-SENT: what our SYN said, SV_SYN_OFFERS */
    };
    uint16_t peer_mss;
    uint8_t keep_count;
    uint8_t error : 7;       /* enum sv_err */
    uint8_t interactive : 1; /* what came was answered with data at once: acknowledgements may wait for that */
    uint8_t keep_probes;     /* keepalives without an answer, or how often a device was asked that takes nothing */
    uint8_t cause : 4;       /* enum sv_tcp_cause */
    uint8_t cc : 3;          /* enum sv_congestion: never DEFAULT */
    uint8_t syn_data : 1;    /* data went with a SYN, and was taken (RFC 7413) */
    /* What was learnt of the path's order, while there is no busy record: RFC 8985 has it for the connection's life. */
    uint8_t reordering, reo_mult, reo_persist;
    uint8_t reordered; /* acknowledgements that told of it, 255 at most */
};

/* Options of our SYN, enum sv_tcp_agreed and the window's scale: what the answer agrees to, and what the SYN offers
 * when it is sent again, whatever a stack's habits are by then. 0: it has not been sent. */
#define SV_SYN_OFFERS(offers, scale) ((uint16_t)(0x8000u | (uint32_t)(scale) << 8 | (offers)))
#define SV_SYN_OFFERS_SCALE(said) ((uint8_t)((said) >> 8 & 15u))

/* Why a connection ended, for the trace and sv_sock_info. */
enum sv_tcp_cause {
    SV_CAUSE_NONE,
    SV_CAUSE_ORDERLY, /* both sides finished */
    SV_CAUSE_PEER_RESET,
    SV_CAUSE_REFUSED, /* RST to our SYN */
    SV_CAUSE_USER_ABORT,
    SV_CAUSE_USER_TIMEOUT, /* retransmissions unanswered (RFC 9293 §3.8.3) */
    SV_CAUSE_KEEPALIVE,
    SV_CAUSE_UNREAD_DATA, /* closed with data unread (RFC 2525 §2.17) */
    SV_CAUSE_UNREACHABLE,
    SV_CAUSE_NO_MEMORY,
    SV_CAUSE_LISTENER_CLOSED,
    SV_CAUSE_LATE_DATA, /* data came after close */
    SV_CAUSES
};

enum sv_tcp_recovery {
    SV_RECOVERY_NONE,
    SV_RECOVERY_FAST,     /* until `recover` is acknowledged: RFC 6582 without a board, RFC 6675 with one */
    SV_RECOVERY_TIMEOUT,  /* slow start after an RTO, until `recover` is acknowledged */
    SV_RECOVERY_DISORDER, /* there is a board (tcp_scoreboard.h), and nothing is taken for congestion (any more) */
};

/* RFC 5682's steps and RFC 3522's witness while there is no board. */
enum sv_doubt {
    SV_DOUBT_FIRST = 1u << 0,  /* the first acknowledgement after a timeout decides whether it is tried: step 2 */
    SV_DOUBT_PROBES = 1u << 1, /* two new segments went out, and the next one tells: step 3 */
    SV_DOUBT_ECHO = 1u << 2,   /* what the next one echoes may be older than what was sent again: Eifel */
};

/* What retransmit_at is, unless `persist` says that nothing is in flight. */
enum sv_tcp_waits {
    SV_WAITS_RTO,
    SV_WAITS_PTO,     /* the probe of RFC 8985 §7 */
    SV_WAITS_REORDER, /* the reordering timer of RFC 8985 §6.2 step 5 */
    SV_WAITS_CORK,    /* the same, and what is queued is held back by the application, no longer than until then */
    SV_WAITS_NEWS,    /* nothing is in flight: whether what was sent again had been needed may yet be told */
    SV_WAITS_DEVICE,  /* nothing is in flight, for the device takes nothing (tcp_stall.c) */
};

/* tcp_cork.c */
enum sv_tcp_held {
    SV_HELD_NONE,
    SV_HELD_MORE, /* the cork is for one write, to which more will be added */
    SV_HELD_PUSH, /* what is queued goes, corked or not */
};

/* So far had been sent, since that time: what calm remembers of when things were sent. */
struct sv_sent_mark {
    uint32_t end;
    uint32_t at; /* ticks of 2^10 ns: when the first byte after the mark before went out */
};
#define SV_SENT_MARKS 5u /* four that last a fourth of a flight each, and the one that is being written */

/* Beside cwnd_used: the window was what kept us from sending more. */
#define SV_CWND_WAS_FULL 0x80000000u

struct sv_tcp_busy {
    /* Deadlines, exact; SV_NEVER when off. The wheel holds one entry for the earliest. */
    sv_time retransmit_at; /* RTO, or persist when nothing is in flight */
    sv_time delack_at;
    sv_time give_up_at; /* user timeout: since the oldest unacknowledged byte */
    sv_time rtt_began;  /* when rtt_seq was sent; in SYN-SENT the first SYN, though it was sent again */
    sv_time pace_at;    /* the next burst goes then */
    union {
        struct {
            uint8_t backoff;   /* timeouts in a row */
            uint8_t recovery;  /* enum sv_tcp_recovery */
            uint8_t persist;   /* retransmit_at is the persist timer */
            uint8_t probe;     /* a window probe or keepalive must go out */
            uint8_t rexmit;    /* bytes at rexmit_nxt must go out again */
            uint8_t urgent;    /* snd_up is ahead of SND.UNA */
            uint8_t fin_early; /* the peer's FIN came before its data: it stands at fin_seq */
            uint8_t dsack;     /* dsack_from to dsack_to came twice: the next acknowledgement says so (RFC 2883) */
        };
        uint64_t uncalm; /* all of them at once: what the short cuts leave to the long way */
    };
    struct sv_spans send; /* from SND.UNA: in flight, then unsent */
    struct sv_spans recv; /* in order, unread */
    /* Out of order: ranges in slabs, see tcp_ranges.h. */
    uint32_t ooo_slab, ooo_count, ooo_hint, ooo_held; /* held: bytes of memory, not of text */
    uint32_t rtt_seq;                                 /* the segment that is timed ends here */
    uint32_t recover;                                 /* RFC 6582 */
    uint32_t snd_small;                               /* end of the last short segment sent: Minshall's Nagle */
    uint32_t snd_up;                                  /* end of urgent data */
    uint32_t rcv_up;
    uint32_t owner;      /* index of the connection; next free busy record */
    uint32_t rexmit_nxt; /* next byte to send again after a timeout or in recovery */
    union {
        uint32_t dup_flight; /* without SACK: bytes in flight at the first duplicate acknowledgement */
        uint32_t dsack_to;   /* with it */
    };
    uint8_t timing; /* a segment is being timed */
    uint8_t rcv_urgent;
    uint8_t syn_count;   /* SYNs or SYN,ACKs sent */
    uint8_t quickack;    /* segments still acknowledged at once */
    uint8_t reason;      /* enum sv_sent_reason of what is sent again */
    uint8_t ecn_reduced; /* ecn_recover is ahead */
    uint8_t pace_waits;  /* something could go but for pace_at */
    uint8_t waits;       /* enum sv_tcp_waits */
    union {
        uint8_t tlp_now; /* a segment of new data goes out as a probe, whatever the window says */
        uint8_t doubt;   /* without a board: enum sv_doubt, what may yet tell that nothing was lost */
    };
    uint8_t sent_marks;            /* in use of sent[] */
    uint8_t sent_rough;            /* bit m: sent[m] is not of full segments alone */
    uint8_t reordering;            /* the greatest distance at which it was seen, in segments; 0: it was not */
    uint8_t reo_mult, reo_persist; /* RFC 8985 §6.2: RACK.reo_wnd_mult less one, RACK.reo_wnd_persist */
    uint8_t fast;                  /* enum sv_fast: what is left of Fast Open */
    uint8_t held;                  /* enum sv_tcp_held, beside SV_TCP_CORK */
    uint32_t fast_listener;        /* SV_FAST_SERVES: which one counts it, its generation's lowest byte on top */
    uint32_t fin_seq;
    uint32_t send_hint;                /* number of the send span that SND.NXT was in last */
    uint32_t undo_cwnd, undo_ssthresh; /* before the congestion that may prove to be none */
    uint32_t pace_max;                 /* bytes a second at most, by the application; 0: no limit */
    uint32_t ecn_recover;              /* the window is not reduced for ECN again before this is acknowledged */
    uint32_t board;                    /* slab of the scoreboard, SV_NONE: none is needed */
    union {
        uint32_t dsack_from;
        uint32_t again_ts; /* without SACK: SV_DOUBT_ECHO, TSval of what was sent again */
    };
    uint32_t sent_last; /* when sent[] was written last */
    uint32_t log;       /* slab of when what is in flight was sent (tcp_sent_log.c); SV_NONE */
    uint32_t cwnd_used; /* the most bytes in flight since a round began, SV_CWND_WAS_FULL; 0: no round has, tcp_cc.c */
    union {
        uint32_t cwnd_used_to; /* the round is over when this is acknowledged */
        uint32_t marked_at;    /* ecn_reduced, when no rounds are counted: SND.UNA when it began */
    };
    struct sv_sent_mark sent[SV_SENT_MARKS];
    union sv_tcp_cc_state cc;
};

struct sv_tcp_small {
    struct sv_addr remote;
    uint32_t local;
    uint16_t local_port, remote_port;
    uint32_t tag;
    uint8_t kind;
    uint8_t state;       /* half open: enum sv_tcp_state; TIME-WAIT: SV_SMALL_TIMED | the scale of `bits` */
    uint16_t bits;       /* half open: SV_SMALL_* below; TIME-WAIT: the last window field sent */
    uint32_t next, prev; /* in the queue of equal waits; next free record */
    union {
        struct {
            uint32_t iss, irs, ts_recent;
            uint32_t listener;
            uint32_t due_us; /* when the SYN,ACK is sent again, low 32 bits of microseconds */
            uint16_t mss, window;
        } half;
        struct {
            uint32_t snd_nxt, rcv_nxt, ts_recent, ts_offset;
            sv_time ends_at;
        } wait;
    } u;
};

#define SV_SMALL_SCALE(bits) ((bits)&15u)           /* the peer's window scale; of a wait's state: ours */
#define SV_SMALL_TIMED 0x80u                        /* a wait's: timestamps were agreed upon */
#define SV_SMALL_AGREED(bits) (((bits) >> 4) & 15u) /* enum sv_tcp_agreed */
#define SV_SMALL_COUNT(bits) (((bits) >> 8) & 15u)  /* SYN,ACKs sent again */
#define SV_SMALL_ASKED 0x1000u                      /* a deferred listener's: nothing was answered yet */
#define SV_SMALL_TOLD 0x2000u                       /* ... and the application has been told which */
/* 0x8000 and 0x4000, with SV_TCP_ECN: enum sv_small_ecn */

_Static_assert(SV_CAUSES <= 16, "four bits");
_Static_assert(sizeof(struct sv_tcp_hot) == 128, "two cache lines");
_Static_assert(sizeof(struct sv_tcp_cold) == 112, "hot and cold together are 240 bytes");
_Static_assert(sizeof(struct sv_tcp_busy) <= 408, "busy");
_Static_assert(sizeof(struct sv_tcp_small) == 64, "one cache line");
_Static_assert(offsetof(struct sv_tcp_hot, rcv_nxt) == 32, "the first 32 bytes are shared");
_Static_assert(offsetof(struct sv_tcp_small, next) == 32, "the first 32 bytes are shared");
_Static_assert(offsetof(struct sv_tcp_hot, snd_una) == 64, "sending has a line of its own");

#endif
