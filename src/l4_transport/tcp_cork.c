/* SPDX-License-Identifier: BSD-2-Clause */
/* A short segment that the application holds back, and what lets it go.
 *
 * SV_OPT_CORK 1 holds it until the cork is drawn; where the profile says so no longer than one retransmission timeout
 * (Linux's tcp_check_probe_timer(); tcp(7): a ceiling of 200 ms). SV_OPT_CORK 2 is for one write, to which more will be
 * added (MSG_MORE): the next acknowledgement, or that timeout, lets it go too. Setting SV_OPT_NODELAY pushes what is
 * held now and leaves a cork of the first kind for what comes later (TCP_NAGLE_PUSH). */
#include "l4_transport/tcp_internal.h"
#include "l4_transport/tcp_rto.h"

bool sv_tcb_cork(struct sv_tcb *t, uint64_t value)
{
    const bool whole = (t->h->flags & SV_TCP_CORK) && !(t->b && t->b->held == SV_HELD_MORE);
    if (value > 2 || (value == 2 && !whole && !sv_tcb_need_busy(t)))
        return false;
    if (value == 2 && whole)
        return true;
    if (t->b)
        t->b->held = value == 2 ? SV_HELD_MORE : SV_HELD_NONE;
    if (value)
        t->h->flags |= SV_TCP_CORK;
    else
        t->h->flags &= (uint16_t)~SV_TCP_CORK;
    return true;
}

/* What was held for more goes as if it had never been asked for; under a cork it goes this once. */
void sv_tcb_cork_lift(struct sv_tcb *t)
{
    if (!(t->h->flags & SV_TCP_CORK) || !t->b)
        return;
    if (t->b->held == SV_HELD_MORE)
        (void)sv_tcb_cork(t, 0);
    else if (t->h->snd_queued)
        t->b->held = SV_HELD_PUSH;
}

/* Nothing is in flight whose acknowledgement would come. */
void sv_tcb_cork_arm(struct sv_tcb *t)
{
    struct sv_tcp_busy *b = t->b;
    if (b->waits == SV_WAITS_CORK && b->retransmit_at != SV_NEVER)
        return;
    b->waits = SV_WAITS_CORK;
    b->retransmit_at = t->now + sv_tcb_rto(t);
}

bool sv_tcb_cork_ends(const struct sv_tcb *t)
{
    return (t->h->flags & SV_TCP_CORK) && t->h->snd_queued && sv_tcb_synchronized(t) &&
           (t->b->held == SV_HELD_MORE || sv_tcb_profile(t)->cork_ceiling);
}

void sv_tcb_cork_timeout(struct sv_tcb *t)
{
    t->b->waits = SV_WAITS_RTO;
    t->b->retransmit_at = SV_NEVER;
    sv_tcp_mark_write(t->tcp, t->index, SV_SPAN_PUSH, SV_SPAN_MORE); /* tcp_write_wakeup() */
    sv_tcb_cork_lift(t);
    sv_tcb_consider_sending(t);
}
