/* SPDX-License-Identifier: BSD-2-Clause */
/* How connections end. sv_tcb_end() is the way to CLOSED, whoever wants it; a connection that is over on the
 * wire (CLOSED, or TIME-WAIT kept by a small record) is *retired*: it stays only until its last words are
 * sent and its application has read what came and knows, and is then *buried*. */
#include "l4_transport/tcp_output.h"

/* The peer learns of these by a reset (§3.10.4, §3.10.5, §3.10.8). */
static bool sv_tcb_end_resets(const struct sv_tcb *t, enum sv_tcp_cause cause)
{
    if (t->h->state == SV_SYN_SENT || t->h->state == SV_TIME_WAIT)
        return false; /* there is nothing at the peer that could be reset */
    /* §3.10.5: both FINs are on their way, nothing is lost by silence. As long as ours has not been sent, the
     * RFC's state is still CLOSE-WAIT, and the peer waits for data. */
    if ((t->h->state == SV_CLOSING || t->h->state == SV_LAST_ACK) && t->h->flags & SV_TCP_FIN_SENT)
        return false;
    return cause == SV_CAUSE_USER_ABORT || cause == SV_CAUSE_UNREAD_DATA || cause == SV_CAUSE_LISTENER_CLOSED ||
           cause == SV_CAUSE_USER_TIMEOUT || cause == SV_CAUSE_KEEPALIVE || cause == SV_CAUSE_NO_MEMORY;
}

void sv_tcb_end(struct sv_tcb *t, enum sv_tcp_on on, enum sv_err error, enum sv_tcp_cause cause)
{
    const bool reset = sv_tcb_end_resets(t, cause);
    sv_tcp_fastopen_ended(t);
    sv_tcp_move(t, on);
    t->c->error = (uint8_t)error & 0x7fu;
    sv_tcb_leave_table(t);
    /* Nobody has accepted it: nobody will, unless there is something to read. */
    if (t->c->listener != SV_NONE && !t->h->rcv_queued) {
        sv_tcp_accept_leave(t);
        t->h->flags |= SV_TCP_DETACHED;
    }
    t->h->flags &= (uint16_t) ~(SV_TCP_SEND_NOW | SV_TCP_ACK_NOW);
    if (reset)
        sv_tcb_ready(t, SV_TCP_SEND_NOW);
    sv_tcb_retire(t, cause);
}

void sv_tcb_retire(struct sv_tcb *t, enum sv_tcp_cause cause)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    t->c->cause = (uint8_t)cause & 15u;
    t->h->flags |= SV_TCP_DEAD;
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_ENDED, cause, t->c->flow, 0, t->c->error, (uint32_t)t->c->bytes_sent,
                   (uint32_t)t->c->bytes_received, t->c->retransmits);
    sv_wheel_disarm(&t->core->wheel, SV_WHEEL_TCP, t->index);
    if (t->b) {
        sv_spans_clear(&t->b->send, pool);
        sv_tcp_reass_clear(t);
        t->h->snd_queued = 0;
        t->b->retransmit_at = t->b->delack_at = t->b->give_up_at = SV_NEVER;
        if (t->h->flags & SV_TCP_DETACHED || !t->h->rcv_queued)
            sv_tcb_release_busy(t);
    }
    uint32_t what = t->h->rcv_queued ? SV_EVENT_READABLE : SV_EVENT_CLOSED;
    if (t->c->error)
        what |= SV_EVENT_ERROR;
    sv_tcb_tell(t, what);
    sv_tcb_bury(t);
}

void sv_tcb_bury(struct sv_tcb *t)
{
    if (!(t->h->flags & SV_TCP_DETACHED) || !(t->h->flags & SV_TCP_DEAD))
        return;
    const bool mute = t->h->interface == SV_TCP_NO_PATH || sv_tcp_interface(t->tcp, t->h->interface)->down;
    if (!mute && t->h->flags & SV_TCP_READY && t->h->flags & (SV_TCP_SEND_NOW | SV_TCP_ACK_NOW))
        return; /* its last words first */
    sv_tcb_unready(t);
    sv_tcb_hush(t);
    sv_tcb_release_busy(t);
    sv_tcp_path_drop(t);
    sv_tcp_free(t);
    t->index = SV_NONE;
}

static void sv_tcp_bury_ready(struct sv_tcp *tcp, const struct sv_tcp_ring *ring)
{
    uint32_t next;
    for (uint32_t i = ring->first; i != SV_NONE; i = next) {
        struct sv_tcb t = sv_tcb_of(tcp, i);
        next = t.h->ready_next;
        sv_tcb_bury(&t);
    }
}

void sv_tcp_set_up(struct sv_tcp *tcp, sv_port port, bool up)
{
    struct sv_tcp_interface *i = sv_tcp_interface(tcp, port);
    i->down = !up;
    if (up)
        return;
    sv_tcp_bury_ready(tcp, &i->urgent);
    sv_tcp_bury_ready(tcp, &i->bulk);
}

/* Retired: the one thing left to say is a reset, or the ACK of the peer's FIN. */
void sv_tcb_last_words(struct sv_tcb *t, struct sv_turn *turn)
{
    if (t->h->flags & SV_TCP_SEND_NOW) {
        t->tcp->count.resets_out++;
        /* Not where a retransmission has got to: only the very next number resets a peer of RFC 5961. Nor beyond the
         * window: a probe of a closed one may have taken SND.MAX past it, and the peer would not look at the reset. */
        const uint32_t edge = t->h->snd_una + t->h->snd_wnd;
        const uint32_t seq = sv_seq_after(t->h->snd_max, edge) ? edge : t->h->snd_max;
        (void)sv_tcb_send_bare(t, turn, seq, SV_RST | SV_ACK, SV_SENT_RESET);
    } else if (t->h->flags & SV_TCP_ACK_NOW) {
        (void)sv_tcb_send_bare(t, turn, t->h->snd_nxt, SV_ACK, SV_SENT_ACK);
    }
    t->h->flags &= (uint16_t) ~(SV_TCP_SEND_NOW | SV_TCP_ACK_NOW);
    sv_tcb_bury(t);
}
