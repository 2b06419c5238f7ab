/* SPDX-License-Identifier: BSD-2-Clause */
/* The tail loss probe: RFC 8985 §7. When a flight's last segments are lost nobody says so. Two round trips after it one
 * more segment goes out, new or the last one again, so that an acknowledgement comes to tell what is missing, in place
 * of a timeout that takes everything for lost. */
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_sack.h"

/* §7.2, while there is a board: not twice a flight, and not while it is known what is missing. */
bool sv_tlp_may(const struct sv_tcb *t, const struct sv_board *k)
{
    return sv_tcp_recovers(t, SV_RECOVER_TLP) && k && t->b->recovery == SV_RECOVERY_DISORDER && !k->tlp && !k->sacked &&
           !t->b->backoff && t->h->srtt_us;
}

/* The last segment in flight that has not been delivered: where it begins. */
static uint32_t sv_tlp_last(const struct sv_tcb *t, const struct sv_board *k)
{
    uint32_t i = k->count - 1u;
    while (i && (sv_run_at(t, k, i)->marks & SV_RUN_SACKED))
        i--;
    const uint32_t end = sv_run_end(t, k, i);
    const uint32_t n = end - sv_run_at(t, k, i)->start;
    const uint32_t fin = end == t->h->snd_max && (t->h->flags & SV_TCP_FIN_SENT) ? 1u : 0u;
    const uint32_t tail = n > fin ? (n - fin - 1u) % t->h->mss + 1u + fin : n;
    return end - tail;
}

/* §7.3. */
bool sv_tlp_fire(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    struct sv_board *k = sv_tcb_need_board(t);
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_FIRED, SV_TIMER_PROBE, t->c->flow, 0, 0, t->c->rto_us);
    if (!k)
        return false; /* nobody could judge its acknowledgement */
    t->tcp->count.tlp_probes++;
    if (sv_tcb_has_new(t)) {
        k->tlp = SV_TLP_NEW;
        b->tlp_now = 1;
    } else {
        k->tlp = SV_TLP_AGAIN;
        b->rexmit = 1;
        b->rexmit_nxt = sv_tlp_last(t, k);
        b->reason = SV_SENT_TLP;
    }
    k->tlp_end = t->h->snd_max;
    b->retransmit_at = t->now + sv_tcb_rto(t);
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_SET, SV_TIMER_RTO, t->c->flow, 0, (uint32_t)b->retransmit_at,
                   (uint32_t)(b->retransmit_at >> 32));
    sv_tcb_ready(t, SV_TCP_SEND_NOW);
    return true;
}

/* §7.4: did the probe repair a loss that nobody else would tell of? Then it is one, to congestion control. */
void sv_tlp_acked(struct sv_tcb *t, struct sv_board *k, const struct sv_seg *s, const struct sv_news *news)
{
    if (!k->tlp || sv_seq_before(s->ack, k->tlp_end))
        return;
    if (k->tlp == SV_TLP_AGAIN) {
        if (news->dsack && news->dsack_to == k->tlp_end) {
            t->tcp->count.tlp_spurious++;
        } else if (sv_seq_after(s->ack, k->tlp_end)) {
            t->tcp->count.tlp_recoveries++;
            if (t->b->recovery == SV_RECOVERY_DISORDER) {
                sv_tcp_cc_loss(t, news->flight);
                t->h->cwnd = sv_min_u32(t->h->cwnd, t->c->ssthresh);
                sv_tcp_cwnd_trace(t, SV_CWND_LOSS);
            }
        } else if (!news->dsack && !news->acked && !s->length) {
            k->tlp = SV_TLP_NONE; /* both came, the copy drew a bare duplicate from a peer without D-SACK */
            return;
        } else {
            return; /* its own acknowledgement: what comes after says more */
        }
    }
    k->tlp = SV_TLP_NONE;
}
