/* SPDX-License-Identifier: BSD-2-Clause */
/* Proportional rate reduction: RFC 6937 as RFC 9937 has it. While a recovery lasts, what the peer says it got clocks
 * what goes out, so that at its end ssthresh bytes are in flight: not fewer because much was lost, not in a burst. */
#include "core/math.h"
#include "l4_transport/tcp_sack.h"

/* RFC 9937 §5.1: RecoverFS is what was in flight; what had been SACKed before will not be delivered again. */
void sv_prr_begin(struct sv_tcb *t, struct sv_board *k, uint32_t flight)
{
    k->prr_delivered = k->prr_out = 0;
    k->prr_flight = sv_max_u32(flight, t->h->mss);
}

static uint32_t sv_round_up(uint32_t bytes, uint32_t unit)
{
    return (bytes + unit - 1u) / unit * unit;
}

/* Nothing was lost, but a mark has made ssthresh smaller (tcp_enter_cwr()): the same, without a board. What was in
 * flight then is told by the window that was, what was sent since by SND.MAX. */
void sv_prr_marked(struct sv_tcb *t, const struct sv_tcp_acked *a)
{
    const uint32_t mss = t->h->mss, pipe = sv_tcb_flight(t), ssthresh = t->c->ssthresh;
    const uint32_t delivered = t->h->snd_una - t->b->marked_at, out = t->h->snd_max - (t->b->ecn_recover + 1u);
    uint32_t send;
    if (pipe > ssthresh) {
        const uint32_t before = sv_max_u32(t->b->undo_cwnd, mss);
        const uint32_t share = (uint32_t)sv_div64((uint64_t)delivered * ssthresh + before - 1u, before);
        send = share > out ? share - out : 0;
    } else {
        send = sv_max_u32(delivered > out ? delivered - out : 0, a->bytes) + mss; /* SafeACK: SND.UNA has moved */
        send = sv_min_u32(send, ssthresh - pipe);
    }
    if (!out && !send)
        send = mss;
    t->h->cwnd = sv_min_u32(pipe + sv_round_up(send, mss), SV_CWND_MAX);
    sv_tcp_cwnd_trace(t, SV_CWND_PARTIAL);
}

void sv_prr_acked(struct sv_tcb *t, struct sv_board *k, const struct sv_news *news)
{
    const uint32_t mss = t->h->mss, pipe = sv_board_pipe(t, k), ssthresh = t->c->ssthresh;
    uint32_t send;
    if (!news->delivered)
        return;
    k->prr_delivered += news->delivered;
    const uint32_t owed = k->prr_delivered > k->prr_out ? k->prr_delivered - k->prr_out : 0;
    if (pipe > ssthresh) {
        const uint64_t share = ((uint64_t)k->prr_delivered * ssthresh + k->prr_flight - 1u) / k->prr_flight;
        send = share > k->prr_out ? (uint32_t)share - k->prr_out : 0;
    } else {
        send = sv_max_u32(owed, news->delivered);
        if (news->acked && !news->lost) /* SafeACK: a recovery that goes well */
            send += mss;
        send = sv_min_u32(send, ssthresh - pipe);
    }
    if (!k->prr_out && !send)
        send = mss; /* the fast retransmission itself */
    t->h->cwnd = sv_min_u32(pipe + sv_round_up(send, mss), SV_CWND_MAX);
    sv_tcp_cwnd_trace(t, SV_CWND_PARTIAL);
}
