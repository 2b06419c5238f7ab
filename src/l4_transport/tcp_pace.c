/* SPDX-License-Identifier: BSD-2-Clause */
/* Pacing: new data leaves in small bursts at a rate, not as fast as acknowledgements or the application bring it. For
 * algorithms that govern by rate, for sockets that ask (SV_OPT_PACING), and for all where the stack has that habit (as
 * below Linux's queue `fq`); others never come here.
 *
 * A burst is what goes in one millisecond at the rate, but two segments at least and 64 KiB at most. Whoever must wait
 * is woken by the wheel; the next burst's time follows from the last one's, so a late wake costs no rate. */
#include "core/math.h"
#include "l4_transport/tcp_internal.h"

enum { FIRST_SEGMENTS = 10 }; /* that a habit lets go at once: tcp_update_skb_after_send() */

static uint64_t sv_tcp_habitual_rate(const struct sv_tcb *t)
{
    const uint64_t sent = t->c->bytes_sent + (t->h->snd_max - t->h->snd_una);
    if (!sv_tcb_profile(t)->paces || sent < (uint64_t)FIRST_SEGMENTS * t->h->mss)
        return 0;
    return sv_tcp_window_rate(t);
}

uint64_t sv_tcp_pacing_rate(struct sv_tcb *t)
{
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    const uint64_t own = !t->b || sv_tcb_opening(t) ? 0 : cc->pacing ? cc->pacing(t) : sv_tcp_habitual_rate(t);
    const uint64_t most = t->b ? t->b->pace_max : 0;
    return own && most ? sv_min_u64(own, most) : own + most;
}

void sv_tcp_pace_choose(struct sv_tcb *t)
{
    t->h->agreed &= (uint8_t)~SV_TCP_PACED;
    if ((sv_tcp_cc_of(t)->wants & SV_CC_PACED) || (t->b && t->b->pace_max) || sv_tcb_profile(t)->paces)
        t->h->agreed |= SV_TCP_PACED;
}

uint32_t sv_tcp_pace(struct sv_tcb *t, uint32_t n)
{
    struct sv_tcp_busy *b = t->b;
    const uint64_t rate = sv_tcp_pacing_rate(t);
    if (!rate || !n)
        return n;
    if (b->pace_at > t->now) {
        b->pace_waits = 1;
        if (b->pace_at < t->h->wake.at)
            sv_wheel_arm(&t->core->wheel, SV_WHEEL_TCP, t->index, b->pace_at);
        return 0;
    }
    const uint32_t mss = t->h->mss;
    const uint64_t burst = sv_max_u64(2u * mss, sv_min_u64(sv_div64(rate, 1000u), 65536u));
    b->pace_waits = 0;
    return (uint32_t)sv_min_u64(n, burst < mss ? mss : burst - burst % mss);
}

void sv_tcp_paced(struct sv_tcb *t, uint32_t bytes, bool fresh)
{
    struct sv_tcp_busy *b = t->b;
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    if (fresh && cc->sent)
        cc->sent(t, bytes);
    const uint64_t rate = sv_tcp_pacing_rate(t);
    const sv_time takes = rate ? sv_div64((uint64_t)bytes * SV_S, rate) : 0;
    if (sv_tcb_profile(t)->paces) { /* lateness is made up for by half of what is sent late, as Linux does */
        const sv_time late = t->now > b->pace_at ? t->now - b->pace_at : 0;
        b->pace_at = sv_max_u64(b->pace_at, t->now) + takes - sv_min_u64(takes / 2u, late);
    } else if (rate) {
        b->pace_at = sv_max_u64(b->pace_at, t->now - SV_MS) + takes; /* and here up to a millisecond of it */
    }
}

/* The wheel woke the connection, perhaps for something else. */
void sv_tcp_pace_expire(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    if (!b || !b->pace_waits)
        return;
    if (b->pace_at <= t->now) {
        b->pace_waits = 0;
        sv_tcb_ready(t, SV_TCP_SEND_NOW);
    } else if (b->pace_at < t->h->wake.at) {
        sv_wheel_arm(&t->core->wheel, SV_WHEEL_TCP, t->index, b->pace_at);
    }
}
