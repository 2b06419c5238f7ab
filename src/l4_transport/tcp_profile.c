/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_profile.h"

#include "core/mem.h"
#include "l4_transport/tcp_record.h"
#include "seven/socket.h"
#include "seven/stack.h"

#define ALL_OPTIONS (SV_TCP_TIMESTAMPS | SV_TCP_SACK | SV_TCP_SCALING)

/* Several values to a line, so that profiles can be compared. */
/* clang-format off */
const struct sv_tcp_profile sv_tcp_profiles[] = {
    [SV_PROFILE_MODERN] = {
        .rto_initial_us = 1000000, .rto_min_us = 200000, .rto_max_us = 60000000, .rto_after_syn_us = 3000000,
        .granularity_us = 1000, .delack_us = 40000, .user_timeout_ms = 924600, .syn_give_up_ms = 180000,
        .challenge_per_s = 100, .initial_window = 10, .quickack = 16, .agreed = ALL_OPTIONS,
        .duplicate_threshold = 3, .congestion = SV_CC_CUBIC, .ecn = SV_ECN_ACCEPT, .restart_by_halves = 1,
        .recover = SV_RECOVER_ALL, .nagle_by_small = 1, .grow_by_bytes = 1,
    },
    [SV_PROFILE_LINUX] = {
        .rto_initial_us = 1000000, .rto_min_us = 200000, .rto_max_us = 120000000, .rto_after_syn_us = 3000000,
        .granularity_us = 1000, .delack_us = 40000, .user_timeout_ms = 924600, .syn_give_up_ms = 131000,
        .challenge_per_s = 1000, .initial_window = 10, .quickack = 16, .agreed = ALL_OPTIONS,
        .duplicate_threshold = 3, .congestion = SV_CC_CUBIC, .ecn = SV_ECN_ACCEPT, .restart_by_halves = 1,
        .recover = SV_RECOVER_ALL, .nagle_by_small = 1, .grow_by_bytes = 1,
        .push_bursts = 1, /* __tcp_transmit_skb(), tcp_mark_push() */
        .quickack_short = 1, /* tcp_incr_quickack() */
        .min_burst = 2,   /* tcp_min_tso_segs */
        .floor_spread = 1, /* tcp_rtt_estimator(): rttvar_us is at least tcp_rto_min() */
    },
    [SV_PROFILE_RFC] = {
        .rto_initial_us = 1000000, .rto_min_us = 1000000, .rto_max_us = 60000000, .rto_after_syn_us = 3000000,
        .granularity_us = 1000, .delack_us = 200000, .user_timeout_ms = 300000, .syn_give_up_ms = 180000,
        .challenge_per_s = 10, .initial_window = 0, .quickack = 0, .agreed = 0,
        .duplicate_threshold = 3, .congestion = SV_CC_RENO, .ecn = SV_ECN_NEVER,
    },
    [SV_PROFILE_TINY] = {
        .rto_initial_us = 1000000, .rto_min_us = 500000, .rto_max_us = 60000000, .rto_after_syn_us = 3000000,
        .granularity_us = 1000, .delack_us = 100000, .user_timeout_ms = 120000, .syn_give_up_ms = 180000,
        .challenge_per_s = 10, .initial_window = 2, .quickack = 0, .agreed = 0,
        .duplicate_threshold = 3, .congestion = SV_CC_RENO, .ecn = SV_ECN_NEVER,
    },
};
/* clang-format on */
