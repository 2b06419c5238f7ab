/* SPDX-License-Identifier: BSD-2-Clause */
/* What may go out now. RFC 9293 §3.8.6; Nagle's rule §3.7.4; silly windows avoided by the sender
 * §3.8.6.2.1 and by the receiver §3.8.6.2.2. */
#include "l4_transport/tcp_internal.h"
#include "l4_transport/tcp_rto.h"

static bool sv_tcb_sends_data(const struct sv_tcb *t)
{
    switch (t->h->state) {
    case SV_ESTABLISHED:
    case SV_CLOSE_WAIT:
    case SV_FIN_WAIT_1:
    case SV_CLOSING:
    case SV_LAST_ACK:
        return true;
    default:
        return t->h->state == SV_SYN_RECEIVED && sv_tcb_serves_fast(t); /* RFC 7413 §4.2.2 */
    }
}

/* A segment that is short although more room or more data could come: may it go? behind: full ones go right
 * before it. */
static bool sv_tcb_short_may_go(const struct sv_tcb *t, bool behind)
{
    if (t->h->flags & SV_TCP_FIN_QUEUED || sv_seq_before(t->h->snd_nxt, t->h->snd_max))
        return true; /* the last of the stream, or sent before */
    if (t->h->flags & SV_TCP_CORK)
        return t->b->held == SV_HELD_PUSH;
    if (t->h->flags & SV_TCP_NODELAY || (!behind && t->h->snd_nxt == t->h->snd_una))
        return true;
    return sv_tcb_profile(t)->nagle_by_small && t->b->snd_small == t->h->snd_una;
}

SV_HOT uint32_t sv_tcb_sendable_slowly(const struct sv_tcb *t)
{
    const uint32_t left = t->h->snd_una + t->h->snd_queued - t->h->snd_nxt;
    if (!t->b || (int32_t)left <= 0 || !sv_tcb_sends_data(t))
        return 0;
    uint32_t cwnd = t->h->cwnd;
    if (t->b->recovery == SV_RECOVERY_NONE && t->h->dupacks && !(t->tcp->teach.classic & SV_CLASSIC_1996))
        cwnd += (uint32_t)sv_min_u32(t->h->dupacks, 2u) * t->h->mss; /* limited transmit, RFC 3042 */
    if (t->b->board != SV_NONE) /* the window counts from SND.UNA, congestion what is in the network */
        cwnd += t->h->snd_nxt - t->h->snd_una - sv_tcb_pipe(t);
    const uint32_t window = sv_min_u32(t->h->snd_wnd, cwnd);
    const uint32_t flight = t->h->snd_nxt - t->h->snd_una;
    if (window <= flight)
        return 0;
    const uint32_t room = window - flight;
    if (left <= room) {
        const uint32_t tail = left < t->h->mss ? left : left % t->h->mss;
        if (tail && !sv_tcb_short_may_go(t, left > tail))
            return left - tail;
        return left;
    }
    if (room >= t->h->mss)
        return room - room % t->h->mss;
    const uint32_t max_window = (uint32_t)t->c->max_window_field << sv_tcb_send_scale(t);
    /* A short piece because of the *window*: worth it only from half of the largest ever (condition 3). */
    return t->h->snd_wnd <= cwnd && room >= max_window / 2u ? room : 0;
}

bool sv_tcb_has_new(const struct sv_tcb *t)
{
    const uint32_t used = t->h->snd_nxt - t->h->snd_una;
    return used < t->h->snd_queued && sv_tcb_sends_data(t) &&
           used + sv_min_u32(t->h->mss, t->h->snd_queued - used) <= t->h->snd_wnd;
}

bool sv_tcb_may_send_fin(const struct sv_tcb *t)
{
    if (!(t->h->flags & SV_TCP_FIN_QUEUED))
        return false;
    if ((t->h->flags & SV_TCP_FIN_SENT) && t->h->snd_una == t->h->snd_max)
        return false; /* it is acknowledged */
    if (t->h->state != SV_FIN_WAIT_1 && t->h->state != SV_CLOSING && t->h->state != SV_LAST_ACK)
        return false;
    return t->h->snd_nxt == t->h->snd_una + t->h->snd_queued;
}

SV_HOT void sv_tcb_consider_sending(struct sv_tcb *t)
{
    if (t->h->flags & SV_TCP_SEND_NOW)
        return;
    const bool queued = t->h->snd_queued || t->h->flags & SV_TCP_FIN_QUEUED;
    if (t->b && ((queued && (sv_tcb_sendable(t) || sv_tcb_may_send_fin(t))) || t->b->rexmit || t->b->probe ||
                 (t->b->board != SV_NONE && sv_tcb_board_may_send(t))))
        sv_tcb_ready(t, SV_TCP_SEND_NOW);
    else
        sv_tcb_arm_retransmit(t); /* a closed window is watched by the persist timer */
}

/* Where the window's right edge may stand now: as far as the buffer reaches, if that is worth telling. */
static inline uint32_t sv_tcb_right_edge(const struct sv_tcb *t)
{
    const uint32_t room = sv_tcb_recv_room(t);
    const uint32_t limit = 65535u << sv_tcb_recv_scale(t);
    const uint32_t worth = sv_min_u32(t->c->recv_buffer / 2u, t->h->mss);
    uint32_t edge = t->h->rcv_nxt + sv_min_u32(room, limit);
    if ((int32_t)(edge - t->h->rcv_right) <= 0 || edge - t->h->rcv_right < worth)
        return t->h->rcv_right;
    if (SV_UNLIKELY(sv_tcb_memory_short(t))) { /* enough that nobody stalls, no more than can be kept */
        edge = t->h->rcv_nxt + sv_min_u32(sv_min_u32(room, t->tcp->habits.recv_min), limit);
        if ((int32_t)(edge - t->h->rcv_right) <= 0 || edge - t->h->rcv_right < worth)
            return t->h->rcv_right;
    }
    return edge;
}

bool sv_tcb_window_update_due(const struct sv_tcb *t)
{
    if (t->h->state != SV_ESTABLISHED && t->h->state != SV_FIN_WAIT_1 && t->h->state != SV_FIN_WAIT_2)
        return false;
    if (sv_tcb_window_ample(t))
        return false;
    const uint32_t left = t->h->rcv_right - t->h->rcv_nxt;
    const uint32_t gain = sv_tcb_right_edge(t) - t->h->rcv_right;
    /* Half the buffer, or two segments when the peer has little left to go on with. */
    return gain && (gain >= t->c->recv_buffer / 2u || (gain >= 2u * t->h->mss && left < t->c->recv_buffer / 4u));
}

/* Rounded up, lest the edge seem to move left (RFC 7323 §2.4), unless the buffer would be overrun. */
static uint16_t sv_tcb_window_rounded(struct sv_tcb *t, uint32_t window, uint32_t scale)
{
    uint32_t field = (window + (1u << scale) - 1u) >> scale;
    const uint32_t over = (field << scale) + t->h->rcv_queued;
    if (field > 65535u || (over > t->c->recv_buffer && over - t->c->recv_buffer > 1u << scale))
        field = window >> scale;
    field = sv_min_u32(field, 65535u);
    if (sv_seq_after(t->h->rcv_nxt + (field << scale), t->h->rcv_right))
        t->h->rcv_right = t->h->rcv_nxt + (field << scale);
    return (uint16_t)field;
}

SV_HOT uint16_t sv_tcb_window_field(struct sv_tcb *t)
{
    const uint32_t scale = sv_tcb_recv_scale(t);
    t->h->rcv_right = sv_tcb_right_edge(t);
    const uint32_t window = t->h->rcv_right - t->h->rcv_nxt;
    if ((window & ((1u << scale) - 1u)) == 0) /* within the limit that the edge keeps, and nothing to round */
        return (uint16_t)(window >> scale);
    return sv_tcb_window_rounded(t, window, scale);
}
