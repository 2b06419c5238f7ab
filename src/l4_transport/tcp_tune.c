/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers that follow what a connection does. A window should hold two round trips' worth of what its reader takes: one
 * that is on its way, and one more so that the sender's window may double as long as it is in slow start (dynamic
 * right-sizing, Fisk and Feng 2001; RFC 7323 §2 gives the room to tell it); and as much again, for what was taken is
 * known a round trip late, and while a hole is filled the sender goes on and nothing is taken. (Linux gives a sender
 * that has doubled six times: tcp_rcvbuf_grow().) A send queue should hold three congestion windows: one in flight,
 * one that follows while a hole is filled and nothing leaves the queue, and one that is being written meanwhile. Both
 * grow up to a ceiling, never shrink, and not while memory is short. */
#include "l4_transport/tcp_internal.h"

#define SV_TUNE_BULK_SEGMENT 536u  /* shorter ones are messages, and fill no window: of them it is not asked */
#define SV_TUNE_SLACK_SEGMENTS 16u /* beyond twice, so that the first rounds of a small window are not slow */

/* Does it echo a timestamp of the present round? Then a round trip has passed since that began, however long that was
 * when we opened: no estimate is needed, and none of who only receives would follow a queue that fills (Linux measures
 * the same echo: tcp_rcv_rtt_measure_ts()). Milliseconds are compared, so that less than one may be missing. */
static bool sv_tcb_echoes_round(const struct sv_tcb *t, const struct sv_seg *s)
{
    const uint32_t elapsed = sv_round_tick(t->now) - t->c->round_tick;
    const uint32_t began_ms = (uint32_t)((t->now - ((sv_time)elapsed << 13)) / SV_MS) + t->c->ts_offset;
    return sv_seq_after_or_at(s->ts_ecr, began_ms);
}

SV_HOT void sv_tcb_tell_text_anew(struct sv_tcb *t, const struct sv_seg *s)
{
    if (s->length < SV_TUNE_BULK_SEGMENT || ((t->h->agreed & SV_TCP_TIMESTAMPS) && sv_tcb_echoes_round(t, s)))
        t->c->events |= SV_TCP_ROUND_ANSWERED;
    sv_tcb_tell_anew(t, SV_EVENT_READABLE);
}

/* Without timestamps: what lies beyond the window that was offered then cannot have been sent before our offer was
 * heard of, so that a round trip takes no longer than a window. The shortest, for the peer may have its own reasons to
 * send slowly (Linux: tcp_rcv_rtt_measure()); and not while our reader is one. */
static void sv_tcb_time_window(struct sv_tcb *t, uint32_t now, bool first)
{
    struct sv_tcp_hot *h = t->h;
    if (first)
        h->round_window = 0;
    else if (sv_seq_before(h->rcv_nxt, h->round_right))
        return;
    else if (!h->rcv_queued && h->rcv_right != h->rcv_nxt)
        h->round_window = sv_min_u32(h->round_window - 1u, now - t->c->round_opened) + 1u;
    h->round_right = h->rcv_right;
    t->c->round_opened = now;
}

/* Has a round trip passed in `elapsed`, which is no less than the handshake's? If a reader does not ask what happened
 * (what is told already is not told anew) no more can be known. */
static bool sv_tcb_round_over(const struct sv_tcb *t, uint32_t elapsed)
{
    if (t->h->agreed & SV_TCP_TIMESTAMPS)
        return (t->c->events & SV_TCP_ROUND_ANSWERED) || (t->h->flags & SV_TCP_PENDING);
    return elapsed >= t->h->round_window;
}

SV_HOT void sv_tcb_tune_round(struct sv_tcb *t)
{
    const uint32_t now = sv_round_tick(t->now);
    const bool first = !(t->c->events & SV_TCP_ROUNDS);
    if (!(t->h->agreed & SV_TCP_TIMESTAMPS))
        sv_tcb_time_window(t, now, first);
    if (!first && !sv_tcb_round_over(t, now - t->c->round_tick))
        return;
    const uint32_t at = t->h->rcv_nxt - t->h->rcv_queued;
    const uint32_t taken = at - t->c->round_read; /* in a round trip, or in the time between two readings if longer */
    t->c->round_read = at;
    t->c->round_tick = now;
    t->c->events = (uint16_t)((t->c->events & ~SV_TCP_ROUND_ANSWERED) | SV_TCP_ROUNDS);
    const uint64_t wanted = 4ull * taken + (uint64_t)SV_TUNE_SLACK_SEGMENTS * t->h->mss;
    if (first || taken <= t->c->recv_buffer / 4u || wanted <= t->c->recv_buffer || sv_tcb_memory_short(t))
        return;
    t->c->recv_buffer = (uint32_t)sv_min_u64(wanted, sv_max_u32(t->tcp->recv_buffer, t->c->recv_buffer)) & 0x7fffffffu;
}

void sv_tcb_tune_send(struct sv_tcb *t)
{
    const uint32_t wanted = sv_min_u32(t->h->cwnd, 1u << 29) * 3u;
    if (t->c->send_fixed || wanted <= t->c->send_buffer || sv_tcb_memory_short(t))
        return;
    t->c->send_buffer = sv_max_u32(sv_min_u32(wanted, t->tcp->send_buffer), t->c->send_buffer) & 0x7fffffffu;
}

/* Two thirds of a buffer that follows the window are two windows: whoever were told only when less is queued would be
 * too late (the kernel's rule is the same: __sk_stream_is_writeable(); it grows the buffer here, too:
 * tcp_check_space()). Whoever has set its size is told at half of it: fewer turns, and larger ones. */
void sv_tcb_tell_room(struct sv_tcb *t)
{
    sv_tcb_tune_send(t);
    const uint32_t size = t->c->send_buffer;
    if (t->h->snd_queued > (t->c->send_fixed ? size / 2u : size - size / 3u))
        return;
    t->h->flags &= (uint16_t)~SV_TCP_WANT_WRITE;
    sv_tcb_tell(t, SV_EVENT_WRITABLE);
}
