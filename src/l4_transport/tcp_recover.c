/* SPDX-License-Identifier: BSD-2-Clause */
/* Fast retransmit (RFC 5681) and NewReno's recovery (RFC 6582). Everything is in bytes. */
#include "l4_transport/tcp_internal.h"

void sv_tcp_recovery_duplicate(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    if (t->h->dupacks < 255)
        t->h->dupacks++;
    if (t->h->dupacks == 1)
        b->dup_flight = t->h->snd_max - t->h->snd_una;
    if (b->recovery == SV_RECOVERY_FAST) {
        t->h->cwnd = sv_min_u32(t->h->cwnd + t->h->mss, SV_CWND_MAX); /* one segment has left the network */
    } else if (t->h->dupacks == sv_tcb_profile(t)->duplicate_threshold && sv_seq_after(t->h->snd_una, b->recover)) {
        t->tcp->count.fast_recoveries++;
        sv_tcp_cc_loss(t, b->dup_flight); /* without what limited transmit added, RFC 5681 §3.2 step 2 */
        b->recover = t->h->snd_max - 1u;
        b->recovery = SV_RECOVERY_FAST;
        t->h->cwnd = t->c->ssthresh + 3u * t->h->mss;
        b->rexmit = 1;
        b->rexmit_nxt = t->h->snd_una;
        b->reason = SV_SENT_FAST;
        b->timing = 0;
        sv_tcp_cwnd_trace(t, SV_CWND_LOSS);
    }
    sv_tcb_consider_sending(t);
}

bool sv_tcp_recovery_ack(struct sv_tcb *t, uint32_t acked)
{
    struct sv_tcp_busy *b = t->b;
    const uint32_t mss = t->h->mss;
    if (b->recovery != SV_RECOVERY_FAST)
        return false;
    if (sv_seq_after(t->h->snd_una, b->recover)) { /* RFC 6582 §3.2 step 3, full */
        t->h->cwnd = sv_min_u32(t->c->ssthresh, sv_max_u32(sv_tcb_flight(t), mss) + mss);
        b->recovery = SV_RECOVERY_NONE;
        sv_tcp_cwnd_trace(t, SV_CWND_RECOVERED);
        return true;
    }
    /* Partial: the next hole is at SND.UNA. */
    b->rexmit = 1;
    b->rexmit_nxt = t->h->snd_una;
    b->reason = SV_SENT_FAST;
    t->h->cwnd -= sv_min_u32(acked, t->h->cwnd - mss);
    if (acked >= mss)
        t->h->cwnd += mss;
    sv_tcp_cwnd_trace(t, SV_CWND_PARTIAL);
    return true;
}

void sv_tcp_recovery_timeout(struct sv_tcb *t)
{
    sv_tcp_cc_timeout(t, t->h->snd_max - t->h->snd_una);
    t->b->recovery = SV_RECOVERY_TIMEOUT;
    t->b->recover = t->h->snd_max - 1u;
}
