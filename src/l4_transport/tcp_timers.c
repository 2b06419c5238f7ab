/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection's deadlines. They are exact and lie in its records; the wheel has one entry, at or before the
 * earliest. Woken early, a connection looks again and goes back to sleep. */
#include "l4_transport/tcp_internal.h"
#include "l4_transport/tcp_rto.h"

static sv_time sv_tick_time(uint32_t tick, sv_time now)
{
    /* A whole number of ticks, so that asking again later gives the same. */
    return ((now >> 20) - (uint32_t)(sv_tick(now) - tick)) << 20;
}

/* RFC 9293 §3.8.4: only when asked for, and only while nothing else watches the peer. */
static sv_time sv_tcb_keepalive_at(const struct sv_tcb *t)
{
    if (!t->c->keep_idle_s || t->h->state < SV_ESTABLISHED || t->h->snd_una != t->h->snd_max ||
        (t->b && t->b->waits == SV_WAITS_DEVICE))
        return SV_NEVER;
    const sv_time heard = sv_tick_time(t->c->heard_tick, t->now);
    return heard + (sv_time)t->c->keep_idle_s * SV_S + (sv_time)t->c->keep_probes * t->c->keep_interval_s * SV_S;
}

/* FIN-WAIT-2 without an application: the peer may never finish; nobody would notice. As long as TIME-WAIT. */
static sv_time sv_tcb_orphan_at(const struct sv_tcb *t)
{
    if (t->h->state != SV_FIN_WAIT_2 || !(t->h->flags & SV_TCP_DETACHED))
        return SV_NEVER;
    return sv_tick_time(t->c->heard_tick, t->now) + t->tcp->time_wait + SV_MS;
}

void sv_tcb_rearm_slowly(struct sv_tcb *t)
{
    sv_time at = sv_tcb_busy_at(t);
    if (SV_UNLIKELY(t->c->keep_idle_s || t->h->state == SV_FIN_WAIT_2))
        at = sv_min_u64(at, sv_min_u64(sv_tcb_keepalive_at(t), sv_tcb_orphan_at(t)));
    if (at < t->h->wake.at)
        sv_wheel_arm(&t->core->wheel, SV_WHEEL_TCP, t->index, at);
}

#define SV_TCP_WAKE_LATER (64u * SV_MS)
/* Nothing is due when the wheel would wake it: an acknowledgement waited and went out with an answer, or what was in
 * flight is acknowledged. Not for a little, or each acknowledgement of a stream would move the entry. */
void sv_tcb_rearm_crowded(struct sv_tcb *t)
{
    const sv_time at = sv_tcb_busy_at(t);
    if (t->h->wake.at == SV_NEVER || at - t->h->wake.at < SV_TCP_WAKE_LATER || (t->h->agreed & SV_TCP_PACED) ||
        (t->h->flags & SV_TCP_WANT_WRITE) || t->c->answered_tick)
        return; /* the last three have other reasons to be woken */
    sv_wheel_disarm(&t->core->wheel, SV_WHEEL_TCP, t->index);
    sv_wheel_arm(&t->core->wheel, SV_WHEEL_TCP, t->index, at);
}

/* answered_tick goes round after 2^16 ticks; before that it is forgotten, later than any limit that a profile may have
 * (tcp_invalid_ratelimit, ten minutes at most). The wheel is asked for it here alone: no ordinary segment need know. */
void sv_tcb_forget_answer(struct sv_tcb *t)
{
    const uint32_t lasts = 3u << 14;
    const uint16_t age = (uint16_t)((t->now >> 24) - t->c->answered_tick);
    if (!t->c->answered_tick)
        return;
    if (age >= lasts)
        t->c->answered_tick = 0;
    else
        sv_wheel_arm(&t->core->wheel, SV_WHEEL_TCP, t->index, t->now + ((sv_time)(lasts - age) << 24));
}

static void sv_tcb_keepalive(struct sv_tcb *t)
{
    const uint8_t most = t->c->keep_count ? t->c->keep_count : 9;
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_FIRED, SV_TIMER_KEEPALIVE, t->c->flow, 0, t->c->keep_probes,
                   t->c->rto_us);
    if (t->c->keep_probes >= most) {
        t->tcp->count.timed_out++;
        sv_tcb_end(t, SV_ON_TIMEOUT, SV_ERR_TIMED_OUT, SV_CAUSE_KEEPALIVE);
        return;
    }
    t->c->keep_probes++;
    t->tcp->count.keepalives++;
    if (sv_tcb_need_busy(t)) {
        t->b->probe = 1;
        sv_tcb_ready(t, SV_TCP_SEND_NOW);
    }
}

static void sv_tcb_give_up(struct sv_tcb *t)
{
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_FIRED, SV_TIMER_USER, t->c->flow, 0, t->b->backoff, t->c->rto_us);
    t->tcp->count.timed_out++;
    sv_tcb_end(t, SV_ON_TIMEOUT, SV_ERR_TIMED_OUT, SV_CAUSE_USER_TIMEOUT);
}

void sv_tcp_expire_connection(struct sv_tcp *tcp, uint32_t index)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    SV_ASSERT(t.h->kind == SV_TCP_FULL);
    if (t.h->state == SV_CLOSED)
        return;
    if (sv_tcb_orphan_at(&t) <= t.now) {
        sv_tcb_end(&t, SV_ON_TIMEOUT, SV_ERR_TIMED_OUT, SV_CAUSE_ORDERLY);
        return;
    }
    if (t.b && t.b->give_up_at <= t.now) {
        sv_tcb_give_up(&t);
        return;
    }
    if (sv_tcb_keepalive_at(&t) <= t.now) {
        sv_tcb_keepalive(&t);
        if (t.index == SV_NONE || t.h->state == SV_CLOSED)
            return;
    }
    sv_tcb_forget_answer(&t);
    if (t.b && t.b->delack_at <= t.now) {
        SV_TRACE_EVENT(t.core, SV_TRACE_TCP_TIMER_FIRED, SV_TIMER_DELACK, t.c->flow, 0, 0, t.c->rto_us);
        t.b->delack_at = SV_NEVER;
        t.c->interactive = 0; /* no answer came that would have carried it */
        tcp->count.delayed_acks++;
        sv_tcb_ready(&t, SV_TCP_ACK_NOW);
    }
    if (t.b && t.b->retransmit_at <= t.now)
        sv_tcb_retransmit_timeout(&t);
    if (t.index == SV_NONE || t.h->state == SV_CLOSED)
        return;
    if (SV_UNLIKELY(t.h->agreed & SV_TCP_PACED))
        sv_tcp_pace_expire(&t);
    if (SV_UNLIKELY(t.h->flags & SV_TCP_WANT_WRITE) && !t.h->snd_queued && sv_tcb_synchronized(&t)) {
        t.h->flags &= (uint16_t)~SV_TCP_WANT_WRITE; /* there was no memory for what it wrote */
        sv_tcb_tell(&t, SV_EVENT_WRITABLE);
    }
    sv_tcb_rearm(&t);
}
