/* SPDX-License-Identifier: BSD-2-Clause */
/* Habits of TCP as data. Each stack has a copy of its profile's, and knobs (tcp_knobs.h) that change it.
 * docs/PROFILES.md says where each number comes from. */
#ifndef SV_L4_TCP_PROFILE_H
#define SV_L4_TCP_PROFILE_H

#include <stdint.h>

struct sv_tcp_profile {
    uint32_t rto_initial_us;       /* RFC 6298 §2.1 */
    uint32_t rto_min_us;           /* §2.4 asks for 1 s */
    uint32_t rto_max_us;           /* §2.5: 60 s or more */
    uint32_t rto_after_syn_us;     /* §5.7: the RTO when data begins after the SYN's timer fired */
    uint32_t granularity_us;       /* G of §2.2 */
    uint32_t delack_us;            /* RFC 9293 §3.8.6.3: under 500 ms */
    uint32_t user_timeout_ms;      /* RFC 9293 §3.8.3: R2, at least 100 s for data */
    uint32_t syn_give_up_ms;       /* ... and at least 180 s for SYN */
    uint32_t challenge_per_s;      /* RFC 5961 §7 */
    uint32_t invalid_ms;           /* between answers of a connection to unacceptable segments, at least; 0: any */
    uint32_t recv_min;             /* bytes of window that are offered even when memory is short */
    uint32_t recv_initial;         /* bytes of window a connection begins with; what is read makes it grow */
    uint32_t send_initial;         /* bytes that may be queued at first; the congestion window makes it grow */
    uint32_t fastopen;             /* enum sv_tcp_fastopen */
    uint16_t base_mss;             /* payload that is believed to fit when larger segments vanish (RFC 4821 §7.2) */
    uint16_t initial_ssthresh;     /* segments: slow start ends there; 0: with the first loss (RFC 5681 §3.1) */
    uint16_t initial_window;       /* segments: RFC 6928, or 5681's 2 to 4 when 0 */
    uint16_t quickack;             /* first segments acknowledged at once */
    uint8_t nagle_by_small;        /* hold a short segment only behind a short one (Minshall), not behind any */
    uint8_t grow_by_bytes;         /* slow start grows by all that an ACK covers, not by one segment */
    uint8_t agreed;                /* enum sv_tcp_agreed that our SYN offers */
    uint8_t duplicate_threshold;   /* RFC 5681 §3.2 */
    uint8_t congestion;            /* enum sv_congestion of new connections */
    uint8_t ecn;                   /* enum sv_ecn_mode */
    uint8_t grows_beyond_peer;     /* slow start goes on while the peer's window, not ours, limits what is in flight */
    uint8_t grows_out_of_order;    /* where more reordering was seen than duplicate_threshold, the window grows by what
                                    SACK tells of, too */
    uint8_t syn_losses;            /* losses of a SYN, or of its answer, that leave the first window as it is */
    uint8_t paces;                 /* segments of every connection leave at the rate of its window, not at once */
    uint8_t prr_of_marks;          /* a mark lets the window shrink over a round trip, as a loss does (RFC 9937) */
    uint8_t accecn_option;         /* AccECN's option: 0 never, 1 of marks and changes and now and then, 2 whenever an
                                    acknowledgement has news (RFC 9768 §3.2.3.3) */
    uint8_t accecn_beacon;         /* now and then: so many times a round trip; 0: not even that */
    uint8_t accecn_always;         /* ... and `whenever' is on every segment to a peer that has sent one, in order 1 */
    uint8_t accecn_trusts;         /* beyond so many segments an acknowledgement, ACE counts what it says; 0: never */
    uint8_t accecn_endless;        /* round trips of nothing but marks after which they are not believed; 0: ever are */
    uint8_t ecn_fallback;          /* a SYN sent again does not ask; who changes its codepoint gets no ECT */
    uint8_t ect_always;            /* with AccECN acknowledgements and what is sent again are ECT as well */
    uint8_t restart_idle;          /* after idleness the window is smaller */
    uint8_t restart_by_halves;     /* after idleness, RFC 2861 §3.2; else RFC 5681 §4.1's restart window at once */
    uint8_t push_bursts;           /* PSH on the last segment of each super-frame: its receiver need not wait for more;
                                    and where a write ended */
    uint8_t push_windows;          /* PSH where the window ended a burst of several segments */
    uint8_t quickack_short;        /* `quickack` counts any segment, not only full ones */
    uint8_t quickack_until_reply;  /* `quickack` ends with the first data that goes out within delack_us of what came */
    uint8_t mss_of_path;           /* our SYN's MSS option follows the path's MTU, not only the interface's */
    uint8_t quote_unmeasured;      /* a path's MTU is believed though the quoted packet was no longer than that */
    uint8_t unreachable_ends_half; /* a half-open connection is forgotten when its SYN,ACK meets ICMP's unreachable */
    uint8_t timestamps_may_lack;   /* though agreed: RFC 7323 §3.2 says SHOULD of dropping what has none */
    uint8_t floor_spread;          /* 1: the smallest RTO is a floor of 4 RTTVAR, so that RTO never comes near SRTT */
    uint8_t min_burst;             /* segments of the shortest super-frame, their number following from the rate; 0: as
                                    long as the window and the device let them be */
    uint8_t recover;               /* enum sv_recover */
    uint8_t sample_syn_ack;        /* the SYN,ACK is timed too, not only a SYN of ours */
    uint8_t syn_ack_retries;       /* SYN,ACKs sent again before a half-open record is forgotten */
    uint8_t syn_linear;            /* timeouts of a SYN before they begin to double */
    uint8_t syn_cookies;           /* 0: never, 1: when the half-open records are used up, 2: always (RFC 4987 §3.6) */
    uint8_t overflow_resets; /* a full queue of unaccepted connections resets, instead of ignoring, the third message */
    uint8_t tune_receive;    /* the receive window grows with what is read */
    uint8_t acks_by_sent;    /* an ACK below all that was ever sent is refused, within the largest window too */
    uint8_t syn_text_dropped;    /* what a SYN brings beside itself to a SYN of ours is not queued (§3.10.7.3) */
    uint8_t acks_crossed_syn;    /* a SYN,ACK in SYN-RECEIVED, whose SYN came before, is acknowledged by itself */
    uint8_t delays_ack_of_fin;   /* the ACK of a FIN may wait for a FIN of ours */
    uint8_t mtu_probing;         /* 1: a path that swallows long segments in silence gets shorter ones (RFC 4821 §7.7),
                                    and is searched for the longest; 2: every path is, from base_mss */
    uint8_t cork_ceiling;        /* a cork lets go by itself after an RTO */
    uint8_t rack_rtt_last;       /* RACK.rtt is of what was looked at last, by number, not of what was sent last */
    uint8_t rtt_every_ack;       /* a sample of the round-trip time from each acknowledgement, not one a round trip */
    uint8_t hystart_classic;     /* slow start ends as Ha and Rhee's HyStart has it, not as RFC 9406 */
    uint8_t cubic_pause_ticks;   /* CUBIC counts segments, and looks at its curve after so many ticks of 2^20 ns; 0:
                                    as RFC 9438 has it, at each acknowledgement */
    uint8_t cubic_least_inverse; /* ... and while it knows no maximum grows by one for so many at least */
    uint8_t probe_bare;          /* a closed window is probed with an old number, not with a byte beyond it */
    uint8_t black_hole_timeouts; /* timeouts in a row of full segments that make one suspect a black hole */
    uint8_t search_tries;        /* probes of a size that must be lost before it is too long (RFC 8899's MAX_PROBES) */
    uint8_t search_window;       /* segments: no probe while the congestion window is smaller */
    uint8_t search_halves;       /* the next probe is always the middle of what is left; base_mss is payload alone; who
                                    was called goes by it only once a probe has told something; each timeout beyond
                                    black_hole_timeouts halves it again */
    uint16_t search_threshold;   /* bytes of MTU that are not worth a probe */
    uint16_t search_pause_ms;    /* after a lost probe */
    uint16_t mtu_probe_floor;    /* payload that is not gone below when not even base_mss gets there */
    uint32_t search_interval_s;  /* until more is tried than what has been found (RFC 8899's PMTU_RAISE_TIMER) */
};

/* Bits of `fastopen`: those of Linux's tcp_fastopen. */
enum sv_tcp_fastopen {
    SV_FASTOPEN_CLIENT = 0x1,
    SV_FASTOPEN_SERVER = 0x2,
    SV_FASTOPEN_CLIENT_NO_COOKIE = 0x4,   /* data goes with a SYN even where no cookie is known */
    SV_FASTOPEN_SERVER_NO_COOKIE = 0x200, /* ... and is taken with a SYN that has none */
    SV_FASTOPEN_EVERY_LISTENER = 0x400,   /* listeners need not ask for it */
};

extern const struct sv_tcp_profile sv_tcp_profiles[];

/* profile: enum sv_profile of seven/stack.h, checked when the stack was made. */
static inline const struct sv_tcp_profile *sv_tcp_profile(uint32_t profile)
{
    return &sv_tcp_profiles[profile];
}

#endif
