/* SPDX-License-Identifier: BSD-2-Clause */
/* What each congestion control keeps in a busy record. Word 0 of each is zero in a record that was lent anew: nothing
 * is remembered yet, or only what cold.cc_kept says. */
#ifndef SV_L4_TCP_CC_STATE_H
#define SV_L4_TCP_CC_STATE_H

#include <stdint.h>

struct sv_tcp_reno_state {
    uint32_t acked_in_round; /* bytes acknowledged since cwnd last grew in congestion avoidance */
};

/* RFC 9406 §4.2. A record of zeros: the first round has not begun. */
struct sv_tcp_hystart {
    uint32_t window_end; /* the round is over when this number is acknowledged */
    uint32_t now_min_us;
    union {
        uint32_t last_min_us;
        uint32_t last_ack_us; /* of the older HyStart: the train's latest acknowledgement */
    };
    union {
        uint32_t css_base_us;
        uint32_t round_us; /* ... and when the round began */
    };
    uint8_t samples;    /* of this round, at most 255 */
    uint8_t css_rounds; /* rounds spent in conservative slow start; 0: not in it */
    uint8_t begun, spare;
    uint32_t least_us; /* the older HyStart: of all rounds of data, not of the SYN (tcp_init_congestion_control()) */
};

/* RFC 9438 §4.1. Windows in bytes, times in ticks of 2^20 ns. */
struct sv_tcp_cubic_state {
    uint32_t w_max;          /* window at the last congestion; 0: none yet, or a timeout forgot it */
    uint32_t cwnd_prior;     /* cwnd when ssthresh was last set */
    uint32_t origin;         /* where the cubic levels off: w_max, or cwnd_epoch when that is above */
    uint32_t w_est;          /* what Reno would have */
    uint32_t k;              /* ticks from the epoch's begin to the origin */
    uint32_t epoch;          /* tick at which the epoch began */
    uint32_t last;           /* tick of the last growth: between two of them time may not count (§4.2) */
    uint32_t target;         /* as of `last`; counted as Linux does: segments acknowledged for one more */
    uint32_t rest, rest_est; /* of the last divisions: nothing is lost by rounding */
    uint32_t undo_w_max;
    uint8_t running;         /* an epoch has begun */
    uint8_t evaluated;       /* lowest byte of the tick at which the curve was last looked at, where that is rare */
    uint16_t evaluated_cwnd; /* segments of the window then */
    struct sv_tcp_hystart hystart;
};

/* RFC 8257 §3.3. */
struct sv_tcp_dctcp_state {
    uint32_t alpha;      /* 2^20: all of it marked; plus one, so that it is never 0 once it is known */
    uint32_t window_end; /* a window of data is over when this is acknowledged */
    uint32_t window_begin;
    uint32_t marked; /* bytes of the window whose acknowledgements echoed a mark */
    uint32_t acked_in_round;
    uint32_t undo_alpha;
};

struct sv_tcp_bbr_state {
    uint32_t slab; /* of its model, plus one */
};

union sv_tcp_cc_state {
    struct sv_tcp_bbr_state bbr;
    struct sv_tcp_dctcp_state dctcp;
    struct sv_tcp_reno_state reno;
    struct sv_tcp_cubic_state cubic;
    uint32_t room[18]; /* as much as CUBIC takes: a larger model lies in a slab */
};

#endif
