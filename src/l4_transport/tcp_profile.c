/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_profile.h"

#include "core/mem.h"
#include "l4_transport/tcp_record.h"
#include "seven/socket.h"
#include "seven/stack.h"

/* RFC 8899 §5.1.2's MAX_PROBES, §5.1.1's PMTU_RAISE_TIMER and the least of its PROBE_TIMER; RFC 4821 §7.4: as many
 * segments behind a probe as tell of its loss. */
#define SEARCH                                                                                                       \
    .search_tries = 3, .search_interval_s = 600, .search_pause_ms = 1000, .search_window = 5, .search_threshold = 8, \
    .mtu_probe_floor = 256
#define ALL_OPTIONS (SV_TCP_TIMESTAMPS | SV_TCP_SACK | SV_TCP_SCALING)

/* Several values to a line, so that profiles can be compared. */
/* clang-format off */
const struct sv_tcp_profile sv_tcp_profiles[] = {
    [SV_PROFILE_MODERN] = {
        .rto_initial_us = 1000000, .rto_min_us = 200000, .rto_max_us = 60000000, .rto_after_syn_us = 3000000,
        .granularity_us = 1000, .delack_us = 40000, .user_timeout_ms = 924600, .syn_give_up_ms = 180000,
        .challenge_per_s = 100, .invalid_ms = 500, .initial_window = 10, .quickack = 16, .agreed = ALL_OPTIONS,
        .duplicate_threshold = 3, .congestion = SV_CC_CUBIC, .ecn = SV_ECN_ACCEPT,
        .restart_idle = 1, .restart_by_halves = 1,
        .recover = SV_RECOVER_ALL, .nagle_by_small = 1, .grow_by_bytes = 1,
        .recv_min = 4096, .recv_initial = 262144, .send_initial = 262144,
        .tune_receive = 1,
        .sample_syn_ack = 1, .fastopen = SV_FASTOPEN_CLIENT | SV_FASTOPEN_SERVER,
        .syn_ack_retries = 5, .syn_cookies = 1, .acks_by_sent = 1,
        .mtu_probing = 1, .base_mss = 1024, .black_hole_timeouts = 3, .accecn_option = 2, .accecn_beacon = 3,
        .accecn_endless = 4, .ecn_fallback = 1, .push_windows = 1, SEARCH,
    },
    /* Linux's sysctls under net.ipv4 and its constants; where public packet scripts set a sysctl in their common
     * prelude, that value (docs/PROFILES.md names each). */
    [SV_PROFILE_LINUX] = {
        .rto_initial_us = 1000000,    /* TCP_TIMEOUT_INIT */
        .rto_min_us = 200000,         /* TCP_RTO_MIN */
        .rto_max_us = 120000000,      /* TCP_RTO_MAX */
        .rto_after_syn_us = 3000000,  /* TCP_TIMEOUT_FALLBACK */
        .granularity_us = 1000,       /* the tick of its timestamps */
        .delack_us = 40000,           /* TCP_DELACK_MIN */
        .user_timeout_ms = 924600,    /* tcp_retries2 = 15 */
        .syn_give_up_ms = 131000,     /* tcp_syn_retries = 6, tcp_syn_linear_timeouts = 4 */
        .syn_linear = 4,
        .challenge_per_s = 1000,      /* tcp_challenge_ack_limit, until Linux 6 made it unlimited */
        .invalid_ms = 500,            /* tcp_invalid_ratelimit */
        .initial_window = 10,         /* TCP_INIT_CWND */
        .quickack = 16,               /* TCP_MAX_QUICKACKS */
        .agreed = ALL_OPTIONS,        /* tcp_timestamps, tcp_sack, tcp_window_scaling */
        .duplicate_threshold = 3,     /* tcp_reordering */
        .nagle_by_small = 1,          /* tcp_minshall_check() */
        .grow_by_bytes = 1,           /* tcp_slow_start() counts what was acknowledged */
        .recv_min = 4096,             /* tcp_rmem[0] */
        .recv_initial = 65535,        /* tcp_select_initial_window(): U16_MAX of a larger tcp_rmem[1] */
        .send_initial = 262144,       /* tcp_wmem[1], as scripts set it */
        .tune_receive = 1,            /* tcp_moderate_rcvbuf */
        .sample_syn_ack = 1,          /* tcp_synack_rtt_meas() */
        .fastopen = SV_FASTOPEN_CLIENT, /* tcp_fastopen = 1 */
        .syn_ack_retries = 5,         /* tcp_synack_retries */
        .syn_cookies = 1,             /* tcp_syncookies */
        .overflow_resets = 0,         /* tcp_abort_on_overflow */
        .mtu_probing = 0,             /* tcp_mtu_probing */
        .base_mss = 1024,             /* tcp_base_mss */
        .black_hole_timeouts = 3,     /* tcp_retries1 */
        .search_halves = 1,           /* tcp_mtu_probe(), tcp_mtu_probing() */
        .search_tries = 1,            /* tcp_mtup_probe_failed() */
        .search_window = 11,          /* tcp_mtu_probe(): tcp_snd_cwnd() < 11 */
        .search_threshold = 8,        /* tcp_probe_threshold */
        .search_interval_s = 600,     /* tcp_probe_interval */
        .mtu_probe_floor = 48,        /* tcp_mtu_probe_floor */
        .congestion = SV_CC_CUBIC,    /* tcp_congestion_control */
        .ecn = SV_ECN_ACCEPT,         /* tcp_ecn = 2 */
        .push_bursts = 1,             /* __tcp_transmit_skb(), tcp_mark_push() */
        .min_burst = 2,               /* tcp_min_tso_segs */
        .floor_spread = 1,            /* tcp_rtt_estimator(): rttvar_us is at least tcp_rto_min() */
        .recover = SV_RECOVER_ALL,    /* tcp_sack, tcp_recovery, tcp_early_retrans, tcp_frto */
        .restart_idle = 1,            /* tcp_slow_start_after_idle */
        .restart_by_halves = 1,       /* tcp_cwnd_restart() */
        .quickack_short = 1,          /* tcp_incr_quickack() */
        .acks_by_sent = 1,            /* tcp_ack(): bytes_acked bounds what is too old */
        .syn_text_dropped = 1,        /* tcp_rcv_synsent_state_process(): no text of a SYN */
        .acks_crossed_syn = 1,        /* tcp_validate_incoming(): tcp_send_dupack() */
        .delays_ack_of_fin = 1,       /* inet_csk_enter_pingpong_mode() in tcp_fin() */
        .quickack_until_reply = 1,    /* tcp_pingpong_thresh = 1: tcp_event_data_sent() */
        .mss_of_path = 1,             /* ipv4_default_advmss(), ip6_default_advmss() */
        .quote_unmeasured = 1,        /* __ip_rt_update_pmtu() */
        .unreachable_ends_half = 1,   /* tcp_req_err() */
        .timestamps_may_lack = 1,     /* tcp_fast_parse_options(), tcp_validate_incoming() */
        .cork_ceiling = 1,            /* tcp_check_probe_timer() */
        .rack_rtt_last = 1,           /* tcp_rack_advance() */
        .rtt_every_ack = 1,           /* tcp_clean_rtx_queue() */
        .hystart_classic = 1,         /* tcp_cubic's hystart, hystart_detect = 3, hystart_low_window = 16 */
        .cubic_pause_ticks = 30,      /* bictcp_update(): HZ / 32 */
        .cubic_least_inverse = 20,    /* bictcp_update(): cnt is at most 20 */
        .probe_bare = 1,              /* tcp_xmit_probe_skb() */
        .grows_beyond_peer = 1,       /* tcp_is_cwnd_limited() does not ask */
        .grows_out_of_order = 1,      /* tcp_may_raise_cwnd() */
        .syn_losses = 1,              /* tcp_init_transfer(): more than one */
        .prr_of_marks = 1,            /* tcp_enter_cwr(), tcp_cwnd_reduction() */
        .accecn_option = 2,           /* tcp_ecn_option */
        .accecn_beacon = 3,           /* tcp_ecn_option_beacon */
        .accecn_always = 1,           /* TCP_ACCECN_OPTION_FULL; tcp_options_write() knows order 1 alone */
        .accecn_trusts = 4,           /* ACK_COMP_THRESH */
        .ecn_fallback = 1,            /* tcp_ecn_fallback */
        .ect_always = 1,              /* tcp_ecn_send() in AccECN mode */
    },
    [SV_PROFILE_RFC] = {
        .rto_initial_us = 1000000, .rto_min_us = 1000000, .rto_max_us = 60000000, .rto_after_syn_us = 3000000,
        .granularity_us = 1000, .delack_us = 200000, .user_timeout_ms = 300000, .syn_give_up_ms = 180000,
        .challenge_per_s = 10, .initial_window = 0, .quickack = 0, .agreed = 0,
        .duplicate_threshold = 3, .congestion = SV_CC_RENO, .ecn = SV_ECN_NEVER, .restart_idle = 1,
        .accecn_option = 2, .accecn_beacon = 3, .accecn_endless = 4, .ecn_fallback = 1,
        .recv_min = 2048, .recv_initial = 1u << 30, .send_initial = 1u << 30,
        .syn_ack_retries = 5, .base_mss = 1024, .black_hole_timeouts = 3, SEARCH,
    },
    [SV_PROFILE_TINY] = {
        .rto_initial_us = 1000000, .rto_min_us = 500000, .rto_max_us = 60000000, .rto_after_syn_us = 3000000,
        .granularity_us = 1000, .delack_us = 100000, .user_timeout_ms = 120000, .syn_give_up_ms = 180000,
        .challenge_per_s = 10, .invalid_ms = 500, .initial_window = 2, .quickack = 0, .agreed = 0,
        .duplicate_threshold = 3, .congestion = SV_CC_RENO, .ecn = SV_ECN_NEVER, .restart_idle = 1,
        .accecn_option = 2, .accecn_beacon = 3, .accecn_endless = 4, .ecn_fallback = 1,
        .recv_min = 2048, .recv_initial = 1u << 30, .send_initial = 1u << 30,
        .syn_ack_retries = 3, .syn_cookies = 1, .base_mss = 536, .black_hole_timeouts = 3, SEARCH,
    },
};
/* clang-format on */
