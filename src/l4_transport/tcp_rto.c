/* SPDX-License-Identifier: BSD-2-Clause */
/* Round-trip time and the retransmission timer: RFC 6298. The persist timer (RFC 9293 §3.8.6.1) shares the
 * deadline: one runs while something is in flight, the other only while nothing is. */
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_sack.h"
#include "l4_transport/tcp_trouble.h"

SV_HOT void sv_tcp_rtt_sample(struct sv_tcb *t, uint32_t sample_us)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    const uint32_t r = sample_us ? sample_us : 1u;
    if (t->h->srtt_us == 0) { /* (2.2) */
        t->h->srtt_us = r * 8u;
        t->c->rttvar_us = r * 2u;
    } else { /* (2.3): RTTVAR first, with the old SRTT */
        const uint32_t srtt = t->h->srtt_us / 8u;
        const uint32_t off = srtt > r ? srtt - r : r - srtt;
        t->c->rttvar_us = t->c->rttvar_us - t->c->rttvar_us / 4u + off;
        t->h->srtt_us = t->h->srtt_us - srtt + r;
    }
    if (t->h->srtt_us == 0)
        t->h->srtt_us = 1;
    t->c->min_rtt_us = sv_min_u32(t->c->min_rtt_us, r);
    const uint32_t spread = p->floor_spread ? p->rto_min_us : p->granularity_us;
    const uint32_t rto = t->h->srtt_us / 8u + sv_max_u32(spread, t->c->rttvar_us);
    t->c->rto_us = sv_min_u32(sv_max_u32(rto, p->rto_min_us), p->rto_max_us); /* (2.4), (2.5) */
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_RTT, 0, t->c->flow, 0, r, t->h->srtt_us / 8u, t->c->rttvar_us / 4u,
                   t->c->rto_us);
}

/* Is the window the reason that what is queued stays here? */
static bool sv_tcb_window_shut(const struct sv_tcb *t)
{
    const uint32_t left = t->h->snd_una + t->h->snd_queued - t->h->snd_nxt;
    return (int32_t)left > 0 && t->h->snd_wnd < sv_min_u32(left, t->h->mss) && sv_tcb_synchronized(t) &&
           !sv_tcb_sendable(t);
}

/* When the earliest of what is in flight was sent, in ticks before now; not more than is sure. */
SV_HOT static uint32_t sv_tcb_earliest_age(const struct sv_tcb *t, const struct sv_board *k)
{
    const struct sv_tcp_busy *b = t->b;
    const uint32_t now = sv_fine_tick(t->now);
    if (k)
        return k->count ? now - sv_run_at(t, k, 0)->last : 0;
    for (uint32_t m = 0; m < b->sent_marks; m++) {
        if (sv_seq_after(b->sent[m].end, t->h->snd_una))
            return now - (m + 1u < b->sent_marks ? b->sent[m + 1u].at : b->sent_last);
    }
    return 0;
}

/* RFC 7765 §4: with few segments in flight, too few for duplicates to tell of a loss, the timer runs from when the
 * earliest was sent; and with a board always. */
static sv_time sv_tcb_rto_at(const struct sv_tcb *t, const struct sv_board *k)
{
    const sv_time rto = sv_tcb_rto(t);
    if (t->b->backoff || !sv_tcp_recovers(t, SV_RECOVER_RESTART) ||
        (!k && t->h->snd_max - t->h->snd_una >= 4u * t->h->mss))
        return t->now + rto;
    const sv_time age = (sv_time)sv_tcb_earliest_age(t, k) << 10;
    return t->now + (age < rto ? rto - age : rto);
}

/* RFC 8985 §7.2: new data went out behind what is in flight, and its acknowledgement may take as long again; but never
 * longer than until the timeout of the earliest. */
SV_HOT void sv_tcb_restart_pto(struct sv_tcb *t)
{
    const sv_time rto = sv_tcb_rto(t), age = (sv_time)sv_tcb_earliest_age(t, sv_tcb_board(t)) << 10;
    sv_tcb_start_pto(t);
    t->b->retransmit_at = sv_min_u64(t->b->retransmit_at, t->now + (age < rto ? rto - age : 0));
}

/* RTO (RFC 6298 §5), or what comes before it: the probe of the tail, the reordering timer. */
void sv_tcb_start_rto_anew(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    const struct sv_board *k = sv_tcb_board(t);
    uint16_t timer = SV_TIMER_RTO;
    b->waits = SV_WAITS_RTO;
    b->retransmit_at = sv_tcb_rto_at(t, k);
    if (SV_UNLIKELY(k && k->wait)) {
        b->waits = SV_WAITS_REORDER;
        b->retransmit_at = t->now + (((sv_time)k->wait + 1u) << 10);
        timer = SV_TIMER_REORDER;
    } else if (SV_UNLIKELY(k && k->reneged)) { /* it has half a round trip to say that it did not mean it */
        b->retransmit_at = t->now + sv_max_u64((sv_time)(t->h->srtt_us / 16u) * SV_US, 10u * SV_MS);
    } else if (sv_tlp_may(t, k)) {
        sv_tcb_start_pto(t);
        return;
    }
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_SET, timer, t->c->flow, 0, (uint32_t)b->retransmit_at,
                   (uint32_t)(b->retransmit_at >> 32));
}

void sv_tcb_arm_retransmit_anew(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    if (t->h->snd_una != t->h->snd_max && !b->persist) { /* (5.1) */
        sv_tcb_start_rto(t);
    } else if (sv_tcb_window_shut(t) && !sv_tcp_teach_flawed(t->tcp, SV_FLAW_NO_PERSIST)) {
        if (b->retransmit_at == SV_NEVER || !b->persist) {
            b->waits = SV_WAITS_RTO;
            b->persist = 1;
            b->retransmit_at = t->now + sv_tcb_rto(t);
            SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_SET, SV_TIMER_PERSIST, t->c->flow, 0, (uint32_t)b->retransmit_at,
                           (uint32_t)(b->retransmit_at >> 32));
        }
    } else if (sv_tcb_cork_ends(t)) {
        sv_tcb_cork_arm(t);
    } else if (t->h->snd_una != t->h->snd_max) { /* segments became shorter, and what waited went out */
        b->persist = 0;
        sv_tcb_start_rto(t);
    } else { /* (5.2) */
        b->persist = 0;
        if (b->waits < SV_WAITS_NEWS)
            b->retransmit_at = SV_NEVER;
    }
}

static void sv_tcb_persist_timeout(struct sv_tcb *t)
{
    t->tcp->count.probes++;
    sv_tcb_give_up_after(t);
    t->b->backoff = (uint8_t)(t->b->backoff < 16 ? t->b->backoff + 1 : 16);
    t->b->probe = 1;
    t->b->retransmit_at = t->now + sv_tcb_rto(t);
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_FIRED, SV_TIMER_PERSIST, t->c->flow, 0, t->b->backoff, t->c->rto_us);
    sv_tcb_ready(t, SV_TCP_SEND_NOW);
}

void sv_tcb_watch_parked(struct sv_tcb *t)
{
    if (t->b->retransmit_at == SV_NEVER) {
        t->b->retransmit_at = t->now + sv_tcb_rto(t);
        t->b->waits = SV_WAITS_RTO;
    }
    sv_tcb_give_up_after(t);
}

/* The timeout after one that ran out. Those of a SYN may be alike at first (Linux since 6.5) and double later
 * (RFC 6298 §5.5). */
static sv_time sv_tcb_next_rto(const struct sv_tcb *t)
{
    const uint32_t linear = sv_tcb_profile(t)->syn_linear;
    if (t->h->state != SV_SYN_SENT || !linear)
        return sv_tcb_rto(t);
    const uint32_t shift = t->b->backoff > linear ? t->b->backoff - linear : 0;
    return sv_min_u64((uint64_t)t->c->rto_us << sv_min_u32(shift, 16u), sv_tcb_profile(t)->rto_max_us) * SV_US;
}

/* (5.4) to (5.6): the earliest segment again, the timer doubled. Everything after it is taken as not in
 * flight (SND.NXT goes back) and follows as the window of slow start allows. */
void sv_tcb_retransmit_timeout(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    const uint8_t waits = b->waits;
    if (b->persist) {
        sv_tcb_persist_timeout(t);
        return;
    }
    if (SV_UNLIKELY(sv_tcb_stall_timeout(t)))
        return;
    if (SV_UNLIKELY(b->fast) && sv_tcp_fastopen_timeout(t))
        return;
    if (waits == SV_WAITS_CORK && t->h->snd_una == t->h->snd_max) {
        sv_tcb_cork_timeout(t);
        return;
    }
    b->waits = SV_WAITS_RTO;
    sv_tcp_unpark(t->tcp);                                      /* the neighbour is asked again */
    if (t->h->snd_una == t->h->snd_max && !sv_tcb_opening(t)) { /* what waits was never sent */
        sv_tcb_release_board(t);
        b->retransmit_at = SV_NEVER;
        sv_tcb_consider_sending(t);
        sv_tcb_settle(t);
        return;
    }
    if (waits == SV_WAITS_REORDER && b->board != SV_NONE) {
        sv_rack_timeout(t);
        return;
    }
    if (waits == SV_WAITS_PTO && sv_tlp_fire(t))
        return;
    t->tcp->count.rto_fired++;
    b->backoff = (uint8_t)(b->backoff < 16 ? b->backoff + 1 : 16);
    if (SV_LIKELY(!sv_tcp_teach_flawed(t->tcp, SV_FLAW_NO_KARN)))
        b->timing = 0; /* Karn */
    sv_sent_log_forget(t);
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_FIRED, SV_TIMER_RTO, t->c->flow, 0, b->backoff,
                   (uint32_t)(sv_tcb_next_rto(t) / SV_US));
    if (SV_UNLIKELY(sv_search_on(t->tcp)))
        sv_search_timeout(t);
    sv_tcb_doubt(t);
    if (!sv_tcb_opening(t))
        sv_tcp_black_hole(t);
    else if (SV_UNLIKELY(t->tcp->teach.opening))
        sv_tcp_teach_syn_again(t);
    if (sv_tcb_opening(t) || !(t->h->agreed & SV_TCP_SACK) || !sv_recovery_timeout(t)) {
        if (!sv_tcb_opening(t)) {
            sv_tcp_recovery_timeout(t);
            t->h->snd_nxt = t->h->snd_una;
        }
        b->rexmit = 1;
        b->rexmit_nxt = t->h->snd_una;
        b->reason = SV_SENT_RTO;
    }
    t->h->dupacks = 0;
    b->retransmit_at = t->now + sv_tcb_next_rto(t);
    sv_tcb_ready(t, SV_TCP_SEND_NOW);
}
