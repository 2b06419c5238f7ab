/* SPDX-License-Identifier: BSD-2-Clause */
/* Super-frames: how long, when it is worth waiting for a longer one, and where PSH stands. */
#include "core/math.h"
#include "core/spans_inline.h"
#include "l4_transport/tcp_output.h"

/* A window a round trip, and some more, so that the rate is never what keeps the window from growing. */
uint64_t sv_tcp_window_rate(const struct sv_tcb *t)
{
    const uint64_t ratio = t->h->cwnd < t->c->ssthresh / 2u ? 200u : 120u; /* tcp_pacing_ss_ratio, _ca_ratio */
    return t->h->srtt_us < 8u ? 0 : sv_div64((uint64_t)t->h->cwnd * ratio * 10000u, t->h->srtt_us / 8u);
}

/* Bytes of a super-frame: what the window lets pass in a millisecond or two, so that a connection neither floods the
 * device nor is heard of too seldom; more when the peer is near (tcp_tso_autosize()). */
uint32_t sv_tcb_burst(const struct sv_tcb *t, uint32_t super)
{
    const uint32_t mss = t->h->mss, least = sv_tcb_profile(t)->min_burst;
    if (!least)
        return super - super % mss;
    /* Two of them are in flight at least, so that acknowledgements come twice a round trip (tcp_cwnd_test()). */
    const uint32_t half = sv_max_u32(t->h->cwnd / 2u / mss * mss, mss);
    if (t->h->srtt_us < 8u) /* nothing is known of the rate */
        return sv_min_u32(super - super % mss, half);
    uint64_t bytes = sv_tcp_window_rate(t) >> 10;
    const uint32_t near = t->c->min_rtt_us >> 9; /* tcp_tso_rtt_log */
    if (near < 32u)
        bytes += 65536u >> near;
    bytes = sv_min_u64(bytes, super);
    bytes = sv_max_u64(bytes - bytes % mss, (uint64_t)least * mss);
    return (uint32_t)sv_min_u64(bytes, half);
}

/* Since when the earliest of what is in flight has been there, in ticks of 2^10 ns, by the mark that holds it. */
static uint32_t sv_tcb_waited(const struct sv_tcb *t)
{
    const struct sv_tcp_busy *b = t->b;
    for (uint32_t m = 0; m < b->sent_marks; m++) {
        if (sv_seq_after(b->sent[m].end, t->h->snd_una))
            return sv_fine_tick(t->now) - b->sent[m].at;
    }
    return 0;
}

/* n bytes could go, which is less than a super-frame: wait, so that the next acknowledgement makes it a longer one? Not
 * when that is all there is, nor when it is a third of the window, nor when the next acknowledgement is half a round
 * trip away or the last sending a millisecond ago (tcp_tso_should_defer(), tcp_tso_win_divisor). */
bool sv_tcb_defers(const struct sv_tcb *t, uint32_t n, uint32_t packet)
{
    const struct sv_tcp_hot *h = t->h;
    if (!sv_tcb_profile(t)->min_burst || n >= packet || h->snd_nxt == h->snd_una || t->b->recovery != SV_RECOVERY_NONE)
        return false;
    if (h->snd_nxt + n == h->snd_una + h->snd_queued || n >= sv_min_u32(h->snd_wnd, h->cwnd) / 3u)
        return false;
    const uint32_t half_rtt = sv_fine_ticks_of_us(h->srtt_us / 16u);
    return sv_fine_tick(t->now) - t->b->sent_last < sv_fine_ticks_of_us(1000) && sv_tcb_waited(t) > half_rtt;
}

/* PSH on the packet that ends here? With a habit of bursts: where a write ended, and on every super-frame
 * (__tcp_transmit_skb()); where one ended is remembered, for what is sent again is cut in the same places. Else at the
 * end of what is queued. The span is the last that sv_tcb_attach() took from. */
bool sv_tcb_pushes(struct sv_tcb *t, uint32_t end, bool super)
{
    if (!sv_tcb_profile(t)->push_bursts)
        return end == t->h->snd_una + t->h->snd_queued;
    const uint32_t i = t->b->send_hint - t->b->send.first;
    struct sv_span *s = sv_spans_at_fast(&t->b->send, sv_core_pool(t->core), i);
    if (end != s->seq + s->length)
        return super;
    s->flags |= super ? SV_SPAN_BURST : 0;
    return super || s->flags & SV_SPAN_PUSH;
}

/* At the end of what is queued; and of a burst of several segments that the window ends, lest the last one's
 * acknowledgement wait for another that waits for it (RFC 9293 §3.9.1.2 leaves PSH to us). Not of one alone, or each
 * would draw an acknowledgement for ever. With a habit of bursts nowhere: sv_tcb_pushes(). */
SV_HOT uint32_t sv_tcb_push_at(const struct sv_tcb *t, uint32_t n)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    if (p->push_bursts)
        return t->h->snd_nxt;
    if (p->push_windows && n > t->h->mss && !(t->h->agreed & SV_TCP_PACED))
        return t->h->snd_nxt + n;
    return t->h->snd_una + t->h->snd_queued;
}
