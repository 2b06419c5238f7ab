/* SPDX-License-Identifier: BSD-2-Clause */
/* What each congestion control keeps in a busy record. */
#ifndef SV_L4_TCP_CC_STATE_H
#define SV_L4_TCP_CC_STATE_H

#include <stdint.h>

struct sv_tcp_reno_state {
    uint32_t acked_in_round; /* bytes acknowledged since cwnd last grew in congestion avoidance */
};

union sv_tcp_cc_state {
    struct sv_tcp_reno_state reno;
    uint32_t room[22];
};

#endif
