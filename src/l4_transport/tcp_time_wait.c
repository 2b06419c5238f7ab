/* SPDX-License-Identifier: BSD-2-Clause */
/* TIME-WAIT: who closes first waits 2 MSL, so that a lost last ACK can be given again and old segments die
 * out (RFC 9293 §3.6.1). All wait equally long, so they stand in one queue, oldest first, without timers; at
 * the ceiling the oldest goes early, counted. A new SYN may end the wait (RFC 6191). */
#include "l4_transport/tcp_ao.h"
#include "l4_transport/tcp_recent.h"
#include "l4_transport/tcp_rto.h"

void sv_tcp_time_wait_end(struct sv_tcp *tcp, uint32_t index, enum sv_tcp_on on)
{
    struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    /* The record has no number in the trace: its connection was told as ended when the wait began. */
    SV_TRACE_EVENT(sv_tcp_core(tcp), SV_TRACE_TCP_STATE, on, 0, 0, SV_TIME_WAIT, sv_tcp_edge(SV_TIME_WAIT, on));
    const uint64_t hash = sv_tcp_tag_hash(m->tag);
    const bool there = sv_flow_remove(&tcp->flows, hash, SV_TCP_VALUE(SV_TCP_TIME_WAIT, index));
    SV_ASSERT(there);
    sv_tcp_queue_remove(tcp, &tcp->wait, index);
    sv_tcp_local_unpin(tcp, m->local);
    tcp->wait_used--;
    if (SV_UNLIKELY(tcp->aos_used))
        sv_ao_end(tcp, SV_TCP_VALUE(SV_TCP_TIME_WAIT, index));
    sv_tcp_small_free(tcp, index);
    if (tcp->wait.first == SV_NONE)
        return;
    /* A million of these lie in no cache. When the oldest goes, the next will soon: the slot of the table of the one
     * after that is fetched (its record was, a turn ago), and the record behind it. */
    const uint32_t second = sv_tcp_small(tcp, tcp->wait.first)->next;
    if (second == SV_NONE)
        return;
    const struct sv_tcp_small *later = sv_tcp_small(tcp, second);
    SV_FLOW_PREFETCH(&tcp->flows, sv_tcp_tag_hash(later->tag), 8);
    if (later->next != SV_NONE)
        SV_PREFETCH(sv_tcp_small(tcp, later->next));
}

static void sv_time_wait_ack(const struct sv_tcp *tcp, const struct sv_tcp_small *m, sv_port port,
                             struct sv_tcp_reply *reply)
{
    *reply = (struct sv_tcp_reply){.remote = m->remote, .local = m->local, .port = port};
    reply->header.source = m->local_port;
    reply->header.destination = m->remote_port;
    reply->header.seq = m->u.wait.snd_nxt;
    reply->header.ack = m->u.wait.rcv_nxt;
    reply->header.flags = SV_ACK;
    reply->header.window = m->bits;
    if (m->state & SV_SMALL_TIMED) {
        reply->header.options = SV_OPTION_TIMESTAMPS;
        reply->header.ts_val = (uint32_t)(sv_tcp_core(tcp)->now / SV_MS) + m->u.wait.ts_offset;
        reply->header.ts_ecr = m->u.wait.ts_recent;
    }
}

/* The full record's place in the table goes to a small one. The last ACK is sent from the full record if it
 * stands on a ring, so that happens first: see sv_tcb_bury(). */
static uint32_t sv_time_wait_begin(struct sv_tcb *t)
{
    struct sv_tcp *tcp = t->tcp;
    if (tcp->wait_max == 0)
        return SV_NONE;
    if (tcp->wait_used >= tcp->wait_max) {
        sv_drop(t->core, SV_DROP_TIMEWAIT_CEILING, NULL, t->h->interface, t->c->flow);
        sv_tcp_time_wait_end(tcp, tcp->wait.first, SV_ON_TIMEOUT);
    }
    const uint32_t index = sv_tcp_small_new(tcp);
    if (index == SV_NONE)
        return SV_NONE;
    struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    const bool timed = t->h->agreed & SV_TCP_TIMESTAMPS;
    *m = (struct sv_tcp_small){
        .remote = t->h->remote,
        .local = t->h->local,
        .local_port = t->h->local_port,
        .remote_port = t->h->remote_port,
        .tag = t->h->tag,
        .kind = SV_TCP_TIME_WAIT,
        .state = (uint8_t)(sv_tcb_recv_scale(t) | (timed ? SV_SMALL_TIMED : 0u)),
        .bits = (uint16_t)((t->h->rcv_right - t->h->rcv_nxt) >> sv_tcb_recv_scale(t)),
    };
    m->u.wait.snd_nxt = t->h->snd_nxt;
    m->u.wait.rcv_nxt = t->h->rcv_nxt;
    m->u.wait.ts_recent = t->h->ts_recent;
    m->u.wait.ts_offset = t->c->ts_offset;
    m->u.wait.ends_at = t->now + tcp->time_wait;
    sv_tcp_local_pin(tcp, m->local);
    tcp->wait_used++;
    sv_tcp_queue_append(tcp, &tcp->wait, index);
    return index;
}

void sv_tcp_enter_time_wait(struct sv_tcb *t)
{
    SV_ASSERT(t->h->state == SV_TIME_WAIT);
    const uint32_t never = SV_FLAW_NO_TIME_WAIT | (t->h->flags & SV_TCP_ACTIVE ? 0u : SV_FLAW_CLIENTS_WAIT);
    if (sv_tcp_teach_flawed(t->tcp, never)) {
        sv_tcp_move(t, SV_ON_TIMEOUT);
        sv_tcb_leave_table(t);
        t->h->flags &= (uint16_t)~SV_TCP_SEND_NOW;
        sv_tcb_retire(t, SV_CAUSE_ORDERLY);
        return;
    }
    const uint64_t hash = sv_tcp_tag_hash(t->h->tag);
    const uint32_t small = sv_time_wait_begin(t);
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_SET, SV_TIMER_TIME_WAIT, t->c->flow, 0,
                   (uint32_t)(t->now + t->tcp->time_wait), (uint32_t)((t->now + t->tcp->time_wait) >> 32));
    if (small != SV_NONE) {
        if (SV_UNLIKELY(t->h->agreed & SV_TCP_SIGNED))
            sv_ao_copy(t->tcp, SV_TCP_VALUE(SV_TCP_FULL, t->index), SV_TCP_VALUE(SV_TCP_TIME_WAIT, small));
        const bool changed = sv_flow_change(&t->tcp->flows, hash, SV_TCP_VALUE(SV_TCP_FULL, t->index),
                                            SV_TCP_VALUE(SV_TCP_TIME_WAIT, small));
        SV_ASSERT(changed);
        t->h->flags &= (uint16_t)~SV_TCP_TABLED;
    }
    t->h->flags &= (uint16_t)~SV_TCP_SEND_NOW; /* of a retired record that would be a reset */
    sv_tcb_retire(t, SV_CAUSE_ORDERLY);
}

/* RFC 6191 §2: a SYN that is surely new may take the four-tuple over. */
static bool sv_time_wait_reusable(const struct sv_tcp *tcp, const struct sv_tcp_small *m, const struct sv_seg *s)
{
    const bool timed = m->state & SV_SMALL_TIMED;
    if ((s->flags & (SV_SYN | SV_ACK | SV_RST | SV_FIN)) != SV_SYN)
        return false;
    if (sv_tcp_teach_flawed(tcp, SV_FLAW_TIME_WAIT_REUSED))
        return true;
    if (timed && (s->options & SV_OPTION_TIMESTAMPS) && s->ts_val != m->u.wait.ts_recent)
        return sv_seq_after(s->ts_val, m->u.wait.ts_recent);
    return sv_seq_after(s->seq, m->u.wait.rcv_nxt);
}

bool sv_tcp_time_wait_yields(struct sv_tcp *tcp, uint32_t small)
{
    const struct sv_tcp_small *m = sv_tcp_small(tcp, small);
    const sv_time began = m->u.wait.ends_at - tcp->time_wait;
    /* Our timestamp clock has moved on, so no old segment of ours can pass the peer's PAWS. */
    const bool any = sv_tcp_teach_flawed(tcp, SV_FLAW_TIME_WAIT_REUSED);
    if (!any && (!(m->state & SV_SMALL_TIMED) || sv_tcp_core(tcp)->now < began + SV_S))
        return false;
    sv_tcp_time_wait_end(tcp, small, SV_ON_TIMEOUT); /* it is over, early; the connection to come begins in CLOSED */
    return true;
}

/* The first step's table (§3.10.7.4), of the window that was offered last. */
static bool sv_time_wait_acceptable(const struct sv_tcp_small *m, const struct sv_seg *s)
{
    const uint32_t nxt = m->u.wait.rcv_nxt, window = (uint32_t)m->bits << SV_SMALL_SCALE(m->state);
    const uint32_t length = sv_seg_length(s);
    if (window == 0)
        return length == 0 && s->seq == nxt;
    return sv_seq_within(s->seq, nxt, window) || (length && sv_seq_within(s->seq + length - 1u, nxt, window));
}

bool sv_tcp_time_wait_arrives(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    struct sv_core *core = sv_tcp_core(tcp);
    const uint32_t index = SV_TCP_VALUE_INDEX(s->flow_value);
    struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    if (sv_time_wait_reusable(tcp, m, s) && sv_tcp_is_listened_for(tcp, s)) {
        const uint32_t beyond = m->u.wait.snd_nxt;
        (void)sv_seg_hash(tcp, s);
        sv_tcp_time_wait_end(tcp, index, SV_ON_SYN);
        return sv_tcp_listen_arrives(tcp, s, &beyond, reply);
    }
    enum sv_drop why = SV_DROP_TCP_OLD;
    bool answer = false;
    if (s->flags & SV_RST) {
        why = SV_DROP_TCP_RST_INEXACT; /* RFC 1337 §3: a reset does not end the wait */
    } else if (s->flags & SV_SYN) {
        answer = sv_tcp_challenge_allowed(tcp);
        why = SV_DROP_TCP_SYN_IN_WINDOW;
    } else if (!(s->flags & SV_ACK)) { /* nor does a FIN begin the wait anew: the peer's own has it */
        const bool beyond = sv_seq_after_or_at(s->seq, m->u.wait.rcv_nxt);
        const bool missed = sv_time_wait_acceptable(m, s); /* RFC 9293 §3.10.7.4, fifth; else first */
        why = missed ? SV_DROP_TCP_NO_ACK : beyond ? SV_DROP_TCP_BEYOND_WINDOW : SV_DROP_TCP_OLD;
        answer = !missed && (sv_seg_length(s) != 0 || sv_tcp_challenge_allowed(tcp));
    } else if (s->flags & SV_FIN) {
        answer = true; /* our last ACK was lost: again, and the wait begins anew */
        m->u.wait.ends_at = core->now + tcp->time_wait;
        sv_tcp_queue_remove(tcp, &tcp->wait, index);
        sv_tcp_queue_append(tcp, &tcp->wait, index);
    } else {
        /* Too old (RFC 7323 §5.3), not in order, or it acknowledges what was never sent (§3.10.7.4 first, fifth). Who
         * has no text either may be one that waits as we do: the two would answer each other without end. */
        const bool old = (m->state & SV_SMALL_TIMED) && (s->options & SV_OPTION_TIMESTAMPS) &&
                         sv_seq_before(s->ts_val, m->u.wait.ts_recent);
        const bool odd = old || s->seq != m->u.wait.rcv_nxt || sv_seq_after(s->ack, m->u.wait.snd_nxt);
        answer = s->length != 0 || (odd && sv_tcp_challenge_allowed(tcp));
        why = old ? SV_DROP_TCP_PAWS : why;
    }
    if (answer)
        sv_time_wait_ack(tcp, m, s->port, reply);
    sv_drop(core, why, s->packet, s->port, 0);
    s->packet = NULL;
    return answer;
}

void sv_tcp_expire_queues(struct sv_tcp *tcp)
{
    const sv_time now = sv_tcp_core(tcp)->now;
    while (tcp->wait.first != SV_NONE && sv_tcp_small(tcp, tcp->wait.first)->u.wait.ends_at <= now) {
        SV_TRACE_EVENT(sv_tcp_core(tcp), SV_TRACE_TCP_TIMER_FIRED, SV_TIMER_TIME_WAIT, 0, 0, 0, 0);
        sv_tcp_time_wait_end(tcp, tcp->wait.first, SV_ON_TIMEOUT);
    }
}

SV_HOT sv_time sv_tcp_next_deadline(const struct sv_tcp *tcp)
{
    sv_time at = sv_tcp_half_open_deadline(tcp);
    if (sv_tcp_any_ready(tcp))
        at = sv_min_u64(at, sv_tcp_stall_deadline(tcp));
    if (tcp->wait.first != SV_NONE)
        at = sv_min_u64(at, sv_tcp_small(tcp, tcp->wait.first)->u.wait.ends_at);
    return at;
}
