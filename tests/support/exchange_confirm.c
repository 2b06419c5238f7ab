/* SPDX-License-Identifier: BSD-2-Clause */
/* What a CONFIRM line may ask. */
#include "tests/support/exchange_private.h"

uint32_t sv_talk_value(const struct sv_sock_info *i, uint32_t what, uint32_t *slack)
{
    const uint32_t values[] = {0,
                               i->cwnd,
                               i->ssthresh,
                               i->rto_us,
                               i->srtt_us,
                               i->rttvar_us,
                               i->mss_bytes,
                               i->send_window,
                               i->recv_window,
                               i->backlog,
                               i->half_open,
                               (uint32_t)i->error,
                               i->recv_queued,
                               i->recovery,
                               i->in_network,
                               i->sacked,
                               i->lost,
                               i->sent_again,
                               i->reordering,
                               i->reorder_window_us,
                               (uint32_t)i->trouble};
    const bool time = what == REORDER_US || (what >= RTO_US && what <= RTTVAR_US);
    *slack = time ? 1000u : 0u;
    return values[what];
}
